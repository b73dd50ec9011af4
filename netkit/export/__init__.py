"""Read an export, a ZIP or a folder, into typed tables and a report; the data itself is never changed."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from netkit.display import show
from netkit.errors import ExportError
from netkit.export.answers import AnswersRead, read_member, take
from netkit.export.archive import ANSWERS, open_archive
from netkit.export.archive_member import Member, TooLargeError
from netkit.export.delimited import Delimited, read_delimited
from netkit.export.known_people import KnownPeople
from netkit.export.layout import LIMITS, file_layouts
from netkit.export.near_names import near_name_left
from netkit.export.read_report import FileRead, Notice, Report
from netkit.export.typed_tables import COLUMNS, empty_table, typed_table
from netkit.record import Answers
from netkit.wording import counted, day_words

__all__ = ["Export", "Report", "read_export"]

_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{2})-(\d{2})-(\d{4})(?!\d)")  # month, day, year


@dataclass(frozen=True)
class _File:
    """One file that was read; files of one place are pieces, those of the next may repeat them."""

    kind: str
    place: int
    file: Delimited
    near: bool = False


@dataclass(frozen=True)
class _Unread:
    """One file that cannot be read, which costs what is in it and nothing else."""

    kind: str
    place: int
    name: str
    problem: ExportError
    near: bool = False

    @property
    def notice(self) -> Notice:
        if self.kind == ANSWERS:
            return Notice("not_read", self.name, 1, f"the file was not read: {self.problem.wrong}")
        if self.near and self.name.casefold().endswith(".xlsx"):
            return near_name_left(self.name, f"{file_layouts()[self.kind].names[0]}.csv", self.problem.wrong)
        lost = file_layouts()[self.kind].lost
        return Notice("not_read", self.name, 1, f"the file was not read: {self.problem.wrong}. Lost: {lost}")


_Part = _File | _Unread | tuple[Member, Answers]


@dataclass(frozen=True)
class Export:
    """One export as typed tables.

    Attributes
    ----------
    tables : dict of str to DataFrame
        Every table, empty where its file is missing; text as written, times in UTC.
    report : Report
        What was read, left alone, missing and odd.
    sha256 : str
        Digest of the files read, whatever their order and packing.
    taken_on : datetime.date
        When the export was taken: from its name, else the newest date within.
    owner : str or None
        The owner's person key, where something tells.
    record : Answers or None
        The platform's own change log, where there is one.
    partial : frozenset of str
        The tables of which answers of the portability interface are missing.
    paths : tuple of Path
        Where it was read from.
    """

    tables: Mapping[str, pd.DataFrame]
    report: Report
    sha256: str
    taken_on: dt.date
    owner: str | None
    record: Answers | None = None
    partial: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = ()

    def _repr_html_(self) -> str:
        rows = {table: len(frame) for table, frame in self.tables.items()}
        odd = [(notice.says, notice.file, notice.count) for notice in self.report.warnings]
        return show(
            f"Export of {day_words(self.taken_on)}: {counted(sum(rows.values()), 'row')}",
            pd.DataFrame({"table": list(rows), "rows": list(rows.values())}),
            [f"Missing: {kind}: {lost}" for kind, lost in self.report.missing.items()],
            pd.DataFrame(odd, columns=["what", "file", "times"]),
        )


def read_export(path: Path | str | Sequence[Path | str]) -> Export:
    r"""Read an export.

    Parameters
    ----------
    path : Path or sequence of Path
        The ZIP or the unpacked folder, or answers of the portability interface (JSON); several are parts
        of the same export.

    Returns
    -------
    Export
        Its tables and the report.

    Raises
    ------
    ExportError
        The archive cannot be read, or neither its connections nor its invitations; the message says
        what to do.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "Basic_LinkedInDataExport_03-15-2024"
    >>> folder.mkdir()
    >>> _ = (folder / "Company Follows.csv").write_text(
    ...     "Organization,Followed On\nAcme,Tue Mar 05 10:00:00 UTC 2024\n"
    ... )
    >>> export = read_export(folder)
    >>> len(export.tables["follows"]), str(export.taken_on)
    (1, '2024-03-15')
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(part) for part in path]
    with open_archive(paths) as archive:
        people = KnownPeople()
        # While one file is still being unpacked, the people of another are looked at.
        with ThreadPoolExecutor(max_workers=2) as pool:
            found = list(_bounded(pool.map(partial(_read, people), archive.members)))
        unread = [part for part in found if isinstance(part, _Unread)]
        told = AnswersRead()
        for member, answers in (part for part in found if isinstance(part, tuple)):
            take(told, member, answers)
        told.finish(unread=any(part.kind == ANSWERS for part in unread))
        parts = [part for part in found if isinstance(part, _File)]
        tables_of_files = {file_layouts()[part.kind].table for part in parts}
        for place, (kind, file) in enumerate(told.tables, start=len(paths)):
            people.add(kind, file)
            parts.append(_File(kind, place, file))
        parts.sort(key=lambda part: list(file_layouts()).index(part.kind))
        tables, read, notices = _put_together(parts, people, unread)
        log = told.answers if told.answers.has_log else None
        _refuse_unless_useful(read, unread, log)
        if not read and not log:
            raise told.nothing_in(", ".join(path.name for path in paths))
        unusable = {(part.place, part.name) for part in unread}
        parts = [part for part in parts if (part.place, part.file.file) not in unusable]
        day, doubts = _taken_on(archive.names, archive.newest, tables, told.answers.fetched)
    warnings = (*archive.notices, *told.notices, *notices, *doubts)
    report = Report(
        tuple(read), (*archive.ignored, *told.ignored), _missing(parts) if parts else {}, warnings
    )
    lacking = frozenset(told.partial - tables_of_files)
    return Export(tables, report, _digest(parts), day, people.owner, log, lacking, tuple(paths))


def _bounded(files: Iterable[_Part]) -> Iterator[_Part]:
    """Let files pass until they hold more than an export does: what a packed one holds shows late."""
    total = 0
    for part in files:
        total += part.file.rows.nbytes if isinstance(part, _File) else 0
        if total > LIMITS["total_bytes"]:
            raise TooLargeError("the archive", f"holds more than {LIMITS['total_bytes']:,} bytes to read")
        yield part


def _read(people: KnownPeople, member: Member) -> _Part:
    try:
        if member.kind == ANSWERS:
            return member, read_member(member)
        file = read_delimited(member, file_layouts()[member.kind])
    except TooLargeError:
        raise
    except ExportError as problem:
        return _Unread(member.kind, member.part, member.name, problem, member.near)
    people.add(member.kind, file)
    return _File(member.kind, member.part, file, member.near)


def _refuse_unless_useful(read: list[FileRead], unread: list[_Unread], log: Answers | None) -> None:
    """Refuse an archive of which neither connections nor invitations, nor a change log, can be read.

    Of half a list of invitations the other half would seem to be withdrawn.
    """
    tables = {file.table for file in read}
    halves = [part for part in unread if part.kind == "invitations" and "invitations" in tables]
    if halves or (unread and not log and not {"connections", "invitations"} & tables):
        raise (halves or unread)[0].problem


def _put_together(
    parts: list[_File], people: KnownPeople, unread: list[_Unread]
) -> tuple[dict[str, pd.DataFrame], list[FileRead], list[Notice]]:
    """Make the typed tables from all files; those whose columns cannot be read join the unread ones."""
    _refuse_two_people(parts, people)
    frames: dict[str, list[tuple[_File, pd.DataFrame]]] = {table: [] for table in COLUMNS}
    read: list[FileRead] = []
    notices: list[Notice] = []
    seen: set[tuple[str, bytes]] = set()
    folders: dict[tuple[str, int], PurePosixPath] = {}
    for part in parts:
        layout, file = file_layouts()[part.kind], part.file
        if (part.kind, file.sha256) in seen:
            says = "the same file was there before and was read once"
            notices.append(Notice("same_file_twice", file.file, 1, says))
            continue
        seen.add((part.kind, file.sha256))
        _refuse_second_folder(folders, part)
        try:
            frame, odd = typed_table(file, layout, people)
        except ExportError as problem:
            unread.append(_Unread(part.kind, part.place, file.file, problem, part.near))
            continue
        frames[layout.table].append((part, frame))
        read.append(FileRead(file.file, layout.table, len(frame)))
        if part.near:
            says = f"the file was read as {layout.names[0]}.csv"
            notices.append(Notice("near_name", file.file, 1, says))
        notices += odd
    merged = {table: _merged(table, found) for table, found in frames.items()}
    notices += [notice for _, repeated in merged.values() for notice in repeated]
    notices += [part.notice for part in unread]
    return {table: frame for table, (frame, _) in merged.items()}, read, notices


def _refuse_two_people(parts: list[_File], people: KnownPeople) -> None:
    """Refuse archives of different people: read as one, somebody else's past would become yours."""
    if len({part.place for part in parts}) < 2:
        return
    owners = {people.owner_of(part.file) for part in parts if part.kind == "invitations"} - {None}
    if len(owners) > 1:
        raise ExportError(
            f"The archives belong to {len(owners)} people: {', '.join(sorted(map(str, owners)))}",
            "Read each person's archives into a workspace of their own with --home; if all are yours and"
            " your address has changed, read them one by one, the oldest first",
        )


def _refuse_second_folder(folders: dict[tuple[str, int], PurePosixPath], part: _File) -> None:
    """Refuse a download folder that holds several archives: read as one, they would be mixed up."""
    path = PurePosixPath(part.file.file.replace("\\", "/"))
    first = folders.setdefault((part.kind, part.place), path.parent)
    if path.parent != first:
        raise ExportError(
            f"{path.name} lies in two folders, {first} and {path.parent}, with different contents",
            "Read each archive on its own, the oldest first; the ledger puts them together",
        )


def _merged(table: str, frames: list[tuple[_File, pd.DataFrame]]) -> tuple[pd.DataFrame, list[Notice]]:
    """Put the pieces of a table together; what a later place repeats of an earlier one counts once."""
    if not frames:
        return empty_table(table), []
    if len(frames) == 1:
        return frames[0][1], []
    merged = pd.concat([frame for _, frame in frames], ignore_index=True)
    sizes = [len(frame) for _, frame in frames]
    number = pd.Series(np.repeat(np.arange(len(frames)), sizes))
    place = pd.Series(np.repeat([part.place for part, _ in frames], sizes))
    again = pd.Series(False, index=merged.index)
    if place.nunique() > 1:
        # Two equal rows of one place are two rows; the same two at the next place are the same two.
        hashed = [pd.util.hash_pandas_object(frame, index=False) for _, frame in frames]
        row = pd.concat(hashed, ignore_index=True)
        again = pd.DataFrame({"row": row, "nth": row.groupby([row, place]).cumcount()}).duplicated()
    if table == "connections":  # of one person described twice the later description counts
        last = number[~again].groupby(merged["person"]).transform("max")
        again |= number < last.reindex(number.index)
    if not again.any():
        return merged, []
    says = "rows that another file had already count once"
    notice = Notice("row_twice", frames[-1][0].file.file, int(again.sum()), says)
    return merged[~again].reset_index(drop=True), [notice]


def _missing(parts: list[_File]) -> dict[str, str]:
    """Say what is missing and what is lost by it."""
    found = {part.kind for part in parts}
    tables = {file_layouts()[kind].table for kind in found}
    missing: dict[str, list[str]] = {}
    for kind, layout in file_layouts().items():
        if kind not in found:
            name = kind if layout.table in tables else layout.table
            missing.setdefault(name, []).append(layout.lost)
    return {name: "; ".join(lost) for name, lost in missing.items()}


def _taken_on(
    names: Sequence[str], newest: dt.date, tables: Mapping[str, pd.DataFrame], fetched: Sequence[dt.date]
) -> tuple[dt.date, list[Notice]]:
    """Return the day on which an export was taken, and what speaks against it."""
    named = [day for name in names for day in _days_in(name)]
    dated = [
        frame[column]
        for table, frame in tables.items()
        for column, kind in COLUMNS[table].items()
        if kind == "time" and frame[column].notna().any()
    ]
    if named:
        return max(named), _dated_later(names[0], max(named), dated, "the day in the archive's name")
    if fetched:
        return max(fetched), []
    if not any(len(frame) for frame in tables.values()):
        return newest, []
    if dated:
        # Not every packer keeps the day of a file: what says 1980 says nothing.
        doubted = dated if newest.year > 2002 else []
        doubts = _dated_later(names[0], newest, doubted, "the day of the files")
        return max(column.max() for column in dated).date(), doubts
    says = "nothing inside carries a date; the day of the files was taken"
    return newest, [Notice("day_guessed", names[0], 1, says)]


def _dated_later(archive: str, day: dt.date, dated: list[pd.Series], which: str) -> list[Notice]:
    end = pd.Timestamp(day, tz="UTC") + pd.Timedelta(days=2)  # wherever on earth it was taken
    later = sum(int((column >= end).sum()) for column in dated)
    says = f"dates lie after {day}, {which}; check them and the name"
    return [Notice("later_than_taken", archive, later, says)] if later else []


def _days_in(name: str) -> list[dt.date]:
    found = []
    for month, day, year in _DAY_IN_NAME.findall(name):
        with suppress(ValueError):
            found.append(dt.date(int(year), int(month), int(day)))
    return found


def _digest(parts: list[_File]) -> str:
    """Return the digest of the files read, whatever their order and packing."""
    lines = {f"{part.kind} {part.file.sha256.hex()}" for part in parts}
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
