"""A sitting with the requests that any screen can draw: what waits is answered, or the past is labelled."""

from pathlib import Path

from netkit.costs import Costs
from netkit.history import History, read_history
from netkit.history.labels import drawn_from
from netkit.history.past_moments import past_moments
from netkit.ledger import open_ledger
from netkit.model import FittedModel
from netkit.policy import Policy
from netkit.sitting.opinions import Judges
from netkit.sitting.past_order import unlabelled
from netkit.sitting.session import Session, Task
from netkit.triage import differing, heard_model, policy_in_office
from netkit.waiting import as_it_waits

__all__ = ["read_judges", "sit_with_the_past", "sit_with_what_waits", "waiting_requests"]


def sit_with_what_waits(
    home: Path,
    place: str,
    *,
    blind: bool = False,
    policy: Policy | None = None,
    model: FittedModel | None = None,
    note: str = "",
    timed: bool = False,
) -> Session:
    """Sit down to answer the open invitations; each answer is in the ledger at once.

    Parameters
    ----------
    home : Path
        The workspace.
    place : str
        Where you sit, such as "lab"; the ledger keeps it.
    blind : bool, default False
        Hide what the judges say until you have decided or asked for it.
    policy : Policy, optional
        The policy in office by default.
    model : FittedModel, optional
        Fitted on the history by default, where it may speak.
    note : str, optional
        What is said of the workspace.
    timed : bool, default False
        Keep with each answer how many seconds it took.

    Returns
    -------
    Session
        The sitting.

    Examples
    --------
    >>> session = sit_with_what_waits(home, "terminal")  # doctest: +SKIP
    >>> session.request  # doctest: +SKIP
    'inv-1a2b3c4d'
    """
    history, judges = read_judges(home, policy, model)
    waiting = waiting_requests(history)
    task = Task(
        "triage",
        tuple(waiting),
        blind,
        f"{place}: triage",
        progress=history.more,
        note=note,
        telling=frozenset(differing(history, judges.policy, waiting, judges.model)),
        timed=timed,
    )

    def anew() -> tuple[History, list[str]]:
        found = _read_waiting(home, judges.policy)
        return found, waiting_requests(found)

    return Session(home, judges.on_record, history, task, anew=anew)


def sit_with_the_past(
    home: Path,
    place: str,
    *,
    blind: bool = True,
    policy: Policy | None = None,
    model: FittedModel | None = None,
    note: str = "",
) -> Session:
    """Sit down to say what you did about old invitations, starting with those that teach most.

    First come those on which your rules and the model differ: they alone can tell which decides better.
    That they were drawn is recorded, and the comparison allows for it.

    Parameters
    ----------
    home, place, blind, policy, model, note
        As for `sit_with_what_waits`.

    Returns
    -------
    Session
        The sitting.

    Examples
    --------
    >>> session = sit_with_the_past(home, "terminal")  # doctest: +SKIP
    >>> session.opinion_seen  # doctest: +SKIP
    False
    """
    history, judges = read_judges(home, policy, model)
    with open_ledger(home) as opened:
        notes = opened.notes.to_frame("invitation")
    every = unlabelled(history, judges)
    first = differing(history, judges.policy, every, judges.model)
    requests = [*first, *(request for request in every if request not in set(first))]
    drawn = dict.fromkeys(first, drawn_from(len(first), len(every)))
    moments = past_moments(history, requests, notes)
    task = Task("past", tuple(requests), blind, f"{place}: the past", moments, history.more, note, drawn)

    def anew() -> tuple[History, list[str]]:
        found = _read_waiting(home, judges.policy)
        left = set(unlabelled(found, judges))
        return found, [request for request in requests if request in left]

    return Session(home, judges.on_record, history, task, anew=anew)


def waiting_requests(history: History) -> list[str]:
    """Return the requests that wait, in the order of `History.waiting`.

    Parameters
    ----------
    history : History
        The history.

    Returns
    -------
    list of str
        Their keys.

    Examples
    --------
    >>> waiting_requests(history)[0]  # doctest: +SKIP
    'inv-1a2b3c4d'
    """
    return [str(request) for request in history.waiting()["request"]]


def read_judges(
    home: Path, policy: Policy | None = None, model: FittedModel | None = None
) -> tuple[History, Judges]:
    """Return the history of a workspace, and its judges; the model is heard where it may speak.

    Parameters
    ----------
    home, policy, model
        As for `sit_with_what_waits`.

    Returns
    -------
    tuple of History and Judges
        Both.

    Examples
    --------
    >>> history, judges = read_judges(home)  # doctest: +SKIP
    >>> judges.policy.name  # doctest: +SKIP
    'house'
    """
    office = policy or policy_in_office(home)
    history = _read_waiting(home, office)
    # Until it may speak, nobody is to hear the model.
    learned, lacks = (model, "") if model else heard_model(history, office, Costs())
    told = history.more.may_speak and not learned  # before that, the progress says it
    return history, Judges(office, learned, lacks=lacks if told else "")


def _read_waiting(home: Path, policy: Policy) -> History:
    """Read the history, in which what rests does not wait."""
    with open_ledger(home) as ledger:
        return as_it_waits(ledger, read_history(ledger, policy.vocabularies["invitation"]))
