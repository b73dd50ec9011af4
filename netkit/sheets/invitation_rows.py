"""Rows of a sheet of invitations: filled in from the ledger, and checked and taken in again."""

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from netkit.facts import TAKE_BACK, Kind, Vocabulary
from netkit.history import read_history
from netkit.history.labels import NO_DAY, WAITS, drawn_from, is_drawn, label_invitations
from netkit.history.past_moments import past_moments
from netkit.ledger import Ledger
from netkit.ledger.database import read_moment
from netkit.people import folded_name
from netkit.sheets.sheet_cells import OTHER_PERSON, Row
from netkit.sheets.spreadsheet_files import Column

# What a row says by column, and the levels of its facts.
Checked = tuple[dict[str, str], dict[str, str]]

_DAY = pd.Timedelta(days=1)  # a day in local time may be one off


def _last_decisions(ledger: Ledger) -> pd.DataFrame:
    decisions = ledger.decisions.to_frame("invitation")
    yours = decisions[decisions["source"] != "record"]  # what the platform tells is no row of a sheet
    return yours.drop_duplicates("request", keep="last").set_index("request")


class InvitationSheet:
    """Fills in the rows of a sheet of invitations, checks them and takes them in."""

    @staticmethod
    def filled(ledger: Ledger, drawn: Collection[str] = ()) -> pd.DataFrame:
        """Return the waiting invitations as a sheet shows them, the drawn ones first, then the newest."""
        table = label_invitations(ledger).table
        waiting = table.loc[table["state"].isin(WAITS), "request"]
        sent = ledger.invitations.to_frame().set_index("request").loc[waiting.tolist()].reset_index()
        sent = sent.assign(drawn=sent["request"].isin(drawn)).sort_values(
            ["drawn", "sent_at"], ascending=False
        )
        says = drawn_from(int(sent["drawn"].sum()), len(sent)).removeprefix(", ")
        decided = _last_decisions(ledger).reindex(sent["request"])
        return pd.DataFrame(
            {
                "request": sent["request"],
                "name": sent["name"],
                "profile": sent["url"],
                "sent_at": sent["sent_at"].dt.strftime("%Y-%m-%d %H:%M"),
                "note": sent["message"],
                "drawn": np.where(sent["drawn"], says, ""),
                "action": decided["action"].to_numpy(),
                "decided_on": decided["at"].dt.strftime("%Y-%m-%d").to_numpy(),
            }
        )

    def __init__(
        self,
        ledger: Ledger,
        vocabulary: Vocabulary,
        columns: Sequence[Column],
        headings: Sequence[str],
        at: str,
        source: str,
    ) -> None:
        self._ledger, self._vocabulary, self._columns = ledger, vocabulary, columns
        self._at, self._source = at, source
        self._facts = [heading for heading in headings if heading in vocabulary]
        sent = ledger.invitations.to_frame()
        incoming = sent[sent["direction"] == "incoming"].to_dict(orient="records")
        self._stored = {str(row["request"]): row for row in incoming}
        self._decided = _last_decisions(ledger)[["action", "at"]].to_dict(orient="index")
        self._notes = NotedFacts(ledger, "invitation")

    @cached_property
    def _moments(self) -> dict[str, str]:
        """When each stored invitation counts as answered, where a row names no day."""
        history = read_history(self._ledger, self._vocabulary)
        requests = [str(request) for request in history.table["request"]]
        return past_moments(history, requests, self._ledger.notes.to_frame("invitation"))

    def _moment(self, request: str, read: dict[str, str]) -> str:
        """Return when a row counts as answered: on its day, else as a label of the past, and never now."""
        if read["decided_on"] or not read["action"]:
            return read["decided_on"] or self._at
        return self._moments.get(request) or read_moment(read["sent_at"])

    def check(self, row: Row) -> Checked:
        """Return what a row says and its facts' levels; what is wrong is remembered by the row."""
        read = row.values(self._columns)
        levels = row.levels(self._vocabulary, self._facts)
        if read["request"]:
            self._check_known(row, read)
        else:
            name = row.needed("name", "where there is no request key")
            if name and not folded_name(name):
                row.nobody("name")
            row.needed("sent_at", "where there is no request key")
            row.address("profile")
        arrived = self._arrived(read)
        if read["drawn"] and not is_drawn(read["drawn"]):
            row.wrong("drawn", f"{read['drawn']!r} was not written by netkit. Empty the cell.")
        decided = pd.Timestamp(read["decided_on"]) if read["decided_on"] else arrived
        if arrived and decided and decided + _DAY < arrived:
            seen = row.text("decided_on")
            row.wrong(
                "decided_on", f"{seen!r} is before the request. Give {arrived:%Y-%m-%d} or a later day."
            )
        return read, levels

    def _arrived(self, read: dict[str, str]) -> pd.Timestamp | None:
        if read["request"] in self._stored:
            return pd.Timestamp(self._stored[read["request"]]["sent_at"])
        return pd.Timestamp(read["sent_at"]) if read["sent_at"] else None

    def _check_known(self, row: Row, read: dict[str, str]) -> None:
        if read["request"] not in self._stored:
            row.wrong(
                "request", f"{read['request']!r} is no invitation to you. Use the key that netkit wrote."
            )
            return
        stored = self._stored[read["request"]]
        if read["name"] and folded_name(read["name"]) != folded_name(stored["name"]):
            row.wrong("name", OTHER_PERSON)
        row.same("sent_at", read["sent_at"], stored["sent_at"])

    def take(self, checked: Checked) -> dict[str, int]:
        """Write one checked row, in the transaction of the whole sheet; return what was new."""
        read, levels = checked
        request = read["request"] or self._ledger.invitations.add(
            read["name"],
            sent_at=read_moment(read["sent_at"]),
            source=self._source,
            url=read["profile"] or None,
            message=read["note"] or None,
        )
        facts = self._notes.record(
            request, levels, read["decided_on"],
            at=self._moment(request, read), source=self._source, vocabulary=self._vocabulary,
        )  # fmt: skip
        decides = bool(read["action"]) and not self._is_known(request, read)
        undated = decides and not read["decided_on"]
        if decides:
            self._ledger.decisions.add(
                request, read["action"], at=self._moment(request, read),
                source=", ".join(filter(None, [self._source, NO_DAY * undated, read["drawn"]])),
                opinion_seen=None, because=read["because"] or None,
            )  # fmt: skip
        new = request not in self._stored
        return {"requests": int(new), "decisions": int(decides), "facts": facts, "undated": int(undated)}

    def _is_known(self, request: str, read: dict[str, str]) -> bool:
        known = self._decided.get(request, {"action": "", "at": None})
        day = read["decided_on"][:10]
        return known["action"] == read["action"] and (not day or day == f"{known['at']:%Y-%m-%d}")


class NotedFacts:
    """The facts noted in a ledger, so that the same sheet twice changes nothing."""

    def __init__(self, ledger: Ledger, kind: Kind) -> None:
        self._ledger = ledger
        notes = ledger.notes.to_frame(kind).drop_duplicates(["request", "fact"], keep="last")
        self._notes = {
            (row.request, row.fact): (str(row.level), pd.Timestamp(row.at))  # type: ignore[arg-type]
            for row in notes[notes["level"].notna()].itertuples()
        }

    def level(self, request: str, fact: str) -> str:
        """Return the last level noted, or nothing."""
        return self._notes.get((request, fact), ("", None))[0]

    def record(
        self,
        request: str,
        levels: dict[str, str],
        decided_on: str,
        *,
        at: str,
        source: str,
        vocabulary: Vocabulary,
    ) -> int:
        """Note what a row says and the ledger does not, as of the decision; return how many facts."""
        new = [
            (request, fact, level)
            for fact, level in levels.items()
            if self._is_new(request, fact, level, decided_on)
        ]
        moment = decided_on or at
        self._ledger.notes.add_many(new, at=moment, source=source, vocabulary=vocabulary)
        return len(new)

    def _is_new(self, request: str, fact: str, level: str, decided_on: str) -> bool:
        """Tell whether a level is new, or known to have been known earlier than was noted."""
        known, at = self._notes.get((request, fact), (TAKE_BACK, None))
        earlier = bool(decided_on) and at is not None and pd.Timestamp(decided_on) < at
        return known != level or earlier
