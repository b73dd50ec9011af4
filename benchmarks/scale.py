"""The same calls on millions of requests where they lie, in DuckDB and in Spark.

    nice python benchmarks/scale.py [--rows 100000000] [--spark 100000000] [--store]

DuckDB writes invented requests with ten facts of an invitation into a Parquet file. On each engine the house
policy judges all of them and the answers are counted; then combinations of facts are counted, and the model is
fitted on the counts. No row leaves the engine. Spark is asked if `--spark` says of how many rows; it needs
`pyspark` and Java. Times are of one run each, on as many threads as the machine has cores: the engine's processor
time, which other work on the machine hardly changes, and how long it took beside that work.
"""

import argparse
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import duckdb
import narwhals.stable.v2 as nw
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
    levels = list(WORDS[name].levels)
    # Past the end of the list there is nothing.
    return f"({levels})[1 + floor(random() * {len(levels) / 0.9})::INT] AS {name}"


def write(rows: int, path: Path) -> None:
    """Write requests, a third or two thirds of which are labelled yes, by whether you recognise them."""
    columns = ", ".join(map(level, FACTS))
    duckdb.execute(
        f"COPY (SELECT *, (random() < 0.2 + 0.4 * coalesce(recognised = 'yes', false)::INT)::INT AS label"
        f" FROM (SELECT range AS request, {columns} FROM range({rows}))) TO '{path}'"
    )


def timed(what: str, process: int, work: Callable[[], Found]) -> Found:
    """Say how long a piece of work takes an engine's process, and return what it found."""
    begin, spent = time.perf_counter(), processor_time(process)
    found = work()
    spent = processor_time(process) - spent
    print(
        f"  {what:<52} {spent:7.1f} s of processor time in {time.perf_counter() - begin:7.1f} s", flush=True
    )
    return found


def processor_time(process: int) -> float:
    """Return the seconds that all threads of a process were at work."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(requests: Any, process: int) -> None:
    """Judge, count and fit."""
    judged = load_policy("house").judge(requests, "invitation")
    answers = timed(
        "judged by the house policy, and the answers counted",
        process,
        lambda: nw.from_native(judged).lazy().group_by("action").agg(n=nw.len()).collect("pyarrow").rows(),
    )
    counted = timed("combinations of facts counted", process, lambda: count_frame(requests, WORDS))
    # Fitted here, wherever the counts come from.
    model = timed("the model fitted on the counts", os.getpid(), lambda: fit_counted(counted, WORDS, tau=0.5))
    said = ", ".join(f"{action or 'open'}: {n:,}" for action, n in sorted(answers, key=lambda one: -one[1]))
    print(f"  {len(counted.rows):,} combinations; {said}")
    effects = dict(zip(map(str, model.encoder.columns), model.coef.tolist(), strict=True))
    # Unknown counts like no here: the odds of yes are (0.6 / 0.4) / (0.2 / 0.8) times theirs.
    between = effects.get("recognised=yes", 0.0) - effects.get("recognised=no", 0.0)
    print(f"  log-odds of recognised: yes beside no: {between:.3f}; the truth is {math.log(6):.3f}")
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    most = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"  most memory: {int(most) / 2**20:.1f} GB")


def on_duckdb(rows: int, path: Path) -> None:
    write(rows, path)
    print(f"{rows:,} requests in DuckDB {duckdb.__version__}, {os.cpu_count()} cores")
    measure(duckdb.sql(f"SELECT * FROM '{path}'"), os.getpid())


def on_spark(rows: int, path: Path) -> None:
    import pyspark
    from pyspark.sql import SparkSession

    write(rows, path)
    print(f"{rows:,} requests in Spark {pyspark.__version__}, {os.cpu_count()} cores")
    spark = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false").getOrCreate()
    java = spark._jvm.java.lang.ProcessHandle.current().pid()
    measure(spark.read.parquet(str(path)), java)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--spark", type=int, default=0)
    parser.add_argument("--store", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder, told("scale", store=asked.store):
        on_duckdb(asked.rows, Path(folder, "requests.parquet"))
        if asked.spark:
            on_spark(asked.spark, Path(folder, "spark.parquet"))


if __name__ == "__main__":
    main()
