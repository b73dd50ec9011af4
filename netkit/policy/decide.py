"""Decides one request exactly: settled or open, what is still possible, what to find out next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from netkit.facts import Vocabulary
from netkit.policy.cells import Compiled, Grid
from netkit.policy.fields import Field
from netkit.policy.open import Relevance, Remaining, reached
from netkit.policy.rules import Assumption, Rule, Value
from netkit.policy.search import Literal

REMEMBERED = 20_000


@dataclass(frozen=True)
class Outcome:
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


class Decider:
    """Rules ready to decide requests one by one; equal requests are worked out once.

    Parameters
    ----------
    vocabulary : Vocabulary
        The declared facts.
    rules : sequence of Rule
        The rules in order.
    assume : mapping of str to Assumption
        What counts where nothing is recorded.
    """

    def __init__(
        self, vocabulary: Vocabulary, rules: Sequence[Rule], assume: Mapping[str, Assumption]
    ) -> None:
        self.grid = Grid(vocabulary, rules)
        self.rules = self.grid.compile(rules, assume)
        self.assume = assume
        self._outcomes: dict[int, Outcome] = {}

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
            wholes = [
                field.known | (field.unknown & self.ignorance) for field, _, _ in rule.conditions
            ]
            pairs = zip(rule.conditions, wholes, strict=True)
            found.append(tuple((holds, (w & ~holds, w & holds)) for (_, holds, _), w in pairs))
        return tuple(found)

    def decide(self, facts: Mapping[str, Value]) -> Outcome:
        """Decide one request.

        Parameters
        ----------
        facts : mapping of str to value
            What is recorded, as the facts' own values.

        Returns
        -------
        Outcome
            The exact answer.
        """
        return self.decide_record(self.grid.record(facts))

    def decide_record(self, record: int) -> Outcome:
        """Decide one request given as bits, see `Grid.record`."""
        outcome = self._outcomes.get(record)
        if outcome is None:
            if len(self._outcomes) >= REMEMBERED:
                self._outcomes.clear()
            outcome = self._outcomes[record] = self._decide(record)
        return outcome

    def _decide(self, record: int) -> Outcome:
        before: set[str] = set()
        for rule in self.rules:
            if record & rule.fails:
                continue
            if not record & rule.lacks:
                if before <= {rule.action}:
                    return Outcome(rule.index, True, (rule.action,))
                return self._search(record, firing=rule)
            before.add(rule.action)
        return self._search(record, firing=None) if before else Outcome(None, False, ())

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
        two = list(islice(reached(remaining, domain), 2))
        return two[0][0] if len(two) == 1 else None

    def _search(self, record: int, firing: Compiled | None) -> Outcome:
        """Work out which rules can decide, whatever the unknown facts turn out to be."""
        unknown = [field for field in self.unsure if record & field.unknown]
        domain = sum(field.known for field in unknown)
        remaining = list(self._remaining(record, ignorance=record & self.ignorance))
        worlds = dict(reached(remaining, domain))
        if len(worlds) == 1:
            return self._settled(worlds, firing)
        if record & self.ignorance:
            # What happens once a fact is found out on whose absence a rule acts, or is not found out.
            domain |= record & self.ignorance
            remaining = list(self._remaining(record, ignorance=0))
            worlds = dict(reached(remaining, domain))
        actions = tuple(action for action in worlds if action is not None)
        facts = Relevance(remaining, domain, unknown, [world for world, _ in worlds.values()])
        find_out = tuple(field.fact.name for field in unknown if facts.matters(field))
        return Outcome(None, False, actions, find_out)

    def _settled(
        self, worlds: dict[str | None, tuple[int, int | None]], firing: Compiled | None
    ) -> Outcome:
        ((action, (_, first)),) = worlds.items()
        if action is None:
            return Outcome(None, False, ())
        rule = firing.index if firing is not None and firing.action == action else first
        return Outcome(rule, True, (action,))

    def _remaining(self, record: int, *, ignorance: int) -> Iterator[Remaining]:
        """Yield the rules that may still hold; with the ignorance bits, those conditions are met."""
        settled = record & ~self._unsure_bits | ignorance
        for rule, literals in zip(self.rules, self._literals, strict=True):
            if record & rule.fails:
                continue
            clause = [literal for holds, literal in literals if not settled & holds]
            yield Remaining(rule, clause, sum([failing for failing, _ in clause]))
            if not clause:
                return
