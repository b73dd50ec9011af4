"""Commands about the judges: the fitted model, and who decides better."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netkit.cli.comparison_screen import show_comparison
from netkit.cli.options import home_option, json_option
from netkit.cli.screen import print_found, print_json, print_table, run_step, say
from netkit.cli.table_options import read_own_table, refuse_both, table_options
from netkit.comparison import Comparison, compare, compare_judges
from netkit.costs import Costs
from netkit.history import History, read_history, read_outcomes
from netkit.history.outcomes import Target
from netkit.ledger import Ledger, open_ledger
from netkit.model import FittedModel, fit_model
from netkit.model.effect_wording import odds_of
from netkit.outcomes import compare_outcomes, fit_outcomes
from netkit.policy import load_policy, policy_in_office
from netkit.triage import fit_history, heard_model
from netkit.waiting import as_it_waits
from netkit.wording import counted

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

_SCHOOLS = ("known_people_only", "open_to_conversation", "precious_network")


_target_option = click.option(
    "--target",
    type=click.Choice(["conversation", "pitched"]),
    help="Learn what came of your acceptances instead of what you did.",
)


@click.command("fit")
@_target_option
@table_options
@home_option
@json_option
def _fit_command(
    home: Path | None,
    as_json: bool,
    table: Path | None,
    target: Target | None,
    **asked: Any,  # noqa: ANN401 - as click gives it
) -> None:
    """Let the model learn from your answers (it begins as your rules), and show what moves them.

    With --table it learns from a table of your own, whose columns become facts. With --target it learns what
    came of your acceptances: a conversation, or a pitch.
    """
    refuse_both(table, target)
    own = read_own_table(table, as_json, **asked)
    if own:
        model = run_step("fitting the model", lambda: fit_model(own))
        print_json(model.as_dict()) if as_json else _show_model(model)
        return
    with open_ledger(home) as ledger:
        policy = policy_in_office(ledger.home)
        history = read_history(ledger, policy.vocabularies["invitation"])
        if target:
            outcomes = read_outcomes(ledger, history.table)
            model = run_step("fitting the model", lambda: fit_outcomes(history, outcomes, policy, target))
            print_json(model.as_dict()) if as_json else _show_model(model)
            return
    model = run_step("fitting the model", lambda: fit_history(history, policy))
    heard, lacks = heard_model(history, policy)
    if as_json:
        told = {"speaks": heard is not None, "about_model": lacks}
        print_json(model.as_dict() | {"more_decisions": history.more.as_dict()} | told)
        return
    if heard is None:
        say(lacks)
    _show_model(model)
    if heard is not None:
        say(lacks)


def _show_model(model: FittedModel) -> None:
    """Print the effects that stand out, the points card, and what the reader should know."""
    effects, labels = model.clear_effects(), counted(round(model.labels), "answer")
    if effects.empty:
        say(
            f"From {labels} no fact's effect can be told from chance yet. netkit fit --json has every effect,"
            " however unsure."
        )
    else:
        print_table(
            f"What moves your odds {odds_of(model.kind, model.target)}, from {labels}",
            ["answers", "what goes with it"],
            effects[["n", "words"]].itertuples(index=False),
            note="Answers: how many have the first of the two levels. Odds of 4 mean 4 yes for each no. The"
            " brackets hold the truth in 95 of 100 such cases. netkit fit --json has every effect, the prior"
            " and the points.",
            wide="what goes with it",
        )
    if model.carries_points:
        say(model.points_card().text())
    else:
        say(
            "There is no points card yet. It needs ten answers of each kind, and a fact whose effect is"
            " clearer than chance."
        )
    for note in model.notes:
        say(f"Note: {note}")


@click.command("compare")
@click.option("--wrong-accept", type=float, help="What a wrong accept costs you.")
@click.option("--wrong-decline", type=float, help="What a wrong decline costs you.")
@click.option("--question", type=float, help="What a question costs you, in the same currency.")
@click.option("--all", "every", is_flag=True, help="Every judge, with intervals and calibration.")
@_target_option
@table_options
@home_option
@json_option
def _compare_command(
    home: Path | None,
    as_json: bool,
    every: bool,
    wrong_accept: float | None,
    wrong_decline: float | None,
    question: float | None,
    table: Path | None,
    target: Target | None,
    **asked: Any,  # noqa: ANN401 - as click gives it
) -> None:
    """Compare rules and model on your later requests: who decides better, and how sure is that?

    If you state no costs, netkit's own count, which the handbook explains. With --table the model is
    compared with the share accepted so far, on a table of your own whose columns become facts. With --target
    accepting counts as right where a conversation came of it, or where no pitch did.
    """
    refuse_both(table, target)
    stated = {"wrong_accept": wrong_accept, "wrong_decline": wrong_decline, "question": question}
    costs = Costs.of({name: value for name, value in stated.items() if value is not None})
    own = read_own_table(table, as_json, **asked)
    if own:
        found = run_step("comparing the judges", lambda: compare_judges(own, costs=costs))
        print_found(found, as_json, show_comparison)
        return
    with open_ledger(home) as ledger:
        history = read_past(ledger)
        comparison = run_step(
            "comparing the judges", lambda: compared(ledger, costs, target=target, history=history)
        )
    waiting = 0 if comparison.more.may_speak else len(history.waiting())
    show = partial(show_comparison, every=every or target is not None, waiting=waiting)
    print_found(comparison, as_json, show)


def read_past(ledger: Ledger) -> History:
    """Read the history with the facts of the policy in office."""
    vocabulary = policy_in_office(ledger.home).vocabularies["invitation"]
    return as_it_waits(ledger, read_history(ledger, vocabulary))


def compared(
    ledger: Ledger,
    costs: Costs | None = None,
    challengers: Mapping[str, "ClassifierMixin"] | None = None,
    *,
    target: Target | None = None,
    history: History | None = None,
) -> Comparison:
    """Compare the policy in office, the schools, the model and any challengers on a ledger's history.

    With a target the judges are held against what came of the acceptances. The history is read where none is
    given.
    """
    policy = policy_in_office(ledger.home)
    history = history or read_past(ledger)
    policies = [policy, *(load_policy(name) for name in _SCHOOLS)]
    if target:
        return compare_outcomes(history, read_outcomes(ledger, history.table), policies, target, costs)
    return compare(history, policies, costs, challengers=challengers)
