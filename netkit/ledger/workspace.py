"""The folder that holds the ledger: private to its owner, and clear about what the disk refuses."""

import hmac
import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePath
from time import time
from urllib.parse import quote

from platformdirs import user_data_path

from netkit.errors import LedgerError
from netkit.private_files import make_all_private, remove
from netkit.workspace_key import workspace_key

FILE = "ledger.db"
SIDES = ("", "-wal", "-shm")  # what SQLite writes beside a database
_ASIDE = re.compile(r"\.[0-9a-f]{8}\.part\Z")  # what a small file is called until it is whole
PART = ".part"  # the end of the name of a copy that is not finished
_BEGINS = b"SQLite format 3\x00"
_CHECKOUT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30  # how long one process waits for another to end its write

# SQLite's primary result code -> (what is wrong, what to do).
_PROBLEMS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space; nothing was changed"),
    sqlite3.SQLITE_READONLY: (
        "the folder or the file is read-only",
        "Change its rights, or name another with --home; nothing was changed",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened",
        "Check the path and its rights, or name another with --home",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk refused to read or write",
        "Check the disk; what was acknowledged before is kept, and nothing else was changed",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process has been writing for {PATIENCE_SECONDS} seconds",
        "Wait for it to end and try again; nothing was changed",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "Keep the file, and bring a copy back with 'netkit restore BACKUP'",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a ledger, or its beginning is damaged",
        "Keep the file, and bring a copy back with 'netkit restore BACKUP'",
    ),
}
_FRESH_SECONDS = 60
_LOCKED = 6  # SQLITE_LOCKED reads like BUSY to a user


def usual_home() -> Path:
    """Return the workspace of those who name none, whether it exists or not."""
    return user_data_path("netkit", appauthor=False)


def prepare_home(home: Path | None) -> Path:
    """Return the workspace's folder, created where it is missing and readable by its owner only.

    What a process that was killed left in it is cleared away; one that cannot be written is left as it is.
    """
    folder = (home or usual_home()).expanduser().absolute()
    if (_CHECKOUT / ".git").exists() and folder.is_relative_to(_CHECKOUT):
        raise LedgerError(
            f"{folder} lies in the project's folder, which you may share."
            " Name a folder outside of it with --home."
        )
    with clear_errors(folder):
        if folder.is_dir() and not os.access(folder, os.W_OK):
            return folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _take_over(folder)
        _clear_away(folder)
    return folder


def may_write(file: Path) -> bool:
    """Tell whether a ledger can be written, or made where there is none."""
    return not file.exists() or (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _clear_away(folder: Path) -> None:
    """Remove what was never finished, unless a process may still be at work on it."""
    for part in folder.glob(f"*{PART}"):
        with suppress(FileNotFoundError):  # another process cleared it away
            if not in_use(part) and _is_copy(part):
                remove(part)
    for part in (*folder.glob(f"*{PART}"), *folder.glob(f"*/*{PART}")):
        with suppress(FileNotFoundError):
            if _ASIDE.search(part.name) and not made_just_now(part):
                remove(part)
    for journal in folder.glob(f"*{PART}-journal"):
        if not journal.with_name(journal.name.removesuffix("-journal")).exists():
            remove(journal)


def _is_copy(part: Path) -> bool:
    """Tell whether a file is an unfinished copy of a ledger, and no download of the user's own."""
    return is_database(part) or (not part.stat().st_size and part.name.endswith(".db" + PART))


def is_database(path: Path) -> bool:
    """Tell whether a file begins as every database of SQLite does."""
    if not path.is_file():
        return False
    with path.open("rb") as content:
        return content.read(len(_BEGINS)) == _BEGINS


def in_use(part: Path) -> bool:
    """Tell whether a process is writing an unfinished copy: it keeps it locked."""
    journal = part.with_name(part.name + "-journal")
    if not part.stat().st_size and not journal.exists():
        return made_just_now(part)  # and not locked yet
    place = f"{sqlite_address(part.absolute())}?mode=rw"
    try:
        with closing(sqlite3.connect(place, uri=True, timeout=0, isolation_level=None)) as unfinished:
            unfinished.execute("BEGIN EXCLUSIVE")  # it rolls a journal back, and removes it
    except sqlite3.Error as problem:
        return getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return False


def sqlite_address(path: PurePath) -> str:
    """Return a file's address as SQLite takes it: the host of a share of Windows is a part of the path."""
    plain = path.as_posix()
    return f"file://{'/' * (not plain.startswith('/'))}{quote(os.fsencode(plain), safe='/:')}"


def made_just_now(file: Path) -> bool:
    """Tell whether a file is so new that a process may be about to fill it."""
    return time() - file.stat().st_mtime < _FRESH_SECONDS


def is_shared(folder: Path) -> bool:
    """Tell whether a folder is one that other people or other programs use."""
    found = folder.stat()
    above = Path.home().is_relative_to(folder)
    return bool(
        found.st_mode & stat.S_ISVTX or above or (hasattr(os, "geteuid") and found.st_uid != os.geteuid())
    )


def _take_over(folder: Path) -> None:
    """Take the rights of others away, but never those on a folder that many people use."""
    if is_shared(folder):
        raise LedgerError(
            f"{folder} is not a folder for netkit alone",
            f"Name a folder inside it, such as {folder / 'netkit'}",
        )
    make_all_private(folder, below="*")  # what is in a folder is as private as the folder


@contextmanager
def clear_errors(file: Path) -> Iterator[None]:
    """Turn the failures of the disk into one clear sentence; a bug keeps its traceback."""
    try:
        yield
    except UnicodeDecodeError as problem:  # a damaged letter, in the schema itself
        raise damaged(file) from problem
    except sqlite3.Error as problem:
        if "Could not decode to UTF-8" in str(problem):  # which bears no code
            raise damaged(file) from problem
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
        code = sqlite3.SQLITE_BUSY if code == _LOCKED else code
        if code not in _PROBLEMS:
            raise
        raise _problem(file, code) from problem
    except FileNotFoundError as problem:
        raise LedgerError(f"{file} does not exist", "Check the path") from problem
    except OSError as problem:
        raise LedgerError(
            f"{file}: {problem.strerror or problem}",
            "Check the path and its rights, or name another folder with --home",
        ) from problem


@contextmanager
def readable_cells(file: Path) -> Iterator[None]:
    """Turn a cell that cannot be what netkit wrote, such as half a date, into one clear sentence."""
    try:
        yield
    except ValueError as problem:
        raise damaged(file) from problem


def damaged(file: Path) -> LedgerError:
    """Return the error that says that a ledger is damaged."""
    return _problem(file, sqlite3.SQLITE_CORRUPT)


def _problem(file: Path, code: int) -> LedgerError:
    seen, do = _PROBLEMS[code]
    return LedgerError(f"{file}: {seen}", do)


def key_name(home: Path) -> str:
    """Return a name for the workspace's key, which tells two of them apart and gives neither away."""
    return workspace_key(home, "the name of the key")[:4].hex()


def forgotten_key(home: Path) -> bytes:
    """Return the key without which nobody can tell who was forgotten."""
    return workspace_key(home, "people whom you had netkit forget")


def keyed_hash(key: bytes, digest: str) -> str:
    """Return what the ledger keeps of a digest."""
    return hmac.digest(key, digest.encode(), "sha256").hex()
