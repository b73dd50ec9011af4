"""Which school you follow in deed: each policy held against what you did, and against the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from netkit.history import History, IntroductionHistory
from netkit.history.labels import MEANING
from netkit.policy import Policy, load_policy, shipped_policies
from netkit.schools.agreement import SHARE, SPEAKS_OF, answers_of, hold_against
from netkit.wording import counted, spoken

_ENOUGH = 20  # with fewer answers, it is said how few they are


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

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from netkit.history import read_history
    >>> from netkit.ledger import open_ledger
    >>> with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
    ...     print(compare_schools(read_history(ledger)).notes[0])
    0 of 0 invitations have an answer that is known for sure.
    """
    chosen = policies if policies is not None else [load_policy(name) for name in shipped_policies()]
    deeds, notes = _invitation_deeds(history)
    parts = [hold_against(history.facts, deeds, chosen, "invitation")]
    if introductions is not None and len(introductions.table):
        done = introductions.table.set_index("request")["action"]
        parts.append(hold_against(introductions.facts, answers_of(done), chosen, "introduction"))
    return SchoolComparison(
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
    waiting = answers_of(table["action"]).eq("not yet") & table["label"].isna()
    deeds = labelled.mask(waiting, "not yet").set_axis(table["request"]).astype("str")
    recorded = int(deeds.notna().sum())
    notes = [f"{recorded} of {len(table)} invitations have an answer that is known for sure."]
    if history.period is None:
        notes.append("There is no time in which both answers were recorded: shares say little.")
    else:
        inside = table["sent_at"].between(*history.period).set_axis(table["request"])
        deeds = deeds.where(inside)
        outside = recorded - int(deeds.notna().sum())
        notes.append(f"{counted(outside, 'lies', 'lie')} outside the time when both answers were recorded.")
    seen = table["opinion_seen"].eq(True).set_axis(table["request"]) & deeds.notna()
    if seen.any():
        given, left = counted(int(seen.sum()), "was", "were"), "is" if seen.sum() == 1 else "are"
        notes.append(f"{given} given after an opinion had been seen and {left} left out.")
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
    share = f"{row['share']:.0%} [{row['low']:.0%}, {row['high']:.0%}] of {row['compared']}"
    return f"{row['school']}: agrees with {share}; open {row['open']}, silent {row['silent']}"


def _closest_words(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not names:
        return []
    by_name = {row["school"]: row for row in rows}
    first = by_name[names[0]]
    others = f", not to be told apart from {', '.join(names[1:])}" if names[1:] else ""
    few = counted(first["compared"], "answer") if first["compared"] < _ENOUGH else ""
    so_far = f", as far as {few} can tell" if few else ""
    said = [f"In deed you are closest to {names[0]}{others}{so_far}."]
    if max(by_name[name]["high"] for name in names) < 0.5:
        said[0] += " You follow none of them: each agrees with fewer than half of your answers."
    for row in rows:
        if row["compared"] and row["share"] > first["share"] and row["school"] not in names:
            said.append(_passed_over(row))
    return said


def _passed_over(row: Mapping[str, Any]) -> str:
    """Say why a school with a higher share is not called the closest."""
    if row["compared"] < row["deeds"] * SPEAKS_OF:
        why = f"answers only {row['compared']} of your {row['deeds']} cases, fewer than half"
    else:
        why = "where another school answers too, that one surely agrees more often"
    return f"{row['school']} has a higher share, but {why}."


def _contradiction_words(row: Mapping[str, Any]) -> str:
    did = "you answered at once" if MEANING[row["says"]] == 0 else "your deeds contradict it"
    return (
        f"{row['school']}, {row['rule']} ({row['clause']}) says {spoken(row['says'])}: {did} in"
        f" {row['contradicted']} of {row['compared']}; a candidate to change."
    )
