"""Judging an introduction: what the ledger knows of both sides, and what the policy says of it."""

import json
from datetime import date

import pytest
from invented_export import connection, export, message
from invented_introductions import READY, asked, go, made, march

from netkit.errors import FactError, LedgerError, PolicyError
from netkit.introductions import (
    acquaintance,
    contact_load,
    contact_sentence,
    judge_introduction,
    known_facts,
    read_life,
    requester_record,
    take_step,
)
from netkit.policy import load_policy

HOUSE = load_policy("house")


def judge(ledger, request, on, **facts):
    return judge_introduction(ledger, request, HOUSE, on=on, facts=facts)


# The advice


def test_with_everything_known_the_advice_is_settled_and_kept_with_its_rule_and_clause(ledger):
    request = asked(ledger, march(1), **READY)
    judged = judge(ledger, request, march(2))
    assert (judged.decision.action, judged.decision.clause) == ("ask_permission", "PI4, PI1, PI2")
    kept = judged.life.last("judged")
    assert kept.on == march(2)
    assert kept.detail == {
        "policy": "house",
        "advice": "ask_permission",
        "rule": "information-ask-first",
        "clause": "PI4, PI1, PI2",
        "letter": "ask-permission",
    }


def test_an_open_question_is_asked_and_what_is_said_is_noted(ledger):
    request = asked(ledger, march(1), **(READY | {"would_welcome_it": "unknown"}))
    judged = judge(ledger, request, march(1))
    assert (judged.decision.action, list(judged.questions)) == (None, ["would_welcome_it"])
    assert judged.life.last("judged").detail["advice"].startswith("open: ")
    assert judge(ledger, request, march(1), would_welcome_it="no").decision.action == "redirect"
    assert known_facts(ledger, request, HOUSE, march(1))["would_welcome_it"] == "no"


def test_an_advice_is_no_decision(ledger):
    request = asked(ledger, march(1), requester_known="barely", purpose="information", contact_known="well")
    assert judge(ledger, request, march(2)).decision.action == "redirect"
    assert ledger.decisions.to_frame().empty
    assert read_life(ledger, request).state.name == "judged"


def test_the_contacts_answer_changes_the_advice(ledger):
    given, refused = (asked(ledger, march(day), **READY) for day in (1, 2))
    go(ledger, given, "permission_asked", "permission_given", on=march(3))
    go(ledger, refused, "permission_asked", "permission_refused", on=march(3))
    assert judge(ledger, refused, march(4)).decision.action == "decline"
    judged = judge(ledger, given, march(4), contact_has_time="yes")
    assert judged.decision.action == "introduce"
    assert judged.life.state.name == "permission_given"


def test_a_request_that_waits_for_the_contact_is_not_judged_and_nothing_is_noted(ledger):
    request = asked(ledger, march(1))
    take_step(ledger, request, "permission_asked", on=march(2))
    with pytest.raises(LedgerError, match="waits for the contact's answer"):
        judge(ledger, request, march(3), purpose="work")
    assert ledger.notes.to_frame().empty


def test_a_wrong_level_notes_nothing_and_records_nothing(ledger):
    request = asked(ledger, march(1))
    with pytest.raises(FactError, match="very"):
        judge(ledger, request, march(2), purpose="work", requester_known="very")
    assert ledger.notes.to_frame().empty
    assert ledger.introductions.events().empty


def test_a_policy_that_does_not_speak_of_introductions_is_refused(ledger):
    request = asked(ledger, march(1))
    silent = load_policy("known_people_only")
    with pytest.raises(PolicyError, match="does not speak of 'introduction'"):
        judge_introduction(ledger, request, silent, on=march(2))
    assert ledger.introductions.events().empty


def test_every_school_that_speaks_of_introductions_can_judge(ledger):
    for day, name in enumerate(("precious_network", "personal_voucher", "purposeful_introducer"), 1):
        judged = judge_introduction(
            ledger, asked(ledger, march(day), **READY), load_policy(name), on=march(9)
        )
        assert judged.decision.possible
        assert judged.life.last("judged").detail["policy"] == name


def test_a_judgement_is_plain_values_for_json(ledger):
    first, second = asked(ledger, march(1), requester_known="well"), asked(ledger, march(2))
    judged = judge(ledger, second, march(3))
    told = json.loads(json.dumps(judged.as_dict()))
    assert told["request"] == second
    assert told["said_before"] == [
        {"fact": "requester_known", "level": "well", "on": "2024-03-01", "request": first}
    ]


# Facts of the ledger, as of a day


def test_facts_are_those_of_the_day_and_not_of_the_last_step(ledger):
    first = asked(ledger, march(1))
    go(ledger, first, "permission_asked", on=march(1))
    second = asked(ledger, march(2))
    assert known_facts(ledger, second, HOUSE, march(3))["contact_asked_lately"] == 1
    assert known_facts(ledger, second, HOUSE, march(1).replace(year=2025))["contact_asked_lately"] == 0


@pytest.mark.parametrize(
    ("requester", "contact", "past"),
    [
        ("useful", "useful", "good"),
        ("useful", "neutral", "mixed"),
        ("no_show", None, "let_down"),
        (None, "regretted", "let_down"),
        ("no_reply", None, "mixed"),
    ],
)
def test_what_came_of_the_requesters_earlier_introductions_is_a_fact(ledger, requester, contact, past):
    made(ledger, asked(ledger, march(1)), march(2), requester, contact)
    again = asked(ledger, march(5), contact="Ada Brink")
    assert known_facts(ledger, again, HOUSE, march(5))["requester_past"] == past
    assert known_facts(ledger, again, HOUSE, march(5))["contact_asked_lately"] == 0


def test_a_let_down_redirects_whatever_else_is_known(ledger):
    made(ledger, asked(ledger, march(1)), march(2), "no_show")
    judged = judge(ledger, asked(ledger, march(5), contact="Ada Brink", **READY), march(5))
    assert (judged.decision.action, judged.decision.clause) == ("redirect", "PV7, PV6")


# The record of both sides


def test_the_load_counts_each_request_for_a_contact_once(ledger):
    refused, other = asked(ledger, march(1)), asked(ledger, march(3), "Lea Brandt")
    go(ledger, refused, "permission_asked", "permission_refused", on=march(2))
    made(ledger, other, march(4))
    asked(ledger, march(5), "Bo Lind")  # nobody was asked for this one
    (row,) = contact_load(ledger, march(9)).to_dict(orient="records")
    assert row == {
        "contact": "name:mira solberg", "contact_name": "Mira Solberg", "lately": 2, "this_year": 2,
        "agreed": 1, "refused": 1, "made": 1, "last_asked": march(4),
    }  # fmt: skip


def test_the_load_is_that_of_the_day(ledger):
    go(ledger, asked(ledger, march(1)), "permission_asked", on=march(2))
    assert contact_load(ledger, march(1)).empty
    late = contact_load(ledger, march(2).replace(month=8)).iloc[0]
    assert (late["lately"], late["this_year"]) == (0, 1)


def test_the_load_agrees_with_the_fact(ledger):
    for day in (1, 2, 3):
        go(ledger, asked(ledger, march(day)), "permission_asked", on=march(day + 1))
    new = asked(ledger, march(9), "Lea Brandt")
    fact = known_facts(ledger, new, HOUSE, march(9))["contact_asked_lately"]
    assert fact == contact_load(ledger, march(9)).iloc[0]["lately"] == 3
    said = contact_sentence(ledger, read_life(ledger, new), march(9))
    assert "3 times in the last 90 days" in said and " Mar 2024. Of all that you asked" in said


@pytest.mark.parametrize("answer", ["permission_given", "permission_refused"])
def test_who_answered_was_asked_though_only_the_answer_was_written_down(ledger, answer):
    go(ledger, asked(ledger, march(1)), answer, on=march(2))
    new = asked(ledger, march(3), "Lea Brandt")
    assert known_facts(ledger, new, HOUSE, march(3))["contact_asked_lately"] == 1
    assert contact_load(ledger, march(3))["lately"].tolist() == [1]


def test_a_name_and_an_address_are_one_contact(ledger):
    ledger.import_export(
        export("2024-02-01", connections=[connection("Mira Solberg", "2020-01-01", slug="mira-s")])
    )
    ledger.introductions.add(
        "Lea Brandt", "Mira Solberg", purpose_text="", channel="email", asked_at=march(1),
        source="an old list", contact="name:mira solberg",
    )  # fmt: skip
    (old,) = ledger.introductions.to_frame()["request"]
    go(ledger, old, "permission_asked", on=march(2))
    go(ledger, asked(ledger, march(3)), "permission_asked", on=march(3))
    assert contact_load(ledger, march(4))["lately"].tolist() == [2]


def test_the_requesters_record_names_what_let_you_down(ledger):
    bad = made(ledger, asked(ledger, march(1)), march(2), "no_show", "regretted")
    made(ledger, asked(ledger, march(3), contact="Sven Holm"), march(4), "useful")
    again = read_life(ledger, asked(ledger, march(6), contact="Ada Brink"))
    record = requester_record(ledger, again, march(6))
    assert (record.asked, record.made, record.let_down) == (2, 2, (bad,))
    assert record.sentence == (
        "asked you for 2 other introductions, of which you made 2; both sides' answers: 1 useful, 1 no show, 1 regretted."
        f" Let you down: {bad} (PV7)."
    )
    assert requester_record(ledger, again, march(1)).sentence == (
        "asked you for 1 other introduction, of which you made none; both sides' answers: none known."
    )


def test_what_you_said_of_a_person_before_is_offered_and_never_taken_for_granted(ledger):
    first = asked(ledger, march(1), requester_known="well", contact_known="somewhat", purpose="work")
    again = asked(ledger, march(5), contact="Ada Brink", vouch_for_work="yes")
    # The contact is another one, and the purpose is no fact about him.
    (said,) = judge_introduction(ledger, again, HOUSE, on=march(5)).previous_answers
    assert (said.fact, said.level, said.on, said.request) == ("requester_known", "well", march(1), first)
    assert "requester_known" not in known_facts(ledger, again, HOUSE, march(5))
    judged = judge_introduction(ledger, again, HOUSE, on=march(5), as_before=True)
    assert judged.facts["requester_known"] == "well"
    assert judged.previous_answers == ()


def test_what_you_say_now_goes_before_what_you_said_then(ledger):
    asked(ledger, march(1), requester_known="well")
    again = asked(ledger, march(5), contact="Ada Brink")
    judged = judge_introduction(
        ledger, again, HOUSE, on=march(5), facts={"requester_known": "somewhat"}, as_before=True
    )
    assert judged.facts["requester_known"] == "somewhat"


def test_a_note_taken_back_is_not_offered(ledger):
    first = asked(ledger, march(1), requester_known="well")
    ledger.notes.add(first, "requester_known", "unknown", at=march(2), source="test")
    again = asked(ledger, march(5), contact="Ada Brink")
    assert judge_introduction(ledger, again, HOUSE, on=march(5)).previous_answers == ()


def test_how_well_you_know_somebody_is_told_from_the_exports(ledger):
    ledger.import_export(
        export(
            "2024-02-01",
            connections=[connection("Mira Solberg", "2020-05-06", slug="mira-s")],
            messages=[
                message("in:mira-s", "2021-01-01T10:00:00Z"),
                message("in:mira-s", "2022-01-01T10:00:00Z", direction="outgoing"),
            ],
            endorsements=[{"person": "in:mira-s", "direction": "received", "at": "2021-01-01", "skill": "x"}],
            recommendations=[{"name": "MIRA Solberg", "direction": "given", "at": "2021-01-01", "text": "x"}],
        )
    )
    known = acquaintance(ledger, "name:mira solberg", "Mira Solberg", march(1))
    assert known.sentence == (
        "connected since 6 May 2020; messages: 1 received, 1 sent, last heard 1 Jan 2021;"
        " endorsed you; recommended by you."
    )
    for day in (date(2019, 3, 1), date(2020, 5, 5)):
        before = acquaintance(ledger, "in:mira-s", "Mira Solberg", day)
        assert (before.connected_on, before.heard, before.endorsed_you) == (None, 0, 0)


def test_what_no_export_held_is_not_called_none(ledger):
    assert acquaintance(ledger, "name:a", "A", march(1)).sentence == (
        "no export says whether you are connected."
    )
    ledger.import_export(export("2024-02-01"))
    assert acquaintance(ledger, "name:a", "A", march(1)).sentence == (
        "not connected with you; no message on record."
    )
