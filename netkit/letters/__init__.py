"""Drafts the letter that an answer owes, from a template and what you say; nothing is made up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError

from netkit.errors import LetterError, did_you_mean
from netkit.facts import KINDS, UNKNOWN, vocabulary
from netkit.letters.letter_lint import LintWarning, lint
from netkit.letters.letter_templates import (
    FACTS,
    MissingValuesError,
    Template,
    is_told,
    letter_names,
    read_template,
    sandbox,
    standing_values,
    tell,
)

__all__ = [
    "Letter",
    "MissingValuesError",
    "draft",
    "letter_names",
    "lint",
    "lint_template",
    "questions",
]

# As numbers, because dialects of Markdown differ in what a backslash may stand before.
_MARKDOWN = re.compile(r"[^\w\s]")


@dataclass(frozen=True)
class Letter:
    """A draft, to be read and sent by you.

    Attributes
    ----------
    text : str
        The letter as plain text, to be pasted.
    to, subject : str
        For whom, and about what.
    clause : str
        The clauses it carries out, such as `KP4, KP6`.
    warnings : tuple of str
        What the linter found.
    markdown : str
        The same letter as Markdown in which nothing you typed acts as markup.
    """

    text: str
    to: str
    subject: str
    clause: str
    warnings: tuple[str, ...] = ()
    markdown: str = field(default="", repr=False)


class _Facts(dict[str, Any]):
    """The facts of a request as a template sees them: what is not recorded is `unknown`."""

    def __missing__(self, name: str) -> str:
        declared = [fact for kind in KINDS for fact in vocabulary(kind)]
        if name not in declared:
            raise LetterError(
                f"the letter asks for the fact {name!r}",
                accepted=did_you_mean(name, declared),
                do="correct the template",
            )
        return UNKNOWN


def draft(
    name: str,
    values: Mapping[str, str],
    *,
    facts: Mapping[str, object] | None = None,
    profile: Mapping[str, object] | None = None,
    home: Path | None = None,
) -> Letter:
    """Draft a letter.

    What you say goes before what stands in the workspace's `letters/values.yaml`, and that before
    your profile. Names are values for letters only, never facts.

    Parameters
    ----------
    name : str
        The letter, see `letter_names`.
    values : mapping of str to str
        What you say, by name; see `questions`.
    facts : mapping of str to object, optional
        What is recorded about the request; templates may word a sentence by it.
    profile : mapping of str to object, optional
        Your own profile: column to value.
    home : Path, optional
        The workspace, whose own templates go before the shipped ones.

    Returns
    -------
    Letter
        The draft with the linter's warnings.

    Raises
    ------
    MissingValuesError
        Something must be told first; `missing` holds the questions.
    LetterError
        There is no such letter, or its template is not valid.

    Examples
    --------
    >>> note = draft("follow-up", {"first_name": "Ada", "other_name": "Bo Lind", "my_first_name": "Kim"})
    >>> note.to, note.subject, note.clause, note.warnings
    ('Ada', 'How did it go?', 'PI8', ())
    """
    template = read_template(name, home=home)
    _refuse_unknown(template, values, home)
    told = tell(template.name, template.values, [values, standing_values(home)], profile or {})
    known = _Facts({fact: value for fact, value in (facts or {}).items() if is_told(value)})
    text = _text(template, told, known)
    found = lint(text, template.kind, people=[told[person] for person in template.people])
    return Letter(
        text=text,
        to=_line(_render(template.to, template, told, known)),
        subject=_line(_render(template.subject, template, told, known)),
        clause=", ".join(template.clauses),
        warnings=tuple(str(each) for each in found),
        markdown=_render(_breaks(template, "  \n"), template, told, known, markdown=True),
    )


def questions(name: str, *, home: Path | None = None) -> dict[str, str]:
    """Return what a letter must be told.

    Parameters
    ----------
    name : str
        The letter.
    home : Path, optional
        The workspace.

    Returns
    -------
    dict of str to str
        Value names to questions; those it can do without are left out.

    Examples
    --------
    >>> list(questions("please-call-me"))
    ['requester_first_name', 'contact_name', 'my_telephone', 'my_first_name']
    """
    values = read_template(name, home=home).values
    return {value.name: value.question for value in values.values() if not value.optional}


def lint_template(name: str, *, home: Path | None = None) -> tuple[LintWarning, ...]:
    """Return what the linter finds in a template that is filled with its own example values.

    Parameters
    ----------
    name : str
        The letter.
    home : Path, optional
        The workspace.

    Returns
    -------
    tuple of LintWarning
        Empty for a template without fault.

    Examples
    --------
    >>> lint_template("introduce")
    ()
    """
    template = read_template(name, home=home)
    told = {name: value.example or _example(name) for name, value in template.values.items()}
    text = _text(template, told, _Facts())
    return lint(text, template.kind, people=[told[person] for person in template.people])


def _example(name: str) -> str:
    """Return a value that says no more than its name, so that the template alone is judged."""
    words = name.removesuffix("_name").replace("_", " ")
    return f"{words.title()} Example" if name.endswith("_name") else words


def _refuse_unknown(template: Template, values: Mapping[str, str], home: Path | None) -> None:
    """Refuse a misspelt name; a value that only other letters ask for does no harm."""
    for name in values:
        if name in template.values:
            continue
        if not any(name in read_template(each, home=home).values for each in letter_names(home)):
            raise LetterError(
                f"saw the value {name!r} for the letter {template.name!r}",
                accepted=did_you_mean(name, template.values),
                do="correct the name",
            )


def _render(
    text: str, template: Template, told: Mapping[str, str], facts: _Facts, *, markdown: bool = False
) -> str:
    # `finalize` sees the values and not the template's own words.
    finalize = {"finalize": _escaped} if markdown else {}
    environment = sandbox(undefined=StrictUndefined, **finalize)
    try:
        return environment.from_string(text).render({**told, FACTS: facts})
    except (TemplateError, ArithmeticError, TypeError, ValueError) as problem:
        raise LetterError(
            f"{template.path.name}: {problem}", accepted="a template that fills", do="correct it"
        ) from problem


def _escaped(value: object) -> str:
    """Return a value as Markdown that shows exactly what was typed."""
    return _MARKDOWN.sub(lambda sign: f"&#{ord(sign[0])};", str(value)).replace("_", "&#95;")


def _text(template: Template, told: Mapping[str, str], facts: _Facts) -> str:
    """Return the letter as plain text."""
    lines = _render(_breaks(template, "\n"), template, told, facts).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _breaks(template: Template, line_end: str) -> str:
    """Return the body with its line breaks (a backslash before a line end) written as asked."""
    return template.body.replace("\\\n", line_end)


def _line(text: str) -> str:
    return " ".join(text.split())
