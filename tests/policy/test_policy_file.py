"""A policy file: what loads, and how what does not load is explained."""

import re
from pathlib import Path

import pytest
from invented_policies import HEAD, tiny, tiny_text

from netkit.errors import NetkitError, PolicyError
from netkit.policy import POLICIES, Policy, check, difference, load_policy, shipped_policies

MET = ("met", "{met_in_person: yes}", "accept")
REST = ("rest", "{}", "ignore")
TEXT = tiny_text([MET, REST])

# What is written instead of what, and what the reader is told.
MISTAKES = {
    "an unknown action": (
        "do: accept",
        "do: acept",
        ["line 9: there is no action 'acept'", "Did you mean 'accept'"],
    ),
    "an unknown fact": (
        "met_in_person: yes",
        "met_in_persn: yes",
        ["line 8: There is no fact 'met_in_persn'", "Did you mean 'met_in_person'"],
    ),
    "an unknown level": (
        "met_in_person: yes",
        "met_in_person: yess",
        ["line 8: met_in_person cannot be 'yess'", "Did you mean 'yes'"],
    ),
    "an unknown field": ("because:", "becuse:", ["'becuse' does not belong here", "Did you mean 'because'"]),
    "an unknown list": ("invitation:", "invitatoin:", ["'invitatoin' does not belong here", "Did you mean"]),
    "a clause without its source": ("clause: own", "clause: PN5", ["the clause 'PN5' has no source here"]),
    "a second rule of one name": ("id: rest", "id: met", ["has a rule 'met' already", "line 7"]),
    "an unknown fact in a situation": (
        "given: {}",
        "given: {met_person: yes}",
        ["There is no fact 'met_person'", "Did you mean 'met_in_person'"],
    ),
    "an unknown expectation": (
        "expect: accept",
        "expect: acept",
        ["there is no action 'acept'", "Did you mean 'accept'"],
    ),
    "an open decision with one action": (
        "expect: accept",
        "expect: {open: [accept]}",
        ["fewer than two actions"],
    ),
    "an unknown fact to find out": (
        "expect: accept",
        "expect: {open: [accept, ask], find_out: [met]}",
        ["There is no fact 'met'", "met_in_person"],
    ),
    "a condition that always holds": (
        "met_in_person: yes",
        "met_in_person: [yes, no]",
        ["holds for every value", "Leave the condition out"],
    ),
    "a condition that never holds": (
        "met_in_person: yes",
        "note_words: {between: [5, 3]}",
        ["can never hold"],
    ),
    "a bound that does not exist": (
        "met_in_person: yes",
        "note_words: {atleast: 5}",
        ["'atleast'", "Did you mean 'at_least'"],
    ),
    "two bounds at once": (
        "met_in_person: yes",
        "note_words: {at_least: 5, at_most: 9}",
        ["{between: [a, b]}"],
    ),
    "a bound on levels": (
        "met_in_person: yes",
        "met_in_person: {at_least: 1}",
        ["which is not a number", "yes, no"],
    ),
    "a bound that is no number": (
        "met_in_person: yes",
        "note_words: {at_least: many}",
        ["cannot be at_least: many", "whole numbers"],
    ),
    "nesting": ("met_in_person: yes", "met_in_person: [[yes]]", ["cannot be [['yes']]", "a list of levels"]),
    "no value at all": ("met_in_person: yes", "met_in_person: ~", ["cannot be [None]"]),
    "a list where text belongs": ("title: A tiny policy", "title: [a, b]", ["title is a list"]),
    "facts as a list": ("invitation:", "facts: [one]\ninvitation:", ["facts is not a mapping", "': '"]),
    "assumptions as a list": (
        "invitation:",
        "assume: {invitation: [one]}\ninvitation:",
        ["invitation is not a mapping"],
    ),
    "what is given as a word": ("given: {}", "given: nothing", ["given is not a mapping"]),
    "a number that has no end": (
        "met_in_person: yes",
        "note_words: inf",
        ["note_words cannot be 'inf'", "a whole number"],
    ),
    "an own fact of a forbidden name": (
        "invitation:",
        "facts: {invitation: {gender: {question: Well, levels: [a, b]}}}\ninvitation:",
        ["line 6: The fact 'gender'", "never a fact"],
    ),
    "an own fact whose effort is a word": (
        "invitation:",
        "facts: {invitation: {club: {question: Well, levels: [a, b], effort: much}}}\ninvitation:",
        ["club has effort: 'much'", "a whole number from 0 to 9"],
    ),
    "an own fact whose levels are one word": (
        "invitation:",
        "facts: {invitation: {club: {question: Well, levels: ab}}}\ninvitation:",
        ["club has levels: 'ab'", "a list"],
    ),
    "an own number with bands out of order": (
        "invitation:",
        "facts: {invitation: {clubs: {question: Well, number: {bands: [5, 1]}}}}\ninvitation:",
        ["clubs has number", "in ascending order"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_what_is_accepted(mistake):
    right, wrong, told = MISTAKES[mistake]
    assert right in TEXT
    with pytest.raises(PolicyError) as caught:
        Policy.from_text(TEXT.replace(right, wrong, 1), name="mine.yaml")
    assert "mine.yaml, line " in str(caught.value)
    for words in told:
        assert words in str(caught.value)


SOURCES = "sources:\n  - {id: own, title: Made up}\n"


@pytest.mark.parametrize(
    "missing", ["policy: tiny\n", "title: A tiny policy\n", "about: For tests.\n", SOURCES]
)
def test_a_file_without_name_title_text_or_sources_does_not_load(missing):
    with pytest.raises(PolicyError, match=missing.split(":")[0] + " missing"):
        Policy.from_text(TEXT.replace(missing, ""))


def test_a_rule_of_ones_own_needs_no_source():
    text = (POLICIES / "house.yaml").read_text(encoding="utf-8")
    cited = text.index("    clause: ", text.index("\ninvitation:"))
    rest = text[text.index("\n", cited) :]
    assert Policy.from_text(f"{text[:cited]}    clause: own{rest}").rules["invitation"][0].clauses == ("own",)


@pytest.mark.parametrize("missing", ["because: Because of met.", "clause: own", "do: accept"])
def test_a_rule_without_reason_clause_or_action_does_not_load(missing):
    with pytest.raises(PolicyError, match=missing.split(":")[0] + " missing"):
        Policy.from_text(TEXT.replace("    " + missing + "\n", "", 1))


def test_a_rule_needs_two_situations():
    with pytest.raises(PolicyError, match=r"met has 1 situation.*just miss one"):
        Policy.from_text(TEXT.replace("      - {it: two, given: {}, expect: accept}\n", ""))


def test_a_policy_without_any_rules_does_not_load():
    with pytest.raises(PolicyError, match="invitation, introduction, asking"):
        Policy.from_text(HEAD)


def test_what_is_known_only_afterwards_cannot_be_a_condition():
    facts = "facts: {invitation: {turned_out: {question: Well, levels: [yes, no], knowable: afterwards}}}\n"
    with pytest.raises(PolicyError, match="turned_out is known only afterwards"):
        tiny([("late", "{turned_out: yes}", "accept"), REST], more=facts)


def test_acting_on_not_knowing_what_is_assumed_is_refused():
    assume = "assume: {invitation: {met_in_person: {level: no, because: Rare., clause: own}}}\n"
    with pytest.raises(PolicyError, match="which is assumed"):
        tiny([("unsure", "{met_in_person: unknown}", "ask"), REST], more=assume)


def test_facts_of_ones_own_are_declared_in_the_same_file():
    facts = """facts:
  invitation:
    alumnus: {question: Did you study at the same place?, levels: [yes, no], effort: 3}
    shared_groups: {question: How many groups do you share?, number: {bands: [1, 3]}}
    met_through: {question: Through what?, levels: [work, club, family], effort: 2}
"""
    rules = [
        ("alumni", "{alumnus: yes, shared_groups: {at_least: 2}}", "accept"),
        ("club", "{met_through: {not: work}}", "ask"),
        REST,
    ]
    policy = tiny(rules, more=facts)
    assert policy.decide_one({"alumnus": "yes", "shared_groups": 2}, "invitation").action == "accept"
    decision = policy.decide_one({"alumnus": "yes", "met_through": "work"}, "invitation")
    assert (decision.possible, decision.next_fact) == (("accept", "ignore"), "shared_groups")


def test_a_fact_of_ones_own_cannot_take_a_shipped_name_or_speak_of_what_is_taboo():
    for name, told in (("met_in_person", "declared already"), ("gender", "never a fact")):
        facts = f"facts: {{invitation: {{{name}: {{question: Well, levels: [yes, no]}}}}}}\n"
        with pytest.raises(PolicyError, match=told):
            tiny([REST], more=facts)


def test_yes_and_no_are_words():
    assert tiny([MET, REST]).rules["invitation"][0].when["met_in_person"].levels == {"yes"}


def test_a_shipped_policy_is_loaded_by_name_and_any_by_path(tmp_path):
    assert load_policy("house").name == "house"
    (tmp_path / "mine.yaml").write_text(TEXT, encoding="utf-8")
    assert load_policy(tmp_path / "mine.yaml").name == "tiny"


def test_ones_own_policy_is_found_by_name_in_the_workspace(tmp_path):
    (tmp_path / "policies").mkdir()
    text = TEXT.replace("policy: tiny", "policy: mine")
    (tmp_path / "policies" / "mine.yaml").write_text(text, encoding="utf-8")
    assert load_policy("mine", home=tmp_path).title == "A tiny policy"


def test_a_policy_found_by_name_calls_itself_so(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"mine.yaml calls itself 'tiny'.*policy: mine"):
        load_policy("mine", home=tmp_path)


def test_a_wrong_name_gets_the_nearest_one():
    with pytest.raises(PolicyError, match="Did you mean 'house'"):
        load_policy("hous")


def test_a_policy_that_does_not_speak_of_the_wanted_kind_is_refused(tmp_path):
    (tmp_path / "mine.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(PolicyError, match="does not speak of 'introduction'"):
        load_policy(tmp_path / "mine.yaml", "introduction")


def test_a_file_that_is_not_there_is_refused_kindly(tmp_path):
    with pytest.raises(NetkitError, match=r"mine.yaml could not be read"):
        load_policy(tmp_path / "mine.yaml")


@pytest.mark.parametrize("name", shipped_policies())
def test_every_condition_of_a_shipped_policy_reads_aloud(name):
    policy = load_policy(name)
    for rules in policy.rules.values():
        for rule in rules:
            assert "_" not in rule.words()
            assert "  " not in rule.words()


def test_the_rule_that_the_how_to_page_changes_can_be_copied_from_it(tmp_path):
    page = (Path(__file__).parents[2] / "docs/how-to/own-policy.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r'^```yaml title="policies/my_policy.yaml"\n(.*?)^```', page, re.M | re.S)
    house = (POLICIES / "house.yaml").read_text(encoding="utf-8")
    before = re.search(r"^  - id: intriguing-profile\n.*?^(?=\n)", house, re.M | re.S)
    path = tmp_path / "my_policy.yaml"
    text = house.replace("policy: house\n", "policy: my_policy\n").replace(before[0], rule)
    path.write_text(text, encoding="utf-8")
    mine = load_policy(path)
    assert check(mine).ok
    (part,) = difference(load_policy("house"), mine, "invitation")
    assert part.actions == ("ask", "accept")
