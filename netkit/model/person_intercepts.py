"""An intercept for each of many people, shrunken towards the common one as far as the labels ask for it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, special

from netkit.row_counts import Floats

# The standard deviations of people that are tried; the first is as good as none.
_SPREADS = (1e-3, *np.geomspace(0.1, 4.0, 16).tolist())
_STEPS, _SMALL = 60, 1e-10


@dataclass(frozen=True)
class PersonIntercepts:
    """A fit with people: intercept, slope if any and columns, their covariance, and the people."""

    coef: Floats
    covariance: Floats
    people: pd.Series  # person -> what is added to the log-odds
    spread: float
    log_likelihood: float


def fit_people(
    full: Floats, ones: Floats, weights: Floats, people: NDArray[np.object_], precision: Floats
) -> PersonIntercepts:
    """Fit a design with its column of ones and an intercept a person, normal about zero.

    The spread of the people is that under which the labels are likeliest (Laplace evidence). The matrix of
    second derivatives is diagonal in the people, so that thousands of them cost little.

    >>> rng = np.random.default_rng(1)
    >>> who = np.repeat(np.arange(60), 20)
    >>> odds = np.repeat(rng.normal(0, 1.5, 60), 20)
    >>> ones = (rng.random(1200) * (1 + np.exp(-odds)) < 1) * 1.0
    >>> found = fit_people(np.ones((1200, 1)), ones, np.ones(1200), who, np.zeros(1))
    >>> bool(1.0 < found.spread < 2.2), len(found.people)
    (True, 60)
    """
    codes, names = pd.factorize(people)
    count = len(names)
    coef, own = np.zeros(full.shape[1]), np.zeros(count)
    best: tuple[float, PersonIntercepts] | None = None
    for spread in _SPREADS:
        coef, own, evidence, covariance, fits = _newton(
            full, ones, weights, codes, precision, spread**-2.0, coef, own
        )
        if best is None or evidence > best[0]:
            found = PersonIntercepts(coef, covariance, pd.Series(own, index=names), float(spread), fits)
            best = evidence, found
    assert best is not None
    return best[1]


def _newton(
    full: Floats,
    ones: Floats,
    weights: Floats,
    codes: NDArray[np.intp],
    precision: Floats,
    own_precision: float,
    coef: Floats,
    own: Floats,
) -> tuple[Floats, Floats, float, Floats, float]:
    """Return coefficients, people, evidence, the coefficients' covariance, and the log-likelihood."""
    count = len(own)

    def fits(coef: Floats, own: Floats) -> tuple[float, float]:
        odds = full @ coef + own[codes]
        likely = float(ones @ odds - weights @ np.logaddexp(0.0, odds))
        return likely, likely - 0.5 * float(precision @ coef**2 + own_precision * (own @ own))

    here = fits(coef, own)
    for _ in range(_STEPS):
        chance = special.expit(full @ coef + own[codes])
        off, curve = ones - weights * chance, weights * chance * (1 - chance)
        slope, own_slope = (
            full.T @ off - precision * coef,
            _by_person(codes, off, count) - own_precision * own,
        )
        upper = (full.T * curve) @ full + np.diag(precision)
        across = np.column_stack([_by_person(codes, curve * column, count) for column in full.T])
        diagonal = _by_person(codes, curve, count) + own_precision
        schur = upper - across.T @ (across / diagonal[:, None])
        move = linalg.solve(
            schur + 1e-12 * np.eye(len(schur)), slope - across.T @ (own_slope / diagonal), assume_a="pos"
        )
        own_move = (own_slope - across @ move) / diagonal
        gain = float(slope @ move + own_slope @ own_move)
        size = 1.0
        while (there := fits(coef + size * move, own + size * own_move))[1] < here[1] and size > 1e-4:
            size /= 2
        coef, own, here = coef + size * move, own + size * own_move, there
        if gain < _SMALL:
            break
    volume = float(np.log(diagonal).sum() + np.linalg.slogdet(schur)[1])
    evidence = here[1] + 0.5 * count * np.log(own_precision) - 0.5 * volume
    return coef, own, float(evidence), np.asarray(linalg.pinvh(schur)), here[0]


def _by_person(codes: NDArray[np.intp], values: Floats, count: int) -> Floats:
    return np.bincount(codes, values, minlength=count).astype(np.float64)
