"""The course of an introduction in a sheet: what the ledger knows of it, and what a row may add."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import pandas as pd

from netkit.ledger import Ledger
from netkit.sheets.rows import Row

PERMISSIONS: dict[str, Literal["permission_given", "permission_refused"]] = {
    "given": "permission_given",
    "refused": "permission_refused",
}
Side = Literal["outcome_requester", "outcome_contact"]
SIDES: tuple[Side, Side] = ("outcome_requester", "outcome_contact")
_REFUSALS = ("decline", "redirect")
_WHY = "without_permission_because"


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


class Course:
    """What happened to each introduction so far.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._last: dict[tuple[str, str], tuple[str, str]] = {}
        events = ledger.introductions.events()
        for event in events.to_dict(orient="records"):
            step, detail = event["step"], event["detail"]
            what = str(detail.get("outcome", detail.get(_WHY, "")))
            if step in PERMISSIONS.values():
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
        outcomes: dict[str, str] = {side: self.of(request, side)[0] for side in SIDES}
        days = [self.of(request, side)[1] for side in SIDES]
        return {
            "permission": permission,
            "permission_on": permission_on,
            "introduced_on": self.of(request, "introduced")[1],
            _WHY: self.of(request, "introduced")[0],
            **outcomes,
            "outcome_on": max(days),
        }

    def check(self, row: Row, read: IntroductionRow, asked_at: str, decided: str) -> None:
        """Hold the order of things: permission, introduction, outcome (clauses PI4 and PI8).

        Parameters
        ----------
        row : Row
            The cells; what is wrong is remembered there.
        read : IntroductionRow
            Their values.
        asked_at : str
            When the request was made, where the ledger knows.
        decided : str
            The action that the ledger knows already.
        """
        known = self.has(read.request, "introduced")
        made = known or bool(read.introduced_on)
        allowed = read.permission or self.of(read.request, "permission")[0]
        if (
            read.introduced_on
            and not known
            and allowed != "given"
            and not read.without_permission_because
        ):
            row.wrong(
                "introduced_on",
                "saw a date without the contact's permission; accepted: permission 'given', or a"
                " reason in without_permission_because",
            )
        for side in SIDES:
            if row.text(side) and not made:
                row.wrong(
                    side, f"saw {row.text(side)!r}; accepted only where introduced_on is filled in"
                )
        if read.action != decided:
            _check_action(row, read, made=made)
        self._check_ended(row, read, made=known)
        _check_days(row, read, asked_at)

    def _check_ended(self, row: Row, read: IntroductionRow, *, made: bool) -> None:
        """Refuse steps that cannot follow those that the ledger keeps already."""
        back = f"take that back first with 'netkit intro undo {read.request}'"
        answered = read.permission in PERMISSIONS
        if made and answered and self.of(read.request, "permission")[0] != read.permission:
            row.wrong("permission", f"saw {read.permission!r} after the introduction; {back}")
        if self.has(read.request, "declined") or self.has(read.request, "redirected"):
            for column in ("introduced_on", "permission"):
                new = row.text(column) and not self.has(read.request, column.removesuffix("_on"))
                if new and row.text(column).casefold() != "not_asked":
                    row.wrong(
                        column, f"saw {row.text(column)!r} for a request that was declined; {back}"
                    )


def _check_action(row: Row, read: IntroductionRow, *, made: bool) -> None:
    """Hold an answer that is new against what the row says was done (clause PI4)."""
    if read.action == "introduce" and not made:
        row.wrong(
            "action",
            "saw 'introduce' without its day; accepted: with introduced_on filled in, or"
            " 'ask_permission' while you wait",
        )
    elif read.action in _REFUSALS and made:
        row.wrong(
            "action",
            f"saw {read.action!r} for an introduction that was made; accepted: introduce, or"
            " nothing in introduced_on",
        )


def _check_days(row: Row, read: IntroductionRow, asked_at: str) -> None:
    asked = ("asked_on", read.asked_on or asked_at)
    course = [(name, getattr(read, name)) for name in
              ("permission_on", "introduced_on", "outcome_on")]  # fmt: skip
    for line in ([asked, *course], [asked, ("decided_on", read.decided_on)]):
        days = [(name, pd.Timestamp(day)) for name, day in line if day]
        for (earlier, before), (later, after) in pairwise(days):
            if after + pd.Timedelta(days=1) < before:
                row.wrong(
                    later,
                    f"saw {row.text(later)!r}; accepted: on or after {earlier}, {before:%Y-%m-%d}",
                )
