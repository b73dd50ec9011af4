"""Means of numbers that lie between two known ends, with intervals that hold after a few weeks too."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from netkit.evaluation import Estimate
from netkit.evaluation.estimate import wilson_ends
from netkit.evaluation.resampling import FEW, Blocks

Floats = NDArray[np.float64]
_Z = 1.959963984540054
# Below this the mean is one of the ends: nothing varies, and there is no spread to compare with.
_NOTHING = 1e-12


def bounded_means(
    values: Floats, blocks: Blocks, low: ArrayLike, high: ArrayLike
) -> list[Estimate]:
    """Return k means with Wilson's intervals, on as many requests as the weeks are worth.

    What a mean of single requests would vary by is compared with how the weeks' means do vary; the
    requests count for so many fewer, or more, in Wilson's interval. A judge that has not erred yet
    is thus not said never to err, as drawing its requests anew would say.

    Parameters
    ----------
    values : ndarray, shape (n, k)
        One number a request for each of k means.
    blocks : Blocks
        The blocks of the same requests.
    low, high : array, shape (k,) or one number
        The least and the greatest value that a number can have.

    Returns
    -------
    list of Estimate, length k
        Means with 95 % intervals; none where all requests fall into one block.

    Notes
    -----
    Korn & Graubard (1998), Survey Methodology 24, 193-201, after Wilson (1927); the spread of the
    weeks is the jackknife's.

    Examples
    --------
    >>> weeks = Blocks(np.repeat(np.arange(20), 5), 20, "week")
    >>> [str(one) for one in bounded_means(np.zeros((100, 1)), weeks, 0, 1)]
    ['0 [0, 0.037]']
    """
    n = len(values)
    if not n:
        return [Estimate(float("nan")) for _ in range(values.shape[1])]
    least, most = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    share: Floats = (values - least) / (most - least)
    mean, size = share.mean(axis=0), blocks.sums(np.ones(n))
    if size.max() == n:
        return [Estimate(float(one), n=n) for one in values.mean(axis=0)]
    left = (blocks.sums(share) - mean * size[:, None]) / (1 - size / n)[:, None]
    spread = (left**2).sum(axis=0) * (1 - 1 / blocks.count) / n**2
    alone = mean * (1 - mean) / n
    varies = alone > _NOTHING
    effect = np.divide(spread, alone, out=np.ones_like(alone), where=varies)
    reach = np.where(varies, stats.t.ppf(0.975, blocks.count - 1), _Z) ** 2 * effect / n
    if blocks.count < FEW:
        reach = np.maximum(reach, _Z**2 / n)
    ends = np.clip(wilson_ends(mean, reach), 0.0, 1.0) * (most - least) + least
    return [
        Estimate(float(one), float(lower), float(upper), n)
        for one, lower, upper in zip(values.mean(axis=0), *ends, strict=True)
    ]
