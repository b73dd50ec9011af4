"""Judges on the same later requests: who decides better, by how much, how sure, and where they part."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from netkit.comparison.backtest import Backtest
from netkit.comparison.labelled_history import AnyHistory, Labelled, observed_vocabulary
from netkit.comparison.learners import Challenger, Design, Judge, Model, Rules, action_meaning, default_judges
from netkit.comparison.milestone_verdict import MilestoneVerdict, Sides, Terms, paired
from netkit.comparison.noting import Noting
from netkit.comparison.report import Comparison, WeakAnswer, learning_curve, score_judges
from netkit.comparison.verdict import ANSWERS, weighted
from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.evaluation import Estimate, log_loss, paired_areas, wilson
from netkit.evaluation.calibration import Calibration
from netkit.evaluation.drift import Drift
from netkit.evaluation.resampling import Blocks, jackknife_mean
from netkit.evaluation.sample_size import HowManyMore
from netkit.facts import Kind, Vocabulary
from netkit.history.sample_check import MoreDecisions
from netkit.model.alignment import unlabelled_note
from netkit.policy import Policy
from netkit.tables import LabelledTable, as_facts, require_times

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

__all__ = ["Comparison", "Labelled", "compare", "compare_judges", "milestone_verdict", "observed_vocabulary"]

_COLUMNS = ["pattern", "rule", "rules_say", "model_says", "n", "accepted", "share", "low", "high",
            "like_the_model", "suggestion", "requests"]  # fmt: skip
_DONE = {"accept": "accepts", "ask": "asks or leaves open", "refuse": "refuses"}


def _group_disagreements(
    answers: pd.DataFrame,
    levels: pd.DataFrame,
    contributions: Sequence[Mapping[str, float]],
    *,
    costs: Costs | None = None,
    near: float = 0.5,
    least: int = 5,
) -> pd.DataFrame:
    """Group the requests on which rules and model differ by what moves the model there.

    Of the facts that push a request's log-odds the way the model leaves the rules, those count that
    push nearly as hard as the hardest. Among requests with the same rule and answers, the fact and
    level that most of them share names the first group, and so on with the rest.

    Examples
    --------
    >>> answers = pd.DataFrame({"request": list("abcdef"), "label": 0, "rules": 1, "model": -1,
    ...                         "rule": "wrote-something"})
    >>> levels = pd.DataFrame({"note_kind": ["default"] * 6})
    >>> found = _group_disagreements(answers, levels, [{"note_kind": -2.0}] * 6)
    >>> found.loc[0, "pattern"], int(found.loc[0, "n"])
    ('note_kind: default', 6)
    """
    costs = costs or Costs()
    frame = pd.DataFrame(
        {
            "rule": answers["rule"].fillna("").astype("str").to_numpy(),
            "rules_say": answers["rules"].map(ANSWERS).to_numpy(),
            "model_says": answers["model"].map(ANSWERS).to_numpy(),
            "label": answers["label"].to_numpy(),
            "request": answers["request"].astype("str").to_numpy(),
        }
    )
    ways = np.sign(answers["model"] - answers["rules"]).tolist()
    words = [{str(fact): level for fact, level in row.items()} for row in levels.to_dict("records")]
    pushes = [_pushes(*one, near) for one in zip(words, contributions, ways, strict=True)]
    frame["pattern"] = _patterns(frame, pushes)
    keys = ["pattern", "rule", "rules_say", "model_says"]
    rows = [
        _row(dict(zip(keys, map(str, key), strict=True)), group, costs, least)
        for key, group in frame.groupby(keys, sort=False)
    ]
    found = pd.DataFrame(rows, columns=_COLUMNS)
    return found.sort_values(["n", "pattern"], ascending=[False, True], ignore_index=True)


def _pushes(row: Mapping[str, Any], parts: Mapping[str, float], way: float, near: float) -> set[str]:
    """Return the facts, with their levels, that push a request towards the model's answer."""
    pushing = {fact: part * way for fact, part in parts.items() if fact in row and part * way > 0}
    least = near * max(pushing.values(), default=0.0)
    return {f"{fact}: {row[fact]}" for fact, push in pushing.items() if push >= least}


def _patterns(frame: pd.DataFrame, pushes: list[set[str]]) -> list[str]:
    """Name each request's group: the commonest shared push first, each request once."""
    named = ["no single fact"] * len(pushes)
    for places in frame.groupby(["rule", "rules_say", "model_says"], sort=False).indices.values():
        left = {int(place) for place in places}
        while counts := Counter(push for place in left for push in pushes[place]):
            commonest = min(counts, key=lambda push: (-counts[push], push))
            taken = {place for place in left if commonest in pushes[place]}
            for place in taken:
                named[place] = commonest
            left -= taken
    return named


def _row(key: dict[str, str], group: pd.DataFrame, costs: Costs, least: int) -> tuple[Any, ...]:
    n, accepted = len(group), int(group["label"].sum())
    rate = wilson(accepted, n)
    like = {"accept": accepted, "refuse": n - accepted, "ask": 0}[key["model_says"]]
    suggestion = _suggestion(key, rate, costs) if n >= least else ""
    requests = tuple(group["request"])
    return (*key.values(), n, accepted, rate.value, rate.low, rate.high, like, suggestion, requests)


def _suggestion(key: dict[str, str], rate: Estimate, costs: Costs) -> str:
    """Name the rule to look at where what was done speaks against it beyond chance."""
    low, high = costs.thresholds()
    against = {
        "accept": rate.high < high,
        "refuse": rate.low > low,
        "ask": rate.high < low or rate.low > high,
    }[key["rules_say"]]
    if not against:
        return ""
    rule = f"Rule {key['rule']!r}" if key["rule"] else "Your policy"
    should = ANSWERS[int(costs.decide(np.array(rate.value)))]
    done = f"you accepted {round(rate.value * rate.n)} of {rate.n}"
    return (
        f"{rule} {_DONE[key['rules_say']]} where {key['pattern']}; {done}: look whether it should "
        f"{should} there."
    )


def compare_judges(
    facts: pd.DataFrame | LabelledTable,
    labels: pd.Series | None = None,
    times: pd.Series | None = None,
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
    facts : DataFrame, n rows, or LabelledTable
        A facts frame: `request` and one column a fact; or a table as `netkit.read_labelled` returns it,
        which brings labels, times, people and declared facts of its own.
    labels : Series of 0 and 1, length n
        What was done; missing where nothing was decided. As all that follows by its index the request,
        or the row of the facts, or in their order.
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

    Raises
    ------
    ModelError
        A label, a time or a name of a request is missing or stands twice, the parts do not belong
        together, or (NotEnoughError) there is no label.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=200, tz="UTC"))
    >>> facts = pd.DataFrame({"request": [f"r{i}" for i in range(200)], "sells": ["yes", "no"] * 100})
    >>> compare_judges(facts, pd.Series([0, 1] * 100), days).verdict
    'model'
    """
    if isinstance(facts, LabelledTable):
        people = facts.people if people is None else people
        labels, times, declared, facts = facts.labels, require_times(facts), facts.vocabulary, facts.facts
    if labels is None or times is None:
        raise ModelError("Labels or times are missing. Give both, or a table that netkit.read_labelled read.")
    history = Labelled.given(facts, labels, times, known_at, people)
    stated = Costs.of(costs)
    if not judges:
        seen, declared = (history.facts, declared) if declared else as_facts(history.facts)
        history = replace(history, facts=seen)
        design = Design.of(history.facts, declared)
        judges = default_judges(design, None, stated, others={})
    present = [judge.name for judge in judges]
    pair = names or ("rules" if "rules" in present else "base_rate", "model")
    terms = Terms(pair, stated, margin, curve, origins, first)
    two = Sides([one for one in judges if one.name in pair])
    found = _conclude(history, judges, terms, lambda _: two)
    return replace(found, notes=unlabelled_note(len(labels) - len(history.labels)))


def compare(
    history: AnyHistory,
    policies: Policy | Sequence[Policy],
    costs: Costs | Mapping[str, float] | None = None,
    *,
    margin: float | None = None,
    weak_weight: float = 0.3,
    origins: int = 8,
    challengers: Mapping[str, "ClassifierMixin"] | None = None,
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
    declared = history.vocabulary
    office, *others = policies if isinstance(policies, Sequence) else [policies]
    stated = Costs.of(costs)
    past = Labelled.of(history, declared)
    own = past.only_strong()
    said = _ask_policy(office, own.facts, declared.kind)
    design = Design.of(own.model_facts, declared)
    judges = default_judges(
        design,
        action_meaning(said),
        stated,
        others={one.name: action_meaning(_ask_policy(one, own.facts, declared.kind)) for one in others},
    )
    judges += [Challenger(name, one, design, stated) for name, one in (challengers or {}).items()]
    terms = Terms(("rules", "model"), stated, margin, origins=origins)
    both = sides(office, declared, stated, past.blanked)
    then = _at_milestone(history)
    found = _conclude(own, judges, terms, both, getattr(history, "more", None), then)
    rules = said["rule"].set_axis(said["request"].astype("str"))
    restating = [name for name, fact in declared.items() if fact.restates and own.facts[name].notna().any()]
    bare = MilestoneVerdict.of(then.without(restating), both, terms, found.more) if restating else None
    return replace(
        found,
        restating=tuple(restating),
        without_restating=bare,
        drift=Drift.of(own.labels, own.times, rules.reindex(own.facts["request"].astype("str")).fillna("")),
        disagreements=_disagreements(design, found.backtest, rules, stated),
        weak=_weak_answer(past, office, terms, declared, weak_weight),
        notes=past.cautions(history),
    )


def milestone_verdict(history: AnyHistory, policy: Policy, costs: Costs | None = None) -> MilestoneVerdict:
    """Return the last verdict on a history, as `compare` gives it."""
    then, terms = _at_milestone(history), Terms(("rules", "model"), costs or Costs(), None)
    both = sides(policy, history.vocabulary, terms.costs, then.blanked)
    more = getattr(history, "more", None) or _more_decisions(then)
    return MilestoneVerdict.of(then, both, terms, more)


def _at_milestone(history: AnyHistory) -> Labelled:
    """Return what the verdict rests on: the scored requests as they stood at the last milestone."""
    past = Labelled.of(getattr(history, "at_milestone", history), history.vocabulary)
    return replace(past.only_strong(), blanked=past.blanked)


def sides(
    office: Policy, declared: Vocabulary, costs: Costs, blanked: Collection[str]
) -> Callable[[Labelled], Sides]:
    """Return what asks the policy in office, and the model that begins as it, on a history's facts."""
    kind = declared.kind
    lost = [n for n in blanked if not isinstance(office, Policy) or n in office.decider(kind).grid.fields]
    # What nobody can be asked may be assumed; of the rest the rules are to have been told.
    asking = office
    if isinstance(office, Policy):
        kept = {
            n: one for n, one in office.assume[kind].items() if n in declared.filled_in("derived", "ledger")
        }
        asking = replace(office, assume={**office.assume, kind: kept})

    def both(history: Labelled) -> Sides:
        meaning = action_meaning(_ask_policy(office, history.facts, kind))
        had = _ask_policy(asking, history.facts, kind)["action"].notna().reset_index(drop=True)
        model = Model(Design.of(history.model_facts, declared), costs, meaning)
        return Sides([Rules(meaning), model], had, tuple(lost))

    return both


def _disagreements(design: Design, answered: Backtest, rules: pd.Series, costs: Costs) -> pd.DataFrame:
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
    return _group_disagreements(answers, design.levels.iloc[places], told, costs=costs)


def _conclude(
    history: Labelled,
    judges: Sequence[Judge],
    terms: Terms,
    both: Callable[[Labelled], Sides],
    more: MoreDecisions | None = None,
    then: Labelled | None = None,
) -> Comparison:
    """Put the figures together; everything is scored on strong labels only."""
    names, costs, noting = terms.names, terms.costs, Noting.of(history)
    more = more or _more_decisions(history)
    cut = history.origins(first=terms.first, origins=terms.origins)
    backtest = Backtest.run(history, judges, cut, learning=noting.learning)
    blocks = Blocks.weekly(backtest.times)
    y, answers = backtest.labels, backtest.answers
    refused = int((1 - history.labels).sum())
    pairs = {
        name: paired(backtest, replace(terms, names=(names[0], name)), noting)
        for name in answers
        if name != names[0]
    }
    days = [str(day.date()) for day in (history.times.min(), history.times.max())]
    return Comparison(
        labels=len(history.labels),
        accepted=len(history.labels) - refused,
        days=(days[0], days[1]),
        costs=costs,
        backtest=backtest,
        blocks=blocks,
        score_list=score_judges(backtest, blocks, costs),
        pair=pairs.pop(names[1]),
        pairs=pairs,
        over_base_rate=_over_base_rate(backtest, blocks, names[1], noting),
        ranking=paired_areas(y, *(answers[n].score for n in names)) if 0 < y.sum() < len(y) else None,
        calibrations=_calibrations(backtest, blocks),
        sample=HowManyMore.of(len(history.labels), refused, _parameters(judges, names[1], history)),
        more=more,
        at_milestone=MilestoneVerdict.of(then or history, both, terms, more),
        noting=noting,
        curve=learning_curve(history, judges, costs) if terms.curve else [],
    )


def _more_decisions(history: Labelled) -> MoreDecisions:
    """Count the decisions in the order in which they were recorded."""
    return MoreDecisions(tuple(history.labels[history.order].tolist()))


def _parameters(judges: Sequence[Judge], challenger: str, history: Labelled) -> int:
    """Return how many numbers the challenger learns; a judge that does not say learns one."""
    counts = [getattr(judge, "parameters", None) for judge in judges if judge.name == challenger]
    return max((int(count(history.facts)) for count in counts if count), default=1)


def _calibrations(backtest: Backtest, blocks: Blocks) -> dict[str, Calibration]:
    """Compare with what happened the probabilities of every judge that states some."""
    return {
        name: Calibration.of(backtest.labels, given.probability, blocks=blocks)
        for name, given in backtest.answers.items()
        if len(backtest.labels) and not np.isnan(given.probability).any()
    }


def _over_base_rate(backtest: Backtest, blocks: Blocks, name: str, noting: Noting) -> Estimate:
    """Return the log loss that a judge saves per request beside the share accepted so far."""
    base, other = (backtest.answers[one].probability for one in ("base_rate", name))
    if not len(base) or np.isnan(other).any():
        return Estimate(float("nan"), n=len(base))
    y = backtest.labels
    saved, _ = weighted(log_loss(y, base) - log_loss(y, other), noting.weights(backtest.places))
    return jackknife_mean(saved, blocks)


def _ask_policy(policy: Policy, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Ask a policy, showing it the facts that it declares."""
    declared = policy.vocabularies[kind]
    known = [name for name in facts if name == "request" or name in declared]
    return policy.lasting.judge(facts[known], kind, exact=True)


def _weak_answer(
    past: Labelled, office: Policy, terms: Terms, declared: Vocabulary, weight: float
) -> WeakAnswer | None:
    """Compare twice more on what the export alone knows: without the weak labels, and with them.

    Nobody noted facts with a weak label: a model that saw the noted facts of the others would learn
    that "unknown" means refused. The same requests are scored, and the rules answer as they do.
    """
    certain = past.scored if past.certain is None else past.certain
    cut = past.origins(first=terms.first, origins=terms.origins)
    if certain.all() or not cut:
        return None
    poor, kind = past.without_noted(declared), declared.kind
    said = action_meaning(_ask_policy(office, past.facts, kind))
    poorer = action_meaning(_ask_policy(office, poor.facts, kind))
    two: list[Judge] = [Rules(said), Model(Design.of(poor.model_facts, declared), terms.costs, poorer)]
    pairs = []
    for share in (0.0, weight):
        weights = np.where(certain, 1.0, share)
        answered = Backtest.run(poor, two, cut, weights=weights)
        pairs.append(paired(answered, terms, Noting.of(poor)))
    return WeakAnswer(int((~certain).sum()), weight, *pairs)
