"""Read an export, a ZIP or a folder, into typed tables and a report; the data itself is never changed."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import pandas as pd

from netkit.display import show
from netkit.errors import ExportError
from netkit.export import tables as export_tables
from netkit.export.archive import Archive, open_archive
from netkit.export.delimited import Delimited, read_delimited
from netkit.export.layout import file_layouts
from netkit.export.messages import messages
from netkit.export.people import Cast
from netkit.export.report import FileRead, Notice, Report
from netkit.export.tables import COLUMNS, Builder, Source, empty_table

_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{2})-(\d{2})-(\d{4})(?!\d)")  # month, day, year
_BUILDERS: dict[str, Builder] = {
    "connections": export_tables.connections,
    "invitations": export_tables.invitations,
    "messages": messages,
    "endorsements": export_tables.endorsements,
    "recommendations": export_tables.recommendations,
    "address_book": export_tables.address_book,
    "follows": export_tables.follows,
    "member_follows": export_tables.member_follows,
    "profile": export_tables.profile,
    "positions": export_tables.positions,
}


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
    """

    tables: Mapping[str, pd.DataFrame]
    report: Report
    sha256: str
    taken_on: dt.date
    owner: str | None

    def _repr_html_(self) -> str:
        rows = {table: len(frame) for table, frame in self.tables.items()}
        odd = [
            {"what": notice.says, "file": notice.file, "times": notice.count}
            for notice in self.report.warnings
        ]
        return show(
            f"Export of {self.taken_on}: {sum(rows.values()):,} rows",
            pd.DataFrame({"table": list(rows), "rows": list(rows.values())}),
            [f"Missing: {kind}: {lost}" for kind, lost in self.report.missing.items()],
            pd.DataFrame(odd),
        )


@dataclass(frozen=True)
class _Part:
    kind: str
    part: int
    file: Delimited


def read_export(path: Path | str | Sequence[Path | str]) -> Export:
    r"""Read an export.

    Parameters
    ----------
    path : Path or sequence of Path
        The ZIP or the unpacked folder; several are parts of the same export.

    Returns
    -------
    Export
        Its tables and the report.

    Raises
    ------
    ExportError
        The archive, or a file in it, cannot be read; the message says what to do.

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
        cast = Cast()
        # While one file is still being unpacked, the people of another are looked at.
        with ThreadPoolExecutor(max_workers=2) as pool:
            parts = list(pool.map(partial(_read, cast), archive.members))
        tables, read, notices = _tables(parts, cast)
        taken_on, guessed = _taken_on(archive, tables)
    found = {part.kind for part in parts}
    missing = {kind: each.lost for kind, each in file_layouts().items() if kind not in found}
    report = Report(tuple(read), archive.ignored, missing, (*notices, *guessed))
    return Export(tables, report, _digest(parts), taken_on, cast.owner)


def _read(cast: Cast, member: Member) -> _Part:
    file = read_delimited(member, file_layouts()[member.kind])
    cast.meet(member.kind, file)
    return _Part(member.kind, member.part, file)


def _tables(
    parts: list[_Part], cast: Cast
) -> tuple[dict[str, pd.DataFrame], list[FileRead], list[Notice]]:
    frames: dict[str, list[tuple[int, pd.DataFrame]]] = {table: [] for table in COLUMNS}
    read: list[FileRead] = []
    notices: list[Notice] = []
    seen: set[tuple[str, bytes]] = set()
    folders: dict[tuple[str, int], PurePosixPath] = {}
    for part in parts:
        layout = file_layouts()[part.kind]
        if (part.kind, part.file.sha256) in seen:
            says = "the same file was there before and was read once"
            notices.append(Notice("same_file_twice", part.file.file, 1, says))
            continue
        seen.add((part.kind, part.file.sha256))
        _refuse_second_folder(folders, part)
        source = Source(part.file, layout, cast, list(part.file.notices))
        frame = _BUILDERS[layout.table](source)
        frames[layout.table].append((part.part, frame))
        read.append(FileRead(part.file.file, layout.table, len(frame)))
        notices += source.notices
    return {table: _merged(table, found) for table, found in frames.items()}, read, notices


def _refuse_second_folder(folders: dict[tuple[str, int], PurePosixPath], part: _Part) -> None:
    """Refuse a download folder that holds several archives: read as one, they would be mixed up."""
    folder = PurePosixPath(part.file.file).parent
    first = folders.setdefault((part.kind, part.part), folder)
    if folder != first:
        raise ExportError(
            f"{PurePosixPath(part.file.file).name} lies in two folders, {first} and {folder},"
            " with different contents",
            accepted="one archive at a time",
            do="read each archive on its own, the oldest first; the ledger puts them together",
        )


def _merged(table: str, frames: list[tuple[int, pd.DataFrame]]) -> pd.DataFrame:
    """Put the pieces of a table together; what a later part repeats of an earlier one counts once."""
    if not frames:
        return empty_table(table)
    if len(frames) == 1:
        return frames[0][1]
    merged = pd.concat([frame for _, frame in frames], ignore_index=True)
    if len({part for part, _ in frames}) == 1:
        return merged
    part = pd.Series([part for part, frame in frames for _ in range(len(frame))])
    # Two equal rows of one part are two rows; the same two in the next part are the same two.
    again = merged.assign(_part=part).groupby([*merged.columns, "_part"], dropna=False).cumcount()
    return merged[~merged.assign(_again=again).duplicated()].reset_index(drop=True)


def _taken_on(
    archive: Archive, tables: Mapping[str, pd.DataFrame]
) -> tuple[dt.date, tuple[Notice, ...]]:
    named = [day for name in archive.names for day in _days_in(name)]
    if named:
        return max(named), ()
    newest = [
        frame[column].max()
        for table, frame in tables.items()
        for column, kind in COLUMNS[table].items()
        if kind == "time" and frame[column].notna().any()
    ]
    if newest:
        return max(newest).date(), ()
    day = dt.date(archive.newest // 10000, archive.newest // 100 % 100, archive.newest % 100)
    says = "nothing inside carries a date; the day of the files was taken"
    return day, (Notice("day_guessed", archive.names[0], 1, says),)


def _days_in(name: str) -> list[dt.date]:
    found = []
    for month, day, year in _DAY_IN_NAME.findall(name):
        try:
            found.append(dt.date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def _digest(parts: list[_Part]) -> str:
    lines = {f"{part.kind} {part.file.sha256.hex()}" for part in parts}
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
