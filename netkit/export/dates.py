"""Dates and times in every shape that the export, or a spreadsheet after it, has written them."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.errors import ExportError
from netkit.plain_yaml import read_yaml

_Numbers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

_DAY, _MONTH, _NAME = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<name>[^\d\s/.,:-]+)"
_YEAR, _LONG_YEAR = r"(?P<year>\d{4}|\d{2})", r"(?P<year>\d{4})"
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?"
_TIME = rf"(?:[T ,]+{_CLOCK} ?(?P<half>[AaPp]\.? ?[Mm]\.?)?)?"
_ZONE = r" ?(?P<zone>UTC|GMT|Z|[+-]\d{2}:?\d{2})?"
_BLANKS = r"[\s\x{a0}\x{2007}\x{202f}]+"  # newer exports put a narrow one before AM and PM
# Tried in this order; the last is the only one in which day and month could change places.
_SHAPES = (
    ("year first", rf"^{_LONG_YEAR}[-/.]{_MONTH}[-/.]{_DAY}{_TIME}{_ZONE}$"),
    ("named month", rf"^{_DAY}\.?[ -]{_NAME}\.?[ -]{_YEAR}{_TIME}{_ZONE}$"),
    ("month, day", rf"^{_NAME}\.? {_DAY}(?:, ?| ){_LONG_YEAR}{_TIME}{_ZONE}$"),
    ("weekday", rf"^[^\d\s]{{2,5}} {_NAME} {_DAY} {_CLOCK} (?P<zone>UTC|GMT) {_LONG_YEAR}$"),
    ("dotted", rf"^{_DAY}\.{_MONTH}\.{_YEAR}{_TIME}{_ZONE}$"),
    ("numbers", rf"^{_MONTH}[/-]{_DAY}[/-]{_YEAR}{_TIME}{_ZONE}$"),
)
_MONTHS_ONLY = (("month and year", rf"^{_NAME}\.?[ -]{_LONG_YEAR}$"), ("year", rf"^{_LONG_YEAR}$"))
# `27 Oct 2019`, `2019-10-27 16:05:00 UTC`, `Tue Mar 05 10:00:00 UTC 2024`, `10/27/19, 4:05 PM`
_OWN = (
    r"^\d{1,2} [A-Z][a-z]{2} \d{4}$|^\d{4}[-/]\d{2}[-/]\d{2} \d{2}:\d{2}:\d{2} UTC$| UTC \d{4}$"
    r"|^\d{1,2}/\d{1,2}/\d{2}, \d{1,2}:\d{2} [AP]M$|^[A-Z][a-z]{2} \d{4}$|^\d{4}$"
)
# How dates are written that the platform would write otherwise: a pattern, and what stands for it.
_WORDED = (
    (r"^[^\d\s,]+, |^[^\d\s,]+ (?P<rest>\d{1,2}\.? [^\d\s])", r"\1"),  # the day of the week
    (r"(\d)(?:st|nd|rd|th)\b", r"\1"),
    (r"(?i) d[eo] ", " "),
    (r"^(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일]", r"\1-\2-\3"),
    (r"(?i)vorm\.?$", "AM"),
    (r"(?i)nachm\.?$", "PM"),
    (r" PST$", " -08:00"),
    (r" PDT$", " -07:00"),
)
_DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"
_SERIAL = r"^(?P<serial>\d{5}(?:[.,]\d+)?)$"
_SERIALS = (32_874, 73_051)
_NONE = np.array([], np.int64)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100  # what lies outside is a slip of the keyboard
_OWN_NUMBERS = r"^\d{1,2}/\d{1,2}/\d{2}, \d{1,2}:\d{2} ?[AP]M$"


@dataclass(frozen=True)
class _Dates:
    """A column of dates, and the positions of what was odd in it."""

    values: pd.Series
    unread: _Numbers
    twice: _Numbers
    never: _Numbers
    resaved: bool


def read_dates(text: pa.Array, *, where: str, zone: str = "UTC", month_only: bool = False) -> _Dates:
    """Read a column of dates and times.

    >>> cells = pa.array(["10/27/19, 4:05 PM", None, "soon"])
    >>> found = read_dates(cells, where="Sent At", zone="America/Los_Angeles")
    >>> str(found.values[0]), found.unread.tolist()
    ('2019-10-27 23:05:00+00:00', [2])
    """
    plain = not (pa.types.is_null(text.type) or pa.types.is_dictionary(text.type))
    cells = text if plain else text.cast(pa.string())
    quick = _all_utc(cells)
    if quick is not None:
        return quick
    cells = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, _BLANKS, " "))
    filled = pc.not_equal(pc.fill_null(cells, ""), "").to_numpy(zero_copy_only=False)
    local, marked = _local_times(cells, where, month_only)
    read = ~np.isnat(local)
    unread = np.flatnonzero(filled & ~read)
    if len(unread) > 1 and not read.any():
        raise ExportError(
            f"{where} has {len(unread)} cells, and not one of them is a date such as 27 Oct 2019 or"
            " 10/27/19, 4:05 PM",
            "Download the export once more, or take that file out of the archive",
        )
    values, twice, never = _to_utc(local, marked, zone)
    own = pc.fill_null(pc.match_substring_regex(cells, _OWN), False).to_numpy(zero_copy_only=False)
    return _Dates(values, unread, twice, never, bool((read & ~own).any()))


def _all_utc(cells: pa.Array) -> _Dates | None:
    """Read a column that is `YYYY-MM-DD HH:MM:SS UTC` throughout, as a mailbox is, at full speed."""
    if cells.null_count == len(cells):
        return _found(pd.Series(pd.NaT, index=range(len(cells)), dtype="datetime64[us, UTC]"))
    offsets = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset :][: len(cells) + 1]
    if cells.null_count or (np.diff(offsets) != len("2019-10-27 16:05:00 UTC")).any():
        return None
    letters = np.frombuffer(cells.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(-1, 23)
    if (letters[:, 19:] != np.frombuffer(b" UTC", np.uint8)).any():
        return None
    moments = [None, pa.py_buffer(np.ascontiguousarray(letters[:, :19]))]
    try:
        times = pa.Array.from_buffers(pa.binary(19), len(cells), moments)
        times = times.cast(pa.string()).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(times.cast(pa.int64())).as_py()
    if ends["min"] < _micros(_FIRST_YEAR) or ends["max"] >= _micros(_LAST_YEAR + 1):
        return None
    return _found(times.cast(pa.timestamp("us", "UTC")).to_pandas())


def _micros(year: int) -> int:
    return int(np.datetime64(f"{year}-01-01", "us").astype(np.int64))


def _found(values: pd.Series) -> _Dates:
    return _Dates(values.rename(None), _NONE, _NONE, _NONE, False)


def _local_times(cells: pa.Array, where: str, month_only: bool) -> tuple[Any, _Mask]:
    """Return naive times (NaT where none was read), and whether each is marked as UTC."""
    local, marked = _in_shapes(cells, where, month_only)
    filled = pc.not_equal(pc.fill_null(cells, ""), "").to_numpy(zero_copy_only=False)
    left = np.flatnonzero(filled & np.isnat(local))
    if len(left):
        odd = cells.take(pa.array(left))
        with suppress(ExportError):  # what would be ambiguous is then no date
            local[left], marked[left] = _in_shapes(_plainer(odd), where, month_only)
        serial = _from_serials(odd)
        local[left] = np.where(np.isnat(local[left]), serial, local[left])
    return local, marked


def _plainer(cells: pa.Array) -> pa.Array:
    """Return dates as people write them in more of the ways in which the platform does."""
    digits = str.maketrans(_DIGITS, "0123456789" * 2)
    texts = pa.array([text.translate(digits) for text in cells.to_pylist()], pa.string())
    for pattern, plain in _WORDED:
        texts = pc.replace_substring_regex(texts, pattern, plain)
    return texts


def _from_serials(cells: pa.Array) -> Any:  # noqa: ANN401 - an array of datetime64
    """Return the days for which a spreadsheet wrote their number, from 1990 to 2099."""
    found = pc.extract_regex(cells, _SERIAL)
    number = pc.struct_field(found, "serial").fill_null("0.0")
    days = pc.replace_substring(number, ",", ".").cast(pa.float64()).to_numpy(zero_copy_only=False)
    seconds = np.round(days * 86_400).astype("timedelta64[s]")
    times = (np.datetime64("1899-12-30", "s") + seconds).astype("datetime64[us]")
    return np.where((days >= _SERIALS[0]) & (days < _SERIALS[1]), times, np.datetime64("NaT"))


def _in_shapes(cells: pa.Array, where: str, month_only: bool) -> tuple[Any, _Mask]:
    local = np.full(len(cells), np.datetime64("NaT"), "datetime64[us]")
    marked = np.zeros(len(cells), bool)
    left = cells.is_valid().to_numpy(zero_copy_only=False)
    for shape, pattern in (*_SHAPES, *(_MONTHS_ONLY if month_only else ())):
        if not (left & np.isnat(local)).any():
            break
        parts = pc.extract_regex(cells, pattern)
        at = np.flatnonzero(parts.is_valid().to_numpy(zero_copy_only=False) & np.isnat(local))
        if not len(at):
            continue
        taken = _Parts(parts.take(pa.array(at)))
        if shape == "numbers":
            taken = _in_order(taken, cells.take(pa.array(at)), where, others=~np.isnat(local).all())
        local[at] = taken.times()
        marked[at] = taken.text("zone") != ""
    return local, marked


@cache
def _months() -> dict[str, int]:
    path = Path(__file__).parent / "format" / "months.yaml"
    declared = read_yaml(path, error=ExportError)["months"]
    return {name: int(number) for number, names in declared.items() for name in names}


class _Parts:
    """Year, month, day and so on of a column, as numbers."""

    def __init__(self, parts: pa.StructArray, *, swapped: bool = False) -> None:
        self.parts = parts
        self.swapped = swapped
        self.names = [field.name for field in parts.type]

    def text(self, name: str) -> Any:  # noqa: ANN401 - an array of str
        if name not in self.names:
            return np.full(len(self.parts), "", object)
        return pc.struct_field(self.parts, name).to_numpy(zero_copy_only=False)

    def number(self, name: str, default: int) -> _Numbers:
        if name not in self.names:
            return np.full(len(self.parts), default, np.int64)
        written = pc.struct_field(self.parts, name)
        filled = pc.if_else(pc.equal(written, ""), str(default), written)
        return np.asarray(filled.cast(pa.int64()), np.int64)

    def month(self) -> _Numbers:
        if "name" not in self.names:
            return self.number("day" if self.swapped else "month", 1)
        numbers = [_months().get(str(name).casefold(), 0) for name in self.text("name")]
        return np.array(numbers, np.int64)

    def hour(self) -> _Numbers:
        hour = self.number("hour", 0)
        half = np.array([str(half)[:1].casefold() for half in self.text("half")])
        wrong = (half != "") & ((hour < 1) | (hour > 12))
        return np.where(wrong, 99, np.where(half == "", hour, hour % 12 + 12 * (half == "p")))

    def ahead(self) -> tuple[_Numbers, _Mask]:
        """Return the minutes by which each zone's clock is ahead of UTC, and whether there is such a zone."""
        none = np.zeros(len(self.parts), np.int64)
        zone = pc.struct_field(self.parts, "zone") if "zone" in self.names else None
        if zone is None or not pc.any(pc.match_substring_regex(zone, "^[+-]")).as_py():
            return none, none == 0
        zones, codes = np.unique(self.text("zone").astype(str), return_inverse=True)
        offsets = [zone if zone[:1] in ("+", "-") else "+00:00" for zone in zones]
        hours = np.array([int(zone[1:3]) for zone in offsets])
        minutes = np.array([int(zone[-2:]) for zone in offsets])
        signs = np.array([-1 if zone[0] == "-" else 1 for zone in offsets])
        right = (hours <= 14) & (minutes < 60)
        return (signs * (hours * 60 + minutes))[codes], right[codes]

    def times(self) -> Any:  # noqa: ANN401 - an array of datetime64
        year, month = self.number("year", 0), self.month()
        signs = pc.utf8_length(pc.struct_field(self.parts, "year")).to_numpy(zero_copy_only=False)
        year = np.where(signs == 2, year + 2000, year)
        day = self.number("month" if self.swapped else "day", 1)
        hour, minute, second = self.hour(), self.number("minute", 0), self.number("second", 0)
        first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
        date = first.astype("datetime64[D]") + (day - 1)
        right = (date.astype("datetime64[M]") == first) & (month >= 1) & (month <= 12) & (day >= 1)
        right &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR)
        right &= (hour < 24) & (minute < 60) & (second < 60)
        ahead, told = self.ahead()
        right &= told
        seconds = date.astype("datetime64[s]") + (hour * 3600 + (minute - ahead) * 60 + second)
        return np.where(right, seconds.astype("datetime64[us]"), np.datetime64("NaT"))


def _in_order(taken: _Parts, cells: pa.Array, where: str, *, others: bool) -> _Parts:
    """Decide whether numbers such as 3/4/21 have the month or the day first, or refuse to guess."""
    first, second = taken.number("month", 0), taken.number("day", 0)
    own = pc.match_substring_regex(cells, _OWN_NUMBERS).to_numpy(zero_copy_only=False)
    day_first = bool(((first > 12) & (second <= 12)).any())
    month_first = bool(((second > 12) & (first <= 12)).any())
    # A spreadsheet set to day-first rewrites 10/5/19 as another date and leaves 10/27/19 as it is.
    half_rewritten = own.any() and (others or not own.all()) and not (own & (second <= 12)).any()
    if half_rewritten or (day_first and month_first):
        raise _ambiguous(where, "dates in two different orders of day and month")
    if day_first != month_first:
        return _Parts(taken.parts, swapped=day_first)
    if own.all() or (first == second).all():
        return taken
    raise _ambiguous(where, "dates whose day and month cannot be told apart (such as 3/4/2021)")


def _to_utc(local: Any, marked: _Mask, zone: str) -> tuple[pd.Series, _Numbers, _Numbers]:  # noqa: ANN401
    naive = pd.Series(local)
    as_utc = naive.dt.tz_localize("UTC")
    if zone == "UTC" or (marked | np.isnat(local)).all():
        return as_utc, _NONE, _NONE
    dst = np.ones(len(naive), bool)  # the earlier of the two: no answer then precedes its question
    there = naive.dt.tz_localize(zone, ambiguous=dst, nonexistent="shift_forward")
    strict = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    lenient = naive.dt.tz_localize(zone, ambiguous=dst, nonexistent="NaT")
    twice = np.flatnonzero(strict.isna() & naive.notna() & ~marked)
    never = np.flatnonzero(lenient.isna() & naive.notna() & ~marked)
    return there.dt.tz_convert("UTC").where(~marked, as_utc), twice, never


def _ambiguous(where: str, what: str) -> ExportError:
    return ExportError(
        f"{where} has {what}, as a spreadsheet program leaves them",
        "Use the file as you downloaded it, not a copy that a spreadsheet program saved",
    )
