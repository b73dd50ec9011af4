"""Who opens doors: letters once sent, found again by purpose, and a new one begun from what worked (PI9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from netkit.errors import LedgerError
from netkit.history.past_introductions import introduction_rows
from netkit.introductions.life import Life, read_life
from netkit.ledger import Ledger
from netkit.people import folded_name


def first_name(name: str) -> str:
    """Return the first name of a full name, titles left out.

    Parameters
    ----------
    name : str
        A full name.

    Returns
    -------
    str
        Its first word that is no abbreviation.

    Examples
    --------
    >>> first_name("Dr. Mira Solberg")
    'Mira'
    """
    words = [word for word in name.split() if not word.endswith(".")]
    return words[0] if words else name.strip()


def keep_letter(
    ledger: Ledger, request: str, template: str, text: str, *, on: date, source: str = "python"
) -> int:
    """Keep a letter that you sent about an introduction, under what the introduction was for.

    Parameters
    ----------
    ledger, request
        As for `take_step`.
    template : str
        The letter's template.
    text : str
        The letter as it was sent.
    on : date
        The day.
    source : str
        Who says so.

    Returns
    -------
    int
        The letter's number.
    """
    with ledger.together():
        notes = ledger.notes.rows("introduction")
        about = (request, "purpose")
        levels = [note["level"] for note in notes if (note["request"], note["fact"]) == about]
        purpose = read_life(ledger, request).purpose
        if levels:
            purpose = f"{levels[-1]}: {purpose}"
        return ledger.letters.add(template, text, at=on, source=source, request=request, purpose=purpose)


def past_letters(
    ledger: Ledger, words: str = "", *, template: str = "", worked: bool = False
) -> list[dict[str, Any]]:
    """Find letters once sent.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    words : str
        All of them stand in the purpose, a name or the text; upper and lower case are the same.
    template : str
        Only letters of this template.
    worked : bool
        Only letters of introductions that were useful to every side whose outcome is known.

    Returns
    -------
    list of dict
        `number`, `on`, `template`, `purpose`, `request`, `requester_name`, `contact_name`, `outcome`,
        `worked`, `text`: those that worked first, then the newest.
    """
    with ledger.snapshot():
        asked = {row["request"]: row for row in introduction_rows(ledger)}
        letters = [_letter(row, asked.get(row["request"], {})) for row in ledger.letters.rows()]
    wanted = words.casefold().split()
    found = [
        letter
        for letter in letters
        if template in ("", letter["template"])
        and (letter["worked"] or not worked)
        and all(word in _heap(letter) for word in wanted)
    ]
    return sorted(found, key=lambda letter: (letter["worked"], letter["number"]), reverse=True)


def _letter(row: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    about = {name: asked.get(name) for name in ("requester_name", "contact_name", "outcome")}
    return {
        "number": row["id"],
        "on": row["at"].date(),
        **{name: row[name] for name in ("template", "purpose", "request")},
        **about,
        "worked": about["outcome"] == "useful",
        "text": row["text"],
    }


def _heap(letter: Mapping[str, Any]) -> str:
    """Return all in which a letter is looked for."""
    parts = (letter[name] or "" for name in ("purpose", "requester_name", "contact_name", "text"))
    return " ".join(parts).casefold()


@dataclass(frozen=True)
class ReusedLetter:
    """A letter begun from an earlier one.

    Attributes
    ----------
    text : str
        The earlier letter with the names exchanged.
    exchanged : dict of str to str
        Old name to new name.
    check : tuple of str
        What is still the old letter's and has to be read again.
    """

    text: str
    exchanged: dict[str, str]
    check: tuple[str, ...]


def reuse_letter(ledger: Ledger, number: int, life: Life) -> ReusedLetter:
    """Begin a letter for an introduction from one that was sent before.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    number : int
        The earlier letter's number.
    life : Life
        The introduction that the new letter is for.

    Returns
    -------
    Begun
        The text to edit; purpose and backgrounds are still those of the earlier letter.

    Raises
    ------
    LedgerError
        There is no such letter.
    """
    letters = past_letters(ledger)
    found = [letter for letter in letters if letter["number"] == number]
    if not found:
        numbers = sorted(letter["number"] for letter in letters)
        raise LedgerError(
            f"There is no letter number {number}",
            f"Take one of {', '.join(map(str, numbers))} ('netkit intro letters')"
            if numbers
            else "Keep a letter first",
        )
    old = found[0]
    names = {} if old["requester_name"] is None else _exchange(old, life)
    text = _exchanged(old["text"], names)
    was = "" if old["purpose"] is None else f" (it was: {old['purpose']})"
    check = [
        f"the purpose: it is now '{life.purpose}'{was}",
        "what is said of each of the two: it was said of others",
    ]
    if names and first_name(old["requester_name"]) == first_name(old["contact_name"]):
        check.append(f"every {first_name(old['contact_name'])}: both were called so")
    return ReusedLetter(text, names, tuple(check))


def _exchange(old: dict[Any, Any], life: Life) -> dict[str, str]:
    pairs = ((old["requester_name"], life.requester_name), (old["contact_name"], life.contact_name))
    names = {before: after for before, after in pairs if folded_name(before)}
    firsts = [first_name(before) for before, _ in pairs]
    if firsts[0] != firsts[1]:
        names |= {first_name(before): first_name(after) for before, after in pairs if before}
    return names


def _exchanged(text: str, names: dict[str, str]) -> str:
    """Exchange all names in one pass, the longest first, so that no new name is exchanged again."""
    if not names:
        return text
    longest = sorted(names, key=len, reverse=True)
    spoken = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest)) + r")(?!\w)")
    return spoken.sub(lambda found: names[found[1]], text)
