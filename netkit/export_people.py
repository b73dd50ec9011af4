"""Whom the rows of an export are about: names joined, keys given, the owner recognised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.delimited import Delimited
from netkit.people import KnownNames, folded_name, known_names, person_keys


def as_series(values: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Return text as a pandas Series of `str`.

    Examples
    --------
    >>> as_series(pa.array(["a", None])).dtype
    <StringDtype(na_value=nan)>
    """
    found = values.cast(pa.large_string()).to_pandas()
    return found if found.dtype == "str" else found.astype("str")


def joined_names(first: pa.Array, last: pa.Array) -> pa.Array:
    """Return first and last names as full names without stray spaces, null where both are missing.

    Examples
    --------
    >>> joined_names(pa.array(["Ada ", None]), pa.array(["Lovelace", None])).to_pylist()
    ['Ada Lovelace', None]
    """
    trimmed = [
        pc.fill_null(pc.utf8_trim_whitespace(part.cast(pa.string())), "") for part in (first, last)
    ]
    name = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*trimmed, " "))
    return pc.if_else(pc.equal(name, ""), pa.scalar(None, pa.string()), name)


@dataclass(frozen=True)
class Pairs:
    """Addresses and names of many rows, each distinct pair once.

    Attributes
    ----------
    codes : array of int, length n
        For each row the position of its pair.
    urls, names : Series of str, one per pair
        The pairs.
    """

    codes: npt.NDArray[np.int64]
    urls: pd.Series
    names: pd.Series

    def spread(self, values: pd.Series) -> pd.Series:
        """Return one value per pair as one value per row."""
        distinct = pa.array(values, pa.large_string(), from_pandas=True)
        return as_series(distinct.take(pa.array(self.codes)))

    def keys(self, known: KnownNames) -> pd.DataFrame:
        """Return `person` and `confidence` per row."""
        keys = person_keys(self.urls, self.names, known)
        return pd.DataFrame({column: self.spread(keys[column]) for column in keys})


def pairs_of(urls: pa.Array, names: pa.Array) -> Pairs:
    """Take addresses and names apart into distinct pairs.

    Parameters
    ----------
    urls, names : pyarrow arrays of str, plain or dictionary-encoded, length n
        Row by row; null where missing.

    Returns
    -------
    Pairs
        The distinct pairs, and which row has which.

    Examples
    --------
    >>> found = pairs_of(pa.array(["/in/a", "/in/a", None]), pa.array(["A", "A", "B"]))
    >>> found.codes.tolist(), found.names.tolist()
    ([0, 0, 1], ['A', 'B'])
    """
    url, name = _encoded(urls), _encoded(names)
    width = len(name.dictionary) + 1
    both = (_codes(url) + 1) * width + _codes(name) + 1
    codes, distinct = pd.factorize(both)
    return Pairs(
        codes.astype(np.int64),
        _taken(url.dictionary, distinct // width - 1),
        _taken(name.dictionary, distinct % width - 1),
    )


def _encoded(values: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_null(values.type):
        values = values.cast(pa.string())
    return values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()


def _codes(values: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.int64] = codes.astype(np.int64)
    return found


def _taken(values: pa.Array, at: npt.NDArray[np.int64]) -> pd.Series:
    return as_series(values.take(pa.array(np.where(at < 0, None, at), pa.int64())))


def names_known_to(files: dict[str, list[Delimited]]) -> KnownNames:
    """Learn from all files together which names stand for one person.

    Parameters
    ----------
    files : dict of str to list of Delimited
        The files by kind.

    Returns
    -------
    KnownNames
        Names with one address, and names that several people bear.
    """
    pairs = [
        pairs_of(file.text(url), name)
        for kind, url, *parts in _NAMED
        for file in files.get(kind, [])
        for name in [_name(file, parts)]
    ]
    connections = [
        as_series(_name(file, ["first_name", "last_name"])) for file in files.get("connections", [])
    ]
    return known_names(
        _concatenated([pair.urls for pair in pairs]),
        _concatenated([pair.names for pair in pairs]),
        # Parts of one export list the same people again; a name stands twice within one file only.
        persons=connections,
    )


# kind of file, column with the address, column or columns with the name
_NAMED = (
    ("connections", "url", "first_name", "last_name"),
    ("invitations", "inviter_url", "from_name"),
    ("invitations", "invitee_url", "to_name"),
    ("messages", "sender_url", "from_name"),
    ("endorsements_received", "url", "first_name", "last_name"),
    ("endorsements_given", "url", "first_name", "last_name"),
)


def _name(file: Delimited, columns: Sequence[str]) -> pa.Array:
    if len(columns) == 1:
        return file.text(columns[0])
    return joined_names(*(file.text(column) for column in columns))


def _concatenated(parts: list[pd.Series]) -> pd.Series:
    if not parts:
        return pd.Series([], dtype="str")
    return pd.concat(parts, ignore_index=True).astype("str")


def owner_of(files: dict[str, list[Delimited]], known: KnownNames) -> str | None:
    """Return the person key of the export's owner.

    The owner is the inviter of outgoing and the invitee of incoming invitations; where those
    carry no address, the name in `Profile.csv` and the sender addresses of the mailbox help.

    Parameters
    ----------
    files : dict of str to list of Delimited
        The files by kind.
    known : KnownNames
        Which names stand for one person.

    Returns
    -------
    str or None
        A person key, or None where nothing tells.
    """
    own = [keys for file in files.get("invitations", []) for keys in _own_sides(file, known)]
    by_invitations = pd.concat(own) if own else pd.Series([], dtype="str")
    addressed = by_invitations[by_invitations.str.startswith("in:")]
    for found in (addressed, _from_profile(files, known), by_invitations):
        counted = found.dropna().value_counts()
        if len(counted):
            return str(counted.index[0])
    return None


def _own_sides(file: Delimited, known: KnownNames) -> list[pd.Series]:
    direction = as_series(file.text("direction")).str.strip().str.upper()
    sides = []
    for word, url, name in (
        ("OUTGOING", "inviter_url", "from_name"),
        ("INCOMING", "invitee_url", "to_name"),
    ):
        keys = pairs_of(file.text(url), file.text(name)).keys(known)
        sides.append(keys.loc[direction == word, "person"].dropna())
    return sides


def _from_profile(files: dict[str, list[Delimited]], known: KnownNames) -> pd.Series:
    names = [
        as_series(_name(file, ["first_name", "last_name"])) for file in files.get("profile", [])
    ]
    folded = [folded_name(name) for name in _concatenated(names).dropna()]
    return pd.Series(
        [f"in:{known.slugs[name]}" if name in known else f"name:{name}" for name in folded if name],
        dtype="str",
    )
