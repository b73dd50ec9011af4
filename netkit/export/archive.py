"""Open an export, a ZIP or a folder: members stay in memory, and neither names nor sizes are trusted."""

import datetime as dt
import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from netkit.errors import ExportError
from netkit.export.layout import Limits, file_kind, file_layouts, limits, why_ignored
from netkit.export.read_report import FileIgnored, printable

_ACCEPTED = "the export's ZIP, or its unpacked folder"
# Whatever `zipfile` raises at an archive that is damaged, cut short or forged.
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    struct.error,
)
_GET_ONE = "give the ZIP that the platform sent you, or the folder you unpacked it to"
_OTHER_FORMATS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"<", "a web page"),
)


@dataclass(frozen=True)
class Member:
    """One file of the export that netkit reads."""

    name: str
    kind: str
    part: int
    opener: Callable[[], BinaryIO] = field(repr=False)
    packed: int | None = None

    def open(self) -> "Guarded":
        """Open the member for one pass of reading, guarded by the limits."""
        try:
            return Guarded(self.opener(), self, limits())
        except _BROKEN as problem:
            raise _unreadable(self.name, problem) from problem

    def read(self) -> bytes:
        """Return the member's bytes whole."""
        with self.open() as stream:
            return stream.read_all()


@dataclass(frozen=True)
class Archive:
    """The members of one export that are worth reading, and what was left alone."""

    members: tuple[Member, ...]
    ignored: tuple[FileIgnored, ...]
    names: tuple[str, ...]
    newest: int


@dataclass(frozen=True)
class _Entry:
    name: str
    opener: Callable[[], BinaryIO]
    packed: int | None
    size: int
    stamp: int
    refused: str = ""


@contextmanager
def open_archive(paths: Sequence[Path]) -> Iterator[Archive]:
    """Open one export, which may have come in several parts."""
    with ExitStack() as open_files:
        entries: list[tuple[int, _Entry]] = []
        for part, path in enumerate(paths):
            found = _entries(path, open_files)
            _check_entries(path, found)
            entries += [(part, entry) for entry in found]
        yield _sorted_out(paths, entries)


def _entries(path: Path, open_files: ExitStack) -> list[_Entry]:
    if not path.exists():
        raise ExportError(f"there is nothing at {path}", accepted=_ACCEPTED, do="check the path")
    if path.is_dir():
        return list(_folder_entries(path))
    if not path.is_file():
        raise ExportError(f"{path} is not a file", accepted=_ACCEPTED, do=_GET_ONE)
    try:
        archive = open_files.enter_context(zipfile.ZipFile(path))
    except PermissionError as problem:
        raise ExportError(
            f"{path} may not be opened", accepted=_ACCEPTED, do="check who may read it"
        ) from problem
    except _BROKEN as problem:
        raise _not_a_zip(path) from problem
    return [_zip_entry(archive, info) for info in archive.infolist() if not info.is_dir()]


def _not_a_zip(path: Path) -> ExportError:
    with path.open("rb") as start:
        head = start.read(512).lstrip()
    seen = f"{path.name} is not a ZIP"
    if not head:
        seen = f"{path.name} is empty"
    elif head.startswith(b"PK\x03\x04"):
        seen = f"{path.name} is a ZIP that is cut short or damaged"
        return ExportError(seen, accepted=_ACCEPTED, do="download the export once more")
    elif path.suffix.casefold() in (".csv", ".tsv"):
        seen = f"{path.name} is a single file, not an export"
        return ExportError(seen, accepted=_ACCEPTED, do="give the folder that the file lies in")
    else:
        what = [words for magic, words in _OTHER_FORMATS if head.startswith(magic)]
        seen += f" but {what[0]}" if what else ""
    return ExportError(seen, accepted=_ACCEPTED, do=_GET_ONE)


def _zip_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Entry:
    name = info.filename
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return _Entry(
        name=name,
        opener=lambda: archive.open(info),  # type: ignore[arg-type,return-value]
        packed=info.compress_size,
        size=info.file_size,
        stamp=info.date_time[0] * 10000 + info.date_time[1] * 100 + info.date_time[2],
        refused=_unsafe(name) or ("a link, which netkit does not follow" if is_link else ""),
    )


def _unsafe(name: str) -> str:
    parts = re.split(r"[/\\]", name)
    if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        return "its path points outside the archive"
    return ""


def _folder_entries(folder: Path) -> Iterator[_Entry]:
    for here, below, files in os.walk(folder):
        below.sort()
        for name in sorted(files):
            yield _folder_entry(folder, Path(here) / name)


def _folder_entry(folder: Path, path: Path) -> _Entry:
    status = path.lstat()
    ordinary = stat.S_ISREG(status.st_mode)
    return _Entry(
        name=path.relative_to(folder).as_posix(),
        opener=lambda: path.open("rb"),
        packed=None,
        size=status.st_size,
        stamp=_stamp(status.st_mtime),
        refused="" if ordinary else "a link or a device, which netkit does not follow",
    )


def _stamp(seconds: float) -> int:
    day = dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    return day.year * 10000 + day.month * 100 + day.day


def _check_entries(path: Path, entries: list[_Entry]) -> None:
    most = limits().entries
    if len(entries) > most:
        raise ExportError(
            f"{path.name} holds {len(entries):,} files",
            accepted=f"an export, which holds fewer than {most:,}",
            do="check that this is the export itself and not a folder above it",
        )
    twice = [name for name, times in Counter(entry.name for entry in entries).items() if times > 1]
    wanted = [name for name in twice if file_kind(_base(name))]
    if wanted:
        raise ExportError(
            f"{path.name} holds {printable(wanted[0])!r} twice",
            accepted="each file once",
            do="download the export once more",
        )


def _base(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def _sorted_out(paths: Sequence[Path], entries: list[tuple[int, _Entry]]) -> Archive:
    members: list[Member] = []
    ignored: list[FileIgnored] = []
    for part, entry in entries:
        kind = file_kind(_base(entry.name))
        name = printable(entry.name)
        if entry.refused or kind is None or "__MACOSX" in entry.name:
            ignored.append(FileIgnored(name, entry.refused or why_ignored(_base(entry.name))))
        else:
            members.append(Member(name, kind, part, entry.opener, entry.packed))
    if not members:
        raise _nothing_in(paths, [entry for _, entry in entries])
    members.sort(key=_reading_order)
    _check_total(paths, [entry for _, entry in entries if file_kind(_base(entry.name))])
    tops = {re.split(r"[/\\]", entry.name)[0] for _, entry in entries}
    names = (*(path.name for path in paths), *(path.resolve().name for path in paths), *tops)
    newest = max(entry.stamp for _, entry in entries)
    return Archive(tuple(members), tuple(ignored), names, newest)


def _reading_order(member: Member) -> tuple[int, int, list[str]]:
    """Order members by kind, part and number, so that a ZIP and its unpacked folder read alike."""
    numbered = [
        piece.zfill(9) if piece.isdigit() else piece for piece in re.split(r"(\d+)", member.name)
    ]
    return list(file_layouts()).index(member.kind), member.part, numbered


def _check_total(paths: Sequence[Path], entries: list[_Entry]) -> None:
    # A ZIP may lie about sizes, but `zipfile` never yields more than the size it was told.
    total = sum(entry.size for entry in entries)
    if total > limits().total_bytes:
        raise _too_large(paths[0].name, f"holds {total:,} bytes to read")


def _nothing_in(paths: Sequence[Path], entries: list[_Entry]) -> ExportError:
    where = " and ".join(path.name for path in paths)
    inner = [entry.name for entry in entries if entry.name.casefold().endswith(".zip")]
    if inner:
        return ExportError(
            f"{where} holds another ZIP, {printable(inner[0])!r}, and no file of an export",
            accepted=_ACCEPTED,
            do="take the inner ZIP out and give that one",
        )
    return ExportError(
        f"{where} holds no file of an export",
        accepted="an archive with Connections.csv, Invitations.csv, messages.csv or others of its files",
        do=_GET_ONE,
    )


class Guarded(io.RawIOBase):
    """A member's bytes, counted and hashed while they stream; too many of them are refused."""

    def __init__(self, source: BinaryIO, member: Member, caps: Limits) -> None:
        super().__init__()
        self.source, self.member, self.caps = source, member, caps
        self.size = 0
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, `b""` at the end."""
        size = size if size and size > 0 else 1 << 20
        try:
            chunk = self.source.read(size)
        except _BROKEN as problem:
            raise _unreadable(self.member.name, problem) from problem
        self.size += len(chunk)
        self._check_size()
        self.sha256.update(chunk)
        return chunk

    def read_all(self) -> bytes:
        """Return what is left of the member, whole, without ever holding it twice."""
        whole = io.BytesIO()
        while chunk := self.read(1 << 20):
            whole.write(chunk)
        return whole.getvalue()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`; what Python's own readers call."""
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the member."""
        self.source.close()
        super().close()

    def _check_size(self) -> None:
        caps, packed = self.caps, self.member.packed
        if self.size > caps.file_bytes:
            raise _too_large(self.member.name, f"is larger than {caps.file_bytes:,} bytes")
        if packed is not None and self.size > max(caps.ratio_from, caps.ratio * packed):
            raise _too_large(self.member.name, f"unpacks to more than {caps.ratio} times its size")


def _unreadable(name: str, problem: BaseException) -> ExportError:
    """Return the error that says why a file inside an export cannot be read."""
    if isinstance(problem, ExportError):
        return problem
    if isinstance(problem, PermissionError):
        return ExportError(
            f"{name} may not be opened", accepted=_ACCEPTED, do="check who may read it"
        )
    if "password" in str(problem) or "encrypted" in str(problem):
        return ExportError(
            f"{name} is locked with a password",
            accepted="an archive without a password",
            do="unpack it yourself and give the folder",
        )
    return ExportError(
        f"{name} is damaged inside the archive ({type(problem).__name__})",
        accepted=_ACCEPTED,
        do="download the export once more",
    )


def _too_large(name: str, what: str) -> ExportError:
    """Return the error that says that something swells beyond what an export holds."""
    return ExportError(
        f"{name} {what}, which no export does",
        accepted="an export as the platform sent it",
        do="download the export once more; if it is genuine, unpack it and give the folder",
    )
