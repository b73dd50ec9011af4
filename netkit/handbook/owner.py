"""Whose handbook it is: name, title, one sentence and how to reach the owner, kept in the workspace."""

import re
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

import yaml

from netkit.errors import FindingError
from netkit.handbook.rendering import TEMPLATES
from netkit.plain_yaml import read_yaml
from netkit.private_files import write_private

_FILE = "owner.yaml"
_MAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
# The tool's name; before it, what is no prose: fenced and short code, addresses, tags, lists of attributes.
_TOOL = re.compile(
    r"(?P<kept>^ *(?:```|~~~)[\s\S]*?^ *(?:```|~~~)|`[^`\n]+`|\]\([^()\s]*\)|<[^<>]*>|\{[^{}]*\}|^:::.*)"
    r"|(?<![\w./-])netkit\b(?![\w/-]|\.\w)",
    re.MULTILINE,
)
_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Owner:
    """Who answers, as he wants to be named; without a name the pages say "I"."""

    name: str = ""
    title: str = ""  # what he does
    sentence: str = ""  # how he answers
    reach: str = ""  # a mail address or a link

    @property
    def called(self) -> str:
        """What the pages call the owner: the first name."""
        return self.name.split()[0] if self.name.strip() else "I"

    @property
    def headline(self) -> str:
        """The name of the site.

        >>> Owner("Ines Example").headline, Owner().headline
        ('How Ines answers requests', 'How I answer requests')
        """
        return f"How {self.called} answers requests" if self.name.strip() else "How I answer requests"

    @property
    def address(self) -> str:
        """Where a link to the owner leads; empty without one."""
        return f"mailto:{self.reach}" if _MAIL.fullmatch(self.reach) else self.reach

    def texts(self) -> list[str]:
        """Return what may stand on every page, because the owner says it."""
        return [text for text in asdict(self).values() if text]


@cache
def invented_owner() -> Owner:
    """Return the owner of the project's own handbook."""
    return Owner(**read_yaml(TEMPLATES / _FILE))


def without_tool(page: str) -> str:
    """Return a page's Markdown whose prose says "the program": the foot alone names the tool.

    Code, tags and addresses stay as they are.

    >>> without_tool("netkit asks. What does netkit do? See [netkit](netkit.md) and `netkit work`.")
    'The program asks. What does the program do? See [the program](netkit.md) and `netkit work`.'
    """

    def named(found: re.Match[str]) -> str:
        before = page[: found.start()]
        head = before.rstrip(" \n*_>#[-")
        gap = before[len(head) :]
        begins = not head or "\n\n" in gap or head[-1] in (".?!:" if "\n" in gap else ".?!")
        return found[0] if found["kept"] else f"{'The' if begins else 'the'} program"

    return _TOOL.sub(named, page)


def read_owner(home: Path) -> Owner:
    """Return the owner that a workspace keeps; one without a name if none was named yet."""
    file = home / _FILE
    kept = read_yaml(file, error=FindingError) if file.is_file() else {}
    return Owner(**{field.name: str(kept.get(field.name, "")) for field in fields(Owner)})


def keep_owner(home: Path, owner: Owner) -> None:
    """Keep the owner in the workspace; a way to reach him that leads nowhere is refused."""
    if owner.reach and not (_MAIL.fullmatch(owner.reach) or _LINK.fullmatch(owner.reach)):
        raise FindingError(
            f"{owner.reach!r} is no way to reach you: it is neither a mail address nor a link."
            " Name one with --reach, such as you@example.org or https://example.org/you."
        )
    write_private(home / _FILE, yaml.safe_dump(asdict(owner), allow_unicode=True, sort_keys=False).encode())
