"""Feed netkit archives, sheets and policies that nobody would write, and look for anything but a plain answer.

    python benchmarks/fuzz.py [--archives 12000] [--sheets 5000] [--policies 10000] [--seed 20] [--state FILE]
    python benchmarks/fuzz.py --only archives:1234

Every case is made from the seed, its kind and its number alone, so each can be repeated by `--only`. A case
fails if anything but a NetkitError is raised, if it takes more than five seconds of processor time, or if
what is told of an archive does not add up to its rows. With `--state` a run that was interrupted goes on
where it was. Cases run in a process of their own, which is started anew where one hangs or dies.
"""

import argparse
import contextlib
import gzip
import io
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl

from netkit.errors import NetkitError
from netkit.export import read_export
from netkit.ledger import Ledger, open_ledger
from netkit.policy import check, load_policy, run_situations
from netkit.policy.loaded_policy import POLICIES
from netkit.sheets import read_sheet, write_sheet

LONGEST, GIVEN_UP = 5.0, 120.0  # seconds: of processor time a case, and of the clock before it is ended
BATCH = 40  # cases that share a ledger
PROFILE = "https://www.linkedin.com/in/"
HEADERS = {
    "Connections.csv": "First Name,Last Name,URL,Email Address,Company,Position,Connected On",
    "Invitations.csv": "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl",
    "messages.csv": "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,"
    "SUBJECT,CONTENT,FOLDER",
    "Endorsement_Received_Info.csv": "Endorsement Date,Skill Name,Endorser First Name,Endorser Last Name,"
    "Endorser Public Url,Endorsement Status",
    "Contacts.csv": "Source,FirstName,LastName,Emails,CreatedAt,FullName,Profiles",
    "Company Follows.csv": "Organization,Followed On",
    "Member_Follows.csv": "Date,Status,FullName",
    "Profile.csv": "First Name,Last Name,Headline",
    "Positions.csv": "Company Name,Title,Started On,Finished On",
    "Recommendations_Received.csv": "First Name,Last Name,Company,Job Title,Text,Creation Date,Status",
}
# What stands under a heading, where all is well.
ORDINARY = {
    "date": [
        "27 Oct 2019",
        "10/27/19, 4:05 PM",
        "2019-10-27 16:05:00 UTC",
        "Tue Mar 05 10:00:00 UTC 2024",
        "Mar 2020",
    ],
    "url": [f"{PROFILE}ada-vogel", f"{PROFILE}j%C3%B6rg-m", f"{PROFILE}jörg-m", f"{PROFILE}me-self", ""],
    "name": ["Ada Vogel", "Ben Okafor", "Me Self", "LinkedIn Member", "Zoë de la Cruz", "伟 陈"],
    "direction": ["INCOMING", "OUTGOING"],
    "text": ["", "Acme", "We met at the fair", "Thank you, Mara", "INBOX"],
}
ODD = [
    "", " ", "\x00", "\x1b[31m", "\u202e", "\ufeff", "'", '"', '""', ",", "\n", "\r\n", "\r", "=1+1", "-2", "NaN",
    "null", "None", "true", "1e999", "9" * 400, "0", "-0", "45353", "45353.5", "0999-12-31", "9999-12-31",
    "2024-02-30", "24:61", "31/12/2020", "12/31/2020", "3/4/2021", "2024-03-20T15:00:00+99:99", "10/27/19, 4:05 PM",
    "x" * 5_000, "é" * 300, "é", "JÃ¼rg", "\ud7ff", "😀", "ا", "a,b", "a;b", "a\tb", "urn:li:member:1",
    "https://www.linkedin.com/in", "https://www.linkedin.com/company/acme", "%00", "%C3%28", "%25%32%35", "/in/", "/in/%2e%2e",
    "<script>alert(1)</script>", "../../etc/passwd", "con", "unknown", "undo", "accept", "{{ 7*7 }}", "Directïon",
]  # fmt: skip
# A row of a sheet that is right, and words that fit in some of its other cells.
FILLED = {
    "name": "Ada Vogel", "sent_at": "2024-03-05", "requester": "Eli Asker", "contact": "Fay Contact",
    "purpose_text": "to learn", "asked_by": "email", "asked_on": "2024-03-05",
}  # fmt: skip
WORDS = ["accept", "decline", "introduce", "2024-03-06", "5-Mar-24", "yes", "no", "given", "useful", "3", ""]
CODECS = ["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman", "utf-32"]
METHODS = [zipfile.ZIP_DEFLATED] * 4 + [zipfile.ZIP_STORED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]


def kind_of(heading: str) -> str:
    """Return what kind of cell stands under a heading."""
    for kind, signs in (
        ("date", ("date", " on", " at", "createdat")),
        ("url", ("url", "profiles")),
        ("direction", ("direction",)),
        ("name", ("name", "from", "to")),
    ):
        if any(sign in heading.casefold() for sign in signs):
            return kind
    return "text"


def table(draw: random.Random, header: str) -> list[list[str]]:
    """Return a table with some odd cells, rows and headings."""
    heads = header.split(",")
    rows = [[draw.choice(ORDINARY[kind_of(head)]) for head in heads] for _ in range(draw.randint(0, 12))]
    oddness = draw.choice([0, 0, 0.02, 0.1, 0.6])
    for row in rows:
        for at in range(len(row)):
            if draw.random() < oddness:
                row[at] = draw.choice(ODD)
        if draw.random() < oddness / 3:
            del row[draw.randrange(len(row)) :]
        elif draw.random() < oddness / 3:
            row.extend([draw.choice(ODD)] * draw.randint(1, 3))
    rows += draw.sample(rows, min(len(rows), draw.choice([0, 0, 1, 3])))
    for _ in range(draw.choice([0, 0, 0, 1, 2])):
        at = draw.randrange(len(heads))
        heads[at] = draw.choice(
            ["", heads[at].upper(), heads[at - 1], "Odd Column", f" {heads[at]} ", *ODD[:8]]
        )
    if draw.random() < 0.1:
        order = draw.sample(range(len(heads)), len(heads))
        heads = [heads[at] for at in order]
        rows = [[row[at] for at in order if at < len(row)] for row in rows]
    preamble = draw.choice(
        [[], [], [], [["Notes:"], ['"A preamble, quoted"'], [""]], [["sep=,"]], [[""] * 3]]
    )
    return [*preamble, heads, *rows]


def written(draw: random.Random, rows: list[list[str]]) -> bytes:
    """Return a table as text, in one of the ways in which programs write it."""
    separator, end = draw.choice([",", ",", ",", ";", "\t"]), draw.choice(["\n", "\n", "\r\n", "\r"])
    always, never = draw.random() < 0.2, draw.random() < 0.1

    def cell(text: str) -> str:
        if never or not (always or any(sign in text for sign in f'{separator}"\r\n')):
            return text
        return '"' + text.replace('"', '""') + '"'

    text = end.join(separator.join(map(cell, row)) for row in rows) + draw.choice([end, "", end * 3])
    return text.encode(draw.choice(CODECS), draw.choice(["replace", "ignore", "backslashreplace"]))


def workbook(rows: list[list[str]]) -> bytes:
    """Return a table as a workbook."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(["".join(s for s in cell if s.isprintable())[:1_000] or None for cell in row])
    book.save(out)
    return out.getvalue()


def damaged(draw: random.Random, data: bytes, most: int = 6) -> bytes:
    """Flip, cut out and put in some bytes."""
    for _ in range(draw.randint(1, most)):
        at = draw.randrange(len(data) + 1)
        what = draw.random()
        if what < 0.5 and at < len(data):
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
        elif what < 0.7:
            data = data[:at] + data[at + draw.randint(1, 60) :]
        elif what < 0.9:
            data = data[:at] + draw.randbytes(draw.randint(1, 20)) + data[at:]
        else:
            data = data[:at]
    return data


def files(draw: random.Random) -> dict[str, bytes]:
    """Return the files of an archive."""
    wanted = [name for name in HEADERS if draw.random() < (0.9 if name in list(HEADERS)[:3] else 0.3)]
    made: dict[str, bytes] = {}
    for name in wanted or ["Connections.csv"]:
        rows = table(draw, HEADERS[name])
        stem = name.removesuffix(".csv")
        form = draw.random()
        if form < 0.8:
            made[name] = written(draw, rows)
        elif form < 0.88:
            near = [
                f"{stem} - Copy.csv",
                f"{stem} (1).csv",
                f"{stem}_1.csv",
                f"{stem.upper()}.CSV",
                f"a/{name}",
            ]
            made[draw.choice(near)] = written(draw, rows)
        elif form < 0.94:
            made[f"{name}.gz"] = gzip.compress(written(draw, rows))
        else:
            made[draw.choice([f"{stem}.xlsx", name])] = workbook(rows)
        if draw.random() < 0.06:
            made[draw.choice([f"{stem} copy.csv", f"{stem}_2.csv", f"b/{name}"])] = written(draw, rows)
    for name in list(made):
        if draw.random() < 0.08:
            made[name] = damaged(draw, made[name])
    return made


def archive(draw: random.Random, folder: Path) -> list[Path]:
    """Write an archive, and return the paths to be read."""
    made = files(draw)
    if draw.random() < 0.06:
        made = {"Basic_LinkedInDataExport_03-20-2024.zip": packed(draw, made), **dict(list(made.items())[:1])}
    if draw.random() < 0.2:
        for name, data in made.items():
            path = folder / "archive" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return [folder / "archive"]
    path = folder / draw.choice(["Basic_LinkedInDataExport_03-15-2024.zip", "export.zip"])
    data = packed(draw, made)
    path.write_bytes(damaged(draw, data, 4) if draw.random() < 0.25 else data)
    return [path] * draw.choice([1] * 9 + [2])


def packed(draw: random.Random, made: dict[str, bytes]) -> bytes:
    """Return files as a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw.choice(METHODS)) as target:
        for name, data in made.items():
            target.writestr(name, data)
    return out.getvalue()


def try_archive(draw: random.Random, folder: Path, ledger: Ledger) -> None:
    """Read an archive, take it in twice, and add up what is told of it."""
    export = read_export(archive(draw, folder))
    for _ in range(2):
        try:
            took = ledger.import_export(export)
        except NetkitError:  # another person's archive
            return
        if took.already:
            continue
        for name in took.new:
            parts = [part.get(name, 0) for part in (took.new, took.known, took.repeated, took.left_out)]
            rows = len(export.tables[name]) + (
                len(export.tables["member_follows"]) if name == "follows" else 0
            )
            assert min(parts) >= 0 and sum(parts) == rows, (name, parts, rows)


def try_sheet(draw: random.Random, folder: Path, ledger: Ledger) -> None:
    """Write a label sheet, spoil it, and read it back."""
    kind = draw.choice(["invitation", "introduction"])
    path = folder / f"sheet.{draw.choice(['csv', 'xlsx'])}"
    write_sheet(ledger, kind, folder / "whole.csv")
    lines = (folder / "whole.csv").read_text(encoding="utf-8-sig").splitlines()
    heads = lines[0].split(",")
    oddness, rows = draw.choice([0, 0.02, 0.1, 0.3]), [heads]
    for _ in range(draw.randint(0, 6)):
        plain = FILLED | {draw.choice(heads): draw.choice(WORDS)}
        rows.append([draw.choice(ODD) if draw.random() < oddness else plain.get(head, "") for head in heads])
    for row in rows[: draw.random() < 0.2]:
        row[draw.randrange(len(row))] = draw.choice(ODD)
    data = workbook(rows) if path.suffix == ".xlsx" else written(draw, rows)
    path.write_bytes(damaged(draw, data) if draw.random() < 0.5 else data)
    read_sheet(ledger, kind, path)


def try_policy(draw: random.Random, folder: Path, _: Ledger) -> None:
    """Spoil a shipped policy, load it, check it and try its situations."""
    shipped = draw.choice(sorted(POLICIES.glob("*.yaml")))
    lines = shipped.read_text(encoding="utf-8").splitlines()
    if draw.random() < 0.1:
        lines = lines[: draw.randint(10, 90)]
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        at = draw.randrange(len(lines))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        key, colon, _value = lines[at].partition(":")
        if draw.random() < 0.7 and lines[at].split():  # a word of another line keeps it YAML, mostly
            others = [word for line in draw.sample(lines, min(9, len(lines))) for word in line.split()[1:]]
            lines[at] = lines[at].replace(draw.choice(lines[at].split()), draw.choice(others or ["no"]), 1)
            continue
        lines[at : at + 1] = draw.choice([
            [], [lines[at]] * 2, [lines[at], draw.choice(lines)], [draw.choice(lines)], [indent + draw.choice(ODD)],
            [key + colon + " " + draw.choice(ODD)], [key + colon + " [" * draw.choice([1, 30])], [" " + lines[at]],
            [key + colon + " &a [*a]"], [key + colon + " !!python/object:os.system x"], [lines[at].swapcase()],
            [indent + "all: {any: {not: {met_in_person: yes}}}"], [lines[at].replace("yes", "no")], [lines[at][::-1]],
        ])  # fmt: skip
        if not lines:
            break
    data = "\n".join(lines).encode("utf-8", "replace")
    path = folder / "mine.yaml"
    path.write_bytes(damaged(draw, data, 3) if draw.random() < 0.2 else data)
    policy = load_policy(path)
    check(policy)
    run_situations(policy)


KINDS: dict[str, Callable[[random.Random, Path, Ledger], None]] = {
    "policies": try_policy,
    "sheets": try_sheet,
    "archives": try_archive,
}


def run_case(kind: str, number: int, seed: int, folder: Path, ledger: Ledger) -> tuple[str, float]:
    """Run one case: what came of it (read, refused, or what went wrong), and the processor time it took."""
    draw = random.Random(f"{seed} {kind} {number}")
    here = folder / "case"
    here.mkdir()
    started = time.process_time()
    try:
        KINDS[kind](draw, here, ledger)
        came = "read"
    except NetkitError as refusal:
        came = "refused" if "\n" not in str(refusal).strip() else f"several lines: {refusal}"
    except BaseException:  # whatever else it is, it is what is looked for
        came = traceback.format_exc(limit=-4)
    finally:
        shutil.rmtree(here)
    return came, time.process_time() - started


def work(kind: str, numbers: range, seed: int, results: multiprocessing.Queue) -> None:
    """Run some cases on a ledger of their own, and say of each what came of it."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name, open_ledger(Path(name) / "home") as ledger:
        ledger.invitations.add("Ada Vogel", sent_at="2024-03-01", source="fuzz")
        for number in numbers:
            results.put((number, *run_case(kind, number, seed, Path(name), ledger)))


def run_batch(kind: str, numbers: range, seed: int) -> list[tuple[int, str, float]]:
    """Run a batch in a process of its own; where it hangs or dies the rest is run by another."""
    done: list[tuple[int, str, float]] = []
    results: multiprocessing.Queue = multiprocessing.Queue()
    child = multiprocessing.Process(target=work, args=(kind, numbers, seed, results))
    child.start()
    while len(done) < len(numbers):
        try:
            done.append(results.get(timeout=GIVEN_UP if child.is_alive() else 1))
        except Exception:  # the queue is empty for good
            at = numbers.start + len(done)
            done.append((at, f"hangs, or ends the process ({child.exitcode})", GIVEN_UP))
            child.kill()
            child.join()
            return done + (
                run_batch(kind, range(at + 1, numbers.stop), seed) if at + 1 < numbers.stop else []
            )
    child.join()
    return done


def main() -> int:
    """Run what is asked for, and tell what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for kind, number in (("policies", 10_000), ("sheets", 5_000), ("archives", 12_000)):
        parser.add_argument(f"--{kind}", type=int, default=number)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--state", type=Path, help="a file that remembers how far a run came")
    parser.add_argument("--only", help="one case, such as archives:1234")
    asked = parser.parse_args()
    if asked.only:
        kind, _, number = asked.only.partition(":")
        for _, came, seconds in run_batch(kind, range(int(number), int(number) + 1), asked.seed):
            print(f"{came}\n{seconds:.1f} s")
        return 0
    state: dict = {"seed": asked.seed, "next": {}, "came": {}, "faults": []}
    if asked.state and asked.state.exists():
        state = json.loads(asked.state.read_text(encoding="utf-8"))
    for kind in KINDS:
        counted = Counter(state["came"].get(kind, {}))
        for start in range(state["next"].get(kind, 0), getattr(asked, kind), BATCH):
            stop = min(start + BATCH, getattr(asked, kind))
            for number, came, seconds in run_batch(kind, range(start, stop), state["seed"]):
                slow = seconds > LONGEST
                counted["slow" if slow else came if came in ("read", "refused") else "fault"] += 1
                if slow or came not in ("read", "refused"):
                    state["faults"].append([f"{kind}:{number}", f"{seconds:.1f} s", came])
                    print(f"{kind}:{number} ({seconds:.1f} s): {came}", flush=True)
            state["next"][kind], state["came"][kind] = stop, dict(counted)
            if asked.state:
                with contextlib.suppress(OSError):
                    asked.state.write_text(json.dumps(state), encoding="utf-8")
        print(f"{kind}: {sum(counted.values()):,} cases, {dict(counted)}", flush=True)
    print(f"{len(state['faults'])} faults")
    return 1 if state["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
