"""A number with its interval and the count behind it."""

from dataclasses import asdict, dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Z95 = 1.959963984540054  # between whose negative and itself 95 % of a normal distribution lie


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and the count behind it.

    Attributes
    ----------
    value : float
        The estimate; NaN where there is nothing to estimate from.
    low, high : float
        The ends of its 95 % interval; NaN where none can be given.
    n : int
        How many requests it rests on.

    Examples
    --------
    >>> Estimate(0.5, 0.25, 0.75, n=12).as_dict()
    {'value': 0.5, 'low': 0.25, 'high': 0.75, 'n': 12}
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")
    n: int = 0

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the four numbers ready for JSON: what is not a finite number becomes None.

        Returns
        -------
        dict
            `value`, `low`, `high`, `n`.
        """
        return {
            name: (number if isinstance(number, int) or isfinite(number) else None)
            for name, number in asdict(self).items()
        }

    def __str__(self) -> str:
        """Return the estimate as it is printed: value [low, high]."""
        if not isfinite(self.value):
            return "not known"
        if not isfinite(self.low):
            return f"{self.value:.3g}"
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"


def wilson(successes: float, n: int) -> Estimate:
    """Return a proportion with its 95 % Wilson interval.

    Parameters
    ----------
    successes : float
        How many of the n.
    n : int
        Out of how many; zero gives NaN with the interval [0, 1].

    Returns
    -------
    Estimate
        The proportion.

    Notes
    -----
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> str(wilson(9, 10))
    '0.9 [0.596, 0.982]'
    """
    if n == 0:
        return Estimate(float("nan"), 0.0, 1.0, 0)
    p = successes / n
    low, high = map(float, wilson_ends(p, Z95 * Z95 / n))
    # Not rounding's idea of zero and one.
    return Estimate(p, low if successes else 0.0, high if successes < n else 1.0, n)


def wilson_ends(share: ArrayLike, reach: ArrayLike) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's interval of shares."""
    p, one = np.asarray(share, dtype=np.float64), np.asarray(reach, dtype=np.float64)
    middle = (p + one / 2) / (1 + one)
    out = np.sqrt(one * p * (1 - p) + one**2 / 4) / (1 + one)
    return middle - out, middle + out
