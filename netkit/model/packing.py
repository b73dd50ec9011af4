"""Rows of zeros and ones as whole numbers: packed, sorted and counted a chunk at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.integer[Any]]

# Rows packed and sorted at a time; so many counted codes may wait to be taken together.
_CHUNK, _WAITING = 1 << 15, 1 << 17
# A float adds up powers of two exactly to so many bits; a code has so many.
_EXACT, CODE_BITS = 52, 62
# Codes of fewer bits are halved in size.
_SHORT = 31


@dataclass(frozen=True)
class Packing:
    """How a row becomes one whole number.

    Columns too many for one number fill several: what the first ones make is looked up among
    the numbers that the rows were found to make, and its place stands in the next.

    Attributes
    ----------
    words : tuple of (slice, ndarray of int)
        The columns of each number but the last, and the distinct numbers that they make.
    last : slice
        The columns of the last number.
    """

    words: tuple[tuple[slice, Codes], ...]
    last: slice

    @property
    def bits(self) -> int:
        """How many bits the last number has."""
        return int(self.last.stop - self.last.start) + self._looked_up

    @property
    def _looked_up(self) -> int:
        return (len(self.words[-1][1]) - 1).bit_length() if self.words else 0

    def codes(self, rows: Floats) -> Codes:
        """Pack rows.

        Parameters
        ----------
        rows : ndarray of zeros and ones, shape (n, p)
            The rows.

        Returns
        -------
        ndarray of int, shape (n,)
            One number a row; equal where the rows are.
        """
        place: Codes | None = None
        for columns, distinct in self.words:
            place = np.searchsorted(distinct, _joined(rows[:, columns], place, np.int64))
        return _joined(rows[:, self.last], place, shortest(self.bits))

    def rows(self, codes: Codes) -> NDArray[np.uint8]:
        """Unpack codes.

        Parameters
        ----------
        codes : ndarray of int, shape (k,)
            Numbers that `codes` made.

        Returns
        -------
        ndarray of zeros and ones, shape (k, p)
            The rows.
        """
        rows = np.empty((len(codes), self.last.stop), dtype=np.uint8)
        _unpack(codes, self.last, rows)
        place = codes >> (self.last.stop - self.last.start)
        for columns, distinct in reversed(self.words):
            _unpack(distinct[place], columns, rows)
            place = distinct[place] >> (columns.stop - columns.start)
        return rows


def pack(X: Floats, room: int) -> Packing:
    """Find how the rows of a design become numbers of at most so many bits.

    Parameters
    ----------
    X : ndarray of zeros and ones, shape (n, p)
        The design.
    room : int
        Bits; many more than the number of rows has.

    Returns
    -------
    Packing
        The packing, which serves these rows only.

    Examples
    --------
    >>> X = np.eye(3)
    >>> found = pack(X, 62)
    >>> found.codes(X).tolist(), found.rows(np.array([3])).tolist()
    ([1, 2, 4], [[1, 1, 0]])
    """
    found = Packing((), slice(0, 0))
    while True:
        begin = found.last.stop
        whole = Packing(found.words, slice(begin, X.shape[1]))
        if whole.bits <= room and X.shape[1] - begin <= _EXACT:
            return whole
        taken = min(_EXACT, X.shape[1] - begin, CODE_BITS - found._looked_up)
        part = Packing(found.words, slice(begin, begin + taken))
        distinct, _ = tally(part.codes(X[rows]) for rows in chunks(len(X)))
        found = Packing(
            (*found.words, (part.last, distinct)), slice(part.last.stop, part.last.stop)
        )


def chunks(n: int) -> Iterator[slice]:
    """Go through n rows a chunk at a time.

    Parameters
    ----------
    n : int
        How many rows.

    Yields
    ------
    slice
        The next rows; the processor's cache holds their codes.
    """
    return (slice(low, low + _CHUNK) for low in range(0, n, _CHUNK))


def shortest(bits: int) -> type[np.integer[Any]]:
    """Return the type of the smallest whole numbers that hold so many bits.

    Parameters
    ----------
    bits : int
        How many.

    Returns
    -------
    type
        Of 32 or of 64 bits.
    """
    return np.int32 if bits <= _SHORT else np.int64


def tally(parts: Iterable[Codes]) -> tuple[Codes, Codes]:
    """Count equal codes: sorted within each part, where the cache holds them, then together.

    Parameters
    ----------
    parts : iterable of ndarray of int
        The codes, a chunk at a time.

    Returns
    -------
    keys, counts : ndarray of int, shape (k,)
        The distinct codes in order, and how often each occurs.
    """
    waiting: list[tuple[Codes, Codes]] = []
    counted, entries = 0, 0
    for part in parts:
        waiting.append(np.unique(part, return_counts=True))
        entries += len(waiting[-1][0])
        if entries > counted + _WAITING:
            waiting = [_together(waiting)]
            counted = entries = len(waiting[0][0])
    return _together(waiting)


def run_starts(ordered: Codes) -> NDArray[np.intp]:
    """Return where each distinct one of some ordered values first stands.

    Parameters
    ----------
    ordered : ndarray, shape (n,)
        Values in order.

    Returns
    -------
    ndarray of int, shape (k,)
        Places, the first 0.
    """
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))


def _together(parts: list[tuple[Codes, Codes]]) -> tuple[Codes, Codes]:
    if len(parts) == 1:
        return parts[0]
    keys, counts = (np.concatenate(some) for some in zip(*parts, strict=True))
    parts.clear()  # what is taken together is not kept twice
    order = np.argsort(keys)
    keys, counts = keys[order], counts[order]
    first = run_starts(keys)
    return keys[first], np.add.reduceat(counts, first)


def _joined(rows: Floats, place: Codes | None, kind: type[np.integer[Any]]) -> Codes:
    """Return the number that some columns make, after the place of the columns before them."""
    width = rows.shape[1]
    code: Codes = (rows @ 2.0 ** np.arange(width)).astype(kind)
    return code if place is None else code + (place.astype(kind) << width)


def _unpack(codes: Codes, columns: slice, rows: NDArray[np.uint8]) -> None:
    for bit, column in enumerate(range(columns.start, columns.stop)):
        rows[:, column] = codes >> bit & 1
