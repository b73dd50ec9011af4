"""Rules and model on one invented history: what is compared, said, and left unsaid."""

import json
import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn.tree import DecisionTreeClassifier

from netkit.cli.comparison_screen import _decimals, _print_scores, show_comparison
from netkit.comparison import compare, compare_judges
from netkit.comparison.learners import Challenger, Design, Model, Past, action_meaning
from netkit.costs import Costs
from netkit.evaluation import Estimate
from netkit.facts import Fact, Vocabulary
from netkit.model import fit_model

VOCABULARY = Vocabulary(
    "invitation",
    {
        "met": Fact("met", "Have you met?", levels=("yes", "no")),
        "note_sells": Fact("note_sells", "Does the note sell?", levels=("yes", "no"), origin="note"),
        "words": Fact("words", "How many words?", bands=(1, 15)),
    },
)


@dataclass
class InventedPolicy:
    """Accepts whom you met, refuses sellers, asks the others."""

    name: str = "invented"
    vocabularies: dict = field(default_factory=lambda: {"invitation": VOCABULARY})

    @property
    def lasting(self):
        return self  # it is never closed for a while

    def judge(self, facts, kind, *, exact=False):
        assert kind == "invitation"
        action = np.where(facts["met"] == "yes", "accept", "decline")
        action = pd.Series(action, dtype="str").mask(facts["met"].isna().to_numpy())
        rule = action.map({"accept": "met-before", "decline": "never-met"})
        return pd.DataFrame({"request": facts["request"], "action": action, "rule": rule})


@dataclass
class InventedHistory:
    table: pd.DataFrame
    facts: pd.DataFrame
    period: tuple | None
    aged_after_days: float = 30.0
    advice: tuple = ()
    vocabulary: Vocabulary = VOCABULARY


def invented_history(n=400, *, seed=1, goes_by="note_sells", weak=0):
    """The person goes by one fact; the policy always goes by `met`."""
    rng = np.random.default_rng(seed)
    total = n + weak
    facts = pd.DataFrame(
        {
            "request": [f"inv-{i:04d}" for i in range(total)],
            "met": rng.choice(["yes", "no"], total),
            "note_sells": rng.choice(["yes", "no"], total),
            "words": pd.array(rng.integers(0, 40, total), dtype="Int64"),
        }
    ).astype({"met": "str", "note_sells": "str"})
    yes = facts["note_sells"] == "no" if goes_by == "note_sells" else facts["met"] == "yes"
    odds = np.where(yes, 3.0, -3.0)
    label = (rng.random(total) < 1 / (1 + np.exp(-odds))).astype(float)
    sent = pd.Series(pd.date_range("2023-01-01", periods=total, freq="17h", tz="UTC"))
    strength = np.array(["strong"] * total, dtype=object)
    if weak:
        strength[rng.choice(total, weak, replace=False)] = "weak"
    table = pd.DataFrame(
        {
            "request": facts["request"],
            "person": [f"in:p{i}" for i in range(total)],
            "sent_at": sent,
            "strength": strength,
            "label": np.where(strength == "weak", 0.0, label),
            "decided_at": sent + pd.Timedelta(days=1),
            "opinion_seen": False,
        }
    )
    return InventedHistory(table, facts, (sent.iloc[0], sent.iloc[-1]))


def quick_compare(history, policies):
    """Three origins instead of eight: a test needs no more."""
    return compare(history, policies, origins=3)


@pytest.fixture(scope="module")
def found():
    return quick_compare(invented_history(), InventedPolicy())


def test_a_model_that_is_clearly_better_gets_the_verdict(found):
    assert found.verdict == "model"
    assert found.pair.saving.low > 0


def test_where_the_rules_are_what_the_person_does_they_stay_in_office():
    followed = quick_compare(invented_history(goes_by="met"), InventedPolicy())
    assert followed.verdict == "rules"
    assert followed.against_base_rate == "better than the base rate"


def test_a_history_of_coin_tosses_is_no_better_than_the_base_rate():
    history = invented_history(300)
    history.table["label"] = np.random.default_rng(5).integers(0, 2, 300).astype(float)
    assert quick_compare(history, InventedPolicy()).against_base_rate == "no better than the base rate"


def test_every_judge_is_scored_on_the_same_later_requests(found):
    names = ["rules", "recalibrated_rules", "model", "tally", "base_rate", "accept_all", "accept_none"]
    assert list(found.scores.index) == names
    assert set(found.scores["n"]) == {len(found.backtest.labels)}


def test_the_dictionary_is_json_without_nan(found):
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert json.loads(text)["verdict"] == "model"


def test_the_sentence_names_the_number_the_interval_and_the_verdict(found):
    assert f"On {found.pair.n} later requests" in found.sentence
    assert "95 % interval" in found.sentence
    assert found.sentence.count("model") >= 2


def test_every_estimate_of_a_judge_that_states_probabilities_has_an_interval(found):
    model = found.as_dict()["judges"]["model"]
    for name in ("cost_per_100", "log_loss", "brier", "auc", "recall_on_refusals", "net_benefit"):
        assert model[name]["low"] <= model[name]["value"] <= model[name]["high"]
        assert model[name]["n"] > 0


def test_a_judge_that_has_not_erred_yet_is_not_said_never_to():
    # Everybody who came later was accepted, so accepting all of them cost nothing so far.
    history = invented_history(90)
    history.table["label"] = (np.arange(90) % 3 > 0) | (np.arange(90) >= 27)
    found = quick_compare(history, InventedPolicy())
    free = {score.judge: score for score in found.score_list}["accept_all"]
    cost, gain = free.measures["cost_per_100"], free.measures["net_benefit"]
    assert cost.value == 0 and cost.high > 3
    assert gain.value == 1 and gain.low < 0.97
    curve = [row for row in found.curves() if row["judge"] == "accept_all"]
    assert all(row["low"] < 1 for row in curve)


def test_rules_state_no_probability_and_have_no_log_loss(found):
    assert found.as_dict()["judges"]["rules"]["log_loss"]["value"] is None


def test_where_they_part_the_pattern_names_the_fact_and_the_rule(found):
    first = found.disagreements.iloc[0]
    assert "note_sells" in first["pattern"]
    assert first["rule"] in {"met-before", "never-met"}
    assert f"Rule '{first['rule']}'" in first["suggestion"]
    assert found.disagreements["n"].sum() == found.pair.discordant


def test_an_open_decision_counts_as_a_question():
    history = invented_history(200)
    history.facts["met"] = pd.Series([None] * 200, dtype="str")
    opened = quick_compare(history, InventedPolicy())
    zones = {zone["answer"]: zone["n"] for zone in opened.as_dict()["judges"]["rules"]["zones"]}
    assert zones["ask"] == opened.pair.n
    assert opened.scores.loc["rules", "cost_per_100"] == pytest.approx(20.0)


def test_weak_labels_change_the_second_answer_only():
    history = invented_history(150, weak=300)
    both = quick_compare(history, InventedPolicy())
    without = history.table["strength"] == "strong"
    history.table = history.table[without].reset_index(drop=True)
    alone = quick_compare(history, InventedPolicy())
    assert both.pair.saving == alone.pair.saving
    assert both.weak.labels == 300
    assert both.weak.with_them.n == both.weak.without.n == both.pair.n
    assert both.weak.with_them.saving != both.weak.without.saving
    assert alone.weak is None


def test_where_only_refusals_were_recorded_all_are_judged_by_what_the_export_knows():
    history = invented_history(300)
    refused = history.table["label"] == 0
    history.table["state"] = np.where(refused, "decided", "accepted")
    found = quick_compare(history, InventedPolicy())
    assert found.labels == 300
    assert found.scores.loc["rules", "cost_per_100"] == pytest.approx(20.0)  # nothing noted: open
    assert any("by what the export alone knows" in note for note in found.notes)


def test_acceptances_without_noted_facts_are_not_scored_beside_recorded_ones():
    history = invented_history(300)
    accepted = np.flatnonzero(history.table["label"] == 1)
    history.table["state"] = "decided"
    history.table.loc[accepted[:40], "state"] = "accepted"
    found = quick_compare(history, InventedPolicy())
    assert found.labels == 260
    assert any(note.startswith("40 acceptances that only your archive shows") for note in found.notes)


def test_requests_outside_the_recorded_period_are_left_out():
    history = invented_history(400)
    history.period = (history.table["sent_at"].iloc[200], history.table["sent_at"].iloc[-1])
    assert quick_compare(history, InventedPolicy()).labels == 200


def test_without_a_period_it_says_that_base_rates_do_not_hold():
    history = invented_history(100)
    history.period = None
    assert any(
        "What share you accept is therefore unknown" in note
        for note in quick_compare(history, InventedPolicy()).notes
    )


def test_decisions_made_after_seeing_an_opinion_are_counted_aloud():
    history = invented_history(100)
    history.table.loc[:9, "opinion_seen"] = True
    notes = quick_compare(history, InventedPolicy()).notes
    assert any(note.startswith("You gave 10 answers after seeing advice.") for note in notes)


def test_every_judge_stays_on_one_line_of_a_narrow_screen(found, capsys, monkeypatch):
    monkeypatch.setattr("netkit.cli.screen.console", Console(width=80, highlight=False))
    pair = pd.Index(["recalibrated_rules", "open_to_conversation"], name="judge")
    scores = found.scores.loc[["rules", "model"]].set_axis(pair)
    _print_scores(scores.assign(cost_per_100=65.4, cost_per_100_low=61.4, cost_per_100_high=69.3))
    printed = capsys.readouterr().out
    for name in ("recalibrated rules", "open to conversation"):
        (line,) = [line for line in printed.splitlines() if name in line]
        assert "65.4 [61.4, 69.3]" in line
    assert max(map(len, printed.splitlines())) <= 80


def test_the_screen_answers_first_in_words_and_shows_three_rows_until_all_is_asked_for(found, capsys):
    show_comparison(found)
    short = " ".join(capsys.readouterr().out.split())
    assert short.startswith("Your rules or the model: who decides better? The model. On ")
    saving, due = found.at_milestone.crossed.saving, found.at_milestone.decisions
    assert saving.high - saving.low > 2  # no decimal of it means anything
    ends = f"(between {saving.low:.0f} and {saving.high:.0f})"
    assert f"saved you {saving.value:.0f} points per 100 decisions {ends}" in short
    have = f"{len(found.more.answers):,} acceptances and refusals on record"
    assert f"You have {have}; the verdict was due at {due:,} of them." in short
    assert "accept all" in short and "tally" not in short
    most = found.disagreements.groupby("pattern")["n"].sum()
    assert f"Where they differ most: {most.idxmax().replace('_', ' ')} ({most.max()} cases)" in short
    show_comparison(found, every=True)
    whole = " ".join(capsys.readouterr().out.split())
    assert "tally" in whole and found.calibrations["model"].sentence in whole


@pytest.mark.parametrize(
    ("low", "high", "places"), [(2.8, 10.7, 0), (6.5, 6.9, 1), (0.01, 0.05, 2), (0, 90, 0)]
)
def test_a_saving_has_the_decimals_that_its_interval_supports(low, high, places):
    assert _decimals(Estimate(6.7, low, high)) == places
    assert _decimals(Estimate(6.7)) == 1


def test_before_a_verdict_the_screen_says_what_is_missing_and_the_shortest_way(capsys):
    few = quick_compare(invented_history(12), InventedPolicy())
    show_comparison(few, waiting=14)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Nobody can tell yet, so keep your rules." in shown
    assert few.more.sentence in shown
    assert "The shortest way: answer the 14 invitations that wait: netkit work. Then tell" in shown
    show_comparison(few)
    assert "The shortest way: tell what you did" in " ".join(capsys.readouterr().out.split())


def test_too_few_labels_end_in_keep_the_rules_and_no_error():
    few = quick_compare(invented_history(12), InventedPolicy())
    assert few.verdict == "undecided: keep the rules"
    assert json.dumps(few.as_dict(), allow_nan=False)
    assert "12 labels" in few.sample.sentence
    assert few.more.sentence in few.sentence and few.more.number == 48


def test_requests_of_one_moment_end_in_keep_the_rules_and_no_error():
    history = invented_history(200)
    history.table["sent_at"] = history.table["sent_at"].iloc[0]
    found = quick_compare(history, InventedPolicy())
    assert (found.verdict, found.curve) == ("undecided: keep the rules", [])


def test_a_history_of_one_week_has_no_verdict_and_says_so():
    history = invented_history(90)
    monday = pd.Timestamp("2024-01-01", tz="UTC")
    history.table["sent_at"] = monday + pd.to_timedelta(np.arange(90), unit="h")
    history.table["decided_at"] = history.table["sent_at"] + pd.Timedelta(minutes=5)
    history.period = None
    found = quick_compare(history, InventedPolicy())
    assert found.verdict == "undecided: keep the rules"
    assert "All of them came in one week" in found.sentence and "nan" not in found.sentence


def test_one_persons_requests_draw_no_learning_curve():
    # Who is to be judged is learned nothing from, so nothing is left to learn from.
    history = invented_history(200)
    history.table["person"] = "in:p0"
    assert quick_compare(history, InventedPolicy()).curve == []


def test_a_single_later_request_is_said_to_be_too_few_for_an_interval():
    found = quick_compare(invented_history(21), InventedPolicy())
    assert found.sentence.startswith("On 1 later request the model")
    assert "too few for an interval" in found.sentence
    assert "nan" not in found.sentence


def test_beside_acceptances_alone_nobody_is_better_than_the_base_rate():
    # The model grows surer than the base rate that everybody is accepted, and nobody tests it.
    history = invented_history(200)
    history.table["label"] = (np.arange(200) != 10).astype(float)
    found = quick_compare(history, InventedPolicy())
    assert found.over_base_rate.low > 0
    assert found.against_base_rate == "no better than the base rate"


def test_asking_everybody_is_not_deciding():
    # Rules by a fact that means nothing are wrong half of the time; asking everybody is cheaper.
    history = invented_history(200)
    history.facts["note_sells"] = "no"
    found = quick_compare(history, InventedPolicy())
    assert found.pair.saving.low > 0 and found.pair.decided < 30
    assert found.verdict == "undecided: keep the rules"
    assert "Asking pays, but the model does not decide better." in found.sentence
    assert found.scores.loc["model", "asked"] > 0.9


def test_a_second_policy_is_compared_with_the_first():
    other = InventedPolicy(name="other")
    found = quick_compare(invented_history(200), [InventedPolicy(), other])
    assert found.pairs["other"].discordant == 0


def test_a_learned_rule_list_is_scored_on_the_same_requests_and_learns_from_earlier_ones_only():
    history = invented_history(300)
    tree = {"tree": DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)}
    before = compare(history, InventedPolicy(), origins=3, challengers=tree)
    last = before.backtest.origins[-1].later
    history.table.loc[last, "label"] = 1 - history.table.loc[last, "label"]
    after = compare(history, InventedPolicy(), origins=3, challengers=tree)
    assert before.scores.loc["tree", "n"] == before.scores.loc["model", "n"]
    assert before.scores.loc["tree", "auc"] > 0.9  # the person goes by one fact
    np.testing.assert_array_equal(
        before.backtest.answers["tree"].probability, after.backtest.answers["tree"].probability
    )


def test_a_challenger_whose_past_was_all_of_one_kind_does_not_call_the_rest_certain():
    facts = pd.DataFrame({"request": list("abcdef"), "met": ["yes", "no"] * 3})
    past = Past(facts, np.array([1.0, 0.0] * 3), np.ones(6))
    tree = Challenger("tree", DecisionTreeClassifier(), Design.of(facts, VOCABULARY), Costs())
    assert tree.answer(past, facts.head(2)).probability.tolist() == [7 / 8, 1 / 8]


def test_the_notebook_view_is_escaped(found):
    noted = replace(found, notes=("<script>alert(1)</script>",))
    assert "<script>" not in noted._repr_html_()


def test_what_is_done_later_cannot_change_an_earlier_answer():
    history = invented_history(300)
    before = quick_compare(history, InventedPolicy()).backtest
    last = before.origins[-1].later
    history.table.loc[last, "label"] = 1 - history.table.loc[last, "label"]
    after = quick_compare(history, InventedPolicy()).backtest
    np.testing.assert_array_equal(before.answers["model"].probability, after.answers["model"].probability)


def test_the_judge_that_is_refitted_quickly_answers_as_the_fitted_model_does():
    history = invented_history(120)
    labels, weights = history.table["label"], np.where(np.arange(120) % 3, 1.0, 0.4)
    said = InventedPolicy().judge(history.facts, "invitation")
    score = action_meaning(said)
    before, later = history.facts.iloc[:90], history.facts.iloc[90:]
    past = Past(before, labels.iloc[:90].to_numpy(), weights[:90])
    quick = Model(Design.of(history.facts, VOCABULARY), Costs(), score).answer(past, later)
    fitted = fit_model(
        before,
        labels.iloc[:90],
        VOCABULARY,
        weights=pd.Series(weights[:90]),
        rules_score=score,
        costs=Costs(),
    )
    table = fitted.judge(later, score)
    np.testing.assert_allclose(quick.probability, table["probability"].to_numpy(), atol=1e-9)
    assert action_meaning(table).tolist() == quick.action.tolist()
    told = quick.explain(np.array([0, 1]))
    assert told[1]["note_sells"] == pytest.approx(table["contributions"].iloc[1]["note_sells"], abs=1e-9)


def test_compare_judges_needs_no_policy_and_says_no_better_than_the_base_rate():
    rng = np.random.default_rng(3)
    facts = pd.DataFrame({"request": [f"r{i}" for i in range(300)], "words": rng.integers(0, 50, 300)})
    days = pd.Series(pd.date_range("2024-01-01", periods=300, tz="UTC"))
    found = compare_judges(facts, pd.Series(rng.integers(0, 2, 300)), days)
    assert found.verdict == "no better than the base rate"
    assert not math.isnan(found.over_base_rate.value)


# --- the report --------------------------------------------------------------------------------
