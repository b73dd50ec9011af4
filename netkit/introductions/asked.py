"""Writes down who asked you to be introduced to whom."""

from collections.abc import Mapping
from datetime import date

from netkit.errors import LedgerError
from netkit.facts import Vocabulary
from netkit.history.same_people import find_person
from netkit.introductions.life import Life
from netkit.introductions.reading import read_life
from netkit.ledger import Ledger


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
        A name belongs to several people, nobody is named, both are one person, or no purpose is said.
    FactError
        A fact or level is not declared.
    """
    with ledger.together():
        (asker, asker_name), (wanted, wanted_name) = (
            find_person(ledger, requester),
            find_person(ledger, contact),
        )
        if not purpose.strip():
            raise LedgerError(
                f"saw no purpose for {asker_name} to meet {wanted_name} (PI1)",
                accepted="what it is for, in words",
                do="ask the requester; where it is only to meet somebody, say that",
            )
        if asker == wanted:
            raise LedgerError(
                f"saw {asker_name!r} as requester and as contact",
                accepted="two people",
                do="correct one of them",
            )
        request = ledger.introductions.add(
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
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=vocabulary)
        return read_life(ledger, request)
