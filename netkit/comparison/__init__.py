"""Judges on the same later requests: who decides better, by how much, how sure, and where they part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin

from netkit.comparison.backtest import Backtest, run_backtest
from netkit.comparison.disagreement import group_disagreements
from netkit.comparison.labelled_history import (
    History,
    Labelled,
    cautions,
    labelled_history,
    observed_vocabulary,
)
from netkit.comparison.learners import Challenger, Design, Judge, action_meaning, default_judges
from netkit.comparison.report import Comparison, Policy, Terms, ask_policy, conclude, weak_answer
from netkit.costs import Costs
from netkit.evaluation.drift import measure_drift
from netkit.facts import Vocabulary

__all__ = ["Comparison", "Labelled", "compare", "compare_judges", "observed_vocabulary"]


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
    backtest = run_backtest(history.facts, history.labels, history.times, judges, cut)
    return conclude(history, backtest, judges, Terms(pair, stated, margin, curve))


def _know_nothing(facts: pd.DataFrame, declared: Vocabulary | None, costs: Costs) -> list[Judge]:
    """Return the judges of a history that no rules were written for."""
    design = Design.of(facts, declared or observed_vocabulary(facts))
    return default_judges(design, None, costs, others={})


def compare(
    history: History,
    policies: Policy | Sequence[Policy],
    costs: Costs | Mapping[str, float] | None = None,
    *,
    margin: float | None = None,
    weak_weight: float = 0.3,
    origins: int = 8,
    challengers: Mapping[str, ClassifierMixin] | None = None,
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
    challengers : mapping of str to classifier, optional
        Rivals by name: scikit-learn classifiers that learn from the columns that the model sees.

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
    said = ask_policy(office, past.facts, kind)
    design = Design.of(past.facts, declared)
    judges = default_judges(
        design,
        action_meaning(said),
        stated,
        others={one.name: action_meaning(ask_policy(one, past.facts, kind)) for one in others},
    )
    rivals = [Challenger(name, one, design, stated) for name, one in (challengers or {}).items()]
    terms = Terms(("rules", "model"), stated, margin)
    cut = past.origins(first=0.3, origins=origins)
    strong = past.scored.astype(np.float64)
    answered = run_backtest(
        past.facts, past.labels, past.times, [*judges, *rivals], cut, weights=strong
    )
    found = conclude(past, answered, [*judges, *rivals], terms)
    rules = said["rule"].set_axis(said["request"].astype("str"))
    own = past.only_strong()
    return replace(
        found,
        drift=measure_drift(own.labels, own.times, _looked_up(rules, own.facts)),
        disagreements=_disagreements(design, answered, rules, stated),
        weak=weak_answer(past, office, terms, cut, declared, weak_weight),
        notes=cautions(history, past),
    )


def _looked_up(values: pd.Series, facts: pd.DataFrame) -> pd.Series:
    found = values.reindex(facts["request"].astype("str")).fillna("")
    return found.reset_index(drop=True)


def _disagreements(
    design: Design, answered: Backtest, rules: pd.Series, costs: Costs
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
