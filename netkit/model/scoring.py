"""The model as a sum: an intercept, the rules' score, and one number for each level of a fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.facts import UNKNOWN, Kind
from netkit.model.encoding import Column, FactEncoder, level_expression
from netkit.model.wording import BASE, RULES

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scoring:
    """Log-odds as a sum of parts.

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
    by_rules : ndarray, shape (p,)
        How much of each coefficient the rules brought.
    """

    encoder: FactEncoder
    intercept: float
    slope: float
    coef: Floats
    covariance: Floats
    by_rules: Floats

    @property
    def kind(self) -> Kind:
        """The kind of request."""
        return self.encoder.vocabulary.kind

    @cached_property
    def _by_level(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for column, value in self.by_column.items():
            found.setdefault(column.fact, {})[column.level] = value
        return found

    @cached_property
    def _moves(self) -> dict[str, tuple[float, float]]:
        return {fact: self._reach(fact) for fact in self.encoder.vocabulary}

    @cached_property
    def by_column(self) -> dict[Column, float]:
        """What each column adds."""
        return dict(zip(self.encoder.columns, self.coef.tolist(), strict=True))

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
        return self._by_level.get(fact, {}).get(level, 0.0)

    def parts(self, levels: Mapping[str, str], score: float) -> dict[str, float]:
        """Return the log-odds of a request, part by part.

        Parameters
        ----------
        levels : mapping of str to str
            The request's facts as levels.
        score : float
            The rules' score.

        Returns
        -------
        dict of str to float
            `(the usual)`, `(the rules)` and every fact; their sum is the log-odds.
        """
        parts = {BASE: self.intercept, RULES: self.slope * score}
        return parts | {fact: self.contribution(fact, level) for fact, level in levels.items()}

    def moves(self, fact: str) -> tuple[float, float]:
        """Return how far an answer to an unknown fact can move the log-odds, down and up.

        Parameters
        ----------
        fact : str
            A fact that is unknown now.

        Returns
        -------
        tuple of float
            The lowest and the highest move, zero among them: it may stay unknown.
        """
        return self._moves[fact]

    def _reach(self, fact: str) -> tuple[float, float]:
        now = self.contribution(fact, UNKNOWN)
        declared = self.encoder.vocabulary[fact].levels or self.encoder.counts.get(fact, {})
        reached = [self.contribution(fact, level) - now for level in declared]
        return min([0.0, *reached]), max([0.0, *reached])

    def rows(self, levels: pd.DataFrame, score: Floats) -> Floats:
        """Return each request as the row that the coefficients multiply.

        Parameters
        ----------
        levels : DataFrame of str, n rows
            The facts as levels.
        score : ndarray, shape (n,)
            The rules' score.

        Returns
        -------
        ndarray, shape (n, p + 2)
            One, the score, the design.
        """
        return np.column_stack([np.ones(len(score)), score, self.encoder.design(levels)])

    def log_odds(self, levels: pd.DataFrame, score: Floats) -> tuple[Floats, Floats]:
        """Return the log-odds of requests and their standard errors.

        Parameters
        ----------
        levels : DataFrame of str, n rows
            The facts as levels.
        score : ndarray, shape (n,)
            The rules' score.

        Returns
        -------
        odds, error : ndarray, shape (n,)
            The log-odds, and how far they may be off.
        """
        rows = self.rows(levels, score)
        odds = rows @ np.concatenate([[self.intercept, self.slope], self.coef])
        variance = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        return odds, np.sqrt(np.maximum(variance, 0.0))

    def score_frame(self, frame: Any, *, score: str | None = None) -> Any:  # noqa: ANN401 - any data frame
        """Add log-odds and probability where the rows lie, on any engine.

        Parameters
        ----------
        frame : DataFrame of pandas, polars, pyarrow, DuckDB, Spark or another engine
            One column a fact, missing meaning unknown; facts that the frame lacks are unknown.
        score : str, optional
            The column of the rules' score; zero throughout by default.

        Returns
        -------
        DataFrame of the same engine
            The frame with the columns `log_odds` and `probability`.

        Raises
        ------
        ModelError
            The column of the score is missing.
        """
        rows = nw.from_native(frame)
        names = rows.collect_schema().names()
        if score is not None and score not in names:
            raise ModelError(
                f"the frame has no column {score!r}", accepted="a column of scores", do="name it"
            )
        start = nw.lit(self.intercept)
        if score is not None:
            start = start + nw.col(score) * self.slope
        odds = reduce(lambda left, right: left + right, self._expressions(names), start)
        # e^(-|x|) never overflows, however sure the model is.
        small = (nw.lit(0.0) - nw.col("log_odds").abs()).exp()
        sure = nw.when(nw.col("log_odds") >= 0).then(nw.lit(1.0)).otherwise(small)
        return (
            rows.with_columns(odds.alias("log_odds"))
            .with_columns((sure / (small + 1.0)).alias("probability"))
            .to_native()
        )

    def _expressions(self, names: list[str]) -> list[nw.Expr]:
        return [
            self._expression(fact) if fact in names else nw.lit(self.contribution(fact, UNKNOWN))
            for fact in self.encoder.counts
        ]

    def _expression(self, fact: str) -> nw.Expr:
        level, added = level_expression(self.encoder.vocabulary[fact]), nw.lit(0.0)
        for name, value in self._by_level.get(fact, {}).items():
            added = nw.when(level == name).then(nw.lit(value)).otherwise(added)
        return added
