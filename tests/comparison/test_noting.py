"""Facts noted mostly with one answer: found by their origin, counted alike, or no verdict at all."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netkit.cli.comparison_screen import show_comparison
from netkit.comparison import compare, compare_judges
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.noting import Noting, effective
from netkit.comparison.verdict import PairedComparison, weighted
from netkit.evaluation.resampling import Blocks

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def habits():
    spec = importlib.util.spec_from_file_location("habits_benchmark", ROOT / "benchmarks/verdict_habits.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def invented(habits, habit, n=150, seed=0, world="model better"):
    return habits.invent(
        (habits.UNEVEN | habits.HONEST)[habit], habits.WORLDS[world], n, np.random.default_rng(seed)
    )


def noting(history, origin=None):
    past = Labelled.of(history, history.vocabulary).only_strong()
    if origin is not None:
        came = past.facts.notna().replace({True: origin, False: None}).astype("object")
        past = Labelled(
            past.facts, past.labels, past.times, came_from=came.assign(request=past.facts["request"])
        )
    return Noting.of(past)


@pytest.mark.parametrize(
    ("habit", "n"),
    [("all 5/95", 60), ("each 15/95", 150), ("one 5/95", 150), ("each 95/15", 150), ("90/90 then 10/95", 150), ("reasons", 150),
     ("side changes", 150), ("unused 5/95", 150), ("reasons on refusals", 150), ("reasons on refusals, each 70", 150),
     ("two reasons on refusals", 400), ("reasons on acceptances", 150)],
)  # fmt: skip
def test_uneven_notes_are_never_a_promise(habits, habit, n):
    found = compare(invented(habits, habit, n, world="rules true"), habits.policy())
    assert found.verdict == "undecided: keep the rules"
    assert found.withheld and "saves" not in found.sentence
    assert "No verdict" in found.sentence
    assert found.as_dict()["at_milestone"]["crossed"] is None  # no figure of such notes is one


def test_the_person_reads_fact_by_fact_how_many_more_notes_on_which_side_would_do(habits, capsys):
    found = compare(invented(habits, "one 5/95", 150), habits.policy())
    said = found.sentence
    show_comparison(found)
    shown = " ".join(capsys.readouterr().out.split())
    assert "What each judge costs is not shown" in shown and "compare --all" not in shown
    assert said.startswith("No verdict yet, so keep the rules. Note met in person on about ")
    assert "You noted met in person on " in said and "useful field" not in said
    assert "a missing note gives your answer away" in said
    assert "more acceptances, best before you decide" in said


def test_facts_that_decide_are_no_reasons_where_nearly_all_of_both_sides_is_noted(habits):
    def decided(full):
        yes = full == "yes"
        return np.where((yes["met_in_person"] | yes["worked_together"]).to_numpy(), 7.0, -7.0)

    for share, told in ((0.9, False), (0.6, True)):
        history = habits.invent(habits.shares(share, share), decided, 400, np.random.default_rng(1))
        assert bool(noting(history).reasons) == told


def test_at_sixty_decisions_few_notes_of_several_facts_are_counted_together(habits):
    told = [
        noting(invented(habits, "reasons on acceptances", 60, seed, "rules true")).reasons
        for seed in range(4)
    ]
    assert all(len(names) > 1 for names in told)


@pytest.mark.parametrize("habit", ["even 90/90", "all known", "at random given others"])
def test_honest_notes_are_not_withheld(habits, habit):
    found = noting(invented(habits, habit))
    rows = np.arange(150)
    assert not found.uneven and not found.withheld(rows, found.weights(rows))


@pytest.mark.parametrize(
    ("origin", "tested"),
    [("derived", False), ("note", False), ("evidence", False), ("typed earlier", False),
     ("typed with", True), ("typed after", True), ("typed", True)],
)  # fmt: skip
def test_only_what_was_typed_with_the_answer_or_after_it_is_tested(habits, origin, tested):
    found = noting(invented(habits, "all 5/95"), origin)
    assert bool(found.facts) == bool(found.uneven) == tested


def test_weights_make_noting_alike_on_both_sides_and_keep_the_base_rate(habits):
    history = invented(habits, "each 60/95", 400)
    found = noting(history)
    rows, y = np.arange(400), found.labels
    weights = found.weights(rows)
    one = next(one for one in found.facts if one.name == "met_in_person")
    shares = [np.average(one.seen[y == answer], weights=weights[y == answer]) for answer in (0, 1)]
    assert abs(shares[0] - shares[1]) < 0.1 < abs(one.share(y, 0.0) - one.share(y, 1.0))
    for answer in (0, 1):
        assert weights[y == answer].sum() == pytest.approx((y == answer).sum())
    assert found.learning(rows).sum() < weights.sum()


def test_a_weighted_mean_is_that_of_the_values_that_stand_for_it():
    values, weights = np.array([10.0, 0.0, -10.0]), np.array([3.0, 2.0, 1.0])
    stand, mean_one = weighted(values, weights)
    assert stand.mean() == pytest.approx(np.average(values, weights=weights))
    assert mean_one.mean() == pytest.approx(1.0)
    assert effective(weights) == pytest.approx(36 / 14)


def test_a_data_frame_is_tested_as_if_typed_with_the_answer_and_it_says_so():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, 200)
    seen = rng.random(200) < np.where(y > 0, 0.05, 0.95)
    facts = pd.DataFrame(
        {
            "request": [f"r{i}" for i in range(200)],
            "met": np.where(seen, rng.choice(["yes", "no"], 200), "unknown"),
        }
    )
    found = compare_judges(facts, pd.Series(y), pd.Series(pd.date_range("2024-01-01", periods=200, tz="UTC")))
    assert found.verdict == "undecided: keep the base rate"
    assert "Nobody can see here when these facts were noted" in found.sentence


def test_asking_everybody_is_not_deciding():
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, 300).astype(float)
    model = np.where(np.arange(300) < 20, 1, 0)
    found = PairedComparison.of(y, np.ones(300), model, Blocks(np.arange(300) // 5, 60))
    assert found.saving.low > 0 and found.verdict == "undecided: keep the rules"
    assert found.missing == (
        "Asking pays, but the model does not decide better. It decides only 20 of these itself, and a verdict for "
        "it needs 30."
    )
    assert found.by_deciding + found.by_asking == pytest.approx(found.saving.value)
    assert found.asking.startswith("It asks about 93 of 100.")


def test_a_large_saving_that_is_not_said_is_never_called_near_the_margin():
    y = np.tile([0.0, 1.0], 150)
    right, weeks = np.where(y > 0, 1, -1), Blocks(np.arange(300) // 5, 60)
    unsure = PairedComparison.of(y, np.ones(300), right, weeks, level=1e-99)
    assert unsure.missing.startswith("It may still be chance")
    late = np.where(np.arange(300) < 200, right, np.where(np.arange(300) % 10 == 0, -right, right))
    over = PairedComparison.of(y, np.where(np.arange(300) < 200, 1, right), late, weeks)
    assert over.verdict == "undecided: keep the rules"
    assert over.missing.startswith("On the last third of them the model cost you more")


@pytest.mark.parametrize(("mistakes", "verdict"), [(1, "model"), (12, "undecided: keep the rules")])
def test_one_mistake_more_among_what_it_decides_is_no_loss_that_counts(mistakes, verdict):
    y = np.random.default_rng(6).integers(0, 2, 300).astype(float)
    decides = np.arange(300) % 3 == 0
    rules = np.where(decides, np.where(y > 0, 1, -1), 1)
    model = np.where(decides, rules, 0)
    model[np.flatnonzero(decides)[:mistakes]] *= -1
    found = PairedComparison.of(y, rules, model, Blocks(np.arange(300) // 5, 60))
    assert found.by_deciding == pytest.approx(-100 * mistakes / 300)
    assert found.verdict == verdict


def test_coin_flips_that_the_model_decides_are_not_decided_better():
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, 400).astype(float)
    model = np.where(np.arange(400) % 4 == 0, np.where(rng.random(400) < 0.55, 1, -1), 0)
    found = PairedComparison.of(y, -np.ones(400), model, Blocks(np.arange(400) // 5, 80))
    assert found.decided == 100 and found.verdict == "undecided: keep the rules"
