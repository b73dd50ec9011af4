"""Requests for an introduction, the steps of each one's life, and the letters that were sent."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal, get_args

import pandas as pd

from netkit.errors import LedgerError, nearest
from netkit.facts import OUTCOMES, Kind, vocabulary
from netkit.ledger.database import (
    UNDONE,
    Database,
    Moment,
    Store,
    active_rows,
    check_word,
    numbers_not_undone,
    read_moment,
    source_of,
    standing_rows,
)
from netkit.ledger.workspace import readable_cells
from netkit.people import keys_of
from netkit.request_keys import request_key

Step = Literal[
    "judged", "asked_more", "call_me", "permission_asked", "permission_given", "permission_refused",
    "introduced", "followed_up", "outcome_requester", "outcome_contact", "declined", "redirected", "undone",
]  # fmt: skip
_INTRODUCTIONS = "SELECT * FROM introductions ORDER BY asked_at, request"
_EVENTS = "SELECT * FROM introduction_events ORDER BY id"
_WISHES = "SELECT * FROM wishes ORDER BY id"


class IntroductionStore(Store):
    """Introductions and their steps; which step may follow which is decided elsewhere."""

    def add(
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
        (asks, wanted), _ = keys_of([None, None], [requester_name, contact_name])
        if asks is None or wanted is None:
            raise LedgerError(f"{requester_name!r} and {contact_name!r} are not two names", "Give both")
        requester, contact = requester or asks, contact or wanted
        return self._kept_once(
            requester=requester,
            requester_name=requester_name,
            contact=contact,
            contact_name=contact_name,
            purpose_text=purpose_text,
            channel=channel,
            asked_at=read_moment(asked_at),
            via=source,
        )

    def receive(
        self,
        requester: tuple[str, str],
        introducer: tuple[str, str],
        *,
        purpose_text: str,
        channel: str,
        asked_first: bool | None,
        asked_at: Moment,
        source: str,
    ) -> str:
        """Record that somebody introduces a person to you: you are the contact.

        Parameters
        ----------
        requester, introducer : tuple of str
            Key and name of the person you are to meet, and of the person who introduces.
        purpose_text, channel, asked_at, source
            As for `add`.
        asked_first : bool or None
            Whether you were asked before the two of you were brought together; None for unknown.

        Returns
        -------
        str
            The request's key; the same people on the same day are one.
        """
        check_word("channel", channel, vocabulary("introduction")["asked_by"].levels)
        return self._kept_once(
            requester=requester[0],
            requester_name=requester[1],
            contact=None,
            contact_name="",
            introducer=introducer[0],
            introducer_name=introducer[1],
            asked_first=asked_first,
            purpose_text=purpose_text,
            channel=channel,
            asked_at=read_moment(asked_at),
            via=source,
        )

    def _kept_once(self, **row: Any) -> str:  # noqa: ANN401 - the cells of a row
        """Keep a request unless its people asked for it on that day already, and return its key."""
        with self._database.together():
            request = self._key(row)
            query = "SELECT purpose_text, channel FROM introductions WHERE request = ?"
            known = self._database.connection.execute(query, [request]).fetchone()
            if known is None:
                self._database.append("introductions", request=request, **row)
            else:
                _refuse_other_words(request, known, (row["purpose_text"], row["channel"]))
        return request

    def _key(self, row: Mapping[str, Any]) -> str:
        # To meet Tom, and to be brought to you by Tom, are two requests.
        query = "SELECT request, requester, contact, introducer, asked_at FROM introductions"
        stored = {request: tuple(one) for request, *one in self._database.connection.execute(query)}
        this = tuple(row.get(side) for side in ("requester", "contact", "introducer", "asked_at"))
        taken = {request for request, other in stored.items() if other != this} | _undone_introductions(
            self._database
        )
        return request_key("intro", *filter(None, this), taken=taken)

    def undo(self, introduction: str, *, at: Moment, source: str, because: str | None = None) -> int:
        """Take back a request for an introduction by a new row, for example when a name was mistyped.

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
        return self.add_event(introduction, "undone", at=at, source=source, detail=detail)

    def add_event(
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
        kind, _ = find_request(self._database, introduction)
        if kind != "introduction":
            raise LedgerError(
                f"{introduction} is an {kind}", "Give the key of an introduction, which begins with intro-"
            )
        check_word("step", step, get_args(Step))
        detail = dict(detail or {})
        undoes = None if undoes is None else int(undoes)  # a frame's numbers are not Python's
        if step.startswith("outcome_"):
            check_word("outcome", str(detail.get("outcome")), OUTCOMES)
        with self._database.together():
            if undoes is not None and introduction != self._database.one(
                "SELECT introduction FROM introduction_events WHERE id = ?", [undoes]
            ):
                raise LedgerError(
                    f"{introduction} has no step number {undoes}",
                    "Look its steps up with 'netkit intro show'",
                )
            return self._database.append(
                "introduction_events",
                introduction=introduction,
                step=step,
                at=read_moment(at),
                detail=json.dumps(detail, ensure_ascii=False, sort_keys=True),
                source=source_of(source),
                via=source,
                undoes=undoes,
            )

    def to_frame(self, *, include_undone: bool = False, received: bool = False) -> pd.DataFrame:
        """Return every request for an introduction, oldest first.

        Parameters
        ----------
        include_undone : bool, default False
            Keep the requests that were taken back, as when a name was mistyped.
        received : bool, default False
            Those that you receive, in the place of those that you were asked for.

        Returns
        -------
        DataFrame
            `request`, `requester` (person key or missing), `requester_name`, `contact`,
            `contact_name`, `purpose_text`, `channel`, `asked_at`, `recorded_at`, `via`; of those received
            `introducer`, `introducer_name` and `asked_first` (1, 0 or missing) in the contact's place.
        """
        frame = self._database.frame(_INTRODUCTIONS)
        mine = frame["introducer"].notna()
        other = ["contact", "contact_name"] if received else ["introducer", "introducer_name", "asked_first"]
        frame = frame[mine == received].drop(columns=other).reset_index(drop=True)
        if include_undone:
            return frame
        undone = _undone_introductions(self._database)
        return frame[~frame["request"].isin(undone)].reset_index(drop=True)

    def rows(self) -> list[dict[str, Any]]:
        """Return every introduction that was not taken back, asked for or received, as plain values."""
        undone = _undone_introductions(self._database)
        return [row for row in self._database.rows(_INTRODUCTIONS) if row["request"] not in undone]

    def event_rows(self) -> list[dict[str, Any]]:
        """Return every step, those taken back and the taking back too, as plain values."""
        rows = self._database.rows(_EVENTS)
        with readable_cells(self._database.file):
            return [row | {"detail": json.loads(row["detail"])} for row in rows]

    def standing_events(self) -> dict[str, list[dict[str, Any]]]:
        """Return what `events` returns as plain values, by introduction."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in standing_rows(self.event_rows(), "step"):
            found[row["introduction"]].append(row)
        return found

    def events(self, *, include_undone: bool = False) -> pd.DataFrame:
        """Return the steps of introductions, in the order of recording.

        Parameters
        ----------
        include_undone : bool, default False
            Keep the steps that a later one undoes, and the undoing.

        Returns
        -------
        DataFrame
            `id`, `introduction`, `step`, `at`, `recorded_at`, `detail` (dict), `via`, `source` (typed or
            sheet), `sitting`, `undoes`.
        """
        frame = self._database.frame(_EVENTS)
        frame["detail"] = self._database.parsed(frame["detail"])
        return frame if include_undone else active_rows(frame, "step")


class LetterStore(Store):
    """The letters that were sent, so that a later one can start from them."""

    def add(
        self,
        template: str,
        text: str,
        *,
        at: Moment,
        source: str,
        request: str | None = None,
        purpose: str | None = None,
    ) -> int:
        """Keep a letter as it was sent.

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
            find_request(self._database, request)
        return self._database.append(
            "letters_sent",
            request=request,
            template=template,
            purpose=purpose,
            text=text,
            at=read_moment(at),
            via=source,
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return every letter: `id`, `request`, `template`, `purpose`, `text`, `at`, `via`."""
        return self._database.rows("SELECT * FROM letters_sent ORDER BY id")


class WishStore(Store):
    """What people wish to be asked about; a later wish takes the place of an earlier one."""

    def add(self, person: str, name: str, wish: str | None, *, at: Moment, source: str) -> int:
        """Note a wish, or that there is none any more; return the number of the new row."""
        return self._database.append(
            "wishes", person=person, name=name, wish=wish, at=read_moment(at), via=source
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return what `to_frame` returns as plain values, a row each."""
        return self._database.rows(_WISHES)

    def to_frame(self) -> pd.DataFrame:
        """Return every wish: `id`, `person`, `name`, `wish` (missing: none any more), `at`, `via`."""
        return self._database.frame(_WISHES)


def find_request(database: Database, request: str) -> tuple[Kind, str]:
    """Return a request's kind and the moment it arrived; refuse a key that the ledger does not know."""
    sent = database.one("SELECT sent_at FROM invitations WHERE request = ?", [request])
    if sent:
        return "invitation", str(sent)
    asked = database.one("SELECT asked_at FROM introductions WHERE request = ?", [request])
    if asked and request not in _undone_introductions(database):
        return "introduction", str(asked)
    rows = database.rows("SELECT request FROM invitations ORDER BY sent_at, request")
    keys = [row["request"] for row in [*rows, *IntroductionStore(database).rows()]]
    raise LedgerError(
        f"The ledger does not know the request {request!r}",
        f"{nearest(request, keys)}Take the key from 'netkit triage' or 'netkit intro list'",
    )


def _undone_introductions(database: Database) -> set[str]:
    """Return the requests that were taken back themselves: by an undoing that names no step."""
    rows = database.rows("SELECT id, introduction, step, undoes FROM introduction_events ORDER BY id")
    numbers, undoes, words = ([row[name] for row in rows] for name in ("id", "undoes", "step"))
    return {
        row["introduction"]
        for row, active in zip(rows, numbers_not_undone(numbers, undoes, words), strict=True)
        if active and row["step"] == UNDONE and row["undoes"] is None
    }


def _refuse_other_words(request: str, known: tuple[str, str], said: tuple[str, str]) -> None:
    """Refuse another purpose, whose words would be lost, or channel: a call after a message counts (PV5)."""
    same = f"{request} is the request of the same people on the same day,"
    (purpose, channel), (purpose_now, channel_now) = known, said
    if purpose.split() != purpose_now.split():
        raise LedgerError(
            f"{same} for {purpose!r}, and it would now be for {purpose_now!r}",
            f"Take the first back with 'netkit intro undo {request} --request', or say both in one",
        )
    if channel != channel_now:
        raise LedgerError(
            f"{same} asked by {channel!r}, and it would now be by {channel_now!r}",
            f"If you were asked again, say so: netkit intro judge {request} --fact asked_by={channel_now}",
        )
