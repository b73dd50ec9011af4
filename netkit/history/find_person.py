"""Who is meant by an address, a key or a name that a user types: one way for every command."""

import pandas as pd

from netkit.errors import LedgerError
from netkit.history.same_people import same_people
from netkit.ledger import Ledger
from netkit.people import folded_name, profile_slug


def find_person(ledger: Ledger, person: str) -> tuple[str, str]:
    """Return the key and the name of one person.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    person : str
        A profile address, a person key, or a full name; a name the ledger does not know is taken as it is.

    Returns
    -------
    tuple of str
        Person key and full name.

    Raises
    ------
    LedgerError
        The name belongs to several people, or there is none.

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
    same = same_people(ledger)
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
    asked = ledger.introductions()
    columns = ["person", "name"]
    people = pd.concat(
        [
            *(
                asked[[role, f"{role}_name"]].set_axis(columns, axis=1)
                for role in ("requester", "contact")
            ),
            ledger.invitations()[columns],
            ledger.connections()[columns].iloc[::-1],
        ]
    ).dropna()
    return dict(zip(people["person"], people["name"], strict=True))
