"""Ranges of numbers with names: of the data's own quantiles, or as somebody declared them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

_WHOLE = 2**53  # beyond, a float no longer holds every whole number


def are_whole(numbers: pd.Series) -> bool:
    """Tell whether numbers are counts, which a fact holds as they are.

    >>> are_whole(pd.Series([0.0, 3.0, None])), are_whole(pd.Series([-1.0])), are_whole(pd.Series([0.5]))
    (True, False, False)
    """
    known = numbers.dropna()
    return bool(((known >= 0) & (known < _WHOLE) & (known == known.round())).all())


def quantile_bands(numbers: pd.Series, *, percent: bool = False) -> tuple[float, ...]:
    """Return the lower ends of three ranges that hold about as many numbers each.

    >>> quantile_bands(pd.Series([3, 10, 40])), quantile_bands(pd.Series([-1.0, 0.25, 0.5, 4.0]))
    ((1, 8, 21), (0.25, 0.5))
    """
    known = numbers.dropna().astype("float64")
    if known.empty:
        return ()
    thirds = known.quantile([1 / 3, 2 / 3])
    if are_whole(known) and not percent:
        return tuple(sorted({1, *(int(edge) + 1 for edge in thirds if int(edge) + 1 <= known.max())}))
    edges = sorted({_short(edge) if abs(edge) > 1e-12 * known.abs().max() else 0.0 for edge in thirds})
    parting = [edge for edge in edges if known.min() < edge <= known.max()]
    # Where most numbers are the least of all, what lies above them is the other range.
    return tuple(parting) or (
        float(known[known > known.min()].min() if known.nunique() > 1 else known.max()),
    )


def _short(edge: float) -> float:
    """Return an edge with three significant digits, which is what a person would have chosen."""
    return float(f"{edge:.3g}")


def band_names(edges: Sequence[float], *, percent: bool = False) -> tuple[str, ...]:
    """Return what the ranges are called, from the lowest.

    >>> band_names((0.2, 0.5)), band_names((10,), percent=True)
    (('under 0.2', '0.2 to under 0.5', '0.5 or more'), ('under 10 %', '10 % or more'))
    """
    said = [f"{edge:.12g}{' %' * percent}" for edge in edges]
    between = [f"{low} to under {high}" for low, high in pairwise(said)]
    return (f"under {said[0]}", *between, f"{said[-1]} or more")


def in_bands(numbers: pd.Series, edges: Sequence[float], *, percent: bool = False) -> pd.Series:
    """Return the name of the range in which each number lies, missing ones missing."""
    names = np.array(band_names(edges, percent=percent), dtype=object)
    found = names[np.searchsorted(np.asarray(edges), numbers.fillna(edges[0]), side="right")]
    known = [name if there else None for name, there in zip(found, numbers.notna(), strict=True)]
    return pd.Series(known, index=numbers.index, dtype="object")
