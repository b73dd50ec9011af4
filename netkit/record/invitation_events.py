"""What one event of the change log says of an invitation; whatever is not surely an answer is unknown."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

_SUCCESS = ("", "success", "successful_replay")
_ANSWERS = {"accept": "accept", "ignore": "ignore", "decline": "ignore"}
_TYPES = ("invitationType", "genericInvitationType", "inviteType", "type")
_PREFIX = re.compile(r"^[a-z]*type_", re.IGNORECASE)  # InviteeActionType_ACCEPT
_NUMBER = re.compile(r"(?:urn:li:(?:fsd_)?invitation:)?(\d{10,20})")
_UNABLE = "Unable_to_process_this_field."
_FIRST, _LAST = 1_262_304_000_000, 4_102_444_800_000  # 2010 and 2100, in thousandths of a second
_DIGITS = 20
_SLACK = 60_000  # an invitation's number may be this much younger than the answer, by two clocks


class Event(NamedTuple):
    """One invitation in one event: what was done about it, and when.

    `made` is when the invitation was made, by its own number, 0 where that tells nothing; times are
    thousandths of a second since 1970, UTC.
    """

    event: str
    activity: str
    captured: int
    processed: int
    action: str
    invitation: str
    made: int
    together: int


def is_event(said: Mapping[str, Any]) -> bool:
    """Tell whether an object is an event of the change log."""
    return "resourceName" in said and "method" in said


def is_about_invitations(said: Mapping[str, Any]) -> bool:
    """Tell whether an event is about invitations; nothing else is looked at any further."""
    return said.get("resourceName") == "invitations"


def processed_at(said: Mapping[str, Any]) -> int | None:
    """Return when an event came to the change log."""
    return _moment(said.get("processedAt")) or _moment(said.get("capturedAt"))


def read_event(said: Mapping[str, Any]) -> Iterator[Event]:
    """Yield what an event says of each invitation that it names."""
    captured, event = _moment(said.get("capturedAt")), _key(said)
    if captured is None or not event:
        return
    activity = said.get("activity")
    activity = activity if isinstance(activity, dict) else {}
    listed = activity.get("inviteActionData")
    listed = [listed] if isinstance(listed, dict) else listed
    named = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    own, action = _text(said.get("owner")), _action(said, activity)
    for each in named or [{"invitationId": said.get("resourceId")}]:
        invitation, made = _identified(each.get("invitationId"), captured)
        kind = _word(next((value for key in _TYPES if (value := each.get(key, activity.get(key)))), ""))
        other = action if kind in ("", "connection") else "other"
        yield Event(
            event,
            _digest(_text(said.get("activityId")) or f"event {event}"),
            captured,
            _moment(said.get("processedAt")) or captured,
            other if own else "unknown",
            invitation,
            made,
            max(len(named), 1),
        )


def _action(said: Mapping[str, Any], activity: Mapping[str, Any]) -> str:
    """Return what an event means for its invitations, in one word."""
    status = _text(said.get("activityStatus")).casefold()
    if status not in _SUCCESS:
        return "failed" if status == "failure" else "unknown"
    own, actor = said.get("owner"), said.get("actor")
    if _text(said.get("method")).upper() != "ACTION":
        return "unknown"
    method = said.get("methodName")
    if method == "inviteeClosingInvitation":
        return (
            _ANSWERS.get(_word(activity.get("inviteeActionType")), "unknown") if actor == own else "unknown"
        )
    if method == "inviterClosingInvitation":
        inviter = activity.get("inviter", actor)
        if not inviter or _word(activity.get("inviterActionType", "WITHDRAW")) != "withdraw":
            return "unknown"
        return "withdrawn" if inviter == own else "retracted"
    if method == "verifyAndCreate":
        made = activity.get("invitationV2")
        inviter = made.get("inviter") if isinstance(made, dict) else None
        return ("sent" if inviter == own else "arrived") if inviter else "unknown"
    return "unknown"


def _key(said: Mapping[str, Any]) -> str:
    number = said.get("id")
    if isinstance(number, int) and not isinstance(number, bool):
        return str(number)
    return _text(number)[:60] or _digest(_text(said.get("activityId")))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=9).hexdigest() if text else ""


def _identified(value: object, captured: int) -> tuple[str, int]:
    """Return an invitation's number, and the moment that stands in it.

    A number that is no text may have been rounded: it still tells the moment.
    """
    if isinstance(value, float) and 0 < value < 1e19:
        value = int(value)
    exact = isinstance(value, str)
    number = int(value) if isinstance(value, int) and not isinstance(value, bool) else 0
    if isinstance(value, str) and (found := _NUMBER.fullmatch(value.strip())):
        number = int(found[1])
    made = number >> 22
    if not _FIRST <= made <= captured + _SLACK:
        return str(number) if number else "", 0
    return str(number) if exact else f"~{number}", made


def _moment(value: object) -> int | None:
    """Return a moment in thousandths of a second, or None for what is none.

    Tools that pass answers on write seconds, or a date as text; without a zone that is UTC.

    >>> _moment(1773648000000) == _moment("1773648000") == _moment("2026-03-16T09:00:00+01:00")
    True
    """
    if isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) < _DIGITS else _written(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    found = (int(value * scale) for scale in (1, 1000) if _FIRST <= value * scale <= _LAST)
    return next(found, None)


def _written(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None


def _word(value: object) -> str:
    """Return an enum's word: a bare one, or one with its type before it; a number is unknown.

    >>> _word("InviteeActionType_ACCEPT"), _word("Ignore"), _word(3)
    ('accept', 'ignore', 'unknown')
    """
    if value is None or value == "":
        return ""
    return _PREFIX.sub("", value.strip()).casefold() if isinstance(value, str) else "unknown"


def _text(value: object) -> str:
    return value if isinstance(value, str) and value != _UNABLE else ""
