"""The model as a card of whole points that a person can add up by hand."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, xlogy

from netkit.model.counted import Counted
from netkit.model.encoding import Column
from netkit.model.newton import fit_newton
from netkit.model.one_thread import one_thread
from netkit.model.patterns import Patterns, merged
from netkit.model.scoring import Scoring
from netkit.model.strength import learn
from netkit.model.wording import RULES, plain

Floats = NDArray[np.float64]

# Eight facts fit on a page and in a head; points of at most five can be added without paper.
FACTS, LARGEST, MULTIPLIERS = 8, 5, 46
# So weak that it only matters where the points separate the labels.
_SLOPE_SD = 2.0


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
    """

    points: tuple[Point, ...]
    intercept: float
    scale: float
    loss: float
    full_loss: float

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

    def text(self) -> str:
        """Return the card as one page of plain text.

        Returns
        -------
        str
            The points, the sums, and what the card costs beside the full model.
        """
        rows = [f"{point.points:+3d}  {_said(point)}" for point in self.points]
        back = self.sums()
        shown = back.iloc[:: max(1, len(back) // 12)]
        pairs = zip(shown["points"].tolist(), shown["probability"].tolist(), strict=True)
        sums = [f"{total:4d}: {100 * chance:3.0f} %" for total, chance in pairs]
        cost = f"log loss {self.loss:.4f} a request; the full model's is {self.full_loss:.4f}"
        return "\n".join(
            ["Add the points that apply:", *rows, "", "The sum stands for:", *sums, "", cost]
        )


@one_thread
def points_card(scoring: Scoring, counted: Counted) -> PointsCard:
    """Round the model to points: at most eight facts, at most five points a level.

    The facts that move the history's log-odds most are kept and fitted anew; of 46 multipliers
    the one is taken whose rounded points, with two numbers fitted to their sum, lose least.

    Parameters
    ----------
    scoring : Scoring
        The fitted model.
    counted : Counted
        The history.

    Returns
    -------
    PointsCard
        The card.
    """
    named, design, values = _kept(scoring, counted)
    full = _full_loss(scoring, counted)
    largest = max(float(np.abs(values).max(initial=0.0)), 1e-9)
    cards = []
    for reach in np.geomspace(0.6, LARGEST + 0.49, MULTIPLIERS):
        points = np.rint(values * reach / largest)
        cards.append(_recalibrated(_points(named, points), design @ points, counted, full))
    return min(cards, key=lambda card: card.loss)


@one_thread
def unit_tally(scoring: Scoring, counted: Counted) -> PointsCard:
    """Return the humblest card: one point for or against, for the same facts.

    Parameters
    ----------
    scoring : Scoring
        The fitted model.
    counted : Counted
        The history.

    Returns
    -------
    PointsCard
        The card.
    """
    named, design, values = _kept(scoring, counted)
    full = _full_loss(scoring, counted)
    # Less than a tenth of the largest effect is no reason for a point.
    points = np.where(np.abs(values) < 0.1 * np.abs(values).max(initial=0.0), 0.0, np.sign(values))
    return _recalibrated(_points(named, points), design @ points, counted, full)


def _kept(scoring: Scoring, counted: Counted) -> tuple[list[Column], Floats, Floats]:
    """Return the columns of the facts that move the history's log-odds most, fitted anew."""
    design, columns = scoring.encoder.design(counted.levels), scoring.encoder.columns
    score = np.zeros(len(counted.total)) if counted.score is None else np.sign(counted.score)
    moved = {RULES: scoring.slope * score}
    for place, column in enumerate(columns):
        moved[column.fact] = moved.get(column.fact, 0.0) + design[:, place] * scoring.coef[place]
    spread = {fact: _spread(part, counted.total) for fact, part in moved.items()}
    chosen = [fact for fact in sorted(spread, key=lambda fact: -spread[fact]) if spread[fact] > 0]
    kept = [place for place, column in enumerate(columns) if column.fact in chosen[:FACTS]]
    named, part = [columns[place] for place in kept], design[:, kept]
    start = score if RULES in chosen[:FACTS] else None
    values = learn(Patterns(part, counted.ones, counted.total, start)).coef[
        2 - (start is not None) :
    ]
    if start is None:
        return named, part, values
    return [Column(RULES, "accept"), *named], np.column_stack([start, part]), values


def _points(named: list[Column], points: Floats) -> tuple[Point, ...]:
    rows = [
        Point(column.fact, column.level, int(value))
        for column, value in zip(named, points, strict=True)
        if value
    ]
    return tuple(sorted(rows, key=lambda point: -abs(point.points)))


def _recalibrated(
    points: tuple[Point, ...], total: Floats, counted: Counted, full: float
) -> PointsCard:
    """Fit level and slope to the sums of points, the slope held by a weak prior."""
    patterns = merged(Patterns(total[:, None], counted.ones, counted.total))
    fit = fit_newton(patterns, np.zeros(2), np.array([0.0, _SLOPE_SD**-2.0]))
    intercept, scale = fit.coef.tolist()
    card = expit(intercept + scale * total)
    return PointsCard(points, intercept, scale, _loss(card, counted), full)


def _full_loss(scoring: Scoring, counted: Counted) -> float:
    score = np.zeros(len(counted.total)) if counted.score is None else counted.score
    return _loss(expit(scoring.log_odds(counted.levels, score)[0]), counted)


def _loss(chance: Floats, counted: Counted) -> float:
    gained = xlogy(counted.ones, chance) + xlogy(counted.total - counted.ones, 1 - chance)
    return float(-gained.sum() / counted.total.sum())


def _spread(values: Floats, weights: Floats) -> float:
    mean = np.average(values, weights=weights)
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def _said(point: Point) -> str:
    if point.fact == RULES:
        return "the rules say accept (the other way round if they say decline)"
    return f"{plain(point.fact)}: {plain(point.level)}"
