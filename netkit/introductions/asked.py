"""Writes down who asked you to be introduced to whom, and finds both among the people you know."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import Vocabulary
from netkit.history.same_people import same_people
from netkit.introductions.life import Life
from netkit.introductions.reading import read_life
from netkit.ledger import Ledger
from netkit.people import folded_name, profile_slug


def ask_introduction(
    ledger: Ledger,
    requester: str,
    contact: str,
    *,
    purpose: str,
    channel: str,
    on: date,
    source: str = "python",
    facts: Mapping[str, object] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Life:
    """Write down that somebody asked you for an introduction.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    requester, contact : str
        Who asks, and whom he wants to meet: a full name, a profile address, or a person key.
    purpose : str
        What it is for, in words.
    channel : str
        How you were asked, a level of the fact `asked_by`.
    on : date
        The day.
    source : str
        Who says so.
    facts : mapping of str to object, optional
        What you know about the request already.
    vocabulary : Vocabulary, optional
        The declared facts, with your own.

    Returns
    -------
    Life
        The introduction; the same people on the same day are one.

    Raises
    ------
    LedgerError
        A name belongs to several people, nobody is named, or both are one person.
    FactError
        A fact or level is not declared.
    """
    with ledger.together():
        (asker, asker_name), (wanted, wanted_name) = (
            find_person(ledger, requester),
            find_person(ledger, contact),
        )
        if asker == wanted:
            raise LedgerError(
                f"saw {asker_name!r} as requester and as contact",
                accepted="two people",
                do="correct one of them",
            )
        request = ledger.add_introduction(
            asker_name,
            wanted_name,
            requester=asker,
            contact=wanted,
            purpose_text=purpose,
            channel=channel,
            asked_at=on,
            source=source,
        )
        notes = ((request, fact, level) for fact, level in (facts or {}).items())
        ledger.note_facts(notes, at=on, source=source, vocabulary=vocabulary)
        return read_life(ledger, request)


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
    """
    text, slug = " ".join(person.split()), profile_slug(person)
    names = _names(ledger)
    if slug or text.startswith(("in:", "name:")):
        key = f"in:{slug}" if slug else text
        return key, names.get(key, key.partition(":")[2])
    name = folded_name(text)
    if name is None:
        raise LedgerError(f"saw the person {person!r}", accepted="a full name", do="name somebody")
    known = same_people(ledger).known
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
