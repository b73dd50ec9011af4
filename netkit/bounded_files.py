"""Files of strangers, read within bounds: never more bytes than were agreed on, and no pipe or device."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from netkit.errors import NetkitError

_LIST_BYTES = 4_000_000  # of a ZIP's list of files; one of 20,000 files has about three


def read_bounded(path: Path, most: int, *, error: type[NetkitError] = NetkitError) -> bytes:
    """Return a file's bytes; refuse it if it is not a plain file or is larger than `most`.

    What the disk refuses stays an `OSError`, for the caller to say.

    Examples
    --------
    >>> read_bounded(Path(__file__), 10)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    netkit.errors.NetkitError: bounded_files.py is larger than 10 bytes. Check ...
    """
    if path.exists() and not path.is_file():
        raise error(f"{path.name} is not an ordinary file", "Name a file that you saved")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise error(f"{path.name} is larger than {most:,} bytes", "Check that it is the right file")
    return content


def give_memory_back() -> None:
    """Have the C library return what it keeps of memory that was let go, 250 MB after a large mailbox."""
    import ctypes  # a late import, for every command that only starts

    with suppress(AttributeError, OSError, TypeError):  # only glibc can be asked
        ctypes.CDLL(None).malloc_trim(0)


class _Listed(io.BufferedReader):
    """A ZIP whose list of files is bounded: `zipfile` asks for the whole of it at once."""

    def __init__(self, source: IO[bytes], too_long: NetkitError) -> None:
        super().__init__(source)  # type: ignore[arg-type]
        self.too_long = too_long
        self.listed = False

    def read(self, size: int | None = -1) -> bytes:
        if not self.listed and size is not None and size > _LIST_BYTES:
            raise self.too_long
        return super().read(size)


@contextmanager
def open_zip(
    source: IO[bytes], name: str, *, error: type[NetkitError] = NetkitError
) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP whose list of files is not absurdly long; what is no ZIP raises what `zipfile` does."""
    too_long = error(f"{name} lists far too many files", "Check that it is the right ZIP")
    with _Listed(source, too_long) as listed, zipfile.ZipFile(listed) as archive:
        listed.listed = True
        yield archive
