"""What a sitting is for, and what one press of a key did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netkit.lab.past import Progress
from netkit.lab.words import words


@dataclass(frozen=True)
class Task:
    """What a session is for.

    Attributes
    ----------
    name : str
        `triage` or `past`: the section of words.yaml that says what is asked and offered.
    requests : tuple of str
        The requests, in the order in which they are shown.
    blind : bool
        Whether the judges' opinion is hidden until you have decided or asked for it.
    source : str
        Who says so, in the ledger.
    moments : mapping of str to str
        When each request counts as answered; now, where it is not named.
    progress : Progress, optional
        How far the labels carry, where that is shown.
    note : str
        A sentence above everything, such as that this is practice.
    """

    name: str
    requests: tuple[str, ...]
    blind: bool = True
    source: str = "lab"
    moments: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    note: str = ""

    @property
    def actions(self) -> tuple[str, ...]:
        """The answers that are offered."""
        return tuple(words()[self.name]["actions"])


@dataclass(frozen=True)
class Step:
    """What one press of a key did, and what takes it back.

    Attributes
    ----------
    kind : str
        `answer`, `decide`, `skip` or `unsure`.
    request : str
        The request.
    word : str
        The fact that was answered, or the action that was recorded.
    before : object
        The fact's level before, or the decision's number in the ledger.
    """

    kind: str
    request: str
    word: str = ""
    before: Any = None
