"""What commands print: JSON, tables, lines and progress."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from io import TextIOWrapper
from typing import IO, Any, Literal, Protocol, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from netkit.cli.door import Door, fitted
from netkit.ledger import Ledger
from netkit.wording import is_missing, moment_words, shown, visible, visible_json

_Result = TypeVar("_Result")
_WORD = re.compile(r"\d+ [A-Z][a-z]{2} \d{4}|\S+")  # a day is read as one
_KEY = "request"  # the column to type from: it stays in one piece on any screen


class _Screen(Console):
    """A console whose words are spelled out before they are styled, so that styles are netkit's own alone."""

    @property
    def file(self) -> IO[str]:
        """The stream behind the door."""
        found = super().file
        return found.stream if isinstance(found, Door) else found

    @file.setter
    def file(self, new_file: IO[str]) -> None:
        self._file = new_file

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        return super()._render_buffer(
            each if each.control else Segment(fitted(each.text, self.file), each.style) for each in buffer
        )


console = _Screen(highlight=False)
_errors = _Screen(stderr=True, highlight=False)


def _text(value: object) -> Text:
    return Text(_spelled(value))


def _cell(value: object) -> str:
    """Return what a table shows of a value: one line, or the lines that a command laid out."""
    if isinstance(value, Text):
        return "\n".join(map(_cell, value.plain.split("\n")))
    return fitted(visible(_shown(value), line=True), console.file)


def _spelled(value: object) -> str:
    return fitted(_shown(value), console.file)


def _shown(value: object) -> str:
    """Return a value in a reader's words: a day as every sentence says it, never in the digits of a file."""
    if isinstance(value, date) and not is_missing(value):
        return moment_words(value)
    return shown(value, "{:,.3g}".format)


class _Found(Protocol):
    def as_dict(self) -> Mapping[str, Any]: ...


def print_json(value: object) -> None:
    """Print a value as JSON, on a poor screen in plain letters; a missing number becomes null, never NaN."""
    ascii_only = console.options.ascii_only
    click.echo(visible_json(json.dumps(_plain(value), ensure_ascii=ascii_only, indent=2, allow_nan=False)))


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

    Only the columns in `wide` may wrap: keys and dates in the others stay in one piece on any screen. Where
    that is too much for the screen, the longest others wrap too, but never a request's key; and where nothing
    helps, each row is a list.
    """
    rows = [list(row) for row in rows]
    cells = [[_cell(cell) for cell in row] for row in rows]
    texts = {name: [_cell(name), *(row[at] for row in cells)] for at, name in enumerate(columns)}
    may_wrap = texts.keys() & ({wide} if isinstance(wide, str) else set(wide))
    widths = _widths(texts, may_wrap if may_wrap or _KEY in texts else set(texts))
    if _table_width(widths) > console.width:
        _print_lists(title, columns, cells)
    else:
        _print_grid(title, columns, rows, cells, widths)
    if note:
        say(note)


def _print_grid(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    cells: Sequence[Sequence[str]],
    widths: Mapping[str, int],
) -> None:
    console.print(Text(_cell(title)), style="bold")  # the table's own would wrap at a small table's edge
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for place, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place], (int, float)) for row in rows)
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(Text(_cell(column)), justify=justify, overflow="fold", width=widths[column])
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table, crop=False)  # a key cut off cannot be typed


def _print_lists(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    console.print(Text(_cell(title)), style="bold")
    for row in cells:
        say("")
        grid = Table.grid(padding=(0, 1))  # a long cell goes on beside its heading, never where a line begins
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for column, cell in zip(columns, row, strict=True):
            grid.add_row(Text(f"{_cell(column)}:"), Text(cell))
        console.print(grid)
    say("")


def _widths(texts: Mapping[str, Sequence[str]], may_wrap: set[str]) -> dict[str, int]:
    """Return how wide each column is; what is wider than the screen cannot be read as a table.

    A column that wraps is not made narrower than its longest word, unless that takes half the screen.
    """
    whole = {name: _widest(cells) for name, cells in texts.items()}
    words = {name: min(_longest_word(cells), console.width // 2) for name, cells in texts.items()}
    widths = {name: words[name] if name in may_wrap else width for name, width in whole.items()}
    for name in sorted(whole.keys() - may_wrap - {_KEY}, key=lambda name: -whole[name]):
        if _table_width(widths) <= console.width:
            break
        widths[name] = words[name]
    short = sorted(whole.keys() - may_wrap, key=lambda name: whole[name])
    for name in short:  # what need not wrap does not
        widths[name] = min(whole[name], widths[name] + max(console.width - _table_width(widths), 0))
    long = sorted(may_wrap, key=lambda name: whole[name])
    for left, name in zip(range(len(long), 0, -1), long, strict=True):
        fair = max(console.width - _table_width(widths), 0) // left
        widths[name] = min(whole[name], widths[name] + fair)
    return widths


def _table_width(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + 3 * len(widths) + 1  # a blank on either side, and the lines of the box


def _widest(cells: Iterable[str]) -> int:
    return max(cell_len(line) for cell in cells for line in cell.splitlines() or [""])


def _longest_word(cells: Iterable[str]) -> int:
    return max(cell_len(word) for cell in cells for word in _WORD.findall(cell) or [""])


def say(text: str) -> None:
    """Print one line of plain text, markup shown as it stands."""
    console.print(_text(text), soft_wrap=False)


def open_for_drawing() -> None:
    """Let a workplace spell out what the terminal has no letters for; Textual draws on this stream."""
    if isinstance(sys.__stderr__, TextIOWrapper):
        sys.__stderr__.reconfigure(errors="backslashreplace")


def say_below(text: str, *, indent: int = 3) -> None:
    """Print a text under the line that it belongs to, every line of it indented."""
    console.print(Padding(_text(text), (0, 0, 0, indent)))


def run_counted(name: str, total: int, step: Callable[[Callable[[int], None]], _Result]) -> _Result:
    """Do something that says how far it came, by a total, and return its result."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    done = shown = 0
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=_errors,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=_asks_for_json(),
    ) as display:
        task = display.add_task(name, total=max(total, 1))

        def tell(size: int) -> None:
            nonlocal done, shown
            done += size
            if done - shown > total >> 8:  # what is read line by line is not shown line by line
                shown = done
                display.update(task, completed=done)

        result = step(tell)
        display.update(task, completed=max(total, 1))
    return result


def _asks_for_json() -> bool:
    """Tell whether a program reads what this command writes: it needs no bar."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.params.get("as_json"))


def run_step(name: str, step: Callable[[], _Result]) -> _Result:
    """Do something that takes a while, named while it runs, and return its result."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn("line" if _errors.options.ascii_only else "dots"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=_errors,  # so that standard output stays clean
        transient=False,
        redirect_stdout=False,  # it would read styles out of what is printed
        redirect_stderr=False,
        disable=_asks_for_json(),
    ) as display:
        task = display.add_task(name, total=None)
        result = step()
        display.update(task, total=1, completed=1)
    return result


def one_key(prompt: str, keys: Sequence[str]) -> str:
    """Ask for one of some keys; at a terminal it counts at once, without Enter."""
    if not sys.stdin.isatty() or max(map(len, keys)) > 1:
        return str(click.prompt(prompt, type=click.Choice(keys), show_choices=False))
    click.echo(f"{prompt}: ", nl=False)
    while (key := click.getchar().casefold()) not in keys:
        if key in ("\x03", "\x04"):
            raise click.Abort
    click.echo(key)
    return key
