"""How notes are worded in each language: phrase lists from `phrases/`, made into patterns of whole words."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from netkit.plain_yaml import read_yaml

FOLDER = Path(__file__).parent.parent / "phrases"
TRAITS = ("says_who", "says_why", "recalls_meeting", "sells", "asks_favour")
# Scripts that write without spaces: there a word has about two signs.
NO_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
WORD = re.compile(r"\w+(?:['.@/-]+\w+)*")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"'})


@dataclass(frozen=True)
class Language:
    """How notes are worded in one language."""

    name: str
    default: re.Pattern[str]
    greeting: re.Pattern[str]
    marks: frozenset[str]
    closings: frozenset[str]
    traits: Mapping[str, re.Pattern[str]]


def folded(text: str) -> str:
    r"""Return a note as it is compared: no accents, no invisible marks, one kind of apostrophe.

    Examples
    --------
    >>> folded("I’d  like\nto add Zoë")
    "I'd like to add Zoe"
    """
    apart = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    kept = (sign for sign in apart if unicodedata.category(sign) not in ("Mn", "Cf"))
    return " ".join("".join(kept).split())


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages that have a file in `phrases/`.

    Examples
    --------
    >>> [language.name for language in languages()][:3]
    ['English', 'German', 'French']
    """
    codes = [path.stem for path in sorted(FOLDER.glob("??.yaml"))]
    first = ["en", "de", "fr", "es", "pt", "it", "nl"]
    return tuple(_language(code) for code in sorted(codes, key=lambda code: _place(code, first)))


def _place(code: str, first: list[str]) -> tuple[int, str]:
    return (first.index(code) if code in first else len(first), code)


def _language(code: str) -> Language:
    declared = read_yaml(FOLDER / f"{code}.yaml")
    return Language(
        name=declared["language"],
        default=_any_of(declared["default"]),
        greeting=re.compile(
            rf"\W*{_any_of(declared['greetings']).pattern}[^,.!:;\n]*[,.!:;]*", re.I
        ),
        marks=frozenset(_lower(declared["marks"])),
        closings=frozenset(
            word for words in _lower(declared["closings"]) for word in words.split()
        ),
        traits={trait: _any_of(declared[trait]) for trait in TRAITS if trait in declared},
    )


def _lower(words: Iterable[object]) -> list[str]:
    return [folded(str(word)).casefold() for word in words]


def _any_of(phrases: Iterable[object]) -> re.Pattern[str]:
    return re.compile(
        "|".join(pattern_of(folded(str(phrase))) for phrase in phrases), re.IGNORECASE
    )


def pattern_of(phrase: str) -> str:
    """Turn a phrase into a pattern of whole words.

    Examples
    --------
    >>> bool(re.search(pattern_of("we met * (at|in)"), "we met last week in Ulm"))
    True
    """
    phrase = phrase.strip(" *")
    # An option without a blank of its own takes the blank before it along.
    phrase = re.sub(r" (\((?:[^()]*[^ ()])\))\?", r"( \1)?", phrase)
    written = re.sub(r"[^\w\s*()|?]", lambda sign: re.escape(sign[0]), phrase).replace("(", "(?:")
    written = re.sub(r"\s*\*\s*", lambda gap: (" " if gap[0][0] == " " else "") + "*", written)
    written = written.replace("*,", r"(?:\w+[^\w,]+){0,3}?\w+,")
    pattern = written.replace("*", r"(?:\w+\W+){0,4}?").replace(" ", r"\W+")
    start = "" if NO_SPACES.match(phrase) or phrase[0] == "%" else r"(?<!\w)"
    end = "" if NO_SPACES.match(phrase[-1]) else r"(?!\w)"
    return f"{start}(?:{pattern}){end}"


def spoken(note: str) -> list[Language]:
    """Return the languages a note may be in: those with the most of their small words in it.

    Examples
    --------
    >>> [language.name for language in spoken("wir haben uns bei dir in Ulm getroffen")]
    ['German']
    """
    words = set(WORD.findall(note.casefold()))
    counted = [
        (len(words & language.marks) + bool(language.greeting.match(note)) / 2, language)
        for language in languages()
    ]
    most = max(hits for hits, _ in counted)
    return [language for hits, language in counted if hits > 0 and hits * 2 >= most]
