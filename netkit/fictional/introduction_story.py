"""The introductions the invented person was asked for: steps, noted facts, and what came of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netkit.fictional.invitation_story import DAY, Calendar
from netkit.fictional.true_process import TrueProcess, stream
from netkit.plain_yaml import Located, read_yaml

_TOLD = read_yaml(Path(__file__).parent / "introductions.yaml")
MAKES = TrueProcess(_TOLD["makes"]["intercept"], dict(_TOLD["makes"]["effects"]))
USEFUL = TrueProcess(_TOLD["useful"]["intercept"], dict(_TOLD["useful"]["effects"]))
_Step = tuple[str, pd.Timestamp, str]
_LET_DOWN = ("no_show", "regretted")


def tell_introductions(seed: int, people: pd.DataFrame, calendar: Calendar) -> dict[str, pd.DataFrame]:
    """Tell the story of the introductions, in the frames of an `InventedPast`."""
    rng, profile = stream(seed, "introductions"), calendar.profile
    chosen = people.sample(62, random_state=rng).reset_index(drop=True)
    asked = np.sort(rng.uniform(2, profile.introduction_days, profile.introductions))[::-1]
    tale = _Tale(rng, calendar)
    for number, back in enumerate(asked, start=1):
        # Few ask often, and few are asked for often: both lists are used from the front.
        requester = chosen.iloc[int(34 * rng.random() ** 1.6)]
        contact = chosen.iloc[34 + int(28 * rng.random() ** 1.6)]
        tale.tell(number, requester, contact, (calendar.second - DAY * float(back)).floor("s"))
    return tale.told()


class _Tale:
    """One introduction after another; earlier outcomes weigh on later answers."""

    def __init__(self, rng: np.random.Generator, calendar: Calendar) -> None:
        self.rng, self.calendar = rng, calendar
        self.steps: list[dict[str, Any]] = []
        self.facts: list[dict[str, Any]] = []
        self.truth: list[dict[str, Any]] = []

    def tell(self, number: int, requester: pd.Series, contact: pd.Series, asked_at: pd.Timestamp) -> None:
        facts = self._draw_facts(requester["key"], contact["key"], asked_at)
        channel = self._pick(_TOLD["channels"])
        texts = _TOLD["purposes"][facts["purpose"]]
        base = {
            "introduction": number,
            "requester": requester["key"],
            "requester_name": requester["name"],
            "contact": contact["key"],
            "contact_name": contact["name"],
            "purpose": facts["purpose"],
            "purpose_text": texts[int(self.rng.integers(len(texts)))],
            "channel": channel,
        }
        shown = [
            base | {"step": step, "at": at, "detail": detail}
            for step, at, detail in self._life(facts, channel, asked_at)
            if at < self.calendar.second
        ]
        self.steps += shown
        self._note(number, facts, asked_at)
        made = any(row["step"] == "introduced" for row in shown)
        chances = {"makes": _chance(MAKES, facts), "useful": _chance(USEFUL, facts)}
        self.truth.append({"introduction": number, **facts, **chances, "made": made})

    def told(self) -> dict[str, pd.DataFrame]:
        steps = pd.DataFrame(self.steps).astype({"at": "datetime64[us, UTC]"})
        steps = steps.sort_values(["at", "introduction"], kind="stable", ignore_index=True)
        steps["detail"] = steps["detail"].mask(steps["detail"] == "")
        ends = steps[steps["step"].str.startswith("outcome_")].rename(columns={"detail": "outcome"})
        ends = ends.assign(side=ends["step"].str.removeprefix("outcome_")).reset_index(drop=True)
        return {
            "introductions": steps,
            "introduction_facts": pd.DataFrame(self.facts).astype({"at": "datetime64[us, UTC]"}),
            "outcomes": ends[["introduction", "side", "outcome", "at"]],
            "introduction_truth": pd.DataFrame(self.truth),
        }

    def _draw_facts(self, requester: str, contact: str, asked_at: pd.Timestamp) -> dict[str, str]:
        facts = {fact: self._pick(levels) for fact, levels in _TOLD["levels"].items()}
        chance = _TOLD["vouches"][facts["requester_known"]]
        for fact in ("vouch_for_work", "vouch_for_character"):
            facts[fact] = "yes" if self.rng.random() < chance else "no"
        prominent = sum(contact.encode()) % 10 < 10 * _TOLD["prominent_share"]
        facts["contact_prominent"] = "yes" if prominent else "no"
        facts["requester_past"] = self._past(requester, asked_at)
        if facts["purpose"] != "venture":
            facts.pop("venture_known")
        return facts

    def _past(self, requester: str, before: pd.Timestamp) -> str:
        """Return what came of this requester's earlier introductions, as known by then."""
        theirs = [row for row in self.steps if row["requester"] == requester and row["at"] < before]
        known = [row["detail"] for row in theirs if row["step"].startswith("outcome_")]
        if not known:
            return "none"
        if any(outcome in _LET_DOWN for outcome in known):
            return "let_down"
        return "good" if all(outcome == "useful" for outcome in known) else "mixed"

    def _life(self, facts: dict[str, str], channel: str, at: pd.Timestamp) -> Iterator[_Step]:
        yield "asked", at, ""
        at = self._later(at, 0.1, 2)
        if channel == "platform_message" and self.rng.random() < 0.35:
            yield "call_me", at, ""
            at = self._later(at, 1, 6)
        elif facts["purpose_specific"] == "no" and self.rng.random() < 0.5:
            yield "asked_more", at, ""
            at = self._later(at, 1, 8)
        if self.rng.random() >= _chance(MAKES, facts):
            yield from self._turned_down(facts, at)
            return
        why = ""
        if self.rng.random() < 0.12:
            why = _TOLD["without_permission"][int(self.rng.integers(2))]
        else:
            yield "permission_asked", at, ""
            if self.rng.random() < 0.05:
                return  # never answered
            at = self._later(at, 0.5, 9)
            refused = self.rng.random() < (0.10 if facts["good_for_contact"] == "yes" else 0.35)
            yield "permission_refused" if refused else "permission_given", at, ""
            if refused:
                yield "declined", self._later(at, 0.1, 2), "The contact would rather not."
                return
            facts["permission"] = "given"
        at = self._later(at, 0.1, 3)
        yield "introduced", at, why
        if self.rng.random() < 0.9:
            yield from self._outcome(facts, self._later(at, 14, 40))

    def _turned_down(self, facts: dict[str, str], at: pd.Timestamp) -> Iterator[_Step]:
        if self.rng.random() < 0.35:
            yield "redirected", at, "Please write to them directly and say why."
        else:
            barely = facts["requester_known"] == "barely"
            yield "declined", at, "I do not know you well enough." if barely else "Not a good fit."

    def _outcome(self, facts: dict[str, str], at: pd.Timestamp) -> Iterator[_Step]:
        yield "followed_up", at, ""
        score = _score(USEFUL, facts)
        mood = float(self.rng.random())  # both sides were at the same meeting
        requester = contact = "useful"
        if mood >= _sigmoid(score):
            requester = self._pick(_TOLD["else_requester"])
        if mood >= _sigmoid(score + _TOLD["useful"]["contact_shift"]):
            contact = self._pick(_TOLD["else_contact"])
        if requester == "no_show":
            contact = "regretted" if self.rng.random() < 0.6 else "no_show"
        at = self._later(at, 0.5, 6)
        yield "outcome_requester", at, requester
        if self.rng.random() < 0.85:
            yield "outcome_contact", self._later(at, 0, 4), contact

    def _note(self, number: int, facts: dict[str, str], asked_at: pd.Timestamp) -> None:
        for fact, left_out in _TOLD["left_out"].items():
            if fact in facts and self.rng.random() >= left_out:
                noted = {"fact": fact, "level": facts[fact], "at": self._later(asked_at, 0.01, 0.09)}
                self.facts.append({"introduction": number, **noted})

    def _later(self, at: pd.Timestamp, least: float, most: float) -> pd.Timestamp:
        return (at + DAY * float(self.rng.uniform(least, most))).floor("s")

    def _pick(self, shares: Located | dict[str, float]) -> str:
        edges = np.cumsum(list(shares.values()))
        return list(shares)[int(np.searchsorted(edges, self.rng.random() * edges[-1]))]


def _score(process: TrueProcess, facts: dict[str, str]) -> float:
    holds = (process.effects.get(fact, {}).get(level, 0.0) for fact, level in facts.items())
    return process.intercept + sum(holds)


def _sigmoid(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))


def _chance(process: TrueProcess, facts: dict[str, str]) -> float:
    return _sigmoid(_score(process, facts))
