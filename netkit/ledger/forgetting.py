"""Forget one person: every row gone, every mention redacted, kept out of later imports.

The copies of the ledger and what was built in the workspace are treated alike; what is left to the user
is said.
"""

import json
import re
import shutil
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from netkit.errors import LedgerError
from netkit.ledger.database import Database
from netkit.ledger.import_export import forgotten_hash, plain_name
from netkit.ledger.workspace import LEDGER_BEGINS, clear_errors, forgotten_key, key_name
from netkit.people import folded_name, profile_slug
from netkit.request_keys import moment_text
from netkit.workspace_key import secret_file

# Free text that may speak of a person in passing.
_TEXTS = (
    ("invitations", "message"),
    ("decisions", "because"),
    ("introductions", "purpose_text"),
    ("introduction_events", "detail"),
    ("letters_sent", "text"),
    ("letters_sent", "purpose"),
    ("reviews", "because"),
    *(  # the name of a sheet may be a person's
        (table, "via")
        for table in ("decisions", "facts_noted", "introductions", "introduction_events", "reviews")
    ),
)
_GONE = "[forgotten]"
# What netkit builds and builds again; nothing in them is written by hand.
_BUILT = ("notebooks", "stamps", "handbook", "site", "public")
_WRITTEN = ("policies", "letters", "lab")  # the user's own files
_TEXT_FILES = (".html", ".ipynb", ".json", ".md", ".j2", ".yaml", ".yml", ".txt", ".xml", ".js", ".csv")

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
    """What forgetting a person removed, and what remains."""

    removed: dict[str, int] = field(default_factory=dict)
    redacted: int = 0
    remains: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it in words."""
        counted = ", ".join(f"{n} in {table}" for table, n in self.removed.items() if n)
        texts = f" The name was blotted out of {self.redacted} texts about others."
        return f"Removed: {counted}.{texts * bool(self.redacted)} {' '.join(self.remains)}"


_ACCEPTED = "a profile address, a person key, a full name"
_NAMESAKES = 10  # named in a message; of more, nobody reads the list
_REMAINS = (
    "What remains: how many rows each import held, how many rows went today, and a hash that only"
    " the key of your workspace opens: it keeps this person out of later imports.",
    "Numbers in findings and pages already built still count this person: run the notebooks and"
    " build the handbook again.",
    "Backups elsewhere and the archives themselves still hold this person: delete them yourself.",
    "A first or last name alone in what you wrote about others was left.",
)


def forget_person(database: Database, person: str) -> Forgotten:
    """Remove a person from an open ledger, everywhere and for good."""
    _teach(database.connection)
    keys, names = _identify(database.connection, person)
    redactor = _Redactor(names, keys)
    gone = _forget_in(database, keys, names, redactor)
    others = _forget_in_copies(database.file, redactor, lambda copy: _forget_in(copy, keys, names, redactor))
    return replace(gone, remains=(*_REMAINS, *others))


def _teach(connection: sqlite3.Connection) -> None:
    connection.create_function("plain", 1, plain_name, deterministic=True)


def _forget_in(database: Database, keys: set[str], names: set[str], redactor: "_Redactor") -> Forgotten:
    """Forget a person in the ledger or in a copy of it."""
    connection = database.connection
    _teach(connection)
    with database.together():
        connection.execute("INSERT INTO forgetting VALUES ('one person, in this transaction')")
        removed = _remove(connection, keys, names)
        redacted = _redact_texts(connection, redactor)
        home, today = database.file.parent, moment_text(datetime.now(UTC))[:10]
        secret, named = forgotten_key(home), key_name(home)
        connection.executemany(
            "INSERT INTO forgotten (hash, salt, at, removed, key) VALUES (?, '', ?, ?, ?)"
            " ON CONFLICT (hash) DO UPDATE SET at = excluded.at, removed = excluded.removed",
            [(forgotten_hash(secret, key), today, json.dumps(removed), named) for key in sorted(keys)],
        )
        connection.execute("DELETE FROM forgetting")
        connection.execute("DELETE FROM backed_up")  # what the tables said before is no measure now
    with clear_errors(database.file):  # the freed pages too
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Forgotten(removed, redacted)


def _identify(connection: sqlite3.Connection, person: str) -> tuple[set[str], set[str]]:
    """Return all keys of the one person who is meant, and the names as compared."""
    known = _known(connection)
    slug = profile_slug(person)
    if not slug and not folded_name(person):  # else every row without a name would be meant
        raise LedgerError(
            f"saw the person {person!r}, which names nobody", accepted=_ACCEPTED, do="name one person"
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
            raise LedgerError(f"nobody is known as {person!r}", accepted=_ACCEPTED, do="check the spelling")
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
        ("notes_read", f"request IN ({theirs})"),
        ("first_messages", f"person IN (SELECT id FROM people WHERE {_is('person', None)})"),
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


class _Redactor:
    """Finds one person's full names, also with the last name first, and profile address in a text.

    A single word in letters that have capitals, such as a first name, is not looked for: it is many
    people's. Names in scripts without capitals often have no blank, and stand next to other signs.

    >>> redactor = _Redactor(["an li"], ["in:an-li"])
    >>> redactor.redacted("An  LI (linkedin.com/in/an-li) knows Jan Lindgren.")
    '[forgotten] (linkedin.com/[forgotten]) knows Jan Lindgren.'
    """

    def __init__(self, names: Iterable[str], keys: Iterable[str]) -> None:
        patterns = [_name(name) for name in sorted(names, key=len, reverse=True) if _telling(name)]
        for slug in (key.removeprefix("in:") for key in keys if key.startswith("in:")):
            before = r"(?:in[:/])?" if "-" in slug else r"in[:/]"  # one word alone may be anything
            for spelled in {slug, quote(slug).casefold()}:
                patterns.append(rf"(?<![\w-]){before}{re.escape(spelled)}(?![\w-])")
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def redacted(self, text: str) -> str:
        """Return the text without the person; one that does not speak of him is left as it is."""
        if not self.finds(text):
            return text
        assert self._pattern is not None
        composed = unicodedata.normalize("NFKC", text)
        folded, places = _folded(composed)
        kept, end = [], 0
        for found in self._pattern.finditer(folded):
            kept += [composed[end : places[found.start()]], _GONE]
            end = places[found.end()]
        return "".join(kept) + composed[end:]

    def finds(self, text: str) -> bool:
        """Tell whether a text speaks of the person."""
        if self._pattern is None:
            return False
        folded = text.lower() if text.isascii() else _folded(unicodedata.normalize("NFKC", text))[0]
        return self._pattern.search(folded) is not None


def _telling(name: str) -> bool:
    """Tell whether a name says who is meant: of several words, or in a script without capitals."""
    return " " in name or (len(name) > 1 and name.upper() == name.lower())


def _name(name: str) -> str:
    spaced = name.upper() != name.lower()
    *first, last = map(re.escape, name.split())
    orders = [r"\s+".join([*first, last]), rf"{last}\s*,\s*" + r"\s+".join(first)][: 1 + bool(first)]
    return r"(?<!\w)" * spaced + f"(?:{'|'.join(orders)})" + r"(?!\w)" * spaced


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text as names are compared, and the place in the text of each of its signs."""
    folded: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) == "Cf":  # marks of direction, soft hyphens
            continue
        for each in sign.casefold():
            folded.append(each)
            places.append(place)
    return "".join(folded), [*places, len(text)]


def _redact_texts(connection: sqlite3.Connection, redactor: _Redactor) -> int:
    """Blot a person out of all free texts of a ledger."""
    changed = 0
    for table, column in _TEXTS:
        rows = connection.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} NOTNULL").fetchall()
        redact = _in_json if column == "detail" else _Redactor.redacted
        after = [(new, row) for row, text in rows if (new := redact(redactor, text)) != text]
        connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", after)
        changed += len(after)
    return changed


def _in_json(redactor: _Redactor, text: str) -> str:
    """Return JSON with every text in it redacted; its own signs for line ends and quotes hide no name."""

    def clean(value: Any) -> Any:  # noqa: ANN401 - JSON holds anything
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [clean(inner) for inner in value]
        return redactor.redacted(value) if isinstance(value, str) else value

    before = json.loads(text)
    after = clean(before)
    return text if after == before else json.dumps(after, ensure_ascii=False, sort_keys=True)


def _forget_in_copies(
    file: Path, redactor: _Redactor, forget: Callable[[Database], object]
) -> tuple[str, ...]:
    """Forget a person in the copies of a ledger, and remove what was built if it names the person."""
    copies, built, others = [], [], []
    for path in sorted(file.parent.iterdir()):
        if path.name.startswith(file.name) or path.name == secret_file(file.parent).parent.name:
            continue
        if _is_ledger(path) and _forgot_in(path, forget):
            copies.append(path.name)
        elif path.name in _BUILT:
            built += [path.name] * _named_in(path, redactor)
        elif path.name not in _WRITTEN or _named_in(path, redactor):
            others.append(path.name)
    if built:  # one without the others would not fit together
        for name in _BUILT:
            shutil.rmtree(file.parent / name, ignore_errors=True)
        held = {name for name in built if (file.parent / name).exists()}  # Windows removes no open file
        built, others = [name for name in built if name not in held], [*others, *sorted(held)]
    return tuple(
        f"{says.format(', '.join(names))}."
        for names, says in (
            (copies, "The copies of the ledger in the workspace were treated alike: {}"),
            (built, "What was built and named this person was removed: {}; build it again"),
            (others, "The workspace also holds {}: look whether this person is named there"),
        )
        if names
    )


def _is_ledger(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as content:
        return content.read(len(LEDGER_BEGINS)) == LEDGER_BEGINS


def _forgot_in(path: Path, forget: Callable[[Database], object]) -> bool:
    """Forget in a copy; one that is damaged, foreign or newer is left to the user."""
    try:
        with closing(Database(path)) as copy:
            forget(copy)
            copy.connection.execute("PRAGMA journal_mode = DELETE")  # one file, as it was
    except (LedgerError, sqlite3.Error):
        return False
    return True


def _named_in(folder: Path, redactor: _Redactor) -> bool:
    files = [path for path in folder.rglob("*") if path.suffix in _TEXT_FILES and path.is_file()]
    texts = (unescape(path.read_text(encoding="utf-8", errors="replace")) for path in files)
    return any(redactor.finds(text) for text in texts)
