"""Forget one person: every row gone, every mention redacted, kept out of later imports.

The copies of the ledger and what was built in the workspace are treated alike; what is left to the user
is said.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any

from netkit.errors import LedgerError
from netkit.ledger.database import Database
from netkit.ledger.evidence_store import EvidenceStore
from netkit.ledger.import_export import forgotten_hash, plain_name
from netkit.ledger.record_store import RecordStore
from netkit.ledger.workspace import clear_errors, forgotten_key, is_database, key_name
from netkit.name_spellings import Spellings
from netkit.people import folded_name, profile_slug
from netkit.request_keys import moment_text
from netkit.wording import counted, day_words, join_or, spoken
from netkit.workspace_key import secret_file

# Free text that may speak of a person in passing, by table, and what a row of it is called.
_TEXTS = {
    "invitations": (("message",), "request"),
    "kept_invitations": (("message", "headline", "archived"), "request"),
    "connections": (("company", "position"), "coalesce(person, name, 'a connection')"),
    "profile": (("content",), "'your own profile'"),
    "decisions": (("because", "via"), "request"),  # `via`: the name of a sheet may be a person's
    "facts_noted": (("via",), "request"),
    "introductions": (("purpose_text", "via"), "request"),
    "introduction_events": (("detail", "via"), "introduction"),
    "letters_sent": (("text", "purpose"), "coalesce(request, 'letter ' || id)"),
    "reviews": (("because", "via"), "person"),
    "wishes": (("wish", "via"), "person"),
    "evidence_sources": (("place",), "place"),
}
_IN_JSON = ("detail", "content", "archived")
# What netkit builds and builds again; nothing in them is written by hand.
_BUILT = ("notebooks", "stamps", "handbook", "site", "public")
# The user's own files, and one that is empty.
_WRITTEN = ("policies", "letters", "owner.yaml", "lab", "keep.yaml", "pages.lock")
_PAGES = "record"  # answers of the platform, as they came: they name everybody
_TEXT_FILES = (".html", ".ipynb", ".json", ".md", ".j2", ".yaml", ".yml", ".txt", ".xml", ".js", ".csv")

# Where a person stands: table -> (column of the key, column of the name).
_WHERE = {
    "invitations": ("person", "name"),
    "kept_invitations": ("person", "name"),
    "connections": ("person", "name"),
    "endorsements": ("person", None),
    "recommendations": (None, "name"),
    "address_book": ("person", "name"),
    "follows": (None, "name"),
    "reviews": ("person", None),
    "wishes": ("person", "name"),
    "people": ("person", None),
    "introductions": ("requester", "requester_name"),
}


@dataclass(frozen=True)
class Forgotten:
    """What forgetting a person removed, and what remains."""

    removed: dict[str, int] = field(default_factory=dict)
    redacted: int = 0
    remains: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What went, and each thing that remains."""
        rows = [counted(n, *_ROWS.get(table, (_row(table),))) for table, n in self.removed.items() if n]
        texts = counted(self.redacted, "text")
        blotted = f"In {texts} about others, the name was replaced by [forgotten]."
        return (f"Removed: {', '.join(rows)}.", *[blotted] * bool(self.redacted), *self.remains)

    @property
    def sentence(self) -> str:
        """All of it in words."""
        return " ".join(self.sentences)


def _row(table: str) -> str:
    return spoken(table).removesuffix("s")


# What a row of a table is called, where the table's name does not say it.
_ROWS = {
    "people": ("entry in the list of people", "entries in the list of people"),
    "address_book": ("address book entry", "address book entries"),
    "wishes": ("wish", "wishes"),
    "facts_noted": ("noted fact",),
    "letters_sent": ("kept letter",),
    "introduction_events": ("step of introductions", "steps of introductions"),
    "invitations_seen": ("mention of an invitation in an archive", "mentions of invitations in archives"),
    "notes_read": ("reading of a note", "readings of notes"),
    "record_events": ("event of the platform's record", "events of the platform's record"),
}
_ACCEPTED = "a profile address, a person key or a full name"
_NAMESAKES = 10  # named in a message; of more, nobody reads the list
_REMAINS = (
    "What remains: how many rows each import held, how many rows went today, and a hash that only"
    " the key of your workspace opens: it keeps this person out of later imports.",
    "Numbers in findings and pages already built still count this person: run the notebooks and"
    " build the handbook again.",
    "Nicknames and slips of the pen are not found.",
)


def check_known(database: Database, person: str) -> None:
    """Refuse who is nobody in the ledger, or several people."""
    _teach(database.connection)
    _identify(database.connection, person)


def forget_person(database: Database, person: str) -> Forgotten:
    """Remove a person from an open ledger, everywhere and for good."""
    _teach(database.connection)
    keys, names = _identify(database.connection, person)
    spellings, alike = _spellings(database.connection, keys, names)
    elsewhere = _elsewhere(database.connection)  # forgetting removes what is known of backups
    gone = _forget_in(database, keys, names, spellings)
    copies = _forget_in_copies(
        database.file, spellings, lambda copy: _forget_in(copy, keys, names, spellings)
    )
    return replace(gone, remains=(*gone.remains, *alike, *_REMAINS, *elsewhere, *copies))


def _day_words(moment: str) -> str:
    return day_words(date.fromisoformat(moment[:10]))


def _elsewhere(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return which backups and archives still hold a person, by their days: the ledger knows no places."""
    copied = connection.execute("SELECT at FROM backed_up").fetchone()
    days = [row[0] for row in connection.execute("SELECT DISTINCT taken_on FROM imports ORDER BY 1")]
    last = f" You made the last one on {_day_words(copied[0])}." if copied else ""
    read = join_or([_day_words(day) for day in days[-_NAMESAKES:]], "and")
    archives = f" You read {'that' if len(days) == 1 else 'those'} of {read}." if days else ""
    return (
        f"Backups outside of the workspace still hold this person: delete them yourself.{last}",
        f"So do the archives themselves: delete them, too.{archives}",
    )


def _said_of(left: list[str]) -> tuple[str, ...]:
    if not left:
        return ("No text about others holds a first or last name of this person any more.",)
    more = f" and {len(left) - _NAMESAKES} more" * (len(left) > _NAMESAKES)
    return (
        f"A first or last name alone, or what may mean somebody else, was left in texts about others:"
        f" {', '.join(left[:_NAMESAKES])}{more}.",
    )


def _teach(connection: sqlite3.Connection) -> None:
    connection.create_function("plain", 1, plain_name, deterministic=True)


def _forget_in(database: Database, keys: set[str], names: set[str], spellings: Spellings) -> Forgotten:
    """Forget a person in the ledger or in a copy of it."""
    connection = database.connection
    _teach(connection)
    with database.together():
        connection.execute("INSERT INTO forgetting VALUES ('one person, in this transaction')")
        traces = EvidenceStore(database).forget(keys, names)
        removed, invitations = _remove(database, keys, names)
        removed |= traces
        redacted, left = _redact_texts(connection, spellings)
        home, today = database.file.parent, moment_text(datetime.now(UTC))[:10]
        secret, named = forgotten_key(home), key_name(home)
        connection.executemany(
            "INSERT INTO forgotten (hash, salt, at, removed, key) VALUES (?, '', ?, ?, ?)"
            " ON CONFLICT (hash) DO UPDATE SET at = excluded.at, removed = excluded.removed",
            [
                (forgotten_hash(secret, key), today, json.dumps(removed), named)
                for key in sorted(keys | invitations)
            ],
        )
        connection.execute("DELETE FROM forgetting")
        connection.execute("DELETE FROM backed_up")  # what the tables said before is no measure now
    with clear_errors(database.file):  # the freed pages too
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Forgotten(removed, redacted, _said_of(left))


def _identify(connection: sqlite3.Connection, person: str) -> tuple[set[str], set[str]]:
    """Return all keys of the one person who is meant, and the names as compared."""
    known = _known(connection)
    slug = profile_slug(person)
    if not slug and not folded_name(person):  # else every row without a name would be meant
        raise LedgerError(f"{person!r} names nobody", f"Give {_ACCEPTED}")
    key = f"in:{slug}" if slug else person
    owners = {row[0] for row in connection.execute("SELECT owner FROM imports")}
    if key in owners:
        raise LedgerError(f"{key} is you. To remove your whole workspace, run `netkit forget --everything`.")
    if key not in {key for key, _ in known}:
        name = folded_name(person) or ""
        found = {key for key, known_name in known if known_name == name and key}
        addressed = {key for key in found if key.startswith("in:")}
        if len(addressed) > 1:
            raise LedgerError(
                f"{len(addressed)} people are called {person!r}",
                "Name one of "
                + ", ".join(sorted(addressed)[:_NAMESAKES])
                + f" and {len(addressed) - _NAMESAKES} more" * (len(addressed) > _NAMESAKES),
            )
        if not found and name not in {known_name for _, known_name in known}:
            raise LedgerError(
                f"Nobody here is known as {person!r}", f"Check the spelling, and give {_ACCEPTED}"
            )
        key = next(iter(addressed or found), f"name:{name}")
    names = {name for other, name in known if other == key and name}
    names |= {key.removeprefix("name:")} if key.startswith("name:") else set()
    # A namesake with an address of his own keeps his rows.
    shared = {name for other, name in known if other.startswith("in:") and other != key}
    return {key} | {f"name:{name}" for name in names - shared}, names - shared


def _spellings(
    connection: sqlite3.Connection, keys: set[str], names: set[str]
) -> tuple[Spellings, tuple[str, ...]]:
    """Return how the person is written, as far as that cannot mean somebody else whom the ledger knows.

    Who has no address and is called like a spelling of the name may be the same person: that is said.
    """
    slugs = {key.removeprefix("in:") for key in keys if key.startswith("in:")}
    others = {(key, name) for key, name in _known(connection) if key not in keys and name not in names}
    theirs = {key.removeprefix("in:") for key, _ in others if key.startswith("in:")}
    addressed = {name for key, name in others if name and key.startswith("in:")}
    sure = Spellings(names, slugs, addressed, theirs)
    alike = {name for _, name in others if name not in addressed and sure.blotted(name.title()) == sure.gone}
    said = (
        f"Without a profile address, and called much the same, were left: {', '.join(sorted(alike))}."
        " Forget them by that name if they are the same person.",
    )
    called = {name for _, name in others if name} - alike
    return Spellings(names, slugs, called, theirs), said * bool(alike)


def _known(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return every (key, name as compared) that the ledger holds."""
    parts = [
        f"SELECT coalesce({key or 'NULL'}, ''), plain({name or 'NULL'}) FROM {table}"
        for table, (key, name) in _WHERE.items()
    ]
    parts += [
        f"SELECT coalesce({role}, ''), plain({role}_name) FROM introductions WHERE {role}_name NOTNULL"
        for role in ("contact", "introducer")
    ]
    return set(connection.execute(" UNION ".join(parts)))


def _remove(database: Database, keys: set[str], names: set[str]) -> tuple[dict[str, int], set[str]]:
    """Remove a person's rows; return how many of each table, and what keeps events of the record out."""
    connection = database.connection
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (word TEXT PRIMARY KEY)")
    connection.execute("DELETE FROM temp.gone")
    connection.executemany("INSERT INTO temp.gone VALUES (?)", [(word,) for word in keys | names])
    theirs = (
        f"SELECT request FROM invitations WHERE {_is('person', 'name')}"
        f" UNION SELECT request FROM introductions WHERE {_is('requester', 'requester_name')}"
        f" OR {_is('contact', 'contact_name')} OR {_is('introducer', 'introducer_name')}"
    )
    asked = {request for (request,) in connection.execute(theirs)}
    removed = {}
    removed["record_events"], invitations = RecordStore(database).forget(asked)
    for table, condition in (
        ("decisions", f"request IN ({theirs})"),
        ("facts_noted", f"request IN ({theirs})"),
        ("letters_sent", f"request IN ({theirs})"),
        ("introduction_events", f"introduction IN ({theirs})"),
        ("introductions", f"request IN ({theirs})"),
        ("invitations_seen", f"request IN ({theirs})"),
        ("notes_read", f"request IN ({theirs})"),
        ("first_messages", f"person IN (SELECT id FROM people WHERE {_is('person', None)})"),
        ("messages", f"person IN (SELECT id FROM people WHERE {_is('person', None)})"),
        *((table, _is(*columns)) for table, columns in _WHERE.items() if table != "introductions"),
    ):
        removed[table] = connection.execute(f"DELETE FROM {table} WHERE {condition}").rowcount
    connection.execute("DELETE FROM temp.gone")
    return removed, invitations


def _is(key: str | None, name: str | None) -> str:
    """Return the condition under which a row is the person's: by key, or by name where it has none."""
    by_key = f"coalesce({key}, '') IN temp.gone" if key else "0"
    no_key = f"coalesce({key}, '') NOT LIKE 'in:%'" if key else "1"
    by_name = f"{no_key} AND plain({name}) != '' AND plain({name}) IN temp.gone" if name else "0"
    return f"({by_key} OR ({by_name}))"


def _redact_texts(connection: sqlite3.Connection, spellings: Spellings) -> tuple[int, list[str]]:
    """Blot a person out of all free texts; return how many, and what still holds a word of the name."""
    changed, left = 0, set()
    for table, (columns, called) in _TEXTS.items():
        for column in columns:
            rows = connection.execute(
                f"SELECT rowid, {called}, {column} FROM {table} WHERE {column} NOTNULL"
            ).fetchall()
            redact = _in_json if column in _IN_JSON else Spellings.blotted
            after = [(redact(spellings, text), row, name, text) for row, name, text in rows]
            left |= {name for new, _, name, _ in after if spellings.leaves(new)}
            new = [(text, row) for text, row, _, before in after if text != before]
            # Two rows may say the same without the name.
            connection.executemany(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE rowid = ?", new)
            changed += len(new)
    return changed, sorted(left)


def _in_json(spellings: Spellings, text: str) -> str:
    """Return JSON with every text in it redacted; its own signs for line ends and quotes hide no name."""

    def clean(value: Any) -> Any:  # noqa: ANN401 - JSON holds anything
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [clean(inner) for inner in value]
        return spellings.blotted(value) if isinstance(value, str) else value

    before = json.loads(text)
    after = clean(before)
    return text if after == before else json.dumps(after, ensure_ascii=False, sort_keys=True)


def _forget_in_copies(
    file: Path, spellings: Spellings, forget: Callable[[Database], object]
) -> tuple[str, ...]:
    """Forget a person in the copies of a ledger, and remove what was built if it names the person."""
    copies, built, others = [], [], []
    pages = file.parent / _PAGES
    kept = any(path.suffix == ".json" for path in pages.rglob("*"))
    for path in pages.iterdir() if kept else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    for path in sorted(file.parent.iterdir()):
        if path.name.startswith(file.name) or path.name in (secret_file(file.parent).parent.name, _PAGES):
            continue
        if is_database(path) and _forgot_in(path, forget):
            copies.append(path.name)
        elif path.name in _BUILT:
            built += [path.name] * _named_in(path, spellings)
        elif path.name not in _WRITTEN or _named_in(path, spellings):
            others.append(path.name)
    if built:  # one without the others would not fit together
        for name in _BUILT:
            shutil.rmtree(file.parent / name, ignore_errors=True)
        held = {name for name in built if (file.parent / name).exists()}  # Windows removes no open file
        built, others = [name for name in built if name not in held], [*others, *sorted(held)]
    return tuple(
        f"{says.format(', '.join(names))}."
        for names, says in (
            ([_PAGES] * kept, "The answers of the platform that you had kept were removed: {}"),
            (copies, "The copies of the ledger in the workspace were treated alike: {}"),
            (built, "What was built and named this person was removed: {}; build it again"),
            (others, "The workspace also holds {}: look whether this person is named there"),
        )
        if names
    )


def _forgot_in(path: Path, forget: Callable[[Database], object]) -> bool:
    """Forget in a copy; one that is damaged, foreign or newer is left to the user."""
    try:
        with closing(Database(path)) as copy:
            forget(copy)
            copy.connection.execute("PRAGMA journal_mode = DELETE")  # one file, as it was
    except (LedgerError, sqlite3.Error):
        return False
    return True


def _named_in(folder: Path, spellings: Spellings) -> bool:
    files = [path for path in folder.rglob("*") if path.suffix in _TEXT_FILES and path.is_file()]
    texts = (unescape(path.read_text(encoding="utf-8", errors="replace")) for path in files)
    return any(spellings.finds(text) for text in texts)
