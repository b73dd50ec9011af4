"""The commands that take a step in an introduction's life, and the one that takes a step back."""

from datetime import date
from pathlib import Path
from typing import Any, TextIO

import click

from netkit.cli.dated import done_on_option, follow_up_option
from netkit.cli.intro_letters import (
    Sent,
    keep_letters,
    letter_options,
    step_letters,
    template_of,
    told_in,
)
from netkit.cli.screen import home_option, say
from netkit.introductions import Life, read_life, step_kinds, take_step, undo_request, undo_step
from netkit.introductions.life import commanded
from netkit.ledger import OUTCOMES, Ledger, Step, open_ledger

_SOURCE = "command line"
_ANSWERS: dict[str, Step] = {
    "ask-more": "asked_more",
    "call-me": "call_me",
    "decline": "declined",
    "redirect": "redirected",
}
_PERMISSIONS: dict[str, Step] = {
    "asked": "permission_asked",
    "given": "permission_given",
    "refused": "permission_refused",
}
_request = click.argument("request")
_because = click.option("--because", default="", help="Your reason, in your words.")


def take(
    home: Path | None, request: str, step: Step, on: date, detail: dict[str, Any], sent: Sent
) -> None:
    """Take one step with its letter: both are recorded, or neither."""
    with open_ledger(home) as ledger, ledger.together():
        before = read_life(ledger, request)
        told = {"told": told_in(sent.values)} if sent.values else {}
        life = take_step(ledger, request, step, on=on, source=_SOURCE, detail=detail | told)
        letters = step_letters(ledger, before, step, sent, way_on=detail.get("way_on", ""))
        kept = keep_letters(ledger, life, letters, on)
    say(f"Recorded: {life.sentence}")
    for letter in kept:
        click.echo(letter)
    template = template_of(before, step)
    if template and not kept:
        click.echo(f"Keep its letter, too: netkit intro keep {request} {template} --sent FILE")
    show_next(life)


def show_next(life: Life) -> None:
    """Print the likeliest next step as a command."""
    if life.state.next and life.state.turn != "nobody":
        likeliest = life.state.next[0]
        click.echo(f"Next, {step_kinds()[likeliest].says}: {commanded(life, likeliest)}")


@click.command("answer")
@_request
@click.argument("answer", type=click.Choice(list(_ANSWERS)))
@click.option("--way-on", default="", help="For redirect: the other way that you show (PV6).")
@_because
@letter_options
@done_on_option
@home_option
def answer_command(
    request: str,
    answer: str,
    way_on: str,
    because: str,
    values: tuple[str, ...],
    files: tuple[TextIO, ...],
    wanted: bool,
    on: date,
    home: Path | None,
) -> None:
    """Record your answer: more, a call, or no.

    A redirect is a no with another way shown (PV6).
    """
    detail = {"way_on": way_on, "because": because}
    take(home, request, _ANSWERS[answer], on, detail, Sent(values, files, wanted))


@click.command("permit")
@_request
@click.argument("permission", type=click.Choice(list(_PERMISSIONS)))
@_because
@letter_options
@done_on_option
@home_option
def permit_command(
    request: str,
    permission: str,
    because: str,
    values: tuple[str, ...],
    files: tuple[TextIO, ...],
    wanted: bool,
    on: date,
    home: Path | None,
) -> None:
    """Record the contact's permission (PI4): asked, given or refused."""
    step = _PERMISSIONS[permission]
    take(home, request, step, on, {"because": because}, Sent(values, files, wanted))


@click.command("make")
@_request
@click.option(
    "--without-permission-because", "why", default="", help="Why you did not need to be permitted."
)
@follow_up_option
@_because
@letter_options
@done_on_option
@home_option
def make_command(
    request: str,
    why: str,
    follow_up_on: date | None,
    because: str,
    values: tuple[str, ...],
    files: tuple[TextIO, ...],
    wanted: bool,
    on: date,
    home: Path | None,
) -> None:
    """Record that you introduced the two.

    Not without the contact's permission, unless you say why you did without it.
    """
    detail = {
        "without_permission_because": why,
        "follow_up_on": follow_up_on.isoformat() if follow_up_on else "",
        "because": because,
    }
    take(home, request, "introduced", on, detail, Sent(values, files, wanted))


@click.command("follow-up")
@_request
@letter_options
@done_on_option
@home_option
def follow_up_command(
    request: str,
    values: tuple[str, ...],
    files: tuple[TextIO, ...],
    wanted: bool,
    on: date,
    home: Path | None,
) -> None:
    """Record that you asked both sides how it went (PI8)."""
    take(home, request, "followed_up", on, {}, Sent(values, files, wanted))


@click.command("outcome")
@_request
@click.option(
    "--requester",
    type=click.Choice(OUTCOMES),
    help="What came of it with the requester; no_show: did not turn up.",
)
@click.option(
    "--contact",
    type=click.Choice(OUTCOMES),
    help="What came of it with the contact; regretted: wishes it had not been made.",
)
@_because
@done_on_option
@home_option
def outcome_command(
    request: str,
    requester: str | None,
    contact: str | None,
    because: str,
    on: date,
    home: Path | None,
) -> None:
    """Record what came of it, for either side.

    A no-show is remembered against the next request (PV7).
    """
    sides: dict[Step, str | None] = {"outcome_requester": requester, "outcome_contact": contact}
    if not any(sides.values()):
        raise click.UsageError("Say --requester OUTCOME, --contact OUTCOME, or both.")
    with open_ledger(home) as ledger:
        life = _record(ledger, request, sides, because, on)
    say(f"Recorded: {life.sentence}")


def _record(
    ledger: Ledger, request: str, sides: dict[Step, str | None], because: str, on: date
) -> Life:
    with ledger.together():
        for step, outcome in sides.items():
            if outcome:
                detail = {"outcome": outcome, "because": because}
                take_step(ledger, request, step, on=on, source=_SOURCE, detail=detail)
        return read_life(ledger, request)


@click.command("undo")
@_request
@click.option("--step", "number", type=int, help="The step's number (default: the last one).")
@click.option(
    "--request", "whole", is_flag=True, help="The request itself, as when a name was mistyped."
)
@_because
@done_on_option
@home_option
def undo_command(
    request: str, number: int | None, whole: bool, because: str, on: date, home: Path | None
) -> None:
    """Take a step back; both rows stay."""
    if whole and number:
        raise click.UsageError("Say --step NUMBER or --request, not both.")
    with open_ledger(home) as ledger:
        if whole:
            life = undo_request(ledger, request, on=on, because=because, source=_SOURCE)
            names = f"{life.requester_name} to {life.contact_name}"
            say(f"Taken back: {request}, {names}. Nothing counts it from now on; its rows stay.")
            return
        life = undo_step(ledger, request, number, on=on, because=because, source=_SOURCE)
    say(f"Taken back: {life.sentence}")
