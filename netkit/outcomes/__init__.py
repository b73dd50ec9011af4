"""What came of saying yes, held against judges: what each would have kept, avoided, and learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from netkit.comparison import Comparison, compare
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import action_meaning
from netkit.comparison.verdict import ANSWERS
from netkit.costs import Costs
from netkit.display import show
from netkit.errors import NotEnoughError
from netkit.evaluation import Estimate, wilson
from netkit.history import AcceptanceOutcomes, History
from netkit.history.outcomes import Target
from netkit.history.sample_check import MoreDecisions
from netkit.model import FittedModel, fit_model
from netkit.policy import Policy
from netkit.wording import counted

__all__ = ["PolicyOutcomes", "compare_outcomes", "fit_outcomes", "policies_on_outcomes"]

_COUNTED: tuple[Target, Target] = ("conversation", "pitched")


@dataclass(frozen=True)
class PolicyOutcomes:
    """What policies would have done with what you accepted, and what came of it.

    Attributes
    ----------
    answers : DataFrame
        One row a policy and answer (accept, ask, refuse): `n` acceptances; of each outcome (`conversation`,
        `pitched`) `*_known`, the number `*`, its `*_share` of the known with `*_low` and `*_high`.
    rules : DataFrame
        The same by rule, the most frequent first.
    kept : DataFrame
        One row a policy: `conversations`, of these `kept` (the policy would have accepted), `kept_share`,
        `kept_low`, `kept_high`, `kept_worst`, `kept_best`; `pitches`, of these `avoided` (it would have
        refused or asked first), and the same; `beyond`: what it would have accepted and you did not, of
        which nothing is known; `conversation_worst`, `conversation_best`: the share of conversations
        among all that it would have accepted, were none or all of what is unknown one.
    """

    answers: pd.DataFrame
    rules: pd.DataFrame
    kept: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the policies would have kept and avoided, in words."""
        if self.kept.empty or not (self.kept["conversations"] + self.kept["pitches"]).any():
            return ("No conversation and no pitch is known yet: the policies cannot be told apart by them.",)
        return tuple(_in_words(row) for row in self.kept.to_dict(orient="records"))

    def as_dict(self) -> dict[str, Any]:
        """Return the tables and the words, ready for JSON."""
        tables = {"answers": self.answers, "rules": self.rules, "kept": self.kept}
        told = {name: table.to_dict(orient="records") for name, table in tables.items()}
        return {**told, "sentences": list(self.sentences)}

    def _repr_html_(self) -> str:
        return show("What each policy would have kept and avoided", self.sentences, self.kept)


def _in_words(row: Mapping[Any, Any]) -> str:
    said = f"{str(row['policy']).replace('_', ' ').capitalize()}:"
    if row["conversations"]:
        ends = f"{_percent(row['kept_low'])} to {_percent(row['kept_high'])}"
        said += (
            f" of {counted(row['conversations'], 'conversation')} it would have accepted {row['kept']:,}"
            f" ({_percent(row['kept_share'])}, {ends}; from {_percent(row['kept_worst'])} to"
            f" {_percent(row['kept_best'])} whatever the unknown came to)."
        )
    if row["pitches"]:
        ends = f"{_percent(row['avoided_low'])} to {_percent(row['avoided_high'])}"
        said += (
            f" Of {counted(row['pitches'], 'pitch', 'pitches')} it would have refused, or asked before,"
            f" {row['avoided']:,} ({_percent(row['avoided_share'])}, {ends})."
        )
    if row["beyond"]:
        said += f" It would have accepted {row['beyond']:,} that you did not: nobody knows what came of them."
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def policies_on_outcomes(
    history: History, outcomes: AcceptanceOutcomes, policies: Sequence[Policy]
) -> PolicyOutcomes:
    """Compare policies with what came of your acceptances; this needs no refusals.

    Parameters
    ----------
    history : History
        The labelled history.
    outcomes : AcceptanceOutcomes
        What came of its acceptances.
    policies : sequence of Policy
        The policies.

    Returns
    -------
    PolicyOutcomes
        What each would have accepted, asked about and refused, and what had come of those.
    """
    answers, rules, kept = [], [], []
    accepted = outcomes.table.set_index("request")
    others = history.table.loc[history.table["label"].eq(0.0), "request"]
    for policy in policies:
        declared = policy.vocabularies["invitation"]
        facts = history.facts[["request", *(name for name in declared if name in history.facts)]]
        said = policy.lasting.judge(facts, "invitation", exact=True)
        answer = action_meaning(said).map(ANSWERS)
        rule = said["rule"].fillna("").set_axis(said["request"].astype("str"))
        rows = accepted.assign(answer=answer.reindex(accepted.index), rule=rule.reindex(accepted.index))
        for word in ANSWERS.values():
            answers.append({"policy": policy.name, "answer": word, **_counts(rows[rows["answer"] == word])})
        for key, group in rows.groupby(["rule", "answer"], sort=False):
            which = dict(zip(("rule", "answer"), map(str, key), strict=True))
            rules.append({"policy": policy.name, **which, **_counts(group)})
        beyond = int((answer.reindex(others) == ANSWERS[1]).sum())
        kept.append({"policy": policy.name, **_kept(rows, beyond)})
    columns = ["policy", "rule", *(name for name in pd.DataFrame(answers) if name != "policy")]
    by_rule = pd.DataFrame(rules, columns=columns)
    by_rule = by_rule.sort_values(["policy", "n"], ascending=[True, False], kind="stable", ignore_index=True)
    return PolicyOutcomes(pd.DataFrame(answers), by_rule, pd.DataFrame(kept))


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {"n": len(rows)}
    for flag in _COUNTED:
        known = rows[flag].dropna()
        share = wilson(int(known.sum()), len(known))
        found |= {f"{flag}_known": len(known), flag: int(known.sum()), **_ends(f"{flag}", share)}
    return found


def _ends(name: str, share: Estimate) -> dict[str, float]:
    return {f"{name}_share": share.value, f"{name}_low": share.low, f"{name}_high": share.high}


def _kept(rows: pd.DataFrame, beyond: int) -> dict[str, Any]:
    """Return the conversations that a policy keeps and the pitches that it avoids, with bounds."""
    takes = rows["answer"] == ANSWERS[1]
    found: dict[str, Any] = {}
    for flag, inside, one, many in (
        ("conversation", takes, "kept", "conversations"),
        ("pitched", ~takes, "avoided", "pitches"),
    ):
        yes, unknown = rows[flag].fillna(False).astype("bool"), rows[flag].isna()
        here, all_of = int((yes & inside).sum()), int(yes.sum())
        more, elsewhere = int((unknown & inside).sum()), int((unknown & ~inside).sum())
        found |= {
            many: all_of,
            one: here,
            **_ends(one, wilson(here, all_of)),
            f"{one}_worst": _share(here, all_of + elsewhere),
            f"{one}_best": _share(here + more, all_of + more),
        }
    talks, every = rows.loc[takes, "conversation"], int(takes.sum()) + beyond
    held, unsure = int(talks.eq(True).sum()), int(talks.isna().sum())
    return found | {
        "beyond": beyond,
        "conversation_worst": _share(held, every),
        "conversation_best": _share(held + unsure + beyond, every),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _as_labels(history: History, outcomes: AcceptanceOutcomes, target: Target, *, good: bool) -> History:
    """Return a history whose labels are an outcome, each known when its time was over.

    With `good` the label says whether accepting was right: a conversation came, or no pitch did.
    """
    known = outcomes.table.dropna(subset=[target]).set_index("request")
    table = history.table[history.table["request"].isin(known.index)].reset_index(drop=True)
    found = known.loc[table["request"]].reset_index(drop=True)
    label = found[target].astype("float64")
    label = 1 - label if good and target == "pitched" else label
    if label.nunique() < 2:
        word = {"conversation": "became a conversation", "pitched": "were followed by a pitch"}[target]
        raise NotEnoughError(
            f"There {'is' if len(label) == 1 else 'are'} {counted(len(label), 'acceptance')} with a known"
            f" outcome; {int(found[target].sum())} {word}",
            "Read a later archive with your messages, so that both kinds are there",
        )
    table = table.assign(
        label=label,
        strength="strong",
        state="decided",
        source="typed",
        scored=True,
        decided_at=found["known_at"],
        recorded_at=found["known_at"],
        opinion_seen=False,
    )
    return replace(
        history,
        table=table,
        period=(table["sent_at"].min(), table["sent_at"].max()),
        advice=(),
        more=MoreDecisions(tuple(label.iloc[found["known_at"].argsort(kind="stable")])),
    )


def fit_outcomes(
    history: History, outcomes: AcceptanceOutcomes, policy: Policy, target: Target, costs: Costs | None = None
) -> FittedModel:
    """Fit the model on what came of your acceptances; it begins as the rules, like the other model.

    Parameters
    ----------
    history, outcomes
        As for `policies_on_outcomes`.
    policy : Policy
        The policy that the model begins as.
    target : {'conversation', 'pitched'}
        What the odds are of.
    costs : Costs, optional
        What errors and questions cost.

    Returns
    -------
    FittedModel
        The model. It speaks of requests like those that you accepted.

    Raises
    ------
    NotEnoughError
        The outcome is known of none, or always the same.
    """
    declared = policy.vocabularies["invitation"]
    past = Labelled.of(_as_labels(history, outcomes, target, good=False), declared)
    said = action_meaning(policy.lasting.judge(past.facts, "invitation", exact=True)).reset_index(drop=True)
    return fit_model(
        past.model_facts,
        pd.Series(past.labels),
        declared,
        rules_score=-said if target == "pitched" else said,
        costs=costs,
        target=target,
    )


def compare_outcomes(
    history: History,
    outcomes: AcceptanceOutcomes,
    policies: Sequence[Policy],
    target: Target,
    costs: Costs | None = None,
) -> Comparison:
    """Compare policies and model by what came of your acceptances.

    Accepting is right where a conversation came of it (or, for `pitched`, where no pitch did).

    Parameters
    ----------
    history, outcomes, policies
        As for `policies_on_outcomes`; the first policy is the one in office.
    target : {'conversation', 'pitched'}
        By which outcome.
    costs : Costs, optional
        What errors and questions cost.

    Returns
    -------
    Comparison
        As `netkit.comparison.compare` returns it, with a note on what only the accepted can tell.

    Raises
    ------
    NotEnoughError
        The outcome is known of none, or always the same.
    """
    found = compare(_as_labels(history, outcomes, target, good=True), policies, costs)
    right = "a conversation came of it" if target == "conversation" else "no pitch came of it"
    told = (
        f"Accepting counts as right where {right}. Only what you accepted has an outcome: nothing is said of"
        " the requests that you did not accept."
    )
    return replace(found, notes=(told, *found.notes))
