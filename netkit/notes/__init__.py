"""What notes say: nothing, the platform's own sentence, or something of the sender's own.

What the reader does not know is unknown, not no.
"""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256

import pandas as pd

from netkit.notes.phrase_lists import FOLDER, TRAITS, Said, said_for_certain
from netkit.plain_yaml import read_yaml

__all__ = ["NoteReader", "read_draft", "read_notes"]


class NoteReader:
    """Reads notes: what the phrases find for certain.

    Attributes
    ----------
    version : str
        A fingerprint of all that the reader knows; with another one, notes may be read otherwise.
    """

    def __init__(self) -> None:
        self.version = _fingerprint()

    def read(self, messages: pd.Series) -> pd.DataFrame:
        """Return what each note says, as facts of an invitation.

        Parameters
        ----------
        messages : Series of str, length n
            The notes as sent; missing where there was none.

        Returns
        -------
        DataFrame, n rows, same index
            `note_kind` (`none`, `default`, `personal`), `note_words`, and `note_says_who`,
            `note_says_why`, `note_recalls_meeting`, `note_sells`, `note_asks_favour` (`yes`, `no`);
            missing where the reader does not know.
        """
        return _as_facts(self._said(messages), messages.index)

    def _said(self, messages: pd.Series) -> list[Said]:
        read = {text: said_for_certain(text) for text in messages.dropna().unique()}
        return [read.get(text, Said()) for text in messages]


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
    read = {text: said_for_certain(text) for text in messages.dropna().unique()}
    return _as_facts([read.get(text, Said()) for text in messages], messages.index)


def _as_facts(said: Iterable[Said], index: pd.Index) -> pd.DataFrame:
    said = list(said)
    columns = {
        "note_kind": [each.kind for each in said],
        "note_words": [each.words for each in said],
        **{f"note_{trait}": [each.traits[trait] for each in said] for trait in TRAITS},
    }
    types = dict.fromkeys(columns, "str") | {"note_words": "Int64"}
    return pd.DataFrame(columns, index=index, dtype="object").astype(types)


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
    fits = len(text.encode("utf-16-le", "surrogatepass")) // 2 <= _longest_note()  # a browser counts so
    return {
        "draft_words": said.words,
        "draft_fits": "yes" if fits else "no",
        "draft_says_who": said.traits["says_who"],
        "draft_says_why": said.traits["says_why"],
    }


@cache
def _longest_note() -> int:
    return int(read_yaml(FOLDER / "platform.yaml")["note_characters"])


@cache
def _fingerprint() -> str:
    digest = sha256()
    for path in sorted(FOLDER.glob("??.yaml")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
