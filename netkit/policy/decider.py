"""Decides one request exactly: settled or open, what is still possible, what to find out next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby, islice
from typing import NamedTuple

from netkit.display import show
from netkit.errors import PolicyError
from netkit.facts import ACTIONS, Vocabulary
from netkit.policy.rules import WAITS, Assumption, Rule, Value
from netkit.policy.search_space import Clause, CompiledRule, Field, Grid, Literal, find_world
from netkit.wording import capital, join_or, months_after, spoken

_REMEMBERED = 20_000
KEY = "request"


@dataclass(frozen=True)
class _Outcome:
    """What the rules make of one request.

    Attributes
    ----------
    rule : int or None
        The deciding rule's place in the list; None when open or when no rule speaks of it.
    settled : bool
        Whether the decision stands whatever the unknown facts turn out to be.
    possible : tuple of str
        The actions that are still possible, in the order of the rules.
    find_out : tuple of str
        The unknown facts that could change the decision, least trouble first.
    """

    rule: int | None
    settled: bool
    possible: tuple[str, ...]
    find_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What a policy says about one request.

    Attributes
    ----------
    action : str or None
        What to do; None while the decision is open. Of an answer of one's own, what it comes to.
    rule : str
        The deciding rule's id, empty when open.
    reason : str
        Why, in plain words; when open, what it depends on.
    clauses : tuple of str
        The clauses the rule carries out.
    letter : str
        The letter this answer owes, or nothing.
    settled : bool
        Whether the decision stands whatever the unknown facts turn out to be.
    possible : tuple of str
        The answers still possible, in their own order; one when settled.
    find_out : tuple of str
        When open, the facts that could change the decision, least trouble first.
    assumed : dict of str to (str or number)
        The declared assumptions that were used for facts that are not recorded.
    answer : str or None
        The answer by its own name, which may be one that the policy declares; None while open.
    said : str
        The answer in words, with the end of a wait; empty while open.
    also : tuple of str
        The further answers that agree with the rule.
    until : date or int or None
        When to look again: a day, or after how many months.
    choices : tuple of str
        The answers still possible, in words.
    """

    action: str | None
    rule: str
    reason: str
    clauses: tuple[str, ...]
    letter: str
    settled: bool
    possible: tuple[str, ...]
    find_out: tuple[str, ...]
    assumed: dict[str, str | float]
    answer: str | None = None
    said: str = ""
    also: tuple[str, ...] = ()
    until: date | int | None = None
    choices: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        outcome: _Outcome,
        rules: Sequence[Rule],
        words: Vocabulary,
        assumed: Mapping[str, str | float] | None = None,
    ) -> "Decision":
        """Return an outcome in words, with the assumptions that were used for it."""
        rule = None if outcome.rule is None else rules[outcome.rule]
        said = {each.answer: each.said for each in rules}
        possible = _in_order(outcome.possible, words)
        choices = tuple(said[answer] for answer in possible)
        return cls(
            action=rule.action if rule else None,
            rule=rule.id if rule else "",
            reason=rule.because if rule else _open_reason(outcome, words, choices),
            clauses=rule.clauses if rule else (),
            letter=rule.letter if rule else "",
            settled=rule is not None,
            possible=possible,
            find_out=outcome.find_out,
            assumed=dict(assumed or {}),
            answer=rule.answer if rule else None,
            said=f"{rule.said} {rule.lasts()}".strip() if rule else "",
            also=rule.also if rule else (),
            until=rule.until if rule else None,
            choices=choices,
        )

    def remind_on(self, action: str, day: date) -> date | None:
        """Return when to look again at what is answered on a day, where that is this answer and it waits."""
        if action != self.action or action not in WAITS:
            return None
        if not isinstance(self.until, int):
            return self.until
        return months_after(day, self.until)

    @property
    def next_fact(self) -> str | None:
        """The fact to find out next, None when nothing is open."""
        return self.find_out[0] if self.find_out else None

    @property
    def clause(self) -> str:
        """The clauses in one word, such as `KP3, OC5`."""
        return ", ".join(self.clauses)

    def _repr_html_(self) -> str:
        return show(
            capital(self.said) or "Not settled yet",
            self.reason,
            {
                "rule": self.rule,
                "clause": self.clause,
                "letter": self.letter,
                "possible": list(self.choices),
                "find out": [spoken(fact) for fact in self.find_out],
                "assumed": [f"{spoken(name)}: {value}" for name, value in self.assumed.items()],
            },
        )


def _open_reason(outcome: _Outcome, words: Vocabulary, choices: Sequence[str]) -> str:
    if not outcome.find_out:
        return "No rule of this policy speaks of such a request."
    return f"Still possible: {join_or(choices)}. Next: {words[outcome.find_out[0]].question}"


def _in_order(answers: Sequence[str], words: Vocabulary) -> tuple[str, ...]:
    """Return answers in the order in which they are always named, those of one's own first."""
    order = {action: place for place, action in enumerate(ACTIONS[words.kind])}
    return tuple(sorted(answers, key=lambda answer: order.get(answer, -1)))


def need_key(columns: Iterable[object]) -> None:
    """Refuse a frame without the key column."""
    if KEY not in columns:
        raise PolicyError(
            f"The facts have no column {KEY!r}", f"Name the column that holds each row's key {KEY!r}"
        )


class Decider:
    """Rules ready to decide requests one by one; equal requests are worked out once."""

    def __init__(
        self, vocabulary: Vocabulary, rules: Sequence[Rule], assume: Mapping[str, Assumption]
    ) -> None:
        self.grid = Grid(vocabulary, rules)
        self.rules = self.grid.compile(
            rules, assume
        )  # a rule that can be met in several ways stands there so often
        self.assume = assume
        self._outcomes: dict[int, _Outcome] = {}

    def of_rule(self, place: int) -> tuple[CompiledRule, ...]:
        """Return the cases of one rule; none where its conditions contradict each other."""
        return self._by_rule.get(place, ())

    @cached_property
    def _by_rule(self) -> dict[int, tuple[CompiledRule, ...]]:
        return {place: tuple(cases) for place, cases in groupby(self.rules, key=lambda case: case.index)}

    @cached_property
    def unsure(self) -> tuple[Field, ...]:
        """The facts that may stay unknown, least trouble first, then as declared."""
        fields = [field for name, field in self.grid.fields.items() if name not in self.assume]
        return tuple(sorted(fields, key=lambda field: field.fact.effort))

    @cached_property
    def ignorance(self) -> int:
        """The "not recorded" bits with which some rule holds on purpose."""
        bits = 0
        for rule in self.rules:
            for field, holds, _ in rule.conditions:
                if field.fact.name not in self.assume:
                    bits |= holds & field.unknown
        return bits

    @cached_property
    def _unsure_bits(self) -> int:
        return sum(field.unknown for field in self.unsure)

    @cached_property
    def _literals(self) -> tuple[tuple[tuple[int, Literal], ...], ...]:
        """Per rule and condition, the bits with which it holds, and what it says of what is unknown."""
        found = []
        for rule in self.rules:
            wholes = [field.known | (field.unknown & self.ignorance) for field, _, _ in rule.conditions]
            pairs = zip(rule.conditions, wholes, strict=True)
            found.append(tuple((holds, (w & ~holds, w & holds)) for (_, holds, _), w in pairs))
        return tuple(found)

    def decide(self, facts: Mapping[str, Value]) -> _Outcome:
        """Decide one request, its facts given as their own values."""
        return self.decide_record(self.grid.record(facts))

    def decide_record(self, record: int) -> _Outcome:
        """Decide one request given as bits, see `Grid.record`."""
        outcome = self._outcomes.get(record)
        if outcome is None:
            if len(self._outcomes) >= _REMEMBERED:
                self._outcomes.clear()
            outcome = self._outcomes[record] = self._decide(record)
        return outcome

    def _decide(self, record: int) -> _Outcome:
        before: set[str] = set()
        for rule in self.rules:
            if record & rule.fails:
                continue
            if not record & rule.lacks:
                if before <= {rule.action}:
                    return _Outcome(rule.index, True, (rule.action,))
                return self._search(record, firing=rule)
            before.add(rule.action)
        return self._search(record, firing=None) if before else _Outcome(None, False, ())

    def what_is_left(self, record: int) -> tuple[tuple[int, Clause], ...]:
        """Return the rules that can still decide, with the conditions that are not met yet.

        Requests of which the same is left get the same answer, whatever is found out about them.
        """
        domain = sum(field.known for field in self.unsure if record & field.unknown)
        above: list[Clause] = []
        left = []
        for each in self._remaining(record, ignorance=record & self.ignorance):
            if find_world(domain & ~each.fails, above) is not None:
                left.append((each.rule.index, tuple(each.clause)))
            above.append(each.clause)
        return tuple(left)

    def settled_action(self, record: int) -> str | None:
        """Return the settled action of a request given as bits, None where it has none.

        The same answer as `decide_record`, without working out what is possible and what to find out.
        """
        first: str | None = None
        for rule in self.rules:
            if record & rule.fails:
                continue
            if first is None:
                first = rule.action
            elif rule.action != first:
                break
            if not record & rule.lacks:
                return first
        if first is None:
            return None
        domain = sum(field.known for field in self.unsure if record & field.unknown)
        remaining = self._remaining(record, ignorance=record & self.ignorance)
        two = list(islice(_reached(remaining, domain), 2))
        return two[0][0] if len(two) == 1 else None

    def _search(self, record: int, firing: CompiledRule | None) -> _Outcome:
        """Work out which rules can decide, whatever the unknown facts turn out to be."""
        unknown = [field for field in self.unsure if record & field.unknown]
        domain = sum(field.known for field in unknown)
        remaining = list(self._remaining(record, ignorance=record & self.ignorance))
        worlds = dict(_reached(remaining, domain))
        if len(worlds) == 1:
            ((action, (_, first)),) = worlds.items()
            if action is None:
                return _Outcome(None, False, ())
            rule = firing.index if firing is not None and firing.action == action else first
            return _Outcome(rule, True, (action,))
        if record & self.ignorance:
            # What happens once a fact is found out on whose absence a rule acts, or is not found out.
            domain |= record & self.ignorance
            remaining = list(self._remaining(record, ignorance=0))
            worlds = dict(_reached(remaining, domain))
        actions = tuple(action for action in worlds if action is not None)
        facts = _Relevance(remaining, domain, unknown, [world for world, _ in worlds.values()])
        find_out = tuple(field.fact.name for field in unknown if facts.matters(field))
        return _Outcome(None, False, actions, find_out)

    def _remaining(self, record: int, *, ignorance: int) -> "Iterator[_Remaining]":
        """Yield the rules that may still hold; with the ignorance bits, those conditions are met."""
        settled = record & ~self._unsure_bits | ignorance
        for rule, literals in zip(self.rules, self._literals, strict=True):
            if record & rule.fails:
                continue
            clause = [literal for holds, literal in literals if not settled & holds]
            yield _Remaining(rule, clause, sum([failing for failing, _ in clause]))
            if not clause:
                return


class _Remaining(NamedTuple):
    """A rule that may still hold: its conditions on unknown facts, and their failing bits together."""

    rule: CompiledRule
    clause: Clause
    fails: int


def _reached(
    remaining: Iterable[_Remaining], domain: int
) -> Iterator[tuple[str | None, tuple[int, int | None]]]:
    """Yield each action that can come out (None: no rule), with an example and the first rule to it."""
    above: list[Clause] = []
    seen: set[str] = set()
    last: _Remaining | None = None
    for last in remaining:
        if last.rule.action not in seen:
            world = find_world(domain & ~last.fails, above)
            if world is not None:
                seen.add(last.rule.action)
                yield last.rule.action, (world, last.rule.index)
        above.append(last.clause)
    if last is None or last.clause:
        world = find_world(domain, above)
        if world is not None:
            yield None, (world, None)


class _Relevance:
    """Tells whether one unknown fact can make a difference, all others being what they may."""

    def __init__(
        self, remaining: Sequence[_Remaining], domain: int, unknown: Sequence[Field], worlds: Sequence[int]
    ) -> None:
        self.remaining = remaining
        self.domain = domain
        self.masks = [field.whole for field in unknown]
        self.worlds = [self._single(world) for world in worlds]

    def matters(self, field: Field) -> bool:
        """Return whether two requests that differ only in this fact get different actions."""
        whole = field.whole
        if not any(each.fails & whole for each in self.remaining):
            return False
        bits = [bit for bit in (*field.bits(), field.unknown) if self.domain & bit]
        # An example nearby usually shows it; the full search is needed to show that there is none.
        for world in self.worlds:
            rest = world & ~whole
            if len({self._action(rest | bit) for bit in bits}) > 1:
                return True
        return any(
            self._differs(whole, one, other, place)
            for place, each in enumerate(self.remaining)
            for one in bits
            for other in bits
            if not each.fails & one and each.fails & other
        )

    def _single(self, world: int) -> int:
        """Return a world with one value per fact."""
        single = 0
        for mask in self.masks:
            cells = world & mask
            single |= cells & -cells
        return single

    def _action(self, world: int) -> str | None:
        for each in self.remaining:
            if not world & each.fails:
                return each.rule.action
        return None

    def _differs(self, whole: int, one: int, other: int, place: int) -> bool:
        """Return whether the rule at a place decides with one value, and another action with the other."""
        rule = self.remaining[place]
        above = self.remaining[:place]
        clauses = [*_given(above, whole, one), *_given(above, whole, other)]
        domain = self.domain & ~(rule.fails & ~whole)
        for later in self.remaining[place + 1 :]:
            if later.fails & other:
                continue
            holds = domain & ~(later.fails & ~whole)
            if (
                later.rule.action != rule.rule.action
                and all(holds & mask for mask in self.masks)
                and find_world(holds, clauses) is not None
            ):
                return True
            clauses += _given([later], whole, other)
        return find_world(domain, clauses) is not None


def _given(remaining: Sequence[_Remaining], whole: int, bit: int) -> list[Clause]:
    """Return the rules as clauses that must fail, one fact being settled."""
    return [
        [literal for literal in each.clause if not (literal[0] | literal[1]) & whole]
        for each in remaining
        if not each.fails & bit
    ]
