"""Reads letter templates: what a letter needs to be told, its clause and its kind, and the text to fill."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from netkit.errors import LetterError, did_you_mean
from netkit.letters.manners import letter_kinds
from netkit.letters.values import Value, read_values, refuse_fields, template_error
from netkit.plain_yaml import Located, parse_yaml

LETTERS = Path(__file__).parent
SUFFIX = ".md.j2"
FACTS = "facts"
_FIELDS = ("name", "clause", "kind", "people", "to", "subject", "values")
_FRONT = re.compile(r"\A---\s*\n(?P<front>.*?)^---\s*\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
# A line end within a paragraph is only the file's; before a list, a quotation or a heading it counts.
_SOFT_BREAK = re.compile(r"(?<![\\\n])\n(?!\n|[ \t]*(?:[-*+>#]|\d+\.)[ \t])")


@dataclass(frozen=True)
class Template:
    """One letter, ready to be filled.

    Attributes
    ----------
    name : str
        Its name, such as `introduce`.
    clauses : tuple of str
        The clauses it carries out; `own` where it is your own.
    kind : str
        What the linter holds it to, see `manners.letter_kinds`.
    values : dict of str to Value
        What it must be told.
    people : tuple of str
        The values that name the people whose background it gives.
    to, subject, body : str
        Jinja texts; the body is Markdown.
    path : Path
        The file.
    """

    name: str
    clauses: tuple[str, ...]
    kind: str
    values: dict[str, Value]
    people: tuple[str, ...]
    to: str
    subject: str
    body: str
    path: Path


def letter_names(home: Path | None = None) -> tuple[str, ...]:
    """Return the names of all letters.

    Parameters
    ----------
    home : Path, optional
        The workspace, whose `letters/` folder adds your own.

    Returns
    -------
    tuple of str
        In alphabetical order.

    Examples
    --------
    >>> "introduce" in letter_names()
    True
    """
    return tuple(
        sorted({_name(path) for folder in _folders(home) for path in folder.glob(f"*{SUFFIX}")})
    )


def read_template(name: str, *, home: Path | None = None) -> Template:
    """Read a letter template, your own before the shipped one of the same name.

    Front matter that your own leaves out is taken from the shipped template; without any, the
    questions are made from the names of the values.

    Parameters
    ----------
    name : str
        The letter's name.
    home : Path, optional
        The workspace.

    Returns
    -------
    Template
        The template, validated.

    Raises
    ------
    LetterError
        There is no such letter, or the template is not valid; the message names the file.

    Examples
    --------
    >>> read_template("follow-up").clauses
    ('PI8',)
    """
    if name not in letter_names(home):
        raise LetterError(
            f"saw the letter {name!r}",
            accepted=did_you_mean(name, letter_names(home)),
            do="use one of these, or write your own into the workspace's folder letters/",
        )
    paths = [folder / f"{name}{SUFFIX}" for folder in _folders(home)]
    own, *shipped = [path for path in paths if path.is_file()]
    return _read(own, _read(shipped[0], None) if shipped else None)


def sandbox(**options: object) -> ImmutableSandboxedEnvironment:
    """Return the environment in which templates run: no access to Python, nothing written.

    Besides jinja2's filters there are `sentence` and `phrase`, for values at the end and in the
    middle of a sentence: whether a value was typed with a full stop makes no difference.

    Parameters
    ----------
    **options
        Passed on to jinja2.

    Returns
    -------
    ImmutableSandboxedEnvironment
        The environment.
    """
    # No autoescaping: a letter is plain text, and what is Markdown is escaped when it is filled.
    environment = ImmutableSandboxedEnvironment(autoescape=False, **options)
    environment.filters.update(sentence=_sentence, phrase=_phrase)
    return environment


def _phrase(text: str) -> str:
    """Return a value for the middle of a sentence: without the full stop that was typed after it."""
    return text.strip().removesuffix(".")


def _sentence(text: str) -> str:
    """Return a value for the end of a sentence, which it ends with exactly one mark."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _folders(home: Path | None) -> list[Path]:
    return [LETTERS] if home is None else [home / "letters", LETTERS]


def _name(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def _read(path: Path, shipped: Template | None) -> Template:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise template_error(
            path, f"the template is not plain text ({problem.reason})", "a text file in UTF-8"
        ) from problem
    split = _FRONT.match(text)
    front = parse_yaml(split["front"], name=path.name, error=LetterError) if split else Located(1)
    body = _SOFT_BREAK.sub(" ", (split["body"] if split else text).strip())
    return _checked(_template(path, front, body, shipped))


def _template(path: Path, front: Located, body: str, shipped: Template | None) -> Template:
    refuse_fields(front, _FIELDS, path)
    base = shipped or Template(_name(path), ("own",), "reply", {}, (), "", "", "", path)
    values = front.get("values")
    return replace(
        base,
        path=path,
        body=body,
        clauses=_listed(front.get("clause", list(base.clauses))),
        kind=str(front.get("kind", base.kind)),
        people=_listed(front.get("people", list(base.people))),
        to=str(front.get("to", base.to)),
        subject=str(front.get("subject", base.subject)),
        values=base.values if values is None else read_values(values, path),
    )


def _listed(words: object) -> tuple[str, ...]:
    """Return the words of a field that may hold none, one or a list of them."""
    listed = words if isinstance(words, list) else [] if words is None else [words]
    return tuple(str(word) for word in listed)


def _checked(template: Template) -> Template:
    """Refuse what would fail only when the letter is due: bad syntax, a value nobody asks for."""
    if template.kind not in letter_kinds():
        raise template_error(
            template.path,
            f"the kind {template.kind!r}",
            did_you_mean(template.kind, letter_kinds()),
        )
    used = {
        name
        for text in (template.to, template.subject, template.body)
        for name in _used(text, template.path)
    }
    undeclared = sorted(used - set(template.values) - {FACTS})
    if template.values and undeclared:
        raise template_error(
            template.path,
            f"the template uses {undeclared[0]!r}, which is not declared",
            did_you_mean(undeclared[0], template.values),
        )
    asked = {name: Value(name, f"What is {name.replace('_', ' ')}?") for name in undeclared}
    values = {**template.values, **asked}
    for name in template.people:
        if name not in values:
            raise template_error(
                template.path, f"people names {name!r}", did_you_mean(name, values)
            )
    return replace(template, values=values)


def _used(text: str, path: Path) -> set[str]:
    try:
        tree = sandbox().parse(text)
        used = meta.find_undeclared_variables(tree)
    except TemplateError as problem:
        raise template_error(path, f"{problem}", "a jinja2 template") from problem
    if list(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
        raise template_error(path, "the template takes in another file", "one file per letter")
    return used
