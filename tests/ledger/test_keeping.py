"""How long things are kept: set for each kind, applied on reading, said, and never more than was asked."""

from datetime import date

import pytest
from invented_export import export, invitation, message

from netkit.errors import LedgerError
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.ledger.keeping import keep_for, kept_for, remove_expired

TODAY = date(2026, 3, 1)
OLD, NEW = "2020-02-01T10:00:00+00:00", "2026-02-01T10:00:00+00:00"
NOTE = "I read your paper about glazes and would like to hear more of it"
ARCHIVE = export(
    "2026-02-20",
    invitations=[
        invitation("Ada Love", OLD, slug="ada-l", note=NOTE),
        invitation("Bo Kern", NEW, slug="bo-k", note=NOTE),
    ],
    messages=[message("in:ada-l", OLD), message("in:ada-l", NEW), message("in:bo-k", "2020-02-02")],
)


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "home") as opened:
        opened.import_export(ARCHIVE)
        yield opened


def count(ledger, table):
    return ledger.database.one(f"SELECT count(*) FROM {table}")


def test_everything_is_kept_until_you_say_otherwise(ledger):
    assert set(kept_for(ledger.home).values()) == {None}
    assert remove_expired(ledger.database, TODAY) == ()
    assert count(ledger, "messages") == 3


def test_older_messages_go_and_how_many_is_said(ledger):
    keep_for(ledger.home, "messages", "24")
    assert remove_expired(ledger.database, TODAY) == (
        "Removed, as you set: 2 message dates from before 1 Mar 2024.",
    )
    assert count(ledger, "messages") == 1
    assert ledger.invitations.to_frame()["message"].notna().all()
    assert remove_expired(ledger.database, TODAY) == ()


def test_the_text_of_an_older_note_goes_and_what_was_read_of_it_stays(ledger):
    before = read_history(ledger).facts
    keep_for(ledger.home, "notes", "24")
    assert remove_expired(ledger.database, TODAY) == ("Removed, as you set: 1 note from before 1 Mar 2024.",)
    assert list(ledger.invitations.to_frame()["message"].notna()) == [False, True]
    ledger.import_export(ARCHIVE)  # reads again what was not read
    assert read_history(ledger).facts.equals(before)
    assert NOTE.encode() in (ledger.file).read_bytes()  # Bo's
    assert ledger.file.read_bytes().count(NOTE.encode()) == 1


def test_a_note_that_nobody_has_read_stays(ledger):
    with ledger.together():
        ledger.database.connection.execute("DELETE FROM notes_read")
    keep_for(ledger.home, "notes", "24")
    assert remove_expired(ledger.database, TODAY) == ()


def test_older_traces_of_evidence_go_and_undated_ones_stay(ledger):
    connection = ledger.database.connection
    connection.execute(
        "INSERT INTO evidence_sources VALUES (1, 'a.mbox', 'mail', '{}', '{}', 3, '2026-02-01')"
    )
    for who, last in (("old", 86_400), ("new", 1_770_000_000), ("undated", None)):
        connection.execute("INSERT INTO evidence_people VALUES (1, ?, 'example.org')", [who])
        connection.execute("INSERT INTO evidence_words VALUES (?, ?, 'address', 1)", [who, who])
        connection.execute(
            "INSERT INTO evidence_acts VALUES (?, 'mail', 'both', '', 0, 1, 3, 0, ?)", [who, last]
        )
    keep_for(ledger.home, "evidence", "12")
    assert remove_expired(ledger.database, TODAY) == (
        "Removed, as you set: 1 trace of evidence from before 1 Mar 2025.",
    )
    for table in ("evidence_people", "evidence_words", "evidence_acts"):
        assert {row[0] for row in connection.execute(f"SELECT who FROM {table}")} == {"new", "undated"}


def test_what_a_later_archive_brings_back_goes_again_and_the_ledger_stays_whole(ledger, tmp_path):
    keep_for(ledger.home, "messages", "12")
    ledger.backup(tmp_path / "copy.db")
    took = ledger.import_export(ARCHIVE)
    assert took.already and len(took.expired) == 1
    assert took.as_dict()["expired"] == took.expired
    assert ledger.verify().intact
    later = export("2026-02-25", messages=[message("in:ada-l", OLD), message("in:cy-m", NEW)])
    assert "1 message date from" in ledger.import_export(later).expired[0]


@pytest.mark.parametrize(
    ("what", "months"),
    [("message", "12"), ("notes", "0"), ("notes", "two"), ("notes", "-1"), ("notes", "9999")],
)
def test_what_cannot_be_kept_so_is_refused_and_nothing_changes(ledger, what, months):
    with pytest.raises(LedgerError):
        keep_for(ledger.home, what, months)
    assert set(kept_for(ledger.home).values()) == {None}


def test_a_wrong_word_in_the_file_is_refused_and_nothing_is_removed(ledger):
    (ledger.home / "keep.yaml").write_text("mesages: 12\n", encoding="utf-8")
    with pytest.raises(LedgerError, match="Did you mean 'messages'"):
        remove_expired(ledger.database, TODAY)
    assert count(ledger, "messages") == 3
