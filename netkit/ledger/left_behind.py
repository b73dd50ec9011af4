"""What a workspace holds beside the ledger, where a forgotten person may stand: copies, pages, archives."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from html import unescape
from pathlib import Path

from netkit.errors import LedgerError
from netkit.ledger.blotting import Blotter
from netkit.ledger.workspace import connect

# What netkit builds and builds again; nothing in them is written by hand.
_BUILT = ("notebooks", "stamps", "handbook", "site", "public")
_WRITTEN = ("policies", "letters")  # the user's own files
_TEXTS = (".html", ".ipynb", ".json", ".md", ".j2", ".yaml", ".yml", ".txt", ".xml", ".js", ".csv")
_LEDGER_BEGINS = b"SQLite format 3\x00"
Forget = Callable[[sqlite3.Connection, Path], object]


def look_beside(file: Path, blotter: Blotter, forget: Forget) -> tuple[str, ...]:
    """Forget a person in the copies of a ledger, and remove what was built if it names the person.

    Parameters
    ----------
    file : Path
        The ledger.
    blotter : Blotter
        Who is forgotten.
    forget : callable
        Forgets the person in an open ledger.

    Returns
    -------
    tuple of str
        What was done, and what is left to the user, in sentences.
    """
    copies, built, others = [], [], []
    for path in sorted(file.parent.iterdir()):
        if path.name.startswith(file.name):
            continue
        if _is_ledger(path) and _forgot_in(path, forget):
            copies.append(path.name)
        elif path.name in _BUILT:
            built += [path.name] * _named_in(path, blotter)
        elif path.name not in _WRITTEN or _named_in(path, blotter):
            others.append(path.name)
    if built:  # one without the others would not fit together
        for name in _BUILT:
            shutil.rmtree(file.parent / name, ignore_errors=True)
    return tuple(
        f"{says.format(', '.join(names))}."
        for names, says in (
            (copies, "The copies of the ledger in the workspace were treated alike: {}"),
            (built, "What was built and named this person was removed: {}; build it again"),
            (others, "The workspace also holds {}: look whether this person is named there"),
        )
        if names
    )


def _is_ledger(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as content:
        return content.read(len(_LEDGER_BEGINS)) == _LEDGER_BEGINS


def _forgot_in(path: Path, forget: Forget) -> bool:
    """Forget in a copy; one that is damaged, foreign or newer is left to the user."""
    try:
        with closing(connect(path)) as copy:
            forget(copy, path)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, as it was
    except (LedgerError, sqlite3.Error):
        return False
    return True


def _named_in(folder: Path, blotter: Blotter) -> bool:
    files = [path for path in folder.rglob("*") if path.suffix in _TEXTS and path.is_file()]
    texts = (unescape(path.read_text(encoding="utf-8", errors="replace")) for path in files)
    return any(blotter.finds(text) for text in texts)
