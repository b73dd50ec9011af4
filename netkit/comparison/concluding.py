"""From answers to figures: everything that a comparison states, put together once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netkit.comparison.conclusion import Comparison
from netkit.comparison.judges import Judge
from netkit.comparison.labelled import Labelled
from netkit.comparison.learning_curve import learning_curve
from netkit.comparison.rehearsal import Rehearsal
from netkit.comparison.scores import score_judges
from netkit.comparison.verdict import PairedComparison, compare_pair
from netkit.costs import Costs
from netkit.evaluation import Estimate, log_loss, paired_areas
from netkit.evaluation.calibration import Calibration, calibrate
from netkit.evaluation.resampling import Blocks, mean_with_interval, time_blocks
from netkit.evaluation.sample_size import how_many_more


@dataclass(frozen=True)
class Terms:
    """What is fixed before any answer is looked at."""

    names: tuple[str, str]
    costs: Costs
    margin: float | None
    curve: bool = True


def conclude(
    history: Labelled, rehearsal: Rehearsal, judges: Sequence[Judge], terms: Terms
) -> Comparison:
    """Put the figures together; everything is scored on strong labels only.

    Parameters
    ----------
    history : Labelled
        The labelled history.
    rehearsal : Rehearsal
        The judges' answers to the later requests.
    judges : sequence of Judge
        The judges, for the learning curve.
    terms : Terms
        What was fixed beforehand.

    Returns
    -------
    Comparison
        All figures that need no policy and no weak labels.
    """
    strong, names, costs = history.only_strong(), terms.names, terms.costs
    blocks = time_blocks(rehearsal.times)
    y, answers = rehearsal.labels, rehearsal.answers
    refused = int((1 - strong.labels).sum())
    pairs = {name: pair_up(rehearsal, blocks, name, terms) for name in answers if name != names[0]}
    both = 0 < y.sum() < len(y)
    days = [str(day.date()) for day in (strong.times.min(), strong.times.max())]
    return Comparison(
        labels=len(strong.labels),
        accepted=len(strong.labels) - refused,
        days=(days[0], days[1]),
        costs=costs,
        rehearsal=rehearsal,
        blocks=blocks,
        score_list=score_judges(rehearsal, blocks, costs),
        pair=pairs.pop(names[1]),
        pairs=pairs,
        over_base_rate=_over_base_rate(rehearsal, blocks, names[1]),
        ranking=paired_areas(y, *(answers[name].score for name in names)) if both else None,
        calibrations=_calibrations(rehearsal, blocks),
        sample=how_many_more(len(strong.labels), refused, _parameters(judges, names[1], strong)),
        curve=learning_curve(
            strong.facts,
            strong.labels,
            strong.times,
            judges,
            known_at=strong.known_at,
            people=strong.people,
            costs=costs,
        )
        if terms.curve
        else [],
    )


def pair_up(rehearsal: Rehearsal, blocks: Blocks, second: str, terms: Terms) -> PairedComparison:
    """Compare the judge in office with another one.

    Parameters
    ----------
    rehearsal : Rehearsal
        The answers of both.
    blocks : Blocks
        The weeks of the later requests.
    second : str
        The other judge.
    terms : Terms
        What was fixed beforehand.

    Returns
    -------
    PairedComparison
        The comparison.
    """
    names = (terms.names[0], second)
    first, challenger = (rehearsal.answers[name].action for name in names)
    return compare_pair(
        rehearsal.labels,
        first,
        challenger,
        blocks,
        names=names,
        costs=terms.costs,
        margin=terms.margin,
    )


def _parameters(judges: Sequence[Judge], challenger: str, history: Labelled) -> int:
    """Return how many numbers the challenger learns; a judge that does not say learns one."""
    counts = [getattr(judge, "parameters", None) for judge in judges if judge.name == challenger]
    return max((int(count(history.facts)) for count in counts if count), default=1)


def _calibrations(rehearsal: Rehearsal, blocks: Blocks) -> dict[str, Calibration]:
    """Compare with what happened the probabilities of every judge that states some."""
    return {
        name: calibrate(rehearsal.labels, given.probability, blocks=blocks)
        for name, given in rehearsal.answers.items()
        if len(rehearsal.labels) and not np.isnan(given.probability).any()
    }


def _over_base_rate(rehearsal: Rehearsal, blocks: Blocks, name: str) -> Estimate:
    """Return the log loss that a judge saves per request beside the share accepted so far."""
    base, other = (rehearsal.answers[one].probability for one in ("base_rate", name))
    if not len(base) or np.isnan(other).any():
        return Estimate(float("nan"), n=len(base))
    y = rehearsal.labels
    return mean_with_interval(log_loss(y, base) - log_loss(y, other), blocks)
