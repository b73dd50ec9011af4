"""First, second and third degree (PV1), as far as an export can know them; it says what it cannot."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from netkit.history.same_people import SamePeople, same_people
from netkit.ledger import Ledger

ALL = ("first", "second", "third", "none")


@dataclass(frozen=True)
class Degree:
    """How two people are linked.

    Attributes
    ----------
    possible : tuple of str
        The degrees that the data leaves open, of `first`, `second`, `third` and `none`; one where it is
        known.
    reason : str
        Why, and what would tell.
    """

    possible: tuple[str, ...]
    reason: str

    @property
    def known(self) -> str | None:
        """The degree, where only one is left."""
        return self.possible[0] if len(self.possible) == 1 else None


def degree(ledger: Ledger, person: str) -> Degree:
    """Return how somebody is linked with you, as of the newest export.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    person : str
        A person key.

    Returns
    -------
    Degree
        First is known; second, third and none look alike in an export, which lists nobody's
        connections but yours.
    """
    first, latest, day = _first_degree(ledger)
    if day is None:
        return Degree(ALL, "No export with your connections was read, so nothing is known.")
    key = _key(same_people(ledger), person)
    if key in first and first[key] == latest:
        return Degree(("first",), f"Connected with you in the export of {day}.")
    if key in first:
        gone = f"Was connected with you until the export of {first[key].date()}, not in that of {day}; "
        return Degree(ALL[1:], gone + "whom you have in common only the platform knows.")
    return Degree(
        ALL[1:],
        f"Not among your connections of {day}; whom you have in common only the platform knows.",
    )


def link(ledger: Ledger, requester: str, contact: str) -> Degree:
    """Return how two people are linked with each other.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    requester, contact : str
        Person keys.

    Returns
    -------
    Degree
        At most second where both are your connections, for you are the contact they have in common.
    """
    both = [degree(ledger, person).known == "first" for person in (requester, contact)]
    if all(both):
        return Degree(
            ("first", "second"),
            "Both are your connections, so you are one that they have in common: second, unless they"
            " are connected already. Ask the requester, or look at the contact's profile.",
        )
    return Degree(
        ALL,
        "An export lists nobody's connections but yours: ask the requester, or look at the profile.",
    )


def _first_degree(
    ledger: Ledger,
) -> tuple[dict[str, pd.Timestamp], pd.Timestamp | None, date | None]:
    """Return when each person was last seen among the connections, and the newest list's day."""
    imports = ledger.imports()
    lists = imports[imports["present"].map(lambda held: "connections" in held).astype("bool")]
    if lists.empty:
        return {}, None, None
    rows, same = ledger.connections(), same_people(ledger)
    seen = rows.groupby(same.rows(rows))["last_seen"].max()
    latest = lists["taken_on"].max()
    return dict(seen), latest, latest.date()


def _key(same: SamePeople, person: str) -> str:
    found = same.keys(pd.Series([person], dtype="str")).iloc[0]
    return person if pd.isna(found) else str(found)
