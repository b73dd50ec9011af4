"""`netkit forget --everything`: nothing is left of a workspace, and what is out of reach is said."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from netkit.cli import cli, run
from netkit.demo import demo_home
from netkit.ledger import open_ledger


@pytest.fixture
def home(tmp_path):
    """A workspace with whatever commands leave in one."""
    home = tmp_path / "home"
    shutil.copytree(demo_home("plain"), home)
    with open_ledger(home) as ledger:
        ledger.backup(home / "mine.db", key=home / "my.key")
    for folder in ("lab/.jupyter", "record", "public", "policies", "letters"):
        (home / folder).mkdir(parents=True, exist_ok=True)
        (home / folder / "kept.txt").write_text("x", encoding="utf-8")
    return home


def shown(capsys):
    return " ".join(capsys.readouterr().out.split())


def test_nothing_is_left_and_what_is_out_of_reach_is_said(home, tmp_path, capsys):
    before = {path for path in tmp_path.parent.rglob("*") if not path.is_relative_to(home)}
    assert run(["forget", "--everything", "--yes", "--home", str(home)]) == 0
    assert not home.exists()
    assert set(tmp_path.parent.rglob("*")) == before
    out = shown(capsys)
    for word in ("your ledger", "the key", "mine.db", "my.key", "Backups, exports", "published", "trash"):
        assert word in out


def test_only_the_typed_word_removes_it(home):
    words = ["forget", "--everything", "--home", str(home)]
    files = sorted(home.rglob("*"))
    for typed in ("", "y\n", "yes\n", "home\n"):
        assert CliRunner().invoke(cli, words, input=typed or "\n").exit_code == 1
        assert sorted(home.rglob("*")) == files
    assert CliRunner().invoke(cli, words, input="everything\n").exit_code == 0
    assert not home.exists()


@pytest.mark.parametrize("words", [["forget", "--everything", "Ada Love"], ["forget"]])
def test_a_person_or_everything_but_not_both(home, words, capsys):
    assert run([*words, "--yes", "--home", str(home)]) == 2
    assert "Name one person, or say --everything" in capsys.readouterr().err
    assert home.exists()


def test_a_folder_that_is_no_workspace_is_left_alone(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    for place in ("photos", "nowhere"):
        assert run(["forget", "--everything", "--yes", "--home", str(tmp_path / place)]) == 2
        assert "There is no workspace in" in capsys.readouterr().err
    assert (tmp_path / "photos").exists() and not (tmp_path / "nowhere").exists()


def test_a_home_folder_with_a_stray_ledger_in_it_is_not_removed(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    shutil.copy(home / "ledger.db", tmp_path / "ledger.db")
    assert run(["forget", "--everything", "--yes", "--home", str(tmp_path)]) == 2
    assert "not a folder for netkit alone" in capsys.readouterr().err
    assert home.exists()


def test_while_another_program_has_it_open_nothing_is_removed(home, capsys):
    with open_ledger(home):
        assert run(["forget", "--everything", "--yes", "--home", str(home)]) == 2
    assert "Close JupyterLab" in capsys.readouterr().err
    assert (home / "mine.db").exists()


def test_a_damaged_workspace_goes_as_well(home):
    (home / "ledger.db").write_bytes(b"no ledger at all" * 400)
    assert run(["forget", "--everything", "--yes", "--home", str(home)]) == 0
    assert not home.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few people make links")
def test_a_link_to_a_workspace_goes_with_it_and_what_it_links_to_stays(home, tmp_path):
    elsewhere = tmp_path / "photos"
    elsewhere.mkdir()
    (elsewhere / "cat.txt").write_text("meow", encoding="utf-8")
    (home / "lab" / "photos").symlink_to(elsewhere)
    (tmp_path / "link").symlink_to(home)
    assert run(["forget", "--everything", "--yes", "--home", str(tmp_path / "link")]) == 0
    assert not home.exists() and not os.path.lexists(tmp_path / "link")
    assert (elsewhere / "cat.txt").exists()
