"""What the commands share on the screen: the home option, JSON, tables, progress."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from netkit.wording import is_missing, shown

_MISSING = ("<NA>", "NaT", "nan")
_READABLE = 10  # a column that wraps is not made narrower than a word
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="NETKIT_HOME",
    help="Your workspace (default: the user-data folder of this machine, or NETKIT_HOME).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")


def print_json(value: object) -> None:
    """Print a value as JSON; a missing number becomes null, never NaN."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


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


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    note: str = "",
    wide: str | Sequence[str] = "",
) -> None:
    """Print rows under a title; every cell is text, whatever markup it contains.

    Parameters
    ----------
    title : str
        What the table shows, with its n.
    columns : sequence of str
        The headings.
    rows : iterable of sequences
        The cells.
    note : str
        A line below the table.
    wide : str or sequence of str
        The columns that may wrap; keys and dates in the others stay in one piece on any screen.
    """
    may_wrap = {wide} - {""} if isinstance(wide, str) else set(wide)
    table = Table(
        title=escape(title),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1),
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
            min_width=_least(column, [row[place] for row in cells], column in may_wrap)
            if may_wrap
            else None,
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


def progress() -> Progress:
    """Return a progress display on standard error, so that standard output stays clean."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=errors,
        transient=False,
    )


def with_progress(steps: Sequence[tuple[str, Callable[[], object]]]) -> list[object]:
    """Run steps one after the other, each named while it runs.

    Parameters
    ----------
    steps : sequence of (str, callable)
        What the step is called, and what does it.

    Returns
    -------
    list
        What each step returned.
    """
    results = []
    with progress() as display:
        for name, step in steps:
            task = display.add_task(name, total=None)
            results.append(step())
            display.update(task, total=1, completed=1)
    return results
