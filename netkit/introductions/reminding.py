"""What is due: answers you owe, permissions without an answer, follow-ups, invitations you deferred."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from netkit.history.labels import label_invitations
from netkit.introductions.life import Life
from netkit.introductions.reading import read_lives
from netkit.introductions.states import Remind, deferred, number
from netkit.ledger import Ledger

_COLUMNS = ["due_on", "kind", "request", "what", "clause", "since", "do"]


def reminders(ledger: Ledger) -> pd.DataFrame:
    """Return everything you are to be reminded of, now or later, the earliest first.

    Nothing in it is about a request of your own that lies unanswered (PN7): your own invitations are
    never looked at, and a contact who has not answered is to be left in peace.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    DataFrame
        `due_on` (date), `kind` (answer, permission, follow_up, deferred), `request`, `what`, `clause`,
        `since` (date), `do` (the command that looks at it).
    """
    with ledger.snapshot():
        lives, put_off = read_lives(ledger), list(_deferred(ledger))
    rows = [_introduction(life, life.state.remind) for life in lives if life.state.remind]
    table = pd.DataFrame([*rows, *put_off], columns=_COLUMNS, dtype="object")
    return table.sort_values(["due_on", "request"], kind="stable", ignore_index=True)


def due(ledger: Ledger, on: date) -> pd.DataFrame:
    """Return what is due on a day or was due before.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    on : date
        The day.

    Returns
    -------
    DataFrame
        As from `reminders`.
    """
    table = reminders(ledger)
    return table[[day <= on for day in table["due_on"]]].reset_index(drop=True)


def _introduction(life: Life, remind: Remind) -> dict[str, Any]:
    made = life.last("introduced")
    own = made.detail.get("follow_up_on") if made and remind.kind == "follow_up" else None
    return _row(
        remind,
        request=life.request,
        since=life.since,
        names={"requester": life.requester_name, "contact": life.contact_name},
        day=date.fromisoformat(own) if own else None,
        do=f"netkit intro show {life.request}",
    )


def _deferred(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Yield the invitations whose last word was `defer`, unless they are gone or accepted since."""
    table = label_invitations(ledger).table
    waiting = table[(table["action"] == "defer") & (table["state"] == "open")]
    decisions = ledger.decisions.to_frame("invitation").drop_duplicates("request", keep="last")
    days = decisions.set_index("request")["remind_on"]
    for row in waiting.to_dict(orient="records"):
        day = days[row["request"]]
        decided = decisions.loc[decisions["request"] == row["request"], "at"].iloc[0].date()
        yield _row(
            deferred(),
            request=row["request"],
            since=decided,
            names={"requester": row["name"], "contact": ""},
            day=None if pd.isna(day) else day.date(),
            do=f"netkit policy explain {row['request']}",
        )


def _row(
    remind: Remind, *, request: str, since: date, names: dict[str, str], day: date | None, do: str
) -> dict[str, Any]:
    return {
        "due_on": day or since + timedelta(days=number(remind.after)),
        "kind": remind.kind,
        "request": request,
        "what": remind.says.format(**names),
        "clause": ", ".join(remind.clauses),
        "since": since,
        "do": do,
    }
