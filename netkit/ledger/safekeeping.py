"""Backup and restore, with SQLite's own backup: whole and consistent even while the ledger is in use."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from netkit.errors import LedgerError
from netkit.ledger.disk_errors import clear_errors
from netkit.ledger.workspace import FILE, check_identity, connect, prepare_home

_SIDES = ("", "-wal", "-shm")


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy an open ledger into one new file, readable by its owner only.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    target : Path
        A file that does not exist yet.

    Raises
    ------
    LedgerError
        The file exists, or cannot be written.
    """
    if target.exists():
        raise LedgerError(
            f"{target} exists already", accepted="a new file", do="choose another name"
        )
    if not target.parent.is_dir():  # made by us, it could stand where a disk is missing
        raise LedgerError(
            f"{target.parent} does not exist",
            accepted="a folder that is there",
            do="make it first, or correct the path",
        )
    part = target.with_name(target.name + ".part")
    with clear_errors(target):
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
                _check_pages(
                    copy,
                    _source_of(connection),
                    "bring an earlier copy back with 'netkit restore BACKUP'",
                )
            _sync(part)
            part.rename(target)
            _sync(target.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def bring_back(backup: Path, home: Path | None) -> Path | None:
    """Put a backup in the place of a workspace's ledger; what was there is kept beside it.

    Parameters
    ----------
    backup : Path
        A file that `back_up` wrote.
    home : Path or None
        The workspace; None means the platform's place for a user's data.

    Returns
    -------
    Path or None
        Where the ledger that was there is kept, or None where there was none.

    Raises
    ------
    LedgerError
        The backup is not an intact ledger, or nothing can be written; the ledger is as before.
    """
    source = _open_backup(backup)
    with closing(source):
        folder = prepare_home(home)
        file = folder / FILE
        kept = _keep(file) if file.exists() else None
        with closing(connect(file)) as connection, clear_errors(file):
            source.backup(connection)  # one transaction: killed in the middle, the old one stands
    connect(file).close()  # a backup of an earlier version is migrated
    return kept


def _open_backup(backup: Path) -> sqlite3.Connection:
    if not backup.is_file():
        raise LedgerError(
            f"{backup} does not exist",
            accepted="a file that 'netkit backup' wrote",
            do="check the path",
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


def _source_of(connection: sqlite3.Connection) -> Path:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


def _check_pages(connection: sqlite3.Connection, file: Path, do: str) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise LedgerError(
            f"{file}: the file is damaged ({' '.join(found.split())})",
            accepted="an intact ledger",
            do=do,
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
        with closing(connect(file)) as connection:
            back_up(connection, copy)
    except LedgerError:
        copy = file.with_name(f"ledger-unreadable-{stamp}.db")
        with clear_errors(file):
            for side in _SIDES:
                if (part := file.with_name(file.name + side)).exists():
                    part.rename(copy.with_name(copy.name + side))
    return copy


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
