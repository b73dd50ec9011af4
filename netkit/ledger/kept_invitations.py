"""Invitations that you typed in before any archive held them, and which one of an archive each is.

Which one is told from all archives together, so that the order of reading them makes no difference: what was
joined is set apart before each reading and joined again after it.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from netkit.name_spellings import may_be_alike
from netkit.people import folded_name
from netkit.wording import day_words

_BEFORE = 7  # so many days an invitation may lie before you see it
_AFTER = 1  # a typed day may be one off
_COLUMNS = ("identity", "person", "confidence", "url", "sent_at", "message")
_Row = dict[str, Any]


@dataclass(frozen=True)
class Doubt:
    """A kept invitation that may be one of several of an archive, or somebody else's of the same name."""

    request: str
    name: str
    sent_on: str
    candidates: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """What is asked, with the keys to choose from."""
        others = " or ".join(f"{key} of {day}" for key, day in self.candidates)
        return (
            f"You kept an invitation of {self.name} ({self.request}). Your archive has {others}, which may be"
            " it or a namesake's."
        )


def set_apart(connection: sqlite3.Connection) -> None:
    """Give the archives' rows back what they were before they were joined to kept ones."""
    for kept in _rows(connection, "SELECT * FROM kept_invitations WHERE archived NOTNULL"):
        row, request = json.loads(kept["archived"]), kept["request"]
        connection.execute(
            "UPDATE invitations SET identity = ?, person = ?, confidence = ?, url = ?, sent_at = ?,"
            " message = ?, origin = 'by hand', note_reappeared_at = NULL WHERE request = ?",
            [f"by hand|{request}", *(kept[name] for name in _COLUMNS[1:]), request],
        )
        connection.execute(
            f"INSERT INTO invitations ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        _move_sightings(connection, request, row["request"])
    connection.execute("UPDATE kept_invitations SET archived = NULL")


def join_kept(connection: sqlite3.Connection) -> list[str]:
    """Join each kept invitation to the one of an archive that it surely is; return those rows' own keys."""
    joined = []
    for request, row in _sure(connection).items():
        joined.append(row["request"])
        connection.execute("DELETE FROM notes_read WHERE request IN (?, ?)", [request, row["request"]])
        _move_sightings(connection, row["request"], request)
        connection.execute("DELETE FROM invitations WHERE request = ?", [row["request"]])
        connection.execute(
            "UPDATE invitations SET identity = ?, person = ?, confidence = ?, url = coalesce(?, url),"
            " sent_at = ?, message = coalesce(?, message), origin = 'export', note_reappeared_at = ?"
            " WHERE request = ?",
            [*(row[name] for name in _COLUMNS), row["note_reappeared_at"], request],
        )
        connection.execute(
            "UPDATE kept_invitations SET archived = ? WHERE request = ?",
            [json.dumps(row, ensure_ascii=False), request],
        )
    return joined


def doubts(connection: sqlite3.Connection) -> list[Doubt]:
    """Return the kept invitations of which you alone can say which of an archive they are."""
    found = _candidates(connection)
    kept = {row["request"]: row for row in _rows(connection, "SELECT * FROM kept_invitations")}
    return [
        Doubt(
            request,
            kept[request]["name"],
            kept[request]["sent_at"][:10],
            tuple((row["request"], _named(row, kept[request])) for row in rows),
        )
        for request, rows in found.items()
        if rows and kept[request]["archived"] is None and kept[request]["said"] is None
    ]


def _named(row: Mapping[str, Any], kept: Mapping[str, Any]) -> str:
    """Return by what a row is told from the others: its day, and its name where that is another."""
    other = "" if folded_name(row["name"]) == folded_name(kept["name"]) else f" ({row['name']})"
    return f"{day_words(date.fromisoformat(row['sent_at'][:10]))}{other}"


def near(
    connection: sqlite3.Connection,
    person: str,
    name: str,
    sent_at: str,
    message: str = "",
    *,
    dated: bool = True,
) -> str | None:
    """Return the key of the invitation that the ledger surely has already, kept or of an archive.

    One of the same words is it however long ago it came: nobody writes a note twice to the letter. One that
    is seen now is the one that is still open: the platform lets nobody ask twice at a time.
    """
    folded, words = folded_name(name) or "", message.split()
    found = {
        row["request"]
        for row in _rows(connection, "SELECT * FROM invitations WHERE direction = 'incoming'")
        if _is_named(row, person, folded)
        and (
            _is_close(row["sent_at"], sent_at)
            or (words and words == (row["message"] or "").split())
            or (not dated and _is_open(connection, row))
        )
    }
    unsure = len(found) != 1 or (person.startswith("name:") and folded in _shared(connection))
    return None if unsure else found.pop()


def _sure(connection: sqlite3.Connection) -> dict[str, _Row]:
    """Return the one row of an archive that each kept invitation is; none where a namesake could be meant."""
    kept = {row["request"]: row for row in _rows(connection, "SELECT * FROM kept_invitations")}
    found, shared = _candidates(connection), _shared(connection)
    claimed = Counter(row["request"] for rows in found.values() for row in rows)
    sure = {}
    for request, rows in found.items():
        person, folded = kept[request]["person"], folded_name(kept[request]["name"]) or ""
        by_name = person.startswith("name:")
        said = [row for row in rows if row["identity"] == kept[request]["said"]]
        alone = len(rows) == 1 and claimed[rows[0]["request"]] == 1 and _is_named(rows[0], person, folded)
        if said or (alone and not (by_name and folded in shared)):
            (row,) = said or rows
            if not _is_answered(connection, row["request"]):
                sure[request] = row
    return sure


def _candidates(connection: sqlite3.Connection) -> dict[str, list[_Row]]:
    """Return for each kept invitation the archives' rows that it may be: of the name, else of one like it."""
    kept_ones = list(_rows(connection, "SELECT * FROM kept_invitations WHERE archived IS NULL"))
    if not kept_ones:
        return {}
    by_name: Mapping[str, list[_Row]] = defaultdict(list)
    by_day: Mapping[str, list[_Row]] = defaultdict(list)
    for row in _rows(
        connection,
        "SELECT * FROM invitations WHERE direction = 'incoming' AND origin = 'export' AND request NOT IN"
        " (SELECT request FROM kept_invitations) ORDER BY sent_at, request",
    ):
        by_name[folded_name(row["name"]) or ""].append(row)
        by_day[row["sent_at"][:10]].append(row)
        if row["person"]:
            by_name[row["person"]].append(row)
    found: dict[str, list[_Row]] = {}
    by_address: dict[str, str] = {}
    for kept in kept_ones:
        folded = folded_name(kept["name"]) or ""
        rows = {row["request"]: row for row in [*by_name[folded], *by_name[kept["person"]]]}
        fits = [
            row
            for row in rows.values()
            if kept["said"] != ""
            and _is_close(row["sent_at"], kept["sent_at"])
            and _is_named(row, kept["person"], folded)
        ]
        for row in fits:
            if kept["person"].startswith("in:") and row["person"] == kept["person"]:
                by_address.setdefault(row["request"], kept["request"])
        found[kept["request"]] = fits or ([] if kept["said"] == "" else _like(kept, by_day))
    return {
        request: [row for row in rows if by_address.get(row["request"], request) == request]
        for request, rows in found.items()
    }


def _like(kept: Mapping[str, Any], by_day: Mapping[str, list[_Row]]) -> list[_Row]:
    """Return the rows of the days in question whose name is almost the one that was typed."""
    seen = date.fromisoformat(kept["sent_at"][:10])
    days = [str(seen + timedelta(days=apart)) for apart in range(-_BEFORE, _AFTER + 1)]
    apart = kept["person"].startswith("in:")  # an address tells whose it is not
    return [
        row
        for day in days
        for row in by_day.get(day, ())
        if may_be_alike(kept["name"], row["name"] or "")
        and not (apart and (row["person"] or "").startswith("in:"))
    ]


def _is_named(row: Mapping[str, Any], person: str, folded: str) -> bool:
    """Tell whether a row can be of a person: by the address where both have one, else by the whole name."""
    both = person.startswith("in:") and (row["person"] or "").startswith("in:")
    return bool(row["person"] == person if both else folded and folded_name(row["name"]) == folded)


def _is_close(sent_at: str, kept_at: str) -> bool:
    between = date.fromisoformat(kept_at[:10]) - date.fromisoformat(sent_at[:10])
    return -_AFTER <= between.days <= _BEFORE


def _shared(connection: sqlite3.Connection) -> set[str]:
    """Return the names that more than one person bears, as far as the ledger knows."""
    query = (
        "SELECT DISTINCT person, name FROM invitations UNION SELECT DISTINCT person, name FROM connections"
        " UNION SELECT person, name FROM kept_invitations"
    )
    bearers: dict[str, set[str | None]] = defaultdict(set)
    for row in _rows(connection, query):
        if row["person"] is None or row["person"].startswith("in:"):  # none: a name of several there
            bearers[folded_name(row["name"]) or ""].add(row["person"])
    return {name for name, people in bearers.items() if len(people) > 1 or None in people}


def _is_answered(connection: sqlite3.Connection, request: str) -> bool:
    """Tell whether something was recorded about a row under its own key: that is never moved."""
    tables = ("decisions", "facts_noted", "letters_sent")
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE request = ?", [request]).fetchone()
        for table in tables
    )


def _is_open(connection: sqlite3.Connection, row: _Row) -> bool:
    """Tell whether an invitation waits: it is in the newest archive, nobody answered it or is connected."""
    decided = "SELECT action FROM decisions WHERE request = ? ORDER BY id DESC LIMIT 1"
    last = connection.execute(decided, [row["request"]]).fetchone()
    seen = connection.execute(
        "SELECT (SELECT max(taken_on) FROM imports JOIN invitations_seen s ON s.import = imports.id"
        " WHERE s.request = ?) < (SELECT max(taken_on) FROM imports WHERE present LIKE '%\"invitations\"%')",
        [row["request"]],
    ).fetchone()
    linked = connection.execute(
        "SELECT 1 FROM connections WHERE person = ? OR name = ?", [row["person"], row["name"]]
    ).fetchone()
    return not (linked or seen[0] or (last and last[0] in ("accept", "decline", "ignore")))


def _move_sightings(connection: sqlite3.Connection, old: str, new: str) -> None:
    connection.execute("UPDATE invitations_seen SET request = ? WHERE request = ?", [new, old])


def _rows(connection: sqlite3.Connection, query: str) -> Iterable[_Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]
