"""Lines of a file as an editor shows them: where rows begin, and where a quotation mark was left open."""

import io
import re

from netkit.export.header import Header
from netkit.export.report import Notice, at_lines


def quote_left_open(text: bytes, header: Header, name: str) -> list[Notice]:
    """Tell where a quotation mark opens a cell that never ends, for the rest of the file is then one cell.

    Parameters
    ----------
    text : bytes
        The file in UTF-8.
    header : Header
        Where its rows begin.
    name : str
        The file, for the notice.

    Returns
    -------
    list of Notice
        One notice, which counts the lines swallowed, or none.
    """
    if text.count(b'"') % 2 == 0:
        return []
    for cell in _cells(header.separator).finditer(text, header.start - 1):
        if not cell[1]:
            line = text.count(b"\n", 0, cell.start() + 1) + 1
            says = "a quotation mark is never closed; the lines after it were read as one cell"
            swallowed = max(cell[0][1:].count(b"\n"), 1)
            return [Notice("quote_left_open", name, swallowed, says, at_lines([line]))]
    return []


def _cells(separator: str) -> re.Pattern[bytes]:
    """Return what finds quoted cells; the group is empty for one that is not closed."""
    return re.compile(rb'(?:\A|[\r\n]|%s)"(?:[^"]++|"")*+("|\Z)' % re.escape(separator.encode()))


def before_leaving_out(row: int, left_out: tuple[int, ...]) -> int:
    """Return a kept row's number in the file, from which some rows were left out.

    Examples
    --------
    >>> [before_leaving_out(row, (1, 2)) for row in (0, 1, 2)]
    [0, 3, 4]
    """
    for gone in left_out:
        row += gone <= row
    return row


def line_numbers(text: bytes, header: Header, rows: list[int]) -> list[int]:
    """Return the lines at which some rows begin; cells may hold line breaks, and blank lines are none.

    Parameters
    ----------
    text : bytes
        The file in UTF-8.
    header : Header
        Where its rows begin.
    rows : list of int
        Rows, counted from 0 after the header.

    Returns
    -------
    list of int
        Lines, counted from 1.
    """
    wanted, found, row, inside = set(rows), [], -1, False
    opens = _cells(header.separator)
    for number, line in enumerate(io.BytesIO(text), start=1):
        if number <= header.line or (not inside and not line.strip(b"\r\n")):
            continue
        if not inside:
            row += 1
            if row in wanted:
                found.append(number)
                if len(found) == len(wanted):
                    break
        if line.count(b'"') % 2:  # a bare cell may hold a mark that opens nothing
            inside = not inside and any(not cell[1] for cell in opens.finditer(line))
    return found
