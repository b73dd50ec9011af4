"""The invented person's own invitations, and his connections as they came about."""

import numpy as np
import pandas as pd

from netkit.fictional.invitations import DAY, WINDOW_DAYS, Calendar, days, to_the_minute
from netkit.fictional.process import stream

_OUTGOING_A_DAY = 0.4
_OLDER = 480  # connections from before the story of the invitations begins
_NOTE_SHARE = 0.3  # he follows his own rule less often than he should


def tell_outgoing(seed: int, calendar: Calendar, first_person: int) -> pd.DataFrame:
    """Tell the story of the invitations that the invented person sent himself.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    calendar : Calendar
        When the exports are taken.
    first_person : int
        The number of the first recipient; recipients are numbered onwards.

    Returns
    -------
    DataFrame, one row per invitation, oldest first
        `person`, `sent_at`, `with_note`, `answered_at` (accepted; missing otherwise), `in_first`,
        `in_second`.
    """
    rng = stream(seed, "outgoing")
    n = int(rng.poisson(_OUTGOING_A_DAY * 1100))
    sent_at = to_the_minute(calendar.second - days(np.sort(rng.uniform(0, 1100, n))[::-1]))
    accepted = sent_at + days(np.exp(rng.normal(np.log(1.2), 1.6, n)))
    accepted = accepted.where((rng.random(n) < 0.72) & (accepted < calendar.second))
    gone = accepted + days(WINDOW_DAYS + rng.uniform(0, 5, n))
    withdrawn = (sent_at + days(rng.uniform(30, 190, n))).where(rng.random(n) < 0.85)
    gone = gone.fillna(withdrawn)
    return pd.DataFrame(
        {
            "person": first_person + np.arange(n),
            "sent_at": sent_at,
            "with_note": rng.random(n) < _NOTE_SHARE,
            "answered_at": accepted,
            "in_first": (sent_at < calendar.first) & ~(gone <= calendar.first),
            "in_second": (sent_at < calendar.second) & ~(gone <= calendar.second),
        }
    )


def connect(
    seed: int, incoming: pd.DataFrame, outgoing: pd.DataFrame, calendar: Calendar, first_person: int
) -> pd.DataFrame:
    """Return the connections that came of all this, and older ones.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    incoming, outgoing : DataFrame
        The invitations of both directions.
    calendar : Calendar
        When the exports are taken.
    first_person : int
        The number of the first older connection.

    Returns
    -------
    DataFrame, one row per connection, oldest first
        `person`, `connected_at`, `closed_in_first`, `closed_in_second` (the account no longer
        exists by then: only the date is shown, and no invitation), `in_first`, `in_second` (a few
        were removed again), `moved` (a new position by the second export).
    """
    rng = stream(seed, "connections")
    accepted = incoming[incoming["answer"] == "accept"]
    old = calendar.second - days(np.sort(rng.uniform(1500, 3300, _OLDER))[::-1])
    parts = [
        pd.DataFrame({"person": first_person + np.arange(_OLDER), "answered_at": old}),
        accepted[["person", "answered_at"]],
        outgoing.loc[outgoing["answered_at"].notna(), ["person", "answered_at"]],
    ]
    rows = pd.concat(parts).rename(columns={"answered_at": "connected_at"})
    rows = rows.sort_values("connected_at", kind="stable", ignore_index=True)
    n = len(rows)
    long_ago = rows["connected_at"] < calendar.first - 200 * DAY
    removed = rows["connected_at"] + days(rng.uniform(5, 150, n))
    removed = removed.where(rng.random(n) < 0.012)
    closed = long_ago & (rng.random(n) < 0.015)
    return rows.assign(
        closed_in_first=closed,
        closed_in_second=closed | (rng.random(n) < 0.003),
        moved=rng.random(n) < 0.02,
        in_first=(rows["connected_at"] < calendar.first) & ~(removed <= calendar.first),
        in_second=(rows["connected_at"] < calendar.second) & ~(removed <= calendar.second),
    )
