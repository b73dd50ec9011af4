"""The browser: the compiled policy and its JavaScript give the same answers as Python."""

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_policies import INVENTED, in_python, made, policies, requests, some_requests, tiny, tiny_text

from netkit.errors import PolicyError
from netkit.facts import KINDS
from netkit.policy import Policy, load_policy, shipped_policies
from netkit.policy.browser_json import JAVASCRIPT, to_browser_json

RUN = """
import { decide } from "./policy.mjs";
import { readFileSync } from "fs";
const told = (seen) => [seen.action, seen.answer, seen.rule?.id ?? null, seen.settled, seen.possible, seen.next];
const answers = JSON.parse(readFileSync("asked.json"))
  .map(([policy, requests, day]) => requests.map((request) => told(decide(policy, request, day))));
console.log(JSON.stringify(answers));
"""


def in_javascript(asked, folder):
    """Return the answers of the JavaScript to (compiled policy, requests) pairs."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT CHECKED IN JAVASCRIPT: node is not installed here")
    shutil.copy(JAVASCRIPT, folder / "policy.mjs")
    (folder / "run.mjs").write_text(RUN, encoding="utf-8")
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    done = subprocess.run([node, "run.mjs"], cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_policies_answer_alike_in_both_languages(kind, tmp_path):
    asked, expected = [], []
    for seed, name in enumerate(shipped_policies()):
        policy = load_policy(name)
        if kind in policy.kinds:
            several = list(some_requests(policy, kind, 400, seed))
            asked.append((to_browser_json(policy, kind), several))
            expected.append([in_python(policy, request, kind) for request in several])
    assert sum(map(len, expected)) >= 1_000
    assert in_javascript(asked, tmp_path) == expected


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(policies(), st.lists(requests(), min_size=10, max_size=10)), min_size=5, max_size=5)
)
def test_random_policies_with_assumptions_and_ignorance_answer_alike(drawn):
    asked, expected = [], []
    for parts, several in drawn:
        policy = made(*parts)
        asked.append((to_browser_json(policy, "invitation"), several))
        expected.append([in_python(policy, request, "invitation") for request in several])
    with TemporaryDirectory() as folder:
        assert in_javascript(asked, Path(folder)) == expected


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_with_choices_decimals_and_answers_of_its_own_answers_alike(path, tmp_path):
    policy = load_policy(path)
    several = list(some_requests(policy, "invitation", 1_000, 7))
    expected = [in_python(policy, request, "invitation") for request in several]
    assert {*policy.answers["invitation"], None} < {answer for _, answer, *_ in expected}
    assert in_javascript([(to_browser_json(policy, "invitation"), several)], tmp_path) == [expected]


def test_a_rule_with_an_end_is_gone_from_that_day_on_in_the_browser_too(tmp_path):
    text = tiny_text([("closed", "{}", "decline"), ("rest", "{}", "ignore")])
    policy = Policy.from_text(text.replace("do: decline\n", "do: decline\n    until: 2999-01-31\n"))
    data = to_browser_json(policy, "invitation")
    asked = [(data, [{}], "2999-01-30"), (data, [{}], "2999-01-31"), (data, [{}])]
    assert [answer[0] for (answer,) in in_javascript(asked, tmp_path)] == ["decline", "ignore", "decline"]


def test_levels_that_no_rule_tells_apart_share_a_cell(tmp_path):
    levels = [f"trade_{place}" for place in range(60)]
    own = f"facts: {{invitation: {{trade: {{question: 'Which trade?', levels: [{', '.join(levels)}]}}}}}}\n"
    policy = tiny([("some", "{trade: [trade_3, trade_59]}", "ask"), ("rest", "{}", "ignore")], more=own)
    several = [{"trade": level} for level in levels]
    assert to_browser_json(policy, "invitation")["facts"][0]["size"] == 2
    (answers,) = in_javascript([(to_browser_json(policy, "invitation"), several)], tmp_path)
    assert [level for level, told in zip(levels, answers, strict=True) if told[0] == "ask"] == [
        "trade_3",
        "trade_59",
    ]


def test_the_data_names_everything_a_page_needs():
    data = to_browser_json(load_policy("house"), "invitation")
    json.dumps(data)
    assert set(data) == {"policy", "kind", "facts", "ask", "answers", "order", "rules"}
    named = {"id", "action", "answer", "said", "because", "clause", "letter", "until", "cases"}
    assert named == set(data["rules"][0])
    assert all(fact["question"].endswith("?") for fact in data["facts"])


def test_an_undeclared_level_is_an_error_in_the_browser_too(tmp_path):
    policy = tiny([("met", "{met_in_person: yes}", "accept"), ("rest", "{}", "ignore")])
    asked = [(to_browser_json(policy, "invitation"), [{"met_in_person": "yess"}])]
    with pytest.raises(AssertionError, match="met_in_person cannot be yess"):
        in_javascript(asked, tmp_path)


def test_more_ranges_than_bits_are_refused():
    rules = [(f"w{words}", f"{{note_words: {words}}}", "ask") for words in range(1, 40)]
    with pytest.raises(PolicyError, match="the page can show 30"):
        to_browser_json(tiny(rules), "invitation")
