"""No text takes the system's own encoding, and no name in the data is more than a foreign screen can bear."""

import ast

import pytest

from tests.project.test_environment import ROOT

CODE = sorted(path for folder in ("netkit", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
# How many words a call has where the last one is the encoding.
PLACE = {"read_text": 1, "write_text": 2}
TEXT = {"text", "universal_newlines"}


def without_encoding(source):
    """Return the calls that read or write text and do not say in which encoding."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        options = {option.arg for option in call.keywords}
        modes = {str(word.value) for word in call.args if isinstance(word, ast.Constant)}
        bare = name in PLACE and len(call.args) < PLACE[name]
        bare |= name in ("run", "Popen", "check_output") and bool(options & TEXT)
        bare |= name in ("TextIOWrapper", "TemporaryFile", "NamedTemporaryFile")
        bare |= name in ("open", "fdopen") and bool(modes & {"r", "w", "x", "a", "rt", "wt"})
        # `path.open()` of a path; `history.open()` and `archive.open(name)` are no files of ours.
        bare |= name == "open" and ast.unparse(call).rsplit(".", 1)[0].endswith(("path", "file"))
        if bare and "encoding" not in options and not any("b" in mode for mode in modes):
            found.append(f"{call.lineno}: {ast.unparse(call)}")
    return found


def test_every_text_is_read_and_written_in_an_encoding_that_is_named():
    found = {path: without_encoding(path.read_text(encoding="utf-8")) for path in CODE}
    assert len(found) > 200
    assert {str(path.relative_to(ROOT)): calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    ["p.read_text()", "(folder / 'a').write_text('x')", "run(['a'], text=True)", "file.open('w')", "path.open()",
     "open(name, 'x')", "io.TextIOWrapper(stream)"],
)  # fmt: skip
def test_a_call_that_leaves_it_to_the_system_is_found(source):
    assert without_encoding(source)


@pytest.mark.parametrize("source", ["p.read_text('utf-8')", "open(p, 'wb')", "history.open()"])
def test_others_are_not(source):
    assert not without_encoding(source)
