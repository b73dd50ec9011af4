"""A column looked up by a key, with its type kept even where nothing is found."""

import pandas as pd


def look_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Return the value of each key, missing where there is none.

    Unlike `Series.map` it keeps the type of the values when there are none at all.

    Parameters
    ----------
    keys : Series, length n
        What to look for.
    values : Series
        Indexed by key, each at most once.

    Returns
    -------
    Series, length n
        Index of `keys`, type of `values`.

    Examples
    --------
    >>> look_up(pd.Series(["b", "z"]), pd.Series(["x", "y"], index=["a", "b"])).tolist()
    ['y', nan]
    """
    return values.reindex(pd.Index(keys)).set_axis(keys.index)
