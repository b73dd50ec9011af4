"""The labelled past: each request with its facts as of the day, what was done, and how strong that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import ceil
from typing import Any, Literal

import numpy as np
import pandas as pd

from netkit.display import show
from netkit.evidence import Told
from netkit.facts import Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.history.facts_then import guard_facts
from netkit.history.labels import NO_PERIOD, STATES, WAITS, history_number
from netkit.history.outcomes import AcceptanceOutcomes, alike_words, own_word, read_outcomes
from netkit.history.past_introductions import IntroductionHistory, read_introductions
from netkit.history.request_rows import RequestRows, read_request_rows, values_of
from netkit.history.sample_check import MoreDecisions, left_out, uneven_notes
from netkit.ledger import Ledger
from netkit.wording import counted, day_words

__all__ = [
    "AcceptanceOutcomes",
    "History",
    "IntroductionHistory",
    "RequestRows",
    "alike_words",
    "guard_facts",
    "own_word",
    "read_history",
    "read_introductions",
    "read_outcomes",
    "read_request_rows",
]

Strength = Literal["strong", "weak", "any"]
_SOURCES = {
    "record": "the platform's record", "export": "archives", "typed": "what you typed", "sheet": "sheets",
}  # fmt: skip


@dataclass(frozen=True)
class History:
    """The incoming invitations of a ledger, with a label wherever there is one.

    Attributes
    ----------
    table : DataFrame, n rows, oldest first
        `request`, `person`, `name`, `sent_at`, `note`, `state` (accepted, decided, gone, aged, open),
        `strength` (strong, weak, none), `label` (1.0 accepted, 0.0 refused, NaN), `action` (what was
        done, if recorded), `step` (what came before: asked, deferred, or ignored and accepted later),
        `source` of the answer (export, record, typed, sheet), `decided_at`, `opinion_seen` (missing where
        nobody knows), `recorded_at` (at first), `batch` (answered together with others, as the platform's
        record shows), `scored` (whether a comparison may score it: you recorded it, or the platform's record
        did and shows refusals, too), `delay_days`, `confidence`.
    facts : DataFrame, n rows
        The facts of the same requests in the same order, as known at the decision.
    origins : DataFrame, n rows
        Where each value comes from: `derived`, `note`, `evidence`, `typed earlier` than the answer,
        `typed with` it, `typed after` it, or `typed` where there is none yet. An origin without a value:
        you said that you do not know.
    vocabulary : Vocabulary
        The declared facts.
    counts : DataFrame
        `state`, `strength`, `n`: every state, also with none.
    delay_p95_days : float
        Your own 95th-percentile delay; NaN where nothing was accepted.
    aged_after_days : float
        After how many days a request has waited longer than usual; NaN while too little was accepted.
    period : tuple of Timestamp or None
        Arrival of the first and the last invitation of the time from which both acceptances and
        refusals are recorded: base rates and intercepts hold for it only. None where there is none.
    advice : tuple of str
        What is lacking or does not fit, in sentences.
    as_of : date or None
        The day of the newest export.
    known : RequestRows
        The same row by row.
    told : dict of str to Told
        Request -> what your other files say of it: `sets`, the facts that are set, and `offers`, which are
        no values until you confirm them; each a fact with its level and the reason.
    more : MoreDecisions
        How many more decisions it takes until the model may speak.
    then : History or None
        The history as it stood at the last milestone, where what it counts was corrected or added to later.
    record : tuple of str
        What the platform's own record says of your answers, in sentences; empty where there is none.
    contradicted : dict of str to str
        Request -> the sentence that asks which is right, where what you recorded and the record differ.
    resting : dict of str to date
        Request -> the later day until which you deferred it, or until which a question of yours waits for a
        reply; it does not wait before.
    remarks : dict of str to str
        Request -> that you deferred it, or asked and what came back, where it waits again; that a connection
        of yours has its sender's name; and which of them its note names.
    connected : dict of str to str
        Request -> that its sender is a connection of yours already, where it waits nevertheless.
    """

    table: pd.DataFrame
    facts: pd.DataFrame
    origins: pd.DataFrame
    vocabulary: Vocabulary
    counts: pd.DataFrame
    delay_p95_days: float
    aged_after_days: float
    period: tuple[pd.Timestamp, pd.Timestamp] | None
    advice: tuple[str, ...]
    as_of: date | None
    known: RequestRows = field(repr=False)
    told: Mapping[str, Told] = field(default_factory=dict)
    more: MoreDecisions = field(default_factory=MoreDecisions)
    then: History | None = field(default=None, repr=False)
    record: tuple[str, ...] = ()
    contradicted: Mapping[str, str] = field(default_factory=dict)
    resting: Mapping[str, date] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    connected: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_decisions(self) -> pd.DataFrame:
        """The decisions that the last milestone counts; none before the first one."""
        # In the order of recording, within one reading by its date. Outcomes stand as labels here, too.
        mine = self.table[self.table["state"] == "decided"]
        mine = mine.sort_values(["recorded_at", "decided_at"], kind="stable")
        return mine[: self.more.passed[-1] if self.more.passed else 0]

    @property
    def at_milestone(self) -> History:
        """The history as it stood when the last milestone was reached: nothing recorded later is in it."""
        first = self.first_decisions
        if first.empty:
            return self
        then = self.then or self
        moment = first["decided_at"].max()
        answered = then.table["state"].eq("accepted") & (then.table["decided_at"] <= moment)
        kept = then.table["request"].isin(first["request"]) | answered
        table = then.table.assign(label=then.table["label"].where(kept))
        strong = (table["strength"] == "strong") & table["label"].notna()
        return replace(then, table=table, period=_period(table[strong]), then=None)

    def waiting(self) -> pd.DataFrame:
        """Return what is still waiting for an answer, oldest first, and then what has waited unusually long.

        What rests until a later day does not wait before it.

        Returns
        -------
        DataFrame
            The open rows of the table, then the aged ones, with `waited_days` at the newest export.
        """
        waits = self.table["state"].isin(WAITS) & ~self.table["request"].isin(list(self.resting))
        rows = self.table[waits]
        day = pd.Timestamp(self.as_of, tz="UTC") if self.as_of else pd.NaT
        waited = (day - rows["sent_at"].dt.floor("D")).dt.days.astype("Int64")
        rows = rows.assign(waited_days=waited.mask(waited < 0))
        return rows.sort_values("state", key=lambda state: state == "aged", kind="stable", ignore_index=True)

    def resting_by(self, action: str) -> dict[str, date]:
        """Return what rests since you did something, and until when.

        Parameters
        ----------
        action : {'defer', 'ask'}
            What you did.

        Returns
        -------
        dict of str to date
            By request, the earliest day first.
        """
        days = sorted(self.resting.items(), key=lambda each: (each[1], each[0]))
        return {request: day for request, day in days if self.known.rows[request]["action"] == action}

    def facts_of(self, requests: pd.Series) -> pd.DataFrame:
        """Return the facts of some requests, in their order.

        Parameters
        ----------
        requests : Series of str, length n
            Request keys.

        Returns
        -------
        DataFrame, n rows
            A facts frame.
        """
        rows = self.facts.set_index("request").loc[requests.tolist()]
        return rows.rename_axis("request").reset_index()

    def values_of(self, request: str) -> dict[str, dict[str, Any]]:
        """Return the known facts of a request, each with its level and the origin of that.

        Parameters
        ----------
        request : str
            Its key.

        Returns
        -------
        dict of str to dict
            Fact -> `level` (None where you said that you do not know) and `origin`; where that is
            `evidence`, also the `reason`.
        """
        return values_of(
            self.known.then.levels[request], self.known.then.origins[request], self.evidence_for(request)
        )

    def evidence_for(self, request: str) -> Told:
        """Return what your other files say about a request: facts that they set, and facts that they offer.

        Parameters
        ----------
        request : str
            Its key.

        Returns
        -------
        Told
            `sets` and `offers`, each fact -> (level, reason).
        """
        return self.told.get(request, Told())

    def labelled(self, strength: Strength = "strong") -> pd.DataFrame:
        """Return the rows of the table that have a label.

        Parameters
        ----------
        strength : {'strong', 'weak', 'any'}
            Which labels.

        Returns
        -------
        DataFrame
            Oldest first.
        """
        wanted = ("strong", "weak") if strength == "any" else (strength,)
        keep = self.table["label"].notna() & self.table["strength"].isin(wanted)
        return self.table[keep].reset_index(drop=True)

    @property
    def has_both(self) -> bool:
        """Whether there are so many sure labels of both answers that a model may learn anything from them."""
        sure = self.labelled()["label"]
        return min(sure.eq(answer).sum() for answer in (0.0, 1.0)) >= history_number("enough_of_each")

    @property
    def sentences(self) -> tuple[str, ...]:
        """The delay, the period and the advice in words."""
        period = (
            f"{NO_PERIOD} What share you accept is therefore unknown."
            if self.period is None
            else "You both accepted and refused invitations that were sent from"
            f" {day_words(self.period[0])} to {day_words(self.period[1])}."
            " Only for that time can netkit say what share you accept."
        )
        shares = self._shares()
        return (self._delay_sentence(), period, self.more.sentence, *shares, *self.record, *self.advice)

    def _shares(self) -> Iterator[str]:
        """Say what share of the labels comes from where, once the platform's record has a part in it."""
        sure = self.labelled()["source"].value_counts()
        if "record" in sure:
            told = [f"{_SOURCES[str(name)]} {n:,} ({100 * n / sure.sum():.0f} %)" for name, n in sure.items()]
            all_of = counted(sure.sum(), "sure answer comes", "sure answers come")
            yield f"Where your {all_of} from: {', '.join(told)}."

    def _delay_sentence(self) -> str:
        needed = f"{history_number('aged_acceptances'):g}"
        if np.isnan(self.delay_p95_days):
            return f"No acceptance has a date yet. netkit needs {needed} to say when a request waits long."
        within = counted(max(1, ceil(self.delay_p95_days)), "day")
        took = f"Nearly all that you accepted, you accepted within {within}."
        if np.isnan(self.aged_after_days):
            dated = counted(int(self.table["delay_days"].notna().sum()), "acceptance")
            return f"{took} That rests on {dated}; netkit needs {needed} to say when a request waits long."
        longer = self.aged_after_days > self.delay_p95_days
        which = f"unanswered for over {self.aged_after_days:g} days" if longer else "that waits longer"
        return f"{took} An invitation {which} counts as waiting long."

    def as_dict(self) -> dict[str, Any]:
        """Return states, delay, period and advice as plain values, ready for JSON."""
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "invitations": len(self.table),
            "states": self.counts.to_dict(orient="records"),
            "labels": {
                strength: {
                    "accepted": int(self.labelled(strength)["label"].eq(1.0).sum()),
                    "refused": int(self.labelled(strength)["label"].eq(0.0).sum()),
                }
                for strength in ("strong", "weak")
            },
            "record": list(self.record),
            "sources": self.labelled()["source"].value_counts().to_dict(),
            "origins": {
                name: self.origins[name].value_counts().to_dict()
                for name in self.vocabulary
                if name in self.origins and self.origins[name].notna().any()
            },
            "delay_p95_days": None if np.isnan(self.delay_p95_days) else self.delay_p95_days,
            "aged_after_days": None if np.isnan(self.aged_after_days) else self.aged_after_days,
            "period": [f"{day:%Y-%m-%d}" for day in self.period] if self.period else None,
            "more_decisions": self.more.as_dict(),
            "advice": list(self.advice),
        }

    def _repr_html_(self) -> str:
        title = f"History as of {day_words(self.as_of)}: {counted(len(self.table), 'invitation')} to you"
        return show(title, self.counts, self.sentences)


def read_history(ledger: Ledger, vocabulary: Vocabulary | None = None) -> History:
    """Read the labelled past of invitations from a ledger.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    vocabulary : Vocabulary, optional
        The declared facts, with the user's own; the shipped ones where left out.

    Returns
    -------
    History
        One row per incoming invitation.

    Raises
    ------
    LeakError
        A declared fact could not be known at the decision.
    """
    declared = vocabulary if vocabulary is not None else shipped("invitation")
    with ledger.snapshot():
        history = _in_frames(read_request_rows(ledger, declared))
        first = history.first_decisions
        if first.empty:
            return history
        moment, requests = first["recorded_at"].max(), set(first["request"])
        # The decisions that were taken back, too, and what took them back.
        every = ledger.decisions.rows("invitation", include_undone=True)
        later = (row for row in [*ledger.notes.rows("invitation"), *every] if row["recorded_at"] > moment)
        if not any(row["request"] in requests for row in later):
            return history
        with ledger.recorded_by(moment):
            return replace(history, then=_in_frames(read_request_rows(ledger, declared)))


def _in_frames(known: RequestRows) -> History:
    """Lay out what is known of the invitations as tables."""
    labels, then, declared = known.labels, known.then, known.vocabulary
    table = labels.table
    facts, origins = then.frames(declared)
    strong = (table["strength"] == "strong") & table["label"].notna()
    # What was there before the answer cannot lean on it.
    with_it = facts.mask(origins.isin(["typed earlier", "evidence"]))
    advice = uneven_notes(with_it[strong], table.loc[strong, "label"], declared)
    return History(
        table=table.drop(columns=["sitting", "noted_until", "answered_at", "learnt_at"]),
        facts=facts,
        origins=origins,
        vocabulary=declared,
        counts=_count(table),
        delay_p95_days=labels.delay_p95_days,
        aged_after_days=labels.aged_after_days,
        period=_period(table[strong]),
        advice=(
            *advice,
            *labels.oddities,
            *left_out(then.late, then.noted - set(declared) - set(own_word())),
        ),
        as_of=known.as_of,
        known=known,
        told=then.told,
        more=known.more,
        record=labels.record.sentences,
        contradicted=labels.differing,
    )


def _count(table: pd.DataFrame) -> pd.DataFrame:
    found = table.groupby(["state", "strength"]).size()
    pairs = list(dict.fromkeys([*STATES.items(), *found.index]))
    rows = [(state, strength, int(found.get((state, strength), 0))) for state, strength in pairs]
    return pd.DataFrame(rows, columns=["state", "strength", "n"])


def _period(strong: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the arrivals between which neither label is missing from the record."""
    accepted = strong.loc[strong["label"] == 1.0, "sent_at"]
    refused = strong.loc[strong["label"] == 0.0, "sent_at"]
    if accepted.empty or refused.empty:
        return None
    start, end = max(accepted.min(), refused.min()), min(accepted.max(), refused.max())
    # One refusal amid years of acceptances would be a time of refusals only.
    both = all(label.between(start, end).any() for label in (accepted, refused))
    return (start, end) if both else None
