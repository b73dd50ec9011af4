"""The judges that are compared: each learns from what was known before, then answers what came later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from netkit.costs import Costs
from netkit.evaluation.estimate import Floats
from netkit.evaluation.rolling import Places
from netkit.facts import Vocabulary
from netkit.history.labels import MEANING
from netkit.model import FactEncoder, aligned
from netkit.model.averaging import average_priors
from netkit.model.patterns import Patterns

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin


def action_meaning(table: pd.DataFrame) -> pd.Series:
    """Return what a judgement table says to each request: 1 yes, -1 no, 0 not yet.

    Examples
    --------
    >>> table = pd.DataFrame({"request": ["a", "b", "c"], "action": ["accept", None, "ignore"]})
    >>> action_meaning(table).to_dict()
    {'a': 1, 'b': 0, 'c': -1}
    """
    said = table["action"].map(MEANING).fillna(0).astype("int64")
    return said.set_axis(table["request"].astype("str"))


@dataclass(frozen=True)
class Past:
    """What was known before an origin."""

    facts: pd.DataFrame
    labels: Floats
    weights: Floats

    @property
    def rate(self) -> float:
        """The share accepted, with half a request of each kind added so that it is never 0 or 1."""
        return float((self.weights @ self.labels + 0.5) / (self.weights.sum() + 1))

    @property
    def has_both(self) -> bool:
        """Whether both labels occur."""
        known = self.labels[self.weights > 0]
        return bool(len(known) and 0 < known.sum() < len(known))


@dataclass(frozen=True)
class Answers:
    """What a judge answered to n requests."""

    action: NDArray[np.int8]  # 1 accept, 0 ask or left open, -1 refuse
    probability: Floats  # of accepting; NaN for a judge that states none
    score: Floats  # what the judge ranks by
    # From the places of some of the requests to each one's contributions in log-odds by fact.
    explain: Callable[[Places], list[dict[str, float]]] | None = field(
        default=None, repr=False, compare=False
    )


class Judge(Protocol):
    """Anything that answers later requests after seeing the past."""

    @property
    def name(self) -> str:
        """What the judge is called in tables."""

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Learn from the past, where the judge learns at all, and answer the later requests."""


@dataclass(frozen=True)
class Design:
    """The facts of a history as zeros and ones.

    `FactEncoder` reads and checks a frame anew for each fit; here it is read once, and each fit
    takes the rows and columns that its past shows. The columns of a fit are the encoder's.
    """

    levels: pd.DataFrame
    requests: pd.Index
    columns: list[tuple[str, str]]
    ones: Floats

    @classmethod
    def of(cls, facts: pd.DataFrame, vocabulary: Vocabulary) -> "Design":
        """Read a facts frame once.

        Examples
        --------
        >>> from netkit.facts import vocabulary
        >>> facts = pd.DataFrame({"request": ["a", "b", "c"], "recognised": ["yes", None, None]})
        >>> design = Design.of(facts, vocabulary("invitation"))
        >>> [design.columns[place] for place in design.kept(np.array([0, 1, 2]))]
        [('recognised', 'yes')]
        """
        encoder = FactEncoder(vocabulary)
        levels = encoder.levels(facts)
        encoder.fit_levels(levels)
        columns = [(fact, level) for fact, counts in encoder.counts.items() for level in counts]
        ones = [levels[fact].to_numpy() == level for fact, level in columns]
        matrix = np.column_stack(ones) if ones else np.zeros((len(facts), 0))
        requests = pd.Index(facts["request"].astype("str"))
        return cls(levels, requests, columns, matrix.astype(np.float64))

    def rows(self, facts: pd.DataFrame) -> Places:
        """Return the places of some requests."""
        return self.requests.get_indexer(pd.Index(facts["request"].astype("str")))

    def kept(self, rows: Places) -> Places:
        """Return the columns of a fit on some rows: all levels they show but each fact's commonest."""
        count = self.ones[rows].sum(axis=0)
        commonest: dict[str, int] = {}
        for place, (fact, _) in enumerate(self.columns):
            if fact not in commonest or count[place] > count[commonest[fact]]:
                commonest[fact] = place
        kept = (count > 0) & ~np.isin(np.arange(len(count)), list(commonest.values()))
        return np.flatnonzero(kept)

    def matrix(self, rows: Places, kept: Places) -> Floats:
        """Return the columns of a fit; one of zeros where there are none, as estimators want one."""
        return self.ones[np.ix_(rows, kept)] if len(kept) else np.zeros((len(rows), 1))

    def parts(self, rows: Places, kept: Places, coef: Floats) -> list[dict[str, float]]:
        """Return what each fact adds to the log-odds of some requests."""
        facts = [self.columns[place][0] for place in kept]
        told: list[dict[str, float]] = [dict.fromkeys(facts, 0.0) for _ in rows]
        for parts, row in zip(told, self.ones[np.ix_(rows, kept)] * coef, strict=True):
            for fact, part in zip(facts, row.tolist(), strict=True):
                parts[fact] += part
        return told


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
    odds = _learned(nothing, past, before, tau=1.0).odds(np.zeros((len(after), 1)), after)
    return _decided(special.expit(odds), costs)


@dataclass(frozen=True)
class _Line:
    """What a history taught: the intercept, the trust in a score, and a coefficient a column."""

    coef: Floats

    def odds(self, design: Floats, score: Floats | None) -> Floats:
        odds: Floats = self.coef[0] + design @ self.coef[2:]
        return odds if score is None else odds + self.coef[1] * score


def _learned(design: Floats, past: Past, score: Floats | None, tau: float | None = None) -> _Line:
    """Fit the model's numbers on the past, without the checks that a stranger's data need."""
    kept = past.weights > 0
    score = None if score is None else score[kept]
    patterns = Patterns.from_rows(design[kept], past.labels[kept], past.weights[kept], score)
    return _Line(average_priors(patterns, tau).coef)


@dataclass(frozen=True)
class _UnitWeights:
    """Unit-weighted score: +1, 0 or -1 for each level of a fact, added up and recalibrated.

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
        start, then = (None, None) if self._start is None else (self._start[before], self._start[after])
        line = _learned(self.design.matrix(before, kept), past, start)
        odds = line.odds(self.design.matrix(after, kept), then)
        answers = _decided(special.expit(odds), self.costs)
        coef = line.coef[2:][: len(kept)]
        return replace(answers, score=odds, explain=lambda some: self.design.parts(after[some], kept, coef))

    @cached_property
    def _start(self) -> Floats | None:
        """The rules' answers, a row of the design each: read once for all fits."""
        return _start(self.rules_score, pd.DataFrame({"request": self.design.requests}))

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
        before, after = _start(self.start, past.facts), _start(self.start, later)
        odds = _learned((X - middle) / spread, past, before, self.tau).odds((Z - middle) / spread, after)
        return _decided(special.expit(odds), self.costs)


@dataclass(frozen=True)
class Challenger:
    """A scikit-learn classifier on the columns that the model sees, cloned and fitted with weights."""

    name: str
    estimator: "ClassifierMixin"
    design: Design
    costs: Costs

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Fit on the past and answer the later requests.

        A tree's leaf of one kind says 0 or 1; but n requests show no chance nearer to certain
        than 1 in n + 2, so that is where probabilities end.
        """
        if not past.has_both:
            return BaseRate(self.costs).answer(past, later)
        before, after = self.design.rows(past.facts), self.design.rows(later)
        kept = self.design.kept(before)
        from sklearn.base import clone

        fitted: Any = clone(self.estimator)
        fitted.fit(self.design.matrix(before, kept), past.labels, sample_weight=past.weights)
        said = fitted.predict_proba(self.design.matrix(after, kept))[:, 1]
        least = 1 / (float(past.weights.sum()) + 2)
        return _decided(np.clip(said, least, 1 - least), self.costs)


def _start(score: pd.Series | None, facts: pd.DataFrame) -> Floats | None:
    return None if score is None else aligned(score, facts)


def _decided(probability: Floats, costs: Costs) -> Answers:
    return Answers(costs.decide(probability), probability, probability)


def default_judges(
    design: Design, meaning: pd.Series | None, costs: Costs, *, others: Mapping[str, pd.Series]
) -> list[Judge]:
    """Return the judges of a comparison, the one in office first; no meaning leaves the rules out."""
    judges: list[Judge] = [] if meaning is None else [Rules(meaning), Recalibrated(meaning, costs)]
    judges += [Model(design, costs, meaning), _UnitWeights(design, costs)]
    judges += [Rules(said, name) for name, said in others.items()]
    return [*judges, BaseRate(costs), Always("accept_all", 1), Always("accept_none", -1)]
