"""Compiles a policy to JSON, and names the JavaScript that decides by it in the browser."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netkit.errors import PolicyError
from netkit.facts import ACTIONS, Kind
from netkit.policy.decider import Decider
from netkit.policy.loaded_policy import Policy
from netkit.policy.search_space import Field

# JavaScript's bit operations work on 32 bits with a sign; one is for "not recorded".
_CELLS = 30
JAVASCRIPT = Path(__file__).with_name("policy.js")


def to_browser_json(policy: Policy, kind: Kind) -> dict[str, Any]:
    """Return the rules of one kind as plain data for `policy.js`.

    Parameters
    ----------
    policy : Policy
        The policy.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.

    Returns
    -------
    dict
        `policy`, `kind`; `facts` (name, question, effort, levels with the cell of each or the cuts of a
        number, `size` cells, the bits of all of them as `whole`, what is `assumed` of it, whether it can be
        `asked`, whether some rule acts on `ignorance` of it); `ask` (the order in which to find facts out);
        `answers` (how an answer of one's own is said); `order` (of the shipped answers); `rules`
        (id, action, answer, how it is `said`, because, clause, letter, `until` which day it holds,
        and its `cases`: conditions as fact, holding
        bits, failing bits, all of which must hold in one case).

    Raises
    ------
    PolicyError
        The policy does not speak of this kind, or cuts a number too finely.
    """
    decider = policy.decider(kind)
    cells = [_Cells.of(field, decider) for field in decider.grid.fields.values()]
    places = {each.field.fact.name: place for place, each in enumerate(cells)}
    rules = [
        {
            "id": rule.id,
            "action": rule.action,
            "answer": rule.answer,
            "said": f"{rule.said} {rule.lasts()}".strip(),
            "because": rule.because,
            "clause": ", ".join(rule.clauses),
            "letter": rule.letter,
            "until": str(rule.until) if rule.passing else None,
            "cases": [
                [
                    (places[field.fact.name], *map(cells[places[field.fact.name]].bits, (holds, fails)))
                    for field, holds, fails in case.conditions
                ]
                for case in decider.of_rule(place)
            ],
        }
        for place, rule in enumerate(policy.rules[kind])
    ]
    return {
        "policy": policy.name,
        "kind": kind,
        "facts": [each.as_data(decider) for each in cells],
        "ask": [places[field.fact.name] for field in decider.unsure],
        "answers": {name: own.words for name, own in policy.answers.get(kind, {}).items()},
        "order": list(ACTIONS[kind]),
        "rules": rules,
    }


@dataclass(frozen=True)
class _Cells:
    """The cells of a fact in the browser: levels that no rule tells apart share one."""

    field: Field
    of_bit: dict[int, int]  # the bit of a cell in Python -> the place of its cell in the browser

    @classmethod
    def of(cls, field: Field, decider: Decider) -> "_Cells":
        on_it = [
            bits for case in decider.rules for other, *bits in case.conditions if other.offset == field.offset
        ]
        told = {
            bit: bit if field.fact.is_number else tuple(bool(bit & one) for bits in on_it for one in bits)
            for bit in field.bits()
        }
        different = list(dict.fromkeys(told.values()))
        if len(different) > _CELLS:
            raise PolicyError(
                f"The rules cut {field.fact.name} into {len(different)} ranges; the page can show {_CELLS}",
                "Use fewer different numbers in the conditions",
            )
        return cls(field, {bit: different.index(each) for bit, each in told.items()})

    @property
    def size(self) -> int:
        return len(set(self.of_bit.values()))

    def bits(self, bits: int) -> int:
        """Return bits counted from the first cell of the fact."""
        found = {place for bit, place in self.of_bit.items() if bit & bits}
        return sum(1 << place for place in found) | (bool(bits & self.field.unknown) << self.size)

    def as_data(self, decider: Decider) -> dict[str, Any]:
        """Return what the page needs to know of the fact."""
        field, fact = self.field, self.field.fact
        levels = {"levels": fact.levels, "cells": list(self.of_bit.values())}
        return {
            "name": fact.name,
            "question": fact.question,
            "effort": fact.effort,
            "size": self.size,
            **({"cuts": field.cuts} if fact.is_number else levels),
            "whole": self.bits(field.known | (field.unknown & decider.ignorance)),
            "assumed": decider.assume[fact.name].value if fact.name in decider.assume else None,
            "asked": fact.name not in decider.assume,
            "ignorance": bool(field.unknown & decider.ignorance),
        }
