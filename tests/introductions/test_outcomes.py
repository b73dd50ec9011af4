"""When introductions turn out well: shares, bounds, the flip, and no model below the minimum."""

import json
from math import inf, isnan, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_introductions import asked, go, made, march
from statsmodels.stats.proportion import proportion_confint

from netkit.errors import FactError, ModelError
from netkit.facts import vocabulary
from netkit.history import IntroductionHistory, read_introductions
from netkit.introductions.lessons import _tipping_point, fit_outcome_model, outcomes
from netkit.ledger import open_ledger

WORDS = vocabulary("introduction")


def history(rows):
    """A past from (made, label, facts) triples; label None where no outcome is known."""
    table = pd.DataFrame(
        {
            "request": [f"intro-{n:08x}" for n in range(len(rows))],
            "made": [made_ for made_, _, _ in rows],
            "label": pd.Series([label for _, label, _ in rows], dtype="float64"),
        }
    )
    facts = WORDS.conform(
        pd.DataFrame([facts for *_, facts in rows], dtype="object").assign(request=table["request"])
    )
    return IntroductionHistory(table, facts, WORDS, pd.DataFrame(), ())


def work(level):
    return {"purpose": level, "requester_known": "well", "good_for_contact": "yes"}


PAST = history(
    [(True, 1.0, work("information"))] * 6
    + [(True, 0.0, work("information"))] * 2
    + [(True, None, work("information"))] * 1
    + [(True, 0.0, work("venture"))] * 2
    + [(False, None, work("venture"))] * 4
    + [(False, None, work("favour"))] * 5
)


def row(found, fact, level=""):
    table = found.table
    return table[(table["fact"] == fact) & (table["level"] == level)].iloc[0]


def test_the_outcome_is_counted_where_it_is_known_and_nowhere_else():
    found = outcomes(PAST)
    assert (found.requests, found.made, found.known, found.useful) == (20, 11, 10, 6)
    assert row(found, "all requests")["share"] == pytest.approx(0.6)
    assert row(found, "purpose", "information")[["requests", "made", "known", "useful"]].tolist() == [
        9,
        9,
        8,
        6,
    ]
    assert row(found, "purpose", "favour")[["requests", "made", "known", "useful"]].tolist() == [5, 0, 0, 0]


def test_the_interval_is_wilsons():
    low, high = proportion_confint(6, 10, method="wilson")
    first = row(outcomes(PAST), "all requests")
    assert (first["low"], first["high"]) == (pytest.approx(low), pytest.approx(high))


def test_the_bounds_are_those_of_every_way_in_which_the_unknown_could_have_turned_out():
    first = row(outcomes(PAST), "all requests")
    shares = [(6 + useful) / 20 for useful in range(11)]
    assert (first["worst"], first["best"]) == (min(shares), max(shares))
    venture = row(outcomes(PAST), "purpose", "venture")
    assert (venture["worst"], venture["best"]) == (0.0, pytest.approx(4 / 6))


def test_where_nothing_was_made_everything_is_possible():
    favour = row(outcomes(PAST), "purpose", "favour")
    assert isnan(favour["share"])
    assert favour[["low", "high", "worst", "best"]].tolist() == [0, 1, 0, 1]


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 60))
def test_at_the_odds_that_flip_it_the_share_of_all_is_exactly_a_half(useful, bad, unknown):
    known = useful + bad
    ratio = _tipping_point(useful, known, known + unknown)
    if ratio == inf:  # then no share among the unknown brings all to a half
        shares = [(useful + unknown * q) / (known + unknown) for q in (0, 1)]
        assert min(shares) >= 0.5 or max(shares) <= 0.5
        return
    odds = ratio * useful / bad
    q = odds / (1 + odds)
    assert (useful + unknown * q) / (known + unknown) == pytest.approx(0.5)


def test_a_conclusion_that_rests_on_one_kind_of_outcome_flips_nowhere():
    assert isnan(_tipping_point(0, 3, 9))
    assert isnan(_tipping_point(3, 3, 9))
    assert isnan(_tipping_point(0, 0, 9))


def test_levels_stand_in_their_declared_order_and_the_unknown_last():
    past = history([(True, 1.0, {"purpose": level}) for level in ("venture", None, "information", "work")])
    table = outcomes(past, ["purpose"]).table
    assert table["level"].tolist() == ["", "information", "work", "venture", "unknown"]


def test_a_fact_that_never_varies_says_nothing_and_is_left_out():
    assert set(outcomes(PAST).table["fact"]) == {"all requests", "purpose"}


def test_only_the_facts_that_are_named_are_looked_at():
    past = history([(True, 1.0, {"purpose": "work", "degree": "first"}), (True, 0.0, {"purpose": "venture"})])
    assert set(outcomes(past, ["degree"]).table["fact"]) == {"all requests", "degree"}
    with pytest.raises(FactError, match="Did you mean 'purpose'"):
        outcomes(past, ["purpos"])


def test_a_number_is_looked_at_in_its_bands():
    past = history([(True, 1.0, {"contact_asked_lately": n}) for n in (0, 1, 2, 7)])
    assert outcomes(past, ["contact_asked_lately"]).table["level"].tolist() == ["", "0", "1", "2+"]


def test_a_request_without_a_made_one_like_it_is_said_to_be_beyond_the_record():
    found = outcomes(PAST)
    assert (found.uncomparable.value, found.uncomparable.n) == (pytest.approx(5 / 9), 9)
    assert found.compared_on == ("purpose", "requester_known", "good_for_contact")
    assert any("56 % of the 9 requests not made" in said for said in found.sentences)


def test_the_sentences_say_how_many_and_what_nobody_knows():
    said = " ".join(outcomes(PAST).sentences)
    assert (
        "known for 10 of 20 requests (11 introductions made): 6 useful to every side that you noted, 60 % [31 % to 83 %]"
        in said
    )
    assert "between 30 % (all the unknown ones turn out badly) and 80 % (all turn out well)" in said
    assert "netkit makes no model yet" in said


def test_without_an_outcome_nothing_is_said():
    found = outcomes(history([(False, None, work("favour"))] * 3))
    assert found.sentences[0].startswith("No outcome is known yet (0 of 3 requests made)")
    assert not found.model_allowed
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["table"][0]["share"] is None


def test_where_every_outcome_is_known_nothing_is_said_of_others():
    told = " ".join(outcomes(history([(True, 1.0, {}), (True, 0.0, {})])).sentences)
    assert "nothing is left to bound" in told
    assert "You chose" not in told
    assert "the unknown" not in told


def test_where_all_were_made_nobody_is_said_to_have_chosen():
    told = " ".join(outcomes(history([(True, 1.0, {}), (True, None, {})])).sentences)
    assert "all the unknown ones turn out badly" in told
    assert "You chose" not in told


def test_exactly_half_is_said_to_rest_on_the_unknown():
    rows = [(True, 1.0, {}), (True, 0.0, {}), (False, None, {})]
    assert outcomes(history(rows)).flip_sentence.startswith("Exactly half turned out well")


def test_an_empty_past_is_no_error(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        found = outcomes(read_introductions(ledger))
    assert found.requests == 0
    assert json.dumps(found.as_dict(), allow_nan=False)


def test_the_facts_and_outcomes_come_from_the_ledger(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        made(ledger, asked(ledger, march(1), purpose="work"), march(2), "useful", "useful")
        made(ledger, asked(ledger, march(2), purpose="work"), march(3), "useful", "neutral")
        go(ledger, asked(ledger, march(4), purpose="favour"), "declined", on=march(5))
        found = outcomes(read_introductions(ledger), ["purpose"])
    assert row(found, "purpose", "work")[["requests", "made", "known", "useful"]].tolist() == [2, 2, 2, 1]
    assert row(found, "purpose", "favour")["made"] == 0


# The model


def many(n, seed=1):
    """Outcomes that follow one fact, seen in about two of three requests."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        fits = rng.random() < 0.5
        useful = rng.random() < (0.8 if fits else 0.3)
        seen = rng.random() < 0.7
        rows.append((seen, float(useful) if seen else None, {"good_for_contact": "yes" if fits else "no"}))
    return history(rows)


def test_a_model_below_the_minimum_is_refused_and_told_what_it_would_need():
    with pytest.raises(
        ModelError, match=r"10 outcomes, 4 of them not useful: netkit makes no model yet.*needs \d+"
    ):
        fit_outcome_model(PAST)


def test_fewer_facts_need_fewer_outcomes():
    few = outcomes(many(60), ["good_for_contact"]).minimum
    all_facts = outcomes(PAST).minimum
    assert few.parameters == 1
    assert few.needed < all_facts.needed or all_facts.parameters == 1


def test_with_enough_outcomes_the_model_finds_what_matters():
    past = many(800)
    found = outcomes(past, ["good_for_contact"])
    assert found.model_allowed
    assert "enough for a model of 1 effect" in found.sentences[-1]
    effects = fit_outcome_model(past, ["good_for_contact"]).effects()
    told = effects[effects["fact"] == "good_for_contact"].iloc[0]
    truth = log(0.8 / 0.2) - log(0.3 / 0.7)
    assert told["low"] < truth < told["high"] or told["low"] < -truth < told["high"]


NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "07-when-do-introductions-turn-out-well.ipynb"


def test_the_notebook_runs_for_somebody_who_never_introduced_anybody(tmp_path, monkeypatch, capsys):
    open_ledger(tmp_path / "home").close()
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path / "home"))
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    exec("\n".join(code), {})
    said = capsys.readouterr().out
    assert "introductions_useful_percent = not known yet\n" in said
    assert "No outcome is known yet (0 of 0 requests made)" in said
    assert (
        "netkit makes no model before you know both kinds of outcome. Record both kinds of outcomes with"
        " 'netkit intro outcome'" in said
    )
