"""Ledgers of every earlier schema version open, keep their rows, and can be written to."""

import sqlite3
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from netkit.errors import LedgerError
from netkit.history import read_history, read_introductions
from netkit.introductions import read_life, reminders, undo_step
from netkit.ledger import database, open_ledger
from netkit.ledger.database import MIGRATIONS
from netkit.ledger.workspace import FILE

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ledger"
NEWEST = max(MIGRATIONS)


def stored(home, version):
    """Bring a stored ledger of an earlier version to life."""
    home.mkdir(mode=0o700)
    connection = sqlite3.connect(home / FILE)
    connection.executescript((FIXTURES / f"v{version}.sql").read_text(encoding="utf-8"))
    connection.close()
    return home


# What netkit told of these introductions while it kept answers beside their steps: the state and since when,
# what history says, what is due, and what is taken back one by one.
ANSWERS = {
    "intro-declined": ("declined", "03-05", "not_made", "decline", "03-05", None, ["declined; because: no time",
        "permission refused"]),
    "intro-redirected": ("redirected", "03-05", "not_made", "redirect", "03-05", None,
        ["redirected; because: write yourself; opinion seen"]),
    "intro-made": ("outcome_contact", "03-09", "made", "introduce", "03-06", None, ["outcome contact; outcome: useful",
        "introduced", "permission given", "answered; action: introduce"]),
    "intro-asking": ("judged", "03-09", "open", "ask_permission", None, "03-12", ["judged: decline (house)",
        "answered; action: ask permission"]),
    "intro-asked": ("asked", "03-01", "open", "ask_requester", None, "03-04", ["answered; action: ask requester"]),
    "intro-twice": ("redirected", "03-04", "not_made", "redirect", "03-04", None, ["redirected", "declined"]),
    "intro-thrice": ("declined", "03-08", "not_made", "decline", "03-08", None, ["declined", "declined"]),
    "intro-undone": ("asked", "03-01", "open", None, None, "03-04", []),
    "intro-redone": ("declined", "03-05", "not_made", "decline", "03-05", None, ["declined"]),
    "intro-alive": ("permission_given", "03-12", "not_made", "decline", "03-05", "03-15", ["permission given",
        "declined"]),
}  # fmt: skip


def day(moment):
    return None if pd.isna(moment) else f"{moment:%m-%d}"


def taken_back(ledger, request):
    words = []
    try:
        while True:
            words.append(undo_step(ledger, request, on=date(2024, 5, 1)).taken_back.words)
    except LedgerError:
        return words


def test_answers_kept_beside_the_steps_of_introductions_move_in_and_say_the_same(tmp_path):
    home = stored(tmp_path / "home", 4)
    raw = sqlite3.connect(home / FILE)
    raw.executescript((FIXTURES / "every_answer_v4.sql").read_text(encoding="utf-8"))
    raw.close()
    with open_ledger(home) as ledger:
        assert ledger.decisions.to_frame(include_undone=True)["kind"].unique().tolist() == ["invitation"]
        past = read_introductions(ledger).table.set_index("request").astype("object")
        due = {row["request"]: row["due_on"] for row in reminders(ledger)}
        for request, told in ANSWERS.items():
            life, row = read_life(ledger, request), past.loc[request]
            action = None if pd.isna(row["action"]) else row["action"]
            assert (
                life.state.name, day(life.since), row["state"], action, day(row["decided_at"]),
                day(due.get(request)),
            ) == told[:-1], request  # fmt: skip
            assert life.action == (action or ""), request
        counted = read_introductions(ledger).facts.set_index("request")["contact_asked_lately"]
        assert counted[list(ANSWERS)].tolist() == [1, 2, 1, 3, 3, 2, 2, 3, 2, 2]
        for request, told in ANSWERS.items():
            assert taken_back(ledger, request) == told[-1], request
            assert read_life(ledger, request).state.name == "asked"


def test_where_no_answer_moves_in_the_steps_keep_their_numbers_and_none_is_given_again(tmp_path):
    home = stored(tmp_path / "home", 4)
    raw = sqlite3.connect(home / FILE)
    raw.executescript(
        "INSERT INTO introduction_events SELECT 7, introduction, step, at, recorded_at, detail, source, NULL"
        " FROM introduction_events; UPDATE sqlite_sequence SET seq = 9 WHERE name = 'introduction_events'"
    )
    raw.close()
    with open_ledger(home) as ledger:
        assert ledger.introductions.events()["id"].tolist() == [1, 7]
        request = ledger.introductions.to_frame()["request"][0]
        assert ledger.introductions.add_event(request, "judged", at="2024-03-05", source="t") == 10


def version_in(home):
    connection = sqlite3.connect(home / FILE)
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return found


def test_every_version_up_to_the_newest_has_a_stored_fixture():
    assert list(MIGRATIONS) == list(range(1, NEWEST + 1))
    assert {path.name for path in FIXTURES.glob("v*.sql")} == {
        f"v{version}.sql" for version in range(1, NEWEST + 1)
    }


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_a_ledger_of_an_earlier_version_opens_with_all_its_rows(tmp_path, version):
    home = stored(tmp_path / "home", version)
    with open_ledger(home) as ledger:
        assert ledger.invitations.to_frame()["name"].tolist() == ["Ada Love", "Bo Kern"]
        assert ledger.exports.connections()["name"].tolist() == ["Ada Love"]
        assert ledger.exports.correspondence()["person"].tolist() == ["in:ada-l"]
        assert str(ledger.as_of) == "2024-03-01"
        if version >= 2:
            assert ledger.decisions.to_frame()["action"].tolist() == ["ask", "decline"]
            assert ledger.notes.to_frame()["fact"].tolist() == ["recognised"]
        if version >= 4:
            assert ledger.decisions.to_frame(include_undone=True)["undoes"].dropna().tolist() == [3]
        if version >= 3:
            assert ledger.introductions.to_frame()["requester_name"].tolist() == ["Eli Asker"]
            assert ledger.introductions.events()["step"].tolist() == ["judged"]
        assert ledger.verify().intact
    assert version_in(home) == NEWEST


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_a_migrated_ledger_takes_new_rows_and_still_refuses_changes(tmp_path, version):
    with open_ledger(stored(tmp_path / "home", version)) as ledger:
        key = ledger.invitations.to_frame()["request"][1]
        ledger.decisions.add(key, "ignore", at="2024-03-05", source="test", facts={"met_in_person": "no"})
        asked = ledger.introductions.add(
            "Gus New", "Fay Contact", purpose_text="", channel="email", asked_at="2024-03-05", source="test"
        )
        ledger.introductions.add_event(asked, "judged", at="2024-03-05", source="test")
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            ledger.database.connection.execute("DELETE FROM decisions")
        assert ledger.decisions.to_frame()["action"].iloc[-1] == "ignore"


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_a_migrated_ledger_has_the_schema_of_a_new_one(tmp_path, version):
    def schema(home):
        with open_ledger(home) as ledger:
            rows = ledger.database.connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name")
            return {name: " ".join((sql or "").split()) for name, sql in rows}

    assert schema(stored(tmp_path / "old", version)) == schema(tmp_path / "new")


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(tmp_path, monkeypatch):
    home = stored(tmp_path / "home", 1)
    broken = tmp_path / "002_broken.sql"
    broken.write_text("CREATE TABLE half (a TEXT);\nINSERT INTO nowhere VALUES (1);\n", encoding="utf-8")
    monkeypatch.setattr(database, "MIGRATIONS", {**MIGRATIONS, 2: broken})
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        open_ledger(home)
    assert version_in(home) == 1
    monkeypatch.undo()
    with open_ledger(home) as ledger:
        tables = ledger.database.connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert ("half",) not in tables and len(ledger.invitations.to_frame()) == 2


def test_two_processes_that_migrate_at_once_do_it_once(tmp_path, monkeypatch):
    """The second finds the work done when it gets the lock."""
    home = stored(tmp_path / "home", 1)
    real = database._transaction
    overtaken = []

    def overtake(connection, file):
        if not overtaken:
            overtaken.append(True)
            open_ledger(home).close()
        return real(connection, file)

    monkeypatch.setattr(database, "_transaction", overtake)
    with open_ledger(home) as ledger:
        assert len(ledger.invitations.to_frame()) == 2


@pytest.fixture
def with_every_row(tmp_path):
    home = stored(tmp_path / "home", 5)
    raw = sqlite3.connect(home / FILE)
    raw.executescript((FIXTURES / "every_row_v5.sql").read_text(encoding="utf-8"))
    raw.close()
    return home


def test_earlier_decisions_get_a_source_and_keep_who_said_so(with_every_row):
    with open_ledger(with_every_row) as ledger:
        rows = ledger.decisions.to_frame(include_undone=True)
        steps = ledger.introductions.events()
        assert [ledger.letters.rows()[0]["via"], ledger.reviews.to_frame()["via"][0]] == [
            "command line", "command line"
        ]  # fmt: skip
    assert list(zip(rows["action"], rows["source"], rows["via"], strict=True)) == [
        ("ask", "typed", "command line"),
        ("decline", "typed", "command line"),
        ("accept", "typed", "lab"),
        ("undone", "typed", "lab"),
        ("defer", "typed", "lab: triage"),
        ("accept", "sheet", "sheet friends.csv"),
    ]
    assert rows["opinion_seen"].tolist() == [False, False, False, False, True, False]
    assert rows["sitting"].isna().all()
    assert (rows["because"].iloc[4], str(rows["remind_on"].iloc[4])[:10]) == ("later", "2024-02-09")
    assert list(zip(steps["step"], steps["source"], steps["via"], strict=True)) == [
        ("judged", "typed", "command line"),
        ("permission_asked", "sheet", "sheet asked.xlsx"),
    ]


def test_earlier_notes_are_typed_and_a_correction_finds_what_it_corrected(with_every_row):
    with open_ledger(with_every_row) as ledger:
        notes = ledger.notes.to_frame()
        ledger.notes.add("inv-f5dc465e", "recognised", "no", at="2024-03-06", source="test")
        new = ledger.notes.to_frame().iloc[-1]
    assert set(notes["origin"]) == {"typed"} and notes["sitting"].isna().all()
    told = notes.astype("object").where(notes.notna(), None)
    assert list(zip(told["id"], told["fact"], told["level"], told["corrects"], strict=True)) == [
        (1, "recognised", "no", None),
        (2, "met_in_person", "yes", None),
        (3, "met_in_person", "no", 2),
        (4, "would_stay_in_touch", "yes", None),
        (5, "would_stay_in_touch", None, 4),  # 'unknown' took a note back
        (6, "recognised", "yes", None),
        (7, "requester_known", "well", None),
    ]
    assert (new["id"], new["corrects"]) == (41, 6)


def test_a_ledger_with_every_row_means_what_it_meant(with_every_row):
    with open_ledger(with_every_row) as ledger:
        history = read_history(ledger)
        facts = history.facts.set_index("request")
        assert facts.loc["inv-21c8acc1", ["met_in_person", "recognised"]].tolist() == ["no", "no"]
        assert pd.isna(facts.loc["inv-21c8acc1", "would_stay_in_touch"])
        table = history.table.set_index("request")
        assert table["label"].to_dict() == {"inv-f5dc465e": 1.0, "inv-21c8acc1": 0.0}
        assert table["source"].to_dict() == {"inv-f5dc465e": "sheet", "inv-21c8acc1": "typed"}
        assert table["step"].to_dict() == {"inv-f5dc465e": "defer", "inv-21c8acc1": "ask"}
        assert ledger.verify().intact and not ledger.database.frame("PRAGMA foreign_key_check").size
        assert "read" in ledger.exports.to_read_again() and not ledger.exports.to_read_again()
        for table in ("decisions", "facts_noted", "introduction_events"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                ledger.database.connection.execute(f"UPDATE {table} SET via = 'changed'")


def test_every_step_of_the_schema_has_a_number_of_its_own():
    steps = sorted(next(iter(MIGRATIONS.values())).parent.glob("*.sql"))
    assert [int(path.name[:3]) for path in steps] == list(range(1, len(steps) + 1))
