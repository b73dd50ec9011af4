"""How strongly the prior holds: fits of several strengths, averaged by how well each explains the labels."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.model.newton import Fit, fit_newton
from netkit.model.one_thread import one_thread
from netkit.model.patterns import Patterns
from netkit.plain_yaml import read_yaml

Floats = NDArray[np.float64]

# No column that the labels say anything about is uncertain by so many log-odds.
_LOST = 50.0
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
        Whether Newton's steps came to rest at finite estimates.
    """

    centre: str
    tau: float
    belief: float
    coef: Floats
    covariance: Floats
    evidence: float
    converged: bool
    share: float = 1.0


@dataclass(frozen=True)
class Learned:
    """What the labels taught: the candidates averaged by their share of the evidence.

    Attributes
    ----------
    coef : ndarray, shape (p + 2,)
        Intercept, slope on the score as given (zero without one), columns.
    covariance : ndarray, shape (p + 2, p + 2)
        Their covariance: within the candidates, and between them.
    candidates : list of Candidate
        The fits.
    """

    coef: Floats
    covariance: Floats
    candidates: list[Candidate]

    @property
    def tau(self) -> float:
        """The prior's standard deviation on the coefficients, averaged."""
        return float(sum(one.share * one.tau for one in self.candidates))

    @property
    def trust(self) -> float:
        """The share of the evidence that speaks for beginning at the rules."""
        return float(sum(one.share for one in self.candidates if one.centre == "rules"))

    @property
    def converged(self) -> bool:
        """Whether every fit came to rest; without a prior, separated labels never do."""
        return all(one.converged for one in self.candidates)


@one_thread
def learn(patterns: Patterns, tau: float | None = None, tolerance: float = 1e-8) -> Learned:
    """Fit the model at the strength given, or at every strength of `prior.yaml`, and average.

    Parameters
    ----------
    patterns : Patterns
        The patterns, both labels among them.
    tau : float, optional
        The one strength, `inf` for none; by default all, averaged by their evidence.
    tolerance : float, default 1e-8
        The squared length of a Newton step, in standard errors, that is taken as the last.

    Returns
    -------
    Learned
        The averaged fit.

    Examples
    --------
    >>> half = Patterns(np.array([[0.0], [1.0]]), np.array([5.0, 9.0]), np.array([10.0, 10.0]))
    >>> found = learn(half)
    >>> found.coef.round(2).tolist(), [round(one.share, 2) for one in found.candidates]
    ([0.43, 0.0, 0.98], [0.16, 0.19, 0.28, 0.37])
    """
    scale = 1.0
    if patterns.start is not None:
        scale = _spread(patterns.start, patterns.total)
        patterns = replace(patterns, start=patterns.start / scale)
    candidates = _fit_candidates(patterns, tau, tolerance)
    share = np.array([one.share for one in candidates])
    coefs = np.array([one.coef for one in candidates])
    coef = share @ coefs
    off = coefs - coef
    covariance = np.tensordot(share, np.array([one.covariance for one in candidates]), axes=1)
    covariance += (off.T * share) @ off
    back = np.ones(len(coef))
    back[1] /= scale
    return Learned(coef * back, covariance * np.outer(back, back), candidates)


def _spread(score: Floats, weights: Floats) -> float:
    """Return the standard deviation of the score, one where it never varies."""
    mean = np.average(score, weights=weights)
    spread = float(np.sqrt(np.average((score - mean) ** 2, weights=weights)))
    return spread if spread > 0 else 1.0


def _fit_candidates(patterns: Patterns, tau: float | None, tolerance: float) -> list[Candidate]:
    alone = replace(patterns, start=None)
    found: list[Candidate] = []
    previous: dict[str, Floats] = {}
    for centre, strength, belief in _plan(patterns.start is not None, tau):
        data = patterns if centre == "rules" else alone
        precision = _precision(data, strength)
        begin = previous.get(centre, _base_rate(data))
        fit = fit_newton(data, 0 * begin, precision, initial=begin, tolerance=tolerance)
        previous[centre] = fit.coef
        if not np.isfinite(strength):
            fit = replace(fit, converged=fit.converged and _is_finite(data, fit))
        found.append(_candidate(centre, strength, belief, precision, fit))
    evidence = np.array([one.evidence + np.log(one.belief) for one in found])
    shares = np.exp(evidence - evidence.max())
    shares /= shares.sum()
    return [replace(one, share=float(share)) for one, share in zip(found, shares, strict=True)]


def _is_finite(patterns: Patterns, fit: Fit) -> bool:
    """Tell whether estimates without a prior are finite: where labels are separated, errors explode."""
    size = np.zeros(patterns.width)
    for block, _, total in patterns.blocks():
        size += total @ block**2
    error = np.diag(fit.covariance()) * size / patterns.total.sum()
    return bool(error.max() < _LOST**2)


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
