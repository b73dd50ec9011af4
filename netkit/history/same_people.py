"""Who is who across the ledger's tables: by address, else by a name that one person alone bears."""

import pandas as pd

from netkit.errors import LedgerError
from netkit.ledger import Ledger
from netkit.people import KnownNames, folded_name, person_keys, profile_slug
from netkit.row_counts import look_up


class SamePeople:
    """One key per person for rows of any table and era.

    Examples
    --------
    >>> same = SamePeople(KnownNames.of(pd.Series(["/in/ada-l"]), pd.Series(["Ada L"])))
    >>> same.keys(pd.Series(["in:bo", "name:ada l"], dtype="str")).tolist()
    ['in:bo', 'in:ada-l']
    """

    @classmethod
    def of(cls, ledger: Ledger) -> "SamePeople":
        """Learn from a ledger whose names stand for exactly one person."""
        connections, invitations = ledger.exports.connections(), ledger.invitations.to_frame()
        both = pd.concat([connections[["url", "name"]], invitations[["url", "name"]]])
        both = both.reset_index(drop=True)
        return cls(KnownNames.of(both["url"], both["name"], persons=[connections["name"]]))

    def __init__(self, known: KnownNames) -> None:
        self.known = known

    def keys(self, persons: pd.Series) -> pd.Series:
        """Return the one key of each person key, missing where a name belongs to several people."""
        keys = persons.dropna().unique()
        return look_up(persons, pd.Series([self._key(key) for key in keys], index=keys, dtype="str"))

    def _key(self, person: str) -> str | None:
        name = person.removeprefix("name:")
        if name == person:
            return person
        if name in self.known.shared:
            return None
        return f"in:{self.known.slugs[name]}" if name in self.known.slugs else person

    def rows(self, frame: pd.DataFrame) -> pd.Series:
        """Return the one key of each row of a table with `person` and `name`."""
        nothing = pd.Series(None, index=frame.index, dtype="str")
        by_name = person_keys(nothing, frame["name"], self.known)["person"]
        return self.keys(frame["person"].fillna(by_name))


def find_person(ledger: Ledger, person: str) -> tuple[str, str]:
    """Return the key and the name of one person.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from netkit.ledger import open_ledger
    >>> with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
    ...     find_person(ledger, "https://www.linkedin.com/in/ada-l/"), find_person(ledger, "Bo  Lind")
    (('in:ada-l', 'ada-l'), ('name:bo lind', 'Bo Lind'))
    """
    text, slug = " ".join(person.split()), profile_slug(person)
    names = _names(ledger)
    same = SamePeople.of(ledger)
    if slug or text.startswith(("in:", "name:")):
        key = f"in:{slug}" if slug else text
        key = same.keys(pd.Series([key], dtype="str")).fillna(key).iloc[0]
        return key, names.get(key, key.partition(":")[2])
    name = folded_name(text)
    if name is None:
        raise LedgerError(f"saw the person {person!r}", accepted="a full name", do="name somebody")
    known = same.known
    if name in known.shared:
        found = sorted(key for key, other in names.items() if folded_name(other) == name)
        raise LedgerError(
            f"several people in the ledger are called {text!r}",
            accepted=", ".join(found) or "a profile address",
            do="give one of these, or the profile's address",
        )
    return (f"in:{known.slugs[name]}" if name in known else f"name:{name}"), text


def _names(ledger: Ledger) -> dict[str, str]:
    """Return the name of every person key, as the newest source writes it."""
    asked = ledger.introductions.to_frame()
    columns = ["person", "name"]
    people = pd.concat(
        [
            *(asked[[role, f"{role}_name"]].set_axis(columns, axis=1) for role in ("requester", "contact")),
            ledger.invitations.to_frame()[columns],
            ledger.exports.connections()[columns].iloc[::-1],
        ]
    ).dropna()
    return dict(zip(people["person"], people["name"], strict=True))
