"""Intervals from whole weeks: requests of one week may share a mood, so weeks are what is drawn anew."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from netkit.evaluation import Estimate
from netkit.evaluation.estimate import Z95, Floats, wilson_ends
from netkit.evaluation.rolling import Places

# As much of a request as is added for what has not been seen yet; a quarter in all leaves the fewest
# cells of benchmarks/verdict.py outside 93 to 97 %, half a request covers tiny differences too often.
_UNSEEN = 0.25
# So few weeks may agree by chance, and then say less of their spread than the single requests do.
_FEW = 5
# Below this the mean is one of the ends: nothing varies, and there is no spread to compare with.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Blocks:
    """The weeks that requests fall into: each request's week, 0 to `count` - 1."""

    of: Places
    count: int

    @classmethod
    def weekly(cls, times: pd.Series) -> "Blocks":
        """Cut the time into weeks from Monday to Sunday, however few they are.

        Shorter blocks would pass few weeks off as many: where the requests of a week share a mood, the
        days of one week would all agree, and a verdict on them would be surer than it may be.

        >>> days = pd.Series(pd.date_range("2024-01-01", periods=70, tz="UTC"))
        >>> Blocks.weekly(days).count, Blocks.weekly(days[:5]).count
        (10, 1)
        """
        day = (times - pd.Timestamp(0, tz=times.dt.tz)) // pd.Timedelta(days=1)
        code, found = pd.factorize((day + 3) // 7, sort=True)  # the epoch was a Thursday
        return cls(code.astype(np.intp), len(found))

    def sums(self, values: Floats) -> Floats:
        """Return the totals of some values in each block."""
        total = np.zeros((self.count, *values.shape[1:]))
        np.add.at(total, self.of, values)
        return total


def bootstrap_means(
    values: Floats, blocks: Blocks, *, draws: int = 2000, seed: int = 20240101
) -> list[Estimate]:
    """Return k means with week-block bootstrap intervals, all replicates at once.

    A replicate is a count of blocks, so its means are one matrix product away; the requests
    themselves are never copied.

    >>> weeks = Blocks(np.repeat(np.arange(20), 5), 20)
    >>> str(bootstrap_means(np.tile([[0.0], [1.0]], (50, 1)), weeks)[0])
    '0.5 [0.46, 0.54]'
    """
    n = len(values)
    if blocks.count < 2:  # drawn anew, one is always the same
        return _estimates(values)
    shares = np.full(blocks.count, 1 / blocks.count)
    weights = np.random.default_rng(seed).multinomial(blocks.count, shares, size=draws)
    weights = weights.astype(np.float64)
    drawn = weights @ blocks.sums(values)
    size = weights @ blocks.sums(np.ones(n))
    return _estimates(values, *np.percentile(drawn / size[:, None], [2.5, 97.5], axis=0))


def _estimates(values: Floats, *ends: Floats) -> list[Estimate]:
    """Return the means of the columns, with the ends of their intervals where there are any."""
    n = len(values)
    mean = values.mean(axis=0) if n else np.full(values.shape[1], np.nan)
    low, high = ends or (np.full(len(mean), np.nan),) * 2
    return [Estimate(float(m), float(a), float(b), n) for m, a, b in zip(mean, low, high, strict=True)]


def jackknife_mean(values: Floats, blocks: Blocks, *, reach: float = 0.0) -> Estimate:
    """Return a mean with an interval that keeps its level even in small histories.

    Student's interval on the blocks' totals, each beside the mean of all the others (the jackknife:
    a block pulls the mean towards itself); never narrower than the requests' own where the blocks are
    few. Where a value can lie as far out as `reach` on either side but rarely does, a short history may
    not have shown it yet; an eighth of a request at each end is added, so that the interval is never
    empty and skewed differences are covered.

    >>> weeks = Blocks(np.repeat(np.arange(20), 5), 20)
    >>> str(jackknife_mean(np.tile([0.0, 1.0], 50), weeks))
    '0.5 [0.452, 0.548]'
    """
    n = len(values)
    if not n:
        return Estimate(float("nan"))
    mean = float(values.mean())
    size = blocks.sums(np.ones(n))
    if size.max() == n:
        return Estimate(mean, n=n)
    left = (blocks.sums(values) - mean * size) / (1 - size / n)
    unseen = _UNSEEN if reach else 0.0
    variance = float((left**2).sum()) * (blocks.count - 1) / blocks.count + unseen * reach**2
    spread = sqrt(variance) / (n + unseen)
    middle = mean * n / (n + unseen)
    out = float(special.stdtrit(blocks.count - 1, 0.975)) * spread
    if blocks.count < min(_FEW, n):
        single = Blocks(np.arange(n, dtype=np.intp), n)
        out = max(out, jackknife_mean(values, single, reach=reach).high - middle)
    return Estimate(mean, middle - out, middle + out, n)


def wilson_means(values: Floats, blocks: Blocks, low: ArrayLike, high: ArrayLike) -> list[Estimate]:
    """Return k means of numbers between two ends: Wilson interval with the effective sample size.

    What a mean of single requests would vary by is compared with how the weeks' means do vary (by the
    jackknife); the requests count for so many fewer, or more, in Wilson's interval. A judge that has not
    erred yet is thus not said never to err, as drawing its requests anew would say. Korn & Graubard
    (1998), Survey Methodology 24, 193-201, after Wilson (1927).

    >>> weeks = Blocks(np.repeat(np.arange(20), 5), 20)
    >>> [str(one) for one in wilson_means(np.zeros((100, 1)), weeks, 0, 1)]
    ['0 [0, 0.037]']
    """
    n, size = len(values), blocks.sums(np.ones(len(values)))
    if not n or size.max() == n:
        return _estimates(values)
    least, most = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    share: Floats = (values - least) / (most - least)
    mean = share.mean(axis=0)
    left = (blocks.sums(share) - mean * size[:, None]) / (1 - size / n)[:, None]
    spread = (left**2).sum(axis=0) * (1 - 1 / blocks.count) / n**2
    alone = mean * (1 - mean) / n
    varies = alone > _NOTHING
    effect = np.divide(spread, alone, out=np.ones_like(alone), where=varies)
    reach = np.where(varies, special.stdtrit(blocks.count - 1, 0.975), Z95) ** 2 * effect / n
    if blocks.count < _FEW:
        reach = np.maximum(reach, Z95**2 / n)
    ends = np.clip(wilson_ends(mean, reach), 0.0, 1.0) * (most - least) + least
    return _estimates(values, *ends)
