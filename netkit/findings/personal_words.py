"""What the ledger holds of people, as runs of words to look for: names, addresses, firms, notes."""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from netkit.errors import FindingError
from netkit.name_spellings import name_orders, name_words
from netkit.people import profile_slug
from netkit.plain_yaml import Located, read_yaml

_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def plain_words(text: str) -> list[str]:
    """Return a text's words as they are compared: NFKC, case-folded, whatever stands between them.

    >>> plain_words("Zoe_PRIVATE-1a, caf\u0065\u0301")
    ['zoe', 'private', '1a', 'café']
    """
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return unicodedata.normalize("NFKC", text)


def line_of_word(text: str, place: int) -> int:
    """Return the line on which a text's word stands."""
    folded = _folded(text)
    for number, found in enumerate(_WORD.finditer(folded)):
        if number == place:
            return folded.count("\n", 0, found.start()) + 1
    return 1


Words = tuple[str, ...]
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@cache
def guard_rules() -> Located:
    """Return the guard's rules from `guard.yaml`.

    >>> guard_rules()["run_of_words"]
    6
    """
    return read_yaml(Path(__file__).with_name("guard.yaml"), error=FindingError)


def personal_words(ledger: Path, ordinary: frozenset[str] = frozenset()) -> dict[Words, str]:
    """Return every run of words that would give a person in the ledger away."""
    found: dict[Words, str] = {}
    with closing(sqlite3.connect(ledger)) as connection:
        for table, columns in guard_rules()["personal"].items():
            for column, kind in columns.items():
                rows = connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
                for (value,) in rows:
                    for words, what in _told(str(kind), str(value), ordinary):
                        found.setdefault(words, what)
    for words in _whole(plain_words(str(ledger.parent.absolute()))):
        found.setdefault(words, "the place of your workspace")
    return found


def _told(kind: str, value: str, ordinary: frozenset[str]) -> Iterator[tuple[Words, str]]:
    """Yield the words that give one value away, by what its column holds."""
    for address in _EMAIL.findall(value):
        yield from ((words, "an e-mail address") for words in _whole(plain_words(address)))
    if kind == "json":
        for text in _texts(json.loads(value)):
            yield from _told("name" if len(text.split()) in (2, 3) else "text", text, ordinary)
    elif kind == "person":
        key, _, rest = value.partition(":")
        kind = {"in": "slug", "name": "name"}.get(key, "url")
        yield from _told(kind, rest or value, ordinary)
    else:
        rule, what = _RULES[kind]
        yield from ((words, what) for words in rule(value, ordinary))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON holds anything
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _distinctive(word: str, ordinary: frozenset[str]) -> bool:
    """Return whether a single word can give somebody away.

    >>> _distinctive("zwiebelfisch", frozenset()), _distinctive("ana", frozenset())
    (True, False)
    """
    least = guard_rules()["single_word"]
    if word in ordinary or word in guard_rules()["mentioned"]:
        return False
    if word.isdigit():
        return bool(len(word) >= least["digits"])
    return bool(len(word) >= (least["letters"] if word.isascii() else 2))


def _whole(words: Iterable[str]) -> list[Words]:
    """Return several words as one run, where it is long enough to say something."""
    run = tuple(words)
    return [run] if len(run) > 1 and _long_enough(run, "several_words") else []


def _long_enough(words: Iterable[str], rule: str) -> bool:
    return bool(sum(map(len, words)) >= guard_rules()[rule]["letters"])


def _one_or_whole(words: list[str], ordinary: frozenset[str]) -> list[Words]:
    if len(words) == 1:
        return [tuple(words)] if _distinctive(words[0], ordinary) else []
    return _whole(words)


def _name(value: str, ordinary: frozenset[str]) -> list[Words]:
    short = name_words(value)
    orders = name_orders(short) if len(short) > 1 else [short]
    together = [
        ["".join(order)] for order in orders if len(order) > 1 and _long_enough(order, "run_together")
    ]
    return [run for form in (plain_words(value), *orders, *together) for run in _one_or_whole(form, ordinary)]


def _slug(value: str, ordinary: frozenset[str]) -> list[Words]:
    words = plain_words(value)
    return [*_one_or_whole(words, ordinary), *_whole(["linkedin", "com", "in", *words])]


def _url(value: str, ordinary: frozenset[str]) -> list[Words]:
    slug = profile_slug(value)
    words = [word for word in plain_words(unquote(value)) if word not in ("http", "https", "www")]
    return (_slug(slug, ordinary) if slug else []) + (_whole(words) if len(words) > 2 else [])


def _company(value: str, ordinary: frozenset[str]) -> list[Words]:
    words = plain_words(value)
    bare = list(words)
    while len(bare) > 1 and bare[-1] in guard_rules()["company_suffixes"]:
        bare.pop()
    return [run for form in (words, bare) for run in _one_or_whole(form, ordinary)]


def _phrase(value: str, ordinary: frozenset[str]) -> list[Words]:
    words = plain_words(value)
    if not any(_distinctive(word, ordinary) for word in words):
        return []
    return _one_or_whole(words, ordinary)


def _text(value: str, ordinary: frozenset[str]) -> list[Words]:
    words, run = plain_words(value), guard_rules()["run_of_words"]
    if len(words) < run:
        return _phrase(value, ordinary)
    return [tuple(words[at : at + run]) for at in range(len(words) - run + 1)]


def _request(value: str, ordinary: frozenset[str]) -> list[Words]:
    return _whole(plain_words(value))


_RULES = {
    "company": (_company, "a company"),
    "name": (_name, "a name"),
    "phrase": (_phrase, "a position or skill"),
    "platform_id": (_request, "a number of the platform"),
    "request": (_request, "a request's key"),
    "slug": (_slug, "a profile address"),
    "text": (_text, "a note or text"),
    "url": (_url, "a profile address"),
}
