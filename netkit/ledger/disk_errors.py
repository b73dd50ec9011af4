"""What the disk can refuse, as one clear sentence each; a bug keeps its traceback."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netkit.errors import LedgerError

PATIENCE_SECONDS = 30  # how long one process waits for another to end its write

# SQLite's primary result code -> (what was seen, what is accepted, what to do).
_PROBLEMS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free space", "free some; nothing was changed"),
    sqlite3.SQLITE_READONLY: (
        "the folder or the file is read-only",
        "a folder that you may write to",
        "change its rights, or name another with --home; nothing was changed",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened",
        "a folder that you may write to",
        "check the path and its rights, or name another with --home",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk refused to read or write",
        "a working disk with free space",
        "check the disk; what was acknowledged before is kept, nothing else was changed",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process has been writing for {PATIENCE_SECONDS} seconds",
        "one writer at a time",
        "wait for it to end and try again; nothing was changed",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "an intact ledger",
        "keep the file, and bring a copy back with 'netkit restore BACKUP'",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a ledger, or its beginning is damaged",
        "an intact ledger",
        "keep the file, and bring a copy back with 'netkit restore BACKUP'",
    ),
}
_LOCKED = 6  # SQLITE_LOCKED reads like BUSY to a user


@contextmanager
def clear_errors(file: Path) -> Iterator[None]:
    """Turn the failures of the disk into one clear sentence; a bug keeps its traceback.

    Parameters
    ----------
    file : Path
        What was being opened or written.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    LedgerError
        The file or folder cannot be read or written.
    """
    try:
        yield
    except UnicodeDecodeError as problem:  # a damaged letter, in the schema itself
        raise _problem(file, sqlite3.SQLITE_CORRUPT) from problem
    except sqlite3.Error as problem:
        if "Could not decode to UTF-8" in str(problem):  # which bears no code
            raise _problem(file, sqlite3.SQLITE_CORRUPT) from problem
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
        code = sqlite3.SQLITE_BUSY if code == _LOCKED else code
        if code not in _PROBLEMS:
            raise
        raise _problem(file, code) from problem
    except FileNotFoundError as problem:
        raise LedgerError(
            f"{file}: No such file or directory",
            accepted="a path that is there",
            do="check the path",
        ) from problem
    except OSError as problem:
        raise LedgerError(
            f"{file}: {problem.strerror or problem}",
            accepted="a folder that you may read and write",
            do="check the path and its rights, or name another with --home",
        ) from problem


@contextmanager
def readable_cells(file: Path) -> Iterator[None]:
    """Turn a cell that cannot be what netkit wrote, such as half a date, into one clear sentence.

    Parameters
    ----------
    file : Path
        The ledger that is being read.

    Yields
    ------
    None
        Nothing; only the reading of stored cells belongs inside.

    Raises
    ------
    LedgerError
        A cell is damaged.
    """
    try:
        yield
    except ValueError as problem:
        raise _problem(file, sqlite3.SQLITE_CORRUPT) from problem


def _problem(file: Path, code: int) -> LedgerError:
    seen, accepted, do = _PROBLEMS[code]
    return LedgerError(f"{file}: {seen}", accepted=accepted, do=do)
