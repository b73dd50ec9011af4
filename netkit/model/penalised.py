"""Firth's penalised log likelihood of weighted patterns: its value, its slope, its curvature, its top."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from netkit.model.row_counts import Patterns

Floats = NDArray[np.float64]

_STEPS, _LONGEST, _BLOCK = 100, 5.0, 2048
# The curvature is dear to measure; so many slow steps are taken with what was learned of it first.
_PATIENCE = 3


@dataclass(frozen=True)
class Point:
    """The penalised log likelihood at some coefficients.

    Attributes
    ----------
    coef : ndarray, shape (width,)
        The coefficients.
    value : float
        The penalised log likelihood; minus infinity so far out that the information vanishes.
    score : ndarray, shape (width,)
        Its slope.
    root : ndarray, shape (width, width)
        A square root of the inverse of the information.
    """

    coef: Floats
    value: float
    score: Floats
    root: Floats

    @property
    def covariance(self) -> Floats:
        """The inverse of the information."""
        return self.root @ self.root.T


class Penalised:
    """The penalised log likelihood as a function of the coefficients.

    Parameters
    ----------
    patterns : Patterns
        The patterns; their score, if any, counts as a column.
    """

    def __init__(self, patterns: Patterns) -> None:
        self.full, self.ones, self.total = patterns.full(), patterns.ones, patterns.total

    def at(self, coef: Floats) -> Point:
        """Return value, slope and covariance.

        Parameters
        ----------
        coef : ndarray, shape (width,)
            The coefficients.

        Returns
        -------
        Point
            All three.
        """
        eta = self.full @ coef
        small = np.exp(-np.abs(eta))
        rooted = self.full * (np.sqrt(self.total * small) / (1 + small))[:, None]
        try:
            triangle = linalg.cholesky(rooted.T @ rooted, lower=True)
        except linalg.LinAlgError:  # so far out that the information vanishes: never uphill
            return Point(coef, -np.inf, np.zeros_like(coef), np.eye(len(coef)))
        half = linalg.solve_triangular(triangle, rooted.T, lower=True)
        leverage = np.einsum("ij,ij->j", half, half)
        chance = np.where(eta >= 0, 1.0, small) / (1 + small)
        likelihood = self.ones @ eta - self.total @ (np.maximum(eta, 0) + np.log1p(small))
        value = float(likelihood + np.log(np.diag(triangle)).sum())
        score = self.full.T @ (self.ones - self.total * chance + leverage * (0.5 - chance))
        root = linalg.solve_triangular(triangle, np.eye(len(coef)), lower=True).T
        return Point(coef, value, score, root)

    def metric(self, point: Point) -> Floats:
        """Return the inverse of the curvature, the penalty's own included.

        The information alone leads slowly to the top, or around it, where the labels say so little of
        a direction that the penalty bends as much as the likelihood.

        Parameters
        ----------
        point : Point
            Where.

        Returns
        -------
        ndarray, shape (width, width)
            Positive definite: the covariance where the curvature is not.
        """
        width = len(point.coef)
        eta = self.full @ point.coef
        small = np.exp(-np.abs(eta))
        curve = self.total * small / (1 + small) ** 2
        lean = np.where(eta >= 0, -1.0, 1.0) * (1 - small) / (1 + small)
        turned = self.full @ point.root
        leverage = curve * np.einsum("ij,ij->i", turned, turned)
        bend = leverage * (lean**2 - 2 * small / (1 + small) ** 2)
        found = self.full.T @ (self.full * (curve - 0.5 * bend)[:, None])
        twist = np.zeros((width * width, width))
        for low in range(0, len(eta), _BLOCK):
            part = slice(low, low + _BLOCK)
            pairs = (turned[part, :, None] * turned[part, None, :]).reshape(-1, width * width)
            twist += pairs.T @ (self.full[part] * (curve * lean)[part, None])
        found += 0.5 * twist.T @ twist
        try:
            return np.asarray(linalg.cho_solve(linalg.cho_factor(found), np.eye(width)))
        except linalg.LinAlgError:
            return point.covariance


def climb(
    problem: Penalised,
    begin: Floats,
    *,
    held: int | None = None,
    metric: Floats | None = None,
    tolerance: float = 1e-10,
    learning: bool = True,
) -> tuple[Point, Floats]:
    """Climb to the top, one coefficient held if asked.

    Parameters
    ----------
    problem : Penalised
        The penalised log likelihood.
    begin : ndarray, shape (width,)
        Where to begin.
    held : int, optional
        The coefficient to be held.
    metric : ndarray, shape (width, width), optional
        The inverse curvature to begin with; it is measured anew where it leads slowly.
    tolerance : float, default 1e-10
        The squared length of a step, in standard errors, that is taken as the last one.
    learning : bool, default True
        Whether the metric learns from the slopes on the way, so that it is seldom measured; the
        likelihood may have more than one top, and this is another way up.

    Returns
    -------
    Point
        The top.
    ndarray, shape (width, width)
        The metric used last.
    """
    here = problem.at(begin)
    metric = here.covariance if metric is None else metric
    before, slow = np.inf, 0
    for _ in range(_STEPS):
        move, gain = _step(here, metric, held)
        slow = slow + 1 if gain > before / 10 else 0
        if slow > (_PATIENCE if learning else 0):
            metric, slow = problem.metric(here), 0
            move, gain = _step(here, metric, held)
        there, before = _uphill(problem, here, move), gain
        if gain <= tolerance or not np.isfinite(there.value):
            return there, metric
        if learning:
            metric = _learned(metric, there.coef - here.coef, here.score - there.score)
        here = there
    return here, metric


def _learned(metric: Floats, moved: Floats, lost: Floats) -> Floats:
    """Return a metric that knows how the slope changed on the way (Broyden, Fletcher, Goldfarb, Shanno)."""
    bend = float(moved @ lost)
    if bend <= 1e-12 * float(np.linalg.norm(moved) * np.linalg.norm(lost)):
        return metric
    seen = metric @ lost / bend
    both = np.outer(moved, seen)
    return np.asarray(
        metric - both - both.T + np.outer(moved, moved) * (float(lost @ seen) + 1) / bend
    )


def _step(here: Point, metric: Floats, held: int | None) -> tuple[Floats, float]:
    move = metric @ here.score
    if held is not None:
        move = move - metric[:, held] * (move[held] / metric[held, held])
        move[held] = 0.0
    gain = float(here.score @ move)
    return move * min(1.0, _LONGEST / max(float(np.abs(move).max()), _LONGEST)), gain


def _uphill(problem: Penalised, here: Point, move: Floats) -> Point:
    """Take a step, halved until it does not lead down."""
    there = problem.at(here.coef + move)
    while there.value < here.value - 1e-10 * abs(here.value) and np.abs(move).max() > 1e-10:
        move = move / 2
        there = problem.at(here.coef + move)
    return there
