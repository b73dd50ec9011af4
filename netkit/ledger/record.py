"""What the user did and noted, as frames: decisions, facts, introductions, letters and reviews."""

import pandas as pd

from netkit.facts import Kind
from netkit.ledger.tables import LedgerTables

UNDONE = "undone"  # what a row says that takes another one back


class LedgerRecord(LedgerTables):
    """A ledger to read the user's own record from."""

    def decisions(self, kind: Kind | None = None, *, standing: bool = True) -> pd.DataFrame:
        """Return the decisions, in the order of recording; the last of a request counts.

        Parameters
        ----------
        kind : {'invitation', 'introduction'}, optional
            Only this kind.
        standing : bool, default True
            Leave out the decisions that a later row takes back, and the taking back.

        Returns
        -------
        DataFrame
            `id`, `request`, `kind`, `action`, `at`, `recorded_at`, `source`, `opinion_seen` (bool),
            `because`, `remind_on`, `undoes`.
        """
        frame = self._frame(
            "SELECT * FROM decisions WHERE ? IS NULL OR kind = ? ORDER BY id", [kind, kind]
        )
        frame = frame.assign(opinion_seen=frame["opinion_seen"].astype("bool"))
        return _standing(frame, "action") if standing else frame

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

    def introductions(self, *, standing: bool = True) -> pd.DataFrame:
        """Return every request for an introduction, oldest first.

        Parameters
        ----------
        standing : bool, default True
            Leave out the requests that were taken back, as when a name was mistyped.

        Returns
        -------
        DataFrame
            `request`, `requester` (person key or missing), `requester_name`, `contact`,
            `contact_name`, `purpose_text`, `channel`, `asked_at`, `recorded_at`, `source`.
        """
        frame = self._frame("SELECT * FROM introductions ORDER BY asked_at, request")
        if not standing:
            return frame
        return frame[~frame["request"].isin(self._taken_back())].reset_index(drop=True)

    def _taken_back(self) -> set[str]:
        """Return the requests that were taken back themselves: by an undoing that names no step."""
        events = self._frame(
            "SELECT id, introduction, step, undoes FROM introduction_events ORDER BY id"
        )
        whole = (events["step"] == UNDONE) & events["undoes"].isna() & in_force(events)
        return set(events.loc[whole, "introduction"])

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
        frame["detail"] = self._parsed(frame["detail"])
        return _standing(frame, "step") if standing else frame

    def letters_sent(self) -> pd.DataFrame:
        """Return the letters once sent: `id`, `request`, `template`, `purpose`, `text`, `at`, `source`."""
        return self._frame("SELECT * FROM letters_sent ORDER BY id")

    def reviews(self) -> pd.DataFrame:
        """Return what was decided in reviews: `id`, `person`, `verdict`, `because`, `at`, `source`."""
        return self._frame("SELECT * FROM reviews ORDER BY id")


def _standing(rows: pd.DataFrame, word: str) -> pd.DataFrame:
    return rows[in_force(rows) & (rows[word] != UNDONE)].reset_index(drop=True)


def in_force(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows no later row in force takes back; a taking back can be taken back itself.

    Parameters
    ----------
    rows : DataFrame, n rows
        `id` and `undoes`, in the order of recording.

    Returns
    -------
    Series of bool, length n
        Takings back in force are among them.

    Examples
    --------
    >>> in_force(pd.DataFrame({"id": [1, 2, 3], "undoes": [None, 1, 2]})).tolist()
    [True, False, True]
    """
    if rows["undoes"].isna().all():  # almost always
        return pd.Series(True, index=rows.index)
    undone: set[int] = set()
    alive = []
    for number, undoes in reversed(list(zip(rows["id"], rows["undoes"].fillna(0), strict=True))):
        alive.append(number not in undone)
        if alive[-1] and undoes:
            undone.add(undoes)
    return pd.Series(alive[::-1], index=rows.index, dtype="bool")
