"""The door before the screen: all that a command writes passes it, and no control character of the data."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from netkit.wording import visible


def fitted(text: str, stream: IO[str]) -> str:
    """Return a text as a stream can show it, spelled out where its encoding lacks a letter."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return visible(text).encode(encoding, "backslashreplace").decode(encoding)


class Door:
    """A stream that spells out whatever a terminal would obey; only `_Screen` passes styles by it."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        if name in ("buffer", "stream"):  # the way round the door, which click takes where it is offered
            raise AttributeError(name)
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write a text, spelled out."""
        self.stream.write(fitted(text.replace("\r\n", "\n"), self.stream))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts, spelled out."""
        for line in lines:
            self.write(line)


def close_doors() -> None:
    """Put a door before standard output and standard errors."""
    for name in ("stdout", "stderr"):
        if not isinstance(stream := getattr(sys, name), Door):
            setattr(sys, name, Door(stream))


@contextmanager
def closed_doors() -> Iterator[None]:
    """Put the doors there for a while."""
    before = sys.stdout, sys.stderr
    close_doors()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
