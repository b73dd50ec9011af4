"""What people wish to be asked about now: a wish that you noted counts from its day on, and fades (OC11)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from netkit.history.labels import history_number
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.wording import day_words, months_after


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be asked about.

    Attributes
    ----------
    name, wish : str
        Who, and what for.
    noted_on, fades_on : date
        From when on it counts, and when it ends.
    """

    name: str
    wish: str
    noted_on: date
    fades_on: date

    @property
    def sentence(self) -> str:
        """The wish with its days.

        >>> Wish("Ana", "to be asked by phone first", date(2025, 9, 3), date(2026, 1, 3)).sentence
        'asked on 3 Sep 2025 to be asked by phone first (fades 3 Jan 2026)'
        """
        return f"asked on {day_words(self.noted_on)} {self.wish} (fades {day_words(self.fades_on)})"


def standing_wishes(ledger: Ledger, on: date) -> dict[str, Wish]:
    """Return the wish that stands on a day, by the one key of each person who has one."""
    same, last = SamePeople.of(ledger), dict[str, dict[str, Any]]()
    for row in ledger.wishes.rows():
        if row["at"].date() <= on:
            last[same.key(row["person"]) or row["person"]] = row
    months = int(history_number("wish_fades_after_months"))
    wishes = {
        key: Wish(row["name"], row["wish"], day := row["at"].date(), months_after(day, months))
        for key, row in last.items()
        if row["wish"] is not None
    }
    return {key: wish for key, wish in wishes.items() if on < wish.fades_on}
