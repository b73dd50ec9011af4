"""Judges a request for an introduction by a policy, from what the ledger knows and what you noted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from netkit.facts import Kind
from netkit.history.past_introductions import introduction_facts, introduction_table
from netkit.introductions.life import Life
from netkit.introductions.reading import read_life
from netkit.introductions.said import Said, said_before
from netkit.introductions.steps import take_step
from netkit.ledger import Ledger
from netkit.ledger.database import read_moment
from netkit.policy import Decision, Policy

KIND: Kind = "introduction"


@dataclass(frozen=True)
class Judged:
    """What a policy says about one introduction on one day.

    Attributes
    ----------
    life : Life
        The introduction, with the judging as its last step.
    decision : Decision
        The policy's answer.
    facts : dict of str to (str or int)
        What it was judged by.
    questions : dict of str to str
        While open: the facts to find out, least trouble first, each with its question and levels.
    said_before : tuple of Said
        What you said of either person for an earlier request, for questions that are open now.
    """

    life: Life
    decision: Decision
    facts: dict[str, str | int]
    questions: dict[str, str]
    said_before: tuple[Said, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {
            "request": self.life.request,
            **vars(self.decision),
            "clause": self.decision.clause,
            "facts": self.facts,
            "questions": self.questions,
            "said_before": [vars(each) | {"on": each.on.isoformat()} for each in self.said_before],
        }


def judge_introduction(
    ledger: Ledger,
    request: str,
    policy: Policy,
    *,
    on: date,
    facts: Mapping[str, object] | None = None,
    as_before: bool = False,
    source: str = "python",
) -> Judged:
    """Note what you know, judge the request by a policy, and record what it said.

    The policy's answer is advice: what you do is recorded by the step that does it.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The introduction's key.
    policy : Policy
        The policy in office.
    on : date
        The day; facts of the ledger are those of this day.
    facts : mapping of str to object, optional
        What you know now; noted in the ledger.
    as_before : bool
        Note again what you said of either person for an earlier request.
    source : str
        Who says so.

    Returns
    -------
    Judged
        The answer.

    Raises
    ------
    LedgerError
        The introduction does not wait for a judgement.
    FactError
        A fact or level is not declared; then nothing is noted.
    PolicyError
        The policy does not speak of introductions.
    """
    policy.decider(KIND)
    words = policy.vocabularies[KIND]
    with ledger.together():
        offered = said_before(ledger, request)
        noted: dict[str, object] = {said.fact: said.level for said in offered} if as_before else {}
        noted |= dict(facts or {})
        notes = ((request, fact, level) for fact, level in noted.items())
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=words)
        known = known_facts(ledger, request, policy, on)
        decision = policy.decide_one(known, KIND)
        life = take_step(
            ledger, request, "judged", on=on, source=source, detail=_recorded(policy, decision)
        )
    questions = {name: words[name].question for name in decision.find_out}
    still = tuple(said for said in offered if said.fact in questions)
    return Judged(life, decision, known, questions, still)


def _recorded(policy: Policy, decision: Decision) -> dict[str, Any]:
    """Return what the ledger keeps of an answer; `advice`, because the action is what you do."""
    return {
        "policy": policy.name,
        "advice": decision.action or f"open: {' or '.join(decision.possible)}",
        "rule": decision.rule,
        "clause": decision.clause,
        "letter": decision.letter,
        "find_out": ", ".join(decision.find_out),
    }


def known_facts(ledger: Ledger, request: str, policy: Policy, on: date) -> dict[str, str | int]:
    """Return the facts of one introduction as known on a day.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The introduction's key.
    policy : Policy
        Whose declared facts count.
    on : date
        The day.

    Returns
    -------
    dict of str to (str or int)
        What is known; the rest is left out.
    """
    read_life(ledger, request)
    table = introduction_table(ledger)
    row = table[table["request"] == request].reset_index(drop=True)
    moment = pd.Timestamp(read_moment(on))
    row = row.assign(decided_at=pd.Series([moment], dtype="datetime64[us, UTC]"))
    frame, _ = introduction_facts(ledger, row, policy.vocabularies[KIND])
    values = frame.drop(columns="request").iloc[0].dropna().to_dict()
    return {
        str(name): value if isinstance(value, str) else int(value) for name, value in values.items()
    }
