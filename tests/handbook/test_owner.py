"""A handbook says whose it is: asked once, kept in the workspace, and the tool is named at the foot alone."""

import re
from pathlib import Path

import pytest
from mkdocs.utils.meta import get_data

from netkit.cli.handbook_commands import _ask_owner
from netkit.errors import FindingError
from netkit.findings.stamps import PROJECT
from netkit.handbook import _kept, _leave_out_owners, _unlink
from netkit.handbook.home_page import home_page
from netkit.handbook.intake import intake_assets
from netkit.handbook.owner import Owner, keep_owner, read_owner, without_tool
from netkit.handbook.readers import reader_of
from netkit.policy import load_policy

NOTHING = {"name": None, "title": None, "sentence": None, "reach": None}
INES = Owner("Ines Vogt", "investor & potter", "I answer all <who> write.", "ines@vogt.example")


def test_the_owner_is_kept_and_each_part_can_be_changed(tmp_path):
    assert _ask_owner(tmp_path, NOTHING) == []
    said = _ask_owner(tmp_path, NOTHING | {"name": "Ines Vogt", "reach": "ines@vogt.example"})
    assert said == ["Ines Vogt", "ines@vogt.example"]
    _ask_owner(tmp_path, NOTHING | {"title": "potter"})
    assert read_owner(tmp_path) == Owner("Ines Vogt", "potter", "", "ines@vogt.example")
    assert (tmp_path / "owner.yaml").stat().st_mode & 0o077 == 0


def test_at_a_terminal_the_owner_is_asked_once(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(
        "click.prompt", lambda text, **_: asked.append(text) or ("" if "mail" in text else "Ines")
    )
    assert _ask_owner(tmp_path, NOTHING) == ["Ines", "Ines", "Ines"]
    _ask_owner(tmp_path, NOTHING)
    assert len(asked) == 4


@pytest.mark.parametrize(
    "reach", ["+49 171 9990002", "javascript:alert(1)", "me", "a@b", "https://x.example/a b"]
)
def test_a_way_to_reach_the_owner_that_leads_nowhere_is_refused(tmp_path, reach):
    with pytest.raises(FindingError, match="neither a mail address nor a link"):
        keep_owner(tmp_path, Owner("Ines", reach=reach))
    assert not (tmp_path / "owner.yaml").exists()


def test_the_first_page_is_the_owners_and_names_no_tool():
    page = home_page(INES)
    shown = re.sub(r"<!--.*?-->|\A---.*?---", "", page, flags=re.DOTALL)
    assert "# How Ines answers requests" in page and "**Ines Vogt**, investor & potter" in page
    assert "I answer all &#60;who&#62; write." in page and "(mailto:ines@vogt.example)" in page
    assert all(
        door in page for door in ("I want to connect", "I want an introduction", "happens to my request?")
    )
    assert "netkit" not in shown and "is invented" not in page
    assert len(re.findall(r"^\d\. ", page, re.MULTILINE)) == 8
    assert "# How I answer requests" in home_page(Owner())


def test_rules_of_ones_own_stand_on_the_first_page_in_the_words_for_who_asks():
    page = home_page(Owner("Ines"), Path(load_policy("house").path))
    assert (
        "Have we met face to face? **yes**. Whether I would like to stay in touch with you: **yes**." in page
    )
    rules = page.partition("## My rules in short")[2].partition("The first rule that fits")[0]
    assert len(rules.strip().splitlines()) == 8
    assert not re.search(r"met in person|would stay in touch|reply to question|note kind", rules)


@pytest.mark.parametrize(
    "said", ["I answer 🙂", 'a "b" \\c', "x \u2028 y", "\U000e0041 z", "[[nobody]]", "---\n# a: b"]
)
def test_whatever_the_owner_says_the_first_page_keeps_its_front_matter(said):
    body, meta = get_data(home_page(Owner(said, said, said)))
    assert set(meta) == {"reader", "title", "description", "hide"} and body.lstrip().startswith("# ")
    assert "[[" not in meta["description"]


def test_without_a_number_that_may_be_shown_there_is_no_bar():
    assert "answers.svg" in home_page(INES) and "[[accepted_percent]]" in home_page(INES)
    assert "answers.svg" not in home_page(INES, answers=False) and "[[" not in home_page(INES, answers=False)


def test_what_the_page_for_askers_loads_cannot_end_its_script():
    (words,) = intake_assets(Owner("</script>", reach="a@b.example")).values()
    assert "</script" not in words and "\\u003c/script" in words


def test_pages_for_an_owner_of_netkit_are_left_out_with_their_links_and_their_places(tmp_path):
    (tmp_path / "how").mkdir()
    for name, reader in (("index", "asker"), ("how/to", "owner"), ("rules", "analyst")):
        text = f"---\nreader: {reader}\n---\n\nSee [how to](how/to.md#one), [the rules](rules.md) and ![x](how/to.md).\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    nav = ["index.md", {"How to": [{"One": "how/to.md"}]}, {"Rules": ["rules.md", "how/to.md"]}]
    left_out = _leave_out_owners(tmp_path, nav)
    _unlink(tmp_path, left_out)
    assert left_out == ["how/to.md"] and nav == ["index.md", {"Rules": ["rules.md"]}]
    assert "See how to, [the rules](rules.md) and" in (tmp_path / "index.md").read_text(encoding="utf-8")
    assert _kept([{"A": [{"B": ["how/to.md"]}]}], left_out) == []


def test_no_page_for_askers_names_the_tool():
    docs = PROJECT / "docs"
    for page in docs.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        if "reader: asker" in text[:200]:
            assert "netkit" not in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).casefold(), page


@pytest.mark.parametrize(
    ("page", "read"),
    [
        ("netkit asks first.\n", "The program asks first.\n"),
        ("Here\nnetkit asks. netkit's own.\n", "Here\nthe program asks. The program's own.\n"),
        ("## How does netkit ask?\n\n- netkit asks\n", "## How does the program ask?\n\n- The program asks\n"),
        ("Run `netkit work`, <a title='netkit'>see</a> [netkit](netkit.md), netkit.errors.\n", "Run `netkit work`, <a title='netkit'>see</a> [the program](netkit.md), netkit.errors.\n"),
        ("```python\nimport netkit\n```\n\nIt is netkit.\n", "```python\nimport netkit\n```\n\nIt is the program.\n"),
    ],
)  # fmt: skip
def test_the_prose_of_a_page_for_others_says_the_program(page, read):
    assert without_tool(page) == read


@pytest.mark.parametrize("page", sorted((PROJECT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_no_page_for_others_names_the_tool_outside_of_code(page):
    if reader_of(page) == "owner":
        return
    prose = re.sub(
        r"^ *```[\s\S]*?^ *```|`[^`\n]+`|\]\([^()\s]*\)|<[^<>]*>|\{[^{}]*\}|\bnetkit[./-]\w+",
        "",
        without_tool(page.read_text(encoding="utf-8")),
        flags=re.MULTILINE,
    )
    assert "netkit" not in prose
