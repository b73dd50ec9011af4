"""How many more decisions it takes until the model may speak, and which notes are uneven."""

import random

import pandas as pd
import pytest

from netkit.facts import vocabulary
from netkit.history.sample_check import MoreDecisions, uneven_notes

INVITATION = vocabulary("invitation")


def frame(**columns):
    rows = len(next(iter(columns.values())))
    return INVITATION.conform(pd.DataFrame({"request": [f"inv-{n}" for n in range(rows)], **columns}))


def decisions(text):
    """Read `3a2r` as three acceptances and then two refusals."""
    parts = [(int(part[:-1]), part[-1]) for part in text.replace("a", "a ").replace("r", "r ").split()]
    return MoreDecisions(tuple(float(answer == "a") for count, answer in parts for _ in range(count)))


@pytest.mark.parametrize(
    ("recorded", "number", "milestone", "may_speak"),
    [
        ("", 60, 60, False),
        ("1a", 59, 60, False),
        ("55a", 10, 65, False),  # ten refusals are needed, and five decisions would not hold them
        ("50a9r", 1, 60, False),
        ("200a9r", 1, 210, False),
        ("50a10r", 30, 90, True),
        ("10r49a", 1, 60, False),
        ("10r50a", 30, 90, True),
        ("10r51a", 29, 90, True),
        ("60a10r", 35, 105, True),  # the first milestone is 70
        ("60a10r35a", 50, 155, True),
        ("45a45r", 45, 135, True),
        ("10r190a", 100, 300, True),
        ("10r124a", 1, 135, True),
        ("10r125a", 65, 200, True),
        ("10a140r", 50, 200, True),
    ],
)
def test_it_takes_sixty_decisions_with_ten_of_each_answer_and_half_as_many_again_each_time(
    recorded, number, milestone, may_speak
):
    more = decisions(recorded)
    assert (more.number, more.milestone, more.may_speak) == (number, milestone, may_speak)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(5))
def test_every_decision_makes_the_number_smaller_or_leaves_it_until_a_milestone_is_reached(share, seed):
    draw = random.Random(seed)
    more = MoreDecisions()
    for _ in range(400):
        after = more.after("decline" if draw.random() < share else "accept")
        reached = len(after.answers) == more.milestone and after.may_speak
        assert after.number <= more.number or reached
        assert after.may_speak or not more.may_speak
        assert more.number > 0
        assert after.after("defer") == after
        assert after.after("accept").after("accept", -1) == after
        more = after


THEN = " Then netkit can learn from them, and say whether that beats your rules."


@pytest.mark.parametrize(
    ("recorded", "says"),
    [
        (
            "",
            "Record 60 more decisions, at least 10 acceptances and 10 refusals among them."
            + THEN
            + " You have recorded 0 decisions.",
        ),
        (
            "4a2r",
            "Record 54 more decisions, at least 6 acceptances and 8 refusals among them."
            + THEN
            + " You have recorded 6 decisions: 4 accepted, 2 refused.",
        ),
        (
            "58a9r",
            "Record 1 more decision, at least 1 refusal among them."
            + THEN
            + " You have recorded 67 decisions: 58 accepted, 9 refused.",
        ),
        ("50a10r", "Record 30 more decisions. Then comes the next verdict."),
    ],
)
def test_one_sentence_says_it(recorded, says):
    assert decisions(recorded).sentence == says
    assert decisions(recorded).as_dict()["sentence"] == says


def test_notes_on_both_sides_are_not_warned_about():
    facts = frame(recognised=["yes", "no"] * 100)
    assert uneven_notes(facts, pd.Series([1.0, 0.0] * 100), INVITATION) == []


def test_notes_on_one_side_only_are_warned_about():
    facts = frame(recognised=[None] * 100 + ["no"] * 100)[["request", "recognised"]]
    said = uneven_notes(facts, pd.Series([1.0] * 100 + [0.0] * 100), INVITATION)
    assert any("known for 0 % of the acceptances and 100 % of the refusals" in each for each in said)
