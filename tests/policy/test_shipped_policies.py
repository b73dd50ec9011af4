"""The shipped policies: their situations, their clauses, the order of their checks, and where they part."""

from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from netkit import policy as policies
from netkit.facts import vocabulary
from netkit.handbook.policy_pages import _carried_out, read_clauses
from netkit.letters import letter_names
from netkit.letters.letter_templates import read_template
from netkit.policy import check, run_situations, shipped_policies

DOCS = Path(__file__).parents[2] / "docs"
load_policy = cache(policies.load_policy)
SCHOOLS = {
    "PN": "precious_network",
    "PV": "personal_voucher",
    "PI": "purposeful_introducer",
    "KP": "known_people_only",
    "OC": "open_to_conversation",
}
CLAUSES = {id_: clause for each in read_clauses().values() for id_, clause in each["clauses"].items()}
CARRIED = _carried_out()
RULES = [
    (name, kind, rule)
    for name in shipped_policies()
    for kind, rules in load_policy(name).rules.items()
    for rule in rules
]


def of_kind(letter):
    return [id_ for id_, clause in CLAUSES.items() if letter in clause["kind"]]


# Every policy is whole


@pytest.mark.parametrize("name", shipped_policies())
def test_every_situation_comes_out_as_it_says_and_every_rule_is_shown_deciding_and_just_missing(name):
    run = run_situations(load_policy(name))
    assert run.ok, str(run)


@pytest.mark.parametrize("name", shipped_policies())
def test_no_policy_has_a_gap_or_a_rule_that_never_decides_or_changes_nothing(name):
    report = check(load_policy(name))
    assert report.ok, str(report)


@pytest.mark.parametrize("name", shipped_policies())
def test_every_list_ends_in_a_rule_that_always_holds(name):
    policy = load_policy(name)
    assert [policy.rules[kind][-1].when for kind in policy.kinds] == [{}] * len(policy.kinds)


def test_the_house_speaks_of_all_kinds_and_each_school_of_those_it_wrote_about():
    assert {name: load_policy(name).kinds for name in shipped_policies()} == {
        "house": ("invitation", "introduction", "asking"),
        "known_people_only": ("invitation", "asking"),
        "open_to_conversation": ("invitation", "asking"),
        "personal_voucher": ("introduction",),
        "precious_network": ("invitation", "introduction", "asking"),
        "purposeful_introducer": ("introduction",),
    }


# The schools say what they published and nothing else


@pytest.mark.parametrize(("prefix", "school"), SCHOOLS.items())
def test_a_school_cites_its_own_clauses_only(prefix, school):
    cited = {clause for name, _, rule in RULES if name == school for clause in rule.clauses}
    assert {clause[:2] for clause in cited} == {prefix}


@pytest.mark.parametrize(("prefix", "school"), SCHOOLS.items())
def test_a_school_acts_only_on_facts_that_its_own_clauses_speak_of(prefix, school):
    strangers = {
        (rule.id, fact)
        for name, kind, rule in RULES
        if name == school
        for fact in rule.when
        if not any(clause.startswith(prefix) for clause in vocabulary(kind)[fact].clauses)
    }
    assert strangers == set()


def test_the_house_draws_on_all_five_schools():
    cited = {clause for name, _, rule in RULES if name == "house" for clause in rule.clauses}
    assert {clause[:2] for clause in cited - {"own"}} == set(SCHOOLS)


def test_the_rules_that_no_school_has_ignore_without_a_letter_and_say_how_to_report():
    own = [(name, rule) for name, _, rule in RULES if "own" in rule.clauses]
    assert {name for name, _ in own} == {"house"} and len(own) == 3
    assert all(rule.action == "ignore" and not rule.letter and "report" in rule.because for _, rule in own)
    assert {"asks_for_money_or_data", "looks_fake"} <= {fact for _, rule in own for fact in rule.when}


@pytest.mark.parametrize("fact", ["asks_for_money_or_data", "looks_fake"])
def test_whether_somebody_is_genuine_is_asked_last(fact):
    facts = vocabulary("invitation")
    assert facts[fact].effort == max(each.effort for each in facts.values())


def test_no_answer_to_a_person_rests_on_more_than_the_declared_facts():
    for _, kind, rule in RULES:
        assert set(rule.when) <= set(vocabulary(kind))


# The 53 clauses


def test_there_are_53_clauses_of_five_schools():
    counted = {prefix: sum(id_.startswith(prefix) for id_ in CLAUSES) for prefix in SCHOOLS}
    assert counted == {"PN": 9, "PV": 7, "PI": 14, "KP": 11, "OC": 12}


@pytest.mark.parametrize("clause", of_kind("R"))
def test_every_clause_that_rules_is_a_rule_of_its_school_and_of_the_house(clause):
    carriers = {carrier.policy for carrier in CARRIED[clause]}
    assert {SCHOOLS[clause[:2]], "house"} <= carriers


@pytest.mark.parametrize("clause", of_kind("L"))
def test_every_clause_about_letters_is_a_letter(clause):
    assert [name for name in letter_names() if clause in read_template(name).clauses]


@pytest.mark.parametrize("clause", of_kind("W"))
def test_every_way_of_working_is_kept_by_a_feature_that_exists(clause):
    module, *names = split_path(CLAUSES[clause]["feature"])
    kept = import_module(module)
    for name in names:
        kept = getattr(kept, name)
    assert kept.__doc__


def split_path(dotted):
    """Split `package.module.Class.method` after the module."""
    package, module, *names = dotted.split(".")
    return f"{package}.{module}", *names


@pytest.mark.parametrize("clause", of_kind("P"))
def test_every_principle_is_spoken_of_in_the_handbook(clause):
    pages = [page for page in DOCS.rglob("*.md") if page.name not in ("clauses.md", "facts.md")]
    assert [page.name for page in pages if f"[{clause}]" in page.read_text(encoding="utf-8")]


def test_every_clause_is_carried_out_or_the_handbook_says_how_it_is_kept():
    in_letters = {clause for name in letter_names() for clause in read_template(name).clauses}
    left = [id_ for id_ in CLAUSES if not CARRIED[id_] and id_ not in in_letters]
    assert [id_ for id_ in left if "kept" not in CLAUSES[id_]] == []


def test_every_clause_that_a_rule_or_letter_cites_is_one_of_them():
    cited = {clause for _, _, rule in RULES for clause in rule.clauses} - {"own"}
    cited |= {clause for name in letter_names() for clause in read_template(name).clauses}
    assert cited <= set(CLAUSES)


# What the house asks next: message, memory, profile, other platform, intrigue (OC12)

EMPTY = {
    "note_kind": "none", "note_words": 0, "note_says_who": "no", "note_says_why": "no", "note_sells": "no",
    "note_recalls_meeting": "no", "note_asks_favour": "no", "asks_for_money_or_data": "no",
    "wrote_before": "no", "in_address_book": "no",
    "repeat_invitation": "no",
}  # fmt: skip


def walk(known, answers, kind="invitation"):
    """Answer the next question until the house has decided; return what was asked and decided."""
    house, asked = load_policy("house"), []
    known = dict(known)
    decision = house.decide_one(known, kind)
    while decision.next_fact:
        asked.append(decision.next_fact)
        known[decision.next_fact] = answers[decision.next_fact]
        decision = house.decide_one(known, kind)
    return asked, decision.action


def test_a_stranger_without_a_note_is_looked_up_in_the_order_of_oc12():
    answers = dict.fromkeys(
        ["recognised", "past_in_profile", "interacted_elsewhere", "profile_intrigues"], "no"
    )
    assert walk(EMPTY, answers) == (
        ["recognised", "past_in_profile", "interacted_elsewhere", "profile_intrigues"],
        "decline",
    )


def test_the_first_thing_found_ends_the_search():
    answers = {"recognised": "no", "past_in_profile": "yes"}
    assert walk(EMPTY, answers) == (["recognised", "past_in_profile"], "accept")


def test_whoever_you_know_and_met_is_decided_by_your_memory_alone():
    answers = {"recognised": "yes", "met_in_person": "yes", "would_stay_in_touch": "yes"}
    assert walk(EMPTY, answers) == (["recognised", "met_in_person", "would_stay_in_touch"], "accept")


def test_of_a_stranger_whose_note_says_why_the_last_question_is_whether_the_profile_looks_made_up():
    note = EMPTY | {"note_kind": "personal", "note_words": 30, "note_says_who": "yes", "note_says_why": "yes"}
    answers = {"recognised": "no", "reason_to_connect": "now", "looks_fake": "no"}
    assert walk(note, answers) == (["recognised", "reason_to_connect", "looks_fake"], "accept")
    assert walk(note, answers | {"looks_fake": "yes"})[1] == "ignore"


def test_an_introduction_asks_for_the_contact_s_time_last():
    answers = {
        "asked_by": "telephone", "requester_past": "none", "contact_asked_lately": 1,
        "purpose": "information", "purpose_specific": "yes", "requester_known": "well",
        "vouch_for_character": "yes", "contact_known": "well", "would_welcome_it": "yes",
        "contact_has_it": "yes",
        "good_for_requester": "yes", "good_for_contact": "yes", "contact_has_time": "yes",
    }  # fmt: skip
    asked, action = walk({}, answers, "introduction")
    assert (asked[-1], action) == ("contact_has_time", "ask_permission")
    effort = [vocabulary("introduction")[fact].effort for fact in asked]
    assert effort == sorted(effort)


@pytest.mark.parametrize("kind", ["invitation", "introduction", "asking"])
def test_with_nothing_known_the_house_decides_nothing(kind):
    assert not load_policy("house").decide_one({}, kind).settled


# Where the schools part, and what the house chose

STRANGER_WITH_A_GOOD_NOTE = EMPTY | {
    "note_kind": "personal", "note_words": 30, "note_says_who": "yes", "note_says_why": "yes",
    "recognised": "no", "met_in_person": "no", "worked_together": "no", "reason_to_connect": "now",
    "fits_my_stated_wishes": "yes", "reminded_you": "no", "looks_fake": "no",
}  # fmt: skip
KNOWN_NOT_FOR_KEEPING = EMPTY | {
    "recognised": "yes", "met_in_person": "yes", "worked_together": "yes", "would_stay_in_touch": "no",
}  # fmt: skip
FRIEND_WHO_WANTS_WORK = {
    "purpose": "work", "purpose_specific": "yes", "asked_by": "telephone", "requester_known": "well",
    "vouch_for_work": "yes", "vouch_for_character": "yes", "requester_past": "none", "contact_known": "well",
    "contact_prominent": "no", "contact_asked_lately": 0, "good_for_requester": "yes",
    "good_for_contact": "yes", "would_welcome_it": "yes", "permission": "given",
}  # fmt: skip
QUESTION_BY_MESSAGE = FRIEND_WHO_WANTS_WORK | {
    "purpose": "information", "asked_by": "platform_message", "contact_has_it": "yes",
    "permission": "not_asked",
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kind", "answers"),
    [
        pytest.param(
            STRANGER_WITH_A_GOOD_NOTE,
            "invitation",
            {
                "open_to_conversation": "accept",
                "known_people_only": "ask",
                "precious_network": "decline",
                "house": "accept",
            },
            id="a stranger with a sensible note",
        ),
        pytest.param(
            KNOWN_NOT_FOR_KEEPING,
            "invitation",
            {
                "open_to_conversation": "accept",
                "known_people_only": "accept",
                "precious_network": "ignore",
                "house": "ignore",
            },
            id="a known person you would not keep",
        ),
        pytest.param(
            FRIEND_WHO_WANTS_WORK,
            "introduction",
            {
                "precious_network": "introduce",
                "purposeful_introducer": "decline",
                "personal_voucher": "introduce",
                "house": "introduce",
            },
            id="a friend who wants work, a fit for both",
        ),
        pytest.param(
            FRIEND_WHO_WANTS_WORK | {"good_for_contact": "no"},
            "introduction",
            {
                "precious_network": "introduce",
                "purposeful_introducer": "decline",
                "personal_voucher": "redirect",
                "house": "redirect",
            },
            id="a friend who wants work, no fit for the contact",
        ),
        pytest.param(
            QUESTION_BY_MESSAGE,
            "introduction",
            {
                "purposeful_introducer": "ask_permission",
                "personal_voucher": "ask_requester",
                "house": "ask_permission",
            },
            id="a question that came by platform message",
        ),
        pytest.param(
            FRIEND_WHO_WANTS_WORK | {"asked_by": "platform_message"},
            "introduction",
            {"personal_voucher": "ask_requester", "house": "ask_requester"},
            id="a wish for work that came by platform message",
        ),
    ],
)
def test_where_the_schools_part_the_house_chooses(given, kind, answers):
    decided = {name: load_policy(name).decide_one(given, kind).action for name in answers}
    assert decided == answers


def test_the_house_answers_a_note_with_a_note_and_says_nothing_where_nothing_kind_could_be_said():
    house = load_policy("house")
    assert house.decide_one(STRANGER_WITH_A_GOOD_NOTE, "invitation").letter == "accept-opener"
    assert house.decide_one(KNOWN_NOT_FOR_KEEPING, "invitation").letter == ""
