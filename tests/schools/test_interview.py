"""Six answers of a new owner, and the policy that they begin: valid, tested, and answering as he did."""

from itertools import combinations, product
from pathlib import Path

import pytest
from click.testing import CliRunner

from netkit.cli import cli
from netkit.errors import PolicyError
from netkit.policy import Policy, check, load_policy, run_situations, shipped_policies
from netkit.schools.interview import KEYS, answers_as, interview_policy, questions

INVITATIONS = list(map("".join, product(KEYS["invitation"], repeat=3)))
INTRODUCTIONS = list(map("".join, product(KEYS["introduction"], repeat=3)))
# What an answer must not overrule: the contact's word, or your own.
HELD_OFF: tuple[dict[str, str], ...] = (
    {"permission": "refused"}, {"permission": "not_asked"}, {"contact_known": "not_recalled"},
    {"vouch_for_character": "no"},
)  # fmt: skip
HOW_TO = "nyyyyy"


def test_every_combination_of_answers_begins_a_valid_policy_that_answers_as_told():
    # The two lists of rules do not touch each other: every answer to three questions of a kind is here.
    for place, introductions in enumerate(INTRODUCTIONS):
        answers = INVITATIONS[place % len(INVITATIONS)] + introductions
        policy = Policy.from_text(interview_policy("mine", answers).text, name=answers)
        assert check(policy).ok, answers
        assert run_situations(policy).ok, answers
        for question, key in zip(questions(), answers, strict=True):
            said = policy.decide_one(question.given, question.kind)
            assert answers_as(said, KEYS[question.kind][key]), (answers, question.it, said)
        for question in questions()[3:]:
            for held_off in HELD_OFF:
                said = policy.decide_one({**question.given, **held_off}, "introduction")
                assert "introduce" not in (said.action, *said.possible), (answers, held_off, said)


def test_the_questions_tell_every_two_schools_apart():
    schools = [load_policy(name) for name in shipped_policies() if name != "house"]
    for kind in KEYS:
        asked = [question for question in questions() if question.kind == kind]
        for one, other in combinations([each for each in schools if kind in each.kinds], 2):
            both = [(one.decide_one(q.given, kind), other.decide_one(q.given, kind)) for q in asked]
            assert all(said.settled for pair in both for said in pair)
            assert sum(not answers_as(first, second.action) for first, second in both) >= 2, (
                one.name,
                other.name,
            )


def test_no_request_meets_what_another_question_asks_about():
    for kind in KEYS:
        for one, other in combinations([each for each in questions() if each.kind == kind], 2):
            assert any(one.when[name] != other.when[name] for name in one.when.keys() & other.when.keys())


def test_the_answers_of_a_school_leave_it_as_it_is():
    for name in ("known_people_only", "open_to_conversation", "precious_network"):
        school = load_policy(name)
        keys = ""
        for question in questions():
            asked = question.kind == "invitation"
            said = school.decide_one(question.given, "invitation") if asked else None
            keys += next((k for k, a in KEYS[question.kind].items() if said and answers_as(said, a)), "n")
        policy = Policy.from_text(interview_policy("mine", keys, guards=False).text)
        assert [rule.id for rule in policy.rules["invitation"]] == [
            rule.id for rule in school.rules["invitation"]
        ]


@pytest.mark.parametrize("answers", ["yyy", "yyyyyyy", "pyyyyy", "yyyyyp", ""])
def test_answers_that_are_not_offered_are_refused(answers):
    with pytest.raises(PolicyError):
        interview_policy("mine", answers)


@pytest.mark.parametrize("school", ["nnn", "yyy", "nyy"])
def test_fraud_and_pitches_of_strangers_are_held_off_unless_you_do_not_want_it(school):
    fraud = {"recognised": "no", "note_kind": "personal", "asks_for_money_or_data": "yes"}
    pitch = {
        "recognised": "no", "note_kind": "personal", "asks_for_money_or_data": "no", "note_sells": "yes",
        "fits_my_stated_wishes": "no", "wrote_before": "no",
    }  # fmt: skip
    told = interview_policy("mine", f"{school}nnn")
    kept = Policy.from_text(told.text)
    assert kept.decide_one(fraud, "invitation").rule == "a-fraud"
    assert kept.decide_one(pitch, "invitation").rule == "sells-past-your-wishes"
    assert any(line.startswith("Kept from the house: a-fraud (ignore)") for line in told.told)
    without = Policy.from_text(interview_policy("mine", f"{school}nnn", guards=False).text)
    assert "a-fraud" not in [rule.id for rule in without.rules["invitation"]]


@pytest.mark.parametrize("answers", ["nyy", "yya", "nna", "naa", "nya", "yay"])
def test_no_answer_overrules_what_came_back_to_your_question(answers):
    policy = Policy.from_text(interview_policy("mine", f"{answers}nnn", guards=False).text)
    assert any(rule.id.startswith("your-answer") for rule in policy.rules["invitation"])
    for question in questions()[1:3]:  # the strangers
        for reply in ("no_reply", "just_widening"):
            said = policy.decide_one({**question.given, "reply_to_question": reply}, "invitation")
            assert said.action == "decline", (question.it, reply, said)


def test_an_interview_at_the_prompt_writes_what_the_answers_given_at_once_write(tmp_path):
    runner = CliRunner()
    for name, said, keys in [("asked", [], "n\nz\ny\ny\ny\ny\ny\n\n"), ("given", ["--answers", HOW_TO], "")]:
        done = runner.invoke(
            cli, ["policy", "interview", "--as", name, *said, "--home", str(tmp_path)], input=keys
        )
        assert done.exit_code == 0, done.output
        assert f"netkit policy use {name}" in " ".join(done.output.split())
    asked, given = (tmp_path / "policies" / f"{name}.yaml" for name in ("asked", "given"))
    lines = given.read_text(encoding="utf-8").replace("given", "asked", 1).splitlines()
    assert len(lines) == len(asked.read_text(encoding="utf-8").splitlines())
    again = runner.invoke(cli, ["policy", "interview", "--as", "asked", "--home", str(tmp_path)])
    assert again.exit_code != 0


def test_an_interview_says_how_many_questions_come_and_an_interrupted_one_what_was_answered(tmp_path):
    asked = ["policy", "interview", "--as", "asked", "--home", str(tmp_path)]
    done = CliRunner().invoke(cli, asked, input="n\ny\ny\ny\na\ny\n")  # the input ends before the seventh
    said = " ".join(done.output.split())
    assert done.exit_code != 0
    assert said.startswith("7 questions, one key each. The policy is written after the last one. 1 of 7. ")
    assert "7 of 7. The house gives fraud no answer" in said
    assert "Your answers so far: nyyyay. All 6 can be given at once, as --answers." in said
    assert not (tmp_path / "policies" / "asked.yaml").exists()
    fewer = CliRunner().invoke(cli, [*asked, "--no-guards"], input="n\ny\ny\ny\na\ny\n")
    assert fewer.output.startswith("6 questions") and (tmp_path / "policies" / "asked.yaml").exists()


def test_the_how_to_shows_the_beginning_that_its_answers_write():
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "own-policy.md").read_text(encoding="utf-8")
    text = interview_policy("my_answers", HOW_TO).text
    assert text[: text.index("policy:")] in page


def test_a_broken_draft_does_not_stop_the_comparison_of_schools(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "draft.yaml").write_text("policy: [", encoding="utf-8")
    done = CliRunner().invoke(cli, ["policy", "schools", "--home", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "Left out draft" in done.output
