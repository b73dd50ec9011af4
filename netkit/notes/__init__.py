"""What a note says, from its wording: nothing, the platform's own sentence, or something of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from netkit.notes.languages import (
    FOLDER,
    NO_SPACES,
    TRAITS,
    WORD,
    Language,
    folded,
    languages,
    spoken,
)
from netkit.plain_yaml import read_yaml

_FEW_WORDS = 3  # so short a note is understood without knowing its language


def count_words(text: str) -> int:
    """Count the words of a note; where words are not spaced, two signs count as one.

    Examples
    --------
    >>> count_words("Hi Ada 👋, it's me"), count_words("您好我是王芳")
    (4, 3)
    """
    unspaced = len(NO_SPACES.findall(text))
    return len(WORD.findall(NO_SPACES.sub(" ", folded(text)))) + (unspaced + 1) // 2


def read_notes(messages: pd.Series) -> pd.DataFrame:
    """Return what each note says, as facts of an invitation.

    Examples
    --------
    >>> notes = read_notes(pd.Series([None, "We met at the fair; I am a potter from Ulm."]))
    >>> notes["note_kind"].tolist(), notes["note_recalls_meeting"].tolist()
    (['none', 'personal'], ['no', 'yes'])
    """
    read = {text: _read(text) for text in messages.dropna().unique()}
    nothing = _Said("none", 0, dict.fromkeys(TRAITS, False))
    said = [read.get(text, nothing) for text in messages]
    columns: dict[str, pd.Series] = {
        "note_kind": pd.Series([each.kind for each in said], index=messages.index, dtype="str"),
        "note_words": pd.Series([each.words for each in said], index=messages.index, dtype="Int64"),
    }
    for trait in TRAITS:
        levels = [_level(each.traits[trait]) for each in said]
        columns[f"note_{trait}"] = pd.Series(levels, index=messages.index, dtype="str")
    return pd.DataFrame(columns, index=messages.index)


def read_draft(text: str) -> dict[str, str | int | None]:
    """Return what a note of your own says, as facts about asking.

    Examples
    --------
    >>> read_draft("I am a potter from Ulm and would like to ask you about glazes.")["draft_says_who"]
    'yes'
    """
    said = _read(text)
    return {
        "draft_words": said.words,
        "draft_fits": _level(_length(text) <= _longest_note()),
        "draft_says_who": _level(said.traits["says_who"]),
        "draft_says_why": _level(said.traits["says_why"]),
    }


def _length(text: str) -> int:
    """Return the length as a browser counts it: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@cache
def _longest_note() -> int:
    return int(read_yaml(FOLDER / "platform.yaml")["note_characters"])


def _level(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


@dataclass(frozen=True)
class _Said:
    kind: str
    words: int
    traits: Mapping[str, bool | None]


def _read(text: str) -> _Said:
    note = folded(text)
    if not note:
        return _Said("none", 0, dict.fromkeys(TRAITS, False))
    words = count_words(text)
    if any(_is_default(note, language) for language in languages()):
        return _Said("default", words, dict.fromkeys(TRAITS, False))
    understood = spoken(note)
    return _Said(
        "personal", words, {trait: _says(note, trait, understood, words) for trait in TRAITS}
    )


def _says(note: str, trait: str, understood: list[Language], words: int) -> bool | None:
    """Tell whether a note says something; None where no phrases are written for its language."""
    patterns = [language.traits[trait] for language in understood if trait in language.traits]
    if any(pattern.search(note) for pattern in patterns):
        return True
    return False if patterns or words <= _FEW_WORDS else None


def _is_default(note: str, language: Language) -> bool:
    """Tell whether a note is the platform's sentence with no more than a greeting and a name around it."""
    found = language.default.search(note)
    if not found:
        return False
    before, after = note[: found.start()], note[found.end() :]
    greeting = language.greeting.match(before)
    if greeting:
        before = before[greeting.end() :]
    return _says_nothing(before, language) and _says_nothing(after, language)


def _says_nothing(rest: str, language: Language) -> bool:
    """Tell whether a few words left over are only a name or a closing ("Best regards, Bo Kim")."""
    words = [word for word in WORD.findall(rest) if word.casefold() not in language.closings]
    return len(words) <= 3 and not any(word.islower() for word in words)
