"""How long a large export takes into the ledger, and the history out of it.

    python benchmarks/ledger.py

1,000,000 messages, 30,000 connections and 20,000 invitations; then a second export a month later that
repeats all of them and adds a hundredth.
"""

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from netkit.export import Export
from netkit.export.read_report import FileRead, Report
from netkit.export.typed_tables import COLUMNS, empty_table
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.people import person_keys

MESSAGES, CONNECTIONS, INVITATIONS = 1_000_000, 30_000, 20_000
DAY = "datetime64[us, UTC]"


def large_export(taken_on: date, *, scale: float = 1.0) -> Export:
    """Return an export of invented rows; a larger scale repeats the smaller one's and adds some."""
    start = pd.Timestamp("2022-01-01", tz="UTC")
    tables = {table: empty_table(table) for table in COLUMNS}
    tables["connections"] = _people(int(CONNECTIONS * scale)).assign(
        connected_on=lambda rows: start + pd.to_timedelta(rows.index % 800 + 1, unit="D")
    )
    tables["invitations"] = _people(int(INVITATIONS * scale), every=3).assign(
        direction="incoming",
        sent_at=lambda rows: start + pd.to_timedelta(rows.index * 40, unit="min"),
        message=lambda rows: np.where(rows.index % 30 == 0, "Hello, we met at the fair", None),
    )
    number = np.arange(int(MESSAGES * scale))
    tables["messages"] = pd.DataFrame(
        {
            "person": pd.Series(number % 9973).map(lambda n: f"in:person-{n}"),
            "direction": np.where(number % 2, "incoming", "outgoing"),
            "sent_at": start + pd.to_timedelta(number * 60, unit="s"),
            "draft": False,
        }
    )
    for table, found in tables.items():
        times = {c: DAY for c, kind in COLUMNS[table].items() if kind == "time"}
        tables[table] = found.reindex(columns=list(COLUMNS[table])).astype(times)
    read = tuple(FileRead(f"{table}.csv", table, len(rows)) for table, rows in tables.items())
    return Export(tables, Report(read), f"{taken_on}", taken_on, None)


def _people(n: int, *, every: int = 1) -> pd.DataFrame:
    numbers = pd.Series(np.arange(n) * every)
    rows = pd.DataFrame(
        {
            "name": "Invented " + numbers.astype("str"),
            "url": "https://www.linkedin.com/in/person-" + numbers.astype("str"),
        }
    )
    return rows.join(person_keys(rows["url"], rows["name"]))


def timed(what: str, work: Callable[[], object]) -> None:
    """Do it and print how long it took."""
    start = time.perf_counter()
    work()
    print(f"{what:<44} {time.perf_counter() - start:6.2f} s")


def main() -> int:
    """Run and print."""
    home = Path(tempfile.mkdtemp(prefix="netkit-ledger-"))
    first = large_export(date(2024, 4, 1))
    second = large_export(date(2024, 4, 1) + timedelta(days=31), scale=1.01)
    try:
        with open_ledger(home / "home") as ledger:
            timed("import 1,050,000 rows", lambda: ledger.import_export(first))
            timed("import the same archive again", lambda: ledger.import_export(first))
            timed("import a later one, 1 % of it new", lambda: ledger.import_export(second))
            timed("every page checked", ledger.check)
            timed("history of 20,200 invitations", lambda: read_history(ledger))
        timed("open", lambda: open_ledger(home / "home").close())
        size = (home / "home" / "ledger.db").stat().st_size
        print(f"{'file':<44} {size / 1e6:6.0f} MB")
    finally:
        shutil.rmtree(home)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'greatest memory, with both exports':<44} {peak:6.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
