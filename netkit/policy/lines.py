"""Complains about a line of a policy file: what was seen, what is accepted, the nearest name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netkit.errors import NetkitError, PolicyError, did_you_mean
from netkit.plain_yaml import Located

_OWN = "own"  # a rule of your own has no source but you


@dataclass(frozen=True)
class Place:
    """A line of a file, and how to complain about it."""

    file: str
    line: int

    def refuse(self, seen: str, accepted: str, do: str) -> PolicyError:
        """Return the error that names this place."""
        return PolicyError(f"{self.file}, line {self.line}: {seen}", accepted=accepted, do=do)

    def at(self, fields: Located, key: str) -> "Place":
        """Return the place of one key of a mapping."""
        return Place(self.file, fields.lines.get(key, fields.line))

    def inside(self, problem: NetkitError) -> PolicyError:
        """Return the error of another room with this place put before it."""
        return self.refuse(problem.seen, problem.accepted, problem.do)


# What is read aloud: one line or paragraph of text, never a list.
_TEXTS = ("policy", "title", "about", "id", "author", "date", "url", "because", "it", "letter")


def refuse_unknown(fields: Mapping[str, Any], accepted: Iterable[str], place: Place) -> None:
    """Refuse a key that is not among the accepted ones.

    Parameters
    ----------
    fields : mapping
        What stands in the file.
    accepted : iterable of str
        The keys that may stand there.
    place : Place
        Where it stands.

    Raises
    ------
    PolicyError
        Another key stands there.
    """
    names = list(accepted)
    for key in fields:
        if key not in names:
            where = place.at(fields, key) if isinstance(fields, Located) else place
            raise where.refuse(f"saw {key!r}", did_you_mean(key, names), "correct the name")


def need(fields: Located, keys: Iterable[str], place: Place) -> None:
    """Refuse a mapping that lacks a key, or has nothing behind it.

    Parameters
    ----------
    fields : Located
        What stands in the file.
    keys : iterable of str
        The keys that must stand there.
    place : Place
        Where it stands.

    Raises
    ------
    PolicyError
        A key is missing.
    """
    missing = [key for key in keys if fields.get(key) in (None, "", [])]
    if missing:
        raise Place(place.file, fields.line).refuse(
            f"{', '.join(missing)} missing", f"{', '.join(keys)}, none empty", "add what is missing"
        )
    for key in _TEXTS:
        if isinstance(fields.get(key), list | dict):
            raise place.at(fields, key).refuse(
                f"{key} is a list or a mapping", "text", "put it in quotes, or write one sentence"
            )


def mapping_of(fields: Located, key: str, place: Place) -> Located:
    """Return the mapping behind a key; an empty one where the key is missing.

    Parameters
    ----------
    fields : Located
        What stands in the file.
    key : str
        The key.
    place : Place
        Where it stands.

    Returns
    -------
    Located
        The mapping.

    Raises
    ------
    PolicyError
        Anything else stands there.
    """
    found = fields.get(key)
    if found is None:
        return Located(fields.lines.get(key, fields.line))
    if not isinstance(found, Located):
        raise place.at(fields, key).refuse(
            f"{key} is not a mapping", "names, each with ': ' and what belongs to it", "correct it"
        )
    return found


def entries_of(fields: Located, key: str, place: Place) -> list[Located]:
    """Return the list of mappings behind a key.

    Parameters
    ----------
    fields : Located
        What stands in the file.
    key : str
        The key.
    place : Place
        Where it stands.

    Returns
    -------
    list of Located
        The entries.

    Raises
    ------
    PolicyError
        Anything else stands there.
    """
    found = fields.get(key)
    if not isinstance(found, list) or not all(isinstance(item, Located) for item in found):
        raise place.at(fields, key).refuse(
            f"{key} is not a list of entries", "a list, each entry with '- '", "correct the list"
        )
    return found


def cited_clauses(fields: Located, ids: set[str], place: Place) -> tuple[str, ...]:
    """Return the clauses that an entry cites.

    Parameters
    ----------
    fields : Located
        An entry with `clause`.
    ids : set of str
        The ids of the sources, with which a clause begins.
    place : Place
        Where it stands.

    Returns
    -------
    tuple of str
        The clauses.

    Raises
    ------
    PolicyError
        A clause belongs to none of the sources.
    """
    cited = fields["clause"]
    clauses = tuple(str(clause) for clause in (cited if isinstance(cited, list) else [cited]))
    for clause in clauses:
        prefix = clause.rstrip("0123456789")
        if clause != _OWN and prefix not in ids:
            raise place.at(fields, "clause").refuse(
                f"saw the clause {clause!r}",
                f"a clause of the sources {did_you_mean(prefix, sorted(ids))}, or {_OWN}",
                "correct it, or add its source",
            )
    return clauses
