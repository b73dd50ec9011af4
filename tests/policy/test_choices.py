"""Any of several, so many of several, decimals, answers of one's own, rules with an end: what they mean."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_policies import FACTS, VALUES, requests, tiny, tiny_text

from netkit.errors import FactError, PolicyError
from netkit.policy import Policy, check, difference, explain, run_situations
from netkit.policy import policy_file as reader
from netkit.policy.conditions import parse_condition
from netkit.policy.rules import Part

REST = ("rest", "{}", "ignore")
OWN = "answers: {invitation: {by_mail: {words: answer by e-mail, means: decline, letter: decline-kindly}}}\n"
DECIMAL = "facts: {invitation: {hours: {question: 'How many hours?', number: {decimals: yes}}}}\n"


# What a choice means while facts are unknown: the laws of three-valued logic


@st.composite
def parts(draw):
    """Draw so many of several plain conditions, none of which acts on not knowing."""
    names = draw(st.lists(st.sampled_from("abc"), min_size=2, max_size=5))
    of = [parse_condition(FACTS[name], draw(st.sampled_from(list(VALUES[name])))) for name in names]
    return Part(tuple((each,) for each in of), draw(st.integers(1, len(of))))


def negated(part):
    """Return that fewer hold: so many of the opposites that too few are left."""
    opposite = tuple((parse_condition(one.fact, {"not": sorted(one.levels)}),) for one in part.conditions)
    return Part(opposite, len(part.of) - part.at_least + 1)


@settings(max_examples=200, deadline=None)
@given(parts(), requests())
def test_of_a_choice_and_its_opposite_one_holds_or_neither_can_be_told(part, request):
    """De Morgan's law: not any of them is none of them, and what is unknown stays so."""
    held, opposite = part.state(request, {}), negated(part).state(request, {})
    assert opposite == (None if held is None else not held)


@settings(max_examples=200, deadline=None)
@given(parts(), requests())
def test_so_many_of_several_is_any_of_the_ways_to_choose_so_many(part, request):
    told = [each.state(request, {}) for each in part.conditions]
    ways = [
        False if False in way else None if None in way else True for way in combinations(told, part.at_least)
    ]
    assert part.state(request, {}) == (True if True in ways else None if None in ways else False)


@settings(max_examples=100, deadline=None)
@given(parts(), requests())
def test_more_that_must_hold_never_hold_more_often_and_what_is_told_stays(part, request):
    order = {False: 0, None: 1, True: 2}
    more = Part(part.of, min(part.at_least + 1, len(part.of)))
    assert order[more.state(request, {})] <= order[part.state(request, {})]
    filled = {name: value if value is not None else VALUES[name][0] for name, value in request.items()}
    if part.state(request, {}) is not None:
        assert part.state(filled, {}) == part.state(request, {})


# In a policy


SIGNS = "[{recognised: yes}, {met_in_person: yes}, {worked_together: yes}]"


@pytest.mark.parametrize(
    ("facts", "action"),
    [
        ({"recognised": "yes", "worked_together": "yes"}, "accept"),
        ({"recognised": "yes", "met_in_person": "no", "worked_together": "no"}, "ignore"),
        ({"recognised": "yes", "met_in_person": "no"}, None),
        ({"met_in_person": "no", "worked_together": "no"}, "ignore"),
        ({}, None),
    ],
)
def test_two_of_three(facts, action):
    policy = tiny([("two", f"{{count: {{of: {SIGNS}, at_least: 2}}}}", "accept"), REST])
    assert policy.decide_one(facts, "invitation").action == action


def test_any_of_cases_each_of_which_may_ask_for_several_facts():
    when = "{reminded_you: no, any_of: [{recognised: yes}, {met_in_person: yes, worked_together: yes}]}"
    policy = tiny([("some", when, "accept"), REST])
    known = {"reminded_you": "no", "recognised": "no", "met_in_person": "yes"}
    assert policy.decide_one({**known, "worked_together": "yes"}, "invitation").action == "accept"
    assert policy.decide_one(known, "invitation").find_out == ("worked_together",)
    trace = explain(policy, {**known, "worked_together": "no"}, "invitation")
    assert trace.decision.action == "ignore"
    assert trace.near_misses[0].fails == (
        "any of these: “Do you recognise who this is?” is answered yes; “Have you met this person face to face?”"
        " is answered yes and “Have you worked together, or has this person applied for a role you were"
        " filling?” is answered yes",
    )


def test_the_check_names_a_case_that_never_matters_and_a_rule_that_no_request_can_meet():
    again = "{any_of: [{met_in_person: yes}, {met_in_person: yes, worked_together: yes}]}"
    (note,) = check(tiny([("again", again, "accept"), REST])).findings
    assert (note.what, note.serious) == ("idle_condition", False)
    assert "without: met in person is yes and worked together is yes" in note.words
    never = "{met_in_person: no, any_of: [{met_in_person: yes}, {met_in_person: yes, recognised: yes}]}"
    dead = next(iter(check(tiny([("never", never, "accept"), REST])).defects))
    assert (dead.what, dead.words) == ("dead", "never never decides: no request can meet it.")


def test_the_check_sees_through_choices():
    rules = [("any", f"{{any_of: {SIGNS}}}", "accept"), ("all", "{recognised: yes}", "ask"), REST]
    (dead,) = check(tiny(rules)).defects
    assert dead.words == "all never decides: whatever meets it is decided before, by any."


def test_the_difference_of_two_of_three_and_three_of_three_is_two_of_them():
    one, other = (
        tiny([("some", f"{{count: {{of: {SIGNS}, at_least: {n}}}}}", "accept"), REST]) for n in (1, 2)
    )
    (parting,) = difference(one, other, "invitation")
    assert parting.rules == ("some", "rest")
    assert sorted(parting.facts.values()) == ["no", "no", "yes"]


def test_situations_count_what_a_choice_alone_keeps_from_holding():
    policy = tiny([("two", f"{{reminded_you: no, count: {{of: {SIGNS}, at_least: 2}}}}", "accept"), REST])
    conditions = run_situations(policy).conditions["condition"].tolist()
    assert conditions == [
        "reminded you is no",
        "at least 2 of these 3: recognised is yes; met in person is yes; worked together is yes",
    ]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("{any_of: {recognised: yes}}", "any_of is not a list of two or more cases"),
        ("{any_of: [{recognised: yes}]}", "any_of has one case only. Write its conditions beside the others"),
        (f"{{count: {SIGNS}}}", "count is not a list of two or more cases, and of how many"),
        (
            f"{{count: {{of: {SIGNS}, at_least: 3}}}}",
            "count asks for 3 of 3 cases. Write at_least: 1 to 2; where all",
        ),
        (f"{{count: {{of: {SIGNS}, at_least: 0}}}}", "count asks for 0 of 3 cases"),
        (f"{{count: {{of: {SIGNS}, at_most: 1}}}}", "count is not a list"),
        (
            "{any_of: [{recognised: yes}, {any_of: [{recognised: no}]}]}",
            "any_of stands within another choice",
        ),
        ("{any_of: [{recognised: yes}, {met_in_persn: yes}]}", "Did you mean 'met_in_person'"),
    ],
)
def test_a_choice_that_cannot_be_read_is_refused_with_its_line(when, says):
    with pytest.raises(PolicyError, match=rf"tiny.yaml, line 8: .*{says}"):
        tiny([("some", when, "accept"), REST])


def test_a_rule_that_can_be_met_in_too_many_ways_is_refused():
    facts = "{note_words: %d}"
    cases = ", ".join(facts % words for words in range(14))
    with pytest.raises(PolicyError, match="more than 500 ways"):
        tiny([("some", f"{{count: {{of: [{cases}], at_least: 7}}}}", "accept"), REST])


# Numbers with decimals


@pytest.mark.parametrize(
    ("when", "holds", "fails"),
    [
        ("{at_least: 0.5}", [0.5, 0.75, 7], [0, 0.499999]),
        ("{at_most: 2.5}", [0, 2.5], [2.5000001, 3]),
        ("{between: [0.1, 0.3]}", [0.1, 0.2, 0.3], [0.31, 0]),
        ("{not: 1.5}", [1.4999, 1.5001, 0], [1.5]),
        ("1.5", [1.5], [1.4, 2]),
    ],
)
def test_bounds_with_decimals_include_their_ends(when, holds, fails):
    policy = tiny([("some", f"{{hours: {when}}}", "accept"), REST], more=DECIMAL)
    for hours in (*holds, *fails):
        expected = "accept" if hours in holds else "ignore"
        assert policy.decide_one({"hours": hours}, "invitation").action == expected, hours


def test_ranges_with_decimals_read_aloud():
    rules = [("some", "{hours: {between: [0.5, 2.25]}}", "accept"), REST]
    gap = tiny(rules[:1], more=DECIMAL)
    examples = [explain(tiny(rules, more=DECIMAL), {"hours": 9}, "invitation").changes[0].words]
    assert [*examples, check(gap).defects[0].example] == [
        "“How many hours?” is answered 0.5 to 2.25",
        "hours is 0 to below 0.5",
    ]


def test_a_number_without_decimals_takes_none():
    with pytest.raises(FactError, match=r"note_words cannot be '1\.5'\. Use a whole number"):
        tiny([("some", "{note_words: 1}", "accept"), REST]).decide_one({"note_words": 1.5}, "invitation")


# Answers


def test_an_answer_of_ones_own_has_its_words_and_its_letter_and_comes_to_an_action():
    policy = tiny([("some", "{recognised: no}", "by_mail"), REST], more=OWN)
    decision = policy.decide_one({"recognised": "no"}, "invitation")
    assert (decision.answer, decision.action, decision.letter) == ("by_mail", "decline", "decline-kindly")
    assert str(explain(policy, {"recognised": "no"}, "invitation")).startswith("Answer by e-mail. ")
    assert policy.means("invitation", "by_mail") == "decline"
    assert policy.decide_one({}, "invitation").possible == ("by_mail", "ignore")
    same = tiny([("some", "{recognised: no}", "decline"), REST])
    assert [each.actions for each in difference(policy, same, "invitation")] == [("by_mail", "decline")]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("{accept: {words: a, means: accept}}", "an answer cannot be called 'accept'"),
        ("{by_mail: {words: a, means: refuse}}", "means cannot be 'refuse'"),
        ("{by_mail: {words: a}}", "means missing"),
        ("{by_mail: {words: a, means: decline, because: b}}", "'because' does not belong here"),
    ],
)
def test_an_answer_of_ones_own_that_cannot_be_read_is_refused(answers, says):
    with pytest.raises(PolicyError, match=says):
        tiny([REST], more=f"answers: {{invitation: {answers}}}\n")


def test_of_several_answers_the_first_is_the_advice_and_the_others_are_told():
    policy = tiny([("some", "{recognised: no}", "[ask, defer]"), REST])
    decision = policy.decide_one({"recognised": "no"}, "invitation")
    assert (decision.action, decision.also) == ("ask", ("defer",))
    (parting,) = difference(policy, tiny([("some", "{recognised: no}", "ask"), REST]), "invitation")
    assert parting.actions == ("ask or defer", "ask")


# Rules with an end


def until(day, action="decline"):
    text = tiny_text([("closed", "{}", action), ("met", "{met_in_person: yes}", "accept"), REST])
    return Policy.from_text(text.replace(f"do: {action}\n", f"do: {action}\n    until: {day}\n", 1))


@pytest.mark.parametrize(("today", "rule"), [("2027-01-30", "closed"), ("2027-01-31", "met")])
def test_a_rule_is_gone_from_its_day_on(today, rule, monkeypatch):
    class Day(date):
        @classmethod
        def today(cls):
            return cls.fromisoformat(today)

    monkeypatch.setattr(reader, "date", Day)
    assert until("2027-01-31").decide_one({"met_in_person": "yes"}, "invitation").rule == rule


def test_while_it_is_there_the_policy_is_checked_and_compared_without_it():
    closed = until("2999-01-31")
    assert closed.decide_one({}, "invitation").said == "decline until 31 January 2999"
    assert check(closed).ok
    assert {each.rule for each in run_situations(closed).results} == {"met", "rest"}
    lasting = closed.lasting.decide_one({"met_in_person": "yes"}, "invitation")
    assert lasting.rule == "met"


def test_an_answer_that_waits_may_wait_so_many_months():
    decision = until("{months: 3}", "defer").decide_one({}, "invitation")
    assert (decision.until, decision.said) == (3, "defer for 3 months")


@pytest.mark.parametrize(
    ("told", "action", "day"),
    [
        ("{months: 3}", "defer", "2028-02-29"),  # November has a day that February lacks
        ("{months: 1}", "defer", "2027-12-30"),
        ("{months: 13}", "defer", "2028-12-30"),
        ("2999-01-31", "defer", "2999-01-31"),
        ("2999-01-31", "decline", None),  # what does not wait is not looked at again
    ],
)
def test_until_says_when_to_look_again_at_what_is_answered_so(told, action, day):
    decision = until(told, action).decide_one({}, "invitation")
    assert decision.remind_on(action, date(2027, 11, 30)) == (date.fromisoformat(day) if day else None)
    assert decision.remind_on("ask", date(2027, 11, 30)) is None


@pytest.mark.parametrize("day", ["soon", "2027-02-30", "{months: 0}", "{weeks: 3}", "[1]"])
def test_an_end_that_is_none_is_refused(day):
    with pytest.raises(PolicyError, match="a day such as 2027-01-31"):
        until(day, "defer")
    with pytest.raises(PolicyError, match="a day such as 2027-01-31"):
        until("{months: 3}", "decline")
