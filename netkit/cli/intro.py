"""Commands about introductions: write a request down and judge it; the steps and views stand beside."""

from datetime import date
from importlib import import_module
from pathlib import Path

import click

from netkit.cli.dated import done_on_option
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
from netkit.cli.intro_views import (
    introduction_facts_of,
    list_command,
    say_sides,
    show_command,
)
from netkit.cli.screen import home_option, json_option, print_json, say
from netkit.cli.typed import fact_option, split_fact
from netkit.facts import vocabulary
from netkit.introductions import (
    Judged,
    advised_step,
    ask_introduction,
    judge_introduction,
)
from netkit.introductions.life import commanded
from netkit.ledger import Ledger, open_ledger
from netkit.policy import policy_in_office
from netkit.wording import join_or, spoken

_SOURCE = "command line"


class InOrder(click.Group):
    """A group that lists its commands in the order of a life rather than of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names as they were added, and what looks back on all of them."""
        return [*self.commands, "lessons"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; the statistics are imported only when they are asked for."""
        if cmd_name != "lessons":
            return super().get_command(ctx, cmd_name)
        command: click.Command = import_module("netkit.cli.intro_lessons").lessons_command
        return command


@click.group("intro", cls=InOrder)
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
@fact_option
@done_on_option
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
    """Write down who asked to meet whom.

    REQUESTER and CONTACT are full names, profile addresses, or person keys.
    """
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
            vocabulary=introduction_facts_of(ledger),
        )
        say(f"Recorded: {life.sentence}")
        say_sides(ledger, life, on)
    show_next(life)


@intro_command.command("judge")
@click.argument("request")
@fact_option
@click.option(
    "--as-before", is_flag=True, help="What you said of either person before holds for this too."
)
@done_on_option
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
    """Ask the policy in office what to do.

    What you say with --fact is noted, and counts from then on.
    """
    with open_ledger(home) as ledger:
        judged = judge_introduction(
            ledger,
            request,
            policy_in_office(ledger.home, "introduction"),
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


for command in (
    answer_command,
    permit_command,
    make_command,
    follow_up_command,
    outcome_command,
    undo_command,
    list_command,
    show_command,
    letters_command,
    keep_command,
):
    intro_command.add_command(command)
