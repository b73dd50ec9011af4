"""How well are notes read that somebody wrote who had not seen the reader?

The 463 invented notes in `benchmarks/notes_fresh.jsonl` were read once; nothing was learned from them and no bound
was moved after them. Of the notes that say a thing and of those that do not, the table counts how often the reader
answered yes, answered no, and said nothing (?). Answered is the share with an answer; precision is the share of
the yes answers that are right; found is the share of the notes that say it, among the answered ones, that were
seen. All are in hundredths, with the interval in which they lie in 95 of 100 such trials.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import pandas as pd
from stored import told

from netkit.evaluation import wilson
from netkit.notes import NoteReader

FRESH = Path(__file__).parent / "notes_fresh.jsonl"
TRAITS = ("default", "says_who", "says_why", "recalls_meeting", "sells", "asks_favour")


def read_fresh() -> pd.DataFrame:
    """Return the notes with what they say (`yes`, `no`, `unclear`) and what the reader says of them."""
    rows = [json.loads(line) for line in FRESH.read_text(encoding="utf-8").splitlines()]
    notes = pd.DataFrame([{"lang": row["lang"], "text": row["text"], **row["traits"]} for row in rows])
    read = NoteReader().read(notes["text"])
    read["note_default"] = read["note_kind"].map({"default": "yes", "personal": "no"})
    return notes.join(read[[f"note_{trait}" for trait in TRAITS]])


def confusion(notes: pd.DataFrame, trait: str) -> Counter[tuple[str, str]]:
    """Count the notes by what they say and what is read; what is unclear is left out."""
    clear = notes[notes[trait] != "unclear"]
    return Counter(zip(clear[trait], clear[f"note_{trait}"].fillna("unknown"), strict=True))


def share(part: int, whole: int) -> str:
    """Return a share in hundredths with its interval."""
    if not whole:
        return "-"
    found = wilson(part, whole)
    return f"{100 * found.value:.0f} ({100 * found.low:.0f} to {100 * found.high:.0f})"


def main() -> None:
    """Print the table, and keep it with `--store`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", action="store_true", help="keep the result for the handbook")
    with told("try_notes", store=parser.parse_args().store):
        tell()


def tell() -> None:
    """Print, for English and the rest, what the notes say against what is read."""
    notes = read_fresh()
    for where, some in (("English", notes["lang"] == "en"), ("other languages", notes["lang"] != "en")):
        print(f"\n{where}, {some.sum()} notes")
        print(
            f"{'trait':16} {'yes: yes no ?':>14} {'no: yes no ?':>14} {'answered':>18} {'precision':>18} {'found':>18}"
        )
        for trait in TRAITS:
            n = confusion(notes[some], trait)
            yes = [n["yes", level] for level in ("yes", "no", "unknown")]
            no = [n["no", level] for level in ("yes", "no", "unknown")]
            answered, total = sum(yes[:2]) + sum(no[:2]), sum(yes) + sum(no)
            print(
                f"{trait:16} {'{:4} {:4} {:4}'.format(*yes):>14} {'{:4} {:4} {:4}'.format(*no):>14}"
                f" {share(answered, total):>18} {share(yes[0], yes[0] + no[0]):>18} {share(yes[0], sum(yes[:2])):>18}"
            )


if __name__ == "__main__":
    main()
