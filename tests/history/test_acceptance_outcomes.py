"""What came of saying yes: derived from messages, right or unknown, on an archive whose truth is known."""

import pandas as pd
import pytest
from invented_export import connection, export, invitation, message

from netkit.history import read_history
from netkit.history.outcomes import FLAGS, own_word, read_outcomes
from netkit.ledger import open_ledger

PITCH = "Are you interested in our services? Book a demo with our sales team today."
TALK = "Lovely to see you at the choir yesterday, shall we sing again on Thursday?"
NOTE = "We met at the fair & talked about bees"
SENT, DAY, LATER, NEVER = "2024-02-02T11:30:00+00:00", "2024-02-05", "2024-06-01", None


def at(days, hour="10"):
    return (pd.Timestamp(f"2024-02-05T{hour}:00:00Z") + pd.Timedelta(days=days)).isoformat()


def they(days, text=TALK, **terms):
    return ("incoming", at(days, **terms), text)


def you(days, text=TALK):
    return ("outgoing", at(days), text)


# Who wrote what after the acceptance, and what that is: conversation, pitched, wrote_unanswered, silent.
CASES = {
    "both wrote": ([you(1), they(2)], (True, False, False, False)),
    "they wrote first, no pitch told": ([they(1, "ok"), you(2)], (True, None, False, False)),
    "they pitched and were answered": ([they(1, PITCH), you(2)], (True, True, False, False)),
    "they pitched unanswered": ([they(1, PITCH)], (False, True, True, False)),
    "a pitch as an answer is none": ([you(1), they(2, PITCH)], (True, False, False, False)),
    "a pitch after weeks is none": ([they(20, PITCH)], (False, False, True, False)),
    "you wrote unanswered": ([you(3)], (False, False, True, False)),
    "silence": ([], (False, False, False, True)),
    "what was written before": ([("incoming", "2024-02-03T08:00:00+00:00", PITCH)], (False, False, False, True)),
    "what was written long after": ([they(91), you(91)], (False, False, False, True)),
}  # fmt: skip


def archive(people, taken_on=LATER, *, absent=(), gone=(), note=None):
    """Everybody invites on one day, is connected three days later, and writes as told."""
    names = {slug: f"Person {slug.title()}" for slug in people}
    return export(
        taken_on,
        invitations=[invitation(name, SENT, slug=slug, note=note) for slug, name in names.items()],
        connections=[connection(name, DAY, slug=slug) for slug, name in names.items() if slug not in gone],
        messages=[
            message(f"in:{slug}", moment, direction=way, content=text)
            for slug, texts in people.items()
            for way, moment, text in texts
        ],
        absent=absent,
    )  # fmt: skip


def outcomes_of(tmp_path, *archives, say=()):
    with open_ledger(tmp_path / "home") as ledger:
        for one in archives:
            ledger.import_export(one)
        history = read_history(ledger)
        for slug, level in say:
            request = history.table.set_index("person").loc[f"in:{slug}", "request"]
            ledger.notes.add(
                request, *own_word(), level, at="2024-06-02", source="a test", vocabulary=own_word()
            )
        return read_outcomes(ledger, read_history(ledger).table)


def flags(found, slug, names=FLAGS[:4]):
    row = found.table.set_index("person").loc[f"in:{slug}"]
    return tuple(None if pd.isna(row[name]) else bool(row[name]) for name in names)


@pytest.fixture(scope="module")
def everybody(tmp_path_factory):
    people = {f"p{place}": texts for place, (texts, _) in enumerate(CASES.values())}
    return outcomes_of(tmp_path_factory.mktemp("ledger"), archive(people))


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_outcome_is_what_it_is(case, everybody):
    conversation, pitched, unanswered, silent = CASES[case][1]
    found = flags(everybody, f"p{list(CASES).index(case)}")
    assert (found[0], found[2], found[3]) == (conversation, unanswered, silent)
    if pitched is not None:
        assert found[1] is pitched


def test_who_wrote_and_the_counts_add_up(everybody):
    wrote = everybody.table.set_index("person")["who_wrote"]
    assert (wrote["in:p3"], wrote["in:p6"], wrote["in:p7"]) == ("they", "you", "nobody")
    counts = everybody.counts().set_index("outcome")
    assert (counts[["yes", "no", "unknown"]].sum(axis=1) == len(CASES)).all()
    assert "4 became a conversation, and 3 stayed silent" in everybody.sentences[0]
    assert everybody.as_dict()["known"] == len(CASES)


@pytest.mark.parametrize(
    ("taken_on", "absent", "says"),
    [
        ("2024-05-04", (), "your newest archive with messages is of 4 May 2024. Read one of 5 May 2024 or later."),
        (LATER, ("messages",), "No archive has your messages. Read one that has them."),
    ],
    ids=["too early", "no messages"],
)  # fmt: skip
def test_an_outcome_is_unknown_until_its_time_is_over_and_the_messages_are_there(
    taken_on, absent, says, tmp_path
):
    people = {"talks": [you(1), they(2)], "silent": []}
    if absent:
        people = {"talks": [], "silent": []}
    found = outcomes_of(tmp_path, archive(people, taken_on, absent=absent))
    assert flags(found, "talks") == flags(found, "silent") == (None,) * 4
    assert found.known.empty and found.sentences[0].startswith("Of 2 acceptances nothing is known yet.")
    assert found.sentences[0].endswith(says)
    again = outcomes_of(tmp_path, archive(people, "2024-05-05"))
    assert len(again.known) == 2


def test_a_later_archive_with_messages_makes_it_known(tmp_path):
    people = {"talks": [you(1), they(2)]}
    found = outcomes_of(tmp_path, archive(people, "2024-05-04"), archive(people))
    assert flags(found, "talks")[0] is True
    assert f"{found.table['known_at'][0]:%Y-%m-%d}" == "2024-05-05"


def test_your_own_word_counts_for_more_than_the_reader(tmp_path):
    people = {"pitches": [they(1, PITCH)], "talks": [they(1, TALK)], "odd": [they(1, PITCH)]}
    say = [("pitches", "no"), ("talks", "yes"), ("odd", "no"), ("odd", "undo")]
    found = outcomes_of(tmp_path, archive(people), say=say)
    assert [flags(found, who, ["pitched"])[0] for who in people] == [False, True, True]


def test_your_own_word_is_no_fact_and_nothing_is_said_to_be_left_out(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(archive({"talks": []}))
        request = read_history(ledger).table["request"][0]
        ledger.notes.add(request, *own_word(), "yes", at="2024-06-02", source="a test", vocabulary=own_word())
        history = read_history(ledger)
    assert set(own_word()).isdisjoint(history.facts)
    assert not [line for line in history.advice if "left out" in line]


def copy(slug):
    return ("incoming", "2024-02-05T09:00:07+00:00", NOTE)


def test_the_note_that_reappears_tells_the_moment_and_is_no_message(tmp_path):
    found = outcomes_of(tmp_path, archive({"kept": [copy("kept")]}, note=NOTE))
    row = found.table.iloc[0]
    assert str(row["accepted_at"]) == "2024-02-05 09:00:07+00:00" and row["timed_by"] == "note"
    assert flags(found, "kept") == (False, False, False, True)


def test_the_note_that_reappears_proves_the_acceptance_of_somebody_gone_since(tmp_path):
    everybody = {"gone": [copy("gone"), you(1)], "left": [], "never": [], "kept": []}
    first = archive(everybody, "2024-02-20", gone=["gone", "never"], note=NOTE)
    second = export(
        "2024-06-01", invitations=[], messages=[], connections=[connection("Person Kept", DAY, slug="kept")]
    )
    with open_ledger(tmp_path / "home") as ledger:
        for one in (first, second):
            ledger.import_export(one)
        history = read_history(ledger)
        found = read_outcomes(ledger, history.table)
    states = history.table.set_index("person")
    assert states.loc["in:gone", "state"] == "accepted" and states.loc["in:gone", "strength"] == "strong"
    assert states.loc["in:gone", "delay_days"] == 3
    assert states.loc["in:never", "state"] == "gone" and states.loc["in:never", "label"] == 0.0
    removed = found.table.set_index("person")["removed"]
    assert removed.to_dict() == {"in:gone": True, "in:left": True, "in:kept": False}


def test_whom_you_accepted_without_a_connection_is_not_said_to_be_removed(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(archive({"talks": [you(1), they(2)]}, gone=["talks"]))
        request = read_history(ledger).table["request"][0]
        ledger.decisions.add(request, "accept", at="2024-02-04", source="a test")
        found = read_outcomes(ledger, read_history(ledger).table)
    assert found.table["timed_by"].tolist() == ["decision"] and found.table["removed"].isna().all()


def test_who_changed_the_address_is_still_there(tmp_path):
    first = archive({"talks": []})
    second = export("2024-07-01", connections=[connection("Person Talks", DAY, slug="talks-anew")])
    assert outcomes_of(tmp_path, first, second).table["removed"].tolist() == [False]


def test_without_any_acceptance_nothing_is_known(tmp_path):
    nobody = archive({"waits": []}, gone=["waits"])
    found = outcomes_of(tmp_path, nobody)
    assert found.table.empty and found.counts()["yes"].sum() == 0
    assert found.sentences[0].startswith("Of 0 acceptances")
