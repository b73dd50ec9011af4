"""Reads notes: the phrases say what is certain, the heads above them say the rest or abstain."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html import unescape
from typing import Any

import numpy as np
import pandas as pd

from netkit.notes.corrections import Corrected, corrected, digest_of
from netkit.notes.heads import HEADS, Heads, load_heads
from netkit.notes.moving_words import moving_words
from netkit.notes.phrase_lists import FOLDER, TRAITS, Said, said_for_certain, with_neighbours
from netkit.notes.sentence_encoder import encode, is_installed

_MARKUP = re.compile(r"<[^<>]{0,300}>")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？؟])\s+|(?<=[。！？])|\n+")
# A number or an address of the sender's own.
_CONTACT = re.compile(
    r"(?<![\w.])(?:[+0]|\([+0]?\d{1,4}\) ?)\d(?:[ ()/.-]{0,2}\d){6,}(?!\w)|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
_LACKS = (
    "Notes were read by phrases alone; what no phrase settles is unknown."
    " Install netkit with its extra [notes] and read your archive again to know more."
)
YOURS = " yours "  # in the version of a reader that learned from your corrections
_DATA = "asks_for_money_or_data"
_LONG = 400  # signs; a longer text is read in parts
_MOST_PARTS = 5  # of a long text: the first ones and the last
_AT_ONCE = 500  # texts


class NoteReader:
    """Reads notes, with the sentence encoder where it is installed; else only the phrases speak.

    Parameters
    ----------
    corrections : DataFrame, optional
        Your own word on notes: `text`, `person`, and `note_kind` and the facts below, missing where you
        said nothing. What they teach is tried on notes left out, and used only where that helps.

    Attributes
    ----------
    version : str
        A fingerprint of all that the reader knows; with another one, notes may be read otherwise.
    lacks : str
        What to install so that more of the notes is read; empty where nothing is missing.
    learned : tuple of Corrected
        For each fact what your corrections are, and whether they are used.
    """

    def __init__(self, corrections: pd.DataFrame | None = None) -> None:
        self.version = _fingerprint() + ("" if is_installed() else " phrases only")
        self.lacks = "" if is_installed() else _LACKS
        self.learned: tuple[Corrected, ...] = ()
        self._own: Heads | None = None
        if corrections is not None and is_installed():
            self._own, self.learned = corrected(load_heads(), corrections)
            if any(one.used for one in self.learned):
                self.version += f"{YOURS}{digest_of(corrections)}"

    @property
    def _heads(self) -> Heads:
        return self._own or load_heads()

    def read(self, messages: pd.Series, *, most_signs: float = math.inf) -> pd.DataFrame:
        """Return what each note says, as facts of an invitation.

        Parameters
        ----------
        messages : Series of str, length n
            The notes as sent; missing where there was none. Longer messages are read in parts.
        most_signs : float, optional
            After about so many only the phrases speak, for the encoder takes a minute for ten millions.

        Returns
        -------
        DataFrame, n rows, same index
            `note_kind` (`none`, `default`, `personal`), `note_words`, and `note_says_who`,
            `note_says_why`, `note_recalls_meeting`, `note_sells`, `note_asks_favour`,
            `asks_for_money_or_data` (`yes`, `no`); missing where the reader does not know.
        """
        plain = {text: _plain(text) for text in messages.dropna().unique()}
        said = {text: said_for_certain(read) for text, read in plain.items()}
        open_texts = [text for text, each in said.items() if each.kind not in ("none", "default")]
        for some in _portions(open_texts, most_signs) if is_installed() else ():
            said |= _with_heads(plain, {text: said[text] for text in some}, self._heads)
        return as_facts(messages, said)

    def words_for(self, message: str, read: Mapping[Any, Any] | None = None) -> dict[str, tuple[str, ...]]:
        """Return the words that moved the reader to each fact that a note is read to say.

        Parameters
        ----------
        message : str
            The note as sent.
        read : mapping of str to object, optional
            What was read of it before; the encoder is loaded only for what no phrase says.

        Returns
        -------
        dict of str to tuple of str
            The fact to the phrase that says it, or to the words without which it would be the least
            probable; nothing for what is not said, or not known.
        """
        text = _plain(message)
        said = read or self.read(pd.Series([message], dtype="object")).iloc[0]
        traits = [trait for trait, fact in TRAITS.items() if said.get(fact) == "yes"]
        certain = said_for_certain(text).words_for
        found: dict[str, tuple[str, ...]] = {
            trait: (" ".join(text.split()[slice(*certain[trait])]),) for trait in traits if trait in certain
        }
        open_traits = [trait for trait in traits if trait not in certain]
        for part, some in _by_part(text, open_traits, self._heads).items() if open_traits else ():
            found |= moving_words(part, [trait for trait in some if trait != _DATA], self._heads)
            if _DATA in some:
                moved = moving_words(_without_contact(part), [_DATA], self._heads)
                found |= {_DATA: tuple(words for words in moved.get(_DATA, ()) if words in part)}
        return {
            TRAITS[trait]: tuple(with_neighbours(text, words) for words in found[trait])
            for trait in traits
            if found.get(trait)
        }


def as_facts(messages: pd.Series, said: Mapping[str, Said]) -> pd.DataFrame:
    """Lay out what was read of each text as the facts of an invitation."""
    rows = [facts_of(said.get(text, Said())) for text in messages]
    types = dict.fromkeys(facts_of(Said()), "str") | {"note_words": "Int64"}
    return pd.DataFrame(rows, index=messages.index, columns=list(types), dtype="object").astype(types)


def facts_of(said: Said) -> dict[str, str | int | None]:
    """Return what was read of one text as the facts of an invitation."""
    told = {fact: said.traits[trait] for trait, fact in TRAITS.items()}
    return {"note_kind": said.kind, "note_words": said.words, **told}


def _plain(text: str) -> str:
    """Return a message without its markup; a note that has none stays as it is.

    >>> _plain("<p>Hi &amp; hello</p>"), _plain("a < b")
    (' Hi & hello ', 'a < b')
    """
    return unescape(_MARKUP.sub(" ", text)) if _MARKUP.search(text) else text


def _without_contact(text: str) -> str:
    """Return a text without the telephone numbers and e-mail addresses in it: they are given, not asked for.

    >>> _without_contact("My number is 0664 000 000, or bo@mill.example. In 2019 we paid 100 000 000.")
    'My number is , or . In 2019 we paid 100 000 000.'
    """
    return _CONTACT.sub("", text)


def _portions(texts: Sequence[str], most_signs: float) -> Iterator[Sequence[str]]:
    """Yield as many texts at once as fit into memory with all examples, until enough signs were read."""
    for at in range(0, len(texts), _AT_ONCE):
        if most_signs > 0:
            yield (some := texts[at : at + _AT_ONCE])
            most_signs -= sum(min(len(text), _LONG * _MOST_PARTS) for text in some)


def _by_part(text: str, traits: Sequence[str], heads: Heads) -> dict[str, list[str]]:
    """Return the traits under that part of a text which says them most."""
    parts, found = _parts(text), dict[str, list[str]]()
    if len(parts) == 1:
        return {parts[0]: list(traits)}
    likely = _likely(parts, heads)
    for trait in traits:
        found.setdefault(parts[int(likely[trait].argmax())], []).append(trait)
    return found


def _likely(parts: Sequence[str], heads: Heads) -> dict[str, np.ndarray]:
    """Return how probable each trait of each part is; whether it asks for data, by what it does not give."""
    likely = heads.probabilities(parts, encode(parts))
    if giving := [at for at, part in enumerate(parts) if _CONTACT.search(part)]:
        bare = [_without_contact(parts[at]) for at in giving]
        likely[_DATA][giving] = heads.probabilities(bare, encode(bare))[_DATA]
    return likely


def _with_heads(plain: Mapping[str, str], said: Mapping[str, Said], heads: Heads) -> dict[str, Said]:
    parts = {text: _parts(plain[text]) for text in said}
    flat = [part for each in parts.values() for part in each]
    likely = _likely(flat, heads)
    read, start = {}, 0
    for text, each in parts.items():
        mine = {trait: values[start : start + len(each)] for trait, values in likely.items()}
        read[text] = _answered(said[text], heads, mine)
        start += len(each)
    return read


def _parts(text: str) -> list[str]:
    """Return a text, or of a long one its first parts and the last, each of whole sentences."""
    if len(text) <= _LONG:
        return [text]
    parts = [""]
    for sentence in filter(str.strip, _SENTENCE_END.split(text)):
        if parts[-1] and len(parts[-1]) + len(sentence) > _LONG:
            parts.append("")
        parts[-1] = f"{parts[-1]} {sentence}".strip()[:_LONG]
    return parts if len(parts) <= _MOST_PARTS else [*parts[: _MOST_PARTS - 1], parts[-1]]


def _answered(certain: Said, heads: Heads, likely: Mapping[str, Sequence[float] | np.ndarray]) -> Said:
    """Let the heads answer what the phrases left open: of the parts of a text, the likeliest counts."""
    levels = {trait: band.level(float(max(likely[trait]))) for trait, band in heads.bands.items()}
    default = heads.bands["default"].level(float(min(likely["default"])))
    if certain.kind is None and default == "yes":
        return replace(Said("default"), words=certain.words)
    traits = {trait: certain.traits[trait] or levels[trait] for trait in TRAITS}
    says = certain.kind == "personal" or default == "no" or "yes" in traits.values()
    return replace(certain, kind="personal" if says else None, traits=traits)


@cache
def _fingerprint() -> str:
    digest = sha256()
    for path in [*sorted(FOLDER.glob("??.yaml")), HEADS]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
