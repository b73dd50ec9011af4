"""Writing decisions, noted facts and invitations into the ledger, each a row of its own."""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import UNKNOWN, Kind, Vocabulary, vocabulary
from netkit.ledger.record import UNDONE, in_force
from netkit.ledger.rows import LedgerRows, Moment, check_word, read_moment
from netkit.people import person_keys
from netkit.request_keys import request_key

ACTIONS: dict[str, tuple[str, ...]] = {
    "invitation": ("accept", "ask", "defer", "decline", "ignore"),
    "introduction": ("introduce", "ask_permission", "ask_requester", "redirect", "decline"),
}


class LedgerNotes(LedgerRows):
    """The writing half of a ledger: rows are added, never changed; the row recorded last counts."""

    def decide(
        self,
        request: str,
        action: str,
        *,
        at: Moment,
        source: str,
        opinion_seen: bool = False,
        facts: Mapping[str, object] | None = None,
        because: str | None = None,
        remind_on: date | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> int:
        """Record what was done about a request, with the facts it rested on, in one write.

        Parameters
        ----------
        request : str
            The request's key.
        action : str
            An invitation's or an introduction's action.
        at : datetime, date or str
            When it was done.
        source : str
            Who says so: `command line`, a sheet's name, ...
        opinion_seen : bool, default False
            Whether a judge's opinion had been shown before.
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
        kind, arrived = self._request(request)
        check_word("action", action, ACTIONS[kind])
        moment = read_moment(at)
        # A day written in local time may be one off from the day in UTC.
        if pd.Timestamp(moment) + pd.Timedelta(days=1) < pd.Timestamp(arrived):
            raise LedgerError(
                f"{request} arrived on {arrived[:10]}, and its decision is dated {moment[:10]}",
                accepted="a day on or after the request's",
                do="correct the date",
            )
        with self.together():
            self.note_facts(
                ((request, fact, level) for fact, level in (facts or {}).items()),
                at=moment,
                source=source,
                vocabulary=vocabulary,
            )
            return self._append(
                "decisions",
                request=request,
                kind=kind,
                action=action,
                at=moment,
                source=source,
                opinion_seen=int(opinion_seen),
                because=because,
                remind_on=remind_on.isoformat() if remind_on else None,
            )

    def undo_decision(
        self, number: int, *, at: Moment, source: str, because: str | None = None
    ) -> int:
        """Take a decision back by a new row; both stay in the ledger.

        Parameters
        ----------
        number : int
            The decision's number: its `id`. The number of a taking back puts the decision in force again.
        at : datetime, date or str
            When it was taken back.
        source : str
            Who says so.
        because : str, optional
            Why.

        Returns
        -------
        int
            The number of the new row.

        Raises
        ------
        LedgerError
            There is no such decision, or it was taken back before.
        """
        every = self.decisions(standing=False)
        found = every[in_force(every) & (every["id"] == number)]
        if found.empty:
            raise LedgerError(
                f"saw the decision number {number}, which is not in force",
                accepted=", ".join(map(str, self.decisions()["id"].tail(5))) or "none stands yet",
                do="take its number from the ledger's decisions",
            )
        row = found.iloc[0]
        return self._append(
            "decisions",
            request=row["request"],
            kind=row["kind"],
            action=UNDONE,
            at=read_moment(at),
            source=source,
            opinion_seen=int(row["opinion_seen"]),
            because=because,
            undoes=int(number),
        )

    def undo_last_decision(
        self, request: str, *, at: Moment, source: str, because: str | None = None
    ) -> tuple[str, str]:
        """Take the decision about a request back that counts now.

        Parameters
        ----------
        request : str
            The request's key.
        at : datetime, date or str
            When it was taken back.
        source : str
            Who says so.
        because : str, optional
            Why.

        Returns
        -------
        tuple of str
            The action taken back, and the earlier one that counts again, empty where there is none.

        Raises
        ------
        LedgerError
            The ledger does not know the request, or no decision about it stands.
        """
        with self.together():
            self._request(request)
            every = self.decisions()
            mine = every[every["request"] == request]
            if mine.empty:
                raise LedgerError(
                    f"no decision about {request} stands that could be taken back",
                    accepted="a request that you decided",
                    do="record what you did with 'netkit decide'; a step of an introduction is taken"
                    " back with 'netkit intro undo'",
                )
            self.undo_decision(int(mine["id"].iloc[-1]), at=at, source=source, because=because)
        return ("", *mine["action"])[-1], ("", *mine["action"])[-2]

    def note_fact(
        self,
        request: str,
        fact: str,
        level: object,
        at: Moment,
        source: str,
        *,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Note one fact about a request; `unknown` takes an earlier note back.

        Parameters
        ----------
        request, fact : str
            The request's key and the fact's name.
        level : object
            One of the fact's levels, a number, or unknown.
        at : datetime, date or str
            When it was known.
        source : str
            Who says so.
        vocabulary : Vocabulary, optional
            The declared facts, with the user's own.
        """
        self.note_facts([(request, fact, level)], at=at, source=source, vocabulary=vocabulary)

    def note_facts(
        self,
        notes: Iterable[tuple[str, str, object]],
        *,
        at: Moment,
        source: str,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Note several facts in one write.

        Parameters
        ----------
        notes : iterable of (str, str, object)
            Request, fact and level.
        at : datetime, date or str
            When they were known.
        source : str
            Who says so.
        vocabulary : Vocabulary, optional
            The declared facts, with the user's own.

        Raises
        ------
        FactError
            A fact or level is not declared; then none is noted.
        """
        moment = read_moment(at)
        with self.together():
            for request, fact, level in notes:
                kind, _ = self._request(request)
                declared = vocabulary if vocabulary is not None else _shipped(kind)
                value = declared[fact].parse(level)
                self._append(
                    "facts_noted",
                    request=request,
                    kind=kind,
                    fact=fact,
                    level=UNKNOWN if value is None else str(value),
                    at=moment,
                    source=source,
                )

    def add_invitation(
        self,
        name: str,
        *,
        sent_at: Moment,
        source: str,
        url: str | None = None,
        message: str | None = None,
    ) -> str:
        """Add an incoming invitation that no export shows (yet); a later export finds it again.

        Parameters
        ----------
        name : str
            The sender.
        sent_at : datetime, date or str
            When it was sent.
        source : str
            Who says so.
        url : str, optional
            The sender's profile address.
        message : str, optional
            The note that came with it.

        Returns
        -------
        str
            The request's key; the same invitation twice is one.
        """
        keys = person_keys(pd.Series([url], dtype="str"), pd.Series([name], dtype="str")).iloc[0]
        if pd.isna(keys["person"]):
            raise LedgerError(f"saw the sender {name!r}", accepted="a name", do="give one")
        moment = read_moment(sent_at)
        identity = f"{keys['person']}|incoming|{moment}"
        with self.together():
            known = self._one("SELECT request FROM invitations WHERE identity = ?", [identity])
            if known:
                return str(known)
            request = request_key("inv", identity, taken=_Taken(self))
            self._connection.execute(
                "INSERT INTO invitations (request, identity, direction, person, confidence, name,"
                " url, sent_at, message, origin) VALUES (?, ?, 'incoming', ?, ?, ?, ?, ?, ?, 'by hand')",
                [request, identity, keys["person"], keys["confidence"], name, url, moment, message],
            )
        return request


def _shipped(kind: Kind) -> Vocabulary:
    return vocabulary(kind)


class _Taken:
    """The keys in use, looked up one by one: a long list must not read all of them each time."""

    def __init__(self, ledger: LedgerRows) -> None:
        self._ledger = ledger

    def __contains__(self, request: object) -> bool:
        return self._ledger.knows(str(request))
