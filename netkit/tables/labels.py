"""The label of a table: which of its words means yes, and where a cell says neither."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from netkit.errors import NotEnoughError
from netkit.facts import OUTCOMES, Kind
from netkit.tables.cells import Place, each, plain_cells, table_words
from netkit.wording import counted, join_or


@dataclass(frozen=True)
class Label:
    """What each cell of the label says: 1 yes, 0 no, missing where there is none."""

    values: pd.Series
    yes: tuple[str, ...]
    no: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_label(
    values: pd.Series, place: Place, *, yes: Collection[str], no: Collection[str], kind: Kind
) -> Label:
    """Read a column of two kinds of answer, in whatever words."""
    texts = each(plain_cells(values), str.casefold)
    seen: list[str] = list(dict.fromkeys(texts.dropna()))
    said: list[str] = []
    if yes or no:
        yes, no = _stated(seen, place, _folded(yes), _folded(no))
    elif kind == "introduction" and set(seen) <= set(OUTCOMES):
        yes, no = {"useful"}, set(OUTCOMES) - {"useful"}
    else:
        yes, no, said = _guessed(seen, place)
    for at, text in enumerate(texts):
        if text is not None and text not in yes and text not in no:
            known = join_or([repr(word) for word in seen if word in yes or word in no]) or "yes or no"
            do = "Say which words mean yes and which mean no, or leave the cell empty"
            raise place.refuse(at, f"{text!r} is a further answer beside {known}", do)
    label = each(texts, lambda text: float(text in yes)).astype("float64")
    missing = int(label.isna().sum())
    if missing:
        said.append(f"{counted(missing, 'row')} without a label {'is' if missing == 1 else 'are'} left out.")
    if label.nunique() < 2:
        only = "yes" if label.max() > 0 else "no"
        answers = f"the label means {only} in every row" if seen else "no row has a label"
        raise NotEnoughError(
            f"{place.table}, column {place.column!r}: {answers}."
            " Add rows with the other answer: from one kind alone nothing can be learned."
        )
    return Label(label, tuple(w for w in seen if w in yes), tuple(w for w in seen if w in no), tuple(said))


def _folded(words: Collection[str]) -> set[str]:
    return {str(word).casefold() for word in plain_cells(pd.Series(list(words), dtype="object")).dropna()}


def _stated(seen: list[str], place: Place, yes: set[str], no: set[str]) -> tuple[set[str], set[str]]:
    for word in sorted(yes | no):
        if word not in seen:
            answers = join_or([repr(one) for one in seen[:6]]) or "nothing"
            raise place.refuse(None, f"no cell says {word!r}", f"Name a word that it has: {answers}")
    if yes & no:
        raise place.refuse(None, f"{min(yes & no)!r} cannot mean both yes and no", "Name it once")
    return yes or set(seen) - no, no or set(seen) - yes


def _guessed(seen: list[str], place: Place) -> tuple[set[str], set[str], list[str]]:
    known_yes = table_words("yes_no", "yes") | table_words("label", "yes")
    known_no = table_words("yes_no", "no") | table_words("label", "no")
    yes, no = set(seen) & known_yes, set(seen) & known_no
    if len(seen) != 2 or (yes and no):
        return yes, no, []
    one, two = sorted(seen, key=_as_number)
    if _as_number(two)[0] < float("inf"):  # of two numbers, such as 1 and 2, the greater
        yes, no = {two}, {one}
    if len(yes) == 1 or len(no) == 1:
        yes = yes or set(seen) - no
    elif any(two == f"{negation}{one}" for negation in table_words("label", "negation")):
        yes = {one}
    else:
        yes = {two}
    told = [
        f"In column {place.column!r} {min(yes)!r} counts as yes and {min(set(seen) - yes)!r} as no:"
        " nothing in the words says which. Say so if it is the other way round."
    ]
    sure = bool(set(seen) & (known_yes | known_no)) or yes != {two}
    return yes, set(seen) - yes, [] if sure else told


def _as_number(word: str) -> tuple[float, str]:
    try:
        return float(word.replace(",", ".")), word
    except ValueError:
        return float("inf"), word
