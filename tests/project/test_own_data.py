"""The notebooks hold on any workspace: an empty one, an archive alone, a few decisions, one kind of file missing."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from invented_decisions import decide
from nbformat.v4 import new_code_cell, new_notebook

from netkit import fictional
from netkit.cli import run
from netkit.errors import FindingError, NotEnoughError
from netkit.export import read_export
from netkit.findings.citations import _Citing
from netkit.findings.stamps import PROJECT, Evidence, project_evidence, workspace_evidence
from netkit.findings.validation import execute_notebooks, validate_notebooks
from netkit.history import read_history
from netkit.ledger import open_ledger

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
# What a notebook may need that a new user's workspace does not hold yet; no other may end early.
MAY_END_EARLY = ("05-", "06-")


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The invented person's newer archive, whole and without its invitations."""
    folder = tmp_path_factory.mktemp("archives")
    whole = fictional.write_exports(folder, seed=11)[-1]
    without = folder / f"without_{whole.name}"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(without, "w") as target:
        for name in source.namelist():
            if "Invitations" not in name:
                target.writestr(name, source.read(name))
    return {"an archive alone": whole, "an archive without invitations": without}


def workspace(home, archives, kind):
    """Fill a workspace as far as its name says."""
    archive = archives.get(kind, archives["an archive alone"])
    with open_ledger(home) as ledger:
        if kind != "nothing at all":
            ledger.import_export(read_export(archive))
        if kind == "forty decisions":
            waiting = read_history(ledger).waiting().head(40)
            for place, (request, sent) in enumerate(zip(waiting["request"], waiting["sent_at"], strict=True)):
                action = "accept" if place % 3 else "decline"
                ledger.decisions.add(request, action, at=sent + pd.Timedelta(hours=1), source="me")
    return home


def run_cells(notebook):
    """Run a notebook's cells in one namespace, and show what each ends with as a notebook would."""
    names = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, notebook.name, "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), notebook.name, "eval"), names)
            for form in ("_repr_mimebundle_", "_repr_html_"):
                if hasattr(shown, form):
                    getattr(shown, form)()


@pytest.mark.parametrize(
    "kind", ["nothing at all", "an archive alone", "an archive without invitations", "forty decisions"]
)
def test_every_notebook_runs_on_a_workspace_with(kind, archives, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NETKIT_HOME", str(workspace(tmp_path / "home", archives, kind)))
    monkeypatch.chdir(PROJECT / "notebooks")
    ended = []
    for notebook in NOTEBOOKS:
        try:
            run_cells(notebook)
        except NotEnoughError as lacking:
            assert "record" in lacking.do.lower()
            ended.append(notebook.name)
    assert all(name.startswith(MAY_END_EARLY) for name in ended)
    assert bool(ended) == (kind != "forty decisions")


def say(home, capsys, *words):
    """Run a command on a workspace: its exit code and what it printed."""
    code = run([*words, "--home", str(home)])
    return code, " ".join(capsys.readouterr().out.split())


def decided(home, archives, *actions):
    """A workspace in which these answers were recorded, one a minute, of the oldest open requests."""
    with open_ledger(workspace(home, archives, "an archive alone")) as ledger:
        start = pd.Timestamp("2026-04-10T10:00Z")
        waiting = read_history(ledger).waiting()["request"]
        for place, (request, action) in enumerate(zip(waiting, actions, strict=False)):
            ledger.decisions.add(request, action, at=start + pd.Timedelta(minutes=place), source="me")
    return home


def test_lessons_of_no_introduction_show_no_share(archives, tmp_path, capsys):
    code, told = say(workspace(tmp_path, archives, "an archive alone"), capsys, "intro", "lessons")
    assert (code, "nan" in told) == (0, False)


def test_one_refusal_gives_no_verdict_and_is_one_refusal(archives, tmp_path, capsys):
    code, told = say(decided(tmp_path, archives, "decline"), capsys, "compare")
    assert code == 0
    assert "Nobody can tell yet, so keep your rules." in told
    assert "Record 59 more decisions, at least 10 acceptances and 9 refusals among them." in told
    assert "Only 1 refusal counts here: an archive shows none. What is said of refusals rests on it." in told


def test_a_past_dated_in_one_sitting_gives_no_verdict_and_the_reason(archives, tmp_path, capsys):
    answers = ["decline", "accept", "accept"] * 20
    code, told = say(decided(tmp_path, archives, *answers), capsys, "compare")
    assert code == 0
    assert "Nobody can tell yet, so keep your rules." in told
    assert "Every decision is dated after the last of these requests came" in told


def test_whose_notes_give_the_answers_away_reads_in_the_answer_which_facts_to_note(
    tmp_path, monkeypatch, capsys
):
    with open_ledger(tmp_path) as ledger:
        decide(ledger, range(62), share=(0.05, 0.95))
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path))
    run_cells(PROJECT / "notebooks" / "06-which-decides-better.ipynb")
    answered = capsys.readouterr().out.splitlines()[-1]
    assert answered.startswith("The verdict: undecided: keep the rules, and first note the same facts")
    assert "Note recognised, met in person" in answered and "best before you decide" in answered
    assert "points per hundred" not in answered


def test_no_points_are_given_before_an_effect_can_be_told(archives, tmp_path, capsys):
    code, told = say(decided(tmp_path, archives, "decline", "accept"), capsys, "fit")
    assert code == 0
    assert "no fact's effect can be told from chance yet" in told
    assert "There is no points card yet." in told
    assert "Add the points" not in told


def project_with(tmp_path, monkeypatch, *cells):
    """A project whose only notebook has these cells, one of them run and stored on invented data."""
    folder = tmp_path / "stored"
    folder.mkdir()
    nbformat.write(new_notebook(cells=list(cells)), folder / "01-what.ipynb")
    evidence = Evidence(folder, tmp_path / "stamps")
    for place in ("validation", "stamps"):
        monkeypatch.setattr(f"netkit.findings.{place}.project_evidence", lambda: evidence)
    return evidence


def stored(source, name):
    """A cell that records a finding, with the output that a run stores."""
    data = {"name": name, "value": 3, "text": "3"}
    mime = {"application/vnd.netkit.finding+json": data, "text/plain": f"{name} = 3"}
    output = nbformat.v4.new_output("display_data", data=mime)
    return new_code_cell(source, outputs=[output], execution_count=1)


def place_of(name, home):
    """Where a number on the home page of somebody's own handbook leads."""
    file = SimpleNamespace(src_uri="index.md")
    page = SimpleNamespace(treeprocessors={"relpath": SimpleNamespace(file=file)})
    evidence = workspace_evidence(home)
    return _Citing(evidence, page).origin(evidence.known_findings()[name])["href"]


def test_a_notebook_runs_once_and_again_only_where_what_it_reads_changed(tmp_path, monkeypatch):
    evidence = project_with(
        tmp_path, monkeypatch, stored("from netkit.findings import record\nrecord('early', 3)", "early")
    )
    home = tmp_path / "home"
    own = workspace_evidence(home)
    (executed,) = execute_notebooks(home)
    assert (execute_notebooks(home), own.read_stamp(executed)[1], own.is_validated()) == ([], "", False)
    assert own.read_stamp(executed, repeated=True)[1] == "01-what.ipynb was not run a second time"
    own.write_stamp(executed, own.digests(executed))  # as a second run does that repeats it
    assert (own.is_validated(), execute_notebooks(home)) == (True, [])
    monkeypatch.setattr("netkit.findings.validation.subprocess", None)
    validate_notebooks(home)  # nothing is left to run a second time
    (home / "policies").mkdir()
    (home / "policies" / "mine.yaml").write_text("x", encoding="utf-8")
    assert "the data behind it changed" in own.read_stamp(executed)[1]
    assert (execute_notebooks(home), own.is_validated()) == ([executed], False)
    nbformat.write(
        new_notebook(cells=[stored("from netkit.findings import record\nrecord('early', 4)", "early")]),
        evidence.notebooks / "01-what.ipynb",
    )
    assert execute_notebooks(home) == [executed]
    assert own.known_findings()["early"].finding.text == "4"


def test_a_notebook_during_whose_run_the_data_changed_has_no_stamp(tmp_path, monkeypatch):
    write = "import os, pathlib\npathlib.Path(os.environ['NETKIT_HOME'], 'letters', 'x.txt').write_text('x')"
    project_with(tmp_path, monkeypatch, new_code_cell(write))
    (tmp_path / "home" / "letters").mkdir(parents=True)
    (executed,) = execute_notebooks(tmp_path / "home")
    assert "was not validated" in workspace_evidence(tmp_path / "home").read_stamp(executed)[1]


MEET = """
import pathlib, time
pathlib.Path("{mine}").touch()
for _ in range(3000):
    if pathlib.Path("{other}").exists(): break
    time.sleep(0.02)
assert pathlib.Path("{other}").exists()
"""


def test_two_notebooks_run_side_by_side(tmp_path, monkeypatch):
    monkeypatch.setattr("netkit.findings.validation._AT_ONCE", 2)
    first, second = tmp_path / "first", tmp_path / "second"
    evidence = project_with(tmp_path, monkeypatch, new_code_cell(MEET.format(mine=first, other=second)))
    other = new_notebook(cells=[new_code_cell(MEET.format(mine=second, other=first))])
    nbformat.write(other, evidence.notebooks / "02-other.ipynb")
    assert [path.name for path in execute_notebooks(tmp_path / "home")] == ["01-what.ipynb", "02-other.ipynb"]


def test_where_one_of_two_notebooks_fails_the_other_ends_without_a_stamp(tmp_path, monkeypatch):
    monkeypatch.setattr("netkit.findings.validation._AT_ONCE", 2)
    evidence = project_with(tmp_path, monkeypatch, new_code_cell("import time; time.sleep(3000)"))
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), evidence.notebooks / "02-other.ipynb")
    with pytest.raises(FindingError, match="02-other.ipynb failed on your workspace .ZeroDivisionError"):
        execute_notebooks(tmp_path / "home")
    assert not list((tmp_path / "home").glob("notebooks/*.ipynb"))


STOPPED = """
import signal, sys
from pathlib import Path
from netkit.findings import validation
from netkit.findings.stamps import Evidence

signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs behind a shell ignores it
validation._AT_ONCE = 2
notebooks, home = map(Path, sys.argv[1:])
validation.project_evidence = lambda: Evidence(notebooks, notebooks.parent / "stamps")
try:
    validation.execute_notebooks(home)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a process")
def test_who_stops_two_notebooks_ends_both_and_reads_nothing_else(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name in ("01-one", "02-two"):
        runs = f"import pathlib, time; pathlib.Path(r'{tmp_path / name}').touch(); time.sleep(3000)"
        nbformat.write(new_notebook(cells=[new_code_cell(runs)]), tmp_path / "notebooks" / f"{name}.ipynb")
    given = [sys.executable, "-c", STOPPED, str(tmp_path / "notebooks"), str(tmp_path / "home")]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    with subprocess.Popen(given, **told) as running:
        while not all((tmp_path / name).exists() for name in ("01-one", "02-two")):
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=60)[0]
    assert said == "stopped\n"


def test_a_notebook_that_needs_more_than_was_recorded_ends_there_and_says_so(tmp_path, monkeypatch):
    needs = "from netkit.errors import NotEnoughError\nraise NotEnoughError('There is no <b>label</b>', 'Record some')"
    project_with(
        tmp_path,
        monkeypatch,
        stored("from netkit.findings import record\nrecord('early', 3)", "early"),
        new_code_cell(needs),
        stored("record('late', 3)", "late"),
    )
    (executed,) = execute_notebooks(tmp_path / "home")
    cells = nbformat.read(executed, as_version=4).cells
    assert [cell.cell_type for cell in cells] == ["code", "markdown"]
    assert "There is no <b>label</b>. Record some.\n```" in cells[-1].source
    assert "Traceback" not in json.dumps(cells)
    found = workspace_evidence(tmp_path / "home").known_findings()
    assert {name: one.finding.text for name, one in found.items()} == {"early": "3", "late": "not known yet"}
    assert place_of("early", tmp_path / "home") == "evidence/01-what.md#finding-early"
    # No cell shows it, so a place within the page would be a broken link.
    assert place_of("late", tmp_path / "home") == "evidence/01-what.md"


def test_each_notebook_that_repeats_is_stamped_and_only_the_others_run_again(tmp_path):
    own = workspace_evidence(tmp_path)
    own.notebooks.mkdir()
    names = [path.name for path in project_evidence().all_notebooks()[:2]]
    for cells, name in enumerate(names, start=1):
        made = [new_code_cell(f"assert {cell} < 9", execution_count=cell + 1) for cell in range(cells)]
        nbformat.write(new_notebook(cells=made), own.notebooks / name)
    validate_notebooks(tmp_path)
    stamps = sorted(own.stamps.iterdir())
    assert [path.stem for path in stamps] == [name.removesuffix(".ipynb") for name in names]
    stamps[1].unlink()
    kept = stamps[0].stat().st_mtime_ns
    validate_notebooks(tmp_path)
    assert own.is_validated() and stamps[0].stat().st_mtime_ns == kept
