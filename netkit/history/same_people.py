"""Who is who across the ledger's tables: by address, else by a name that one person alone bears."""

import pandas as pd

from netkit.ledger import Ledger
from netkit.ledger.lookup import look_up
from netkit.people import KnownNames, known_names, person_keys


class SamePeople:
    """One key per person for rows of any table and era.

    Parameters
    ----------
    known : KnownNames
        Which names stand for exactly one person.

    Examples
    --------
    >>> same = SamePeople(known_names(pd.Series(["/in/ada-l"]), pd.Series(["Ada L"])))
    >>> same.keys(pd.Series(["in:bo", "name:ada l"], dtype="str")).tolist()
    ['in:bo', 'in:ada-l']
    """

    def __init__(self, known: KnownNames) -> None:
        self.known = known

    def keys(self, persons: pd.Series) -> pd.Series:
        """Return the one key of each person key, missing where a name belongs to several people.

        Parameters
        ----------
        persons : Series of str, length n
            Person keys.

        Returns
        -------
        Series of str, length n
            Same index.
        """
        keys = persons.dropna().unique()
        return look_up(
            persons, pd.Series([self._key(key) for key in keys], index=keys, dtype="str")
        )

    def _key(self, person: str) -> str | None:
        name = person.removeprefix("name:")
        if name == person:
            return person
        if name in self.known.shared:
            return None
        return f"in:{self.known.slugs[name]}" if name in self.known.slugs else person

    def rows(self, frame: pd.DataFrame) -> pd.Series:
        """Return the one key of each row of a table with `person` and `name`.

        Parameters
        ----------
        frame : DataFrame, n rows
            `person`, `name`; where no key was stored the name alone is tried.

        Returns
        -------
        Series of str, length n
            Same index.
        """
        nothing = pd.Series(None, index=frame.index, dtype="str")
        by_name = person_keys(nothing, frame["name"], self.known)["person"]
        return self.keys(frame["person"].fillna(by_name))


def same_people(ledger: Ledger) -> SamePeople:
    """Learn from a ledger whose names stand for exactly one person.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    SamePeople
        The keys.
    """
    connections, invitations = ledger.connections(), ledger.invitations()
    both = pd.concat([connections[["url", "name"]], invitations[["url", "name"]]])
    both = both.reset_index(drop=True)
    return SamePeople(known_names(both["url"], both["name"], persons=[connections["name"]]))
