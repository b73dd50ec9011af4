"""A policy as a scikit-learn classifier: nothing to fit, so rules and learners share one interface."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from netkit.errors import PolicyError, did_you_mean
from netkit.facts import ACTIONS, Kind
from netkit.policy.loaded_policy import Policy, load_policy

_LABELS: dict[Kind, Mapping[str, int]] = {
    "invitation": {"accept": 1},
    "introduction": {"introduce": 1, "ask_permission": 1},
    "asking": {"send": 1},
}


class PolicyClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Answers by a policy, behind scikit-learn's interface.

    A policy has no probability, so there is no `predict_proba`.

    Parameters
    ----------
    policy : str or Policy, default "house"
        The policy, or its name.
    kind : {'invitation', 'introduction', 'asking'}, default "invitation"
        The kind of request.
    labels : mapping of str to int, optional
        The label of each action; actions that are left out are 0. By default accepting,
        introducing (or being about to) and sending are 1.
    when_open : int, default 0
        The label while a decision is open.

    Attributes
    ----------
    classes_ : array of int
        The labels.
    feature_names_in_ : array of str
        The columns seen when fitted.

    Examples
    --------
    >>> X = pd.DataFrame({"reply_to_question": ["just_widening"]})
    >>> PolicyClassifier("known_people_only").fit(X).predict(X)
    array([0])
    """

    def __init__(
        self,
        policy: str | Policy = "house",
        kind: Kind = "invitation",
        labels: Mapping[str, int] | None = None,
        when_open: int = 0,
    ) -> None:
        self.policy = policy
        self.kind = kind
        self.labels = labels
        self.when_open = when_open

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Check that the policy covers these requests; it learns nothing.

        Parameters
        ----------
        X : DataFrame, n rows
            The facts.
        y : ignored
            There for the interface.

        Returns
        -------
        PolicyClassifier
            Itself.

        Raises
        ------
        PolicyError
            An action in `labels` does not exist, or the policy does not speak of this kind.
        """
        self.policy_ = load_policy(self.policy) if isinstance(self.policy, str) else self.policy
        self.policy_.decider(self.kind)
        for action in self.labels or {}:
            if action not in ACTIONS[self.kind]:
                raise PolicyError(f"There is no action {action!r}", did_you_mean(action, ACTIONS[self.kind]))
        self.labels_ = dict(self.labels or _LABELS[self.kind])
        self.classes_ = np.unique([0, self.when_open, *self.labels_.values()])
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the label of each request's action.

        Parameters
        ----------
        X : DataFrame, n rows
            The facts; `request` is not needed.

        Returns
        -------
        array of int, length n
            The labels.
        """
        keyed = X if "request" in X else X.assign(request=np.arange(len(X)))
        actions = self.policy_.judge(keyed, self.kind)["action"]
        labels = [self.when_open if pd.isna(action) else self.labels_.get(action, 0) for action in actions]
        return np.array(labels, dtype=np.int64)
