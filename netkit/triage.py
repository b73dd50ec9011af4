"""The invitations that wait, with what each judge says, why, and what to find out next."""

import pandas as pd

from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import action_meaning
from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.history import History
from netkit.model import FittedModel, fit_model
from netkit.policy import Policy, policy_in_office
from netkit.waiting import judge_waiting

__all__ = ["fit_history", "fitted_or_none", "policy_in_office", "rules_score", "triage"]


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
    weights = pd.Series(past.strong).map({True: 1.0, False: weak_weight})
    return fit_model(
        past.model_facts,
        pd.Series(past.labels),
        declared,
        weights=weights,
        rules_score=rules_score(policy, past.facts),
        costs=costs,
        unknown_as=past.unknown_as,
    )


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
    return _score(policy.judge(facts, "invitation", exact=True))


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
        could change it) and `model_probability` (of accepting, as things are known now).
    """
    table = judge_waiting(history, policy)
    if model is not None:
        said = model.judge(history.facts_of(table["request"]), _score(table)).set_index("request")
        table["model_action"] = table["request"].map(said["action"].where(said["settled"]))
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
