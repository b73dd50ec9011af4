"""Short, stable, readable keys for requests: the same request gets the same key in every export."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

import pandas as pd

_Prefix = Literal["inv", "intro"]
_SHORTEST = 8


def moment_text(moment: datetime | pd.Timestamp) -> str:
    """Write a moment the one way in which keys and the ledger write it.

    Examples
    --------
    >>> moment_text(pd.Timestamp("2024-03-05 10:11", tz="America/Los_Angeles"))
    '2024-03-05T18:11:00+00:00'
    """
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def request_key(prefix: _Prefix, *parts: str, taken: Container[str] = ()) -> str:
    """Return the key of a request from what identifies it.

    Examples
    --------
    >>> request_key("inv", "in:ada-l", "incoming", "2024-03-05T18:11:00+00:00")
    'inv-9760376e'
    """
    digits = sha256("|".join(parts).encode()).hexdigest()
    for length in range(_SHORTEST, len(digits)):
        key = f"{prefix}-{digits[:length]}"
        if key not in taken:
            return key
    return f"{prefix}-{digits}"
