"""How a text may be spelled in a file, and the plain words that all its spellings share."""

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_TAG = re.compile(r"<[^<>]*>")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
# The same broken into lines, as in a letter or a certificate; what was taken of a line is not given back, so
# that one of a million signs is read once.
_BASE64_LINES = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{32,}+[ \t]*+\r?\n[ \t]*+)+[A-Za-z0-9+/_-]++={0,2}"
)
_ROUNDS = 3  # an address in an attribute within JSON is escaped three times


def plain_words(text: str) -> list[str]:
    """Return a text's words as they are compared: NFKC, case-folded, whatever stands between them.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Runs of letters and digits.

    Examples
    --------
    >>> plain_words("Zoe_PRIVATE-1a, caf\u0065\u0301")
    ['zoe', 'private', '1a', 'café']
    """
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return unicodedata.normalize("NFKC", text)


def line_of_word(text: str, place: int) -> int:
    """Return the line on which a text's word stands.

    Parameters
    ----------
    text : str
        The text.
    place : int
        The word's place in `plain_words(text)`.

    Returns
    -------
    int
        Counted from 1.
    """
    folded = _folded(text)
    for number, found in enumerate(_WORD.finditer(folded)):
        if number == place:
            return folded.count("\n", 0, found.start()) + 1
    return 1


def spellings(text: str) -> list[str]:
    """Return a text as it stands, decoded, and without tags; lines stay where they are.

    Parameters
    ----------
    text : str
        A file's text.

    Returns
    -------
    list of str
        Different readings of it.

    Examples
    --------
    >>> spellings("Zo&euml;%20X")[1]
    'Zoë X'
    >>> "Zoe" in spellings("Z<b>o</b>e")
    True
    """
    readings = [text, decoded(text)]
    for between in ("", " "):  # a tag within a word, and the tags between two cells of a table
        readings.append(decoded(_TAG.sub(lambda tag, b=between: b + _lines(tag[0]), text)))  # type: ignore[misc]
    return list(dict.fromkeys(readings))


def _lines(text: str) -> str:
    return "\n" * text.count("\n")


def decoded(text: str) -> str:
    r"""Return a text with its escapes resolved: HTML's, percent signs, JSON's, JavaScript's, hosts'.

    Parameters
    ----------
    text : str
        A text.

    Returns
    -------
    str
        With as many line breaks as before.

    Examples
    --------
    >>> decoded(r"%5Cu005a&#x6F;\x65\nP")
    'Zoe P'
    """
    for _ in range(_ROUNDS):
        once = text
        for pattern, resolve in _ESCAPES:
            once = pattern.sub(resolve, once)
        if once == text:
            break
        text = once
    return text


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")


def _entity(found: re.Match[str]) -> str:
    return _one_line(html.unescape(found[0]))


def _percent(found: re.Match[str]) -> str:
    return _one_line(unquote_to_bytes(found[0]).decode("utf-8", "replace"))


def _unicode(found: re.Match[str]) -> str:
    single = re.sub(r"\\+", r"\\", found[0])  # JSON within JSON doubles the backslash
    return _one_line(str(json.loads(f'"{single}"')))


def _point(found: re.Match[str]) -> str:
    number = int(found[1] or found[2], 16)
    return _one_line(chr(number)) if number < 0x110000 else " "


def _host(found: re.Match[str]) -> str:
    try:
        return _one_line(found[1].encode("ascii").decode("punycode"))
    except (UnicodeError, OverflowError):
        return found[0]


_ESCAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"&#?[A-Za-z0-9]{1,32};"), _entity),
    (re.compile(r"(?:%[0-9A-Fa-f]{2})+"), _percent),
    (re.compile(r"(?:\\+u[0-9A-Fa-f]{4})+"), _unicode),
    (re.compile(r"\\+x([0-9A-Fa-f]{2})|\\+u\{([0-9A-Fa-f]{1,6})\}"), _point),
    (re.compile(r"\\+[bfnrt\"/]"), lambda _: " "),
    (re.compile(r"\bxn--([A-Za-z0-9-]+)", re.IGNORECASE), _host),
)


def packed_texts(text: str) -> dict[str, str]:
    """Return what stands in a text in base64.

    Parameters
    ----------
    text : str
        A file's text.

    Returns
    -------
    dict of str to str
        The run of base64 -> the UTF-8 text that it holds.

    Examples
    --------
    >>> packed_texts("x = 'Wm9lIFByaXZhdGU='")
    {'Wm9lIFByaXZhdGU=': 'Zoe Private'}
    """
    found = {}
    for run in {*_BASE64.findall(text), *_BASE64_LINES.findall(text)}:
        body = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
        try:
            held = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if held.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable():
            found[run] = held
    return found
