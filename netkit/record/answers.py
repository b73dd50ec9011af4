"""The answers of the platform's portability interface, however people keep them: rows, events, pages."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice, pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from netkit.errors import ExportError
from netkit.record.invitation_events import Event, is_about_invitations, is_event, processed_at, read_event
from netkit.record.json_nodes import Node, nodes

# Lists that only wrap what is in them; the name of any other list may be that of a domain.
_WRAPPERS = ("elements", "events", "rows", "raw_elements", "data", "snapshots", "snapshotData", "snapshot")
_WHOLE = ("paging", "activity", "processedActivity", "links", "metadata", "domains", "memberComplianceScopes")
_DOMAIN = ("snapshotDomain", "domain")
# What every row of a table has, whatever else is in it.
_OF_ROWS = re.compile(r"(sent|connected|conversation)[ _]?(at|on|id)", re.IGNORECASE)
_FETCHED = ("fetchedAt", "collected_at", "exported_at", "asked_at")
_NO_DATA = "no data found"
_COLUMNS = 200
_WINDOW = 28 * 86_400_000  # how far back the change log reaches
_SETTLING = 60_000  # events come to the change log up to half a minute late
_REFUSALS = {
    401: "Your token was wrong or had expired: make a new one and ask again",
    403: "Your app or your account may not ask: it works in the EEA and Switzerland, after consent",
    426: "Ask with the header Linkedin-Version: 202312",
    429: "You had asked too often that day: ask again after midnight UTC",
}


@dataclass
class Rows:
    """The rows of one page as columns of text."""

    columns: dict[str, list[str | None]] = field(default_factory=dict)
    count: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row; a missing cell and an empty one are alike."""
        for key, value in row.items():
            column = self.columns.get(key)
            if column is None:
                if len(self.columns) >= _COLUMNS:
                    continue
                column = self.columns[key] = []
            column.extend([None] * (self.count - len(column)))
            column.append(_cell(value))
        self.count += 1

    def filled(self) -> dict[str, list[str | None]]:
        """Return the columns, all of one length."""
        for column in self.columns.values():
            column.extend([None] * (self.count - len(column)))
        return self.columns


def _cell(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass
class Page:
    """One answer, or what stands for one in a file: its rows, and how far its events reach."""

    file: str
    domain: str = ""
    outer: "Page | None" = None
    says: dict[str, Any] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)
    held: int = 0  # rows and events, also of the pages within it
    events: int = 0
    first: int = 0
    last: int = 0
    in_order: bool = True
    wraps: bool = False
    is_strange: bool = False  # it holds what no answer holds

    @property
    def is_named(self) -> bool:
        """Whether the domain is one by its own word, or by the way in which domains are written."""
        return (
            any(key in self.says for key in _DOMAIN) or re.fullmatch("[A-Z][A-Z_]+", self.domain) is not None
        )

    def see(self, at: int | None) -> None:
        """Take note of when an event came to the change log."""
        self.events += 1
        self.held += 1
        if at is not None:
            self.in_order &= at >= self.last
            self.first, self.last = min(self.first or at, at), max(self.last, at)

    @property
    def outermost(self) -> "Page":
        """The answer that this is a part of."""
        return self.outer.outermost if self.outer else self

    @property
    def start(self) -> int | None:
        """The number of the answer's first element, or of the answer; None where nobody says."""
        found = self._paging.get("start")
        return found if isinstance(found, int) else None

    @property
    def next_start(self) -> int | None:
        """Where the next answer starts that is announced; None where there is none."""
        links = self._paging.get("links")
        for link in links if isinstance(links, list) else ():
            if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
                start = "".join(parse_qs(urlsplit(link["href"]).query).get("start", [])[:1])
                return int(start) if start.isdecimal() and len(start) < 10 else 0
        return None

    @property
    def is_last(self) -> bool:
        """Whether the next answer cannot exist, though it is announced: that of a snapshot always is."""
        total = self._paging.get("total")
        return not self.events and isinstance(total, int) and 0 < total <= (self.next_start or 0)

    @property
    def _paging(self) -> Mapping[str, Any]:
        said = self.says.get("paging")
        return said if isinstance(said, dict) else {}


@dataclass
class Answers:
    """What files of answers hold.

    Attributes
    ----------
    pages : list of Page
        Those that hold something, or have a place among others.
    events : list of Event
        The events about invitations.
    unread : int
        How many events about invitations have no time or no number that could be read.
    cut : Counter
        How many other events were left out at once, by resource.
    fetched : list of datetime.date
        On which days the answers were fetched, where they say so.
    pulls : list of tuple of int
        From when to when `netkit pull` asked for the change log, and got all of it.
    consent : int
        Since when the platform keeps the change log, where it says so.
    ends : int
        How many answers say that there is no further page.
    """

    pages: list[Page] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unread: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    fetched: list[date] = field(default_factory=list)
    pulls: list[tuple[int, int]] = field(default_factory=list)
    consent: int = 0
    ends: int = 0

    def add(self, other: "Answers") -> None:
        """Take in what another file holds."""
        self.pages += other.pages
        self.events += other.events
        self.unread += other.unread
        self.cut += other.cut
        self.fetched += other.fetched
        self.pulls += other.pulls
        self.consent = max(self.consent, other.consent)
        self.ends += other.ends

    @property
    def has_log(self) -> bool:
        """Whether there is a change log, if only the empty one of a pull."""
        return bool(self.events or self.unread or self.cut or self.pulls)

    @property
    def log(self) -> list[Page]:
        """The answers that hold events, whatever these are about."""
        return [page for page in self.pages if page.events]

    def lacks(self, pages: Iterable[Page]) -> int:
        """Return how many answers are announced or left out among some pages, and are not there."""
        found = {id(page.outermost): page.outermost for page in pages}.values()
        empty = [page.start for page in self.pages if page.outer is None and not page.held]
        starts = {page.start for page in found} | set(empty)
        announced = {page.next_start for page in found if not page.is_last} - starts - {None}
        lost = 0 if self.ends and not any(page.events for page in found) else len(announced)
        first = min((page.start for page in found if page.start is not None), default=0)
        return lost + bool(first) + sum(page.says.get("truncated") is True for page in found)

    def spans(self) -> list[tuple[int, int]]:
        """Return the spans of time that the change log covers, each with its end; they may overlap."""
        log = [page for page in self.log if page.last and page.in_order]
        found = self.pulls + [(page.first, page.last) for page in log]
        chain = sorted((page for page in log if page.start is not None), key=lambda page: page.start or 0)
        for page, after in pairwise(chain):
            if page.next_start == after.start == (page.start or 0) + page.events and page.last <= after.first:
                found.append((page.first, after.last))
        return [(max(begin, self.consent), end) for begin, end in found if end > max(begin, self.consent)]


def read_answers(source: Any, name: str, most: Mapping[str, int]) -> Answers:  # noqa: ANN401 - reads bytes
    """Read one file of answers; nothing in a file that is cut short, or refuses, counts.

    Parameters
    ----------
    source : binary stream
        Its bytes.
    name : str
        Its name, as it may be printed.
    most : mapping of str to int
        The bounds: `events`, `ids` of one event, `rows`.

    Returns
    -------
    Answers
        What it holds; no page where it holds nothing that the platform would answer.

    Raises
    ------
    ExportError
        The file is damaged, beyond the bounds, or an error that the platform sent.
    """
    reader = _Reader(name, most)
    top = Page(name, domain=re.split(r"[/\\]", name)[-1].partition(".")[0])
    for node in nodes(source, name):
        reader.go(node, top, at_top=True)
    reader.close(top)
    return reader.found


class _Reader:
    """Goes through one file."""

    def __init__(self, name: str, most: Mapping[str, int]) -> None:
        self.name, self.most = name, most
        self.found = Answers()
        self._rows = self._events = self._values = 0

    def go(self, node: Node, page: Page, *, at_top: bool = False) -> None:
        """Go through one value and what is in it."""
        self._values += 1
        if self._values > 2 * (self.most["events"] + self.most["rows"]):
            raise self._too_much(f"more than {self._values - 1:,} values")
        if node.is_held and isinstance(said := node.value(), dict):
            if is_event(said):
                self._event(said, page)
            elif _is_row(said):
                self._row(said, page)
            else:
                self._wrapper(node, page, at_top)
        elif node.is_object:
            self._wrapper(node, page, at_top)
        elif node.is_list:
            for item in node.items():
                self.go(item, page, at_top=at_top)

    def close(self, page: Page) -> None:
        """Keep a page that holds something, or has a place among others."""
        day = next((day for key in _FETCHED if (day := _day(page.says.get(key)))), None)
        self.found.fetched += [day] if day else []
        if page.outer:
            page.outer.held += page.held
        if page.rows.count or page.events or page.wraps:
            self.found.pages.append(page)

    def _wrapper(self, node: Node, outer: Page, at_top: bool) -> None:
        """Go through an object that wraps others, whichever of its parts comes first."""
        page = Page(self.name, outer.domain, None if at_top else outer)
        for key, inner in node.members():
            if key in _WHOLE or not (inner.is_list or inner.is_object):
                page.says[key] = inner.value()
            elif key in _WRAPPERS:
                page.wraps = True
                self.go(inner, page)
            else:
                named = Page(self.name, key, page)
                self.go(inner, named)
                self.close(named)
        said = page.says
        if is_event(said):  # one so large that it was gone through
            self._event(said, outer)
        elif _is_refusal(said) and not page.held:
            self._refusal(said)
        else:
            outer.is_strange |= bool(said) and not (page.wraps or page.held)
            page.domain = next((said[key] for key in _DOMAIN if isinstance(said.get(key), str)), page.domain)
            self._consent(said)
            self.close(page)

    def _row(self, said: Mapping[str, Any], page: Page) -> None:
        if _is_refusal(said):
            self._refusal(said)
        elif "regulatedAt" in said or "netkit_pull" in said:
            self._consent(said)
        else:
            page.rows.add(said)
            page.held += 1
            self._rows += 1
            if self._rows > self.most["rows"]:
                raise self._too_much(f"more than {self.most['rows']:,} rows")

    def _event(self, said: Mapping[str, Any], page: Page) -> None:
        page.see(processed_at(said))
        self._events += 1
        if self._events > self.most["events"]:
            raise self._too_much(f"more than {self.most['events']:,} events")
        if not is_about_invitations(said):
            self.found.cut[str(said["resourceName"])[:40] or "nothing"] += 1
            return
        read = list(islice(read_event(said), self.most["ids"] + 1))
        self.found.events += read
        self.found.unread += not read
        if len(read) > self.most["ids"]:
            raise self._too_much(f"more than {self.most['ids']:,} invitations in one event")
        if len(self.found.events) > self.most["events"]:
            raise self._too_much(f"more than {self.most['events']:,} answers")

    def _too_much(self, what: str) -> ExportError:
        return ExportError(f"{self.name} holds {what}, which no answer of the platform does. Check the file.")

    def _consent(self, said: Mapping[str, Any]) -> None:
        """Take note of since when the platform keeps events, and of what a pull asked for and got."""
        since = said.get("regulatedAt")
        if isinstance(since, int):
            self.found.consent = max(self.found.consent, since)
        asked = [said.get(key) for key in ("start_time", "asked_at")]
        if "netkit_pull" in said and all(isinstance(each, int) for each in asked):
            begin, end = (int(each) for each in asked if isinstance(each, int))
            self.found.fetched += [day for day in [_day(end)] if day]
            self.found.pulls.append((max(begin, end - _WINDOW), end - _SETTLING))

    def _refusal(self, said: Mapping[str, Any]) -> None:
        if _NO_DATA in str(said.get("message", "")).casefold():
            self.found.ends += 1
            return
        status = said.get("status", said.get("code"))
        do = _REFUSALS.get(status, "") if isinstance(status, int) else ""
        raise ExportError(
            f"{self.name} holds no data: it is an error that the platform sent (status {str(status)[:20]})."
            f" {do or 'Ask the platform again'}."
        )


def _is_row(said: Mapping[str, Any]) -> bool:
    plain = {key for key, value in said.items() if not isinstance(value, dict | list)}
    return bool(said) and (len(plain) == len(said) or any(map(_OF_ROWS.fullmatch, plain)))


def _is_refusal(said: Mapping[str, Any]) -> bool:
    """Tell whether an object is what the platform sends in the place of an answer."""
    return "message" in said and ("status" in said or "code" in said or "serviceErrorCode" in said)


def _day(value: object) -> date | None:
    if isinstance(value, int) and not isinstance(value, bool) and 1e12 < value < 4.1e12:
        return datetime.fromtimestamp(value / 1000, UTC).date()
    try:
        return datetime.fromisoformat(value).date() if isinstance(value, str) else None
    except ValueError:
        return None
