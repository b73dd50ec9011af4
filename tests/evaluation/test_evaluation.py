"""Scores against independent arithmetic: brute force, published figures, other packages."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss
from statsmodels.stats.proportion import proportion_confint

from netkit.comparison.backtest import Backtest
from netkit.comparison.learners import Answers
from netkit.comparison.report import _decision_curves
from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.evaluation import (
    Estimate,
    area_under_curve,
    brier_score,
    decision_cost,
    log_loss,
    net_benefit,
    paired_areas,
    recall_on_refusals,
    wilson,
)
from netkit.evaluation.calibration import Calibration, _brier_parts
from netkit.evaluation.resampling import Blocks

# Two markers of outcome after a bleeding in the brain, 113 patients: the ranks of S100B and WFNS, and the
# outcome. Source: Turck et al. (2010), Intensive Care Medicine 36, 107-115, the study on which comparisons
# of two areas are usually checked. Ranks alone: the areas depend on nothing else, and nobody can be
# told from them.
ASAH = """
1 5 1;2 1 0;2 1 0;2 1 0;2 1 0;2 2 0;3 1 0;3 1 0;3 3 0;4 1 0;4 1 0;5 1 0;5 1 0;5 1 0;5 1 0;5 1 1;
5 2 0;5 2 1;5 2 1;5 3 0;6 1 0;6 1 0;6 1 0;6 1 0;6 1 1;6 2 0;6 2 0;7 1 0;7 1 0;7 1 0;7 1 0;7 2 0;
7 2 0;7 2 1;7 2 1;8 1 0;8 1 0;8 1 0;8 1 0;8 2 0;8 2 0;8 2 0;8 2 1;8 2 1;9 1 0;9 1 0;9 2 0;9 2 0;
9 2 1;10 5 1;11 1 0;11 1 0;11 2 0;11 3 1;11 4 1;12 1 0;12 1 0;12 1 0;12 2 0;12 2 1;13 1 0;
13 2 0;13 2 0;13 2 0;14 1 0;14 2 0;14 4 0;14 4 1;15 2 0;15 4 0;16 1 0;17 1 0;17 2 0;18 5 1;
19 4 1;20 5 0;21 2 1;22 4 1;23 4 1;24 4 0;25 2 1;26 4 0;26 5 1;27 3 0;27 5 1;28 4 0;29 5 1;
30 4 0;31 2 1;32 2 0;33 5 1;33 5 1;34 4 0;35 5 0;36 4 0;36 5 0;37 1 0;37 4 1;38 5 1;39 1 0;
39 5 0;40 5 1;41 5 1;42 2 1;43 5 1;44 4 1;44 5 1;45 5 1;46 5 1;47 5 1;48 5 1;49 4 1;50 5 1
"""
# Family history and cancer of 750 people: the four counts of `df_binary`, distributed with the
# package dcurves (Apache-2.0).
FAMILY_HISTORY = {(1, 1): 24, (0, 1): 91, (1, 0): 81, (0, 0): 554}


def asah():
    rows = np.array([[int(cell) for cell in row.split()] for row in ASAH.strip().split(";")])
    return rows[:, 2].astype(float), rows[:, 0].astype(float), rows[:, 1].astype(float)


def family_history():
    labels = np.concatenate([np.full(n, case) for (case, _), n in FAMILY_HISTORY.items()])
    marked = np.concatenate([np.full(n, mark) for (_, mark), n in FAMILY_HISTORY.items()])
    return labels.astype(float), marked.astype(bool)


def random_answers(seed, n=80, digits=1):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n).astype(float)
    return y, np.clip(rng.random(n) * 0.7 + 0.2 * y, 0.01, 0.99).round(digits)


def placements(y, score):
    """How each accepted one places among the refused, and the other way, pair by pair."""
    yes, no = score[y == 1], score[y == 0]
    wins = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)


def test_delong_reproduces_the_published_comparison_of_two_markers():
    labels, s100b, wfns = asah()
    pair = paired_areas(labels, s100b, wfns)
    assert pair.first.value == pytest.approx(0.731368563685637, abs=1e-12)
    assert pair.second.value == pytest.approx(0.823678861788618, abs=1e-12)
    assert pair.z == pytest.approx(-2.20898359, abs=1e-6)
    assert pair.p_value == pytest.approx(0.02717578, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_delong_agrees_with_every_pair_counted_one_by_one(seed):
    y, one = random_answers(seed)
    _, two = random_answers(seed + 100)
    (a_yes, a_no), (b_yes, b_no) = placements(y, one), placements(y, two)
    gap = b_yes.mean() - a_yes.mean()
    variance = (b_yes - a_yes).var(ddof=1) / y.sum() + (b_no - a_no).var(ddof=1) / (1 - y).sum()
    pair = paired_areas(y, one, two)
    assert pair.difference.value == pytest.approx(gap, abs=1e-12)
    assert pair.difference.high - gap == pytest.approx(1.959963985 * np.sqrt(variance), abs=1e-8)
    assert pair.z == pytest.approx(-gap / np.sqrt(variance), abs=1e-8)
    assert pair.p_value == pytest.approx(2 * norm.sf(abs(gap) / np.sqrt(variance)), abs=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_area_is_scikit_learns(seed):
    y, score = random_answers(seed)
    assert area_under_curve(y, score).value == pytest.approx(roc_auc_score(y, score), abs=1e-12)


def test_a_perfect_ranking_still_has_an_interval():
    area = area_under_curve([0] * 8 + [1] * 8, np.arange(16))
    assert area.value == 1.0
    assert 0.6 < area.low < 0.95
    assert area.high == 1.0


def test_a_perfect_ranking_beside_one_of_chance_differs_by_an_interval_too():
    labels, chance, perfect = np.repeat([0.0, 1.0], 5), np.ones(10), np.arange(10.0)
    pair = paired_areas(labels, chance, perfect)
    low = area_under_curve(labels, perfect).low
    assert pair.difference == Estimate(0.5, pytest.approx(low - 0.5), 0.5, n=10)
    assert 0 < pair.difference.low < 0.3 and np.isnan(pair.p_value)
    twice = paired_areas(labels, perfect, perfect**2)  # the same ranking: no doubt that they are equal
    assert (twice.difference.low, twice.difference.high, twice.p_value) == (0.0, 0.0, 1.0)


def test_one_label_alone_has_no_area():
    assert np.isnan(area_under_curve([1, 1], [0.2, 0.9]).value)


def test_losses_are_scikit_learns():
    y, p = random_answers(1, digits=3)
    assert log_loss(y, p).mean() == pytest.approx(sklearn_log_loss(y, p))
    assert brier_score(y, p).mean() == pytest.approx(brier_score_loss(y, p))


def test_a_sure_mistake_costs_much_but_not_infinity():
    assert log_loss([1], [0.0])[0] == pytest.approx(27.63, abs=0.01)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_briers_parts_add_up_to_the_score(seed):
    parts = {name: part.value for name, part in _brier_parts(*random_answers(seed)).items()}
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert total == pytest.approx(parts["score"], abs=1e-12)


def test_the_base_rate_alone_has_neither_resolution_nor_miscalibration():
    parts = {name: part.value for name, part in _brier_parts([1, 0, 0, 0], [0.25] * 4).items()}
    assert parts["resolution"] == parts["reliability"] == 0
    assert parts["score"] == parts["uncertainty"] == pytest.approx(0.1875)


@pytest.mark.parametrize(
    ("threshold", "family", "everybody"),
    [(0.05, 0.0256140, 0.0947368), (0.10, 0.0185185, 0.0444444), (0.15, 0.0105882, -0.0117647),
     (0.20, 0.0016667, -0.075), (0.30, -0.02, None)],
)  # fmt: skip
def test_net_benefit_reproduces_the_published_decision_curve(threshold, family, everybody):
    labels, marked = family_history()
    assert net_benefit(labels, marked, threshold).mean() == pytest.approx(family, abs=1e-7)
    if everybody is not None:
        assert net_benefit(labels, np.ones(750), threshold).mean() == pytest.approx(everybody, abs=1e-7)


def test_the_decision_curve_stands_beside_accept_all_and_accept_none():
    labels, marked = family_history()
    nothing, all_of_them = np.full(750, np.nan), np.ones(750, dtype=np.int8)
    answers = {
        "judge": Answers(all_of_them, marked.astype(float), nothing),
        "accept_all": Answers(all_of_them, nothing, nothing),
        "accept_none": Answers(-all_of_them, nothing, nothing),
    }
    none = np.empty(0, dtype=np.intp)
    backtest = Backtest(none, labels, pd.Series(dtype="datetime64[us, UTC]"), none, [], answers)
    curves = _decision_curves(backtest, np.array([0.1]), Blocks(np.arange(750) // 10, 75))
    point = {row["judge"]: row["value"] for row in curves}
    assert point["judge"] == pytest.approx(0.0185185, abs=1e-7)
    assert point["accept_all"] == pytest.approx(0.0444444, abs=1e-7)
    assert point["accept_none"] == 0.0


@pytest.mark.parametrize(
    ("label", "action", "cost"),
    [(1, 1, 0.0), (0, 1, 3.0), (1, -1, 2.0), (0, -1, 0.0), (1, 0, 0.5), (0, 0, 0.5)],
)
def test_every_answer_costs_what_was_stated(label, action, cost):
    stated = Costs(wrong_accept=3, wrong_decline=2, question=0.5)
    assert decision_cost([label], [action], stated).tolist() == [cost]


def test_choosing_by_expected_cost_is_never_dearer_than_any_other_answer():
    for costs in (Costs(), Costs(wrong_accept=5), Costs(question=0.9), Costs(2, 1, 0.1)):
        for p in np.linspace(0, 1, 101):
            expected = {
                action: p * decision_cost([1], [action], costs)[0]
                + (1 - p) * decision_cost([0], [action], costs)[0]
                for action in (-1, 0, 1)
            }
            chosen = int(costs.decide(np.array([p]))[0])
            assert expected[chosen] == pytest.approx(min(expected.values()), abs=1e-12)


def test_the_ask_zone_is_there_only_where_a_question_is_cheap_enough():
    assert Costs(2, 3, 1.19).has_ask_zone
    assert not Costs(2, 3, 1.2).has_ask_zone  # 2 * 3 / (2 + 3) = 1.2


def test_recall_counts_the_refused_requests_only():
    recall = recall_on_refusals([0, 0, 0, 1], [-1, 1, 0, -1])
    assert (recall.value, recall.n) == (pytest.approx(1 / 3), 3)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (50, 83)])
def test_wilsons_interval_is_statsmodels(k, n):
    low, high = proportion_confint(k, n, method="wilson")
    assert (wilson(k, n).low, wilson(k, n).high) == pytest.approx((low, high), abs=1e-9)


def test_nothing_counted_is_said_to_be_unknown():
    assert wilson(0, 0).as_dict() == {"value": None, "low": 0.0, "high": 1.0, "n": 0}
    assert str(wilson(0, 0)) == "not known"
    assert str(Estimate(float("nan"))) == "not known"


def test_labels_that_are_not_zero_or_one_are_refused_with_what_was_seen():
    with pytest.raises(ModelError, match="labels with the values"):
        log_loss([1, 2], [0.5, 0.5])


def test_a_judge_without_probabilities_has_no_log_loss():
    with pytest.raises(ModelError, match="a probability for every request"):
        log_loss([1, 0], [0.5, np.nan])


def test_observed_over_expected_has_the_interval_of_its_logarithm():
    # 20 of 100 where 25 were expected: 0.8; by hand, the logarithm's error is sqrt((1 - 0.2) / 20) = 0.2.
    labels = np.repeat([1.0, 0.0], [20, 80])
    ratio = Calibration.of(labels, np.full(100, 0.25)).observed_over_expected
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx(
        (0.8, 0.8 / np.exp(1.959964 * 0.2), 0.8 * np.exp(1.959964 * 0.2)), abs=1e-6
    )
