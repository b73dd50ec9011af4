"""The command that builds the handbook."""

from collections.abc import Callable
from pathlib import Path

import click

from netkit.cli.screen import home_option, say, with_progress
from netkit.findings.validation import execute_notebooks, validate_notebooks
from netkit.handbook import Built, build_handbook, serve_handbook
from netkit.ledger.workspace import prepare_home


@click.command("handbook")
@home_option
@click.option(
    "--own", is_flag=True, help="From your own workspace, privately, into its site/ folder."
)
@click.option(
    "--serve",
    is_flag=True,
    help="Serve the project's handbook as a draft while you write its pages.",
)
@click.option(
    "--strict", is_flag=True, help="Refuse unvalidated numbers (the default; said aloud for CI)."
)
def handbook_command(home: Path | None, own: bool, serve: bool, strict: bool) -> None:
    """Build the handbook; every number in it comes from a notebook that passed a strict run."""
    if serve:
        serve_handbook()
        return
    if own:
        home = prepare_home(home)
        built = with_progress(own_steps(home))[-1]
    else:
        (built,) = with_progress([("building the handbook", build_handbook)])
    assert isinstance(built, Built)
    say(f"Built {built.pages} pages with {built.findings} findings: {built.site / 'index.html'}")


def own_steps(home: Path) -> list[tuple[str, Callable[[], object]]]:
    """Return the steps from a workspace to its private handbook."""
    return [
        ("running the notebooks on your workspace", lambda: execute_notebooks(home)),
        ("running them again, to see that every number repeats", lambda: validate_notebooks(home)),
        ("building the handbook", lambda: build_handbook(home)),
    ]
