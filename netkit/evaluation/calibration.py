"""Whether stated probabilities come true: intercept, slope, bins, a curve, and one plain yes or no."""

from dataclasses import dataclass, field
from math import exp, isfinite, sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from netkit.evaluation import Estimate, wilson
from netkit.evaluation.estimate import Z95, Floats
from netkit.evaluation.resampling import Blocks

_CLIP = 1e-6  # a stated 0 or 1 has no log-odds; this is nearer than any history can tell
_MOST_BINS = _LEAST_PER_BIN = 10
_WIDEST = 1.0  # a wider interval that holds a slope of 1, because it holds everything, is no evidence
_HISTOGRAM = np.linspace(0, 1, 21)
_PARTS = ("score", "reliability", "resolution", "uncertainty", "within_bins")


@dataclass(frozen=True)
class Calibration:
    """Stated probabilities beside what happened."""

    observed_over_expected: Estimate  # 1 is right
    intercept: Estimate  # what must be added to the stated log-odds; 0 is right
    slope: Estimate  # the factor on the stated log-odds; below 1 they are too extreme
    bins: pd.DataFrame  # `stated` (mean), `observed`, `low`, `high` (Wilson), `n`, from low to high
    brier: dict[str, Estimate]
    usable: bool
    because: str
    # `stated`, `observed`: what happened as a curve that never falls (isotonic regression), corner by corner.
    curve: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    # `low`, `high`, `n`, `accepted`: how many requests were given which chance.
    histogram: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @classmethod
    def of(
        cls, labels: ArrayLike, probabilities: ArrayLike, *, blocks: Blocks | None = None
    ) -> "Calibration":
        """Compare stated probabilities with what happened: mean, weak and moderate calibration.

        Van Calster et al. (2019), BMC Medicine 17, 230.

        >>> stated = np.repeat([0.2, 0.8], 50)
        >>> done = np.r_[np.ones(10), np.zeros(40), np.ones(40), np.zeros(10)]
        >>> Calibration.of(done, stated).sentence
        'Probabilities usable as stated: yes (mean and slope agree with what happened).'
        """
        y = np.asarray(labels, dtype=np.float64)
        p = np.asarray(probabilities, dtype=np.float64)
        place = _bin_of(p)
        ratio, intercept, slope = (
            _ratio(y, p),
            _wald(y, np.ones((len(y), 1)), _log_odds(p), at=0),
            _slope(y, p),
        )
        usable, because = _usable(ratio, intercept, slope)
        parts = _brier_parts(y, p, place, blocks) if len(y) else {}
        return cls(
            ratio, intercept, slope, _bins(y, p, place), parts, usable, because, _curve(y, p), _spread(y, p)
        )

    @property
    def sentence(self) -> str:
        """The one line of the report."""
        answer = "yes" if self.usable else "no"
        return f"Probabilities usable as stated: {answer} ({self.because})."

    @property
    def numbers(self) -> str:
        """Slope and intercept with their intervals; nothing where there are too few requests."""
        told = (("slope", self.slope, "1"), ("intercept", self.intercept, "0"))
        return "; ".join(
            f"{name} {round(one.value, 2) + 0.0:.2f} ({_span(one)}; {right} is right)"  # no minus zero
            for name, one, right in told
            if isfinite(one.low)
        )


def _usable(ratio: Estimate, intercept: Estimate, slope: Estimate) -> tuple[bool, str]:
    if not isfinite(slope.low) or not isfinite(intercept.low):
        return False, "too few to tell: the slope may be anything"
    if not intercept.low <= 0 <= intercept.high:
        word = "more" if ratio.value > 1 else "less"
        return False, f"you accepted {word} than stated: observed / expected {_span(ratio)}"
    if not slope.low <= 1 <= slope.high:
        word = "extreme" if slope.value < 1 else "cautious"
        return False, f"the probabilities are too {word}: slope {_span(slope)}"
    if slope.high - slope.low > _WIDEST:
        return False, f"too few to tell: the slope may be anything from {_span(slope)}"
    return True, "mean and slope agree with what happened"


def _span(estimate: Estimate) -> str:
    return f"{estimate.low:.2f} to {estimate.high:.2f}"


def _ratio(y: Floats, p: Floats) -> Estimate:
    """Observed over expected, with an interval on the log scale."""
    if not len(y) or not y.sum() or not p.sum():
        return Estimate(float("nan"), n=len(y))
    value, rate = float(y.sum() / p.sum()), float(y.mean())
    reach = exp(Z95 * sqrt((1 - rate) / y.sum()))
    return Estimate(value, value / reach, value * reach, n=len(y))


def _log_odds(p: Floats) -> Floats:
    clipped = np.clip(p, _CLIP, 1 - _CLIP)
    return np.log(clipped / (1 - clipped))


def _slope(y: Floats, p: Floats) -> Estimate:
    line = _log_odds(p)
    if not len(y) or np.ptp(line) < _CLIP:
        return Estimate(float("nan"), n=len(y))
    return _wald(y, np.column_stack([np.ones(len(y)), line]), np.zeros(len(y)), at=1)


def _wald(y: Floats, X: Floats, offset: Floats, *, at: int) -> Estimate:
    """Fit by Newton's method; NaN where the likelihood has no finite maximum."""
    missing = Estimate(float("nan"), n=len(y))
    if not len(y) or y.min() == y.max():
        return missing
    beta = np.zeros(X.shape[1])
    for _ in range(50):
        mean = 1 / (1 + np.exp(-np.clip(X @ beta + offset, -30, 30)))
        information = X.T @ (X * (mean * (1 - mean))[:, None])
        try:
            step = np.linalg.solve(information, X.T @ (y - mean))
        except np.linalg.LinAlgError:
            return missing
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            spread = float(np.sqrt(np.linalg.inv(information)[at, at]))
            value = float(beta[at])
            return Estimate(value, value - Z95 * spread, value + Z95 * spread, n=len(y))
    return missing


def _bin_of(p: Floats) -> NDArray[np.intp]:
    """Give each request its bin: equal counts, equal probabilities kept together."""
    wanted = max(1, min(_MOST_BINS, len(p) // _LEAST_PER_BIN))
    _, group, size = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - size / 2
    place = np.floor(middle[group] / len(p) * wanted).astype(np.intp)
    return np.unique(place, return_inverse=True)[1]


def _curve(y: Floats, p: Floats) -> pd.DataFrame:
    if not len(y):
        return pd.DataFrame({"stated": [], "observed": []})
    # Takes longer to load than a triage that compares nothing takes.
    from sklearn.isotonic import IsotonicRegression

    rising = IsotonicRegression(y_min=0, y_max=1).fit(p, y)
    return pd.DataFrame({"stated": rising.X_thresholds_, "observed": rising.y_thresholds_})


def _spread(y: Floats, p: Floats) -> pd.DataFrame:
    every, accepted = (np.histogram(p, _HISTOGRAM, weights=weights)[0] for weights in (None, y))
    return pd.DataFrame(
        {"low": _HISTOGRAM[:-1], "high": _HISTOGRAM[1:], "n": every, "accepted": accepted.astype(np.int64)}
    )


def _bins(y: Floats, p: Floats, place: NDArray[np.intp]) -> pd.DataFrame:
    rows = []
    for number in np.unique(place):
        inside = place == number
        rate = wilson(float(y[inside].sum()), int(inside.sum()))
        rows.append((float(p[inside].mean()), rate.value, rate.low, rate.high, rate.n))
    return pd.DataFrame(rows, columns=["stated", "observed", "low", "high", "n"])


def _brier_parts(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: NDArray[np.intp] | None = None,
    blocks: Blocks | None = None,
) -> dict[str, Estimate]:
    """Split Brier's score over bins: reliability - resolution + uncertainty + within_bins.

    Without bins, equal probabilities form a group, and nothing is left within (Murphy 1973, Journal of
    Applied Meteorology 12, 595-600). The intervals are Student's on the jackknife, one week left out at
    a time; resampling would add to the squared gaps that are measured.

    >>> parts = _brier_parts([1, 0, 0, 0], [0.25] * 4)
    >>> float(parts["uncertainty"].value), float(parts["reliability"].value)
    (0.1875, 0.0)
    """
    y, p = np.asarray(labels, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    place = np.unique(p, return_inverse=True)[1] if bins is None else bins
    count = int(place.max()) + 1
    inside = (place[:, None] == np.arange(count))[:, :, None]
    told = inside * np.column_stack([np.ones(len(y)), p, y, (p - y) ** 2])[:, None, :]
    whole = told.sum(axis=0)
    found = _parts(whole)
    out = np.full(len(_PARTS), np.nan)
    if blocks is not None and blocks.count > 1:
        left = _parts(whole - blocks.sums(told.reshape(len(y), -1)).reshape(-1, count, 4))
        spread = ((left - left.mean(axis=0)) ** 2).sum(axis=0) * (1 - 1 / blocks.count)
        out = float(special.stdtrit(blocks.count - 1, 0.975)) * np.sqrt(spread)
    least = np.array([0.0, 0.0, 0.0, 0.0, -np.inf])  # only what is left over may be negative
    low = np.maximum(found - out, least)
    return {
        name: Estimate(float(value), float(one), float(other), len(y))
        for name, value, one, other in zip(_PARTS, found, low, found + out, strict=True)
    }


def _parts(told: Floats) -> Floats:
    """Return the parts from each bin's count and sums of stated, labels and squared errors."""
    size, stated, done, errors = np.moveaxis(told, -1, 0)
    n = size.sum(axis=-1)
    filled = np.where(size > 0, size, 1.0)
    base = done.sum(axis=-1) / n
    reliability = ((stated - done) ** 2 / filled).sum(axis=-1) / n
    resolution = (size * (done / filled - base[..., None]) ** 2).sum(axis=-1) / n
    uncertainty, score = base * (1 - base), errors.sum(axis=-1) / n
    left = score - reliability + resolution - uncertainty
    return np.stack([score, reliability, resolution, uncertainty, left], axis=-1)
