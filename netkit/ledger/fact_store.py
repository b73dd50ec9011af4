"""The facts noted about requests: each note a row; `unknown` is an answer, `undo` takes one back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from netkit.facts import TAKE_BACK, UNKNOWN, Fact, Kind, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger.database import Moment, Store, read_moment
from netkit.ledger.introduction_store import find_request

_NOTES = "SELECT * FROM facts_noted WHERE ? IS NULL OR kind = ? ORDER BY id"


class FactStore(Store):
    """Facts noted: rows are added, never changed; the last of a request and fact counts."""

    def add(
        self,
        request: str,
        fact: str,
        level: object,
        *,
        at: Moment,
        source: str,
        origin: str = "typed",
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Note one fact about a request; `undo` takes an earlier note back.

        Parameters
        ----------
        request, fact : str
            The request's key and the fact's name.
        level : object
            One of the fact's levels, a number, `unknown` (you do not know), or `undo`.
        at : datetime, date or str
            When it was known.
        source : str
            Who says so.
        origin : {'typed', 'evidence', 'note', 'derived'}
            Where the value comes from.
        vocabulary : Vocabulary, optional
            The declared facts, with the user's own.
        """
        self.add_many([(request, fact, level)], at=at, source=source, origin=origin, vocabulary=vocabulary)

    def add_many(
        self,
        notes: Iterable[tuple[str, str, object]],
        *,
        at: Moment,
        source: str,
        origin: str = "typed",
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Note several facts in one write.

        Parameters
        ----------
        notes : iterable of (str, str, object)
            Request, fact and level.
        at, source, origin, vocabulary
            As for `add`.

        Raises
        ------
        FactError
            A fact or level is not declared; then none is noted.
        """
        moment = read_moment(at)
        with self._database.together():
            for request, fact, level in notes:
                kind, _ = find_request(self._database, request)
                declared = vocabulary if vocabulary is not None else shipped(kind)
                value = _value(declared[fact], level)
                self._database.append(
                    "facts_noted",
                    request=request,
                    kind=kind,
                    fact=fact,
                    level=value,
                    at=moment,
                    origin=origin,
                    via=source,
                    corrects=self._database.one(
                        "SELECT max(id) FROM facts_noted WHERE request = ? AND fact = ?", [request, fact]
                    ),
                )

    def to_frame(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return every noted fact, in the order of recording; the last of a request and fact counts.

        Parameters
        ----------
        kind : {'invitation', 'introduction'}, optional
            Only this kind.

        Returns
        -------
        DataFrame
            `id`, `request`, `kind`, `fact`, `level` (missing where a note was taken back), `at`,
            `recorded_at`, `origin`, `via` (who says so), `sitting`, `corrects` (the `id` of the note
            about the same fact before this one).
        """
        return self._database.recorded(_NOTES, [kind, kind])

    def rows(self, kind: Kind | None = None) -> list[dict[str, Any]]:
        """Return what `to_frame` returns as plain values, a row each."""
        return self._database.recorded_rows(_NOTES, [kind, kind])


def _value(fact: Fact, level: object) -> str | None:
    """Return a level as the ledger keeps it: that you do not know is an answer, nothing is none."""
    if isinstance(level, str) and level.strip() == TAKE_BACK:
        return None
    value = fact.parse(level)
    return (UNKNOWN if str(level).strip() == UNKNOWN else None) if value is None else str(value)
