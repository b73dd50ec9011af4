"""A note that names one of your contacts: that is a reason, and every screen says who it is."""

import pytest
from invented_export import connection, export, invitation

from netkit.cli import run
from netkit.cli.screen import console
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.sitting import sit_with_what_waits
from netkit.sitting.card import card

NOTE = "Dee Lind hat mir Ihren Namen gegeben."
SAID = "The note names Dee Lind: connected with you since 12 Jan 2020."


def home(tmp_path, note=NOTE, *, name="Ana Example", since="2020-01-12"):
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(
            export(
                "2024-03-09",
                invitations=[invitation(name, "2024-03-05T10:00:00Z", slug="ana", note=note)],
                connections=[connection("Dee Lind", since, slug="dee")],
            )
        )
        ledger.invitations.read_notes()
    return tmp_path


def says_why(folder):
    with open_ledger(folder) as ledger:
        history = read_history(ledger)
    (request,) = history.table["request"]
    return history.values_of(request).get("note_says_why", {}).get("level")


@pytest.mark.parametrize(
    ("case", "is_one"),
    [
        ({}, True),
        ({"note": "Dee Lind: a friend of us both."}, True),
        ({"note": "Dee Linden hat mir Ihren Namen gegeben."}, False),
        ({"since": "2024-03-07"}, False),  # nobody knew of it when the note came
        ({"name": "Dee Lind", "note": "Ganz herzlich aus Ulm, Dee Lind"}, False),
    ],
)
def test_a_contact_of_yours_whom_the_note_names_is_a_reason(tmp_path, case, is_one):
    assert (says_why(home(tmp_path, **case)) == "yes") is is_one


def test_your_own_word_about_the_note_counts_for_more(tmp_path):
    folder = home(tmp_path)
    with open_ledger(folder) as ledger:
        (request,) = ledger.invitations.to_frame()["request"]
        ledger.notes.add(request, "note_says_why", "no", at="2024-03-09", source="test")
    assert says_why(folder) == "no"


def test_who_is_named_stands_on_every_screen_and_the_next_question_is_whether_the_reason_holds(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(console, "_width", 80)
    folder = home(tmp_path)
    for words in (["triage"], ["show", "Ana"]):
        capsys.readouterr()
        assert run([*words, "--home", str(folder)]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert SAID in out and "Is there a valid reason to connect, and does it hold now?" in out
    view = card(sit_with_what_waits(folder, "terminal"))
    assert SAID in view["status"] and view["question"]["question"].startswith("Is there a valid reason")
