"""What a history can carry: how much there is, what never varies, what separates, what contradicts itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from netkit.model.encoding import FactEncoder
from netkit.model.rank import dependent_columns
from netkit.model.row_counts import Counted, Patterns, distinct_rows
from netkit.model.wording import plain
from netkit.wording import counted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneSided:
    """A level of a fact on which every label is the same.

    Attributes
    ----------
    fact, level : str
        The fact and its level.
    n : int
        How many requests show it.
    accepted : bool
        Whether all of them were accepted, or none.
    """

    fact: str
    level: str
    n: int
    accepted: bool


@dataclass(frozen=True)
class DataGate:
    """What a history can carry.

    Attributes
    ----------
    n : int
        How many labelled requests there are.
    weight, accepted : float
        The weight of all labels, and of those accepted.
    patterns : int
        How many distinct combinations of facts.
    parameters : int
        How many numbers are learned: an intercept, the trust in the rules if any, the columns.
    constant : tuple of str
        Facts that never vary.
    dependent : tuple of str
        Columns that follow from others.
    one_sided : tuple of OneSided
        Levels on which every label is the same.
    separated : bool
        Whether some combination of facts tells accepted from refused without a miss, so that
        maximum likelihood has no finite estimate.
    contradictory : int
        Combinations of facts that were both accepted and refused.
    ceiling : float
        The greatest share of labels that any judge seeing these facts alone could get right.
    """

    n: int
    weight: float
    accepted: float
    patterns: int
    parameters: int
    constant: tuple[str, ...]
    dependent: tuple[str, ...]
    one_sided: tuple[OneSided, ...]
    separated: bool
    contradictory: int
    ceiling: float

    @property
    def events(self) -> float:
        """The weight of the rarer label."""
        return min(self.accepted, self.weight - self.accepted)

    @property
    def n_per_parameter(self) -> float:
        """Labelled requests a parameter."""
        return self.n / self.parameters

    def as_dict(self) -> dict[str, Any]:
        """Return the gate for JSON.

        Returns
        -------
        dict
            Every figure, and the notes.
        """
        return {
            **asdict(self),
            "events": self.events,
            "n_per_parameter": self.n_per_parameter,
            "notes": list(self.notes()),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the gate that `as_dict` described.

        Parameters
        ----------
        stored : mapping
            What `as_dict` returned.

        Returns
        -------
        DataGate
            The gate.
        """
        fields: dict[str, Any] = {one.name: stored[one.name] for one in dataclass_fields(cls)}
        fields["one_sided"] = tuple(OneSided(**one) for one in fields["one_sided"])
        for name in ("constant", "dependent"):
            fields[name] = tuple(fields[name])
        return cls(**fields)

    def notes(self) -> tuple[str, ...]:
        """Return what the reader should know, in sentences.

        Returns
        -------
        tuple of str
            Sentences.
        """
        found = []
        if self.n_per_parameter < 10:
            found.append(
                f"{counted(self.n, 'label')} for {counted(self.parameters, 'number')} to learn: the prior "
                "carries the model"
            )
        if self.separated:
            found.append(
                "some combination of facts tells accepted from refused without a miss: without the "
                "prior the estimates would run to infinity"
            )
        if self.dependent:
            found.append(
                f"{', '.join(self.dependent)} follow from other columns: their effects cannot be told apart"
            )
        if self.contradictory:
            found.append(
                f"{counted(self.contradictory, 'combination of facts was', 'combinations of facts were')} "
                "both accepted and refused: no judge of "
                f"these facts gets more than {100 * self.ceiling:.0f} of 100 right"
            )
        return tuple(found)


def check_data(counted: Counted, encoder: FactEncoder, design: Floats) -> DataGate:
    """Look at a history before anything is learned from it.

    Parameters
    ----------
    counted : Counted
        The history.
    encoder : FactEncoder
        The encoder fitted to it.
    design : ndarray, shape (k, p)
        The encoded combinations.

    Returns
    -------
    DataGate
        What it can carry.
    """
    patterns = counted.patterns(design, scored=False)
    place, _ = distinct_rows(
        [counted.levels[name].to_numpy() for name in counted.levels.columns], len(counted.rows)
    )
    ones = np.bincount(place, counted.ones)
    total = np.bincount(place, counted.total)
    return DataGate(
        n=int(counted.rows.sum()),
        weight=float(counted.total.sum()),
        accepted=float(counted.ones.sum()),
        patterns=len(total),
        parameters=1 + (counted.score is not None) + design.shape[1],
        constant=tuple(fact for fact, counts in encoder.counts.items() if len(counts) == 1),
        dependent=tuple(
            f"{plain(column.fact)}: {plain(column.level)}"
            for column in (encoder.columns[place - 1] for place in dependent_columns(patterns))
        ),
        one_sided=_one_sided(counted),
        separated=is_separated(patterns),
        contradictory=int(((ones > 0) & (ones < total)).sum()),
        ceiling=float(np.maximum(ones, total - ones).sum() / total.sum()),
    )


def is_separated(patterns: Patterns) -> bool:
    """Tell whether some direction of the coefficients never lowers the likelihood.

    K. Konis, Linear programming algorithms for detecting separated data (2007).

    Parameters
    ----------
    patterns : Patterns
        The patterns.

    Returns
    -------
    bool
        Whether the labels are completely or quasi-completely separated.

    Examples
    --------
    >>> is_separated(Patterns(np.array([[0.0], [1.0]]), np.array([1.0, 2.0]), np.full(2, 2.0)))
    True
    """
    full = patterns.full()
    every, none = patterns.ones >= patterns.total, patterns.ones <= 0
    pure = full * (every.astype(float) - none)[:, None]
    mixed = ~(every | none)
    found = linprog(
        -pure.sum(axis=0),
        A_ub=-pure[~mixed] if (~mixed).any() else None,
        b_ub=np.zeros(int((~mixed).sum())) if (~mixed).any() else None,
        A_eq=full[mixed] if mixed.any() else None,
        b_eq=np.zeros(int(mixed.sum())) if mixed.any() else None,
        bounds=(-1, 1),
    )
    return bool((found.fun or 0.0) < -1e-7)


def _one_sided(counted: Counted) -> tuple[OneSided, ...]:
    found = []
    for fact in counted.levels.columns:
        levels = counted.levels[fact].to_numpy()
        for level in dict.fromkeys(levels):
            here = levels == level
            ones, total = counted.ones[here].sum(), counted.total[here].sum()
            if ones in (0.0, total) and not here.all():
                found.append(OneSided(fact, level, int(counted.rows[here].sum()), bool(ones)))
    return tuple(found)
