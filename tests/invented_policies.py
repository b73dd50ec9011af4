"""Tiny policies for tests: written as one line a rule, or drawn at random with a naive reading beside."""

import random
import sys
from itertools import product
from pathlib import Path

from hypothesis import strategies as st

from netkit.facts import Fact, vocabulary
from netkit.policy import Policy
from netkit.policy.conditions import parse_condition
from netkit.policy.rules import Answer, Assumption, Part, Rule, Source

INVENTED = Path(__file__).parent / "fixtures" / "policies"  # as strangers might write theirs
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
        lines.append(SITUATIONS % ((action.strip("[]").split(",")[0],) * 2))
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


# ---- random policies over five facts of few values, which can be enumerated -----------------------

# No rule names a number of `BETWEEN`, which stands for all that lie between and beyond those that are named.
VALUES = {
    "a": ("yes", "no"),
    "b": ("x", "y", "z"),
    "c": ("yes", "no"),
    "n": (0, 1, 2, 3),
    "d": (0, 0.25, 0.5, 9.5),
}
BETWEEN = {3, 0.25, 9.5}
FACTS = {
    "a": Fact("a", "A?", levels=VALUES["a"], effort=2),
    "b": Fact("b", "B?", levels=VALUES["b"], effort=1),
    "c": Fact("c", "C?", levels=VALUES["c"], effort=2),
    "n": Fact("n", "N?", effort=0),
    "d": Fact("d", "D?", effort=1, decimals=True),
}
MEANS = {"reply": "decline"}  # an answer of one's own
ACTIONS = ("accept", "ask", "decline", *MEANS)
OF = "of"  # beside the conditions of a drawn rule: (so many, of these cases)


@st.composite
def conditions(draw, name, unknown):
    """Draw the accepted values of one fact, None among them for "not recorded"."""
    values = [value for value in VALUES[name] if value not in BETWEEN]
    known = draw(st.sets(st.sampled_from(values), min_size=not unknown, max_size=len(values) - 1))
    ignorant = unknown and draw(st.integers(0, 5)) == 0
    return frozenset(known) | {None} if ignorant or not known else frozenset(known)


@st.composite
def cases(draw, unknown, least, most):
    names = draw(st.sets(st.sampled_from(sorted(VALUES)), min_size=least, max_size=most))
    return {name: draw(conditions(name, unknown)) for name in sorted(names)}


@st.composite
def rule_lists(draw, *, unknown=True, most=7):
    """Draw (what must hold, answer) pairs: accepted values by fact, and a choice of several cases or none."""
    rules = []
    for _ in range(draw(st.integers(1, most))):
        when = draw(cases(unknown, 0, 3))
        if draw(st.integers(0, 2)) == 0:
            of = draw(st.lists(cases(unknown, 1, 2), min_size=2, max_size=4))
            when = {**when, OF: (draw(st.integers(1, len(of) - 1)), of)}
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
    certain = [(_certain(when), action) for when, action in rules]
    return certain, {"c": draw(st.sampled_from(VALUES["c"]))}


def _certain(when):
    """Return what must hold without acting on c being unknown."""
    found = {**when, "c": when["c"] - {None} or {"yes"}} if "c" in when else dict(when)
    if OF in when:
        found[OF] = (when[OF][0], [_certain(case) for case in when[OF][1]])
    return found


@st.composite
def requests(draw, *, complete=False):
    return {
        name: draw(st.sampled_from(values if complete else (*values, None, None)))
        for name, values in VALUES.items()
    }


def _conditions(when):
    return {
        name: parse_condition(FACTS[name], [v if v is not None else "unknown" for v in values])
        for name, values in when.items()
        if name != OF
    }


def made(rules, assume=None):
    """Return the policy object of drawn rules."""
    words = vocabulary("invitation").extended(FACTS.values())
    built = [
        Rule(
            id=f"r{place}",
            when=_conditions(when),
            action=MEANS.get(action, action),
            because="x",
            clauses=("own",),
            choices=tuple(
                Part(tuple(tuple(_conditions(case).values()) for case in of), at_least)
                for at_least, of in ([when[OF]] if OF in when else [])
            ),
            answer=action,
        )
        for place, (when, action) in enumerate(rules)
    ]
    taken = {name: Assumption(FACTS[name], value, "x", ("own",)) for name, value in (assume or {}).items()}
    return Policy(
        name="made", title="t", about="a", sources=(Source("own", "o"),),
        rules={"invitation": tuple(built)}, vocabularies={"invitation": words},
        assume={"invitation": taken},
        answers={"invitation": {name: Answer(name, name, means) for name, means in MEANS.items()}},
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
        if holds(when, world, ignorant):
            return place, action
    return None, None


def holds(when, world, ignorant=()):
    """Return whether all that a rule asks for holds in a world."""
    if OF in when:
        at_least, of = when[OF]
        if sum(holds(case, world, ignorant) for case in of) < at_least:
            return False
    single = {name: values for name, values in when.items() if name != OF}
    return all(
        world[name] in values or (name in ignorant and None in values) for name, values in single.items()
    )


def acted_on(when):
    """Return the facts on whose absence a rule acts."""
    own = {name for name, values in when.items() if name != OF and None in values}
    return own.union(*(acted_on(case) for case in when.get(OF, (0, []))[1]))


def naive_decision(rules, request, assume=None):
    """Return (settled action or None, possible actions, facts that matter) by brute force."""
    request = {name: (assume or {}).get(name) if value is None else value for name, value in request.items()}
    untold = {name for name in (assume or {}) if request[name] is None}
    unknown = [name for name, value in request.items() if value is None and name not in untold]
    now = {first_action(rules, world, unknown)[1] for world in completions(request, untold=untold)}
    if len(now) == 1:
        action = now.pop()
        return action, {action} - {None}, set()
    staying = set().union(*(acted_on(when) for when, _ in rules)) & set(unknown)
    worlds = list(completions(request, staying=staying, untold=untold))
    outcomes = {tuple(world.values()): first_action(rules, world)[1] for world in worlds}
    matter = set()
    for world in worlds:
        for name in unknown:
            for value in (*VALUES[name], *([None] if name in staying else [])):
                other = {**world, name: value}
                if outcomes[tuple(other.values())] != outcomes[tuple(world.values())]:
                    matter.add(name)
    return None, set(outcomes.values()) - {None}, matter


def in_python(policy, request, kind):
    """Return what Python decides, in the shape in which the page says it."""
    decision = policy.decide_one(request, kind)
    return [
        decision.action,
        decision.answer,
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
            name: chance.choice(
                fact.levels or (0, 1, 3, 14, 15, 40, *([0.4, 1.25, 1.5] if fact.decimals else []))
            )
            for name, fact in policy.vocabularies[kind].items()
            if chance.random() >= missing
        }
