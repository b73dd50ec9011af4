"""How strongly the prior holds: fits of several strengths, averaged by how well each explains the labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netkit.newton import Fit, fit_newton
from netkit.patterns import Patterns

Floats = NDArray[np.float64]

_TAUS = (0.25, 0.5, 1.0, 2.0)
_SLOPE_SD = 2.5


@dataclass(frozen=True)
class Candidate:
    """One strength of the prior, its fit and its evidence.

    Attributes
    ----------
    tau : float
        The prior's standard deviation on the coefficients.
    fit : Fit
        The penalised fit.
    evidence : float
        The log of the labels' probability under this prior (Laplace).
    """

    tau: float
    fit: Fit
    evidence: float


def fit_candidates(
    patterns: Patterns, tau: float | None, started: bool, tolerance: float
) -> list[Candidate]:
    """Fit the model at the strength given, or at every strength to be averaged.

    Parameters
    ----------
    patterns : Patterns
        Design columns: ones, the rules' score, the facts.
    tau : float or None
        The strength, or None for all.
    started : bool
        Whether there is a rules' score.
    tolerance : float
        When to stop.

    Returns
    -------
    list of Candidate
        The fits.
    """
    found = []
    for strength in _TAUS if tau is None else (tau,):
        precision = np.full(patterns.design.shape[1], strength**-2.0)
        precision[0] = 0.0
        precision[1] = _SLOPE_SD**-2.0 if started else 1.0
        fit = fit_newton(patterns, np.zeros(len(precision)), precision, tolerance=tolerance)
        _, volume = np.linalg.slogdet(fit.information)
        penalised = precision[precision > 0]
        evidence = fit.log_posterior + 0.5 * float(np.log(penalised).sum()) - 0.5 * float(volume)
        found.append(Candidate(strength, fit, evidence))
    return found


def average_fits(candidates: list[Candidate]) -> tuple[Floats, Floats, float]:
    """Average the candidates by their evidence.

    Parameters
    ----------
    candidates : list of Candidate
        The fits.

    Returns
    -------
    coef : ndarray, shape (p,)
        The averaged coefficients.
    covariance : ndarray, shape (p, p)
        Their covariance: within the fits and between them.
    tau : float
        The averaged strength.
    """
    evidence = np.array([one.evidence for one in candidates])
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    coefs = np.array([one.fit.coef for one in candidates])
    coef = share @ coefs
    off = coefs - coef
    within = sum(s * one.fit.covariance() for s, one in zip(share, candidates, strict=True))
    return (
        coef,
        np.asarray(within + (off.T * share) @ off),
        float(share @ [c.tau for c in candidates]),
    )
