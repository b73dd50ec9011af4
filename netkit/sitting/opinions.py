"""The judges that are asked about one request, policy and model side by side, ready to be shown."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from netkit.comparison.learners import action_meaning
from netkit.facts import Kind, Vocabulary
from netkit.model import FittedModel
from netkit.model.effect_wording import part_in_words
from netkit.policy import Decision, Policy, explain
from netkit.policy.clauses import clause_words
from netkit.wording import capital, cited, counted, join_or, spoken

Facts = Mapping[str, object]
_UNITS = 100  # probabilities are said as so many of a hundred
_CHANGES = 2  # more would hide the answer


@dataclass(frozen=True)
class Judges:
    """The policy in office and, where there is one, the model."""

    policy: Policy
    model: FittedModel | None = None
    kind: Kind = "invitation"
    lacks: str = ""  # why the model is not heard

    @property
    def on_record(self) -> "Judges":
        """The same judges for requests of a ledger."""
        return replace(self, policy=self.policy.on_record)

    @property
    def vocabulary(self) -> Vocabulary:
        """The declared facts."""
        return self.policy.vocabularies[self.kind]

    def decide(self, facts: Facts) -> Decision:
        """Return what the policy says."""
        return self.policy.decide_one(facts, self.kind)

    def opinions(self, facts: Facts) -> list[dict[str, Any]]:
        """Return what each judge says and why."""
        said = [self._policy_says(facts)]
        if self.model is not None:
            return [*said, self._model_says(self.model, facts)]
        lacking: dict[str, Any] = {
            "judge": "The model",
            "answer": None,
            "says": "Silent",
            "reason": self.lacks,
            "more": [],
        }
        return [*said, lacking] if self.lacks else said

    def _policy_says(self, facts: Facts) -> dict[str, Any]:
        trace = explain(self.policy, facts, self.kind)
        decision = trace.decision
        answers = join_or(decision.choices)
        of = f"Rule {decision.rule} [{cited(decision.clause)}]"
        rule = [of, *clause_words(decision.clause)] if decision.settled else []
        return {
            "judge": self.policy.title,
            "answer": decision.action,
            "says": capital(decision.said) if decision.settled else f"Not settled yet: {answers}",
            "reason": decision.reason if decision.settled else "",
            "more": [*rule, *(f"{capital(str(change))}." for change in trace.changes[:_CHANGES])],
        }

    def _model_says(self, model: FittedModel, facts: Facts) -> dict[str, Any]:
        frame = pd.DataFrame([{"request": "this", **facts}])
        levels = model.encoder.levels(frame)
        score = float(action_meaning(_answered(self.decide(facts))).iloc[0])
        named = {str(fact): str(level) for fact, level in levels.iloc[0].items()}
        (row,) = model.judge(frame, pd.Series([score])).to_dict(orient="records")
        parts = {part: value for part, value in row["contributions"].items() if abs(value) >= 0.005}
        return {
            "judge": f"The model, learned from {counted(round(model.labels), 'decision')}",
            "answer": row["action"],
            "says": _says(row, sure=bool(model.costs.one_answer(row["low"], row["high"]))),
            "reason": "",
            "more": [] if row["settled"] else [self._still_unsure(row)],
            "chance": float(row["probability"]),
            "low": float(row["low"]),
            "high": float(row["high"]),
            "parts": [
                {"part": part, "words": part_in_words(part, named), "value": round(value, 3)}
                for part, value in sorted(parts.items(), key=lambda pair: -abs(pair[1]))
            ],
        }

    def _still_unsure(self, row: Mapping[Hashable, Any]) -> str:
        answers = join_or([spoken(action) for action in row["possible"]])
        asks = ""
        if pd.notna(row["next_fact"]):
            question = self.vocabulary[row["next_fact"]].question
            asks = f" The question that would tell the model most: {question}"
        return f"What is unknown could still make it {answers}.{asks}"


def _says(row: Mapping[Hashable, Any], *, sure: bool) -> str:
    """Return what the model says; where its interval holds two answers, no more than that."""
    if sure:
        return f"{_sentence(row['action'])}: {_in_a_hundred(row)}"
    low, high = (round(_UNITS * row[name]) for name in ("low", "high"))
    return f"It cannot tell yet: you might accept anywhere from {low} to {high} of {_UNITS} like it"


def _in_a_hundred(row: Mapping[Hashable, Any]) -> str:
    """Return a probability with its interval in words.

    Examples
    --------
    >>> _in_a_hundred({"probability": 0.834, "low": 0.7, "high": 0.91})
    'you accepted about 83 of 100 like it (between 70 and 91)'
    """
    chance, low, high = (round(_UNITS * row[name]) for name in ("probability", "low", "high"))
    return f"you accepted about {chance} of {_UNITS} like it (between {low} and {high})"


def _sentence(action: str) -> str:
    return spoken(action).capitalize()


def _answered(decision: Decision) -> pd.DataFrame:
    """Return a decision as the row of a judgement table that tells the rules' score."""
    return pd.DataFrame({"request": ["this"], "action": [decision.action]})
