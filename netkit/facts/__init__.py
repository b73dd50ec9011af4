"""The vocabulary: what can be known about a request, with its question, levels, origin and effort."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from netkit.errors import FactError, did_you_mean
from netkit.plain_yaml import Located, read_yaml

Kind = Literal["invitation", "introduction", "asking"]
Origin = Literal["derived", "note", "profile", "other_platform", "oneself", "ledger"]
Knowable = Literal["on_arrival", "on_asking", "afterwards"]

KINDS: tuple[Kind, ...] = get_args(Kind)
UNKNOWN = "unknown"
_FOLDER = Path(__file__).parent
_FIELDS = (
    "question",
    "levels",
    "number",
    "from",
    "effort",
    "knowable",
    "clauses",
    "means",
    "search",
)
_NEVER = read_yaml(_FOLDER / "never.yaml", error=FactError)["never"]
FORBIDDEN = frozenset(_NEVER["words"])
_INNOCENT_IN_QUESTIONS = frozenset(_NEVER["innocent_in_questions"])


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
    """

    name: str
    question: str
    levels: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    origin: Origin = "oneself"
    effort: int = 1
    knowable: Knowable = "on_asking"
    clauses: tuple[str, ...] = ()
    means: str = ""

    @property
    def is_number(self) -> bool:
        """Whether the fact is a whole number rather than one of a few levels."""
        return not self.levels

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
        >>> words = vocabulary("invitation")["note_words"]
        >>> words.banded(pd.Series([0, 20])).tolist()
        ['0', '15+']
        """
        if not self.is_number:
            return values
        edges = [0, *(band for band in self.bands if band > 0)]
        ends = [*(high - 1 for high in edges[1:]), None]
        names = [_band(low, high) for low, high in zip(edges, ends, strict=True)]
        cut = pd.cut(values.astype("Float64"), [*edges, float("inf")], right=False, labels=names)
        return cut.astype("str").where(values.notna())

    def parse(self, value: object) -> str | int | None:
        """Return a typed-in value as this fact's own, None for unknown.

        Parameters
        ----------
        value : object
            A level, a number, or nothing.

        Returns
        -------
        str, int or None
            The value.

        Raises
        ------
        FactError
            The value is not one of the levels.
        """
        if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN differs from itself
            return None
        text = str(value).strip()
        if text in ("", UNKNOWN):
            return None
        if self.is_number:
            return self._number(text)
        folded = text.casefold()
        if folded not in self.levels:
            self._refuse(text)
        return folded

    def _number(self, text: str) -> int:
        try:
            number = float(text)
        except ValueError:
            self._refuse(text)
        if number < 0 or number != int(number):
            self._refuse(text)
        return int(number)

    def _refuse(self, text: str) -> None:
        accepted = (
            "a whole number from 0, or unknown"
            if self.is_number
            else did_you_mean(text, [*self.levels, UNKNOWN])
        )
        raise FactError(f"saw {text!r} for {self.name}", accepted=accepted, do="use one of these")


def _band(low: int, high: int | None) -> str:
    if high is None:
        return f"{low}+"
    return str(low) if low == high else f"{low}-{high}"


@dataclass(frozen=True)
class Vocabulary(Mapping[str, Fact]):
    """The declared facts of one kind of request, in the order in which they are read out.

    Attributes
    ----------
    kind : str
        `invitation`, `introduction` or `asking`.
    facts : dict of str to Fact
        The facts by name.
    """

    kind: Kind
    facts: dict[str, Fact] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Fact:
        if name not in self.facts:
            raise FactError(
                f"saw the fact {name!r}",
                accepted=did_you_mean(name, self.facts),
                do="correct the name, or declare the fact in your policy file",
            )
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def extended(self, own: Iterable[Fact]) -> "Vocabulary":
        """Return this vocabulary with the user's own facts after the shipped ones.

        Parameters
        ----------
        own : iterable of Fact
            The facts to add; a name that is taken already is refused.

        Returns
        -------
        Vocabulary
            The larger vocabulary.

        Raises
        ------
        FactError
            The name is taken, or belongs to what is never a fact about a sender.
        """
        facts = dict(self.facts)
        for fact in own:
            _check_name(fact.name, fact.question)
            if fact.name in facts:
                raise FactError(
                    f"the fact {fact.name!r} is declared already",
                    accepted="a new name",
                    do="rename yours, or use the one that is there",
                )
            facts[fact.name] = fact
        return replace(self, facts=facts)

    def conform(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with every declared fact as one clean column, missing meaning unknown.

        Parameters
        ----------
        rows : DataFrame, n rows
            `request` and any of the facts; `unknown` and empty cells count as missing.

        Returns
        -------
        DataFrame, n rows
            `request` first, then all facts in declared order; levels as `str`, numbers as `Int64`.

        Raises
        ------
        FactError
            A column or a level is not declared.
        """
        for column in rows.columns:
            if column != "request":
                self[str(column)]
        columns = {"request": rows["request"].astype("str")} if "request" in rows else {}
        for name, fact in self.facts.items():
            columns[name] = (
                _conformed(fact, rows[name]) if name in rows else _unknown(fact, rows.index)
            )
        return pd.DataFrame(columns, index=rows.index)


def _unknown(fact: Fact, index: pd.Index) -> pd.Series:
    return pd.Series(None, index=index, dtype="Int64" if fact.is_number else "str")


def _conformed(fact: Fact, values: pd.Series) -> pd.Series:
    parsed = {value: fact.parse(value) for value in values.dropna().unique()}
    return values.map(parsed).astype("Int64" if fact.is_number else "str")


def _check_name(name: str, question: str = "") -> None:
    words = set(name.casefold().split("_"))
    asked = set(re.findall(r"[a-z]+", question.casefold())) - _INNOCENT_IN_QUESTIONS
    taboo = sorted(FORBIDDEN & (words | asked))
    # What starts with my_ is about oneself: one's own photograph is part of asking well.
    if taboo and not name.startswith("my_"):
        raise FactError(
            f"the fact {name!r} speaks of {taboo[0]!r}",
            accepted="what somebody did, wrote or asked for",
            do="leave it out: a name, a photograph, gender, origin or age is never a fact about a sender",
        )
    if not name.isidentifier() or name == "request":
        raise FactError(
            f"{name!r} cannot name a fact",
            accepted="letters, digits and underscores",
            do="rename it",
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
    return [
        _fact(key, fields, f"{name}, line {declared.lines[key]}")
        for key, fields in declared.items()
    ]


def _fact(key: str, fields: object, place: str) -> Fact:
    if not isinstance(fields, Located):
        raise FactError(
            f"{place}: {key} has no fields", accepted="question, levels, from", do="add them"
        )
    for unknown in set(fields) - set(_FIELDS):
        raise FactError(
            f"{place}: {key} has the field {unknown!r}",
            accepted=did_you_mean(unknown, _FIELDS),
            do="correct it",
        )
    if not fields.get("question") or ("levels" in fields) == ("number" in fields):
        raise FactError(
            f"{place}: {key} needs a question and either levels or number",
            accepted="question: …?, and levels: [yes, no] or number: {bands: [1, 15]}",
            do="add what is missing",
        )
    _check_name(key, str(fields["question"]))
    levels = tuple(str(level).casefold() for level in fields.get("levels") or ())
    if "levels" in fields and (
        len(levels) < 2 or len(set(levels)) < len(levels) or UNKNOWN in levels
    ):
        raise FactError(
            f"{place}: {key} has the levels {list(levels)}",
            accepted="two or more different levels, without 'unknown', which every fact has",
            do="correct the list",
        )
    number = fields.get("number") or {}
    return Fact(
        name=key,
        question=str(fields["question"]),
        levels=levels,
        bands=tuple(int(edge) for edge in number.get("bands", ()))
        if isinstance(number, dict)
        else (),
        origin=_one_of(fields, "from", get_args(Origin), "oneself", f"{place}: {key}"),
        effort=int(fields.get("effort", 1)),
        knowable=_one_of(fields, "knowable", get_args(Knowable), "on_asking", f"{place}: {key}"),
        clauses=tuple(fields.get("clauses") or ()),
        means=str(fields.get("means") or ""),
    )


def _one_of(fields: Located, key: str, accepted: tuple[str, ...], default: str, place: str) -> Any:  # noqa: ANN401
    value = fields.get(key, default)
    if value not in accepted:
        raise FactError(
            f"{place} has {key}: {value!r}",
            accepted=did_you_mean(str(value), accepted),
            do="correct it",
        )
    return value


@cache
def vocabulary(kind: Kind) -> Vocabulary:
    """Return the shipped facts about one kind of request.

    Parameters
    ----------
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request; `asking` is for one's own outgoing requests.

    Returns
    -------
    Vocabulary
        The declared facts.

    Examples
    --------
    >>> vocabulary("invitation")["met_in_person"].levels
    ('yes', 'no')
    """
    if kind not in KINDS:
        raise FactError(
            f"saw the kind {kind!r}", accepted=did_you_mean(kind, KINDS), do="use one of these"
        )
    path = _FOLDER / f"{kind}.yaml"
    return Vocabulary(kind).extended(
        parse_facts(read_yaml(path, error=FactError)["facts"], name=path.name)
    )
