"""Exact logistic fits of weighted patterns: Newton's with a normal prior, Firth's with profile intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from operator import attrgetter
from typing import ParamSpec, TypeVar

import numpy as np
from scipy import linalg, special
from threadpoolctl import ThreadpoolController

from netkit.errors import ModelError
from netkit.model.patterns import Patterns
from netkit.row_counts import Floats

P = ParamSpec("P")
R = TypeVar("R")

# D. Firth, Bias reduction of maximum likelihood estimates (Biometrika 1993).
# G. Heinze, M. Schemper, A solution to the problem of separation (Statistics in Medicine 2002): intervals.
_STEPS, _ENDS, _LONGEST, _BLOCK = 100, 30, 5.0, 2048
# A square of a Cholesky factor's diagonal this much smaller than another may be rounding alone.
_SINGULAR = 1e-10
# The curvature is dear to measure; so many slow steps are taken with what was learned of it first.
_PATIENCE = 3


@cache
def _threads() -> ThreadpoolController:
    assert linalg.lapack  # what is loaded later has threads that nobody limits
    return ThreadpoolController()


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function's linear algebra on one thread: a pool spends longer meeting than multiplying.

    A Firth profile of fifty columns multiplies thousands of small matrices; on a busy machine with
    two threads it took four hundred times as long as with one.
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _threads().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@dataclass(frozen=True)
class NewtonFit:
    """Coefficients (intercept, slope on the score if any, columns) and the penalised information there."""

    coef: Floats
    information: Floats
    log_posterior: float
    converged: bool

    def covariance(self) -> Floats:
        """Return the inverse of the information, pseudo-inverse where it is singular."""
        factor, singular = linalg.lapack.dpotrf(self.information)
        scale = np.diag(factor) ** 2
        if singular or scale.min() < _SINGULAR * scale.max():
            return np.asarray(linalg.pinvh(self.information), dtype=np.float64)
        upper = np.triu(linalg.lapack.dpotri(factor)[0])
        return np.asarray(upper + np.triu(upper, 1).T)


def fit_newton(
    patterns: Patterns,
    mean: Floats,
    precision: Floats,
    *,
    initial: Floats | None = None,
    tolerance: float = 1e-8,
) -> NewtonFit:
    """Fit with a normal prior of this mean and precision (1 / sd², 0 for none) on each coefficient.

    `tolerance` is the squared length of a step, in standard errors, that is taken as the last one.

    >>> toss = Patterns(np.empty((1, 0)), np.array([3.0]), np.array([4.0]))
    >>> float(fit_newton(toss, np.zeros(1), np.zeros(1)).coef[0].round(6))  # log(3)
    1.098612
    """
    coef = mean.copy() if initial is None else initial.copy()
    likelihood, gradient, information = _derivatives(patterns, coef)
    value = likelihood - 0.5 * float(precision @ (coef - mean) ** 2)
    for _ in range(_STEPS):
        slope = gradient - precision * (coef - mean)
        penalised = information + np.diag(precision)
        move = _newton_step(penalised, slope)
        decrement = float(slope @ move)
        if decrement <= tolerance:
            # The step in hand is exact to the square of its own length: take it, measure no more.
            return NewtonFit(coef + move, penalised, value + decrement / 2, converged=True)
        size = 1.0
        while True:
            trial = coef + size * move
            likelihood, gradient, information = _derivatives(patterns, trial)
            new = likelihood - 0.5 * float(precision @ (trial - mean) ** 2)
            if new >= value or size < 1e-6:
                break
            size /= 2
        coef, value = trial, new
    return NewtonFit(coef, information + np.diag(precision), value, converged=False)


def _newton_step(information: Floats, slope: Floats) -> Floats:
    """Solve for the step; the shortest one where columns depend on each other."""
    _, move, singular = linalg.lapack.dposv(information, slope)
    return np.asarray(linalg.lstsq(information, slope)[0] if singular else move)


def _derivatives(patterns: Patterns, coef: Floats) -> tuple[float, Floats, Floats]:
    likelihood, gradient = 0.0, np.zeros(len(coef))
    information = np.zeros((len(coef), len(coef)))
    room: Floats | None = None
    for design, ones, total in patterns.blocks():
        eta = design @ coef
        # exp and log alone run in the processor's vector units; both forms below are stable.
        small = np.exp(-np.abs(eta))
        below = 1 / (1 + small)
        chance = np.where(eta >= 0, below, small * below)
        likelihood += float(ones @ eta - total @ (np.maximum(eta, 0) + np.log1p(small)))
        gradient += design.T @ (ones - total * chance)
        # A matrix times its own transpose takes half the work of two different ones.
        room = np.empty(design.shape) if room is None else room[: len(design)]
        scaled = np.multiply(design, (np.sqrt(total * small) * below)[:, None], out=room)
        information += scaled.T @ scaled
    return likelihood, gradient, information


@dataclass(frozen=True)
class _LikelihoodPoint:
    """The penalised log likelihood at some coefficients, with its slope.

    The value is minus infinity so far out that the information vanishes; `root` is a square root of the
    inverse of the information.
    """

    coef: Floats
    value: float
    slope: Floats
    root: Floats

    @property
    def covariance(self) -> Floats:
        """The inverse of the information."""
        return self.root @ self.root.T


class _PenalisedLikelihood:
    """Firth's penalised log likelihood as a function of the coefficients; a score counts as a column."""

    def __init__(self, patterns: Patterns) -> None:
        self._full, self._ones, self._total = patterns.full(), patterns.ones, patterns.total

    def at(self, coef: Floats) -> _LikelihoodPoint:
        """Return value, slope and covariance."""
        eta = self._full @ coef
        small = np.exp(-np.abs(eta))
        rooted = self._full * (np.sqrt(self._total * small) / (1 + small))[:, None]
        try:
            triangle = linalg.cholesky(rooted.T @ rooted, lower=True)
        except linalg.LinAlgError:  # so far out that the information vanishes: never uphill
            return _LikelihoodPoint(coef, -np.inf, np.zeros_like(coef), np.eye(len(coef)))
        half = linalg.solve_triangular(triangle, rooted.T, lower=True)
        leverage = np.einsum("ij,ij->j", half, half)
        chance = np.where(eta >= 0, 1.0, small) / (1 + small)
        likelihood = self._ones @ eta - self._total @ (np.maximum(eta, 0) + np.log1p(small))
        value = float(likelihood + np.log(np.diag(triangle)).sum())
        slope = self._full.T @ (self._ones - self._total * chance + leverage * (0.5 - chance))
        root = linalg.solve_triangular(triangle, np.eye(len(coef)), lower=True).T
        return _LikelihoodPoint(coef, value, slope, root)

    def metric(self, point: _LikelihoodPoint) -> Floats:
        """Return the inverse of the curvature, the penalty's included; where not positive, the covariance.

        The information alone leads slowly to the maximum, or around it, where the labels say so little of
        a direction that the penalty bends as much as the likelihood.
        """
        width = len(point.coef)
        eta = self._full @ point.coef
        small = np.exp(-np.abs(eta))
        curve = self._total * small / (1 + small) ** 2
        lean = np.where(eta >= 0, -1.0, 1.0) * (1 - small) / (1 + small)
        turned = self._full @ point.root
        leverage = curve * np.einsum("ij,ij->i", turned, turned)
        bend = leverage * (lean**2 - 2 * small / (1 + small) ** 2)
        found = self._full.T @ (self._full * (curve - 0.5 * bend)[:, None])
        twist = np.zeros((width * width, width))
        for low in range(0, len(eta), _BLOCK):
            part = slice(low, low + _BLOCK)
            pairs = (turned[part, :, None] * turned[part, None, :]).reshape(-1, width * width)
            twist += pairs.T @ (self._full[part] * (curve * lean)[part, None])
        found += 0.5 * twist.T @ twist
        try:
            return np.asarray(linalg.cho_solve(linalg.cho_factor(found), np.eye(width)))
        except linalg.LinAlgError:
            return point.covariance


def _maximise(
    likelihood: _PenalisedLikelihood,
    begin: Floats,
    *,
    fixed: int | None = None,
    metric: Floats | None = None,
    tolerance: float = 1e-15,
    quasi_newton: bool = True,
) -> tuple[_LikelihoodPoint, Floats]:
    """Return a local maximum, one coefficient fixed if asked, and the inverse curvature used last.

    Quasi-Newton steps learn the curvature from the slopes on the way, so that it is seldom measured;
    where there are several local maxima, they may end at another one than plain steps.
    """
    here = likelihood.at(begin)
    metric = here.covariance if metric is None else metric
    before, slow = np.inf, 0
    for _ in range(_STEPS):
        move, gain = _step(here, metric, fixed)
        slow = slow + 1 if gain > before / 10 else 0
        if slow > (_PATIENCE if quasi_newton else 0):
            metric, slow = likelihood.metric(here), 0
            move, gain = _step(here, metric, fixed)
        there, before = _uphill(likelihood, here, move), gain
        if gain <= tolerance or not np.isfinite(there.value):
            return there, metric
        if quasi_newton:
            metric = _updated(metric, there.coef - here.coef, here.slope - there.slope)
        here = there
    return here, metric


def _updated(metric: Floats, moved: Floats, lost: Floats) -> Floats:
    """Update the inverse curvature by how the slope changed (Broyden, Fletcher, Goldfarb, Shanno)."""
    bend = float(moved @ lost)
    if bend <= 1e-12 * float(np.linalg.norm(moved) * np.linalg.norm(lost)):
        return metric
    seen = metric @ lost / bend
    both = np.outer(moved, seen)
    return np.asarray(metric - both - both.T + np.outer(moved, moved) * (float(lost @ seen) + 1) / bend)


def _step(here: _LikelihoodPoint, metric: Floats, fixed: int | None) -> tuple[Floats, float]:
    move = metric @ here.slope
    if fixed is not None:
        move = move - metric[:, fixed] * (move[fixed] / metric[fixed, fixed])
        move[fixed] = 0.0
    gain = float(here.slope @ move)
    return move * min(1.0, _LONGEST / max(float(np.abs(move).max()), _LONGEST)), gain


def _uphill(likelihood: _PenalisedLikelihood, here: _LikelihoodPoint, move: Floats) -> _LikelihoodPoint:
    """Take a step, halved until it does not lead down."""
    there = likelihood.at(here.coef + move)
    while there.value < here.value - 1e-10 * abs(here.value) and np.abs(move).max() > 1e-10:
        move = move / 2
        there = likelihood.at(here.coef + move)
    return there


@one_thread
def fit_firth(patterns: Patterns) -> _LikelihoodPoint:
    """Fit by Firth's penalised likelihood: finite even where a column separates the labels.

    >>> never = Patterns(np.empty((1, 0)), np.array([0.0]), np.array([9.0]))
    >>> coef = fit_firth(never).coef[0]
    >>> round(float(1 / (1 + np.exp(-coef))), 3)  # (0 + 1/2) / (9 + 1), as Jeffreys has it
    0.05
    """
    collinear = patterns.collinear_columns()
    if collinear:
        raise ModelError(
            f"The columns {collinear} of the design are constant or follow from the others", "Leave them out"
        )
    likelihood, begin = _PenalisedLikelihood(patterns), np.zeros(patterns.width)
    # With few labels for many columns there are several local maxima; three ways up find the highest more
    # often, the third from farther out, where labels that are told apart lead.
    maxima = [_maximise(likelihood, begin, quasi_newton=one)[0] for one in (False, True)]
    begin = 3 * max(maxima, key=attrgetter("value")).coef
    maxima.append(_maximise(likelihood, begin)[0])
    return max(maxima, key=attrgetter("value"))


@one_thread
def profile_intervals(
    patterns: Patterns, fit: _LikelihoodPoint, *, columns: list[int] | None = None
) -> Floats:
    """Return 95 % profile penalised-likelihood intervals of all coefficients (0 the intercept) or of some.

    >>> toss = Patterns(np.empty((1, 0)), np.array([5.0]), np.array([10.0]))
    >>> profile_intervals(toss, fit_firth(toss)).round(2).tolist()
    [[-1.22, 1.22]]
    """
    target = np.sqrt(2 * special.gammaincinv(0.5, 0.95))  # chi-squared of one degree
    places = range(patterns.width) if columns is None else columns
    likelihood = _PenalisedLikelihood(patterns)
    metric = likelihood.metric(likelihood.at(fit.coef))
    ends = [[_end(likelihood, fit, place, side * target, metric) for side in (-1, 1)] for place in places]
    return np.array(ends, dtype=np.float64).reshape(-1, 2)


def _end(
    likelihood: _PenalisedLikelihood, fit: _LikelihoodPoint, place: int, target: float, metric: Floats
) -> float:
    """Follow the signed root of the likelihood ratio to its target: it is nearly a straight line.

    Where it bends, a step could lead past the estimate or to the other end: what was seen to lie too
    near and too far holds it. An end so far out that the information vanishes on the way is infinite.
    """
    side, goal, coef = float(np.sign(target)), abs(target), fit.coef
    near, far = 0.0, np.inf
    out = goal * float(np.sqrt(metric[place, place]))
    for _ in range(_ENDS):
        # The others follow along the ridge, which leaves little to maximise.
        move = fit.coef[place] + side * out - coef[place]
        begin = coef + move * metric[:, place] / metric[place, place]
        highest, metric = _maximise(likelihood, begin, fixed=place, metric=metric, tolerance=1e-10)
        if not np.isfinite(highest.value):
            return float(np.copysign(np.inf, target))
        coef = highest.coef
        root = float(np.sqrt(max(2 * (fit.value - highest.value), 1e-12)))
        near, far = (out, far) if root < goal else (near, out)
        onward = _nearer(out, (goal - root) * root, -side * float(highest.slope[place]), near, far)
        if abs(onward - out) < 1e-8 * max(1.0, abs(coef[place])):
            break
        out = onward
    return float(fit.coef[place] + side * onward)


def _nearer(out: float, rise: float, slope: float, near: float, far: float) -> float:
    """Return where to look next: Newton's step, or the middle of what is left where that leads astray."""
    newton = out + rise / slope if slope > 0 else np.nan
    if near <= newton <= min(far, out + _LONGEST):
        return newton
    return (near + far) / 2 if np.isfinite(far) else out + min(out, _LONGEST)
