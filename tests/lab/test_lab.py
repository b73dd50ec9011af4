"""The workplace in JupyterLab without a browser: what is asked, recorded, hidden and taken back."""

import json
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from threading import Event, Thread

import numpy as np
import pandas as pd
import pytest
from invented_policies import tiny_text
from invented_sitting import HOSTILE, add_mail, build

from netkit import lab
from netkit import triage as triage_room
from netkit.errors import LedgerError, NetkitError
from netkit.evidence import Told
from netkit.history import read_history
from netkit.history.labels import drawn_from
from netkit.history.past_moments import past_moments
from netkit.lab.hypothetical import Hypothetical
from netkit.lab.widget import Workplace
from netkit.ledger import DecisionStore, Ledger, open_ledger
from netkit.model import fit_model
from netkit.policy import Policy, load_policy
from netkit.policy.clauses import clause_words
from netkit.sitting import waiting_requests
from netkit.sitting.buttons import words
from netkit.sitting.card import card
from netkit.sitting.opinions import Judges
from netkit.sitting.past_order import informative_order, unlabelled
from netkit.sitting.session import Session, Task
from netkit.triage import differing, fitted_or_none, rules_score
from netkit.wording import spoken

NOW = datetime(2024, 3, 5, 10, tzinfo=UTC)
NO_NOTES = pd.DataFrame({"request": pd.Series(dtype="str"), "at": pd.Series(dtype="datetime64[us, UTC]")})
KNOWN_AND_LIKED = {"recognised": "yes", "met_in_person": "yes", "would_stay_in_touch": "yes"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("lab") / "built")


@pytest.fixture(scope="module")
def policy():
    return load_policy("house")


@pytest.fixture(scope="module")
def history(built, policy):
    with open_ledger(built) as ledger:
        return read_history(ledger, policy.vocabularies["invitation"])


@pytest.fixture(scope="module")
def judges(history, policy):
    return Judges(policy, fitted_or_none(history, policy))


@pytest.fixture
def home(built, tmp_path):
    shutil.copytree(built, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def sit(home, judges, history):
    """Sit down to triage, or to another task, at a workspace in which nothing was done yet."""
    moments = past_moments(history, unlabelled(history, judges), NO_NOTES)

    def start(task="triage", *, blind=True, **terms):
        if task == "triage":
            made = Task(
                "triage", tuple(waiting_requests(history)), blind, "lab: triage", progress=history.more
            )
        else:
            made = Task("past", tuple(moments), blind, "lab: the past", moments, history.more)
        return Session(home, judges, history, made, now=lambda: NOW, **terms)

    return start


@pytest.fixture
def sit_again(home, judges):
    """Sit down at the workspace as it is by now."""
    return lambda: lab.triage(home, blind=True, policy=judges.policy, model=judges.model).session


def press(session, do, **detail):
    """Send what a button sends."""
    session.handle({"do": do, "request": session.request, **detail})


def record(home, **terms):
    with open_ledger(home) as ledger:
        return ledger.decisions.to_frame(**terms).query("via.str.startswith('lab')")


def notes(home):
    with open_ledger(home) as ledger:
        rows = ledger.notes.to_frame().query("via.str.startswith('lab')")
    return list(zip(rows["fact"], rows["level"], strict=True))


def state(home, request):
    with open_ledger(home) as ledger:
        return read_history(ledger).table.set_index("request").loc[request]


# ---- triage


def test_what_waits_is_shown_oldest_first_and_what_waits_unusually_long_below_it(sit):
    session = sit()
    names = [session.about.rows[request]["name"] for request in session.queue]
    assert names == ["Ada Love", "Bo Kern", "Mal <b>Ice</b>", "Old Silent", "Old Noted"]
    said = []
    for _ in names:
        said.append(card(session)["status"])
        press(session, "skip")
    assert said[:3] == [""] * 3 and all(
        "older than almost all that you accepted" in words for words in said[3:]
    )


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("ask", "You asked on 5 Mar 2024; no newer archive yet that could show a reply."),
        ("defer", "You deferred it until 3 Sep 2024."),
    ],
)
def test_what_comes_back_has_its_old_place_and_says_what_you_did(sit, sit_again, action, says):
    press(sit(), "decide", action=action)
    again = sit_again()
    assert again.about.rows[again.request]["name"] == "Ada Love"
    assert card(again)["status"] == says


def test_what_you_asked_about_rests_from_the_press_of_the_key_on(sit, sit_again, home):
    session = sit()
    press(session, "decide", action="ask")
    assert "asked, and comes back on 19 Mar 2024, or with a reply" in card(session)["last"]["done"]
    with open_ledger(home) as ledger:
        ledger.decisions.add(session.last["request"], "ask", at=datetime.now(UTC), source="test")
    assert session.last["request"] not in sit_again().task.requests


def test_a_decision_is_in_the_ledger_at_once_and_the_next_request_is_shown(sit, home):
    session = sit()
    ada = session.request
    press(session, "decide", action="decline")
    (row,) = record(home).to_dict(orient="records")
    assert (row["request"], row["action"], row["via"]) == (ada, "decline", "lab: triage")
    assert row["at"] == pd.Timestamp(NOW)
    assert card(session)["name"] == "Bo Kern"


def test_a_decision_is_never_dated_before_the_newest_export(sit, home):
    session = sit()
    session._now = lambda: datetime(2020, 1, 1, tzinfo=UTC)  # a clock that is wrong
    press(session, "decide", action="decline")
    assert f"{record(home)['at'].iloc[0]:%Y-%m-%d}" == "2024-03-01"


def test_an_answer_is_noted_at_once_and_the_next_question_is_asked(sit, home):
    session = sit()
    first = card(session)["question"]
    press(session, **first["buttons"][0]["send"])
    assert notes(home) == [(first["buttons"][0]["send"]["fact"], first["buttons"][0]["says"])]
    assert card(session)["question"]["question"] != first["question"]


def test_not_knowing_is_noted_and_passes_the_question_over_in_later_sittings_too(sit, sit_again, home):
    session = sit()
    first = card(session)["question"]
    press(session, **first["buttons"][-1]["send"])
    assert notes(home) == [(first["buttons"][-1]["send"]["fact"], "unknown")]
    assert card(session)["question"]["question"] != first["question"]
    assert card(sit_again())["question"]["question"] != first["question"]
    press(session, "undo")
    assert pd.isna(notes(home)[-1][1])
    assert card(session)["question"] == first == card(sit_again())["question"]


def test_after_two_questions_no_more_is_asked_unless_wanted(sit):
    session = sit()
    for _ in range(2):
        press(session, **card(session)["question"]["buttons"][-1]["send"])
    assert card(session)["question"] is None
    press(session, "more")
    assert card(session)["question"]


def test_a_decision_takes_three_keys_at_most(sit):
    session = sit()
    for _ in range(2):
        press(session, **card(session)["question"]["buttons"][0]["send"])
    press(session, "decide", action="accept")
    press(session, "decide", action="ignore")
    assert session.pace.presses == [3, 1]


def test_skipping_puts_a_request_last_and_records_nothing(sit, home):
    session = sit()
    ada = session.request
    press(session, "skip")
    assert session.queue[-1] == ada and record(home).empty


def test_a_key_pressed_twice_decides_once(sit, home):
    session = sit()
    message = {"do": "decide", "action": "accept", "request": session.request}
    session.handle(message)
    session.handle(message)
    assert len(record(home)) == 1


def test_when_nothing_is_left_it_says_so_and_the_last_step_can_still_be_taken_back(sit):
    session = sit()
    for _ in range(5):
        press(session, "decide", action="ignore")
    view = card(session)
    assert view["done"] == "Nothing is waiting for an answer." and "name" not in view
    press(session, "undo")
    assert card(session)["name"] == "Old Noted"


def test_a_mistake_is_said_and_nothing_is_recorded(sit, home):
    session = sit()
    press(session, "answer", fact="recognised", level="perhaps")
    assert (
        "Nothing was recorded: recognised cannot be 'perhaps'" in card(session)["problem"]
        and notes(home) == []
    )
    press(session, "answer", fact="recognised", level="yes")
    assert card(session)["problem"] == ""


def test_what_the_ledger_refuses_stays_in_hand(sit, home, monkeypatch):
    session = sit()
    ada = session.request

    def full(*_, **__):
        raise LedgerError("The disk is full", "Free some space")

    monkeypatch.setattr(DecisionStore, "add", full)
    press(session, "decide", action="accept")
    assert "The disk is full" in session.problem
    assert session.request == ada and not session.steps and session.last is None


def test_the_pace_is_told_in_keys_and_seconds(sit):
    ticks = count(step=4)
    session = sit(clock=lambda: next(ticks))
    assert card(session)["pace"] == ""
    press(session, "reveal")
    press(session, "decide", action="accept")
    assert card(session)["pace"] == "1 recorded, usually 2 keys or clicks and 4 s each"


def test_an_answer_is_timed_only_where_asked_for_and_not_where_it_was_interrupted(sit, home):
    for timed, step, kept in ((False, 4, ""), (True, 4, ", in 4 s"), (True, 601, "")):
        ticks = count(step=step)
        session = sit(clock=lambda ticks=ticks: next(ticks))
        session.task = replace(session.task, timed=timed)
        press(session, "decide", action="accept")
        with open_ledger(home) as ledger:
            assert ledger.decisions.to_frame()["via"].iloc[-1] == session.task.source + kept


# ---- taking back


def test_a_decision_is_taken_back_by_a_new_row_and_its_request_returns(sit, home):
    session = sit()
    ada = session.request
    press(session, "decide", action="decline")
    assert state(home, ada)["state"] == "decided"
    press(session, "undo")
    assert session.request == ada
    assert record(home).empty
    assert record(home, include_undone=True)["action"].tolist() == ["decline", "undone"]
    assert state(home, ada)["state"] == "open"


def test_an_answer_is_taken_back_by_a_new_row_and_asked_again(sit, home):
    session = sit()
    first = card(session)["question"]
    press(session, **first["buttons"][0]["send"])
    press(session, "undo")
    fact = first["buttons"][0]["send"]["fact"]
    (said, taken_back) = notes(home)
    assert said == (fact, "yes") and taken_back[0] == fact and pd.isna(taken_back[1])
    assert card(session)["question"] == first


def test_every_step_of_a_sitting_can_be_taken_back(sit, home):
    session = sit()
    before = card(session)
    press(session, **before["question"]["buttons"][0]["send"])
    press(session, "skip")
    press(session, "decide", action="accept")
    press(session, "unsure", fact="met_in_person")
    for _ in range(4):
        press(session, "undo")
    after = card(session)
    assert session.queue == list(session.task.requests) and session.steps == []
    assert after["question"] == before["question"] and after["known"] == before["known"]
    press(session, "undo")
    assert session.problem == "There is nothing to take back in this sitting."


# ---- blind first


def test_until_you_decide_nothing_tells_what_the_judges_say(sit):
    session = sit()
    session.about.facts[session.request] |= KNOWN_AND_LIKED
    view = card(session)
    assert view["opinions"] == [] and view["letter"] is None and view["hidden"]
    assert not any(action["advised"] or action["also"] for action in view["actions"])
    assert "You have met, and you would stay in touch" not in json.dumps(view)


def test_an_opinion_asked_for_is_shown_and_the_ledger_keeps_that_it_was_seen(sit, home):
    session = sit()
    press(session, "reveal")
    judges = [opinion["judge"] for opinion in card(session)["opinions"]]
    assert judges[0] == "The house policy" and judges[1].startswith("The model")
    press(session, "decide", action="ignore")
    press(session, "decide", action="ignore")
    assert record(home)["opinion_seen"].tolist() == [True, False]


def test_without_blinding_the_opinion_is_always_seen(sit, home):
    session = sit(blind=False)
    assert card(session)["opinions"] and card(session)["hidden"] == ""
    press(session, "decide", action="ignore")
    assert record(home)["opinion_seen"].tolist() == [True]


def test_after_a_blind_decision_the_judges_are_shown_and_a_second_one_has_seen_them(sit, home):
    session = sit()
    press(session, "decide", action="ignore")
    assert any("The house policy" in line for line in card(session)["last"]["opinions"])
    press(session, "undo")
    press(session, "decide", action="accept")
    assert record(home)["opinion_seen"].tolist() == [True]


def test_the_answer_of_the_policy_has_a_key_of_its_own_once_it_may_be_seen(sit):
    session = sit(blind=False)
    session.about.facts[session.request] |= KNOWN_AND_LIKED
    advised = [action for action in card(session)["actions"] if action["advised"]]
    assert [(action["says"], action["also"]) for action in advised] == [("Accept", "Enter")]


# ---- what is shown


LIST = "https://www.linkedin.com/mynetwork/invitation-manager/"


def opens(view):
    return next(tool["href"] for tool in view["tools"] if tool["key"] == "o")


def test_a_hostile_note_is_plain_text_and_a_hostile_address_is_no_link(sit):
    session = sit()
    press(session, "skip")
    press(session, "skip")
    view = card(session)
    assert view["name"] == "Mal <b>Ice</b>" and view["note"] == HOSTILE and opens(view) == LIST


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://www.linkedin.com/in/bo-k", True), ("https://de.linkedin.com/in/jörg/", True),
        ("https://LinkedIn.com/in/bo-k", True), ("http://www.linkedin.com/in/bo-k", False),
        ("https://firm.example/in/bo-k", False), ("https://linkedin.com.firm.example/in/bo-k", False),
        ("https://firmlinkedin.com/in/bo-k", False), ("https://firm.example\\@www.linkedin.com/in/bo-k", False),
        ("https://me@www.linkedin.com/in/bo-k", False), ("https://www.linkedin.com:8443/in/bo-k", False),
        ("https://www.linkedin.com/in/bo-k\n", False), ("javascript:alert(1)//www.linkedin.com/in/bo-k", False),
    ],
)  # fmt: skip
def test_only_an_address_of_the_platform_is_a_link(sit, url, is_link):
    session = sit()
    session.about.texts[session.request]["url"] = url
    assert opens(card(session)) == (url if is_link else LIST)


def test_a_widget_spells_out_what_nobody_reads_and_sends_back_what_it_was_given():
    view = {
        "name": "Ann\x1b[8m\u202e",
        "buttons": ({"says": "\x9b", "send": {"level": "\x9b"}},),
        "href": "x",
    }
    shown = Workplace(None, lambda _: view).view
    assert shown["name"] == r"Ann\x1b[8m\u202e"
    assert shown["buttons"] == [{"says": r"\x9b", "send": {"level": "\x9b"}}]


def test_what_came_after_the_newest_archive_is_said_to_have_come_after_it(sit_again, home):
    with open_ledger(home) as ledger:
        ledger.invitations.add("Ada New", sent_at="2024-03-04", source="test")
    session = sit_again()
    for _ in session.queue:
        press(session, "skip")
        if session.about.rows[session.request]["name"] == "Ada New":
            break
    assert card(session)["sent"] == "sent on 4 Mar 2024, after your newest archive"


def test_a_card_says_who_wrote_when_and_what_is_known(sit):
    session = sit()
    press(session, "skip")
    view = card(session)
    assert view["sent"] == "sent on 21 Feb 2024, 9 days before your newest archive"
    assert opens(view) == "https://www.linkedin.com/in/bo-k"
    known = {fact["fact"]: (fact["from"], fact["level"]) for fact in view["known"]}
    assert known["note recalls meeting"] == ("The note", "yes")
    assert known["repeat invitation"] == ("Your data", "no")
    assert "note sells" not in known  # what a note does not do goes without saying


def test_the_words_that_moved_the_reader_are_shown_when_asked_for(sit):
    session = sit()
    press(session, "skip")
    asked = [tool["says"] for tool in card(session)["tools"]]
    assert "Why" in asked
    press(session, "why")
    view = card(session)
    (level,) = [fact["level"] for fact in view["known"] if fact["fact"] == "note recalls meeting"]
    quoted = level.removeprefix("yes “").removesuffix("”")
    assert level != "yes" and quoted in view["note"]
    assert "Why" not in [tool["says"] for tool in view["tools"]]


def test_every_card_is_plain_json(sit):
    for task in ("triage", "past"):
        for blind in (True, False):
            json.dumps(card(sit(task, blind=blind)), allow_nan=False)


@pytest.mark.parametrize("task", ["triage", "past"])
def test_no_key_has_two_meanings(task):
    said = words()
    keys = [each["key"] for each in said[task]["actions"].values()]
    keys += [str(each["key"]) for each in said["commands"].values()]
    assert len(keys) == len(set(keys)) and not set("123456789") & set(keys)
    assert set(keys) & {each["key"] for each in said["pair"]["actions"].values()} == {"?", "w"}


def test_the_letter_of_the_answer_you_gave_is_drafted_with_the_first_name(sit):
    session = sit()
    session.about.facts[session.request] |= {"recognised": "no", "wrote_before": "yes"}
    press(session, "decide", action="ask")
    letter = card(session)["last"]["letter"]
    assert letter["name"] == "do-we-know-each-other"  # the rule that fits what is known best
    assert letter["text"].startswith("Dear Ada,") and letter["text"].endswith("Kim")


def test_what_a_letter_lacks_is_asked_for_and_never_invented(sit):
    session = sit()
    session.about.facts[session.request] |= {"recognised": "yes", "reason_to_connect": "now"}
    press(session, "decide", action="accept")
    asked = card(session)["last"]["letter"]
    assert asked["name"] == "accept-opener" and asked["text"] == ""
    values = {ask["name"]: ask["value"] for ask in asked["asks"]}
    assert values == {"first_name": "Ada", "opener": "", "language": "en"}
    press(session, "tell", name="opener", value="What hive do you keep?", of=session.last["request"])
    assert "What hive do you keep?" in card(session)["last"]["letter"]["text"]
    press(session, "tell", name="language", value="nl", of=session.last["request"])
    letter = card(session)["last"]["letter"]
    assert letter["text"].startswith("Beste Ada,") and letter["english"].startswith("Dear Ada,")


def test_an_answer_that_owes_no_letter_gets_none(sit):
    session = sit()
    press(session, "decide", action="ignore")
    assert card(session)["last"]["letter"] is None


@pytest.mark.parametrize(("action", "day"), [("defer", "2024-05-05"), ("ask", "NaT")])
def test_what_the_policy_defers_is_looked_at_again_when_its_rule_says(sit, home, action, day):
    text = tiny_text([("later", "{}", "defer")]).replace("do: defer\n", "do: defer\n    until: {months: 2}\n")
    session = sit()
    session.judges = Judges(Policy.from_text(text, name="tiny.yaml"))
    press(session, "decide", action=action)
    assert [str(each)[:10] for each in record(home)["remind_on"]] == [day]


def test_the_letter_that_the_policy_owes_is_ready_before_the_decision(sit):
    session = sit(blind=False)
    session.about.facts[session.request] |= {
        "note_kind": "none", "recognised": "no", "wrote_before": "yes", "in_address_book": "no",
        "repeat_invitation": "no", "past_in_profile": "no", "interacted_elsewhere": "no",
    }  # fmt: skip
    assert card(session)["letter"]["name"] == "do-we-know-each-other"


def test_who_only_pressed_a_button_is_declined_without_a_letter(sit):
    session = sit(blind=False)
    session.about.facts[session.request] |= {
        "note_kind": "none", "recognised": "no", "wrote_before": "no", "in_address_book": "no",
        "repeat_invitation": "no", "past_in_profile": "no", "interacted_elsewhere": "no", "profile_intrigues": "no",
        "reply_to_question": "not_asked",
    }  # fmt: skip
    assert session.advised().letter == "rule-and-other-ways" and card(session)["letter"] is None
    press(session, "decide", action="decline")
    assert card(session)["last"]["letter"] is None


# ---- the past


def test_only_old_invitations_without_an_answer_are_asked_about(sit):
    session = sit("past")
    names = {session.about.rows[request]["name"] for request in session.queue}
    assert names == {"Gone Since", "Old Silent", "Old Noted"}
    assert [action["says"] for action in card(session)["actions"]] == ["Accepted", "Declined", "Ignored"]


def test_a_label_of_the_past_is_strong_and_dated_when_the_invitation_had_become_old(sit, home):
    session = sit("past")
    request = next(key for key in session.queue if session.about.rows[key]["name"] == "Old Silent")
    session.queue.remove(request)
    session.queue.insert(0, request)
    press(session, "answer", fact="recognised", level="no")
    press(session, "decide", action="ignore")
    row = state(home, request)
    assert (row["state"], row["strength"], row["label"]) == ("decided", "strong", 0.0)
    # Sent on 1 February; 19 of 20 acceptances took at most 18.05 days.
    assert f"{row['decided_at']:%Y-%m-%d}" == "2024-02-19"
    with open_ledger(home) as ledger:
        facts = read_history(ledger).facts.set_index("request")
    assert facts.loc[request, "recognised"] == "no"  # known then, and no hindsight


def test_a_label_of_the_past_does_not_precede_what_was_noted_of_it(home, judges):
    with open_ledger(home) as ledger:
        request = ledger.invitations.to_frame().set_index("name").loc["Old Silent", "request"]
        ledger.notes.add(request, "recognised", "yes", at="2024-02-27", source="test")
    session = lab.label_past(home, policy=judges.policy, model=judges.model).session
    assert session.task.moments[request] == "2024-02-27T23:59:59+00:00"
    assert session.task.blind and session.task.progress


@pytest.mark.parametrize("task", ["triage", "past"])
def test_the_progress_counts_decisions_and_takes_them_back(sit, task):
    session = sit(task)
    before = card(session)["progress"]
    press(session, "decide", action="ignore")
    after = card(session)["progress"]
    assert (before["have"], after["have"]) == (22, 23)
    assert before["words"].startswith("Record 38 more decisions. Then netkit can learn")
    assert after["words"] == "23 of 60 decisions"  # the sentence stands once a sitting
    press(session, "undo")
    assert card(session)["progress"] == before


def test_the_progress_says_what_the_history_says(sit, history):
    assert card(sit("past"))["progress"]["words"] == history.more.sentence
    assert history.more.sentence in history.sentences


def test_until_it_may_speak_the_model_is_not_heard(home, history, monkeypatch):
    assert not history.more.may_speak
    assert lab.triage(home).session.judges.model is None
    monkeypatch.setattr("netkit.history.sample_check._LEAST", 22)
    assert lab.triage(home).session.judges.model is not None


def test_the_past_is_labelled_blind_by_default(sit, home):
    session = sit("past")
    assert card(session)["opinions"] == []
    press(session, "decide", action="accept")
    assert record(home)["opinion_seen"].tolist() == [False]


def test_that_a_request_was_drawn_because_the_judges_differ_is_recorded_and_read_again(home, judges, history):
    requests = unlabelled(history, judges)
    first = requests[0]
    moments = past_moments(history, requests, NO_NOTES)
    task = Task("past", tuple(requests), True, "lab: the past", moments, drawn={first: drawn_from(2, 8)})
    session = Session(home, judges, history, task, now=lambda: NOW)
    press(session, "decide", action="accept")
    press(session, "decide", action="decline")
    assert record(home)["via"].tolist() == ["lab: the past, drawn from 2 that differ of 8", "lab: the past"]
    with open_ledger(home) as ledger:
        stands_for = read_history(ledger).table.set_index("request")["stands_for"]
    assert stands_for[requests[:2]].tolist() == [4.0, 1.0]


def test_those_on_which_rules_and_model_differ_come_first(history, policy, monkeypatch):
    class Sure:
        def judge(self, facts, score):
            said = np.where(facts["request"] == last, "accept", "ask")
            return facts[["request"]].assign(action=said)

    every = unlabelled(history, Judges(policy))
    last = every[-1]
    monkeypatch.setattr(triage_room, "rules_score", lambda policy, facts: pd.Series(0, index=facts.index))
    assert differing(history, policy, every, Sure()) == [last]
    monkeypatch.setattr(triage_room, "history_number", lambda _: len(history.table))  # more than it has
    assert differing(history, policy, every, Sure()) == []


def test_the_most_informative_order_shrinks_the_uncertainty_most_at_every_step():
    rng = np.random.default_rng(3)
    design = np.column_stack([np.ones(9), rng.integers(0, 2, (9, 4))]).astype(float)
    root = rng.normal(size=(5, 5))
    covariance, chance = root @ root.T, rng.uniform(0.1, 0.9, 9)

    def volume(labelled):  # by brute force: the determinant of the information, each time anew
        weight = (chance * (1 - chance))[labelled]
        more = (design[labelled] * weight[:, None]).T @ design[labelled]
        return np.linalg.slogdet(np.linalg.inv(covariance) + more)[1]

    order = informative_order(design, covariance, chance)
    assert sorted(order) == list(range(9))
    for step in range(9):
        done, left = order[:step], order[step:]
        best = max(volume([*done, place]) for place in left)
        assert volume([*done, order[step]]) == pytest.approx(best)


def test_without_a_model_the_past_is_still_ordered(history, judges):
    order = unlabelled(history, Judges(judges.policy))
    names = history.table.set_index("request").loc[order, "name"].tolist()
    assert set(names) == {"Gone Since", "Old Silent", "Old Noted"}
    assert names[0] == "Old Noted"  # the only one with a note tells most


# ---- the judges


def test_one_request_is_judged_as_it_is_among_many(judges, history):
    facts = history.facts_of(pd.Series(waiting_requests(history)))
    model = judges.model.judge(facts, rules_score(judges.policy, facts))
    policy = judges.policy.judge(facts, "invitation")
    for place, row in facts.iterrows():
        rules, learned = judges.opinions(row.drop("request").dropna().to_dict())
        assert learned["answer"] == model["action"][place]
        assert learned["chance"] == pytest.approx(model["probability"][place])
        assert learned["low"] == pytest.approx(model["low"][place])
        assert bool(learned["more"]) != bool(model["settled"][place])
        assert (rules["answer"] is not None) == bool(policy["settled"][place])


def test_the_parts_add_up_to_the_models_probability(judges):
    said = judges.opinions({"recognised": "yes", "met_in_person": "no"})[1]
    odds = sum(part["value"] for part in said["parts"])
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(said["chance"], abs=0.01)


def test_of_what_nobody_knows_both_judges_say_what_to_find_out(judges):
    facts = pd.DataFrame({"request": [f"r{n}" for n in range(300)], "recognised": ["yes", "no", None] * 100})
    learned_from = pd.Series([1.0, 0.0, 1.0, 1.0, 0.0, 0.0] * 50)
    model = fit_model(facts, learned_from, judges.vocabulary)
    rules, learned = Judges(judges.policy, model).opinions({})
    assert (rules["answer"], rules["reason"]) == (None, "")
    assert rules["says"].startswith("Not settled yet: ")
    assert all(line.startswith("If “") for line in rules["more"])
    (unsure,) = learned["more"]
    assert unsure.startswith("What is unknown could still make it ")
    assert unsure.endswith(
        f"The question that would tell the model most: {judges.vocabulary['recognised'].question}"
    )


def test_of_what_is_known_the_policy_names_its_rule_and_what_would_change_it(judges):
    rules = judges.opinions({**KNOWN_AND_LIKED})[0]
    rule, *lines = rules["more"]
    assert rules["reason"] and rule.startswith("Rule ")
    clauses = clause_words(rule.partition("[")[2].rstrip("]"))
    assert clauses and lines[: len(clauses)] == clauses
    changes = lines[len(clauses) :]
    assert all(line.startswith("If “") for line in changes)


def test_without_a_model_only_the_policy_speaks(judges):
    assert len(Judges(judges.policy).opinions({})) == 1


# ---- what if


def test_a_changed_fact_moves_both_judges_and_records_nothing(judges, home):
    supposed = lab.what_if("", home, policy=judges.policy, model=judges.model).session
    assert supposed.view()["judges"][0]["before"] == supposed.view()["judges"][0]["says"]
    before = supposed.view()
    for fact, level in KNOWN_AND_LIKED.items():
        supposed.handle({"do": "suppose", "fact": fact, "level": level})
    rules, model = supposed.view()["judges"]
    assert rules["says"] == "Accept" and rules["before"].startswith("Not settled yet")
    assert model["chance"] > before["judges"][1]["chance"]
    moved = {move["words"]: (move["before"], move["value"]) for move in model["moves"]}
    assert moved["met in person: yes"][0] != moved["met in person: yes"][1]
    assert record(home, include_undone=True).empty and notes(home) == []


def test_a_supposed_fact_is_named_by_the_level_it_has_now_even_without_any_weight(judges):
    fact = "met_in_person"
    weightless = judges.model.encoder.reference[fact]
    weighty = next(level for level in ("yes", "no", "unknown") if level != weightless)
    supposed = Hypothetical(judges, {} if weighty == "unknown" else {fact: weighty})
    supposed.handle({"do": "suppose", "fact": fact, "level": weightless})
    view = supposed.view()
    (changed,) = [each for each in view["facts"] if each["changed"]]
    moved = {move["words"]: move for move in view["judges"][1]["moves"]}
    assert changed["was"] == weighty
    assert f"met in person: {weighty}" not in moved
    assert moved[f"met in person: {weightless}"]["value"] == 0
    assert moved[f"met in person: {weightless}"]["before"] != 0
    supposed = Hypothetical(judges, {})
    supposed.handle({"do": "suppose", "fact": "recognised", "level": "yes"})
    assert [each["was"] for each in supposed.view()["facts"] if each["changed"]] == ["unknown"]


def test_as_it_was_takes_every_supposition_back(judges):
    supposed = Hypothetical(judges, {"recognised": "no"})
    supposed.handle({"do": "suppose", "fact": "recognised", "level": "yes"})
    assert [fact["fact"] for fact in supposed.view()["facts"] if fact["changed"]] == ["recognised"]
    assert supposed.view()["tools"]
    supposed.handle({"do": "reset"})
    assert supposed.changed == [] and supposed.view()["tools"] == []


def test_a_wrong_supposition_is_said(judges):
    supposed = Hypothetical(judges, {})
    supposed.handle({"do": "suppose", "fact": "note_words", "level": "many"})
    assert "whole number" in supposed.view()["problem"]
    json.dumps(supposed.view(), allow_nan=False)


def test_a_request_can_be_named_and_a_wrong_key_is_refused(judges, home):
    with open_ledger(home) as ledger:
        bo = ledger.invitations.to_frame().set_index("name").loc["Bo Kern", "request"]
    named = lab.what_if(bo, home, policy=judges.policy, model=judges.model).session
    assert named.title == "Bo Kern's invitation" and named.facts["note_kind"] == "personal"
    with pytest.raises(NetkitError, match="inv-nobody"):
        lab.what_if("inv-nobody", home, policy=judges.policy, model=judges.model)


# ---- the place and the widget


def test_the_demonstration_is_never_written_to(home, judges, tmp_path, monkeypatch):
    demo = tmp_path / "cache" / "demo-123"
    demo.parent.mkdir()
    home.rename(demo)
    monkeypatch.setattr("netkit.demo.is_demo", demo.__eq__)
    monkeypatch.setattr(lab, "open_workspace", lambda: open_ledger(demo))
    session = lab.triage(policy=judges.policy, model=judges.model).session
    assert card(session)["notice"].startswith("Practice on an invented person")
    press(session, "decide", action="ignore")
    assert record(demo).empty and len(record(session.home)) == 1
    again = lab.triage(policy=judges.policy, model=judges.model).session
    assert len(again.queue) == 4  # what was practised is there after a restart


def test_a_practice_that_could_not_be_made_leaves_nothing_behind(home, tmp_path, monkeypatch):
    demo = tmp_path / "cache" / "demo-123"
    demo.parent.mkdir()
    home.rename(demo)
    monkeypatch.setattr("netkit.demo.is_demo", demo.__eq__)
    monkeypatch.setattr(Ledger, "backup", lambda self, path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lab._find_workplace(demo)
    assert [path.name for path in demo.parent.iterdir()] == ["demo-123"]


def test_an_open_ledger_of_ones_own_is_worked_on_itself(home, judges):
    with open_ledger(home) as ledger:
        session = lab.triage(ledger, policy=judges.policy, model=judges.model).session
        press(session, "decide", action="ignore")
        assert ledger.decisions.to_frame()["via"].iloc[-1] == "lab: triage"
    assert card(session)["notice"] == ""


def test_the_policy_is_the_one_in_office_by_default(home):
    session = lab.triage(home).session
    assert session.judges.policy.name == "house"


@pytest.fixture
def widget(home, judges):
    return lab.triage(home, policy=judges.policy, model=judges.model)


def test_the_widget_shows_the_card_and_hands_on_what_was_pressed(widget, home):
    first = widget.view["request"]
    widget._pressed(widget, {"do": "decide", "action": "ignore", "request": first}, [])
    assert widget.view["request"] != first and len(record(home)) == 1
    assert repr(widget) == "Workplace('Triage')"


def test_the_browser_is_told_that_it_was_heard_even_if_nothing_changed(widget):
    before = widget.view.get("heard", 0)
    widget._pressed(widget, {"do": "skip", "request": "another"}, [])
    assert widget.view["heard"] == before + 1


def test_two_presses_at_once_are_both_heard_one_after_the_other(widget, monkeypatch):
    at_work, go_on = Event(), Event()

    def slowly(message):
        at_work.set()
        go_on.wait(60)

    monkeypatch.setattr(widget.session, "handle", slowly)
    before = widget.view.get("heard", 0)
    pressing = [Thread(target=widget._pressed, args=(widget, {"do": "skip"}, [])) for _ in range(2)]
    for press_of_a_key in pressing:
        press_of_a_key.start()
        at_work.wait(60)
    go_on.set()
    for press_of_a_key in pressing:
        press_of_a_key.join(60)
    assert widget.view["heard"] == before + 2


def test_a_bug_is_shown_and_keeps_its_traceback(widget, monkeypatch):
    monkeypatch.setattr(Session, "skip", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        widget._pressed(widget, {"do": "skip", "request": widget.view["request"]}, [])
    assert "ZeroDivisionError" in widget.view["problem"]


def test_the_three_widgets_show_their_titles(home, judges):
    terms = {"policy": judges.policy, "model": judges.model}
    assert lab.label_past(home, **terms).view["title"] == "Label the past"
    assert lab.what_if({"recognised": "yes"}, home, **terms).view["title"].startswith("What if?")


def test_without_the_lab_extra_one_is_told_how_to_get_it(home, judges, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "netkit.lab.widget", raising=False)
    with pytest.raises(NetkitError, match=r'pip install "netkit_etiquette-.*\.whl\[lab\]"'):
        lab.triage(home, policy=judges.policy, model=judges.model)


def test_a_task_offers_the_answers_of_its_section():
    assert Task("past", ()).actions == ("accept", "decline", "ignore")


# ---- alike


ALIKE = ["Ada Love", "Old Silent"]  # neither wrote a note; the others did, each their own


def names_in(session, requests):
    return [session.about.rows[request]["name"] for request in requests]


def tool(session, key):
    return next(each for each in card(session)["tools"] if each["key"] == key)


def together(session):
    press(session, **tool(session, "g")["send"])


def test_one_key_answers_the_question_for_all_that_are_alike(sit, home):
    session = sit()
    assert names_in(session, session.alike()) == ALIKE
    assert tool(session, "g")["says"] == "Answer 2 alike" and card(session)["alike"] is None
    together(session)
    view = card(session)
    assert view["alike"]["says"].startswith("2 of 2 alike, answered together.")
    assert [each["says"] for each in view["alike"]["names"]] == ALIKE
    press(session, **view["question"]["buttons"][1]["send"])
    assert notes(home) == [("recognised", "no")] * 2
    assert record(home).empty  # nothing is settled by it
    assert names_in(session, session.members) == ALIKE  # and the next question is theirs, too


def test_who_is_different_is_set_apart_and_answered_alone(sit, home):
    session = sit()
    together(session)
    other = session.alike()[1]
    press(session, "apart", of=other)
    assert names_in(session, session.members) == ["Ada Love"]
    press(session, "apart", of=session.request)  # nobody else is left to be answered
    assert names_in(session, session.members) == ["Ada Love"]
    press(session, **card(session)["question"]["buttons"][0]["send"])
    assert notes(home) == [("recognised", "yes")]
    assert not session.together or session.members == (session.request,)


def test_the_one_in_hand_may_be_the_different_one(sit, home):
    session = sit()
    together(session)
    press(session, "apart", of=session.request)
    assert names_in(session, session.members) == ["Old Silent"] == [card(session)["name"]]
    press(session, "apart", of=session.alike()[1])
    assert names_in(session, session.members) == ["Old Silent", "Ada Love"]


def test_a_decision_about_several_is_asked_about_once_more_and_is_one_step(sit, home):
    session = sit()
    together(session)
    press(session, "decide", action="ignore")
    asked = card(session)["question"]
    assert (asked["question"], asked["hint"]) == ("Ignore: all 2 of them?", "Ada Love and Old Silent.")
    press(session, **asked["buttons"][1]["send"])
    assert card(session)["question"]["question"] == "Do you recognise who this is?" and record(home).empty
    for key, level in (("recognised", "yes"), ("would_stay_in_touch", "no")):
        press(session, "answer", fact=key, level=level)
    assert record(home).empty  # where the answers lead is decided by a key of its own
    press(session, "decide", action="ignore")
    press(session, **card(session)["question"]["buttons"][0]["send"])
    assert record(home)["action"].tolist() == ["ignore"] * 2 and not record(home)["opinion_seen"].any()
    assert card(session)["last"]["name"] == ", ".join(ALIKE)
    press(session, "undo")
    assert record(home).empty and names_in(session, session.members) == ALIKE
    press(session, "undo")
    press(session, "undo")
    assert all(pd.isna(level) for _, level in notes(home)[-4:])
    assert names_in(session, session.queue)[0] == "Ada Love"


def test_with_the_advice_shown_each_answer_says_where_it_leads_and_the_advice_is_marked(sit, home):
    blind, session = sit(), sit(blind=False)
    assert card(blind)["question"]["leads"] == []
    together(session)
    press(session, "answer", fact="recognised", level="yes")
    assert card(session)["question"]["leads"][0].startswith("If yes: ")
    press(session, "answer", fact="would_stay_in_touch", level="no")
    assert [each["also"] for each in card(session)["actions"] if each["advised"]] == ["Enter"]
    press(session, "decide", action="ignore", sure=True)
    assert record(home)["action"].tolist() == ["ignore"] * 2 and record(home)["opinion_seen"].all()


def test_alone_again_answers_the_one_in_hand(sit, home):
    session = sit()
    together(session)
    assert tool(session, "g")["says"] == "This one alone"
    together(session)
    press(session, **card(session)["question"]["buttons"][1]["send"])
    assert notes(home) == [("recognised", "no")]


def test_not_knowing_is_noted_of_all_and_taken_back_of_all(sit, home):
    session = sit()
    together(session)
    press(session, **card(session)["question"]["buttons"][-1]["send"])
    assert notes(home) == [("recognised", "unknown")] * 2
    press(session, "undo")
    assert [pd.isna(level) for _, level in notes(home)] == [False] * 2 + [True] * 2
    assert session.next_fact() == "recognised" and names_in(session, session.members) == ALIKE


def test_what_your_own_files_propose_stands_beside_the_question_and_what_they_tell_is_marked(sit):
    session = sit()
    fact = session.next_fact()
    session.about.evidence = {session.request: Told({}, {fact: ("yes", "you wrote to each other 12 times")})}
    assert "You wrote to each other 12 times. Probably yes." in card(session)["question"]["hint"]
    press(session, "answer", fact=fact, level="yes")
    session.about.found = {session.request: {fact: "you wrote to each other 12 times"}}
    known = {each["fact"]: each for each in card(session)["known"]}[spoken(fact)]
    assert (known["from"], known["question"]) == ("Your own files", "you wrote to each other 12 times")


# ---- who is meant in your own files


@pytest.fixture
def known(home):
    add_mail(home)
    return home


def who(home):
    with open_ledger(home) as ledger:
        return [same for same, _ in ledger.evidence.answers().values()]


def keys_of(view):
    return [each["key"] for each in view["question"]["buttons"]]


def test_who_is_meant_is_asked_first_in_one_key_and_what_the_files_tell_is_known_at_once(known, sit_again):
    session = sit_again()
    view = card(session)
    assert view["name"] == "Ada Love" and view["question"]["question"] == words()["pair"]["asks"]
    assert view["question"]["means"] == "You wrote to each other 2 times, last in May 2020."
    assert keys_of(view) == ["y", "n", "?", "w"] and "w" not in [tool["key"] for tool in view["tools"]]
    press(session, "look")
    assert card(session)["question"]["hint"] == "Between 1 May 2019 and 3 May 2020; mail at ex.example."
    press(session, "pair", same=True)
    assert {each["fact"]: each["from"] for each in card(session)["known"]}["recognised"] == "Your own files"
    assert card(session)["question"]["question"] != words()["pair"]["asks"] and who(known) == [True]
    assert card(sit_again())["question"]["question"] != words()["pair"]["asks"]  # never asked again
    press(session, "undo")
    assert session.known().get("recognised") is None and who(known) == []
    assert (
        card(session)["question"]["question"]
        == words()["pair"]["asks"]
        == card(sit_again())["question"]["question"]
    )


def test_another_person_says_nothing_and_an_open_one_is_asked_in_the_next_sitting(known, sit_again):
    session = sit_again()
    press(session, "pair", same=False)
    assert who(known) == [False] and card(session)["question"]["question"] == "Do you recognise who this is?"
    assert card(session)["question"]["hint"] == ""
    press(session, "undo")
    press(session, "pass")
    assert who(known) == [] and card(session)["question"]["question"] == "Do you recognise who this is?"
    assert card(sit_again())["question"]["question"] == words()["pair"]["asks"]
    press(session, "undo")
    assert card(session)["question"]["question"] == words()["pair"]["asks"]


def test_your_own_word_is_not_overwritten_by_what_the_files_tell(known, sit_again):
    session = sit_again()
    press(session, "pass")
    press(session, "answer", fact="recognised", level="no")
    session.about.pairs = sit_again().about.pairs
    press(session, "pair", same=True)
    assert session.known()["recognised"] == "no"


def test_one_key_says_of_all_who_they_are_and_whoever_is_different_is_set_apart(known, sit_again):
    session = sit_again()
    together(session)
    view = card(session)["alike"]
    assert [each["says"] for each in view["names"]] == ["Ada Love", "Bo Kern", "Old Silent"]
    assert {each["why"] for each in view["names"]} == {"You wrote to each other 2 times, last in May 2020."}
    press(session, "apart", of=session.alike()[1])
    press(session, "pair", same=True)
    assert who(known) == [True, True]
    assert [session.about.facts[each].get("recognised") for each in session.queue[:4]] == [
        "yes",
        None,
        None,
        "yes",
    ]
    press(session, "undo")
    assert who(known) == [] and len(session.members) == 3


@pytest.mark.parametrize("sure", ["by your word", "by the profile"])
def test_what_the_files_tell_of_another_person_is_put_right_by_one_key(home, known, sit_again, sure):
    if sure == "by your word":
        press(sit_again(), "pair", same=True)
    else:
        url = "https://www.linkedin.com/in/ada-l"
        card_of_ada = f"BEGIN:VCARD\nFN:A. L.\nEMAIL:ada@ex.example\nURL:{url}\nEND:VCARD\n"
        (home / "a.vcf").write_text(card_of_ada, encoding="utf-8")
        lab.evidence(home).session.add(str(home / "a.vcf"))
    session = sit_again()
    assert (
        session.known()["recognised"] == "yes"
        and tool(session, "p")["says"] == "My files mean another person"
    )
    press(session, **tool(session, "p")["send"])
    assert "recognised" not in session.known() and "recognised" not in sit_again().known()
    assert "p" not in [each["key"] for each in card(session)["tools"]]
    press(session, "undo")
    assert session.known()["recognised"] == "yes" == sit_again().known()["recognised"]


def test_by_saying_who_it_is_you_say_that_you_know_who_it_is(home, sit_again):
    add_mail(home, answered=False)
    session = sit_again()
    press(session, "pair", same=True)
    assert session.known()["recognised"] == "yes" and notes(home) == [("recognised", "yes")]
    press(session, "undo")
    assert "recognised" not in session.known() and pd.isna(notes(home)[-1][1]) and who(home) == []


def test_nobody_is_asked_about_who_is_settled_anyway(known, sit_again):
    session = sit_again()
    session.about.facts[session.request] |= KNOWN_AND_LIKED
    assert session.pair() is None and card(session)["question"] is None


# ---- your own files


def test_a_file_is_added_with_what_is_kept_and_left_out_and_taken_away_again(home, tmp_path):
    add_mail(home)
    (tmp_path / "a.vcf").write_text(
        "BEGIN:VCARD\nFN:Ada Love\nEMAIL:ada@ex.example\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Acme\nORG:Acme\nEND:VCARD\n",
        encoding="utf-8",
    )
    desk = lab.evidence(home).session
    drawn = []
    desk.changed = lambda: drawn.append(desk.view()["progress"])
    desk.handle({"do": "add", "path": f' "{tmp_path / "a.vcf"}" ', "me": ""})
    view = desk.view()
    assert view["said"][0] == "a.vcf: 2 contacts read." and "companies and groups 1" in view["said"][-1]
    assert drawn[-1]["words"] == "reading a.vcf" and view["progress"] is None
    assert [source["name"] for source in view["sources"]] == ["Inbox", "a.vcf"]
    desk.handle(view["sources"][0]["remove"]["send"])
    assert [source["name"] for source in desk.view()["sources"]] == ["a.vcf"]


@pytest.mark.parametrize(
    ("path", "me", "says"),
    [("", "", "There is no path"), ("/nowhere/at/all", "", "nothing at"), ("/x", "nobody", "is no e-mail")],
)
def test_a_mistake_about_a_file_is_said_and_changes_nothing(home, path, me, says):
    desk = lab.evidence(home).session
    desk.handle({"do": "add", "path": path, "me": me})
    assert says in desk.view()["problem"] and desk.view()["none"]


def test_whose_a_mailbox_is_is_taken_once_and_asked_about_afterwards(home, tmp_path):
    add_mail(home)  # keeps no address of yours
    desk = lab.evidence(home).session
    desk.handle({"do": "add", "path": str(home / "Inbox"), "me": ""})
    assert any(line.startswith("Took kim@ex.example as yours") for line in desk.said)
    other = (home / "Inbox").read_text(encoding="utf-8").replace("kim@", "kim.old@")
    (tmp_path / "Old").write_text(other, encoding="utf-8")
    desk.handle({"do": "add", "path": str(tmp_path / "Old"), "me": ""})
    assert any("kim.old@ex.example, too. If that is you" in line for line in desk.said)
    desk.handle({"do": "add", "path": str(tmp_path / "Old"), "me": "kim.old@ex.example"})
    assert not any("too" in line for line in desk.said)
