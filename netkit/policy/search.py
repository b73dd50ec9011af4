"""Searches exactly for a request that certain rules do not decide, every value being a bit."""

from collections.abc import Iterable, Sequence

# A condition as the search sees it: the bits with which it fails for sure, and all others of its fact.
Literal = tuple[int, int]
Clause = Sequence[Literal]


def find_world(domain: int, clauses: Iterable[Clause]) -> int | None:
    """Return bits with which every clause is met, or None where there are none; the search is exact.

    A clause is met when, for one of its facts, only failing bits remain. Bits that are still
    several for one fact in the answer may be chosen freely.

    Parameters
    ----------
    domain : int
        The allowed bits, at least one per fact.
    clauses : iterable of clauses
        Rules that must fail.

    Returns
    -------
    int or None
        The narrowed bits.

    Examples
    --------
    >>> bin(find_world(0b1111, [[(0b01, 0b10)], [(0b10, 0b01), (0b1000, 0b0100)]]))
    '0b1001'
    """
    pending: list[Clause] = list(clauses)
    narrowed = True
    while narrowed:
        narrowed = False
        remaining: list[Clause] = []
        for clause in pending:
            live = []
            for literal in clause:
                if not domain & literal[1]:
                    break
                if domain & literal[0]:
                    live.append(literal)
            else:
                if not live:
                    return None
                if len(live) == 1:
                    domain &= ~live[0][1]
                    narrowed = True
                else:
                    remaining.append(live)
        pending = remaining
    return _branch(domain, pending) if pending else domain


def _branch(domain: int, pending: list[Clause]) -> int | None:
    shortest = min(pending, key=len)
    for failing, others in shortest:
        found = find_world(domain & ~others, pending)
        if found is not None:
            return found
        # From here on this condition does not fail, so the next branches need not look there again.
        domain &= ~failing
    return None
