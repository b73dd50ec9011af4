"""The folder that holds the ledger: private, durable, migrated, and clear about what went wrong."""

import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from platformdirs import user_data_path

from netkit.errors import LedgerError
from netkit.ledger.disk_errors import PATIENCE_SECONDS, clear_errors

FILE = "ledger.db"
_MIGRATIONS = Path(__file__).parent / "migrations"
# Written into every ledger's header ("NKIT"), so that another program's file is never migrated.
_APPLICATION = 0x4E4B4954
_SIDES = ("", "-wal", "-shm")


def migrations() -> dict[int, Path]:
    """Return the schema's steps: version -> SQL file.

    Returns
    -------
    dict of int to Path
        In ascending order, without a gap.

    Examples
    --------
    >>> list(migrations())[:2]
    [1, 2]
    """
    return {int(path.name[:3]): path for path in sorted(_MIGRATIONS.glob("[0-9][0-9][0-9]_*.sql"))}


def prepare_home(home: Path | None) -> Path:
    """Return the workspace's folder, created and readable by its owner only.

    Parameters
    ----------
    home : Path or None
        The folder; None means the platform's place for a user's data.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    LedgerError
        The folder cannot be made private: it is shared, somebody else's, or not a folder.
    """
    folder = (home or user_data_path("netkit", appauthor=False)).expanduser().absolute()
    with clear_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(folder)
        for side in _SIDES:
            file = folder / (FILE + side)
            if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
                file.chmod(0o600)
    return folder


def _make_private(folder: Path) -> None:
    """Take the rights of others away, but never those on a folder that many people use."""
    found = folder.stat()
    shared = found.st_mode & stat.S_ISVTX or folder in (Path(folder.anchor), Path.home())
    if shared or (hasattr(os, "geteuid") and found.st_uid != os.geteuid()):
        raise LedgerError(
            f"{folder} is not a folder for netkit alone",
            accepted="a folder of your own that holds nothing else",
            do=f"name a folder inside it, such as {folder / 'netkit'}",
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


def connect(file: Path) -> sqlite3.Connection:
    """Open a ledger file, creating or migrating it.

    Parameters
    ----------
    file : Path
        The database; its folder exists.

    Returns
    -------
    sqlite3.Connection
        In autocommit mode; every commit is on the disk when it returns.

    Raises
    ------
    LedgerError
        The file is damaged, foreign, of a newer version, or cannot be written.
    """
    with clear_errors(file):
        if not file.exists():  # SQLite gives -wal and -shm the rights of the file they belong to
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)
        try:
            check_identity(connection, file)
            _configure(connection)
            _migrate(connection, file)
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(connection: sqlite3.Connection) -> None:
    _log_ahead(connection)
    for setting in (
        "synchronous = FULL",  # a commit returns when the disk has it
        "fullfsync = ON",  # macOS: really has it
        "foreign_keys = ON",
        "recursive_triggers = ON",  # REPLACE must not slip past the triggers that refuse DELETE
        "temp_store = MEMORY",  # nothing personal outside the folder
        "secure_delete = ON",  # what is forgotten is overwritten
        "cell_size_check = ON",  # finds a damaged page early
    ):
        connection.execute(f"PRAGMA {setting}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the log; SQLite itself does not wait for another process that does so at the same time."""
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)
        else:
            assert mode == "wal", mode
            return


def check_identity(connection: sqlite3.Connection, file: Path) -> None:
    """Refuse another program's database, and a ledger of a newer version.

    Parameters
    ----------
    connection : sqlite3.Connection
        The open file.
    file : Path
        Its path, for messages.

    Raises
    ------
    LedgerError
        The file is not a ledger that this version can use; it was not touched.
    """
    # In this order: another process may be making the ledger, and its tables come with its number.
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != _APPLICATION and (application or tables):
        raise LedgerError(
            f"{file} is a database of another program",
            accepted="a ledger that netkit wrote",
            do="name another folder with --home",
        )
    version, newest = version_of(connection), max(migrations())
    if version > newest:
        raise LedgerError(
            f"{file} was written by a newer netkit (schema {version})",
            accepted=f"schema {newest} or earlier",
            do="update netkit; the file was not touched",
        )


def version_of(connection: sqlite3.Connection) -> int:
    """Return the schema version of an open ledger.

    Parameters
    ----------
    connection : sqlite3.Connection
        Any ledger.

    Returns
    -------
    int
        0 for an empty file.
    """
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, file: Path) -> None:
    for version, path in migrations().items():
        if version_of(connection) >= version:
            continue
        with transaction(connection, file):
            if version_of(connection) < version:  # another process may have been faster
                for statement in _statements(path.read_text(encoding="utf-8")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {version}")


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit in the middle of the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not re.sub(r"--.*|\s", "", statement), "the last statement is not complete"


@contextmanager
def transaction(connection: sqlite3.Connection, file: Path) -> Iterator[sqlite3.Connection]:
    """Run a block as one write: all of it is durable afterwards, or nothing.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    file : Path
        The file, for messages.

    Yields
    ------
    sqlite3.Connection
        The same connection.

    Raises
    ------
    LedgerError
        The write failed; the ledger is as it was before.
    """
    with clear_errors(file):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk makes SQLite roll back by itself
                connection.execute("ROLLBACK")
            raise
