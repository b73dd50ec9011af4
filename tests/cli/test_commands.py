"""The command line as a newcomer types it: what is printed, what is kept, how mistakes end."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from netkit.cli import COMMANDS, cli, main, run
from netkit.cli.judge_commands import compared
from netkit.demo import demo_home, open_workspace
from netkit.history import read_history, read_introductions
from netkit.ledger import open_ledger
from netkit.policy import load_policy


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A copy of the demonstration's workspace."""
    home = tmp_path_factory.mktemp("home") / "demo"
    shutil.copytree(demo_home(), home)
    return home


@pytest.fixture
def netkit(capsys, demo):
    """Run a command on the copy; return its exit code, output and errors."""

    def command(*words, home=demo):
        capsys.readouterr()
        code = run([*words, "--home", str(home)] if home else list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def test_a_demonstration_that_could_not_be_built_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("netkit.demo.user_cache_path", lambda *_, **__: tmp_path / "cache")
    monkeypatch.setattr("netkit.demo.build_demo", lambda home, **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo_home()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_one_clear_sentence(monkeypatch, capsys):
    monkeypatch.setattr("netkit.demo.user_cache_path", lambda *_, **__: Path("/proc/netkit"))
    assert run(["demo"]) == 2
    assert "netkit: /proc/netkit does not exist. Check the path." in capsys.readouterr().err


def test_the_demonstration_shows_a_first_archive_and_promises_no_verdict(capsys):
    assert run(["demo"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    with open_ledger(demo_home("plain")) as ledger:
        history = read_history(ledger)
        verdict = compared(ledger)
    waiting = len(history.waiting())
    assert 90 <= waiting <= 110
    assert f"{waiting} invitations wait for an answer" in shown
    assert verdict.verdict.startswith("undecided") and "Nobody can tell yet, so keep your rules." in shown
    # One number, in the same words wherever it is said: with what waits, and with the verdict.
    assert set(re.findall(r"Record (\d+) more decisions", shown)) == {str(history.more.number)}
    assert shown.count(history.more.sentence) == 2  # with what waits, and with the verdict
    assert all(note in shown for note in verdict.notes)
    assert "netkit demo --long" in shown
    assert "Handbook" not in shown


def test_the_two_demonstrations_lie_apart_and_notebooks_open_the_long_one(monkeypatch):
    monkeypatch.delenv("NETKIT_HOME", raising=False)
    with open_workspace() as ledger:
        assert ledger.home == demo_home("long") != demo_home("plain")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for(name, capsys):
    assert run([name, "--help"]) == 0
    assert "Usage: netkit" in capsys.readouterr().out
    assert cli.get_command(None, name).get_short_help_str(), name


@pytest.mark.parametrize("closed", [("stdin",), ("stdout",), ("stdout", "stderr")])
def test_a_stream_that_is_closed_is_one_with_nothing_in_it(closed, tmp_path, monkeypatch):
    for name in closed:
        monkeypatch.setattr(sys, name, None)
    monkeypatch.setattr("netkit.cli.close_doors", lambda: None)  # they would stay
    monkeypatch.setattr(sys, "argv", ["netkit", "letter", "decline-kindly", "--home", str(tmp_path / "home")])
    with pytest.raises(SystemExit) as ended:
        main()
    for name in closed:
        getattr(sys, name).close()
    assert ended.value.code == 2


def test_the_help_lists_every_command_with_its_purpose_and_imports_nothing_large():
    code = (
        "import sys; from netkit.cli import run; run(['--help'])\n"
        "assert not {'pandas', 'sklearn', 'nbformat'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    told = " ".join(done.stdout.split())
    with click.Context(cli) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert f"{name} {command.get_short_help_str(200)}" in told


def test_no_command_shows_the_help(capsys):
    assert run([]) in (0, 2)
    printed = capsys.readouterr()
    assert "Start with `netkit demo`" in printed.out + printed.err


def test_an_unknown_command_ends_with_exit_code_two(capsys):
    assert run(["triange"]) == 2
    assert "triange" in capsys.readouterr().err


def test_an_option_before_the_command_is_told_its_place(capsys):
    assert run(["--home", "x", "triage"]) == 2
    assert "no --home may stand before a command" in capsys.readouterr().err


def test_read_tells_what_was_read_missing_ignored_and_warned_of(netkit, demo):
    archive = next((demo / "exports").glob("*.zip"))
    code, out, _ = netkit("read", str(archive), "--json")
    report = json.loads(out)
    assert code == 0
    assert {"files", "ignored", "missing", "warnings", "ledger"} <= set(report)
    assert {"file", "table", "rows"} <= set(report["files"][0])


def test_read_says_what_was_left_out_and_how_every_row_was_taken(netkit, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    text = "From,To,Sent At,Message,Direction\n"
    text += 'Ada Vogel,Me Self,"3/1/24, 8:00 AM",,INCOMING\n' * 2 + "Ben Okafor,Me Self,soon,,INCOMING\n"
    (folder / "Invitations.csv").write_text(text, encoding="utf-8")
    out = netkit("read", str(folder), home=tmp_path / "new")[1]
    assert "Left out: 1 invitation (no readable date)." in " ".join(out.split())
    out = netkit("read", str(folder), "--details", home=tmp_path / "newer")[1]
    (row,) = [
        line.split() for line in out.splitlines() if line.split()[:1] == ["invitations"] and "│" not in line
    ]
    assert row[1:] == ["1", "0", "1", "1", "3"]
    out = netkit("read", str(folder), "--details", home=tmp_path / "newer")[1]
    assert "had read this archive before" in " ".join(out.split())


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('"6 Mar 2024"', "2 rows could not be read; nothing else was lost. Details: netkit read --details"),
        ("soon", "2 rows could not be read. Details: netkit read --details"),  # the date is lost, too
    ],
)
def test_read_counts_the_rows_that_were_lost_and_names_them_with_the_details(netkit, tmp_path, more, says):
    folder = tmp_path / "archive"
    folder.mkdir()
    text = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    text += "Ada,Vogel,https://www.linkedin.com/in/ada,,,,5 Mar 2024\nBen,Okafor,,\nCy,Dorn\n"
    text += f"Di,Eck,https://www.linkedin.com/in/di,,,,{more}\n"
    (folder / "Connections.csv").write_text(text, encoding="utf-8")
    printed = netkit("read", str(folder), "--look", home=tmp_path / "new")[1]
    out = " ".join(printed.split())
    assert f"\n   netkit read --details {folder}\n" in printed  # on one line, to be copied
    assert says in out and "too many or too few" not in out
    out = " ".join(netkit("read", str(folder), "--look", "--details", home=tmp_path / "new")[1].split())
    assert "too many or too few" in out and "could not be read" not in out


def test_reading_the_same_archive_again_changes_nothing(netkit, demo):
    with open_ledger(demo) as ledger:
        before = ledger.invitations.to_frame(), ledger.exports.imports()
    for archive in (demo / "exports").glob("*.zip"):
        assert netkit("read", str(archive))[0] == 0
    with open_ledger(demo) as ledger:
        assert ledger.invitations.to_frame().equals(before[0])
        assert len(ledger.exports.imports()) == len(before[1])


def test_look_leaves_the_ledger_as_it_is(netkit, demo, tmp_path):
    archive = next((demo / "exports").glob("*.zip"))
    assert netkit("read", str(archive), "--look", home=tmp_path / "new")[0] == 0
    assert not (tmp_path / "new").exists()


def test_bad_input_is_one_sentence_exit_code_two_and_leaves_no_trace(netkit, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    code, out, err = netkit("read", str(tmp_path / "broken.zip"), home=tmp_path / "new")
    assert code == 2
    assert not out
    sentence = next(line for line in err.splitlines() if line.startswith("netkit:"))
    assert sentence.endswith(
        "is not a ZIP. Give the ZIP that the platform sent you, or the folder you unpacked it to."
    )
    assert "Traceback" not in err
    assert not (tmp_path / "new" / "ledger.db").exists()


def test_history_counts_states_strengths_delay_and_period(netkit):
    code, out, _ = netkit("history", "--json")
    history = json.loads(out)
    states = {(row["state"], row["strength"]) for row in history["states"]}
    assert code == 0
    assert states - {("aged", "none")} == {
        ("accepted", "strong"), ("decided", "strong"), ("gone", "weak"), ("aged", "weak"), ("open", "none"),
    }  # fmt: skip
    assert sum(row["n"] for row in history["states"]) == history["invitations"]
    assert history["delay_p95_days"] > 0
    assert len(history["period"]) == 2


def test_triage_lists_every_open_invitation_with_reason_or_question(netkit):
    code, out, _ = netkit("triage", "--json")
    rows = json.loads(out)
    assert code == 0
    assert len(rows) > 40
    for row in rows:
        assert {"request", "action", "reason", "clause", "settled", "next_fact"} <= set(row)
        if row["settled"]:
            assert row["action"]
            assert row["clause"]
        else:
            assert row["action"] is None
            assert row["next_fact"]
            assert len(row["possible"]) > 1


def test_a_decision_of_tomorrow_is_refused(netkit, demo):
    code, _, err = netkit("decide", "inv-1", "accept", "--on", "2999-01-01")
    assert code == 2
    assert "2999-01-01 has not come yet. Give today or an earlier day." in err


def test_triage_ends_with_what_to_do_next(netkit, tmp_path, capsys):
    assert "Answer them one by one: netkit work" in " ".join(netkit("triage")[1].split())
    assert run(["triage", "--home", str(tmp_path / "empty")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said == "This workspace knows no archive yet. Read yours: netkit read ARCHIVE"


def test_a_decision_leaves_the_triage_and_stays_in_the_ledger(netkit, demo):
    waiting = json.loads(netkit("triage", "--json")[1])
    request = waiting[0]["request"]
    code, out, _ = netkit("decide", request, "decline", "--fact", "recognised=no", "--on", "2026-04-09")
    assert code == 0
    assert "with 1 fact." in out
    assert f"Recorded: {request} ({waiting[0]['name']}) decline" in " ".join(out.split())
    left = [row["request"] for row in json.loads(netkit("triage", "--json")[1])]
    assert request not in left
    assert len(left) == len(waiting) - 1
    with open_ledger(demo) as ledger:
        row = ledger.decisions.to_frame().query("request == @request").iloc[-1]
        assert (row["action"], row["via"]) == ("decline", "command line")


def test_a_mistyped_decision_is_taken_back_by_a_new_row_and_waits_again(netkit, demo):
    waiting = json.loads(netkit("triage", "--json")[1])
    request = waiting[-1]["request"]
    with open_ledger(demo) as ledger:
        before = len(ledger.decisions.to_frame(include_undone=True))
    netkit("decide", request, "accept")
    netkit("decide", request, "ignore")
    code, out, _ = netkit("decide", request, "undo", "--because", "a slip")
    assert code == 0
    undone = f"Taken back: {request} ({waiting[-1]['name']}) ignore; accept stands again."
    assert undone in " ".join(out.split())
    out = netkit("decide", request, "undo")[1]
    assert "accept; no decision of yours stands." in " ".join(out.split())
    assert json.loads(netkit("triage", "--json")[1]) == waiting
    with open_ledger(demo) as ledger:
        rows = ledger.decisions.to_frame(include_undone=True).iloc[before:]
        assert rows["action"].tolist() == ["accept", "ignore", "undone", "undone"]
        assert rows["because"].fillna("").tolist() == ["", "", "a slip", ""]
    code, _, err = netkit("decide", request, "undo")
    assert code == 2
    assert "no decision about" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["decide", "inv-nowhere", "accept"], "The ledger does not know"),
        (["decide", "inv-nowhere", "undo"], "The ledger does not know"),
        (["decide", "inv-1", "accept", "--on", "5.3.2024"], "Write it like 2024-03-05"),
        (["due", "--on", "2024-02-30"], "'2024-02-30' is not a day. Write it like"),
        (["sheet", "invitations", "nowhere.csv", "--read"], "does not exist. Check the path"),
        (["review", "--limit", "-1"], "-1 is less than 0. Its words"),
        (["review", "--limit", "x"], "'x' is no whole number. Its words"),
        (["judge", "--from", "A", "--mutual", "9" * 20], "9 is not from 0 to 30000. Its words"),
        (["compare", "--question", "x"], "'x' is no number. Its words"),
        (["decide", "inv-nowhere", "undo", "--fact", "recognised=no"], "=undo"),
        (["policy", "explain", "--fact", "met_in_person=maybe"], "yes, no or unknown"),
        (["policy", "explain", "--fact", "met_in_persn=yes"], "Did you mean 'met_in_person'"),
        (["policy", "explain", "--fact", "met_in_person"], "Write met_in_person=yes, met_in_person=no"),
        (
            ["decide", "inv-nowhere", "accept", "--fact", "recognised="],
            "recognised=unknown or recognised=undo",
        ),
        (["decide", "inv-nowhere", "accept", "--fact", "=yes"], "name=level"),
        (["letter", "follow-up", "--value", "my_first_name="], "--value cannot be 'my_first_name='"),
        (["policy", "check", "huose"], "Did you mean 'house'"),
        (["policy", "new", "house"], "A policy cannot be called 'house'. Use letters"),
        (["letter", "follow-up"], "Answer with --value first_name=..."),
    ],
)
def test_a_mistake_is_answered_with_what_is_accepted(netkit, words, says):
    code, _, err = netkit(*words)
    assert code == 2
    assert says in err
    assert "Traceback" not in err


def test_the_shipped_policies_pass_their_check_and_their_situations(netkit):
    assert netkit("policy", "check", "--all")[0] == 0
    assert netkit("policy", "test", "--all")[0] == 0


def test_two_schools_are_held_side_by_side_without_data(netkit):
    code, out, _ = netkit("policy", "diff", "known_people_only", "open_to_conversation", "--json")
    partings = json.loads(out)
    assert code == 0
    assert any(parting["actions"][0] != parting["actions"][1] for parting in partings)
    assert all(parting["example"] for parting in partings)


def test_two_schools_without_a_kind_in_common_part_nowhere_in_json_as_in_words(netkit):
    schools = ("personal_voucher", "known_people_only")
    assert "there is nothing to compare" in netkit("policy", "diff", *schools)[1]
    assert json.loads(netkit("policy", "diff", *schools, "--json")[1]) == []


def test_a_rule_held_beside_another_is_broken_at_hyphens_only(netkit):
    out = netkit("policy", "diff", "house", "known_people_only")[1]
    assert "  answered-but-not-welcome:  " in out
    assert re.search("answered-with-a-reason- .*\n +for-now: accept ", out)
    assert max(map(len, out.splitlines())) <= 80


def test_ones_own_policy_and_letters_are_found_where_no_workspace_is_named(netkit, tmp_path, monkeypatch):
    monkeypatch.delenv("NETKIT_HOME", raising=False)
    monkeypatch.setattr("netkit.ledger.workspace.user_data_path", lambda *_, **__: tmp_path)
    assert netkit("policy", "new", "mine", home=None)[0] == 0
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "my-thanks.md.j2").write_text(
        "---\nname: my-thanks\nclause: own\nkind: reply\n---\nThank you.\n", encoding="utf-8"
    )
    for words in (
        ["policy", "check", "mine"],
        ["policy", "test", "mine"],
        ["policy", "explain", "--policy", "mine"],
        ["policy", "diff", "mine", "house"],
    ):
        assert netkit(*words, home=None)[0] == 0, words
    assert "my-thanks" in netkit("letter", home=None)[1]


def test_an_introduction_of_the_past_is_explained_by_its_key(netkit, demo):
    with open_ledger(demo) as ledger:
        key = read_introductions(ledger).facts["request"].iloc[0]
    code, out, _ = netkit("policy", "explain", key)
    assert code == 0
    assert "“Did you ask the contact's permission" in " ".join(out.split())


def test_facts_of_ones_own_count_where_schools_and_deeds_are_compared(netkit, demo):
    with open_ledger(demo) as ledger:
        (request, *_) = read_history(ledger).table["request"]
        netkit("policy", "new", "chess")
        text = OWN_POLICY.replace("policy: my_policy", "policy: chess")
        (demo / "policies" / "chess.yaml").write_text(text, encoding="utf-8")
        policy = load_policy("chess", home=demo)
        words = policy.vocabularies["invitation"]
        ledger.notes.add(request, "games_played", 3, at="2024-01-01", source="test", vocabulary=words)
    assert "You have played" in netkit("policy", "explain", request, "--policy", "chess")[1]


def test_at_a_terminal_a_letter_asks_for_what_it_lacks_and_is_copied(netkit, monkeypatch):
    asked, copied = [], []
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("click.prompt", lambda question, **_: asked.append(question) or "Ada")
    monkeypatch.setattr("netkit.cli.clipboard.copy_text", lambda text: not copied.append(text))
    code, out, err = netkit("letter", "do-we-know-each-other", "--copy")
    assert code == 0 and asked and copied == [out.removesuffix("\n")] and "Dear Ada" in out
    assert "Copied. Read it once more" in err
    monkeypatch.setattr("netkit.cli.clipboard.copy_text", lambda text: False)
    assert "has no clipboard" in netkit("letter", "do-we-know-each-other", "--copy")[2]


def test_a_letter_is_drafted_in_the_language_that_is_asked_for_with_the_english_beside_it(netkit):
    told = ["letter", "decline-kindly", "--value", "first_name=Ada", "--value", "my_first_name=Kim"]
    code, out, err = netkit(*told, "--language", "fr")
    assert code == 0 and out.startswith("Bonjour Ada,") and "In English:\n\nDear Ada," in err
    assert netkit(*told)[1].startswith("Dear Ada,")
    code, _, err = netkit(*told, "--language", "xx")
    assert code == 2 and "Take one of en, de" in err


def test_a_letter_that_does_not_exist_is_named_with_the_nearest(netkit, tmp_path):
    home = tmp_path / "own"
    netkit("policy", "new", "mine", home=home)
    path = home / "policies" / "mine.yaml"
    right, wrong = "letter: not-comfortable", "letter: not-comfy"
    path.write_text(path.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")
    code, _, err = netkit("policy", "check", "mine", home=home)
    assert code == 2
    assert "mine.yaml, line " in err
    assert "Did you mean 'not-comfortable'" in err


def test_a_draft_of_ones_own_is_put_in_office_by_its_name_or_its_path(netkit, tmp_path):
    for home, way in ((tmp_path / "a", "chess"), (tmp_path / "b", str(tmp_path / "chess.yaml"))):
        (home / "policies").mkdir(parents=True)
        text = OWN_POLICY.replace("policy: my_policy", "policy: chess")
        for path in (home / "policies" / "chess.yaml", tmp_path / "chess.yaml"):
            path.write_text(text, encoding="utf-8")
        assert netkit("policy", "new", "my_policy", "--from", way, home=home)[0] == 0
        copied = load_policy("my_policy", home=home)
        draft = load_policy(tmp_path / "chess.yaml")
        assert (copied.name, copied.title, copied.kinds) == ("my_policy", draft.title, draft.kinds)
        assert netkit("policy", "test", "my_policy", home=home)[0] == 0


def test_a_draft_that_cannot_be_read_yet_hides_no_other_policy(netkit, tmp_path):
    home = tmp_path / "own"
    netkit("policy", "new", "my_draft", home=home)
    with (home / "policies" / "my_draft.yaml").open("a", encoding="utf-8") as draft:
        draft.write("rules: [")
    code, out, _ = netkit("policy", "list", home=home)
    listed = " ".join(out.split())
    assert code == 0
    assert "my_draft cannot be read yet: netkit policy check" in listed
    assert "The house policy" in listed
    code, _, err = netkit("policy", "check", "my_draft", home=home)
    assert code == 2
    assert "my_draft.yaml, line " in err


def test_own_policy_with_own_facts_is_checked_decides_and_explains(netkit, tmp_path):
    home = tmp_path / "own"
    assert netkit("policy", "new", "my_policy", home=home)[0] == 0
    (home / "policies" / "my_policy.yaml").write_text(OWN_POLICY, encoding="utf-8")
    assert netkit("policy", "check", "my_policy", home=home)[0] == 0
    assert netkit("policy", "test", "my_policy", home=home)[0] == 0
    words = ["policy", "explain", "--policy", "my_policy", "--fact", "plays_chess=yes"]
    code, out, _ = netkit(*words, "--fact", "same_town=yes", home=home)
    assert code == 0
    assert "over a board" in out


OWN_POLICY = """
policy: my_policy
title: Chess first
about: A small policy with three facts of its own.
sources: [{id: own, title: My own rules, author: me, date: 2026}]
facts:
  invitation:
    plays_chess: {question: Does the sender play chess?, levels: [yes, no], from: profile, effort: 2}
    same_town: {question: Do you live in the same town?, levels: [yes, no], from: profile, effort: 3}
    games_played: {question: How many games did you play?, number: {bands: [1, 5]}, effort: 1}
invitation:
  - id: chess-neighbour
    when: {plays_chess: yes, same_town: yes}
    do: accept
    because: You could meet over a board.
    clause: own
    situations:
      - it: a chess player from your town is accepted
        given: {plays_chess: yes, same_town: yes, games_played: 0}
        expect: accept
      - it: a chess player from far away whom you never played is asked
        given: {plays_chess: yes, same_town: no, games_played: 0}
        expect: ask
  - id: old-opponent
    when: {games_played: {at_least: 1}}
    do: accept
    because: You have played.
    clause: own
    situations:
      - it: an opponent from elsewhere is accepted
        given: {plays_chess: yes, same_town: no, games_played: 3}
        expect: accept
      - it: somebody you never played is asked
        given: {plays_chess: no, same_town: no, games_played: 0}
        expect: ask
  - id: otherwise
    when: {}
    do: ask
    because: Ask what brings them here.
    clause: own
    situations:
      - it: a stranger is asked
        given: {plays_chess: no, same_town: yes, games_played: 0}
        expect: ask
      - it: what you do not know yet keeps it open
        given: {plays_chess: yes, games_played: 0}
        expect: {open: [accept, ask], find_out: [same_town]}
"""


def test_a_sheet_goes_out_filled_in_and_comes_back_all_or_nothing(netkit, tmp_path):
    sheet = tmp_path / "labels.csv"
    sheet.write_text("request\nsomething else", encoding="utf-8")
    assert "has not read what it holds. Read it" in netkit("sheet", "invitations", str(sheet))[2]
    assert sheet.read_text(encoding="utf-8") == "request\nsomething else"
    sheet.unlink()
    assert netkit("sheet", "invitations", str(sheet))[0] == 0
    lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("request")
    assert len(lines) > 40
    code, out, _ = netkit("sheet", "invitations", str(sheet), "--read")
    assert code == 0
    assert "nothing new" in out


def test_everything_can_be_taken_along_and_a_person_forgotten(netkit, demo, tmp_path):
    with open_ledger(demo) as ledger:
        name = ledger.invitations.to_frame().query("confidence == 'high'")["name"].value_counts().index[-1]
    assert netkit("export", str(tmp_path / "all"))[0] == 0
    assert any(name in path.read_text(encoding="utf-8") for path in (tmp_path / "all").iterdir())
    assert netkit("forget", name, "--yes")[0] == 0
    assert netkit("export", str(tmp_path / "after"))[0] == 0
    assert not any(name in path.read_text(encoding="utf-8") for path in (tmp_path / "after").iterdir())


def test_a_backup_brings_everything_back(netkit, demo, tmp_path):
    copy = tmp_path / "ledger-copy.db"
    assert netkit("backup", str(copy))[0] == 0
    assert netkit("restore", str(copy), home=tmp_path / "elsewhere")[0] == 0
    with open_ledger(demo) as one, open_ledger(tmp_path / "elsewhere") as other:
        assert one.decisions.to_frame().equals(other.decisions.to_frame())
