"""Which school you follow in deed: each policy held against what you did, and against the others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from netkit.evaluation import wilson
from netkit.facts import Kind
from netkit.history import History, IntroductionHistory
from netkit.history.labels import MEANING, NO_PERIOD, after_advice, opinion_shown
from netkit.policy import Policy, load_policy, shipped_policies
from netkit.policy.search_space import CompiledRule
from netkit.wording import counted, spoken

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
    """Policies held against the deeds of one kind of request: a part of `_SchoolComparison`."""

    kind: Kind
    agreement: pd.DataFrame
    matrix: pd.DataFrame
    partings: pd.DataFrame
    rules: pd.DataFrame
    closest: tuple[str, ...]


def _answers_of(actions: pd.Series) -> pd.Series:
    """Return what actions come to.

    Examples
    --------
    >>> _answers_of(pd.Series(["accept", "ignore", "ask_permission"])).tolist()
    ['yes', 'no', 'not yet']
    """
    return actions.map(MEANING).map(ANSWERS).astype("str")


def _hold_against(facts: pd.DataFrame, deeds: pd.Series, policies: Sequence[Policy], kind: Kind) -> _Deeds:
    """Hold policies against deeds."""
    speaking = [policy.lasting for policy in policies if kind in policy.kinds]
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
    answer = _answers_of(table["action"]).where(table["rule"] != SILENT)
    did = deeds.reindex(table["request"]).to_numpy()
    # A rule that allows one of several answers is followed by each of them.
    allowed = {
        rule.id: {ANSWERS[MEANING[policy.means(kind, one)]] for one in (rule.answer, *rule.also)}
        for rule in policy.rules[kind]
    }
    both = zip(did, table["rule"], strict=True)
    agrees = pd.Series([each in allowed.get(rule, ()) for each, rule in both], table.index, dtype="bool")
    return table.assign(silent=table["rule"] == SILENT, answer=answer, did=did, agrees=agrees)


def _both(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["answer"].notna() & table["did"].notna()]


def _share(agree: int, n: int) -> list[float]:
    estimate = wilson(agree, n)
    return [estimate.value, estimate.low, estimate.high]


def _agreement_row(kind: Kind, name: str, table: pd.DataFrame) -> list[object]:
    known = table[table["did"].notna()]
    both = _both(table)
    agree = int(both["agrees"].sum())
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
        apart = both[~both["agrees"]]
        grouped = apart.groupby(["rule", "clause", "action", "did"], sort=False)["request"]
        counted = grouped.agg(n="size", example="first").reset_index()
        frames.append(counted.rename(columns={"action": "says"}).assign(kind=kind, school=name))
    columns = ["kind", "school", "rule", "clause", "says", "did", "n", "example"]
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return found[columns].sort_values("n", ascending=False, kind="stable")


def _rules(kind: Kind, policy: Policy, facts: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return every rule of a policy: where it holds, what it decides, and what deeds say to that."""
    both = _both(table)
    compared, agreeing = both["rule"], both["rule"][both["agrees"]]
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

    def on_each(what: Callable[[Sequence[CompiledRule], int], bool]) -> npt.NDArray[np.bool_]:
        told = [[what(decider.of_rule(place), record) for record in different] for place in range(len(rules))]
        return np.array(told, dtype=np.bool_).reshape(len(rules), len(different))[:, which]

    fires = on_each(lambda cases, record: any(not record & case.lacks for case in cases))
    fails = on_each(lambda cases, record: all(record & case.fails for case in cases))
    answers = np.array([rule.answer for rule in rules])
    # A rule that always holds overlaps with every other by design and is not counted.
    special = fires & np.array([bool(rule.parts) for rule in rules])[:, None]
    others = special.sum(axis=0) - special
    unlike = np.stack([special[answers != answer].sum(axis=0) for answer in answers])
    return pd.DataFrame(
        {
            "rule": [rule.id for rule in rules],
            "action": [rule.action for rule in rules],
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
    right, wrong = one["agrees"].to_numpy()[both], other["agrees"].to_numpy()[both]
    only_one, only_other = int(np.sum(right & ~wrong)), int(np.sum(wrong & ~right))
    return wilson(only_one, only_one + only_other).low > 0.5


_ENOUGH = 20  # with fewer answers, it is said how few they are


@dataclass(frozen=True)
class _SchoolComparison:
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
        Per rule: `kind`, `school`, `rule`, `clause`, `says`; as shares of all requests `coverage` (it
        holds), `overlap` (and so does another that has conditions), `conflict` (another with another
        action), `open` (it cannot be told); how many requests it `decides` and of these `compared`
        with an answer of yours, `agree`, `contradicted`, `share`, `low`, `high`; and `candidate`
        (your deeds contradict it more often than not, surely and not just once or twice).
    closest : dict of str to tuple of str
        Per kind the schools that no other surely beats where both answer, the highest share first;
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
            `agreement`, `matrix` (kind, school, other to n and share), `partings`, `rules`,
            `contradicted` (the rules with a deed against them), `closest`, `notes`.
        """
        matrix: dict[str, Any] = {}
        for row in _records(self.matrix):
            others = matrix.setdefault(row["kind"], {}).setdefault(row["school"], {})
            others[row["other"]] = {key: row[key] for key in ("n", *SHARE)}
        against = self.rules[self.rules["contradicted"] > 0]
        return {
            "agreement": _records(self.agreement),
            "matrix": matrix,
            "partings": _records(self.partings),
            "rules": _records(self.rules),
            "contradicted": _records(against),
            "closest": {kind: list(names) for kind, names in self.closest.items()},
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = []
        for kind, schools in self.agreement.groupby("kind", sort=False):
            lines.append(f"{str(kind).capitalize()}s:")
            lines += [f"  {_agreement_words(row)}" for row in _records(schools)]
            found = _closest_words(self.closest.get(str(kind), ()), _records(schools))
            lines += [f"  {sentence}" for sentence in found]
            against = self.rules[self.rules["candidate"] & self.rules["kind"].eq(kind)]
            lines += [f"  {_contradiction_words(row)}" for row in _records(against)]
        return "\n".join([*lines, *self.notes])


def compare_schools(
    history: History,
    introductions: IntroductionHistory | None = None,
    *,
    policies: Sequence[Policy] | None = None,
) -> _SchoolComparison:
    """Compare policies with what you did, and with each other.

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
    _SchoolComparison
        Agreement, matrix, partings, and the rules that your deeds contradict.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from netkit.history import read_history
    >>> from netkit.ledger import open_ledger
    >>> with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
    ...     print(compare_schools(read_history(ledger)).notes[0])
    Your answer is known for sure to 0 of 0 invitations.
    """
    chosen = policies if policies is not None else [load_policy(name) for name in shipped_policies()]
    deeds, notes = _invitation_deeds(history)
    parts = [_hold_against(history.facts, deeds, chosen, "invitation")]
    if introductions is not None and len(introductions.table):
        done = introductions.table.set_index("request")["action"]
        parts.append(_hold_against(introductions.facts, _answers_of(done), chosen, "introduction"))
    return _SchoolComparison(
        agreement=_joined(part.agreement for part in parts),
        matrix=_joined(part.matrix for part in parts),
        partings=_joined(part.partings for part in parts),
        rules=_joined(part.rules for part in parts),
        closest={part.kind: part.closest for part in parts if part.closest},
        notes=notes,
    )


def _joined(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(list(frames), ignore_index=True)


def _invitation_deeds(history: History) -> tuple[pd.Series, tuple[str, ...]]:
    table = history.table
    labelled = table["label"].map({1.0: "yes", 0.0: "no"}).where(table["strength"] == "strong")
    waiting = _answers_of(table["action"]).eq("not yet") & table["label"].isna()
    deeds = labelled.mask(waiting, "not yet").set_axis(table["request"]).astype("str")
    recorded = int(deeds.notna().sum())
    notes = [f"Your answer is known for sure to {recorded:,} of {counted(len(table), 'invitation')}."]
    if history.period is None:
        notes.append(f"{NO_PERIOD} Shares therefore say little.")
    else:
        inside = table["sent_at"].between(*history.period).set_axis(table["request"])
        deeds = deeds.where(inside)
        outside = recorded - int(deeds.notna().sum())
        notes.append(f"{counted(outside, 'lies', 'lie')} outside the time when both answers were recorded.")
    seen = opinion_shown(table).set_axis(table["request"])
    if seen.any():
        notes.append(
            f"{after_advice(int(seen.sum()))} {'It is' if seen.sum() == 1 else 'They are'} left out."
        )
    return deeds.where(~seen), tuple(notes)


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
    ends = f"{100 * row['low']:.0f} to {100 * row['high']:.0f}"
    share = "too few to say" if row["compared"] < _ENOUGH else f"{100 * row['share']:.0f} %, {ends}"
    said = f"{row['school']}: your answer in {row['agree']} of {row['compared']} ({share})"
    left = [
        f"{row[word]:,} {how}"
        for word, how in (("open", "left open"), ("silent", "not spoken of"))
        if row[word]
    ]
    return f"{said}; {', '.join(left)}" if left else said


def _closest_words(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not names:
        return []
    by_name = {row["school"]: row for row in rows}
    first = by_name[names[0]]
    others = f", which cannot be told apart from {', '.join(names[1:])}" if names[1:] else ""
    few = counted(first["compared"], "answer") if first["compared"] < _ENOUGH else ""
    so_far = f", as far as {few} can tell" if few else ""
    said = [f"What you do is closest to {names[0]}{others}{so_far}."]
    if max(by_name[name]["high"] for name in names) < 0.5:
        said[0] += " You follow none of them: each agrees with fewer than half of your answers."
    for row in rows:
        if row["compared"] and row["share"] > first["share"] and row["school"] not in names:
            said.append(_passed_over(row))
    return said


def _passed_over(row: Mapping[str, Any]) -> str:
    """Say why a school with a higher share is not called the closest."""
    if row["compared"] < row["deeds"] * SPEAKS_OF:
        why = f"answers only {row['compared']} of your {counted(row['deeds'], 'case')}, fewer than half"
    else:
        why = "where another school answers too, that one surely agrees more often"
    return f"{row['school']} has a higher share, but {why}."


def _contradiction_words(row: Mapping[str, Any]) -> str:
    did = "you answered at once" if MEANING[row["says"]] == 0 else "you did otherwise"
    return (
        f"{row['school']}, {row['rule']} ({row['clause']}) says {spoken(row['says'])}: {did} in"
        f" {row['contradicted']} of {row['compared']}. Change the rule or what you do."
    )
