"""Calendars as programs write them: who was met, how many they were, and where nobody knows."""

import pytest
from invented_files import ME, calendar, event, people, read

from netkit.evidence.recognise import Source

MINE = f"ORGANIZER:mailto:{ME}"
ANA = "ATTENDEE;CN=Ana Example;PARTSTAT=ACCEPTED:mailto:ana@ex.example"
MET = {"ana@ex.example": (["Ana Example"], {"meeting accepted 2-8": 1})}
HERE = {"ana@ex.example": (["Ana Example"], {"meeting accepted 2-8 place": 1})}


def others(count):
    return [f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:p{n}@ex.example" for n in range(count)]


def met(tmp_path, *lines, **options):
    found = people(read(tmp_path, "a.ics", calendar(event(*lines, **options))))
    return {"ana@ex.example": found["ana@ex.example"]} if "ana@ex.example" in found else {}


@pytest.mark.parametrize(
    "lines, expected",
    [
        ([MINE, ANA], MET),
        ([ANA.replace("ATTENDEE", "ORGANIZER"), f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}"], MET),
        ([MINE, ANA, *others(6)], MET),
        ([MINE, ANA, *others(7)], {"ana@ex.example": (["Ana Example"], {"meeting accepted 9-30": 1})}),
        ([MINE, ANA, *others(29)], {}),
        ([MINE, ANA.replace("ACCEPTED", "DECLINED")], {}),
        ([MINE, ANA.replace("PARTSTAT=ACCEPTED", "ROLE=REQ-PARTICIPANT")], {"ana@ex.example": (["Ana Example"], {"meeting invited 2-8": 1})}),
        ([ANA.replace("ATTENDEE", "ORGANIZER"), f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ME}"], {}),
        ([ANA.replace("ATTENDEE", "ORGANIZER"), f"ATTENDEE:mailto:{ME}"], {}),
        ([ANA], {}),
        ([MINE, ANA, "STATUS:CANCELLED"], {}),
        ([MINE, ANA.replace(";CN", ";CUTYPE=ROOM;CN")], {}),
        ([MINE, ANA.replace("ana@ex.example", "c_1@resource.calendar.google.com")], {}),
        ([MINE, ANA, "ATTENDEE;CUTYPE=GROUP:mailto:everybody@ex.example"], {"ana@ex.example": (["Ana Example"], {"meeting accepted 9-30": 1})}),
        ([MINE, "ATTENDEE;CN=Ana Example;PARTSTAT=ACCEPTED;EMAIL=ana@ex.example:/123/principal/"], MET),
        ([MINE, "ATTENDEE;CN=Ana Example;PARTSTAT=ACCEPTED;EMAIL=ana@ex.example:urn:uuid:1-2"], MET),
        ([MINE, "ATTENDEE;CN=Ana Example;PARTSTAT=ACCEPTED:invalid:nomail"], {}),
        ([MINE, 'ATTENDEE;CN="Ana Example";PARTSTAT=ACCEPTED;X-RESPONSE-COMMENT="a "b" c:mailto:ana@ex.example'], MET),
        ([MINE, "ATTENDEE;CN=Ana Exa\n mple;PARTSTAT=ACCE\n PTED:mailto:ana@ex.example"], MET),
        ([MINE, ANA.replace("Ana Example", "ana@ex.example")], {"ana@ex.example": ([], {"meeting accepted 2-8": 1})}),
        ([MINE, ANA, "LOCATION:Café Central"], HERE),
        ([MINE, ANA, "LOCATION:https://zoom.us/j/1"], MET),
        ([MINE, ANA, "LOCATION:Microsoft Teams Meeting"], MET),
        ([MINE, ANA, "LOCATION:+43 1 234 567"], MET),
        ([MINE, ANA, "LOCATION:"], MET),
        ([MINE, ANA, "LOCATION:Room 1", "X-GOOGLE-CONFERENCE:https://meet.google.com/x"], MET),
        ([MINE, ANA.replace("PARTSTAT=ACCEPTED", "X=1"), "LOCATION:Café Central"], {"ana@ex.example": (["Ana Example"], {"meeting invited 2-8": 1})}),
        ([MINE, ANA, "LOCATION:Café Central", *others(8)], {"ana@ex.example": (["Ana Example"], {"meeting accepted 9-30": 1})}),
        ([MINE, ANA, "BEGIN:VALARM", "ATTENDEE:mailto:bo@ex.example", "END:VALARM"], MET),
    ],
)  # fmt: skip
def test_a_meeting_counts_by_who_answered_what(tmp_path, lines, expected):
    assert met(tmp_path, *lines) == expected


def test_what_a_booking_link_brought_is_weak(tmp_path):
    assert met(tmp_path, MINE, ANA, "LOCATION:Café", uid="x@calendly.com") == {
        "ana@ex.example": (["Ana Example"], {"meeting invited 2-8": 1})
    }


def test_a_name_folded_within_a_letter_is_put_together(tmp_path):
    raw = calendar(event(MINE, ANA.replace("Ana Example", "José Example"))).encode()
    cut = raw.index("é".encode()) + 1
    found = read(tmp_path, "a.ics", raw[:cut] + b"\r\n " + raw[cut:])
    assert people(found)["ana@ex.example"][0] == ["José Example"]


@pytest.mark.parametrize(("ends", "encoding"), [("\r", "utf-8"), ("\r\n", "utf-16")])
def test_lines_may_end_as_they_like_in_either_encoding(tmp_path, ends, encoding):
    said = calendar(event(MINE, ANA)).replace("\r\n", "\n").replace("\n", ends)
    assert "ana@ex.example" in people(read(tmp_path, "a.ics", said.encode(encoding)))


AT_TEN = 1709546400  # 4 March 2024, 10:00 UTC
AMSTERDAM = "BEGIN:VTIMEZONE\nTZID:(UTC+01:00) Amsterdam\nBEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"


@pytest.mark.parametrize(
    "start, expected",
    [
        ("DTSTART:20240304T100000Z", AT_TEN),
        ("DTSTART;TZID=Europe/Vienna:20240304T110000", AT_TEN),
        (
            "DTSTART;TZID=(UTC+01:00) Amsterdam:20240304T110000",
            AT_TEN + 3600,
        ),  # described: summer time left open
        ('DTSTART;TZID="(UTC+01:00) Amsterdam":20240304T110000', AT_TEN + 3600),
        ('DTSTART;VALUE=DATE-TIME;TZID="Europe/Vienna":20240304T110000', AT_TEN),
        ("DTSTART;TZID=Europe/Vienna;VALUE=DATE-TIME:20240304T110000", AT_TEN),
        ("DTSTART;TZID=W. Nobody Standard Time:20240304T100000", AT_TEN + 86400),
        ("DTSTART:20240304T100000", AT_TEN + 86400),
        ("DTSTART;VALUE=DATE:20240304", None),
        ("DTSTART:20240304", None),
        ("DTSTART:20249999T999999Z", None),
        ("DTSTART:20940304T100000Z", None),
        ("DTSTART;TZID=../../etc/passwd:20240304T100000", AT_TEN + 86400),
    ],
)
def test_a_beginning_is_read_as_far_as_it_can_be(tmp_path, start, expected):
    found = read(tmp_path, "a.ics", calendar(event(MINE, ANA, start=start), more=AMSTERDAM))
    times = [at for person in found.people for each in person.acts.values() for at in each]
    assert times == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "rule, times",
    [
        ("FREQ=WEEKLY;COUNT=4", 4),
        ("FREQ=WEEKLY;UNTIL=20240325T100000Z", 4),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20240401T100000Z", 3),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5", 5),
        ("FREQ=DAILY;COUNT=10", 10),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20240315T100000Z", 10),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=3", 3),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20240501T000000Z", 2),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", 3),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1,1;UNTIL=20240430T000000Z", 4),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO;UNTIL=20240420T000000Z", 4),
        ("FREQ=MONTHLY;BYDAY=MO;UNTIL=20240326T000000Z", 4),
        ("FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20240601T000000Z", 2),
        ("FREQ=YEARLY;UNTIL=20260401T000000Z", 3),
        ("FREQ=SECONDLY", 1),
        ("FREQ=MINUTELY;COUNT=99", 1),
        ("nonsense", 1),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", 1),
        ("FREQ=DAILY;INTERVAL=0;COUNT=2", 2),
    ],
)
def test_a_series_counts_as_often_as_it_took_place(tmp_path, rule, times):
    found = met(tmp_path, MINE, ANA, f"RRULE:{rule}")
    assert found == {"ana@ex.example": (["Ana Example"], {"meeting accepted 2-8": times})}


def test_a_changed_event_takes_the_place_of_its_series_own(tmp_path):
    series = event(MINE, ANA, "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20240318T100000Z")
    moved = event(
        MINE,
        ANA.replace("ACCEPTED", "DECLINED"),
        "RECURRENCE-ID:20240311T100000Z",
        start="DTSTART:20240312T090000Z",
    )
    assert people(read(tmp_path, "a.ics", calendar(series, moved))) == MET


def test_an_event_that_lies_in_two_calendars_is_one(tmp_path):
    for name in ("a.ics", "b.ics"):
        (tmp_path / name).write_text(calendar(event(MINE, ANA)), encoding="utf-8")
    with Source(tmp_path) as source:
        from invented_files import OWNER

        assert people(source.read(OWNER)) == MET


def test_a_series_without_end_is_expanded_in_no_time(tmp_path):
    events = [
        event(MINE, ANA, "RRULE:FREQ=DAILY", uid=f"u{n}", start="DTSTART:19950101T100000Z") for n in range(20)
    ]
    ((_, acts),) = people(read(tmp_path, "a.ics", calendar(*events))).values()
    assert acts == {"meeting accepted 2-8": 20 * 3_000}


def test_a_calendar_that_is_cut_short_gives_what_it_holds(tmp_path):
    whole = calendar(event(MINE, ANA), event(MINE, ANA.replace("ana", "bo"), uid="u2"))
    assert people(read(tmp_path, "a.ics", whole[: whole.index("UID:u2") + 30])) == MET


def test_a_calendar_tells_whose_it_is(tmp_path):
    (tmp_path / "a.ics").write_text(
        calendar(*(event(MINE, each, uid=each) for each in others(3))), encoding="utf-8"
    )
    with Source(tmp_path / "a.ics") as source:
        assert source.owner() == {ME}
