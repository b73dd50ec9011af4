"""The model as a card of whole points that a person can add up by hand."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from math import nan
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from netkit.facts.level_words import fact_words
from netkit.model.averaging import average_priors
from netkit.model.effect_wording import RULES
from netkit.model.encoding import Column
from netkit.model.patterns import Counted, Patterns
from netkit.model.scored_answers import TWO_SIDED_95, AdditiveScore
from netkit.model.solvers import fit_newton, one_thread
from netkit.row_counts import Floats

# Eight facts fit on a page and in a head; points of at most five can be added without paper.
_FACTS, _LARGEST, _MULTIPLIERS = 8, 5, 46
# So weak that it only matters where the points separate the labels.
_SLOPE_SD = 2.0
# Beyond this, a chance is not told more exactly.
_NEVER = 0.01


@dataclass(frozen=True)
class Point:
    """The points of one level of a fact."""

    fact: str
    level: str
    points: int


@dataclass(frozen=True)
class PointsCard:
    """A card of points, and what their sum means."""

    points: tuple[Point, ...]
    intercept: float
    scale: float
    loss: float
    full_loss: float
    cost_low: float = nan
    cost_high: float = nan
    labels: int = 0

    def add_up(self, levels: pd.DataFrame, score: Floats | None = None) -> NDArray[np.int64]:
        """Return the sum of points of each request."""
        total = np.zeros(len(levels))
        for point in self.points:
            if point.fact == RULES:
                total += point.points * (0.0 if score is None else np.sign(score))
            else:
                total += point.points * (levels[point.fact].to_numpy() == point.level)
        return total.astype(np.int64)

    def probability(self, total: NDArray[np.int64]) -> Floats:
        """Return the probability that a sum of points stands for."""
        return np.asarray(special.expit(self.intercept + self.scale * total), dtype=np.float64)

    def sums(self) -> pd.DataFrame:
        """Return the table of the card's back: every sum that can occur, with its probability."""
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
        """Return the card for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the card that `as_dict` described."""
        points = tuple(Point(**point) for point in stored["points"])
        return cls(**{**stored, "points": points})

    def text(self) -> str:
        """Return the card as one page of plain text."""
        rows = [f"{point.points:+3d}  {_said(point)}" for point in self.points]
        stated = (
            f"The card fits the {self.labels:,} answers it was made from {self._fit()} the whole model"
            f" (log loss {self.loss:.2f} and {self.full_loss:.2f}; less is better)."
        )
        back = [f"{sums:>10}: {chance}" for sums, chance in self.chances().itertuples(index=False)]
        back = ["What the sum says of the chance of a yes:", *back]
        return "\n".join(["Add the points that apply:", *rows, "", *back, "", stated])

    def _fit(self) -> str:
        """Say how the card fits beside the full model, as far as the interval tells."""
        if self.cost_low > 0:
            return "less well than"
        return "better than" if self.cost_high < 0 else "about as well as"

    def chances(self) -> pd.DataFrame:
        """Return what the sums stand for: `sum` and `chance` in words, one row a chance in whole percent."""
        back = self.sums()
        chances = [_percent(chance) for chance in back["probability"]]
        rows = []
        for chance, some in groupby(zip(back["points"], chances, strict=True), key=lambda one: one[1]):
            totals = [int(total) for total, _ in some]
            ends = str(totals[0]) if len(totals) == 1 else f"{totals[0]} to {totals[-1]}"
            rows.append((ends, chance))
        return pd.DataFrame(rows, columns=["sum", "chance"])


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
    return fact_words(point.fact, point.level)


@one_thread
def points_cards(model: AdditiveScore, counted: Counted) -> tuple[PointsCard, PointsCard]:
    """Round the model to points for at most eight facts: at most five a level, or one for or against.

    The facts that move the history's log-odds most are kept and fitted anew; of 46 multipliers
    the one is taken whose rounded points, with two numbers fitted to their sum, lose least.
    """
    named, design, values = _kept(model, counted)
    score = np.zeros(len(counted.total)) if counted.score is None else counted.score
    full = _losses(model.log_odds(counted.levels, score)[0])

    def card(points: Floats) -> PointsCard:
        rows = sorted(zip(named, points.astype(int).tolist(), strict=True), key=lambda row: -abs(row[1]))
        said = tuple(Point(column.fact, column.level, value) for column, value in rows if value)
        return _recalibrated(said, design @ points, counted, full)

    largest = np.abs(values).max(initial=0.0)
    reaches = np.geomspace(0.6, _LARGEST + 0.49, _MULTIPLIERS)
    cards = [card(np.rint(values * reach / max(float(largest), 1e-9))) for reach in reaches]
    # Less than a tenth of the largest effect is no reason for a point.
    tally = card(np.where(np.abs(values) < 0.1 * largest, 0.0, np.sign(values)))
    return min(cards, key=lambda card: card.loss), tally


def _kept(model: AdditiveScore, counted: Counted) -> tuple[list[Column], Floats, Floats]:
    """Return the columns of the facts that move the history's log-odds most, fitted anew."""
    design, columns = model.encoder.design(counted.levels), model.encoder.columns
    score = np.zeros(len(counted.total)) if counted.score is None else np.sign(counted.score)
    moved = {RULES: model.slope * score}
    for place, column in enumerate(columns):
        moved[column.fact] = moved.get(column.fact, 0.0) + design[:, place] * model.coef[place]
    spread = {fact: _deviation(part, counted.total) for fact, part in moved.items()}
    chosen = [fact for fact in sorted(spread, key=lambda fact: -spread[fact]) if spread[fact] > 0]
    kept = [place for place, column in enumerate(columns) if column.fact in chosen[:_FACTS]]
    named, part = [columns[place] for place in kept], design[:, kept]
    start = score if RULES in chosen[:_FACTS] else None
    coef = average_priors(Patterns(part, counted.ones, counted.total, start)).coef
    if start is None:
        return named, part, coef[2:]
    return [Column(RULES, "accept"), *named], np.column_stack([start, part]), coef[1:]


def _recalibrated(points: tuple[Point, ...], total: Floats, counted: Counted, full: Floats) -> PointsCard:
    """Fit level and slope to the sums of points, the slope held by a weak prior."""
    patterns = Patterns(total[:, None], counted.ones, counted.total).merged()
    fit = fit_newton(patterns, np.zeros(2), np.array([0.0, _SLOPE_SD**-2.0]))
    intercept, scale = fit.coef.tolist()
    weights = np.concatenate([counted.ones, counted.total - counted.ones])
    card = _losses(intercept + scale * total)
    return PointsCard(
        points,
        intercept,
        scale,
        float(np.average(card, weights=weights)),
        float(np.average(full, weights=weights)),
        *_interval(card - full, weights),
        int(counted.rows.sum()),
    )


def _losses(odds: Floats) -> Floats:
    """Return the log loss of each combination, first for those accepted, then for those refused."""
    return np.asarray(-special.log_expit(np.concatenate([odds, -odds])), dtype=np.float64)


def _interval(gaps: Floats, weights: Floats) -> tuple[float, float]:
    """Return a 95 % interval of the mean difference of two losses on the same requests."""
    mean = float(np.average(gaps, weights=weights))
    out = TWO_SIDED_95 * float(np.sqrt(weights @ (gaps - mean) ** 2)) / float(weights.sum())
    return mean - out, mean + out


def _deviation(values: Floats, weights: Floats) -> float:
    mean = np.average(values, weights=weights)
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
