"""How strongly the prior holds: fits of several priors, averaged by how well each explains the labels."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from netkit.errors import ModelError
from netkit.model.patterns import Patterns
from netkit.model.solvers import NewtonFit, fit_newton, one_thread
from netkit.plain_yaml import read_yaml
from netkit.row_counts import Floats

_PRIOR = Path(__file__).with_name("prior.yaml")
# No column that the labels say anything about is uncertain by so many log-odds.
_LOST = 50.0


@dataclass(frozen=True)
class _Prior:
    """What is believed of the coefficients before any label.

    The prior's mean is the rules' recalibrated `answers`, what these amount to fact by fact (`facts`),
    or `none` of it; `tau` is the standard deviation about it, `slope_sd` that of the slope on the rules.
    """

    centre: str
    tau: float
    belief: float = 1.0
    slope_sd: float = np.inf

    def precision(self, patterns: Patterns) -> Floats:
        """Return 1 / sd² of each coefficient of a fit; the intercept is free."""
        precision = np.full(patterns.width, self.tau**-2.0)
        precision[0] = 0.0
        if patterns.start is not None and np.isfinite(self.tau):
            precision[1] = self.slope_sd**-2.0
        return precision


@dataclass(frozen=True)
class _PriorFit:
    """One prior and its fit: intercept, slope on the score (zero without one), columns.

    `by_rules` is how much of each column's coefficient the rules brought; `evidence` the log probability
    of the labels under this prior (Laplace), but for a constant that all share; `share` how much is
    believed of the prior after the labels.
    """

    prior: _Prior
    coef: Floats
    covariance: Floats
    by_rules: Floats
    evidence: float
    converged: bool
    share: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return the prior and its share for JSON, which knows no infinity: no prior is told as no number."""
        prior = self.prior
        tau = prior.tau if np.isfinite(prior.tau) else None
        return {"centre": prior.centre, "tau": tau, "belief": prior.belief, "share": self.share}


@dataclass(frozen=True)
class _AveragedFit:
    """The fits of several priors averaged by their share of the evidence (Bayesian model averaging).

    The covariance is that within the fits and between them.
    """

    coef: Floats
    covariance: Floats
    by_rules: Floats
    fits: list[_PriorFit]

    @property
    def tau(self) -> float:
        """The prior's standard deviation on the coefficients, averaged."""
        return float(sum(one.share * one.prior.tau for one in self.fits))

    @property
    def converged(self) -> bool:
        """Whether every fit came to rest; without a prior, separated labels never do."""
        return all(one.converged for one in self.fits)


@one_thread
def average_priors(patterns: Patterns, tau: float | None = None, tolerance: float = 1e-8) -> _AveragedFit:
    """Fit every prior of `prior.yaml`, or the one of strength `tau`, and average.

    >>> half = Patterns(np.array([[0.0], [1.0]]), np.array([5.0, 9.0]), np.array([10.0, 10.0]))
    >>> found = average_priors(half)
    >>> found.coef.round(2).tolist(), [round(one.share, 2) for one in found.fits]
    ([0.43, 0.0, 0.98], [0.16, 0.19, 0.28, 0.37])
    """
    # One centre after the other, each fit beginning at the one before it.
    fits = [
        fit
        for centre, some in groupby(_priors(patterns.start is not None, tau), key=attrgetter("centre"))
        for fit in _fits_about(centre, patterns, list(some), tolerance)
    ]
    evidence = np.array([one.evidence + np.log(one.prior.belief) for one in fits])
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    coefs = np.array([one.coef for one in fits])
    coef = share @ coefs
    off = coefs - coef
    covariance = np.tensordot(share, np.array([one.covariance for one in fits]), axes=1)
    return _AveragedFit(
        coef,
        covariance + (off.T * share) @ off,
        share @ np.array([one.by_rules for one in fits]),
        [replace(one, share=float(part)) for one, part in zip(fits, share, strict=True)],
    )


@cache
def _stated_prior() -> dict[str, Any]:
    return dict(read_yaml(_PRIOR, error=ModelError)["prior"])


def _priors(scored: bool, tau: float | None) -> list[_Prior]:
    """Return the one prior of a given strength, or those of `prior.yaml`, strongest first in each centre."""
    stated = _stated_prior()
    slope = stated["slope"]["sd"]
    if tau is not None:
        return [_Prior("answers" if scored else "none", float(tau), slope_sd=slope)]
    centres = {"answers": "answers", "facts": "facts", "none": "none"} if scored else {"none": "alone"}
    return [
        _Prior(centre, sd, stated[entry]["belief"] / len(stated[entry]["sds"]), slope)
        for centre, entry in centres.items()
        for sd in stated[entry]["sds"]
    ]


def _fits_about(centre: str, patterns: Patterns, priors: list[_Prior], tolerance: float) -> list[_PriorFit]:
    """Fit the priors of one centre, in terms of the score as given."""
    seen, along, scale = _view(patterns, centre)
    found: list[_PriorFit] = []
    fit: NewtonFit | None = None
    for prior in priors:
        one, fit = _fit_prior(seen, prior, fit, tolerance)
        found.append(_rescaled(one, scale) if along is None else _in_columns(one, along))
    return found


def _view(patterns: Patterns, centre: str) -> tuple[Patterns, Floats | None, float]:
    """Return the patterns as a centre sees them, their score in standard deviations."""
    if patterns.start is None or centre == "none":
        return replace(patterns, start=None), None, 1.0
    if centre == "answers":
        scale = _spread(patterns.start, patterns.total)
        return replace(patterns, start=patterns.start / scale), None, scale
    along = patterns.rules_by_column()
    score = patterns.along(along)
    scale = _spread(score, patterns.total)
    score /= scale
    return replace(patterns, start=score), along / scale, 1.0


def _spread(score: Floats, weights: Floats) -> float:
    """Return the standard deviation of the score, one where it never varies."""
    every = float(weights.sum())
    off = score - float(weights @ score) / every
    off *= off
    spread = float(np.sqrt(weights @ off / every))
    return spread if spread > 1e-12 else 1.0


def _fit_prior(
    patterns: Patterns, prior: _Prior, previous: NewtonFit | None, tolerance: float
) -> tuple[_PriorFit, NewtonFit]:
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
    return _PriorFit(prior, coef, covariance, nothing, evidence, converged), fit


def _base_rate(patterns: Patterns) -> Floats:
    rate = patterns.ones.sum() / patterns.total.sum()
    begin = np.zeros(patterns.width)
    begin[0] = np.log(rate / (1 - rate))
    return begin


def _is_finite(patterns: Patterns, fit: NewtonFit) -> bool:
    """Tell whether estimates without a prior are finite: where labels are separated, errors explode."""
    size = np.zeros(patterns.width)
    for block, _, total in patterns.blocks():
        size += total @ block**2
    error = np.diag(fit.covariance()) * size / patterns.total.sum()
    return bool(error.max() < _LOST**2)


def _rescaled(fit: _PriorFit, scale: float) -> _PriorFit:
    """Return a fit whose slope is in units of the score as given."""
    back = np.ones(len(fit.coef))
    back[1] /= scale
    return replace(fit, coef=fit.coef * back, covariance=fit.covariance * np.outer(back, back))


def _in_columns(fit: _PriorFit, along: Floats) -> _PriorFit:
    """Return a fit to the score `design @ along` in terms of the columns alone, with slope zero."""
    change = np.eye(len(fit.coef))
    change[1, 1] = 0.0
    change[2:, 1] = along
    return replace(
        fit,
        coef=change @ fit.coef,
        covariance=change @ fit.covariance @ change.T,
        by_rules=fit.coef[1] * along,
    )
