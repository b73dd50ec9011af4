"""Figures: the same picture for the same data, and everything in it said in words."""

from io import BytesIO

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netkit.figures import plot_actions, plot_delays, plot_label_states, plot_months, plot_rates
from netkit.figures.drawing import COLOURS
from netkit.figures.judge_figures import (
    plot_calibration,
    plot_drift,
    plot_effects,
    plot_explanation,
    plot_learning_curve,
    plot_net_benefit,
    plot_scores,
)

COUNTS = pd.DataFrame(
    {"state": ["accepted", "gone", "open"], "strength": ["strong", "weak", "none"], "n": [40, 3, 2]}
)
DAYS = pd.Series([0.5, 1.0, 2.0, 9.0, None])
TIMES = pd.Series(pd.to_datetime(["2024-01-05", "2024-01-20", "2024-04-02"], utc=True))
ACTIONS = pd.DataFrame({"action": ["accept", "ask_permission", None, "accept"]})
RATES = pd.DataFrame({"group": ["asked first", "not asked"], "rate": [0.8, 0.25], "low": [0.6, 0.1],
                      "high": [0.9, 0.5], "n": [20, 16]})  # fmt: skip
EFFECTS = pd.DataFrame({"fact": ["met_in_person", "met_in_person"], "level": ["yes", "no"],
                        "estimate": [np.log(4), np.log(0.5)], "low": [np.log(2), np.log(0.25)],
                        "high": [np.log(8), np.log(1)]})  # fmt: skip
SCORES = pd.DataFrame({"n": [98, 98], "brier": [0.2, np.nan], "brier_low": [0.1, np.nan],
                       "brier_high": [0.3, np.nan]}, index=["model", "rules"])  # fmt: skip
BINS = pd.DataFrame({"stated": [0.1, 0.8], "observed": [0.12, 0.9], "low": [0.05, 0.7], "high": [0.3, 0.97],
                     "n": [30, 28]})  # fmt: skip
CURVES = [
    {"judge": judge, "threshold": t, "value": value, "low": 0.0, "high": 0.5, "n": 98}
    for judge, value in (("rules", 0.4), ("accept_none", 0.0))
    for t in (0.25, 0.5, 0.75)
]
LEARNING = [
    {"labels": labels, "judge": "model", "cost_per_100": {"value": cost, "low": 10.0, "high": 40.0, "n": 60}}
    for labels, cost in ((25, 27.5), (50, 25.0))
]
CURVE = pd.DataFrame({"stated": [0.1, 0.4, 0.8], "observed": [0.1, 0.1, 0.9]})
HISTOGRAM = pd.DataFrame({"low": [0.0, 0.8], "high": [0.2, 1.0], "n": [30, 28], "accepted": [4, 25]})
NUMBERS = "slope 0.90 (0.60 to 1.20; 1 is right); intercept 0.10 (-0.20 to 0.40; 0 is right)"
PARTS = {"the usual request": 0.5, "recognised: no": -0.4, "met in person: yes": 1.0}
PERIODS = pd.DataFrame({"period": ["May 2024", "June 2024"], "n": [20, 10], "rate": [0.5, 0.8], "low": [0.3, 0.5],
                        "high": [0.7, 0.9], "expected": [12.0, 7.0]})  # fmt: skip

FIGURES = {
    "states": lambda: plot_label_states(COUNTS),
    "delays": lambda: plot_delays(DAYS, 8.9),
    "months": lambda: plot_months(TIMES, pd.Series(["accepted", "gone", "accepted"])),
    "actions": lambda: plot_actions(ACTIONS),
    "rates": lambda: plot_rates(RATES, title="When it turns out well", label="useful", of="introductions"),
    "effects": lambda: plot_effects(EFFECTS, n=120),
    "scores": lambda: plot_scores(SCORES, "brier", label="Brier score", title="How well chances fit"),
    "calibration": lambda: plot_calibration(BINS),
    "whole_calibration": lambda: plot_calibration(BINS, CURVE, HISTOGRAM, NUMBERS),
    "explanation": lambda: plot_explanation(PARTS, chance=0.75),
    "net_benefit": lambda: plot_net_benefit(CURVES),
    "learning": lambda: plot_learning_curve(LEARNING),
    "drift": lambda: plot_drift(PERIODS),
}


@pytest.mark.parametrize("name", ["states", "net_benefit", "effects"])
def test_equal_data_gives_equal_bytes_whatever_the_readers_own_settings_are(name):
    first = FIGURES[name]().picture()
    with matplotlib.rc_context(
        {"font.size": 20, "lines.linewidth": 9, "axes.facecolor": "red", "legend.frameon": True}
    ):
        again = FIGURES[name]().picture()
    assert first == again


@pytest.mark.parametrize("name", ["rates", "learning"])
def test_showing_a_figure_twice_moves_nothing(name):
    drawing = FIGURES[name]()
    assert drawing._repr_mimebundle_() == drawing._repr_mimebundle_()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_title_units_and_n_and_carries_its_words(name):
    drawing = FIGURES[name]()
    title = drawing.get_title(loc="left")
    picture = Image.open(BytesIO(drawing.picture()))
    assert title
    assert drawing.get_xlabel()
    assert "n = " in drawing.figure.get_supxlabel()
    assert picture.info["Description"] == drawing.alternative
    assert "Software" not in picture.info
    assert drawing.alternative.startswith(f"{title} (n = ")


def test_a_month_without_a_request_is_shown_as_a_gap():
    drawing = plot_months(TIMES, pd.Series(["accepted", "gone", "accepted"]))
    accepted = [bar.get_height() for bar in drawing.containers[0]]
    assert accepted == [1, 0, 0, 1]


def test_the_actions_count_open_requests_apart():
    assert plot_actions(ACTIONS).alternative == (
        "What is advised (n = 4 requests). accept: 2. ask permission: 1. open: 1."
    )


def test_shares_of_groups_that_overlap_count_each_request_once():
    words = {"title": "When it turns out well", "label": "useful", "of": "introductions"}
    assert "(n = 36 introductions)" in plot_rates(RATES, **words).alternative
    overlapping = plot_rates(RATES, **words, n=25)
    assert "(n = 25 introductions). asked first (n = 20)" in overlapping.alternative
    assert overlapping.figure.get_supxlabel() == "n = 25 introductions"


def test_effects_are_drawn_as_odds_ratios():
    drawing = plot_effects(EFFECTS, n=120)
    np.testing.assert_allclose(drawing.lines[0].get_xdata(), [4, 0.5])
    assert "met in person: yes: 4 (2 to 8)." in drawing.alternative


def test_labels_of_two_strengths_in_one_state_stand_side_by_side():
    rows = {"state": ["aged", "aged"], "strength": ["weak", "none"], "n": [70, 24]}
    bars = plot_label_states(pd.DataFrame(rows)).patches
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 70), (70, 24)]


def test_effects_stand_in_order_with_their_numbers_reference_and_the_rules_beside_them():
    more = {"n": [20, 60], "compared_with": "unknown", "prior_mean": [1.0, 0.0], "posterior": [1.2, -0.5]}
    drawing = plot_effects(EFFECTS.assign(**more).iloc[::-1], n=120)
    labels = [label.get_text() for label in drawing.get_yticklabels()]
    assert labels == ["met in person: yes vs. unknown (n = 20)", "met in person: no vs. unknown (n = 60)"]
    assert [text.get_text() for text in drawing.texts] == ["4 (2 to 8)", "0.5 (0.25 to 1)"]
    drawn = {line.get_label(): line.get_xdata() for line in drawing.lines}
    np.testing.assert_allclose(drawn["your rules"], np.exp([1.0, 0.0]))
    np.testing.assert_allclose(drawn["the model: both"], np.exp([1.2, -0.5]))


def test_calibration_is_drawn_with_its_curve_and_its_slope_and_intercept():
    drawing = plot_calibration(BINS, CURVE, HISTOGRAM, NUMBERS)
    drawn = {line.get_label(): line for line in drawing.lines}
    np.testing.assert_allclose(drawn["curve that never falls"].get_xydata(), [[10, 10], [40, 10], [80, 90]])
    assert [text.get_text() for text in drawing.texts] == [NUMBERS.replace("; intercept", "\nintercept")]
    assert drawing.alternative.endswith(f"S{NUMBERS[1:]}.")


def test_the_bars_under_calibration_count_the_accepted_up_and_the_others_down():
    (below,) = plot_calibration(BINS, CURVE, HISTOGRAM, NUMBERS).child_axes
    up, down = ([bar.get_height() for bar in bars] for bars in below.containers)
    assert (up, down) == ([4, 25], [-26, -3])
    assert [bar.get_x() + bar.get_width() / 2 for bar in below.containers[0]] == [10, 90]
    assert [label.get_text() for label in below.get_yticklabels()] == ["26 not", "0", "26 accepted"]


def test_calibration_without_requests_shows_nothing_yet():
    assert "Nothing to show yet" in plot_calibration(BINS[:0], CURVE[:0], HISTOGRAM[:0], "").alternative


def test_one_request_is_explained_by_bars_that_add_up_the_usual_request_first():
    drawing = plot_explanation(PARTS, chance=0.75)
    names = [label.get_text() for label in drawing.get_yticklabels()]
    assert names == ["the usual request", "met in person: yes", "recognised: no", "all together: 75 of 100"]
    np.testing.assert_allclose([bar.get_width() for bar in drawing.containers[0]], [0.5, 1.0, -0.4, 1.1])
    assert drawing.alternative.endswith("recognised: no: -0.40. Chance: 75 of 100.")


def test_what_speaks_for_and_what_against_have_colours_of_their_own():
    _, up, down, _ = (bar.get_facecolor() for bar in plot_explanation(PARTS, chance=0.75).containers[0])
    assert up != down


def test_a_figure_of_many_groups_is_no_taller_than_a_page():
    words = {"title": "When it turns out well", "label": "useful", "of": "introductions"}
    many = plot_rates(pd.concat([RATES] * 9), **words)
    assert many.figure.get_figheight() <= 7.2  # as wide as tall
    assert plot_rates(RATES, **words).figure.get_figheight() == pytest.approx(2.3)


def test_a_period_is_drawn_beside_what_was_expected_of_it():
    drawn = {line.get_label(): line for line in plot_drift(PERIODS).lines}
    expected = drawn["expected, had you not changed"]
    np.testing.assert_allclose(expected.get_xdata(), [60, 70])
    np.testing.assert_array_equal(expected.get_ydata(), [0, 1])


def test_no_two_of_eleven_judges_look_alike_and_their_names_stand_beside_the_lines():
    curves = [{**CURVES[place], "judge": f"judge {n}"} for n in range(11) for place in range(3)]
    drawing = plot_net_benefit(curves)
    looks = {
        (line.get_color(), str(line.get_linestyle()), line.get_marker(), line.get_markerfacecolor())
        for line in drawing.lines
        if not line.get_label().startswith("_")
    }
    assert len(looks) == 11
    shapes = {(marker, face == "white") for _, _, marker, face in looks}
    assert len(shapes) == 11  # told apart without colours too
    drawing.picture()  # lays it out
    legend, plot = drawing.get_legend().get_window_extent(), drawing.get_window_extent()
    assert legend.x0 >= plot.x1


def test_two_sizes_that_nearly_coincide_are_not_written_over_each_other():
    rows = [{**LEARNING[0], "labels": labels} for labels in (25, 50, 400, 409)]
    drawing = plot_learning_curve(rows)
    assert [label.get_text() for label in drawing.get_xticklabels()] == ["25", "50", "409"]


def test_a_judge_without_the_measure_is_left_out():
    drawing = plot_scores(SCORES, "brier", label="Brier score", title="How well chances fit")
    assert [label.get_text() for label in drawing.get_yticklabels()] == ["model"]


def test_delays_count_only_accepted_invitations_and_say_the_95th_percentile():
    assert plot_delays(DAYS, 8.9).alternative.endswith("Half within 2 days, 95 of 100 within 9 days.")
    assert "n = 4" in plot_delays(DAYS, 8.9).alternative


def test_the_colours_stand_out_against_white():
    assert [colour for colour in COLOURS if _contrast_with_white(colour) < 2.3] == []


def test_neighbouring_colours_differ_in_lightness_for_those_who_see_no_hue():
    light = [_contrast_with_white(colour) for colour in COLOURS[:2]]
    assert max(light) / min(light) > 1.2


def _contrast_with_white(colour):
    # WCAG 2.2, relative luminance of sRGB.
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)
