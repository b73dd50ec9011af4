"""The model as a judge."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from netkit.errors import ModelError
from netkit.facts import vocabulary
from netkit.model import FittedModel, LogisticModel, fit_model

INVITATION = vocabulary("invitation")


@pytest.mark.filterwarnings("ignore:Skipping check:sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([LogisticModel(), LogisticModel(tau=1.0)])
def test_the_estimator_passes_every_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def invented():
    """300 invented requests: met people are mostly accepted, sellers mostly refused."""
    rng = np.random.default_rng(1)
    columns = {"request": [f"inv-{i:03d}" for i in range(300)]}
    for name in ("met_in_person", "note_sells", "recognised", "useful_field"):
        columns[name] = rng.choice(["yes", "no", "unknown"], 300)
    facts = INVITATION.conform(pd.DataFrame(columns))
    met, sells = facts.met_in_person == "yes", facts.note_sells == "yes"
    odds = 2.0 * met.to_numpy() - 1.5 * sells.to_numpy() - 0.5
    labels = (rng.random(300) < 1 / (1 + np.exp(-odds))).astype(float)
    score = np.where(met, 1, np.where(sells, -1, 0))
    return (
        facts,
        pd.Series(labels, index=facts["request"]),
        pd.Series(score, index=facts["request"]),
    )


@pytest.fixture(scope="module")
def fitted(invented):
    facts, labels, score = invented
    return fit_model(facts, labels, INVITATION, rules_score=score)


def test_contributions_add_up_to_the_log_odds(fitted, invented):
    table = fitted.judge(invented[0], invented[2])
    total = table["contributions"].map(lambda parts: sum(parts.values()))
    odds = np.log(table["probability"] / (1 - table["probability"]))
    np.testing.assert_allclose(total, odds, atol=1e-12)


def test_json_gives_the_same_answers_back(fitted, invented):
    again = FittedModel.from_json(fitted.to_json())
    pd.testing.assert_frame_equal(
        again.judge(invented[0], invented[2]), fitted.judge(invented[0], invented[2])
    )


def test_a_history_without_refusals_is_refused_with_advice(invented):
    facts = invented[0]
    with pytest.raises(ModelError, match="record some decisions"):
        fit_model(facts, pd.Series(1.0, index=facts["request"]), INVITATION)


def test_the_rules_own_words_do_not_depend_on_how_far_the_model_trusts_them(fitted):
    effects = fitted.effects().set_index(["fact", "level"])
    told = effects.loc["met_in_person", "prior_mean"]
    # The rules accept whoever was met: some level of the fact must carry a share of their score.
    assert np.abs(told).max() > 0.3


def test_facts_that_follow_from_each_other_share_what_the_rules_say(invented):
    facts, labels, score = invented
    twice = facts.assign(worked_together=facts["met_in_person"])
    effects = fit_model(twice, labels, INVITATION, rules_score=score).effects()
    assert effects["prior_mean"].abs().max() < 20
    assert effects["posterior"].abs().max() < 20
