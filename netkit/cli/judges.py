"""Commands about the judges: fit the model, and compare it with the rules."""

import json
import math
from pathlib import Path
from typing import Any

import click
import pandas as pd

from netkit.cli.screen import home_option, json_option, print_json, print_table, say, with_progress
from netkit.comparison import Comparison, compare
from netkit.costs import Costs
from netkit.history import read_history
from netkit.ledger import Ledger, open_ledger
from netkit.policy import load_policy
from netkit.triage import fit_history, policy_in_office

_SCHOOLS = ("known_people_only", "open_to_conversation", "precious_network")


@click.command("fit")
@home_option
@json_option
def fit_command(home: Path | None, as_json: bool) -> None:
    """Fit the model that begins as your rules, and show what each fact does to its answer."""
    with open_ledger(home) as ledger:
        policy = policy_in_office(ledger.home)
        history = read_history(ledger, policy.vocabularies["invitation"])
    (model,) = with_progress([("fitting the model", lambda: fit_history(history, policy))])
    if as_json:
        stored: dict[str, Any] = json.loads(model.to_json())  # type: ignore[attr-defined]
        stored["effects"] = model.effects().to_dict(orient="records")  # type: ignore[attr-defined]
        print_json(stored)
        return
    effects = model.effects()  # type: ignore[attr-defined]
    print_table(
        "What each fact does to the odds of accepting",
        list(effects.columns),
        effects.itertuples(index=False),
    )


@click.command("compare")
@home_option
@json_option
def compare_command(home: Path | None, as_json: bool) -> None:
    """Compare rules and model on your later requests: who decides better, and how sure is that?"""
    with open_ledger(home) as ledger:
        (comparison,) = with_progress([("comparing the judges", lambda: compared(ledger))])
    assert isinstance(comparison, Comparison)
    if as_json:
        print_json(comparison.as_dict())
    else:
        show_comparison(comparison)


def compared(ledger: Ledger) -> Comparison:
    """Compare the policy in office, the schools and the model on a ledger's history."""
    policy = policy_in_office(ledger.home)
    history = read_history(ledger, policy.vocabularies["invitation"])
    return compare(history, [policy, *(load_policy(name) for name in _SCHOOLS)], Costs())


def show_comparison(comparison: Comparison) -> None:
    """Print the scores of every judge, and the verdict."""
    if comparison.pair.n:
        _print_scores(comparison.scores)
    say(comparison.sentence)
    for note in comparison.notes:
        say(f"Note: {note}")


def _print_scores(table: pd.DataFrame) -> None:
    scores = table.reset_index().sort_values("cost_per_100", kind="stable")
    rows = [
        [
            str(row["judge"]).replace("_", " "),
            f"{row['cost_per_100']:.1f} [{row['cost_per_100_low']:.1f}, {row['cost_per_100_high']:.1f}]",
            _number(row["agreement"], ".0%"),
            _number(row["recall_on_refusals"], ".0%"),
            _number(row["auc"], ".2f"),
            _number(row["brier"], ".3f"),
        ]
        for row in scores.to_dict(orient="records")
    ]
    print_table(
        f"The judges on your {int(scores['n'].max())} later requests, the cheapest first",
        ["judge", "cost of 100 [95 %]", "as you did", "refusals found", "AUC", "Brier"],
        rows,
        note="As you did, refusals found, AUC: higher is better; Brier: lower. netkit compare --json has"
        " every interval.",
        wide="judge",
    )


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)
