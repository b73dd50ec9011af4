"""Read an export, a ZIP or a folder, into typed tables and a report; the data itself is never changed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from netkit.display import show
from netkit.export.archive import open_archive
from netkit.export.delimited import read_delimited
from netkit.export.layout import file_layouts
from netkit.export.members import Member
from netkit.export.parts import Part, digest, taken_on, together, what_is_missing
from netkit.export.people import Cast
from netkit.export.report import Report


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
        tables, read, notices = together(parts, cast)
        day, doubts = taken_on(archive, tables)
    report = Report(tuple(read), archive.ignored, what_is_missing(parts), (*notices, *doubts))
    return Export(tables, report, digest(parts), day, cast.owner)


def _read(cast: Cast, member: Member) -> Part:
    file = read_delimited(member, file_layouts()[member.kind])
    cast.meet(member.kind, file)
    return Part(member.kind, member.part, file)
