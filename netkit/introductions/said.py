"""What you said of a person for an earlier request: offered again, never taken for granted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from netkit.facts import UNKNOWN
from netkit.introductions.load import one_key
from netkit.introductions.reading import read_life, read_lives
from netkit.ledger import Ledger
from netkit.plain_yaml import read_yaml


@dataclass(frozen=True)
class Said:
    """What you said of a person for an earlier request.

    Attributes
    ----------
    fact, level : str
        What you said.
    on : date
        When.
    request : str
        For which request.
    """

    fact: str
    level: str
    on: date
    request: str


def said_before(ledger: Ledger, request: str) -> tuple[Said, ...]:
    """Return what you last said of either person for an earlier request, where it is open for this one.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The introduction's key.

    Returns
    -------
    tuple of Said
        Offered to you, never taken for granted.
    """
    life, one = read_life(ledger, request), one_key(ledger)
    notes = ledger.notes.to_frame("introduction").drop_duplicates(["request", "fact"], keep="last")
    notes = notes[notes["level"] != UNKNOWN]
    here = set(notes.loc[notes["request"] == request, "fact"])
    people = {other.request: other for other in read_lives(ledger)}
    notes = notes[notes["request"].isin(list(people))]  # without those of a request taken back
    found: dict[str, Said] = {}
    for row in notes.sort_values(["at", "id"]).to_dict(orient="records"):
        other, role = people[row["request"]], _role(row["fact"])
        if not role or row["fact"] in here or row["request"] == request:
            continue
        theirs, ours = getattr(other, role), getattr(life, role)
        if one.get(theirs, theirs) == one.get(ours, ours) and other.asked_on <= life.asked_on:
            found[row["fact"]] = Said(row["fact"], row["level"], row["at"].date(), row["request"])
    return tuple(found.values())


@cache
def about() -> Mapping[str, list[str]]:
    """Return which facts are about the requester, which about the contact, and which make two alike.

    Returns
    -------
    mapping of str to list of str
        `requester`, `contact`, `comparable`.

    Examples
    --------
    >>> about()["comparable"]
    ['purpose', 'requester_known', 'good_for_contact']
    """
    return read_yaml(Path(__file__).parent / "about.yaml")


def _role(fact: str) -> str:
    return next((role for role in ("requester", "contact") if fact in about()[role]), "")
