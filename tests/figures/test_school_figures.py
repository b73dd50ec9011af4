"""Figures about schools: the closest on top, every share written, and all of it said in words."""

import pandas as pd
import pytest

from netkit.figures.judge_figures import plot_agreement, plot_matrix

AGREEMENT = pd.DataFrame(
    {
        "kind": ["invitation", "invitation", "introduction", "invitation"],
        "school": ["open_to_conversation", "precious_network", "personal_voucher", "house"],
        "deeds": [60, 60, 20, 60],
        "compared": [50, 40, 18, 0],
        "share": [0.8, 0.6, 0.4, float("nan")],
        "low": [0.67, 0.45, 0.2, 0.0],
        "high": [0.89, 0.74, 0.6, 1.0],
    }
)
PAIRS = [
    ("house", "precious_network", 0.9),
    ("house", "known_people_only", 0.4),
    ("precious_network", "known_people_only", 0.5),
]
MATRIX = pd.DataFrame(
    [
        {"kind": "invitation", "school": one, "other": other, "n": 30, "share": share}
        for a, b, share in PAIRS
        for one, other in ((a, b), (b, a))
    ]
)
FIGURES = {"agreement": lambda: plot_agreement(AGREEMENT), "matrix": lambda: plot_matrix(MATRIX)}


def test_agreement_shows_one_kind_the_closest_first_and_leaves_out_who_answered_nothing():
    drawn = plot_agreement(AGREEMENT)
    assert [label.get_text() for label in drawn.get_yticklabels()] == [
        "open to conversation (50)",
        "precious network (40)",
    ]
    assert drawn.alternative.startswith(
        "Which policy is closest to what you did (n = 60 invitations answered)."
    )
    assert "precious network: 0.6 (0.45 to 0.74)." in drawn.alternative


def test_the_matrix_writes_every_share_into_its_cell_and_says_each_pair_once():
    drawn = plot_matrix(MATRIX)
    assert sorted(text.get_text() for text in drawn.texts) == ["0.40", "0.40", "0.50", "0.50", "0.90", "0.90"]
    assert drawn.alternative.count(" and ") == 3
    assert "house and precious network: 0.9 of 30." in drawn.alternative


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_data_gives_the_same_bytes(name):
    assert FIGURES[name]().picture() == FIGURES[name]().picture()
