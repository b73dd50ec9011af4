"""Commands that build a handbook: from everything at once (`demo`, `run`), privately, and for everybody."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from netkit.cli.comparison_screen import short_answer, show_comparison
from netkit.cli.data_commands import show_change, show_kept, show_report
from netkit.cli.judge_commands import compared, read_past
from netkit.cli.options import home_option
from netkit.cli.screen import console, run_step, say
from netkit.cli.triage_command import waiting_with_model
from netkit.cli.triage_screen import show_triage
from netkit.demo import demo_home
from netkit.errors import FindingError
from netkit.export import read_export
from netkit.findings.stamps import IN_CHECKOUT, OUTPUT, project_evidence, workspace_evidence
from netkit.history import History
from netkit.installation import install_command, missing_packages, require_extra
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.workspace import prepare_home
from netkit.policy.loaded_policy import load_policy, own_policy
from netkit.private_files import one_at_a_time
from netkit.waiting.since_archive import import_and_compare
from netkit.wording import counted, visible

# What builds a handbook is imported where it is used: the base is installed without its packages.
if TYPE_CHECKING:
    from netkit.handbook import Built


@click.command("handbook")
@home_option
@click.option("--own", is_flag=True, help="From your own workspace, privately, into its site/ folder.")
@click.option(
    "--serve", is_flag=True, help="Serve the project's handbook as a draft while you write its pages."
)
@click.option("--strict", is_flag=True, help="Refuse unvalidated numbers (the default; say it in CI).")
def _handbook_command(home: Path | None, own: bool, serve: bool, strict: bool) -> None:
    """Build the handbook. Every number in it comes from a notebook that passed a strict run.

    With --own each notebook runs once, and again only after its code or your data changed.
    """
    require_extra("handbook", "The handbook")
    from netkit.handbook import build_handbook, serve_handbook

    if serve:
        serve_handbook(say)
        return
    if not own and (IN_CHECKOUT or project_evidence().is_validated()):
        with _alone(None):
            built = run_step("building the handbook", build_handbook)
    else:  # there is no `make notebooks` outside a checkout
        built = _validate_and_build(prepare_home(home) if own else None)
    pages = f"{counted(built.pages, 'page')} with {counted(built.findings, 'finding')}"
    say(f"Built {pages}: {built.site / 'index.html'}")


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
    help="Words that may appear although your ledger holds them, such as your own name.",
)
@click.option(
    "--policy", "named", multiple=True, help="Another policy of yours to show, besides the one in office."
)
@click.option("--name", default=None, help="Your name, as readers see it. It is kept, as are the next three.")
@click.option("--title", default=None, help="What you do, in a few words.")
@click.option("--sentence", default=None, help="How you answer, in one sentence.")
@click.option("--reach", default=None, help="How readers reach you: a mail address or a link.")
@click.option(
    "--yes", "known", is_flag=True, help="Publish new texts of your own without asking (they are listed)."
)
@click.option(
    "--points",
    is_flag=True,
    help="Let readers of 'Try it' see your model's points: how you have answered so far.",
)
@click.option(
    "--url", "address", default="", help="Its address on the web, such as https://you.github.io/handbook/."
)
@click.option(
    "--as-validated", is_flag=True, help="Do not run the notebooks first; refuse if they are out of date."
)
def _publish_command(
    home: Path | None,
    target: Path | None,
    allowed: tuple[str, ...],
    named: tuple[str, ...],
    name: str | None,
    title: str | None,
    sentence: str | None,
    reach: str | None,
    known: bool,
    points: bool,
    address: str,
    as_validated: bool,
) -> None:
    """Build the public handbook from your workspace, with nobody from your ledger in it.

    Counts are rounded to fives at random, and no table or picture of your data is shown. The
    finished site is searched for every name, address, firm and note of your ledger; if one is found,
    the places are named and nothing is published. Before that you read the texts of your own that are
    new: what reaches or names somebody in them is refused.
    """
    require_extra("handbook", "The public handbook")
    from netkit.findings.validation import validate_notebooks
    from netkit.handbook.publishing import check_target, publish_handbook

    home = prepare_home(home)
    if own := own_policy(home):
        load_policy(own.stem, home=home)  # one with a mistake is refused before anything is asked
    check_target(target, home)
    with _alone(home):
        said = _ask_owner(home, {"name": name, "title": title, "sentence": sentence, "reach": reach})
        _read_own_texts(home, [*allowed, *said], named, known)
        if not (as_validated or workspace_evidence(home).is_validated()):
            _execute_own(home)
            run_step(
                "running what changed again, to see that every number repeats",
                lambda: validate_notebooks(home),
            )
        published = run_step(
            "building the public handbook, and searching it",
            lambda: publish_handbook(
                home, target, allowed=allowed, points=points, address=address, named=named
            ),
        )
    say(
        f"Built {counted(published.pages, 'page')}: {published.site / 'index.html'}. Searched for"
        f" what your ledger says of people, {published.searched:,} pieces of text: none is there."
    )
    if published.withheld:
        say(f"Withheld, and shown as such: {', '.join(published.withheld)}.")
    for what in published.few:
        say(f"Numbers about your {what} are published from about thirty answers on.")


_QUESTIONS = {
    "name": "Your name, as readers see it",
    "title": "What you do, in a few words",
    "sentence": "How you answer, in one sentence",
    "reach": "How readers reach you, a mail address or a link",
}


def _ask_owner(home: Path, given: Mapping[str, str | None]) -> list[str]:
    """Keep what is said of the owner, ask once for the rest, and return what may stand on every page."""
    from netkit.handbook.owner import keep_owner, read_owner

    known = read_owner(home)
    told = {field: text.strip() for field, text in given.items() if text is not None}
    if not (known.name or told) and sys.stdin.isatty():
        say("Whose handbook is it? Readers see this on the first page. Press Enter to leave something out.")
        told = {key: click.prompt(text, default="", show_default=False) for key, text in _QUESTIONS.items()}
    if told:
        keep_owner(home, replace(known, **told))
    return read_owner(home).texts()


def _read_own_texts(home: Path, allowed: Sequence[str], named: Sequence[str], known: bool) -> None:
    """List the texts of your own that you have not read yet, and ask whether others may read them."""
    from netkit.handbook.own_texts import remember
    from netkit.handbook.publishing import published_policies, texts_to_read

    texts = texts_to_read(home, allowed, named)
    if not texts:
        return
    say("These texts are your own, and others will read them:")
    for file, line, text in texts:
        say(f"{file}, line {line}: {text}")
    if not (known or click.confirm("Publish them?")):
        raise FindingError("Nothing was published. Change these texts, then run `netkit publish` again.")
    remember(home, published_policies(home, named))


def _execute_own(home: Path) -> None:
    from netkit.findings.validation import execute_notebooks

    run_step("running the notebooks on your workspace", lambda: execute_notebooks(home))


_MORE = (
    "netkit demo --long: the same person after years of recorded answers, with the notebooks and the handbook"
)


@click.command("demo")
@click.option(
    "--long", "years", is_flag=True, help="After years of use, with the notebooks and the handbook."
)
@click.option(
    "--record",
    is_flag=True,
    help="With the platform's own record of half a year, and personal files as evidence.",
)
def _demo_command(years: bool, record: bool) -> None:
    """Show netkit at work on an invented person who has one archive and little more.

    It shows the triage, and what can be said of who decides better. With --long the same person has
    recorded answers for years; then the notebooks run and the handbook is built as well. With --record
    the person's answers come from the platform's own record; the one with a single archive has then
    typed nothing.
    """
    console.rule("netkit on an invented person" + ", after years of use" * years)
    profile = "long" if years else "plain"
    home = run_step(
        "inventing a person with archives and a ledger", lambda: demo_home(profile, record=record)
    )
    exports = sorted((home / "exports").glob("*.zip"))
    show_report(run_step("reading the newest archive", lambda: read_export(exports[-1])), exports[-1:])
    with open_ledger(home) as ledger:
        if years:
            _walk(ledger, exports, own=False)
        else:
            _sum_up(ledger, _judged(ledger, exports, own=False) | {"More": _MORE})


@click.command("run")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
def _run_command(paths: tuple[Path, ...], home: Path | None) -> None:
    """Do everything with your own archive; everything personal stays in your workspace."""
    home = prepare_home(home)
    export = run_step("reading the archive", lambda: read_export(list(paths)))
    show_report(export, paths)
    with open_ledger(home) as ledger:
        took, change = run_step("keeping it in the ledger", lambda: import_and_compare(ledger, export))
        show_kept(took)
        show_change(change)
        _walk(ledger, paths, own=True)


def _walk(ledger: Ledger, archives: Sequence[Path], *, own: bool) -> None:
    """Show what waits and who decides better, build the handbook, and sum it all up."""
    lines = _judged(ledger, archives, own=own)
    home = ledger.home if own else None
    pages = "not built: its packages are not installed"
    if missing_packages("handbook"):  # not wrapped: a command broken over two lines cannot be copied
        click.echo(
            "The notebooks and the handbook are left out, because their packages are not installed."
            f" To add them, run this in the folder that holds the file:\n{install_command('all')}"
        )
    else:
        built = _validate_and_build(home)
        index = (home or OUTPUT) / "site" / "index.html"
        pages = f"{index} ({counted(built.pages, 'page')}, {counted(built.findings, 'finding')})"
    _sum_up(ledger, lines | {"Handbook": pages, "JupyterLab": _lab_line(home)})


def _judged(ledger: Ledger, archives: Sequence[Path], *, own: bool) -> dict[str, str]:
    """Show what waits and who decides better, and return the lines that sum it up."""
    history = read_past(ledger)
    show_triage(waiting_with_model(ledger))
    comparison = run_step("comparing the judges", lambda: compared(ledger, history=history))
    waiting = len(history.waiting())
    show_comparison(comparison, waiting=waiting)
    whose = "your own" if own else "an invented person's"
    names = " and ".join(path.name for path in archives)
    return {
        "Read": f"{whose} {names}: {counted(len(history.table), 'invitation')} to you",
        "Your answers": _answers(history),
        "Open": f"{counted(waiting, 'invitation waits', 'invitations wait')} for an answer: netkit triage",
        "Who decides better": short_answer(comparison)[0],
    }


def _sum_up(ledger: Ledger, lines: dict[str, str]) -> None:
    # A grid, so that a long answer wraps below itself and not below its name.
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, text in (lines | {"Workspace": str(ledger.home)}).items():
        grid.add_row(name, Text(visible(text)))
    console.print(Panel(grid, title="What netkit did", title_align="left"))


def _validate_and_build(home: Path | None) -> "Built":
    """Run the notebooks, of a workspace or of the project, and build the handbook from them."""
    from netkit.findings.validation import validate_notebooks
    from netkit.handbook import build_handbook

    with _alone(home):
        if home:
            _execute_own(home)
        else:
            run_step("running the notebooks, comparing every output", validate_notebooks)
        return run_step("building the handbook", lambda: build_handbook(home))


def _alone(home: Path | None) -> AbstractContextManager[None]:
    """Hold the lock of what builds pages from one workspace: two at once would mix them."""
    lock = (home or OUTPUT / "build") / "pages.lock"
    return one_at_a_time(lock, "Another netkit is running notebooks or building pages here.")


def _answers(history: History) -> str:
    known, guessed = history.labelled("strong"), len(history.labelled("weak"))
    accepted = int(known["label"].sum())
    told = f"{len(known):,} known: {accepted:,} accepted, {len(known) - accepted:,} refused"
    return f"{told}; {guessed:,} more taken for refusals, as nothing came of them" if guessed else told


def _lab_line(home: Path | None) -> str:
    if missing_packages("lab"):
        return "its packages are not installed"
    netkit = ".venv/bin/netkit" if IN_CHECKOUT else "netkit"
    return f'{netkit} lab --home "{home}"' if home else f"{netkit} lab --demo"
