"""Which school you follow in deed: each policy held against what you did, and against the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from netkit.evaluation import wilson
from netkit.facts import Kind
from netkit.history import History, IntroductionHistory
from netkit.judges import MEANING
from netkit.policy import Policy, load_policy, shipped_policies

# What an action comes to, whatever the kind of request: yes, no, or neither for now.
ANSWERS = {1: "yes", 0: "not yet", -1: "no"}
SILENT = "silent"
_CONTRADICTED = 3  # fewer deeds against a rule are chance
_SPEAKS_OF = 0.5  # a school that answers fewer of your cases than this is not what you follow
_SHARE = ["share", "low", "high"]


@dataclass(frozen=True)
class SchoolComparison:
    """Policies held against deeds and against each other; every share with its Wilson interval.

    Attributes
    ----------
    agreement : DataFrame
        Per `kind` and `school`: `deeds` (answers of yours that are known), `open` (the policy could
        not settle), `silent` (the school does not speak of the case), `compared`, `agree`, `share`
        (agree of compared) with `low` and `high`; the closest first.
    matrix : DataFrame
        Per `kind`, `school` and `other`: on how many requests both answer (`n`), and on which `share`
        of them alike, with `low` and `high`; whatever you did.
    partings : DataFrame
        Where a policy and you part: `kind`, `school`, `rule`, `clause`, `says`, `did`, `n`, `example`
        (a request), the most frequent first.
    rules : DataFrame
        Per rule that decided something you answered: `kind`, `school`, `rule`, `clause`, `says`,
        `compared`, `agree`, `contradicted`, `share`, `low`, `high`, and `candidate` (your deeds
        contradict it more often than not, surely and not just once or twice).
    closest : dict of str to tuple of str
        Per kind the school you follow most, and after it those that cannot be told apart from it;
        schools that answer fewer than half of your cases are left out.
    notes : tuple of str
        On which answers this rests, in sentences.
    """

    agreement: pd.DataFrame
    matrix: pd.DataFrame
    partings: pd.DataFrame
    rules: pd.DataFrame
    closest: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON.

        Returns
        -------
        dict
            `agreement`, `matrix` (kind, school, other to n and share), `partings`, `contradicted`
            (the rules with a deed against them), `closest`, `notes`.
        """
        matrix: dict[str, Any] = {}
        for row in _records(self.matrix):
            others = matrix.setdefault(row["kind"], {}).setdefault(row["school"], {})
            others[row["other"]] = {key: row[key] for key in ("n", *_SHARE)}
        against = self.rules[self.rules["contradicted"] > 0]
        return {
            "agreement": _records(self.agreement),
            "matrix": matrix,
            "partings": _records(self.partings),
            "contradicted": _records(against),
            "closest": {kind: list(names) for kind, names in self.closest.items()},
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = []
        for kind, schools in self.agreement.groupby("kind", sort=False):
            lines.append(f"{str(kind).capitalize()}s:")
            lines += [f"  {_agreement_words(row)}" for row in _records(schools)]
            lines += [
                f"  {sentence}" for sentence in _closest_words(self.closest.get(str(kind), ()))
            ]
            against = self.rules[self.rules["candidate"] & self.rules["kind"].eq(kind)]
            lines += [f"  {_contradiction_words(row)}" for row in _records(against)]
        return "\n".join([*lines, *self.notes])


def compare_schools(
    history: History,
    introductions: IntroductionHistory | None = None,
    *,
    policies: Sequence[Policy] | None = None,
) -> SchoolComparison:
    """Hold policies against what you did, and against each other.

    Compared are strong labels only, of the period in which both acceptances and refusals were
    recorded, without those that you decided after seeing an opinion.

    Parameters
    ----------
    history : History
        Your invitations.
    introductions : IntroductionHistory, optional
        Your introductions.
    policies : sequence of Policy, optional
        What to compare; the shipped policies by default.

    Returns
    -------
    SchoolComparison
        Agreement, matrix, partings, and the rules that your deeds contradict.
    """
    chosen = (
        policies if policies is not None else [load_policy(name) for name in shipped_policies()]
    )
    deeds, notes = _invitation_deeds(history)
    parts = [_compare(history.facts, deeds, chosen, "invitation")]
    if introductions is not None and len(introductions.table):
        parts.append(
            _compare(introductions.facts, _deeds(introductions.table), chosen, "introduction")
        )
    return SchoolComparison(
        agreement=_joined(part["agreement"] for part in parts),
        matrix=_joined(part["matrix"] for part in parts),
        partings=_joined(part["partings"] for part in parts),
        rules=_joined(part["rules"] for part in parts),
        closest={part["kind"]: part["closest"] for part in parts if part["closest"]},
        notes=notes,
    )


def _joined(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(list(frames), ignore_index=True)


def _deeds(table: pd.DataFrame) -> pd.Series:
    """Return what was done by request, as an answer; missing where nothing was."""
    return _answers(table["action"]).set_axis(table["request"])


def _answers(actions: pd.Series) -> pd.Series:
    return actions.map(MEANING).map(ANSWERS).astype("str")


def _invitation_deeds(history: History) -> tuple[pd.Series, tuple[str, ...]]:
    table = history.table
    labelled = table["label"].map({1.0: "yes", 0.0: "no"}).where(table["strength"] == "strong")
    waiting = table["action"].map(MEANING).eq(0) & table["label"].isna()
    deeds = labelled.mask(waiting, "not yet").set_axis(table["request"]).astype("str")
    recorded = int(deeds.notna().sum())
    notes = [f"{recorded} of {len(table)} invitations have an answer that is known for sure."]
    if history.period is None:
        notes.append("There is no time in which both answers were recorded: shares say little.")
    else:
        inside = table["sent_at"].between(*history.period).set_axis(table["request"])
        deeds = deeds.where(inside)
        notes.append(
            f"{recorded - int(deeds.notna().sum())} lie outside the time when both answers were recorded."
        )
    seen = table["opinion_seen"].eq(True).set_axis(table["request"]) & deeds.notna()
    notes.append(f"{int(seen.sum())} were given after an opinion had been seen and are left out.")
    return deeds.where(~seen), tuple(notes)


def _compare(
    facts: pd.DataFrame, deeds: pd.Series, policies: Sequence[Policy], kind: Kind
) -> dict[str, Any]:
    speaking = [policy for policy in policies if kind in policy.kinds]
    judged = {policy.name: _judged(policy, facts, kind, deeds) for policy in speaking}
    agreement = pd.DataFrame(
        [_agreement_row(kind, name, table) for name, table in judged.items()],
        columns=["kind", "school", "deeds", "open", "silent", "compared", "agree", *_SHARE],
    ).sort_values("share", ascending=False, kind="stable")
    rules = [row for name, table in judged.items() for row in _rule_rows(kind, name, table)]
    return {
        "kind": kind,
        "agreement": agreement,
        "matrix": _matrix(kind, judged),
        "partings": _partings(kind, judged),
        "rules": pd.DataFrame(rules, columns=_RULE_COLUMNS).sort_values(
            "contradicted", ascending=False, kind="stable"
        ),
        "closest": _closest(agreement, judged),
    }


def _judged(policy: Policy, facts: pd.DataFrame, kind: Kind, deeds: pd.Series) -> pd.DataFrame:
    """Return the judgement table with the policy's answer and yours; missing where there is none."""
    table = policy.judge(facts, kind)
    answer = _answers(table["action"])
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
        rows += [
            [kind, one, other, int(both.sum()), *share],
            [kind, other, one, int(both.sum()), *share],
        ]
    return pd.DataFrame(rows, columns=["kind", "school", "other", "n", *_SHARE])


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


_RULE_COLUMNS = [
    *("kind", "school", "rule", "clause", "says", "compared", "agree", "contradicted"),
    *_SHARE,
    "candidate",
]


def _rule_rows(kind: Kind, name: str, table: pd.DataFrame) -> list[list[object]]:
    rows: list[list[object]] = []
    for (rule, clause, says), mine in _both(table).groupby(
        ["rule", "clause", "action"], sort=False
    ):
        agree, n = int((mine["answer"] == mine["did"]).sum()), len(mine)
        share = _share(agree, n)
        candidate = n - agree >= _CONTRADICTED and share[2] < 0.5
        rows.append([kind, name, rule, clause, says, n, agree, n - agree, *share, candidate])
    return rows


def _closest(agreement: pd.DataFrame, judged: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Return the school that agrees most, then those whose lead or lag behind it may be chance."""
    enough = agreement["compared"] >= agreement["deeds"] * _SPEAKS_OF
    ranked = agreement[enough & agreement["compared"].gt(0)]["school"].tolist()
    if not ranked:
        return ()
    first, *others = ranked
    return (first, *(name for name in others if not _apart(judged[first], judged[name])))


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


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, None for what is not known."""
    return [
        {
            str(key): None if pd.isna(value) else getattr(value, "item", lambda v=value: v)()
            for key, value in row.items()
        }
        for row in frame.to_dict(orient="records")
    ]


def _agreement_words(row: Mapping[str, Any]) -> str:
    if not row["compared"]:
        return f"{row['school']}: no answer of yours to compare"
    share = f"{row['share']:.0%} [{row['low']:.0%}, {row['high']:.0%}] of {row['compared']}"
    return f"{row['school']}: agrees with {share}; open {row['open']}, silent {row['silent']}"


def _closest_words(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    others = f", not to be told apart from {', '.join(names[1:])}" if names[1:] else ""
    return [f"In deed you are closest to {names[0]}{others}."]


def _contradiction_words(row: Mapping[str, Any]) -> str:
    return (
        f"{row['school']}, {row['rule']} ({row['clause']}): your deeds contradict it in"
        f" {row['contradicted']} of {row['compared']}; a candidate to change."
    )
