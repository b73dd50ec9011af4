"""Invitations kept before any archive held them: joined to an archive's once, and never to a namesake's."""

from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest
from invented_export import connection, export, invitation

from netkit.errors import LedgerError
from netkit.ledger import open_ledger

NAMES = ["Ana Example", "Bo Kern", "Cy Dorn"]


def keep(ledger, name="Ana Example", day="2024-03-05", **more):
    request = ledger.invitations.add(name, sent_at=day, source="test", **more)
    ledger.decisions.add(request, "accept", at=day, source="test")
    return request


def asked(name, day, slug, note=None):
    return invitation(name, f"{day}T10:00:00+00:00", slug=slug, note=note)


def shown(ledger):
    frame = ledger.invitations.to_frame().set_index("request")
    return {key: (row["person"], row["origin"], f"{row['sent_at']:%m-%d}") for key, row in frame.iterrows()}


def test_the_archive_that_brings_it_is_joined_to_it_and_the_decision_stays(ledger):
    kept = keep(ledger, message="Hello")
    ledger.import_export(export("2024-03-20", invitations=[asked("Ana EXAMPLE", "2024-03-01", "ana")]))
    assert shown(ledger) == {kept: ("in:ana", "export", "03-01")}
    assert ledger.invitations.to_frame()["message"].tolist() == ["Hello"]
    assert ledger.decisions.to_frame()["request"].tolist() == [kept]
    assert ledger.exports.sightings()["request"].tolist() == [kept]
    assert ledger.invitations.doubts() == []


@pytest.mark.parametrize("day", ["2024-02-26", "2024-03-08"])
def test_what_was_sent_longer_ago_or_later_is_another_one(ledger, day):
    kept = keep(ledger)
    ledger.import_export(export("2024-03-20", invitations=[asked("Ana Example", day, "ana")]))
    assert len(shown(ledger)) == 2 and shown(ledger)[kept][1] == "by hand"


def test_the_days_count_and_not_the_hours(ledger):
    kept = keep(ledger, day="2024-03-08")
    ledger.import_export(export("2024-03-20", invitations=[asked("Ana Example", "2024-03-01", "ana")]))
    assert shown(ledger) == {kept: ("in:ana", "export", "03-01")}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ana Example", "Ana Example, MBA"),
        ("Jorg Muller", "Jörg Müller"),
        ("Jörg Mueller", "Jörg Müller"),
        ("Example, Ana", "Ana Example"),
        ("Ana Maria Example", "Ana Example 🚀"),
        ("Sollo Akerver", "Søllo Åkerver"),
    ],
)
def test_one_of_a_name_that_is_almost_the_typed_one_is_asked_about_and_never_taken(ledger, typed, name):
    kept = keep(ledger, typed)
    ledger.import_export(export("2024-03-20", invitations=[asked(name, "2024-03-01", "one")]))
    (doubt,) = ledger.invitations.doubts()
    assert doubt.request == kept and f" of 1 Mar 2024 ({name})" in doubt.sentence
    assert len(shown(ledger)) == 2
    ledger.invitations.say_same(kept, doubt.candidates[0][0])
    assert shown(ledger) == {kept: ("in:one", "export", "03-01")} and ledger.invitations.doubts() == []


def test_nobody_is_asked_about_who_is_called_otherwise_or_has_another_address(ledger):
    keep(ledger, "Ana Example", url="linkedin.com/in/ana")
    keep(ledger, "Ana"), keep(ledger, "Bo Kern")
    others = [asked("Ana Example MBA", "2024-03-01", "other"), asked("Bo Dorn", "2024-03-01", "bo")]
    ledger.import_export(export("2024-03-20", invitations=others))
    assert ledger.invitations.doubts() == [] and len(shown(ledger)) == 5


def test_what_was_said_by_a_slip_can_be_said_anew_but_of_none_that_it_cannot_be(ledger):
    kept = keep(ledger)
    people = [("Ana Example", "1", "ana-1"), ("Ana Example", "2", "ana-2"), ("Bo Kern", "2", "bo")]
    rows = [asked(name, f"2024-03-0{day}", slug) for name, day, slug in people]
    ledger.import_export(export("2024-03-20", invitations=rows))
    (doubt,) = ledger.invitations.doubts()
    one, two = (key for key, _ in doubt.candidates)
    (bo,) = set(shown(ledger)) - {kept, one, two}
    with pytest.raises(LedgerError, match=f"{kept} cannot be {bo}. It may be {one} or {two}, or none."):
        ledger.invitations.say_same(kept, bo)
    ledger.invitations.say_same(kept, two)
    assert shown(ledger)[kept][0] == "in:ana-2"
    ledger.invitations.say_same(kept, one)
    assert shown(ledger)[kept][0] == "in:ana-1" and set(shown(ledger)) == {kept, two, bo}
    ledger.invitations.say_same(kept, None)
    assert shown(ledger)[kept][1] == "by hand" and set(shown(ledger)) == {kept, one, two, bo}


def test_an_address_tells_namesakes_apart_and_a_name_alone_is_asked_about(ledger):
    two = [asked("Ana Example", "2024-03-01", "ana-1"), asked("Ana Example", "2024-03-02", "ana-2")]
    by_name = keep(ledger)
    by_address = keep(ledger, day="2024-03-04", url="https://www.linkedin.com/in/ana-2")
    ledger.import_export(export("2024-03-20", invitations=two))
    assert shown(ledger)[by_address] == ("in:ana-2", "export", "03-02")
    (doubt,) = ledger.invitations.doubts()
    assert doubt.request == by_name and [day for _, day in doubt.candidates] == ["1 Mar 2024"]
    assert by_name in doubt.sentence and "1 Mar 2024" in doubt.sentence
    ledger.invitations.say_same(by_name, doubt.candidates[0][0])
    assert shown(ledger)[by_name] == ("in:ana-1", "export", "03-01")
    assert len(shown(ledger)) == 2 and ledger.invitations.doubts() == []


def test_one_of_an_archive_that_two_kept_ones_could_be_is_joined_to_neither_unasked(ledger):
    two = {keep(ledger), keep(ledger, day="2024-03-04")}
    ledger.import_export(export("2024-03-20", invitations=[asked("Ana Example", "2024-03-01", "ana")]))
    assert len(two) == 2 and len(shown(ledger)) == 3
    assert {shown(ledger)[request][1] for request in two} == {"by hand"}
    assert {each.request for each in ledger.invitations.doubts()} == two


def test_what_the_ledger_has_of_a_name_that_two_people_bear_is_nobodys_for_sure(ledger):
    link = connection("Ana Example", "2020-01-01", slug="ana-9")
    ledger.import_export(
        export("2024-03-20", invitations=[asked("Ana Example", "2024-03-01", "ana")], connections=[link])
    )
    assert ledger.invitations.already("Ana Example", sent_at="2024-03-05") is None
    assert ledger.invitations.already(
        "Ana Example", url="https://www.linkedin.com/in/ana", sent_at="2024-03-05"
    )


def test_none_of_them_is_an_answer_that_later_archives_keep(ledger):
    kept = keep(ledger)
    link = connection("Ana Example", "2020-01-01", slug="ana-9")
    ledger.import_export(
        export("2024-03-20", invitations=[asked("Ana Example", "2024-03-01", "ana")], connections=[link])
    )
    (doubt,) = ledger.invitations.doubts()
    ledger.invitations.say_same(kept, None)
    ledger.import_export(export("2024-03-21", invitations=[asked("Ana Example", "2024-03-01", "ana")]))
    assert ledger.invitations.doubts() == [] and shown(ledger)[kept][1] == "by hand"
    with pytest.raises(LedgerError, match="no kept invitation in doubt"):
        ledger.invitations.say_same(doubt.candidates[0][0], kept)


def test_a_second_person_who_turns_up_later_parts_what_was_joined(ledger):
    kept = keep(ledger)
    ledger.import_export(export("2024-03-20", invitations=[asked("Ana Example", "2024-03-01", "ana", "Hi")]))
    assert shown(ledger)[kept][1] == "export"
    link = connection("Ana Example", "2020-01-01", slug="ana-9")
    ledger.import_export(export("2024-03-25", connections=[link]))
    assert shown(ledger)[kept] == ("name:ana example", "by hand", "03-05")
    assert len(shown(ledger)) == 2 and [each.request for each in ledger.invitations.doubts()] == [kept]


def test_an_answer_to_the_archives_own_row_is_never_moved(ledger):
    ledger.import_export(export("2024-03-20", invitations=[asked("Ana Example", "2024-03-01", "ana")]))
    (request,) = shown(ledger)
    assert ledger.invitations.already("ana example", sent_at="2024-03-05") == request
    ledger.decisions.add(request, "decline", at="2024-03-03", source="test")
    kept = keep(ledger)
    ledger.import_export(export("2024-03-21", invitations=[]))
    assert set(shown(ledger)) == {request, kept} and len(ledger.invitations.doubts()) == 1


def test_nobody_else_is_taken_for_what_the_ledger_has_already(ledger):
    keep(ledger)
    assert ledger.invitations.already("Ana Examples", sent_at="2024-03-05") is None
    assert ledger.invitations.already("Ana Example", sent_at="2024-03-15") is None


def random_archives(draw):
    """Return three archives of a few people, who share names, and what was kept of them."""
    day = date(2024, 3, 1)
    people = [
        (name, f"{name.split()[0].casefold()}-{at}") for name in NAMES for at in range(draw.choice([1, 1, 2]))
    ]
    invitations = [
        asked(name, str(day + timedelta(days=draw.randrange(20))), slug, draw.choice([None, "Hello"]))
        for name, slug in people
    ]
    linked = [connection(name, "2020-01-01", slug=slug) for name, slug in draw.sample(people, 1)]
    archives = [
        export(str(day + timedelta(days=30 + at)), invitations=draw.sample(invitations, draw.randrange(len(people) + 1)),
               connections=linked * (at == 0))
        for at in range(3)
    ]  # fmt: skip
    kept = [
        (name, str(day + timedelta(days=draw.randrange(25))), draw.choice([None, f"linkedin.com/in/{slug}"]))
        for name, slug in draw.sample(people, min(3, len(people)))
    ]
    return archives, kept


@pytest.mark.parametrize("seed", range(5))
def test_archives_in_any_order_give_the_same_ledger_and_each_is_joined_once_to_nobody_else(tmp_path, seed):
    archives, kept = random_archives(Random(seed))
    told = set()
    for number, order in enumerate(permutations(archives)):
        with open_ledger(tmp_path / str(number)) as ledger:
            mine = {keep(ledger, name, day, url=url): (name, url) for name, day, url in kept}
            for archive in order:
                ledger.import_export(archive)
            frame = ledger.invitations.to_frame().fillna("")
            columns = ["request", "person", "sent_at", "message", "origin"]
            told.add(str(sorted(map(tuple, frame[columns].values.tolist()))))
            assert set(ledger.decisions.to_frame()["request"]) == set(mine) <= set(frame["request"])
            rows = frame.set_index("request")
            of_archives = {
                (row["person"], str(row["sent_at"])[:10])
                for _, row in frame[frame["origin"] == "export"].iterrows()
            }
            assert len(of_archives) == int((frame["origin"] == "export").sum())
            for request, (name, url) in mine.items():
                row = rows.loc[request]
                assert row["name"].casefold() == name.casefold()
                if url and row["origin"] == "export":
                    assert row["person"] == f"in:{url.rpartition('/')[2]}"
            assert ledger.verify().intact
    assert len(told) == 1
