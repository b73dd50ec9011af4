"""YAML that means what a person reads in it: `yes` is the word yes, and every line is remembered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from netkit.bounded_files import read_bounded
from netkit.errors import NetkitError

# The C parser reads a policy in 14 ms that the other takes 125 ms for; not every platform has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Whatever has more digits is no number that a person counts, and would not fit into a column.
_INTEGER = re.compile(r"-?\d{1,18}\Z")
_DECIMAL = re.compile(r"-?\d{1,18}\.\d+\Z")
_TAB = re.compile(r" *\t")
# What people write where YAML wants something else, and what they should write.
_MISTAKES = (
    (
        re.compile(r":\s*[<>]=?\s*\d"),
        "Write a bound in words: {at_least: 15}, {at_most: 3} or {between: [1, 5]}",
    ),
    (
        re.compile(r"""^[\s-]*\w+: +[^'"{\[].*: """),
        'A text with a colon is put in quotes: because: "Note: ..."',
    ),
)
# What YAML never allows in a text; the parser that is written in C does not say where it stands.
_UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Deeper than any file that a person writes; far deeper, the parser itself would fall over.
_DEEPEST = 20
_LONGEST = 5_000_000  # bytes; the longest that is shipped has a hundredth of it


class Located(dict[str, Any]):
    """A mapping that knows the line of each of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def read_yaml(path: Path, *, error: type[NetkitError] = NetkitError) -> Located:
    """Read one YAML file whose top level is a mapping.

    Scalars are words, whole numbers or decimals; YAML's own ideas about `yes`, `on` and dates
    are switched off, because a policy must mean what it says to a reader.
    """
    try:
        text = read_bounded(path, _LONGEST, error=error).decode("utf-8")
    except OSError as problem:
        raise error(f"{path} could not be read ({problem.strerror})", "Check the path") from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        seen = f"the byte {problem.object[problem.start]:#04x} is not UTF-8"
        refuse = _Reading(str(path), error).refuse
        raise refuse(line, seen, "Save the file as UTF-8") from problem
    return parse_yaml(text, name=str(path), error=error)


def parse_yaml(text: str, *, name: str, error: type[NetkitError] = NetkitError) -> Located:
    r"""Parse YAML text as `read_yaml` does.

    Examples
    --------
    >>> parse_yaml("met: yes\nwords: 12", name="example")
    {'met': 'yes', 'words': 12}
    """
    return _Reading(name, error).top(text)


@dataclass(frozen=True)
class _Reading:
    """Takes one text in, event by event, and complains with its name and the line."""

    name: str
    error: type[NetkitError]
    named: dict[str, Any] = field(default_factory=dict)  # by &anchor
    naming: list[str] = field(default_factory=list)  # the anchors that are being read

    def refuse(self, line: int | None, seen: str, do: str) -> NetkitError:
        place = self.name if line is None else f"{self.name}, line {line}"
        return self.error(f"{place}: {seen}", do)

    def top(self, text: str) -> Located:
        if odd := _UNPRINTABLE.search(text):
            line = text.count("\n", 0, odd.start()) + 1
            seen = f"the character U+{ord(odd[0]):04X} is invisible"
            raise self.refuse(line, seen, "Delete it")
        events = self.events(text)
        value = None if (first := next(events, None)) is None else self.value(first, events, 1)
        if value in (None, "") and not text.strip():
            raise self.error(
                f"{self.name} is empty", "Begin with a copy: netkit policy new NAME --from house"
            )
        if not isinstance(value, Located):
            raise self.error(
                f"{self.name} does not hold keys and values",
                "Write `key: value` lines, as the shipped files do",
            )
        if (more := next(events, None)) is not None:
            raise self.refuse(_line(more), "a second document begins", "Write the two into two files")
        return value

    def events(self, text: str) -> Iterator[yaml.Event]:
        """Return what the parser meets, without the beginnings and ends of text and documents."""
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                    yield event
        except yaml.YAMLError as problem:
            mark = getattr(problem, "problem_mark", None)
            line = mark.line + 1 if mark else None
            what = getattr(problem, "problem", None) or "nothing that it could be"
            if mark and _TAB.match("".join(text.splitlines()[mark.line : mark.line + 1])):
                what = "a tab where YAML wants spaces"
            seen = "".join(text.splitlines()[mark.line : mark.line + 1]) if mark else ""
            do = next((do for shape, do in _MISTAKES if shape.search(seen)), "Correct that line")
            raise self.refuse(line, f"this is not valid YAML ({what})", do) from problem

    def value(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:  # noqa: ANN401 - YAML holds anything
        if isinstance(event, yaml.AliasEvent):
            return self.referred(event)
        if (tag := getattr(event, "tag", None)) not in (None, "!"):
            raise self.refuse(_line(event), f"the tag {tag} means nothing here", "Take it out")
        if depth > _DEEPEST:
            seen = f"more than {_DEEPEST} levels lie one within the other"
            raise self.refuse(_line(event), seen, "Write it flatter")
        anchor = getattr(event, "anchor", None)
        self.naming.extend([anchor] if anchor else [])
        value = self.plain(event, events, depth)
        if anchor:
            self.named[self.naming.pop()] = value
        return value

    def plain(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:  # noqa: ANN401 - YAML holds anything
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(event, events, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self.value(child, events, depth + 1) for child in _until_end(events)]
        assert isinstance(event, yaml.ScalarEvent)
        return _scalar(event)

    def referred(self, event: yaml.AliasEvent) -> Any:  # noqa: ANN401 - YAML holds anything
        """Return what an alias stands for; within another, a few lines could stand for billions."""
        if self.naming or event.anchor not in self.named:
            where = f"within &{self.naming[0]}" if self.naming else "for nothing above it"
            seen = f"*{event.anchor} stands {where}"
            raise self.refuse(_line(event), seen, "Write out what it means")
        return self.named[event.anchor]

    def mapping(self, start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Located:
        found = Located(_line(start))
        for event in _until_end(events):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refuse(line, "a key is not a word", "Write a word before the colon")
            key = event.value
            if key in found:
                raise self.refuse(
                    line, f"{key!r} is here a second time", f"Keep it or the one in line {found.lines[key]}"
                )  # fmt: skip
            found[key] = self.value(next(events), events, depth + 1)
            found.lines[key] = line
        return found


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.line + 1


def _until_end(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Return the events at which the members of a list or mapping begin."""
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            return
        yield event


def _scalar(event: yaml.ScalarEvent) -> Any:  # noqa: ANN401 - a word, a number or nothing
    if not event.style:  # a quoted scalar stays the text that it is
        if _INTEGER.match(event.value):
            return int(event.value)
        if _DECIMAL.match(event.value):
            return float(event.value)
        if event.value in ("", "~"):
            return None
    return event.value
