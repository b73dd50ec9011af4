"""One file on its way to becoming rows of a table, and what is noticed on the way."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from netkit.export.dates import Dates, read_dates
from netkit.export.delimited import Delimited
from netkit.export.layout import FileLayout
from netkit.export.people import Cast, Pairs, joined_names
from netkit.export.report import Notice, at_lines, resaved
from netkit.people import folded_name


@dataclass
class Source:
    """One file on its way to becoming rows of a table, and what is noticed on the way.

    Attributes
    ----------
    file : Delimited
        The columns of text.
    layout : FileLayout
        What the columns mean.
    cast : Cast
        Everybody in the export.
    notices : list of Notice
        What was odd; grows.
    """

    file: Delimited
    layout: FileLayout
    cast: Cast
    notices: list[Notice]

    def text(self, column: str) -> pa.Array:
        """Return one column as text."""
        return self.file.text(column)

    def names(self) -> pa.Array:
        """Return full names from first and last ones."""
        return joined_names(self.text("first_name"), self.text("last_name"))

    def people(self, url: str, *names: str) -> Pairs:
        """Return the distinct pairs of address and name in two or three columns."""
        return self.cast.pairs(self.file, url, *names)

    def dates(self, column: str, *, month_only: bool = False) -> pd.Series:
        """Return one column as times in UTC, and take note of what is no date."""
        written = self.layout.headers[column]
        found = read_dates(
            self.text(column),
            where=f"{self.file.file}, column {written},",
            zone=self.layout.zone,
            month_only=month_only,
        )
        self._note_dates(found, written)
        return found.values

    def _note_dates(self, found: Dates, written: str) -> None:
        self.note(
            "not_a_date", found.unread, f"text that is no date in {written} was read as missing"
        )
        self.note(
            "hour_twice",
            found.twice,
            f"{written} falls into the hour that an autumn clock shows twice; read as the earlier",
        )
        self.note(
            "hour_never",
            found.never,
            f"{written} falls into the hour that a spring clock skips; read as the end of it",
        )
        if found.resaved and not any(notice.kind == "resaved" for notice in self.notices):
            self.notices.append(resaved(self.file.file))

    def note_lacking(self) -> None:
        """Take note of columns whose absence loses something."""
        for column, lost in self.layout.without.items():
            if not self.file.has(column):
                says = f"the column {self.layout.headers[column]} is missing: {lost}"
                self.notices.append(Notice("column_missing", self.file.file, 1, says))

    def note(self, kind: str, positions: Iterable[int], says: str) -> None:
        """Take note of oddities at some rows, unless there are none."""
        at = [int(position) for position in positions]
        if at:
            lines = at_lines(self.file.lines(at[:5]))
            self.notices.append(Notice(kind, self.file.file, len(at), says, lines))

    def note_people(self, keys: pd.DataFrame, names: pd.Series) -> None:
        """Count rows that name nobody, and rows whose name several people bear."""
        nobody = keys["person"].isna().to_numpy()
        at = nobody.nonzero()[0]
        named = np.array([folded_name(name) is not None for name in names.iloc[at]], bool)
        says = "rows that name nobody (closed accounts) stay apart"
        self.note("names_nobody", at[~named], says)
        says = "rows without an address whose name several people bear stay apart"
        self.note("name_shared", at[named], says)
        low = int((keys["confidence"] == "low").sum())
        if low:
            says = "rows without an address were matched by full name, which is less sure"
            self.notices.append(Notice("name_only", self.file.file, low, says))
