"""How good a judge's answers were: losses, ranking and decisions, each with n and an interval."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netkit.costs import Costs
from netkit.evaluation.estimate import Estimate, checked, wilson
from netkit.evaluation.ranking import PairedAuc, area_under_curve, paired_areas

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
    y, p = checked(labels, probabilities)
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
    y, p = checked(labels, probabilities)
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
    y, p = checked(labels, probabilities)
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
    y, a = checked(labels, actions, probability=False)
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
    y, a = checked(labels, actions, probability=False)
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
    y, a = checked(labels, accepted, probability=False)
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
    y, p = checked(labels, probabilities)
    return [
        {
            "threshold": float(t),
            "judge": net_benefit(y, p >= t, t),
            "accept_all": net_benefit(y, np.ones(len(y)), t),
            "accept_none": 0.0,
        }
        for t in thresholds
    ]
