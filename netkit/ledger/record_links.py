"""Which answer of the platform's change log belongs to which invitation: by the minute it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from netkit.errors import LedgerError
from netkit.plain_yaml import read_yaml
from netkit.wording import counted

if TYPE_CHECKING:
    import numpy.typing as npt

_CLOCK = "America/Los_Angeles"  # of `Sent At`
_MINUTE, _DAY = 60_000, 86_400_000
ANSWERS = ("accept", "ignore")
# What is neither yours to answer nor an answer.
_BESIDE = ("sent", "withdrawn", "arrived", "other")

_Numbers: TypeAlias = "npt.NDArray[np.int64]"
_Mask: TypeAlias = "npt.NDArray[np.bool_]"


@cache
def record_number(name: str) -> float:
    """Return one of the numbers with a meaning.

    >>> record_number("least_agreeing")
    0.95
    """
    return float(read_yaml(Path(__file__).with_name("record.yaml"), error=LedgerError)[name]["value"])


@dataclass(frozen=True)
class Links:
    """What the change log says of your invitations.

    `counts` are those of `answers` in the log: `linked`, `ambiguous`, `waiting` for their invitation,
    `withheld`, `unknown`. `batch` says that an answer was given together with others.
    """

    answers: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["request", "event", "action", "at", "batch"])
    )
    counts: dict[str, int] = field(default_factory=dict)
    declines: bool = False  # whether the log has shown that you declined
    withheld: str = ""  # why no refusal is linked, in a sentence; empty where they are
    touched: frozenset[str] = frozenset()  # the requests that an event without a link may be about
    retracted: frozenset[str] = frozenset()  # the requests that their senders withdrew

    @property
    def sentences(self) -> tuple[str, ...]:
        """What became of the answers, in words."""
        if not self.counts:
            return ()
        accepted = int((self.answers["action"] == "accept").sum())
        refused = len(self.answers) - accepted
        said = [
            f"Your record holds {counted(self.counts['answers'], 'answer')} to invitations:"
            f" {accepted:,} accepted and {refused:,} declined are linked to their invitation."
        ]
        for name, words in (
            ("waiting", "waits for an archive or snapshot that shows its invitation"),
            ("ambiguous", "has no label: its invitation cannot be told from others near it"),
            ("unknown", "says nothing that netkit knows, and counts as nothing"),
        ):
            if n := self.counts[name]:
                verbs = words.replace("waits", "wait").replace("has", "have").replace("says", "say")
                verbs = verbs.replace("counts", "count").replace("its invitation", "their invitations")
                said.append(f"{counted(n, 'event')} {words if n == 1 else verbs}.")
        if self.withheld:
            said.append(self.withheld)
        if self.counts["answers"] and not self.declines:
            said.append("No refusal has been shown in your record so far; what waits stays unknown.")
        return tuple(said)


@dataclass(frozen=True)
class RecordTaken:
    """What one reading of the change log added, and what the record says now."""

    new: int = 0  # events about invitations that the ledger did not have
    known: int = 0
    unread: int = 0  # events about invitations without a time or a number that could be read
    cut: dict[str, int] = field(default_factory=dict)  # about anything else, by resource: never stored
    decided: int = 0  # decisions that were added
    withdrawn: int = 0  # decisions that no longer hold
    sentences: tuple[str, ...] = ()  # what became of the answers


def link_answers(
    events: pd.DataFrame, rows: pd.DataFrame, connected: pd.DataFrame, known_until: int
) -> Links:
    """Link the answers of a change log to invitations that came to you.

    Whatever the order of the rows, the links are the same. `events` are those of the ledger; `rows` have
    `request`, `person` and `sent_at`; `connected` has `person`, `connected_on`; `known_until` is until when
    an archive or snapshot shows invitations, in thousandths of a second.
    """
    if events.empty:
        return Links()
    counting = _that_count(events)
    rows = rows.sort_values("request", kind="stable", ignore_index=True)
    minutes = _Minutes(_wall(rows["sent_at"]))
    given = _answers(counting)
    window = minutes.around(given["made"].to_numpy(np.int64))
    at = window.only
    at = np.where(_claimed_once(given["made"].to_numpy(np.int64), at), at, -1)
    days = _Days(rows, connected)
    answered_on = given["captured"].to_numpy(np.int64) // _DAY
    accepts = (given["action"] == "accept").to_numpy()
    agree, dated = days.has(at, answered_on), days.any(at)
    checked, agreeing = int((accepts & dated).sum()), int((accepts & agree).sum())
    # Somebody who was connected already cannot be refused, and nobody is connected on two days.
    impossible = (accepts & dated & ~agree) | (~accepts & days.before(at, answered_on))
    at = np.where(impossible, -1, at)
    free = ~np.isin(np.arange(len(rows)), at[at >= 0]) & ~days.any(np.arange(len(rows)))
    due = (given["made"] <= known_until).to_numpy(bool)
    lost = int((due & (window.rows == 0)).sum())
    refused_due = due & ~accepts
    absent = int((refused_due & (window.rows == 0)).sum())
    why, doubted = _why_withheld(checked, agreeing, lost, lost * minutes.share_mistaken(free), len(given))
    why = why or _why_absent(absent, int(refused_due.sum()))
    withheld = (at >= 0) & ((~accepts & bool(why)) | (accepts & ~agree & doubted))
    linked = (at >= 0) & ~withheld
    answers = given[linked].assign(request=rows["request"].to_numpy()[at[linked]] if len(rows) else [])
    answers["at"] = pd.to_datetime(answers["captured"], unit="ms", utc=True).dt.floor("s")
    counts = {
        "answers": len(given),
        "linked": int(linked.sum()),
        "waiting": int((window.rows == 0).sum()),
        "withheld": int(withheld.sum()),
        "unknown": int(counting["action"].isin(["unknown", "failed"]).sum()),
    }
    counts["ambiguous"] = len(given) - counts["linked"] - counts["waiting"] - counts["withheld"]
    loose = counting[~counting["action"].isin(_BESIDE) & (counting["made"] > 0)]
    sure = set(answers["made"])
    loose = loose[~loose["made"].isin(sure)]
    gone = loose[loose["action"] == "retracted"]
    return Links(
        answers[["request", "event", "action", "at", "batch"]].sort_values(
            ["at", "request", "action"], ignore_index=True
        ),
        counts,
        bool((given["action"] == "ignore").any()),
        why if withheld.any() else "",
        frozenset(_requests(rows, minutes.around(loose["made"].to_numpy(np.int64)).all)),
        frozenset(_requests(rows, minutes.around(gone["made"].to_numpy(np.int64)).only)),
    )


def near(events: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Tell which events are within a minute of some invitations."""
    window = _Minutes(_wall(rows["sent_at"])).around(events["made"].to_numpy(np.int64))
    return pd.Series(window.rows > 0, index=events.index)


def _requests(rows: pd.DataFrame, at: Sequence[int] | _Numbers) -> list[str]:
    return [str(rows["request"].iloc[place]) for place in at if place >= 0]


def _that_count(events: pd.DataFrame) -> pd.DataFrame:
    """Of what was replayed or processed again keep the last that did not fail."""
    order = ["processed", "captured", "event", "action", "invitation"]
    rows = events.assign(ok=events["action"] != "failed").sort_values(["ok", *order], kind="stable")
    last = rows.drop_duplicates("activity", keep="last")[["activity", "event", "processed", "captured", "ok"]]
    kept = rows.merge(last, on=list(last))
    last = kept.sort_values(["ok", *order], kind="stable").drop_duplicates("event", keep="last")
    kept = kept.merge(last[["event", "activity"]], on=["event", "activity"])
    return kept.drop_duplicates(["event", "invitation", "action"]).reset_index(drop=True)


def _answers(events: pd.DataFrame) -> pd.DataFrame:
    """Return each invitation's first acceptance and first refusal, and whether many were given at once."""
    given = events[events["action"].isin(ANSWERS) & (events["made"] > 0)]
    given = given.sort_values(["captured", "event", "made"], kind="stable")
    given = given.drop_duplicates(["made", "action"]).reset_index(drop=True)
    at = given["captured"].to_numpy(np.int64)
    many, span = int(record_number("batch_events")), int(record_number("batch_seconds") * 1000)
    batch = (given["together"] > 1).to_numpy(bool, copy=True)
    for first in range(len(at) - many + 1):
        if at[first + many - 1] - at[first] <= span:
            batch[first : first + many] = True
    return given.assign(batch=batch)


def _wall(moments: pd.Series) -> _Numbers:
    """Return moments as minutes that the platform's clock shows: its texts are compared, not its times."""
    local = moments.dt.tz_convert(_CLOCK).dt.tz_localize(None)
    found: _Numbers = (local.dt.as_unit("s").astype("int64") // 60).to_numpy(np.int64)
    return found


@dataclass(frozen=True)
class _Window:
    """Around some moments: how many rows there are, the only one if it may be theirs, and all of them."""

    rows: _Numbers
    only: _Numbers
    all: list[int]


class _Minutes:
    """The rows by the minute in which they were sent."""

    def __init__(self, minutes: _Numbers) -> None:
        self.order = np.argsort(minutes, kind="stable")
        self.sorted = minutes[self.order]
        self.minutes = minutes

    def _count(self, minutes: _Numbers) -> tuple[_Numbers, _Numbers]:
        first = np.searchsorted(self.sorted, minutes, side="left")
        return first, np.searchsorted(self.sorted, minutes, side="right") - first

    def around(self, made: _Numbers) -> _Window:
        """Look at the minute of each moment, at the next one, which may be meant, and at the one before."""
        moments = (pd.to_datetime(made + step, unit="ms", utc=True) for step in (0, _MINUTE, -_MINUTE))
        own, after, before = (_wall(pd.Series(moment)) for moment in moments)
        (first, here), (later, then), (earlier, past) = (self._count(m) for m in (own, after, before))
        total = here + then + past
        place = np.where(here > 0, first, later)
        if not len(self.order):
            return _Window(total, np.full(len(made), -1, np.int64), [])
        only = np.where((total == 1) & (past == 0), self.order[np.minimum(place, len(self.order) - 1)], -1)
        every = [
            int(self.order[at])
            for start, n in ((first, here), (later, then), (earlier, past))
            for one, many in zip(start, n, strict=True)
            for at in range(one, one + many)
        ]
        return _Window(total, only, every)

    def share_mistaken(self, may_be: _Mask) -> float:
        """Return how often a row, if it lacked, would leave a single other in its place, which may be it."""
        if not len(self.minutes):
            return 0.0
        (first, here), (later, then), (_, past) = (self._count(self.minutes + step) for step in (0, 1, -1))
        alone = (here - 1 + then == 1) & (past == 0)
        size = len(self.order) - 1
        own = self.order[np.minimum(first, size)]
        own = np.where(own == np.arange(len(own)), self.order[np.minimum(first + 1, size)], own)
        other = np.where(here > 1, own, self.order[np.minimum(later, size)])
        return float((alone & may_be[other]).mean())


def _claimed_once(made: _Numbers, at: _Numbers) -> _Mask:
    """Tell which answers claim an invitation that no other invitation's answer claims."""
    claims = pd.DataFrame({"made": made, "at": at})
    return (claims.groupby("at")["made"].transform("nunique") == 1).to_numpy(bool)


class _Days:
    """On which days each row's sender became a connection."""

    def __init__(self, rows: pd.DataFrame, connected: pd.DataFrame) -> None:
        linked = connected.dropna(subset=["person", "connected_on"]).drop_duplicates()
        days = linked["connected_on"].dt.as_unit("s").astype("int64") // 86_400
        sent = pd.DataFrame({"row": rows.index, "person": rows["person"]}).dropna(subset=["person"])
        pairs = sent.merge(pd.DataFrame({"person": linked["person"], "day": days}), on="person")
        self._pairs = set(zip(pairs["row"].tolist(), pairs["day"].tolist(), strict=True))
        first = pairs.groupby("row")["day"]
        sent_on = (rows["sent_at"].dt.as_unit("s").astype("int64") // 86_400).to_numpy(np.int64)
        self._first: dict[int, int] = {}
        for row, day in pairs[["row", "day"]].itertuples(index=False):
            if day >= sent_on[row]:
                self._first[row] = min(day, self._first.get(row, day))
        self._dated = set(first.groups)

    def any(self, at: _Numbers) -> _Mask:
        """Tell which rows have a sender with a day."""
        return np.array([row in self._dated for row in at.tolist()], bool)

    def has(self, at: _Numbers, days: _Numbers) -> _Mask:
        """Tell which rows' senders became a connection on some day."""
        return np.array([pair in self._pairs for pair in zip(at.tolist(), days.tolist(), strict=True)], bool)

    def before(self, at: _Numbers, days: _Numbers) -> _Mask:
        """Tell which rows' senders became a connection between the invitation and some day."""
        pairs = zip(at.tolist(), days.tolist(), strict=True)
        return np.array([self._first.get(row, day) < day for row, day in pairs], bool)


def _why_absent(absent: int, refused: int) -> str:
    """Say that invitations which you refused do not stay in your archives, where that is so."""
    few = (1 - record_number("least_found_share")) * refused
    if refused < record_number("fewest_refused") or absent <= few:
        return ""
    return (
        f"No refusal is linked: your archives lack the invitations of {absent} of your"
        f" {counted(refused, 'refusal')}, so the few that seem to be there may be"
        " somebody else's. Read earlier archives or snapshots."
    )


def _why_withheld(checked: int, agreeing: int, lost: int, expected: float, answers: int) -> tuple[str, bool]:
    """Say why no refusal may be linked, or nothing; and whether an acceptance needs a day that agrees."""
    fewest = record_number("fewest_accepted")
    if agreeing < record_number("least_agreeing") * checked:
        return (
            f"No refusal is linked: Connected On agrees with {agreeing} of {counted(checked, 'acceptance')}"
            " only, so the clock of your invitations may not be the one that netkit assumes."
        ), True
    if expected > max(record_number("most_wrong_share") * answers, record_number("most_wrong_least")):
        return (
            f"No refusal is linked: your archives lack the invitations of {counted(lost, 'answer')}, so"
            f" {expected:.1f} refusals would be expected to go to somebody else."
        ), True
    if checked < fewest:
        return (
            f"No refusal is linked yet: {counted(checked, 'acceptance')} can be checked against Connected On,"
            f" and it takes {fewest:g}. Read an archive or snapshot with your connections."
        ), False
    return "", False
