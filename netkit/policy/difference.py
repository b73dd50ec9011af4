"""The exact difference of two policies: every pair of rules by which they part, with an example."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netkit.errors import PolicyError
from netkit.facts import Kind, Vocabulary
from netkit.policy import Policy
from netkit.policy.cells import Compiled, Grid, above
from netkit.policy.search import find_world
from netkit.wording import spoken


@dataclass(frozen=True)
class Parting:
    """A pair of rules by which two policies part.

    Attributes
    ----------
    kind : str
        The kind of request.
    rules : tuple of (str, str)
        The deciding rule of either policy, empty where it has none.
    actions : tuple of (str or None, str or None)
        What either does.
    example : str
        A request on which they part, in words.
    facts : dict of str to (str or int)
        The same request as facts; what is left out may be anything.
    """

    kind: Kind
    rules: tuple[str, str]
    actions: tuple[str | None, str | None]
    example: str
    facts: dict[str, str | int]

    def __str__(self) -> str:
        one, other = (
            f"{spoken(action)} ({rule})" if action else "no rule"
            for action, rule in zip(self.actions, self.rules, strict=True)
        )
        return f"{one} against {other}; for example: {self.example}"


def difference(one: Policy, other: Policy, kind: Kind) -> tuple[Parting, ...]:
    """Return every pair of rules by which two policies part, without data, exactly.

    Parameters
    ----------
    one, other : Policy
        The policies, or two versions of one.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request; both must speak of it.

    Returns
    -------
    tuple of Parting
        In the order of the first policy's rules; empty when the two never differ in action.

    Raises
    ------
    PolicyError
        A policy does not speak of this kind, or the two declare one fact with different levels.
    """
    one.decider(kind)
    other.decider(kind)
    words = _joined(one.vocabularies[kind], other.vocabularies[kind])
    grid = Grid(words, [*one.rules[kind], *other.rules[kind]])
    lists = tuple(grid.compile(each.rules[kind], each.assume[kind]) for each in (one, other))
    domain = _domain(grid, lists)
    ids = [[*(rule.id for rule in each.rules[kind]), ""] for each in (one, other)]
    return tuple(
        Parting(
            kind=kind,
            rules=(ids[0][place], ids[1][place2]),
            actions=(_action(lists[0], place), _action(lists[1], place2)),
            example=grid.words(world, free=domain),
            facts=grid.facts(world, free=domain),
        )
        for place, place2, world in _partings(grid, lists[0], lists[1], domain)
    )


def _joined(one: Vocabulary, other: Vocabulary) -> Vocabulary:
    for name in one:
        if name in other and one[name].levels != other[name].levels:
            raise PolicyError(
                f"the fact {name!r} has the levels {', '.join(one[name].levels) or 'number'} in one "
                f"policy and {', '.join(other[name].levels) or 'number'} in the other",
                accepted="one meaning per name",
                do="rename one of the two",
            )
    return one.extended(fact for name, fact in other.items() if name not in one)


def _domain(grid: Grid, lists: Sequence[Sequence[Compiled]]) -> int:
    """Return all recorded values, and "not recorded" where a rule or an assumption speaks of it."""
    domain = sum(field.known for field in grid.fields.values())
    for rules in lists:
        for rule in rules:
            for field, holds, fails in rule.conditions:
                domain |= (holds | fails) & field.unknown
    return domain


def _action(rules: Sequence[Compiled], place: int) -> str | None:
    return rules[place].action if place < len(rules) else None


def _partings(
    grid: Grid, ones: Sequence[Compiled], others: Sequence[Compiled], domain: int
) -> Iterator[tuple[int, int, int]]:
    for place in range(len(ones) + 1):
        clauses = above(ones, place)
        inside = domain & ~ones[place].lacks if place < len(ones) else domain
        if find_world(inside, clauses) is None:
            continue
        for place2 in range(len(others) + 1):
            both = inside & ~others[place2].lacks if place2 < len(others) else inside
            if _action(ones, place) == _action(others, place2) or not grid.possible(both):
                continue
            world = find_world(both, [*clauses, *above(others, place2)])
            if world is not None:
                yield place, place2, world
