"""`netkit lab` on one's own data in a real JupyterLab: what is saved lies in the workspace, for its owner alone.

JupyterLab is started by the command under a umask that takes nothing away; a notebook with the workplace is
run and saved in a headless Chromium with the state of its widgets, and the project's folder is looked at.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time

import pytest
from browser import (
    FLAGS,
    PATIENCE,
    choose,
    chromium,
    free_port,
    open_notebook,
    stop,
    wait_for,
    write_notebook,
)
from playwright.sync_api import sync_playwright

from netkit.demo import demo_home
from netkit.findings.stamps import PROJECT
from netkit.history import read_history
from netkit.ledger import open_ledger

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="NO CHROMIUM: JupyterLab was not tried in a browser; install Debian's chromium"
)
CELLS = [
    "from netkit.lab import triage\nsitting = triage()\nsitting",
    "from netkit.demo import open_workspace\nlist(open_workspace().invitations.to_frame()['name'].dropna())",
    "import sys\nname = 'Ann' + chr(27) + '[8m' + chr(0x202e)\nprint(name)\nprint(name, file=sys.stderr)\ndisplay(name)",
    "raise KeyError(name) from ValueError(name)",
]
UNKEPT = {"__pycache__", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}


def project_files():
    """Return every file of the project with its size and time, save caches."""
    tops = [path for path in PROJECT.iterdir() if path.name not in {*UNKEPT, ".venv"}]
    paths = [path for top in tops for path in (top, *(top.rglob("*") if top.is_dir() else ()))]
    files = [path for path in paths if path.is_file() and not UNKEPT & set(path.parts)]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Run `netkit lab` on own data, save a notebook, and return the workspace and what changed in the project."""
    folder = tmp_path_factory.mktemp("own")
    home = folder / "home"
    shutil.copytree(demo_home("plain"), home)
    (home / "lab").mkdir()
    write_notebook(home / "lab" / "mine.ipynb", CELLS)
    shutil.rmtree(home / "exports")
    before, port, token = project_files(), free_port(), secrets.token_hex(16)
    umask = os.umask(0)
    log = (folder / "lab.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        [sys.executable, "-c", "from netkit.cli import main; main()", "lab", "--home", str(home), "--",
         "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
         "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
         "--LabApp.extension_manager=readonly", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
        env=os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")},
        cwd=PROJECT / "notebooks", stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    os.umask(umask)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status", token, server, folder / "lab.log")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=chromium(), headless=True, args=FLAGS, timeout=PATIENCE
            )
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            seen = work(page, f"http://127.0.0.1:{port}/?token={token}")
            open_notebook(page, f"http://127.0.0.1:{port}/lab/tree/{{}}?token={token}&reset", "mine.ipynb")
            choose(page, "Settings", "Save Widget State Automatically")
            choose(page, "Run", "Run All Cells")
            page.locator(".nk-name").first.wait_for()
            save_what_was_run(page, home / "lab" / "mine.ipynb")
            page.wait_for_timeout(2000)
            browser.close()
    finally:
        stop(server)
        log.close()
    after = project_files()
    return home, {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}, seen


def save_what_was_run(page, path):
    """Save until the file holds every cell's run: between two cells the kernel is idle, too."""
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        choose(page, "File", "Save Notebook")
        page.wait_for_function("!document.querySelector('.jp-mod-dirty')")
        page.wait_for_timeout(200)
        if all_run(path):
            return
    raise RuntimeError("the cells were not run in time")


def all_run(path):
    """Tell whether a saved notebook holds every cell's run; while it is being written, nobody can."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except ValueError:
        return False
    return all(cell["execution_count"] for cell in cells)


def work(page, address):
    """Open what `netkit lab` opens, run two cells without a line typed, and decide by keys."""
    page.goto(address)
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("| Idle").first.wait_for()
    cells = page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    cells.first.locator(".jp-InputPrompt, .jp-MarkdownOutput").first.click()
    for _ in range(2):
        page.keyboard.press("Shift+Enter")
    page.locator(".nk-name").first.wait_for()
    page.wait_for_function("document.activeElement.classList.contains('nk')")
    page.keyboard.press("i")
    page.locator(".nk-last").first.wait_for()
    news = page.get_by_text("official Jupyter news").count()
    return {"title": page.title(), "before": before, "after": cells.count(), "news": news}


def test_the_lab_opens_at_the_workplace_and_the_keys_go_to_the_card(saved):
    home, _, seen = saved
    assert "00-workplace" in seen["title"] and seen["before"] == seen["after"] and seen["news"] == 0
    with open_ledger(home) as ledger:
        done = ledger.decisions.to_frame().query("via == 'lab: triage'")
    assert done["action"].tolist() == ["ignore"]


def names_of(home):
    with open_ledger(home) as ledger:
        return read_history(ledger).waiting()["name"].dropna().tolist()


def test_what_was_saved_holds_people_and_lies_in_the_workspace(saved):
    home = saved[0]
    text = (home / "lab" / "mine.ipynb").read_text(encoding="utf-8")
    assert any(name in text for name in names_of(home))
    assert "application/vnd.jupyter.widget-state+json" in text


def test_no_control_character_of_the_data_reaches_the_notebook(saved):
    text = (saved[0] / "lab" / "mine.ipynb").read_text(encoding="utf-8")
    for sign in (r"\u001b", "\x1b", r"\u202e", "\u202e"):
        assert not re.search(rf"(?<!\\){re.escape(sign)}", text), sign
    outputs = [each for cell in json.loads(text)["cells"] for each in cell.get("outputs", ())]
    said = [
        each["output_type"]
        for each in outputs
        if r"Ann\x1b[8m\u202e" in json.dumps(each).replace("\\\\", "\\")
    ]
    assert sorted(said) == ["display_data", "error", "stream", "stream"]


def test_nothing_below_the_projects_folder_changed(saved):
    assert saved[1] == set()


def test_all_of_it_is_for_its_owner_alone_checkpoints_too(saved):
    home = saved[0]
    assert list((home / "lab").rglob("*checkpoint*.ipynb"))
    assert not [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077]


def test_no_cell_that_was_run_is_remembered_outside_the_workspace(saved):
    home = saved[0]
    for history in home.parent.rglob("history.sqlite"):
        assert home in history.parents
        assert b"open_workspace" not in history.read_bytes()
