"""Findings, their stamps, and their citation: no number reaches a page unless its notebook repeated."""

import json
import subprocess
import sys

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from markdown import Markdown
from mkdocs.exceptions import BuildError

from netkit.errors import FindingError
from netkit.findings import MIME, Finding, asdict, read_findings, record, shown
from netkit.findings.citations import check_citations, makeExtension
from netkit.findings.stamps import Evidence
from netkit.ledger import open_ledger

TABLE = pd.DataFrame({"judge": ["rules", "model"], "cost": [0.25, np.nan]})


def write_notebook(path, findings, source="from tiny.sums import add"):
    outputs = [
        nbformat.v4.new_output("display_data", {MIME: asdict(finding), "text/plain": finding.text})
        for finding in findings
    ]
    cell = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=1)
    cell.id = "only"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


@pytest.fixture
def evidence(tmp_path):
    """A tiny project: a package of three modules and a data file, a lock, one notebook with two findings."""
    package = tmp_path / "tiny"
    package.mkdir()
    (package / "__init__.py").write_text('"""Tiny."""\n', encoding="utf-8")
    (package / "sums.py").write_text(
        "from tiny import parts\n\ndef add(a, b):\n    return parts.both(a, b)\n", encoding="utf-8"
    )
    (package / "parts.py").write_text("def both(a, b):\n    return a + b\n", encoding="utf-8")
    (package / "unrelated.py").write_text("x = 1\n", encoding="utf-8")
    (package / "words.yaml").write_text("a: b\n", encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("nothing==1\n", encoding="utf-8")
    made = Evidence(tmp_path / "notebooks", tmp_path / "stamps", package, tmp_path / "requirements.txt")
    found = [Finding.of("answer", 42, n=1234, labels="strong"), Finding.of("judges", TABLE)]
    write_notebook(made.notebooks / "01-sums.ipynb", found)
    return made


@pytest.fixture
def stamped(evidence):
    (notebook,) = evidence.all_notebooks()
    evidence.write_stamp(notebook, evidence.digests(notebook))
    return evidence


def render(text, evidence):
    return Markdown(extensions=[makeExtension(evidence=evidence), "tables"]).convert(text)


# Recording


def test_a_number_is_recorded_with_six_digits_and_without_a_minus_zero():
    assert Finding.of("x", np.float64(0.123456789)).value == 0.123457
    assert str(Finding.of("x", -0.0).value) == "0.0"


def test_the_text_is_the_value_as_a_page_shows_it():
    assert [shown(value) for value in (1017, 0.5, 12.345, 1234.5, True, None, "few")] == [
        "1,017", "0.5", "12.3", "1,234", "yes", "–", "few",
    ]  # fmt: skip


def test_a_table_is_recorded_row_by_row_with_gaps_as_nothing():
    assert Finding.of("judges", TABLE).value == {
        "columns": ["judge", "cost"],
        "rows": [["rules", 0.25], ["model", None]],
    }


@pytest.mark.parametrize("name", ["Answer", "1st", "a-b", "", "a b", "a\n"])
def test_a_name_that_could_not_be_cited_is_refused(name):
    with pytest.raises(FindingError, match="A finding cannot be called"):
        Finding.of(name, 1)


def test_a_missing_value_reads_as_not_known_yet_or_in_words_of_its_own():
    assert Finding.of("x", float("nan")).value is None
    assert Finding.of("x", float("nan")).text == "not known yet"
    assert Finding.of("x", None, text="too few refusals").text == "too few refusals"


def test_a_value_that_no_page_could_show_is_refused():
    with pytest.raises(FindingError, match="'x' is a list"):
        Finding.of("x", [1, 2])


def test_whose_data_it_is_follows_the_workspace(monkeypatch):
    assert Finding.of("x", 1).data == "invented"
    monkeypatch.setenv("NETKIT_HOME", "/somewhere")
    assert Finding.of("x", 1).data == "own"
    assert Finding.of("x", 1, data="public").data == "public"


def test_outside_a_notebook_a_finding_is_printed(capsys):
    record("answer", 1234)
    assert capsys.readouterr().out == "answer = 1,234\n"


def test_findings_are_read_back_as_they_were_recorded(evidence):
    found = read_findings(evidence.notebooks / "01-sums.ipynb")
    assert list(found) == ["answer", "judges"]
    assert found["answer"] == Finding.of("answer", 42, n=1234, labels="strong")


def test_one_name_in_two_places_is_refused(evidence):
    twice = write_notebook(evidence.notebooks / "02-twice.ipynb", [Finding.of("x", 1), Finding.of("x", 2)])
    with pytest.raises(FindingError, match="records 'x' twice"):
        read_findings(twice)
    write_notebook(twice, [Finding.of("answer", 1)])
    with pytest.raises(FindingError, match="both record 'answer'"):
        evidence.known_findings()


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "x.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(FindingError, match=r"x\.ipynb could not be read"):
        read_findings(tmp_path / "x.ipynb")


# Stamps


def test_a_stamp_holds_as_long_as_nothing_changes(stamped):
    (notebook,) = stamped.all_notebooks()
    stamp, problem = stamped.read_stamp(notebook)
    assert problem == ""
    assert stamp.notebook == "01-sums.ipynb"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ("tiny/sums.py", "the code behind it changed"),
        ("tiny/parts.py", "the code behind it changed"),
        ("tiny/__init__.py", "the code behind it changed"),
        ("tiny/words.yaml", "the data behind it changed"),
        ("requirements.txt", "the locked dependencies changed"),
        ("notebooks/01-sums.ipynb", "the notebook changed"),
    ],
)
def test_a_change_in_what_stands_behind_a_notebook_makes_its_stamp_stale(stamped, changed, says):
    path = stamped.lock.parent / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (notebook,) = stamped.all_notebooks()
    assert says in stamped.read_stamp(notebook)[1]


def test_the_line_ends_that_a_checkout_gives_change_nothing(stamped):
    for path in stamped.lock.parent.rglob("*.*"):
        if path.is_file() and path.parent != stamped.stamps:
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (notebook,) = stamped.all_notebooks()
    assert b"\r\n" in notebook.read_bytes()
    assert stamped.read_stamp(notebook)[1] == ""


def test_a_module_that_the_notebook_does_not_import_may_change(stamped):
    (stamped.package / "unrelated.py").write_text("x = 2\n", encoding="utf-8")
    assert stamped.read_stamp(stamped.all_notebooks()[0])[1] == ""


def test_a_new_data_file_makes_a_stamp_stale(stamped):
    (stamped.notebooks / "data").mkdir()
    (stamped.notebooks / "data" / "more.csv").write_text("a\n1\n", encoding="utf-8")
    assert "the data behind it changed" in stamped.read_stamp(stamped.all_notebooks()[0])[1]


def test_on_ones_own_data_the_ledger_counts_and_reading_it_changes_nothing(stamped, tmp_path):
    own = Evidence(stamped.notebooks, tmp_path / "own", stamped.package, stamped.lock, home=tmp_path)
    with open_ledger(tmp_path) as ledger:
        request = ledger.invitations.add("Qa Zo", sent_at="2024-03-01", source="me")
        (notebook,) = own.all_notebooks()
        own.write_stamp(notebook, own.digests(notebook))
        ledger.invitations.to_frame()
        assert own.read_stamp(notebook)[1] == ""
        ledger.decisions.add(request, "decline", at="2024-03-02", source="me")
    assert "the data behind it changed" in own.read_stamp(notebook)[1]


# Citing


def test_a_citation_becomes_the_value_with_its_origin(stamped):
    html = render("It was [[answer]] of them.", stamped)
    assert ">42</span> of them." in html
    assert 'title="invented data, 01-sums, n = 1,234, strong labels, validated ' in html


def test_a_table_is_cited_on_a_line_of_its_own(stamped):
    html = render("Before.\n\n[[judges]]\n\nAfter.", stamped)
    assert '<th scope="col">judge</th>' in html
    assert "<td>0.25</td>" in html
    assert "<td>–</td>" in html
    with pytest.raises(BuildError, match="cited within a sentence"):
        render("See [[judges]] here.", stamped)


def test_a_citation_works_in_a_cell_of_a_table(stamped):
    assert ">42</span></td>" in render("| a |\n| --- |\n| [[answer]] |\n", stamped)


def test_code_may_show_the_syntax(stamped):
    assert "<code>[[answer]]</code>" in render("Write `[[answer]]`.", stamped)
    assert "[[whatever]]" in render("    [[whatever]]\n", stamped)


def test_an_unknown_name_fails_with_the_nearest(stamped):
    with pytest.raises(BuildError, match="Did you mean 'answer'"):
        render("[[anser]]", stamped)


def test_a_finding_without_a_stamp_fails(evidence):
    with pytest.raises(BuildError, match="was not validated by a strict run"):
        render("[[answer]]", evidence)


def test_a_stale_finding_fails_though_the_page_was_built_before(stamped):
    render("[[answer]]", stamped)
    (stamped.package / "sums.py").write_text("# changed\n", encoding="utf-8")
    with pytest.raises(BuildError, match="the code behind it changed"):
        render("[[answer]]", stamped)


@pytest.mark.parametrize("text", ["<div>[[answer]]</div>", '<p title="[[answer]]">x</p>'])
def test_a_citation_where_nothing_is_substituted_fails(stamped, text):
    with pytest.raises(BuildError, match="where nothing is filled in"):
        render(text, stamped)


def test_a_draft_shows_what_is_not_validated_and_marks_it(evidence, monkeypatch):
    monkeypatch.setenv("NETKIT_DRAFT", "1")
    monkeypatch.delenv("CI", raising=False)
    assert 'class="finding finding-draft"' in render("[[answer]]", evidence)
    with pytest.raises(BuildError, match="no notebook records"):
        render("[[anser]]", evidence)


def test_a_draft_is_refused_in_continuous_integration(evidence, monkeypatch):
    monkeypatch.setenv("NETKIT_DRAFT", "1")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BuildError, match="in continuous integration"):
        render("[[answer]]", evidence)


def test_the_check_names_every_citation_that_cannot_stand_with_its_line(evidence):
    docs = evidence.lock.parent / "docs"
    docs.mkdir()
    (docs / "one.md").write_text(
        "Fine: `[[answer]]`.\n\n```\n[[answer]]\n```\n\nBad: [[answer]].\n", encoding="utf-8"
    )
    (docs / "two.md").write_text("[[anser]]\n", encoding="utf-8")
    with pytest.raises(FindingError) as problem:
        check_citations(docs, evidence)
    assert "one.md, line 7: [[answer]]: 01-sums.ipynb was not validated" in str(problem.value)
    assert "two.md, line 1: [[anser]]: no notebook records it" in str(problem.value)


# The build


def build(evidence, page):
    """Build a page strictly, as the handbook does, with the notebooks of a workspace."""
    home = evidence.lock.parent
    (home / "docs").mkdir(exist_ok=True)
    (home / "docs" / "index.md").write_text(page, encoding="utf-8")
    (home / "docs" / "evidence").mkdir(exist_ok=True)
    (home / "docs" / "evidence" / "01-sums.md").write_text(
        '# Sums\n\n<span id="finding-answer"></span>\n', encoding="utf-8"
    )
    settings = {
        "site_name": "Tiny",
        "plugins": [],
        "theme": "mkdocs",
        "markdown_extensions": [{"netkit.findings.citations": {"workspace": str(home)}}],
        "validation": {"links": {"anchors": "warn"}},
    }
    (home / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(home / "mkdocs.yml")]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def own_notebook(tmp_path, source):
    """A workspace with one validated notebook that imports the real package."""
    home = tmp_path / "home"
    notebook = write_notebook(home / "notebooks" / "01-sums.ipynb", [Finding.of("answer", 42)], source)
    own = Evidence(home / "notebooks", home / "stamps", home=home)
    own.write_stamp(notebook, own.digests(notebook))
    return Evidence(home / "notebooks", home / "stamps", lock=home / "requirements.txt", home=home)


def test_the_strict_build_links_a_valid_number_to_its_evidence_and_fails_on_a_changed_one(tmp_path):
    workspace = own_notebook(tmp_path, "import netkit.findings")
    done = build(workspace, "# Page\n\nIt was [[answer]].\n")
    assert done.returncode == 0, done.stderr
    html = (workspace.home / "site" / "index.html").read_text(encoding="utf-8")
    assert 'href="evidence/01-sums/#finding-answer"' in html

    notebook = workspace.all_notebooks()[0]
    stored = json.loads(notebook.read_text(encoding="utf-8"))
    stored["cells"][0]["outputs"][0]["data"][MIME]["value"] = 43
    notebook.write_text(json.dumps(stored), encoding="utf-8")
    failed = build(workspace, "# Page\n\nIt was [[answer]].\n")
    assert failed.returncode == 1
    assert "index.md cites the finding 'answer', but the notebook changed" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_the_strict_build_fails_on_a_number_typed_by_hand(evidence):
    failed = build(evidence, "# Page\n\nOf these, 91 % were accepted.\n")
    assert failed.returncode == 1
    assert "index.md has numbers typed by hand: '91 %' in line 3" in failed.stderr
