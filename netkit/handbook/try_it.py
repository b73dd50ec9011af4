"""What the page "Try it" loads: the policies as data, and the evaluator as a script for any browser."""

import json
import re
from pathlib import Path
from typing import Any

from netkit.facts import KINDS, Kind, Vocabulary
from netkit.handbook.clauses import PACKAGE
from netkit.handbook.policy_pages import page_of, policy_files
from netkit.handbook.words import page_words, plain
from netkit.policy import Policy, load_policy
from netkit.policy.browser import JAVASCRIPT, to_browser_json
from netkit.wording import range_words

# The scripts are plain ones and the data is a script too: pages opened from disk may neither fetch nor
# import, and nothing is asked for that the site does not hold.
_EVALUATOR = """// Generated from netkit/policy/policy.js.
(() => {{
{}globalThis.netkitDecide = decide;
}})();
"""
_DATA = "// Generated from netkit/policies and netkit/facts.\nglobalThis.netkitPolicies = {};\n"


def try_it_assets(package: Path = PACKAGE, own: Path | None = None) -> dict[str, str]:
    """Return the generated scripts of "Try it" by their path below the documentation's folder.

    Parameters
    ----------
    package : Path, optional
        The package whose policies can be tried.
    own : Path, optional
        The file of the owner's own policy.

    Returns
    -------
    dict of str to str
        JavaScript by path.
    """
    evaluator = re.sub(r"^export ", "", JAVASCRIPT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    data = json.dumps(policies_data(package, own), separators=(",", ":"), ensure_ascii=False)
    return {
        "assets/try-it/evaluator.js": _EVALUATOR.format(evaluator),
        # A closing tag or a line separator would end a script that is put into a page.
        "assets/try-it/policies.js": _DATA.format(data.replace("<", "\\u003c")),
    }


def policies_data(package: Path = PACKAGE, own: Path | None = None) -> dict[str, Any]:
    """Return the policies as plain data: the owner's own, the house's, the schools.

    Parameters
    ----------
    package : Path, optional
        The package whose policies can be tried.
    own : Path, optional
        The file of the owner's own policy.

    Returns
    -------
    dict
        `actions` (how each is said); `policies` (name, title, `kinds` with the compiled rules, the
        page on which they stand, and how each level is said).
    """
    return {
        "actions": dict(page_words()["actions"]),
        "policies": [_policy(path, own) for path in policy_files(package, own)],
    }


def _policy(path: Path, own: Path | None) -> dict[str, Any]:
    policy = load_policy(path)
    pages = {kind: f"policy/{page_of(path.stem, kind, own)}" for kind in KINDS}
    kinds = {kind: _kind(policy, kind, pages[kind]) for kind in KINDS if kind in policy.kinds}
    return {"name": path.stem, "title": policy.title, "kinds": kinds}


def _kind(policy: Policy, kind: Kind, page: str) -> dict[str, Any]:
    compiled = to_browser_json(policy, kind)
    facts = [_spoken(fact, policy.vocabularies[kind]) for fact in compiled["facts"]]
    return {**compiled, "facts": facts, "page": page}


def _spoken(fact: dict[str, Any], words: Vocabulary) -> dict[str, Any]:
    """Return a fact with its answers as they are said: levels, or ranges of a number."""
    if "levels" in fact:
        said = [[level, plain(level)] for level in fact["levels"]]
    else:
        ends = [cut - 1 for cut in fact["cuts"][1:]] + [None]
        said = [[low, range_words(low, high)] for low, high in zip(fact["cuts"], ends, strict=True)]
    return {**fact, "answers": said, "means": words[fact["name"]].means}
