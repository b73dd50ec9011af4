"""Equal rows of a design counted once, without copying what is as large as the rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netkit.model.packing import (
    CODE_BITS,
    Codes,
    Packing,
    chunks,
    pack,
    run_starts,
    shortest,
    tally,
)
from netkit.model.patterns import Patterns, sums

Floats = NDArray[np.float64]

# Rows looked at to see whether rows repeat at all, or whether they are zeros and ones.
_SAMPLE = 4096
# Weights of at most so many kinds (strong, weak) and scores of so many are part of a row's code.
_WEIGHTS, _SCORES = 16, 1 << 16


def count_patterns(
    X: Floats,
    y: NDArray[Any],
    weights: Floats | None = None,
    start: Floats | None = None,
    *,
    binary: bool | None = None,
) -> Patterns:
    """Count equal rows of a design once, or keep the rows where they hardly repeat.

    Zeros and ones are packed into the bits of one number a row, with the label, the weight and the
    score, and the numbers sorted chunk by chunk, so that the memory beyond the input stays small
    beside it.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        The design.
    y : ndarray, shape (n,)
        Labels, 0 or 1, of any type.
    weights : ndarray, shape (n,), optional
        The weight of each row; one each by default.
    start : ndarray, shape (n,), optional
        The rules' score of each row; rows of different scores are different patterns.
    binary : bool, optional
        Whether the design is all zeros and ones; found out where it is not said.

    Returns
    -------
    Patterns
        The distinct rows, or all rows.

    Examples
    --------
    >>> found = count_patterns(np.array([[1.0], [0.0], [1.0]]), np.array([1.0, 0.0, 0.0]))
    >>> found.design.ravel().tolist(), found.ones.tolist(), found.total.tolist()
    ([0, 1], [0.0, 1.0], [1.0, 2.0])
    """
    # An array of ones that takes no room.
    total = np.broadcast_to(1.0, y.shape) if weights is None else weights
    if not _repeats(X, start):
        ones = np.asarray(y, dtype=np.float64) if weights is None else y * total
        return Patterns(X, ones, total, start, len(y))
    kinds, scores = _kinds(weights, _WEIGHTS), _kinds(start, _SCORES)
    if kinds is None or scores is None or not (is_binary(X) if binary is None else binary):
        return _count_by_rank(X, y, total, start)
    tail = 1 + _bits(kinds)
    packing = pack(X, CODE_BITS - tail - _bits(scores))
    keys, counts = tally(_codes(packing, X, y, (weights, kinds), (start, scores)))
    weight = counts * kinds[(keys >> 1) & ((1 << tail - 1) - 1)]
    first = run_starts(keys >> tail)
    every = np.add.reduceat(weight, first)
    weight *= keys & 1
    ones = np.add.reduceat(weight, first)
    distinct = keys[first] >> tail
    del keys, counts, weight, first
    design = packing.rows(distinct & ((1 << packing.bits) - 1))
    score = None if start is None else scores[distinct >> packing.bits]
    return Patterns(design, ones, every, score, len(y))


def _repeats(X: Floats, start: Floats | None) -> bool:
    """Tell whether counting rows can pay: few possible rows, or repetition within a sample."""
    n, p = X.shape
    if start is None and p < 30 and n >= 8 << p and is_binary(X[:_SAMPLE]):
        return True
    step = max(1, n // _SAMPLE)
    # A random projection tells different rows apart without sorting them column by column.
    mixed = X[::step] @ np.random.default_rng(0).random(p)
    if start is not None:
        mixed += np.e * start[::step]
    return len(np.unique(mixed)) < 0.9 * len(mixed)


def _kinds(values: Floats | None, most: int) -> Floats | None:
    """Return the distinct values, None where they are too many to stand in a code."""
    if values is None:
        return np.ones(1)
    found = values[:1]
    for part in chunks(len(values)):
        if not bool((values[part] == found[0]).all()):
            found = np.union1d(found, values[part])
        if len(found) > most:
            return None
    return found


def _bits(kinds: Floats) -> int:
    return (len(kinds) - 1).bit_length()


def is_binary(X: Floats) -> bool:
    """Tell whether a design holds nothing but zeros and ones.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        The design.

    Returns
    -------
    bool
        False as well where a value is missing.

    Examples
    --------
    >>> is_binary(np.array([[0.0, 1.0]])), is_binary(np.array([[np.nan, 1.0]]))
    (True, False)
    """
    parts = (X[low : low + _SAMPLE] for low in range(0, len(X), _SAMPLE))
    return all(bool(((part == 0) | (part == 1)).all()) for part in parts)


def _codes(
    packing: Packing,
    X: Floats,
    y: NDArray[Any],
    weights: tuple[Floats | None, Floats],
    scores: tuple[Floats | None, Floats],
) -> Iterator[Codes]:
    """Pack rows into whole numbers: label, kind of weight, columns, score, the last the highest."""
    above, below = _bits(scores[1]), _bits(weights[1])
    whole = shortest(above + packing.bits + below + 1)
    for part in chunks(len(X)):
        code = packing.codes(X[part]).astype(whole, copy=False)
        if above:
            code += _place(scores, part).astype(whole) << packing.bits
        if below:
            code = (code << below) + _place(weights, part).astype(whole)
        code <<= 1
        code += y[part].astype(whole)
        yield code


def _place(values: tuple[Floats | None, Floats], part: slice) -> NDArray[np.intp]:
    """Return each value's place among the kinds of them."""
    every, kinds = values
    assert every is not None
    return np.searchsorted(kinds, every[part])


def _count_by_rank(X: Floats, y: NDArray[Any], total: Floats, start: Floats | None) -> Patterns:
    """Count rows of any values, folding one column after the other into the rows' rank."""
    columns = [X[:, place] for place in range(X.shape[1])]
    rank = np.zeros(len(y), dtype=np.int64)
    for column in columns if start is None else [start, *columns]:
        values, place = np.unique(column, return_inverse=True)
        if len(values) > 1:
            _, rank = np.unique(rank * len(values) + place, return_inverse=True)
    _, first, place = np.unique(rank, return_index=True, return_inverse=True)
    return Patterns(
        X[first],
        sums(place, total * y),
        sums(place, total),
        None if start is None else start[first],
        len(y),
    )
