"""Label sheets: label many requests in a spreadsheet, and read it back all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from netkit.errors import SheetError, did_you_mean
from netkit.facts import Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger import Ledger, Moment
from netkit.ledger.database import read_moment
from netkit.sheets.columns import introduction_columns, invitation_columns
from netkit.sheets.file import Column, read_file, write_file
from netkit.sheets.introductions import IntroductionSheet, filled_introductions
from netkit.sheets.invitations import InvitationSheet, filled_invitations
from netkit.sheets.known import Known
from netkit.sheets.rows import Row, WrongCellsError, check_headings
from netkit.sheets.values import Cell, text_of
from netkit.wording import counted

Kind = Literal["invitation", "introduction"]


@dataclass(frozen=True)
class SheetResult:
    """What a sheet brought.

    Attributes
    ----------
    rows : int
        Rows read.
    requests, decisions, facts, steps : int
        What is new: requests, decisions, noted facts, steps of introductions.
    """

    rows: int = 0
    requests: int = 0
    decisions: int = 0
    facts: int = 0
    steps: int = 0

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
        return f"Read {counted(self.rows, 'row')}: {said or 'nothing new'}."


def write_sheet(
    ledger: Ledger, kind: Kind, path: Path, *, vocabulary: Vocabulary | None = None
) -> int:
    """Write a label sheet to fill in.

    For invitations the open and aged ones are filled in, for introductions all; what was noted or
    decided already stands in its column. Cells that a spreadsheet could run are escaped.

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
        filled = (
            filled_invitations(ledger) if kind == "invitation" else filled_introductions(ledger)
        )
        known = Known(ledger, kind)
    cells = filled.astype("object").where(filled.notna(), None).to_dict(orient="records")
    rows = [[_cell(column, row, known, declared) for column in columns] for row in cells]
    write_file(Path(path), columns, rows)
    return len(rows)


def _cell(column: Column, row: dict[Any, Any], known: Known, declared: Vocabulary) -> object:
    request = row["request"]
    if column.name in row:
        return row[column.name] or None
    if column.name in declared:
        return known.level(request, column.name) or None
    written = {"action": known.action(request), "decided_on": known.day(request)}
    return written.get(column.name) or None


def _columns(kind: Kind, vocabulary: Vocabulary | None) -> tuple[Vocabulary, list[Column]]:
    if kind not in ("invitation", "introduction"):
        raise SheetError(
            f"saw the kind {kind!r}",
            accepted=did_you_mean(kind, ["invitation", "introduction"]),
            do="use one of these",
        )
    declared = vocabulary if vocabulary is not None else shipped(kind)
    columns = invitation_columns if kind == "invitation" else introduction_columns
    return declared, columns(declared)


def read_sheet(
    ledger: Ledger,
    kind: Kind,
    path: Path,
    *,
    at: Moment | None = None,
    vocabulary: Vocabulary | None = None,
) -> SheetResult:
    """Take a filled label sheet in: all of it, or nothing if a single cell is wrong.

    An empty cell says nothing; `unknown` takes an earlier note back. A row without a key adds a
    request that no export shows. The same sheet twice changes nothing.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    kind : {'invitation', 'introduction'}
        The kind of request.
    path : Path
        A CSV (comma, semicolon or tab; UTF-8 or UTF-16) or an XLSX.
    at : datetime, date or str, optional
        The moment for decisions and facts whose row has no date; now where left out.
    vocabulary : Vocabulary, optional
        The declared facts, with the user's own; the shipped ones where left out.

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
    check_headings(path.name, headings, columns, declared)
    now = datetime.now(UTC)
    moment = read_moment(at if at is not None else now)
    latest = read_moment(now + timedelta(days=1))  # somewhere it is tomorrow already
    problems: list[str] = []
    rows = [
        Row(number, dict(zip(headings, cells, strict=False)), problems, latest)
        for number, cells in lines
    ]
    _refuse_strays(len(headings), lines, problems)
    _refuse_doubles(rows)
    with ledger.together():
        sheet = (InvitationSheet if kind == "invitation" else IntroductionSheet)(
            ledger, declared, headings
        )
        checked = [sheet.check(row) for row in rows]
        if problems:
            raise WrongCellsError(path.name, problems)
        totals = {"requests": 0, "decisions": 0, "facts": 0, "steps": 0}
        for read in checked:
            done = sheet.take(read, at=moment, source=f"sheet {path.name}")  # type: ignore[arg-type]
            totals = {name: count + done.get(name, 0) for name, count in totals.items()}
    return SheetResult(rows=len(rows), **totals)


def _refuse_other_kind(kind: Kind, file: str, headings: Sequence[str]) -> None:
    other: Kind = "introduction" if kind == "invitation" else "invitation"
    mine, theirs = ({column.name for column in _columns(each, None)[1]} for each in (kind, other))
    if len(theirs.intersection(headings) - mine) > len(mine.intersection(headings) - theirs):
        raise SheetError(
            f"{file} has the headings of a sheet of {other}s",
            accepted=f"a sheet of {kind}s",
            do=f"read it with 'netkit sheet {other}s {file} --read'",
        )


def _refuse_strays(width: int, lines: list[tuple[int, list[Cell]]], problems: list[str]) -> None:
    """Refuse cells without a heading: they would be lost, and mostly a comma was not quoted."""
    problems += [
        f"row {number}, column {width + place}: saw {text_of(cell)!r} below no heading; accepted: nothing"
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
            row.wrong(
                "request", f"saw {request!r} a second time; it stands in row {first[seen]} too"
            )
        first.setdefault(seen, row.number)
