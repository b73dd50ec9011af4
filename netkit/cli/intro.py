"""Commands about introductions: write a request down, judge it, and look at where all of them stand."""

from datetime import date
from pathlib import Path

import click

from netkit.cli.dated import on_option
from netkit.cli.intro_letters import keep_command, letter_hint, letters_command
from netkit.cli.intro_steps import (
    answer_command,
    follow_up_command,
    make_command,
    outcome_command,
    permit_command,
    show_next,
    undo_command,
)
from netkit.cli.policy import split_fact
from netkit.cli.screen import home_option, json_option, print_json, print_table, say
from netkit.facts import Vocabulary, vocabulary
from netkit.history import read_introductions
from netkit.introductions import (
    Judged,
    Life,
    acquaintance,
    advised_step,
    ask_introduction,
    contact_load,
    contact_sentence,
    judge_introduction,
    known_facts,
    outcomes,
    read_life,
    read_lives,
    requester_record,
    step_kinds,
)
from netkit.introductions.life import commanded, spoken
from netkit.ledger import Ledger, open_ledger
from netkit.network import link
from netkit.policy import Policy
from netkit.policy.rules import join_or
from netkit.triage import policy_in_office

_SOURCE = "command line"
_fact = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=LEVEL", help="A fact; give as many as you know."
)


@click.group("intro")
def intro_command() -> None:
    """Introductions from the request to the outcome: write down, judge, permit, make, follow up, learn."""


@intro_command.command("ask")
@click.argument("requester")
@click.argument("contact")
@click.option("--for", "purpose", required=True, help="What it is for, in words.")
@click.option(
    "--by",
    "channel",
    required=True,
    type=click.Choice(vocabulary("introduction")["asked_by"].levels),
    help="How you were asked.",
)
@_fact
@on_option
@home_option
def ask_command(
    requester: str,
    contact: str,
    purpose: str,
    channel: str,
    facts: tuple[str, ...],
    on: date,
    home: Path | None,
) -> None:
    """Write down that REQUESTER asked to be introduced to CONTACT: full names, or profile addresses."""
    with open_ledger(home) as ledger:
        life = ask_introduction(
            ledger,
            requester,
            contact,
            purpose=purpose,
            channel=channel,
            on=on,
            source=_SOURCE,
            facts=dict(split_fact(each) for each in facts),
            vocabulary=_words(policy_in_office(ledger.home)),
        )
        say(f"Recorded: {life.sentence}")
        _say_sides(ledger, life, on)
    show_next(life)


def _words(policy: Policy) -> Vocabulary | None:
    return policy.vocabularies.get("introduction")


def _say_sides(ledger: Ledger, life: Life, on: date) -> None:
    """Print what is on record about both, so that nobody is judged from memory alone."""
    for role, person, name in (
        ("requester", life.requester, life.requester_name),
        ("contact", life.contact, life.contact_name),
    ):
        say(f"The {role}, {name}: {acquaintance(ledger, person, name, on).sentence}")
    say(f"{life.requester_name} {requester_record(ledger, life, on).sentence}")
    say(f"{life.contact_name} {contact_sentence(ledger, life, on)}")


@intro_command.command("judge")
@click.argument("request")
@_fact
@click.option(
    "--as-before", is_flag=True, help="What you said of either person before holds for this too."
)
@on_option
@home_option
@json_option
def judge_command(
    request: str,
    facts: tuple[str, ...],
    as_before: bool,
    on: date,
    home: Path | None,
    as_json: bool,
) -> None:
    """Ask the policy in office what to do about REQUEST; what you say with --fact is noted."""
    with open_ledger(home) as ledger:
        judged = judge_introduction(
            ledger,
            request,
            policy_in_office(ledger.home),
            on=on,
            facts=dict(split_fact(each) for each in facts),
            as_before=as_before,
            source=_SOURCE,
        )
        if as_json:
            print_json(judged.as_dict())
        else:
            _show_judged(judged, ledger)


def _show_judged(judged: Judged, ledger: Ledger) -> None:
    decision, life = judged.decision, judged.life
    if not decision.action:
        _show_open(judged)
        return
    step = advised_step(decision.action, decision.letter)
    say(f"{spoken(decision.action).capitalize()}. {decision.reason} [{decision.clause}]")
    click.echo(f"Next, {step.says}: {commanded(life, step.name)}")
    click.echo(letter_hint(ledger, life, step.name))


def _show_open(judged: Judged) -> None:
    answers = join_or([spoken(action) for action in judged.decision.possible])
    say(f"Still open: {answers}. What would settle it, least trouble first:")
    for fact, question in judged.questions.items():
        say(f"  {fact}: {question}")
    for said in judged.said_before:
        say(f"  For {said.request} you said {said.fact}={said.level} (--as-before says it again).")
    click.echo(f"Say what you know: netkit intro judge {judged.life.request} --fact NAME=LEVEL")


@intro_command.command("list")
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
    print_table(
        f"Introductions {'so far' if every else 'under way'}: {len(lives)}",
        ["request", "requester", "contact", "turn", "since", "it"],
        [
            [
                life.request,
                life.requester_name,
                life.contact_name,
                life.state.turn,
                life.since,
                life.state.says,
            ]
            for life in lives
        ],
        wide="it",
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


@intro_command.command("show")
@click.argument("request")
@on_option
@home_option
@json_option
def show_command(request: str, on: date, home: Path | None, as_json: bool) -> None:
    """Show one introduction: every step, every fact, and what can be done next."""
    with open_ledger(home) as ledger:
        life = read_life(ledger, request)
        facts = known_facts(ledger, request, policy_in_office(ledger.home), on)
        if as_json:
            print_json(life.as_dict() | {"facts": facts})
            return
        say(life.sentence)
        say(f"Asked by {spoken(life.channel)} on {life.asked_on}, for: {life.purpose}")
        _say_sides(ledger, life, on)
        say(f"Degree: {link(ledger, life.requester, life.contact).reason}")
    print_table(
        "Steps", ["number", "day", "step", "stands"],
        [[step.number, step.on, step.words, step.stands] for step in life.steps], wide="step",
    )  # fmt: skip
    print_table("Facts", ["fact", "level"], list(facts.items()))
    for step in life.state.next:
        click.echo(f"{step_kinds()[step].says}: {commanded(life, step)}")


@intro_command.command("lessons")
@click.option("--fact", "names", multiple=True, help="Only these facts; all where left out.")
@home_option
@json_option
def lessons_command(names: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Say when your introductions turn out well, with intervals, and bounds for those never made."""
    with open_ledger(home) as ledger:
        history = read_introductions(ledger, _words(policy_in_office(ledger.home)))
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
    between = f"{100 * low:.0f} to {100 * high:.0f} %"
    if value is None:
        return between
    return "–" if value != value else f"{100 * value:.0f} % [{between}]"  # noqa: PLR0124 - NaN


for command in (
    answer_command,
    permit_command,
    make_command,
    follow_up_command,
    outcome_command,
    undo_command,
    keep_command,
    letters_command,
):
    intro_command.add_command(command)
