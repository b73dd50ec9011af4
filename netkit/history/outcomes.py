"""What came of saying yes: a conversation, a pitch, silence; unknown until the time for it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from netkit.display import show
from netkit.facts import UNKNOWN, Fact, Vocabulary
from netkit.history.answering_connections import newest_holding
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.people import folded_name
from netkit.plain_yaml import Located, read_yaml
from netkit.row_counts import look_up
from netkit.wording import counted, day_words, join_or

if TYPE_CHECKING:
    from netkit.history import History

Target = Literal["conversation", "pitched"]
FLAGS = ("conversation", "pitched", "wrote_unanswered", "silent", "removed")
_SELLS = ("note_sells", "note_asks_favour")
_DAY = timedelta(days=1)
# What makes two requests alike, the finest first; enough of them, or the next coarser is tried.
_ALIKE = (
    (
        "note_kind",
        "note_sells",
        "note_asks_favour",
        "note_recalls_meeting",
        "wrote_before",
        "in_address_book",
    ),
    ("note_kind", "note_sells", "note_asks_favour"),
    ("note_kind",),
)
_NOTES = {"none": "no note", "default": "the platform's own sentence", "personal": "a note"}
_SAYS = {
    "note_sells": "sells",
    "note_asks_favour": "asks a favour",
    "note_recalls_meeting": "recalls a meeting",
}
_KNOWN = {
    ("wrote_before", "yes"): "an earlier message",
    ("wrote_before", "no"): "no earlier message",
    ("in_address_book", "yes"): "in your address book",
    ("in_address_book", "no"): "not in your address book",
}
_ENOUGH = 20


@cache
def _stated() -> Located:
    return read_yaml(Path(__file__).with_name("outcomes.yaml"))


def outcome_days(name: Literal["window_days", "pitch_days"]) -> int:
    """Return one of the spans in which outcomes are looked for.

    >>> outcome_days("window_days")
    90
    """
    return int(_stated()[name]["value"])


def own_word() -> Vocabulary:
    """Return the one thing that you can say of an acceptance afterwards; no judge ever sees it."""
    told = _stated()["own_word"]
    fact = Fact(told["name"], told["question"], levels=("yes", "no"), knowable="afterwards")
    return Vocabulary("invitation", {fact.name: fact})


@dataclass(frozen=True, repr=False)
class AcceptanceOutcomes:
    """The acceptances of a ledger and what came of each.

    Attributes
    ----------
    table : DataFrame, one row an accepted invitation, oldest acceptance first
        `request`, `person`, `name`; `accepted_at` and `timed_by` (`note`: its moment, as the note of the
        invitation reappeared among the messages; `record`: the platform's own; `connection`: the day;
        `decision`: yours); `known_at`, when
        the window is over; `who_wrote` (both, they, you, nobody); and the flags `conversation` (both wrote),
        `pitched` (they wrote first, soon, and it sells or asks), `wrote_unanswered` (one side wrote),
        `silent`, `removed` (a later archive no longer shows the connection). Flags hold together; missing
        means unknown: the window is not over, no later archive has messages, or nobody could tell what the
        first messages are.
    messages_until : Timestamp, optional
        The day of the newest archive that has messages; missing where none has any.
    """

    table: pd.DataFrame
    # A default would load pandas for commands that compute with no tables.
    messages_until: pd.Timestamp = field(default_factory=lambda: pd.NaT)  # type: ignore[assignment]

    @property
    def known(self) -> pd.DataFrame:
        """The acceptances whose window is over."""
        return self.table[self.table["silent"].notna()]

    def counts(self) -> pd.DataFrame:
        """Return how often each outcome came.

        Returns
        -------
        DataFrame
            `outcome`, `yes`, `no`, `unknown`.
        """
        rows = [
            [flag, int(self.table[flag].eq(True).sum()), int(self.table[flag].eq(False).sum()),
             int(self.table[flag].isna().sum())]
            for flag in FLAGS
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["outcome", "yes", "no", "unknown"])

    @property
    def sentences(self) -> tuple[str, ...]:
        """What came of saying yes, in words."""
        known = self.known
        told = counted(len(self.table), "acceptance")
        days = outcome_days("window_days")
        if known.empty:
            return (f"Of {told} nothing is known yet.{self._until_when(days)}",)
        wrote = known["who_wrote"].value_counts()
        alone, they = (int(wrote.get(who, 0)) for who in ("you", "they"))
        unheard = (
            f"{counted(alone, 'person', 'people')} did not answer you."
            if alone
            else "Nobody you wrote to stayed silent."
        )
        talked, silent = (int(known[flag].sum()) for flag in ("conversation", "silent"))
        lines = [
            f"The outcome of {len(known):,} of {told} is known:"
            f" {days} days have passed, and an archive has the messages."
            f" {talked:,} became a conversation, and {silent:,} stayed silent."
            f" You did not answer {counted(they, 'person', 'people')} who wrote to you. {unheard}"
        ]
        pitched = known["pitched"].dropna()
        lines.append(
            f"{counted(int(pitched.sum()), 'person', 'people')} wrote first within"
            f" {outcome_days('pitch_days')} days to sell something or to ask for something."
            + _untold(len(known) - len(pitched))
        )
        gone = int(self.table["removed"].eq(True).sum())
        if gone:
            lines.append(f"{counted(gone, 'connection')} {'is' if gone == 1 else 'are'} no longer there.")
        return tuple(lines)

    def _until_when(self, days: int) -> str:
        """Say what is needed before anything is known."""
        if self.table.empty:
            return ""
        if pd.isna(self.messages_until):
            return " No archive has your messages. Read one that has them."
        first = self.table["known_at"].min().ceil("D")
        return (f" {days} days must pass after each, and your newest archive with messages is of"
                f" {day_words(self.messages_until)}. Read one of {day_words(first)} or later.")  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return counts and words, ready for JSON."""
        return {
            "acceptances": len(self.table),
            "known": len(self.known),
            "counts": self.counts().to_dict(orient="records"),
            "timed_by": self.table["timed_by"].value_counts().to_dict(),
            "sentences": list(self.sentences),
        }

    def __repr__(self) -> str:
        return " ".join(self.sentences)

    def _repr_html_(self) -> str:
        return show("What came of saying yes", self.sentences, self.counts())


def _untold(number: int) -> str:
    return f" Of {number:,} more, nobody could tell what their first messages are." if number else ""


def read_outcomes(ledger: Ledger, table: pd.DataFrame) -> AcceptanceOutcomes:
    """Read what came of the acceptances of a history.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    table : DataFrame
        `History.table` of the same ledger.

    Returns
    -------
    AcceptanceOutcomes
        One row an acceptance.
    """
    with ledger.snapshot():
        same = SamePeople.of(ledger)
        accepted = _accepted(ledger, same, table)
        until = _newest(ledger, "messages")
        flags = _written(ledger, same, accepted)
        words = _own_words(ledger, accepted["request"])
        removed = _removed(ledger, same, accepted)
    known_at = accepted["accepted_at"] + outcome_days("window_days") * _DAY
    over = known_at <= until  # nothing is before no archive
    flags = flags.where(over)
    flags["pitched"] = words.where(words.notna(), flags["pitched"])
    return AcceptanceOutcomes(
        accepted.assign(
            known_at=known_at,
            who_wrote=flags["who_wrote"],
            **{flag: flags[flag].astype("boolean") for flag in FLAGS if flag in flags},
            removed=removed,
        )[["request", "person", "name", "accepted_at", "timed_by", "known_at", "who_wrote", *FLAGS]],
        until,
    )


def _accepted(ledger: Ledger, same: SamePeople, table: pd.DataFrame) -> pd.DataFrame:
    """Return who was accepted, and when: by the note's moment, the connection's day, or your decision."""
    columns = ["request", "person", "name", "sent_at", "decided_at", "delay_days", "source"]
    rows = table.loc[table["label"].eq(1.0), columns]
    rows = rows.reset_index(drop=True)
    proved = {row["request"]: row["note_reappeared_at"] for row in ledger.invitations.rows()}
    note = rows["request"].map(proved).astype("datetime64[us, UTC]")
    delay = pd.to_timedelta(rows["delay_days"].astype("Float64"), unit="D")
    day = (rows["sent_at"].dt.floor("D") + delay).astype("datetime64[us, UTC]")
    day = day.where(day.isna() | (day > rows["sent_at"]), rows["sent_at"])
    record = rows["decided_at"].where(rows["source"].eq("record")).astype("datetime64[us, UTC]")
    moment = record.fillna(note).fillna(day).fillna(rows["decided_at"])
    timed = pd.Series("decision", rows.index).mask(day.notna(), "connection").mask(note.notna(), "note")
    timed = timed.mask(record.notna(), "record")
    rows = rows.assign(accepted_at=moment, timed_by=timed.astype("str"), key=same.keys(rows["person"]))
    return rows[moment.notna()].sort_values("accepted_at", kind="stable", ignore_index=True)


def _newest(ledger: Ledger, table: str) -> pd.Timestamp:
    """Return the day of the newest export that held a table, or no day."""
    newest: pd.Timestamp = pd.to_datetime(pd.Series([newest_holding(ledger, table)]), utc=True).iloc[0]
    return newest


def _written(ledger: Ledger, same: SamePeople, accepted: pd.DataFrame) -> pd.DataFrame:
    """Return who wrote in the window after each acceptance, and whether it was a pitch."""
    first = ledger.exports.first_messages()
    writers = ledger.exports.writers()
    asked = accepted[["key", "accepted_at"]].rename_axis("row").reset_index().dropna(subset=["key"])
    spans = asked.merge(pd.DataFrame({"person": writers, "key": same.keys(writers)}), on="key")
    spans = spans.assign(
        since=spans["accepted_at"], until=spans["accepted_at"] + outcome_days("window_days") * _DAY
    )
    wrote = ledger.exports.written_within(spans).groupby("row")[["incoming", "outgoing"]].min()
    came, went = (wrote[way].reindex(accepted.index) for way in ("incoming", "outgoing"))
    they, you = came.notna(), went.notna()
    soon = came <= accepted["accepted_at"] + outcome_days("pitch_days") * _DAY
    opened = they & soon & (went.isna() | (came < went))
    read = _within(first.assign(key=same.keys(first["person"])), accepted)
    what = _says(read[read["direction"] == "incoming"], accepted)
    pitched = pd.Series(np.where(opened, what, False), index=accepted.index, dtype="object")
    who = np.select([they & you, they, you], ["both", "they", "you"], "nobody")
    return pd.DataFrame(
        {
            "who_wrote": pd.Series(who, index=accepted.index, dtype="str"),
            "conversation": they & you,
            "pitched": pitched,
            "wrote_unanswered": they ^ you,
            "silent": ~(they | you),
        }
    ).astype({flag: "object" for flag in FLAGS if flag != "removed"})


def _within(messages: pd.DataFrame, accepted: pd.DataFrame) -> pd.DataFrame:
    """Return the messages of each acceptance's window, each with the row of the acceptance."""
    asked = accepted[["key", "accepted_at"]].rename_axis("row").reset_index().dropna(subset=["key"])
    pairs = messages.dropna(subset=["key"]).merge(asked, on="key")
    since = pairs["sent_at"] - pairs["accepted_at"]
    return pairs[(since >= pd.Timedelta(0)) & (since <= outcome_days("window_days") * _DAY)]


def _says(read: pd.DataFrame, accepted: pd.DataFrame) -> pd.Series:
    """Tell whether what they wrote first sells or asks; missing where the reader does not know."""
    soon = read[read["sent_at"] - read["accepted_at"] <= outcome_days("pitch_days") * _DAY]
    traits = [soon[trait] for trait in _SELLS if trait in soon]
    if not traits:
        return pd.Series(None, index=accepted.index, dtype="object")
    yes = pd.concat([trait.eq("yes") for trait in traits], axis=1).any(axis=1)
    no = pd.concat([trait.eq("no") for trait in traits], axis=1).all(axis=1) & (len(traits) == len(_SELLS))
    told = pd.DataFrame({"row": soon["row"], "yes": yes, "no": no}).groupby("row")
    some, none = told["yes"].any().reindex(accepted.index), told["no"].all().reindex(accepted.index)
    found = pd.Series(None, index=accepted.index, dtype="object")
    return found.mask(none.eq(True), False).mask(some.eq(True), True)


def _own_words(ledger: Ledger, requests: pd.Series) -> pd.Series:
    """Return what you said of acceptances yourself, which counts for more than what the reader says."""
    notes = ledger.notes.to_frame("invitation")
    mine = notes[notes["fact"].isin(list(own_word()))].drop_duplicates("request", keep="last")
    said: Mapping[str, Any] = {"yes": True, "no": False}
    return look_up(requests, mine.set_index("request")["level"].map(said).astype("object"))


def _removed(ledger: Ledger, same: SamePeople, accepted: pd.DataFrame) -> pd.Series:
    """Tell who is no longer among the connections of a later archive, by address or by name and day."""
    newest, links = _newest(ledger, "connections"), ledger.exports.versions()
    here = [row for row in links if row["last_seen"] == newest]
    names = {folded_name(row["name"]) for row in here if row["name"]}
    there, was = (
        accepted["key"].isin({same.key(row["person"], row["name"]) for row in rows} - {None})
        for rows in (here, links)
    )
    # Who changed his address is there under his name.
    there |= pd.Series(
        [folded_name(str(name)) in names for name in accepted["name"]], accepted.index, dtype="bool"
    )
    # Who never was there cannot be gone: you may have changed your mind before you pressed the button.
    told = (accepted["accepted_at"].dt.floor("D") < newest) & (was | accepted["timed_by"].eq("note"))
    return (~there).where(told).astype("boolean")


def alike_words(history: History, outcomes: AcceptanceOutcomes, requests: Sequence[str]) -> dict[str, str]:
    """Say what came of requests like these that you accepted.

    Parameters
    ----------
    history, outcomes
        The history, and what came of its acceptances.
    requests : sequence of str
        The keys of the requests.

    Returns
    -------
    dict of str to str
        Request -> a line in words; one that has too few like it is left out.
    """
    known = outcomes.known.set_index("request")
    told: dict[str, str] = {}
    if len(known) < _ENOUGH:
        return told
    rows = history.facts.set_index("request")
    levels = rows.loc[rows.index.isin([*known.index, *requests])].astype("object").fillna(UNKNOWN)
    for facts in _ALIKE:
        columns = [levels[name].astype("str") for name in facts if name in levels]
        key = pd.Series(list(zip(*columns, strict=True)), index=levels.index)
        rest = known[~known["conversation"].astype("bool")]
        came = pd.DataFrame({"key": key.reindex(known.index), "n": 1, "talked": known["conversation"]})
        came["pitched"] = rest["pitched"].eq(True).reindex(known.index)
        came["neither"] = rest["pitched"].eq(False).reindex(known.index)
        groups = came.fillna({"pitched": False, "neither": False}).groupby("key").sum()
        groups = groups[groups["n"] >= _ENOUGH].astype("int64")
        names = [name for name in facts if name in levels]
        said = {
            alike: _came_of(dict(zip(names, alike, strict=True)), group)
            for alike, group in zip(groups.index, groups.to_dict(orient="records"), strict=True)
        }
        told = {request: said[key[request]] for request in requests if key.get(request) in said} | told
    return told


def _came_of(levels: Mapping[str, str], group: Mapping[Any, Any]) -> str:
    unknown = group["n"] - group["talked"] - group["pitched"] - group["neither"]
    return (
        f"Of {group['n']:,} that you accepted ({_alike_in(levels)}), {group['talked']:,} became a"
        f" conversation, {group['pitched']:,} only a pitch, {group['neither']:,} neither"
        f"{f', {unknown:,} unknown' if unknown else ''}."
    )


def _alike_in(levels: Mapping[str, str]) -> str:
    """Say in words what requests have in common; what a note says only where there is one.

    >>> _alike_in({"note_kind": "personal", "note_sells": "yes", "wrote_before": "no"})
    'a note that sells, no earlier message'
    """
    note = _NOTES.get(levels["note_kind"], "a note that nobody read yet")
    says = [_SAYS[fact] for fact in _SAYS if levels.get(fact) == "yes" and levels["note_kind"] == "personal"]
    told = [_KNOWN[each] for each in levels.items() if each in _KNOWN]
    return ", ".join([f"{note} that {join_or(says, 'and')}" if says else note, *told])
