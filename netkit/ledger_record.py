"""What the user did and noted, as frames: decisions, facts, introductions, letters and reviews."""

import json

import pandas as pd

from netkit.facts import Kind
from netkit.ledger_tables import LedgerTables


class LedgerRecord(LedgerTables):
    """A ledger to read the user's own record from."""

    def decisions(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return every decision, in the order of recording; the last of a request counts.

        Parameters
        ----------
        kind : {'invitation', 'introduction'}, optional
            Only this kind.

        Returns
        -------
        DataFrame
            `id`, `request`, `kind`, `action`, `at`, `recorded_at`, `source`, `opinion_seen` (bool),
            `because`, `remind_on`.
        """
        frame = self._frame(
            "SELECT * FROM decisions WHERE ? IS NULL OR kind = ? ORDER BY id", [kind, kind]
        )
        return frame.assign(opinion_seen=frame["opinion_seen"].astype("bool"))

    def facts_noted(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return every noted fact, in the order of recording; the last of a request and fact counts.

        Parameters
        ----------
        kind : {'invitation', 'introduction'}, optional
            Only this kind.

        Returns
        -------
        DataFrame
            `id`, `request`, `kind`, `fact`, `level` (`unknown` takes a note back), `at`,
            `recorded_at`, `source`.
        """
        return self._frame(
            "SELECT * FROM facts_noted WHERE ? IS NULL OR kind = ? ORDER BY id", [kind, kind]
        )

    def introductions(self) -> pd.DataFrame:
        """Return every request for an introduction, oldest first.

        Returns
        -------
        DataFrame
            `request`, `requester` (person key or missing), `requester_name`, `contact`,
            `contact_name`, `purpose_text`, `channel`, `asked_at`, `recorded_at`, `source`.
        """
        return self._frame("SELECT * FROM introductions ORDER BY asked_at, request")

    def introduction_events(self, *, standing: bool = True) -> pd.DataFrame:
        """Return the steps of introductions, in the order of recording.

        Parameters
        ----------
        standing : bool, default True
            Leave out the steps that a later one undoes, and the undoing.

        Returns
        -------
        DataFrame
            `id`, `introduction`, `step`, `at`, `recorded_at`, `detail` (dict), `source`, `undoes`.
        """
        frame = self._frame("SELECT * FROM introduction_events ORDER BY id")
        frame["detail"] = pd.Series(
            [json.loads(cell) for cell in frame["detail"]], index=frame.index, dtype="object"
        )
        return frame[_stands(frame)].reset_index(drop=True) if standing else frame

    def letters_sent(self) -> pd.DataFrame:
        """Return the letters once sent: `id`, `request`, `template`, `purpose`, `text`, `at`, `source`."""
        return self._frame("SELECT * FROM letters_sent ORDER BY id")

    def reviews(self) -> pd.DataFrame:
        """Return what was decided in reviews: `id`, `person`, `verdict`, `because`, `at`, `source`."""
        return self._frame("SELECT * FROM reviews ORDER BY id")


def _stands(events: pd.DataFrame) -> pd.Series:
    """Tell which events no later standing event undoes; an undoing can be undone itself."""
    undone: set[int] = set()
    stands = []
    rows = zip(events["id"], events["step"], events["undoes"].fillna(0), strict=True)
    for number, step, undoes in reversed(list(rows)):
        alive = number not in undone
        if alive and undoes:
            undone.add(undoes)
        stands.append(alive and step != "undone")
    return pd.Series(stands[::-1], index=events.index, dtype="bool")
