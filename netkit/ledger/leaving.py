"""Take everything along: every table as plain CSV and JSON."""

import json
import os
import sqlite3
from pathlib import Path
from typing import TextIO

from netkit.errors import LedgerError
from netkit.ledger.cells import write_rows
from netkit.ledger.disk_errors import clear_errors

_QUERIES = {  # tables that are plainer with the person written out
    "messages": "SELECT p.person, m.sent_at, m.incoming FROM messages m JOIN people p ON p.id = m.person"
}
_LEFT_OUT = ("people", "forgetting")


def write_everything(connection: sqlite3.Connection, folder: Path) -> list[Path]:
    """Write every table as CSV (cells escaped) and as JSON (exact).

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    folder : Path
        A new or empty folder; it is made private.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    LedgerError
        The folder holds something already, or cannot be written.
    """
    with clear_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise LedgerError(
                f"{folder} is not empty", accepted="a new or empty folder", do="name another one"
            )
        folder.chmod(0o700)
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            if row[0] not in _LEFT_OUT
        ]
        connection.execute("BEGIN")  # all tables as of one moment
        try:
            return [
                path for name in sorted(names) for path in _write_table(connection, folder, name)
            ]
        finally:
            connection.execute("COMMIT")


def _write_table(connection: sqlite3.Connection, folder: Path, name: str) -> list[Path]:
    query = _QUERIES.get(name, f"SELECT * FROM {name}")
    found = connection.execute(query)
    header = [column[0] for column in found.description]
    sheet, exact = folder / f"{name}.csv", folder / f"{name}.json"
    with _private(sheet) as file:
        write_rows(file, header, found)
    with _private(exact) as file:
        separator = "[\n"
        for row in connection.execute(query):
            file.write(
                separator + json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False)
            )
            separator = ",\n"
        file.write("[]\n" if separator == "[\n" else "\n]\n")
    return [sheet, exact]


def _private(path: Path) -> TextIO:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8", newline="")
