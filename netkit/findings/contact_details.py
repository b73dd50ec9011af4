"""What reaches or names somebody in a free text: mail addresses, telephone numbers, links, names."""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from netkit.findings.guard import Hit, decoded
from netkit.findings.personal_words import guard_rules
from netkit.name_spellings import who_is_named

_MAIL = re.compile(
    r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"
    # "name (at) firm (dot) example", and "name at firm dot example", which needs both words
    r"|[\w.+-]+\s*[(\[{<]\s*(?:at|@|ät)\s*[)\]}>]\s*[\w-]+(?:\s*(?:\.|[(\[{<]\s*(?:dot|\.|punkt)\s*[)\]}>])\s*[\w-]+)+"
    r"|[\w.+-]+\s+at\s+[\w-]+(?:\s+dot\s+[\w-]+)+",
    re.IGNORECASE,
)
_ENDINGS = (
    "com|org|net|edu|gov|info|biz|app|dev|xyz|online|site|page|link|blog|shop|cloud|email|example|test"
    "|(?!md\\b|py\\b|rs\\b|sh\\b|pl\\b|so\\b|is\\b|it\\b|in\\b|at\\b|be\\b|to\\b|do\\b|no\\b|my\\b|me\\b|us\\b)[a-z]{2}"
)
_LINK = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+|\b(?:mailto|tel|sms|skype|facetime|whatsapp):\S+|\bwww\.\S+"
    rf"|(?<![\w@.-])(?:[\w-]{{2,}}\.)+(?:{_ENDINGS})(?![\w.-]*\w)(?:[/?#]\S*)?"
    r"|(?<![\w@.-])(?:[\w-]+\.)+[a-z]{2,}/\S+",
    re.IGNORECASE,
)
# Digits with what people write between them; a plus, or a bracket around the first ones.
_NUMBER = re.compile(r"(?<![\w.,])(?:\+\s?)?\(?\d(?:[\s./()–‑-]{0,3}\d){6,16}(?![\w%])")
_NO_TELEPHONE = re.compile(
    r"\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:\d{4}|\d\d)"  # days
    r"|(?:1[5-9]|20)\d\d(?:\s?[-–/ ]\s?(?:1[5-9]|20)\d\d)+"  # years
    r"|[1-9]\d{0,2}(?: \d{3})* 000"  # round numbers
)
_ALREADY_SAID = re.compile(r"(?:isbn|issn|doi)[\s:]*\Z", re.IGNORECASE)


# What the platform calls somebody or something of yours, and what it lets in with.
_OF_THE_PLATFORM = (
    ("a number of the platform", re.compile(r"\burn:li:\w+:[\w():-]+(?:,[\w():-]+)*", re.IGNORECASE)),
    ("a token", re.compile(r"\bAQ[\w-]{60,}|\bBearer\s+[\w.~+/-]{20,}")),
)


def contact_details(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a text holds that reaches somebody: what it is, and how it is written.

    >>> list(contact_details("Write to mara (at) firm.example, or call 0171 / 999 00 02."))
    [('an e-mail address', 'mara (at) firm.example'), ('a telephone number', '0171 / 999 00 02')]
    """
    plain = unicodedata.normalize("NFKC", decoded(text))
    for what, pattern in _OF_THE_PLATFORM:
        for found in pattern.finditer(plain):
            yield what, found[0]
        plain = pattern.sub(" ", plain)
    for found in _MAIL.finditer(plain):
        yield "an e-mail address", found[0]
    rest = _MAIL.sub(" ", plain)
    for found in _LINK.finditer(rest):
        yield "a link", found[0].rstrip(".,;:!?)")
    rest = _LINK.sub(lambda link: " x " if "/" in link[0] else link[0], rest)
    for found in _NUMBER.finditer(rest):
        written = found[0].strip()
        if not _NO_TELEPHONE.fullmatch(written) and not _ALREADY_SAID.search(rest[: found.start()]):
            yield "a telephone number", written


def hits_in_own_texts(
    texts: Iterable[tuple[str, int, str]], ledger: Path, allowed: Iterable[str]
) -> list[Hit]:
    """Return where texts of your own reach or name somebody, each text with its file and line."""
    may_stand = [re.compile(re.escape(word), re.IGNORECASE) for word in allowed if word.strip()]
    left = []
    for file, line, text in texts:
        for word in may_stand:
            text = word.sub(" ", text)  # noqa: PLW2901 - what is allowed is not looked at
        left.append((file, line, text))
    hits = {
        Hit(file, line, what, (written,))
        for file, line, text in left
        for what, written in contact_details(text)
    }
    for name, place in who_is_named(_names(ledger), [text for _, _, text in left]):
        file, line, _ = left[place]
        hits.add(Hit(file, line, "a name", (name,)))
    return sorted(hits)


def _names(ledger: Path) -> list[str]:
    with closing(sqlite3.connect(ledger)) as connection:
        return sorted({
            str(name)
            for table, columns in guard_rules()["personal"].items()
            for column, kind in columns.items()
            if kind == "name"
            for (name,) in connection.execute(f"SELECT DISTINCT {column} FROM {table}")
            if name
        })  # fmt: skip
