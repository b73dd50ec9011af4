"""Evaluates all rules on a table in memory at once: one bit a rule, one look-up a fact."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from netkit.policy.decide import Decider
from netkit.policy.fields import Field

WORD = 64
# A key may grow by one more fact before it overflows.
_ROOM = 2**40
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# The code of each request, and the cell that each code means.
Coded = tuple[npt.NDArray[np.int32], Places]
# From so many requests on, threads are worth their start.
MANY = 50_000


@dataclass(frozen=True)
class Masks:
    """Which rules hold, and which may, for n requests: a bit a rule, 64 rules a word.

    Attributes
    ----------
    decider : Decider
        The rules.
    codes : dict of str to (array of int, array of int)
        Per fact the code of each request (length n) and the cell that each code means; the number
        after the last cell is "not recorded".
    fires : array of uint64, shape (words, n)
        The rules whose conditions all hold.
    may : array of uint64, shape (words, n)
        The rules of which no condition fails.
    """

    decider: Decider
    codes: dict[str, Coded]
    fires: Words
    may: Words

    @cached_property
    def _walked(self) -> tuple[Places, Words]:
        """The place of the first rule that fires, and the rules above it."""
        first = np.full(self.fires.shape[1], len(self.decider.rules), dtype=np.int64)
        above = np.zeros_like(self.fires)
        going = np.ones(self.fires.shape[1], dtype=np.bool_)
        for number, word in enumerate(self.fires):
            # The lowest bit less one is all bits below it; for a word without bits it is all of them.
            above[number] = np.where(going, (word & (~word + np.uint64(1))) - np.uint64(1), 0)
            here = going & (word != 0)
            first[here] = np.bitwise_count(above[number][here]) + np.int64(number * WORD)
            going &= ~here
        return first, above

    @property
    def first(self) -> Places:
        """The place of the first rule that fires, or the number of rules; length n."""
        return self._walked[0]

    @cached_property
    def waiting(self) -> Words:
        """The rules above the first that fires which cannot be told yet; shape (words, n)."""
        return self.may & ~self.fires & self._walked[1]

    @cached_property
    def settled(self) -> Flags:
        """Whether a rule fires and every rule above it that cannot be told does the same; length n."""
        actions = [rule.action for rule in self.decider.rules]
        same = [self.words(other == action for other in actions) for action in actions]
        none = np.zeros(len(self.fires), dtype=np.uint64)
        unlike = self.waiting & ~np.stack([*same, none], axis=1).take(self.first, axis=1)
        return (self.first < len(actions)) & ~unlike.any(axis=0)

    def words(self, chosen: Iterable[bool]) -> Words:
        """Return a choice of rules as words.

        Parameters
        ----------
        chosen : iterable of bool
            One per rule, in order.

        Returns
        -------
        array of uint64, length words
            The bits.
        """
        return _words(chosen, len(self.fires))

    def matrix(self, masks: Words) -> Flags:
        """Return masks as one row per rule.

        Parameters
        ----------
        masks : array of uint64, shape (words, n)
            Such as `fires`.

        Returns
        -------
        array of bool, shape (rules, n)
            The same, a cell a bit.
        """
        places = range(len(self.decider.rules))
        bits = [masks[place // WORD] >> np.uint64(place % WORD) & np.uint64(1) for place in places]
        return np.stack(bits).astype(np.bool_)

    def kinds(self, rows: Places) -> tuple[Places, Places]:
        """Return which of some rows are alike in every fact that a rule speaks of.

        Parameters
        ----------
        rows : array of int, length m
            Row numbers.

        Returns
        -------
        array of int
            One row of each kind.
        array of int, length m
            The kind of each row.
        """
        key = np.zeros(len(rows), dtype=np.int64)
        for name, (codes, cells) in self.codes.items():
            key = key * (self.decider.grid.fields[name].size + 1) + cells[codes[rows]]
            if key.size and key.max() > _ROOM:
                key = pd.factorize(key)[0]
        which, kinds = pd.factorize(key)
        examples = np.zeros(len(kinds), dtype=np.int64)
        examples[which] = rows
        return examples, which

    def unknown(self, field: Field, rows: Places) -> Flags:
        """Return where a fact is not recorded, among some rows."""
        if field.fact.name not in self.codes:
            return np.ones(len(rows), dtype=np.bool_)
        codes, cells = self.codes[field.fact.name]
        return np.asarray(cells[codes[rows]] == field.size)

    def record(self, row: int) -> int:
        """Return a row as bits for the exact search."""
        bits = 0
        for name, field in self.decider.grid.fields.items():
            codes, cells = self.codes.get(name, (None, None))
            cell = field.size if codes is None or cells is None else int(cells[codes[row]])
            bits |= 1 << (field.offset + cell)
        return bits


def evaluate(decider: Decider, columns: Mapping[str, pa.Array], count: int) -> Masks:
    """Evaluate all rules on columns in memory.

    Parameters
    ----------
    decider : Decider
        The rules.
    columns : mapping of str to pyarrow array, each of length n
        The facts; missing means unknown. Facts that no rule speaks of are left out.
    count : int
        The number of requests, n.

    Returns
    -------
    Masks
        Which rules hold and which may.

    Raises
    ------
    FactError
        A level is not declared.
    """
    words = max(1, -(-len(decider.rules) // WORD))
    everything = _words([True] * len(decider.rules), words)
    fires = np.repeat(everything[:, None], count, axis=1)
    may = fires.copy()
    codes = _all_coded(decider, columns, count)
    for name, field in decider.grid.fields.items():
        holds, stays = _tables(decider, field, words)
        if name in codes:
            code, cells = codes[name]
            for number in range(words):
                # All codes lie within the table; "clip" spares numpy the check.
                fires[number] &= holds[number, cells].take(code, mode="clip")
                may[number] &= stays[number, cells].take(code, mode="clip")
        else:
            fires &= holds[:, -1:]
            may &= stays[:, -1:]
    return Masks(decider, codes, fires, may)


def _words(chosen: Iterable[bool], count: int) -> Words:
    flags = np.fromiter(chosen, dtype=np.bool_)
    padded = np.zeros(count * WORD, dtype=np.bool_)
    padded[: len(flags)] = flags
    return np.packbits(padded, bitorder="little").view(np.uint64)


def _tables(decider: Decider, field: Field, words: int) -> tuple[Words, Words]:
    """Return, per cell of a fact, the rules that hold as far as it goes, and those that do not fail."""
    holding, staying = [], []
    for bit in (*field.bits(), field.unknown):
        holding.append(_words([not rule.lacks & bit for rule in decider.rules], words))
        staying.append(_words([not rule.fails & bit for rule in decider.rules], words))
    return np.stack(holding, axis=1), np.stack(staying, axis=1)


def _all_coded(decider: Decider, columns: Mapping[str, pa.Array], count: int) -> dict[str, Coded]:
    fields = [field for name, field in decider.grid.fields.items() if name in columns]
    names = [field.fact.name for field in fields]
    coded: Iterable[Coded]
    if count < MANY:
        coded = [_coded(field, columns[field.fact.name]) for field in fields]
    else:
        # Reading the texts is most of the work, and pyarrow lets other threads run meanwhile.
        with ThreadPoolExecutor() as threads:
            coded = list(threads.map(_coded, fields, [columns[name] for name in names]))
    return dict(zip(names, coded, strict=True))


def _coded(field: Field, column: pa.Array) -> Coded:
    """Return each value's code, and the cell each code means."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    coded = column.dictionary_encode(null_encoding="encode")
    cells = [field.cell(field.fact.parse(value)) for value in coded.dictionary.to_pylist()]
    return coded.indices.to_numpy(zero_copy_only=False), np.array(cells, dtype=np.int64)
