"""Errors that help: what was seen, what is accepted, what to do next."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class NetkitError(Exception):
    """A user's mistake or an unusable input; the command line ends with exit code 2.

    Anything else that is raised is a bug and keeps its traceback. `seen` says what was found, with its
    place (file, line, row, column) where there is one, or is the whole message, in sentences of its own.

    Examples
    --------
    >>> str(NetkitError("saw the action 'acept'", accepted="accept or decline", do="correct it"))
    "saw the action 'acept'; accepted: accept or decline; what to do: correct it."
    """

    _wanted = "accepted"

    def __init__(self, seen: str, *, accepted: str = "", do: str = "") -> None:
        self.seen, self.accepted, self.do = seen, accepted, do
        wanted = f"; {self._wanted}: {accepted}; what to do: {do}."
        super().__init__(seen + wanted * bool(accepted or do))


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

    _wanted = "needed"  # "423 accepted requests; accepted: ..." would puzzle


class LetterError(NetkitError):
    """A letter lacks a value, or a template is not valid."""


class FindingError(NetkitError):
    """A finding is missing, stale, or not fit for publication."""


def did_you_mean(seen: str, accepted: Iterable[str]) -> str:
    """Return the accepted names in words, the nearest to what was seen first.

    Examples
    --------
    >>> did_you_mean("acept", ["accept", "decline"])
    "accept, decline (did you mean 'accept'?)"
    """
    names = list(accepted)
    return ", ".join(names) + nearest(seen, names)


def nearest(seen: str, known: Iterable[str]) -> str:
    """Return a question after the nearest of many names, which are too many to be listed.

    Examples
    --------
    >>> nearest("acept", ["accept", "decline"])
    " (did you mean 'accept'?)"
    """
    near = get_close_matches(seen, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
