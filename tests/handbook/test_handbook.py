"""The handbook: generated pages are current, nothing is typed by hand, and the site stands on its own."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import socket
from xml.etree import ElementTree

import click
import nbformat
import pandas as pd
import pytest
from markdown import Markdown
from mkdocs.utils.yaml import yaml_load

from netkit.cli import cli, run
from netkit.costs import Costs
from netkit.errors import FindingError
from netkit.findings import ANSWER, MIME, Answer, Finding, asdict
from netkit.findings.citations import check_citations, typed_numbers
from netkit.findings.stamps import PROJECT, Evidence, project_evidence, workspace_evidence
from netkit.findings.validation import ENDS_EARLY, execute_notebooks, validate_notebooks
from netkit.handbook import build_handbook, serve_handbook
from netkit.handbook.evidence_pages import _tables_as_read, write_evidence
from netkit.handbook.policy_pages import _carried_out, _schools_page, read_clauses
from netkit.handbook.reference_pages import (
    _measured_page,
    _module_pages,
    _reading_route,
    generated_pages,
    shown_pictures,
)
from netkit.handbook.rendering import TEMPLATES, _condition_words, page_words
from netkit.plain_yaml import read_yaml

DOCS = PROJECT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "evidence" not in path.relative_to(DOCS).parts)
GENERATED = generated_pages()
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="


# What is generated


RACE = {"question": "Who wins?", "said": "The {who} one.", "finds": {"who": r"^winner: (\w+)"}}


def write_race(folder, *said):
    (folder / "results").mkdir(exist_ok=True)
    (folder / "race.py").write_text('"""A race.\n\n    python race.py\n"""\n', encoding="utf-8")
    for day, winner in enumerate(said, 1):
        path = folder / "results" / f"race-2026-02-0{day}.txt"
        path.write_text(f"two runners\nwinner: {winner}\n", encoding="utf-8")


def test_of_each_benchmark_the_newest_result_is_said_in_a_sentence(tmp_path):
    write_race(tmp_path, "slow", "quick")
    page = _measured_page(tmp_path, {"race": RACE})
    assert "| Who wins? | The quick one. | [2026-02-02](#race){ .day } |" in page and "slow" not in page
    assert "`benchmarks/results/race-2026-02-02.txt`" in page and "two runners" not in page


def test_a_result_that_no_longer_says_what_a_sentence_needs_is_named(tmp_path):
    write_race(tmp_path, "!")
    with pytest.raises(FindingError, match=r"race-2026-02-01\.txt no longer says who\."):
        _measured_page(tmp_path, {"race": RACE})


def test_every_stored_result_has_its_sentence():
    stored = {path.name.split("-")[0] for path in (PROJECT / "benchmarks" / "results").glob("*.txt")}
    assert stored == set(read_yaml(TEMPLATES / "measured.yaml"))


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(name):
    path = DOCS / name
    assert path.exists(), "run `netkit handbook`"
    assert path.read_text(encoding="utf-8") == GENERATED[name], "run `netkit handbook`"


def test_every_page_that_says_it_is_generated_still_is():
    marked = {
        str(path.relative_to(DOCS))
        for path in PAGES
        if "<!-- Generated from" in path.read_text(encoding="utf-8")
    }
    assert marked == {name for name in GENERATED if name.endswith(".md")}


def test_a_picture_of_a_notebook_is_the_one_at_the_top_of_its_page():
    shown = shown_pictures(DOCS)
    stored = sorted(path.relative_to(DOCS).as_posix() for path in (DOCS / "assets" / "pictures").iterdir())
    assert stored == sorted(shown), "remove what no page shows, and run `netkit handbook`"
    for name, picture in shown.items():
        assert (DOCS / name).read_bytes() == picture, "run `netkit handbook`"


WHY = sorted(path for path in (DOCS / "why").glob("*.md") if path.stem != "at-work")


@pytest.mark.parametrize("page", WHY, ids=lambda path: path.stem)
def test_a_page_that_says_why_has_an_example_with_numbers_and_a_picture(page):
    text = page.read_text(encoding="utf-8")
    assert re.search(r"!\[[^\]]{30,}\]\(\.\./assets/[\w/-]+\.(png|svg)\)", text)
    assert re.search(r"\[\[\w+\]\]", text) or "one hundred and twenty-seven" in text


# The way in


@pytest.mark.parametrize("stop", _reading_route(), ids=lambda stop: stop["stop"])
def test_what_the_reading_route_names_is_defined_where_it_says(stop):
    for one in stop["read"]:
        assert one["file"], f"netkit.{one['room']} defines no {one['name']}"
        text = (PROJECT / one["file"]).read_text(encoding="utf-8")
        assert re.search(rf"^(def|class) {one['name']}\b", text, re.MULTILINE)
    for file in re.findall(r"`([\w/]+\.\w+)`", stop["look"]):
        assert (PROJECT / file).is_file()


def test_the_reading_route_takes_about_an_hour():
    assert 50 <= sum(stop["minutes"] for stop in _reading_route()) <= 70


def test_the_picture_of_the_house_shows_every_import_and_none_upward():
    picture = ElementTree.fromstring(GENERATED["assets/house.svg"])
    kinds = {kind: picture.findall(f"{{*}}{kind}") for kind in ("rect", "circle")}
    own = [one for one in kinds["rect"] if one.get("class") == "self"]
    rooms = {int(one.get("y")) + 5: int(one.get("x")) + 5 for one in own}
    assert len(rooms) == len({path.name.removesuffix(".py") for path in room_places()})
    assert all(int(dot.get("cx")) > rooms[int(dot.get("cy"))] for dot in kinds["circle"])
    said = picture.find("{*}desc").text
    assert "comparison uses " in said and "wording uses none." in said
    uses = sum(len(one.split(", ")) for one in re.findall(r" uses (?!none)([^.]+)\.", said))
    assert len(kinds["circle"]) == uses > 60


def room_places():
    return [
        path
        for path in (PROJECT / "netkit").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    ]


def test_every_rule_stands_on_a_page_with_its_reason_and_its_situations():
    page = GENERATED["policy/schools/precious_network.md"]
    assert "### 1. " in page
    assert "You have met" in page
    assert "Situations this rule is tested with" in page


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("not_asked", "not asked"),
        ("unknown", "not known"),
        (["now", "later"], "now or later"),
        ({"not": "none"}, "anything but none"),
        ({"at_least": 15}, "at least 15"),
        ({"at_most": 3}, "at most 3"),
        ({"between": [1, 5]}, "1 to 5"),
    ],
)
def test_a_condition_reads_aloud(value, words):
    assert _condition_words(value) == words


def test_every_clause_is_carried_out_by_a_rule_or_the_page_says_where_it_is_kept():
    kept = {name: clause for school in read_clauses().values() for name, clause in school["clauses"].items()}
    assert len(kept) == 9 + 7 + 14 + 11 + 12
    assert [name for name, rules in _carried_out().items() if not rules and "kept" not in kept[name]] == []


def test_every_room_of_the_python_interface_exists():
    missing = [
        name
        for name in page_words()["rooms"]
        if f"::: {name}\n" not in GENERATED[f"reference/api/{name.split('.')[1]}.md"]
    ]
    assert missing == []


# What is written


def test_clauses_of_ones_own_stand_beside_the_schools_with_what_carries_them_out(own_site):
    _, built, *_ = own_site
    page = (built.site / "reference" / "clauses.html").read_text(encoding="utf-8")
    for said in ("How I Judge", "Hedda Jorgensen", "Chess players first.", "A clause that nothing cites."):
        assert said in page
    for clause in ("hj1", "hj2", "hj3", "hj4", "qq1", "pn5"):
        assert page.count(f'id="{clause}"') == 1, clause
    assert page.count("invitations.html#invitation-plays-chess") == 2  # for HJ1, and for PN5
    assert "zw1" not in page
    shown = {
        name: (built.site / name).read_text(encoding="utf-8")
        for name in ("policy/invitations.html", "policy/letters.html", "reference/facts.html")
    }
    for (name, text), clause in zip(shown.items(), ("hj1", "hj3", "hj2"), strict=True):
        assert f"clauses.html#{clause}" in text, name


def test_no_page_states_a_number_of_its_own():
    typed = {str(path.relative_to(DOCS)): typed_numbers(path.read_text(encoding="utf-8")) for path in PAGES}
    assert {name: found for name, found in typed.items() if found} == {}


@pytest.mark.parametrize(
    "text",
    [
        "Of these 91 % were accepted.",
        "| judge | cost |\n| --- | --- |\n| rules | 3.5 |",
        "## The 1,017 requests",
        "It was `4` of 5.",
        "A saving of -3 each.",
        "!!! note\n\n    Some 12 of them.",
    ],
)
def test_a_number_typed_into_prose_is_found(text):
    assert typed_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "It was [[rate]] of [[n]].",
        "1. First\n2. Second",
        "## 3. Look",
        "See [PN5](clauses.md#pn5), PN5, and [the last 180 days](formats.md).",
        "```yaml\nnote_words: {at_least: 15}\n```",
        "!!! tip\n\n    ```\n    x = 15\n    ```",
        "Run `netkit --top 5`.",
        "<!-- Numbers: from the standard named below. -->\nAt most 300 characters.",
        "### Ask {#rule-1}",
        "The difference, with its 95 % interval, or a 95 % Wilson interval.",
        "Under the licence Apache-2.0.",
    ],
)
def test_what_states_no_result_is_left_alone(text):
    assert typed_numbers(text) == []


def commands():
    found = []
    for path in PAGES:
        for line in re.findall(r"^\$ (netkit .*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            if "reference/cli" not in str(path):
                found.append((str(path.relative_to(DOCS)), line))
    return found


def test_every_page_writes_netkit_alone_however_it_was_installed():
    """Where the command lies is said once, on the page of installing it."""
    prefixed = [path.name for path in PAGES if re.search(r"\$ \S+/netkit ", path.read_text(encoding="utf-8"))]
    assert prefixed == ["install.md"]


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_that_a_page_shows_exists_and_takes_these_words(page, line):
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words[0])
        assert command is not None, f"{page}: {line}"
        words = words[1:]
    unasked = ["--yes"] if any("--yes" in one.opts for one in command.params) else []
    command.make_context("netkit", [*words, *unasked])


# The evidence


def notebook(folder, cells, name="01-what"):
    folder.mkdir(parents=True, exist_ok=True)
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python"}}
    )
    for place, cell in enumerate(made.cells):
        cell.id = f"cell-{place}"
    nbformat.write(made, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def output(data):
    return nbformat.v4.new_output("display_data", data)


@pytest.fixture
def evidence(tmp_path):
    finding = Finding.of("open_requests", 12, n=98, labels="strong")
    answer = Answer(("[[open_requests]] wait [here](x.md).",), caption="Of [[open_requests]].")
    table = '<table border="1" class="dataframe"><tr><td>7</td></tr></table>'
    frame = f"<div>\n<style scoped>\n.x {{}}\n</style>\n{table}</div>"
    cells = [
        nbformat.v4.new_markdown_cell(
            "# What is open?\n\nSee [the next](02-next.ipynb) and [why](../docs/why/limits.md#x)."
        ),
        nbformat.v4.new_code_cell(
            "frame", execution_count=1, outputs=[output({"text/html": frame, "text/plain": "7"})]
        ),
        nbformat.v4.new_code_cell(
            "plot_delays()",
            execution_count=2,
            outputs=[output({"image/png": PIXEL, "text/plain": "Delays (n = 3)."})],
        ),
        nbformat.v4.new_code_cell(
            "record()",
            execution_count=3,
            outputs=[output({MIME: asdict(finding), "text/plain": "open_requests = 12"})],
        ),
        nbformat.v4.new_markdown_cell("## What this means\n\nPatience."),
        nbformat.v4.new_code_cell(
            "answer()",
            execution_count=4,
            outputs=[output({ANSWER: asdict(answer), "text/plain": "12 wait."})],
        ),
    ]
    notebook(tmp_path / "notebooks", cells)
    return Evidence(tmp_path / "notebooks", tmp_path / "stamps")


def page_of(evidence, *, stamped=True):
    (path,) = evidence.all_notebooks()
    if stamped:
        evidence.write_stamp(path, evidence.digests(path))
    (page,) = write_evidence(evidence, evidence.notebooks.parent / "docs")
    return page.read_text(encoding="utf-8")


def test_a_page_of_evidence_carries_its_stamp(evidence, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1793491200")
    page = page_of(evidence)
    assert "Validated on 2026-11-01: every cell of `01-what.ipynb` was run again" in page
    assert "All people here are invented." in page
    assert "- Largest number of requests behind a finding: 98\n" in page
    assert "- Labels: strong\n" in page
    assert re.search(r"- Code `[0-9a-f]{12}`, data `[0-9a-f]{12}`, locked dependencies `[0-9a-f]{12}`", page)


def test_without_a_stamp_the_page_says_that_it_is_a_draft(evidence):
    page = page_of(evidence, stamped=False)
    assert 'warning "Not validated: this page is a draft"\n\n    01-what.ipynb was not validated' in page


def test_a_page_begins_with_the_answer_the_picture_and_what_they_mean_and_folds_the_rest(evidence):
    page = page_of(evidence)
    assert page.index("**[[open_requests]] wait &#91;here&#93;(x.md).**") < page.index("![Delays (n = 3).]")
    assert '<figcaption markdown="span">Delays (n = 3). Of [[open_requests]].</figcaption>' in page
    assert page.index("</figure>") < page.index("Patience.") < page.index("<details") < page.index("See [the")
    assert page.rindex("open_requests` | 12") < page.rindex("</details>")
    assert "What this means" not in page and page.count("![") == 1


def test_the_caption_of_a_picture_that_your_data_lack_is_not_put_under_another(evidence):
    (path,) = evidence.all_notebooks()
    node = nbformat.read(path, as_version=4)
    withheld = nbformat.v4.new_code_cell("plot_first()", execution_count=1)
    node.cells.insert(2, withheld)
    nbformat.write(node, path)
    page = page_of(evidence)
    assert '<figcaption markdown="span">Delays (n = 3). </figcaption>' in page


@pytest.mark.parametrize("value", [None, float("nan")])
def test_an_answer_that_cites_what_is_not_known_yet_is_none(evidence, value):
    (path,) = evidence.all_notebooks()
    node = nbformat.read(path, as_version=4)
    node.cells[3].outputs[0].data[MIME] = asdict(Finding.of("open_requests", value))
    nbformat.write(node, path)
    node.cells[2].outputs[0].data["text/plain"] = "Delays (n = 0). Nothing to show yet."
    nbformat.write(node, path)
    page = page_of(evidence)
    assert page.index("**There is no answer yet.**") < page.index("Too little is recorded")
    assert page.index("<details") < page.index("Patience.") and page.index("<details") < page.index(
        "![Delays"
    )
    index = (evidence.notebooks.parent / "docs" / "index.md").read_text(encoding="utf-8")
    assert "| [What is open?](01-what.md) | There is no answer yet. |" in index


def test_where_the_data_end_early_that_is_said_in_the_answers_place(evidence):
    (path,) = evidence.all_notebooks()
    node = nbformat.read(path, as_version=4)
    node.cells[3:] = [nbformat.v4.new_markdown_cell(f"{ENDS_EARLY} Some.")]
    nbformat.write(node, path)
    page = page_of(evidence)
    assert (
        page.index("**There is no answer yet.**") < page.index(f"{ENDS_EARLY} Some.") < page.index("<details")
    )


def test_a_picture_becomes_a_file_with_its_words_as_alternative_text(evidence):
    assert "![Delays (n = 3).](01-what-2-0.png)" in page_of(evidence)
    assert (evidence.notebooks.parent / "docs" / "01-what-2-0.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_printed_stands_beside_the_folded_code_and_not_in_it(tmp_path):
    sentence = "On 437 later requests the model saves 6.7 per 100 decisions beside the rules, they say."
    printed = nbformat.v4.new_output("stream", name="stdout", text="|--- ```yes``` <= 0.50\n|   |--- no\n")
    told = nbformat.v4.new_output("execute_result", {"text/plain": repr(sentence)}, execution_count=1)
    code = nbformat.v4.new_code_cell("look()", execution_count=1, outputs=[printed, told])
    notebook(tmp_path / "notebooks", [nbformat.v4.new_markdown_cell("# What?"), code])
    page = page_of(Evidence(tmp_path / "notebooks", tmp_path / "stamps"))
    assert "\n````text\n|--- ```yes``` <= 0.50\n|   |--- no\n````\n" in page
    shown = page[page.index("On 437") : page.index("\n```", page.index("On 437"))]
    assert " ".join(shown.splitlines()) == sentence and max(map(len, shown.splitlines())) <= 76
    html = Markdown(extensions=["pymdownx.details", "pymdownx.superfences", "md_in_html"]).convert(page)
    folded = html[html.index('<details class="code') :]
    assert "On 437" not in folded[: folded.index("</details>")]


def test_a_page_without_a_finding_says_that_the_data_end_before(tmp_path):
    notebook(tmp_path / "notebooks", [nbformat.v4.new_markdown_cell("# What?")])
    page = page_of(Evidence(tmp_path / "notebooks", tmp_path / "stamps"))
    assert "- No number was recorded: the data end before that\n" in page
    assert "Labels: none needed" not in page


def test_the_code_is_folded_away(evidence):
    assert '??? code "The code"\n\n    ```python\n    plot_delays()\n    ```' in page_of(evidence)


def test_a_table_keeps_its_cells_and_loses_its_own_style(evidence):
    page = page_of(evidence)
    assert "<table><tr><td>7</td></tr></table>" in page
    assert "<style" not in page


def test_rows_that_are_only_counted_lose_their_numbers_and_names_are_written_as_words():
    counted = pd.DataFrame({"words": ["one", "two"]}).to_html()
    named = pd.DataFrame({"n": [0, 1]}, index=["met_in_person", "recognised"]).to_html()
    assert "<th>0</th>" in counted and "<th>0</th>" not in _tables_as_read(counted)
    assert _tables_as_read(counted).count("<th>") == 1 and _tables_as_read(counted).count("<td>") == 2
    assert "<th>met in person</th>" in _tables_as_read(named) and "<td>0</td>" in _tables_as_read(named)
    assert "<td>cost per 100, 1_000</td>" in _tables_as_read("<table><td>cost_per_100, 1_000</td></table>")


def test_the_method_page_says_what_errors_cost_as_shipped():
    method = " ".join((DOCS / "why/method.md").read_text(encoding="utf-8").split())
    assert "a wrong yes costs as much as a wrong no, and five questions cost as much as one" in method
    costs = Costs()
    assert costs.wrong_accept == costs.wrong_decline == 5 * costs.question


def test_the_name_of_the_first_column_stands_beside_the_others():
    frame = pd.DataFrame({"points": [1]}, index=pd.MultiIndex.from_tuples([("met", "yes")]))
    table = _tables_as_read(frame.rename_axis(["fact", "level"]).to_html())
    assert table.count("<tr") == 2
    assert "<th>fact</th><th>level</th><th>points</th>" in table
    both = pd.DataFrame({"a": [1]}, index=["x"]).rename_axis("row").rename_axis("column", axis=1)
    assert ">column<" in _tables_as_read(both.to_html()) and ">row<" in _tables_as_read(both.to_html())


def test_a_table_says_what_is_missing_and_that_it_has_no_rows():
    head = "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>{}</tbody></table>"
    assert "<td>–</td>" in _tables_as_read(head.format("<tr><th>x</th><td>NaN</td></tr>"))
    assert '<td colspan="2">Nothing yet</td>' in _tables_as_read(head.format("\n  "))
    assert "Nothing yet" not in _tables_as_read(head.format("<tr><td>1</td><td>2</td></tr>"))


def test_links_lead_to_pages_and_each_finding_has_its_place(evidence):
    page = page_of(evidence)
    assert "[the next](02-next.md) and [why](../why/limits.md#x)" in page
    assert '<span id="finding-open_requests"></span>`open_requests` | 12 | 98 | strong |' in page
    assert "open_requests = 12" not in page


def test_a_number_typed_into_a_notebooks_text_stops_the_build(evidence):
    notebook(evidence.notebooks, [nbformat.v4.new_markdown_cell("# Q?\n\nIt is 91 %.")])
    with pytest.raises(FindingError, match=r"01-what\.ipynb has numbers typed into its text: '91 %'"):
        page_of(evidence)


def test_pages_of_notebooks_that_are_gone_go_too(evidence):
    docs = evidence.notebooks.parent / "docs"
    docs.mkdir()
    (docs / "99-old.md").write_text("# Old\n", encoding="utf-8")
    page_of(evidence)
    assert not (docs / "99-old.md").exists()


# The site


def test_only_plugins_that_the_successor_has_and_every_check_switched_on():
    settings = yaml_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert [name for entry in settings["plugins"] for name in entry] == ["search", "mkdocstrings"]
    assert "hooks" not in settings
    assert set(settings["validation"]["links"].values()) == {"warn"}
    assert set(settings["validation"]["nav"].values()) == {"warn"}
    assert len(settings["validation"]["links"]) == 4
    assert settings["theme"]["font"] is False
    assert "navigation.instant" not in settings["theme"]["features"]


def test_every_notebook_has_its_place_in_the_navigation():
    text = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [
        path.stem for path in project_evidence().all_notebooks() if f"evidence/{path.stem}.md" not in text
    ] == []


SOURCE = "from netkit.findings import record\nrecord('answer', 6 * 7, n=12)"


def uncited(text):
    """Return a page without citations: this workspace records one finding and no other."""
    return re.sub(r"\[\[\w+\]\]|\((?:\.\./)*evidence/\d\d.*?\)", "()", text)


OWN_FACT = """
facts:
  invitation:
    plays_chess:
      question: Does the sender play chess?
      levels: [yes, no]
      from: profile
      effort: 2
      clauses: [HJ2]
invitation:
  - id: plays-chess
    when: {plays_chess: yes}
    do: accept
    because: Chess players are welcome.
    clause: [own, HJ1, PN5]
    letter: chess
    situations:
      - it: a chess player is accepted
        given: {plays_chess: yes}
        expect: accept
      - it: somebody who plays none is not, for that
        given: {plays_chess: no, recognised: yes, would_stay_in_touch: no}
        expect: ignore
"""


OWN_SOURCE = """\
  - id: HJ
    title: How I Judge
    author: Hedda Jorgensen
    clauses: {HJ1: Chess players first., HJ4: A clause that nothing cites.}
"""


def write_own_policy(path):
    """Write the house policy with a rule of one's own before the others."""
    path.parent.mkdir(parents=True)
    text = (PROJECT / "netkit" / "policies" / "house.yaml").read_text(encoding="utf-8")
    named = text.replace("policy: house\ntitle: The house policy", "policy: my_policy\ntitle: Chess first")
    sourced = named.replace("sources:\n", f"sources:\n{OWN_SOURCE}", 1)
    path.write_text(re.sub("(?m)^invitation:$", OWN_FACT.strip(), sourced, count=1), encoding="utf-8")
    draft = sourced.replace("my_policy", "my_draft").replace("HJ", "ZW")
    path.with_name("my_draft.yaml").write_text(draft, encoding="utf-8")
    path.with_name("broken.yaml").write_text("policy: [", encoding="utf-8")
    letters = path.parents[1] / "letters"
    letters.mkdir()
    letter = "---\nkind: reply\nclause: [HJ3, QQ1]\n---\nDear friend, shall we play?\n"
    (letters / "chess.md.j2").write_text(letter, encoding="utf-8")


@pytest.fixture(scope="module")
def own_site(tmp_path_factory):
    """A private handbook: a tiny notebook run on an empty workspace, validated, cited, built."""
    home = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    stored = notebook(
        home / "stored", [nbformat.v4.new_markdown_cell("# What?"), nbformat.v4.new_code_cell(SOURCE)]
    )
    project = tmp_path_factory.mktemp("project")
    shutil.copy(PROJECT / "mkdocs.yml", project)
    shutil.copytree(DOCS, project / "docs", ignore=shutil.ignore_patterns("evidence"))
    pages = _module_pages()  # slow to build, and not of interest here
    patch.setattr("netkit.handbook.reference_pages._module_pages", lambda: dict.fromkeys(pages, "# A room\n"))
    for page in (project / "docs").rglob("*.md"):
        page.write_text(uncited(page.read_text(encoding="utf-8")), encoding="utf-8")
    patch.setattr("netkit.handbook.policy_pages._schools_page", lambda *which: uncited(_schools_page(*which)))
    limits = project / "docs" / "why" / "limits.md"
    limits.write_text(limits.read_text(encoding="utf-8") + "\nIt was [[answer]].\n", encoding="utf-8")
    settings = re.sub(
        r"      - evidence/(?!index).*\n|      - .*: evidence/.*\n",
        "",
        (project / "mkdocs.yml").read_text(encoding="utf-8"),
    )
    (project / "mkdocs.yml").write_text(
        settings.replace("evidence/index.md", "evidence/index.md\n      - evidence/01-what.md"),
        encoding="utf-8",
    )
    patch.setattr(
        "netkit.findings.validation.project_evidence", lambda: Evidence(stored.parent, home / "unused")
    )
    patch.setattr("netkit.handbook.PROJECT", project)
    write_own_policy(home / "policies" / "my_policy.yaml")
    before = {path: path.read_bytes() for path in sorted(project.rglob("*")) if path.is_file()}
    umask = os.umask(0)
    execute_notebooks(home)
    validate_notebooks(home)
    built = build_handbook(home)
    os.umask(umask)
    patch.undo()
    after = {path: path.read_bytes() for path in sorted(project.rglob("*")) if path.is_file()}
    return home, built, before == after


def test_a_private_handbook_is_built_below_the_workspace_and_nowhere_else(own_site):
    home, built, untouched = own_site
    assert built.site == home / "site"
    assert built.findings == 1
    assert untouched


def test_a_private_handbook_is_for_its_owner_alone_whatever_rights_files_usually_get(own_site):
    home = own_site[0]
    built = [home / name for name in ("notebooks", "stamps", "handbook", "site")]
    found = [path for folder in built for path in (folder, *folder.rglob("*"))]
    assert len(found) > 100
    assert not [path for path in found if path.stat().st_mode & 0o077]


def test_a_served_draft_is_built_like_every_page_and_again_when_a_page_changes(tmp_path, monkeypatch):
    built, told, pauses = [], [], iter([None, None, None])
    changes = iter([{1: 1}, {1: 1}, {1: 1}, {1: 2}, {1: 2}, {1: 2}])
    monkeypatch.setattr("netkit.handbook.OUTPUT", tmp_path)
    monkeypatch.setattr("netkit.handbook._public", lambda: (1, 2, 3, 4))
    monkeypatch.setattr("netkit.handbook._build", lambda *given, draft: built.append((*given, draft)))
    monkeypatch.setattr("netkit.handbook._changed_at", lambda: next(changes))
    monkeypatch.setattr("netkit.handbook.sleep", lambda _: next(pauses))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(FindingError, match=rf"Port {port} of this machine is taken\. End what uses it"):
            serve_handbook(told.append, port=port)
    with pytest.raises(StopIteration):
        serve_handbook(told.append, port=port)
    assert built == [(1, 2, tmp_path / "build" / "draft", 4, True)] * 2
    assert told == [f"Built the draft: http://127.0.0.1:{port}/"] * 2


def test_ones_own_policy_stands_where_the_houses_stood_and_answers_first_in_try_it(own_site):
    site = own_site[1].site
    rules = (site / "policy" / "invitations.html").read_text(encoding="utf-8")
    assert "Chess players are welcome." in rules and 'id="invitation-plays-chess"' in rules
    assert 'id="invitation-plays_chess"' in (site / "reference" / "facts.html").read_text(encoding="utf-8")
    assert "The house policy" in (site / "policy" / "schools" / "house.html").read_text(encoding="utf-8")
    data = (site / "assets" / "try-it" / "policies.js").read_text(encoding="utf-8")
    data = json.loads(data[data.index("= ") + 2 : data.rindex(";")])
    mine, house = data["policies"][:2]
    assert (mine["title"], mine["kinds"]["invitation"]["page"]) == ("Chess first", "policy/invitations")
    assert (house["title"], house["kinds"]["invitation"]["page"]) == (
        "The house policy",
        "policy/schools/house",
    )


def test_a_workspace_without_a_model_has_no_points_card(own_site):
    script = (own_site[1].site / "evidence" / "points.js").read_text(encoding="utf-8")
    assert script.endswith("globalThis.netkitPoints = null;\n")


def test_a_private_number_links_to_its_private_evidence(own_site):
    _, built, _ = own_site
    assert re.search(
        r'href="\.\./evidence/01-what\.html#finding-answer"[^>]*>42</a>',
        (built.site / "why" / "limits.html").read_text(encoding="utf-8"),
    )
    assert "is the owner of this handbook" in (built.site / "evidence" / "01-what.html").read_text(
        encoding="utf-8"
    )


def test_no_page_asks_another_server_and_no_citation_is_left_over(own_site):
    loads = re.compile(
        r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(https?:)?//", re.IGNORECASE
    )
    for page in own_site[1].site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert not loads.search(html), page
        assert not re.search(r"\[\[\w+\]\]", re.sub(r"<(pre|code).*?</\1>", "", html, flags=re.DOTALL)), page


def test_every_page_says_what_other_sites_show_of_it(own_site):
    for page in own_site[1].site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert re.search(r'<meta property="og:title" content="[^"<>]+">', html), page
        assert re.search(r'<meta property="og:description" content="[^"<>]+">', html), page
    assert not (own_site[1].site / "assets" / "card.png").exists()  # the project's picture names the project
    assert not (own_site[1].site / "assets" / ".theme").exists()


def test_every_page_says_its_version_and_the_day_it_was_built(own_site):
    for page in own_site[1].site.rglob("*.html"):
        assert re.search(
            r"netkit \d+\.\d+\.\d+, built on \d{4}-\d\d-\d\d", page.read_text(encoding="utf-8")
        ), page


def test_a_page_that_cites_nothing_known_is_not_built(own_site):
    home = own_site[0]
    (home / "handbook" / "docs" / "index.md").write_text("# Start\n\n[[anser]]\n", encoding="utf-8")
    with pytest.raises(FindingError, match=r"index\.md, line 3: \[\[anser\]\]: no notebook records it"):
        check_citations(home / "handbook" / "docs", workspace_evidence(home))


def test_a_run_of_notebooks_that_is_stopped_by_the_user_ends_with_one_sentence(tmp_path, monkeypatch, capsys):
    async def stopped(client, **how):
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)

    monkeypatch.setattr("netkit.findings.validation.NotebookClient.async_execute", stopped)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs behind a shell ignores it
    try:
        assert run(["publish", "--home", str(tmp_path / "home")]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "Interrupted; no partial changes were written." in capsys.readouterr().err


def test_a_notebook_that_fails_on_ones_own_data_is_named_without_showing_the_data(tmp_path, monkeypatch):
    stored = notebook(
        tmp_path / "stored", [nbformat.v4.new_code_cell("name = 'Zoe Private'\nraise ValueError(name)")]
    )
    monkeypatch.setattr(
        "netkit.findings.validation.project_evidence", lambda: Evidence(stored.parent, tmp_path)
    )
    with pytest.raises(FindingError) as problem:
        execute_notebooks(tmp_path / "home")
    assert "01-what.ipynb failed on your workspace (ValueError)" in str(problem.value)
    assert "Zoe" not in str(problem.value)
