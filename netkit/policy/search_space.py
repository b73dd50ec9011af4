"""Rules and requests as bits, one per cell of a fact, and the exact search over them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil

import numpy as np
import pandas as pd

from netkit.facts import Fact, Vocabulary
from netkit.facts.level_words import level_words
from netkit.policy.rules import Assumption, Condition, Range, Rule, Value
from netkit.row_counts import Places, distinct_rows
from netkit.wording import range_words, spoken

# A condition as the search sees it: the bits with which it fails for sure, and all others of its fact.
Literal = tuple[int, int]
Clause = Sequence[Literal]


@dataclass(frozen=True)
class Field:
    """A fact cut into cells: its levels, or the ranges between the numbers (`cuts`) that rules name.

    `offset` is the position of the first cell's bit; after the cells comes the bit for "not recorded".
    """

    fact: Fact
    cuts: tuple[float, ...]
    offset: int

    @cached_property
    def size(self) -> int:
        """The number of cells, "not recorded" left out."""
        return len(self.cuts) or len(self.fact.levels)

    @cached_property
    def known(self) -> int:
        """The bits of all recorded values."""
        return ((1 << self.size) - 1) << self.offset

    @cached_property
    def unknown(self) -> int:
        """The bit for "not recorded"."""
        return 1 << (self.offset + self.size)

    @cached_property
    def whole(self) -> int:
        """The bits of all values, "not recorded" among them."""
        return self.known | self.unknown

    @cached_property
    def samples(self) -> tuple[str | float, ...]:
        """One value in each cell: the level, or the lowest number that is short to write."""
        if not self.cuts:
            return self.fact.levels
        return tuple(map(shortest_number, self.cuts, (*self.cuts[1:], None)))

    @cached_property
    def _bits(self) -> dict[Value, int]:
        bits: dict[Value, int] = {value: 1 << (self.offset + cell) for cell, value in enumerate(self.samples)}
        return {**bits, None: self.unknown}

    def bit(self, value: Value) -> int:
        """Return the bit of a value's cell; None is "not recorded"."""
        found = self._bits.get(value)
        if found is None:
            assert value is not None and not isinstance(value, str)
            found = 1 << (self.offset + bisect_right(self.cuts, value) - 1)
        return found

    def bits(self) -> Iterator[int]:
        """Yield the bit of each recorded cell."""
        return (1 << (self.offset + cell) for cell in range(self.size))

    def held(self, condition: Condition) -> int:
        """Return the bits of the recorded values with which a condition holds."""
        return sum(self.bit(value) for value in self.samples if condition.accepts(value))

    def sample(self, domain: int) -> Value:
        """Return a value within the allowed bits, None where only "not recorded" is allowed."""
        return next(
            (value for bit, value in zip(self.bits(), self.samples, strict=True) if domain & bit), None
        )

    def words(self, domain: int) -> str:
        """Return what the allowed bits mean, as it reads aloud."""
        return f"{spoken(self.fact.name)} is {self._value(domain)}"

    def asked(self, domain: int) -> str:
        """Return what the allowed bits mean, as an answer to the fact's question."""
        return self.fact.answered(self._value(domain))

    def _value(self, domain: int) -> str:
        cell = next((place for place, bit in enumerate(self.bits()) if domain & bit), None)
        if cell is None:
            return "not recorded"
        if self.cuts:
            return range_words(*self.ranges[cell])
        return level_words(self.fact.name, self.fact.levels[cell])

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The lowest and the highest number of each cell."""
        highest = (*(self.fact.before(cut) for cut in self.cuts[1:]), None)
        return tuple(zip(self.cuts, highest, strict=True))


@dataclass(frozen=True)
class CompiledRule:
    """A rule as bits, or one of its cases: each of several ways to meet it counts as a rule of its own.

    Each condition is its field, the bits with which it holds, and those with which it fails; "not
    recorded" is in neither where the rule cannot tell. With any bit of `fails` the case is out, with
    any of `lacks` it does not fire. `index` is the place of the rule in the list, `action` its answer.
    """

    index: int
    action: str
    conditions: tuple[tuple[Field, int, int], ...]
    fails: int
    lacks: int

    @cached_property
    def clause(self) -> Clause:
        """The rule as something that must fail: one of its conditions fails for sure."""
        return [(fails, field.whole & ~fails) for field, _, fails in self.conditions]

    @cached_property
    def loose_clause(self) -> Clause:
        """The rule as something that must not fire: it fails, or cannot tell."""
        return [(field.whole & ~holds, holds) for field, holds, _ in self.conditions]


class Grid:
    """The cells of all facts that some rules speak of; the rules' thresholds cut the numbers."""

    def __init__(self, vocabulary: Vocabulary, rules: Iterable[Rule]) -> None:
        ranges: dict[str, list[Range]] = {}
        for condition in (condition for rule in rules for condition in rule.conditions):
            ranges.setdefault(condition.fact.name, []).extend(condition.ranges)
        self.fields: dict[str, Field] = {}
        offset = 0
        for name in (name for name in vocabulary if name in ranges):
            fact = vocabulary[name]
            field = Field(fact, _cuts(fact, ranges[name]) if fact.is_number else (), offset)
            self.fields[name] = field
            offset += field.size + 1

    def compile(self, rules: Sequence[Rule], assume: Mapping[str, Assumption]) -> tuple[CompiledRule, ...]:
        """Return the cases of rules as bits; what is assumed counts where nothing is recorded."""
        return tuple(case for index, rule in enumerate(rules) for case in self.cases(index, rule, assume))

    def cases(self, index: int, rule: Rule, assume: Mapping[str, Assumption]) -> Iterator[CompiledRule]:
        """Yield the cases of one rule as bits, without those whose conditions contradict each other."""
        for conditions in rule.cases():
            found: dict[str, tuple[Field, int, int]] = {}
            for condition in conditions:  # several on one fact are taken together
                name, unknown = condition.fact.name, condition.when_unknown(assume)
                field, held, failed = found.get(name) or (self.fields[name], self.fields[name].whole, 0)
                holds = field.held(condition)
                failing = field.known & ~holds | (field.unknown if unknown is False else 0)
                found[name] = field, held & (holds | (field.unknown if unknown else 0)), failed | failing
            if all(holds for _, holds, _ in found.values()):
                fails = lacks = 0
                for field, holds, failing in found.values():
                    fails |= failing
                    lacks |= field.whole & ~holds
                yield CompiledRule(index, rule.answer, tuple(found.values()), fails, lacks)

    def record(self, facts: Mapping[str, Value]) -> int:
        """Return a request as bits, one per fact; facts that no rule speaks of are left out."""
        bits = 0
        for name, field in self.fields.items():
            bits |= field.bit(facts.get(name))
        return bits

    def distinct_records(self, facts: pd.DataFrame) -> tuple[Places, Iterator[int]]:
        """Return which of the requests that rules tell apart each row is, and these as bits.

        Facts that no rule speaks of are left out; those that the frame lacks are unknown. The bits are
        worked out as they are asked for: that there are too many to be decided one by one shows before.
        """
        # One column more than there are facts: without any, all requests are alike.
        meant: list[list[int]] = [[0]]
        cells = [np.zeros(len(facts), dtype=np.intp)]
        for name, field in self.fields.items():
            column = facts[name] if name in facts else pd.Series(np.nan, index=facts.index)
            codes, seen = (column.astype("str") if column.dtype == "object" else column).factorize()
            bits = [field.bit(field.fact.parse(value)) for value in [*seen, None]]  # -1 is missing
            meant.append(list(dict.fromkeys(bits)))
            cells.append(np.array([meant[-1].index(bit) for bit in bits])[codes])
        which, first = distinct_rows(cells, len(facts))
        rows = zip(*(column[first].tolist() for column in cells), strict=True)
        records = (sum(bits[cell] for bits, cell in zip(meant, row, strict=True)) for row in rows)
        return which, records

    def facts(self, world: int, *, free: int = 0) -> dict[str, str | float]:
        """Return an example request within the allowed bits.

        A fact that still has all the bits of `free`, those before anything was narrowed, does not
        matter and is left out.
        """
        values = {field.fact.name: field.sample(world) for field in self._narrowed(world, free)}
        return {name: value for name, value in values.items() if value is not None}

    def words(self, world: int, *, free: int = 0) -> str:
        """Return an example request in words; parameters as in `facts`."""
        words = [field.words(world) for field in self._narrowed(world, free)]
        return ", ".join(words) or "any request"

    def possible(self, domain: int) -> bool:
        """Return whether every fact still has a value within the allowed bits."""
        return all(domain & field.whole for field in self.fields.values())

    def _narrowed(self, world: int, free: int) -> list[Field]:
        fields = self.fields.values()
        return [field for field in fields if world & field.whole != free & field.whole]


def _cuts(fact: Fact, ranges: Iterable[Range]) -> tuple[float, ...]:
    starts = {low for low, _ in ranges}
    after = {fact.after(high) for _, high in ranges if high is not None}
    return tuple(sorted({0} | starts | after))


def shortest_number(low: float, end: float | None) -> float:
    """Return a number from `low` on and below `end` with as few decimals as there can be.

    >>> shortest_number(3, 4), shortest_number(3.5000000000000004, None), shortest_number(1.25, 1.5)
    (3, 4, 1.3)
    """
    for decimals in range(17):
        found = ceil(Fraction(low) * 10**decimals) / 10**decimals
        if found >= low and (end is None or found < end):
            return int(found) if found == int(found) else found
    return low


def find_world(domain: int, clauses: Iterable[Clause]) -> int | None:
    """Return bits with which every clause is met, or None where there are none; the search is exact.

    A clause is met when, for one of its facts, only failing bits remain of the allowed ones (the
    domain, at least one per fact). Bits that are still several for one fact in the answer may be
    chosen freely.

    Examples
    --------
    >>> bin(find_world(0b1111, [[(0b01, 0b10)], [(0b10, 0b01), (0b1000, 0b0100)]]))
    '0b1001'
    """
    pending: list[Clause] = list(clauses)
    narrowed = True
    while narrowed:
        narrowed = False
        remaining: list[Clause] = []
        for clause in pending:
            live = []
            for literal in clause:
                if not domain & literal[1]:
                    break
                if domain & literal[0]:
                    live.append(literal)
            else:
                if not live:
                    return None
                if len(live) == 1:
                    domain &= ~live[0][1]
                    narrowed = True
                else:
                    remaining.append(live)
        pending = remaining
    return _branch(domain, pending) if pending else domain


def _branch(domain: int, pending: list[Clause]) -> int | None:
    shortest = min(pending, key=len)
    for failing, others in shortest:
        found = find_world(domain & ~others, pending)
        if found is not None:
            return found
        # From here on this condition does not fail, so the next branches need not look there again.
        domain &= ~failing
    return None
