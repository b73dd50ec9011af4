"""A table as somebody saved it, CSV or XLSX, as one frame of cells with the number of each row."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.bounded_files import read_bounded
from netkit.errors import TableError
from netkit.export.delimited import encoding_of
from netkit.wording import counted
from netkit.workbook_files import read_workbook

_MOST_BYTES, _MOST_ROWS = 200_000_000, 1_000_000
_ABOVE = 200  # rows, to tell the heading
_SEPARATORS = ",;\t|"
_LOOKED_AT = 1 << 16  # signs, to tell the separator
# What begins a PDF, a page, JSON, or no text at all.
_NO_TABLE = re.compile(
    rb"\s*(?:%PDF|<[a-z!?]|\[?\s*\{)|[^\1-\x08\x0e-\x19]*[\1-\x08\x0e-\x19]", re.IGNORECASE
)
_TOLD = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# What no language of Western Europe writes: a word of accented letters alone, or a sign within a word.
_SIGNS = "¡-©«¬®¯±-´¶¸¹»-¿×÷‚ƒ„†‡ˆ‰‹•˜™›“”"
_NOT_WESTERN = re.compile(
    rf"(?<![a-z])[À-ÖØ-öø-ÿŒœ]{{2,}}(?![a-z])|[ŠšŽžŸÐðÝýÞþ]|(?<=[a-zÀ-ÿ])[{_SIGNS}](?=[a-zÀ-ÿ])|[‚„ƒ¢¤¦¨¬¯¸†‡ˆ˜]{{2}}",
    re.IGNORECASE,
)


def read_table(path: Path) -> tuple[pd.DataFrame, str, list[str]]:
    """Return a table's cells, its rows numbered as a spreadsheet does, its separator, and what was odd."""
    said: list[str] = []
    try:
        content = read_bounded(path, _MOST_BYTES, error=TableError)
    except OSError as problem:
        raise TableError(f"{path} could not be read ({problem.strerror}). Check the path.") from problem
    if content.startswith(b"PK"):
        rows = read_workbook(content, name=path.name, most_rows=_MOST_ROWS, error=TableError)
        separator = ""
    else:
        text = _decoded(content, path, said)
        told = _TOLD.match(text)  # what Excel writes above the heading, and reads itself
        separator = told[1] if told else _separator(text)
        rows = _rows(text, separator, path)
    filled = [(number, row) for number, row in rows if any(cell not in (None, "") for cell in row)]
    filled = filled[1:] if not content.startswith(b"PK") and told else filled
    if above := _rows_above(filled):
        verbs = ("stands", "tells") if above == 1 else ("stand", "tell")
        said.append(f"{counted(above, 'row')} {verbs[0]} above the heading, and {verbs[1]} nothing.")
        filled = filled[above:]
    rows = [(number, row) for number, row in filled[1:] if row != filled[0][1]]
    if not rows:
        raise TableError(f"{path.name} has no rows below its heading. Save the table with its rows.")
    if again := len(filled) - 1 - len(rows):  # as where one file was appended to another
        verbs = ("repeats", "is") if again == 1 else ("repeat", "are")
        said.append(f"{counted(again, 'row')} {verbs[0]} the heading, and {verbs[1]} left out.")
    return _framed(path.name, *filled[0], rows), separator, said


def _rows_above(filled: list[tuple[int, list[Any]]]) -> int:
    """Return how many rows of a title stand above the heading: at most half as wide as most rows are."""
    wide = [max(at for at, cell in enumerate(row, 1) if cell not in (None, "")) for _, row in filled[:_ABOVE]]
    usual = max(set(wide), key=wide.count, default=0)
    above = next((at for at, cells in enumerate(wide) if 2 * cells > usual), 0)
    heading = [str(cell) for cell in filled[above][1][: wide[above]]] if above else []
    is_heading = len(set(heading)) == len(heading) and all(re.search(r"[^\W\d_]", cell) for cell in heading)
    return above if is_heading else 0


def _decoded(content: bytes, path: Path, said: list[str]) -> str:
    head = content[:4096].removeprefix(b"\xef\xbb\xbf")
    codec = encoding_of(content[:4096]) or "utf-8"
    if codec.startswith("utf-8") and (_NO_TABLE.match(head) or b"\0" in head):
        raise TableError(f"{path.name} is no table of text. Save it as CSV UTF-8, or as XLSX.")
    try:
        return content.decode(codec)
    except UnicodeDecodeError as problem:
        text = _as_windows(content)
        if not text:
            line = content[: problem.start].count(b"\n") + 1
            raise TableError(
                f"{path.name}, row {line}: a letter is not written in UTF-8. Save the table as CSV UTF-8."
            ) from problem
        said.append("Its letters are not UTF-8 and were read as Windows-1252. Look at one with an accent.")
        return text


def _as_windows(content: bytes) -> str:
    """Return a text as Windows writes it in Western Europe; nothing where it may be another."""
    if not content.decode("utf-8", "ignore").isascii():
        return ""  # some of it is UTF-8
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "" if _NOT_WESTERN.search(text) else text


def _separator(text: str) -> str:
    """Return the separator: the sign that stands equally often in the most lines, quoted cells aside."""
    bare = "".join(text[:_LOOKED_AT].split('"')[::2])
    lines = [line for line in bare.splitlines() if line.strip()]

    def agreeing(sign: str) -> tuple[int, int]:
        counts = [n for line in lines if (n := line.count(sign))]
        usual = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
        return counts.count(usual), usual

    return max(_SEPARATORS, key=agreeing)


def _rows(text: str, separator: str, path: Path) -> list[tuple[int, list[Any]]]:
    csv.field_size_limit(1 << 24)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
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
    if titles and not titles[0]:  # the numbers of rows that pandas writes without a name
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
                f"{name}, row {number}: {counted(len(row), 'cell')}, where the heading has"
                f" {counted(wide, 'column')}. Put quotes around what holds the separator, and save the table"
                " again."
            )
    cells = [row[:wide] + [None] * (wide - len(row)) for _, row in rows]
    frame = pd.DataFrame(cells, columns=titles, dtype="object")
    frame.index = pd.Index([number for number, _ in rows], name="row")
    return frame
