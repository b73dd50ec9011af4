"""Exact Newton fits of a logistic model to weighted patterns, penalised towards a prior mean."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import expit, log_expit

from netkit.patterns import Patterns

Floats = NDArray[np.float64]

# A block of this many rows stays in the processor's cache and bounds the memory beyond the input.
_BLOCK = 8192


@dataclass(frozen=True)
class Fit:
    """Where a penalised fit ended.

    Attributes
    ----------
    coef : ndarray, shape (p,)
        The coefficients in the order of the design's columns.
    information : ndarray, shape (p, p)
        The penalised information (negative Hessian) there.
    log_likelihood : float
        The log likelihood without the penalty.
    log_posterior : float
        The log likelihood less half the penalty.
    iterations : int
        Newton steps taken.
    converged : bool
        Whether the last step was below the tolerance.
    """

    coef: Floats
    information: Floats
    log_likelihood: float
    log_posterior: float
    iterations: int
    converged: bool

    def covariance(self) -> Floats:
        """Return the inverse of the information, pseudo-inverse where it is singular.

        Returns
        -------
        ndarray, shape (p, p)
            The covariance of the coefficients under the normal approximation.
        """
        return np.asarray(linalg.pinvh(self.information), dtype=np.float64)


def fit_newton(
    patterns: Patterns,
    mean: Floats,
    precision: Floats,
    *,
    initial: Floats | None = None,
    tolerance: float = 1e-10,
    steps: int = 100,
) -> Fit:
    """Fit logistic coefficients with a normal prior on each of them.

    Parameters
    ----------
    patterns : Patterns
        The distinct rows and the weight of the labels on each; the design carries its own
        column of ones where an intercept is wanted.
    mean, precision : ndarray, shape (p,)
        The prior's mean and precision (1 / sd²) of each coefficient; precision 0 leaves it free.
    initial : ndarray, shape (p,), optional
        Where to begin; at the prior's mean by default.
    tolerance : float, default 1e-10
        The Newton decrement, relative to the log posterior, at which to stop.
    steps : int, default 100
        The most steps to take; separated data without a prior never converge.

    Returns
    -------
    Fit
        The coefficients and the information there.

    Examples
    --------
    >>> toss = Patterns(np.ones((1, 1)), np.array([3.0]), np.array([4.0]), 4)
    >>> float(fit_newton(toss, np.zeros(1), np.zeros(1)).coef[0].round(6))  # log(3)
    1.098612
    """
    coef = mean.copy() if initial is None else initial.copy()
    likelihood, gradient, information = _derivatives(patterns, coef)
    value = likelihood - 0.5 * float(precision @ (coef - mean) ** 2)
    for step in range(1, steps + 1):
        slope = gradient - precision * (coef - mean)
        move = _solve(information + np.diag(precision), slope)
        decrement = float(slope @ move)
        if decrement <= tolerance * max(1.0, abs(value)):
            # The step in hand is exact to the square of its own length: take it, measure no more.
            coef, value = coef + move, value + decrement / 2
            penalised = information + np.diag(precision)
            return Fit(coef, penalised, likelihood, value, step, converged=True)
        size = 1.0
        while True:
            trial = coef + size * move
            likelihood, gradient, information = _derivatives(patterns, trial)
            new = likelihood - 0.5 * float(precision @ (trial - mean) ** 2)
            if new >= value or size < 1e-6:
                break
            size /= 2
        coef, value = trial, new
    return Fit(coef, information + np.diag(precision), likelihood, value, steps, converged=False)


def _solve(information: Floats, slope: Floats) -> Floats:
    """Solve for the Newton step; the shortest one where columns depend on each other."""
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(information), slope))
    except linalg.LinAlgError:
        return np.asarray(linalg.lstsq(information, slope)[0])


def _derivatives(patterns: Patterns, coef: Floats) -> tuple[float, Floats, Floats]:
    likelihood, gradient = 0.0, np.zeros(len(coef))
    information = np.zeros((len(coef), len(coef)))
    for design, ones, total in _blocks(patterns):
        eta = design @ coef
        chance = expit(eta)
        likelihood += float(ones @ log_expit(eta) + (total - ones) @ log_expit(-eta))
        gradient += design.T @ (ones - total * chance)
        information += design.T @ (design * (total * chance * (1 - chance))[:, None])
    return likelihood, gradient, information


def _blocks(patterns: Patterns) -> Iterator[tuple[Floats, Floats, Floats]]:
    for low in range(0, len(patterns.design), _BLOCK):
        part = slice(low, low + _BLOCK)
        yield patterns.design[part], patterns.ones[part], patterns.total[part]
