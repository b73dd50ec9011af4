"""How long netkit takes to read a large export, beside pandas' fastest CSV reader on the same files.

An invented, deterministic archive is written to a temporary folder; each side runs in a process
of its own, in turns, and of each the fastest run counts. No cell holds a line break here, because pandas
cannot read those with this engine; netkit reads them all the same (tests/export/test_dirty_archives.py).

    python benchmarks/read.py [--store]
"""

import json
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from stored import told

MESSAGES, CONNECTIONS, INVITATIONS = 1_000_000, 30_000, 20_000
ALLOWED_RATIO, ALLOWED_BYTES = 3.0, 1.5e9
RUNS = 5
PROFILE = "https://www.linkedin.com/in/"

PANDAS = """
import json, resource, sys, time
from pathlib import Path
import pandas as pd
files = [Path(name) for name in sys.argv[1:]]
started, worked = time.perf_counter(), time.process_time()
frames = [pd.read_csv(path, engine="pyarrow") for path in files]
seconds = time.perf_counter() - started
rows = {path.stem: len(frame) for path, frame in zip(files, frames)}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
cpu = time.process_time() - worked
print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "rows": rows}))
"""
NETKIT = """
import json, resource, sys, time
from netkit.export import read_export
started, worked = time.perf_counter(), time.process_time()
export = read_export(sys.argv[1])
seconds = time.perf_counter() - started
rows = {name: len(frame) for name, frame in export.tables.items() if len(frame)}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
warnings = [[notice.kind, notice.count] for notice in export.report.warnings]
cpu = time.process_time() - worked
print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "rows": rows, "warnings": warnings}))
"""


def write_files(folder: Path, *, quote_all: bool = False) -> list[Path]:
    """Write the three large files of an invented export, without a preamble so that pandas reads them too."""
    draw = random.Random(11)
    letters = "abcdefghijklmnoprstuvwz" * 5 + "äöé"  # about one word in seven has an accent
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(4000)]
    people = [_person(number, draw, words) for number in range(CONNECTIONS + 4000)]
    return [
        _write(folder / "Connections.csv", _connections(people, draw), quote_all),
        _write(folder / "Invitations.csv", _invitations(people, draw, words), quote_all),
        _write(folder / "messages.csv", _messages(people, draw, words), quote_all),
    ]


def _person(number: int, draw: random.Random, words: list[str]) -> tuple[str, str, str]:
    first, last = draw.choice(words).title(), draw.choice(words).title()
    return first, last, f"{PROFILE}{first.lower()}-{last.lower()}-{number:x}"


def _write(path: Path, rows: Iterator[list[str]], quote_all: bool) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        for row in rows:
            out.write(",".join(_cell(cell, quote_all) for cell in row) + "\n")
    return path


def _cell(text: str, quote_all: bool) -> str:
    if quote_all or any(sign in text for sign in ',"\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _connections(people: list[tuple[str, str, str]], draw: random.Random) -> Iterator[list[str]]:
    yield ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"]
    for first, last, url in people[:CONNECTIONS]:
        day = datetime(2010, 1, 1) + timedelta(days=draw.randrange(5000))
        yield [first, last, url, "", f"Company {draw.randrange(9000)}", "Engineer", f"{day:%d %b %Y}"]


def _invitations(
    people: list[tuple[str, str, str]], draw: random.Random, words: list[str]
) -> Iterator[list[str]]:
    yield ["From", "To", "Sent At", "Message", "Direction", "inviterProfileUrl", "inviteeProfileUrl"]
    for number in range(INVITATIONS):
        first, last, url = draw.choice(people)
        sent = datetime(2023, 9, 1) + timedelta(minutes=draw.randrange(260_000))
        note = " ".join(draw.choices(words, k=20)) if draw.random() < 0.03 else ""
        ends = [(f"{first} {last}", url), ("Mara Olsen", PROFILE + "mara-olsen")]
        if number % 4 == 0:
            ends.reverse()
        at = f"{sent.month}/{sent.day}/{sent:%y}, {sent.hour % 12 or 12}:{sent:%M %p}"
        direction = "OUTGOING" if number % 4 == 0 else "INCOMING"
        yield [ends[0][0], ends[1][0], at, note, direction, ends[0][1], ends[1][1]]


def _messages(
    people: list[tuple[str, str, str]], draw: random.Random, words: list[str]
) -> Iterator[list[str]]:
    yield [
        "CONVERSATION ID",
        "CONVERSATION TITLE",
        "FROM",
        "SENDER PROFILE URL",
        "TO",
        "RECIPIENT PROFILE URLS",
        "DATE",
        "SUBJECT",
        "CONTENT",
        "FOLDER",
    ]
    for _ in range(MESSAGES):
        number = min(int(draw.expovariate(1 / 6000)), len(people) - 1)
        first, last, url = people[number]
        ends = [(f"{first} {last}", url), ("Mara Olsen", PROFILE + "mara-olsen")]
        if draw.random() < 0.45:
            ends.reverse()
        sent = datetime(2012, 1, 1) + timedelta(seconds=draw.randrange(380_000_000))
        content = " ".join(draw.choices(words, k=draw.randint(2, 9)))
        if draw.random() < 0.1:
            content = f'He said: "{content}", and went.'
        yield [
            f"2-{number:x}==",
            "",
            *ends[0],
            *ends[1],
            f"{sent:%Y-%m-%d %H:%M:%S} UTC",
            "",
            content,
            "INBOX",
        ]


def pack(files: list[Path], target: Path) -> Path:
    """Zip the files as the platform does."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.name)
    return target


def run(program: str, *arguments: Path) -> dict:
    """Run a program in a process of its own and return what it measured."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return json.loads(done.stdout.splitlines()[-1])


def best(runs: list[dict]) -> dict:
    """Return the least time and the highest peak of several runs."""
    least = {name: min(each[name] for each in runs) for name in ("seconds", "cpu")}
    return runs[0] | least | {"peak": max(each["peak"] for each in runs)}


def compare(*, quote_all: bool) -> bool:
    """Measure one archive, print the figures, and tell whether both limits are kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_files(folder, quote_all=quote_all)
        archive = pack(files, folder / "Basic_LinkedInDataExport_03-15-2024.zip")
        size = sum(path.stat().st_size for path in files)
        turns = [(run(PANDAS, *files), run(NETKIT, archive)) for _ in range(RUNS)]
        theirs, ours = best([pair[0] for pair in turns]), best([pair[1] for pair in turns])
    ratio = ours["seconds"] / theirs["seconds"]
    print(f"archive: {size / 1e6:.0f} MB unpacked, every field quoted: {quote_all}")
    print(f"  pandas (pyarrow engine, unpacked files): {_figures(theirs)}")
    print(f"  netkit (the ZIP, typed and checked):     {_figures(ours)}")
    worked = ours["cpu"] / theirs["cpu"]
    print(f"  ratio {ratio:.2f} (at most {ALLOWED_RATIO}), of processor time {worked:.2f}")
    return ratio <= ALLOWED_RATIO and ours["peak"] <= ALLOWED_BYTES


def _figures(one: dict) -> str:
    rows = ", ".join(f"{name} {count:,}" for name, count in sorted(one["rows"].items()))
    return (
        f"{one['seconds']:.2f} s ({one['cpu']:.2f} s of processor), peak {one['peak'] / 1e6:.0f} MB ({rows})"
    )


if __name__ == "__main__":
    with told("read", store="--store" in sys.argv):
        kept = [compare(quote_all=quote_all) for quote_all in (False, True)]
    sys.exit(0 if all(kept) else 1)
