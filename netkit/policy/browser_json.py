"""Compiles a policy to JSON, and names the JavaScript that decides by it in the browser."""

from pathlib import Path
from typing import Any

from netkit.errors import PolicyError
from netkit.facts import Kind
from netkit.policy.loaded_policy import Policy
from netkit.policy.search_space import CompiledRule

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
        `policy`, `kind`; `facts` (name, question, effort, levels or the cuts of a number, `size` cells,
        the bits of all of them as `whole`, what is `assumed` of it, whether it can be `asked`, whether
        some rule acts on `ignorance` of it); `ask` (the order in which to find facts out); `rules` (id,
        action, because, clause, letter, and `when` as fact, holding bits, failing bits).

    Raises
    ------
    PolicyError
        The policy does not speak of this kind, or cuts a number too finely.
    """
    decider = policy.decider(kind)
    fields = list(decider.grid.fields.values())
    for field in fields:
        if field.size > _CELLS:
            raise PolicyError(
                f"the rules cut {field.fact.name} into {field.size} ranges",
                accepted=f"at most {_CELLS} in the browser",
                do="use fewer different numbers in the conditions",
            )
    places = {name: place for place, name in enumerate(decider.grid.fields)}
    assumed = policy.assume[kind]
    facts = [
        {
            "name": field.fact.name,
            "question": field.fact.question,
            "effort": field.fact.effort,
            "size": field.size,
            **({"cuts": field.cuts} if field.fact.is_number else {"levels": field.fact.levels}),
            "whole": (field.known | (field.unknown & decider.ignorance)) >> field.offset,
            "assumed": assumed[field.fact.name].value if field.fact.name in assumed else None,
            "asked": field.fact.name not in assumed,
            "ignorance": bool(field.unknown & decider.ignorance),
        }
        for field in fields
    ]
    rules = [
        {
            "id": rule.id,
            "action": rule.action,
            "because": rule.because,
            "clause": ", ".join(rule.clauses),
            "letter": rule.letter,
            "when": _when(compiled, places),
        }
        for rule, compiled in zip(policy.rules[kind], decider.rules, strict=True)
    ]
    ask = [places[field.fact.name] for field in decider.unsure]
    return {"policy": policy.name, "kind": kind, "facts": facts, "ask": ask, "rules": rules}


def _when(rule: CompiledRule, places: dict[str, int]) -> list[tuple[int, int, int]]:
    """Return conditions with bits counted from the first cell of each fact."""
    return [
        (places[field.fact.name], holds >> field.offset, fails >> field.offset)
        for field, holds, fails in rule.conditions
    ]
