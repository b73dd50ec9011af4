"""The command that asks the platform for your own record: the only one that uses the network."""

import os
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from netkit.cli.data_commands import show_change, show_record
from netkit.cli.options import home_option
from netkit.cli.screen import say
from netkit.cli.triage_screen import say_contradicted
from netkit.errors import NetkitError
from netkit.export import read_export
from netkit.history import read_history
from netkit.installation import require_extra
from netkit.ledger import Ledger, open_ledger
from netkit.private_files import one_at_a_time, remove_folder
from netkit.record.pull import WINDOW, finished_pull, pull, questions, shapes_of
from netkit.waiting.since_archive import import_and_compare
from netkit.wording import counted

_TOKEN = "NETKIT_PULL_TOKEN"  # noqa: S105 - the name of a variable
_FOLDER, _UNREAD = "record", "unread"


@click.command("pull")
@home_option
@click.option(
    "--keep-pages", is_flag=True, help="Keep the platform's answers in your workspace after reading them."
)
@click.option(
    "--shapes", is_flag=True, help="Print only the form of the events, no value of yours; keep nothing."
)
@click.option("--dry-run", is_flag=True, help="Say what netkit would ask the platform for, and ask nothing.")
def _pull_command(home: Path | None, keep_pages: bool, shapes: bool, dry_run: bool) -> None:
    """Ask the platform for your own record of what you answered, and read it into your ledger.

    This is the only command that uses the network. It sends your token to api.linkedin.com and nothing else
    to anybody. You are asked for the token, or it comes from NETKIT_PULL_TOKEN or your system's keyring. It
    is never written or printed. The interface works in the EEA and Switzerland only.
    """
    with open_ledger(home) as ledger:
        now = int(datetime.now(UTC).timestamp() * 1000)
        since = ledger.record.covered_from(now - WINDOW)
        if dry_run:
            for question in questions(since, now=now):
                click.echo(f"GET {question}")
            say("The following pages are asked for in the same way. Nothing was asked.")
            return
        require_extra("pull", "netkit pull")
        place = ledger.home / _FOLDER
        with one_at_a_time(place / "lock", "Another netkit pull runs on this workspace."):
            if shapes:
                _show_shapes(place, since)
                return
            _read_unread(ledger, place)
            found = pull(_token(), place / _UNREAD, since=since, say=_tell)
            if found.events or finished_pull(found.folder):
                _read_pages(ledger, place, keep=keep_pages)
            remove_folder(place / _UNREAD)
    if found.cut:
        say(
            f"Not kept: {counted(found.cut.total(), 'event')} about other things, such as posts and messages."
        )
    for domain in found.empty:
        say(f"{domain}: the platform has no data, or none yet. Nobody counts as gone for that.")
    if found.problem:
        raise found.problem


def _tell(what: str) -> None:
    """Say on the side what is asked for; standard output stays clean."""
    click.echo(f"  asking for {what}", err=True)


def _token() -> str:
    token = os.environ.get(_TOKEN, "").strip()
    if not token and find_spec("keyring"):
        token = import_module("keyring").get_password("netkit", "pull") or ""
    if not (token or sys.stdin.isatty()):
        raise NetkitError(
            "There is no token, and no terminal in which to type it",
            f"Put it into {_TOKEN}, or run `netkit pull` in a terminal",
        )
    return token or str(click.prompt("Your token (nothing is shown)", hide_input=True, err=True)).strip()


def _read_unread(ledger: Ledger, place: Path) -> None:
    """Read what an earlier call had pulled and not read; what it had pulled in part is asked for again."""
    if finished_pull(place / _UNREAD):
        _read_pages(ledger, place, keep=False)
    remove_folder(place / _UNREAD)


def _read_pages(ledger: Ledger, place: Path, *, keep: bool) -> None:
    """Read pulled pages into the ledger, then remove them, or keep them under the moment of their pull."""
    took, change = import_and_compare(ledger, read_export(place / _UNREAD))
    if keep:
        (place / _UNREAD).rename(place / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}")
    else:
        remove_folder(place / _UNREAD)
    if took.record:
        say(f"Read {counted(took.record.new, 'new event')} about invitations.")
        show_record(took.record)
        show_change(change)
        say_contradicted(read_history(ledger))


def _show_shapes(place: Path, since: int) -> None:
    """Print the form of the events about invitations; nothing is kept of them."""
    told: Counter[str] = Counter()
    token = _token()
    try:
        found = pull(
            token,
            place / _UNREAD,
            since=since,
            say=_tell,
            only_log=True,
            look=lambda event: told.update(set(shapes_of(event))),
        )
    finally:
        remove_folder(place / _UNREAD)
    say(f"{counted(found.events, 'event')} about invitations. Their form, and in how many of them it is:")
    for shape, times in sorted(told.items()):
        say(f"{times:6,}  {shape}")
    if found.problem:
        raise found.problem
