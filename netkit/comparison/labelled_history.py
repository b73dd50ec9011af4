"""A labelled history as plain columns, cut by time, with what to say before anyone relies on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.errors import ModelError, NotEnoughError
from netkit.evaluation.estimate import Floats
from netkit.evaluation.resampling import Blocks
from netkit.evaluation.rolling import Origin, Places, rolling_origins, without_judged
from netkit.facts import Kind, Vocabulary
from netkit.history import History, IntroductionHistory
from netkit.history.labels import NO_PERIOD, after_advice, history_number, opinion_shown
from netkit.history.sample_check import UNEVEN
from netkit.model.alignment import aligned, in_order, require_unique
from netkit.tables import as_facts
from netkit.tables.cells import Place, as_moments
from netkit.wording import counted

AnyHistory = History | IntroductionHistory
T = TypeVar("T", pd.Series, pd.DataFrame)


@dataclass(frozen=True)
class Labelled:
    """A labelled history as plain columns, one row a request.

    Attributes
    ----------
    facts : DataFrame, n rows
        A facts frame: `request` and one column a fact.
    labels : ndarray of 0 and 1, shape (n,)
        What was done.
    times : Series of datetime, length n
        When each request came.
    known_at : Series of datetime, length n, optional
        When its label became known.
    people : Series, length n, optional
        Who asked.
    strong : ndarray of bool, shape (n,), optional
        Which labels are scored; the others are only learned from, where they are at all.
    certain : ndarray of bool, shape (n,), optional
        Which labels are no guess, scored or not; those that are scored by default.
    came_from : DataFrame, n rows, optional
        Where each value of the facts comes from.
    recorded : Series of datetime, length n, optional
        When each label was recorded.
    blanked : tuple of str
        The facts that were noted with one of the two answers only, and blanked for everybody.
    stands_for : Series, length n, optional
        For how many requests each stands, those on which the judges agree among them.
    """

    facts: pd.DataFrame
    labels: Floats
    times: pd.Series
    known_at: pd.Series | None = None
    people: pd.Series | None = None
    strong: NDArray[np.bool_] | None = None
    certain: NDArray[np.bool_] | None = None
    came_from: pd.DataFrame | None = None
    recorded: pd.Series | None = None
    blanked: tuple[str, ...] = ()
    stands_for: pd.Series | None = None

    @classmethod
    def of(cls, history: AnyHistory, declared: Vocabulary) -> "Labelled":
        """Return the labelled requests of a history, of the period in which both answers were recorded.

        A weak label counts as known when the request had become old enough to be called unanswered. Only
        labels that may come with noted facts are scored: an acceptance that the export alone knows has none,
        and "unknown" would give it away. What the platform's record tells of both answers gives nothing away.
        Where only one kind of answer was ever noted, all certain labels are
        scored, and what had to be noted is blanked for everybody.
        """
        rows = _as_requests(history.table)
        kept = (
            rows["label"].notna() & rows["strength"].isin(["strong", "weak"]) & _within_period(history, rows)
        )
        rows = rows[kept].reset_index(drop=True)
        facts = rows[["request"]].merge(history.facts, on="request", how="left", validate="1:1")
        origins = getattr(history, "origins", None)
        if origins is not None:
            origins = rows[["request"]].merge(origins, on="request", how="left", validate="1:1")
        known = rows["decided_at"] if "decided_at" in rows else rows["sent_at"]
        delay = getattr(history, "aged_after_days", 0.0)
        late = pd.Timedelta(days=0.0 if np.isnan(delay) else float(delay))
        certain = rows["strength"] == "strong"
        noted = certain & _answered_by_hand(rows)
        full, blanked = facts, list[str]()
        if rows.loc[noted, "label"].nunique() < 2:
            facts, noted = _without_noted(facts, declared, origins), certain
            blanked = [n for n in declared if n in full and full[n].notna().sum() > facts[n].notna().sum()]
        strong = noted.to_numpy(dtype=bool)
        return cls(
            facts[["request", *(name for name in declared if name in facts)]],
            rows["label"].to_numpy(dtype=np.float64),
            rows["sent_at"],
            known.where(strong, rows["sent_at"] + late).fillna(rows["sent_at"]),
            rows.get("person"),
            strong,
            certain.to_numpy(dtype=bool),
            origins,
            rows.get("recorded_at"),
            tuple(blanked),
            rows.get("stands_for"),
        )

    @classmethod
    def given(
        cls,
        facts: pd.DataFrame,
        labels: pd.Series,
        times: pd.Series,
        known_at: pd.Series | None,
        people: pd.Series | None,
    ) -> "Labelled":
        """Return the labelled ones of requests that somebody gives, each part in the order of the facts."""
        require_unique(facts)
        label, times = aligned(labels, facts), as_times(in_order(times, facts), facts, "time")
        if times.isna().any():
            request = facts["request"].iloc[int(np.flatnonzero(times.isna())[0])]
            raise ModelError(f"The request {request!r} has no time. Give one to each, or leave it out.")
        if wrong := sorted(set(label[~np.isnan(label)]) - {0.0, 1.0}):
            raise ModelError(f"A label is {wrong[0]:g}", "Use 1 for accepted and 0 for refused")
        kept = ~np.isnan(label)
        if not kept.any():
            raise NotEnoughError(
                "No request has a label. Give 1 to what was accepted, and 0 to what was not."
            )

        def part(values: pd.Series | None, *, moments: bool = False) -> pd.Series | None:
            if values is None:
                return None
            ordered = in_order(values, facts)
            ordered = as_times(ordered, facts, "time of knowledge") if moments else ordered
            return ordered[kept].reset_index(drop=True)

        return cls(
            facts[kept].reset_index(drop=True),
            label[kept],
            times[kept].reset_index(drop=True),
            part(known_at, moments=True),
            part(people),
        )

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which labels are scored."""
        return np.ones(len(self.labels), dtype=bool) if self.strong is None else self.strong

    @property
    def unknown_as(self) -> dict[str, str]:
        """The facts that evidence told of anybody, each with the level that "unknown" counts as in a model.

        Evidence only ever says "yes": beside it, "unknown" would say that no evidence was found, which
        depends on the files one has and on how rare a name is. So a model has no term for it, and what
        evidence alone tells says nothing to it at all.
        """
        if self.came_from is None:
            return {}
        told = (self.came_from == "evidence").set_axis(self.facts.index)
        names = [str(name) for name in told if name in self.facts and told[name].any()]
        return {name: str(self.facts[name][told[name]].iloc[0]) for name in names}

    @property
    def model_facts(self) -> pd.DataFrame:
        """The facts that a model learns from: without the unknowns that count as another level."""
        return self.facts.fillna(self.unknown_as)

    def only_strong(self) -> "Labelled":
        """Return the history without the labels that are only learned from."""
        return self.at(np.flatnonzero(self.scored))

    def at(self, places: Places) -> "Labelled":
        """Return some of the scored requests."""

        def rows(values: T | None) -> T | None:
            return None if values is None else values.iloc[places].reset_index(drop=True)

        return Labelled(
            self.facts.iloc[places].reset_index(drop=True),
            self.labels[places],
            self.times.iloc[places].reset_index(drop=True),
            rows(self.known_at),
            rows(self.people),
            came_from=rows(self.came_from),
            recorded=rows(self.recorded),
            stands_for=rows(self.stands_for),
        )

    @property
    def order(self) -> Places:
        """The requests in the order in which their labels were recorded."""
        known = self.times if self.known_at is None else self.known_at
        recorded = known if self.recorded is None else self.recorded
        keys = pd.DataFrame({"recorded": recorded.to_numpy(), "known": known.to_numpy()})
        return keys.sort_values(["recorded", "known"], kind="stable").index.to_numpy()

    def folds(self, most: int = 10) -> list[Origin]:
        """Return tenths of whole consecutive weeks, each to be judged by what all the others tell."""
        weeks = Blocks.weekly(self.times)
        if weeks.count < 2:
            return []
        fold = weeks.of * most // weeks.count if weeks.count > most else weeks.of
        order = np.argsort(self.times.to_numpy(), kind="stable")
        found = []
        for number in range(int(fold.max()) + 1):
            later, past = order[fold[order] == number], order[fold[order] != number]
            found.append(Origin(self.times.iloc[later[0]], without_judged(past, later, self.people), later))
        return found

    def without(self, names: Sequence[str]) -> "Labelled":
        """Return the history as if some facts had never been asked for."""
        came = self.came_from
        return replace(
            self,
            facts=self.facts.assign(**dict.fromkeys(names)),
            came_from=None if came is None else came.assign(**{n: None for n in names if n in came}),
        )

    def origins(self, *, first: float, origins: int) -> list[Origin]:
        """Return the rolling origins; none where the labels are too few, or all of one kind.

        Beside acceptances alone, "accept all" is never wrong, and no judge can be told from it. An
        origin before which no label was known is left out: who could learn nothing is not judged.
        """
        if len(np.unique(self.labels[self.scored])) < 2:
            return []
        try:
            found = rolling_origins(
                self.times,
                known_at=self.known_at,
                people=self.people,
                counted=self.scored,
                first=first,
                origins=origins,
            )
        except ModelError:
            return []
        return [origin for origin in found if self.scored[origin.past].any()]

    def without_noted(self, declared: Vocabulary) -> "Labelled":
        """Return the history as files alone know it: what somebody had to note is blanked."""
        return replace(self, facts=_without_noted(self.facts, declared, self.came_from))

    def cautions(self, history: AnyHistory) -> tuple[str, ...]:
        """Say what should be known before a comparison is relied on."""
        # How notes lean on the answers a comparison tests itself, and says fact by fact.
        told = [str(line) for line in getattr(history, "advice", ()) if not str(line).startswith(UNEVEN)]
        if not getattr(history, "period", None):
            told.append(
                "Outcomes are known only of introductions that were made: nothing is said of the others."
                if "asked_at" in history.table
                else f"{NO_PERIOD} What share you accept is therefore unknown."
            )
        rows = history.table
        if shown := int(opinion_shown(rows).sum()):
            told.append(f"{after_advice(shown)} Such answers lean towards the judge that gave it.")
        told += _unscored(self, rows) + _too_late(self)
        refused = int((1 - self.labels[self.scored]).sum())
        if refused < history_number("enough_of_each"):
            told.append(
                f"Only {counted(refused, 'refusal counts', 'refusals count')} here: an archive shows none."
                f" What is said of refusals rests on {'it' if refused == 1 else 'them'}."
                if refused
                else "No refusal is recorded: nothing can be said of refusals."
            )
        return tuple(told)


def _answered_by_hand(rows: pd.DataFrame) -> pd.Series:
    """Return which labels may come with noted facts: not those that only an archive knows."""
    if "scored" in rows:
        return rows["scored"].astype("bool")
    return ~rows.get("state", pd.Series("", rows.index)).isin(["accepted", "gone", "aged"])


def _without_noted(
    facts: pd.DataFrame, declared: Vocabulary, origins: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the facts as files alone know them: what somebody had to note is blanked.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> facts = pd.DataFrame({"request": ["a"], "note_kind": ["none"], "recognised": ["yes"]})
    >>> _without_noted(facts, vocabulary("invitation")).iloc[0].tolist()
    ['a', 'none', nan]
    """
    export_knows = declared.filled_in("derived", "note")
    clean = facts.copy()
    for name in declared:
        if name in clean and name not in export_knows:
            clean[name] = clean[name].where(_found(facts, origins, name))
    return clean


def _found(facts: pd.DataFrame, origins: pd.DataFrame | None, name: str) -> pd.Series:
    """Return which values of a fact the other files tell; what the ledger itself tells is no file."""
    if origins is None or name not in origins:
        return pd.Series(False, index=facts.index)
    return origins[name].eq("evidence").set_axis(facts.index)


def _as_requests(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of introductions in the words of invitations; that of invitations as it is."""
    if "asked_at" not in table:
        return table.reset_index(drop=True)
    rows = table.drop(columns="decided_at", errors="ignore").rename(
        columns={"asked_at": "sent_at", "requester": "person", "introduced_at": "decided_at"}
    )
    return rows.assign(strength="strong").reset_index(drop=True)


def _within_period(history: AnyHistory, rows: pd.DataFrame) -> pd.Series:
    """Return which rows lie in the period for which a base rate means anything."""
    period = getattr(history, "period", None)
    if not period:
        return pd.Series(True, index=rows.index)
    return rows["sent_at"].between(*period)


def observed_vocabulary(facts: pd.DataFrame, kind: Kind = "invitation") -> Vocabulary:
    """Read facts off a frame whose columns nobody declared; `netkit.tables.as_facts` has the values, too.

    Parameters
    ----------
    facts : DataFrame, n rows
        `request` and any columns; text becomes levels, whole numbers become thirds.
    kind : str
        The kind of request the answers are named for.

    Returns
    -------
    Vocabulary
        One fact a column.

    Examples
    --------
    >>> facts = pd.DataFrame({"request": list("abc"), "n_words": [3, 10, 40], "sells": list("yny")})
    >>> observed_vocabulary(facts)["n_words"].bands
    (1, 8, 21)
    """
    return as_facts(facts, kind)[1]


def as_times(values: pd.Series, facts: pd.DataFrame, what: str) -> pd.Series:
    """Return moments, in UTC where nothing else is said; text is read where it is unambiguous."""
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        return as_moments(values, Place("the requests", what, facts["request"].tolist()))
    return values if values.dt.tz is not None else values.dt.tz_localize("UTC")


def _too_late(labelled: Labelled) -> list[str]:
    """Say that no decision was known while requests still came: a past written down in one sitting."""
    scored = labelled.scored
    if labelled.known_at is None or not scored.any():
        return []
    if labelled.known_at[scored].min() <= labelled.times[scored].max():
        return []
    return [
        "Every decision is dated after the last of these requests came, so that none was known early "
        "enough to learn from: give the day of each, with --on or in the sheet's decided_on."
    ]


def _unscored(labelled: Labelled, rows: pd.DataFrame) -> list[str]:
    """Say which certain labels are not scored, or that all are, by what the export alone knows."""
    certain = labelled.scored if labelled.certain is None else labelled.certain
    alone = int((certain & ~labelled.scored).sum())
    if alone:
        return [
            f"{counted(alone, 'acceptance')} that only your archive shows {'does' if alone == 1 else 'do'}"
            " not count here. You recorded no facts with them, and a judge could tell by that gap that"
            " you accepted."
        ]
    if "state" in rows and (rows["state"] == "accepted").any():
        return [
            "Facts were never noted with both acceptances and refusals, so every request is judged by "
            "what the export alone knows."
        ]
    return []
