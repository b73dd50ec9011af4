"""What a comparison found: the verdict, every figure behind it, and the sentence that says it."""

from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from netkit.comparison.backtest import Backtest
from netkit.comparison.scores import Score, decision_curves
from netkit.comparison.verdict import PairedComparison
from netkit.costs import Costs
from netkit.errors import NotEnoughError
from netkit.evaluation import Estimate, PairedAuc
from netkit.evaluation.calibration import Calibration
from netkit.evaluation.drift import Drift
from netkit.evaluation.resampling import Blocks
from netkit.evaluation.sample_size import HowManyMore
from netkit.wording import counted

_NO_BETTER = "no better than the base rate"
_CURVE = np.round(np.arange(0.05, 1.0, 0.05), 2)


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
    score_list : list of Score
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
    score_list: list[Score] = field(repr=False)
    pair: PairedComparison
    pairs: dict[str, PairedComparison] = field(repr=False)
    over_base_rate: Estimate
    ranking: PairedAuc | None = field(repr=False)
    calibrations: dict[str, Calibration] = field(repr=False)
    sample: HowManyMore
    curve: list[dict[str, Any]] = field(repr=False, default_factory=list)
    drift: Drift | None = field(repr=False, default=None)
    disagreements: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    weak: WeakAnswer | None = field(repr=False, default=None)
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`rules`, `model`, `undecided: keep the rules`; without rules, `model` or no better."""
        if self.pair.first == "base_rate":
            return self.pair.second if self._beats_base_rate else _NO_BETTER
        return self.pair.verdict

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
                f"{self.labels:,} requests with a certain label, {self.accepted:,} of them accepted",
                accepted="both acceptances and refusals, early ones to learn from and later ones to judge",
                do="record what you do with `netkit decide` or `netkit sheet`; until then keep the rules",
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
        if not self.pair.n:
            return self.pair.sentence
        beside = (
            f"The {self.pair.second}'s probabilities are {self.against_base_rate} "
            f"(log loss saved per request {self.over_base_rate})."
        )
        if self.pair.first == "base_rate":
            judged = counted(self.pair.n, "later request")
            return f"Verdict: {self.verdict}. On {judged}: {beside}"
        if self.verdict == self.pair.second and not self._beats_base_rate:
            alike = self.pairs["base_rate"].saving.value
            beside += f" Without any facts, by the share accepted so far, {alike:.1f} are saved as well."
        stated = asdict(self.costs)
        priced = ", ".join(f"{name.replace('_', ' ')} {cost:g}" for name, cost in stated.items())
        return f"{self.pair.sentence} {beside} Costs: {priced}."

    def curves(self) -> list[dict[str, Any]]:
        """Return every judge's net benefit over the thresholds.

        Returns
        -------
        list of dict
            `judge`, `threshold`, `value`, `low`, `high`, `n`.
        """
        return decision_curves(self.backtest, _CURVE, self.blocks)

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
            "sample_size": self.sample.as_dict(),
            "learning_curve": self.curve,
            "drift": self.drift.as_dict() if self.drift else None,
            "disagreements": self.disagreements.to_dict(orient="records"),
            "weak_labels": self.weak.as_dict() if self.weak else None,
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        """Return the answer and the table of judges for a notebook, escaped."""
        shown = pd.DataFrame(
            {score.judge: {n: str(e) for n, e in score.measures.items()} for score in self.score_list}
        ).T
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<p>{escape(self.sentence)}</p>{shown.to_html(escape=True)}<ul>{notes}</ul>"


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
        "brier": {part: estimate.as_dict() for part, estimate in one.brier.items()},
        "usable_as_stated": one.usable,
        "sentence": one.sentence,
    }
