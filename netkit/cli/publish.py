"""The commands that build the handbook, privately and for everybody."""

from collections.abc import Callable
from pathlib import Path

import click

from netkit.cli.screen import home_option, say, with_progress
from netkit.findings.validation import execute_notebooks, validate_notebooks
from netkit.handbook import Built, build_handbook, serve_handbook
from netkit.handbook.publishing import Published, is_validated, publish_handbook
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


@click.command("publish")
@home_option
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, file_okay=False),
    help="A new or empty folder, or one published into before (default: public/site in your workspace).",
)
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    help="Words that may stand there although your ledger holds them, such as your own name.",
)
@click.option(
    "--points",
    is_flag=True,
    help="Let readers of 'Try it' see your model's points: how you have answered so far.",
)
@click.option(
    "--url",
    "address",
    default="",
    help="Where it will stand, such as https://you.github.io/handbook/.",
)
@click.option(
    "--as-validated",
    is_flag=True,
    help="Do not run the notebooks first, even if they are out of date: then refuse.",
)
def publish_command(
    home: Path | None,
    target: Path | None,
    allowed: tuple[str, ...],
    points: bool,
    address: str,
    as_validated: bool,
) -> None:
    """Build the public handbook from your workspace, with nobody of your ledger in it.

    Only findings that tell of five people or more are shown, and no table or picture of your data.
    The finished site is searched for every name, address, firm and note of your ledger; if one is
    found, the places are named and nothing is published.
    """
    home = prepare_home(home)
    steps = [] if as_validated or is_validated(home) else own_steps(home)[:2]
    steps.append(
        (
            "building the public handbook, and searching it",
            lambda: publish_handbook(home, target, allowed=allowed, points=points, address=address),
        )
    )
    published = with_progress(steps)[-1]
    assert isinstance(published, Published)
    say(
        f"Built {published.pages} pages: {published.site / 'index.html'}. Searched for"
        f" {published.searched:,} names, addresses, firms and runs of words of your ledger: none is there."
    )
    if published.withheld:
        say(f"Withheld, and shown as such: {', '.join(published.withheld)}.")


def own_steps(home: Path) -> list[tuple[str, Callable[[], object]]]:
    """Return the steps from a workspace to its private handbook."""
    return [
        ("running the notebooks on your workspace", lambda: execute_notebooks(home)),
        ("running them again, to see that every number repeats", lambda: validate_notebooks(home)),
        ("building the handbook", lambda: build_handbook(home)),
    ]
