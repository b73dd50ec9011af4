"""One sitting with the requests, without any screen: what is asked, what is recorded, what is taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from datetime import time as clocktime
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any

from netkit.errors import NetkitError
from netkit.evidence import Told
from netkit.facts import TAKE_BACK, UNKNOWN
from netkit.history import History
from netkit.history.sample_check import MoreDecisions
from netkit.introductions import first_name, look_again_on
from netkit.ledger import open_ledger
from netkit.ledger.decision_store import answered_in
from netkit.ledger.evidence_links import Pair
from netkit.ledger.kept_invitations import Doubt
from netkit.letters import fits
from netkit.policy import Decision
from netkit.sitting.buttons import words
from netkit.sitting.known_requests import KnownRequests
from netkit.sitting.opinions import Judges
from netkit.sitting.owed_letters import draft_letter
from netkit.sitting.pace import Pace
from netkit.waiting import leads_to, next_question
from netkit.waiting.connected_already import NOTHING
from netkit.waiting.letter_of_answer import owed_letter
from netkit.waiting.unless import Unless, advice_unless
from netkit.wording import capital, first_few


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
    # From what a request was drawn, kept with its answer; and those whose answers teach most.
    drawn: Mapping[str, str] = field(default_factory=dict)
    telling: frozenset[str] = frozenset()
    timed: bool = False  # whether the seconds that an answer took are kept with it

    def source_of(self, request: str, seconds: float) -> str:
        """Return who says what is recorded of a request, how long it took, and from what it was drawn."""
        kept = self.timed and seconds <= float(words()["longest_answer"])
        return self.source + (answered_in(seconds) if kept else "") + self.drawn.get(request, "")

    @property
    def actions(self) -> tuple[str, ...]:
        """The answers that are offered."""
        return tuple(words()[self.name]["actions"])


@dataclass(frozen=True)
class _Step:
    """What one press of a key did, and what takes it back."""

    kind: str
    requests: tuple[str, ...]
    take_back: Callable[[], None] = lambda: None


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
        anew: Callable[[], tuple[History, list[str]]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.home, self.judges, self.task = home, judges, task
        self.as_of, self._anew, self._now = history.as_of, anew, now
        self.queue = list(task.requests)
        self.about = KnownRequests(home, judges, history, self.queue, task.source, self._moment)
        self.progress = task.progress
        self.looked: set[str] = set()  # at the days and the domain of a pair
        self.more: dict[str, int] = {}
        self.seen: set[str] = set()
        self.together = False  # whether a press answers for all that are alike
        self.apart: set[str] = set()  # those of them that are different
        self.confirming = ""  # the answer to many that is asked about once more
        self.told: dict[str, dict[str, str]] = {}
        # Of each request that was asked about the words behind what was read.
        self.explained: dict[str, dict[str, tuple[str, ...]]] = {}
        self.opened: set[str] = set()  # whose page was opened, to be answered there
        self.decided: list[tuple[str, dict[str, str]]] = []  # the answers by now, each with whom it was given
        self.steps: list[_Step] = []
        self.last: dict[str, Any] | None = None
        self.problem = ""
        self.pace = Pace(clock)
        self._judged: tuple[Any, list[dict[str, Any]]] = (None, [])
        self._written = self._last_written()
        self.doubts: list[Doubt] = []  # which of an archive an invitation is that you kept yourself
        self._passed: set[str] = set()  # those left in doubt in this sitting
        if task.name == "triage" and anew:
            self._read_doubts()
            asked = [each for each in self.queue if self.doubt(each)]
            self.queue = [*asked, *(each for each in self.queue if each not in asked)]

    @property
    def request(self) -> str:
        """The request in hand; empty when none is left."""
        return self.queue[0] if self.queue else ""

    def alike(self) -> list[str]:
        """Return the requests that are alike to the one in hand in all that matters to the policy."""
        same = self.about.likeness(self.request)
        return [each for each in self.queue if self.about.likeness(each) == same]

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
            "why": self.explain, "open": self.open_page, "not_all": lambda: None,
            "same": self.say_same, "leave_doubt": self.leave_doubt,
        }  # fmt: skip
        detail = {name: value for name, value in message.items() if name not in ("do", "request")}
        self.problem = ""
        self.confirming = ""
        if self._was_changed_elsewhere():
            return
        self.pace.press()
        try:
            commands[message["do"]](**detail)
        except NetkitError as mistake:
            self.problem = f"Nothing was recorded: {mistake}"
        self._written = self._last_written()

    # ---- what another window writes meanwhile

    def _last_written(self) -> tuple[int, ...]:
        with open_ledger(self.home) as ledger:
            return ledger.last_written

    def _was_changed_elsewhere(self) -> bool:
        """Take in what was written since the last key by another window; that key was meant for what was."""
        before, self._written = self._written, self._last_written()
        if before == self._written or self._anew is None:
            return False
        self._read_anew()
        self.problem = words()["changed_elsewhere"].format(what=self._said_since(before))
        return True

    def _read_anew(self) -> None:
        """Take in the ledger as it is by now, and keep the place."""
        assert self._anew is not None
        history, waiting = self._anew()
        known = set(history.table["request"])
        new = [each for each in waiting if each not in self.task.requests]
        every = tuple(each for each in (*self.task.requests, *new) if each in known)
        self.task, self.as_of = replace(self.task, requests=every), history.as_of
        self.progress = self.progress and history.more
        self.steps = [step for step in self.steps if known.issuperset(step.requests)]
        passed = [each for each, pairs in self.about.pairs.items() if not pairs and each in known]
        self.about = KnownRequests(
            self.home, self.judges, history, list(every), self.task.source, self._moment
        )
        self.about.set_pairs({each: [] for each in passed})
        together, queue = self.together, [each for each in self.queue if each in waiting]
        if self.request not in queue:
            self._turn_to([*queue, *new])
        else:
            self.queue, self.together = [*queue, *new], together
        if self.task.name == "triage":
            self._read_doubts()

    def _said_since(self, before: tuple[int, ...]) -> str:
        """Return about whom something was answered or noted after some rows, the first few by name."""
        with open_ledger(self.home) as ledger:
            tables = (ledger.decisions.to_frame("invitation", include_undone=True), ledger.notes.to_frame())
        rows = (rows.loc[rows["id"] > last, "request"] for rows, last in zip(tables, before, strict=False))
        asked = [each for each in dict.fromkeys(chain.from_iterable(rows)) if each in self.about.rows]
        names = [str(self.about.rows[each]["name"]) for each in asked]
        return f" about {first_few(names, 3)}" if names else ""

    # ---- answers

    def answer(self, fact: str, level: object) -> None:
        """Note a fact of the request in hand."""
        value, members = self.judges.vocabulary[fact].parse(level), self.members
        before = {request: self.about.facts[request].get(fact) for request in members}
        for request in members:  # what you say yourself is yours from now on
            self.about.found.get(request, {}).pop(fact, None)
        self.about.say(dict.fromkeys(members, value), fact)
        self.steps.append(_Step("answer", members, lambda: self.about.say(before, fact)))

    def leave_open(self, fact: str) -> None:
        """Note that you do not know: an answer of its own, after which the question is not asked again."""
        members = self.members
        self.about.leave_unsure(members, fact, UNKNOWN)
        self.steps.append(_Step("unsure", members, lambda: self.about.leave_unsure(members, fact, TAKE_BACK)))

    def say_who(self, same: bool) -> None:
        """Say whether the one who asks is the one in your own files, and take what these tell."""
        pairs = {request: pair for request in self.members if (pair := self.pair(request))}
        before = {request: list(self.about.pairs[request]) for request in pairs}
        told = self.about.say_who(pairs, same)

        def take_back() -> None:
            self.about.set_pairs(before)
            self.about.say_confirmed(told, back=True)
            self.about.answer_pairs(pairs.values(), None)
            self.about.take_evidence(pairs)

        self.steps.append(_Step("pair", tuple(pairs), take_back))

    def doubt(self, request: str = "") -> Doubt | None:
        """Return the question which of an archive the request in hand is, where you kept it yourself."""
        request = request or self.request
        keys = ((each, (each.request, *(key for key, _ in each.candidates))) for each in self.doubts)
        return None if self.together else next((each for each, asked in keys if request in asked), None)

    def _read_doubts(self) -> None:
        with open_ledger(self.home) as ledger:
            self.doubts = [each for each in ledger.invitations.doubts() if each.request not in self._passed]

    def say_same(self, of: str) -> None:
        """Say which of an archive the kept one is, or none of them; what is known of it is read anew."""
        doubt = self.doubt()
        assert doubt is not None
        with open_ledger(self.home) as ledger:
            ledger.invitations.say_same(doubt.request, of or None)

        def take_back() -> None:
            with open_ledger(self.home) as ledger:
                ledger.invitations.unsay_same(doubt.request)
            self._read_anew()

        kept = tuple(each for each in (doubt.request,) if each in self.queue)
        self._read_anew()
        self.steps.append(_Step("same", kept, take_back))

    def leave_doubt(self) -> None:
        """Leave open for this sitting which of an archive the kept one is."""
        doubt = self.doubt()
        assert doubt is not None
        self._passed.add(doubt.request)
        self._read_doubts()

        def take_back() -> None:
            self._passed.discard(doubt.request)
            self._read_doubts()

        self.steps.append(_Step("pass", (self.request,), take_back))

    def pass_over(self) -> None:
        """Leave open who it is, for this sitting."""
        before = {each: self.about.pairs[each] for each in self.members if each in self.about.pairs}
        self.about.set_pairs({request: [] for request in before})
        self.steps.append(_Step("pass", tuple(before), lambda: self.about.set_pairs(before)))

    def deny(self) -> None:
        """Say that your own files mean another person, where what they tell was taken for true."""
        request, before = self.request, self.about.answered_links(self.request)
        self.about.answer_pairs([link for link, _ in before], False)

        def take_back() -> None:
            for link, same in before:
                self.about.answer_pairs([link], same)
            self.about.take_evidence([request])

        self.steps.append(_Step("deny", (request,), take_back))
        self.about.take_evidence([request])

    def decide(self, action: str, sure: bool = False) -> None:
        """Record what you do, or did, about the request in hand; of several that are alike, ask first."""
        if len(self.members) > 1 and not sure:
            self.confirming = action
            return
        members, advised = self.members, self.advised()
        opinions = self.opinions()
        each = self.pace.so_far / len(members) if self.task.timed else 0.0
        answering = self.task.name == "triage"  # and not saying what was done long ago
        letter = self._letter(action) if answering and len(members) == 1 else None
        remind_on = advised.remind_on(action, self.today) if answering else None
        own = self.own_answer() if action == advised.action else None
        with open_ledger(self.home) as ledger, ledger.together():
            numbers = [
                ledger.decisions.add(
                    request,
                    action,
                    at=self._moment(request),
                    source=self.task.source_of(request, each),
                    answer=own,
                    opinion_seen=self.opinion_seen,
                    remind_on=remind_on,
                )
                for request in members
            ]
        self.steps.append(_Step("decide", members, lambda: self._take_decision_back(action, numbers)))
        self.decided.append((action, {each: str(self.about.rows[each]["name"]) for each in members}))
        self.progress = self.progress and self.progress.after(action, len(members))
        self.seen.update(members)  # it is shown beside the decision from now on
        self.last = {
            "request": members[0],
            "name": ", ".join(str(self.about.rows[request]["name"]) for request in members),
            "action": action,
            "said": self.judges.policy.words_for("invitation", own) if own else "",
            "until": look_again_on(self.today, remind_on, action)
            if answering and action in words()["rests"]
            else None,
            "opinions": opinions,
            "letter": letter,
        }
        self._turn_to([request for request in self.queue if request not in members])
        self.pace.decided()

    @property
    def later(self) -> date:
        """Until when an invitation is deferred where you defer it now."""
        return look_again_on(self.today, self.advised().remind_on("defer", self.today))

    @property
    def today(self) -> date:
        """The day of this sitting."""
        return self._now().date()

    def own_answer(self) -> str | None:
        """Return the policy's own answer that its advice shows; nobody gives one that was not shown."""
        advised = self.advised()
        return advised.answer if self.opinion_seen and advised.answer != advised.action else None

    def _take_decision_back(self, action: str, numbers: list[int]) -> None:
        with open_ledger(self.home) as ledger, ledger.together():
            for number in numbers:
                ledger.decisions.undo(number, at=self._moment(), source=self.task.source)
        self.progress = self.progress and self.progress.after(action, -len(numbers))
        self.pace.taken_back()
        self.decided.pop()
        self.last = None

    def skip(self) -> None:
        """Put the request in hand at the end of the queue."""
        if self.queue:
            self.steps.append(_Step("skip", (self.request,)))
            self._turn_to([*self.queue[1:], self.request])

    def undo(self) -> None:
        """Take the last step back, in the ledger by a new row, and return to its request."""
        if not self.steps:
            self.problem = "There is nothing to take back in this sitting."
            return
        step = self.steps[-1]
        step.take_back()
        self.steps.pop()
        self._turn_to([*step.requests, *(each for each in self.queue if each not in step.requests)])
        self.together = len(step.requests) > 1

    def _turn_to(self, queue: list[str]) -> None:
        """Take the first of these in hand, alone."""
        self.confirming = ""
        self.queue, self.together, self.apart = queue, False, set()

    # ---- what is shown, and to whom a press belongs

    def reveal(self) -> None:
        """Show the judges' opinion of the request in hand; the ledger will say that it was seen."""
        self.seen.add(self.request)

    def explain(self) -> None:
        """Show why, with the words that moved the reader of notes, loaded only when asked; or no more."""
        if self.explained.pop(self.request, None) is not None:
            return
        read = self.judges.vocabulary.filled_in("note")
        if any(self.known().get(name) == "yes" for name in read):
            with open_ledger(self.home) as ledger:
                self.explained[self.request] = ledger.invitations.moving_words(self.request)
        else:
            self.explained[self.request] = {}

    def open_page(self) -> None:
        """Take note that the sender's page was opened: what is answered next was done there."""
        self.opened.add(self.request)

    def look(self) -> None:
        """Show between which days things took place, and at which domains; or no more."""
        self.looked ^= {self.request}

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

    def tell(self, name: str, value: str, of: str = "") -> None:
        """Keep what a letter is told; nothing is recorded."""
        request = of or self.request
        self.told.setdefault("" if name.startswith(_MINE) else request, {})[name] = str(value)
        if self.last and self.last["request"] == request and self.last["letter"]:
            self.last["letter"] = self._draft(request, self.last["letter"]["name"])

    # ---- the request in hand

    def pair(self, request: str = "") -> Pair | None:
        """Return who in your own files may be who asks, as long as that may still matter to the answer."""
        return None if self.connected else self.about.pair(request or self.request)

    def evidence_beside(self, fact: str, request: str = "") -> str:
        """Return what your own files propose as the answer to a question."""
        return self.about.evidence.get(request or self.request, Told()).beside(fact)

    def next_fact(self) -> str:
        """Return the fact that the policy asks for next, leaving out what was passed over."""
        if not self.queue or self.connected:
            return ""
        offers = self.about.evidence.get(self.request, Told()).offers
        return next_question(self.judges.policy, self.known(), self.about.unsure[self.request], offers)

    @property
    def connected(self) -> str:
        """Say that who asks is a connection already, where that is so: then nothing is left to ask."""
        return self.about.connected.get(self.request, "") if self.task.name == "triage" else ""

    def unless(self) -> Unless | None:
        """Return the advice that stands unless you say more, where advice may be shown and is not settled."""
        if not self.queue or not self.opinion_seen or self.task.name != "triage" or self.connected:
            return None
        offers = self.about.evidence.get(self.request, Told()).offers
        unsure = self.about.unsure[self.request]
        return advice_unless(self.judges.policy, self.known(), offers, unsure)

    def advised(self) -> Decision:
        """Return what the policy says of the request in hand, or would say unless you say more."""
        decision, unless = self.judges.decide(self.known()), self.unless()
        if self.connected:
            return replace(decision, action=None, answer=None, letter="", until=None)
        return unless.decision if unless else decision

    @property
    def asked_enough(self) -> bool:
        """Whether as many questions about the request in hand were asked as a decision may take.

        What is answered for many at once may take more, and so does what has no advice yet.
        """
        if self.together or (self.task.name == "triage" and self.opinion_seen and not self.advised().action):
            return False
        asked = sum(self.request in step.requests and step.kind in _ASKED for step in self.steps)
        return asked >= int(words()["questions"]) + self.more.get(self.request, 0)

    def leads_to(self, fact: str) -> dict[str, str]:
        """Return where each answer to a question leads; nothing to who sits blind."""
        return leads_to(self.judges.policy, self.known(), fact) if self.opinion_seen else {}

    def known(self) -> dict[str, Any]:
        """Return the known facts of the request in hand."""
        return self.about.of(self.request)

    def opinions(self) -> list[dict[str, Any]]:
        """Return what the judges say of the request in hand, from what is known now."""
        known = self.known()
        if self._judged[0] != (self.request, known):
            said = self.judges.opinions(known)
            if unless := self.unless():
                said[0] |= {"says": capital(unless.said), "reason": unless.reason}
            if self.connected:
                said[0] |= {"answer": None, "says": capital(NOTHING), "reason": self.connected, "more": []}
            self._judged = ((self.request, known), said)
        return self._judged[1]

    def advised_letter(self) -> dict[str, Any] | None:
        """Return the draft of the letter that the policy's own answer owes, where it may be shown."""
        decision = self.advised()
        if self.task.name != "triage" or not self.opinion_seen or not decision.action:
            return None
        return self._letter(decision.action)

    def _letter(self, action: str) -> dict[str, Any] | None:
        advised = self.advised()
        same = advised.action == action
        name = advised.letter if same else self._owed(action)
        return self._draft(self.request, name) if name and fits(name, self.known(), home=self.home) else None

    def _owed(self, action: str) -> str:
        return owed_letter(self.judges.policy, self.judges.kind, action, self.known())

    def _draft(self, request: str, name: str) -> dict[str, Any]:
        told = {
            "first_name": first_name(str(self.about.rows[request]["name"] or "")),
            **self.told.get("", {}),
            **self.told.get(request, {}),
        }
        facts = self.about.of(request)
        note = str(self.about.texts[request]["message"] or "")
        return draft_letter(name, told, facts, note, profile=self.about.profile, home=self.home)

    def _moment(self, request: str = "") -> datetime | str:
        """Return when a request counts as answered; else now, though never before the newest export."""
        newest = datetime.combine(self.as_of or date.min, clocktime.max, UTC)
        return self.task.moments.get(request) or max(self._now(), newest)
