"""In which order old invitations are asked about: first those of which a label would teach most."""

import numpy as np
import pandas as pd

from netkit.history import History
from netkit.model import FactEncoder
from netkit.row_counts import Floats
from netkit.sitting.opinions import Judges
from netkit.triage import rules_score

_OLD = ("aged", "gone")
# Beyond so many nobody labels in one sitting; the rest follows by what each alone would teach.
_ORDERED = 200


def unlabelled(history: History, judges: Judges) -> list[str]:
    """Return the aged and gone requests of which nobody said what was done, the most telling first."""
    table = history.table
    rows = table[table["state"].isin(_OLD)].reset_index(drop=True)
    if rows.empty:
        return []
    facts = history.facts_of(rows["request"])
    known = [name for name in facts if name == "request" or name in judges.vocabulary]
    design, covariance, chance = _what_is_known(judges, facts[known])
    order = informative_order(design, covariance, chance)
    return [str(rows["request"][place]) for place in order]


def _what_is_known(judges: Judges, facts: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Return the rows that coefficients multiply, how uncertain these are, and the chances."""
    model = judges.model
    if model is None:  # nothing is learned yet: every effect is as uncertain as any other
        ones = FactEncoder(judges.vocabulary).fit_transform(facts)
        design = np.column_stack([np.ones(len(facts)), ones])
        return design, np.eye(design.shape[1]), np.full(len(facts), 0.5)
    score = rules_score(judges.policy, facts)
    design = model.rows(model.encoder.levels(facts), score.to_numpy(dtype=np.float64))
    chance = model.judge(facts, score)["probability"].to_numpy(dtype=np.float64)
    return design, model.covariance, chance


def informative_order(design: Floats, covariance: Floats, chance: Floats) -> list[int]:
    """Order requests so that each label teaches a logistic model most, beside those before it.

    What a label teaches is how much it shrinks the volume of what the coefficients may be
    (D-optimality). That depends on the request and not on which label it gets, so that the order
    can be made beforehand.

    Examples
    --------
    >>> design = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> informative_order(design, np.eye(2), np.full(3, 0.5))
    [2, 0, 1]
    """
    weight = chance * (1 - chance)
    spread = design @ covariance
    variance = np.einsum("ij,ij->i", spread, design)
    left = np.ones(len(design), dtype=bool)
    order: list[int] = []
    for _ in range(min(len(design), _ORDERED)):
        place = int(np.argmax(np.where(left, weight * variance, -1.0)))
        order.append(place)
        left[place] = False
        # One more label there: what it tells of every other request, by Sherman and Morrison.
        told = spread @ design[place]
        share = weight[place] / (1 + weight[place] * variance[place])
        spread = spread - np.outer(told, spread[place]) * share
        variance = variance - share * told**2
    rest = np.flatnonzero(left)
    return [*order, *rest[np.argsort(-(weight * variance)[rest], kind="stable")].tolist()]
