"""Reads introductions from the ledger: the events of each, and the refusals recorded elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from netkit.errors import LedgerError, did_you_mean
from netkit.introductions.life import Life, Taken, alive
from netkit.ledger import Ledger

_DECIDED = {"decline": "declined", "redirect": "redirected"}


def read_lives(ledger: Ledger) -> tuple[Life, ...]:
    """Return every requested introduction, the oldest first.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    tuple of Life
        One per request.
    """
    with ledger.snapshot():
        asked = ledger.introductions.to_frame().to_dict(orient="records")
        steps = _steps(ledger)
    return tuple(_life(row, steps.get(row["request"], ())) for row in asked)


def read_life(ledger: Ledger, request: str) -> Life:
    """Return one requested introduction.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        Its key.

    Returns
    -------
    Life
        The introduction.

    Raises
    ------
    LedgerError
        The ledger does not know the key.
    """
    found = {life.request: life for life in read_lives(ledger)}
    if request not in found:
        raise LedgerError(
            f"saw the introduction {request!r}, which the ledger does not know",
            accepted=did_you_mean(request, found)
            if 0 < len(found) < 6
            else f"one of {len(found) or 'no'} keys",
            do="take the key from 'netkit intro list --all'",
        )
    return found[request]


def _life(row: Mapping[Any, Any], steps: tuple[Taken, ...]) -> Life:
    return Life(
        request=row["request"],
        requester=row["requester"],
        contact=row["contact"],
        requester_name=row["requester_name"],
        contact_name=row["contact_name"],
        purpose=row["purpose_text"],
        channel=row["channel"],
        asked_on=row["asked_at"].date(),
        steps=steps,
    )


def _steps(ledger: Ledger) -> dict[str, tuple[Taken, ...]]:
    events = ledger.introductions.events(include_undone=True)
    # The running maximum, so that a clock that was set back changes no order.
    events["recorded_at"] = events["recorded_at"].cummax()
    rows = [
        (row["introduction"], row["recorded_at"], 0, _taken(row))
        for row in events.to_dict(orient="records")
    ]
    found: dict[str, tuple[Taken, ...]] = {}
    for request, _, _, taken in sorted([*rows, *_decisions(ledger)], key=lambda row: row[1:3]):
        found[request] = (*found.get(request, ()), taken)
    return {request: _standing(steps) for request, steps in found.items()}


def _taken(row: Mapping[Any, Any]) -> Taken:
    return Taken(
        number=int(row["id"]),
        step=row["step"],
        on=row["at"].date(),
        detail=dict(row["detail"]),
        source=row["source"],
        undoes=None if pd.isna(row["undoes"]) else int(row["undoes"]),
    )


def _standing(steps: tuple[Taken, ...]) -> tuple[Taken, ...]:
    """Return all steps, those that do not stand marked."""
    stands = {id(step) for step in alive(steps) if step.step != "undone"}
    return tuple(replace(step, stands=id(step) in stands) for step in steps)


def _decisions(ledger: Ledger) -> list[tuple[str, pd.Timestamp, int, Taken]]:
    """Return the refusals that a label sheet or `netkit decide` recorded and nothing overruled since."""
    decisions = ledger.decisions.to_frame("introduction").drop_duplicates("request", keep="last")
    refusals = decisions[decisions["action"].isin(list(_DECIDED))]
    return [
        (
            row["request"],
            row["recorded_at"],
            1,  # after the steps of the same sheet, which share its moment
            Taken(
                None,
                _DECIDED[row["action"]],
                row["at"].date(),
                {} if pd.isna(row["because"]) else {"because": row["because"]},
                row["source"],
            ),
        )
        for row in refusals.to_dict(orient="records")
    ]
