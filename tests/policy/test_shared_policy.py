"""`netkit policy take`: a shared policy comes over whole, again when it changed, and nothing is lost."""

import pytest

from netkit.cli import run
from netkit.letters import versions
from netkit.policy import load_policy

RULE = """  - id: {id}
    when: {{note_kind: none}}
    do: {do}
    because: A note says why.
    clause: own
    letter: {letter}
    situations:
      - {{it: no note, given: {{note_kind: none}}, expect: {do}}}
      - {{it: a note, given: {{note_kind: personal}}, expect: accept}}
"""
LETTER = """---
name: who
clause: own
kind: question
---
Dear guest,

Thank you for your invitation. How do you know me?
"""


def policy(*rules, name="desk", changes=""):
    written = "".join(RULE.format(**{"letter": "do-we-know-each-other", **rule}) for rule in rules)
    return (
        f"policy: {name}\ntitle: The desk's policy\nabout: How the desk answers.\n{changes}"
        "sources:\n  - {id: own, title: Our own}\ninvitation:\n"
        f"{written}  - id: otherwise\n    when: {{}}\n    do: accept\n    because: Everybody else.\n    clause: own\n"
        "    situations:\n      - {it: a, given: {note_kind: personal}, expect: accept}\n"
        "      - {it: b, given: {note_kind: default}, expect: accept}\n"
    )


@pytest.fixture
def shared(tmp_path):
    """A folder that several people share."""
    folder = tmp_path / "shared"
    (folder / "letters").mkdir(parents=True)
    write(folder, policy({"id": "no-note", "do": "ask"}))
    return folder


def write(folder, text):
    (folder / "desk.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def take(tmp_path, capsys):
    def call(place, *words, code=0):
        assert run(["policy", "take", str(place), *words, "--home", str(tmp_path / "home")]) == code
        said = capsys.readouterr()
        return " ".join((said.err if code else said.out).split())

    return call


def test_a_policy_comes_over_with_its_letters_and_is_found_by_name(shared, take, tmp_path):
    (shared / "letters" / "who.md.j2").write_text(LETTER, encoding="utf-8")
    write(shared, policy({"id": "no-note", "do": "ask", "letter": "who"}))
    assert "Took The desk's policy (2 rules) and 1 letter as desk." in take(shared)
    home = tmp_path / "home"
    assert load_policy("desk", home=home).title == "The desk's policy"
    assert (home / "letters" / "who.md.j2").read_text(encoding="utf-8") == LETTER
    assert "Nothing changed in desk" in take(shared)


def test_a_letter_in_another_language_comes_over_and_what_it_replaces_is_kept(shared, take, tmp_path):
    write(shared, policy({"id": "no-note", "do": "ask", "letter": "who"}))
    (shared / "letters" / "de").mkdir()
    version = "---\nsubject: Ihre Einladung\n---\nGuten Tag,\n\nvielen Dank. Woher kennen wir uns?\n"
    (shared / "letters" / "who.md.j2").write_text(LETTER, encoding="utf-8")
    (shared / "letters" / "de" / "who.md.j2").write_text(version, encoding="utf-8")
    assert "and 2 letters as desk" in take(shared)
    letters = tmp_path / "home" / "letters"
    assert versions("who", tmp_path / "home") == ("de",)
    assert (letters / "de" / "who.md.j2").read_text(encoding="utf-8") == version
    (shared / "letters" / "de" / "who.md.j2").write_text(version + "Danke!\n", encoding="utf-8")
    assert "Letters: 1 changed (de/who)." in take(shared)
    (kept,) = (tmp_path / "home" / "policies" / "taken" / "desk").glob("*/de/who.md.j2")
    assert kept.read_text(encoding="utf-8") == version
    (shared / "letters" / "de" / "who.md.j2").write_text("{% for", encoding="utf-8")
    assert "who.md.j2" in take(shared, code=2)


def test_a_file_is_enough_and_may_get_another_name(shared, take, tmp_path):
    assert "It answers from now on" in take(shared / "desk.yaml", "--as", "my_policy")
    assert load_policy("my_policy", home=tmp_path / "home").name == "my_policy"


def test_what_changed_since_is_said_and_the_version_before_is_kept(shared, take, tmp_path):
    take(shared)
    first = (shared / "desk.yaml").read_text(encoding="utf-8")
    changes = "changes:\n  - {on: 2024-03-05, by: Ana Example, what: Decline instead of asking.}\n"
    write(shared, policy({"id": "no-note", "do": "decline"}, {"id": "new", "do": "ask"}, changes=changes))
    said = take(shared)
    assert "Rules for invitations: 1 new (new), 1 changed (no-note)." in said
    assert "2024-03-05, Ana Example: Decline instead of asking." in said
    assert "You had changed it here" not in said
    (kept,) = (tmp_path / "home" / "policies" / "taken" / "desk").glob("*/desk.yaml")
    assert kept.read_text(encoding="utf-8") == first and str(kept) in said.replace(" ", "")
    write(shared, policy({"id": "new", "do": "ask"}, changes=changes))
    said = take(shared)
    assert "Rules for invitations: 1 gone (no-note)." in said
    assert "Ana Example" not in said  # told before


def test_another_order_of_the_rules_is_said(shared, take):
    one, other = {"id": "one", "do": "ask"}, {"id": "other", "do": "decline"}
    write(shared, policy(one, other))
    take(shared)
    write(shared, policy(other, one))
    assert "The rules stand in another order" in take(shared)


def test_what_you_changed_here_is_kept_and_said(shared, take, tmp_path):
    take(shared)
    mine = tmp_path / "home" / "policies" / "desk.yaml"
    mine.write_text(mine.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    said = take(shared)
    assert "You had changed it here" in said
    assert any(
        "# mine" in path.read_text(encoding="utf-8") for path in mine.parent.glob("taken/desk/*/*.yaml")
    )
    assert "# mine" not in mine.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda folder: write(folder, "policy: desk\n"), "missing"),
        (
            lambda folder: write(folder, policy({"id": "a", "do": "ask", "letter": "nobody-has"})),
            "nobody-has",
        ),
        (lambda folder: write(folder, policy({"id": "a", "do": "ask"}, name="house")), "--as NAME"),
        (lambda folder: (folder / "letters" / "x.md.j2").write_text("{% for", encoding="utf-8"), "x.md.j2"),
        (lambda folder: (folder / "b.yaml").write_text("policy: b\n", encoding="utf-8"), "b.yaml, desk.yaml"),
        (lambda folder: (folder / "desk.yaml").unlink(), "no file that ends in .yaml"),
        (
            lambda folder: write(
                folder, policy({"id": "a", "do": "ask"}, changes="changes:\n  - {on: May, what: x}\n")
            ),
            "'May'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(shared, take, tmp_path, break_it, says):
    break_it(shared)
    assert says in take(shared, code=2)
    assert not (tmp_path / "home" / "policies").exists() and not (tmp_path / "home" / "letters").exists()


def test_a_place_that_is_not_there_is_refused(take, tmp_path):
    assert "does not exist" in take(tmp_path / "nowhere", code=2)


@pytest.mark.parametrize("linked", ["letters/who.md.j2", "desk.yaml"])
def test_what_leads_out_of_the_folder_is_refused_and_no_file_of_yours_is_taken(
    shared, take, tmp_path, linked
):
    (shared / "letters" / "who.md.j2").write_text(LETTER, encoding="utf-8")
    (shared / linked).rename(tmp_path / "secret")
    (shared / linked).symlink_to(tmp_path / "secret")
    assert f"{shared / linked} leads out of the folder. Ask for the file itself." in take(shared, code=2)
    assert not (tmp_path / "home" / "letters").exists()
