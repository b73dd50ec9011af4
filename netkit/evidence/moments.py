"""Moments as other programs write them, in seconds since 1970; one without a zone counts a day later."""

import re
import time
from calendar import timegm
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
    "nov": 11, "dec": 12,
}  # fmt: skip
_MAIL = re.compile(
    r"(\d{1,2})[ -]+([A-Za-z]{3})[a-z]*\.?[ -]+(\d{2,4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*"
    r"([+-]\d{4}|[A-Za-z]{1,5})?"
)
_FROM_LINE = re.compile(
    r"([A-Za-z]{3}) +(\d{1,2}) (\d\d):(\d\d)(?::(\d\d))?(?: ([+-]\d{4}|[A-Z]{1,5}))? (\d{4})"
    r"(?: ([+-]\d{4}))?\s*$"
)
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d)?:?(\d\d)?:?(\d\d)?(?:[.,]\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_ZONES = {"gmt": 0, "ut": 0, "utc": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
          "mdt": -6, "pst": -8, "pdt": -7, "cet": 1, "cest": 2, "bst": 1, "jst": 9}  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
_DAY = 86_400
_EARLIEST = timegm((1990, 1, 1, 0, 0, 0))


def in_bounds(at: int | None) -> int | None:
    """Return a moment that can be: since 1990, and not in the future."""
    return at if at is not None and _EARLIEST <= at <= time.time() + _DAY else None


@lru_cache(maxsize=1 << 12)
def mail_moment(text: str) -> int | None:
    """Return the moment of a mail's date.

    >>> mail_moment("Mon, 4 Mar 2024 11:20:34 +0100"), mail_moment("31 Feb 2024 10:00 +0000")
    (1709547634, None)
    """
    found = _MAIL.search(text)
    if found is None:
        return None
    day, month, year, hour, minute, second, zone = found.groups()
    number = int(year) + (2000 if int(year) < 70 else 1900) * (int(year) < 100)
    return _moment(number, _MONTHS.get(month.casefold(), 0), day, hour, minute, second, zone)


def from_line_moment(text: str) -> int | None:
    """Return the moment at the end of a line that begins a message of an mbox."""
    found = _FROM_LINE.search(text)
    if found is None:
        return None
    month, day, hour, minute, second, before, year, after = found.groups()
    zone = after or before or "UTC"
    return _moment(int(year), _MONTHS.get(month.casefold(), 0), day, hour, minute, second, zone)


def iso_moment(text: str) -> int | None:
    """Return the moment of a date as ISO 8601 or iCalendar writes it.

    >>> iso_moment("20240304T112034Z"), iso_moment("2024-03-04 11:20:34 +0000")
    (1709551234, 1709551234)
    """
    found = _ISO.match(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, said = found.groups()
    return _moment(int(year), int(month), day, hour or 0, minute or 0, second, (said or "").replace(":", ""))


def _moment(
    year: int, month: int, day: str, hour: str | int, minute: str | int, second: str | None, zone: str | None
) -> int | None:
    try:
        at = timegm(
            datetime(year, month, int(day), int(hour), int(minute), min(int(second or 0), 59)).timetuple()
        )
    except (ValueError, OverflowError):
        return None
    offset = _zone_seconds(zone or "")
    return in_bounds(at + _DAY if offset is None else at - offset)


def _zone_seconds(zone: str) -> int | None:
    """Return the seconds by which a zone is ahead of UTC, or nothing where it does not say."""
    known = _ZONES.get(zone.casefold())
    if known is not None:
        return known * 3600
    found = _OFFSET.search(zone)
    if found is None:
        return None
    seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    return None if seconds > 14 * 3600 else seconds * (1 if found[1] == "+" else -1)


@lru_cache(maxsize=1 << 8)
def _named_zone(name: str) -> ZoneInfo | None:
    """Return a zone by its name in the database of zones, or nothing."""
    try:
        return ZoneInfo(name.strip().lstrip("/"))
    except Exception:  # no such name, a folder's name, or a path outside
        return None


def local_moment(when: datetime, zone: str, offset: int | None = None) -> int | None:
    """Return the moment of a local time in a zone, which a calendar names or describes."""
    naive = timegm(when.timetuple())
    if found := _named_zone(zone):
        ahead = when.replace(tzinfo=found).utcoffset() or timedelta()
        return int(naive - ahead.total_seconds())
    if offset is None:
        offset = _zone_seconds(zone)
    # A described zone leaves summer time open: the later of both counts.
    return naive + _DAY if offset is None else naive - offset + 3600
