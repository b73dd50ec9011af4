"""The model as a card of whole points that a person can add up by hand."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit

from netkit.model.card import Point, PointsCard
from netkit.model.encoding import Column
from netkit.model.newton import fit_newton
from netkit.model.one_thread import one_thread
from netkit.model.row_counts import Counted, Patterns
from netkit.model.scoring import Scoring
from netkit.model.strength import learn
from netkit.model.wording import RULES

Floats = NDArray[np.float64]

# Eight facts fit on a page and in a head; points of at most five can be added without paper.
FACTS, LARGEST, MULTIPLIERS = 8, 5, 46
# So weak that it only matters where the points separate the labels.
_SLOPE_SD = 2.0
_Z = 1.959963984540054


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
    full = _full_odds(scoring, counted)
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
    full = _full_odds(scoring, counted)
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
    points: tuple[Point, ...], total: Floats, counted: Counted, full: Floats
) -> PointsCard:
    """Fit level and slope to the sums of points, the slope held by a weak prior."""
    patterns = Patterns(total[:, None], counted.ones, counted.total).merged()
    fit = fit_newton(patterns, np.zeros(2), np.array([0.0, _SLOPE_SD**-2.0]))
    intercept, scale = fit.coef.tolist()
    weights = np.concatenate([counted.ones, counted.total - counted.ones])
    card, whole = _losses(intercept + scale * total), _losses(full)
    return PointsCard(
        points,
        intercept,
        scale,
        float(np.average(card, weights=weights)),
        float(np.average(whole, weights=weights)),
        *_interval(card - whole, weights),
        int(counted.rows.sum()),
    )


def _full_odds(scoring: Scoring, counted: Counted) -> Floats:
    score = np.zeros(len(counted.total)) if counted.score is None else counted.score
    return scoring.log_odds(counted.levels, score)[0]


def _losses(odds: Floats) -> Floats:
    """Return the log loss of each combination, first for those accepted, then for those refused."""
    return np.asarray(-log_expit(np.concatenate([odds, -odds])), dtype=np.float64)


def _interval(gaps: Floats, weights: Floats) -> tuple[float, float]:
    """Return a 95 % interval of the mean difference of two losses on the same requests."""
    mean = float(np.average(gaps, weights=weights))
    out = _Z * float(np.sqrt(weights @ (gaps - mean) ** 2)) / float(weights.sum())
    return mean - out, mean + out


def _spread(values: Floats, weights: Floats) -> float:
    mean = np.average(values, weights=weights)
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
