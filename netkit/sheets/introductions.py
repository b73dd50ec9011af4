"""Rows of a sheet of introductions: filled in from the ledger, and checked and taken in again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import pandas as pd

from netkit.facts import Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger import ACTIONS, OUTCOMES, Ledger
from netkit.ledger.sightings import plain
from netkit.people import person_keys
from netkit.sheets.known import Known
from netkit.sheets.rows import OTHER_PERSON, Row

_PERMISSIONS: dict[str, Literal["permission_given", "permission_refused"]] = {
    "given": "permission_given",
    "refused": "permission_refused",
}
_Side = Literal["outcome_requester", "outcome_contact"]
_SIDES: tuple[_Side, _Side] = ("outcome_requester", "outcome_contact")


def filled_introductions(ledger: Ledger) -> pd.DataFrame:
    """Return all requested introductions as a sheet shows them, the newest first.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    DataFrame
        `request`, the people, the purpose, and what happened so far.
    """
    asked, course = ledger.introductions(), _Course(ledger)
    rows = [
        {
            "request": row["request"],
            "requester": row["requester_name"],
            "contact": row["contact_name"],
            "purpose_text": row["purpose_text"],
            "asked_by": row["channel"],
            "asked_on": f"{row['asked_at']:%Y-%m-%d %H:%M}",
            **course.cells(row["request"]),
        }
        for row in asked.to_dict(orient="records")
    ]
    return pd.DataFrame(rows[::-1], dtype="object")


class _Course:
    """What happened to each introduction so far."""

    def __init__(self, ledger: Ledger) -> None:
        self._last: dict[tuple[str, str], tuple[str, str]] = {}
        events = ledger.introduction_events()
        for event in events.to_dict(orient="records"):
            step, what = event["step"], str(event["detail"].get("outcome", ""))
            if step in _PERMISSIONS.values():
                step, what = "permission", step.removeprefix("permission_")
            self._last[event["introduction"], step] = (what, f"{event['at']:%Y-%m-%d}")

    def of(self, request: str, step: str) -> tuple[str, str]:
        """Return what a step says and its day, or nothing."""
        return self._last.get((request, step), ("", ""))

    def has(self, request: str, step: str) -> bool:
        """Tell whether a step was recorded."""
        return (request, step) in self._last

    def cells(self, request: str) -> dict[str, str]:
        """Return the sheet's cells about the course."""
        permission, permission_on = self.of(request, "permission")
        outcomes: dict[str, str] = {side: self.of(request, side)[0] for side in _SIDES}
        days = [self.of(request, side)[1] for side in _SIDES]
        return {
            "permission": permission,
            "permission_on": permission_on,
            "introduced_on": self.of(request, "introduced")[1],
            **outcomes,
            "outcome_on": max(days),
        }


@dataclass(frozen=True)
class IntroductionRow:
    """One checked row, ready to be taken in."""

    request: str
    requester: str
    requester_profile: str
    contact: str
    contact_profile: str
    purpose_text: str
    asked_by: str
    asked_on: str
    action: str
    decided_on: str
    because: str
    permission: str
    permission_on: str
    introduced_on: str
    without_permission_because: str
    outcome_requester: str
    outcome_contact: str
    outcome_on: str
    levels: dict[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> str:
        """The action, which an introduction made implies."""
        return self.action or ("introduce" if self.introduced_on else "")


class IntroductionSheet:
    """Checks and takes in the rows of a sheet of introductions.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    vocabulary : Vocabulary
        The declared facts.
    headings : sequence of str
        The sheet's columns.
    """

    def __init__(self, ledger: Ledger, vocabulary: Vocabulary, headings: Sequence[str]) -> None:
        self._ledger, self._vocabulary = ledger, vocabulary
        taken = ("asked_by", "permission")
        self._facts = [h for h in headings if h in vocabulary and h not in taken]
        asked = ledger.introductions().to_dict(orient="records")
        self._stored = {str(row["request"]): row for row in asked}
        self._course = _Course(ledger)
        self._known = Known(ledger, "introduction")

    def check(self, row: Row) -> IntroductionRow:
        """Check one row; what is wrong is remembered by the row.

        Parameters
        ----------
        row : Row
            The cells.

        Returns
        -------
        IntroductionRow
            Its values; to be used only if no row had a wrong cell.
        """
        texts = ("request", "requester", "requester_profile", "contact", "contact_profile",
                 "purpose_text", "because", "without_permission_because")  # fmt: skip
        days = ("asked_on", "decided_on", "permission_on", "introduced_on", "outcome_on")
        words: dict[str, tuple[str, ...]] = {
            "asked_by": shipped("introduction")["asked_by"].levels,
            "action": ACTIONS["introduction"],
            "permission": ("not_asked", *_PERMISSIONS),
            "outcome_requester": OUTCOMES,
            "outcome_contact": OUTCOMES,
        }
        read = IntroductionRow(
            **{column: row.text(column) for column in texts},
            **{column: row.moment(column) for column in days},
            **{column: row.word(column, accepted) for column, accepted in words.items()},
            levels=row.levels(self._vocabulary, self._facts),
        )
        self._check_request(row, read)
        self._check_course(row, read)
        return read

    def _check_request(self, row: Row, read: IntroductionRow) -> None:
        if not read.request:
            for column in ("requester", "contact", "asked_by", "asked_on"):
                if not row.text(column):
                    row.needed(column, "where there is no request key")
        elif read.request not in self._stored:
            row.wrong("request", f"saw {read.request!r}; accepted: the key of an introduction")
        else:
            stored = self._stored[read.request]
            for column in ("requester", "contact"):
                seen = row.text(column)
                if seen and plain(seen) != plain(stored[f"{column}_name"]):
                    row.wrong(column, OTHER_PERSON)
            row.same("asked_on", read.asked_on, stored["asked_at"])
            for column, known in (("purpose_text", "purpose_text"), ("asked_by", "channel")):
                seen = getattr(read, column)
                if seen and plain(seen) != plain(stored[known]):
                    row.wrong(
                        column,
                        f"saw {seen!r}, and the ledger keeps {stored[known]!r}; what was asked is not"
                        f" changed: take it back with 'netkit intro undo {read.request} --request'",
                    )

    def _check_course(self, row: Row, read: IntroductionRow) -> None:
        """Hold the order of things: permission, introduction, outcome (clauses PI4 and PI8)."""
        made = bool(read.introduced_on) or self._course.has(read.request, "introduced")
        allowed = read.permission or self._course.of(read.request, "permission")[0]
        if read.introduced_on and allowed != "given" and not read.without_permission_because:
            row.wrong(
                "introduced_on",
                "saw a date without the contact's permission; accepted: permission 'given', or a"
                " reason in without_permission_because",
            )
        for side in _SIDES:
            if row.text(side) and not made:
                row.wrong(
                    side, f"saw {row.text(side)!r}; accepted only where introduced_on is filled in"
                )
        known = self._stored[read.request]["asked_at"] if read.request in self._stored else ""
        order = [("asked_on", read.asked_on or str(known)), ("introduced_on", read.introduced_on),
                 ("outcome_on", read.outcome_on)]  # fmt: skip
        days = [(name, pd.Timestamp(day)) for name, day in order if day]
        for (earlier, before), (later, after) in pairwise(days):
            if after + pd.Timedelta(days=1) < before:
                row.wrong(
                    later,
                    f"saw {row.text(later)!r}; accepted: on or after {earlier}, {before:%Y-%m-%d}",
                )

    def take(self, read: IntroductionRow, *, at: str, source: str) -> dict[str, int]:
        """Write one checked row; call it inside one transaction for the whole sheet.

        Parameters
        ----------
        read : IntroductionRow
            The row.
        at : str
            The moment for what has no date of its own.
        source : str
            Who says so.

        Returns
        -------
        dict of str to int
            What was new: `requests`, `decisions`, `facts`, `steps`.
        """
        request = read.request or self._add(read, source)
        new = int(request not in self._stored)
        done = self._known.record(
            request, read.asks, read.decided_on or read.introduced_on, read.because, read.levels,
            at=at, source=source, vocabulary=self._vocabulary,
        )  # fmt: skip
        return {"requests": new, **done, "steps": self._take_steps(request, read, at, source)}

    def _add(self, read: IntroductionRow, source: str) -> str:
        profiles = pd.Series([read.requester_profile, read.contact_profile], dtype="str")
        keys = person_keys(profiles, pd.Series([read.requester, read.contact], dtype="str"))
        return self._ledger.add_introduction(
            read.requester,
            read.contact,
            requester=keys["person"][0],
            contact=keys["person"][1],
            purpose_text=read.purpose_text,
            channel=read.asked_by,
            asked_at=read.asked_on,
            source=source,
        )

    def _take_steps(self, request: str, read: IntroductionRow, at: str, source: str) -> int:
        steps = 0
        add, course = self._ledger.add_introduction_event, self._course
        answer = _PERMISSIONS.get(read.permission)
        if answer and course.of(request, "permission")[0] != read.permission:
            day = read.permission_on or read.introduced_on or read.decided_on or at
            add(request, answer, at=day, source=source)
            steps += 1
        if read.introduced_on and not course.has(request, "introduced"):
            why = read.without_permission_because
            detail = {"without_permission_because": why} if why else {}
            add(request, "introduced", at=read.introduced_on, source=source, detail=detail)
            steps += 1
        for side in _SIDES:
            outcome = getattr(read, side)
            if outcome and course.of(request, side)[0] != outcome:
                add(
                    request,
                    side,
                    at=read.outcome_on or at,
                    source=source,
                    detail={"outcome": outcome},
                )
                steps += 1
        return steps
