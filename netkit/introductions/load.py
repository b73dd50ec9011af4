"""What the ledger knows of both sides: how often a contact is asked, and how earlier introductions went."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from netkit.history.labels import history_number
from netkit.history.past_introductions import CONTACT_TROUBLED, introduction_table
from netkit.introductions.life import Life
from netkit.introductions.reading import read_lives
from netkit.introductions.states import number
from netkit.ledger import OUTCOMES, Ledger
from netkit.wording import counted

_COLUMNS = [
    "contact",
    "contact_name",
    "lately",
    "this_year",
    "agreed",
    "refused",
    "made",
    "last_asked",
]


def contact_load(ledger: Ledger, on: date, *, leave_out: str = "") -> pd.DataFrame:
    """Return how often each contact was asked for something of the kind, the most asked first (PN2, PI13).

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    on : date
        The day up to which is counted.
    leave_out : str
        An introduction that does not count.

    Returns
    -------
    DataFrame, one row per contact who was ever asked or taken up
        `contact`, `contact_name`, `lately` (requests within the 90 days of the fact
        `contact_asked_lately`), `this_year`, `agreed`, `refused`, `made`, `last_asked` (date).
    """
    one = one_key(ledger)
    rows: dict[str, dict[str, Any]] = {}
    for life in read_lives(ledger):
        days = [step.on for step in life.standing if step.step in CONTACT_TROUBLED]
        days = [day for day in days if day <= on]
        if not days or life.request == leave_out:
            continue
        contact = one.get(life.contact, life.contact)
        row = rows.setdefault(contact, dict.fromkeys(_COLUMNS[2:7], 0) | {"contact": contact})
        row["contact_name"] = life.contact_name
        row["last_asked"] = max(*days, row.get("last_asked", days[0]))
        row["lately"] += _within(days, on, history_number("asked_lately_days"))
        row["this_year"] += _within(days, on, number("load_days"))
        for column, step in (
            ("agreed", "permission_given"),
            ("refused", "permission_refused"),
            ("made", "introduced"),
        ):
            taken = life.last(step)
            row[column] += int(taken is not None and taken.on <= on)
    table = pd.DataFrame(list(rows.values()), columns=_COLUMNS)
    return table.sort_values(
        ["lately", "this_year", "last_asked"], ascending=False, kind="stable", ignore_index=True
    )


def contact_sentence(ledger: Ledger, life: Life, on: date) -> str:
    """Say how often the contact of an introduction was asked for others.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    life : Life
        The introduction; it does not count itself.
    on : date
        The day up to which is counted.

    Returns
    -------
    str
        The count in words.
    """
    table, one = contact_load(ledger, on, leave_out=life.request), one_key(ledger)
    rows = table[table["contact"] == one.get(life.contact, life.contact)].to_dict(orient="records")
    if not rows:
        return "has not been asked for another introduction."
    row = rows[0]
    return (
        f"was asked {_times(row['lately'])} in the last 90 days and {_times(row['this_year'])} in a year"
        f" for other introductions, last on {row['last_asked']}: agreed {_times(row['agreed'])}, refused"
        f" {_times(row['refused'])}."
    )


def _within(days: list[date], on: date, span: float) -> int:
    return int(any((on - day).days <= span for day in days))


def one_key(ledger: Ledger) -> dict[str, str]:
    """Return the one key behind each key of an introduction, so that name and address are one person.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    dict of str to str
        Person key to person key.
    """
    asked, table = ledger.introductions.to_frame(), introduction_table(ledger)
    return {
        old: new
        for role in ("requester", "contact")
        for old, new in zip(asked[role], table[role], strict=True)
    }


@dataclass(frozen=True)
class RequesterRecord:
    """What came of a requester's earlier introductions through you (PV7).

    Attributes
    ----------
    asked, made : int
        Earlier requests, and introductions made.
    outcomes : dict of str to int
        How often each outcome was recorded, of either side.
    let_down : tuple of str
        The requests that ended with a requester who did not turn up, or a contact who regretted it.
    """

    asked: int
    made: int
    outcomes: dict[str, int]
    let_down: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The record in words."""
        if not self.asked:
            return "has not asked you for another introduction."
        known = ", ".join(
            f"{count} {outcome.replace('_', ' ')}"
            for outcome, count in self.outcomes.items()
            if count
        )
        bad = f" Let you down: {', '.join(self.let_down)} (PV7)." if self.let_down else ""
        others = counted(self.asked, "other introduction")
        return (
            f"asked you for {others}, of which you made {self.made or 'none'};"
            f" outcomes: {known or 'none known'}.{bad}"
        )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def requester_record(ledger: Ledger, life: Life, on: date) -> RequesterRecord:
    """Return what came of the requester's other introductions, as known on a day.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    life : Life
        The request; it does not count itself.
    on : date
        The day up to which is counted.

    Returns
    -------
    RequesterRecord
        The record.
    """
    one = one_key(ledger)
    person = one.get(life.requester, life.requester)
    others = [
        other
        for other in read_lives(ledger)
        if one.get(other.requester, other.requester) == person
        and other.request != life.request
        and other.asked_on <= on
    ]
    outcomes = dict.fromkeys(OUTCOMES, 0)
    let_down = []
    made = 0
    for other in others:
        steps = [step for step in other.standing if step.on <= on]
        made += any(step.step == "introduced" for step in steps)
        known = {
            step.step: str(step.detail.get("outcome")) for step in steps if "outcome" in step.step
        }
        for outcome in known.values():
            outcomes[outcome] += 1
        if (
            known.get("outcome_requester") == "no_show"
            or known.get("outcome_contact") == "regretted"
        ):
            let_down.append(other.request)
    return RequesterRecord(len(others), made, outcomes, tuple(let_down))
