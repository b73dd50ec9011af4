"""What each further label was worth: the same last requests, judged after ever longer pasts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.comparison.judges import Judge
from netkit.comparison.rehearsal import rehearse
from netkit.comparison.scores import mean_loss
from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.evaluation import decision_cost, log_loss
from netkit.evaluation.bounded import bounded_means
from netkit.evaluation.resampling import Blocks, time_blocks
from netkit.evaluation.rolling import Origin, rolling_origins

Floats = NDArray[np.float64]
LEARNERS = ("rules", "recalibrated_rules", "model", "base_rate")


def learning_curve(
    facts: pd.DataFrame,
    labels: Floats,
    times: pd.Series,
    judges: Sequence[Judge],
    *,
    known_at: pd.Series | None = None,
    people: pd.Series | None = None,
    costs: Costs | None = None,
    smallest: int = 25,
) -> list[dict[str, Any]]:
    """Judge the last requests after pasts of 25, 50, 100 ... labels, the nearest ones each time.

    Parameters
    ----------
    facts : DataFrame, n rows
        A facts frame with `request`.
    labels : ndarray of 0 and 1, shape (n,)
        What was done.
    times : Series of datetime, length n
        When each request came.
    judges : sequence of Judge
        The judges; those named in `LEARNERS` are shown.
    known_at, people : Series, length n, optional
        As in `rolling_origins`.
    costs : Costs, optional
        The three costs.
    smallest : int
        The first size; each further one is twice as large.

    Returns
    -------
    list of dict
        `labels`, `judge`, `cost_per_100` and `log_loss` (None where none is stated), each an
        estimate with interval and n; empty where the history is too short for a curve.
    """
    if len(labels) < 2 * smallest:
        return []
    try:
        whole = rolling_origins(
            times, known_at=known_at, people=people, first=0.7, least=smallest, origins=1
        )[0]
    except ModelError:  # all of one moment
        return []
    if len(whole.past) < smallest:
        return []
    sizes = [smallest * 2**step for step in range(12) if smallest * 2**step < len(whole.past)]
    pasts = [
        Origin(whole.at, whole.past[-size:], whole.later) for size in [*sizes, len(whole.past)]
    ]
    shown = [judge for judge in judges if judge.name in LEARNERS]
    blocks = time_blocks(times.iloc[whole.later].reset_index(drop=True))
    costs = costs or Costs()
    most = 100 * costs.dearest
    rows = []
    for origin in pasts:
        answered = rehearse(facts, labels, times, shown, [origin])
        for name, given in answered.answers.items():
            cost = 100 * decision_cost(answered.labels, given.action, costs)
            rows.append(
                {
                    "labels": len(origin.past),
                    "judge": name,
                    "cost_per_100": bounded_means(cost[:, None], blocks, 0.0, most)[0].as_dict(),
                    "log_loss": _loss(answered.labels, given.probability, blocks),
                }
            )
    return rows


def _loss(labels: Floats, probability: Floats, blocks: Blocks) -> dict[str, Any] | None:
    if np.isnan(probability).any():
        return None
    return mean_loss(log_loss(labels, probability), blocks).as_dict()
