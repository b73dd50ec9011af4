"""A name with line ends, tabs or hundreds of letters forges no line, breaks no row and hides no key, at 60 columns too."""

import json
import re
import shutil
import sqlite3

import pytest

from netkit.cli import run
from netkit.cli.screen import console, print_table
from netkit.demo import demo_home
from netkit.ledger import open_ledger

FORGED = "inv-00000000  Eve  accept"
NAME = f"M\n{FORGED}\r\tx\u2028y\x0bz\x85w" + "👩\u200d⚕️🏳️\u200d🌈" * 10 + "x" * 300
COLUMNS = (
    ("invitations", "name"), ("connections", "name"), ("connections", "company"), ("connections", "position"),
    ("introductions", "requester_name"), ("introductions", "contact_name"),
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A workspace in which everybody is called so."""
    home = tmp_path_factory.mktemp("names") / "home"
    shutil.copytree(demo_home(), home)
    raw = sqlite3.connect(home / "ledger.db", isolation_level=None)
    triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        raw.execute(f"DROP TRIGGER {name}")
    for table, column in COLUMNS:
        raw.execute(f"UPDATE {table} SET {column} = coalesce({column}, '') || ?", [NAME])
    for _, sql in triggers:
        raw.execute(sql)
    raw.close()
    return home


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(console, "_width", 60)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    "words",
    [
        ["triage"],
        ["due", "--on", "2026-06-01"],
        ["intro", "list"],
        ["intro", "list", "--contacts"],
        ["review"],
    ],
)
def test_no_list_shows_a_forged_line_and_each_shows_its_keys(home, words, capsys):
    assert run([*words, "--home", str(home)]) == 0
    shown = capsys.readouterr().out
    assert not re.search(rf"^ {{0,2}}{FORGED[:12]}", shown, flags=re.MULTILINE)
    assert "\t" not in shown and "\r" not in shown
    if "--contacts" in words:
        return
    assert run([*words, "--json", "--home", str(home)]) == 0
    told = json.dumps(json.loads(capsys.readouterr().out))
    keys = set(re.findall(r'"request": "((?:inv|intro)-[0-9a-f]+)"', told))
    if words != ["review"]:
        seen = {key for key in keys if key in shown}
        assert seen and (words[0] == "triage" or seen == keys)
    else:
        first = [row["name"].split()[0] for row in json.loads(told)["people"]]
        assert sum(name in shown for name in first) >= 12 and "in:" not in shown


def test_the_life_of_an_introduction_shows_no_forged_line(home, capsys, monkeypatch):
    """On a screen so wide that no sentence wraps: what begins a line there does so by itself."""
    monkeypatch.setattr(console, "_width", 5000)
    with open_ledger(home) as ledger:
        request = ledger.introductions.to_frame()["request"].iloc[-1]
    for words in (["intro", "show", request], ["show", request]):
        assert run([*words, "--home", str(home)]) == 0
        assert not re.search(rf"^ {{0,2}}{FORGED[:12]}", capsys.readouterr().out, flags=re.MULTILINE)


@pytest.mark.parametrize("width", [200, 40])
def test_a_cell_stays_one_line_whatever_it_holds(width, monkeypatch, capsys):
    monkeypatch.setattr(console, "_width", width)
    print_table("t\nforged", ["request", "what"], [["inv-1a2b3c4d", "a\nb\tc"]], wide="what")
    shown = capsys.readouterr().out
    assert r"a\nb\tc" in shown
    assert r"t\nforged" in shown
