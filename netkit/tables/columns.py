"""Columns as facts: levels, counts or ranges of numbers; what can be no fact is left out, with why."""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from netkit.errors import TableError, did_you_mean
from netkit.facts import Fact
from netkit.tables.bands import are_whole, band_names, in_bands, quantile_bands
from netkit.tables.cells import (
    Cells,
    Place,
    as_moments,
    each,
    fact_name,
    is_taboo,
    plain_cells,
    read_cells,
    read_numbers,
    yes_or_no,
)
from netkit.tables.mapping import FactFrom, TableMapping
from netkit.wording import counted, spoken

_MOST_LEVELS, _LONGEST_LEVEL = 20, 60  # beyond, a column of words is text, or a key
_DAY = 86_400  # seconds
_HOW_MANY = re.compile(r"(?:n|num|number|count|no) (?:of )?(.+)", re.IGNORECASE)
_TABOO = "it speaks of {!r}, which is never a fact about a sender"


@dataclass(frozen=True)
class Reading:
    """The table that is being read, and what holds for all its columns."""

    frame: pd.DataFrame
    name: str
    mark: str
    day_first: bool | None

    def place(self, column: Hashable) -> Place:
        """Return where the cells of a column stand."""
        return Place(self.name, str(column), self.frame.index.tolist())


Facts = dict[str, tuple[Fact, pd.Series]]


def read_facts(
    reading: Reading, columns: Mapping[str, str], times: pd.Series | None,
    stated: TableMapping, bands: Mapping[str, Sequence[float]],
) -> tuple[Facts, dict[str, FactFrom], dict[str, str]]:  # fmt: skip
    """Return the facts with their values, where each comes from, and the columns that are none, with why."""
    for column in bands:
        if column not in reading.frame:
            near = did_you_mean(column, map(str, reading.frame.columns))
            raise TableError(f"{reading.name} has no column {column!r} for bands. Name one of {near}.")
    if stated.facts is not None:
        found = {name: _declared(reading, name, one, times) for name, one in stated.facts.items()}
        return found, dict(stated.facts), dict(stated.left_out)
    facts: Facts = {}
    sources: dict[str, FactFrom] = {}
    left_out: dict[str, str] = {}
    for number, column in enumerate(map(str, reading.frame.columns), 1):
        if column in columns.values():
            continue
        name = fact_name(column, number, facts)
        if taboo := is_taboo(name):
            left_out[column] = _TABOO.format(taboo)
            continue
        place = reading.place(column)
        values, mark = reading.frame[column], reading.mark
        if column in bands:
            cells = read_numbers(values, place, mark=mark)
        else:
            cells = read_cells(values, place, mark=mark, day_first=reading.day_first)
        days = cells.sort == "moment"
        if days:
            cells, why = _days_before(cells, times)
        else:
            why = _no_fact(cells)
        taboo = next(filter(None, map(is_taboo, cells.words)), "")
        if why or taboo:
            left_out[column] = why or _TABOO.format(taboo)
            continue
        question = (
            f"How many days before the request was {spoken(name)}?" if days else _question(column, cells)
        )
        fact, values = make_fact(name, question, cells, bands.get(column))
        facts[name] = (fact, values)
        numbers = cells.sort == "number"
        thirds = quantile_bands(cells.values, percent=cells.percent) if numbers else None
        edges = bands.get(column) or (fact.bands if fact.is_number else thirds)
        sources[name] = FactFrom(column, question, fact.levels if edges is None else (),
                                 None if edges is None else tuple(edges), days)  # fmt: skip
    if not facts:
        raise TableError(
            f"{reading.name} has no column that can be a fact."
            " Add one that says something of each request, besides its label and its day."
        )
    return facts, sources, left_out


def _question(column: str, cells: Cells) -> str:
    said = " ".join(spoken(column).split()).rstrip("? ")
    if cells.sort == "number" and (many := _HOW_MANY.fullmatch(said)):
        return f"How many {many[1]}?"
    return f"{said[:1].upper()}{said[1:]}?" if cells.sort == "yes_no" else f"What is {said}?"


def _no_fact(cells: Cells) -> str:
    """Say why a column is no fact, or nothing."""
    known = cells.values.dropna()
    if known.empty:
        return "it is empty"
    if known.nunique() == 1 and (len(known) == len(cells.values) or cells.sort != "yes_no"):
        return f"it says {_short(known.iloc[0])} in every row that says anything"
    if cells.sort == "words" and known.nunique() > _MOST_LEVELS:
        return f"it holds {known.nunique():,} different texts, and a fact has few levels"
    if cells.sort == "words" and known.str.len().max() > _LONGEST_LEVEL:
        return "it holds long texts, and a fact has few levels of a word or two"
    return ""


def _short(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def _days_before(cells: Cells, times: pd.Series | None) -> tuple[Cells, str]:
    """Turn days into how long before the request they lie; what came later was not known then."""
    if times is None:
        return cells, "it holds days, and no column says when the requests came"
    since = (times - cells.values.set_axis(times.index)).dt.total_seconds() / _DAY
    if (since < -1).any():
        later = int((since < -1).sum())
        return cells, f"{counted(later, 'day')} of it come after the request, and were not known then"
    whole = (since.clip(lower=0) // 1).set_axis(cells.values.index)
    days = Cells("number", whole)
    return days, _no_fact(days)


def make_fact(
    name: str, question: str, cells: Cells, edges: Sequence[float] | None
) -> tuple[Fact, pd.Series]:
    """Return a fact and its values: levels as words, counts as numbers, other numbers as their ranges."""
    if cells.sort == "yes_no":
        return Fact(name, question, levels=("yes", "no")), cells.values
    if cells.sort == "words":
        return Fact(name, question, levels=cells.words), cells.values
    if cells.sort == "moment":
        raise TableError(f"facts, column {name!r}: it holds days. Give how long before the request they lie.")
    edges = tuple(quantile_bands(cells.values, percent=cells.percent) if edges is None else edges)
    whole = are_whole(cells.values) and not cells.percent
    if whole and all(edge >= 0 and edge == int(edge) for edge in edges):
        return Fact(name, question, bands=tuple(map(int, edges))), cells.values.round().astype("Int64")
    if not edges:
        raise TableError(f"facts, column {name!r}: no number is in it. Leave the column out.")
    levels = band_names(edges, percent=cells.percent)
    return Fact(name, question, levels=levels), in_bands(cells.values, edges, percent=cells.percent)


def _declared(reading: Reading, name: str, one: FactFrom, times: pd.Series | None) -> tuple[Fact, pd.Series]:
    """Read a fact as a mapping declares it."""
    if one.column not in reading.frame:
        near = did_you_mean(one.column, map(str, reading.frame.columns))
        raise TableError(f"The mapping reads {name!r} from a column {one.column!r}, which {reading.name} does"
                         f" not have. Name one of {near}.")  # fmt: skip
    values, place = reading.frame[one.column], reading.place(one.column)
    question = one.question or f"What is {spoken(name)}?"
    Fact(name, question).check_name()
    if one.days_before:
        cells, why = _days_before(
            Cells("moment", as_moments(values, place, day_first=reading.day_first)), times
        )
        if why:
            raise place.refuse(None, why, "Leave the fact out of the mapping")
        return make_fact(name, question, cells, one.bands)
    if one.bands is not None:
        do = "Correct the cell, or give the fact levels in the mapping"
        return make_fact(name, question, read_numbers(values, place, mark=reading.mark, do=do), one.bands)
    if set(one.levels) == {"yes", "no"}:
        return Fact(name, question, levels=one.levels), yes_or_no(values, place)
    texts = each(plain_cells(values), str.casefold)
    for at, text in enumerate(texts):
        if text is not None and text not in one.levels:
            raise place.refuse(at, f"{text!r} is no level of {name}",
                               did_you_mean(text, one.levels))  # fmt: skip
    return Fact(name, question, levels=one.levels), texts
