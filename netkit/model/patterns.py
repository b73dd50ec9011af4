"""The distinct rows of a design, with the weight of each label: what every fit is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of a design with the weight of the ones and of all labels on each.

    Attributes
    ----------
    design : ndarray of numbers, shape (k, p)
        The distinct rows, without a column of ones; bytes where they are zeros and ones.
    ones : ndarray, shape (k,)
        The weight of the rows labelled one.
    total : ndarray, shape (k,)
        The weight of all rows.
    start : ndarray, shape (k,), optional
        The rules' score of each pattern, where there is one.
    rows : int
        How many rows were counted.
    """

    design: NDArray[Any]
    ones: Floats
    total: Floats
    start: Floats | None = None
    rows: int = 0

    @property
    def width(self) -> int:
        """How many coefficients a fit has: an intercept, the score's slope if any, the columns."""
        return int(1 + (self.start is not None) + self.design.shape[1])

    def blocks(self, size: int = 1024) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Go through the patterns a block at a time, so that nothing as large as the design is copied.

        Parameters
        ----------
        size : int, default 1024
            Rows a block; that many stay in the processor's cache, and take little room.

        Yields
        ------
        full : ndarray, shape (size, width)
            A column of ones, the score if any, the design; only to be read, and only until
            the next block.
        ones, total : ndarray, shape (size,)
            The weights.
        """
        first = self.width - self.design.shape[1]
        full = np.ones((min(size, len(self.design)), self.width))
        for low in range(0, len(self.design), size):
            part = slice(low, low + size)
            block = full[: len(self.total[part])]
            block[:, first:] = self.design[part]
            if self.start is not None:
                block[:, 1] = self.start[part]
            yield block, self.ones[part], self.total[part]

    def along(self, coef: Floats, size: int = 1024) -> Floats:
        """Return the design times some coefficients, its bytes turned into floats a block at a time.

        Parameters
        ----------
        coef : ndarray, shape (p,)
            One number a column.
        size : int, default 1024
            Rows a block.

        Returns
        -------
        ndarray, shape (k,)
            One number a pattern.
        """
        found = np.empty(len(self.design))
        for low in range(0, len(found), size):
            found[low : low + size] = self.design[low : low + size] @ coef
        return found

    def full(self) -> Floats:
        """Return the design with its column of ones and its score.

        Returns
        -------
        ndarray, shape (k, width)
            Ones, the score if any, the columns.
        """
        score = [] if self.start is None else [self.start]
        return np.column_stack([np.ones(len(self.total)), *score, self.design])


def merged(patterns: Patterns) -> Patterns:
    """Return the patterns with equal rows of the design taken together.

    Parameters
    ----------
    patterns : Patterns
        Patterns, perhaps of fewer columns than they were counted by, without a score.

    Returns
    -------
    Patterns
        As few as there are distinct rows.

    Examples
    --------
    >>> two = Patterns(np.array([[1.0], [1.0]]), np.array([1.0, 2.0]), np.array([3.0, 2.0]))
    >>> merged(two).ones.tolist(), merged(two).total.tolist()
    ([3.0], [5.0])
    """
    design, place = np.unique(patterns.design, axis=0, return_inverse=True)
    ones, total = (sums(place.ravel(), part) for part in (patterns.ones, patterns.total))
    return Patterns(design, ones, total, rows=patterns.rows)


def sums(place: NDArray[np.intp], weights: Floats) -> Floats:
    """Return the weights added up by place.

    Parameters
    ----------
    place : ndarray of int, shape (n,)
        Where each weight belongs.
    weights : ndarray, shape (n,)
        The weights.

    Returns
    -------
    ndarray, shape (k,)
        Their sums.
    """
    return np.bincount(place, weights).astype(np.float64)
