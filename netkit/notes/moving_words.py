"""Which words moved an answer: a few words at a time are left out and the note is read again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from netkit.notes.heads import Heads
from netkit.notes.phrase_lists import names_in
from netkit.notes.sentence_encoder import encode

# A word, or two signs of a script that writes without blanks.
_WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]{1,2}|[^\W_]+(?:['’.@/%-]+[^\W_]+)*"
)
_ENDS = re.compile(r"[.!?…。！？؟\n](?:\s|$)")  # words of two sentences are not named together
_AT_ONCE = (2, 3, 4, 5)  # so many words are left out together: one alone says little
_MOST_WORDS = 80
_BREVITY = 0.4  # a few words more must move more
_SHARE = 0.5  # of what the strongest words move, to be named beside them
_MOST = 2  # places of a note


def moving_words(text: str, traits: Sequence[str], heads: Heads) -> dict[str, tuple[str, ...]]:
    """Return for each trait the words of a text without which it would be the least probable."""
    words = [match.span() for match in _WORD.finditer(text)][:_MOST_WORDS]
    if not words or not traits:
        return {}
    lengths = {min(n, len(words)) for n in _AT_ONCE}
    every = [(at, at + n) for n in sorted(lengths) for at in range(len(words) - n + 1)]
    names = names_in(text)
    named = [text[slice(*word)].casefold() in names for word in words]
    spans = [
        (at, end)
        for at, end in every
        if not (any(named[at:end]) or _ENDS.search(text, words[at][1], words[end - 1][0]))
    ]
    if not spans:
        return {}
    without = [text[: words[first][0]] + text[words[end - 1][1] :] for first, end in spans]
    likely = heads.probabilities([text, *without], encode([text, *without]))
    return {trait: _named(text, words, spans, _drops(likely, trait)) for trait in traits}


def _drops(likely: Mapping[str, np.ndarray], trait: str) -> np.ndarray:
    odds = np.log(likely[trait] / (1 - likely[trait]))
    return np.asarray(odds[0] - odds[1:])


def _named(
    text: str, words: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]], drops: np.ndarray
) -> tuple[str, ...]:
    """Return the words that move most for their number, and others that move half as much."""
    strength = drops / np.array([end - first for first, end in spans]) ** _BREVITY
    named: list[tuple[int, int]] = []
    for at in np.argsort(-strength, kind="stable"):
        first, end = spans[at]
        if strength[at] <= 0 or (named and strength[at] < _SHARE * strength.max()) or len(named) == _MOST:
            break
        if all(end <= other or first >= after for other, after in named):
            named.append((first, end))
    return tuple(text[words[first][0] : words[end - 1][1]] for first, end in sorted(named))
