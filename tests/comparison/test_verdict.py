"""The verdict: the table, the tests, the guard, and how often it is wrong on invented histories."""

import importlib.util
import json
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netkit.comparison.verdict import PairedComparison, default_margin
from netkit.costs import Costs
from netkit.evaluation.resampling import Blocks

ROOT = Path(__file__).resolve().parents[2]


def weeks(n, size=5):
    return Blocks(np.arange(n) // size, -(-n // size))


def alternating(n):
    return np.tile([1.0, 0.0], n // 2)


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("verdict_benchmark", ROOT / "benchmarks/verdict.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- one comparison ----------------------------------------------------------------------------


def test_the_table_counts_every_pair_of_answers_by_label():
    found = PairedComparison.of([1, 1, 0, 0], [1, 0, 1, -1], [1, -1, -1, -1], weeks(4, 1))
    counted = {(r.label, r.first, r.second): r.n for r in found.table.itertuples() if r.n}
    assert counted == {
        (1, "accept", "accept"): 1,
        (1, "ask", "refuse"): 1,
        (0, "accept", "refuse"): 1,
        (0, "refuse", "refuse"): 1,
    }
    assert len(found.table) == 18
    assert found.discordant == 2


def test_the_saving_is_the_difference_of_costs_per_hundred_decisions():
    costs = Costs(wrong_accept=3, wrong_decline=2, question=0.5)
    #       label, rules, model: costs 3 against 0.5; 2 against 0; 0 against 0.5
    found = PairedComparison.of([0, 1, 1], [1, -1, 1], [0, 1, 0], weeks(3, 1), costs=costs)
    assert found.saving.value == pytest.approx(100 * (2.5 + 2 - 0.5) / 3)


def test_mcnemar_is_the_exact_binomial_on_requests_that_both_decided_differently():
    y = np.ones(12)
    rules = np.r_[np.full(2, 1), np.full(9, -1), 0]  # the last one asked: left out
    model = -rules
    found = PairedComparison.of(y, rules, model, weeks(12, 1))
    tail = sum(comb(11, k) for k in range(3)) / 2**11
    assert (found.first_right, found.second_right) == (2, 9)
    assert found.mcnemar == pytest.approx(2 * tail)


def test_equal_answers_keep_the_rules():
    found = PairedComparison.of(alternating(400), np.ones(400), np.ones(400), weeks(400))
    assert found.verdict == "rules"
    assert found.standing == "not worse"


def test_a_clearly_better_model_gets_the_verdict():
    y = alternating(400)
    found = PairedComparison.of(y, np.ones(400), np.where(y > 0, 1, -1), weeks(400))
    assert (found.verdict, found.standing) == ("model", "better")


def test_a_model_that_is_better_by_less_than_the_margin_is_not_worth_a_change():
    y = np.arange(10_000) % 2
    always_right = np.where(y == 1, 1, -1)
    rules = np.where(np.arange(10_000) % 100 == 0, 1, always_right)  # one wrong accept in a hundred
    found = PairedComparison.of(y, rules, always_right, weeks(10_000))
    assert (found.standing, found.verdict) == ("better", "rules")
    assert found.margin == default_margin(Costs()) == 2.0


def test_few_requests_are_undecided_and_it_says_that_the_interval_holds_both():
    y = alternating(30)
    model = np.where(np.arange(30) < 6, np.where(y > 0, 1, -1), 1)
    found = PairedComparison.of(y, np.ones(30), model, weeks(30, 2))
    assert found.verdict == "undecided: keep the rules"
    assert found.sentence.endswith("It may save more than 2 per 100, or nothing: the interval holds both.")
    assert found.needed > 30


def test_a_lucky_streak_that_one_dear_error_would_end_is_not_enough():
    # Twelve small gains in a row, none of the rare losses five times their size seen yet.
    y = np.r_[np.ones(12), np.tile([1.0, 0.0], 9)]
    rules = np.r_[np.full(12, -1), np.where(y[12:] > 0, 1, -1)]
    model = np.where(y > 0, 1, -1)
    costs = Costs(wrong_accept=5, wrong_decline=1, question=1.0)
    found = PairedComparison.of(y, rules, model, weeks(30, 1), costs=costs, margin=2.0)
    assert found.saving.low > 0 and found.p_value > 0.05
    assert found.verdict == "undecided: keep the rules"


def test_the_number_needed_shows_the_margin_four_times_in_five():
    rng = np.random.default_rng(0)
    pilot = _tossed(rng, 2000, gain=0.0)
    n = PairedComparison.of(*pilot, weeks(2000, 1), margin=10.0).needed
    found = [PairedComparison.of(*_tossed(rng, n, gain=0.1), weeks(n, 1), draws=1) for _ in range(150)]
    assert np.mean([one.saving.low > 0 for one in found]) == pytest.approx(0.8, abs=0.08)


def _tossed(rng, n, *, gain):
    """Answers that differ on four in ten requests, the model right a little more often."""
    y = np.ones(n)
    kind = rng.choice(3, n, p=[0.2 + gain / 2, 0.2 - gain / 2, 0.6])
    return y, np.choose(kind, [-1, 1, 1]), np.choose(kind, [1, -1, 1])


def test_names_other_than_rules_and_model_are_used_throughout():
    found = PairedComparison.of([1, 0] * 5, [1] * 10, [0] * 10, weeks(10, 1), names=("house", "own"))
    assert found.verdict.endswith("keep the house")
    assert "own" in found.sentence


def test_nothing_judged_is_undecided():
    empty = np.empty(0)
    found = PairedComparison.of(empty, empty, empty, Blocks(np.empty(0, dtype=np.intp), 0))
    assert found.verdict == "undecided: keep the rules"
    assert json.dumps(found.as_dict(), allow_nan=False)


# --- many invented histories -------------------------------------------------------------------


def test_the_simulation_knows_what_it_measures(simulation):
    better = simulation.better_by(4.0)
    assert better.saving(better.costs.decide(better.truth), better.truth) == pytest.approx(4.0)
    right = simulation.rules_right()
    assert right.saving(right.costs.decide(right.truth), right.truth) == pytest.approx(0.0, abs=1e-9)


def test_where_the_rules_are_as_good_the_model_seldom_gets_the_verdict(simulation, record_property):
    worlds, _ = simulation.worlds()
    told = [simulation.one_history(world, 200, seed) for world in worlds for seed in range(16)]
    false = simulation.wilson(sum(one["verdict"] == "model" for one in told), len(told))
    covered = simulation.wilson(sum(one["low"] <= one["true"] <= one["high"] for one in told), len(told))
    record_property("false_model_verdicts", f"{false} of {len(told)} invented histories")
    record_property("coverage_of_95_percent_intervals", f"{covered} of {len(told)}")
    assert false.value <= 0.05
    # Few histories: 0.95 give or take two standard errors and a half, and more.
    assert 0.90 <= covered.value <= 0.995


def test_three_weeks_that_differ_are_no_verdict_however_many_their_days():
    # Ten requests a day; in the third week every fifth was refused, and asking would have cost as much.
    times = pd.Series(pd.date_range("2024-01-01", periods=210, freq="144min", tz="UTC"))
    y = np.where((np.arange(210) >= 140) & (np.arange(210) % 5 == 0), 0.0, 1.0)
    asked, accepted = np.zeros(210), np.ones(210)
    found = PairedComparison.of(y, asked, accepted, Blocks.weekly(times))
    assert found.saving.value == pytest.approx(40 / 3)
    assert found.verdict == "undecided: keep the rules"
    by_day = PairedComparison.of(y, asked, accepted, Blocks(np.arange(210) // 10, 21))
    assert by_day.verdict == "model"


def test_one_week_alone_gives_no_verdict_and_it_says_so():
    y = np.tile([0.0, 1.0], 100)
    found = PairedComparison.of(y, -np.ones(200), np.where(y > 0, 1, -1), Blocks(np.zeros(200, dtype=np.intp), 1))  # fmt: skip
    assert found.verdict == "undecided: keep the rules"
    assert "too few for an interval" not in found.sentence
    assert "All of them came in one week" in found.sentence
    assert json.dumps(found.as_dict(), allow_nan=False)


def test_where_the_model_is_clearly_better_it_is_found(simulation):
    world = simulation.better_by(8.0)
    told = [simulation.one_history(world, 500, seed)["verdict"] for seed in range(12)]
    assert told.count("model") >= 10


def test_the_stored_result_holds_what_the_verdict_promises():
    stored = json.loads(max((ROOT / "benchmarks/results").glob("verdict-*.json")).read_text(encoding="utf-8"))
    false, rows = stored["false_model_verdicts"], [*stored["null"], *stored["power"]]
    assert sum(row["histories"] for row in stored["null"]) >= 1000
    assert false["high"] <= 0.05
    assert all(row["model"]["value"] <= 0.05 for row in stored["null"])
    assert all(0.93 <= one["value"] <= 0.97 for one in stored["coverage_by_n"].values())
    assert all(row["model"]["value"] <= 0.05 for row in stored["few_weeks"])
    assert {row["n"] for row in stored["power"]} == {50, 100, 200, 500, 1000, 2000, 5000}
    power = pd.DataFrame([{**row, "found": row["model"]["value"]} for row in rows[len(stored["null"]) :]])
    for _, curve in power.groupby("world"):
        assert curve.sort_values("n")["found"].iloc[-1] >= 0.95


@pytest.mark.parametrize(("refused", "verdict"), [(9, "undecided: keep the rules"), (10, "rules")])
def test_a_verdict_needs_ten_of_either_answer(refused, verdict):
    y = np.where(np.arange(2_000) < refused, 0, 1)
    found = PairedComparison.of(y, np.ones(2_000), np.ones(2_000), weeks(2_000))
    assert found.verdict == verdict
    assert ("only 9 of them" in found.sentence) == (refused == 9)


def test_requests_drawn_because_the_judges_differ_stand_for_those_on_which_they_agree():
    # One in four differs. Who is asked about these alone hears of every saving, and of nothing else.
    y = alternating(400)
    differ = np.arange(400) % 4 < 1
    model = np.where(y > 0, 1, -1)
    rules = np.where(differ, -model, model)
    everybody = PairedComparison.of(y, rules, model, weeks(400))
    drawn = (y[differ], rules[differ], model[differ])
    asked = PairedComparison.of(*drawn, Blocks(np.arange(100) // 5, 20), stands_for=np.full(100, 4.0))
    assert asked.saving.value == pytest.approx(everybody.saving.value) == 25.0
    assert asked.by_deciding == pytest.approx(25.0)
    assert asked.n == 100
