"""What every command costs, and its help: the whole process, from its start to its end.

    python benchmarks/commands.py [--short] [--store]

The commands run on a copy of the plain demonstration, and on a copy of a ledger with an invented archive of about
1,000 invitations, most of them answered and noted. Each cell is processor seconds / seconds on the clock of
one process and its children. Every command runs once uncounted, so that files are read from memory and the
bytecode is cached; then the run with the least processor time of the counted ones is shown. Python does cache
bytecode here: PYTHONDONTWRITEBYTECODE is unset for the child. On a busy machine the clock says little; the
processor seconds are what counts.

About ten minutes; `--short` counts one run and leaves out what runs notebooks or builds pages.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from stored import told

from netkit.demo import build_demo

PROGRAM = [sys.executable, "-c", "from netkit.cli import main; main()"]
# FOLDER is empty; HOME holds a ledger; ARCHIVE, OPEN, ASKED, PERSON and OTHER are its own.
COMMANDS = [
    "demo",
    "read ARCHIVE --home HOME",
    "history --home HOME",
    "sheet invitations FOLDER/sheet.csv --home HOME",
    "backup FOLDER/copy.sqlite3 --home HOME",
    "restore FOLDER/kept.sqlite3 --home HOME",
    "forget PERSON --yes --home HOME",
    "export FOLDER/everything --home HOME",
    "triage --home HOME",
    "decide OPEN accept --fact met_in_person=yes --home HOME",
    "letter --home HOME",
    "ask OTHER --draft Hello --home HOME",
    "intro list --home HOME",
    "intro show ASKED --home HOME",
    "due --home HOME",
    "review --home HOME",
    "policy list --home HOME",
    "policy check house --home HOME",
    "policy test house --home HOME",
    "policy schools --home HOME",
    "policy explain OPEN --home HOME",
    "policy diff house precious_network --home HOME",
    "fit --home HOME",
    "compare --home HOME",
]
SLOW = ["run ARCHIVE --home HOME", "handbook --own --home HOME", "publish --home HOME --as-validated"]
HELP_ONLY = ["", "lab", "run", "handbook", "publish"]


class Place:
    """A workspace to copy, and what its commands name."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder = folder / profile
        self.home = self.folder / "home"
        with build_demo(self.home, profile=profile) as ledger:
            sent = ledger.invitations.to_frame()
            sent = sent[sent["direction"] == "incoming"]
            asked = ledger.introductions.to_frame()
            ledger.backup(self.folder / "kept.sqlite3")
        self.invitations = len(sent)
        self.words = {
            "ARCHIVE": str(sorted((self.home / "exports").glob("*.zip"))[-1]),
            "OPEN": str(sent["request"].iloc[-1]),
            "ASKED": str(asked["request"].iloc[-1]),
            "PERSON": str(sent["person"].iloc[0]),
            "OTHER": str(sent["person"].iloc[-2]),
        }

    def run(self, command: str) -> tuple[float, float]:
        """Run a command on a fresh copy; return its processor seconds and its seconds on the clock."""
        with tempfile.TemporaryDirectory(dir=self.folder) as fresh:
            home = shutil.copytree(self.home, Path(fresh) / "home")
            shutil.copy(self.folder / "kept.sqlite3", fresh)
            words = self.words | {"HOME": str(home)}
            return measure([words.get(word, word.replace("FOLDER", fresh)) for word in command.split()])


def measure(words: list[str]) -> tuple[float, float]:
    """Return the processor seconds and the seconds on the clock of one run of netkit."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([*PROGRAM, *words], env=kept, capture_output=True, encoding="utf-8", check=False)
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):  # 1: a check found something
        raise SystemExit(f"netkit {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock


def cell(times: list[tuple[float, float]]) -> str:
    """Return the run with the least processor time, in words."""
    return "{:6.2f} / {:6.2f}".format(*min(times)) if times else ""


def measured(places: list[Place], runs: int, *, slow: bool) -> Iterator[str]:
    """Measure every command, and yield a line each."""
    yield f"{'':<18}" + "".join(f"{head:>18}" for head in ["its help", "plain", "1,000"])
    for command in [*HELP_ONLY, *COMMANDS, *(SLOW if slow else [])]:
        name = " ".join(word for word in command.split()[:2] if word.isalpha() and word.islower())
        helped: list[tuple[float, float]] = []
        if command not in SLOW:
            helped = [measure([*name.split(), "--help"]) for _ in range(runs + 1)][1:]
        times = []
        if command not in HELP_ONLY:
            # What takes a minute runs once: reading files and bytecode is nothing beside it.
            count = 1 if command in SLOW else runs + 1
            targets = places[:1] if command in [*SLOW, "demo"] else places
            times = [[place.run(command) for _ in range(count)][-runs:] for place in targets]
        yield f"{name or 'netkit':<18}" + "".join(f"{cell(one):>18}" for one in [helped, *times])


def main() -> None:
    """Print a line a command, and store them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="one run; no notebooks, no pages")
    parser.add_argument("--store", action="store_true", help="keep what it says under results/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, told("commands", store=options.store):
        os.environ |= {"XDG_CACHE_HOME": folder, "COLUMNS": "100"}
        places = [Place(Path(folder), profile) for profile in ("plain", "busy")]
        load = os.getloadavg()[0]
        many = " and ".join(f"{place.invitations:,}" for place in places)
        print(
            f"processor seconds / seconds on the clock; {many} incoming invitations; bytecode cached;"
            f" Python {sys.version.split()[0]}\n"
            f"{os.cpu_count()} cores, {load:.1f} other processes waiting for them when this began: the"
            " processor seconds are what counts"
            + "\nthe short form: one counted run, and nothing that runs notebooks or builds pages"
            * options.short
        )
        for line in measured(places, 1 if options.short else 3, slow=not options.short):
            print(line.rstrip(), flush=True)


if __name__ == "__main__":
    main()
