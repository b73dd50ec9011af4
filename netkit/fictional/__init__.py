"""An invented person: exports of any era, a ledger's worth of decisions, and the truth behind them.

Nobody here is real. The person, everybody they know, the companies and every word they write are
put together by chance; the formats are the real ones. The same seed always gives the same person.
They have profiles (profiles.yaml): `plain` is what archives look like, `long` what years of use do.

How they truly decide (`TRUE_PROCESS`): an invitation is accepted with probability
1 / (1 + exp(-score)), where the score is -2.3 plus the effects of the levels that hold, in log-odds
(in the plain profile 1.1 plus the same effects):

===================== ====================================================================
fact                  effects
===================== ====================================================================
note_kind             default 0.0, personal +0.6
note_says_who         yes +0.2
note_says_why         yes +0.7
note_recalls_meeting  yes +0.6
note_sells            yes -1.6
note_asks_favour      yes -0.5
wrote_before          yes +0.9
in_address_book       yes +0.5
repeat_invitation     yes -0.7
recognised            yes +0.3
met_in_person         yes +0.2
worked_together       yes +0.5
would_stay_in_touch   yes +3.0
reminded_you          yes -0.9
reason_to_connect     later +0.2, now +1.0
past_in_profile       yes +0.4
useful_field          yes +0.8
fits_my_stated_wishes yes +0.5
interacted_elsewhere  yes +0.8
profile_intrigues     yes +0.5
reply_to_question     no_reply -0.8, knows_me +0.9, gives_reason +0.6, just_widening -1.3
===================== ====================================================================

A fact that they left out of their notes still worked on them; whether they left it out never depended on
the answer. Introductions have processes of their own (`introductions.MAKES`, `introductions.USEFUL`).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from netkit.facts import vocabulary
from netkit.fictional.export_files import write_archive
from netkit.fictional.introduction_story import tell_introductions
from netkit.fictional.invitation_story import DAY, Calendar
from netkit.fictional.personal_files import write_personal_files
from netkit.fictional.record_files import write_record
from netkit.fictional.story import tell_story
from netkit.fictional.true_process import LEFT_OUT, TRUE_PROCESS, TrueProcess, stream

__all__ = [
    "TRUE_PROCESS",
    "InventedPast",
    "TrueProcess",
    "invented_past",
    "write_exports",
    "write_personal_files",
    "write_record",
]

_COLUMNS = ["person", "name", "direction", "sent_at"]


@dataclass(frozen=True)
class InventedPast:
    """What the invented person recorded, and what was true, as plain frames.

    An invitation is named by `person` (its key), `direction` and `sent_at` (UTC), from which the
    ledger makes its own key.

    Attributes
    ----------
    decisions : DataFrame, one row per decision
        `person`, `name`, `direction`, `sent_at`, `action`, `decided_at`, `opinion_seen`.
    facts : DataFrame, one row per noted fact
        `person`, `name`, `direction`, `sent_at`, `fact`, `level`, `at`.
    introductions : DataFrame, one row per step
        `introduction`, `requester`, `requester_name`, `contact`, `contact_name`, `purpose`,
        `purpose_text`, `channel`, `step`, `at`, `detail`.
    introduction_facts : DataFrame, one row per noted fact
        `introduction`, `fact`, `level`, `at`.
    outcomes : DataFrame, one row per side of an introduction
        `introduction`, `side`, `outcome`, `at`.
    truth : DataFrame, one row per invitation that an export shows
        `person`, `name`, `direction`, `sent_at`, the true facts, `sender`, `probability`, `answer`,
        `answered_at`, `in_first`, `in_second`.
    introduction_truth : DataFrame, one row per introduction
        `introduction`, the true facts, `makes`, `useful` (probabilities), `made`.
    """

    decisions: pd.DataFrame
    facts: pd.DataFrame
    introductions: pd.DataFrame
    introduction_facts: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame
    introduction_truth: pd.DataFrame


def write_exports(
    folder: Path, *, seed: int = 7, profile: str = "long", era: str | None = None
) -> list[Path]:
    """Write the invented person's exports: two, a month apart, or the one of the plain profile.

    Parameters
    ----------
    folder : Path
        Where to; it is made if it is not there.
    seed : int, default 7
        The invented person's seed.
    profile : {'long', 'plain', 'busy'}, default 'long'
        `plain` is the person as archives are, `long` the same person after years of use, and
        `busy` the same with about 1,000 invitations.
    era : str, optional
        The month of the first export, `YYYY-MM`, from 2018-01 on, by default the profile's (2024-03
        or 2026-03); each export has the files and headers of its own month.

    Returns
    -------
    list of Path
        The ZIP archives, the earlier one first; byte for byte the same for the same seed, profile
        and era.

    Raises
    ------
    NetkitError
        The era is not a month since 2018, or there is no such profile.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> [path.name for path in write_exports(Path(mkdtemp()))]
    ['Basic_LinkedInDataExport_03-10-2026.zip', 'Basic_LinkedInDataExport_04-09-2026.zip']
    """
    story = tell_story(seed, profile, era)
    folder.mkdir(parents=True, exist_ok=True)
    days = {taken: export for export, taken in story.calendar.exports.items()}
    return [write_archive(folder, story, export) for export in days.values()]


def invented_past(seed: int = 7, *, profile: str = "long", era: str | None = None) -> InventedPast:
    """Return what the invented person recorded about the requests in the exports.

    Parameters
    ----------
    seed : int, default 7
        The invented person's seed.
    profile : {'long', 'plain', 'busy'}, default 'long'
        As for `write_exports`.
    era : str, optional
        As for `write_exports`.

    Returns
    -------
    InventedPast
        Decisions with facts, introductions with outcomes, and the truth.

    Raises
    ------
    NetkitError
        The era is not a month since 2018, or there is no such profile.

    Examples
    --------
    >>> sorted(invented_past().decisions["action"].unique())
    ['accept', 'ask', 'decline', 'defer', 'ignore']
    """
    story = tell_story(seed, profile, era)
    told, calendar = story.incoming, story.calendar
    return InventedPast(
        decisions=_record_decisions(seed, told, calendar),
        facts=_note_facts(seed, told, calendar),
        truth=_truth(told),
        **tell_introductions(seed, story.lasting_contacts(), calendar),
    )


def _truth(told: pd.DataFrame) -> pd.DataFrame:
    kept = [fact for fact in dict.fromkeys([*TRUE_PROCESS.effects, *LEFT_OUT]) if fact in told]
    after = ["sender", "probability", "answer", "answered_at", "in_first", "in_second"]
    shown = _named(told[_shown(told)])
    return shown[[*_COLUMNS, *kept, *after]].reset_index(drop=True)


def _named(told: pd.DataFrame) -> pd.DataFrame:
    return told.assign(direction="incoming", person=told["key"])


def _record_decisions(seed: int, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return the decisions that the invented person recorded, oldest first."""
    rng = stream(seed, "decisions")
    recorded = _recorded_answers(seed, told, calendar)
    final = told[recorded]
    final = final.assign(action=_actions(rng, final), decided_at=final["answered_at"])
    early = _first_steps(told, recorded, calendar)
    rows = pd.concat([early, final]).sort_values("decided_at", kind="stable", ignore_index=True)
    seen = (rows["decided_at"] > calendar.first) & (rng.random(len(rows)) < 0.45)
    rows = _named(rows).assign(opinion_seen=seen)
    return rows[[*_COLUMNS, "action", "decided_at", "opinion_seen"]]


def _recorded_answers(seed: int, told: pd.DataFrame, calendar: Calendar) -> pd.Series:
    """Say which answers went into the ledger: those to requests that an export shows, bar a few."""
    kept = stream(seed, "recorded").random(len(told)) < calendar.profile.recorded
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


def _note_facts(seed: int, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return the facts that the invented person noted, oldest first.

    Each fact is left out at its own rate (`left_out` in process.yaml), whatever the answer was.
    """
    rng = stream(seed, "facts noted")
    decided = told[_recorded_answers(seed, told, calendar)]
    minutes = pd.to_timedelta(rng.integers(1, 25, len(decided)), unit="min").as_unit("us")
    at = (decided["answered_at"] - minutes).clip(lower=decided["sent_at"])
    looked = stream(seed, "made-up profiles noted")  # a fact of later days: the others stay as they were
    noted = [_noted(rng, looked, decided, at, dict.fromkeys(LEFT_OUT, 1.0))]
    waiting = _waiting(rng, told, calendar)
    since = (calendar.second - waiting["sent_at"]) * 1.0
    at = (waiting["sent_at"] + since * rng.random(len(waiting))).dt.floor("s")
    facts = vocabulary("invitation")  # at a first look only what costs little is noted
    glance = {name: 0.8 if facts[name].effort <= 1 else 0.3 for name in LEFT_OUT}
    noted.append(_noted(rng, looked, waiting, at, glance))
    rows = pd.concat(noted).sort_values(["at", "sent_at", "fact"], kind="stable", ignore_index=True)
    return _named(rows)[[*_COLUMNS, "fact", "level", "at"]]


def _waiting(rng: np.random.Generator, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Open requests that have had a first look, and of which no answer is awaited."""
    young = told["sent_at"] > calendar.second - 40 * DAY
    looked = rng.random(len(told)) < calendar.profile.looked
    quiet = (told["reply_to_question"] == "not_asked") & told["deferred_at"].isna()
    return told[told["answer"].isna() & told["in_second"] & young & looked & quiet]


def _noted(
    rng: np.random.Generator,
    looked: np.random.Generator,
    told: pd.DataFrame,
    at: pd.Series,
    care: dict[str, float],
) -> pd.DataFrame:
    parts = []
    for fact, left_out in LEFT_OUT.items():
        drawn = looked if fact == "looks_fake" else rng
        written = drawn.random(len(told)) < (1 - left_out) * care[fact]
        part = told.loc[written, ["key", "name", "sent_at"]]
        parts.append(part.assign(fact=fact, level=told.loc[written, fact], at=at[written]))
    return pd.concat(parts)
