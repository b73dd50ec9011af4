"""How well a reader reads that may say that it does not know: what it answers, and how much is right."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from netkit.evaluation.estimate import wilson

_LEVELS = ("yes", "no", "unknown")


def reading_quality(says: pd.DataFrame, read: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Return how well texts are read, separately for each group of texts and each trait.

    Parameters
    ----------
    says : DataFrame, n rows
        A column a trait: what each text says (`yes`, `no`; anything else is unclear and left out).
    read : DataFrame, n rows
        The same columns: what was read (`yes`, `no`, missing where the reader did not know).
    groups : sequence of str, length n
        The group of each text.

    Returns
    -------
    DataFrame, one row a group and trait
        `n`; `yes_yes` to `no_unknown` (what the text says, what was read); and as estimates with Wilson's
        interval `answered` (of all), `precision` (right, of what was read as yes), `found` (read as yes, of
        the answered texts that say it).

    Examples
    --------
    >>> says = pd.DataFrame({"sells": ["yes", "yes", "no", "no"]})
    >>> read = pd.DataFrame({"sells": ["yes", None, "no", "yes"]})
    >>> table = reading_quality(says, read, ["English"] * 4)
    >>> table.loc[0, ["n", "yes_yes", "yes_unknown"]].tolist(), str(table.loc[0, "precision"])
    ([4, 1, 1], '0.5 [0.0945, 0.905]')
    """
    rows = []
    kinds = pd.Series(list(groups), index=says.index)
    for group in dict.fromkeys(groups):
        for trait in map(str, says):
            clear = says[trait].isin(_LEVELS[:2]) & kinds.eq(group)
            pairs = Counter(
                zip(says.loc[clear, trait], read.loc[clear, trait].fillna("unknown"), strict=True)
            )
            rows.append({"group": group, "trait": trait, "n": int(clear.sum()), **_told(pairs)})
    return pd.DataFrame(rows)


def _told(pairs: Counter[tuple[str, str]]) -> dict[str, object]:
    counts = {f"{said}_{level}": pairs[said, level] for said in _LEVELS[:2] for level in _LEVELS}
    answered = sum(n for (_, level), n in pairs.items() if level != "unknown")
    hits, as_yes = counts["yes_yes"], counts["yes_yes"] + counts["no_yes"]
    return {
        **counts,
        "answered": wilson(answered, pairs.total()),
        "precision": wilson(hits, as_yes),
        "found": wilson(hits, hits + counts["yes_no"]),
    }
