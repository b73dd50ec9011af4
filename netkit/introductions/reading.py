"""Reads introductions and their steps from the ledger."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from netkit.errors import LedgerError, did_you_mean
from netkit.introductions.life import Life, Taken, alive
from netkit.ledger import Ledger


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
    found: dict[str, tuple[Taken, ...]] = {}
    for row in ledger.introductions.events(include_undone=True).to_dict(orient="records"):
        found[row["introduction"]] = (*found.get(row["introduction"], ()), _taken(row))
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
