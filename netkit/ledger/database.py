"""One ledger file, open: its schema, its transactions, rows added to it, and tables read as frames."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, TypeVar

import pandas as pd

from netkit.errors import LedgerError, did_you_mean
from netkit.ledger.views import views
from netkit.ledger.workspace import (
    PATIENCE_SECONDS,
    clear_errors,
    damaged,
    forgotten_key,
    key_name,
    keyed_hash,
    made_just_now,
    may_write,
    readable_cells,
    sqlite_address,
)
from netkit.private_files import open_private
from netkit.request_keys import moment_text

Moment = datetime | date | str
FIRST_YEAR = 1000  # an earlier one is a slip, and not every part would write it with four digits
UNDONE = "undone"  # what a row says that takes another one back
SOURCES = ("export", "record", "typed", "sheet")

# The steps of the schema, version -> SQL file, in ascending order without a gap.
MIGRATIONS = {int(path.name[:3]): path for path in sorted(Path(__file__).parent.glob("migrations/*.sql"))}
_KEYED = 7  # the version in which what is kept of forgotten people needs a key
# Written into every ledger's header ("NKIT"), so that another program's file is never migrated.
_APPLICATION = 0x4E4B4954
_UTC: Final = "datetime64[us, UTC]"
# What stays in one line wherever it is shown: a stranger's name must not begin another.
_ONE_LINE = ("name", "requester_name", "contact_name", "introducer_name", "company", "position")
_BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_Made = TypeVar("_Made")
_TRUTHS = ("opinion_seen", "is_note", "asked_first")
_NUMBERS = ("id", "import", "undoes", "settles", "corrects", "incoming", "outgoing")
_MOMENTS = (
    "sent_at", "at", "recorded_at", "asked_at", "created_at", "imported_at", "first_at", "last_at",
    "taken_on", "connected_on", "first_seen", "last_seen", "remind_on", "note_reappeared_at",
)  # fmt: skip
# Which tables say in which run of a command, a workplace or a notebook's kernel a row was written.
_IN_SITTINGS = ("decisions", "facts_noted", "introduction_events")
_sitting = secrets.token_hex(8)


# The check at opening ends after so many steps of SQLite's: it has seen the structure by then, and every row
# of a ledger of up to about 8 MB. The rows of a larger one are looked at before the first write.
_STEPS_AT_OPENING = 1_000_000


class _TakenBackError(Exception):
    """Ends a trial."""


class Database:
    """The connection that all stores of a ledger share; opening creates or migrates the file.

    A damaged file is found before anything is written. One that cannot be written is read: a copy of it in
    memory, which refuses to be changed.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.writable = may_write(file)
        self.connection, self._whole = _connect(file) if self.writable else _connect_to_read(file)
        # Within a snapshot nothing can change, so no table is read twice.
        self._seen: dict[Any, Any] | None = None
        # When the present transaction began. Its rows share it, however long they take to write; finer
        # than a second, so that what was recorded first in two tables can be told.
        self._writing_at = ""
        self.until: pd.Timestamp | None = None  # see `recorded_by`
        self.typed = True  # see `untyped`

    def close(self) -> None:
        """Close the file; what was written is in it already."""
        self.connection.close()

    def __del__(self) -> None:
        """Close the file of a ledger that a notebook let go of."""
        # The collector may run in a thread that may not close it; the file is then closed with the object.
        with suppress(sqlite3.ProgrammingError):
            if hasattr(self, "connection"):
                self.connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let a block see one state of the file, whatever other processes write meanwhile."""
        if self._seen is not None:
            yield
            return
        own = not self.connection.in_transaction  # else a block that writes reads what it wrote so far
        with clear_errors(self.file):
            if own:
                self.connection.execute("BEGIN")
            self._seen = {}
            try:
                yield
            finally:
                self._seen = None
                if own:
                    self.connection.execute("COMMIT")

    @contextmanager
    def recorded_by(self, moment: pd.Timestamp) -> Iterator[None]:
        """Let a block see the decisions and the noted facts that were recorded up to a moment, no others."""
        self.until = moment
        try:
            yield
        finally:
            self.until = None

    @contextmanager
    def untyped(self) -> Iterator[None]:
        """Let a block see the decisions and the noted facts that nobody typed, no others."""
        self.typed = False
        try:
            yield
        finally:
            self.typed = True

    def recorded(self, query: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        """Return what a query finds, as far as `recorded_by` and `untyped` let it be seen."""
        found = self.frame(query, values)
        if not self.typed:
            found = found[~found["origin" if "origin" in found else "source"].isin(["typed", "sheet"])]
        return found if self.until is None else found[found["recorded_at"] <= self.until]

    def recorded_rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return what `recorded` returns as plain values, a row each."""
        found = self.rows(query, values)
        if not self.typed:
            found = [row for row in found if row.get("origin", row.get("source")) not in ("typed", "sheet")]
        return found if self.until is None else [row for row in found if row["recorded_at"] <= self.until]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all writes of a block one transaction; within another one it joins that."""
        assert self._seen is None, "a snapshot is for reading"
        if self.connection.in_transaction:
            yield
            return
        if not self._whole:
            check_structure(self.connection, self.file)
            self._whole = True
        with _transaction(self.connection, self.file):
            self._writing_at = datetime.now(UTC).isoformat()
            yield

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Let a block see what it writes, and take all of it back at its end."""
        try:
            with self.together():
                yield
                raise _TakenBackError
        except _TakenBackError:
            pass

    def append(self, table: str, **cells: object) -> int:
        """Add a row with the moment of its recording, and return its number."""
        with self.together():
            cells["recorded_at"] = self._writing_at
            if table in _IN_SITTINGS:
                cells["sitting"] = _sitting
            columns, marks = ", ".join(cells), ", ".join("?" * len(cells))
            found = self.connection.execute(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(cells.values())
            )
        return int(found.lastrowid or 0)

    def one(self, query: str, values: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - any cell
        """Return the first cell that a query finds, or None."""
        with clear_errors(self.file):
            found = self.connection.execute(query, values).fetchone()
        return found[0] if found else None

    def frame(self, query: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        """Return what a query finds, each column in the type that its name stands for."""
        key = (query, *values)
        found: pd.DataFrame = self.once(key, lambda: self._read(query, values))
        return found if self._seen is None else found.copy()

    def once(self, key: object, make: Callable[[], _Made]) -> _Made:
        """Return what is made from the file, within a snapshot made one time only."""
        if self._seen is None:
            return make()
        if key not in self._seen:
            self._seen[key] = make()
        made: _Made = self._seen[key]
        return made

    def _read(self, query: str, values: Sequence[Any]) -> pd.DataFrame:
        names, rows = self._found(query, values)
        frame = pd.DataFrame(rows, columns=names, dtype="object")
        with readable_cells(self.file):
            return frame.assign(**{name: _typed(frame[name]) for name in names})

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return what a query finds as plain values, for what answers one request and needs no table."""
        found = self.once(("rows", query, *values), lambda: self._read_rows(query, values))
        return list(found)

    def _read_rows(self, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        names, rows = self._found(query, values)
        with readable_cells(self.file):
            columns = [
                _plain(name, cells) for name, cells in zip(names, zip(*rows, strict=True), strict=False)
            ]
            return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _found(self, query: str, values: Sequence[Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
        with clear_errors(self.file):
            found = self.connection.execute(query, values)
            return [column[0] for column in found.description], found.fetchall()

    def parsed(self, cells: pd.Series) -> pd.Series:
        """Return what cells of JSON say."""
        with readable_cells(self.file):
            values = [json.loads(cell) for cell in cells]
        return pd.Series(values, index=cells.index, dtype="object")


class Store:
    """A part of a ledger, which reads and writes through the connection that all parts share."""

    def __init__(self, database: Database) -> None:
        self._database = database


def _typed(column: pd.Series) -> pd.Series:
    if column.name in _ONE_LINE and _BREAK.search(" ".join(column.dropna())):
        column = column.map(lambda cell: _BREAK.sub(" ", cell), na_action="ignore")
    if column.name in _MOMENTS:
        if column.map(lambda cell: isinstance(cell, int)).any():
            seconds = pd.to_datetime(column.astype("Int64"), unit="s", utc=True)
            return seconds.astype(_UTC)
        return pd.to_datetime(column, utc=True, format="ISO8601").astype(_UTC)
    if column.name in _NUMBERS:
        return column.astype("Int64")
    if column.name in _TRUTHS:
        return column.astype("boolean")
    return column.astype("str")


def _plain(name: str, cells: Sequence[Any]) -> Sequence[Any]:
    """Return the cells of a column as `_typed` reads them."""
    if name in _MOMENTS:
        read = {cell: None if cell is None else _utc(cell) for cell in set(cells)}
        return [read[cell] for cell in cells]
    if name in _TRUTHS:
        return [None if cell is None else bool(cell) for cell in cells]
    if name in _ONE_LINE:
        return [cell and _BREAK.sub(" ", cell) for cell in cells]
    return cells


def _utc(cell: int | str) -> datetime:
    moment = datetime.fromtimestamp(cell, UTC) if isinstance(cell, int) else _iso_moment(cell)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # a year or a month alone
        moment: datetime = pd.to_datetime(text, utc=True, format="ISO8601").to_pydatetime()
        return moment


def begin_sitting() -> None:
    """Begin a new sitting where one process runs several commands; a process of its own has its own."""
    global _sitting  # noqa: PLW0603 - a process sits once
    _sitting = secrets.token_hex(8)


def source_of(via: str) -> str:
    """Return the kind of source that who says so stands for.

    >>> source_of("sheet friends.csv"), source_of("record"), source_of("lab: triage")
    ('sheet', 'record', 'typed')
    """
    first = via.partition(" ")[0]
    return first if first in SOURCES else "typed"


def not_undone(rows: pd.DataFrame, word: str) -> pd.Series:
    """Tell which rows no later one takes back or replaces; `word` is the column of what a row says."""
    if rows["undoes"].isna().all():  # almost always
        return pd.Series(True, index=rows.index)
    active = numbers_not_undone(rows["id"], rows["undoes"].fillna(0), rows[word])
    return pd.Series(active, index=rows.index, dtype="bool")


def numbers_not_undone(
    numbers: Iterable[int | None], undoes: Iterable[int | None], words: Iterable[str]
) -> list[bool]:
    """Tell which rows are active: of each its number, which it undoes, and its word, the oldest first.

    A taking back (`undone`) can be taken back itself. A row with another word takes the place of the one
    that it names, and of all that that one had replaced.

    >>> numbers_not_undone([1, 2, 3], [0, 1, 2], ["accept", "undone", "undone"])
    [True, False, True]
    >>> numbers_not_undone([1, 2, 3], [0, 1, 2], ["declined", "redirected", "declined"])
    [False, False, True]
    """
    undone: set[int] = set()
    replaced: set[int] = set()
    active = []
    for number, other, word in reversed(list(zip(numbers, undoes, words, strict=True))):
        active.append(number not in undone and number not in replaced)
        if other and (active[-1] or number in replaced):
            (undone if word == UNDONE else replaced).add(other)
    return active[::-1]


def standing_rows(rows: Sequence[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    """Return what `active_rows` returns, of rows of plain values."""
    numbers, undoes, words = ([row[name] for row in rows] for name in ("id", "undoes", word))
    active = numbers_not_undone(numbers, undoes, words)
    return [row for row, stands in zip(rows, active, strict=True) if stands and row[word] != UNDONE]


def active_rows(rows: pd.DataFrame, word: str) -> pd.DataFrame:
    """Leave out what was taken back, and the taking back, which the column `word` tells."""
    return rows[not_undone(rows, word) & (rows[word] != UNDONE)].reset_index(drop=True)


def read_moment(value: Moment) -> str:
    """Return a moment as the ledger writes it, UTC to the second; a day without a time means its end.

    >>> read_moment(date(2024, 3, 5)), read_moment("2024-03-05 10:00")
    ('2024-03-05T23:59:59+00:00', '2024-03-05T10:00:00+00:00')
    """
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) == 10 else _moment(value)
        if not isinstance(value, datetime):
            value = datetime.combine(value, time(23, 59, 59), UTC)
        if value.year < FIRST_YEAR:
            raise ValueError(value.year)
        return moment_text(value)
    except (ValueError, TypeError) as problem:
        raise LedgerError(
            f"{value!r} is not a date", "Write it like 2024-03-05 or 2024-03-05 10:00"
        ) from problem


def _moment(text: str) -> datetime:
    """Return the moment that a text says, in whichever form."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return pd.Timestamp(text)


def check_word(what: str, seen: str, accepted: tuple[str, ...]) -> None:
    """Refuse a word that is not one of the accepted ones, and name the nearest."""
    if seen not in accepted:
        raise LedgerError(f"There is no {what} {seen!r}", did_you_mean(seen, accepted))


def _connect(file: Path) -> tuple[sqlite3.Connection, bool]:
    """Open a file in autocommit mode, and tell whether all of it was seen to be whole.

    Every commit is on the disk when it returns.
    """
    with clear_errors(file):
        if not file.exists():  # SQLite gives -wal and -shm the rights of the file they belong to
            open_private(file, "ab").close()
        elif not file.stat().st_size and not made_just_now(file):
            raise LedgerError(
                f"{file} is empty: nothing is left of your ledger in it."
                " Bring a copy back with 'netkit restore BACKUP', or delete the file to begin anew."
            )
        connection = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)
        with closed_on_failure(connection):
            check_identity(connection, file)
            whole = check_structure(connection, file, steps=_STEPS_AT_OPENING)
            _configure(connection)
            _migrate(connection, file, whole=whole)
    return connection, whole


@contextmanager
def closed_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    """Leave a connection open after a block, unless the block fails."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _connect_to_read(file: Path) -> tuple[sqlite3.Connection, bool]:
    """Take a file into memory, where a ledger of an earlier version can be migrated, too."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with closed_on_failure(memory):
        with closing(open_to_read(file)) as source, clear_errors(file):
            check_structure(source, file)
            source.backup(memory)
        _migrate(memory, file, whole=True)
        memory.execute("PRAGMA query_only = ON")
    return memory, True


def open_to_read(file: Path, *, live: bool = False) -> sqlite3.Connection:
    """Open a ledger or a backup that stays as it is; a live one may be written by others meanwhile."""
    with clear_errors(file):
        # Without its log a file has no writer; and SQLite would make one beside it, which it may not.
        alone = "" if live or file.with_name(file.name + "-wal").exists() else "&immutable=1"
        place = f"{sqlite_address(file.absolute())}?mode=ro{alone}"
        connection = sqlite3.connect(place, uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)
        with closed_on_failure(connection):
            check_identity(connection, file)
    return connection


def check_structure(connection: sqlite3.Connection, file: Path, *, steps: int = 0) -> bool:
    """Refuse a file that SQLite's quick check finds damaged; tell whether the check came to its end.

    The check sees the pages and how they hang together first, and then every row; the number of `steps` ends
    it earlier.
    """
    with clear_errors(file):
        connection.set_progress_handler(lambda: True, steps)
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return False
        finally:
            connection.set_progress_handler(None, 0)
    if found != "ok":
        raise damaged(file)
    return True


def _configure(connection: sqlite3.Connection) -> None:
    _log_ahead(connection)
    for setting in (
        "synchronous = FULL",  # a commit returns when the disk has it
        "fullfsync = ON",  # macOS: really has it
        "foreign_keys = ON",
        "recursive_triggers = ON",  # REPLACE must not slip past the triggers that refuse DELETE
        "temp_store = MEMORY",  # nothing personal outside the folder
        "secure_delete = ON",  # what is forgotten is overwritten
        "cell_size_check = ON",  # finds a damaged page early
    ):
        connection.execute(f"PRAGMA {setting}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the log; SQLite itself does not wait for another process that does so at the same time."""
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)
        else:
            assert mode == "wal", mode
            return


def check_identity(connection: sqlite3.Connection, file: Path) -> None:
    """Refuse another program's database, and a ledger of a newer version; neither is touched."""
    # In this order: another process may be making the ledger, and its tables come with its number.
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != _APPLICATION and (application or tables):
        raise LedgerError(f"{file} is a database of another program", "Name another folder with --home")
    version, newest = _version(connection), max(MIGRATIONS)
    if version > newest:
        raise LedgerError(
            f"{file} was written by a newer netkit (schema {version}; this one knows {newest})",
            "Update netkit; the file was not touched",
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, file: Path, *, whole: bool) -> None:
    if _version(connection) < max(MIGRATIONS):
        if not whole:
            check_structure(connection, file)
        _make_views(connection, file, {})  # SQLite changes no table that a view reads
    for version, path in MIGRATIONS.items():
        if _version(connection) >= version:
            continue
        with _transaction(connection, file):
            if _version(connection) < version:  # another process may have been faster
                if version == _KEYED:
                    _teach_key(connection, file)
                for statement in _statements(path.read_text(encoding="utf-8")):
                    connection.execute(statement)
                if version >= _KEYED:  # what was told of the tables is of their earlier form
                    connection.execute("DELETE FROM backed_up")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {version}")
    _make_views(connection, file, {view.name: view.sql for view in views()})


def _make_views(connection: sqlite3.Connection, file: Path, wanted: Mapping[str, str]) -> None:
    """Let a ledger have these views and no others; nothing is written where it has them."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'view'"
    if dict(connection.execute(query)) == wanted:
        return
    with _transaction(connection, file):
        for name, _ in connection.execute(query).fetchall():
            connection.execute(f'DROP VIEW "{name}"')
        for sql in wanted.values():
            connection.execute(sql)


def _teach_key(connection: sqlite3.Connection, file: Path) -> None:
    """Let a migration hash with the workspace's key; what is only read needs none."""
    needed = connection.execute("SELECT count(*) FROM forgotten").fetchone()[0] and may_write(file)
    key, name = (forgotten_key(file.parent), key_name(file.parent)) if needed else (b"", None)
    connection.create_function("keyed", 1, lambda digest: keyed_hash(key, digest))
    connection.create_function("key_name", 0, lambda: name)


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit in the middle of the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not re.sub(r"--.*|\s", "", statement), "the last statement is not complete"


@contextmanager
def _transaction(connection: sqlite3.Connection, file: Path) -> Iterator[sqlite3.Connection]:
    """Run a block as one write: all of it is durable afterwards, or nothing."""
    with clear_errors(file):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk makes SQLite roll back by itself
                connection.execute("ROLLBACK")
            raise
