"""One introduction as the ledger tells it: who, what for, every step, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd

from netkit.errors import LedgerError, did_you_mean
from netkit.introductions.states import START, State, states, step_kinds
from netkit.ledger import Ledger

_DECIDED = {"decline": "declined", "redirect": "redirected"}


@dataclass(frozen=True)
class Taken:
    """A step that was taken.

    Attributes
    ----------
    number : int or None
        The step's number in the ledger; None for a decision recorded outside the life of introductions.
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
        """The steps that were not taken back."""
        return tuple(step for step in self.steps if step.stands)

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


def spoken(word: str) -> str:
    """Return a name as a reader says it.

    Parameters
    ----------
    word : str
        Such as `permission_asked`.

    Returns
    -------
    str
        Such as `permission asked`.
    """
    return word.replace("_", " ")


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


def read_lives(ledger: Ledger) -> tuple[Life, ...]:
    """Return every requested introduction, the oldest first.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    tuple of Life
        One per request.
    """
    with ledger.snapshot():
        asked = ledger.introductions().to_dict(orient="records")
        steps = _steps(ledger)
    return tuple(_life(row, steps.get(row["request"], ())) for row in asked)


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
    found = {life.request: life for life in read_lives(ledger)}
    if request not in found:
        raise LedgerError(
            f"saw the introduction {request!r}, which the ledger does not know",
            accepted=did_you_mean(request, found)
            if len(found) < 6
            else f"one of {len(found)} keys",
            do="take the key from 'netkit intro list --all'",
        )
    return found[request]


def _life(row: Mapping[Any, Any], steps: tuple[Taken, ...]) -> Life:
    return Life(
        request=row["request"],
        requester=row["requester"],
        contact=row["contact"],
        requester_name=row["requester_name"],
        contact_name=row["contact_name"],
        purpose=row["purpose_text"],
        channel=row["channel"],
        asked_on=row["asked_at"].date(),
        steps=steps,
    )


def _steps(ledger: Ledger) -> dict[str, tuple[Taken, ...]]:
    events = ledger.introduction_events(standing=False)
    # The running maximum, so that a clock that was set back changes no order.
    events["recorded_at"] = events["recorded_at"].cummax()
    rows = [
        (row["introduction"], row["recorded_at"], 0, _taken(row))
        for row in events.to_dict(orient="records")
    ]
    found: dict[str, tuple[Taken, ...]] = {}
    for request, _, _, taken in sorted([*rows, *_decisions(ledger)], key=lambda row: row[1:3]):
        found[request] = (*found.get(request, ()), taken)
    return {request: _standing(steps) for request, steps in found.items()}


def _taken(row: Mapping[Any, Any]) -> Taken:
    return Taken(
        number=int(row["id"]),
        step=row["step"],
        on=row["at"].date(),
        detail=dict(row["detail"]),
        source=row["source"],
        undoes=None if pd.isna(row["undoes"]) else int(row["undoes"]),
    )


def _standing(steps: tuple[Taken, ...]) -> tuple[Taken, ...]:
    """Return all steps, those that do not stand marked."""
    stands = {id(step) for step in alive(steps) if step.step != "undone"}
    return tuple(replace(step, stands=id(step) in stands) for step in steps)


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
    undone: set[int] = set()
    kept = []
    for step in reversed(steps):
        if step.number is None or step.number not in undone:
            kept.append(step)
            undone |= set() if step.undoes is None else {step.undoes}
    return tuple(kept[::-1])


def _decisions(ledger: Ledger) -> list[tuple[str, pd.Timestamp, int, Taken]]:
    """Return the refusals that a label sheet or `netkit decide` recorded and nothing overruled since."""
    decisions = ledger.decisions("introduction").drop_duplicates("request", keep="last")
    refusals = decisions[decisions["action"].isin(list(_DECIDED))]
    return [
        (
            row["request"],
            row["recorded_at"],
            1,  # after the steps of the same sheet, which were recorded in the same second
            Taken(
                None,
                _DECIDED[row["action"]],
                row["at"].date(),
                {} if pd.isna(row["because"]) else {"because": row["because"]},
                row["source"],
            ),
        )
        for row in refusals.to_dict(orient="records")
    ]


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
