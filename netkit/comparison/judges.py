"""The judges that are compared: each learns from what was known before, then answers what came later."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from netkit.comparison.answers import Answers, Judge, Past, action_meaning
from netkit.comparison.design import Design
from netkit.costs import Costs
from netkit.model.judging import aligned
from netkit.model.logistic import LogisticModel

Floats = NDArray[np.float64]

__all__ = [
    "Always",
    "Answers",
    "BaseRate",
    "Judge",
    "Model",
    "NumericModel",
    "Past",
    "Recalibrated",
    "Rules",
    "Tally",
    "action_meaning",
    "usual_judges",
]


@dataclass(frozen=True)
class Rules:
    """A policy's own answers, looked up; it learns nothing and states no probability."""

    meaning: pd.Series
    name: str = "rules"

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Return what the policy says to each request."""
        score = aligned(self.meaning, later)
        return Answers(score.astype(np.int8), np.full(len(score), np.nan), score)


@dataclass(frozen=True)
class Always:
    """The same answer to everybody."""

    name: str
    action: int

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Return that answer."""
        same = np.full(len(later), self.action, dtype=np.int8)
        return Answers(same, np.full(len(later), np.nan), same.astype(np.float64))


@dataclass(frozen=True)
class BaseRate:
    """The share accepted so far, stated for everybody."""

    costs: Costs
    name: str = "base_rate"

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Return the past's rate for every request."""
        return _decided(np.full(len(later), past.rate), self.costs)


@dataclass(frozen=True)
class Recalibrated:
    """A score such as the rules' own, turned into probabilities by two numbers."""

    score: pd.Series
    costs: Costs
    name: str = "recalibrated_rules"

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Learn level and slope from the past, and state the later probabilities."""
        before, after = aligned(self.score, past.facts), aligned(self.score, later)
        return _recalibrated(before, after, past, self.costs)


def _recalibrated(before: Floats, after: Floats, past: Past, costs: Costs) -> Answers:
    if not past.has_both:
        return _decided(np.full(len(after), past.rate), costs)
    nothing = np.zeros((len(before), 1))
    model = LogisticModel(tau=1.0).fit(nothing, past.labels, past.weights, start=before)
    return _decided(model.predict_proba(np.zeros((len(after), 1)), start=after)[:, 1], costs)


@dataclass(frozen=True)
class Tally:
    """The humblest learner: one point for or against a level of a fact, added up.

    A level counts for or against where the past's accept rate with it differs from the rate
    without it by more than a standard error; the sum is recalibrated by two numbers.
    """

    design: Design
    costs: Costs
    name: str = "tally"

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Count the points of each later request."""
        before, after = self.design.rows(past.facts), self.design.rows(later)
        kept = self.design.kept(before)
        points = _points(self.design.ones[np.ix_(before, kept)], past)
        seen = self.design.ones[:, kept] @ points
        return _recalibrated(seen[before], seen[after], past, self.costs)


def _points(design: Floats, past: Past) -> Floats:
    """Return +1, -1 or 0 a column, by its log odds ratio beside its standard error."""
    yes, no = past.weights * past.labels, past.weights * (1 - past.labels)
    cells = np.array([yes @ design, no @ design, yes @ (1 - design), no @ (1 - design)]) + 0.5
    ratio = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    sure = np.abs(ratio) > np.sqrt((1 / cells).sum(axis=0))
    return np.asarray(np.where(sure, np.sign(ratio), 0.0))


@dataclass(frozen=True)
class Model:
    """The logistic model that begins as the rules, fitted anew on each past as `fit_model` does."""

    design: Design
    costs: Costs
    rules_score: pd.Series | None = None
    name: str = "model"

    def parameters(self, facts: pd.DataFrame) -> int:
        """Return how many numbers are learned beside level and trust in the rules."""
        return len(self.design.kept(self.design.rows(facts)))

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Fit on the past, strength of the prior included, and answer the later requests."""
        if not past.has_both:
            return self._unlearned(past, later)
        before, after = self.design.rows(past.facts), self.design.rows(later)
        kept = self.design.kept(before)
        score = None if self.rules_score is None else aligned(self.rules_score, past.facts)
        model = LogisticModel().fit(
            self._columns(before, kept), past.labels.astype(int), past.weights, start=score
        )
        start = None if self.rules_score is None else aligned(self.rules_score, later)
        odds = model.decision_function(self._columns(after, kept), start=start)
        answers = _decided(np.asarray(expit(odds), dtype=np.float64), self.costs)
        coef = model.coef_[0][: len(kept)]
        return replace(
            answers,
            score=odds,
            explain=lambda some: self.design.parts(after[some], kept, coef),
        )

    def _columns(self, rows: NDArray[np.intp], kept: NDArray[np.intp]) -> Floats:
        return self.design.ones[np.ix_(rows, kept)] if len(kept) else np.zeros((len(rows), 1))

    def _unlearned(self, past: Past, later: pd.DataFrame) -> Answers:
        """Until both kinds of decision are known the rules answer."""
        if self.rules_score is None:
            return BaseRate(self.costs).answer(past, later)
        said = np.sign(aligned(self.rules_score, later))
        return Answers(said.astype(np.int8), np.full(len(said), past.rate), said)


@dataclass(frozen=True)
class NumericModel:
    """The same model on plain numbers, for tables whose columns are not declared facts.

    Columns are centred and scaled by the past's own mean and spread.
    """

    columns: tuple[str, ...]
    costs: Costs
    start: pd.Series | None = None
    tau: float | None = None
    name: str = "model"

    def parameters(self, facts: pd.DataFrame) -> int:
        """Return how many numbers are learned: one a column that varies."""
        return int((facts[list(self.columns)].nunique() > 1).sum())

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Fit on the past and answer the later requests."""
        if not past.has_both:
            return BaseRate(self.costs).answer(past, later)
        X = past.facts[list(self.columns)].to_numpy(dtype=np.float64)
        Z = later[list(self.columns)].to_numpy(dtype=np.float64)
        middle, spread = X.mean(axis=0), X.std(axis=0)
        spread[spread == 0] = 1.0
        before = None if self.start is None else aligned(self.start, past.facts)
        after = None if self.start is None else aligned(self.start, later)
        model = LogisticModel(self.tau).fit(
            (X - middle) / spread, past.labels, past.weights, start=before
        )
        return _decided(model.predict_proba((Z - middle) / spread, start=after)[:, 1], self.costs)


def _decided(probability: Floats, costs: Costs) -> Answers:
    return Answers(costs.decide(probability), probability, probability)


def usual_judges(
    design: Design,
    meaning: pd.Series | None,
    costs: Costs,
    *,
    others: Mapping[str, pd.Series],
) -> list[Judge]:
    """Return the judges of a comparison, the one in office first.

    Parameters
    ----------
    design : Design
        The facts that the model and the tally see.
    meaning : Series by request, or None
        The rules' answers; None leaves the rules out.
    costs : Costs
        The three costs.
    others : mapping of str to Series by request
        The answers of further policies by name.

    Returns
    -------
    list of Judge
        Rules, recalibrated rules, model, tally, further policies, base rate, accept all and none.
    """
    judges: list[Judge] = [] if meaning is None else [Rules(meaning), Recalibrated(meaning, costs)]
    judges += [Model(design, costs, meaning), Tally(design, costs)]
    judges += [Rules(said, name) for name, said in others.items()]
    return [*judges, BaseRate(costs), Always("accept_all", 1), Always("accept_none", -1)]
