"""Forget one person: every row gone, every mention blotted out, kept out of later imports."""

import json
import secrets
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from netkit.errors import LedgerError
from netkit.ledger.blotting import Blotter, blot_texts
from netkit.ledger.disk_errors import clear_errors
from netkit.ledger.forgotten import forgotten_hash
from netkit.ledger.left_behind import look_beside
from netkit.ledger.sightings import plain
from netkit.ledger.workspace import transaction
from netkit.people import folded_name, profile_slug
from netkit.request_keys import moment_text

# Where a person stands: table -> (column of the key, column of the name).
_WHERE = {
    "invitations": ("person", "name"),
    "connections": ("person", "name"),
    "endorsements": ("person", None),
    "recommendations": (None, "name"),
    "address_book": ("person", "name"),
    "follows": (None, "name"),
    "reviews": ("person", None),
    "people": ("person", None),
    "introductions": ("requester", "requester_name"),
}


@dataclass(frozen=True)
class Forgotten:
    """What forgetting a person removed, and what remains.

    Attributes
    ----------
    removed : dict of str to int
        Table -> rows.
    blotted : int
        Texts about others in which the name was blotted out.
    remains : tuple of str
        What statistics and copies remain, in sentences.
    """

    removed: dict[str, int] = field(default_factory=dict)
    blotted: int = 0
    remains: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it in words."""
        counted = ", ".join(f"{n} in {table}" for table, n in self.removed.items() if n)
        blotted = f" The name was blotted out of {self.blotted} texts about others." * bool(
            self.blotted
        )
        return f"Removed: {counted}.{blotted} {' '.join(self.remains)}"


_ACCEPTED = "a profile address, a person key, a full name"
_NAMESAKES = 10  # named in a message; of more, nobody reads the list
_REMAINS = (
    "What remains: how many rows each import held, how many rows went today, and a salted hash that"
    " keeps this person out of later imports.",
    "Numbers in findings and pages already built still count this person: run the notebooks and"
    " build the handbook again.",
    "Backups elsewhere and the archives themselves still hold this person: delete them yourself.",
    "A first or last name alone in what you wrote about others was left.",
)


def forget_person(connection: sqlite3.Connection, file: Path, person: str) -> Forgotten:
    """Remove a person from an open ledger, everywhere and for good.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    file : Path
        Its file.
    person : str
        A profile address, a person key, or the exact full name.

    Returns
    -------
    Forgotten
        What went and what remains.

    Raises
    ------
    LedgerError
        Nobody is known under it, or several people are.
    """
    _teach(connection)
    keys, names = _identify(connection, person)
    blotter = Blotter(names, keys)

    def forget(ledger: sqlite3.Connection, place: Path) -> Forgotten:
        return _forget_in(ledger, place, keys, names, blotter)

    gone = forget(connection, file)
    return replace(gone, remains=(*_REMAINS, *look_beside(file, blotter, forget)))


def _teach(connection: sqlite3.Connection) -> None:
    connection.create_function("plain", 1, plain, deterministic=True)


def _forget_in(
    connection: sqlite3.Connection, file: Path, keys: set[str], names: set[str], blotter: Blotter
) -> Forgotten:
    """Forget a person in the ledger or in a copy of it."""
    _teach(connection)
    with transaction(connection, file):
        connection.execute("INSERT INTO forgetting VALUES ('one person, in this transaction')")
        removed = _remove(connection, keys, names)
        blotted = blot_texts(connection, blotter)
        salt, today = secrets.token_hex(16), moment_text(datetime.now(UTC))[:10]
        connection.executemany(
            "INSERT INTO forgotten (hash, salt, at, removed) VALUES (?, ?, ?, ?)",
            [(forgotten_hash(salt, key), salt, today, json.dumps(removed)) for key in sorted(keys)],
        )
        connection.execute("DELETE FROM forgetting")
    with clear_errors(file):  # the freed pages too
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Forgotten(removed, blotted)


def _identify(connection: sqlite3.Connection, person: str) -> tuple[set[str], set[str]]:
    """Return all keys of the one person who is meant, and the names as compared."""
    known = _known(connection)
    slug = profile_slug(person)
    if not slug and not folded_name(person):  # else every row without a name would be meant
        raise LedgerError(
            f"saw the person {person!r}, which names nobody",
            accepted=_ACCEPTED,
            do="name one person",
        )
    key = f"in:{slug}" if slug else person
    owners = {row[0] for row in connection.execute("SELECT owner FROM imports")}
    if key in owners:
        raise LedgerError(
            f"{key} is you", accepted="somebody else", do="delete the folder to forget everything"
        )
    if key not in {key for key, _ in known}:
        name = folded_name(person) or ""
        found = {key for key, known_name in known if known_name == name and key}
        addressed = {key for key in found if key.startswith("in:")}
        if len(addressed) > 1:
            raise LedgerError(
                f"{len(addressed)} people are called {person!r}",
                accepted=", ".join(sorted(addressed)[:_NAMESAKES])
                + f" and {len(addressed) - _NAMESAKES} more" * (len(addressed) > _NAMESAKES),
                do="name one of them",
            )
        if not found and name not in {known_name for _, known_name in known}:
            raise LedgerError(
                f"nobody is known as {person!r}",
                accepted=_ACCEPTED,
                do="check the spelling",
            )
        key = next(iter(addressed or found), f"name:{name}")
    names = {name for other, name in known if other == key and name}
    names |= {key.removeprefix("name:")} if key.startswith("name:") else set()
    # A namesake with an address of his own keeps his rows.
    shared = {name for other, name in known if other.startswith("in:") and other != key}
    return {key} | {f"name:{name}" for name in names - shared}, names - shared


def _known(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return every (key, name as compared) that the ledger holds."""
    parts = [
        f"SELECT coalesce({key or 'NULL'}, ''), plain({name or 'NULL'}) FROM {table}"
        for table, (key, name) in _WHERE.items()
    ]
    parts.append("SELECT coalesce(contact, ''), plain(contact_name) FROM introductions")
    return set(connection.execute(" UNION ".join(parts)))


def _remove(connection: sqlite3.Connection, keys: set[str], names: set[str]) -> dict[str, int]:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (word TEXT PRIMARY KEY)")
    connection.execute("DELETE FROM temp.gone")
    connection.executemany("INSERT INTO temp.gone VALUES (?)", [(word,) for word in keys | names])
    theirs = (
        f"SELECT request FROM invitations WHERE {_is('person', 'name')}"
        f" UNION SELECT request FROM introductions WHERE {_is('requester', 'requester_name')}"
        f" OR {_is('contact', 'contact_name')}"
    )
    removed = {}
    for table, condition in (
        ("decisions", f"request IN ({theirs})"),
        ("facts_noted", f"request IN ({theirs})"),
        ("letters_sent", f"request IN ({theirs})"),
        ("introduction_events", f"introduction IN ({theirs})"),
        ("introductions", f"request IN ({theirs})"),
        ("invitations_seen", f"request IN ({theirs})"),
        ("messages", f"person IN (SELECT id FROM people WHERE {_is('person', None)})"),
        *((table, _is(*columns)) for table, columns in _WHERE.items() if table != "introductions"),
    ):
        removed[table] = connection.execute(f"DELETE FROM {table} WHERE {condition}").rowcount
    connection.execute("DELETE FROM temp.gone")
    return removed


def _is(key: str | None, name: str | None) -> str:
    """Return the condition under which a row is the person's: by key, or by name where it has none."""
    by_key = f"coalesce({key}, '') IN temp.gone" if key else "0"
    no_key = f"coalesce({key}, '') NOT LIKE 'in:%'" if key else "1"
    by_name = f"{no_key} AND plain({name}) != '' AND plain({name}) IN temp.gone" if name else "0"
    return f"({by_key} OR ({by_name}))"
