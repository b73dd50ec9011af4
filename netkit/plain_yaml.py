"""YAML that means what a person reads in it: `yes` is the word yes, and every line is remembered."""

import re
from pathlib import Path
from typing import Any

import yaml

from netkit.errors import NetkitError

# The C parser reads a policy in 14 ms that the other takes 125 ms for; not every platform has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?\d+\Z")
_DECIMAL = re.compile(r"-?\d+\.\d+\Z")


class Located(dict[str, Any]):
    """A mapping that knows the line of each of its keys.

    Attributes
    ----------
    line : int
        The first line of the mapping, counted from 1.
    lines : dict of str to int
        The line of each key.
    """

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def read_yaml(path: Path, *, error: type[NetkitError] = NetkitError) -> Located:
    """Read one YAML file whose top level is a mapping.

    Scalars are words, whole numbers or decimals; YAML's own ideas about `yes`, `on` and dates
    are switched off, because a policy must mean what it says to a reader.

    Parameters
    ----------
    path : Path
        The file, UTF-8.
    error : type, default NetkitError
        The kind of error to raise.

    Returns
    -------
    Located
        The mapping; nested mappings are `Located` too.

    Raises
    ------
    NetkitError
        The file is missing, not YAML, or names a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(
            f"{path} could not be read ({problem})",
            accepted="a UTF-8 YAML file",
            do="check the path",
        ) from problem
    return parse_yaml(text, name=str(path), error=error)


def parse_yaml(text: str, *, name: str, error: type[NetkitError] = NetkitError) -> Located:
    r"""Parse YAML text as `read_yaml` does.

    Parameters
    ----------
    text : str
        The YAML text.
    name : str
        What to call the text in messages.
    error : type, default NetkitError
        The kind of error to raise.

    Returns
    -------
    Located
        The mapping.

    Examples
    --------
    >>> parse_yaml("met: yes\nwords: 12", name="example")
    {'met': 'yes', 'words': 12}
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"{name}, line {mark.line + 1}" if mark else name
        what = getattr(problem, "problem", None) or "not YAML"
        raise error(f"{place}: {what}", accepted="valid YAML", do="correct that line") from problem
    if not isinstance(node, yaml.MappingNode):
        raise error(
            f"{name} is not a mapping", accepted="keys and values", do="see the shipped files"
        )
    value = _value(node, name, error)
    assert isinstance(value, Located)
    return value


def _value(node: yaml.Node, name: str, error: type[NetkitError]) -> Any:  # noqa: ANN401 - YAML holds anything
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, name, error)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, name, error) for child in node.value]
    assert isinstance(node, yaml.ScalarNode)
    if not node.style:  # a quoted scalar stays the text that it is
        if _INTEGER.match(node.value):
            return int(node.value)
        if _DECIMAL.match(node.value):
            return float(node.value)
        if node.value in ("", "~"):
            return None
    return node.value


def _mapping(node: yaml.MappingNode, name: str, error: type[NetkitError]) -> Located:
    found = Located(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key, str):
            raise error(
                f"{name}, line {line}: a key that is not a word", accepted="a word", do="correct it"
            )
        if key in found:
            raise error(
                f"{name}, line {line}: {key!r} stands here a second time",
                accepted="each key once",
                do=f"keep it or the one in line {found.lines[key]}",
            )
        found[key] = _value(value_node, name, error)
        found.lines[key] = line
    return found
