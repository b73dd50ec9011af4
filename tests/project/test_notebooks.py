"""The notebooks read as arguments: one question each, few and short cells, and an answer for everybody."""

import ast
import re

import nbformat
import pytest

from netkit.findings import CITATION, read_answer, read_findings
from netkit.findings.citations import typed_numbers
from netkit.findings.stamps import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
MOST_CELLS, MOST_LINES = 20, 8


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request):
    return nbformat.read(request.param, as_version=4).cells


def sources(cells, kind):
    return [cell.source for cell in cells if cell.cell_type == kind]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) > 6


def test_the_title_is_one_question_and_the_first_cell_says_where_the_answer_stands(cells):
    title, *rest = sources(cells, "markdown")[0].splitlines()
    assert re.fullmatch(r"# [^?]+\?", title)
    assert "The last cell states the answer." in " ".join(rest)


def test_every_further_heading_is_below_the_question(cells):
    headings = [
        line for text in sources(cells, "markdown") for line in text.splitlines() if re.match(r"# ", line)
    ]
    assert len(headings) == 1


def test_cells_of_code_are_few_and_short(cells):
    code = sources(cells, "code")
    assert len(code) <= MOST_CELLS
    # Imports are no steps of the argument: they stand in one cell, a line each.
    steps = [
        [line for line in text.splitlines() if not line.startswith(("import ", "from "))] for text in code
    ]
    assert [lines for lines in steps if len(lines) > MOST_LINES] == []


def test_no_cell_defines_anything(cells):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    defined = [
        ast.unparse(node)
        for text in sources(cells, "code")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds)
    ]
    assert defined == []


def test_the_limits_are_said_before_the_end(cells):
    assert "**Limits.**" in "\n".join(sources(cells, "markdown")[-3:])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_ends_with_an_answer_that_cites_its_findings_and_is_the_same_for_everybody(path):
    """Sentences that a cell chose by the data could tell others what the rounded findings do not."""
    (call,) = [node.value for node in ast.parse(sources(nbformat.read(path, 4).cells, "code")[-1]).body]
    assert ast.unparse(call.func) == "answer"
    said = [ast.literal_eval(one) for one in (*call.args, *(word.value for word in call.keywords))]
    assert not typed_numbers("\n\n".join(said))
    answer, found = read_answer(path), read_findings(path)
    assert [*answer.sentences, answer.caption] == said and answer.known(found)[0] == said[0]
    assert CITATION.findall(said[0]) and answer.caption


def test_every_notebook_shows_a_picture_and_says_what_the_answer_means(cells):
    pictures = [
        one for cell in cells for one in cell.get("outputs", ()) if "image/png" in one.get("data", {})
    ]
    assert pictures and "(n = " in pictures[0].data["text/plain"]
    assert any(text.startswith("## What this means\n") for text in sources(cells, "markdown"))
