"""Reads declared facts, shipped or of one's own, and refuses with its line what it does not understand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, nextafter
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from netkit.errors import FactError, did_you_mean
from netkit.plain_yaml import Located, read_yaml
from netkit.wording import is_missing, join_or

Kind = Literal["invitation", "introduction", "asking"]
Origin = Literal["derived", "note", "profile", "other_platform", "oneself", "ledger"]
Knowable = Literal["on_arrival", "on_asking", "afterwards"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNKNOWN = "unknown"
TAKE_BACK = "undo"  # said in the place of a level: what was noted is taken back
# What can be answered to each kind of request.
# What may come of an introduction, on either side.
OUTCOMES = ("useful", "neutral", "no_reply", "no_show", "regretted")
ACTIONS: dict[Kind, tuple[str, ...]] = {
    "invitation": ("accept", "ask", "defer", "decline", "ignore"),
    "introduction": ("introduce", "ask_permission", "ask_requester", "redirect", "decline"),
    "asking": ("send", "improve", "wait", "do_not_send"),
}
_BEYOND = 2**63  # what a column of numbers cannot hold
FACT_FIELDS = (
    "question",
    "levels",
    "number",
    "from",
    "effort",
    "knowable",
    "clauses",
    "means",
    "search",
    "restates",
    "ask_asker",
    "asker_says",
    "tell_asker",
)
_NEVER = read_yaml(Path(__file__).parent / "never.yaml", error=FactError)["never"]
FORBIDDEN = frozenset(_NEVER["words"])
_INNOCENT_IN_QUESTIONS = frozenset(_NEVER["innocent_in_questions"])
_INNOCENT_FACTS = frozenset(_NEVER["innocent_facts"])
_EFFORTS = range(10)
_NEEDS = "question: …?, and levels: [yes, no] or number: {bands: [1, 15]}"


@dataclass(frozen=True)
class Fact:
    """One named, typed statement about a request.

    Attributes
    ----------
    name : str
        The name used in rules, sheets and tables.
    question : str
        What the reader is asked.
    levels : tuple of str
        The values it can take, in order; empty for a number. `unknown` is never listed: it is
        the absence of a value.
    bands : tuple of int
        For a number, the lower ends of the bands that the model and the tables use.
    origin : str
        Where the value comes from: `derived` from the export, the `note`, the `profile`,
        an `other_platform`, `oneself`, or the `ledger`.
    effort : int
        How much trouble it is to find out, 0 (nothing to do) to 9.
    knowable : str
        `on_arrival`, `on_asking` (by the time one must decide, if one asks), or `afterwards`,
        which no judge may see.
    clauses : tuple of str
        The published clauses that need it.
    means : str
        What the levels mean, where the question leaves a doubt.
    restates : bool
        Whether it all but restates the decision, so that judges are compared without it as well.
    ask_asker : str
        What somebody who asks is asked himself; empty where only the owner can tell.
    asker_says : dict of str to str
        What the levels are called when he answers; yes and no need nothing.
    tell_asker : str
        What an answer depends on, in words for him: goes on after "It also depends on".
    decimals : bool
        For a number, whether it may have decimals.
    """

    name: str
    question: str
    levels: tuple[str, ...] = ()
    bands: tuple[float, ...] = ()
    origin: Origin = "oneself"
    effort: int = 1
    knowable: Knowable = "on_asking"
    clauses: tuple[str, ...] = ()
    means: str = ""
    restates: bool = False
    ask_asker: str = ""
    asker_says: Mapping[str, str] = field(default_factory=dict, hash=False)
    tell_asker: str = ""
    decimals: bool = False

    def check_name(self) -> None:
        """Refuse a name that no fact may have: what is never a fact about a sender, and what is no name."""
        words = set(self.name.casefold().split("_"))
        questions = f"{self.question} {self.ask_asker}".casefold()
        asked = set(re.findall(r"[a-z]+", questions)) - _INNOCENT_IN_QUESTIONS
        spoken_of = asked - words if self.name in _INNOCENT_FACTS else asked | words
        taboo = sorted(FORBIDDEN & spoken_of)
        # What starts with my_ is about oneself: one's own photograph is part of asking well.
        if taboo and not self.name.startswith("my_"):
            raise FactError(
                f"The fact {self.name!r} speaks of {taboo[0]!r}",
                "Leave it out: a name, a photograph, gender, origin or age is never a fact about a"
                " sender; what somebody did, wrote or asked for can be one",
            )
        if not self.name.isidentifier() or self.name == "request":
            raise FactError(f"{self.name!r} cannot name a fact", "Use letters, digits and underscores")

    @property
    def is_number(self) -> bool:
        """Whether the fact is a number rather than one of a few levels."""
        return not self.levels

    def answered(self, values: str) -> str:
        """Return how it reads that the question has an answer.

        >>> Fact("recognised", "Do you recognise who this is?").answered("no")
        '“Do you recognise who this is?” is answered no'
        """
        return f"“{self.question}” is answered {values}"

    @property
    def dtype(self) -> Literal["str", "Int64", "Float64"]:
        """The type of its column in a frame."""
        return "str" if self.levels else "Float64" if self.decimals else "Int64"

    def after(self, number: float) -> float:
        """Return the next number that the fact can be."""
        return nextafter(number, inf) if self.decimals else number + 1

    def before(self, number: float) -> float:
        """Return the number before that the fact can be."""
        return nextafter(number, -inf) if self.decimals else number - 1

    def banded(self, values: pd.Series) -> pd.Series:
        """Return the values as few levels: themselves, or the band a number falls in.

        Parameters
        ----------
        values : Series, length n
            Values of this fact; missing means unknown.

        Returns
        -------
        Series of str, length n
            Level names, bands such as `1-14` and `15+`, missing kept missing.

        Examples
        --------
        >>> words = Fact("note_words", "How many?", bands=(1, 15))
        >>> words.banded(pd.Series([0, 20])).tolist()
        ['0', '15+']
        """
        if not self.is_number:
            return values
        edges = [0, *(band for band in self.bands if band > 0)]
        # Of a number with decimals a band ends just below where the next begins.
        ends = [*(high if self.decimals else high - 1 for high in edges[1:]), None]
        names = [
            f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"
            for low, high in zip(edges, ends, strict=True)
        ]
        cut = pd.cut(values.astype("Float64"), [*edges, float("inf")], right=False, labels=names)
        return cut.astype("str").where(values.notna())

    def parse(self, value: object) -> str | float | None:
        """Return a typed-in value as this fact's own, None for unknown.

        Parameters
        ----------
        value : object
            A level, a number, or nothing.

        Returns
        -------
        str, number or None
            The value.

        Raises
        ------
        FactError
            The value is not one of the levels.
        """
        if isinstance(value, str) and value in self.levels:  # most are, and a search parses thousands
            return value
        if is_missing(value):
            return None
        text = str(value).strip()
        if text in ("", UNKNOWN):
            return None
        if self.is_number:
            return self._number(text)
        folded = text.casefold()
        if (
            str(value) in ("True", "False")
            and not isinstance(value, str)
            and set(self.levels) == {"yes", "no"}
        ):
            folded = "yes" if value else "no"
        if folded not in self.levels:
            self._refuse(text)
        return folded

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            self._refuse(text)
        if not 0 <= number < _BEYOND or (number != int(number) and not self.decimals):
            self._refuse(text)
        return int(number) if number == int(number) else number

    def _refuse(self, text: str) -> None:
        levels = [*self.levels, UNKNOWN]
        number = f"Use a {'' if self.decimals else 'whole '}number from 0, or unknown"
        raise FactError(
            f"{self.name} cannot be {text!r}", number if self.is_number else did_you_mean(text, levels)
        )


def parse_facts(declared: Located, *, name: str) -> list[Fact]:
    """Read declared facts from the `facts:` part of a YAML file.

    Parameters
    ----------
    declared : Located
        Fact names to their fields, as `read_yaml` returns them.
    name : str
        The file's name, for messages.

    Returns
    -------
    list of Fact
        In the order of the file.

    Raises
    ------
    FactError
        A field is missing, unknown or has a value that is not accepted.
    """
    lines = declared.lines
    return [_fact(_Fields(key, found, name, lines[key])) for key, found in declared.items()]


@dataclass(frozen=True)
class _Fields:
    """What stands in the file about one fact, and how to complain about it."""

    key: str
    found: Any
    file: str
    line: int

    def refuse(self, field: str, seen: str, do: str) -> FactError:
        lines = self.found.lines if isinstance(self.found, Located) else {}
        place = f"{self.file}, line {lines.get(field, self.line)}"
        return FactError(f"{place}: {self.key} {seen}", do)

    def text(self, field: str) -> str:
        value = self.found.get(field)
        if isinstance(value, list | dict):
            raise self.refuse(field, f"has {field}: {value!r}", "Write text")
        return "" if value is None else str(value)

    def one_of(self, field: str, accepted: tuple[str, ...], default: str) -> Any:  # noqa: ANN401 - a literal
        value = self.found.get(field, default)
        if value not in accepted:
            raise self.refuse(field, f"has {field}: {value!r}", did_you_mean(str(value), accepted))
        return value

    def words(self, field: str) -> tuple[str, ...]:
        value = self.found.get(field) or []
        if not isinstance(value, list) or any(isinstance(item, list | dict) for item in value):
            raise self.refuse(field, f"has {field}: {value!r}", "Write a list, such as [yes, no]")
        return tuple(str(item) for item in value)


def _fact(fields: _Fields) -> Fact:
    _refuse_form(fields)
    try:
        Fact(fields.key, fields.text("question"), ask_asker=fields.text("ask_asker")).check_name()
    except FactError as problem:
        raise FactError(f"{fields.file}, line {fields.line}: {problem.wrong}", problem.do) from problem
    return Fact(
        name=fields.key,
        question=fields.text("question"),
        levels=_levels(fields),
        **_number(fields),
        origin=fields.one_of("from", get_args(Origin), "oneself"),
        effort=_effort(fields),
        knowable=fields.one_of("knowable", get_args(Knowable), "on_asking"),
        clauses=fields.words("clauses"),
        means=fields.text("means"),
        restates=fields.one_of("restates", ("true", "false"), "false") == "true",
        ask_asker=fields.text("ask_asker"),
        asker_says=_asker_says(fields),
        tell_asker=fields.text("tell_asker"),
    )


def _refuse_form(fields: _Fields) -> None:
    found = fields.found
    if not isinstance(found, Located):
        raise fields.refuse("", "has no fields", f"Write {_NEEDS}")
    for name in found:
        if name not in FACT_FIELDS:
            raise fields.refuse(name, f"has the field {name!r}", did_you_mean(name, FACT_FIELDS))
    if not found.get("question") or ("levels" in found) == ("number" in found):
        seen = "needs a question and either levels or number"
        raise fields.refuse("", seen, f"Write {_NEEDS}")


def _levels(fields: _Fields) -> tuple[str, ...]:
    levels = tuple(level.casefold() for level in fields.words("levels"))
    taken = {UNKNOWN, TAKE_BACK} & set(levels)
    if "levels" in fields.found and (len(levels) < 2 or len(set(levels)) < len(levels) or taken):
        do = (
            "Write two or more different levels; every fact has 'unknown' by itself, and 'undo' takes a note"
            " back"
        )
        raise fields.refuse("levels", f"has the levels {list(levels)}", do)
    return levels


def _number(fields: _Fields) -> dict[str, Any]:
    """Return the bands of a number, and whether it has decimals."""
    number = fields.found.get("number") or {}
    told = number if isinstance(number, dict) else {"": number}
    bands, decimals = told.get("bands", []), told.get("decimals", "no") == "yes"
    able = int | float if decimals else int
    if (
        not isinstance(bands, list)
        or set(told) - {"bands", "decimals"}
        or told.get("decimals", "no") not in ("yes", "no")
        or not all(isinstance(edge, able) and edge >= 0 for edge in bands)
        or sorted(set(bands)) != bands
    ):
        do = "Write {}, {decimals: yes}, or {bands: [1, 15]} with the lower ends in ascending order"
        raise fields.refuse("number", f"has number: {number!r}", do)
    return {"bands": tuple(bands), "decimals": decimals}


def _asker_says(fields: _Fields) -> dict[str, str]:
    found = fields.found.get("asker_says") or {}
    levels = _levels(fields)
    if not isinstance(found, dict) or set(found) - set(levels):
        do = f"Write a text for the levels {join_or(levels)}, such as {{{levels[0]}: We have met}}"
        raise fields.refuse("asker_says", "has asker_says that are no texts for its levels", do)
    return {level: str(text) for level, text in found.items()}


def _effort(fields: _Fields) -> int:
    effort = fields.found.get("effort", 1)
    if effort not in _EFFORTS or not isinstance(effort, int):
        raise fields.refuse("effort", f"has effort: {effort!r}", "Write a whole number from 0 to 9")
    return effort
