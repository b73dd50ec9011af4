"""One delimited text file of the export, as columns of text, parsed while it is still being unpacked."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv

from netkit.errors import ExportError
from netkit.export.header import Header, find_header, refuse_other_formats
from netkit.export.layout import FileLayout
from netkit.export.lines import before_leaving_out, line_numbers, quote_left_open
from netkit.export.members import Guarded, Member
from netkit.export.report import Notice, at_lines, printable, resaved
from netkit.export.utf8 import as_utf8, count_mojibake, encoding_of, mojibake_notice

_HEAD = 1 << 18
_BLOCK = 1 << 22
_BOM = b"\xef\xbb\xbf"
_SIGN = re.compile(
    rb"[^ \t\r\n\x00\xef\xbb\xbf]"
)  # anything but blanks, zeros and byte-order marks


@dataclass(frozen=True)
class Delimited:
    """One file's rows as text.

    Attributes
    ----------
    file : str
        Its path inside the archive.
    rows : pyarrow.Table
        The kept columns that the file has, as text; empty cells are null.
    sha256 : bytes
        Digest of the file's bytes.
    notices : tuple of Notice
        What was odd.
    """

    file: str
    rows: pa.Table
    sha256: bytes
    notices: tuple[Notice, ...] = ()
    _member: Member | None = field(default=None, repr=False)
    _header: Header | None = field(default=None, repr=False)
    _left_out: tuple[int, ...] = field(default=(), repr=False)

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
        rows = [before_leaving_out(row, self._left_out) for row in wanted]
        text = as_utf8(self._member.read(), self.file).utf8
        return line_numbers(text, self._header, rows)


def read_delimited(member: Member, layout: FileLayout) -> Delimited:
    """Read one file as columns of text.

    Parameters
    ----------
    member : Member
        The file.
    layout : FileLayout
        Its columns.

    Returns
    -------
    Delimited
        Its rows.

    Raises
    ------
    ExportError
        The file is no text file, or has rows but none that can be used.
    """
    with member.open() as stream:
        head = _head(stream)
        refuse_other_formats(member.name, head)
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


def _keeping_mark(body: bytes) -> bytes:
    """Double a byte-order mark that begins the first row: Arrow takes one for the file's own and drops it."""
    return _BOM + body if body.startswith(_BOM) else body


class _Rest(io.RawIOBase):
    """What follows a header: the rest of the head, then the stream, looked over as it passes."""

    def __init__(self, rest: bytes, stream: Guarded) -> None:
        super().__init__()
        self.rest, self.stream = _keeping_mark(rest), stream
        self.mojibake = self.quotes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk, self.rest = self.rest or self.stream.read(size), b""
        self.mojibake += count_mojibake(chunk)
        self.quotes += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord('"')))
        return chunk


def _read_streaming(
    member: Member, layout: FileLayout, head: bytes, stream: Guarded
) -> Delimited | None:
    """Parse while the member is being unpacked; None where it needs a second, careful look."""
    header = find_header(head, member.name, layout)
    rest = _Rest(head[header.start :], stream)
    try:
        rows = _parse(rest, header, layout, block=_BLOCK)
    except pa.ArrowInvalid:
        return None  # no rows, a wrong number of cells, no UTF-8, or a cell larger than a block
    if rest.quotes % 2:
        return None
    notices = _header_notices(header, member.name, head)
    if rest.mojibake:
        notices.append(mojibake_notice(member.read(), member.name))
    digest = stream.sha256.digest()
    return Delimited(member.name, rows, digest, tuple(notices), member, header)


def _read_carefully(member: Member, layout: FileLayout) -> Delimited:
    """Parse a file that is odd, damaged or in another encoding: whole, and in one thread."""
    name = member.name
    with member.open() as stream:
        data = stream.read_all()
    digest, text = stream.sha256.digest(), as_utf8(data, name)
    if not _SIGN.search(text.utf8):
        notice = Notice("empty_file", name, 1, "the file is empty")
        return Delimited(name, pa.table({}), digest, (notice,), member)
    header = find_header(text.utf8, name, layout)
    ragged: list[int] = []
    body = _keeping_mark(text.utf8[header.start :])
    rows = _parse_whole(body, header, layout, ragged, name)
    notices = [*text.notices, *_header_notices(header, name, data)]
    if count_mojibake(text.utf8):
        notices.append(mojibake_notice(text.utf8, name))
    notices += quote_left_open(text.utf8, header, name)
    if ragged:
        if not len(rows):
            raise _no_rows(name)
        lines = line_numbers(text.utf8, header, ragged[:5])
        says = "rows with too many or too few cells were left out"
        notices.append(Notice("ragged_row", name, len(ragged), says, at_lines(lines)))
    return Delimited(name, rows, digest, tuple(notices), member, header, tuple(ragged))


def _parse(
    source: object,
    header: Header,
    layout: FileLayout,
    *,
    block: int,
    ragged: list[int] | None = None,
) -> pa.Table:
    """Let Arrow parse the rows.

    Where `ragged` is given, rows with a wrong number of cells are left out and their numbers
    put there, which takes a single thread; else such a row is an error.
    """

    def left_out(row: pyarrow.csv.InvalidRow) -> str:
        assert ragged is not None
        ragged.append(row.number - 1)
        return "skip"

    columns = [str(place) for place in range(len(header.cells))]
    kept = {column: name for column, name in zip(columns, header.kept, strict=True) if name}
    once = pa.dictionary(pa.int32(), pa.string())
    types = {
        column: once if name in layout.repeated else pa.string() for column, name in kept.items()
    }
    rows = pyarrow.csv.read_csv(
        source,
        read_options=pyarrow.csv.ReadOptions(
            column_names=columns, block_size=block, use_threads=ragged is None
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=header.separator,
            newlines_in_values=True,
            invalid_row_handler=None if ragged is None else left_out,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types,
            include_columns=list(kept),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return rows.rename_columns(list(kept.values()))


def _parse_whole(
    body: bytes, header: Header, layout: FileLayout, ragged: list[int], name: str
) -> pa.Table:
    if not _SIGN.search(body):
        return pa.table({column: pa.array([], pa.string()) for column in header.kept if column})
    block = min(len(body) + 1024, 2**31 - 1)
    try:
        return _parse(pa.py_buffer(body), header, layout, block=max(block, _BLOCK), ragged=ragged)
    except pa.ArrowInvalid as problem:
        raise ExportError(
            f"{name} cannot be taken apart into rows",
            accepted="text with separated columns (CSV)",
            do="download the export once more, or take that file out of the archive",
        ) from problem


def _no_rows(name: str) -> ExportError:
    return ExportError(
        f"{name} has rows, but not one of them can be used",
        accepted="rows with as many cells as the header has",
        do="download the export once more, or take that file out of the archive",
    )


def _header_notices(header: Header, name: str, head: bytes) -> list[Notice]:
    notices = []
    if header.unknown:
        named = ", ".join(printable(cell, 40) for cell in header.unknown[:10])
        more = " and others" if len(header.unknown) > 10 else ""
        says = f"columns that netkit does not know were left alone: {named}{more}"
        notices.append(Notice("unknown_column", name, len(header.unknown), says))
    # The platform writes commas, plain line ends and no byte-order mark into the files that matter.
    from_windows = header.crlf and header.separator == ","
    if header.separator == ";" or from_windows or encoding_of(head) == "utf-8-sig":
        notices.append(resaved(name))
    return notices
