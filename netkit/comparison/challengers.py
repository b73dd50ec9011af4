"""Rivals that others wrote: any scikit-learn classifier, fitted anew on each past like the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, clone

from netkit.comparison.answers import Answers, Past
from netkit.comparison.design import Design
from netkit.comparison.judges import BaseRate
from netkit.costs import Costs


@dataclass(frozen=True)
class Challenger:
    """A scikit-learn classifier on the columns that the model sees.

    Attributes
    ----------
    name : str
        What it is called in tables.
    estimator : classifier
        It states probabilities and takes weights; a copy is fitted at each origin.
    design : Design
        The facts as zeros and ones.
    costs : Costs
        The three costs.
    """

    name: str
    estimator: ClassifierMixin
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
        fitted: Any = clone(self.estimator)
        fitted.fit(self._columns(before, kept), past.labels, sample_weight=past.weights)
        said = fitted.predict_proba(self._columns(after, kept))[:, 1]
        least = 1 / (float(past.weights.sum()) + 2)
        probability = np.clip(said, least, 1 - least)
        return Answers(self.costs.decide(probability), probability, probability)

    def _columns(self, rows: NDArray[np.intp], kept: NDArray[np.intp]) -> NDArray[np.float64]:
        return self.design.ones[np.ix_(rows, kept)] if len(kept) else np.zeros((len(rows), 1))
