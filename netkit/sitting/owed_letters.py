"""How far the letter that an answer owes can be drafted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netkit.letters import MissingValuesError, draft, version_for, versions
from netkit.letters.letter_templates import read_template, standing_values
from netkit.sitting.opinions import Facts

_LANGUAGE = "language"  # told like a value, and of the letter as a whole


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
