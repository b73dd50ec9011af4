"""Label sheets as files: CSV or XLSX, written with their accepted values and read however they come back."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netkit.bounded_files import read_bounded
from netkit.errors import SheetError
from netkit.ledger.csv_cells import escape_formula, unescape_formula, write_rows
from netkit.ledger.workspace import clear_errors
from netkit.private_files import write_private
from netkit.workbook_files import Cell, read_workbook

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ACCEPTED = "accepted values"
REQUESTS = "requests"
_LIST_LIMIT = 255  # of a drop-down list, in signs; XLSX allows no more
_CELL_LIMIT = 32_767  # of one cell, in signs
_NAME = 24  # most full names are read whole
_LONG = 70  # the width of a column of long text: a note is read on a few lines
_MOST_BYTES, _MOST_ROWS, _MOST_COLUMNS = 20_000_000, 30_000, 500  # of a sheet that somebody filled in
_SPARE_ROWS = 500  # rows below the filled ones that still have drop-down lists


@dataclass(frozen=True)
class Column:
    """One column of a sheet."""

    name: str
    accepted: tuple[str, ...] = ()
    says: str = ""
    is_day: bool = False
    is_long: bool = False  # text to be read whole, beside what is asked about it

    @property
    def words(self) -> str:
        """What is accepted, in a few words."""
        return " | ".join(self.accepted) or self.says


def text_of(cell: Cell) -> str:
    """Return a cell as trimmed text.

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


def write_file(path: Path, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
    """Write a sheet with its accepted values.

    In CSV they stand in the second row; in XLSX on a second sheet, and as drop-down lists.
    """
    if path.suffix.casefold() not in (".csv", ".xlsx"):
        raise SheetError(f"A sheet cannot be called {path.name}", "Give it a name that ends in .csv or .xlsx")
    with clear_errors(path):
        if path.suffix.casefold() == ".csv":
            hints = [ACCEPTED, *(column.words for column in columns[1:])]
            text = io.StringIO(newline="")
            write_rows(text, [column.name for column in columns], [hints, *rows])
            content = b"\xef\xbb\xbf" + text.getvalue().encode()  # the mark makes Excel read UTF-8
        else:
            content = _workbook(columns, rows)
        write_private(path, content)  # people's names


def _workbook(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> bytes:
    # Every command about your data would pay for it; only a workbook needs it.
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.create_sheet(REQUESTS, 0)
    del book["Sheet"]
    sheet.append([column.name for column in columns])
    for row in rows:
        sheet.append([_plain(cell) for cell in row])
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        least = _NAME if column.name == "name" else 12
        wide = _LONG if column.is_long else max(least, min(40, len(column.name) + 2))
        sheet.column_dimensions[letter].width = wide
        sheet.cell(1, number).font = Font(bold=True)
        for (cell,) in sheet[f"{letter}1:{letter}{len(rows) + 1}"]:
            cell.number_format = "@"  # text stays text: no date is turned round
            cell.alignment = Alignment(vertical="top", wrap_text=column.is_long)
        _add_list(sheet, letter, column, len(rows))
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    hints = book.create_sheet(ACCEPTED)
    hints.append(["column", "accepted", "question"])
    for column in columns:
        hints.append([_plain(cell) for cell in (column.name, column.words, column.says)])
    for letter, width in (("A", 26), ("B", 50), ("C", 90)):
        hints.column_dimensions[letter].width = width
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _add_list(sheet: "Worksheet", letter: str, column: Column, rows: int) -> None:
    listed = ",".join(column.accepted)
    if not column.accepted or len(listed) > _LIST_LIMIT:
        return
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
    choice.error, choice.errorTitle = f"Accepted: {column.words}"[:225], column.name[:32]
    choice.prompt, choice.promptTitle = column.says[:255], column.name[:32]
    choice.add(f"{letter}2:{letter}{rows + 1 + _SPARE_ROWS}")
    sheet.add_data_validation(choice)


def _plain(cell: object) -> object:
    """Return a cell that no spreadsheet runs, without the control signs that XLSX forbids."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = "".join(sign for sign in str(cell) if sign.isprintable() or sign in "\n\t")
    return escape_formula(text)[:_CELL_LIMIT] or None


def read_file(path: Path) -> tuple[list[str], list[tuple[int, list[Cell]]]]:
    """Read a sheet's heading and its rows that are not blank."""
    with clear_errors(path):
        content = read_bounded(path, _MOST_BYTES, error=SheetError)
    if content.startswith(b"PK"):
        grid = read_workbook(
            content, name=path.name, prefer=(REQUESTS,), most_rows=_MOST_ROWS, error=SheetError
        )
    elif path.suffix.casefold() == ".xlsx" or content.startswith(b"\xd0\xcf"):
        raise SheetError(f"{path.name} is not an XLSX file inside", "Save it as XLSX")
    else:
        grid = list(_read_text(path, content))
    rows = [(number, row) for number, row in grid if any(text_of(cell) for cell in row)]
    if not rows:
        raise SheetError(f"{path.name} is empty", "Write one with 'netkit sheet' and fill it in")  # fmt: skip
    headings = [text_of(cell).casefold() for cell in rows[0][1]]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > _MOST_COLUMNS:
        seen = f"{path.name} has {len(headings):,} columns"
        raise SheetError(
            f"{seen}, and a sheet has up to {_MOST_COLUMNS}", "Fill in a sheet that netkit wrote"
        )
    at = headings.index("request") if "request" in headings else 0
    asked = ((number, row, row[at] if at < len(row) else None) for number, row in rows[1:])
    return headings, [(number, row) for number, row, key in asked if text_of(key).casefold() != ACCEPTED]


def _read_text(path: Path, content: bytes) -> Iterator[tuple[int, list[Cell]]]:
    try:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise SheetError(
            f"{path.name} is not UTF-8 (byte {problem.start + 1})", "Save it as 'CSV UTF-8', or as XLSX"
        ) from problem
    heading = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    filled = 0
    try:
        for number, row in enumerate(reader, 1):
            filled += any(row)
            if filled > _MOST_ROWS:
                seen = f"{path.name} has too many rows"
                raise SheetError(
                    f"{seen}, and a sheet has up to {_MOST_ROWS:,}", "Cut it into several sheets"
                )
            yield number, list(row)
    except csv.Error as problem:
        raise SheetError(
            f"{path.name}, line {reader.line_num}: {problem}", "Save it again as CSV"
        ) from problem
