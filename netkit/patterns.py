"""Equal rows counted once: the distinct patterns of a design, and the weight of each answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of a design with the weight of the ones and of all labels on each.

    Attributes
    ----------
    design : ndarray, shape (k, p)
        The distinct rows.
    ones : ndarray, shape (k,)
        The weight of the rows labelled one.
    total : ndarray, shape (k,)
        The weight of all rows.
    rows : int
        How many rows were counted.
    """

    design: Floats
    ones: Floats
    total: Floats
    rows: int

    @property
    def events(self) -> float:
        """The weight of the rarer label."""
        return float(min(self.ones.sum(), self.total.sum() - self.ones.sum()))


def count_patterns(X: Floats, y: Floats, weights: Floats | None = None) -> Patterns:
    """Count equal rows of a design once.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        The design.
    y : ndarray, shape (n,)
        Labels, 0 or 1.
    weights : ndarray, shape (n,), optional
        The weight of each row; one each by default.

    Returns
    -------
    Patterns
        The distinct rows, in the order in which `np.unique` sorts them.

    Examples
    --------
    >>> found = count_patterns(np.array([[1.0], [0.0], [1.0]]), np.array([1.0, 0.0, 0.0]))
    >>> found.design.ravel().tolist(), found.ones.tolist(), found.total.tolist()
    ([0.0, 1.0], [0.0, 1.0], [1.0, 2.0])
    """
    weights = np.ones(len(y)) if weights is None else weights
    design, place = np.unique(X, axis=0, return_inverse=True)
    ones = np.bincount(place.ravel(), weights * y, minlength=len(design))
    total = np.bincount(place.ravel(), weights, minlength=len(design))
    return Patterns(design, ones, total, len(y))
