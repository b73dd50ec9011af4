"""The lines of calendars and cards, whatever they are encoded in and however their lines end."""

import io
from collections.abc import Iterator
from typing import IO

from netkit.evidence.addresses import lenient
from netkit.evidence.traces import Progress

_LONGEST_LINE = 1 << 16
_WHOLE = 1 << 27  # bytes of a file that must be held to be put right
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def logical_lines(stream: IO[bytes], progress: Progress) -> Iterator[str]:
    """Return lines put together before they are decoded: folded ones, and soft ones of quoted-printable."""
    held, soft = b"", False
    for line in _raw_lines(stream, progress):
        if (soft or line[:1] in (b" ", b"\t")) and len(held) < _LONGEST_LINE:
            held = held[:-1] + line if soft else held + line[1:]
        else:
            if held:
                yield lenient(held)
            held = line.removeprefix(b"\xef\xbb\xbf")
        soft = held.endswith(b"=") and b"QUOTED-PRINTABLE" in held[:200].upper()
    if held:
        yield lenient(held)


def _raw_lines(stream: IO[bytes], progress: Progress) -> Iterator[bytes]:
    """Return the lines of a file without their ends; of UTF-16, as old address books are, in UTF-8."""
    line = stream.readline(_LONGEST_LINE)
    if line.startswith(_WIDE) or b"\r" in line.rstrip(b"\r\n"):  # an old Macintosh ends lines so
        whole = line + stream.read(_WHOLE)
        progress(len(whole))
        if line.startswith(_WIDE):
            whole = whole.decode("utf-16", "replace").encode()
        stream, progress = io.BytesIO(b"\n".join(whole.splitlines())), _nothing
        line = stream.readline(_LONGEST_LINE)
    while line:
        progress(len(line))
        yield line.rstrip(b"\r\n")
        line = stream.readline(_LONGEST_LINE)


def _nothing(size: int) -> None:
    """Show no progress: it was shown when the file was taken whole."""
