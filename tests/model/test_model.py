"""The model as a judge: its estimator, its answers, and what it says about itself."""

import json
import sys
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.utils.estimator_checks import parametrize_with_checks

from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.facts import UNKNOWN, vocabulary
from netkit.model import FittedModel, LogisticModel, fit_counted, fit_model
from netkit.model.data_check import _is_separated
from netkit.model.effect_wording import BASE, RULES
from netkit.model.fitted_model import _beside_the_rules
from netkit.model.patterns import Patterns, count_frame

INVITATION = vocabulary("invitation")
COSTS = Costs(wrong_accept=1.2, wrong_decline=1, question=0.36)
FACTS = ("met_in_person", "note_sells", "recognised", "useful_field", "reason_to_connect")


@pytest.mark.filterwarnings("ignore:Skipping check:sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([LogisticModel(), LogisticModel(tau=1.0)])
def test_the_estimator_passes_every_scikit_learn_check(estimator, check):
    check(estimator)


def invent(n, seed=1):
    """Invented requests: met people are mostly accepted, sellers mostly refused; the rules say so."""
    rng = np.random.default_rng(seed)
    columns = {"request": [f"inv-{place:04d}" for place in range(n)]}
    for name in FACTS:
        columns[name] = rng.choice([*INVITATION[name].levels, "unknown"], n)
    facts = INVITATION.conform(pd.DataFrame(columns))
    met, sells = (facts[name].eq("yes").fillna(False).to_numpy(bool) for name in FACTS[:2])
    labels = (rng.random(n) < expit(2.0 * met - 1.5 * sells - 0.5)).astype(float)
    score = np.where(met, 1, np.where(sells, -1, 0))
    index = facts["request"]
    return facts, pd.Series(labels, index=index), pd.Series(score, index=index)


@pytest.fixture(scope="module")
def invented():
    return invent(300)


@pytest.fixture(scope="module")
def fitted(invented):
    facts, labels, score = invented
    return fit_model(facts, labels, INVITATION, rules_score=score, costs=COSTS)


@pytest.fixture(scope="module")
def judged(fitted, invented):
    return fitted.judge(invented[0], invented[2])


# --- answers ---


def test_contributions_add_up_to_the_log_odds(judged):
    total = judged["contributions"].map(lambda parts: sum(parts.values()))
    odds = np.log(judged["probability"] / (1 - judged["probability"]))
    np.testing.assert_allclose(total, odds, atol=1e-12)


def test_requests_come_back_in_the_order_and_with_the_index_they_were_given(fitted, invented):
    facts = invented[0].iloc[::-7]
    table = fitted.judge(facts, invented[2])
    assert table["request"].tolist() == facts["request"].tolist()
    assert table.index.equals(facts.index)


def test_actions_follow_the_costs(judged):
    # Accept from 1 - 0.36 / 1.2 on, decline up to 0.36 / 1.
    chance = judged["probability"]
    expected = np.where(chance >= 0.7, "accept", np.where(chance <= 0.36, "decline", "ask"))
    assert judged["action"].tolist() == expected.tolist()
    assert set(judged["action"]) == {"accept", "ask", "decline"}


def test_an_interval_lies_around_every_probability(judged):
    assert ((judged["low"] < judged["probability"]) & (judged["probability"] < judged["high"])).all()


def completions(fitted, levels):
    """Every way to answer the unknown facts, by brute force."""
    names = [name for name in FACTS if levels[name] == UNKNOWN]
    for answers in product(*(INVITATION[name].levels for name in names)):
        yield levels | dict(zip(names, answers, strict=True))


def test_settled_is_what_trying_every_completion_finds(fitted, invented, judged):
    facts, _, score = invented
    levels = fitted.encoder.levels(facts).to_dict(orient="records")
    seen = set()
    for place in range(120):
        reached = set()
        ends = (-1, 1) if score.iloc[place] == 0 else (score.iloc[place],)
        for end in [*ends, score.iloc[place]]:
            for row in completions(fitted, levels[place]):
                odds = sum(fitted.parts(row, end).values())
                reached.add(int(COSTS.decide(expit(np.array([odds])))[0]))
        here = ("decline", "ask", "accept").index(judged["action"].iloc[place]) - 1
        assert judged["settled"].iloc[place] == (reached | {here} == {here})
        seen.add(bool(judged["settled"].iloc[place]))
    assert seen == {True, False}


def test_the_next_fact_is_the_cheapest_that_alone_can_flip_the_answer(fitted, invented, judged):
    levels = fitted.encoder.levels(invented[0]).to_dict(orient="records")
    checked = 0
    for place, row in enumerate(judged.itertuples()):
        if row.settled:
            assert pd.isna(row.next_fact)
            continue
        flips = _flips(fitted, levels[place], row, sum(row.contributions.values()))
        if flips:
            assert INVITATION[row.next_fact].effort == min(flips.values())
            assert row.next_fact in flips
            checked += 1
    assert checked > 10


def _flips(fitted, levels, row, odds):
    found = {}
    here = COSTS.decide(expit(np.array([odds])))[0]
    for name in FACTS:
        if levels[name] == UNKNOWN:
            for level in INVITATION[name].levels:
                there = odds + fitted.contribution(name, level) - row.contributions[name]
                if COSTS.decide(expit(np.array([there])))[0] != here:
                    found[name] = INVITATION[name].effort
    return found


def test_the_rules_own_answer_counts_as_open_only_where_it_is(fitted, invented):
    facts, _, score = invented
    unknown = facts[facts[list(FACTS)].isna().sum(axis=1) == 0]
    zero = unknown[score.loc[unknown["request"]].to_numpy() == 0]
    closed = fitted.judge(zero, score, rules_open=pd.Series(False, index=zero["request"]))
    assert closed["settled"].all()
    assert not fitted.judge(zero, score)["settled"].all()


def test_without_rules_nothing_about_them_is_open(invented):
    facts, labels, _ = invented
    model = fit_model(facts, labels, INVITATION)
    complete = facts[facts[list(FACTS)].notna().all(axis=1)]
    assert model.judge(complete)["settled"].all()
    assert model.slope == 0.0


@pytest.mark.parametrize(
    "engine", [lambda frame: frame, pl.from_pandas, lambda frame: duckdb.sql("select * from frame")]
)
def test_scores_are_the_same_on_every_engine(fitted, invented, judged, engine):
    facts, _, score = invented
    frame = facts.assign(rules=score.to_numpy().astype(float))
    scored = fitted.score_frame(engine(frame), score="rules")
    scored = scored.df() if hasattr(scored, "df") else scored
    scored = scored if isinstance(scored, pd.DataFrame) else scored.to_pandas()
    np.testing.assert_allclose(
        scored.sort_values("request")["probability"], judged["probability"], atol=1e-12
    )


def test_scores_of_other_requests_are_refused(fitted, invented):
    with pytest.raises(ModelError, match="Give a Series with the request as its index"):
        fitted.judge(invented[0], pd.Series([1.0, 0.0]))


# --- learning ---


def test_the_same_history_gives_the_same_model_in_any_order_of_its_rows(fitted, invented):
    facts, labels, score = invented
    again = fit_model(
        facts.sample(frac=1, random_state=3), labels, INVITATION, rules_score=score, costs=COSTS
    )
    assert again.to_json() == fitted.to_json()


def test_a_history_without_refusals_is_refused_with_advice(invented):
    facts = invented[0]
    with pytest.raises(ModelError, match="Record decisions with"):
        fit_model(facts, pd.Series(1.0, index=facts["request"]), INVITATION)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"labels": pd.Series([1, 0, 2])}, "label is 2"),
        ({"labels": pd.Series([1, 0, 0.5])}, "label is 0.5"),
        ({"weights": pd.Series([1, 1, -1])}, "weight is -1"),
        ({"weights": pd.Series([1, 1, np.inf])}, "weight is inf"),
        ({"rules_score": pd.Series([1, 0, None])}, "score of the rules is nan"),
        ({"tau": 0.0}, "strength tau is 0.0"),
        ({"tau": -1.0}, "strength tau is -1.0"),
    ],
)
def test_numbers_that_would_teach_wrongly_are_refused_by_what_was_seen(given, seen):
    facts = pd.DataFrame({"request": list("abc"), "recognised": ["yes", "no", "yes"]})
    given = {"labels": pd.Series([1, 0, 1]), **given}
    with pytest.raises(ModelError, match=seen):
        fit_model(facts, vocabulary=INVITATION, **given)


def test_a_model_without_a_prior_is_written_down_and_read_back():
    facts = pd.DataFrame({"request": list("abcd"), "recognised": ["yes", "no"] * 2})
    labels = pd.Series([1, 0, 0, 1])
    model = fit_model(facts, labels, INVITATION, tau=np.inf)
    back = FittedModel.from_json(model.to_json())
    assert (model.tau, back.tau) == (np.inf, np.inf)
    assert json.loads(model.to_json())["prior"][0]["tau"] is None


def test_requests_without_a_label_or_weight_teach_nothing(invented):
    facts, labels, score = invented
    known = np.arange(300) < 200
    partly = labels.where(known)
    few = fit_model(facts[known], labels[known], INVITATION, rules_score=score)
    assert fit_model(facts, partly, INVITATION, rules_score=score).to_json() == few.to_json()
    weights = pd.Series(known.astype(float), index=facts["request"])
    again = fit_model(facts, labels, INVITATION, weights=weights, rules_score=score)
    assert again.to_json() == few.to_json()


def test_with_few_labels_the_rules_decide_and_with_many_the_data():
    # The rules praise those met; in truth meeting does nothing and being useful decides.
    def truth(n):
        facts, _, score = invent(n, seed=5)
        useful = facts["useful_field"].eq("yes").fillna(False).to_numpy(bool)
        labels = (np.random.default_rng(6).random(n) < np.where(useful, 0.9, 0.2)).astype(float)
        return facts, pd.Series(labels, index=facts["request"]), score

    facts, labels, score = truth(3000)
    many = fit_model(facts, labels, INVITATION, rules_score=score)
    assert many.contribution("useful_field", "yes") - many.contribution("useful_field", "no") > 2.5
    assert abs(many.slope) < 0.3
    facts, labels, score = invent(40, seed=8)
    few = fit_model(facts, labels, INVITATION, rules_score=score)
    assert few.trust > 0.5
    chance = few.judge(facts, score)["probability"].to_numpy()
    assert chance[score == 1].min() > chance[score == -1].max()


def test_no_factor_is_stated_where_fewer_than_ten_requests_show_a_level():
    met = np.array(["yes"] * 9 + ["no"] * 40, dtype=object)
    facts = pd.DataFrame({"request": range(49), "met_in_person": met})
    model = fit_model(facts, pd.Series(np.r_[np.ones(9), np.zeros(40)]), INVITATION)
    (row,) = model.effects().query("level == 'yes'").to_dict(orient="records")
    assert row["odds_low"] > 1 and row["words"] == "met in person: yes: 9 requests are too few to say"
    assert model.clear_effects().empty


def test_separated_and_dependent_facts_give_finite_answers_and_a_note():
    # Forty requests; met in person settles every one of them, and recognised repeats it.
    met = np.tile(["yes", "no"], 20)
    facts = pd.DataFrame({"request": range(40), "met_in_person": met, "recognised": met})
    labels = pd.Series(np.tile([1.0, 0.0], 20))
    model = fit_model(facts, labels, INVITATION)
    chance = model.judge(facts)["probability"]
    assert chance.between(0.01, 0.99).all()
    assert chance.iloc[0] > 0.8 > 0.2 > chance.iloc[1]
    assert model.data.separated
    assert any("always went with the same answer" in note for note in model.notes)
    assert any("cannot be separated from" in note for note in model.notes)
    effects = model.effects()
    assert np.isfinite(effects["estimate"]).sum() >= 1
    told = json.loads(model.to_json(), parse_constant=pytest.fail)  # NaN is no JSON
    assert told["notes"] == list(model.notes) and told["data"]["separated"] is True
    assert told["data"]["dependent"] == ["met in person: no"]
    assert [one["estimate"] for one in told["effects"]] == [
        pytest.approx(one) if np.isfinite(one) else None for one in effects["estimate"]
    ]
    assert FittedModel.from_json(model.to_json()).coef == pytest.approx(model.coef)


@pytest.mark.parametrize("n", [12, 50])
def test_a_tiny_history_of_every_declared_fact_gives_finite_answers(n):
    rng = np.random.default_rng(n)
    columns = {"request": [str(place) for place in range(n)]}
    for name, fact in INVITATION.items():
        columns[name] = rng.choice([*(fact.levels or (3, 20)), None], n)
    facts = INVITATION.conform(pd.DataFrame(columns))
    labels = pd.Series((np.arange(n) % 3 == 0).astype(float))
    model = fit_model(facts, labels, INVITATION, rules_score=pd.Series(np.where(labels > 0, 1, -1)))
    table = model.judge(facts)
    assert table["probability"].between(0.001, 0.999).all()
    assert np.isfinite(model.covariance).all()
    assert "stays near where it began" in model.notes[0]


def test_where_one_column_separates_no_linear_programme_is_solved(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    one, two = np.ones(3), np.full(3, 2.0)
    assert _is_separated(Patterns(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), one * [2, 1, 1], two))
    assert _is_separated(Patterns(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), one * [0, 1, 1], two))
    with pytest.raises(ImportError):  # the second level has a mixed pattern as well
        _is_separated(Patterns(np.array([[1.0], [1.0], [0.0]]), one * [2, 1, 1], two))


def test_maximum_likelihood_on_separated_labels_stays_finite_and_says_so():
    X = np.array([[0.0], [0.0], [1.0], [1.0]])
    model = LogisticModel(tau=np.inf).fit(X, [0, 0, 1, 1])
    assert np.isfinite(model.coef_).all()
    assert "no finite estimate" in model.notes_[0]


def test_one_label_only_is_answered_and_noted():
    model = LogisticModel().fit(np.zeros((3, 1)), ["yes", "yes", "yes"])
    assert model.predict(np.zeros((2, 1))).tolist() == ["yes", "yes"]
    assert "nothing to learn from" in model.notes_[0]


def test_counts_from_another_engine_give_the_same_model(invented, fitted):
    facts, labels, score = invented
    rows = facts.assign(label=labels.to_numpy(), score=score.to_numpy())
    counted = count_frame(pl.from_pandas(rows), INVITATION, score="score")
    again = fit_counted(counted, INVITATION, costs=COSTS)
    assert again.to_json() == fitted.to_json()


# --- effects, data, explanation, JSON ---


def test_effects_state_count_prior_estimate_posterior_and_words(fitted):
    effects = fitted.effects().set_index(["fact", "level"])
    sells = effects.loc[("note_sells", "yes")]
    assert sells["n"] == fitted.encoder.counts["note_sells"]["yes"]
    assert sells["low"] < sells["estimate"] < sells["high"] < 0
    assert sells["odds_ratio"] == pytest.approx(np.exp(sells["estimate"]))
    assert sells["posterior_low"] < sells["posterior"] < sells["posterior_high"]
    assert "goes with odds of accepting" in sells["words"]


def test_where_the_rules_are_wrong_the_effect_says_that_the_data_contradict_them():
    facts, _, score = invent(600, seed=2)
    sells = facts["note_sells"].eq("yes").fillna(False).to_numpy(bool)
    met = facts["met_in_person"].eq("yes").fillna(False).to_numpy(bool)
    # Those met are refused and sellers accepted: the opposite of what the rules say of sellers.
    odds = 2.0 * met + 1.5 * sells - 0.8
    labels = pd.Series((np.random.default_rng(0).random(600) < expit(odds)).astype(float))
    effects = fit_model(facts, labels, INVITATION, rules_score=score).effects()
    row = effects[(effects["fact"] == "note_sells") & (effects["level"] == "yes")].iloc[0]
    reference = row["compared_with"]
    assert reference != "yes"
    assert row["contradicts"]
    assert row["words"].endswith("; the data contradict the rules")


@pytest.mark.parametrize(
    ("prior", "estimate", "words"),
    [
        (0.9, 2.1, "more than the rules make of it"),
        (-1.5, -0.4, "less than the rules make of it"),
        (-0.9, 1.2, "the data contradict the rules"),
        (0.04, 1.2, "the rules are silent about it"),
    ],
)
def test_only_the_opposite_of_what_the_rules_say_contradicts_them(prior, estimate, words):
    assert _beside_the_rules(prior, estimate) == words


def test_points_are_carried_by_ten_labels_of_either_answer_and_an_effect_that_is_clear():
    told = pd.Series([1.0, 0.0] * 9)
    facts = pd.DataFrame({"request": [f"r{n}" for n in range(18)]})
    facts["recognised"] = ["yes", "no"] * 9
    few = fit_model(facts, told, INVITATION)
    more = pd.concat([facts, facts.head(2).assign(request=["s0", "s1"])], ignore_index=True)
    enough = fit_model(more, pd.Series([1.0, 0.0] * 10), INVITATION)
    unclear = fit_model(more, pd.Series(([1.0] * 2 + [0.0] * 2) * 5), INVITATION)
    assert few.clear_effects().empty and len(enough.clear_effects()) == 1
    assert not len(unclear.clear_effects())
    assert [one.carries_points for one in (few, enough, unclear)] == [False, True, False]
    assert [json.loads(one.to_json())["carries_points"] for one in (few, enough)] == [False, True]


def test_clear_effects_are_those_whose_interval_leaves_out_none_the_strongest_first(fitted):
    clear, every = fitted.clear_effects(), fitted.effects().dropna(subset=["estimate"])
    assert 0 < len(clear) < len(every)
    assert ((clear["low"] > 0) | (clear["high"] < 0)).all()
    assert clear["estimate"].abs().is_monotonic_decreasing
    rest = every.drop(index=clear.index)
    assert ((rest["low"] <= 0) & (rest["high"] >= 0)).all()


def test_a_true_effect_is_covered_by_firths_interval_whether_the_rules_are_right_or_wrong():
    # 80 histories; the intervals must hold although the prior pulls the posterior away.
    covered = []
    for seed in range(80):
        facts, labels, score = invent(120, seed=1000 + seed)
        model = fit_model(
            facts[["request", "met_in_person", "note_sells"]], labels, INVITATION, rules_score=-score
        )
        effects = model.effects().set_index(["fact", "level"])
        for fact, effect in (("met_in_person", 2.0), ("note_sells", -1.5)):
            for level in ("yes", "no", UNKNOWN):
                if (fact, level) in effects.index:
                    row = effects.loc[(fact, level)]
                    truth = effect * ((level == "yes") - (row["compared_with"] == "yes"))
                    covered.append(row["low"] <= truth <= row["high"])
    assert 0.93 <= np.mean(covered) <= 0.98


def test_few_labels_for_many_facts_take_each_fact_alone_and_say_so(invented):
    facts, labels, score = invented
    few = fit_model(facts.head(40), labels, INVITATION, rules_score=score)
    effects = few.effects()
    assert not effects["adjusted"].any()
    assert effects.query("n >= 10")["words"].str.contains("taken alone").all()
    assert np.isfinite(effects[["low", "high"]]).all(axis=None)


def repeated(invented, n):
    """The first requests, where a second fact repeats the first and a third is free of them."""
    facts, labels, score = invented
    facts = facts.head(n).assign(recognised=facts["met_in_person"])
    return facts[["request", "met_in_person", "recognised", "useful_field"]], labels, score


def test_a_fact_that_repeats_another_has_no_effect_of_its_own_and_takes_none_away(invented):
    facts, labels, score = repeated(invented, 300)
    effects = fit_model(facts, labels, INVITATION, rules_score=score).effects()
    alone = fit_model(facts.drop(columns="met_in_person"), labels, INVITATION, rules_score=score)
    assert effects["adjusted"].all()
    twin = effects["fact"] == "met_in_person"  # the later of the two as declared
    assert effects.loc[twin, ["estimate", "low", "high"]].isna().all(axis=None)
    assert effects.loc[twin, "words"].str.endswith("the history cannot tell this from other facts").all()
    columns = ["fact", "level", "estimate", "low", "high"]
    pd.testing.assert_frame_equal(
        effects.loc[~twin, columns].reset_index(drop=True), alone.effects()[columns]
    )


def test_facts_taken_alone_are_not_held_to_repeat_each_other(invented):
    facts, labels, score = repeated(invented, 20)
    # Of one column each, so that the second's place in the design is one in the third fact's own, too.
    facts[["met_in_person", "recognised"]] = facts[["met_in_person", "recognised"]].fillna("no")
    effects = fit_model(facts, labels, INVITATION, rules_score=score).effects()
    assert not effects["adjusted"].any()
    assert effects[["estimate", "low", "high"]].notna().all(axis=None)
    columns = ["level", "estimate", "low", "high"]
    first, second = (
        effects.loc[effects["fact"] == fact, columns].reset_index(drop=True)
        for fact in ("met_in_person", "recognised")
    )
    pd.testing.assert_frame_equal(first, second)


def test_the_data_check_counts_what_there_is():
    facts = pd.DataFrame(
        {
            "request": range(8),
            "met_in_person": ["yes", "yes", "no", "no", "no", "no", "no", "no"],
            "recognised": ["yes"] * 8,
            "note_sells": ["no", "no", "no", "no", "yes", "yes", "yes", "no"],
        }
    )
    labels = pd.Series([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    data = fit_model(facts, labels, INVITATION).data
    assert (data.n, data.events, data.patterns, data.parameters) == (8, 4, 3, 3)
    assert "recognised" in data.constant
    sides = {(one.fact, one.level): (one.n, one.accepted) for one in data.one_sided}
    assert sides == {("met_in_person", "yes"): (2, True), ("note_sells", "yes"): (3, False)}
    # Requests 2, 3 and 7 share their facts and were accepted twice, refused once.
    assert (data.contradictory, data.ceiling) == (1, pytest.approx(7 / 8))


def test_an_explanation_adds_up_and_names_what_would_change_the_answer(fitted, invented, judged):
    facts, _, score = invented
    for place, found in enumerate(fitted.explain(facts.head(40), score)):
        assert found.action == judged["action"].iloc[place]
        assert expit(sum(found.parts.values())) == pytest.approx(found.probability)
        assert {BASE, RULES} <= found.parts.keys()
        for change in found.changes:
            other = facts.iloc[[place]].assign(**{change.fact: change.instead})
            then = fitted.judge(INVITATION.conform(other), score)
            assert then["action"].iloc[0] == change.action != found.action
        assert found.seen >= 1
        assert found.request in found.text()


def test_json_gives_the_same_answers_back(fitted, invented, judged):
    text = fitted.to_json()
    again = FittedModel.from_json(text)
    pd.testing.assert_frame_equal(again.judge(invented[0], invented[2]), judged)
    pd.testing.assert_frame_equal(again.effects(), fitted.effects())
    assert again.to_json() == text
    stored = json.loads(text)
    assert stored["coef"].keys() == {str(column) for column in fitted.encoder.columns}
    assert "inv-0001" not in text


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"encoder": {}}'])
def test_json_that_is_no_model_is_refused(text):
    with pytest.raises(ModelError, match="not a stored model"):
        FittedModel.from_json(text)


# --- costs ---


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.05, 20), st.floats(0.05, 20), st.floats(0, 20), st.floats(0, 1)
)  # fmt: skip
def test_the_answer_taken_is_never_dearer_than_another(accept, decline, question, chance):
    costs = Costs(accept, decline, question)
    dear = {1: (1 - chance) * accept, 0: question, -1: chance * decline}
    taken = int(costs.decide(np.array([chance]))[0])
    assert dear[taken] <= min(dear.values()) + 1e-9


@pytest.mark.parametrize(
    "wrong", [{"wrong_accept": 0}, {"question": -1}, {"wrong_decline": float("nan")}, {"wrong_accept": 1e308}]
)
def test_costs_that_are_no_costs_are_refused(wrong):
    with pytest.raises(ModelError, match="The cost"):
        Costs(**wrong)


@pytest.mark.parametrize(
    ("stated", "seen"),
    [({"wrong_acept": 3}, "Did you mean 'wrong_accept'"), ({"question": "cheap"}, "'cheap'")],
)
def test_a_misspelt_cost_is_not_left_at_its_default_in_silence(stated, seen):
    with pytest.raises(ModelError, match=seen):
        Costs.of(stated)


def test_the_stored_cells_stay_near_the_better_of_rules_and_plain_penalty():
    results = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
    stored = json.loads(max(results.glob("prior_cells-*.json")).read_text(encoding="utf-8"))
    assert min(stored["histories"].values()) >= 200
    for table in stored["tables"].values():
        over = np.array(table["netkit_over_the_better"])
        assert over.shape == (15,)
        assert (over <= 1.15).all()
        cells = {name: np.array(row) for name, row in table["cells"].items()}
        better = np.minimum(cells["L2, C = 1"], cells["rules, recalibrated"])
        np.testing.assert_allclose(over, cells["netkit: averaged by evidence"] / better, atol=0.02)
