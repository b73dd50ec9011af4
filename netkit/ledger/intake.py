"""One export into the ledger's tables: only what is new is added, and what was seen is remembered."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from netkit.errors import LedgerError
from netkit.ledger.forgotten import without_forgotten
from netkit.ledger.sightings import COLUMNS, records, take_in_invitations
from netkit.request_keys import moment_text

if TYPE_CHECKING:  # deciding on one request must not load what reads archives
    from netkit.export import Export


@dataclass(frozen=True)
class ImportResult:
    """What one import added.

    Attributes
    ----------
    new : dict of str to int
        Table -> rows that the ledger did not have.
    known : dict of str to int
        Table -> rows that it had already.
    skipped : dict of str to int
        What was left out -> rows: no readable date, or a person whom you had forgotten.
    already : bool
        Whether this very archive was imported before; then nothing was changed.
    """

    new: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    already: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain mappings, ready for JSON.

        Examples
        --------
        >>> ImportResult(already=True).as_dict()["already"]
        True
        """
        return asdict(self)


def take_in(connection: sqlite3.Connection, export: "Export") -> ImportResult:
    """Write an export into the ledger; call it inside a transaction.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger, in a transaction.
    export : Export
        What `read_export` returned.

    Returns
    -------
    ImportResult
        What was new.

    Raises
    ------
    LedgerError
        The export is another person's.
    """
    if connection.execute("SELECT 1 FROM imports WHERE sha256 = ?", [export.sha256]).fetchone():
        return ImportResult(known=_sizes(export), already=True)
    skipped: dict[str, int] = {}
    tables = without_forgotten(connection, export.tables, skipped)
    _refuse_strangers(connection, export, tables)
    number = _record_import(connection, export)
    new = {"invitations": _invitations(connection, tables["invitations"], number, skipped)}
    new["connections"] = _connections(connection, tables["connections"], export)
    new["messages"] = _messages(connection, tables["messages"], skipped)
    for table, rows in _side_tables(tables):
        new[table] = new.get(table, 0) + _insert_new(connection, table, rows)
    _profile(connection, tables, number)
    known = {table: len(tables[table]) - new[table] for table in new if table in tables}
    return ImportResult(new, known, skipped)


def _sizes(export: "Export") -> dict[str, int]:
    return {table: len(rows) for table, rows in export.tables.items()}


def _refuse_strangers(
    connection: sqlite3.Connection, export: "Export", tables: Mapping[str, pd.DataFrame]
) -> None:
    """Refuse another person's archive; an owner who changed his address still shares his rows."""
    owners = [row[0] for row in connection.execute("SELECT owner FROM imports WHERE owner NOTNULL")]
    if not owners or export.owner is None or export.owner in owners:
        return
    mine = {row[0] for row in connection.execute("SELECT person FROM connections")}
    theirs = set(tables["connections"]["person"].dropna())
    if not mine & theirs:
        raise LedgerError(
            "this archive belongs to another person than the ledger",
            accepted="one person's archives in one ledger",
            do="name another folder with --home for the other person",
        )


def _record_import(connection: sqlite3.Connection, export: "Export") -> int:
    present = sorted(
        export.report.rows
    )  # a file that is there and empty says "none"; no file says nothing
    found = connection.execute(
        "INSERT INTO imports (sha256, taken_on, owner, present, rows_read, imported_at)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        [
            export.sha256,
            export.taken_on.isoformat(),
            export.owner,
            json.dumps(present),
            json.dumps(_sizes(export)),
            moment_text(datetime.now(UTC)),
        ],
    )
    return int(found.fetchone()[0])


def _invitations(
    connection: sqlite3.Connection, rows: pd.DataFrame, number: int, skipped: dict[str, int]
) -> int:
    dated = rows.loc[rows["sent_at"].notna(), list(COLUMNS)]
    if len(dated) < len(rows):
        skipped["invitations: no readable date"] = len(rows) - len(dated)
    dated = dated.assign(sent_at=_moments(dated["sent_at"]))
    return take_in_invitations(connection, dated, number)


def _connections(connection: sqlite3.Connection, rows: pd.DataFrame, export: "Export") -> int:
    before = _count(connection, "connections")
    taken_on = export.taken_on.isoformat()
    said = pd.DataFrame(
        {
            **{column: rows[column] for column in ("person", "confidence", "name", "url")},
            "connected_on": rows["connected_on"].dt.strftime("%Y-%m-%d"),
            "company": rows["company"],
            "position": rows["position"],
            "first_seen": taken_on,
            "last_seen": taken_on,
        }
    )
    connection.executemany(
        "INSERT INTO connections (person, confidence, name, url, connected_on, company, position,"
        " first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " first_seen = min(first_seen, excluded.first_seen),"
        " last_seen = max(last_seen, excluded.last_seen)",
        records(said),
    )
    return _count(connection, "connections") - before


def _messages(connection: sqlite3.Connection, rows: pd.DataFrame, skipped: dict[str, int]) -> int:
    """Keep who wrote when; drafts were never sent, and the content stays in the archive."""
    usable = rows["person"].notna() & rows["sent_at"].notna() & ~rows["draft"].astype("bool")
    if not usable.all():
        skipped["messages: a draft, no date, or no known sender"] = int((~usable).sum())
    sent = rows[usable]
    codes, people = pd.factorize(sent["person"])
    connection.executemany(
        "INSERT OR IGNORE INTO people (person) VALUES (?)", [(person,) for person in people]
    )
    number_of = dict(connection.execute("SELECT person, id FROM people"))
    numbers = pd.Series([number_of[person] for person in people], dtype="int64")
    keys = pd.DataFrame(
        {
            "person": numbers.reindex(codes).to_numpy(),
            "sent_at": sent["sent_at"].dt.as_unit("s").astype("int64").to_numpy(),
            "incoming": (sent["direction"] == "incoming").astype("int64").to_numpy(),
        }
    ).sort_values(["person", "sent_at", "incoming"])  # in key order the tree is written once
    before = _count(connection, "messages")
    connection.executemany(
        "INSERT OR IGNORE INTO messages (person, sent_at, incoming) VALUES (?, ?, ?)",
        zip(*(keys[column].tolist() for column in keys), strict=True),
    )
    return _count(connection, "messages") - before


def _side_tables(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the small tables in the ledger's columns."""
    given = tables["endorsements"]
    yield "endorsements", given[["person", "direction", "skill"]].assign(at=_moments(given["at"]))
    written = tables["recommendations"]
    yield (
        "recommendations",
        written[["name", "direction"]].assign(at=_moments(written["at"])),
    )
    book = tables["address_book"]
    person = book["person"] if "person" in book else pd.Series(None, index=book.index, dtype="str")
    yield (
        "address_book",
        pd.DataFrame(
            {
                "person": person,
                "name": book["name"],
                "created_at": _moments(book["created_at"]),
            }
        ),
    )
    for kind, table, at in (
        ("company", "follows", "followed_on"),
        ("member", "member_follows", "at"),
    ):
        rows = tables[table]
        yield (
            "follows",
            pd.DataFrame({"kind": kind, "name": rows["name"], "at": _moments(rows[at])}),
        )


def _insert_new(connection: sqlite3.Connection, table: str, rows: pd.DataFrame) -> int:
    if rows.empty:
        return 0
    before = _count(connection, table)
    marks = ", ".join("?" * rows.shape[1])
    connection.executemany(
        f"INSERT OR IGNORE INTO {table} ({', '.join(rows.columns)}) VALUES ({marks})",
        records(rows),
    )
    return _count(connection, table) - before


def _profile(
    connection: sqlite3.Connection, tables: Mapping[str, pd.DataFrame], number: int
) -> None:
    if len(tables["profile"]):
        content = {
            table: json.loads(tables[table].to_json(orient="records", date_format="iso"))
            for table in ("profile", "positions")
            if table in tables
        }
        connection.execute(
            "INSERT INTO profile (import, content) VALUES (?, ?)",
            [number, json.dumps(content, ensure_ascii=False)],
        )


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _moments(values: pd.Series) -> pd.Series:
    times = pd.to_datetime(values, utc=True)
    return times.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00").astype("str")
