"""The ledger in one file or in plain ones: backup, restore, and every table as CSV and JSON.

Backup and restore use SQLite's own backup, whole and consistent even while the ledger is in use.
"""

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from netkit.errors import LedgerError
from netkit.ledger.csv_cells import write_rows
from netkit.ledger.database import Database, closed_on_failure, open_to_read
from netkit.ledger.verification import LOST_KEY, checksums, verify
from netkit.ledger.workspace import (
    FILE,
    PART,
    PATIENCE_SECONDS,
    SIDES,
    clear_errors,
    in_use,
    key_name,
    prepare_home,
    sqlite_address,
)
from netkit.private_files import check_file_name, open_private, private_folder, remove, replace, write_private
from netkit.request_keys import moment_text
from netkit.workspace_key import read_secret, secret_file

_QUERIES = {  # tables that are plainer with the person written out
    "messages": "SELECT p.person, m.sent_at, m.incoming, m.is_note FROM messages m JOIN people p"
    " ON p.id = m.person",
    "first_messages": "SELECT p.person, m.sent_at, m.incoming, m.traits, m.reader FROM first_messages m"
    " JOIN people p ON p.id = m.person",
}


def back_up(database: Database, target: Path) -> None:
    """Copy an open ledger into one new file, readable by its owner only.

    The copy and the ledger remember what every table says now.
    """
    _check_target(target)
    part = target.with_name(target.name + PART)
    with clear_errors(target), _to_copy(database) as source:
        if part.exists() and in_use(part):
            raise LedgerError(f"Another process is writing {target}. Wait for it, or choose another name.")
        try:
            remove(part)
            open_private(part, "xb").close()
            before = source.execute("PRAGMA data_version").fetchone()
            with closing(_locked(part)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
                do = "bring an earlier copy back with 'netkit restore BACKUP'"
                _check_pages(copy, database.file, do)
                said = _remember(copy, database.file.parent)
            replace(part, target)
        except BaseException:
            remove(part)
            raise
    if database.writable:
        _note(database, said, before)


def _note(database: Database, said: tuple[str, str | None, str], before: object) -> None:
    """Let the ledger remember what its tables said, unless others write now or wrote meanwhile."""
    connection = database.connection
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        with database.together():
            if connection.execute("PRAGMA data_version").fetchone() == before:
                _write_down(connection, said)
    except LedgerError:  # the next backup will
        pass
    finally:
        connection.execute(f"PRAGMA busy_timeout = {1000 * PATIENCE_SECONDS}")


def _check_target(target: Path) -> None:
    if target.exists():
        raise LedgerError(f"{target} exists already", "Choose another name")
    if not target.parent.is_dir():  # made by us, it could stand where a disk is missing
        raise LedgerError(f"The folder {target.parent} does not exist", "Make it first, or correct the path")
    check_file_name(target.name, everywhere=False)


@contextmanager
def _to_copy(database: Database) -> Iterator[sqlite3.Connection]:
    """Yield what is copied: of a ledger that is only read the file itself, not what is in memory."""
    if database.writable:
        yield database.connection
    else:
        with closing(open_to_read(database.file)) as source:
            yield source


def _locked(part: Path) -> sqlite3.Connection:
    """Open an unfinished copy, and keep it locked, so that nobody takes it for abandoned."""
    place = f"{sqlite_address(part.absolute())}?mode=rw"
    connection = sqlite3.connect(place, uri=True, isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")
    return connection


def _remember(copy: sqlite3.Connection, home: Path) -> tuple[str, str | None, str]:
    """Write into a copy what its tables say; an earlier version has no place for it."""
    named = key_name(home) if secret_file(home).exists() else None
    said = (moment_text(datetime.now(UTC)), named, json.dumps(checksums(copy)))
    if copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'backed_up'").fetchone()[0]:
        _write_down(copy, said)
    return said


def _write_down(connection: sqlite3.Connection, said: tuple[str, str | None, str]) -> None:
    connection.execute("DELETE FROM backed_up")
    connection.execute("INSERT INTO backed_up (at, key, checksums) VALUES (?, ?, ?)", said)


def write_key(home: Path, target: Path) -> None:
    """Write the workspace's key into a new file for its owner alone."""
    _check_target(target)
    key_name(home)  # made where there is none, and refused where it is damaged
    with clear_errors(target):
        write_private(target, secret_file(home).read_bytes())


@dataclass(frozen=True)
class Restored:
    """What came of putting a backup in the ledger's place."""

    kept: Path | None = None
    remarks: tuple[str, ...] = ()


def restore(backup: Path, home: Path | None, key: Path | None = None) -> Restored:
    """Put a backup in the place of a workspace's ledger; what was there is kept beside it."""
    with closing(_open_backup(backup)) as source:
        secret = _read_key(key) if key else b""
        changed = verify(backup).damage
        folder = prepare_home(home)
        file = folder / FILE
        kept = _keep(file) if file.exists() else None
        if secret:
            _put_key(folder, secret)
        with closing(Database(file)) as database, clear_errors(file):
            # One transaction: killed in the middle, the old one stands.
            source.backup(database.connection)
    Database(file).close()  # a backup of an earlier version is migrated
    return Restored(kept, (*changed, *_lost(folder)))


def _lost(home: Path) -> tuple[str, ...]:
    """Say what is lost where the workspace's key is not the one that the restored ledger was written with."""
    named = key_name(home) if secret_file(home).exists() else None
    with closing(Database(home / FILE)) as database:
        used = database.one(
            "SELECT group_concat(key) FROM (SELECT key FROM forgotten UNION SELECT key FROM backed_up)"
        )
    lost = {name for name in str(used or "").split(",") if name} - {named}
    return (f"{LOST_KEY} `netkit restore BACKUP --key FILE` brings the key back.",) if lost else ()


def _read_key(file: Path) -> bytes:
    with clear_errors(file):
        content = file.read_bytes()
    try:
        read_secret(file)
    except LedgerError as problem:  # which speaks of the workspace's own, that may be begun anew
        raise LedgerError(
            f"{file} is no key of a workspace", "Give the file that `netkit backup --key FILE` wrote"
        ) from problem
    return content


def _put_key(home: Path, content: bytes) -> None:
    """Put a key in the place of the workspace's; the one that was there is kept beside it."""
    place = secret_file(home)
    if place.exists() and place.read_bytes() != content:
        place.rename(place.with_name(f"workspace-before-restore-{_stamp()}.key"))
    private_folder(place.parent)
    write_private(place, content)


def _open_backup(backup: Path) -> sqlite3.Connection:
    if not backup.is_file():
        raise LedgerError(f"{backup} does not exist", "Give the path of a file that 'netkit backup' wrote")
    source = open_to_read(backup)
    with closed_on_failure(source), clear_errors(backup):
        _check_pages(source, backup, "Use another backup")
    return source


def _check_pages(connection: sqlite3.Connection, file: Path, do: str) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise LedgerError(f"{file}: the file is damaged ({' '.join(found.split())})", do)
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise LedgerError(f"{file} is empty", "Use another file that 'netkit backup' wrote")


def _keep(file: Path) -> Path:
    """Keep the present ledger: as a copy where it can be read, else the damaged file itself."""
    stamp = _stamp()
    copy = file.with_name(f"ledger-before-restore-{stamp}.db")
    try:
        with closing(Database(file)) as database:
            back_up(database, copy)
    except LedgerError:
        copy = file.with_name(f"ledger-unreadable-{stamp}.db")
        with clear_errors(file):
            for side in SIDES:
                if (part := file.with_name(file.name + side)).exists():
                    part.replace(copy.with_name(copy.name + side))
    return copy


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def export_all(connection: sqlite3.Connection, folder: Path) -> list[Path]:
    """Write every table as CSV (cells escaped) and as JSON (exact)."""
    with clear_errors(folder):
        if folder.is_dir() and any(folder.iterdir()):
            raise LedgerError(f"{folder} is not empty", "Name a new or an empty folder")
        private_folder(folder)
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT IN ('people', 'forgetting') ORDER BY name"
        ).fetchall()
        connection.execute("BEGIN")  # all tables as of one moment
        try:
            return [path for (name,) in names for path in _write_table(connection, folder, name)]
        finally:
            connection.execute("COMMIT")


def _write_table(connection: sqlite3.Connection, folder: Path, name: str) -> list[Path]:
    query = _QUERIES.get(name, f"SELECT * FROM {name}")
    found = connection.execute(query)
    header = [column[0] for column in found.description]
    sheet, exact = folder / f"{name}.csv", folder / f"{name}.json"
    with _private(sheet) as file:
        write_rows(file, header, found)
    with _private(exact) as file:
        separator = "[\n"
        for row in connection.execute(query):
            cells = dict(zip(header, row, strict=True))
            file.write(separator + json.dumps(cells, ensure_ascii=False))
            separator = ",\n"
        file.write("[]\n" if separator == "[\n" else "\n]\n")
    return [sheet, exact]


def _private(path: Path) -> TextIO:
    return io.TextIOWrapper(open_private(path, "xb"), encoding="utf-8", newline="")
