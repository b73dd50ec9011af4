"""Judges a request of your own before you send it: what is missing, and whether it is a reminder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from netkit.history.found_by_name import find_person
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.letters.letter_lint import lint
from netkit.notes import read_draft
from netkit.policy import Decision, Policy, load_policy
from netkit.policy.rules import Value
from netkit.wording import day_words

__all__ = ["Asking", "judge_asking"]


@dataclass(frozen=True)
class Asking:
    """The policy's answer about a request of your own.

    Attributes
    ----------
    person : str
        The key of whom you would ask.
    action : str or None
        `send`, `improve`, `wait` or `do_not_send`; None while it is open.
    reason, rule, clause : str
        Why, by which rule, from which clause.
    settled : bool
        Whether no fact that is still unknown could change it.
    possible : tuple of str
        The actions still possible.
    missing : tuple of str
        Everything about the note and your profile that is to be mended first, each with its clause,
        not only what decided.
    questions : dict of str to str
        While open: the facts to find out, least trouble first, each with its question.
    warnings : tuple of str
        What in the wording you would not say in person.
    letter : str
        The letter that helps to mend it, or nothing.
    facts : dict of str to (str or number)
        What it was judged by.
    """

    person: str
    action: str | None
    reason: str
    rule: str
    clause: str
    settled: bool
    possible: tuple[str, ...]
    missing: tuple[str, ...]
    questions: dict[str, str]
    warnings: tuple[str, ...]
    letter: str
    facts: dict[str, str | float]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON.

        Returns
        -------
        dict
            The attributes; tuples as lists.
        """
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    def __str__(self) -> str:
        answer = f"{self.action.replace('_', ' ').capitalize()}. " if self.action else ""
        lines = [answer + self.reason + (f" ({self.clause})" if self.clause else "")]
        lines += [f"  missing: {each}" for each in self.missing]
        lines += [f"  find out: {question} ({fact}=...)" for fact, question in self.questions.items()]
        lines += [f"  note: {each}" for each in self.warnings]
        if self.letter:
            lines.append(f"  a draft: netkit letter {self.letter}")
        return "\n".join(lines)


def judge_asking(
    ledger: Ledger,
    person: str,
    note: str,
    facts: Mapping[str, object] | None = None,
    *,
    policy: Policy | None = None,
) -> Asking:
    """Judge a request of your own by a policy, its note and what the ledger remembers.

    Parameters
    ----------
    ledger : Ledger
        The ledger; it knows whom you have asked.
    person : str
        Whom you would ask: a profile address, a key such as `in:ada-l`, or a full name.
    note : str
        The note you would send; empty for none.
    facts : mapping of str to object, optional
        What only you know, such as `reason_to_ask`. What the note says is read from the note, and
        that a request lies unanswered is read from the ledger, whatever is said here.
    policy : Policy, optional
        The policy; the house policy by default.

    Returns
    -------
    Asking
        The answer, with everything that is missing.

    Raises
    ------
    FactError
        A fact or level is not declared.
    LedgerError
        The name belongs to several people, or there is none.

    See Also
    --------
    netkit.letters.draft : fills the letter `invitation-note`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from netkit.ledger import open_ledger
    >>> with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
    ...     answer = judge_asking(ledger, "linkedin.com/in/ada-l", "", {"reason_to_ask": "now"})
    >>> answer.missing[0]
    'There is no note. Write a short one. (KP7)'
    """
    policy = policy or load_policy("house", "asking")
    key, _ = find_person(ledger, person)
    values = policy.parse(dict(facts or {}) | read_draft(note), "asking")
    values["asked_before"] = _asked_before(ledger, key, values.get("asked_before"))
    known = {name: value for name, value in values.items() if value is not None}
    if connected := _connected(ledger, key):
        return _already(key, connected, known)
    decision = policy.decide_one(known, "asking")
    words = policy.vocabularies["asking"]
    return Asking(
        person=key,
        action=decision.action,
        reason=decision.reason,
        rule=decision.rule,
        clause=decision.clause,
        settled=decision.settled,
        possible=decision.possible,
        missing=_missing(policy, known, decision),
        questions={name: words[name].question for name in decision.find_out},
        warnings=tuple(str(each) for each in lint(note, "reply")),
        letter=decision.letter,
        facts=known,
    )


def _missing(policy: Policy, known: Mapping[str, Value], decision: Decision) -> tuple[str, ...]:
    """Return what is to be mended, unless the request is not to be sent anyway."""
    if decision.action == "do_not_send":
        return ()
    return tuple(
        f"{rule.because} ({', '.join(rule.clauses)})"
        for rule in policy.rules["asking"]
        if rule.action == "improve" and rule.parts and rule.state(known)
    )


def _already(key: str, since: str, known: dict[str, str | float]) -> Asking:
    reason = f"You are connected already, since {since}: write a message instead."
    return Asking(key, "do_not_send", reason, "", "", True, ("do_not_send",), (), {}, (), "", known)


def _asked_before(ledger: Ledger, key: str, said: Value) -> Value:
    """Return what came of earlier requests; an export tells no refusal from silence, you may."""
    invitations = ledger.invitations.to_frame()
    mine = invitations[invitations["direction"] == "outgoing"]
    if (SamePeople.of(ledger).rows(mine) == key).any():
        return "declined" if said == "declined" else "unanswered"
    if said is not None:
        return said
    held = any("invitations" in present for present in ledger.exports.imports()["present"])
    return "no" if held else None


def _connected(ledger: Ledger, key: str) -> str:
    rows = ledger.exports.connections()
    newest = rows[rows["last_seen"] == rows["last_seen"].max()]
    mine = newest[SamePeople.of(ledger).rows(newest) == key]
    if mine.empty:
        return ""
    day = pd.Timestamp(mine["connected_on"].iloc[0])
    return "some time" if pd.isna(day) else day_words(day)
