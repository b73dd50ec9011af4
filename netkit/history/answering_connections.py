"""Which connection answers which invitation, and when the ledger learnt of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any

from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger

Row = dict[str, Any]  # plain values, None where there is none


@dataclass(frozen=True)
class Acceptance:
    """The connection that answers an invitation, if one does; the delay in whole UTC days, never negative."""

    key: str | None
    connected: bool
    connected_on: datetime | None = None
    delay_days: int | None = None
    learnt_at: datetime | None = None
    superseded: bool = False
    by_name: bool = False


def acceptances(ledger: Ledger, same: SamePeople, sent: Sequence[Row]) -> list[Acceptance]:
    """Find the connection that answers each invitation."""
    newest, archives = newest_holding(ledger, "connections"), ledger.exports.holding("connections")
    links: dict[str, list[Row]] = defaultdict(list)
    for link in ledger.exports.versions():
        if key := same.key(link["person"], link["name"]):
            links[key].append(link)
    keys = [same.key(row["person"], row["name"]) for row in sent]
    shown = [newest is not None and newest >= floor_day(row["sent_at"]) for row in sent]
    # Of what the archive can answer; the rows stand oldest first.
    last = {key: row["request"] for key, row in compress(zip(keys, sent, strict=True), shown)}
    fits, answers = _answering(zip(keys, sent, strict=True), links)
    found = []
    for key, row, later in zip(keys, sent, shown, strict=True):
        theirs, answer = links.get(key or "", ()), answers.get(row["request"])
        # Connected today, though no date fits (a closed account's empty date, a spreadsheet's wrong one):
        # then it was the person's last invitation. An archive from before it cannot show its answer.
        here = later and any(each["last_seen"] == newest for each in theirs)
        is_last = last.get(key) == row["request"]
        connected = answer is not None or (here and is_last)
        named = not _is_address(row["person"]) or (answer is not None and not _is_address(answer["person"]))
        learnt = [first_read(archives, each["first_seen"]) for each in theirs]
        known = first_read(archives, answer["first_seen"]) if answer else None
        found.append(
            Acceptance(
                key,
                connected,
                answer["connected_on"] if answer else None,
                (answer["connected_on"] - floor_day(row["sent_at"])).days if answer else None,
                known or min(filter(None, learnt), default=None) if connected else None,
                answer is None and (row["request"] in fits or (here and not is_last)),
                named and connected,
            )
        )
    return found


def _answering(
    sent: Iterable[tuple[str | None, Row]], links: Mapping[str, Sequence[Row]]
) -> tuple[set[str], dict[str, Row]]:
    """Return the requests with a connection on their day or later, and the one that answers each, if any.

    A connection answers the last invitation of its person up to its day, and the earliest such
    connection is the answer.
    """
    fits: set[str] = set()
    answered: dict[tuple[str, datetime], tuple[str, Row]] = {}
    for key, row in sent:
        arrived = floor_day(row["sent_at"])
        for link in links.get(key or "", ()):
            if link["connected_on"] and link["connected_on"] >= arrived:
                fits.add(row["request"])
                answered[key or "", link["connected_on"]] = row["request"], link
    answers: dict[str, Row] = {}
    for (_, day), (request, link) in sorted(answered.items(), key=lambda each: each[0][1]):
        assert day
        answers.setdefault(request, link)
    return fits, answers


def _is_address(person: str | None) -> bool:
    return (person or "").startswith("in:")


def first_read(archives: Sequence[Row], since: datetime | None) -> datetime | None:
    """Return when the first archive was read that is of a day or later."""
    if since is None:
        return None
    day = floor_day(since)
    return next((each["imported_at"] for each in archives if day <= each["taken_on"]), None)


def newest_holding(ledger: Ledger, table: str) -> datetime | None:
    """Return the day of the newest export that held a table, or none."""
    return max((row["taken_on"] for row in ledger.exports.holding(table)), default=None)


def floor_day(moment: datetime) -> datetime:
    """Return the midnight with which a moment's day began."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
