"""The invitations that wait, with what each judge says, why, and what to find out next."""

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np
import pandas as pd

from netkit.comparison import milestone_verdict
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import action_meaning
from netkit.comparison.noting import Noting
from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.history import History
from netkit.history.labels import history_number
from netkit.model import FittedModel, fit_model
from netkit.policy import Policy, policy_in_office
from netkit.row_counts import Floats
from netkit.waiting import judge_waiting
from netkit.wording import first_few

__all__ = [
    "beside_model", "differing", "fit_history", "fitted_or_none", "heard_model", "policy_in_office",
    "rules_score", "telling", "triage",
]  # fmt: skip

_NAMED = 3  # of those whose requests teach most


def fit_history(
    history: History, policy: Policy, *, costs: Costs | None = None, weak_weight: float = 0.0
) -> FittedModel:
    """Fit the model on a history, beginning at the policy's answers.

    Parameters
    ----------
    history : History
        The labelled history.
    policy : Policy
        The policy that the model begins as.
    costs : Costs, optional
        What errors and questions cost.
    weak_weight : float, default 0
        How much a weak label counts beside a strong one.

    Returns
    -------
    FittedModel
        The model.

    Raises
    ------
    ModelError
        The history lacks one of the two answers.
    """
    declared = policy.vocabularies["invitation"]
    past = Labelled.of(history, declared)
    own = past.scored
    weights = np.where(own, 1.0, weak_weight)
    weights[own] = Noting.of(past).learning(np.flatnonzero(own))
    model = fit_model(
        past.model_facts,
        pd.Series(past.labels),
        declared,
        weights=pd.Series(weights),
        rules_score=rules_score(policy, past.facts),
        costs=costs,
        unknown_as=past.unknown_as,
    )
    # Acceptances that the export alone knows came without facts: they tell how often you accept, no more.
    known = past.labels[own if past.certain is None else past.certain]
    return replace(model, intercept=model.intercept + _log_odds(known) - _log_odds(past.labels[own]))


def _log_odds(labels: Floats) -> float:
    """Return the log-odds of a share accepted, half a request of each kind added."""
    return log((labels.sum() + 0.5) / (len(labels) - labels.sum() + 0.5))


def rules_score(policy: Policy, facts: pd.DataFrame) -> pd.Series:
    """Return the policy's answers as the score where the model begins, in the order of the facts.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : DataFrame, n rows
        A facts frame of invitations.

    Returns
    -------
    Series of int, length n
        1 accept, -1 refuse, 0 a question or still open.
    """
    return _score(policy.lasting.judge(facts, "invitation", exact=True))


def _score(judged: pd.DataFrame) -> pd.Series:
    return action_meaning(judged).reset_index(drop=True)


def triage(history: History, policy: Policy, model: FittedModel | None = None) -> pd.DataFrame:
    """Judge the invitations that still wait for an answer.

    Parameters
    ----------
    history : History
        The history; what waits in it is judged, what waits longer than usual among it.
    policy : Policy
        The policy in office, whose answer stands.
    model : FittedModel, optional
        The model, whose answer stands beside it.

    Returns
    -------
    DataFrame, one row per waiting invitation, in the order of `History.waiting`
        As in `netkit.waiting.Waiting`; where there is a model with `model_action` (missing while a fact
        could change it, or its interval holds two answers) and `model_probability` (of accepting, as
        things are known now).
    """
    return beside_model(judge_waiting(history, policy), history, model)


def beside_model(table: pd.DataFrame, history: History, model: FittedModel | None) -> pd.DataFrame:
    """Put what a model says beside what the policy says of the invitations that wait.

    Parameters
    ----------
    table : DataFrame
        As in `netkit.waiting.Waiting`.
    history, model
        As for `triage`.

    Returns
    -------
    DataFrame
        As `triage`.
    """
    if model is not None:
        said = model.judge(history.facts_of(table["request"]), _score(table)).set_index("request")
        ends = said.reindex(columns=["low", "high"])
        speaks = said["settled"] & Costs().one_answer(ends["low"], ends["high"])
        table["model_action"] = table["request"].map(said["action"].where(speaks))
        table["model_probability"] = table["request"].map(said["probability"])
    return table


def fitted_or_none(history: History, policy: Policy, costs: Costs | None = None) -> FittedModel | None:
    """Return the fitted model, or None while the history lacks accepts or refusals.

    Parameters
    ----------
    history, policy, costs
        As for `fit_history`.

    Returns
    -------
    FittedModel or None
        The model.
    """
    try:
        return fit_history(history, policy, costs=costs)
    except ModelError:
        return None


def differing(
    history: History, policy: Policy, requests: Sequence[str], model: FittedModel | None = None
) -> list[str]:
    """Return the keys of some requests, drawn at random, on which rules and model differ.

    Where the two agree no label could make a difference between them. A model of fewer than ten labels
    of either answer differs from the rules by chance.

    Parameters
    ----------
    history, policy
        As for `fit_history`.
    requests : sequence of str
        The keys of some requests.
    model : FittedModel, optional
        Fitted on the history by default, whether it may speak or not.

    Returns
    -------
    list of str
        The keys of those on which the two differ.
    """
    past = Labelled.of(history, policy.vocabularies["invitation"])
    each = np.bincount(past.labels[past.scored].astype("int64"), minlength=2)
    if each.min() < history_number("enough_of_each") or not requests:
        return []
    model = model or fit_history(history, policy)
    facts = history.facts_of(pd.Series(requests, dtype="str"))
    score = rules_score(policy, facts)
    said = action_meaning(model.judge(facts, score)).to_numpy()
    return sorted(request for request, one, two in zip(requests, score, said, strict=True) if one != two)


def telling(names: Sequence[str]) -> str:
    """Say whose requests teach most, because rules and model differ on them; say nothing if there are none.

    Parameters
    ----------
    names : sequence of str
        The senders.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> telling(["Jo Rivera"])
    'Your answer to Jo Rivera teaches most, as your rules and the model differ there: give it first.'
    """
    if not names:
        return ""
    alone = len(names) == 1
    who = f"Your answer{'s' * (not alone)} to {first_few(names, _NAMED)} teach{'es' * alone} most"
    return f"{who}, as your rules and the model differ there: give {'it' if alone else 'them'} first."


def heard_model(
    history: History, policy: Policy, costs: Costs | None = None
) -> tuple[FittedModel | None, str]:
    """Return the model if it may speak, else None and what it lacks.

    Parameters
    ----------
    history, policy, costs
        As for `fit_history`.

    Returns
    -------
    FittedModel or None, str
        The model from the first milestone on, unless the notes cannot carry it or the last verdict is for
        the rules; and the sentence that says what it lacks.
    """
    if not history.more.may_speak:
        return None, history.more.sentence
    verdict = milestone_verdict(history, policy, costs)
    if verdict.withheld:
        return None, " ".join(["The model does not speak.", *verdict.withheld])
    if verdict.crossed is None:
        return (
            None,
            "The model does not speak: too few of your decisions came with facts. Note some with each.",
        )
    if verdict.answer == "rules":
        at = f"The verdict on your first {verdict.decisions:,} decisions is for your rules"
        return None, f"{at}, so the model does not speak. {history.more.sentence}"
    return fitted_or_none(history, policy, costs), history.more.sentence
