"""What a sitting says and which key presses what, read from words.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

from netkit.plain_yaml import read_yaml


@cache
def words() -> dict[str, Any]:
    """Return everything that is said, by section.

    Examples
    --------
    >>> words()["triage"]["actions"]["accept"]["key"]
    'a'
    """
    return dict(read_yaml(Path(__file__).parent / "words.yaml"))


def button(section: str, name: str, **message: object) -> dict[str, Any]:
    """Return a button: its key, its words, and the message it sends.

    Examples
    --------
    >>> button("commands", "undo", do="undo")
    {'key': 'u', 'says': 'Undo', 'send': {'do': 'undo'}}
    """
    entry = words()[section] if section == "commands" else words()[section]["actions"]
    return {"key": entry[name]["key"], "says": entry[name]["says"], "send": message}
