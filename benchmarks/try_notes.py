"""How well notes are read that somebody wrote who had not seen the reader.

The 320 invented notes in `benchmarks/notes_fresh.jsonl` were written when the reader was done, and read once: nothing
was learned from them or chosen by them. What their writer was unsure of is left out. (`notes_tried.jsonl` beside it
was looked at while the reader was made; name it to read it.) Of the notes that say a thing and
of those that do not, the table counts how often the reader answered yes, answered no, and said nothing (?).
Answered is the share with an answer; precision is the share of the yes answers that are right; found is the share
of the notes that say it, among the answered ones, that were seen. All are in hundredths, with the interval in which
they lie in 95 of 100 such trials. `--store` also keeps what was read for the notebook of the reader.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from stored import told

from netkit.evaluation import Estimate, reading_quality
from netkit.notes import NoteReader
from netkit.notes.corrections import CORRECTED

FRESH = Path(__file__).parent / "notes_fresh.jsonl"
TABLE = Path(__file__).parents[1] / "notebooks" / "data" / "notes_fresh" / "notes_as_read.csv"


def read_fresh(path: Path = FRESH) -> pd.DataFrame:
    """Return the language of each note, what it says (`yes`, `no`, `unclear`) and what is read (`read_...`)."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = pd.Series([row["text"] for row in rows], dtype="str")
    facts = NoteReader().read(texts)
    facts["note_kind"] = facts["note_kind"].map({"default": "yes", "personal": "no"})
    named = {"asks_for_money_or_data": "fraud"}
    says = {trait: [row["traits"][named.get(trait, trait)] for row in rows] for trait in CORRECTED}
    read = {f"read_{trait}": facts[fact] for trait, fact in CORRECTED.items()}
    return pd.DataFrame({"language": [row["lang"] for row in rows], **says, **read})


def main() -> None:
    """Print the table, and keep it with `--store`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", action="store_true", help="keep the result for the handbook")
    parser.add_argument("notes", nargs="?", type=Path, default=FRESH, help="other notes in the same form")
    asked = parser.parse_args()
    store = asked.store
    notes = read_fresh(asked.notes)
    if store:
        notes.to_csv(TABLE, index=False, lineterminator="\n")
    with told("try_notes", store=store):
        tell(notes)


def tell(notes: pd.DataFrame) -> None:
    """Print, for English and the rest, what the notes say against what is read."""
    traits = list(CORRECTED)
    read = notes[[f"read_{trait}" for trait in traits]].set_axis(traits, axis=1)
    groups = notes["language"].map(lambda code: "English" if code == "en" else "other languages")
    table = reading_quality(notes[traits], read, groups.tolist())
    for group, rows in table.groupby("group", sort=False):
        print(f"\n{group}, {(groups == group).sum()} notes")
        print(
            f"{'trait':22} {'yes: yes no ?':>14} {'no: yes no ?':>14} {'answered':>18} {'precision':>18} {'found':>18}"
        )
        for row in rows.to_dict(orient="records"):
            counts = [
                "{:4} {:4} {:4}".format(*(row[f"{said}_{level}"] for level in ("yes", "no", "unknown")))
                for said in ("yes", "no")
            ]
            shares = " ".join(f"{share(row[name]):>18}" for name in ("answered", "precision", "found"))
            print(f"{row['trait']:22} {counts[0]:>14} {counts[1]:>14} {shares}")


def share(found: Estimate) -> str:
    """Return a share in hundredths with its interval."""
    if not found.n:
        return "-"
    return f"{100 * found.value:.0f} ({100 * found.low:.0f} to {100 * found.high:.0f})"


if __name__ == "__main__":
    main()
