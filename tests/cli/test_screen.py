"""The screen: nothing that a stranger wrote, a file holds or somebody typed can steer the terminal."""

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import termios
import unicodedata
from datetime import datetime
from pathlib import Path

import click
import pandas as pd
import pytest
from rich.console import Console

from netkit.cli import cli, run
from netkit.cli.screen import console, print_json, print_table
from netkit.demo import demo_home

# Writes the clipboard, hides and overlines words, clears by a C1 code, turns the direction, goes back and deletes.
EVIL = "\x1b]52;c;Y3VybA==\x07\x1b[8m\x1b[53m\x9b2J\u202e\u2066\u200f\u2028\r\x08\x7f[bold]:smile:"
LONG = EVIL + "\x00" + "Ünsal " * 5 + "👩\u200d⚕️🏳️\u200d🌈"
SEEN = r"\x1b]52;c;Y3VybA==\x07\x1b[8m"
# What rich itself may send: bold, dim, italics, colours, and the redrawing of a line of progress.
OWN = re.compile(
    r"\x1b\[(?:0|1|2|3|22|23|3\d|9\d|38;5;\d+|39|1;3\d|1;35|2;3\d)m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|\r"
)
STRUCTURE = {
    "request",
    "direction",
    "confidence",
    "kind",
    "origin",
    "action",
    "channel",
    "step",
    "fact",
    "level",
}
STRUCTURE |= {
    "sha256",
    "present",
    "rows_read",
    "identity",
    "verdict",
    "template",
    "content",
    "detail",
    "salt",
}
STRUCTURE |= {"source", "traits"}
# What lays out tables is tried at two widths, all the rest at one.
TABLES = {"triage", "show", "history", "due", "review", "policy list", "policy schools", "intro list",
          "intro letters", "intro lessons", "evidence list", "evidence match"}  # fmt: skip
KEPT = re.compile(r"_at$|_on$|^at$|^(first|last)_seen$")
DRIVER = """
import json, sys, traceback
from pathlib import Path
import netkit.cli.handbook_commands as pages
from netkit.cli import run
pages.demo_home = lambda _, **__: Path(sys.argv[2])
pages.missing_packages = lambda extra: ["one"]  # the notebooks take minutes, and print nothing of their own
for number, words in enumerate(json.loads(sys.argv[1])):
    print(f"@@@{number}", flush=True)
    try:
        code = run(words)
    except BaseException:
        code = traceback.format_exc()
    sys.stderr.flush()
    print(f"\\n@@@code {code}", flush=True)
"""


def hostile_signs(text):
    """Return the signs that nobody reads, told by Unicode's own classes rather than by netkit's list."""
    return {
        sign for sign in text
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in "\n\t\u200c\u200d"
    }  # fmt: skip


def make_hostile(home):
    """Put the hostile text into every field of words that the ledger has, its people's keys included."""
    with contextlib.closing(sqlite3.connect(home / "ledger.db", isolation_level=None)) as ledger:
        triggers = ledger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            ledger.execute(f"DROP TRIGGER {name}")
        # Fewer rows say the same, sooner.
        ledger.execute("DELETE FROM invitations_seen WHERE request NOT LIKE 'inv-%0'")
        ledger.execute("DELETE FROM invitations WHERE request NOT LIKE 'inv-%0' AND sent_at < '2026-05-01'")
        for number in (
            "connections.id", "messages.person", "first_messages.person",
            "address_book.rowid", "endorsements.rowid", "follows.rowid",
        ):  # fmt: skip
            ledger.execute(f"DELETE FROM {number.partition('.')[0]} WHERE {number} % 20 > 0")
        for table in ("decisions", "facts_noted", "notes_read"):
            ledger.execute(
                f"DELETE FROM {table} WHERE request LIKE 'inv-%'"
                " AND request NOT IN (SELECT request FROM invitations)"
            )
        request = ledger.execute("SELECT request FROM introductions").fetchone()[0]
        ledger.execute(
            "INSERT INTO letters_sent (request, template, purpose, text, at, recorded_at, via) VALUES"
            " (?, 'introduce', 'p', 't', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 's')",
            [request],
        )
        person = ledger.execute("SELECT person FROM connections").fetchone()[0]
        ledger.execute(
            "INSERT INTO reviews (person, verdict, because, at, recorded_at, via) VALUES (?, 'keep', 'b',"
            " '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 's')",
            [person],
        )
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for _, column, kind, *_ in ledger.execute(f"PRAGMA table_info({table})").fetchall():
                if kind != "TEXT" or column in STRUCTURE or KEPT.search(column) or table == "forgetting":
                    continue
                if column in ("person", "owner", "requester", "contact"):
                    ledger.execute(
                        f"UPDATE {table} SET {column} = 'in:' || ? || substr({column}, 4) WHERE {column} LIKE 'in:%'",
                        [EVIL],
                    )
                else:
                    ledger.execute(f"UPDATE {table} SET {column} = ? || coalesce({column}, '')", [LONG])
        ledger.execute("UPDATE introduction_events SET detail = json_set(detail, '$.because', ?)", [LONG])
        ledger.execute("UPDATE profile SET content = replace(content, 'Tavrin', ?)", [json.dumps(EVIL)[1:-1]])
        for _, sql in triggers:
            ledger.execute(sql)


def hostile_policy():
    """Return the house policy with hostile words wherever it says something, and a hostile fact of its own."""
    text = (Path(sys.modules["netkit"].__file__).parent / "policies" / "house.yaml").read_text("utf-8")
    evil = json.dumps(EVIL)[1:-1]
    text = re.sub(
        r"because: (?![>|\"])([^\n{}]+)$", rf'because: "{re.escape(evil)}"', text, flags=re.MULTILINE
    )
    text = re.sub(r"^title: .*$", lambda _: f'title: "{evil}"', text, count=1, flags=re.MULTILINE)
    text = re.sub(r"because: \"[^\n]*\"$", lambda _: f'because: "{evil}"', text, flags=re.MULTILINE)
    return re.sub(r"^policy: .*$", "policy: my_policy", text, count=1, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A workspace all of whose words are hostile, in a folder whose name is."""
    home = tmp_path_factory.mktemp("hostile") / f"home {EVIL}"
    shutil.copytree(demo_home(), home)
    make_hostile(home)
    for folder in ("policies", "letters"):
        (home / folder).mkdir(exist_ok=True)
    (home / "policies" / "my_policy.yaml").write_text(hostile_policy(), encoding="utf-8")
    (home / "letters" / "own.md.j2").write_text(f"{EVIL} {{{{ first_name }}}}", encoding="utf-8")
    return home


def arguments(home):
    """Return for every command what it is tried with: a line that works where one can, in the order of a day."""
    with contextlib.closing(sqlite3.connect(home / "ledger.db")) as ledger:
        intro, requester = ledger.execute(
            "SELECT request, requester_name FROM introductions ORDER BY asked_at DESC"
        ).fetchone()
        (sent,) = ledger.execute("SELECT id FROM letters_sent").fetchone()
        people = [one for (one,) in ledger.execute("SELECT person FROM connections WHERE person LIKE 'in:%'")]
        (waiting,) = ledger.execute("SELECT request FROM invitations ORDER BY sent_at DESC").fetchone()
    archive = str(Path(__file__).parent.parent / "fixtures" / "era-2024-03")
    file = f"{home.parent}/{EVIL}"
    mail = Path(f"{file}.mbox")
    letter = "From x Mon Mar 04 11:20:34 2024\nFrom: {}\nTo: {}\nDate: Mon, 4 Mar 2024 11:20:34 +0100\nMessage-ID: {}\n\n"
    mail.write_text(letter.format(f'"{EVIL}" <a@ex.example>', "me@ex.example", EVIL), encoding="utf-8")
    return {
        "evidence add": [[str(mail), "--me", "me@ex.example"], [file], [str(mail), "--me", EVIL]],
        "evidence list": [[]],
        "evidence match": [[], [EVIL]],
        "evidence same": [[waiting, "a@ex.example"], [EVIL, "a@ex.example"], [waiting, EVIL]],
        "evidence remove": [["1"], [EVIL]],
        "read": [["--look", archive], [archive], [file]],
        "history": [[]],
        "triage": [["--all"], ["--all", "--why"]],
        "judge": [["--from", EVIL, "--note", EVIL, "--headline", EVIL]],
        "find": [[EVIL], [requester], ["e", "--json"]],
        "show": [[waiting], [intro], [requester], [EVIL]],
        "stats": [[]],
        "outcomes": [[]],
        "pull": [["--dry-run"]],
        "notes learn": [["--look"], [], ["--undo"]],
        "due": [["--on", "2026-06-01"]],
        "review": [[], ["--keep", people[0], "--because", EVIL], ["--keep", EVIL]],
        "letter": [[], ["own", "--value", f"first_name={EVIL}"], [EVIL]],
        "ask": [[people[3], "--draft", EVIL], [EVIL, "--draft", EVIL]],
        "decide": [[waiting, "accept", "--because", EVIL], [EVIL, "accept"], [waiting, EVIL]],
        "sheet": [["invitations", f"{file}.csv"], ["invitations", f"{file}.csv", "--read"]],
        "backup": [[f"{file}.db"]],
        "restore": [[f"{file}.db"], [f"{file}.none"]],
        "verify": [[], [f"{file}.db"], [f"{file}.none"]],
        "export": [[f"{file}.out"]],
        "fit": [[]],
        "compare": [[]],
        "policy list": [[]],
        "policy new": [[EVIL], ["another"]],
        "policy interview": [["--as", EVIL], ["--as", "asked", "--answers", EVIL], ["--as", "asked", "--answers", "yanyan"]],
        "policy use": [[EVIL], ["my_policy"]],
        "policy close": [["--until", "2999-01-31"], ["--open"]],
        "policy take": [[EVIL], [f"{file}.none"]],
        "policy check": [["my_policy"], [EVIL]],
        "policy test": [["my_policy"], [EVIL]],
        "policy explain": [[waiting], [EVIL], ["--fact", f"{EVIL}=yes"], ["--fact", f"recognised={EVIL}"]],
        "policy diff": [["my_policy", "known_people_only"]],
        "policy schools": [[]],
        "intro ask": [[people[1], people[2], "--for", EVIL, "--by", "email"], [EVIL, EVIL, "--for", EVIL, "--by", EVIL]],
        "intro receive": [[people[1], "--from", people[2], "--for", EVIL, "--by", "email"],
                          [EVIL, "--from", EVIL, "--for", EVIL, "--by", EVIL]],
        "intro wish": [[people[1], EVIL], [EVIL, EVIL]],
        "intro list": [["--all"], ["--contacts"]],
        "intro show": [[intro]],
        "intro judge": [[intro]],
        "intro answer": [[intro, "ask-more", "--because", EVIL]],
        "intro permit": [[intro, "given", "--because", EVIL]],
        "intro make": [[intro, "--because", EVIL]],
        "intro follow-up": [[intro]],
        "intro outcome": [[intro, "--requester", "useful", "--because", EVIL]],
        "intro undo": [[intro, "--because", EVIL]],
        "intro keep": [[intro, "introduce", "--value", f"purpose={EVIL}"]],
        "intro letters": [[], ["--show", str(sent)], ["--like", str(sent), "--for", intro], [EVIL]],
        "intro lessons": [[]],
        "forget": [[people[5]], [requester]],
        "keep": [[], ["messages", "24"], [EVIL, "24"], ["notes", EVIL]],
        "run": [[archive]],
        "demo": [["--long"], []],
        "lab": [["--", "--version"]],  # what JupyterLab itself prints is not netkit's
        "work": [[]],  # which is refused here; tests/cli/test_work.py drives it
        "handbook": [["--own", EVIL]],
        "publish": [["--as-validated"], ["--to", f"{file}.csv"]],
    }  # fmt: skip


def leaves(command=cli, path=()):
    """Walk the commands that can be called."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    with click.Context(command) as context:
        found = {}
        for name in command.list_commands(context):
            found |= leaves(command.get_command(context, name), (*path, name))
        return found


def lines_of(home, names=None):
    """Return the command lines as the driver takes them, of all commands or of some."""
    lines = []
    for name, tries in arguments(home).items():
        for words in tries if names is None or name in names else ():
            own = [] if name in ("demo",) else ["--home", str(home)]
            lines.append([*name.split(), *own, *words])
    return lines


def driven(lines):
    """Return how a Python runs the lines, one after the other."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NETKIT_HOME")
    }
    return {
        "args": [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            DRIVER,
            json.dumps(lines),
            lines[0][lines[0].index("--home") + 1],
        ],
        "env": environment | {"TERM": "xterm-256color"},
    }


def on_terminal(lines, columns):
    """Return what reaches a terminal of so many columns, byte for byte."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST  # a newline stays one
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    with subprocess.Popen(**driven(lines), stdin=subprocess.PIPE, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        child.stdin.write(b"y\n" * 20)
        child.stdin.close()
        got = b""
        with contextlib.suppress(OSError):  # how a terminal says that its other end is closed
            while piece := os.read(ours, 65536):
                got += piece
    os.close(ours)
    return got.decode()


def through_pipe(lines, errors=subprocess.STDOUT):
    done = subprocess.run(
        **driven(lines), input=b"y\n" * 20, stdout=subprocess.PIPE, stderr=errors, check=False
    )
    return done.stdout.decode()


def parts(got, lines):
    """Return what each line printed, and its exit code."""
    found = re.findall(r"@@@\d+\n(.*?)\n@@@code ([^\n]*)", got, flags=re.DOTALL)
    assert len(found) == len(lines), got[-2000:]
    return found


def test_every_command_is_tried(hostile):
    assert set(arguments(hostile)) == set(leaves())


@pytest.mark.parametrize("columns", [60, 80, 0])
def test_no_command_lets_a_sign_through_that_nobody_reads(hostile, keys_shown, tmp_path, columns):
    home = tmp_path / hostile.name
    shutil.copytree(hostile, home)
    # Publishing looks for everybody of the ledger everywhere, which takes long, and says the same to a pipe.
    lines = lines_of(home, {60: None, 80: TABLES, 0: set(arguments(home)) - {"publish"}}[columns])
    keys = keys_shown if columns else {}
    got = on_terminal(lines, columns) if columns else through_pipe(lines)
    told = 0
    for words, (printed, code) in zip(lines, parts(got, lines), strict=True):
        assert code in ("0", "1", "2"), (words, code, printed[-3000:])
        plain = OWN.sub("", printed) if columns else printed
        assert not hostile_signs(plain), (words, hostile_signs(plain), plain[:3000])
        told += r"\x1b" in plain
        assert ":smile:" in plain or "😄" not in plain, words
        for command, shown in keys.items():
            if words[: len(command.split())] == command.split() and "--contacts" not in words:
                missing = {key for key in shown if key not in plain}
                assert not missing, (words, missing, plain[:3000])
    assert told > len(lines) / 2  # the hostile words did get as far as the screen, and can be read there


@pytest.fixture(scope="module")
def keys_shown(hostile):
    """The keys that each list must show whole."""
    home = str(hostile)
    got = through_pipe(
        [["triage", "--json", "--home", home], ["intro", "list", "--all", "--json", "--home", home]],
        errors=subprocess.DEVNULL,
    )
    triage, intro = (
        re.findall(r'"request": "([a-z]+-[0-9a-f]+)"', printed) for printed, _ in re.findall(
            r"@@@\d+\n(.*?)\n@@@code ([^\n]*)", got, flags=re.DOTALL)
    )  # fmt: skip
    assert len(triage) > 10
    assert len(intro) > 50
    return {"triage": triage, "intro list": intro}


def test_json_stays_json_and_escapes_what_nobody_reads(hostile, tmp_path):
    home = tmp_path / hostile.name
    shutil.copytree(hostile, home)
    able = [name for name, command in leaves().items() if any(p.name == "as_json" for p in command.params)]
    tried = arguments(home)
    lines = [[*name.split(), "--home", str(home), "--json", *tried[name][0]] for name in able]
    escaped = 0
    got = through_pipe(lines, errors=subprocess.DEVNULL)
    for words, (printed, code) in zip(lines, parts(got, lines), strict=True):
        assert code in ("0", "1"), (words, code)
        json.loads(printed)
        assert not hostile_signs(printed), words
        escaped += r"\u001b" in printed and r"\u202e" in printed and r"\u009b" in printed
    assert escaped >= 5


def test_json_gives_back_what_it_was_given(capsys):
    print_json({EVIL: [EVIL, "Ünsal 👩\u200d⚕️", "\udcff"]})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {EVIL: [EVIL, "Ünsal 👩\u200d⚕️", "\udcff"]}
    assert "Ünsal 👩\u200d⚕️" in printed
    assert not hostile_signs(printed)


@pytest.mark.parametrize(
    "words",
    [[EVIL], ["read", EVIL], ["triage", f"--{EVIL}"], ["history", "--home", "/dev/null/" + EVIL],
     ["letter", EVIL], ["decide", EVIL, EVIL], ["policy", EVIL], ["intro", "show", EVIL], ["due", "--on", EVIL],
     ["letter", "introduce", "--value", EVIL], ["read", "a\udcff.zip"], ["ask", "A", "--draft", "\ud800"]],
)  # fmt: skip
def test_a_mistake_is_shown_with_its_hostile_words_spelled_out(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path / "home"))
    assert run(words) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert not hostile_signs(printed.err)
    assert "\\x1b" in printed.err or "\\ud" in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("place", ["heading", "cell", "key"])
def test_a_sheet_is_refused_with_its_hostile_words_spelled_out(place, hostile, tmp_path, capsys):
    home = tmp_path / "home"
    shutil.copytree(demo_home(), home)
    file = tmp_path / "sheet.csv"
    assert run(["sheet", "invitations", str(file), "--home", str(home)]) == 0
    head, _, rest = file.read_text("utf-8-sig").partition("\n")
    evil = EVIL.replace("\r", "").replace("\u2028", "")
    if place == "heading":
        head = f"{head.strip()},{evil}"
    elif place == "key":
        rest += f"{evil}\n"
    else:
        rest = re.sub(r"^(inv-[^\n]*),[^,\n]*$", rf"\1,{evil}".replace("\\x", "x"), rest, flags=re.MULTILINE)
    file.write_text(f"{head}\n{rest}", encoding="utf-8")
    capsys.readouterr()
    code = run(["sheet", "invitations", str(file), "--read", "--home", str(home)])
    printed = capsys.readouterr()
    assert code == 2
    assert not hostile_signs(printed.err + printed.out)
    assert r"\x1b" in printed.err


@pytest.mark.parametrize(
    "words", [["decide", "inv-1", "accept", "--because", "\udcff"], ["letter", "\udcff"], ["\udcff"]]
)
def test_what_is_no_utf_8_is_bad_input_in_two_plain_sentences(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path / "home"))
    assert run(words) == 2
    said = capsys.readouterr().err
    assert f"Word {len(words)} after netkit, '\\udcff', is not written in utf-8. Type it again" in said


@pytest.mark.parametrize(
    "words",
    [["due"], ["intro", "ask", "A B", "C E", "--for", "x", "--by", "email"], ["decide", "inv-1", "accept"]],
)
def test_a_year_before_1000_is_bad_input_and_nothing_is_called_damaged(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path / "home"))
    assert run([*words, "--on", "0024-05-01"]) == 2
    said = capsys.readouterr().err
    assert "The year of 0024-05-01 has fewer than four digits. Write a day like 2024-03-05." in said
    assert "damaged" not in said


def test_a_table_prints_what_it_is_given_and_no_more(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(console, "_file", screen)
    print_table(":smile:", ["a [b]x[/b]"], [["\\[bold]:smile:"], [EVIL]])
    printed = screen.getvalue()
    assert "😄" not in printed
    assert "a [b]x[/b]" in printed
    assert not hostile_signs(printed)


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("name", ["x" * 300, "👩\u200d⚕️" * 60, "one two " * 40, LONG])
def test_a_long_name_never_pushes_the_key_out_of_a_table(monkeypatch, width, name):
    screen = io.StringIO()
    narrow = type(console)(file=screen, width=width, highlight=False)
    monkeypatch.setattr("netkit.cli.screen.console", narrow)
    columns = ["request", "from", "answer", "because"]
    print_table(
        "t", columns, [["inv-1a2b3c4d", name, "ask", "why " * 30], ["inv-5e6f7a8b"] * 4], wide="because"
    )
    lines = screen.getvalue().splitlines()
    for key in ("inv-1a2b3c4d", "inv-5e6f7a8b"):
        assert any(key in line[:30] for line in lines)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("wide", ["", "policy", ("policy", "kept")])
def test_no_word_and_no_day_of_a_table_is_broken_in_two(monkeypatch, width, wide):
    narrow = type(console)(file=io.StringIO(), width=width, highlight=False)
    monkeypatch.setattr("netkit.cli.screen.console", narrow)
    row = [
        "open to conversation",
        datetime(2024, 3, 10),
        "16 of 53: 30 % [20, 44]",
        "13 of 18: 72 % [49, 88]",
        2,
    ]
    print_table("t", ["policy", "since", "kept", "pitches avoided [95 %]", "beyond"], [row], wide=wide)
    shown = narrow.file.getvalue()
    assert "10 Mar 2024" in shown and "conversation" in shown and "avoided" in shown
    assert all(len(line) <= width for line in shown.splitlines())


def test_a_small_table_leaves_its_title_on_one_line(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr("netkit.cli.screen.console", type(console)(file=screen, width=80, highlight=False))
    print_table("Met long ago and never heard from since: 284", ["name"], [["Bo Lind"]])
    assert screen.getvalue().startswith("Met long ago and never heard from since: 284\n")


@pytest.mark.parametrize(
    ("value", "said"), [(datetime(2024, 3, 10, 9, 5), "10 Mar 2024, 09:05"), (pd.NaT, "–")]
)
def test_a_table_says_a_day_as_a_sentence_does(monkeypatch, value, said):
    screen = io.StringIO()
    monkeypatch.setattr("netkit.cli.screen.console", type(console)(file=screen, width=80, highlight=False))
    print_table("t", ["when"], [[value]])
    assert said in screen.getvalue() and "2024-03" not in screen.getvalue()


def test_only_the_screen_makes_consoles_and_nothing_goes_round_the_door():
    package = Path(sys.modules["netkit"].__file__).parent
    for file in (package / "cli").glob("*.py"):
        code = file.read_text("utf-8")
        assert file.name == "screen.py" or not re.search(
            r"Console\(|__stdout__|__stderr__|os\.write", code
        ), file
    assert isinstance(console, Console)
