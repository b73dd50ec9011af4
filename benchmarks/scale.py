"""The same calls on millions of requests where they lie, in DuckDB.

    nice python benchmarks/scale.py [--rows 10000000] [--store]

Invented requests with ten facts of an invitation are written into a DuckDB file. The house policy judges all
of them and the answers are counted; then combinations of facts are counted, and the model is fitted on the
counts. No row leaves the engine. Times are of one run each, on as many threads as the machine has cores.
"""

import argparse
import math
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import duckdb
from stored import told

from netkit.facts import vocabulary
from netkit.model import count_frame, fit_counted
from netkit.policy import load_policy

Found = TypeVar("Found")
WORDS = vocabulary("invitation")
FACTS = ["recognised", "note_kind", "met_in_person", "would_stay_in_touch", "note_sells", "useful_field",
         "wrote_before", "in_address_book", "profile_intrigues", "repeat_invitation"]  # fmt: skip


def level(name: str) -> str:
    """Return SQL for a random level of a fact, unknown in a tenth of the rows."""
    cases = "".join(f" WHEN {place} THEN '{one}'" for place, one in enumerate(WORDS[name].levels))
    many = len(WORDS[name].levels)
    return (
        f"CASE WHEN random() < 0.1 THEN NULL ELSE CASE floor(random() * {many})::INT{cases} END END AS {name}"
    )


def timed(what: str, work: Callable[[], Found]) -> Found:
    """Say how long a piece of work takes, and return what it found."""
    begin = time.perf_counter()
    found = work()
    print(f"{what:<58} {time.perf_counter() - begin:8.1f} s")
    return found


def measure(rows: int, folder: Path) -> None:
    """Write, judge, count and fit."""
    engine = duckdb.connect(str(folder / "requests.duckdb"))
    print(f"{rows:,} requests, {len(FACTS)} facts, {os.cpu_count()} cores, DuckDB {duckdb.__version__}")
    columns = ", ".join(map(level, FACTS))
    timed("written into the engine", lambda: engine.execute(
        f"CREATE TABLE requests AS SELECT range AS request, {columns} FROM range({rows})"
    ))  # fmt: skip
    engine.execute(
        "CREATE VIEW labelled AS SELECT *, CASE WHEN random() <"
        " 0.2 + 0.4 * coalesce(recognised = 'yes', false)::INT THEN 1 ELSE 0 END AS label FROM requests"
    )
    judged = load_policy("house").judge(engine.table("requests"), "invitation")
    answers = timed(
        "judged by the house policy, and the answers counted",
        lambda: judged.aggregate("action, count(*) AS n").fetchall(),
    )
    counted = timed("combinations of facts counted", lambda: count_frame(engine.table("labelled"), WORDS))
    model = timed("the model fitted on the counts", lambda: fit_counted(counted, WORDS, tau=0.5))
    said = ", ".join(f"{action or 'open'}: {n:,}" for action, n in sorted(answers, key=lambda one: -one[1]))
    print(f"{len(counted.rows):,} combinations; {said}")
    effects = dict(zip(map(str, model.encoder.columns), model.coef.tolist(), strict=True))
    # Unknown counts like no here: the odds of yes are (0.6 / 0.4) / (0.2 / 0.8) times theirs.
    between = effects.get("recognised=yes", 0.0) - effects.get("recognised=no", 0.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"most memory: {peak:.1f} GB")
    print(f"log-odds of recognised: yes beside no: {between:.3f}; the truth is {math.log(6):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--store", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder, told("scale", store=asked.store):
        measure(asked.rows, Path(folder))


if __name__ == "__main__":
    main()
