"""Whether you still decide as you used to: accept rates by period, for requests the rules treat alike."""

from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from netkit.evaluation import wilson
from netkit.evaluation.estimate import Floats

_LEVEL = 0.05
_LEAST = 10  # requests a period
_COLUMNS = ["period", "start", "end", "n", "accepted", "rate", "low", "high", "expected"]


@dataclass(frozen=True)
class Drift:
    """The accept rate by period, and the Cochran-Mantel-Haenszel test that it stayed the same."""

    # With `expected`: accepted, had every stratum kept its overall rate.
    periods: pd.DataFrame
    statistic: float
    degrees: int
    p_value: float
    n: int
    strata: int

    @classmethod
    def of(cls, labels: Floats, times: pd.Series, strata: pd.Series, *, periods: int = 4) -> "Drift":
        """Test whether you still answer alike the requests that the rules treat alike (the strata).

        Landis, Heyman & Koch (1978), International Statistical Review 46, 237-254.

        >>> times = pd.Series(pd.date_range("2024-01-01", periods=80, tz="UTC"))
        >>> labels = np.r_[np.ones(40), np.zeros(40)]
        >>> Drift.of(labels, times, pd.Series(["r"] * 80)).changed
        True
        """
        period = _periods(times, max(1, min(periods, len(times) // _LEAST)))
        codes = pd.factorize(strata.astype("str"), sort=True)[0]
        tables, expected = _tables(labels, period, codes)
        rows = [_row(number, labels, times, period, expected) for number in range(len(expected))]
        # Of one period, or of one kind of answer, nothing can be told.
        used = [one for one in tables if one.any(axis=0).all() and one.any(axis=1).sum() > 1]
        statistic, degrees = _mantel_haenszel(used)
        p_value = float(special.chdtrc(degrees, statistic)) if degrees else float("nan")
        n = int(sum(table.sum() for table in used))
        return cls(pd.DataFrame(rows, columns=_COLUMNS), statistic, degrees, p_value, n, len(used))

    @property
    def changed(self) -> bool:
        """Whether the test says that the decisions changed."""
        return isfinite(self.p_value) and self.p_value < _LEVEL

    @property
    def sentence(self) -> str:
        """The result in words."""
        if not isfinite(self.p_value):
            return "Too few decisions of both kinds to see whether you decide as you used to."
        word = "You no longer decide as you used to" if self.changed else "No sign of a change"
        first, last = self.periods.iloc[0], self.periods.iloc[-1]
        return (
            f"{word}: among requests treated alike by the rules the accept rate went from "
            f"{first['rate']:.0%} ({first['period']}, n = {first['n']}) to {last['rate']:.0%} "
            f"({last['period']}, n = {last['n']}); p = {self.p_value:.3f}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the test ready for JSON."""
        rows = self.periods.assign(start=self.periods["start"].map(str), end=self.periods["end"].map(str))
        known = isfinite(self.p_value)
        return {
            "periods": rows.to_dict(orient="records"),
            "statistic": self.statistic if known else None,
            "degrees": self.degrees,
            "p_value": self.p_value if known else None,
            "n": self.n,
            "strata": self.strata,
            "changed": self.changed,
            "sentence": self.sentence,
        }


def _periods(times: pd.Series, count: int) -> NDArray[np.intp]:
    """Cut the time where the counts are about equal; one moment is never parted."""
    earlier = times.rank(method="min").to_numpy() - 1
    place = np.floor(earlier / max(len(times), 1) * count).astype(np.intp)
    return np.unique(place, return_inverse=True)[1].astype(np.intp)


def _tables(
    labels: Floats, period: NDArray[np.intp], codes: NDArray[np.intp]
) -> tuple[list[NDArray[np.float64]], Floats]:
    """Return one table of period by label a stratum, and the expected accepts a period."""
    count = int(period.max()) + 1 if len(period) else 0
    tables, expected = [], np.zeros(count)
    for stratum in range(int(codes.max()) + 1 if len(codes) else 0):
        inside = codes == stratum
        n = np.bincount(period[inside], minlength=count).astype(np.float64)
        yes = np.bincount(period[inside], weights=labels[inside], minlength=count)
        expected += n * yes.sum() / n.sum()
        tables.append(np.column_stack([yes, n - yes]))
    return tables, expected


def _mantel_haenszel(tables: list[Floats]) -> tuple[float, int]:
    """Return the generalised statistic over strata; periods without requests lose a degree."""
    if not tables:
        return float("nan"), 0
    off, spread = np.zeros(len(tables[0])), np.zeros((len(tables[0]),) * 2)
    for table in tables:
        n, total, yes = table.sum(axis=1), table.sum(), table[:, 0].sum()
        off = off + table[:, 0] - n * yes / total
        share = np.diag(n) / total - np.outer(n, n) / total**2
        spread += share * yes * (total - yes) / (total - 1)
    degrees = int(np.linalg.matrix_rank(spread))
    return float(off @ np.linalg.pinv(spread) @ off), degrees


def _row(
    number: int, labels: Floats, times: pd.Series, period: NDArray[np.intp], expected: Floats
) -> tuple[Any, ...]:
    inside = period == number
    when = times[inside]
    start, end = when.min().date(), when.max().date()
    accepted = int(labels[inside].sum())
    rate = wilson(accepted, int(inside.sum()))
    return _named(start, end), start, end, rate.n, accepted, rate.value, rate.low, rate.high, expected[number]


def _named(start: date, end: date) -> str:
    """Name a period by its months, by its days where it lies within one month."""
    if (start.year, start.month) != (end.year, end.month):
        return f"{start:%b %Y} to {end:%b %Y}"
    days = f"{start.day}" if start == end else f"{start.day} to {end.day}"
    return f"{days} {start:%b %Y}"
