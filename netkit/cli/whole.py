"""The commands that do everything at once: on the invented person, or on your own archive."""

from collections.abc import Callable
from pathlib import Path

import click
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from netkit.cli.data import show_report
from netkit.cli.judges import compared, show_comparison
from netkit.cli.open import open_requests, show_triage
from netkit.cli.publish import own_steps
from netkit.cli.screen import console, home_option, say, with_progress
from netkit.comparison import Comparison
from netkit.demo import demo_home
from netkit.export import Export, read_export
from netkit.findings.stamps import PROJECT
from netkit.findings.validation import validate_notebooks
from netkit.handbook import Built, build_handbook
from netkit.history import History, read_history
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.workspace import prepare_home

Steps = list[tuple[str, Callable[[], object]]]
_STRENGTHS = ("strong", "weak")


@click.command("demo")
def demo_command() -> None:
    """Show everything at work on an invented person: two exports, triage, notebooks, comparison, handbook."""
    console.rule("netkit on an invented person")
    (home,) = with_progress([("inventing a person, two exports and a ledger", demo_home)])
    assert isinstance(home, Path)
    exports = sorted((home / "exports").glob("*.zip"))
    (last,) = with_progress([("reading the newer export", lambda: read_export(exports[-1]))])
    assert isinstance(last, Export)
    show_report(last.report.as_dict())
    steps: Steps = [
        ("running the notebooks, comparing every output", validate_notebooks),
        ("building the handbook", build_handbook),
    ]
    with open_ledger(home) as ledger:
        _walk(
            ledger,
            [path.name for path in exports],
            steps,
            whose="an invented person's",
            site=PROJECT / "site",
        )


@click.command("run")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
def run_command(paths: tuple[Path, ...], home: Path | None) -> None:
    """Do everything on your own archive; all that is personal stays in your workspace."""
    home = prepare_home(home)
    (export,) = with_progress([("reading the archive", lambda: read_export(list(paths)))])
    assert isinstance(export, Export)
    show_report(export.report.as_dict())
    with open_ledger(home) as ledger:
        with_progress([("keeping it in the ledger", lambda: ledger.import_export(export))])
        _walk(
            ledger,
            [path.name for path in paths],
            own_steps(home),
            whose="your own",
            site=home / "site",
        )


def _walk(ledger: Ledger, archives: list[str], steps: Steps, *, whose: str, site: Path) -> None:
    history = read_history(ledger)
    show_triage(open_requests(ledger), 12)
    (comparison,) = with_progress([("comparing the judges", lambda: compared(ledger))])
    assert isinstance(comparison, Comparison)
    show_comparison(comparison)
    built = None
    if (PROJECT / "mkdocs.yml").exists():
        built = with_progress(steps)[-1]
    else:
        say("Notebooks and handbook need a checkout of the project: they are left out here.")
    console.print(
        Panel(
            _summary(ledger, archives, history, comparison, built, whose, site),
            title="What netkit did",
            title_align="left",
        )
    )


def _summary(
    ledger: Ledger,
    archives: list[str],
    history: History,
    comparison: Comparison,
    built: object,
    whose: str,
    site: Path,
) -> Table:
    labels = []
    for strength in _STRENGTHS:
        rows = history.labelled(strength)  # type: ignore[arg-type]
        accepted = int(rows["label"].sum())
        labels.append(
            f"{len(rows):,} {strength} labels ({accepted:,} accepted, {len(rows) - accepted:,} refused)"
        )
    pages = (
        f"{built.pages} pages, {built.findings} findings"
        if isinstance(built, Built)
        else "not built"
    )
    lines = [
        ("Read", f"{whose} {' and '.join(archives)}: {len(history.table):,} incoming invitations"),
        ("Labels", "; ".join(labels)),
        ("Open", f"{len(history.open()):,} invitations wait for an answer: netkit triage"),
        ("Who decides better", comparison.sentence),
        ("Handbook", f"{site / 'index.html'} ({pages})"),
        (
            "JupyterLab",
            "make lab" if whose != "your own" else f"NETKIT_HOME={ledger.home} make lab",
        ),
        ("Workspace", str(ledger.home)),
    ]
    # A grid, so that a long answer wraps below itself and not below its name.
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, text in lines:
        grid.add_row(name, escape(text))
    return grid
