"""Drafts the letter that an answer owes, from a template and what you say; nothing is made up."""

from netkit.letters.letter_lint import lint
from netkit.letters.letter_templates import (
    Letter,
    MissingValuesError,
    draft,
    fits,
    letter_names,
    lint_template,
    questions,
    version_for,
    versions,
)

__all__ = [
    "Letter",
    "MissingValuesError",
    "draft",
    "fits",
    "letter_names",
    "lint",
    "lint_template",
    "questions",
    "version_for",
    "versions",
]
