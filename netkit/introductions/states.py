"""The states and steps of an introduction's life, read from `life.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netkit.plain_yaml import Located, read_yaml

_FOLDER = Path(__file__).parent
START = "asked"


@dataclass(frozen=True)
class Remind:
    """When and of what you are reminded.

    Attributes
    ----------
    kind : str
        `answer`, `permission`, `follow_up` or `deferred`.
    after : str
        The number of days in `numbers.yaml`.
    says : str
        The reminder, with `{requester}` and `{contact}` to be filled in.
    clauses : tuple of str
        The clauses it carries out.
    """

    kind: str
    after: str
    says: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Where an introduction stands.

    Attributes
    ----------
    name : str
        The state's name, mostly that of the step that led to it.
    says : str
        The state in words that go on after the request's key.
    turn : str
        Whose turn it is: `you`, `requester`, `contact`, `both`, or `nobody`.
    next : tuple of str
        The steps that are possible, the likeliest first.
    stays : tuple of str
        Those of them after which it stands where it stood.
    closes : tuple of str
        Those of them after which nothing is left to learn.
    remind : Remind or None
        What you are reminded of while it stands there.
    """

    name: str
    says: str
    turn: str
    next: tuple[str, ...]
    stays: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    remind: Remind | None = None

    def after(self, step: str) -> "State":
        """Return the state to which a step leads, also where it is not a possible one.

        Parameters
        ----------
        step : str
            A step.

        Returns
        -------
        State
            Where an introduction stands then.

        Examples
        --------
        >>> states()["introduced"].after("outcome_requester").after("outcome_contact").name
        'closed'
        """
        if step in self.stays:
            return self
        return states()["closed" if step in self.closes else step]


@dataclass(frozen=True)
class StepKind:
    """A kind of step.

    Attributes
    ----------
    name : str
        Its name in the ledger.
    says : str
        What you do, in words.
    command : str
        The words after `netkit intro` that record it.
    clauses : tuple of str
        The clauses it carries out.
    letter : str
        The letter that goes with it, or nothing.
    action : str
        The answer of a policy that it carries out, or nothing.
    """

    name: str
    says: str
    command: str
    clauses: tuple[str, ...] = ()
    letter: str = ""
    action: str = ""


@cache
def _life() -> Located:
    return read_yaml(_FOLDER / "life.yaml")


def _remind(fields: Mapping[str, Any]) -> Remind:
    return Remind(fields["kind"], fields["after"], fields["says"], tuple(fields["clauses"]))


def deferred() -> Remind:
    """Return how you are reminded of an invitation that you deferred.

    Returns
    -------
    Remind
        The reminder.

    Examples
    --------
    >>> deferred().clauses
    ('KP9',)
    """
    return _remind(_life()["deferred"])


@cache
def states() -> dict[str, State]:
    """Return all states by name.

    Returns
    -------
    dict of str to State
        In the order of a life.

    Examples
    --------
    >>> list(states())[:2], states()["permission_asked"].turn
    (['asked', 'judged'], 'contact')
    """
    read = _life()["states"]
    return {
        name: State(
            name=name,
            says=fields["says"],
            turn=fields["turn"],
            next=tuple(fields["next"]),
            stays=tuple(fields.get("stays", ())),
            closes=tuple(fields.get("closes", ())),
            remind=_remind(fields["remind"]) if "remind" in fields else None,
        )
        for name, fields in read.items()
    }


@cache
def step_kinds() -> dict[str, StepKind]:
    """Return all kinds of steps by name.

    Returns
    -------
    dict of str to StepKind
        In the order of a life.

    Examples
    --------
    >>> step_kinds()["followed_up"].clauses
    ('PI8',)
    """
    read = _life()["steps"]
    return {
        name: StepKind(
            name=name,
            says=fields["says"],
            command=fields["command"],
            clauses=tuple(fields.get("clauses", ())),
            letter=fields.get("letter", ""),
            action=fields.get("action", ""),
        )
        for name, fields in read.items()
    }


def advised_step(action: str, letter: str) -> StepKind:
    """Return the step that carries out a policy's answer.

    Parameters
    ----------
    action : str
        The answer.
    letter : str
        The letter that the deciding rule owes; it tells a call from a question.

    Returns
    -------
    StepKind
        The step.

    Examples
    --------
    >>> advised_step("ask_requester", "please-call-me").name
    'call_me'
    """
    able = [kind for kind in step_kinds().values() if kind.action == action]
    return next((kind for kind in able if kind.letter == letter), able[0])


@cache
def number(name: str) -> float:
    """Return one of the numbers with a meaning.

    Parameters
    ----------
    name : str
        Its name in `numbers.yaml`.

    Returns
    -------
    float
        Its value.

    Examples
    --------
    >>> number("follow_up_after_days")
    21.0
    """
    return float(read_yaml(_FOLDER / "numbers.yaml")[name]["value"])
