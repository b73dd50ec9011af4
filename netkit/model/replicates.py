"""Bootstrap replicates as counts: drawn, refitted and scored all at once, without copying a row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netkit.model.newton import fit_newton
from netkit.model.one_thread import one_thread
from netkit.model.patterns import Patterns

Floats = NDArray[np.float64]

# Replicates refitted together: their weights on some thousand patterns stay below a hundred megabytes.
_BATCH = 250
_STEPS, _DONE = 30, 1e-16
# With fewer rows a cell (pattern and label) than this, rows are drawn; with more, counts of cells.
_ROWS_A_CELL = 20


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
    rng = np.random.default_rng(seed)
    whole = np.rint(cells).astype(np.int64)
    if n > _ROWS_A_CELL * len(cells) or not np.array_equal(whole, cells):
        drawn = rng.multinomial(n, cells / cells.sum(), size=count).astype(np.float64)
    else:  # where cells hold few rows each, drawing rows takes less than a binomial draw a cell
        cell_of = np.repeat(np.arange(len(cells), dtype=np.int32), whole)
        drawn = np.empty((count, len(cells)))
        for row in drawn:
            row[:] = np.bincount(
                cell_of[rng.integers(0, n, n, dtype=np.int32)], minlength=len(cells)
            )
    ones, zeros = np.hsplit(drawn, 2)
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
    batch = _Batch(patterns.full(), mean, precision)
    parts = [slice(low, low + _BATCH) for low in range(0, len(replicates.total), _BATCH)]
    found = np.zeros((len(replicates.total), len(mean)))
    for part in parts:
        found[part] = batch.fit(begin, replicates.ones[part], replicates.total[part])
    return found


@one_thread
def log_losses(
    patterns: Patterns,
    replicates: Replicates,
    coefs: Floats | None = None,
    *,
    stated: Floats | None = None,
) -> Floats:
    """Return the mean log loss of each replicate.

    Parameters
    ----------
    patterns : Patterns
        The patterns.
    replicates : Replicates
        The resampled labels.
    coefs : ndarray, shape (b, width), optional
        Each replicate's own fit.
    stated : ndarray, shape (k,), optional
        In place of it, the log-odds that one judge states of each pattern.

    Returns
    -------
    ndarray, shape (b,)
        Losses; their difference between two judges is what an interval is wanted for.
    """
    loss = np.empty(len(replicates.total))
    if coefs is None:
        odds = np.zeros(len(patterns.total)) if stated is None else stated
        loss[:] = replicates.total @ _cost(odds) - replicates.ones @ odds
    else:
        full = patterns.full()
        for low in range(0, len(loss), _BATCH):
            part = slice(low, low + _BATCH)
            odds = coefs[part] @ full.T
            loss[part] = np.einsum("bk,bk->b", replicates.total[part], _cost(odds))
            loss[part] -= np.einsum("bk,bk->b", replicates.ones[part], odds)
    return np.asarray(loss / replicates.total.sum(axis=1), dtype=np.float64)


def _cost(odds: Floats) -> Floats:
    return np.asarray(np.maximum(odds, 0) + np.log1p(np.exp(-np.abs(odds))), dtype=np.float64)


class _Batch:
    """Fits of many label counts on the same patterns."""

    def __init__(self, full: Floats, mean: Floats, precision: Floats) -> None:
        self.full, self.mean, self.precision = full, mean, precision
        self.upper = np.triu_indices(full.shape[1])
        # The information only says how far to step, so single precision is precise enough for it.
        left, right = (full[:, places].astype(np.float32) for places in self.upper)
        self.pairs = left * right

    def fit(self, begin: Floats, ones: Floats, total: Floats) -> Floats:
        """Take steps together; the information is measured twice, and serves the last steps too."""
        coefs = np.tile(begin, (len(ones), 1))
        metric = None
        for step in range(_STEPS):
            eta = coefs @ self.full.T
            small = np.exp(-np.abs(eta))
            chance = np.where(eta >= 0, 1.0, small) / (1 + small)
            slope = (ones - total * chance) @ self.full - self.precision * (coefs - self.mean)
            if step < 2:
                metric = self._metric(total * chance * (1 - chance))
            if metric is None:
                break
            move = np.einsum("bij,bj->bi", metric, slope)
            coefs += move
            # Beside the largest step, none may be negative: single precision can lose the curvature's sign.
            gain = np.abs(np.einsum("bi,bi->b", move, slope))
            if float(gain.max()) < _DONE:
                return coefs
        return _one_by_one(self.full, self.mean, self.precision, ones, total)

    def _metric(self, curve: Floats) -> Floats | None:
        """Return the inverse information of each replicate: one product with the columns' products."""
        width = self.full.shape[1]
        information = np.empty((len(curve), width, width))
        information[:, self.upper[0], self.upper[1]] = curve.astype(np.float32) @ self.pairs
        information[:, self.upper[1], self.upper[0]] = information[:, self.upper[0], self.upper[1]]
        information[:, range(width), range(width)] += self.precision
        try:
            return np.asarray(np.linalg.inv(information), dtype=np.float64)
        except (
            np.linalg.LinAlgError
        ):  # a replicate lost a column, and nothing holds its coefficient
            return None


def _one_by_one(
    full: Floats, mean: Floats, precision: Floats, ones: Floats, total: Floats
) -> Floats:
    """Fit replicates with step control, where plain steps together did not come to rest."""
    fits = [
        fit_newton(Patterns(full[:, 1:], one, every), mean, precision)
        for one, every in zip(ones, total, strict=True)
    ]
    return np.array([fit.coef for fit in fits])
