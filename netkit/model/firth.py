"""Firth's penalised likelihood on weighted patterns: estimates that stay finite, with profile intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats
from scipy.special import expit, logit

from netkit.errors import ModelError
from netkit.model.one_thread import one_thread
from netkit.model.patterns import Patterns
from netkit.model.rank import require_rank

Floats = NDArray[np.float64]

# D. Firth, Bias reduction of maximum likelihood estimates (Biometrika 1993).
# G. Heinze, M. Schemper, A solution to the problem of separation (Statistics in Medicine 2002): intervals.
# R. Puhr and others, Firth's logistic regression with rare events (Statistics in Medicine 2017): FLIC.
_STEPS, _ENDS, _LONGEST = 200, 30, 5.0


@dataclass(frozen=True)
class FirthFit:
    """Where Firth's fit ended.

    Attributes
    ----------
    coef : ndarray, shape (width,)
        Intercept, then the design's columns, in log-odds.
    covariance : ndarray, shape (width, width)
        The inverse of the information there.
    log_likelihood : float
        The penalised log likelihood.
    """

    coef: Floats
    covariance: Floats
    log_likelihood: float


@one_thread
def fit_firth(patterns: Patterns, tolerance: float = 1e-10) -> FirthFit:
    """Fit logistic coefficients by Firth's penalised likelihood.

    Parameters
    ----------
    patterns : Patterns
        The patterns, whose design must have full rank beside the column of ones.
    tolerance : float, default 1e-10
        The squared length of a step, in standard errors, that is taken as the last one.

    Returns
    -------
    FirthFit
        The estimates, finite even where a column separates the labels.

    Raises
    ------
    ModelError
        Columns are constant or depend on each other.

    Examples
    --------
    >>> never = Patterns(np.empty((1, 0)), np.array([0.0]), np.array([9.0]))
    >>> round(float(expit(fit_firth(never).coef[0])), 3)  # (0 + 1/2) / (9 + 1), as Jeffreys has it
    0.05
    """
    require_rank(patterns)
    return _climb(_Problem(patterns), np.zeros(patterns.width), tolerance=tolerance)


@one_thread
def profile_intervals(
    patterns: Patterns, fit: FirthFit, level: float = 0.95, columns: list[int] | None = None
) -> Floats:
    """Return profile penalised-likelihood intervals of coefficients.

    Parameters
    ----------
    patterns : Patterns
        What was fitted.
    fit : FirthFit
        The fit.
    level : float, default 0.95
        How often such an interval covers the truth.
    columns : list of int, optional
        Which coefficients, 0 the intercept; all by default.

    Returns
    -------
    ndarray, shape (m, 2)
        Lower and upper ends.

    Examples
    --------
    >>> toss = Patterns(np.empty((1, 0)), np.array([5.0]), np.array([10.0]))
    >>> profile_intervals(toss, fit_firth(toss)).round(2).tolist()
    [[-1.22, 1.22]]
    """
    target = np.sqrt(stats.chi2.ppf(level, 1))
    places = range(patterns.width) if columns is None else columns
    problem = _Problem(patterns)
    ends = [[_end(problem, fit, place, side * target) for side in (-1, 1)] for place in places]
    return np.array(ends, dtype=np.float64).reshape(-1, 2)


def corrected_intercept(patterns: Patterns, fit: FirthFit) -> float:
    """Return the intercept that makes the mean probability the observed rate (FLIC).

    Parameters
    ----------
    patterns : Patterns
        What was fitted.
    fit : FirthFit
        The fit, whose own mean probability leans towards one half.

    Returns
    -------
    float
        The intercept to predict with.

    Raises
    ------
    ModelError
        All labels are equal, so that no finite intercept does it.
    """
    rate = float(patterns.ones.sum() / patterns.total.sum())
    if not 0 < rate < 1:
        raise ModelError("all labels are equal", accepted="both labels", do="record more decisions")
    rest = patterns.full()[:, 1:] @ fit.coef[1:]
    intercept = float(logit(rate) - np.average(rest, weights=patterns.total))
    for _ in range(_STEPS):
        chance = expit(intercept + rest)
        step = float(patterns.total @ (rate - chance) / (patterns.total @ (chance * (1 - chance))))
        intercept += float(np.clip(step, -1, 1))
        if abs(step) < 1e-12:
            break
    return intercept


def _end(problem: "_Problem", fit: FirthFit, place: int, target: float) -> float:
    """Follow the signed root of the likelihood ratio to its target: it is nearly a straight line.

    An end so far out that the information vanishes on the way is infinite.
    """
    coef = fit.coef.copy()
    # The others follow along their regression on this one, which leaves the inner fit little to do.
    along = fit.covariance[:, place] / fit.covariance[place, place]
    step = target * float(np.sqrt(fit.covariance[place, place]))
    for _ in range(_ENDS):
        inner = _climb(problem, coef + step * along, place, 1e-8)
        if not np.isfinite(inner.log_likelihood):
            return float(np.copysign(np.inf, target))
        coef = inner.coef
        root = np.sign(target) * np.sqrt(
            max(2 * (fit.log_likelihood - inner.log_likelihood), 1e-12)
        )
        slope = -problem.score(coef)[0][place] / root
        step = float(np.clip((target - root) / slope, -_LONGEST, _LONGEST))
        if abs(step) < 1e-8 * max(1.0, abs(coef[place])):
            break
    return float(coef[place] + step)


def _climb(
    problem: "_Problem", begin: Floats, held: int | None = None, tolerance: float = 1e-10
) -> FirthFit:
    """Climb the penalised likelihood by scoring steps, one coefficient held if asked."""
    coef = begin
    score, covariance, value = problem.score(coef)
    for _ in range(_STEPS):
        move = covariance @ score
        if held is not None:
            move = move - covariance[:, held] * (move[held] / covariance[held, held])
            move[held] = 0.0
        decrement = float(score @ move)
        move *= min(1.0, _LONGEST / max(float(np.abs(move).max(initial=0.0)), _LONGEST))
        score, covariance, new = problem.score(coef + move)
        while new < value - 1e-10 * abs(value) and np.abs(move).max() > 1e-10:
            move /= 2
            score, covariance, new = problem.score(coef + move)
        coef, value = coef + move, new
        if decrement <= tolerance:
            break
    return FirthFit(coef, covariance, value)


class _Problem:
    """The patterns as the score needs them, laid out once."""

    def __init__(self, patterns: Patterns) -> None:
        self.full, self.ones, self.total = patterns.full(), patterns.ones, patterns.total

    def score(self, coef: Floats) -> tuple[Floats, Floats, float]:
        """Return the penalised score, the inverse information and the penalised log likelihood."""
        eta = self.full @ coef
        small = np.exp(-np.abs(eta))
        chance = np.where(eta >= 0, 1.0, small) / (1 + small)
        root = np.sqrt(self.total * small) / (1 + small)
        rooted = self.full * root[:, None]
        try:
            triangle = linalg.cholesky(rooted.T @ rooted, lower=True)
        except linalg.LinAlgError:  # so far out that the information vanishes: never uphill
            return np.zeros_like(coef), np.eye(len(coef)), -np.inf
        half = linalg.solve_triangular(triangle, rooted.T, lower=True)
        leverage = np.einsum("ij,ij->j", half, half)
        likelihood = self.ones @ eta - self.total @ (np.maximum(eta, 0) + np.log1p(small))
        value = float(likelihood + np.log(np.diag(triangle)).sum())
        score = self.full.T @ (self.ones - self.total * chance + leverage * (0.5 - chance))
        inverse = linalg.cho_solve((triangle, True), np.eye(len(coef)))
        return score, inverse, value
