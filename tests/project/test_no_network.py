"""Nothing leaves the machine: every command but `pull` runs while connections to anywhere else are forbidden."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from exports import CONNECTIONS, INVITATIONS, zipped
from invented_record import event, page, write

from netkit.cli import COMMANDS

# Each try to reach another machine fails and is told. Without its packages a handbook is left out: building one takes
# minutes, and the tests of the handbook run under the same guard.
GUARD = """
import json, sys
sys.path.insert(0, sys.argv[1])
from conftest import TRIES
sys.modules["mkdocs"] = None
from netkit.cli import run
codes = {}
for name, words in json.loads(sys.argv[2]):
    codes[name] = run([name, *words])
print("\\n" + json.dumps([codes, TRIES]))
"""
CALLS = {
    "demo": [], "run": ["{archive}", "--home", "{other}"], "lab": ["--demo", "--", "--version"],
    "read": ["{archive}", "{log}", "--home", "{home}"], "evidence": ["list", "--home", "{home}"],
    "sheet": ["invitations", "{new}.csv", "--home", "{home}"], "backup": ["{new}.db", "--home", "{home}"],
    "restore": ["{new}.db", "--home", "{home}"], "forget": ["Lea Novák", "--yes", "--home", "{home}"],
    "export": ["{new}-out", "--home", "{home}"], "show": ["Brandt", "--home", "{home}"],
    "find": ["Brandt", "--home", "{home}"],
    "judge": ["--from", "Ana Example", "--note", "Hello", "--home", "{home}"],
    "decide": ["Brandt", "accept", "--home", "{home}"], "letter": ["--home", "{home}"],
    "ask": ["Brandt", "--draft", "Hello", "--home", "{home}"], "intro": ["list", "--home", "{home}"],
    "policy": ["list", "--home", "{home}"], "notes": ["learn", "--look", "--home", "{home}"], "handbook": [],
    "keep": ["messages", "24", "--home", "{home}"],
}  # fmt: skip
REFUSED = {"handbook": 2, "publish": 2, "fit": 2, "work": 2}  # no packages, too little to learn from, no keys


@pytest.fixture
def called(tmp_path, monkeypatch):
    archive = zipped(
        tmp_path / "Basic_LinkedInDataExport_03-15-2024.zip",
        {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS},
    )
    log = write(
        tmp_path / "log.json", page([event(1, "2019-10-26 23:05:10", "2019-10-27 08:00:00", "ACCEPT")])
    )
    places = {
        "archive": archive,
        "log": log,
        "home": tmp_path / "home",
        "other": tmp_path / "o",
        "new": tmp_path / "new",
    }
    monkeypatch.setenv("NETKIT_PULL_TOKEN", "invented-token")

    def call(names):
        calls = [
            (name, [word.format(**places) for word in CALLS.get(name, ["--home", "{home}"])])
            for name in names
        ]
        tests = str(Path(__file__).parents[1])
        command = [sys.executable, "-c", GUARD, tests, json.dumps(calls)]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        return (*json.loads(done.stdout.splitlines()[-1]), done.stderr)

    return call


def test_every_command_but_pull_runs_without_reaching_another_machine(called):
    first = ["read", *(name for name in COMMANDS if name not in ("pull", "read"))]
    codes, tries, said = called(first)
    assert codes == {name: REFUSED.get(name, 0) for name in first}, said
    assert not tries


def test_the_guard_sees_what_pull_does(called):
    codes, tries, said = called(["pull"])
    assert codes == {"pull": 2} and "cannot be reached" in said and "invented-token" not in said
    assert any("api.linkedin.com" in told for told in tries)
