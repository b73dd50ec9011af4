"""Kill `netkit pull` at random moments, and compare what the ledger says with a pull that nobody disturbed.

    python benchmarks/pull.py [--kills 100]

A local server answers as the portability interface is documented to: short pages in the middle, many events of one
moment, a 404 at the end. Each child is killed (SIGKILL) somewhere between its first question and its end, then the
next one begins. After every twenty one pull runs to its end.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import httpx  # noqa: F401 - before the children are made

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from pull_server import TOKEN, serving  # noqa: E402
from record.test_pull import platform  # noqa: E402

from netkit.cli import pull_command, run  # noqa: E402
from netkit.ledger import open_ledger  # noqa: E402
from netkit.record.pull import pull  # noqa: E402

SLOW = 0.06  # seconds that each answer takes: a network is slower than the loopback


def child(host: str, home: Path) -> None:
    """Pull once, as the command does."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1), os.dup2(quiet, 2)
    pull_command.pull = partial(pull, host=host)
    os._exit(run(["pull", "--home", str(home)]))


def told(home: Path) -> list[object]:
    """Return what a ledger says of the record, whatever the order of its rows and the time of their writing."""
    with open_ledger(home) as ledger:
        assert ledger.verify().intact
        decided = ledger.decisions.to_frame(include_undone=True)[["request", "action", "at", "via", "source"]]
        return [
            ledger.record.events().to_csv(), ledger.invitations.to_frame().to_csv(),
            decided.sort_values(["request", "at"]).to_csv(index=False),
        ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    kills, rng = parser.parse_args().kills, random.Random(11)
    os.environ["NETKIT_PULL_TOKEN"] = TOKEN
    served, fork = platform(), multiprocessing.get_context("fork")
    quick = served.answer
    served.answer = lambda *asked: time.sleep(SLOW) or quick(*asked)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as name, serving(served) as host:
        base, states = Path(name), Counter[str]()

        def begin(home: Path) -> multiprocessing.process.BaseProcess:
            started = fork.Process(target=child, args=(host, home))
            started.start()
            return started

        began = time.monotonic()
        begin(base / "whole").join()
        lasts, home = time.monotonic() - began, base / "home"
        for number in range(kills):
            if number % 20 == 0:  # a fresh ledger: else what is left to lose grows less and less
                home = base / f"home{number}"
            one = begin(home)
            time.sleep(lasts * rng.uniform(0.02, 0.9))
            os.kill(one.pid or 0, signal.SIGKILL)
            one.join()
            left = [path.name for path in (home / "record" / "unread").glob("*")]
            state = "between its pages" if left else "before its first page"
            state = "after the log's last page" if "pull.json" in left else state
            states["after its end" if one.exitcode == 0 else state] += 1
            if number % 20 == 19 or number == kills - 1:
                begin(home).join()
                same = told(home) == told(base / "whole")
                clean = {path.name for path in (home / "record").iterdir()} == {"lock"}
                print(
                    f"{number + 1:4d} kills: the ledger says the same: {same}; no page is left: {clean}",
                    flush=True,
                )
        print(", ".join(f"{n} {state}" for state, n in sorted(states.items())))


if __name__ == "__main__":
    main()
