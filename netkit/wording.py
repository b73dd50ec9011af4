"""How values are said: a number with its noun, names as words, a list that reads aloud, a cell."""

import json
import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from numbers import Integral, Real

# What pandas and NumPy print for a missing value: told apart without importing either, which takes a second.
_MISSING = ("None", "nan", "NaT", "<NA>")

# What a terminal obeys or hides and nobody reads: controls (C0 but tab and newline, C1), marks that turn the
# direction of writing, separators of lines, signs without width, half characters, tags. The joiners U+200C
# and U+200D stay: Persian words and many emoji are spelled with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_UNSEEN_IN_LINE = re.compile(rf"{_UNSEEN.pattern}|[\t\n]")


def visible(text: str, *, line: bool = False) -> str:
    r"""Return a text whose control characters, escape sequences and hidden marks are spelled out.

    In a text that must stay in one line, its ends and tabs are, too.

    >>> visible("Ann\x1b[8m\u202e, 👩\u200d⚕️ Müller"), visible("Ann\nEve", line=True)
    ('Ann\\x1b[8m\\u202e, 👩\u200d⚕️ Müller', 'Ann\\nEve')
    """
    return (_UNSEEN_IN_LINE if line else _UNSEEN).sub(
        lambda sign: sign[0].encode("unicode_escape", "surrogatepass").decode(), text
    )


def visible_json(text: str) -> str:
    r"""Return JSON in which the same characters are escaped as JSON escapes them.

    >>> visible_json('{"name": "\x9b\u202eMüller"}')
    '{"name": "\\u009b\\u202eMüller"}'
    """
    return _UNSEEN.sub(lambda sign: json.dumps(sign[0])[1:-1], text)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, which takes an -s in the plural unless another is given.

    >>> counted(1, "row"), counted(2, "row"), counted(2, "person", "people")
    ('1 row', '2 rows', '2 people')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def capital(words: str) -> str:
    """Return words with a capital at their beginning, all else as it is.

    >>> capital("until 5 January"), capital("")
    ('Until 5 January', '')
    """
    return words[:1].upper() + words[1:]


def cited(clause: str) -> str:
    """Return the clauses of a rule; one that rests on no published text is the policy's own.

    >>> cited("KP3, OC5"), cited("own")
    ('KP3, OC5', "the policy's own")
    """
    return "the policy's own" if clause == "own" else clause


def spoken(name: str) -> str:
    """Return a name of a fact, level, action or step as it is spoken.

    >>> spoken("met_in_person")
    'met in person'
    """
    return name.replace("_", " ")


def join_or(words: Sequence[str], last: str = "or") -> str:
    """Return words as a list that reads aloud.

    >>> join_or(["accept", "ask", "ignore"])
    'accept, ask or ignore'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def first_few(words: Sequence[str], few: int) -> str:
    """Return the first of many words, and how many more there are.

    >>> first_few(["Ana", "Bo", "Cy"], 3), first_few(["Ana", "Bo", "Cy"], 2)
    ('Ana, Bo and Cy', 'Ana, Bo and 1 more')
    """
    more = [f"{len(words) - few} more"] if len(words) > few else []
    return join_or([*words[:few], *more], "and")


def range_words(low: float, high: float | None) -> str:
    """Return a range of numbers, its upper end included, None for none.

    An end that lies next to a number which is shorter to write is not included: it is a number with decimals.

    >>> range_words(1, 14), range_words(3, 3), range_words(15, None), range_words(2.5, 3.9999999999999996)
    ('1 to 14', '3', '15 or more', '2.5 to below 4')
    """
    beyond = round(low, 9) < low
    least = f"{'more than ' if beyond else ''}{_decimal(low)}"
    if high is None:
        return least if beyond else f"{least} or more"
    if low == high:
        return least
    between = ", " if beyond else " to "
    return (
        f"{least}{between}below {_decimal(high)}" if round(high, 9) > high else f"{least} to {_decimal(high)}"
    )


def _decimal(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")


def day_words(day: date | None) -> str:
    """Return a day as it is read, or nothing.

    >>> day_words(date(2024, 3, 10)), day_words(None)
    ('10 Mar 2024', '')
    """
    return "" if day is None or is_missing(day) else f"{day.day} {day:%b %Y}"


def moment_words(moment: date) -> str:
    """Return a day as it is read, with the time of day where there is one.

    >>> moment_words(datetime(2024, 3, 10)), moment_words(datetime(2024, 3, 10, 9, 5))
    ('10 Mar 2024', '10 Mar 2024, 09:05')
    """
    timed = isinstance(moment, datetime) and moment.time() != time.min
    return f"{day_words(moment)}, {moment:%H:%M}" if timed else day_words(moment)


def note_words(note: object) -> str:
    """Return what somebody wrote, in quotes and on one line; or that nobody wrote anything."""
    return "no note" if is_missing(note) else f'"{" ".join(str(note).split())}"'


def is_missing(value: object) -> bool:
    """Tell whether nothing is known; somebody may be called, or write, `nan`."""
    return value is None or (not isinstance(value, str) and str(value) in _MISSING)


def _four_digits(value: float) -> str:
    """Return a fraction with four significant digits and a true minus."""
    return f"{value + 0.0:.4g}".replace("-", "−")


def shown(value: object, fraction: Callable[[float], str] = _four_digits) -> str:
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


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last one.

    >>> months_after(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
