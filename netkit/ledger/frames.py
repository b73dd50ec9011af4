"""The database's cells as typed columns, and each connection in its newest version."""

import json
from typing import Final

import pandas as pd

from netkit.people import folded_name

_MOMENT: Final = "datetime64[us, UTC]"
_NUMBERS = ("id", "import", "undoes", "incoming", "outgoing")
_MOMENTS = (
    "sent_at",
    "at",
    "recorded_at",
    "asked_at",
    "created_at",
    "imported_at",
    "first_at",
    "last_at",
    "taken_on",
    "connected_on",
    "first_seen",
    "last_seen",
    "remind_on",
)


def parsed(cells: pd.Series) -> pd.Series:
    """Return what cells of JSON say.

    Examples
    --------
    >>> parsed(pd.Series(["[1]"])).tolist()
    [[1]]
    """
    return pd.Series([json.loads(cell) for cell in cells], index=cells.index, dtype="object")


def typed(column: pd.Series) -> pd.Series:
    """Return a column of the database in the type that its name stands for.

    Parameters
    ----------
    column : Series of object
        Text, whole numbers and None.

    Returns
    -------
    Series
        Moments and days as `datetime64[us, UTC]`, numbers as `Int64`, the rest as `str`.

    Examples
    --------
    >>> typed(pd.Series(["2024-03-05"], name="taken_on", dtype="object")).tolist()
    [Timestamp('2024-03-05 00:00:00+0000', tz='UTC')]
    """
    if column.name in _MOMENTS:
        if column.map(lambda cell: isinstance(cell, int)).any():
            seconds = pd.to_datetime(column.astype("Int64"), unit="s", utc=True)
            return seconds.astype(_MOMENT)
        return pd.to_datetime(column, utc=True, format="ISO8601").astype(_MOMENT)
    if column.name in _NUMBERS:
        return column.astype("Int64")
    if column.name == "opinion_seen":
        return column
    return column.astype("str")


def newest_versions(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep one row per person, and drop the row of an era without addresses that a later one names.

    Parameters
    ----------
    frame : DataFrame, n rows
        Connections, the newest version of each first.

    Returns
    -------
    DataFrame
        At most n rows.
    """
    frame = frame[frame["person"].isna() | ~frame["person"].duplicated()]
    pairs = list(
        zip(
            frame["name"].map(folded_name, na_action="ignore"),
            frame["connected_on"].astype("str"),
            strict=True,
        )
    )
    slugged = frame["person"].str.startswith("in:").eq(True)
    addressed = {pair for pair, slug in zip(pairs, slugged, strict=True) if slug}
    shadow = pd.Series([pair in addressed for pair in pairs], index=frame.index, dtype="bool")
    return frame[slugged | ~shadow].reset_index(drop=True)
