"""How good a judge's answers were: losses, ranking and decisions, each with n and an interval."""

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.evaluation.estimate import Z95, Estimate, Floats, wilson
from netkit.evaluation.reading import reading_quality

__all__ = [
    "Costs",
    "Estimate",
    "PairedAuc",
    "area_under_curve",
    "brier_score",
    "decision_cost",
    "log_loss",
    "net_benefit",
    "paired_areas",
    "reading_quality",
    "recall_on_refusals",
    "wilson",
]

# What rounding leaves of a variance that is none.
_NOTHING = 1e-12


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
        DeLong's test of no difference, two-sided; NaN where nothing varied that it could measure.
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
    reach = Z95 * sqrt(variance) / (area[0] * (1 - area[0]))
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

    Notes
    -----
    Where DeLong's variance vanishes, the interval is made of the two areas' own: Zou & Donner
    (2008), Statistics in Medicine 27, 1693-1702.

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
    areas = area_under_curve(y, one), area_under_curve(y, two)
    alike = bool((_midranks(one) == _midranks(two)).all())
    if spread < _NOTHING and not alike:
        return PairedAuc(*areas, _apart(*areas), float("nan"), float("nan"))
    reach = Z95 * spread
    z = -gap / spread if spread else float("nan")
    return PairedAuc(
        *areas,
        Estimate(gap, gap - reach, gap + reach, n=len(y)),
        z,
        float(2 * special.ndtr(-abs(z))) if spread else 1.0,
    )


def _apart(first: Estimate, second: Estimate) -> Estimate:
    """Return the difference of two areas by their own intervals, where DeLong's variance vanishes.

    A ranking without a miss beside one of chance varies by nothing that was seen, and is not sure.
    """
    gap = second.value - first.value
    low = gap - hypot(second.value - second.low, first.high - first.value)
    high = gap + hypot(second.high - second.value, first.value - first.low)
    return Estimate(gap, low, high, n=second.n)


def _delong(y: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Return the areas of k scores and their k x k covariance, from midranks in O(n log n)."""
    yes, no = scores[:, y == 1], scores[:, y == 0]
    m, n = yes.shape[1], no.shape[1]
    together = _midranks(np.concatenate([yes, no], axis=1))
    among_yes = (together[:, :m] - _midranks(yes)) / n
    among_no = 1 - (together[:, m:] - _midranks(no)) / m
    area = among_yes.mean(axis=1)
    covariance = _covariance(among_yes) / m + _covariance(among_no) / n
    return area, covariance


def _midranks(rows: Floats) -> Floats:
    """Return the rank of each value in its row, equal ones sharing their mean."""
    return pd.DataFrame(rows.T).rank().to_numpy().T.reshape(rows.shape)


def _covariance(rows: Floats) -> Floats:
    if rows.shape[1] < 2:
        return np.zeros((len(rows), len(rows)))
    return np.atleast_2d(np.cov(rows))


def _newcombe(area: float, yes: int, no: int) -> tuple[float, float]:
    """Return Newcombe's interval, which is proper even where every pair is ranked right."""
    z, half = Z95, (yes + no) / 2 - 1

    def excess(theta: float) -> float:
        spread = 1 + half * (1 - theta) / (2 - theta) + half * theta / (1 + theta)
        return (area - theta) ** 2 - z * z * theta * (1 - theta) * spread / (yes * no)

    low = 0.0 if area == 0 else _crossing(excess, area, 0.0)
    return low, 1.0 if area == 1 else _crossing(excess, area, 1.0)


def _crossing(excess: Callable[[float], float], below: float, above: float) -> float:
    """Return where a function changes its sign, halving the stretch until nothing is left of it."""
    for _ in range(60):
        middle = (below + above) / 2
        below, above = (below, middle) if excess(middle) > 0 else (middle, above)
    return above


_LEAST = 1e-12  # the smallest probability a log loss is charged for: certainty costs 27.6, not infinity


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Return minus the log of the probability that the judge gave to what happened.

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


def net_benefit(labels: ArrayLike, accepted: ArrayLike, threshold: ArrayLike) -> Floats:
    """Return each request's part in the net benefit: a right accept less the weighted wrong ones.

    Parameters
    ----------
    labels : array of 0 and 1, shape (n,)
        What was right.
    accepted : array of bool, shape (n,) or (n, k)
        Whether the judge accepts, at one threshold or at k.
    threshold : float or array, shape (k,)
        The probability from which one accepts; a wrong accept weighs t / (1 - t) right ones.

    Returns
    -------
    ndarray, shape (n,) or (n, k)
        Average it for TP/n - FP/n * t/(1-t).

    Notes
    -----
    Vickers & Elkin (2006), Medical Decision Making 26, 565-574.

    Examples
    --------
    >>> float(net_benefit([1, 0, 1, 0], [True, True, True, False], 0.5).mean())
    0.25
    """
    a, t = np.asarray(accepted, dtype=np.float64), np.asarray(threshold, dtype=np.float64)
    y, _ = _checked(labels, a if a.ndim == 1 else a[:, 0], probability=False)
    y = y.reshape(-1, *[1] * (a.ndim - 1))
    return np.asarray(a * (y - (1 - y) * (t / (1 - t))), dtype=np.float64)


def _checked(labels: ArrayLike, stated: ArrayLike, *, probability: bool = True) -> tuple[Floats, Floats]:
    """Return labels and answers as floats of one length, or say what is wrong with them."""
    y, s = np.asarray(labels, dtype=np.float64), np.asarray(stated, dtype=np.float64)
    if y.shape != s.shape or not np.isin(y, (0, 1)).all():
        raise ModelError(
            f"There are {len(y)} labels with the values {np.unique(y)[:5].tolist()}, and {len(s)} answers",
            "Give labels of 0 and 1 and one answer for each, without the requests that have no label",
        )
    if probability and not ((s >= 0) & (s <= 1)).all():
        raise ModelError(
            "A probability is missing, or outside 0 to 1",
            "Score only judges that give a probability for every request",
        )
    return y, s
