"""Everything on record about one person: requests, messages, introductions, notes, and the advice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from netkit.history import History, read_history
from netkit.history.same_people import SamePeople
from netkit.history.wishes import standing_wishes
from netkit.introductions import Acquaintance, acquaintance, deferred_until, read_lives
from netkit.ledger import Ledger
from netkit.ledger.decision_store import settle_with_record
from netkit.policy import Policy, policy_in_office
from netkit.waiting import leads_to, next_question
from netkit.waiting.unless import advice_unless
from netkit.wording import counted, is_missing, spoken

_TYPED = "typed"  # how every origin of what you said yourself begins
_STATES = {
    "accepted": "accepted",
    "gone": "no longer in your newest archive, and you are not connected",
    "aged": "waits for longer than you usually take",
    "open": "waits for your answer",
}
# What you had done before, and is no answer.
_BEFORE = {"ask": "you asked before", "defer": "you deferred it before", "ignore": "you ignored it before"}


@dataclass(frozen=True)
class OneInvitation:
    """One invitation: its `key`, `on` which day, `sent` or received, what `became` of it, and its `note`.

    `contradicted` asks which is right, where what you recorded and the platform's record differ.
    """

    key: str
    on: date
    sent: bool
    became: str
    note: str
    contradicted: str = ""


@dataclass(frozen=True)
class Advice:
    """What the policy says of a request, from which facts, and where each answer to its question leads.

    Of an open one `leans_to` is what it advises `unless` you say more, `leaning` that in words; the reason,
    rule and letter are its.
    """

    request: str
    action: str | None
    said: str
    reason: str
    rule: str
    clause: str
    facts: dict[str, dict[str, Any]]
    assumed: dict[str, str | float]
    question: str
    fact: str
    leads_to: dict[str, str]
    letter: str = ""
    model: str = ""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    leans_to: str | None = None
    leaning: str = ""
    unless: str = ""

    @property
    def says(self) -> str | None:
        """The answer, settled or unless you say more; None where you are asked first."""
        return self.action or self.leans_to


@dataclass(frozen=True)
class WholePerson:
    """One person: who, since when, how often, every invitation and introduction, evidence, and what waits.

    `noted_later` is what you noted when the answer was known already, so that it counts as hindsight.
    """

    person: str
    name: str
    work: str
    url: str
    acquaintance: Acquaintance
    invitations: tuple[OneInvitation, ...]
    introductions: tuple[str, ...]
    introduced_to_you: tuple[str, ...]
    wish: str
    noted: dict[str, str]
    noted_later: dict[str, str]
    evidence: tuple[str, ...]
    advice: Advice | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self) | {"acquaintance": self.acquaintance.sentence}


def whole_person(
    ledger: Ledger,
    person: str,
    name: str,
    on: date,
    request: str | None = None,
    opinion: Callable[[History, Policy, str], str] = lambda *_: "",
) -> WholePerson:
    """Return everything on record about a person; of several requests one can be named to be explained.

    `opinion` says what the model makes of a request.
    """
    policy = policy_in_office(ledger.home)
    history = read_history(ledger, policy.vocabularies["invitation"])
    sent, mine = _invitations(ledger, person)
    told = history.table[history.table["request"].isin(mine)]
    waits = history.waiting()
    waits = waits[waits["request"].isin(mine)]
    focus = request or (str(waits["request"].iloc[-1]) if len(waits) else None)
    link = _connection(ledger, person)
    advice = advice_on(ledger, history, policy, focus, opinion) if focus else None
    own = _own_answers(ledger, policy)
    until = {key: day for key, (_, day) in deferred_until(ledger, history.table).items()}
    url = next((url for url in [link.get("url", ""), *sent["url"]] if not is_missing(url) and url), "")
    return WholePerson(
        person=person,
        name=name,
        work=" at ".join(link[part] for part in ("position", "company") if link.get(part)),
        url=url,
        acquaintance=acquaintance(ledger, person, name, on),
        invitations=tuple(_one(row, history, own, until) for row in sent.to_dict(orient="records")),
        introductions=tuple(_introductions(ledger, person)),
        introduced_to_you=tuple(_introduced_to_you(ledger, person)),
        wish=wish.sentence if (wish := standing_wishes(ledger, on).get(person)) else "",
        noted=(noted := _noted(history, told["request"])),
        noted_later=_noted_later(ledger, mine, noted),
        evidence=ledger.evidence.about(person, name, url, f"{on + timedelta(days=1)}T00:00:00+00:00"),
        advice=advice,
    )


def _invitations(ledger: Ledger, person: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the invitations between you and a person, and the keys of those that you received."""
    sent = ledger.invitations.to_frame()
    sent = sent[SamePeople.of(ledger).rows(sent) == person]
    return sent, sent.loc[sent["direction"] == "incoming", "request"].tolist()


def _connection(ledger: Ledger, person: str) -> dict[str, str]:
    rows = ledger.exports.connections()
    rows = rows[SamePeople.of(ledger).rows(rows) == person]
    found = rows.head(1).to_dict(orient="records")
    return {str(key): str(value) for key, value in found[0].items() if not is_missing(value)} if found else {}


def _introductions(ledger: Ledger, person: str) -> Iterator[str]:
    """Yield how often a person asked and was asked for, and each of these introductions in a sentence."""
    same = SamePeople.of(ledger)
    sides = [
        (life, [(same.key(key) or key) == person for key in (life.requester, life.contact)])
        for life in read_lives(ledger)
    ]
    theirs = [(life, side) for life, side in sides if any(side)]
    if not theirs:
        return
    asked, wanted = (counted(sum(side[at] for _, side in theirs), "time") for at in (0, 1))
    made = sum(bool(life.last("introduced")) for life, _ in theirs)
    useful = sum("useful" in life.outcomes.values() for life, _ in theirs)
    yield f"asked you {asked}, asked for {wanted}; {made} made, {useful} useful"
    yield from (life.sentence for life, _ in theirs)


def _introduced_to_you(ledger: Ledger, person: str) -> Iterator[str]:
    """Yield each introduction that you received in which a person is on either side, in a sentence."""
    same = SamePeople.of(ledger)
    for life in read_lives(ledger, received=True):
        if person in [same.key(key) or key for key in (life.requester, life.introducer)]:
            yield life.sentence


def _own_answers(ledger: Ledger, policy: Policy) -> dict[str, str]:
    """Return by request the answer that counts in words, where it is one of the policy's own."""
    counts = settle_with_record(ledger.decisions.to_frame("invitation")).dropna(subset=["answer"])
    return {
        str(request): policy.words_for("invitation", str(answer))
        for request, answer in zip(counts["request"], counts["answer"], strict=True)
    }


def _one(
    row: dict[Any, Any], history: History, own: dict[str, str], until: Mapping[str, date]
) -> OneInvitation:
    key = str(row["request"])
    received = history.table[history.table["request"] == key].to_dict(orient="records")
    became = _became(received[0], own.get(key), until.get(key)) if received else "sent by you"
    note = "" if is_missing(row["message"]) else str(row["message"])
    asked = history.contradicted.get(key, "")
    return OneInvitation(key, row["sent_at"].date(), not received, became, note, asked)


def _became(row: dict[Any, Any], own: str | None, until: date | None) -> str:
    if row["state"] == "decided":
        return f"you chose {own or spoken(row['action'])} on {row['decided_at']:%Y-%m-%d}"
    words = _STATES[row["state"]]
    if until:
        return (
            f"you deferred it until {until}" if until > date.today() else f"{words}, deferred until {until}"
        )
    if row["state"] == "accepted" and not is_missing(row["delay_days"]):
        words += f" after {counted(int(row['delay_days']), 'day')}"
    return words if is_missing(row["step"]) else f"{words}; {_BEFORE[row['step']]}"


def _noted(history: History, requests: pd.Series) -> dict[str, str]:
    """Return what you said yourself of a person's requests; the newest request's word counts."""
    return {
        name: "you do not know" if told["level"] is None else str(told["level"])
        for request in requests
        for name, told in history.values_of(request).items()
        if told["origin"].startswith(_TYPED)
    }


def _noted_later(ledger: Ledger, requests: list[str], noted: Mapping[str, str]) -> dict[str, str]:
    """Return what else you noted of some requests."""
    notes = ledger.notes.to_frame("invitation")
    notes = notes[notes["request"].isin(requests) & notes["origin"].eq(_TYPED) & ~notes["fact"].isin(noted)]
    last = notes.drop_duplicates(["request", "fact"], keep="last").dropna(subset=["level"])
    return dict(zip(last["fact"], last["level"], strict=True))


def advice_on(
    ledger: Ledger,
    history: History,
    policy: Policy,
    request: str,
    opinion: Callable[[History, Policy, str], str],
) -> Advice:
    """Return what the policy and, where it may speak, the model say of one request of a history."""
    facts = history.values_of(request)
    known = {name: told["level"] for name, told in facts.items() if told["level"] is not None}
    decision = policy.on_record.decide_one(known, "invitation")
    unsure = {name for name, told in facts.items() if told["level"] is None}
    offers = history.evidence_for(request).offers
    fact = next_question(policy.on_record, known, unsure, offers)
    unless = advice_unless(policy.on_record, known, offers)
    used = policy.decider("invitation").grid.fields
    read = {name: words for name, words in _moving_words(ledger, request, facts).items() if name in used}
    advised = unless.decision if unless else decision
    return Advice(
        request=request,
        action=decision.action,
        said=decision.said,
        reason=unless.reason if unless else decision.reason,
        rule=advised.rule,
        clause=advised.clause,
        facts=facts,
        assumed=decision.assumed,
        question=policy.vocabularies["invitation"][fact].question if fact else "",
        fact=fact,
        leads_to=leads_to(policy, known, fact) if fact else {},
        letter=advised.letter,
        model=opinion(history, policy, request),
        words=read,
        leans_to=unless.action if unless else None,
        leaning=unless.decision.said if unless else "",
        unless=unless.words if unless else "",
    )


def _moving_words(
    ledger: Ledger, request: str, told: dict[str, dict[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Return the words behind what was read; the reader takes a second to load, so only where it read it."""
    read = {name for name, each in told.items() if each["origin"] == "note" and each["level"] == "yes"}
    words = ledger.invitations.moving_words(request) if read else {}
    return {name: each for name, each in words.items() if name in read}
