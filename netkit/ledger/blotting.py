"""Blot a forgotten person's name and address out of what was written about others."""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

# Free text that may speak of a person in passing.
TEXTS = (
    ("invitations", "message"),
    ("decisions", "because"),
    ("introductions", "purpose_text"),
    ("introduction_events", "detail"),
    ("letters_sent", "text"),
    ("letters_sent", "purpose"),
    ("reviews", "because"),
    *(  # the name of a sheet may be a person's
        (table, "source")
        for table in ("decisions", "facts_noted", "introductions", "introduction_events", "reviews")
    ),
)
GONE = "[forgotten]"


class Blotter:
    """Finds one person's full names, also with the last name first, and profile address in a text.

    A single word in letters that have capitals, such as a first name, is not looked for: it is many
    people's. Names in scripts without capitals often have no blank, and stand next to other signs.

    Parameters
    ----------
    names : iterable of str
        Names as they are compared, see `netkit.people.folded_name`.
    keys : iterable of str
        Person keys; those with an address, `in:slug`, count.

    Examples
    --------
    >>> blotter = Blotter(["an li"], ["in:an-li"])
    >>> blotter.blotted("An  LI (linkedin.com/in/an-li) knows Jan Lindgren.")
    '[forgotten] (linkedin.com/[forgotten]) knows Jan Lindgren.'
    """

    def __init__(self, names: Iterable[str], keys: Iterable[str]) -> None:
        patterns = [_name(name) for name in sorted(names, key=len, reverse=True) if _telling(name)]
        for slug in (key.removeprefix("in:") for key in keys if key.startswith("in:")):
            before = r"(?:in[:/])?" if "-" in slug else r"in[:/]"  # one word alone may be anything
            for spelled in {slug, quote(slug).casefold()}:
                patterns.append(rf"(?<![\w-]){before}{re.escape(spelled)}(?![\w-])")
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def blotted(self, text: str) -> str:
        """Return the text without the person; one that does not speak of him is left as it is.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        str
            `[forgotten]` where the person stood.
        """
        if not self.finds(text):
            return text
        assert self._pattern is not None
        composed = unicodedata.normalize("NFKC", text)
        folded, places = _folded(composed)
        kept, end = [], 0
        for found in self._pattern.finditer(folded):
            kept += [composed[end : places[found.start()]], GONE]
            end = places[found.end()]
        return "".join(kept) + composed[end:]

    def finds(self, text: str) -> bool:
        """Tell whether a text speaks of the person.

        Parameters
        ----------
        text : str
            Any text, also a long one.

        Returns
        -------
        bool
            Whether something would be blotted out.
        """
        if self._pattern is None:
            return False
        folded = text.lower() if text.isascii() else _folded(unicodedata.normalize("NFKC", text))[0]
        return self._pattern.search(folded) is not None


def _telling(name: str) -> bool:
    """Tell whether a name says who is meant: of several words, or in a script without capitals."""
    return " " in name or (len(name) > 1 and name.upper() == name.lower())


def _name(name: str) -> str:
    spaced = name.upper() != name.lower()
    *first, last = map(re.escape, name.split())
    orders = [r"\s+".join([*first, last]), rf"{last}\s*,\s*" + r"\s+".join(first)][
        : 1 + bool(first)
    ]
    return r"(?<!\w)" * spaced + f"(?:{'|'.join(orders)})" + r"(?!\w)" * spaced


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text as names are compared, and the place in the text of each of its signs."""
    folded: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) == "Cf":  # marks of direction, soft hyphens
            continue
        for each in sign.casefold():
            folded.append(each)
            places.append(place)
    return "".join(folded), [*places, len(text)]


def blot_texts(connection: sqlite3.Connection, blotter: Blotter) -> int:
    """Blot a person out of all free texts of a ledger.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger, within the transaction that forgets.
    blotter : Blotter
        Who is to be blotted out.

    Returns
    -------
    int
        How many texts spoke of the person.
    """
    changed = 0
    for table, column in TEXTS:
        rows = connection.execute(
            f"SELECT rowid, {column} FROM {table} WHERE {column} NOTNULL"
        ).fetchall()
        blot = _in_json if column == "detail" else Blotter.blotted
        after = [(blot(blotter, text), row) for row, text in rows]
        after = [new for new, (_, text) in zip(after, rows, strict=True) if new[0] != text]
        connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", after)
        changed += len(after)
    return changed


def _in_json(blotter: Blotter, text: str) -> str:
    """Return JSON with every text in it blotted; its own signs for line ends and quotes hide no name."""

    def clean(value: Any) -> Any:  # noqa: ANN401 - JSON holds anything
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [clean(inner) for inner in value]
        return blotter.blotted(value) if isinstance(value, str) else value

    before = json.loads(text)
    after = clean(before)
    return text if after == before else json.dumps(after, ensure_ascii=False, sort_keys=True)
