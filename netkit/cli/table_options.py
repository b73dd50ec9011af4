"""The options with which a command works on a table of somebody's own instead of the ledger."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from netkit.cli.screen import say
from netkit.errors import TableError
from netkit.ledger.workspace import clear_errors
from netkit.private_files import write_private
from netkit.tables import LabelledTable, read_labelled
from netkit.wording import counted

_NAMED = {
    "--label": "With --table: the column that says what was done.",
    "--time": "With --table: the column that says when each request came.",
    "--person": "With --table: the column that says who asked.",
    "--request": "With --table: the column that names each request.",
}
_WORDS = {
    "means_yes": "With --table: a word of the label that means yes; repeat it for several.",
    "means_no": "With --table: a word of the label that means no.",
}


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a table of one's own."""
    for name, says in reversed(_WORDS.items()):
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, name, multiple=True, metavar="WORD", help=says)(command)
    for name, says in reversed(_NAMED.items()):
        command = click.option(name, metavar="COLUMN", help=says)(command)
    command = click.option(
        "--day-first/--month-first",
        default=None,
        help="With --table: how to read days such as 3/4/2024, where no cell shows it.",
    )(command)
    return click.option(
        "--table",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A table of your own, CSV or XLSX, instead of your ledger.",
    )(command)


def refuse_both(table: Path | None, target: str | None) -> None:
    """Refuse an outcome of acceptances asked of a table, whose label says already what is learned."""
    if table is not None and target:
        raise TableError("--target is about your ledger, and --table about a table. Give one of the two.")


def read_own_table(table: Path | None, as_json: bool, **asked: Any) -> LabelledTable | None:  # noqa: ANN401
    """Read the table that was named, as the mapping beside it says; write that mapping where there is none.

    What was asked is taken as click gives it; without a table nothing may be asked of one.
    """
    told = {name.removeprefix("means_"): value for name, value in asked.items() if value not in (None, ())}
    if table is None:
        if told:
            raise TableError(
                f"--{next(iter(told)).replace('_', '-')} speaks of a table of your own. Name it with --table."
            )
        return None
    mapping = table.with_suffix(".mapping.yaml")
    there = mapping.exists()
    read = read_labelled(table, mapping=mapping if there else None, **told)
    if not there:
        with clear_errors(mapping):
            write_private(mapping, read.mapping.text(table.name).encode())
    if not as_json:
        what = "Read as it says" if there else "Written for you to correct"
        size = f"{counted(len(read.labels), 'labelled request')}, {counted(len(read.vocabulary), 'fact')}"
        say(f"{mapping.name}: {what}. {size}.")
        for note in read.notes:
            say(f"Note: {note}")
    return read
