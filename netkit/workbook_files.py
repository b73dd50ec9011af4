"""Workbooks (XLSX): one sheet's cells in one pass, within bounds, whatever else the file holds."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from xml.parsers import expat

from netkit.bounded_files import open_zip
from netkit.errors import NetkitError

Cell = str | int | float | bool | datetime | date | None

_DAY_ZERO = datetime(1899, 12, 30)
_DAY_ZERO_1904 = datetime(1904, 1, 1)
_SERIALS = range(1, 110_000)  # the days from 1900 to 2200, as numbers
# Of the formats that every workbook has, those of a day or a time.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_IN_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')  # what a format writes as it stands, colours, blanks
_LONGEST_CELL = 32_767  # signs; no workbook holds more
_COLUMNS = 16_384
_MOST_BYTES = 60_000_000  # of XML that is looked at, or signs written out
_MOST_ELEMENTS = 4_000_000
_MOST_STRINGS = 2_000_000
_MOST_WRITTEN_COLUMNS, _MOST_BLANK_LINES = 500, 1_000
_CHUNK = 1 << 16
_BROKEN = (
    zipfile.BadZipFile, expat.ExpatError, zlib.error, OSError, ValueError, EOFError, KeyError, IndexError,
    NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


class _BoundError(Exception):
    """Says which bound was passed."""


def read_workbook(
    content: bytes,
    *,
    name: str,
    prefer: Collection[str] = (),
    most_rows: int,
    error: type[NetkitError] = NetkitError,
) -> list[tuple[int, list[Cell]]]:
    """Return the rows of the first sheet, or of the one with a preferred name, with their numbers.

    A formula gives its result, or itself where it was never worked out, so that nothing is lost.
    """
    try:
        with open_zip(io.BytesIO(content), name, error=error) as book:
            return _Workbook(book).rows(prefer, most_rows)
    except _BoundError as bound:
        raise _too_much(error, name, bound) from bound
    except _BROKEN as problem:
        raise error(
            f"{name} cannot be read as a workbook ({type(problem).__name__})",
            "Open it in a spreadsheet program and save it again as XLSX or CSV",
        ) from problem


def sheet_as_text(
    content: bytes,
    *,
    name: str,
    prefer: Collection[str],
    most_rows: int,
    error: type[NetkitError] = NetkitError,
) -> bytes:
    """Return such a sheet as CSV, each row on the line that has its number."""
    rows = read_workbook(content, name=name, prefer=prefer, most_rows=most_rows, error=error)
    width = max((len(row) for _, row in rows), default=0)
    if width > _MOST_WRITTEN_COLUMNS:
        raise _too_much(error, name, f"{width:,} columns")
    out, line = io.StringIO(), 0
    writer = csv.writer(out, lineterminator="\n")
    for number, row in rows:
        out.write("\n" * min(max(number - line - 1, 0), _MOST_BLANK_LINES))
        writer.writerow([_written(cell) for cell in row] + [""] * (width - len(row)))
        line = number
        if out.tell() > _MOST_BYTES:
            raise _too_much(error, name, f"more than {_MOST_BYTES:,} signs")
    return out.getvalue().encode("utf-8", "backslashreplace")


def _too_much(error: type[NetkitError], name: str, what: object) -> NetkitError:
    return error(f"{name} has {what}", "Save the part that matters as CSV")


def _written(cell: Cell) -> str:
    """Return a cell as text that a person can read, and a day with the year first.

    >>> _written(datetime(2024, 3, 5)), _written(45356.0), _written(None)
    ('2024-03-05', '45356', '')
    """
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


class _Workbook:
    """The parts of one workbook that say what is in its cells."""

    def __init__(self, book: zipfile.ZipFile) -> None:
        self.book = book
        self.bytes = self.elements = 0
        self.names = {info.filename.lstrip("/").casefold(): info for info in book.infolist()}

    def rows(self, prefer: Collection[str], most: int) -> list[tuple[int, list[Cell]]]:
        """Return one sheet's rows."""
        main = self._main()
        sheets: list[tuple[str, str]] = []
        epoch = _DAY_ZERO
        for tag, attributes, _ in self._elements(main, ("sheet", "workbookPr")):
            if tag == "sheet":
                number = next((attributes[key] for key in attributes if _bare(key) == "id"), "")
                sheets.append((attributes.get("name", ""), number))
            elif attributes.get("date1904") in ("1", "true"):
                epoch = _DAY_ZERO_1904
        related = self._related(main)
        targets = [(title, related[number]) for title, number in sheets if number in related]
        preferred = [path for title, path in targets if title.casefold().strip() in prefer]
        (path, *_) = [*preferred, *(path for _, path in targets)]
        reader = _SheetReader(self._strings(main), self._dates(main), epoch, most)
        for _ in self._read(path, reader.start, reader.end, reader.text):
            pass
        return reader.rows

    def _main(self) -> str:
        """Return the part that lists the sheets."""
        for _, attributes, _ in self._elements("[Content_Types].xml", ("Override",)):
            if attributes.get("ContentType", "").endswith(("sheet.main+xml", "sheet.macroEnabled.main+xml")):
                return attributes.get("PartName", "").lstrip("/")
        raise ValueError("no sheets")

    def _strings(self, main: str) -> list[str]:
        path = self._target(main, "sharedstrings")
        if not path:
            return []
        found: list[str] = []
        for tag, _, text in self._elements(path, ("si",)):
            if tag == "si":
                found.append("")
            else:
                found[-1] = _check_cell(found[-1] + text)
            if len(found) > _MOST_STRINGS:
                raise _BoundError(f"more than {_MOST_STRINGS:,} texts")
        return found

    def _dates(self, main: str) -> frozenset[str]:
        """Return the styles, as cells name them, that write a number as a day or a time."""
        formats: dict[str, bool] = {str(number): True for number in _DATE_FORMATS}
        dates, at, inside = set(), 0, False
        path = self._target(main, "styles")
        parts = self._elements(path, ("numFmt", "cellXfs", "cellStyles", "xf")) if path else ()
        for tag, attributes, _ in parts:
            if tag == "numFmt":
                code = _IN_FORMAT.sub("", attributes.get("formatCode", "")[:_LONGEST_CELL])
                formats[attributes.get("numFmtId", "")] = bool(re.search("[dmyhs]", code, re.IGNORECASE))
            elif tag == "xf" and inside:
                if formats.get(attributes.get("numFmtId", "")):
                    dates.add(str(at))
                at += 1
            else:
                inside = tag == "cellXfs"
        return frozenset(dates)

    def _related(self, path: str) -> dict[str, str]:
        """Return where a part's related parts lie, by their number there."""
        return {number: target for number, _, target in self._relations(path)}

    def _target(self, path: str, kind: str) -> str:
        return next((target for _, what, target in self._relations(path) if what == kind), "")

    def _relations(self, path: str) -> list[tuple[str, str, str]]:
        here = PurePosixPath(path)
        found = []
        listed = str(here.parent / "_rels" / f"{here.name}.rels")
        for _, attributes, _ in self._elements(listed, ("Relationship",)):
            target = attributes.get("Target", "")
            absolute = target.startswith("/")
            where = PurePosixPath(target.lstrip("/")) if absolute else here.parent / target
            what = attributes.get("Type", "").rpartition("/")[2].casefold()
            found.append((attributes.get("Id", ""), what, str(where)))
        return found

    def _elements(self, path: str, tags: Collection[str]) -> Iterator[tuple[str, dict[str, str], str]]:
        """Yield the elements of some names with their attributes, and of those named `t` the text."""
        found: list[tuple[str, dict[str, str], str]] = []
        held: list[str] | None = None
        phonetic = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal phonetic, held
            phonetic = phonetic or tag == "rPh"
            if tag == "t":
                held = None if phonetic else []
            elif tag in tags:
                found.append((tag, attributes, ""))

        def end(tag: str) -> None:
            nonlocal phonetic, held
            if tag == "t" and held is not None:
                found.append((tag, {}, "".join(held)))
                held = None
            phonetic = phonetic and tag != "rPh"

        def text(data: str) -> None:
            if held is not None:
                held.append(data)

        for _ in self._read(path, start, end, text):
            yield from found
            found.clear()

    def _read(
        self,
        path: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> Iterator[None]:
        """Let one part pass through the handlers, piece by piece; tags lose their prefixes."""

        def started(tag: str, attributes: dict[str, str]) -> None:
            self.elements += 1
            if self.elements > _MOST_ELEMENTS:
                raise _BoundError("far too many cells")
            start(_bare(tag), attributes)

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = started
        parser.EndElementHandler = lambda tag: end(_bare(tag))
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_entities
        name = self.names[path.casefold()]
        with self.book.open(name) as part:
            while chunk := part.read(_CHUNK):
                self.bytes += len(chunk)
                if self.bytes > _MOST_BYTES:
                    raise _BoundError(f"more than {_MOST_BYTES:,} bytes")
                parser.Parse(chunk)
                yield
            parser.Parse(b"", True)
            yield


class _SheetReader:
    """Takes a sheet's elements in, one by one."""

    def __init__(self, strings: list[str], dates: frozenset[str], epoch: datetime, most: int) -> None:
        self.strings, self.dates, self.epoch, self.most = strings, dates, epoch, most
        self.rows: list[tuple[int, list[Cell]]] = []
        self.cells = 0
        self._number = 0
        self._row: list[Cell] = []
        self._cell: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}
        self._part: list[str] | None = None
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if tag == "c":
            self._cell, self._parts = attributes, {}
        elif tag in ("v", "f", "t") and not self._phonetic:
            self._part = self._parts.setdefault(tag, [])
        elif tag == "row":
            self._number = int(attributes.get("r") or self._number + 1)
            self._row = []
        elif tag == "rPh":
            self._phonetic = True

    def text(self, data: str) -> None:
        """Take text in."""
        if self._part is not None:
            self._part.append(data)

    def end(self, tag: str) -> None:
        """End an element."""
        self._part = None
        if tag == "c":
            self._end_cell()
        elif tag == "row":
            self._end_row()
        elif tag == "rPh":
            self._phonetic = False

    def _end_cell(self) -> None:
        place = _column(self._cell["r"]) if "r" in self._cell else len(self._row) + 1
        if not 1 <= place <= _COLUMNS:
            raise ValueError(place)
        self._row += [None] * (place - len(self._row))
        self._row[place - 1] = self._value()

    def _end_row(self) -> None:
        self.cells += len(self._row)
        if len(self.rows) >= self.most or self.cells > 60 * self.most:
            raise _BoundError(f"more than {self.most:,} rows, or far too many cells")
        if self._row:
            self.rows.append((self._number, self._row))

    def _value(self) -> Cell:
        kind = self._cell.get("t", "n")
        if kind == "inlineStr":
            return _check_cell("".join(self._parts.get("t", [])))
        said = "".join(self._parts.get("v", []))
        formula = "".join(self._parts.get("f", []))
        if not said:
            return _check_cell(f"={formula}") if formula else None
        if kind == "s":
            return self.strings[int(said)]
        if kind == "b":
            return said == "1"
        return self._number_or_day(said) if kind == "n" else _check_cell(said)

    def _number_or_day(self, said: str) -> Cell:
        if len(said) > 40:
            return _check_cell(said)
        number = int(said) if said.lstrip("-").isdigit() else float(said)
        if self._cell.get("s") not in self.dates or int(number) not in _SERIALS:
            return number
        return self.epoch + timedelta(seconds=round(number * 86_400))


def _check_cell(text: str) -> str:
    if len(text) > _LONGEST_CELL:
        raise _BoundError(f"a cell of more than {_LONGEST_CELL:,} signs")
    return text


def _bare(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def _column(place: str) -> int:
    """Return the number of a column.

    >>> _column("A1"), _column("XFD20000")
    (1, 16384)
    """
    number = 0
    for letter in place.rstrip("0123456789")[:4].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _refuse_entities(*_: object) -> None:
    raise _BoundError("entities of its own, which no spreadsheet writes")
