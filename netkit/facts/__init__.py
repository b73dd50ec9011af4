"""The vocabulary: what can be known about a request, with its question, levels, origin and effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import pandas as pd

from netkit.errors import FactError, did_you_mean
from netkit.facts.declared_facts import (
    ACTIONS,
    FORBIDDEN,
    KINDS,
    OUTCOMES,
    TAKE_BACK,
    UNKNOWN,
    Fact,
    Kind,
    Knowable,
    Origin,
    parse_facts,
)
from netkit.plain_yaml import read_yaml
from netkit.wording import join_or

__all__ = [
    "ACTIONS",
    "FORBIDDEN",
    "KINDS",
    "OUTCOMES",
    "TAKE_BACK",
    "UNKNOWN",
    "Fact",
    "Kind",
    "Knowable",
    "Origin",
    "Vocabulary",
    "parse_facts",
    "vocabulary",
]

_FOLDER = Path(__file__).parent


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
            near = next((self.facts[each] for each in get_close_matches(name, self.facts, n=1)), None)
            levels = f" It can be {join_or(near.levels or ['a number'])}." if near else ""
            do = (
                f"{did_you_mean(name, self.facts)}{levels} A fact of your own is declared in your policy file"
            )
            raise FactError(f"There is no fact {name!r}", do)
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def extended(self, own: Iterable[Fact]) -> Vocabulary:
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
            fact.check_name()
            if fact.name in facts:
                raise FactError(
                    f"The fact {fact.name!r} is declared already",
                    "Rename yours, or use the one that is there",
                )
            facts[fact.name] = fact
        return replace(self, facts=facts)

    def filled_in(self, *origins: Origin) -> list[str]:
        """Return the facts that netkit fills in from these origins, so that you need not note them.

        Parameters
        ----------
        *origins : str
            Such as `derived` and `note`.

        Returns
        -------
        list of str
            Names; never a fact of one's own, which no program can read, wherever one looks it up.

        Examples
        --------
        >>> guild = Fact("writes_to_the_guild", "Is it written to the guild?", ("yes", "no"), origin="note")
        >>> vocabulary("invitation").extended([guild]).filled_in("note")[-1]
        'asks_for_money_or_data'
        """
        shipped = vocabulary(self.kind)
        return [name for name, fact in self.facts.items() if fact.origin in origins and name in shipped]

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
        columns: dict[str, pd.Series] = {}
        if "request" in rows:
            columns["request"] = rows["request"].astype("str")
        for name, fact in self.facts.items():
            columns[name] = pd.Series(None, index=rows.index, dtype=fact.dtype)
            if name in rows:
                parsed = {value: fact.parse(value) for value in rows[name].dropna().unique()}
                columns[name] = rows[name].map(parsed).astype(fact.dtype)
        return pd.DataFrame(columns, index=rows.index)


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
        raise FactError(f"There is no kind {kind!r}", did_you_mean(kind, KINDS))
    path = _FOLDER / f"{kind}.yaml"
    return Vocabulary(kind).extended(parse_facts(read_yaml(path, error=FactError)["facts"], name=path.name))
