"""The command that opens the workplace in the terminal: a question at a time, a key each."""

import os
import sys
from pathlib import Path

import click

from netkit.cli.options import home_option
from netkit.cli.screen import open_for_drawing, say
from netkit.errors import NetkitError


@click.command("work")
@click.option("--past", is_flag=True, help="Label old invitations that nobody answered; no advice is shown.")
@click.option("--blind", is_flag=True, help="Hide the advice until you have decided.")
@click.option("--demo", is_flag=True, help="Practise on the invented person.")
@click.option(
    "--time", "timed", is_flag=True, help="Keep how long each answer took you; `netkit stats` sums it up."
)
@home_option
def _work_command(past: bool, blind: bool, demo: bool, timed: bool, home: Path | None) -> None:
    """Answer what is waiting, one question at a time, with one key each; netkit keeps every answer at once.

    The screen shows the keys: u takes the last step back, l copies the letter, o opens the sender's
    page, and q stops.
    """
    if past and timed:
        raise NetkitError(
            "--time is for what waits, and --past asks about old invitations. Give one of the two."
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise NetkitError(
            "`netkit work` needs a terminal with a keyboard, and this is none."
            " Run it in a terminal, or answer with `netkit triage` and `netkit decide`."
        )
    say("Reading your ledger. Wait for the first card before you press a key.")
    from netkit.cli.terminal_workplace import TerminalWorkplace
    from netkit.demo import demo_home, practice_of
    from netkit.ledger import open_ledger
    from netkit.sitting import sit_with_the_past, sit_with_what_waits
    from netkit.sitting.buttons import words
    from netkit.sitting.card import closing

    with open_ledger(demo_home() if demo else home) as ledger:
        place = practice_of(ledger.home)
    note = str(words()["practice"]) if place != ledger.home else ""
    if past:
        session = sit_with_the_past(place, "terminal", note=note)
    else:
        session = sit_with_what_waits(place, "terminal", blind=blind, note=note, timed=timed)
    open_for_drawing()
    TerminalWorkplace(session).run(mouse=False)  # the mouse marks text, as everywhere in the terminal
    for sentence in closing(session):
        say(sentence)
