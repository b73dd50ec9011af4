"""The notebooks read as arguments: one question each, answered near the top, in few and short cells."""

import ast
import re

import nbformat
import pytest

from netkit.findings import read_findings
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


def test_the_title_is_one_question_and_the_answer_stands_in_the_first_cell(cells):
    title, *rest = sources(cells, "markdown")[0].splitlines()
    assert re.fullmatch(r"# [^?]+\?", title)
    assert "**The answer:" in "\n".join(rest)


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
def test_a_notebook_ends_by_recording_what_it_found(path):
    cells = nbformat.read(path, as_version=4).cells
    assert read_findings(path)
    assert "record(" in sources(cells, "code")[-1]
