"""One file in an archive: opened for one pass of reading, counted and hashed while it streams; bounded."""

import datetime as dt
import gzip
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO, cast

import numpy as np

from netkit.errors import ExportError
from netkit.export.layout import LIMITS
from netkit.export.read_report import printable

# Whatever `zipfile` raises at an archive that is damaged, cut short or forged.
BROKEN = (
    zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error,
    lzma.LZMAError, struct.error,
)  # fmt: skip
AGAIN = "Download the export once more"
_NO_CELL = 1 << 20  # bytes without a quotation mark that are no cell, so that each of their lines is a row


class TooLargeError(ExportError):
    """A file beyond the bounds: it costs the archive, where a file that cannot be read costs itself."""

    def __init__(self, name: str, what: str, do: str = AGAIN) -> None:
        super().__init__(f"{name} {what}, which no export does", do)


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
    inner: bool = False  # whether it lies in a ZIP inside
    near: bool = False  # whether its name is only near to the one that is wanted

    @property
    def name(self) -> str:
        """The path as it may be printed."""
        return printable(self.path)

    @property
    def most(self) -> dict[str, int]:
        """The bounds of one file of this kind."""
        bounds: dict[str, int] = LIMITS.get(self.kind, LIMITS["file"])
        return bounds

    @contextmanager
    def open(self) -> Iterator["Guarded"]:
        """Open the member for one pass of reading, guarded by the limits."""
        _check_size(self, self.size)
        try:
            source = self.opener()
        except BROKEN as problem:
            raise _unreadable(self.name, problem) from problem
        with source:
            yield Guarded(source, self)

    def read(self) -> bytes:
        """Return the member's bytes whole."""
        with self.open() as stream:
            return stream.read_all()


def _check_size(member: Member, size: int) -> None:
    """Refuse a file that says of itself that it is too large, or that turns out to be."""
    if size > member.most["bytes"]:
        raise TooLargeError(member.name, f"is larger than {member.most['bytes']:,} bytes")


class Guarded(io.RawIOBase):
    """A member's bytes, counted and hashed while they stream; too many of them are refused."""

    def __init__(self, source: IO[bytes], member: Member) -> None:
        super().__init__()
        self.source, self.member = source, member
        self.size = self.lines = self.rows = 0
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        """Say that bytes can be read from it."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer, for those who go through the lines."""
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, `b""` at the end."""
        try:
            chunk = self.source.read(size)
        except BROKEN as problem:
            raise _unreadable(self.member.name, problem) from problem
        self.size += len(chunk)
        bytes_in = np.frombuffer(chunk, np.uint8)
        lines = max(int(np.count_nonzero(bytes_in == ord(sign))) for sign in "\n\r")
        self.lines += lines
        self.rows += lines if len(chunk) >= _NO_CELL and b'"' not in chunk else 0
        self.sha256.update(chunk)
        self._check()
        return chunk

    def _check(self) -> None:
        name, most, packed = self.member.name, self.member.most, self.member.packed
        _check_size(self.member, self.size)
        if self.lines > most["lines"]:
            raise TooLargeError(name, f"has more than {most['lines']:,} lines")
        if self.rows > most["rows"]:
            raise TooLargeError(name, f"has more than {most['rows']:,} rows")
        if packed is not None and self.size > max(LIMITS["ratio_from"], LIMITS["ratio"] * packed):
            do = f"{AGAIN}; if it is genuine, unpack it and give the folder"
            raise TooLargeError(name, f"unpacks to more than {LIMITS['ratio']} times its size", do)

    def read_all(self, most: int | None = None) -> bytes:
        """Return what is left of the member, whole, without ever holding it twice."""
        whole = io.BytesIO()
        while chunk := self.read(1 << 20):
            whole.write(chunk)
            if most is not None and self.size > most:
                raise ExportError(
                    f"{self.member.name} is damaged or not UTF-8, and with more than {most:,} bytes it is"
                    " too large to be mended",
                    AGAIN,
                )
        return whole.getvalue()


def _unreadable(name: str, problem: BaseException) -> ExportError:
    if isinstance(problem, PermissionError):
        return ExportError(f"{name} may not be opened", "Check who may read it")
    if "password" in str(problem) or "encrypted" in str(problem):
        return ExportError(f"{name} is locked with a password", "Unpack it yourself and give the folder")
    return ExportError(f"{name} is damaged inside the archive ({type(problem).__name__})", AGAIN)


def unpacked(member: Member) -> Member:
    """Return a member whose bytes are those that `gzip` packed."""
    return replace(
        member,
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
