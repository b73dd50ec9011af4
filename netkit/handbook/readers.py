"""Who each page speaks to: one person a page, who is named in its front matter."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mkdocs.utils.meta import get_data

from netkit.errors import FindingError, did_you_mean
from netkit.handbook.rendering import TEMPLATES
from netkit.plain_yaml import Located, read_yaml

# A letter speaks to whoever gets it, and a link is named as what it leads to.
_QUOTED = re.compile(r"<!--.*?-->|^ *>.*?$|\[[^\]\n]*\]\([^)\n]*\)", re.DOTALL | re.MULTILINE)


@cache
def readers() -> Located:
    """Return the readers, each with who it is and what would speak to somebody else.

    >>> list(readers())
    ['asker', 'owner', 'analyst']
    """
    read: Located = read_yaml(TEMPLATES / "readers.yaml")["readers"]
    return read


def reader_of(page: Path) -> str:
    """Return who a page speaks to; a page that does not say so is refused."""
    reader = str(get_data(page.read_text(encoding="utf-8"))[1].get("reader", ""))
    if reader not in readers():
        raise FindingError(
            f"{page.name} says that its reader is {reader!r}. Begin it with 'reader:' and one of these,"
            f" between two lines of three dashes: {did_you_mean(reader, list(readers()))}."
        )
    return reader


def speaks_to_others(page: Path) -> Iterator[tuple[int, str]]:
    """Yield what on a page speaks to somebody else than its reader, with its line."""
    text = page.read_text(encoding="utf-8")
    prose = _QUOTED.sub(lambda left_out: "\n" * left_out[0].count("\n"), text)
    for pattern in readers()[reader_of(page)]["never"]:
        for found in re.finditer(pattern, prose, re.IGNORECASE | re.MULTILINE):
            yield prose.count("\n", 0, found.start()) + 1, found[0].strip()
