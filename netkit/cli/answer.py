"""Commands for answering: draft a letter, judge your own asking."""

from pathlib import Path

import click

from netkit.asking import judge_asking
from netkit.cli.policy import facts_of
from netkit.cli.screen import home_option, json_option, print_json, print_table, say
from netkit.cli.typed import fact_option, split_fact, split_value
from netkit.ledger import open_ledger
from netkit.ledger.workspace import prepare_home
from netkit.letters import draft, letter_names, questions
from netkit.policy import policy_in_office


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
        profile: dict[str, object] = next(iter(ledger.exports.profile()["profile"]), {})
    facts = facts_of(request, home)[1] if request else None
    letter = draft(
        name, dict(split_value(each) for each in values), facts=facts, profile=profile, home=home
    )
    click.echo(letter.text)  # not wrapped: it is to be pasted
    for warning in letter.warnings:
        click.echo(f"note: {warning}", err=True)


@click.command("ask")
@click.argument("person")
@click.option("--draft", "note", required=True, help="The note you would send.")
@fact_option
@home_option
@json_option
def ask_command(
    person: str, note: str, facts: tuple[str, ...], home: Path | None, as_json: bool
) -> None:
    """Judge a request of your own before you send it: is it complete, timely, and not a reminder?"""
    with open_ledger(home) as ledger:
        answer = judge_asking(
            ledger,
            person,
            note,
            dict(split_fact(each) for each in facts),
            policy=policy_in_office(ledger.home, "asking"),
        )
    if as_json:
        print_json(answer.as_dict())
    else:
        say(str(answer))
