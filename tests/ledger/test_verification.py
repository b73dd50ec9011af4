"""Damage is found before anything is written, and `verify` finds what the check at opening cannot see."""

import contextlib
import os
import random
import sqlite3
from contextlib import closing
from datetime import date

import pytest
from invented_export import connection, export, invitation, message

from netkit.errors import LedgerError
from netkit.evidence import Owner
from netkit.evidence.recognise import Source
from netkit.findings.stamps import _ledger_hash
from netkit.ledger import Ledger, database, open_ledger
from netkit.ledger.verification import _comparable, checksums, verify

PAGE = 4096
MARCH = export(
    "2024-03-01",
    invitations=[
        invitation(f"Person {n}", "2024-02-01T10:00:00+00:00", slug=f"p-{n}", note=f"note {n}") for n in range(200)
    ],
    connections=[connection(f"Contact {n}", "2024-01-03", slug=f"c-{n}") for n in range(200)],
    messages=[message(f"in:p-{n % 90}", f"2024-01-{1 + n % 28:02}T10:{n // 28:02}:00+00:00") for n in range(900)],
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A ledger in use, and a backup of it."""
    home = tmp_path_factory.mktemp("whole") / "home"
    with open_ledger(home) as ledger:
        ledger.import_export(MARCH)
        for n, request in enumerate(ledger.invitations.to_frame()["request"][:60]):
            ledger.decisions.add(
                request,
                "accept",
                at="2024-02-03",
                source="test",
                because=f"why {n}",
                facts={"recognised": "yes"},
            )
        ledger.backup(home.parent / "copy.db")
    return home


@pytest.fixture
def home(whole, tmp_path):
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    (place / "ledger.db").write_bytes((whole / "ledger.db").read_bytes())
    return place


def write(home):
    with open_ledger(home) as ledger:
        ledger.reviews.add("in:c-1", "keep", at="2024-02-04", source="test")


def damage(content, rng):
    """Return the content damaged in one of five ways, somewhere."""
    content = bytearray(content)
    place = rng.randrange(len(content))
    page = place // PAGE * PAGE
    way = rng.choice(["bit", "bytes", "page", "swapped", "cut"])
    if way == "bit":
        content[place] ^= 1 << rng.randrange(8)
    elif way == "bytes":
        content[place : place + rng.randrange(1, 65)] = rng.randbytes(1) * rng.randrange(1, 65)
    elif way == "page":
        content[page : page + PAGE] = bytes(PAGE)
    elif way == "swapped":
        other = rng.randrange(len(content) // PAGE) * PAGE
        content[page : page + PAGE] = content[other : other + PAGE]
    else:
        del content[place:]
    return bytes(content)


def quickly_seen(file):
    """Tell whether SQLite's own quick check, alone, finds a file damaged."""
    raw = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    try:
        return raw.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return True
    finally:
        raw.close()


@pytest.mark.parametrize("steps", [1, database._STEPS_AT_OPENING])
def test_no_write_is_accepted_by_a_ledger_that_the_quick_check_finds_damaged(
    whole, home, monkeypatch, record_property, steps
):
    """A larger ledger's check ends at opening before it has seen every row: the first write goes on with it."""
    monkeypatch.setattr(database, "_STEPS_AT_OPENING", steps)
    rng, file, content = random.Random(steps), home / "ledger.db", (whole / "ledger.db").read_bytes()
    seen = unseen = 0
    for _ in range(300):
        file.write_bytes(hurt := damage(content, rng))
        if quickly_seen(file):
            with pytest.raises(LedgerError):
                write(home)
            assert file.read_bytes() == hurt, "it was written to"
            seen += 1
        else:
            with contextlib.suppress(LedgerError):  # such as a file of no bytes
                write(home)
            unseen += 1
        for beside in home.glob("ledger.db-*"):
            beside.unlink()
    assert seen > 150 and unseen > 30
    record_property(
        f"damaged ledgers of 300, {steps} steps at opening", f"{seen} refused, {unseen} beyond the check"
    )


def test_a_ledger_in_which_nothing_changed_by_itself_is_whole(home, whole):
    write(home)
    for file in (home / "ledger.db", whole.parent / "copy.db"):
        found = verify(file)
        assert found.intact, found
        assert "SQLite found no damaged page" in found.told[0]
        assert " rows say the same as at the backup of " in found.told[1]
        assert "No check can see" in found.told[2] and len(found.told) == 3


def replaced(file, old, new):
    content = file.read_bytes()
    assert content.count(old) == 1, content.count(old)
    file.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "table"), [(b"why 17", b"why 71", "decisions"), (b"note 117", b"note 711", "invitations")]
)
def test_a_word_that_changed_by_itself_is_found_by_the_checksum_of_its_table(
    home, whole, tmp_path, old, new, table
):
    copy = tmp_path / "copy.db"
    copy.write_bytes((whole.parent / "copy.db").read_bytes())
    for file in (home / "ledger.db", copy):
        replaced(file, old, new)
    write(home)  # the quick check cannot see it
    for file in (home / "ledger.db", copy):
        found = verify(file)
        assert [each.split()[2] for each in found.damage] == [table], found
        assert "no longer say what they said at the backup of" in found.damage[0]
    assert Ledger.restore(copy, tmp_path / "other").remarks[0] == found.damage[0]


def test_a_ledger_of_which_nothing_is_left_is_not_taken_for_a_new_one(home):
    (home / "ledger.db").write_bytes(b"")
    os.utime(home / "ledger.db", (0, 0))
    with pytest.raises(
        LedgerError, match=r"is empty: nothing is left of your ledger in it\. Bring a copy back"
    ):
        open_ledger(home)


def test_what_an_archive_changes_is_no_damage(home):
    with open_ledger(home) as ledger:
        later = [connection(f"Contact {n}", "2024-01-03", slug=f"c-{n}", company="New") for n in range(50)]
        ledger.import_export(export("2024-04-01", connections=later))
    replaced(home / "ledger.db", b"note 117", b"note 711")
    found = verify(home / "ledger.db")
    assert found.intact
    assert found.told[2].startswith("Rows that came from archives were not compared: you read one since")


def test_what_your_other_files_change_is_no_damage(home, tmp_path):
    book = tmp_path / "book.vcf"
    book.write_text(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Bo Kern\nEMAIL:bo@firm.example\nEND:VCARD\n", encoding="utf-8"
    )
    with open_ledger(home) as ledger, Source(book) as source:
        before, owner = verify(home / "ledger.db"), Owner(frozenset(), frozenset())
        ledger.evidence.add(book, source.kinds, source.read(owner), owner)
    found = verify(home / "ledger.db")
    assert found.intact and len(before.told) == 3
    assert found.told[2].startswith("Rows that came from your other files were not compared")


def test_every_table_is_compared_unless_something_was_read(whole):
    """A table that nobody named would never be compared, and nobody would be told."""
    with closing(sqlite3.connect(whole / "ledger.db")) as connection:
        said = checksums(connection)
        assert _comparable(connection, said, ()).keys() == said.keys()


def test_what_is_forgotten_is_no_damage(home):
    with open_ledger(home) as ledger:
        ledger.forget("in:p-3")
    found = verify(home / "ledger.db")
    assert found.intact and "nothing to compare" in found.told[1]
    with open_ledger(home) as ledger:
        ledger.backup(home.parent / "later.db")
    assert "rows say the same" in verify(home / "ledger.db").told[1]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "DELETE FROM introductions",
            "A row of introduction_events belongs to a row of introductions that is gone.",
        ),
        (
            "UPDATE sqlite_master SET sql = replace(sql, 'person)', 'name)') WHERE name = 'invitations_person'",
            "index",
        ),
    ],
)
def test_the_full_check_finds_what_does_not_belong_together(home, statement, says):
    with open_ledger(home) as ledger:
        asked = ledger.introductions.add(
            "Cy Roe", "Bo Kern", purpose_text="x", channel="email", asked_at=date(2024, 3, 2), source="test"
        )
        ledger.introductions.add_event(asked, "judged", at="2024-03-03", source="test")
    raw = sqlite3.connect(home / "ledger.db", isolation_level=None)
    raw.execute("INSERT INTO forgetting VALUES ('test')")
    raw.execute("PRAGMA writable_schema = ON")
    raw.execute(statement)
    raw.execute("DELETE FROM forgetting")
    raw.close()
    write(home)
    found = verify(home / "ledger.db")
    assert not found.intact and says in found.damage[0]


def test_a_backup_leaves_what_was_validated_on_the_ledger_as_valid_as_it_was(home):
    before = _ledger_hash(home / "ledger.db")
    with open_ledger(home) as ledger:
        ledger.backup(home.parent / "later.db")
    assert _ledger_hash(home / "ledger.db") == before
    write(home)
    assert _ledger_hash(home / "ledger.db") != before


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(LedgerError, match=r"does not exist\. Name a ledger"):
        verify(tmp_path / "ledger.db")
