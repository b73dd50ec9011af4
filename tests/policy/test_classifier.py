"""A policy behind scikit-learn's interface."""

import pandas as pd
import pytest
from invented_policies import INVENTED, some_requests, tiny
from sklearn.base import clone, is_classifier
from sklearn.metrics import accuracy_score

from netkit.errors import PolicyError
from netkit.policy import load_policy
from netkit.policy.policy_classifier import PolicyClassifier

POLICY = tiny(
    [
        ("met", "{met_in_person: yes}", "accept"),
        ("note", "{note_kind: personal}", "ask"),
        ("rest", "{}", "decline"),
    ]
)
X = pd.DataFrame(
    {"met_in_person": ["yes", "no", "no", None], "note_kind": ["none", "personal", "none", "none"]}
)


def test_actions_become_labels():
    assert PolicyClassifier(POLICY).fit(X).predict(X).tolist() == [1, 0, 0, 0]


def test_the_labels_of_actions_and_of_open_decisions_can_be_chosen():
    judge = PolicyClassifier(POLICY, labels={"accept": 2, "ask": 1}, when_open=9).fit(X)
    assert judge.predict(X).tolist() == [2, 1, 0, 9]
    assert judge.classes_.tolist() == [0, 1, 2, 9]


def test_it_is_a_classifier_that_can_be_cloned_and_scored():
    judge = clone(PolicyClassifier(POLICY)).fit(X)
    assert is_classifier(judge)
    assert judge.score(X, [1, 0, 0, 1]) == accuracy_score([1, 0, 0, 1], [1, 0, 0, 0])


def test_a_policy_has_no_probability():
    assert not hasattr(PolicyClassifier(POLICY).fit(X), "predict_proba")


def test_a_label_for_an_action_that_does_not_exist_is_refused():
    with pytest.raises(PolicyError, match="Did you mean 'accept'"):
        PolicyClassifier(POLICY, labels={"acept": 1}).fit(X)


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_choices_and_answers_of_ones_own_become_labels_as_one_by_one(path):
    policy = load_policy(path)
    facts = pd.DataFrame(some_requests(policy, "invitation", 200, 3))
    facts = facts.reindex(columns=list(policy.vocabularies["invitation"]))
    judge = PolicyClassifier(policy, when_open=-1).fit(facts)
    known = (row.dropna().to_dict() for _, row in facts.iterrows())
    actions = [policy.decide_one(request, "invitation").action for request in known]
    assert judge.predict(facts).tolist() == [
        -1 if each is None else int(each == "accept") for each in actions
    ]
    assert {None, "accept"} < set(actions)
