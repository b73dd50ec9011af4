"""What the page "Try it" loads: the policies as data, and the evaluator as a script for any browser."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.errors import FindingError
from netkit.facts import KINDS, Fact, Kind, Vocabulary
from netkit.findings.stamps import VALIDATE, Evidence, Recorded
from netkit.handbook.policy_pages import page_of, policy_files
from netkit.handbook.rendering import page_words, plain
from netkit.history.labels import MEANING
from netkit.model.effect_wording import RULES
from netkit.policy import Policy, load_policy, policy_in_office
from netkit.policy.browser_json import JAVASCRIPT, to_browser_json
from netkit.wording import range_words

_CARD, _BASE, _EACH = "points_card", "points_base", "points_each"
_SCRIPT = "// Generated from the findings of a notebook.\nglobalThis.netkitPoints = {};\n"


def write_points(
    evidence: Evidence, home: Path | None, folder: Path, *, draft: bool = False, show: bool = True
) -> Path:
    """Write the points card as a script for any browser; an empty one where there is nothing to show."""
    found = evidence.known_findings()
    card = _card([found.get(name) for name in (_CARD, _BASE, _EACH)], home, draft) if show else None
    script = folder / "points.js"
    data = json.dumps(card, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    script.write_bytes(_SCRIPT.format(data).encode())
    return script


def _card(recorded: list[Recorded | None], home: Path | None, draft: bool) -> dict[str, Any] | None:
    """Return the card as plain data; None where a finding is missing or was withheld."""
    kept = [one for one in recorded if one and one.finding.value is not None]
    if len(kept) < len(recorded):
        return None
    problem = kept[0].problem
    if problem and not draft:
        raise FindingError(
            f"The points card cannot be shown: {problem}", f"Run `{VALIDATE}`, then build again"
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


def _bands(fact: Fact) -> list[tuple[float, str]] | None:
    if not fact.is_number:
        return None
    lows: list[float] = [0, *(low for low in fact.bands if low > 0)]
    return list(zip(lows, fact.banded(pd.Series(lows)).tolist(), strict=True))


# The scripts are plain ones and the data is a script too: pages opened from disk may neither fetch nor
# import, and nothing is asked for that the site does not hold.
_EVALUATOR = """// Generated from netkit/policy/policy.js.
(() => {{
{}globalThis.netkitDecide = decide;
}})();
"""
_DATA = "// Generated from netkit/policies and netkit/facts.\nglobalThis.netkitPolicies = {};\n"


def try_it_assets(own: Path | None = None, also: Sequence[Path] = ()) -> dict[str, str]:
    """Return the generated scripts of "Try it" by their path below the documentation's folder."""
    evaluator = re.sub(r"^export ", "", JAVASCRIPT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    policies = {
        "actions": dict(page_words()["actions"]),
        "policies": [_policy(path, own) for path in policy_files(own, also)],
    }
    data = json.dumps(policies, separators=(",", ":"), ensure_ascii=False)
    return {
        "assets/try-it/evaluator.js": _EVALUATOR.format(evaluator),
        # A closing tag or a line separator would end a script that is put into a page.
        "assets/try-it/policies.js": _DATA.format(data.replace("<", "\\u003c")),
    }


def _policy(path: Path, own: Path | None) -> dict[str, Any]:
    policy = load_policy(path)
    pages = {kind: f"policy/{page_of(path.stem, kind, own)}" for kind in KINDS}
    kinds = {kind: _kind(policy, kind, pages[kind]) for kind in KINDS if kind in policy.kinds}
    return {"name": path.stem, "title": policy.title, "kinds": kinds}


def _kind(policy: Policy, kind: Kind, page: str) -> dict[str, Any]:
    compiled = to_browser_json(policy, kind)
    facts = [_spoken(fact, policy.vocabularies[kind]) for fact in compiled["facts"]]
    answers = policy.answers.get(kind, {})
    tells = {name: own.tell_asker or own.words for name, own in answers.items()}
    return {**compiled, "facts": facts, "page": page, "tells": tells}


def _spoken(fact: dict[str, Any], words: Vocabulary) -> dict[str, Any]:
    """Return a fact with its answers as they are said: levels, or ranges of a number."""
    if "levels" in fact:
        said = [[level, plain(level)] for level in fact["levels"]]
    else:
        ends = [words[fact["name"]].before(cut) for cut in fact["cuts"][1:]] + [None]
        said = [[low, range_words(low, high)] for low, high in zip(fact["cuts"], ends, strict=True)]
    known = words[fact["name"]]
    says = [[level, text] for level, text in known.asker_says.items()]
    says = says or [[value, text.capitalize()] for value, text in said]
    asker = {"ask": known.ask_asker, "says": says, "tell": known.tell_asker}
    return {**fact, "answers": said, "means": known.means, "asker": asker}
