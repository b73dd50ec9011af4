"""The command that says when introductions turn out well."""

import math
from pathlib import Path

import click

from netkit.cli.intro_views import introduction_facts_of
from netkit.cli.screen import home_option, json_option, print_json, print_table, say
from netkit.history import read_introductions
from netkit.introductions.lessons import outcomes
from netkit.ledger import open_ledger


@click.command("lessons")
@click.option("--fact", "names", multiple=True, help="Only these facts; all where left out.")
@home_option
@json_option
def lessons_command(names: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Say when introductions turn out well.

    With intervals, and with bounds for those that were never made.
    """
    with open_ledger(home) as ledger:
        history = read_introductions(ledger, introduction_facts_of(ledger))
    found = outcomes(history, names or None)
    if as_json:
        print_json(found.as_dict())
        return
    print_table(
        "When introductions turn out well: useful among the known, and among all had all been made",
        ["fact", "level", "n", "made", "known", "useful", "useful of the known", "of all"],
        [
            [*row[:6], _span(row[6], row[7], row[8]), _span(None, row[9], row[10])]
            for row in found.table.itertuples(index=False)
        ],
    )
    for sentence in found.sentences:
        say(sentence)


def _span(value: float | None, low: float, high: float) -> str:
    if math.isnan(low if value is None else value):
        return "–"
    between = f"{100 * low:.0f} to {100 * high:.0f} %"
    return between if value is None else f"{100 * value:.0f} % [{between}]"
