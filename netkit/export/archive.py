"""Open an export, a ZIP or a folder: members stay in memory, and neither names nor sizes are trusted."""

import datetime as dt
import io
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO

from netkit.bounded_files import open_zip
from netkit.errors import ExportError, nearest
from netkit.export.archive_member import AGAIN, BROKEN, Member, TooLargeError
from netkit.export.layout import LIMITS, UNKNOWN, file_kind, file_layouts, near_kind
from netkit.export.near_names import choose
from netkit.export.read_report import FileIgnored, Notice, printable
from netkit.record import looks_like_json
from netkit.wording import first_few

_FEW = 4  # ZIPs that are named
ANSWERS = "record"  # the kind of files that hold answers of the portability interface
_GET_ONE = "Give the ZIP that the platform sent you, or the folder you unpacked it to"
_LINK = "a link{}, which netkit does not follow"
_OTHER_FORMATS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"<", "a web page"),
)


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
        given = [_members(path, part, open_files) for part, path in enumerate(paths)]
        found = [member for members in given for member in members]
        yield _sorted_out(paths, *_with_inner(found, open_files))


def _members(path: Path, part: int, open_files: ExitStack) -> list[Member]:
    most = LIMITS["entries"]
    if not path.exists():
        beside = [each.name for each in islice(path.absolute().parent.glob("*.zip"), most)]
        raise ExportError(f"There is nothing at {path}", f"{nearest(path.name, beside)}Check the path")
    if path.is_dir():
        members = list(islice(_in_folder(path, part), most + 1))
        count = f"more than {most:,}"
    elif not path.is_file():
        raise ExportError(f"{path} is not a file", _GET_ONE)
    else:
        try:
            source = open_files.enter_context(path.open("rb"))
        except PermissionError as problem:
            raise ExportError(f"{path} may not be opened", "Check who may read it") from problem
        alone = replace(_on_disk(path.parent, path, part), kind="", ignored=UNKNOWN)
        answer = _if_answers(alone)
        members = [answer] if answer.kind else _in_zip(source, path.name, part, open_files)
        count = f"{len(members):,}"
    _check_members(path.name, members, count)
    return members


def _in_zip(source: IO[bytes], name: str, part: int, open_files: ExitStack) -> list[Member]:
    """Return the files in a ZIP that is open, or say what it is instead."""
    head = source.read(512).lstrip()
    try:
        archive = open_files.enter_context(open_zip(source, name, error=ExportError))
    except BROKEN as problem:
        raise _not_a_zip(name, head) from problem
    return [_member(archive, info, part) for info in archive.infolist() if not info.is_dir()]


def _not_a_zip(name: str, head: bytes) -> ExportError:
    if not head:
        return ExportError(f"{name} is empty", _GET_ONE)
    if head.startswith(b"PK\x03\x04"):
        return ExportError(f"{name} is a ZIP that is cut short or damaged", AGAIN)
    if name.casefold().endswith((".csv", ".tsv")):
        return ExportError(f"{name} is a single file, not an export", "Give the folder that the file lies in")
    what = [f" but {words}" for magic, words in _OTHER_FORMATS if head.startswith(magic)]
    return ExportError(f"{name} is not a ZIP{''.join(what[:1])}", _GET_ONE)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, part: int) -> Member:
    name, why_not = info.filename, ""
    parts = re.split(r"[/\\]", name)
    if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        why_not = "its path points outside the archive"
    elif stat.S_ISLNK(info.external_attr >> 16):
        why_not = _LINK.format("")
    kind, why = file_kind(name)
    try:
        day = dt.date(*info.date_time[:3])
    except ValueError:  # a packer that keeps no days writes the month 0
        day = dt.date(1980, 1, 1)
    size, packed = info.file_size, info.compress_size
    return Member(name, part, lambda: archive.open(info), size, day, kind, why_not or why, packed)


def _in_folder(folder: Path, part: int) -> Iterator[Member]:
    for here, below, files in os.walk(folder):
        below.sort()
        if len(Path(here).relative_to(folder).parts) >= LIMITS["depth"]:
            below.clear()
        for name in sorted(files):
            yield _on_disk(folder, Path(here) / name, part)


def _on_disk(folder: Path, path: Path, part: int) -> Member:
    name, status = path.relative_to(folder).as_posix(), path.lstat()
    why_not = "" if stat.S_ISREG(status.st_mode) else _LINK.format(" or a device")
    kind, why = file_kind(name)
    day = dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC).date()
    return Member(name, part, lambda: path.open("rb"), status.st_size, day, kind, why_not or why)


def _check_members(archive: str, members: list[Member], count: str) -> None:
    most = LIMITS["entries"]
    if len(members) > most:
        raise ExportError(
            f"{archive} holds {count} files, and an export holds fewer than {most:,}",
            "Check that this is the export itself and not a folder above it",
        )
    counted = Counter(member.path for member in members if member.kind)
    twice = [name for name, times in counted.items() if times > 1]
    if twice:
        raise ExportError(f"{archive} holds {printable(twice[0])!r} twice", AGAIN)


def _with_inner(found: list[Member], open_files: ExitStack) -> tuple[list[Member], list[Notice]]:
    """Add the files of the one ZIP inside, where files are missing outside; ZIPs within it stay shut."""
    there = {member.kind for member in found if not member.ignored}
    zips = [m for m in found if m.ignored == UNKNOWN and m.path.casefold().endswith(".zip")]
    if not zips or {"connections", "invitations", "messages"} <= there:
        return found, []
    if len(zips) > 1:
        do = "read them one by one, the oldest first"
        if not there:
            raise ExportError(
                f"There are {len(zips)} ZIPs inside: {first_few([repr(each.name) for each in zips], _FEW)}",
                "Name one, the oldest first: netkit read FOLDER/NAME. Parts of one archive are read together:"
                " netkit read FOLDER/PART-1 FOLDER/PART-2",
            )
        says = f"one of several ZIPs inside, of which none was opened: {do}"
        return found, [Notice("inner_zip", member.name, 1, says) for member in zips]
    (inner,) = zips
    try:
        within = _in_inner_zip(inner, open_files)
    except ExportError as problem:
        if not there:
            raise
        says = f"the ZIP inside was not opened, though files are missing ({problem.wrong})"
        return found, [Notice("inner_zip", inner.name, 1, says)]
    beside = [member for member in found if member is not inner]
    opened = replace(inner, ignored="a ZIP inside, which was opened")
    if not any(member.kind or near_kind(member.path) for member in within):
        return [*beside, opened], []
    says = "the ZIP inside was opened, for files are missing outside; what lies outside was read from there"
    return [*beside, opened, *within], [Notice("inner_zip", inner.name, 1, says)]


def _in_inner_zip(inner: Member, open_files: ExitStack) -> list[Member]:
    members = _in_zip(io.BytesIO(inner.read()), inner.name, inner.part, open_files)
    _check_members(inner.name, members, f"{len(members):,}")
    return [replace(member, path=f"{inner.path}/{member.path}", inner=True) for member in members]


def _if_answers(member: Member) -> Member:
    """Return a file that no archive holds, as one of answers if its first signs are those of JSON."""
    json = member.path.casefold().endswith((".json", ".jsonl", ".ndjson"))
    if member.ignored != (file_kind(member.path)[1] if json else UNKNOWN) or "/._" in f"/{member.path}":
        return member
    try:
        with member.opener() as stream:
            head = stream.read(512)
    except BROKEN:
        return member
    return replace(member, kind=ANSWERS, ignored="") if looks_like_json(head) else member


def _sorted_out(paths: Sequence[Path], given: list[Member], told: list[Notice]) -> _Archive:
    found, notices = choose([_if_answers(member) for member in given])
    members = sorted((member for member in found if not member.ignored), key=_reading_order)
    if not members:
        given_as = " and ".join(path.name for path in paths)
        known = "such as Connections.csv, Invitations.csv or messages.csv"
        raise ExportError(f"{given_as} holds no file of an export, {known}", _GET_ONE)
    answers = sum(member.kind == ANSWERS for member in members)
    if len(members) - answers > LIMITS["to_read"] or answers > LIMITS["answers"]:
        raise TooLargeError(paths[0].name, f"holds {len(members):,} files to read")
    # A ZIP may lie about sizes, but `zipfile` never yields more than the size it was told.
    total = sum(member.size for member in members)
    if total > LIMITS["total_bytes"]:
        raise TooLargeError(paths[0].name, f"holds {total:,} bytes to read")
    ignored = tuple(FileIgnored(file.name, file.ignored) for file in found if file.ignored)
    tops = {re.split(r"[/\\]", member.path)[0] for member in found}
    names = (*(path.name for path in paths), *(path.resolve().name for path in paths), *tops)
    newest = max(member.day for member in found)
    return _Archive(tuple(members), ignored, names, newest, (*told, *notices))


def _reading_order(member: Member) -> tuple[int, int, list[str]]:
    """Order members by kind, part and number, so that a ZIP and its unpacked folder read alike."""
    numbered = [piece.zfill(9) if piece.isdigit() else piece for piece in re.split(r"(\d+)", member.name)]
    return [*file_layouts(), ANSWERS].index(member.kind), member.part, numbered
