"""The network: degrees as far as an export knows them, and the tidy review."""

import json
from datetime import date

import pandas as pd
import pytest
from invented_export import connection, export, message, url
from invented_introductions import asked, go

from netkit.errors import LedgerError
from netkit.network import degree, link, review, review_verdict

TODAY = "2024-03-01"
OLD, NEW = "2018-05-01", "2023-09-01"


def person(name, on=OLD):
    return connection(name, on, slug=name.lower().replace(" ", "-"))


def written(name, *days, way="incoming"):
    key = "in:" + name.lower().replace(" ", "-")
    return [message(key, f"{day}T10:00:00Z", direction=way) for day in days]


def listed(ledger):
    table = review(ledger).table
    return dict(zip(table["name"], table["list"], strict=True))


def take(ledger, *people, messages=(), taken_on=TODAY, **tables):
    ledger.import_export(export(taken_on, connections=list(people), messages=list(messages), **tables))


# Met long ago and never heard from since (PN8)


def test_met_years_ago_and_never_heard_from_is_listed_with_the_reason(ledger):
    take(ledger, person("Bo Lind"), person("Cy Wolf", NEW))
    assert listed(ledger) == {"Bo Lind": "long_silent"}
    assert review(ledger).table["reason"].tolist() == ["Connected 5 years ago, never heard from."]


def test_what_you_wrote_is_not_being_heard_from_but_stands_in_the_reason(ledger):
    take(ledger, person("Bo Lind"), messages=written("Bo Lind", "2023-12-01", way="outgoing"))
    assert review(ledger).table["reason"].tolist() == [
        "Connected 5 years ago, never heard from; you wrote 3 months ago."
    ]


@pytest.mark.parametrize(
    ("day", "heard"),
    [("2018-05-20", False), ("2018-05-31", False), ("2018-06-02", True), ("2024-01-01", True)],
)
def test_a_greeting_in_the_first_month_belongs_to_the_meeting(ledger, day, heard):
    take(ledger, person("Bo Lind"), messages=written("Bo Lind", day))
    assert ("Bo Lind" not in listed(ledger)) == heard


@pytest.mark.parametrize(("met", "old"), [("2021-02-28", True), ("2021-03-02", False)])
def test_long_ago_is_three_years_to_the_day_of_the_export(ledger, met, old):
    take(ledger, person("Bo Lind", met))
    assert ("Bo Lind" in listed(ledger)) == old


@pytest.mark.parametrize("sign", ["endorsement", "recommendation", "request", "answer"])
def test_a_sign_of_life_need_not_be_a_message(ledger, sign):
    tables = {
        "endorsement": {
            "endorsements": [
                {"person": "in:bo-lind", "direction": "received", "at": "2023-12-01", "skill": "x"}
            ]
        },
        "recommendation": {
            "recommendations": [{"name": "Bo Lind", "direction": "received", "at": "2023-12-01", "text": "x"}]
        },
    }.get(sign, {})
    take(ledger, person("Bo Lind"), **tables)
    if sign == "request":
        asked(ledger, date(2023, 12, 1), requester="Bo Lind")
    if sign == "answer":
        request = asked(ledger, date(2023, 12, 1), contact="Bo Lind")
        go(ledger, request, "permission_asked", "permission_refused", on=date(2023, 12, 2))
    assert listed(ledger) == {}


def test_being_asked_for_is_no_sign_of_life_of_the_contact(ledger):
    take(ledger, person("Bo Lind"))
    go(ledger, asked(ledger, date(2023, 12, 1), contact="Bo Lind"), "permission_asked", on=date(2023, 12, 2))
    assert listed(ledger) == {"Bo Lind": "long_silent"}


def test_an_endorsement_that_you_gave_is_no_sign_of_life(ledger):
    given = [{"person": "in:bo-lind", "direction": "given", "at": "2023-12-01", "skill": "x"}]
    take(ledger, person("Bo Lind"), endorsements=given)
    assert listed(ledger) == {"Bo Lind": "long_silent"}


# Close contacts who fell silent


def test_somebody_you_used_to_talk_with_and_who_fell_silent_is_a_close_contact(ledger):
    days = [f"2020-0{month}-01" for month in range(1, 6)]
    both = written("Bo Lind", *days) + written("Bo Lind", *days, way="outgoing")
    take(ledger, person("Bo Lind"), messages=both)
    assert listed(ledger) == {"Bo Lind": "close_contact_silent"}
    assert review(ledger).table["reason"].tolist() == [
        "Close contact (they wrote 5 times, you 5), last heard 3 years ago; you wrote 3 years ago."
    ]


def test_who_only_writes_to_you_is_no_close_contact(ledger):
    take(ledger, person("Bo Lind"), messages=written("Bo Lind", *[f"2020-0{m}-01" for m in range(1, 9)]))
    assert listed(ledger) == {}


def test_who_wrote_within_the_year_is_not_silent(ledger):
    take(
        ledger,
        person("Bo Lind"),
        messages=written("Bo Lind", "2023-03-02"),
        recommendations=[{"name": "Bo Lind", "direction": "given", "at": "2020-01-01", "text": "x"}],
    )
    assert listed(ledger) == {}


def test_a_recommendation_makes_a_close_contact_in_either_direction(ledger):
    given = [
        {"name": name, "direction": way, "at": "2019-01-01", "text": "x"}
        for name, way in (("Bo Lind", "given"), ("Cy Wolf", "received"))
    ]
    take(ledger, person("Bo Lind"), person("Cy Wolf"), recommendations=given)
    assert listed(ledger) == {"Bo Lind": "close_contact_silent", "Cy Wolf": "close_contact_silent"}


# What cannot be known


def test_without_messages_nobody_is_called_silent(ledger):
    ledger.import_export(export(TODAY, connections=[person("Bo Lind")], absent=("messages",)))
    found = review(ledger)
    assert found.table.empty
    assert found.unknown == ("No export held your messages: nobody can be called silent.",)


def test_an_empty_ledger_says_that_there_is_nobody(ledger):
    found = review(ledger)
    assert (found.connections, found.as_of) == (0, None)
    assert len(found.unknown) == 2


def test_a_connection_without_a_date_is_said_to_be_one(ledger):
    take(ledger, person("Bo Lind", None), person("Cy Wolf"))
    found = review(ledger)
    assert found.table["name"].tolist() == ["Cy Wolf"]
    assert found.unknown == ("Without a date, so that nobody can say how long ago you met: 1 connection.",)


def test_who_is_no_longer_a_connection_is_not_looked_at(ledger):
    take(ledger, person("Bo Lind"), person("Cy Wolf"), taken_on="2024-01-01")
    take(ledger, person("Cy Wolf"))
    assert listed(ledger) == {"Cy Wolf": "long_silent"}


def test_ages_are_counted_to_the_export_and_not_to_today(ledger):
    take(ledger, person("Bo Lind", "2018-05-01"), taken_on="2020-01-01")
    assert listed(ledger) == {}
    assert review(ledger).as_of == date(2020, 1, 1)


# What you decide


@pytest.mark.parametrize("verdict", ["keep", "removed", "close_contact"])
def test_what_is_decided_is_remembered_and_nobody_is_asked_about_twice(ledger, verdict):
    take(ledger, person("Bo Lind"), person("Cy Wolf"))
    assert review_verdict(ledger, "bo lind", verdict, on=date(2024, 3, 2), because="x") == "Bo Lind"
    found = review(ledger)
    shown = dict(zip(found.table["name"], found.table["list"], strict=True))
    close = {"Bo Lind": "close_contact_silent"} if verdict == "close_contact" else {}
    assert shown == {"Cy Wolf": "long_silent"} | close
    assert found.settled == (0 if verdict == "close_contact" else 1)
    row = ledger.reviews.to_frame().iloc[-1]
    assert (row["person"], row["verdict"], row["because"]) == ("in:bo-lind", verdict, "x")


def test_a_decision_is_changed_by_a_new_one(ledger):
    take(ledger, person("Bo Lind"))
    review_verdict(ledger, "in:bo-lind", "keep", on=date(2024, 3, 2))
    review_verdict(ledger, "in:bo-lind", "look_again", on=date(2024, 3, 3))
    assert listed(ledger) == {"Bo Lind": "long_silent"}
    assert len(ledger.reviews.to_frame()) == 2


def test_the_word_dear_of_an_older_ledger_is_read_as_close_contact(ledger):
    take(ledger, person("Bo Lind"))
    ledger.reviews.add("in:bo-lind", "dear", at=date(2024, 3, 2), source="test")
    assert listed(ledger) == {"Bo Lind": "close_contact_silent"}
    assert review(ledger).table["reason"].tolist() == ["Close contact (you said so), never heard from."]


def test_nobody_is_ever_removed(ledger):
    take(ledger, person("Bo Lind"), person("Cy Wolf"))
    before = ledger.exports.connections()
    review(ledger)
    assert review_verdict(ledger, url("bo-lind"), "removed", on=date(2024, 3, 2)) == "Bo Lind"
    pd.testing.assert_frame_equal(ledger.exports.connections(), before)
    assert review(ledger).connections == 2


def test_a_name_that_is_not_there_or_that_several_bear_is_refused(ledger):
    take(
        ledger,
        person("Bo Lind"),
        connection("Al Po", OLD, slug="al-1"),
        connection("Al Po", OLD, slug="al-2"),
    )
    with pytest.raises(LedgerError, match="no connection called 'Bo Lint'.*Bo Lind"):
        review_verdict(ledger, "Bo Lint", "keep", on=date(2024, 3, 2))
    with pytest.raises(LedgerError, match="2 people fit 'Al Po'.*in:al-1, in:al-2"):
        review_verdict(ledger, "Al Po", "keep", on=date(2024, 3, 2))
    with pytest.raises(LedgerError, match="Did you mean 'keep'"):
        review_verdict(ledger, "Bo Lind", "kept", on=date(2024, 3, 2))
    assert ledger.reviews.to_frame().empty


def test_a_review_is_plain_values_for_json(ledger):
    take(ledger, person("Bo Lind"), person("Cy Wolf", None))
    told = json.loads(json.dumps(review(ledger).as_dict(), allow_nan=False))
    (one,) = told["people"]
    assert (one["name"], one["connected_on"], one["last_heard"]) == ("Bo Lind", OLD, None)


# Degrees (PV1)


def test_a_connection_is_first_degree(ledger):
    take(ledger, person("Bo Lind"))
    assert degree(ledger, "in:bo-lind").known == "first"
    assert degree(ledger, "name:bo lind").known == "first"


def test_of_all_others_it_is_said_that_nobody_knows(ledger):
    take(ledger, person("Bo Lind"))
    found = degree(ledger, "in:cy-wolf")
    assert (found.known, found.possible) == (None, ("second", "third", "none"))
    assert "only the platform knows" in found.reason


def test_a_connection_that_was_is_said_to_have_been_one(ledger):
    take(ledger, person("Bo Lind"), person("Cy Wolf"), taken_on="2024-01-01")
    take(ledger, person("Cy Wolf"))
    found = degree(ledger, "in:bo-lind")
    assert "first" not in found.possible
    assert "until the export of 1 Jan 2024, not in that of 1 Mar 2024" in found.reason


def test_without_connections_nothing_is_known(ledger):
    assert len(degree(ledger, "in:bo-lind").possible) == 4
    ledger.import_export(export(TODAY, absent=("connections",)))
    assert len(degree(ledger, "in:bo-lind").possible) == 4


def test_two_of_your_connections_are_at_most_second_degree_to_each_other(ledger):
    take(ledger, person("Bo Lind"), person("Cy Wolf"))
    assert link(ledger, "in:bo-lind", "in:cy-wolf").possible == ("first", "second")
    assert len(link(ledger, "in:bo-lind", "in:dee-roth").possible) == 4
