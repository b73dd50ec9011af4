"""One person or one request on one screen, and the candidates where several fit."""

import json
import re
from types import SimpleNamespace

import pytest
from invented_export import connection, export, invitation
from invented_sitting import build

from netkit.cli import run
from netkit.ledger import open_ledger
from netkit.letters.letter_templates import read_template
from netkit.triage import fitted_or_none

NOTE = "Hello, we met at the fair in Graz. Shall we keep in touch about glazes?"


@pytest.fixture
def home(tmp_path):
    """Ana waits with a note, Bo Kern was accepted after two days, Bo Lind is connected."""
    asked = [
        invitation("Ana Example", "2024-02-27T12:00:00+00:00", slug="ana", note=NOTE),
        invitation("Bo Kern", "2024-02-01T12:00:00+00:00", slug="bo"),
    ]
    linked = [
        connection("Bo Kern", "2024-02-03", slug="bo"),
        connection("Bo Lind", "2020-01-12", slug="lind"),
    ]
    with open_ledger(tmp_path) as ledger:
        absent = ("messages", "address_book")
        ledger.import_export(export("2024-03-01", invitations=asked, connections=linked, absent=absent))
        ledger.introductions.add(
            "Gus Other", "Bo Lind", asked_at="2024-02-25", purpose_text="a talk", channel="email", source="t"
        )
    return tmp_path


@pytest.fixture
def netkit(home, capsys):
    def call(*words):
        capsys.readouterr()
        code = run([*words, "--home", str(home)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def key(home, name):
    with open_ledger(home) as ledger:
        return ledger.invitations.to_frame().set_index("name").loc[name, "request"]


@pytest.mark.parametrize("whom", ["Ana Example", "ana", "linkedin.com/in/ana", "KEY", "KEY7"])
def test_whoever_waits_is_shown_with_the_whole_note_the_question_and_where_its_answers_lead(
    netkit, home, whom
):
    request = key(home, "Ana Example")
    code, out, _ = netkit("show", {"KEY": request, "KEY7": request[:7]}.get(whom, whom))
    said = " ".join(out.split())
    assert code == 0
    assert NOTE in said
    assert f"{request} 27 Feb 2024 waits for your answer" in said
    assert "Question Do you recognise who this is?" in said
    assert f"Answer it: netkit decide {request} --fact recognised=yes (or no or unknown)" in said
    assert "If yes: still open (accept, ask, defer or ignore)" in said
    assert f"netkit decide {request} ACTION" in out


def test_once_it_is_settled_the_advice_its_clause_and_what_you_noted_are_shown(netkit, home):
    facts = ("recognised=yes", "would_stay_in_touch=no")
    netkit("decide", "Ana", "defer", *(word for fact in facts for word in ("--fact", fact)))
    said = " ".join(netkit("show", "Ana")[1].split())
    assert "You noted recognised: yes · would stay in touch: no" in said
    assert "Advice Ignore. You know who this is and would not stay in touch." in said
    assert "known-but-not-for-keeping [PN6, KP5] PN6: Do not accept an invitation if you met, but" in said
    assert "you deferred it until" in said
    assert "Assumed you wrote to each other before: no · the sender is in your address book: no" in said


def test_who_is_answered_is_shown_with_the_way_back_and_not_to_be_answered_again(netkit, home):
    netkit("decide", "Ana", "decline", "--on", "2024-03-01")
    key = re.search(r"inv-\w+", netkit("show", "Ana")[1])[0]
    said = netkit("show", key)[1]
    assert "you chose decline on 1 Mar 2024" in said and "Answer: netkit work" not in said
    assert "Take back what you recorded: netkit decide inv-" in said


def test_what_you_noted_once_the_answer_was_known_is_shown_as_such(netkit, home):
    with open_ledger(home) as ledger:
        ledger.notes.add(key(home, "Bo Kern"), "met_in_person", "yes", at="2024-03-02", source="t")
    said = " ".join(netkit("show", "Bo Kern")[1].split())
    assert "You noted met in person: yes (noted after the answer was known: no judge sees it)" in said


@pytest.mark.parametrize("may", [True, False])
def test_the_model_says_what_it_makes_of_a_request_once_it_may_speak(tmp_path, capsys, monkeypatch, may):
    monkeypatch.setattr("netkit.history.sample_check.MoreDecisions.may_speak", True)
    heard = fitted_or_none if may else lambda *_: None
    monkeypatch.setattr("netkit.triage.heard_model", lambda *judged: (heard(*judged), ""))
    home = build(tmp_path / "sitting")
    assert run(["show", "Ada Love", "--home", str(home)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert ("The model" in said) == may == ("the chance" in said or "of 100" in said)


def test_what_became_of_an_invitation_and_introductions_are_shown(netkit):
    assert "accepted after 2 days" in netkit("show", "Bo Kern")[1]
    said = netkit("show", "Lind")[1]
    assert "Connected since 12 Jan 2020" in said
    assert "asked you 0 times, asked for 1 time; 0 made, 0 useful" in said
    assert "Gus Other" in said


def test_several_people_are_listed_by_their_keys(netkit):
    code, out, err = netkit("show", "Bo")
    assert (code, out) == (2, "")
    assert "netkit: 2 people fit 'Bo'. Give one of these keys:\n  in:" in err
    assert "in:bo    Bo Kern · invitation of 1 Feb 2024" in err
    assert "in:lind  Bo Lind" in err


def test_nobody_is_bad_input(netkit):
    code, out, err = netkit("show", "Quentin")
    assert (code, out) == (2, "")
    assert "The ledger knows nobody and no request of 'Quentin'." in err


@pytest.mark.parametrize("words", [["show"], ["find"], ["forget", "--yes"]])
def test_a_name_with_a_slip_offers_those_that_are_like_it(netkit, home, words):
    code, _, err = netkit(*words[:1], "Ana Exampel", *words[1:])
    assert code == 2 and f"{key(home, 'Ana Example')}  Ana Example · invitation of 27 Feb 2024" in err
    assert "'Ana Exampel', but of a name like it. Give one of these keys:" in err
    assert netkit("show", "Ana Example")[0] == 0


@pytest.mark.parametrize("command", ["show", "find"])
def test_no_word_is_bad_input(netkit, command):
    assert "There is no word to look for. Give a name" in netkit(command, " ")[2]


@pytest.mark.parametrize("words", [["show"], ["find"], ["forget", "--yes"], ["judge", "--from"]])
def test_what_was_pasted_in_the_place_of_a_word_is_not_said_back_in_full(netkit, words):
    code, _, err = netkit(*words, "a note " * 2000)
    assert code == 2 and "a note a n …'" in err and 40 < len(err) < 400


def test_an_introduction_is_shown_as_introductions_are(netkit, home):
    with open_ledger(home) as ledger:
        (request,) = ledger.introductions.to_frame()["request"]
    assert netkit("show", request[:9])[1] == netkit("intro", "show", "Gus")[1] != ""


def test_everything_is_there_as_json(netkit, home):
    told = json.loads(netkit("show", "Ana", "--json")[1])
    assert told["person"] == "in:ana"
    assert told["invitations"][0]["note"] == NOTE
    assert told["advice"]["fact"] == "recognised"
    assert set(told["advice"]["leads_to"]) == {"yes", "no"}


@pytest.mark.parametrize("word", ["graz", "GLAZES", "Ana Ex", "KEY7"])
def test_a_word_of_a_note_or_a_name_finds_the_request(netkit, home, word):
    code, out, _ = netkit("find", key(home, "Ana Example")[:7] if word == "KEY7" else word)
    assert code == 0
    assert key(home, "Ana Example") in out and "we met at the fair" in " ".join(out.split())
    assert "Bo" not in out


def test_a_purpose_finds_both_sides_and_nothing_found_is_said(netkit):
    assert "Gus Other" in (out := netkit("find", "talk")[1]) and "Bo Lind" in out
    found = json.loads(netkit("find", "Bo", "--json")[1])
    assert {each["name"] for each in found} == {"Bo Kern", "Bo Lind"}
    code, out, err = netkit("find", "zebra")
    assert (code, out) == (2, "") and "has 'zebra'" in err


def test_mail_is_shown_of_somebody_who_never_asked(netkit, home, tmp_path):
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Bo Lind\nEMAIL:bo@lind.example\n"
    card += "URL:https://www.linkedin.com/in/lind\nEND:VCARD\n"
    (tmp_path / "people.vcf").write_text(card, encoding="utf-8")
    assert netkit("evidence", "add", str(tmp_path / "people.vcf"), "--me", "kim@own.example")[0] == 0
    assert "Evidence This person is in your own address book." in " ".join(netkit("show", "Lind")[1].split())


@pytest.mark.parametrize("words", [["forget", "Kern"], ["forget", "in:bo"], ["forget", "KEY"]])
def test_whoever_is_forgotten_is_named_first(netkit, home, words, monkeypatch):
    asked = []
    monkeypatch.setattr("click.confirm", lambda text, abort: asked.append(text))
    code, _, _ = netkit(*(key(home, "Bo Kern")[:9] if word == "KEY" else word for word in words))
    assert code == 0 and "Bo Kern (in:bo)" in asked[0]
    assert netkit("show", "Kern")[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ["decide", "Ana", "accept"],
        ["decide", "KEY7", "accept"],
        ["policy", "explain", "Ana"],
        ["letter", "accept-opener", "--request", "Ana", "--value", "first_name=Ana"],
        ["intro", "judge", "Gus"],
        ["evidence", "match", "Ana"],
        ["evidence", "same", "KEY7", "ana@mail.example"],
        ["ask", "Lind", "--draft", "Hello"],
        ["review", "--keep", "Lind"],
        ["outcomes", "Kern"],
        ["intro", "answer", "Gus", "decline", "--on", "2024-02-26"],
        ["intro", "undo", "Gus", "--request", "--on", "2024-02-26"],
    ],
)
def test_every_command_that_takes_a_key_takes_a_name_or_the_beginning_of_a_key(netkit, home, words):
    told = [key(home, "Ana Example")[:7] if word == "KEY7" else word for word in words]
    code, _, err = netkit(*told)
    assert (code, "does not know" in err) in [(0, False), (2, False)]
    assert "nobody" not in err.casefold() and "has no" not in err


def test_an_answer_to_an_invitation_never_meets_the_introduction_of_the_same_name(netkit, home):
    with open_ledger(home) as ledger:
        ledger.introductions.add(
            "Ana Example", "Bo Lind", asked_at="2024-02-26", purpose_text="x", channel="email", source="t"
        )
    assert netkit("decide", "Ana", "accept")[0] == 0
    code, _, err = netkit("decide", "Ana", "decline")
    assert code == 2 and "2 requests fit 'Ana'" in err


@pytest.mark.parametrize(
    ("words", "asked", "says"),
    [
        (["accept-opener", "--request", "Ana"], {"opener", "my_first_name"}, "Dear Ana,"),
        (
            ["accept-opener", "--request", "Ana", "--value", "first_name=Anni"],
            {"opener", "my_first_name"},
            "Dear Anni,",
        ),
        (["accept-opener"], {"first_name", "opener", "my_first_name"}, "Dear told,"),
        (["no-introduction", "--request", "Gus"], {"my_first_name"}, "Dear Gus,"),
    ],
)
def test_a_letter_about_a_request_asks_only_for_what_the_ledger_does_not_know(
    netkit, monkeypatch, words, asked, says
):
    questions = read_template(words[0]).values
    prompted = []
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("click.prompt", lambda question, **_: prompted.append(question) or "told")
    code, out, _ = netkit("letter", *words)
    assert (code, out.splitlines()[0]) == (0, says)
    assert {name for name, value in questions.items() if value.question in prompted} == asked


def test_the_explanation_advises_and_asks_what_the_request_is_shown_with(netkit):
    shown = " ".join(netkit("show", "Ana")[1].split())
    explained = " ".join(netkit("policy", "explain", "Ana")[1].split())
    question = shown.partition(" Question ")[2].partition("?")[0]
    assert question and f"Next: {question}?" in explained


def test_a_word_that_is_no_command_of_a_group_is_answered_with_those_there_are(netkit):
    code, _, error = netkit("policy", "show")
    assert code == 2 and "explain" in error and "list" in error


def test_the_letter_of_an_answer_is_named_with_it_and_drafted_without_its_name(netkit, home):
    request = key(home, "Ana Example")
    code, out, _ = netkit("letter", "--request", "Ana")
    assert code == 0 and "No letter belongs to Ana as things stand." in out and "accept-opener" in out
    assert (
        f"\nIts letter, if one fits: netkit letter --request {request}\n" in netkit("decide", "Ana", "ask")[1]
    )
    value = ("--value", "what_caught_my_eye=your bees", "--value", "my_first_name=Kim")
    assert "You write that we have met." in netkit("letter", "--request", "Ana", *value)[1]
    for level in ("no", "unknown"):
        netkit("decide", "Ana", "--fact", f"note_recalls_meeting={level}")
        out = netkit("letter", "--request", "Ana", *value)[1]
        assert "This caught my eye: your bees." in out and "What do you hope will come of it" in out
    assert "letter" not in netkit("decide", "Ana", "ignore")[1]
