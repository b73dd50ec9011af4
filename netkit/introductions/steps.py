"""Asks, takes and takes back the steps of an introduction: always a new row, never a changed one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast, get_args

from netkit.errors import LedgerError
from netkit.facts import ACTIONS, OUTCOMES, Vocabulary
from netkit.history.found_by_name import find_person
from netkit.introductions.life import (
    ANSWERED,
    Life,
    State,
    StepRecord,
    read_life,
    states_after,
    step_for_action,
    undone_removed,
)
from netkit.ledger import Ledger, Step
from netkit.ledger.database import check_word, source_of
from netkit.people import folded_name
from netkit.wording import day_words, spoken

_WITHOUT = "without_permission_because"


class StepError(LedgerError):
    """A step that is not possible where an introduction stands.

    Attributes
    ----------
    lacks : str
        What stands against it: `order`, `day`, `permission`, `way_on`, `follow_up_on`.
    """

    def __init__(self, problem: str, do: str, *, lacks: str) -> None:
        super().__init__(problem, do)
        self.lacks = lacks


def take_step(
    ledger: Ledger,
    request: str,
    step: str,
    *,
    on: date,
    source: str = "python",
    detail: Mapping[str, Any] | None = None,
) -> Life:
    """Record a step, if it is possible where the introduction stands.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The introduction's key.
    step : str
        The step.
    on : date
        The day on which it was taken.
    source : str
        Who says so.
    detail : mapping, optional
        What belongs to it: `because` (always welcome), `without_permission_because` for an introduction
        made without the contact's permission, `follow_up_on` (a day) for one that is made, `way_on` for
        `redirected`, `outcome` for either side's outcome, `told` (what its letter was told).

    Returns
    -------
    Life
        The introduction after the step.

    Raises
    ------
    LedgerError
        The step is not possible there, its day precedes the step before, or something that belongs to
        it is missing; one sentence says where the introduction stands and what is possible.
    """
    with ledger.together():
        life = try_step(read_life(ledger, request), step, on=on, source=source, detail=detail)
        taken = life.steps[-1]
        number = ledger.introductions.add_event(
            request, cast(Step, step), at=on, source=source, detail=taken.detail
        )
        return replace(life, steps=(*life.steps[:-1], replace(taken, number=number)))


def try_step(
    life: Life, step: str, *, on: date, source: str = "python", detail: Mapping[str, Any] | None = None
) -> Life:
    """Return an introduction as it would be after a step, and write nothing.

    Raises
    ------
    StepError
        As from `take_step`.
    """
    said = {name: value for name, value in (detail or {}).items() if value not in (None, "")}
    _check_step(life, step, on, said)
    if life.kinds[step].action and life.last("judged"):
        said["opinion_seen"] = True
    taken = StepRecord(None, step, on, said, source_of(source), via=source)
    return replace(life, steps=(*life.steps, taken))


def _check_step(life: Life, step: str, on: date, detail: Mapping[str, Any]) -> None:
    """Refuse a step that is not possible."""
    accepted = tuple(name for name in get_args(Step) if name != "undone")
    check_word("step", step, accepted)
    _check_order(life, step)
    _check_day(life, on)
    if _unpermitted(life.state, step, detail):
        if life.state.name == "permission_refused":
            raise StepError(
                f"{life.request} cannot be made: the contact said no (PI4)",
                f"Answer the requester with 'netkit intro answer {life.request} decline --letter'",
                lacks="permission",
            )
        raise StepError(
            f"{life.request} {life.state.says}: the contact has not given permission (PI4)",
            f"Record 'netkit intro permit {life.request} given' first, or say why with 'netkit intro make"
            f" {life.request} --without-permission-because TEXT'",
            lacks="permission",
        )
    if step == "redirected" and "way_on" not in detail:
        raise StepError(
            f"{life.request} would be declined without another way (PV6)",
            f"Say which way you showed with 'netkit intro answer {life.request} redirect --way-on TEXT',"
            " or record a plain 'decline'",
            lacks="way_on",
        )
    _check_follow_up(life, on, str(detail.get("follow_up_on", "")))
    if step.startswith("outcome_"):
        check_word("outcome", str(detail.get("outcome", "")), OUTCOMES)


def _check_order(life: Life, step: str) -> None:
    if step in life.state.next:
        return
    raise StepError(
        f"{life.request} {life.state.says} since {day_words(life.since)}, so '{spoken(step)}' is not possible"
        " now",
        f"Possible now: {life.next_steps}; 'netkit intro show {life.request}' says how to record each, and"
        " 'netkit intro undo' takes a wrong step back",
        lacks="order",
    )


def _check_day(life: Life, on: date) -> None:
    if on >= life.since:
        return
    last = life.standing[-1].words if life.standing else "the request itself"
    back = f"netkit intro undo {life.request}"
    raise StepError(
        f"The last step of {life.request} ({last}) is of {day_words(life.since)}, and this one is dated"
        f" {day_words(on)}",
        "Correct the day; if the last one was recorded too early, take it back with"
        f" '{back}{'' if life.standing else ' --request'}' and record it again afterwards",
        lacks="day",
    )


def _check_follow_up(life: Life, on: date, day: str) -> None:
    if day and (then := date.fromisoformat(day)) < on:
        raise StepError(
            f"{life.request} would be made on {day_words(on)} and followed up on {day_words(then)}, which is"
            " earlier",
            "Correct one of the two days",
            lacks="follow_up_on",
        )


def undo_step(
    ledger: Ledger,
    request: str,
    number: int | None = None,
    *,
    on: date,
    because: str = "",
    source: str = "python",
) -> Life:
    """Take a step back by a new row; both stay in the ledger.

    Parameters
    ----------
    ledger, request, on, source
        As for `take_step`.
    number : int, optional
        The step's number; the last step that stands where left out. The number of a taking back puts
        the step in force again.
    because : str
        Why.

    Returns
    -------
    Life
        The introduction afterwards.

    Raises
    ------
    LedgerError
        There is no such step, or a later one rests on it.
    """
    with ledger.together():
        life = read_life(ledger, request)
        taken = _to_undo(life, number)
        undoing = StepRecord(None, "undone", on, undoes=taken.number)
        left = undone_removed((*life.steps, undoing))
        left = tuple(step for step in left if step.step not in ("undone", ANSWERED))
        before = _impossible(life.standing, life.received)
        resting = [step for step in _impossible(left, life.received) if step not in before]
        if resting:
            found = resting[0]
            raise LedgerError(
                f"Step {found.number} ({found.words}) of {request} rests on step {taken.number}"
                f" ({taken.words})",
                f"Take the last step back first: netkit intro undo {request} --step {found.number}",
            )
        ledger.introductions.add_event(
            request,
            "undone",
            at=on,
            source=source,
            detail={"because": because} if because else {},
            undoes=taken.number,
        )
        return read_life(ledger, request)


def undo_request(
    ledger: Ledger, request: str, *, on: date, because: str = "", source: str = "python"
) -> Life:
    """Take a request itself back, as when a name was mistyped; its rows stay in the ledger.

    Parameters
    ----------
    ledger, request, on, source
        As for `take_step`.
    because : str
        Why.

    Returns
    -------
    Life
        The introduction as it was; nothing counts it from now on.

    Raises
    ------
    LedgerError
        There is no such request, or it was acted upon: a step other than judging stands.
    """
    with ledger.together():
        life = read_life(ledger, request)
        done = [step for step in life.standing if step.step != "judged"]
        if done:
            raise LedgerError(
                f"{request} cannot be taken back, because you acted upon it: {done[-1].words}",
                f"Take that back first: netkit intro undo {request}",
            )
        ledger.introductions.undo(request, at=on, source=source, because=because or None)
        return life


def _to_undo(life: Life, number: int | None) -> StepRecord:
    # An answer that moved nothing is taken back when no step is left.
    last = [step.number for step in life.standing or life.steps if step.stands][-1:]
    wanted = number if number is not None else next(iter(last), None)
    found = {step.number: step for step in undone_removed(life.steps) if step.number is not None}
    if wanted not in found:
        raise LedgerError(
            f"{life.request} has no step {'' if wanted is None else f'{wanted} '}that could be taken back",
            (
                f"Take back one of {', '.join(map(str, found))}, or the request itself with --request"
                if found
                else "The request itself is taken back with --request"
            ),
        )
    return found[wanted]


def _impossible(steps: tuple[StepRecord, ...], received: bool) -> list[StepRecord]:
    """Return the steps that were not possible where they were taken."""
    return [
        taken
        for state, taken in zip(states_after(steps, received=received), steps, strict=False)
        if taken.step not in state.next or _unpermitted(state, taken.step, taken.detail)
    ]


def _unpermitted(state: State, step: str, detail: Mapping[str, Any]) -> bool:
    return step == "introduced" and state.name != "permission_given" and _WITHOUT not in detail


def ask_introduction(
    ledger: Ledger,
    requester: str,
    contact: str,
    *,
    purpose: str,
    channel: str,
    on: date,
    source: str = "python",
    facts: Mapping[str, object] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Life:
    """Write down that somebody asked you for an introduction.

    Parameters
    ----------
    ledger, on, source
        As for `take_step`; here the day is that of the request.
    requester, contact : str
        Who asks, and whom he wants to meet: a full name, a profile address, or a person key.
    purpose : str
        What it is for, in words.
    channel : str
        How you were asked, a level of the fact `asked_by`.
    facts : mapping of str to object, optional
        What you know about the request already.
    vocabulary : Vocabulary, optional
        The declared facts, with your own.

    Returns
    -------
    Life
        The introduction; the same people on the same day are one.

    Raises
    ------
    LedgerError
        A name belongs to several people, nobody is named, both are one person, or no purpose is said.
    FactError
        A fact or level is not declared.
    """
    with ledger.together():
        asker, asker_name = find_person(ledger, requester)
        wanted, wanted_name = find_person(ledger, contact)
        if not purpose.strip():
            raise LedgerError(
                f"Nothing says why {asker_name} wants to meet {wanted_name} (PI1)",
                "Ask the requester what it is for; if it is only to meet somebody, say that",
            )
        if own := next((each for each in (asker, wanted) if each == f"name:{_own_name(ledger)}"), ""):
            raise LedgerError(
                f"{(asker_name if own == asker else wanted_name)!r} is your own name",
                "Name the two whom you would introduce; to ask somebody for an introduction yourself, judge"
                " your note first: netkit ask PERSON --draft NOTE",
            )
        if asker == wanted:
            raise LedgerError(
                f"{asker_name!r} cannot be requester and contact at once", "Correct one of them"
            )
        request = ledger.introductions.add(
            asker_name,
            wanted_name,
            requester=asker,
            contact=wanted,
            purpose_text=purpose,
            channel=channel,
            asked_at=on,
            source=source,
        )
        notes = ((request, fact, level) for fact, level in (facts or {}).items())
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=vocabulary)
        return read_life(ledger, request)


def _own_name(ledger: Ledger) -> str | None:
    """Return your own name, folded, as the newest archive has it."""
    you: dict[str, object] = next(iter(ledger.exports.profile()["profile"]), {})
    return folded_name(" ".join(str(you.get(part) or "") for part in ("first_name", "last_name")))


def decide_introduction(
    ledger: Ledger,
    request: str,
    action: str,
    *,
    on: date,
    facts: Mapping[str, object] | None = None,
    answer: str = "",
    because: str = "",
    opinion_seen: bool = False,
    source: str = "python",
    vocabulary: Vocabulary | None = None,
) -> Life:
    """Record what you did about a request, with the facts it rested on, if it is possible where it stands.

    Parameters
    ----------
    ledger, request, on, source
        As for `take_step`.
    action : str
        One of the five answers to a request for an introduction.
    facts : mapping of str to object, optional
        Fact to level, as known that day.
    answer : str
        The answer's own name, where the policy declares one that comes to this action.
    because : str
        The reason in your words.
    opinion_seen : bool
        Whether a judge's opinion had been shown before.
    vocabulary : Vocabulary, optional
        The declared facts, with your own.

    Returns
    -------
    Life
        The introduction afterwards.

    Raises
    ------
    LedgerError
        The action is none, or its step is not possible, as an introduction without permission (PI4).
    FactError
        A fact or level is not declared.
    """
    check_word("action", action, ACTIONS["introduction"])
    own = "" if answer == action else answer
    detail: dict[str, object] = {"answer": own, "because": because, "opinion_seen": opinion_seen or None}
    step = step_for_action(action, "").name
    with ledger.together():
        life = take_step(ledger, request, step, on=on, source=source, detail=detail)
        notes = ((request, fact, level) for fact, level in (facts or {}).items())
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=vocabulary)
        return life
