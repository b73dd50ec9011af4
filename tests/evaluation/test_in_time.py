"""Time order, weeks, calibration, drift and sample size: what is known before, and how sure it is."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from netkit.comparison import _group_disagreements
from netkit.errors import ModelError
from netkit.evaluation.calibration import Calibration, _brier_parts
from netkit.evaluation.drift import Drift
from netkit.evaluation.resampling import Blocks, bootstrap_means, jackknife_mean, wilson_means
from netkit.evaluation.rolling import rolling_origins
from netkit.evaluation.sample_size import HowManyMore, _expected_cox_snell, _minimum_sample


def days(n, start="2024-01-01"):
    return pd.Series(pd.date_range(start, periods=n, tz="UTC"))


# --- rolling origins ---------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000), n=st.integers(30, 200), origins=st.integers(1, 10))
@settings(max_examples=40, deadline=None)
def test_what_is_learned_from_is_always_strictly_earlier_and_of_other_people(seed, n, origins):
    rng = np.random.default_rng(seed)
    times = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        rng.integers(0, 60, n), unit="D"))  # fmt: skip
    known = times + pd.to_timedelta(rng.integers(0, 20, n), unit="D")
    people = pd.Series(rng.integers(0, n // 2, n)).astype("str")
    for origin in rolling_origins(times, known_at=known, people=people, origins=origins):
        assert (known.iloc[origin.past] < times.iloc[origin.later].min().floor("D")).all()
        assert not set(people.iloc[origin.past]) & set(people.iloc[origin.later])


@given(seed=st.integers(0, 10_000), n=st.integers(30, 200))
@settings(max_examples=30, deadline=None)
def test_every_later_request_is_judged_exactly_once(seed, n):
    rng = np.random.default_rng(seed)
    times = days(n).iloc[rng.permutation(n)].reset_index(drop=True)
    judged = np.concatenate([origin.later for origin in rolling_origins(times)])
    assert len(judged) == len(set(judged)) == n - max(20, round(0.3 * n))
    first = times.iloc[judged].min()
    assert set(np.flatnonzero(times >= first)) == set(judged)


def test_requests_of_one_day_are_never_parted():
    times = pd.Series(np.repeat(days(10).to_numpy(), 10))
    for origin in rolling_origins(pd.to_datetime(times, utc=True), origins=8):
        assert len(origin.later) % 10 == 0


def test_requests_that_are_not_counted_are_learned_from_but_never_judged():
    counted = np.arange(100) % 2 == 0
    origins = rolling_origins(days(100), counted=counted)
    assert all(counted[origin.later].all() for origin in origins)
    assert not counted[origins[-1].past].all()


def test_a_history_too_short_to_judge_is_refused_with_its_size():
    with pytest.raises(ModelError, match="There are 12 labelled requests"):
        rolling_origins(days(12))


# --- weeks -------------------------------------------------------------------------------------


def test_weeks_run_from_monday_to_sunday():
    blocks = Blocks.weekly(days(70))  # 2024-01-01 was a Monday
    assert np.bincount(blocks.of).tolist() == [7] * 10


def test_few_weeks_stay_weeks_and_one_week_has_no_interval():
    assert Blocks.weekly(days(20)).count == 3
    values, one_week = np.arange(7.0), Blocks.weekly(days(7))
    assert one_week.count == 1
    means = [
        jackknife_mean(values, one_week, reach=10.0),
        *wilson_means(values[:, None], one_week, 0, 10),
        *bootstrap_means(values[:, None], one_week),
    ]
    assert [(one.value, np.isnan([one.low, one.high]).all()) for one in means] == [(3.0, True)] * 3


def test_the_bootstrap_on_counts_is_the_bootstrap_of_rows_copied_one_by_one():
    rng = np.random.default_rng(0)
    values, blocks = rng.random((40, 1)), Blocks(np.repeat(np.arange(8), 5), 8)
    found = bootstrap_means(values, blocks, draws=300, seed=5)[0]
    weights = np.random.default_rng(5).multinomial(8, np.full(8, 1 / 8), size=300)
    means = [np.repeat(values.ravel(), np.repeat(w, 5)).mean() for w in weights]
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))


def test_without_reach_and_with_single_requests_the_interval_is_students():
    values = np.random.default_rng(1).normal(size=30)
    single = Blocks(np.arange(30), 30)
    low, high = sm.stats.DescrStatsW(values).tconfint_mean()
    found = jackknife_mean(values, single)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_a_share_of_single_requests_has_wilsons_interval():
    done = (np.arange(400) % 20 == 0).astype(float)
    found = wilson_means(100 * done[:, None], Blocks(np.arange(400), 400), 0, 100)[0]
    low, high = sm.stats.proportion_confint(20, 400, method="wilson")
    assert (found.value, found.n) == (5.0, 400)
    assert (found.low, found.high) == pytest.approx((100 * low, 100 * high), rel=0.01)


def test_who_has_not_erred_yet_is_not_said_never_to_err():
    weeks = Blocks(np.repeat(np.arange(10), 5), 10)
    never, always = wilson_means(np.tile([[0.0, 20.0]], (50, 1)), weeks, 0, 100)
    assert never.low == 0 and never.high == pytest.approx(7.13, abs=0.01)  # Wilson's, of 0 in 50
    assert (always.low, always.high) == pytest.approx((20, 20))  # who always asks pays for asking


def test_weeks_of_one_mood_count_for_fewer_requests():
    done = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 8)[:, None]
    together = wilson_means(done, Blocks(np.repeat(np.arange(10), 8), 10), 0, 1)[0]
    alone = wilson_means(done, Blocks(np.arange(80), 80), 0, 1)[0]
    assert together.high - together.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize("wrong", [0.03, 0.1, 0.3])
def test_the_interval_of_a_judges_cost_covers_after_eight_weeks_too(wrong):
    # Drawing eight weeks anew covers 69, 88 and 87 of 100.
    rng = np.random.default_rng(0)
    weeks = Blocks(np.repeat(np.arange(8), 5), 8)
    costs = 100.0 * (rng.random((40, 1500)) < wrong)
    found = wilson_means(costs, weeks, 0, 100)
    covered = np.mean([one.low <= 100 * wrong <= one.high for one in found])
    assert 0.93 < covered < 0.985


def test_weeks_that_move_together_widen_the_interval():
    values = np.repeat(np.random.default_rng(2).normal(size=20), 10)
    weeks, single = (Blocks(np.repeat(np.arange(20), 10), 20), Blocks(np.arange(200), 200))
    wide, narrow = jackknife_mean(values, weeks), jackknife_mean(values, single)
    assert wide.high - wide.low > 2.5 * (narrow.high - narrow.low)


def test_three_weeks_that_agree_by_chance_are_no_surer_than_their_requests():
    values = np.tile([0.0, 1.0], 60)
    weeks = Blocks(np.repeat(np.arange(3), 40), 3)
    few = jackknife_mean(values, weeks)
    low, high = sm.stats.DescrStatsW(values).tconfint_mean()
    assert (few.low, few.high) == pytest.approx((low, high))
    share = wilson_means(values[:, None], weeks, 0, 1)[0]
    low, high = sm.stats.proportion_confint(60, 120, method="wilson")
    assert (share.low, share.high) == pytest.approx((low, high))


def test_differences_never_seen_still_leave_room():
    none = jackknife_mean(np.zeros(30), Blocks(np.arange(30), 30), reach=100.0)
    assert none.low < -1 and none.high > 1  # per 100 decisions


# --- calibration -------------------------------------------------------------------------------


def stated_and_done(n=400, *, slope=1.0, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    odds = rng.normal(size=n)
    return (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(float), 1 / (1 + np.exp(-(odds / slope - shift)))


def test_intercept_and_slope_are_those_of_a_logistic_regression_on_the_stated_odds():
    done, stated = stated_and_done()
    odds = np.log(stated / (1 - stated))
    line = sm.GLM(done, sm.add_constant(odds), family=sm.families.Binomial()).fit()
    level = sm.GLM(done, np.ones(400), family=sm.families.Binomial(), offset=odds).fit()
    found = Calibration.of(done, stated)
    assert found.slope.value == pytest.approx(line.params[1], abs=1e-7)
    assert (found.slope.low, found.slope.high) == pytest.approx(tuple(line.conf_int()[1]), abs=1e-5)
    assert found.intercept.value == pytest.approx(level.params[0], abs=1e-7)
    assert found.intercept.low == pytest.approx(level.conf_int()[0][0], abs=1e-5)


def test_right_probabilities_are_usable_as_stated():
    found = Calibration.of(*stated_and_done())
    assert found.sentence == (
        "Probabilities usable as stated: yes (mean and slope agree with what happened)."
    )


@pytest.mark.parametrize(
    ("slope", "shift", "word"),
    [(0.4, 0.0, "too extreme"), (2.5, 0.0, "too cautious"), (1.0, 0.8, "more than stated"),
     (1.0, -0.8, "less than stated")],
)  # fmt: skip
def test_wrong_probabilities_are_not_and_it_says_how(slope, shift, word):
    found = Calibration.of(*stated_and_done(slope=slope, shift=shift))
    assert not found.usable
    assert word in found.because


def test_briers_parts_over_the_bins_add_up_to_the_score():
    brier = {name: part.value for name, part in Calibration.of(*stated_and_done()).brier.items()}
    parts = brier["reliability"] - brier["resolution"] + brier["uncertainty"] + brier["within_bins"]
    assert parts == pytest.approx(brier["score"])


def test_briers_parts_over_the_bins_are_those_of_the_binned_probabilities():
    stated, done = np.array([0.1, 0.2, 0.6, 0.8]), np.array([0.0, 1.0, 1.0, 1.0])
    found = _brier_parts(done, stated, np.array([0, 0, 1, 1]))
    # Stated on average 0.15 and 0.7, done 0.5 and 1, three of four in all.
    by_hand = {
        "reliability": (0.35**2 + 0.3**2) / 2,
        "resolution": (0.25**2 + 0.25**2) / 2,
        "uncertainty": 0.75 * 0.25,
    }
    for name, value in by_hand.items():
        assert found[name].value == pytest.approx(value)
    assert found["score"].value == pytest.approx(np.mean((stated - done) ** 2))


def test_the_intervals_of_briers_parts_cover_what_many_requests_show():
    # Three groups, stated too low by a tenth: the parts of the whole population are known.
    stated, true = np.array([0.2, 0.5, 0.8]), np.array([0.3, 0.6, 0.9])
    truth = {"reliability": 0.01, "resolution": true.var(), "uncertainty": 0.24}
    covered = dict.fromkeys(truth, 0)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        place = rng.integers(0, 3, 600)
        done = (rng.random(600) < true[place]).astype(float)
        weeks = Blocks(np.arange(600) // 10, 60)
        found = _brier_parts(done, stated[place], place, weeks)
        for name, value in truth.items():
            covered[name] += found[name].low <= value <= found[name].high
    assert all(180 <= count <= 199 for count in covered.values()), covered


def test_few_labels_are_no_evidence_for_calibration():
    found = Calibration.of(*stated_and_done(30))
    assert (found.usable, "too few to tell" in found.because) == (False, True)


def test_bins_hold_all_requests_in_order_and_never_part_equal_probabilities():
    stated = np.repeat([0.2, 0.5, 0.9], [90, 5, 5])
    done = np.zeros(100)
    bins = Calibration.of(done, stated).bins
    assert bins["n"].sum() == 100
    assert bins["stated"].is_monotonic_increasing
    assert 90 in bins["n"].tolist()


def test_there_are_at_most_ten_bins_and_each_has_a_wilson_interval():
    bins = Calibration.of(*stated_and_done(1000)).bins
    assert len(bins) == 10
    assert ((bins["low"] < bins["observed"]) & (bins["observed"] < bins["high"])).all()


# --- sample size -------------------------------------------------------------------------------


def test_the_published_example_of_the_minimum_sample_is_reproduced():
    assert _minimum_sample(24, 0.174, 0.288) == (623, 662, 221)


@pytest.mark.parametrize(
    ("area", "parameters", "n"), [(0.80, 20, 687), (0.80, 8, 323), (0.75, 20, 1025), (0.75, 8, 410)]
)
def test_an_area_under_the_curve_stands_for_the_simulated_r_squared(area, parameters, n):
    need = _minimum_sample(parameters, 0.3, _expected_cox_snell(area, 0.3))
    assert max(need) == pytest.approx(n, rel=0.005)  # the published route simulates the R-squared


def test_it_says_how_many_more_decisions_are_needed_in_words():
    sentence = HowManyMore.of(83, 9, 3).sentence
    assert sentence.startswith("You have 83 labels, 9 of them refusals; the model needs about 130 more")


def test_without_a_refusal_nothing_can_be_learned_and_it_says_so():
    assert "until both accepts and refusals are recorded" in HowManyMore.of(40, 0, 5).sentence


def test_one_label_and_one_refusal_are_said_in_the_singular():
    assert HowManyMore.of(1, 1, 3).sentence.startswith("You have 1 label, 1 of them a refusal;")
    assert "for the 1 number the model learns" in HowManyMore.of(1000, 300, 1).sentence


def test_impossible_expectations_are_refused():
    with pytest.raises(ModelError, match="R-squared"):
        _minimum_sample(5, 0.1, 0.9)


# --- drift -------------------------------------------------------------------------------------


def test_two_periods_give_the_mantel_haenszel_test_of_another_package():
    rng = np.random.default_rng(4)
    n = 240
    strata = pd.Series(rng.choice(["a", "b", "c"], n))
    labels = (rng.random(n) < strata.map({"a": 0.2, "b": 0.5, "c": 0.8})).to_numpy(dtype=float)
    later = np.arange(n) >= n // 2
    tables = [
        np.array([[((strata == s) & (later == p) & (labels == y)).sum() for y in (1, 0)] for p in (0, 1)])
        for s in "abc"
    ]
    oracle = StratifiedTable(tables).test_null_odds(correction=False)
    found = Drift.of(labels, days(n), strata, periods=2)
    assert found.statistic == pytest.approx(oracle.statistic)
    assert found.p_value == pytest.approx(oracle.pvalue)


def test_another_mix_of_requests_is_not_taken_for_another_mind():
    strata = pd.Series(["easy"] * 90 + ["hard"] * 10 + ["easy"] * 10 + ["hard"] * 90)
    labels = np.where(strata == "easy", np.arange(200) % 10 > 0, np.arange(200) % 10 == 0)
    assert not Drift.of(labels.astype(float), days(200), strata, periods=2).changed


def test_what_is_expected_adds_up_to_what_was_accepted_a_lone_request_of_its_kind_included():
    labels = np.r_[np.tile([1.0, 0.0], 30), 1.0]
    found = Drift.of(labels, days(61), pd.Series(["rule"] * 60 + ["alone"]), periods=3)
    assert found.periods["expected"].sum() == pytest.approx(found.periods["accepted"].sum()) == 31


def test_a_change_of_mind_is_found_and_said():
    labels = np.r_[np.tile([1, 1, 1, 0], 25), np.tile([0, 0, 0, 1], 25)].astype(float)
    found = Drift.of(labels, days(200), pd.Series(["rule"] * 200))
    assert found.sentence.startswith("You no longer decide as you used to")
    assert found.periods["n"].sum() == 200


def test_unchanged_decisions_are_called_changed_in_one_of_twenty_histories():
    rng = np.random.default_rng(6)
    strata, times = pd.Series(["a", "b"] * 100), days(200)
    alarms = [Drift.of((rng.random(200) < 0.5).astype(float), times, strata).changed for _ in range(300)]
    assert 0.02 < np.mean(alarms) < 0.09


def test_periods_within_one_month_are_told_apart_by_their_days():
    found = Drift.of(np.tile([0.0, 1.0], 20), days(40), pd.Series(["r"] * 40))
    assert found.periods["period"].tolist() == [
        "1 to 10 Jan 2024", "11 to 20 Jan 2024", "21 to 30 Jan 2024", "Jan 2024 to Feb 2024",
    ]  # fmt: skip


def test_one_kind_of_decision_only_gives_no_test():
    found = Drift.of(np.ones(50), days(50), pd.Series(["a"] * 50))
    assert "Too few decisions of both kinds" in found.sentence
    assert found.as_dict()["p_value"] is None


# --- where they differ -------------------------------------------------------------------------


def disagreement(rules, model, accepted, n):
    answers = pd.DataFrame({"request": [f"r{i}" for i in range(n)], "rules": rules, "model": model})
    answers = answers.assign(rule="met-before", label=(np.arange(n) < accepted).astype(float))
    levels = pd.DataFrame({"note": ["default"] * n, "met": ["yes"] * n})
    parts = [{"note": -2.0 if model < rules else 2.0, "met": 0.5 if model < rules else -0.5}] * n
    return _group_disagreements(answers, levels, parts)


def test_a_rule_that_the_deeds_contradict_is_named_with_counts():
    found = disagreement(1, -1, accepted=1, n=12).iloc[0]
    assert (found["pattern"], found["n"], found["accepted"], found["like_the_model"]) == (
        "note: default", 12, 1, 11)  # fmt: skip
    assert "Rule 'met-before' accepts where note: default; you accepted 1 of 12" in found["suggestion"]
    assert "should refuse there" in found["suggestion"]


def test_a_rule_that_the_deeds_support_is_left_alone():
    assert disagreement(1, -1, accepted=12, n=12).iloc[0]["suggestion"] == ""


def test_a_handful_of_requests_suggests_nothing():
    assert disagreement(1, -1, accepted=0, n=4).iloc[0]["suggestion"] == ""


def test_a_pattern_names_only_facts_that_push_the_model_away_from_the_rules():
    assert disagreement(-1, 1, accepted=6, n=6).iloc[0]["pattern"] == "note: default"
