"""What a wrong accept, a wrong decline and a question cost, and the thresholds that follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netkit.errors import ModelError, did_you_mean
from netkit.plain_yaml import read_yaml

_DEFAULTS = Path(__file__).with_name("costs.yaml")
_NAMES = ("wrong_accept", "wrong_decline", "question")
# Beyond these, squares and products of costs could leave what a float holds.
_LEAST, _MOST = 1e-9, 1e9


@dataclass(frozen=True)
class Costs:
    """The three costs of deciding, in any one unit; only their ratios matter.

    Attributes
    ----------
    wrong_accept : float
        The cost of accepting a request that should have been refused.
    wrong_decline : float
        The cost of refusing a request that should have been accepted.
    question : float
        The cost of asking before deciding.

    Examples
    --------
    >>> costs = Costs(wrong_accept=2, wrong_decline=1, question=0.25)
    >>> costs.thresholds()
    (0.25, 0.875)
    >>> costs.decide(np.array([0.1, 0.5, 0.9])).tolist()
    [-1, 0, 1]
    """

    wrong_accept: float = 1.0
    wrong_decline: float = 1.0
    question: float = 0.2

    def __post_init__(self) -> None:
        """Refuse costs that are not numbers above zero (a question may be free)."""
        for name in _NAMES:
            cost = getattr(self, name)
            if not (0 if name == "question" else _LEAST) <= cost <= _MOST:
                raise ModelError(
                    f"The cost {name} is {cost}",
                    "Give a number from a billionth to a billion (only a question may cost zero)",
                )

    @classmethod
    def of(cls, costs: "Costs | Mapping[str, float] | object | None") -> "Costs":
        """Return costs given as `Costs`, a mapping, anything with the three names, or None.

        Parameters
        ----------
        costs : Costs, mapping, object or None
            None stands for the defaults, which `_default_costs` explains.

        Returns
        -------
        Costs
            The three costs.

        Raises
        ------
        ModelError
            A mapping names something else, or a cost is no number.

        Examples
        --------
        >>> Costs.of({"wrong_accept": 3}).wrong_accept
        3.0
        """
        if isinstance(costs, cls):
            return costs
        default = {name: cost for name, (cost, _) in _default_costs().items()}
        if isinstance(costs, Mapping):
            given = {name: _stated(name, cost) for name, cost in costs.items()}
        else:
            given = {name: float(getattr(costs, name)) for name in _NAMES if hasattr(costs, name)}
        return cls(**{**default, **given})

    @property
    def dearest(self) -> float:
        """The most that a single answer can cost."""
        return max(self.wrong_accept, self.wrong_decline, self.question)

    @property
    def has_ask_zone(self) -> bool:
        """Whether a question is cheap enough ever to be worth asking."""
        total = self.wrong_accept + self.wrong_decline
        return self.question < self.wrong_accept * self.wrong_decline / total

    def thresholds(self) -> tuple[float, float]:
        """Return the two probabilities between which it is cheapest to ask.

        Returns
        -------
        tuple of float
            Decline at or below the first, accept at or above the second; equal where a question
            costs too much ever to be asked.
        """
        if not self.has_ask_zone:
            one = self.wrong_accept / (self.wrong_accept + self.wrong_decline)
            return one, one
        return self.question / self.wrong_decline, 1 - self.question / self.wrong_accept

    def decide(self, probability: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return the cheapest answer for each probability of being right to accept.

        Parameters
        ----------
        probability : ndarray of float, shape (n,)
            The probability that accepting is right.

        Returns
        -------
        ndarray of int8, shape (n,)
            1 accept, 0 ask, -1 decline; a tie between answers goes to the decision, not the
            question, and to accepting.
        """
        low, high = self.thresholds()
        p = np.asarray(probability, dtype=np.float64)
        return np.where(p >= high, 1, np.where(p <= low, -1, 0)).astype(np.int8)

    def one_answer(self, low: ArrayLike, high: ArrayLike) -> NDArray[np.bool_]:
        """Return whether everything between two probabilities leads to the same answer.

        Parameters
        ----------
        low, high : array of float, shape (n,)
            The ends of intervals.

        Returns
        -------
        ndarray of bool, shape (n,)
            Whether each lies on one side of the thresholds.

        Examples
        --------
        >>> Costs().one_answer([0.01, 0.01], [0.15, 0.56]).tolist()
        [True, False]
        """
        ends = (self.decide(np.asarray(end, dtype=np.float64)) for end in (low, high))
        return np.equal(*ends)


def _stated(name: str, cost: object) -> float:
    """Return a stated cost, which a misspelt name would otherwise leave at its default in silence."""
    if name not in _NAMES:
        raise ModelError(f"There is no cost {name!r}", did_you_mean(name, _NAMES))
    try:
        return float(cost)  # type: ignore[arg-type]
    except (TypeError, ValueError) as problem:
        raise ModelError(f"The cost {name} is {cost!r}", "Give a number") from problem


@cache
def _default_costs() -> dict[str, tuple[float, str]]:
    """Return the shipped costs, each with the reason for it.

    Returns
    -------
    dict of str to (float, str)
        The name of a cost, what it is, and why.

    Examples
    --------
    >>> _default_costs()["question"][0]
    0.2
    """
    declared = read_yaml(_DEFAULTS, error=ModelError)["costs"]
    return {name: (float(entry["cost"]), str(entry["because"])) for name, entry in declared.items()}
