"""Decides many requests held in memory: settled ones at once, open ones exactly while they are few."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from netkit.policy.decide import Decider, Outcome
from netkit.policy.kernel import Masks, Places, evaluate

# Up to so many different open requests are searched exactly, a good second's work.
EXACT = 5_000


def decide_many(
    decider: Decider, columns: Mapping[str, pa.Array], count: int, *, exact: int = EXACT
) -> tuple[list[Outcome], Places]:
    """Decide n requests.

    Parameters
    ----------
    decider : Decider
        The rules.
    columns : mapping of str to pyarrow array, each of length n
        The facts; missing means unknown.
    count : int
        The number of requests, n.
    exact : int
        Up to how many different open requests are searched exactly. Beyond, a decision also counts
        as open, and an action as possible, where only the exact search could exclude it.

    Returns
    -------
    list of Outcome
        The different outcomes.
    array of int, length n
        Which of them each request has.

    Raises
    ------
    FactError
        A level is not declared.
    """
    masks = evaluate(decider, columns, count)
    outcomes = [Outcome(rule.index, True, (rule.action,)) for rule in decider.rules]
    which = masks.first.copy()
    rows = np.flatnonzero(~masks.settled)
    examples, kinds = masks.kinds(rows)
    if len(examples) <= exact:
        found = [decider.decide_record(masks.record(int(row))) for row in examples]
    else:
        found, kinds = _roughly(masks, rows)
    which[rows] = len(outcomes) + kinds
    return outcomes + found, which


def _roughly(masks: Masks, rows: Places) -> tuple[list[Outcome], Places]:
    """Return open outcomes as rule by rule logic has them, without looking how facts hang together."""
    decider = masks.decider
    waiting = masks.waiting[:, rows]
    first = masks.first[rows]
    actions = list(dict.fromkeys(rule.action for rule in decider.rules))
    key = np.zeros(len(rows), dtype=np.int64)
    for action in actions:
        mine = [rule.action == action for rule in decider.rules]
        possible = (waiting & masks.words(mine)[:, None]).any(axis=0)
        key = key * 2 + (possible | np.array([*mine, False])[first])
    facts = list(decider.unsure)
    nearest = np.full(len(rows), len(facts), dtype=np.int64)
    for place in reversed(range(len(facts))):
        field = facts[place]
        asking = [rule.waits_for(field) for rule in decider.rules]
        waits = (waiting & masks.words(asking)[:, None]).any(axis=0)
        nearest[waits & masks.unknown(field, rows)] = place
    which, keys = pd.factorize(key * (len(facts) + 1) + nearest)
    return [_unpacked(int(each), actions, [f.fact.name for f in facts]) for each in keys], which


def _unpacked(key: int, actions: list[str], facts: list[str]) -> Outcome:
    flags, nearest = divmod(key, len(facts) + 1)
    chosen = f"{flags:0{len(actions)}b}"
    possible = tuple(action for action, flag in zip(actions, chosen, strict=True) if flag == "1")
    return Outcome(None, False, possible, tuple(facts[nearest : nearest + 1]))
