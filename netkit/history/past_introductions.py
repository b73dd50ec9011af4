"""The past of introductions: each request with its facts as of the day, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from netkit.display import show
from netkit.facts import ACTIONS, OUTCOMES, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.history.facts_then import guard_facts, with_notes
from netkit.history.labels import MEANING, history_number
from netkit.history.same_people import SamePeople
from netkit.history.sample_check import left_out
from netkit.history.wishes import standing_wishes
from netkit.ledger import Ledger
from netkit.row_counts import look_up
from netkit.wording import counted

# How much a side's outcome counts against an introduction: the worst known side decides (clause PV4).
_WORST_FIRST = ("no_show", "regretted", "no_reply", "neutral", "useful")
_ANSWERS = {"permission_given": "given", "permission_refused": "refused"}
# Who has answered was asked, though nobody wrote the question down.
CONTACT_TROUBLED = ("permission_asked", *_ANSWERS, "introduced")
_ENDS = {"introduced": "introduce", "declined": "decline", "redirected": "redirect"}
_DECISIVE = tuple(action for action in ACTIONS["introduction"] if MEANING[action])
assert set(_WORST_FIRST) == set(OUTCOMES)


def introduction_table(ledger: Ledger) -> pd.DataFrame:
    """Return every requested introduction with what was done and what came of it, the oldest first.

    `state` is open, made or not_made; `outcome` the worse of the two sides'; `label` 1.0 for useful, 0.0
    for anything else, NaN where not made or not known.
    """
    table = ledger.introductions.to_frame().drop(columns=["recorded_at", "via"])
    same = SamePeople.of(ledger)
    for role in ("requester", "contact"):  # a name stands for the one address that bears it
        table[role] = same.keys(table[role]).fillna(table[role])
    events = ledger.introductions.events()
    done = _last_action(events, table["request"])
    introduced = events[events["step"] == "introduced"]
    made = look_up(table["request"], introduced.groupby("introduction")["at"].min())
    sides = {
        side: look_up(table["request"], _last_outcome(events, side)).astype("str")
        for side in ("outcome_requester", "outcome_contact")
    }
    outcome = _worse(sides["outcome_requester"], sides["outcome_contact"]).where(made.notna())
    decisive = done["action"].isin(_DECISIVE)
    state = pd.Series("open", index=table.index, dtype="str").mask(decisive, "not_made")
    return table.assign(
        state=state.mask(made.notna(), "made"),
        action=done["action"],
        decided_at=done["at"].where(decisive),
        source=done["source"].where(decisive),
        sitting=done["sitting"].where(decisive),
        recorded_at=done["recorded_at"].where(decisive),
        made=made.notna(),
        introduced_at=made.astype("datetime64[us, UTC]"),
        **sides,
        outcome=outcome,
        label=outcome.eq("useful").astype("float64").where(outcome.notna()),
    )


def _last_action(events: pd.DataFrame, requests: pd.Series) -> pd.DataFrame:
    """Return the last answer to each request, those that end it before all others."""
    told = pd.Series([detail.get("action") for detail in events["detail"]], events.index)
    steps = pd.DataFrame(
        {
            "request": events["introduction"],
            "action": events["step"].map(_ENDS).astype("object").fillna(told).astype("str"),
            **{column: events[column] for column in ("at", "source", "sitting", "recorded_at")},
        }
    ).dropna(subset=["action"])
    steps["decisive"] = steps["action"].isin(_DECISIVE)
    steps = steps.sort_values("decisive", kind="stable")
    last = steps.drop_duplicates("request", keep="last").set_index("request")
    return last.reindex(requests).reset_index(drop=True)


def _last_outcome(events: pd.DataFrame, side: str) -> pd.Series:
    rows = events[events["step"] == side].drop_duplicates("introduction", keep="last")
    words = [detail["outcome"] for detail in rows["detail"]]
    return pd.Series(words, index=rows["introduction"], dtype="object")


def _worse(one: pd.Series, other: pd.Series) -> pd.Series:
    rank = {outcome: place for place, outcome in enumerate(_WORST_FIRST)}
    places = pd.concat([one.map(rank), other.map(rank)], axis=1).min(axis=1)
    return places.map(dict(enumerate(_WORST_FIRST))).astype("str")


def introduction_facts(
    ledger: Ledger, table: pd.DataFrame, vocabulary: Vocabulary
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Return the facts of introductions as of their decision or the ledger's last step, with origins.

    `asked_by`, `permission`, `requester_past`, `contact_asked_lately`, and that no wish of the contact
    was noted, come from the ledger; the rest is what was noted at the decision or before.
    """
    every, events = introduction_table(ledger), ledger.introductions.events()
    latest = pd.concat([events["at"], every["asked_at"]]).max()
    moments = table["decided_at"].mask(table["decided_at"].isna(), latest)
    rows = list(zip(table["request"], moments, strict=True))
    derived = pd.DataFrame(
        {
            "request": table["request"],
            "asked_by": table["channel"],
            "permission": [_permission(events, request, at) for request, at in rows],
            "requester_past": [_past(every, events, request, at) for request, at in rows],
            "contact_asked_lately": [_asked(every, events, request, at) for request, at in rows],
            "fits_contact_wishes": _unwished(ledger, table["contact"], moments),
        },
        index=table.index,
    )
    return with_notes(ledger.notes.to_frame("introduction"), derived, table, vocabulary)


def _permission(events: pd.DataFrame, request: str, at: pd.Timestamp) -> str | None:
    steps = events.loc[(events["introduction"] == request) & (events["at"] <= at), "step"]
    answers = steps[steps.isin(_ANSWERS)]
    if len(answers):
        return _ANSWERS[answers.iloc[-1]]
    return None if steps.eq("permission_asked").any() else "not_asked"  # asked, and no answer yet


def _unwished(ledger: Ledger, contacts: pd.Series, moments: pd.Series) -> list[str | None]:
    """Say of whom no wish stood at that moment; whether it fits one that stands, you alone know."""
    wished = {day: standing_wishes(ledger, day) for day in set(moments.dt.date)}
    pairs = zip(contacts, moments.dt.date, strict=True)
    return [None if contact in wished[day] else "none_noted" for contact, day in pairs]


def _others(every: pd.DataFrame, request: str, role: str) -> pd.Series:
    """Return the other requests of the same requester, or about the same contact."""
    person = every.loc[every["request"] == request, role].iloc[0]
    others: pd.Series = every.loc[every[role] == person, "request"]
    return others[others != request]


def _past(every: pd.DataFrame, events: pd.DataFrame, request: str, at: pd.Timestamp) -> str | None:
    """Say what came of the requester's earlier introductions, as known at that moment."""
    before = events[(events["at"] <= at) & events["introduction"].isin(
        _others(every, request, "requester")
    )]  # fmt: skip
    outcomes = {
        (side, outcome)
        for side in ("outcome_requester", "outcome_contact")
        for outcome in _last_outcome(before, side)
    }
    if {("outcome_requester", "no_show"), ("outcome_contact", "regretted")} & outcomes:
        return "let_down"
    if not outcomes:
        return None if before["step"].eq("introduced").any() else "none"
    return "good" if {outcome for _, outcome in outcomes} == {"useful"} else "mixed"


def _asked(every: pd.DataFrame, events: pd.DataFrame, request: str, at: pd.Timestamp) -> int:
    """Count the other introductions for which this contact was asked or taken up lately."""
    since = at - pd.Timedelta(days=history_number("asked_lately_days"))
    asked = events["step"].isin(CONTACT_TROUBLED) & events["at"].between(since, at)
    asked &= events["introduction"].isin(_others(every, request, "contact"))
    return int(events.loc[asked, "introduction"].nunique())


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
        table = introduction_table(ledger)
        facts, origins, late = introduction_facts(ledger, table, declared)
        noted = set(ledger.notes.to_frame("introduction")["fact"])
    guard_facts(facts, declared)
    counts = table.groupby(["state", "outcome"], dropna=False).size().reset_index(name="n")
    advice = (_unknown_outcomes(table), *left_out(late, noted - set(declared)))
    table = table.drop(columns=["sitting", "recorded_at"])
    return IntroductionHistory(table, facts, declared, counts, tuple(filter(None, advice)), origins)


def _unknown_outcomes(table: pd.DataFrame) -> str:
    made, known = int(table["made"].sum()), int(table["label"].notna().sum())
    if not len(table) or known == len(table):
        return ""
    return (
        f"The outcome is known for {known} of {counted(len(table), 'request')}"
        f" ({counted(made, 'introduction')} made): what the others would have come to, nobody knows."
    )
