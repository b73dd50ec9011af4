"""Reads a list of invitations as copied from the platform's page: name, headline, contacts, note, day."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from netkit.plain_yaml import read_yaml

_DAYS = {"hours": 0, "days": 1, "weeks": 7, "months": 30, "years": 365}
_LONGEST_NAME = 80  # signs
_MOST_WORDS = 7
_LONGEST_HEADLINE = 230  # signs; the platform allows 220
_AND = r"[,、]| (?:and|und|et|y|e|en|i|och|og|ve|и) |さんと"  # between the names of contacts in common
_LONGEST_SAID = 300  # signs of what the page says itself
_QUOTES = "\"“”„«»‘’'"


@dataclass(frozen=True)
class PastedInvitation:
    """One invitation of the page; `sent_on` is as exact as the page, which says weeks after a week."""

    name: str
    sent_on: date
    headline: str | None = None
    mutual: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class Pasted:
    """The invitations of a page, and the lines that could not be understood."""

    invitations: tuple[PastedInvitation, ...]
    not_understood: tuple[str, ...] = ()


def read_pasted(text: str, on: date) -> Pasted:
    r"""Read what was copied from the page of invitations on a day, with its buttons, without, or as a table.

    >>> page = "Ana Example\nHead of Ops at Acme\n3 mutual connections\n2 weeks ago\nIgnore\nAccept\n"
    >>> read_pasted(page, date(2024, 3, 15)).invitations[0].mutual
    3
    """
    found: list[PastedInvitation] = []
    lost: list[str] = []
    marked = "\t" in text or any(_kind(" ".join(line.split())) == "buttons" for line in text.splitlines())
    for block in _blocks(text):
        read = _invitation(block, on, marked=marked)
        if isinstance(read, PastedInvitation):
            found.append(read)
        else:
            lost += read
    return Pasted(tuple(dict.fromkeys(found)), tuple(lost))


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the lines of each invitation, however the page was copied."""
    lines = [" ".join(line.split(" ")).strip() for line in text.splitlines()]
    rows = [line for line in lines if "\t" in line]
    if rows and len(rows) >= sum(map(bool, lines)) / 2:  # a table, as a spreadsheet copies it
        yield from ([cell.strip() for cell in row.split("\t") if cell.strip()] for row in rows)
        yield from ([line] for line in lines if line and "\t" not in line)
    elif any(_kind(line) == "buttons" for line in lines):
        yield from _between(lines, lambda line: _kind(line) == "buttons")
    elif any(not line for line in lines[1:-1]):
        yield from _between(lines, lambda line: not line)
    else:
        yield from _after_days(lines)


def _between(lines: Sequence[str], ends: Any) -> Iterator[list[str]]:  # noqa: ANN401 - a question about a line
    for at_end, block in groupby(lines, key=ends):
        if not at_end and (kept := [line for line in block if line]):
            yield kept


def _after_days(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield blocks that end with when they were sent, which each invitation on the page says last."""
    block: list[str] = []
    for line in filter(None, lines):
        block.append(line)
        if _kind(line) == "ago":
            yield block
            block = []
    if block:
        yield block


def _invitation(block: Sequence[str], on: date, *, marked: bool) -> PastedInvitation | list[str]:
    """Return the invitation that some lines are, or the lines that cannot be one.

    On a page without buttons the day or the contacts in common tell an invitation from any other lines.
    """
    texts: list[str] = []
    mutual, days = None, 0
    marked = marked or any(_kind(line) in ("mutual", "ago") for line in block)
    for line in block:
        kind = _kind(line)
        if kind == "mutual":
            mutual = _mutual(line)
        elif kind == "ago":
            days = _days(line)
        elif kind == "elsewhere":
            return [line]
        elif kind is None and line not in texts:  # the page writes a name for the eye and for the ear
            texts.append(line)
    if not texts:
        return []
    name, *rest = texts
    if not (marked and _is_name(name)):
        return texts
    is_note = rest and (rest[0][:1] in _QUOTES or len(rest[0]) > _LONGEST_HEADLINE)
    headline = rest.pop(0) if rest and not is_note else None
    note = "\n".join(rest).strip(_QUOTES + " ") or None
    return PastedInvitation(name, on - timedelta(days=days), headline, mutual, note)


def _is_name(line: str) -> bool:
    ends = line.endswith((".", "!", "?", ":", ",")) and not re.search(r"\b\w{1,3}\.$", line)
    words, begins = line.split(), re.search(r"\w", line)  # some put a picture before their name
    is_short = len(line) <= _LONGEST_NAME and len(words) <= _MOST_WORDS
    return not ends and is_short and line[:1] not in _QUOTES and bool(begins and begins[0].isalpha())


@cache
def _kind(line: str) -> str | None:
    if len(line) > _LONGEST_SAID:
        return None
    return next((kind for kind, pattern in _patterns() if pattern.fullmatch(line)), None)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    said = read_yaml(Path(__file__).with_suffix(".yaml"))
    return tuple((kind, re.compile(each, re.IGNORECASE)) for kind, lines in said.items() for each in lines)


def _match(kind: str, line: str) -> dict[str, str]:
    fits = (pattern.fullmatch(line) for of, pattern in _patterns() if of == kind)
    return {name: text for fit in fits if fit for name, text in fit.groupdict().items() if text is not None}


def _mutual(line: str) -> int:
    found = _match("mutual", line)
    if "count" in found:
        return int(found["count"])
    names = [name for name in re.split(_AND, found["names"]) if name.strip()]
    return len(names) + int(found.get("others", 0))


def _days(line: str) -> int:
    found = _match("ago", line)
    unit = next(name for name in _DAYS if name in found)
    return _DAYS[unit] * (2 if "two" in found else int(found.get("n", 1)))
