"""A labelled history as plain columns, cut by time, with what to say before anyone relies on it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.errors import ModelError
from netkit.evaluation.rolling import Origin, rolling_origins
from netkit.facts import Vocabulary

Floats = NDArray[np.float64]


class History(Protocol):
    """What a comparison needs of a history."""

    @property
    def table(self) -> pd.DataFrame:
        """One row a request: request, person, sent_at, strength, label, decided_at."""

    @property
    def facts(self) -> pd.DataFrame:
        """The facts frame of the same requests."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The declared facts."""


@dataclass(frozen=True)
class Labelled:
    """A labelled history as plain columns, one row a request.

    Attributes
    ----------
    facts : DataFrame, n rows
        A facts frame: `request` and one column a fact.
    labels : ndarray of 0 and 1, shape (n,)
        What was done.
    times : Series of datetime, length n
        When each request came.
    known_at : Series of datetime, length n, optional
        When its label became known.
    people : Series, length n, optional
        Who asked.
    strong : ndarray of bool, shape (n,), optional
        Which labels are scored; the others are only learned from, where they are at all.
    certain : ndarray of bool, shape (n,), optional
        Which labels are no guess, scored or not; those that are scored by default.
    """

    facts: pd.DataFrame
    labels: Floats
    times: pd.Series
    known_at: pd.Series | None = None
    people: pd.Series | None = None
    strong: NDArray[np.bool_] | None = None
    certain: NDArray[np.bool_] | None = None

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which labels are scored."""
        return np.ones(len(self.labels), dtype=bool) if self.strong is None else self.strong

    def only_strong(self) -> "Labelled":
        """Return the history without the labels that are only learned from."""
        kept = self.scored
        return Labelled(
            self.facts[kept].reset_index(drop=True),
            self.labels[kept],
            self.times[kept].reset_index(drop=True),
            None if self.known_at is None else self.known_at[kept].reset_index(drop=True),
            None if self.people is None else self.people[kept].reset_index(drop=True),
        )

    def origins(self, *, first: float, origins: int) -> list[Origin]:
        """Return the rolling origins; none where the labels are too few, or all of one kind.

        Beside acceptances alone, "accept all" is never wrong, and no judge can be told from it. An
        origin before which no label was known is left out: who could learn nothing is not judged.
        """
        if len(np.unique(self.labels[self.scored])) < 2:
            return []
        try:
            found = rolling_origins(
                self.times,
                known_at=self.known_at,
                people=self.people,
                counted=self.scored,
                first=first,
                origins=origins,
            )
        except ModelError:
            return []
        return [origin for origin in found if self.scored[origin.past].any()]


def labelled_history(history: History, declared: Vocabulary) -> Labelled:
    """Return the labelled requests of a history, of the period in which both answers were recorded.

    Parameters
    ----------
    history : History
        The history.
    declared : Vocabulary
        The facts to keep.

    Returns
    -------
    Labelled
        Strong and weak labels; a weak one counts as known when the request had become old
        enough to be called unanswered. Only labels that come with what was noted are scored: an
        acceptance that the export alone knows has no noted facts, and refusals always do, so that
        "unknown" would give it away. Where only one kind of answer was ever recorded with its facts,
        all certain labels are scored, and what had to be noted is blanked for everybody.
    """
    rows = _as_requests(history.table)
    kept = rows["label"].notna() & rows["strength"].isin(["strong", "weak"]) & within(history, rows)
    rows = rows[kept].reset_index(drop=True)
    facts = rows[["request"]].merge(history.facts, on="request", how="left", validate="1:1")
    known = rows["decided_at"] if "decided_at" in rows else rows["sent_at"]
    delay = getattr(history, "delay_p95_days", 0.0)
    late = pd.Timedelta(days=0.0 if np.isnan(delay) else float(delay))
    certain = rows["strength"] == "strong"
    noted = certain & ~_from_export(rows)
    if rows.loc[noted, "label"].nunique() < 2:
        facts, noted = without_noted(facts, declared), certain
    strong = noted.to_numpy(dtype=bool)
    return Labelled(
        facts[["request", *(name for name in declared if name in facts)]],
        rows["label"].to_numpy(dtype=np.float64),
        rows["sent_at"],
        known.where(strong, rows["sent_at"] + late).fillna(rows["sent_at"]),
        rows.get("person"),
        strong,
        certain.to_numpy(dtype=bool),
    )


def _from_export(rows: pd.DataFrame) -> pd.Series:
    """Return which labels nobody recorded, so that nobody noted facts with them."""
    if "state" not in rows:
        return pd.Series(False, index=rows.index)
    return rows["state"].isin(["accepted", "gone", "aged"])


def without_noted(facts: pd.DataFrame, declared: Vocabulary) -> pd.DataFrame:
    """Return the facts as the export alone knows them: what somebody had to note is blanked.

    Parameters
    ----------
    facts : DataFrame, n rows
        A facts frame.
    declared : Vocabulary
        The declared facts.

    Returns
    -------
    DataFrame, n rows
        Equally ignorant of every request, so that ignorance tells nothing.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> facts = pd.DataFrame({"request": ["a"], "note_kind": ["none"], "recognised": ["yes"]})
    >>> without_noted(facts, vocabulary("invitation")).iloc[0].tolist()
    ['a', 'none', nan]
    """
    export_knows = declared.filled_in("derived", "note")
    clean = facts.copy()
    for name in declared:
        if name in clean and name not in export_knows:
            clean[name] = pd.Series(pd.NA, index=clean.index, dtype=clean[name].dtype)
    return clean


def _as_requests(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of introductions in the words of invitations; that of invitations as it is."""
    if "asked_at" not in table:
        return table.reset_index(drop=True)
    rows = table.drop(columns="decided_at", errors="ignore").rename(
        columns={"asked_at": "sent_at", "requester": "person", "introduced_at": "decided_at"}
    )
    return rows.assign(strength="strong").reset_index(drop=True)


def within(history: History, rows: pd.DataFrame) -> pd.Series:
    """Return which rows lie in the period for which a base rate means anything.

    Parameters
    ----------
    history : History
        The history; without a period every row counts.
    rows : DataFrame, n rows
        With `sent_at`.

    Returns
    -------
    Series of bool, length n
        Inside the period, its ends included.
    """
    period = getattr(history, "period", None)
    if not period:
        return pd.Series(True, index=rows.index)
    start, end = (_utc(moment) for moment in period)
    return (rows["sent_at"] >= start) & (rows["sent_at"] <= end)


def _utc(moment: object) -> pd.Timestamp:
    stamp = pd.Timestamp(str(moment))
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp
