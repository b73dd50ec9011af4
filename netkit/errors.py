"""Errors that help: two sentences, what is wrong and what to do."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from netkit.wording import join_or

_FEW = 12  # names that a person reads to the end


class NetkitError(Exception):
    """A user's mistake or an unusable input; the command line ends with exit code 2.

    Anything else that is raised is a bug and keeps its traceback. `wrong` says what is wrong, with its place
    (file, line, row, column) where there is one; `do` says what to do. Neither needs its full stop.

    Examples
    --------
    >>> str(NetkitError("There is no action 'acept'", "Use accept or decline"))
    "There is no action 'acept'. Use accept or decline."
    """

    def __init__(self, wrong: str, do: str = "") -> None:
        self.wrong, self.do = wrong, do
        super().__init__(f"{wrong}. {do}{'' if do.endswith(('?', '.')) else '.'}" if do else wrong)


class ExportError(NetkitError):
    """An archive, or a file in it, cannot be read."""


class LedgerError(NetkitError):
    """The ledger cannot be opened, written, or does not hold what was asked for."""


class CandidatesError(LedgerError):
    """Words fit several people or requests: the message has their keys, `listed` says who they are too.

    Names are for the user's own screen; a message may stand in a notebook's output.
    """

    _most = 12

    def __init__(self, says: str, candidates: Sequence[tuple[str, str]]) -> None:
        self._says, self._candidates = says, list(candidates)[: self._most]
        left = len(candidates) - len(self._candidates)
        self._more = f" and {left} more" if left else ""
        keys = ", ".join(key for key, _ in self._candidates)
        super().__init__(f"{says}: {keys}{self._more}. Give one of these keys.")

    @property
    def listed(self) -> str:
        """The message with a line for each candidate."""
        width = max((len(key) for key, _ in self._candidates), default=0)
        lines = [f"  {key:<{width}}  {who}" for key, who in self._candidates]
        return "\n".join(
            [f"{self._says}. Give one of these keys:", *lines, *([f" {self._more}"] if self._more else [])]
        )


class SheetError(NetkitError):
    """A label sheet has a wrong cell; the whole sheet is refused."""


class TableError(NetkitError):
    """A table of somebody's own has a cell, a column or a mapping that cannot be read."""


class FactError(NetkitError):
    """A fact, or one of its levels, is not declared."""


class PolicyError(NetkitError):
    """A policy file is not valid."""


class LeakError(NetkitError):
    """A fact was offered that nobody could have known when the decision was due."""


class ModelError(NetkitError):
    """A model cannot be fitted or used on what it was given."""


class NotEnoughError(ModelError):
    """Nothing is wrong with what was recorded, but it does not suffice yet for what was asked."""


class LetterError(NetkitError):
    """A letter lacks a value, or a template is not valid."""


class FindingError(NetkitError):
    """A finding is missing, stale, or not fit for publication."""


def did_you_mean(seen: str, accepted: Iterable[str]) -> str:
    """Return what to use instead: the nearest name first, or all names if they are few or none is near.

    Examples
    --------
    >>> did_you_mean("acept", ["accept", "decline"])
    "Did you mean 'accept'? You can use accept or decline."
    >>> did_you_mean("perhaps", ["accept", "decline"])
    'Use accept or decline.'
    """
    names = list(accepted)
    near = nearest(seen, names)
    if near and len(names) > _FEW:
        return near.rstrip()
    return f"{near}{'You can use' if near else 'Use'} {join_or(names)}."


def nearest(seen: str, known: Iterable[str]) -> str:
    """Return a question with the nearest of many names, to put before what to do; empty if none is near.

    Examples
    --------
    >>> nearest("acept", ["accept", "decline"])
    "Did you mean 'accept'? "
    >>> nearest("met", ["met_in_person", "recognised"])
    "Did you mean 'met_in_person'? "
    """
    names = list(known)
    begun = [name for name in names if len(seen) > 2 and f"_{name}".startswith(f"_{seen}_")]
    near = get_close_matches(seen, names, n=1) or begun
    return f"Did you mean {near[0]!r}? " if near else ""
