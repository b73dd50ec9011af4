"""The ledger in one file or in plain ones: backup, restore, and every table as CSV and JSON.

Backup and restore use SQLite's own backup, whole and consistent even while the ledger is in use.
"""

import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from netkit.errors import LedgerError
from netkit.ledger.csv_cells import write_rows
from netkit.ledger.database import Database, check_identity
from netkit.ledger.workspace import FILE, SIDES, clear_errors, prepare_home
from netkit.private_files import check_file_name, open_private, private_folder, remove, replace

_QUERIES = {  # tables that are plainer with the person written out
    "messages": "SELECT p.person, m.sent_at, m.incoming, m.is_note FROM messages m JOIN people p"
    " ON p.id = m.person",
    "first_messages": "SELECT p.person, m.sent_at, m.incoming, m.traits, m.reader FROM first_messages m"
    " JOIN people p ON p.id = m.person",
}


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy an open ledger into one new file, readable by its owner only."""
    if target.exists():
        raise LedgerError(f"{target} exists already", accepted="a new file", do="choose another name")
    if not target.parent.is_dir():  # made by us, it could stand where a disk is missing
        raise LedgerError(
            f"{target.parent} does not exist",
            accepted="a folder that is there",
            do="make it first, or correct the path",
        )
    check_file_name(target.name, everywhere=False)
    part = target.with_name(target.name + ".part")
    with clear_errors(target):
        try:
            remove(part)
            open_private(part, "xb").close()
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
                (_, _, source) = connection.execute("PRAGMA database_list").fetchone()
                do = "bring an earlier copy back with 'netkit restore BACKUP'"
                _check_pages(copy, Path(source), do)
            replace(part, target)
        except BaseException:
            remove(part)
            raise


def restore(backup: Path, home: Path | None) -> Path | None:
    """Put a backup in the place of a workspace's ledger; what was there is kept beside it."""
    source = _open_backup(backup)
    with closing(source):
        folder = prepare_home(home)
        file = folder / FILE
        kept = _keep(file) if file.exists() else None
        with closing(Database(file)) as database, clear_errors(file):
            # One transaction: killed in the middle, the old one stands.
            source.backup(database.connection)
    Database(file).close()  # a backup of an earlier version is migrated
    return kept


def _open_backup(backup: Path) -> sqlite3.Connection:
    if not backup.is_file():
        raise LedgerError(
            f"{backup} does not exist", accepted="a file that 'netkit backup' wrote", do="check the path"
        )
    with clear_errors(backup):
        alone = "" if backup.with_name(backup.name + "-wal").exists() else "&immutable=1"
        source = sqlite3.connect(
            f"{backup.absolute().as_uri()}?mode=ro{alone}", uri=True, isolation_level=None
        )
        try:
            check_identity(source, backup)
            _check_pages(source, backup, "use another backup")
        except BaseException:
            source.close()
            raise
    return source


def _check_pages(connection: sqlite3.Connection, file: Path, do: str) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise LedgerError(
            f"{file}: the file is damaged ({' '.join(found.split())})", accepted="an intact ledger", do=do
        )
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise LedgerError(
            f"{file} is empty", accepted="a file that 'netkit backup' wrote", do="use another one"
        )


def _keep(file: Path) -> Path:
    """Keep the present ledger: as a copy where it can be read, else the damaged file itself."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = file.with_name(f"ledger-before-restore-{stamp}.db")
    try:
        with closing(Database(file)) as database:
            back_up(database.connection, copy)
    except LedgerError:
        copy = file.with_name(f"ledger-unreadable-{stamp}.db")
        with clear_errors(file):
            for side in SIDES:
                if (part := file.with_name(file.name + side)).exists():
                    part.replace(copy.with_name(copy.name + side))
    return copy


def export_all(connection: sqlite3.Connection, folder: Path) -> list[Path]:
    """Write every table as CSV (cells escaped) and as JSON (exact)."""
    with clear_errors(folder):
        if folder.is_dir() and any(folder.iterdir()):
            raise LedgerError(
                f"{folder} is not empty", accepted="a new or empty folder", do="name another one"
            )
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
