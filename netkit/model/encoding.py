"""Facts as columns of zeros and ones, with unknown as a level of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.facts import UNKNOWN, Fact, Vocabulary
from netkit.row_counts import Floats


@dataclass(frozen=True)
class Column:
    """One column of the design: whether a fact has a level, a band for a number, or is `unknown`."""

    fact: str
    level: str

    def __str__(self) -> str:
        """Return `fact=level`."""
        return f"{self.fact}={self.level}"


@dataclass
class FactEncoder:
    """Turn a facts frame into a design: one column a level, except each fact's commonest.

    The commonest level of a fact in the history is what the others are compared with, and has
    no column; a level that the history never showed counts like it. A fact that never varies
    has no column at all.

    Parameters
    ----------
    vocabulary : Vocabulary
        The declared facts.
    unknown_as : dict of str to str, optional
        Facts in which unknown has no term of its own, each with the level that it counts as: beside a
        level that other files told, unknown would say that no evidence was found.

    Attributes
    ----------
    columns : list of Column
        The design's columns, after `fit`.
    reference : dict of str to str
        Each fact's commonest level, after `fit`.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> facts = pd.DataFrame({"request": ["a", "b", "c"], "recognised": ["yes", None, None]})
    >>> encoder = FactEncoder(vocabulary("invitation")).fit(facts)
    >>> [str(column) for column in encoder.columns], encoder.reference["recognised"]
    (['recognised=yes'], 'unknown')
    >>> encoder.transform(facts).ravel().tolist()
    [1.0, 0.0, 0.0]
    """

    vocabulary: Vocabulary
    columns: list[Column] = field(default_factory=list)
    reference: dict[str, str] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    unknown_as: dict[str, str] = field(default_factory=dict)

    def fit(self, facts: pd.DataFrame, y: object = None) -> "FactEncoder":
        """Learn which levels the history shows.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame.
        y : object, optional
            Ignored; there for pipelines.

        Returns
        -------
        FactEncoder
            Itself.
        """
        return self.fit_levels(self.levels(facts))

    def fit_levels(self, levels: pd.DataFrame, rows: Floats | None = None) -> "FactEncoder":
        """Learn the levels from a table as `levels` returns it, each row standing for so many requests."""
        counted, levels = np.ones(len(levels)) if rows is None else rows, self._pooled(levels)
        self.counts = {name: _counts(self.vocabulary[name], levels[name], counted) for name in levels.columns}
        # Where nothing was ever asked, everything is unknown.
        self.reference = {
            name: max(counts, key=counts.__getitem__, default=UNKNOWN) for name, counts in self.counts.items()
        }
        self.columns = _columns(self.counts, self.reference)
        return self

    def transform(self, facts: pd.DataFrame) -> Floats:
        """Return the design of a facts frame.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame; missing facts are unknown.

        Returns
        -------
        ndarray of float, shape (n, p)
            Zeros and ones.
        """
        return self.design(self.levels(facts))

    def design(self, levels: pd.DataFrame) -> Floats:
        """Return the design of a table of levels, as `levels` returns it."""
        design, levels = np.zeros((len(levels), len(self.columns))), self._pooled(levels)
        for place, column in enumerate(self.columns):
            design[:, place] = levels[column.fact].to_numpy() == column.level
        return design

    def _pooled(self, levels: pd.DataFrame) -> pd.DataFrame:
        """Return levels without the unknowns that count as another one."""
        return levels.assign(
            **{name: levels[name].replace(UNKNOWN, level) for name, level in self.unknown_as.items()}
        )

    def fit_transform(self, facts: pd.DataFrame, y: object = None) -> Floats:
        """Fit, then transform the same frame."""
        return self.fit(facts, y).transform(facts)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """Return the columns' names, `fact=level`; the argument is ignored, and there for pipelines."""
        return np.array([str(column) for column in self.columns], dtype=object)

    def levels(self, facts: pd.DataFrame) -> pd.DataFrame:
        """Return every declared fact as a level in words, `unknown` where it is missing.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame.

        Returns
        -------
        DataFrame of str, n rows
            One column a fact, in declared order, without `request`.

        Raises
        ------
        FactError
            A column or a level is not declared.
        """
        clean = self.vocabulary.conform(facts)
        return pd.DataFrame(
            {
                name: fact.banded(clean[name]).astype("str").fillna(UNKNOWN).astype("object")
                for name, fact in self.vocabulary.items()
            },
            index=facts.index,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the declared facts, their levels with counts, and the commonest levels, for JSON."""
        return {
            "kind": self.vocabulary.kind,
            "facts": [asdict(fact) for fact in self.vocabulary.values()],
            "counts": self.counts,
            "reference": self.reference,
            "unknown_as": self.unknown_as,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "FactEncoder":
        """Return the encoder that `as_dict` described."""
        facts = []
        for told in stored["facts"]:
            # In JSON, tuples are lists.
            fields: dict[str, Any] = {
                key: tuple(one) if isinstance(one, list) else one for key, one in told.items()
            }
            facts.append(Fact(**fields))
        reference, counts = dict(stored["reference"]), dict(stored["counts"])
        vocabulary = Vocabulary(stored["kind"]).extended(facts)
        pooled = dict(stored.get("unknown_as", {}))
        return cls(vocabulary, _columns(counts, reference), reference, counts, pooled)


def _columns(counts: Mapping[str, dict[str, int]], reference: Mapping[str, str]) -> list[Column]:
    return [Column(name, level) for name in counts for level in counts[name] if level != reference[name]]


def level_expression(fact: Fact) -> nw.Expr:
    """Return a fact's level on any engine: its band for a number, `unknown` where it is missing."""
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


def _counts(fact: Fact, levels: pd.Series, rows: Floats) -> dict[str, int]:
    """Count the levels that occur, in declared order, unknown last."""
    codes, kinds = pd.factorize(levels.to_numpy())
    found = dict(zip(kinds, np.bincount(codes, rows).astype(int).tolist(), strict=True))
    order = fact.levels or sorted(
        set(found) - {UNKNOWN}, key=lambda band: float(band.rstrip("+").split("-")[0])
    )
    return {level: found[level] for level in [*order, UNKNOWN] if level in found}
