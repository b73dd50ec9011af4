"""What the exports said, as frames, and how every table of the ledger becomes one."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.ledger.disk_errors import clear_errors, readable_cells
from netkit.ledger.frames import newest_versions, parsed, typed
from netkit.ledger.workspace import transaction


class LedgerTables:
    """A ledger to read what the exports said from.

    Every method returns a new frame; moments are `datetime64[us, UTC]`, days are their midnight, and
    missing values are missing.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    file : Path
        Its file.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection = connection
        self.file = file
        # Within a snapshot nothing can change, so no table is read twice.
        self._seen: dict[tuple[Any, ...], pd.DataFrame] | None = None
        # When the present transaction began. Its rows share it, however long they take to write; finer
        # than a second, so that what was recorded first in two tables can be told.
        self._writing_at = ""

    @property
    def home(self) -> Path:
        """The folder of the workspace."""
        return self.file.parent

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let a block see one state of the ledger, whatever other processes write meanwhile.

        Yields
        ------
        None
            Nothing.
        """
        if self._connection.in_transaction:
            yield
            return
        with clear_errors(self.file):
            self._connection.execute("BEGIN")
            self._seen = {}
            try:
                yield
            finally:
                self._seen = None
                self._connection.execute("COMMIT")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all writes of a block one: of one moment, durable together at its end, or none of them.

        Yields
        ------
        None
            Nothing.

        Examples
        --------
        >>> with ledger.together():  # doctest: +SKIP
        ...     for row in rows:
        ...         ledger.decide(row.request, row.action, at=row.at, source="an old list")
        """
        assert self._seen is None, "a snapshot is for reading"
        if self._connection.in_transaction:
            yield
            return
        with transaction(self._connection, self.file):
            self._writing_at = datetime.now(UTC).isoformat()
            yield

    def _frame(self, query: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        if self._seen is None:
            return self._read(query, values)
        key = (query, *values)
        if key not in self._seen:
            self._seen[key] = self._read(query, values)
        return self._seen[key].copy()

    def _read(self, query: str, values: Sequence[Any]) -> pd.DataFrame:
        with clear_errors(self.file):
            found = self._connection.execute(query, values)
            names = [column[0] for column in found.description]
            rows = found.fetchall()
        frame = pd.DataFrame(rows, columns=names, dtype="object")
        with readable_cells(self.file):
            return frame.assign(**{name: typed(frame[name]) for name in names})

    def _parsed(self, cells: pd.Series) -> pd.Series:
        """Return what cells of JSON say."""
        with readable_cells(self.file):
            return parsed(cells)

    @property
    def as_of(self) -> date | None:
        """The day of the newest export; ages are counted to it, never to today."""
        newest = self._one("SELECT max(taken_on) FROM imports")
        newest = newest or self._one("SELECT max(substr(at, 1, 10)) FROM decisions")
        return date.fromisoformat(newest) if newest else None

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - any cell
        with clear_errors(self.file):
            found = self._connection.execute(query, values).fetchone()
        return found[0] if found else None

    def imports(self) -> pd.DataFrame:
        """Return one row per imported archive, oldest first.

        Returns
        -------
        DataFrame
            `id`, `sha256`, `taken_on`, `owner`, `present` (tuple of the tables it held),
            `rows_read` (dict of table to rows), `imported_at`.
        """
        frame = self._frame("SELECT * FROM imports ORDER BY taken_on, id")
        return frame.assign(
            present=self._parsed(frame["present"]).map(tuple),
            rows_read=self._parsed(frame["rows_read"]),
        )

    @property
    def owner(self) -> str | None:
        """The person key of the newest export's owner, where an export names one."""
        found = self._one(
            "SELECT owner FROM imports WHERE owner NOTNULL ORDER BY taken_on DESC, id DESC"
        )
        return str(found) if found else None

    def invitations(self) -> pd.DataFrame:
        """Return every invitation that any export showed, in both directions, oldest first.

        Returns
        -------
        DataFrame
            `request`, `direction`, `person`, `confidence`, `name`, `url`, `sent_at`, `message`,
            `origin` (`export` or `by hand`).
        """
        return self._frame(
            "SELECT request, direction, person, confidence, name, url, sent_at, message, origin"
            " FROM invitations ORDER BY sent_at, request"
        )

    def sightings(self) -> pd.DataFrame:
        """Return which export showed which invitation.

        Returns
        -------
        DataFrame
            `import`, `taken_on`, `request`.
        """
        return self._frame(
            "SELECT s.import, i.taken_on, s.request FROM invitations_seen s"
            " JOIN imports i ON i.id = s.import ORDER BY i.taken_on, s.import, s.request"
        )

    def connections(self, *, every: bool = False) -> pd.DataFrame:
        """Return the connections as the newest export that named them described them.

        Parameters
        ----------
        every : bool, default False
            Return every version that an export gave instead.

        Returns
        -------
        DataFrame
            `person`, `confidence`, `name`, `url`, `connected_on`, `company`, `position` (values of
            the day of the export, never facts), `first_seen`, `last_seen` (days of exports).
        """
        frame = self._frame("SELECT * FROM connections ORDER BY last_seen DESC, id DESC")
        frame = frame.drop(columns="id")
        return frame if every else newest_versions(frame)

    def messages(self) -> pd.DataFrame:
        """Return who wrote when; contents are not kept.

        Returns
        -------
        DataFrame
            `person`, `sent_at`, `direction` (incoming or outgoing).
        """
        frame = self._frame(
            "SELECT p.person, m.sent_at, m.incoming FROM messages m"
            " JOIN people p ON p.id = m.person ORDER BY m.sent_at"
        )
        incoming = frame.pop("incoming").eq(1)
        return frame.assign(direction=incoming.map({True: "incoming", False: "outgoing"}))

    def correspondence(self) -> pd.DataFrame:
        """Return one row per person who ever wrote to you or was written to.

        Returns
        -------
        DataFrame
            `person`, `first_at`, `last_at`, `incoming`, `outgoing` (numbers of messages).
        """
        return self._frame(
            "SELECT p.person, min(m.sent_at) AS first_at, max(m.sent_at) AS last_at,"
            " sum(m.incoming) AS incoming, sum(1 - m.incoming) AS outgoing"
            " FROM messages m JOIN people p ON p.id = m.person GROUP BY m.person ORDER BY p.person"
        )

    def endorsements(self) -> pd.DataFrame:
        """Return `person`, `direction` (received or given), `at`, `skill`."""
        return self._frame("SELECT * FROM endorsements ORDER BY at")

    def recommendations(self) -> pd.DataFrame:
        """Return `name`, `direction` (received or given), `at`; texts are not kept."""
        return self._frame("SELECT * FROM recommendations ORDER BY at")

    def address_book(self) -> pd.DataFrame:
        """Return the address book you uploaded: `person`, `name`, `created_at`."""
        return self._frame("SELECT * FROM address_book ORDER BY created_at")

    def follows(self) -> pd.DataFrame:
        """Return whom you follow: `kind` (company or member), `name`, `at`."""
        return self._frame("SELECT * FROM follows ORDER BY at")

    def profile(self) -> dict[str, Any]:
        """Return your own profile as the newest export has it: `profile`, `positions` (lists of rows)."""
        found = self._one(
            "SELECT p.content FROM profile p JOIN imports i ON i.id = p.import"
            " ORDER BY i.taken_on DESC, i.id DESC"
        )
        with readable_cells(self.file):
            content: dict[str, Any] = (
                json.loads(found) if found else {"profile": [], "positions": []}
            )
        return content
