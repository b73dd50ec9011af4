"""Facts as of the decision: strictly before the arrival, noted in time, and never a leak."""

import pandas as pd
import pytest
from exports import folder_of_2018
from invented_export import connection, export, invitation, message

from netkit.errors import LeakError
from netkit.export import read_export
from netkit.facts import Fact, vocabulary
from netkit.history import guard_facts, read_history
from netkit.ledger.database import begin_sitting

SENT = "2024-02-01T10:00:00+00:00"
ADA = invitation("Ada Love", SENT, slug="ada")
BO = invitation("Bo Silent", SENT, slug="bo")
INVITATION = vocabulary("invitation")


def fact(ledger, name, request_of="Ada Love", **options):
    history = read_history(ledger, **options)
    return history.facts.loc[history.table["name"] == request_of, name].iloc[-1]


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2024-02-01T09:59:59+00:00", "yes"),
        ("2024-02-01T10:00:00+00:00", "no"),  # the note's own copy carries the minute of the invitation
        ("2024-02-01T10:00:30+00:00", "no"),
        ("2024-02-09T10:00:00+00:00", "no"),
    ],
)
def test_only_messages_strictly_before_the_invitation_count(ledger, written, known):
    ledger.import_export(export("2024-03-01", invitations=[ADA], messages=[message("in:ada", written)]))
    assert fact(ledger, "wrote_before") == known


def test_what_an_earlier_reader_of_notes_did_not_look_for_is_unknown_not_no(ledger):
    noted = ADA | {"message": "We met at the fair in Ulm, and I would like to ask you about glazes."}
    ledger.import_export(export("2024-03-01", invitations=[noted, BO]))
    with ledger.together():
        ledger.database.connection.execute(
            "UPDATE notes_read SET traits = json_remove(traits, '$.asks_for_money_or_data')"
        )
    assert pd.isna(fact(ledger, "asks_for_money_or_data"))
    assert fact(ledger, "note_recalls_meeting") == "yes"
    assert fact(ledger, "asks_for_money_or_data", "Bo Silent") == "no"  # there is no note


@pytest.mark.parametrize(
    ("created", "known"),
    [("2024-01-31T10:00:00+00:00", "yes"), ("2024-02-01T10:00:00+00:00", "no"), (None, None)],
)
def test_only_an_address_book_entry_strictly_before_counts(ledger, created, known):
    book = [{"name": "Ada Love", "created_at": created}]
    ledger.import_export(export("2024-03-01", invitations=[ADA], address_book=book))
    found = fact(ledger, "in_address_book")
    assert found == known if known else pd.isna(found)


def test_an_earlier_invitation_of_the_same_person_makes_a_repeat_and_a_later_one_does_not(ledger):
    again = invitation("Ada Love", "2024-02-20T10:00:00+00:00", slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[ADA, again]))
    assert read_history(ledger).facts["repeat_invitation"].tolist() == ["no", "yes"]


@pytest.mark.parametrize(
    ("at", "known"),
    [("2024-01-31T10:00:00+00:00", "yes"), (SENT, None), ("2024-02-20T10:00:00+00:00", None), (None, None)],
)
def test_your_own_earlier_invitation_of_the_person_counts_and_its_absence_says_nothing(ledger, at, known):
    mine = [{**invitation("Ada Love", at, slug="ada"), "direction": "outgoing"}] if at else []
    ledger.import_export(export("2024-03-01", invitations=[ADA, *mine]))
    found = fact(ledger, "you_invited_before")
    assert found == known if known else pd.isna(found)


@pytest.mark.parametrize(
    ("table", "name"), [("messages", "wrote_before"), ("address_book", "in_address_book")]
)
def test_what_no_export_held_is_unknown_not_no(ledger, table, name):
    ledger.import_export(export("2024-03-01", invitations=[ADA], absent=(table,)))
    assert pd.isna(fact(ledger, name))


def test_of_a_closed_account_nothing_about_the_past_is_known(ledger):
    closed = invitation("LinkedIn Member", SENT)
    ledger.import_export(export("2024-03-01", invitations=[closed], messages=[message("in:x", SENT)]))
    assert pd.isna(fact(ledger, "wrote_before", "LinkedIn Member"))
    assert pd.isna(fact(ledger, "repeat_invitation", "LinkedIn Member"))


def test_a_message_that_names_only_a_unique_name_counts_for_its_address(ledger):
    mail = [message("name:ada love", "2024-01-01T10:00:00+00:00")]
    ledger.import_export(export("2024-03-01", invitations=[ADA], messages=mail))
    assert fact(ledger, "wrote_before") == "yes"


def test_what_the_note_says_is_read_from_the_invitation(ledger):
    with_note = invitation("Bo Kern", SENT, slug="bo", note="We met at the fair in Ghent last week.")
    ledger.import_export(export("2024-03-01", invitations=[ADA, with_note]))
    assert fact(ledger, "note_kind") == "none"
    assert fact(ledger, "note_kind", "Bo Kern") == "personal"
    assert fact(ledger, "note_words", "Bo Kern") == 9


def test_of_an_invitation_typed_in_without_its_note_nothing_is_said_about_the_note(ledger):
    ledger.invitations.add("Cy Dorn", sent_at="2024-02-19", source="test")
    assert pd.isna(fact(ledger, "note_kind", "Cy Dorn"))


def decide(ledger, action, at, **facts):
    key = ledger.invitations.to_frame().set_index("name").loc["Ada Love", "request"]
    ledger.decisions.add(key, action, at=at, source="test", facts=facts)
    return key


def test_a_fact_noted_with_the_decision_is_known_at_it(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    decide(ledger, "decline", "2024-02-05", met_in_person="no")
    assert fact(ledger, "met_in_person") == "no"


def test_a_fact_noted_after_the_decision_is_left_out_and_said(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = decide(ledger, "decline", "2024-02-05")
    ledger.notes.add(key, "met_in_person", "yes", at="2024-02-06", source="test")
    assert pd.isna(fact(ledger, "met_in_person"))
    assert any("left out" in sentence for sentence in read_history(ledger).advice)


@pytest.mark.parametrize("day", ["2024-02-20", None])
def test_what_you_noted_while_the_ledger_knew_of_no_answer_counts_once_it_learns_of_an_earlier_one(
    ledger, day
):
    ledger.import_export(export("2024-02-10", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "met_in_person", "yes", at="2024-02-25", source="test")
    linked = connection("Ada Love", day, slug="ada")
    ledger.import_export(export("2024-03-01", connections=[linked]))
    ledger.notes.add(key, "recognised", "yes", at="2024-03-02", source="test")
    history = read_history(ledger)
    assert history.table["state"].tolist() == ["accepted"]
    assert history.values_of(key)["met_in_person"]["level"] == "yes"
    assert pd.isna(fact(ledger, "recognised"))  # by then the answer was known


def test_what_you_noted_before_an_archive_shows_the_note_among_the_messages_counts(ledger):
    note = "We met at the fair in Ghent last week."
    asked = invitation("Bo Kern", SENT, slug="bo", note=note)
    ledger.import_export(export("2024-02-10", invitations=[asked]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "met_in_person", "yes", at="2024-02-25", source="test")
    mail = [message("in:bo", "2024-02-20T10:00:00+00:00", content=note)]
    ledger.import_export(export("2024-03-01", invitations=[asked], messages=mail))
    ledger.notes.add(key, "recognised", "yes", at="2024-03-02", source="test")
    assert read_history(ledger).table["state"].tolist() == ["accepted"]
    assert fact(ledger, "met_in_person", "Bo Kern") == "yes"
    assert pd.isna(fact(ledger, "recognised", "Bo Kern"))


def test_what_you_noted_after_the_day_that_you_gave_your_answer_yourself_is_hindsight(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "met_in_person", "no", at="2024-02-25", source="test")
    decide(ledger, "decline", "2024-02-20")
    assert pd.isna(fact(ledger, "met_in_person"))


def test_a_later_note_does_not_displace_the_one_in_time(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = decide(ledger, "decline", "2024-02-05", met_in_person="no")
    ledger.notes.add(key, "met_in_person", "yes", at="2024-02-20", source="test")
    assert fact(ledger, "met_in_person") == "no"


def test_for_an_acceptance_that_only_the_export_knows_its_day_is_the_limit(ledger):
    linked = connection("Ada Love", "2024-02-03", slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[ADA], connections=[linked]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "recognised", "yes", at="2024-02-03 18:00", source="test")
    ledger.notes.add(key, "met_in_person", "yes", at="2024-02-04", source="test")
    assert fact(ledger, "recognised") == "yes" and pd.isna(fact(ledger, "met_in_person"))


def test_while_nothing_is_decided_every_note_counts_and_the_last_of_a_fact_wins(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "recognised", "no", at="2024-02-03", source="test")
    ledger.notes.add(key, "recognised", "yes", at="2024-02-02", source="test")
    assert fact(ledger, "recognised") == "yes"


@pytest.mark.parametrize(("level", "left"), [("unknown", None), ("undo", "no")])
def test_not_knowing_counts_as_noted_and_taking_back_leaves_what_is_derived(ledger, level, left):
    ledger.import_export(export("2024-03-01", invitations=[ADA], messages=[]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "wrote_before", "yes", at="2024-02-03", source="test")
    ledger.notes.add(key, "wrote_before", level, at="2024-02-04", source="test")
    history = read_history(ledger)
    assert (fact(ledger, "wrote_before") == "no") if left else pd.isna(fact(ledger, "wrote_before"))
    said = "typed" if level == "unknown" else "derived"
    assert history.origins["wrote_before"].tolist() == [said]
    assert history.values_of(key)["wrote_before"] == {"level": left, "origin": said}


def answered(ledger, key, action="decline"):
    ledger.decisions.add(key, action, at="2024-02-20", source="test", facts={"recognised": "no"})


def origin_of(ledger, name="recognised"):
    return read_history(ledger).origins[name].tolist()


def test_what_was_typed_says_when_seen_from_the_answer(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "met_in_person", "yes", at="2024-02-03", source="test")
    assert origin_of(ledger, "met_in_person") == ["typed"]
    begin_sitting()
    ledger.notes.add(key, "worked_together", "no", at="2024-02-03", source="test")
    answered(ledger, key)
    begin_sitting()
    ledger.notes.add(key, "useful_field", "no", at="2024-02-03", source="test")
    told = [origin_of(ledger, name)[0] for name in
            ("met_in_person", "worked_together", "recognised", "useful_field")]  # fmt: skip
    assert told == ["typed earlier", "typed with", "typed with", "typed after"]


def test_saying_the_same_again_with_the_answer_does_not_make_it_later(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "recognised", "no", at="2024-02-03", source="test")
    begin_sitting()
    answered(ledger, key)
    assert origin_of(ledger) == ["typed earlier"]


def test_asked_first_and_accepted_later_is_one_history(ledger):
    ledger.import_export(export("2024-02-10", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.decisions.add(key, "ask", at="2024-02-03", source="test")
    link = connection("Ada Love", "2024-02-12", slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[ADA], connections=[link]))
    history = read_history(ledger)
    row = history.table.iloc[0]
    assert (row["step"], row["action"], row["source"], row["label"]) == ("ask", "accept", "export", 1.0)
    assert pd.isna(row["opinion_seen"]) and not any("refused in your" in s for s in history.advice)
    assert history.as_dict()["sources"] == {"export": 1}


def test_a_note_of_ones_own_counts_for_more_than_what_is_derived(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "wrote_before", "yes", at="2024-02-03", source="test")
    assert fact(ledger, "wrote_before") == "yes"


def test_nobody_was_asked_until_the_ledger_says_so(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    assert fact(ledger, "reply_to_question") == "not_asked"
    key = decide(ledger, "ask", "2024-02-02")
    assert pd.isna(fact(ledger, "reply_to_question"))
    ledger.notes.add(key, "reply_to_question", "knows_me", at="2024-02-03", source="test")
    assert fact(ledger, "reply_to_question") == "knows_me"


def test_facts_of_ones_own_stand_in_the_facts_frame(ledger):
    own = INVITATION.extended([Fact("shares_my_hobby", "A hobby?", levels=("yes", "no"))])
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "shares_my_hobby", "yes", at="2024-02-03", source="test", vocabulary=own)
    assert fact(ledger, "shares_my_hobby", vocabulary=own) == "yes"
    assert any("shares_my_hobby" in sentence for sentence in read_history(ledger).advice)


def test_a_fact_declared_as_knowable_afterwards_never_reaches_a_judge(ledger):
    later = Fact("became_a_friend", "Did you become friends?", levels=("yes", "no"), knowable="afterwards")
    own = INVITATION.extended([later])
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    key = ledger.invitations.to_frame()["request"][0]
    ledger.notes.add(key, "became_a_friend", "yes", at="2024-02-03", source="test", vocabulary=own)
    assert "became_a_friend" not in read_history(ledger, vocabulary=own).facts


def test_the_facts_frame_has_the_declared_columns_in_order_and_typed(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    facts = read_history(ledger).facts
    assert facts.columns.tolist() == ["request", *INVITATION]
    assert {str(kind) for kind in facts.dtypes} == {"str", "Int64"}


def test_facts_of_some_requests_come_in_their_order(ledger):
    bo = invitation("Bo Kern", SENT, slug="bo")
    ledger.import_export(export("2024-03-01", invitations=[ADA, bo]))
    history = read_history(ledger)
    wanted = history.table["request"].iloc[::-1]
    assert history.facts_of(wanted)["request"].tolist() == wanted.tolist()


# Every leak that the description of the export lists, planted under a plain name.
PLANTED = {
    "company": "exists only for people who are connected",
    "Position": "exists only for people who are connected",
    "email": "exists only for people who are connected",
    "Connected On": "exists only for people who are connected",
    "note_copy": "copied into the messages when the invitation is accepted",
    "content": "copied into the messages when the invitation is accepted",
    "messages_after_sent_at": "follow from the decision",
    "wrote_after": "follow from the decision",
    "endorsements_after": "come from connections",
    "recommended": "come from connections",
    "row_age_days": "how old a row is",
    "days_to_export": "how old a row is",
    "distance_to_export_date": "how old a row is",
    "join_failed": "whether a row found its connection",
    "in_connections": "whether a row found its connection",
    "direction": "other people's decisions",
    "outgoing": "other people's decisions",
    "label": "it is the answer",
    "outcome": "it is the answer",
}


@pytest.mark.parametrize(("name", "because"), PLANTED.items())
def test_each_planted_leak_is_refused_by_name_and_reason(name, because):
    facts = pd.DataFrame({"request": ["inv-1"], "recognised": ["yes"], name: ["x"]})
    with pytest.raises(LeakError) as refused:
        guard_facts(facts, INVITATION)
    assert repr(name) in refused.value.wrong and because in refused.value.wrong


@pytest.mark.parametrize("name", ["company", "connected_on", "join_failed", "age_days"])
def test_declaring_a_leak_does_not_make_it_knowable(name):
    declared = {**INVITATION.facts, name: Fact(name, "?", levels=("a", "b"), knowable="on_arrival")}
    with pytest.raises(LeakError, match=name):
        guard_facts(
            pd.DataFrame({"request": ["inv-1"], name: ["a"]}), type(INVITATION)("invitation", declared)
        )


def test_a_leak_among_ones_own_facts_stops_the_history(ledger):
    own = INVITATION.extended([Fact("company", "Where do they work?", levels=("here", "elsewhere"))])
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    with pytest.raises(LeakError, match="company.*under a name of your own"):
        read_history(ledger, vocabulary=own)


def test_a_fact_that_is_knowable_only_afterwards_is_refused():
    later = Fact("became_a_friend", "?", levels=("yes", "no"), knowable="afterwards")
    facts = pd.DataFrame({"request": ["inv-1"], "became_a_friend": ["yes"]})
    with pytest.raises(LeakError, match="knowable only afterwards"):
        guard_facts(facts, INVITATION.extended([later]))


def test_a_fact_that_nobody_declared_is_refused():
    with pytest.raises(LeakError, match="nobody says when it is knowable"):
        guard_facts(pd.DataFrame({"request": ["inv-1"], "shoe_size": [41]}), INVITATION)


def test_rows_that_are_not_invitations_to_the_user_are_refused():
    facts = pd.DataFrame({"request": ["inv-1", "inv-of-mine"], "recognised": ["yes", "no"]})
    with pytest.raises(
        LeakError, match="1 row cannot be used: outgoing invitations are other people's decisions"
    ):
        guard_facts(facts, INVITATION, incoming=["inv-1"])


def test_all_leaks_are_named_at_once():
    facts = pd.DataFrame({"request": ["inv-1"], "company": ["x"], "label": [1]})
    with pytest.raises(LeakError, match="'company'.*'label'"):
        guard_facts(facts, INVITATION)


def test_no_shipped_fact_is_refused():
    for kind in ("invitation", "introduction"):
        declared = vocabulary(kind)
        assert guard_facts(pd.DataFrame(columns=["request", *declared]), declared) is not None


# Until about 2019 the three files share one clock, which none of them names: an invented folder of 2018


def test_in_2018_thanks_after_an_acceptance_are_no_message_before_the_invitation(ledger, tmp_path):
    ledger.import_export(read_export(folder_of_2018(tmp_path / "e18m")))
    history = read_history(ledger)
    assert history.facts["wrote_before"].tolist() == ["no", "no"]
    assert history.table["state"].tolist() == ["accepted", "accepted"]
    assert history.table["delay_days"].tolist() == [0, 0]  # in UTC both evenings are the next day
    assert history.table["decided_at"].notna().all()


def test_in_2018_one_connection_answers_one_invitation(ledger, tmp_path):
    earlier = 'Ada Vogel,Me Self,"9/1/18, 8:00 AM",,INCOMING\n'
    ledger.import_export(read_export(folder_of_2018(tmp_path / "e18m", earlier=earlier)))
    states = read_history(ledger).table.set_index("sent_at")["state"]
    assert states.tolist() == ["gone", "accepted", "accepted"]


def test_a_time_that_says_utc_stays_utc(tmp_path):
    export = read_export(folder_of_2018(tmp_path / "e18m", connected="2018-09-10 20:11:00 UTC"))
    assert export.tables["connections"]["connected_on"].dt.day.tolist() == [10, 12]
    assert str(export.tables["messages"]["sent_at"][0]) == "2018-09-11 03:15:00+00:00"


def test_an_acceptance_without_a_date_does_not_let_later_notes_in(ledger):
    link = connection("Ada Love", None, slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[ADA], connections=[link]))
    table = read_history(ledger).table
    assert table["state"].tolist() == ["accepted"] and table["decided_at"].isna().all()
    ledger.notes.add(table["request"].iloc[0], "met_in_person", "yes", at="2024-02-20", source="test")
    assert pd.isna(fact(ledger, "met_in_person"))
