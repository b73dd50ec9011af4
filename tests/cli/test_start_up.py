"""How little a command imports: told by the modules that are there, for a clock would measure the machine."""

import contextlib
import io
import json
import subprocess
import sys
from importlib import import_module

import click
import pytest

from netkit.cli import COMMANDS, cli
from netkit.cli.quick_help import check_at_once, help_at_once
from netkit.ledger import open_ledger
from tests.project.test_environment import ROOT

# Packages that take a tenth of a second or more, and what no answer to a request needs.
HEAVY = ["pandas", "numpy", "pyarrow", "scipy", "sklearn", "matplotlib", "openpyxl", "rich", "jinja2"]
LEARNING = [
    "sklearn", "scipy.stats", "scipy.optimize", "scipy.special._ufuncs", "scipy.linalg.lapack", "matplotlib",
    "openpyxl", "narwhals", "netkit.comparison", "netkit.model",
]  # fmt: skip
AFTER = """
import json, sys
from netkit.cli import run
words = json.loads(sys.argv[1])
try:
    code = run(words)
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def modules_after(*words):
    """Return the modules of a process that ran some words, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", AFTER, json.dumps(list(map(str, words)))],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return set(json.loads(done.stderr.splitlines()[-1])), done.stdout


def every_command(command=cli, context=None, names=()):
    """Return the words of every command, of groups within groups too."""
    context = context or click.Context(cli)
    yield names
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from every_command(command.get_command(context, name), context, (*names, name))


def test_no_help_imports_what_a_command_computes_with():
    program = (
        "import json, sys\nfrom netkit.cli import run\n"
        f"for name in {list(COMMANDS)!r}: run([name, '--help'])\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    loaded = set(json.loads(done.stderr))
    assert "click" in loaded
    assert done.stdout.count("Usage: netkit ") == len(COMMANDS)
    assert sorted(loaded & {*HEAVY, "netkit.ledger", "netkit.policy", "netkit.history"}) == []


@pytest.mark.parametrize("names", list(every_command()), ids=" ".join)
def test_a_quick_help_says_what_the_long_way_says(names, monkeypatch):
    for module in [name for name in sys.modules if name.endswith(("_command", "_commands", "_letters"))]:
        if module.startswith("netkit.cli."):
            # As in a process that has imported nothing yet; both places where a module is kept are put back.
            monkeypatch.setattr(sys.modules["netkit.cli"], module.rpartition(".")[2], sys.modules[module])
            monkeypatch.delitem(sys.modules, module)
    quick = help_at_once(cli, [*names, "--help"], "netkit")
    long = io.StringIO()
    with contextlib.redirect_stdout(long):
        cli.main([*names, "--help"], prog_name="netkit", standalone_mode=False)
    assert quick is not None
    assert f"{quick}\n" == long.getvalue()


def test_help_behind_what_a_command_is_given_is_quick_too():
    assert help_at_once(cli, ["sheet", "invitations", "--help"], "netkit") == help_at_once(
        cli, ["sheet", "--help"], "netkit"
    )


def test_the_benchmark_measures_every_command(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    benchmark = import_module("commands")
    lines = [*benchmark.COMMANDS, *benchmark.SLOW, *benchmark.HELP_ONLY]
    measured = {benchmark.command_of(line) for line in lines}
    assert measured == {" ".join(names) for names in every_command()}


@pytest.mark.parametrize(
    "words",
    [[], ["triage"], ["decide", "inv-1", "--because", "--help"], ["nothing", "--help"], ["--help", "x"]],
)
def test_whatever_is_no_plain_question_for_help_goes_the_long_way(words):
    assert help_at_once(cli, words, "netkit") is None


@pytest.mark.parametrize(
    "words",
    [
        ["shwo"], ["policy", "lst"], ["policy"], ["triage", "--bad"], ["fit", "--table"], ["due", "--on", "1.5."],
        ["compare", "--target", "x"], ["decide", "Ada", "accept", "--fact", "met"], ["intro", "show", "a", "b"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_mistyped_line_is_refused_before_anything_is_imported(words):
    loaded, _ = modules_after(*words)
    assert sorted(loaded & {*HEAVY, "netkit.ledger", "netkit.policy", "netkit.history"}) == []


def test_no_line_that_the_benchmark_runs_is_refused_unread(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    there = ["ARCHIVE", "FILES", "LETTER", "POLICY", "FOLDER/kept.sqlite3"]
    for line in import_module("commands").COMMANDS:
        words = [__file__ if word in there else word for word in line.split()]
        check_at_once(cli, words, "netkit")


def test_what_was_left_out_for_a_moment_is_found_again():
    program = (
        "import sys\nfrom netkit.cli import cli\nfrom netkit.cli.quick_help import check_at_once\n"
        "check_at_once(cli, ['triage'], 'netkit')\nimport netkit\n"
        "assert not {'ledger', 'triage', 'waiting', 'history'} & set(vars(netkit))\n"
        "from netkit import triage\nassert triage.triage.__module__ == 'netkit.triage'"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


PLAIN = """
import json, sys
from netkit.cli import main
sys.argv = ["netkit", *json.loads(sys.argv[1])]
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [
        ["decide", "Ada", "accept", "--fact", "met_in_person=yes"],
        ["letter"],
        ["policy", "list"],
        ["policy", "check", "house"],
        ["find", "Ada"],
        ["due"],
        ["show", "Ada"],
        ["policy", "explain", "Bo Late"],
        ["intro", "list"],
        ["intro", "show", "Gus"],
        ["intro", "answer", "Gus", "decline"],
        ["intro", "ask", "Gus Other", "Cy Dorn", "--for", "advice", "--by", "email"],
        ["intro", "letters"],
        ["intro", "keep", "Gus", "not-comfortable", "--value", "my_first_name=Kim"],
    ],
    ids=" ".join,
)
def test_what_answers_one_request_computes_with_no_tables(words, tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.invitations.add("Ada Love", sent_at="2024-03-01", source="test", message="We met.")
        later = ledger.invitations.add("Bo Late", sent_at="2024-03-01", source="test")
        ledger.decisions.add(later, "defer", at="2024-03-02", source="test")
        ledger.introductions.add(
            "Gus Other", "Ada Love", asked_at="2024-03-01", purpose_text="x", channel="email", source="t"
        )
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, json.dumps([*words, "--home", str(tmp_path / "home")])],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert "netkit.ledger.database" in loaded or words[0] == "policy"
    assert (
        sorted(loaded & {"pandas.core", "numpy._core", "pyarrow", "scipy._lib", "sklearn", "matplotlib"})
        == []
    )
    reads_notes = words[0] == "show" or words[1:2] == ["explain"]
    assert sorted(loaded & {"netkit.notes.heads", "netkit.evidence.recognise"}) == (
        ["netkit.notes.heads"] if reads_notes else []
    )


def test_a_package_that_is_loaded_later_is_the_same_package():
    program = (
        "from netkit.cli import load_later\nload_later('pandas', 'numpy', 'scipy', 'scipy.special')\n"
        "import pandas as pd, sys\nfrom scipy import special\n"
        "from pandas.api.types import is_bool\nimport numpy\nfrom numpy.linalg import norm\n"
        "assert pd.DataFrame({'a': [1.5]})['a'].sum() == 1.5 and is_bool(True) and numpy.inf > 1\n"
        "assert 'scipy.special._ufuncs' not in sys.modules and special.expit(0) == 0.5\n"
        "assert type(pd).__name__ == type(numpy).__name__ == 'module'"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    "words", [["decide", "inv-none", "accept"], ["policy", "list"], ["letter"], ["due"], ["triage"]]
)
def test_no_answer_imports_what_only_learning_needs(words, tmp_path):
    loaded, _ = modules_after(*words, "--home", tmp_path / "home")
    assert "netkit.cli.screen" in loaded
    assert sorted(loaded & set(LEARNING)) == []


def test_a_library_that_is_loaded_later_computes_on_one_thread_too():
    program = (
        "from netkit.cli import load_later\nload_later('pandas', 'numpy', 'scipy', 'scipy.linalg', 'scipy.special')\n"
        "from threadpoolctl import threadpool_info\nfrom netkit.model.solvers import linalg, one_thread\n"
        "found = one_thread(lambda: linalg.lapack and threadpool_info())()\n"
        "assert len(found) >= 2 and {each['num_threads'] for each in found} == {1}, found"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
