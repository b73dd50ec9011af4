"""What became of every incoming invitation, and how strong a label that makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from netkit.facts import ACTIONS
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.ledger.decision_store import settle_with_record
from netkit.plain_yaml import read_yaml
from netkit.row_counts import look_up
from netkit.wording import counted, spoken

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
class _Labels:
    """The incoming invitations with their states, as in `netkit.history.History`."""

    table: pd.DataFrame
    delay_p95_days: float
    aged_after_days: float
    undated: int  # acceptances whose date is missing or before the invitation
    contradicted: int  # refusals whose sender is connected by now
    record: _FromRecord
    # Request -> how you and the record contradict each other there, in a sentence.
    differing: Mapping[str, str] = field(default_factory=dict)

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
    """What the platform's own record adds to each invitation."""

    still_open: pd.Series
    withdrawn: pd.Series
    batch: pd.Series
    shows_both: bool = False  # acceptances and refusals, so that nothing about an answer tells which it is
    sentences: tuple[str, ...] = ()

    @classmethod
    def of(cls, ledger: Ledger, sent: pd.DataFrame) -> _FromRecord:
        """Ask the record; without one, nothing is known of any."""
        nothing = pd.Series(False, index=sent.index)
        if not ledger.record.is_there:
            return cls(nothing, nothing, nothing)
        links = ledger.record.links()
        newest = _newest(ledger, "invitations")
        covered = ledger.record.covers(sent["sent_at"], None if pd.isna(newest) else newest)
        untouched = ~sent["request"].isin(links.touched | set(links.answers["request"]))
        together = links.answers.loc[links.answers["batch"].astype("bool"), "request"]
        return cls(
            covered & untouched & links.declines,
            sent["request"].isin(links.retracted),
            sent["request"].isin(together),
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
        f"Your record covers {counted(round(days), 'day')} from {spans['begins'].iloc[0]:%Y-%m-%d} to"
        f" {spans['ends'].iloc[-1]:%Y-%m-%d}{holes}."
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


def label_invitations(ledger: Ledger, same: SamePeople | None = None) -> _Labels:
    """Give every incoming invitation its state, its label and the label's strength.

    The note of an invitation reappears among the messages when it is accepted: that proves the acceptance
    and tells its moment. Else a connection answers the last invitation that its person sent up to that
    day; an earlier one of the same person was withdrawn or ignored, and counts as gone. A decision in the
    ledger counts for more than a connection: it says what you did, and when; only a refusal that the
    platform's record shows gives way to a connection since. What that record covers and does not mention
    is still open. What is aged still waits; it becomes a weak refusal once an export shows it aged and a
    later one shows it again.
    """
    same = same or SamePeople.of(ledger)
    sent = ledger.invitations.to_frame()
    sent = sent[sent["direction"] == "incoming"].reset_index(drop=True)
    key = same.rows(sent)
    accepted = _acceptances(ledger, same, sent, key)
    decided = _decided(ledger, sent["request"])
    record = _FromRecord.of(ledger, sent)
    since = accepted["connected"] & ~(accepted["connected_on"] < decided["at"].dt.floor("D"))
    reversed_ = since & decided["source"].eq("record") & decided["label"].eq(0.0)
    decided["step"] = decided["step"].fillna(decided["action"].where(reversed_))
    for name in ("label", "action", "source", "via"):
        decided[name] = decided[name].mask(reversed_)
    decided["contradicted"] &= ~reversed_  # you recorded an acceptance, and the connection shows it
    p95, aged_after = _usual_delay(accepted["delay_days"])
    age = _Ages(ledger, sent, aged_after)
    proved = sent["note_reappeared_at"].astype("datetime64[us, UTC]")  # also of somebody who is gone since
    refused = decided["label"].eq(0.0)
    state = pd.Series("open", index=sent.index, dtype="str")
    state = state.mask(age.aged() & decided["action"].isna() & ~record.still_open, "aged")
    gone = _is_gone(ledger, sent["request"]) | accepted["superseded"] | record.withdrawn
    state = state.mask(gone, "gone")
    state = state.mask(accepted["connected"] | proved.notna(), "accepted")
    state = state.mask(decided["label"].notna(), "decided")
    # Asked or deferred: no answer yet, or a step before the acceptance.
    waiting = decided["action"].notna() & decided["label"].isna()
    untold = (waiting & (state == "gone")) | ((state == "aged") & ~age.shown_again())
    untold |= (state == "gone") & (record.withdrawn | record.still_open)  # it was not you who ended it
    by_hand = state == "decided"
    weak = state.map({"accepted": 1.0, "gone": 0.0, "aged": 0.0}).astype("float64")
    end_of_day = accepted["connected_on"].where(state == "accepted") + _DAY - _SECOND
    dated = decided["said_at"].notna()
    table = pd.DataFrame(
        {
            "request": sent["request"],
            "person": key.fillna(sent["person"]),
            "name": sent["name"],
            "sent_at": sent["sent_at"],
            "note": sent["message"],
            "state": state,
            "strength": state.map(STATES).mask(untold, "none").astype("str"),
            "label": decided["label"].fillna(weak.mask(untold)),
            "action": decided["action"].mask(waiting & (state == "accepted"), "accept"),
            "step": decided["step"],
            "source": decided["source"].where(by_hand).mask(state == "accepted", "export"),
            "decided_at": decided["at"].where(~waiting).fillna(proved).fillna(end_of_day),
            # Before an acceptance that only the export knows, an opinion may have been seen unrecorded.
            "opinion_seen": decided["opinion_seen"].where((state != "accepted") | opinion_shown(decided)),
            **{name: decided[column].where(by_hand) for name, column in _OF_YOUR_OWN.items()},
            "answered_at": decided["recorded_at"].where(by_hand & (decided["via"].isna() | dated)),
            # The day that you gave yourself you knew; the archive's the ledger learns later.
            "learnt_at": accepted["learnt_at"]
            .fillna(_first_read(ledger, "messages", proved))
            .where(~by_hand),
            "stands_for": decided["stands_for"].where(by_hand, 1.0),
            "batch": record.batch & by_hand,
            "scored": by_hand & (decided["source"].ne("record") | dated | record.shows_both),
            "delay_days": accepted["delay_days"].fillna(_days_until(sent["sent_at"], proved)),
            "confidence": sent["confidence"].where(~accepted["by_name"], "low"),
        }
    )
    undated = int((accepted["connected"] & accepted["delay_days"].isna()).sum())
    contradicted = int((refused & accepted["connected"] & ~reversed_).sum())
    return _Labels(table, p95, aged_after, undated, contradicted, record, _differing(decided))


def _differing(decided: pd.DataFrame) -> dict[str, str]:
    """Ask about each request of which you and the record say different things."""
    differing = decided[decided["contradicted"]]
    return {
        request: f"{request}: you recorded {spoken(str(row.said))}, and your record says that you"
        f" {'accepted' if row.record_action == 'accept' else 'declined'} on {row.record_at:%Y-%m-%d}."
        f" The record counts until you say which is right: netkit decide {request} {row.said}, or"
        f" {row.record_action}."
        for request, row in zip(map(str, differing["request"]), differing.itertuples(), strict=True)
    }


def _days_until(sent_at: pd.Series, moment: pd.Series) -> pd.Series:
    """Return the whole days between two moments, missing where one is."""
    days: pd.Series = ((moment.dt.floor("D") - sent_at.dt.floor("D")) // _DAY).astype("Int64")
    return days


def _usual_delay(delays: pd.Series) -> tuple[float, float]:
    """Return within how many days nearly all acceptances came, and after how many a request is aged."""
    known = delays.dropna().astype("float64")
    if known.empty:
        return float("nan"), float("nan")
    p95 = float(np.percentile(known, history_number("aged_percentile")))
    enough = len(known) >= history_number("aged_acceptances")
    return p95, max(p95, history_number("aged_least_days")) if enough else float("nan")


def _acceptances(ledger: Ledger, same: SamePeople, sent: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Find the connection that answers each invitation; delays are whole UTC days, never negative."""
    links = ledger.exports.connections(every=True)
    newest = _newest(ledger, "connections")
    links = pd.DataFrame(
        {
            "key": same.rows(links),
            "connected_on": links["connected_on"],
            "learnt_at": _first_read(ledger, "connections", links["first_seen"]),
            "now": links["last_seen"] == newest,
            "link_named": ~links["person"].str.startswith("in:").fillna(False).astype("bool"),
        }
    ).dropna(subset=["key"])
    asked = pd.DataFrame({"row": sent.index, "key": key, "sent_at": sent["sent_at"]})
    pairs = asked.dropna(subset=["key"]).merge(links, on="key")
    pairs["delay"] = (pairs["connected_on"] - pairs["sent_at"].dt.floor("D")) // _DAY
    fits = pairs[pairs["delay"] >= 0].sort_values(["sent_at", "delay"])
    answers = fits.drop_duplicates(["key", "connected_on"], keep="last")
    answers = answers.drop_duplicates("row").set_index("row").reindex(sent.index)
    found = answers["delay"].notna()
    # Connected today, though no date fits (a closed account's empty date, a spreadsheet's wrong one):
    # then it was the person's last invitation.
    here = key.isin(links.loc[links["now"], "key"])
    last = ~pd.DataFrame({"key": key}).duplicated(keep="last")  # rows stand oldest first
    superseded = ~found & (sent.index.isin(fits["row"]) | (here & ~last))
    connected = found | (here & last)
    learnt = links.groupby("key")["learnt_at"].min()
    named = answers["link_named"].eq(True) | ~sent["person"].str.startswith("in:").eq(True)
    return pd.DataFrame(
        {
            "connected": connected,
            "connected_on": answers["connected_on"].astype("datetime64[us, UTC]"),
            "delay_days": answers["delay"].astype("Int64"),
            "learnt_at": answers["learnt_at"].fillna(look_up(key, learnt)).where(connected),
            "superseded": superseded,
            "by_name": named & connected,
        }
    )


def _first_read(ledger: Ledger, table: str, since: pd.Series) -> pd.Series:
    """Return when the first archive was read that held a table and is of a day or later."""
    imports = ledger.exports.imports().sort_values("imported_at")
    imports = imports[imports["present"].map(lambda present: table in present).astype("bool")]
    found = pd.Series(pd.NaT, index=since.index, dtype="datetime64[us, UTC]")
    for taken_on, read_at in zip(imports["taken_on"], imports["imported_at"], strict=True):
        found = found.fillna((since.dt.floor("D") <= taken_on).map({True: read_at}).astype(found.dtype))
    return found


def _decided(ledger: Ledger, requests: pd.Series) -> pd.DataFrame:
    """Return the decision that counts, of yours the last decisive one, else the last of any kind."""
    rows = settle_with_record(ledger.decisions.to_frame("invitation"))
    rows["label"] = rows["action"].map(DECISIVE).astype("float64")
    # A correction does not make a decision a later one.
    made = ledger.decisions.to_frame("invitation")
    made = made[made["action"].isin(DECISIVE)].assign(stands_for=made["via"].map(stands_for))
    kept = made.groupby("request")[["recorded_at", "stands_for"]].agg(
        {"recorded_at": "min", "stands_for": "max"}
    )
    rows["first_recorded_at"] = look_up(rows["request"], kept["recorded_at"]).fillna(rows["recorded_at"])
    rows["stands_for"] = look_up(rows["request"], kept["stands_for"]).fillna(1.0).astype("float64")
    rows = rows.set_index("request").reindex(requests).reset_index()
    return rows.assign(contradicted=rows["contradicted"].eq(True))


def _is_gone(ledger: Ledger, requests: pd.Series) -> pd.Series:
    """Tell what an export showed and a later one that lists invitations no longer does."""
    seen = ledger.exports.sightings().groupby("request")["taken_on"].max()
    newest = _newest(ledger, "invitations")
    gone: pd.Series = look_up(requests, seen) < newest  # nothing is later than no export
    return gone


def _newest(ledger: Ledger, table: str) -> pd.Timestamp:
    """Return the day of the newest export that held a table, or no day."""
    imports = ledger.exports.imports()
    held = imports["present"].map(lambda present: table in present).astype("bool")
    newest: pd.Timestamp = imports.loc[held, "taken_on"].max()
    return newest


class _Ages:
    """How long requests had waited at each export that shows them; longer than `after` days is aged."""

    def __init__(self, ledger: Ledger, sent: pd.DataFrame, after: float) -> None:
        self._ledger, self._sent, self._after = ledger, sent, after

    def aged(self) -> pd.Series:
        """Tell what is aged by the newest export."""
        if self._ledger.as_of is None:
            return pd.Series(False, index=self._sent.index)
        return self._is_over(pd.Timestamp(self._ledger.as_of, tz="UTC") - self._sent["sent_at"].dt.floor("D"))

    def shown_again(self) -> pd.Series:
        """Tell what an export showed when it was aged, and a later one still shows."""
        seen = self._ledger.exports.sightings()
        arrived = look_up(seen["request"], self._sent.set_index("request")["sent_at"])
        over = seen[self._is_over(seen["taken_on"] - arrived.dt.floor("D"))]
        first, last = over.groupby("request")["taken_on"].min(), seen.groupby("request")["taken_on"].max()
        again: pd.Series = look_up(self._sent["request"], first) < look_up(self._sent["request"], last)
        return again

    def _is_over(self, waited: pd.Series) -> pd.Series:
        over: pd.Series = waited.dt.days > self._after  # nothing is more than NaN
        return over
