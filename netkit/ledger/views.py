"""The views under which other programs read the ledger: their SQL, and what each column holds."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("views.sql")
_VIEW = re.compile(
    r"(?P<says>(?:^--[^\n]*\n)+)(?P<sql>CREATE VIEW (?P<name>\w+) \((?P<columns>.*?)^\) AS\n[^;]*);",
    flags=re.MULTILINE | re.DOTALL,
)
_COLUMN = re.compile(r"^  (\w+),? +-- (.*)$", flags=re.MULTILINE)


@dataclass(frozen=True)
class View:
    """One view: what it lists, its columns with what they hold, and the SQL that makes it."""

    name: str
    says: str
    columns: dict[str, str]
    sql: str


@cache
def views() -> tuple[View, ...]:
    """Return the views, each after those that it reads.

    >>> [view.name for view in views()][1:3]
    ['all_decisions', 'all_introductions']
    """
    found = _VIEW.finditer(_FILE.read_text(encoding="utf-8"))
    return tuple(
        View(
            view["name"],
            " ".join(line.lstrip("- ") for line in view["says"].splitlines()),
            dict(_COLUMN.findall(view["columns"])),
            view["sql"],
        )
        for view in found
    )
