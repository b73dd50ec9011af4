"""What is known row by row says what the tables say, which are made from it."""

import random

import numpy as np
import pandas as pd
import pytest

from netkit.demo import open_workspace
from netkit.history import read_history, read_request_rows
from netkit.history.labels import percentile
from netkit.policy import policy_in_office
from netkit.waiting import judge_waiting


@pytest.mark.parametrize("seed", range(5))
def test_a_percentile_is_to_the_last_digit_that_of_numpy(seed):
    chance = random.Random(seed)
    numbers = sorted(chance.randrange(400) for _ in range(chance.randrange(1, 300)))
    for percent in (5, 50, 90, 95, 99.5):
        assert percentile(numbers, percent) == np.percentile(numbers, percent)


@pytest.mark.parametrize("profile", ["plain", "long"])
def test_each_request_that_waits_is_answered_alike_from_its_row_and_from_the_table(profile):
    with open_workspace(profile) as ledger:
        policy = policy_in_office(ledger.home)
        vocabulary = policy.vocabularies["invitation"]
        known, history = read_request_rows(ledger, vocabulary), read_history(ledger, vocabulary)
    judged = judge_waiting(history, policy).set_index("request")
    assert known.waiting == history.waiting()["request"].tolist() == list(judged.index)
    for request in known.waiting:
        values = known.values_of(request)
        assert values == history.values_of(request)
        levels = {name: told["level"] for name, told in values.items() if told["level"] is not None}
        decision = policy.on_record.decide_one(levels, "invitation")
        assert decision.action == (None if pd.isna(judged["action"][request]) else judged["action"][request])
        assert decision.settled == judged["settled"][request]


def test_the_decisions_stand_in_the_order_in_which_milestones_count_them():
    with open_workspace("long") as ledger:
        known, history = read_request_rows(ledger), read_history(ledger)
    first = history.first_decisions["request"].tolist()
    assert first and [row["request"] for row in known.decided][: len(first)] == first
    assert known.more == history.more
