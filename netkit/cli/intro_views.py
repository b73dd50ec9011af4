"""Commands that look at introductions: all of them, one of them, and what they teach."""

from datetime import date
from pathlib import Path

import click

from netkit.cli.dated import on_option
from netkit.cli.screen import home_option, json_option, print_json, print_table, say
from netkit.facts import Vocabulary
from netkit.introductions import (
    Life,
    acquaintance,
    contact_load,
    contact_sentence,
    known_facts,
    read_life,
    read_lives,
    requester_record,
    step_kinds,
)
from netkit.introductions.life import commanded
from netkit.ledger import Ledger, open_ledger
from netkit.network import link
from netkit.policy import policy_in_office
from netkit.wording import spoken


def introduction_facts_of(ledger: Ledger) -> Vocabulary | None:
    """Return the facts of introductions that the policy in office declares, your own among them."""
    return policy_in_office(ledger.home, "introduction").vocabularies["introduction"]


def say_sides(ledger: Ledger, life: Life, on: date) -> None:
    """Print what is on record about both, so that nobody is judged from memory alone."""
    for role, person, name in (
        ("requester", life.requester, life.requester_name),
        ("contact", life.contact, life.contact_name),
    ):
        say(f"The {role}, {name}: {acquaintance(ledger, person, name, on).sentence}")
    say(f"{life.requester_name} {requester_record(ledger, life, on).sentence}")
    say(f"{life.contact_name} {contact_sentence(ledger, life, on)}")


@click.command("list")
@click.option(
    "--all", "every", is_flag=True, help="Also those that are done, declined or redirected."
)
@click.option("--contacts", is_flag=True, help="How often each contact is asked instead (PN2).")
@on_option
@home_option
@json_option
def list_command(every: bool, contacts: bool, on: date, home: Path | None, as_json: bool) -> None:
    """List the introductions under way, and whose turn it is."""
    with open_ledger(home) as ledger:
        if contacts:
            _list_contacts(ledger, on, as_json)
            return
        lives = [life for life in read_lives(ledger) if every or life.state.turn != "nobody"]
    if as_json:
        print_json([life.as_dict() for life in lives])
        return
    if not lives:
        say("No introduction is under way." if not every else "No introduction was asked for yet.")
        return
    print_table(
        f"Introductions {'so far' if every else 'under way'}: {len(lives)}",
        ["request", "requester", "contact", "turn", "since", "stands at"],
        [
            [
                life.request,
                life.requester_name,
                life.contact_name,
                life.state.turn,
                life.since,
                spoken(life.state.name),
            ]
            for life in lives
        ],
        wide=("requester", "contact", "stands at"),
    )


def _list_contacts(ledger: Ledger, on: date, as_json: bool) -> None:
    table = contact_load(ledger, on)
    if as_json:
        print_json(table.to_dict(orient="records"))
        return
    print_table(
        f"How often each contact was asked, up to {on}",
        ["contact", "last 90 days", "last year", "agreed", "refused", "made", "last asked"],
        table.drop(columns="contact").itertuples(index=False),
    )


@click.command("show")
@click.argument("request")
@on_option
@home_option
@json_option
def show_command(request: str, on: date, home: Path | None, as_json: bool) -> None:
    """Show one: steps, facts, what can be done next."""
    with open_ledger(home) as ledger:
        life = read_life(ledger, request)
        facts = known_facts(ledger, request, policy_in_office(ledger.home, "introduction"), on)
        if as_json:
            print_json(life.as_dict() | {"facts": facts})
            return
        say(life.sentence)
        say(f"Asked by {spoken(life.channel)} on {life.asked_on}, for: {life.purpose}")
        say_sides(ledger, life, on)
        say(f"Degree: {link(ledger, life.requester, life.contact).reason}")
    print_table(
        "Steps", ["number", "day", "step", "stands"],
        [[step.number, step.on, step.words, step.stands] for step in life.steps], wide="step",
    )  # fmt: skip
    print_table("Facts", ["fact", "level"], list(facts.items()))
    for step in life.state.next:
        click.echo(f"{step_kinds()[step].says}: {commanded(life, step)}")
