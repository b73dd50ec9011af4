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
from netkit.ledger import open_ledger
from netkit.policy.loaded_policy import find_policy

PROGRAM = [sys.executable, "-c", "from netkit.cli import main; main()"]
# FOLDER is empty; HOME holds a ledger; the other words in capitals are its own, and `Place` says which.
COMMANDS = [
    "demo",
    "read ARCHIVE --home HOME",
    "pull --dry-run --home HOME",
    "evidence add FILES --me kim@own.example --home HOME",
    "evidence list --home HOME",
    "evidence match --home HOME",
    "evidence same OPEN new@person.example --home HOME",
    "evidence remove 1 --home HOME",
    "notes learn --home HOME",
    "history --home HOME",
    "sheet invitations FOLDER/sheet.csv --home HOME",
    "backup FOLDER/copy.sqlite3 --home HOME",
    "restore FOLDER/kept.sqlite3 --home HOME",
    "verify --home HOME",
    "forget PERSON --yes --home HOME",
    "keep messages 120 --home HOME",
    "export FOLDER/everything --home HOME",
    "triage --home HOME",
    "judge --from Ana --note Hello --home HOME",
    "find PERSON --home HOME",
    "show OPEN --home HOME",
    "decide OPEN accept --fact met_in_person=yes --home HOME",
    "letter --home HOME",
    "ask OTHER --draft Hello --home HOME",
    "intro ask OTHER PERSON --for work --by email --home HOME",
    "intro receive PERSON --from OTHER --for work --by email --asked-first --home HOME",
    "intro wish PERSON jobs --home HOME",
    "intro judge ASKED --home HOME",
    "intro answer ASKED decline --home HOME",
    "intro permit ASKED asked --home HOME",
    "intro make PERMITTED --home HOME",
    "intro follow-up MADE --home HOME",
    "intro outcome MADE --requester useful --home HOME",
    "intro undo MADE --home HOME",
    "intro list --home HOME",
    "intro show MADE --home HOME",
    "intro letters --home HOME",
    "intro keep MADE introduce --sent LETTER --home HOME",
    "intro lessons --home HOME",
    "due --home HOME",
    "review --home HOME",
    "policy list --home HOME",
    "policy new mine --home HOME",
    "policy interview --as asked --answers yanpan --home HOME",
    "policy take POLICY --as ours --home HOME",
    "policy use house --home HOME",
    "policy close --until 2999-01-01 --home HOME",
    "policy check house --home HOME",
    "policy test house --home HOME",
    "policy schools --home HOME",
    "policy explain OPEN --home HOME",
    "policy diff house precious_network --home HOME",
    "fit --home HOME",
    "compare --home HOME",
    "stats --home HOME",
    "outcomes --home HOME",
]
# They run notebooks or build pages. `publish` is shown with the notebooks' runs, which it does first.
SLOW = ["demo --long", "run ARCHIVE --home HOME", "handbook --own --home HOME", "publish --home HOME"]
PERMISSION = ["permit asked", "permit given"]
GROUPS = ["intro", "policy", "evidence", "notes"]
HELP_ONLY = ["", "lab", "work", "run", "handbook", "publish", *GROUPS]


class Place:
    """A workspace to copy, and what its commands name."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder = folder / profile
        self.home = self.folder / "home"
        with build_demo(self.home, profile=profile) as ledger:
            sent = ledger.invitations.to_frame()
            sent = sent[sent["direction"] == "incoming"]
            ledger.backup(self.folder / "kept.sqlite3")
        self.invitations = len(sent)
        self.words = {
            "ARCHIVE": str(sorted((self.home / "exports").glob("*.zip"))[-1]),
            "OPEN": str(sent["request"].iloc[-1]),
            "POLICY": str(find_policy("house")),
            "PERSON": str(sent["person"].iloc[0]),
            "OTHER": str(sent["person"].iloc[-2]),
            **self.introduce(list(dict.fromkeys(sent["person"]))[-6:]),
            **self.write_files(),
        }

    def introduce(self, people: list[str]) -> dict[str, str]:
        """Record an introduction asked for, one permitted and one made; return their keys."""
        keys: dict[str, str] = {}
        before = self.introductions()
        for name, steps in {"ASKED": [], "PERMITTED": PERMISSION, "MADE": [*PERMISSION, "make"]}.items():
            self.prepare("intro", "ask", people.pop(), people.pop(), "--for", "work", "--by", "email")
            (keys[name],) = self.introductions() - before - set(keys.values())
            for step, *more in map(str.split, steps):
                self.prepare("intro", step, keys[name], *more)
        return keys

    def introductions(self) -> set[str]:
        """Return the keys of the introductions there are."""
        with open_ledger(self.home) as ledger:
            return set(ledger.introductions.to_frame()["request"])

    def write_files(self) -> dict[str, str]:
        """Write two address books, of which the first is added as source 1, and a letter; return where."""
        card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann {0}\nEMAIL:{0}@ex.example\nEND:VCARD\n"
        first, files, letter = (self.folder / name for name in ("first.vcf", "people.vcf", "letter.txt"))
        first.write_text(card.format("a"), encoding="utf-8")
        files.write_text("".join(map(card.format, "bcdefgh")), encoding="utf-8")
        letter.write_text("Ann, this is Bo. You both build bridges.\n", encoding="utf-8")
        self.prepare("evidence", "add", str(first), "--me", "kim@own.example")
        return {"FILES": str(files), "LETTER": str(letter)}

    def prepare(self, *words: str) -> None:
        """Run a command on the workspace itself."""
        measure([*words, "--home", str(self.home)])

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


def command_of(line: str) -> str:
    """Return the command of a line, with that of its group."""
    words = line.split()
    return " ".join(words[: 2 if words and words[0] in GROUPS else 1])


def measured(places: list[Place], runs: int, *, slow: bool) -> Iterator[str]:
    """Measure every command, and yield a line each."""
    yield f"{'':<18}" + "".join(f"{head:>18}" for head in ["its help", "plain", "1,000"])
    for command in [*HELP_ONLY, *COMMANDS, *(SLOW if slow else [])]:
        name = command_of(command)
        helped: list[tuple[float, float]] = []
        if command not in SLOW:
            helped = [measure([*name.split(), "--help"]) for _ in range(runs + 1)][1:]
        times = []
        if command not in HELP_ONLY:
            # What takes a minute runs once: reading files and bytecode is nothing beside it.
            count = 1 if command in SLOW else runs + 1
            targets = places[:1] if command in [*SLOW, "demo"] else places
            times = [[place.run(command) for _ in range(count)][-runs:] for place in targets]
        label = command if command == "demo --long" else name or "netkit"
        yield f"{label:<18}" + "".join(f"{cell(one):>18}" for one in [helped, *times])


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
