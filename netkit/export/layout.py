"""What the export's files and columns are called, what is left alone, and what is lost without each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from netkit.errors import ExportError
from netkit.plain_yaml import Located, read_yaml

_FOLDER = Path(__file__).parent / "format"
_PART = re.compile(
    r"(?:[ _]+\d{1,3}|\s*\(\d{1,3}\))$"
)  # `messages_1`, a browser's `Connections (2)`
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class FileLayout:
    """One kind of file of the export."""

    key: str
    table: str
    names: tuple[str, ...]
    columns: Mapping[str, str]
    unused: frozenset[str]
    required: tuple[tuple[str, ...], ...]
    headers: Mapping[str, str]
    lost: str
    direction: str = ""
    repeated: frozenset[str] = frozenset()
    zone: str = "UTC"
    without: Mapping[str, str] = field(default_factory=dict)

    def written(self, column: str) -> str:
        """Return a kept column's name as the export writes it."""
        return self.headers[column]

    def example(self) -> str:
        """Return a header line that would be accepted."""
        return ",".join(self.headers.values())


@dataclass(frozen=True)
class Limits:
    """How much of an archive is ever held in memory; see `export_format/limits.yaml`."""

    entries: int
    ratio: int
    ratio_from: int
    file_bytes: int
    total_bytes: int


def folded(name: str) -> str:
    """Return a file's or a column's name as it is compared.

    Examples
    --------
    >>> folded("SENDER PROFILE URL")
    'senderprofileurl'
    """
    return _NOT_A_LETTER.sub("", name.casefold())


@cache
def file_layouts() -> dict[str, FileLayout]:
    """Return every kind of file that netkit reads, by key, in the order in which they are read out.

    Examples
    --------
    >>> file_layouts()["invitations"].columns["sentat"]
    'sent_at'
    """
    declared = _read("files.yaml")["files"]
    return {key: _layout(key, fields) for key, fields in declared.items()}


def _layout(key: str, fields: Located) -> FileLayout:
    columns = {folded(name): kept for kept, names in fields["columns"].items() for name in names}
    return FileLayout(
        key=key,
        table=fields["table"],
        names=tuple(fields["names"]),
        columns=columns,
        unused=frozenset(folded(name) for name in fields["unused"]),
        required=tuple(tuple(group) for group in fields["required"]),
        headers={kept: names[0] for kept, names in fields["columns"].items()},
        lost=fields["lost"],
        direction=fields.get("direction", ""),
        repeated=frozenset(fields.get("repeated", ())),
        zone=fields.get("zone", "UTC"),
        without=dict(fields.get("without", {})),
    )


def file_kind(base: str) -> str | None:
    """Return the kind of a file, by its base name.

    Examples
    --------
    >>> file_kind("Messages_1.csv"), file_kind("guide_messages.csv")
    ('messages', None)
    """
    path = PurePosixPath(base)
    if path.suffix.casefold() not in (".csv", ".tsv") or base.startswith("._"):
        return None
    kinds = _kinds_by_name()
    return kinds.get(folded(path.stem)) or kinds.get(folded(_PART.sub("", path.stem)))


@cache
def _kinds_by_name() -> dict[str, str]:
    return {folded(name): layout.key for layout in file_layouts().values() for name in layout.names}


def why_ignored(base: str) -> str:
    """Say why a file is left alone.

    Examples
    --------
    >>> why_ignored("Ad_Targeting.csv")
    'advertising and what the platform infers about you'
    """
    path = PurePosixPath(base)
    if base.startswith("._") or base in (".DS_Store", "Thumbs.db", "desktop.ini"):
        return "left behind by the computer, not part of the export"
    by_name, by_ending = _ignored()
    stem = folded(_PART.sub("", path.stem))
    return by_name.get(stem) or by_ending.get(path.suffix.casefold()) or "not known to netkit"


@cache
def _ignored() -> tuple[dict[str, str], dict[str, str]]:
    groups = _read("files.yaml")["ignored"]
    by_name = {folded(name): group["why"] for group in groups for name in group["names"]}
    by_ending = {f".{end}": group["why"] for group in groups for end in group.get("endings", ())}
    return by_name, by_ending


@cache
def limits() -> Limits:
    """Return the limits on what is read.

    Examples
    --------
    >>> limits().ratio
    100
    """
    return Limits(**_read("limits.yaml"))


@cache
def months() -> dict[str, int]:
    """Return month names, folded and in several languages, to their numbers.

    Examples
    --------
    >>> months()["okt"]
    10
    """
    declared = _read("months.yaml")["months"]
    return {name: int(number) for number, names in declared.items() for name in names}


def _read(name: str) -> Located:
    return read_yaml(_FOLDER / name, error=ExportError)
