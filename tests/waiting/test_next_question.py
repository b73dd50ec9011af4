"""Which question comes next: one that changes something, and first the one that only you can answer."""

import pytest

from netkit.policy import load_policy
from netkit.waiting import leads_to, next_question, where_it_leads
from netkit.waiting.unless import advice_unless

HOUSE = load_policy("house").on_record
NOTE = {
    "note_kind": "personal", "note_words": 20, "note_says_who": "yes", "note_sells": "no",
    "note_asks_favour": "no", "asks_for_money_or_data": "no", "repeat_invitation": "no",
    "wrote_before": "no", "in_address_book": "no", "reply_to_question": "not_asked",
}  # fmt: skip
RECALLS = {**NOTE, "note_recalls_meeting": "yes", "note_says_why": "no"}


@pytest.mark.parametrize(
    "known",
    [
        RECALLS,
        {**NOTE, "note_kind": "none", "note_recalls_meeting": "no", "wrote_before": "yes"},
        {**NOTE, "note_kind": "none", "note_recalls_meeting": "no", "in_address_book": "yes"},
    ],
)
def test_whether_you_recognise_somebody_is_asked_before_it_is_said_that_you_cannot_place_them(known):
    assert advice_unless(HOUSE, known) is None
    assert next_question(HOUSE, known) == "recognised"
    assert advice_unless(HOUSE, known, unsure=["recognised"]).action == "ask"


def test_who_recalls_a_meeting_is_asked_whether_or_not_the_note_gives_a_reason_too():
    known = {name: level for name, level in RECALLS.items() if name != "note_says_why"}
    assert next_question(HOUSE, known) == "recognised"
    unless = advice_unless(HOUSE, known | {"recognised": "no"})
    assert unless.said == "ask, unless you see a reason in the note, share a past or have talked elsewhere"
    assert advice_unless(HOUSE, NOTE | {"recognised": "no", "note_recalls_meeting": "no"}) is None


def test_after_a_yes_the_questions_go_on_to_an_answer():
    known = RECALLS | {"recognised": "yes"}
    for fact, level in (("would_stay_in_touch", "yes"), ("met_in_person", "yes")):
        assert next_question(HOUSE, known) == fact
        known[fact] = level
    assert HOUSE.decide_one(known, "invitation").action == "accept"


@pytest.mark.parametrize(
    "known",
    [
        NOTE,
        NOTE | {"note_says_why": "yes"},
        {name: level for name, level in NOTE.items() if name != "note_asks_favour"},
        NOTE | {"note_recalls_meeting": "no"},
    ],
)
def test_a_question_all_of_whose_answers_leave_it_open_comes_only_where_every_one_does(known):
    policy = load_policy("house")
    asked = next_question(HOUSE, known)

    def changes(fact):
        return any(not to.startswith("still open") for to in leads_to(policy, known, fact).values())

    open_facts = HOUSE.decide_one(known, "invitation").find_out
    assert changes(asked) or not any(changes(fact) for fact in open_facts)
    answered = [known | {asked: level} for level in policy.asked_levels("invitation", asked)]
    assert any(next_question(HOUSE, each) != "" for each in answered)


def test_that_every_answer_leaves_all_open_is_not_said_of_each():
    policy = load_policy("house")
    assert where_it_leads(leads_to(policy, NOTE, "note_says_why")) == []
    assert len(where_it_leads(leads_to(policy, NOTE, "recognised"))) == 2


def test_whether_there_is_a_note_is_no_question_where_it_is_read():
    policy = load_policy("house")
    assert policy.asked_levels("invitation", "note_kind") == ("none", "default", "personal")
    assert list(leads_to(policy, {"note_words": 22}, "note_kind")) == ["default", "personal"]


def test_whether_you_asked_is_no_answer_where_the_ledger_tells():
    asked = load_policy("house").on_record.asked_levels("invitation", "reply_to_question")
    assert asked == ("no_reply", "knows_me", "gives_reason", "just_widening")
