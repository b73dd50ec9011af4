"""One row a judge: cost, losses, ranking, recall on refusals and zones, each with n and an interval."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.comparison.judges import Answers
from netkit.comparison.rehearsal import Rehearsal
from netkit.comparison.verdict import ANSWERS
from netkit.costs import Costs
from netkit.evaluation import (
    Estimate,
    area_under_curve,
    brier_score,
    decision_cost,
    log_loss,
    recall_on_refusals,
    wilson,
)
from netkit.evaluation.bounded import bounded_means
from netkit.evaluation.resampling import Blocks, mean_with_interval

Floats = NDArray[np.float64]
_NOTHING = Estimate(float("nan"))


@dataclass(frozen=True)
class Score:
    """How one judge did on the later requests.

    Attributes
    ----------
    judge : str
        Its name.
    n : int
        The requests judged.
    measures : dict of str to Estimate
        `cost_per_100`, `log_loss`, `brier`, `auc`, `agreement` (of the requests it decided),
        `recall_on_refusals`, `net_benefit`.
    zones : DataFrame
        `answer` (accept, ask, refuse), `n`, `share`, `wrong` with Wilson intervals.
    """

    judge: str
    n: int
    measures: dict[str, Estimate]
    zones: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Return the score ready for JSON.

        Returns
        -------
        dict
            `n`, each measure, and `zones`.
        """
        measures = {name: estimate.as_dict() for name, estimate in self.measures.items()}
        zones = [
            {
                "answer": row["answer"],
                "n": int(row["n"]),
                "share": row["share"].as_dict(),
                "wrong": row["wrong"].as_dict(),
            }
            for row in self.zones.to_dict(orient="records")
        ]
        return {"n": self.n, **measures, "zones": zones}


def score_judges(rehearsal: Rehearsal, blocks: Blocks, costs: Costs) -> list[Score]:
    """Score every judge on the same later requests.

    Parameters
    ----------
    rehearsal : Rehearsal
        The answers.
    blocks : Blocks
        The weeks of the later requests.
    costs : Costs
        The three costs.

    Returns
    -------
    list of Score
        In the judges' order.
    """
    return [
        Score(name, len(rehearsal.labels), _measures(rehearsal.labels, given, blocks, costs),
              _zones(rehearsal.labels, given))
        for name, given in rehearsal.answers.items()
    ]  # fmt: skip


def _measures(y: Floats, given: Answers, blocks: Blocks, costs: Costs) -> dict[str, Estimate]:
    stated = not np.isnan(given.probability).any() and len(y) > 0
    threshold = costs.wrong_accept / (costs.wrong_accept + costs.wrong_decline)
    cost = 100 * decision_cost(y, given.action, costs)
    gains, odds = _gains(y, given, np.array([threshold]))
    brier = brier_score(y, given.probability) if stated else np.zeros(len(y))
    # Whatever it answers, a request cannot cost more, nor a wrong accept weigh more, than this.
    most = 100 * costs.dearest
    means = bounded_means(
        np.column_stack([cost, gains, brier]), blocks, [0.0, -odds[0], 0.0], [most, 1.0, 1.0]
    )
    decided = given.action != 0
    right = np.where(y == 1, 1, -1) == given.action
    return {
        "cost_per_100": means[0],
        "log_loss": mean_loss(log_loss(y, given.probability), blocks) if stated else _NOTHING,
        "brier": means[2] if stated else _NOTHING,
        "auc": area_under_curve(y, given.score) if len(y) else _NOTHING,
        "agreement": wilson(float(right[decided].sum()), int(decided.sum())),
        "recall_on_refusals": recall_on_refusals(y, given.action),
        "net_benefit": means[1],
    }


def mean_loss(losses: Floats, blocks: Blocks) -> Estimate:
    """Return a mean log loss, which has no upper end, with Student's interval on the weeks.

    Parameters
    ----------
    losses : ndarray, shape (n,)
        The loss of each request.
    blocks : Blocks
        The blocks of the same requests.

    Returns
    -------
    Estimate
        The mean; its interval ends at zero, which no loss is below.
    """
    mean = mean_with_interval(losses, blocks)
    return replace(mean, low=max(mean.low, 0.0) if np.isfinite(mean.low) else mean.low)


def _zones(y: Floats, given: Answers) -> pd.DataFrame:
    rows = []
    for answer, word in ANSWERS.items():
        inside = given.action == answer
        n = int(inside.sum())
        wrong = y[inside] == 0 if answer > 0 else y[inside] == 1
        errors = wilson(float(wrong.sum()), n) if answer else Estimate(float("nan"), n=n)
        rows.append((word, n, wilson(n, len(y)), errors))
    return pd.DataFrame(rows, columns=["answer", "n", "share", "wrong"])


def score_table(scores: list[Score]) -> pd.DataFrame:
    """Return the scores as one frame, a row a judge.

    Parameters
    ----------
    scores : list of Score
        The scores.

    Returns
    -------
    DataFrame
        By judge: `n`, and `NAME`, `NAME_low`, `NAME_high` for every measure.
    """
    rows = {}
    for score in scores:
        row: dict[str, float] = {"n": score.n}
        for name, estimate in score.measures.items():
            row |= {
                name: estimate.value,
                f"{name}_low": estimate.low,
                f"{name}_high": estimate.high,
            }
        rows[score.judge] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("judge")


def decision_curves(
    rehearsal: Rehearsal, thresholds: NDArray[np.float64], blocks: Blocks
) -> list[dict[str, Any]]:
    """Return every judge's net benefit over the thresholds, beside accept all and accept none.

    Parameters
    ----------
    rehearsal : Rehearsal
        The answers.
    thresholds : ndarray
        Probabilities from which one would accept.
    blocks : Blocks
        The weeks of the later requests.

    Returns
    -------
    list of dict
        `judge`, `threshold`, `net_benefit` with `low` and `high`, and `n`.
    """
    y = rehearsal.labels
    curves = []
    for name, given in rehearsal.answers.items():
        gains, odds = _gains(y, given, thresholds)
        means = bounded_means(gains, blocks, -odds, np.ones(len(odds)))
        for threshold, estimate in zip(thresholds, means, strict=True):
            curves.append({"judge": name, "threshold": float(threshold), **estimate.as_dict()})
    return curves


def _gains(y: Floats, given: Answers, thresholds: Floats) -> tuple[Floats, Floats]:
    """Return each request's part in the net benefit at k thresholds, shape (n, k), and their odds.

    Right accepts count one, wrong ones the odds; a judge that states no chances accepts as it does.
    """
    odds = thresholds / (1 - thresholds)
    stated = not np.isnan(given.probability).any()
    accepted = given.probability[:, None] >= thresholds if stated else given.action[:, None] > 0
    return accepted * (y[:, None] - (1 - y[:, None]) * odds), odds
