"""Equal rows of a design counted once, without copying what is as large as the rows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netkit.model.patterns import Patterns, sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Rows looked at to see whether rows repeat at all; rows packed and sorted at a time.
_SAMPLE, _CHUNK = 4096, 1 << 15
# So many counted codes may wait to be taken together.
_WAITING = 1 << 17
# A float holds whole numbers of so many bits exactly.
_BITS = 52
# Weights of at most so many kinds (strong, weak) are part of a row's code.
_KINDS_OF_WEIGHT = 16


def count_patterns(
    X: Floats,
    y: Floats,
    weights: Floats | None = None,
    start: Floats | None = None,
    *,
    binary: bool | None = None,
) -> Patterns:
    """Count equal rows of a design once, or keep the rows where they hardly repeat.

    Zeros and ones are packed into the bits of one number a row, and the numbers sorted chunk by
    chunk, so that the memory beyond the input stays small beside it.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        The design.
    y : ndarray, shape (n,)
        Labels, 0 or 1.
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
        return Patterns(X, y if weights is None else y * total, total, start, len(y))
    kinds, kind = _kinds(weights)
    scores, score = _kinds(start)
    width = 1 + X.shape[1] + _bits(kinds) + _bits(scores)
    packable = width <= _BITS and len(kinds) <= _KINDS_OF_WEIGHT
    if not packable or not (is_binary(X) if binary is None else binary):
        return _count_by_rank(X, y, total, start)
    keys, counts = _tally(_codes(X, y, kind, score, _bits(kinds)))
    weight = counts * kinds[keys >> 1 & ((1 << _bits(kinds)) - 1)]
    distinct, place = _runs(keys >> 1 + _bits(kinds))
    return Patterns(
        _unpacked(distinct, X.shape[1]),
        sums(place, weight * (keys & 1)),
        sums(place, weight),
        None if start is None else scores[distinct >> X.shape[1]],
        len(y),
    )


def _unpacked(codes: Codes, columns: int) -> NDArray[np.uint8]:
    design = np.empty((len(codes), columns), dtype=np.uint8)
    for place in range(columns):
        design[:, place] = codes >> place & 1
    return design


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


def _kinds(values: Floats | None) -> tuple[Floats, NDArray[np.intp] | None]:
    """Return the distinct values and each row's place among them, None where there is one only."""
    if values is None or bool((values == values[0]).all()):
        return np.ones(1) if values is None else values[:1], None
    return np.unique(values, return_inverse=True)


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
    chunks = (X[low : low + _SAMPLE] for low in range(0, len(X), _SAMPLE))
    return not any(bool(((chunk != 0) & (chunk != 1)).any()) for chunk in chunks)


def _codes(
    X: Floats,
    y: Floats,
    kind: NDArray[np.intp] | None,
    score: NDArray[np.intp] | None,
    kind_bits: int,
) -> Iterator[Codes]:
    """Pack rows into whole numbers, a chunk at a time: label, kind of weight, columns, score."""
    powers = 2.0 ** (1 + kind_bits + np.arange(X.shape[1]))
    for low in range(0, len(X), _CHUNK):
        part = slice(low, low + _CHUNK)
        code = X[part] @ powers
        code += y[part]
        if kind is not None:
            code += 2.0 * kind[part]
        if score is not None:
            code += powers[-1] * 2 * score[part]
        yield code.astype(np.int64)


def _tally(chunks: Iterator[Codes]) -> tuple[Codes, Codes]:
    """Count equal codes: sorted within each chunk, where the cache holds them, then together."""
    waiting: list[tuple[Codes, Codes]] = []
    counted, entries = 0, 0
    for chunk in chunks:
        waiting.append(np.unique(chunk, return_counts=True))
        entries += len(waiting[-1][0])
        if entries > counted + _WAITING:
            waiting = [_together(waiting)]
            counted = entries = len(waiting[0][0])
    return _together(waiting)


def _together(parts: list[tuple[Codes, Codes]]) -> tuple[Codes, Codes]:
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([keys for keys, _ in parts])
    order = np.argsort(keys)
    keys, place = _runs(keys[order])
    counts = np.concatenate([counts for _, counts in parts])[order]
    return keys, np.bincount(place, counts).astype(np.int64)


def _runs(ordered: Codes) -> tuple[Codes, Codes]:
    """Return the distinct values of ordered ones, and each one's place among them."""
    new = np.append(True, ordered[1:] != ordered[:-1])
    return ordered[new], np.cumsum(new) - 1


def _count_by_rank(X: Floats, y: Floats, total: Floats, start: Floats | None) -> Patterns:
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
