"""Who wrote to you after you introduced somebody: offered as an outcome to confirm, never taken as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import pandas as pd

from netkit.history.same_people import SamePeople
from netkit.introductions.life import Life, number
from netkit.ledger import Ledger

_SIDES = ("requester", "contact")


def heard_since(ledger: Ledger, lives: Sequence[Life]) -> Iterator[dict[str, Any]]:
    """Yield a reminder for each side that wrote first after an introduction and whose outcome is unknown.

    Only where both are connections: with others there is no telling who wrote.
    """
    same = SamePeople.of(ledger)
    linked = set(same.rows(ledger.exports.connections()).dropna())
    writers = ledger.exports.writers()
    keys = pd.DataFrame({"person": writers, "key": same.keys(writers)})
    asked = [one for life in lives for one in _unheard(same, life, linked)]
    spans = pd.DataFrame(
        [(row, key, *span) for row, (_, _, key, span) in enumerate(asked)],
        columns=["row", "key", "since", "until"],
    ).merge(keys, on="key")
    if spans.empty:
        return
    came = ledger.exports.written_within(spans).dropna(subset=["incoming"])
    for row, moment in came.groupby("row")["incoming"].min().to_dict().items():
        life, side, _, _ = asked[int(str(row))]
        names = {"requester": life.requester_name, "contact": life.contact_name}
        yield {
            "due_on": moment.date(),
            "kind": "outcome",
            "request": life.request,
            "what": f"{names[side]} wrote to you after you introduced {names['requester']} and"
            f" {names['contact']}: if it was about that, record what came of it",
            "clause": "PI8",
            "since": moment.date(),
            "do": f"netkit intro outcome {life.request} --{side} useful",
        }


_Span: TypeAlias = "tuple[pd.Timestamp, pd.Timestamp]"


def _unheard(same: SamePeople, life: Life, linked: set[str]) -> Iterator[tuple[Life, str, str, _Span]]:
    """Yield the sides of an introduction that was made whose outcome is unknown, and when to listen."""
    made = life.last("introduced")
    people = pd.Series([life.requester, life.contact], dtype="str")
    known = same.keys(people).fillna(people).tolist()
    if made is None or not set(known) <= linked:
        return
    # From the day after: what was written on the day is mostly the introduction itself.
    since = pd.Timestamp(made.on, tz="UTC") + pd.Timedelta(days=1)
    until = since + pd.Timedelta(days=number("heard_within_days"))
    for side, key in zip(_SIDES, known, strict=True):
        if life.last("outcome_requester" if side == "requester" else "outcome_contact") is None:
            yield life, side, key, (since, until)
