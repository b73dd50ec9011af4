"""Facts read off a frame whose columns nobody declared, so that any labelled table can be compared."""

import pandas as pd

from netkit.facts import Fact, Kind, Vocabulary


def observed_vocabulary(facts: pd.DataFrame, kind: Kind = "invitation") -> Vocabulary:
    """Read facts off a frame whose columns nobody declared.

    Parameters
    ----------
    facts : DataFrame, n rows
        `request` and any columns; text becomes levels, whole numbers become thirds.
    kind : str
        The kind of request the answers are named for.

    Returns
    -------
    Vocabulary
        One fact a column.

    Notes
    -----
    All rows are looked at, the later ones included: the thirds know how later requests are spread, and
    nothing of how they were answered. Declare the facts where that matters.

    Examples
    --------
    >>> facts = pd.DataFrame({"request": list("abc"), "n_words": [3, 10, 40], "sells": list("yny")})
    >>> observed_vocabulary(facts)["n_words"].bands
    (1, 8, 21)
    """
    return Vocabulary(
        kind, {str(name): _fact(str(name), facts[name]) for name in facts if name != "request"}
    )


def _fact(name: str, values: pd.Series) -> Fact:
    question = f"What is {name.replace('_', ' ')}?"
    if not pd.api.types.is_numeric_dtype(values):
        levels = tuple(sorted(str(level).casefold() for level in values.dropna().unique()))
        return Fact(name, question, levels=levels)
    edges = values.quantile([1 / 3, 2 / 3]).astype(int) + 1
    return Fact(name, question, bands=tuple(sorted({1, *edges.tolist()})))
