"""The command that shows your network in numbers, on one screen."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click
import pandas as pd
from rich.text import Text

from netkit.cli.options import home_option, json_option, on_option
from netkit.cli.screen import console, print_found, print_table, say
from netkit.history.labels import STATE_WORDS
from netkit.ledger import open_ledger
from netkit.network.network_in_numbers import NetworkInNumbers
from netkit.wording import day_words, spoken

_MONTHS, _PEOPLE = 12, 5  # what a screen has room for; --json has all
_BAR = 40
_GONE = "Gone: no newer archive has them, and nothing says what you answered."


@click.command("stats")
@on_option
@home_option
@json_option
def _stats_command(on: date, home: Path | None, as_json: bool) -> None:
    """Show your network in numbers: what came when, by note, what became of it, and who opens doors."""
    with open_ledger(home) as ledger:
        numbers = NetworkInNumbers.of(ledger, on)
    print_found(numbers, as_json, _show_numbers)


def _show_numbers(numbers: NetworkInNumbers) -> None:
    for sentence in numbers.sentences:
        say(sentence)
    _print_months(numbers.months.tail(_MONTHS))
    notes = numbers.by_note[numbers.by_note["n"] > 0].iloc[:, :5]
    notes = notes.assign(gone=2 * notes["n"] - notes.iloc[:, 1:].sum(axis=1))
    _print(
        "The invitations you received, by note",
        ["note", "received", "accepted", "refused", "waiting", "gone"],
        notes,
        note=_GONE if notes["gone"].any() else "",
    )
    states = numbers.became.groupby("state", sort=False)["n"].sum()
    if len(states):
        became = " · ".join(f"{n:,} {STATE_WORDS[str(state)]}" for state, n in states.items())
        say(f"What became of them: {became}")
        console.print()
    asked = numbers.load.head(_PEOPLE)[["contact_name", "lately", "this_year", "last_asked"]]
    title = f"Contacts you asked most for an introduction, up to {day_words(numbers.counted_to)}"
    _print(title, ["contact", "last 90 days", "last year", "last asked"], asked)
    doors = ["contact", "agreed when asked", "you introduced", "helped every side"]
    _print("Who opens doors for those you introduce", doors, numbers.doors.head(_PEOPLE))
    sent = numbers.introducers.head(_PEOPLE)
    shown = ["introducer_name", "sent", "asked_first", "accepted", "useful"]
    _print("Who introduces people to you", ["introducer", *map(spoken, shown[1:])], sent[shown])
    say("As pictures: notebook 10 in netkit lab.\n")
    for sentence in numbers.saved.sentences:
        say(sentence)


def _print(title: str, columns: Sequence[str], rows: pd.DataFrame, *, note: str = "") -> None:
    if len(rows):
        print_table(title, columns, rows.itertuples(index=False), wide=columns[0], note=note)


def _print_months(months: pd.DataFrame) -> None:
    """Print the invitations received in each month as bars, with the number at the bar."""
    most = max([1, *months["received"]])
    if len(months):
        console.print()
        console.print(Text("Invitations received by month"), style="bold")
    for month, received in zip(months["month"], months["received"], strict=True):
        say(f"  {month}  {'█' * round(_BAR * received / most)} {received:,}")
    if len(months):
        console.print()
