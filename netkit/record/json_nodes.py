"""JSON read piece by piece and within bounds: what fits is held, what is large is gone through."""

import codecs
import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any, Protocol

from netkit.errors import ExportError

_PIECE = 1 << 18
_HELD = 1 << 20  # signs of a value that is taken whole; of a larger one, parts
_LARGEST = 1 << 25  # signs of a value that has no parts worth going through
_DEEPEST = 12  # lists within lists that are gone through
_BLANK = " \t\r\n"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# Half of a letter, escaped: JSON may hold it, and no text can.
_HALF = re.compile(
    r"\\u[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][\da-fA-F]{2})\\u[dD][c-fC-F][\da-fA-F]{2}"
)
_AGAIN = "Fetch that answer once more, or leave the file out"
_NO_JSON = "is damaged: it is no JSON from some place on"


class _Bytes(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def looks_like_json(head: bytes) -> bool:
    r"""Tell whether a file's first bytes may begin JSON.

    >>> looks_like_json(b'\xef\xbb\xbf {"a'), looks_like_json(b"First Name,Last"), looks_like_json(b"[link]")
    (True, False, False)
    """
    start = head.decode(_encoding(head), "replace").lstrip("\ufeff" + _BLANK)
    inside = start[1:].lstrip(_BLANK)[:1]
    return (start[:1] == "{" and inside in ('"', "}", "")) or (
        start[:1] == "[" and inside in ("{", "[", "]", "")
    )


def _encoding(head: bytes) -> str:
    bare = {b"\0": "utf-16-be"}.get(head[:1]) or {b"\0": "utf-16-le"}.get(head[1:2], "utf-8")
    return next((codec for mark, codec in _MARKS if head.startswith(mark)), bare)


class JsonText:
    """The text of a file of JSON, of which no more is held than the value at hand."""

    def __init__(self, source: _Bytes, name: str) -> None:
        self.name = name
        self._source = source
        head = source.read(_PIECE)
        self._decoder = codecs.getincrementaldecoder(_encoding(head))("strict")
        self._json = JSONDecoder()
        self._text, self._at, self._ended = "", 0, False
        self._take(head)

    def _take(self, raw: bytes) -> None:
        try:
            new = self._decoder.decode(raw, not raw)
        except UnicodeDecodeError as problem:
            raise self.damaged("holds bytes that are no text") from problem
        self._ended = not raw
        self._text, self._at = self._text[self._at :] + new, 0

    def _more(self, least: int) -> bool:
        """Read on until so many signs lie ahead, or the end; tell whether there was anything."""
        before = len(self._text) - self._at
        while not self._ended and len(self._text) - self._at < least:
            self._take(self._source.read(max(_PIECE, least - len(self._text) + self._at)))
        return len(self._text) - self._at > before

    def damaged(self, what: str) -> ExportError:
        """Return the refusal of a file that is no whole JSON."""
        return ExportError(f"{self.name} {what}, so nothing in it was read. {_AGAIN}.")

    def peek(self) -> str:
        """Return the next sign that is no blank, "" at the end."""
        while True:
            text, at = self._text, self._at
            while at < len(text) and text[at] in _BLANK:
                at += 1
            self._at = at
            if at < len(text):
                return text[at]
            if not self._more(1):
                return ""

    def take(self, wanted: str) -> str:
        """Take the next sign, which must be one of some."""
        sign = self.peek()
        if not sign:
            raise self.damaged("ends in the middle")
        if sign not in wanted:
            raise self.damaged(_NO_JSON)
        self._at += 1
        return sign

    def key(self) -> str:
        """Take the name of a member, and what stands behind it."""
        if self.peek() not in ('"', ""):
            raise self.damaged(_NO_JSON)
        key: str = self.value()[1]
        self.take(":")
        return key

    def value(self, most: int = _LARGEST) -> tuple[bool, Any]:
        """Take the next value whole, and say whether it is that small; a larger one stays."""
        self.peek()
        ahead = _PIECE
        while True:
            self._more(ahead)
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except RecursionError as problem:
                raise self.damaged("is nested without end") from problem
            except JSONDecodeError as problem:
                if self._ended:
                    cut = problem.pos >= len(self._text.rstrip()) or "Unterminated" in problem.msg
                    seen = "ends in the middle" if cut else _NO_JSON
                    raise self.damaged(seen) from problem
            except ValueError as problem:  # a number of thousands of digits
                raise self.damaged("holds what no answer of the platform holds") from problem
            else:
                if end < len(self._text) or self._ended:  # else a number may go on
                    if _HALF.search(self._text, self._at, end):
                        found = self._json.decode(_HALF.sub(r"\\ufffd", self._text[self._at : end]))
                    self._at = end
                    return True, found
            if len(self._text) - self._at >= most:
                if most < _LARGEST:
                    return False, None
                raise self.damaged("holds a single value of more than 32 million signs")
            ahead = min(2 * (len(self._text) - self._at), most)


class Node:
    """One value of JSON: held whole, or still in the text, and then gone through once and in order."""

    def __init__(self, value: Any = None, text: JsonText | None = None, depth: int = 0) -> None:  # noqa: ANN401
        self._value, self._text, self._depth = value, text, depth
        self.is_begun = text is None
        if text and depth > _DEEPEST:
            raise text.damaged("is nested without end")

    @property
    def is_held(self) -> bool:
        """Whether the value is there whole."""
        return self._text is None

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self._value, list) if self._text is None else self._text.peek() == "["

    @property
    def is_object(self) -> bool:
        """Whether it is an object."""
        return isinstance(self._value, dict) if self._text is None else self._text.peek() == "{"

    def value(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """Return the value whole."""
        if self._text is not None:
            self._value, self._text = self._text.value()[1], None
            self.is_begun = True
        return self._value

    def items(self) -> Iterator["Node"]:
        """Yield what is in a list."""
        if self._text is None:
            yield from map(Node, self._value)
        else:
            yield from (node for _, node in self._go_through(self._text, "[]"))

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """Yield what is in an object, each with its name."""
        if self._text is None:
            yield from ((key, Node(value)) for key, value in self._value.items())
        else:
            yield from self._go_through(self._text, "{}")

    def _go_through(self, text: JsonText, ends: str) -> Iterator[tuple[str, "Node"]]:
        self.is_begun = True
        text.take(ends[0])
        if text.peek() == ends[1]:
            text.take(ends[1])
            return
        while True:
            key = text.key() if ends == "{}" else ""
            yield from ((key, node) for node in _gone_through(next_node(text, self._depth + 1)))
            if text.take(f",{ends[1]}") == ends[1]:
                return


def _gone_through(node: Node) -> Iterator[Node]:
    """Yield a node, and see to it that it has been gone through when the next one is asked for."""
    yield node
    if not node.is_begun:
        node.value()


def next_node(text: JsonText, depth: int = 0) -> Node:
    """Return the next value of a text: held if it is small, or if there is nothing in it to go through."""
    sign = text.peek()
    small, value = text.value(_HELD if sign in "[{" and sign else _LARGEST)
    return Node(value) if small else Node(text=text, depth=depth)


def nodes(source: _Bytes, name: str) -> Iterator[Node]:
    """Yield the values of a file, of which JSON has one, and JSON in lines many."""
    text = JsonText(source, name)
    while text.peek():
        yield from _gone_through(next_node(text))
