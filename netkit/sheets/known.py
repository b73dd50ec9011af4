"""What the ledger knows already, so that the same sheet twice changes nothing."""

from typing import Literal

import pandas as pd

from netkit.facts import UNKNOWN, Vocabulary
from netkit.ledger import Ledger


class Known:
    """The decisions and notes in a ledger, compared with what a row says.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    kind : {'invitation', 'introduction'}
        The kind of request.
    """

    def __init__(self, ledger: Ledger, kind: Literal["invitation", "introduction"]) -> None:
        self._ledger = ledger
        decisions = ledger.decisions.to_frame(kind).drop_duplicates("request", keep="last")
        self._decisions = {
            row.request: (str(row.action), pd.Timestamp(row.at))  # type: ignore[arg-type]
            for row in decisions.itertuples()
        }
        notes = ledger.notes.to_frame(kind).drop_duplicates(["request", "fact"], keep="last")
        self._notes = {
            (row.request, row.fact): (str(row.level), pd.Timestamp(row.at))  # type: ignore[arg-type]
            for row in notes.itertuples()
        }

    def action(self, request: str) -> str:
        """Return the last action recorded for a request, or nothing."""
        return self._decisions.get(request, ("", None))[0]

    def day(self, request: str) -> str:
        """Return the day of the last decision, or nothing."""
        at = self._decisions.get(request, ("", None))[1]
        return f"{at:%Y-%m-%d}" if at is not None else ""

    def level(self, request: str, fact: str) -> str:
        """Return the last level noted, or nothing."""
        level = self._notes.get((request, fact), ("", None))[0]
        return "" if level == UNKNOWN else level

    def record(
        self,
        request: str,
        action: str,
        decided_on: str,
        because: str,
        levels: dict[str, str],
        *,
        at: str,
        source: str,
        vocabulary: Vocabulary,
    ) -> dict[str, int]:
        """Write what a row says and the ledger does not.

        Parameters
        ----------
        request, action, decided_on, because : str
            The request and what was done; empty where the row says nothing.
        levels : dict of str to str
            Fact to level.
        at : str
            The moment for what has no date of its own.
        source : str
            Who says so.
        vocabulary : Vocabulary
            The declared facts.

        Returns
        -------
        dict of str to int
            New `decisions` and `facts`.
        """
        moment = decided_on or at
        new = {
            fact: level
            for fact, level in levels.items()
            if self._is_new_note(request, fact, level, decided_on)
        }
        decides = bool(action) and not self._is_known_decision(request, action, decided_on)
        if decides:
            self._ledger.decisions.add(
                request, action, at=moment, source=source, facts=new,
                because=because or None, vocabulary=vocabulary,
            )  # fmt: skip
        else:
            notes = [(request, fact, level) for fact, level in new.items()]
            self._ledger.notes.add_many(notes, at=moment, source=source, vocabulary=vocabulary)
        return {"decisions": int(decides), "facts": len(new)}

    def _is_known_decision(self, request: str, action: str, decided_on: str) -> bool:
        known, at = self._decisions.get(request, ("", None))
        return known == action and (not decided_on or decided_on[:10] == f"{at:%Y-%m-%d}")

    def _is_new_note(self, request: str, fact: str, level: str, decided_on: str) -> bool:
        """Tell whether a level is new, or known to have been known earlier than was noted."""
        known, at = self._notes.get((request, fact), (UNKNOWN, None))
        earlier = bool(decided_on) and at is not None and pd.Timestamp(decided_on) < at
        return known != level or (level != UNKNOWN and earlier)
