"""What is due, and the calendar file, read back by a parser that is not ours."""

import stat
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from invented_export import connection, export, invitation, message
from invented_introductions import asked, go, made, march
from invented_record import event, page, write

from netkit.errors import LedgerError
from netkit.export import read_export
from netkit.history.labels import label_invitations
from netkit.introductions import reminders, resting, take_step, undo_step, write_calendar
from netkit.introductions.due_reminders import _calendar_text

STAMP = date(2024, 3, 1)


def told(ledger):
    """What is to be remembered: kind, request, day."""
    return [(row["kind"], row["request"], row["due_on"]) for row in reminders(ledger)]


# Introductions


def test_an_answer_is_owed_after_three_days(ledger):
    request = asked(ledger, march(1))
    assert told(ledger) == [("answer", request, march(4))]


@pytest.mark.parametrize("step", ["asked_more", "call_me"])
def test_while_it_is_the_requesters_turn_nothing_is_due(ledger, step):
    take_step(ledger, asked(ledger, march(1)), step, on=march(2))
    assert told(ledger) == []


def test_a_contact_who_does_not_answer_is_to_be_left_in_peace(ledger):
    request = asked(ledger, march(1))
    take_step(ledger, request, "permission_asked", on=march(2))
    (row,) = reminders(ledger)
    assert (row["kind"], row["due_on"], row["since"]) == ("permission", march(12), march(2))
    assert "do not remind Mira Solberg" in row["what"]
    assert "tell Tom Achterberg" in row["what"]
    assert "PN7" in row["clause"]


def test_a_yes_and_a_no_of_the_contact_are_to_be_acted_upon(ledger):
    yes, no = asked(ledger, march(1)), asked(ledger, march(2))
    go(ledger, yes, "permission_asked", "permission_given", on=march(3))
    go(ledger, no, "permission_asked", "permission_refused", on=march(4))
    rows = {row["request"]: row for row in reminders(ledger)}
    assert (
        rows[yes]["what"]
        == "Mira Solberg agreed to meet Tom Achterberg: introduce them, if your rules still say so"
    )
    assert rows[no]["what"].endswith("tell Tom Achterberg kindly")
    assert [row["due_on"] for row in rows.values()] == [march(6), march(7)]


def test_a_follow_up_is_due_after_three_weeks_or_on_the_day_you_named(ledger):
    usual, named = asked(ledger, march(1)), asked(ledger, march(2))
    made(ledger, usual, march(3))
    go(ledger, named, "permission_given", on=march(3))
    go(ledger, named, "introduced", on=march(3), follow_up_on="2024-03-08")
    assert told(ledger) == [("follow_up", named, march(8)), ("follow_up", usual, march(24))]


@pytest.mark.parametrize("step", ["followed_up", "outcome_contact"])
def test_a_follow_up_is_not_asked_for_twice(ledger, step):
    request = made(ledger, asked(ledger, march(1)), march(3))
    go(ledger, request, step, on=march(4), outcome="useful")
    assert told(ledger) == []


@pytest.mark.parametrize("end", ["declined", "redirected"])
def test_nothing_is_due_when_it_is_over(ledger, end):
    go(ledger, asked(ledger, march(1)), end, on=march(2), way_on="ask somebody else")
    assert told(ledger) == []


def test_what_is_taken_back_is_due_again(ledger):
    request = asked(ledger, march(1))
    go(ledger, request, "declined", on=march(2))
    undo_step(ledger, request, on=march(3))
    assert told(ledger) == [("answer", request, march(4))]


# Invitations


def deferring(ledger, *decisions, taken_on="2024-02-01", connections=(), sent="2024-01-20T10:00:00Z"):
    ledger.import_export(
        export(
            taken_on,
            invitations=[invitation("Bo Lind", sent, slug="bo-l")],
            connections=[connection("Old Friend", "2020-01-01", slug="old"), *connections],
        )
    )
    (request,) = ledger.invitations.to_frame()["request"]
    for action, day, remind_on in decisions:
        ledger.decisions.add(request, action, at=day, source="test", remind_on=remind_on)
    return request


def test_a_deferred_invitation_comes_back_on_its_day(ledger):
    request = deferring(ledger, ("defer", march(1), date(2024, 9, 1)))
    (row,) = reminders(ledger)
    assert (row["kind"], row["request"], row["due_on"]) == ("deferred", request, date(2024, 9, 1))
    assert (row["since"], row["clause"]) == (march(1), "KP9")
    assert "Bo Lind" in row["what"]


def test_without_a_day_it_comes_back_in_half_a_year(ledger):
    deferring(ledger, ("defer", march(1), None))
    assert told(ledger)[0][2] == march(1) + timedelta(days=182)


def test_put_off_again_it_comes_back_on_the_later_day(ledger):
    request = deferring(
        ledger, ("defer", march(1), date(2024, 6, 1)), ("defer", date(2024, 6, 1), date(2024, 12, 1))
    )
    assert told(ledger) == [("deferred", request, date(2024, 12, 1))]


@pytest.mark.parametrize("action", ["accept", "decline", "ignore"])
def test_an_invitation_answered_since_does_not_come_back(ledger, action):
    deferring(ledger, ("defer", march(1), date(2024, 9, 1)), (action, march(9), None))
    assert told(ledger) == []


def test_an_invitation_that_is_gone_or_accepted_since_does_not_come_back(ledger):
    deferring(ledger, ("defer", march(1), date(2024, 9, 1)))
    ledger.import_export(
        export("2024-04-01", connections=[connection("Old Friend", "2020-01-01", slug="old")])
    )
    assert told(ledger) == []


# Questions to who asks

BO_WROTE = [message("in:bo-l", "2024-03-05T09:00:00Z"), message("in:bo-l", "2024-03-08T09:00:00Z")]


def rest_of(ledger, request):
    return resting(ledger, label_invitations(ledger).rows)[request]


def test_what_you_asked_about_comes_back_after_two_weeks(ledger):
    request = deferring(ledger, ("ask", march(1), None))
    (row,) = reminders(ledger)
    assert (row["kind"], row["request"], row["due_on"]) == ("asked", request, march(15))
    assert (row["since"], row["clause"]) == (march(1), "KP3")
    assert row["what"] == (
        "Answer Bo Lind: you asked on 1 Mar 2024; no newer archive yet that could show a reply"
    )


@pytest.mark.parametrize(
    ("messages", "day", "told"),
    [
        ([], march(15), "no reply in your archive since"),
        (BO_WROTE, march(5), "a message came on 5 Mar 2024"),
        ([message("in:bo-l", "2024-02-29T23:00:00Z")], march(15), "no reply in your archive since"),
        ([message("in:old", "2024-03-05T09:00:00Z")], march(15), "no reply in your archive since"),
        (
            [message("in:bo-l", "2024-03-05T09:00:00Z", direction="outgoing")],
            march(15),
            "no reply in your archive since",
        ),
    ],
)
def test_only_a_message_of_theirs_since_you_asked_ends_the_wait(ledger, messages, day, told):
    request = deferring(ledger, ("ask", march(1), None))
    ledger.import_export(
        export(
            "2024-03-09",
            invitations=[invitation("Bo Lind", "2024-01-20T10:00:00Z", slug="bo-l")],
            connections=[connection("Old Friend", "2020-01-01", slug="old")],
            messages=messages,
        )
    )
    rest = rest_of(ledger, request)
    assert (rest.until, rest.words) == (day, f"you asked on 1 Mar 2024; {told}")


def test_a_message_of_the_morning_answers_no_question_of_the_same_evening(ledger):
    now = datetime.now(UTC)
    request = deferring(ledger, ("ask", now, None))
    early, late = (f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}" for minutes in (-5, 5))
    for at, came in ((early, False), (late, True)):
        ledger.import_export(
            export(
                f"{date.today() + timedelta(days=1)}",
                invitations=[invitation("Bo Lind", "2024-01-20T10:00:00Z", slug="bo-l")],
                messages=[message("in:bo-l", at)],
            )
        )
        assert bool(rest_of(ledger, request).came) is came


def test_of_a_question_and_a_deferral_the_last_word_counts(ledger):
    request = deferring(ledger, ("ask", march(1), None), ("defer", march(2), date(2024, 9, 1)))
    assert told(ledger) == [("deferred", request, date(2024, 9, 1))]
    ledger.decisions.add(request, "ask", at=march(3), source="test")
    assert told(ledger) == [("asked", request, march(17))]


# Requests of one's own


def test_no_reminder_is_ever_about_a_request_of_your_own(ledger):
    ledger.import_export(
        export(
            "2024-02-01",
            invitations=[invitation("Bo Lind", "2023-01-01T10:00:00Z", slug="bo-l", direction="outgoing")],
        )
    )
    request = asked(ledger, march(1), contact="Bo Lind")
    take_step(ledger, request, "permission_asked", on=march(2))
    for row in reminders(ledger):
        assert row["request"] == request
        assert "remind" not in row["what"].replace("do not remind Bo Lind", "")


# The calendar file


def rows(*whats, kind="follow_up"):
    return [
        {
            "due_on": march(day),
            "kind": kind,
            "request": f"intro-{day:08x}",
            "what": what,
            "clause": "PI8",
            "since": march(1),
            "do": f"netkit intro show intro-{day:08x}",
        }
        for day, what in enumerate(whats, start=2)
    ]


def parsed(text):
    return icalendar.Calendar.from_ical(text).walk("VEVENT")


def test_another_parser_reads_every_entry_back():
    events = parsed(_calendar_text(rows("Ask Tom, and Mira; how it went", "Tell Léa"), stamp=STAMP))
    assert [(str(event["SUMMARY"]), event.decoded("DTSTART")) for event in events] == [
        ("Ask Tom, and Mira; how it went", march(2)),
        ("Tell Léa", march(3)),
    ]
    first = events[0]
    assert not first.errors
    assert str(first["UID"]) == "intro-00000002-follow_up-20240301@netkit"
    assert first.decoded("DTSTAMP").date() == STAMP
    assert str(first["DESCRIPTION"]).splitlines() == ["netkit intro show intro-00000002", "PI8"]
    assert (str(first["CLASS"]), str(first["TRANSP"])) == ("PRIVATE", "TRANSPARENT")
    (alarm,) = first.walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta(hours=9)


def test_the_head_says_what_the_standard_asks_for():
    calendar = icalendar.Calendar.from_ical(_calendar_text(rows("x"), stamp=STAMP))
    assert (str(calendar["VERSION"]), str(calendar["PRODID"])) == ("2.0", "-//netkit//reminders//EN")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120).filter(lambda text: text.strip()))
@example("x" * 300)
def test_any_text_comes_back_as_it_was_in_lines_of_75_octets(text):
    written = _calendar_text(rows(text), stamp=STAMP)
    shown = "".join(sign for sign in text if sign.isprintable() or sign in "\n\u200c\u200d")
    (event,) = parsed(written.encode())
    assert str(event["SUMMARY"]) == shown
    assert written.endswith("END:VCALENDAR\r\n")
    lines = written.encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # no line ends within a character


def test_what_parts_and_joins_letters_stays_and_what_turns_a_line_round_goes():
    text = "می\u200cخواهم 👩\u200d⚕️, دينا؛ \u202eאבג\u202c; a\\b"
    (event,) = parsed(_calendar_text(rows(text), stamp=STAMP))
    assert event["SUMMARY"] == text.replace("\u202e", "").replace("\u202c", "")


def test_nothing_that_is_typed_becomes_an_entry_of_its_own():
    hostile = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:mine"
    assert len(parsed(_calendar_text(rows(hostile), stamp=STAMP))) == 1


def test_the_same_reminders_make_the_same_file_and_a_moved_day_keeps_its_uid():
    one, moved = rows("x"), [{**rows("x")[0], "due_on": march(20)}]
    assert _calendar_text(one, stamp=STAMP) == _calendar_text(rows("x"), stamp=STAMP)
    uids = [parsed(_calendar_text(table, stamp=STAMP))[0]["UID"] for table in (one, moved)]
    assert uids[0] == uids[1]


def test_the_file_is_private_and_replaced(tmp_path):
    path = tmp_path / "due.ics"
    write_calendar(rows("first", "second"), path, stamp=STAMP)
    path.chmod(0o644)
    write_calendar(rows("only"), path, stamp=STAMP)
    assert [str(event["SUMMARY"]) for event in parsed(path.read_bytes())] == ["only"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_no_calendar_is_never_replaced(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"SQLite format 3\0")
    with pytest.raises(
        LedgerError, match=r"ledger\.db is there already, and is no calendar\. Choose another"
    ):
        write_calendar(rows("only"), path, stamp=STAMP)
    assert path.read_bytes() == b"SQLite format 3\0"


def test_every_reminder_of_a_ledger_goes_into_the_file(ledger):
    for day in (1, 2, 3):
        asked(ledger, march(day))
    take_step(ledger, asked(ledger, march(4)), "permission_asked", on=march(5))
    table = reminders(ledger)
    events = parsed(_calendar_text(table, stamp=STAMP))
    assert [event.decoded("DTSTART") for event in events] == [row["due_on"] for row in table]
    assert len({str(event["UID"]) for event in events}) == len(table) == 4


# The platform's own record


def test_the_platform_is_to_be_asked_again_before_it_drops_what_you_answered(ledger, tmp_path):
    assert told(ledger) == []
    log = page([event(1, "2024-02-20 10:00:30", "2024-02-21"), event(2, "2024-02-28 10:00:30", "2024-03-01")])
    ledger.import_export(read_export(write(tmp_path / "log.json", log)))
    assert told(ledger) == [("record", "record", march(22))]
    text = _calendar_text(reminders(ledger), stamp=STAMP)
    assert "28 days" in str(icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"])


# Outcomes that messages offer


def mailed(ledger, *messages, linked=("Tom Achterberg", "Mira Solberg")):
    slugs = {"Tom Achterberg": "tom-a", "Mira Solberg": "mira-s"}
    ledger.import_export(
        export(
            "2024-06-01",
            connections=[connection(name, "2023-01-05", slug=slugs[name]) for name in linked],
            messages=[
                message(f"in:{who}", f"2024-{day}T10:00:00+00:00", direction=way)
                for who, day, way in messages
            ],
        )
    )


@pytest.mark.parametrize(
    ("messages", "offered"),
    [
        ([("tom-a", "03-10", "incoming")], ["requester"]),
        ([("mira-s", "03-10", "incoming"), ("tom-a", "03-12", "incoming")], ["contact", "requester"]),
        ([("tom-a", "03-10", "outgoing")], []),
        (
            [("tom-a", "03-02", "incoming"), ("tom-a", "03-03", "incoming"), ("tom-a", "05-30", "incoming")],
            [],
        ),
    ],
    ids=["the requester wrote", "both wrote", "only you wrote", "before, on the day, long after"],
)
def test_who_wrote_after_an_introduction_is_offered_as_an_outcome_to_confirm(ledger, messages, offered):
    mailed(ledger, *messages)
    made(ledger, asked(ledger, march(1)), march(3))
    found = [row for row in reminders(ledger) if row["kind"] == "outcome"]
    assert [row["do"].split("--")[1].split()[0] for row in found] == offered
    assert [row["due_on"] for row in found] == [march(int(day[3:])) for _, day, _ in messages][: len(offered)]


def test_a_recorded_outcome_is_asked_for_no_more_and_an_offer_is_none(ledger):
    mailed(ledger, ("tom-a", "03-10", "incoming"))
    request = made(ledger, asked(ledger, march(1)), march(3))
    assert ("outcome", request, march(10)) in told(ledger)
    go(ledger, request, "outcome_requester", on=march(11), outcome="neutral")
    assert "outcome" not in {kind for kind, _, _ in told(ledger)}


def test_with_somebody_who_is_no_connection_nothing_is_offered(ledger):
    mailed(ledger, ("tom-a", "03-10", "incoming"), linked=["Tom Achterberg"])
    made(ledger, asked(ledger, march(1)), march(3))
    assert "outcome" not in {kind for kind, _, _ in told(ledger)}
