"""Whether the decisions suffice to learn from: how many more it takes, and what is uneven."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from netkit.facts import Vocabulary
from netkit.history.labels import DECISIVE, history_number
from netkit.wording import counted

_LEAST, _STEP = int(history_number("first_milestone")), 5
UNEVEN = "What you note yourself"
_WORDS = {1.0: "acceptance", 0.0: "refusal"}


@dataclass(frozen=True)
class MoreDecisions:
    """How many more decisions it takes until the model may speak, or until its next verdict.

    The first milestone is the first count of at least sixty decisions that holds ten of each answer;
    each next one is half as many again, in fives.

    Attributes
    ----------
    answers : tuple of float
        The decisions in the order of recording: 1 accepted, 0 refused.
    """

    answers: tuple[float, ...] = ()

    @property
    def accepted(self) -> int:
        """How many were accepted."""
        return self.answers.count(1.0)

    @property
    def refused(self) -> int:
        """How many were refused."""
        return self.answers.count(0.0)

    @cached_property
    def _first(self) -> int | None:
        """The first milestone, None where it is not reached."""
        each = int(history_number("enough_of_each"))
        tenths = [[at for at, said in enumerate(self.answers, 1) if said == answer] for answer in (0.0, 1.0)]
        if min(map(len, tenths)) < each:
            return None
        reached = max(_LEAST, *(places[each - 1] for places in tenths))
        return reached if reached <= len(self.answers) else None

    @property
    def may_speak(self) -> bool:
        """Whether the first milestone is reached."""
        return self._first is not None

    @cached_property
    def passed(self) -> tuple[int, ...]:
        """The milestones that are reached, each of which is one look at the same history."""
        found, at = [], self._first
        while at is not None and at <= len(self.answers):
            found.append(at)
            at = _next(at)
        return tuple(found)

    @property
    def milestone(self) -> int:
        """How many decisions there are at the next milestone, at the earliest."""
        if not self.passed:
            return max(_LEAST, len(self.answers) + self._lacking(0.0) + self._lacking(1.0))
        return _next(self.passed[-1])

    @property
    def number(self) -> int:
        """How many more decisions it takes: with every decision as many, or fewer."""
        return self.milestone - len(self.answers)

    def _lacking(self, answer: float) -> int:
        return max(0, int(history_number("enough_of_each")) - self.answers.count(answer))

    def after(self, action: str, times: int = 1) -> MoreDecisions:
        """Return what it takes after some more answers, or after you take back the last ones.

        Examples
        --------
        >>> MoreDecisions().after("decline", 2).number, MoreDecisions((0.0,)).after("defer").number
        (58, 59)
        """
        if action not in DECISIVE:
            return self
        if times < 0:
            return MoreDecisions(self.answers[:times])
        return MoreDecisions((*self.answers, *[DECISIVE[action]] * times))

    @property
    def sentence(self) -> str:
        """What it takes, in the words that are used everywhere."""
        more = f"Record {counted(self.number, 'more decision')}"
        if self.may_speak:
            return f"{more}. Then comes the next verdict."
        have = f"You have recorded {counted(len(self.answers), 'decision')}"
        told = f": {self.accepted:,} accepted, {self.refused:,} refused" if self.answers else ""
        lacking = [
            counted(count, word) for answer, word in _WORDS.items() if (count := self._lacking(answer))
        ]
        least = f", at least {' and '.join(lacking)} among them" if lacking else ""
        return (
            f"{more}{least}. Then netkit can learn from them, and say whether that beats your rules."
            f" {have}{told}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the number and what it rests on, ready for JSON."""
        return {
            "number": self.number,
            "milestone": self.milestone,
            "accepted": self.accepted,
            "refused": self.refused,
            "may_speak": self.may_speak,
            "sentence": self.sentence,
        }


def _next(milestone: int) -> int:
    return milestone * 3 // 2 // _STEP * _STEP


def left_out(late: int, undeclared: Collection[str]) -> list[str]:
    """Say in sentences which notes were left out, and why.

    Examples
    --------
    >>> left_out(1, set())
    ['1 fact that you noted after the decision is left out.']
    """
    said = []
    if late:
        verb = "is" if late == 1 else "are"
        said.append(f"{counted(late, 'fact')} that you noted after the decision {verb} left out.")
    if undeclared:
        said.append(
            f"Noted, but declared in no vocabulary in use, and left out: {', '.join(sorted(undeclared))}."
        )
    return said


def uneven_notes(facts: pd.DataFrame, labels: pd.Series, vocabulary: Vocabulary) -> list[str]:
    """Warn where not having noted a fact itself gives the answer away."""
    told = vocabulary.filled_in("derived", "note", "ledger")
    own = [name for name in map(str, facts) if name in vocabulary and name not in told]
    known = facts[own].notna().mean(axis=1)
    accepted, refused = known[labels.eq(1.0)].mean(), known[labels.eq(0.0)].mean()
    if not abs(accepted - refused) >= history_number("uneven_notes"):  # or not a number
        return []
    return [
        f"{UNEVEN} is known for {_percent(accepted)} of the acceptances and"
        f" {_percent(refused)} of the refusals. A model could learn from that gap instead of from the"
        " facts, so note facts with both."
    ]


def _percent(share: float) -> str:
    return f"{np.round(100 * share):.0f} %"
