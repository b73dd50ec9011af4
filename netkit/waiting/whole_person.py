"""Everything on record about one person: requests, messages, introductions, notes, and the advice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from netkit.history import RequestRows, read_request_rows
from netkit.history.named_contacts import NamedContacts
from netkit.history.same_people import SamePeople
from netkit.history.wishes import standing_wishes
from netkit.introductions import Acquaintance, Rest, acquaintance, read_lives, resting
from netkit.ledger import Ledger
from netkit.ledger.decision_store import settle_with_record
from netkit.policy import Policy, policy_in_office
from netkit.waiting import leads_to, next_question
from netkit.waiting.connected_already import NOTHING, connected_already
from netkit.waiting.since_archive import CLICKED, is_on_your_word
from netkit.waiting.unless import advice_unless
from netkit.wording import counted, day_words, spoken

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
    opinion: Callable[[RequestRows, Policy, str], str] = lambda *_: "",
) -> WholePerson:
    """Return everything on record about a person; of several requests one can be named to be explained.

    `opinion` says what the model makes of a request.
    """
    policy = policy_in_office(ledger.home)
    known = read_request_rows(ledger, policy.vocabularies["invitation"])
    same, sent = SamePeople.of(ledger), invitations_with(ledger, person)
    mine = [row["request"] for row in sent if row["request"] in known.rows]
    focus = request or next((each for each in reversed(known.waiting) if each in mine), None)
    links = ledger.exports.connection_rows()
    link = next((row for row in links if same.key(row["person"], row["name"]) == person), {})
    advice = advice_on(ledger, known, policy, focus, opinion) if focus else None
    asked = [known.rows[focus]] if focus in known.waiting else []
    linked = next(iter(connected_already(ledger, asked).values()), None)
    if advice and linked and linked.same:
        advice = nothing_to_do(advice, linked.words)
    own = _own_answers(ledger, policy)
    rests = resting(ledger, known.labels.rows)
    archives = sorted({row["taken_on"].date() for row in ledger.exports.rows("imports")})[-2:]
    url = next((row["url"] for row in [link, *sent] if row.get("url")), "")
    return WholePerson(
        person=person,
        name=name,
        work=" at ".join(str(link[part]) for part in ("position", "company") if link.get(part)),
        url=url,
        acquaintance=acquaintance(ledger, person, name, on),
        invitations=tuple(_one(row, known, own, rests, () if link else archives) for row in sent),
        introductions=tuple(_introductions(ledger, person)),
        introduced_to_you=tuple(_introduced_to_you(ledger, person)),
        wish=wish.sentence if (wish := standing_wishes(ledger, on).get(person)) else "",
        noted=(noted := _noted(known, mine)),
        noted_later=_noted_later(ledger, mine, noted),
        evidence=(
            *ledger.evidence.about(person, name, url, f"{on + timedelta(days=1)}T00:00:00+00:00"),
            *(NamedContacts(links).sentences(known.rows[focus]) if focus in known.rows else ()),
            *([linked.words] if linked and not linked.same else []),
        ),
        advice=advice,
    )


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
    counts = settle_with_record(ledger.decisions.rows("invitation"))
    return {
        request: policy.words_for("invitation", row["answer"])
        for request, row in counts.items()
        if row["answer"] is not None
    }


def _one(
    row: dict[str, Any],
    known: RequestRows,
    own: dict[str, str],
    rests: Mapping[str, Rest],
    archives: Sequence[date],
) -> OneInvitation:
    """Return one invitation; the last two archives are given by their days where there is no connection."""
    key = row["request"]
    received = known.rows.get(key)
    became = _became(received, own.get(key), rests.get(key)) if received else "sent by you"
    asked = known.labels.differing.get(key, "")
    if received and len(archives) > 1 and not asked and is_on_your_word(received, archives[1], archives[0]):
        asked = f"Your archive of {day_words(archives[1])} shows no connection. {CLICKED}"
    return OneInvitation(key, row["sent_at"].date(), not received, became, row["message"] or "", asked)


def _became(row: dict[str, Any], own: str | None, rest: Rest | None) -> str:
    if row["state"] == "decided":
        return f"you chose {own or spoken(row['action'])} on {day_words(row['decided_at'])}"
    words = _STATES[row["state"]]
    if rest:
        return rest.until_then if rest.until > date.today() else f"{words}; {rest.words}"
    if row["state"] == "accepted" and row["delay_days"] is not None:
        words += f" after {counted(row['delay_days'], 'day')}"
    return words if row["step"] is None else f"{words}; {_BEFORE[row['step']]}"


def _noted(known: RequestRows, requests: list[str]) -> dict[str, str]:
    """Return what you said yourself of a person's requests; the newest request's word counts."""
    return {
        name: "you do not know" if told["level"] is None else str(told["level"])
        for request in requests
        for name, told in known.values_of(request).items()
        if told["origin"].startswith(_TYPED)
    }


def _noted_later(ledger: Ledger, requests: list[str], noted: Mapping[str, str]) -> dict[str, str]:
    """Return what else you noted of some requests."""
    last = {
        (note["request"], note["fact"]): note
        for note in ledger.notes.rows("invitation")
        if note["request"] in requests and note["origin"] == _TYPED and note["fact"] not in noted
    }
    in_order = sorted(last.values(), key=itemgetter("id"))
    return {note["fact"]: note["level"] for note in in_order if note["level"] is not None}


def advice_on(
    ledger: Ledger,
    requests: RequestRows,
    policy: Policy,
    request: str,
    opinion: Callable[[RequestRows, Policy, str], str],
) -> Advice:
    """Return what the policy and, where it may speak, the model say of one request."""
    facts = requests.values_of(request)
    known = {name: told["level"] for name, told in facts.items() if told["level"] is not None}
    decision = policy.on_record.decide_one(known, "invitation")
    unsure = {name for name, told in facts.items() if told["level"] is None}
    offers = requests.evidence_for(request).offers
    fact = next_question(policy.on_record, known, unsure, offers)
    unless = advice_unless(policy.on_record, known, offers, unsure)
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
        model=opinion(requests, policy, request),
        words=read,
        leans_to=unless.action if unless else None,
        leaning=unless.decision.said if unless else "",
        unless=unless.words if unless else "",
    )


def nothing_to_do(advice: Advice, reason: str) -> Advice:
    """Return that nothing needs an answer, in place of what the policy says of strangers."""
    return replace(
        advice, action=None, said=NOTHING, reason=reason, rule="", clause="", question="", fact="",
        leads_to={}, letter="", model="", leans_to=None, leaning="", unless="",
    )  # fmt: skip


def invitations_with(ledger: Ledger, person: str) -> list[dict[str, Any]]:
    """Return the invitations between you and a person, oldest first."""
    same = SamePeople.of(ledger)
    return [row for row in ledger.invitations.rows() if same.key(row["person"], row["name"]) == person]


def _moving_words(
    ledger: Ledger, request: str, told: dict[str, dict[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Return the words behind what was read; the reader takes a second to load, so only where it read it."""
    read = {name for name, each in told.items() if each["origin"] == "note" and each["level"] == "yes"}
    words = ledger.invitations.moving_words(request) if read else {}
    return {name: each for name, each in words.items() if name in read}
