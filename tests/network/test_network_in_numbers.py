"""Your network in numbers: what came when and with which note, what became of it, who opens doors."""

import json
from datetime import date

import pytest
from invented_export import connection, export, invitation, message
from invented_introductions import asked, made, march

from netkit.cli import run
from netkit.ledger import open_ledger
from netkit.network.network_in_numbers import NetworkInNumbers
from netkit.network.saved_you import Saved

ON = date(2024, 4, 1)
KNOWN_AND_LIKED = {"recognised": "yes", "met_in_person": "yes", "would_stay_in_touch": "yes"}


@pytest.fixture
def home(tmp_path):
    """Two of four invitations were accepted, one with a note; Mira was introduced to, and it was useful."""
    sent = [
        invitation("Ada Fox", "2023-11-05T12:00:00+00:00", slug="ada", note="We both work on glazes, Kim."),
        invitation("Bo Kern", "2024-02-05T12:00:00+00:00", slug="bo"),
        invitation("Cy Dorn", "2024-02-06T12:00:00+00:00", slug="cy"),
        invitation("Di Eck", "2024-02-20T12:00:00+00:00", slug="di"),
        invitation("Eve Out", "2024-01-20T12:00:00+00:00", slug="eve", direction="outgoing"),
    ]
    linked = [connection("Ada Fox", "2023-11-06", slug="ada"), connection("Bo Kern", "2024-02-06", slug="bo")]
    wrote = [
        message("in:ada", "2023-12-01T12:00:00+00:00"),
        message("in:ada", "2023-12-02T12:00:00+00:00", direction="outgoing"),
        message("in:bo", "2024-02-08T12:00:00+00:00"),
    ]
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", invitations=sent, connections=linked, messages=wrote))
        key = ledger.invitations.to_frame().set_index("name").loc["Cy Dorn", "request"]
        ledger.decisions.add(key, "decline", at="2024-02-07", source="test")
        made(ledger, asked(ledger, march(1)), march(2), "useful", "useful")
        asked(ledger, march(3))
    return tmp_path


@pytest.fixture
def numbers(home):
    with open_ledger(home) as ledger:
        yield NetworkInNumbers.of(ledger, ON)


def test_every_month_is_counted_also_those_without_an_invitation(numbers):
    assert numbers.months.values.tolist() == [
        ["2023-11", 1, 0],
        ["2023-12", 0, 0],
        ["2024-01", 0, 1],
        ["2024-02", 3, 0],
    ]


def test_notes_are_counted_with_what_became_of_them(numbers):
    rows = numbers.by_note.set_index("group")[["n", "accepted", "refused", "waiting"]]
    assert rows.loc["no note"].tolist() == [3, 1, 1, 1]
    assert rows.loc["another note"].tolist() == [1, 1, 0, 0]
    assert rows.loc["the platform's own sentence"].tolist() == [0, 0, 0, 0]
    assert numbers.by_note.loc[0, "rate"] == 0.5


def test_the_screen_accounts_for_every_invitation_that_came(home, capsys):
    assert run(["stats", "--home", str(home)]) == 0
    shown = capsys.readouterr().out
    rows = [
        line.split()[-5:] for line in shown.splitlines() if line.strip().startswith(("no note", "another"))
    ]
    assert len(rows) == 2
    for received, *parts in rows:
        assert int(received) == sum(map(int, parts))
    assert (
        "2 introductions asked of you; you made 1. As you noted, 1 helped the requester, 1 the contact,"
        in " ".join(shown.split())
    )


def test_an_introduction_that_helped_one_side_alone_counts_for_that_side(home):
    with open_ledger(home) as ledger:
        made(ledger, asked(ledger, march(4)), march(5), "useful", "neutral")
        said = NetworkInNumbers.of(ledger, ON).sentences[-1]
    assert "you made 2. As you noted, 2 helped the requester, 1 the contact, and 1 every side" in said


def test_a_connection_without_a_name_is_counted_and_said_to_be_one(home):
    with open_ledger(home) as ledger:
        nobody = connection("", "2024-02-01") | {"name": None, "person": None, "url": None}
        ledger.import_export(
            export("2024-03-09", connections=[nobody, nobody, connection("Bo Lind", "2024-01-01")])
        )
        numbers = NetworkInNumbers.of(ledger, ON)
    assert (numbers.connections, numbers.unnamed) == (2, 1)
    said = "2 connections in your newest archive, rows alike counted once, 1 of them without a name;"
    assert numbers.sentences[0].startswith(said)


def test_states_connections_and_exchanges_are_counted(numbers):
    assert dict(zip(numbers.became["state"], numbers.became["n"], strict=True)) == {
        "accepted": 2, "decided": 1, "open": 1,
    }  # fmt: skip
    assert (numbers.connections, numbers.exchanged) == (2, 1)


def test_who_opens_doors_is_whose_introductions_came_to_something(numbers):
    assert numbers.introductions == {
        "asked": 2,
        "made": 1,
        "useful": 1,
        "useful_to_requester": 1,
        "useful_to_contact": 1,
    }
    assert len(numbers.doors) == 1
    assert numbers.doors.iloc[0][["agreed", "made", "useful"]].tolist() == [1, 1, 1]


def test_an_empty_ledger_has_numbers_too(tmp_path, capsys):
    with open_ledger(tmp_path / "new") as ledger:
        numbers = NetworkInNumbers.of(ledger, ON)
    assert numbers.connections == 0 and numbers.months.empty and numbers.doors.empty
    assert "0 connections" in numbers._repr_html_()
    assert run(["stats", "--home", str(tmp_path / "new")]) == 0
    assert "0 invitations received" in capsys.readouterr().out


def test_what_it_saved_you_is_counted_from_your_answers_and_timed_only_where_you_let_it(home, capsys):
    with open_ledger(home) as ledger:
        key = ledger.invitations.to_frame().set_index("name").loc["Di Eck", "request"]
        before = NetworkInNumbers.of(ledger, ON).saved
        said = {"source": "terminal: triage, in 90 s", "opinion_seen": True, "at": "2024-03-02"}
        number = ledger.decisions.add(key, "decline", **said, facts=KNOWN_AND_LIKED)
        saved = NetworkInNumbers.of(ledger, ON).saved
        assert (saved.advised, saved.unchanged, saved.with_advice, saved.without) == (1, 0, (90,), ())
        ledger.decisions.undo(number, at="2024-03-03", source="test")
        ledger.decisions.add(key, "accept", **said)
        assert NetworkInNumbers.of(ledger, ON).saved.unchanged == 1
    assert before.advised == 0 and "not answered with advice yet" in before.sentences[0]
    assert run(["stats", "--home", str(home)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.endswith("The 1 answer that you timed took about 2 minutes, usually 90 s each.")


def test_minutes_are_said_to_be_saved_only_where_ten_answers_of_either_way_were_timed():
    few, enough = Saved(20, 18, (10,) * 20, (40,) * 9), Saved(20, 18, (10,) * 20, (40,) * 10)
    assert "saved" not in " ".join(few.sentences)
    assert enough.sentences[-1] == "Without advice you usually took 40 s. That is about 10 minutes saved."


def test_the_command_shows_one_screen_and_json_has_all(home, capsys):
    assert run(["stats", "--on", "2024-04-01", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) <= 50
    assert "2024-02  ████████████████████████████████████████ 3" in out
    became = "2 accepted, as your archive tells · 1 answered, as you recorded · 1 waiting"
    assert f"What became of them: {became}" in " ".join(out.split())
    assert run(["stats", "--json", "--home", str(home)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["months"][-1] == {"month": "2024-02", "received": 3, "sent": 0}
    assert told["doors"][0]["useful"] == 1
