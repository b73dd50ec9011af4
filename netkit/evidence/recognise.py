"""What a file or folder holds, told by its content alone; and one source, read whole."""

import lzma
import os
import re
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from netkit.errors import NetkitError
from netkit.evidence.address_books import book_columns, read_book, read_vcards
from netkit.evidence.addresses import lenient, words_of
from netkit.evidence.calendars import people_of, read_calendar
from netkit.evidence.mailboxes import Guess, looks_like_letter, looks_like_mbox, read_letter, read_mbox
from netkit.evidence.social_archives import XArchive, letter_of_olm, read_facebook, read_guests, read_olm
from netkit.evidence.traces import Acquaintance, Owner, Progress, Tally

_Reader = Callable[[IO[bytes], Tally, Progress], None]
# What each kind of file holds, and what reads it; an archive of X is put together from several files.
_KINDS: dict[str, tuple[str, _Reader | None]] = {
    "mbox": ("mail", read_mbox), "letter": ("mail", read_letter), "olm": ("mail", read_olm),
    "calendar": ("calendar", read_calendar), "cards": ("contacts", read_vcards),
    "table": ("contacts", read_book), "guests": ("guest lists", read_guests), "x": ("X", None),
    "facebook": ("Facebook", read_facebook),
}  # fmt: skip
_AROUND = re.compile(r"^\[?(?:gmail|imap|google mail)\]?\.|\.(?:mbox|sbd|partial)$|^\.")
_HEAD = 1 << 13
_MOST_PARTS = 2_000_000
_RATIO, _LEAST = 1_000, 1 << 30  # what unpacks to more was made to do harm
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, OSError, ValueError, EOFError, NotImplementedError, RuntimeError,
    zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip
_PST = (
    "{} is an Outlook data file, which netkit does not open. Convert it to mbox first (readpst -o FOLDER"
    " FILE, or import it into Thunderbird) and add that."
)
_MAIL_COLUMN = re.compile("(e-?mail|adresse de messagerie|dirección de correo|indirizzo posta)")
_GUESTS = {"approval_status", "checked_in_at", "attendee status"}
_LINKEDIN_FILES = {"connected on", "created at", "sent at", "conversation id", "endorsement date"}
_NOTHING = (
    "{} holds nothing that netkit knows as evidence. Give mail (mbox, Maildir, .eml), a calendar (.ics), an"
    " address book (.vcf, or Google's or Outlook's .csv), or a whole Takeout ZIP."
)


@dataclass(frozen=True)
class _Part:
    """One file of a source."""

    name: str
    opener: Callable[[], IO[bytes]] = field(repr=False)
    size: int
    kind: str = ""
    packed: int = 0


@dataclass
class _Bounded:
    """A stream that stops where it unpacks to more than any honest file."""

    source: IO[bytes]
    most: int
    done: int = 0

    def read(self, size: int = -1) -> bytes:
        return self._count(self.source.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._count(self.source.readline(size))

    def _count(self, found: bytes) -> bytes:
        self.done += len(found)
        if self.done > self.most:
            raise ValueError("unpacks to far more than its size")
        return found


@dataclass(frozen=True)
class SourceRead:
    """What a source tells: its people, how much of what was read, and what was left out, by its reason."""

    people: tuple[Acquaintance, ...]
    read: dict[str, int]
    left: dict[str, int]
    own: frozenset[str]


class Source:
    r"""Personal files under one path, recognised by their content; use it as a context manager.

    Parameters
    ----------
    path : Path
        A file, a folder or an archive.

    Attributes
    ----------
    kinds : tuple of str
        What it holds: `mail`, `calendar`, `contacts`, `guest lists`, `X`, `Facebook`.
    size : int
        The bytes to read.

    Raises
    ------
    NetkitError
        There is nothing at the path, or nothing that netkit can read.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> file = Path(mkdtemp()) / "friends.vcf"
    >>> _ = file.write_text("BEGIN:VCARD\nFN:Ana Example\nEMAIL:ana@ex.example\nEND:VCARD\n")
    >>> with Source(file) as source:
    ...     source.kinds, [person.identity for person in source.read(Owner()).people]
    (('contacts',), ['mail:ana@ex.example'])
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left: Counter[str] = Counter()
        self._open = ExitStack()
        try:
            self._parts = self._recognised(_parts_of(path, self._open))
        except BaseException:
            self._open.close()
            raise
        self.kinds = tuple(dict.fromkeys(_KINDS[part.kind][0] for part in self._parts))
        self.size = sum(part.size for part in self._parts)

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *problem: object) -> None:
        self._open.close()

    def _recognised(self, parts: Iterable[_Part]) -> list[_Part]:
        found, others = [], 0
        for part in parts:
            if _is_left(part.name):
                self.left["files in folders for spam, drafts and what was deleted"] += 1
                continue
            kind = _kind_of(part)
            if kind == "pst":
                raise NetkitError(_PST.format(part.name))
            if kind:
                found.append(replace(part, kind=kind))
            else:
                others += 1
            if len(found) > _MOST_PARTS:
                raise NetkitError(f"{self.path} holds {_MOST_PARTS:,} files. Add one mailbox at a time.")
        if others:
            self.left["files of other kinds"] += others
        if not found:
            raise NetkitError(_NOTHING.format(self.path))
        return found

    def owner(self) -> frozenset[str]:
        """Return the addresses that are the owner's, as far as the mail and the calendars themselves tell."""
        guess = Guess()
        for part in self._parts:
            if part.kind in ("mbox", "letter", "olm", "calendar") and not guess.enough:
                self._try(part, partial(_look, guess, part.kind))
        return guess.addresses

    def read(self, owner: Owner, progress: Progress = lambda size: None) -> SourceRead:
        """Read the source.

        Parameters
        ----------
        owner : Owner
            Whose files they are.
        progress : callable, optional
            Called with the number of bytes read since the last call.

        Returns
        -------
        SourceRead
            Its people, and what was left out.
        """
        tally = Tally(owner.addresses, owner.names, owner.sizes)
        x = XArchive()
        for part in self._parts:
            self._try(part, _reading(part.kind, tally, progress, x))
        x.tell(tally)
        left = self.left + tally.left
        return SourceRead(tuple(tally.people()), dict(tally.read), dict(left), owner.addresses)

    def _try(self, part: _Part, read: Callable[[IO[bytes]], None]) -> None:
        try:
            with part.opener() as stream:
                read(_Bounded(stream, max(_RATIO * part.packed, _LEAST)) if part.packed else stream)  # type: ignore[arg-type]
        except _BROKEN as problem:
            self.left[f"the rest of a file that cannot be read ({_why(problem)})"] += 1


def _why(problem: BaseException) -> str:
    if isinstance(problem, PermissionError):
        return "you may not open it"
    return "locked with a password" if "password" in str(problem) else "damaged"


def _reading(kind: str, tally: Tally, progress: Progress, x: XArchive) -> Callable[[IO[bytes]], None]:
    reader = _KINDS[kind][1]
    if reader is None:
        return lambda stream: x.look(stream, progress)
    return lambda stream: reader(stream, tally, progress)


def _look(guess: Guess, kind: str, stream: IO[bytes]) -> None:
    if kind == "olm":
        guess.look([letter_of_olm(stream, guess.count_bytes)])
    elif kind == "mbox":
        guess.look_at_mbox(stream)
    elif kind == "letter":
        guess.look_at_letter(stream)
    else:
        for addresses in people_of(stream, guess.count_bytes):
            guess.look_at_people(addresses)
            if guess.enough:
                return


def _is_left(name: str) -> bool:
    """Tell whether a file lies in a folder for spam, drafts and the like, or is one."""
    path = PurePosixPath(name.replace("\\", "/").casefold())
    plain = {_AROUND.sub("", part) for part in path.parts}
    return bool(words_of("left_folders") & plain)


def _parts_of(path: Path, opened: ExitStack) -> Iterator[_Part]:
    if not path.exists():
        raise NetkitError(f"There is nothing at {path}. Check the path.")
    if path.is_dir():
        yield from _in_folder(path)
        return
    try:
        with path.open("rb") as start:
            magic = start.read(8)
    except OSError as problem:
        raise NetkitError(f"{path} may not be opened. Check who may read it.") from problem
    if magic.startswith(b"PK"):
        with _damaged(path):
            archive = opened.enter_context(zipfile.ZipFile(path))
            infos = archive.infolist()
        for info in infos:
            if not info.is_dir():
                yield _Part(info.filename, lambda info=info: archive.open(info), info.file_size,  # type: ignore[misc]
                            packed=max(info.compress_size, 1))  # fmt: skip
    elif magic.startswith(b"\x1f\x8b"):
        with _damaged(path):
            tar = opened.enter_context(tarfile.open(path, "r:gz"))  # noqa: SIM115
            members = [member for member in tar.getmembers() if member.isfile()]
        for member in members:
            yield _Part(member.name, lambda member=member: _member(tar, member), member.size,  # type: ignore[misc]
                        packed=max(path.stat().st_size, 1))  # fmt: skip
    else:
        yield _Part(path.name, lambda: path.open("rb"), path.stat().st_size)


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    found = tar.extractfile(member)
    if found is None:
        raise tarfile.ReadError(member.name)
    return found


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as problem:
        raise NetkitError(
            f"{path} is an archive that is cut short or damaged. Download it once more."
        ) from problem


def _in_folder(folder: Path) -> Iterator[_Part]:
    for here, below, files in os.walk(folder):
        below.sort()
        for name in sorted(files):
            path = Path(here) / name
            if path.is_symlink() or not path.is_file():
                continue
            relative = path.relative_to(folder).as_posix()
            yield _Part(relative, lambda path=path: path.open("rb"), path.stat().st_size)  # type: ignore[misc]


def _kind_of(part: _Part) -> str:
    base = PurePosixPath(part.name).name.casefold()
    if base.startswith("._") or base.endswith((".msf", ".dat", ".html", ".jpg", ".png", ".pdf")):
        return ""
    try:
        with part.opener() as stream:
            head = stream.read(_HEAD)
    except _BROKEN:
        return ""
    if head.startswith(b"!BDN"):
        return "pst"
    if looks_like_mbox(head):
        return "mbox"
    start = lenient(head[:2048].replace(b"\0", b"")).lstrip("\ufeffÿþ \r\n").upper()
    if start.startswith("BEGIN:VCALENDAR"):
        return "calendar"
    if start.startswith("BEGIN:VCARD"):
        return "cards"
    if looks_like_letter(head):
        return "letter"
    if kind := _kind_of_social(base, part.name, head):
        return kind
    return _kind_of_table(start.splitlines()[0].casefold() if start else "")


def _kind_of_social(base: str, path: str, head: bytes) -> str:
    if head.lstrip().startswith(b"window.YTD."):
        told = re.match(rb"\s*window\.YTD\.(account|tweets?|direct_messages)\.part", head)
        return "x" if told else ""
    if head.lstrip()[:1] == b"{" and b'"participants"' in head and re.fullmatch(r"message_\d+\.json", base):
        return "facebook"
    if head.lstrip()[:1] == b"{" and re.search(rb'"friends(?:_v2)?"\s*:', head[:200]) and "friends" in base:
        return "facebook"
    return "olm" if "com.microsoft.__Messages" in path and b"<OPFMessageCopy" in head else ""


def _kind_of_table(header: str) -> str:
    names = {name.strip().strip('"') for name in re.split("[,;\t]", header)}
    if names & _LINKEDIN_FILES:
        return ""
    if names & _GUESTS:
        return "guests" if any("email" in name for name in names) else ""
    parts = {book_columns().get(name) for name in names}
    mails = "email" in parts or any(map(_MAIL_COLUMN.match, names))
    return "table" if mails and ({"given", "family"} <= parts or "full" in parts) else ""
