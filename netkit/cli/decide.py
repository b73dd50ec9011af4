"""The command that records what you did about a request, and takes it back."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from netkit.cli.dated import decided_on_option, remind_on_option
from netkit.cli.screen import home_option, say
from netkit.cli.typed import fact_option, split_fact
from netkit.facts import ACTIONS
from netkit.introductions import decide_introduction, undo_last_answer
from netkit.ledger import Ledger, open_ledger
from netkit.policy import policy_in_office
from netkit.wording import counted

_SOURCE = "command line"
_UNDO = "undo"
_ACTIONS = sorted({action for kind in ("invitation", "introduction") for action in ACTIONS[kind]})
_FACTS_STAY = "The facts noted with it stay; 'unknown' takes one back."


@click.command("decide")
@click.argument("request")
@click.argument("action", type=click.Choice([*_ACTIONS, _UNDO]))
@fact_option
@decided_on_option
@click.option("--because", default="", help="Your reason, in your words.")
@remind_on_option
@click.option(
    "--opinion-seen", is_flag=True, help="You had seen a judge's opinion before you decided."
)
@home_option
def decide_command(
    request: str,
    action: str,
    facts: tuple[str, ...],
    day: date | None,
    because: str,
    remind_on: date | None,
    opinion_seen: bool,
    home: Path | None,
) -> None:
    """Record what you did about REQUEST, with the facts it rested on.

    For an introduction it is a step of its life, as 'netkit intro' records it. 'undo' takes what you
    did last about it back, by a new row: nothing is changed or removed.
    """
    _check_options(action, day or date.today(), facts, remind_on, opinion_seen)
    introduction = request.startswith("intro-")
    with open_ledger(home) as ledger:
        if action == _UNDO:
            take_back = _take_step_back if introduction else _take_back
            say(f"Taken back: {take_back(ledger, request, day, because)} {_FACTS_STAY}")
            return
        noted = dict(split_fact(each) for each in facts)
        if introduction:
            _answer(ledger, request, action, day, noted, because, opinion_seen)
        else:
            ledger.decisions.add(
                request,
                action,
                at=_moment(day),
                source=_SOURCE,
                opinion_seen=opinion_seen,
                facts=noted,
                because=because or None,
                remind_on=remind_on,
                vocabulary=policy_in_office(ledger.home).vocabularies["invitation"],
            )
    with_facts = f", with {counted(len(facts), 'fact')}" if facts else ""
    say(f"Recorded: {request} {action}{with_facts}.")


def _check_options(
    action: str, day: date, facts: tuple[str, ...], remind_on: date | None, opinion_seen: bool
) -> None:
    if action == _UNDO and (facts or remind_on or opinion_seen):
        raise click.UsageError("'undo' takes --on and --because; a fact is taken back by =unknown.")
    if remind_on and action != "defer":
        raise click.UsageError(f"saw --remind-on with {action!r}; accepted: with 'defer' only.")
    if remind_on and remind_on < day:
        raise click.UsageError(
            f"saw --remind-on {remind_on}, before the decision of {day}; accepted: {day} or later."
        )


def _moment(day: date | None) -> datetime:
    return datetime.combine(day, time(23, 59), UTC) if day else datetime.now(UTC)


def _answer(
    ledger: Ledger,
    request: str,
    action: str,
    day: date | None,
    facts: dict[str, str],
    because: str,
    opinion_seen: bool,
) -> None:
    decide_introduction(
        ledger,
        request,
        action,
        on=day or date.today(),
        facts=facts,
        because=because,
        opinion_seen=opinion_seen,
        source=_SOURCE,
        vocabulary=policy_in_office(ledger.home, "introduction").vocabularies["introduction"],
    )


def _take_back(ledger: Ledger, request: str, day: date | None, because: str) -> str:
    """Take the last decision about an invitation back, and say what stands now."""
    back, before = ledger.decisions.undo_last(
        request, at=_moment(day), source=_SOURCE, because=because or None
    )
    stands = f"{before} stands again" if before else "no decision of yours stands"
    return f"{request} {back}; {stands}."


def _take_step_back(ledger: Ledger, request: str, day: date | None, because: str) -> str:
    """Take what was done last about an introduction back, and say where it stands now."""
    back, life = undo_last_answer(
        ledger, request, on=day or date.today(), because=because, source=_SOURCE
    )
    return f"{back}. {life.sentence}"
