"""One canonical key per person, from a profile URL or a name, and only that."""

import re
import unicodedata
from urllib.parse import unquote

import pandas as pd

_SLUG = re.compile(r"/in/([^/?#\s]+)", re.IGNORECASE)
# `urn:li:member:N` and URNs written where the slug would stand name no public profile.
_NO_SLUG = re.compile(r"^(?:urn:|acoaa)", re.IGNORECASE)
_PLACEHOLDERS = frozenset({"", "linkedin member"})


def profile_slug(url: str | None) -> str | None:
    """Return the canonical slug of a profile URL.

    The part after `/in/`, percent-decoded until it no longer changes, in Unicode NFC and
    case-folded: `Connections.csv` encodes slugs that `Invitations.csv` writes raw.

    Parameters
    ----------
    url : str or None
        A profile address in any of the export's spellings.

    Returns
    -------
    str or None
        The slug, or None where the address names nobody.

    Examples
    --------
    >>> profile_slug("http://de.linkedin.com/in/J%C3%B6rg-M/?trk=x")
    'jörg-m'
    >>> profile_slug("https://www.linkedin.com/in") is None
    True
    """
    if not isinstance(url, str):
        return None
    found = _SLUG.search(_decoded(url))
    if not found or _NO_SLUG.match(found[1]):
        return None
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", found[1]).casefold())


def _decoded(text: str) -> str:
    for _ in range(4):  # doubly encoded slugs occur; four rounds end even a hostile one
        once = unquote(text)
        if once == text:
            break
        text = once
    return text


def folded_name(name: str | None) -> str | None:
    """Return a name as it is compared: NFKC, case-folded, single spaces.

    Parameters
    ----------
    name : str or None
        A full name; it is kept raw everywhere else.

    Returns
    -------
    str or None
        The comparable form, or None for an empty name or a closed account's placeholder.

    Examples
    --------
    >>> folded_name("  ZOË   Ångström ")
    'zoë ångström'
    >>> folded_name("LinkedIn Member") is None
    True
    """
    if not isinstance(name, str):
        return None
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return None if folded in _PLACEHOLDERS else folded


def person_keys(urls: pd.Series, names: pd.Series) -> pd.DataFrame:
    """Give every row its person key and how far the key can be trusted.

    Parameters
    ----------
    urls, names : Series of str, length n
        Profile addresses and full names, row by row; either may be missing.

    Returns
    -------
    DataFrame, n rows, same index
        `person` (`in:slug`, `name:folded name`, or missing) and `confidence`
        (`high` by address, `low` by a name that no two addresses in these rows share,
        `none` otherwise).

    Examples
    --------
    >>> rows = pd.DataFrame({"u": ["linkedin.com/in/ada-l", None], "n": ["Ada L", "Bo K"]})
    >>> person_keys(rows["u"], rows["n"])["person"].tolist()
    ['in:ada-l', 'name:bo k']
    """
    slug = _mapped(urls, profile_slug)
    folded = _mapped(names, folded_name)
    by_name = pd.DataFrame({"name": folded, "slug": slug}).dropna()
    shared = by_name.groupby("name")["slug"].nunique()
    ambiguous = set(shared[shared > 1].index)
    usable = folded.where(~folded.isin(ambiguous))
    person = ("in:" + slug).fillna("name:" + usable)
    confidence = pd.Series("none", index=urls.index, dtype="str")
    confidence = confidence.mask(person.notna(), "low").mask(slug.notna(), "high")
    return pd.DataFrame({"person": person.astype("str"), "confidence": confidence})


def _mapped(values: pd.Series, function: object) -> pd.Series:
    """Apply `function` once per distinct value: a mailbox names the same people over and over."""
    distinct = {value: function(value) for value in values.dropna().unique()}  # type: ignore[operator]
    return values.map(distinct).astype("str")
