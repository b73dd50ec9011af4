"""One request: fires, out, open; settled, possible, what to find out next."""

import pytest
from hypothesis import example, given, settings
from invented_policies import (
    completions,
    first_action,
    made,
    naive_decision,
    policies,
    requests,
    rule_lists,
    tiny,
)

from netkit.errors import FactError, PolicyError
from netkit.facts import KINDS, vocabulary
from netkit.policy import load_policy, shipped_policies

MET = ("met", "{met_in_person: yes}", "accept")
RECRUITER = ("long-note", "{note_words: {at_least: 15}}", "ask")
REST = ("rest", "{}", "ignore")


def test_the_first_rule_that_holds_decides():
    decision = tiny([MET, RECRUITER, REST]).decide_one(
        {"met_in_person": "no", "note_words": 20}, "invitation"
    )
    assert (decision.action, decision.rule, decision.reason) == ("ask", "long-note", "Because of long-note.")


def test_a_fact_that_is_not_recorded_is_not_no():
    decision = tiny([MET, REST]).decide_one({}, "invitation")
    assert decision.action is None
    assert not decision.settled
    assert decision.possible == ("accept", "ignore")
    assert decision.next_fact == "met_in_person"


def test_an_open_rule_above_with_the_same_action_leaves_the_decision_settled():
    again = ("worked", "{worked_together: yes}", "accept")
    decision = tiny([MET, again, REST]).decide_one({"worked_together": "yes"}, "invitation")
    assert (decision.action, decision.rule, decision.settled) == ("accept", "worked", True)


def test_whichever_way_a_fact_turns_out_can_settle_what_no_single_rule_settles():
    rules = [MET, ("not-met", "{met_in_person: no}", "accept"), REST]
    decision = tiny(rules).decide_one({}, "invitation")
    assert (decision.action, decision.settled) == ("accept", True)


def test_acting_on_ignorance_must_be_written_above_the_rule_that_needs_the_fact():
    unsure = ("unsure", "{met_in_person: unknown}", "ask")
    assert tiny([unsure, MET, REST]).decide_one({}, "invitation").action == "ask"
    below = tiny([MET, unsure, REST]).decide_one({}, "invitation")
    assert below.action is None
    assert set(below.possible) == {"accept", "ask", "ignore"}


def test_an_assumption_settles_and_is_shown():
    assume = "assume: {invitation: {met_in_person: {level: no, because: Rare., clause: own}}}\n"
    decision = tiny([MET, REST], more=assume).decide_one({}, "invitation")
    assert (decision.action, decision.assumed) == ("ignore", {"met_in_person": "no"})
    recorded = tiny([MET, REST], more=assume).decide_one({"met_in_person": "yes"}, "invitation")
    assert (recorded.action, recorded.assumed) == ("accept", {})


BOOK = ("book", "{in_address_book: yes}", "ask")


def test_what_only_data_can_tell_is_asked_of_nobody_and_keeps_no_request_open():
    decision = tiny([BOOK, REST]).decide_one({}, "invitation")
    assert (decision.action, decision.settled, decision.find_out) == ("ignore", True, ())
    assert tiny([BOOK, REST]).decide_one({"in_address_book": "yes"}, "invitation").action == "ask"


@pytest.mark.parametrize("level", ["yes", "no"])
def test_what_only_data_can_tell_is_taken_as_the_policy_assumes(level):
    assume = f"assume: {{invitation: {{in_address_book: {{level: {level}, because: B., clause: own}}}}}}\n"
    decision = tiny([BOOK, REST], more=assume).decide_one({}, "invitation")
    assert (decision.action, decision.assumed) == (
        "ask" if level == "yes" else "ignore",
        {"in_address_book": level},
    )


def test_without_an_assumption_unknown_is_not_no():
    rules = [
        ("told", "{in_address_book: no}", "decline"),
        ("untold", "{in_address_book: unknown}", "ask"),
        REST,
    ]
    decision = tiny(rules).decide_one({}, "invitation")
    assert (decision.rule, decision.settled, decision.assumed) == ("untold", True, {})


def test_a_derived_fact_of_ones_own_is_asked_as_no_program_reads_it():
    own = "facts: {invitation: {in_guild: {question: 'In the guild?', levels: [yes, no], from: derived}}}\n"
    rules = [("guild", "{in_guild: yes}", "accept"), REST]
    assert tiny(rules, more=own).decide_one({}, "invitation").find_out == ("in_guild",)


@pytest.mark.parametrize("name", shipped_policies())
@pytest.mark.parametrize("kind", KINDS)
def test_shipped_policies_say_what_they_assume_of_what_only_data_can_tell(name, kind):
    policy = load_policy(name)
    if kind in policy.kinds:
        used = {fact for rule in policy.rules[kind] for fact in rule.when}
        untold = used & set(vocabulary(kind).filled_in("derived"))
        assert {fact for fact in untold if policy.assume[kind][fact].value is None} == set()


def test_the_next_fact_is_the_one_that_is_least_trouble_and_can_still_matter():
    rules = [
        ("elsewhere", "{interacted_elsewhere: yes}", "accept"),  # effort 4
        ("met", "{met_in_person: yes}", "accept"),  # effort 1
        ("default", "{note_kind: default, repeat_invitation: yes}", "ignore"),  # effort 0, excluded below
        REST,
    ]
    decision = tiny(rules).decide_one({"note_kind": "none"}, "invitation")
    assert decision.find_out == ("met_in_person", "interacted_elsewhere")


def test_a_fact_that_only_chooses_between_equal_actions_is_not_asked():
    rules = [
        ("both", "{recognised: yes, worked_together: yes}", "accept"),
        ("one", "{recognised: yes}", "accept"),
        REST,
    ]
    assert tiny(rules).decide_one({}, "invitation").find_out == ("recognised",)


def test_a_request_that_no_rule_speaks_of_is_open_without_anything_to_find_out():
    decision = tiny([MET]).decide_one({"met_in_person": "no"}, "invitation")
    assert (decision.action, decision.settled, decision.possible) == (None, False, ())
    assert decision.next_fact is None
    assert "No rule" in decision.reason


@pytest.mark.parametrize("words", [0, 14, 15, 400])
def test_number_bounds_include_their_ends(words):
    short = ("short", "{note_words: {at_most: 14}}", "ask")
    middle = ("middle", "{note_words: {between: [15, 399]}}", "accept")
    rules = [short, middle, REST]
    expected = "ask" if words <= 14 else "accept" if words < 400 else "ignore"
    assert tiny(rules).decide_one({"note_words": words}, "invitation").action == expected


def test_not_means_another_recorded_value():
    policy = tiny([("other", "{reason_to_connect: {not: [none, later]}}", "accept"), REST])
    assert policy.decide_one({"reason_to_connect": "now"}, "invitation").action == "accept"
    assert policy.decide_one({"reason_to_connect": "later"}, "invitation").action == "ignore"
    assert policy.decide_one({}, "invitation").action is None


def test_a_level_that_is_not_declared_is_refused_never_unknown():
    with pytest.raises(FactError, match=r"met_in_person cannot be 'yess'.*Did you mean 'yes'"):
        tiny([MET, REST]).decide_one({"met_in_person": "yess"}, "invitation")


def test_a_fact_that_is_not_declared_is_refused():
    with pytest.raises(FactError, match="Did you mean 'met_in_person'"):
        tiny([MET, REST]).decide_one({"met_in_persn": "yes"}, "invitation")


def test_a_kind_the_policy_does_not_speak_of_is_refused():
    with pytest.raises(PolicyError, match="does not speak of 'asking'"):
        tiny([MET, REST]).decide_one({}, "asking")


IGNORANT = [({"a": frozenset({None})}, "ask"), ({"a": frozenset({"yes"})}, "accept")]


@settings(max_examples=200, deadline=None)
@example((IGNORANT, {}), dict.fromkeys("abcnd"))
@given(policies(), requests())
def test_the_exact_search_agrees_with_trying_every_completion(drawn, request):
    rules, assume = drawn
    outcome = made(rules, assume).decider("invitation").decide(request)
    action, possible, matter = naive_decision(rules, request, assume)
    assert outcome.settled == (action is not None)
    assert set(outcome.possible) == possible
    assert set(outcome.find_out) == matter
    asked = ["n", "b", "d", "a", "c"]  # by effort, then as declared
    assert list(outcome.find_out) == sorted(matter, key=asked.index)


@settings(max_examples=100, deadline=None)
@given(rule_lists(unknown=False), requests())
def test_a_settled_action_is_what_every_completion_gets(rules, request):
    policy = made(rules)
    outcome = policy.decider("invitation").decide(request)
    if outcome.settled:
        got = {first_action(rules, world)[1] for world in completions(request)}
        assert got == set(outcome.possible)
        assert policy.rules["invitation"][outcome.rule].answer in got


@settings(max_examples=100, deadline=None)
@given(policies(), requests())
def test_the_short_way_to_a_settled_action_agrees_with_the_long_one(drawn, request):
    decider = made(*drawn).decider("invitation")
    outcome = decider.decide(request)
    expected = outcome.possible[0] if outcome.settled else None
    assert decider.settled_action(decider.grid.record(request)) == expected
