"""When introductions turn out well: known only where one was made, so every share comes with its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import pandas as pd

from netkit.errors import ModelError
from netkit.evaluation import Estimate, wilson
from netkit.evaluation.sample_size import HowManyMore
from netkit.facts import UNKNOWN, Vocabulary
from netkit.history import IntroductionHistory
from netkit.introductions.introduction_facts import fact_subjects
from netkit.introductions.life import number
from netkit.model import FittedModel, fit_model
from netkit.wording import counted, spoken


def _share_bounds(fact: str, level: str, label: pd.Series, made: pd.Series) -> dict[str, Any]:
    """Return the counts of some requests, the share that turned out well, and its bounds."""
    n, known, useful = len(label), int(label.notna().sum()), int(label.sum())
    share = wilson(useful, known)
    return {
        "fact": fact,
        "level": level,
        "requests": n,
        "made": int(made.sum()),
        "known": known,
        "useful": useful,
        "share": share.value,
        "low": share.low,
        "high": share.high,
        "worst": useful / n if n else nan,
        "best": (useful + n - known) / n if n else nan,
        "flips_at": _tipping_point(useful, known, n),
    }


def _tipping_point(useful: int, known: int, requests: int) -> float:
    """Return how different the unknown would have to be from the known for a conclusion to flip.

    The conclusion is whether more than half of the requests turn out (or would have turned out) well.
    >>> _tipping_point(30, 40, 80), _tipping_point(9, 10, 11)
    (0.1111111111111111, inf)
    """
    unknown = requests - known
    if useful in (0, known):
        return nan
    needed = (number("turned_out_well") * requests - useful) / unknown if unknown else inf
    if not 0 < needed < 1:
        return inf
    return float(needed / (1 - needed) / (useful / (known - useful)))


_ALL = "all requests"


@dataclass(frozen=True)
class Outcomes:
    """What came of the introductions that were made, and what that can say about the others.

    Attributes
    ----------
    table : DataFrame
        First all requests, then one row per fact and level: `fact`, `level`, `requests`, `made`,
        `known` (outcomes), `useful` (to every side whose outcome is known), `share` (of the known),
        `low`, `high` (its 95 % Wilson interval), `worst`, `best` (the share if every request had been
        made and none, or all, of the unknown had turned out well), `flips_at` (how many times the odds
        of the known the odds of the unknown would have to be for the answer to "more than half?" to
        change; infinite where nothing could change it, missing where nothing is known).
    requests, made, known, useful : int
        The counts of the first row.
    uncomparable : Estimate
        The share of requests that were not made and have no made one to compare with.
    compared_on : tuple of str
        The facts on which a comparable introduction agrees.
    minimum : HowManyMore
        How many outcomes a model of all these facts would need.
    """

    table: pd.DataFrame
    requests: int
    made: int
    known: int
    useful: int
    uncomparable: Estimate
    compared_on: tuple[str, ...]
    minimum: HowManyMore

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is known, what the bounds are, and whether a model is allowed, in words."""
        if not self.known:
            return (
                f"No outcome is known yet ({self.made} of {counted(self.requests, 'request')} made):"
                " nothing can be said about when introductions turn out well.",
                self.model_sentence,
            )
        first = self.table.iloc[0]
        seen = (
            f"The outcome is known for {self.known} of {counted(self.requests, 'request')}"
            f" ({counted(self.made, 'introduction')} made): {self.useful} useful"
            f" to every side that you noted, {_percent(first['share'])}"
            f" [{_percent(first['low'])} to {_percent(first['high'])}]."
        )
        if self.known == self.requests:
            whole = "Every request was made, and what came of each is known: nothing is left to bound."
            return (seen, whole, self.model_sentence)
        return (
            seen,
            f"If every request had been made, it would be between {_percent(first['worst'])} (all the"
            f" unknown ones turn out badly) and {_percent(first['best'])} (all turn out well)"
            f"{self._why_unknown}",
            self.flip_sentence,
            f"{_percent(self.uncomparable.value)} of the {counted(self.uncomparable.n, 'request')} not made"
            f" have no made one like them ({', '.join(map(spoken, self.compared_on))})."
            " The record says nothing about those."
            if self.uncomparable.n
            else "Every request was made.",
            self.model_sentence,
        )

    @property
    def _why_unknown(self) -> str:
        if self.made == self.requests:
            return "."
        return ". You chose which to make, and nobody knows how the others would have turned out."

    @property
    def flip_sentence(self) -> str:
        """How different the unknown would have to be from the known for the answer to flip."""
        if not self.known:
            return "No outcome is known yet."
        first = self.table.iloc[0]
        return _flip_sentence(float(first["share"]), float(first["flips_at"]))

    @property
    def model_sentence(self) -> str:
        """Whether there are outcomes enough for a model, and how many it would need."""
        seen = f"{counted(self.known, 'outcome')}, {self.known - self.useful} of them not useful"
        if self.model_allowed:
            return f"{seen}: enough for a model of {counted(self.minimum.parameters, 'effect')}."
        if not self.minimum.needed:
            return f"{seen}: netkit makes no model before you know both kinds of outcome."
        return (
            f"{seen}: netkit makes no model yet. One of {counted(self.minimum.parameters, 'effect')} needs"
            f" {counted(self.minimum.needed, 'outcome')}; these would carry {self.minimum.carried or 'none'}."
        )

    @property
    def model_allowed(self) -> bool:
        """Whether a model of all these facts has the outcomes it needs."""
        return bool(self.minimum.needed) and not self.minimum.more

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON: what is not a finite number is None.

        Returns
        -------
        dict
            The counts, `table` (rows), `uncomparable`, `compared_on`, `model`, `sentences`.
        """
        return {
            "requests": self.requests,
            "made": self.made,
            "known": self.known,
            "useful": self.useful,
            "table": [
                {str(name): _plain(cell) for name, cell in row.items()}
                for row in self.table.to_dict(orient="records")
            ],
            "uncomparable": self.uncomparable.as_dict(),
            "compared_on": list(self.compared_on),
            "model": {"allowed": self.model_allowed, "needed": self.minimum.needed,
                      "parameters": self.minimum.parameters, "carried": self.minimum.carried},
            "sentences": list(self.sentences),
        }  # fmt: skip


def outcomes(history: IntroductionHistory, facts: Sequence[str] | None = None) -> Outcomes:
    """Say when introductions turn out well, and how far that can be known.

    Parameters
    ----------
    history : IntroductionHistory
        The past, see `netkit.history.read_introductions`.
    facts : sequence of str, optional
        The facts to look at; all where left out.

    Returns
    -------
    Outcomes
        The table, the bounds, and the minimum for a model.

    Raises
    ------
    FactError
        A fact is not declared.
    """
    words = _chosen(history.vocabulary, facts)
    label, made = history.table["label"], history.table["made"].astype("bool")
    levels = _levels(history.facts, words)
    rows = [_share_bounds(_ALL, "", label, made)]
    for name in map(str, levels):
        for level in _in_order(levels[name], words[name].levels):
            here = levels[name] == level
            rows.append(_share_bounds(name, level, label[here], made[here]))
    known, useful = int(label.notna().sum()), int(label.sum())
    alike = [name for name in fact_subjects()["comparable"] if name in history.vocabulary]
    return Outcomes(
        table=pd.DataFrame(rows),
        requests=len(label),
        made=int(made.sum()),
        known=known,
        useful=useful,
        uncomparable=_uncomparable(history, alike),
        compared_on=tuple(alike),
        minimum=HowManyMore.of(
            known,
            known - useful,
            _parameters_of(history.facts.loc[label.notna(), ["request", *words]], words),
            expected_area=number("expected_area"),
        ),
    )


def _parameters_of(facts: pd.DataFrame, vocabulary: Vocabulary) -> int:
    """Return how many numbers a model of the facts that vary would learn, at least one."""
    named = [name for name in map(str, facts) if name in vocabulary]
    levels = [vocabulary[name].banded(facts[name]).nunique(dropna=False) for name in named]
    return max(1, sum(max(0, count - 1) for count in levels))


def fit_outcome_model(history: IntroductionHistory, facts: Sequence[str] | None = None) -> FittedModel:
    """Fit a model of the outcomes of introductions, if there are enough of them.

    It speaks of introductions like those that were made; about the others only the bounds do.

    Parameters
    ----------
    history : IntroductionHistory
        The past.
    facts : sequence of str, optional
        The facts to learn from: the fewer, the fewer outcomes are needed.

    Returns
    -------
    FittedModel
        The model; its `effects` state what each fact does.

    Raises
    ------
    ModelError
        There are fewer outcomes than the stated minimum.
    """
    found = outcomes(history, facts)
    if not found.model_allowed:
        raise ModelError(
            found.model_sentence.removesuffix("."),
            f"Record {found.minimum.needed or 'both kinds of'} outcomes with 'netkit intro outcome', or"
            " name the few facts that matter",
        )
    words = _chosen(history.vocabulary, facts)
    known = history.table["label"].notna().to_numpy()
    rows = history.facts.loc[known, ["request", *words]].reset_index(drop=True)
    return fit_model(rows, history.table.loc[known, "label"].reset_index(drop=True), words)


def _chosen(vocabulary: Vocabulary, facts: Sequence[str] | None) -> Vocabulary:
    names = list(vocabulary) if facts is None else list(facts)
    return Vocabulary(vocabulary.kind, {name: vocabulary[name] for name in names})


def _levels(facts: pd.DataFrame, words: Vocabulary) -> pd.DataFrame:
    """Return the facts as few levels, unknown among them, without those that never vary."""
    columns = {name: fact.banded(facts[name]).fillna(UNKNOWN) for name, fact in words.items()}
    frame = pd.DataFrame(columns, index=facts.index, dtype="str")
    return frame[[name for name in frame if frame[name].nunique() > 1]]


def _in_order(values: pd.Series, declared: tuple[str, ...]) -> list[str]:
    seen = sorted(set(values))
    order = {level: place for place, level in enumerate(declared)}
    return sorted(seen, key=lambda level: (level == UNKNOWN, order.get(level, 0)))


def _uncomparable(history: IntroductionHistory, alike: list[str]) -> Estimate:
    levels = history.facts[alike].astype("object").fillna(UNKNOWN)
    pattern = levels.apply(tuple, axis=1) if len(levels) else pd.Series(dtype="object")
    known = set(pattern[history.table["label"].notna()])
    others = pattern[~history.table["made"].astype("bool")]
    return wilson(int((~others.isin(known)).sum()), len(others))


def _flip_sentence(share: float, ratio: float) -> str:
    line = number("turned_out_well")
    said = f"That {'more' if share > line else 'no more'} than half turn out well"
    if not isfinite(ratio):
        reason = (
            "holds whatever the unknown would have come to"
            if ratio == inf
            else "rests on one kind of outcome only"
        )
        return f"{said} {reason}."
    if share == line:
        return "Exactly half turned out well: whether more than half do rests on the unknown."
    return (
        f"{said} would no longer hold for all requests if the odds of the unknown were {ratio:.2g} times"
        " those of the known."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _plain(cell: object) -> object:
    return None if isinstance(cell, float) and not isfinite(cell) else cell
