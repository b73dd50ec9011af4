"""The command that lists what is open, with both judges' answers."""

from pathlib import Path
from typing import Any

import click
import pandas as pd

from netkit.cli.screen import home_option, json_option, print_json, print_table, say
from netkit.costs import Costs
from netkit.history import read_history
from netkit.ledger import Ledger, open_ledger
from netkit.policy import policy_in_office
from netkit.triage import fitted_or_none, triage

_JSON = [
    "request",
    "action",
    "reason",
    "rule",
    "clause",
    "settled",
    "possible",
    "next_fact",
    "question",
]


@click.command("triage")
@home_option
@json_option
@click.option("--limit", default=12, show_default=True, help="How many rows of each part (0: all).")
def triage_command(home: Path | None, as_json: bool, limit: int) -> None:
    """List the open invitations with the policy's answer, its reason, and what to find out next."""
    with open_ledger(home) as ledger:
        table = open_requests(ledger)
    if as_json:
        columns = [
            *_JSON,
            *(name for name in ("model_action", "model_probability") if name in table),
        ]
        print_json(table[columns].to_dict(orient="records"))
    else:
        show_triage(table, limit)


def open_requests(ledger: Ledger) -> pd.DataFrame:
    """Return the triage of a ledger: the policy in office beside the model."""
    policy = policy_in_office(ledger.home)
    history = read_history(ledger, policy.vocabularies["invitation"])
    return triage(history, policy, fitted_or_none(history, policy, Costs()))


def show_triage(table: pd.DataFrame, limit: int) -> None:
    """Print the open invitations, those that can be answered first, at most `limit` of either kind."""
    ready, waiting = table[table["settled"]], table[~table["settled"]]
    _print_part(
        f"Ready to answer: {len(ready)} of {len(table)} open invitations",
        ["request", "from", "answer", "because"],
        [
            [row["request"], row["name"], row["action"], f"{row['reason']} [{row['clause']}]"]
            for row in _rows(ready, limit)
        ],
        len(ready),
    )
    _print_part(
        f"Something to find out first: {len(waiting)} of {len(table)}",
        ["request", "from", "could be", "the cheapest thing to find out"],
        [
            [row["request"], row["name"], f"{len(row['possible'])} answers", row["question"]]
            for row in _rows(waiting, limit)
        ],
        len(waiting),
    )
    if table.empty:
        say(
            "No invitation is open. What has stood unanswered for longer than your acceptances take is"
            " 'aged' (netkit history), and waits in the sheet: netkit sheet invitations FILE.xlsx"
        )
        return
    say(
        "Record what you do: netkit decide REQUEST ACTION --fact name=level"
        + (
            " --opinion-seen (leave out the last where you had not read the answer above)"
            if len(ready)
            else ""
        )
    )


def _rows(table: pd.DataFrame, limit: int) -> list[dict[str, Any]]:
    part = table.head(limit) if limit else table
    return [dict(row) for _, row in part.iterrows()]


def _print_part(title: str, columns: list[str], rows: list[list[object]], total: int) -> None:
    if rows:
        more = f"{total - len(rows)} more: netkit triage --limit 0\n" if total > len(rows) else ""
        print_table(title, columns, rows, note=more, wide=columns[-1])
