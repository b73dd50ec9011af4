"""Commands for answering: record a decision, draft a letter, judge your own asking."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from netkit.asking import judge_asking
from netkit.cli.dated import decided_on_option
from netkit.cli.policy import facts_of
from netkit.cli.screen import home_option, json_option, print_json, print_table, say
from netkit.cli.typed import split_fact
from netkit.facts import Kind
from netkit.ledger import ACTIONS, Ledger, open_ledger
from netkit.ledger.workspace import prepare_home
from netkit.letters import draft, letter_names, questions
from netkit.plural import counted
from netkit.policy.office import policy_in_office

_fact = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=LEVEL", help="A fact; give as many as you know."
)
_UNDO = "undo"
_ACTIONS = sorted({action for kind in ("invitation", "introduction") for action in ACTIONS[kind]})


@click.command("decide")
@click.argument("request")
@click.argument("action", type=click.Choice([*_ACTIONS, _UNDO]))
@_fact
@decided_on_option
@click.option("--because", help="Your reason, in your words.")
@click.option(
    "--remind-on", type=click.DateTime(["%Y-%m-%d"]), help="For defer: when to look again."
)
@click.option(
    "--opinion-seen", is_flag=True, help="You had seen a judge's opinion before you decided."
)
@home_option
def decide_command(
    request: str,
    action: str,
    facts: tuple[str, ...],
    day: date | None,
    because: str | None,
    remind_on: datetime | None,
    opinion_seen: bool,
    home: Path | None,
) -> None:
    """Record what you did about REQUEST, with the facts it rested on.

    'undo' takes your last decision about it back, by a new row: nothing is changed or removed.
    """
    with open_ledger(home) as ledger:
        policy = policy_in_office(ledger.home)
        kind: Kind = "introduction" if request.startswith("intro-") else "invitation"
        at = datetime.combine(day, time(23, 59), UTC) if day else datetime.now(UTC)
        remind: date | None = remind_on.date() if remind_on else None
        if action == _UNDO:
            say(
                _take_back(
                    ledger, request, at, because, refused=bool(facts or remind or opinion_seen)
                )
            )
            return
        ledger.decide(
            request,
            action,
            at=at,
            source="command line",
            opinion_seen=opinion_seen,
            facts=dict(split_fact(each) for each in facts),
            because=because,
            remind_on=remind,
            vocabulary=policy.vocabularies.get(kind),
        )
    noted = f", with {counted(len(facts), 'fact')}" if facts else ""
    say(f"Recorded: {request} {action}{noted}.")


def _take_back(
    ledger: Ledger, request: str, at: datetime, because: str | None, *, refused: bool
) -> str:
    """Take the last decision about a request back, and say what stands now."""
    if refused:
        raise click.UsageError("'undo' takes --on and --because; a fact is taken back by =unknown.")
    back, before = ledger.undo_last_decision(request, at=at, source="command line", because=because)
    facts = "The facts noted with it stay; 'unknown' takes one back."
    stands = f"{before} stands again" if before else "no decision of yours stands"
    return f"Taken back: {request} {back}; {stands}. {facts}"


@click.command("letter")
@click.argument("name", required=False)
@click.option(
    "--value", "values", multiple=True, metavar="NAME=TEXT", help="What the letter needs."
)
@click.option("--request", help="A request of your history, whose facts may word a sentence.")
@home_option
def letter_command(
    name: str | None, values: tuple[str, ...], request: str | None, home: Path | None
) -> None:
    """Draft the letter NAME; what it still needs is asked for, never invented. Without NAME, list them."""
    if not name:
        home = prepare_home(home)
        rows = [[each, ", ".join(questions(each, home=home))] for each in letter_names(home=home)]
        print_table(
            "Letters, and what each needs to be told", ["letter", "needs"], rows, wide="needs"
        )
        return
    with open_ledger(home) as ledger:
        home = ledger.home
        profile: dict[str, object] = next(iter(ledger.profile()["profile"]), {})
    facts = facts_of(request, home)[1] if request else None
    letter = draft(
        name, dict(split_fact(each) for each in values), facts=facts, profile=profile, home=home
    )
    click.echo(letter.text)  # not wrapped: it is to be pasted
    for warning in letter.warnings:
        click.echo(f"note: {warning}", err=True)


@click.command("ask")
@click.argument("person")
@click.option("--draft", "note", required=True, help="The note you would send.")
@_fact
@home_option
@json_option
def ask_command(
    person: str, note: str, facts: tuple[str, ...], home: Path | None, as_json: bool
) -> None:
    """Judge a request of your own before you send it: is it complete, timely, and not a reminder?"""
    with open_ledger(home) as ledger:
        policy = policy_in_office(ledger.home)
        answer = judge_asking(
            ledger,
            person,
            note,
            dict(split_fact(each) for each in facts),
            policy=policy if "asking" in policy.kinds else None,
        )
    if as_json:
        print_json(answer.as_dict())
    else:
        say(str(answer))
