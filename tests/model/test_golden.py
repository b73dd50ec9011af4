"""Published regressions, reproduced by the model's own fits at zero prior."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from netkit.model import LogisticModel

GOLDEN = Path(__file__).parents[1] / "golden"


def test_ucb_admissions_give_the_published_coefficients_and_deviance():
    rows = pd.read_csv(GOLDEN / "ucb_admissions.csv")
    departments = [(rows["department"] == name).astype(float) for name in "BCDEF"]
    X = np.column_stack([rows["gender"] == "Female", *departments]).astype(float)
    twice = np.vstack([X, X])
    y = np.repeat([1, 0], len(X))
    counts = np.concatenate([rows["admitted"], rows["rejected"]]).astype(float)
    assert counts.sum() == 4526
    model = LogisticModel(tau=np.inf).fit(twice, y, counts)
    assert model.intercept_[0] == pytest.approx(0.58205140, abs=1e-6)
    expected = [0.09987009, -0.04339793, -1.26259802, -1.29460647, -1.73930574, -3.30648006]
    np.testing.assert_allclose(model.coef_[0], expected, atol=1e-6)
    summary = model.summary()
    np.testing.assert_allclose(summary.table["std_error"].iloc[:2], [0.06899260, 0.08084647], atol=1e-6)
    assert summary.n == 4526 and summary.deviance == pytest.approx(5187.5, abs=0.05)
    assert summary.null_deviance == pytest.approx(6044.3, abs=0.05)

    def deviance(chance):
        return -2 * counts @ np.log(np.where(y == 1, chance, 1 - chance))

    chance = model.predict_proba(twice)[:, 1]
    assert deviance(chance) == pytest.approx(5187.5, abs=0.05)
    rate = counts[y == 1].sum() / counts.sum()
    assert deviance(np.full(len(y), rate)) == pytest.approx(6044.3, abs=0.05)


def test_spector_gives_the_published_coefficients_and_standard_errors():
    data = sm.datasets.spector.load_pandas()
    columns = ["GPA", "TUCE", "PSI"]
    model = LogisticModel(tau=np.inf).fit(data.exog[columns], data.endog.to_numpy())
    np.testing.assert_allclose(model.coef_[0], [2.82611297, 0.09515767, 2.37868773], atol=2e-6)
    assert model.intercept_[0] == pytest.approx(-13.02134832, abs=2e-6)
    errors = np.sqrt(np.diag(model.covariance_))[[1, 2, 3, 0]]
    np.testing.assert_allclose(errors, [1.26294115, 0.14155421, 1.06456430, 4.93132463], atol=2e-6)
    assert model.notes_ == []
    theirs, ours = sm.Logit(data.endog, sm.add_constant(data.exog[columns])).fit(disp=0), model.summary()
    for name, column in (("bse", "std_error"), ("tvalues", "z"), ("pvalues", "p_value")):
        expected = getattr(theirs, name).rename({"const": "intercept"})[ours.table.index]
        np.testing.assert_allclose(ours.table[column], expected, atol=2e-6)
    ends = np.exp(theirs.conf_int().rename({"const": "intercept"}).loc[ours.table.index])
    np.testing.assert_allclose(ours.table[["odds_low", "odds_high"]], ends, rtol=1e-5)
    assert (ours.aic, -ours.deviance / 2) == pytest.approx((theirs.aic, -12.8896), abs=1e-4)


def many_deciders(spread, *, people=150, each=25, seed=3):
    rng = np.random.default_rng(seed)
    who = np.repeat([f"p{at}" for at in range(people)], each)
    own = np.repeat(rng.normal(0, spread, people), each)
    X = rng.integers(0, 2, (people * each, 2)).astype(float)
    y = rng.random(len(X)) < 1 / (1 + np.exp(-(-0.5 + 1.0 * X[:, 0] + own)))
    return X, y.astype(int), who, own


def test_people_who_decide_differently_are_told_apart_and_shrunken():
    X, y, who, own = many_deciders(1.2)
    model = LogisticModel(tau=np.inf).fit(X, y, people=who)
    assert 0.9 < model.people_sd_ < 1.5
    assert np.corrcoef(model.people_[who[::25]], own[::25])[0, 1] > 0.85
    assert model.people_.abs().max() < 4  # also of who said yes to everything
    alone = LogisticModel(tau=np.inf).fit(X, y)
    # Beside people the effect of a column is no longer flattened, and the level is less sure.
    assert abs(model.coef_[0, 0] - 1.0) < abs(alone.coef_[0, 0] - 1.0)
    assert model.covariance_[0, 0] > alone.covariance_[0, 0]
    known, new = model.predict_proba(X[:1], people=who[:1]), model.predict_proba(X[:1], people=["new"])
    assert known[0, 1] != new[0, 1] == model.predict_proba(X[:1])[0, 1]
    assert "150 people" in str(model.summary())


def test_people_who_all_decide_alike_change_nothing():
    X, y, who, _ = many_deciders(0.0)
    model, alone = LogisticModel(tau=np.inf).fit(X, y, people=who), LogisticModel(tau=np.inf).fit(X, y)
    assert model.people_sd_ < 0.2
    np.testing.assert_allclose(model.coef_, alone.coef_, atol=0.02)


def test_an_intercept_a_person_agrees_with_the_indicators_under_the_same_prior():
    X, y, who, _ = many_deciders(1.0, people=12, each=40)
    model = LogisticModel(tau=np.inf).fit(X, y, people=who)
    columns = (who[:, None] == model.people_.index.to_numpy()).astype(float)
    data, sd = np.column_stack([np.ones(len(X)), X, columns]), model.people_sd_
    coef = np.concatenate([model.intercept_, model.coef_[0], model.people_])
    slope = data.T @ (y - 1 / (1 + np.exp(-data @ coef)))
    slope[3:] -= model.people_ / sd**2
    np.testing.assert_allclose(slope, 0, atol=1e-4)
    with pytest.raises(ValueError, match="somebody for each of 480 rows"):
        LogisticModel().fit(X, y, people=who[:5])
