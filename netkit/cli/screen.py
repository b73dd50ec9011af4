"""What commands print: JSON, tables, lines and progress."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from netkit.ledger import Ledger
from netkit.wording import is_missing, shown

_Result = TypeVar("_Result")
_READABLE = 10  # a column that wraps is not made narrower than a word
console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


class _Found(Protocol):
    def as_dict(self) -> Mapping[str, Any]: ...


def print_json(value: object) -> None:
    """Print a value as JSON; a missing number becomes null, never NaN."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def print_found(
    found: _Found, as_json: bool, show: Callable[[Any], None] = lambda found: say(str(found))
) -> None:
    """Print what a command found as JSON, or else as it shows it."""
    if as_json:
        print_json(found.as_dict())
    else:
        show(found)


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON holds anything
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if is_missing(value):
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def ask_to_read_again(ledger: Ledger) -> None:
    """Say, once per version of the reader of notes, that the newest archive should be read once more."""
    asked = ledger.exports.to_read_again()
    if asked:
        click.echo(f"note: {asked}", err=True)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    note: str = "",
    wide: str | Sequence[str] = "",
) -> None:
    """Print rows under a title; every cell is text, whatever markup it contains.

    Only the columns in `wide` may wrap: keys and dates in the others stay in one piece on any screen.
    """
    may_wrap = {wide} - {""} if isinstance(wide, str) else set(wide)
    table = Table(
        title=escape(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1)
    )
    rows = [list(row) for row in rows]
    cells = [[shown(cell, "{:,.3g}".format) for cell in row] for row in rows]
    for place, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place], (int, float)) for row in rows)
        table.add_column(
            escape(column),
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=bool(may_wrap) and column not in may_wrap,
            min_width=_least(column, [row[place] for row in cells], column in may_wrap) if may_wrap else None,
        )
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table, crop=False)  # a key cut off cannot be typed
    if note:
        say(note)


def _least(heading: str, cells: Sequence[str], wraps: bool) -> int:
    """Return the width below which a column cannot be read."""
    widest = max(cell_len(line) for cell in [heading, *cells] for line in cell.splitlines() or [""])
    return min(widest, _READABLE) if wraps else widest


def say(text: str) -> None:
    """Print one line of plain text, markup shown as it stands."""
    console.print(escape(text), soft_wrap=False)


def run_step(name: str, step: Callable[[], _Result]) -> _Result:
    """Do something that takes a while, named while it runs, and return its result."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=_errors,  # so that standard output stays clean
        transient=False,
    ) as display:
        task = display.add_task(name, total=None)
        result = step()
        display.update(task, total=1, completed=1)
    return result
