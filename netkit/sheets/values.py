"""What a spreadsheet's cell means: dates in every unambiguous spelling, TRUE and FALSE, stray spaces."""

import re
from datetime import date, datetime, timedelta

from netkit.ledger.csv_cells import unescape_formula

Cell = str | int | float | bool | datetime | date | None

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|\+00:00)?)?"
)
_NUMBERS = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:,? \d{1,2}:\d{2}.*)?")
_WORDS = re.compile(r"(\d{1,2})[ .\-]+([A-Za-z]{3})[a-z]*[ .\-,]+(\d{4}|\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Day 0 of a spreadsheet's calendar, and the numbers that stand for 1990 to 2099 in it.
_DAY_ZERO = datetime(1899, 12, 30)
_SERIALS = range(32874, 73051)


def text_of(cell: Cell) -> str:
    """Return a cell as trimmed text.

    Parameters
    ----------
    cell : str, number, bool, datetime or None
        What the file holds.

    Returns
    -------
    str
        Empty for an empty cell; a spreadsheet's TRUE and FALSE as `TRUE` and `FALSE`.

    Examples
    --------
    >>> text_of(" Yes\u00a0"), text_of(3.0), text_of(True), text_of("'=1")
    ('Yes', '3', 'TRUE', '=1')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unescape_formula(str(cell).replace("\u00a0", " ").strip())


def yes_or_no(text: str) -> str:
    """Return `yes` for TRUE and `no` for FALSE, what spreadsheets make of a tick; else the text.

    Parameters
    ----------
    text : str
        A cell under a fact whose levels are yes and no.

    Returns
    -------
    str
        The level, or the text as it was.

    Examples
    --------
    >>> yes_or_no("TRUE"), yes_or_no("maybe")
    ('yes', 'maybe')
    """
    return {"true": "yes", "false": "no"}.get(text.casefold(), text)


def read_day(cell: Cell) -> datetime | date | None:
    """Read a date in any spelling that has one meaning only.

    Parameters
    ----------
    cell : str, number, datetime or None
        What the file holds.

    Returns
    -------
    datetime, date or None
        A datetime where a time was given; None for an empty cell.

    Raises
    ------
    ValueError
        It is no date, or day and month could be swapped; the message says which.

    Examples
    --------
    >>> [str(read_day(cell)) for cell in ("2024-03-05", 45356, "5-Mar-24", "31/3/2024")]
    ['2024-03-05', '2024-03-05', '2024-03-05', '2024-03-31']
    """
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == datetime.min.time() else cell
    if isinstance(cell, date):
        return cell
    text = text_of(cell)
    if not text:
        return None
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(float(text)) in _SERIALS:
        return read_day(_DAY_ZERO + timedelta(seconds=round(float(text) * 86400)))
    return _spelled(text)


def _spelled(text: str) -> datetime | date:
    if found := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        if found[4]:
            return datetime(year, month, day, hour, minute, second)
        return date(year, month, day)
    if found := _WORDS.fullmatch(text):
        if found[2].casefold() in _MONTHS:
            return date(_year(found[3]), _MONTHS.index(found[2].casefold()) + 1, int(found[1]))
    elif found := _NUMBERS.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), _year(found[4])
        if found[2] == "." or first > 12:  # points are written where the day stands first
            return date(year, second, first)
        if second > 12 or first == second:
            return date(year, first, second)
        raise ValueError("day and month could be swapped")
    raise ValueError("not a date")


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)
