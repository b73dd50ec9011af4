"""Which of your contacts a note calls by the full name: who may have suggested it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from netkit.people import folded_name
from netkit.wording import day_words


def named_contacts(
    row: Mapping[str, Any], links: Iterable[Mapping[str, Any]], before: datetime | None = None
) -> list[str]:
    """Return which of your contacts an invitation calls by the full name, each in a sentence.

    With a moment only those who were contacts before it. The sender's own name is nobody else's.

    Examples
    --------
    >>> links = [{"name": "Dee Lind", "connected_on": datetime(2020, 1, 12)}]
    >>> sent = {"name": "Ana Example", "note": "Dee Lind gave me your name."}
    >>> named_contacts(sent, links)
    ['The note names Dee Lind: connected with you since 12 Jan 2020.']
    >>> named_contacts(sent, links, datetime(2019, 5, 1)), named_contacts(sent | {"name": "Dee Lind"}, links)
    ([], [])
    """
    said = row["note"] or ""
    named = [
        link
        for link in links
        if " " in (link["name"] or "")
        and link["name"] in said
        and re.search(rf"(?<!\w){re.escape(link['name'])}(?!\w)", said)
        and folded_name(link["name"]) != folded_name(row["name"])
        and (before is None or (link["connected_on"] and link["connected_on"] < before))
    ]
    days = [day_words(link["connected_on"]) for link in named]
    return [
        f"The note names {link['name']}: connected with you{since and f' since {since}'}."
        for link, since in zip(named, days, strict=True)
    ]
