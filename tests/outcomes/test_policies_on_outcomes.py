"""What policies would have kept and avoided, and what the model learns of it, where the truth is known."""

import json
import re
import shutil

import pandas as pd
import pytest

from netkit.cli import run
from netkit.demo import demo_home
from netkit.errors import NotEnoughError
from netkit.fictional.story import tell_story
from netkit.history import alike_words, read_history, read_outcomes
from netkit.ledger import open_ledger
from netkit.model import FittedModel
from netkit.outcomes import compare_outcomes, fit_outcomes, policies_on_outcomes
from netkit.policy import load_policy

HOUSE, OPEN = load_policy("house"), load_policy("open_to_conversation")


@pytest.fixture(scope="module")
def home():
    return demo_home("long")


@pytest.fixture(scope="module")
def past(home):
    with open_ledger(home) as ledger:
        history = read_history(ledger)
        return history, read_outcomes(ledger, history.table)


@pytest.fixture(scope="module")
def story():
    return tell_story(7, "long")


def test_what_was_derived_is_what_truly_came_of_it(past, story):
    known = past[1].known.set_index("person")
    truth = story.came_of_it.assign(key=story.came_of_it["person"].map(story.cast["key"])).set_index("key")
    truth = truth[~truth.index.duplicated()].reindex(known.index).dropna(subset=["pitched"])
    found = known.loc[truth.index, "pitched"]
    told = found.notna()
    right = found[told].astype("bool") == truth.loc[told, "pitched"].astype("bool")
    assert len(right) > 200 and right.mean() > 0.97  # a talk of older days may come in between
    talked = truth["talked"].astype("bool")
    assert known.loc[talked[talked].index, "conversation"].all()


@pytest.fixture(scope="module")
def held(past):
    return policies_on_outcomes(*past, [HOUSE, OPEN])


def test_every_acceptance_is_counted_once_by_each_policy(past, held):
    for flag in ("conversation", "pitched"):
        whole = past[1].table[flag].eq(True).sum()
        for table in (held.answers, held.rules):
            assert (table.groupby("policy")[flag].sum() == whole).all()
    assert (held.answers.groupby("policy")["n"].sum() == len(past[1].table)).all()


def test_what_is_kept_lies_within_its_interval_and_its_bounds(held):
    kept = held.kept.set_index("policy")
    for one in ("kept", "avoided"):
        assert (kept[f"{one}_low"] <= kept[f"{one}_share"]).all() and (
            kept[f"{one}_share"] <= kept[f"{one}_high"]
        ).all()
        assert (kept[f"{one}_worst"] <= kept[f"{one}_share"]).all() and (
            kept[f"{one}_share"] <= kept[f"{one}_best"]
        ).all()
    assert (kept["conversation_worst"] < kept["conversation_best"]).all()
    assert (kept["beyond"] > 0).all()
    # Who accepts nearly everybody keeps more conversations and avoids fewer pitches.
    assert kept.loc["open_to_conversation", "kept"] > kept.loc["house", "kept"]
    assert "it would have accepted" in held.sentences[0]


def test_bounds_count_by_hand(past):
    history, outcomes = past
    few = outcomes.table.head(4).assign(
        conversation=pd.array([True, True, None, False], dtype="boolean"),
        pitched=pd.array([False, False, True, None], dtype="boolean"),
    )
    said = HOUSE.judge(history.facts, "invitation", exact=True).set_index("request")["action"]
    takes = said.reindex(few["request"]).eq("accept").to_numpy()
    kept = policies_on_outcomes(history, type(outcomes)(few), [HOUSE]).kept.iloc[0]
    assert kept["conversations"] == 2 and kept["kept"] == takes[:2].sum()
    assert kept["kept_worst"] == pytest.approx(takes[:2].sum() / (2 + (not takes[2])))
    assert kept["kept_best"] == pytest.approx((takes[:2].sum() + takes[2]) / (2 + takes[2]))
    assert kept["pitches"] == 1 and kept["avoided"] == int(not takes[2])


def test_the_model_of_pitches_finds_that_strangers_pitch(past):
    model = fit_outcomes(*past, HOUSE, "pitched")
    effects = model.effects().set_index(["fact", "level"])
    assert effects.loc[("recognised", "no"), "estimate"] > 0
    assert "odds of a pitch" in effects.loc[("recognised", "no"), "words"]
    assert model.data.n == past[1].known["pitched"].notna().sum()
    back = FittedModel.from_json(model.to_json())
    assert back.target == "pitched" and "target" in json.loads(model.to_json())


@pytest.mark.parametrize("target", ["conversation", "pitched"])
def test_the_one_comparison_answers_for_outcomes_too(past, target):
    found = compare_outcomes(*past, [HOUSE], target)
    known = past[1].table[target].dropna()
    assert found.labels == len(known)
    assert found.accepted == (known.sum() if target == "conversation" else len(known) - known.sum())
    assert "Only what you accepted has an outcome" in found.notes[0]
    # No outcome is learned from before its time was over.
    assert found.backtest.places.size < len(known)


def test_an_outcome_that_is_always_the_same_teaches_nothing(past):
    history, outcomes = past
    never = type(outcomes)(
        outcomes.table.assign(pitched=pd.array([False] * len(outcomes.table), dtype="boolean"))
    )
    with pytest.raises(NotEnoughError, match="0 were followed by a pitch"):
        fit_outcomes(history, never, HOUSE, "pitched")


def test_a_waiting_request_is_told_what_came_of_those_like_it(past):
    history, outcomes = past
    waiting = history.waiting()["request"].tolist()
    told = alike_words(history, outcomes, waiting)
    assert 0 < len(told) <= len(waiting)
    for words in told.values():
        assert re.match(r"Of \d+ that you accepted \((no note|a note|the platform's own sentence)", words)
        every, *parts = (int(number) for number in re.findall(r"\d+", words))
        assert every == sum(parts) >= 20
    few = type(outcomes)(outcomes.table.head(10))
    assert alike_words(history, few, waiting) == {}


def test_the_commands_say_it(home, capsys, tmp_path):
    def said(*words):
        assert run([*words, "--home", str(home)]) == 0
        return " ".join(capsys.readouterr().out.split())

    assert "became a conversation" in said("outcomes")
    rows = json.loads(said("triage", "--json"))
    told = [row["came_of"] for row in rows if row.get("came_of")]
    screen = said("triage")
    assert screen.count(" that you accepted (") == len(set(told)) and all(line in screen for line in told)
    assert json.loads(said("fit", "--target", "conversation", "--json"))["target"] == "conversation"
    assert run(["fit", "--target", "pitched", "--table", str(tmp_path / "x.csv")]) == 2
    assert run(["outcomes", "--pitched", "yes", "--home", str(home)]) == 2
    assert "Give its key" in capsys.readouterr().err


def test_your_word_for_one_is_recorded(home, past, capsys, tmp_path):
    shutil.copytree(home, tmp_path / "mine")
    known = past[1].known
    request = known.loc[known["pitched"].eq(False), "request"].iloc[0]
    for word, flag in (("yes", "yes"), ("undo", "no")):
        assert run(["outcomes", request, "--pitched", word, "--home", str(tmp_path / "mine")]) == 0
        assert f"pitched: {flag}" in " ".join(capsys.readouterr().out.split())
    refused = past[0].table.query("label == 0")["request"].iloc[0]
    assert run(["outcomes", refused, "--home", str(tmp_path / "mine")]) == 2
    assert "You did not accept" in capsys.readouterr().err
