"""Which columns of a design say something of their own."""

import numpy as np
from scipy import linalg

from netkit.errors import ModelError
from netkit.model.row_counts import Patterns


def require_rank(patterns: Patterns) -> None:
    """Refuse a design whose columns depend on each other.

    Parameters
    ----------
    patterns : Patterns
        The patterns.

    Raises
    ------
    ModelError
        Columns are constant or depend on each other; names them by their place.
    """
    spare = dependent_columns(patterns)
    if spare:
        raise ModelError(
            f"columns {spare} of the design are constant or follow from the others",
            accepted="columns that each say something of their own",
            do="leave them out",
        )


def dependent_columns(patterns: Patterns) -> list[int]:
    """Return the columns that follow from the ones before them and the column of ones.

    Parameters
    ----------
    patterns : Patterns
        The patterns; those of weight zero do not count.

    Returns
    -------
    list of int
        Places in `full()`: 0 is the column of ones.

    Examples
    --------
    >>> twins = Patterns(np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones(2), np.full(2, 2.0))
    >>> dependent_columns(twins)
    [2]
    """
    full = patterns.full()[patterns.total > 0]
    triangle = linalg.qr(full, mode="r")[0]
    found: list[int] = []
    kept: list[int] = []
    scale = np.maximum(np.linalg.norm(full, axis=0), 1e-300)
    for place in range(triangle.shape[1]):
        column = triangle[:, place] / scale[place]
        if kept:
            basis = triangle[:, kept] / scale[kept]
            column = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0]
        (kept if np.linalg.norm(column) > 1e-9 else found).append(place)
    return found
