"""What a comparison found: the verdict, the score of every judge, and the sentence that says it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from html import escape
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.comparison.backtest import Backtest
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import Answers, Judge
from netkit.comparison.milestone_verdict import MilestoneVerdict
from netkit.comparison.noting import Noting
from netkit.comparison.verdict import ANSWERS, PairedComparison
from netkit.costs import Costs
from netkit.errors import ModelError, NotEnoughError
from netkit.evaluation import (
    Estimate,
    PairedAuc,
    area_under_curve,
    brier_score,
    decision_cost,
    log_loss,
    net_benefit,
    recall_on_refusals,
    wilson,
)
from netkit.evaluation.calibration import Calibration
from netkit.evaluation.drift import Drift
from netkit.evaluation.estimate import Floats
from netkit.evaluation.resampling import Blocks, jackknife_mean, wilson_means
from netkit.evaluation.rolling import rolling_origins
from netkit.evaluation.sample_size import HowManyMore
from netkit.history.sample_check import MoreDecisions
from netkit.wording import counted, join_or, spoken

_NO_BETTER = "no better than the base rate"
_CURVE = np.round(np.arange(0.05, 1.0, 0.05), 2)
_NOTHING = Estimate(float("nan"))
_LEARNERS = ("rules", "recalibrated_rules", "model", "base_rate")


@dataclass(frozen=True)
class _Score:
    """How one judge did on the later requests; `zones` has a row for each of accept, ask and refuse."""

    judge: str
    n: int
    measures: dict[str, Estimate]
    zones: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the score ready for JSON."""
        measures = {name: estimate.as_dict() for name, estimate in self.measures.items()}
        zones = [row | {name: row[name].as_dict() for name in ("share", "wrong")} for row in self.zones]
        return {"n": self.n, **measures, "zones": zones}


def score_judges(backtest: Backtest, blocks: Blocks, costs: Costs) -> list[_Score]:
    """Score every judge on the same later requests."""
    return [
        _Score(name, len(backtest.labels), _measures(backtest.labels, given, blocks, costs),
              _zones(backtest.labels, given))
        for name, given in backtest.answers.items()
    ]  # fmt: skip


def _measures(y: Floats, given: Answers, blocks: Blocks, costs: Costs) -> dict[str, Estimate]:
    stated = not np.isnan(given.probability).any() and len(y) > 0
    threshold = costs.wrong_accept / (costs.wrong_accept + costs.wrong_decline)
    cost = 100 * decision_cost(y, given.action, costs)
    gains, odds = _gains(y, given, np.array([threshold]))
    brier = brier_score(y, given.probability) if stated else np.zeros(len(y))
    # Whatever it answers, a request cannot cost more, nor a wrong accept weigh more, than this.
    most = 100 * costs.dearest
    means = wilson_means(
        np.column_stack([cost, gains, brier]), blocks, [0.0, -odds[0], 0.0], [most, 1.0, 1.0]
    )
    decided = given.action != 0
    right = np.where(y == 1, 1, -1) == given.action
    return {
        "cost_per_100": means[0],
        "log_loss": _mean_loss(log_loss(y, given.probability), blocks) if stated else _NOTHING,
        "brier": means[2] if stated else _NOTHING,
        "auc": area_under_curve(y, given.score) if len(y) else _NOTHING,
        "agreement": wilson(float(right[decided].sum()), int(decided.sum())),
        "decided": wilson(float(decided.sum()), len(y)),
        "asked": wilson(float((~decided).sum()), len(y)),
        "recall_on_refusals": recall_on_refusals(y, given.action),
        "net_benefit": means[1],
    }


def _mean_loss(losses: Floats, blocks: Blocks) -> Estimate:
    """Return a mean log loss, which has no upper end, with Student's interval on the weeks."""
    mean = jackknife_mean(losses, blocks)
    return replace(mean, low=max(mean.low, 0.0) if np.isfinite(mean.low) else mean.low)


def _zones(y: Floats, given: Answers) -> list[dict[str, Any]]:
    rows = []
    for answer, word in ANSWERS.items():
        inside = given.action == answer
        n = int(inside.sum())
        wrong = y[inside] == 0 if answer > 0 else y[inside] == 1
        errors = wilson(float(wrong.sum()), n) if answer else Estimate(float("nan"), n=n)
        rows.append({"answer": word, "n": n, "share": wilson(n, len(y)), "wrong": errors})
    return rows


def _decision_curves(
    backtest: Backtest, thresholds: NDArray[np.float64], blocks: Blocks
) -> list[dict[str, Any]]:
    """Return every judge's net benefit over the thresholds, beside accept all and accept none."""
    y = backtest.labels
    curves = []
    for name, given in backtest.answers.items():
        gains, odds = _gains(y, given, thresholds)
        means = wilson_means(gains, blocks, -odds, np.ones(len(odds)))
        for threshold, estimate in zip(thresholds, means, strict=True):
            curves.append({"judge": name, "threshold": float(threshold), **estimate.as_dict()})
    return curves


def _gains(y: Floats, given: Answers, thresholds: Floats) -> tuple[Floats, Floats]:
    """Return the requests' parts in the net benefit at k thresholds, and what a wrong accept weighs.

    A judge that states no chances accepts as it does at every threshold.
    """
    stated = not np.isnan(given.probability).any()
    accepted = given.probability[:, None] >= thresholds if stated else given.action[:, None] > 0
    return net_benefit(y, accepted, thresholds), thresholds / (1 - thresholds)


def learning_curve(
    history: Labelled, judges: Sequence[Judge], costs: Costs, *, smallest: int = 25
) -> list[dict[str, Any]]:
    """Judge the last requests after pasts of 25, 50, 100 ... labels, the nearest ones each time."""
    if len(history.labels) < 2 * smallest:
        return []
    try:
        (whole,) = rolling_origins(
            history.times, known_at=history.known_at, people=history.people,
            first=0.7, least=smallest, origins=1,
        )  # fmt: skip
    except ModelError:  # all of one moment
        return []
    most = len(whole.past)
    if most < smallest:
        return []
    sizes = [smallest * 2**step for step in range(12) if smallest * 2**step < most]
    shown = [judge for judge in judges if judge.name in _LEARNERS]
    blocks = Blocks.weekly(history.times.iloc[whole.later].reset_index(drop=True))
    rows = []
    for size in [*sizes, most]:
        answered = Backtest.run(history, shown, [replace(whole, past=whole.past[-size:])])
        for name, given in answered.answers.items():
            cost = 100 * decision_cost(answered.labels, given.action, costs)
            mean = wilson_means(cost[:, None], blocks, 0.0, 100 * costs.dearest)[0]
            loss = _loss(answered.labels, given.probability, blocks)
            row = {"labels": size, "judge": name, "cost_per_100": mean.as_dict(), "log_loss": loss}
            rows.append(row)
    return rows


def _loss(labels: Floats, probability: Floats, blocks: Blocks) -> dict[str, Any] | None:
    if np.isnan(probability).any():
        return None
    return _mean_loss(log_loss(labels, probability), blocks).as_dict()


@dataclass(frozen=True)
class WeakAnswer:
    """What the weak labels change, on the facts that the export alone knows."""

    labels: int
    weight: float
    without: PairedComparison
    with_them: PairedComparison

    @property
    def sentence(self) -> str:
        """What the weak labels change, in words."""
        one, two = (_saved(pair.saving) for pair in (self.without, self.with_them))
        return (
            f"By what the export alone knows, the model saves {one} per 100 without the "
            f"{counted(self.labels, 'weak label')} and {two} with them, each counting {self.weight:g}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return both answers ready for JSON."""
        return {
            "labels": self.labels,
            "weight": self.weight,
            "without": self.without.as_dict(),
            "with": self.with_them.as_dict(),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Comparison:
    """Everything that is known about who decides better.

    Attributes
    ----------
    labels, accepted : int
        The labelled requests that were learned from or judged, and how many were accepted.
    days : tuple of str
        Between which days they came.
    costs : Costs
        The three costs.
    backtest : Backtest
        The later requests and every judge's answers.
    blocks : Blocks
        The weeks of the later requests.
    score_list : list
        One score a judge.
    pair : PairedComparison
        The judge in office and the challenger.
    pairs : dict of str to PairedComparison
        Every other judge beside the one in office.
    over_base_rate : Estimate
        The log loss that the challenger saves per request beside the base rate.
    ranking : PairedAuc or None
        Both judges' areas under the curve and DeLong's test.
    calibrations : dict of str to Calibration
        For every judge that states probabilities.
    sample : HowManyMore
        What the history can carry.
    more : MoreDecisions
        How many more decisions it takes until the model may speak, or until the next verdict.
    at_milestone : MilestoneVerdict
        The verdict on the first so many decisions.
    noting : Noting
        How the facts were noted beside the answers.
    restating : tuple of str
        The facts in use that all but restate the decision.
    without_restating : MilestoneVerdict or None
        The verdict without those, for both judges; None where there are none.
    curve : list of dict
        The learning curve.
    drift : Drift or None
        Whether the decisions changed over time.
    disagreements : DataFrame
        Where the two part.
    weak : WeakAnswer or None
        The comparison without and with the weak labels learned from; None where there are none.
    notes : tuple of str
        What the reader should know before relying on it.
    """

    labels: int
    accepted: int
    days: tuple[str, str]
    costs: Costs
    backtest: Backtest = field(repr=False)
    blocks: Blocks = field(repr=False)
    score_list: list[_Score] = field(repr=False)
    pair: PairedComparison
    pairs: dict[str, PairedComparison] = field(repr=False)
    over_base_rate: Estimate
    ranking: PairedAuc | None = field(repr=False)
    calibrations: dict[str, Calibration] = field(repr=False)
    sample: HowManyMore
    more: MoreDecisions
    at_milestone: MilestoneVerdict
    noting: Noting
    restating: tuple[str, ...] = ()
    without_restating: MilestoneVerdict | None = field(repr=False, default=None)
    curve: list[dict[str, Any]] = field(repr=False, default_factory=list)
    drift: Drift | None = field(repr=False, default=None)
    disagreements: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    weak: WeakAnswer | None = field(repr=False, default=None)
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`rules`, `model`, `undecided: keep the rules`; without rules, `model` or no better."""
        if self.pair.first != "base_rate":
            return self.at_milestone.answer
        if self.withheld:
            return "undecided: keep the base rate"
        return self.pair.second if self._beats_base_rate else _NO_BETTER

    @property
    def withheld(self) -> tuple[str, ...]:
        """Why nothing can be told from the notes that a verdict counts."""
        kept = self.at_milestone.decisions and self.pair.first != "base_rate"
        return self.at_milestone.withheld or (() if kept else self.leaning)

    @property
    def leaning(self) -> tuple[str, ...]:
        """Why nothing can be told from all notes by now, which the figures of all decisions count."""
        rows = np.arange(self.labels)
        return self.noting.withheld(rows, self.noting.weights(rows))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What was found of the notes, where a verdict could be given, and the other notes."""
        return (() if self.leaning or self.withheld else self.noting.sentences) + self.notes

    @property
    def conditions(self) -> tuple[str, ...]:
        """Under which conditions the verdict holds; none where it is said without one."""
        other = self.without_restating
        found = self.at_milestone.conditions
        if other is None or other.answer == self.verdict:
            return found
        facts = join_or([spoken(name) for name in self.restating], "and")
        return (
            *found,
            f"only while {facts} counts, which all but restates the decision; without it, {other.answer}",
        )

    @property
    def _beats_base_rate(self) -> bool:
        """Where one answer alone came later, whoever is surer of it looks better; that tells nothing."""
        return self.over_base_rate.low > 0 and self.pair.has_both

    @property
    def against_base_rate(self) -> str:
        """Whether the challenger's probabilities are worth more than the share accepted so far."""
        return "better than the base rate" if self._beats_base_rate else _NO_BETTER

    @property
    def scores(self) -> pd.DataFrame:
        """The scores as one frame, a row a judge; NotEnoughError where no request could be judged."""
        if not self.pair.n:
            raise NotEnoughError(
                f"Known for sure are {counted(self.labels, 'answer')}, {self.accepted:,} of them accepted."
                " That is too little to learn from the early ones and judge the later ones",
                "Record what you do with `netkit decide` or `netkit sheet`; until then keep the rules",
            )
        rows = {}
        for score in self.score_list:
            row: dict[str, float] = {"n": score.n}
            rows[score.judge] = row
            for name, one in score.measures.items():
                row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("judge")

    @property
    def sentence(self) -> str:
        """The answer in plain words."""
        return " ".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The answer in plain words, a thought a line: the verdict, what it rests on, what is missing."""
        if not self.pair.n:
            return self.pair.sentence, self.more.sentence
        if self.withheld:
            return f"No verdict yet, so keep the {self.pair.first}. {self.withheld[0]}", *self.withheld[1:]
        beside = (
            f"The {self.pair.second}'s probabilities are {self.against_base_rate} "
            f"(log loss saved per request {self.over_base_rate})."
        )
        if self.pair.first == "base_rate":
            judged = counted(self.pair.n, "later request")
            return (f"Verdict: {self.verdict}. On {judged}: {beside}",)
        if self.verdict == self.pair.second and not self._beats_base_rate:
            alike = self.pairs["base_rate"].saving.value
            beside += f" Without any facts, by the share accepted so far, {alike:.1f} are saved as well."
        stated = asdict(self.costs)
        priced = ", ".join(f"{name.replace('_', ' ')} {cost:g}" for name, cost in stated.items())
        return *self._headline, self.more.sentence, f"{beside} Costs: {priced}."

    @property
    def _headline(self) -> tuple[str, ...]:
        """The verdict with its conditions, and where all decisions lean, which is none."""
        leans = self.pair.second if self.pair.saving.value > 0 else self.pair.first
        told, then = "; ".join([self.verdict, *self.conditions]), self.at_milestone
        if not then.decisions:
            untold = not (self.pair.has_both and np.isfinite(self.pair.saving.low))
            why = f" {self.pair.missing}" * untold
            return (
                f"{self.pair.figures}: {told}.{why}",
                f"So far this leans to the {leans}, which is no verdict.",
            )
        verdict = f"Verdict on your first {counted(then.decisions, 'decision')}: {told}."
        more = f" {self.labels_needed}" if self.labels_needed else ""
        if self.leaning:
            return (
                verdict,
                then.rests,
                " ".join(["Of all decisions by now nothing can be said.", *self.leaning]),
            )
        return (
            verdict,
            then.rests,
            f"{self.pair.figures}. This leans to the {leans}, which is no verdict.{more}",
        )

    @property
    def labels_needed(self) -> str:
        """How many answers would show a saving of the margin, at random or where the two differ."""
        pair = self.pair
        if not self.verdict.startswith("undecided") or not (pair.needed and pair.discordant):
            return ""
        chosen = ceil(pair.needed * pair.discordant / pair.n)
        return (
            f"A saving of {pair.margin:.3g} would show in about {pair.needed:,} decisions, or in {chosen:,} "
            "of those on which the two differ: label_past() in netkit lab asks about these first."
        )

    def curves(self) -> list[dict[str, Any]]:
        """Return every judge's net benefit over the thresholds.

        Returns
        -------
        list of dict
            `judge`, `threshold`, `value`, `low`, `high`, `n`.
        """
        return _decision_curves(self.backtest, _CURVE, self.blocks)

    def as_dict(self) -> dict[str, Any]:
        """Return all figures ready for JSON, without NaN.

        Returns
        -------
        dict
            `verdict`, `sentence`, `judges`, `paired` and everything else.
        """
        low, high = self.costs.thresholds()
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "against_base_rate": self.against_base_rate,
            "log_loss_saved_beside_base_rate": self.over_base_rate.as_dict(),
            "labels": self.labels,
            "accepted": self.accepted,
            "refused": self.labels - self.accepted,
            "first_day": self.days[0],
            "last_day": self.days[1],
            "judged": len(self.backtest.labels),
            "origins": [
                {"at": origin.at.isoformat(), "past": len(origin.past), "later": len(origin.later)}
                for origin in self.backtest.origins
            ],
            "costs": asdict(self.costs),
            "thresholds": {"decline_at_most": low, "accept_from": high},
            "judges": {score.judge: score.as_dict() for score in self.score_list},
            "paired": self.pair.as_dict(),
            "paired_others": {name: pair.as_dict() for name, pair in self.pairs.items()},
            "ranking": _ranking(self.ranking),
            "calibration": {name: _calibration(one) for name, one in self.calibrations.items()},
            "decision_curve": self.curves(),
            "more_decisions": self.more.as_dict(),
            "at_milestone": self.at_milestone.as_dict(),
            "conditions": list(self.conditions),
            "withheld": list(self.withheld),
            "noting": self.noting.as_dict(),
            "restating": list(self.restating),
            "without_restating": self.without_restating.as_dict() if self.without_restating else None,
            "sample_size": self.sample.as_dict(),
            "learning_curve": self.curve,
            "drift": self.drift.as_dict() if self.drift else None,
            "disagreements": self.disagreements.to_dict(orient="records"),
            "weak_labels": self.weak.as_dict() if self.weak else None,
            "notes": list(self.cautions),
        }

    def _repr_html_(self) -> str:
        """Return the answer and the table of judges for a notebook, escaped."""
        rows = {score.judge: {n: str(e) for n, e in score.measures.items()} for score in self.score_list}
        table = "" if self.leaning or self.withheld else pd.DataFrame(rows).T.to_html(escape=True)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.cautions)
        return f"<p>{escape(self.sentence)}</p>{table}<ul>{notes}</ul>"


def _saved(saving: Estimate) -> str:
    if not np.isfinite(saving.low):
        return f"{saving.value:.1f}"
    return f"{saving.value:.1f} [{saving.low:.1f}, {saving.high:.1f}]"


def _ranking(ranking: PairedAuc | None) -> dict[str, Any] | None:
    if ranking is None:
        return None
    return {
        "first": ranking.first.as_dict(),
        "second": ranking.second.as_dict(),
        "difference": ranking.difference.as_dict(),
        "p_value": ranking.p_value if np.isfinite(ranking.p_value) else None,
    }


def _calibration(one: Calibration) -> dict[str, Any]:
    return {
        "observed_over_expected": one.observed_over_expected.as_dict(),
        "intercept": one.intercept.as_dict(),
        "slope": one.slope.as_dict(),
        "bins": one.bins.to_dict(orient="records"),
        "curve": one.curve.to_dict(orient="records"),
        "histogram": one.histogram.to_dict(orient="records"),
        "brier": {part: estimate.as_dict() for part, estimate in one.brier.items()},
        "usable_as_stated": one.usable,
        "sentence": one.sentence,
    }
