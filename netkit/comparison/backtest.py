"""All judges before the same later requests, each refitted at every origin on strictly earlier labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import Answers, Judge, Past
from netkit.evaluation.estimate import Floats
from netkit.evaluation.rolling import Origin, Places

_NO_ANSWER, _NO_NUMBER = np.empty(0, dtype=np.int8), np.empty(0)


@dataclass(frozen=True)
class Backtest:
    """The later requests in time order, and what each judge answered to them."""

    places: Places  # of the judged requests in the history
    labels: Floats
    times: pd.Series
    origin: Places  # from which each was judged
    origins: list[Origin]
    answers: dict[str, Answers]
    stands_for: Floats | None = None  # how many requests each was drawn for

    @classmethod
    def run(
        cls,
        history: Labelled,
        judges: Sequence[Judge],
        origins: Sequence[Origin],
        *,
        weights: Floats | None = None,
        learning: Callable[[Places], Floats] | None = None,
    ) -> "Backtest":
        """Let every judge answer the later requests of every origin; a weight of zero leaves a label out.

        `learning` weighs each past anew.
        """
        facts, labels = history.facts, history.labels
        weight = np.ones(len(labels)) if weights is None else weights
        pieces: dict[str, list[Answers]] = {judge.name: [] for judge in judges}
        for origin in origins:
            learned = origin.past[weight[origin.past] > 0]
            counts = weight[learned] if learning is None else weight[learned] * learning(learned)
            past = Past(facts.iloc[learned], labels[learned], counts)
            for judge in judges:
                pieces[judge.name].append(judge.answer(past, facts.iloc[origin.later]))
        places = np.concatenate([np.empty(0, dtype=np.intp), *(o.later for o in origins)])
        return cls(
            places,
            labels[places],
            history.times.iloc[places].reset_index(drop=True),
            np.repeat(np.arange(len(origins), dtype=np.intp), [len(o.later) for o in origins]),
            list(origins),
            {name: _joined(answers) for name, answers in pieces.items()},
            None if history.stands_for is None else history.stands_for.to_numpy(dtype=np.float64)[places],
        )


def _joined(pieces: list[Answers]) -> Answers:
    sizes = [len(piece.action) for piece in pieces]
    begins = np.concatenate([[0], np.cumsum(sizes)])

    def explain(some: Places) -> list[dict[str, float]]:
        told: dict[int, dict[str, float]] = {int(place): {} for place in some}
        for begin, end, piece in zip(begins[:-1], begins[1:], pieces, strict=True):
            inside = some[(some >= begin) & (some < end)]
            if piece.explain and len(inside):
                told |= zip(inside.tolist(), piece.explain(inside - begin), strict=True)
        return list(told.values())

    return Answers(
        np.concatenate([_NO_ANSWER, *(piece.action for piece in pieces)]),
        np.concatenate([_NO_NUMBER, *(piece.probability for piece in pieces)]),
        np.concatenate([_NO_NUMBER, *(piece.score for piece in pieces)]),
        explain if any(piece.explain for piece in pieces) else None,
    )
