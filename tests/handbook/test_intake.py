"""Whoever asks is asked what the policy needs, in the page as in Python, and his text is held to the same manners."""

import json
import random
import re
import shutil
import subprocess

import pytest
from invented_policies import INVENTED, some_requests

from netkit.facts import UNKNOWN
from netkit.findings.stamps import PROJECT
from netkit.handbook.intake import intake_assets
from netkit.handbook.owner import Owner, invented_owner
from netkit.handbook.try_it import try_it_assets
from netkit.letters import draft, lint
from netkit.letters.letter_lint import _checks
from netkit.notes.phrase_lists import _languages, _phrases
from netkit.policy import load_policy

ASSETS = PROJECT / "docs" / "assets"
SCRIPTS = (
    "try-it/evaluator.js",
    "try-it/policies.js",
    "intake/words.js",
    "intake/letter-lint.js",
    "intake/intake.js",
)
RUN = """
globalThis.document = { getElementById: () => null };
for (const name of SCRIPTS) (0, eval)(readFileSync(`${ASSETS}/${name}`, "utf8"));
const asked = JSON.parse(readFileSync(0, "utf8"));
const answer = { step: (one) => netkitIntakeStep(...one), lint: (one) => netkitLint(...one), fill: (one) => netkitFill(...one) };
console.log(JSON.stringify(asked.map(([what, ...given]) => answer[what](given))));
"""


def in_the_page(asked, assets=ASSETS):
    """Return what the page's scripts answer, run outside a page."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT CHECKED IN JAVASCRIPT: node is not installed here")
    script = f'import {{ readFileSync }} from "fs"; const ASSETS = {json.dumps(str(assets))};'
    script += f"const SCRIPTS = {json.dumps(SCRIPTS)};{RUN}"
    run = [node, "--input-type=module", "-e", script]
    done = subprocess.run(run, input=json.dumps(asked), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_scripts_of_the_page_are_current():
    for name, text in intake_assets(invented_owner()).items():
        assert (PROJECT / "docs" / name).read_text(encoding="utf-8") == text, "run `netkit handbook`"


@pytest.mark.parametrize("kind", ["invitation", "introduction"])
def test_a_thousand_askers_are_asked_and_told_the_same_in_the_page_as_in_python(kind):
    house, chance = load_policy("house"), random.Random(kind)
    words, asked, expected = house.vocabularies[kind], [], []
    for request in some_requests(house, kind, 1_000, 11):
        can = [name for name in request if words[name].ask_asker and request[name] != UNKNOWN]
        said = {name: request[name] for name in can if chance.random() < 0.6}
        left_open = [
            name for name in words if words[name].ask_asker and chance.random() < 0.2 and name not in said
        ]
        decision = house.decide_one(said, kind)
        questions = [one for one in decision.find_out if words[one].ask_asker and one not in left_open]
        depends = [one for one in decision.find_out if one not in questions]
        asked.append(["step", kind, said, left_open])
        expected.append([decision.action, decision.rule or None, list(decision.possible), questions, depends])
    told = [
        [one["seen"]["action"], (one["seen"]["rule"] or {}).get("id"), one["seen"]["possible"], one["questions"], one["depends"]]
        for one in in_the_page(asked)
    ]  # fmt: skip
    assert sum(one == other for one, other in zip(told, expected, strict=True)) == 1_000
    assert sum(bool(one[3]) for one in expected) > 200 and sum(bool(one[4]) for one in expected) > 200


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_askers_of_a_policy_of_ones_own_are_asked_and_told_the_same(path, tmp_path):
    """Any of several cases, so many of them, several answers in one rule, decimals, and facts of one's own."""
    shutil.copytree(ASSETS, tmp_path / "assets")
    for name, text in try_it_assets(own=path).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    policy, chance = load_policy(path), random.Random(path.stem)
    words, asked, expected = policy.vocabularies["invitation"], [], []
    for request in some_requests(policy, "invitation", 300, 5):
        said = {
            name: level for name, level in request.items() if words[name].ask_asker and chance.random() < 0.6
        }
        decision = policy.decide_one(said, "invitation")
        questions = [one for one in decision.find_out if words[one].ask_asker]
        depends = [one for one in decision.find_out if one not in questions]
        asked.append(["step", "invitation", said, []])
        expected.append([decision.answer, decision.rule or None, list(decision.possible), questions, depends])
    told = [
        [one["seen"]["answer"], (one["seen"]["rule"] or {}).get("id"), one["seen"]["possible"], one["questions"], one["depends"]]
        for one in in_the_page(asked, tmp_path / "assets")
    ]  # fmt: skip
    assert told == expected
    assert sum(bool(one[3]) for one in expected) > 100
    settled = sum(one[0] is not None for one in expected)
    assert settled > 20 or path.stem == "maintainer"  # whose first rule asks what only the owner can tell


def test_an_answer_of_ones_own_has_words_for_whoever_asks():
    (data,) = (
        text for name, text in try_it_assets(own=INVENTED / "organiser.yaml").items() if "policies" in name
    )
    own = json.loads(data[data.index("= ") + 2 : data.rindex(";")])["policies"][0]["kinds"]["invitation"]
    assert own["answers"] == {"come_by": "invite them to come by first"}
    assert own["tells"] == {"come_by": "invite you to come by first"}


def said_by_chance(chance):
    """Return a text put together from phrases of letters and notes, names, marks and line breaks."""
    phrases = [
        phrase
        for check in _checks()["checks"]
        for key in ("forbid", "need", "need_at_end", "each_person")
        if key in check
        for words in check[key].values()
        for phrase in words
    ]
    notes = [re.sub(r"[()?*]", "", phrase.text.split("|")[0]) for phrase in _phrases()]
    marks = [word for language in _languages() for word in language.marks]
    others = [
        "Ada",
        "Bo Kim",
        "Zoë",
        "ACHTUNG ACHTUNG",
        "STRASSE",
        "Straße",
        "!!",
        "???",
        ".",
        "!",
        "\n\n",
        "\n",
        ",",
        "’s",
        "Hi Ada,",
        "Dear Bo,",
        "Best regards, Bo",
        "I'd like to connect with you on LinkedIn",
        "x" * 120,
        "x" * 301,
        "你好",
        "é",
        "e\u0301",
        "👋",
    ]
    pools = [phrases, notes, marks, others, others]
    words = [
        chance.choice(chance.choice(pools)).replace("*", chance.choice(["", "s", "ing"]))
        for _ in range(chance.randint(0, 12))
    ]
    text = " ".join(words)
    return chance.choice([text, text, text.upper(), text.capitalize()])


def test_a_thousand_texts_are_held_to_the_same_manners_in_the_page_as_in_python():
    chance, kinds = random.Random(5), _checks()["kinds"]
    asked = [
        ["lint", said_by_chance(chance), chance.choice([*kinds, "invitation_note", "introduction"]),
         chance.choice([[], ["Ada Lovelace"], ["Bo Kim", "Zoë Straße"]])]
        for _ in range(1_000)
    ]  # fmt: skip
    expected = [
        [{"id": one.check, "clause": one.clause, "says": one.says} for one in lint(text, kind, people=people)]
        for _, text, kind, people in asked
    ]
    told = in_the_page(asked)
    different = [(one, a, b) for one, a, b in zip(asked, told, expected, strict=True) if a != b]
    assert different[:3] == []
    found = {each["id"] for one in expected for each in one}
    assert found == {check["id"] for check in _checks()["checks"]}
    assert sum(not one for one in expected) > 20


LETTERS = {"invitation": "invitation-note", "introduction": "please-introduce-me"}


@pytest.mark.parametrize("kind", LETTERS)
def test_the_page_fills_a_letter_as_netkit_does(kind):
    words = intake_assets(Owner("Ines Example"))["assets/intake/words.js"]
    letter = json.loads(words[words.index("= ") + 2 : words.rindex(";")])["letters"][kind]
    values = {one["name"]: one["example"] for one in letter["values"]}
    (filled,) = in_the_page([["fill", letter["body"], values]])
    drafted = draft(LETTERS[kind], values)
    assert " ".join(filled.split()) == " ".join(drafted.text.split())
    assert filled.count("\n\n") == drafted.text.count("\n\n")
    assert lint(filled, letter["kind"], people=[values[name] for name in letter["people"]]) == ()


def test_a_forwardable_text_without_a_purpose_or_a_background_is_found_wanting():
    lacking = "Would you introduce me to Mira Solberg? Kind regards, Tom"
    assert {one.clause for one in lint(lacking, "introduction", people=["Mira", "Tom"])} == {
        "PI5",
        "PI6",
        "PI7",
    }
