"""Tiny policies for tests: written as one line a rule, or drawn at random with a naive reading beside."""

import random
import sys
from itertools import product

from hypothesis import strategies as st

from netkit.facts import Fact, vocabulary
from netkit.policy import Policy
from netkit.policy.policy_file import _parse_condition
from netkit.policy.rules import Assumption, Rule, Source

HEAD = """\
policy: tiny
title: A tiny policy
about: For tests.
sources:
  - {id: own, title: Made up}
"""
SITUATIONS = """\
    situations:
      - {it: one, given: {}, expect: %s}
      - {it: two, given: {}, expect: %s}
"""


def tiny_text(rules, *, kind="invitation", more=""):
    """Return the YAML of rules given as (id, conditions in YAML, action) with empty situations."""
    lines = [HEAD + more + f"{kind}:\n"]
    for name, when, action in rules:
        lines.append(f"  - id: {name}\n    when: {when}\n    do: {action}\n")
        lines.append(f"    because: Because of {name}.\n    clause: own\n")
        lines.append(SITUATIONS % (action, action))
    return "".join(lines)


def tiny(rules, *, kind="invitation", more=""):
    return Policy.from_text(tiny_text(rules, kind=kind, more=more), name="tiny.yaml")


def calls_made(work, *arguments):
    """Count the calls of functions that a piece of work makes: a clock would measure the machine."""
    made_so_far = 0

    def count(_frame, event, _called):
        nonlocal made_so_far
        made_so_far += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work(*arguments)
    finally:
        sys.setprofile(before)
    return made_so_far


# ---- random policies over four facts of few values, which can be enumerated -----------------------

# No rule names the number 5, which stands for all that lie beyond.
VALUES = {"a": ("yes", "no"), "b": ("x", "y", "z"), "c": ("yes", "no"), "n": (0, 1, 2, 3, 4, 5)}
BEYOND = 5
FACTS = {
    "a": Fact("a", "A?", levels=VALUES["a"], effort=2),
    "b": Fact("b", "B?", levels=VALUES["b"], effort=1),
    "c": Fact("c", "C?", levels=VALUES["c"], effort=2),
    "n": Fact("n", "N?", effort=0),
}
ACTIONS = ("accept", "ask", "decline")


@st.composite
def conditions(draw, name):
    """Draw the accepted values of one fact, None among them for "not recorded"."""
    values = [value for value in VALUES[name] if value != BEYOND]
    known = draw(st.sets(st.sampled_from(values), max_size=len(values) - 1))
    unknown = draw(st.integers(0, 5)) == 0
    return frozenset(known) | {None} if unknown or not known else frozenset(known)


@st.composite
def rule_lists(draw, *, unknown=True, most=7):
    """Draw (accepted values by fact, action) pairs."""
    rules = []
    for _ in range(draw(st.integers(1, most))):
        names = draw(st.sets(st.sampled_from(sorted(VALUES)), max_size=3))
        when = {name: draw(conditions(name)) for name in sorted(names)}
        if not unknown:
            when = {name: values - {None} or {VALUES[name][0]} for name, values in when.items()}
        rules.append((when, draw(st.sampled_from(ACTIONS))))
    return rules


@st.composite
def policies(draw):
    """Draw rules and assumptions; no rule acts on not knowing what is assumed, which does not load.

    That nothing is assumed of what nobody can be asked is an assumption too, and such rules do act on it.
    """
    rules = draw(rule_lists())
    if drawn := draw(st.integers(0, 3)):
        return rules, {"c": None} if drawn == 1 else {}
    certain = [
        ({**when, "c": when["c"] - {None} or {"yes"}} if "c" in when else when, action)
        for when, action in rules
    ]
    return certain, {"c": draw(st.sampled_from(VALUES["c"]))}


@st.composite
def requests(draw, *, complete=False):
    return {
        name: draw(st.sampled_from(values if complete else (*values, None, None)))
        for name, values in VALUES.items()
    }


def made(rules, assume=None):
    """Return the policy object of drawn rules."""
    words = vocabulary("invitation").extended(FACTS.values())
    built = [
        Rule(
            id=f"r{place}",
            when={
                name: _parse_condition(FACTS[name], [v if v is not None else "unknown" for v in values])
                for name, values in when.items()
            },
            action=action,
            because="x",
            clauses=("own",),
        )
        for place, (when, action) in enumerate(rules)
    ]
    taken = {name: Assumption(FACTS[name], value, "x", ("own",)) for name, value in (assume or {}).items()}
    return Policy(
        name="made", title="t", about="a", sources=(Source("own", "o"),),
        rules={"invitation": tuple(built)}, vocabularies={"invitation": words},
        assume={"invitation": taken},
    )  # fmt: skip


# ---- the same by enumeration, as the rules read --------------------------------------------------


def completions(request, *, staying=(), untold=()):
    """Yield the request with every unknown fact filled in; `staying` may stay unknown, `untold` do."""
    choices = [
        [value]
        if value is not None or name in untold
        else [*VALUES[name], *([None] if name in staying else [])]
        for name, value in request.items()
    ]
    for chosen in product(*choices):
        yield dict(zip(request, chosen, strict=True))


def first_action(rules, world, ignorant=()):
    """Return (place, action) of the first rule that holds; facts in `ignorant` count as unknown too."""
    for place, (when, action) in enumerate(rules):
        if all(
            world[name] in values or (name in ignorant and None in values) for name, values in when.items()
        ):
            return place, action
    return None, None


def naive_decision(rules, request, assume=None):
    """Return (settled action or None, possible actions, facts that matter) by brute force."""
    request = {name: (assume or {}).get(name) if value is None else value for name, value in request.items()}
    untold = {name for name in (assume or {}) if request[name] is None}
    unknown = [name for name, value in request.items() if value is None and name not in untold]
    now = {first_action(rules, world, unknown)[1] for world in completions(request, untold=untold)}
    if len(now) == 1:
        action = now.pop()
        return action, {action} - {None}, set()
    acted_on = {
        name for when, _ in rules for name, values in when.items() if None in values and name in unknown
    }
    worlds = list(completions(request, staying=acted_on, untold=untold))
    outcomes = {tuple(world.values()): first_action(rules, world)[1] for world in worlds}
    matter = set()
    for world in worlds:
        for name in unknown:
            for value in (*VALUES[name], *([None] if name in acted_on else [])):
                other = {**world, name: value}
                if outcomes[tuple(other.values())] != outcomes[tuple(world.values())]:
                    matter.add(name)
    return None, set(outcomes.values()) - {None}, matter


def in_python(policy, request, kind):
    """Return what Python decides, in the shape in which the page says it."""
    decision = policy.decide_one(request, kind)
    return [
        decision.action,
        decision.rule or None,
        decision.settled,
        list(decision.possible),
        decision.next_fact,
    ]


def some_requests(policy, kind, count, seed):
    """Draw requests of which between none and most facts are known."""
    chance = random.Random(seed)
    for _ in range(count):
        missing = chance.choice([0, 0.2, 0.5, 0.9])
        yield {
            name: chance.choice(fact.levels or (0, 1, 3, 14, 15, 40))
            for name, fact in policy.vocabularies[kind].items()
            if chance.random() >= missing
        }
