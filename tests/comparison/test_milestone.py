"""The verdict is given at milestones, on the first so many decisions as they stood then, and kept."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from invented_decisions import decide
from scipy import special

from netkit.comparison import compare, milestone_verdict
from netkit.comparison.milestone_verdict import paired
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.policy import load_policy
from netkit.triage import fit_history, heard_model

HOUSE = load_policy("house")


@pytest.fixture
def home(tmp_path):
    with open_ledger(tmp_path) as ledger:
        decide(ledger, range(62))
    return tmp_path


def read(home):
    with open_ledger(home) as ledger:
        return read_history(ledger)


def told(home):
    found = milestone_verdict(read(home), HOUSE)
    return found.answer, found.decisions, found.crossed.saving


def test_judges_that_learn_from_each_others_requests_are_held_to_more_than_their_differences_show(
    home, monkeypatch
):
    """In pure noise the variance of their differences is up to twice what it shows, and 1.4 times at 150."""
    given = []

    def noting_it(*run, **how):
        given.append((run, how))
        return paired(*run, **how)

    monkeypatch.setattr(sys.modules[paired.__module__], "paired", noting_it)
    found = milestone_verdict(read(home), HOUSE).crossed
    run, how = given[0]
    shown, held = (
        special.ndtri(1 - p) for p in (paired(*run, **how | {"excess": 1.0}).p_value, found.p_value)
    )
    assert 0 < held < shown / 1.4**0.5


def test_between_milestones_the_verdict_is_kept_whatever_is_recorded_corrected_or_filled_in(home):
    before = told(home)
    assert before[1] == 60
    with open_ledger(home) as ledger:
        decide(ledger, range(62, 70), seed=9)
        first = ledger.decisions.to_frame("invitation").iloc[0]
        other = "decline" if first["action"] == "accept" else "accept"
        ledger.decisions.add(first["request"], other, at=first["at"], source="command line")
        ledger.notes.add(first["request"], "worked_together", "yes", at=first["at"], source="command line")
    assert told(home) == before
    history = read(home)
    corrected = history.table.set_index("request")["label"][first["request"]]
    assert corrected == float(other == "accept")  # all else counts it at once
    assert history.then is not None


def test_the_page_says_when_the_next_verdict_comes_and_where_all_decisions_lean(home):
    said = compare(read(home), HOUSE, origins=2).sentence
    assert "Verdict on your first 60 decisions: " in said
    assert "Record 28 more decisions. Then comes the next verdict." in said
    assert "which is no verdict" in said
    assert "The model judged each part after learning from the others. There the model " in said
    assert " points per 100 decisions compared with the rules (" in said


def test_what_restates_the_decision_is_left_out_once(home):
    found = compare(read(home), HOUSE, origins=2)
    assert found.restating == ("would_stay_in_touch",)
    assert bool(found.conditions) == (found.without_restating.answer != found.at_milestone.answer)


def test_whether_the_model_may_speak_is_asked_of_one_function(home, tmp_path_factory):
    model, lacks = heard_model(read(home), HOUSE)
    assert model is not None and "Then comes the next verdict" in lacks
    uneven = tmp_path_factory.mktemp("uneven")
    with open_ledger(uneven) as ledger:
        decide(ledger, range(62), share=(0.05, 0.95))
    silent, lacks = heard_model(read(uneven), HOUSE)
    assert silent is None and lacks.startswith("The model does not speak. Note recognised, met in person")
    assert "saves" not in compare(read(uneven), HOUSE, origins=2).sentence
    few = tmp_path_factory.mktemp("few")
    with open_ledger(few) as ledger:
        decide(ledger, range(12))
    silent, lacks = heard_model(read(few), HOUSE)
    assert silent is None and lacks.startswith("Record 48 more decisions")


def test_acceptances_that_the_export_alone_knows_tell_how_often_you_accept(home):
    history = read(home)
    alone = fit_history(history, HOUSE)
    known = history.table["label"].eq(1.0) & (np.arange(len(history.table)) % 2 == 0)
    history.table.loc[known, ["state", "source", "scored"]] = ["accepted", "export", False]
    fewer = history.table["state"].eq("decided")
    model = fit_history(history, HOUSE)
    assert model.labels < alone.labels
    facts = history.facts[fewer]
    chance = model.judge(facts)["probability"].mean()
    assert chance > history.table.loc[fewer, "label"].mean() + 0.05


def test_a_kept_verdict_outlives_notes_that_lean_and_the_figures_since_are_not_shown(home):
    found = compare(read(home), HOUSE, origins=2)
    since = replace(found, noting=replace(found.noting, changed=("met_in_person",)))
    assert since.leaning and not (since.withheld or found.leaning)
    assert since.verdict == found.verdict
    assert "Of all decisions by now nothing can be said. Note more decisions in one way." in since.sentence
    assert "later requests" in found.sentence and "later requests" not in since.sentence
