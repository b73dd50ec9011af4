"""What the user did and noted: rows are added, never changed, and the row recorded last counts."""

import sqlite3
from datetime import date

import pytest
from invented_export import export, invitation

from netkit.errors import FactError, LedgerError
from netkit.facts import Fact, vocabulary
from netkit.ledger import open_ledger

TABLES = ["decisions", "facts_noted", "introductions", "introduction_events", "letters_sent", "reviews"]


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "home") as opened:
        ada = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-l")
        opened.import_export(export("2024-03-01", invitations=[ada]))
        yield opened


@pytest.fixture
def ada(ledger):
    return ledger.invitations.to_frame()["request"][0]


@pytest.fixture
def asked(ledger):
    return ledger.introductions.add(
        "Eli Asker", "Fay Contact", purpose_text="to learn about bees", channel="email",
        asked_at="2024-03-02", source="test",
    )  # fmt: skip


def test_a_decision_and_its_facts_are_rows_with_time_and_source(ledger, ada):
    ledger.decisions.add(
        ada, "defer", at="2024-02-05 09:00", source="command line", opinion_seen=True,
        facts={"met_in_person": "yes", "reason_to_connect": "later"}, because="next year",
        remind_on=date(2024, 9, 1),
    )  # fmt: skip
    (decision,) = ledger.decisions.to_frame("invitation").to_dict(orient="records")
    assert (decision["action"], decision["via"], decision["opinion_seen"]) == ("defer", "command line", True)
    assert (
        f"{decision['at']:%Y-%m-%d %H:%M} {decision['remind_on']:%Y-%m-%d}" == "2024-02-05 09:00 2024-09-01"
    )
    noted = ledger.notes.to_frame().set_index("fact")["level"].to_dict()
    assert noted == {"met_in_person": "yes", "reason_to_connect": "later"}


def test_a_second_decision_stands_after_the_first_and_both_stay(ledger, ada):
    ledger.decisions.add(ada, "accept", at="2024-02-05", source="test")
    ledger.decisions.add(ada, "decline", at="2024-02-04", source="test")
    assert ledger.decisions.to_frame()["action"].tolist() == ["accept", "decline"]


def test_a_decision_taken_back_no_longer_stands_and_stays_on_record(ledger, ada):
    slip = ledger.decisions.add(ada, "accept", at="2024-02-05", source="test", opinion_seen=True)
    ledger.decisions.undo(slip, at="2024-02-05", source="test", because="a slip of the finger")
    assert ledger.decisions.to_frame().empty
    every = ledger.decisions.to_frame(include_undone=True)
    assert every["action"].tolist() == ["accept", "undone"]
    assert every["undoes"].fillna(0).tolist() == [0, slip]


def test_after_a_taking_back_the_decision_before_it_counts(ledger, ada):
    ledger.decisions.add(ada, "ask", at="2024-02-05", source="test")
    slip = ledger.decisions.add(ada, "accept", at="2024-02-06", source="test")
    ledger.decisions.undo(slip, at="2024-02-06", source="test")
    assert ledger.decisions.to_frame("invitation")["action"].tolist() == ["ask"]


def test_a_taking_back_can_be_taken_back(ledger, ada):
    first = ledger.decisions.add(ada, "accept", at="2024-02-05", source="test")
    undo = ledger.decisions.undo(first, at="2024-02-05", source="test")
    ledger.decisions.undo(undo, at="2024-02-06", source="test")
    assert ledger.decisions.to_frame()["action"].tolist() == ["accept"]


@pytest.mark.parametrize("number", [0, 2])
def test_a_decision_that_is_not_there_cannot_be_taken_back(ledger, ada, number):
    ledger.decisions.add(ada, "accept", at="2024-02-05", source="test")
    with pytest.raises(LedgerError, match=rf"^There is no active decision {number}\. Active decisions: 1\.$"):
        ledger.decisions.undo(number, at="2024-02-05", source="test")


def test_a_decision_is_taken_back_only_once(ledger, ada):
    slip = ledger.decisions.add(ada, "accept", at="2024-02-05", source="test")
    ledger.decisions.undo(slip, at="2024-02-05", source="test")
    with pytest.raises(
        LedgerError, match=rf"^There is no active decision {slip}\. Active decisions: none\.$"
    ):
        ledger.decisions.undo(slip, at="2024-02-05", source="test")


def test_forgetting_a_person_takes_decisions_taken_back_along(ledger, ada):
    slip = ledger.decisions.add(ada, "accept", at="2024-02-05", source="test")
    ledger.decisions.undo(slip, at="2024-02-05", source="test")
    ledger.forget("Ada Love")
    assert ledger.decisions.to_frame(include_undone=True).empty


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET via = 'changed'", "DELETE FROM {}"])
def test_what_was_recorded_cannot_be_changed_or_deleted(ledger, ada, asked, table, statement):
    ledger.decisions.add(ada, "ignore", at="2024-02-05", source="test", facts={"recognised": "no"})
    ledger.introductions.add_event(asked, "judged", at="2024-03-03", source="test")
    ledger.letters.add("introduce", "Dear Fay", at="2024-03-03", source="test")
    ledger.reviews.add("in:ada-l", "keep", at="2024-03-03", source="test")
    with sqlite3.connect(ledger.file) as other, pytest.raises(sqlite3.IntegrityError, match="never"):
        other.execute(statement.format(table))
    other.close()


@pytest.mark.parametrize("table", ["decisions", "facts_noted", "introductions", "introduction_events"])
def test_replacing_a_row_is_no_way_round(ledger, ada, asked, table):
    ledger.decisions.add(ada, "ignore", at="2024-02-05", source="test", facts={"recognised": "no"})
    ledger.introductions.add_event(asked, "judged", at="2024-03-03", source="test")
    other = sqlite3.connect(ledger.file)  # without the settings that netkit opens with
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        other.execute(f"REPLACE INTO {table} SELECT * FROM {table}")
    other.close()


def test_an_unknown_action_names_the_nearest(ledger, ada):
    with pytest.raises(LedgerError, match="Did you mean 'accept'"):
        ledger.decisions.add(ada, "acept", at="2024-02-05", source="test")


def test_an_unknown_request_names_the_nearest(ledger, ada):
    with pytest.raises(LedgerError, match=f"Did you mean '{ada}'"):
        ledger.decisions.add(ada[:-1] + "z", "accept", at="2024-02-05", source="test")


def test_a_decision_before_the_request_came_is_refused(ledger, ada):
    with pytest.raises(LedgerError, match="arrived on 2024-02-01"):
        ledger.decisions.add(ada, "accept", at="2024-01-05", source="test")


def test_a_wrong_level_leaves_neither_the_decision_nor_the_other_facts(ledger, ada):
    with pytest.raises(FactError, match="maybe"):
        ledger.decisions.add(
            ada, "accept", at="2024-02-05", source="test",
            facts={"recognised": "yes", "met_in_person": "maybe"},
        )  # fmt: skip
    assert ledger.decisions.to_frame().empty and ledger.notes.to_frame().empty


def test_a_fact_of_ones_own_is_accepted_with_its_vocabulary_and_refused_without(ledger, ada):
    own = Fact("shares_my_hobby", "Do you share a hobby?", levels=("yes", "no"))
    with pytest.raises(FactError):
        ledger.notes.add(ada, "shares_my_hobby", "yes", at="2024-02-05", source="test")
    ledger.notes.add(
        ada, "shares_my_hobby", "yes", at="2024-02-05", source="test",
        vocabulary=vocabulary("invitation").extended([own]),
    )  # fmt: skip
    assert ledger.notes.to_frame()["fact"].tolist() == ["shares_my_hobby"]


def test_not_knowing_is_an_answer_and_taking_back_is_none_each_by_a_new_row(ledger, ada):
    for level in ("yes", "unknown", "undo"):
        ledger.notes.add(ada, "recognised", level, at="2024-02-06", source="test")
    notes = ledger.notes.to_frame()
    assert notes["level"].astype("object").where(notes["level"].notna(), None).tolist() == [
        "yes", "unknown", None,
    ]  # fmt: skip
    assert notes["corrects"].tolist()[1:] == notes["id"].tolist()[:2]
    assert notes["sitting"].nunique() == 1 and set(notes["origin"]) == {"typed"}


def test_writes_together_are_one_write(ledger, ada):
    with pytest.raises(RuntimeError, match="the power fails"), ledger.together():
        ledger.decisions.add(ada, "accept", at="2024-02-05", source="test")
        raise RuntimeError("the power fails")
    assert ledger.decisions.to_frame().empty


def test_the_same_introduction_asked_twice_is_one(ledger, asked):
    again = ledger.introductions.add(
        "Eli Asker", "Fay Contact", purpose_text="to learn about bees", channel="email",
        asked_at="2024-03-02", source="test",
    )  # fmt: skip
    assert again == asked and len(ledger.introductions.to_frame()) == 1
    assert asked.startswith("intro-")


def test_an_undone_step_no_longer_stands_and_stays_on_record(ledger, asked):
    first = ledger.introductions.add_event(asked, "introduced", at="2024-03-03", source="test")
    ledger.introductions.add_event(asked, "undone", at="2024-03-04", source="test", undoes=first)
    assert ledger.introductions.events().empty
    assert ledger.introductions.events(include_undone=True)["step"].tolist() == ["introduced", "undone"]


def test_an_undoing_can_be_undone(ledger, asked):
    first = ledger.introductions.add_event(asked, "introduced", at="2024-03-03", source="test")
    undo = ledger.introductions.add_event(asked, "undone", at="2024-03-04", source="test", undoes=first)
    ledger.introductions.add_event(asked, "undone", at="2024-03-05", source="test", undoes=undo)
    assert ledger.introductions.events()["step"].tolist() == ["introduced"]


def test_a_corrected_outcome_replaces_the_one_it_undoes(ledger, asked):
    wrong = ledger.introductions.add_event(
        asked, "outcome_requester", at="2024-03-09", source="test", detail={"outcome": "no_show"}
    )
    ledger.introductions.add_event(
        asked, "outcome_requester", at="2024-03-10", source="test", detail={"outcome": "useful"},
        undoes=wrong,
    )  # fmt: skip
    assert [detail["outcome"] for detail in ledger.introductions.events()["detail"]] == ["useful"]


@pytest.mark.parametrize(
    ("step", "detail", "says"),
    [
        ("introducd", {}, "Did you mean 'introduced'"),
        ("outcome_contact", {}, "There is no outcome"),
        ("outcome_contact", {"outcome": "usefull"}, "Did you mean 'useful'"),
    ],
)
def test_a_wrong_step_or_outcome_is_refused(ledger, asked, step, detail, says):
    with pytest.raises(LedgerError, match=says):
        ledger.introductions.add_event(asked, step, at="2024-03-03", source="test", detail=detail)


def test_a_step_of_another_introduction_cannot_be_undone(ledger, asked):
    other = ledger.introductions.add(
        "Gus Other", "Fay Contact", purpose_text="", channel="email", asked_at="2024-03-02", source="test"
    )
    step = ledger.introductions.add_event(other, "judged", at="2024-03-03", source="test")
    with pytest.raises(LedgerError, match=f"no step number {step}"):
        ledger.introductions.add_event(asked, "undone", at="2024-03-04", source="test", undoes=step)


def test_a_wrong_channel_is_refused(ledger):
    with pytest.raises(LedgerError, match="telephone, in_person, email or platform_message"):
        ledger.introductions.add(
            "Eli", "Fay", purpose_text="", channel="fax", asked_at="2024-03-02", source="test"
        )


def test_a_day_without_a_time_means_its_end(ledger, ada):
    ledger.decisions.add(ada, "accept", at=date(2024, 2, 1), source="test")
    assert f"{ledger.decisions.to_frame()['at'][0]:%H:%M:%S}" == "23:59:59"


def test_a_moment_in_another_zone_is_kept_in_utc(ledger, ada):
    ledger.decisions.add(ada, "accept", at="2024-02-05 20:00-08:00", source="test")
    assert f"{ledger.decisions.to_frame()['at'][0]:%Y-%m-%d %H:%M}" == "2024-02-06 04:00"


def test_a_wrong_date_is_refused(ledger, ada):
    with pytest.raises(LedgerError, match="2024-13-01"):
        ledger.decisions.add(ada, "accept", at="2024-13-01", source="test")
