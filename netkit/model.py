"""The model as a judge: fitted on the history, it answers requests in the judges' one table."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from netkit.costs import Costs
from netkit.encoding import Column, FactEncoder
from netkit.errors import ModelError
from netkit.facts import UNKNOWN, Kind, Vocabulary
from netkit.logistic import LogisticModel

Floats = NDArray[np.float64]

__all__ = ["ACTIONS", "FactEncoder", "FittedModel", "InvitationModel", "LogisticModel", "fit_model"]

# What accepting, asking and declining are called for each kind of request.
ACTIONS: dict[Kind, tuple[str, str, str]] = {
    "invitation": ("decline", "ask", "accept"),
    "introduction": ("decline", "ask_requester", "introduce"),
    "asking": ("do_not_send", "improve", "send"),
}
_BASE = "(the usual)"
_RULES = "(the rules)"


@dataclass(frozen=True)
class FittedModel:
    """A fitted model of one kind of request, with what it needs to judge and to explain.

    Attributes
    ----------
    encoder : FactEncoder
        The facts' levels as the history showed them.
    intercept, slope : float
        The log-odds of the usual request, and what a unit of the rules' score adds.
    coef : ndarray, shape (p,)
        What each column of the encoder adds, in log-odds.
    covariance : ndarray, shape (p + 2, p + 2)
        The covariance of intercept, slope and coefficients.
    costs : Costs
        What errors and questions cost.
    tau : float
        The prior's standard deviation on the coefficients, as the history chose it.
    labels, accepted : float
        How many labels there were, and how many of them were accepted (weighted).
    notes : tuple of str
        What the reader should know about the fit.
    """

    encoder: FactEncoder
    intercept: float
    slope: float
    coef: Floats
    covariance: Floats
    costs: Costs
    tau: float
    labels: float
    accepted: float
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of request that the model judges."""
        return self.encoder.vocabulary.kind

    def judge(self, facts: pd.DataFrame, rules_score: pd.Series | None = None) -> pd.DataFrame:
        """Answer requests.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame with `request`.
        rules_score : Series, length n, optional
            The rules' score of each request: 1 accept, -1 decline, 0 open; by its index the
            request, or in the order of the rows. Zero throughout by default.

        Returns
        -------
        DataFrame, n rows
            The judges' table: request, action, probability, reason, rule, clause, settled,
            next_fact, contributions, possible. A model always names an action, from what is
            known; `settled` says whether facts still to be found out could change it, and
            `possible` which actions they could lead to.

        Raises
        ------
        ModelError
            The scores do not belong to the requests.
        """
        score = aligned(rules_score, facts)
        levels = self.encoder.levels(facts)
        rows = [
            self._judge_one(str(request), dict(zip(levels.columns, row, strict=True)), one)
            for request, row, one in zip(
                facts["request"], levels.itertuples(index=False), score, strict=True
            )
        ]
        table = pd.DataFrame(rows, columns=_COLUMNS, index=facts.index)
        return table.astype({"request": "str", "action": "str", "reason": "str", "next_fact": "str",
                             "rule": "str", "clause": "str", "settled": bool})  # fmt: skip

    def contribution(self, fact: str, level: str) -> float:
        """Return what a level of a fact adds to the log-odds.

        Parameters
        ----------
        fact : str
            The fact.
        level : str
            The level, band or `unknown`.

        Returns
        -------
        float
            Log-odds; zero for the commonest level and for one never seen.
        """
        return self._table.get(Column(fact, level), 0.0)

    @property
    def _table(self) -> dict[Column, float]:
        return dict(zip(self.encoder.columns, self.coef.tolist(), strict=True))

    def _judge_one(self, request: str, levels: dict[str, str], score: float) -> dict[str, Any]:
        parts = {_BASE: self.intercept, _RULES: self.slope * score}
        parts |= {fact: self.contribution(fact, level) for fact, level in levels.items()}
        odds = float(sum(parts.values()))
        moves = {fact: self._moves(fact) for fact, level in levels.items() if level == UNKNOWN}
        trust = abs(self.slope) if score == 0 else 0.0
        low = odds - trust + sum(move[0] for move in moves.values())
        high = odds + trust + sum(move[1] for move in moves.values())
        actions = ACTIONS[self.kind]
        answers = self.costs.decide(expit(np.array([odds, low, high])))
        possible = tuple(actions[a + 1] for a in range(answers[1], answers[2] + 1))
        settled = len(possible) == 1
        return {
            "request": request,
            "action": actions[answers[0] + 1],
            "probability": float(expit(odds)),
            "reason": _reason(float(expit(odds)), parts, levels),
            "rule": "",
            "clause": "",
            "settled": settled,
            "next_fact": None if settled else self._next(odds, moves),
            "contributions": parts,
            "possible": possible,
        }

    def _moves(self, fact: str) -> tuple[float, float]:
        """Return how far an answer could move the log-odds from `unknown`, down and up."""
        now = self.contribution(fact, UNKNOWN)
        other = [self.contribution(fact, level) - now for level in self.encoder.counts[fact]]
        return min(0.0, *other), max(0.0, *other)

    def _next(self, odds: float, moves: Mapping[str, tuple[float, float]]) -> str | None:
        facts = self.encoder.vocabulary
        here = self.costs.decide(expit(np.array([odds])))[0]

        def worth(fact: str) -> tuple[bool, int, float]:
            ends = self.costs.decide(expit(odds + np.array(moves[fact])))
            flips = bool((ends != here).any())
            return not flips, facts[fact].effort if flips else 0, moves[fact][0] - moves[fact][1]

        moving = [fact for fact in moves if moves[fact] != (0.0, 0.0)]
        return min(moving, key=worth, default=None)

    def to_json(self) -> str:
        """Return the model as readable JSON.

        Returns
        -------
        str
            Everything that `from_json` needs.
        """
        stored = {
            "about": f"netkit model for {self.kind} requests",
            "intercept": self.intercept,
            "slope": self.slope,
            "coef": {str(column): value for column, value in self._table.items()},
            "tau": self.tau,
            "labels": self.labels,
            "accepted": self.accepted,
            "costs": asdict(self.costs),
            "notes": list(self.notes),
            "encoder": self.encoder.as_dict(),
            "covariance": self.covariance.tolist(),
        }
        return json.dumps(stored, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "FittedModel":
        """Return the model that `to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON.

        Returns
        -------
        FittedModel
            The same model.

        Raises
        ------
        ModelError
            The text is not such a model.
        """
        try:
            stored = json.loads(text)
            encoder = FactEncoder.from_dict(stored["encoder"])
            return cls(
                encoder,
                stored["intercept"],
                stored["slope"],
                np.array([stored["coef"][str(column)] for column in encoder.columns]),
                np.array(stored["covariance"]),
                Costs(**stored["costs"]),
                stored["tau"],
                stored["labels"],
                stored["accepted"],
                tuple(stored["notes"]),
            )
        except (ValueError, KeyError, TypeError) as problem:
            raise ModelError(
                f"the text is not a stored model ({problem})",
                accepted="the JSON that `netkit fit --json` or `to_json` wrote",
                do="fit the model again",
            ) from problem


_COLUMNS = ["request", "action", "probability", "reason", "rule", "clause", "settled", "next_fact",
            "contributions", "possible"]  # fmt: skip
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
        The prior's strength; chosen from the history by default.

    Returns
    -------
    FittedModel
        The model.

    Raises
    ------
    ModelError
        There is no label, or only one kind of them.
    """
    label = aligned(labels, facts)
    known = ~np.isnan(label)
    weight = np.ones(len(facts)) if weights is None else aligned(weights, facts)
    known &= weight > 0
    _require_both(label[known])
    score = aligned(rules_score, facts)
    encoder = FactEncoder(vocabulary)
    design = encoder.fit_transform(facts.loc[known])
    if not design.shape[1]:
        design = np.zeros((len(design), 1))
    model = LogisticModel(tau).fit(
        design,
        label[known].astype(int),
        weight[known],
        None if rules_score is None else score[known],
    )
    p = len(encoder.columns)
    return FittedModel(
        encoder,
        float(model.intercept_[0]),
        model.slope_,
        model.coef_[0][:p],
        model.covariance_[: p + 2, : p + 2],
        Costs.of(costs),
        model.tau_,
        float(weight[known].sum()),
        float((weight * np.nan_to_num(label))[known].sum()),
        tuple(model.notes_),
    )


def _require_both(label: Floats) -> None:
    accepted = int((label == 1).sum())
    if 0 < accepted < len(label):
        return
    raise ModelError(
        f"the history has {accepted} accepted and {len(label) - accepted} refused requests",
        accepted="at least one of each, and better thirty",
        do="record some decisions with `netkit decide`; until then the rules answer",
    )


def aligned(values: pd.Series | None, facts: pd.DataFrame) -> Floats:
    """Return values in the order of the requests.

    Parameters
    ----------
    values : Series or None
        One value a request, by its index or in order; None stands for zeros.
    facts : DataFrame, n rows
        A facts frame with `request`.

    Returns
    -------
    ndarray, shape (n,)
        The values as floats, missing as NaN.

    Raises
    ------
    ModelError
        The values belong to other requests.
    """
    if values is None:
        return np.zeros(len(facts))
    requests = facts["request"].astype("str")
    index = values.index.astype("str")
    if index.is_unique and requests.isin(index).all():
        values = values.set_axis(index).reindex(requests)
    elif len(values) != len(facts):
        raise ModelError(
            f"saw {len(values)} values for {len(facts)} requests",
            accepted="one value a request",
            do="give a Series with the request as its index",
        )
    found = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(found, dtype=np.float64)


def _reason(chance: float, parts: Mapping[str, float], levels: Mapping[str, str]) -> str:
    named = sorted(
        (part for part in parts if part != _BASE and abs(parts[part]) >= 0.05),
        key=lambda part: -abs(parts[part]),
    )
    spoken = [
        f"{_spoken(part, levels)} ({parts[part]:+.1f})".replace("-", "−") for part in named[:3]
    ]
    because = "; ".join(spoken) if spoken else "nothing sets it apart from the usual request"
    return f"you would accept about {round(100 * chance)} of 100 like it: {because}"


def _spoken(part: str, levels: Mapping[str, str]) -> str:
    if part == _RULES:
        return "what the rules say"
    return f"{part.replace('_', ' ')}: {levels[part].replace('_', ' ')}"
