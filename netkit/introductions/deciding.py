"""Records an answer to a request for an introduction as the step that carries it out."""

from collections.abc import Mapping
from datetime import date

from netkit.facts import ACTIONS, Vocabulary
from netkit.introductions.life import Life
from netkit.introductions.reading import read_life
from netkit.introductions.states import advised_step
from netkit.introductions.steps import take_step, undo_step
from netkit.ledger import Ledger
from netkit.ledger.database import check_word


def decide_introduction(
    ledger: Ledger,
    request: str,
    action: str,
    *,
    on: date,
    facts: Mapping[str, object] | None = None,
    because: str = "",
    opinion_seen: bool = False,
    source: str = "python",
    vocabulary: Vocabulary | None = None,
) -> Life:
    """Record what you did about a request, with the facts it rested on, if it is possible where it stands.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The introduction's key.
    action : str
        One of the five answers to a request for an introduction.
    on : date
        The day.
    facts : mapping of str to object, optional
        Fact to level, as known that day.
    because : str
        The reason in your words.
    opinion_seen : bool
        Whether a judge's opinion had been shown before.
    source : str
        Who says so.
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
    detail: dict[str, object] = {"because": because}
    if opinion_seen:
        detail["opinion_seen"] = True
    step = advised_step(action, "").name
    with ledger.together():
        life = take_step(ledger, request, step, on=on, source=source, detail=detail)
        notes = ((request, fact, level) for fact, level in (facts or {}).items())
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=vocabulary)
        return life


def undo_last_answer(
    ledger: Ledger, request: str, *, on: date, because: str = "", source: str = "python"
) -> tuple[str, Life]:
    """Take back what was done last about a request.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The introduction's key.
    on : date
        The day.
    because : str
        Why.
    source : str
        Who says so.

    Returns
    -------
    str
        What was taken back, in words.
    Life
        The introduction afterwards.

    Raises
    ------
    LedgerError
        Nothing stands that could be taken back.
    """
    with ledger.together():
        before = read_life(ledger, request)
        life = undo_step(ledger, request, on=on, because=because, source=source)
        (back,) = (step for step in before.steps if step.number == life.steps[-1].undoes)
        return back.words, life
