"""The life of an introduction: which step may follow which, and how a step is taken back."""

import json
import sqlite3
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_export import connection, export, url
from invented_introductions import asked, go, made, march

from netkit.errors import FactError, LedgerError, NetkitError
from netkit.facts import ACTIONS
from netkit.handbook.policy_pages import read_clauses
from netkit.history import read_introductions
from netkit.history.found_by_name import find_person
from netkit.introductions import (
    StepRecord,
    ask_introduction,
    decide_introduction,
    read_life,
    read_lives,
    reminders,
    requester_record,
    states,
    step_kinds,
    take_step,
    undo_request,
    undo_step,
)
from netkit.introductions.life import resting_reminders, undone_removed
from netkit.ledger import open_ledger
from netkit.letters import letter_names
from netkit.sheets import read_sheet

STEPS = tuple(step_kinds())


def trail(ledger, request):
    return [step.step for step in read_life(ledger, request).standing]


# The table of states


def test_every_step_that_a_state_names_exists_and_leads_to_a_state():
    for state in states().values():
        assert set(state.next) <= set(STEPS)
        assert set(state.stays) | set(state.leads) <= set(state.next)
        assert all(state.after(step).name in states() for step in state.next)


def test_every_state_is_reached_from_the_first():
    reached, ahead = set(), [states()["asked"], states()["to_you"]]
    while ahead:
        state = ahead.pop()
        if state.name not in reached:
            reached.add(state.name)
            ahead += [state.after(step) for step in state.next]
    assert reached == set(states())


def test_every_life_can_end():
    ends = {"closed", "declined", "redirected", "to_you_closed", "to_you_declined"}
    for _ in states():
        ends |= {
            name
            for name, state in states().items()
            if any(state.after(step).name in ends for step in state.next)
        }
    assert ends == set(states())


def test_every_clause_and_every_letter_that_is_named_exists():
    known = {clause for school in read_clauses().values() for clause in school["clauses"]}
    cited = [clause for kind in step_kinds().values() for clause in kind.clauses]
    reminds = [state.remind for state in states().values() if state.remind] + [*resting_reminders().values()]
    assert set(cited) | {clause for remind in reminds for clause in remind.clauses} <= known
    assert {kind.letter for kind in step_kinds().values() if kind.letter} <= set(letter_names())


def test_every_answer_that_a_policy_can_give_has_a_step_that_carries_it_out():
    assert {kind.action for kind in step_kinds().values()} - {""} == set(ACTIONS["introduction"])


# Steps in order


@pytest.mark.parametrize(
    ("steps", "state", "turn"),
    [
        ([], "asked", "you"),
        (["judged"], "judged", "you"),
        (["judged", "asked_more"], "asked_more", "requester"),
        (["call_me", "judged"], "judged", "you"),
        (["permission_asked"], "permission_asked", "contact"),
        (["permission_asked", "permission_given"], "permission_given", "you"),
        (["permission_asked", "permission_given", "judged"], "permission_given", "you"),
        (["permission_asked", "permission_refused", "judged"], "permission_refused", "you"),
        (["permission_asked", "permission_refused", "permission_given"], "permission_given", "you"),
        (["permission_given", "introduced"], "introduced", "you"),
        (["permission_given", "introduced", "followed_up"], "followed_up", "both"),
        (["judged", "declined"], "declined", "nobody"),
    ],
)
def test_steps_lead_from_state_to_state(ledger, steps, state, turn):
    request = asked(ledger, march(1))
    for step in steps:
        take_step(ledger, request, step, on=march(2))
    life = read_life(ledger, request)
    assert (life.state.name, life.state.turn) == (state, turn)


@pytest.mark.parametrize("first", ["requester", "contact"])
def test_it_is_closed_when_both_sides_of_the_outcome_are_known_whichever_comes_first(ledger, first):
    request = made(ledger, asked(ledger, march(1)), march(2))
    other = {"requester": "contact", "contact": "requester"}[first]
    assert go(ledger, request, f"outcome_{first}", on=march(3), outcome="useful").state.name == (
        f"outcome_{first}"
    )
    life = go(ledger, request, f"outcome_{other}", on=march(3), outcome="neutral")
    assert life.state.name == "closed"
    assert life.outcomes == {first: "useful", other: "neutral"}


def test_an_outcome_learnt_better_is_a_new_row_and_counts(ledger):
    request = made(ledger, asked(ledger, march(1)), march(2), "neutral", "useful")
    life = go(ledger, request, "outcome_requester", on=march(9), outcome="useful")
    assert life.state.name == "closed"
    assert life.outcomes == {"requester": "useful", "contact": "useful"}
    assert [step.step for step in life.steps].count("outcome_requester") == 2


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ([], "followed_up"),
        ([], "outcome_contact"),
        (["permission_asked"], "judged"),
        (["permission_asked"], "permission_asked"),
        (["permission_given", "introduced"], "introduced"),
        (["permission_given", "introduced"], "declined"),
        (["permission_given", "introduced", "followed_up"], "followed_up"),
        (["declined"], "judged"),
    ],
)
def test_a_step_that_is_not_possible_is_refused_in_one_sentence_with_those_that_are(ledger, before, step):
    request = asked(ledger, march(1))
    for each in before:
        take_step(ledger, request, each, on=march(2))
    life = read_life(ledger, request)
    with pytest.raises(LedgerError) as refused:
        take_step(ledger, request, step, on=march(3), detail={"outcome": "useful"})
    message = str(refused.value)
    assert life.state.says in message
    assert all(step_kinds()[each].says in message for each in life.state.next)
    assert "\n" not in message
    assert trail(ledger, request) == before


def test_a_step_that_is_none_names_the_nearest_that_is(ledger):
    with pytest.raises(LedgerError, match="Did you mean 'introduced'"):
        take_step(ledger, asked(ledger, march(1)), "introducd", on=march(1))


@pytest.mark.parametrize("before", [[], ["judged"], ["permission_asked"], ["permission_refused"]])
def test_no_introduction_is_made_without_permission_unless_you_say_why(ledger, before):
    request = asked(ledger, march(1))
    for each in before:
        take_step(ledger, request, each, on=march(2))
    with pytest.raises(LedgerError, match="the contact (said no|has not given permission)"):
        take_step(ledger, request, "introduced", on=march(3))
    with pytest.raises(LedgerError, match="said no|has not given permission"):
        go(ledger, request, "introduced", on=march(3), without_permission_because="")
    life = go(ledger, request, "introduced", on=march(3), without_permission_because="both stood there")
    assert life.state.name == "introduced"
    assert life.standing[-1].detail["without_permission_because"] == "both stood there"


def test_a_refusal_with_another_way_says_which(ledger):
    request = asked(ledger, march(1))
    with pytest.raises(LedgerError, match="PV6"):
        take_step(ledger, request, "redirected", on=march(2))
    life = go(ledger, request, "redirected", on=march(2), way_on="write to her directly")
    assert life.state.name == "redirected"


def test_an_outcome_is_one_of_five(ledger):
    request = made(ledger, asked(ledger, march(1)), march(2))
    for wrong in ("usefull", None):
        with pytest.raises(LedgerError, match="useful, neutral, no_reply, no_show or regretted"):
            go(ledger, request, "outcome_contact", on=march(3), outcome=wrong)


def test_a_step_is_not_dated_before_the_one_it_follows(ledger):
    request = asked(ledger, march(4))
    with pytest.raises(LedgerError, match="is of 4 Mar 2024"):
        take_step(ledger, request, "judged", on=march(3))
    take_step(ledger, request, "permission_asked", on=march(6))
    with pytest.raises(LedgerError, match="is of 6 Mar 2024"):
        take_step(ledger, request, "permission_given", on=march(5))
    assert take_step(ledger, request, "permission_given", on=march(6)).since == march(6)


def test_an_answer_given_after_the_advice_was_seen_says_so(ledger):
    blind, seen = asked(ledger, march(1)), asked(ledger, march(2))
    take_step(ledger, seen, "judged", on=march(2))
    for request in (blind, seen):
        take_step(ledger, request, "permission_asked", on=march(3))
        take_step(ledger, request, "permission_given", on=march(3))
    asked_for = {key: read_life(ledger, key).last("permission_asked").detail for key in (blind, seen)}
    assert asked_for == {blind: {}, seen: {"opinion_seen": True}}
    assert read_life(ledger, seen).last("permission_given").detail == {}


# Taking back


def test_the_last_step_is_taken_back_by_a_new_row(ledger):
    request = asked(ledger, march(1))
    go(ledger, request, "judged", "declined", on=march(2))
    life = undo_step(ledger, request, on=march(3), because="wrong request")
    assert life.state.name == "judged"
    assert [(step.step, step.stands) for step in life.steps] == [
        ("judged", True),
        ("declined", False),
        ("undone", False),
    ]
    assert life.steps[-1].detail == {"because": "wrong request"}
    assert life.steps[-1].on == march(3)


def test_a_taking_back_can_be_taken_back_and_again(ledger):
    request = asked(ledger, march(1))
    go(ledger, request, "declined", on=march(2))
    for times in range(1, 6):
        last = read_life(ledger, request).steps[-1].number
        life = undo_step(ledger, request, last, on=march(3))
        assert life.state.name == ("asked" if times % 2 else "declined")
    assert len(life.steps) == 6


def test_a_step_that_carries_a_later_one_is_not_taken_back_before_it(ledger):
    request = made(ledger, asked(ledger, march(1)), march(2), "useful")
    numbers = {step.step: step.number for step in read_life(ledger, request).steps}
    with pytest.raises(LedgerError, match=r"introduced.* rests on step \d+ \(permission given"):
        undo_step(ledger, request, numbers["permission_given"], on=march(3))
    with pytest.raises(LedgerError, match=r"outcome requester.* rests on step \d+ \(introduced"):
        undo_step(ledger, request, numbers["introduced"], on=march(3))
    assert len(read_life(ledger, request).steps) == 4


def test_a_step_that_carries_nothing_is_taken_back_from_the_middle(ledger):
    request = asked(ledger, march(1))
    go(ledger, request, "judged", "asked_more", "permission_asked", on=march(2))
    number = read_life(ledger, request).steps[1].number
    assert undo_step(ledger, request, number, on=march(3)).state.name == "permission_asked"
    assert trail(ledger, request) == ["judged", "permission_asked"]


@pytest.mark.parametrize("number", [None, 77])
def test_a_step_that_is_not_there_cannot_be_taken_back(ledger, number):
    request = asked(ledger, march(1))
    with pytest.raises(LedgerError, match="The request itself is taken back with --request"):
        undo_step(ledger, request, number, on=march(2))


def test_another_introductions_step_cannot_be_taken_back(ledger):
    one, other = asked(ledger, march(1)), asked(ledger, march(2))
    number = go(ledger, one, "declined", on=march(3)).steps[-1].number
    with pytest.raises(LedgerError, match=f"{other} has no step {number}"):
        undo_step(ledger, other, number, on=march(3))


def test_the_rows_of_steps_are_never_changed(ledger):
    go(ledger, asked(ledger, march(1)), "declined", on=march(2))
    with (
        sqlite3.connect(ledger.file) as raw,
        pytest.raises(sqlite3.IntegrityError, match="undo one by a new event"),
    ):
        raw.execute("UPDATE introduction_events SET step = 'introduced'")
    raw.close()


def test_a_refused_step_leaves_nothing_behind(ledger):
    request = asked(ledger, march(1))
    with pytest.raises(NetkitError):
        take_step(ledger, request, "followed_up", on=march(2))
    assert ledger.introductions.events(include_undone=True).empty


@settings(max_examples=15, deadline=None)
@given(choices=st.lists(st.integers(0, 30), max_size=12))
def test_whatever_is_taken_and_taken_back_the_ledger_and_the_life_agree(tmp_path_factory, choices):
    with open_ledger(tmp_path_factory.mktemp("any") / "home") as ledger:
        request = asked(ledger, march(1))
        for choice in choices:
            life = read_life(ledger, request)
            able = [*life.state.next, *(step.number for step in undone_removed(life.steps))]
            if not able:
                continue
            what = able[choice % len(able)]
            try:
                if isinstance(what, int):
                    undo_step(ledger, request, what, on=march(2))
                else:
                    detail = {"way_on": "x", "outcome": "useful"}
                    take_step(ledger, request, what, on=march(2), detail=detail)
            except LedgerError:
                continue
        life, stored = read_life(ledger, request), ledger.introductions.events()
    assert [step.number for step in life.standing] == stored["id"].tolist()
    state = states()["asked"]
    permitted = False
    for step in life.standing:  # whatever stands is a possible life
        assert step.step in state.next
        assert step.step != "introduced" or permitted
        permitted = step.step == "permission_given" or (permitted and step.step == "judged")
        state = state.after(step.step)
    assert state == life.state


# What other rooms recorded


def test_a_refusal_recorded_with_decide_ends_a_life_and_is_taken_back_like_any_step(ledger):
    request = asked(ledger, march(1))
    decide_introduction(ledger, request, "decline", on=march(2), because="a better place")
    life = read_life(ledger, request)
    assert life.state.name == "declined"
    assert life.standing[-1].detail == {"because": "a better place"}
    with pytest.raises(LedgerError, match="no decision about"):
        ledger.decisions.undo_last(request, at=march(3), source="test")
    life = undo_step(ledger, request, on=march(3))
    assert (life.taken_back.words, life.state.name) == ("declined; because: a better place", "asked")


@pytest.mark.parametrize("action", ACTIONS["introduction"])
def test_an_answer_to_an_introduction_lives_nowhere_but_among_its_steps(ledger, action):
    request = asked(ledger, march(1))
    with pytest.raises(LedgerError, match=f"step of its life.*netkit decide {request} {action}"):
        ledger.decisions.add(request, action, at=march(2), source="test")
    assert read_life(ledger, request).state.name == "asked"


def test_what_was_recorded_in_an_odd_order_is_still_told(ledger):
    request = asked(ledger, march(1))
    ledger.introductions.add_event(request, "introduced", at=march(2), source="sheet")
    ledger.introductions.add_event(request, "permission_given", at=march(3), source="sheet")
    assert read_life(ledger, request).state.name == "permission_given"
    assert undo_step(ledger, request, on=march(4)).state.name == "introduced"


SHEET = """request,requester,contact,asked_by,asked_on,action,permission,introduced_on,outcome_requester,outcome_on
,Tom Achterberg,Mira Solberg,telephone,2024-03-01,introduce,given,2024-03-05,no_show,2024-03-09
,Lea Brandt,Sven Holm,email,2024-03-02,decline,refused,,,
,Bo Lind,Ada Brink,email,2024-03-03,,,,,
"""


def test_a_sheet_that_takes_long_to_write_is_of_one_moment(ledger, tmp_path, monkeypatch):
    """A contact's refusal and your own no stand in the order of life, whenever the clock ticks."""

    days = []

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            days.append(len(days) + 1)
            return datetime(2024, 4, days[-1], tzinfo=tz)

    monkeypatch.setattr("netkit.ledger.database.datetime", Clock)
    (tmp_path / "past.csv").write_text(SHEET, encoding="utf-8")
    read_sheet(ledger, "introduction", tmp_path / "past.csv", at=march(20))
    told = {life.requester_name: [s.step for s in life.standing] for life in read_lives(ledger)}
    assert told["Lea Brandt"] == ["permission_refused", "declined"]
    assert set(ledger.introductions.events()["recorded_at"].dt.day) == {days[-1]} == {1}


def test_what_was_recorded_last_counts_within_a_second_too(ledger):
    first, second = asked(ledger, march(1)), asked(ledger, march(2))
    ledger.introductions.add_event(first, "declined", at=march(3), source="sheet")
    ledger.introductions.add_event(first, "introduced", at=march(3), source="sheet")
    ledger.introductions.add_event(second, "permission_refused", at=march(3), source="sheet")
    ledger.introductions.add_event(second, "declined", at=march(3), source="sheet")
    assert [read_life(ledger, r).state.name for r in (first, second)] == ["introduced", "declined"]


def test_what_a_sheet_brings_is_a_life_too_and_goes_on(ledger, tmp_path):
    (tmp_path / "past.csv").write_text(SHEET, encoding="utf-8")
    read_sheet(ledger, "introduction", tmp_path / "past.csv", at=march(20))
    stand = {life.requester_name: life.state.name for life in read_lives(ledger)}
    assert stand == {
        "Tom Achterberg": "outcome_requester", "Lea Brandt": "declined", "Bo Lind": "asked",
    }  # fmt: skip
    request = next(life.request for life in read_lives(ledger) if life.outcomes)
    assert go(ledger, request, "outcome_contact", on=march(21), outcome="neutral").state.name == "closed"


def test_a_person_who_is_forgotten_leaves_no_introduction(ledger):
    kept = asked(ledger, march(1), "Lea Brandt", "Sven Holm")
    made(ledger, asked(ledger, march(2)), march(3), "useful")
    go(ledger, kept, "declined", on=march(3), because="Tom Achterberg asked first")
    ledger.forget("Tom Achterberg")
    (life,) = read_lives(ledger)
    assert life.request == kept
    assert "Achterberg" not in json.dumps(life.as_dict())


# Asking


def test_a_request_is_written_down_with_what_is_known(ledger):
    life = ask_introduction(
        ledger, "Tom  Achterberg", "Mira Solberg", purpose="a question", channel="email",
        on=march(1), facts={"purpose": "information"},
    )  # fmt: skip
    assert (life.requester, life.contact) == ("name:tom achterberg", "name:mira solberg")
    assert (life.requester_name, life.purpose, life.channel) == ("Tom Achterberg", "a question", "email")
    assert life.asked_on == march(1)
    assert ledger.notes.to_frame()["fact"].tolist() == ["purpose"]


def test_the_same_request_on_the_same_day_is_one(ledger):
    assert asked(ledger, march(1)) == asked(ledger, march(1))
    assert asked(ledger, march(1)) != asked(ledger, march(2))
    assert len(read_lives(ledger)) == 2


def test_nobody_is_introduced_to_himself(ledger):
    with pytest.raises(LedgerError, match="requester and contact at once"):
        asked(ledger, march(1), "Tom Achterberg", "TOM achterberg")


def test_a_wrong_fact_leaves_no_request_behind(ledger):
    with pytest.raises(FactError, match="purpose"):
        asked(ledger, march(1), purpose="fun")
    assert read_lives(ledger) == ()


def test_a_key_that_is_unknown_is_refused_with_the_nearest(ledger):
    request = asked(ledger, march(1))
    with pytest.raises(LedgerError, match=f"Did you mean '{request}'"):
        read_life(ledger, request[:-1] + "x")


def test_people_are_found_by_name_address_or_key(ledger):
    ledger.import_export(
        export(
            "2024-03-01",
            connections=[
                connection("Mira Solberg", "2020-01-01", slug="mira-s"),
                connection("Al Po", "2020-01-01", slug="al-1"),
                connection("Al Po", "2020-01-02", slug="al-2"),
            ],
        )
    )
    for person in ("mira SOLBERG", url("mira-s"), "in:mira-s"):
        assert find_person(ledger, person)[0] == "in:mira-s"
    assert find_person(ledger, url("mira-s"))[1] == "Mira Solberg"
    assert find_person(ledger, "New Person") == ("name:new person", "New Person")
    with pytest.raises(LedgerError, match="in:al-1, in:al-2"):
        find_person(ledger, "Al Po")
    with pytest.raises(LedgerError, match="a full name"):
        find_person(ledger, "  ")


def test_a_life_is_plain_values_for_json(ledger):
    request = made(ledger, asked(ledger, march(1)), march(2), "useful")
    told = json.loads(json.dumps(read_life(ledger, request).as_dict()))
    assert (told["state"], told["since"], told["outcomes"]) == (
        "outcome_requester", "2024-03-02", {"requester": "useful"},
    )  # fmt: skip
    assert StepRecord(1, "undone", date(2024, 3, 1)).as_dict()["on"] == "2024-03-01"


@pytest.mark.parametrize("purpose", ["", "  \n"])
def test_a_request_without_a_purpose_is_refused(ledger, purpose):
    with pytest.raises(LedgerError, match="Nothing says why.*PI1"):
        ask_introduction(
            ledger, "Tom Achterberg", "Mira Solberg", purpose=purpose, channel="email", on=march(1)
        )
    assert read_lives(ledger) == ()


def test_a_second_purpose_on_the_same_day_is_refused_and_never_lost_in_silence(ledger):
    def ask(purpose):
        return ask_introduction(
            ledger, "Tom Achterberg", "Mira Solberg", purpose=purpose, channel="email", on=march(1)
        ).request

    assert ask("a question") == ask("a  question")
    with pytest.raises(LedgerError, match="for 'a question', and it would now be for 'a post'"):
        ask("a post")


# Taking the request itself back


def test_a_mistyped_request_is_taken_back_by_a_new_row_and_counts_nowhere(ledger):
    wrong = asked(ledger, march(1), "Tom Achterberg", "Mira Solbreg", purpose="information")
    undo_request(ledger, wrong, on=march(1), because="a slip")
    assert read_lives(ledger) == ()
    assert reminders(ledger) == []
    assert read_introductions(ledger).table.empty
    later = read_life(ledger, asked(ledger, march(2), "Tom Achterberg", "Mira Solberg"))
    assert requester_record(ledger, later, march(3)).asked == 0
    assert ledger.introductions.to_frame(include_undone=True)["request"].tolist() == [wrong, later.request]
    (row,) = ledger.introductions.events(include_undone=True).to_dict(orient="records")
    assert (row["step"], row["detail"]) == ("undone", {"because": "a slip"})
    for use in (
        lambda: undo_request(ledger, wrong, on=march(2)),
        lambda: take_step(ledger, wrong, "declined", on=march(2)),
        lambda: decide_introduction(ledger, wrong, "decline", on=march(2)),
    ):
        with pytest.raises(LedgerError, match="does not know"):
            use()


def test_a_request_taken_back_can_be_made_again_with_its_right_purpose(ledger):
    def ask(purpose):
        return ask_introduction(
            ledger, "Tom Achterberg", "Mira Solberg", purpose=purpose, channel="email", on=march(1)
        ).request

    wrong = ask("a qestion")
    undo_request(ledger, wrong, on=march(1))
    right = ask("a question")
    assert right != wrong
    assert ask("a question") == right
    assert [life.purpose for life in read_lives(ledger)] == ["a question"]


def test_a_request_that_was_acted_upon_is_not_taken_back(ledger):
    request = asked(ledger, march(1))
    take_step(ledger, request, "permission_asked", on=march(2))
    with pytest.raises(LedgerError, match=f"permission asked.*netkit intro undo {request}"):
        undo_request(ledger, request, on=march(3))
    undo_step(ledger, request, on=march(3))
    decide_introduction(ledger, request, "decline", on=march(3))
    with pytest.raises(LedgerError, match=f"declined.*netkit intro undo {request}"):
        undo_request(ledger, request, on=march(3))
    undo_step(ledger, request, on=march(3))
    undo_request(ledger, request, on=march(3))
    assert read_lives(ledger) == ()
