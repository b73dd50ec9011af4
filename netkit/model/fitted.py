"""A fitted model of one kind of request: it judges, explains, and is written down in readable JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.model.counted import Counted
from netkit.model.data_gate import DataGate, OneSided, check_data
from netkit.model.effects import effects_table
from netkit.model.encoding import FactEncoder
from netkit.model.explanation import Explanation, explain
from netkit.model.judging import Judging, aligned
from netkit.model.points import Point, PointsCard, points_card, unit_tally
from netkit.model.scoring import Scoring

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedModel(Scoring):
    """A fitted model of one kind of request, with what it needs to judge and to explain.

    The log-odds of a request are `intercept + slope * rules' score + the coefficients of its
    facts' levels`; what a `Scoring` has, it has too.

    Attributes
    ----------
    costs : Costs
        What errors and questions cost.
    prior : list of dict
        The priors that were averaged: centre (the rules' `answers`, what they amount to by
        `facts`, or `none`), sd (tau), belief before and share after the labels.
    counted : Counted, optional
        The history that it was fitted on; a model read from JSON has none.
    stored : dict
        What such a model knows instead: effects, data, points, tally.
    """

    costs: Costs = field(default_factory=Costs)
    prior: list[dict[str, Any]] = field(default_factory=list)
    counted: Counted | None = field(default=None, repr=False)
    stored: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def tau(self) -> float:
        """The prior's standard deviation on the coefficients, averaged as the history chose."""
        return float(sum(one["share"] * one["tau"] for one in self.prior))

    @property
    def trust(self) -> float:
        """The share of the evidence that speaks for beginning at the rules, 0 to 1."""
        return float(sum(one["share"] for one in self.prior if one["centre"] != "none"))

    @property
    def labels(self) -> float:
        """The weight of all labels."""
        return self.data.weight

    @property
    def accepted(self) -> float:
        """The weight of the labels that say accepted."""
        return self.data.accepted

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know about the fit."""
        return self.data.notes()

    @cached_property
    def data(self) -> DataGate:
        """What the history can carry."""
        if self.counted is None:
            return _data_from(self.stored["data"])
        return check_data(self.counted, self.encoder, self.encoder.design(self.counted.levels))

    def judge(
        self,
        facts: pd.DataFrame,
        rules_score: pd.Series | None = None,
        *,
        rules_open: pd.Series | None = None,
    ) -> pd.DataFrame:
        """Answer requests.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame with `request`.
        rules_score : Series, length n, optional
            The rules' score of each request: 1 accept, -1 decline, 0 open; by its index the
            request, or in the order of the rows. Zero throughout by default.
        rules_open : Series of bool, length n, optional
            Where the rules' own answer may still become another; by default where the score is
            zero, and nowhere if no score is given.

        Returns
        -------
        DataFrame, n rows
            The judges' table: request, action, probability with its 95 % interval `low` and
            `high`, reason, rule, clause, settled, next_fact, contributions, possible. A model
            always names an action, the cheapest from what is known; `settled` says whether no
            answer to the unknown facts could change it, and `possible` which actions they could
            lead to.

        Raises
        ------
        ModelError
            The scores do not belong to the requests.
        """
        score = aligned(rules_score, facts)
        open_rules = (score == 0) & (rules_score is not None)
        if rules_open is not None:
            open_rules = aligned(rules_open, facts) > 0
        judging = Judging(self, self.costs)
        return judging.table(facts["request"], self.encoder.levels(facts), score, open_rules)

    def explain(
        self, facts: pd.DataFrame, rules_score: pd.Series | None = None
    ) -> list[Explanation]:
        """Explain the answers to some requests.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame with `request`.
        rules_score : Series, length n, optional
            The rules' score of each request.

        Returns
        -------
        list of Explanation
            One a request: the parts, what would change the answer, how often it was seen.
        """
        levels, score = self.encoder.levels(facts), aligned(rules_score, facts)
        judging = Judging(self, self.costs)
        return [
            explain(
                judging,
                str(request),
                dict(zip(levels.columns, row, strict=True)),
                one,
                self.counted,
            )
            for request, row, one in zip(
                facts["request"], levels.itertuples(index=False), score.tolist(), strict=True
            )
        ]

    def effects(self) -> pd.DataFrame:
        """Return the effect of every level of every fact that varies.

        Returns
        -------
        DataFrame, one row a level
            See `netkit.model.effects.effects_table`: n, prior mean, Firth's estimate with its profile
            interval, posterior, odds ratio, whether the data contradict the rule, and words.
        """
        return self._effects.copy()

    @cached_property
    def _effects(self) -> pd.DataFrame:
        if self.counted is None:
            table = pd.DataFrame(self.stored["effects"])
            return table.astype(dict.fromkeys(("fact", "level", "compared_with", "words"), "str"))
        return effects_table(self, self.counted)

    def points_card(self) -> PointsCard:
        """Return the model as a card of whole points.

        Returns
        -------
        PointsCard
            At most eight facts, at most five points a level.
        """
        return _card_from(self.stored["points"]) if self.counted is None else self._points

    @cached_property
    def _points(self) -> PointsCard:
        assert self.counted is not None
        return points_card(self, self.counted)

    def unit_tally(self) -> PointsCard:
        """Return the humblest card: one point for or against.

        Returns
        -------
        PointsCard
            The card.
        """
        if self.counted is None:
            return _card_from(self.stored["tally"])
        return unit_tally(self, self.counted)

    def as_dict(self) -> dict[str, Any]:
        """Return the model for JSON: coefficients, prior, effects, data, points.

        Returns
        -------
        dict
            Everything that `from_json` needs, and what a reader wants to see.
        """
        return {
            "about": f"netkit model for {self.kind} requests",
            "intercept": self.intercept,
            "slope": self.slope,
            "coef": dict(zip(self._names(), self.coef.tolist(), strict=True)),
            "by_rules": dict(zip(self._names(), self.by_rules.tolist(), strict=True)),
            "prior": self.prior,
            "costs": asdict(self.costs),
            "notes": list(self.notes),
            "data": self.data.as_dict(),
            "effects": _records(self._effects),
            "points": self.points_card().as_dict(),
            "tally": self.unit_tally().as_dict(),
            "encoder": self.encoder.as_dict(),
            "covariance": self.covariance.tolist(),
        }

    def _names(self) -> list[str]:
        return [str(column) for column in self.encoder.columns]

    def to_json(self) -> str:
        """Return the model as readable JSON.

        Returns
        -------
        str
            What `as_dict` returns; no request and no person is in it.
        """
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the model that `to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON.

        Returns
        -------
        FittedModel
            The same model, without its history.

        Raises
        ------
        ModelError
            The text is not such a model.
        """
        try:
            stored = json.loads(text)
            encoder = FactEncoder.from_dict(stored["encoder"])
            names = [str(column) for column in encoder.columns]
            coef, by_rules = (
                np.array([stored[part][name] for name in names], dtype=np.float64)
                for part in ("coef", "by_rules")
            )
            return cls(
                encoder,
                stored["intercept"],
                stored["slope"],
                coef,
                np.array(stored["covariance"]),
                by_rules,
                Costs(**stored["costs"]),
                stored["prior"],
                stored={key: stored[key] for key in ("effects", "data", "points", "tally")},
            )
        except (ValueError, KeyError, TypeError) as problem:
            raise ModelError(
                f"the text is not a stored model ({problem})",
                accepted="the JSON that `to_json` wrote",
                do="fit the model again",
            ) from problem


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows for JSON, missing numbers as null."""
    return [
        {str(key): None if value != value else value for key, value in row.items()}  # noqa: PLR0124 - NaN differs from itself
        for row in table.to_dict(orient="records")
    ]


def _data_from(stored: Mapping[str, Any]) -> DataGate:
    fields: dict[str, Any] = {name: stored[name] for name in DataGate.__dataclass_fields__}
    fields["one_sided"] = tuple(OneSided(**one) for one in fields["one_sided"])
    for name in ("constant", "dependent"):
        fields[name] = tuple(fields[name])
    return DataGate(**fields)


def _card_from(stored: Mapping[str, Any]) -> PointsCard:
    points = tuple(Point(**point) for point in stored["points"])
    return PointsCard(**{**stored, "points": points})
