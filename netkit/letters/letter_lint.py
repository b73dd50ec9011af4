"""Holds a letter to the manners that the published policies ask for; the word lists are data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netkit.errors import LetterError, did_you_mean
from netkit.plain_yaml import Located, read_yaml

_FILE = Path(__file__).with_name("letter_lint.yaml")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_SHOUT = re.compile(r"!{2,}|\?{3,}|\b[A-ZÀ-ÖØ-Þ]{3,}(?:\s+[A-ZÀ-ÖØ-Þ]{3,})+\b")
_END_PARAGRAPHS = 3


@dataclass(frozen=True)
class LintWarning:
    """One thing in a letter that a clause asks to be otherwise."""

    check: str
    clause: str
    says: str

    def __str__(self) -> str:
        return f"{self.says} ({self.clause})"


def letter_kinds() -> tuple[str, ...]:
    """Return the kinds of letter the linter tells apart.

    >>> "introduction" in letter_kinds()
    True
    """
    return tuple(_checks()["kinds"])


def lint(text: str, kind: str, *, people: Iterable[str] = ()) -> tuple[LintWarning, ...]:
    """Return what in a letter breaks the manners of its kind.

    The linter reads wording, not meaning: it finds what is missing or rude by short lists in seven
    languages (`letters/letter_lint.yaml`) and cannot tell whether the letter is a good one.

    Parameters
    ----------
    text : str
        The letter.
    kind : str
        One of `letter_kinds()`.
    people : iterable of str, optional
        The names of those whose background an introduction must give (PI6); without them it must
        have two sentences of background.

    Returns
    -------
    tuple of LintWarning
        Empty for a letter without fault.

    Raises
    ------
    LetterError
        There is no such kind of letter.

    Examples
    --------
    >>> lint("Stop bothering me.", "reply")[0].clause
    'KP5'
    >>> [each.check for each in lint("Ada, meet Bo. Bo, meet Ada.", "introduction")]
    ['purpose', 'backgrounds', 'mutual-benefit']
    """
    if kind not in letter_kinds():
        raise LetterError(f"There is no kind of letter {kind!r}", did_you_mean(kind, letter_kinds()))
    found = [
        (check, _amiss(check, text, tuple(people)))
        for check in _checks()["checks"]
        if check["kinds"] == "all" or kind in check["kinds"]
    ]
    return tuple(
        LintWarning(check["id"], check["clause"], check["says"].format(found=what))
        for check, what in found
        if what is not None
    )


def letter_patterns() -> list[dict[str, Any]]:
    """Return the checks with the phrases of each as one pattern, for a linter elsewhere.

    >>> [check["id"] for check in letter_patterns()][:2]
    ['friendly-words', 'no-shouting']
    """
    return [
        {key: _sources(value).pattern if isinstance(value, dict) else value for key, value in check.items()}
        for check in _checks()["checks"]
    ]


@cache
def _checks() -> Located:
    return read_yaml(_FILE, error=LetterError)


def _amiss(check: Mapping[str, Any], text: str, people: tuple[str, ...]) -> str | None:
    """Return what was found amiss, in words for the check's sentence; None where nothing is."""
    if "forbid" in check:
        found = _search(check["forbid"], text)
        return found and found.casefold()
    if "no_shouting" in check:
        shout = _SHOUT.search(text)
        return shout and shout[0]
    if "draft_fact" in check:
        # The reader of notes takes longer to load than a letter takes to draft.
        from netkit.notes import read_draft

        return None if read_draft(text)[check["draft_fact"]] == "yes" else ""
    if "each_person" in check:
        return _without_background(check["each_person"], text, people)
    ending = "need_at_end" in check
    part = _ending(text) if ending else text
    return None if _search(check["need_at_end" if ending else "need"], part) else ""


def _without_background(phrases: Mapping[str, list[str]], text: str, people: tuple[str, ...]) -> str | None:
    told = [each for each in _SENTENCE.findall(text) if _search(phrases, each)]
    if not people:
        return None if len(told) > 1 else "each of the two"
    unknown = [name for name in people if not any(_names(name, each) for each in told)]
    return " and ".join(unknown) or None


def _names(name: str, sentence: str) -> bool:
    """Return whether a sentence names a person, by the full name or by a part of it."""
    spoken = set(re.findall(r"\w+", sentence.casefold()))
    return any(word in spoken for word in re.findall(r"\w+", name.casefold()))


def _ending(text: str) -> str:
    paragraphs = [each for each in re.split(r"\n\s*\n", text) if each.strip()]
    return "\n".join(paragraphs[-_END_PARAGRAPHS:])


def _search(phrases: Mapping[str, list[str]], text: str) -> str | None:
    found = _sources(phrases).search(text)
    return found and found[0]


def _sources(phrases: Mapping[str, list[str]]) -> re.Pattern[str]:
    return _pattern(tuple(word for words in phrases.values() for word in words))


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of whole words; what is no word at its edge, such as `?`, needs no edge."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(_one(phrase) for phrase in longest_first), re.IGNORECASE)


def _one(phrase: str) -> str:
    open_end = phrase.endswith("*")
    words = r"\s+".join(re.escape(word) for word in phrase.rstrip("*").split())
    before = r"\b" if phrase[0].isalnum() else ""
    after = r"\w*" if open_end else r"\b" if phrase[-1].isalnum() else ""
    return before + words + after
