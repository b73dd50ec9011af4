"""The first page, for whoever asks: whose rules these are, three doors, the rules in short, and a bar."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from netkit.facts import Kind
from netkit.findings.stamps import Evidence, build_day
from netkit.handbook.owner import Owner, invented_owner
from netkit.handbook.policy_pages import all_facts, own_answers
from netkit.handbook.rendering import render
from netkit.plain_yaml import read_yaml

_SHARE, _MOST = "accepted_percent", 8
ANSWERS = "answers.svg"
_KINDS: tuple[Kind, ...] = ("invitation", "introduction")


def home_page(owner: Owner, own: Path | None = None, *, answers: bool = True) -> str:
    """Return the first page, of an owner and of the policy in office."""
    invented = owner == invented_owner()
    return render(
        "home",
        owner=owner,
        title=in_attribute(owner.headline),
        about=in_attribute(owner.sentence or owner.headline),
        rules=_first_rules(own)[:_MOST] if own else [],
        words={kind: all_facts(own, kind) for kind in _KINDS} if own else {},
        answers=answers,
        day="" if invented else build_day().isoformat(),
        invented=invented,
    )


def in_attribute(text: str) -> str:
    """Return a text as the theme may put it into a tag, which it does as it is, and once unescaped.

    >>> in_attribute('I say "yes" <3')
    'I say &quot;yes&quot; ‹3'
    """
    plain = text.replace("<", "‹").replace(">", "›")
    return escape(plain, quote=False).replace('"', "&quot;").replace("[[", "&#91;[")  # no citation


def _first_rules(own: Path) -> list[tuple[str, dict[str, Any], Mapping[str, Any]]]:
    """Return the rules of a policy of one's own with their kinds and its answers, invitations first."""
    policy = read_yaml(own)
    answers = own_answers(policy)
    return [(kind, rule, answers[kind]) for kind in _KINDS for rule in policy.get(kind, ())]


def share_of_yes(evidence: Evidence) -> float | None:
    """Return how many of a hundred invitations were accepted, None where that may not be shown."""
    found = evidence.known_findings().get(_SHARE)
    value = None if found is None else found.finding.value
    return float(value) if isinstance(value, int | float) else None


def write_answers(evidence: Evidence, folder: Path) -> None:
    """Draw how often each answer was given, where that may be shown."""
    share = share_of_yes(evidence)
    if share is not None:
        (folder / ANSWERS).write_bytes(render("answers.svg", share=round(share)).encode())
