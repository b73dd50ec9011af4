"""The model as a judge: learned from a labelled history, beginning at the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.costs import Costs
from netkit.errors import ModelError, NotEnoughError
from netkit.facts import Vocabulary
from netkit.model.candidates import Candidate
from netkit.model.encoding import FactEncoder
from netkit.model.fitted import FittedModel
from netkit.model.judging import aligned
from netkit.model.logistic import LogisticModel
from netkit.model.row_counts import Counted, count_frame, count_rows
from netkit.model.strength import learn
from netkit.model.wording import ACTIONS

Floats = NDArray[np.float64]

__all__ = [
    "ACTIONS",
    "FactEncoder",
    "FittedModel",
    "InvitationModel",
    "LogisticModel",
    "aligned",
    "count_frame",
    "fit_counted",
    "fit_model",
    "fit_with_and_without",
]

InvitationModel = FittedModel


def fit_model(
    facts: pd.DataFrame,
    labels: pd.Series,
    vocabulary: Vocabulary,
    *,
    weights: pd.Series | None = None,
    rules_score: pd.Series | None = None,
    costs: Costs | Mapping[str, float] | None = None,
    tau: float | None = None,
) -> FittedModel:
    """Fit the model on a labelled history.

    Parameters
    ----------
    facts : DataFrame, n rows
        A facts frame with `request`.
    labels : Series, length n
        1 accepted, 0 refused, missing where nothing was decided; by its index the request, or
        in the order of the rows.
    vocabulary : Vocabulary
        The declared facts.
    weights : Series, length n, optional
        How much each label counts: 1 for a strong one by default.
    rules_score : Series, length n, optional
        The rules' score of each request: 1 accept, -1 decline, 0 open.
    costs : Costs or mapping, optional
        What errors and questions cost; see `netkit.costs.default_costs`.
    tau : float, optional
        The prior's standard deviation on the coefficients, `inf` for none; by default several
        are averaged by how well they explain the labels.

    Returns
    -------
    FittedModel
        The model.

    Raises
    ------
    ModelError
        A label, a weight, a score or the strength is no such number, or (NotEnoughError) there is no
        label, or only one kind of them.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> facts = pd.DataFrame({"request": list("abcd"), "recognised": ["yes", "yes", "no", "no"]})
    >>> model = fit_model(facts, pd.Series([1, 1, 1, 0]), vocabulary("invitation"))
    >>> model.judge(facts)["probability"].round(2).tolist()
    [0.79, 0.79, 0.71, 0.71]
    """
    label = aligned(labels, facts)
    weight = np.ones(len(facts)) if weights is None else aligned(weights, facts)
    score = None if rules_score is None else aligned(rules_score, facts)
    _require_numbers(label, weight, score)
    known = ~np.isnan(label) & (weight > 0)
    counted = count_rows(
        FactEncoder(vocabulary).levels(facts.loc[known]),
        label[known],
        weight[known],
        None if score is None else score[known],
    )
    return fit_counted(counted, vocabulary, costs=costs, tau=tau)


def fit_counted(
    counted: Counted,
    vocabulary: Vocabulary,
    *,
    costs: Costs | Mapping[str, float] | None = None,
    tau: float | None = None,
) -> FittedModel:
    """Fit the model on a history that was counted elsewhere.

    Parameters
    ----------
    counted : Counted
        What `count_frame` brought back from the engine that holds the rows.
    vocabulary : Vocabulary
        The declared facts.
    costs, tau
        As for `fit_model`.

    Returns
    -------
    FittedModel
        The model.

    Raises
    ------
    NotEnoughError
        There is no label, or only one kind of them.
    """
    _require_both(counted)
    if tau is not None and not tau > 0:
        raise ModelError(
            f"saw the strength tau = {tau}",
            accepted="a number above zero, inf for no prior",
            do="leave it out, and the history chooses",
        )
    encoder = FactEncoder(vocabulary).fit_levels(counted.levels, counted.rows)
    learned = learn(counted.patterns(encoder.design(counted.levels)), tau)
    return FittedModel(
        encoder,
        float(learned.coef[0]),
        float(learned.coef[1]),
        learned.coef[2:],
        learned.covariance,
        learned.by_rules,
        Costs.of(costs),
        [_told(one) for one in learned.candidates],
        counted,
    )


def _told(one: Candidate) -> dict[str, Any]:
    prior = one.prior
    # JSON knows no infinity: no prior is told as no number.
    tau = prior.tau if np.isfinite(prior.tau) else None
    return {"centre": prior.centre, "tau": tau, "belief": prior.belief, "share": one.share}


@dataclass(frozen=True)
class WithAndWithout:
    """The model fitted on strong labels alone, and once more with the weak ones.

    Attributes
    ----------
    strong, both : FittedModel
        Without and with the weak labels.
    weight : float
        What a weak label counted beside a strong one.
    changes : DataFrame, one row a level of a fact
        `fact`, `level`, `n` and `estimate` of either fit, and `difference` in log-odds.
    """

    strong: FittedModel
    both: FittedModel
    weight: float
    changes: pd.DataFrame


def fit_with_and_without(
    facts: pd.DataFrame,
    labels: pd.Series,
    vocabulary: Vocabulary,
    *,
    strong: pd.Series,
    weight: float,
    **terms: Any,  # noqa: ANN401 - handed on to `fit_model`
) -> WithAndWithout:
    """Fit on the strong labels, and once more with the weak ones at a stated weight.

    Parameters
    ----------
    facts, labels, vocabulary
        As for `fit_model`.
    strong : Series of bool, length n
        Which labels are strong.
    weight : float
        What a weak label counts, between 0 and 1.
    **terms
        `rules_score`, `costs` and `tau`, as for `fit_model`.

    Returns
    -------
    WithAndWithout
        Both fits, side by side.

    Raises
    ------
    ModelError
        The weight is not between 0 and 1, or (NotEnoughError) the strong labels are of one kind only.
    """
    if not 0 < weight <= 1:
        raise ModelError(
            f"saw the weight {weight} for a weak label",
            accepted="above 0, at most 1",
            do="state how much of a strong label a weak one is worth",
        )
    sure = aligned(strong, facts) > 0
    weights = [pd.Series(np.where(sure, 1.0, weak)) for weak in (0.0, weight)]
    alone, both = (fit_model(facts, labels, vocabulary, weights=one, **terms) for one in weights)
    keys = ["fact", "level", "compared_with"]
    table = both.effects()[[*keys, "n", "estimate"]].merge(
        alone.effects()[[*keys, "n", "estimate"]],
        on=keys,
        how="left",
        suffixes=("_with", "_without"),
    )
    table["difference"] = table["estimate_with"] - table["estimate_without"]
    return WithAndWithout(alone, both, weight, table)


def _require_numbers(label: Floats, weight: Floats, score: Floats | None) -> None:
    """Refuse what would be learned from wrongly in silence."""
    known = label[~np.isnan(label)]
    wrong = {
        "label": (known[~np.isin(known, (0, 1))], "1 accepted, 0 refused, missing where undecided"),
        "weight": (
            weight[~((weight >= 0) & np.isfinite(weight))],
            "a number, zero or more, for every label",
        ),
        "score of the rules": (
            np.empty(0) if score is None else score[~np.isfinite(score)],
            "1 accept, -1 decline, 0 open, for every request",
        ),
    }
    for name, (seen, accepted) in wrong.items():
        if len(seen):
            raise ModelError(f"saw the {name} {seen[0]:g}", accepted=accepted, do="correct it")


def _require_both(counted: Counted) -> None:
    accepted = int(counted.rows[counted.ones > 0].sum()) if len(counted.rows) else 0
    if 0 < counted.ones.sum() < counted.total.sum():
        return
    refused = int(counted.rows.sum()) - accepted
    raise NotEnoughError(
        f"the history has {accepted} accepted and {refused} refused requests",
        accepted="at least one of each, and better thirty",
        do="record some decisions with `netkit decide`; until then the rules answer",
    )
