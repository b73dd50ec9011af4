"""Which requests come first, and when an old one counts as answered."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.history import History
from netkit.lab.opinions import Bench
from netkit.ledger.database import read_moment
from netkit.model import FactEncoder
from netkit.triage import rules_score

_Floats = NDArray[np.float64]
_OLD = ("aged", "gone")
# Beyond so many nobody labels in one sitting; the rest follows by what each alone would teach.
_ORDERED = 200


def waiting(history: History) -> list[str]:
    """Return the requests that wait: those never looked at first, the oldest first, then those put off."""
    rows = history.open().assign(touched=lambda table: table["action"].notna())
    ordered = rows.sort_values(["touched", "sent_at"], kind="stable")
    return [str(request) for request in ordered["request"]]


def unlabelled(history: History, bench: Bench) -> list[str]:
    """Return the aged and gone requests of which nobody said what was done, the most telling first."""
    table = history.table
    rows = table[table["state"].isin(_OLD)].reset_index(drop=True)
    if rows.empty:
        return []
    facts = history.facts_of(rows["request"])
    known = [name for name in facts if name == "request" or name in bench.vocabulary]
    design, covariance, chance = _what_is_known(bench, facts[known])
    order = _informative_order(design, covariance, chance)
    return [str(rows["request"][place]) for place in order]


def _what_is_known(bench: Bench, facts: pd.DataFrame) -> tuple[_Floats, _Floats, _Floats]:
    """Return the rows that coefficients multiply, how uncertain these are, and the chances."""
    model = bench.model
    if model is None:  # nothing is learned yet: every effect is as uncertain as any other
        ones = FactEncoder(bench.vocabulary).fit_transform(facts)
        design = np.column_stack([np.ones(len(facts)), ones])
        return design, np.eye(design.shape[1]), np.full(len(facts), 0.5)
    score = rules_score(bench.policy, facts)
    design = model.rows(model.encoder.levels(facts), score.to_numpy(dtype=np.float64))
    chance = model.judge(facts, score)["probability"].to_numpy(dtype=np.float64)
    return design, model.covariance, chance


def _informative_order(design: _Floats, covariance: _Floats, chance: _Floats) -> list[int]:
    """Order requests so that each label teaches a logistic model most, beside those before it.

    What a label teaches is how much it shrinks the volume of what the coefficients may be
    (D-optimality). That depends on the request and not on which label it gets, so that the order
    can be made beforehand.

    Examples
    --------
    >>> design = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> _informative_order(design, np.eye(2), np.full(3, 0.5))
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


def past_moments(history: History, requests: list[str], notes: pd.DataFrame) -> dict[str, str]:
    """Return the moment that stands for the answer to each old invitation.

    Nobody remembers the day. It is taken to be the day on which the invitation had become older than
    19 of 20 of your acceptances took, at the latest the day of your newest export; where you had
    noted something later, it is that moment. What you note now is dated alike: it is what you knew.
    """
    sent = history.table.set_index("request").loc[requests, "sent_at"]
    newest = pd.Timestamp(read_moment(history.as_of)) if history.as_of else sent.max()
    delay = pd.Timedelta(days=0 if np.isnan(history.delay_p95_days) else history.delay_p95_days)
    answered = (sent + delay).clip(upper=max(newest, sent.max()))
    if np.isnan(history.delay_p95_days):
        answered = answered.where(answered > newest, newest)
    noted = notes.groupby("request")["at"].max().reindex(requests)
    answered = answered.where(~(noted > answered), noted)
    return {str(request): read_moment(moment) for request, moment in answered.items()}
