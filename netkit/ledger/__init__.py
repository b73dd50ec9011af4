"""The user's own durable record: exports as they came, decisions, facts noted, introductions."""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from netkit.ledger.disk_errors import clear_errors
from netkit.ledger.forgetting import Forgotten, forget_person
from netkit.ledger.intake import ImportResult, take_in
from netkit.ledger.introductions import OUTCOMES, LedgerIntroductions, Step
from netkit.ledger.leaving import write_everything
from netkit.ledger.notes import ACTIONS
from netkit.ledger.rows import Moment
from netkit.ledger.safekeeping import back_up, bring_back
from netkit.ledger.workspace import FILE, connect, prepare_home

if TYPE_CHECKING:  # deciding on one request must not load what reads archives
    from netkit.export import Export

__all__ = ["ACTIONS", "OUTCOMES", "ImportResult", "Ledger", "Moment", "Step", "open_ledger"]


class Ledger(LedgerIntroductions):
    """One person's ledger, open; use it as a context manager.

    A write is on the disk when its method returns. Rows about what the user did are added and never
    changed: the one recorded last counts, the earlier ones stay.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    file : Path
        Its file.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        super().__init__(connection, file)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was written is in it already."""
        self._connection.close()

    def __del__(self) -> None:
        """Close the file of a ledger that a notebook let go of."""
        if hasattr(self, "_connection"):
            self._connection.close()

    def import_export(self, export: "Export") -> ImportResult:
        """Take an export in: all of it or nothing; the same archive again changes nothing.

        Parameters
        ----------
        export : Export
            What `read_export` returned.

        Returns
        -------
        ImportResult
            What was new and what was known.

        Raises
        ------
        LedgerError
            The export is another person's, or the disk refuses; the ledger is as before.
        """
        with self.together():
            return take_in(self._connection, export)

    def backup(self, path: Path) -> None:
        """Copy the ledger into one new file, consistent even while it is in use.

        Parameters
        ----------
        path : Path
            A file that does not exist yet.
        """
        back_up(self._connection, Path(path))

    @staticmethod
    def restore(path: Path, home: Path | None = None) -> Path | None:
        """Put a backup in the place of a workspace's ledger; what was there is kept beside it.

        Parameters
        ----------
        path : Path
            A file that `backup` wrote.
        home : Path, optional
            The workspace.

        Returns
        -------
        Path or None
            Where the ledger that was there is kept, or None where there was none.
        """
        return bring_back(Path(path), home)

    def forget(self, person: str) -> Forgotten:
        """Remove a person everywhere and for good, and say what remains.

        Parameters
        ----------
        person : str
            A profile address, a person key, or the exact full name.

        Returns
        -------
        Forgotten
            What went and what remains.
        """
        return forget_person(self._connection, self.file, person)

    def export_all(self, folder: Path) -> list[Path]:
        """Write everything as plain CSV and JSON.

        Parameters
        ----------
        folder : Path
            A new or empty folder.

        Returns
        -------
        list of Path
            The files.
        """
        return write_everything(self._connection, Path(folder))

    def check(self) -> bool:
        """Return whether every page and index of the file is intact.

        Returns
        -------
        bool
            False asks for a backup to be restored.
        """
        with clear_errors(self.file):
            found = self._connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        return bool(found == "ok")


def open_ledger(home: Path | None = None) -> Ledger:
    """Open the ledger of a workspace, creating or migrating it.

    Parameters
    ----------
    home : Path, optional
        The workspace's folder; the platform's place for a user's data where left out.

    Returns
    -------
    Ledger
        The open ledger.

    Raises
    ------
    LedgerError
        The folder or the file cannot be used; the message says why and what to do.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> with open_ledger(Path(mkdtemp()) / "home") as ledger:
    ...     len(ledger.decisions())
    0
    """
    file = prepare_home(home) / FILE
    return Ledger(connect(file), file)
