"""How fast a mailbox streams beside Python's own reader, and how often a name alone would be wrong.

    python benchmarks/evidence.py [--short] [--store]

The mailbox is invented: as many bytes a message as a real one (mean 80 kB). Each side runs in a process of its own and
finds sender, recipients and date of every message; peak memory is that of the whole process. For the names, strangers
and people known are drawn from one population whose given and family names have frequencies as in life (few are
common, most are rare; Zipf); a match is false where a stranger bears the name of somebody known.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from stored import told

from netkit.evidence.matching import name_forms

NETKIT = """
import json, resource, sys, time
from pathlib import Path
from netkit.evidence import Owner
from netkit.evidence.recognise import Source
started, worked = time.perf_counter(), time.process_time()
with Source(Path(sys.argv[1])) as source:
    found = source.read(Owner(frozenset(["me@ex.example"])))
    size = source.size
spent = time.process_time() - worked
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"read": found.read["messages"], "MB/s": size / 1e6 / spent, "peak MB": peak}))
"""
STANDARD = """
import json, mailbox, resource, sys, time
from pathlib import Path
from email.utils import getaddresses, parsedate_to_datetime
started, worked = time.perf_counter(), time.process_time()
read = 0
for message in mailbox.mbox(sys.argv[1]):
    getaddresses(message.get_all("from", []) + message.get_all("to", []))
    parsedate_to_datetime(message["date"])
    read += 1
spent = time.process_time() - worked
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
size = Path(sys.argv[1]).stat().st_size
print(json.dumps({"read": read, "MB/s": size / 1e6 / spent, "peak MB": peak}))
"""


def write_mailbox(path: Path, megabytes: int) -> None:
    """Write an invented mailbox: mostly short messages, a few with a large attachment."""
    draw = random.Random(3)
    line = "QWxsIG9mIHRoaXMgaXMgaW52ZW50ZWQsIGFuZCBub2JvZHkgcmVhZHMgaXQuIEl0IGlzIG9ubHkg\n"
    with path.open("w", encoding="utf-8") as out:
        number = 0
        while out.tell() < megabytes * 1_000_000:
            who = draw.randrange(2_000)
            lines = draw.choice([20, 60, 60, 200, 5_000])
            out.write(
                f"From 17@xxx Mon Mar 04 11:20:34 +0000 2024\nDelivered-To: me@ex.example\nARC-Seal: {'y' * 2_500}\n"
                f"From: P{who} Example <p{who}@ex.example>\nTo: me@ex.example\n"
                f"Date: Mon, 4 Mar 2024 11:20:{number % 60:02d} +0000\nMessage-ID: <{number}@ex>\n\n{line * lines}\n"
            )
            number += 1


def race(megabytes: int) -> dict[str, dict[str, float]]:
    """Let both read the same mailbox, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder) / "All mail.mbox"
        write_mailbox(box, megabytes)
        return {
            name: json.loads(subprocess.check_output([sys.executable, "-c", code, str(box)]))
            for name, code in (("netkit", NETKIT), ("Python's mailbox", STANDARD))
        }


def draw_names(rng: np.random.Generator, size: int) -> list[str]:
    """Draw people of a population of 4,000 given and 200,000 family names, few common and most rare."""

    def ranks(kinds: int, slope: float) -> np.ndarray:
        weights = 1.0 / np.arange(1, kinds + 1) ** slope
        return rng.choice(kinds, size=size, p=weights / weights.sum())

    def word(number: int) -> str:
        letters = "bdfgklmnprstvz"
        vowels = "aeiou"
        text = ""
        while number or len(text) < 4:
            number, at = divmod(number, len(letters) * len(vowels))
            text += letters[at // len(vowels)] + vowels[at % len(vowels)]
        return text.title()

    return [
        f"{word(first + 7)} {word(last + 900)}"
        for first, last in zip(ranks(4_000, 0.9), ranks(200_000, 0.6), strict=True)
    ]


def false_matches(strangers: int, held: int) -> list[list[object]]:
    """Return how many of 10,000 strangers each rule would take for somebody held, and how many people it covers."""
    rng = np.random.default_rng(5)
    known, others = draw_names(rng, held), draw_names(rng, strangers)
    forms = Counter(name_forms(name).full for name in known)
    tokens = Counter(token for full, n in forms.items() for token in full.split() for _ in range(n))

    def rare(full: str) -> bool:
        return all(tokens[token] <= max(1, 0.0008 * held) for token in full.split())

    rules = {
        "full name, borne by one of those held": lambda full: forms[full] == 1,
        "and both words rare (what a link without asking needs beside a second fact)": lambda full: (
            forms[full] == 1 and rare(full)
        ),
    }
    rows = []
    for name, rule in rules.items():
        wrong = sum(rule(name_forms(other).full) for other in others)
        covered = sum(rule(full) for full in forms) / held
        rows.append([name, round(wrong / strangers * 10_000, 1), round(100 * covered)])
    return rows


def main() -> None:
    """Run both, and say what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a mailbox of 150 MB and 20,000 strangers")
    parser.add_argument("--store", action="store_true")
    chosen = parser.parse_args()
    with told("evidence", store=chosen.store):
        for name, found in race(150 if chosen.short else 1_000).items():
            counted = f"{found['read']:7,} messages  peak {found['peak MB']:5.0f} MB"
            print(f"{name:18} {found['MB/s']:6.0f} MB a second of processor time  {counted}")
        print()
        for name, wrong, covered in false_matches(20_000 if chosen.short else 100_000, 5_000):
            print(f"{wrong:6} of 10,000 strangers wrongly, {covered:3} % of people covered: {name}")


if __name__ == "__main__":
    main()
