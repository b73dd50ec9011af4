"""Requests that are alike in all that matters to the policy: shown, answered and taken back as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import TAKE_BACK
from netkit.history.found_by_name import find_request
from netkit.ledger import Ledger, Moment
from netkit.ledger.database import read_moment
from netkit.policy import Policy
from netkit.waiting import Waiting, leads_to, next_question, what_waits
from netkit.wording import counted, is_missing, join_or

_ALIKE = " alike, "  # in who says so: how many at once, and the mark of that one answer


@dataclass(frozen=True)
class Group:
    """Requests that one answer serves: settled alike, or with the same question and the same consequences.

    Attributes
    ----------
    requests, names : tuple of str
        Their keys and who asks, in the order in which they wait.
    action, said, reason, clause : str or None
        The advice, where it is settled: what to do, in the policy's own words, and why.
    fact, question : str
        What is asked of all of them, where it is not.
    leads_to : dict of str to str
        Where each answer leads, in words.
    evidence : tuple of str
        Of each request what your own files propose as the answer.
    """

    requests: tuple[str, ...]
    names: tuple[str, ...]
    action: str | None
    said: str
    reason: str
    clause: str
    fact: str = ""
    question: str = ""
    leads_to: dict[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupAnswer:
    """What one answer to a group did: whose facts were noted, and which decisions followed."""

    noted: tuple[str, ...]
    decided: dict[str, str]


def alike(waiting: Waiting) -> list[Group]:
    """Return what waits in groups, the largest first."""
    rows = [row for _, row in waiting.table.iterrows()]
    keys = pd.Series([_likeness(waiting, row) for row in rows], waiting.table.index, dtype="object")
    groups = [_group(waiting, same) for _, same in waiting.table.groupby(keys, sort=False)]
    return sorted(groups, key=lambda group: -len(group.requests))


def likeness(
    policy: Policy,
    known: Mapping[str, object],
    unsure: Collection[str] = (),
    *,
    note: object = None,
    offers: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[object, ...]:
    """Return what requests must share to be alike: the rule that decides, or the question and what is left.

    What a note says is read in the note: two different notes are asked about one by one. Whoever your
    other files seem to know is asked about apart from who they do not.
    """
    decision, decider = policy.decide_one(known, "invitation"), policy.decider("invitation")
    if decision.settled:
        return ("settled", decision.answer, decision.rule)
    fact = next_question(policy, known, unsure, offers or ())
    read = bool(fact) and policy.vocabularies["invitation"][fact].origin == "note" and not is_missing(note)
    left = decider.what_is_left(decider.grid.record(policy.parse(known, "invitation")))
    offered = (offers or {}).get(fact, ("", ""))[0]
    return ("asked", fact, note if read else "", offered, tuple(sorted(unsure)), left)


def _likeness(waiting: Waiting, row: pd.Series) -> tuple[object, ...]:
    if row["request"] in waiting.history.connected:
        return ("connected", row["request"])
    told = waiting.history.values_of(row["request"])
    known = {name: each["level"] for name, each in told.items()}
    unsure = [name for name, level in known.items() if level is None]
    offers = waiting.history.evidence_for(row["request"]).offers
    return likeness(waiting.policy.on_record, known, unsure, note=row["note"], offers=offers)


def _group(waiting: Waiting, rows: pd.DataFrame) -> Group:
    first = rows.iloc[0]
    fact = "" if is_missing(first["next_fact"]) else str(first["next_fact"])
    told = waiting.history.values_of(first["request"])
    known = {name: each["level"] for name, each in told.items()}
    return Group(
        requests=tuple(rows["request"]),
        names=tuple(rows["name"].fillna("")),
        action=first["action"] if first["settled"] else None,
        said=first["said"] if first["settled"] else "",
        reason=first["reason"],
        clause=first["clause"],
        fact=fact,
        question=str(first["question"]) if fact else "",
        leads_to=leads_to(waiting.policy, known, fact) if fact else {},
        evidence=tuple(rows["evidence"]),
    )


def answer_alike(
    ledger: Ledger,
    request: str,
    *,
    facts: Mapping[str, str],
    at: Moment,
    source: str,
    action: str | None = None,
    leave_out: Collection[str] = (),
    opinion_seen: bool = True,
    because: str | None = None,
) -> GroupAnswer:
    """Give one answer to similar requests: note facts, and decide what they settle.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The key of any of the requests.
    facts : mapping of str to str
        What is noted of all of them.
    at : datetime, date or str
        When.
    source : str
        Who says so.
    action : str, optional
        What you do about those that are settled, in the policy's own word if it has one; what it advises by
        default.
    leave_out : collection of str
        Those that are different, by a key or a name in the group.
    opinion_seen : bool, default True
        Whether the advice had been shown.
    because : str, optional
        The reason in your words.

    Returns
    -------
    GroupAnswer
        What was written; all of it in one transaction.

    Raises
    ------
    LedgerError
        The request does not wait, or nothing is settled and nothing was noted.
    """
    waiting = what_waits(ledger)
    group = next((each for each in alike(waiting) if request in each.requests), None)
    if group is None:
        raise LedgerError(
            f"{request} does not wait for an answer. See what waits with 'netkit triage --grouped'."
        )
    others = {find_request(ledger, each, "invitation", among=group.requests) for each in leave_out}
    requests = tuple(each for each in group.requests if each not in others)
    mark = sha256("".join([*requests, read_moment(at), *facts, *facts.values()]).encode()).hexdigest()[:8]
    via = f"{source}: {len(requests)}{_ALIKE}{mark}"
    policy = waiting.policy.on_record
    vocabulary = policy.vocabularies["invitation"]
    day = date.fromisoformat(read_moment(at)[:10])
    decided: dict[str, str] = {}
    with ledger.together():
        notes = [(each, fact, level) for each in requests for fact, level in facts.items()]
        ledger.notes.add_many(notes, at=at, source=via, vocabulary=vocabulary)
        for each in requests:
            known = {name: told["level"] for name, told in waiting.history.values_of(each).items()}
            advised = policy.decide_one({**known, **facts}, "invitation")
            if advised.action:
                decided[each] = action or advised.answer or advised.action
                done = policy.means("invitation", decided[each])
                ledger.decisions.add(
                    each,
                    done,
                    answer=decided[each],
                    at=at,
                    source=via,
                    opinion_seen=opinion_seen,
                    because=because,
                    remind_on=advised.remind_on(done, day),
                )
    if not (facts or decided):
        raise LedgerError(
            f"Nothing about {counted(len(requests), 'request')} is settled yet."
            f" Answer the question first: netkit decide {request} --group --fact {group.fact}=LEVEL."
            f" LEVEL is {join_or(list(group.leads_to) or ['a number'])}."
        )
    return GroupAnswer(requests if facts else (), decided)


def undo_alike(ledger: Ledger, request: str, *, at: Moment, source: str, because: str | None = None) -> int:
    """Take back the last answer that a request shares with others, for all of them.

    Returns
    -------
    int
        How many requests wait as before.

    Raises
    ------
    LedgerError
        The request was given no such answer, or it was taken back before.
    """
    notes, decisions = ledger.notes.to_frame("invitation"), ledger.decisions.to_frame("invitation")
    last = notes.drop_duplicates(["request", "fact"], keep="last")
    standing = pd.concat([last[last["level"].notna()], decisions])
    together = standing[standing["via"].str.contains(_ALIKE, regex=False)]
    mine = together[together["request"] == request].sort_values("recorded_at", kind="stable")
    if mine.empty:
        raise LedgerError(
            f"{request} was given no answer together with others that still stands."
            f" Take its own answer back with 'netkit decide {request} undo'."
        )
    act = together[together["via"] == mine["via"].iloc[-1]]
    before = notes.set_index("id")["level"]
    with ledger.together():
        for row in act.to_dict(orient="records"):
            if is_missing(row["fact"]):
                ledger.decisions.undo(int(row["id"]), at=at, source=source, because=because)
                continue
            earlier = None if is_missing(row["corrects"]) else before[row["corrects"]]
            level = TAKE_BACK if is_missing(earlier) else earlier
            ledger.notes.add(row["request"], row["fact"], level, at=at, source=source)
    return int(act["request"].nunique())
