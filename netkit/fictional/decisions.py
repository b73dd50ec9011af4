"""What the invented person wrote into his ledger: decisions, and the facts that he noted with them."""

import numpy as np
import pandas as pd

from netkit.facts import vocabulary
from netkit.fictional.invitations import DAY, Calendar
from netkit.fictional.process import LEFT_OUT, stream

RECORDED = 0.88  # the share of his answers that he recorded, whatever they were
_COLUMNS = ["person", "name", "direction", "sent_at"]


def record_decisions(seed: int, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return the decisions that the invented person recorded, oldest first.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    told : DataFrame
        The incoming invitations with `key` and `name` of the sender.
    calendar : Calendar
        When the exports are taken.

    Returns
    -------
    DataFrame, one row per decision
        `person`, `name`, `direction`, `sent_at`, `action`, `decided_at`, `opinion_seen`. A request
        that was asked about or deferred first has an earlier row saying so.
    """
    rng = stream(seed, "decisions")
    recorded = recorded_answers(seed, told)
    final = told[recorded].assign(
        action=_actions(rng, told[recorded]), decided_at=told["answered_at"]
    )
    early = _first_steps(told, recorded, calendar)
    rows = pd.concat([early, final]).sort_values("decided_at", kind="stable", ignore_index=True)
    seen = (rows["decided_at"] > calendar.first) & (rng.random(len(rows)) < 0.45)
    rows = rows.assign(direction="incoming", person=rows["key"], opinion_seen=seen)
    return rows[[*_COLUMNS, "action", "decided_at", "opinion_seen"]]


def recorded_answers(seed: int, told: pd.DataFrame) -> pd.Series:
    """Say which answers went into the ledger: those to requests that an export shows, bar a few.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    told : DataFrame, n rows
        The incoming invitations.

    Returns
    -------
    Series of bool, length n
        Independent of the answer.
    """
    kept = stream(seed, "recorded").random(len(told)) < RECORDED
    known: pd.Series = told["answer"].notna() & _shown(told) & (told["repeated"] | kept)
    return known


def _shown(told: pd.DataFrame) -> pd.Series:
    return told[["in_first", "in_second"]].any(axis=1)


def _actions(rng: np.random.Generator, told: pd.DataFrame) -> np.ndarray:
    asked = told["reply_to_question"] != "not_asked"
    polite = rng.random(len(told)) < np.where(asked, 0.65, 0.3)
    return np.where(told["answer"] == "accept", "accept", np.where(polite, "decline", "ignore"))


def _first_steps(told: pd.DataFrame, recorded: pd.Series, calendar: Calendar) -> pd.DataFrame:
    """Questions and deferrals: of what was answered later, and of what is still open."""
    at = told["asked_at"].fillna(told["deferred_at"])
    action = np.where(told["asked_at"].notna(), "ask", "defer")
    young = told["sent_at"] > calendar.second - 60 * DAY
    waiting = told["answer"].isna() & told["in_second"] & young
    return told.assign(action=action, decided_at=at)[at.notna() & (recorded | waiting)]


def note_facts(seed: int, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return the facts that the invented person noted, oldest first.

    Each fact is left out at its own rate (`left_out` in process.yaml), whatever the answer was.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    told : DataFrame
        The incoming invitations with `key` and `name` of the sender.
    calendar : Calendar
        When the exports are taken.

    Returns
    -------
    DataFrame, one row per noted fact
        `person`, `name`, `direction`, `sent_at`, `fact`, `level`, `at`; never later than the
        decision.
    """
    rng = stream(seed, "facts noted")
    decided = told[recorded_answers(seed, told)]
    minutes = pd.to_timedelta(rng.integers(1, 25, len(decided)), unit="min").as_unit("us")
    at = (decided["answered_at"] - minutes).clip(lower=decided["sent_at"])
    noted = [_noted(rng, decided, at, dict.fromkeys(LEFT_OUT, 1.0))]
    waiting = _waiting(rng, told, calendar)
    since = (calendar.second - waiting["sent_at"]) * 1.0
    at = (waiting["sent_at"] + since * rng.random(len(waiting))).dt.floor("s")
    noted.append(_noted(rng, waiting, at, _glance()))
    rows = pd.concat(noted).sort_values(["at", "sent_at", "fact"], kind="stable", ignore_index=True)
    rows = rows.assign(direction="incoming", person=rows["key"])
    return rows[[*_COLUMNS, "fact", "level", "at"]]


def _waiting(rng: np.random.Generator, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Open requests at which he has had a first look, and of which no answer is awaited."""
    young = told["sent_at"] > calendar.second - 40 * DAY
    looked = rng.random(len(told)) < 0.6
    quiet = (told["reply_to_question"] == "not_asked") & told["deferred_at"].isna()
    return told[told["answer"].isna() & told["in_second"] & young & looked & quiet]


def _glance() -> dict[str, float]:
    """At a first look he notes what costs him little."""
    facts = vocabulary("invitation")
    return {name: 0.8 if facts[name].effort <= 1 else 0.3 for name in LEFT_OUT}


def _noted(
    rng: np.random.Generator, told: pd.DataFrame, at: pd.Series, care: dict[str, float]
) -> pd.DataFrame:
    parts = []
    for fact, left_out in LEFT_OUT.items():
        written = rng.random(len(told)) < (1 - left_out) * care[fact]
        part = told.loc[written, ["key", "name", "sent_at"]]
        parts.append(part.assign(fact=fact, level=told.loc[written, fact], at=at[written]))
    return pd.concat(parts)
