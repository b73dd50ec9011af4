"""The later requests, judged by what was known before them: rolling origins in time order."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.wording import counted as told

Places = NDArray[np.intp]
_Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class Origin:
    """One point in time: labels known strictly before it, of nobody who is judged, and the next requests."""

    at: pd.Timestamp
    past: Places
    later: Places


def rolling_origins(
    times: pd.Series,
    *,
    known_at: pd.Series | None = None,
    people: pd.Series | None = None,
    counted: NDArray[np.bool_] | None = None,
    first: float = 0.3,
    least: int = 20,
    origins: int = 8,
) -> list[Origin]:
    """Cut a history at several days (origins): what is before is the past, and the next requests are judged.

    A person who stands among the requests to judge is taken out of the past. `counted` says which
    requests the cuts are made by and the judges are scored on, each once; the others are only learned
    from, as are the `first` share, `least` at the least. Requests of one moment are never parted.

    >>> days = pd.Series(pd.date_range("2024-01-01", periods=100, tz="UTC"))
    >>> cut = rolling_origins(days, origins=2)
    >>> [(len(origin.past), len(origin.later)) for origin in cut]
    [(30, 35), (65, 35)]
    """
    scored = np.ones(len(times), dtype=bool) if counted is None else counted
    when = _moments(times)
    known = when if known_at is None else _moments(known_at.fillna(times).clip(lower=times))
    moments = np.sort(when[scored])
    start = max(least, round(first * len(moments)))
    cuts = _cuts(moments, start, origins) if start < len(moments) else []
    if not cuts:
        raise ModelError(
            f"There are {told(len(moments), 'labelled request')} at"
            f" {told(len(np.unique(moments)), 'moment')}",
            f"Record more than {least} decisions, not all on one day, so that a later part can be judged",
        )
    order = np.argsort(when, kind="stable")
    when, known, scored = when[order], known[order], scored[order]
    found = []
    for begin, end in pairwise([*cuts, when[-1] + np.timedelta64(1, "us")]):
        later = order[(when >= begin) & (when < end) & scored]
        past = order[(when < begin) & (known < begin)]
        found.append(Origin(pd.Timestamp(begin), without_judged(past, later, people), later))
    return found


def without_judged(past: Places, later: Places, people: pd.Series | None) -> Places:
    """Leave out of the past the people who are to be judged."""
    if people is None:
        return past
    judged = set(people.iloc[later].dropna())
    return past[[person not in judged for person in people.iloc[past]]]


def _moments(times: pd.Series) -> _Moments:
    return times.to_numpy(dtype="datetime64[us]")


def _cuts(moments: _Moments, start: int, origins: int) -> list[np.datetime64]:
    """Return the moments at which the blocks begin, each once, never the very first."""
    n = len(moments)
    wanted = np.linspace(start, n, min(origins, n - start) + 1).round().astype(int)[:-1]
    return [moment for moment in np.unique(moments[wanted]) if moment > moments[0]]
