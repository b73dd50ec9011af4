"""Commands about your data: read an archive, look at the history, label in a spreadsheet, keep it safe."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from netkit.cli.options import home_option, json_option
from netkit.cli.screen import (
    ask_to_read_again,
    one_key,
    print_found,
    print_json,
    print_table,
    run_step,
    say,
    say_below,
)
from netkit.cli.triage_screen import show_counts
from netkit.errors import LedgerError
from netkit.export import Export, read_export
from netkit.export.read_report import Report
from netkit.facts import Kind, Vocabulary
from netkit.history import History, read_history
from netkit.history.found_by_name import find_known, mentions, refuse_misspelt
from netkit.history.labels import STATE_WORDS
from netkit.ledger import ImportResult, Ledger, open_ledger
from netkit.ledger.keeping import KEPT, keep_for, kept_for
from netkit.ledger.kept_invitations import Doubt
from netkit.ledger.record_links import RecordTaken
from netkit.ledger.verification import Verified, verify
from netkit.ledger.whole_workspace import OUT_OF_REACH, Workspace
from netkit.ledger.workspace import FILE, prepare_home, usual_home
from netkit.notes import NoteReader
from netkit.policy import policy_in_office
from netkit.sheets import read_sheet, refuse_unread, write_sheet
from netkit.waiting import what_waits
from netkit.waiting.since_archive import Change, import_and_compare
from netkit.wording import counted, spoken
from netkit.workspace_key import secret_file

_FILE = click.Path(path_type=Path, dir_okay=False)
_kind = click.argument("kind", type=click.Choice(["invitations", "introductions"]))
_MAIN = ("connections", "invitations", "messages")
_KINDS: dict[str, Kind] = {"invitations": "invitation", "introductions": "introduction"}


def _declared(ledger: Ledger, kind: Kind) -> Vocabulary:
    """Return the facts of the policy in office, the user's own among them."""
    return policy_in_office(ledger.home, kind).vocabularies[kind]


@click.command("read")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
@json_option
@click.option("--look", is_flag=True, help="Only look; the ledger stays as it is.")
@click.option("--details", is_flag=True, help="Show every file, and what the missing ones cost you.")
def _read_command(
    paths: tuple[Path, ...], home: Path | None, as_json: bool, look: bool, details: bool
) -> None:
    """Read an archive (a ZIP, or the unpacked folder) into your ledger, and say what to do next.

    PATHS may also be answers of the platform's portability interface (JSON, in files, folders or ZIPs): its
    snapshot and its change log. Several PATHS are parts of one archive. Reading the same archive again
    changes nothing.
    """
    export = run_step("reading the archive", lambda: read_export(list(paths)))
    kept: dict[str, object] = {}
    waiting = None
    if not look:
        with open_ledger(home) as ledger:
            took, change = run_step("keeping it in the ledger", lambda: import_and_compare(ledger, export))
            doubts = ask_who_is_meant(ledger) if not as_json else ledger.invitations.doubts()
            waiting = what_waits(ledger)
            kept = {"ledger": took.as_dict(), "changed": change.as_dict(), "waiting": waiting.as_dict()}
            kept |= {"doubts": [each.sentence for each in doubts]}
    if as_json:
        print_json(export.report.as_dict() | kept)
        return
    show_report(export, paths, details=details)
    if not look:
        show_kept(took, details=details)
        for doubt in doubts:
            say(f"{doubt.sentence} Say which: netkit judge --same {doubt.request} KEY (or none)")
        if lacks := NoteReader().lacks:
            say(lacks)
        show_change(change)
    if waiting:
        show_counts(waiting)


def ask_who_is_meant(ledger: Ledger) -> list[Doubt]:
    """Ask with one key which of an archive a kept invitation is; return those that are still in doubt."""
    for doubt in ledger.invitations.doubts() if sys.stdin.isatty() else ():
        say(doubt.sentence)
        keys = [str(number) for number in range(1, len(doubt.candidates) + 1)]
        prompt = f"Which is it? {', '.join(keys)}, n none of them, s skip"
        key = one_key(prompt, [*keys, "n", "s"])
        if key != "s":
            ledger.invitations.say_same(
                doubt.request, None if key == "n" else doubt.candidates[int(key) - 1][0]
            )
    return ledger.invitations.doubts()


def show_report(export: Export, paths: Sequence[Path], *, details: bool = False) -> None:
    """Print what was read, what was not, and, with the details, what that costs."""
    report = export.report
    again = f"netkit read --details {shlex.join(map(str, paths))}"
    rows = [counted(count, spoken(table).rstrip("s")) for table, count in _told(report).items()]
    if export.record:
        rows.append(counted(len(export.record.events), "answer or other event about an invitation",
                            "answers and other events about invitations"))  # fmt: skip
    say(f"Read {', '.join(path.name for path in paths)}: {', '.join(rows) or 'nothing that netkit keeps'}.")
    lost = report.missing.items()
    if details:
        files = [[read.file, read.table, read.rows] for read in report.files]
        print_table("What was read", ["file", "table", "rows"], files)
        if lost:
            print_table("What is missing, and what is lost by it", ["table", "lost"], lost)
    elif lost:
        missing = ", ".join(spoken(table) for table in report.missing)
        say(f"Not in it: {missing}. What is lost by that:")
        click.echo(f"   {again}")
    # One sentence stands for the rows that were lost, unless the details name them.
    shown = [told for told in report.warnings if details or not told.rows_lost]
    if shown:
        print_table(
            "What you should know",
            ["file", "what", "where", "times"],
            [[told.file, told.says, ", ".join(told.examples), told.count] for told in shown],
        )
    if len(shown) < len(report.warnings):
        rows_lost = counted(sum(told.rows_lost for told in report.warnings), "row")
        rest = "" if any(told.loses for told in shown) else "; nothing else was lost"
        say(f"{rows_lost} could not be read{rest}. Details:")
        click.echo(f"   {again}")  # not wrapped: it is to be copied
    if report.ignored and details:
        ignored = counted(len(report.ignored), "file")
        say(f"Ignored on purpose: {ignored} (netkit read --json lists them).")


def show_kept(took: ImportResult, *, details: bool = False) -> None:
    """Print what the ledger left out and, with the details, how every row was taken."""
    if took.already:
        say("Your ledger had read this archive before; nothing in it is new.")
    for why, count in took.skipped.items():
        table, _, reason = why.partition(": ")
        say(f"Left out: {counted(count, spoken(table).rstrip('s'))} ({reason}).")
    if took.record:
        show_record(took.record)
    for sentence in took.expired:
        say(sentence)
    if took.corrected:
        times = counted(took.corrected, "time")
        say(f"Set right: {times}, which an earlier netkit had read on another clock.")
    if details and not took.already:
        parts = (took.new, took.known, took.repeated, took.left_out)
        told = {table: [part.get(table, 0) for part in parts] for table in took.new}
        print_table(
            "What your ledger took in",
            ["table", "new", "known already", "said twice", "left out", "rows"],
            [[spoken(table), *counts, sum(counts)] for table, counts in told.items() if any(counts)],
        )


def show_change(change: Change) -> None:
    """Print what changed about those who ask since the archive before."""
    if change.sentences:
        say("")
    for sentence in change.sentences:
        say(sentence)


def show_record(record: RecordTaken) -> None:
    """Print what became of the change log."""
    if record.cut:
        n = sum(record.cut.values())
        say(f"Not kept: {counted(n, 'event')} about other things, such as posts and messages.")
    if record.unread:
        say(
            f"Not read: {counted(record.unread, 'event')} about invitations, without a time or a number that"
            " netkit can read. Read the file as the platform sent it, not as another program wrote it."
        )
    for sentence in record.sentences:
        say(sentence)


def _told(report: Report) -> dict[str, int]:
    """Return the rows of the tables that a person thinks of; the details name every table."""
    return {table: rows for table, rows in report.rows.items() if table in _MAIN and rows}


_SURE = {"strong": "known", "weak": "taken for a refusal", "none": "not yet"}


@click.command("history")
@home_option
@json_option
def _history_command(home: Path | None, as_json: bool) -> None:
    """Show your past: what became of the invitations, and how surely netkit knows your answers."""
    with open_ledger(home) as ledger:
        history = read_history(ledger, _declared(ledger, "invitation"))
        ask_to_read_again(ledger)
    print_found(history, as_json, _show_history)


def _show_history(history: History) -> None:
    """Print the label states with their strengths, the delay and the period."""
    print_table(
        "Your incoming invitations by what became of them",
        ["what became of it", "your answer", "invitations"],
        (
            (STATE_WORDS[row["state"]], _SURE[row["strength"]], row["n"])
            for row in history.counts.to_dict(orient="records")
            if row["n"] or not history.counts["n"].any()
        ),
    )
    for sentence in history.sentences:
        say(sentence)


@click.command("sheet")
@_kind
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--read", "reading", is_flag=True, help="Read the filled sheet back instead of writing one.")
@home_option
def _sheet_command(kind: str, path: Path, reading: bool, home: Path | None) -> None:
    """Write a label sheet (.csv or .xlsx) to fill in, or read it back.

    The template has one column per fact and the waiting invitations filled in. Reading is
    all or nothing: every wrong cell is named, and the same sheet twice changes nothing.
    """
    of = _KINDS[kind]
    with open_ledger(home) as ledger:
        vocabulary = _declared(ledger, of)
        if reading:
            say(read_sheet(ledger, of, path, vocabulary=vocabulary).sentence)
            return
        refuse_unread(ledger, of, path, vocabulary=vocabulary)
        drawn = _telling(ledger) if of == "invitation" else []
        many = write_sheet(ledger, of, path, vocabulary=vocabulary, drawn=drawn)
    if not many:
        say(f"Nothing waits that could be filled in, so {path} has no rows but its headings.")
        return
    rows = counted(many, "row")
    first = f" Your rules and the model differ on the first {len(drawn)}: these teach most." if drawn else ""
    say(f"Wrote {path} with {rows}.{first} Fill it in, then: netkit sheet {kind} {path} --read")


def _telling(ledger: Ledger) -> list[str]:
    """Return the waiting invitations on which rules and model differ."""
    from netkit.triage import differing  # the model's room takes its time to load

    found = what_waits(ledger)
    return differing(found.history, found.policy, found.table["request"].tolist())


@click.command("backup")
@click.argument("path", type=_FILE)
@click.option("--key", type=_FILE, help="A second file for your workspace's key, which no backup holds.")
@home_option
def _backup_command(path: Path, key: Path | None, home: Path | None) -> None:
    """Copy the ledger to PATH, whole and consistent even while it is in use."""
    with open_ledger(home) as ledger:
        ledger.backup(path, key=key)
        has_key = secret_file(ledger.home).exists()
    say(f"Wrote {path}. It holds everything the ledger holds: keep it as private as the ledger.")
    if key:
        say(f"Wrote {key}, your workspace's key. Keep it in another place than the backup.")
    elif has_key:
        say("The key of your workspace is not in it. Write it into a file of its own with --key FILE, once.")


@click.command("restore")
@click.argument("path", type=_FILE)
@click.option("--key", type=_FILE, help="The file that `netkit backup --key` wrote.")
@home_option
def _restore_command(path: Path, key: Path | None, home: Path | None) -> None:
    """Restore a backup; the ledger it replaces is kept beside it."""
    restored = Ledger.restore(path, home, key=key)
    say(f"Restored {path}." + (f" The earlier ledger is kept as {restored.kept}." if restored.kept else ""))
    for remark in restored.remarks:
        say(remark)


@click.command("verify")
@click.argument("backup", required=False, type=_FILE)
@home_option
@json_option
def _verify_command(backup: Path | None, home: Path | None, as_json: bool) -> int:
    """Check every page and row of your ledger, or of a BACKUP, and compare them with the last backup."""
    file = backup or (home or usual_home()).expanduser().absolute() / FILE
    found = run_step("checking every row", lambda: verify(file))
    print_found(found, as_json, _show_verified)
    return 0 if found.intact else 1


def _show_verified(found: Verified) -> None:
    for sentence in (*found.damage, *found.told):
        say(sentence)
    if found.damage:
        say("Keep the file as it is, and bring a backup back with: netkit restore BACKUP")


@click.command("forget")
@click.argument("person", required=False)
@click.option("--everything", is_flag=True, help="Your whole workspace, with everything in it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def _forget_command(person: str | None, everything: bool, yes: bool, home: Path | None) -> None:
    """Remove a person (name, key, its beginning, or address) from your ledger everywhere, or everything."""
    if everything == bool(person):
        raise click.UsageError("Name one person, or say --everything.")
    if everything:
        _forget_everything(home, yes=yes)
        return
    with open_ledger(home) as ledger:
        found = find_known(ledger, str(person))
        named = f"{found.name} ({found.person})" if found else f"{person!r}"
        try:
            ledger.check_known(found.person if found else str(person))
        except LedgerError as unknown:
            refuse_misspelt(mentions(ledger), str(person), unknown.wrong)
            raise
        if not yes:
            click.confirm(f"This removes {named} everywhere in your ledger, for good. Go on?", abort=True)
        gone = ledger.forget(found.person if found else str(person))
    say(f"{named} is forgotten.")
    for sentence in gone.sentences:
        say(sentence)


def _forget_everything(home: Path | None, *, yes: bool) -> None:
    """Show what lies in the workspace, have the word typed that removes it, and say what is out of reach."""
    workspace = Workspace.at(home)
    print_table(
        f"In {workspace.folder}",
        ["name", "what it is", "kB"],
        [[name, what, -(-size // 1000)] for name, what, size in workspace.holds()],
        wide="what it is",
    )
    if not yes:
        typed = click.prompt(
            "All of this is removed for good. Type everything to go on", default="", show_default=False
        )
        if typed.strip() != "everything":
            raise click.Abort
    workspace.remove()
    say(f"Removed {workspace.folder} with all that was in it.")
    say("netkit cannot reach what lies elsewhere:")
    for sentence in OUT_OF_REACH:
        say_below(sentence)


@click.command("keep")
@click.argument("what", required=False)
@click.argument("months", required=False)
@home_option
def _keep_command(what: str | None, months: str | None, home: Path | None) -> None:
    """Set for how many MONTHS netkit keeps messages, notes or evidence, or show what is set.

    MONTHS is a number or the word always. netkit removes what is older whenever you read an archive or add a
    file, and you are told how much that was.
    """
    if what and not months:
        raise click.UsageError(f"Say for how many months, such as: netkit keep {what} 24")
    folder = prepare_home(home)
    now = keep_for(folder, what, months) if what and months else kept_for(folder)
    rows = [
        [name, "always" if kept is None else counted(kept, "month"), KEPT[name][0]]
        for name, kept in now.items()
    ]
    print_table("How long things are kept", ["what", "for", "what that is"], rows, wide="what that is")
    if what:
        say("What is older is removed when you next read an archive. Backups keep it.")


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@home_option
def _export_command(folder: Path, home: Path | None) -> None:
    """Write everything the ledger holds as plain CSV and JSON into FOLDER."""
    with open_ledger(home) as ledger:
        files = ledger.export_all(folder)
    say(f"Wrote {counted(len(files), 'file')} into {folder}. They are personal: keep them private.")
