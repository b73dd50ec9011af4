"""Stamps: proof that a notebook passed a strict run with this code, this data and this lock."""

import ast
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_path

from netkit.errors import FindingError
from netkit.findings import NOT_YET, Finding, read_findings
from netkit.ledger.database import open_to_read
from netkit.ledger.verification import checksums

PACKAGE = Path(__file__).parents[1]


_INSTALLED = PACKAGE.parent / "netkit_project"
# The checkout around the package, or the files of the project that were installed with it.
PROJECT = _INSTALLED if _INSTALLED.is_dir() else PACKAGE.parent
IN_CHECKOUT = PACKAGE.parent == PROJECT
# What is built from the project goes here: an installed package is not written to.
OUTPUT = PROJECT if IN_CHECKOUT else user_cache_path("netkit", appauthor=False) / "project"
# The command that validates the project's notebooks.
VALIDATE = "make notebooks" if IN_CHECKOUT else "netkit demo --long"
_PARTS = {
    "notebook": "the notebook",
    "code": "the code behind it",
    "data": "the data behind it",
    "lock": "the locked dependencies",
    "source": "the project's notebook",
}


@dataclass(frozen=True)
class Evidence:
    """Where notebooks and their stamps lie, and what stands behind them."""

    notebooks: Path
    stamps: Path
    package: Path = PACKAGE
    lock: Path = PROJECT / "requirements.txt"
    home: Path | None = None

    def all_notebooks(self) -> list[Path]:
        """Return the notebooks in the order of their numbers."""
        return sorted(self.notebooks.glob("*.ipynb"))

    def digests(self, notebook: Path) -> dict[str, str]:
        """Return the hashes of a notebook and of everything behind it, as they are now."""
        modules = _modules_behind(notebook, self.package)
        data = [path for path in _files(self.package) if path.suffix != ".py"]
        beside = _hashed(_files(self.notebooks / "data"), self.notebooks)
        own = _own_hash(self.home) if self.home else ""
        source = [project_evidence().notebooks / notebook.name] if self.home else []
        parts = {
            "notebook": _hashed([notebook], notebook.parent),
            "code": _hashed(modules, self.package),
            "data": _hashed(data, self.package) + beside + own,
            "lock": _hashed([self.lock], self.lock.parent),
            "source": _hashed(source, project_evidence().notebooks),
        }
        return {part: hashlib.sha256(text.encode()).hexdigest() for part, text in parts.items()}

    def write_stamp(
        self, notebook: Path, taken: dict[str, str], *, on: str = "", repeated: bool = True
    ) -> "Stamp":
        """Write the stamp of a notebook that ran, and whose every cell repeated, if it was run again."""
        stamp = Stamp(notebook.name, on or build_day().isoformat(), taken, repeated)
        self.stamps.mkdir(parents=True, exist_ok=True)
        self._stamp_file(notebook).write_bytes((json.dumps(asdict(stamp), indent=1) + "\n").encode())
        return stamp

    def drop_stamp(self, notebook: Path) -> None:
        """Remove a notebook's stamp; a run that fails leaves none behind."""
        self._stamp_file(notebook).unlink(missing_ok=True)

    def read_stamp(self, notebook: Path, *, repeated: bool = False) -> "tuple[Stamp | None, str]":
        """Return a notebook's stamp, and why it does not hold; `repeated` asks for a second run, too."""
        path = self._stamp_file(notebook)
        if not path.exists():
            return None, f"{notebook.name} was not validated by a strict run"
        stamp = Stamp(**json.loads(path.read_text(encoding="utf-8")))
        now = self.digests(notebook)
        changed = [words for part, words in _PARTS.items() if stamp.digests.get(part) != now.get(part)]
        if changed:
            return stamp, f"{' and '.join(changed)} changed since {notebook.name} was validated"
        if repeated and not stamp.repeated:
            return stamp, f"{notebook.name} was not run a second time"
        return stamp, ""

    def is_validated(self) -> bool:
        """Return whether every notebook was validated as it is now."""
        found = self.all_notebooks()
        return bool(found) and not any(self.read_stamp(notebook, repeated=True)[1] for notebook in found)

    def known_findings(self) -> "dict[str, Recorded]":
        """Return every finding of all notebooks by name; read anew only where a file changed."""
        folders = (self.notebooks, self.stamps, self.package)
        files = [path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc"]
        changed = sorted(
            (str(path), path.stat().st_mtime_ns) for path in [*files, self.lock] if path.is_file()
        )
        return _recorded(self, tuple(changed))

    def _stamp_file(self, notebook: Path) -> Path:
        return self.stamps / f"{notebook.stem}.json"


def project_evidence() -> Evidence:
    """Return the project's own notebooks, on invented data."""
    return Evidence(PROJECT / "notebooks", OUTPUT / "build" / "stamps")


def workspace_evidence(home: Path) -> Evidence:
    """Return the notebooks as they ran on the user's own data, below the workspace."""
    return Evidence(home / "notebooks", home / "stamps", home=home)


@dataclass(frozen=True)
class Stamp:
    """What a notebook was validated against, and whether a second run repeated every output."""

    notebook: str
    validated_on: str
    digests: dict[str, str]
    repeated: bool = True


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _hashed(paths: Iterable[Path], base: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(base).as_posix().encode() + b"\0")
        total.update(content_hash(path).digest() if path.exists() else hashlib.sha256().digest())
    return total.hexdigest()


def content_hash(path: Path) -> "hashlib._Hash":
    """Return the hash of a file, the same whichever line ends a checkout gave it."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n"))


def _own_hash(home: Path) -> str:
    """Hash what a notebook reads in a workspace: the ledger, and the policies and letters of one's own."""
    texts = [path for name in ("policies", "letters") for path in _files(home / name)]
    return _ledger_hash(home / "ledger.db") + _hashed(texts, home)


def _ledger_hash(ledger: Path) -> str:
    """Hash what a ledger says; a backup changes bytes of the file, and says nothing new."""
    if not ledger.exists():
        return ""
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else a change might not show in the file
    told = ledger.stat()
    return _hash_of_tables(ledger, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=1)
def _hash_of_tables(ledger: Path, changed: int, size: int) -> str:
    with closing(open_to_read(ledger, live=True)) as connection:
        return json.dumps(checksums(connection))


def _modules_behind(notebook: Path, package: Path) -> set[Path]:
    """Return the files of the package that a notebook imports, directly or not."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    waiting = {package / "__init__.py"}
    for source in code:
        waiting |= _imported("".join(source), package)
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= _imported(path.read_text(encoding="utf-8"), package) - seen
    return seen


@lru_cache(maxsize=1024)  # a dozen notebooks stand on the same modules
def _imported(source: str, package: Path) -> frozenset[Path]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command; what it imports shows in the other cells
        tree = ast.parse("\n".join(line for line in source.splitlines() if "import" in line))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from netkit import demo` may name a module; `from netkit.demo import x` does.
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(path for name in names for path in _module_files(name, package))


def _module_files(name: str, package: Path) -> list[Path]:
    first, *rest = name.split(".")
    if first != package.name:
        return []
    places = [package.joinpath(*rest[:depth]) for depth in range(len(rest) + 1)]
    candidates = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return [file for file in candidates if file.is_file()]


def build_day() -> date:
    """Return today, or the day that SOURCE_DATE_EPOCH fixes."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")  # set where builds must repeat to the byte
    return (datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)).date()


@dataclass(frozen=True)
class Recorded:
    """A finding with its notebook, the stamp, and why it may not be cited."""

    finding: Finding
    notebook: Path
    stamp: Stamp | None
    problem: str
    reached: bool = True


@lru_cache(maxsize=2)
def _recorded(evidence: Evidence, changed: tuple[tuple[str, int], ...]) -> dict[str, Recorded]:
    found: dict[str, Recorded] = {}
    for notebook in evidence.all_notebooks():
        stamp, problem = evidence.read_stamp(notebook)
        for name, finding in read_findings(notebook).items():
            if name in found:
                raise FindingError(
                    f"{notebook.name} and {found[name].notebook.name} both record {name!r}",
                    "Rename one of them",
                )
            found[name] = Recorded(finding, notebook, stamp, problem)
        for name in _not_yet(notebook, evidence):
            said = Finding(name, None, NOT_YET, data="own")
            found.setdefault(name, Recorded(said, notebook, stamp, problem, reached=False))
    return found


def _not_yet(notebook: Path, evidence: Evidence) -> list[str]:
    """Return what the project's own run of a notebook finds, and a user's may not find yet."""
    stored = project_evidence().notebooks / notebook.name
    return list(read_findings(stored)) if evidence.home and stored.exists() else []
