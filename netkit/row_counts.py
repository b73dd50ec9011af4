"""Rows of tables: equal ones found once and numbered, and the value that goes with a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]
else:
    Array = Floats = Places = Any

# A whole number holds codes below this.
_CODES = 1 << 62


def distinct_rows(columns: Iterable[Array], rows: int) -> tuple[Places, Places]:
    """Return each row's place among the distinct ones, ordered by their values, and where each first stands.

    Parameters
    ----------
    columns : iterable of ndarray, shape (rows,)
        The table, column by column; the first one counts most in the order.
    rows : int
        How many rows there are: without a column, all are alike.

    Returns
    -------
    place : ndarray, shape (rows,)
        The place of each row.
    first : ndarray
        For each place the first row that has it.

    Examples
    --------
    >>> place, first = distinct_rows([np.array(["y", "x", "y"])], 3)
    >>> place.tolist(), first.tolist()
    ([1, 0, 1], [1, 0])
    """
    code, kinds, dense = np.zeros(rows, dtype=np.intp), min(rows, 1), True
    for column in columns:
        place, values = pd.factorize(column, sort=True)
        if len(values) < 2:
            continue
        if kinds * len(values) >= _CODES:
            code, kinds = _ranked(code)
        code, dense = (place, True) if kinds == 1 else (code * len(values) + place, False)
        kinds *= len(values)
    place, kinds = (code, kinds) if dense else _ranked(code)
    first = np.empty(kinds, dtype=np.intp)
    first[place[::-1]] = np.arange(rows - 1, -1, -1)  # of equal places the last one written stays
    return place, first


def _ranked(code: Places) -> tuple[Places, int]:
    place, values = pd.factorize(code, sort=True)
    return place, len(values)


def look_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Return the value of each key; unlike `Series.map`, keep the values' type where none is found.

    >>> look_up(pd.Series(["b", "z"]), pd.Series(["x", "y"], index=["a", "b"])).tolist()
    ['y', nan]
    """
    return values.reindex(pd.Index(keys)).set_axis(keys.index)
