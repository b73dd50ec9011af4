"""What the policy commands say of a policy of one's own: what to do next, what changed, and short rows."""

import json
import re

import pytest

from netkit.cli import run
from netkit.policy import load_policy, run_situations
from netkit.policy.situations import with_expectations

RULE = """\
  - id: a-stranger-without-a-word
    when: {recognised: no, note_kind: none}
    do: ignore
    because: Nothing was written.
    clause: own
    situations:
      - it: "a stranger: expect: none, who wrote nothing"
        given: {recognised: no, note_kind: none, past_in_profile: no, interacted_elsewhere: no, profile_intrigues: no}
        expect: ignore
      - it: the platform's own sentence is declined as before
        given: {recognised: no, note_kind: default, past_in_profile: no, interacted_elsewhere: no, profile_intrigues: no}
        expect: decline
"""


@pytest.fixture
def netkit(tmp_path, capsys):
    def call(*words, code=0):
        assert run(["policy", *words, "--home", str(tmp_path)]) == code
        told = capsys.readouterr()
        return told.out + told.err

    return call


@pytest.fixture
def mine(tmp_path, netkit):
    """A copy of the house policy with one rule more, which changes what examples of others expect."""
    netkit("new", "my_policy")
    path = tmp_path / "policies" / "my_policy.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  - id: otherwise\n", RULE + "  - id: otherwise\n", 1), encoding="utf-8")
    return path


def test_a_new_policy_is_followed_by_what_shows_the_change(netkit):
    told = " ".join(netkit("new", "my_policy", "--from", "open_to_conversation").split())
    assert "netkit policy check my_policy && netkit policy diff open_to_conversation my_policy" in told


def test_examples_of_other_rules_that_fail_are_brought_up_to_date_with_one_command(netkit, mine):
    before = mine.read_text(encoding="utf-8")
    told = " ".join(netkit("test", "my_policy", code=1).split())
    assert "If you meant these changes, write them down: netkit policy test my_policy --accept" in told
    assert mine.read_text(encoding="utf-8") == before
    failures = run_situations(load_policy(mine)).failures
    told = netkit("test", "my_policy", "--accept")
    assert f"Changed what {len(failures)} situations expected." in " ".join(told.split())
    assert run_situations(load_policy(mine)).ok
    after = mine.read_text(encoding="utf-8")
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    changed = [(one, other) for one, other in pairs if one != other]
    assert len(changed) == len(failures) > 5
    assert all(one.lstrip().startswith("expect:") for pair in changed for one in pair)
    assert "Changed" not in netkit("test", "my_policy", "--accept")


def test_an_expectation_of_several_lines_becomes_one_and_its_neighbours_stay(mine):
    text = mine.read_text(encoding="utf-8")
    long = re.sub(
        r"expect: \{open: (\[.*?\]), find_out: (\[.*?\])\}",
        r"expect:\n          {open: \1,\n           find_out: \2}",
        text,
    )
    mine.write_text(long, encoding="utf-8")
    run_of = run_situations(load_policy(mine))
    mine.write_text(with_expectations(long, run_of), encoding="utf-8")
    assert len(run_of.failures) > 5 and run_situations(load_policy(mine)).ok


def test_a_shipped_policy_is_never_written(netkit):
    assert "--accept" not in netkit("test", "house", "--accept")


def test_each_row_of_a_comparison_is_a_few_lines(netkit):
    told = netkit("diff", "house", "precious_network", "--kind", "invitation", "--limit", "1000")
    rows = len(json.loads(netkit("diff", "house", "precious_network", "--kind", "invitation", "--json")))
    lines = told[told.index("─") :].splitlines()[1:]
    assert max(map(len, lines)) <= 80 and rows > 50
    assert len(lines) < 4.5 * rows  # the whole example took nine


def test_the_check_of_a_policy_fits_on_a_few_lines_and_what_is_your_own_comes_with_an_example(netkit, mine):
    told = netkit("check", "house").splitlines()
    assert told[0].startswith("house is sound") and len(told) <= 4
    assert "netkit policy check house --json" in " ".join(told)
    again = RULE.replace("- id: ", "- id: again-") + "  - id: otherwise\n"
    text = mine.read_text(encoding="utf-8")
    mine.write_text(text.replace("  - id: otherwise\n", again, 1), encoding="utf-8")
    told = " ".join(netkit("check", "my_policy", code=1).split())
    assert told.startswith("my_policy is not sound. 2 defects to mend: Invitation: again-")
    assert (
        told.count("For example: ") == 3
        and "Have a look:" in told
        and "as netkit's own policies have them" in told
    )
