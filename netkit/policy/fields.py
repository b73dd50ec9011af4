"""Cuts a fact into the cells that a policy tells apart: its levels, or ranges between numbers."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from netkit.facts import Fact
from netkit.policy.rules import Condition, Value
from netkit.wording import range_words, spoken


@dataclass(frozen=True)
class Field:
    """A fact cut into cells: its levels, or the ranges between the numbers that rules name.

    Attributes
    ----------
    fact : Fact
        The fact.
    cuts : tuple of int
        For a number, the lower ends of the cells, the first of them 0.
    offset : int
        The position of the first cell's bit; after the cells comes the bit for "not recorded".
    """

    fact: Fact
    cuts: tuple[int, ...]
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
    def samples(self) -> tuple[str | int, ...]:
        """One value in each cell: the level, or the lowest number."""
        return self.cuts or self.fact.levels

    @cached_property
    def _bits(self) -> dict[Value, int]:
        bits: dict[Value, int] = {
            value: 1 << (self.offset + cell) for cell, value in enumerate(self.samples)
        }
        return {**bits, None: self.unknown}

    def bit(self, value: Value) -> int:
        """Return the bit of a value's cell; None is "not recorded"."""
        found = self._bits.get(value)
        if found is None:
            assert isinstance(value, int)
            found = 1 << (self.offset + bisect_right(self.cuts, value) - 1)
        return found

    def cell(self, value: Value) -> int:
        """Return the number of a value's cell; the number after the last is "not recorded"."""
        return self.bit(value).bit_length() - 1 - self.offset

    def bits(self) -> Iterator[int]:
        """Yield the bit of each recorded cell."""
        return (1 << (self.offset + cell) for cell in range(self.size))

    def held(self, condition: Condition) -> int:
        """Return the bits of the recorded values with which a condition holds."""
        accepted = (self.bit(value) for value in self.samples if condition.accepts(value))
        return sum(accepted)

    def sample(self, domain: int) -> Value:
        """Return a value within the allowed bits, None where only "not recorded" is allowed."""
        return next(
            (value for bit, value in zip(self.bits(), self.samples, strict=True) if domain & bit),
            None,
        )

    def words(self, domain: int) -> str:
        """Return what the allowed bits mean, as it reads aloud."""
        value = self.sample(domain)
        if value is None:
            return f"{spoken(self.fact.name)} is not recorded"
        if isinstance(value, str):
            return f"{spoken(self.fact.name)} is {spoken(value)}"
        after = [cut for cut in self.cuts if cut > value]
        return f"{spoken(self.fact.name)} is {range_words(value, after[0] - 1 if after else None)}"
