"""What traces of acquaintance say of the facts about a request: what is set, what is offered, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from netkit.evidence.traces import Act
from netkit.plain_yaml import read_yaml
from netkit.wording import counted, spoken

_NOUNS = {"meeting": "meeting", "guest": "event"}


@dataclass(frozen=True)
class Known:
    """How often something took place by some moment, when last, when first; nothing where unknown."""

    act: Act
    times: int | None
    last: int | None
    first: int | None = None


@dataclass(frozen=True)
class Told:
    """What evidence says about a request: facts that it sets and facts that it offers, each with its reason.

    An offer is no value: it becomes one when you confirm it.

    Attributes
    ----------
    sets : dict of str to (str, str)
        Fact -> level and reason.
    offers : dict of str to (str, str)
        Fact -> level and reason.
    confirms : dict of str to str
        Fact -> level, of the offers that you confirm by saying that it is the same person.
    """

    sets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    offers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    confirms: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is set and what is proposed, each with its reason."""
        sets = [f"{spoken(fact)}: {level}, for {reason}" for fact, (level, reason) in self.sets.items()]
        offers = [
            f"{spoken(fact)}: perhaps {level}, for {reason}" for fact, (level, reason) in self.offers.items()
        ]
        return (*sets, *offers)

    def beside(self, fact: str) -> str:
        """Return what stands beside the question of a fact: what was found, and what it proposes.

        Parameters
        ----------
        fact : str
            The fact's name.

        Returns
        -------
        str
            Two sentences, or nothing.
        """
        if fact not in self.offers:
            return ""
        level, reason = self.offers[fact]
        return f"{reason[0].upper()}{reason[1:]}. Probably {level}."


@cache
def _rules() -> Any:  # noqa: ANN401 - declared in YAML
    return read_yaml(Path(__file__).parent / "acquaintance.yaml")


def evidence_facts() -> frozenset[str]:
    """Return the facts that any evidence may tell.

    >>> "recognised" in evidence_facts()
    True
    """
    return frozenset(fact for rule in _rules().values() for fact in (*rule["strong"], *rule["offers"]))


def told_by(known: Iterable[Known], *, sure: bool) -> Told:
    """Return what is known about one person as facts; if it is unclear who is meant, they are only offered.

    Examples
    --------
    >>> acts = [Known(Act("mail", "sent"), 7, 1620000000), Known(Act("mail", "received"), 5, 1610000000)]
    >>> told_by(acts, sure=True).sets["recognised"]
    ('yes', 'you wrote to each other 12 times, last in May 2021')
    >>> told_by(acts, sure=False).offers["recognised"][0], told_by([], sure=True).sets
    ('yes', {})
    """
    found = _kinds(known)
    sets: dict[str, tuple[str, str]] = {}
    offers: dict[str, tuple[str, str]] = {}
    confirms: dict[str, str] = {}
    for kind, rule in _rules().items():
        if kind in found:
            says = _said(kind, rule["says"], found[kind])
            for fact in rule["strong"]:
                (sets if sure else offers).setdefault(fact, ("yes", says))
            for fact in rule["offers"]:
                offers.setdefault(fact, ("yes", says))
            confirms |= dict.fromkeys(rule.get("same", ()), "yes")
    offers = {fact: offer for fact, offer in offers.items() if fact not in sets}
    return Told(sets, offers, {fact: level for fact, level in confirms.items() if fact in offers})


def _kinds(known: Iterable[Known]) -> dict[str, list[Known]]:
    acts: dict[str, list[Known]] = {}
    for each in known:
        acts.setdefault(_kind(each.act), []).append(each)
    for both, sent, received in (
        ("mail_both", "mail_sent", "mail_received"),
        ("talk_both", "talk_sent", "talk_received"),
    ):
        if sent in acts and received in acts:
            acts[both] = acts.pop(sent) + acts.pop(received)
    one_way = acts.pop("talk_sent", []) + acts.pop("talk_received", [])
    return acts | ({"talk_one_way": one_way} if one_way else {})


def _kind(act: Act) -> str:
    if act.kind in ("mail", "talk"):
        return f"{act.kind}_{act.direction}"
    if act.kind != "meeting":
        return act.kind
    if act.direction != "accepted":
        return "meeting_invited"
    if not act.size.startswith("2-"):
        return "meeting_large"
    return "meeting_at_place" if act.place else "meeting"


def _said(kind: str, says: str, known: list[Known]) -> str:
    lasts = [each.last for each in known if each.last is not None]
    times = [each.times for each in known]
    told = sum(each for each in times if each is not None)
    noun = _NOUNS.get(kind.partition("_")[0], "time")
    often = counted(told, noun)
    if None in times:  # how often by then was not counted
        often = f"at least {counted(max(told, len(times)), noun)}"
    last = datetime.fromtimestamp(max(lasts), UTC) if lasts else None
    few, _, most = max((each.act.size for each in known), default="").partition("-")
    text = says.format(
        times="once" if often == "1 time" else often,
        last=f"{last:%B %Y}" if last else "",
        people=f"at most {most}" if few == "2" else f"{few} to {most}",
    )
    return text if last else text.replace(", last in ", "")
