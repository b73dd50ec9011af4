"""Validation: notebooks run on a workspace, and run again to see that every output repeats."""

import asyncio
import atexit
import os
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from netkit.errors import FindingError, NotEnoughError
from netkit.findings.stamps import IN_CHECKOUT, PROJECT, VALIDATE, project_evidence, workspace_evidence
from netkit.private_files import copy_private, private_by_default

_AT_ONCE = min(2, os.cpu_count() or 1)  # kernels; each takes a core, and a quarter of a gigabyte
_PATIENCE = 600  # seconds for a cell, or for the kernel to start, on however busy a machine
# How the cell begins that stands where a notebook ended for want of data.
ENDS_EARLY = "**Your data end here for now.**"


@private_by_default()
def execute_notebooks(home: Path) -> list[Path]:
    """Run the notebooks on a workspace, those alone whose code or data changed since, and return them.

    The executed copies are kept below it. A notebook that needs more than was recorded so far ends where it
    must, and says so.
    """
    evidence = workspace_evidence(home)
    target = home / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    data = PROJECT / "notebooks" / "data"
    if data.exists():
        copy_private(data, target / "data")
    changed = []
    for notebook in project_evidence().all_notebooks():
        executed = target / notebook.name
        if not executed.exists() or evidence.read_stamp(executed)[1]:
            evidence.drop_stamp(executed)
            changed.append(notebook)

    async def execute(notebook: Path) -> Path:
        before = evidence.digests(notebook)["data"]
        executed = await _execute(notebook, target, home)
        taken = evidence.digests(executed)
        if taken["data"] == before:  # else what was recorded meanwhile may be in half of it
            evidence.write_stamp(executed, taken, repeated=False)
        return executed

    return asyncio.run(_side_by_side(changed, execute))


def store_notebooks(*only: str) -> list[Path]:
    """Run the project's notebooks on the demonstration and store their outputs anew."""
    evidence = project_evidence()
    wanted = [path for path in evidence.all_notebooks() if path.name.startswith(only or ("",))]
    return asyncio.run(_side_by_side(wanted, lambda path: _execute(path, evidence.notebooks, None)))


async def _side_by_side(
    notebooks: Sequence[Path], execute: Callable[[Path], Coroutine[Any, Any, Path]]
) -> list[Path]:
    """Run a few notebooks at once, each in a kernel of its own, on one thread; where one fails, all end."""
    turns = asyncio.Semaphore(_AT_ONCE)
    # The client of the last notebook would take Ctrl-C for itself; without a handler of a client all end.
    asyncio.get_running_loop().add_signal_handler = _no_handler  # type: ignore

    async def run(notebook: Path) -> Path:
        async with turns:
            return await execute(notebook)

    return list(await asyncio.gather(*map(run, notebooks)))


def _no_handler(*_: object) -> None:
    """Refuse as a loop outside of the main thread does, which a notebook's client expects."""
    raise RuntimeError


async def _execute(notebook: Path, target: Path, home: Path | None) -> Path:
    node = nbformat.read(notebook, as_version=4)
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        node, timeout=_PATIENCE, startup_timeout=_PATIENCE, kernel_name="python3", record_timing=False,
        shutdown_kernel="immediate",  # one that is asked to end while it computes says so on your terminal
        # A kernel's own advice on its sockets would stand in the middle of the progress.
        extra_arguments=["--IPKernelApp.log_level=40", "--HistoryManager.enabled=False"],
        resources={"metadata": {"path": str(target)}},
    )  # fmt: skip
    try:
        await client.async_execute(env=_notebook_environment(home))
    except CellExecutionError as problem:
        if home is None or problem.ename != NotEnoughError.__name__:
            raise _failed(notebook, home, problem.ename) from problem
        _end_early(node, problem.evalue)
    except Exception as problem:
        task = asyncio.current_task()
        if task and task.cancelling():  # stopped by you or by another's failure, not by a kernel that died
            raise asyncio.CancelledError from None
        raise _failed(notebook, home, type(problem).__name__) from problem
    finally:  # a client that is stopped would look at the end for a kernel that is gone
        atexit.unregister(client._cleanup_kernel)
    # What a front end adds of its own, and what differs between machines, is not kept.
    node.metadata.pop("widgets", None)
    node.metadata["language_info"] = {"name": "python"}
    executed = target / notebook.name
    nbformat.write(node, executed)
    return executed


def _failed(notebook: Path, home: Path | None, kind: str) -> FindingError:
    lab = "make lab" if IN_CHECKOUT else "netkit lab"
    whose = f", NETKIT_HOME={home}" if home else ""
    return FindingError(
        f"{notebook.name} failed on {'your workspace' if home else 'the demonstration'} ({kind})",
        f"Open it with `{lab}`{whose}, and look at the cell that fails",
    )


def _end_early(node: NotebookNode, why: str) -> None:
    """Cut a notebook where your data do not suffice to go on, and say so in the cell's place.

    What stands above is true of your data and is kept; the rest comes with the next run, once you
    have recorded more.
    """
    at = next(
        place for place, cell in enumerate(node.cells)
        if any(output.output_type == "error" for output in cell.get("outputs", ()))
    )  # fmt: skip
    # In a block of its own: it shows markup as text, and a number in it was counted, not typed.
    block = "\n".join(fill(part.replace("`", "'"), 76) for part in why.splitlines())
    sentence = f"{ENDS_EARLY}\n\n```text\n{block}\n```"
    node.cells[at:] = [nbformat.v4.new_markdown_cell(sentence, id=node.cells[at]["id"])]


def _notebook_environment(home: Path | None = None) -> dict[str, str]:
    """Return the environment in which a notebook's numbers repeat."""
    fixed = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    kept = {name: value for name, value in os.environ.items() if name != "NETKIT_HOME"}
    return kept | fixed | ({"NETKIT_HOME": str(home)} if home else {})


@private_by_default()
def validate_notebooks(home: Path | None = None) -> None:
    """Run the notebooks again, compare every output, and stamp those that pass.

    Of a workspace those that were run a second time since anything behind them changed are left out.
    """
    evidence = workspace_evidence(home) if home else project_evidence()
    own = ["--own-workspace", str(home)] if home else []
    found = evidence.all_notebooks()
    repeated = [path for path in found if home and not evidence.read_stamp(path, repeated=True)[1]]
    if found and repeated == found:
        return
    command = [
        *(sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"),
        *("-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(PROJECT)),
        *own,
        # The folder, not files: of a file outside the project pytest forgets the name.
        *(str(evidence.notebooks), *(f"--ignore={path}" for path in repeated)),
    ]
    done = subprocess.run(
        command, env=_notebook_environment(home), cwd=PROJECT, capture_output=True,
        encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        failed = set(re.findall(r"^FAILED (.+?::.*?)(?: - .*)?$", done.stdout, re.MULTILINE))
        look = f"run `{VALIDATE}` and look at the differences"
        raise FindingError(
            "The notebooks did not repeat their stored outputs"
            f" ({', '.join(sorted(failed)) or 'none could be run'})",
            "Run the notebooks anew" if home else look,
        )
