"""How strongly the prior holds: fits of several strengths, averaged by how well each explains the labels."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.newton import Fit, fit_newton
from netkit.patterns import Patterns
from netkit.plain_yaml import read_yaml

Floats = NDArray[np.float64]

_PRIOR = Path(__file__).with_name("prior.yaml")


@dataclass(frozen=True)
class Candidate:
    """One prior and its fit.

    Attributes
    ----------
    centre : str
        `rules` where the rules' recalibrated score is the prior's mean, `zero` where it is left out.
    tau : float
        The prior's standard deviation on the coefficients.
    belief : float
        How much was believed of this prior beforehand.
    coef : ndarray, shape (p + 2,)
        Intercept, slope on the score (zero without one), columns.
    covariance : ndarray, shape (p + 2, p + 2)
        Their covariance.
    evidence : float
        The log probability of the labels under this prior (Laplace), but for a constant that all
        candidates share.
    share : float
        How much is believed of it after the labels.
    converged : bool
        Whether Newton's steps came to rest.
    """

    centre: str
    tau: float
    belief: float
    coef: Floats
    covariance: Floats
    evidence: float
    converged: bool
    share: float = 1.0


def fit_candidates(patterns: Patterns, tau: float | None, tolerance: float) -> list[Candidate]:
    """Fit the model at the strength given, or at every strength of `prior.yaml`.

    Parameters
    ----------
    patterns : Patterns
        The patterns; the score, if there is one, in standard deviations.
    tau : float or None
        The one strength, `inf` for none, or None for all.
    tolerance : float
        When Newton's steps stop.

    Returns
    -------
    list of Candidate
        The fits, each with its share of the evidence.

    Examples
    --------
    >>> half = Patterns(np.array([[0.0], [1.0]]), np.array([5.0, 9.0]), np.array([10.0, 10.0]))
    >>> [(one.centre, one.tau, round(one.share, 2)) for one in fit_candidates(half, None, 1e-9)]
    [('zero', 0.25, 0.16), ('zero', 0.5, 0.19), ('zero', 1.0, 0.28), ('zero', 2.0, 0.37)]
    """
    alone = replace(patterns, start=None)
    found: list[Candidate] = []
    previous: dict[str, Floats] = {}
    for centre, strength, belief in _plan(patterns.start is not None, tau):
        data = patterns if centre == "rules" else alone
        precision = _precision(data, strength)
        begin = previous.get(centre, _base_rate(data))
        fit = fit_newton(data, 0 * begin, precision, initial=begin, tolerance=tolerance)
        previous[centre] = fit.coef
        found.append(_candidate(centre, strength, belief, precision, fit))
    evidence = np.array([one.evidence + np.log(one.belief) for one in found])
    shares = np.exp(evidence - evidence.max())
    shares /= shares.sum()
    return [replace(one, share=float(share)) for one, share in zip(found, shares, strict=True)]


def average(candidates: list[Candidate]) -> tuple[Floats, Floats]:
    """Average the candidates by their share of the evidence.

    Parameters
    ----------
    candidates : list of Candidate
        The fits.

    Returns
    -------
    coef : ndarray, shape (p + 2,)
        The averaged coefficients: intercept, slope, columns.
    covariance : ndarray, shape (p + 2, p + 2)
        Their covariance: within the fits, and between them.
    """
    share = np.array([one.share for one in candidates])
    coefs = np.array([one.coef for one in candidates])
    coef = share @ coefs
    off = coefs - coef
    within = np.tensordot(share, np.array([one.covariance for one in candidates]), axes=1)
    return coef, within + (off.T * share) @ off


@cache
def stated_prior() -> dict[str, Any]:
    """Return what the model believes before it sees a label, as `prior.yaml` states it.

    Returns
    -------
    dict
        `beside_rules`, `without_rules`, `alone` with their `sds`, and `slope` with its `sd`.

    Examples
    --------
    >>> stated_prior()["slope"]["sd"]
    2.0
    """
    return dict(read_yaml(_PRIOR, error=ModelError)["prior"])


def _plan(started: bool, tau: float | None) -> list[tuple[str, float, float]]:
    if tau is not None:
        return [("rules" if started else "zero", float(tau), 1.0)]
    prior = stated_prior()
    if not started:
        sds = prior["alone"]["sds"]
        return [("zero", sd, 1 / len(sds)) for sd in sds]
    rules, zero = prior["beside_rules"]["sds"], prior["without_rules"]["sds"]
    return [("rules", sd, 0.5 / len(rules)) for sd in rules] + [
        ("zero", sd, 0.5 / len(zero)) for sd in zero
    ]


def _precision(patterns: Patterns, tau: float) -> Floats:
    precision = np.full(patterns.width, tau**-2.0)
    precision[0] = 0.0
    if patterns.start is not None and np.isfinite(tau):
        precision[1] = stated_prior()["slope"]["sd"] ** -2.0
    return precision


def _candidate(centre: str, tau: float, belief: float, precision: Floats, fit: Fit) -> Candidate:
    penalty = 0.5 * float(np.log(precision[precision > 0]).sum())
    volume = float(np.linalg.slogdet(fit.information)[1])
    coef, covariance = fit.coef, fit.covariance()
    if centre == "zero":
        coef = np.insert(coef, 1, 0.0)
        covariance = np.insert(np.insert(covariance, 1, 0.0, axis=0), 1, 0.0, axis=1)
    evidence = fit.log_posterior + penalty - volume / 2
    return Candidate(centre, tau, belief, coef, covariance, evidence, fit.converged)


def _base_rate(patterns: Patterns) -> Floats:
    rate = patterns.ones.sum() / patterns.total.sum()
    begin = np.zeros(patterns.width)
    begin[0] = np.log(rate / (1 - rate))
    return begin
