"""One sitting with the requests, without any widget: what is asked, what is recorded, what is taken back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clocktime
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

import pandas as pd

from netkit.errors import NetkitError
from netkit.evidence import Told
from netkit.facts import TAKE_BACK, UNKNOWN
from netkit.history import History
from netkit.history.labels import WAITS
from netkit.history.sample_check import MoreDecisions
from netkit.lab.buttons import words
from netkit.lab.opinions import Facts, Judges
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.evidence_links import Link, Pair
from netkit.letters import MissingValuesError, draft
from netkit.letters.letter_templates import read_template, standing_values
from netkit.policy.rules import Rule, Value
from netkit.waiting import leads_to, next_question
from netkit.waiting.alike import likeness


@dataclass(frozen=True)
class Task:
    """What a session is for."""

    name: str
    requests: tuple[str, ...]
    blind: bool = True
    source: str = "lab"
    moments: Mapping[str, str] = field(default_factory=dict)
    progress: MoreDecisions | None = None
    note: str = ""
    drawn: Mapping[str, str] = field(
        default_factory=dict
    )  # from what a request was drawn, kept with its answer

    def source_of(self, request: str) -> str:
        """Return who says what is recorded of a request, with what it was drawn from."""
        return self.source + self.drawn.get(request, "")

    @property
    def actions(self) -> tuple[str, ...]:
        """The answers that are offered."""
        return tuple(words()[self.name]["actions"])


@dataclass(frozen=True)
class _Step:
    """What one press of a key did, and what takes it back."""

    kind: str
    requests: tuple[str, ...]
    word: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)


class _Pace:
    """How many keys and seconds a decision takes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._since, self._presses = clock, clock(), 0
        self.presses: list[int] = []
        self.seconds: list[float] = []

    def press(self) -> None:
        """Count a key or a click."""
        self._presses += 1

    def decided(self) -> None:
        """Close the count of one decision, the press that made it among the rest."""
        now = self._clock()
        self.presses.append(self._presses)
        self.seconds.append(now - self._since)
        self._since, self._presses = now, 0

    def taken_back(self) -> None:
        """Drop the last decision from the counts."""
        self.presses.pop()
        self.seconds.pop()

    @property
    def sentence(self) -> str:
        """The pace in words; empty before the first decision."""
        if not self.presses:
            return ""
        keys, seconds = median(self.presses), median(self.seconds)
        return f"{len(self.presses)} recorded, usually {keys:g} keys or clicks and {seconds:.0f} s each"


def _owed_letter(judges: Judges, action: str, facts: Facts) -> str:
    """Return the name of the letter that an answer owes, or nothing.

    Where the answer is not the policy's, it is that of the rule that gives this answer, that no known
    fact contradicts, and that rests on the fewest unknown ones.
    """
    decision = judges.decide(facts)
    if decision.action == action:
        return decision.letter
    values = judges.policy.parse(facts, judges.kind)
    fitting = [
        rule
        for rule in judges.policy.rules[judges.kind]
        if rule.action == action and rule.letter and _may_hold(rule, values)
    ]
    nearest = min(fitting, key=lambda rule: _unsure(rule, values), default=None)
    return nearest.letter if nearest else ""


def _unsure(rule: Rule, values: Mapping[str, Value]) -> int:
    return sum(values.get(name) is None for name in rule.when)


def _may_hold(rule: Rule, values: Mapping[str, Value]) -> bool:
    return all(
        (value := values.get(name)) is None or condition.accepts(value)
        for name, condition in rule.when.items()
    )


def _draft_letter(
    name: str, told: Mapping[str, str], facts: Facts, *, profile: Mapping[str, object], home: Path | None
) -> dict[str, Any]:
    """Draft a letter as far as it can be drafted."""
    values = read_template(name, home=home).values
    said = {key: value for key, value in told.items() if value and key in values}
    text = {"to": "", "subject": "", "text": "", "warnings": []}
    missing: list[str] = []
    try:
        letter = draft(name, said, facts=facts, profile=profile, home=home)
        text = {
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "warnings": list(letter.warnings),
        }
    except MissingValuesError as problem:
        missing = list(problem.missing)
    asks = [
        {"name": key, "question": value.question, "value": said.get(key, "")}
        for key, value in values.items()
        if key in said or key in missing
    ]
    return {"name": name, **text, "asks": asks}


def _known_facts(history: History, judges: Judges, requests: list[str]) -> dict[str, dict[str, Any]]:
    """Return the facts of some requests as the vocabulary's own values."""
    facts = history.facts[history.facts["request"].isin(requests)]
    return {
        request: {
            name: judges.vocabulary[name].parse(value)
            for name, value in row.items()
            if name in judges.vocabulary
        }
        for request, row in _rows_of(facts.set_index("request")).items()
    }


def _said_unknown(history: History, requests: list[str]) -> dict[str, set[str]]:
    """Return of each request the facts that you said you do not know."""
    facts, origins = history.facts.set_index("request"), history.origins.set_index("request")
    said = (facts.isna() & origins.notna()).loc[requests]
    return {str(request): set(said.columns[row]) for request, row in said.iterrows()}


def _notes_and_addresses(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return the notes and addresses of the incoming invitations."""
    sent = ledger.invitations.to_frame()
    rows = sent[sent["direction"] == "incoming"].set_index("request")[["message", "url"]]
    return _rows_of(rows.astype("object").where(rows.notna(), ""))


def _rows_of(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return a table as rows by its index.

    Examples
    --------
    >>> _rows_of(pd.DataFrame({"name": ["Ada"]}, index=["inv-1"]))
    {'inv-1': {'name': 'Ada'}}
    """
    return {
        str(request): {str(name): cell for name, cell in row.items()}
        for request, row in rows.to_dict("index").items()
    }


_ASKED = ("answer", "unsure", "pair")
_MINE = "my_"  # what a letter is told about yourself holds for every letter


class Session:
    """One sitting: the request in hand, what is known of it, and every step that can be taken back."""

    def __init__(
        self,
        home: Path,
        judges: Judges,
        history: History,
        task: Task,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.home, self.judges, self.task = home, judges, task
        self.rows = _rows_of(history.table.set_index("request").loc[list(task.requests)])
        self.as_of = history.as_of
        self.evidence = dict(history.told)
        # Of each request the facts that evidence sets, with the reason.
        self.found = {
            request: {
                fact: told["reason"] for fact, told in history.values_of(request).items() if "reason" in told
            }
            for request in self.task.requests
            if request in history.told
        }
        self.progress = task.progress
        self.queue = list(task.requests)
        self.facts = _known_facts(history, judges, self.queue)
        self.unsure = _said_unknown(history, self.queue)
        self.pairs: dict[str, list[Pair]] = {}  # by request who in your own files may be who asks
        self.looked: set[str] = set()  # at the days and the domain of a pair
        self.more: dict[str, int] = {}
        self.seen: set[str] = set()
        self.together = False  # whether a press answers for all that are alike
        self.apart: set[str] = set()  # those of them that are different
        self._likeness: dict[str, tuple[object, ...]] = {}
        self.told: dict[str, dict[str, str]] = {}
        self.moved: dict[
            str, dict[str, tuple[str, ...]]
        ] = {}  # of each request the words behind what was read
        self.steps: list[_Step] = []
        self.last: dict[str, Any] | None = None
        self.problem = ""
        with open_ledger(home) as ledger:
            for pair in ledger.evidence.pairs(self.queue):
                self.pairs.setdefault(pair.request, []).append(pair)
            self.texts = _notes_and_addresses(ledger)
            self.profile: dict[str, Any] = next(iter(ledger.exports.profile()["profile"]), {})
        self.pace = _Pace(clock)
        self._now = now
        self._judged: tuple[Any, list[dict[str, Any]]] = (None, [])

    @property
    def request(self) -> str:
        """The request in hand; empty when none is left."""
        return self.queue[0] if self.queue else ""

    def alike(self) -> list[str]:
        """Return the requests that are alike to the one in hand in all that matters to the policy."""
        for request in self.queue:
            if request not in self._likeness:
                pair = self.pair(request)
                self._likeness[request] = ("pair", pair.rule) if pair else self._likeness_of(request)
        return [each for each in self.queue if self._likeness[each] == self._likeness[self.request]]

    def _likeness_of(self, request: str) -> tuple[object, ...]:
        return likeness(
            self.judges.policy,
            self.known(request),
            self.unsure[request],
            note=self.texts[request]["message"] or None,
            offers=self.evidence.get(request, Told()).offers,
        )

    @property
    def members(self) -> tuple[str, ...]:
        """The requests that a press answers: the one in hand, or all that are alike and not set apart."""
        if not self.together:
            return tuple(self.queue[:1])
        return tuple(request for request in self.alike() if request not in self.apart)

    @property
    def opinion_seen(self) -> bool:
        """Whether the judges' opinion of the request in hand is or was shown."""
        return not self.task.blind or self.request in self.seen

    def handle(self, message: Mapping[str, Any]) -> None:
        """Carry out what a button sent; a user's mistake becomes `problem`.

        A message about another request than the one in hand was sent before its card was seen, and
        is dropped: a key pressed twice decides once.
        """
        if message.get("request") != self.request:
            return
        commands: dict[str, Callable[..., None]] = {
            "answer": self.answer, "unsure": self.leave_open, "decide": self.decide,
            "skip": self.skip, "undo": self.undo, "reveal": self.reveal, "tell": self.tell,
            "more": self.ask_more, "together": self.answer_together, "apart": self.set_apart,
            "pair": self.say_who, "pass": self.pass_over, "look": self.look, "deny": self.deny,
            "moved": self.show_words,
        }  # fmt: skip
        detail = {name: value for name, value in message.items() if name not in ("do", "request")}
        self.problem = ""
        self.pace.press()
        try:
            commands[message["do"]](**detail)
        except NetkitError as mistake:
            self.problem = f"Nothing was recorded: {mistake}"

    def answer(self, fact: str, level: object) -> None:
        """Note a fact of the request in hand."""
        value, members = self.judges.vocabulary[fact].parse(level), self.members
        for request in members:  # what you say yourself is yours from now on
            self.found.get(request, {}).pop(fact, None)
        self._note(dict.fromkeys(members, value), fact)
        before = {request: self.facts[request].get(fact) for request in members}
        self.steps.append(_Step("answer", members, fact, before))
        self._know(dict.fromkeys(members, value), fact)
        advised = self.judges.decide(self.known()).action
        # Who sits blind is not told where an answer leads, and decides apart from it.
        if self.together and self.opinion_seen and advised and self.task.name == "triage":
            self.decide(advised)

    def leave_open(self, fact: str) -> None:
        """Note that you do not know: an answer of its own, after which the question is not asked again."""
        members = self.members
        self._note(dict.fromkeys(members, UNKNOWN), fact)
        for request in members:
            self.unsure[request].add(fact)
            self._likeness.pop(request, None)
        self.steps.append(_Step("unsure", members, fact))

    def pair(self, request: str = "") -> Pair | None:
        """Return who in your own files may be who asks, as long as that may still matter to the answer."""
        request = request or self.request
        pairs = self.pairs.get(request)
        return pairs[0] if pairs and self.judges.decide(self.known(request)).action is None else None

    def say_who(self, same: bool) -> None:
        """Say whether the one who asks is the one in your own files, and take what these tell."""
        pairs = {request: pair for request in self.members if (pair := self.pair(request))}
        before = {request: list(self.pairs[request]) for request in pairs}
        self._answer_pairs(pairs.values(), same)
        for request, pair in pairs.items():
            rest = [] if same else [each for each in self.pairs[request] if each != pair]
            self.pairs[request] = rest
        self._take_evidence(pairs)
        told = {request: self._confirmed(request, pair) for request, pair in pairs.items() if same}
        self._note_confirmed(told)
        self.steps.append(_Step("pair", tuple(pairs), "", {"pairs": before, "told": told}))

    def _note_confirmed(self, told: Mapping[str, Mapping[str, Any]], *, back: bool = False) -> None:
        """Note the facts that you told by saying who it is, or take them back."""
        for fact in sorted({fact for facts in told.values() for fact in facts}):
            levels = {request: facts[fact] for request, facts in told.items() if fact in facts}
            self._note(dict.fromkeys(levels, TAKE_BACK) if back else levels, fact)
            self._know(dict.fromkeys(levels, None) if back else levels, fact)

    def _confirmed(self, request: str, pair: Pair) -> dict[str, Any]:
        """Return the facts that you tell by saying who it is, where nothing else tells them."""
        return {
            fact: level
            for fact, level in pair.confirms.items()
            if fact in self.judges.vocabulary and self._is_open(request, fact)
        }

    def pass_over(self) -> None:
        """Leave open who it is, for this sitting."""
        before = {request: self.pairs.pop(request) for request in self.members if request in self.pairs}
        for request in before:
            self._likeness.pop(request, None)
        self.steps.append(_Step("pass", tuple(before), "", {"pairs": before}))

    def deny(self) -> None:
        """Say that your own files mean another person, where what they tell was taken for true."""
        with open_ledger(self.home) as ledger:
            said = ledger.evidence.answers()
            links = [link for link in ledger.evidence.linked(self.request) if link.sure]
        before = [
            (link, True if any(said.get((link.person, who), (False,))[0] for who in link.members) else None)
            for link in links
        ]
        self._answer_pairs(links, False)
        self.steps.append(_Step("deny", (self.request,), "", {"links": before}))
        self._take_evidence([self.request])

    def look(self) -> None:
        """Show between which days things took place, and at which domains; or no more."""
        self.looked ^= {self.request}

    def _answer_pairs(self, pairs: Iterable[Pair | Link], same: bool | None) -> None:
        with open_ledger(self.home) as ledger, ledger.together():
            for pair in pairs:
                ledger.evidence.answer(
                    pair.person,
                    pair.members,
                    same,
                    proposed=pair.rule,
                    at=self._now(),
                    source=self.task.source,
                )

    def _take_evidence(self, requests: Iterable[str]) -> None:
        """Take what your own files tell of some requests by now; what you said yourself stays."""
        with open_ledger(self.home) as ledger:
            told = ledger.evidence.told({each: self.rows[each]["state"] in WAITS for each in requests})
        for request in requests:
            self.evidence[request] = told.get(request, Told())
            sets = self.evidence[request].sets
            mine, found = self.facts[request], self.found.setdefault(request, {})
            for fact in [*found]:  # taken back
                if fact not in sets:
                    found.pop(fact)
                    mine = {**mine, fact: None}
            for fact, (level, reason) in sets.items():
                if fact in self.judges.vocabulary and (fact in found or self._is_open(request, fact)):
                    found[fact] = reason
                    mine = {**mine, fact: level}
            self.facts[request] = mine
            self._likeness.pop(request, None)

    def _is_open(self, request: str, fact: str) -> bool:
        return self.facts[request].get(fact) is None and fact not in self.unsure[request]

    def decide(self, action: str) -> None:
        """Record what you do, or did, about the request in hand, or about all that are alike."""
        members = self.members
        if len(members) > 1 and self.judges.decide(self.known()).action is None:
            do = "Answer the question first, or answer this one alone."
            raise NetkitError(f"These requests are not settled yet. {do}")
        opinions = self.opinions()
        letter = self._letter(action) if self.task.name == "triage" and len(members) == 1 else None
        with open_ledger(self.home) as ledger, ledger.together():
            numbers = {
                request: ledger.decisions.add(
                    request,
                    action,
                    at=self._moment(request),
                    source=self.task.source_of(request),
                    opinion_seen=self.opinion_seen,
                )
                for request in members
            }
        self.steps.append(_Step("decide", members, action, numbers))
        self.progress = self.progress and self.progress.after(action, len(members))
        self.seen.update(members)  # it is shown beside the decision from now on
        self.last = {
            "request": members[0],
            "name": ", ".join(str(self.rows[request]["name"]) for request in members),
            "action": action,
            "opinions": opinions,
            "letter": letter,
        }
        self._turn_to([request for request in self.queue if request not in members])
        self.pace.decided()

    def skip(self) -> None:
        """Put the request in hand at the end of the queue."""
        if self.queue:
            self.steps.append(_Step("skip", (self.request,)))
            self._turn_to([*self.queue[1:], self.request])

    def reveal(self) -> None:
        """Show the judges' opinion of the request in hand; the ledger will say that it was seen."""
        self.seen.add(self.request)

    def show_words(self) -> None:
        """Show the words that moved the reader of notes; it is loaded only when asked."""
        with open_ledger(self.home) as ledger:
            self.moved[self.request] = ledger.invitations.moving_words(self.request)

    def ask_more(self) -> None:
        """Ask one question more about the request in hand than is usual."""
        self.more[self.request] = self.more.get(self.request, 0) + 1

    def answer_together(self) -> None:
        """Let a press answer for all that are alike, or for the one in hand alone again."""
        self.together, self.apart = not self.together, set()

    def set_apart(self, of: str) -> None:
        """Leave one that is different out of those that are answered together, or take it in again.

        Where that is the one in hand, another takes its place.
        """
        others = [request for request in self.members if request != of]
        if of == self.request and others:
            self.queue.remove(others[0])
            self.queue.insert(0, others[0])
        self.apart ^= {of} if of != self.request else set()

    def _turn_to(self, queue: list[str]) -> None:
        """Take the first of these in hand, alone."""
        self.queue, self.together, self.apart = queue, False, set()

    def undo(self) -> None:
        """Take the last step back, in the ledger by a new row, and return to its request."""
        if not self.steps:
            self.problem = "There is nothing to take back in this sitting."
            return
        step = self.steps[-1]
        if step.kind == "decide":
            with open_ledger(self.home) as ledger, ledger.together():
                for number in step.before.values():
                    ledger.decisions.undo(number, at=self._moment(), source=self.task.source)
            self.progress = self.progress and self.progress.after(step.word, -len(step.requests))
            self.pace.taken_back()
            self.last = None
        elif step.kind == "answer":
            back = {each: TAKE_BACK if value is None else value for each, value in step.before.items()}
            self._note(back, step.word)
            self._know(step.before, step.word)
        elif step.kind in ("pair", "pass"):
            self.pairs.update(step.before["pairs"])
            if step.kind == "pair":
                self._note_confirmed(step.before["told"], back=True)
                self._answer_pairs((pairs[0] for pairs in step.before["pairs"].values()), None)
            self._take_evidence(step.requests)
        elif step.kind == "deny":
            for link, same in step.before["links"]:
                self._answer_pairs([link], same)
            self._take_evidence(step.requests)
        elif step.kind == "unsure":
            self._note(dict.fromkeys(step.requests, TAKE_BACK), step.word)
            for request in step.requests:
                self.unsure[request].discard(step.word)
                self._likeness.pop(request, None)
        self.steps.pop()
        self._turn_to([*step.requests, *(each for each in self.queue if each not in step.requests)])
        self.together = len(step.requests) > 1

    def tell(self, name: str, value: str, of: str = "") -> None:
        """Keep what a letter is told; nothing is recorded."""
        request = of or self.request
        self.told.setdefault("" if name.startswith(_MINE) else request, {})[name] = str(value)
        if self.last and self.last["request"] == request and self.last["letter"]:
            self.last["letter"] = self._draft(request, self.last["letter"]["name"])

    def evidence_beside(self, fact: str, request: str = "") -> str:
        """Return what your own files propose as the answer to a question."""
        told = self.evidence.get(request or self.request)
        return told.beside(fact) if told else ""

    def next_fact(self) -> str:
        """Return the fact that the policy asks for next, leaving out what was passed over."""
        if not self.queue:
            return ""
        return next_question(self.judges.policy, self.known(), self.unsure[self.request])

    @property
    def asked_enough(self) -> bool:
        """Whether as many questions about the request in hand were asked as a decision may take.

        What is answered for many at once may take more.
        """
        if self.together:
            return False
        asked = sum(self.request in step.requests and step.kind in _ASKED for step in self.steps)
        return asked >= int(words()["questions"]) + self.more.get(self.request, 0)

    def leads_to(self, fact: str) -> dict[str, str]:
        """Return where each answer to a question leads; nothing to who sits blind."""
        return leads_to(self.judges.policy, self.known(), fact) if self.opinion_seen else {}

    def known(self, request: str = "") -> dict[str, Any]:
        """Return the known facts of a request, the one in hand by default."""
        facts = self.facts[request or self.request]
        return {name: facts[name] for name in self.judges.vocabulary if facts.get(name) is not None}

    def opinions(self) -> list[dict[str, Any]]:
        """Return what the judges say of the request in hand, from what is known now."""
        known = self.known()
        if self._judged[0] != (self.request, known):
            self._judged = ((self.request, known), self.judges.opinions(known))
        return self._judged[1]

    def advised_letter(self) -> dict[str, Any] | None:
        """Return the draft of the letter that the policy's own answer owes, where it may be shown."""
        decision = self.judges.decide(self.known())
        if not self.opinion_seen or not decision.action:
            return None
        return self._letter(decision.action)

    def _letter(self, action: str) -> dict[str, Any] | None:
        name = _owed_letter(self.judges, action, self.known())
        return self._draft(self.request, name) if name else None

    def _draft(self, request: str, name: str) -> dict[str, Any]:
        first = str(self.rows[request]["name"] or "").split()[:1]
        told = {
            **standing_values(self.home),
            "first_name": " ".join(first),
            **self.told.get("", {}),
            **self.told.get(request, {}),
        }
        facts = {fact: value for fact, value in self.facts[request].items() if value is not None}
        return _draft_letter(name, told, facts, profile=self.profile, home=self.home)

    def _moment(self, request: str = "") -> datetime | str:
        """Return when a request counts as answered; else now, though never before the newest export."""
        newest = datetime.combine(self.as_of or date.min, clocktime.max, UTC)
        return self.task.moments.get(request) or max(self._now(), newest)

    def _note(self, levels: Mapping[str, object], fact: str) -> None:
        """Note a fact of some requests, all or none."""
        with open_ledger(self.home) as ledger, ledger.together():
            for request, level in levels.items():
                ledger.notes.add(
                    request,
                    fact,
                    level,
                    at=self._moment(request),
                    source=self.task.source,
                    vocabulary=self.judges.vocabulary,
                )

    def _know(self, levels: Mapping[str, Any], fact: str) -> None:
        for request, level in levels.items():
            self.facts[request] = {**self.facts[request], fact: level}
            self._likeness.pop(request, None)
