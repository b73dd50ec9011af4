"""Whether a ledger or a backup is whole, and whether its rows still say what they said at the last backup."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from netkit.errors import LedgerError
from netkit.ledger.database import open_to_read
from netkit.ledger.workspace import FILE, clear_errors, key_name, may_write
from netkit.wording import counted, day_words
from netkit.workspace_key import secret_file

_MOST = 5  # kinds of damage that are named
_ROWS_AT_ONCE = 1000
_SCHEMA = "sqlite_master"
# What is read from files, by the table that changes with each reading; in between nothing changes in them.
_READ = {
    "imports": (
        "address_book", "connections", "endorsements", "first_messages", "follows", "invitations",
        "invitations_seen", "kept_invitations", "messages", "notes_read", "people", "profile",
        "recommendations",
    ),
    "evidence_sources": ("evidence_acts", "evidence_people", "evidence_then", "evidence_words"),
}  # fmt: skip
_NOT_COMPARED = {
    "imports": "Rows that came from archives were not compared: you read one since that backup, or netkit"
    " asked you to read one again.",
    "evidence_sources": "Rows that came from your other files were not compared: you added or removed one"
    " since that backup.",
}
_ONLY_GROWS = "own_addresses"  # of which a row has no number that tells when it came
_LIMITS = (
    "No check can see a change in what was recorded since that backup, a slip of your own when you recorded"
    " it, or that the whole file was replaced by an older one."
)

LOST_KEY = (
    "This workspace lacks the key that its ledger was written with. People whom you had forgotten may come"
    " back with an archive, and evidence from your other files must be read again."
)


@dataclass(frozen=True)
class Verified:
    """What a check of a ledger found."""

    damage: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damage

    def as_dict(self) -> dict[str, Any]:
        """Return what was found as plain values."""
        return {"intact": self.intact, "damage": list(self.damage), "told": list(self.told)}


def verify(file: Path) -> Verified:
    """Check a ledger or a backup as far as anything can, and leave it as it is."""
    if not file.is_file():
        raise LedgerError(f"{file} does not exist. Name a ledger or a backup that is there.")
    live = file.name == FILE
    with closing(open_to_read(file, live=live and may_write(file))) as connection:
        damage = _structural_damage(connection)
        if damage:
            return Verified(tuple(damage))
        with clear_errors(file):
            connection.execute("BEGIN")  # one state, whatever is written meanwhile
            changed, told = _compare(connection, exactly=not live)
            forgotten = _forgotten_in_vain(connection, file.parent) if live else ()
    whole = "The file is whole: SQLite found no damaged page, row, index or reference."
    return Verified(tuple(changed), (whole, *told, *forgotten))


def _structural_damage(connection: sqlite3.Connection) -> list[str]:
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST})")]
        found = [] if found == ["ok"] else found
        strays = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
    except sqlite3.DatabaseError as problem:  # a page that cannot even be walked through
        return [f"The file is damaged: {problem}."]
    told = [f"The file is damaged: {' '.join(each.split())}." for each in found]
    return told + [
        f"A row of {table} belongs to a row of {other} that is gone." for table, _, other, _ in strays
    ]


def checksums(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """Return of every table its rows, its highest row number, and what its rows say, as SHA-256."""
    found = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite_%' AND name NOT IN ('backed_up', 'forgetting') ORDER BY name"
    ).fetchall()
    return {table: _checksum(connection, table) for table in (*(name for (name,) in found), _SCHEMA)}


def _checksum(connection: sqlite3.Connection, table: str, last: int | None = None) -> list[Any]:
    """Return rows, highest number and SHA-256 of a table, or of its rows up to a number."""
    query, numbered = f"SELECT * FROM {table} WHERE ?1 ISNULL", False  # in the order of its key
    if table == _SCHEMA:
        # Views hold no rows, and are made anew where they differ.
        query = (
            f"SELECT type, name, sql FROM {_SCHEMA} WHERE ?1 ISNULL AND type != 'view' ORDER BY type, name"
        )
    elif connection.execute("SELECT NOT wr FROM pragma_table_list WHERE name = ?", [table]).fetchone()[0]:
        query, numbered = f"SELECT rowid, * FROM {table} WHERE rowid <= ?1 ORDER BY rowid", True
    if numbered and last is None:
        last = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0]
    connection.text_factory, usual = bytes, connection.text_factory  # a damaged letter is a difference, too
    try:
        rows, digest, found = 0, sha256(), connection.execute(query, [last])
        while part := found.fetchmany(_ROWS_AT_ONCE):
            rows += len(part)
            digest.update(repr(part).encode())
    finally:
        connection.text_factory = usual
    return [rows, last, digest.hexdigest()]


def _compare(connection: sqlite3.Connection, *, exactly: bool) -> tuple[list[str], list[str]]:
    """Compare every table that can be compared with what it said at the last backup."""
    row = None
    if "backed_up" in {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}:
        row = connection.execute("SELECT substr(at, 1, 10), checksums FROM backed_up").fetchone()
    if row is None:
        return [], [
            "There is nothing to compare its rows with. `netkit backup FILE` remembers what they say, and"
            " from then on this check can tell whether one changed by itself."
        ]
    day, before = day_words(date.fromisoformat(row[0])), json.loads(row[1])
    read = [one for one in _READ if not exactly and _checksum(connection, one) != before.get(one)]
    compared = before if exactly else _comparable(connection, before, read)
    changed = [
        table for table, (rows, last, digest) in compared.items()
        if _checksum(connection, table, last) != [rows, last, digest]
    ]  # fmt: skip
    damage = [
        f"Rows of {table} no longer say what they said at the backup of {day}. netkit did not change them."
        for table in changed
    ]
    same = sum(rows for table, (rows, _, _) in compared.items() if table not in {*changed, _SCHEMA})
    told = [f"{counted(same, 'row says', 'rows say')} the same as at the backup of {day}."]
    return damage, [*told, *(_NOT_COMPARED[table] for table in read), _LIMITS]


def _comparable(
    connection: sqlite3.Connection, before: Mapping[str, list[Any]], read: Collection[str]
) -> dict[str, list[Any]]:
    """Return the tables of a ledger in use whose rows must still say the same.

    What you did is only ever added to, which triggers hold; what files said changes with a file, and who was
    forgotten with what the tables said before.
    """
    kept = {
        table for (table,) in connection.execute(
            "SELECT tbl_name FROM sqlite_master"
            " WHERE type = 'trigger' AND name = tbl_name || '_are_not_changed'"
        )
    }  # fmt: skip
    kept |= {"forgotten", _SCHEMA}
    kept |= {name for table, names in _READ.items() if table not in read for name in (table, *names)}
    if _ONLY_GROWS in before and _checksum(connection, _ONLY_GROWS)[0] == before[_ONLY_GROWS][0]:
        kept.add(_ONLY_GROWS)
    return {table: said for table, said in before.items() if table in kept}


def _forgotten_in_vain(connection: sqlite3.Connection, home: Path) -> tuple[str, ...]:
    """Say whether people were forgotten with a key that the workspace no longer has."""
    if "key" not in {column[1] for column in connection.execute("PRAGMA table_info(forgotten)")}:
        return ()
    named = key_name(home) if secret_file(home).exists() else None
    found = connection.execute("SELECT count(*) FROM forgotten WHERE key IS NOT ?", [named]).fetchone()[0]
    return (f"{LOST_KEY} `netkit restore BACKUP --key FILE` brings it back.",) if found else ()
