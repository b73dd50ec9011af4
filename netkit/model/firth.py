"""Firth's penalised likelihood on weighted patterns: estimates that stay finite, with profile intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

from netkit.errors import ModelError
from netkit.model.one_thread import one_thread
from netkit.model.penalised import Penalised, Point, climb
from netkit.model.rank import require_rank
from netkit.model.row_counts import Patterns

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
def fit_firth(patterns: Patterns, tolerance: float = 1e-15) -> FirthFit:
    """Fit logistic coefficients by Firth's penalised likelihood.

    Parameters
    ----------
    patterns : Patterns
        The patterns, whose design must have full rank beside the column of ones.
    tolerance : float, default 1e-15
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
    problem, begin = Penalised(patterns), np.zeros(patterns.width)
    # With few labels for many columns there are several tops; three ways up find the highest more
    # often, the third from farther out, where labels that are told apart lead.
    tops = [climb(problem, begin, tolerance=tolerance, learning=one)[0] for one in (False, True)]
    begin = 3 * max(tops, key=_height).coef
    tops.append(climb(problem, begin, tolerance=tolerance, learning=True)[0])
    top = max(tops, key=_height)
    return FirthFit(top.coef, top.covariance, top.value)


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
    problem = Penalised(patterns)
    metric = problem.metric(problem.at(fit.coef))
    ends = [
        [_end(problem, fit, place, side * target, metric) for side in (-1, 1)] for place in places
    ]
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


def _height(top: Point) -> float:
    return top.value


def _end(problem: Penalised, fit: FirthFit, place: int, target: float, metric: Floats) -> float:
    """Follow the signed root of the likelihood ratio to its target: it is nearly a straight line.

    Where it bends, a step could lead past the estimate or to the other end: what was seen to lie too
    near and too far holds it. An end so far out that the information vanishes on the way is infinite.
    """
    side, goal, coef = float(np.sign(target)), abs(target), fit.coef
    near, far = 0.0, np.inf
    out = goal * float(np.sqrt(metric[place, place]))
    for _ in range(_ENDS):
        # The others follow along the ridge, which leaves the climb little to do.
        move = fit.coef[place] + side * out - coef[place]
        begin = coef + move * metric[:, place] / metric[place, place]
        top, metric = climb(problem, begin, held=place, metric=metric, tolerance=1e-10)
        if not np.isfinite(top.value):
            return float(np.copysign(np.inf, target))
        coef = top.coef
        root = float(np.sqrt(max(2 * (fit.log_likelihood - top.value), 1e-12)))
        near, far = (out, far) if root < goal else (near, out)
        onward = _nearer(out, (goal - root) * root, -side * float(top.score[place]), near, far)
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
