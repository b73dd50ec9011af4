"""Many requests: one by one, and where they lie on every engine, the answers are the same."""

import importlib.util
import os
import shutil
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_policies import MEANS, VALUES, made, naive_decision, policies, requests, rule_lists, tiny

from netkit.errors import FactError, PolicyError
from netkit.facts import ACTIONS, vocabulary
from netkit.installation import install_command
from netkit.policy import load_policy, loaded_policy
from netkit.policy.expressions import judge_in_place

RULES = [
    ("met", "{met_in_person: yes, would_stay_in_touch: yes}", "accept"),
    ("note", "{note_words: {at_least: 15}, note_kind: {not: none}}", "ask"),
    ("worked", "{worked_together: yes}", "accept"),
    ("unsure", "{recognised: unknown}", "ask"),
    ("rest", "{}", "ignore"),
]
COLUMNS = ["request", "action", "probability", "reason", "rule", "clause", "settled", "next_fact"]
COLUMNS += ["contributions", "possible"]


def some_facts(count=500, *, missing=0.3, seed=1, kind="invitation"):
    """Return random requests with every shipped fact."""
    random = np.random.default_rng(seed)
    columns = {"request": [f"inv-{number:04d}" for number in range(count)]}
    for name, fact in vocabulary(kind).items():
        unknown = random.random(count) < missing
        if fact.is_number:
            columns[name] = pd.Series(random.integers(0, 40, count), dtype="Int64").mask(unknown)
        else:
            values = pd.Series(random.choice(fact.levels, count), dtype="str")
            columns[name] = values.mask(unknown)
    return pd.DataFrame(columns)


def plain(frame):
    """Return a judgement of any engine as plain values, ordered by key."""
    answer = ["request", "action", "rule"]
    table = nw.from_native(frame).lazy().collect("pyarrow").to_native().to_pylist()
    rows = [{name: row[name] for name in answer} for row in table]
    return sorted(rows, key=lambda row: row["request"])


def in_place(policy, facts, **how):
    return judge_in_place(policy.decider("invitation"), policy.rules["invitation"], facts, **how)


def one_by_one(policy, facts):
    """Return the exact judgement of a pandas frame by key: action and rule, None while open."""
    table = policy.judge(facts, "invitation", exact=True)
    return {
        row["request"]: (row["action"], row["rule"]) if row["settled"] else (None, None)
        for row in table.to_dict("records")
    }


def hold(policy, told, facts, *, at_least=0.0):
    """Check a judgement where requests lie against the exact one; how much of it, it must tell."""
    exact, rows = one_by_one(policy, facts), plain(told)
    assert [row["request"] for row in rows] == sorted(exact)
    said = [row for row in rows if row["action"] is not None]
    assert all((row["action"], row["rule"]) == exact[row["request"]] for row in said)
    assert all(row["rule"] is None for row in rows if row["action"] is None)
    settled = sum(action is not None for action, _ in exact.values())
    assert len(said) >= at_least * settled


def as_requests(drawn):
    names = {"request": [f"r{place}" for place in range(len(drawn))]}
    return pd.DataFrame(
        {**names, **{name: [request[name] for request in drawn] for name in VALUES}}, dtype="object"
    )


def test_the_table_is_the_one_every_judge_returns():
    table = tiny(RULES).judge(some_facts(20), "invitation")
    assert list(table.columns) == COLUMNS
    assert table["request"].tolist() == some_facts(20)["request"].tolist()
    assert table["probability"].isna().all()
    assert all(each == {} for each in table["contributions"])


def test_each_row_says_what_the_single_request_says():
    policy, facts = tiny(RULES), some_facts(300)
    table = policy.judge(facts, "invitation")
    for request, row in zip(facts.to_dict("records"), table.to_dict("records"), strict=True):
        decision = policy.decide_one(request, "invitation")
        assert row["possible"] == decision.possible
        assert row["settled"] == decision.settled
        assert (row["rule"], row["reason"]) == (decision.rule, decision.reason)
        assert (None if pd.isna(row["action"]) else row["action"]) == decision.action
        assert (None if pd.isna(row["next_fact"]) else row["next_fact"]) == decision.next_fact


def test_the_index_and_order_of_the_frame_are_kept():
    facts = some_facts(50).sample(frac=1, random_state=3)
    table = tiny(RULES).judge(facts, "invitation")
    assert table.index.equals(facts.index)
    assert table["request"].tolist() == facts["request"].tolist()


def test_no_requests_give_an_empty_table():
    table = tiny(RULES).judge(some_facts(0), "invitation")
    assert list(table.columns) == COLUMNS
    assert len(table) == 0


def test_a_fact_that_the_frame_lacks_is_unknown_and_foreign_columns_are_left_out():
    facts = pd.DataFrame({"request": ["a"], "worked_together": ["yes"], "of_another_policy": ["x"]})
    row = tiny(RULES).judge(facts, "invitation").iloc[0]
    assert row["possible"] == ("accept", "ask")


def test_a_frame_without_keys_is_refused():
    with pytest.raises(PolicyError, match="no column 'request'"):
        tiny(RULES).judge(pd.DataFrame({"met_in_person": ["yes"]}), "invitation")


@pytest.mark.parametrize("engine", [lambda facts: facts, lambda facts: pl.from_pandas(facts).lazy()])
def test_an_undeclared_level_is_an_error_on_every_way(engine):
    facts = pd.DataFrame({"request": ["a", "b"], "met_in_person": ["yes", "yess"]})
    with pytest.raises(FactError, match="met_in_person cannot be 'yess'"):
        tiny(RULES).judge(engine(facts), "invitation")


def test_plain_text_columns_and_decimals_with_gaps_are_read_as_well():
    facts = pd.DataFrame(
        {
            "request": ["a", "b", "c"],
            "note_words": [20.0, float("nan"), 3.0],
            "note_kind": pd.Series(["personal", None, "unknown"], dtype="object"),
            "met_in_person": pd.Categorical(["no", None, "no"]),
            "worked_together": pd.Series(["no", "no", "no"], dtype="object"),
            "recognised": pd.Series(["no", "no", "no"], dtype="object"),
        }
    )
    assert tiny(RULES).judge(facts, "invitation")["rule"].tolist() == ["note", "", "rest"]


@settings(max_examples=40, deadline=None)
@given(rule_lists(unknown=False), st.lists(requests(complete=True), min_size=1, max_size=12))
def test_where_they_lie_complete_requests_get_the_same_rule(rules, drawn):
    policy = made(rules)
    table = policy.judge(as_requests(drawn), "invitation")
    frame = plain(policy.judge(pl.DataFrame(_columns(drawn)), "invitation"))
    by_key = dict(zip(table["request"], table["rule"], strict=True))
    assert {row["request"]: row["rule"] or "" for row in frame} == by_key


@settings(max_examples=40, deadline=None)
@given(policies(), st.lists(requests(), min_size=1, max_size=12))
def test_what_is_told_where_they_lie_is_settled_with_the_same_action(drawn, several):
    policy = made(*drawn)
    frame = policy.judge(pl.DataFrame(_columns(several)), "invitation")
    hold(policy, frame, as_requests(several))
    for row in plain(frame):
        request = several[int(row["request"][1:])]
        action, _, _ = naive_decision(drawn[0], request, drawn[1])
        assert row["action"] in (MEANS.get(action, action), None)


def _columns(drawn):
    frame = as_requests(drawn)
    dtypes = {"n": pl.Int64, "d": pl.Float64}
    return {
        "request": frame["request"].tolist(),
        **{
            name: pl.Series([each[name] for each in drawn], dtype=dtypes.get(name, pl.String))
            for name in VALUES
        },
    }


ENGINES = {
    "pandas, nullable": lambda facts: facts,
    "pandas, object columns": lambda facts: facts.astype("object"),
    "pandas, arrow columns": lambda facts: facts.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas,
    "polars, lazy": lambda facts: pl.from_pandas(facts).lazy(),
    "pyarrow": pa.Table.from_pandas,
    "DuckDB": lambda facts: duckdb.from_arrow(pa.Table.from_pandas(facts)),
}


@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_tells_where_they_lie_what_is_decided_one_by_one(engine, missing):
    policy, facts = tiny(RULES), some_facts(200, missing=missing)
    hold(policy, in_place(policy, ENGINES[engine](facts)), facts, at_least=0.9)
    shuffled = ENGINES[engine](facts.sample(frac=1, random_state=5))
    hold(policy, in_place(policy, shuffled), facts, at_least=0.9)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_house_rules_tell_the_same_on_every_engine(engine):
    house, facts = load_policy("house"), some_facts(60, missing=0.1)
    hold(house, in_place(house, ENGINES[engine](facts)), facts, at_least=0.9)


@pytest.mark.parametrize("engine", ENGINES)
def test_judge_answers_on_the_engine_that_it_is_given(engine):
    policy, facts = tiny(RULES), some_facts(100)
    given = ENGINES[engine](facts)
    judged = policy.judge(given, "invitation")
    assert nw.from_native(judged).implementation is nw.from_native(given).implementation
    if isinstance(given, pd.DataFrame):
        assert judged["possible"].tolist() == policy.judge(facts, "invitation")["possible"].tolist()
    else:
        hold(policy, judged, facts, at_least=0.9)
        assert nw.from_native(judged).collect_schema().names() == ["request", "action", "rule"]


def test_up_to_the_threshold_requests_are_decided_one_by_one(monkeypatch):
    facts = some_facts(300)
    facts = facts.drop_duplicates([name for name in facts if name != "request"])
    policy = load_policy("house")
    different = policy.judge(facts, "invitation", exact=True)
    monkeypatch.setattr(loaded_policy, "ONE_BY_ONE", len(facts))
    pd.testing.assert_frame_equal(policy.judge(facts, "invitation"), different)
    monkeypatch.setattr(loaded_policy, "ONE_BY_ONE", 200)
    told = policy.judge(facts, "invitation")
    assert list(told.columns) == ["request", "action", "rule"]
    assert told.index.equals(facts.index)
    hold(policy, told, facts, at_least=0.9)
    pd.testing.assert_frame_equal(policy.judge(facts, "invitation", exact=True), different)


def test_equal_requests_count_once_however_many_they_are(monkeypatch):
    monkeypatch.setattr(loaded_policy, "ONE_BY_ONE", 4)
    facts = pd.DataFrame({"request": list("abcdef"), "note_words": [1, 2, 3, 20, 30, None]})
    # Below 15, from 15 on and unknown are the three that the rules tell apart.
    assert "possible" in tiny(RULES).judge(facts, "invitation")


def test_a_little_more_than_twenty_thousand_different_requests_are_judged_where_they_lie():
    names = [f"f{place}" for place in range(15)]
    own = "".join(f"    {name}: {{question: A?, levels: [yes, no]}}\n" for name in names)
    rules = [(name, f"{{{name}: yes}}", "accept" if place % 2 else "ask") for place, name in enumerate(names)]
    policy = tiny([*rules, ("rest", "{}", "ignore")], more=f"facts:\n  invitation:\n{own}")
    bits = np.arange(loaded_policy.ONE_BY_ONE + 1)
    facts = pd.DataFrame(
        {"request": bits.astype(str)}
        | {name: np.where(bits >> place & 1, "yes", "no") for place, name in enumerate(names)}
    )
    facts.loc[bits % 7 == 0, "f3"] = None
    assert "possible" in policy.judge(facts.iloc[:-1], "invitation")
    told = policy.judge(facts, "invitation")
    assert list(told.columns) == ["request", "action", "rule"]
    hold(policy, told, facts, at_least=1.0)


@pytest.mark.parametrize("engine", [name for name in ENGINES if not name.startswith("pandas")])
def test_the_exact_judgement_of_another_engine_is_refused_with_the_way_to_it(engine):
    with pytest.raises(PolicyError, match="cannot be judged exactly.*Convert it to pandas"):
        tiny(RULES).judge(ENGINES[engine](some_facts(3)), "invitation", exact=True)


def many_rules(count=300):
    """Return a list as long as nobody writes by hand, over two facts."""
    actions = cycle(["accept", "ask", "decline"])
    rules = []
    for place in range(count):
        recognised = "yes" if place < count // 2 else "no"
        when = f"{{note_words: {place % (count // 2)}, recognised: {recognised}}}"
        rules.append((f"w{place}", when, next(actions)))
    return [*rules, ("rest", "{}", "ignore")]


@pytest.mark.parametrize("engine", ENGINES)
def test_three_hundred_rules_are_no_obstacle(engine):
    policy = tiny(many_rules())
    facts = some_facts(60, missing=0)[["request", "note_words", "recognised"]]
    table = policy.judge(facts, "invitation")
    frame = plain(in_place(policy, ENGINES[engine](facts), check=False))
    assert [row["rule"] for row in frame] == table["rule"].tolist()
    assert len(set(table["rule"])) > 30


def test_the_shipped_policies_judge_every_kind_they_speak_of():
    for name in ("house", "open_to_conversation"):
        policy = load_policy(name)
        for kind in policy.kinds:
            table = policy.judge(some_facts(50, kind=kind), kind)
            assert table["settled"].any()


SPARK = """
import sys
from pyspark.sql import SparkSession
sys.path[:0] = {tests!r}
from test_judge import RULES, hold, many_rules, some_facts
from invented_policies import tiny
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()

def alike(policy, facts, at_least):
    mixed = facts.sample(frac=1, random_state=5)
    rows = mixed.astype(object).where(mixed.notna(), None).values.tolist()
    types = [name + (" long" if name == "note_words" else " string") for name in facts]
    frame = spark.createDataFrame(rows, ", ".join(types))
    hold(policy, policy.judge(frame, "invitation"), facts, at_least=at_least)

for missing in (0.0, 0.3, 1.0):
    alike(tiny(RULES), some_facts(200, missing=missing), 0.9)
alike(tiny(many_rules()), some_facts(60)[["request", "note_words", "recognised"]], 0.7)
print("Spark agrees")
"""


def test_spark_gives_the_same_judgement():
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip(f"NOT CHECKED ON SPARK: pyspark is not installed here: {install_command('spark')}")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("NOT CHECKED ON SPARK: there is no Java here, which pyspark needs (17 or newer)")
    tests = [str(folder) for folder in Path(__file__).parents[:2]]
    done = subprocess.run(
        [sys.executable, "-c", SPARK.format(tests=tests)], capture_output=True, encoding="utf-8", check=False
    )
    assert "Spark agrees" in done.stdout, done.stderr[-2000:]


def test_equal_facts_of_two_kinds_of_request_are_decided_each_by_its_own_rules():
    house = load_policy("house")
    first, other = (house.decide_one({}, kind).possible for kind in ("invitation", "introduction"))
    assert set(first) <= set(ACTIONS["invitation"]) and "ask_permission" in other
    assert house.decide_one({}, "invitation").possible == first
