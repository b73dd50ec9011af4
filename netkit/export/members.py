"""A file inside an export, read once as a stream that counts, hashes and refuses to swell."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from netkit.errors import ExportError
from netkit.export.layout import Limits, limits

ACCEPTED = "the export's ZIP, or its unpacked folder"
# Whatever `zipfile` raises at an archive that is damaged, cut short or forged.
BROKEN = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    struct.error,
)


@dataclass(frozen=True)
class Member:
    """One file of the export that netkit reads.

    Attributes
    ----------
    name : str
        Its path inside the archive.
    kind : str
        What it is, a key of `layout.file_layouts`.
    part : int
        Which of the given paths it came from.
    """

    name: str
    kind: str
    part: int
    opener: Callable[[], BinaryIO] = field(repr=False)
    packed: int | None = None

    def open(self) -> "Guarded":
        """Open the member for one pass of reading, guarded by the limits."""
        try:
            return Guarded(self.opener(), self, limits())
        except BROKEN as problem:
            raise unreadable(self.name, problem) from problem

    def read(self) -> bytes:
        """Return the member's bytes whole."""
        with self.open() as stream:
            return stream.read_all()


class Guarded(io.RawIOBase):
    """A member's bytes, counted and hashed while they stream; too many of them are refused.

    Attributes
    ----------
    size : int
        Bytes read so far.
    sha256 : hash object
        Of the bytes read so far.
    """

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
        except BROKEN as problem:
            raise unreadable(self.member.name, problem) from problem
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
            raise too_large(self.member.name, f"is larger than {caps.file_bytes:,} bytes")
        if packed is not None and self.size > max(caps.ratio_from, caps.ratio * packed):
            raise too_large(self.member.name, f"unpacks to more than {caps.ratio} times its size")


def unreadable(name: str, problem: BaseException) -> ExportError:
    """Return the error that says why a file inside an export cannot be read."""
    if isinstance(problem, ExportError):
        return problem
    if isinstance(problem, PermissionError):
        return ExportError(
            f"{name} may not be opened", accepted=ACCEPTED, do="check who may read it"
        )
    if "password" in str(problem) or "encrypted" in str(problem):
        return ExportError(
            f"{name} is locked with a password",
            accepted="an archive without a password",
            do="unpack it yourself and give the folder",
        )
    return ExportError(
        f"{name} is damaged inside the archive ({type(problem).__name__})",
        accepted=ACCEPTED,
        do="download the export once more",
    )


def too_large(name: str, what: str) -> ExportError:
    """Return the error that says that something swells beyond what an export holds."""
    return ExportError(
        f"{name} {what}, which no export does",
        accepted="an export as the platform sent it",
        do="download the export once more; if it is genuine, unpack it and give the folder",
    )
