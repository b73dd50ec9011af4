"""Answers from log-odds: the cheapest action, whether it is settled, and the next fact to find out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.facts import UNKNOWN
from netkit.model.row_counts import distinct_rows
from netkit.model.scoring import Scoring
from netkit.model.wording import ACTIONS, reason

Floats = NDArray[np.float64]

_COLUMNS = {
    "request": "str", "action": "str", "probability": "float64", "low": "float64", "high": "float64",
    "reason": "str", "rule": "str", "clause": "str", "settled": "bool", "next_fact": "str",
    "contributions": "object", "possible": "object",
}  # fmt: skip
_TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Judging:
    """A scoring and the costs by which it answers.

    Attributes
    ----------
    scoring : Scoring
        The log-odds.
    costs : Costs
        What errors and questions cost.
    """

    scoring: Scoring
    costs: Costs

    def table(
        self,
        requests: pd.Series,
        levels: pd.DataFrame,
        score: Floats,
        rules_open: NDArray[np.bool_],
    ) -> pd.DataFrame:
        """Return the judges' table; equal requests are judged once.

        Parameters
        ----------
        requests : Series, length n
            The requests' keys.
        levels : DataFrame of str, n rows
            Their facts as levels.
        score : ndarray, shape (n,)
            The rules' score.
        rules_open : ndarray of bool, shape (n,)
            Where the rules' own answer may still change.

        Returns
        -------
        DataFrame, n rows
            The table, with the requests' index.
        """
        place, first = distinct_rows(
            [*(levels[name].to_numpy() for name in levels.columns), score, rules_open], len(levels)
        )
        _, error = self.scoring.log_odds(levels.iloc[first], score[first])
        facts = [
            dict(zip(levels.columns, row, strict=True))
            for row in levels.iloc[first].astype("object").itertuples(index=False)
        ]
        judged = [
            self.answer(facts[at], float(score[row]), bool(rules_open[row]), float(error[at]))
            for at, row in enumerate(first)
        ]
        rows = [
            {"request": key, **judged[at], "contributions": dict(judged[at]["contributions"])}
            for key, at in zip(requests.astype("str"), place, strict=True)
        ]
        table = pd.DataFrame(rows, columns=list(_COLUMNS), index=levels.index)
        return table.astype(_COLUMNS)

    def answer(
        self, levels: Mapping[str, str], score: float, rules_open: bool, error: float = 0.0
    ) -> dict[str, Any]:
        """Answer one request.

        Parameters
        ----------
        levels : mapping of str to str
            Its facts as levels.
        score : float
            The rules' score.
        rules_open : bool
            Whether the rules' own answer may still change.
        error : float, default 0
            The standard error of its log-odds.

        Returns
        -------
        dict
            A row of the table but for the request's key.
        """
        parts = self.scoring.parts(levels, score)
        odds = float(sum(parts.values()))
        low, high = self.reach(odds, levels, score, rules_open)
        actions = ACTIONS[self.scoring.kind]
        now, least, most = self.costs.decide(expit(np.array([odds, low, high]))).tolist()
        chance = float(expit(odds))
        ends = np.asarray(expit(odds + np.array([-1, 1]) * _TWO_SIDED_95 * error), dtype=np.float64)
        return {
            "action": actions[now + 1],
            "probability": chance,
            "low": float(ends[0]),
            "high": float(ends[1]),
            "reason": reason(self.scoring.kind, chance, parts, levels),
            "rule": "",
            "clause": "",
            "settled": least == most,
            "next_fact": None if least == most else self.next_fact(odds, levels),
            "contributions": parts,
            "possible": tuple(actions[answer + 1] for answer in range(least, most + 1)),
        }

    def reach(
        self, odds: float, levels: Mapping[str, str], score: float, rules_open: bool
    ) -> tuple[float, float]:
        """Return the lowest and the highest log-odds that answers to the unknown facts can lead to.

        The parts add up, so the extremes of each part add up to the extremes of the whole.

        Parameters
        ----------
        odds : float
            The log-odds now.
        levels : mapping of str to str
            The facts as levels.
        score : float
            The rules' score now.
        rules_open : bool
            Whether the rules' answer may still become accept or decline.

        Returns
        -------
        tuple of float
            Lowest and highest.
        """
        moves = [self.scoring.moves(fact) for fact, level in levels.items() if level == UNKNOWN]
        if rules_open and self.scoring.slope:
            ends = sorted(self.scoring.slope * (end - score) for end in (-1.0, 1.0))
            moves.append((min(0.0, ends[0]), max(0.0, ends[1])))
        return odds + sum(move[0] for move in moves), odds + sum(move[1] for move in moves)

    def next_fact(self, odds: float, levels: Mapping[str, str]) -> str | None:
        """Return the unknown fact to find out next.

        Parameters
        ----------
        odds : float
            The log-odds now.
        levels : mapping of str to str
            The facts as levels.

        Returns
        -------
        str or None
            Of the facts that could flip the answer alone, the one of least effort, and of these
            the one that can move the log-odds most; where none could alone, the greatest mover.
        """
        facts = self.scoring.encoder.vocabulary
        here = self.costs.decide(expit(np.array([odds])))[0]

        def rank(fact: str) -> tuple[bool, int, float]:
            low, high = self.scoring.moves(fact)
            flips = bool(
                (self.costs.decide(expit(np.array([odds + low, odds + high]))) != here).any()
            )
            return not flips, facts[fact].effort if flips else 0, low - high

        unknown = (fact for fact, level in levels.items() if level == UNKNOWN)
        movers = [fact for fact in unknown if self.scoring.moves(fact) != (0.0, 0.0)]
        return min(movers, key=rank, default=None)


def aligned(values: pd.Series | None, facts: pd.DataFrame) -> Floats:
    """Return values in the order of the requests.

    Parameters
    ----------
    values : Series or None
        One value a request, by its index or in order; None stands for zeros.
    facts : DataFrame, n rows
        A facts frame with `request`.

    Returns
    -------
    ndarray, shape (n,)
        The values as floats, missing as NaN.

    Raises
    ------
    ModelError
        The values belong to other requests.

    Examples
    --------
    >>> facts = pd.DataFrame({"request": ["a", "b"]})
    >>> aligned(pd.Series([1, -1], index=["b", "a"]), facts).tolist()
    [-1.0, 1.0]
    """
    if values is None:
        return np.zeros(len(facts))
    requests = facts["request"].astype("str")
    index = values.index.astype("str")
    if index.is_unique and requests.isin(index).all():
        values = values.set_axis(index).reindex(requests)
    elif len(values) != len(facts):
        raise ModelError(
            f"saw {len(values)} values for {len(facts)} requests",
            accepted="one value a request",
            do="give a Series with the request as its index",
        )
    found = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(found, dtype=np.float64)
