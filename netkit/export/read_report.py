"""What reading an export found: files read, left alone and missing, and warnings without personal values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from netkit.wording import visible

_EXAMPLES = 5
# Rows that could not be read, and what loses nothing: of any other notice one cannot say so.
_ROW_LOST = ("ragged_row", "quote_left_open")
_NOTHING_LOST = (
    "day_guessed", "empty_row", "name_only", "name_shared", "names_nobody", "near_name", "not_utf8",
    "resaved", "row_twice", "same_file_twice", "workbook",
)  # fmt: skip


@dataclass(frozen=True)
class FileRead:
    """One file that was read."""

    file: str
    table: str
    rows: int


@dataclass(frozen=True)
class FileIgnored:
    """One file that was left alone on purpose, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Notice:
    """One kind of oddity in one file, counted."""

    kind: str
    file: str
    count: int
    says: str
    examples: tuple[str, ...] = ()

    @property
    def rows_lost(self) -> int:
        """How many rows could not be read."""
        return self.count if self.kind in _ROW_LOST else 0

    @property
    def loses(self) -> bool:
        """Whether something of the file may be lost."""
        return self.kind not in _NOTHING_LOST

    @classmethod
    def at(cls, lines: Sequence[int], kind: str, file: str, count: int, says: str) -> "Notice":
        """Return a notice that names the first few lines in words.

        >>> Notice.at([3, 9], "not_utf8", "Connections.csv", 2, "…").examples
        ('line 3', 'line 9')
        """
        return cls(kind, file, count, says, tuple(f"line {line}" for line in lines[:_EXAMPLES]))

    @classmethod
    def resaved(cls, file: str) -> "Notice":
        """Return the notice that a spreadsheet has saved a file again."""
        says = "the file was saved again by a spreadsheet; what is not ambiguous in it is read"
        return cls("resaved", file, 1, says)

    @classmethod
    def unknown_columns(cls, file: str, names: Sequence[str]) -> "tuple[Notice, ...]":
        """Return the notice that columns were left alone, if any were."""
        named = ", ".join(printable(name, 40) for name in names[:10]) + " and others" * (len(names) > 10)
        says = f"columns that netkit does not know were left alone: {named}"
        return (cls("unknown_column", file, len(names), says),) if names else ()


@dataclass(frozen=True)
class Report:
    """What reading an export found.

    Attributes
    ----------
    files : tuple of FileRead
        What was read.
    ignored : tuple of FileIgnored
        What was left alone on purpose.
    missing : dict of str to str
        File kinds that are not there, and what is lost by it.
    warnings : tuple of Notice
        Oddities with counts.
    """

    files: tuple[FileRead, ...] = ()
    ignored: tuple[FileIgnored, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()

    @property
    def rows(self) -> dict[str, int]:
        """Return the number of rows per table."""
        counted = Counter[str]()
        for read in self.files:
            counted[read.table] += read.rows
        return dict(counted)

    def warned(self, kind: str) -> int:
        """Return how often one kind of oddity occurred, over all files.

        Examples
        --------
        >>> Report(warnings=(Notice("not_a_date", "Connections.csv", 3, "…"),)).warned("not_a_date")
        3
        """
        return sum(notice.count for notice in self.warnings if notice.kind == kind)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain lists and mappings, ready for JSON.

        Examples
        --------
        >>> Report().as_dict()
        {'files': [], 'tables': {}, 'ignored': [], 'missing': {}, 'warnings': []}
        """
        return {
            "files": [asdict(read) for read in self.files],
            "tables": self.rows,
            "ignored": [asdict(left) for left in self.ignored],
            "missing": dict(self.missing),
            "warnings": [asdict(note) | {"examples": list(note.examples)} for note in self.warnings],
        }


def printable(name: str, longest: int = 120) -> str:
    r"""Return a name from an archive that is safe to print: no control signs, no line breaks, not too long.

    >>> printable("Connec\x1b[2Jtions\n.csv")
    'Connec\\x1b[2Jtions\\n.csv'
    """
    shown = visible(name).replace("\t", r"\t").replace("\n", r"\n")
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
