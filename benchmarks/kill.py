"""Kill a writing process at random moments, and count the acknowledged writes that survive.

    python benchmarks/kill.py [--kills 200] [--each 40] [--writers] [--store]

A child imports exports, decides and records introductions, and says so after each write has returned.
The parent kills it (SIGKILL) at a random moment, opens the ledger, and looks for every write that was
acknowledged, for writes half done, and for damage. Then the next child goes on with the same ledger.
Reading a sheet, forgetting a person, restoring a backup and bringing an earlier version up to date are tried on
fresh copies (`--each` of them): the ledger must be as before or as after, and as after once that was said.
With `--writers`, 2, 8 and 32 processes write 760 decisions into one ledger at the same time.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from stored import told

from netkit.export import Export
from netkit.export.read_report import FileRead, Report
from netkit.export.typed_tables import COLUMNS, empty_table
from netkit.ledger import Ledger, open_ledger
from netkit.people import person_keys
from netkit.sheets import read_sheet
from netkit.workspace_key import workspace_key

FACTS = {"met_in_person": "no", "recognised": "no", "would_stay_in_touch": "no"}
INVITATIONS, MESSAGES = 300, 6000
WRITES_BEGUN = (0, 1, 1, 1, 2, 3, 4, 6, 9)  # by a child when its end comes; the first is the import
LONGEST = {"opening": 0.02, "import": 0.15, "decision": 0.02, "introduction": 0.02}  # seconds


@dataclass
class Tally:
    """What was found after all kills."""

    kills: int = 0
    acknowledged: int = 0
    found: int = 0
    half_done: int = 0
    opened: int = 0
    intact: int = 0
    killed_during: Counter[str] = field(default_factory=Counter)
    on_copies: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # kills, acknowledged, failed
    at_once: tuple[int, int, int] = (0, 0, 0)  # written, found, half done

    @property
    def held(self) -> bool:
        """Whether nothing was lost, halved or damaged."""
        return (
            self.acknowledged == self.found
            and not self.half_done
            and self.opened == self.intact == self.kills
            and not any(failed for _, _, failed in self.on_copies.values())
            and self.at_once[0] == self.at_once[1]
            and not self.at_once[2]
        )


def invented_export(number: int) -> Export:
    """Return an export that no other number gives."""
    day = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    rows = pd.DataFrame(
        {
            "direction": "incoming",
            "name": [f"Invented {number} {i}" for i in range(INVITATIONS)],
            "url": [f"https://www.linkedin.com/in/p-{number}-{i}" for i in range(INVITATIONS)],
            "sent_at": pd.Series([day] * INVITATIONS).astype("datetime64[us, UTC]"),
            "message": None,
        }
    )
    rows = rows.join(person_keys(rows["url"], rows["name"]))
    seconds = pd.to_timedelta(range(MESSAGES), unit="s")
    mail = pd.DataFrame(
        {
            "person": [f"in:p-{number}-{i % INVITATIONS}" for i in range(MESSAGES)],
            "direction": "incoming",
            "sent_at": (day + seconds).astype("datetime64[us, UTC]"),
            "content": pd.Series(None, index=range(MESSAGES), dtype="str"),
            "draft": False,
        }
    ).reindex(columns=list(COLUMNS["messages"]))
    tables = {table: empty_table(table) for table in COLUMNS}
    tables |= {"invitations": rows[list(COLUMNS["invitations"])], "messages": mail}
    read = FileRead("Invitations.csv", "invitations", INVITATIONS)
    taken = date(2024, 1, 1) + timedelta(days=number)
    return Export(tables, Report((read,)), f"export-{number}", taken, None)


def write_until_killed(home: Path, life: int, say: int) -> None:
    """Write forever; say what begins and what has been acknowledged."""

    def report(**line: object) -> None:
        os.write(say, (json.dumps(line) + "\n").encode())

    with open_ledger(home) as ledger:
        for number, write in enumerate(_writes(ledger, life)):
            report(begun=write[0])
            mark = f"kill-{life}-{number}"
            write[1](mark)
            report(done=write[0], mark=mark)


def _writes(ledger: Ledger, life: int) -> Iterator[tuple[str, object]]:
    export = invented_export(life)

    def bring_in(mark: str) -> None:
        ledger.import_export(export)

    def decide(mark: str) -> None:
        ledger.decisions.add(request, "decline", at="2030-01-01", source=mark, facts=FACTS)

    def introduce(mark: str) -> None:
        with ledger.together():
            asked = ledger.introductions.add(
                f"Asker {mark}", "Bo Contact", purpose_text="to learn", channel="email",
                asked_at="2030-01-01", source=mark,
            )  # fmt: skip
            ledger.introductions.add_event(asked, "permission_asked", at="2030-01-02", source=mark)
            ledger.introductions.add_event(asked, "permission_given", at="2030-01-03", source=mark)

    yield "import", bring_in
    request = ledger.invitations.to_frame()["request"].iloc[-1]
    while True:
        yield "decision", decide
        yield "introduction", introduce


def kill_once(home: Path, life: int, rng: random.Random, tally: Tally) -> list[tuple[str, str, int]]:
    """Start a child, kill it while it opens or writes, and return the writes it had acknowledged."""
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
        try:
            write_until_killed(home, life, say)
        finally:
            os._exit(1)
    os.close(say)
    with os.fdopen(hear, "rb") as heard:
        lines = _wait_for(heard, rng.choice(WRITES_BEGUN))
        time.sleep(rng.uniform(0, LONGEST[lines[-1]["begun"] if lines else "opening"]))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines += [json.loads(line) for line in heard.read().splitlines() if line.endswith(b"}")]
    begun = next((line["begun"] for line in reversed(lines) if "begun" in line), "opening")
    between = bool(lines) and "done" in lines[-1]
    tally.killed_during["between two writes" if between else begun] += 1
    return [(line["done"], line["mark"], life) for line in lines if "done" in line]


def _wait_for(heard: BinaryIO, begun: int) -> list[dict[str, str]]:
    """Listen until the child has begun so many writes."""
    lines: list[dict[str, str]] = []
    while sum("begun" in line for line in lines) < begun:
        lines.append(json.loads(heard.readline()))
    return lines


def look(home: Path, writes: list[tuple[str, str, int]]) -> tuple[int, int]:
    """Return how many acknowledged writes are found, and how many of any are half done."""
    with open_ledger(home) as ledger:
        decided = Counter(ledger.decisions.to_frame()["via"])
        noted = Counter(ledger.notes.to_frame()["via"])
        asked = Counter(ledger.introductions.to_frame()["via"])
        steps = Counter(ledger.introductions.events()["via"])
        seen = Counter(ledger.exports.sightings()["import"])
        imports = dict(zip(ledger.exports.imports()["sha256"], ledger.exports.imports()["id"], strict=True))
        mail = len(ledger.exports.messages())
    whole = {
        "import": lambda mark, life: f"export-{life}" in imports,
        "decision": lambda mark, life: decided[mark] == 1 and noted[mark] == len(FACTS),
        "introduction": lambda mark, life: asked[mark] == 1 and steps[mark] == 2,
    }
    found = sum(whole[kind](mark, life) for kind, mark, life in writes)
    halves = sum(noted[mark] != len(FACTS) * decided[mark] for mark in noted | decided)
    halves += sum(steps[mark] != 2 * asked[mark] for mark in steps | asked)
    halves += sum(seen[number] != INVITATIONS for number in imports.values())
    return found, halves + (mail != MESSAGES * len(imports))


def run(kills: int, seed: int, home: Path) -> Tally:
    """Kill so many times, and look after each."""
    rng, tally, writes = random.Random(seed), Tally(kills=kills), []
    with open_ledger(home):
        pass
    for life in range(kills):
        writes += kill_once(home, life, rng, tally)
        with open_ledger(home) as ledger:
            tally.opened += 1
            tally.intact += ledger.verify().intact
    tally.acknowledged = len(writes)
    tally.found, tally.half_done = look(home, writes)
    return tally


FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures" / "ledger"
PERSON = "https://www.linkedin.com/in/p-0-7"
ROWS, WRITERS = 40, {2: 124, 8: 32, 32: 8}


def _prepare(base: Path) -> None:
    """Make what the copies are copies of: a ledger in use, its backup, a sheet, and one of an earlier version."""
    with open_ledger(base / "home") as ledger:
        ledger.import_export(invented_export(0))
        keys = ledger.invitations.to_frame()["request"].tolist()
        ledger.decisions.add(
            keys[0], "decline", at="2030-01-01", source="t", because="Invented 0 7 knows her"
        )
        ledger.backup(base / "copy.db")
        ledger.decisions.add(keys[1], "decline", at="2030-01-01", source="t")
    workspace_key(base / "home", "the copies' own")  # one key for all copies: equal hashes
    lines = ["request,action,recognised", *(f"{key},decline,no" for key in keys[2 : ROWS + 2])]
    (base / "sheet.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with closing(sqlite3.connect(base / "earlier.db")) as earlier:
        earlier.executescript((FIXTURES / "v1.sql").read_text(encoding="utf-8"))


def _sheet(home: Path, base: Path) -> None:
    with open_ledger(home) as ledger:
        read_sheet(ledger, "invitation", base / "sheet.csv", at="2030-01-02")


def _forget(home: Path, base: Path) -> None:
    with open_ledger(home) as ledger:
        ledger.forget(PERSON)


def _restore(home: Path, base: Path) -> None:
    Ledger.restore(base / "copy.db", home)


def _migrate(home: Path, base: Path) -> None:
    open_ledger(home).close()


WORK = {"a sheet": _sheet, "forgetting": _forget, "restoring": _restore, "migrating": _migrate}


def _copy(base: Path, home: Path, kind: str) -> None:
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(base / "home", home)
    if kind == "migrating":
        shutil.copyfile(base / "earlier.db", home / "ledger.db")


def _state(home: Path) -> str:
    """Return what a ledger says, save when it was said and what it remembers of its last backup.

    Sorted: emptying the file of what was forgotten, after that is said, also moves the schema about.
    """
    with open_ledger(home) as ledger:
        assert ledger.verify().intact
        lines = [line for line in ledger.database.connection.iterdump() if "backed_up" not in line]
    moments = r"'20\d\d-\d\d-\d\dT[\d:.]+\+00:00','[^']*','[^']*',|'[0-9a-f]{16}'"
    return "\n".join(sorted(re.sub(moments, "", line) for line in lines))


def kill_on_copies(kind: str, times: int, base: Path, rng: random.Random) -> tuple[int, int]:
    """Kill one kind of work on fresh copies; return how often it had been acknowledged, and how often it failed."""
    home = base / "tried"
    _copy(base, home, kind)
    before = "" if kind == "migrating" else _state(home)
    start = time.perf_counter()
    WORK[kind](home, base)
    took, after = time.perf_counter() - start, _state(home)
    acknowledged = failed = 0
    for _ in range(times):
        _copy(base, home, kind)
        hear, say = os.pipe()
        if (child := os.fork()) == 0:
            try:
                WORK[kind](home, base)
                os.write(say, b"done")
                time.sleep(60)
            finally:
                os._exit(1)
        os.close(say)
        time.sleep(rng.uniform(0, took * 2.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(hear, "rb") as heard:
            done = heard.read() == b"done"
        try:
            found = _state(home)
            held = found == after or (found == before and not done)
        except Exception as problem:  # whatever it is, the ledger is not what it was
            print(f"{kind}: {problem!r}", file=sys.stderr)
            held = False
        left = [path.name for path in home.iterdir() if path.suffix == ".part" or "part-" in path.name]
        acknowledged, failed = acknowledged + done, failed + (not held or bool(left))
    return acknowledged, failed


def write_at_once(home: Path) -> tuple[int, int, int]:
    """Let several processes write; return how many decisions they wrote, how many are there, how many half."""
    with open_ledger(home) as ledger:
        ledger.import_export(invented_export(0))
        request = ledger.invitations.to_frame()["request"].iloc[0]
    for writers, each in WRITERS.items():
        children = []
        for number in range(writers):
            if (child := os.fork()) == 0:
                code = 1
                try:
                    with open_ledger(home) as ledger:
                        for n in range(each):
                            mark = f"{writers}-{number}-{n}"
                            ledger.decisions.add(
                                request, "decline", at="2030-01-01", source=mark, facts=FACTS
                            )
                    code = 0
                finally:
                    os._exit(code)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
    with open_ledger(home) as ledger:
        decided = Counter(ledger.decisions.to_frame()["via"])
        noted = Counter(ledger.notes.to_frame()["via"])
        half = sum(noted[mark] != len(FACTS) * decided[mark] for mark in noted | decided)
        half += not ledger.verify().intact
    return sum(writers * each for writers, each in WRITERS.items()), sum(decided.values()), half


def _print(tally: Tally) -> None:
    during = ", ".join(
        f"{n} {what}" if what.startswith("between") else f"{n} during {what}"
        for what, n in tally.killed_during.most_common()
    )
    print(f"killed             {tally.kills} times ({during})")
    print(f"acknowledged       {tally.acknowledged} writes")
    print(f"found              {tally.found}")
    print(f"half done          {tally.half_done}")
    print(f"opened, intact     {tally.opened}, {tally.intact}")
    for kind, (kills, acknowledged, failed) in tally.on_copies.items():
        print(
            f"{kind:<18} killed {kills} times, {acknowledged} acknowledged, {failed} neither as before nor after"
        )
    if tally.at_once[0]:
        written, found, half = tally.at_once
        print(f"2, 8, 32 writers   {written} writes, {found} found, {half} half done")


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--writers", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="netkit-kill-"))
    try:
        tally = run(options.kills, options.seed, home / "home")
        (home / "base").mkdir()
        _prepare(home / "base")
        rng = random.Random(options.seed)
        tally.on_copies = {
            kind: (options.each, *kill_on_copies(kind, options.each, home / "base", rng)) for kind in WORK
        }
        if options.writers:
            tally.at_once = write_at_once(home / "writers")
    finally:
        shutil.rmtree(home)
    if options.json:
        print(json.dumps({**vars(tally), "held": tally.held}))
    else:
        with told("kill", store=options.store):
            _print(tally)
    return 0 if tally.held else 1


if __name__ == "__main__":
    sys.exit(main())
