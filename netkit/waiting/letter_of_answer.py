"""Which letter an answer owes: the advice's own, or that of the nearest rule with this answer."""

from collections.abc import Collection, Mapping
from pathlib import Path

from netkit.facts import Kind
from netkit.letters import fits
from netkit.policy import Policy
from netkit.policy.rules import Rule, Value
from netkit.waiting.unless import advice_unless


def owed_letter(policy: Policy, kind: Kind, action: str, facts: Mapping[str, object]) -> str:
    """Return the name of the letter that an answer owes, or nothing.

    Where the answer is not the policy's, it is that of the rule that gives this answer, that no known
    fact contradicts, and that rests on the fewest unknown ones, and then on the most known ones.
    """
    decision = policy.decide_one(facts, kind)
    if decision.action == action:
        return decision.letter
    values = policy.parse(facts, kind)
    fitting = [
        rule
        for rule in policy.rules[kind]
        if rule.action == action and rule.letter and rule.state(values) is not False
    ]
    nearest = min(fitting, key=lambda rule: _distance(rule, values), default=None)
    return nearest.letter if nearest else ""


def _distance(rule: Rule, values: Mapping[str, Value]) -> tuple[int, int]:
    """Return on how many unknown facts a rule rests; of equals, what speaks of the known ones is nearer.

    What was not found in a note is hardly in it, so that it counts twice.
    """
    unknown = {each.fact.name: each.fact for each in rule.conditions if values.get(each.fact.name) is None}
    doubt = sum(2 if fact.origin == "note" else 1 for fact in unknown.values())
    return doubt, len(unknown) - len(rule.facts)


def letter_of_answer(
    policy: Policy,
    kind: Kind,
    action: str,
    facts: Mapping[str, object],
    unsure: Collection[str],
    home: Path | None,
) -> str:
    """Return the name of the letter that an answer owes, or without one the advice, or nothing."""
    unless = advice_unless(policy, facts, unsure=unsure) if kind == "invitation" else None
    advised = unless.decision if unless else policy.decide_one(facts, kind)
    own = action in ("", advised.action)
    name = advised.letter if own else owed_letter(policy, kind, action, facts)
    return name if name and fits(name, facts, home=home) else ""
