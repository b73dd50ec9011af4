"""Rows of a sheet of invitations: filled in from the ledger, and checked and taken in again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from netkit.facts import ACTIONS, Vocabulary
from netkit.history.labels import label_invitations
from netkit.ledger import Ledger
from netkit.ledger.database import read_moment
from netkit.people import folded_name
from netkit.sheets.known import Known
from netkit.sheets.rows import OTHER_PERSON, Row

_SHOWN_STATES = ("open", "aged")
_DAY = pd.Timedelta(days=1)  # a day in local time may be one off


def filled_invitations(ledger: Ledger) -> pd.DataFrame:
    """Return the open and aged invitations as a sheet shows them, the newest first.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    DataFrame
        `request`, `name`, `profile`, `sent_at`, `note`.
    """
    table = label_invitations(ledger).table
    waiting = table.loc[table["state"].isin(_SHOWN_STATES), "request"]
    sent = ledger.invitations.to_frame().set_index("request").loc[waiting.tolist()].reset_index()
    sent = sent.sort_values("sent_at", ascending=False)
    return pd.DataFrame(
        {
            "request": sent["request"],
            "name": sent["name"],
            "profile": sent["url"],
            "sent_at": sent["sent_at"].dt.strftime("%Y-%m-%d %H:%M"),
            "note": sent["message"],
        }
    )


@dataclass(frozen=True)
class InvitationRow:
    """One checked row, ready to be taken in."""

    request: str
    name: str
    profile: str
    sent_at: str
    note: str
    action: str
    decided_on: str
    because: str
    levels: dict[str, str] = field(default_factory=dict)


class InvitationSheet:
    """Checks and takes in the rows of a sheet of invitations.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    vocabulary : Vocabulary
        The declared facts.
    headings : sequence of str
        The sheet's columns.
    """

    def __init__(self, ledger: Ledger, vocabulary: Vocabulary, headings: Sequence[str]) -> None:
        self._ledger, self._vocabulary = ledger, vocabulary
        self._facts = [heading for heading in headings if heading in vocabulary]
        sent = ledger.invitations.to_frame()
        incoming = sent[sent["direction"] == "incoming"].to_dict(orient="records")
        self._stored = {str(row["request"]): row for row in incoming}
        self._known = Known(ledger, "invitation")

    def check(self, row: Row) -> InvitationRow:
        """Check one row; what is wrong is remembered by the row.

        Parameters
        ----------
        row : Row
            The cells.

        Returns
        -------
        InvitationRow
            Its values; to be used only if no row had a wrong cell.
        """
        request = row.text("request")
        read = InvitationRow(
            request=request,
            name=row.text("name"),
            profile=row.text("profile"),
            sent_at=row.moment("sent_at"),
            note=row.text("note"),
            action=row.word("action", ACTIONS["invitation"]),
            decided_on=row.moment("decided_on"),
            because=row.text("because"),
            levels=row.levels(self._vocabulary, self._facts),
        )
        if request:
            self._check_known(row, read)
        else:
            if row.needed("name", "where there is no request key") and not folded_name(read.name):
                row.nobody("name")
            if not row.text("sent_at"):
                row.needed("sent_at", "where there is no request key")
        arrived = self._arrived(read)
        decided = pd.Timestamp(read.decided_on) if read.decided_on else arrived
        if arrived and decided and decided + _DAY < arrived:
            seen = row.text("decided_on")
            row.wrong("decided_on", f"saw {seen!r}; accepted: {arrived:%Y-%m-%d} or later")
        return read

    def _arrived(self, read: InvitationRow) -> pd.Timestamp | None:
        if read.request in self._stored:
            return pd.Timestamp(self._stored[read.request]["sent_at"])
        return pd.Timestamp(read.sent_at) if read.sent_at else None

    def _check_known(self, row: Row, read: InvitationRow) -> None:
        if read.request not in self._stored:
            row.wrong("request", f"saw {read.request!r}; accepted: the key of an invitation to you")
            return
        stored = self._stored[read.request]
        if read.name and folded_name(read.name) != folded_name(stored["name"]):
            row.wrong("name", OTHER_PERSON)
        row.same("sent_at", read.sent_at, stored["sent_at"])

    def take(self, read: InvitationRow, *, at: str, source: str) -> dict[str, int]:
        """Write one checked row; call it inside one transaction for the whole sheet.

        Parameters
        ----------
        read : InvitationRow
            The row.
        at : str
            The moment for what has no date of its own.
        source : str
            Who says so.

        Returns
        -------
        dict of str to int
            What was new: `requests`, `decisions`, `facts`.
        """
        request = read.request or self._ledger.invitations.add(
            read.name,
            sent_at=read_moment(read.sent_at),
            source=source,
            url=read.profile or None,
            message=read.note or None,
        )
        new = int(request not in self._stored)
        done = self._known.record(
            request, read.action, read.decided_on, read.because, read.levels,
            at=at, source=source, vocabulary=self._vocabulary,
        )  # fmt: skip
        return {"requests": new, **done}
