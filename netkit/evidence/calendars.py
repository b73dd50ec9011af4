"""Calendars: whom the owner met in events that took place; no title, place or text is kept."""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import IO

from netkit.evidence.addresses import canonical, clean_name, is_passed_on, pattern_of
from netkit.evidence.moments import in_bounds, iso_moment, local_moment
from netkit.evidence.text_lines import logical_lines
from netkit.evidence.traces import Act, Progress, Tally

_MOST_EVENTS = 200_000
_MOST_TIMES = 3_000
_NAMED = re.compile(r';(CN|PARTSTAT|CUTYPE|EMAIL|TZID|VALUE)=("[^"]*"?|[^;:"]*)', re.IGNORECASE)
_ADDRESS = re.compile(r":(?:mailto:)?([^\s:;\"]+@[^\s:;\"]+)$", re.IGNORECASE)
_LINKS = frozenset(
    ["X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGCONFLINK"]
)
_KEPT = _LINKS | {
    "UID", "RECURRENCE-ID", "DTSTART", "RRULE", "EXDATE", "STATUS", "ORGANIZER", "ATTENDEE", "LOCATION"
}  # fmt: skip
_DATED = frozenset({"DTSTART", "RECURRENCE-ID", "EXDATE"})
_DAYS = {name: at for at, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}


@dataclass
class _Line:
    """One line of a calendar: its name, its parameters and its value."""

    name: str
    said: dict[str, str]
    value: str
    address: str = ""


@dataclass
class _Event:
    """What one event says of who, when and whether."""

    lines: dict[str, list[_Line]] = field(default_factory=lambda: defaultdict(list))

    def value(self, name: str) -> str:
        """Return the value of a line, or nothing."""
        found = self.lines.get(name)
        return found[0].value.strip() if found else ""


@dataclass(frozen=True)
class _Guest:
    address: str
    name: str
    answer: str


def read_calendar(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count whom the owner met; of a series each event that was, changed ones by what changed."""
    zones: dict[str, int] = {}
    series: list[_Event] = []
    changed: set[tuple[str, int]] = set()
    for event in _events(logical_lines(stream, progress), zones):
        tally.read["events"] += 1
        moved = event.lines.get("RECURRENCE-ID")
        if moved and (at := _starts(moved[0], zones)) is not None:
            changed.add((event.value("UID"), at))
        if event.value("RRULE") and not moved and len(series) < _MOST_EVENTS:
            series.append(event)
        else:
            _count_event(event, _one(event, zones), tally)
    for event in series:
        times = [at for at in _times(event, zones) if (event.value("UID"), at) not in changed]
        _count_event(event, times, tally)


def people_of(stream: IO[bytes], progress: Progress) -> Iterator[list[str]]:
    """Return the addresses at each event, to tell whose calendar it is."""
    for event in _events(logical_lines(stream, progress), {}):
        found = [line.address for name in ("ORGANIZER", "ATTENDEE") for line in event.lines.get(name, ())]
        if any(found):
            yield [address for address in found if address]


def _events(lines: Iterable[str], zones: dict[str, int]) -> Iterator[_Event]:
    event: _Event | None = None
    inside: list[str] = []
    zone = ""
    for text in lines:
        name = re.split(r"[;:]", text, maxsplit=1)[0].upper()
        if name == "BEGIN":
            inside.append(text[6:].strip().upper())
            if inside[-1] == "VEVENT":
                event = _Event()
        elif name == "END":
            if event and inside and inside[-1] == "VEVENT":
                yield event
                event = None
            inside = inside[:-1][-8:]
        elif event is not None and inside and inside[-1] == "VEVENT":
            if name in _KEPT and len(event.lines[name]) < 500:
                event.lines[name].append(_line(name, text))
        elif inside and inside[-1] == "VTIMEZONE" and name == "TZID":
            zone = text.partition(":")[2].strip()
        elif inside and inside[-1] == "STANDARD" and name == "TZOFFSETTO":
            found = re.search(r"([+-])(\d\d)(\d\d)", text)
            if found and len(zones) < 1_000:
                zones[zone] = (int(found[2]) * 3600 + int(found[3]) * 60) * (1 if found[1] == "+" else -1)


def _line(name: str, text: str) -> _Line:
    said = {key.upper(): value.strip('"') for key, value in _NAMED.findall(text)}
    if name in ("ORGANIZER", "ATTENDEE"):
        found = _ADDRESS.search(text)
        address = canonical(said.get("EMAIL", "")) or canonical(found[1] if found else "")
        return _Line(name, said, "", address)
    if name in _DATED:  # some write names of zones that hold a colon, and no quotes around them
        zone = re.search(r';TZID="?([^";]*?)"?(?:;[^:]*)?:[^:]*$', text)
        return _Line(name, {**said, "TZID": zone[1] if zone else ""}, text.rpartition(":")[2])
    # The value begins at the first colon outside quotes.
    found = re.match(r'(?:[^":]|"[^"]*")*:(.*)', text)
    return _Line(name, said, found[1] if found else text.partition(":")[2])


def _starts(line: _Line, zones: dict[str, int]) -> int | None:
    """Return when an event begins; none for a whole day."""
    if line.said.get("VALUE", "").upper() == "DATE" or "T" not in line.value:
        return None
    if line.value.strip().upper().endswith("Z"):
        return iso_moment(line.value)
    when = _local(line.value)
    zone = line.said.get("TZID", "")
    return None if when is None else in_bounds(local_moment(when, zone, zones.get(zone)))


def _local(value: str) -> datetime | None:
    try:
        return datetime.strptime(value.strip().rstrip("Zz")[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        return None


def _one(event: _Event, zones: dict[str, int]) -> list[int]:
    begins = event.lines.get("DTSTART")
    at = _starts(begins[0], zones) if begins else None
    return [] if at is None else [at]


def _count_event(event: _Event, times: list[int], tally: Tally) -> None:
    if not times:
        tally.left["whole days, or without a readable beginning in the past"] += 1
        return
    if event.value("STATUS").upper() == "CANCELLED":
        tally.left["cancelled"] += 1
        return
    guests, size = _guests(event)
    mine = [guest for guest in guests if guest.address in tally.own]
    if not mine or not any(guest.answer == "ACCEPTED" for guest in mine):
        tally.left["events that you neither organised nor accepted"] += 1
        return
    if size > tally.sizes[1]:
        tally.left[f"more than {tally.sizes[1]} people"] += 1
        return
    times = [at for at in times if tally.is_new("event", event.value("UID") or repr(guests), str(at))]
    organiser = next((line.address for line in event.lines.get("ORGANIZER", ())), "")
    booked = pattern_of("booking").search(f"{event.value('UID')} {organiser}") is not None
    for guest in guests:
        if guest not in mine and guest.answer != "DECLINED":
            act = _act(event, guest, size, tally.sizes, booked=booked)
            for at in times:
                tally.saw(guest.address, "" if is_passed_on(guest.name) else guest.name, act, at)


def _act(event: _Event, guest: _Guest, size: int, sizes: tuple[int, int], *, booked: bool) -> Act:
    came = guest.answer == "ACCEPTED" and not booked
    few, most = sizes
    is_small = size <= few
    text = f"2-{few}" if is_small else f"{few + 1}-{most}"
    return Act("meeting", "accepted" if came else "invited", text, is_small and came and _has_place(event))


def _guests(event: _Event) -> tuple[list[_Guest], int]:
    """Return the people of an event and how many they are; a group counts ten."""
    found: dict[str, _Guest] = {}
    size = 0
    for name in ("ORGANIZER", "ATTENDEE"):
        for line in event.lines.get(name, ()):
            kind = line.said.get("CUTYPE", "").upper()
            if kind in ("ROOM", "RESOURCE"):
                continue
            size += 10 * (kind == "GROUP")
            if kind == "GROUP" or not line.address or line.address.endswith(".calendar.google.com"):
                continue
            answer = "ACCEPTED" if name == "ORGANIZER" else line.said.get("PARTSTAT", "").upper()
            before = found.get(line.address)
            if before is None or answer == "DECLINED":
                said = clean_name(line.said.get("CN", ""), line.address) or (before.name if before else "")
                found[line.address] = _Guest(line.address, said, answer)
            elif not before.name:
                said = clean_name(line.said.get("CN", ""), line.address)
                found[line.address] = _Guest(line.address, said, before.answer)
    return list(found.values()), size + len(found)


def _has_place(event: _Event) -> bool:
    place = event.value("LOCATION")
    return bool(place) and not _LINKS & event.lines.keys() and not pattern_of("no_place").search(place)


def _times(event: _Event, zones: dict[str, int]) -> list[int]:
    """Return when the events of a series took place; a rule that is not understood tells its first."""
    begins = event.lines.get("DTSTART")
    first = _one(event, zones)
    when = _local(begins[0].value) if begins and first else None
    if not begins or when is None:
        return first
    rule = dict(part.partition("=")[::2] for part in event.value("RRULE").upper().split(";") if "=" in part)
    left_out = {
        at
        for line in event.lines.get("EXDATE", ())
        for value in line.value.split(",")[:_MOST_TIMES]
        if (at := _starts(_Line("EXDATE", line.said, value), zones)) is not None
    }
    line = begins[0]
    found = []
    for each in _recur(rule, when):
        text = each.strftime("%Y%m%dT%H%M%S") + "Z" * line.value.strip().upper().endswith("Z")
        at = _starts(_Line("DTSTART", line.said, text), zones)
        if at is None:  # the future
            break
        found.append(at)
    return [at for at in found or first if at not in left_out]


def _recur(rule: dict[str, str], first: datetime) -> Iterator[datetime]:
    """Return the days of a series, oldest first, up to now."""
    until = _local(rule.get("UNTIL", "")) or _day(rule.get("UNTIL", "")) or datetime.max
    until = min(until + timedelta(days=1) if until < datetime.max - timedelta(days=2) else until, _now())
    most = min(_number(rule.get("COUNT", ""), _MOST_TIMES), _MOST_TIMES)
    candidates = (each for each in _candidates(rule, first, until) if each >= first)
    for each in islice(candidates, most):
        if each > until:
            return
        yield each


def _candidates(rule: dict[str, str], first: datetime, until: datetime) -> Iterator[datetime]:
    step = max(1, _number(rule.get("INTERVAL", ""), 1))
    frequency = rule.get("FREQ", "")
    days = [_DAYS[word[-2:]] for word in rule.get("BYDAY", "").split(",") if word[-2:] in _DAYS]
    if frequency in ("DAILY", "WEEKLY"):
        week = frequency == "WEEKLY"
        at = first - timedelta(days=first.weekday()) if week else first
        while at <= until:
            if week:
                yield from (at + timedelta(days=day) for day in sorted(set(days)) or [first.weekday()])
            elif not days or at.weekday() in days:
                yield at
            at += timedelta(days=step * (7 if week else 1))
    elif frequency in ("MONTHLY", "YEARLY"):
        month = first.year * 12 + first.month - 1
        while (start := datetime.combine(date(month // 12, month % 12 + 1, 1), first.time())) <= until:
            yield from _in_month(rule if frequency == "MONTHLY" else {}, first, start)
            month += step * (12 if frequency == "YEARLY" else 1)
    else:
        yield first


def _in_month(rule: dict[str, str], first: datetime, start: datetime) -> Iterator[datetime]:
    last = monthrange(start.year, start.month)[1]
    if wanted := rule.get("BYDAY"):
        days = sorted({day for word in wanted.split(",") for day in _days_named(word, start, last)})
        places = [_number(word, 0) for word in rule.get("BYSETPOS", "").split(",") if word]
        chosen = sorted({day for place in places for day in _nth(days, place)}) if places else days
        yield from (start.replace(day=day) for day in chosen)
        return
    day = _number(rule.get("BYMONTHDAY", ""), first.day)
    day = last + 1 + day if day < 0 else day
    if 1 <= day <= last:
        yield start.replace(day=day)


def _days_named(word: str, start: datetime, last: int) -> list[int]:
    """Return which days of a month are, say, its Mondays, or its second Monday."""
    found = re.fullmatch(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)", word)
    if found is None:
        return []
    days = [day for day in range(1, last + 1) if start.replace(day=day).weekday() == _DAYS[found[2]]]
    return _nth(days, int(found[1])) if found[1] else days


def _nth(days: list[int], place: int) -> list[int]:
    return [days[place - (place > 0)]] if place and -len(days) <= place <= len(days) else []


def _number(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[+-]?\d{1,6}", text) else otherwise


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:8], "%Y%m%d")
    except ValueError:
        return None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
