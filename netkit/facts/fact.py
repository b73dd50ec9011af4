"""One fact: a named, typed statement about a request, with its question and its levels."""

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from netkit.errors import FactError, did_you_mean

Kind = Literal["invitation", "introduction", "asking"]
Origin = Literal["derived", "note", "profile", "other_platform", "oneself", "ledger"]
Knowable = Literal["on_arrival", "on_asking", "afterwards"]

KINDS: tuple[Kind, ...] = get_args(Kind)
UNKNOWN = "unknown"
_BEYOND = 2**63  # what a column of numbers cannot hold


@dataclass(frozen=True)
class Fact:
    """One named, typed statement about a request.

    Attributes
    ----------
    name : str
        The name used in rules, sheets and tables.
    question : str
        What the reader is asked.
    levels : tuple of str
        The values it can take, in order; empty for a number. `unknown` is never listed: it is
        the absence of a value.
    bands : tuple of int
        For a number, the lower ends of the bands that the model and the tables use.
    origin : str
        Where the value comes from: `derived` from the export, the `note`, the `profile`,
        an `other_platform`, `oneself`, or the `ledger`.
    effort : int
        How much trouble it is to find out, 0 (nothing to do) to 9.
    knowable : str
        `on_arrival`, `on_asking` (by the time one must decide, if one asks), or `afterwards`,
        which no judge may see.
    clauses : tuple of str
        The published clauses that need it.
    means : str
        What the levels mean, where the question leaves a doubt.
    """

    name: str
    question: str
    levels: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    origin: Origin = "oneself"
    effort: int = 1
    knowable: Knowable = "on_asking"
    clauses: tuple[str, ...] = ()
    means: str = ""

    @property
    def is_number(self) -> bool:
        """Whether the fact is a whole number rather than one of a few levels."""
        return not self.levels

    def banded(self, values: pd.Series) -> pd.Series:
        """Return the values as few levels: themselves, or the band a number falls in.

        Parameters
        ----------
        values : Series, length n
            Values of this fact; missing means unknown.

        Returns
        -------
        Series of str, length n
            Level names, bands such as `1-14` and `15+`, missing kept missing.

        Examples
        --------
        >>> words = Fact("note_words", "How many?", bands=(1, 15))
        >>> words.banded(pd.Series([0, 20])).tolist()
        ['0', '15+']
        """
        if not self.is_number:
            return values
        edges = [0, *(band for band in self.bands if band > 0)]
        ends = [*(high - 1 for high in edges[1:]), None]
        names = [_band(low, high) for low, high in zip(edges, ends, strict=True)]
        cut = pd.cut(values.astype("Float64"), [*edges, float("inf")], right=False, labels=names)
        return cut.astype("str").where(values.notna())

    def parse(self, value: object) -> str | int | None:
        """Return a typed-in value as this fact's own, None for unknown.

        Parameters
        ----------
        value : object
            A level, a number, or nothing.

        Returns
        -------
        str, int or None
            The value.

        Raises
        ------
        FactError
            The value is not one of the levels.
        """
        if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN differs from itself
            return None
        text = str(value).strip()
        if text in ("", UNKNOWN):
            return None
        if self.is_number:
            return self._number(text)
        folded = text.casefold()
        if folded not in self.levels:
            self._refuse(text)
        return folded

    def _number(self, text: str) -> int:
        try:
            number = float(text)
        except ValueError:
            self._refuse(text)
        if not 0 <= number < _BEYOND or number != int(number):
            self._refuse(text)
        return int(number)

    def _refuse(self, text: str) -> None:
        accepted = (
            "a whole number from 0, or unknown"
            if self.is_number
            else did_you_mean(text, [*self.levels, UNKNOWN])
        )
        raise FactError(f"saw {text!r} for {self.name}", accepted=accepted, do="use one of these")


def _band(low: int, high: int | None) -> str:
    if high is None:
        return f"{low}+"
    return str(low) if low == high else f"{low}-{high}"
