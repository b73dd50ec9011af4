"""Whatever sheets and commands record, in any order, is a life that the commands alone could have made."""

import csv
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from netkit.errors import NetkitError
from netkit.facts import ACTIONS, OUTCOMES
from netkit.introductions import ask_introduction, read_lives, take_step, try_step, undo_step
from netkit.ledger import open_ledger
from netkit.sheets import read_sheet

FIRST = date(2024, 3, 1)
DAYS = st.integers(0, 5).map(lambda days: FIRST + timedelta(days=days))
PEOPLE = {"requester": "Ada Lind", "contact": "Bo Roth", "purpose_text": "work", "asked_by": "email"}
STEPS = (
    "judged", "asked_more", "call_me", "permission_asked", "permission_given", "permission_refused",
    "introduced", "followed_up", "outcome_requester", "outcome_contact", "declined", "redirected",
)  # fmt: skip


def filled(values):
    return st.just("") | values


CELLS = st.fixed_dictionaries(
    {
        "action": filled(st.sampled_from(ACTIONS["introduction"])),
        "permission": filled(st.sampled_from(["not_asked", "given", "refused"])),
        "way_on": st.sampled_from(["", "write yourself"]),
        "without_permission_because": st.sampled_from(["", "they had met"]),
        "outcome_requester": filled(st.sampled_from(OUTCOMES)),
        "outcome_contact": filled(st.sampled_from(OUTCOMES)),
        **{
            f"{column}_on": filled(DAYS.map(str))
            for column in ("decided", "permission", "introduced", "outcome")
        },
    }
)
# Few cells at a time: of a row with many, most are refused.
ROWS = st.tuples(CELLS, st.sets(st.sampled_from(sorted(["action", "permission", "introduced_on",
    "outcome_requester", "outcome_contact"])), min_size=1, max_size=2)).map(
    lambda drawn: {
        name: text for name, text in drawn[0].items()
        if name in drawn[1] or (name.endswith(("_on", "_because")) and name != "introduced_on")
    }
)  # fmt: skip
COMMANDS = st.sampled_from((*STEPS, "undo"))
HISTORIES = st.lists(st.tuples(ROWS | COMMANDS, DAYS, st.booleans()), min_size=2, max_size=6)


def in_sheet(ledger, folder, cells, on, keyed):
    request = ledger.introductions.to_frame()["request"][0] if keyed else ""
    row = {"request": request, "asked_on": FIRST.isoformat(), **PEOPLE, **cells}
    with (folder / "sheet.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    read_sheet(ledger, "introduction", folder / "sheet.csv", at=on)


def by_command(ledger, step, on):
    request = ledger.introductions.to_frame()["request"][0]
    if step == "undo":
        undo_step(ledger, request, on=on)
        return
    detail = {"way_on": "x", "outcome": "useful"}
    take_step(ledger, request, step, on=on, detail=detail)


def replayed(life):
    """Take the steps that stand once more, each held to what the commands check."""
    again = replace(life, steps=())
    for step in life.standing:
        again = try_step(again, step.step, on=step.on, detail=step.detail)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(history=HISTORIES)
def test_sheets_and_commands_together_make_no_life_that_commands_alone_could_not(tmp_path_factory, history):
    folder = tmp_path_factory.mktemp("any")
    with open_ledger(folder / "home") as ledger:
        people = PEOPLE["requester"], PEOPLE["contact"]
        ask_introduction(ledger, *people, purpose="work", channel="email", on=FIRST)
        for what, on, keyed in history:
            before = ledger.introductions.events(include_undone=True)
            try:
                if isinstance(what, str):
                    by_command(ledger, what, on)
                else:
                    in_sheet(ledger, folder, what, on, keyed)
            except NetkitError:  # a refusal leaves everything as it was
                assert ledger.introductions.events(include_undone=True).equals(before)
            (life,) = read_lives(ledger)
            replayed(life)
