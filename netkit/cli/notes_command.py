"""The command that lets the reader of notes learn from what you corrected."""

from pathlib import Path

import click

from netkit.cli.options import home_option, json_option
from netkit.cli.screen import print_found, print_table, run_step, say
from netkit.ledger import Learned, open_ledger
from netkit.notes.corrections import FEWEST, FEWEST_OF_EACH, Corrected
from netkit.wording import counted, spoken

_SHOWN = 10  # keys; the JSON has all


@click.group("notes")
def _notes_command() -> None:
    """Teach the reader of notes from your corrections. It learns what makes it better, on this machine."""


@_notes_command.command("learn")
@click.option("--look", is_flag=True, help="Only look at what would be learned and what would change.")
@click.option("--undo", is_flag=True, help="Unlearn: read your notes as netkit ships the reader.")
@home_option
@json_option
def _learn_command(look: bool, undo: bool, home: Path | None, as_json: bool) -> None:
    """Learn from every value that you yourself noted about what a note says.

    Each fact needs ten of them, at least three of yes and of no. They are tried on other people, and used
    only where more is read right so. The labels stay in your ledger; what is learned is made from them anew.
    """
    with open_ledger(home) as ledger:
        learned = run_step("reading your notes", lambda: ledger.learn_notes(look=look, undo=undo))
    print_found(learned, as_json, lambda found: _show_learned(found, look=look, undo=undo))


def _show_learned(found: Learned, *, look: bool, undo: bool) -> None:
    said = counted(found.corrections, "value")
    if undo:
        say(f"Your {said} stay in the ledger, and the reader does not use them any more.")
    elif not found.corrections:
        say("You have corrected nothing so far. Say what a note says: netkit decide KEY --fact note_sells=no")
    else:
        _show_tried(found.facts, said, counted(found.notes, "note"), look=look)
    if found.read:
        of, changed = counted(found.read, "note"), len(found.changed)
        say(
            f"Of {of}, {changed} would say something else."
            if look
            else f"Read {of} again: {changed} changed."
        )
        if changed:
            more = f" and {changed - _SHOWN} more" if changed > _SHOWN else ""
            say(f"{', '.join(found.changed[:_SHOWN])}{more}")


def _show_tried(facts: tuple[Corrected, ...], said: str, notes: str, *, look: bool) -> None:
    differ, settle = sum(one.differ for one in facts), sum(one.settle for one in facts)
    say(
        f"You noted {said} of {notes} yourself. In {differ} the reader said otherwise,"
        f" in {settle} it did not know."
    )
    print_table(
        "Right, wrong and unknown: as netkit ships the reader, and after learning from other people's notes",
        ["fact", "values", "before", "after", "what is done"],
        [
            [spoken(one.fact), one.labels, _three(one.before), _three(one.after), _done(one, look=look)]
            for one in facts
            if one.labels
        ],
        wide="what is done",
    )
    if any(one.labels and one.lacking for one in facts):
        say(f"A fact is tried from {FEWEST} values on, {FEWEST_OF_EACH} of yes and of no at least.")


def _three(counts: tuple[int, int, int]) -> str:
    return " / ".join(map(str, counts))


def _done(one: Corrected, *, look: bool) -> str:
    if one.lacking:
        return f"unchanged: {one.lacking} more needed"
    if not one.used:
        return "unchanged: it would not help"
    return "would be learned" if look else "learned"
