"""Bootstrap replicates as counts: drawn, refitted and scored all at once, without copying a row."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from netkit.model.newton import fit_newton
from netkit.model.one_thread import one_thread
from netkit.model.patterns import Patterns

Floats = NDArray[np.float64]

# Replicates refitted together: their weights on some thousand patterns stay below a hundred megabytes.
_BATCH = 250
_STEPS, _DONE = 12, 1e-10


@dataclass(frozen=True)
class Replicates:
    """Resampled label counts on the same patterns.

    Attributes
    ----------
    ones, total : ndarray, shape (b, k)
        The weight of the ones, and of all labels, on each pattern in each replicate.
    """

    ones: Floats
    total: Floats


def draw_rows(patterns: Patterns, count: int, *, seed: int) -> Replicates:
    """Draw rows with replacement, as counts.

    Parameters
    ----------
    patterns : Patterns
        Patterns of unweighted rows.
    count : int
        How many replicates.
    seed : int
        Equal seeds give equal draws.

    Returns
    -------
    Replicates
        Each of as many rows as were counted.

    Examples
    --------
    >>> toss = Patterns(np.empty((1, 0)), np.array([3.0]), np.array([4.0]))
    >>> draw_rows(toss, 2, seed=0).total.tolist()
    [[4.0], [4.0]]
    """
    cells = np.concatenate([patterns.ones, patterns.total - patterns.ones])
    n = round(float(cells.sum()))
    drawn = np.random.default_rng(seed).multinomial(n, cells / cells.sum(), size=count)
    ones, zeros = np.hsplit(drawn.astype(np.float64), 2)
    return Replicates(ones, ones + zeros)


def draw_blocks(ones: Floats, total: Floats, count: int, *, seed: int) -> Replicates:
    """Draw whole blocks, such as weeks, with replacement.

    Parameters
    ----------
    ones, total : ndarray, shape (blocks, k)
        The weight of the ones, and of all labels, on each pattern in each block.
    count : int
        How many replicates.
    seed : int
        Equal seeds give equal draws.

    Returns
    -------
    Replicates
        Each of as many blocks as there are.
    """
    blocks = len(ones)
    times = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=count)
    return Replicates(times @ ones, times @ total)


@one_thread
def refit(patterns: Patterns, replicates: Replicates, mean: Floats, precision: Floats) -> Floats:
    """Refit the model to every replicate, their Newton steps taken together.

    Parameters
    ----------
    patterns : Patterns
        The patterns with the labels of all rows, where the fits begin.
    replicates : Replicates
        The resampled labels.
    mean, precision : ndarray, shape (width,)
        The prior, as for `fit_newton`.

    Returns
    -------
    ndarray, shape (b, width)
        The coefficients of each replicate, as `fit_newton` finds them one at a time.
    """
    begin = fit_newton(patterns, mean, precision).coef
    full = patterns.full()
    upper = np.triu_indices(full.shape[1])
    pairs = full[:, upper[0]] * full[:, upper[1]]
    fitted = partial(_refit_batch, full, pairs, upper, mean, precision, begin)
    count = len(replicates.total)
    parts = [slice(low, low + _BATCH) for low in range(0, count, _BATCH)]
    coefs = [fitted(replicates.ones[part], replicates.total[part]) for part in parts]
    return np.concatenate(coefs) if coefs else np.zeros((0, len(mean)))


def log_losses(replicates: Replicates, log_odds: Floats) -> Floats:
    """Return the mean log loss of each replicate.

    Parameters
    ----------
    replicates : Replicates
        The resampled labels.
    log_odds : ndarray, shape (k,) or (b, k)
        What is stated of each pattern: by one judge, or by each replicate's own fit.

    Returns
    -------
    ndarray, shape (b,)
        Losses; their difference between two judges is what an interval is wanted for.
    """
    cost = np.maximum(log_odds, 0) + np.log1p(np.exp(-np.abs(log_odds)))
    loss = replicates.total * cost - replicates.ones * log_odds
    return np.asarray(loss.sum(axis=1) / replicates.total.sum(axis=1), dtype=np.float64)


def _refit_batch(
    full: Floats,
    pairs: Floats,
    upper: tuple[NDArray[np.intp], NDArray[np.intp]],
    mean: Floats,
    precision: Floats,
    begin: Floats,
    ones: Floats,
    total: Floats,
) -> Floats:
    coefs = np.tile(begin, (len(ones), 1))
    information = np.zeros((len(ones), len(begin), len(begin)))
    for _ in range(_STEPS):
        eta = coefs @ full.T
        small = np.exp(-np.abs(eta))
        chance = np.where(eta >= 0, 1.0, small) / (1 + small)
        score = (ones - total * chance) @ full - precision * (coefs - mean)
        # The information of all replicates is one matrix product with the columns' products.
        information[:, upper[0], upper[1]] = (total * chance * (1 - chance)) @ pairs
        information[:, upper[1], upper[0]] = information[:, upper[0], upper[1]]
        information[:, range(len(begin)), range(len(begin))] += precision
        try:
            move = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        except (
            np.linalg.LinAlgError
        ):  # a replicate lost a column, and nothing holds its coefficient
            break
        coefs += move
        if float((move * score).sum(axis=1).max()) < _DONE:
            return coefs
    return _one_by_one(full, mean, precision, ones, total)


def _one_by_one(
    full: Floats, mean: Floats, precision: Floats, ones: Floats, total: Floats
) -> Floats:
    """Fit replicates with step control, where plain steps together did not come to rest."""
    fits = [
        fit_newton(Patterns(full[:, 1:], one, every), mean, precision)
        for one, every in zip(ones, total, strict=True)
    ]
    return np.array([fit.coef for fit in fits])
