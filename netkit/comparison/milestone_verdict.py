"""The verdict at a milestone: the sharper test, its rehearsal as guard, and what the notes can carry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from netkit.comparison.backtest import Backtest
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import Judge
from netkit.comparison.noting import Noting
from netkit.comparison.verdict import PairedComparison
from netkit.costs import Costs
from netkit.evaluation import decision_cost
from netkit.evaluation.resampling import Blocks
from netkit.history.labels import history_number
from netkit.history.sample_check import MoreDecisions
from netkit.wording import counted, join_or, spoken

_EACH = int(history_number("enough_of_each"))
# The level of each of the first looks; every later one gets half of the one before, so that looking on
# for ever says `model` falsely in few histories. Chosen by benchmarks/verdict_habits.py.
LEVEL, _EQUAL_LOOKS = 0.03, 5
# Judges that learn from each other's requests vary more than their differences show: in pure noise by
# 1.4 at 150 requests, at most by 2. In five looks `model` was false in 22 of 404 histories with 1.25, in 36
# of 843 with 1.5 (benchmarks/verdict_looks.py).
_EXCESS = 1.5
AS_NOTED = "while you note as few facts as here"


@dataclass(frozen=True)
class Terms:
    """What is fixed before any answer is looked at."""

    names: tuple[str, str]
    costs: Costs
    margin: float | None
    curve: bool = True
    origins: int = 8
    first: float = 0.3


@dataclass(frozen=True)
class Sides:
    """The two judges of a history, and on which requests the one in office had every fact it needed."""

    judges: Sequence[Judge]
    had: pd.Series | None = None
    lost: tuple[str, ...] = ()  # what the judge in office asks for and was blanked for both


@dataclass(frozen=True)
class MilestoneVerdict:
    """What is said on the first so many decisions, and why."""

    answer: str
    decisions: int  # 0 before the first milestone
    crossed: PairedComparison | None = None  # each tenth judged by what all the others tell
    rehearsal: PairedComparison | None = None  # by what came before; where the crossed one says something
    withheld: tuple[str, ...] = ()  # what the notes cannot carry
    reasons: tuple[str, ...] = ()  # why it is undecided
    conditions: tuple[str, ...] = ()  # under which it holds

    @classmethod
    def of(
        cls, history: Labelled, sides: Callable[[Labelled], Sides], terms: Terms, more: MoreDecisions
    ) -> "MilestoneVerdict":
        """Give the verdict on the decisions up to the last milestone, in the order of recording.

        The challenger's only if it saves on the answers that judges give who learned from all other
        tenths of the weeks, and did no worse rehearsed in the order of time; the first judge's only if
        both say that nothing worth a change is saved. Neither where the notes cannot carry it.
        """
        office = terms.names[0]
        keep = f"undecided: keep the {office}"
        refused = int((history.labels == 0).sum())
        # Of what was recorded, only what came with facts is scored.
        if not more.passed or min(refused, len(history.labels) - refused) < _EACH:
            return cls(keep, 0)
        then = history.at(np.sort(history.order[: more.passed[-1]]))
        tenths = then.folds()
        if not tenths:  # all of one week
            return cls(keep, 0)
        noting = Noting.of(then)
        places = np.concatenate([cut.later for cut in tenths])
        withheld = noting.withheld(places, noting.weights(places))
        if withheld:  # no figure of such notes is one
            return cls(keep, more.passed[-1], withheld=withheld)
        both = sides(then)
        level = LEVEL / 2 ** max(0, len(more.passed) - _EQUAL_LOOKS)
        run = Backtest.run(then, both.judges, tenths, learning=noting.learning)
        crossed = paired(run, terms, noting, level=level, excess=_EXCESS)
        found = cls(keep, more.passed[-1], crossed)
        if crossed.verdict not in terms.names:
            return replace(found, reasons=(crossed.missing,))
        rehearsed = rehearse(then, both, terms, noting)
        return replace(found, rehearsal=rehearsed)._told(run, both, terms, noting)

    def _told(self, run: Backtest, both: Sides, terms: Terms, noting: Noting) -> "MilestoneVerdict":
        assert self.crossed and self.rehearsal
        crossed, rehearsal, (office, challenger) = self.crossed, self.rehearsal, terms.names
        reasons, conditions = list[str](), list[str]()
        said = crossed.verdict
        agrees = {
            challenger: rehearsal.saving.value > 0 and rehearsal.lately >= 0,
            office: max(rehearsal.saving.value, rehearsal.lately) < rehearsal.margin,
        }
        if not agrees[said]:
            over_time = f"{rehearsal.saving.value:.1f}, and {rehearsal.lately:.1f} on the last third"
            reasons.append(
                f"As it is now, the {challenger} saves {crossed.saving.value:.1f} per 100. Rehearsed in "
                f"order of time it saves {over_time}. "
                "The two disagree: early on it had learned too little, or you have changed."
            )
        elif said == challenger and both.lost:
            reasons.append(
                f"Your {office} need {join_or([spoken(name) for name in both.lost], 'and')}, which you noted "
                "with one of the two answers only. Note it with both."
            )
        elif said == challenger and both.had is not None:
            reasons, conditions = _where_rules_had_all(run, both.had, terms, noting, crossed.margin)
        answer = self.answer if reasons else said
        return replace(self, answer=answer, reasons=tuple(reasons), conditions=tuple(conditions))

    @property
    def rests(self) -> str:
        """What the verdict rests on, in words."""
        if not self.crossed:
            return ""
        tried = "netkit split them into parts. The model judged each part after learning from the others."
        parts = [tried, f"There {self.crossed.saved}.", self.crossed.asking]
        if self.crossed.n < self.decisions:
            counts = f"{self.crossed.n:,} of them count" if self.crossed.n > 1 else "One of them counts"
            parts.insert(0, f"{counts}: the others came while only one of your two answers was recorded.")
        return " ".join([*parts, *self.reasons])

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict ready for JSON."""
        return {
            "verdict": self.answer,
            "decisions": self.decisions,
            "crossed": self.crossed.as_dict() if self.crossed else None,
            "rehearsal": self.rehearsal.as_dict() if self.rehearsal else None,
            "withheld": list(self.withheld),
            "reasons": list(self.reasons),
            "conditions": list(self.conditions),
            "rests": self.rests,
        }


def rehearse(history: Labelled, both: Sides, terms: Terms, noting: Noting) -> PairedComparison:
    """Compare the two judges on later requests, each judged by what came before it."""
    cut = history.origins(first=terms.first, origins=terms.origins)
    return paired(Backtest.run(history, both.judges, cut, learning=noting.learning), terms, noting)


def paired(
    run: Backtest, terms: Terms, noting: Noting, *, level: float = 0.05, excess: float = 1.0
) -> PairedComparison:
    """Compare the two judges of a backtest, weighing its requests as their notes ask for."""
    first, second = (run.answers[name].action for name in terms.names)
    return PairedComparison.of(
        run.labels, first, second, Blocks.weekly(run.times),
        names=terms.names, costs=terms.costs, margin=terms.margin,
        weights=noting.weights(run.places) if noting.weighted else None,
        level=level, excess=excess, stands_for=run.stands_for,
    )  # fmt: skip


def _where_rules_had_all(
    run: Backtest, had: pd.Series, terms: Terms, noting: Noting, margin: float
) -> tuple[list[str], list[str]]:
    """Return why the challenger is not said to be better, or under which condition it is."""
    inside = had.to_numpy()[run.places]
    y = run.labels[inside]
    if inside.all():
        return [], []
    if min(y.sum(), len(y) - y.sum()) < _EACH:
        return [], [AS_NOTED]
    costs = [decision_cost(run.labels, run.answers[name].action, terms.costs) for name in terms.names]
    gap = 100 * (costs[0] - costs[1])[inside]
    saved = float(np.average(gap, weights=noting.weights(run.places)[inside]))
    if saved > margin:
        return [], []
    return [
        f"The {terms.names[1]} is better only where your {terms.names[0]} lacked a fact. On the "
        f"{counted(len(y), 'request')} where they had all they needed it saves {saved:.1f} per 100: too "
        "little. Answer those questions first."
    ], []
