"""The page of the command line, written from the command's own help."""

from importlib import import_module
from importlib.metadata import entry_points
from inspect import cleandoc
from typing import Any

import click

from netkit.handbook.words import render


def command_page() -> str:
    """Return the page of the command line, from the installed command itself.

    Returns
    -------
    str
        Markdown.
    """
    # Through its entry point, because imports point down only and the command line lies above.
    (script,) = entry_points(group="console_scripts", name="netkit")
    command = import_module(script.module).cli
    return render(
        "command", command=_described(command, click.Context(command, info_name="netkit"))
    )


def _described(command: click.Command, context: click.Context) -> dict[str, Any]:
    inner = {}
    if isinstance(command, click.Group):
        found = {
            name: command.get_command(context, name) for name in command.list_commands(context)
        }
        inner = {name: one for name, one in found.items() if one and not one.hidden}
    # An argument without a text of its own stands in the usage already.
    records = [parameter.get_help_record(context) for parameter in command.params]
    return {
        "level": min(6, len(context.command_path.split())),
        "path": context.command_path,
        "help": cleandoc(command.help or "").replace("\b\n", ""),
        "usage": " ".join([context.command_path, *command.collect_usage_pieces(context)]),
        "options": [record for record in records if record and record[1]],
        "commands": [
            _described(one, click.Context(one, info_name=name, parent=context))
            for name, one in inner.items()
        ],
    }
