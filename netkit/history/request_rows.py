"""What is known of every incoming invitation, row by row: one request is answered without any table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from netkit.evidence import Told
from netkit.facts import Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.history.answering_connections import Row
from netkit.history.facts_then import FactsThen, invitation_facts
from netkit.history.labels import WAITS, Labels, label_invitations
from netkit.history.same_people import SamePeople
from netkit.history.sample_check import MoreDecisions
from netkit.ledger import Ledger


@dataclass(frozen=True)
class RequestRows:
    """The incoming invitations of a ledger, with what became of them and their facts.

    Attributes
    ----------
    labels : Labels
        What became of each.
    then : FactsThen
        The facts as known at the decision, and where each comes from.
    vocabulary : Vocabulary
        The declared facts.
    as_of : date or None
        The day of the newest export.
    """

    labels: Labels
    then: FactsThen
    vocabulary: Vocabulary
    as_of: date | None

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows of `History.table` by their requests."""
        return {row["request"]: row for row in self.labels.rows}

    @property
    def decided(self) -> list[Row]:
        """What you decided yourself in the order of recording, within one reading by its date."""
        mine = (row for row in self.labels.rows if row["state"] == "decided")
        return sorted(mine, key=lambda row: (row["recorded_at"], row["decided_at"]))

    @property
    def more(self) -> MoreDecisions:
        """How many more decisions it takes until the model may speak."""
        # An acceptance that only the export knows came without facts.
        return MoreDecisions(tuple(row["label"] for row in self.decided))

    @property
    def waiting(self) -> list[str]:
        """What waits for an answer, oldest first, and then what has waited unusually long."""
        return [row["request"] for state in WAITS for row in self.labels.rows if row["state"] == state]

    def values_of(self, request: str) -> dict[str, dict[str, Any]]:
        """Return the known facts of a request, as `History.values_of` does."""
        return values_of(self.then.levels[request], self.then.origins[request], self.evidence_for(request))

    def evidence_for(self, request: str) -> Told:
        """Return what your other files say about a request, as `History.evidence_for` does."""
        return self.then.told.get(request, Told())


def values_of(
    levels: Mapping[str, Any], origins: Mapping[str, str | None], told: Told
) -> dict[str, dict[str, Any]]:
    """Return the known facts of a request: of each its level and origin, and the reason where files tell."""
    found = {
        name: {"level": levels[name], "origin": origin}
        for name, origin in origins.items()
        if origin is not None
    }
    for fact, (_, reason) in told.sets.items():
        if found.get(fact, {}).get("origin") == "evidence":
            found[fact]["reason"] = reason
    return found


def read_request_rows(ledger: Ledger, vocabulary: Vocabulary | None = None) -> RequestRows:
    """Read what is known of the incoming invitations, as far as the ledger shows it."""
    declared = vocabulary if vocabulary is not None else shipped("invitation")
    with ledger.snapshot():
        same = SamePeople.of(ledger)
        labels = label_invitations(ledger, same)
        then = invitation_facts(ledger, labels.rows, same, declared)
        return RequestRows(labels, then, declared, ledger.as_of)
