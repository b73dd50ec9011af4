"""Asking: your own requests judged before they go out, by their note, the ledger and what you know."""

import json

import pytest
from invented_export import export, invitation, url

from netkit.asking import judge_asking
from netkit.errors import FactError, LedgerError
from netkit.ledger import open_ledger
from netkit.policy import Policy

NOTE = "I am a nurse from Ulm. I would like to connect because we both speak at the meeting in May."
READY = {
    "reason_to_ask": "now",
    "fits_their_stated_wishes": "yes",
    "my_profile_current": "yes",
    "my_profile_photo": "yes",
}


@pytest.fixture
def ledger(tmp_path):
    """A ledger in which you asked Bo (no answer), and are connected with Cy."""
    archive = export(
        "2024-03-01",
        invitations=[
            invitation("Bo Lind", "2024-02-01T10:00:00Z", slug="bo-l", direction="outgoing"),
            invitation("Dee Roth", "2024-02-02T10:00:00Z", slug="dee-r"),
            invitation("Sam Po", "2024-02-02T11:00:00Z", slug="sam-one"),
            invitation("Sam Po", "2024-02-02T12:00:00Z", slug="sam-two"),
        ],
        connections=[{"name": "Cy Wolf", "url": url("cy-w"), "connected_on": "2023-05-06"}],
    )
    with open_ledger(tmp_path / "home") as opened:
        opened.import_export(archive)
        yield opened


def test_a_note_with_who_and_why_for_a_reason_that_holds_now_is_sent(ledger):
    answer = judge_asking(ledger, url("ada-l"), NOTE, READY)
    assert (answer.action, answer.settled, answer.missing) == ("send", True, ())
    assert answer.person == "in:ada-l"


@pytest.mark.parametrize("who", [url("bo-l"), "in:bo-l", "Bo Lind", "  bo LIND "])
def test_a_reminder_of_an_unanswered_request_is_refused_however_the_person_is_named(ledger, who):
    answer = judge_asking(ledger, who, NOTE, READY)
    assert (answer.action, answer.rule, answer.clause) == ("do_not_send", "unanswered-is-an-answer", "PN7")


@pytest.mark.parametrize("who", [url("eve-n"), "Eve Noor", "name:eve noor"])
def test_a_request_of_the_time_when_archives_held_no_addresses_is_remembered(ledger, who):
    unnamed = invitation("Eve Noor", "2023-12-01T10:00:00Z", direction="outgoing")
    later = invitation("Eve Noor", "2024-01-02T10:00:00Z", slug="eve-n")
    ledger.import_export(export("2024-03-02", invitations=[unnamed, later]))
    answer = judge_asking(ledger, who, NOTE, READY)
    assert (answer.person, answer.action) == ("in:eve-n", "do_not_send")


def test_saying_that_you_never_asked_does_not_get_around_the_ledger(ledger):
    answer = judge_asking(ledger, "Bo Lind", NOTE, READY | {"asked_before": "no"})
    assert answer.action == "do_not_send"


def test_a_refusal_that_you_were_told_of_counts_as_one(ledger):
    answer = judge_asking(ledger, url("ada-l"), NOTE, READY | {"asked_before": "declined"})
    assert (answer.action, answer.rule) == ("do_not_send", "declined-is-an-answer")


def test_an_invitation_that_came_to_you_is_no_request_of_yours(ledger):
    assert judge_asking(ledger, "Dee Roth", NOTE, READY).action == "send"


def test_somebody_you_are_connected_with_is_not_asked_again(ledger):
    answer = judge_asking(ledger, "Cy Wolf", NOTE, READY)
    assert answer.action == "do_not_send"
    assert "connected already, since 6 May 2023" in answer.reason


def test_everything_that_is_missing_is_listed_and_not_only_what_decided(ledger):
    answer = judge_asking(ledger, url("ada-l"), "Hello Ada!", READY | {"my_profile_photo": "no"})
    assert answer.action == "improve"
    assert [each.rpartition(" ")[2] for each in answer.missing] == ["(KP7)", "(KP7)", "(KP8)"]
    assert answer.letter == "invitation-note"


def test_a_request_without_a_note_is_not_ready(ledger):
    answer = judge_asking(ledger, url("ada-l"), "", READY)
    assert (answer.action, answer.rule) == ("improve", "no-note")


def test_a_note_of_more_than_300_characters_is_to_be_shortened(ledger):
    answer = judge_asking(ledger, url("ada-l"), NOTE + " And so on." * 20, READY)
    assert (answer.action, answer.rule) == ("improve", "too-long")


def test_a_reason_for_later_waits_and_one_that_is_none_is_not_sent(ledger):
    def action(reason):
        return judge_asking(ledger, url("ada-l"), NOTE, READY | {"reason_to_ask": reason}).action

    assert [action("later"), action("none")] == ["wait", "do_not_send"]


def test_what_the_other_does_not_want_is_not_sent_and_nothing_is_said_to_be_missing(ledger):
    answer = judge_asking(ledger, url("ada-l"), "Hi!", READY | {"fits_their_stated_wishes": "no"})
    assert (answer.action, answer.clause, answer.missing) == ("do_not_send", "OC11", ())


def test_as_long_as_you_have_said_nothing_it_is_open_and_asks_what_is_cheapest(ledger):
    answer = judge_asking(ledger, url("ada-l"), NOTE)
    assert (answer.action, answer.settled) == (None, False)
    assert set(answer.possible) == {"send", "improve", "wait", "do_not_send"}
    assert list(answer.questions) == [
        "my_profile_current",
        "my_profile_photo",
        "reason_to_ask",
        "fits_their_stated_wishes",
    ]


def test_a_ledger_that_has_seen_no_invitations_does_not_say_that_you_never_asked(tmp_path):
    with open_ledger(tmp_path / "home") as empty:
        answer = judge_asking(empty, url("ada-l"), NOTE, READY)
        assert answer.action is None
        assert list(answer.questions) == ["asked_before"]


def test_an_archive_without_the_invitations_table_does_not_say_so_either(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(export("2024-03-01", absent=("invitations",)))
        assert judge_asking(ledger, url("ada-l"), NOTE, READY).action is None


def test_a_rude_note_is_warned_about(ledger):
    note = NOTE + " Only an idiot would say no."
    assert [each.rpartition(" ")[2] for each in judge_asking(ledger, url("ada-l"), note, READY).warnings] == [
        "(KP5)"
    ]


def test_a_name_that_two_people_bear_is_refused(ledger):
    with pytest.raises(LedgerError, match="2 people fit"):
        judge_asking(ledger, "Sam Po", NOTE, READY)


def test_a_misspelt_fact_is_refused_with_the_nearest_name(ledger):
    with pytest.raises(FactError, match="Did you mean 'reason_to_ask'"):
        judge_asking(ledger, url("ada-l"), NOTE, {"reason_to_aks": "now"})


def test_your_own_policy_is_asked_where_you_give_it(ledger):
    own = Policy.from_text(
        """
policy: mine
title: Mine
about: Never.
sources: [{id: own, title: mine}]
asking:
  - id: never
    when: {}
    do: wait
    because: Not this year.
    clause: own
    situations:
      - {it: waits, given: {}, expect: wait}
      - {it: waits too, given: {draft_words: 3}, expect: wait}
"""
    )
    assert judge_asking(ledger, url("ada-l"), NOTE, READY, policy=own).reason == "Not this year."


def test_the_answer_reads_aloud_and_goes_into_json(ledger):
    answer = judge_asking(ledger, url("ada-l"), "Hello Ada!", READY)
    assert str(answer).splitlines()[:2] == [
        "Improve. The note does not say who you are. (KP7)",
        "  missing: The note does not say who you are. (KP7)",
    ]
    assert json.loads(json.dumps(answer.as_dict()))["action"] == "improve"
