"""How the model's parts are said: what its answers are called, and its reasons in plain words."""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

from netkit.facts import Kind
from netkit.facts.level_words import fact_words, level_words
from netkit.wording import spoken

# The parts of a log-odds that are not facts.
BASE, RULES = "(the usual)", "(the rules)"

# What declining, asking and accepting are called for each kind of request.
ACTIONS: dict[Kind, tuple[str, str, str]] = {
    "invitation": ("decline", "ask", "accept"),
    "introduction": ("decline", "ask_requester", "introduce"),
    "asking": ("do_not_send", "improve", "send"),
}
_OF_A_HUNDRED: dict[Kind, str] = {
    "invitation": "you would accept about {} of 100 like it",
    "introduction": "about {} of 100 like it turn out useful",
    "asking": "about {} of 100 like it are accepted",
}
_OUTCOME: dict[Kind, str] = {
    "invitation": "of accepting",
    "introduction": "of a useful outcome",
    "asking": "of being accepted",
}
# What the odds are of where the model was fitted on what came of an acceptance.
_CAME: dict[str, str] = {"conversation": "of a conversation", "pitched": "of a pitch"}
# A part that moves the odds by less than a twentieth is not worth a word.
WORTH_SAYING = 0.05
# An interval from a seventh to seven times says nothing either way; in log-odds.
_TOO_WIDE = 4.0


def reason(kind: Kind, chance: float, parts: Mapping[str, float], levels: Mapping[str, str]) -> str:
    """Return the reason for a probability: the three parts that move it most.

    >>> reason("invitation", 0.72, {"(the rules)": 1.2, "recognised": -0.4}, {"recognised": "no"})
    'you would accept about 72 of 100 like it: what the rules say (+1.2); recognised: no (−0.4)'
    """
    named = [part for part in parts if part != BASE and abs(parts[part]) >= WORTH_SAYING]
    named.sort(key=lambda part: -abs(parts[part]))
    said_parts = [f"{part_in_words(part, levels)} ({signed(parts[part])})" for part in named[:3]]
    because = "; ".join(said_parts) or "nothing sets it apart from the usual request"
    return f"{_OF_A_HUNDRED[kind].format(round(100 * chance))}: {because}"


def part_in_words(part: str, levels: Mapping[str, str]) -> str:
    """Return the words for one part of a log-odds.

    >>> part_in_words("met_in_person", {"met_in_person": "yes"})
    'met in person: yes'
    """
    if part == BASE:
        return "the usual request"
    if part == RULES:
        return "what the rules say"
    return fact_words(part, levels[part])


def effect_in_words(
    kind: Kind,
    fact: str,
    level: str,
    reference: str,
    estimate: float,
    ends: tuple[float, float],
    target: str = "",
) -> str:
    """Return what odds a level of a fact goes with, other facts being equal.

    >>> effect_in_words("invitation", "met_in_person", "yes", "unknown", 1.4, (0.3, 2.5))
    'met in person: yes rather than unknown goes with odds of accepting 4.1 times as high (1.3 to 12)'
    """
    sides = f"{fact_words(fact, level)} rather than {level_words(fact, reference)}"
    if estimate != estimate:  # noqa: PLR0124 - NaN differs from itself
        return f"{sides}: the history cannot tell this from other facts"
    if ends[0] < 0 < ends[1] and ends[1] - ends[0] > _TOO_WIDE:
        return f"{sides}: the history says too little of it"
    said = f"{sides} goes with odds {odds_of(kind, target)} {_times(estimate)} ({_between(*ends)})"
    return f"{said}; it may make no difference" if ends[0] < 0 < ends[1] else said


def tree_in_words(tree: Any, columns: Sequence[Any]) -> list[str]:  # noqa: ANN401 - scikit-learn has no types
    """Return a decision tree on a `FactEncoder`'s columns as sentences, one a leaf, the largest first.

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from netkit.model.encoding import Column
    >>> grown = DecisionTreeClassifier().fit([[1], [1], [0]], [0, 0, 1])
    >>> tree_in_words(grown, [Column("recognised", "no")])
    ['If recognised is no: decline (0 of 2 accepted).', 'If recognised is not no: accept (1 of 1 accepted).']
    """
    inner, leaves = tree.tree_, []
    ahead: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    while ahead:
        node, path = ahead.pop()
        if inner.children_left[node] < 0:
            n = int(inner.n_node_samples[node])
            shares = dict(zip(tree.classes_, inner.value[node][0] / inner.value[node][0].sum(), strict=True))
            leaves.append((n, path, round(n * shares.get(1, 0.0)), shares.get(1, 0.0) > 1 / 2))
            continue
        one = columns[inner.feature[node]]
        for child, verb in ((inner.children_left[node], "is not"), (inner.children_right[node], "is")):
            ahead.append((child, (*path, f"{spoken(one.fact)} {verb} {level_words(one.fact, one.level)}")))
    return [
        f"{'If ' * bool(path)}{' and '.join(path) or 'Always'}:"
        f" {'accept' if yes else 'decline'} ({accepted:,} of {n:,} accepted)."
        for n, path, accepted, yes in sorted(leaves, key=lambda leaf: -leaf[0])
    ]


def odds_of(kind: Kind, target: str = "") -> str:
    """Return what a model's odds are of.

    >>> odds_of("invitation"), odds_of("invitation", "pitched")
    ('of accepting', 'of a pitch')
    """
    return _CAME.get(target, _OUTCOME[kind])


def _times(log_odds: float) -> str:
    """Return how odds lie to others, to two figures.

    >>> _times(-0.01), _times(1.4), _times(-2.3), _times(9.5)
    ('1.0 times as high', '4.1 times as high', '10 times lower', 'over 1000 times as high')
    """
    factor = _factor(log_odds)
    return f"{factor} times {'lower' if log_odds < 0 and factor != '1.0' else 'as high'}"


def _between(low: float, high: float) -> str:
    """Return an interval of odds beside others.

    >>> _between(0.3, 2.5), _between(-4.0, -2.6), _between(-2.2, 0.7)
    ('1.3 to 12', '13 to 55', '9.0 times lower to 2.0 times as high')
    """
    if low < 0 < high:
        return f"{_times(low)} to {_times(high)}"
    return " to ".join(_factor(end) for end in sorted((low, high), key=abs))


def _factor(log_odds: float) -> str:
    """Return how many times higher, or lower, odds are."""
    if log_odds > 6.9 or log_odds < -4.6:
        return "over 1000" if log_odds > 0 else "over 100"
    ratio = exp(abs(log_odds))
    return f"{ratio:.{0 if ratio >= 9.95 else 1}f}"


def signed(value: float) -> str:
    """Return a number with its sign, minus as a minus.

    >>> signed(-0.42)
    '−0.4'
    """
    return f"{value:+.1f}".replace("-", "−")
