"""One logistic head a trait: how like a note is to the notes of the corpus, weighed, and when to abstain.

The weights lie in `heads.json`; `benchmarks/train_notes.py` makes them from the corpus.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

HEADS = Path(__file__).with_name("heads.json")
TIMES = 1_000  # places are written as whole thousandths


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

    def placed(self, vectors: np.ndarray) -> np.ndarray:
        """Return where vectors lie among the examples, in the few directions that matter."""
        return np.asarray((vectors - self.middle) @ self.axes)

    def probabilities(self, places: np.ndarray, lessons: "Lessons | None" = None) -> dict[str, np.ndarray]:
        """Return how probable each trait is, at each place; your own lessons are added."""
        scores = self.biases + likeness(places, self.places, self.width) @ self.weights
        if lessons is not None:
            scores = scores + likeness(places, lessons.places, self.width) @ lessons.weights
        return {
            trait: band.probability(scores[:, column])
            for column, (trait, band) in enumerate(self.bands.items())
        }


@dataclass(frozen=True)
class Lessons:
    """What your own corrections add: of each note that you corrected its place and its weight a trait."""

    places: np.ndarray
    weights: np.ndarray


def likeness(one: np.ndarray, other: np.ndarray, width: float) -> np.ndarray:
    """Return how like each place is to each other one, from 0 to 1.

    >>> likeness(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]), 1.5).round(2).tolist()
    [[1.0, 0.05]]
    """
    apart = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    return np.asarray(np.exp(-width * np.maximum(apart, 0)))


def fit_weights(alike: np.ndarray, answers: np.ndarray, before: np.ndarray, looseness: float) -> np.ndarray:
    """Return the weights of examples that make their answers (1 or 0) probable, and stay small.

    Answers are n x traits, NaN where one is missing; `before` is the score that each has already.
    """
    values, directions = np.linalg.eigh(alike)
    kept = values > 1e-4 * values[-1]
    roots = np.sqrt(values[kept])
    features = directions[:, kept] * roots
    slopes = [
        _slopes(features, column, score, looseness) for column, score in zip(answers.T, before.T, strict=True)
    ]
    return np.asarray(directions[:, kept] @ (np.column_stack(slopes) / roots[:, None]))


def _slopes(features: np.ndarray, answers: np.ndarray, before: np.ndarray, looseness: float) -> np.ndarray:
    sides = np.select([np.isnan(answers), answers > 0.5], [0.0, 1.0], -1.0)

    def loss(slopes: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sides * (before + features @ slopes)
        pulls = -sides / (1 + np.exp(np.minimum(margins, 500)))
        value = looseness * np.logaddexp(0, -margins) @ abs(sides) + slopes @ slopes / 2
        return float(value), looseness * features.T @ pulls + slopes

    start = np.zeros(features.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x)


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
    )


def write_heads(heads: Heads, about: str, notes: Sequence[str], path: Path = HEADS) -> None:
    """Write heads as JSON, one example a line, so that a person can read and compare them."""
    whole = {
        "about": about,
        "width": heads.width,
        "heads": {
            trait: {
                "bias": round(float(bias), 3),
                "band": {name: round(float(value), 4) for name, value in vars(band).items()},
            }
            for (trait, band), bias in zip(heads.bands.items(), heads.biases, strict=True)
        },
        "middle": _thousandths(heads.middle),
    }
    rows = [_line(_thousandths(axis)) for axis in heads.axes.T]
    examples = [
        _line({"note": note, "weights": np.round(weights, 3).tolist(), "place": _thousandths(place)})
        for note, weights, place in zip(notes, heads.weights, heads.places, strict=True)
    ]
    head = json.dumps(whole, ensure_ascii=False, indent=1).replace(
        json.dumps(whole["middle"], indent=1).replace("\n", "\n "), _line(whole["middle"])
    )
    body = f',\n "axes": [\n{_listed(rows)}\n ],\n "examples": [\n{_listed(examples)}\n ]\n}}\n'
    path.write_text(head.removesuffix("\n}") + body, encoding="utf-8", newline="\n")


def _thousandths(values: np.ndarray) -> list[int]:
    return [int(value) for value in np.round(values * TIMES)]


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _listed(lines: Sequence[str]) -> str:
    return ",\n".join("  " + line for line in lines)
