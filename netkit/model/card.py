"""A card of whole points, and what their sum means."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from math import nan
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from netkit.model.wording import RULES, plain

Floats = NDArray[np.float64]

# Beyond this, a chance is not told more exactly.
_NEVER = 0.01


@dataclass(frozen=True)
class Point:
    """The points of one level of a fact.

    Attributes
    ----------
    fact, level : str
        The fact and its level; the fact `(the rules)` has one level, accept, and counts the
        other way for decline.
    points : int
        What it counts.
    """

    fact: str
    level: str
    points: int


@dataclass(frozen=True)
class PointsCard:
    """A card of points, and what their sum means.

    Attributes
    ----------
    points : tuple of Point
        The levels that count; all others count nothing.
    intercept, scale : float
        The log-odds of a sum s are `intercept + scale * s`.
    loss, full_loss : float
        The mean log loss on the history, of the card and of the full model.
    cost_low, cost_high : float
        A 95 % interval of what the card costs, `loss - full_loss`.
    labels : int
        How many labelled requests that is the mean of.
    """

    points: tuple[Point, ...]
    intercept: float
    scale: float
    loss: float
    full_loss: float
    cost_low: float = nan
    cost_high: float = nan
    labels: int = 0

    def add_up(self, levels: pd.DataFrame, score: Floats | None = None) -> NDArray[np.int64]:
        """Return the sum of points of each request.

        Parameters
        ----------
        levels : DataFrame of str, n rows
            The facts as levels.
        score : ndarray, shape (n,), optional
            The rules' score: 1 accept, -1 decline, 0 open; open throughout by default.

        Returns
        -------
        ndarray of int, shape (n,)
            Sums.
        """
        total = np.zeros(len(levels))
        for point in self.points:
            if point.fact == RULES:
                total += point.points * (0.0 if score is None else np.sign(score))
            else:
                total += point.points * (levels[point.fact].to_numpy() == point.level)
        return total.astype(np.int64)

    def probability(self, total: NDArray[np.int64]) -> Floats:
        """Return the probability that a sum of points stands for.

        Parameters
        ----------
        total : ndarray of int, shape (n,)
            Sums.

        Returns
        -------
        ndarray, shape (n,)
            Probabilities.
        """
        return np.asarray(expit(self.intercept + self.scale * total), dtype=np.float64)

    def sums(self) -> pd.DataFrame:
        """Return the table of the card's back: every sum that can occur, with its probability.

        Returns
        -------
        DataFrame
            `points`, `probability`.
        """
        rules = [abs(point.points) for point in self.points if point.fact == RULES]
        by_fact: dict[str, list[int]] = {}
        for point in self.points:
            if point.fact != RULES:
                by_fact.setdefault(point.fact, [0]).append(point.points)
        low = sum(min(some) for some in by_fact.values()) - sum(rules)
        high = sum(max(some) for some in by_fact.values()) + sum(rules)
        total = np.arange(low, high + 1)
        return pd.DataFrame({"points": total, "probability": self.probability(total)})

    def as_dict(self) -> dict[str, Any]:
        """Return the card for JSON.

        Returns
        -------
        dict
            Points, the meaning of their sum, and the losses.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the card that `as_dict` described.

        Parameters
        ----------
        stored : mapping
            What `as_dict` returned.

        Returns
        -------
        PointsCard
            The card.
        """
        points = tuple(Point(**point) for point in stored["points"])
        return cls(**{**stored, "points": points})

    def text(self) -> str:
        """Return the card as one page of plain text.

        Returns
        -------
        str
            The points, the sums, and what the card costs beside the full model.
        """
        rows = [f"{point.points:+3d}  {_said(point)}" for point in self.points]
        stated = (
            f"On the {self.labels:,} labels it was made from, the card's log loss is {self.loss:.4f} a "
            f"request: {self._cost()} than the full model's {self.full_loss:.4f}."
        )
        return "\n".join(
            [
                "Add the points that apply:",
                *rows,
                "",
                "The sum stands for:",
                *self._back(),
                "",
                stated,
            ]
        )

    def _cost(self) -> str:
        """Return what the card costs, or saves, in words: a saving of -0.1 would read as a cost."""
        cost, low, high = self.loss - self.full_loss, self.cost_low, self.cost_high
        if cost < 0:
            return f"{_places(-cost)} [{_places(-high)}, {_places(-low)}] less"
        return f"{_places(cost)} [{_places(low)}, {_places(high)}] more"

    def _back(self) -> list[str]:
        """Return a line for each chance, in whole percent, with the sums that stand for it."""
        back = self.sums()
        chances = [_percent(chance) for chance in back["probability"]]
        lines = []
        for chance, some in groupby(
            zip(back["points"], chances, strict=True), key=lambda one: one[1]
        ):
            totals = [int(total) for total, _ in some]
            ends = str(totals[0]) if len(totals) == 1 else f"{totals[0]} to {totals[-1]}"
            lines.append(f"{ends:>10}: {chance}")
        return lines


def _places(value: float) -> str:
    """Return four places; what rounds to nothing has no sign."""
    return f"{round(value, 4) + 0.0:.4f}"


def _percent(chance: float) -> str:
    """Return a chance as a person would say it; no finite sum of points makes it certain."""
    if chance < _NEVER:
        return f"under {100 * _NEVER:.0f} %"
    if chance > 1 - _NEVER:
        return f"over {100 - 100 * _NEVER:.0f} %"
    return f"{100 * chance:.0f} %"


def _said(point: Point) -> str:
    if point.fact == RULES:
        return "the rules say accept (the other way round if they say decline)"
    return f"{plain(point.fact)}: {plain(point.level)}"
