"""What is installed: the wheel's name, the extras, and how to add one that is missing."""

from importlib.util import find_spec

from netkit import __version__
from netkit.errors import NetkitError

# The modules by which an extra's packages are found.
EXTRAS = {
    "pull": ("httpx",),
    "lab": ("anywidget", "ipykernel", "jupyterlab"),
    "handbook": (
        "material",
        "mkdocs",
        "mkdocstrings",
        "nbclient",
        "nbconvert",
        "nbformat",
        "nbval",
        "pytest",
    ),
}


def _wheel_file() -> str:
    """Return the name of the file that netkit is installed from; the index has a stranger's `netkit`."""
    return f"netkit_etiquette-{__version__}-py3-none-any.whl"


def install_command(extra: str) -> str:
    """Return the command that adds an extra.

    Examples
    --------
    >>> install_command("lab")
    'pip install "netkit_etiquette-0.1.0-py3-none-any.whl[lab]"'
    """
    return f'pip install "{_wheel_file()}[{extra}]"'


def missing_packages(*extras: str) -> list[str]:
    """Return the modules of some extras that are not installed."""
    return [name for extra in extras for name in EXTRAS[extra] if not find_spec(name)]


def require_extra(extra: str, what: str) -> None:
    """Refuse to go on without an extra, and say how to add it."""
    missing = missing_packages(extra)
    if missing:
        raise NetkitError(
            f"{what} needs packages that are not installed, such as {missing[0]}. Run"
            f" `{install_command(extra)}` in the folder that holds this file."
        )
