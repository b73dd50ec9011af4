"""What each fact does to the odds: by the rules, by the data alone, and by both together."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from netkit.model.effect_wording import effect_in_words
from netkit.model.patterns import Counted
from netkit.model.scored_answers import AdditiveScore
from netkit.model.solvers import fit_firth, one_thread, profile_intervals
from netkit.row_counts import Floats

# Below this many labels for each number to learn a fit of all facts at once says nothing about any of them.
_LABELS_A_NUMBER = 5
# Rules that move the odds by less than a tenth say nothing of a fact.
_SILENT = 0.1
_TWO_SIDED_95 = 1.959963984540054


@one_thread
def effects_table(model: AdditiveScore, counted: Counted) -> pd.DataFrame:
    """Return the effect of every level of every fact that varies.

    The estimate and its interval are Firth's, from the data alone: they cover the truth whether the
    rules are right or not. The posterior, in which the rules speak too, is what predictions use.
    """
    design, columns = model.encoder.design(counted.levels), model.encoder.columns
    facts = [column.fact for column in columns]
    estimate, ends, joint = _from_data_alone(counted, design, facts)
    along = _answers_by_column(counted, design)
    # What the rules say is their answers recalibrated on their own; how far the fitted model
    # trusts them beside the facts is another matter, and only the posterior's.
    prior = _recalibrated_slope(counted) * along
    jumps = np.column_stack([np.zeros_like(along), along, np.eye(len(along))])
    error = np.sqrt(np.einsum("ij,jk,ik->i", jumps, model.covariance, jumps))
    posterior = model.coef + model.slope * along
    table = pd.DataFrame(
        {
            "fact": facts,
            "level": [column.level for column in columns],
            "compared_with": [model.encoder.reference[fact] for fact in facts],
            "n": [model.encoder.counts[column.fact][column.level] for column in columns],
            "prior_mean": prior,
            "estimate": estimate,
            "low": ends[:, 0],
            "high": ends[:, 1],
            "posterior": posterior,
            "posterior_low": posterior - _TWO_SIDED_95 * error,
            "posterior_high": posterior + _TWO_SIDED_95 * error,
            "odds_ratio": np.exp(estimate),
            "odds_low": np.exp(ends[:, 0]),
            "odds_high": np.exp(ends[:, 1]),
            "adjusted": joint,
            "contradicts": (counted.score is not None) & ((prior < ends[:, 0]) | (prior > ends[:, 1])),
        }
    ).astype(dict.fromkeys(("fact", "level", "compared_with"), "str"))
    table["words"] = pd.Series([_words(model, row) for row in table.to_dict(orient="records")], dtype="str")
    return table


def _words(model: AdditiveScore, row: Mapping[Hashable, Any]) -> str:
    said = effect_in_words(
        model.kind,
        row["fact"],
        row["level"],
        row["compared_with"],
        row["estimate"],
        (row["low"], row["high"]),
    )
    said = said if row["adjusted"] else f"{said}, taken alone"
    if not row["contradicts"]:
        return said
    return f"{said}; {_beside_the_rules(row['prior_mean'], row['estimate'])}"


def _beside_the_rules(prior: float, estimate: float) -> str:
    """Say how an effect lies to what the rules' answers amount to, where its interval leaves that out."""
    if abs(prior) < _SILENT:
        return "the rules are silent about it"
    if prior * estimate < 0:
        return "the data contradict the rules"
    return f"{'more' if abs(estimate) > abs(prior) else 'less'} than the rules make of it"


def _from_data_alone(counted: Counted, design: Floats, facts: list[str]) -> tuple[Floats, Floats, bool]:
    """Return Firth's estimates and profile intervals, and whether the facts were held fixed for each other.

    Where the labels are too few for all columns at once, each fact is taken alone. Columns that
    follow from others have no estimate.
    """
    joint = counted.rows.sum() >= _LABELS_A_NUMBER * (1 + design.shape[1])
    places = np.arange(design.shape[1])
    groups = [places] if joint else [places[np.array(facts) == fact] for fact in dict.fromkeys(facts)]
    estimate, ends = np.full(design.shape[1], np.nan), np.full((design.shape[1], 2), np.nan)
    for group in groups:
        spare = counted.patterns(design[:, group], scored=False).collinear_columns()
        kept = [place for at, place in enumerate(group) if at + 1 not in spare]
        if kept:
            patterns = counted.patterns(design[:, kept], scored=False)
            patterns = patterns if joint else patterns.merged()
            fit = fit_firth(patterns)
            estimate[kept] = fit.coef[1:]
            ends[kept] = profile_intervals(patterns, fit, columns=list(range(1, len(kept) + 1)))
    return estimate, ends, bool(joint)


def _answers_by_column(counted: Counted, design: Floats) -> Floats:
    """Return what the rules' score amounts to, column by column."""
    if counted.score is None or not design.shape[1]:
        return np.zeros(design.shape[1])
    return counted.patterns(design).rules_by_column()


def _recalibrated_slope(counted: Counted) -> float:
    """Return the log-odds that a unit of the rules' score is worth on its own."""
    if counted.score is None or not np.ptp(counted.score):
        return 0.0
    alone = counted.patterns(counted.score[:, None], scored=False).merged()
    return float(fit_firth(alone).coef[1])
