"""How good a judge's answers were: losses, ranking and decisions, each with n and an interval."""

import numpy as np
from numpy.typing import ArrayLike

from netkit.costs import Costs
from netkit.evaluation.estimate import Estimate, Floats, checked, wilson
from netkit.evaluation.ranking import PairedAuc, area_under_curve, paired_areas

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
    "recall_on_refusals",
    "wilson",
]

_LEAST = 1e-12  # the smallest probability a log loss is charged for: certainty costs 27.6, not infinity


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
    y, _ = checked(labels, a if a.ndim == 1 else a[:, 0], probability=False)
    y = y.reshape(-1, *[1] * (a.ndim - 1))
    return np.asarray(a * (y - (1 - y) * (t / (1 - t))), dtype=np.float64)
