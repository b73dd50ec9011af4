"""The platform's own record of what you answered: kept, linked to invitations, and made into decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from netkit.ledger.database import UNDONE, Store, source_of
from netkit.ledger.decision_store import DecisionStore
from netkit.ledger.import_export import forgotten_among
from netkit.ledger.record_links import Links, RecordTaken, link_answers, near

if TYPE_CHECKING:  # deciding on one request must not load what reads archives
    from netkit.record import Answers

_EVENT = "event activity captured processed action invitation made together"


class RecordStore(Store):
    """The change log of your invitations: what it says, and which time it covers."""

    @property
    def is_there(self) -> bool:
        """Whether any event or covered time is in the ledger."""
        return bool(
            self._database.one(
                "SELECT EXISTS (SELECT 1 FROM record_events) OR EXISTS (SELECT 1 FROM record_spans)"
            )
        )

    def events(self) -> pd.DataFrame:
        """Return every event about an invitation that any reading brought.

        Returns
        -------
        DataFrame
            `event`, `activity`, `captured`, `processed`, `made` (thousandths of a second since 1970),
            `action`, `invitation`, `together`.
        """
        frame = self._database.frame(
            f"SELECT {', '.join(_EVENT.split())} FROM record_events"
            " ORDER BY processed, event, invitation, action"
        )
        numbers = ["captured", "processed", "made", "together"]
        return frame.assign(**{name: frame[name].astype("int64") for name in numbers})

    def covered(self) -> pd.DataFrame:
        """Return the spans of time that the record covers, without overlaps, the earliest first.

        Returns
        -------
        DataFrame
            `begins`, `ends`.
        """
        frame = pd.DataFrame(self.spans(), columns=["begins", "ends"], dtype="int64")
        times = {name: pd.to_datetime(frame[name], unit="ms", utc=True) for name in ("begins", "ends")}
        return frame.assign(**times)

    def spans(self) -> list[tuple[int, int]]:
        """Return what `covered` returns as pairs of thousandths of a second since 1970."""
        spans: list[tuple[int, int]] = []
        for row in self._database.rows("SELECT begins, ends FROM record_spans ORDER BY begins, ends"):
            begins, ends = row["begins"], row["ends"]
            if spans and begins <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], ends))
            else:
                spans.append((begins, ends))
        return spans

    def covered_from(self, moment: int) -> int:
        """Return until when the record covers all the time from a moment on, in thousandths of a second."""
        for begins, ends in self.spans():
            moment = max(moment, ends) if begins <= moment else moment
        return moment

    def covers(self, moments: Iterable[datetime], ends: datetime | None) -> list[bool]:
        """Tell from which moments on the record covers all the time up to another one."""
        reach = [begins for begins, last in self.spans() if ends and ends <= _moment(last)]
        return [any(_moment(begins) <= at for begins in reach) for at in moments]

    def links(self) -> Links:
        """Return what the events say of your invitations."""
        connected = self._database.frame("SELECT DISTINCT person, connected_on FROM connections")
        newest = self._database.one(
            "SELECT max(taken_on) FROM imports WHERE present LIKE '%\"invitations\"%'"
        )
        until = pd.Timestamp(newest, tz="UTC").value // 1_000_000 if newest else 0
        return link_answers(self.events(), self._rows(), connected, until)

    def _rows(self) -> pd.DataFrame:
        """Return the invitations that an archive or snapshot dated to the minute."""
        return self._database.frame(
            "SELECT request, person, sent_at FROM invitations"
            " WHERE direction = 'incoming' AND origin = 'export' ORDER BY request"
        )

    def add(self, answers: Answers) -> tuple[int, int]:
        """Keep the events about invitations and the covered time; say how many events are new and known."""
        connection = self._database.connection
        words = {f"invitation:{event.invitation}" for event in answers.events}
        gone = forgotten_among(connection, self._database.file.parent, words)
        events = {event for event in answers.events if f"invitation:{event.invitation}" not in gone}
        before = self._database.one("SELECT count(*) FROM record_events")
        connection.executemany(
            f"INSERT OR IGNORE INTO record_events ({', '.join(_EVENT.split())})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            sorted(events),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO record_spans (begins, ends) VALUES (?, ?)", sorted(set(answers.spans()))
        )
        new = int(self._database.one("SELECT count(*) FROM record_events")) - int(before)
        return new, len(events) - new

    def follow(self, decisions: DecisionStore, answers: Answers | None = None) -> RecordTaken:
        """Keep what a reading brought, and let the decisions say what the record says by now.

        What you took back yourself stays taken back.
        """
        new, known = self.add(answers) if answers else (0, 0)
        if not self.is_there:
            return RecordTaken()
        links = self.links()
        given = links.answers
        via = "record " + given["event"].astype("str")
        wanted = dict(zip(zip(given["request"], via, given["action"], strict=True), given["at"], strict=True))
        every = decisions.to_frame("invitation", include_undone=True)
        mine = every[every["via"].map(source_of).eq("record") & (every["action"] != UNDONE)]
        active = set(decisions.to_frame("invitation")["id"])
        taken_back = set(every.loc[(every["action"] == UNDONE) & (every["source"] != "record"), "undoes"])
        keys = list(zip(mine["request"], mine["via"], mine["action"], strict=True))
        there = {key: number for key, number in zip(keys, mine["id"], strict=True) if number in active}
        refused = {key for key, number in zip(keys, mine["id"], strict=True) if number in taken_back}
        add = sorted(
            (key for key in wanted if key not in there and key not in refused),
            key=lambda key: (wanted[key], key),
        )
        gone = [(key, number) for key, number in there.items() if key not in wanted]
        for request, source, action in add:
            at = wanted[request, source, action]
            decisions.add(request, action, at=at, source=source, opinion_seen=None)
        for (_, source, _), number in gone:
            decisions.undo(int(number), at=pd.Timestamp.now("UTC"), source=source, because="no longer linked")
        cut, unread = (dict(answers.cut), answers.unread) if answers else ({}, 0)
        return RecordTaken(new, known, unread, cut, len(add), len(gone), links.sentences)

    def forget(self, requests: Collection[str]) -> tuple[int, set[str]]:
        """Remove the events that may be about some requests; return how many, and what keeps them out."""
        events, rows = self.events(), self._rows()
        linked = self.links().answers
        others = set(linked.loc[~linked["request"].isin(requests), "event"])
        theirs = near(events, rows[rows["request"].isin(requests)]) & ~events["event"].isin(others)
        numbers = sorted(set(events.loc[theirs, "invitation"]))
        self._database.connection.executemany(
            "DELETE FROM record_events WHERE invitation = ?", [(number,) for number in numbers]
        )
        return int(theirs.sum()), {f"invitation:{number}" for number in numbers}


def _moment(thousandths: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=thousandths)
