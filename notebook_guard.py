"""A pytest plugin: notebooks pass only if they were run whole, in order, and repeat exactly.

nbval compares stored outputs with new ones, but passes a cell that was never run, skips pictures,
and can be told to look away. This plugin closes these doors, and stamps each notebook whose every
cell passed; the handbook cites nothing that has no stamp.
"""

import base64
import copy
import hashlib
import os
import sys
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

# jsonschema loads a grammar of internationalised addresses that no notebook needs; it costs a second.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

LOOKING_AWAY = (
    "NBVAL_IGNORE_OUTPUT",
    "NBVAL_SKIP",
    "NBVAL_RAISES_EXCEPTION",
    "PYTEST_VALIDATE_IGNORE_OUTPUT",
)
TAGS = {"raises-exception", *(word.lower().replace("_", "-") for word in LOOKING_AWAY)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the user's own workspace."""
    parser.getgroup("notebook guard").addoption(
        "--own-workspace", type=Path, help="the workspace whose executed notebooks are validated"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Fix what would make two runs differ, and refuse what would compare less."""
    if not config.getoption("nbval", default=False):
        return
    if config.option.nbval_lax or config.option.nbval_sanitize_with or config.option.sanitize_with:
        raise pytest.UsageError(
            "notebooks are compared strictly: drop --nbval-lax and --nbval-sanitize-with"
        )
    config.option.nbval_current_env = True
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    home = config.getoption("own_workspace")
    # The stored notebooks speak of the invented person, whatever workspace the user has.
    os.environ.pop("NETKIT_HOME", None)
    if home:
        os.environ["NETKIT_HOME"] = str(home.resolve())
    config.pluginmanager.register(NotebookGuard(home), "notebook-guard-run")


class NotebookGuard:
    """The checks and the stamps of one run."""

    def __init__(self, home: Path | None) -> None:
        # Not at the top: netkit must be imported after coverage has begun to measure.
        from netkit.findings import stamps

        own = stamps.workspace_evidence(home.resolve()) if home else None
        self.evidence = own or stamps.project_evidence()
        # A folder has many names: behind a link, on a mapped drive, in the short form of Windows.
        self.folder = self.evidence.notebooks.resolve()
        self.taken: dict[Path, dict[str, str]] = {}
        self.paths: dict[str, Path] = {}
        self.passed: Counter[Path] = Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_file(self, file_path: Path) -> None:
        """Take the hashes before nbval reads the notebook: a later change leaves the stamp stale."""
        if file_path.suffix == ".ipynb" and file_path.parent.resolve() == self.folder:
            self.evidence.drop_stamp(file_path)
            self.taken[file_path] = self.evidence.digests(file_path)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember the cells, and compare pictures too."""
        if hasattr(item, "cell"):
            self.paths[item.nodeid] = item.path
            notebook = item.parent
            compare = item.compare_outputs
            item.compare_outputs = lambda new, stored: compare(by_pixels(new), by_pixels(stored))
            notebook.skip_compare = tuple(
                k for k in notebook.skip_compare if not k.startswith("image/")
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Refuse a cell that was never run, ran out of order, or asks not to be compared."""
        if hasattr(item, "cell"):
            problem = cell_problem(item.cell, item.cell_num)
            if problem:
                item.raise_cell_error(problem)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the cells that passed."""
        whole = report.when == "call" and report.passed and not hasattr(report, "wasxfail")
        if whole and report.nodeid in self.paths:
            self.passed[self.paths[report.nodeid]] += 1

    def pytest_sessionfinish(self) -> None:
        """Stamp each notebook whose every cell passed."""
        cells = Counter(self.paths.values())
        for notebook, taken in self.taken.items():
            if cells[notebook] and self.passed[notebook] == cells[notebook]:
                self.evidence.write_stamp(notebook, taken)


def by_pixels(outputs: list[dict]) -> list[dict]:
    """Replace each picture by a hash of its pixels and texts: how they were packed is no finding."""
    packed = [output for output in outputs if "image/png" in output.get("data", ())]
    seen = copy.deepcopy(outputs) if packed else outputs
    for output in seen:
        if "image/png" in output.get("data", ()):
            output["data"]["image/png"] = pixel_hash(output["data"]["image/png"])
    return seen


def pixel_hash(picture: str) -> str:
    """Return a hash of what a base64-coded PNG shows and says; of the text itself if it is none."""
    try:
        with Image.open(BytesIO(base64.b64decode(picture))) as image:
            shown = (image.mode, image.size, sorted(image.info.items()))
            digest = hashlib.sha256(repr(shown).encode() + image.tobytes()).hexdigest()
            return f"a picture of {image.width} by {image.height}: {digest[:16]}"
    except (OSError, ValueError):
        return picture


def cell_problem(cell: dict, place: int) -> str:
    """Say why a stored code cell proves nothing, or nothing."""
    count = cell["execution_count"]
    if count is None:
        return "this cell was never run: run the whole notebook, from top to bottom, and save it"
    if count != place + 1:
        return f"this cell ran as number {count}, not {place + 1}: restart, run all cells in order, and save"
    tags = TAGS.intersection(cell["metadata"].get("tags", ()))
    if tags or any(word in cell["source"] for word in LOOKING_AWAY):
        return "this cell asks not to be compared; remove the marker"
    return ""
