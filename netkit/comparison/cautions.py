"""What should be known before a comparison is relied on."""

import pandas as pd

from netkit.comparison.labelled import History, Labelled
from netkit.history.labels import number
from netkit.wording import counted


def cautions(history: History, labelled: Labelled) -> tuple[str, ...]:
    """Say what should be known before a comparison is relied on.

    Parameters
    ----------
    history : History
        The history.
    labelled : Labelled
        The labels that were used.

    Returns
    -------
    tuple of str
        One sentence each; the history's own advice first.
    """
    told = [str(line) for line in getattr(history, "advice", ())]
    if not getattr(history, "period", None):
        told.append(
            "Outcomes are known only of introductions that were made: nothing is said of the others."
            if "asked_at" in history.table
            else "There is no period in which both accepts and refusals were recorded: base rates and "
            "intercepts do not hold."
        )
    rows = history.table
    if "opinion_seen" in rows:
        known = rows["opinion_seen"].fillna(False).astype(bool) & rows["label"].notna()
        if known.any():
            told.append(
                f"{counted(int(known.sum()), 'decision was', 'decisions were')} made after an opinion had "
                "been shown; such decisions lean towards the judge that gave it."
            )
    told += _unscored(labelled, rows) + _too_late(labelled)
    refused = int((1 - labelled.labels[labelled.scored]).sum())
    if refused < number("enough_of_each"):
        told.append(
            f"Only {counted(refused, 'refusal is', 'refusals are')} certain; what is said of refusals "
            f"rests on {'it' if refused == 1 else 'them'}."
            if refused
            else "No refusal is certain: nothing can be said of refusals."
        )
    return tuple(told)


def _too_late(labelled: Labelled) -> list[str]:
    """Say that no decision was known while requests still came: a past written down in one sitting."""
    scored = labelled.scored
    if labelled.known_at is None or not scored.any():
        return []
    if labelled.known_at[scored].min() <= labelled.times[scored].max():
        return []
    return [
        "Every decision is dated after the last of these requests came, so that none was known early "
        "enough to learn from: give the day of each, with --on or in the sheet's decided_on."
    ]


def _unscored(labelled: Labelled, rows: pd.DataFrame) -> list[str]:
    """Say which certain labels are not scored, or that all are, by what the export alone knows."""
    certain = labelled.scored if labelled.certain is None else labelled.certain
    alone = int((certain & ~labelled.scored).sum())
    if alone:
        return [
            f"{counted(alone, 'acceptance')} that only the export knows {'is' if alone == 1 else 'are'} not"
            " scored: nobody noted facts there, and that alone would give the answer away."
        ]
    if "state" in rows and (rows["state"] == "accepted").any():
        return [
            "Facts were never noted with both acceptances and refusals, so every request is judged by "
            "what the export alone knows."
        ]
    return []
