"""Commands about your data: read an archive, look at the history, label in a spreadsheet, keep it safe."""

from pathlib import Path
from typing import Literal

import click

from netkit.cli.options import home_option, json_option
from netkit.cli.screen import print_json, print_table, run_step, say
from netkit.export import read_export
from netkit.facts import Kind, Vocabulary
from netkit.history import History, read_history
from netkit.ledger import Ledger, open_ledger
from netkit.policy import policy_in_office
from netkit.sheets import read_sheet, write_sheet
from netkit.wording import counted

_kind = click.argument("kind", type=click.Choice(["invitations", "introductions"]))
_KINDS: dict[str, Literal["invitation", "introduction"]] = {
    "invitations": "invitation",
    "introductions": "introduction",
}


def _declared(ledger: Ledger, kind: Kind) -> Vocabulary:
    """Return the facts of the policy in office, the user's own among them."""
    return policy_in_office(ledger.home, kind).vocabularies[kind]


@click.command("read")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
@json_option
@click.option("--look", is_flag=True, help="Only look: the ledger is left as it is.")
def read_command(paths: tuple[Path, ...], home: Path | None, as_json: bool, look: bool) -> None:
    """Read an archive (a ZIP, or the unpacked folder) into your ledger.

    Several PATHS are parts of one archive. Reading the same archive again changes nothing.
    """
    export = run_step("reading the archive", lambda: read_export(list(paths)))
    report = export.report.as_dict()
    if not look:
        with open_ledger(home) as ledger:
            kept = run_step("keeping it in the ledger", lambda: ledger.import_export(export))
            report["ledger"] = kept.as_dict()
    if as_json:
        print_json(report)
    else:
        show_report(report)


def show_report(report: dict[str, object]) -> None:
    """Print what was read, what was not, and what that costs."""
    files: list[dict[str, object]] = report["files"]  # type: ignore[assignment]
    print_table(
        "What was read",
        ["file", "table", "rows"],
        [[f["file"], f["table"], f["rows"]] for f in files],
    )
    missing: dict[str, str] = report["missing"]  # type: ignore[assignment]
    if missing:
        print_table("What is missing, and what is lost by it", ["table", "lost"], missing.items())
    warnings: list[dict[str, object]] = report["warnings"]  # type: ignore[assignment]
    if warnings:
        print_table(
            "What you should know",
            ["file", "what", "where", "times"],
            [[w["file"], w["says"], ", ".join(w["examples"]), w["count"]] for w in warnings],  # type: ignore[arg-type]
        )
    ignored: list[object] = report["ignored"]  # type: ignore[assignment]
    if ignored:
        say(f"Ignored on purpose: {counted(len(ignored), 'file')} (netkit read --json lists them).")


@click.command("history")
@home_option
@json_option
def history_command(home: Path | None, as_json: bool) -> None:
    """Show your labelled past: how many invitations, in which state, and how sure the label is."""
    with open_ledger(home) as ledger:
        history = read_history(ledger, _declared(ledger, "invitation"))
    if as_json:
        print_json(history.as_dict())
    else:
        _show_history(history)


def _show_history(history: History) -> None:
    """Print the label states with their strengths, the delay and the period."""
    counts = history.counts
    print_table(
        "Your incoming invitations by what became of them",
        ["state", "strength of the label", "invitations"],
        counts[["state", "strength", "n"]].itertuples(index=False),
    )
    for sentence in history.sentences:
        say(sentence)


@click.command("sheet")
@_kind
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--read", "reading", is_flag=True, help="Read the filled sheet back instead of writing one."
)
@home_option
def sheet_command(kind: str, path: Path, reading: bool, home: Path | None) -> None:
    """Write a label sheet (.csv or .xlsx) to fill in, or read it back.

    The template has one column per fact and the open and aged invitations filled in. Reading is
    all or nothing: every wrong cell is named, and the same sheet twice changes nothing.
    """
    with open_ledger(home) as ledger:
        if reading:
            result = read_sheet(
                ledger, _KINDS[kind], path, vocabulary=_declared(ledger, _KINDS[kind])
            )
            say(result.sentence)
        else:
            rows = write_sheet(
                ledger, _KINDS[kind], path, vocabulary=_declared(ledger, _KINDS[kind])
            )
            say(
                f"Wrote {path} with {counted(rows, 'row')}."
                f" Fill it in, then: netkit sheet {kind} {path} --read"
            )


@click.command("backup")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@home_option
def backup_command(path: Path, home: Path | None) -> None:
    """Copy the ledger to PATH, whole and consistent even while it is in use."""
    with open_ledger(home) as ledger:
        ledger.backup(path)
    say(f"Wrote {path}. It holds everything the ledger holds: keep it as private as the ledger.")


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@home_option
def restore_command(path: Path, home: Path | None) -> None:
    """Put a backup in the ledger's place; the ledger that was there is kept beside it."""
    kept = Ledger.restore(path, home)
    say(f"Restored {path}." + (f" The earlier ledger is kept as {kept}." if kept else ""))


@click.command("forget")
@click.argument("person")
@home_option
@click.confirmation_option(
    prompt="This removes the person everywhere in your ledger, for good. Go on?"
)
def forget_command(person: str, home: Path | None) -> None:
    """Remove a person (profile address, key or exact name) from your ledger everywhere."""
    with open_ledger(home) as ledger:
        say(ledger.forget(person).sentence)


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@home_option
def export_command(folder: Path, home: Path | None) -> None:
    """Write everything the ledger holds as plain CSV and JSON into FOLDER."""
    with open_ledger(home) as ledger:
        files = ledger.export_all(folder)
    say(f"Wrote {counted(len(files), 'file')} into {folder}. They are personal: keep them private.")
