"""Which words of a note moved its reader, and what hostile notes do to it."""

import time

import pandas as pd
import pytest

from netkit.notes import NoteReader, note_reader
from netkit.notes.sentence_encoder import is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="the sentence encoder is not installed")


@pytest.mark.parametrize(
    ("note", "fact", "words"),
    [
        ("Nice weather. We help dental practices get 20 more patients a month.", "note_sells", "practices"),
        ("Lovely hat! Could you put my CV on the right desk?", "note_asks_favour", "Could you"),
        ("It was great to chat in the queue for coffee this morning.", "note_recalls_meeting", "chat"),
        ("Hello, we met at the fair in Graz. I like clay.", "note_recalls_meeting", "we met"),
        ("<p>Nice weather.</p><p>We met at the fair &amp; the pub.</p>", "note_recalls_meeting", "We met"),
        ("Bonjour, pourriez-vous voter pour notre jardin ?", "note_asks_favour", "voter"),
    ],
)
def test_the_words_that_say_it_are_named_and_those_of_other_sentences_are_not(note, fact, words):
    found = NoteReader().words_for(note)
    assert words in " ".join(found[fact])
    assert all(each in note.replace("&amp;", "&") for each in found[fact])
    assert not any("weather" in each or "hat" in each.split() or "clay" in each for each in found[fact])


@pytest.mark.parametrize(
    "note",
    [
        "Hello Ms Tressel, I would like to work with you Ms Tressel",
        "Dear Ms Tressel, I am a recruiter at Hopper GmbH and I would like to talk about a role for you.",
        "Ms Tressel, could you help me with my thesis? Best, Ana",
    ],
)
def test_a_name_is_never_given_as_what_says_it(note):
    said = [word for words in NoteReader().words_for(note).values() for word in words]
    assert said and not any(name in word for word in said for name in ("Tressel", "Ms", "Ana"))


@pytest.mark.parametrize("note", ["Hello Ada!", "", "👋", "Hi, I'd love to connect with you!"])
def test_what_says_nothing_has_no_words(note):
    assert NoteReader().words_for(note) == {}


def test_only_what_is_read_as_said_has_words():
    note = "We help dental practices get 20 more patients a month. Open to a quick call?"
    read = NoteReader().read(pd.Series([note], dtype="str")).iloc[0]
    assert set(NoteReader().words_for(note)) == {fact for fact, level in read.items() if level == "yes"}


def test_words_that_a_phrase_says_are_named_from_what_was_read_without_the_encoder(monkeypatch):
    note = "Hello, we met at the fair in Graz. I like clay."
    read = NoteReader().read(pd.Series([note], dtype="str")).iloc[0].to_dict()
    whole = NoteReader().words_for(note)
    assert list(whole) == ["note_recalls_meeting"]
    monkeypatch.setattr(note_reader, "encode", None)
    assert NoteReader().words_for(note, read) == whole


HOSTILE = {
    "a megabyte of one word": "a" * 1_000_000,
    "a megabyte of words": "buy now " * 125_000,
    "a megabyte of one line of markup": "<" * 1_000_000,
    "open tags": "<p " * 300_000,
    "NUL and controls": "We met \x00\x01\x1b[31m at the fair\x00 in Ulm.",
    "bidi": "\u202eWe met\u202c at \u2066the fair\u2069 in Ulm.",
    "lone surrogate": "We met \ud800 at the fair.",
    "nested markup": "<div>" * 20_000 + "We met at the fair." + "</div>" * 20_000,
    "entities": "&amp;" * 200_000,
    "combining marks": "a" + "\u0301" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_read_without_a_crash_and_in_bounded_time(name):
    begun = time.process_time()
    read = NoteReader().read(pd.Series([HOSTILE[name][:10_000]], dtype="object")).iloc[0]
    NoteReader().words_for(HOSTILE[name][:10_000])
    assert time.process_time() - begun < 8  # the encoder's own loading included; markup is four tokens a word
    if "We met" in HOSTILE[name][:10_000].replace("\u202e", ""):
        assert read["note_recalls_meeting"] == "yes"
