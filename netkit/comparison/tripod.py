"""A comparison told in the order of the TRIPOD+AI checklist, every figure taken from it."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from netkit.comparison.labelled_history import History
from netkit.comparison.report import Comparison
from netkit.errors import ModelError
from netkit.plain_yaml import read_yaml

_ITEMS = Path(__file__).with_name("tripod.yaml")
_OUTCOMES = {
    "introduction": "Whether an introduction that was made proved useful; of the others nobody knows.",
    "invitation": "Whether the person accepted (1) or refused (0), from the ledger and the exports.",
}


@dataclass(frozen=True)
class Item:
    """One item of the checklist, answered.

    Attributes
    ----------
    number : str
        Its number in the checklist.
    section, topic : str
        Where it belongs, and what it is about.
    text : str
        The answer.
    """

    number: str
    section: str
    topic: str
    text: str


@cache
def _checklist() -> list[tuple[str, dict[str, str]]]:
    return [(str(k), dict(v)) for k, v in read_yaml(_ITEMS, error=ModelError)["items"].items()]


def tripod_report(comparison: Comparison, history: History) -> list[Item]:
    """Report a comparison item by item.

    Parameters
    ----------
    comparison : Comparison
        What `compare` found.
    history : History
        The history that it was found on.

    Returns
    -------
    list of Item
        The 27 items in order.
    """
    words = {**_methods(comparison, history), **_results(comparison)}
    return [
        Item(number, entry["section"], entry["topic"], entry["says"].format_map(words).strip())
        for number, entry in _checklist()
    ]


def _methods(found: Comparison, history: History) -> dict[str, Any]:
    vocabulary = history.vocabulary
    low, high = found.costs.thresholds()
    shown = [name for name in vocabulary if name in history.facts]
    unknown = history.facts[shown].isna().to_numpy().mean() if shown else float("nan")
    seen = [note for note in found.notes if "opinion" in note]
    return {
        "kind": vocabulary.kind,
        "first": found.pair.first,
        "margin": f"{found.pair.margin:g}",
        "first_day": found.days[0],
        "last_day": found.days[1],
        "outcome": _OUTCOMES.get(vocabulary.kind, ""),
        "opinion": seen[0] if seen else "No opinion of a judge had been seen before deciding.",
        "facts": len(vocabulary),
        "parameters": found.sample.parameters,
        "unknown": f"{unknown:.0%}" if np.isfinite(unknown) else "none",
        "sample": found.sample.sentence,
        "origins": len(found.rehearsal.origins),
        "unit": found.blocks.unit,
        "costs": ", ".join(f"{n.replace('_', ' ')} {c:g}" for n, c in asdict(found.costs).items()),
        "low": f"{low:.2f}",
        "high": f"{high:.2f}",
        "drift": found.drift.sentence if found.drift else "",
    }


def _results(found: Comparison) -> dict[str, Any]:
    judged = len(found.rehearsal.labels)
    stated = found.calibrations.get(found.pair.second)
    return {
        "sentence": found.sentence,
        "labels": found.labels,
        "accepted": found.accepted,
        "refused": found.labels - found.accepted,
        "judged": judged,
        "learned": found.labels - judged,
        "origin_table": _origin_table(found),
        "performance": _performance(found),
        "calibration": stated.sentence if stated else "",
        "interpretation": f"Verdict: {found.verdict}. {found.pair.sentence}",
        "limitations": " ".join(found.notes)
        or "One person, one period; nothing is claimed beyond.",
        "next_step": _next_step(found),
    }


def _origin_table(found: Comparison) -> str:
    labels = found.rehearsal.labels
    rows = [
        f"{origin.at:%Y-%m-%d}: {len(origin.past)} learned from, {len(origin.later)} judged "
        f"({int(labels[found.rehearsal.origin == number].sum())} accepted)"
        for number, origin in enumerate(found.rehearsal.origins)
    ]
    return "; ".join(rows) + "." if rows else "Too few labels to judge later requests."


def _performance(found: Comparison) -> str:
    lines = []
    for score in found.score_list:
        shown = [
            f"{name.replace('_', ' ')} {estimate}"
            for name, estimate in score.measures.items()
            if np.isfinite(estimate.value)
        ]
        lines.append(f"{score.judge.replace('_', ' ')} (n = {score.n}): {', '.join(shown)}")
    return "; ".join(lines) + "."


def _next_step(found: Comparison) -> str:
    rules = [row for row in found.disagreements.get("suggestion", ()) if row]
    if not rules:
        return "Next: record further decisions, and compare again."
    return f"Next: {len(rules)} patterns suggest a rule to look at; the first: {rules[0]}"
