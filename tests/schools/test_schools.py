"""Schools compared: agreement with what you did, counted by hand here, and with each other."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from netkit.facts import vocabulary
from netkit.policy import load_policy
from netkit.schools import compare_schools

# Of each request: met in person, would stay in touch, recognised, and what you did.
REQUESTS = {
    "a": ("yes", "yes", "yes", "accept"),
    "b": ("yes", "yes", "yes", "accept"),
    "c": ("yes", "no", "yes", "accept"),  # known, not for keeping: PN6 says ignore, OC1 accept
    "d": ("yes", "no", "yes", "ignore"),
    "e": ("no", "no", "no", "decline"),
    "f": ("no", "no", "no", "ask"),
    "g": (None, "yes", "yes", "accept"),  # not recorded whether you met: PN stays open
    "h": ("yes", "yes", "yes", None),  # nothing done yet
}
NOTHING_ELSE = {
    "note_kind": "none", "wrote_before": "no", "past_in_profile": "no", "interacted_elsewhere": "no",
    "profile_intrigues": "no", "reminded_you": "no", "repeat_invitation": "no",
}  # fmt: skip
SCHOOLS = ["precious_network", "open_to_conversation"]


def invented_history(requests=REQUESTS, *, seen=(), period=("2024-01-01", "2024-12-31")):
    actions = pd.Series([row[3] for row in requests.values()], dtype="str")
    final = {"accept": 1.0, "decline": 0.0, "ignore": 0.0}
    label = actions.map(final)
    table = pd.DataFrame(
        {
            "request": list(requests),
            "sent_at": pd.Timestamp("2024-06-01", tz="UTC"),
            "strength": ["strong" if known else "none" for known in label.notna()],
            "label": label,
            "action": actions,
            "opinion_seen": [name in seen for name in requests],
        }
    )
    facts = pd.DataFrame(
        [
            {"request": name, "met_in_person": met, "would_stay_in_touch": stay, "recognised": known}
            | NOTHING_ELSE
            for name, (met, stay, known, _) in requests.items()
        ]
    )
    ends = period and tuple(pd.Timestamp(day, tz="UTC") for day in period)
    conformed = vocabulary("invitation").conform(facts)
    return SimpleNamespace(table=table, facts=conformed, period=ends)


def compared(history=None, names=SCHOOLS, introductions=None):
    chosen = [load_policy(name) for name in names]
    return compare_schools(history or invented_history(), introductions, policies=chosen)


def row_of(frame, **wanted):
    rows = frame
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_agreement_counts_the_answers_that_both_give():
    # precious_network: a b accept, c ignore, d ignore, e decline, f decline, g open
    row = row_of(compared().agreement, school="precious_network")
    assert row[["deeds", "open", "silent", "compared", "agree"]].tolist() == [7, 1, 0, 6, 4]
    assert row["share"] == pytest.approx(4 / 6)
    # Wilson's interval for 4 of 6, from the published formula worked out by hand
    assert (row["low"], row["high"]) == (pytest.approx(0.3000, abs=1e-4), pytest.approx(0.9032, abs=1e-4))


def test_declining_and_ignoring_are_the_same_answer_and_asking_is_neither():
    # open_to_conversation: a b c d g accept, e f decline
    row = row_of(compared().agreement, school="open_to_conversation")
    assert row[["open", "compared", "agree"]].tolist() == [0, 7, 5]


def test_the_closest_school_comes_first():
    assert compared().agreement["school"].tolist() == ["open_to_conversation", "precious_network"]


def test_schools_that_a_few_answers_cannot_tell_apart_are_named_together():
    assert compared().closest == {"invitation": ("open_to_conversation", "precious_network")}


def test_many_answers_tell_schools_apart():
    many = {f"{name}{copy}": row for name, row in REQUESTS.items() for copy in range(12) if name != "d"}
    assert compared(invented_history(many)).closest == {"invitation": ("open_to_conversation",)}


def test_a_school_that_stays_open_on_the_hard_ones_is_not_closest_by_its_higher_share():
    # a: both agree with you; c: only open_to_conversation does; g, declined: precious_network stays open
    hard = ("g", (None, "yes", "yes", "decline"))
    kinds = [("a", REQUESTS["a"]), ("c", REQUESTS["c"]), hard]
    many = {
        f"{name}{copy}": row
        for (name, row), copies in zip(kinds, (40, 8, 40), strict=True)
        for copy in range(copies)
    }
    comparison = compared(invented_history(many))
    shares = comparison.agreement.set_index("school")["share"].to_dict()
    assert shares == {
        "precious_network": pytest.approx(40 / 48),
        "open_to_conversation": pytest.approx(48 / 88),
    }
    assert comparison.closest == {"invitation": ("open_to_conversation",)}
    assert "precious_network has a higher share, but where another school answers too" in str(comparison)


def test_why_a_school_with_a_higher_share_of_few_answers_is_not_the_closest_is_said():
    facts = pd.DataFrame(
        {
            "request": list("ijklmn"),
            "requester_known": "well",
            "purpose": [*["information"] * 5, "work"],
            "vouch_for_work": "yes",
            "good_for_requester": "no",
            "asked_by": "telephone",
        }
    )
    past = SimpleNamespace(
        table=pd.DataFrame({"request": list("ijklmn"), "action": "introduce"}),
        facts=vocabulary("introduction").conform(facts),
    )
    said = str(compared(names=["precious_network", "personal_voucher"], introductions=past))
    closest = "What you do is closest to personal_voucher, as far as 6 answers can tell."
    assert f"{closest} You follow none of them" in said
    assert "precious_network has a higher share, but answers only 1 of your 6 cases, fewer than half." in said


def test_the_matrix_holds_schools_against_each_other_whatever_you_did():
    # both answer a b c d e f h; apart on c and d
    matrix = compared().matrix
    row = row_of(matrix, school="precious_network", other="open_to_conversation")
    assert (row["n"], row["share"]) == (7, pytest.approx(5 / 7))
    mirrored = row_of(matrix, school="open_to_conversation", other="precious_network")
    assert mirrored["share"] == row["share"]


def test_where_a_school_and_you_part_is_shown_with_rule_count_and_example():
    row = row_of(compared().partings, school="precious_network", rule="met-but-not-for-keeping")
    assert row[["clause", "says", "did", "n", "example"]].tolist() == ["PN6", "ignore", "yes", 1, "c"]


def test_a_rule_that_your_deeds_contradict_surely_is_a_candidate_to_change():
    against = {f"c{copy}": REQUESTS["c"] for copy in range(8)}
    row = row_of(compared(invented_history(against)).rules, rule="met-but-not-for-keeping")
    assert row[["compared", "agree", "contradicted", "candidate"]].tolist() == [8, 0, 8, True]


def test_every_rule_is_listed_with_where_it_holds_and_what_it_decided():
    # precious_network: c and d are met but not for keeping; on g it cannot be told whether you met
    rules = compared().rules
    row = row_of(rules, school="precious_network", rule="met-but-not-for-keeping")
    assert row[["coverage", "overlap", "conflict", "open"]].tolist() == [2 / 8, 0, 0, 0]
    assert row[["decides", "compared", "agree", "contradicted"]].tolist() == [2, 2, 1, 1]
    row = row_of(rules, school="precious_network", rule="met-and-welcome")
    assert row[["coverage", "open"]].tolist() == [3 / 8, 1 / 8]
    silent = row_of(rules, school="precious_network", rule="reminds-you")
    assert silent[["coverage", "decides", "compared", "candidate"]].tolist() == [0, 0, 0, False]
    assert pd.isna(silent["share"])


def test_two_deeds_against_a_rule_are_no_reason_to_change_it():
    against = {f"c{copy}": REQUESTS["c"] for copy in range(2)}
    assert not compared(invented_history(against)).rules["candidate"].any()


def test_answers_given_after_an_opinion_had_been_seen_are_left_out():
    comparison = compared(invented_history(seen=("a", "b")))
    assert row_of(comparison.agreement, school="open_to_conversation")["deeds"] == 5
    assert "You gave 2 answers after seeing advice. They are left out." in comparison.notes


def test_answers_outside_the_time_when_both_were_recorded_are_left_out():
    comparison = compared(invented_history(period=("2023-01-01", "2023-12-31")))
    assert comparison.agreement["deeds"].tolist() == [0, 0]
    assert comparison.closest == {}


def test_without_such_a_time_the_comparison_says_so():
    assert any(
        "Shares therefore say little" in note for note in compared(invented_history(period=None)).notes
    )


def test_what_a_school_is_silent_about_counts_neither_for_nor_against_it():
    facts = pd.DataFrame(
        {
            "request": ["i", "j"],
            "requester_known": "well",
            "purpose": ["information", "work"],
            "vouch_for_work": "yes",
        }
    )
    past = SimpleNamespace(
        table=pd.DataFrame({"request": ["i", "j"], "action": ["introduce", "introduce"]}),
        facts=vocabulary("introduction").conform(facts),
    )
    agreement = compared(introductions=past).agreement
    row = row_of(agreement, kind="introduction", school="precious_network")
    assert row[["deeds", "silent", "compared", "agree"]].tolist() == [2, 1, 1, 1]


def test_a_school_that_does_not_speak_of_a_kind_is_not_held_to_it():
    assert set(compared(names=["personal_voucher", *SCHOOLS]).agreement["school"]) == set(SCHOOLS)


def test_the_comparison_goes_into_json_with_agreement_and_matrix():
    plain = json.loads(json.dumps(compared().as_dict()))
    assert plain["matrix"]["invitation"]["precious_network"]["open_to_conversation"]["n"] == 7
    assert [row["school"] for row in plain["agreement"]] == ["open_to_conversation", "precious_network"]
    assert plain["contradicted"][0]["contradicted"] >= 1


def test_a_rule_that_asks_first_is_passed_over_by_answering_at_once():
    at_once = {f"e{copy}": REQUESTS["e"] for copy in range(8)}
    history = invented_history(at_once)
    history.facts = history.facts.assign(worked_together="no")
    said = str(compared(history, ["known_people_only"]))
    assert "(KP3) says ask: you answered at once in 8 of 8. Change the rule or what you do." in said


def test_the_comparison_reads_aloud():
    lines = str(compared()).splitlines()
    assert lines[0] == "Invitations:"
    assert lines[1].startswith("  open_to_conversation: your answer in 5 of 7 (too few to say)")
    assert "What you do is closest to open_to_conversation" in lines[3]
