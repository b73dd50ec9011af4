"""What a comparison may learn from: nothing that gives the label away by the way it was recorded."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from netkit.comparison import compare, compare_judges
from netkit.comparison.labelled_history import Labelled
from netkit.errors import NotEnoughError
from netkit.facts import vocabulary
from netkit.policy import load_policy

WORDS = vocabulary("invitation")


def history(n=200, seed=1):
    """Half the labels are decisions that follow nothing; the rest are acceptances of the export alone."""
    rng = np.random.default_rng(seed)
    sent = pd.Series(pd.date_range("2025-01-01", periods=n, freq="D", tz="UTC"))
    decided = np.arange(n) % 2 == 0
    label = np.where(decided, rng.integers(0, 2, n), 1).astype(float)
    table = pd.DataFrame(
        {
            "request": [f"inv-{i:04d}" for i in range(n)],
            "person": [f"in:p{i}" for i in range(n)],
            "sent_at": sent,
            "state": np.where(decided, "decided", "accepted"),
            "strength": "strong",
            "label": label,
            "decided_at": sent + pd.Timedelta(days=1),
            "opinion_seen": False,
        }
    )
    level = np.where(decided, np.where(rng.random(n) < 0.5, "yes", "no"), None)
    facts = WORDS.conform(pd.DataFrame({"request": table["request"], "recognised": level}))
    return SimpleNamespace(
        table=table, facts=facts, vocabulary=WORDS, advice=(), aged_after_days=10.0,
        period=(sent.iloc[0], sent.iloc[-1]),
    )  # fmt: skip


def test_only_labels_that_come_with_what_was_noted_are_scored():
    past = Labelled.of(history(), WORDS)
    assert past.scored.sum() == 100
    assert past.facts.loc[past.scored, "recognised"].notna().all()


def test_being_unrecorded_does_not_give_an_acceptance_away():
    # Decisions here follow nothing at all: whoever finds something has found how they were recorded.
    comparison = compare(history(), load_policy("house"))
    assert comparison.against_base_rate == "no better than the base rate"
    assert comparison.verdict != "model"


def test_the_reader_is_told_how_many_acceptances_are_left_out():
    past = history()
    told = " ".join(Labelled.of(past, WORDS).cautions(past))
    assert "100 acceptances that only your archive shows do not count here" in told


def test_what_somebody_had_to_note_is_blanked_for_all_alike():
    facts = WORDS.conform(pd.DataFrame({"request": ["a"], "note_kind": ["none"], "recognised": ["yes"]}))
    bare = Labelled(facts, np.ones(1), pd.Series(dtype="datetime64[us, UTC]")).without_noted(WORDS).facts
    assert bare["note_kind"].tolist() == ["none"]
    assert bare["recognised"].isna().all()
    assert bare.dtypes.equals(facts.dtypes)


def test_acceptances_alone_judge_nobody():
    days = pd.Series(pd.date_range("2024-01-01", periods=200, tz="UTC"))
    facts = pd.DataFrame({"request": [f"r{i}" for i in range(200)], "sells": ["yes", "no"] * 100})
    found = compare_judges(facts, pd.Series([1] * 200), days)
    assert found.pair.n == 0
    with pytest.raises(NotEnoughError, match="200 of them accepted"):
        _ = found.scores
