"""The past of introductions: what was done, what came of it, and what the ledger knew at the time."""

import numpy as np
import pandas as pd
import pytest

from netkit.history import read_introductions


def ask(ledger, asked_at="2024-03-01", requester="Eli Asker", contact="Fay Contact", channel="email"):
    return ledger.introductions.add(
        requester, contact, purpose_text="to learn", channel=channel, asked_at=asked_at, source="test"
    )


def step(ledger, request, name, at, **detail):
    return ledger.introductions.add_event(request, name, at=at, source="test", detail=detail)


def make(ledger, request, at="2024-03-05", requester=None, contact=None):
    """Ask permission, introduce, and record the outcome of each side that is given."""
    step(ledger, request, "permission_given", at)
    step(ledger, request, "introduced", at)
    for side, outcome in (("outcome_requester", requester), ("outcome_contact", contact)):
        if outcome:
            step(ledger, request, side, at, outcome=outcome)


def row(ledger, request):
    history = read_introductions(ledger)
    return history.table.set_index("request").loc[request]


def fact(ledger, request, name):
    return read_introductions(ledger).facts.set_index("request").loc[request, name]


@pytest.mark.parametrize(
    ("requester", "contact", "outcome", "label"),
    [
        ("useful", "useful", "useful", 1.0),
        ("useful", None, "useful", 1.0),
        ("useful", "neutral", "neutral", 0.0),
        ("useful", "regretted", "regretted", 0.0),
        ("no_reply", "neutral", "no_reply", 0.0),
        ("no_show", "useful", "no_show", 0.0),
        (None, None, None, None),
    ],
)
def test_an_introduction_was_as_good_as_its_worse_side(ledger, requester, contact, outcome, label):
    request = ask(ledger)
    make(ledger, request, requester=requester, contact=contact)
    found = row(ledger, request)
    assert found["state"] == "made"
    assert (found["outcome"] == outcome) if outcome else pd.isna(found["outcome"])
    assert (found["label"] == label) if outcome else np.isnan(found["label"])


def test_where_no_introduction_was_made_there_is_no_label(ledger):
    declined, waiting = ask(ledger), ask(ledger, requester="Gus Other")
    step(ledger, declined, "declined", "2024-03-02")
    history = read_introductions(ledger)
    states = history.table.set_index("request")["state"]
    assert (states[declined], states[waiting]) == ("not_made", "open")
    assert history.table["label"].isna().all() and history.labelled().empty
    waiting_now = history.open()
    assert waiting_now["request"].tolist() == [waiting] and list(waiting_now) == list(history.table)


@pytest.mark.parametrize(
    ("steps", "action", "state"),
    [
        ([("judged", {"action": "ask_permission"})], "ask_permission", "open"),
        ([("declined", {})], "decline", "not_made"),
        ([("redirected", {})], "redirect", "not_made"),
        ([("judged", {"action": "ask_permission"}), ("introduced", {})], "introduce", "made"),
        ([("asked_more", {})], None, "open"),
    ],
)
def test_steps_tell_what_was_done_as_decisions_do(ledger, steps, action, state):
    request = ask(ledger)
    for name, detail in steps:
        step(ledger, request, name, "2024-03-05", **detail)
    found = row(ledger, request)
    assert found["state"] == state
    assert (found["action"] == action) if action else pd.isna(found["action"])


def test_an_introduction_that_was_undone_was_not_made(ledger):
    request = ask(ledger)
    made = step(ledger, request, "introduced", "2024-03-05")
    ledger.introductions.add_event(request, "undone", at="2024-03-06", source="test", undoes=made)
    assert row(ledger, request)["state"] == "open"


def test_how_one_was_asked_is_known_from_the_request(ledger):
    assert fact(ledger, ask(ledger, channel="telephone"), "asked_by") == "telephone"


@pytest.mark.parametrize(
    ("steps", "permission"),
    [
        ([], "not_asked"),
        (["permission_asked"], None),
        (["permission_asked", "permission_given"], "given"),
        (["permission_asked", "permission_refused"], "refused"),
        (["permission_given", "permission_refused"], "refused"),
    ],
)
def test_permission_is_what_the_contact_answered_last(ledger, steps, permission):
    request = ask(ledger)
    for day, name in enumerate(steps, 2):
        step(ledger, request, name, f"2024-03-0{day}")
    found = fact(ledger, request, "permission")
    assert found == permission if permission else pd.isna(found)


@pytest.mark.parametrize(
    ("requester", "contact", "past"),
    [
        ("useful", "useful", "good"),
        ("useful", "neutral", "mixed"),
        ("no_reply", None, "mixed"),
        ("no_show", "useful", "let_down"),
        ("useful", "regretted", "let_down"),
        ("useful", "no_show", "mixed"),  # the contact did not turn up: not the requester's doing
    ],
)
def test_a_requesters_earlier_outcomes_are_remembered(ledger, requester, contact, past):
    make(ledger, ask(ledger, "2023-03-01", contact="Hal First"), "2023-03-05", requester, contact)
    assert fact(ledger, ask(ledger), "requester_past") == past


def test_a_requester_without_a_past_has_none_and_an_open_outcome_is_unknown(ledger):
    assert fact(ledger, ask(ledger), "requester_past") == "none"
    make(ledger, ask(ledger, "2024-03-02", contact="Hal First"), "2024-03-03")
    assert pd.isna(fact(ledger, ask(ledger), "requester_past"))


def test_an_outcome_learnt_after_the_decision_was_not_known_at_it(ledger):
    earlier = ask(ledger, "2024-01-01", contact="Hal First")
    make(ledger, earlier, "2024-01-05")
    now = ask(ledger, "2024-03-01")
    step(ledger, now, "declined", "2024-03-02")
    step(ledger, earlier, "outcome_requester", "2024-03-09", outcome="no_show")
    assert pd.isna(fact(ledger, now, "requester_past"))


@pytest.mark.parametrize(("day", "times"), [("2024-02-25", 1), ("2023-11-01", 0)])
def test_a_contact_who_was_asked_within_90_days_is_counted(ledger, day, times):
    step(ledger, ask(ledger, day, requester="Gus Other"), "permission_asked", day)
    assert fact(ledger, ask(ledger, "2024-03-01"), "contact_asked_lately") == times


def test_asking_and_introducing_for_one_request_is_one_time(ledger):
    other = ask(ledger, "2024-02-25", requester="Gus Other")
    step(ledger, other, "permission_asked", "2024-02-26")
    step(ledger, other, "introduced", "2024-02-27")
    assert fact(ledger, ask(ledger), "contact_asked_lately") == 1


def test_a_request_does_not_count_against_itself(ledger):
    request = ask(ledger)
    step(ledger, request, "permission_asked", "2024-03-02")
    assert fact(ledger, request, "contact_asked_lately") == 0


def test_notes_after_the_decision_are_hindsight_here_too(ledger):
    request = ask(ledger)
    step(ledger, request, "declined", "2024-03-02")
    ledger.notes.add(request, "requester_known", "barely", at="2024-03-02", source="test")
    ledger.notes.add(request, "requester_known", "well", at="2024-03-09", source="test")
    assert fact(ledger, request, "requester_known") == "barely"


def test_it_is_said_for_how_many_the_outcome_is_known(ledger):
    make(ledger, ask(ledger), requester="useful")
    make(ledger, ask(ledger, requester="Gus Other"))
    ask(ledger, requester="Hal Third")
    (sentence,) = read_introductions(ledger).advice
    assert "known for 1 of 3 requests (2 introductions made)" in sentence


def test_a_person_named_by_address_and_by_name_is_one_requester(ledger):
    ledger.invitations.add("Eli Asker", sent_at="2023-01-01", source="t", url="linkedin.com/in/eli-a")
    by_address = ledger.introductions.add(
        "Eli Asker", "Hal First", requester="in:eli-a", purpose_text="", channel="email",
        asked_at="2023-03-01", source="test",
    )  # fmt: skip
    make(ledger, by_address, "2023-03-05", "no_show")
    assert fact(ledger, ask(ledger), "requester_past") == "let_down"


def test_an_empty_past_is_empty_and_typed(ledger):
    history = read_introductions(ledger)
    assert history.table.empty and history.facts.empty and history.advice == ()
    assert str(history.facts["contact_asked_lately"].dtype) == "Int64"


def test_of_two_decisions_the_one_recorded_last_counts_whatever_its_day(ledger):
    request = ask(ledger)
    step(ledger, request, "declined", "2024-03-20")
    step(ledger, request, "redirected", "2024-03-11")
    found = row(ledger, request)
    assert (found["action"], f"{found['decided_at']:%Y-%m-%d}") == ("redirect", "2024-03-11")
