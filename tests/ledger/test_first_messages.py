"""What the ledger keeps of messages: of the first after an acceptance what they are, and no text of any."""

import sqlite3

import pytest
from invented_export import connection, export, invitation, message

from netkit import notes
from netkit.notes import note_reader
from netkit.notes.sentence_encoder import is_installed

CANARY = "zebrafinch"
NOTE = "We met at the fair & talked about bees"
BO = invitation("Bo Kern", "2024-02-02T11:30:00+00:00", slug="bo-k", note=NOTE)
BO_LINK = connection("Bo Kern", "2024-02-05", slug="bo-k")
COPY = message("in:bo-k", "2024-02-05T09:00:00+00:00", content="We met at the fair &amp; talked\nabout bees")
PITCH = f"Are you interested in our {CANARY} services? Book a demo with our sales team today."


def mail(*days, person="in:bo-k", **terms):
    return [message(person, f"2024-{day}T10:00:00+00:00", content=f"{PITCH} {day}", **terms) for day in days]


def taken_in(ledger, messages, invitations=(BO,), connections=(BO_LINK,), **terms):
    archive = export(
        "2024-06-01", invitations=list(invitations), connections=list(connections),
        messages=messages, **terms,
    )  # fmt: skip
    return ledger.import_export(archive)


def days(ledger):
    return ledger.exports.first_messages()["sent_at"].dt.strftime("%m-%d").tolist()


def test_the_first_three_messages_after_an_acceptance_are_read_and_no_other(ledger):
    taken_in(ledger, mail("01-05", "02-03", "02-06", "02-07", "02-08", "02-09"))
    assert days(ledger) == ["02-06", "02-07", "02-08"]
    first = ledger.exports.first_messages()
    assert first["note_kind"].tolist() == ["personal"] * 3
    assert set(first["note_sells"]) == {"yes"} and set(first["reader"]) == {notes.NoteReader().version}
    assert len(ledger.exports.messages()) == 6


def test_nothing_is_read_without_an_acceptance_or_long_after_it(ledger):
    stranger = mail("02-06", person="in:cy-d")
    taken_in(ledger, [*mail("02-06"), *stranger], connections=[])
    assert days(ledger) == []
    taken_in(ledger, [*mail("05-30"), *stranger], sha="another")
    assert days(ledger) == []


def test_the_note_that_reappears_is_the_moment_of_acceptance_and_no_message(ledger):
    taken_in(ledger, [COPY, *mail("02-05")], connections=[])
    row = ledger.invitations.to_frame().iloc[0]
    assert str(row["note_reappeared_at"]) == "2024-02-05 09:00:00+00:00"
    assert len(ledger.exports.messages()) == 1 == ledger.exports.correspondence()["incoming"].iloc[0]
    assert days(ledger) == ["02-05"]  # accepted, though nobody is in Connections


@pytest.mark.parametrize(("signs", "is_copy"), [(1_000, True), (1_001, False)])
def test_a_text_is_compared_with_notes_up_to_a_thousand_signs(ledger, signs, is_copy):
    note = "x" * signs
    taken_in(ledger, [COPY | {"content": note}], [BO | {"message": note}], connections=[])
    assert ledger.invitations.to_frame()["note_reappeared_at"].notna().tolist() == [is_copy]


def test_a_note_sent_once_more_later_is_a_message(ledger):
    again = COPY | {"sent_at": "2024-02-20T09:00:00+00:00"}
    taken_in(ledger, [COPY, again])
    taken_in(ledger, [again], sha="a later archive without the copy")
    assert ledger.exports.messages()["sent_at"].dt.strftime("%m-%d").tolist() == ["02-20"]
    assert f"{ledger.invitations.to_frame()['note_reappeared_at'][0]:%m-%d}" == "02-05"


def test_a_note_written_before_the_invitation_or_by_another_is_not_its_copy(ledger):
    early = COPY | {"sent_at": "2024-02-01T09:00:00+00:00"}
    taken_in(ledger, [early, COPY | {"person": "in:cy-d"}, COPY | {"direction": "outgoing"}])
    assert ledger.invitations.to_frame()["note_reappeared_at"].isna().all()
    assert len(ledger.exports.messages()) == 3


def test_no_text_of_a_message_is_anywhere_in_the_file(ledger, tmp_path):
    long = message("in:bo-k", "2024-02-06T12:00:00+00:00", content=f"<p>{CANARY}</p> " * 5_000)
    outgoing = mail("02-07", direction="outgoing")
    taken_in(ledger, [COPY, *mail("01-05", "02-06", "02-08"), long, *outgoing])
    assert len(days(ledger)) == 3
    ledger.backup(tmp_path / "copy.db")
    ledger.export_all(tmp_path / "plain")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        for spelled in (CANARY, "sales team"):
            assert spelled.encode() not in path.read_bytes(), path


@pytest.mark.skipif(not is_installed(), reason="the sentence encoder is not installed")
@pytest.mark.parametrize("hidden", ["", "\u202e\u2066", "\x00\x1b[8m", "<script>1</script>", "&nbsp;" * 900])
def test_a_long_first_message_in_markup_is_read_to_its_end_whatever_hides_in_it(ledger, hidden):
    filler = "<p>The weather here has been mild, and the river is low for the season.</p>" * 12
    pitch = "<p>Our agency helps companies get more leads. Shall I send you an offer for our service?</p>"
    taken_in(ledger, [message("in:bo-k", "2024-02-06T12:00:00+00:00", content=f"{filler}{hidden}{pitch}")])
    read = ledger.exports.first_messages()
    assert read["note_sells"].tolist() == ["yes"] and read["asks_for_money_or_data"].tolist() == ["no"]


def test_a_newer_reader_reads_again_when_the_archive_is_read_again_and_asks_once(ledger, monkeypatch):
    taken_in(ledger, mail("02-06"))
    assert ledger.exports.to_read_again() == ""
    before = notes.NoteReader().version
    monkeypatch.setattr(note_reader, "_fingerprint", lambda: "of a newer reader")
    assert ledger.exports.first_messages()["reader"].tolist() == [before]
    assert "Read your newest archive once more" in ledger.exports.to_read_again()
    assert ledger.exports.to_read_again() == ""
    assert taken_in(ledger, mail("02-06")).already
    assert ledger.exports.first_messages()["reader"].tolist() == [notes.NoteReader().version]


def test_forgetting_removes_what_was_read(ledger):
    taken_in(ledger, mail("02-06"))
    assert ledger.forget("in:bo-k").removed["first_messages"] == 1
    with sqlite3.connect(ledger.file) as raw:
        assert raw.execute("SELECT count(*) FROM first_messages").fetchone() == (0,)
