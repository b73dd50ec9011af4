"""The folder that holds the ledger: private to its owner, and clear about what the disk refuses."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_data_path

from netkit.errors import LedgerError
from netkit.private_files import make_private

FILE = "ledger.db"
SIDES = ("", "-wal", "-shm")  # what SQLite writes beside a database
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


def usual_home() -> Path:
    """Return the workspace of those who name none, whether it exists or not."""
    return user_data_path("netkit", appauthor=False)


def prepare_home(home: Path | None) -> Path:
    """Return the workspace's folder, created where it is missing and readable by its owner only."""
    folder = (home or usual_home()).expanduser().absolute()
    with clear_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _take_over(folder)
        for side in SIDES:
            make_private(folder / (FILE + side))
    return folder


def _take_over(folder: Path) -> None:
    """Take the rights of others away, but never those on a folder that many people use."""
    found = folder.stat()
    shared = found.st_mode & stat.S_ISVTX or folder in (Path(folder.anchor), Path.home())
    if shared or (hasattr(os, "geteuid") and found.st_uid != os.geteuid()):
        raise LedgerError(
            f"{folder} is not a folder for netkit alone",
            accepted="a folder of your own that holds nothing else",
            do=f"name a folder inside it, such as {folder / 'netkit'}",
        )
    make_private(folder)


@contextmanager
def clear_errors(file: Path) -> Iterator[None]:
    """Turn the failures of the disk into one clear sentence; a bug keeps its traceback."""
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
            f"{file}: No such file or directory", accepted="a path that is there", do="check the path"
        ) from problem
    except OSError as problem:
        raise LedgerError(
            f"{file}: {problem.strerror or problem}",
            accepted="a folder that you may read and write",
            do="check the path and its rights, or name another with --home",
        ) from problem


@contextmanager
def readable_cells(file: Path) -> Iterator[None]:
    """Turn a cell that cannot be what netkit wrote, such as half a date, into one clear sentence."""
    try:
        yield
    except ValueError as problem:
        raise _problem(file, sqlite3.SQLITE_CORRUPT) from problem


def _problem(file: Path, code: int) -> LedgerError:
    seen, accepted, do = _PROBLEMS[code]
    return LedgerError(f"{file}: {seen}", accepted=accepted, do=do)
