"""Frames row by row, for the parts of the invention that are told one person at a time."""

from collections.abc import Iterator
from typing import Any

import pandas as pd


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Go through a frame row by row.

    Parameters
    ----------
    frame : DataFrame
        The rows.

    Yields
    ------
    named tuple
        One per row; a column is an attribute.

    Examples
    --------
    >>> [row.n for row in each_row(pd.DataFrame({"n": [1, 2]}))]
    [1, 2]
    """
    yield from frame.itertuples()
