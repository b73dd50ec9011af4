"""Forget everything: the whole workspace with all that lies in it, and what that cannot reach."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from netkit.errors import LedgerError
from netkit.ledger.workspace import FILE, is_shared, sqlite_address, usual_home
from netkit.private_files import remove, remove_folder
from netkit.workspace_key import secret_file

# What lies in a workspace, by the name of its file or folder.
_CALLED = {
    FILE: "your ledger: archives, decisions, notes, introductions, evidence",
    "keys": "the key of this workspace",
    "lab": "your own notebooks, and what JupyterLab keeps",
    "policies": "your own policies",
    "letters": "your own letters",
    "notebooks": "notebooks that were run on your data",
    "stamps": "results of those notebooks",
    "record": "kept answers of the platform",
    "handbook": "pages made from your data",
    "site": "the handbook built from your data",
    "public": "the handbook as you publish it",
    "keep.yaml": "how long things are kept",
}
_BESIDE = (f"{FILE}-wal", f"{FILE}-shm", "pages.lock")
_OTHER = "a file of yours, a copy or an export"

OUT_OF_REACH = (
    "Backups, exports, label sheets and calendar files that you wrote to other places are still there.",
    "So are the archives that you downloaded, and your own mail, calendar and address files.",
    "A handbook that you published stays where you published it.",
    "Entries that you imported into a calendar stay in it.",
    "The trash, snapshots, synchronised folders and backups of your whole machine may hold copies."
    " A disk that is not encrypted can give deleted files back.",
)


@dataclass(frozen=True)
class Workspace:
    """A workspace as it lies on the disk, which need not be whole."""

    folder: Path

    @classmethod
    def at(cls, home: Path | None) -> "Workspace":
        """Return the workspace in a folder, and refuse one that is none, or that holds more than one."""
        folder = (home or usual_home()).expanduser().absolute()
        if not (folder / FILE).exists() and not secret_file(folder).exists():
            raise LedgerError(f"There is no workspace in {folder}. Name its folder with --home.")
        if is_shared(folder.resolve()):
            raise LedgerError(
                f"{folder} is not a folder for netkit alone, so that it is not removed as a whole."
                f" Remove {FILE} and the folder keys yourself."
            )
        return cls(folder)

    def holds(self) -> list[tuple[str, str, int]]:
        """Return what lies in it: the name, what that is, and how many bytes."""
        found = [path for path in sorted(self.folder.iterdir()) if path.name not in _BESIDE]
        return [(path.name, _CALLED.get(path.name, _OTHER), _size(path)) for path in found]

    def remove(self) -> None:
        """Remove all of it, and the folder."""
        self._refuse_in_use()
        folder = self.folder.resolve()
        remove(folder / FILE)  # first what matters most, should something stop it
        remove_folder(secret_file(folder).parent)
        remove_folder(folder)
        if self.folder.is_symlink():
            self.folder.unlink()

    def _refuse_in_use(self) -> None:
        """Refuse while another program has the ledger open: it would write on, into nowhere."""
        if not (self.folder / FILE).exists():
            return
        place = f"{sqlite_address(self.folder / FILE)}?mode=rw"
        try:
            with closing(sqlite3.connect(place, uri=True, timeout=0, isolation_level=None)) as ledger:
                ledger.execute("PRAGMA locking_mode = EXCLUSIVE")
                ledger.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as problem:  # a damaged ledger is removed as well
            if getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise LedgerError(
                    f"Another program has {self.folder / FILE} open."
                    " Close JupyterLab and other netkit windows, then try again; nothing was removed."
                ) from problem


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    total = 0
    for each in (path, *(path.rglob("*") if path.is_dir() and not path.is_symlink() else ())):
        with suppress(OSError):
            total += each.lstat().st_size if not each.is_dir() else 0
    return total
