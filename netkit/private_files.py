"""Files that only their owner may read: made, flushed, locked, replaced and removed alike on every system.

Mode bits are without effect on Windows: there a workspace is as private as the user's own profile folder.
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from netkit.errors import LedgerError

_WINDOWS = os.name == "nt"
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]\Z')
_TRIES, _PAUSE = 20, 0.05  # a virus scanner or an indexer holds a new file open for a moment


def check_file_name(name: str, *, everywhere: bool = True) -> None:
    """Refuse a name that Windows allows no file; on other systems a typed path may bear one."""
    if (everywhere or _WINDOWS) and (_DEVICE.fullmatch(name) or _FORBIDDEN.search(name)):
        raise LedgerError(
            f"A file cannot be called {name!r}",
            'Choose a name without <>:"/\\|?*, with no dot or blank at its end, and not con, aux or'
            " another device",
        )


def open_private(path: Path, mode: str) -> BinaryIO:
    """Open a file to write to (`wb`, `xb` or `ab`), whose rights others lose before anything is in it."""
    check_file_name(path.name, everywhere=False)
    # An opener is handed O_BINARY, without which Windows turns the line ends of an XLSX file.
    file = open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
    make_private(path)
    return cast(BinaryIO, file)


def write_private(path: Path, content: bytes) -> None:
    """Write a whole file beside its place and put it there: what was there stays until it is on the disk."""
    check_file_name(path.name, everywhere=False)
    if path.exists() and not path.is_file():  # a pipe, or a device
        path.write_bytes(content)
        return
    path = path.resolve()  # a link stays one
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open_private(aside, "xb") as file:
            file.write(content)
        replace(aside, path)
    finally:
        remove(aside)


def private_folder(folder: Path) -> Path:
    """Return a folder for its owner alone, made with those above it where it is missing."""
    check_file_name(folder.name, everywhere=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private(folder)
    return folder


def copy_private(source: Path, target: Path, *, leave_out: str = "") -> None:
    """Copy a folder for its owner alone, whatever the rights of the original; what is there goes."""
    ignore = shutil.ignore_patterns(leave_out) if leave_out else None
    shutil.copytree(source, target, ignore=ignore, copy_function=shutil.copyfile, dirs_exist_ok=True)
    make_all_private(target)


def make_private(path: Path) -> None:
    """Take the rights of others away from a file or folder; one that is not there stays so."""
    with suppress(FileNotFoundError):  # another process may have removed it this moment
        if (mode := path.stat().st_mode) & 0o077:
            path.chmod(mode & 0o700)


def make_all_private(folder: Path, *, below: str = "**/*") -> None:
    """Take the rights of others away from a folder and what is in it, but not from what it links to."""
    make_private(folder)
    for path in folder.glob(below):
        if not path.is_symlink():
            make_private(path)


@contextmanager
def private_by_default() -> Iterator[None]:
    """Let whatever is written within be for its owner alone, also by the processes started there."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_public(folder: Path, *above: Path) -> None:
    """Let everybody read a folder that holds nothing private, and enter the folders above it."""
    for path in (*above, folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def remove(path: Path) -> None:
    """Remove a file, if it is there; on Windows wait until who has it open lets go."""
    _patiently(lambda: path.unlink(missing_ok=True))


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, if it is there."""
    try:
        _patiently(lambda: shutil.rmtree(folder) if folder.exists() else None)
    except OSError as problem:
        raise LedgerError(
            f"{folder} cannot be removed ({problem.strerror})."
            " Close what shows its files, or change its rights, and try again."
        ) from problem


@contextmanager
def one_at_a_time(file: Path, says: str) -> Iterator[None]:
    """Hold a lock file, and refuse while another process does; the end of a process ends its lock."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open_private(file, "ab") as held:
        try:
            _lock(held.fileno())
        except OSError as problem:
            if problem.errno in (errno.EACCES, errno.EAGAIN):  # else a disk that knows no locks
                raise LedgerError(f"{says} Wait until it has ended, then try again.") from problem
        yield


def _lock(handle: int) -> None:
    if _WINDOWS:
        system = import_module("msvcrt")
        system.locking(handle, system.LK_NBLCK, 1)
    else:
        system = import_module("fcntl")
        system.flock(handle, system.LOCK_EX | system.LOCK_NB)


def replace(new: Path, target: Path) -> None:
    """Put a finished file in its place in one step, on the disk before and after."""
    _flush(new)
    _patiently(lambda: new.replace(target))
    _flush(target.parent)


def replace_folder(new: Path, target: Path) -> None:
    """Put a finished folder in its place; the old one goes whole or, where Windows holds it, stays whole."""
    old = target.with_name(target.name + ".old")
    remove_folder(old)
    if target.exists():
        _patiently(lambda: target.rename(old))
    _patiently(lambda: new.rename(target))
    shutil.rmtree(old, ignore_errors=True)


def keep_first_folder(new: Path, target: Path) -> None:
    """Move a finished folder to its place, unless another process was faster and made the same."""
    try:
        _patiently(lambda: new.rename(target), unless=target)
        _flush(target.parent)
    except OSError:
        if not target.exists():
            raise


def _flush(path: Path) -> None:
    if path.is_dir() and _WINDOWS:  # which opens no folder
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # Windows flushes what it may write
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _patiently(act: Callable[[], object], *, unless: Path | None = None) -> None:
    for _ in range(_TRIES if _WINDOWS else 0):
        try:
            act()
            return
        except PermissionError:
            if unless and unless.exists():
                raise
            time.sleep(_PAUSE)
    act()
