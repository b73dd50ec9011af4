"""One canonical key per person, from a profile URL or a name, and only that."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pandas as pd

from netkit.plain_yaml import read_yaml

_SLUG = re.compile(r"/in/([^/?#\s]+)", re.IGNORECASE)
# Member numbers, and the opaque identifiers written where the slug would stand, name no public profile.
_NO_SLUG = re.compile(r"urn:|aco[a-z]{1,2}[\w-]{25,}\Z", re.IGNORECASE)
# Pages of organisations write messages, too; they are nobody one could know.
_ORGANISATION = re.compile(r"/(?:company|school|showcase|groups?)/", re.IGNORECASE)
# Marks of direction, joiners, soft hyphens and control signs; blanks are dealt with apart.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LONGEST = 2_000  # signs of an address or a name; what is longer is neither
_REMEMBERED = 1 << 17  # people of a large mailbox: the same names come up in file after file
_CLOSED = Path(__file__).parent / "phrases" / "closed_accounts.yaml"


@lru_cache(maxsize=_REMEMBERED)
def profile_slug(url: str | None) -> str | None:
    """Return the canonical slug of a profile URL.

    The part after `/in/`, percent-decoded until it no longer changes, in Unicode NFC and
    case-folded: `Connections.csv` encodes slugs that `Invitations.csv` writes raw. None where the
    address names nobody.

    Examples
    --------
    >>> profile_slug("http://de.linkedin.com/in/J%C3%B6rg-M/?trk=x")
    'jörg-m'
    >>> profile_slug("https://www.linkedin.com/in") is None
    True
    """
    if not isinstance(url, str) or len(url) > _LONGEST:
        return None
    found = _SLUG.search(url) or _SLUG.search(_decoded(url))
    slug = _decoded(found[1]) if found else ""
    if not slug or _NO_SLUG.match(slug):
        return None
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", slug).casefold())


def _decoded(text: str) -> str:
    for _ in range(4):  # doubly encoded slugs occur; four rounds end even a hostile one
        if "%" not in text:
            break
        raw = unquote_to_bytes(text.encode("utf-8", "backslashreplace"))
        try:
            once = raw.decode("utf-8")
        except UnicodeDecodeError:  # never U+FFFD: it would make one person of two
            once = raw.decode("latin-1")
        if once == text:
            break
        text = once
    return text


@lru_cache(maxsize=_REMEMBERED)
def folded_name(name: str | None) -> str | None:
    """Return a name as it is compared: NFKC, case-folded, single spaces, no invisible marks.

    None where the name is empty, or the placeholder of a closed account.

    Examples
    --------
    >>> folded_name("  ZOË   Ångström ")
    'zoë ångström'
    >>> folded_name("LinkedIn Member") is None
    True
    """
    if not isinstance(name, str) or len(name) > _LONGEST:
        return None
    folded = _folded(name)
    return None if not folded or folded in _closed_accounts() else folded


def _folded(name: str) -> str:
    if not (name.isascii() and name.isprintable()):
        # Twice, for folding a letter may leave a form that composes again.
        name = _composed(_composed(_INVISIBLE.sub("", name)).casefold())
    return " ".join(name.casefold().split())


def _composed(name: str) -> str:
    if unicodedata.is_normalized("NFKC", name):  # quicker than normalising, and nearly always so
        return name
    return unicodedata.normalize("NFKC", name)


@cache
def _closed_accounts() -> frozenset[str]:
    return frozenset(_folded(name) for name in read_yaml(_CLOSED)["names"])


@dataclass(frozen=True)
class KnownNames:
    """Names that belong to one address alone, and names that several people bear, who are nobody then."""

    slugs: dict[str, str] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        urls: Iterable[str | None],
        names: Iterable[str | None],
        *,
        persons: Iterable[Iterable[str | None]] = (),
    ) -> KnownNames:
        """Learn from addresses and full names that occur together which names stand for one person.

        `persons` are lists in which each row is another person, such as the connections: a name that
        stands twice in one of them belongs to two people.

        Examples
        --------
        >>> known = KnownNames.of(["/in/bo", "/in/al-1", "/in/al-2"], ["Bo", "Al", "Al"])
        >>> known.slugs, sorted(known.shared)
        ({'bo': 'bo'}, ['al'])
        """
        slugs: dict[str, str] = {}
        shared: set[str] = set()
        for url, full in set(zip(urls, names, strict=True)):
            slug, name = profile_slug(url), folded_name(full)
            if slug is not None and name is not None and slugs.setdefault(name, slug) != slug:
                shared.add(name)
        for listed in persons:
            folded = (folded_name(name) for name in listed)
            counted = Counter(name for name in folded if name is not None)
            shared |= {name for name, times in counted.items() if times > 1}
        own = {name: slug for name, slug in slugs.items() if name not in shared}
        return cls(own, frozenset(shared))

    def __contains__(self, name: object) -> bool:
        """Tell whether a folded name is known to belong to one address."""
        return name in self.slugs


def person_keys(urls: pd.Series, names: pd.Series, known: KnownNames | None = None) -> pd.DataFrame:
    """Give every row its person key and how far the key can be trusted.

    `person` is `in:slug`, `name:folded name`, or missing; `confidence` is `high` by the row's own
    address, `low` by a name that one person alone bears, `none` otherwise. `known` is what other rows
    say about names, else what these rows say.

    Examples
    --------
    >>> rows = pd.DataFrame({"u": ["linkedin.com/in/ada-l", None, None], "n": ["Ada L", "Bo K", "Ada L"]})
    >>> person_keys(rows["u"], rows["n"])["person"].tolist()
    ['in:ada-l', 'name:bo k', 'in:ada-l']
    """
    person, confidence = keys_of(urls.tolist(), names.tolist(), known)
    keys = {"person": person, "confidence": confidence}
    return pd.DataFrame(keys, index=urls.index, dtype="str")


def keys_of(
    urls: Sequence[str | None], names: Sequence[str | None], known: KnownNames | None = None
) -> tuple[list[str | None], list[str]]:
    """Return keys and confidences as `person_keys` does, for plain lists.

    Examples
    --------
    >>> keys_of(["/in/ada", None], ["Ada", "Bo"])
    (['in:ada', 'name:bo'], ['high', 'low'])
    """
    known = KnownNames.of(urls, names) if known is None else known
    keys = [_key(url, name, known) for url, name in zip(urls, names, strict=True)]
    return [person for person, _ in keys], [confidence for _, confidence in keys]


def _key(url: str | None, full: str | None, known: KnownNames) -> tuple[str | None, str]:
    slug = profile_slug(url)
    if slug is not None:
        return f"in:{slug}", "high"
    name = folded_name(full)
    organisation = isinstance(url, str) and _ORGANISATION.search(url)
    if name is None or name in known.shared or organisation:
        return None, "none"
    return (f"in:{known.slugs[name]}" if name in known else f"name:{name}"), "low"
