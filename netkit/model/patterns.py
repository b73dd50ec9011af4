"""Equal rows counted once: what every fit is made of, wherever the rows come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from netkit.errors import ModelError
from netkit.facts import UNKNOWN, Vocabulary
from netkit.model.encoding import level_expression
from netkit.row_counts import Array, Floats, Places, distinct_rows

_SCORE, _ROWS, _ONES, _TOTAL = "_score", "_rows", "_ones", "_total"
# Rows counted at a time: their codes stay small beside the design.
_CHUNK = 1 << 16
# Rows looked at to see whether rows repeat at all, or whether they are zeros and ones.
_SAMPLE = 4096
# A float adds up so many powers of two exactly, whatever the order.
_EXACT = 52


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of a design (covariate patterns), with the weight of the labels on each.

    The design has no column of ones, and is of bytes where it is zeros and ones; `ones` is the weight of
    the rows labelled one, `total` that of all, `start` the rules' score if any, `rows` how many were counted.
    """

    design: Array
    ones: Floats
    total: Floats
    start: Floats | None = None
    rows: int = 0

    @classmethod
    def from_rows(
        cls,
        X: Floats,
        y: Array,
        weights: Floats | None = None,
        start: Floats | None = None,
        *,
        binary: bool | None = None,
    ) -> Self:
        """Count equal rows of a design (of equal score) once, or keep the rows where they hardly repeat.

        >>> found = Patterns.from_rows(np.array([[1.0], [0.0], [1.0]]), np.array([1.0, 0.0, 0.0]))
        >>> found.design.ravel().tolist(), found.ones.tolist(), found.total.tolist()
        ([0, 1], [0.0, 1.0], [1.0, 2.0])
        """
        # An array of ones that takes no room.
        total = np.broadcast_to(1.0, y.shape) if weights is None else weights
        if not _repeats(X, start):
            ones = np.asarray(y, dtype=np.float64) if weights is None else y * total
            return cls(X, ones, total, start, len(y))
        binary = is_binary(X) if binary is None else binary
        counted = []
        for part in chunks(len(y)):
            columns = _packed(X[part]) if binary else list(X[part].T)
            columns = columns if start is None else [start[part], *columns]
            counted.append(_summed(columns, [y[part] * total[part], total[part]]))
        columns, (ones, every) = _summed(*_joined(counted))
        score = None if start is None else columns.pop(0)
        design = _unpacked(columns, X.shape[1]) if binary else np.column_stack(columns)
        return cls(design, ones, every, score, len(y))

    @property
    def width(self) -> int:
        """How many coefficients a fit has: an intercept, the score's slope if any, the columns."""
        return int(1 + (self.start is not None) + self.design.shape[1])

    def blocks(self, size: int = 1024) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Go through `full()`, ones and total by blocks that stay in the cache, each valid until the next."""
        first = self.width - self.design.shape[1]
        full = np.ones((min(size, len(self.design)), self.width))
        for low in range(0, len(self.design), size):
            part = slice(low, low + size)
            block = full[: len(self.total[part])]
            block[:, first:] = self.design[part]
            if self.start is not None:
                block[:, 1] = self.start[part]
            yield block, self.ones[part], self.total[part]

    def along(self, coef: Floats, size: int = 1024) -> Floats:
        """Return the design times some coefficients, its bytes turned into floats a block at a time."""
        found = np.empty(len(self.design))
        for low in range(0, len(found), size):
            found[low : low + size] = self.design[low : low + size] @ coef
        return found

    def full(self) -> Floats:
        """Return the design with its column of ones and, if any, its score before it."""
        score = [] if self.start is None else [self.start]
        return np.column_stack([np.ones(len(self.total)), *score, self.design])

    def merged(self) -> "Patterns":
        """Take equal rows of the design together, without their scores.

        >>> two = Patterns(np.array([[1.0], [1.0]]), np.array([1.0, 2.0]), np.array([3.0, 2.0]))
        >>> two.merged().ones.tolist(), two.merged().total.tolist()
        ([3.0], [5.0])
        """
        place, first = distinct_rows(self.design.T, len(self.total))
        ones, total = _sums(place, self.ones, self.total)
        return Patterns(self.design[first], ones, total, rows=self.rows)

    def rules_by_column(self) -> Floats:
        """Return what the rules' answers amount to, column by column: their least-squares share.

        A ridge of one request keeps apart what the history shows too seldom to tell.

        >>> design = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> score = design @ np.array([1.0, -2.0])
        >>> Patterns(design, score, np.full(4, 1e6), score).rules_by_column().round(3).tolist()
        [1.0, -2.0]
        """
        gram = np.zeros((self.width, self.width))
        for block, _, total in self.blocks():
            gram += block.T @ (block * total[:, None])
        columns = np.delete(np.arange(self.width), 1)
        ridge = np.eye(len(columns))
        ridge[0, 0] = 0.0
        penalised = gram[np.ix_(columns, columns)] + ridge
        found = linalg.solve(penalised, gram[columns, 1], assume_a="sym")
        return np.asarray(found[1:], dtype=np.float64)

    def collinear_columns(self) -> list[int]:
        """Return the columns of `full()` that follow from the ones before them; 0 is the column of ones.

        >>> twins = Patterns(np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones(2), np.full(2, 2.0))
        >>> twins.collinear_columns()
        [2]
        """
        full = self.full()[self.total > 0]
        triangle = linalg.qr(full, mode="r")[0]
        found: list[int] = []
        kept: list[int] = []
        scale = np.maximum(np.linalg.norm(full, axis=0), 1e-300)
        for place in range(triangle.shape[1]):
            column = triangle[:, place] / scale[place]
            if kept:
                basis = triangle[:, kept] / scale[kept]
                column = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0]
            (kept if np.linalg.norm(column) > 1e-9 else found).append(place)
        return found


@dataclass(frozen=True, eq=False)
class Counted:
    """A history's distinct combinations of facts (as levels) and score, with the labels of each.

    `rows` is how many requests there were, `ones` the weight of the accepted ones, `total` that of all.
    """

    levels: pd.DataFrame
    rows: Floats
    ones: Floats
    total: Floats
    score: Floats | None = None

    @classmethod
    def of(
        cls, levels: pd.DataFrame, rows: Floats, ones: Floats, total: Floats, score: Floats | None
    ) -> Self:
        """Count the combinations in a table of levels, as `FactEncoder.levels` returns it."""
        columns = [levels[name].to_numpy() for name in levels.columns]
        place, first = distinct_rows(columns if score is None else [*columns, score], len(rows))
        rows, ones, total = _sums(place, rows, ones, total)
        kept = levels.iloc[first].reset_index(drop=True)
        return cls(kept, rows, ones, total, None if score is None else score[first])

    def patterns(self, design: Floats, *, scored: bool = True) -> Patterns:
        """Return what the fits need, for a design of these combinations."""
        start = self.score if scored else None
        return Patterns(design, self.ones, self.total, start, int(self.rows.sum()))

    def seen(self, levels: Mapping[str, str]) -> tuple[float, float]:
        """Return the weight of all labels on a combination of facts, and of the accepted ones."""
        same = np.ones(len(self.levels), dtype=bool)
        for fact in self.levels.columns:
            same &= self.levels[fact].to_numpy() == levels.get(fact, UNKNOWN)
        return float(self.total[same].sum()), float(self.ones[same].sum())


def _sums(place: Places, *weights: Floats) -> list[Floats]:
    return [np.bincount(place, one).astype(np.float64, copy=False) for one in weights]


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
    missing = [one for one in (label, weight, score) if one and one not in names]
    if missing:
        raise ModelError(
            f"The frame has no column {missing[0]!r}",
            "Give one column of labels, 0 or 1, beside the facts, and name it",
        )
    known = [name for name in vocabulary if name in names]
    grouped = (
        rows.filter(~nw.col(label).is_null())
        .select(
            *(level_expression(vocabulary[name]).alias(name) for name in known),
            (nw.col(score) if score else nw.lit(0)).cast(nw.Float64).alias(_SCORE),
            (nw.col(weight) if weight else nw.lit(1)).cast(nw.Float64).alias(_TOTAL),
            nw.col(label).cast(nw.Float64).alias(_ONES),
        )
        .filter(nw.col(_TOTAL) > 0)
        .with_columns((nw.col(_ONES) * nw.col(_TOTAL)).alias(_ONES), nw.lit(1).alias(_ROWS))
        .group_by([*known, _SCORE])
        .agg(nw.col(_ROWS).sum(), nw.col(_ONES).sum(), nw.col(_TOTAL).sum())
        .collect("pyarrow")
        .to_pandas()
    )
    for name in known:
        if not vocabulary[name].is_number:
            for level in grouped[name].unique():
                vocabulary[name].parse(level)
    levels = pd.DataFrame(
        {name: grouped[name].astype("object") if name in known else UNKNOWN for name in vocabulary},
        index=grouped.index,
    )
    number, ones, total = (grouped[name].to_numpy(dtype=np.float64) for name in (_ROWS, _ONES, _TOTAL))
    scores = grouped[_SCORE].to_numpy(dtype=np.float64) if score else None
    return Counted.of(levels, number, ones, total, scores)


def _repeats(X: Floats, start: Floats | None) -> bool:
    """Tell whether counting rows can pay: few possible rows, or repetition within a sample."""
    n, p = X.shape
    if start is None and p < 30 and n >= 8 << p and is_binary(X[:_SAMPLE]):
        return True
    step = max(1, n // _SAMPLE)
    # A random projection tells different rows apart without sorting them column by column.
    mixed = X[::step] @ np.random.default_rng(0).random(p)
    if start is not None:
        mixed += np.e * start[::step]
    return len(np.unique(mixed)) < 0.9 * len(mixed)


def is_binary(X: Floats) -> bool:
    """Tell whether a design holds nothing but zeros and ones, without a gap."""
    parts = (X[low : low + _SAMPLE] for low in range(0, len(X), _SAMPLE))
    return all(bool(((part == 0) | (part == 1)).all()) for part in parts)


def chunks(rows: int) -> Iterator[slice]:
    """Go through rows a chunk at a time."""
    return (slice(low, low + _CHUNK) for low in range(0, rows, _CHUNK))


def _packed(X: Floats) -> list[Array]:
    """Return columns of zeros and ones as the bits of few columns of whole numbers."""
    parts = (X[:, low : low + _EXACT] for low in range(0, X.shape[1], _EXACT))
    return [(part @ 2.0 ** np.arange(part.shape[1])).astype(np.int64) for part in parts]


def _unpacked(words: Sequence[Array], width: int) -> NDArray[np.uint8]:
    design = np.empty((len(words[0]), width), dtype=np.uint8)
    for column in range(width):
        design[:, column] = words[column // _EXACT] >> column % _EXACT & 1
    return design


def _summed(columns: list[Array], weights: list[Floats]) -> tuple[list[Array], list[Floats]]:
    place, first = distinct_rows(columns, len(columns[0]))
    return [column[first] for column in columns], _sums(place, *weights)


def _joined(counted: list[tuple[list[Array], list[Floats]]]) -> tuple[list[Array], list[Floats]]:
    columns, weights = (
        [np.concatenate(one) for one in zip(*some, strict=True)] for some in zip(*counted, strict=True)
    )
    return columns, weights
