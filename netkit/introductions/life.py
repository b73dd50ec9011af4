"""One introduction as the ledger tells it: who, what for, every step, and where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import compress
from pathlib import Path
from typing import Any, TypeVar

from netkit.errors import LedgerError, nearest
from netkit.ledger import Ledger
from netkit.ledger.database import numbers_not_undone
from netkit.plain_yaml import Located, read_yaml
from netkit.wording import day_words, spoken

_FOLDER = Path(__file__).parent
_START, _START_TO_YOU = "asked", "to_you"
_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class ReminderRule:
    """When and of what you are reminded."""

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
    leads : dict of str to str
        The state after those of them that do not lead to the state of their own name.
    remind : ReminderRule or None
        What you are reminded of while it stands there.
    """

    name: str
    says: str
    turn: str
    next: tuple[str, ...]
    stays: tuple[str, ...] = ()
    leads: Mapping[str, str] = field(default_factory=dict)
    remind: ReminderRule | None = None

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
        return states()[self.leads.get(step, step)]


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


def _entry(cls: type[_Entry], fields: Mapping[str, Any]) -> _Entry:
    """Return an entry of `life.yaml` as its class, lists as tuples."""
    return cls(**{key: tuple(one) if isinstance(one, list) else one for key, one in fields.items()})


@cache
def resting_reminders() -> dict[str, ReminderRule]:
    """Return how you are reminded of an invitation that rests, by what you did.

    >>> {action: rule.clauses for action, rule in resting_reminders().items()}
    {'defer': ('KP9',), 'ask': ('KP3',)}
    """
    return {action: _entry(ReminderRule, fields) for action, fields in _life()["resting"].items()}


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
    found = {}
    for name, fields in _life()["states"].items():
        remind = _entry(ReminderRule, fields["remind"]) if "remind" in fields else None
        found[name] = _entry(State, {**fields, "name": name, "remind": remind})
    return found


@cache
def step_kinds(*, received: bool = False) -> dict[str, StepKind]:
    """Return all kinds of steps by name.

    Parameters
    ----------
    received : bool
        The steps of an introduction that you receive.

    Returns
    -------
    dict of str to StepKind
        In the order of a life.

    Examples
    --------
    >>> step_kinds()["followed_up"].clauses
    ('PI8',)
    """
    steps = _life()["to_you" if received else "steps"]
    return {name: _entry(StepKind, {**fields, "name": name}) for name, fields in steps.items()}


def step_for_action(action: str, letter: str, *, received: bool = False) -> StepKind:
    """Return the step that carries out a policy's answer.

    Parameters
    ----------
    action : str
        The answer.
    letter : str
        The letter that the deciding rule owes; it tells a call from a question.
    received : bool
        Whether you are the contact.

    Returns
    -------
    StepKind
        The step.

    Examples
    --------
    >>> step_for_action("ask_requester", "please-call-me").name
    'call_me'
    """
    able = [kind for kind in step_kinds(received=received).values() if kind.action == action]
    return next((kind for kind in able if kind.letter == letter), able[0])


@cache
def number(name: str) -> float:
    """Return one of the numbers with a meaning.

    >>> number("follow_up_after_days")
    21.0
    """
    return float(read_yaml(_FOLDER / "numbers.yaml")[name]["value"])


# An answer that a label sheet of an earlier version recorded beside the life, so that it moved nothing.
ANSWERED = "answered"


@dataclass(frozen=True)
class StepRecord:
    """A step that was taken.

    Attributes
    ----------
    number : int or None
        The step's number in the ledger; None for one that was only tried.
    step : str
        What was done, `undone` included.
    on : date
        The day.
    detail : dict
        What belongs to it, such as the reason or the outcome.
    source : str
        `typed`, `sheet`, or `record`.
    stands : bool
        False for a step that was taken back, and for the taking back.
    undoes : int or None
        The number of the step that this one takes back.
    via : str
        Who says so, such as `command line`.
    """

    number: int | None
    step: str
    on: date
    detail: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    stands: bool = True
    undoes: int | None = None
    via: str = ""

    @property
    def action(self) -> str:
        """The answer of a policy that the step carries out, or nothing."""
        if self.step == ANSWERED:
            return str(self.detail["action"])
        return step_kinds()[self.step].action if self.step in step_kinds() else ""

    @property
    def words(self) -> str:
        """The step with what belongs to it, for a reader."""
        told = {name: value for name, value in self.detail.items() if value and name != "told"}
        if self.step == "judged":
            by = ", ".join(str(told[name]) for name in ("policy", "clause") if name in told)
            return f"judged: {spoken(str(told.get('advice', 'nothing')))} ({by})"
        said = [
            spoken(name) if value is True else f"{spoken(name)}: {spoken(str(value))}"
            for name, value in told.items()
        ]
        return "; ".join([spoken(self.step), *said])

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return vars(self) | {"on": self.on.isoformat(), "detail": dict(self.detail)}


@dataclass(frozen=True)
class Life:
    """One introduction from the request on.

    Attributes
    ----------
    request : str
        Its key.
    requester, contact : str
        Person keys.
    requester_name, contact_name : str
        Their names.
    purpose : str
        What it is for, in words.
    channel : str
        How you were asked.
    asked_on : date
        When.
    steps : tuple of StepRecord
        Every step in the order of recording, those taken back included.
    introducer, introducer_name : str
        Who introduces the requester to you; nothing where you are asked to introduce.
    asked_first : bool or None
        Whether you were asked before you were introduced; None for unknown.
    """

    request: str
    requester: str
    contact: str
    requester_name: str
    contact_name: str
    purpose: str
    channel: str
    asked_on: date
    steps: tuple[StepRecord, ...] = ()
    introducer: str = ""
    introducer_name: str = ""
    asked_first: bool | None = None

    @property
    def received(self) -> bool:
        """Whether somebody is introduced to you, so that you are the contact."""
        return bool(self.introducer)

    @property
    def kinds(self) -> dict[str, StepKind]:
        """The kinds of its steps."""
        return step_kinds(received=self.received)

    @property
    def standing(self) -> tuple[StepRecord, ...]:
        """The steps that were not taken back, without answers that moved nothing."""
        return tuple(step for step in self.steps if step.stands and step.step != ANSWERED)

    @property
    def one_step_ago(self) -> "Life":
        """The introduction before its last step that stands."""
        return replace(self, steps=tuple(step for step in self.steps if step is not self.standing[-1]))

    @property
    def action(self) -> str:
        """The last answer that stands, or nothing."""
        return next((step.action for step in self.steps[::-1] if step.stands and step.action), "")

    @property
    def state(self) -> State:
        """Where it stands."""
        return states_after(self.standing, received=self.received)[-1]

    @property
    def since(self) -> date:
        """The day of the last step that stands."""
        return self.standing[-1].on if self.standing else self.asked_on

    def last(self, step: str) -> StepRecord | None:
        """Return the last standing step of a kind, or None.

        Parameters
        ----------
        step : str
            The step.

        Returns
        -------
        StepRecord or None
            The step.
        """
        return next((taken for taken in self.standing[::-1] if taken.step == step), None)

    @property
    def taken_back(self) -> StepRecord:
        """What the last step took back, which `undo_step` has just done."""
        return next(step for step in self.steps if step.number == self.steps[-1].undoes)

    @property
    def next_steps(self) -> str:
        """The possible steps in words, such as `decline, decline and show another way`."""
        return ", ".join(self.kinds[step].says for step in self.state.next) or "nothing more"

    def command(self, step: str) -> str:
        """Return the command that records a step, as it is typed.

        Parameters
        ----------
        step : str
            The step.

        Returns
        -------
        str
            The whole line.
        """
        return "netkit intro " + self.kinds[step].command.replace("REQUEST", self.request)

    @property
    def outcomes(self) -> dict[str, str]:
        """What came of it for `requester` and `contact`, as far as it is known."""
        known = {side: self.last(f"outcome_{side}") for side in ("requester", "contact")}
        return {side: str(step.detail["outcome"]) for side, step in known.items() if step}

    @property
    def sentence(self) -> str:
        """Who wants to meet whom, and where it stands."""
        to = f"you, by {self.introducer_name}" if self.received else self.contact_name
        stands = f"{self.state.says} (since {day_words(self.since)})"
        return f"{self.request}: {self.requester_name} to {to}, {stands}."

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON.

        Returns
        -------
        dict
            The attributes, `state`, `turn`, `since`, `possible` and `outcomes`.
        """
        return vars(self) | {
            "asked_on": self.asked_on.isoformat(),
            "steps": [step.as_dict() for step in self.steps],
            "state": self.state.name,
            "turn": self.state.turn,
            "since": self.since.isoformat(),
            "possible": list(self.state.next),
            "outcomes": self.outcomes,
        }


def states_after(steps: tuple[StepRecord, ...], *, received: bool = False) -> list[State]:
    """Return the state before the first step and after every one of them."""
    found = [states()[_START_TO_YOU if received else _START]]
    for taken in steps:
        found.append(found[-1].after(taken.step))
    return found


def undone_removed(steps: tuple[StepRecord, ...]) -> tuple[StepRecord, ...]:
    """Return the steps that no later one takes back, takings back included."""
    return tuple(compress(steps, _not_undone(steps)))


def _not_undone(steps: Sequence[StepRecord]) -> list[bool]:
    numbers, undoes = [step.number for step in steps], [step.undoes for step in steps]
    return numbers_not_undone(numbers, undoes, [step.step for step in steps])


def read_lives(ledger: Ledger, *, received: bool = False) -> tuple[Life, ...]:
    """Return every requested introduction, the oldest first.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    received : bool
        Those that you receive, in the place of those that you are asked for.

    Returns
    -------
    tuple of Life
        One per request.
    """
    with ledger.snapshot():
        asked, events = ledger.introductions.rows(), ledger.introductions.event_rows()
    steps: dict[str, list[StepRecord]] = {}
    for row in events:
        steps.setdefault(row["introduction"], []).append(_step(row))
    return tuple(
        Life(
            request=row["request"],
            requester=row["requester"],
            contact=row["contact"] or "",
            requester_name=row["requester_name"],
            contact_name="you" if received else row["contact_name"],
            introducer=row["introducer"] or "",
            introducer_name=row["introducer_name"] or "",
            asked_first=None if row["asked_first"] is None else bool(row["asked_first"]),
            purpose=row["purpose_text"],
            channel=row["channel"],
            asked_on=row["asked_at"].date(),
            steps=_marked(steps.get(row["request"], [])),
        )
        for row in asked
        if (row["introducer"] is not None) == received
    )


def read_life(ledger: Ledger, request: str) -> Life:
    """Return one requested introduction.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        Its key.

    Returns
    -------
    Life
        The introduction.

    Raises
    ------
    LedgerError
        The ledger does not know the key.
    """
    found = {life.request: life for way in (False, True) for life in read_lives(ledger, received=way)}
    if request not in found:
        raise LedgerError(
            f"The ledger does not know the introduction {request!r}",
            f"{nearest(request, found)}Take the key from 'netkit intro list --all'",
        )
    return found[request]


def _step(row: Mapping[Any, Any]) -> StepRecord:
    return StepRecord(
        number=row["id"],
        step=row["step"],
        on=row["at"].date(),
        detail=dict(row["detail"]),
        source=row["source"],
        undoes=row["undoes"],
        via=row["via"],
    )


def _marked(steps: list[StepRecord]) -> tuple[StepRecord, ...]:
    """Return all steps, those that do not stand marked."""
    return tuple(
        replace(step, stands=active and step.step != "undone")
        for step, active in zip(steps, _not_undone(steps), strict=True)
    )
