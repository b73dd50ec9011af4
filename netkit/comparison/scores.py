"""One row a judge: cost, losses, ranking, recall on refusals and zones, each with n and an interval."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netkit.comparison.backtest import Backtest, run_backtest
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import Answers, Judge
from netkit.comparison.verdict import ANSWERS
from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.evaluation import (
    Estimate,
    area_under_curve,
    brier_score,
    decision_cost,
    log_loss,
    net_benefit,
    recall_on_refusals,
    wilson,
)
from netkit.evaluation.estimate import Floats
from netkit.evaluation.resampling import Blocks, jackknife_mean, wilson_means
from netkit.evaluation.rolling import rolling_origins

_NOTHING = Estimate(float("nan"))
_LEARNERS = ("rules", "recalibrated_rules", "model", "base_rate")


@dataclass(frozen=True)
class Score:
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


def score_judges(backtest: Backtest, blocks: Blocks, costs: Costs) -> list[Score]:
    """Score every judge on the same later requests."""
    return [
        Score(name, len(backtest.labels), _measures(backtest.labels, given, blocks, costs),
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


def decision_curves(
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
        answered = run_backtest(history, shown, [replace(whole, past=whole.past[-size:])])
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
