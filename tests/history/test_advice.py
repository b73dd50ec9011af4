"""What the labels lack to be learnt from: how many refusals, and which notes are uneven."""

from math import exp, log

import pandas as pd
import pytest

from netkit.facts import vocabulary
from netkit.history.sample_check import advise, parameters_of, refusals_needed

INVITATION = vocabulary("invitation")


def frame(**columns):
    rows = len(next(iter(columns.values())))
    return INVITATION.conform(pd.DataFrame({"request": [f"inv-{n}" for n in range(rows)], **columns}))


@pytest.mark.parametrize(("parameters", "accepted", "refused"), [(8, 70, 30), (20, 300, 700), (1, 9, 1)])
def test_the_refusals_needed_shrink_the_effects_by_a_tenth(parameters, accepted, refused):
    """Turned round: with so many labels the expected shrinkage is 0.9 (Riley et al. 2019)."""
    share = refused / (accepted + refused)
    labels = refusals_needed(parameters, accepted, refused) / share
    likelihood = share * log(share) + (1 - share) * log(1 - share)
    explained = 0.32 * (1 - exp(2 * likelihood))
    shrinkage = 1 + parameters / (labels * log(1 - explained / 0.9))
    assert shrinkage == pytest.approx(0.9, abs=0.011)  # whole refusals


def test_more_effects_need_more_refusals():
    assert refusals_needed(20, 70, 30) == pytest.approx(2 * refusals_needed(10, 70, 30), abs=1)


def test_a_fact_counts_one_effect_per_level_beyond_the_first_and_unknown_is_a_level():
    facts = frame(recognised=["yes", "no", None], met_in_person=["yes", "yes", "yes"])
    assert parameters_of(facts[["request", "recognised", "met_in_person"]], INVITATION) == 2


def test_with_too_few_refusals_it_says_how_many_more_and_how_to_record_them():
    facts = frame(recognised=["yes"] * 6 + ["no"] * 4)
    labels = pd.Series([1.0] * 6 + [0.0] * 4)
    (sentence,) = advise(facts, labels, INVITATION)
    needed = refusals_needed(1, 6, 4)
    assert f"4 recorded, about {needed} needed" in sentence and f"{needed - 4} more" in sentence
    assert "netkit decide" in sentence and "netkit sheet invitations" in sentence


def test_with_enough_refusals_nothing_is_said():
    facts = frame(recognised=["yes", "no"] * 100)
    assert advise(facts, pd.Series([1.0, 0.0] * 100), INVITATION) == []


def test_notes_on_one_side_only_are_warned_about():
    facts = frame(recognised=[None] * 100 + ["no"] * 100)[["request", "recognised"]]
    said = advise(facts, pd.Series([1.0] * 100 + [0.0] * 100), INVITATION)
    assert any("known for 0 % of the acceptances and 100 % of the refusals" in each for each in said)
