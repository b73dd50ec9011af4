"""What the cells of one column say: yes or no, numbers, moments or words; an odd cell is never guessed."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from netkit.errors import ExportError, FactError, TableError
from netkit.export.dates import read_dates
from netkit.facts import FORBIDDEN
from netkit.plain_yaml import read_yaml

Sort = Literal["yes_no", "number", "moment", "words"]
_BLANKS = re.compile(r"[\s\u00a0\u2007\u202f]+")
_POINT = re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+|(?=,\d))(?:,\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # a thousand and more, or three decimals
_KEY = re.compile(r"[+-]?(?:0\d+|\d{16,})")
_AROUND = re.compile(
    r"^(?:[€$£¥]|eur|usd|gbp|chf)\s*|\s*(?:[€$£¥]|eur|usd|gbp|chf)$|(?<=\d)[\s'’](?=\d{3}(?!\d))",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})\b(.*)")
_YEARS = (1900, 2100)
# Of a column's cells, the share that must be numbers (or days) for the others to be slips.
_MOSTLY = 0.8


@cache
def table_words(part: str, which: str) -> frozenset[str]:
    """Return one of the lists of `words.yaml`.

    >>> "ja" in table_words("yes_no", "yes")
    True
    """
    found = read_yaml(Path(__file__).with_name("words.yaml"), error=FactError)[part]
    return frozenset(str(word).casefold() for word in (found if part == which else found[which]))


def usual_names(role: str) -> list[str]:
    """Return what the column of a role is usually called, the likeliest first."""
    named = read_yaml(Path(__file__).with_name("words.yaml"), error=FactError)["columns"][role]
    return [str(word).casefold() for word in named]


@dataclass(frozen=True)
class Place:
    """Where a cell stands: the table, the column, and the name of each of its rows."""

    table: str
    column: str
    rows: Sequence[Hashable]

    def refuse(self, at: int | None, says: str, do: str) -> TableError:
        """Return a refusal that names row and column, in two sentences."""
        where = "" if at is None else f"row {self.rows[at]}, "
        return TableError(f"{self.table}, {where}column {self.column!r}: {says}. {do}.")


@dataclass(frozen=True)
class Cells:
    """The cells of one column as one sort of value, missing ones missing."""

    sort: Sort
    values: pd.Series
    words: tuple[str, ...] = ()  # in order, where the sort is words
    percent: bool = False


def plain_cells(values: pd.Series) -> pd.Series:
    """Return cells as trimmed text, None where one is missing; typed values keep their type's spelling."""
    known = {value: _plain(value) for value in values.dropna().unique()}
    found = [known.get(value) if there else None for value, there in zip(values, values.notna(), strict=True)]
    return pd.Series(found, index=values.index, dtype="object")


def simple_cells(values: pd.Series) -> pd.Series:
    """Return a data frame's column with lists, tables and other things in its cells as the texts they are."""
    if values.dtype.kind == "c":
        return values.astype("str")
    if isinstance(values.dtype, pd.ArrowDtype) and values.dtype.kind == "O":
        values = values.astype("object")
    return values.map(_simple).astype("object") if values.dtype == "object" else values


def _simple(value: Any) -> Any:  # noqa: ANN401 - whatever a cell may hold
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a letter is no text
    return str(value) if isinstance(value, tuple) or not isinstance(value, Hashable) else value


def each(texts: pd.Series, change: Callable[[str], Any]) -> pd.Series:
    """Return what becomes of each text; None stays None, which pandas would turn into a number."""
    known = {text: change(text) for text in texts.unique() if text is not None}
    return pd.Series([known.get(text) for text in texts], index=texts.index, dtype="object")


def _plain(value: Any) -> str | None:  # noqa: ANN401 - whatever a cell may hold
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, datetime | date | np.datetime64):
        return str(value)
    if isinstance(value, float | np.floating | Decimal) and abs(float(value)) < 1e15:
        return str(int(value)) if value == int(value) else str(value)
    text = _BLANKS.sub(" ", str(value)).strip()
    return None if not text or text.casefold() in table_words("missing", "missing") else text


def read_cells(values: pd.Series, place: Place, *, mark: str = "", day_first: bool | None = None) -> Cells:
    """Tell what sort of column this is, and read it as that."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return Cells("yes_no", _yes_no(plain_cells(values)))
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _typed_numbers(values, place)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return Cells("moment", as_moments(values, place))
    texts = plain_cells(values)
    seen = [str(text) for text in texts.dropna().unique()]
    folded = {text.casefold() for text in seen}
    yes, no = table_words("yes_no", "yes"), table_words("yes_no", "no")
    # Of several words that all mean yes, such as x and y, each means something of its own.
    if folded and folded <= yes | no and (len(folded) == 1 or (folded & yes and folded & no)):
        return Cells("yes_no", _yes_no(texts))
    if _share(texts, [text for text in seen if _is_number(text)]) >= _MOSTLY and seen:
        return read_numbers(values, place, mark=mark)
    dated = [text for text in seen if _looks_dated(text)]
    if dated and _share(texts, dated) >= _MOSTLY:
        return Cells("moment", as_moments(values, place, day_first=day_first))
    order = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else sorted(seen)
    words = tuple(dict.fromkeys(filter(None, (_plain(word) for word in order if str(word).strip()))))
    folded_words = tuple(dict.fromkeys(word.casefold() for word in words if word.casefold() in folded))
    return Cells("words", each(texts, str.casefold), folded_words)


def _share(texts: pd.Series, some: Iterable[str]) -> float:
    known = texts.dropna()
    return float(known.isin(list(some)).mean()) if len(known) else 0.0


def _yes_no(texts: pd.Series) -> pd.Series:
    yes = table_words("yes_no", "yes")
    return each(texts, lambda text: "yes" if text.casefold() in yes else "no")


def yes_or_no(values: pd.Series, place: Place) -> pd.Series:
    """Read a column whose every cell says yes or no."""
    texts = plain_cells(values)
    known = table_words("yes_no", "yes") | table_words("yes_no", "no")
    for at, text in enumerate(texts):
        if text is not None and text.casefold() not in known:
            raise place.refuse(at, f"{text!r} is neither yes nor no", "Correct the cell, or the levels")
    return _yes_no(texts)


def _typed_numbers(values: pd.Series, place: Place) -> Cells:
    numbers = values.astype("Float64").astype("object").where(values.notna(), None).astype("float64")
    endless = np.flatnonzero(np.isinf(numbers))
    if len(endless):
        raise place.refuse(int(endless[0]), "the number has no end", "Write a finite number, or nothing")
    found = numbers.dropna()
    # Zeros and ones are how programs write no and yes.
    if len(found) and found.isin((0, 1)).all():
        return Cells("yes_no", each(plain_cells(numbers), {"1": "yes", "0": "no"}.__getitem__))
    return Cells("number", numbers)


def _bare(text: str) -> str:
    """Return a number without what stands around it: currency, blanks, brackets, per cent."""
    text = text.replace("−", "-").removesuffix("%").strip()
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    return _AROUND.sub("", re.sub(r"^([+-]) ", r"\1", text))


def _is_number(text: str) -> bool:
    bare = _bare(text)
    # A postcode, or a key of many digits, is no amount: what stands in it would be lost.
    return not _KEY.fullmatch(bare) and bool(_POINT.fullmatch(bare) or _COMMA.fullmatch(bare))


def decimal_marks(texts: Iterable[str]) -> set[str]:
    """Return which marks of decimals some numbers prove.

    >>> decimal_marks(["3,5", "1.234,0", "7"]), decimal_marks(["1,234"]), decimal_marks(["0.5"])
    ({','}, set(), {'.'})
    """
    found = set()
    for bare in map(_bare, texts):
        point, comma = _POINT.fullmatch(bare), _COMMA.fullmatch(bare)
        if bool(point) != bool(comma):
            found.add("." if point else ",")
    return found


def doubtful_number(texts: pd.Series, mark: str) -> str:
    """Say what a column of numbers counts as, where nothing in it tells thousands from decimals.

    >>> doubtful_number(pd.Series(["3,725", "1,250"]), "."), doubtful_number(pd.Series(["3,725", "0,5"]), ".")
    ("'3,725' counts as 3725", '')
    """
    seen = [str(text) for text in texts.dropna().unique()]
    either = next((text for text in seen if _EITHER.fullmatch(_bare(text))), None)
    if either is None or decimal_marks(seen) or not all(map(_is_number, seen)):
        return ""
    return f"{either!r} counts as {_amount(_bare(either), mark):.12g}"


def _amount(bare: str, mark: str) -> float:
    return float(bare.replace(",", "") if mark == "." else bare.replace(".", "").replace(",", "."))


def read_numbers(
    values: pd.Series, place: Place, *, mark: str = "", do: str = "Correct the cell, or leave it empty"
) -> Cells:
    """Read a column of numbers; the mark of decimals is the column's own, else the table's."""
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        cells = _typed_numbers(values, place)
        return cells if cells.sort == "number" else Cells("number", values.astype("float64"))
    texts = plain_cells(values)
    seen = [str(text) for text in texts.dropna().unique()]
    own = decimal_marks(text for text in seen if _is_number(text))
    if len(own) > 1:
        at = next(at for at, text in enumerate(texts) if text and decimal_marks([text]) == {","})
        says = f"{texts.iloc[at]!r} has a decimal comma where other cells have a decimal point"
        raise place.refuse(at, says, "Write all decimals of the column alike")
    chosen = next(iter(own), mark or ".")
    shape, percent = (_POINT if chosen == "." else _COMMA), {text.endswith("%") for text in seen}
    numbers: dict[str, float] = {}
    for text in seen:
        bare = _bare(text)
        if not shape.fullmatch(bare) or not _is_number(text):
            at = texts.tolist().index(text)
            raise place.refuse(at, f"{text!r} is no number, as the other cells are", do)
        numbers[text] = _amount(bare, chosen)
    if len(percent) > 1:
        at = next(at for at, text in enumerate(texts) if text and text.endswith("%"))
        says = f"{texts.iloc[at]!r} is a share in per cent, and other cells are not"
        raise place.refuse(at, says, "Write all shares of the column alike")
    return Cells("number", each(texts, numbers.__getitem__).astype("float64"), percent=True in percent)


def _looks_dated(text: str) -> bool:
    # Five digits may be a spreadsheet's day; in a column of facts they are a number.
    return len(text) >= 6 and any(sign.isdigit() for sign in text) and not _is_number(text) and _one_day(text)


@cache
def _one_day(text: str) -> bool:
    if _SLASHED.fullmatch(text):
        return True
    try:
        return not read_dates(pa.array([text, None]), where="").values.isna().iloc[0]
    except ExportError:
        return False


def as_moments(values: pd.Series, place: Place, *, day_first: bool | None = None) -> pd.Series:
    """Read a column of days or moments, in UTC where nothing else is said."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        moments = pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
        odd = np.flatnonzero(moments.notna() & ~moments.dt.year.between(*_YEARS))
        if len(odd):
            raise place.refuse(
                int(odd[0]), f"{values.iloc[odd[0]]} is no day of our time", "Correct the cell"
            )
        return moments
    texts = each(
        plain_cells(values),
        lambda text: _COMPACT.sub(r"\1-\2-\3", text) if _COMPACT.fullmatch(text) else text,
    )
    if day_first is not None:
        texts = each(texts, lambda text: _year_first(text, day_first))
    try:
        read = read_dates(pa.array(texts.tolist(), pa.string()), where="").values
    except ExportError as problem:
        if "not one of them" in problem.wrong:
            at = next(at for at, text in enumerate(texts) if text)
            raise place.refuse(at, f"{texts.iloc[at]!r} is no day, nor is any other cell",
                               "Name a column of days, such as 2024-03-05") from problem  # fmt: skip
        at = next(at for at, text in enumerate(texts) if text and _SLASHED.fullmatch(text))
        says = f"day and month could be swapped in {texts.iloc[at]!r} and in other cells"
        do = "Write days like 2024-03-05, or say whether the day stands first"
        raise place.refuse(at, says, do) from problem
    unread = np.flatnonzero(read.isna().to_numpy() & texts.notna().to_numpy())
    if len(unread):
        at = int(unread[0])
        raise place.refuse(at, f"{texts.iloc[at]!r} is no day", "Write it like 2024-03-05")
    return read.set_axis(values.index)


def _year_first(text: str, day_first: bool) -> str:
    found = _SLASHED.fullmatch(text)
    if not found:
        return text
    one, _, two, year, rest = found.groups()
    day, month = (one, two) if day_first else (two, one)
    return f"{year if len(year) == 4 else f'20{year}'}-{month}-{day}{rest}"


def fact_name(heading: str, number: int, taken: Iterable[str] = ()) -> str:
    """Return a column's heading as the name of a fact.

    >>> fact_name("Years of experience (self)", 3), fact_name("2nd visit", 4), fact_name("?", 5)
    ('years_of_experience_self', 'n_2nd_visit', 'column_5')
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", heading)
    name = re.sub(r"\W+", "_", parted.casefold()).strip("_") or f"column_{number}"
    name = name if name.isidentifier() else f"n_{name}"
    name = "the_request" if name == "request" else name
    while name in taken:
        name += "_2"
    return name


def is_taboo(name: str) -> str:
    """Return the word of a name, or of a level, that no fact about a sender may speak of, or nothing."""
    never = FORBIDDEN | table_words("never", "never")
    words = re.split(r"[\W_]+", name.casefold())
    return next((word for word in words if word in never and words[0] != "my"), "")
