"""What notes say: nothing, the platform's own sentence, or something of the sender's own.

What the reader does not know is unknown, not no.
"""

from __future__ import annotations

import pandas as pd

from netkit.notes.note_reader import NoteReader, as_facts, facts_of
from netkit.notes.phrase_lists import Said, languages, longest_note, note_language, said_for_certain

__all__ = ["NoteReader", "languages", "note_language", "read_draft", "read_note", "read_notes"]


def read_notes(messages: pd.Series) -> pd.DataFrame:
    """Return what the phrases alone find in notes, as facts of an invitation.

    Parameters
    ----------
    messages : Series of str, length n
        The notes as sent; missing where there was none.

    Returns
    -------
    DataFrame, n rows, same index
        As of `NoteReader.read`.

    Examples
    --------
    >>> notes = read_notes(pd.Series([None, "We met at the fair; I am a potter from Ulm."]))
    >>> notes["note_kind"].tolist(), notes["note_recalls_meeting"].tolist(), notes["note_sells"].tolist()
    (['none', 'personal'], ['no', 'yes'], ['no', nan])
    """
    return as_facts(messages, {text: said_for_certain(text) for text in messages.dropna().unique()})


def read_note(message: str | None) -> dict[str, str | int | None]:
    """Return what `read_notes` finds in one note, missing where there was none.

    Parameters
    ----------
    message : str or None
        The note as sent.

    Returns
    -------
    dict
        By fact its level, None where the phrases do not tell.

    Examples
    --------
    >>> read_note("We met at the fair; I am a potter from Ulm.")["note_recalls_meeting"]
    'yes'
    """
    return facts_of(Said() if message is None else said_for_certain(message))


def read_draft(text: str) -> dict[str, str | int | None]:
    """Return what a note of your own says, as facts about asking.

    Parameters
    ----------
    text : str
        The draft.

    Returns
    -------
    dict
        `draft_words`, `draft_fits` (into the platform's limit), `draft_says_who`,
        `draft_says_why`; None where it cannot be told.

    Examples
    --------
    >>> read_draft("I am a potter from Ulm and would like to ask you about glazes.")["draft_says_who"]
    'yes'
    """
    said = said_for_certain(text)
    fits = len(text.encode("utf-16-le", "surrogatepass")) // 2 <= longest_note()  # a browser counts so
    return {
        "draft_words": said.words,
        "draft_fits": "yes" if fits else "no",
        "draft_says_who": said.traits["says_who"],
        "draft_says_why": said.traits["says_why"],
    }
