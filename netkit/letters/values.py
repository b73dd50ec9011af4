"""What a letter must be told: the questions, and the answers from what you typed and your profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netkit.errors import LetterError, did_you_mean
from netkit.plain_yaml import Located, read_yaml

_FIELDS = ("question", "example", "from", "optional")


@dataclass(frozen=True)
class Value:
    """Something a letter must be told.

    Attributes
    ----------
    name : str
        Its name in the template.
    question : str
        What you are asked for it.
    profile : str
        The column of your own profile that answers it, if any.
    optional : bool
        Whether the letter reads well without it.
    example : str
        An invented answer; it shows how the sentence goes on, and fills the template to be linted.
    """

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


def read_values(declared: object, path: Path) -> dict[str, Value]:
    """Read the `values:` of a template's front matter.

    Parameters
    ----------
    declared : object
        Names to their fields.
    path : Path
        The template, for messages.

    Returns
    -------
    dict of str to Value
        In the order of the file.

    Raises
    ------
    LetterError
        A field is missing, unknown or not accepted.
    """
    if not isinstance(declared, Located):
        raise template_error(path, "values is not a list of names", "value_name: {question: ...}")
    return {name: _value(name, fields, path) for name, fields in declared.items()}


def _value(name: str, fields: object, path: Path) -> Value:
    if not isinstance(fields, Located) or not fields.get("question"):
        raise template_error(path, f"the value {name!r} has no question", "{question: What ...?}")
    refuse_fields(fields, _FIELDS, path)
    source = str(fields.get("from", ""))
    if source and not source.startswith("profile."):
        raise template_error(path, f"the value {name!r} comes from {source!r}", "profile.COLUMN")
    optional = fields.get("optional") == "yes"
    example = str(fields.get("example", ""))
    return Value(name, str(fields["question"]), source.removeprefix("profile."), optional, example)


def refuse_fields(fields: Located, accepted: Iterable[str], path: Path) -> None:
    """Refuse a field of a template's front matter that netkit does not know.

    Parameters
    ----------
    fields : Located
        The fields.
    accepted : iterable of str
        The known names.
    path : Path
        The template, for messages.

    Raises
    ------
    LetterError
        There is another field; the message names its line.
    """
    names = list(accepted)
    for name in fields:
        if name not in names:
            raise template_error(
                path, f"line {fields.lines[name]}: saw {name!r}", did_you_mean(name, names)
            )


def template_error(path: Path, seen: str, accepted: str) -> LetterError:
    """Return the error about a template.

    Parameters
    ----------
    path : Path
        The template.
    seen, accepted : str
        What was found, and what would have been right.

    Returns
    -------
    LetterError
        To be raised.
    """
    return LetterError(f"{path.name}: {seen}", accepted=accepted, do="correct the template")


def standing_values(home: Path | None) -> dict[str, str]:
    """Return the values that you wrote down once for all letters.

    Parameters
    ----------
    home : Path or None
        The workspace; its `letters/values.yaml` holds names and values.

    Returns
    -------
    dict of str to str
        Empty without such a file.

    Raises
    ------
    LetterError
        The file is no YAML, or a value is not a text.
    """
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

    Parameters
    ----------
    value : object
        What was typed or found.

    Returns
    -------
    bool
        False for nothing, not-a-number and blanks.

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
    """Return the text of every value: what was said first, else what stands in the profile.

    Parameters
    ----------
    letter : str
        The letter's name, for messages.
    values : mapping of str to Value
        What it must be told.
    said : sequence of mappings
        Names to texts; an earlier mapping goes before a later one.
    profile : mapping of str to object
        Your own profile.

    Returns
    -------
    dict of str to str
        Every value; empty where it is optional and nothing was said.

    Raises
    ------
    MissingValuesError
        Something is not told.
    """
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
