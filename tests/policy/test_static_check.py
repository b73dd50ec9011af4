"""The static check: every planted defect is found, with a request that shows it; exactly."""

import re

import pytest
import z3
from hypothesis import given, settings
from invented_policies import (
    OF,
    VALUES,
    calls_made,
    completions,
    first_action,
    made,
    requests,
    rule_lists,
    tiny,
    tiny_text,
)

from netkit.errors import FactError, PolicyError
from netkit.policy import POLICIES, Policy, check, difference, explain, load_policy, shipped_policies

MET = ("met", "{met_in_person: yes}", "accept")
WORKED = ("worked", "{worked_together: yes}", "accept")
REST = ("rest", "{}", "ignore")
EVERY = list(completions(dict.fromkeys(VALUES)))


def only(report):
    """Return the one defect of a report."""
    assert len(report.defects) == 1, str(report)
    return report.defects[0]


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_passes(name):
    report = check(load_policy(name))
    assert report.ok, str(report)


def test_a_list_without_gaps_or_dead_rules_passes():
    assert check(tiny([MET, WORKED, REST])).findings == ()


def test_a_gap_is_found_with_a_request_nobody_speaks_of():
    policy = tiny([MET, ("not-met", "{met_in_person: no, note_words: {at_least: 15}}", "ask")])
    defect = only(check(policy))
    assert defect.what == "gap"
    assert defect.example == "note words is 0 to 14, met in person is no"
    assert policy.decide_one(defect.facts, "invitation").possible == ()


def test_a_rule_hidden_by_one_above_is_dead():
    policy = tiny([MET, ("both", "{met_in_person: yes, worked_together: yes}", "ask"), REST])
    defect = only(check(policy))
    assert (defect.what, defect.rules) == ("dead", ("both", "met"))
    assert policy.decide_one(defect.facts, "invitation").rule == "met"


def test_a_rule_hidden_by_several_together_is_dead_and_all_of_them_are_named():
    rules = [
        MET,
        WORKED,
        ("neither", "{met_in_person: no, worked_together: no}", "decline"),
        ("never", "{note_kind: personal}", "ask"),
        REST,
    ]
    defects = check(tiny(rules)).defects
    assert [(each.what, each.rules) for each in defects] == [
        ("dead", ("never", "met", "worked", "neither")),
        ("dead", ("rest", "met", "worked", "neither")),
    ]


def test_a_contradiction_under_the_same_condition_is_named_as_such():
    defect = only(check(tiny([MET, ("but", "{met_in_person: yes}", "decline"), REST])))
    assert (defect.what, defect.rules) == ("contradiction", ("but", "met"))
    assert "decline under the same condition under which met says accept" in defect.words


def test_a_rule_that_never_changes_the_decision_is_found():
    policy = tiny([MET, ("pointless", "{note_kind: none}", "ignore"), REST])
    defect = only(check(policy))
    assert (defect.what, defect.rules) == ("no_effect", ("pointless", "rest"))


def test_a_rule_that_changes_nothing_but_owes_a_letter_of_its_own_is_only_noted():
    text = tiny_text([MET, ("kind", "{note_kind: personal}", "ignore"), REST])
    text = text.replace("because: Because of kind.", "because: Because.\n    letter: not-now")
    report = check(Policy.from_text(text))
    assert report.ok
    assert ("no_effect", ("kind", "rest")) in [(note.what, note.rules) for note in report.notes]


def test_neighbours_whose_order_decides_are_noted_with_a_request_that_meets_both():
    policy = tiny([MET, ("no-note", "{note_kind: none}", "decline"), REST])
    report = check(policy)
    assert report.ok
    assert [(note.what, note.rules) for note in report.notes] == [("order", ("met", "no-note"))]
    assert report.notes[0].facts == {"met_in_person": "yes", "note_kind": "none"}


def test_a_report_says_first_whether_the_policy_is_sound_and_groups_its_notes():
    report = check(load_policy("house"))
    first, second, *others = str(report).splitlines()
    assert first == "house is sound: every request gets an answer, and every rule has a use."
    assert second == f"{report.kinds_of_notes}. Have a look:"
    many = [int(number) for number in re.findall(r"\d+", report.kinds_of_notes)]
    assert sum(many) == len(report.notes) == len(others) / 2 and len(many) == 2


def test_a_special_case_above_the_general_one_is_not_even_noted():
    special = ("special", "{met_in_person: yes, would_stay_in_touch: no}", "ignore")
    assert check(tiny([special, MET, ("rest", "{}", "decline")])).findings == ()


def test_a_condition_that_never_matters_is_noted():
    rules = [WORKED, ("met", "{met_in_person: yes, worked_together: no}", "ask"), REST]
    notes = check(tiny(rules)).notes
    assert [(note.what, note.words) for note in notes] == [
        ("idle_condition", "met would decide the same without: worked together is no.")
    ]


def test_a_level_outside_the_facts_levels_does_not_even_load():
    with pytest.raises(PolicyError, match=r"tiny.yaml, line 8: met_in_person cannot be 'perhaps'"):
        tiny([("met", "{met_in_person: perhaps}", "accept"), REST])


@pytest.mark.parametrize(
    ("when", "clause", "said", "serious"),
    [
        ("{purpose: work}", "own", "said no or was not asked", True),
        ("{purpose: work, permission: [given, refused]}", "own", "said no", True),
        ("{purpose: work, permission: {not: refused}}", "own", "was not asked", True),
        ("{purpose: work}", "PI1", "said no or was not asked", False),
        ("{purpose: work, permission: given}", "own", "", False),
    ],
)
def test_a_rule_that_introduces_without_the_contacts_yes_is_a_defect_unless_a_school_says_it(
    when, clause, said, serious
):
    text = (POLICIES / "house.yaml").read_text(encoding="utf-8")
    rule = (
        f"  - id: mine\n    when: {when}\n    do: introduce\n    because: It is mine.\n"
        f"    clause: {clause}\n    situations:\n"
        + "      - {it: it is, given: {purpose: work, permission: given}, expect: introduce}\n"
        * 2
    )
    policy = Policy.from_text(text.replace("  - id: contact-said-no", f"{rule}  - id: contact-said-no"))
    found = [each for each in check(policy, "introduction").findings if each.what == "unpermitted"]
    words = [f"mine introduces although the contact {said}. Let it ask for permission: given."]
    assert [each.words for each in found] == (words if said else [])
    for each in found:
        assert each.serious == serious
        assert policy.decide_one(each.facts, "introduction").rule == "mine"
        assert each.facts.get("permission") != "given"


def test_acting_on_ignorance_is_a_request_of_its_own_to_the_check():
    rules = [("unsure", "{met_in_person: unknown}", "ask"), MET, REST]
    assert check(tiny(rules)).findings == ()
    late = [("met", "{met_in_person: [yes, unknown]}", "accept"), rules[0], REST]
    assert only(check(tiny(late))).rules == ("unsure", "met")


@settings(max_examples=100, deadline=None)
@given(rule_lists(unknown=False))
def test_gaps_and_dead_rules_are_those_that_enumeration_finds(rules):
    deciding = {first_action(rules, world)[0] for world in EVERY}
    defects = check(made(rules)).defects
    dead = {int(each.rules[0][1:]) for each in defects if each.what in ("dead", "contradiction")}
    assert dead == set(range(len(rules))) - deciding
    assert any(each.what == "gap" for each in defects) == (None in deciding)


@settings(max_examples=100, deadline=None)
@given(rule_lists(unknown=False))
def test_rules_without_effect_are_those_whose_removal_enumeration_cannot_tell(rules):
    found = check(made(rules)).findings
    silent = {int(each.rules[0][1:]) for each in found if each.what == "no_effect"}
    deciding = {first_action(rules, world)[0] for world in EVERY}
    for place in set(range(len(rules))) & deciding:
        without = rules[:place] + rules[place + 1 :]
        same = all(first_action(rules, world)[1] == first_action(without, world)[1] for world in EVERY)
        assert same == (place in silent)


@settings(max_examples=100, deadline=None)
@given(rule_lists())
def test_every_example_shows_what_it_is_said_to_show(rules):
    policy = made(rules)
    for finding in check(policy).findings:
        decision = policy.decide_one(finding.facts, "invitation")
        if finding.what == "gap":
            assert decision.possible == ()
        elif finding.what in ("no_effect", "order", "idle_condition"):
            assert decision.rule == finding.rules[0]
        else:
            assert decision.rule != finding.rules[0]


def as_z3(rules):
    """Return one z3 constant per fact with its range, and each rule as a formula."""
    facts = {name: z3.Int(name) for name in VALUES}
    ranges = [z3.And(fact >= 0, fact < len(VALUES[name])) for name, fact in facts.items()]

    def formula(when):
        several = [z3.PbGe([(formula(case), 1) for case in of], least) for least, of in _choices(when)]
        single = [
            z3.Or([facts[name] == VALUES[name].index(value) for value in values])
            for name, values in when.items()
            if name != OF
        ]
        return z3.And([*single, *several])

    return ranges, [formula(when) for when, _ in rules]


def _choices(when):
    return [when[OF]] if OF in when else []


@settings(max_examples=25, deadline=None)
@given(rule_lists(unknown=False))
def test_z3_finds_the_same_rules_dead(rules):
    ranges, formulas = as_z3(rules)
    dead = set()
    for place, formula in enumerate(formulas):
        solver = z3.Solver()
        solver.add(*ranges, formula, *(z3.Not(above) for above in formulas[:place]))
        if solver.check() == z3.unsat:
            dead.add(f"r{place}")
    found = check(made(rules)).defects
    assert {each.rules[0] for each in found if each.what in ("dead", "contradiction")} == dead


def test_thirty_rules_over_fifteen_facts_are_checked_well_within_a_second():
    """Fifty thousand calls are some twentieth of a second; trying every request would take billions."""
    policy = load_policy("house")
    assert len(policy.rules["invitation"]) >= 25
    assert len(policy.decider("invitation").grid.fields) >= 15
    assert calls_made(check, policy, "invitation") < 50_000


# ---- the difference of two policies --------------------------------------------------------------


def test_a_policy_does_not_differ_from_itself():
    assert difference(load_policy("house"), load_policy("house"), "invitation") == ()


def test_policies_part_where_one_rule_was_added():
    one = tiny([MET, REST])
    other = tiny([MET, ("note", "{note_kind: personal}", "ask"), REST])
    (parting,) = difference(one, other, "invitation")
    assert parting.rules == ("rest", "note")
    assert parting.actions == ("ignore", "ask")
    assert parting.example == "note kind is personal, met in person is no"


def test_a_gap_counts_as_parting():
    (parting,) = difference(tiny([MET]), tiny([MET, REST]), "invitation")
    assert (parting.rules, parting.actions) == (("", "rest"), (None, "ignore"))


def test_differing_assumptions_are_found_on_a_request_where_the_fact_is_not_recorded():
    assume = "assume: {{invitation: {{met_in_person: {{level: {}, because: B., clause: own}}}}}}\n"
    one, other = (tiny([MET, REST], more=assume.format(level)) for level in ("yes", "no"))
    (parting,) = difference(one, other, "invitation")
    assert parting.example == "met in person is not recorded"
    assert parting.facts == {}


def test_one_name_for_two_facts_is_refused():
    def own(levels):
        more = f"facts: {{invitation: {{alumnus: {{question: An alumnus, levels: {levels}}}}}}}\n"
        return tiny([("own", "{alumnus: yes}", "accept"), REST], more=more)

    with pytest.raises(PolicyError, match="'alumnus' has the levels yes, no in one policy"):
        difference(own("[yes, no]"), own("[yes, no, almost]"), "invitation")


@settings(max_examples=50, deadline=None)
@given(rule_lists(unknown=False), rule_lists(unknown=False))
def test_the_difference_is_the_one_that_enumeration_finds(one, other):
    expected = set()
    for world in EVERY:
        (place, action), (place2, action2) = first_action(one, world), first_action(other, world)
        if action != action2:
            expected.add((place, place2))
    found = difference(made(one), made(other), "invitation")
    names = [tuple(int(rule[1:]) if rule else None for rule in each.rules) for each in found]
    assert sorted(map(str, names)) == sorted(map(str, expected))
    for parting in found:
        got = [made(rules).decide_one(parting.facts, "invitation").answer for rules in (one, other)]
        assert tuple(got) == parting.actions


# ---- the smallest change -------------------------------------------------------------------------


def test_all_single_facts_that_change_the_answer_are_listed():
    changes = explain(
        tiny([MET, WORKED, REST]), {"met_in_person": "no", "worked_together": "no"}, "invitation"
    ).changes
    assert [str(change) for change in changes] == [
        "if “Have you met this person face to face?” is answered yes: accept",
        "if “Have you worked together, or has this person applied for a role you were filling?” is answered"
        " yes: accept",
    ]


def test_where_no_single_fact_suffices_pairs_are_listed():
    rules = [("both", "{met_in_person: yes, note_words: {at_least: 15}}", "accept"), REST]
    (change,) = explain(tiny(rules), {"met_in_person": "no", "note_words": 3}, "invitation").changes
    assert change.facts == {"note_words": 15, "met_in_person": "yes"}


def test_a_number_changes_by_as_little_as_it_can():
    rules = [("short", "{note_words: {at_most: 14}}", "ask"), REST]
    (change,) = explain(tiny(rules), {"note_words": 90}, "invitation").changes
    assert change.facts == {"note_words": 14}


def test_an_answer_that_nothing_changes_has_no_smallest_change():
    assert explain(tiny([REST]), {}, "invitation").changes == ()


def test_for_an_open_decision_only_unknown_facts_are_named():
    rules = [("both", "{met_in_person: yes, worked_together: yes}", "accept"), REST]
    changes = explain(tiny(rules), {"met_in_person": "yes"}, "invitation").changes
    assert [(list(change.facts), change.action) for change in changes] == [
        (["worked_together"], "accept"),
        (["worked_together"], "ignore"),
    ]


@settings(max_examples=60, deadline=None)
@given(rule_lists(unknown=False), requests(complete=True))
def test_single_changes_are_those_that_trying_all_finds(rules, request):
    now = first_action(rules, request)[1]
    if now is None:
        return
    cells = made(rules).decider("invitation").grid.fields
    expected = set()
    for name in cells:
        for value in VALUES[name]:
            action = first_action(rules, {**request, name: value})[1]
            if action not in (now, None):
                expected.add((name, cells[name].bit(value), action))
    changes = explain(made(rules), request, "invitation").changes
    singles = {
        (name, cells[name].bit(value), change.action)
        for change in changes
        if len(change.facts) == 1
        for name, value in change.facts.items()
    }
    assert singles == expected


def test_an_undeclared_fact_is_refused_here_too():
    with pytest.raises(FactError, match="met_in_persn"):
        explain(tiny([MET, REST]), {"met_in_persn": "yes"}, "invitation")
