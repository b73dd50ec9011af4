"""Rules against deeds: coverage, overlap, conflict, agreement, open share, by counts done by hand."""

import math

import pandas as pd
import pytest
from invented_policies import tiny

from netkit.schools import _answers_of, _hold_against

POLICY = tiny(
    [
        ("met", "{met_in_person: yes}", "accept"),
        ("worked", "{worked_together: yes}", "accept"),
        ("repeat", "{reminded_you: yes}", "decline"),
        ("never", "{note_words: 7}", "ask"),
        ("rest", "{}", "ignore"),
    ]
)
#        met       worked    repeat   words  done
ROWS = [
    ("yes",   "no",     "no",    1,     "accept"),
    ("yes",   "yes",    "no",    1,     "accept"),
    ("yes",   "no",     "yes",   1,     "decline"),
    ("no",    "yes",    "no",    1,     None),
    ("no",    "no",     "yes",   1,     "decline"),
    (None,    "no",     "no",    1,     "ignore"),
    ("no",    "no",     "no",    1,     "ignore"),
    ("no",    "no",     None,    1,     "ignore"),
]  # fmt: skip


@pytest.fixture
def facts():
    facts = pd.DataFrame(
        [row[:4] for row in ROWS], columns=["met_in_person", "worked_together", "reminded_you", "note_words"]
    )
    facts.insert(0, "request", [f"r{place}" for place in range(len(ROWS))])
    return facts


@pytest.fixture
def table(facts):
    done = pd.Series([row[4] for row in ROWS], index=facts["request"], dtype="str")
    return _hold_against(facts, _answers_of(done), [POLICY], "invitation").rules.set_index("rule")


def test_coverage_is_the_share_of_requests_on_which_a_rule_holds(table):
    assert table["coverage"].to_dict() == {
        "met": 3 / 8,
        "worked": 2 / 8,
        "repeat": 2 / 8,
        "never": 0,
        "rest": 1,
    }


def test_overlap_and_conflict_leave_out_the_rule_that_always_holds(table):
    assert table["overlap"].to_dict() == {
        "met": 2 / 8,
        "worked": 1 / 8,
        "repeat": 1 / 8,
        "never": 0,
        "rest": 5 / 8,
    }
    assert table["conflict"].to_dict() == {
        "met": 1 / 8,
        "worked": 0,
        "repeat": 1 / 8,
        "never": 0,
        "rest": 5 / 8,
    }


def test_the_open_share_is_where_a_rule_cannot_be_told(table):
    assert table["open"].to_dict() == {"met": 1 / 8, "worked": 0, "repeat": 1 / 8, "never": 0, "rest": 0}


def test_agreement_counts_only_what_the_rule_decides_and_what_was_done(table):
    assert table["decides"].to_dict() == {"met": 3, "worked": 1, "repeat": 1, "never": 0, "rest": 1}
    assert table["compared"].to_dict() == {"met": 3, "worked": 0, "repeat": 1, "never": 0, "rest": 1}
    assert table.loc["met", "share"] == pytest.approx(2 / 3)
    assert table.loc["met", "contradicted"] == 1
    assert math.isnan(table.loc["worked", "share"])


def test_without_requests_no_share_is_told(facts):
    nothing_done = pd.Series([], dtype="str")
    table = _hold_against(facts.head(0), nothing_done, [POLICY], "invitation").rules
    assert table[["coverage", "overlap", "conflict", "open"]].isna().all(axis=None)
    assert table["rule"].tolist() == ["met", "worked", "repeat", "never", "rest"]
