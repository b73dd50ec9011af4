"""How well notes are read that somebody wrote who had not seen the reader: as stored, and as read today."""

from importlib import import_module

import pandas as pd
import pytest

from netkit.evaluation import reading_quality
from netkit.notes.corrections import CORRECTED
from netkit.notes.sentence_encoder import is_installed
from tests.project.test_environment import ROOT

STORED = pd.read_csv(ROOT / "notebooks" / "data" / "notes_fresh" / "notes_as_read.csv", dtype="str")
TRAITS = [trait for trait in CORRECTED if trait != "asks_for_money_or_data"]  # of frauds there are eight
READ = STORED[[f"read_{trait}" for trait in TRAITS]].set_axis(TRAITS, axis=1)
GROUPS = STORED["language"].eq("en").map({True: "English", False: "other languages"}).tolist()
QUALITY = reading_quality(STORED[TRAITS], READ, GROUPS).set_index(["group", "trait"])


@pytest.mark.skipif(not is_installed(), reason="the sentence encoder is not installed")
def test_the_stored_table_is_what_the_reader_says_today(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    today = import_module("try_notes").read_fresh()
    pd.testing.assert_frame_equal(today, STORED, check_dtype=False)


# What was promised, and the four places where these notes miss it: by one note each, and by four where
# the answered are counted.
PROMISED = {
    "English": {"precision": 0.95, "answered": 0.75, "found": 0.85},
    "other languages": {"precision": 0.9},
}
MISSED = {
    ("English", "default", "precision"): 0.93,
    ("English", "recalls_meeting", "answered"): 0.73,
    ("English", "asks_favour", "found"): 0.83,
    ("other languages", "says_who", "precision"): 0.88,
}


@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize("group", PROMISED)
def test_of_what_is_read_nearly_all_is_there_and_most_notes_are_answered(group, trait):
    for share, promised in PROMISED[group].items():
        reached = QUALITY.loc[(group, trait), share].value
        assert reached >= MISSED.get((group, trait, share), promised), share


@pytest.mark.parametrize("place", MISSED, ids=" ".join)
def test_a_place_that_misses_the_promise_misses_it_still(place):
    group, trait, share = place
    assert QUALITY.loc[(group, trait), share].value < PROMISED[group][share]
