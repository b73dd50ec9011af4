"""The rows of a label sheet, read cell by cell; every wrong cell is remembered, none is guessed."""

from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd

from netkit.errors import FactError, SheetError, did_you_mean, nearest
from netkit.facts import UNKNOWN, Fact, Vocabulary
from netkit.ledger.database import read_moment
from netkit.sheets.file import Column
from netkit.sheets.values import Cell, read_day, text_of, yes_or_no

# Neither name is repeated: what is printed may be copied into a question to somebody else.
OTHER_PERSON = "saw another person than this request's; a row seems to have slipped"
_SHOWN = 20  # wrong cells named in the message; all of them are in `problems`


class WrongCellsError(SheetError):
    """A sheet with wrong cells; nothing of it was taken in.

    Parameters
    ----------
    file : str
        The sheet's name.
    problems : sequence of str
        Every wrong cell, with row and column.
    accepted : str
        What would have been right, where the cells do not say it.
    """

    def __init__(
        self, file: str, problems: Sequence[str], accepted: str = "the values named with each cell"
    ) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        listed = "; ".join(self.problems[:_SHOWN])
        more = f"; and {count - _SHOWN} more" if count > _SHOWN else ""
        super().__init__(
            f"{file} has {count} wrong cell{'s' * (count > 1)}: {listed}{more}",
            accepted=accepted,
            do="correct them and read it again; nothing was taken in",
        )


class Row:
    """One row of a sheet.

    Parameters
    ----------
    number : int
        Its number in the file.
    cells : dict of str to cell
        By heading.
    problems : list of str
        Where wrong cells are remembered; shared by all rows.
    latest : str
        The latest moment that a cell may name, as the ledger writes it.
    """

    def __init__(
        self, number: int, cells: dict[str, Cell], problems: list[str], latest: str
    ) -> None:
        self.number = number
        self._cells = cells
        self._problems = problems
        self._latest = latest

    @property
    def texts(self) -> tuple[str, ...]:
        """All cells as text."""
        return tuple(map(self.text, self._cells))

    def wrong(self, column: str, says: str) -> None:
        """Remember that a cell is wrong.

        Parameters
        ----------
        column, says : str
            Where, and what was seen and what is accepted.
        """
        self._problems.append(f"row {self.number}, column {column}: {says}")

    def nobody(self, column: str) -> None:
        """Remember a cell as wrong that should name somebody and does not."""
        self.wrong(column, f"saw {self.text(column)!r}, which names nobody; accepted: a full name")

    def text(self, column: str) -> str:
        """Return a cell's text, empty where there is none."""
        return text_of(self._cells.get(column))

    def needed(self, column: str, when: str) -> str:
        """Return a cell's text and remember it as wrong if it is empty."""
        text = self.text(column)
        if not text:
            self.wrong(column, f"saw nothing; accepted: a value, {when}")
        return text

    def word(self, column: str, accepted: Sequence[str]) -> str:
        """Return one of the accepted words, or nothing."""
        text = self.text(column).casefold()
        if text and text not in accepted:
            self.wrong(
                column, f"saw {self.text(column)!r}; accepted: {did_you_mean(text, accepted)}"
            )
            return ""
        return text

    def moment(self, column: str) -> str:
        """Return a date as the ledger writes it, or nothing."""
        try:
            day = read_day(self._cells.get(column))
        except ValueError as problem:
            self.wrong(column, f"saw {self.text(column)!r} ({problem}); accepted: 2024-03-05")
            return ""
        moment = read_moment(day) if isinstance(day, datetime | date) else ""
        if moment > self._latest:
            self.wrong(
                column, f"saw {self.text(column)!r}, which has not come yet; accepted: a past day"
            )
            return ""
        return moment

    def level(self, fact: Fact) -> str:
        """Return a fact's level, `unknown`, or nothing for an empty cell."""
        text = self.text(fact.name)
        if set(fact.levels) == {"yes", "no"}:
            text = yes_or_no(text)
        try:
            value = fact.parse(text)
        except FactError as problem:
            self.wrong(fact.name, f"saw {text!r}; accepted: {problem.accepted}")
            return ""
        return (UNKNOWN if text else "") if value is None else str(value)

    def same(self, column: str, moment: str, stored: pd.Timestamp) -> None:
        """Remember as wrong a date that is more than a day off the request's own."""
        if moment and abs(pd.Timestamp(moment) - stored) > pd.Timedelta(days=2):
            self.wrong(
                column,
                f"saw {self.text(column)!r}, but this request is of {stored:%Y-%m-%d};"
                " a row seems to have slipped",
            )

    def levels(self, vocabulary: Vocabulary, columns: Sequence[str]) -> dict[str, str]:
        """Return the levels of all facts that the row fills in."""
        read = {name: self.level(vocabulary[name]) for name in columns if name in vocabulary}
        return {name: level for name, level in read.items() if level}


def check_headings(
    file: str, headings: Sequence[str], columns: Sequence[Column], vocabulary: Vocabulary
) -> None:
    """Refuse headings that are unknown, doubled, or lack the request.

    Parameters
    ----------
    file : str
        The sheet's name.
    headings : sequence of str
        What the sheet has.
    columns : sequence of Column
        What it may have.
    vocabulary : Vocabulary
        Further facts that it may have.

    Raises
    ------
    WrongCellsError
        With every wrong heading.
    """
    known = list(dict.fromkeys([*(column.name for column in columns), *vocabulary]))
    problems = [
        f"row 1, column {place} ({heading or 'no heading'}): no heading of the template"
        f"{nearest(heading, known)}"
        for place, heading in enumerate(headings, 1)
        if heading not in known
    ]
    problems += [
        f"row 1: the heading {heading!r} stands there {list(headings).count(heading)} times"
        for heading in dict.fromkeys(headings)
        if heading and list(headings).count(heading) > 1
    ]
    if "request" not in headings:
        problems.append("row 1: there is no heading 'request'")
    if problems:
        raise WrongCellsError(file, problems, accepted=", ".join(known))
