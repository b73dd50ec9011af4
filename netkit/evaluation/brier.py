"""Brier's score in its parts over the bins of a calibration, each with an interval from whole weeks."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from netkit.evaluation import Estimate
from netkit.evaluation.resampling import Blocks

Floats = NDArray[np.float64]

PARTS = ("score", "reliability", "resolution", "uncertainty", "within_bins")


def brier_by_bin(
    y: Floats, p: Floats, place: NDArray[np.intp], blocks: Blocks | None = None
) -> dict[str, Estimate]:
    """Split Brier's score over bins: reliability - resolution + uncertainty + within_bins.

    Parameters
    ----------
    y, p : ndarray, shape (n,)
        Labels, and what was stated.
    place : ndarray of int, shape (n,)
        Each request's bin.
    blocks : Blocks, optional
        The weeks of the requests; without them there are no intervals.

    Returns
    -------
    dict of str to Estimate
        The score and its four parts. The intervals are Student's on the jackknife, one week left
        out at a time; resampling would add to the squared gaps that are measured.

    Examples
    --------
    >>> parts = brier_by_bin(np.array([1.0, 0, 0, 0]), np.full(4, 0.25), np.zeros(4, dtype=int))
    >>> float(parts["uncertainty"].value), float(parts["reliability"].value)
    (0.1875, 0.0)
    """
    bins = int(place.max()) + 1
    inside = (place[:, None] == np.arange(bins))[:, :, None]
    told = inside * np.column_stack([np.ones(len(y)), p, y, (p - y) ** 2])[:, None, :]
    whole = told.sum(axis=0)
    found = _parts(whole)
    out = np.full(len(PARTS), np.nan)
    if blocks is not None and blocks.count > 1:
        left = _parts(whole - blocks.sums(told.reshape(len(y), -1)).reshape(-1, bins, 4))
        spread = ((left - left.mean(axis=0)) ** 2).sum(axis=0) * (1 - 1 / blocks.count)
        out = float(stats.t.ppf(0.975, blocks.count - 1)) * np.sqrt(spread)
    least = np.array([0.0, 0.0, 0.0, 0.0, -np.inf])  # only what is left over may be negative
    low = np.maximum(found - out, least)
    return {
        name: Estimate(float(value), float(one), float(other), len(y))
        for name, value, one, other in zip(PARTS, found, low, found + out, strict=True)
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
