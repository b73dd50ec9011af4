"""What the exports said, as frames; and invitations, some typed in before an export shows them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd

from netkit.errors import LedgerError
from netkit.ledger.database import Database, Moment, Store, read_moment
from netkit.ledger.kept_invitations import Doubt, doubts, join_kept, near, set_apart
from netkit.ledger.note_reading import LONGEST_READ, read_new_notes, settled_reader
from netkit.ledger.workspace import readable_cells
from netkit.people import folded_name, keys_of
from netkit.request_keys import request_key
from netkit.wording import join_or

_INVITATIONS = (
    "SELECT request, direction, person, confidence, name, url, sent_at, message, origin,"
    " note_reappeared_at FROM invitations ORDER BY sent_at, request"
)
_CONNECTIONS = "SELECT * FROM connections ORDER BY last_seen DESC, id DESC"


class ExportStore(Store):
    """What `Ledger.import_export` took in, to read.

    Every method returns a new frame; moments are `datetime64[us, UTC]`, days are their midnight, and
    missing values are missing.
    """

    def imports(self) -> pd.DataFrame:
        """Return one row per imported archive, oldest first.

        Returns
        -------
        DataFrame
            `id`, `sha256`, `taken_on`, `owner`, `present` (tuple of the tables it held),
            `rows_read` (dict of table to rows), `imported_at`, `reader` (the version of the reader of
            notes that read its messages).
        """
        frame = self._database.frame("SELECT * FROM imports ORDER BY taken_on, id")
        return frame.assign(
            present=self._database.parsed(frame["present"]).map(tuple),
            rows_read=self._database.parsed(frame["rows_read"]),
        )

    @property
    def owner(self) -> str | None:
        """The person key of the newest export's owner, where an export names one."""
        found = self._database.one(
            "SELECT owner FROM imports WHERE owner NOTNULL ORDER BY taken_on DESC, id DESC"
        )
        return str(found) if found else None

    def sightings(self) -> pd.DataFrame:
        """Return which export showed which invitation.

        Returns
        -------
        DataFrame
            `import`, `taken_on`, `request`.
        """
        return self._database.frame(
            "SELECT s.import, i.taken_on, s.request FROM invitations_seen s"
            " JOIN imports i ON i.id = s.import ORDER BY i.taken_on, s.import, s.request"
        )

    def seen_on(self) -> dict[str, list[datetime]]:
        """Return on which days exports showed each invitation, the earliest first."""
        found: dict[str, list[datetime]] = defaultdict(list)
        for row in self._database.rows(
            "SELECT s.request, i.taken_on FROM invitations_seen s JOIN imports i ON i.id = s.import"
            " ORDER BY i.taken_on"
        ):
            found[row["request"]].append(row["taken_on"])
        return found

    def holding(self, table: str) -> list[dict[str, Any]]:
        """Return the imported archives that held a table, in the order of reading, as plain values."""
        rows = self._database.rows("SELECT taken_on, imported_at, present FROM imports ORDER BY imported_at")
        with readable_cells(self._database.file):
            return [row for row in rows if table in json.loads(row["present"])]

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
        frame = self._database.frame(_CONNECTIONS).drop(columns="id")
        if every:
            return frame
        cells = frame[["person", "name", "connected_on"]].astype("object")
        newest = _newest_versions(cells.where(cells.notna(), None).to_dict(orient="records"))
        return frame[pd.Series(newest, dtype="bool")].reset_index(drop=True)

    def connection_rows(self) -> list[dict[str, Any]]:
        """Return what `connections` returns as plain values, a row each."""

        def newest() -> list[dict[str, Any]]:
            rows = self.versions()
            return [row for row, newest in zip(rows, _newest_versions(rows), strict=True) if newest]

        return self._database.once("connection rows", newest)

    def versions(self) -> list[dict[str, Any]]:
        """Return every version of a connection that an export gave as plain values, the newest first."""
        return self._database.rows(_CONNECTIONS)

    def messages(self) -> pd.DataFrame:
        """Return who wrote when; contents are not kept, and the note of an invitation is no message.

        Returns
        -------
        DataFrame
            `person`, `sent_at`, `direction` (incoming or outgoing).
        """
        frame = self._database.frame(
            "SELECT p.person, m.sent_at, m.incoming FROM messages m"
            " JOIN people p ON p.id = m.person WHERE NOT m.is_note ORDER BY m.sent_at"
        )
        incoming = frame.pop("incoming").eq(1)
        return frame.assign(direction=incoming.map({True: "incoming", False: "outgoing"}))

    def rows(
        self, table: Literal["imports", "endorsements", "recommendations", "people", "address_book"]
    ) -> list[dict[str, Any]]:
        """Return a table as plain values, a row each."""
        return self._database.rows(f"SELECT * FROM {table} ORDER BY rowid")

    def written(self, persons: Iterable[str], until: datetime) -> dict[str, tuple[int, datetime | None]]:
        """Return how many messages came from and went to some people before a moment, and when the last did.

        Parameters
        ----------
        persons : iterable of str
            The keys of one person.
        until : datetime
            The moment.

        Returns
        -------
        dict
            `incoming` and `outgoing`, with the number and the moment of the last.
        """
        query = (
            "SELECT m.incoming, count(*), max(m.sent_at) FROM messages m JOIN people p ON p.id = m.person"
            " WHERE NOT m.is_note AND m.sent_at < ?"
            " AND p.person IN ({}) GROUP BY m.incoming"
        )
        keys = list(persons)
        found = self._database.connection.execute(
            query.format(", ".join("?" * len(keys))), [int(until.timestamp()), *keys]
        )
        none: dict[str, tuple[int, datetime | None]] = {"incoming": (0, None), "outgoing": (0, None)}
        return none | {
            "incoming" if incoming else "outgoing": (times, datetime.fromtimestamp(last, UTC))
            for incoming, times, last in found
        }

    def written_within(self, spans: pd.DataFrame) -> pd.DataFrame:
        """Return when each side first wrote within each of some spans; a large mailbox is not read whole.

        Parameters
        ----------
        spans : DataFrame
            `row` (what the span is called), `person`, `since`, `until`.

        Returns
        -------
        DataFrame
            `row`, `incoming`, `outgoing`: the first message each way, missing where there is none.
        """
        query = (
            "SELECT min(iif(incoming, sent_at, NULL)), min(iif(incoming, NULL, sent_at)) FROM messages"
            " WHERE person = (SELECT id FROM people WHERE person = ?) AND sent_at BETWEEN ? AND ?"
            " AND NOT is_note"
        )
        ends = spans[["since", "until"]].apply(lambda column: column.dt.as_unit("s").astype("int64"))
        found = [
            self._database.connection.execute(query, [person, since, until]).fetchone()
            for person, since, until in zip(
                spans["person"], ends["since"].tolist(), ends["until"].tolist(), strict=True
            )
        ]
        table = pd.DataFrame(found, columns=["incoming", "outgoing"], index=spans.index)
        moments = {way: pd.to_datetime(table[way].astype("Float64"), unit="s", utc=True) for way in table}
        return pd.DataFrame({"row": spans["row"], **moments})

    def heard_within(self, person: str, since: datetime, until: datetime) -> datetime | None:
        """Return when a person first wrote to you between two moments, or None."""
        query = (
            "SELECT min(sent_at) FROM messages WHERE person = (SELECT id FROM people WHERE person = ?)"
            " AND sent_at BETWEEN ? AND ? AND incoming AND NOT is_note"
        )
        first = self._database.one(query, [person, int(since.timestamp()), int(until.timestamp())])
        return None if first is None else datetime.fromtimestamp(first, UTC)

    def writers(self) -> pd.Series:
        """Return the person keys of everybody who ever wrote or was written to."""
        return self._database.frame("SELECT person FROM people ORDER BY id")["person"]

    def first_messages(self) -> pd.DataFrame:
        """Return what the first messages after each acceptance are, the oldest first.

        Returns
        -------
        DataFrame
            `person`, `sent_at`, `direction`, `reader` (the version that read them), and what
            `netkit.notes.NoteReader` says of a note, under the same names.
        """
        frame = self._database.frame(
            "SELECT p.person, m.sent_at, iif(m.incoming, 'incoming', 'outgoing') AS direction, m.reader,"
            " m.traits FROM first_messages m JOIN people p ON p.id = m.person ORDER BY m.sent_at"
        )
        return _with_traits(self._database, frame)

    def to_read_again(self) -> str:
        """Ask once per version of the reader of notes for the newest archive with messages, in words."""
        from netkit.notes import NoteReader

        version = NoteReader().version
        query = (
            "SELECT id FROM imports WHERE present LIKE '%\"messages\"%' AND coalesce(reader, '') != ?1"
            " AND taken_on = (SELECT max(taken_on) FROM imports WHERE present LIKE '%\"messages\"%')"
            " AND NOT EXISTS (SELECT 1 FROM imports WHERE asked_for_reader = ?1)"
        )
        found = self._database.one(query, [version])
        if found is None:
            return ""
        with self._database.together():
            self._database.connection.execute(
                "UPDATE imports SET asked_for_reader = ? WHERE id = ?", [version, found]
            )
        return (
            "netkit now reads notes, and the first messages after an acceptance, better than when it"
            " read your archive. Read your newest archive once more: netkit read YOUR-ARCHIVE.zip"
        )

    def correspondence(self) -> pd.DataFrame:
        """Return one row per person who ever wrote to you or was written to.

        Returns
        -------
        DataFrame
            `person`, `first_at`, `last_at`, `incoming`, `outgoing` (numbers of messages).
        """
        return self._database.frame(
            "SELECT p.person, min(m.sent_at) AS first_at, max(m.sent_at) AS last_at,"
            " sum(m.incoming) AS incoming, sum(1 - m.incoming) AS outgoing"
            " FROM messages m JOIN people p ON p.id = m.person WHERE NOT m.is_note"
            " GROUP BY m.person ORDER BY p.person"
        )

    def first_written(self) -> dict[str, datetime]:
        """Return when anybody first wrote to you or was written to, by the person's key."""
        rows = self._database.rows(
            "SELECT p.person, min(m.sent_at) AS first_at FROM messages m JOIN people p ON p.id = m.person"
            " WHERE NOT m.is_note GROUP BY m.person"
        )
        return {row["person"]: row["first_at"] for row in rows}

    def endorsements(self) -> pd.DataFrame:
        """Return `person`, `direction` (received or given), `at`, `skill`."""
        return self._database.frame("SELECT * FROM endorsements ORDER BY at")

    def recommendations(self) -> pd.DataFrame:
        """Return `name`, `direction` (received or given), `at`; texts are not kept."""
        return self._database.frame("SELECT * FROM recommendations ORDER BY at")

    def address_book(self) -> pd.DataFrame:
        """Return the address book you uploaded: `person`, `name`, `created_at`."""
        return self._database.frame("SELECT * FROM address_book ORDER BY created_at")

    def follows(self) -> pd.DataFrame:
        """Return whom you follow: `kind` (company or member), `name`, `at`."""
        return self._database.frame("SELECT * FROM follows ORDER BY at")

    def profile(self) -> dict[str, Any]:
        """Return your own profile as the newest export has it: `profile`, `positions` (lists of rows)."""
        found = self._database.rows(
            "SELECT p.content FROM profile p JOIN imports i ON i.id = p.import"
            " ORDER BY i.taken_on DESC, i.id DESC LIMIT 1"
        )
        with readable_cells(self._database.file):
            return dict(json.loads(found[0]["content"])) if found else {"profile": [], "positions": []}


class InvitationStore(Store):
    """The invitations to connect: those that an export showed, and those typed in."""

    def add(
        self,
        name: str,
        *,
        sent_at: Moment,
        source: str,
        url: str | None = None,
        message: str | None = None,
        headline: str | None = None,
        mutual: int | None = None,
    ) -> str:
        """Add an incoming invitation that no archive shows (yet); one that a later archive brings is joined.

        Parameters
        ----------
        name : str
            The sender.
        sent_at : datetime, date or str
            When it was sent, or when you saw it.
        source : str
            Who says so.
        url : str, optional
            The sender's profile address.
        message : str, optional
            The note that came with it.
        headline : str, optional
            What stands under the name.
        mutual : int, optional
            Contacts in common.

        Returns
        -------
        str
            The request's key; the same invitation twice is one.
        """
        (person,), (confidence,) = keys_of([url], [name])
        if person is None:
            raise LedgerError(f"The sender {name!r} has no name", "Give one")
        moment = read_moment(sent_at)
        with self._database.together():
            known = self._database.one(
                "SELECT request FROM kept_invitations WHERE person = ? AND sent_at = ? UNION"
                " SELECT request FROM invitations WHERE identity = ?",
                [person, moment, f"{person}|incoming|{moment}"],
            )
            if known:
                return str(known)
            request = request_key("inv", "by hand", person, moment, taken=_Taken(self._database))
            self._database.connection.execute(
                "INSERT INTO invitations (request, identity, direction, person, confidence, name,"
                " url, sent_at, message, origin) VALUES (?1, 'by hand|' || ?1, 'incoming', ?2, ?3, ?4, ?5,"
                " ?6, ?7, 'by hand')",
                [request, person, confidence, name, url, moment, message],
            )
            self._database.connection.execute(
                "INSERT INTO kept_invitations (request, person, confidence, name, url, sent_at, message,"
                " headline, mutual) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [request, person, confidence, name, url, moment, message, headline, mutual],
            )
        return request

    def already(
        self,
        name: str,
        *,
        sent_at: Moment,
        url: str | None = None,
        message: str | None = None,
        dated: bool = True,
    ) -> str | None:
        """Return the key of the invitation that the ledger surely has already, where it has one.

        Not `dated`, it was seen at that moment: then it is the one that is still open, however old.
        """
        (person,), _ = keys_of([url], [name])
        if not person:
            return None
        return near(self._database.connection, person, name, read_moment(sent_at), message or "", dated=dated)

    def read_notes(self) -> None:
        """Read the notes that were not read so far, as an archive's are when it is read."""
        with self._database.together():
            read_new_notes(self._database.connection)

    def joined(self) -> dict[str, str]:
        """Return the kept invitations that an archive has, too: their keys and who asks."""
        rows = self._database.connection.execute(
            "SELECT request, name FROM kept_invitations WHERE archived NOTNULL ORDER BY sent_at, request"
        )
        return dict(rows.fetchall())

    def doubts(self) -> list[Doubt]:
        """Return the kept invitations of which you alone can say which one of an archive they are."""
        return doubts(self._database.connection)

    def say_same(self, kept: str, request: str | None) -> None:
        """Say which invitation of an archive a kept one is, or that it is none of them.

        Parameters
        ----------
        kept : str
            The key of the kept one, which stays.
        request : str or None
            The key of the other, as a doubt names it.
        """
        said = "SELECT 1 FROM kept_invitations WHERE request = ? AND said NOTNULL"
        with self._database.together():
            if self._database.one(said, [kept]):  # it was said before, and may have been a slip
                self.unsay_same(kept)
            doubt = next((each for each in self.doubts() if each.request == kept), None)
            if doubt is None:
                raise LedgerError(
                    f"{kept} is no kept invitation in doubt. 'netkit read' says which are, with their keys."
                )
            others = [key for key, _ in doubt.candidates]
            if request is not None and request not in others:
                raise LedgerError(f"{kept} cannot be {request}", f"It may be {join_or(others)}, or none")
            identity = self._database.one("SELECT identity FROM invitations WHERE request = ?", [request])
            self._database.connection.execute(
                "UPDATE kept_invitations SET said = ? WHERE request = ?", [identity or "", kept]
            )
            join_kept(self._database.connection)
            self._database.connection.execute("DELETE FROM backed_up")  # that was said of the rows before

    def unsay_same(self, kept: str) -> None:
        """Take back which invitation of an archive a kept one is: it is in doubt again.

        Parameters
        ----------
        kept : str
            The key of the kept one.
        """
        connection = self._database.connection
        with self._database.together():
            set_apart(connection)
            connection.execute("UPDATE kept_invitations SET said = NULL WHERE request = ?", [kept])
            join_kept(connection)
            connection.execute("DELETE FROM backed_up")

    def rows(self) -> list[dict[str, Any]]:
        """Return what `to_frame` returns as plain values, a row each."""
        return self._database.rows(_INVITATIONS)

    def to_frame(self) -> pd.DataFrame:
        """Return every invitation that any export showed, in both directions, oldest first.

        Returns
        -------
        DataFrame
            `request`, `direction`, `person`, `confidence`, `name`, `url`, `sent_at`, `message`,
            `origin` (`export` or `by hand`), `note_reappeared_at` (when the note stood among the
            messages: the moment of acceptance).
        """
        return self._database.frame(_INVITATIONS)

    def notes_read(self) -> dict[str, dict[str, Any]]:
        """Return what the notes that came to you say, as they were read with the archive.

        Returns
        -------
        dict of str to dict
            Request -> what `netkit.notes.NoteReader` says, under the same names.
        """
        # The reader of notes takes longer to load than most commands take.
        from netkit.notes.phrase_lists import fact_of

        rows = self._database.rows("SELECT request, traits FROM notes_read ORDER BY request")
        with readable_cells(self._database.file):
            return {
                row["request"]: {fact_of(name): level for name, level in json.loads(row["traits"]).items()}
                for row in rows
            }

    def moving_words(self, request: str) -> dict[str, tuple[str, ...]]:
        """Return the words of a note that moved its reader, whose reading is kept.

        Parameters
        ----------
        request : str
            The request's key.

        Returns
        -------
        dict of str to tuple of str
            As of `netkit.notes.NoteReader.words_for`; empty where no note came.
        """
        query = "SELECT message FROM invitations WHERE request = ? AND message != ''"
        message = self._database.one(query, [request])
        if message is None:
            return {}
        # What nobody read yet, only the phrases tell.
        from netkit.notes import read_note

        text, reader = message[:LONGEST_READ], settled_reader(self._database.connection)
        return reader.words_for(text, self.notes_read().get(request) or read_note(text))


class _Taken(Store):
    """The keys in use, looked up one by one: a long list must not read all of them each time."""

    def __contains__(self, request: object) -> bool:
        return bool(self._database.one("SELECT 1 FROM invitations WHERE request = ?", [str(request)]))


def _with_traits(database: Database, frame: pd.DataFrame) -> pd.DataFrame:
    """Put what texts say, one JSON a row, into columns of their own."""
    # The reader of notes takes longer to load than most commands take.
    from netkit.notes.phrase_lists import fact_of

    said = pd.DataFrame(database.parsed(frame.pop("traits")).tolist(), frame.index)
    return frame.join(said.rename(columns=fact_of))


def _newest_versions(rows: Sequence[Mapping[Any, Any]]) -> list[bool]:
    """Tell which row is a person's newest, and none of an era without addresses that a later one names."""
    seen: set[str] = set()
    first = []
    for row in rows:
        first.append(row["person"] is None or row["person"] not in seen)
        seen |= {row["person"]} if row["person"] else set()
    names = [(folded_name(row["name"]), row["connected_on"]) for row in rows]
    slugged = [(row["person"] or "").startswith("in:") for row in rows]
    addressed = {name for name, slug, newest in zip(names, slugged, first, strict=True) if slug and newest}
    return [
        newest and (slug or name not in addressed)
        for name, slug, newest in zip(names, slugged, first, strict=True)
    ]
