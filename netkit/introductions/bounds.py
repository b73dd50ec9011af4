"""Shares of introductions that turned out well, with what the unknown outcomes could make of them."""

from math import inf, nan
from typing import Any

import pandas as pd

from netkit.evaluation import wilson
from netkit.introductions.states import number


def bounded(fact: str, level: str, label: pd.Series, made: pd.Series) -> dict[str, Any]:
    """Return the counts of some requests, the share that turned out well, and its bounds.

    Parameters
    ----------
    fact, level : str
        What the requests have in common.
    label : Series of float, length n
        1 useful, 0 anything else, NaN not known.
    made : Series of bool, length n
        Whether the introduction was made.

    Returns
    -------
    dict
        One row of the table of outcomes.
    """
    n, known, useful = len(label), int(label.notna().sum()), int(label.sum())
    share = wilson(useful, known)
    return {
        "fact": fact,
        "level": level,
        "requests": n,
        "made": int(made.sum()),
        "known": known,
        "useful": useful,
        "share": share.value,
        "low": share.low,
        "high": share.high,
        "worst": useful / n if n else nan,
        "best": (useful + n - known) / n if n else nan,
        "flips_at": flips_at(useful, known, n),
    }


def flips_at(useful: int, known: int, requests: int, *, line: float | None = None) -> float:
    """Return how different the unknown would have to be from the known for a conclusion to flip.

    The conclusion is whether more than half of the requests turn out (or would have turned out) well.

    Parameters
    ----------
    useful, known, requests : int
        Useful outcomes, known outcomes, all requests.
    line : float, optional
        The share that decides; a half where left out.

    Returns
    -------
    float
        The odds of turning out well among the unknown, divided by the odds among the known, at which
        the share of all is exactly the line: far from 1 is a safe conclusion. Infinite where no odds
        could flip it, NaN where nothing is known or all the known agree.

    Examples
    --------
    >>> flips_at(30, 40, 80), flips_at(9, 10, 11)
    (0.1111111111111111, inf)
    """
    line = number("turned_out_well") if line is None else line
    unknown = requests - known
    if useful in (0, known):
        return nan
    needed = (line * requests - useful) / unknown if unknown else inf
    if not 0 < needed < 1:
        return inf
    return float(needed / (1 - needed) / (useful / (known - useful)))
