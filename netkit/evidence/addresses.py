"""Whose an address is: mail addresses as they are compared, names as they are decoded, and who is nobody."""

import re
from base64 import b64decode
from binascii import Error as NoBase64
from email.utils import getaddresses
from functools import cache, lru_cache
from inspect import signature
from pathlib import Path
from quopri import decodestring

from netkit.plain_yaml import Located, read_yaml

_PLAIN = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\]{1,190}\.[^\W_]{2,24}")
# By far the most common forms, for which the standard library takes twenty times as long.
_ONE = re.compile(rf'\s*(?:"([^"\\]*)"|([^"<>(),:;@\\\[\]]*?))\s*<\s*({_PLAIN.pattern})\s*>\s*')
_BARE = re.compile(rf"\s*({_PLAIN.pattern})\s*")
_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
_GMAIL = ("gmail.com", "googlemail.com")
_LONGEST = 20_000  # of a header; what is longer is addressed to a crowd
# Since 3.13, and in repaired earlier versions, one odd name would lose the whole list.
_LENIENT = {"strict": False} if "strict" in signature(getaddresses).parameters else {}


@cache
def _nobody() -> Located:
    """Return the lists of who is no person."""
    return read_yaml(Path(__file__).parent / "nobody.yaml")


@cache
def words_of(name: str) -> frozenset[str]:
    """Return one of those lists."""
    return frozenset(_nobody()[name])


@cache
def pattern_of(name: str) -> re.Pattern[str]:
    """Return one of those lists of patterns as one."""
    return re.compile("|".join(_nobody()[name]), re.IGNORECASE)


@lru_cache(maxsize=1 << 16)
def canonical(address: str) -> str:
    """Return an address as it is compared, or nothing where it is none.

    >>> canonical("Ana.Example+x@GoogleMail.com"), canonical("/o=ExchangeLabs/cn=ana"), canonical("Doe")
    ('anaexample@gmail.com', '', '')
    """
    text = address.strip().strip("<>'\"").casefold().removeprefix("mailto:")
    if not _PLAIN.fullmatch(text):
        return ""
    local, _, domain = text.rpartition("@")
    if domain in _GMAIL:
        local, domain = local.partition("+")[0].replace(".", ""), _GMAIL[0]
    return f"{local}@{domain}" if local else ""


@lru_cache(maxsize=1 << 16)
def is_person(address: str) -> bool:
    """Tell whether a canonical address can be one person's: no robot's, platform's or shared one.

    >>> [is_person(each) for each in ("ana@acme.example", "no-reply@acme.example", "ana@e.linkedin.com")]
    [True, False, False]
    """
    local, _, domain = address.rpartition("@")
    if not local or any(part in local for part in _nobody()["robot_parts"]):
        return False
    if words_of("shared_words") & set(re.split(r"[._+-]", local)):
        return False
    parts = domain.split(".")
    return not any(".".join(parts[at:]) in words_of("platforms") for at in range(len(parts) - 1))


def is_free(domain: str) -> bool:
    """Tell whether anybody may have a mailbox at a domain."""
    return domain in words_of("free_mail")


def employer_word(text: str) -> str:
    """Return the word by which a company is known, from a mail domain or a name; nothing where it is none.

    >>> employer_word("mail.acme-energy.co.uk") == employer_word("Acme Energy Ltd.") == "at:acmeenergy"
    True
    >>> employer_word("gmail.com"), employer_word("GmbH")
    ('', '')
    """
    folded = text.strip().casefold()
    if re.fullmatch(r"[^\s@]+\.[^\W\d_]{2,24}", folded):
        parts = folded.split(".")
        if any(is_free(".".join(parts[at:])) for at in range(len(parts) - 1)):
            return ""
        own = [part for part in parts[:-1] if part not in words_of("second_levels")][-1:]
    else:
        words = re.sub(r"[^\w\s]|_", " ", folded.replace(".", "")).split()
        own = [word for word in words if word not in words_of("company_forms")]
    name = re.sub(r"[\W_]", "", "".join(own))
    return f"at:{name}" if len(name) > 1 else ""


@lru_cache(maxsize=1 << 15)
def decoded(raw: str) -> str:
    """Return a header with its encoded words read, whatever they claim to be.

    >>> decoded("=?utf-8?Q?J=C3=B6?= =?utf-8?Q?rg?= M"), decoded("=?x-none?b?SsO2cmc?=")
    ('Jörg M', 'Jörg')
    """
    if "=?" not in raw:
        return raw
    text, end, held, charset = [], 0, b"", ""
    joined = _BETWEEN.sub(r"\1\2", raw)
    for found in _WORD.finditer(joined):
        if held and (found.start() > end or found[1] != charset):
            text.append(lenient(held, charset))
            held = b""
        text.append(joined[end : found.start()])
        held, charset, end = held + _unquoted(found[2], found[3]), found[1], found.end()
    if held:
        text.append(lenient(held, charset))
    return "".join(text) + joined[end:]


def _unquoted(how: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if how in "qQ":
        return decodestring(raw.replace(b"_", b" "))
    try:
        return b64decode(raw + b"=" * (-len(raw) % 4))
    except (NoBase64, ValueError):
        return b""


def lenient(raw: bytes, charset: str = "utf-8") -> str:
    """Return bytes as text: in the charset that is claimed, else in UTF-8, else in cp1252."""
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


@lru_cache(maxsize=1 << 15)
def address_list(raw: str) -> tuple[tuple[str, str], ...]:
    """Return the names and canonical addresses in a header; what is no address is left out.

    >>> address_list('Doe, Ana <a@ex.org>, "J. Roe" <j@ex.org>, b@ex.org (Bo Lind), undisclosed-recipients:;')
    (('Doe, Ana', 'a@ex.org'), ('J. Roe', 'j@ex.org'), ('Bo Lind', 'b@ex.org'))
    """
    if found := _ONE.fullmatch(raw):
        return _kept([(found[1] or found[2] or "", found[3])])
    if found := _BARE.fullmatch(raw):
        return _kept([("", found[1])])
    if len(raw) > _LONGEST:
        return ()
    try:
        return _kept(getaddresses([raw], **_LENIENT))
    except Exception:  # the library fails in many ways at what is no address
        return ()


def _kept(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    kept, before = [], ""
    for name, address in pairs:
        known = canonical(address)
        if known:
            full = f"{before}, {name}" if before and name else name
            kept.append((clean_name(full, address), known))
        # `Doe, Ana <a@ex.org>` without quotes is taken for two
        before = (name or address) if not known and "@" not in address else ""
    return tuple(kept)


def clean_name(name: str, address: str = "") -> str:
    """Return a display name, or nothing where it only repeats an address."""
    text = " ".join(decoded(name).replace("\\", "").split()).strip("'\" ")
    return "" if "@" in text or text.casefold() == address.casefold() else text[:200]


def is_passed_on(name: str) -> bool:
    """Tell whether a name says that a platform passes something on.

    >>> is_passed_on("Ana Example via LinkedIn"), is_passed_on("Olivia Example")
    (True, False)
    """
    return bool(name) and pattern_of("passed_on").search(name) is not None
