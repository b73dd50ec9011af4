"""Policies held against what was done, and against each other, table by table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from netkit.evaluation import wilson
from netkit.facts import Kind
from netkit.history.labels import MEANING
from netkit.policy import Policy
from netkit.policy.search_space import CompiledRule

# What an action comes to, whatever the kind of request: yes, no, or neither for now.
ANSWERS = {1: "yes", 0: "not yet", -1: "no"}
SILENT = "silent"  # the id of the rule by which a school says that it does not speak of a case
_CONTRADICTED = 3  # fewer deeds against a rule are chance
SPEAKS_OF = 0.5  # a school that answers fewer of your cases than this is not what you follow
SHARE = ["share", "low", "high"]
_COVERAGE = ["coverage", "overlap", "conflict", "open"]
_RULE_COLUMNS = [
    *("kind", "school", "rule", "clause", "says", *_COVERAGE),
    *("decides", "compared", "agree", "contradicted", *SHARE, "candidate"),
]


@dataclass(frozen=True)
class _Deeds:
    """Policies held against the deeds of one kind of request, as in `schools.SchoolComparison`."""

    kind: Kind
    agreement: pd.DataFrame
    matrix: pd.DataFrame
    partings: pd.DataFrame
    rules: pd.DataFrame
    closest: tuple[str, ...]


def answers_of(actions: pd.Series) -> pd.Series:
    """Return what actions come to.

    Examples
    --------
    >>> answers_of(pd.Series(["accept", "ignore", "ask_permission"])).tolist()
    ['yes', 'no', 'not yet']
    """
    return actions.map(MEANING).map(ANSWERS).astype("str")


def hold_against(facts: pd.DataFrame, deeds: pd.Series, policies: Sequence[Policy], kind: Kind) -> _Deeds:
    """Hold policies against deeds."""
    speaking = [policy for policy in policies if kind in policy.kinds]
    judged = {policy.name: _judged(policy, facts, kind, deeds) for policy in speaking}
    agreement = pd.DataFrame(
        [_agreement_row(kind, name, table) for name, table in judged.items()],
        columns=["kind", "school", "deeds", "open", "silent", "compared", "agree", *SHARE],
    ).sort_values("share", ascending=False, kind="stable")
    rules = pd.concat(
        [_rules(kind, policy, facts, judged[policy.name]) for policy in speaking]
        or [pd.DataFrame(columns=_RULE_COLUMNS)]
    )
    return _Deeds(
        kind=kind,
        agreement=agreement,
        matrix=_matrix(kind, judged),
        partings=_partings(kind, judged),
        rules=rules.sort_values("contradicted", ascending=False, kind="stable"),
        closest=_closest(agreement, judged),
    )


def _judged(policy: Policy, facts: pd.DataFrame, kind: Kind, deeds: pd.Series) -> pd.DataFrame:
    """Return the judgement table with the policy's answer and yours; missing where there is none."""
    table = policy.judge(facts, kind, exact=True)
    answer = answers_of(table["action"])
    return table.assign(
        silent=table["rule"] == SILENT,
        answer=answer.where(table["rule"] != SILENT),
        did=deeds.reindex(table["request"]).to_numpy(),
    )


def _both(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["answer"].notna() & table["did"].notna()]


def _share(agree: int, n: int) -> list[float]:
    estimate = wilson(agree, n)
    return [estimate.value, estimate.low, estimate.high]


def _agreement_row(kind: Kind, name: str, table: pd.DataFrame) -> list[object]:
    known = table[table["did"].notna()]
    both = _both(table)
    agree = int((both["answer"] == both["did"]).sum())
    silent = int(known["silent"].sum())
    open_ = len(known) - silent - len(both)
    return [kind, name, len(known), open_, silent, len(both), agree, *_share(agree, len(both))]


def _matrix(kind: Kind, judged: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for one, other in combinations(judged, 2):
        first, second = judged[one]["answer"].to_numpy(), judged[other]["answer"].to_numpy()
        both = ~(pd.isna(first) | pd.isna(second))
        share = _share(int((first[both] == second[both]).sum()), int(both.sum()))
        rows += [[kind, one, other, int(both.sum()), *share], [kind, other, one, int(both.sum()), *share]]
    return pd.DataFrame(rows, columns=["kind", "school", "other", "n", *SHARE])


def _partings(kind: Kind, judged: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    frames = []
    for name, table in judged.items():
        both = _both(table)
        apart = both[both["answer"] != both["did"]]
        grouped = apart.groupby(["rule", "clause", "action", "did"], sort=False)["request"]
        counted = grouped.agg(n="size", example="first").reset_index()
        frames.append(counted.rename(columns={"action": "says"}).assign(kind=kind, school=name))
    columns = ["kind", "school", "rule", "clause", "says", "did", "n", "example"]
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return found[columns].sort_values("n", ascending=False, kind="stable")


def _rules(kind: Kind, policy: Policy, facts: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return every rule of a policy: where it holds, what it decides, and what deeds say to that."""
    both = _both(table)
    compared, agreeing = both["rule"], both["rule"][both["answer"] == both["did"]]
    rows = _rule_coverage(policy, facts, kind).rename(columns={"action": "says"})
    tallies = {"decides": table["rule"], "compared": compared, "agree": agreeing}
    for column, decided in tallies.items():
        rows[column] = rows["rule"].map(decided.value_counts()).fillna(0).astype(int)
    rows["contradicted"] = rows["compared"] - rows["agree"]
    shares = [_share(*each) for each in zip(rows["agree"], rows["compared"], strict=True)]
    rows[SHARE] = np.array(shares, dtype=float).reshape(-1, len(SHARE))
    often = rows["contradicted"] >= _CONTRADICTED
    rows["candidate"] = often & (rows["high"] < 0.5)
    return rows.assign(kind=kind, school=policy.name)[_RULE_COLUMNS]


def _rule_coverage(policy: Policy, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Return where each rule of a policy holds on requests, alone and beside others; whatever was done.

    One row per rule: `rule`, `action`, `clause`, and as shares of all requests `coverage` (the rule
    holds), `overlap` (so does another that has conditions), `conflict` (another with another action)
    and `open` (it cannot be told).
    """
    rules, decider = policy.rules[kind], policy.decider(kind)
    which, records = decider.grid.distinct_records(facts)
    different = list(records)

    def on_each(what: Callable[[CompiledRule, int], bool]) -> npt.NDArray[np.bool_]:
        told = [[what(rule, record) for record in different] for rule in decider.rules]
        return np.array(told, dtype=np.bool_).reshape(len(rules), len(different))[:, which]

    fires = on_each(lambda rule, record: not record & rule.lacks)
    fails = on_each(lambda rule, record: bool(record & rule.fails))
    actions = np.array([rule.action for rule in rules])
    # A rule that always holds overlaps with every other by design and is not counted.
    special = fires & np.array([bool(rule.when) for rule in rules])[:, None]
    others = special.sum(axis=0) - special
    unlike = np.stack([special[actions != action].sum(axis=0) for action in actions])
    return pd.DataFrame(
        {
            "rule": [rule.id for rule in rules],
            "action": actions,
            "clause": [", ".join(rule.clauses) for rule in rules],
            "coverage": _mean(fires),
            "overlap": _mean(fires & (others > 0)),
            "conflict": _mean(fires & (unlike > 0)),
            "open": _mean(~fires & ~fails),
        }
    )


def _mean(held: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the share of requests, per rule; not a number where there is no request."""
    return held.mean(axis=1) if held.shape[1] else np.full(len(held), np.nan)


def _closest(agreement: pd.DataFrame, judged: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Return the schools that no other surely beats, the highest share first.

    Shares of different requests cannot be ranked: a school that stays open on the hard ones scores
    high on the rest. So two schools are held against each other where both answer.
    """
    enough = agreement["compared"] >= agreement["deeds"] * SPEAKS_OF
    ranked = agreement[enough & agreement["compared"].gt(0)]["school"].tolist()
    unbeaten = tuple(
        name
        for name in ranked
        if not any(_apart(judged[other], judged[name]) for other in ranked if other != name)
    )
    return unbeaten or tuple(ranked)  # each beaten by another: none can be told apart


def _apart(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether one agrees with you surely more often, on the requests that both answer.

    Only the requests on which exactly one of them agrees say anything (McNemar's comparison).
    """
    did = one["did"].to_numpy()
    first, second = one["answer"].to_numpy(), other["answer"].to_numpy()
    both = ~(pd.isna(did) | pd.isna(first) | pd.isna(second))
    right, wrong = first[both] == did[both], second[both] == did[both]
    only_one, only_other = int(np.sum(right & ~wrong)), int(np.sum(wrong & ~right))
    return wilson(only_one, only_one + only_other).low > 0.5
