"""Every level of every fact as a column, made once, so that refitting at many origins is cheap."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.facts import Vocabulary
from netkit.model import FactEncoder

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Design:
    """The facts of a history as zeros and ones.

    `FactEncoder` reads and checks a frame anew for each fit; here it is read once, and each fit
    takes the rows and columns that its past shows. The columns of a fit are the encoder's.

    Attributes
    ----------
    levels : DataFrame, n rows
        Every fact as a level in words, `unknown` where it is missing.
    requests : Index, length n
        The requests in order.
    columns : list of (str, str)
        Fact and level of each column.
    ones : ndarray, shape (n, m)
        Whether a request has that level.
    """

    levels: pd.DataFrame
    requests: pd.Index
    columns: list[tuple[str, str]]
    ones: Floats

    @classmethod
    def of(cls, facts: pd.DataFrame, vocabulary: Vocabulary) -> "Design":
        """Read a facts frame once.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame with `request`.
        vocabulary : Vocabulary
            The declared facts.

        Returns
        -------
        Design
            All levels that occur.

        Examples
        --------
        >>> from netkit.facts import vocabulary
        >>> facts = pd.DataFrame({"request": ["a", "b", "c"], "recognised": ["yes", None, None]})
        >>> design = Design.of(facts, vocabulary("invitation"))
        >>> [design.columns[place] for place in design.kept(np.array([0, 1, 2]))]
        [('recognised', 'yes')]
        """
        encoder = FactEncoder(vocabulary).fit(facts)
        levels = encoder.levels(facts)
        columns = [(fact, level) for fact, counts in encoder.counts.items() for level in counts]
        ones = [levels[fact].to_numpy() == level for fact, level in columns]
        matrix = np.column_stack(ones) if ones else np.zeros((len(facts), 0))
        requests = pd.Index(facts["request"].astype("str"))
        return cls(levels, requests, columns, matrix.astype(np.float64))

    def rows(self, facts: pd.DataFrame) -> Places:
        """Return the places of some requests.

        Parameters
        ----------
        facts : DataFrame, k rows
            With `request`.

        Returns
        -------
        ndarray of int, shape (k,)
            Places in this design.
        """
        return self.requests.get_indexer(pd.Index(facts["request"].astype("str")))

    def kept(self, rows: Places) -> Places:
        """Return the columns of a fit on some rows: all levels they show but each fact's commonest.

        Parameters
        ----------
        rows : ndarray of int
            The rows of the past.

        Returns
        -------
        ndarray of int
            Column places.
        """
        count = self.ones[rows].sum(axis=0)
        commonest: dict[str, int] = {}
        for place, (fact, _) in enumerate(self.columns):
            if fact not in commonest or count[place] > count[commonest[fact]]:
                commonest[fact] = place
        kept = (count > 0) & ~np.isin(np.arange(len(count)), list(commonest.values()))
        return np.flatnonzero(kept)

    def parts(self, rows: Places, kept: Places, coef: Floats) -> list[dict[str, float]]:
        """Return what each fact adds to the log-odds of some requests.

        Parameters
        ----------
        rows : ndarray of int, shape (k,)
            The requests' places.
        kept : ndarray of int, shape (p,)
            The fit's columns.
        coef : ndarray, shape (p,)
            Their coefficients.

        Returns
        -------
        list of dict, length k
            Log-odds by fact.
        """
        told = []
        added = self.ones[np.ix_(rows, kept)] * coef
        facts = [self.columns[place][0] for place in kept]
        for row in added:
            parts = dict.fromkeys(facts, 0.0)
            for fact, part in zip(facts, row.tolist(), strict=True):
                parts[fact] += part
            told.append(parts)
        return told
