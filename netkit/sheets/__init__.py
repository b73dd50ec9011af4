"""Label sheets: label many requests in a spreadsheet, and read it back all or nothing."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from netkit.errors import SheetError, did_you_mean, nearest
from netkit.facts import ACTIONS, OUTCOMES, TAKE_BACK, UNKNOWN, Fact, Kind, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger import Ledger, Moment
from netkit.ledger.database import read_moment
from netkit.sheets.introduction_rows import IntroductionSheet
from netkit.sheets.invitation_rows import InvitationSheet, NotedFacts
from netkit.sheets.sheet_cells import Row, WrongCellsError
from netkit.sheets.spreadsheet_files import Column, read_file, text_of, write_file
from netkit.wording import counted
from netkit.workbook_files import Cell

__all__ = ["SheetResult", "WrongCellsError", "read_sheet", "refuse_unread", "write_sheet"]


def _day(name: str, says: str) -> Column:
    return Column(name, says=f"{says}: 2024-03-05, or 2024-03-05 10:00", is_day=True)


_INVITATION = (
    Column("request", says="the request's key; leave it empty for one that no export shows"),
    Column("name", says="the sender"),
    Column("profile", says="the sender's profile address, if you have it"),
    _day("sent_at", "when the invitation was sent (UTC)"),
    Column("note", says="the note that came with it", is_long=True),
    Column("drawn", says="filled in where your rules and the model differ; leave it as it is"),
)
_INTRODUCTION = (
    Column("request", says="the request's key; leave it empty for a new one"),
    Column("requester", says="who asks you"),
    Column("requester_profile", says="the requester's profile address, if you have it"),
    Column("contact", says="whom the requester wants to meet"),
    Column("contact_profile", says="the contact's profile address, if you have it"),
    Column("purpose_text", says="what it is for, in words", is_long=True),
)
_COURSE = (
    Column("way_on", says="for redirect: the other way that you showed"),
    Column("permission", ("not_asked", "given", "refused"), "the contact's answer"),
    _day("permission_on", "when the contact answered"),
    _day("introduced_on", "when you introduced them"),
    Column("without_permission_because", says="why, if you did so without the contact's permission"),
    Column("outcome_requester", OUTCOMES, "what came of it on the requester's side"),
    Column("outcome_contact", OUTCOMES, "what came of it on the contact's side"),
    _day("outcome_on", "when you learnt of it"),
)


@dataclass(frozen=True)
class SheetResult:
    """What reading a sheet changed.

    Attributes
    ----------
    rows : int
        Rows read.
    requests, decisions, facts, steps : int
        What is new: requests, decisions, noted facts, steps of introductions.
    undated : int
        How many of the decisions came without a day.
    """

    rows: int = 0
    requests: int = 0
    decisions: int = 0
    facts: int = 0
    steps: int = 0
    undated: int = 0

    @property
    def sentence(self) -> str:
        """The result in words."""
        new = [
            counted(self.requests, "new request"),
            counted(self.decisions, "new decision"),
            counted(self.facts, "newly noted fact"),
            counted(self.steps, "new step of introductions", "new steps of introductions"),
        ]
        said = ", ".join(each for each in new if not each.startswith("0 "))
        return f"Read {counted(self.rows, 'row')}: {said or 'nothing new'}.{self._dated}"

    @property
    def _dated(self) -> str:
        """How the answers without a day were dated."""
        if not self.undated:
            return ""
        were = counted(self.undated, "answer without a day was", "answers without a day were")
        return (
            f" {were} dated like old answers: to the day by which you usually accept, and not after your"
            " newest archive. If you know the day, write it into decided_on and read the sheet again."
        )


def write_sheet(
    ledger: Ledger,
    kind: Kind,
    path: Path,
    *,
    vocabulary: Vocabulary | None = None,
    drawn: Collection[str] = (),
) -> int:
    """Write a label sheet to fill in.

    For invitations those that wait are filled in, for introductions all; what was noted or
    decided already stands in its column. Cells that a spreadsheet could run are escaped.
    Drawn invitations come first and say so, and their answers will count as those of drawn ones.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    kind : {'invitation', 'introduction'}
        The kind of request.
    path : Path
        Ends in .csv or .xlsx; an existing file is replaced.
    vocabulary : Vocabulary, optional
        The declared facts, with the user's own; the shipped ones where left out.
    drawn : collection of str, optional
        The keys of the waiting invitations on which your rules and the model differ.

    Returns
    -------
    int
        How many requests are filled in.

    Raises
    ------
    SheetError
        The ending is neither, or the kind is unknown.
    """
    declared, columns = _columns(kind, vocabulary)
    with ledger.snapshot():
        filled = _sheet(kind).filled(ledger, drawn)
        noted = NotedFacts(ledger, kind)
    cells = filled.astype("object").where(filled.notna(), None).to_dict(orient="records")
    rows = [[_cell(column, row, noted, declared) for column in columns] for row in cells]
    write_file(Path(path), columns, rows)
    return len(rows)


def _sheet(kind: Kind) -> type[InvitationSheet | IntroductionSheet]:
    return InvitationSheet if kind == "invitation" else IntroductionSheet


def _cell(column: Column, row: dict[Any, Any], noted: NotedFacts, declared: Vocabulary) -> object:
    if column.name in row:
        return row[column.name] or None
    if column.name in declared:
        return noted.level(row["request"], column.name) or None
    return None


def _columns(kind: Kind, vocabulary: Vocabulary | None) -> tuple[Vocabulary, list[Column]]:
    if kind not in ("invitation", "introduction"):
        raise SheetError(
            f"There is no kind {kind!r} of sheet", did_you_mean(kind, ["invitation", "introduction"])
        )
    declared = vocabulary if vocabulary is not None else shipped(kind)
    told = declared.filled_in(*(("derived", "note") if kind == "invitation" else ("ledger",)))
    # What the reader of notes may leave unknown takes effort to find out, and has a column.
    asked = [name for name in told if declared[name].origin == "note" and declared[name].effort]
    noted = (fact for name, fact in declared.items() if name not in told or name in asked)
    facts = [_fact_column(fact) for fact in noted if fact.knowable != "afterwards"]
    return declared, [*_own_columns(kind), *facts]


def _own_columns(kind: Kind) -> list[Column]:
    """Return the columns of the request and of what was done; the facts' come after them."""
    decision = (
        Column("action", ACTIONS[kind], "what you did"),
        _day("decided_on", "when you did it, and knew the facts"),
        Column("because", says="your reason, in words"),
    )
    if kind == "invitation":
        return [*_INVITATION, *decision]
    asked_by = Column("asked_by", shipped(kind)["asked_by"].levels, "how you were asked")
    asked_on = _day("asked_on", "when you were asked")
    return [*_INTRODUCTION, asked_by, asked_on, *decision, *_COURSE]


def _fact_column(fact: Fact) -> Column:
    accepted = (*fact.levels, UNKNOWN, TAKE_BACK) if fact.levels else ()
    says = fact.question if fact.levels else f"{fact.question} (a whole number from 0, unknown, or undo)"
    return Column(fact.name, accepted, says)


def read_sheet(
    ledger: Ledger, kind: Kind, path: Path, *, at: Moment | None = None, vocabulary: Vocabulary | None = None
) -> SheetResult:
    """Read a filled label sheet: all of it, or nothing if a single cell is wrong.

    An empty cell says nothing; `unknown` says that you do not know, `undo` takes an earlier note back.
    A row without a key adds a request that no export shows. The same sheet twice changes nothing.

    Parameters
    ----------
    ledger, kind, vocabulary
        As for `write_sheet`.
    path : Path
        A CSV (comma, semicolon or tab; UTF-8 or UTF-16) or an XLSX.
    at : datetime, date or str, optional
        The moment for decisions and facts whose row has no date; now where left out.

    Returns
    -------
    SheetResult
        What was new.

    Raises
    ------
    SheetError
        A cell is wrong; every one is named with row and column, also in `problems`.
    """
    path = Path(path)
    declared, columns = _columns(kind, vocabulary)
    headings, lines = read_file(path)
    _refuse_other_kind(kind, path.name, headings)
    _check_headings(path.name, headings, columns, declared)
    now = datetime.now(UTC)
    moment = read_moment(at if at is not None else now)
    latest = read_moment(now + timedelta(days=1))  # somewhere it is tomorrow already
    problems: list[str] = []
    rows = [
        Row(number, dict(zip(headings, cells, strict=False)), problems, latest) for number, cells in lines
    ]
    _refuse_strays(len(headings), lines, problems)
    _refuse_doubles(rows)
    with ledger.together():
        source = f"sheet {path.name}"
        sheet = _sheet(kind)(ledger, declared, _own_columns(kind), headings, moment, source)
        checked = [sheet.check(row) for row in rows]
        if problems:
            raise WrongCellsError(path.name, problems)
        totals: Counter[str] = Counter()
        for read in checked:
            totals.update(sheet.take(read))  # type: ignore[arg-type]
    return SheetResult(rows=len(rows), **totals)


def refuse_unread(ledger: Ledger, kind: Kind, path: Path, *, vocabulary: Vocabulary | None = None) -> None:
    """Refuse to replace a file that is no sheet, or a sheet with something that the ledger does not have.

    Parameters
    ----------
    ledger, kind, path, vocabulary
        As for `write_sheet`.

    Raises
    ------
    SheetError
        What the file holds would be lost.
    """
    if not path.exists():
        return
    try:
        with ledger.trial():
            read = read_sheet(ledger, kind, path, vocabulary=vocabulary)
        is_read = read == SheetResult(read.rows)
    except SheetError:
        is_read = False
    if not is_read:
        raise SheetError(
            f"{path} is there already, and netkit has not read what it holds",
            "Read it with --read first, or give the new sheet another name",
        )


def _check_headings(
    file: str, headings: Sequence[str], columns: Sequence[Column], vocabulary: Vocabulary
) -> None:
    """Refuse headings that are unknown, doubled, or lack the request."""
    known = list(dict.fromkeys([*(column.name for column in columns), *vocabulary]))
    problems = [
        f"row 1, column {place} ({heading or 'no heading'}): no heading of the template."
        f" {nearest(heading, known)}".rstrip()
        for place, heading in enumerate(headings, 1)
        if heading not in known
    ]
    problems += [
        f"row 1: the heading {heading!r} is there {list(headings).count(heading)} times. Keep one."
        for heading in dict.fromkeys(headings)
        if heading and list(headings).count(heading) > 1
    ]
    if "request" not in headings:
        problems.append("row 1: there is no heading 'request'. Add it.")
    if problems:
        raise WrongCellsError(file, problems, f"The headings are {', '.join(known)}.\n")


def _refuse_other_kind(kind: Kind, file: str, headings: Sequence[str]) -> None:
    other: Kind = "introduction" if kind == "invitation" else "invitation"
    mine, theirs = ({column.name for column in _columns(each, None)[1]} for each in (kind, other))
    if len(theirs.intersection(headings) - mine) > len(mine.intersection(headings) - theirs):
        raise SheetError(
            f"{file} has the headings of a sheet of {other}s",
            f"Read it with 'netkit sheet {other}s {file} --read'",
        )


def _refuse_strays(width: int, lines: list[tuple[int, list[Cell]]], problems: list[str]) -> None:
    """Refuse cells without a heading: they would be lost, and mostly a comma was not quoted."""
    problems += [
        f"row {number}, column {width + place}: {text_of(cell)!r} is below no heading. Empty the cell, or"
        " put quotes around a text with commas."
        for number, cells in lines
        for place, cell in enumerate(cells[width:], 1)
        if text_of(cell)
    ]


def _refuse_doubles(rows: list[Row]) -> None:
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        request = row.text("request")
        seen = (request,) if request else row.texts
        if seen in first:
            row.wrong("request", f"{request!r} is in row {first[seen]} too. Keep one of the two rows.")
        first.setdefault(seen, row.number)
