"""What a judge is given and what it gives back: the past, the answers, and what an action means."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Answer = NDArray[np.int8]

# What each action means for the person who asked: yes, no, or not yet.
MEANING = {
    "accept": 1, "introduce": 1, "send": 1,
    "ask": 0, "defer": 0, "ask_permission": 0, "ask_requester": 0, "improve": 0, "wait": 0,
    "decline": -1, "ignore": -1, "redirect": -1, "do_not_send": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Past:
    """What was known before an origin.

    Attributes
    ----------
    facts : DataFrame, n rows
        A facts frame with `request`.
    labels : ndarray of 0 and 1, shape (n,)
        What was done.
    weights : ndarray, shape (n,)
        How much each label counts.
    """

    facts: pd.DataFrame
    labels: Floats
    weights: Floats

    @property
    def rate(self) -> float:
        """The share accepted, with half a request of each kind added so that it is never 0 or 1."""
        return float((self.weights @ self.labels + 0.5) / (self.weights.sum() + 1))

    @property
    def has_both(self) -> bool:
        """Whether both labels occur."""
        known = self.labels[self.weights > 0]
        return bool(len(known) and 0 < known.sum() < len(known))


@dataclass(frozen=True)
class Answers:
    """What a judge answered to n requests.

    Attributes
    ----------
    action : ndarray of int8, shape (n,)
        1 accept, 0 ask or left open, -1 refuse.
    probability : ndarray, shape (n,)
        The stated probability of accepting; NaN for a judge that states none.
    score : ndarray, shape (n,)
        What the judge ranks by.
    explain : callable, optional
        From the places of some of the requests to each one's contributions in log-odds by fact.
    """

    action: Answer
    probability: Floats
    score: Floats
    explain: Callable[[NDArray[np.intp]], list[dict[str, float]]] | None = field(
        default=None, repr=False, compare=False
    )


class Judge(Protocol):
    """Anything that answers later requests after seeing the past."""

    @property
    def name(self) -> str:
        """What the judge is called in tables."""

    def answer(self, past: Past, later: pd.DataFrame) -> Answers:
        """Learn from the past, where the judge learns at all, and answer the later requests."""


def action_meaning(table: pd.DataFrame) -> pd.Series:
    """Return what a judgement table says to each request: 1 yes, -1 no, 0 not yet.

    Parameters
    ----------
    table : DataFrame, n rows
        A judgement table; an open decision has no action and counts as a question.

    Returns
    -------
    Series of int, length n, by request
        The rules' score of each request.

    Examples
    --------
    >>> table = pd.DataFrame({"request": ["a", "b", "c"], "action": ["accept", None, "ignore"]})
    >>> action_meaning(table).to_dict()
    {'a': 1, 'b': 0, 'c': -1}
    """
    said = table["action"].map(MEANING).fillna(0).astype("int64")
    return said.set_axis(table["request"].astype("str"))
