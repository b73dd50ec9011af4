"""Cells that a spreadsheet shows as text instead of running them."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

# A cell that begins like this may be run as a formula (OWASP, "CSV Injection"), in East Asian settings by
# the full-width signs too; the apostrophe itself is in the list so that reading back is exact.
_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")


def escape_formula(value: object) -> str:
    """Return a cell's text, with an apostrophe before what a spreadsheet could run."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_STARTERS) else text


def unescape_formula(text: str) -> str:
    """Return what `escape_formula` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_STARTERS) else text


def write_rows(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as CSV with escaped cells."""
    writer = csv.writer(file)
    writer.writerow(header)
    # A number is no formula: -3 stays a number.
    writer.writerows([c if isinstance(c, int | float) else escape_formula(c) for c in row] for row in rows)
