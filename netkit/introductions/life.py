"""One introduction as the ledger tells it: who, what for, every step, and where it stands."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from netkit.introductions.states import START, State, states, step_kinds
from netkit.ledger.database import numbers_not_undone
from netkit.wording import spoken

# An answer that a label sheet of an earlier version recorded beside the life, so that it moved nothing.
ANSWERED = "answered"


@dataclass(frozen=True)
class Taken:
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
        Who says so.
    stands : bool
        False for a step that was taken back, and for the taking back.
    undoes : int or None
        The number of the step that this one takes back.
    """

    number: int | None
    step: str
    on: date
    detail: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    stands: bool = True
    undoes: int | None = None

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
    steps : tuple of Taken
        Every step in the order of recording, those taken back included.
    """

    request: str
    requester: str
    contact: str
    requester_name: str
    contact_name: str
    purpose: str
    channel: str
    asked_on: date
    steps: tuple[Taken, ...] = ()

    @property
    def standing(self) -> tuple[Taken, ...]:
        """The steps that were not taken back, without answers that moved nothing."""
        return tuple(step for step in self.steps if step.stands and step.step != ANSWERED)

    @property
    def action(self) -> str:
        """The last answer that stands, or nothing."""
        return next((step.action for step in self.steps[::-1] if step.stands and step.action), "")

    @property
    def state(self) -> State:
        """Where it stands."""
        return walk(self.standing)[-1]

    @property
    def since(self) -> date:
        """The day of the last step that stands."""
        return self.standing[-1].on if self.standing else self.asked_on

    def last(self, step: str) -> Taken | None:
        """Return the last standing step of a kind, or None.

        Parameters
        ----------
        step : str
            The step.

        Returns
        -------
        Taken or None
            The step.
        """
        found = [taken for taken in self.standing if taken.step == step]
        return found[-1] if found else None

    @property
    def outcomes(self) -> dict[str, str]:
        """What came of it for `requester` and `contact`, as far as it is known."""
        known = {side: self.last(f"outcome_{side}") for side in ("requester", "contact")}
        return {side: str(step.detail["outcome"]) for side, step in known.items() if step}

    @property
    def sentence(self) -> str:
        """Who wants to meet whom, and where it stands."""
        return (
            f"{self.request}: {self.requester_name} to {self.contact_name}, {self.state.says}"
            f" (since {self.since})."
        )

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


def walk(steps: tuple[Taken, ...]) -> list[State]:
    """Return the state before the first step and after every one of them.

    Parameters
    ----------
    steps : tuple of Taken
        Standing steps, in order.

    Returns
    -------
    list of State
        One more than steps; nothing is refused, because what was recorded was recorded.
    """
    found = [states()[START]]
    for taken in steps:
        found.append(found[-1].after(taken.step))
    return found


def alive(steps: tuple[Taken, ...]) -> tuple[Taken, ...]:
    """Return the steps that no later one takes back, takings back included.

    Parameters
    ----------
    steps : tuple of Taken
        In the order of recording.

    Returns
    -------
    tuple of Taken
        In the same order; a taking back that was itself taken back is not among them.
    """
    numbers, undoes = [step.number for step in steps], [step.undoes for step in steps]
    stand = numbers_not_undone(numbers, undoes, [step.step for step in steps])
    return tuple(step for step, stands in zip(steps, stand, strict=True) if stands)


def ways_on(life: Life) -> str:
    """Return the possible steps in words.

    Parameters
    ----------
    life : Life
        The introduction.

    Returns
    -------
    str
        Such as `decline, decline and show another way`; `nothing more` at the end.
    """
    return ", ".join(step_kinds()[step].says for step in life.state.next) or "nothing more"


def commanded(life: Life, step: str) -> str:
    """Return the command that records a step.

    Parameters
    ----------
    life : Life
        The introduction.
    step : str
        The step.

    Returns
    -------
    str
        The whole line.
    """
    return "netkit intro " + step_kinds()[step].command.replace("REQUEST", life.request)
