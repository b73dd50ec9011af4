"""The wheel, and an environment of its own in which it is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel, as `make wheel` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """Run words in an environment of its own that has the wheel and, from the tests', the other packages."""
    if sys.platform == "win32":
        pytest.skip("folders of the user are not told by variables there; the workflow installs the file")
    folder = tmp_path_factory.mktemp("installed")
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    bin_ = venv / ("Scripts" if sys.platform == "win32" else "bin")
    python = bin_ / "python"
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(ask, capture_output=True, encoding="utf-8", check=True).stdout.strip())
    # A .pth file in a folder that one names is not read: no editable netkit comes along.
    others = Path(next(path for path in sys.path if path.endswith("site-packages")))
    (site / "others.pth").write_text(f"{others}\n", encoding="utf-8")
    (site / "hidden.pth").write_text(
        "import os, sys; sys.modules.update(dict.fromkeys(os.environ.get('HIDDEN', '').split()))\n",
        encoding="utf-8",
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps",
         "--no-index", "--disable-pip-version-check", str(wheel)],
        check=True,
    )  # fmt: skip
    empty = folder / "empty"
    empty.mkdir()
    user = folder / "user"

    # Templates of nbconvert lie beside the packages, not in them.
    environment = {
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
        "PATH": str(bin_),
        "COLUMNS": "80",
    }
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HOME": str(user)}
    environment |= {"XDG_CACHE_HOME": str(user / "cache"), "XDG_DATA_HOME": str(user / "data")}

    def command(*words, hidden=""):
        program = [str(python), "-P", "-c"] if words[0] == "-c" else [str(bin_ / words[0])]
        done = subprocess.run(
            [*program, *words[1:]],
            cwd=empty, env=environment | {"HIDDEN": hidden}, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert list(empty.iterdir()) == []
        return done

    command.site, command.user, command.environment = site, user, environment
    return command
