"""Real requests of other people: where rules and model are as good, and where nothing predicts."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netkit.comparison import compare_judges
from netkit.comparison.learners import BaseRate, NumericModel, Recalibrated
from netkit.costs import Costs
from netkit.model import LogisticModel

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NETKIT_SHARED", ROOT.parent / "shared"))
RAOP = SHARED / "data" / "raop" / "raop_features.csv.gz"
OPENINGS = ROOT / "notebooks" / "data" / "persuasion_for_good" / "p4g_openings.csv.gz"

# Points for a request for a pizza, in tenths of log-odds, rounded from Table 3 of Althoff,
# Danescu-Niculescu-Mizil & Jurafsky (ICWSM 2014).
POINTS = {"first_half": 2, "gratitude": 3, "image": 8, "reciprocity": 3, "positive": 1, "negative": -1,
          "hundred_words": 3, "karma_decile": 1, "posted_before": 13, "craving": -3, "family": 2,
          "job": 3, "money": 2, "student": 1}  # fmt: skip
COUNTS = ["n_words", "n_words_title", "karma_at_request", "account_age_days", "n_comments", "n_posts",
          "days_since_first_raop_post", "n_comments_raop", "n_posts_raop", "n_subreddits",
          "votes_up_plus_down"]  # fmt: skip
REST = ["gratitude", "image", "reciprocity", "please", "has_url", "has_question", "first_half",
        "posted_in_raop_before", "commented_in_raop_before", "pos_frac", "neg_frac", "nar_craving",
        "nar_family", "nar_job", "nar_money", "nar_student"]  # fmt: skip
EARLIER = 0.7


def deciles(values):
    """Deciles of the earlier requests, 0 to 9."""
    earlier = values[: int(EARLIER * len(values))]
    return np.searchsorted(np.quantile(earlier, np.arange(0.1, 1, 0.1)), values, side="right")


def above_median(values):
    return (values > values[: int(EARLIER * len(values))].median()).astype(float)


@pytest.fixture(scope="module")
def pizza():
    if not RAOP.exists():
        pytest.skip(f"NOT TESTED: {RAOP} is missing; the Random Acts of Pizza comparison did not run")
    rows = pd.read_csv(RAOP)
    times = pd.to_datetime(rows["date"], utc=True)
    asked = pd.DataFrame({"request": rows["row"].astype("str")})
    for name in ("first_half", "gratitude", "image", "reciprocity"):
        asked[name] = rows[name].astype(float)
    asked["positive"], asked["negative"] = (above_median(rows["pos_frac"]), above_median(rows["neg_frac"]))
    asked["hundred_words"] = rows["n_words"] / 100
    asked["karma_decile"] = deciles(rows["karma_at_request"].to_numpy())
    asked["posted_before"] = rows["posted_in_raop_before"].astype(float)
    for name in ("craving", "family", "job", "money", "student"):
        asked[name] = above_median(rows[f"nar_{name}"])
    points = sum(weight * asked[name] for name, weight in POINTS.items())
    logs = np.sign(rows[COUNTS]) * np.log1p(rows[COUNTS].abs())
    everything = logs.add_prefix("log_").join(rows[REST].add_prefix("x_"))
    asked = asked.join(everything)
    asked["community_days"] = (times - times.min()).dt.days
    asked["community_decile"] = deciles(asked["community_days"].to_numpy())
    start = pd.Series(points.to_numpy() / 10, index=asked["request"])
    return asked, rows["accepted"], times, start, tuple(everything.columns)


def against_the_points(pizza, challenger):
    """One split in time: the points rule, recalibrated, in office; the model is the challenger."""
    asked, accepted, times, start, _ = pizza
    costs = Costs()
    judges = [Recalibrated(start, costs, "rules"), challenger, BaseRate(costs)]
    return compare_judges(asked, accepted, times, judges, costs=costs, origins=1, first=EARLIER, curve=False)


@pytest.fixture(scope="module")
def started(pizza):
    columns = (*pizza[4], "community_days")
    return against_the_points(pizza, NumericModel(columns, Costs(), pizza[3]))


def test_the_model_that_starts_at_the_points_rule_ranks_later_requests(started):
    assert started.scores.loc["model", "auc"] >= 0.61
    assert started.pair.n == pytest.approx(1701, abs=20)


def test_its_probabilities_beat_the_base_rate_although_acceptance_fell(started):
    scores = started.scores
    assert scores.loc["model", "brier"] < scores.loc["base_rate", "brier"]
    assert started.against_base_rate == "better than the base rate"


def test_it_does_not_decide_so_much_better_that_the_points_rule_should_go(started):
    assert started.verdict != "model"


def test_the_published_regression_is_no_better_than_the_points_and_does_not_get_the_verdict(pizza):
    published = (*POINTS, "community_decile")
    found = against_the_points(pizza, NumericModel(published, Costs(), tau=100.0))
    # DeLong's interval, computed with other code on the same later requests: 0.607 [0.572, 0.641].
    area = found.ranking.second
    assert (area.value, area.low, area.high) == pytest.approx((0.607, 0.572, 0.641), abs=0.002)
    assert found.ranking.difference.low < 0.001 < found.ranking.difference.high + 0.001
    assert found.verdict != "model"


def test_the_published_coefficients_are_reproduced_without_a_prior():
    """All fifteen signs, and every estimate within 1.1 of its published standard error.

    Texts are cut at 300 words: the few very long ones alone pull the coefficient of length from
    0.32 to 0.21, where 0.30 is published.
    """
    published = SHARED / "data" / "reference" / "published_tables.json"
    if not (RAOP.exists() and published.exists()):
        pytest.skip(f"NOT TESTED: {RAOP} or {published} is missing; Table 3 was not reproduced")
    rows = pd.read_csv(RAOP)
    rows["days"] = (pd.to_datetime(rows["date"]) - pd.to_datetime(rows["date"]).min()).dt.days
    rows = rows[rows["paper_split"] == "train"]
    tens = {name: np.quantile(rows[name], np.arange(0.1, 1, 0.1)) for name in ("days", "karma_at_request")}
    half = {"strong_positive_sentiment": "pos_frac", "strong_negative_sentiment": "neg_frac"}
    half |= {f"narrative_{n}": f"nar_{n}" for n in ("craving", "family", "job", "money", "student")}
    X = {
        "community_age_decile": np.searchsorted(tens["days"], rows["days"], side="right"),
        "first_half_of_month": rows["first_half"],
        "length_100_words": rows["n_words"].clip(upper=300) / 100,
        "karma_decile": np.searchsorted(tens["karma_at_request"], rows["karma_at_request"], side="right"),
        **{name: rows[name] for name in ("gratitude", "image", "reciprocity", "posted_in_raop_before")},
        **{name: rows[column] > rows[column].median() for name, column in half.items()},
    }
    model = LogisticModel(tau=np.inf).fit(pd.DataFrame(X).to_numpy(float), rows["accepted"].to_numpy())
    table = json.loads(published.read_text(encoding="utf-8"))["raop_table3"]["estimate_se"]
    assert set(table) == {"Intercept", *X}
    for name, found in [("Intercept", model.intercept_[0]), *zip(X, model.coef_[0], strict=True)]:
        estimate, error = table[name]
        assert np.sign(found) == np.sign(estimate), name
        assert abs(found - estimate) < 1.1 * error, name


@pytest.fixture(scope="module")
def openings():
    rows = pd.read_csv(OPENINGS)
    facts = rows.drop(columns=["row", "date", "accepted", "opening_text"])
    facts.insert(0, "request", rows["row"].astype("str"))
    return compare_judges(facts, rows["accepted"], pd.to_datetime(rows["date"], utc=True))


def test_nothing_in_the_opening_predicts_and_the_verdict_says_so(openings):
    assert openings.labels == 1017
    assert openings.verdict == "no better than the base rate"
    assert "no better than the base rate" in openings.sentence


def test_the_ranking_of_the_openings_is_at_chance(openings):
    model = openings.scores.loc["model"]
    assert model["auc_low"] < 0.5 < model["auc_high"]


def test_the_licence_stands_beside_the_data():
    assert "Apache License" in (OPENINGS.parent / "LICENSE").read_text(encoding="utf-8")
    assert "Changed from the original" in (OPENINGS.parent / "README.md").read_text(encoding="utf-8")
