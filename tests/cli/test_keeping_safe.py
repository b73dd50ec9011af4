"""Keeping a ledger safe from the command line: verify, backup and restore with a key, and a workspace that is only read."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netkit.cli import run
from netkit.demo import demo_home
from netkit.handbook.publishing import _put_in_place
from netkit.ledger import open_ledger

DRIVER = """
import json, sys
from netkit.cli import run
for words in json.loads(sys.argv[1]):
    print("@@@", run(words), flush=True)
"""
DAC_OVERRIDE, DAC_READ_SEARCH, DROP = 1, 2, 24  # Linux: what lets root write where no rights allow it


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo_home("plain"), home)
    return home


def test_a_ledger_and_its_backup_are_verified_and_damage_is_exit_code_one(home, tmp_path, capsys):
    assert run(["verify", "--home", str(home)]) == 0
    assert "There is nothing to compare its rows with." in " ".join(capsys.readouterr().out.split())
    assert run(["backup", str(tmp_path / "copy.db"), "--home", str(home)]) == 0
    assert run(["verify", str(tmp_path / "copy.db"), "--home", str(home)]) == 0
    with open_ledger(home) as ledger:
        name = ledger.invitations.to_frame()["name"].dropna().iloc[5].encode()
    content = (home / "ledger.db").read_bytes()
    (home / "ledger.db").write_bytes(content.replace(name, name[::-1], 1))
    capsys.readouterr()
    assert run(["verify", "--home", str(home)]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "no longer say what they said at the backup" in shown or "The file is damaged" in shown
    assert "bring a backup back with: netkit restore BACKUP" in shown
    assert run(["verify", "--json", "--home", str(home)]) == 1
    assert json.loads(capsys.readouterr().out)["intact"] is False


def test_the_key_is_backed_up_apart_and_missed_where_it_lacks(home, tmp_path, capsys):
    copy, key, new = (str(tmp_path / name) for name in ("copy.db", "my.key", "new"))
    with open_ledger(home) as ledger:
        ledger.forget(ledger.invitations.to_frame()["person"].dropna().iloc[-1])
    assert run(["backup", copy, "--home", str(home)]) == 0
    assert "The key of your workspace is not in it." in " ".join(capsys.readouterr().out.split())
    assert run(["restore", copy, "--home", new]) == 0
    assert "may come back with an archive" in " ".join(capsys.readouterr().out.split())
    assert run(["backup", str(tmp_path / "second.db"), "--key", key, "--home", str(home)]) == 0
    assert "Keep it in another place" in " ".join(capsys.readouterr().out.split())
    assert run(["restore", copy, "--key", key, "--home", new]) == 0
    assert "may come back" not in " ".join(capsys.readouterr().out.split())


def without_power():
    """Let rights hold for root, too."""
    for power in (DAC_OVERRIDE, DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(DROP, power, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the tests do not run as root")
def test_a_read_only_workspace_is_read_by_every_command_that_only_reads(home, tmp_path):
    with open_ledger(home) as ledger:
        request = ledger.invitations.to_frame().query("direction == 'incoming'")["request"].iloc[-1]
        person = ledger.exports.connections()["person"].dropna().iloc[3]
    for path in home.rglob("*"):
        path.chmod(0o500 if path.is_dir() else 0o400)
    home.chmod(0o500)
    read = [
        ["history"], ["triage"], ["due"], ["review"], ["letter"], ["intro", "list"], ["intro", "letters"],
        ["policy", "list"], ["policy", "explain", request], ["ask", person, "--draft", "I want to know you."],
        ["verify"], ["backup", f"{tmp_path}/copy.db"], ["export", f"{tmp_path}/all"],
        ["sheet", "invitations", f"{tmp_path}/sheet.csv"],
    ]  # fmt: skip
    written = [
        ["decide", request, "accept"], ["forget", person, "--yes"], ["policy", "new", "mine"],
        ["review", "--keep", person], ["restore", f"{tmp_path}/copy.db"],
        ["backup", f"{tmp_path}/second.db", "--key", f"{tmp_path}/my.key"], ["handbook", "--own"],
    ]  # fmt: skip
    lines = [[*words, "--home", str(home)] for words in (*read, *written)]
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRIVER, json.dumps(lines)],
        check=False, capture_output=True, text=True, encoding="utf-8", preexec_fn=without_power,
    )  # fmt: skip
    codes = [int(code) for code in re.findall(r"^@@@ (\d)$", done.stdout, flags=re.MULTILINE)]
    assert codes[: len(read)] == [0] * len(read), (list(zip(read, codes, strict=False)), done.stderr)
    assert codes[len(read) :] == [2] * len(written), list(zip(written, codes[len(read) :], strict=False))
    assert "Traceback" not in done.stderr
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    home.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_whatever_a_command_writes_is_for_its_owner_alone(tmp_path, umask):
    """Under a umask that takes nothing away, every command leaves a workspace that nobody else can look into."""
    home, archive = tmp_path / "home", Path(__file__).parents[1] / "fixtures" / "era-2024-03"
    lines = [
        ["read", str(archive)], ["triage"], ["sheet", "invitations", f"{home}/sheet.csv"],
        ["sheet", "introductions", f"{home}/sheet.xlsx"], ["backup", f"{home}/a.db", "--key", f"{home}/my.key"],
        ["restore", f"{home}/a.db"], ["export", f"{home}/all"], ["policy", "new", "mine"], ["verify"],
        ["intro", "ask", "Ann One", "Bo Two", "--for", "advice", "--by", "email"],
        ["due", "--on", "2030-01-01", "--ics", f"{home}/due.ics"], ["forget", "Ann One", "--yes"],
    ]  # fmt: skip
    before = os.umask(umask)
    try:
        for words in lines:
            assert run([*words, "--home", str(home)]) == 0, words
            open_to_others = [p for p in (home, *home.rglob("*")) if p.stat().st_mode & 0o077]
            assert not open_to_others, (words, open_to_others)
        assert os.umask(umask) == umask, "the usual rights are left as they were"
    finally:
        os.umask(before)
    names = {path.name for path in home.iterdir()}
    assert {"ledger.db", "keys", "sheet.csv", "sheet.xlsx", "my.key", "all", "policies", "due.ics"} <= names


def test_a_published_site_can_be_read_by_everybody_and_one_in_the_workspace_by_nobody(tmp_path):
    site = tmp_path / "built"
    (site / "assets").mkdir(parents=True, mode=0o700)
    (site / "assets" / "page.html").touch(mode=0o600)
    home = tmp_path / "home"
    before = os.umask(0o077)
    try:
        for target, public in ((tmp_path / "www" / "me" / "site", True), (home / "public" / "site", False)):
            _put_in_place(site, target, home)
            seen = [target.parent, target, *target.rglob("*")]
            assert {bool(path.stat().st_mode & 0o004) for path in seen} == {public}
    finally:
        os.umask(before)
