"""Asking the platform: only its own address, only with GET, nothing lost or doubled, each refusal in a sentence."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from click.testing import CliRunner
from invented_record import event, link, post, row
from pull_server import NO_DATA, TOKEN, Platform, serving

from netkit.cli import cli, pull_command, run
from netkit.ledger import open_ledger
from netkit.record.pull import HOST, questions
from netkit.record.pull import pull as ask

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(days, minutes=0):
    return NOW - timedelta(days=days, minutes=minutes)


def platform(extra=(), many=60):
    made = [ago(20 - n / 6, n) for n in range(many)]
    events = [
        event(1000 + n, at, at + timedelta(minutes=5), "ACCEPT" if n % 3 else "IGNORE")
        for n, at in enumerate(made)
    ]
    events += [post(5000 + n, ago(10)) for n in range(70)]  # more of one moment than a page holds
    rows = [row(f"Person {n}", at) for n, at in enumerate(made)]
    links = [
        link(f"Person {n}", f"{at + timedelta(minutes=5):%Y-%m-%d}") for n, at in enumerate(made) if n % 3
    ]
    return Platform([*events, *extra], rows, links)


@pytest.fixture
def pulled(tmp_path, monkeypatch):
    """Return what `netkit pull` prints and how it ends, on a workspace of its own."""
    monkeypatch.setenv("NETKIT_PULL_TOKEN", TOKEN)
    waited = []

    def call(served, *options, token=TOKEN):
        monkeypatch.setenv("NETKIT_PULL_TOKEN", token)
        with serving(served) as host:
            monkeypatch.setattr(pull_command, "pull", partial(ask, host=host, wait=waited.append))
            done = CliRunner().invoke(cli, ["pull", "--home", str(tmp_path / "home"), *options])
        served.waited = waited
        return str(done.exception or ""), done.output

    return call


def test_all_that_is_new_comes_and_pages_go(pulled, tmp_path):
    served = platform()
    problem, said = pulled(served)
    assert (
        not problem
        and "Read 60 new events about invitations" in said
        and "70 events about other things" in said
    )
    with open_ledger(tmp_path / "home") as ledger:
        links = ledger.record.links()
        assert links.counts["linked"] == 60 and links.declines and len(ledger.invitations.to_frame()) == 60
        (span,) = ledger.record.covered().itertuples()
        assert span.begins <= NOW - timedelta(days=27) and span.ends >= NOW - timedelta(minutes=3)
    assert {path.name for path in (tmp_path / "home" / "record").iterdir()} == {"lock"}
    assert not served.asked["POST"] and {each["Linkedin-Version"] for each in served.headers} == {"202312"}
    before = span.ends
    problem, said = pulled(served)
    assert not problem and "Read 0 new events" in said
    assert served.log_questions[-1][0] == round(before.timestamp() * 1000)


def test_pages_are_kept_if_you_say_so_and_forgetting_removes_them(pulled, tmp_path):
    pulled(platform(), "--keep-pages")
    kept = [path for path in (tmp_path / "home" / "record").rglob("*") if path.is_file()]
    assert len(kept) > 3 and all(path.stat().st_mode & 0o077 == 0 for path in kept)
    everything = b"".join(path.read_bytes() for path in kept)
    assert TOKEN.encode() not in everything and b"Nobody may keep this sentence" not in everything
    with open_ledger(tmp_path / "home") as ledger:
        assert "answers of the platform" in ledger.forget("Person 1").sentence
        assert ledger.record.links().counts["linked"] == 59
    assert not list((tmp_path / "home" / "record").rglob("*.json"))


def test_the_form_of_events_is_shown_and_nothing_kept(pulled, tmp_path):
    problem, said = pulled(platform(), "--shapes")
    assert not problem and "60  activity.inviteActionData[].invitationId" in said
    assert (
        "20  activity.inviteeActionType = IGNORE" in said and "methodName = inviteeClosingInvitation" in said
    )
    assert "urn:" not in said and not any(f"{number}" in said for number in (1000, 1059))
    with open_ledger(tmp_path / "home") as ledger:
        assert not ledger.record.is_there


def test_a_dry_run_asks_nothing(pulled):
    served = platform()
    problem, said = pulled(served, "--dry-run")
    assert not problem and f"GET {HOST}/rest/memberChangeLogs?q=memberAndApplication&count=50" in said
    assert not served.asked and TOKEN not in said


def test_overlapping_pages_and_a_log_without_end(pulled, tmp_path):
    served = platform()
    rows = served.domains["CONNECTIONS"][0]
    served.domains["CONNECTIONS"] = [rows[:25], rows[20:]]
    assert not pulled(served)[0]
    with open_ledger(tmp_path / "home") as ledger:
        assert len(ledger.exports.connections()) == len(rows)
    again = platform()
    again.trap = lambda place, asked, times: (
        (200, {"elements": again.events[:50]}, {}) if "ChangeLogs" in place else None
    )
    assert "same page again and again" in pulled(again)[0]


def at(place, status, said=None, headers=None, only=None):
    """Return a trap at one place, always or at its first questions."""

    def trap(found, asked, times):
        if place in found and (only is None or times <= only):
            return (
                status,
                said if said is not None else {"status": status, "message": "secret detail"},
                headers or {},
            )
        return None

    return trap


LOG, SNAPSHOT = "memberChangeLogs", "memberSnapshotData INVITATIONS"
REFUSALS = {
    "a bad question": (at(LOG, 400), "does not take the question"),
    "not allowed": (at("memberAuthorizations", 403), "EEA or Switzerland"),
    "no such log": (at(LOG, 404), "knows no change log"),
    "no data in the log": (at(LOG, 404, NO_DATA), "knows no change log"),
    "another version": (at(LOG, 426), "no longer answers this version"),
    "asked too often": (at(LOG, 429, headers={"Retry-After": "60"}), "after midnight UTC"),
    "a broken server": (at(LOG, 503), "answers with an error (503)"),
    "a redirect": (at(LOG, 302, headers={"Location": "http://127.0.0.1:9/steal"}), "sends netkit to another address"),
    "half an answer": (at(LOG, 200, b'{"elements": ['), "is damaged or no JSON"),
    "a list": (at(LOG, 200, []), "has another form"),
    "a web page": (at(LOG, 200, b"<html>"), "is damaged or no JSON"),
    "a foreign next link": (
        at(LOG, 200, {"elements": [], "paging": {"links": [{"rel": "next", "href": "https://evil.example/x"}]}}),
        "not the platform's",
    ),
    "endless nesting": (at(LOG, 200, b"[" * 100_000), "is damaged or no JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("trap", "says"), REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_has_its_sentence_and_moves_nothing(pulled, tmp_path, trap, says):
    served = platform(many=3)
    served.trap = trap
    problem, said = pulled(served)
    assert says in problem and problem.endswith(".") and TOKEN not in problem + said and "secret" not in said
    with open_ledger(tmp_path / "home") as ledger:
        assert ledger.record.covered().empty
    assert not list((tmp_path / "home").rglob("*.json"))


def test_a_wrong_token_no_consent_and_no_token_at_all(pulled):
    assert "does not accept your token" in pulled(platform(many=3), token="another-token")[0]
    unasked = platform(many=3)
    unasked.regulated = None
    assert "knows no consent" in pulled(unasked)[0]
    assert "This is no token" in pulled(platform(many=3), token="two words")[0]


@pytest.mark.parametrize("status", [408, 500, 502, 429])
def test_what_passes_by_itself_is_asked_again(pulled, status):
    served = platform(many=3)
    served.trap = at(LOG, status, only=1, headers={"Retry-After": "7"})
    problem, said = pulled(served)
    assert not problem and "Read 3 new events" in said
    assert served.waited == [7.0 if status == 429 else 1.0]


def test_what_came_before_a_refusal_is_kept_and_a_lost_domain_makes_nobody_gone(pulled, tmp_path):
    served = platform()
    served.trap = at(SNAPSHOT, 429)
    problem, said = pulled(served)
    assert "after midnight UTC" in problem and "Read 60 new events" in said
    served.trap = lambda *asked: None
    pulled(served)
    served.domains["INVITATIONS"] = [[], []]
    problem, said = pulled(served)
    assert not problem and "INVITATIONS: the platform has no data, or none yet" in said
    with open_ledger(tmp_path / "home") as ledger:
        assert ledger.record.links().counts["linked"] == 60
        assert ledger.exports.imports()["present"].iloc[-1] == ("connections",)


def test_only_the_platform_over_a_safe_line_can_be_asked_from_the_command_line(tmp_path, monkeypatch):
    assert all(each.startswith("https://api.linkedin.com/rest/") for each in questions(0, now=10**13))
    asked = []

    class Client:
        def __init__(self, **options):
            asked.append(options)
            raise RuntimeError("stop here")

    monkeypatch.setattr("httpx.Client", Client)
    for name, value in {
        "NETKIT_PULL_TOKEN": TOKEN, "HTTPS_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/x", "NETKIT_PULL_HOST": "http://x",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with pytest.raises(RuntimeError):
        run(["pull", "--home", str(tmp_path / "home")])
    (options,) = asked
    assert options["base_url"] == HOST and not options["follow_redirects"] and not options["trust_env"]
    assert "verify" not in options and TOKEN not in str(options["base_url"])


CHILD = """
import sys
from functools import partial
from pathlib import Path
from netkit.cli import pull_command, run
from netkit.record.pull import pull
pull_command.pull = partial(pull, host=sys.argv[1])
sys.exit(run(["pull", "--home", sys.argv[2]]))
"""


def test_a_pull_that_is_killed_loses_and_doubles_nothing(tmp_path):
    served, rng, home = platform(), random.Random(4), tmp_path / "home"
    slow = served.answer
    served.answer = lambda *asked: time.sleep(0.01) or slow(*asked)
    environ = {**os.environ, "NETKIT_PULL_TOKEN": TOKEN}
    with serving(served) as host:
        command = [sys.executable, "-c", CHILD, host, str(home)]
        began = time.monotonic()
        assert (
            subprocess.run(
                [*command[:-1], str(tmp_path / "whole")], env=environ, check=False, capture_output=True
            ).returncode
            == 0
        )
        lasts = time.monotonic() - began
        for _ in range(3):
            child = subprocess.Popen(
                command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(lasts * rng.uniform(0.4, 1.0))
            child.send_signal(signal.SIGKILL)
            child.wait()
        done = subprocess.run(command, env=environ, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    with open_ledger(home) as ledger, open_ledger(tmp_path / "whole") as whole:
        assert ledger.record.events().equals(whole.record.events())
        decided = [
            each.decisions.to_frame(include_undone=True)[["request", "action", "at", "via"]].to_csv()
            for each in (ledger, whole)
        ]
        assert decided[0] == decided[1] and ledger.verify().intact
    assert {path.name for path in (home / "record").iterdir()} == {"lock"}
