"""A labelled history counted: each combination of facts once, whichever engine holds the rows."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.facts import UNKNOWN, Fact, Vocabulary
from netkit.model.patterns import Patterns

Floats = NDArray[np.float64]

_SCORE, _ROWS, _ONES, _TOTAL = "_score", "_rows", "_ones", "_total"


@dataclass(frozen=True, eq=False)
class Counted:
    """A history's distinct combinations of facts, with the labels of each.

    Attributes
    ----------
    levels : DataFrame of str, k rows
        One column a fact: its level, band, or `unknown`.
    rows, ones, total : ndarray, shape (k,)
        How many requests, the weight of the accepted ones, and the weight of all.
    score : ndarray, shape (k,), optional
        The rules' score of each combination; combinations of different scores are kept apart.
    """

    levels: pd.DataFrame
    rows: Floats
    ones: Floats
    total: Floats
    score: Floats | None = None

    def patterns(self, design: Floats, *, scored: bool = True) -> Patterns:
        """Return what the fits need, for a design of these combinations.

        Parameters
        ----------
        design : ndarray, shape (k, p)
            The encoded combinations.
        scored : bool, default True
            Whether the rules' score belongs to it.

        Returns
        -------
        Patterns
            The design with the labels' weights.
        """
        start = self.score if scored else None
        return Patterns(design, self.ones, self.total, start, int(self.rows.sum()))


def count_rows(
    levels: pd.DataFrame, label: Floats, weight: Floats, score: Floats | None = None
) -> Counted:
    """Count the combinations of facts in a table held in memory.

    Parameters
    ----------
    levels : DataFrame of str, n rows
        One column a fact, as `FactEncoder.levels` returns it.
    label, weight : ndarray, shape (n,)
        Labels, 0 or 1, and how much each counts.
    score : ndarray, shape (n,), optional
        The rules' score of each row.

    Returns
    -------
    Counted
        The combinations, in the order of their levels' names.
    """
    place, first = distinct_rows(levels if score is None else levels.assign(**{_SCORE: score}))
    return Counted(
        levels.iloc[first].reset_index(drop=True),
        np.bincount(place).astype(np.float64),
        np.bincount(place, weight * label).astype(np.float64),
        np.bincount(place, weight).astype(np.float64),
        None if score is None else score[first],
    )


def distinct_rows(table: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the distinct rows of a table of few-valued columns.

    Parameters
    ----------
    table : DataFrame, n rows
        Words or numbers.

    Returns
    -------
    place : ndarray of int, shape (n,)
        Each row's place among the distinct ones, which stand in the order of their values.
    first : ndarray of int, shape (k,)
        Where each distinct row first stands.

    Examples
    --------
    >>> place, first = distinct_rows(pd.DataFrame({"a": ["y", "x", "y"]}))
    >>> place.tolist(), first.tolist()
    ([1, 0, 1], [1, 0])
    """
    rank = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        codes, kinds = pd.factorize(table[name].to_numpy(), sort=True)
        if len(kinds) > 1:
            _, rank = np.unique(rank * len(kinds) + codes, return_inverse=True)
    _, first, place = np.unique(rank, return_index=True, return_inverse=True)
    return place, first


def count_frame(
    frame: Any,  # noqa: ANN401 - any data frame
    vocabulary: Vocabulary,
    *,
    label: str = "label",
    weight: str | None = None,
    score: str | None = None,
) -> Counted:
    """Count the combinations of facts where the rows lie: the engine groups, only counts come back.

    Parameters
    ----------
    frame : DataFrame of pandas, polars, pyarrow, DuckDB, Spark or another engine
        One column a fact, missing meaning unknown, and the label; rows without one are left out.
    vocabulary : Vocabulary
        The declared facts; those that the frame lacks are unknown throughout.
    label : str, default 'label'
        The column of labels, 0 or 1.
    weight, score : str, optional
        The columns of the labels' weights and of the rules' score.

    Returns
    -------
    Counted
        The combinations, in the order of their levels' names.

    Raises
    ------
    FactError
        A level is not declared.
    ModelError
        The label's column is missing.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> rows = pd.DataFrame({"recognised": ["yes", "yes", None], "label": [1, 0, 1]})
    >>> found = count_frame(rows, vocabulary("invitation"))
    >>> found.levels["recognised"].tolist(), found.ones.tolist(), found.total.tolist()
    (['unknown', 'yes'], [1.0, 1.0], [1.0, 2.0])
    """
    rows = nw.from_native(frame).lazy()
    names = rows.collect_schema().names()
    for column in [label, *([weight] if weight else []), *([score] if score else [])]:
        _require(column, names)
    known = [name for name in vocabulary if name in names]
    keys = [*known, _SCORE]
    grouped = (
        rows.filter(~nw.col(label).is_null())
        .select(
            *(level_of(vocabulary[name]).alias(name) for name in known),
            (nw.col(score) if score else nw.lit(0)).cast(nw.Float64).alias(_SCORE),
            (nw.col(weight) if weight else nw.lit(1)).cast(nw.Float64).alias(_TOTAL),
            nw.col(label).cast(nw.Float64).alias(_ONES),
        )
        .filter(nw.col(_TOTAL) > 0)
        .with_columns((nw.col(_ONES) * nw.col(_TOTAL)).alias(_ONES), nw.lit(1).alias(_ROWS))
        .group_by(keys)
        .agg(nw.col(_ROWS).sum(), nw.col(_ONES).sum(), nw.col(_TOTAL).sum())
        .collect("pyarrow")
        .to_pandas()
        .sort_values(keys, ignore_index=True)
    )
    _check_levels(grouped, vocabulary, known)
    levels = pd.DataFrame(
        {name: grouped[name].astype("object") if name in known else UNKNOWN for name in vocabulary}
    )
    numbers = {name: grouped[name].to_numpy(dtype=np.float64) for name in (_ROWS, _ONES, _TOTAL)}
    return Counted(
        levels,
        numbers[_ROWS],
        numbers[_ONES],
        numbers[_TOTAL],
        grouped[_SCORE].to_numpy(dtype=np.float64) if score else None,
    )


def level_of(fact: Fact) -> nw.Expr:
    """Return a fact's level as an expression: its band for a number, `unknown` where it is missing.

    Parameters
    ----------
    fact : Fact
        The fact, a column of its name.

    Returns
    -------
    Expr
        A column of words, on any engine.
    """
    column = nw.col(fact.name)
    if not fact.is_number:
        return nw.when(column.is_null()).then(nw.lit(UNKNOWN)).otherwise(column)
    edges = sorted({0, *fact.bands})
    lowest_first = zip(edges, fact.banded(pd.Series(edges)), strict=True)
    banded = reduce(
        lambda below, band: nw.when(column >= band[0]).then(nw.lit(band[1])).otherwise(below),
        lowest_first,
        nw.lit(UNKNOWN),
    )
    return nw.when(column.is_null()).then(nw.lit(UNKNOWN)).otherwise(banded)


def _require(column: str, names: list[str]) -> None:
    if column not in names:
        raise ModelError(
            f"the frame has no column {column!r}",
            accepted="one column of labels, 0 or 1, beside the facts",
            do="name the column",
        )


def _check_levels(grouped: pd.DataFrame, vocabulary: Vocabulary, known: list[str]) -> None:
    for name in known:
        if not vocabulary[name].is_number:
            for level in grouped[name].unique():
                vocabulary[name].parse(level)
