"""Letter templates: read and checked, told what they need, and filled into a draft."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from netkit.bounded_files import read_bounded
from netkit.errors import LetterError, did_you_mean
from netkit.facts import KINDS, UNKNOWN, vocabulary
from netkit.letters.letter_lint import LintWarning, letter_kinds, lint
from netkit.plain_yaml import Located, parse_yaml, read_yaml
from netkit.wording import is_missing

# As numbers, because dialects of Markdown differ in what a backslash may stand before.
_MARKDOWN = re.compile(r"[^\w\s]")
# A letter is filled in and not worked out: its parts as jinja2 calls them, and its filters. None of them
# takes longer, or makes more, than what is written there.
_FILLING = (
    nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr, nodes.And, nodes.Or,
    nodes.Not, nodes.Compare, nodes.Operand, nodes.Test, nodes.Filter, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Tuple, nodes.List, nodes.Concat, nodes.Keyword, nodes.Add, nodes.Sub, nodes.Div,
    nodes.Neg,
)  # fmt: skip
_FILTERS = (
    "capitalize", "default", "first", "last", "length", "lower", "title", "trim", "truncate", "upper",
    "sentence", "phrase",
)  # fmt: skip
_LONGEST = 50_000  # bytes of a template
# What filling one may come to: an unknown name, a sum of a number and a text, a filter told nonsense.
_UNFILLED = (
    TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RecursionError,
    TypeError, ValueError,
)  # fmt: skip
_VALUE_FIELDS = ("question", "example", "from", "optional")


@dataclass(frozen=True)
class _Value:
    """Something a letter must be told."""

    name: str
    question: str
    profile: str = ""
    optional: bool = False
    example: str = ""


class MissingValuesError(LetterError):
    """A letter lacks the answers to some questions.

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
            f"The letter {letter!r} needs to know: {asked}",
            f"Answer with {' '.join(f'--value {name}=...' for name in missing)}",
        )


def _read_values(declared: object, path: Path) -> dict[str, _Value]:
    """Read the `values:` of a template's front matter."""
    if not isinstance(declared, Located):
        raise _template_error(path, "values is not a list of names", "Write value_name: {question: ...}")
    return {name: _value(name, fields, path) for name, fields in declared.items()}


def _value(name: str, fields: object, path: Path) -> _Value:
    if not isinstance(fields, Located) or not fields.get("question"):
        raise _template_error(path, f"the value {name!r} has no question", "Write {question: What ...?}")
    _refuse_fields(fields, _VALUE_FIELDS, path)
    source = str(fields.get("from", ""))
    if source and not source.startswith("profile."):
        raise _template_error(path, f"the value {name!r} comes from {source!r}", "Write profile.COLUMN")
    optional = fields.get("optional") == "yes"
    example = str(fields.get("example", ""))
    return _Value(name, str(fields["question"]), source.removeprefix("profile."), optional, example)


def _refuse_fields(fields: Located, accepted: Sequence[str], path: Path) -> None:
    """Refuse a field of a template's front matter that netkit does not know."""
    for name in fields:
        if name not in accepted:
            raise _template_error(
                path, f"line {fields.lines[name]}: there is no field {name!r}", did_you_mean(name, accepted)
            )


def _template_error(path: Path, seen: str, do: str) -> LetterError:
    return LetterError(f"{path.name}: {seen}", do)


def standing_values(home: Path | None) -> dict[str, str]:
    """Return the values that you wrote down once for all letters."""
    path = home and home / "letters" / "values.yaml"
    if not path or not path.is_file():
        return {}
    read = read_yaml(path, error=LetterError)
    for name, value in read.items():
        if isinstance(value, dict | list) or not _is_told(value):
            raise LetterError(
                f"{path}, line {read.lines[name]}: {name} is {value!r}",
                "Write one text, such as my_first_name: Kim, or take the line out",
            )
    return {name: str(value) for name, value in read.items()}


def _is_told(value: object) -> bool:
    """Return whether a value says anything.

    >>> _is_told("Ada"), _is_told("  ")
    (True, False)
    """
    return not is_missing(value) and bool(str(value).strip())


def _tell(
    letter: str,
    values: Mapping[str, _Value],
    said: Sequence[Mapping[str, object]],
    profile: Mapping[str, object],
) -> dict[str, str]:
    """Return the text of every value: what was said first, else what stands in the profile."""
    told = {}
    for name, value in values.items():
        sources = [*(each.get(name) for each in said), profile.get(value.profile)]
        told[name] = next((_plain(each) for each in sources if _is_told(each)), "")
    missing = {
        name: value.question for name, value in values.items() if not told[name] and not value.optional
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
_FACTS = "facts"
_TEMPLATE_FIELDS = ("name", "clause", "kind", "people", "to", "subject", "not_when", "values", "examples")
_ENGLISH = "en"
_FRONT = re.compile(r"\A---\s*\n(?P<front>.*?)^---\s*\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
# A line end within a paragraph is only the file's; before a list, a quotation or a heading it counts.
_SOFT_BREAK = re.compile(r"(?<![\\\n])\n(?!\n|[ \t]*(?:[-*+>#]|\d+\.)[ \t])")


@dataclass(frozen=True)
class _Template:
    """One letter, ready to be filled."""

    name: str
    clauses: tuple[str, ...]
    kind: str
    values: dict[str, _Value]
    people: tuple[str, ...]
    to: str
    subject: str
    body: str
    path: Path
    not_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # fact -> levels; all must hold


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
    files = (path for folder in _folders(home) for path in folder.glob(f"*{_SUFFIX}") if path.is_file())
    return tuple(sorted({_name(path) for path in files}))


def read_template(name: str, *, home: Path | None = None, language: str = _ENGLISH) -> _Template:
    """Read a letter template, your own before the shipped one of the same name.

    Front matter that your own leaves out is taken from the shipped template; without any, the
    questions are made from the names of the values. A version in another language stands in a folder of
    that language and takes all but its words, its subject and its examples from the letter it translates.

    >>> read_template("follow-up").clauses
    ('PI8',)
    >>> read_template("introduce", language="de").clauses == read_template("introduce").clauses
    True
    """
    if language != _ENGLISH:
        return _read_version(name, language, home)
    if name not in letter_names(home):
        raise LetterError(
            f"There is no letter {name!r}",
            f"{did_you_mean(name, letter_names(home))} Or write your own into the workspace's folder"
            " letters/",
        )
    paths = [folder / f"{name}{_SUFFIX}" for folder in _folders(home)]
    own, *shipped = [path for path in paths if path.is_file()]
    return _read(own, _read(shipped[0], None) if shipped else None)


def versions(name: str, home: Path | None = None) -> tuple[str, ...]:
    """Return the languages, by code, in which there is a version of a letter besides its own.

    Examples
    --------
    >>> versions("introduce"), versions("follow-up")
    (('de', 'es', 'fr', 'it', 'nl', 'pt'), ())
    """
    return tuple(code for code in sorted(_languages()) if _version_files(name, code, home))


def version_for(name: str, note: str, home: Path | None = None) -> str:
    """Return the language of the letter that answers a note: the note's own if the letter has that version.

    A letter that you wrote yourself stays as you wrote it, unless you wrote the version too.

    Examples
    --------
    >>> version_for("introduce", "Ich bin Redakteurin bei einem Verlag und würde gern von Ihnen lernen.")
    'de'
    >>> version_for("introduce", "Hallo Kim!")
    'en'
    """
    from netkit.notes import note_language

    language = note_language(note)
    files = _version_files(name, language, home)
    own = home is not None and (home / "letters" / f"{name}{_SUFFIX}").is_file()
    return language if files and not (own and files[0].is_relative_to(_LETTERS)) else _ENGLISH


def _languages() -> dict[str, str]:
    """Return the languages in which notes are read; the reader is loaded only where a letter has several."""
    from netkit.notes import languages

    return languages()


def _version_files(name: str, language: str, home: Path | None) -> list[Path]:
    """Return the files of a letter in a language, your own first."""
    if language not in _languages() or name not in letter_names(home):
        return []
    paths = [folder / language / f"{name}{_SUFFIX}" for folder in _folders(home)]
    return [path for path in paths if path.is_file()]


def _read_version(name: str, language: str, home: Path | None) -> _Template:
    """Read a letter in another language; what you tell it in that language is asked for with an example."""
    base = read_template(name, home=home)
    files = _version_files(name, language, home)
    if not files:
        known = ", ".join([_ENGLISH, *versions(name, home)])
        raise LetterError(
            f"There is no version of the letter {name!r} in {language!r}", f"Take one of {known}"
        )
    if files[0].is_relative_to(_LETTERS):
        base = read_template(name)
    template = _read(files[0], base)
    spoken = _languages()[language]
    values = {
        value.name: replace(
            value, question=_sentence(f"{value.question} Write it in {spoken}, such as: {value.example}")
        )
        if value.example != base.values[value.name].example
        else value
        for value in template.values.values()
    }
    return replace(template, values=values)


def _sandbox(**options: object) -> ImmutableSandboxedEnvironment:
    """Return the environment in which templates run: no access to Python, nothing written.

    Besides some of jinja2's filters there are `sentence` and `phrase`, for values at the end and in the
    middle of a sentence: whether a value was typed with a full stop makes no difference.
    """
    # No autoescaping: a letter is plain text, and what is Markdown is escaped when it is filled.
    environment = ImmutableSandboxedEnvironment(autoescape=False, **options)
    known = environment.filters | {"sentence": _sentence, "phrase": _phrase}
    environment.filters = {name: known[name] for name in _FILTERS}
    environment.globals.clear()
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


def _read(path: Path, shipped: _Template | None) -> _Template:
    try:
        text = read_bounded(path, _LONGEST, error=LetterError).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        raise _template_error(
            path, f"the template is not plain text ({problem.reason})", "Save it as UTF-8"
        ) from problem
    split = _FRONT.match(text)
    front = parse_yaml(split["front"], name=path.name, error=LetterError) if split else Located(1)
    body = _SOFT_BREAK.sub(" ", (split["body"] if split else text).strip())
    return _checked(_template(path, front, body, shipped))


def _template(path: Path, front: Located, body: str, shipped: _Template | None) -> _Template:
    _refuse_fields(front, _TEMPLATE_FIELDS, path)
    base = shipped or _Template(_name(path), ("own",), "reply", {}, (), "", "", "", path)
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
        not_when=_read_conditions(front["not_when"], path) if "not_when" in front else base.not_when,
        values=_with_examples(
            base.values if values is None else _read_values(values, path), front.get("examples"), path
        ),
    )


def _read_conditions(told: object, path: Path) -> dict[str, tuple[str, ...]]:
    """Return the facts under which a letter is not offered, each with its levels."""
    if not isinstance(told, dict):
        raise _template_error(path, "not_when is not a list of facts", "Write fact: [level, ...]")
    declared = {name: fact for kind in KINDS for name, fact in vocabulary(kind).items()}
    for name, levels in told.items():
        if name not in declared:
            raise _template_error(path, f"there is no fact {name!r}", did_you_mean(str(name), declared))
        known = (*declared[name].levels, UNKNOWN)
        for level in _listed(levels):
            if level not in known:
                raise _template_error(path, f"{name} is never {level!r}", did_you_mean(level, known))
    return {name: _listed(levels) for name, levels in told.items()}


def _with_examples(values: dict[str, _Value], examples: object, path: Path) -> dict[str, _Value]:
    """Return values with the examples that a version in another language gives for them."""
    if examples is None:
        return values
    if not isinstance(examples, Located):
        raise _template_error(path, "examples is not a list of names", "Write value_name: an example")
    _refuse_fields(examples, tuple(values), path)
    given = {name: replace(values[name], example=str(example)) for name, example in examples.items()}
    return {**values, **given}


def _listed(words: object) -> tuple[str, ...]:
    """Return the words of a field that may hold none, one or a list of them."""
    listed = words if isinstance(words, list) else [] if words is None else [words]
    return tuple(str(word) for word in listed)


def _checked(template: _Template) -> _Template:
    """Refuse what would fail only when the letter is due: bad syntax, a value nobody asks for."""
    if template.kind not in letter_kinds():
        kinds = did_you_mean(template.kind, letter_kinds())
        raise _template_error(template.path, f"there is no kind of letter {template.kind!r}", kinds)
    texts = (template.to, template.subject, template.body)
    used = set().union(*(_used(text, template.path) for text in texts))
    undeclared = sorted(used - set(template.values) - {_FACTS})
    if template.values and undeclared:
        raise _template_error(
            template.path,
            f"the template uses {undeclared[0]!r}, which is not declared",
            did_you_mean(undeclared[0], template.values),
        )
    asked = {name: _Value(name, f"What is {name.replace('_', ' ')}?") for name in undeclared}
    values = {**template.values, **asked}
    for name in template.people:
        if name not in values:
            raise _template_error(
                template.path, f"people names {name!r}, which is no value", did_you_mean(name, values)
            )
    return replace(template, values=values)


def _used(text: str, path: Path) -> set[str]:
    """Return the values that a text uses, or refuse it where it does more than to fill them in."""
    try:
        tree = _sandbox().parse(text)
        _refuse_programs(tree, path)
        used = meta.find_undeclared_variables(tree)
        _sandbox().from_string(text)
    except TemplateSyntaxError as problem:
        raise _template_error(
            path, f"line {problem.lineno}: {problem.message}", "Correct the template"
        ) from problem
    except (TemplateError, ValueError) as problem:
        raise _template_error(path, f"{problem}", "Correct the template") from problem
    except (RecursionError, SyntaxError, MemoryError) as problem:  # what Python makes of a very deep one
        raise _template_error(path, "the template is nested too deeply", "Use a few levels") from problem
    return used


def _refuse_programs(tree: nodes.Template, path: Path) -> None:
    """Refuse what could run for long or grow: loops, macros, calls, sums, and files within files."""
    if list(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
        raise _template_error(path, "the template takes in another file", "Write one file per letter")
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _FILLING):
            kind = type(node).__name__.casefold()
            seen = f"line {node.lineno}: the template has a '{kind}', which no letter needs"
            raise _template_error(path, seen, f"Use values, if, else and the filters {', '.join(_FILTERS)}")


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
    english : str
        What the letter says in English, if it is in another language.
    markdown : str
        The same letter as Markdown in which nothing you typed acts as markup.
    """

    text: str
    to: str
    subject: str
    clause: str
    warnings: tuple[str, ...] = ()
    english: str = ""
    markdown: str = field(default="", repr=False)


class _Facts(dict[str, Any]):
    """The facts of a request as a template sees them: what is not recorded is `unknown`."""

    def __missing__(self, name: str) -> str:
        declared = [fact for kind in KINDS for fact in vocabulary(kind)]
        if name not in declared:
            raise LetterError(
                f"The letter asks for the fact {name!r}, which is not declared", did_you_mean(name, declared)
            )
        return UNKNOWN


def draft(
    name: str,
    values: Mapping[str, str],
    *,
    facts: Mapping[str, object] | None = None,
    profile: Mapping[str, object] | None = None,
    home: Path | None = None,
    language: str = _ENGLISH,
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
    language : str, optional
        The language of the letter by its code, one of `versions`.

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
    template = read_template(name, home=home, language=language)
    _refuse_unknown(template, values, home)
    told = _tell(template.name, template.values, [values, standing_values(home)], profile or {})
    known = _Facts({fact: value for fact, value in (facts or {}).items() if _is_told(value)})
    text = _text(template, told, known)
    found = lint(text, template.kind, people=[told[person] for person in template.people])
    return Letter(
        text=text,
        to=_line(_render(template.to, template, told, known)),
        subject=_line(_render(template.subject, template, told, known)),
        clause=", ".join(template.clauses),
        warnings=tuple(str(each) for each in found),
        english="" if language == _ENGLISH else _text(read_template(name, home=home), told, known),
        markdown=_render(_breaks(template, "  \n"), template, told, known, markdown=True),
    )


def fits(name: str, facts: Mapping[str, object], *, home: Path | None = None) -> bool:
    """Tell whether a letter's words fit what is known of a request, so that it may be offered.

    Parameters
    ----------
    name : str
        The letter.
    facts : mapping of str to object
        The known facts of the request; one that is left out counts as `unknown`.
    home : Path, optional
        The workspace.

    Returns
    -------
    bool
        False where everything holds that the letter's `not_when` names.

    Examples
    --------
    >>> fits("rule-and-other-ways", {"note_kind": "none"}), fits("rule-and-other-ways", {})
    (False, True)
    """
    out = read_template(name, home=home).not_when
    return not out or any(str(facts.get(fact) or UNKNOWN) not in levels for fact, levels in out.items())


def questions(name: str, *, home: Path | None = None) -> dict[str, str]:
    """Return the questions that a letter needs answered.

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


def lint_template(
    name: str, *, home: Path | None = None, language: str = _ENGLISH
) -> tuple[LintWarning, ...]:
    """Return what the linter finds in a template that is filled with its own example values.

    Parameters
    ----------
    name : str
        The letter.
    home : Path, optional
        The workspace.
    language : str, optional
        The language of the version by its code.

    Returns
    -------
    tuple of LintWarning
        Empty for a template without fault.

    Examples
    --------
    >>> lint_template("introduce")
    ()
    """
    template = read_template(name, home=home, language=language)
    told = {name: value.example or _example(name) for name, value in template.values.items()}
    text = _text(template, told, _Facts())
    return lint(text, template.kind, people=[told[person] for person in template.people])


def _example(name: str) -> str:
    """Return a value that says no more than its name, so that the template alone is judged."""
    words = name.removesuffix("_name").replace("_", " ")
    return f"{words.title()} Example" if name.endswith("_name") else words


def _refuse_unknown(template: _Template, values: Mapping[str, str], home: Path | None) -> None:
    """Refuse a misspelt name; a value that only other letters ask for does no harm."""
    for name in values:
        if name in template.values:
            continue
        if not any(name in read_template(each, home=home).values for each in letter_names(home)):
            raise LetterError(
                f"The letter {template.name!r} has no value {name!r}", did_you_mean(name, template.values)
            )


def _render(
    text: str, template: _Template, told: Mapping[str, str], facts: _Facts, *, markdown: bool = False
) -> str:
    # `finalize` sees the values and not the template's own words.
    finalize = {"finalize": _escaped} if markdown else {}
    environment = _sandbox(undefined=StrictUndefined, **finalize)
    try:
        return environment.from_string(text).render({**told, _FACTS: facts})
    except _UNFILLED as problem:
        raise LetterError(
            f"{template.path.name} cannot be filled in: {problem}", "Correct the template"
        ) from problem


def _escaped(value: object) -> str:
    """Return a value as Markdown that shows exactly what was typed."""
    return _MARKDOWN.sub(lambda sign: f"&#{ord(sign[0])};", str(value)).replace("_", "&#95;")


def _text(template: _Template, told: Mapping[str, str], facts: _Facts) -> str:
    """Return the letter as plain text."""
    lines = _render(_breaks(template, "\n"), template, told, facts).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _breaks(template: _Template, line_end: str) -> str:
    """Return the body with its line breaks (a backslash before a line end) written as asked."""
    return template.body.replace("\\\n", line_end)


def _line(text: str) -> str:
    return " ".join(text.split())
