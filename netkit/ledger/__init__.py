"""The user's own durable record: exports as they came, decisions, facts noted, introductions."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netkit.ledger.backup import Restored, back_up, export_all, restore, write_key
from netkit.ledger.database import Database, Moment
from netkit.ledger.decision_store import DecisionStore, ReviewStore
from netkit.ledger.evidence_store import EvidenceStore
from netkit.ledger.export_store import ExportStore, InvitationStore
from netkit.ledger.fact_store import FactStore
from netkit.ledger.forgetting import Forgotten, check_known, forget_person
from netkit.ledger.import_export import ImportResult, add_export
from netkit.ledger.introduction_store import IntroductionStore, LetterStore, Step, WishStore
from netkit.ledger.keeping import remove_expired
from netkit.ledger.note_reading import Learned, learn_notes
from netkit.ledger.record_store import RecordStore
from netkit.ledger.verification import Verified, verify
from netkit.ledger.workspace import FILE, prepare_home

if TYPE_CHECKING:  # deciding on one request must not load what reads archives
    import pandas as pd

    from netkit.export import Export

__all__ = [
    "DecisionStore",
    "EvidenceStore",
    "ExportStore",
    "FactStore",
    "ImportResult",
    "IntroductionStore",
    "InvitationStore",
    "Learned",
    "Ledger",
    "LetterStore",
    "Moment",
    "RecordStore",
    "ReviewStore",
    "Step",
    "WishStore",
    "open_ledger",
]


class Ledger:
    """One person's ledger, open; use it as a context manager.

    A write is on the disk when its method returns. Rows about what the user did are added and never
    changed: the one recorded last counts, the earlier ones stay.

    Parameters
    ----------
    database : Database
        The open file; see `open_ledger`.

    Attributes
    ----------
    exports : ExportStore
        What the imported archives said.
    invitations : InvitationStore
        The invitations to connect, shown by an export or typed in.
    decisions : DecisionStore
        What was decided about requests.
    evidence : EvidenceStore
        What personal files tell of acquaintance.
    notes : FactStore
        The facts noted about requests.
    record : RecordStore
        The platform's own record of what you answered.
    introductions : IntroductionStore
        The requests for an introduction, and their steps.
    letters : LetterStore
        The letters that were sent.
    reviews : ReviewStore
        What was decided about connections.
    wishes : WishStore
        What people wish to be asked about.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.exports = ExportStore(database)
        self.invitations = InvitationStore(database)
        self.notes = FactStore(database)
        self.evidence = EvidenceStore(database)
        self.decisions = DecisionStore(database, self.notes, self.evidence)
        self.record = RecordStore(database)
        self.introductions = IntroductionStore(database)
        self.letters = LetterStore(database)
        self.reviews = ReviewStore(database)
        self.wishes = WishStore(database)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was written is in it already."""
        self.database.close()

    @property
    def file(self) -> Path:
        """The ledger's file."""
        return self.database.file

    @property
    def home(self) -> Path:
        """The folder of the workspace."""
        return self.file.parent

    @property
    def as_of(self) -> date | None:
        """The day of the newest export; ages are counted to it, never to today."""
        newest = self.database.one("SELECT max(taken_on) FROM imports")
        newest = newest or self.database.one(
            "SELECT max(substr(at, 1, 10)) FROM (SELECT at FROM decisions UNION ALL"
            " SELECT at FROM introduction_events WHERE step IN ('declined', 'redirected', 'answered'))"
        )
        return date.fromisoformat(newest) if newest else None

    @property
    def last_written(self) -> tuple[int, ...]:
        """The last rows of what is written while you answer: another number is another's writing."""
        tables = ("decisions", "facts_noted", "evidence_answers", "evidence_sources", "imports", "forgotten")
        return tuple(int(self.database.one(f"SELECT max(rowid) FROM {each}") or 0) for each in tables)

    def snapshot(self) -> AbstractContextManager[None]:
        """Let a block that writes nothing see one state of the ledger, whatever others write meanwhile."""
        return self.database.snapshot()

    def recorded_by(self, moment: "pd.Timestamp") -> AbstractContextManager[None]:
        """Let a block see the decisions and the noted facts that were recorded up to a moment, no others.

        What was corrected later stands in it as it stood.
        """
        return self.database.recorded_by(moment)

    def untyped(self) -> AbstractContextManager[None]:
        """Let a block see the decisions and the noted facts that nobody typed, no others.

        Examples
        --------
        >>> with ledger.untyped():  # doctest: +SKIP
        ...     history = read_history(ledger)
        """
        return self.database.untyped()

    def together(self) -> AbstractContextManager[None]:
        """Make all writes of a block one: of one moment, durable together at its end, or none of them.

        Within another one, it joins that.

        Examples
        --------
        >>> with ledger.together():  # doctest: +SKIP
        ...     for row in rows:
        ...         ledger.decisions.add(row.request, row.action, at=row.at, source="an old list")
        """
        return self.database.together()

    def trial(self) -> AbstractContextManager[None]:
        """Let a block see the ledger with what it writes, all of which is taken back at its end.

        Examples
        --------
        >>> with ledger.trial():  # doctest: +SKIP
        ...     request = ledger.invitations.add("Ana Example", sent_at="2024-03-05", source="a thought")
        """
        return self.database.trial()

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
            took = ImportResult()
            if export.report.rows or not export.record:
                took = add_export(self.database.connection, export, self.home)
            took = replace(took, record=self.record.follow(self.decisions, export.record))
        return replace(took, expired=self.remove_expired())

    def remove_expired(self) -> tuple[str, ...]:
        """Remove what is older than you want it kept; reading an archive does so, too.

        Returns
        -------
        tuple of str
            What was removed, a sentence each.
        """
        return remove_expired(self.database, datetime.now(UTC).date())

    def learn_notes(self, *, look: bool = False, undo: bool = False) -> Learned:
        """Let the reader of notes learn from what you corrected, where that helps, and read them again.

        Parameters
        ----------
        look : bool, default False
            Only look: nothing is written.
        undo : bool, default False
            Unlearn: read the notes as netkit ships it.

        Returns
        -------
        Learned
            What your corrections are, which are used, and which notes are read otherwise now.

        Raises
        ------
        NetkitError
            The encoder that learns is not installed.
        """
        return learn_notes(self.database, look=look, undo=undo)

    def backup(self, path: Path, *, key: Path | None = None) -> None:
        """Copy the ledger into one new file, consistent even while it is in use.

        Parameters
        ----------
        path : Path
            A file that does not exist yet.
        key : Path, optional
            A second new file, for the workspace's key, which no backup holds.
        """
        if key:
            write_key(self.home, Path(key))
        back_up(self.database, Path(path))

    @staticmethod
    def restore(path: Path, home: Path | None = None, *, key: Path | None = None) -> Restored:
        """Put a backup in the place of a workspace's ledger; what was there is kept beside it.

        Parameters
        ----------
        path : Path
            A file that `backup` wrote.
        home : Path, optional
            The workspace.
        key : Path, optional
            The file with the key of the workspace that the backup was made in.

        Returns
        -------
        Restored
            Where the ledger that was there is kept, and what you should know.
        """
        return restore(Path(path), home, Path(key) if key else None)

    def check_known(self, person: str) -> None:
        """Refuse who cannot be forgotten: nobody in the ledger, several people, or you.

        Parameters
        ----------
        person : str
            As for `forget`.
        """
        check_known(self.database, person)

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
        return forget_person(self.database, person)

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
        return export_all(self.database.connection, Path(folder))

    def verify(self) -> Verified:
        """Check every page, row, index and reference, and compare the rows with the last backup.

        Returns
        -------
        Verified
            What is damaged, if anything, and what was compared.
        """
        return verify(self.file)


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
    ...     len(ledger.decisions.to_frame())
    0
    """
    return Ledger(Database(prepare_home(home) / FILE))
