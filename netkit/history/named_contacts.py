"""Which of your contacts a note calls by the full name: who may have suggested it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from netkit.people import folded_name
from netkit.wording import day_words

_WORD = re.compile(r"\w+")


class NamedContacts:
    """Your contacts by the words of their names, so that each note is compared with few of them.

    Examples
    --------
    >>> contacts = NamedContacts([{"name": "Dee Lind", "connected_on": datetime(2020, 1, 12)}])
    >>> sent = {"name": "Ana Example", "note": "Dee Lind gave me your name."}
    >>> contacts.sentences(sent)
    ['The note names Dee Lind: connected with you since 12 Jan 2020.']
    >>> contacts.sentences(sent, datetime(2019, 5, 1)), contacts.sentences(sent | {"name": "Dee Lind"})
    ([], [])
    """

    def __init__(self, links: Iterable[Mapping[str, Any]]) -> None:
        self._by_first: dict[str, list[Mapping[str, Any]]] = {}
        for link in links:
            words = _WORD.findall(link["name"] or "")
            if len(words) > 1:
                self._by_first.setdefault(words[0], []).append(link)

    def sentences(self, row: Mapping[str, Any], before: datetime | None = None) -> list[str]:
        """Return which of them an invitation's note names, each with since when you are connected.

        With a moment only those who were contacts before it. The sender's own name is nobody else's.
        """
        said = row["note"] or ""
        named = [
            link
            for word in dict.fromkeys(_WORD.findall(said))
            for link in self._by_first.get(word, ())
            if re.search(rf"(?<!\w){re.escape(link['name'])}(?!\w)", said)
            and folded_name(link["name"]) != folded_name(row["name"])
            and (before is None or (link["connected_on"] and link["connected_on"] < before))
        ]
        days = [day_words(link["connected_on"]) for link in named]
        return [
            f"The note names {link['name']}: connected with you{since and f' since {since}'}."
            for link, since in zip(named, days, strict=True)
        ]
