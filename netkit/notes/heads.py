"""One logistic head a trait: the words of a note and its likeness to the corpus, weighed; when to abstain.

The weights lie in `heads.json`; `benchmarks/train_notes.py` makes them from the corpus.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from netkit.notes.phrase_lists import folded

HEADS = Path(__file__).with_name("heads.json")
TIMES = 1_000  # places are written as whole thousandths
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Band:
    """When a head answers: yes from `yes` on, no up to `no`, and between them it abstains.

    The probability of a score is logistic, with the slope and the start that grouped cross-validation gave.
    """

    start: float
    slope: float
    yes: float
    no: float

    def probability(self, scores: np.ndarray) -> np.ndarray:
        """Return how probable a yes is."""
        return np.asarray(1 / (1 + np.exp(-(self.start + self.slope * scores))))

    def level(self, probability: float) -> str | None:
        """Return the answer, None for unknown."""
        return "yes" if probability >= self.yes else "no" if probability <= self.no else None


@dataclass(frozen=True)
class Heads:
    """The heads with all that they were learned from: of each example its place and its weight a trait."""

    middle: np.ndarray
    axes: np.ndarray
    width: float
    bands: Mapping[str, Band]
    places: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    words: Mapping[str, np.ndarray]

    def placed(self, vectors: np.ndarray) -> np.ndarray:
        """Return where vectors lie among the examples, in the few directions that matter."""
        return np.asarray((vectors - self.middle) @ self.axes)

    def probabilities(self, texts: Sequence[str], vectors: np.ndarray) -> dict[str, np.ndarray]:
        """Return how probable each trait of each text is."""
        scores = self.biases + likeness(self.placed(vectors), self.places, self.width) @ self.weights
        scores = scores + np.array([self._words_of(text) for text in texts])
        return {
            trait: band.probability(scores[:, column])
            for column, (trait, band) in enumerate(self.bands.items())
        }

    def _words_of(self, text: str) -> np.ndarray:
        found = [self.words[each] for each in sequences(text) if each in self.words]
        return np.asarray(sum(found, np.zeros(len(self.biases))) / max(len(found), 1) ** 0.5)


def sequences(text: str) -> dict[str, None]:
    """Return the words of a text, and those of two and three in a row, each once.

    >>> list(sequences("We met, we met"))
    ['we', 'met', 'we met', 'met we', 'we met we', 'met we met']
    """
    words = _WORD.findall(folded(text).lower())
    return dict.fromkeys(" ".join(words[at : at + n]) for n in (1, 2, 3) for at in range(len(words) - n + 1))


def likeness(one: np.ndarray, other: np.ndarray, width: float) -> np.ndarray:
    """Return how like each place is to each other one, from 0 to 1.

    >>> likeness(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]), 1.5).round(2).tolist()
    [[1.0, 0.05]]
    """
    apart = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    return np.asarray(np.exp(-width * np.maximum(apart, 0)))


@cache
def load_heads() -> Heads:
    """Return the heads that netkit ships."""
    said = json.loads(HEADS.read_text(encoding="utf-8"))
    examples = said["examples"]
    return Heads(
        middle=np.array(said["middle"]) / TIMES,
        axes=np.array(said["axes"]).T / TIMES,
        width=said["width"],
        bands={trait: Band(**head["band"]) for trait, head in said["heads"].items()},
        places=np.array([example["place"] for example in examples]) / TIMES,
        weights=np.array([example["weights"] for example in examples]),
        biases=np.array([head["bias"] for head in said["heads"].values()]),
        words={word: np.array(weights) / TIMES for word, weights in said["words"].items()},
    )
