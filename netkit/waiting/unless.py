"""The advice on a request that is open only for what nobody but you could say: "decline, unless you ..."."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netkit.history.labels import DECISIVE
from netkit.plain_yaml import read_yaml
from netkit.policy import Decision, Policy
from netkit.wording import join_or

_FILE = Path(__file__).with_name("unless.yaml")
_YES, _NO = "yes", "no"


@dataclass(frozen=True)
class Unless:
    """What a policy advises as long as you say nothing more, and what you could say against it.

    Attributes
    ----------
    decision : Decision
        What the policy says then; it is not settled.
    words : str
        What would change it: "unless you know them", or what to say before it counts.
    reason : str
        Why; empty where the answer rests on nothing that is known.
    """

    decision: Decision
    action: str
    words: str
    reason: str

    @property
    def said(self) -> str:
        """The answer with what would change it: "decline, unless you know them"."""
        return f"{self.decision.said}, {self.words}"


@cache
def _phrases() -> dict[str, dict[str, Any]]:
    told = read_yaml(_FILE)
    return {str(fact): one if isinstance(one, dict) else {"words": one} for fact, one in told.items()}


def _is_left_out(fact: str, known: Mapping[str, object], unsure: Collection[str]) -> bool:
    """Whether a fact counts as not so of a request as long as you do not say it, or cannot."""
    phrase = _phrases().get(fact)
    if phrase is None or not phrase.get("where", {}).items() <= known.items():
        return False
    return fact in unsure or not phrase.get("unless", {}).items() & known.items()


def advice_unless(
    policy: Policy, known: Mapping[str, object], offered: Collection[str] = (), unsure: Collection[str] = ()
) -> Unless | None:
    """Return what a policy advises of an open request unless you say more; nothing where more must be asked.

    What is left out is only what would be your own word. Nothing is recorded as known, and where another file
    of yours proposes such a fact there is no such advice.

    Parameters
    ----------
    policy : Policy
        The policy in office.
    known : mapping of str to object
        What is known of the request.
    offered : collection of str, optional
        The facts that your other files propose.
    unsure : collection of str, optional
        The facts that you said you do not know.

    Returns
    -------
    Unless or None
        The advice; None where it is settled, or open for another reason.
    """
    asked = policy.decide_one(known, "invitation")
    said = [fact for fact in asked.find_out if _is_left_out(fact, known, unsure)]
    if asked.settled or not said or set(said) & set(offered):
        return None
    without = {**known, **dict.fromkeys(said, _NO)}
    decision = policy.decide_one(without, "invitation")
    if decision.action is None:
        return None
    changes = [
        fact
        for fact in said
        if policy.decide_one({**without, fact: _YES}, "invitation").action != decision.action
    ]
    rule = next(each for each in policy.rules["invitation"] if each.id == decision.rule)
    rests = any(known.get(fact) is not None for fact in rule.facts)
    own = join_or([_phrases()[fact]["words"] for fact in changes or said])
    # Who accepts is not kept from it by knowing somebody: then more is asked first.
    words = f"but say first if you {own}" if DECISIVE.get(decision.action) == 1.0 else f"unless you {own}"
    return Unless(decision, decision.action, words, decision.reason if rests else "")
