"""What if a fact were otherwise: the same request under changed facts, nothing of it recorded."""

from collections.abc import Mapping
from typing import Any

from netkit.errors import NetkitError
from netkit.facts import UNKNOWN
from netkit.facts.level_words import fact_words, level_words
from netkit.sitting.buttons import button, words
from netkit.sitting.opinions import Facts, Judges
from netkit.wording import spoken


class Hypothetical:
    """A request whose facts can be changed, and how the judges' answers move."""

    def __init__(self, judges: Judges, facts: Facts, title: str = "An invitation") -> None:
        self.judges, self.title, self.problem = judges, title, ""
        self.start = {name: judges.vocabulary[name].parse(value) for name, value in facts.items()}
        self.facts = dict(self.start)
        self._before = judges.opinions(_told(self.start))

    def handle(self, message: Mapping[str, Any]) -> None:
        """Carry out what a button sent; a user's mistake becomes `problem`."""
        self.problem = ""
        try:
            if message["do"] == "suppose":
                self.suppose(message["fact"], message["level"])
            elif message["do"] == "reset":
                self.facts = dict(self.start)
        except NetkitError as mistake:
            self.problem = str(mistake)

    def suppose(self, fact: str, level: object) -> None:
        """Suppose that a fact is otherwise."""
        self.facts[fact] = self.judges.vocabulary[fact].parse(level)

    @property
    def changed(self) -> list[str]:
        """The facts that are supposed to be otherwise."""
        return [name for name in self.judges.vocabulary if self.facts.get(name) != self.start.get(name)]

    def view(self) -> dict[str, Any]:
        """Return everything that is on the screen."""
        now = self.judges.opinions(_told(self.facts))
        judges = [
            {**after, "before": before["says"], "moves": self._moves(before, after)}
            for before, after in zip(self._before, now, strict=True)
        ]
        return {
            "shows": "what_if",
            "title": f"What if? {self.title}",
            "request": "",
            "notice": "Nothing here is recorded.",
            "problem": self.problem,
            "facts": [self._fact(name) for name in self.judges.vocabulary if self._matters(name)],
            "judges": judges,
            "tools": [button("commands", "reset", do="reset")] if self.changed else [],
        }

    def _matters(self, name: str) -> bool:
        """Tell whether any judge looks at a fact."""
        rules = self.judges.policy.rules[self.judges.kind]
        model = self.judges.model
        return any(name in rule.facts for rule in rules) or (
            model is not None and len(model.encoder.counts.get(name, {})) > 1
        )

    def _fact(self, name: str) -> dict[str, Any]:
        fact, value = self.judges.vocabulary[name], self.facts.get(name)
        return {
            "fact": name,
            "from": words()["origins"][fact.origin],
            "words": spoken(name),
            "question": fact.question,
            "number": fact.is_number,
            "level": "" if value is None and fact.is_number else _level(value),
            "levels": [{"level": each, "words": level_words(name, each)} for each in (*fact.levels, UNKNOWN)],
            "changed": name in self.changed,
            "was": level_words(name, _level(self.start.get(name))),
        }

    def _moves(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the model's contributions now and before, the greatest now or before first."""
        was = {part["part"]: part for part in before.get("parts", ())}
        is_ = {part["part"]: part for part in after.get("parts", ())}
        rows = [
            {
                "words": is_[part]["words"] if part in is_ else self._weightless(part, was[part]),
                "value": is_[part]["value"] if part in is_ else 0.0,
                "before": was[part]["value"] if part in was else 0.0,
            }
            for part in {**was, **is_}
        ]
        return sorted(rows, key=lambda row: -max(abs(row["value"]), abs(row["before"])))

    def _weightless(self, part: str, was: Mapping[str, Any]) -> str:
        """Return the words of a part that had a weight and has none now: the level it has now."""
        if part not in self.judges.vocabulary:
            return str(was["words"])
        return fact_words(part, _level(self.facts.get(part)))


def _level(value: object) -> str:
    return UNKNOWN if value is None else str(value)


def _told(facts: Facts) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value is not None}
