"""Judges on the same later requests: who decides better, by how much, how sure, and where they part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.calibration import Calibration, calibrate
from netkit.conclusion import Comparison
from netkit.costs import Costs
from netkit.design import Design
from netkit.disagreement import group_disagreements
from netkit.drift import measure_drift
from netkit.evaluation import Estimate, log_loss, paired_areas
from netkit.facts import Kind, Vocabulary
from netkit.judges import Judge, Model, Rules, action_meaning, usual_judges
from netkit.labelled import (
    History,
    Labelled,
    cautions,
    labelled_history,
    observed_vocabulary,
    without_noted,
)
from netkit.learning_curve import learning_curve
from netkit.rehearsal import Rehearsal, rehearse
from netkit.resampling import Blocks, mean_with_interval, time_blocks
from netkit.rolling import Origin
from netkit.sample_size import how_many_more
from netkit.scores import score_judges
from netkit.verdict import PairedComparison, compare_pair

__all__ = ["Comparison", "Labelled", "compare", "compare_judges", "observed_vocabulary"]

Floats = NDArray[np.float64]


class Policy(Protocol):
    """What a comparison needs of a policy."""

    @property
    def name(self) -> str:
        """What the policy is called in tables."""

    def judge(self, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
        """Answer requests in the judges' table."""


def compare_judges(
    facts: pd.DataFrame,
    labels: pd.Series,
    times: pd.Series,
    judges: Sequence[Judge] | None = None,
    *,
    declared: Vocabulary | None = None,
    known_at: pd.Series | None = None,
    people: pd.Series | None = None,
    names: tuple[str, str] | None = None,
    costs: Costs | Mapping[str, float] | None = None,
    margin: float | None = None,
    origins: int = 8,
    first: float = 0.3,
    curve: bool = True,
) -> Comparison:
    """Compare judges on any labelled facts in time order.

    Parameters
    ----------
    facts : DataFrame, n rows
        A facts frame: `request` and one column a fact.
    labels : Series of 0 and 1, length n
        What was done.
    times : Series of datetime, length n
        When each request came.
    judges : sequence of Judge, optional
        The judges; by default the model, the tally, and the three that know nothing.
    declared : Vocabulary, optional
        The declared facts; read off the columns by default.
    known_at, people : Series, length n, optional
        When each label became known, and who asked.
    names : tuple of str, optional
        The judge in office and the challenger; `rules` (else `base_rate`) and `model` by default.
    costs : Costs or mapping, optional
        The three costs; the shipped defaults otherwise.
    margin : float, optional
        The saving per 100 decisions that would be worth a change.
    origins, first : int, float
        How often the judges are refitted, and the share that is only learned from; one origin at
        0.7 is a plain split in time.
    curve : bool
        Whether to draw the learning curve, for which the judges are refitted several times more.

    Returns
    -------
    Comparison
        Scores, differences, verdict. With too few labels nothing is judged, and it says so.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=200, tz="UTC"))
    >>> facts = pd.DataFrame({"request": [f"r{i}" for i in range(200)], "sells": ["yes", "no"] * 100})
    >>> compare_judges(facts, pd.Series([0, 1] * 100), days).verdict
    'model'
    """
    history = Labelled(
        facts.reset_index(drop=True),
        labels.to_numpy(dtype=np.float64),
        times.reset_index(drop=True),
        None if known_at is None else known_at.reset_index(drop=True),
        None if people is None else people.reset_index(drop=True),
    )
    stated = Costs.of(costs)
    judges = list(judges or _know_nothing(history.facts, declared, stated))
    present = [judge.name for judge in judges]
    pair = names or ("rules" if "rules" in present else "base_rate", "model")
    cut = history.origins(first=first, origins=origins)
    rehearsal = rehearse(history.facts, history.labels, history.times, judges, cut)
    return _concluded(history, rehearsal, judges, Terms(pair, stated, margin, curve))


def _know_nothing(facts: pd.DataFrame, declared: Vocabulary | None, costs: Costs) -> list[Judge]:
    """Return the judges of a history that no rules were written for."""
    design = Design.of(facts, declared or observed_vocabulary(facts))
    return usual_judges(design, None, costs, others={})


@dataclass(frozen=True)
class Terms:
    """What is fixed before any answer is looked at."""

    names: tuple[str, str]
    costs: Costs
    margin: float | None
    curve: bool = True


def compare(
    history: History,
    policies: Policy | Sequence[Policy],
    costs: Costs | Mapping[str, float] | None = None,
    *,
    margin: float | None = None,
    weak_weight: float = 0.3,
    origins: int = 8,
) -> Comparison:
    """Compare policies and model on the later part of one's own history.

    Parameters
    ----------
    history : History
        The labelled history; only its strong labels are scored.
    policies : Policy or sequence of Policy
        The first is the one in office, and where the model begins.
    costs : Costs or mapping, optional
        What a wrong accept, a wrong decline and a question cost; the shipped defaults otherwise.
    margin : float, optional
        The saving per 100 decisions that would be worth a change, stated beforehand.
    weak_weight : float
        How much a weak label counts in the second answer, in which weak labels are learned from.
    origins : int
        How often all judges are refitted.

    Returns
    -------
    Comparison
        Scores, differences, verdict, and what speaks for caution.
    """
    declared: Vocabulary = history.vocabulary
    kind = declared.kind
    office, *others = policies if isinstance(policies, Sequence) else [policies]
    stated = Costs.of(costs)
    past = labelled_history(history, declared)
    said = _judged(office, past.facts, kind)
    design = Design.of(past.facts, declared)
    judges = usual_judges(
        design,
        action_meaning(said),
        stated,
        others={one.name: action_meaning(_judged(one, past.facts, kind)) for one in others},
    )
    terms = Terms(("rules", "model"), stated, margin)
    cut = past.origins(first=0.3, origins=origins)
    strong = past.scored.astype(np.float64)
    answered = rehearse(past.facts, past.labels, past.times, judges, cut, weights=strong)
    found = _concluded(past, answered, judges, terms)
    rules = said["rule"].set_axis(said["request"].astype("str"))
    own = past.only_strong()
    return replace(
        found,
        drift=measure_drift(own.labels, own.times, _looked_up(rules, own.facts)),
        disagreements=_disagreements(design, answered, rules, stated),
        with_weak=_with_weak(past, office, declared, terms, cut, weak_weight),
        notes=cautions(history, past),
    )


def _concluded(
    history: Labelled, rehearsal: Rehearsal, judges: Sequence[Judge], terms: Terms
) -> Comparison:
    """Put the figures together; everything is scored on strong labels only."""
    strong, names, costs = history.only_strong(), terms.names, terms.costs
    blocks = time_blocks(rehearsal.times)
    y, answers = rehearsal.labels, rehearsal.answers
    refused = int((1 - strong.labels).sum())
    pairs = {name: _pair(rehearsal, blocks, name, terms) for name in answers if name != names[0]}
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
        calibrations=_calibrations(rehearsal),
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


def _pair(rehearsal: Rehearsal, blocks: Blocks, second: str, terms: Terms) -> PairedComparison:
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


def _calibrations(rehearsal: Rehearsal) -> dict[str, Calibration]:
    """Compare with what happened the probabilities of every judge that states some."""
    return {
        name: calibrate(rehearsal.labels, given.probability)
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


def _judged(policy: Policy, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Ask a policy, showing it the facts that it declares."""
    declared = getattr(policy, "vocabularies", {}).get(kind)
    known = [name for name in facts if declared is None or name == "request" or name in declared]
    return policy.judge(facts[known], kind)


def _looked_up(values: pd.Series, facts: pd.DataFrame) -> pd.Series:
    found = values.reindex(facts["request"].astype("str")).fillna("")
    return found.reset_index(drop=True)


def _disagreements(
    design: Design, answered: Rehearsal, rules: pd.Series, costs: Costs
) -> pd.DataFrame:
    """Group the later requests on which rules and model differ."""
    one, two = answered.answers["rules"], answered.answers["model"]
    apart = np.flatnonzero(one.action != two.action)
    places = answered.places[apart]
    answers = pd.DataFrame(
        {
            "request": design.requests[places],
            "label": answered.labels[apart],
            "rules": one.action[apart],
            "model": two.action[apart],
            "rule": rules.reindex(design.requests[places]).fillna("").to_numpy(),
        }
    )
    told = two.explain(apart) if two.explain else [{} for _ in apart]
    return group_disagreements(answers, design.levels.iloc[places], told, costs=costs)


def _with_weak(
    past: Labelled,
    office: Policy,
    declared: Vocabulary,
    terms: Terms,
    cut: Sequence[Origin],
    weight: float,
) -> PairedComparison | None:
    """Compare once more, the weak labels learned from as well; the strong ones are scored.

    Nobody noted facts with a weak label, so this model sees only what the export knows of every
    request: otherwise it would learn that "unknown" means refused.
    """
    if past.scored.all() or not cut:
        return None
    facts = without_noted(past.facts, declared)
    kind = declared.kind
    said = action_meaning(_judged(office, past.facts, kind))
    poorer = action_meaning(_judged(office, facts, kind))
    two: list[Judge] = [Rules(said), Model(Design.of(facts, declared), terms.costs, poorer)]
    weights = np.where(past.scored, 1.0, weight)
    answered = rehearse(facts, past.labels, past.times, two, cut, weights=weights)
    return _pair(answered, time_blocks(answered.times), terms.names[1], terms)
