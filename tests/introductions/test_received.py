"""Introductions that you receive, from the message to what came of it, and what contacts wish now."""

from datetime import date
from pathlib import Path

import pytest

from netkit.errors import LedgerError
from netkit.findings.personal_words import personal_words
from netkit.history import read_introductions
from netkit.history.found_by_name import find_known
from netkit.history.wishes import standing_wishes
from netkit.introductions import (
    StepError,
    ask_introduction,
    contact_load,
    contact_wish,
    introducers,
    judge_introduction,
    known_facts,
    policy_to_you,
    read_life,
    read_lives,
    read_message,
    receive_introduction,
    reminders,
    take_step,
    undo_request,
    undo_step,
)
from netkit.ledger.forgetting import forget_person
from netkit.policy import check, load_policy, policy_in_office, run_situations

DAY = date(2026, 3, 2)
READY = {
    "introducer_known": "well",
    "purpose": "information",
    "purpose_specific": "yes",
    "would_welcome_it": "yes",
    "contact_has_it": "yes",
    "contact_has_time": "yes",
}


def received(ledger, requester="Ana Example", introducer="Tom Builder", *, on=DAY, asked_first=True, **more):
    told = {"purpose": "a question about glazes", "channel": "email", **more}
    return receive_introduction(ledger, requester, introducer, asked_first=asked_first, on=on, **told).request


def judged(ledger, request, on=DAY, **facts):
    return judge_introduction(ledger, request, policy_to_you(ledger.home), on=on, facts=READY | facts)


def taken(ledger, request, *steps, on=DAY):
    for step, detail in steps:
        take_step(ledger, request, step, on=on, detail=detail)


@pytest.mark.parametrize(
    ("text", "requester", "introducer", "asked_first"),
    [
        ("May I introduce you to Ana Example?\n\nTom Builder", "Ana Example", "Tom Builder", True),
        ("Hi Ines,\nwould you be open to a call with Ana Example?\nBest,\nTom", "Ana Example", "", True),
        ("From: Tom Builder <tom@example.org>\nInes, meet Ana Example. Ana, meet Ines Kiln.", "Ana Example",
         "Tom Builder", False),
        ("I'd like to introduce you to Ana Example, who runs a studio.\nTom de la Torre", "Ana Example",
         "Tom de la Torre", False),
        ("Hallo Ines,\ndarf ich dir Ana Example vorstellen?\nGruß\nTom Builder", "Ana Example", "Tom Builder", True),
        ("Liebe Ines, ich möchte dich mit Ana Example bekannt machen.\nTom Builder", "Ana Example", "Tom Builder",
         False),
        ("I am connecting you with Zoë O’Brien-Lee.\n--\nTom Builder", "Zoë O’Brien-Lee", "Tom Builder", False),
        ("Let us meet next week.\nTom Builder", "", "Tom Builder", None),
        ("", "", "", None),
    ],
)  # fmt: skip
def test_a_message_tells_who_is_introduced_by_whom_and_whether_you_were_asked(
    text, requester, introducer, asked_first
):
    read = read_message(text)
    assert (read.requester, read.introducer, read.asked_first) == (requester, introducer, asked_first)


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        ("May I introduce you to Ana Example, who has a question about glazes? Best, Tom",
         "who has a question about glazes"),
        ("Ines, I want to introduce you to Ana Example.", "I want to introduce you to Ana Example"),
    ],
)  # fmt: skip
def test_a_message_tells_what_for(text, purpose):
    assert read_message(text).purpose == purpose


def test_the_policy_for_what_you_receive_keeps_to_its_situations_and_has_no_gap():
    policy = load_policy(Path("netkit/introductions/to_you.yaml"))
    assert not run_situations(policy).failures
    assert not check(policy).defects


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        ({}, "introduce"),
        ({"purpose": "just_meet"}, "decline"),
        ({"purpose_specific": "no"}, "ask_requester"),
        ({"introducer_known": "not_recalled"}, "ask_requester"),
        ({"contact_has_time": "no"}, "decline"),
    ],
)
def test_an_introduction_to_you_is_accepted_asked_about_or_declined(ledger, facts, advice):
    assert judged(ledger, received(ledger), **facts).decision.action == advice


@pytest.mark.parametrize(("asked_first", "advice"), [(True, "introduce"), (False, "decline"), (None, "")])
def test_a_pitch_is_heard_only_where_you_were_asked_first(ledger, asked_first, advice):
    found = judged(ledger, received(ledger, asked_first=asked_first), purpose="venture")
    assert (found.decision.action or "") == advice
    assert list(found.questions) == ["asked_you_first"] * (asked_first is None)


def test_your_own_policy_for_what_you_receive_goes_before_the_shipped_one(ledger):
    text = Path("netkit/introductions/to_you.yaml").read_text(encoding="utf-8")
    own = ledger.home / "policies" / "to_you.yaml"
    own.parent.mkdir()
    own.write_text(
        text.replace("title: When", "title: My own: when").replace(": when", " when"), encoding="utf-8"
    )
    assert policy_to_you(ledger.home).title.startswith("My own")


@pytest.mark.parametrize(
    ("outcome", "past", "advice"),
    [("useful", "good", "introduce"), ("no_show", "let_down", "decline"), ("neutral", "mixed", "introduce")],
)
def test_what_came_of_it_counts_for_the_next_one_from_the_same_person(ledger, outcome, past, advice):
    taken(ledger, received(ledger), ("permission_given", {}), ("outcome_contact", {"outcome": outcome}))
    later = received(ledger, "Bo Lind", on=date(2026, 5, 1))
    assert judged(ledger, later, date(2026, 5, 1)).decision.action == advice
    assert known_facts(ledger, later, policy_to_you(ledger.home), date(2026, 5, 1))["introducer_past"] == past
    other = received(ledger, "Bo Lind", "Eli Asker", on=date(2026, 5, 1))
    facts = known_facts(ledger, other, policy_to_you(ledger.home), date(2026, 5, 1))
    assert facts["introducer_past"] == "none"


def test_a_life_of_what_you_receive(ledger):
    request = received(ledger)
    steps = [
        ("judged", {}, "to_you"),
        ("asked_more", {}, "to_you_more"),
        ("permission_given", {}, "to_you_accepted"),
        ("outcome_contact", {"outcome": "useful"}, "to_you_closed"),
        ("outcome_contact", {"outcome": "regretted"}, "to_you_closed"),
    ]
    for step, detail, state in steps:
        assert take_step(ledger, request, step, on=DAY, detail=detail).state.name == state
    assert read_life(ledger, request).outcomes == {"contact": "regretted"}
    undo_step(ledger, request, on=DAY)
    assert read_life(ledger, request).outcomes == {"contact": "useful"}


@pytest.mark.parametrize(
    "step", ["introduced", "permission_asked", "redirected", "outcome_requester", "call_me"]
)
def test_what_only_an_introducer_does_is_no_step_of_yours(ledger, step):
    with pytest.raises(StepError, match="waits for your answer"):
        take_step(ledger, received(ledger), step, on=DAY, detail={"outcome": "useful", "way_on": "x"})


def test_a_no_may_become_a_yes_and_a_slip_is_taken_back_whole(ledger):
    request = received(ledger)
    taken(ledger, request, ("permission_refused", {}), ("permission_given", {}))
    assert read_life(ledger, request).state.name == "to_you_accepted"
    other = received(ledger, "Bo Lind")
    undo_request(ledger, other, on=DAY)
    assert [life.request for life in read_lives(ledger, received=True)] == [request]


def test_due_reminds_of_your_answer_and_of_what_came_of_it(ledger):
    request = received(ledger)
    assert [(row["kind"], row["what"]) for row in reminders(ledger)] == [
        ("answer", "Tom Builder wants to introduce Ana Example to you: answer")
    ]
    taken(ledger, request, ("permission_given", {}))
    (row,) = reminders(ledger)
    assert (row["kind"], row["due_on"]) == ("follow_up", date(2026, 3, 23))
    taken(ledger, request, ("outcome_contact", {"outcome": "useful"}))
    assert reminders(ledger) == []


def test_who_introduces_people_to_you_and_what_came_of_it(ledger):
    first = received(ledger)
    taken(ledger, first, ("permission_given", {}), ("outcome_contact", {"outcome": "useful"}))
    taken(ledger, received(ledger, "Bo Lind", asked_first=False), ("permission_refused", {}))
    received(ledger, "Cy Stone", "Eli Asker", asked_first=None)
    table = introducers(ledger).drop(columns="introducer")
    assert table.values.tolist() == [["Tom Builder", 2, 1, 1, 1, 1, 1, 0], ["Eli Asker", 1, 0, 0, 0, 0, 0, 0]]


def test_what_you_receive_is_no_introduction_that_you_were_asked_for(ledger):
    taken(ledger, received(ledger), ("permission_given", {}), ("outcome_contact", {"outcome": "useful"}))
    assert read_lives(ledger) == () and read_introductions(ledger).table.empty
    assert contact_load(ledger, DAY).empty
    assert find_known(ledger, "Builder").name == "Tom Builder"


def test_to_be_brought_to_you_by_somebody_and_to_meet_them_are_two_requests(ledger):
    told = {"purpose": "her own questions", "channel": "email", "on": DAY}
    one = received(ledger, "Ana Example", "Tom Builder")
    other = ask_introduction(ledger, "Ana Example", "Tom Builder", **told).request
    assert one != other and [life.request for life in read_lives(ledger)] == [other]
    assert received(ledger, "Ana Example", "Tom Builder") == one
    assert ask_introduction(ledger, "Ana Example", "Tom Builder", **told).request == other


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"introducer": "Ana Example"}, "cannot introduce"),
        ({"purpose": " "}, "Nothing says why"),
        ({"channel": "pigeon"}, "pigeon"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(ledger, told, message):
    with pytest.raises(LedgerError, match=message):
        received(ledger, **told)
    assert ledger.introductions.to_frame(received=True).empty


@pytest.mark.parametrize("person", ["Tom Builder", "Ana Example"])
def test_forgetting_either_side_removes_what_you_received_from_them(ledger, person):
    request = received(ledger)
    taken(ledger, request, ("permission_given", {}))
    gone = forget_person(ledger.database, person)
    assert gone.removed["introductions"] == gone.removed["introduction_events"] == 1
    assert ledger.introductions.to_frame(received=True).empty


def test_other_programs_read_what_you_receive_apart_from_what_you_are_asked_for(ledger):
    request = received(ledger)
    taken(ledger, request, ("asked_more", {}), ("permission_refused", {}), ("permission_given", {}))
    found = ledger.database.connection.execute(
        "SELECT request, introducer_name, asked_first, substr(accepted, 1, 10), declined, outcome"
        " FROM all_introductions_to_you"
    ).fetchall()
    assert [tuple(row) for row in found] == [(request, "Tom Builder", 1, "2026-03-02", None, None)]
    for view in ("all_introductions", "all_requests", "all_decisions"):
        assert ledger.database.one(f"SELECT count(*) FROM {view}") == 0


def test_the_guard_knows_who_introduces_and_what_is_wished(ledger):
    received(ledger, introducer="Jortessa Quillfeather")
    ledger.wishes.add("name:bo lind", "Bo Lind", "asks after zirconium kilns", at=DAY, source="test")
    found = {" ".join(words) for words in personal_words(ledger.file)}
    assert {"jortessa quillfeather", "bo lind", "asks after zirconium kilns"} <= found


# What a contact wishes


def wished(ledger, wish, on):
    ledger.wishes.add("name:mira solberg", "Mira Solberg", wish, at=on, source="test")


def asked(ledger, on):
    return ask_introduction(ledger, "Eli Asker", "Mira Solberg", purpose="a question", channel="email", on=on)


def test_a_wish_counts_from_its_day_and_fades_after_four_months(ledger):
    wished(ledger, "to be asked by phone first", date(2025, 9, 3))
    days = [date(2025, 9, 2), date(2025, 9, 3), date(2026, 1, 2), date(2026, 1, 3)]
    assert [len(standing_wishes(ledger, day)) for day in days] == [0, 1, 1, 0]


def test_the_last_wish_counts_and_none_ends_it(ledger):
    wished(ledger, "about kilns", date(2026, 1, 3))
    wished(ledger, "about glazes", date(2026, 1, 5))
    assert [wish.wish for wish in standing_wishes(ledger, date(2026, 1, 6)).values()] == ["about glazes"]
    wished(ledger, None, date(2026, 1, 7))
    assert standing_wishes(ledger, date(2026, 1, 8)) == {}


def test_whether_a_request_fits_a_wish_is_a_fact_that_you_alone_know(ledger):
    life = asked(ledger, DAY)
    policy = policy_in_office(ledger.home, "introduction")
    assert known_facts(ledger, life.request, policy, DAY)["fits_contact_wishes"] == "none_noted"
    wished(ledger, "to be asked about glazes only", DAY)
    assert "fits_contact_wishes" not in known_facts(ledger, life.request, policy, DAY)
    assert contact_wish(ledger, life, DAY).startswith("Mira Solberg asked on 2 Mar 2026 to be asked about")
    assert known_facts(ledger, life.request, policy, date(2026, 8, 1))["fits_contact_wishes"] == "none_noted"


def test_forgetting_takes_a_wish_and_its_mentions_along(ledger):
    wished(ledger, "to be asked after Bo Lind only", DAY)
    ledger.wishes.add("name:bo lind", "Bo Lind", "nothing before May", at=DAY, source="test")
    forget_person(ledger.database, "Bo Lind")
    (left,) = ledger.wishes.to_frame().to_dict(orient="records")
    assert left["name"] == "Mira Solberg" and "Lind" not in left["wish"]
