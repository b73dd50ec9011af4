"""Who wrote to you after you introduced somebody: offered as an outcome to confirm, never taken as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from netkit.history.same_people import SamePeople
from netkit.introductions.life import Life, number
from netkit.ledger import Ledger

_SIDES = ("requester", "contact")


def heard_since(ledger: Ledger, lives: Sequence[Life]) -> Iterator[dict[str, Any]]:
    """Yield a reminder for each side that wrote first after an introduction and whose outcome is unknown.

    Only where both are connections: with others there is no telling who wrote.
    """
    asked = [(life, side) for life in lives for side in _unheard(life)]
    if not asked:
        return
    same = SamePeople.of(ledger)
    linked = {same.key(row["person"], row["name"]) for row in ledger.exports.connection_rows()}
    wrote = writers(ledger, same)
    for life, side in asked:
        keys = {
            "requester": same.key(life.requester) or life.requester,
            "contact": same.key(life.contact) or life.contact,
        }
        made = life.last("introduced")
        if made is None or not linked.issuperset(keys.values()):
            continue
        came = [ledger.exports.heard_within(one, *_span(made.on)) for one in wrote.get(keys[side], ())]
        moment = min(filter(None, came), default=None)
        if moment is None:
            continue
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


def writers(ledger: Ledger, same: SamePeople) -> dict[str | None, list[str]]:
    """Return by person under which keys they stand among the messages."""
    found: dict[str | None, list[str]] = {}
    for row in ledger.exports.rows("people"):
        found.setdefault(same.key(row["person"]), []).append(row["person"])
    return found


def _unheard(life: Life) -> Iterator[str]:
    """Yield the sides of an introduction that was made whose outcome is unknown."""
    if life.last("introduced"):
        for side in _SIDES:
            if life.last(f"outcome_{side}") is None:
                yield side


def _span(made_on: date) -> tuple[datetime, datetime]:
    """Return from when and until when to listen after an introduction."""
    # From the day after: what was written on the day is mostly the introduction itself.
    since = datetime.combine(made_on, time(), UTC) + timedelta(days=1)
    return since, since + timedelta(days=number("heard_within_days"))
