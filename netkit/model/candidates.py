"""One prior, one fit: the coefficients and the evidence that the labels give for that prior."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from netkit.model.newton import Fit, fit_newton
from netkit.model.row_counts import Patterns

Floats = NDArray[np.float64]

# No column that the labels say anything about is uncertain by so many log-odds.
_LOST = 50.0


@dataclass(frozen=True)
class Prior:
    """What is believed of the coefficients before any label.

    Attributes
    ----------
    centre : str
        `answers` where the rules' recalibrated answers are the prior's mean; `facts` where it is what
        these answers amount to, fact by fact; `none` where the rules are left out.
    tau : float
        The standard deviation of the coefficients about that mean, `inf` for no prior.
    belief : float
        How much is believed of this prior.
    slope_sd : float
        The standard deviation of the slope on the rules, in log-odds a standard deviation of theirs.
    """

    centre: str
    tau: float
    belief: float = 1.0
    slope_sd: float = np.inf

    def precision(self, patterns: Patterns) -> Floats:
        """Return the precision of each coefficient of a fit; the intercept is free.

        Parameters
        ----------
        patterns : Patterns
            The patterns, with a score unless the rules are left out.

        Returns
        -------
        ndarray, shape (width,)
            1 / sd², 0 where a coefficient is free.
        """
        precision = np.full(patterns.width, self.tau**-2.0)
        precision[0] = 0.0
        if patterns.start is not None and np.isfinite(self.tau):
            precision[1] = self.slope_sd**-2.0
        return precision


@dataclass(frozen=True)
class Candidate:
    """One prior and its fit.

    Attributes
    ----------
    prior : Prior
        The prior.
    coef : ndarray, shape (p + 2,)
        Intercept, slope on the score (zero without one), columns.
    covariance : ndarray, shape (p + 2, p + 2)
        Their covariance.
    by_rules : ndarray, shape (p,)
        How much of each column's coefficient the rules brought.
    evidence : float
        The log probability of the labels under this prior (Laplace), but for a constant that all
        candidates share.
    converged : bool
        Whether Newton's steps came to rest at finite estimates.
    share : float
        How much is believed of the prior after the labels.
    """

    prior: Prior
    coef: Floats
    covariance: Floats
    by_rules: Floats
    evidence: float
    converged: bool
    share: float = 1.0


def fit_candidate(
    patterns: Patterns, prior: Prior, previous: Fit | None, tolerance: float
) -> tuple[Candidate, Fit]:
    """Fit one prior.

    Parameters
    ----------
    patterns : Patterns
        The patterns as this prior sees them: with the rules' answers, with what they amount to
        (`rules_by_fact`), or without a score.
    prior : Prior
        The prior.
    previous : Fit, optional
        A fit of the same patterns to begin at.
    tolerance : float
        When Newton's steps stop.

    Returns
    -------
    Candidate
        The coefficients in terms of the patterns as seen.
    Fit
        The fit, for the next strength to begin at.
    """
    precision = prior.precision(patterns)
    begin = _base_rate(patterns) if previous is None else previous.coef
    fit = fit_newton(patterns, 0 * begin, precision, initial=begin, tolerance=tolerance)
    penalty = 0.5 * float(np.log(precision[precision > 0]).sum())
    volume = float(np.linalg.slogdet(fit.information)[1])
    coef, covariance = fit.coef, fit.covariance()
    if patterns.start is None:
        coef = np.insert(coef, 1, 0.0)
        covariance = np.insert(np.insert(covariance, 1, 0.0, axis=0), 1, 0.0, axis=1)
    evidence = fit.log_posterior + penalty - volume / 2
    converged = fit.converged and (bool(np.isfinite(prior.tau)) or _is_finite(patterns, fit))
    nothing = np.zeros(len(coef) - 2)
    return Candidate(prior, coef, covariance, nothing, evidence, converged), fit


def rules_by_fact(patterns: Patterns) -> Floats:
    """Return what the rules' answers amount to, column by column: their least-squares share.

    A ridge of one request keeps apart what the history shows too seldom to tell.

    Parameters
    ----------
    patterns : Patterns
        The patterns with the rules' score.

    Returns
    -------
    ndarray, shape (p,)
        Score for each column.

    Examples
    --------
    >>> design = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> score = design @ np.array([1.0, -2.0])
    >>> rules_by_fact(Patterns(design, score, np.full(4, 1e6), score)).round(3).tolist()
    [1.0, -2.0]
    """
    gram = np.zeros((patterns.width, patterns.width))
    for block, _, total in patterns.blocks():
        gram += block.T @ (block * total[:, None])
    columns = np.delete(np.arange(patterns.width), 1)
    ridge = np.eye(len(columns))
    ridge[0, 0] = 0.0
    found = linalg.solve(gram[np.ix_(columns, columns)] + ridge, gram[columns, 1], assume_a="sym")
    return np.asarray(found[1:], dtype=np.float64)


def in_columns(candidate: Candidate, along: Floats) -> Candidate:
    """Return a candidate whose score was a sum of columns in terms of the columns alone.

    Parameters
    ----------
    candidate : Candidate
        A candidate fitted to `design @ along` as its score.
    along : ndarray, shape (p,)
        That score for each column.

    Returns
    -------
    Candidate
        The same log-odds, with slope zero.
    """
    width = len(candidate.coef)
    change = np.eye(width)
    change[1, 1] = 0.0
    change[2:, 1] = along
    return replace(
        candidate,
        coef=change @ candidate.coef,
        covariance=change @ candidate.covariance @ change.T,
        by_rules=candidate.coef[1] * along,
    )


def _base_rate(patterns: Patterns) -> Floats:
    rate = patterns.ones.sum() / patterns.total.sum()
    begin = np.zeros(patterns.width)
    begin[0] = np.log(rate / (1 - rate))
    return begin


def _is_finite(patterns: Patterns, fit: Fit) -> bool:
    """Tell whether estimates without a prior are finite: where labels are separated, errors explode."""
    size = np.zeros(patterns.width)
    for block, _, total in patterns.blocks():
        size += total @ block**2
    error = np.diag(fit.covariance()) * size / patterns.total.sum()
    return bool(error.max() < _LOST**2)
