"""What a fitted model says about itself: the prior it chose, its data, its effects, its points."""

from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any

import pandas as pd

from netkit.costs import Costs
from netkit.display import show
from netkit.history.labels import history_number
from netkit.model.card import PointsCard
from netkit.model.data_gate import DataGate, check_data
from netkit.model.effects import effects_table
from netkit.model.points import points_card, unit_tally
from netkit.model.row_counts import Counted
from netkit.model.scoring import Scoring

_EACH = history_number("enough_of_each")


@dataclass(frozen=True, eq=False)
class Described(Scoring):
    """A scoring with what it was learned from, or with what was written down of that.

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
        strengths = (inf if one["tau"] is None else one["tau"] for one in self.prior)
        return float(
            sum(one["share"] * tau for one, tau in zip(self.prior, strengths, strict=True))
        )

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
            return DataGate.from_dict(self.stored["data"])
        return check_data(self.counted, self.encoder, self.encoder.design(self.counted.levels))

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

    def clear_effects(self) -> pd.DataFrame:
        """Return the effects that can be told from none: those whose 95 % interval leaves it out.

        Returns
        -------
        DataFrame, one row a level, the strongest first
            As `effects`.
        """
        table = self.effects()
        clear = table[(table["odds_low"] > 1) | (table["odds_high"] < 1)]
        return clear.sort_values("estimate", key=abs, ascending=False)

    @property
    def carries_points(self) -> bool:
        """Whether a card of points says more than chance.

        There are at least ten labels of either answer, and some effect can be told from none.
        """
        return self.data.events >= _EACH and not self.clear_effects().empty

    def points_card(self) -> PointsCard:
        """Return the model as a card of whole points.

        Returns
        -------
        PointsCard
            At most eight facts, at most five points a level.
        """
        return PointsCard.from_dict(self.stored["points"]) if self.counted is None else self._points

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
            return PointsCard.from_dict(self.stored["tally"])
        return unit_tally(self, self.counted)

    def _repr_html_(self) -> str:
        table = self._effects.copy()
        odds = ["odds_ratio", "odds_low", "odds_high"]
        # Beyond these an odds ratio says no more than that: it is rare, or hardly ever seen.
        table[odds] = table[odds].clip(0.01, 1000)
        columns = ["fact", "level", "compared_with", "n", *odds]
        return show(
            f"Model of {self.kind} requests: {self.labels:g} labels, {self.accepted:g} accepted",
            self.notes,
            "What each level does to the odds (at least 0.01, at most 1,000 times), from the data alone,"
            " with 95 % intervals:",
            table[[*columns, "contradicts"]].rename(
                columns={"contradicts": "differs_from_the_rules"}
            ),
        )
