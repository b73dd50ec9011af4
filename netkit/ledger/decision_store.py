"""What you decided about requests, and about connections in a review; an undo is a new row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import ACTIONS, Kind, Vocabulary
from netkit.ledger.database import (
    UNDONE,
    Database,
    Moment,
    Store,
    active_rows,
    check_word,
    not_undone,
    read_moment,
    source_of,
    standing_rows,
)
from netkit.ledger.evidence_store import EvidenceStore
from netkit.ledger.fact_store import FactStore
from netkit.ledger.introduction_store import find_request

# What counts as the same answer, whatever it is called.
OUTCOMES = {"accept": True, "decline": False, "ignore": False}
_DECISIONS = "SELECT * FROM decisions WHERE ? IS NULL OR kind = ? ORDER BY id"

_TOOK = ", in {} s"
_SECONDS = re.compile(_TOOK.format(r"(\d+)") + r"(?=,|$)")


def answered_in(seconds: float) -> str:
    """Return what stands behind who recorded an answer that was timed.

    >>> "terminal: triage" + answered_in(11.6)
    'terminal: triage, in 12 s'
    """
    return _TOOK.format(round(seconds))


def seconds_of(via: str) -> int | None:
    """Return how many seconds an answer took, None where it was not timed.

    >>> seconds_of("terminal: triage" + answered_in(11.6)), seconds_of("terminal: triage")
    (12, None)
    """
    found = _SECONDS.search(via)
    return int(found[1]) if found else None


def settle_with_record(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Join what you said and what the platform's record says about each request.

    What happened comes from the record, why from you. Where they contradict each other the record counts
    until you have said which is right. Of the record's own answers an acceptance counts, also a later one.
    Of each request `step` is what was done before what counts, `said` and `said_at` what you said and when.
    """
    every: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        every.setdefault(row["request"], []).append(row)
    return {request: _settled(each) for request, each in every.items()}


def _settled(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join what was said about one request."""
    mine = [row for row in rows if row["source"] != "record"]
    told = [row for row in rows if row["source"] == "record"]
    nothing: Mapping[str, Any] = dict.fromkeys(rows[0])
    said = max(mine, key=lambda row: (row["action"] in OUTCOMES, row["id"]), default=nothing)
    waited = max((row for row in mine if row["action"] not in OUTCOMES), key=itemgetter("id"), default=None)
    in_order = sorted(told, key=lambda row: (OUTCOMES.get(row["action"]) is True, row["at"], row["id"]))
    record = in_order[-1] if told else nothing
    earlier = next((row for row in in_order if row["at"] < record["at"]), None)
    step = waited or earlier
    decided, shown = OUTCOMES.get(str(said["action"])), OUTCOMES.get(str(record["action"]))
    both = decided is not None and shown is not None
    differ = both and decided != shown
    settled = differ and said["settles"] == record["id"]
    mine_counts = settled or not told
    agree = both and not differ
    counts, own = (said if mine_counts else record), (said if mine_counts or agree else nothing)
    return {
        **{name: counts[name] for name in ("action", "at", "source")},
        **{name: own[name] for name in ("opinion_seen", "sitting", "answer")},
        "recorded_at": (said if mine_counts or agree else record)["recorded_at"],
        "via": record["via"],
        "step": step and step["action"],
        "said": said["action"],
        "said_at": said["at"] if agree else None,
        "record_id": record["id"],
        "record_at": record["at"],
        "record_action": record["action"],
        "contradicted": differ and not settled,
    }


class DecisionStore:
    """Decisions about requests: rows are added, never changed; the last of a request counts."""

    def __init__(self, database: Database, notes: FactStore, evidence: EvidenceStore) -> None:
        self._database = database
        self._notes = notes
        self._evidence = evidence

    def add(
        self,
        request: str,
        action: str,
        *,
        at: Moment,
        source: str,
        answer: str | None = None,
        opinion_seen: bool | None = False,
        facts: Mapping[str, object] | None = None,
        because: str | None = None,
        remind_on: date | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> int:
        """Record what you did about an invitation, with the facts it rested on, in one write.

        What was done about an introduction is a step of its life, see `netkit.introductions`.

        Parameters
        ----------
        request : str
            The request's key.
        action : str
            An invitation's action.
        at : datetime, date or str
            When it was done.
        source : str
            Who says so: `command line`, `sheet NAME`, ...; its kind is kept beside it.
        answer : str, optional
            The answer's own name, where the policy declares one that comes to this action.
        opinion_seen : bool or None, default False
            Whether a judge's opinion had been shown before; None where nobody knows.
        facts : mapping of str to object, optional
            Fact to level, as known at that moment.
        because : str, optional
            The reason in your words.
        remind_on : date, optional
            For `defer`: when to look again.
        vocabulary : Vocabulary, optional
            The declared facts, with the user's own; the shipped ones where left out.

        Returns
        -------
        int
            The number of the new row.

        Raises
        ------
        LedgerError
            The request or the action does not exist, or the decision would precede the request.
        FactError
            A fact or level is not declared.
        """
        kind, arrived = find_request(self._database, request)
        if kind != "invitation":
            raise LedgerError(
                f"{request} is an introduction, and your answer to it is a step of its life",
                f"Record it with 'netkit decide {request} {action}', or call decide_introduction()",
            )
        check_word("action", action, ACTIONS[kind])
        moment = read_moment(at)
        # A day written in local time may be one off from the day in UTC.
        if datetime.fromisoformat(moment) + timedelta(days=1) < datetime.fromisoformat(arrived):
            raise LedgerError(
                f"{request} arrived on {arrived[:10]}, and its decision is dated {moment[:10]}",
                "Give the day of the request or a later one",
            )
        with self._database.together():
            self._keep_evidence(request, moment, vocabulary)
            self._notes.add_many(
                ((request, fact, level) for fact, level in (facts or {}).items()),
                at=moment,
                source=source,
                vocabulary=vocabulary,
            )
            return self._database.append(
                "decisions",
                request=request,
                kind=kind,
                action=action,
                answer=answer if answer != action else None,
                at=moment,
                source=source_of(source),
                via=source,
                opinion_seen=None if opinion_seen is None else int(opinion_seen),
                because=because,
                remind_on=remind_on.isoformat() if remind_on else None,
                settles=self._contradicting(request) if source_of(source) != "record" else None,
            )

    def _contradicting(self, request: str) -> int | None:
        """Return the record's row that contradicts what you said of a request, unless that is settled."""
        if not self._database.one(
            "SELECT 1 FROM decisions WHERE request = ? AND source = 'record'", [request]
        ):
            return None
        query = "SELECT * FROM decisions WHERE request = ? ORDER BY id"
        found = settle_with_record(standing_rows(self._database.rows(query, [request]), "action"))
        return next((int(each["record_id"]) for each in found.values() if each["contradicted"]), None)

    def _keep_evidence(self, request: str, moment: str, vocabulary: Vocabulary | None) -> None:
        """Keep what evidence says of a request as it stands, where you said nothing yourself."""
        for fact, (level, reason) in self._evidence.sets(request, moment).items():
            noted = self._database.one(
                "SELECT level FROM facts_noted WHERE request = ? AND fact = ? ORDER BY id DESC",
                [request, fact],
            )
            if noted is None and (vocabulary is None or fact in vocabulary):
                self._notes.add(
                    request,
                    fact,
                    level,
                    at=moment,
                    source=f"evidence: {reason}",
                    origin="evidence",
                    vocabulary=vocabulary,
                )

    def undo(self, number: int, *, at: Moment, source: str, because: str | None = None) -> int:
        """Take a decision back by a new row; both stay in the ledger.

        Parameters
        ----------
        number : int
            The decision's number: its `id`. The number of an undo makes the decision active again.
        at, source, because
            As for `add`.

        Returns
        -------
        int
            The number of the new row.

        Raises
        ------
        LedgerError
            There is no such decision, or it was taken back before.
        """
        every = self.to_frame(include_undone=True)
        found = every[not_undone(every, "action") & (every["id"] == number)]
        if found.empty:
            active = ", ".join(map(str, self.to_frame()["id"].tail(5))) or "none"
            raise LedgerError(f"There is no active decision {number}. Active decisions: {active}.")
        row = found.iloc[0]
        return self._database.append(
            "decisions",
            request=row["request"],
            kind=row["kind"],
            action=UNDONE,
            at=read_moment(at),
            source=source_of(source),
            via=source,
            opinion_seen=None if pd.isna(row["opinion_seen"]) else int(row["opinion_seen"]),
            because=because,
            undoes=int(number),
        )

    def undo_last(
        self, request: str, *, at: Moment, source: str, because: str | None = None
    ) -> tuple[str, str]:
        """Take back the decision about a request that counts now.

        Parameters
        ----------
        request : str
            The request's key.
        at, source, because
            As for `add`.

        Returns
        -------
        tuple of str
            The answer taken back, and the earlier one that counts again, empty where there is none.

        Raises
        ------
        LedgerError
            The ledger does not know the request, or no decision about it is active.
        """
        with self._database.together():
            find_request(self._database, request)
            every = self.to_frame()
            mine = every[every["request"] == request]
            if mine.empty:
                raise LedgerError(
                    f"There is no decision about {request} to take back",
                    "Record what you did with 'netkit decide'; a step of an introduction is taken back"
                    " with 'netkit intro undo'",
                )
            self.undo(int(mine["id"].iloc[-1]), at=at, source=source, because=because)
        answers = ("", "", *mine["answer"].fillna(mine["action"]))
        return answers[-1], answers[-2]

    def to_frame(self, kind: Kind | None = None, *, include_undone: bool = False) -> pd.DataFrame:
        """Return the decisions, in the order of recording; the last of a request counts.

        Parameters
        ----------
        kind : {'invitation', 'introduction'}, optional
            Only this kind.
        include_undone : bool, default False
            Keep the decisions that a later row takes back, and the undoing.

        Returns
        -------
        DataFrame
            `id`, `request`, `kind`, `action`, `at`, `recorded_at`, `source` (export, record, typed or
            sheet), `via` (who says so), `sitting` (missing in rows of earlier versions), `opinion_seen`
            (missing where nobody knows), `because`, `remind_on`, `undoes`, `settles` (the record's row that
            contradicts what you had said, where this is your answer to that), `answer` (its own name, where
            the policy declared one).
        """
        frame = self._database.recorded(_DECISIONS, [kind, kind])
        return frame if include_undone else active_rows(frame, "action")

    def rows(self, kind: Kind | None = None, *, include_undone: bool = False) -> list[dict[str, Any]]:
        """Return what `to_frame` returns as plain values, a row each."""
        rows = self._database.recorded_rows(_DECISIONS, [kind, kind])
        return rows if include_undone else standing_rows(rows, "action")

    def last_actions(self) -> dict[str, str]:
        """Return what you, or the record, did last with each invitation."""
        return {row["request"]: row["action"] for row in self.rows("invitation")}


class ReviewStore(Store):
    """What was decided about connections when the network was looked through."""

    def add(self, person: str, verdict: str, *, at: Moment, source: str, because: str | None = None) -> int:
        """Remember a verdict about a connection.

        Parameters
        ----------
        person, verdict : str
            The person key and the word, such as `keep`.
        at : datetime, date or str
            When.
        source : str
            Who says so.
        because : str, optional
            Why.

        Returns
        -------
        int
            The number of the new row.
        """
        return self._database.append(
            "reviews", person=person, verdict=verdict, because=because, at=read_moment(at), via=source
        )

    def to_frame(self) -> pd.DataFrame:
        """Return every verdict: `id`, `person`, `verdict`, `because`, `at`, `via`."""
        return self._database.frame("SELECT * FROM reviews ORDER BY id")
