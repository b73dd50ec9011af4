"""The guard: a notebook counts only if it was run whole, in order, and repeats; else it has no stamp."""

import base64
import json
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from netkit.findings import MIME, Finding, asdict

ROOT = Path(__file__).parents[2]
FINDING = Finding.of("answer", 42, n=12, labels="strong", data="own")


def code(source, outputs=(), *, tags=()):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs))
    cell.metadata["tags"] = list(tags)
    return cell


def result(text):
    return nbformat.v4.new_output("execute_result", {"text/plain": text}, execution_count=1)


def recorded(finding):
    data = {MIME: asdict(finding), "text/plain": f"{finding.name} = {finding.text}"}
    return nbformat.v4.new_output("display_data", data)


def picture(shade, *, level=6, note="as drawn"):
    stream = BytesIO()
    image = Image.new("L", (8, 8), shade)
    image.info["note"] = note
    image.save(stream, "PNG", compress_level=level)
    return base64.b64encode(stream.getvalue()).decode()


def show(drawn):
    return f"from IPython.display import display\ndisplay({{'image/png': '{drawn}'}}, raw=True)"


def shown(drawn):
    return nbformat.v4.new_output("display_data", {"image/png": drawn})


RECORD = "from netkit.findings import record\nrecord('answer', 6 * 7, n=12, labels='strong')"
CHANGED = Finding.of("answer", 43, n=12, labels="strong", data="own")
# Every fault is a cell of its own; the cells do not know of each other.
FAULTS = {
    "a changed number": code("6 * 7", [result("43")]),
    "a changed finding": code(RECORD, [recorded(CHANGED)]),
    "a changed picture": code(show(picture(90)), [shown(picture(91))]),
    "no picture at all": code(show(picture(90)), [shown("Z2FyYmFnZQ==")]),
    "a cleared output": code("6 * 7"),
    "a marker to look away": code("# NBVAL_IGNORE_OUTPUT\n6 * 7", [result("43")]),
    "a tag to look away": code("6 * 7", [result("43")], tags=["nbval-ignore-output"]),
    "an expected error": code("1 / 0", tags=["raises-exception"]),
    "never run": code("x = 1"),
}
NOTEBOOKS = {
    "good": [
        code("6 * 7", [result("42")]),
        code(RECORD, [recorded(FINDING)]),
        code(show(picture(90)), [shown(picture(90))]),
        code(show(picture(90)), [shown(picture(90, level=0))]),
    ],
    "faults": [code("6 * 7", [result("42")]), *FAULTS.values()],
    "order": [code("x = 1"), code("x = 2"), code("x = 3")],
    "skipped": [code("6 * 7", [result("42")]), code("# NBVAL_SKIP\n6 * 7", [result("43")])],
}
for cells in NOTEBOOKS.values():
    for place, cell in enumerate(cells, 1):
        cell.execution_count = place
FAULTS["never run"].execution_count = None
NOTEBOOKS["order"][1].execution_count = 3


def write(folder, name, cells):
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook(cells=cells)
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def run(home, *more):
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-rA", "-p", "no:cacheprovider", "--color=no"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "--own-workspace", str(home)]
    command += [*more, str(home / "notebooks")]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def one_run(tmp_path_factory):
    """Run all the notebooks at once, and return what became of each cell, the text, and the stamps."""
    home = tmp_path_factory.mktemp("workspace")
    if sys.platform != "win32":  # a folder has many names: macOS reaches its temporary ones by a link
        link = home.with_name("by-a-link")
        link.symlink_to(home)
        home = link
    for name, cells in NOTEBOOKS.items():
        write(home / "notebooks", name, cells)
    done = run(home)
    found = re.findall(
        r"^(PASSED|FAILED|SKIPPED|XFAIL) (?:\S*/)?([\w-]+)\.ipynb::Cell (\d+)", done.stdout, re.M
    )
    stamps = {path.stem for path in (home / "stamps").glob("*.json")}
    return {(name, int(cell)): state for state, name, cell in found}, done, stamps, home


def test_a_notebook_that_repeats_passes_and_is_stamped(one_run):
    outcomes, _, stamps, _ = one_run
    assert [outcomes["good", cell] for cell in range(3)] == ["PASSED"] * 3
    assert "good" in stamps


def test_a_picture_that_was_only_packed_otherwise_is_the_same_picture(one_run):
    assert one_run[0]["good", 3] == "PASSED"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cell_that_proves_nothing_fails(one_run, fault):
    outcomes, done, _, _ = one_run
    assert outcomes["faults", 1 + list(FAULTS).index(fault)] == "FAILED"
    assert done.returncode == 1


def test_each_cell_is_held_to_its_own_place_in_the_run(one_run):
    assert [one_run[0]["order", cell] for cell in range(3)] == ["PASSED", "FAILED", "PASSED"]


def test_one_failing_or_skipped_cell_leaves_the_whole_notebook_without_a_stamp(one_run):
    outcomes, _, stamps, _ = one_run
    assert outcomes["faults", 0] == outcomes["skipped", 0] == "PASSED"
    assert stamps == {"good"}


def test_the_message_says_what_to_do(one_run):
    text = one_run[1].stdout
    assert "this cell was never run: run the whole notebook, from top to bottom, and save it" in text
    assert "this cell ran as number 3, not 2: restart, run all cells in order, and save" in text
    assert "this cell asks not to be compared; remove the marker" in text


def test_a_stamp_holds_the_hashes_of_notebook_code_data_and_lock(one_run):
    stamp = json.loads((one_run[3] / "stamps" / "good.json").read_text(encoding="utf-8"))
    assert sorted(stamp["digests"]) == ["code", "data", "lock", "notebook", "source"]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in stamp["digests"].values())


def test_looking_at_a_notebook_without_running_it_takes_its_stamp_away(one_run):
    home = one_run[3]
    done = run(home, "--collect-only")
    assert done.returncode == 0
    assert not (home / "stamps" / "good.json").exists()


def test_comparing_less_is_refused(tmp_path):
    write(tmp_path / "notebooks", "any", [code("6 * 7")])
    done = run(tmp_path, "--nbval-lax")
    assert done.returncode == 4
    assert "notebooks are compared strictly: drop --nbval-lax" in done.stderr
