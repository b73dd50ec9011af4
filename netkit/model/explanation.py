"""Why one request is judged as it is, and what would change the answer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from netkit.facts import UNKNOWN
from netkit.model.judging import Judging
from netkit.model.row_counts import Counted
from netkit.model.wording import ACTIONS, WORTH_SAYING, part_in_words, plain, signed


@dataclass(frozen=True)
class Change:
    """One fact that, were it otherwise, would change the answer.

    Attributes
    ----------
    fact, level, instead : str
        The fact, the level it has now, and the level it would have.
    action : str
        The answer then.
    probability : float
        The probability then.
    """

    fact: str
    level: str
    instead: str
    action: str
    probability: float


@dataclass(frozen=True)
class Explanation:
    """Why one request is judged as it is.

    Attributes
    ----------
    request, action : str
        The request, and the answer from what is known.
    probability, low, high : float
        The probability of accepting and its 95 % interval.
    parts : dict of str to float
        Contributions in log-odds; they add up to the probability's log-odds exactly.
    words : tuple of str
        The parts in words, the strongest first, those of no weight left out.
    changes : tuple of Change
        What would change the answer: unknown facts first, then the smallest change.
    seen, seen_accepted : float, optional
        How often the history holds this very combination of facts, and how often it was accepted
        (weighted); missing where the history is not at hand.
    """

    request: str
    action: str
    probability: float
    low: float
    high: float
    parts: dict[str, float]
    words: tuple[str, ...]
    changes: tuple[Change, ...]
    seen: float | None = None
    seen_accepted: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation for JSON.

        Returns
        -------
        dict
            All of it.
        """
        return asdict(self)

    def text(self) -> str:
        """Return the explanation as plain text.

        Returns
        -------
        str
            A few lines.
        """
        chance, low, high = (round(100 * p) for p in (self.probability, self.low, self.high))
        lines = [
            f"{self.request}: {plain(self.action)} ({chance} of 100, {low} to {high})",
            *self.words,
        ]
        if self.seen:
            lines.append(f"seen {self.seen:g} times before, accepted {self.seen_accepted:g} times")
        lines += [
            f"were {plain(one.fact)} {plain(one.instead)} instead of {plain(one.level)}: "
            f"{plain(one.action)} ({round(100 * one.probability)} of 100)"
            for one in self.changes[:3]
        ]
        return "\n".join(lines)


def explain(
    judging: Judging,
    request: str,
    levels: Mapping[str, str],
    score: float,
    counted: Counted | None = None,
) -> Explanation:
    """Explain one request.

    Parameters
    ----------
    judging : Judging
        The model and the costs.
    request : str
        The request's key.
    levels : mapping of str to str
        Its facts as levels.
    score : float
        The rules' score.
    counted : Counted, optional
        The history.

    Returns
    -------
    Explanation
        Why, and what would change it.
    """
    one = pd.DataFrame([dict(levels)])
    error = float(judging.scoring.log_odds(one, np.array([score]))[1][0])
    answer = judging.answer(levels, score, score == 0, error)
    parts = answer["contributions"]
    weighty = (part for part in parts if abs(parts[part]) >= WORTH_SAYING)
    said = sorted(weighty, key=lambda part: -abs(parts[part]))
    seen = None if counted is None else _seen(counted, levels)
    return Explanation(
        request,
        answer["action"],
        answer["probability"],
        answer["low"],
        answer["high"],
        parts,
        tuple(f"{signed(parts[part])} {part_in_words(part, levels)}" for part in said),
        tuple(changes(judging, levels, score)),
        *(seen or (None, None)),
    )


def changes(judging: Judging, levels: Mapping[str, str], score: float) -> list[Change]:
    """Return the single facts that, were they otherwise, would change the answer.

    Parameters
    ----------
    judging : Judging
        The model and the costs.
    levels : mapping of str to str
        The facts as levels.
    score : float
        The rules' score, held as it is.

    Returns
    -------
    list of Change
        Unknown facts first, the least effort first; then known ones, the smallest change first.
    """
    scoring, actions = judging.scoring, ACTIONS[judging.scoring.kind]
    odds = float(sum(scoring.parts(levels, score).values()))
    here = int(judging.costs.decide(expit(np.array([odds])))[0])
    found: list[tuple[tuple[bool, float], Change]] = []
    for fact, level in levels.items():
        declared = scoring.encoder.vocabulary[fact]
        for other in declared.levels or scoring.encoder.counts.get(fact, {}):
            move = scoring.contribution(fact, other) - scoring.contribution(fact, level)
            there = int(judging.costs.decide(expit(np.array([odds + move])))[0])
            if other in (level, UNKNOWN) or there == here:
                continue
            known = level != UNKNOWN
            chance = float(expit(odds + move))
            change = Change(fact, level, other, actions[there + 1], chance)
            found.append(((known, abs(move) if known else declared.effort), change))
    return [change for _, change in sorted(found, key=lambda pair: pair[0])]


def _seen(counted: Counted, levels: Mapping[str, str]) -> tuple[float, float]:
    same = np.ones(len(counted.levels), dtype=bool)
    for fact in counted.levels.columns:
        same &= counted.levels[fact].to_numpy() == levels.get(fact, UNKNOWN)
    return float(counted.total[same].sum()), float(counted.ones[same].sum())
