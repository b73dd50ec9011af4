"""The command that opens JupyterLab: on your own data, with copies of the notebooks in your workspace."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
from platformdirs import user_cache_path

from netkit.cli.options import home_option
from netkit.cli.screen import say
from netkit.demo import is_demo
from netkit.findings.stamps import PROJECT, content_hash
from netkit.installation import require_extra
from netkit.ledger.workspace import FILE, clear_errors, prepare_home, usual_home
from netkit.private_files import copy_private, make_all_private, private_folder, write_private

# What kernels on your own data begin with: no memory of what was typed, and results spelled out.
_KERNEL = b"""c = get_config()
c.HistoryManager.enabled = False
c.InteractiveShellApp.extensions = ["netkit.lab.visible_results"]
"""
_WORKPLACE = Path(__file__).parents[1] / "lab" / "00-workplace.ipynb"
# JupyterLab's question whether it may fetch news stands where the keys are.
_QUIET = b'{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}\n'
_GIVEN = ".given.json"  # which edition of each notebook was copied, by its hash


@click.command("lab")
@home_option
@click.option("--demo", is_flag=True, help="Practise on the invented person.")
@click.argument("jupyter", nargs=-1)
def _lab_command(home: Path | None, demo: bool, jupyter: tuple[str, ...]) -> int:
    """Open JupyterLab at the first question, on private copies of the notebooks.

    Your own data are used if you name a workspace, or if your usual one holds a ledger. Your copies
    lie in its folder lab/ and are never overwritten. What follows -- goes to JupyterLab, such
    as: netkit lab -- --no-browser
    """
    require_extra("lab", "JupyterLab")
    own = None if demo else home or (usual_home() if (usual_home() / FILE).exists() else None)
    environment = {name: value for name, value in os.environ.items() if name != "NETKIT_HOME"}
    if own:
        own = prepare_home(own)
        folder, environment["NETKIT_HOME"] = own / "lab", str(own)
        whose = "An invented person's" if is_demo(own) else "Your own"
        say(f"{whose} data, on your private copies of the notebooks: {folder}")
        environment |= _kept_inside(folder / ".jupyter")
    else:
        folder = user_cache_path("netkit", appauthor=False) / "lab"
        say(f"An invented person's data, for practice: {folder}")
    for sentence in (
        *_copy_notebooks(PROJECT / "notebooks", folder),
        *_copy_notebooks(_WORKPLACE.parent, folder),
    ):
        say(sentence)
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
        filter(None, [_without_news(folder / ".jupyter"), environment.get("JUPYTER_CONFIG_PATH")])
    )
    first = f"--LabApp.default_url=/lab/tree/{_WORKPLACE.name}"
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", first, *jupyter]
    with subprocess.Popen(command, env=environment) as server:
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for JupyterLab to answer
        try:
            code = server.wait()
        finally:
            signal.signal(signal.SIGINT, usual)
    return 130 if code == -signal.SIGINT else code


def _without_news(folder: Path) -> str:
    """Return a folder of settings beside the user's own that keep JupyterLab from asking about news."""
    write_private(private_folder(folder / "labconfig") / "page_config.json", _QUIET)
    return str(folder)


def _kept_inside(folder: Path) -> dict[str, str]:
    """Return what keeps in the workspace what JupyterLab and its kernels write besides the notebooks."""
    profile = private_folder(folder / "ipython" / "profile_default")
    # Otherwise every cell that was ever run would be kept, with whatever was typed into it.
    write_private(profile / "ipython_config.py", _KERNEL)
    write_private(private_folder(profile / "startup") / "README", b"")  # IPython's own everybody may read
    return {"IPYTHONDIR": str(folder / "ipython"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}


def _copy_notebooks(shipped: Path, folder: Path) -> list[str]:
    """Copy the notebooks for their owner alone, and say which newer ones were put beside older copies."""
    said = []
    with clear_errors(folder):
        make_all_private(private_folder(folder))
        if (shipped / "data").exists() and not (folder / "data").exists():
            copy_private(shipped / "data", folder / "data")
        file = folder / _GIVEN
        given = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for notebook in sorted(shipped.glob("*.ipynb")):
            edition = content_hash(notebook).hexdigest()
            first = folder / notebook.name
            target = folder / f"{notebook.stem}-{edition[:8]}.ipynb" if first.exists() else first
            if target.exists() or (first.exists() and given.get(notebook.name) == edition):
                continue
            if target != first:
                said.append(
                    f"There is a newer {notebook.name}. Your copy stays as it is; the newer one lies"
                    f" beside it as {target.name}."
                )
            write_private(target, notebook.read_bytes())
            given[notebook.name] = edition
        write_private(file, (json.dumps(given, indent=1) + "\n").encode())
    return said
