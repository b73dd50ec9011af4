"""The browser: the compiled policy and its JavaScript give the same answers as Python."""

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_policies import in_python, made, policies, requests, some_requests, tiny

from netkit.errors import PolicyError
from netkit.facts import KINDS
from netkit.policy import load_policy, shipped_policies
from netkit.policy.browser_json import JAVASCRIPT, to_browser_json

RUN = """
import { decide } from "./policy.mjs";
import { readFileSync } from "fs";
const told = (seen) => [seen.action, seen.rule?.id ?? null, seen.settled, seen.possible, seen.next];
const answers = JSON.parse(readFileSync("asked.json"))
  .map(([policy, requests]) => requests.map((request) => told(decide(policy, request))));
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


@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.tuples(policies(), st.lists(requests(), min_size=10, max_size=10)), min_size=15, max_size=15)
)
def test_random_policies_with_assumptions_and_ignorance_answer_alike(drawn):
    asked, expected = [], []
    for parts, several in drawn:
        policy = made(*parts)
        asked.append((to_browser_json(policy, "invitation"), several))
        expected.append([in_python(policy, request, "invitation") for request in several])
    with TemporaryDirectory() as folder:
        assert in_javascript(asked, Path(folder)) == expected


def test_the_data_names_everything_a_page_needs():
    data = to_browser_json(load_policy("house"), "invitation")
    json.dumps(data)
    assert set(data) == {"policy", "kind", "facts", "ask", "rules"}
    assert {"id", "action", "because", "clause", "letter", "when"} == set(data["rules"][0])
    assert all(fact["question"].endswith("?") for fact in data["facts"])


def test_an_undeclared_level_is_an_error_in_the_browser_too(tmp_path):
    policy = tiny([("met", "{met_in_person: yes}", "accept"), ("rest", "{}", "ignore")])
    asked = [(to_browser_json(policy, "invitation"), [{"met_in_person": "yess"}])]
    with pytest.raises(AssertionError, match="met_in_person cannot be yess"):
        in_javascript(asked, tmp_path)


def test_more_ranges_than_bits_are_refused():
    rules = [(f"w{words}", f"{{note_words: {words}}}", "ask") for words in range(1, 40)]
    with pytest.raises(PolicyError, match="at most 30 in the browser"):
        to_browser_json(tiny(rules), "invitation")
