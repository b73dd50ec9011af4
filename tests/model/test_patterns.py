"""Counting equal rows, and exact weighted fits on the counts."""

import tracemalloc

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from netkit.errors import FactError, ModelError
from netkit.facts import vocabulary
from netkit.model import LogisticModel
from netkit.model.encoding import FactEncoder
from netkit.model.patterns import Counted, Patterns, count_frame
from netkit.model.solvers import fit_newton

INVITATION = vocabulary("invitation")


def by_rows(X, y, weights, start):
    """Count with a dictionary: slow, and obviously right."""
    found = {}
    for row, label, weight, score in zip(X, y, weights, start, strict=True):
        entry = found.setdefault((score, *row), [0.0, 0.0])
        entry[0] += weight * label
        entry[1] += weight
    return found


def as_dict(patterns):
    start = np.zeros(len(patterns.total)) if patterns.start is None else patterns.start
    keys = [(score, *row) for score, row in zip(start, patterns.design, strict=True)]
    assert len(set(keys)) == len(keys)
    values = zip(patterns.ones, patterns.total, strict=True)
    return {key: list(pair) for key, pair in zip(keys, values, strict=True)}


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 5),
    st.sampled_from(["none", "rules", "any"]),
    st.sampled_from(["ones", "strong and weak", "any"]),
    st.sampled_from([2, 3]),
    st.integers(0, 99),
)
def test_counting_equals_counting_with_a_dictionary(n, p, score, weight, kinds, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, kinds, (n, p)).astype(float)
    # Repeated threefold, so that counting is worth its while and not skipped.
    X, n = np.vstack([X, X, X]), 3 * n
    y = rng.integers(0, 2, n).astype(float)
    weights = {
        "ones": np.ones(n), "strong and weak": rng.choice([0.3, 1.0], n), "any": rng.random(n),
    }[weight]  # fmt: skip
    start = {"none": None, "rules": rng.choice([-1.0, 0.0, 1.0], n), "any": rng.random(n)}[score]
    patterns = Patterns.from_rows(X, y, weights, start)
    expected = by_rows(X, y, weights, np.zeros(n) if start is None else start)
    if len(patterns.total) == n:  # the rows themselves, where they hardly repeat
        expected_total = sum(total for _, total in expected.values())
        assert patterns.total.sum() == pytest.approx(expected_total)
        return
    found = as_dict(patterns)
    assert found.keys() == expected.keys()
    for key, pair in expected.items():
        assert found[key] == pytest.approx(pair)


@pytest.mark.parametrize("p", [50, 52, 53, 70, 110, 200])
def test_more_columns_than_a_number_has_bits_are_counted_all_the_same(p):
    rng = np.random.default_rng(0)
    # Rows that differ in the last column alone are different rows.
    X = np.repeat(rng.integers(0, 2, (40, p)).astype(float), 5, axis=0)
    X[5:10] = X[:5]
    X[5:10, -1] = 1 - X[5:10, -1]
    y = rng.integers(0, 2, 200).astype(float)
    weights, start = rng.choice([0.3, 1.0], 200), rng.choice([-1.0, 0.0, 1.0], 200)
    patterns = Patterns.from_rows(X, y)
    assert len(patterns.total) == 40
    assert as_dict(patterns) == by_rows(X, y, np.ones(200), np.zeros(200))
    found = as_dict(Patterns.from_rows(X, y, weights, start))
    expected = by_rows(X, y, weights, start)
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(pair) for key, pair in expected.items())


def test_many_rows_of_many_patterns_are_counted_part_by_part_as_they_are_at_once():
    # So many that the parts are taken together more than once on the way.
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (530_000, 16)).astype(float)
    y = rng.integers(0, 2, 530_000).astype(float)
    patterns = Patterns.from_rows(X, y)
    code, place = np.unique(X @ 2.0 ** np.arange(16), return_inverse=True)
    np.testing.assert_array_equal(patterns.design @ 2.0 ** np.arange(16), code)
    np.testing.assert_array_equal(patterns.total, np.bincount(place))
    np.testing.assert_array_equal(patterns.ones, np.bincount(place, y))


def flags(n, p=20, kinds=None):
    """Return independent flags of 3 to 32 in a hundred; with `kinds`, so many different rows in all."""
    rng = np.random.default_rng(0)
    X = (rng.random((kinds or n, p)) < np.linspace(0.03, 0.32, p)).astype(float)
    X = X if kinds is None else X[rng.integers(0, kinds, n)]
    return X, (rng.random(n) < expit(X[:, 0] - X[:, 1])).astype(float)


@pytest.mark.parametrize("tau", [1.0, None], ids=["one prior", "all priors"])
@pytest.mark.parametrize("given", ["labels", "whole labels", "rules", "weights", "many columns"])
def test_a_fit_takes_less_than_a_third_of_the_design_in_memory(given, tau):
    # Some twenty thousand patterns among 120,000 rows; scikit-learn's fit takes more than the design once more.
    X, y = flags(120_000, 60, kinds=300) if given == "many columns" else flags(120_000)
    start = X[:, 2] - X[:, 3] if given == "rules" else None
    weights = np.where(X[:, 4] > 0, 0.3, 1.0) if given == "weights" else None
    labels = y.astype(int) if given == "whole labels" else y
    LogisticModel(tau=1.0).fit(X[:99], labels[:99])  # what the first fit loads is no part of the next
    tracemalloc.start()
    LogisticModel(tau).fit(X, labels, weights, start)
    beyond = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert beyond < X.nbytes / 3


def test_rows_that_hardly_repeat_are_kept_as_they_are():
    X = np.random.default_rng(0).normal(size=(500, 3))
    patterns = Patterns.from_rows(X, np.zeros(500))
    assert patterns.design is X


def structured(n, seed=0):
    rng = np.random.default_rng(seed)
    kinds = [rng.choice(4, n, p=[0.6, 0.2, 0.15, 0.05]) for _ in range(3)]
    columns = [kind == level for kind in kinds for level in (1, 2, 3)]
    columns += [rng.random(n) < 0.1 for _ in range(6)]
    X = np.column_stack(columns).astype(float)
    y = (rng.random(n) < expit(X @ rng.normal(0, 0.7, X.shape[1]) - 0.5)).astype(float)
    return X, y


@pytest.mark.parametrize("n", [2_000, 150_000])
def test_the_fit_on_patterns_agrees_with_newton_cholesky_on_rows(n):
    X, y = structured(n)
    theirs = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10).fit(X, y)
    ours = LogisticModel(tau=1.0).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)


def test_the_fit_on_many_rows_that_hardly_repeat_agrees_as_well():
    # More than one block of rows, and a strength that has nothing to do with scikit-learn's default.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 5))
    y = (rng.random(20_000) < expit(X @ rng.normal(0, 1, 5))).astype(float)
    theirs = LogisticRegression(C=0.25, solver="newton-cholesky", tol=1e-10).fit(X, y)
    ours = LogisticModel(tau=0.5).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


def test_without_a_prior_the_fit_agrees_with_statsmodels_weights_included():
    X, y = structured(3_000)
    weights = np.random.default_rng(1).choice([0.3, 1.0], len(y))
    theirs = sm.GLM(y, sm.add_constant(X), sm.families.Binomial(), freq_weights=weights).fit(tol=1e-12)
    ours = LogisticModel(tau=np.inf).fit(X, y, weights)
    np.testing.assert_allclose(ours.coef_[0], theirs.params[1:], atol=1e-6)
    errors = np.sqrt(np.diag(ours.covariance_))
    np.testing.assert_allclose(errors, theirs.bse, atol=1e-6)


def test_a_prior_mean_and_precision_are_honoured_column_by_column():
    # One coefficient held by an iron prior at 2: the other must be what a fit with that offset gives.
    X, y = structured(3_000)
    X = X[:, :2]
    patterns = Patterns.from_rows(X, y)
    held = fit_newton(patterns, np.array([0.0, 2.0, 0.0]), np.array([0.0, 1e12, 0.0])).coef
    theirs = sm.GLM(y, sm.add_constant(X[:, 1:]), sm.families.Binomial(), offset=2.0 * X[:, 0]).fit(tol=1e-12)
    assert held[1] == pytest.approx(2.0, abs=1e-6)
    np.testing.assert_allclose(held[[0, 2]], theirs.params, atol=1e-6)


def test_patterns_of_fewer_columns_are_taken_together():
    X, y = structured(5_000)
    patterns = Patterns.from_rows(X, y)
    few = Patterns(patterns.design[:, :3], patterns.ones, patterns.total).merged()
    assert len(few.total) == 4
    direct = Patterns.from_rows(X[:, :3], y)
    assert as_dict(few) == as_dict(direct)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "met_in_person": rng.choice(["yes", "no", None], 400),
            "note_words": pd.array(rng.choice([0, 3, 14, 15, 90, None], 400), dtype="Int64"),
            "label": rng.choice([0.0, 1.0, None], 400),
            "weight": rng.choice([0.0, 0.3, 1.0], 400),
            "score": rng.choice([-1, 0, 1], 400),
        }
    ).astype({"met_in_person": "str", "label": "Float64"})  # fmt: skip


@pytest.mark.parametrize(
    "engine",
    [lambda rows: rows, pl.from_pandas, lambda rows: duckdb.sql("select * from rows")],
    ids=["pandas", "polars", "duckdb"],
)
def test_counts_are_the_same_whichever_engine_groups_the_rows(rows, engine):
    found = count_frame(engine(rows), INVITATION, weight="weight", score="score")
    kept = rows[rows["label"].notna() & (rows["weight"] > 0)]
    facts = kept[["met_in_person", "note_words"]]
    label, weight = kept["label"].to_numpy(float), kept["weight"].to_numpy(float)
    here = Counted.of(
        FactEncoder(INVITATION).levels(facts),
        np.ones(len(kept)),
        weight * label,
        weight,
        kept["score"].to_numpy(float),
    )
    pd.testing.assert_frame_equal(found.levels, here.levels, check_dtype=False)
    np.testing.assert_allclose(found.ones, here.ones)
    np.testing.assert_allclose(found.total, here.total)
    np.testing.assert_array_equal(found.rows, here.rows)
    np.testing.assert_array_equal(found.score, here.score)


def test_a_level_that_is_not_declared_is_refused_by_name():
    frame = pl.DataFrame({"met_in_person": ["often"], "label": [1]})
    with pytest.raises(FactError, match="often"):
        count_frame(frame, INVITATION)


def test_a_missing_label_column_is_refused_by_name():
    with pytest.raises(ModelError, match="'outcome'"):
        count_frame(pl.DataFrame({"met_in_person": ["yes"]}), INVITATION, label="outcome")
