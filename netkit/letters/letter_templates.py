"""Reads letter templates: what a letter needs to be told, its clause and its kind, and the text to fill."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from netkit.errors import LetterError, did_you_mean
from netkit.letters.letter_lint import letter_kinds
from netkit.plain_yaml import Located, parse_yaml, read_yaml

_VALUE_FIELDS = ("question", "example", "from", "optional")


@dataclass(frozen=True)
class Value:
    """Something a letter must be told."""

    name: str
    question: str
    profile: str = ""
    optional: bool = False
    example: str = ""


class MissingValuesError(LetterError):
    """A letter cannot be drafted before some questions are answered.

    Parameters
    ----------
    letter : str
        The letter's name.
    missing : dict of str to str
        The missing values, each with its question.
    """

    def __init__(self, letter: str, missing: Mapping[str, str]) -> None:
        self.letter, self.missing = letter, dict(missing)
        asked = " ".join(f"{question} ({name})" for name, question in missing.items())
        super().__init__(
            f"the letter {letter!r} needs to know: {asked}",
            accepted=", ".join(f"{name}=..." for name in missing),
            do="answer these questions",
        )


def _read_values(declared: object, path: Path) -> dict[str, Value]:
    """Read the `values:` of a template's front matter."""
    if not isinstance(declared, Located):
        raise _template_error(path, "values is not a list of names", "value_name: {question: ...}")
    return {name: _value(name, fields, path) for name, fields in declared.items()}


def _value(name: str, fields: object, path: Path) -> Value:
    if not isinstance(fields, Located) or not fields.get("question"):
        raise _template_error(path, f"the value {name!r} has no question", "{question: What ...?}")
    _refuse_fields(fields, _VALUE_FIELDS, path)
    source = str(fields.get("from", ""))
    if source and not source.startswith("profile."):
        raise _template_error(path, f"the value {name!r} comes from {source!r}", "profile.COLUMN")
    optional = fields.get("optional") == "yes"
    example = str(fields.get("example", ""))
    return Value(name, str(fields["question"]), source.removeprefix("profile."), optional, example)


def _refuse_fields(fields: Located, accepted: Iterable[str], path: Path) -> None:
    """Refuse a field of a template's front matter that netkit does not know."""
    names = list(accepted)
    for name in fields:
        if name not in names:
            raise _template_error(
                path, f"line {fields.lines[name]}: saw {name!r}", did_you_mean(name, names)
            )


def _template_error(path: Path, seen: str, accepted: str) -> LetterError:
    """Return the error about a template."""
    return LetterError(f"{path.name}: {seen}", accepted=accepted, do="correct the template")


def standing_values(home: Path | None) -> dict[str, str]:
    """Return the values that you wrote down once for all letters."""
    path = home and home / "letters" / "values.yaml"
    if not path or not path.is_file():
        return {}
    read = read_yaml(path, error=LetterError)
    for name, value in read.items():
        if isinstance(value, dict | list) or not is_told(value):
            raise LetterError(
                f"{path}, line {read.lines[name]}: {name} is {value!r}",
                accepted="one text, such as my_first_name: Kim",
                do="correct it, or take the line out",
            )
    return {name: str(value) for name, value in read.items()}


def is_told(value: object) -> bool:
    """Return whether a value says anything.

    Examples
    --------
    >>> is_told("Ada"), is_told("  ")
    (True, False)
    """
    missing = value is None or value != value  # noqa: PLR0124 - NaN differs from itself
    return not missing and bool(str(value).strip())


def tell(
    letter: str,
    values: Mapping[str, Value],
    said: Sequence[Mapping[str, object]],
    profile: Mapping[str, object],
) -> dict[str, str]:
    """Return the text of every value: what was said first, else what stands in the profile."""
    told = {}
    for name, value in values.items():
        sources = [*(each.get(name) for each in said), profile.get(value.profile)]
        told[name] = next((_plain(each) for each in sources if is_told(each)), "")
    missing = {
        name: value.question
        for name, value in values.items()
        if not told[name] and not value.optional
    }
    if missing:
        raise MissingValuesError(letter, missing)
    return told


def _plain(value: object) -> str:
    """Return a value as text: line ends as they are here, no control characters."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable())


_LETTERS = Path(__file__).parent
_SUFFIX = ".md.j2"
FACTS = "facts"
_TEMPLATE_FIELDS = ("name", "clause", "kind", "people", "to", "subject", "values")
_FRONT = re.compile(r"\A---\s*\n(?P<front>.*?)^---\s*\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
# A line end within a paragraph is only the file's; before a list, a quotation or a heading it counts.
_SOFT_BREAK = re.compile(r"(?<![\\\n])\n(?!\n|[ \t]*(?:[-*+>#]|\d+\.)[ \t])")


@dataclass(frozen=True)
class Template:
    """One letter, ready to be filled."""

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
        sorted({_name(path) for folder in _folders(home) for path in folder.glob(f"*{_SUFFIX}")})
    )


def read_template(name: str, *, home: Path | None = None) -> Template:
    """Read a letter template, your own before the shipped one of the same name.

    Front matter that your own leaves out is taken from the shipped template; without any, the
    questions are made from the names of the values.

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
    paths = [folder / f"{name}{_SUFFIX}" for folder in _folders(home)]
    own, *shipped = [path for path in paths if path.is_file()]
    return _read(own, _read(shipped[0], None) if shipped else None)


def sandbox(**options: object) -> ImmutableSandboxedEnvironment:
    """Return the environment in which templates run: no access to Python, nothing written.

    Besides jinja2's filters there are `sentence` and `phrase`, for values at the end and in the
    middle of a sentence: whether a value was typed with a full stop makes no difference.
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
    return [_LETTERS] if home is None else [home / "letters", _LETTERS]


def _name(path: Path) -> str:
    return path.name.removesuffix(_SUFFIX)


def _read(path: Path, shipped: Template | None) -> Template:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _template_error(
            path, f"the template is not plain text ({problem.reason})", "a text file in UTF-8"
        ) from problem
    split = _FRONT.match(text)
    front = parse_yaml(split["front"], name=path.name, error=LetterError) if split else Located(1)
    body = _SOFT_BREAK.sub(" ", (split["body"] if split else text).strip())
    return _checked(_template(path, front, body, shipped))


def _template(path: Path, front: Located, body: str, shipped: Template | None) -> Template:
    _refuse_fields(front, _TEMPLATE_FIELDS, path)
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
        values=base.values if values is None else _read_values(values, path),
    )


def _listed(words: object) -> tuple[str, ...]:
    """Return the words of a field that may hold none, one or a list of them."""
    listed = words if isinstance(words, list) else [] if words is None else [words]
    return tuple(str(word) for word in listed)


def _checked(template: Template) -> Template:
    """Refuse what would fail only when the letter is due: bad syntax, a value nobody asks for."""
    if template.kind not in letter_kinds():
        raise _template_error(
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
        raise _template_error(
            template.path,
            f"the template uses {undeclared[0]!r}, which is not declared",
            did_you_mean(undeclared[0], template.values),
        )
    asked = {name: Value(name, f"What is {name.replace('_', ' ')}?") for name in undeclared}
    values = {**template.values, **asked}
    for name in template.people:
        if name not in values:
            raise _template_error(
                template.path, f"people names {name!r}", did_you_mean(name, values)
            )
    return replace(template, values=values)


def _used(text: str, path: Path) -> set[str]:
    try:
        tree = sandbox().parse(text)
        used = meta.find_undeclared_variables(tree)
    except TemplateError as problem:
        raise _template_error(path, f"{problem}", "a jinja2 template") from problem
    if list(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
        raise _template_error(path, "the template takes in another file", "one file per letter")
    return used
