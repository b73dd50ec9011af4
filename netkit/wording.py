"""How values are said: a number with its noun, names as words, a list that reads aloud, a cell."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from numbers import Integral, Real

# What pandas and NumPy print for a missing value: told apart without importing either, which takes a second.
_MISSING = ("None", "nan", "NaT", "<NA>")


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, which takes an -s in the plural unless another is given.

    >>> counted(1, "row"), counted(2, "row"), counted(2, "person", "people")
    ('1 row', '2 rows', '2 people')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def spoken(name: str) -> str:
    """Return a name of a fact, level, action or step as it is spoken.

    >>> spoken("met_in_person")
    'met in person'
    """
    return name.replace("_", " ")


def join_or(words: Sequence[str]) -> str:
    """Return words as a list that reads aloud.

    >>> join_or(["accept", "ask", "ignore"])
    'accept, ask or ignore'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def range_words(low: int, high: int | None) -> str:
    """Return a range of numbers, its upper end included, None for none.

    >>> range_words(1, 14), range_words(3, 3), range_words(15, None)
    ('1 to 14', '3', '15 or more')
    """
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"


def is_missing(value: object) -> bool:
    """Tell whether nothing is known; somebody may be called, or write, `nan`."""
    return value is None or (not isinstance(value, str) and str(value) in _MISSING)


def four_digits(value: float) -> str:
    """Return a fraction with four significant digits and a true minus."""
    return f"{value + 0.0:.4g}".replace("-", "−")


def shown(value: object, fraction: Callable[[float], str] = four_digits) -> str:
    """Return one value as a reader wants to see it: a dash for what is missing, a day for midnight.

    >>> shown(None), shown(True), shown(1234567), shown(0.123456), shown(datetime(2024, 3, 5))
    ('–', 'yes', '1,234,567', '0.1235', '2024-03-05')
    """
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(shown(one, fraction) for one in value) or "–"
    if is_missing(value):
        return "–"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time.min else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if isinstance(value, Real):
        return fraction(float(value))
    return str(value)
