"""A table as somebody saved it, CSV or XLSX, as one frame of cells with the number of each row."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.bounded_files import read_bounded
from netkit.errors import TableError
from netkit.workbook_files import read_workbook

_MOST_BYTES, _MOST_ROWS, _MOST_COLUMNS = 200_000_000, 1_000_000, 500
_SEPARATORS = ",;\t|"
_TOLD = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def read_table(path: Path) -> tuple[pd.DataFrame, str]:
    """Return a table's cells, its rows numbered as a spreadsheet does, and the separator of its columns."""
    try:
        content = read_bounded(path, _MOST_BYTES, error=TableError)
    except OSError as problem:
        raise TableError(f"{path} could not be read ({problem.strerror}). Check the path.") from problem
    if content.startswith(b"PK"):
        rows = read_workbook(content, name=path.name, most_rows=_MOST_ROWS, error=TableError)
        separator = ""
    else:
        text = _decoded(content, path)
        told = _TOLD.match(text)  # what Excel writes above the heading, and reads itself
        separator = told[1] if told else _separator(text)
        rows = _rows(text, separator, path)
    filled = [(number, row) for number, row in rows if any(cell not in (None, "") for cell in row)]
    filled = filled[1:] if not content.startswith(b"PK") and told else filled
    if len(filled) < 2:
        raise TableError(f"{path.name} has no rows below its heading. Save the table with its rows.")
    return _framed(path.name, *filled[0], filled[1:]), separator


def _decoded(content: bytes, path: Path) -> str:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(f"{path.name} is no table of text. Save it as CSV UTF-8, or as XLSX.")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise TableError(
            f"{path.name}, row {line}: a letter is not written in UTF-8. Save the table as CSV UTF-8."
        ) from problem


def _separator(text: str) -> str:
    """Return the separator of the heading: the sign that stands in it most often, quoted names aside."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(heading.split('"')[::2])
    return max(_SEPARATORS, key=bare.count)


def _rows(text: str, separator: str, path: Path) -> list[tuple[int, list[Any]]]:
    csv.field_size_limit(1 << 24)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(number, list[Any](row)) for number, row in enumerate(reader, 1)]
    except csv.Error as problem:
        raise TableError(
            f"{path.name}, line {reader.line_num}: a quotation mark is not closed, or stands within a cell"
            f" ({problem}). Save the table again from a spreadsheet."
        ) from problem
    if len(rows) > _MOST_ROWS:
        raise TableError(
            f"{path.name} has more than {_MOST_ROWS:,} rows. Give netkit.read_labelled a data frame, or count"
            " the rows where they are, with count_frame."
        )
    return rows


def _framed(name: str, at: int, heading: list[Any], rows: list[tuple[int, list[Any]]]) -> pd.DataFrame:
    titles = ["" if cell is None else str(cell).strip() for cell in heading]
    while titles and not titles[-1]:
        titles.pop()
    if not titles or len(titles) > _MOST_COLUMNS:
        raise TableError(f"{name} has {len(titles)} columns. Save one to {_MOST_COLUMNS} columns with names.")
    if not titles[0]:  # the numbers of rows that pandas writes without a name
        titles[0] = "index"
    for place, title in enumerate(titles):
        if not title:
            raise TableError(f"{name}, row {at}: column {place + 1} has no name. Give it one.")
        if title in titles[:place]:
            one = titles.index(title) + 1
            says = f"the columns {one} and {place + 1} are both called {title!r}. Rename one of them."
            raise TableError(f"{name}, row {at}: {says}")
    wide = len(titles)
    for number, row in rows:
        over = any(cell not in (None, "") for cell in row[wide:])
        if over or (isinstance(row[0], str) and len(row) < wide and not name.casefold().endswith("xlsx")):
            raise TableError(
                f"{name}, row {number}: {len(row)} cells, where the heading has {wide} columns."
                " Put quotes around what holds the separator, and save the table again."
            )
    cells = [row[:wide] + [None] * (wide - len(row)) for _, row in rows]
    frame = pd.DataFrame(cells, columns=titles, dtype="object")
    frame.index = pd.Index([number for number, _ in rows], name="row")
    return frame
