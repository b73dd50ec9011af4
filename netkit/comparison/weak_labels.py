"""What the weak labels change: the same comparison without them and with them, on facts known of all."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from netkit.comparison.concluding import Terms, pair_up
from netkit.comparison.conclusion import WeakAnswer
from netkit.comparison.design import Design
from netkit.comparison.judges import Judge, Model, Rules, action_meaning
from netkit.comparison.labelled import Labelled, without_noted
from netkit.comparison.rehearsal import rehearse
from netkit.evaluation.resampling import time_blocks
from netkit.evaluation.rolling import Origin
from netkit.facts import Kind, Vocabulary


class Policy(Protocol):
    """What a comparison needs of a policy."""

    @property
    def name(self) -> str:
        """What the policy is called in tables."""

    def judge(self, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
        """Answer requests in the judges' table."""


def ask_policy(policy: Policy, facts: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Ask a policy, showing it the facts that it declares.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : DataFrame, n rows
        A facts frame.
    kind : str
        The kind of request.

    Returns
    -------
    DataFrame, n rows
        The judges' table.
    """
    declared = getattr(policy, "vocabularies", {}).get(kind)
    known = [name for name in facts if declared is None or name == "request" or name in declared]
    return policy.judge(facts[known], kind)


def weak_answer(
    past: Labelled,
    office: Policy,
    terms: Terms,
    cut: Sequence[Origin],
    declared: Vocabulary,
    weight: float,
) -> WeakAnswer | None:
    """Compare twice more on what the export alone knows: without the weak labels, and with them.

    Nobody noted facts with a weak label: a model that saw the noted facts of the others would learn
    that "unknown" means refused. The same requests are scored, and the rules answer as they do.

    Parameters
    ----------
    past : Labelled
        The labelled history.
    office : Policy
        The policy in office.
    terms : Terms
        What was fixed beforehand.
    cut : sequence of Origin
        The rolling origins.
    declared : Vocabulary
        The declared facts.
    weight : float
        How much a weak label counts beside a certain one.

    Returns
    -------
    WeakAnswer or None
        None where there are no weak labels, or nothing can be judged.
    """
    certain = past.scored if past.certain is None else past.certain
    if certain.all() or not cut:
        return None
    facts, kind = without_noted(past.facts, declared), declared.kind
    said = action_meaning(ask_policy(office, past.facts, kind))
    poorer = action_meaning(ask_policy(office, facts, kind))
    two: list[Judge] = [Rules(said), Model(Design.of(facts, declared), terms.costs, poorer)]
    pairs = []
    for share in (0.0, weight):
        weights = np.where(certain, 1.0, share)
        answered = rehearse(facts, past.labels, past.times, two, cut, weights=weights)
        pairs.append(pair_up(answered, time_blocks(answered.times), terms.names[1], terms))
    return WeakAnswer(int((~certain).sum()), weight, *pairs)
