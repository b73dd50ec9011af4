"""The notebooks of a workspace as they may be shown: findings that pass, and nothing else of one's own."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from netkit.errors import FindingError
from netkit.findings import MIME, Finding
from netkit.findings.guard import passed
from netkit.findings.stamps import Evidence, digests, read_stamp, write_stamp
from netkit.findings.validation import YOURS, about_the_invented

_LEFT_OUT = "*Left out here: a table, a picture or a text about the owner's own data.*"
# The words of an own copy speak to its owner; these speak to everybody else.
_OWNERS = (
    "> **The numbers at the foot of this page are the owner's.** Tables and pictures of the owner's data are"
    " left out, for they could speak of single people. The sentences were written about an invented person,"
    " and none of them tells of the owner."
)
_ENDS = "**The owner's data end here for now.**"


def write_public_notebooks(
    own: Evidence, stored: Evidence, public: Evidence, ordinary: frozenset[str]
) -> list[str]:
    """Write the notebooks that a public handbook is made from, each with the stamp it has earned.

    Parameters
    ----------
    own : Evidence
        The notebooks as they ran on the user's data.
    stored : Evidence
        The same notebooks as the project stores them, on invented or public data. One whose outputs
        are the same in both says nothing of the user, and is kept whole.
    public : Evidence
        Where to write; what was there is replaced.
    ordinary : frozenset of str
        The words that the project itself uses.

    Returns
    -------
    list of str
        The names of the findings that are withheld.

    Raises
    ------
    FindingError
        A notebook is not validated as it is now.
    """
    for folder in (public.notebooks, public.stamps):
        shutil.rmtree(folder, ignore_errors=True)
    public.notebooks.mkdir(parents=True)
    if (own.notebooks / "data").exists():
        shutil.copytree(own.notebooks / "data", public.notebooks / "data")
    withheld: list[str] = []
    for notebook in own.all_notebooks():
        stamp, problem = read_stamp(notebook, own)
        if problem or not stamp:
            raise FindingError(
                problem, accepted="notebooks validated on your workspace as it is now",
                do="run 'netkit publish' again without --as-validated",
            )  # fmt: skip
        node = nbformat.read(notebook, as_version=4)
        counterpart = stored.notebooks / notebook.name
        if not _same_outputs(node, counterpart):
            _keep_words(node, counterpart)
            withheld += _leave_out(node, ordinary)
        written = public.notebooks / notebook.name
        nbformat.write(node, written)
        write_stamp(written, digests(written, public), public, on=stamp.validated_on)
    return withheld


def _same_outputs(node: Any, stored: Path) -> bool:  # noqa: ANN401 - a notebook
    if not stored.exists():
        return False
    return _essence(node) == _essence(nbformat.read(stored, as_version=4))


def _essence(node: Any) -> str:  # noqa: ANN401 - a notebook
    """Return sources and outputs without what differs from run to run."""
    cells = [
        (cell.source, [_shown(output) for output in cell.get("outputs", ())]) for cell in node.cells
    ]
    return json.dumps(cells, sort_keys=True)


def _shown(output: Any) -> list[Any]:  # noqa: ANN401 - a notebook's output
    return [output.get(part) for part in ("output_type", "data", "text", "evalue")]


def _keep_words(node: Any, stored: Path) -> None:  # noqa: ANN401 - a notebook
    """Keep the text that the project's notebook has; what a run wrote into the copy may count people."""
    cells = nbformat.read(stored, as_version=4).cells if stored.exists() else []
    projects = {about_the_invented(cell.source) for cell in cells if cell.cell_type == "markdown"}
    for cell in (cell for cell in node.cells if cell.cell_type == "markdown"):
        if cell.source not in projects:
            cell.source = _OWNERS if cell.get("id") == YOURS else _ENDS


def _leave_out(node: Any, ordinary: frozenset[str]) -> list[str]:  # noqa: ANN401 - a notebook
    """Replace each result by a sentence, and each finding that does not pass by its name."""
    withheld = []
    for cell in (cell for cell in node.cells if cell.cell_type == "code"):
        findings = [
            Finding(**output["data"][MIME])
            for output in cell.outputs
            if MIME in output.get("data", ())
        ]
        results = len(cell.outputs) > len(findings)
        public = [passed(finding, ordinary) for finding in findings]
        withheld += [new.name for new, old in zip(public, findings, strict=True) if new != old]
        cell.outputs = [
            *([_output({"text/markdown": _LEFT_OUT})] if results else ()),
            *(_output({MIME: asdict(finding)}) for finding in public),
        ]
        cell.metadata = nbformat.NotebookNode()
    node.metadata = nbformat.NotebookNode({"kernelspec": node.metadata.get("kernelspec", {})})
    return withheld


def _output(data: dict[str, Any]) -> Any:  # noqa: ANN401 - a notebook's output
    return nbformat.v4.new_output("display_data", data)
