"""How the invented person truly decides: known effects, and the facts that invented senders bring."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from netkit.facts import vocabulary
from netkit.plain_yaml import Located, read_yaml

_HERE = Path(__file__).parent
_PROCESS = read_yaml(_HERE / "process.yaml")
NOTES = read_yaml(_HERE / "notes.yaml")
_SENDERS: Located = _PROCESS["senders"]
NOTE_SAYS = {
    "who": "note_says_who",
    "why": "note_says_why",
    "recall": "note_recalls_meeting",
    "sells": "note_sells",
    "favour": "note_asks_favour",
    "fraud": "asks_for_money_or_data",
}
SILENT_NOTE: dict[str, str | None] = {
    "template": None,
    "note_kind": "none",
    **dict.fromkeys(NOTE_SAYS.values(), "no"),
}
_DEFAULT_SHARE = 0.3  # of the few notes, how many are the platform's own sentence


@dataclass(frozen=True)
class TrueProcess:
    """The decision process behind the invented person's answers.

    Attributes
    ----------
    intercept : float
        The score, in log-odds, of an invitation of which nothing holds.
    effects : dict of str to dict of str to float
        Fact to level to log-odds; what is not listed has no effect.
    """

    intercept: float
    effects: dict[str, dict[str, float]]

    def score(self, facts: pd.DataFrame) -> pd.Series:
        """Return the true log-odds of accepting.

        Parameters
        ----------
        facts : DataFrame, n rows
            The true facts, one column each, nothing missing.

        Returns
        -------
        Series of float, length n
            Log-odds, same index.

        Examples
        --------
        >>> only_met = pd.DataFrame({"met_in_person": ["yes", "no"]})
        >>> TRUE_PROCESS.score(only_met).round(2).tolist()
        [-2.1, -2.3]
        """
        score = pd.Series(self.intercept, index=facts.index, dtype=float)
        for fact, levels in self.effects.items():
            if fact in facts:
                score += facts[fact].map(levels).fillna(0.0).astype(float)
        return score

    def probability(self, facts: pd.DataFrame) -> pd.Series:
        """Return the true probability of accepting.

        Parameters
        ----------
        facts : DataFrame, n rows
            The true facts, one column each, nothing missing.

        Returns
        -------
        Series of float, length n
            Between 0 and 1, same index.

        Examples
        --------
        >>> TRUE_PROCESS.probability(pd.DataFrame({"recognised": ["no"]})).round(3).tolist()
        [0.091]
        """
        return 1.0 / (1.0 + (-self.score(facts)).map(np.exp))


TRUE_PROCESS = TrueProcess(**_PROCESS["invitation"])
LEFT_OUT: dict[str, float] = dict(_PROCESS["left_out"])


def stream(seed: int, part: str) -> np.random.Generator:
    """Return the random numbers of one part of the invention.

    Each part has its own stream, so that a change in one leaves the others as they were.

    Examples
    --------
    >>> int(stream(7, "cast").integers(100)) == int(stream(7, "cast").integers(100))
    True
    """
    return np.random.default_rng([seed, crc32(part.encode())])


def draw_facts(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw `n` invitations: the true facts, the `template` of the note, and the kind of `sender`."""
    shares = [sender["share"] for sender in _SENDERS.values()]
    senders = pd.Series(rng.choice(list(_SENDERS), size=n, p=shares), dtype="str")
    facts = {}
    for name in _SENDERS["colleague"]["yes"]:
        odds = senders.map({kind: fields["yes"][name] for kind, fields in _SENDERS.items()})
        facts[name] = np.where(rng.random(n) < odds.to_numpy(), "yes", "no")
    facts["repeat_invitation"] = np.full(n, "no")
    facts["reason_to_connect"] = _drawn_level(rng, senders, "reason")
    asked = rng.random(n) < _share(senders, "asked")
    facts["reply_to_question"] = np.where(asked, _drawn_level(rng, senders, "reply"), "not_asked")
    drawn = pd.DataFrame(facts, index=senders.index).join(_draw_notes(rng, senders))
    ordered = [name for name in vocabulary("invitation") if name in drawn]
    return drawn[[*ordered, "template"]].astype("str").assign(sender=senders)


def draw_made_up_profiles(rng: np.random.Generator, senders: pd.Series) -> np.ndarray:
    """Draw whose profile looks made up: apart from the other facts, which stay as they were."""
    return np.where(rng.random(len(senders)) < _share(senders, "fake"), "yes", "no")


def _share(senders: pd.Series, field: str) -> np.ndarray:
    return senders.map({kind: fields[field] for kind, fields in _SENDERS.items()}).to_numpy(float)


def _drawn_level(rng: np.random.Generator, senders: pd.Series, field: str) -> np.ndarray:
    at = rng.random(len(senders))
    drawn = np.empty(len(senders), dtype=object)
    for kind, fields in _SENDERS.items():
        mine = (senders == kind).to_numpy()
        levels = np.array(list(fields[field]), dtype=object)
        edges = np.cumsum(list(fields[field].values()))[:-1]
        drawn[mine] = levels[np.searchsorted(edges, at[mine], side="right")]
    return drawn


def _draw_notes(rng: np.random.Generator, senders: pd.Series) -> pd.DataFrame:
    comes = rng.random(len(senders)) < _share(senders, "note")
    default = rng.random(len(senders)) < _DEFAULT_SHARE
    which = rng.random(len(senders))
    rows = [
        _note(kind, default=by_default, at=at) if with_note else SILENT_NOTE
        for kind, with_note, by_default, at in zip(senders, comes, default, which, strict=True)
    ]
    return pd.DataFrame(rows, index=senders.index)


def _note(sender: str, *, default: bool, at: float) -> dict[str, str | None]:
    if default:
        texts = NOTES["default"]
        return SILENT_NOTE | {"template": texts[int(at * len(texts))], "note_kind": "default"}
    choices = NOTES["personal"][sender]
    chosen: dict[str, Any] = choices[int(at * len(choices))]
    says: dict[str, str | None] = {NOTE_SAYS[tag]: "yes" for tag in chosen["says"]}
    kind = chosen.get("kind", "personal")
    return SILENT_NOTE | {"template": chosen["text"], "note_kind": kind} | says
