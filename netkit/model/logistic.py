"""The logistic model as a scikit-learn estimator whose prior is centred on the rules."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from netkit.model.averaging import average_priors
from netkit.model.patterns import Patterns, chunks, is_binary
from netkit.model.person_intercepts import fit_people
from netkit.model.summary import LogisticSummary, log_likelihoods
from netkit.row_counts import Floats

_SEPARATED = (
    "some column tells the labels apart completely, so that without a prior its coefficient has no "
    "finite estimate: the value is where the search stopped"
)


class LogisticModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression that begins as the rules and learns away from them.

    The log-odds are `intercept_ + slope_ * start + X @ coef_`, where `start` is the rules' own
    score of a row. The coefficients are normal about zero with standard deviation `tau`: with
    few labels the recalibrated rules decide, with many the data.

    Parameters
    ----------
    tau : float, optional
        The prior's standard deviation on every coefficient; `inf` for maximum likelihood. By
        default it is chosen from the history: fits of several strengths, centred on the rules
        and not, are averaged by how well each explains the labels (Laplace evidence; the
        strengths are those of `prior.yaml`).
    tolerance : float, default 1e-8
        The squared length of a Newton step, in standard errors, that is taken as the last.

    Attributes
    ----------
    classes_ : ndarray, shape (2,)
        The labels.
    intercept_ : ndarray, shape (1,)
        The log-odds of a row of zeros that the rules have no opinion about.
    slope_ : float
        How far the rules' score is trusted, in log-odds a unit of score.
    coef_ : ndarray, shape (1, p)
        What the data add to the rules.
    covariance_ : ndarray, shape (p + 1, p + 1), or (p + 2, p + 2) with a score
        The covariance of the intercept, of the slope where there is a score, and of the coefficients.
    tau_ : float
        The prior's standard deviation, averaged where it was chosen.
    candidates_ : list
        The fits that were averaged, each with its share.
    people_, people_sd_ : Series, float
        What each person adds to the log-odds, and how far they are spread; empty and zero where nobody is
        told apart.
    notes_ : list of str
        What the reader should know about the fit.

    Examples
    --------
    >>> X, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 0, 0, 1])
    >>> model = LogisticModel(tau=1.0).fit(X, y)
    >>> model.predict_proba(np.array([[1.0]])).round(3).tolist()
    [[0.711, 0.289]]
    """

    def __init__(self, tau: float | None = None, tolerance: float = 1e-8) -> None:
        self.tau = tau
        self.tolerance = tolerance

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's Tags
        """Say that the model knows two classes only."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        start: ArrayLike | None = None,
        people: ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array, shape (n, p)
            The design, without a column of ones.
        y : array, shape (n,)
            Two labels; the greater counts as accepted.
        sample_weight : array, shape (n,), optional
            How much each label counts; one each by default.
        start : array, shape (n,), optional
            The rules' score of each row; without it the model starts at the base rate.
        people : array, shape (n,), optional
            Who decided each row. Each gets an intercept of his own, shrunken towards the common one as far
            as the labels ask for it; errors then are those over people.

        Returns
        -------
        LogisticModel
            Itself.

        Raises
        ------
        ValueError
            The labels are not of two classes.
        """
        design, answers, binary = self._validated(X, y)
        weights, score = None, None if start is None else _one_score_a_row(start, len(design))
        who = None if people is None else _one_person_a_row(people, len(design))
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, design, dtype=np.float64)
            kept = weights > 0
            if not kept.all():
                design, answers, weights = design[kept], answers[kept], weights[kept]
                score = None if score is None else score[kept]
                who = None if who is None else who[kept]
        self.classes_, labels = _two_classes(answers)
        self.notes_: list[str] = []
        self.people_, self.people_sd_ = pd.Series(dtype="float64"), 0.0
        if len(self.classes_) < 2:
            self.notes_.append(f"every label is {self.classes_[0]!r}: there is nothing to learn from")
            self.tau_, self.candidates_ = 0.0, []
            width = design.shape[1] + 2
            self.log_likelihoods_ = (0.0, 0.0)
            self.n_ = float(len(labels) if weights is None else weights.sum())
            return self._keep(np.zeros(width), np.zeros((width, width)), score is not None)
        patterns = Patterns.from_rows(design, labels, weights, score, binary=binary)
        learned = average_priors(patterns, self.tau, self.tolerance)
        if not learned.converged:
            self.notes_.append(_SEPARATED)
        self.tau_, self.candidates_ = learned.tau, learned.fits
        self.n_ = float(patterns.total.sum())
        self._keep(learned.coef, learned.covariance, score is not None)
        self.log_likelihoods_ = log_likelihoods(patterns, self._terms())
        if who is not None:
            self._fit_people(design, labels, weights, score, who)
        return self

    def _fit_people(
        self, design: Floats, labels: Floats, weights: Floats | None, score: Floats | None, who: NDArray[Any]
    ) -> None:
        """Fit again with an intercept a person, under a prior as strong as the one before."""
        full = np.column_stack([np.ones(len(design)), *([] if score is None else [score]), design])
        weight = np.ones(len(design)) if weights is None else weights
        precision = np.full(full.shape[1], self.tau_**-2.0)
        precision[: full.shape[1] - design.shape[1]] = 0.0
        found = fit_people(full, labels * weight, weight, who, precision)
        slope = 0.0 if score is None else float(found.coef[1])
        self.intercept_, self.slope_ = found.coef[:1], slope
        self.coef_, self.covariance_ = found.coef[None, full.shape[1] - design.shape[1] :], found.covariance
        self.people_, self.people_sd_ = found.people, found.spread
        self.log_likelihoods_ = (found.log_likelihood, self.log_likelihoods_[1])

    def _validated(self, X: ArrayLike, y: ArrayLike) -> tuple[Floats, NDArray[Any], bool]:
        # Zeros and ones are finite; only another design is worth a pass that looks for gaps.
        unchecked = {"dtype": np.float64, "ensure_all_finite": False}
        design, answers = validate_data(self, X, y, **unchecked)
        binary = is_binary(design)
        if not binary:
            design, answers = validate_data(self, X, y, dtype=np.float64)
        return design, answers, binary

    def _keep(self, coef: Floats, covariance: Floats, scored: bool) -> Self:
        self.intercept_, self.slope_ = coef[:1], float(coef[1])
        self.coef_, self.scored_ = coef[None, 2:], scored
        self.covariance_ = covariance if scored else np.delete(np.delete(covariance, 1, axis=0), 1, axis=1)
        return self

    def _terms(self) -> Floats:
        """Return what was estimated, in the order of the covariance."""
        slope = [self.slope_] if self.scored_ else []
        return np.concatenate([self.intercept_, slope, self.coef_[0]])

    def _about_people(self) -> list[str]:
        if not len(self.people_):
            return []
        return [
            f"Each of {len(self.people_):,} people has an intercept of his own; their standard deviation is"
            f" {self.people_sd_:.2f} in log-odds."
        ]

    def summary(self) -> LogisticSummary:
        """Return the estimates with errors, p-values and odds ratios, and how well they fit.

        Returns
        -------
        LogisticSummary
            `table`, `n`, `deviance`, `null_deviance`, `aic`; printed as text, or as a table in a notebook.

        Examples
        --------
        >>> X, y = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]]), np.array([0, 1, 1, 1, 0])
        >>> found = LogisticModel(tau=np.inf).fit(X, y).summary()
        >>> found.table.loc["x1", ["estimate", "std_error", "odds_ratio"]].round(3).tolist()
        [0.693, 1.871, 2.0]
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", [f"x{at + 1}" for at in range(self.coef_.shape[1])])
        return LogisticSummary.of(
            ["intercept", *(["rules"] if self.scored_ else []), *names],
            self._terms(),
            self.covariance_,
            n=self.n_,
            fits=self.log_likelihoods_,
            has_prior=bool(np.isfinite(self.tau_) or len(self.people_)),
            notes=[*self.notes_, *self._about_people()],
        )

    def decision_function(
        self, X: ArrayLike, start: ArrayLike | None = None, people: ArrayLike | None = None
    ) -> Floats:
        """Return the log-odds of the greater label.

        Parameters
        ----------
        X : array, shape (n, p)
            The design.
        start : array, shape (n,), optional
            The rules' score of each row; zero, no opinion, by default.
        people : array, shape (n,), optional
            Who decides each row; somebody new decides as people do on the whole.

        Returns
        -------
        ndarray, shape (n,)
            Log-odds.
        """
        check_is_fitted(self)
        design: Floats = validate_data(self, X, reset=False, dtype=np.float64)
        odds: Floats = self.intercept_[0] + design @ self.coef_[0]
        if people is not None:
            odds += pd.Series(_one_person_a_row(people, len(odds))).map(self.people_).fillna(0.0).to_numpy()
        return odds if start is None else odds + self.slope_ * _one_score_a_row(start, len(odds))

    def predict_proba(
        self, X: ArrayLike, start: ArrayLike | None = None, people: ArrayLike | None = None
    ) -> Floats:
        """Return the probability of each label.

        Parameters
        ----------
        X, start, people
            As for `decision_function`.

        Returns
        -------
        ndarray, shape (n, 2)
            Probabilities, in the order of `classes_`; one column where there was one label.
        """
        odds = self.decision_function(X, start, people)
        if len(self.classes_) < 2:
            return np.ones((len(odds), 1))
        chance = special.expit(odds)
        return np.column_stack([1 - chance, chance])

    def predict(
        self, X: ArrayLike, start: ArrayLike | None = None, people: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Return the likelier label of each row.

        Parameters
        ----------
        X, start, people
            As for `decision_function`.

        Returns
        -------
        ndarray, shape (n,)
            Labels.
        """
        place = self.predict_proba(X, start, people).argmax(axis=1)
        return np.asarray(self.classes_[place])


def _two_classes(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the labels' values, and each label as 0 or 1."""
    if y.dtype == np.float64 and 0 < y.sum() < len(y) and is_binary(y[:, None]):
        return np.array([0.0, 1.0]), y
    # Chunk by chunk, as all of them sorted would take as much room again.
    classes = np.unique(np.concatenate([np.unique(y[part]) for part in chunks(len(y))]))
    check_classification_targets(classes)
    if len(classes) > 2:
        raise ValueError(f"Only binary classification is supported. The target has {len(classes)} classes.")
    return classes, y == classes[-1]


def _one_person_a_row(people: ArrayLike, rows: int) -> NDArray[Any]:
    who = np.asarray(people, dtype=object)
    if who.shape != (rows,) or pd.isna(pd.Series(who)).any():
        raise ValueError(f"people has shape {who.shape}; it needs somebody for each of {rows} rows")
    return who


def _one_score_a_row(start: ArrayLike, rows: int) -> Floats:
    score = np.asarray(start, dtype=np.float64)
    if score.shape != (rows,) or not np.isfinite(score).all():
        raise ValueError(f"start has shape {score.shape}; it needs one finite score for {rows} rows")
    return score
