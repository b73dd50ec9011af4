"""Firth's penalised likelihood: published values, and an independent implementation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from firthmodels import FirthLogisticRegression
from scipy.optimize import minimize
from scipy.special import expit

from netkit.errors import ModelError
from netkit.model.patterns import Patterns
from netkit.model.solvers import _maximise, _PenalisedLikelihood, fit_firth, profile_intervals

GOLDEN = Path(__file__).parents[1] / "golden"

# Published by R's logistf for these data: estimate, lower and upper end.
SEX2 = {
    "intercept": (0.12025405, -0.8185591, 1.07315122),
    "age": (-1.10598131, -1.9737884, -0.30742514),
    "oc": (-0.06881673, -0.9414363, 0.78920202),
    "vic": (2.26887464, 1.2730216, 3.43543273),
    "vicl": (-2.11140817, -3.2608611, -1.11773495),
    "vis": (-0.78831694, -1.6080879, 0.01518468),
    "dia": (3.09601166, 0.7745682, 8.03029352),
}
ENDOMETRIAL = {
    "intercept": (3.77455951, 1.0825371, 7.20928050),
    "NV": (2.92927330, 0.6097244, 7.85463171),
    "PI": (-0.03475175, -0.1244587, 0.04045547),
    "EH": (-2.60416387, -4.3651832, -1.23272106),
}


@pytest.fixture(scope="module")
def sexagg():
    return pd.read_csv(GOLDEN / "sexagg.csv")


@pytest.fixture(scope="module")
def endometrial():
    return pd.read_csv(GOLDEN / "endometrial.csv")


def as_patterns(rows, label, columns, weight=None):
    weights = None if weight is None else rows[weight].to_numpy(float)
    return Patterns.from_rows(rows[columns].to_numpy(float), rows[label].to_numpy(float), weights)


def agree(patterns, published):
    fit = fit_firth(patterns)
    estimates, low, high = np.array(list(published.values())).T
    np.testing.assert_allclose(fit.coef, estimates, atol=1e-6)
    intervals = profile_intervals(patterns, fit)
    np.testing.assert_allclose(intervals[:, 0], low, atol=1e-6)
    np.testing.assert_allclose(intervals[:, 1], high, atol=1e-6)
    return fit


def test_sex2_row_by_row_gives_the_published_estimates_and_intervals(sexagg):
    rows = sexagg.loc[sexagg.index.repeat(sexagg["count"])]
    assert len(rows) == 239
    fit = agree(as_patterns(rows, "case", list(SEX2)[1:]), SEX2)
    assert fit.value == pytest.approx(-132.5394, abs=1e-4)


def test_sexagg_weighted_by_its_counts_gives_the_same(sexagg):
    agree(as_patterns(sexagg, "case", list(SEX2)[1:], "count"), SEX2)


def test_endometrial_where_one_column_separates_gives_the_published_values(endometrial):
    agree(as_patterns(endometrial, "HG", list(ENDOMETRIAL)[1:]), ENDOMETRIAL)


@pytest.mark.filterwarnings("ignore:Step-halving:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("seed", range(4))
def test_weighted_fits_and_intervals_agree_with_firthmodels(seed):
    rng = np.random.default_rng(seed)
    X = (rng.random((120, 5)) < 0.3).astype(float)
    y = (rng.random(120) < expit(X @ rng.normal(0, 1.5, 5) - 0.5)).astype(float)
    weights = rng.choice([0.3, 1.0], 120)
    other = FirthLogisticRegression(backend="numpy", gtol=1e-10, xtol=1e-10, max_iter=200)
    other.fit(X, y, sample_weight=weights)
    expected = other.conf_int(method="pl", max_iter=200, tol=1e-8)
    patterns = Patterns.from_rows(X, y, weights)
    fit = fit_firth(patterns)
    np.testing.assert_allclose(fit.coef[1:], other.coef_, atol=1e-7)
    np.testing.assert_allclose(fit.coef[0], other.intercept_, atol=1e-7)
    # The other implementation lists the intercept last.
    np.testing.assert_allclose(profile_intervals(patterns, fit)[1:], expected[:-1], atol=1e-5)


@pytest.mark.parametrize("column", [np.ones(6), np.array([0, 1, 0, 1, 1, 0.0])])
def test_a_constant_or_duplicate_column_is_refused(column):
    other = np.array([0, 1, 0, 1, 1, 0.0])
    patterns = Patterns(np.column_stack([other, column]), np.ones(6), np.full(6, 2.0))
    with pytest.raises(ModelError, match=r"columns \[2\]"):
        fit_firth(patterns)


def test_labels_that_never_vary_still_give_a_finite_estimate():
    patterns = Patterns(np.array([[0.0], [1.0]]), np.array([4.0, 7.0]), np.array([4.0, 7.0]))
    assert np.isfinite(fit_firth(patterns).coef).all()


def weakly_told():
    """Two columns that differ in three rows of 300, one column of four rows, and labels that separate it."""
    rng = np.random.default_rng(4)
    twin = rng.random(300) < 0.4
    other = twin.copy()
    other[:3] = ~other[:3]
    rare = np.zeros(300, dtype=bool)
    rare[10:14] = True
    y = rng.random(300) < np.where(twin, 0.7, 0.3)
    y[10:14] = True
    X = np.column_stack([twin, other, rare]).astype(float)
    return Patterns.from_rows(X, y.astype(float))


def test_the_fit_is_the_top_even_where_the_labels_say_little_of_a_direction():
    patterns = weakly_told()
    fit, problem = fit_firth(patterns), _PenalisedLikelihood(patterns)
    found = minimize(
        lambda coef: -problem.at(coef).value, np.zeros(4), method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000},
    )  # fmt: skip
    np.testing.assert_allclose(fit.coef, found.x, atol=1e-5)


def test_at_an_interval_s_end_the_likelihood_ratio_is_the_quantile():
    patterns = weakly_told()
    fit, problem = fit_firth(patterns), _PenalisedLikelihood(patterns)
    for place, ends in enumerate(profile_intervals(patterns, fit)):
        for end in ends:
            rest = minimize(
                lambda others, place=place, end=end: -problem.at(np.insert(others, place, end)).value,
                np.delete(fit.coef, place), method="Nelder-Mead",
                options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000},
            )  # fmt: skip
            assert 2 * (fit.value + rest.fun) == pytest.approx(3.841459, abs=1e-4)


def all_but_separated(n, p, wrong):
    """The labels are the first column's, but for a few; the others mean nothing."""
    rng = np.random.default_rng(2)
    X = (rng.random((n, p)) < 0.1).astype(float)
    y = X[:, 0].copy()
    y[:wrong] = 1 - y[:wrong]
    return Patterns.from_rows(X, y)


@pytest.mark.parametrize("wrong", [0, 2])
def test_an_interval_lies_around_its_estimate_where_one_column_separates(wrong):
    # The likelihood is nearly flat there: a step on one end's side can lead to the other end.
    patterns = all_but_separated(800, 4, wrong)
    fit = fit_firth(patterns)
    intervals = profile_intervals(patterns, fit)
    assert (intervals[:, 0] < fit.coef).all()
    assert (intervals[:, 1] > fit.coef).all()


@pytest.mark.parametrize("astray", [False, True])
def test_whichever_way_up_ends_at_a_lower_top_the_higher_is_kept(astray, monkeypatch):
    patterns = all_but_separated(200, 4, 2)
    right = fit_firth(patterns)

    def maximised(problem, begin, *, quasi_newton=True, **settings):
        top, metric = _maximise(problem, begin, quasi_newton=quasi_newton, **settings)
        lower = replace(top, coef=top.coef + 1, value=top.value - 0.1)
        return (lower if quasi_newton == astray else top), metric

    monkeypatch.setattr("netkit.model.solvers._maximise", maximised)
    np.testing.assert_allclose(fit_firth(patterns).coef, right.coef, rtol=1e-8)


def told_by_two_facts():
    """All were accepted that show the first fact or the second, and nobody else; the third means nothing."""
    facts = np.array([[a, b, c] for c in (0, 1) for b in (0, 1) for a in (0, 1)], dtype=float)
    total = np.array([220.0, 31, 101, 11, 24, 2, 9, 2])
    return Patterns(facts, np.where(facts[:, :2].any(axis=1), total, 0.0), total)


def test_of_the_tops_that_separated_labels_have_the_highest_is_found():
    # Two ways up from zero end 0.17 lower, where the third fact points the other way.
    patterns = told_by_two_facts()
    full = np.column_stack([np.ones(8), patterns.design])

    def lower(coef):
        chance = expit(full @ coef)
        information = full.T @ (full * (patterns.total * chance * (1 - chance))[:, None])
        said = np.where(patterns.ones > 0, chance, 1 - chance)
        return -(patterns.total @ np.log(said) + np.linalg.slogdet(information)[1] / 2)

    starts = [[0.0, 0.0, 0.0, 0.0], [-5.0, 10.0, 10.0, -5.0], [-5.0, 10.0, 10.0, 5.0]]
    found = min((minimize(lower, start, method="BFGS") for start in starts), key=lambda one: one.fun)
    fit = fit_firth(patterns)
    assert fit.value == pytest.approx(-found.fun, abs=1e-6)
    np.testing.assert_allclose(fit.coef, found.x, atol=1e-3)


def test_the_curvature_is_measured_however_far_out():
    # There the information's inverse, rounded, has no root of its own any more.
    problem = _PenalisedLikelihood(told_by_two_facts())
    here = problem.at(39 * np.array([-1.0, 3.0, 2.0, -2.0]))
    assert np.isfinite(here.value)
    assert np.isfinite(problem.metric(here)).all()


def test_few_refusals_among_many_facts_take_few_measurements_of_the_curvature(monkeypatch):
    # Measured at every slow step, it took 1,150 here, and half a minute for all facts of a history.
    rng = np.random.default_rng(3)
    X = (rng.random((1000, 20)) < 0.3).astype(float)
    y = np.ones(1000)
    y[rng.choice(1000, 3, replace=False)] = 0.0
    measured = []
    metric = _PenalisedLikelihood.metric
    monkeypatch.setattr(_PenalisedLikelihood, "metric", lambda *given: measured.append(1) or metric(*given))
    patterns = Patterns.from_rows(X, y)
    ends = profile_intervals(patterns, fit_firth(patterns))
    assert np.isfinite(ends).all()
    assert len(measured) < 300


def test_score_and_curvature_are_the_derivatives_of_the_value():
    patterns = weakly_told()
    problem, coef, step = _PenalisedLikelihood(patterns), np.array([0.2, -0.4, 0.7, 1.1]), 1e-5
    here = problem.at(coef)
    sides = [(problem.at(coef + step * one), problem.at(coef - step * one)) for one in np.eye(4)]
    slope = [(up.value - down.value) / (2 * step) for up, down in sides]
    np.testing.assert_allclose(here.slope, slope, atol=1e-6)
    bend = np.array([(down.slope - up.slope) / (2 * step) for up, down in sides])
    np.testing.assert_allclose(np.linalg.inv(problem.metric(here)), bend, atol=1e-5)
