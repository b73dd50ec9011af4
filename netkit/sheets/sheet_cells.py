"""The cells and rows of a label sheet: read one by one; every wrong cell is remembered, none is guessed."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from netkit.errors import FactError, SheetError, did_you_mean
from netkit.facts import TAKE_BACK, UNKNOWN, Fact, Vocabulary
from netkit.ledger.database import FIRST_YEAR, read_moment
from netkit.people import profile_slug
from netkit.sheets.spreadsheet_files import Column, text_of
from netkit.workbook_files import Cell

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


def _read_day(cell: Cell) -> datetime | date | None:
    """Read a date in any spelling that has one meaning only.

    >>> [str(_read_day(cell)) for cell in ("2024-03-05", 45356, "5-Mar-24", "31/3/2024")]
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
        return _read_day(_DAY_ZERO + timedelta(seconds=round(float(text) * 86400)))
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


# Neither name is repeated: what is printed may be copied into a question to somebody else.
OTHER_PERSON = "this is another person than the request's. Check whether a row has slipped."
# What people write of what they did, for the action.
_DONE = {
    "accepted": "accept", "asked": "ask", "deferred": "defer", "declined": "decline", "ignored": "ignore",
    "introduced": "introduce", "redirected": "redirect",
}  # fmt: skip
_SHOWN = 20  # wrong cells named in the message; all of them are in `problems`


def _shortened(problem: str) -> str:
    """Return a problem without the middle of a very long cell that it quotes."""
    return problem if len(problem) <= 400 else f"{problem[:200]} … {problem[-150:]}"


class WrongCellsError(SheetError):
    """A sheet has wrong cells, and nothing in it was read.

    Parameters
    ----------
    file : str
        The sheet's name.
    problems : sequence of str
        Every wrong cell, with row and column.
    hint : str, optional
        What would have been right, where the cells do not say it: a line.
    """

    def __init__(self, file: str, problems: Sequence[str], hint: str = "") -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        listed = "\n  ".join(map(_shortened, self.problems[:_SHOWN]))
        more = f"\n  and {count - _SHOWN} more" if count > _SHOWN else ""
        super().__init__(
            f"{file} has {count} wrong cell{'s' * (count > 1)}:\n  {listed}{more}\n{hint}"
            f"Correct {'them' if count > 1 else 'it'} and read the sheet again. Nothing was taken in."
        )


class Row:
    """One row of a sheet."""

    def __init__(self, number: int, cells: dict[str, Cell], problems: list[str], latest: str) -> None:
        self.number = number
        self._cells = cells
        self._problems = problems
        self._latest = latest

    @property
    def texts(self) -> tuple[str, ...]:
        """All cells as text."""
        return tuple(map(self.text, self._cells))

    def wrong(self, column: str, says: str) -> None:
        """Remember that a cell is wrong."""
        self._problems.append(f"row {self.number}, column {column}: {says}")

    def values(self, columns: Sequence[Column]) -> dict[str, str]:
        """Return the row's cells by column, each as its column wants it: a moment, a word, or any text."""
        return {
            column.name: self.moment(column.name)
            if column.is_day
            else self.word(column.name, column.accepted)
            if column.accepted
            else self.text(column.name)
            for column in columns
        }

    def nobody(self, column: str) -> None:
        """Remember a cell as wrong that should name somebody and does not."""
        self.wrong(column, f"{self.text(column)!r} names nobody. Give a full name.")

    def text(self, column: str) -> str:
        """Return a cell's text, empty where there is none."""
        return text_of(self._cells.get(column))

    def needed(self, column: str, when: str) -> str:
        """Return a cell's text and remember it as wrong if it is empty."""
        text = self.text(column)
        if not text:
            self.wrong(column, f"this is empty. Fill it in {when}.")
        return text

    def address(self, column: str) -> None:
        """Remember a cell as wrong that should be the address of a profile and is none."""
        text = self.text(column)
        if text and not profile_slug(text):
            self.wrong(column, f"{text!r} is no address of a profile. Correct or empty it.")

    def word(self, column: str, accepted: Sequence[str]) -> str:
        """Return one of the accepted words, or nothing."""
        text = self.text(column).casefold()
        if text not in accepted and _DONE.get(text) in accepted:
            text = _DONE[text]
        if text and text not in accepted:
            self.wrong(
                column, str(SheetError(f"there is no {self.text(column)!r}", did_you_mean(text, accepted)))
            )
            return ""
        return text

    def moment(self, column: str) -> str:
        """Return a date as the ledger writes it, or nothing."""
        try:
            day = _read_day(self._cells.get(column))
            if day and day.year < FIRST_YEAR:
                raise ValueError("the year has fewer than four digits")
        except ValueError as problem:
            self.wrong(column, f"{self.text(column)!r} cannot be read ({problem}). Write it like 2024-03-05.")
            return ""
        moment = read_moment(day) if isinstance(day, datetime | date) else ""
        if moment > self._latest:
            self.wrong(column, f"{self.text(column)!r} has not come yet. Give a past day.")
            return ""
        return moment

    def level(self, fact: Fact) -> str:
        """Return a fact's level, `unknown`, `undo`, or nothing for an empty cell."""
        text = self.text(fact.name)
        if text.casefold() == TAKE_BACK:
            return TAKE_BACK
        if set(fact.levels) == {"yes", "no"}:  # TRUE and FALSE are what spreadsheets make of a tick
            text = {"true": "yes", "false": "no"}.get(text.casefold(), text)
        try:
            value = fact.parse(text)
        except FactError as problem:
            self.wrong(fact.name, str(problem))
            return ""
        return (UNKNOWN if text else "") if value is None else str(value)

    def same(self, column: str, moment: str, stored: pd.Timestamp) -> None:
        """Remember as wrong a date that is more than a day off the request's own."""
        if moment and abs(pd.Timestamp(moment) - stored) > pd.Timedelta(days=2):
            self.wrong(
                column,
                f"{self.text(column)!r} is not the day of this request, {stored:%Y-%m-%d}."
                " Check whether a row has slipped.",
            )

    def levels(self, vocabulary: Vocabulary, columns: Sequence[str]) -> dict[str, str]:
        """Return the levels of all facts that the row fills in."""
        read = {name: self.level(vocabulary[name]) for name in columns if name in vocabulary}
        return {name: level for name, level in read.items() if level}
