"""Whom the rows of an export are about: names joined, keys given, the owner recognised."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.export.archive_member import TooLargeError
from netkit.export.delimited import Delimited
from netkit.export.layout import LIMITS
from netkit.people import KnownNames, folded_name, keys_of


def as_series(values: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Return text as a pandas Series of `str`.

    >>> as_series(pa.array(["a", None])).dtype
    <StringDtype(na_value=nan)>
    """
    found: pd.Series = values.cast(pa.large_string()).to_pandas()
    return found if found.dtype == "str" else found.astype("str")


def full_names(file: Delimited) -> pa.Array:
    """Return full names, else first and last ones joined without stray spaces; null where all are missing."""
    trimmed = [
        pc.fill_null(pc.utf8_trim_whitespace(file.text(part).cast(pa.string())), "")
        for part in ("first_name", "last_name")
    ]
    name = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*trimmed, " "))
    name = pc.if_else(pc.equal(name, ""), pa.scalar(None, pa.string()), name)
    return pc.coalesce(file.text("full_name").cast(pa.string()), name)


@dataclass(frozen=True)
class Pairs:
    """Addresses and names of many rows, each distinct pair once."""

    codes: npt.NDArray[np.int64]
    urls: list[str | None]
    names: list[str | None]

    @classmethod
    def of(cls, urls: pa.Array, names: pa.Array) -> "Pairs":
        """Take addresses and names apart into distinct pairs.

        >>> found = Pairs.of(pa.array(["/in/a", "/in/a", None]), pa.array(["A", "A", "B"]))
        >>> found.codes.tolist(), found.names
        ([0, 0, 1], ['A', 'B'])
        """
        url, url_codes = _encoded(urls)
        name, name_codes = _encoded(names)
        width = len(name)
        codes, distinct = pd.factorize(url_codes * width + name_codes)
        return cls(
            codes.astype(np.int64, copy=False),
            [url[at] for at in distinct // width],
            [name[at] for at in distinct % width],
        )

    def spread(self, values: Sequence[str | None]) -> pd.Series:
        """Return one value per pair as one value per row."""
        return as_series(pa.array(values, pa.large_string()).take(pa.array(self.codes)))

    def keys(self, known: KnownNames) -> pd.DataFrame:
        """Return `person` and `confidence` per row."""
        person, confidence = keys_of(self.urls, self.names, known)
        return pd.DataFrame({"person": self.spread(person), "confidence": self.spread(confidence)})


def _encoded(values: pa.Array) -> tuple[list[str | None], npt.NDArray[np.int64]]:
    """Return the distinct values, missing first, and where each row's stands among them."""
    if pa.types.is_null(values.type):
        values = values.cast(pa.string())
    if not isinstance(values, pa.DictionaryArray):
        values = values.dictionary_encode()
    codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return [None, *values.dictionary.to_pylist()], codes + 1


_MAILBOX = (("sender_url", "from_name"), ("recipient_urls", "to_name"))
_INVITED = (("inviter_url", "from_name"), ("invitee_url", "to_name"))
# kind of file, column with the address, column with the name (of some files it is in two)
_NAMED = (
    ("connections", "url", ""),
    ("invitations", "inviter_url", "from_name"),
    ("invitations", "invitee_url", "to_name"),
    ("messages", "sender_url", "from_name"),
    ("endorsements_received", "url", ""),
    ("endorsements_given", "url", ""),
)


class KnownPeople:
    """Everybody in an export: whose names stand for one person, and who the owner is.

    Files are added first, perhaps from several threads; then one may ask who is known.
    """

    def __init__(self) -> None:
        self._pairs: dict[tuple[int, str], Pairs] = {}
        self._files: dict[str, list[Delimited]] = {}

    def add(self, kind: str, file: Delimited) -> None:
        """Take in a file's people; each address and name is looked at once, and remembered."""
        self._files.setdefault(kind, []).append(file)
        for named, url, name in _NAMED:
            if named == kind:
                pairs = self.pairs(file, url, name)
                keys_of(pairs.urls, pairs.names, KnownNames())

    def pairs(self, file: Delimited, url: str, name: str = "") -> Pairs:
        """Return a file's distinct pairs of address and name; the work is done once."""
        place = (id(file), url)
        if place not in self._pairs:
            names = file.text(name) if name else full_names(file)
            pairs = self._pairs[place] = Pairs.of(file.text(url), names)
            if len(pairs.urls) > LIMITS["people"]:
                raise TooLargeError(file.file, f"names {len(pairs.urls):,} people")
        return self._pairs[place]

    @cached_property
    def names(self) -> KnownNames:
        """Names with one address, and names that several people bear."""
        pairs = [
            self.pairs(file, url, name) for kind, url, name in _NAMED for file in self._files.get(kind, [])
        ]
        return KnownNames.of(
            [url for pair in pairs for url in pair.urls],
            [name for pair in pairs for name in pair.names],
            # Every row of the connections is another person.
            persons=[full_names(file).to_pylist() for file in self._files.get("connections", [])],
        )

    @cached_property
    def owner(self) -> str | None:
        """The owner's person key, or None where nothing tells.

        The owner is the inviter of outgoing and the invitee of incoming invitations; where
        those carry no address, whoever bears the name in `Profile.csv`, or writes or receives
        most of the mailbox.
        """
        files = self._files.get("invitations", [])
        invitations = sum(map(self._own_sides, files), Counter[str]())
        names = self._own_names()
        people, _ = keys_of([None] * len(names), names, self.names)
        profile = Counter(person for person in people if person is not None)
        return (
            _most(invitations, addressed=True)
            or _most(profile, addressed=True)
            or _most(self._by_mailbox(), addressed=True)
            or _most(profile)
            or _most(invitations)
            or _most(self._by_mailbox(named=True))
        )

    def owner_of(self, file: Delimited) -> str | None:
        """Return whose invitations one file holds, by their address, or None where nothing tells."""
        return _most(self._own_sides(file), addressed=True)

    def _own_sides(self, file: Delimited) -> Counter[str]:
        """Count who invites in outgoing rows and who is invited in incoming ones."""
        said = pc.utf8_upper(pc.utf8_trim_whitespace(file.text("direction").cast(pa.string())))
        counted = Counter[str]()
        for word, url, name in (
            ("OUTGOING", "inviter_url", "from_name"),
            ("INCOMING", "invitee_url", "to_name"),
        ):
            side = self.pairs(file, url, name)
            people, _ = keys_of(side.urls, side.names, self.names)
            at = pc.fill_null(pc.equal(said, word), False).to_numpy(zero_copy_only=False)
            times = np.bincount(side.codes[at], minlength=len(people))
            for person, n in zip(people, times.tolist(), strict=True):
                if person is not None and n:
                    counted[person] += n
        return counted

    def _own_names(self) -> list[str | None]:
        files = self._files.get("profile", [])
        return [name for file in files for name in full_names(file).to_pylist()]

    def _by_mailbox(self, *, named: bool = False) -> Counter[str]:
        """Count who takes part in more than half of the messages, else of the invitations."""
        return self._in_most("messages", _MAILBOX, named) or self._in_most("invitations", _INVITED, named)

    def _in_most(self, kind: str, sides: Sequence[tuple[str, str]], named: bool) -> Counter[str]:
        """Count who stands in more than half of a file's rows; namesakes and partners do not.

        Where addresses do not tell, because a side or all of it lacks them, names may.
        """
        own = {folded_name(name) for name in self._own_names()}
        counted, rows = Counter[str](), 0
        for file in self._files.get(kind, []):
            rows += len(file.rows)
            for url, name in sides:
                side = self.pairs(file, url, name)
                times = np.bincount(side.codes, minlength=len(side.urls)).tolist()
                names = side.names if named else [None] * len(side.names)
                people, _ = keys_of(side.urls, names, self.names)
                for person, address, full, n in zip(people, side.urls, side.names, times, strict=True):
                    several = address is not None and "," in address
                    if not several and person is not None and (not own or folded_name(full) in own):
                        counted[person] += n
        most = [person for person, n in counted.items() if n * 2 > rows]
        # Two people alone with each other take part alike: then nothing tells who of them is you.
        return Counter({person: counted[person] for person in most if len(most) == 1})


def _most(counted: Counter[str], *, addressed: bool = False) -> str | None:
    """Return who was counted most often, if anybody; of equals always the same."""
    usable = [person for person in counted if person.startswith("in:") or not addressed]
    return max(usable, key=lambda person: (counted[person], person), default=None)
