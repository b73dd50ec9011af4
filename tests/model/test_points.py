"""The card of points and the tally."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit

from netkit.facts import vocabulary
from netkit.model import fit_model
from netkit.model.effect_wording import RULES
from netkit.model.encoding import FactEncoder
from netkit.model.points_card import Point, PointsCard

INVITATION = vocabulary("invitation")


def invent(n, effects, *, seed=0):
    """Invented requests whose answers are a sum of effects of yes."""
    rng = np.random.default_rng(seed)
    columns = {"request": [str(place) for place in range(n)]}
    columns |= {name: rng.choice(["yes", "no"], n, p=[0.3, 0.7]) for name in effects}
    facts = pd.DataFrame(columns)
    odds = sum(effect * (facts[name] == "yes") for name, effect in effects.items()) - 0.5
    labels = pd.Series((rng.random(n) < expit(odds)).astype(float))
    return facts, labels


FOUR = {"met_in_person": 2.0, "note_sells": -2.0, "recognised": 1.0, "useful_field": 0.0}


@pytest.fixture(scope="module")
def model():
    facts, labels = invent(4000, FOUR)
    return fit_model(facts, labels, INVITATION)


def test_the_points_follow_the_true_effects(model):
    points = {(point.fact, point.level): point.points for point in model.points_card().points}
    assert points[("met_in_person", "yes")] == -points[("note_sells", "yes")] > 0
    assert abs(2 * points[("recognised", "yes")] - points[("met_in_person", "yes")]) <= 1
    assert ("useful_field", "yes") not in points or abs(points[("useful_field", "yes")]) <= 1


def test_a_card_holds_at_most_eight_facts_and_five_points():
    names = [name for name in INVITATION if not INVITATION[name].is_number][:14]
    names = [name for name in names if set(INVITATION[name].levels) == {"yes", "no"}]
    assert len(names) > 8
    facts, labels = invent(1500, dict.fromkeys(names, 0.8))
    card = fit_model(facts, labels, INVITATION).points_card()
    assert len({point.fact for point in card.points}) == 8
    assert max(abs(point.points) for point in card.points) <= 5


def test_the_sum_is_what_a_person_adds_up_by_hand(model):
    card = PointsCard(
        (Point(RULES, "accept", 3), Point("note_sells", "yes", -2), Point("recognised", "yes", 1)),
        intercept=-0.2, scale=0.5, loss=0.0, full_loss=0.0,
    )  # fmt: skip
    facts = pd.DataFrame(
        {"request": list("abc"), "note_sells": ["yes", "no", "yes"], "recognised": ["yes", "yes", None]}
    )
    levels = FactEncoder(INVITATION).levels(facts)
    total = card.add_up(levels, np.array([1.0, -1.0, 0.0]))
    assert total.tolist() == [3 - 2 + 1, -3 + 1, -2]
    np.testing.assert_allclose(card.probability(total), expit(-0.2 + 0.5 * total))


def test_the_back_of_the_card_lists_every_sum_that_can_occur(model):
    card = model.points_card()
    back = card.sums().set_index("points")["probability"]
    total = card.add_up(model.counted.levels)
    assert {int(one) for one in total} <= set(back.index)
    assert back.is_monotonic_increasing
    np.testing.assert_allclose(card.probability(total), back.loc[total])


def test_the_card_loses_little_and_the_tally_more(model):
    card, tally = model.points_card(), model.unit_tally()
    assert card.full_loss <= card.loss < card.full_loss + 0.002
    assert card.loss < tally.loss
    assert {abs(point.points) for point in tally.points} == {1}


def test_the_tally_keeps_an_effect_of_a_fifth_of_the_largest():
    facts, labels = invent(8000, {"met_in_person": 3.0, "recognised": 0.6, "useful_field": 0.0})
    tally = fit_model(facts, labels, INVITATION).unit_tally()
    assert {(point.fact, point.points) for point in tally.points} == {("met_in_person", 1), ("recognised", 1)}


def test_the_stated_loss_is_the_log_loss_on_the_history(model):
    card, counted = model.points_card(), model.counted
    chance = card.probability(card.add_up(counted.levels))
    loss = -(counted.ones @ np.log(chance) + (counted.total - counted.ones) @ np.log(1 - chance))
    assert card.loss == pytest.approx(loss / counted.total.sum())


def test_what_the_card_costs_has_the_interval_of_a_mean_over_requests(model):
    card, counted = model.points_card(), model.counted
    by_hand = card.probability(card.add_up(counted.levels))
    odds = model.log_odds(counted.levels, np.zeros(len(counted.total)))[0]
    gaps = []  # one a request, each combination of facts as often as it was seen
    for ones, total, ours, theirs in zip(counted.ones, counted.total, expit(odds), by_hand, strict=True):
        gaps += [np.log(ours / theirs)] * int(ones)
        gaps += [np.log((1 - ours) / (1 - theirs))] * int(total - ones)
    assert card.labels == len(gaps) == 4000
    assert card.loss - card.full_loss == pytest.approx(np.mean(gaps))
    found = stats.norm.interval(0.95, np.mean(gaps), np.std(gaps) / np.sqrt(len(gaps)))
    assert (card.cost_low, card.cost_high) == pytest.approx(found)
    assert "less well than" if found[0] > 0 else "about as well as" in card.text()
    assert f"(log loss {card.loss:.2f} and {card.full_loss:.2f}; less is better)" in card.text()


def test_the_printed_card_gives_each_chance_one_line_and_never_says_certain():
    points = (Point("recognised", "yes", 5), Point("met_in_person", "yes", 5), Point("note_sells", "yes", -5))
    text = PointsCard(points, intercept=0.0, scale=1.2, loss=0.3, full_loss=0.2).text()
    lines = [
        line.strip()
        for line in text.partition("What the sum says of the chance of a yes:\n")[2]
        .split("\n\n")[0]
        .split("\n")
    ]
    assert lines == [
        "-5 to -4: under 1 %",
        "-3: 3 %",
        "-2: 8 %",
        "-1: 23 %",
        "0: 50 %",
        "1: 77 %",
        "2: 92 %",
        "3: 97 %",
        "4 to 10: over 99 %",
    ]


def test_the_rules_are_a_line_of_the_card_where_you_decide_as_they_do():
    # Accepted are those met who sell nothing: a rule that no sum of facts expresses.
    rng = np.random.default_rng(0)
    met, sells = rng.random(400) < 0.5, rng.random(400) < 0.5
    facts = pd.DataFrame(
        {
            "request": [str(place) for place in range(400)],
            "met_in_person": np.where(met, "yes", "no"),
            "note_sells": np.where(sells, "yes", "no"),
        }
    )
    score = np.where(met & ~sells, 1, -1)
    labels = pd.Series((rng.random(400) < np.where(score > 0, 0.9, 0.1)).astype(float))
    model = fit_model(facts, labels, INVITATION, rules_score=pd.Series(score))
    card = model.points_card()
    points = {point.fact: point.points for point in card.points}
    assert points[RULES] == max(points.values())
    assert "the rules say accept" in card.text()


def test_a_history_that_teaches_nothing_gives_an_empty_card_at_the_base_rate():
    facts = pd.DataFrame({"request": range(10), "met_in_person": ["yes"] * 10})
    labels = pd.Series([1.0] * 7 + [0.0] * 3)
    card = fit_model(facts, labels, INVITATION).points_card()
    assert card.points == ()
    assert card.probability(np.array([0])) == pytest.approx(expit(logit(0.7)), abs=1e-6)


def test_published_score_map_is_reproduced():
    # FasterRisk's example for the adult data: risk = logistic(0.625 * (score - 3)).
    card = PointsCard(
        (Point("recognised", "yes", 7), Point("note_sells", "yes", -8)), -1.875, 0.625, 0.0, 0.0
    )
    sums = card.sums().set_index("points")["probability"]
    assert sums.loc[-8] == pytest.approx(0.001, abs=5e-4)
    assert sums.loc[7] == pytest.approx(0.924, abs=5e-4)
    assert sums.loc[3] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ends", "says"),
    [((0.05, 0.15), "less well than"), ((-0.15, -0.05), "better than"), ((-1e-9, 1e-9), "about as well as")],
)
def test_how_a_card_fits_beside_the_whole_model_is_said_in_words(ends, says):
    card = PointsCard((), 0.0, 1.0, 0.4, 0.4, *ends, 33)
    assert f"answers it was made from {says} the whole model" in card.text()
