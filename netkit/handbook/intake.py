"""What the page "Before you write to me" loads: whose it is, letters to fill in, and the linter."""

import json
import re
from pathlib import Path
from typing import Any

from netkit.errors import LetterError
from netkit.handbook.owner import Owner
from netkit.handbook.rendering import page_words
from netkit.letters.letter_lint import letter_patterns
from netkit.letters.letter_templates import read_template
from netkit.notes.phrase_lists import draft_patterns

_LETTERS = {"invitation": "invitation-note", "introduction": "please-introduce-me"}
_FILLED = re.compile(r"\{\{ (\w+)(?: \| (?:sentence|phrase))? \}\}")
_WORDS = "// Generated from the owner, netkit/letters and netkit/phrases.\nglobalThis.netkitIntake = {};\n"


def intake_assets(owner: Owner, home: Path | None = None) -> dict[str, str]:
    """Return the generated script of the page by its path below the documentation's folder."""
    languages, longest = draft_patterns()
    data = {
        "owner": {"called": owner.called, "reach": owner.reach, "address": owner.address},
        "expect": dict(page_words()["expect"]),
        "letters": {kind: _letter(name, home) for kind, name in _LETTERS.items()},
        "lint": {"checks": letter_patterns(), "languages": languages, "longest": longest},
    }
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    return {"assets/intake/words.js": _WORDS.format(text)}


def _letter(name: str, home: Path | None) -> dict[str, Any]:
    """Return a letter as the page fills it in; one of your own that it cannot fill gives way to netkit's."""
    template = read_template(name, home=home)
    if re.search(r"\{[%{#]", _FILLED.sub("", template.body)):
        if home is None:
            raise LetterError(
                f"{name} cannot be filled in a browser. Leave conditions and other filters out."
            )
        return _letter(name, None)
    values = [
        {"name": key, "question": value.question, "example": value.example}
        for key, value in template.values.items()
    ]
    return {
        "kind": template.kind, "subject": template.subject, "body": template.body.strip(),
        "people": list(template.people), "values": values,
    }  # fmt: skip
