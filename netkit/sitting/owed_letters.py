"""Which letter an answer owes, and how far it can be drafted."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from netkit.letters import MissingValuesError, draft, fits, version_for, versions
from netkit.letters.letter_templates import read_template, standing_values
from netkit.policy.rules import Rule, Value
from netkit.sitting.opinions import Facts, Judges
from netkit.waiting.unless import advice_unless

_LANGUAGE = "language"  # told like a value, and of the letter as a whole


def owed_letter(judges: Judges, action: str, facts: Facts) -> str:
    """Return the name of the letter that an answer owes, or nothing.

    Where the answer is not the policy's, it is that of the rule that gives this answer, that no known
    fact contradicts, and that rests on the fewest unknown ones, and then on the most known ones.
    """
    decision = judges.decide(facts)
    if decision.action == action:
        return decision.letter
    values = judges.policy.parse(facts, judges.kind)
    fitting = [
        rule
        for rule in judges.policy.rules[judges.kind]
        if rule.action == action and rule.letter and rule.state(values) is not False
    ]
    nearest = min(fitting, key=lambda rule: _distance(rule, values), default=None)
    return nearest.letter if nearest else ""


def _distance(rule: Rule, values: Mapping[str, Value]) -> tuple[int, int]:
    """Return on how many unknown facts a rule rests; of equals, what speaks of the known ones is nearer."""
    unsure = sum(values.get(name) is None for name in rule.facts)
    return unsure, unsure - len(rule.facts)


def letter_of_answer(
    judges: Judges, action: str, facts: Facts, unsure: Collection[str], home: Path | None
) -> str:
    """Return the name of the letter that an answer owes, or without one the advice, or nothing."""
    unless = advice_unless(judges.policy, facts, unsure=unsure) if judges.kind == "invitation" else None
    advised = unless.decision if unless else judges.decide(facts)
    name = advised.letter if action in ("", advised.action) else owed_letter(judges, action, facts)
    return name if name and fits(name, facts, home=home) else ""


def draft_letter(
    name: str,
    told: Mapping[str, str],
    facts: Facts,
    note: str,
    *,
    profile: Mapping[str, object],
    home: Path | None,
) -> dict[str, Any]:
    """Draft a letter as far as it can be drafted, in the language told, or else in that of the note."""
    told = {**standing_values(home), **told}
    known = ("en", *versions(name, home))
    language = told.get(_LANGUAGE, "").strip().casefold()
    language = language if language in known else version_for(name, note, home)
    values = read_template(name, home=home, language=language).values
    said = {key: value for key, value in told.items() if value and key in values}
    text = {"to": "", "subject": "", "text": "", "english": "", "warnings": []}
    missing: list[str] = []
    try:
        letter = draft(name, said, facts=facts, profile=profile, home=home, language=language)
        text = {
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "english": letter.english,
            "warnings": list(letter.warnings),
        }
    except MissingValuesError as problem:
        missing = list(problem.missing)
    asks = [
        {"name": key, "question": value.question, "value": said.get(key, "")}
        for key, value in values.items()
        if key in said or key in missing
    ]
    if len(known) > 1:
        question = f"In which language ({', '.join(sorted(known))})?"
        asks.append({"name": _LANGUAGE, "question": question, "value": language})
    return {"name": name, **text, "asks": asks}
