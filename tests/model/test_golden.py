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
