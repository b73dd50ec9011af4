"""What waits for your answer: judged by the policy, sorted into what can be answered and what is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd

from netkit.facts import ACTIONS, Kind
from netkit.history import History, read_history
from netkit.history.labels import WAITS
from netkit.history.named_contacts import NamedContacts
from netkit.introductions import resting
from netkit.ledger import Ledger
from netkit.policy import Policy, policy_in_office
from netkit.policy.rules import Assumption
from netkit.waiting.connected_already import NOTHING, connected_already
from netkit.waiting.unless import Unless, advice_unless
from netkit.wording import capital, join_or, spoken

__all__ = ["Waiting", "as_it_waits", "judge_waiting", "leads_to", "next_question", "what_waits"]

_OPEN = "still open"


@dataclass(frozen=True)
class Waiting:
    """What waits for an answer, in the order in which it is shown.

    Attributes
    ----------
    table : DataFrame, one row per waiting invitation, in the order of `History.waiting`
        The policy's judgement table with `name`, `sent_at`, `waited_days`, `state`, `note`, `said` (the
        advice in the policy's words), `question` (of the next fact), `evidence` (what your own files
        propose as its answer), `remark` (as in `History.remarks`), and of what is open
        `leans_to` (the advice unless you say more, if there is any), `unless` (what would change it),
        `because` (why), `leans_by` (the clauses), `answers` (how many answers of yours lead to advice at
        most) and `find_out` (all that could change it).
    history : History
        The history that it belongs to.
    policy : Policy
        The policy whose advice it holds.
    about_model : str
        What the model lacks until it may speak, or when the next verdict is due.
    has_files : bool
        Whether other files of yours were added.
    unsaid : frozenset of str
        The open requests whose sender may be somebody in these files, as you have not said yet.
    """

    table: pd.DataFrame
    history: History
    policy: Policy
    about_model: str = ""
    has_files: bool = False
    unsaid: frozenset[str] = frozenset()

    @property
    def ready(self) -> pd.DataFrame:
        """What can be answered now."""
        return self.table[self.table["settled"] & ~self._is_aged]

    @property
    def leaning(self) -> pd.DataFrame:
        """What has advice that stands unless you say more."""
        return self.table[self.table["leans_to"].notna() & ~self._is_aged]

    @property
    def asking(self) -> pd.DataFrame:
        """What needs an answer from you first."""
        return self.table[~self.table["settled"] & self.table["leans_to"].isna() & ~self._is_aged]

    @property
    def aged(self) -> pd.DataFrame:
        """What waits longer than usual."""
        return self.table[self._is_aged]

    @property
    def _is_aged(self) -> pd.Series:
        return self.table["state"] == "aged"

    @property
    def assumed(self) -> list[Assumption]:
        """What the policy assumes because no file told it of anybody who waits."""
        vocabulary = self.policy.vocabularies["invitation"]
        facts = self.history.facts_of(self.table["request"])
        used = self.policy.decider("invitation").grid.fields
        return [
            self.policy.assume["invitation"][name]
            for name in vocabulary.filled_in("derived")
            if name in used and facts[name].isna().all()
        ]

    def as_dict(self) -> dict[str, object]:
        """Return the counts, ready for JSON."""
        longest = self.aged["waited_days"].max()
        return {
            "waiting": len(self.table),
            "ready": len(self.ready),
            "unless_you_say_more": len(self.leaning),
            "asking": len(self.asking),
            "longer_than_usual": len(self.aged),
            "deferred": len(self.history.resting_by("defer")),
            "asked": len(self.history.resting_by("ask")),
            "longest_days": None if pd.isna(longest) else int(longest),
            "assumed": [each.fact.name for each in self.assumed],
        }


def leads_to(
    policy: Policy, facts: Mapping[str, object], fact: str, kind: Kind = "invitation"
) -> dict[str, str]:
    """Return where each answer to a question leads, in words; a number has too many answers.

    Parameters
    ----------
    policy : Policy
        The policy in office.
    facts : mapping of str to object
        What is known of the request.
    fact : str
        What is asked.
    kind : {'invitation', 'introduction'}
        What the request is.

    Returns
    -------
    dict of str to str
        Level -> the action, or that it is still open between which.
    """
    levels = policy.asked_levels(kind, fact, facts)
    return {level: _outcome(policy.on_record, {**facts, fact: level}, kind) for level in levels}


def where_it_leads(leads: Mapping[str, str]) -> list[str]:
    """Return where each answer leads in a sentence each; nothing where every one leaves all open.

    Examples
    --------
    >>> where_it_leads({"yes": "accept", "no": "still open"})
    ['If yes: accept.', 'If no: still open.']
    >>> where_it_leads({"yes": "still open", "no": "still open"})
    []
    """
    if set(leads.values()) == {_OPEN}:
        return []
    return [f"If {spoken(level)}: {to}." for level, to in leads.items()]


def _outcome(policy: Policy, facts: Mapping[str, object], kind: Kind) -> str:
    """Return where facts lead: to an answer, to one that stands unless you say more, or not yet."""
    decision = policy.decide_one(facts, kind)
    if decision.said:
        return decision.said
    if kind == "invitation" and (unless := advice_unless(policy, facts)):
        return unless.said
    every = set(decision.possible) == set(ACTIONS[kind])
    return _OPEN if every else f"{_OPEN} ({join_or(decision.choices)})"


class _Open(NamedTuple):
    """What is asked of an open request, and what is advised unless you say more."""

    next_fact: str
    find_out: tuple[str, ...]
    unless: Unless | None
    answers: int | None  # how many settle it at most, where nothing is advised

    @classmethod
    def of(
        cls, policy: Policy, known: Mapping[str, object], unsure: Collection[str], offered: Collection[str]
    ) -> _Open:
        unless = advice_unless(policy, known, offered, unsure)
        return cls(
            next_question(policy, known, unsure, offered),
            policy.decide_one(known, "invitation").find_out,
            unless,
            None if unless else most_answers(policy, known, unsure, offered),
        )


def judge_waiting(history: History, policy: Policy) -> pd.DataFrame:
    """Judge by a policy the invitations that still wait for an answer.

    Parameters
    ----------
    history : History
        The history.
    policy : Policy
        The policy in office.

    Returns
    -------
    DataFrame
        As `Waiting.table`.
    """
    rows = history.waiting()[["request", "name", "sent_at", "waited_days", "state", "note"]]
    judged = policy.on_record.judge(history.facts_of(rows["request"]), "invitation", exact=True)
    table = judged.merge(rows, on="request", validate="1:1")
    linked = table["request"].isin(list(history.connected))
    # Whatever the policy says of strangers.
    table.loc[linked, ["action", "rule", "clause", "next_fact"]] = [None, "", "", None]
    table.loc[linked, "settled"], table.loc[linked, "reason"] = True, table["request"].map(history.connected)
    alike, found = dict[tuple[Any, ...], _Open](), dict[str, _Open]()
    for request in table.loc[~table["settled"], "request"]:
        told = history.values_of(request)
        known = {name: each["level"] for name, each in told.items() if each["level"] is not None}
        unsure, offered = told.keys() - known.keys(), history.evidence_for(request).offers
        # Many strangers are alike: what is known of them is worked out once.
        key = (*map(frozenset, (known.items(), unsure, offered)),)
        if key not in alike:
            alike[key] = _Open.of(policy.on_record, known, unsure, offered)
        found[request] = alike[key]
    opened = [found.get(each) for each in table["request"]]
    table["next_fact"] = pd.Series([(each and each.next_fact) or None for each in opened], dtype="str")
    said = {rule.id: f"{rule.said} {rule.lasts()}".strip() for rule in policy.rules["invitation"]}
    questions = {name: fact.question for name, fact in policy.vocabularies["invitation"].items()}
    pairs = zip(table["request"], table["next_fact"].astype("str"), strict=True)
    beside = [history.evidence_for(request).beside(fact) for request, fact in pairs]
    lean = [each and each.unless for each in opened]
    table["leans_to"] = pd.Series([each and each.action for each in lean], table.index, dtype="object")
    table["unless"] = [each.words if each else "" for each in lean]
    table["leans_by"] = [each.decision.clause if each else "" for each in lean]
    table["because"] = [each.reason if each else "" for each in lean]
    table["answers"] = pd.array([each and each.answers for each in opened], dtype="Int64")
    table["find_out"] = [each.find_out if each else () for each in opened]
    settled = table["rule"].map(said).astype("str")
    open_said = pd.Series([each and each.decision.said for each in lean], table.index, dtype="str")
    return table.assign(
        said=settled.where(table["settled"], open_said).mask(linked, NOTHING),
        question=table["next_fact"].map(questions).astype("str"),
        evidence=beside,
        remark=[history.remarks.get(each, "") for each in table["request"]],
    )


def most_answers(
    policy: Policy, known: Mapping[str, object], unsure: Collection[str] = (), offered: Collection[str] = ()
) -> int:
    """Return how many answers lead to advice at most, asked in the order of `next_question`."""
    fact = next_question(policy, known, unsure, offered)
    if not fact or (_advice(policy, known, unsure) is not None and not set(offered) - set(known)):
        return 0
    levels = policy.vocabularies["invitation"][fact].levels
    return 1 + max(
        (most_answers(policy, {**known, fact: level}, unsure, offered) for level in levels), default=0
    )


def next_question(
    policy: Policy, known: Mapping[str, object], unsure: Collection[str] = (), offered: Collection[str] = ()
) -> str:
    """Return the fact that is asked next, leaving out those that you said you do not know.

    Where there is no advice yet, it is that of which most answers lead to advice, of several the least
    trouble; where none does, that of which most lead to it after one question more. Else it is, of those that
    can change the advice, the least trouble, and of several the one of which most answers settle the request.
    What your other files propose an answer to is asked by this last way.
    """
    vocabulary = policy.vocabularies["invitation"]
    facts = [fact for fact in policy.decide_one(known, "invitation").find_out if fact not in unsure]
    advice = _advice(policy, known, unsure)
    if not set(facts) & set(offered) and advice is None:
        for further in (0, 1):
            shares = {fact: _share_advised(policy, known, unsure, fact, further) for fact in facts}
            if shares and max(shares.values()):
                return max(shares, key=shares.__getitem__)

    def settling(fact: str) -> int:
        levels = vocabulary[fact].levels
        reached = (policy.decide_one({**known, fact: level}, "invitation") for level in levels)
        return sum(decision.settled for decision in reached)

    def changes(fact: str) -> bool:
        answered = [{**known, fact: level} for level in vocabulary[fact].levels]
        return not answered or any(_advice(policy, each, unsure) != advice for each in answered)

    for _, some in groupby(facts, key=lambda fact: vocabulary[fact].effort):
        for fact in sorted(some, key=settling, reverse=True):
            if advice is None or changes(fact):
                return fact
    return facts[0] if facts else ""  # together with another answer it may


def _share_advised(
    policy: Policy, known: Mapping[str, object], unsure: Collection[str], fact: str, further: int
) -> float:
    """Return which share of the answers to a question lead to advice, with so many questions more at best."""
    levels, reached = policy.vocabularies["invitation"][fact].levels, 0.0
    for answered in ({**known, fact: level} for level in levels):
        if _advice(policy, answered, unsure) is not None:
            reached += 1
        elif further:
            more = set(policy.decide_one(answered, "invitation").find_out) - set(unsure)
            shares = (_share_advised(policy, answered, unsure, each, further - 1) for each in more)
            reached += max(shares, default=0)
    return reached / max(len(levels), 1)


def _advice(policy: Policy, known: Mapping[str, object], unsure: Collection[str]) -> str | None:
    """Return the action that is advised, settled or unless you say more."""
    decision = policy.decide_one(known, "invitation")
    if decision.settled:
        return decision.action
    unless = advice_unless(policy, known, unsure=unsure)
    return unless.action if unless else None


def as_it_waits(ledger: Ledger, history: History, on: date | None = None) -> History:
    """Return a history in which what rests does not wait, with what is to be said of what waits.

    What rests is what you deferred until a later day, and what you asked about and wait for a reply.
    """
    on = on or date.today()
    rests = resting(ledger, history.known.labels.rows)
    linked = connected_already(ledger, (row for row in history.known.labels.rows if row["state"] in WAITS))
    remarks = [(request, f"{capital(rest.words)}.") for request, rest in rests.items() if rest.until <= on]
    remarks += [(request, link.words) for request, link in linked.items() if not link.same]
    contacts = NamedContacts(ledger.exports.connection_rows())
    remarks += [
        (row["request"], said)
        for row in history.known.labels.rows
        if row["state"] in WAITS
        for said in contacts.sentences(row)
    ]
    every = dict.fromkeys(request for request, _ in remarks)
    return replace(
        history,
        resting={request: rest.until for request, rest in rests.items() if rest.until > on},
        remarks={each: " ".join(words for request, words in remarks if request == each) for each in every},
        connected={request: link.words for request, link in linked.items() if link.same},
    )


def what_waits(ledger: Ledger) -> Waiting:
    """Return what waits in a ledger, judged by the policy in office.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    Waiting
        What waits.
    """
    policy = policy_in_office(ledger.home)
    history = as_it_waits(ledger, read_history(ledger, policy.vocabularies["invitation"]))
    table = judge_waiting(history, policy)
    open_ones = table.loc[~table["settled"], "request"]
    return Waiting(
        table,
        history,
        policy,
        has_files=not ledger.evidence.sources().empty,
        unsaid=frozenset(pair.request for pair in ledger.evidence.pairs(open_ones)),
    )
