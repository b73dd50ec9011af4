"""The command line: `netkit` and its commands, each loaded only when it is called."""

import ast
import errno
import os
import re
import sys
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from netkit import __version__
from netkit.cli.door import close_doors, closed_doors
from netkit.cli.quick_help import check_at_once, help_at_once
from netkit.errors import CandidatesError, NetkitError, nearest
from netkit.private_files import private_by_default
from netkit.wording import join_or

# What is recorded with 'netkit decide', and is no command of its own.
_RECORDED = ("accept", "decline", "ignore", "defer", "undo")
# One line a command: the module that holds it, and the group it is listed under.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("handbook_commands", "Everything at once"),
    "run": ("handbook_commands", "Everything at once"),
    "lab": ("lab_command", "Everything at once"),
    "read": ("data_commands", "Your data"),
    "pull": ("pull_command", "Your data"),
    "evidence": ("evidence_commands", "Your data"),
    "notes": ("notes_command", "Your data"),
    "history": ("data_commands", "Your data"),
    "stats": ("stats_command", "Your data"),
    "sheet": ("data_commands", "Your data"),
    "backup": ("data_commands", "Your data"),
    "restore": ("data_commands", "Your data"),
    "verify": ("data_commands", "Your data"),
    "forget": ("data_commands", "Your data"),
    "keep": ("data_commands", "Your data"),
    "export": ("data_commands", "Your data"),
    "triage": ("triage_command", "Answering"),
    "judge": ("judge_today_command", "Answering"),
    "find": ("show_command", "Answering"),
    "work": ("work_command", "Answering"),
    "show": ("show_command", "Answering"),
    "decide": ("answer_commands", "Answering"),
    "letter": ("answer_commands", "Answering"),
    "ask": ("answer_commands", "Answering"),
    "intro": ("intro_commands", "Introducing"),
    "due": ("due_and_review", "Introducing"),
    "review": ("due_and_review", "Introducing"),
    "policy": ("policy_commands", "Judging"),
    "outcomes": ("outcome_commands", "Judging"),
    "fit": ("judge_commands", "Judging"),
    "compare": ("judge_commands", "Judging"),
    "handbook": ("handbook_commands", "Publishing"),
    "publish": ("handbook_commands", "Publishing"),
}


# What a system refuses wherever netkit writes; everything else is a bug, and keeps its trace.
_REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)

# What somebody pasted in the place of a word is not said back in full.
_LONG_QUOTE = re.compile(r"(?<!\w)(['\"])([^'\"\n]{80})[^'\"\n]{120,}\1")
# What click says of numbers, and how people say it.
_NUMBERS = (
    (r"is not a valid integer( range)?", "is no whole number"),
    (r"is not a valid float", "is no number"),
    (r"is not in the range (\d+)<=x<=(\d+)", r"is not from \1 to \2"),
    (r"is not in the range x>=(\d+)", r"is less than \1"),
)


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is called, and none for its own help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say where options stand, which most programs take before a command too."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            says = f"no {problem.option_name} may stand before a command. Its options stand after it, such as"
            raise click.UsageError(f"{says} in: netkit triage --json", ctx) from problem

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called `cmd_name`, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"netkit.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"_{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        headings = dict.fromkeys(heading for _, heading in COMMANDS.values())
        for heading in headings:
            rows = []
            for name in (name for name, (_, under) in COMMANDS.items() if under == heading):
                rows.append((name, click.Command(name, help=_purpose(name)).get_short_help_str(200)))
            with formatter.section(heading):
                formatter.write_dl(rows)


def _purpose(name: str) -> str | None:
    """Return what a command says it does, read from its module and not imported: imports take seconds."""
    body = _parsed(COMMANDS[name][0]).body
    functions = (part for part in body if isinstance(part, ast.FunctionDef))
    return next(ast.get_docstring(part) for part in functions if part.name == f"_{name}_command")


@cache
def _parsed(module: str) -> ast.Module:
    return ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))


@click.group(
    cls=_LazyGroup,
    # Colours are not taken out of what is printed to a pipe: what looks like one is data, to be spelled out.
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "color": True},
)
@click.version_option(__version__)
def cli() -> None:
    """Answer connection and introduction requests by a policy you can stand behind.

    Everything runs on this machine: nothing is sent anywhere, and your data stays in your own
    workspace. Only `netkit pull` uses the network, when you call it. Start with `netkit demo` (an
    invented person), then `netkit run YOUR-ARCHIVE.zip`.
    """
    database = sys.modules.get("netkit.ledger.database")
    if database:  # not the first command of this process
        database.begin_sitting()


class _Later(ModuleType):
    """A package that is loaded when something of it is used, not when a module names it."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the package has
        spec = self.__spec__
        assert spec and spec.loader
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__path__ = spec.submodule_search_locations or []
        spec.loader.exec_module(self)
        return getattr(self, name)


def load_later(*names: str) -> None:
    """Let packages be loaded by what uses them alone: most commands need two thirds of a second less."""
    for name in names:
        within = sys.modules[name.rpartition(".")[0]].__spec__ if "." in name else None
        places = within.submodule_search_locations if within else None
        if name not in sys.modules and (spec := PathFinder.find_spec(name, places)):
            module = module_from_spec(spec)
            module.__class__ = _Later
            del module.__path__  # so that whoever imports a part of it asks for it, and has the whole
            sys.modules[name] = module


def main() -> None:
    """Run the command line; a user's mistake ends with one sentence and exit code 2."""
    _open_closed_streams()
    close_doors()  # for good: the trace of a bug holds words of the data, too
    sys.exit(run(sys.argv[1:]))


def _open_closed_streams() -> None:
    """Let a stream that is closed, as for a job in the background, be one with nothing in it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


def run(arguments: list[str]) -> int:
    """Return the exit code: 0 done, 1 a check found something, 2 bad input, 130 interrupted by the user."""
    with closed_doors(), private_by_default():
        try:
            _check_letters(arguments)
            if (said := help_at_once(cli, arguments, "netkit")) is not None:
                click.echo(said)
                return 0
            check_at_once(cli, arguments, "netkit")
            load_later("pandas", "numpy", "scipy", "scipy.linalg", "scipy.special")
            code: Any = cli.main(args=arguments, prog_name="netkit", standalone_mode=False)
        except NetkitError as mistake:
            says = mistake.listed if isinstance(mistake, CandidatesError) else str(mistake)
            says = _LONG_QUOTE.sub(r"\1\2 …\1", f"netkit: {says}")
            click.echo(says, err=True, color=True)
            return 2
        except click.ClickException as mistake:
            click.echo(f"netkit: {_called_wrongly(mistake)}", err=True, color=True)
            return 2
        except click.Abort:
            click.echo("Interrupted; no partial changes were written.", err=True)
            return 130
        except BrokenPipeError:  # `netkit triage | head` is no mistake
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as refusal:
            if refusal.errno not in _REFUSALS:
                raise
            click.echo(f"netkit: {_refused(refusal)}", err=True, color=True)
            return 2
        return code if isinstance(code, int) else 0


def _refused(refusal: OSError) -> NetkitError:
    place = refusal.filename or "The disk"
    return NetkitError(
        f"{place}: {refusal.strerror}. Check its rights and its space, or name another folder with --home."
    )


def _called_wrongly(mistake: click.ClickException) -> NetkitError:
    """Say in the house's two sentences what was wrong in the words of a command."""
    context = getattr(mistake, "ctx", None)
    called = context.command_path if context else "netkit"
    wrong = mistake.format_message().rstrip(".")
    for said, meant in _NUMBERS:
        wrong = re.sub(said, meant, wrong)
    do = f"Its words and options: {called} --help"
    if isinstance(mistake, click.NoSuchOption):
        near = f"Did you mean {mistake.possibilities[0]}? " if mistake.possibilities else ""
        wrong, do = f"{called} has no option {mistake.option_name}", near + do
    elif wrong.startswith("No such command"):
        group = context.command if context else cli
        known = group.list_commands(context) if isinstance(group, click.Group) and context else [*COMMANDS]
        word, wrong = wrong.split(chr(39))[1], f"There is no{wrong.removeprefix('No such')}"
        every = f"All commands: {called} --help" if group is cli else f"{called} has {join_or(known, 'and')}"
        do = f"{nearest(word, known)}{every}"
        if group is cli and word in _RECORDED:
            do = f"What you did is recorded with: netkit decide REQUEST {word}"
    elif isinstance(mistake, click.MissingParameter) and mistake.param:
        wrong = f"{called} needs {mistake.param.make_metavar(context) if context else mistake.param.name}"
    elif wrong.startswith("Got unexpected extra"):
        extra = wrong.partition("(")[2].rstrip(")")
        wrong = f"{called} takes fewer words: {extra} is too much"
        pasted = context is not None and context.params.get("paste")
        do = (
            f"Hand a file over with: {called} --paste < {extra}"
            if pasted
            else f"Put a name of several words in quotes. {do}"
        )
    elif ". " in wrong or ": netkit " in wrong:  # it says what to do
        wrong, do = mistake.format_message(), ""
    return NetkitError(wrong, do)


def _check_letters(arguments: list[str]) -> None:
    for number, text in enumerate(arguments, 1):
        if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
            raise NetkitError(
                f"Word {number} after netkit, {text!r}, is not written in {sys.getfilesystemencoding()}."
                " Type it again in a UTF-8 terminal, or rename the file that it names."
            )
