"""The letter that an answer owes, drafted from what is known, with what it still needs to be told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netkit.lab.bench import Bench, Facts
from netkit.letters import MissingValuesError, draft
from netkit.letters.templates import read_template
from netkit.policy.rules import Condition, Rule, Value


def owed_letter(bench: Bench, action: str, facts: Facts) -> str:
    """Return the name of the letter that an answer owes.

    Parameters
    ----------
    bench : Bench
        The judges.
    action : str
        The answer, the policy's or another.
    facts : mapping of str to object
        What is known.

    Returns
    -------
    str
        The deciding rule's letter; where the answer is not the policy's, that of the rule that gives
        this answer, that no known fact contradicts, and that rests on the fewest unknown ones. Empty
        where none is owed.
    """
    decision = bench.decide(facts)
    if decision.action == action:
        return decision.letter
    values = bench.policy.parse(facts, bench.kind)
    fitting = [
        rule
        for rule in bench.policy.rules[bench.kind]
        if rule.action == action
        and rule.letter
        and all(_may_hold(condition, values.get(name)) for name, condition in rule.when.items())
    ]
    nearest = min(fitting, key=lambda rule: _unsure(rule, values), default=None)
    return nearest.letter if nearest else ""


def _unsure(rule: Rule, values: Mapping[str, Value]) -> int:
    return sum(values.get(name) is None for name in rule.when)


def _may_hold(condition: Condition, value: Value) -> bool:
    return value is None or condition.accepts(value)


def draft_letter(
    name: str,
    told: Mapping[str, str],
    facts: Facts,
    *,
    profile: Mapping[str, object],
    home: Path | None,
) -> dict[str, Any]:
    """Draft a letter as far as it can be drafted.

    Parameters
    ----------
    name : str
        The letter.
    told : mapping of str to str
        What was typed, or read off the request, by the name of the value.
    facts : mapping of str to object
        What is known; templates may word a sentence by it.
    profile : mapping of str to object
        Your own profile.
    home : Path or None
        The workspace, whose own templates go first.

    Returns
    -------
    dict
        `name`, `to`, `subject`, `text` (empty while something is missing), `warnings`, and `asks`:
        `name`, `question` and `value` of what it is told.
    """
    values = read_template(name, home=home).values
    said = {key: value for key, value in told.items() if value and key in values}
    text = {"to": "", "subject": "", "text": "", "warnings": []}
    missing: list[str] = []
    try:
        letter = draft(name, said, facts=facts, profile=profile, home=home)
        text = {
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "warnings": list(letter.warnings),
        }
    except MissingValuesError as problem:
        missing = list(problem.missing)
    asks = [
        {"name": key, "question": value.question, "value": said.get(key, "")}
        for key, value in values.items()
        if key in said or key in missing
    ]
    return {"name": name, **text, "asks": asks}
