"""What somebody gives beside the facts, in the order of the requests: labels, weights, scores, times."""

import numpy as np
import pandas as pd

from netkit.errors import ModelError
from netkit.row_counts import Floats
from netkit.wording import counted


def aligned(values: pd.Series | None, facts: pd.DataFrame) -> Floats:
    """Return values in the order of the requests.

    Parameters
    ----------
    values : Series or None
        One value a request, by its index or in order; None stands for zeros.
    facts : DataFrame, n rows
        A facts frame with `request`.

    Returns
    -------
    ndarray, shape (n,)
        The values as floats, missing as NaN.

    Raises
    ------
    ModelError
        The values belong to other requests.

    Examples
    --------
    >>> facts = pd.DataFrame({"request": ["a", "b"]})
    >>> aligned(pd.Series([1, -1], index=["b", "a"]), facts).tolist()
    [-1.0, 1.0]
    """
    if values is None:
        return np.zeros(len(facts))
    return _as_numbers(in_order(values, facts))


def in_order(values: pd.Series, facts: pd.DataFrame) -> pd.Series:
    """Return values in the order of the requests: by request, else by the frame's index, else as they stand.

    The index of what is returned is of no meaning.

    >>> facts = pd.DataFrame({"request": ["a", "b"]}, index=[7, 8])
    >>> in_order(pd.Series(["x", "y"], index=[8, 7]), facts).tolist()
    ['y', 'x']
    """
    if "request" not in facts:
        raise ModelError("The facts have no column 'request'. Name each request in it.")
    index = values.index.astype("str")
    for named in (facts["request"], facts.index):
        keys = pd.Index(named).astype("str")
        if index.is_unique and keys.is_unique and (places := index.get_indexer(keys)).min(initial=0) >= 0:
            return values.iloc[places]
    if len(values) != len(facts):
        raise ModelError(
            f"There are {len(values)} values for {len(facts)} requests",
            "Give a Series with the request as its index",
        )
    return values


def _as_numbers(values: pd.Series) -> Floats:
    """Return values as floats, missing as NaN; a word among them is named with its place."""
    try:
        found = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as problem:
        numbers = pd.to_numeric(values.astype("object"), errors="coerce")
        at = int(np.flatnonzero((numbers.isna() & values.notna()).to_numpy())[0])
        raise ModelError(
            f"The value {values.iloc[at]!r} in row {at + 1} is no number. Give 1 and 0 (or True and False),"
            " or read the table with netkit.read_labelled."
        ) from problem
    return np.asarray(found, dtype=np.float64)


def require_unique(facts: pd.DataFrame) -> None:
    """Refuse facts in which two rows are the same request."""
    if "request" not in facts:
        raise ModelError("The facts have no column 'request'. Name each request in it.")
    requests = facts["request"].astype("str")
    twice = np.flatnonzero(requests.duplicated())
    if len(twice):
        at = int(twice[0])
        first = int(np.flatnonzero(requests == requests.iloc[at])[0])
        raise ModelError(
            f"The rows {first + 1} and {at + 1} are both the request {requests.iloc[at]!r}."
            " Give each request a name of its own."
        )


def unlabelled_note(left_out: int) -> tuple[str, ...]:
    """Say how many requests taught nothing, because they have no label."""
    if not left_out:
        return ()
    told = counted(left_out, "request is", "requests are")
    return (f"{told} left out: no answer with facts is known of {'it' if left_out == 1 else 'them'}.",)
