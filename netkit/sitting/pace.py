"""How many keys and seconds a decision takes."""

from collections.abc import Callable
from statistics import median


class Pace:
    """The keys and seconds of each decision of a sitting."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._since, self._presses = clock, clock(), 0
        self.presses: list[int] = []
        self.seconds: list[float] = []

    def press(self) -> None:
        """Count a key or a click."""
        self._presses += 1

    @property
    def so_far(self) -> float:
        """The seconds since the last decision, or since the sitting began."""
        return self._clock() - self._since

    def decided(self) -> None:
        """Close the count of one decision, the press that made it among the rest."""
        now = self._clock()
        self.presses.append(self._presses)
        self.seconds.append(now - self._since)
        self._since, self._presses = now, 0

    def taken_back(self) -> None:
        """Drop the last decision from the counts."""
        self.presses.pop()
        self.seconds.pop()

    @property
    def sentence(self) -> str:
        """The pace in words; empty before the first decision."""
        if not self.presses:
            return ""
        keys, seconds = median(self.presses), median(self.seconds)
        pressed = "1 key or click" if keys == 1 else f"{keys:g} keys or clicks"
        return f"{len(self.presses)} recorded, usually {pressed} and {seconds:.0f} s each"
