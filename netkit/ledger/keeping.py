"""How long things are kept: set by you for each kind, and applied whenever an archive or a file is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from netkit.errors import LedgerError, did_you_mean
from netkit.ledger.database import Database
from netkit.ledger.workspace import clear_errors
from netkit.plain_yaml import read_yaml
from netkit.private_files import write_private
from netkit.wording import counted, day_words

ALWAYS = "always"
_FILE = "keep.yaml"
_LONGEST = 1200  # months; more is `always`
# What can be kept for a while -> what is removed then, and how one of them is called.
KEPT: dict[str, tuple[str, ...]] = {
    "messages": ("when you and others wrote to each other; the texts are never kept", "message date"),
    "notes": ("the texts of invitations; what was read of them stays", "note"),
    "evidence": (
        "what your mail, calendar and address files told",
        "trace of evidence",
        "traces of evidence",
    ),
}
_EXPIRED = {
    "messages": (
        "DELETE FROM messages WHERE sent_at < unixepoch(:day)",
        "DELETE FROM first_messages WHERE sent_at < unixepoch(:day)",
    ),
    # A note that nobody has read yet would be lost for the facts as well.
    "notes": (
        "UPDATE invitations SET message = NULL WHERE message NOTNULL AND sent_at < :day"
        " AND (direction = 'outgoing' OR request IN (SELECT request FROM notes_read))",
        "UPDATE kept_invitations SET message = NULL, archived = json_set(archived, '$.message', NULL)"
        " WHERE sent_at < :day AND request IN (SELECT request FROM notes_read)",
    ),
    "evidence": (
        "DELETE FROM evidence_acts WHERE last_at < unixepoch(:day)",
        "DELETE FROM evidence_then WHERE last_at < unixepoch(:day)",
        "DELETE FROM evidence_people WHERE (who, source) NOT IN (SELECT who, source FROM evidence_acts)",
        "DELETE FROM evidence_words WHERE (who, source) NOT IN (SELECT who, source FROM evidence_acts)",
    ),
}


def kept_for(home: Path) -> dict[str, int | None]:
    """Return for how many months each kind is kept; None: always."""
    said: Mapping[str, object] = read_yaml(home / _FILE, error=LedgerError) if (home / _FILE).exists() else {}
    return {what: _months(what, said.get(what, ALWAYS)) for what in KEPT} if _known(said) else {}


def keep_for(home: Path, what: str, months: str) -> dict[str, int | None]:
    """Set for how many months a kind is kept, or `always`; return what is set now."""
    _known([what])
    now = kept_for(home) | {what: _months(what, months)}
    lines = [f"{name}: {ALWAYS if kept is None else kept}\n" for name, kept in now.items()]
    with clear_errors(home / _FILE):
        write_private(home / _FILE, "".join(["# For how many months netkit keeps what.\n", *lines]).encode())
    return now


def remove_expired(database: Database, today: date) -> tuple[str, ...]:
    """Remove what is older than it is to be kept, and say what that was."""
    connection, told = database.connection, []
    for what, months in kept_for(database.file.parent).items():
        if months is None:
            continue
        day = (pd.Timestamp(today) - pd.DateOffset(months=months)).date()
        with database.together():
            gone = [connection.execute(query, {"day": day.isoformat()}).rowcount for query in _EXPIRED[what]]
            if any(gone):
                connection.execute("DELETE FROM backed_up")  # what the tables said before is no measure now
        if gone[0]:
            told.append(
                f"Removed, as you set: {counted(gone[0], *KEPT[what][1:])} from before {day_words(day)}."
            )
    if told and not connection.in_transaction:
        with clear_errors(database.file):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return tuple(told)


def _known(names: Mapping[str, object] | list[str]) -> bool:
    for name in names:
        if name not in KEPT:
            raise LedgerError(f"netkit cannot keep {name!r} for a while", did_you_mean(name, KEPT))
    return True


def _months(what: str, said: object) -> int | None:
    text = str(said)
    if text == ALWAYS:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST:
        raise LedgerError(
            f"{text!r} is not how long {what} can be kept. Say a number of months, such as 24, or {ALWAYS}."
        )
    return int(text)
