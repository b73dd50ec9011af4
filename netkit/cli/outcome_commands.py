"""The command that says what came of saying yes, and takes your own word for it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click
import pandas as pd

from netkit.cli.options import SOURCE, done_on_option, home_option, json_option
from netkit.cli.screen import print_json, print_table, say
from netkit.comparison.verdict import ANSWERS
from netkit.errors import LedgerError
from netkit.history import own_word, read_history, read_outcomes
from netkit.history.found_by_name import find_request
from netkit.history.outcomes import FLAGS
from netkit.ledger import Ledger, open_ledger
from netkit.outcomes import PolicyOutcomes, policies_on_outcomes
from netkit.policy import load_policy, policy_in_office, shipped_policies
from netkit.wording import day_words, spoken


@click.command("outcomes")
@click.argument("key", required=False)
@click.option(
    "--pitched",
    type=click.Choice(["yes", "no", "undo"]),
    help="With KEY: your own word on whether they pitched after you accepted.",
)
@done_on_option
@home_option
@json_option
def _outcomes_command(
    key: str | None, pitched: str | None, on: date, home: Path | None, as_json: bool
) -> None:
    """Say what came of saying yes: conversations, pitches, silence; and what each policy would have kept.

    With KEY, a request that you accepted, say what came of it, or record your own word.
    """
    with open_ledger(home) as ledger:
        if key:
            _show_one(ledger, find_request(ledger, key, "invitation"), pitched, on, as_json)
            return
        if pitched:
            raise LedgerError("--pitched speaks of one request. Give its key, or a name, first.")
        policy = policy_in_office(ledger.home)
        history = read_history(ledger, policy.vocabularies["invitation"])
        outcomes = read_outcomes(ledger, history.table)
    schools = [load_policy(name) for name in shipped_policies() if name != policy.name]
    speaking = [one for one in (policy, *schools) if "invitation" in one.kinds]
    found = policies_on_outcomes(history, outcomes, speaking)
    if as_json:
        print_json(outcomes.as_dict() | {"policies": found.as_dict()})
        return
    for line in outcomes.sentences:
        say(line)
    if len(outcomes.known):
        _show_policies(found)


def _show_one(ledger: Ledger, request: str, pitched: str | None, on: date, as_json: bool) -> None:
    answered = read_history(ledger).table
    found = read_outcomes(ledger, answered).table
    if request not in set(found["request"]):
        raise LedgerError(f"You did not accept {request}, so nothing came of it. Name one that you accepted.")
    if pitched:
        words = own_word()
        ledger.notes.add(request, next(iter(words)), pitched, at=on, source=SOURCE, vocabulary=words)
        found = read_outcomes(ledger, answered).table
    (one,) = found[found["request"] == request].to_dict(orient="records")
    if as_json:
        print_json(one)
        return
    said = ", ".join(f"{spoken(flag)}: {_told(one[flag])}" for flag in FLAGS)
    day = day_words(one["accepted_at"])
    say(f"{one['name']}: accepted on {day} (known by the {one['timed_by']}). {said}.")


def _told(flag: Any) -> str:  # noqa: ANN401 - a cell
    return "unknown" if pd.isna(flag) else "yes" if flag else "no"


def _show_policies(found: PolicyOutcomes) -> None:
    rows = [
        [spoken(str(row["policy"])), _part(row, "kept", "conversations"), _part(row, "avoided", "pitches"),
         row["beyond"]]
        for row in found.kept.to_dict(orient="records")
    ]  # fmt: skip
    print_table(
        "What each policy would have made of what you accepted",
        ["policy", "conversations kept", "pitches avoided", "beyond"],
        rows,
        note="Kept: it would have accepted. Avoided: it would have refused, or asked first. In brackets: the"
        " 95 % interval of the share. Beyond: how many it would have accepted and you did not; nobody knows"
        " what came of those. netkit outcomes --json has every rule and the bounds.",
        wide="policy",
    )
    said = found.answers.set_index("answer")["n"]
    asked, every = int(said[ANSWERS[0]].sum()), int(said.sum())
    if 2 * asked > every:
        say(
            "Most of what you accepted they would have asked about first. Facts that you note let them"
            " decide."
        )


def _part(row: Mapping[Any, Any], part: str, whole: str) -> str:
    if not row[whole]:
        return "–"
    share, low, high = (100 * row[f"{part}_{end}"] for end in ("share", "low", "high"))
    return f"{row[part]} of {row[whole]}: {share:.0f} % [{low:.0f}, {high:.0f}]"
