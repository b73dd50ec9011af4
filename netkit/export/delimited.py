"""One delimited text file of the export, as columns of text, parsed while it is still being unpacked."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from netkit.errors import ExportError
from netkit.export.archive_member import AGAIN, Guarded, Member, TooLargeError, unpacked
from netkit.export.layout import LIMITS, FileLayout, folded
from netkit.export.read_report import Notice
from netkit.workbook_files import sheet_as_text

_WITHIN = 60  # lines; the platform's own preamble has three, spreadsheets add a few
_SEPARATORS = (",", ";", "\t", "|")
_NOT_CSV = (
    (b"pk\x03\x04", "a spreadsheet workbook (ODS)"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet workbook (XLS)"),
    (b"%pdf", "a PDF named .csv"),
    (b"<!doctype", "a web page named .csv"),
    (b"<html", "a web page named .csv"),
)
_ODS = b"mimetypeapplication/vnd.oasis.opendocument"
_PIECE = 1 << 24
_REPAIRS = 50  # each may look through the whole file
_BOM = b"\xef\xbb\xbf"
_BOMS = (
    (_BOM, "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_IN_BRACKETS = re.compile(r"\(.*\)")  # `Connected On (UTC)`
_AGAIN = f"{AGAIN}, or take that file out of the archive"
# UTF-8 that was read as Latin-1 or Windows-1252 and written again ("JÃ¶rg", "itâ€™s"), and the
# mark that stands where a letter was lost already.
_MOJIBAKE = re.compile(
    rb"\xc3[\x82\x83](?:\xc2[\x80-\xbf]|[\xc5\xc6\xcb\xe2])|\xc3\xa2\xe2\x82\xac|\xc3\xb0\xc5\xb8|\xef\xbf\xbd"
)
# Each of those signs has one of these bytes, which are rare in most scripts, in a pair that is rare in all.
_RARE = (
    (b"\x82", (b"\xc3\x82", b"\xe2\x82\xac")),
    (b"\x83", (b"\xc3\x83",)),
    (b"\xc5", (b"\xc3\xb0\xc5\xb8",)),
    (b"\xef", (b"\xef\xbf\xbd",)),
)
_HEAD = 1 << 18
_BLOCK = 1 << 22
# Anything but blanks, zeros and byte-order marks.
_SIGN = re.compile(rb"[^ \t\r\n\x00\xef\xbb\xbf]")


@dataclass(frozen=True)
class _Header:
    """Where the rows of a file begin, and what its columns are."""

    separator: str
    kept: list[str]
    unknown: list[str]
    line: int
    start: int


@dataclass(frozen=True)
class Delimited:
    """One file's rows as text."""

    file: str
    rows: pa.Table
    sha256: bytes
    notices: tuple[Notice, ...] = ()
    _member: Member | None = field(default=None, repr=False)
    _header: _Header | None = field(default=None, repr=False)
    _left_out: Sequence[int] = field(default=(), repr=False)  # rows of the file, in ascending order
    _careful: bool = field(default=False, repr=False)

    def has(self, column: str) -> bool:
        """Tell whether the file has the column."""
        return column in self.rows.column_names

    def pieces(self, column: str) -> pa.ChunkedArray:
        """Return one column as text in pieces, without a copy; one that the file lacks is all null."""
        if not self.has(column):
            return pa.chunked_array([pa.nulls(len(self.rows), pa.string())])
        return self.rows.column(column)

    def text(self, column: str) -> pa.Array:
        """Return one column as text in one piece."""
        values = self.pieces(column).unify_dictionaries().combine_chunks()
        if isinstance(values, pa.ChunkedArray):
            values = values.chunk(0) if values.num_chunks else pa.array([], values.type)
        return values

    def lines(self, positions: Iterable[int]) -> list[int]:
        """Return the line numbers, as an editor shows them, at which the first few of some rows begin."""
        wanted = sorted(set(positions))[:5]
        if not wanted or self._member is None or self._header is None:
            return []
        rows = _rows_in_file(wanted, self._left_out)
        with self._member.open() as stream:
            if not self._careful:
                return _line_numbers(io.BufferedReader(stream), self._header, rows)
            data = stream.read_all()
        text, _ = _as_utf8(data, self.file)
        text, _ = _without_open_quotes(text, self._header, self.file)
        return _line_numbers(io.BytesIO(text), self._header, rows)


def read_delimited(member: Member, layout: FileLayout) -> Delimited:
    """Read one file as columns of text."""
    with member.open() as stream:
        head = _head(stream)
    if head.startswith(b"\x1f\x8b"):
        member = unpacked(member)
        with member.open() as stream:
            head = _head(stream)
    if head.startswith(b"PK") and _ODS not in head:
        file = _read_workbook(member, layout)
    else:
        _refuse_other_formats(member.name, head)
        file = _read_any(member, layout)
    if len(file.rows) > member.most["rows"]:
        raise TooLargeError(member.name, f"has {len(file.rows):,} rows")
    return without_empty_rows(file)


def _read_workbook(member: Member, layout: FileLayout) -> Delimited:
    """Read the one sheet of a workbook that matters as the text that it would be saved as."""
    try:
        titles = {name.casefold() for name in layout.names}
        rows, content = member.most["rows"], member.read()
        text = sheet_as_text(content, name=member.name, prefer=titles, most_rows=rows, error=ExportError)
        file = _read_any(replace(member, opener=lambda: io.BytesIO(text), packed=None), layout)
    except TooLargeError:
        raise
    except ExportError as problem:
        raise ExportError(
            f"{member.name} is a workbook that cannot be read as a table: {problem.wrong}",
            "Download the export once more, or save that file as CSV UTF-8",
        ) from problem
    says = "a spreadsheet workbook, of which one sheet was read"
    return replace(file, notices=(Notice("workbook", member.name, 1, says), *file.notices))


def without_empty_rows(file: Delimited) -> Delimited:
    """Leave out rows without any cell, as spreadsheets append them: they are nobody's closed account."""
    empty: Any = np.ones(len(file.rows), bool)
    for column in file.rows.columns:
        if not empty.any():
            return file
        empty &= column.is_null().to_numpy()
    at = np.flatnonzero(empty)
    if not len(at):
        return file
    says = "rows without any cell were left out"
    notice = Notice.at(file.lines(at[:5]), "empty_row", file.file, len(at), says)
    return replace(
        file,
        rows=file.rows.filter(pa.array(~empty)),
        notices=(*file.notices, notice),
        _left_out=sorted([*file._left_out, *_rows_in_file(at, file._left_out)]),
    )


def _read_any(member: Member, layout: FileLayout) -> Delimited:
    with member.open() as stream:
        head = _head(stream)
        if not encoding_of(head) and b"\n" in head:
            found = _read_streaming(member, layout, head, stream)
            if found is not None:
                return found
    return _read_carefully(member, layout)


def _head(stream: Guarded) -> bytes:
    chunks: list[bytes] = []
    while sum(map(len, chunks)) < _HEAD and (chunk := stream.read(_HEAD)):
        chunks.append(chunk)
    return b"".join(chunks)


def _keeping_mark(body: bytes | memoryview) -> bytes | memoryview:
    """Double a byte-order mark that begins the first row: Arrow takes one for the file's own and drops it."""
    return _BOM + bytes(body) if body[:3] == _BOM else body


class _Rest(io.RawIOBase):
    """What follows a header: the rest of the head, then the stream, looked over as it passes.

    Arrow reads ahead in threads of its own, which must have come to rest before the program ends: what is
    wrong with the stream ends it, and is raised in the end.
    """

    def __init__(self, rest: bytes, stream: Guarded) -> None:
        super().__init__()
        self.rest, self.stream = _keeping_mark(rest), stream
        self.mojibake = self.quotes = 0
        self.problem: ExportError | None = None
        self.ended = False
        self.reading = Lock()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with self.reading:
            try:
                chunk = b"" if self.ended else bytes(self.rest) or self.stream.read(size)
            except ExportError as problem:
                self.problem, chunk = problem, b""
            self.rest, self.ended = b"", not chunk
            self.mojibake += _count_mojibake(chunk)
            self.quotes += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord('"')))
            return chunk

    def end(self) -> None:
        """Let no more be read, and raise what was wrong with the stream."""
        with self.reading:
            self.ended = True
        if self.problem is not None:
            raise self.problem


def _read_streaming(member: Member, layout: FileLayout, head: bytes, stream: Guarded) -> Delimited | None:
    """Parse while the member is being unpacked; None where it needs a second, careful look."""
    header = _find_header(head, member.name, layout)
    rest = _Rest(head[header.start :], stream)
    try:
        rows = _parse(rest, header, layout, block=_BLOCK)
    except pa.ArrowException:
        rows = None  # no rows, a wrong number of cells, no UTF-8, or a cell larger than a block
    rest.end()
    if rows is None or rest.quotes % 2:
        return None
    notices = _header_notices(header, member.name, head)
    if rest.mojibake:
        with member.open() as again:
            notices.append(_mojibake_notice(io.BufferedReader(again), member.name))
    digest = stream.sha256.digest()
    return Delimited(member.name, rows, digest, tuple(notices), member, header)


def _read_carefully(member: Member, layout: FileLayout) -> Delimited:
    """Parse a file that is odd, damaged or in another encoding: whole, and in one thread."""
    with member.open() as stream:
        data = stream.read_all(LIMITS["mended_bytes"])
    digest, head = stream.sha256.digest(), data[:_HEAD]
    text, notices = _as_utf8(data, member.name)
    del data
    if not _SIGN.search(text):
        notice = Notice("empty_file", member.name, 1, "the file is empty")
        return Delimited(member.name, pa.table({}), digest, (notice,), member)
    header = _find_header(text[:_HEAD], member.name, layout)
    notices += _header_notices(header, member.name, head)
    return _from_text(member, layout, header, text, digest, notices)


def _from_text(
    member: Member, layout: FileLayout, header: _Header, text: bytes, digest: bytes, notices: list[Notice]
) -> Delimited:
    """Take a text apart that is held whole; what is odd in it costs its lines."""
    name = member.name
    text, left_open = _without_open_quotes(text, header, name)
    ragged: list[int] = []
    rows = _parse_whole(text, header, layout, ragged, name)
    if _count_mojibake(text):
        notices.append(_mojibake_notice(io.BytesIO(text), name))
    notices += left_open
    if ragged:
        if not len(rows):
            raise ExportError(f"{name} has rows, but none has as many cells as the header", _AGAIN)
        lines = _line_numbers(io.BytesIO(text), header, ragged[:5])
        says = "rows with too many or too few cells were left out"
        notices.append(Notice.at(lines, "ragged_row", name, len(ragged), says))
    return Delimited(name, rows, digest, tuple(notices), member, header, ragged, True)


def _parse(
    source: object, header: _Header, layout: FileLayout, *, block: int, ragged: list[int] | None = None
) -> pa.Table:
    """Let Arrow parse the rows.

    Where `ragged` is given, rows with a wrong number of cells are left out and their numbers
    put there, which takes a single thread; else such a row is an error.
    """

    def left_out(row: pyarrow.csv.InvalidRow) -> str:
        assert ragged is not None
        ragged.append(row.number - 1)
        return "skip" if len(ragged) < LIMITS["ragged_rows"] else "error"

    columns = [str(place) for place in range(len(header.kept))]
    kept = {column: name for column, name in zip(columns, header.kept, strict=True) if name}
    once, text = pa.dictionary(pa.int32(), pa.string()), pa.string()
    types = {column: once if name in layout.repeated else text for column, name in kept.items()}
    rows = pyarrow.csv.read_csv(
        source,
        pyarrow.csv.ReadOptions(column_names=columns, block_size=block, use_threads=ragged is None),
        pyarrow.csv.ParseOptions(
            delimiter=header.separator,
            newlines_in_values=True,
            invalid_row_handler=None if ragged is None else left_out,
        ),
        pyarrow.csv.ConvertOptions(
            column_types=types, include_columns=list(kept), null_values=[""], strings_can_be_null=True
        ),
        pa.system_memory_pool(),  # Arrow's own keeps a third more of a large mailbox than it needs
    )
    return rows.rename_columns(list(kept.values()))


def _parse_whole(text: bytes, header: _Header, layout: FileLayout, ragged: list[int], name: str) -> pa.Table:
    body = _keeping_mark(memoryview(text)[header.start :])
    if not _SIGN.search(body):
        return pa.table({column: pa.array([], pa.string()) for column in header.kept if column})
    block = min(len(body) + 1024, 2**31 - 1)
    try:
        return _parse(pa.py_buffer(body), header, layout, block=max(block, _BLOCK), ragged=ragged)
    except pa.ArrowException as problem:
        raise ExportError(f"{name} cannot be taken apart into rows", _AGAIN) from problem


def _refuse_other_formats(name: str, head: bytes) -> None:
    """Refuse a workbook, a PDF or a web page that only bears the name of a CSV file."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    for magic, what in _NOT_CSV:
        if start.startswith(magic):
            raise ExportError(
                f"{name} is {what}", "Download the export once more, or save that file as CSV UTF-8"
            )


def _find_header(head: bytes, name: str, layout: FileLayout) -> _Header:
    r"""Find the header line of a file, with or without a preamble before it.

    >>> from netkit.export.layout import file_layouts
    >>> text = b"Notes:\n\nOrganization,Followed On\nAcme,"
    >>> _find_header(text, "Company Follows.csv", file_layouts()["follows"]).line
    3
    """
    start, nearest = 0, list(layout.required)
    for number, line in enumerate(head.splitlines(keepends=True)[:_WITHIN], start=1):
        start += len(line)
        for separator in _SEPARATORS:
            kept, unknown = _columns_in(line, layout, separator)
            lacking = [group for group in layout.required if not set(group) & set(kept)]
            if not lacking:
                return _Header(separator, kept, unknown, number, start)
            nearest = min(nearest, lacking, key=len)
    groups = [" or ".join(layout.headers[column] for column in group) for group in nearest]
    raise ExportError(f"{name} has no line that names the columns {' and '.join(groups)}", _AGAIN)


def _columns_in(line: bytes, layout: FileLayout, separator: str) -> tuple[list[str], list[str]]:
    """Return what each cell of a line is kept as, were it the header, and the cells nobody knows."""
    text = line.decode("utf-8", "replace").strip("\r\n\ufeff")
    if len(text) > 10_000 or not text.strip():
        return [], []
    cells = next(csv.reader([text], delimiter=separator), [])
    kept: list[str] = []
    for cell in cells:
        column = layout.columns.get(folded(cell)) or layout.columns.get(
            folded(_IN_BRACKETS.sub("", cell)), ""
        )
        kept.append("" if column in kept else column)  # of two equal headers the first counts
    known = {*layout.columns, *layout.unused}
    unknown = (folded(cell) not in known and not name for cell, name in zip(cells, kept, strict=True))
    return kept, [cell for cell, odd in zip(cells, unknown, strict=True) if cell.strip() and odd]


def _header_notices(header: _Header, name: str, head: bytes) -> list[Notice]:
    notices = [*Notice.unknown_columns(name, header.unknown)]
    # The platform writes commas and no byte-order mark into the files that matter; its line ends differ.
    if header.separator == ";" or encoding_of(head) == "utf-8-sig":
        notices.append(Notice.resaved(name))
    return notices


def _rows_in_file(rows: Sequence[int] | npt.NDArray[np.int64], left_out: Sequence[int]) -> list[int]:
    """Return kept rows' numbers in the file, from which some rows were left out.

    >>> _rows_in_file([0, 1, 2], [1, 2])
    [0, 3, 4]
    """
    before = np.asarray(left_out, np.int64) - np.arange(len(left_out))  # kept rows before each of them
    found: list[int] = (np.asarray(rows) + np.searchsorted(before, rows, side="right")).tolist()
    return found


def _line_numbers(lines: Iterable[bytes], header: _Header, rows: list[int]) -> list[int]:
    """Return the lines at which some rows begin; cells may hold line breaks, and blank lines are none."""
    wanted, found, row, inside = set(rows), [], -1, False
    opens = _quoted_cells(header.separator)
    for number, line in enumerate(islice(lines, LIMITS["lines_numbered"]), start=1):
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


def _without_open_quotes(text: bytes, header: _Header, name: str) -> tuple[bytes, list[Notice]]:
    """Cut out lines on which a quotation mark opens a cell that never ends, or ends amid another's text.

    Else all lines up to the next mark, or to the end of the file, would be one cell.
    """
    if text.count(b'"') % 2 == 0:
        return text, []
    kept: list[bytes] = []
    numbers: list[int] = []
    cells = _quoted_cells(header.separator)
    done = at = header.start
    while len(numbers) < _REPAIRS and (cell := cells.search(text, max(at - 1, 0))):
        at = cell.end()
        if cell[1] or b"\n" not in cell[0][1:]:
            continue
        opens = text.index(b'"', cell.start())
        start = text.rfind(b"\n", 0, opens) + 1
        at = text.index(b"\n", opens)
        kept.append(text[done : max(start, done)])
        done = at
        numbers.append(text.count(b"\n", 0, opens) + 1)
    says = "a quotation mark is never closed; the line on which it opens was left out"
    notice = Notice.at(numbers, "quote_left_open", name, len(numbers), says)
    whole = b"".join([text[: header.start], *kept, text[done:]])
    return whole, [notice] if numbers else []


def _quoted_cells(separator: str) -> re.Pattern[bytes]:
    """Return what finds quoted cells; the group is empty for one that is not closed."""
    ends = rb'"(?=[\r\n]|%s|\Z)|' % re.escape(separator.encode())
    return re.compile(rb'(?:\A|[\r\n]|%s)"(?:[^"]++|"")*+(%s)' % (re.escape(separator.encode()), ends))


def encoding_of(head: bytes) -> str:
    """Return the encoding that a file's first bytes announce, `""` for plain UTF-8.

    >>> encoding_of("Date;Name".encode("utf-16"))
    'utf-16'
    >>> encoding_of(b"Date,Name")
    ''
    """
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec
    sample = head[:4096]
    if len(sample) >= 4 and b"\x00" in sample:
        if sample[1::2].count(0) > len(sample) // 4:
            return "utf-16-le"
        if sample[0::2].count(0) > len(sample) // 4:
            return "utf-16-be"
    return ""


def _as_utf8(data: bytes, name: str) -> tuple[bytes, list[Notice]]:
    r"""Return a file's text in UTF-8, and what was odd about its bytes.

    Bytes that are not valid are read as Windows-1252 when the whole file can be (a spreadsheet
    on Windows writes it so), and are else kept visible as `\xNN`; either way it is told.

    >>> _as_utf8("Jörg".encode("cp1252"), "Connections.csv")[0].decode()
    'Jörg'
    """
    codec, notices = encoding_of(data) or "utf-8", []
    try:
        text = _recoded(data, codec, "strict")
    except UnicodeDecodeError:
        text, notice = _mended(data, codec, name)
        notices.append(notice)
    if b"\r" in text and b"\n" not in text:  # line ends of an old Macintosh
        text = text.replace(b"\r", b"\n")
    return text, notices


def _mended(data: bytes, codec: str, name: str) -> tuple[bytes, Notice]:
    lines = [
        number
        for number, line in enumerate(io.BytesIO(data), start=1)
        if line.decode("utf-8", "ignore").encode() != line
    ]
    if codec == "utf-8" and not _has_utf8_letters(data):
        says = "letters are not UTF-8 and were read as Windows-1252, as spreadsheets write them;"
        with suppress(UnicodeDecodeError):
            text = _recoded(data, "cp1252", "strict")
            return text, Notice.at(lines, "not_utf8", name, len(lines), f"{says} check the names")
    if not codec.startswith("utf-8"):
        lines = []
    says = "bytes that are no text were kept visible as \\xNN"
    text = _recoded(data, codec, "backslashreplace")
    return text, Notice.at(lines, "damaged_bytes", name, max(len(lines), 1), says)


def _recoded(data: bytes, codec: str, errors: str) -> bytes:
    """Return bytes of one encoding in UTF-8, piece by piece: a large file never stands in memory as `str`."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    recoded = io.BytesIO()
    for start in range(0, len(data) + 1, _PIECE):
        text = decoder.decode(data[start : start + _PIECE], start + _PIECE > len(data))
        if (codec, errors) != ("utf-8", "strict"):
            recoded.write(text.encode("utf-8", "backslashreplace"))
    return recoded.getvalue() or data  # what is UTF-8 already was only looked at


def _has_utf8_letters(data: bytes) -> bool:
    """Tell whether any letter beyond ASCII is written as UTF-8 has it."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    pieces = range(0, len(data), _PIECE)
    return not all(decoder.decode(data[start : start + _PIECE]).isascii() for start in pieces)


def _count_mojibake(chunk: bytes) -> int:
    """Count the damaged letters in a piece of UTF-8 text, fast where there are none.

    >>> _count_mojibake("Jörg".encode()), _count_mojibake("JÃ¶rg".encode())
    (0, 1)
    """
    if chunk.isascii():
        return 0
    suspect = any(byte in chunk and any(sign in chunk for sign in signs) for byte, signs in _RARE)
    return len(_MOJIBAKE.findall(chunk)) if suspect else 0


def _mojibake_notice(text: Iterable[bytes], name: str) -> Notice:
    """Say on how many lines letters are damaged, and where; the file's text is left as it is."""
    lines = [
        number for number, line in enumerate(text, start=1) if not line.isascii() and _MOJIBAKE.search(line)
    ]
    says = "letters were damaged before the file reached you (such as Ã¼ for ü); they were left as they are"
    return Notice.at(lines, "mojibake", name, len(lines), says)
