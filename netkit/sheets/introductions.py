"""Rows of a sheet of introductions: filled in from the ledger, and checked and taken in again."""

from collections.abc import Sequence

import pandas as pd

from netkit.facts import ACTIONS, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger import OUTCOMES, Ledger
from netkit.people import folded_name, person_keys
from netkit.sheets.course import PERMISSIONS, SIDES, Course, IntroductionRow
from netkit.sheets.known import Known
from netkit.sheets.rows import OTHER_PERSON, Row


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
    asked, course = ledger.introductions.to_frame(), Course(ledger)
    rows = [
        {
            "request": row["request"],
            "requester": row["requester_name"],
            "contact": row["contact_name"],
            "purpose_text": row["purpose_text"],
            "asked_by": row["channel"],
            "asked_on": f"{row['asked_at']:%Y-%m-%d}",
            **course.cells(row["request"]),
        }
        for row in asked.to_dict(orient="records")
    ]
    return pd.DataFrame(rows[::-1], dtype="object")


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
        asked = ledger.introductions.to_frame().to_dict(orient="records")
        self._stored = {str(row["request"]): row for row in asked}
        self._course = Course(ledger)
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
            "permission": ("not_asked", *PERMISSIONS),
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
        stored = self._stored.get(read.request, {})
        asked_at = str(stored.get("asked_at", ""))
        self._course.check(row, read, asked_at, self._known.action(read.request))
        return read

    def _check_request(self, row: Row, read: IntroductionRow) -> None:
        if not read.request:
            for column in ("requester", "contact", "asked_by", "asked_on"):
                if not row.text(column):
                    row.needed(column, "where there is no request key")
            self._check_people(row, read)
        elif read.request not in self._stored:
            row.wrong("request", f"saw {read.request!r}; accepted: the key of an introduction")
        else:
            stored = self._stored[read.request]
            for column in ("requester", "contact"):
                seen = row.text(column)
                if seen and folded_name(seen) != folded_name(stored[f"{column}_name"]):
                    row.wrong(column, OTHER_PERSON)
            row.same("asked_on", read.asked_on, stored["asked_at"])
            for column, known in (("purpose_text", "purpose_text"), ("asked_by", "channel")):
                seen = getattr(read, column)
                if seen and folded_name(seen) != folded_name(stored[known]):
                    row.wrong(
                        column,
                        f"saw {seen!r}, and the ledger keeps {stored[known]!r}; what was asked is not"
                        f" changed: take it back with 'netkit intro undo {read.request} --request'",
                    )

    def _check_people(self, row: Row, read: IntroductionRow) -> None:
        people = _people(read)
        for column, person in people.items():
            if row.text(column) and person is None:
                row.nobody(column)
        if people["requester"] and people["requester"] == people["contact"]:
            row.wrong(
                "contact", f"saw {read.contact!r}, who is the requester; accepted: two people"
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
        made = bool(read.introduced_on) and not self._course.has(request, "introduced")
        action = read.action or ("introduce" if made else "")
        done = self._known.record(
            request, action, read.decided_on or read.introduced_on, read.because, read.levels,
            at=at, source=source, vocabulary=self._vocabulary,
        )  # fmt: skip
        return {"requests": new, **done, "steps": self._take_steps(request, read, at, source)}

    def _add(self, read: IntroductionRow, source: str) -> str:
        return self._ledger.introductions.add(
            read.requester,
            read.contact,
            **_people(read),
            purpose_text=read.purpose_text,
            channel=read.asked_by,
            asked_at=read.asked_on,
            source=source,
        )

    def _take_steps(self, request: str, read: IntroductionRow, at: str, source: str) -> int:
        steps = 0
        add, course = self._ledger.introductions.add_event, self._course
        answer = PERMISSIONS.get(read.permission)
        if answer and course.of(request, "permission")[0] != read.permission:
            day = read.permission_on or read.introduced_on or read.decided_on or at
            add(request, answer, at=day, source=source)
            steps += 1
        if read.introduced_on and not course.has(request, "introduced"):
            why = read.without_permission_because
            detail = {"without_permission_because": why} if why else {}
            add(request, "introduced", at=read.introduced_on, source=source, detail=detail)
            steps += 1
        for side in SIDES:
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


def _people(read: IntroductionRow) -> dict[str, str | None]:
    """Return the keys of the two people, None for one who is not named."""
    profiles = pd.Series([read.requester_profile, read.contact_profile], dtype="str")
    names = pd.Series([read.requester, read.contact], dtype="str")
    keys = person_keys(profiles, names)["person"]
    requester, contact = (None if pd.isna(key) else str(key) for key in keys)
    return {"requester": requester, "contact": contact}
