"""The wheel alone: what it holds, what runs from it without a checkout, and what no text may advise."""

import json
import re
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import IPython  # noqa: F401 - a kernel has it
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from platformdirs import user_cache_path

from netkit import __version__
from netkit.cli import run
from netkit.cli.lab_command import _copy_notebooks
from netkit.demo import open_workspace
from netkit.errors import NetkitError
from netkit.installation import EXTRAS, _wheel_file, install_command, missing_packages
from tests.project.test_environment import ROOT, project

TEXTS = sorted(
    path
    for pattern in (
        "*.md",
        "*.yml",
        "*.toml",
        "Makefile",
        ".ci/*",
        ".github/workflows/*.yml",
        "docs/**/*.md",
        "docs/**/*.html",
        "docs/**/*.js",
        "netkit/**/*.*",
        "notebooks/*.ipynb",
        "benchmarks/*.py",
        "tests/**/*.py",
    )
    for path in ROOT.glob(pattern)
    if path.suffix != ".pyc" and path != Path(__file__) and "evidence" not in path.parts
)
# The name alone, asked of an installer or with an extra; a file's name goes on with an underscore.
BARE = re.compile(
    r"\b(?:pip3?|pipx|conda|mamba)\s+(?:install|run|inject)\s+(?:-\S+\s+)*[\"'`]*netkit(?![\w/.-])"
    r"|\buv\s+(?:tool\s+|pip\s+)?(?:add|install|run)\s+(?:-\S+\s+)*[\"'`]*netkit(?![\w/.-])"
    r"|\b(?:uvx|pipx)\s+(?:-\S+\s+)*[\"'`]*netkit(?![\w/.-])"
    r"|(?<![\w.-])netkit\["
)


def test_no_text_advises_the_name_that_is_somebody_elses():
    assert len(TEXTS) > 200
    found = {
        str(path.relative_to(ROOT)): BARE.findall(path.read_text(encoding="utf-8", errors="replace"))
        for path in TEXTS
    }
    assert {name: advice for name, advice in found.items() if advice} == {}


@pytest.mark.parametrize(
    "text",
    ["pip install netkit", "pip install -U 'netkit[lab]'", "uvx netkit demo", "pipx run netkit demo",
     "pipx install netkit", "uv tool install netkit", "uv pip install \"netkit\"", "netkit[all]"],
)  # fmt: skip
def test_an_advised_bare_name_is_found(text):
    assert BARE.search(text)


@pytest.mark.parametrize("text", [install_command("lab"), "uvx --from ./x.whl netkit demo"])
def test_the_files_name_is_none(text):
    assert not BARE.search(text)


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", "docs/how-to/install.md"])
def test_the_pages_name_the_file_and_say_whose_the_bare_name_is(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"netkit_etiquette-[\w.-]*?\.whl", text)) == {_wheel_file()}
    assert "on the public index is somebody else's" in " ".join(text.split())


def test_every_text_names_the_file_of_this_version():
    named = {
        file
        for path in TEXTS
        for file in re.findall(r"netkit_etiquette-[\d.]+[\w.-]*?\.whl", path.read_text("utf-8", "replace"))
    }
    assert named == {_wheel_file()}


def test_an_extra_is_known_by_its_packages():
    declared = project()["project"]["optional-dependencies"]
    known = packages_distributions()
    for extra, modules in EXTRAS.items():
        named = {canonicalize_name(Requirement(text).name) for text in declared[extra]}
        found = {canonicalize_name(name) for module in modules for name in known[module]}
        # mkdocstrings-python brings the module mkdocstrings, of which it is a part.
        assert {name.removesuffix("-python") for name in named} == found
        assert missing_packages(extra) == []


# Private copies of the notebooks


@pytest.fixture
def shipped(tmp_path):
    folder = tmp_path / "shipped"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "x.csv").write_text("1", encoding="utf-8")
    (folder / "01-one.ipynb").write_text("first edition", encoding="utf-8")
    return folder


def test_copies_are_for_their_owner_alone_and_made_once(shipped, tmp_path):
    mine = tmp_path / "lab"
    assert _copy_notebooks(shipped, mine) == []
    (mine / "01-one.ipynb").write_text("my own work", encoding="utf-8")
    assert _copy_notebooks(shipped, mine) == []
    assert (mine / "01-one.ipynb").read_text(encoding="utf-8") == "my own work"
    assert (mine / "data" / "x.csv").exists()
    if sys.platform != "win32":
        assert [path.stat().st_mode & 0o077 for path in (mine, mine / "01-one.ipynb")] == [0, 0]


def test_a_newer_notebook_is_put_beside_ones_own_copy_and_said_once(shipped, tmp_path):
    mine = tmp_path / "lab"
    _copy_notebooks(shipped, mine)
    (mine / "01-one.ipynb").write_text("my own work", encoding="utf-8")
    (shipped / "01-one.ipynb").write_text("second edition", encoding="utf-8")
    (said,) = _copy_notebooks(shipped, mine)
    (newer,) = mine.glob("01-one-*.ipynb")
    assert newer.name in said
    assert newer.read_text(encoding="utf-8") == "second edition"
    assert (mine / "01-one.ipynb").read_text(encoding="utf-8") == "my own work"
    newer.write_text("my own work on the newer one", encoding="utf-8")
    assert _copy_notebooks(shipped, mine) == []
    assert newer.read_text(encoding="utf-8") == "my own work on the newer one"


def test_a_copy_thrown_away_is_made_anew(shipped, tmp_path):
    mine = tmp_path / "lab"
    _copy_notebooks(shipped, mine)
    (mine / "01-one.ipynb").unlink()
    assert _copy_notebooks(shipped, mine) == []
    assert (mine / "01-one.ipynb").read_text(encoding="utf-8") == "first edition"


@pytest.mark.parametrize("words", [["lab", "--home", "HOME"], ["lab"], ["lab", "--demo"]])
def test_the_lab_opens_ones_own_data_below_the_workspace_and_else_the_demonstration(
    words, tmp_path, monkeypatch
):
    home = tmp_path / "netkit"
    monkeypatch.delenv("NETKIT_HOME", raising=False)
    monkeypatch.setattr("netkit.cli.lab_command.usual_home", lambda: home)
    home.mkdir()
    (home / "ledger.db").touch()
    # In the place of JupyterLab: writes down how it was called, and ends in its own way.
    (tmp_path / "jupyterlab.py").write_text(
        "import json, os, pathlib, sys\n"
        "said = {'home': os.environ.get('NETKIT_HOME'), 'words': sys.argv[1:]}\n"
        "pathlib.Path(__file__).with_name('called.json').write_text(json.dumps(said))\n"
        "sys.exit(5)\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words = [str(home) if word == "HOME" else word for word in words]
    assert run([*words, "--", "--no-browser"]) == 5
    called = json.loads((tmp_path / "called.json").read_text(encoding="utf-8"))
    own = "--demo" not in words
    root = home / "lab" if own else user_cache_path("netkit", appauthor=False) / "lab"
    assert called["home"] == (str(home) if own else None)
    first = "--LabApp.default_url=/lab/tree/00-workplace.ipynb"
    assert called["words"] == [f"--ServerApp.root_dir={root}", first, "--no-browser"]
    assert not any(
        cell.get("outputs") for cell in json.loads((root / "00-workplace.ipynb").read_text("utf-8"))["cells"]
    )
    assert (home / "lab").exists() == own


@pytest.mark.parametrize(
    ("folder", "own", "refused"), [("notebooks", True, True), ("notebooks", False, False), ("", True, False)]
)
def test_a_notebook_of_the_project_refuses_to_open_ones_own_data(folder, own, refused, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("NETKIT_HOME", str(home)) if own else monkeypatch.delenv("NETKIT_HOME", raising=False)
    monkeypatch.setattr("netkit.demo.demo_home", lambda *_, **_how: home)
    monkeypatch.setattr("IPython.get_ipython", lambda: "a kernel")
    monkeypatch.chdir(ROOT / folder if folder else tmp_path)
    if refused:
        with pytest.raises(
            NetkitError, match=r"must not be saved\. Open your private copy of it with `netkit lab`"
        ):
            open_workspace()
    else:
        open_workspace().close()


# The wheel, installed apart


def test_the_wheel_has_the_name_that_the_advice_gives(wheel):
    assert wheel.name == _wheel_file()


def test_the_wheel_carries_what_runs_and_nothing_that_was_built(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    carried = {name.removeprefix("netkit_project/") for name in names}
    stored = subprocess.run(
        ["git", "ls-files", "docs", "notebooks"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    ).stdout.split()  # fmt: skip
    assert set(stored) <= carried
    assert {"mkdocs.yml", "notebook_guard.py", "pyproject.toml", "requirements.txt"} <= carried
    assert {name.split("/")[0] for name in names} == {
        "netkit",
        "netkit_project",
        f"netkit_etiquette-{__version__}.dist-info",
    }
    assert not [name for name in names if re.search(r"docs/evidence/|/stamps/|checkpoints|\.db$", name)]


def written(installed):
    """Return what lies in the installed packages, byte code left aside."""
    folders = [installed.site / "netkit", installed.site / "netkit_project"]
    return {
        (path, path.stat().st_mtime_ns)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


EVERY_COMMAND = """
import click
from netkit.cli import COMMANDS, cli
for name in COMMANDS:
    cli.get_command(click.Context(cli), name)
"""
EVERY_EXTRA = " ".join(name for names in EXTRAS.values() for name in names)


def test_the_base_does_what_needs_no_notebook(installed):
    before = written(installed)
    assert installed("netkit", "--version", hidden=EVERY_EXTRA).stdout.endswith(f"{__version__}\n")
    assert "Publishing" in installed("netkit", "--help", hidden=EVERY_EXTRA).stdout
    assert installed("-c", EVERY_COMMAND, hidden=EVERY_EXTRA).returncode == 0
    shown = installed("netkit", "demo", hidden=EVERY_EXTRA)
    assert shown.returncode == 0, shown.stderr
    assert "Advice, unless you know more: 52" in shown.stdout
    assert "Then netkit can learn from them" in " ".join(shown.stdout.split())
    assert "pip install" not in shown.stdout
    years = installed("netkit", "demo", "--long", hidden=EVERY_EXTRA)
    assert years.returncode == 0, years.stderr
    assert "Ready: 10" in years.stdout
    assert "Your rules or the model: who decides better?" in years.stdout
    assert install_command("all") in years.stdout
    (demo,) = (installed.user / "cache" / "netkit").glob("demo-long-*")
    home = installed.user / "mine"
    moved = installed("netkit", "triage", "--json", "--home", str(demo), hidden=EVERY_EXTRA)
    key = re.search(r"inv-\w+", moved.stdout)[0]
    installed("-c", f"import shutil; shutil.copytree({str(demo)!r}, {str(home)!r})")
    decided = installed("netkit", "decide", key, "accept", "--home", str(home), hidden=EVERY_EXTRA)
    assert decided.returncode == 0, decided.stderr
    assert written(installed) == before


@pytest.mark.parametrize(
    ("words", "extra"), [(["handbook"], "handbook"), (["publish"], "handbook"), (["lab"], "lab")]
)
def test_a_missing_extra_is_said_with_the_file(installed, words, extra):
    done = installed("netkit", *words, hidden=EVERY_EXTRA)
    assert done.returncode == 2
    assert install_command(extra) in done.stderr
    assert len(done.stderr.splitlines()) == 1


STAMPED = """
from netkit.findings.stamps import *
evidence = project_evidence()
for notebook in evidence.all_notebooks():
    evidence.write_stamp(notebook, evidence.digests(notebook))
"""


def test_with_every_extra_the_handbook_is_built_from_the_wheel(installed):
    before = written(installed)
    installed("-c", STAMPED)  # as after a run of the notebooks, which takes minutes
    built = installed("netkit", "handbook")
    assert built.returncode == 0, built.stderr
    site = installed.user / "cache" / "netkit" / "project" / "site"
    page = (site / "how-to" / "install.html").read_text(encoding="utf-8")
    assert _wheel_file() in page
    assert "not affiliated with LinkedIn" in page
    assert installed("netkit", "lab", "--help").returncode == 0
    assert written(installed) == before


def test_notebooks_run_and_repeat_from_the_wheel(installed):
    before = written(installed)
    program = """
from netkit.findings import validation
from netkit.findings.stamps import *
import dataclasses
evidence = project_evidence()
validation.project_evidence = lambda: dataclasses.replace(
    evidence, notebooks=evidence.all_notebooks()[0])
validation.validate_notebooks()
print(*(path.name for path in evidence.stamps.iterdir()))
"""
    done = installed("-c", program)
    assert "01-what-is-in-the-export.json" in done.stdout, done.stderr
    assert written(installed) == before
