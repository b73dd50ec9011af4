"""Kill `netkit pull` at random moments, and compare what the ledger says with a pull that nobody disturbed.

    python benchmarks/pull.py [--kills 100]

A local server answers as the portability interface is documented to: short pages in the middle, many events of one
moment, a 404 at the end. Each child is killed (SIGKILL) somewhere between its start and its end, then the next one
begins. In the end one pull runs to its end.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from pull_server import TOKEN, serving  # noqa: E402
from record.test_pull import CHILD, platform  # noqa: E402

from netkit.ledger import open_ledger  # noqa: E402

SLOW = 0.004  # seconds that each answer takes: a network is slower than the loopback


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
    served = platform()
    quick = served.answer
    served.answer = lambda *asked: time.sleep(SLOW) or quick(*asked)  # type: ignore[method-assign]
    environ = {**os.environ, "NETKIT_PULL_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as name, serving(served) as host:
        base, states = Path(name), Counter[str]()
        began = time.monotonic()
        whole = [sys.executable, "-c", CHILD, host, str(base / "whole")]
        subprocess.run(whole, env=environ, capture_output=True, check=True)
        lasts, home = time.monotonic() - began, base / "home"
        command = [*whole[:-1], str(home)]
        for number in range(kills):
            if number % 20 == 0 and number:  # a fresh ledger: else what is left to lose grows less and less
                home = base / f"home{number}"
                command = [*whole[:-1], str(home)]
            child = subprocess.Popen(
                command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(lasts * rng.uniform(0.3, 1.0))
            child.send_signal(signal.SIGKILL)
            ended = child.wait() == 0
            left = [path.name for path in (home / "record" / "unread").glob("*")]
            state = "after its end" if ended else "before a page" if not left else "between its pages"
            states["after the log's last page" if "pull.json" in left and not ended else state] += 1
            if number % 20 == 19 or number == kills - 1:
                subprocess.run(command, env=environ, capture_output=True, check=True)
                same = told(home) == told(base / "whole")
                clean = {path.name for path in (home / "record").iterdir()} == {"lock"}
                print(
                    f"{number + 1:4d} kills: the ledger says the same: {same}; no page is left: {clean}",
                    flush=True,
                )
        print(", ".join(f"{n} {state}" for state, n in sorted(states.items())))


if __name__ == "__main__":
    main()
