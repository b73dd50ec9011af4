"""One week of introductions, as the handbook's page tells it: every command of the page is run, in order."""

import io
import re
import shlex
from datetime import date
from pathlib import Path

import icalendar
import pytest

from netkit.cli import run, screen
from netkit.history import read_introductions
from netkit.introductions import known_facts, past_letters, read_lives, reminders
from netkit.ledger import open_ledger
from netkit.policy import load_policy

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "introduce.md").read_text(encoding="utf-8")
MIRA, SVEN, ADA = "intro-c431a000", "intro-7d5aa281", "intro-50e36a47"
SUNDAY = date(2024, 3, 10)


def told(text):
    """The commands of the page, each with the lines that it must print, in order."""
    commands = []
    for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line.removeprefix("$ "), []))
            else:
                commands[-1][1].append(line)
    return [(line, printed) for line, printed in commands if line.startswith("netkit ")]


def plain(text):
    return " ".join(text.split())


class Week:
    """What the page's commands printed, and the workspace that they left behind."""

    def __init__(self, home, folder):
        self.home, self.folder, self.printed = home, folder, []


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    folder = tmp_path_factory.mktemp("week")
    home = folder / "home"
    (home / "letters").mkdir(parents=True)
    title, values = re.search(r'^```yaml title="(.*?)"\n(.*?)^```', PAGE, re.M | re.S).groups()
    (home / title).write_text(values, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETKIT_HOME", str(home))
        patch.chdir(folder)
        patch.setattr(screen.console, "width", 80)  # as a terminal of the usual width shows it
        found = Week(home, folder)
        for line, expected in told(PAGE):
            found.printed.append((line, expected, *captured(line, patch)))
        yield found


def captured(line, patch):
    """Run a command line as the shell would, and return its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    patch.setattr("sys.stdout", out)
    patch.setattr("sys.stderr", err)
    code = run(shlex.split(line)[1:])
    return code, out.getvalue() + err.getvalue()


def test_every_command_prints_what_the_page_says(week):
    for line, expected, code, printed in week.printed:
        rest = plain(printed)
        for said in map(plain, expected):
            assert said in rest, f"{line}\nexpected: {said}\nprinted: {printed}"
            rest = rest[rest.index(said) + len(said) :]
        assert code == (2 if expected and expected[0].startswith("netkit: ") else 0), line


def test_the_week_holds_all_that_a_life_can_hold(week):
    with open_ledger(week.home) as ledger:
        steps = {step.step for life in read_lives(ledger) for step in life.standing}
    assert steps == {
        "judged", "call_me", "permission_asked", "permission_given", "permission_refused", "introduced",
        "followed_up", "outcome_requester", "outcome_contact", "declined", "redirected",
    }  # fmt: skip


def test_the_decisions_are_those_that_the_clauses_demand(week):
    with open_ledger(week.home) as ledger:
        table = read_introductions(ledger).table.set_index("request")
    assert table["action"].to_dict() == {MIRA: "introduce", SVEN: "decline", ADA: "redirect"}
    assert table["state"].to_dict() == {MIRA: "made", SVEN: "not_made", ADA: "not_made"}
    assert table.loc[MIRA, "outcome"] == "no_show"
    assert table.loc[MIRA, "label"] == 0.0
    assert table["label"].isna().to_dict() == {MIRA: False, SVEN: True, ADA: True}


def test_every_advice_cites_its_clause(week):
    with open_ledger(week.home) as ledger:
        lives = {life.request: life for life in read_lives(ledger)}

    def cited(request):
        judged = [step.detail for step in lives[request].standing if step.step == "judged"]
        return [(each["advice"], each["clause"]) for each in judged if "clause" in each]

    assert cited(MIRA) == [("ask_permission", "PI4, PI1, PI2"), ("introduce", "PI1, PI4")]
    assert cited(SVEN) == [
        ("ask_requester", "PV5"),
        ("ask_permission", "PN3, PV3, PI4"),
        ("decline", "PI4, KP5"),
    ]
    assert cited(ADA) == [("redirect", "PV7, PV6")]


def test_the_letters_are_kept_each_under_its_request(week):
    with open_ledger(week.home) as ledger:
        letters = sorted(past_letters(ledger), key=lambda letter: letter["number"])
    assert [(letter["request"], letter["template"]) for letter in letters] == [
        (MIRA, "ask-permission"),
        (SVEN, "please-call-me"),
        (MIRA, "introduce"),
        (SVEN, "ask-permission"),
        (SVEN, "contact-said-no"),
        (MIRA, "follow-up"),
        (MIRA, "follow-up"),
        (ADA, "no-introduction"),
    ]
    assert {letter["outcome"] for letter in letters if letter["request"] == MIRA} == {"no_show"}


def test_nothing_is_left_to_be_reminded_of(week):
    with open_ledger(week.home) as ledger:
        assert reminders(ledger) == []


def test_the_calendar_file_holds_the_follow_up_of_friday(week):
    events = icalendar.Calendar.from_ical((week.folder / "due.ics").read_bytes()).walk("VEVENT")
    assert [(event["SUMMARY"], event.decoded("DTSTART")) for event in events] == [
        ("Ask Tom Achterberg and Mira Solberg how it went", date(2024, 3, 8))
    ]


def test_the_facts_of_the_second_request_remember_the_first(week):
    with open_ledger(week.home) as ledger:
        policy = load_policy("house")
        again = known_facts(ledger, ADA, policy, SUNDAY)
        refused = known_facts(ledger, SVEN, policy, SUNDAY)
        made = known_facts(ledger, MIRA, policy, SUNDAY)
    assert again["requester_past"] == "let_down"
    assert (refused["permission"], refused["asked_by"]) == ("refused", "telephone")
    assert (made["permission"], made["contact_asked_lately"]) == ("given", 0)


def test_what_was_decided_after_seeing_the_advice_says_so(week):
    with open_ledger(week.home) as ledger:
        steps = [step for life in read_lives(ledger) for step in life.standing]
    seen = {step.step for step in steps if step.detail.get("opinion_seen")}
    assert seen == {"call_me", "permission_asked", "introduced", "declined", "redirected"}


def test_the_page_is_a_script_of_some_length():
    lines = [line for line, _ in told(PAGE)]
    assert len(lines) > 25
    assert all("--on" in line for line in lines if re.match("netkit (due|intro (ask|judge))", line))
