"""Your own corrections of what notes say: tried on notes left out, and learned above the shipped heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import pandas as pd

from netkit.notes.heads import Heads, likeness
from netkit.notes.phrase_lists import TRAITS, said_for_certain
from netkit.notes.sentence_encoder import encode

FEWEST, FEWEST_OF_EACH = 10, 3
CORRECTED = {"default": "note_kind", **TRAITS}  # each head, and the fact whose values correct it
_LEVELS = {"yes": 1.0, "no": 0.0, "default": 1.0, "personal": 0.0}
_LOOSENESS = 3.0  # how far one correction may pull; the shipped examples have 10
_FOLDS = 5
_SILENT = 0.2  # points of an answer not given, where a wrong one costs 1: as in the costs of deciding
_LONGEST = 400  # signs of a note; no platform takes more than 300


@dataclass(frozen=True)
class Corrected:
    """What your corrections of one fact are, and whether they are used.

    Attributes
    ----------
    fact : str
        The fact.
    labels, yes : int
        How many notes you told it of, and of how many you said yes (of `note_kind`: default).
    differ, settle : int
        How often the shipped reader said otherwise, and how often it did not know.
    before, after : tuple of int
        Of your labels: right, wrong, unknown. Before, by the shipped reader; after, by one that learned
        from the labels of other people than the one whose note is read.
    used : bool
        Whether the reader learned from them.
    """

    fact: str
    labels: int
    yes: int
    differ: int
    settle: int
    before: tuple[int, int, int]
    after: tuple[int, int, int]
    used: bool

    @property
    def lacking(self) -> int:
        """How many more are needed before they can be tried: ten, at least three of yes and of no."""
        few = sum(max(0, FEWEST_OF_EACH - n) for n in (self.yes, self.labels - self.yes))
        return max(few, FEWEST - self.labels)


def corrected(heads: Heads, labels: pd.DataFrame) -> tuple[Heads, tuple[Corrected, ...]]:
    """Return heads that learned from labels, where that helps on notes left out, and what was found.

    `labels` has `text`, `person` and a column for each corrected fact, missing where nothing was said.
    What a phrase settles is no matter of the heads and is left out.
    """
    labels = labels[labels["text"].str.strip().ne("")].reset_index(drop=True)
    texts = [str(text)[:_LONGEST] for text in labels["text"]]
    if not texts:
        return heads, tuple(_nothing(fact) for fact in CORRECTED.values())
    vectors = encode(texts)
    places, probable = heads.placed(vectors), heads.probabilities(texts, vectors)
    certain = [said_for_certain(text) for text in texts]
    alike, folds = likeness(places, places, heads.width), _folds(labels["person"])
    weights, found = np.zeros((len(texts), len(heads.bands))), []
    for column, (trait, band) in enumerate(heads.bands.items()):
        fact = CORRECTED[trait]
        truth = labels[fact].map(_LEVELS).astype("float64").to_numpy()
        spoken = [each.kind if trait == "default" else each.traits[trait] for each in certain]
        truth = np.where([level is not None for level in spoken], np.nan, truth)
        odds = np.log(probable[trait] / (1 - probable[trait]))
        left_out = np.array(odds)
        for fold in range(_FOLDS):
            rest, mine = (folds != fold) & ~np.isnan(truth), folds == fold
            pulls = _pulls(alike[np.ix_(rest, rest)], truth[rest], odds[rest], band.slope)
            left_out[mine] += band.slope * alike[np.ix_(mine, rest)] @ pulls
        levels = [[band.level(float(1 / (1 + np.exp(-each)))) for each in some] for some in (odds, left_out)]
        one = _compared(fact, truth, *levels)
        if one.used:
            known = ~np.isnan(truth)
            weights[known, column] = _pulls(
                alike[np.ix_(known, known)], truth[known], odds[known], band.slope
            )
        found.append(one)
    if not any(one.used for one in found):
        return heads, tuple(found)
    mine = replace(
        heads, places=np.vstack([heads.places, places]), weights=np.vstack([heads.weights, weights])
    )
    return mine, tuple(found)


def digest_of(labels: pd.DataFrame) -> str:
    """Return a fingerprint of labels, in whatever order they come."""
    rows = sorted("\x1f".join(row) for row in labels.astype("object").where(labels.notna(), "").to_numpy())
    return sha256("\x1e".join(rows).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _nothing(fact: str) -> Corrected:
    return Corrected(fact, 0, 0, 0, 0, (0, 0, 0), (0, 0, 0), used=False)


def _folds(people: pd.Series) -> np.ndarray:
    """Return a fold for each label; those of one person are in the same."""
    codes, _ = pd.factorize(people)
    return np.asarray(codes % _FOLDS)


def _pulls(alike: np.ndarray, truth: np.ndarray, odds: np.ndarray, slope: float) -> np.ndarray:
    """Return the weights of your examples that make their labels probable and stay small (Newton steps).

    `odds` is what each has without them; a score counts `slope` times.
    """
    pulls = np.zeros(len(truth))
    for _ in range(20):
        chance = 1 / (1 + np.exp(-np.clip(odds + slope * alike @ pulls, -30, 30)))
        bent = _LOOSENESS * slope**2 * (chance * (1 - chance))[:, None] * alike
        off = pulls + _LOOSENESS * slope * (chance - truth)
        step = np.linalg.solve(np.eye(len(truth)) + bent, off) if len(truth) else pulls
        pulls = pulls - step / max(1.0, float(abs(step).max(initial=0.0)))
    return pulls


def _compared(
    fact: str, truth: np.ndarray, before: Sequence[str | None], after: Sequence[str | None]
) -> Corrected:
    """Compare the answers to the labels before and after; few labels, or no gain, change nothing."""
    known = np.flatnonzero(~np.isnan(truth))
    said = [tuple(_outcome(levels[int(at)], truth[at]) for at in known) for levels in (before, after)]
    counts = [tuple(each.count(what) for what in ("right", "wrong", "unknown")) for each in said]
    one = Corrected(
        fact=fact,
        labels=len(known),
        yes=int((truth[known] > 0.5).sum()),
        differ=counts[0][1],
        settle=counts[0][2],
        before=(counts[0][0], counts[0][1], counts[0][2]),
        after=(counts[1][0], counts[1][1], counts[1][2]),
        used=False,
    )
    gain = _points(one.before) - _points(one.after)
    return replace(one, used=not one.lacking and gain >= 1 and one.after[1] <= one.before[1])


def _outcome(level: str | None, truth: float) -> str:
    return "unknown" if level is None else "right" if (level == "yes") == (truth > 0.5) else "wrong"


def _points(counts: tuple[int, int, int]) -> float:
    return counts[1] + _SILENT * counts[2]
