"""Turns rules and requests into bits, one per cell of a fact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from netkit.facts import Vocabulary
from netkit.policy.fields import Field
from netkit.policy.rules import Assumption, Range, Rule, Value
from netkit.policy.search import Clause


@dataclass(frozen=True)
class Compiled:
    """A rule as bits.

    Attributes
    ----------
    index : int
        Its place in the list.
    action : str
        What it does.
    conditions : tuple of (Field, int, int)
        Per condition the field, the bits with which it holds, the bits with which it fails;
        "not recorded" is in neither where the rule cannot tell.
    fails : int
        The bits with any of which the rule is out.
    lacks : int
        The bits with any of which it does not fire.
    """

    index: int
    action: str
    conditions: tuple[tuple[Field, int, int], ...]
    fails: int
    lacks: int

    def holding(self, record: int) -> list[bool]:
        """Return, per condition, whether it holds for a request given as bits."""
        return [bool(record & holds) for _, holds, _ in self.conditions]

    def waits_for(self, field: Field) -> bool:
        """Return whether the rule cannot be told while a fact is not recorded."""
        return any(
            each is field and not (holds | fails) & field.unknown
            for each, holds, fails in self.conditions
        )

    @cached_property
    def clause(self) -> Clause:
        """The rule as something that must fail: one of its conditions fails for sure."""
        return [
            (fails, (field.known | field.unknown) & ~fails) for field, _, fails in self.conditions
        ]

    @cached_property
    def loose_clause(self) -> Clause:
        """The rule as something that must not fire: it fails, or cannot tell."""
        return [
            ((field.known | field.unknown) & ~holds, holds) for field, holds, _ in self.conditions
        ]


class Grid:
    """The cells of all facts that some rules speak of.

    Parameters
    ----------
    vocabulary : Vocabulary
        The declared facts.
    rules : iterable of Rule
        The rules whose thresholds cut the numbers.
    """

    def __init__(self, vocabulary: Vocabulary, rules: Iterable[Rule]) -> None:
        ranges: dict[str, list[Range]] = {}
        for rule in rules:
            for name, condition in rule.when.items():
                ranges.setdefault(name, []).extend(condition.ranges)
        self.vocabulary = vocabulary
        self.fields: dict[str, Field] = {}
        offset = 0
        for name in (name for name in vocabulary if name in ranges):
            fact = vocabulary[name]
            field = Field(fact, _cuts(ranges[name]) if fact.is_number else (), offset)
            self.fields[name] = field
            offset += field.size + 1

    def compile(
        self, rules: Sequence[Rule], assume: Mapping[str, Assumption]
    ) -> tuple[Compiled, ...]:
        """Return rules as bits.

        Parameters
        ----------
        rules : sequence of Rule
            The rules in order.
        assume : mapping of str to Assumption
            What counts where nothing is recorded.

        Returns
        -------
        tuple of Compiled
            The same rules.
        """
        return tuple(self._compiled(index, rule, assume) for index, rule in enumerate(rules))

    def _compiled(self, index: int, rule: Rule, assume: Mapping[str, Assumption]) -> Compiled:
        conditions = []
        fails = lacks = 0
        for name, condition in rule.when.items():
            field = self.fields[name]
            holds = field.held(condition)
            failing = field.known & ~holds
            if condition.unknown or (name in assume and condition.accepts(assume[name].value)):
                holds |= field.unknown
            elif name in assume:
                failing |= field.unknown
            conditions.append((field, holds, failing))
            fails |= failing
            lacks |= (field.known | field.unknown) & ~holds
        return Compiled(index, rule.action, tuple(conditions), fails, lacks)

    def record(self, facts: Mapping[str, Value]) -> int:
        """Return a request as bits, one per fact.

        Parameters
        ----------
        facts : mapping of str to value
            What is recorded; facts that no rule speaks of are left out.

        Returns
        -------
        int
            The bits.
        """
        bits = 0
        for name, field in self.fields.items():
            bits |= field.bit(facts.get(name))
        return bits

    def facts(self, world: int, *, free: int = 0) -> dict[str, str | int]:
        """Return an example request within the allowed bits.

        Parameters
        ----------
        world : int
            The allowed bits.
        free : int
            Bits before anything was narrowed; a fact that still has all of them does not matter.

        Returns
        -------
        dict of str to (str or int)
            The facts that matter.
        """
        values = {field.fact.name: field.sample(world) for field in self._narrowed(world, free)}
        return {name: value for name, value in values.items() if value is not None}

    def words(self, world: int, *, free: int = 0) -> str:
        """Return an example request in words; parameters as in `facts`."""
        words = [field.words(world) for field in self._narrowed(world, free)]
        return ", ".join(words) or "any request"

    def possible(self, domain: int) -> bool:
        """Return whether every fact still has a value within the allowed bits."""
        return all(domain & (field.known | field.unknown) for field in self.fields.values())

    def _narrowed(self, world: int, free: int) -> list[Field]:
        return [
            field
            for field in self.fields.values()
            if world & (field.known | field.unknown) != free & (field.known | field.unknown)
        ]


def _cuts(ranges: Iterable[Range]) -> tuple[int, ...]:
    starts = {low for low, _ in ranges}
    after = {high + 1 for _, high in ranges if high is not None}
    return tuple(sorted({0} | starts | after))


def above(rules: Sequence[Compiled], place: int) -> list[Clause]:
    """Return the rules above a place as clauses that must be met for that rule to decide.

    Parameters
    ----------
    rules : sequence of Compiled
        The list.
    place : int
        The rule; the length of the list stands for "no rule".

    Returns
    -------
    list of clauses
        A rule with the same action may stay open, any other must fail.
    """
    action = rules[place].action if place < len(rules) else None
    return [rule.loose_clause if rule.action == action else rule.clause for rule in rules[:place]]
