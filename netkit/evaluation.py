"""How good a judge's answers were: losses, ranking and decisions, each with n and an interval."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from netkit.costs import Costs
from netkit.errors import ModelError

__all__ = [
    "Costs",
    "Estimate",
    "PairedAuc",
    "area_under_curve",
    "brier_parts",
    "brier_score",
    "decision_cost",
    "decision_curve",
    "log_loss",
    "net_benefit",
    "paired_areas",
    "recall_on_refusals",
    "wilson",
]

Floats = NDArray[np.float64]
_LEAST = (
    1e-12  # the smallest probability a log loss is charged for: certainty costs 27.6, not infinity
)


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and the count behind it.

    Attributes
    ----------
    value : float
        The estimate; NaN where there is nothing to estimate from.
    low, high : float
        The ends of its 95 % interval; NaN where none can be given.
    n : int
        How many requests it rests on.

    Examples
    --------
    >>> Estimate(0.5, 0.25, 0.75, n=12).as_dict()
    {'value': 0.5, 'low': 0.25, 'high': 0.75, 'n': 12}
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")
    n: int = 0

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the four numbers ready for JSON: what is not a finite number becomes None.

        Returns
        -------
        dict
            `value`, `low`, `high`, `n`.
        """
        return {
            name: (number if isinstance(number, int) or isfinite(number) else None)
            for name, number in asdict(self).items()
        }

    def __str__(self) -> str:
        """Return the estimate as it is printed: value [low, high]."""
        if not isfinite(self.low):
            return f"{self.value:.3g}" if isfinite(self.value) else "not known"
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"


def wilson(successes: float, n: int, *, level: float = 0.95) -> Estimate:
    """Return a proportion with its Wilson interval.

    Parameters
    ----------
    successes : float
        How many of the n.
    n : int
        Out of how many; zero gives NaN with the interval [0, 1].
    level : float
        The confidence.

    Returns
    -------
    Estimate
        The proportion.

    Notes
    -----
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> str(wilson(9, 10))
    '0.9 [0.596, 0.982]'
    """
    if n == 0:
        return Estimate(float("nan"), 0.0, 1.0, 0)
    z, p = float(stats.norm.ppf(0.5 + level / 2)), successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = middle - reach if successes else 0.0  # not rounding's idea of zero
    return Estimate(p, low, middle + reach if successes < n else 1.0, n)


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Return minus the log of the probability that was given to what happened.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done.
    probabilities : array, shape (n,)
        The probability of accepting that was stated beforehand.

    Returns
    -------
    ndarray, shape (n,)
        The loss of each request in nats; average it for the score.

    Examples
    --------
    >>> log_loss([1, 0], [0.8, 0.8]).round(3).tolist()
    [0.223, 1.609]
    """
    y, p = _checked(labels, probabilities)
    given = np.where(y == 1, p, 1 - p)
    return np.asarray(-np.log(np.clip(given, _LEAST, 1.0)), dtype=np.float64)


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Return the squared distance between each stated probability and what happened.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done.
    probabilities : array, shape (n,)
        The probability of accepting that was stated beforehand.

    Returns
    -------
    ndarray, shape (n,)
        The squared error of each request; average it for Brier's score.

    Examples
    --------
    >>> brier_score([1, 0], [0.8, 0.8]).round(2).tolist()
    [0.04, 0.64]
    """
    y, p = _checked(labels, probabilities)
    return np.asarray((p - y) ** 2, dtype=np.float64)


def brier_parts(labels: ArrayLike, probabilities: ArrayLike) -> dict[str, float]:
    """Split Brier's score into what is miscalibrated, what is told apart, and what is uncertain.

    Requests with the same stated probability form a group, so that the three parts add up
    exactly: score = reliability - resolution + uncertainty.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done.
    probabilities : array, shape (n,)
        Stated probabilities with few distinct values; bin them first where all differ.

    Returns
    -------
    dict of str to float
        `score`, `reliability` (lower is better), `resolution` (higher is better), `uncertainty`
        (the base rate's own score).

    Notes
    -----
    Murphy (1973), Journal of Applied Meteorology 12, 595-600.

    Examples
    --------
    >>> parts = brier_parts([1, 1, 0, 0], [0.75, 0.75, 0.75, 0.25])
    >>> {name: round(part, 3) for name, part in parts.items()}
    {'score': 0.188, 'reliability': 0.021, 'resolution': 0.083, 'uncertainty': 0.25}
    """
    y, p = _checked(labels, probabilities)
    stated, group = np.unique(p, return_inverse=True)
    size = np.bincount(group)
    rate = np.bincount(group, weights=y) / size
    base = float(y.mean())
    return {
        "score": float(((p - y) ** 2).mean()),
        "reliability": float(np.average((stated - rate) ** 2, weights=size)),
        "resolution": float(np.average((rate - base) ** 2, weights=size)),
        "uncertainty": base * (1 - base),
    }


@dataclass(frozen=True)
class PairedAuc:
    """Two judges' areas under the curve on the same requests, and their difference.

    Attributes
    ----------
    first, second : Estimate
        The two areas.
    difference : Estimate
        Second minus first.
    z, p_value : float
        DeLong's test of no difference, two-sided.
    """

    first: Estimate
    second: Estimate
    difference: Estimate
    z: float
    p_value: float


def area_under_curve(labels: ArrayLike, scores: ArrayLike) -> Estimate:
    """Return how often a judge ranks an accepted request above a refused one.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done.
    scores : array, shape (n,)
        Any score that grows with the wish to accept; ties count half.

    Returns
    -------
    Estimate
        The area under the ROC curve with DeLong's interval on the logit scale (Newcombe's fifth
        method where DeLong's variance vanishes); NaN unless both labels occur.

    Notes
    -----
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845; computed from midranks as in
    Sun & Xu (2014). Newcombe (2006), Statistics in Medicine 25, 559-573.

    Examples
    --------
    >>> round(area_under_curve([1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1]).value, 3)
    0.875
    """
    y, s = _checked(labels, scores, probability=False)
    yes, no = int(y.sum()), int(len(y) - y.sum())
    if not yes or not no:
        return Estimate(float("nan"), n=len(y))
    if s.min() == s.max():
        return Estimate(0.5, 0.5, 0.5, n=len(y))  # who ranks nobody is exactly at chance
    area, covariance = _delong(y, s[None, :])
    variance = float(covariance[0, 0])
    if variance <= 0 or area[0] in (0.0, 1.0):
        return Estimate(float(area[0]), *_newcombe(float(area[0]), yes, no), n=len(y))
    reach = 1.959963984540054 * sqrt(variance) / (area[0] * (1 - area[0]))
    middle = np.log(area[0] / (1 - area[0]))
    ends = 1 / (1 + np.exp(-(middle + np.array([-reach, reach]))))
    return Estimate(float(area[0]), float(ends[0]), float(ends[1]), n=len(y))


def paired_areas(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> PairedAuc:
    """Compare two judges' ranking of the same requests by DeLong's test.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done.
    first, second : array, shape (n,)
        The two judges' scores.

    Returns
    -------
    PairedAuc
        Both areas, the difference (second minus first) with its interval, and the test.

    Examples
    --------
    >>> pair = paired_areas([1, 0, 1, 0, 1, 0], [3, 1, 1, 2, 2, 3], [3, 1, 2, 2, 3, 1])
    >>> round(pair.difference.value, 3)
    0.444
    """
    y, one = _checked(labels, first, probability=False)
    _, two = _checked(labels, second, probability=False)
    area, covariance = _delong(y, np.stack([one, two]))
    gap = float(area[1] - area[0])
    spread = sqrt(max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    reach = 1.959963984540054 * spread
    z = -gap / spread if spread else float("nan")
    return PairedAuc(
        area_under_curve(y, one),
        area_under_curve(y, two),
        Estimate(gap, gap - reach, gap + reach, n=len(y)),
        z,
        float(2 * stats.norm.sf(abs(z))) if spread else 1.0,
    )


def _delong(y: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Return the areas of k scores and their k x k covariance, from midranks in O(n log n)."""
    yes, no = scores[:, y == 1], scores[:, y == 0]
    m, n = yes.shape[1], no.shape[1]
    together = stats.rankdata(np.concatenate([yes, no], axis=1), axis=1)
    among_yes = (together[:, :m] - stats.rankdata(yes, axis=1)) / n
    among_no = 1 - (together[:, m:] - stats.rankdata(no, axis=1)) / m
    area = among_yes.mean(axis=1)
    covariance = _covariance(among_yes) / m + _covariance(among_no) / n
    return area, covariance


def _covariance(rows: Floats) -> Floats:
    if rows.shape[1] < 2:
        return np.zeros((len(rows), len(rows)))
    return np.atleast_2d(np.cov(rows))


def _newcombe(area: float, yes: int, no: int) -> tuple[float, float]:
    """Return Newcombe's interval, which is proper even where every pair is ranked right."""
    z, half = 1.959963984540054, (yes + no) / 2 - 1

    def excess(theta: float) -> float:
        spread = 1 + half * (1 - theta) / (2 - theta) + half * theta / (1 + theta)
        return (area - theta) ** 2 - z * z * theta * (1 - theta) * spread / (yes * no)

    low = 0.0 if area == 0 else optimize.brentq(excess, 0.0, max(area - 1e-9, 0.0))
    high = 1.0 if area == 1 else optimize.brentq(excess, min(area + 1e-9, 1.0), 1.0)
    return float(low), float(high)


def decision_cost(labels: ArrayLike, actions: ArrayLike, costs: Costs) -> Floats:
    """Return what each answer cost, given what turned out to be right.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done by the person.
    actions : array of 1 (accept), 0 (ask, defer, or left open) and -1 (refuse), shape (n,)
        What the judge answered.
    costs : Costs
        What a wrong accept, a wrong decline and a question cost.

    Returns
    -------
    ndarray, shape (n,)
        The cost of each answer, in the unit of `costs`.

    Examples
    --------
    >>> decision_cost([1, 0, 1], [1, 1, 0], Costs(wrong_accept=3, question=0.5)).tolist()
    [0.0, 3.0, 0.5]
    """
    y, a = _checked(labels, actions, probability=False)
    wrong = np.where(a > 0, (1 - y) * costs.wrong_accept, y * costs.wrong_decline)
    return np.asarray(np.where(a == 0, costs.question, wrong), dtype=np.float64)


def recall_on_refusals(labels: ArrayLike, actions: ArrayLike) -> Estimate:
    """Return the share of the refused requests that a judge would have refused too.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was done.
    actions : array of 1, 0 and -1, shape (n,)
        What the judge answered.

    Returns
    -------
    Estimate
        With Wilson's interval; n is the number of refused requests.

    Examples
    --------
    >>> recall_on_refusals([0, 0, 1], [-1, 0, -1]).value
    0.5
    """
    y, a = _checked(labels, actions, probability=False)
    return wilson(float((a[y == 0] < 0).sum()), int((y == 0).sum()))


def net_benefit(labels: ArrayLike, accepted: ArrayLike, threshold: float) -> float:
    """Return the net benefit of accepting as a judge does: right accepts less weighted wrong ones.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was right.
    accepted : array of bool, shape (n,)
        Whether the judge accepts.
    threshold : float
        The probability from which one accepts; a wrong accept weighs t / (1 - t) right ones.

    Returns
    -------
    float
        TP/n - FP/n * t/(1-t).

    Notes
    -----
    Vickers & Elkin (2006), Medical Decision Making 26, 565-574.

    Examples
    --------
    >>> net_benefit([1, 0, 1, 0], [True, True, True, False], 0.5)
    0.25
    """
    y, a = _checked(labels, accepted, probability=False)
    right, wrong = float((a * y).mean()), float((a * (1 - y)).mean())
    return right - wrong * threshold / (1 - threshold)


def decision_curve(
    labels: ArrayLike, probabilities: ArrayLike, thresholds: Iterable[float]
) -> list[dict[str, float]]:
    """Return the net benefit of a judge's probabilities beside accept all and accept none.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was right.
    probabilities : array, shape (n,)
        Stated probabilities; for rules, 1 where they accept and 0 elsewhere.
    thresholds : iterable of float
        The thresholds to show, each between 0 and 1.

    Returns
    -------
    list of dict
        `threshold`, `judge`, `accept_all`, `accept_none` (always zero) per threshold.

    Examples
    --------
    >>> decision_curve([1, 0], [0.9, 0.2], [0.5])
    [{'threshold': 0.5, 'judge': 0.5, 'accept_all': 0.0, 'accept_none': 0.0}]
    """
    y, p = _checked(labels, probabilities)
    return [
        {
            "threshold": float(t),
            "judge": net_benefit(y, p >= t, t),
            "accept_all": net_benefit(y, np.ones(len(y)), t),
            "accept_none": 0.0,
        }
        for t in thresholds
    ]


def _checked(
    labels: ArrayLike, stated: ArrayLike, *, probability: bool = True
) -> tuple[Floats, Floats]:
    y, s = np.asarray(labels, dtype=np.float64), np.asarray(stated, dtype=np.float64)
    if y.shape != s.shape or not np.isin(y, (0, 1)).all():
        raise ModelError(
            f"saw {len(y)} labels with the values {np.unique(y)[:5].tolist()} and {len(s)} answers",
            accepted="labels 0 and 1, and one answer for each",
            do="leave out the requests without a label",
        )
    if probability and not ((s >= 0) & (s <= 1)).all():
        raise ModelError(
            "saw a probability outside 0 to 1, or none",
            accepted="a probability for every request",
            do="score only judges that state probabilities",
        )
    return y, s
