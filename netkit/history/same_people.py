"""Who is who across the ledger's tables: by address, else by a name that one person alone bears."""

from __future__ import annotations

import pandas as pd

from netkit.ledger import Ledger
from netkit.people import KnownNames, folded_name, person_keys
from netkit.row_counts import look_up


class SamePeople:
    """One key per person for rows of any table and era.

    Examples
    --------
    >>> same = SamePeople(KnownNames.of(["/in/ada-l"], ["Ada L"]))
    >>> same.key("name:ada l"), same.keys(pd.Series(["in:bo", "name:ada l"], dtype="str")).tolist()
    ('in:ada-l', ['in:bo', 'in:ada-l'])
    """

    @classmethod
    def of(cls, ledger: Ledger) -> SamePeople:
        """Learn from a ledger whose names stand for exactly one person."""
        return ledger.database.once(cls, lambda: cls._learn(ledger))

    @classmethod
    def _learn(cls, ledger: Ledger) -> SamePeople:
        connections = ledger.exports.connection_rows()
        both = [*connections, *ledger.invitations.rows()]
        urls, names = ([row[part] for row in both] for part in ("url", "name"))
        return cls(KnownNames.of(urls, names, persons=[names[: len(connections)]]))

    def __init__(self, known: KnownNames) -> None:
        self.known = known

    def key(self, person: str | None, name: str | None = None) -> str | None:
        """Return the one key of a person's key, or of a name; none where the name is several people's."""
        folded = None if person else folded_name(name)
        person = f"name:{folded}" if folded else person
        if person is None or not person.startswith("name:"):
            return person
        name = person.removeprefix("name:")
        if name in self.known.shared:
            return None
        return f"in:{self.known.slugs[name]}" if name in self.known.slugs else person

    def keys(self, persons: pd.Series) -> pd.Series:
        """Return the one key of each person key, missing where a name belongs to several people."""
        keys = persons.dropna().unique()
        return look_up(persons, pd.Series([self.key(key) for key in keys], index=keys, dtype="str"))

    def rows(self, frame: pd.DataFrame) -> pd.Series:
        """Return the one key of each row of a table with `person` and `name`."""
        nothing = pd.Series(None, index=frame.index, dtype="str")
        by_name = person_keys(nothing, frame["name"], self.known)["person"]
        return self.keys(frame["person"].fillna(by_name))
