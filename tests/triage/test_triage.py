"""What is advised about a request of the ledger to whose sender a question was put."""

from functools import partial

import pytest
from invented_export import export, invitation

from netkit import lab
from netkit.cli import run
from netkit.demo import demo_home
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.policy import load_policy
from netkit.triage import differing, fit_history, triage

POLICY = load_policy("known_people_only")
STRANGER = {"recognised": "no", "worked_together": "no"}


@pytest.fixture
def home(tmp_path):
    """Bo, a stranger, waits for an answer."""
    bo = invitation("Bo Kern", "2024-02-28T10:00:00+00:00", slug="bo")
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", invitations=[bo]))
        (request,) = ledger.invitations.to_frame()["request"]
        for fact, level in STRANGER.items():
            ledger.notes.add(request, fact, level, at="2024-03-01", source="test")
    return tmp_path


def ask(home, reply=None):
    """Put the question to Bo, and note what came back, if anything did."""
    with open_ledger(home) as ledger:
        (request,) = ledger.invitations.to_frame()["request"]
        ledger.decisions.add(request, "ask", at="2024-03-01", source="test")
        if reply:
            ledger.notes.add(request, "reply_to_question", reply, at="2024-03-02", source="test")
    return request


def advised(home):
    with open_ledger(home) as ledger:
        (row,) = triage(read_history(ledger), POLICY).to_dict(orient="records")
    return row


def test_a_stranger_is_to_be_asked(home):
    assert (advised(home)["action"], advised(home)["settled"]) == ("ask", True)


def test_whoever_was_asked_is_not_to_be_asked_once_more_but_the_answer_found_out(home):
    ask(home)
    row = advised(home)
    assert not row["settled"]
    assert {"accept", "decline", "defer"} <= set(row["possible"])


def test_the_model_begins_at_the_answer_that_stands_beside_it(home):
    """Had nobody asked, the house would leave Bo out; as it is, the reply may change that."""
    begun = []

    class Beginner:
        def judge(self, facts, score):
            begun.append(score.tolist())
            return facts[["request"]].assign(action="ask", settled=True, probability=0.5)

    house = load_policy("house")
    for told in (lambda: None, lambda: ask(home)):
        told()
        with open_ledger(home) as ledger:
            (request,) = ledger.invitations.to_frame()["request"]
            ledger.notes.add(request, "recognised", "yes", at="2024-03-01", source="test")
            ledger.notes.add(request, "would_stay_in_touch", "no", at="2024-03-01", source="test")
            triage(read_history(ledger), house, Beginner())
    assert begun == [[-1], [0]]


@pytest.mark.parametrize(("settled", "shown"), [(True, ["accept"]), (False, [])])
def test_an_answer_of_the_model_that_a_fact_could_change_is_not_shown_its_chance_is(home, settled, shown):
    class Learned:
        def judge(self, facts, score):
            return facts[["request"]].assign(action="accept", settled=settled, probability=0.8)

    with open_ledger(home) as ledger:
        table = triage(read_history(ledger), POLICY, Learned())
    assert table["model_action"].dropna().tolist() == shown
    assert table["model_probability"].tolist() == [0.8]


def test_silence_is_learned_from_by_the_weight_that_it_is_given():
    house = load_policy("house")
    with open_ledger(demo_home("plain")) as ledger:
        history = read_history(ledger, house.vocabularies["invitation"])
    none, half, whole = (fit_history(history, house, weak_weight=weight).labels for weight in (0.0, 0.5, 1.0))
    assert fit_history(history, house).labels == none < half < whole
    assert half - none == whole - half


@pytest.mark.parametrize(("reply", "action"), [("knows_me", "accept"), ("just_widening", "decline")])
def test_the_answer_that_came_back_decides(home, reply, action):
    ask(home, reply)
    assert (advised(home)["action"], advised(home)["settled"]) == (action, True)


@pytest.mark.parametrize("asked", [False, True])
def test_an_explanation_does_not_assume_that_nobody_asked_what_the_ledger_says_you_asked(home, capsys, asked):
    with open_ledger(home) as ledger:
        (request,) = ledger.invitations.to_frame()["request"]
    if asked:
        ask(home)
    explain = ["policy", "explain", "--policy", "known_people_only", "--home", str(home)]
    assert run([*explain, request]) == 0
    said = capsys.readouterr().out
    assert "you have not asked" not in said
    assert ("Not settled" in said) == asked
    assert run([*explain, "--fact", "recognised=no", "--fact", "worked_together=no"]) == 0
    assert "you have not asked" in capsys.readouterr().out  # of nobody in particular nothing is told


@pytest.mark.parametrize("sit_down", [lab.triage, lab.label_past, partial(lab.what_if, None)])
def test_in_the_lab_the_policy_does_not_advise_to_ask_once_more(home, sit_down):
    request = ask(home)
    with open_ledger(home) as ledger:
        known = read_history(ledger).facts.set_index("request").loc[request].dropna().to_dict()
    judges = sit_down(home, policy=POLICY).session.judges
    assert judges.opinions(known)[0]["answer"] is None


def test_with_few_labels_of_either_answer_no_model_is_fitted_to_see_where_it_differs(home, monkeypatch):
    with open_ledger(home) as ledger:
        history = read_history(ledger)
    monkeypatch.setattr("netkit.triage.fit_history", None)
    waiting = history.waiting()["request"].tolist()
    assert waiting
    assert differing(history, load_policy("house"), waiting) == []
