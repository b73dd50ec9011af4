"""Exact Newton fits of a logistic model to weighted patterns, penalised towards a prior mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from netkit.model.row_counts import Patterns

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """Where a penalised fit ended.

    Attributes
    ----------
    coef : ndarray, shape (width,)
        Intercept, slope on the score if there is one, the columns' coefficients.
    information : ndarray, shape (width, width)
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
        ndarray, shape (width, width)
            The covariance of the coefficients under the normal approximation.
        """
        return np.asarray(linalg.pinvh(self.information), dtype=np.float64)


def fit_newton(
    patterns: Patterns,
    mean: Floats,
    precision: Floats,
    *,
    initial: Floats | None = None,
    tolerance: float = 1e-8,
    steps: int = 100,
) -> Fit:
    """Fit logistic coefficients with a normal prior on each of them.

    Parameters
    ----------
    patterns : Patterns
        The distinct rows and the weight of the labels on each.
    mean, precision : ndarray, shape (width,)
        The prior's mean and precision (1 / sd²) of the intercept, of the slope on the score
        where there is one, and of each column; precision 0 leaves a coefficient free.
    initial : ndarray, shape (width,), optional
        Where to begin; at the prior's mean by default.
    tolerance : float, default 1e-8
        The squared length of a step, in standard errors, that is taken as the last one.
    steps : int, default 100
        The most steps to take; separated data without a prior never converge.

    Returns
    -------
    Fit
        The coefficients and the information there.

    Examples
    --------
    >>> toss = Patterns(np.empty((1, 0)), np.array([3.0]), np.array([4.0]))
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
        if decrement <= tolerance:
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
