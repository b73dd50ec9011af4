"""netkit: answer connection and introduction requests by a policy you can stand behind."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever has the name
    """Return `read_labelled`; its room takes a second to import, and stands above those that import this."""
    if name == "read_labelled":
        return import_module("netkit.tables").read_labelled
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
