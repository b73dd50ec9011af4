"""A table of your own, CSV, XLSX or a data frame: its columns become facts, its label what was done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from netkit.display import show
from netkit.errors import NotEnoughError, TableError, did_you_mean
from netkit.facts import Fact, Kind, Vocabulary
from netkit.people import profile_slug
from netkit.tables.cells import (
    as_moments,
    decimal_marks,
    doubtful_number,
    plain_cells,
    read_cells,
    simple_cells,
    usual_names,
)
from netkit.tables.columns import Facts, Reading, make_fact, read_facts
from netkit.tables.files import read_table
from netkit.tables.labels import Label, read_label
from netkit.tables.mapping import FactFrom, TableMapping
from netkit.wording import counted, spoken

__all__ = ["LabelledTable", "as_facts", "read_labelled"]

_KEYS = ("request", "request_id", "id", "key")  # a column that is called so names requests, or is refused
_MOST_COLUMNS = 500
_DAY_ZERO = pd.Timestamp("1899-12-30", tz="UTC")  # of a spreadsheet's days
_TEN_YEARS = 3653  # days
_ROLES = ("label", "time", "person", "request")


@dataclass(frozen=True)
class LabelledTable:
    """A table as labelled requests, ready for `compare_judges` and `fit_model`.

    Attributes
    ----------
    facts : DataFrame, n rows
        `request` and one column a fact.
    labels : Series of 0 and 1, length n
        What was done, by request.
    times : Series of datetime, length n, or None
        When each request came, by request.
    people : Series of str, length n, or None
        Who asked, by request; never a fact.
    vocabulary : Vocabulary
        The facts with their questions, and their levels or bands.
    notes : tuple of str
        What was taken for granted, left out or found odd, in sentences.
    mapping : TableMapping
        How the table was read, to be written down and corrected: `mapping.text(name)`.
    """

    facts: pd.DataFrame
    labels: pd.Series
    times: pd.Series | None
    people: pd.Series | None
    vocabulary: Vocabulary
    notes: tuple[str, ...] = ()
    mapping: TableMapping = field(default_factory=TableMapping, repr=False)

    def table(self) -> pd.DataFrame:
        """Return the facts: `fact`, `column`, `question`, and how often each level or range occurs.

        Returns
        -------
        DataFrame
            One row a fact.
        """
        rows = []
        for name, fact in self.vocabulary.items():
            counts = fact.banded(self.facts[name]).fillna("unknown").value_counts()
            places = {level: _place(str(level), fact.levels) for level in counts.index}
            seen = ", ".join(
                f"{level} ({counts[level]:,})" for level in sorted(places, key=places.__getitem__)
            )
            column = (self.mapping.facts or {})[name].column
            rows.append({"fact": name, "column": column, "question": fact.question, "levels": seen})
        return pd.DataFrame(rows, columns=["fact", "column", "question", "levels"])

    def _repr_html_(self) -> str:
        yes = int(self.labels.sum())
        title = f"{counted(len(self.labels), 'labelled request')}: {yes:,} yes, {len(self.labels) - yes:,} no"
        return show(title, self.table(), self.notes)


def _place(level: str, levels: tuple[str, ...]) -> tuple[float, str]:
    known = levels.index(level) if level in levels else len(levels)
    number = level.split("-", maxsplit=1)[0].rstrip("+")
    return (float(number) if not levels and number.isdigit() else known, level)


def read_labelled(
    source: Any,  # noqa: ANN401 - a path, or any data frame
    label: str | None = None,
    *,
    time: str | None = None,
    person: str | None = None,
    request: str | None = None,
    yes: str | Collection[str] = (),
    no: str | Collection[str] = (),
    bands: Mapping[str, Sequence[float]] | None = None,
    day_first: bool | None = None,
    kind: Kind = "invitation",
    mapping: Path | str | None = None,
) -> LabelledTable:
    """Read a table of labelled requests whose columns nobody declared.

    Parameters
    ----------
    source : path or DataFrame
        A CSV or XLSX file, or a data frame of pandas, polars, pyarrow or another engine.
    label : str, optional
        The column that says what was done, in any two words. The columns of label, time, person and
        request are looked for by their usual names where you name none.
    time, person, request : str, optional
        The columns that say when each request came, who asked, and what the request is called.
    yes, no : str or collection of str, optional
        The words of the label that mean yes, and those that mean no; found out where left out.
    bands : mapping of str to sequence of numbers, optional
        For a column of numbers, the lower ends of its ranges; thirds of the data by default.
    day_first : bool, optional
        Whether 3/4/2024 is the third of April; needed only where no cell tells.
    kind : str, default "invitation"
        The kind of request: for `introduction`, the label may be the outcomes that netkit knows.
    mapping : path, optional
        A file that `LabelledTable.mapping` wrote, corrected.

    Returns
    -------
    LabelledTable
        Facts, labels, times, people, and what to know about them.

    Raises
    ------
    TableError
        A cell, a column or the mapping cannot be read; it says which row and column.
    NotEnoughError
        There is no label, or only one kind of them.

    Examples
    --------
    >>> table = read_labelled(
    ...     pd.DataFrame({"accepted": ["ja", "nein", "ja"], "words": [3, 40, 12], "share": [0.1, 0.9, 0.5]})
    ... )
    >>> table.labels.tolist(), table.vocabulary["words"].bands, table.facts["share"].tolist()
    ([1.0, 0.0, 1.0], (1, 10, 22), ['under 0.367', '0.633 or more', '0.367 to under 0.633'])
    """
    stated = TableMapping() if mapping is None else TableMapping.read(Path(mapping))
    given = {"label": label, "time": time, "person": person, "request": request}
    named = {**stated.table, **{role: name for role, name in given.items() if name}}
    frame, name, mark, odd = _opened(source)
    columns = _roles(frame, name, {role: named.get(role) for role in _ROLES})
    reading = Reading(
        frame, name, mark, named.get("day_first") == "yes" if "day_first" in named else day_first
    )
    kind = named.get("kind", kind)
    found = read_label(
        frame[columns["label"]], reading.place(columns["label"]), kind=kind,
        yes=_words(yes or named.get("yes", ())), no=_words(no or named.get("no", ())),
    )  # fmt: skip
    labelled = found.values.notna().to_numpy()
    reading = replace(reading, frame=frame[labelled])
    keys, kept, notes = _requests(reading, columns)
    reading = replace(reading, frame=reading.frame[kept])
    times = _times(reading, columns)
    facts, sources, left_out = read_facts(reading, columns, times, stated, bands or {})
    labels = found.values[labelled][kept]
    by_request = pd.Index(keys, name="request")
    told = [*_odd_days(facts, times, sources), *_leaks(facts, labels, sources)]
    no_facts = [f"The column {column!r} is no fact: {why}." for column, why in left_out.items()]
    return LabelledTable(
        facts=_framed(facts, keys),
        labels=labels.set_axis(by_request),
        times=None if times is None else times.set_axis(by_request),
        people=_people(reading, columns, keys),
        vocabulary=Vocabulary(kind, {one: fact for one, (fact, _) in facts.items()}),
        notes=(*odd, *found.notes, *notes, *told, *no_facts),
        mapping=TableMapping(_written(columns, found, reading.day_first, kind), sources, left_out),
    )


def as_facts(frame: pd.DataFrame, kind: Kind = "invitation") -> tuple[pd.DataFrame, Vocabulary]:
    """Read every column but `request` of a frame as a fact that keeps the column's name.

    Parameters
    ----------
    frame : DataFrame, n rows
        `request` and any columns.
    kind : str
        The kind of request the answers are named for.

    Returns
    -------
    DataFrame, Vocabulary
        The facts frame, and one fact a column.

    Notes
    -----
    All rows are looked at, the later ones included: ranges know how later requests are spread, and
    nothing of how they were answered. Declare the facts where that matters.

    Examples
    --------
    >>> facts, declared = as_facts(pd.DataFrame({"request": list("ab"), "sells": [True, False]}))
    >>> facts["sells"].tolist(), declared["sells"].levels
    (['yes', 'no'], ('yes', 'no'))
    """
    reading = Reading(frame, "facts", "", None)
    facts: dict[str, tuple[Fact, pd.Series]] = {}
    for name in frame.columns:
        if name != "request":
            cells = read_cells(simple_cells(frame[name]), reading.place(name))
            facts[str(name)] = make_fact(str(name), f"What is {spoken(str(name))}?", cells, None)
    return _framed(facts, frame["request"].astype("str").tolist(), frame.index), Vocabulary(
        kind, {name: fact for name, (fact, _) in facts.items()}
    )


def _opened(source: Any) -> tuple[pd.DataFrame, str, str, list[str]]:  # noqa: ANN401
    """Return the cells, what the table is called, the mark of its decimals, and what was odd in the file."""
    odd: list[str] = []
    if isinstance(source, str | Path):
        name = Path(source).name
        frame, separator, odd = read_table(Path(source))
    else:
        frame = source if isinstance(source, pd.DataFrame) else _of_engine(source)
        name, separator = "the table", ""
        columns = pd.Index([str(column) for column in frame.columns], dtype="object")
        twice = columns[columns.duplicated()]
        if len(twice) or frame.columns.nlevels > 1 or frame.empty:
            says = f"two columns are called {twice[0]!r}" if len(twice) else "there is no plain table in it"
            raise TableError(f"The data frame cannot be read: {says}. Give one name to each of its columns.")
        frame = frame.set_axis(columns, axis=1).apply(simple_cells)
    if len(frame.columns) > _MOST_COLUMNS:
        raise TableError(
            f"{name} has {len(frame.columns)} columns, and up to {_MOST_COLUMNS} are read."
            " Leave out those that say nothing of a request."
        )
    texts = {
        column: plain_cells(frame[column])
        for column in frame
        if frame[column].dtype == "object" or pd.api.types.is_string_dtype(frame[column].dtype)
    }
    marks = [decimal_marks(map(str, cells.dropna().unique())) for cells in texts.values()]
    proved = {mark for column in marks if len(column) == 1 for mark in column}
    mark = next(iter(proved)) if len(proved) == 1 else "," if separator == ";" else "."
    for column, cells in texts.items():
        if doubt := doubtful_number(cells, mark):
            odd.append(f"In column {column!r} {doubt}: nothing in the column tells thousands from decimals."
                       " Write thousands without a mark if that is wrong.")  # fmt: skip
    return frame, name, mark, odd


def _of_engine(source: Any) -> pd.DataFrame:  # noqa: ANN401 - whatever was given
    try:
        frame: pd.DataFrame = nw.from_native(source).lazy().collect("pandas").to_native()
    except TypeError as problem:
        raise TableError(
            f"{type(source).__name__} is no table. Name a file, or give a data frame."
        ) from problem
    return frame


def _roles(frame: pd.DataFrame, name: str, given: Mapping[str, str | None]) -> dict[str, str]:
    """Return the column of each role, named or found by its usual names."""
    folded = {str(column).casefold(): str(column) for column in reversed(frame.columns)}
    found: dict[str, str] = {}
    for role, column in given.items():
        if column:
            if column not in frame and column.casefold() not in folded:
                near = did_you_mean(column, map(str, frame.columns))
                raise TableError(f"{name} has no column {column!r} for the {role}. Name one of {near}.")
            found[role] = column if column in frame else folded[column.casefold()]
    for role in (role for role in _ROLES if role not in found):
        usual = usual_names(role)
        free = [folded[word] for word in usual if word in folded and folded[word] not in found.values()]
        if role == "request":
            free = [column for column in free if column.casefold() in _KEYS or frame[column].is_unique]
        found |= dict.fromkeys([role], free[0]) if free else {}
    if "label" not in found:
        columns = ", ".join(map(str, frame.columns[:12]))
        raise TableError(f"{name} has no column that is called like a label. Name it with label: {columns}.")
    return found


def _words(words: str | Collection[str]) -> Collection[str]:
    return [words] if isinstance(words, str) else words


def _requests(reading: Reading, columns: Mapping[str, str]) -> tuple[list[str], Any, list[str]]:
    """Return the requests' keys, the rows that are kept, and what is said of those that are not."""
    frame, column = reading.frame, columns.get("request")
    if column is None:
        keys = [f"row {row}" for row in frame.index]
        if len(set(keys)) < len(keys):
            keys = [f"row {at}" for at in range(len(frame))]
        over = int(frame.astype("str").duplicated().sum())
        alike = (
            f"{counted(over, 'row')} repeat{'s' * (over == 1)} an earlier one word for word, and each counts."
        )
        return keys, np.ones(len(frame), dtype=bool), [alike] if over else []
    place, texts = reading.place(column), plain_cells(frame[column])
    first: dict[str, int] = {}
    kept = np.ones(len(frame), dtype=bool)
    same = frame.astype("object").where(frame.notna(), None).apply(tuple, axis=1)
    for at, text in enumerate(texts):
        if text is None:
            raise place.refuse(at, "the request has no name", "Give it one, or name no column for requests")
        if text in first:
            if same.iloc[at] != same.iloc[first[text]]:
                says = f"{text!r} names the request of row {place.rows[first[text]]} already"
                raise place.refuse(at, says, "Give each request a name of its own, or take one row out")
            kept[at] = False
        first.setdefault(text, at)
    over = int((~kept).sum())
    said = [f"{counted(over, 'row')} that repeat{'s' * (over == 1)} an earlier one word for word"
            f" count{'s' * (over == 1)} once."] if over else []  # fmt: skip
    return [text for text, keep in zip(texts, kept, strict=True) if keep], kept, said


def _times(reading: Reading, columns: dict[str, str]) -> pd.Series | None:
    column = columns.get("time")
    if column is None:
        return None
    place = reading.place(column)
    times = as_moments(reading.frame[column], place, day_first=reading.day_first)
    missing = np.flatnonzero(times.isna())
    if len(missing):
        says = "the day is missing, and requests are compared in the order of time"
        raise place.refuse(int(missing[0]), says, "Fill it in, or take the row out")
    return times


def _people(reading: Reading, columns: Mapping[str, str], keys: list[str]) -> pd.Series | None:
    column = columns.get("person")
    if column is None:
        return None
    texts = plain_cells(reading.frame[column])
    people = [key if text is None else profile_slug(text) or text.casefold()
              for key, text in zip(keys, texts, strict=True)]  # fmt: skip
    return pd.Series(people, index=pd.Index(keys, name="request"), dtype="str")


def _framed(facts: Facts, keys: list[str], index: pd.Index | None = None) -> pd.DataFrame:
    columns = {name: values.to_numpy() if values.dtype == "object" else values.array
               for name, (_, values) in facts.items()}  # fmt: skip
    return pd.DataFrame({"request": keys, **columns}, index=index).astype({"request": "str"})


def _odd_days(facts: Facts, times: pd.Series | None, sources: Mapping[str, FactFrom]) -> list[str]:
    """Name requests of the future, and columns whose numbers may be a spreadsheet's days."""
    if times is None:
        return []
    found = []
    if later := int((times > pd.Timestamp.now("UTC") + pd.Timedelta(days=1)).sum()):
        verb = "lies" if later == 1 else "lie"
        found.append(f"{counted(later, 'request')} {verb} in the future. Look whether the days are right.")
    day = (times - _DAY_ZERO).dt.days.to_numpy()
    for name, (fact, values) in facts.items():
        before = pd.Series(day - values.to_numpy("float64", na_value=np.nan) if fact.is_number else [])
        if before.count() and before.dropna().between(-1, _TEN_YEARS).all():
            column = sources[name].column
            found.append(f"The column {column!r} may hold a spreadsheet's days, and counts as numbers."
                         " Save it with days such as 2024-03-05 if so.")  # fmt: skip
    return found


def _leaks(facts: Facts, labels: pd.Series, sources: Mapping[str, FactFrom]) -> list[str]:
    """Name the facts that tell every label by themselves: mostly, they were written down afterwards."""
    found = []
    for name, (fact, values) in facts.items():
        levels = fact.banded(values).fillna("unknown").set_axis(labels.index)
        shares = labels.groupby(levels).mean()
        if len(labels) >= 20 and shares.isin((0.0, 1.0)).all() and len(shares) < len(labels) / 2:
            found.append(f"The column {sources[name].column!r} alone tells every label. Was it known when the"
                         " request came? If not, leave it out.")  # fmt: skip
    return found


def _written(columns: Mapping[str, str], label: Label, day_first: bool | None, kind: Kind) -> dict[str, Any]:
    roles: dict[str, Any] = {role: columns.get(role) for role in _ROLES}
    return {"label": roles.pop("label"), "yes": label.yes, "no": label.no, **roles,
            "day_first": day_first, "kind": kind}  # fmt: skip


def require_times(table: LabelledTable) -> pd.Series:
    """Return a table's times, without which nothing is compared."""
    if table.times is None:
        raise NotEnoughError(
            "The table does not say when the requests came, and judges are compared in the order of time."
            " Name the column of its days with time."
        )
    return table.times
