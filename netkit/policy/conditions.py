"""Reads one condition of a rule: the values of a fact with which it holds."""

import re
from collections.abc import Iterable
from typing import Any

from netkit.errors import PolicyError, did_you_mean
from netkit.facts import UNKNOWN, Fact
from netkit.policy.rules import Condition, Range

_BOUNDS = ("not", "at_least", "at_most", "between")
# What people write for a bound, and how it is written here.
_SIGNS = re.compile(r"(?P<sign>[<>]=?) *(?P<number>[0-9.]+)\Z")
_BOUND_OF = {
    ">=": "{{at_least: {}}}",
    "<=": "{{at_most: {}}}",
    ">": "{{at_least: ...}} with the next number after {}",
    "<": "{{at_most: ...}} with the number before {}",
}
_EXAMPLE = (
    "a level, a list of levels, unknown, {not: …}, "
    "or for a number {at_least: n}, {at_most: n}, {between: [a, b]}"
)


def parse_condition(fact: Fact, written: Any) -> Condition:  # noqa: ANN401 - YAML holds anything
    """Return what a rule asks of a fact.

    Examples
    --------
    >>> parse_condition(Fact("note_kind", "What?", levels=("none", "personal")), {"not": "none"}).words()
    'note kind is personal'
    """
    if fact.knowable == "afterwards":
        raise PolicyError(
            f"{fact.name} is known only afterwards", "Use a fact that can be known when the decision is due"
        )
    if isinstance(written, dict):
        condition = _bounded(fact, written)
    else:
        condition = _any_of(fact, written if isinstance(written, list) else [written])
    _refuse_empty(fact, condition)
    return condition


def _any_of(fact: Fact, written: Iterable[object]) -> Condition:
    written = list(written)
    if any(value is None or isinstance(value, (dict, list)) for value in written):
        raise PolicyError(f"{fact.name} cannot be {written!r}", f"Write {_EXAMPLE}")
    for value in written:
        if bound := _SIGNS.match(str(value)):
            said = _BOUND_OF[bound["sign"]].format(bound["number"])
            raise PolicyError(f"{fact.name} cannot be {value!r}", f"Write {said}")
    values = [fact.parse(value) for value in written]
    levels = frozenset(value for value in values if isinstance(value, str))
    ranges = tuple((number, number) for number in values if isinstance(number, int | float))
    return Condition(fact, levels, _merged(fact, ranges), unknown=None in values)


def _bounded(fact: Fact, written: dict[str, Any]) -> Condition:
    keys = list(written)
    if len(keys) != 1 or keys[0] not in _BOUNDS:
        wrong = next((key for key in keys if key not in _BOUNDS), ", ".join(keys))
        raise PolicyError(
            f"{wrong!r} is no condition for {fact.name}",
            f"{did_you_mean(str(wrong), _BOUNDS)} Two bounds on one number are {{between: [a, b]}}",
        )
    key, value = keys[0], written[keys[0]]
    if key == "not":
        return _negated(_any_of(fact, value if isinstance(value, list) else [value]))
    if not fact.is_number:
        raise PolicyError(
            f"{key} does not fit {fact.name}, which is not a number",
            f"Use its levels: {', '.join(fact.levels)}",
        )
    return Condition(fact, ranges=(_range(fact, key, value),))


def _range(fact: Fact, key: str, value: object) -> Range:
    written = value if isinstance(value, list) else [value]
    able = int | float if fact.decimals else int
    ends = [number for number in written if isinstance(number, able)]
    if len(written) != (2 if key == "between" else 1) or len(ends) < len(written):
        raise PolicyError(
            f"{fact.name} cannot be {key}: {value}",
            "Use {at_least: n}, {at_most: n} or {between: [a, b]} with "
            + ("numbers" if fact.decimals else "whole numbers"),
        )
    if key == "at_least":
        return max(ends[0], 0), None
    return (0, ends[0]) if key == "at_most" else (ends[0], ends[1])


def _negated(condition: Condition) -> Condition:
    """Return the other recorded values; not knowing is never the negation of a value."""
    fact = condition.fact
    if not fact.is_number:
        return Condition(fact, frozenset(fact.levels) - condition.levels)
    found: list[Range] = []
    low: float = 0
    for start, end in condition.ranges:
        if low < start:
            found.append((low, fact.before(start)))
        low = fact.after(start if end is None else end)
    return Condition(fact, ranges=(*found, (low, None)))


def _merged(fact: Fact, ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return ranges in order, neighbours joined."""
    found: list[Range] = []
    for low, high in sorted(ranges, key=lambda ends: ends[0]):
        if found and found[-1][1] is not None and low <= fact.after(found[-1][1]):
            before = found.pop()
            assert before[1] is not None
            found.append((before[0], None if high is None else max(before[1], high)))
        else:
            found.append((low, high))
    return tuple(found)


def _refuse_empty(fact: Fact, condition: Condition) -> None:
    """Refuse what never holds, and what holds for every recorded value (leave it out instead)."""
    ranges = [ends for ends in condition.ranges if ends[1] is None or ends[0] <= ends[1]]
    if len(ranges) < len(condition.ranges) or not (ranges or condition.levels or condition.unknown):
        raise PolicyError(f"The condition on {fact.name} can never hold", "Correct the levels or the bounds")
    if ranges == [(0, None)] or (fact.levels and condition.levels == frozenset(fact.levels)):
        raise PolicyError(
            f"The condition on {fact.name} holds for every value",
            f"Leave the condition out, or ask for {fact.name}: {UNKNOWN}",
        )
