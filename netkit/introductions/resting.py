"""What rests: an invitation that you deferred until a day, or whose sender you asked something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from netkit.history.answering_connections import floor_day, newest_holding
from netkit.history.labels import NO_DAY, WAITS
from netkit.history.same_people import SamePeople
from netkit.introductions.heard_since import writers
from netkit.introductions.life import ReminderRule, number, resting_reminders
from netkit.ledger import Ledger
from netkit.wording import day_words

_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Rest:
    """Since when and until when an invitation rests.

    Attributes
    ----------
    action : str
        `defer`, or `ask`: then it rests until the sender writes, at the latest until the day.
    since, until : date
        The days.
    came : date or None
        When the sender first wrote after you had asked.
    archive : date or None
        The day of your newest archive with messages.
    """

    action: str
    since: date
    until: date
    came: date | None = None
    archive: date | None = None

    @property
    def reminder(self) -> ReminderRule:
        """How you are reminded of it."""
        return resting_reminders()[self.action]

    @property
    def until_then(self) -> str:
        """What you did, and until when it rests."""
        if self.action == "defer":
            return self.words
        back = f"it comes back on {day_words(self.until)}, or with a reply"
        return f"you asked on {day_words(self.since)}, and {back}"

    @property
    def words(self) -> str:
        """What you did, and of a question what came back as far as an archive tells.

        Examples
        --------
        >>> Rest("ask", date(2024, 3, 1), date(2024, 3, 15), archive=date(2024, 3, 9)).words
        'you asked on 1 Mar 2024; no reply in your archive since'
        """
        if self.action == "defer":
            return f"you deferred it until {day_words(self.until)}"
        if self.came:
            back = f"a message came on {day_words(self.came)}"
        elif self.archive and self.archive > self.since:
            back = "no reply in your archive since"
        else:
            back = "no newer archive yet that could show a reply"
        return f"you asked on {day_words(self.since)}; {back}"


def resting(ledger: Ledger, rows: Iterable[Mapping[str, Any]]) -> dict[str, Rest]:
    """Return the waiting invitations whose last word was `defer` or `ask`, also where the rest is over.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    rows : iterable of mapping
        `request`, `person`, `action` and `state` of invitations, as `Labels.rows` has them.

    Returns
    -------
    dict of str to Rest
        By request.
    """
    put_off = {
        row["request"]: row for row in rows if row["action"] in resting_reminders() and row["state"] in WAITS
    }
    last = {row["request"]: row for row in ledger.decisions.rows("invitation") if row["request"] in put_off}
    asked = {each: put_off[each]["person"] for each, row in last.items() if row["action"] == "ask"}
    heard = _heard(ledger, {each: (person, _asked_at(last[each])) for each, person in asked.items()})
    newest = newest_holding(ledger, "messages") if asked else None
    return {
        request: Rest(
            row["action"],
            _since(row),
            heard.get(request) or _until(row),
            heard.get(request),
            newest.date() if newest else None,
        )
        for request, row in last.items()
    }


def _since(row: Mapping[str, Any]) -> date:
    """Return from which day an invitation rests: of an answer without a day, the one of the recording."""
    moment: datetime = row["recorded_at" if NO_DAY in row["via"] else "at"]
    return moment.date()


def _asked_at(row: Mapping[str, Any]) -> datetime:
    """Return from when on a message may be the reply; of a day without a time that is its beginning."""
    at: datetime = row["at"]
    recorded: datetime = row["recorded_at"]
    if NO_DAY in row["via"]:
        return floor_day(recorded)
    return recorded if recorded.date() <= at.date() else floor_day(at)


def _heard(ledger: Ledger, asked: Mapping[str, tuple[str | None, datetime]]) -> dict[str, date]:
    """Return on which day the sender of each request first wrote since a moment, where one did."""
    if not asked:
        return {}
    same = SamePeople.of(ledger)
    theirs = writers(ledger, same)
    found = {}
    for request, (person, since) in asked.items():
        came = [ledger.exports.heard_within(each, since, _EVER) for each in theirs.get(same.key(person), ())]
        if first := min(filter(None, came), default=None):
            found[request] = first.date()
    return found


def look_again_on(since: date, named: date | None = None, action: str = "defer") -> date:
    """Return the day until which something rests: the one that was named, or the usual one.

    Parameters
    ----------
    since : date
        When it was deferred, or its sender asked.
    named : date, optional
        The day that you or your policy named.
    action : {'defer', 'ask'}
        What you did.

    Returns
    -------
    date
        The day.

    Examples
    --------
    >>> look_again_on(date(2024, 3, 1)), look_again_on(date(2024, 3, 1), date(2024, 4, 2))
    (datetime.date(2024, 8, 30), datetime.date(2024, 4, 2))
    """
    return named or since + timedelta(days=number(resting_reminders()[action].after))


def rests_until(ledger: Ledger, request: str) -> date | None:
    """Return the day until which an invitation rests, None where its last word is another.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    request : str
        The invitation's key.

    Returns
    -------
    date or None
        The day.

    Examples
    --------
    >>> rests_until(ledger, "inv-1a2b3c4d")  # doctest: +SKIP
    datetime.date(2024, 8, 30)
    """
    row = {row["request"]: row for row in ledger.decisions.rows("invitation")}.get(request)
    return _until(row) if row and row["action"] in resting_reminders() else None


def _until(row: Mapping[str, Any]) -> date:
    return look_again_on(_since(row), row["remind_on"] and row["remind_on"].date(), row["action"])
