"""Finds whom or which request somebody means: by a key or its beginning, a name or part of it, an address."""

import unicodedata
from collections.abc import Collection
from typing import Literal

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import Kind
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.people import folded_name, profile_slug
from netkit.wording import counted

_SHORTEST = 3  # a beginning of fewer signs of a key fits too many, and may be a name
_LISTED = 6
_COLUMNS = ["person", "name", "request", "kind", "on"]


def find_request(
    ledger: Ledger, words: str, kind: Kind | Literal[""] = "", *, among: Collection[str] | None = None
) -> str:
    """Return the key of the one request that words fit; what looks like a key and fits none is returned.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    words : str
        A key or its beginning, a name or part of it, a profile address, or a person's key.
    kind : {'', 'invitation', 'introduction'}
        Only this kind of request.
    among : collection of str, optional
        Only one of these keys.

    Returns
    -------
    str
        The key.

    Raises
    ------
    LedgerError
        Nothing fits, or several requests do.
    """
    rows = _mentions(ledger, kind).dropna(subset=["request"])
    if among is not None:
        rows = rows[rows["request"].isin(among)]
    key = words.strip().casefold()
    found = rows[rows["request"] == key]
    if found.empty:
        found = rows[_begins(rows, key) | _is_meant(rows, words)]
    found = found.drop_duplicates("request")
    if len(found) == 1:
        return str(found["request"].iloc[0])
    if len(found):
        raise _several(words, found)
    if key.startswith(("inv-", "intro-")):
        return words.strip()  # whoever is told this key says what is wrong with it
    raise LedgerError(
        f"The ledger does not know a request of {words!r}."
        " Take a key or a name from 'netkit triage' or 'netkit intro list'."
    )


def find_people(ledger: Ledger, words: str) -> pd.DataFrame:
    """Return the people whom words fit, also by the beginning of a request's key.

    Returns
    -------
    DataFrame
        `person`, `name` (as the newest source writes it), `request` where a key was given; a row a person.
    """
    rows, key = _mentions(ledger), words.strip().casefold()
    found = rows[rows["request"] == key]
    if found.empty:
        found = rows[_begins(rows, key)]
    if found.empty:
        found = rows[_is_meant(rows, words)].assign(request=None)
    return found.drop_duplicates("person", keep="last")[["person", "name", "request"]]


def _several(words: str, found: pd.DataFrame) -> LedgerError:
    listed = [f"{row.request} ({row.on:%Y-%m-%d})" for row in found.head(_LISTED).itertuples()]
    more = f", and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return LedgerError(
        f"{counted(len(found), 'request')} fit {words!r}: {', '.join(listed)}{more}."
        f' Give one of these keys; netkit show "{words}" says who they are.'
    )


def _mentions(ledger: Ledger, kind: Kind | Literal[""] = "") -> pd.DataFrame:
    """Return everybody whom the ledger names, with the request where there is one, the newest last."""
    same, parts = SamePeople.of(ledger), []
    if not kind:
        linked = ledger.exports.connections()
        parts.append(linked.assign(request=None, kind="", on=linked["connected_on"]))
    if kind != "introduction":
        sent = ledger.invitations.to_frame()
        mine = sent["direction"] == "incoming"  # what you sent is nobody's question to you
        parts.append(sent.assign(request=sent["request"].where(mine), kind="invitation", on=sent["sent_at"]))
    if kind != "invitation":
        asked = ledger.introductions.to_frame()
        for role in ("requester", "contact"):
            names = {role: "person", f"{role}_name": "name", "asked_at": "on"}
            parts.append(asked[["request", *names]].rename(columns=names).assign(kind="introduction"))
    rows = pd.concat([part[_COLUMNS].astype("object") for part in parts], ignore_index=True)
    return rows.assign(person=same.rows(rows.astype({"person": "str", "name": "str"})))


def _begins(rows: pd.DataFrame, key: str) -> pd.Series:
    """Tell which keys begin so, with or without what they all begin with."""
    keys = rows["request"].fillna("").astype("str")
    if key.startswith(("inv-", "intro-")):
        return keys.str.startswith(key)
    return keys.str.replace(r"^[^-]*-", "", regex=True).str.startswith(key) & (len(key) >= _SHORTEST)


def _is_meant(rows: pd.DataFrame, words: str) -> pd.Series:
    """Tell whom an address, a person's key, a full name, or else parts of a name mean."""
    slug = profile_slug(words)
    if slug or words.startswith(("in:", "name:")):
        return rows["person"] == (f"in:{slug}" if slug else words)
    name, names = folded_name(words), rows["name"].map(folded_name)
    if name is None:
        return pd.Series(False, index=rows.index)
    whole = names == name
    if whole.any():
        return whole
    parts = _plain(name).split()
    words_of = names.fillna("").map(lambda each: _plain(each).split())
    return words_of.map(lambda each: _has_parts(each, parts)).astype("bool")


def _has_parts(name: list[str], parts: list[str]) -> bool:
    """Tell whether each part begins a word of the name.

    >>> _has_parts(["ana", "example"], ["ex"]), _has_parts(["ana", "example"], ["ana", "park"])
    (True, False)
    """
    return all(any(word.startswith(part) for word in name) for part in parts)


def _plain(name: str) -> str:
    """Return a folded name without accents, as it is typed on a plain keyboard."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
