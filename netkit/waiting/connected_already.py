"""Who asks to connect and is a connection by your archive: there is nothing left to answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.people import folded_name
from netkit.wording import day_words

NOTHING = "nothing to do"


@dataclass(frozen=True)
class Linked:
    """A connection of who asks: `since` when, and whether it is the `same` person or one of the same name."""

    since: date | None
    same: bool

    @property
    def words(self) -> str:
        """What that means for the invitation.

        >>> Linked(date(2020, 1, 12), same=True).words
        'You are connected already, since 12 Jan 2020; nothing is left to answer unless that has ended.'
        """
        if self.same:
            since = f", since {day_words(self.since)}" if self.since else ""
            return f"You are connected already{since}; nothing is left to answer unless that has ended."
        since = f" since {day_words(self.since)}" if self.since else ""
        return (
            f"You are connected with one person of this name{since}, at another address. If that is who asks,"
            " nothing is left to answer."
        )


def connected_already(ledger: Ledger, rows: Iterable[Mapping[str, Any]]) -> dict[str, Linked]:
    """Return of some invitations which senders your newest archive shows as connections, or their namesakes.

    An archive that is newer than the invitation answers it; what still waits is newer than the archive, or
    comes from another address. Where several connections bear the name, nobody can say which is meant.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    rows : iterable of mapping
        `request`, `person` and `name` of invitations.

    Returns
    -------
    dict of str to Linked
        By request.
    """
    same, links = SamePeople.of(ledger), ledger.exports.connection_rows()
    newest = max((link["last_seen"] for link in links), default=None)
    theirs: dict[str | None, list[Mapping[str, Any]]] = {}
    for link in links:
        if link["last_seen"] == newest:
            for key in {same.key(link["person"], link["name"]), f"name:{folded_name(link['name'])}"} - {None}:
                theirs.setdefault(key, []).append(link)
    found = {}
    for row in rows:
        key = same.key(row["person"], row["name"])
        mine, called = theirs.get(key, []), theirs.get(f"name:{folded_name(row['name'])}", [])
        if mine or len(called) == 1:
            on = (mine or called)[0]["connected_on"]
            found[row["request"]] = Linked(on.date() if on else None, bool(mine))
    return found
