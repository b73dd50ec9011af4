"""The page of what was measured: each benchmark's newest stored result, word for word."""

import ast
import re
from pathlib import Path

from netkit.handbook.words import render

_DATED = re.compile(r"(?P<name>\w+)-(?P<day>\d{4}-\d\d-\d\d)\.txt\Z")


def measured_page(benchmarks: Path) -> str:
    """Return the page of the stored results of the benchmarks.

    Parameters
    ----------
    benchmarks : Path
        The folder of the benchmarks, with `results/` in it.

    Returns
    -------
    str
        Markdown; of each benchmark the newest result that is stored as text.
    """
    newest = {
        found["name"]: (found["day"], path.read_text(encoding="utf-8").strip())
        for path in sorted((benchmarks / "results").glob("*.txt"))
        if (found := _DATED.match(path.name))
    }
    results = [
        {"name": name, "day": day, "said": said, **_about(benchmarks / f"{name}.py")}
        for name, (day, said) in newest.items()
    ]
    return render("measured", results=results)


def _about(script: Path) -> dict[str, str]:
    """Return what a benchmark measures, and how; how to run it is of no use to a reader."""
    text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    about, *parts = text.split("\n\n")
    how = [part for part in parts if not part.startswith((" ", "About "))]
    return {"about": about.replace("\n", " ").rstrip("."), "how": "\n\n".join(how)}
