"""The command that lists what waits, with what each judge says of it."""

from dataclasses import asdict, replace
from pathlib import Path

import click

from netkit.cli.options import home_option, json_option
from netkit.cli.screen import ask_to_read_again, print_json
from netkit.cli.triage_screen import cut, show_groups, show_triage
from netkit.costs import Costs
from netkit.history import alike_words, read_outcomes
from netkit.ledger import Ledger, open_ledger
from netkit.waiting import Waiting, what_waits
from netkit.waiting.alike import alike

_JSON = (
    "request", "name", "sent_at", "waited_days", "state", "note", "action", "reason", "rule", "clause",
    "settled", "possible", "next_fact", "question", "leans_to", "unless", "answers", "model_action",
    "model_probability", "came_of", "teaches_most",
)  # fmt: skip
_NAME = 40  # letters of a name within a sentence


@click.command("triage")
@home_option
@json_option
@click.option("--all", "every", is_flag=True, help="Show every row, not only the first few of each part.")
@click.option("--why", is_flag=True, help="Show the whole reasons, with the clauses they follow.")
@click.option("--grouped", is_flag=True, help="Put similar requests together, to answer them at once.")
def _triage_command(home: Path | None, as_json: bool, every: bool, why: bool, grouped: bool) -> None:
    """List what is waiting for your answer: the advice and its reason, or the question to answer first."""
    with open_ledger(home) as ledger:
        with ledger.snapshot():
            waiting = what_waits(ledger) if grouped else waiting_with_model(ledger)
        ask_to_read_again(ledger)
    if grouped:
        groups = alike(waiting)
        print_json([asdict(group) for group in groups]) if as_json else show_groups(waiting, groups)
    elif as_json:
        table, history = waiting.table, waiting.history
        rows = table[[name for name in _JSON if name in table]].to_dict(orient="records")
        print_json([row | {"facts": history.values_of(row["request"])} for row in rows])
    else:
        show_triage(waiting, every=every, why=why)


def waiting_with_model(ledger: Ledger) -> Waiting:
    """Return what waits in a ledger, judged by the policy in office, with the model beside it."""
    found = what_waits(ledger)
    table, history = found.table, found.history
    came_of = alike_words(history, read_outcomes(ledger, history.table), table["request"].tolist())
    table = table.assign(came_of=table["request"].map(came_of).astype("str"), teaches_most=False)
    if not history.has_both:
        return replace(found, table=table, about_model=history.more.sentence)
    from netkit.triage import beside_model, differing, heard_model, telling  # takes its time to load

    model, lacks = heard_model(history, found.policy, Costs())
    table = beside_model(table, history, model)
    apart = table["request"].isin(differing(history, found.policy, table["request"].tolist(), model))
    table["teaches_most"] = apart
    teaches = telling([cut(name, _NAME).plain for name in table["name"][apart]])
    return replace(found, table=table, about_model=" ".join(filter(None, [lacks, teaches])))
