"""Writing introductions, their steps, letters and reviews into the ledger."""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import vocabulary
from netkit.ledger.notes import LedgerNotes
from netkit.ledger.rows import Moment, check_word, read_moment
from netkit.people import person_keys
from netkit.request_keys import request_key

Step = Literal[
    "judged",
    "asked_more",
    "call_me",
    "permission_asked",
    "permission_given",
    "permission_refused",
    "introduced",
    "followed_up",
    "outcome_requester",
    "outcome_contact",
    "declined",
    "redirected",
    "undone",
]
OUTCOMES = ("useful", "neutral", "no_reply", "no_show", "regretted")


class LedgerIntroductions(LedgerNotes):
    """The storage of an introduction's life; which step may follow which is decided elsewhere."""

    def add_introduction(
        self,
        requester_name: str,
        contact_name: str,
        *,
        purpose_text: str,
        channel: str,
        asked_at: Moment,
        source: str,
        requester: str | None = None,
        contact: str | None = None,
    ) -> str:
        """Record that somebody asked to be introduced to one of your contacts.

        Parameters
        ----------
        requester_name, contact_name : str
            Who asks, and whom he wants to meet.
        purpose_text : str
            What it is for, in words.
        channel : str
            How you were asked, a level of the fact `asked_by`.
        asked_at : datetime, date or str
            When.
        source : str
            Who says so.
        requester, contact : str, optional
            Their person keys; the key of the name where left out.

        Returns
        -------
        str
            The request's key; the same request twice is one.

        Raises
        ------
        LedgerError
            A name is empty, the channel is not one of the levels, or the same people stand in the
            ledger for that day with another purpose or channel.
        """
        check_word("channel", channel, vocabulary("introduction")["asked_by"].levels)
        names = pd.Series([requester_name, contact_name], dtype="str")
        keys = person_keys(pd.Series([None, None], dtype="str"), names)["person"]
        if keys.isna().any():
            raise LedgerError(
                f"saw the people {requester_name!r} and {contact_name!r}",
                accepted="two names",
                do="give both",
            )
        requester, contact = requester or keys[0], contact or keys[1]
        moment = read_moment(asked_at)
        with self.together():
            request = self._introduction_key(requester, contact, moment)
            query = "SELECT purpose_text, channel FROM introductions WHERE request = ?"
            known = self._connection.execute(query, [request]).fetchone()
            if known is not None:
                _check_purpose(request, known[0], purpose_text)
                _check_channel(request, known[1], channel)
            else:
                self._append(
                    "introductions",
                    request=request,
                    requester=requester,
                    requester_name=requester_name,
                    contact=contact,
                    contact_name=contact_name,
                    purpose_text=purpose_text,
                    channel=channel,
                    asked_at=moment,
                    source=source,
                )
        return request

    def _introduction_key(self, requester: str, contact: str, moment: str) -> str:
        query = "SELECT request, requester, contact, asked_at FROM introductions"
        stored = {row[0]: row[1:] for row in self._connection.execute(query)}
        this = (requester, contact, moment)
        taken = {request for request, other in stored.items() if other != this} | self._taken_back()
        return request_key("intro", *this, taken=taken)

    def take_introduction_back(
        self, introduction: str, *, at: Moment, source: str, because: str | None = None
    ) -> int:
        """Take a request for an introduction back by a new row, as when a name was mistyped.

        Parameters
        ----------
        introduction : str
            The request's key.
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
        detail = {"because": because} if because else {}
        return self.add_introduction_event(
            introduction, "undone", at=at, source=source, detail=detail
        )

    def add_introduction_event(
        self,
        introduction: str,
        step: Step,
        *,
        at: Moment,
        source: str,
        detail: Mapping[str, Any] | None = None,
        undoes: int | None = None,
    ) -> int:
        """Record one step of an introduction; which step may follow which is not checked here.

        Parameters
        ----------
        introduction : str
            The request's key.
        step : str
            One of the steps of an introduction's life, or `undone`.
        at : datetime, date or str
            When it happened.
        source : str
            Who says so.
        detail : mapping, optional
            What belongs to it; an outcome step needs `outcome`, one of `OUTCOMES`.
        undoes : int, optional
            The number of the earlier step of this introduction that it takes back.

        Returns
        -------
        int
            The number of the new row.

        Raises
        ------
        LedgerError
            The introduction, the step, the outcome or the step to undo does not exist.
        """
        kind, _ = self._request(introduction)
        if kind != "introduction":
            raise LedgerError(f"{introduction} is an {kind}", accepted="intro-…", do="correct it")
        check_word("step", step, get_args(Step))
        detail = dict(detail or {})
        undoes = None if undoes is None else int(undoes)  # a frame's numbers are not Python's
        if step.startswith("outcome_"):
            check_word("outcome", str(detail.get("outcome")), OUTCOMES)
        with self.together():
            if undoes is not None and introduction != self._one(
                "SELECT introduction FROM introduction_events WHERE id = ?", [undoes]
            ):
                raise LedgerError(
                    f"{introduction} has no step number {undoes}",
                    accepted="the number of one of its own steps",
                    do="look it up with 'netkit intro show'",
                )
            return self._append(
                "introduction_events",
                introduction=introduction,
                step=step,
                at=read_moment(at),
                detail=json.dumps(detail, ensure_ascii=False, sort_keys=True),
                source=source,
                undoes=undoes,
            )

    def add_letter(
        self,
        template: str,
        text: str,
        *,
        at: Moment,
        source: str,
        request: str | None = None,
        purpose: str | None = None,
    ) -> int:
        """Keep a letter that was sent, so that a later one can start from it.

        Parameters
        ----------
        template, text : str
            The template's name and the letter as it was sent.
        at : datetime, date or str
            When.
        source : str
            Who says so.
        request, purpose : str, optional
            What it answered, and what it was for.

        Returns
        -------
        int
            The number of the new row.
        """
        if request is not None:
            self._request(request)
        return self._append(
            "letters_sent",
            request=request,
            template=template,
            purpose=purpose,
            text=text,
            at=read_moment(at),
            source=source,
        )

    def add_review(
        self, person: str, verdict: str, *, at: Moment, source: str, because: str | None = None
    ) -> int:
        """Remember what was decided about a connection when the network was looked through.

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
        return self._append(
            "reviews",
            person=person,
            verdict=verdict,
            because=because,
            at=read_moment(at),
            source=source,
        )


def _check_purpose(request: str, known: str, said: str) -> None:
    """Refuse to lose words: the same people on the same day are one request."""
    if " ".join(known.split()) != " ".join(said.split()):
        raise LedgerError(
            f"{request} is the request of the same people on the same day, for {known!r}, and it would"
            f" now be for {said!r}",
            accepted="the same purpose, or another day",
            do=f"take the first back with 'netkit intro undo {request} --request', or say both in one",
        )


def _check_channel(request: str, known: str, said: str) -> None:
    """Refuse to pass over a second way of asking: a call after a message counts (clause PV5)."""
    if known != said:
        raise LedgerError(
            f"{request} is the request of the same people on the same day, asked by {known!r}, and it"
            f" would now be by {said!r}",
            accepted="the same channel, or another day",
            do=f"where you were asked again, say so: netkit intro judge {request} --fact asked_by={said}",
        )
