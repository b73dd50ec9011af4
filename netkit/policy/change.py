"""The smallest change of facts that would change a policy's answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from netkit.facts import Kind
from netkit.policy import Policy
from netkit.policy.decide import Decider
from netkit.policy.fields import Field
from netkit.policy.rules import Value
from netkit.wording import spoken


@dataclass(frozen=True)
class Change:
    """One or two facts that, had they been otherwise, would have brought another answer.

    Attributes
    ----------
    facts : dict of str to (str or int)
        The facts to change, with their new values.
    words : str
        The change in words.
    action : str
        The answer it would bring.
    """

    facts: dict[str, str | int]
    words: str
    action: str

    def __str__(self) -> str:
        return f"if {self.words}: {spoken(self.action)}"


def smallest_change(
    policy: Policy, facts: Mapping[str, object], kind: Kind, *, pairs: bool = True
) -> tuple[Change, ...]:
    """Return all changes of a single fact that change the answer; where there are none, of two.

    For an open decision these are the unknown facts that would settle it, least trouble first.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : mapping of str to object
        What is recorded about the request.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.
    pairs : bool, default True
        Whether to look for pairs where no single fact suffices.

    Returns
    -------
    tuple of Change
        In the declared order of the facts; empty when even two facts change nothing.
    """
    values = policy.parse(facts, kind)
    decider = policy.decider(kind)
    for count in (1, 2) if pairs else (1,):
        changes = tuple(_changes(decider, values, count))
        if changes:
            return changes
    return ()


def _changes(decider: Decider, values: Mapping[str, Value], count: int) -> Iterator[Change]:
    record = decider.grid.record(values)
    now = decider.settled_action(record)
    changeable = _changeable(decider, record, now)
    for fields in combinations(changeable, count):
        rest = record & ~sum([field.known | field.unknown for field in fields])
        for bits in _other_bits(fields, record):
            action = decider.settled_action(rest | sum(bits))
            if action is not None and action != now:
                yield _change(fields, bits, values, action)


def _changeable(decider: Decider, record: int, now: str | None) -> list[Field]:
    """Return all facts; for an open decision only those to find out, least trouble first."""
    if now is not None:
        return list(decider.grid.fields.values())
    return [field for field in decider.unsure if record & field.unknown]


def _other_bits(fields: tuple[Field, ...], record: int) -> Iterator[tuple[int, ...]]:
    """Yield, for one or two facts, every choice of values that all differ from the recorded ones."""
    first = [bit for bit in fields[0].bits() if not bit & record]
    if len(fields) == 1:
        yield from ((bit,) for bit in first)
        return
    second = [bit for bit in fields[1].bits() if not bit & record]
    yield from ((one, other) for one in first for other in second)


def _change(
    fields: tuple[Field, ...], bits: tuple[int, ...], values: Mapping[str, Value], action: str
) -> Change:
    pairs = list(zip(fields, bits, strict=True))
    return Change(
        {
            field.fact.name: _nearest(field, bit, values.get(field.fact.name))
            for field, bit in pairs
        },
        " and ".join(field.words(bit) for field, bit in pairs),
        action,
    )


def _nearest(field: Field, bit: int, now: Value) -> str | int:
    """Return the value within a cell that is nearest to the recorded one."""
    value = field.sample(bit)
    assert value is not None
    if isinstance(value, int) and isinstance(now, int) and now > value:
        return min(cut for cut in field.cuts if cut > value) - 1
    return value
