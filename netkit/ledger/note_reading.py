"""What the notes in the ledger say: read once a version of the reader, and learned from your corrections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from netkit.errors import NetkitError
from netkit.ledger.database import Database

if TYPE_CHECKING:  # the reader takes longer to load than most commands take
    from netkit.notes import NoteReader
    from netkit.notes.corrections import Corrected

LONGEST_READ = 10_000  # signs of a note or message that the reader of notes sees
_MOST_SIGNS = 3_000_000  # of all, which takes about half a minute; no real archive had a fifth of that


@dataclass(frozen=True)
class Learned:
    """What came of learning from your corrections.

    Attributes
    ----------
    corrections, notes : int
        How many values you noted of what notes say, and of how many notes.
    facts : tuple of Corrected
        What they are for each fact, and whether they are used.
    read : int
        How many notes were read again.
    changed : tuple of str
        The requests whose note is read otherwise now.
    """

    corrections: int
    notes: int
    facts: tuple[Corrected, ...]
    read: int
    changed: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self) | {"facts": [asdict(one) | {"lacking": one.lacking} for one in self.facts]}


def read_new_notes(connection: sqlite3.Connection) -> None:
    """Read the notes that came to you and were not read so far."""
    reader = settled_reader(connection)
    _keep(connection, reader, traits_of(_unread(connection, reader), reader))


def settled_reader(connection: sqlite3.Connection) -> NoteReader:
    """Return the reader that you last settled on: as shipped, or one that learned from your corrections."""
    from netkit.notes import NoteReader
    from netkit.notes.note_reader import YOURS

    learned = connection.execute("SELECT 1 FROM notes_read WHERE instr(reader, ?) LIMIT 1", [YOURS])
    return NoteReader(_corrections(connection) if learned.fetchone() else None)


def learn_notes(database: Database, *, look: bool = False, undo: bool = False) -> Learned:
    """Let the reader learn from your corrections, or unlearn them, and read the notes again.

    Nothing is written when you only look.
    """
    from netkit.notes import NoteReader
    from netkit.notes.corrections import CORRECTED

    with database.together():
        connection = database.connection
        labels = _corrections(connection)
        reader = NoteReader(None if undo else labels)
        if reader.lacks:
            raise NetkitError(
                "The reader that learns from your corrections is not installed."
                " Install netkit with its extra [notes], then run 'netkit notes learn' again."
            )
        before = dict(connection.execute("SELECT request, traits FROM notes_read"))
        said = dict(traits_of(_unread(connection, reader), reader))
        if not look:
            _keep(connection, reader, said.items())
    return Learned(
        corrections=int(labels[list(CORRECTED.values())].notna().sum().sum()),
        notes=len(labels),
        facts=reader.learned,
        read=len(said),
        changed=tuple(sorted(request for request in said if said[request] != before.get(request))),
    )


def traits_of(texts: pd.Series, reader: NoteReader) -> Iterator[tuple[Any, str]]:
    """Yield what each text says, as JSON, under its key."""
    read = reader.read(texts, most_signs=_MOST_SIGNS)
    said = read.astype("object").rename(columns=lambda name: name.removeprefix("note_"))
    rows = said.where(said.notna(), None).to_dict(orient="records")
    for key, row in zip(texts.index, rows, strict=True):
        yield key, json.dumps(row, default=int)


def _corrections(connection: sqlite3.Connection) -> pd.DataFrame:
    """Return what you said yourself of notes: one row a note, with its text, its sender and your values."""
    from netkit.notes.corrections import CORRECTED

    facts = list(CORRECTED.values())
    rows = connection.execute(
        "SELECT i.request, substr(i.message, 1, ?), coalesce(i.person, i.name, i.request), f.fact, f.level"
        " FROM facts_noted f JOIN invitations i ON i.request = f.request WHERE f.id IN"
        " (SELECT max(id) FROM facts_noted WHERE kind = 'invitation' GROUP BY request, fact)"
        " AND f.origin = 'typed' AND f.level IN ('yes', 'no', 'default', 'personal')"
        " AND i.direction = 'incoming' AND i.message NOTNULL ORDER BY i.request",
        [LONGEST_READ],
    ).fetchall()
    said = pd.DataFrame(rows, columns=["request", "text", "person", "fact", "level"], dtype="str")
    wide = said.pivot(index=["request", "text", "person"], columns="fact", values="level").reset_index()
    return wide.reindex(columns=["text", "person", *facts]).dropna(subset=facts, how="all")


def _unread(connection: sqlite3.Connection, reader: NoteReader) -> pd.Series:
    """Return the notes that came to you and that this reader has not read; their text is kept already."""
    found = connection.execute(
        "SELECT request, substr(message, 1, ?) FROM invitations WHERE direction = 'incoming'"
        " AND message NOTNULL AND request NOT IN (SELECT request FROM notes_read WHERE reader = ?)"
        " ORDER BY sent_at DESC",
        [LONGEST_READ, reader.version],
    ).fetchall()
    return pd.DataFrame(found, columns=["request", "message"], dtype="str").set_index("request")["message"]


def _keep(connection: sqlite3.Connection, reader: NoteReader, said: Iterable[tuple[str, str]]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO notes_read (request, traits, reader) VALUES (?, ?, ?)",
        [(request, traits, reader.version) for request, traits in said],
    )
