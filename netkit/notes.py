"""What a note says, from its wording: nothing, the platform's own sentence, or something of its own.

The phrases of each language lie in `phrases/` and are made into patterns of whole words.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from netkit.plain_yaml import read_yaml

__all__ = ["READER", "read_draft", "read_notes"]

READER = 1  # raise it when notes are read otherwise than before: kept traits are read again then
_FEW_WORDS = 3  # so short a note is understood without knowing its language
_FOLDER = Path(__file__).parent / "phrases"
_TRAITS = ("says_who", "says_why", "recalls_meeting", "sells", "asks_favour")
# Scripts that write without spaces: there a word has about two signs.
_NO_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w+(?:['.@/-]+\w+)*")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"'})


@dataclass(frozen=True)
class _Language:
    """How notes are worded in one language."""

    name: str
    default: re.Pattern[str]
    greeting: re.Pattern[str]
    marks: frozenset[str]
    closings: frozenset[str]
    traits: Mapping[str, re.Pattern[str]]


@dataclass(frozen=True)
class _Said:
    kind: str = "none"
    words: int = 0
    traits: Mapping[str, bool | None] = field(default_factory=lambda: dict.fromkeys(_TRAITS, False))


def _count_words(text: str) -> int:
    """Count the words of a note; where words are not spaced, two signs count as one.

    Examples
    --------
    >>> _count_words("Hi Ada 👋, it's me"), _count_words("您好我是王芳")
    (4, 3)
    """
    unspaced = len(_NO_SPACES.findall(text))
    return len(_WORD.findall(_NO_SPACES.sub(" ", _folded(text)))) + (unspaced + 1) // 2


def read_notes(messages: pd.Series) -> pd.DataFrame:
    """Return what each note says, as facts of an invitation.

    Parameters
    ----------
    messages : Series of str, length n
        The notes as sent; missing where there was none.

    Returns
    -------
    DataFrame, n rows, same index
        `note_kind` (`none`, `default`, `personal`), `note_words`, and `note_says_who`,
        `note_says_why`, `note_recalls_meeting`, `note_sells`, `note_asks_favour` (`yes`, `no`,
        or missing where the note's language is not one that netkit reads).

    Examples
    --------
    >>> notes = read_notes(pd.Series([None, "We met at the fair; I am a potter from Ulm."]))
    >>> notes["note_kind"].tolist(), notes["note_recalls_meeting"].tolist()
    (['none', 'personal'], ['no', 'yes'])
    """
    read = {text: _read(text) for text in messages.dropna().unique()}
    said = [read.get(text, _Said()) for text in messages]
    columns = {
        "note_kind": [each.kind for each in said],
        "note_words": [each.words for each in said],
        **{f"note_{trait}": [_level(each.traits[trait]) for each in said] for trait in _TRAITS},
    }
    types = dict.fromkeys(columns, "str") | {"note_words": "Int64"}
    return pd.DataFrame(columns, index=messages.index, dtype="object").astype(types)


def read_draft(text: str) -> dict[str, str | int | None]:
    """Return what a note of your own says, as facts about asking.

    Parameters
    ----------
    text : str
        The draft.

    Returns
    -------
    dict
        `draft_words`, `draft_fits` (into the platform's limit), `draft_says_who`,
        `draft_says_why`; None where it cannot be told.

    Examples
    --------
    >>> read_draft("I am a potter from Ulm and would like to ask you about glazes.")["draft_says_who"]
    'yes'
    """
    said = _read(text)
    return {
        "draft_words": said.words,
        # As a browser counts: an emoji is two.
        "draft_fits": _level(len(text.encode("utf-16-le", "surrogatepass")) // 2 <= _longest_note()),
        "draft_says_who": _level(said.traits["says_who"]),
        "draft_says_why": _level(said.traits["says_why"]),
    }


@cache
def _longest_note() -> int:
    return int(read_yaml(_FOLDER / "platform.yaml")["note_characters"])


def _level(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _read(text: str) -> _Said:
    note = _folded(text)
    if not note:
        return _Said()
    words = _count_words(text)
    if any(_is_default(note, language) for language in _languages()):
        return _Said("default", words)
    understood = _spoken(note)
    traits = {trait: _says(note, trait, understood, words) for trait in _TRAITS}
    return _Said("personal", words, traits)


def _says(note: str, trait: str, understood: list[_Language], words: int) -> bool | None:
    """Tell whether a note says something; None where no phrases are written for its language."""
    patterns = [language.traits[trait] for language in understood if trait in language.traits]
    if any(pattern.search(note) for pattern in patterns):
        return True
    return False if patterns or words <= _FEW_WORDS else None


def _is_default(note: str, language: _Language) -> bool:
    """Tell whether a note is the platform's sentence with no more than a greeting and a name around it."""
    found = language.default.search(note)
    if not found:
        return False
    before, after = note[: found.start()], note[found.end() :]
    greeting = language.greeting.match(before)
    if greeting:
        before = before[greeting.end() :]
    return _says_nothing(before, language) and _says_nothing(after, language)


def _says_nothing(rest: str, language: _Language) -> bool:
    """Tell whether a few words left over are only a name or a closing ("Best regards, Bo Kim")."""
    words = [word for word in _WORD.findall(rest) if word.casefold() not in language.closings]
    return len(words) <= 3 and not any(word.islower() for word in words)


def _folded(text: str) -> str:
    r"""Return a note as it is compared: no accents, no invisible marks, one kind of apostrophe.

    Examples
    --------
    >>> _folded("I’d  like\nto add Zoë")
    "I'd like to add Zoe"
    """
    apart = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    kept = (sign for sign in apart if unicodedata.category(sign) not in ("Mn", "Cf"))
    return " ".join("".join(kept).split())


@cache
def _languages() -> tuple[_Language, ...]:
    """Return the languages that have a file in `phrases/`.

    Examples
    --------
    >>> [language.name for language in _languages()][:3]
    ['English', 'German', 'French']
    """
    codes = [path.stem for path in sorted(_FOLDER.glob("??.yaml"))]
    first = [code for code in ("en", "de", "fr", "es", "pt", "it", "nl") if code in codes]
    return tuple(_language(code) for code in dict.fromkeys([*first, *codes]))


def _language(code: str) -> _Language:
    declared = read_yaml(_FOLDER / f"{code}.yaml")
    greetings = _any_of(declared["greetings"]).pattern
    return _Language(
        name=declared["language"],
        default=_any_of(declared["default"]),
        greeting=re.compile(rf"\W*{greetings}[^,.!:;\n]*[,.!:;]*", re.IGNORECASE),
        marks=frozenset(_lower(declared["marks"])),
        closings=frozenset(" ".join(_lower(declared["closings"])).split()),
        traits={trait: _any_of(declared[trait]) for trait in _TRAITS if trait in declared},
    )


def _lower(words: Iterable[object]) -> list[str]:
    return [_folded(str(word)).casefold() for word in words]


def _any_of(phrases: Iterable[object]) -> re.Pattern[str]:
    patterns = [_pattern_of(_folded(str(phrase))) for phrase in phrases]
    return re.compile("|".join(patterns), re.IGNORECASE)


def _pattern_of(phrase: str) -> str:
    """Turn a phrase into a pattern of whole words.

    Examples
    --------
    >>> bool(re.search(_pattern_of("we met * (at|in)"), "we met last week in Ulm"))
    True
    """
    phrase = phrase.strip(" *")
    # An option without a blank of its own takes the blank before it along.
    phrase = re.sub(r" (\((?:[^()]*[^ ()])\))\?", r"( \1)?", phrase)
    written = re.sub(r"[^\w\s*()|?]", lambda sign: re.escape(sign[0]), phrase).replace("(", "(?:")
    written = re.sub(r"\s*\*\s*", lambda gap: (" " if gap[0][0] == " " else "") + "*", written)
    written = written.replace("*,", r"(?:\w+[^\w,]+){0,3}?\w+,")
    pattern = written.replace("*", r"(?:\w+\W+){0,4}?").replace(" ", r"\W+")
    start = "" if _NO_SPACES.match(phrase) or phrase[0] == "%" else r"(?<!\w)"
    end = "" if _NO_SPACES.match(phrase[-1]) else r"(?!\w)"
    return f"{start}(?:{pattern}){end}"


def _spoken(note: str) -> list[_Language]:
    """Return the languages a note may be in: those with the most of their small words in it.

    Examples
    --------
    >>> [language.name for language in _spoken("wir haben uns bei dir in Ulm getroffen")]
    ['German']
    """
    words = set(_WORD.findall(note.casefold()))
    counted = [
        (len(words & language.marks) + bool(language.greeting.match(note)) / 2, language)
        for language in _languages()
    ]
    most = max(hits for hits, _ in counted)
    return [language for hits, language in counted if hits > 0 and hits * 2 >= most]
