"""Archives of before about 2019 that were once read as if their times were UTC; what that left goes."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from netkit.export import Export

_MARKED_SINCE = date(2020, 1, 1)  # well after the platform began to write zones
_ZONE = "America/Los_Angeles"  # the clock of such archives
_OLD = "SELECT p.id, c.was, c.incoming FROM one_clock c JOIN people p ON p.person = c.person"


def take_out_old_times(connection: sqlite3.Connection, export: Export) -> int:
    """Remove the rows that this archive left when it was read on the wrong clock; return how many."""
    if export.taken_on >= _MARKED_SINCE:
        return 0
    tables = export.tables
    return _messages(connection, tables["messages"]) + _connections(connection, tables["connections"])


def _messages(connection: sqlite3.Connection, rows: pd.DataFrame) -> int:
    dated = rows.loc[rows["person"].notna() & rows["sent_at"].notna(), ["person", "direction", "sent_at"]]
    local = dated["sent_at"].dt.tz_convert(_ZONE).dt.tz_localize(None).dt.tz_localize("UTC")
    now, was = (at.dt.as_unit("s").astype("int64") for at in (dated["sent_at"], local))
    incoming = (dated["direction"] == "incoming").astype("int64")
    right = set(zip(dated["person"], incoming, now, strict=True))
    old = [key for key in zip(dated["person"], incoming, was, strict=True) if key not in right]
    connection.execute("CREATE TEMP TABLE one_clock (person TEXT, incoming INTEGER, was INTEGER)")
    connection.executemany("INSERT INTO one_clock VALUES (?, ?, ?)", old)
    connection.execute(
        "UPDATE invitations SET note_reappeared_at = NULL WHERE (person, unixepoch(note_reappeared_at)) IN"
        " (SELECT person, was FROM one_clock)"
    )
    connection.execute(f"DELETE FROM first_messages WHERE (person, sent_at, incoming) IN ({_OLD})")
    found = connection.execute(f"DELETE FROM messages WHERE (person, sent_at, incoming) IN ({_OLD})")
    connection.execute("DROP TABLE one_clock")
    return max(found.rowcount, 0)


def _connections(connection: sqlite3.Connection, rows: pd.DataFrame) -> int:
    """Remove the same connections a day earlier: an evening of that clock is the next day in UTC."""
    dated = rows[rows["connected_on"].notna() & rows["person"].notna()]
    was = (dated["connected_on"] - pd.Timedelta(days=1)).dt.strftime("%Y-%m-%d")
    others = [
        dated[name].astype("object").where(dated[name].notna(), None)
        for name in ("name", "company", "position")
    ]
    found = connection.executemany(
        "DELETE FROM connections WHERE person = ? AND connected_on = ? AND name IS ? AND company IS ?"
        " AND position IS ?",
        zip(dated["person"], was, *others, strict=True),
    )
    return max(found.rowcount, 0)
