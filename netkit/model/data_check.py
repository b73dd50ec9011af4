"""What a history can carry: how much there is, what never varies, what separates, what contradicts itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from netkit.facts.level_words import fact_words
from netkit.model.encoding import FactEncoder
from netkit.model.patterns import Counted, Patterns
from netkit.row_counts import distinct_rows
from netkit.wording import counted, join_or

_NAMED = 3  # of the facts that follow from others


@dataclass(frozen=True)
class _OneSided:
    """A level of a fact on which every label is the same: all of its `n` accepted, or none."""

    fact: str
    level: str
    n: int
    accepted: bool


@dataclass(frozen=True)
class DataCheck:
    """What a history can carry.

    `n` labelled requests of `weight` teach `parameters` numbers; `constant` facts never vary, `dependent`
    columns follow from others; `separated` labels have no finite estimate without a prior. `contradictory`
    combinations of facts were both accepted and refused, so that no judge gets more than `ceiling` right.
    """

    n: int
    weight: float
    accepted: float
    patterns: int
    parameters: int
    constant: tuple[str, ...]
    dependent: tuple[str, ...]
    one_sided: tuple[_OneSided, ...]
    separated: bool
    contradictory: int
    ceiling: float

    @classmethod
    def of(cls, history: Counted, encoder: FactEncoder) -> Self:
        """Look at a history before anything is learned from it."""
        design = encoder.design(history.levels)
        patterns = history.patterns(design, scored=False)
        columns = [history.levels[name].to_numpy() for name in history.levels.columns]
        place, _ = distinct_rows(columns, len(history.rows))
        ones, total = np.bincount(place, history.ones), np.bincount(place, history.total)
        return cls(
            n=int(history.rows.sum()),
            weight=float(history.total.sum()),
            accepted=float(history.ones.sum()),
            patterns=len(total),
            parameters=1 + (history.score is not None) + design.shape[1],
            constant=tuple(fact for fact, counts in encoder.counts.items() if len(counts) == 1),
            dependent=tuple(
                fact_words(column.fact, column.level)
                for column in (encoder.columns[at - 1] for at in patterns.collinear_columns())
            ),
            one_sided=_one_sided(history),
            separated=_is_separated(patterns),
            contradictory=int(((ones > 0) & (ones < total)).sum()),
            ceiling=float(np.maximum(ones, total - ones).sum() / total.sum()),
        )

    @property
    def events(self) -> float:
        """The weight of the rarer label."""
        return min(self.accepted, self.weight - self.accepted)

    @property
    def n_per_parameter(self) -> float:
        """Labelled requests a parameter."""
        return self.n / self.parameters

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON."""
        return {
            **asdict(self),
            "events": self.events,
            "n_per_parameter": self.n_per_parameter,
            "notes": list(self.notes()),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the check that `as_dict` described."""
        read: dict[str, Any] = {one.name: stored[one.name] for one in fields(cls)}
        read["one_sided"] = tuple(_OneSided(**one) for one in read["one_sided"])
        read |= {name: tuple(read[name]) for name in ("constant", "dependent")}
        return cls(**read)

    def notes(self) -> tuple[str, ...]:
        """Return what the reader should know, in sentences."""
        found = []
        if self.n_per_parameter < 10:
            found.append(
                f"{counted(self.n, 'answer')} are few to learn {counted(self.parameters, 'number')} from, so"
                " the model stays near where it began."
            )
        if self.separated:
            found.append(
                "Some facts always went with the same answer. The answers alone cannot say how large their"
                " effect is."
            )
        if self.dependent:
            some = [*self.dependent[:_NAMED]]
            if len(self.dependent) > _NAMED:
                some.append(f"{len(self.dependent) - _NAMED} more")
            found.append(
                f"The effect of {join_or(some, 'and')} cannot be separated from that of other facts."
            )
        if self.contradictory:
            most = round(100 * self.ceiling)
            found.append(
                f"{counted(self.contradictory, 'combination of facts was', 'combinations of facts were')}"
                " both accepted and refused, so no judge of these facts can"
                f" {'always be right' if most > 99 else f'be right more than {most} times in 100'}."
            )
        return tuple(found)


def _is_separated(patterns: Patterns) -> bool:
    """Tell whether some direction of the coefficients never lowers the likelihood.

    K. Konis, Linear programming algorithms for detecting separated data (2007).

    >>> _is_separated(Patterns(np.array([[0.0], [1.0]]), np.array([1.0, 2.0]), np.full(2, 2.0)))
    True
    """
    full = patterns.full()
    every, none = patterns.ones >= patterns.total, patterns.ones <= 0
    pure = full * (every.astype(float) - none)[:, None]
    mixed = ~(every | none)
    one_way = (pure >= 0).all(axis=0) | (pure <= 0).all(axis=0)
    if (one_way & pure.any(axis=0) & ~full[mixed].any(axis=0)).any():
        return True  # one column alone tells it, as it mostly does
    from scipy.optimize import linprog  # takes long to import

    found = linprog(
        -pure.sum(axis=0),
        A_ub=-pure[~mixed],
        b_ub=np.zeros(int((~mixed).sum())),
        A_eq=full[mixed],
        b_eq=np.zeros(int(mixed.sum())),
        bounds=(-1, 1),
    )
    return bool((found.fun or 0.0) < -1e-7)


def _one_sided(counted: Counted) -> tuple[_OneSided, ...]:
    found = []
    for fact in counted.levels.columns:
        levels = counted.levels[fact].to_numpy()
        for level in dict.fromkeys(levels):
            here = levels == level
            ones, total = counted.ones[here].sum(), counted.total[here].sum()
            if ones in (0.0, total) and not here.all():
                found.append(_OneSided(fact, level, int(counted.rows[here].sum()), bool(ones)))
    return tuple(found)
