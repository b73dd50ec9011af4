"""Which policy answers, that one is closed for now, and what a stranger reads in the how-to works as it stands."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from invented_policies import INVENTED, tiny_text

from netkit.cli import run
from netkit.errors import PolicyError
from netkit.facts import ACTIONS
from netkit.policy import Policy, check, load_policy, policy_in_office, run_situations

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "own-policy.md").read_text(encoding="utf-8")
LATER = date.today() + timedelta(days=40)


@pytest.fixture
def netkit(tmp_path, capsys):
    def call(*words, code=0):
        assert run(["policy", *words, "--home", str(tmp_path)]) == code
        said = capsys.readouterr()
        return " ".join((said.err if code else said.out).split())

    return call


def test_a_draft_answers_once_it_is_put_in_office_and_no_longer_once_the_house_is(netkit, tmp_path):
    assert "netkit policy use my_draft" in netkit("new", "my_draft")
    assert policy_in_office(tmp_path).name == "house"
    netkit("use", "my_draft")
    assert policy_in_office(tmp_path).name == "my_draft"
    assert "It can be compared" in netkit("new", "my_policy")
    netkit("use", "house")
    assert policy_in_office(tmp_path).name == "house"


def test_only_what_can_answer_comes_into_office(netkit, tmp_path):
    assert "Did you mean 'house'?" in netkit("use", "hause", code=2)
    assert "netkit policy new my_policy --from NAME" in netkit("use", "known_people_only", code=2)
    (tmp_path / "policies").mkdir(exist_ok=True)
    (tmp_path / "policies" / "broken.yaml").write_text("policy: [", encoding="utf-8")
    assert "not valid YAML" in netkit("use", "broken", code=2)
    assert policy_in_office(tmp_path).name == "house"


def test_a_copy_names_no_place_on_the_machine_and_the_check_says_nothing_of_it(netkit, tmp_path):
    netkit("new", "mine")
    first = (tmp_path / "policies" / "mine.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=policy.schema.json"
    assert (tmp_path / "policies" / "policy.schema.json").exists()
    said = netkit("check", "mine")
    assert said.startswith("mine is sound: every request gets an answer, and every rule has a use.")
    assert "as netkit's own policies have them" in said and "For example" not in said


def test_closed_for_now_defers_all_and_opens_again(netkit, tmp_path):
    netkit("close", "--until", str(LATER))
    closed = policy_in_office(tmp_path).decide_one({"recognised": "yes"}, "invitation")
    assert (closed.action, closed.until, closed.letter) == ("defer", LATER, "not-now")
    netkit("close", "--until", str(LATER + timedelta(days=1)))
    text = (tmp_path / "policies" / "my_policy.yaml").read_text(encoding="utf-8")
    assert text.count("closed-for-now") == 1
    assert netkit("check", "my_policy").startswith("my_policy is sound: ")
    netkit("test", "my_policy")
    netkit("close", "--open")
    assert policy_in_office(tmp_path).decide_one({"recognised": "yes"}, "invitation").rule != "closed-for-now"
    assert "Name a later day" in netkit("close", "--until", "2020-01-01", code=2)
    assert "--until DATE" in netkit("close", code=2)


def test_closing_the_house_leaves_whatever_drafts_lie_about(netkit, tmp_path):
    drafts = [tmp_path / "policies" / f"{name}.yaml" for name in ("my_policy", "house_closed")]
    netkit("new", "my_policy", "--from", "known_people_only")
    netkit("new", "house_closed", "--from", "known_people_only")
    netkit("use", "house")
    before = [draft.read_bytes() for draft in drafts]
    for until in (LATER, LATER + timedelta(days=1)):
        netkit("close", "--until", str(until))
        closed = policy_in_office(tmp_path)
        assert closed.name == "house_closed_2"
        assert closed.decide_one({"recognised": "yes"}, "invitation").until == until
        assert "introduction" in closed.kinds  # the house's rules, not the draft's
        netkit("use", "house")
    netkit("use", "house_closed_2")
    assert "the house policy answers" in netkit("close", "--open")
    assert [draft.read_bytes() for draft in drafts] == before


def test_opening_again_leaves_every_rule_there_was_and_the_house_in_office(netkit, tmp_path):
    netkit("close", "--until", str(LATER))
    netkit("close", "--until", str(LATER + timedelta(days=1)))
    assert "the house policy answers" in netkit("close", "--open")
    assert policy_in_office(tmp_path).name == "house"
    rules = [load_policy(name, home=tmp_path).rules["invitation"] for name in ("my_policy", "house")]
    assert [rule.id for rule in rules[0]] == [rule.id for rule in rules[1]]
    assert "Wrote" not in netkit("close", "--until", str(LATER))
    own = tmp_path / "policies" / "my_policy.yaml"
    own.write_text(own.read_text(encoding="utf-8").replace("My policy", "Mine"), encoding="utf-8")
    assert "your rules answer" in netkit("close", "--open")


def test_the_difference_begins_with_what_tells_most(netkit):
    said = netkit("diff", "house", "known_people_only", "--kind", "invitation", "--limit", "0")
    assert re.match(r"house and known_people_only part on \d+ kinds of invitation\. The most telling:", said)
    assert said.count(" says ") == 10
    assert "house says decline, known_people_only says accept" in said
    limited = netkit("diff", "house", "known_people_only", "--kind", "invitation", "--limit", "2")
    assert re.search(r"part \(2 of \d+\)", limited)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("because: Because of met.", "because: Note: met.", "A text with a colon is put in quotes"),
        ("{note_words: 3}", '{note_words: ">=15"}', "Write {at_least: 15}"),
        ("{note_words: 3}", "{note_words: >=15}", "Write a bound in words: {at_least: 15}"),
        ("do: accept", "do: acept", "Did you mean 'accept'?"),
        ("policy: tiny", "polcy: tiny", "Did you mean 'policy'?"),
    ],
)
def test_what_people_write_is_answered_with_what_to_write(old, new, says):
    text = tiny_text([("met", "{note_words: 3}", "accept"), ("rest", "{}", "ignore")])
    with pytest.raises(PolicyError) as refused:
        Policy.from_text(text.replace(old, new, 1))
    assert says in str(refused.value)


def test_an_empty_file_says_how_to_begin(tmp_path):
    (tmp_path / "empty.yaml").write_text("\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="is empty. Begin with a copy: netkit policy new"):
        load_policy(tmp_path / "empty.yaml")


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_policies_as_strangers_write_them_hold(path):
    policy = load_policy(path)
    assert check(policy).ok
    assert run_situations(policy).ok


# The how-to


EXAMPLES = re.findall(r"```yaml(?: title=\S+)?\n(.*?)```", PAGE, re.DOTALL)


def test_every_example_of_the_page_loads_in_a_policy():
    """Each is put where it belongs: a section at the top, a rule or what a rule asks for into the list."""
    assert len(EXAMPLES) >= 8
    for example in EXAMPLES:
        if example.startswith("  - id:"):
            text = tiny_text([("rest", "{}", "ignore")]).replace(
                "invitation:\n", f"invitation:\n{example}", 1
            )
        elif example.startswith("    when:"):
            rules = tiny_text([("met", "WHEN", "accept"), ("rest", "{}", "ignore")])
            text = rules.replace("    when: WHEN\n", example, 1)
        else:
            text = tiny_text([("rest", "{}", "ignore")])
            if example.startswith("sources:"):
                text = re.sub(r"sources:\n.*?\ninvitation", f"{example}invitation", text, flags=re.DOTALL)
            else:
                text += (EXAMPLES[1] if example.startswith("assume:") else "") + example
        Policy.from_text(text)


def test_the_page_names_every_answer():
    for action in (*ACTIONS["invitation"], *ACTIONS["introduction"]):
        assert f"`{action}`" in PAGE
