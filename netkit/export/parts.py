"""The files of one export put together: split files, parts that overlap, and the day it was taken."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from netkit.errors import ExportError
from netkit.export import tables as typed
from netkit.export.archive import Archive
from netkit.export.delimited import Delimited
from netkit.export.layout import file_layouts
from netkit.export.messages import messages
from netkit.export.people import Cast
from netkit.export.report import FileRead, Notice
from netkit.export.source import Source
from netkit.export.tables import COLUMNS, Builder, empty_table

_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{2})-(\d{2})-(\d{4})(?!\d)")  # month, day, year
_BUILDERS: dict[str, Builder] = {
    "connections": typed.connections,
    "invitations": typed.invitations,
    "messages": messages,
    "endorsements": typed.endorsements,
    "recommendations": typed.recommendations,
    "address_book": typed.address_book,
    "follows": typed.follows,
    "member_follows": typed.member_follows,
    "profile": typed.profile,
    "positions": typed.positions,
}


@dataclass(frozen=True)
class Part:
    """One file that was read.

    Attributes
    ----------
    kind : str
        What it is, a key of `layout.file_layouts`.
    place : int
        Which of the given archives it came from; files of one archive are pieces, those of the
        next may repeat them.
    file : Delimited
        Its rows.
    """

    kind: str
    place: int
    file: Delimited


def together(
    parts: list[Part], cast: Cast
) -> tuple[dict[str, pd.DataFrame], list[FileRead], list[Notice]]:
    """Make the typed tables from all files.

    Parameters
    ----------
    parts : list of Part
        The files, in the order of reading.
    cast : Cast
        Everybody in them.

    Returns
    -------
    tuple
        Tables by name, files read, and what was odd.
    """
    _refuse_two_people(parts, cast)
    frames: dict[str, list[tuple[Part, pd.DataFrame]]] = {table: [] for table in COLUMNS}
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
        source = Source(file, layout, cast, list(file.notices))
        source.note_lacking()
        frame = _BUILDERS[layout.table](source)
        frames[layout.table].append((part, frame))
        read.append(FileRead(file.file, layout.table, len(frame)))
        notices += source.notices
    tables = {}
    for table, found in frames.items():
        tables[table], repeated = _merged(table, found)
        notices += repeated
    return tables, read, notices


def _refuse_two_people(parts: list[Part], cast: Cast) -> None:
    """Refuse archives of different people: read as one, somebody else's past would become yours."""
    if len({part.place for part in parts}) < 2:
        return
    owners = {cast.owner_of(part.file) for part in parts if part.kind == "invitations"} - {None}
    if len(owners) > 1:
        raise ExportError(
            f"the archives belong to {len(owners)} people: {', '.join(sorted(map(str, owners)))}",
            accepted="parts of one person's archive",
            do="read each person's archives into a workspace of their own, named with --home; where all"
            " are yours and your address has changed, read them one by one, the oldest first",
        )


def _refuse_second_folder(folders: dict[tuple[str, int], PurePosixPath], part: Part) -> None:
    """Refuse a download folder that holds several archives: read as one, they would be mixed up."""
    path = PurePosixPath(part.file.file.replace("\\", "/"))
    first = folders.setdefault((part.kind, part.place), path.parent)
    if path.parent != first:
        raise ExportError(
            f"{path.name} lies in two folders, {first} and {path.parent}, with different contents",
            accepted="one archive at a time",
            do="read each archive on its own, the oldest first; the ledger puts them together",
        )


def _merged(
    table: str, frames: list[tuple[Part, pd.DataFrame]]
) -> tuple[pd.DataFrame, list[Notice]]:
    """Put the pieces of a table together; what a later place repeats of an earlier one counts once."""
    if not frames:
        return empty_table(table), []
    if len(frames) == 1:
        return frames[0][1], []
    merged = pd.concat([frame for _, frame in frames], ignore_index=True)
    places = [part.place for part, _ in frames]
    if len(set(places)) == 1:
        return merged, []
    numbers = [places.index(part.place) for part, frame in frames for _ in range(len(frame))]
    place = pd.Series(numbers, index=merged.index)
    # Two equal rows of one place are two rows; the same two at the next place are the same two.
    nth = merged.assign(_at=place).groupby([*merged.columns, "_at"], dropna=False).cumcount()
    again = merged.assign(_nth=nth).duplicated()
    if table == "connections":  # of one person described twice the later description counts
        last = place[~again].groupby(merged["person"]).transform("max")
        again |= place < last.reindex(place.index)
    left = merged[~again].reset_index(drop=True)
    if not again.any():
        return left, []
    says = "rows that an earlier part had already count once"
    return left, [Notice("row_twice", frames[-1][0].file.file, int(again.sum()), says)]


def what_is_missing(parts: list[Part]) -> dict[str, str]:
    """Say what is missing and what is lost by it.

    Parameters
    ----------
    parts : list of Part
        The files that are there.

    Returns
    -------
    dict of str to str
        Table, or one direction of it where the other is there, to what is lost.
    """
    found = {part.kind for part in parts}
    tables = {file_layouts()[kind].table for kind in found}
    missing: dict[str, list[str]] = {}
    for kind, layout in file_layouts().items():
        if kind not in found:
            name = kind if layout.table in tables else layout.table
            missing.setdefault(name, []).append(layout.lost)
    return {name: "; ".join(lost) for name, lost in missing.items()}


def taken_on(
    archive: Archive, tables: Mapping[str, pd.DataFrame]
) -> tuple[dt.date, tuple[Notice, ...]]:
    """Return the day on which an export was taken, and what speaks against it.

    Parameters
    ----------
    archive : Archive
        Its names may hold the day.
    tables : dict of str to DataFrame
        Else the newest date within counts.

    Returns
    -------
    tuple
        The day, and notices.
    """
    named = [day for name in archive.names for day in _days_in(name)]
    dated = [
        frame[column]
        for table, frame in tables.items()
        for column, kind in COLUMNS[table].items()
        if kind == "time" and frame[column].notna().any()
    ]
    if named:
        return max(named), _dated_later(archive, max(named), dated, "the day in the archive's name")
    day = dt.date(archive.newest // 10000, archive.newest // 100 % 100, archive.newest % 100)
    if dated:
        # Not every packer keeps the day of a file: what says 1980 says nothing.
        doubts = (
            _dated_later(archive, day, dated, "the day of the files") if day.year > 2002 else ()
        )
        return max(column.max() for column in dated).date(), doubts
    says = "nothing inside carries a date; the day of the files was taken"
    return day, (Notice("day_guessed", archive.names[0], 1, says),)


def _dated_later(
    archive: Archive, day: dt.date, dated: list[pd.Series], which: str
) -> tuple[Notice, ...]:
    end = pd.Timestamp(day, tz="UTC") + pd.Timedelta(days=2)  # wherever on earth it was taken
    later = sum(int((column >= end).sum()) for column in dated)
    if not later:
        return ()
    says = f"dates lie after {day}, {which}; check them and the name"
    return (Notice("later_than_taken", archive.names[0], later, says),)


def _days_in(name: str) -> list[dt.date]:
    found = []
    for month, day, year in _DAY_IN_NAME.findall(name):
        try:
            found.append(dt.date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def digest(parts: list[Part]) -> str:
    """Return the digest of the files read, whatever their order and packing.

    Parameters
    ----------
    parts : list of Part
        The files.

    Returns
    -------
    str
        Hexadecimal SHA-256.
    """
    lines = {f"{part.kind} {part.file.sha256.hex()}" for part in parts}
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
