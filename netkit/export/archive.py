"""Open an export, a ZIP or a folder: members stay in memory, and neither names nor sizes are trusted."""

import datetime as dt
import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

from netkit.errors import ExportError
from netkit.export.layout import LIMITS, UNKNOWN, file_kind, file_layouts, near_kind
from netkit.export.read_report import FileIgnored, Notice, printable

# Whatever `zipfile` raises at an archive that is damaged, cut short or forged.
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
_GET_ONE = "give the ZIP that the platform sent you, or the folder you unpacked it to"
_AGAIN = "download the export once more"
_LINK = "a link{}, which netkit does not follow"
_OTHER_FORMATS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"<", "a web page"),
)


class TooLargeError(ExportError):
    """A file beyond the bounds: it costs the archive, where a file that cannot be read costs itself."""


@dataclass(frozen=True)
class Member:
    """One file in an archive; `ignored` says why netkit leaves it alone, if it does."""

    path: str
    part: int
    opener: Callable[[], IO[bytes]] = field(repr=False)
    size: int
    day: dt.date
    kind: str = ""
    ignored: str = ""
    packed: int | None = None

    @property
    def name(self) -> str:
        """The path as it may be printed."""
        return printable(self.path)

    @contextmanager
    def open(self) -> Iterator["Guarded"]:
        """Open the member for one pass of reading, guarded by the limits."""
        try:
            source = self.opener()
        except _BROKEN as problem:
            raise _unreadable(self.name, problem) from problem
        with source:
            yield Guarded(source, self)

    def read(self) -> bytes:
        """Return the member's bytes whole."""
        with self.open() as stream:
            return stream.read_all()


@dataclass(frozen=True)
class _Archive:
    """The members of one export that are worth reading, and what was left alone."""

    members: tuple[Member, ...]
    ignored: tuple[FileIgnored, ...]
    names: tuple[str, ...]
    newest: dt.date
    notices: tuple[Notice, ...]


@contextmanager
def open_archive(paths: Sequence[Path]) -> Iterator[_Archive]:
    """Open one export, which may have come in several parts."""
    with ExitStack() as open_files:
        parts = [_members(path, part, open_files) for part, path in enumerate(paths)]
        yield _sorted_out(paths, [member for members in parts for member in members])


def _refused(seen: str, do: str) -> ExportError:
    return ExportError(seen, accepted="the export's ZIP, or its unpacked folder", do=do)


def _members(path: Path, part: int, open_files: ExitStack) -> list[Member]:
    if not path.exists():
        raise _refused(f"there is nothing at {path}", "check the path")
    if path.is_dir():
        members = list(_in_folder(path, part))
    elif not path.is_file():
        raise _refused(f"{path} is not a file", _GET_ONE)
    else:
        try:
            archive = open_files.enter_context(zipfile.ZipFile(path))
        except PermissionError as problem:
            raise _refused(f"{path} may not be opened", "check who may read it") from problem
        except _BROKEN as problem:
            raise _not_a_zip(path) from problem
        infos = [info for info in archive.infolist() if not info.is_dir()]
        members = [_in_zip(archive, info, part) for info in infos]
    _check_members(path, members)
    return members


def _not_a_zip(path: Path) -> ExportError:
    with path.open("rb") as start:
        head = start.read(512).lstrip()
    if not head:
        return _refused(f"{path.name} is empty", _GET_ONE)
    if head.startswith(b"PK\x03\x04"):
        return _refused(f"{path.name} is a ZIP that is cut short or damaged", _AGAIN)
    if path.suffix.casefold() in (".csv", ".tsv"):
        seen = f"{path.name} is a single file, not an export"
        return _refused(seen, "give the folder that the file lies in")
    what = [f" but {words}" for magic, words in _OTHER_FORMATS if head.startswith(magic)]
    return _refused(f"{path.name} is not a ZIP{''.join(what[:1])}", _GET_ONE)


def _in_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, part: int) -> Member:
    name, refused = info.filename, ""
    parts = re.split(r"[/\\]", name)
    if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        refused = "its path points outside the archive"
    elif stat.S_ISLNK(info.external_attr >> 16):
        refused = _LINK.format("")
    kind, why = file_kind(name)
    try:
        day = dt.date(*info.date_time[:3])
    except ValueError:  # a packer that keeps no days writes the month 0
        day = dt.date(1980, 1, 1)
    size, packed = info.file_size, info.compress_size
    return Member(name, part, lambda: archive.open(info), size, day, kind, refused or why, packed)


def _in_folder(folder: Path, part: int) -> Iterator[Member]:
    for here, below, files in os.walk(folder):
        below.sort()
        for name in sorted(files):
            yield _on_disk(folder, Path(here) / name, part)


def _on_disk(folder: Path, path: Path, part: int) -> Member:
    name, status = path.relative_to(folder).as_posix(), path.lstat()
    refused = "" if stat.S_ISREG(status.st_mode) else _LINK.format(" or a device")
    kind, why = file_kind(name)
    day = dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC).date()
    return Member(name, part, lambda: path.open("rb"), status.st_size, day, kind, refused or why)


def _check_members(path: Path, members: list[Member]) -> None:
    most = LIMITS["entries"]
    if len(members) > most:
        raise ExportError(
            f"{path.name} holds {len(members):,} files",
            accepted=f"an export, which holds fewer than {most:,}",
            do="check that this is the export itself and not a folder above it",
        )
    counted = Counter(member.path for member in members if member.kind)
    twice = [name for name, times in counted.items() if times > 1]
    if twice:
        seen = f"{path.name} holds {printable(twice[0])!r} twice"
        raise ExportError(seen, accepted="each file once", do=_AGAIN)


def _with_near_names(found: list[Member]) -> tuple[list[Member], list[Notice]]:
    """Take what lies under a near name for a wanted file that is missing, where that is plain."""
    there = {member.kind for member in found if member.kind}
    near: dict[str, list[Member]] = {}
    for member in found:
        kind = near_kind(member.path) if member.ignored == UNKNOWN else ""
        if kind and kind not in there:
            near.setdefault(kind, []).append(member)
    taken: dict[int, Member] = {}
    notices = []
    for kind, members in near.items():
        wanted = f"{file_layouts()[kind].names[0]}.csv"
        plain = [member for member in members if member.path.casefold().endswith((".csv", ".tsv", ".gz"))]
        if len(plain) == 1:
            taken[id(plain[0])] = _taken_for(kind, plain[0])
            notices.append(Notice("near_name", plain[0].name, 1, f"the file was read as {wanted}"))
            continue
        for member in members:
            do = f"keep one of them, as {wanted}" if plain else f"save it as {wanted} (CSV UTF-8)"
            says = f"the file was not read, though {wanted} is missing: {do}, and read the archive once more"
            notices.append(Notice("near_name_left", member.name, 1, says))
    there |= {member.kind for member in taken.values()}
    if there and not {"connections", "invitations", "messages"} <= there:
        says = "the ZIP inside was not opened, though files are missing: take it out and read it, too"
        inner = [member for member in found if member.path.casefold().endswith(".zip")]
        notices += [Notice("inner_zip", member.name, 1, says) for member in inner]
    return [taken.get(id(member), member) for member in found], notices


def _taken_for(kind: str, member: Member) -> Member:
    if not member.path.casefold().endswith(".gz"):
        return replace(member, kind=kind, ignored="")

    return replace(
        member,
        kind=kind,
        ignored="",
        opener=lambda: cast(IO[bytes], _Unpacked(member.opener())),
        packed=member.packed or member.size,
    )


class _Unpacked(gzip.GzipFile):
    """A packed member's bytes; closing it closes the member, which `gzip` leaves open."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__(fileobj=source)
        self.source = source

    def close(self) -> None:
        super().close()
        self.source.close()


def _sorted_out(paths: Sequence[Path], given: list[Member]) -> _Archive:
    found, notices = _with_near_names(given)
    members = sorted((member for member in found if not member.ignored), key=_reading_order)
    if not members:
        raise _nothing_in(paths, found)
    # A ZIP may lie about sizes, but `zipfile` never yields more than the size it was told.
    total = sum(member.size for member in found if member.kind)
    if total > LIMITS["total_bytes"]:
        raise _too_large(paths[0].name, f"holds {total:,} bytes to read")
    ignored = tuple(FileIgnored(file.name, file.ignored) for file in found if file.ignored)
    tops = {re.split(r"[/\\]", member.path)[0] for member in found}
    names = (*(path.name for path in paths), *(path.resolve().name for path in paths), *tops)
    return _Archive(tuple(members), ignored, names, max(member.day for member in found), tuple(notices))


def _reading_order(member: Member) -> tuple[int, int, list[str]]:
    """Order members by kind, part and number, so that a ZIP and its unpacked folder read alike."""
    numbered = [piece.zfill(9) if piece.isdigit() else piece for piece in re.split(r"(\d+)", member.name)]
    return list(file_layouts()).index(member.kind), member.part, numbered


def _nothing_in(paths: Sequence[Path], found: list[Member]) -> ExportError:
    where = " and ".join(path.name for path in paths)
    inner = [member.name for member in found if member.path.casefold().endswith(".zip")]
    if inner:
        seen = f"{where} holds another ZIP, {inner[0]!r}, and no file of an export"
        return _refused(seen, "take the inner ZIP out and give that one")
    return ExportError(
        f"{where} holds no file of an export",
        accepted="an archive with Connections.csv, Invitations.csv, messages.csv or others of its files",
        do=_GET_ONE,
    )


class Guarded:
    """A member's bytes, counted and hashed while they stream; too many of them are refused."""

    def __init__(self, source: IO[bytes], member: Member) -> None:
        self.source, self.member = source, member
        self.size = 0
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, `b""` at the end."""
        try:
            chunk = self.source.read(size)
        except _BROKEN as problem:
            raise _unreadable(self.member.name, problem) from problem
        self.size += len(chunk)
        caps, packed = LIMITS, self.member.packed
        if self.size > caps["file_bytes"]:
            raise _too_large(self.member.name, f"is larger than {caps['file_bytes']:,} bytes")
        if packed is not None and self.size > max(caps["ratio_from"], caps["ratio"] * packed):
            what = f"unpacks to more than {caps['ratio']} times its size"
            raise _too_large(self.member.name, what)
        self.sha256.update(chunk)
        return chunk

    def read_all(self) -> bytes:
        """Return what is left of the member, whole, without ever holding it twice."""
        whole = io.BytesIO()
        while chunk := self.read(1 << 20):
            whole.write(chunk)
        return whole.getvalue()


def _unreadable(name: str, problem: BaseException) -> ExportError:
    if isinstance(problem, PermissionError):
        return _refused(f"{name} may not be opened", "check who may read it")
    if "password" in str(problem) or "encrypted" in str(problem):
        return ExportError(
            f"{name} is locked with a password",
            accepted="an archive without a password",
            do="unpack it yourself and give the folder",
        )
    return _refused(f"{name} is damaged inside the archive ({type(problem).__name__})", _AGAIN)


def _too_large(name: str, what: str) -> TooLargeError:
    return TooLargeError(
        f"{name} {what}, which no export does",
        accepted="an export as the platform sent it",
        do="download the export once more; if it is genuine, unpack it and give the folder",
    )
