"""How strongly the prior holds: fits of several priors, averaged by how well each explains the labels."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.model.candidates import Candidate, Prior, fit_candidate, in_columns, rules_by_fact
from netkit.model.newton import Fit
from netkit.model.one_thread import one_thread
from netkit.model.row_counts import Patterns
from netkit.plain_yaml import read_yaml

Floats = NDArray[np.float64]

_PRIOR = Path(__file__).with_name("prior.yaml")


@dataclass(frozen=True)
class Learned:
    """What the labels taught: the candidates averaged by their share of the evidence.

    Attributes
    ----------
    coef : ndarray, shape (p + 2,)
        Intercept, slope on the score as given (zero without one), columns.
    covariance : ndarray, shape (p + 2, p + 2)
        Their covariance: within the candidates, and between them.
    by_rules : ndarray, shape (p,)
        How much of each column's coefficient the rules brought.
    candidates : list of Candidate
        The fits, their slopes in terms of the score as given.
    """

    coef: Floats
    covariance: Floats
    by_rules: Floats
    candidates: list[Candidate]

    @property
    def tau(self) -> float:
        """The prior's standard deviation on the coefficients, averaged."""
        return float(sum(one.share * one.prior.tau for one in self.candidates))

    @property
    def converged(self) -> bool:
        """Whether every fit came to rest; without a prior, separated labels never do."""
        return all(one.converged for one in self.candidates)


@one_thread
def learn(patterns: Patterns, tau: float | None = None, tolerance: float = 1e-8) -> Learned:
    """Fit the model at the strength given, or at every prior of `prior.yaml`, and average.

    Parameters
    ----------
    patterns : Patterns
        The patterns, both labels among them.
    tau : float, optional
        The one strength, about the rules' answers if there are any, `inf` for none; by default
        all priors, averaged by their evidence.
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
    candidates = _fitted(patterns, planned(patterns.start is not None, tau), tolerance)
    evidence = np.array([one.evidence + np.log(one.prior.belief) for one in candidates])
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    coefs = np.array([one.coef for one in candidates])
    coef = share @ coefs
    off = coefs - coef
    covariance = np.tensordot(share, np.array([one.covariance for one in candidates]), axes=1)
    return Learned(
        coef,
        covariance + (off.T * share) @ off,
        share @ np.array([one.by_rules for one in candidates]),
        [replace(one, share=float(part)) for one, part in zip(candidates, share, strict=True)],
    )


def planned(started: bool, tau: float | None = None) -> list[Prior]:
    """Return the priors to be averaged.

    Parameters
    ----------
    started : bool
        Whether there is a rules' score.
    tau : float, optional
        The one strength, where it is given.

    Returns
    -------
    list of Prior
        One, or those of `prior.yaml`, strongest first within each centre.

    Examples
    --------
    >>> [(one.centre, one.tau) for one in planned(started=False)]
    [('none', 0.25), ('none', 0.5), ('none', 1.0), ('none', 2.0)]
    """
    stated = stated_prior()
    slope = stated["slope"]["sd"]
    if tau is not None:
        return [Prior("answers" if started else "none", float(tau), slope_sd=slope)]
    centres = (
        {"answers": "answers", "facts": "facts", "none": "none"} if started else {"none": "alone"}
    )
    return [
        Prior(centre, sd, stated[entry]["belief"] / len(stated[entry]["sds"]), slope)
        for centre, entry in centres.items()
        for sd in stated[entry]["sds"]
    ]


@cache
def stated_prior() -> dict[str, Any]:
    """Return what the model believes before it sees a label, as `prior.yaml` states it.

    Returns
    -------
    dict
        `answers`, `facts`, `none`, `alone` with their `belief` and `sds`, and `slope` with its `sd`.

    Examples
    --------
    >>> stated_prior()["slope"]["sd"]
    2.0
    """
    return dict(read_yaml(_PRIOR, error=ModelError)["prior"])


def _fitted(patterns: Patterns, priors: list[Prior], tolerance: float) -> list[Candidate]:
    """Fit every prior to the patterns as its centre sees them, one centre after the other."""
    return [
        candidate
        for centre, some in groupby(priors, key=attrgetter("centre"))
        for candidate in _about(centre, patterns, list(some), tolerance)
    ]


def _about(
    centre: str, patterns: Patterns, priors: list[Prior], tolerance: float
) -> list[Candidate]:
    """Fit the priors of one centre, each from the fit before it, in terms of the score as given."""
    seen, along, scale = _view(patterns, centre)
    found: list[Candidate] = []
    fit: Fit | None = None
    for prior in priors:
        one, fit = fit_candidate(seen, prior, fit, tolerance)
        found.append(_rescaled(one, scale) if along is None else in_columns(one, along))
    return found


def _view(patterns: Patterns, centre: str) -> tuple[Patterns, Floats | None, float]:
    """Return the patterns as a centre sees them, their score in standard deviations."""
    if patterns.start is None or centre == "none":
        return replace(patterns, start=None), None, 1.0
    if centre == "answers":
        scale = _spread(patterns.start, patterns.total)
        return replace(patterns, start=patterns.start / scale), None, scale
    along = rules_by_fact(patterns)
    score = patterns.along(along)
    scale = _spread(score, patterns.total)
    score /= scale
    return replace(patterns, start=score), along / scale, 1.0


def _rescaled(candidate: Candidate, scale: float) -> Candidate:
    """Return a candidate whose slope is in units of the score as given."""
    back = np.ones(len(candidate.coef))
    back[1] /= scale
    covariance = candidate.covariance * np.outer(back, back)
    return replace(candidate, coef=candidate.coef * back, covariance=covariance)


def _spread(score: Floats, weights: Floats) -> float:
    """Return the standard deviation of the score, one where it never varies."""
    every = float(weights.sum())
    off = score - float(weights @ score) / every
    off *= off
    spread = float(np.sqrt(weights @ off / every))
    return spread if spread > 1e-12 else 1.0
