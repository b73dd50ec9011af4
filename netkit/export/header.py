"""Where the rows of a delimited file begin: its separator and its header line, looked for by their names."""

import csv
from dataclasses import dataclass

from netkit.errors import ExportError
from netkit.export.layout import FileLayout, folded

_WITHIN = 60  # lines; the platform's own preamble has three, spreadsheets add a few
_SEPARATORS = (",", ";", "\t")
_NOT_CSV = (
    (b"pk\x03\x04", "a spreadsheet workbook (XLSX or ODS) named .csv"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet workbook (XLS) named .csv"),
    (b"%pdf", "a PDF named .csv"),
    (b"<!doctype", "a web page named .csv"),
    (b"<html", "a web page named .csv"),
)


@dataclass(frozen=True)
class Header:
    """Where the rows of a file begin, and what its columns are.

    Attributes
    ----------
    separator : str
        A comma, a semicolon or a tabulator.
    cells : tuple of str
        The header as written.
    kept : tuple of str
        For each cell the column that netkit keeps, `""` for one that it does not.
    unknown : tuple of str
        Header cells that are new to netkit.
    line : int
        The header's line, counted from 1.
    start : int
        The byte at which the first row begins.
    crlf : bool
        Whether lines end as on Windows.
    """

    separator: str
    cells: tuple[str, ...]
    kept: tuple[str, ...]
    unknown: tuple[str, ...]
    line: int
    start: int
    crlf: bool


def refuse_other_formats(name: str, head: bytes) -> None:
    """Refuse a workbook, a PDF or a web page that only bears the name of a CSV file.

    Parameters
    ----------
    name : str
        The file, for the message.
    head : bytes
        Its first bytes.

    Raises
    ------
    ExportError
        It is no text file.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    for magic, what in _NOT_CSV:
        if start.startswith(magic):
            raise ExportError(
                f"{name} is {what}",
                accepted="text with separated columns (CSV)",
                do="download the export once more, or save that file as CSV UTF-8",
            )


def find_header(head: bytes, name: str, layout: FileLayout) -> Header:
    r"""Find the header line of a file, with or without a preamble before it.

    Parameters
    ----------
    head : bytes
        The file's beginning, UTF-8.
    name : str
        The file, for the message.
    layout : FileLayout
        The columns to look for.

    Returns
    -------
    Header
        The first line that names the required columns.

    Raises
    ------
    ExportError
        No line does.

    Examples
    --------
    >>> from netkit.export.layout import file_layouts
    >>> text = b"Notes:\n\nOrganization,Followed On\nAcme,"
    >>> find_header(text, "Company Follows.csv", file_layouts()["follows"]).line
    3
    """
    start, nearest = 0, list(layout.required)
    for number, line in enumerate(head.splitlines(keepends=True)[:_WITHIN], start=1):
        start += len(line)
        for separator in _SEPARATORS:
            cells = _cells(line, separator)
            ends = (number, start, line.endswith(b"\r\n"))
            found = _header(cells, layout, separator, ends)
            lacking = [group for group in layout.required if not set(group) & set(found.kept)]
            if not lacking:
                return found
            if len(lacking) < len(nearest):
                nearest = lacking
    raise _no_header(name, layout, nearest)


def _cells(line: bytes, separator: str) -> list[str]:
    text = line.decode("utf-8", "replace").strip("\r\n\ufeff")
    if len(text) > 10_000 or not text.strip():
        return []
    return next(csv.reader([text], delimiter=separator), [])


def _header(
    cells: list[str], layout: FileLayout, separator: str, ends: tuple[int, int, bool]
) -> Header:
    kept: list[str] = []
    for cell in cells:
        column = layout.columns.get(folded(cell), "")
        kept.append("" if column in kept else column)  # of two equal headers the first counts
    unknown = tuple(
        cell
        for cell in cells
        if cell.strip() and folded(cell) not in layout.columns and folded(cell) not in layout.unused
    )
    return Header(separator, tuple(cells), tuple(kept), unknown, *ends)


def _no_header(name: str, layout: FileLayout, lacking: list[tuple[str, ...]]) -> ExportError:
    groups = [" or ".join(layout.written(column) for column in group) for group in lacking]
    return ExportError(
        f"{name} has no header line with {' and '.join(groups)}",
        accepted=f"a line that names the columns, such as {layout.example()}",
        do="download the export once more, or take that file out of the archive",
    )
