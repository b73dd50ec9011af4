"""One export into the ledger: only what is new is added, what was seen is remembered.

People whom the user had netkit forget stay out, also when an old archive still holds them.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from itertools import count
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from netkit.bounded_files import give_memory_back
from netkit.errors import LedgerError
from netkit.evidence.addresses import canonical
from netkit.ledger.kept_invitations import join_kept, set_apart
from netkit.ledger.note_reading import LONGEST_READ, read_new_notes, traits_of
from netkit.ledger.one_clock import take_out_old_times
from netkit.ledger.record_links import RecordTaken
from netkit.ledger.workspace import forgotten_key, keyed_hash
from netkit.people import folded_name
from netkit.request_keys import moment_text, request_key

if TYPE_CHECKING:  # deciding on one request must not load what reads archives
    import pyarrow as pa

    from netkit.export import Export
    from netkit.notes import NoteReader

_Row = tuple[Any, ...]
_COLUMNS = ("direction", "person", "confidence", "name", "url", "sent_at", "message")
_WINDOW = 90 * 86_400  # seconds after an acceptance in which its first messages are looked for
_FIRST = 3
_AGES = 1 << 40  # seconds: far more than there are between any two messages
_LONGEST_NOTE = 1_000  # signs; the platform allows 300, and writes some of them out


@dataclass(frozen=True)
class ImportResult:
    """What one import added; new, known, skipped and repeated add up to the rows of the archive.

    Attributes
    ----------
    new : dict of str to int
        Table -> rows that the ledger did not have.
    known : dict of str to int
        Table -> rows that it had already.
    skipped : dict of str to int
        What was left out -> rows: no readable date, or a person whom you had forgotten.
    repeated : dict of str to int
        Table -> rows that say what another row of this archive says, and count once.
    corrected : int
        Rows of before about 2019 that had been read on another clock, and are right now.
    already : bool
        Whether this very archive was imported before; then nothing was changed.
    record : RecordTaken or None
        What the platform's change log added, where the ledger has one.
    expired : tuple of str
        What was removed because it is older than you want it kept.
    """

    new: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    corrected: int = 0
    already: bool = False
    record: RecordTaken | None = None
    expired: tuple[str, ...] = ()

    @property
    def left_out(self) -> dict[str, int]:
        """Table -> rows that were left out, for whatever reason."""
        left = Counter[str]()
        for why, times in self.skipped.items():
            left[why.partition(":")[0]] += times
        return dict(left)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain mappings, ready for JSON.

        Examples
        --------
        >>> ImportResult(already=True).as_dict()["already"]
        True
        """
        return asdict(self)


def add_export(connection: sqlite3.Connection, export: Export, home: Path) -> ImportResult:
    """Write an export into the ledger of a workspace; call it inside a transaction."""
    import pyarrow as pa

    from netkit.notes import NoteReader

    give_memory_back()  # that reading it took
    known_as = "SELECT id, reader FROM imports WHERE sha256 = ?"
    before = connection.execute(known_as, [export.sha256]).fetchone()
    reader = NoteReader()
    # A mailbox may be large: its texts stay where they are, and few are taken out.
    texts = pa.chunked_array(export.tables["messages"]["content"])
    without = export.tables["messages"].drop(columns="content")
    tables: Mapping[str, pd.DataFrame] = {**export.tables, "messages": without}
    corrected = take_out_old_times(connection, export)
    _own_addresses(connection, export)
    if before:
        read_new_notes(connection)
        if corrected or before[1] != reader.version:
            tables = _without_forgotten(connection, tables, {}, home)
            if corrected:
                _connections(connection, tables["connections"], export)
                _messages(connection, tables["messages"], {})
            _read_first_messages(connection, tables["messages"], texts, before[0], reader)
        return ImportResult(known=_rows_to_keep(export), corrected=corrected, already=True)
    skipped: dict[str, int] = {}
    tables = _without_forgotten(connection, tables, skipped, home)
    _refuse_strangers(connection, export, tables, home)
    number = _record_import(connection, export)
    set_apart(connection)
    added, shown = _invitations(connection, tables["invitations"], number, skipped)
    linked = _connections(connection, tables["connections"], export)
    stored = [
        ("invitations", len(added - set(join_kept(connection))), shown),
        ("connections", *linked),
        ("messages", *_messages(connection, tables["messages"], skipped)),
    ]
    read_new_notes(connection)
    _read_first_messages(connection, tables["messages"], texts, number, reader)
    stored += [(table, *_insert_new(connection, table, rows)) for table, rows in _side_tables(tables)]
    _profile(connection, tables, number)
    return replace(_told(stored, skipped, _rows_to_keep(export)), corrected=corrected)


def _told(
    stored: Iterable[tuple[str, int, int]], skipped: dict[str, int], rows: Mapping[str, int]
) -> ImportResult:
    """Account for every row of the archive, from how many of a table are new and how many differ."""
    new, known = Counter[str](), Counter[str]()
    for table, added, different in stored:
        new[table] += added
        known[table] += different - added
    told = ImportResult(dict(new), dict(known), skipped)
    left = told.left_out
    repeated = {table: rows[table] - left.get(table, 0) - new[table] - known[table] for table in new}
    return replace(told, repeated=repeated)


def _rows_to_keep(export: Export) -> dict[str, int]:
    """Return how many rows of an archive go to each table of the ledger, which has one for all follows."""
    sizes = _sizes(export)
    sizes["follows"] += sizes.pop("member_follows")
    return sizes


def _sizes(export: Export) -> dict[str, int]:
    return {table: len(rows) for table, rows in export.tables.items()}


def _refuse_strangers(
    connection: sqlite3.Connection, export: Export, tables: Mapping[str, pd.DataFrame], home: Path
) -> None:
    """Refuse another person's archive; an owner who changed his address still shares his rows."""
    owners = [row[0] for row in connection.execute("SELECT owner FROM imports WHERE owner NOTNULL")]
    if not owners or export.owner is None or export.owner in owners:
        return
    mine = {row[0] for row in connection.execute("SELECT person FROM connections")}
    theirs = set(tables["connections"]["person"].dropna())
    if not mine & theirs:
        free = next(place for n in count(2) if not (place := home.with_name(f"{home.name}-{n}")).exists())
        command = ["netkit", "read", *(map(str, export.paths or ["ARCHIVE"])), "--home", str(free)]
        raise LedgerError(
            "This archive belongs to another person than your ledger, and nothing of it was kept."
            f" Give that person a workspace of their own: {join(command)}"
        )


def _record_import(connection: sqlite3.Connection, export: Export) -> int:
    # A file that is there and empty says "none"; no file, and a part of a table, say nothing.
    present = sorted(set(export.report.rows) - export.partial)
    found = connection.execute(
        "INSERT INTO imports (sha256, taken_on, owner, present, rows_read, imported_at)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        [
            export.sha256,
            export.taken_on.isoformat(),
            export.owner,
            json.dumps(present),
            json.dumps(_sizes(export)),
            datetime.now(UTC).isoformat(),  # as exactly as what you noted, which is earlier or later
        ],
    )
    return int(found.fetchone()[0])


def _invitations(
    connection: sqlite3.Connection, rows: pd.DataFrame, number: int, skipped: dict[str, int]
) -> tuple[set[str], int]:
    """Return the keys that the ledger did not have, and how many rows the archive has that differ."""
    dated = rows.loc[rows["sent_at"].notna(), list(_COLUMNS)]
    if len(dated) < len(rows):
        skipped["invitations: no readable date"] = len(rows) - len(dated)
    directed = dated["direction"].isin(["incoming", "outgoing"])
    if not directed.all():
        skipped["invitations: neither sent nor received, as far as one can tell"] = int((~directed).sum())
    dated = dated[directed]
    dated = dated.assign(sent_at=_moments(dated["sent_at"]))
    identified = list(_identified(dated))
    stored = _Stored(connection, {identity for _, identity in identified})
    seen = {stored.request_of(row, identity) for row, identity in identified}
    connection.executemany(
        f"INSERT INTO invitations (request, identity, {', '.join(_COLUMNS)}, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'export')",
        stored.added,
    )
    connection.executemany(  # the note may be another one now
        "DELETE FROM notes_read WHERE request = ?", [(row[-1],) for row in stored.better]
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
    return {row[0] for row in stored.added}, len(identified)


def _connections(connection: sqlite3.Connection, rows: pd.DataFrame, export: Export) -> tuple[int, int]:
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
    ).drop_duplicates(["person", "name", "connected_on", "company", "position"])
    connection.executemany(
        "INSERT INTO connections (person, confidence, name, url, connected_on, company, position,"
        " first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " first_seen = min(first_seen, excluded.first_seen),"
        " last_seen = max(last_seen, excluded.last_seen)",
        _records(said),
    )
    return _count(connection, "connections") - before, len(said)


def _messages(connection: sqlite3.Connection, rows: pd.DataFrame, skipped: dict[str, int]) -> tuple[int, int]:
    """Keep who wrote when; drafts were never sent, and the content stays in the archive."""
    usable = _usable(rows)
    draft, undated = rows["draft"].astype("bool"), rows["sent_at"].isna()
    for why, left in (
        ("a draft", draft),
        ("no readable date", undated & ~draft),
        ("no known sender, or to several people", ~usable & ~undated & ~draft),
    ):
        if left.any():
            skipped[f"messages: {why}"] = int(left.sum())
    sent = rows[usable]
    codes, people = pd.factorize(sent["person"])
    _insert_new(connection, "people", pd.DataFrame({"person": people}))
    number_of = dict(connection.execute("SELECT person, id FROM people"))
    numbers = pd.Series([number_of[person] for person in people], dtype="int64")
    keys = pd.DataFrame(
        {
            "person": numbers.reindex(codes).to_numpy(),
            "sent_at": sent["sent_at"].dt.as_unit("s").astype("int64").to_numpy(),
            "incoming": (sent["direction"] == "incoming").astype("int64").to_numpy(),
        }
    ).sort_values(["person", "sent_at", "incoming"])  # in key order the tree is written once
    return _insert_new(connection, "messages", keys)


def _usable(messages: pd.DataFrame) -> pd.Series:
    dated = messages["person"].notna() & messages["sent_at"].notna()
    return dated & ~messages["draft"].astype("bool")


def _read_first_messages(
    connection: sqlite3.Connection,
    rows: pd.DataFrame,
    texts: pa.ChunkedArray,
    number: int,
    reader: NoteReader,
) -> None:
    """Keep what the first messages after each acceptance are, as the reader of notes sees them.

    Only what somebody wrote who had invited or been invited is looked at, and of that only the few
    messages after an acceptance are read; no text is kept.
    """
    invited = {who for (who,) in connection.execute("SELECT DISTINCT person FROM invitations")}
    kept = rows["person"].isin(invited - {None}) & _usable(rows)
    theirs = rows.loc[kept, ["person", "direction", "sent_at"]]
    seconds = theirs.pop("sent_at").dt.as_unit("s").astype("int64")
    theirs = theirs.assign(at=seconds).sort_values("at", kind="stable")
    copies = _mark_notes(connection, theirs, texts)
    theirs = theirs[~theirs.index.isin(copies)]
    first = _after_acceptance(connection, theirs)
    del theirs, seconds, kept  # of a large mailbox, 100 MB
    # What came to you matters most, and what came lately: the reader may tire.
    first = first.sort_values(["direction", "at"], ascending=[True, False])
    read = pd.Series(dict(_texts_at(texts, first.index)), index=first.index, dtype="str")
    give_memory_back()  # before the encoder takes as much
    connection.executemany(
        "INSERT INTO first_messages SELECT id, ?, ?, ?, ? FROM people WHERE person = ? ON CONFLICT"
        " DO UPDATE SET traits = excluded.traits, reader = excluded.reader",
        [
            (at, int(direction == "incoming"), said, reader.version, person)
            for person, direction, at, (_, said) in zip(
                first["person"], first["direction"], first["at"].tolist(),
                traits_of(read, reader), strict=True,
            )
        ],
    )  # fmt: skip
    connection.execute("UPDATE imports SET reader = ? WHERE id = ?", [reader.version, number])


def _mark_notes(connection: sqlite3.Connection, messages: pd.DataFrame, texts: pa.ChunkedArray) -> list[int]:
    """Find where a note reappears among the messages: at the acceptance, and it is no message then.

    Of the messages that say the same as the note, that is the first after the invitation.
    """
    import pyarrow.compute as pc

    noted: dict[tuple[str, ...], list[tuple[str, int, int | None]]] = {}
    for person, direction, note, *sent in connection.execute(
        "SELECT person, direction, message, request, unixepoch(sent_at), unixepoch(note_reappeared_at)"
        " FROM invitations WHERE message NOTNULL AND person NOTNULL ORDER BY sent_at"
    ):
        noted.setdefault((person, direction, _plain(note)), []).append(tuple(sent))
    likely = messages[messages["person"].isin({person for person, _, _ in noted})]
    short = pc.fill_null(pc.less_equal(pc.utf8_length(texts), _LONGEST_NOTE), False).to_numpy()
    plain = {text for _, _, text in noted}
    read = _texts_at(texts, likely.index[short[likely.index]])
    said = {row: text for row, text in ((row, _plain(text)) for row, text in read) if text in plain}
    likely = likely[likely.index.isin(list(said))]
    found: dict[str, tuple[int, int]] = {}
    for row, person, direction, at in likely.itertuples(name=None):
        sent = noted.get((person, direction, said[row]), [])
        request, known = next(((each, seen) for each, on, seen in sent[::-1] if on <= at), ("", None))
        if request and request not in found and known in (None, at):
            found[request] = (row, at)
    marked = [(request, at) for request, (_, at) in found.items()]
    connection.executemany(
        "UPDATE messages SET is_note = 1 WHERE sent_at = ?2 AND (person, incoming) = (SELECT p.id,"
        " i.direction = 'incoming' FROM invitations i JOIN people p ON p.person = i.person"
        " WHERE i.request = ?1)",
        marked,
    )
    connection.executemany(
        "UPDATE invitations SET note_reappeared_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', ?2, 'unixepoch')"
        " WHERE request = ?1",
        marked,
    )
    return [row for row, _ in found.values()]


def _texts_at(texts: pa.ChunkedArray, rows: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yield how the texts of some rows begin, piece by piece: Arrow would put a whole mailbox together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted, start = np.unique(np.fromiter(rows, np.int64)), 0
    for piece in texts.chunks:
        inside = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, start + len(piece))]
        begun = pc.utf8_slice_codeunits(piece.take(pa.array(inside - start)), 0, LONGEST_READ)
        yield from zip(inside.tolist(), begun.to_pylist(), strict=True)
        start += len(piece)


def _plain(text: str) -> str:
    return " ".join(unescape(text).split())


def _after_acceptance(connection: sqlite3.Connection, messages: pd.DataFrame) -> pd.DataFrame:
    """Return the first messages after each acceptance of an invitation to you.

    It is the moment at which the note reappeared; else the day of the connection, from the invitation on.
    """
    accepted = pd.DataFrame(
        connection.execute(
            "SELECT DISTINCT i.person, unixepoch(coalesce(i.note_reappeared_at,"
            " max(i.sent_at, c.connected_on))) FROM invitations i LEFT JOIN connections c"
            " ON c.person = i.person AND c.connected_on >= substr(i.sent_at, 1, 10)"
            " WHERE i.direction = 'incoming' AND coalesce(i.note_reappeared_at, c.connected_on) NOTNULL"
        ),
        columns=["person", "since"],
    )
    codes, people = pd.factorize(messages["person"])
    accepted["code"] = people.get_indexer(pd.Index(accepted["person"]))
    accepted = accepted[accepted["code"] >= 0].astype({"since": "int64"})
    begin = accepted["code"].to_numpy() * _AGES + accepted["since"].to_numpy()
    at = codes * _AGES + messages["at"].to_numpy()
    order = np.argsort(at, kind="stable")
    at = at[order]
    places = np.searchsorted(at, begin)[:, None] + np.arange(_FIRST)
    within = places < np.searchsorted(at, begin + _WINDOW, side="right")[:, None]
    return messages.iloc[np.unique(order[places[within]])]


def _side_tables(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the small tables in the ledger's columns."""
    for table, columns, moment in (
        ("endorsements", ["person", "direction", "skill"], "at"),
        ("recommendations", ["name", "direction"], "at"),
        ("address_book", ["person", "name"], "created_at"),  # older eras have no person
    ):
        rows = tables[table]
        yield table, rows.reindex(columns=columns).assign(**{moment: _moments(rows[moment])})
    for kind, table, at in (("company", "follows", "followed_on"), ("member", "member_follows", "at")):
        rows = tables[table]
        yield "follows", rows[["name"]].assign(kind=kind, at=_moments(rows[at]))


def _insert_new(connection: sqlite3.Connection, table: str, rows: pd.DataFrame) -> tuple[int, int]:
    """Return how many rows the ledger did not have, and how many differ from each other."""
    rows = rows.drop_duplicates()
    before = _count(connection, table)
    marks = ", ".join("?" * rows.shape[1])
    connection.executemany(
        f"INSERT OR IGNORE INTO {table} ({', '.join(rows.columns)}) VALUES ({marks})", _records(rows)
    )
    return _count(connection, table) - before, len(rows)


def _profile(connection: sqlite3.Connection, tables: Mapping[str, pd.DataFrame], number: int) -> None:
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


def _own_addresses(connection: sqlite3.Connection, export: Export) -> None:
    """Keep the owner's own mail addresses, by which his mailbox tells what he wrote himself."""
    rows = export.tables.get("email_addresses")
    if rows is None:
        return
    confirmed = rows["address"].where(rows["confirmed"].str.casefold() != "no")
    own = sorted({canonical(each) for each in confirmed.dropna()} - {""})
    now = moment_text(datetime.now(UTC))
    connection.executemany("INSERT OR IGNORE INTO own_addresses VALUES (?, ?)", [(each, now) for each in own])


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _moments(values: pd.Series) -> pd.Series:
    times = pd.to_datetime(values, utc=True)
    return times.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00").astype("str")


def _records(rows: pd.DataFrame) -> Iterable[_Row]:
    """Return the rows as tuples in which missing is None."""
    columns = (rows[column].astype("object") for column in rows)
    return zip(*(column.where(column.notna(), None).tolist() for column in columns), strict=True)


def _identified(rows: pd.DataFrame) -> Iterator[tuple[_Row, str]]:
    """Yield each different row with what identifies it; rows without a person are numbered."""
    numbers: dict[str, int] = {}
    yielded = set()
    for row in _records(rows[list(_COLUMNS)]):
        direction, person, _, name, _, sent_at, _ = row
        identity = f"{person or ''}|{direction}|{sent_at}"
        if person is None:  # closed accounts are counted, never merged into one person
            identity += f"|{plain_name(name)}"
            numbers[identity] = numbers.get(identity, 0) + 1
            identity += f"|{numbers[identity]}"
        if identity not in yielded:
            yielded.add(identity)
            yield row, identity


class _Stored:
    """The ledger's invitations, found by key, or by name and minute where an era had no address."""

    def __init__(self, connection: sqlite3.Connection, shown: set[str]) -> None:
        found = connection.execute(
            "SELECT request, identity, direction, name, sent_at FROM invitations WHERE origin = 'export'"
        ).fetchall()
        kept = connection.execute("SELECT request FROM kept_invitations")
        self.taken = {row[0] for row in [*found, *kept]}
        self.by_identity: dict[str, str] = {row[1]: row[0] for row in found}
        self.by_name: dict[_Row, list[str]] = {}
        self.added: list[_Row] = []
        self.better: list[_Row] = []
        for request, identity, direction, name, sent_at in found:
            if plain_name(name) and identity not in shown:  # namesakes may write in the same minute
                self.by_name.setdefault((direction, sent_at, plain_name(name)), []).append(request)

    def request_of(self, row: _Row, identity: str) -> str:
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

    def _under_another_key(self, row: _Row) -> str | None:
        """Find the one stored row of the same name and minute: eras differ in who has an address."""
        direction, _, _, name, _, sent_at, _ = row
        if not plain_name(name):
            return None
        same = self.by_name.pop((direction, sent_at, plain_name(name)), [])
        return same[0] if len(same) == 1 else None

    def _improve(self, row: _Row, identity: str, request: str) -> None:
        """Let the address replace the name; the request keeps the key that decisions refer to."""
        _, person, confidence, _, url, sent_at, message = row
        self.by_identity[identity] = request
        if str(person).startswith("in:"):
            self.better.append((identity, person, confidence, url, sent_at, message, request))


def plain_name(name: object) -> str:
    """Return a name as it is compared, or nothing.

    >>> plain_name(" Ada  LOVE "), plain_name(None)
    ('ada love', '')
    """
    return (folded_name(name) if isinstance(name, str) else None) or ""


def forgotten_hash(key: bytes, person: str, salt: str = "") -> str:
    """Return what the ledger keeps of a forgotten person; rows of earlier versions have a salt."""
    return keyed_hash(key, sha256(f"{salt}|{person}".encode()).hexdigest())


def forgotten_among(connection: sqlite3.Connection, home: Path, words: Iterable[str]) -> set[str]:
    """Return which of some words stand for what the user had netkit forget."""
    hashes = {row[0] for row in connection.execute("SELECT hash FROM forgotten")}
    if not hashes:
        return set()
    salts = [row[0] for row in connection.execute("SELECT DISTINCT salt FROM forgotten")]
    secret = forgotten_key(home)
    return {word for word in words if any(forgotten_hash(secret, word, salt) in hashes for salt in salts)}


def _without_forgotten(
    connection: sqlite3.Connection, tables: Mapping[str, pd.DataFrame], skipped: dict[str, int], home: Path
) -> Mapping[str, pd.DataFrame]:
    """Leave out the people whom the user had netkit forget: an old archive must not bring them back."""
    if not connection.execute("SELECT 1 FROM forgotten").fetchone():
        return tables

    def gone(values: pd.Series, prefix: str = "") -> pd.Series:
        keys = {value: prefix + (plain_name(value) if prefix else value) for value in values.unique()}
        out = forgotten_among(connection, home, keys.values())
        return values.isin([value for value, key in keys.items() if key in out])

    kept = {}
    for table, rows in tables.items():
        drop = pd.Series(False, index=rows.index)
        if "person" in rows:
            drop |= gone(rows["person"].dropna()).reindex(rows.index, fill_value=False)
        if "name" in rows and table != "follows":  # a namesake with an address of his own stays
            nameless = rows["person"].isna() if "person" in rows else pd.Series(True, rows.index)
            names = rows.loc[nameless, "name"].dropna()
            drop |= gone(names, "name:").reindex(rows.index, fill_value=False)
        kept[table] = rows[~drop]
        if drop.any():
            why = f"{table.replace('member_follows', 'follows')}: forgotten people"
            skipped[why] = skipped.get(why, 0) + int(drop.sum())
    return kept
