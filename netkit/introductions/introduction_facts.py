"""What is known of an introduction: its facts, what you said before, how often the contact is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.facts import OUTCOMES, UNKNOWN, Kind
from netkit.history.facts_then import with_notes
from netkit.history.labels import history_number
from netkit.history.past_introductions import CONTACT_TROUBLED, introduction_facts, introduction_rows
from netkit.history.same_people import SamePeople
from netkit.history.wishes import standing_wishes
from netkit.introductions.life import Life, number, read_life, read_lives
from netkit.introductions.received import derived_to_you
from netkit.introductions.steps import take_step
from netkit.ledger import Ledger
from netkit.ledger.database import read_moment
from netkit.people import folded_name
from netkit.plain_yaml import read_yaml
from netkit.policy import Decision, Policy
from netkit.wording import counted, day_words

_KIND: Kind = "introduction"

_COUNTS = ["lately", "this_year", "agreed", "refused", "made"]
_COLUMNS = ["contact", "contact_name", *_COUNTS, "last_asked"]


@dataclass(frozen=True)
class _PreviousAnswer:
    """What you said of a person for an earlier request."""

    fact: str
    level: str
    on: date
    request: str


@dataclass(frozen=True)
class Judgement:
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
    previous_answers : tuple
        What you said of either person for an earlier request, for questions that are open now.
    """

    life: Life
    decision: Decision
    facts: dict[str, str | int]
    questions: dict[str, str]
    previous_answers: tuple[_PreviousAnswer, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {
            "request": self.life.request,
            **vars(self.decision),
            "clause": self.decision.clause,
            "facts": self.facts,
            "questions": self.questions,
            "said_before": [vars(each) | {"on": each.on.isoformat()} for each in self.previous_answers],
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
) -> Judgement:
    """Note what you know, judge the request by a policy, and record what it said.

    The policy's answer is advice: what you do is recorded by the step that does it.

    Parameters
    ----------
    ledger, request
        As for `take_step`.
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
    Judgement
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
    policy.decider(_KIND)
    words = policy.vocabularies[_KIND]
    with ledger.together():
        offered = _previous_answers(ledger, request)
        noted: dict[str, object] = {said.fact: said.level for said in offered} if as_before else {}
        noted |= dict(facts or {})
        notes = ((request, fact, level) for fact, level in noted.items())
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=words)
        known = known_facts(ledger, request, policy, on)
        decision = policy.decide_one(known, _KIND)
        life = take_step(ledger, request, "judged", on=on, source=source, detail=_recorded(policy, decision))
    questions = {name: words[name].question for name in decision.find_out}
    still = tuple(said for said in offered if said.fact in questions)
    return Judgement(life, decision, known, questions, still)


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
    ledger, request
        As for `take_step`.
    policy : Policy
        Whose declared facts count.
    on : date
        The day.

    Returns
    -------
    dict of str to (str or int)
        What is known; the rest is left out.
    """
    life, words = read_life(ledger, request), policy.vocabularies[_KIND]
    decided_at = datetime.fromisoformat(read_moment(on))
    if life.received:
        row = {"request": request, "decided_at": decided_at, "recorded_at": decided_at}
        derived = {request: derived_to_you(ledger, life, on)}
        then = with_notes(ledger.notes.rows(_KIND), derived, [row], words)
    else:
        rows = [row for row in introduction_rows(ledger) if row["request"] == request]
        then = introduction_facts(ledger, [row | {"decided_at": decided_at} for row in rows], words)
    return {name: level for name, level in then.levels[request].items() if level is not None}


def _previous_answers(ledger: Ledger, request: str) -> tuple[_PreviousAnswer, ...]:
    """Return what you last said of either person for an earlier request; offered, never taken for granted."""
    life, one = read_life(ledger, request), _CanonicalKeys(ledger)
    last = {(note["request"], note["fact"]): note for note in ledger.notes.rows("introduction")}
    notes = [note for note in last.values() if note["level"] is not None]
    here = {note["fact"] for note in notes if note["request"] == request}
    people = {other.request: other for other in read_lives(ledger)}
    # Without those of a request taken back.
    known = (note for note in notes if note["level"] != UNKNOWN and note["request"] in people)
    found: dict[str, _PreviousAnswer] = {}
    for row in sorted(known, key=itemgetter("at", "id")):
        other, role = people[row["request"]], _role(row["fact"])
        if not role or row["fact"] in here or row["request"] == request:
            continue
        same = one[getattr(other, role)] == one[getattr(life, role)]
        if same and other.asked_on <= life.asked_on:
            found[row["fact"]] = _PreviousAnswer(row["fact"], row["level"], row["at"].date(), row["request"])
    return tuple(found.values())


@cache
def fact_subjects() -> Mapping[str, list[str]]:
    """Return which facts are about the requester, which about the contact, and which make two alike.

    >>> fact_subjects()["comparable"]
    ['purpose', 'requester_known', 'good_for_contact']
    """
    return read_yaml(Path(__file__).parent / "about.yaml")


def _role(fact: str) -> str:
    return next((role for role in ("requester", "contact") if fact in fact_subjects()[role]), "")


def contact_load(ledger: Ledger, on: date, *, leave_out: str = "") -> pd.DataFrame:
    """Return how often you asked each contact for something similar, the most asked first (PN2, PI13).

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    on : date
        The day up to which is counted.
    leave_out : str
        An introduction that does not count.

    Returns
    -------
    DataFrame, one row per contact who was ever asked or taken up
        `contact`, `contact_name`, `lately` (requests within the 90 days of the fact
        `contact_asked_lately`), `this_year`, `agreed`, `refused`, `made`, `last_asked` (date).
    """
    return pd.DataFrame(_loads(ledger, on, leave_out), columns=_COLUMNS)


def _loads(ledger: Ledger, on: date, leave_out: str = "") -> list[dict[str, Any]]:
    """Return the rows of `contact_load`."""
    one = _CanonicalKeys(ledger)
    rows: dict[str, dict[str, Any]] = {}
    for life in read_lives(ledger):
        days = [step.on for step in life.standing if step.step in CONTACT_TROUBLED]
        days = [day for day in days if day <= on]
        if not days or life.request == leave_out:
            continue
        contact = one[life.contact]
        row = rows.setdefault(contact, dict.fromkeys(_COUNTS, 0) | {"contact": contact})
        row["contact_name"] = life.contact_name
        row["last_asked"] = max(*days, row.get("last_asked", days[0]))
        row["lately"] += _within(days, on, history_number("asked_lately_days"))
        row["this_year"] += _within(days, on, number("load_days"))
        for column, step in (
            ("agreed", "permission_given"),
            ("refused", "permission_refused"),
            ("made", "introduced"),
        ):
            taken = life.last(step)
            row[column] += int(taken is not None and taken.on <= on)
    return sorted(rows.values(), key=itemgetter("lately", "this_year", "last_asked"), reverse=True)


def contact_sentence(ledger: Ledger, life: Life, on: date) -> str:
    """Say how often you asked the contact of an introduction on behalf of others.

    Parameters
    ----------
    ledger, on
        As for `contact_load`.
    life : Life
        The introduction; it does not count itself.

    Returns
    -------
    str
        The count in words.
    """
    contact = _CanonicalKeys(ledger)[life.contact]
    row = next((row for row in _loads(ledger, on, life.request) if row["contact"] == contact), None)
    if row is None:
        return "has not been asked for another introduction."
    return (
        f"{_was_asked(row)} for other introductions. The last time was {day_words(row['last_asked'])}. Of all"
        f" that you asked, this contact agreed {_times(row['agreed'])} and refused {_times(row['refused'])}."
    )


def _was_asked(row: dict[str, Any]) -> str:
    """Say how often somebody was asked lately and in the last year."""
    lately, year = row["lately"], row["this_year"]
    if not year:
        return "was not asked in the last year"
    often = f"was asked {_times(lately)}" if lately else "was not asked"
    return f"{often} in the last 90 days, and {_times(year)} in the last year"


def contact_wish(ledger: Ledger, life: Life, on: date) -> str:
    """Say what the contact of an introduction wants to be asked about now, or nothing.

    Parameters
    ----------
    ledger, life, on
        As for `contact_sentence`.

    Returns
    -------
    str
        The wish with its days.
    """
    found = standing_wishes(ledger, on).get(_CanonicalKeys(ledger)[life.contact])
    return f"{life.contact_name} {found.sentence}." if found else ""


def _within(days: list[date], on: date, span: float) -> int:
    return int(any((on - day).days <= span for day in days))


class _CanonicalKeys(dict[str, str]):
    """The one key behind each key of an introduction, so that name and address are one person."""

    def __init__(self, ledger: Ledger) -> None:
        asked = [row for row in ledger.introductions.rows() if row["introducer"] is None]
        one = {row["request"]: row for row in introduction_rows(ledger)}
        for role in ("requester", "contact"):
            self.update((row[role], one[row["request"]][role]) for row in asked)

    def __missing__(self, key: str) -> str:
        return key


@dataclass(frozen=True)
class _RequesterRecord:
    """What came of a requester's earlier introductions through you (PV7)."""

    asked: int
    made: int
    outcomes: dict[str, int]
    let_down: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The record in words."""
        if not self.asked:
            return "has not asked you for another introduction."
        known = ", ".join(
            f"{count} {outcome.replace('_', ' ')}" for outcome, count in self.outcomes.items() if count
        )
        bad = f" Let you down: {', '.join(self.let_down)} (PV7)." if self.let_down else ""
        others = counted(self.asked, "other introduction")
        return (
            f"asked you for {others}, of which you made {self.made or 'none'};"
            f" both sides' answers: {known or 'none known'}.{bad}"
        )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def requester_record(ledger: Ledger, life: Life, on: date) -> _RequesterRecord:
    """Return what came of the requester's other introductions, as known on a day.

    Parameters
    ----------
    ledger, life, on
        As for `contact_sentence`.

    Returns
    -------
    object
        `asked`, `made`, `outcomes` (counts by outcome), `let_down` (the requests), and `sentence`.
    """
    one = _CanonicalKeys(ledger)
    others = [
        other
        for other in read_lives(ledger)
        if one[other.requester] == one[life.requester]
        and other.request != life.request
        and other.asked_on <= on
    ]
    outcomes, let_down, made = dict.fromkeys(OUTCOMES, 0), [], 0
    for other in others:
        steps = [step for step in other.standing if step.on <= on]
        made += any(step.step == "introduced" for step in steps)
        known = {step.step: str(step.detail.get("outcome")) for step in steps if "outcome" in step.step}
        for outcome in known.values():
            outcomes[outcome] += 1
        sides = known.get("outcome_requester"), known.get("outcome_contact")
        if sides[0] == "no_show" or sides[1] == "regretted":
            let_down.append(other.request)
    return _RequesterRecord(len(others), made, outcomes, tuple(let_down))


@dataclass(frozen=True)
class Acquaintance:
    """What is on record between you and one person.

    Attributes
    ----------
    person, name : str
        Who.
    connected_on : date or None
        Since when you are connected.
    heard, wrote : int
        Messages from and to this person.
    last_heard, last_wrote : date or None
        The last of either.
    endorsed_you, you_endorsed, recommended_you, you_recommended : int
        How often.
    told : tuple of str
        The tables that any export held: what none held is unknown, not none.
    """

    person: str
    name: str
    connected_on: date | None = None
    heard: int = 0
    wrote: int = 0
    last_heard: date | None = None
    last_wrote: date | None = None
    endorsed_you: int = 0
    you_endorsed: int = 0
    recommended_you: int = 0
    you_recommended: int = 0
    told: tuple[str, ...] = ()

    @property
    def parts(self) -> list[str]:
        """Since when you are connected, how often you wrote to each other, and who wrote last."""
        since = "Not connected" if "connections" in self.told else "No archive says whether you are connected"
        parts = [f"Connected since {day_words(self.connected_on)}" if self.connected_on else since]
        days = [day for day in (self.last_heard, self.last_wrote) if day]
        if days:
            whose = "yours" if self.last_wrote == max(days) else "theirs"
            messages = counted(self.heard + self.wrote, "message")
            parts.append(f"{messages}, last {day_words(max(days))} ({whose})")
        elif "messages" in self.told:
            parts.append("no message")
        praised = {
            "endorsed you": self.endorsed_you,
            "endorsed by you": self.you_endorsed,
            "recommended you": self.recommended_you,
            "recommended by you": self.you_recommended,
        }
        return parts + [words for words, times in praised.items() if times]

    @property
    def known(self) -> bool:
        """Whether any exchange between you is on record."""
        praise = self.endorsed_you + self.you_endorsed + self.recommended_you + self.you_recommended
        return bool(self.connected_on or self.heard + self.wrote + praise)

    @property
    def sentence(self) -> str:
        """The record in words."""
        parts = ["no export says whether you are connected"]
        if self.connected_on:
            parts = [f"connected since {day_words(self.connected_on)}"]
        elif "connections" in self.told:
            parts = ["not connected with you"]
        if self.heard + self.wrote:
            last = f", last heard {day_words(self.last_heard)}" if self.last_heard else ""
            parts.append(f"messages: {self.heard} received, {self.wrote} sent{last}")
        elif "messages" in self.told:
            parts.append("no message on record")
        for count, words in (
            (self.endorsed_you, "endorsed you"),
            (self.you_endorsed, "endorsed by you"),
            (self.recommended_you, "recommended you"),
            (self.you_recommended, "recommended by you"),
        ):
            parts += [words] if count else []
        return "; ".join(parts) + "."


def acquaintance(ledger: Ledger, person: str, name: str, on: date) -> Acquaintance:
    """Return what is on record between you and one person up to a day.

    Parameters
    ----------
    ledger, on
        As for `contact_load`.
    person, name : str
        Person key and name.

    Returns
    -------
    Acquaintance
        The record.
    """
    same = SamePeople.of(ledger)
    key = same.key(person) or person
    told = {table for row in ledger.exports.rows("imports") for table in json.loads(row["present"])}
    end = datetime.combine(on + timedelta(days=1), time(), UTC)
    writers = [row["person"] for row in ledger.exports.rows("people") if same.key(row["person"]) == key]
    written = ledger.exports.written(writers, end)
    (heard, last_heard), (wrote, last_wrote) = written["incoming"], written["outgoing"]
    given = Counter(
        row["direction"]
        for row in ledger.exports.rows("endorsements")
        if row["person"] and same.key(row["person"]) == key and _before(row["at"], end)
    )
    praise = Counter(
        row["direction"]
        for row in ledger.exports.rows("recommendations")
        if folded_name(row["name"]) == folded_name(name) and _before(row["at"], end)
    )
    return Acquaintance(
        key,
        name,
        connected_on=_connected_on(ledger, key, end),
        heard=heard,
        wrote=wrote,
        last_heard=last_heard.date() if last_heard else None,
        last_wrote=last_wrote.date() if last_wrote else None,
        endorsed_you=given["received"],
        you_endorsed=given["given"],
        recommended_you=praise["received"],
        you_recommended=praise["given"],
        told=tuple(sorted(told)),
    )


def _before(at: datetime | None, end: datetime) -> bool:
    return at is None or at < end


def connections_with(ledger: Ledger, person: str) -> list[dict[str, Any]]:
    """Return what the newest archive with connections says of yours with a person; nothing of none.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    person : str
        The person's key.

    Returns
    -------
    list of dict
        Rows as of `ExportStore.connection_rows`.

    Examples
    --------
    >>> connections_with(ledger, "in:ana")[0]["connected_on"]  # doctest: +SKIP
    datetime.datetime(2020, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)
    """
    same, rows = SamePeople.of(ledger), ledger.exports.connection_rows()
    newest = max((row["last_seen"] for row in rows), default=None)
    return [
        row for row in rows if row["last_seen"] == newest and same.key(row["person"], row["name"]) == person
    ]


def _connected_on(ledger: Ledger, key: str, end: datetime) -> date | None:
    days = [row["connected_on"] for row in connections_with(ledger, key)]
    return days[0].date() if days and days[0] and days[0] < end else None
