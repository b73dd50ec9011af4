"""How each rule of a policy fares on a history: coverage, overlap, conflict, agreement, open share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from netkit.errors import PolicyError
from netkit.facts import Kind
from netkit.policy import Policy
from netkit.policy.kernel import evaluate
from netkit.policy.rules import Rule
from netkit.policy.table import read_columns


def per_rule_on_history(
    policy: Policy, facts: pd.DataFrame, actions: pd.Series, kind: Kind
) -> pd.DataFrame:
    """Return how each rule fares on requests whose answers are known.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : DataFrame, n rows
        `request` and the facts as they were known when the answer was due.
    actions : Series, length n
        What was done, in the same order; missing where it is not known.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.

    Returns
    -------
    DataFrame, one row per rule in order
        `rule`, `action`, `clause`, and as shares of all requests `coverage` (the rule holds),
        `overlap` (it holds and so does another that has conditions), `conflict` (likewise with
        another action), `open` (it cannot be told); then `decides` (requests it decides, a count), `compared`
        (of these, how many have a known answer), `agreement` (share of the compared where it did the
        same as was done; missing where there are none) and `contradicted` (count of the others).

    Raises
    ------
    PolicyError
        The two are not equally long.
    """
    if len(facts) != len(actions):
        raise PolicyError(
            f"saw {len(facts)} requests and {len(actions)} answers",
            accepted="one answer per request, missing where not known",
            do="align the two",
        )
    decided = policy.judge(facts, kind)["rule"].to_numpy()
    done = actions.astype("object").to_numpy()
    return coverage_on_history(policy, facts, kind).join(
        _agreement(decided, done, policy.rules[kind])
    )


def coverage_on_history(policy: Policy, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Return where each rule holds on requests, alone and beside others; whatever was done.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : DataFrame, n rows
        `request` and the facts as they were known when the answer was due.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.

    Returns
    -------
    DataFrame, one row per rule in order
        `rule`, `action`, `clause`, `coverage`, `overlap`, `conflict` and `open`, as in
        `per_rule_on_history`.
    """
    rules = policy.rules[kind]
    decider = policy.decider(kind)
    _, columns = read_columns(facts, list(decider.grid.fields))
    masks = evaluate(decider, columns, len(facts))
    fires = masks.matrix(masks.fires)
    waits = masks.matrix(masks.may) & ~fires
    names = np.array([rule.action for rule in rules])
    special = np.array([bool(rule.when) for rule in rules])
    return pd.DataFrame(
        {
            "rule": [rule.id for rule in rules],
            "action": names,
            "clause": [", ".join(rule.clauses) for rule in rules],
            "coverage": _share(fires),
            "overlap": _share(fires & (_others(fires, special) > 0)),
            "conflict": _share(fires & (_others(fires, special, names) > 0)),
            "open": _share(waits),
        }
    )


def _share(held: np.ndarray) -> np.ndarray:
    """Return the share of requests, per rule; not a number where there is no request."""
    return held.mean(axis=1) if held.shape[1] else np.full(len(held), np.nan)


def _others(fires: np.ndarray, special: np.ndarray, names: np.ndarray | None = None) -> np.ndarray:
    """Count, per rule and request, the other rules that hold; with names only those that differ.

    A rule that always holds overlaps with every other by design and is not counted.
    """
    held = fires & special[:, None]
    total = held.sum(axis=0)
    if names is None:
        mine = held.astype(np.int64)
    else:
        mine = np.stack([held[names == name].sum(axis=0) for name in names])
    counts: np.ndarray = total - mine
    return counts


def _agreement(decided: np.ndarray, done: np.ndarray, rules: Sequence[Rule]) -> pd.DataFrame:
    rows = []
    for rule in rules:
        mine = decided == rule.id
        known = mine & ~pd.isna(done)
        same = int((known & (done == rule.action)).sum())
        compared = int(known.sum())
        share = same / compared if compared else np.nan
        rows.append((int(mine.sum()), compared, share, compared - same))
    return pd.DataFrame(rows, columns=["decides", "compared", "agreement", "contradicted"])
