"""How a row gets into the ledger: its moment, the request it belongs to, one insert."""

from datetime import UTC, date, datetime, time

import pandas as pd

from netkit.errors import LedgerError, did_you_mean, nearest
from netkit.facts import Kind
from netkit.ledger.record import LedgerRecord
from netkit.request_keys import moment_text

Moment = datetime | date | str


def read_moment(value: Moment) -> str:
    """Return a moment as the ledger writes it; a day without a time means its end.

    Parameters
    ----------
    value : datetime, date or str
        A moment (UTC where no zone is given), or a day, also as ISO text.

    Returns
    -------
    str
        UTC to the second.

    Raises
    ------
    LedgerError
        The text is not a date.

    Examples
    --------
    >>> read_moment(date(2024, 3, 5)), read_moment("2024-03-05 10:00")
    ('2024-03-05T23:59:59+00:00', '2024-03-05T10:00:00+00:00')
    """
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) == 10 else pd.Timestamp(value)
        if not isinstance(value, datetime):
            value = datetime.combine(value, time(23, 59, 59), UTC)
        return moment_text(value)
    except (ValueError, TypeError) as problem:
        raise LedgerError(
            f"saw the date {value!r}", accepted="2024-03-05 or 2024-03-05 10:00", do="correct it"
        ) from problem


def check_word(what: str, seen: str, accepted: tuple[str, ...]) -> None:
    """Refuse a word that is not one of the accepted ones.

    Parameters
    ----------
    what, seen : str
        What the word names, and the word.
    accepted : tuple of str
        The accepted words.

    Raises
    ------
    LedgerError
        With the nearest accepted word.
    """
    if seen not in accepted:
        raise LedgerError(
            f"saw the {what} {seen!r}", accepted=did_you_mean(seen, accepted), do="use one of these"
        )


class LedgerRows(LedgerRecord):
    """A ledger to add rows to; the methods that say what stand above."""

    def _append(self, table: str, **cells: object) -> int:
        with self.together():
            cells["recorded_at"] = self._writing_at
            columns, marks = ", ".join(cells), ", ".join("?" * len(cells))
            found = self._connection.execute(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(cells.values())
            )
        return int(found.lastrowid or 0)

    def knows(self, request: str) -> bool:
        """Tell whether a key belongs to an invitation of the ledger.

        Parameters
        ----------
        request : str
            A request's key.

        Returns
        -------
        bool
            Whether there is such an invitation.
        """
        return bool(self._one("SELECT 1 FROM invitations WHERE request = ?", [request]))

    def _request(self, request: str) -> tuple[Kind, str]:
        """Return a request's kind and the moment it arrived."""
        sent = self._one("SELECT sent_at FROM invitations WHERE request = ?", [request])
        if sent:
            return "invitation", str(sent)
        asked = self._one("SELECT asked_at FROM introductions WHERE request = ?", [request])
        if asked and request not in self._taken_back():
            return "introduction", str(asked)
        keys = [*self.invitations()["request"], *self.introductions()["request"]]
        raise LedgerError(
            f"saw the request {request!r}, which the ledger does not know",
            accepted=f"one of its {len(keys)} keys{nearest(request, keys)}",
            do="take the key from 'netkit triage' or 'netkit intro list'",
        )
