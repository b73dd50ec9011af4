"""Whether a missing note gives the answer away: fact by fact, and weights under which it no longer does.

A fact that was typed with the answer may lean on it. Of each, given what was known anyway and what is noted
more often, it is asked: is it noted more with one answer (then weights even that out, or nothing can be told
where one side has too few notes); is it noted where it speaks for the answer, as reasons are; did the habit
change, differently for the two answers (then nothing can be told)?
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from netkit.comparison.labelled_history import Labelled
from netkit.evaluation.estimate import Floats
from netkit.evaluation.rolling import Places
from netkit.facts import UNKNOWN
from netkit.history.labels import history_number
from netkit.model.patterns import Patterns
from netkit.model.solvers import fit_newton, one_thread
from netkit.wording import counted, join_or, spoken

# What was typed with the answer or after it may lean on it; what was there before cannot.
_TYPED, _EARLIER = ("typed", "typed with", "typed after"), ("typed earlier", "evidence")
_EACH = int(history_number("enough_of_each"))
# Levels of the tests, shared among the facts, and the ridges' precisions: chosen on simulated habits.
_WEIGHTED, _NAMED, _REASON, _TIME = 0.3, 0.05, 0.01, 0.002
_OTHERS, _ANSWER, _TOGETHER = 0.5, 0.1, 0.25
# Two facts or more that are missing this often and so nearly say the answer where noted are reasons.
_MOSTLY, _SPEAKS = 0.8, 0.85
# So do one side's notes alone, where so many hold next to none of the levels that the other has often.
_ENOUGH, _NEVER, _OFTEN = 20, 0.005, 0.1
_LEAST = 0.001  # the smallest chance that a weight is divided by
_SELDOM = 5  # a level of fewer requests has no column
_BY_HAND = (
    "Nobody can see here when these facts were noted. Gaps that were filled in after the answer would hide "
    "that notes lean on it."
)
_SIDES = {1.0: "acceptance", 0.0: "refusal"}


class _Chances(NamedTuple):
    """One fact's p-values: that noting does not depend on the answer, and that its dependence is alike."""

    answer: float  # given what was known
    alone: float  # given nothing
    known: float  # whatever was known
    time: float  # early and late


@dataclass(frozen=True)
class _Noted:
    """One fact: where it could be noted with the answer, where it was, and what was noted."""

    name: str
    open: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    levels: Floats

    def speaking(self, labels: Floats) -> int:
        """Return how many notes nearly always say what the answer was, of a fact that is often missing.

        On both sides; or on one where it is often missing, and the other's levels are never noted.
        """
        sides = [self.open & (labels == answer) for answer in (0.0, 1.0)]
        noted = [side & self.seen for side in sides]
        count, of = ([int(one.sum()) for one in some] for some in (noted, sides))
        if min(count) < _SELDOM:
            return 0
        levels = self.levels * np.isin(self.levels, (0.0, 1.0))  # a number has none
        refused, accepted = (levels[side].mean(axis=0) for side in noted)
        more = accepted > refused
        against, usual = [refused[more], accepted[~more]], [accepted[more], refused[~more]]
        own, other = ([float(part.sum()) for part in parts] for parts in (against, usual))
        if max(own) <= 1 - _SPEAKS and sum(count) <= _MOSTLY * sum(of) and min(count) >= _EACH:
            return sum(count)
        alone = [own[at] <= _NEVER and other[at] >= _OFTEN and count[at] <= _MOSTLY * of[at] for at in (0, 1)]
        return max(have * one for have, one in zip(count, alone, strict=True))

    def share(self, labels: Floats, answer: float) -> float:
        """Return the share of one answer's requests with which the fact was noted."""
        inside = self.open & (labels == answer)
        return float(self.seen[inside].mean()) if inside.any() else 0.0


@dataclass(frozen=True)
class Noting:
    """How facts were noted beside the answers.

    `weighted` facts are those that depend a little on the answer, `uneven` those that clearly do;
    with `reasons` what was noted speaks for the answer, with `changed` the habit did not last.
    """

    labels: Floats
    arrival: Floats  # what was known of every request, whatever was noted, and its place in time
    facts: tuple[_Noted, ...]  # the most noted first
    weighted: frozenset[str] = frozenset()
    uneven: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    by_hand: bool = False  # nobody knows when the facts were noted

    @classmethod
    @one_thread
    def of(cls, history: Labelled) -> "Noting":
        """Test the scored requests of a history: given what was known, does noting depend on the answer?

        One test a fact, the more noted facts before it held fixed, so that a sheet filled in whole or
        not at all counts once and what is missing at random given other facts passes.
        """
        noted, known = _columns(history)
        place = np.argsort(np.argsort(history.times.to_numpy(), kind="stable"))
        rows = np.flatnonzero(history.scored)
        facts = [one for one in noted if 0 < one.seen[rows].sum() < one.open[rows].sum()]
        facts.sort(key=lambda one: -one.seen.sum() / max(one.open.sum(), 1))
        arrival = np.column_stack([*known, _standard(place.astype(np.float64))])
        found = cls(history.labels, arrival, tuple(facts), by_hand=history.came_from is None)
        return found._tested(rows) if facts and len(np.unique(found.labels[rows])) > 1 else found

    def _tested(self, rows: Places) -> "Noting":
        """Return what the tests say; their levels are shared among the facts."""
        tests = self._tests(rows)

        def below(level: float, test: str) -> list[str]:
            return [name for name, chances in tests.items() if getattr(chances, test) < level / len(tests)]

        uneven, reasons = below(_NAMED, "answer"), below(_REASON, "known")
        if uneven:  # what one fact's noting tells, the next one's hardly adds to
            uneven += below(_NAMED, "alone")
        speaking = {one.name: many for one in self.facts if (many := one.speaking(self.labels))}
        if len(speaking) > 1 and sum(speaking.values()) >= _ENOUGH:
            reasons += speaking
        return replace(
            self,
            weighted=frozenset(below(_WEIGHTED, "answer")),
            uneven=tuple(name for name in tests if name in uneven),
            reasons=tuple(name for name in tests if name in reasons),
            changed=tuple(below(_TIME, "time")),
        )

    def _designs(self, rows: Places) -> Iterator[tuple[_Noted, Places, Floats]]:
        """Go through the facts with the rows where each could be noted and what came before it."""
        before = [self.arrival]
        for one in self.facts:
            inside = rows[one.open[rows]]
            yield one, inside, np.column_stack(before)[inside]
            before += [one.seen[:, None].astype(np.float64), one.levels]  # zeros where nothing was noted

    def _tests(self, rows: Places) -> dict[str, _Chances]:
        """Test every fact."""
        leaning = np.zeros(len(self.labels))
        leaning[rows] = _leaning(self.arrival[rows, :-1], self.labels[rows])
        found = {}
        for one, inside, others in self._designs(rows):
            y, seen = self.labels[inside], one.seen[inside]
            answer = _fit(others, [y], seen)[1]
            both = [answer, answer]
            if min(seen.sum(), (~seen).sum()) >= _EACH:
                beside = leaning[inside], others[:, self.arrival.shape[1] - 1]
                both = [_fit(others, [y, (y - 0.5) * by], seen)[1] for by in beside]
            nothing = others[:, :0]
            found[one.name] = _Chances(
                _chance(answer, _fit(others, [], seen)[1]),
                _chance(_fit(nothing, [y], seen)[1], _fit(nothing, [], seen)[1]),
                *(_chance(more, answer) for more in both),
            )
        return found

    @one_thread
    def weights(self, rows: Places) -> Floats:
        """Weigh some requests so that what was noted no longer depends on the answer.

        A request of the side that noted less counts by how much likelier its notes are on the other one;
        either answer keeps its number of requests.
        """
        y, ratio = self.labels[rows], np.ones(len(rows))
        if not self.weighted or len(np.unique(y)) < 2:
            return ratio
        at = np.full(len(self.labels), -1)
        at[rows] = np.arange(len(rows))
        for one, inside, others in self._designs(rows):
            seen = one.seen[inside]
            if one.name not in self.weighted or not 0 < seen.sum() < len(seen):
                continue
            coef, _ = _fit(others, [self.labels[inside]], seen)
            told, more = coef[0] + others @ coef[1:-1], float(coef[-1] > 0)
            both = (told + coef[-1] * answer for answer in (self.labels[inside], more))
            own, other = (np.where(seen, special.expit(odds), special.expit(-odds)) for odds in both)
            ratio[at[inside]] *= other / np.maximum(own, _LEAST)
        for answer in (0.0, 1.0):
            ratio[y == answer] /= ratio[y == answer].mean()
        return ratio

    def learning(self, rows: Places) -> Floats:
        """Weigh a past to learn from, less the more a few of its requests would pass for many."""
        y, weights = self.labels[rows], self.weights(rows)
        if not self.weighted or len(np.unique(y)) < 2:
            return weights
        least = min(effective(weights[y == answer]) / int((y == answer).sum()) for answer in (0.0, 1.0))
        return np.asarray(weights * least)

    def lacking(self, rows: Places, weights: Floats) -> dict[tuple[str, float], int]:
        """Return, for each fact and answer with too few noted requests, how many more would do."""
        y, found = self.labels[rows], {}
        for one in self.facts:
            if one.name in self.weighted or one.name in self.uneven:
                for answer in (0.0, 1.0):
                    inside = (y == answer) & one.seen[rows]
                    have = effective(weights[inside])
                    if have < _EACH:
                        each = inside.sum() / have if have else 1.0
                        found[one.name, answer] = ceil((_EACH - have) * each)
        return found

    def withheld(self, rows: Places, weights: Floats) -> tuple[str, ...]:
        """Say why nothing can be told from such notes, in sentences; nothing where something can."""
        lacking, said = self.lacking(rows, weights), list[str]()
        for answer, word in _SIDES.items():
            more = {name: many for (name, side), many in lacking.items() if side == answer}
            if more:
                count = counted(max(more.values()), f"more {word}")
                said.append(f"Note {_names(list(more))} on about {count}, best before you decide.")
        said += self._shares([name for name, _ in lacking])
        if any(name in self.uneven for name, _ in lacking):
            said.append(
                "So a missing note gives your answer away, and rules that need it look worse than they are."
            )
        sides = [weights[self.labels[rows] == answer] for answer in _SIDES]
        if not said and self.weighted and min(map(effective, sides)) < _EACH:
            said.append(
                "Note more decisions: so few carry the weight of all that nothing can be told from them."
            )
        if self.reasons:
            said.append(
                f"Answer every question, best before you decide. You seem to note {_names(self.reasons)} "
                "where it speaks for your answer, and to leave it out elsewhere. Such notes cannot show who "
                "decides better."
            )
        if self.changed:
            said.append(
                f"Note more decisions in one way. How you note {_names(self.changed)} changed during this "
                "history, differently for what you accepted and for what you refused."
            )
        return (*said, _BY_HAND) if said and self.by_hand else tuple(said)

    def _shares(self, names: Sequence[str]) -> list[str]:
        """Say on how much of either answer facts were noted, those of equal shares together."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for one in self.facts:
            if one.name in names:
                key = tuple(f"{100 * one.share(self.labels, answer):.0f} %" for answer in (1.0, 0.0))
                alike.setdefault(key, []).append(one.name)
        return [
            f"You noted {_names(some)} on {yes} of what you accepted and on {no} of what you refused."
            for (yes, no), some in alike.items()
        ]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, fact by fact, in plain words, where a verdict can be given all the same."""
        said = self._shares(self.uneven)
        if self.weighted:
            said.append(
                f"You noted {_names(sorted(self.weighted))} more often with one of the two answers. The"
                " verdict allows for that; the tables and pictures count every request once, as you noted it."
            )
        if self.by_hand and self.facts:
            said.append(_BY_HAND)
        return tuple(said)

    def as_dict(self) -> dict[str, Any]:
        """Return what was found ready for JSON."""
        tested = [
            {"fact": one.name, "on_accepted": one.share(self.labels, 1.0),
             "on_refused": one.share(self.labels, 0.0), "weighted": one.name in self.weighted,
             "uneven": one.name in self.uneven}
            for one in self.facts
        ]  # fmt: skip
        said = {"reasons": self.reasons, "changed": self.changed, "sentences": self.sentences}
        return {"tested": tested, **{name: list(lines) for name, lines in said.items()}}


def effective(weights: Floats) -> float:
    """Return how many equal requests some weighted ones are worth.

    L. Kish, Survey Sampling (1965).

    Examples
    --------
    >>> effective(np.ones(10)), round(effective(np.array([9.0, 1.0])), 2)
    (10.0, 1.22)
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def _columns(history: Labelled) -> tuple[list[_Noted], list[Floats]]:
    """Return the facts that may have been noted with the answer, and the columns known of every request."""
    noted, known = [], []
    for name in history.facts.columns.drop("request"):
        values = history.facts[name]
        told = (values.notna() & (values.astype("str") != UNKNOWN)).to_numpy()
        origins = None if history.came_from is None else history.came_from.get(name)
        may, seen = np.ones(len(told), dtype=bool), told
        if history.came_from is not None:
            where = pd.Series(None, index=values.index, dtype="str") if origins is None else origins
            may = ~where.isin(_EARLIER).to_numpy()
            # That you do not know is an answer too.
            seen = where.isin(_TYPED).to_numpy() & told.any()
        levels = _dummies(values.where(told), seen if 0 < seen.sum() < may.sum() else None)
        if 0 < seen.sum() < may.sum():
            noted.append(_Noted(str(name), may, seen, levels))
        else:
            known.append(levels)
    return noted, known


def _dummies(values: pd.Series, seen: NDArray[np.bool_] | None) -> Floats:
    """Return a column a level, zero where the fact was not noted; many numbers are one column."""
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 2 * _SELDOM:
        number = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        inside = ~np.isnan(number) if seen is None else ~np.isnan(number) & seen
        number[inside] = _standard(number[inside])
        return np.where(inside, number, 0.0)[:, None]
    words = np.where(values.notna(), values.astype("str").to_numpy(dtype=object), UNKNOWN)
    counts = Counter(words if seen is None else words[seen]).most_common()
    # Where it is known of everybody, the commonest level is what the others are held against.
    kept = [level for level, count in counts if count >= _SELDOM][1 if seen is None else 0 :]
    found = np.array([words == level for level in kept], dtype=np.float64).reshape(len(kept), len(words)).T
    return found if seen is None else found * seen[:, None]


def _standard(values: NDArray[Any]) -> Floats:
    spread = float(values.std()) if len(values) else 0.0
    return np.asarray((values - values.mean()) / spread if spread else values * 0.0, dtype=np.float64)


def _fit(others: Floats, extra: list[Floats], seen: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Fit how noting depends on other columns and on extra ones, the answer first among these.

    The likelihood comes without the extra columns' penalty, so that it can be compared with that of fewer.
    """
    ridge = np.array([_ANSWER, _TOGETHER][: len(extra)])
    precision = np.array([0.0, *[_OTHERS] * others.shape[1], *ridge])
    patterns = Patterns(np.column_stack([others, *extra]), seen.astype(np.float64), np.ones(len(seen)))
    fit = fit_newton(patterns, np.zeros(len(precision)), precision)
    own = fit.coef[len(precision) - len(ridge) :]
    return fit.coef, fit.log_posterior + 0.5 * float(ridge @ own**2)


def _chance(more: float, less: float) -> float:
    """Return the p-value of a likelihood-ratio test of one coefficient."""
    return float(special.chdtrc(1, max(0.0, 2 * (more - less))))


def _leaning(known: Floats, y: Floats) -> Floats:
    """Return what is known of each request beside its answer, as one standardised number."""
    if not known.shape[1]:
        return np.zeros(len(y))
    return _standard(known @ _fit(known, [], y > 0)[0][1:])


def _names(facts: Sequence[str]) -> str:
    return join_or([spoken(name) for name in facts], "and")
