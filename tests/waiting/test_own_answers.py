"""An answer that a policy declares is recorded by its own name, shown in its own words, and counts as what it means."""

import pytest
from invented_export import export, invitation
from invented_policies import tiny, tiny_text

from netkit import lab
from netkit.cli import run
from netkit.history import read_history
from netkit.introductions import ask_introduction, read_life
from netkit.ledger import open_ledger
from netkit.policy import explain
from netkit.sitting.card import card

ANSWERS = """\
answers:
  invitation:
    by_mail: {words: answer by e-mail instead, means: decline, letter: decline-kindly}
  introduction:
    office: {words: send them to the office, means: decline}
"""
RULES = [("known", "{recognised: yes}", "accept"), ("rest", "{}", "by_mail")]
NAMES = ["Ada Fox", "Bo Kern"]


@pytest.fixture
def home(tmp_path):
    """Two wait, and the policy in office answers strangers in a way of its own."""
    asked = [
        invitation(name, f"2024-02-0{day}T12:00:00+00:00", slug=name[:2]) for day, name in enumerate(NAMES, 1)
    ]
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", invitations=asked))
    (tmp_path / "policies").mkdir()
    more = tiny_text([("all", "{}", "office")], kind="introduction").split("title: Made up}\n")[1]
    text = tiny_text(RULES, more=ANSWERS).replace("policy: tiny", "policy: my_policy") + more
    (tmp_path / "policies" / "my_policy.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def netkit(home, capsys):
    def call(*words, code=0):
        assert run([*words, "--home", str(home)]) == code
        told = capsys.readouterr()
        return " ".join((told.out + told.err).split())

    return call


def recorded(home):
    with open_ledger(home) as ledger:
        rows = ledger.database.rows("SELECT action, answer FROM all_decisions ORDER BY recorded_at, id")
        return [(row["action"], row["answer"]) for row in rows]


def test_an_answer_of_ones_own_is_kept_by_its_name_and_counts_as_what_it_means(home, netkit):
    assert "by_mail, with 1 fact" in netkit("decide", "Ada", "by_mail", "--fact", "recognised=no")
    assert recorded(home) == [("decline", "by_mail")]
    with open_ledger(home) as ledger:
        assert read_history(ledger).table.set_index("name").loc["Ada Fox", "label"] == 0.0
    assert "you chose answer by e-mail instead" in netkit("show", "Ada")
    assert "by_mail; no decision of yours stands" in netkit("decide", "Ada", "undo")
    netkit("decide", "Ada", "decline")
    assert recorded(home) == [("decline", None)]


def test_an_answer_that_no_policy_declares_is_refused_with_the_nearest(home, netkit):
    told = netkit("decide", "Ada", "by_mial", code=2)
    assert "There is no action 'by_mial'. Did you mean 'by_mail'?" in told
    assert "'office' is no answer to an invitation" in netkit("decide", "Ada", "office", code=2)
    assert recorded(home) == []


def test_an_introduction_keeps_the_answers_own_name_too(home, netkit):
    with open_ledger(home) as ledger:
        life = ask_introduction(
            ledger, "Gus Neu", "Fay Ott", purpose="a job", channel="email", on="2024-03-02"
        )
    netkit("decide", life.request, "office", "--on", "2024-03-03")
    assert recorded(home) == [("decline", "office")]
    with open_ledger(home) as ledger:
        assert read_life(ledger, life.request).steps[-1].words == "declined; answer: office"


@pytest.mark.parametrize("words", [["triage"], ["triage", "--grouped"], ["show", "Ada"]])
def test_the_advice_is_said_in_the_policys_words(netkit, words):
    assert "If no: answer by e-mail instead" in netkit("show", "Ada")
    netkit("decide", "Ada", "defer", "--fact", "recognised=no")
    assert "nswer by e-mail instead" in netkit(*words)


def test_those_that_are_alike_are_given_the_policys_own_answer(home, netkit):
    assert "2 by mail" in netkit("decide", "Ada", "--group", "--fact", "recognised=no")
    assert recorded(home) == [("decline", "by_mail")] * 2


def test_what_is_open_and_what_would_change_is_said_in_the_policys_words():
    policy = tiny(RULES, more=ANSWERS)
    decision = policy.decide_one({}, "invitation")
    assert decision.choices == ("answer by e-mail instead", "accept")
    assert "Still possible: answer by e-mail instead or accept" in decision.reason
    told = repr(explain(policy, {"recognised": "yes"}, "invitation"))
    assert "is answered no: answer by e-mail instead" in told and "by mail" not in told


def test_a_sitting_shows_and_keeps_the_policys_own_answer_once_its_advice_was_seen(home):
    session = lab.triage(home, blind=True).session
    for reveal in (False, True):
        session.handle({"do": "answer", "request": session.request, "fact": "recognised", "level": "no"})
        if reveal:
            session.handle({"do": "reveal", "request": session.request})
        (says,) = (each["says"] for each in card(session)["actions"] if each["send"]["action"] == "decline")
        assert says == ("Answer by e-mail instead" if reveal else "Decline")
        session.handle({"do": "decide", "request": session.request, "action": "decline"})
        assert card(session)["last"]["done"] == f"declined{' (answer by e-mail instead)' * reveal}"
    assert recorded(home) == [("decline", None), ("decline", "by_mail")]
