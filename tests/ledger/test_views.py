"""The views for other programs: which columns they have, that they say what netkit says, and that they stay."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from invented_export import connection, export, invitation, message
from invented_introductions import asked, go, made, march

from netkit.introductions import undo_step
from netkit.introductions.life import read_lives
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.database import MIGRATIONS, not_undone
from netkit.ledger.decision_store import settle_with_record
from netkit.ledger.views import views
from netkit.ledger.workspace import FILE

# Other people's queries rest on these names: add one at the end, and never rename one or take it away.
COLUMNS = {
    "rows_taken_back": "kind id",
    "all_decisions": "kind id request action decided_at recorded_at source via opinion_seen because remind_on counts answer",
    "all_introductions": "request requester requester_name contact contact_name purpose channel asked_at"
    " permission_asked permission_given permission_refused introduced followed_up declined outcome_requester"
    " outcome_contact",
    "all_introductions_to_you": "request requester requester_name introducer introducer_name asked_first purpose"
    " channel asked_at accepted declined outcome",
    "all_requests": "request kind direction person name url contact_name asked_at text channel first_seen last_seen"
    " connected_on action decided_at source",
    "all_people": "person name connected_on company position invitations_received invitations_sent messages_received"
    " messages_sent first_message_at last_message_at introductions_asked introductions_wanted review",
    "all_evidence": "source files who person domain kind direction size place times first_at last_at",
}


def rows(file, query):
    """What a program finds that knows SQLite and nothing of netkit."""
    with closing(sqlite3.connect(file)) as plain:
        plain.row_factory = sqlite3.Row
        return [dict(row) for row in plain.execute(query)]


def test_every_view_has_its_columns_and_each_is_described(ledger):
    for view in views():
        found = ledger.database.connection.execute(f"SELECT * FROM {view.name}")
        assert " ".join(column[0] for column in found.description) == COLUMNS[view.name]
        assert list(view.columns) == COLUMNS[view.name].split()
        assert all(said.endswith(".") for said in (view.says, *view.columns.values()))
    assert {view.name for view in views()} == set(COLUMNS)


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_that_counts_is_the_one_that_netkit_counts(ledger, seed):
    """Decisions, taken back and not, and the record's, that agree, differ and are settled: in any order."""
    chance = random.Random(seed)
    mails = [invitation(f"Ada N{n}", f"2024-02-0{n + 1}T10:00:00+00:00", slug=f"ada-{n}") for n in range(4)]
    ledger.import_export(export("2024-03-01", invitations=mails))
    requests = list(ledger.invitations.to_frame()["request"])
    for n in range(30):
        at = datetime(2024, 3, 1 + n % 28, 12, tzinfo=UTC)
        every = ledger.decisions.to_frame(include_undone=True)
        active = every[not_undone(every, "action")] if len(every) else every
        if len(active) and chance.random() < 0.35:
            ledger.decisions.undo(int(chance.choice(list(active["id"]))), at=at, source="test")
        else:
            action = chance.choice(["accept", "decline", "ignore", "ask", "defer"])
            source = chance.choice(["test", "test", "record"])
            ledger.decisions.add(chance.choice(requests), action, at=at, source=source)
    every = ledger.decisions.to_frame(include_undone=True)
    gone = rows(ledger.file, "SELECT id FROM rows_taken_back")
    assert sorted(row["id"] for row in gone) == list(every.loc[~not_undone(every, "action"), "id"])
    counts = settle_with_record(ledger.decisions.rows("invitation"))
    said = rows(ledger.file, "SELECT request, action, decided_at FROM all_requests WHERE action NOTNULL")
    assert {row["request"]: (row["action"], datetime.fromisoformat(row["decided_at"])) for row in said} == {
        request: (row["action"], row["at"]) for request, row in counts.items()
    }


def test_introductions_say_what_netkit_says_of_their_lives(ledger):
    one, other, third, gone = (asked(ledger, march(day)) for day in (1, 2, 3, 4))
    made(ledger, one, march(5))
    go(ledger, one, "outcome_contact", on=march(9), outcome="useful")
    go(ledger, other, "permission_asked", "permission_refused", "declined", on=march(6))
    undo_step(ledger, other, on=march(7))
    go(ledger, third, "redirected", on=march(6), way_on="ask somebody else")
    ledger.introductions.undo(gone, at="2024-03-08", source="test")
    told = {row["request"]: row for row in rows(ledger.file, "SELECT * FROM all_introductions")}
    assert list(told) == [one, other, third]
    assert told[one]["introduced"][:10] == "2024-03-05" and told[one]["outcome_contact"] == "useful"
    assert told[other]["permission_refused"] and not told[other]["declined"]
    assert told[third]["declined"]
    asked_for = "SELECT request, action FROM all_requests WHERE kind = 'introduction'"
    said = {row["request"]: row["action"] for row in rows(ledger.file, asked_for)}
    assert said == {life.request: life.action or None for life in read_lives(ledger)}


def test_a_person_is_one_row_with_what_is_between_you(ledger):
    ledger.import_export(
        export(
            "2024-03-01",
            invitations=[invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-l")],
            connections=[connection("Ada Love", "2024-02-03", slug="ada-l", company="Mill")],
            messages=[
                message("in:ada-l", "2024-02-04T10:00:01+00:00"),
                message("in:bo-k", "2024-01-02T00:00:00+00:00"),
            ],
        )
    )
    ledger.import_export(
        export("2024-04-01", connections=[connection("Ada Hart", "2024-02-03", slug="ada-l", company="Sea")])
    )
    ledger.reviews.add("in:ada-l", "keep", at="2024-04-02", source="test")
    told = {row["person"]: row for row in rows(ledger.file, "SELECT * FROM all_people")}
    assert set(told) == {"in:ada-l", "in:bo-k"}
    ada = told["in:ada-l"]
    assert (ada["name"], ada["company"], ada["connected_on"], ada["review"]) == (
        "Ada Hart", "Sea", "2024-02-03", "keep",
    )  # fmt: skip
    assert (ada["invitations_received"], ada["messages_received"], ada["messages_sent"]) == (1, 1, 0)
    assert ada["last_message_at"] == "2024-02-04T10:00:01+00:00"


def test_evidence_names_somebody_only_where_you_did(ledger):
    connection = ledger.database.connection
    connection.execute(
        "INSERT INTO evidence_sources VALUES (1, 'a.mbox', 'mail', '{}', '{}', 2, '2024-03-01')"
    )
    for who in ("aa", "bb"):
        connection.execute("INSERT INTO evidence_people VALUES (1, ?, 'example.org')", [who])
        connection.execute(
            "INSERT INTO evidence_acts VALUES (?, 'mail', 'both', '', 0, 1, 3, 0, 86400)", [who]
        )
    for who, same in (("aa", True), ("bb", True), ("bb", None)):
        ledger.evidence.answer("in:ada-l", [who], same, proposed="test", at="2024-03-02", source="test")
    told = rows(ledger.file, "SELECT who, person, times, last_at FROM all_evidence ORDER BY who")
    assert [tuple(row.values()) for row in told] == [
        ("aa", "in:ada-l", 3, "1970-01-02T00:00:00+00:00"), ("bb", None, 3, "1970-01-02T00:00:00+00:00"),
    ]  # fmt: skip


def test_a_view_that_was_changed_is_made_anew_and_nothing_counts_as_damaged(tmp_path):
    home, copy = tmp_path / "home", tmp_path / "copy.db"
    open_ledger(home).close()
    with closing(sqlite3.connect(home / FILE)) as plain:
        plain.executescript(
            "DROP VIEW all_people; DROP VIEW all_requests; CREATE VIEW all_people AS SELECT 1"
        )
    with open_ledger(home) as ledger:
        ledger.backup(copy)
        with closing(sqlite3.connect(home / FILE)) as plain:
            plain.execute("DROP VIEW all_people")
        assert ledger.verify().intact
    assert rows(copy, "SELECT count(*) AS n FROM all_people") == [{"n": 0}]
    Ledger.restore(copy, tmp_path / "new")
    assert rows(tmp_path / "new" / FILE, "SELECT count(*) AS n FROM all_requests") == [{"n": 0}]


def test_opening_a_ledger_again_writes_nothing(tmp_path):
    home = tmp_path / "home"
    open_ledger(home).close()
    before = (home / FILE).read_bytes()
    open_ledger(home).close()
    assert (home / FILE).read_bytes() == before
    with closing(sqlite3.connect(home / FILE)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone()[0] == max(MIGRATIONS)
