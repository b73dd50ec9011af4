"""The publishing guard: a finished site searched for everybody in the ledger, in any spelling."""

import base64
import binascii
import gzip
import html
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote_to_bytes

from netkit.findings.personal_words import Words, line_of_word, plain_words

_TAG = re.compile(r"<[^<>]*>")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
# The same broken into lines, as in a letter or a certificate; what was taken of a line is not given back, so
# that one of a million signs is read once.
_BASE64_LINES = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{32,}+[ \t]*+\r?\n[ \t]*+)+[A-Za-z0-9+/_-]++={0,2}"
)
_ROUNDS = 3  # an address in an attribute within JSON is escaped three times
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, order=True)
class Hit:
    """One place that gives somebody away."""

    file: str
    line: int
    what: str
    words: Words = field(default=(), repr=False)

    def __str__(self) -> str:
        """Say it in words."""
        place = f"{self.file}, line {self.line}" if self.line else f"the name of {self.file}"
        return f"{place}: {self.what}"


def _spellings(text: str) -> list[str]:
    """Return a text as it stands, decoded, and without tags; lines stay where they are.

    >>> _spellings("Zo&euml;%20X")[1]
    'Zoë X'
    >>> "Zoe" in _spellings("Z<b>o</b>e")
    True
    """
    readings = [text, decoded(text)]
    for between in ("", " "):  # a tag within a word, and the tags between two cells of a table
        readings.append(decoded(_TAG.sub(lambda tag, b=between: b + _lines(tag[0]), text)))  # type: ignore[misc]
    return list(dict.fromkeys(readings))


def _lines(text: str) -> str:
    return "\n" * text.count("\n")


def decoded(text: str) -> str:
    r"""Return a text with its escapes resolved: HTML's, percent signs, JSON's, JavaScript's, hosts'.

    >>> decoded(r"%5Cu005a&#x6F;\x65\nP")
    'Zoe P'
    """
    for _ in range(_ROUNDS):
        once = text
        for pattern, resolve in _ESCAPES:
            once = pattern.sub(resolve, once)
        if once == text:
            break
        text = once
    return text


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")


def _entity(found: re.Match[str]) -> str:
    return _one_line(html.unescape(found[0]))


def _percent(found: re.Match[str]) -> str:
    return _one_line(unquote_to_bytes(found[0]).decode("utf-8", "replace"))


def _unicode(found: re.Match[str]) -> str:
    single = re.sub(r"\\+", r"\\", found[0])  # JSON within JSON doubles the backslash
    return _one_line(str(json.loads(f'"{single}"')))


def _point(found: re.Match[str]) -> str:
    number = int(found[1] or found[2], 16)
    return _one_line(chr(number)) if number < 0x110000 else " "


def _host(found: re.Match[str]) -> str:
    try:
        return _one_line(found[1].encode("ascii").decode("punycode"))
    except (UnicodeError, OverflowError):
        return found[0]


_ESCAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"&#?[A-Za-z0-9]{1,32};"), _entity),
    (re.compile(r"(?:%[0-9A-Fa-f]{2})+"), _percent),
    (re.compile(r"(?:\\+u[0-9A-Fa-f]{4})+"), _unicode),
    (re.compile(r"\\+x([0-9A-Fa-f]{2})|\\+u\{([0-9A-Fa-f]{1,6})\}"), _point),
    (re.compile(r"\\+[bfnrt\"/]"), lambda _: " "),
    (re.compile(r"\bxn--([A-Za-z0-9-]+)", re.IGNORECASE), _host),
)


def _packed_texts(text: str) -> dict[str, str]:
    """Return what stands in a text in base64.

    >>> _packed_texts("x = 'Wm9lIFByaXZhdGU='")
    {'Wm9lIFByaXZhdGU=': 'Zoe Private'}
    """
    found = {}
    for run in {*_BASE64.findall(text), *_BASE64_LINES.findall(text)}:
        body = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
        try:
            held = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if held.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable():
            found[run] = held
    return found


class _Search:
    """Runs of words, found in any text in one pass."""

    def __init__(self, wanted: Mapping[Words, str]) -> None:
        self.wanted = wanted
        self._single = {run[0] for run in wanted if len(run) == 1}
        self._lengths: dict[tuple[str, str], set[int]] = {}
        for run in wanted:
            if len(run) > 1:
                self._lengths.setdefault((run[0], run[1]), set()).add(len(run))

    def runs(self, words: list[str]) -> Iterator[tuple[int, Words]]:
        """Yield every wanted run with its place."""
        for at, word in enumerate(words):
            if word in self._single:
                yield at, (word,)
        for at, pair in enumerate(pairwise(words)):
            for length in self._lengths.get(pair, ()):
                run = tuple(words[at : at + length])
                if run in self.wanted:
                    yield at, run

    def within(self, text: str) -> Iterator[tuple[int, Words]]:
        """Yield line and words of what stands in a text, in whatever spelling."""
        for reading in _spellings(text):
            for at, run in self.runs(plain_words(reading)):
                yield line_of_word(reading, at), run
        for packed, held in _packed_texts(text).items():
            for _, run in self.runs(plain_words(held)):
                yield text.count("\n", 0, text.index(packed)) + 1, run


def without_project_text(wanted: Mapping[Words, str], texts: Iterable[str]) -> dict[Words, str]:
    """Leave out what the project itself says: it cannot have come from the ledger."""
    search = _Search(wanted)
    said = {run for text in texts for _, run in search.runs(plain_words(text))}
    return {run: what for run, what in wanted.items() if run not in said}


def scan_site(site: Path, wanted: Mapping[Words, str], *, vendored: Iterable[Path] = ()) -> list[Hit]:
    """Look for people in every file of a site: pages, scripts, indexes, pictures' texts, file names."""
    search, folders, hits = _Search(wanted), list(vendored), set()
    for number, file in enumerate(sorted(path for path in site.rglob("*") if path.is_file()), 1):
        place = file.relative_to(site)
        named = {run for _, run in search.within(place.as_posix())}
        shown = f"file number {number} in alphabetical order" if named else place.as_posix()
        hits |= {Hit(shown, 0, wanted[run], run) for run in named}
        content = file.read_bytes()
        copies = (folder / place for folder in folders)
        if not any(copy.is_file() and copy.read_bytes() == content for copy in copies):
            texts = _file_texts(content)
            found = {at for text in texts for at in search.within(text)}
            hits |= {Hit(shown, line, wanted[run], run) for line, run in found}
    return sorted(hits)


def _file_texts(content: bytes) -> list[str]:
    """Return the texts that a file holds: its own, unpacked, or a picture's descriptions."""
    if content.startswith(_PNG):
        return _png_texts(content)
    if content.startswith(b"\x1f\x8b"):
        return [_as_text(gzip.decompress(content))]
    if content.startswith(b"# Sphinx inventory"):  # what mkdocstrings writes for other sites
        head, _, body = content.partition(b"zlib.\n")
        return [_as_text(head), _as_text(zlib.decompress(body))]
    return [_as_text(content)]


def _as_text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8", "replace")


def _png_texts(content: bytes) -> list[str]:
    """Return the texts of all chunks that hold no pixels, compressed ones unpacked."""
    texts, at = [], len(_PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        at += length + 12
        if kind != b"IDAT":
            texts += [body.decode("utf-8", "replace"), body.decode("latin-1")]
            start = body.find(b"\x78")  # zTXt and iTXt: a zlib stream somewhere behind the keyword
            while start >= 0:
                unpacked = _unpacked(body[start:])
                texts += [unpacked] if unpacked else []
                start = body.find(b"\x78", start + 1)
    return texts or [""]


def _unpacked(body: bytes) -> str:
    try:
        return _as_text(zlib.decompressobj().decompress(body))
    except zlib.error:
        return ""
