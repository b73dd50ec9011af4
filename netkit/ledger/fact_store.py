"""The facts that you noted about requests: each note a row, and `unknown` takes an earlier one back."""

from collections.abc import Iterable

import pandas as pd

from netkit.facts import UNKNOWN, Kind, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger.database import Database, Moment, read_moment
from netkit.ledger.introduction_store import find_request


class FactStore:
    """Facts noted: rows are added, never changed; the last of a request and fact counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        request: str,
        fact: str,
        level: object,
        *,
        at: Moment,
        source: str,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Note one fact about a request; `unknown` takes an earlier note back.

        Parameters
        ----------
        request, fact : str
            The request's key and the fact's name.
        level : object
            One of the fact's levels, a number, or unknown.
        at : datetime, date or str
            When it was known.
        source : str
            Who says so.
        vocabulary : Vocabulary, optional
            The declared facts, with the user's own.
        """
        self.add_many([(request, fact, level)], at=at, source=source, vocabulary=vocabulary)

    def add_many(
        self,
        notes: Iterable[tuple[str, str, object]],
        *,
        at: Moment,
        source: str,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Note several facts in one write.

        Parameters
        ----------
        notes : iterable of (str, str, object)
            Request, fact and level.
        at : datetime, date or str
            When they were known.
        source : str
            Who says so.
        vocabulary : Vocabulary, optional
            The declared facts, with the user's own.

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
                value = declared[fact].parse(level)
                self._database.append(
                    "facts_noted",
                    request=request,
                    kind=kind,
                    fact=fact,
                    level=UNKNOWN if value is None else str(value),
                    at=moment,
                    source=source,
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
            `id`, `request`, `kind`, `fact`, `level` (`unknown` takes a note back), `at`,
            `recorded_at`, `source`.
        """
        return self._database.frame(
            "SELECT * FROM facts_noted WHERE ? IS NULL OR kind = ? ORDER BY id", [kind, kind]
        )
