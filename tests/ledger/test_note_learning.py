"""Your corrections of what notes say: tried on people left out, learned where that helps, and forgotten whole."""

import json
import sqlite3

import pandas as pd
import pytest
from invented_export import export, invitation

from netkit.cli import run
from netkit.errors import NetkitError
from netkit.ledger import open_ledger
from netkit.notes import NoteReader, note_reader
from netkit.notes.sentence_encoder import is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="the sentence encoder is not installed")

# The reader cannot tell whether a garden club sells; its owner says that it does.
CLUB = ["Our garden club meets on {}s, there is cake.", "We swap seeds every {}, come along.",
        "The allotment opens on {} at nine.", "Seeds and cake on {} in the shed."]  # fmt: skip
READER = ["Your talk on {} rocks was good, I read on.", "I read your {} article about slate.",
          "Your {} post about granite made me think.", "Your {} paper on chalk lies on my desk."]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Friday", "Sunday", "Saturday"]


def written(n):
    kinds = [(text.format(day), kind) for day in DAYS for text, kind in
             [pair for both in zip(CLUB, READER, strict=True) for pair in zip(both, "cr", strict=True)]]  # fmt: skip
    return kinds[:n]


@pytest.fixture
def sit(tmp_path):
    """Return a ledger with 30 notes, of which the first so many are corrected."""
    with open_ledger(tmp_path / "home") as ledger:

        def filled(corrected):
            notes = written(30)
            rows = [
                invitation(f"Person {at}", f"2024-02-01T12:{at:02d}:00+00:00", slug=f"p{at}", note=text)
                for at, (text, _) in enumerate(notes)
            ]
            ledger.import_export(export("2024-03-01", invitations=rows, absent=("messages",)))
            keys = ledger.invitations.to_frame().set_index("person")["request"]
            for at, (_, kind) in list(enumerate(notes))[:corrected]:
                level = "yes" if kind == "c" else "no"
                ledger.notes.add(keys[f"in:p{at}"], "note_sells", level, at="2024-03-02", source="t")
            return ledger

        yield filled


def sells(ledger):
    said = ledger.invitations.notes_read()
    return pd.Series({request: each["note_sells"] for request, each in said.items()}, dtype="object")


def of_fact(learned, fact="note_sells"):
    return next(one for one in learned.facts if one.fact == fact)


def test_corrections_teach_what_notes_of_other_people_say(sit):
    ledger = sit(16)
    before = sells(ledger)
    learned = ledger.learn_notes()
    one = of_fact(learned)
    assert one.used and one.labels == 16 and one.after[0] > one.before[0] and one.after[1] <= one.before[1]
    assert one.differ + one.settle == 16 - one.before[0]
    after = sells(ledger)
    unseen = ledger.invitations.to_frame().set_index("request").loc[list(after.index)]
    club = unseen["message"].str.contains("cake|seeds|allotment", case=False)
    assert (after[club] == "yes").sum() > (before[club] == "yes").sum()
    assert set(learned.changed) == set(after.index[after.fillna("") != before.fillna("")])


def test_too_few_corrections_change_nothing_and_say_how_many_are_lacking(sit):
    ledger = sit(9)
    before = sells(ledger)
    learned = ledger.learn_notes()
    assert not of_fact(learned).used and of_fact(learned).lacking == 1
    assert of_fact(learned, "note_asks_favour").lacking == 10
    assert sells(ledger).equals(before) and learned.read == 0


def test_corrections_that_say_what_is_read_anyway_change_nothing(sit):
    ledger = sit(0)
    frame = sells(ledger).dropna()
    for request, level in frame.items():
        ledger.notes.add(request, "note_sells", level, at="2024-03-02", source="t")
    assert not of_fact(ledger.learn_notes()).used


def test_only_looking_writes_nothing_and_unlearning_brings_back_what_was_read(sit):
    ledger = sit(16)
    before = sells(ledger)
    assert ledger.learn_notes(look=True).changed
    assert sells(ledger).equals(before)
    ledger.learn_notes()
    assert not sells(ledger).equals(before)
    ledger.learn_notes(undo=True)
    assert sells(ledger).equals(before)


def test_what_was_learned_is_used_when_the_next_archive_is_read(sit):
    ledger = sit(16)
    new = invitation(
        "Ada New", "2024-03-05T12:00:00+00:00", slug="ada", note="Seeds and cake on Monday in the shed."
    )
    archive = export("2024-04-01", invitations=[new], absent=("messages",))
    ledger.learn_notes()
    ledger.import_export(archive)
    request = ledger.invitations.to_frame().set_index("person").loc["in:ada", "request"]
    with sqlite3.connect(ledger.file) as raw:
        (reader,) = raw.execute("SELECT reader FROM notes_read WHERE request = ?", [request]).fetchone()
    assert " yours " in reader


def test_a_forgotten_person_teaches_nothing_and_no_learned_weight_is_kept(sit):
    ledger = sit(10)
    assert of_fact(ledger.learn_notes()).labels == 10
    ledger.forget("in:p0")
    assert of_fact(ledger.learn_notes()).labels == 9 and not of_fact(ledger.learn_notes()).used
    with sqlite3.connect(ledger.file) as raw:
        assert not raw.execute("SELECT 1 FROM notes_read WHERE reader LIKE '%yours%'").fetchall()


def test_a_value_taken_back_or_unknown_is_no_correction(sit):
    ledger = sit(10)
    keys = ledger.invitations.to_frame()["request"]
    ledger.notes.add(keys[0], "note_sells", "undo", at="2024-03-03", source="t")
    ledger.notes.add(keys[1], "note_sells", "unknown", at="2024-03-03", source="t")
    assert ledger.learn_notes().corrections == 8


def test_a_backup_brings_the_corrections_along(sit, tmp_path):
    ledger = sit(16)
    ledger.backup(tmp_path / "copy.db")
    type(ledger).restore(tmp_path / "copy.db", tmp_path / "other")
    with open_ledger(tmp_path / "other") as other:
        assert of_fact(other.learn_notes()).used


def test_without_the_encoder_nothing_can_be_learned(sit, monkeypatch):
    ledger = sit(1)
    monkeypatch.setattr(note_reader, "is_installed", lambda: False)
    with pytest.raises(NetkitError, match=r"extra \[notes\]"):
        ledger.learn_notes()


def test_the_command_says_how_many_corrections_there_are_and_what_changes(sit, capsys):
    home = str(sit(16).home)
    assert run(["notes", "learn", "--look", "--home", home]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "You noted 16 values of 16 notes yourself." in out and "would be learned" in out
    assert run(["notes", "learn", "--json", "--home", home]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["corrections"] == 16 and told["changed"]
    assert {one["fact"]: one["used"] for one in told["facts"]}["note_sells"] is True


def test_the_shipped_reader_is_as_it_was(sit):
    sit(16).learn_notes()
    assert "yours" not in NoteReader().version
