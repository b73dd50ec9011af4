"""Which answers count as deeds of your own, by what is known of an opinion seen before."""

from types import SimpleNamespace

import pandas as pd

from netkit.schools import _invitation_deeds


def test_an_answer_counts_unless_an_opinion_is_known_to_have_been_seen():
    table = pd.DataFrame(
        {
            "request": ["unknown", "seen", "unseen"],
            "label": 1.0,
            "strength": "strong",
            "action": "accept",
            "opinion_seen": pd.array([None, True, False], dtype="boolean"),
        }
    )
    deeds, notes = _invitation_deeds(SimpleNamespace(table=table, period=None))
    assert deeds[["unknown", "unseen"]].tolist() == ["yes", "yes"]
    assert pd.isna(deeds["seen"])
    assert notes[-1] == "You gave 1 answer after seeing advice. It is left out."
