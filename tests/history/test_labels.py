"""The five label states of an invitation, their strengths, and the user's own delay."""

from itertools import permutations

import numpy as np
import pytest
from invented_export import connection, export, invitation

from netkit.history import read_history


def states(ledger):
    table = read_history(ledger).table
    return dict(zip(table["name"], table["state"], strict=True))


# Twenty acceptances that took 0 to 19 days: the 95th percentile lies at 18.05 days.
TWENTY = [
    (
        invitation(f"Quick {n}", "2024-01-01T12:00:00+00:00", slug=f"quick-{n}"),
        connection(f"Quick {n}", f"2024-01-{n + 1:02}", slug=f"quick-{n}"),
    )
    for n in range(20)
]
ASKED, LINKED = [list(rows) for rows in zip(*TWENTY, strict=True)]


def row(ledger, name):
    table = read_history(ledger).table
    return table[table["name"] == name].iloc[0]


def test_each_state_with_its_strength_and_label(ledger):
    old = invitation("Old Unanswered", "2024-02-01T12:00:00+00:00", slug="old")
    fresh = invitation("Fresh Unanswered", "2024-02-20T12:00:00+00:00", slug="fresh")
    refused = invitation("Refused By You", "2024-02-20T12:00:00+00:00", slug="refused")
    vanished = invitation("Vanished Since", "2024-01-20T12:00:00+00:00", slug="vanished")
    twice = invitation("Twice Unanswered", "2024-01-02T12:00:00+00:00", slug="twice")
    ledger.import_export(export("2024-02-01", invitations=[*ASKED, vanished, twice], connections=LINKED))
    later = [*ASKED, old, fresh, refused, twice]
    ledger.import_export(export("2024-03-01", invitations=later, connections=LINKED))
    key = ledger.invitations.to_frame().set_index("name").loc["Refused By You", "request"]
    ledger.decisions.add(key, "decline", at="2024-02-21", source="test")
    table = read_history(ledger).table.set_index("name")
    found = table.loc[
        [
            "Quick 3",
            "Refused By You",
            "Vanished Since",
            "Twice Unanswered",
            "Old Unanswered",
            "Fresh Unanswered",
        ],
        ["state", "strength", "label"],
    ]
    assert found.fillna(-1).values.tolist() == [
        ["accepted", "strong", 1.0],
        ["decided", "strong", 0.0],
        ["gone", "weak", 0.0],
        ["aged", "weak", 0.0],
        ["aged", "none", -1],
        ["open", "none", -1],
    ]


def test_the_delay_is_the_users_own_95th_percentile_in_whole_utc_days(ledger):
    ledger.import_export(export("2024-03-01", invitations=ASKED, connections=LINKED))
    history = read_history(ledger)
    assert sorted(history.table["delay_days"]) == list(range(20))
    assert history.delay_p95_days == pytest.approx(18.05)  # 19 of 20 steps: 18 + 0.05


@pytest.mark.parametrize(
    ("many", "says"),
    [
        (20, "19 days. An invitation that waits longer counts as waiting long."),
        (19, "18 days. That rests on 19 acceptances; netkit needs 20 to say when a request waits long."),
        (1, "1 day. That rests on 1 acceptance; netkit needs 20 to say when a request waits long."),
    ],
)
def test_a_delay_of_fewer_than_twenty_acceptances_says_of_how_many(ledger, many, says):
    ledger.import_export(export("2024-03-01", invitations=ASKED[:many], connections=LINKED[:many]))
    assert read_history(ledger).sentences[0] == f"Nearly all that you accepted, you accepted within {says}"


def accepted(delay, many):
    """Invitations of one day, each accepted after so many days."""
    names = [f"Same {n}" for n in range(many)]
    day = np.datetime64("2024-01-01") + np.timedelta64(delay, "D")
    return (
        [invitation(name, "2024-01-01T12:00:00+00:00", slug=name.replace(" ", "-")) for name in names],
        [connection(name, str(day), slug=name.replace(" ", "-")) for name in names],
    )


@pytest.mark.parametrize(
    ("delay", "many", "age", "state"),
    [
        (30, 20, 30, "open"),
        (30, 20, 31, "aged"),
        (0, 20, 14, "open"),  # whoever accepts at once is given two weeks
        (0, 20, 15, "aged"),
        (0, 19, 60, "open"),  # too few acceptances to tell what is usual
    ],
)
def test_what_is_aged_waits_longer_than_twenty_acceptances_took_and_than_two_weeks(
    ledger, delay, many, age, state
):
    sent = np.datetime64("2024-03-01") - np.timedelta64(age, "D")
    late = invitation("Late Evening", f"{sent}T23:59:00+00:00", slug="late")
    asked, linked = accepted(delay, many)
    ledger.import_export(export("2024-03-01", invitations=[*asked, late], connections=linked))
    assert row(ledger, "Late Evening")["state"] == state


# Twenty acceptances on the day itself: aged after 14 days. Sent on 1 February.
@pytest.mark.parametrize(
    ("days", "strength"),
    [
        (["2024-03-01"], "none"),  # aged, and shown once
        (["2024-02-05", "2024-03-01"], "none"),  # the earlier export showed it when it was fresh
        (["2024-02-16", "2024-03-01"], "weak"),
        (["2024-02-05", "2024-02-16", "2024-02-17"], "weak"),
        (["2024-02-16", "2024-02-16"], "none"),  # the same archive twice is no later one
    ],
)
def test_an_aged_request_is_a_weak_refusal_once_a_later_export_shows_it_again(ledger, days, strength):
    late = invitation("Late", "2024-02-01T12:00:00+00:00", slug="late")
    asked, linked = accepted(0, 20)
    for day in days:
        ledger.import_export(export(day, invitations=[*asked, late], connections=linked))
    found = row(ledger, "Late")
    assert (found["state"], found["strength"]) == ("aged", strength)
    assert found["label"] == 0.0 if strength == "weak" else np.isnan(found["label"])


def test_what_waits_is_listed_oldest_first_and_below_it_what_waits_unusually_long(ledger):
    days = {"old": "2024-01-02", "older": "2024-01-01", "new": "2024-02-28", "newer": "2024-02-29"}
    late = [invitation(name, f"{day}T12:00:00+00:00", slug=name) for name, day in days.items()]
    asked, linked = accepted(0, 20)
    ledger.import_export(export("2024-03-01", invitations=[*asked, *late], connections=linked))
    rows = read_history(ledger).waiting()
    assert rows["name"].tolist() == ["new", "newer", "older", "old"]
    assert rows["waited_days"].tolist() == [2, 1, 60, 59]


def test_age_is_counted_to_the_newest_export_never_to_today(ledger):
    fresh = invitation("Fresh Then", "2019-02-20T12:00:00+00:00", slug="fresh")
    asked = invitation("Quick One", "2019-01-01T12:00:00+00:00", slug="q")
    linked = connection("Quick One", "2019-01-15", slug="q")
    ledger.import_export(export("2019-03-01", invitations=[asked, fresh], connections=[linked]))
    assert states(ledger) == {"Quick One": "accepted", "Fresh Then": "open"}


def test_without_a_single_acceptance_nothing_is_aged(ledger):
    ledger.import_export(
        export("2024-03-01", invitations=[invitation("Ada", "2010-01-01T12:00:00+00:00", slug="a")])
    )
    history = read_history(ledger)
    assert np.isnan(history.delay_p95_days) and history.table["state"].tolist() == ["open"]


def test_an_acceptance_on_the_same_day_has_no_negative_delay(ledger):
    evening = invitation("Evening", "2024-02-01T23:40:00+00:00", slug="e")  # accepted at 23:50
    ledger.import_export(
        export(
            "2024-03-01", invitations=[evening], connections=[connection("Evening", "2024-02-01", slug="e")]
        )
    )
    assert read_history(ledger).table["delay_days"].tolist() == [0]


def test_an_acceptance_dated_before_the_invitation_has_no_delay_and_is_said(ledger):
    odd = invitation("Odd", "2024-02-05T12:00:00+00:00", slug="o")
    ledger.import_export(
        export("2024-03-01", invitations=[odd], connections=[connection("Odd", "2024-02-01", slug="o")])
    )
    history = read_history(ledger)
    assert history.table["state"].tolist() == ["accepted"]
    assert history.table["delay_days"].isna().all()
    assert any("without a date, or with one before" in sentence for sentence in history.advice)


def test_gone_means_never_connected_and_missing_from_a_later_list(ledger):
    ada = invitation("Ada", "2024-01-20T12:00:00+00:00", slug="ada")
    bo = invitation("Bo", "2024-01-20T12:00:00+00:00", slug="bo")
    ledger.import_export(export("2024-02-01", invitations=[ada, bo]))
    ledger.import_export(export("2024-09-01", connections=[connection("Ada", "2024-01-25", slug="ada")]))
    assert states(ledger) == {"Ada": "accepted", "Bo": "gone"}


def test_an_archive_without_the_invitations_file_makes_nothing_gone(ledger):
    bo = invitation("Bo", "2024-01-20T12:00:00+00:00", slug="bo")
    ledger.import_export(export("2024-02-01", invitations=[bo]))
    ledger.import_export(export("2024-03-01", absent=("invitations",)))
    assert states(ledger) == {"Bo": "open"}


def test_an_older_archive_imported_afterwards_makes_nothing_gone(ledger):
    bo = invitation("Bo", "2024-01-20T12:00:00+00:00", slug="bo")
    ledger.import_export(export("2024-02-01", invitations=[bo]))
    ledger.import_export(export("2024-01-01"))
    assert states(ledger) == {"Bo": "open"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_importing_changes_nothing(ledger, order):
    ada = invitation("Ada", "2024-01-20T12:00:00+00:00", slug="ada")
    bo = invitation("Bo", "2024-01-25T12:00:00+00:00", slug="bo")
    cy = invitation("Cy", "2024-02-28T12:00:00+00:00", slug="cy")
    linked = connection("Ada", "2024-01-22", slug="ada")
    exports = [
        export("2024-02-01", invitations=[ada, bo]),
        export("2024-02-15", invitations=[ada], connections=[linked]),
        export("2024-03-01", invitations=[cy], connections=[linked]),
    ]
    for place in order:
        ledger.import_export(exports[place])
    assert states(ledger) == {"Ada": "accepted", "Bo": "gone", "Cy": "open"}
    assert read_history(ledger).delay_p95_days == 2


def test_somebody_who_was_removed_and_asks_again_is_open(ledger):
    again = invitation("Ada", "2024-02-25T12:00:00+00:00", slug="ada")
    ledger.import_export(export("2023-02-01", connections=[connection("Ada", "2020-01-25", slug="ada")]))
    ledger.import_export(export("2024-03-01", invitations=[again]))
    assert states(ledger) == {"Ada": "open"}


def test_a_connection_answers_the_last_invitation_before_it(ledger):
    first = invitation("Ada", "2024-01-01T12:00:00+00:00", slug="ada")
    second = invitation("Ada", "2024-02-01T12:00:00+00:00", slug="ada")
    linked = connection("Ada", "2024-02-03", slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[first, second], connections=[linked]))
    table = read_history(ledger).table
    assert table["state"].tolist() == ["gone", "accepted"]
    assert table["delay_days"].fillna(-1).tolist() == [-1, 2]


def test_an_invitation_since_the_archive_takes_no_acceptance_from_the_one_before(ledger):
    first = invitation("Ada", "2024-02-03T02:00:00+00:00", slug="ada")  # the evening before, where she lives
    linked = connection("Ada", "2024-02-02", slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[first], connections=[linked]))
    assert read_history(ledger).table["state"].tolist() == ["accepted"]
    ledger.invitations.add("Ada", sent_at="2024-03-09", source="kept", url=first["url"])
    assert read_history(ledger).table["state"].tolist() == ["accepted", "open"]


@pytest.mark.parametrize(("asked_slug", "linked_slug"), [(None, "ada"), ("ada", None), (None, None)])
def test_where_a_row_has_no_address_a_unique_name_matches_with_low_confidence(
    ledger, asked_slug, linked_slug
):
    asked = invitation("Ada  LOVE", "2024-02-01T12:00:00+00:00", slug=asked_slug)
    linked = connection("Ada Love", "2024-02-03", slug=linked_slug)
    ledger.import_export(export("2024-03-01", invitations=[asked], connections=[linked]))
    found = read_history(ledger).table.iloc[0]
    assert (found["state"], found["confidence"], found["delay_days"]) == ("accepted", "low", 2)


def test_two_addresses_are_two_people_whatever_their_name(ledger):
    asked = invitation("Ada Love", "2024-02-01T12:00:00+00:00", slug="ada-1")
    linked = connection("Ada Love", "2024-02-03", slug="ada-2")
    ledger.import_export(export("2024-03-01", invitations=[asked], connections=[linked]))
    assert states(ledger) == {"Ada Love": "open"}


def test_a_name_that_two_connections_bear_matches_nobody(ledger):
    asked = invitation("Ada Love", "2024-02-01T12:00:00+00:00")
    linked = [connection("Ada Love", "2024-02-03", slug=slug) for slug in ("ada-1", "ada-2")]
    ledger.import_export(export("2024-03-01", invitations=[asked], connections=linked))
    assert states(ledger) == {"Ada Love": "open"}


def test_an_encoded_address_and_a_raw_one_are_the_same_person(ledger):
    asked = invitation("Jörg Maß", "2024-02-01T12:00:00+00:00", slug="jörg-maß")
    linked = connection("Jörg Maß", "2024-02-03", slug="j%C3%B6rg-ma%C3%9F")
    ledger.import_export(export("2024-03-01", invitations=[asked], connections=[linked]))
    found = read_history(ledger).table.iloc[0]
    assert (found["state"], found["confidence"]) == ("accepted", "high")


def test_outgoing_invitations_are_no_part_of_the_history(ledger):
    mine = invitation("Ada", "2024-02-01T12:00:00+00:00", slug="ada", direction="outgoing")
    ledger.import_export(
        export("2024-03-01", invitations=[mine], connections=[connection("Ada", "2024-02-03", slug="ada")])
    )
    history = read_history(ledger)
    assert history.table.empty and history.facts.empty


@pytest.mark.parametrize(
    ("actions", "state", "label", "action"),
    [
        (["accept"], "decided", 1.0, "accept"),
        (["decline"], "decided", 0.0, "decline"),
        (["ignore"], "decided", 0.0, "ignore"),
        (["ask"], "open", None, "ask"),
        (["defer"], "open", None, "defer"),
        (["ask", "accept"], "decided", 1.0, "accept"),
        (["accept", "decline"], "decided", 0.0, "decline"),
        (["decline", "ask"], "decided", 0.0, "decline"),
    ],
)
def test_the_last_decisive_decision_counts(ledger, actions, state, label, action):
    ada = invitation("Ada", "2024-02-01T12:00:00+00:00", slug="ada")
    ledger.import_export(export("2024-03-01", invitations=[ada]))
    for n, each in enumerate(actions):
        ledger.decisions.add(
            ledger.invitations.to_frame()["request"][0], each, at=f"2024-02-0{n + 2}", source="test"
        )
    found = row(ledger, "Ada")
    assert (found["state"], found["action"]) == (state, action)
    assert found["label"] == label if label is not None else np.isnan(found["label"])


@pytest.mark.parametrize("action", ["ask", "defer"])
def test_what_was_asked_or_deferred_stays_open_however_old_it_is(ledger, action):
    old = invitation("Old", "2024-01-02T12:00:00+00:00", slug="old")
    ledger.import_export(export("2024-03-01", invitations=[*ASKED, old], connections=LINKED))
    key = ledger.invitations.to_frame().set_index("name").loc["Old", "request"]
    ledger.decisions.add(key, action, at="2024-01-03", source="test")
    assert row(ledger, "Old")["state"] == "open"


def test_what_was_asked_and_then_vanished_is_no_refusal(ledger):
    bo = invitation("Bo", "2024-01-20T12:00:00+00:00", slug="bo")
    ledger.import_export(export("2024-02-01", invitations=[bo]))
    ledger.decisions.add(ledger.invitations.to_frame()["request"][0], "ask", at="2024-01-21", source="test")
    ledger.import_export(export("2024-03-01"))
    found = row(ledger, "Bo")
    assert (found["state"], found["strength"]) == ("gone", "none") and np.isnan(found["label"])


def test_the_ledger_counts_for_more_than_a_connection_and_the_contradiction_is_said(ledger):
    ada = invitation("Ada", "2024-02-01T12:00:00+00:00", slug="ada")
    ledger.import_export(
        export("2024-03-01", invitations=[ada], connections=[connection("Ada", "2024-02-20", slug="ada")])
    )
    ledger.decisions.add(
        ledger.invitations.to_frame()["request"][0], "decline", at="2024-02-02", source="test"
    )
    history = read_history(ledger)
    assert history.table[["state", "label"]].values.tolist() == [["decided", 0.0]]
    assert any("connected by now" in sentence for sentence in history.advice)


def test_all_states_are_counted_also_those_with_none(ledger):
    ledger.import_export(export("2024-03-01", invitations=ASKED, connections=LINKED))
    counts = read_history(ledger).counts
    assert counts.values.tolist() == [
        ["accepted", "strong", 20],
        ["decided", "strong", 0],
        ["gone", "weak", 0],
        ["aged", "weak", 0],
        ["open", "none", 0],
    ]


def test_the_period_is_the_time_from_which_both_labels_are_recorded(ledger):
    days = {"Ada": "2024-01-01", "Bo": "2024-01-10", "Cy": "2024-02-01", "Di": "2024-02-10"}
    sent = [invitation(n, f"{day}T12:00:00+00:00", slug=n.lower()) for n, day in days.items()]
    ledger.import_export(export("2024-03-01", invitations=sent))
    keys = ledger.invitations.to_frame().set_index("name")["request"]
    for name, action in {"Ada": "accept", "Bo": "ignore", "Cy": "accept", "Di": "decline"}.items():
        ledger.decisions.add(keys[name], action, at="2024-02-20", source="test")
    assert [f"{day:%m-%d}" for day in read_history(ledger).period] == ["01-10", "02-01"]


def test_a_refusal_alone_amid_acceptances_makes_no_period(ledger):
    days = {"Ada": "2024-01-01", "Bo": "2024-01-10", "Cy": "2024-02-01"}
    sent = [invitation(n, f"{day}T12:00:00+00:00", slug=n.lower()) for n, day in days.items()]
    ledger.import_export(export("2024-03-01", invitations=sent))
    keys = ledger.invitations.to_frame().set_index("name")["request"]
    for name, action in {"Ada": "accept", "Bo": "decline", "Cy": "accept"}.items():
        ledger.decisions.add(keys[name], action, at="2024-02-20", source="test")
    history = read_history(ledger)
    assert history.period is None
    assert not any("You both accepted" in sentence for sentence in history.sentences)


def test_with_acceptances_only_there_is_no_period_and_it_is_said(ledger):
    ledger.import_export(export("2024-03-01", invitations=ASKED, connections=LINKED))
    history = read_history(ledger)
    assert history.period is None
    assert any("share you accept is therefore unknown" in sentence for sentence in history.sentences)


def test_strong_and_weak_labels_are_handed_out_apart(ledger):
    old = invitation("Old", "2024-01-02T12:00:00+00:00", slug="old")
    for day, asked in {"2024-02-01": [*ASKED, old], "2024-03-01": ASKED}.items():
        ledger.import_export(export(day, invitations=asked, connections=LINKED))
    history = read_history(ledger)
    assert [len(history.labelled(s)) for s in ("strong", "weak", "any")] == [20, 1, 21]
    assert history.waiting().empty


def test_an_invitation_typed_in_is_open_until_it_is_decided(ledger):
    key = ledger.invitations.add("Cy Dorn", sent_at="2024-02-19", source="test")
    assert read_history(ledger).waiting()["request"].tolist() == [key]


def test_the_history_as_json_has_states_labels_period_and_delay(ledger):
    ledger.import_export(export("2024-03-01", invitations=ASKED, connections=LINKED))
    told = read_history(ledger).as_dict()
    assert told["labels"] == {"strong": {"accepted": 20, "refused": 0}, "weak": {"accepted": 0, "refused": 0}}
    assert (told["as_of"], told["period"], told["invitations"]) == ("2024-03-01", None, 20)
    assert told["states"][0] == {"state": "accepted", "strength": "strong", "n": 20}
