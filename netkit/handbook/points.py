"""The points card as "Try it" loads it: from validated findings, and only where the owner shows it."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.comparison.learners import MEANING
from netkit.errors import FindingError
from netkit.facts import Fact, Vocabulary
from netkit.findings.citations import known_findings
from netkit.findings.stamps import Evidence, Recorded
from netkit.handbook.words import plain
from netkit.model.wording import RULES
from netkit.policy.office import policy_in_office

CARD, BASE, EACH = "points_card", "points_base", "points_each"
_SCRIPT = "// Generated from the findings of a notebook.\nglobalThis.netkitPoints = {};\n"


def write_points(
    evidence: Evidence, home: Path | None, folder: Path, *, draft: bool = False, show: bool = True
) -> Path:
    """Write the points card as a script for any browser; an empty one where there is nothing to show.

    Parameters
    ----------
    evidence : Evidence
        Where notebooks and stamps lie.
    home : Path or None
        The workspace, whose policy in office the model begins as.
    folder : Path
        The documentation's folder for evidence.
    draft : bool, default False
        Whether the findings may be unvalidated.
    show : bool, default True
        Whether the owner shows the card.

    Returns
    -------
    Path
        The script.

    Raises
    ------
    FindingError
        The findings are not validated, and this is no draft.
    """
    found = known_findings(evidence)
    card = _card([found.get(name) for name in (CARD, BASE, EACH)], home, draft) if show else None
    script = folder / "points.js"
    data = json.dumps(card, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    script.write_text(_SCRIPT.format(data), encoding="utf-8")
    return script


def _card(recorded: list[Recorded | None], home: Path | None, draft: bool) -> dict[str, Any] | None:
    """Return the card as plain data; None where a finding is missing or was withheld."""
    kept = [one for one in recorded if one and one.finding.value is not None]
    if len(kept) < len(recorded):
        return None
    problem = kept[0].problem
    if problem and not draft:
        raise FindingError(
            f"the points card of Try it: {problem}",
            accepted="a card whose notebook passed a strict run as it is now",
            do="run `make notebooks`, then build again",
        )
    card, base, each = (one.finding for one in kept)
    points = [(row[0], row[1], row[2]) for row in card.value["rows"]]
    named = dict.fromkeys(fact for fact, *_ in points if fact != RULES)
    policy = policy_in_office(home)
    words = policy.vocabularies["invitation"]
    return {
        "policy": policy.name,
        "data": card.data,
        "n": card.n,
        "page": f"evidence/{kept[0].notebook.stem}",
        "base": base.value,
        "each": each.value,
        "rules": sum(count for fact, _, count in points if fact == RULES),
        "meaning": MEANING,
        "facts": [_fact(words, name, points) for name in named],
    }


def _fact(words: Vocabulary, name: str, points: list[tuple[str, str, int]]) -> dict[str, Any]:
    fact: Fact = words[name]
    return {
        "name": name,
        "question": fact.question,
        "means": fact.means,
        # A number counts by the band that it falls in.
        "bands": _bands(fact),
        "answers": _bands(fact) or [[level, plain(level)] for level in fact.levels],
        "points": {level: count for one, level, count in points if one == name},
    }


def _bands(fact: Fact) -> list[tuple[int, str]] | None:
    if not fact.is_number:
        return None
    lows = [0, *(low for low in fact.bands if low > 0)]
    return list(zip(lows, fact.banded(pd.Series(lows)).tolist(), strict=True))
