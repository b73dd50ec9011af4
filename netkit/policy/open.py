"""Looks into an open decision: which actions can come out, and which unknown facts matter."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netkit.policy.cells import Compiled
from netkit.policy.fields import Field
from netkit.policy.search import Clause, find_world


class Remaining(NamedTuple):
    """A rule that may still hold: its conditions on unknown facts.

    Attributes
    ----------
    rule : Compiled
        The rule.
    clause : sequence of (int, int)
        Its open conditions, as failing bits and all others of the fact.
    fails : int
        The failing bits together.
    """

    rule: Compiled
    clause: Clause
    fails: int


def reached(
    remaining: Iterable[Remaining], domain: int
) -> Iterator[tuple[str | None, tuple[int, int | None]]]:
    """Yield each action that can come out (None: no rule), with an example and the first rule to it."""
    above: list[Clause] = []
    seen: set[str] = set()
    last: Remaining | None = None
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


class Relevance:
    """Tells whether one unknown fact can make a difference, all others being what they may."""

    def __init__(
        self,
        remaining: Sequence[Remaining],
        domain: int,
        unknown: Sequence[Field],
        worlds: Sequence[int],
    ) -> None:
        self.remaining = remaining
        self.domain = domain
        self.masks = [field.known | field.unknown for field in unknown]
        self.worlds = [self._single(world) for world in worlds]

    def matters(self, field: Field) -> bool:
        """Return whether two requests that differ only in this fact get different actions."""
        whole = field.known | field.unknown
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


def _given(remaining: Sequence[Remaining], whole: int, bit: int) -> list[Clause]:
    """Return the rules as clauses that must fail, one fact being settled."""
    return [
        [literal for literal in each.clause if not (literal[0] | literal[1]) & whole]
        for each in remaining
        if not each.fails & bit
    ]
