"""What became of every incoming invitation, and how strong a label that makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache, cached_property
from itertools import compress
from pathlib import Path

import pandas as pd

from netkit.facts import ACTIONS
from netkit.history.answering_connections import (
    Acceptance,
    Row,
    acceptances,
    first_read,
    floor_day,
    newest_holding,
)
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.ledger.decision_store import settle_with_record
from netkit.plain_yaml import read_yaml
from netkit.wording import counted, day_words, spoken

# What became of an invitation, in the words of the screens.
STATE_WORDS = {
    "accepted": "accepted, as your archive tells",
    "decided": "answered, as you recorded",
    "gone": "gone without an answer on record",
    "open": "waiting",
    "aged": "waiting long",
}
NO_PERIOD = "You have not recorded acceptances and refusals in the same time yet."
STATES = {"accepted": "strong", "decided": "strong", "gone": "weak", "aged": "weak", "open": "none"}
WAITS = ("open", "aged")  # the states that still wait for an answer
# What each action means for the person who asked: yes, no, or not yet.
MEANING = {
    "accept": 1, "introduce": 1, "send": 1,
    "ask": 0, "defer": 0, "ask_permission": 0, "ask_requester": 0, "improve": 0, "wait": 0,
    "decline": -1, "ignore": -1, "redirect": -1, "do_not_send": -1,
}  # fmt: skip
# The label that each deciding action on an invitation gives.
DECISIVE = {action: float(MEANING[action] > 0) for action in ACTIONS["invitation"] if MEANING[action]}
# What a decision that was typed says of itself; `noted_until` is until when the facts noted with it count.
_OF_YOUR_OWN = {"sitting": "sitting", "recorded_at": "first_recorded_at", "noted_until": "said_at"}
_COLUMNS = [
    "request", "person", "name", "sent_at", "note", "state", "strength", "label", "action", "step", "source",
    "decided_at", "opinion_seen", "sitting", "recorded_at", "noted_until", "answered_at", "learnt_at",
    "stands_for", "batch", "scored", "delay_days", "confidence",
]  # fmt: skip
_TYPES = dict.fromkeys(
    ["sent_at", "decided_at", "recorded_at", "noted_until", "answered_at", "learnt_at"], "datetime64[us, UTC]"
) | {
    "label": "float64", "opinion_seen": "boolean", "stands_for": "float64", "batch": "bool", "scored": "bool",
    "delay_days": "Int64",
}  # fmt: skip
_WEAK = {"accepted": 1.0, "gone": 0.0, "aged": 0.0}
# What is known of a request about which nothing was decided.
_NOTHING: Row = dict.fromkeys(
    (
        "action",
        "at",
        "source",
        "opinion_seen",
        "sitting",
        "recorded_at",
        "via",
        "step",
        "said_at",
        "label",
        "first_recorded_at",
    )
) | {"contradicted": False, "stands_for": 1.0}
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@cache
def history_number(name: str) -> float:
    """Return one of the history's numbers with a meaning.

    Examples
    --------
    >>> history_number("aged_percentile")
    95.0
    """
    return float(read_yaml(Path(__file__).parent / "history.yaml")[name]["value"])


@dataclass(frozen=True)
class Labels:
    """The incoming invitations with their states, as in `netkit.history.History`, the oldest first."""

    rows: tuple[Row, ...]
    delay_p95_days: float
    aged_after_days: float
    undated: int  # acceptances whose date is missing or before the invitation
    contradicted: int  # refusals whose sender is connected by now
    record: _FromRecord
    # Request -> how you and the record contradict each other there, in a sentence.
    differing: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a frame."""
        table = pd.DataFrame(list(self.rows), columns=_COLUMNS, dtype="object")
        return table.astype(dict.fromkeys(_COLUMNS, "str") | _TYPES)

    @property
    def oddities(self) -> list[str]:
        """What does not fit, in sentences."""
        said = []
        if self.undated:
            said.append(
                f"{counted(self.undated, 'acceptance')} without a date, or with one before the"
                " invitation: no delay is taken from there."
            )
        if self.contradicted:
            said.append(
                f"{counted(self.contradicted, 'person', 'people')} refused in your ledger and"
                " connected by now: the ledger counts. Record a new decision where you changed your"
                " mind."
            )
        return [*said, *self.differing.values()]


@dataclass(frozen=True)
class _FromRecord:
    """What the platform's own record adds to the invitations, by their keys."""

    still_open: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    batch: frozenset[str] = frozenset()
    shows_both: bool = False  # acceptances and refusals, so that nothing about an answer tells which it is
    sentences: tuple[str, ...] = ()

    @classmethod
    def of(cls, ledger: Ledger, sent: Sequence[Row]) -> _FromRecord:
        """Ask the record; without one, nothing is known of any."""
        if not ledger.record.is_there:
            return cls()
        links = ledger.record.links()
        newest = newest_holding(ledger, "invitations")
        touched = links.touched | set(links.answers["request"])
        untouched = [row for row in sent if row["request"] not in touched] if links.declines else []
        covered = ledger.record.covers([row["sent_at"] for row in untouched], newest)
        together = links.answers.loc[links.answers["batch"].astype("bool"), "request"]
        return cls(
            frozenset(row["request"] for row in compress(untouched, covered)),
            links.retracted,
            frozenset(together),
            links.answers["action"].nunique() > 1,
            (*links.sentences, *_covered_sentence(ledger)),
        )


def _covered_sentence(ledger: Ledger) -> list[str]:
    spans = ledger.record.covered()
    if spans.empty:
        return []
    days = (spans["ends"] - spans["begins"]).dt.total_seconds().sum() / 86_400
    holes = f", with {counted(len(spans) - 1, 'hole')}" if len(spans) > 1 else ""
    return [
        f"Your record covers {counted(round(days), 'day')} from {day_words(spans['begins'].iloc[0])} to"
        f" {day_words(spans['ends'].iloc[-1])}{holes}."
    ]


_DRAWN = ", drawn from {} that differ of {}"
_COUNTS = re.compile(_DRAWN.format(r"([1-9]\d*)", r"(\d+)") + "$")


def drawn_from(differing: int, every: int) -> str:
    """Return the words that say, behind who recorded an answer, from what its request was drawn.

    Examples
    --------
    >>> drawn_from(12, 40), stands_for("lab: the past" + drawn_from(12, 48)), stands_for("lab")
    (', drawn from 12 that differ of 40', 4.0, 1.0)
    """
    return _DRAWN.format(differing, every)


def is_drawn(words: str) -> bool:
    """Tell whether some words are those that `drawn_from` puts behind who recorded an answer.

    Examples
    --------
    >>> is_drawn("drawn from 12 that differ of 40"), is_drawn("drawn from 40 that differ of 12")
    (True, False)
    """
    found = _COUNTS.fullmatch(f", {words}")
    return bool(found and int(found[1]) <= int(found[2]))


NO_DAY = "no day given"  # behind who recorded an answer that netkit dated itself


def stands_for(via: object) -> float:
    """Return for how many requests an answer stands, those on which the judges agree among them."""
    found = _COUNTS.search(str(via))
    return int(found[2]) / int(found[1]) if found else 1.0


def opinion_shown(rows: pd.DataFrame) -> pd.Series:
    """Tell which answers are known to have been given after an opinion was shown."""
    if "opinion_seen" not in rows:
        return pd.Series(False, index=rows.index)
    return rows["opinion_seen"].fillna(False).astype("bool")


def after_advice(number: int) -> str:
    """Say how many answers were given after advice was shown, in the words that are used everywhere.

    >>> after_advice(1)
    'You gave 1 answer after seeing advice.'
    """
    return f"You gave {counted(number, 'answer')} after seeing advice."


def label_invitations(ledger: Ledger, same: SamePeople | None = None) -> Labels:
    """Give every incoming invitation its state, its label and the label's strength.

    The note of an invitation reappears among the messages when it is accepted: that proves the acceptance
    and tells its moment. Else a connection answers the last invitation that its person sent up to that
    day; an earlier one of the same person was withdrawn or ignored, and counts as gone. A decision in the
    ledger counts for more than a connection: it says what you did, and when; only a refusal that the
    platform's record shows gives way to a connection since. What that record covers and does not mention
    is still open. What is aged still waits; it becomes a weak refusal once an export shows it aged and a
    later one shows it again.

    Everything is worked out row by row, for what answers one request must not load what computes with tables.
    """
    same = same or SamePeople.of(ledger)
    sent = [row for row in ledger.invitations.rows() if row["direction"] == "incoming"]
    accepted = acceptances(ledger, same, sent)
    decided = _decided(ledger)
    p95, aged_after = _usual_delay([each.delay_days for each in accepted if each.delay_days is not None])
    seen = _Seen.of(ledger, aged_after)
    record = _FromRecord.of(ledger, sent)
    found = [
        _Labelling(row, one, decided.get(row["request"], _NOTHING), seen, record)
        for row, one in zip(sent, accepted, strict=True)
    ]
    return Labels(
        tuple(each.row for each in found),
        p95,
        aged_after,
        sum(each.accepted.connected and each.accepted.delay_days is None for each in found),
        sum(each.decided["label"] == 0.0 and each.accepted.connected for each in found),
        record,
        _differing(found),
    )


class _Labelling:
    """One invitation, with all that is known of how it was answered."""

    def __init__(
        self, sent: Row, accepted: Acceptance, decided: Row, seen: _Seen, record: _FromRecord
    ) -> None:
        self.sent, self.accepted, self.seen, self.record = sent, accepted, seen, record
        self.proved = sent["note_reappeared_at"]  # also of somebody who is gone since
        self.decided = self._unless_reversed(decided)
        self.state = self._state()

    def _unless_reversed(self, decided: Row) -> Row:
        """Take a refusal of the record back where a connection since shows that you changed your mind."""
        on, at = self.accepted.connected_on, decided["at"]
        since = self.accepted.connected and not (on and at and on < floor_day(at))
        if not (since and decided["source"] == "record" and decided["label"] == 0.0):
            return decided
        step = decided["action"] if decided["step"] is None else decided["step"]
        # What contradicted it was an acceptance of yours, which the connection shows.
        return {**decided, **dict.fromkeys(("label", "action", "source", "via")), "step": step,
                "contradicted": False}  # fmt: skip

    def _state(self) -> str:
        request = self.sent["request"]
        if self.decided["label"] is not None:
            return "decided"
        if self.accepted.connected or self.proved:
            return "accepted"
        withdrawn = request in self.record.withdrawn
        if self.seen.is_gone(request) or self.accepted.superseded or withdrawn:
            return "gone"
        untouched = self.decided["action"] is None and request not in self.record.still_open
        return "aged" if untouched and self.seen.is_aged(self.sent["sent_at"]) else "open"

    @property
    def _waits(self) -> bool:
        """Whether it was asked or deferred: no answer yet, or a step before the acceptance."""
        return self.decided["action"] is not None and self.decided["label"] is None

    @property
    def _untold(self) -> bool:
        """Whether the state says nothing of what you did."""
        request = self.sent["request"]
        if self.state == "aged":
            return not self.seen.shown_again(request, self.sent["sent_at"])
        # It was not you who ended it.
        ended = request in self.record.withdrawn or request in self.record.still_open
        return self.state == "gone" and (self._waits or ended)

    @property
    def row(self) -> Row:
        """The row of `History.table`, and of what is noted in time."""
        sent, accepted, decided, record = self.sent, self.accepted, self.decided, self.record
        request, answered = sent["request"], self.state == "accepted"
        by_hand, untold = self.state == "decided", self._untold
        dated = decided["said_at"] is not None
        end_of_day = accepted.connected_on and accepted.connected_on + _DAY - _SECOND
        own = {name: decided[column] if by_hand else None for name, column in _OF_YOUR_OWN.items()}
        weak = None if untold else _WEAK.get(self.state)
        # Before an acceptance that only the export knows, an opinion may have been seen unrecorded.
        opinion = None if answered and not decided["opinion_seen"] else decided["opinion_seen"]
        learnt = accepted.learnt_at or first_read(self.seen.with_messages, self.proved)
        return {
            "request": request,
            "person": accepted.key or sent["person"],
            "name": sent["name"],
            "sent_at": sent["sent_at"],
            "note": sent["message"],
            "state": self.state,
            "strength": "none" if untold else STATES[self.state],
            "label": weak if decided["label"] is None else decided["label"],
            "action": "accept" if self._waits and answered else decided["action"],
            "step": decided["step"],
            "source": "export" if answered else decided["source"] if by_hand else None,
            "decided_at": (None if self._waits else decided["at"])
            or self.proved
            or (end_of_day if answered else None),
            "opinion_seen": opinion,
            **own,
            "answered_at": decided["recorded_at"] if by_hand and (dated or not decided["via"]) else None,
            # The day that you gave yourself you knew; the archive's the ledger learns later.
            "learnt_at": None if by_hand else learnt,
            "stands_for": decided["stands_for"] if by_hand else 1.0,
            "batch": by_hand and request in record.batch,
            "scored": by_hand and (decided["source"] != "record" or dated or record.shows_both),
            "delay_days": _days_until(sent["sent_at"], self.proved)
            if accepted.delay_days is None
            else accepted.delay_days,
            "confidence": "low" if accepted.by_name else sent["confidence"],
        }


def _differing(found: Iterable[_Labelling]) -> dict[str, str]:
    """Ask about each request of which you and the record say different things."""
    differing = {
        each.sent["request"]: each.decided for each in found if each.decided["contradicted"]
    }  # fmt: skip
    return {
        request: f"{request}: you recorded {spoken(str(row['said']))}, and your record says that you"
        f" {'accepted' if row['record_action'] == 'accept' else 'declined'} on {day_words(row['record_at'])}."
        f" The record counts until you say which is right: netkit decide {request} {row['said']}, or"
        f" {row['record_action']}."
        for request, row in differing.items()
    }


def _days_until(sent_at: datetime, moment: datetime | None) -> int | None:
    """Return the whole days between two moments, missing where one is."""
    return None if moment is None else (floor_day(moment) - floor_day(sent_at)).days


def _usual_delay(delays: Sequence[int]) -> tuple[float, float]:
    """Return within how many days nearly all acceptances came, and after how many a request is aged."""
    if not delays:
        return float("nan"), float("nan")
    p95 = percentile(sorted(delays), history_number("aged_percentile"))
    enough = len(delays) >= history_number("aged_acceptances")
    return p95, max(p95, history_number("aged_least_days")) if enough else float("nan")


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of sorted numbers as NumPy does, which would have to be loaded.

    Examples
    --------
    >>> percentile([1, 2, 4], 75), percentile([7], 95)
    (3.0, 7.0)
    """
    place = (len(ordered) - 1) * (percent / 100)
    below, share = int(place), place - int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return float(low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share))


def _decided(ledger: Ledger) -> dict[str, Row]:
    """Return the decision that counts, of yours the last decisive one, else the last of any kind."""
    made = ledger.decisions.rows("invitation")
    rows = settle_with_record(made)
    # A correction does not make a decision a later one.
    first: dict[str, datetime] = {}
    stands: dict[str, float] = {}
    for row in made:
        if row["action"] in DECISIVE:
            request = row["request"]
            first[request] = min(row["recorded_at"], first.get(request, row["recorded_at"]))
            stands[request] = max(stands_for(row["via"]), stands.get(request, 0.0))
    return {
        request: row
        | {
            "label": DECISIVE.get(row["action"]),
            "first_recorded_at": first.get(request, row["recorded_at"]),
            "stands_for": stands.get(request, 1.0),
        }
        for request, row in rows.items()
    }


@dataclass(frozen=True)
class _Seen:
    """On which days exports showed each invitation; one that waited longer than `after` days is aged."""

    days: Mapping[str, Sequence[datetime]]
    newest: datetime | None  # export that lists invitations
    with_messages: Sequence[Row]
    as_of: datetime | None
    after: float

    @classmethod
    def of(cls, ledger: Ledger, after: float) -> _Seen:
        as_of = datetime.combine(ledger.as_of, time(), UTC) if ledger.as_of else None
        newest = newest_holding(ledger, "invitations")
        return cls(ledger.exports.seen_on(), newest, ledger.exports.holding("messages"), as_of, after)

    def is_gone(self, request: str) -> bool:
        """Tell what an export showed and a later one that lists invitations no longer does."""
        days = self.days.get(request)
        return bool(days and self.newest and days[-1] < self.newest)

    def is_aged(self, sent_at: datetime) -> bool:
        """Tell what is aged by the newest export."""
        return self.as_of is not None and self._is_over(self.as_of, sent_at)

    def shown_again(self, request: str, sent_at: datetime) -> bool:
        """Tell what an export showed when it was aged, and a later one still shows."""
        days = self.days.get(request, ())
        first = next((day for day in days if self._is_over(day, sent_at)), None)
        return first is not None and first < days[-1]

    def _is_over(self, day: datetime, sent_at: datetime) -> bool:
        return (day - floor_day(sent_at)).days > self.after  # nothing is more than NaN
