"""The invitations of one export, each recognised as one the ledger has, or given a key of its own."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from netkit.people import folded_name
from netkit.request_keys import request_key

Row = tuple[Any, ...]
COLUMNS = ("direction", "person", "confidence", "name", "url", "sent_at", "message")
_DAY = timedelta(days=1)


def take_in_invitations(connection: sqlite3.Connection, rows: pd.DataFrame, number: int) -> int:
    """Add the invitations that the ledger does not have, and remember which ones were seen.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger, in a transaction.
    rows : DataFrame, n rows
        `COLUMNS`, with `sent_at` as text.
    number : int
        The import's number.

    Returns
    -------
    int
        How many are new.
    """
    identified = list(_identified(rows))
    stored = _Stored(connection, {identity for _, identity in identified})
    seen = {stored.request_of(row, identity) for row, identity in identified}
    connection.executemany(
        f"INSERT INTO invitations (request, identity, {', '.join(COLUMNS)}, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'export')",
        stored.added,
    )
    connection.executemany(
        "UPDATE invitations SET identity = ?, person = ?, confidence = ?, url = ?, sent_at = ?,"
        " message = coalesce(?, message), origin = 'export' WHERE request = ?",
        stored.better,
    )
    connection.executemany(
        "INSERT INTO invitations_seen (import, request) VALUES (?, ?)",
        [(number, request) for request in sorted(seen)],
    )
    return len(stored.added)


def plain(name: object) -> str:
    """Return a name as it is compared, or nothing.

    Examples
    --------
    >>> plain(" Ada  LOVE "), plain(None)
    ('ada love', '')
    """
    return (folded_name(name) if isinstance(name, str) else None) or ""


def records(rows: pd.DataFrame) -> Iterable[Row]:
    """Return the rows as tuples in which missing is None.

    Parameters
    ----------
    rows : DataFrame
        Any columns.

    Returns
    -------
    iterable of tuple
        Ready for `executemany`.

    Examples
    --------
    >>> list(records(pd.DataFrame({"a": ["x", None]})))
    [('x',), (None,)]
    """
    columns = (rows[column].astype("object") for column in rows)
    return zip(*(column.where(column.notna(), None).tolist() for column in columns), strict=True)


def _identified(rows: pd.DataFrame) -> Iterator[tuple[Row, str]]:
    """Yield each different row with what identifies it; rows without a person are numbered."""
    numbers: dict[str, int] = {}
    yielded = set()
    for row in records(rows[list(COLUMNS)]):
        direction, person, _, name, _, sent_at, _ = row
        identity = f"{person or ''}|{direction}|{sent_at}"
        if person is None:  # closed accounts are counted, never merged into one person
            identity += f"|{plain(name)}"
            numbers[identity] = numbers.get(identity, 0) + 1
            identity += f"|{numbers[identity]}"
        if identity not in yielded:
            yielded.add(identity)
            yield row, identity


class _Stored:
    """The ledger's invitations, found by key, or by name and minute where an era had no address."""

    def __init__(self, connection: sqlite3.Connection, shown: set[str]) -> None:
        found = connection.execute(
            "SELECT request, identity, direction, person, name, sent_at, origin FROM invitations"
        ).fetchall()
        self.taken = {row[0] for row in found}
        self.by_identity: dict[str, str] = {row[1]: row[0] for row in found}
        self.by_name: dict[Row, list[str]] = {}
        self.by_hand: dict[Row, list[tuple[str, str]]] = {}
        self.added: list[Row] = []
        self.better: list[Row] = []
        for request, identity, direction, person, name, sent_at, origin in found:
            if plain(name) and identity not in shown:  # namesakes may write in the same minute
                self.by_name.setdefault((direction, sent_at, plain(name)), []).append(request)
            if origin == "by hand":
                for who in {person, "name:" + plain(name)}:
                    self.by_hand.setdefault((direction, who), []).append((request, sent_at))

    def request_of(self, row: Row, identity: str) -> str:
        """Return the key of the request that this row is."""
        known = self.by_identity.get(identity)
        if known:
            return known
        same = self._under_another_key(row)
        if same:
            self._improve(row, identity, same)
            return same
        request = request_key("inv", identity, taken=self.taken)
        self.taken.add(request)
        self.by_identity[identity] = request
        self.added.append((request, identity, *row))
        return request

    def _under_another_key(self, row: Row) -> str | None:
        """Find the one stored row of the same name and minute: eras differ in who has an address."""
        direction, person, _, name, _, sent_at, _ = row
        if not plain(name):
            return None
        same = self.by_name.pop((direction, sent_at, plain(name)), None) or self._typed_in(
            direction, {person, "name:" + plain(name)}, sent_at
        )
        return same[0] if len(same) == 1 else None

    def _typed_in(self, direction: str, keys: set[str | None], sent_at: str) -> list[str]:
        """Find what was typed in before an export showed it; a typed day may be one off."""
        sent = datetime.fromisoformat(sent_at)
        near = {
            request
            for key in keys
            for request, at in self.by_hand.get((direction, key), [])
            if abs(datetime.fromisoformat(at) - sent) <= _DAY
        }
        return sorted(near)

    def _improve(self, row: Row, identity: str, request: str) -> None:
        """Let the address replace the name; the request keeps the key that decisions refer to."""
        _, person, confidence, _, url, sent_at, message = row
        self.by_identity[identity] = request
        if str(person).startswith("in:"):
            self.better.append((identity, person, confidence, url, sent_at, message, request))
