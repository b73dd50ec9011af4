"""What the clauses of the published policies say, in plain words, for whoever meets their codes."""

from functools import cache
from pathlib import Path

from netkit.plain_yaml import read_yaml

FILE = Path(__file__).with_name("clauses.yaml")


@cache
def published_clauses() -> dict[str, str]:
    """Return what each clause of the five published policies says, by its code.

    Examples
    --------
    >>> published_clauses()["PV2"]
    'Say no to an introduction unless something speaks for it, though the platform offers it.'
    """
    schools = read_yaml(FILE)["schools"].values()
    return {code: str(clause["says"]) for school in schools for code, clause in school["clauses"].items()}


def clause_words(clauses: str) -> list[str]:
    """Return what the published ones of some clauses say, a line each.

    Examples
    --------
    >>> clause_words("OC1, own")
    ['OC1: Always accept an invitation from someone you know.']
    """
    known = published_clauses()
    return [f"{code}: {known[code]}" for code in clauses.split(", ") if code in known]
