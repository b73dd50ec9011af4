"""No text takes the system's own encoding, and no name in the data is more than a foreign screen can bear."""

import ast
import io
import json
import os
import re
import subprocess
import sys

import pytest
from exports import zipped
from rich.cells import cell_len

from netkit.cli import run
from netkit.ledger import open_ledger
from tests.project.test_environment import ROOT

CODE = sorted(path for folder in ("netkit", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
# How many words a call has where the last one is the encoding.
PLACE = {"read_text": 1, "write_text": 2}
TEXT = {"text", "universal_newlines"}


def without_encoding(source):
    """Return the calls that read or write text and do not say in which encoding."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        options = {option.arg for option in call.keywords}
        modes = {str(word.value) for word in call.args if isinstance(word, ast.Constant)}
        bare = name in PLACE and len(call.args) < PLACE[name]
        bare |= name in ("run", "Popen", "check_output") and bool(options & TEXT)
        bare |= name in ("TextIOWrapper", "TemporaryFile", "NamedTemporaryFile") and len(call.args) < 2
        bare |= name in ("open", "fdopen") and bool(modes & {"r", "w", "x", "a", "rt", "wt"})
        # `path.open()` of a path; `history.open()` and `archive.open(name)` are no files of ours.
        bare |= name == "open" and ast.unparse(call).rsplit(".", 1)[0].endswith(("path", "file"))
        binary = any(re.search("b|:", mode) for mode in modes)  # "r:gz" opens an archive
        if bare and not binary and "encoding" not in options:
            found.append(f"{call.lineno}: {ast.unparse(call)}")
    return found


def test_every_text_is_read_and_written_in_an_encoding_that_is_named():
    found = {path: without_encoding(path.read_text(encoding="utf-8")) for path in CODE}
    assert len(found) > 200
    assert {str(path.relative_to(ROOT)): calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    ["p.read_text()", "(folder / 'a').write_text('x')", "run(['a'], text=True)", "file.open('w')", "path.open()",
     "open(name, 'x')", "io.TextIOWrapper(stream)"],
)  # fmt: skip
def test_a_call_that_leaves_it_to_the_system_is_found(source):
    assert without_encoding(source)


@pytest.mark.parametrize("source", ["p.read_text('utf-8')", "open(p, 'wb')", "history.open()"])
def test_others_are_not(source):
    assert not without_encoding(source)


# Screens that cannot show every letter

NAMES = ["Jörg Brandt", "Ирина Соколова", "Ελένη Παπά", "محمد علي", "שרה כהן", "陈 伟", "김 민준", "प्रिया शर्मा",
         "สมชาย ใจดี", "Łukasz Żak", "Ştefan Đỗ", "Zoë 🎉 Ünal"]  # fmt: skip
DRIVER = """
import json, sys, warnings
warnings.simplefilter("ignore", EncodingWarning)  # of other packages
warnings.filterwarnings("error", category=EncodingWarning, module="netkit")
from netkit.cli import run
print(sys.stdout.encoding, sys.getfilesystemencoding())
for words in json.loads(sys.argv[1]):
    print("netkit", *words, run(words), flush=True)
"""


@pytest.fixture
def archive(tmp_path):
    """An archive with an invitation, and a contact, in many scripts."""
    sent = ["From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"]
    sent += [
        f'{name},Mara Ölsen,"3/{day}/24, 4:05 PM",{name} grüßt dich,INCOMING,'
        f"https://www.linkedin.com/in/p-{day},https://www.linkedin.com/in/mara"
        for day, name in enumerate(NAMES, 1)
    ]
    met = ["First Name,Last Name,URL,Email Address,Company,Position,Connected On"]
    met += [
        f"{name},,https://www.linkedin.com/in/c-{at},,株式会社,Инженер,05 Mar 2020"
        for at, name in enumerate(NAMES)
    ]
    said = [
        "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER",
        "c,Mara,https://www.linkedin.com/in/mara,Ян,https://www.linkedin.com/in/yan,2024-01-01 10:00:00 UTC,,Привет,INBOX",
    ]
    files = {"Invitations.csv": sent, "Connections.csv": met, "messages.csv": said}
    texts = {name: "\n".join(lines) for name, lines in files.items()}
    return zipped(tmp_path / "Basic_LinkedInDataExport_04-01-2024.zip", texts)


@pytest.mark.skipif(sys.platform == "win32", reason="sets the locale of Unix; Windows has its own below")
def test_every_command_works_where_the_locale_has_none_but_plain_letters(archive, tmp_path):
    home, out = tmp_path / "home", tmp_path / "out"
    out.mkdir()
    assert run(["read", str(archive), "--home", str(home)]) == 0
    with open_ledger(home) as ledger:
        key = str(ledger.invitations.to_frame()["request"].iloc[-1])
    commands = [
        ["read", archive], ["triage"], ["sheet", "invitations", out / "s.csv"],
        ["sheet", "invitations", out / "s.csv", "--read"], ["decide", key, "accept"], ["letter"],
        ["export", out / "all"], ["backup", out / "copy.db"], ["restore", out / "copy.db"],
        ["policy", "new", "mine"], ["policy", "check", "mine"], ["policy", "explain", key],
    ]  # fmt: skip
    words = [[*map(str, command), "--home", str(home)] for command in commands]
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONIOENCODING", None)
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", DRIVER, json.dumps(words)],
        env=environment, capture_output=True, encoding="ascii", check=False,
    )  # fmt: skip
    assert done.stdout.startswith("ascii ascii\n")
    assert done.returncode == 0, done.stderr
    codes = {line.split()[-1] for line in done.stdout.splitlines() if line.startswith("netkit ")}
    assert codes == {"0"}, done.stdout + done.stderr
    assert r"\u0418" in done.stdout  # how Ирина begins
    assert "Traceback" not in done.stderr
    for file in (out / "s.csv", out / "all" / "invitations.csv", out / "all" / "invitations.json"):
        assert [name for name in NAMES if name not in file.read_text(encoding="utf-8-sig")] == []


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "gbk"])
def test_what_a_pipe_on_windows_cannot_hold_is_spelled_out(archive, tmp_path, monkeypatch, encoding):
    words = ["--home", str(tmp_path / "home")]
    assert run(["read", str(archive), *words]) == 0
    printed = {}
    for asked in ("review", "review --json", "nothing-of-ours"):
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        assert run([*asked.split(), *words]) == (2 if "nothing" in asked else 0)
        sys.stdout.flush()
        printed[asked] = sys.stdout.buffer.getvalue().decode(encoding)
    assert {row["name"] for row in json.loads(printed["review --json"])["people"]} == set(NAMES)
    assert ("Jörg" in printed["review"]) == (encoding not in ("ascii", "gbk"))
    assert len({cell_len(line) for line in printed["review"].splitlines() if line.startswith("|")}) == 1
