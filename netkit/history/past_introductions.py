"""The past of introductions: each request with its facts as of the day, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial

import pandas as pd

from netkit.display import show
from netkit.facts import ACTIONS, OUTCOMES, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.history.answering_connections import Row
from netkit.history.facts_then import FactsThen, with_notes
from netkit.history.labels import MEANING, history_number
from netkit.history.same_people import SamePeople
from netkit.history.sample_check import left_out
from netkit.history.wishes import standing_wishes
from netkit.ledger import Ledger
from netkit.wording import counted

# How much a side's outcome counts against an introduction: the worst known side decides (clause PV4).
_SIDES = ("outcome_requester", "outcome_contact")
_ASKED = ("request", "requester", "requester_name", "contact", "contact_name", "purpose_text", "channel",
          "asked_at")  # fmt: skip
_COLUMNS = [*_ASKED, "state", "action", "decided_at", "source", "sitting", "recorded_at", "made",
            "introduced_at", *_SIDES, "outcome", "label"]  # fmt: skip
_TYPES = dict.fromkeys(["asked_at", "decided_at", "recorded_at", "introduced_at"], "datetime64[us, UTC]") | {
    "made": "bool", "label": "float64",
}  # fmt: skip
_WORST_FIRST = ("no_show", "regretted", "no_reply", "neutral", "useful")
_ANSWERS = {"permission_given": "given", "permission_refused": "refused"}
# Who has answered was asked, though nobody wrote the question down.
CONTACT_TROUBLED = ("permission_asked", *_ANSWERS, "introduced")
_ENDS = {"introduced": "introduce", "declined": "decline", "redirected": "redirect"}
_DECISIVE = tuple(action for action in ACTIONS["introduction"] if MEANING[action])
assert set(_WORST_FIRST) == set(OUTCOMES)


def introduction_rows(ledger: Ledger) -> list[Row]:
    """Return every requested introduction with what was done and what came of it, the oldest first.

    `state` is open, made or not_made; `outcome` the worse of the two sides'; `label` 1.0 for useful, 0.0
    for anything else, None where not made or not known.
    """
    same, events = SamePeople.of(ledger), ledger.introductions.standing_events()
    asked = (row for row in ledger.introductions.rows() if row["introducer"] is None)
    return [_introduction(row, events.get(row["request"], []), same) for row in asked]


def introduction_table(ledger: Ledger) -> pd.DataFrame:
    """Return `introduction_rows` as a frame."""
    table = pd.DataFrame(introduction_rows(ledger), columns=_COLUMNS, dtype="object")
    return table.astype(dict.fromkeys(_COLUMNS, "str") | _TYPES)


def _introduction(row: Row, events: Sequence[Row], same: SamePeople) -> Row:
    done = _last_action(events)
    decisive = done["action"] in _DECISIVE
    made = min((event["at"] for event in events if event["step"] == "introduced"), default=None)
    sides = {side: _last_outcome(events, side) for side in _SIDES}
    known = [outcome for outcome in sides.values() if outcome is not None]
    outcome = min(known, key=_WORST_FIRST.index, default=None) if made else None
    return {
        **{name: row[name] for name in _ASKED},
        # A name stands for the one address that bears it.
        **{role: same.key(row[role]) or row[role] for role in ("requester", "contact")},
        "state": "made" if made else "not_made" if decisive else "open",
        "action": done["action"],
        "decided_at": done["at"] if decisive else None,
        **{name: done[name] if decisive else None for name in ("source", "sitting", "recorded_at")},
        "made": made is not None,
        "introduced_at": made,
        **sides,
        "outcome": outcome,
        "label": None if outcome is None else float(outcome == "useful"),
    }


def _last_action(events: Sequence[Row]) -> Row:
    """Return the last answer to a request, one that ends it before all others."""
    found: Row = dict.fromkeys(("action", "at", "source", "sitting", "recorded_at"))
    for event in events:
        action = _ENDS.get(event["step"], event["detail"].get("action"))
        if action is not None and (action in _DECISIVE or found["action"] not in _DECISIVE):
            found = {**event, "action": action}
    return found


def _last_outcome(events: Iterable[Row], side: str) -> str | None:
    return next((event["detail"]["outcome"] for event in reversed([*events]) if event["step"] == side), None)


def introduction_facts(ledger: Ledger, rows: Sequence[Row], vocabulary: Vocabulary) -> FactsThen:
    """Return the facts of introductions as of their decision or the ledger's last step, with origins.

    `asked_by`, `permission`, `requester_past`, `contact_asked_lately`, and that no wish of the contact
    was noted, come from the ledger; the rest is what was noted at the decision or before.
    """
    every, events = introduction_rows(ledger), ledger.introductions.standing_events()
    moments = [event["at"] for each in events.values() for event in each]
    latest = max([*moments, *(row["asked_at"] for row in every)], default=datetime.now(UTC))
    wished = cache(partial(standing_wishes, ledger))
    derived = {}
    for row in rows:
        at = row["decided_at"] or latest
        before = {request: [event for event in each if event["at"] <= at] for request, each in events.items()}
        of_requester, of_contact = (
            [before.get(other, []) for other in _others(every, row["request"], role)]
            for role in ("requester", "contact")
        )
        derived[row["request"]] = {
            "asked_by": row["channel"],
            "permission": _permission(before.get(row["request"], [])),
            "requester_past": _past(of_requester),
            "contact_asked_lately": _asked(of_contact, at),
            # Whether it fits a wish that stands, you alone know.
            "fits_contact_wishes": None if row["contact"] in wished(at.date()) else "none_noted",
        }
    notes = ledger.notes.rows("introduction")
    noted = frozenset(note["fact"] for note in notes)
    return replace(with_notes(notes, derived, rows, vocabulary), noted=noted)


def _permission(events: Sequence[Row]) -> str | None:
    steps = [event["step"] for event in events]
    answers = [step for step in steps if step in _ANSWERS]
    if answers:
        return _ANSWERS[answers[-1]]
    return None if "permission_asked" in steps else "not_asked"  # asked, and no answer yet


def _others(every: Sequence[Row], request: str, role: str) -> list[str]:
    """Return the other requests of the same requester, or about the same contact."""
    person = next(row[role] for row in every if row["request"] == request)
    theirs = (row["request"] for row in every if person and row[role] == person)
    return [other for other in theirs if other != request]


def _past(others: Sequence[Sequence[Row]]) -> str | None:
    """Say what came of the requester's earlier introductions, as known at that moment."""
    found = {(side, _last_outcome(events, side)) for events in others for side in _SIDES}
    outcomes = {(side, outcome) for side, outcome in found if outcome is not None}
    if {("outcome_requester", "no_show"), ("outcome_contact", "regretted")} & outcomes:
        return "let_down"
    if not outcomes:
        made = any(event["step"] == "introduced" for events in others for event in events)
        return None if made else "none"
    return "good" if {outcome for _, outcome in outcomes} == {"useful"} else "mixed"


def _asked(others: Sequence[Sequence[Row]], at: datetime) -> int:
    """Count the other introductions for which this contact was asked or taken up lately."""
    since = at - timedelta(days=history_number("asked_lately_days"))
    lately = ([event for event in events if event["at"] >= since] for events in others)
    return sum(any(event["step"] in CONTACT_TROUBLED for event in events) for events in lately)


@dataclass(frozen=True)
class IntroductionHistory:
    """The requested introductions of a ledger, and what came of those that were made.

    Attributes
    ----------
    table : DataFrame, n rows, oldest first
        What `introduction_table` returns: who asked for whom, `state` (open, made, not_made), `action`,
        `decided_at`, `source` (typed or sheet), `outcome`, `label` (1.0 useful, 0.0 anything else, NaN
        where not made or not known).
    facts : DataFrame, n rows
        The facts of the same requests in the same order, as known at the decision.
    vocabulary : Vocabulary
        The declared facts.
    counts : DataFrame
        `state`, `outcome` (missing where there is none), `n`.
    advice : tuple of str
        What is lacking, in sentences.
    origins : DataFrame, n rows
        Where each value comes from, as in `History`.
    """

    table: pd.DataFrame
    facts: pd.DataFrame
    vocabulary: Vocabulary
    counts: pd.DataFrame
    advice: tuple[str, ...]
    origins: pd.DataFrame = field(default_factory=lambda: pd.DataFrame())  # noqa: PLW0108 - pandas is loaded later

    def open(self) -> pd.DataFrame:
        """Return the rows of the table that wait for an answer."""
        return self.table[self.table["state"] == "open"].reset_index(drop=True)

    def labelled(self) -> pd.DataFrame:
        """Return the rows of the table whose outcome is known."""
        return self.table[self.table["label"].notna()].reset_index(drop=True)

    def _repr_html_(self) -> str:
        return show(f"{counted(len(self.table), 'requested introduction')}", self.counts, self.advice)


def read_introductions(ledger: Ledger, vocabulary: Vocabulary | None = None) -> IntroductionHistory:
    """Read the past of introductions from a ledger.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    vocabulary : Vocabulary, optional
        The declared facts, with the user's own; the shipped ones where left out.

    Returns
    -------
    IntroductionHistory
        One row per request.
    """
    declared = vocabulary if vocabulary is not None else shipped("introduction")
    with ledger.snapshot():
        table, rows = introduction_table(ledger), introduction_rows(ledger)
        then = introduction_facts(ledger, rows, declared)
    counts = table.groupby(["state", "outcome"], dropna=False).size().reset_index(name="n")
    advice = (_unknown_outcomes(table), *left_out(then.late, then.noted - set(declared)))
    table = table.drop(columns=["sitting", "recorded_at"])
    facts, origins = then.frames(declared)
    return IntroductionHistory(table, facts, declared, counts, tuple(filter(None, advice)), origins)


def _unknown_outcomes(table: pd.DataFrame) -> str:
    made, known = int(table["made"].sum()), int(table["label"].notna().sum())
    if not len(table) or known == len(table):
        return ""
    return (
        f"The outcome is known for {known} of {counted(len(table), 'request')}"
        f" ({counted(made, 'introduction')} made): what the others would have come to, nobody knows."
    )
