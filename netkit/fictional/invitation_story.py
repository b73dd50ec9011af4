"""The invented story of every invitation: sent, answered or not, and what each export still shows."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from netkit.errors import NetkitError
from netkit.fictional.true_process import (
    SILENT_NOTE,
    TRUE_PROCESS,
    TrueProcess,
    draw_facts,
    draw_made_up_profiles,
    stream,
)
from netkit.plain_yaml import read_yaml

_OUTGOING_A_DAY = 0.4
_OLDER = 480  # connections from before the story of the invitations begins
_NOTE_SHARE = 0.3  # less often than their own rule asks
_PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = pd.Timedelta(days=1)
_WINDOW_DAYS = 180  # an answered invitation drops out of the export about so long after the answer


_PROFILES = read_yaml(Path(__file__).parent / "profiles.yaml")


@dataclass(frozen=True)
class Profile:
    """One life of the invented person, in the numbers of profiles.yaml."""

    era: str
    days_between: int
    arrivals: list[dict[str, float]]
    intercept: float
    away_days: int
    slow_days: float
    never: float
    recorded: float
    looked: float
    introductions: int
    introduction_days: int

    @classmethod
    def named(cls, name: str) -> "Profile":
        """Return a profile by its name in profiles.yaml."""
        if name not in _PROFILES:
            raise NetkitError(f"There is no profile {name!r}. Name one of: {', '.join(_PROFILES)}.")
        fields: dict[str, Any] = {**_PROFILES["long"], **_PROFILES[name]}
        return cls(**fields)

    @property
    def process(self) -> TrueProcess:
        """How this life truly decides: the known effects, from its own intercept."""
        return replace(TRUE_PROCESS, intercept=self.intercept)


@dataclass(frozen=True)
class Calendar:
    """The days on which the invented person took the two exports; one day, if there is only one."""

    profile: Profile
    first: pd.Timestamp
    second: pd.Timestamp

    @classmethod
    def of(cls, profile: Profile, era: str | None = None) -> "Calendar":
        """Return the calendar whose first export falls into a month, by default the profile's.

        Examples
        --------
        >>> Calendar.of(Profile.named("long")).second
        Timestamp('2026-04-09 09:30:00+0000', tz='UTC')
        """
        era = era or profile.era
        month = pd.to_datetime(era, format="%Y-%m", errors="coerce")
        if pd.isna(month) or month < pd.Timestamp("2018-01-01"):
            raise NetkitError(
                f"There is no month {era!r}",
                "Name the month of the first export, 2018-01 or later, such as 2024-03",
            )
        first = pd.Timestamp(f"{month:%Y-%m}-10 09:30", tz="UTC")
        return cls(profile, first, first + profile.days_between * DAY)

    @property
    def exports(self) -> dict[str, pd.Timestamp]:
        """The two exports by the column that says what they show."""
        return {"in_first": self.first, "in_second": self.second}

    def shown(self, since: pd.Series, until: pd.Series) -> dict[str, pd.Series]:
        """Return which exports show what came and, where `until` is told, went again."""
        exports = self.exports.items()
        return {name: (since < taken) & ~(until <= taken) for name, taken in exports}

    @property
    def away(self) -> pd.Timestamp:
        """From here on nothing was answered."""
        return self.second - self.profile.away_days * DAY


def tell_invitations(seed: int, calendar: Calendar) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tell of the invitations that came in and went out, and of the connections that came of them."""
    incoming = _incoming(seed, calendar)
    outgoing = _outgoing(seed, calendar, int(incoming["person"].max()) + 1)
    first_older = int(outgoing["person"].max()) + 1
    return incoming, outgoing, _connections(seed, incoming, outgoing, calendar, first_older)


def _incoming(seed: int, calendar: Calendar) -> pd.DataFrame:
    rng = stream(seed, "incoming")
    sent_at = _arrivals(rng, calendar)
    told = draw_facts(rng, len(sent_at)).assign(sent_at=sent_at, repeated=False)
    told["looks_fake"] = draw_made_up_profiles(stream(seed, "made-up profiles"), told["sender"])
    told.insert(0, "person", np.arange(len(told)))
    told = _answered(rng, told, calendar)
    again = _repeats(rng, told, calendar)
    told["repeated"] = told["person"].isin(again["person"])
    told = pd.concat([told, _answered(rng, again, calendar)], ignore_index=True)
    told = _shown(rng, told, calendar)
    return told.sort_values("sent_at", kind="stable", ignore_index=True)


def _arrivals(rng: np.random.Generator, calendar: Calendar) -> pd.Series:
    back = [
        rng.uniform(-span["since"], -span["until"], size=rng.poisson(_expected(span)))
        for span in calendar.profile.arrivals
    ]
    return _to_the_minute(calendar.second + _days(np.sort(np.concatenate(back))))


def _expected(span: dict[str, float]) -> float:
    return (span["since"] - span["until"]) * span["a_day"]


def _to_the_minute(moments: pd.DatetimeIndex) -> pd.Series:
    """Return moments as `Sent At` can write them: whole minutes that Pacific clocks show once.

    Examples
    --------
    >>> repeated = pd.DatetimeIndex(["2024-11-03 09:30"], tz="UTC")
    >>> _to_the_minute(repeated).iloc[0]
    Timestamp('2024-11-03 11:30:00+0000', tz='UTC')
    """
    minutes = moments.floor("min").as_unit("us")
    naive = minutes.tz_convert(_PACIFIC).tz_localize(None)
    twice = naive.tz_localize(_PACIFIC, ambiguous="NaT", nonexistent="raise").isna()
    return pd.Series(minutes + np.where(twice, 2, 0) * pd.Timedelta(hours=1))


def _answered(rng: np.random.Generator, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    n = len(told)
    profile = calendar.profile
    probability = profile.process.probability(told)
    accepts = rng.random(n) < probability
    put_off = (told["reason_to_connect"] == "later") & (rng.random(n) < 0.25)
    step = told["sent_at"] + _days(rng.uniform(0.02, 1.8, n))
    asks = (told["reply_to_question"] != "not_asked") & (step < calendar.away)
    moment = told["sent_at"] + _days(_delays(rng, told, put_off, profile.slow_days))
    withdrawn = told["sent_at"] + _days(rng.exponential(45, n) + 2)
    withdrawn = withdrawn.where((rng.random(n) < 0.12) & (withdrawn < calendar.second))
    never = (rng.random(n) < profile.never) | (moment > calendar.away) | (withdrawn < moment)
    return told.assign(
        probability=probability,
        asked_at=step.where(asks),
        deferred_at=step.where(put_off & ~asks & (step < calendar.away)),
        answer=pd.Series(np.where(accepts, "accept", "refuse"), index=told.index).where(~never),
        answered_at=moment.where(~never),
        withdrawn_at=withdrawn.where(never),
    )


def _days(numbers: np.ndarray) -> pd.TimedeltaIndex:
    """Return numbers of days as spans of whole seconds.

    Examples
    --------
    >>> str(_days(np.array([0.5]))[0])
    '0 days 12:00:00'
    """
    return pd.to_timedelta(np.round(numbers * 86_400), unit="s").as_unit("us")


def _delays(rng: np.random.Generator, told: pd.DataFrame, put_off: pd.Series, slow_days: float) -> np.ndarray:
    """Most are answered within the day, some lie for weeks; asking and deferring take their time."""
    n = len(told)
    quick = np.exp(rng.normal(np.log(0.25), 1.4, n))
    slow = rng.exponential(slow_days, n)
    delay = np.where(rng.random(n) < 0.65, quick, slow)
    delay += np.where(told["reply_to_question"] != "not_asked", rng.uniform(2, 12, n), 0.0)
    return delay + np.where(put_off, rng.uniform(30, 110, n), 0.0)


def _repeats(rng: np.random.Generator, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Let some who were refused, or withdrew, ask again; never those who have been written to.

    The first invitation is always one that an export shows: else nobody could know of it.
    """
    seen_withdrawn = (told["sent_at"] < calendar.first) & (calendar.first < told["withdrawn_at"])
    ended = told["answered_at"].where(told["answer"] == "refuse")
    ended = ended.fillna(told["withdrawn_at"].where(seen_withdrawn))
    tries = (
        ended.notna()
        & (told["sent_at"] > calendar.first - 165 * DAY)
        & (told["reply_to_question"] == "not_asked")
        & (rng.random(len(told)) < np.where(told["sender"] == "seller", 0.25, 0.14))
    )
    later = ended + _days(rng.uniform(8, 60, len(told)))
    again = told[tries & (later < calendar.second)].copy()
    again["sent_at"] = _to_the_minute(pd.DatetimeIndex(later[again.index])).set_axis(again.index)
    reminded = rng.random(len(again)) < 0.3
    again["reminded_you"] = np.where(reminded, "yes", "no")
    again = again.assign(repeat_invitation="yes", repeated=False, **SILENT_NOTE)
    return again.reset_index(drop=True)


def _shown(rng: np.random.Generator, told: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    n = len(told)
    lingers = np.where(rng.random(n) < 0.0015, 220, 0)
    kept = _days(_WINDOW_DAYS + rng.uniform(0, 5, n) + lingers)
    # A few rows are missing for no visible reason, and some refused ones vanish at once.
    missing = rng.random(n) < np.where(told["answer"] == "refuse", 0.05, 0.011)
    missing &= ~told["repeated"]
    expires = (told["sent_at"] + _days(rng.uniform(180, 190, n))).where(rng.random(n) < 0.75)
    gone = (told["answered_at"] + kept).fillna(told["withdrawn_at"]).fillna(expires)
    shown = calendar.shown(told["sent_at"], gone)
    return told.assign(**{name: seen & ~missing for name, seen in shown.items()})


def _outgoing(seed: int, calendar: Calendar, first_person: int) -> pd.DataFrame:
    rng = stream(seed, "outgoing")
    n = int(rng.poisson(_OUTGOING_A_DAY * 1100))
    sent_at = _to_the_minute(calendar.second - _days(np.sort(rng.uniform(0, 1100, n))[::-1]))
    accepted = sent_at + _days(np.exp(rng.normal(np.log(1.2), 1.6, n)))
    accepted = accepted.where((rng.random(n) < 0.72) & (accepted < calendar.second))
    gone = accepted + _days(_WINDOW_DAYS + rng.uniform(0, 5, n))
    withdrawn = (sent_at + _days(rng.uniform(30, 190, n))).where(rng.random(n) < 0.85)
    gone = gone.fillna(withdrawn)
    return pd.DataFrame(
        {
            "person": first_person + np.arange(n),
            "sent_at": sent_at,
            "with_note": rng.random(n) < _NOTE_SHARE,
            "answered_at": accepted,
            **calendar.shown(sent_at, gone),
        }
    )


def _connections(
    seed: int, incoming: pd.DataFrame, outgoing: pd.DataFrame, calendar: Calendar, first_person: int
) -> pd.DataFrame:
    """Return the connections that came of all this, and older ones."""
    rng = stream(seed, "connections")
    accepted = incoming[incoming["answer"] == "accept"]
    old = calendar.second - _days(np.sort(rng.uniform(1500, 3300, _OLDER))[::-1])
    parts = [
        pd.DataFrame({"person": first_person + np.arange(_OLDER), "answered_at": old}),
        accepted[["person", "answered_at"]],
        outgoing.loc[outgoing["answered_at"].notna(), ["person", "answered_at"]],
    ]
    rows = pd.concat(parts).rename(columns={"answered_at": "connected_at"})
    rows = rows.sort_values("connected_at", kind="stable", ignore_index=True)
    n = len(rows)
    long_ago = rows["connected_at"] < calendar.first - 200 * DAY
    removed = rows["connected_at"] + _days(rng.uniform(5, 150, n))
    removed = removed.where(rng.random(n) < 0.012)
    closed = long_ago & (rng.random(n) < 0.015)
    return rows.assign(
        closed_in_first=closed,
        closed_in_second=closed | ((rng.random(n) < 0.003) & (calendar.first < calendar.second)),
        moved=rng.random(n) < 0.02,
        **calendar.shown(rows["connected_at"], removed),
    )
