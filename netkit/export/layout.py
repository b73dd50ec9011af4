"""What the export's files and columns are called, what is left alone, and what is lost without each."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from netkit.errors import ExportError
from netkit.plain_yaml import Located, read_yaml

_FOLDER = Path(__file__).parent / "format"
# How much of an archive is ever read or held in memory.
LIMITS: Mapping[str, Any] = read_yaml(_FOLDER / "limits.yaml", error=ExportError)
_PIECE = re.compile(r"[ _]+\d{1,3}$")  # `messages_1`: the platform splits what is long
# What is put around a name: `Connections - Copy`, `Copy of Connections`, `Linkedin Invitations`
_AROUND = frozenset(
    ["copy", "of", "kopie", "copia", "copie", "linkedin", "my", "export", "final", "old", "new", "backup"]
)
# How a table's name may end, if it has an ending.
_TABLES = re.compile(
    r"(?:\.(?:csv|tsv))?\.(?:csv|tsv|txt|bak|gz|xlsx|xls|ods|numbers|json|part|crdownload|download)$"
)
_NUMBER = re.compile(r"\d+$")
UNKNOWN = "not known to netkit"
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class FileLayout:
    """One kind of file of the export, as `format/files.yaml` explains it, with names folded."""

    table: str
    names: Sequence[str]
    columns: Mapping[str, str]
    headers: Mapping[str, str]
    unused: Collection[str]
    required: Sequence[Sequence[str]]
    lost: str
    direction: str = ""
    repeated: Collection[str] = ()
    domains: Sequence[str] = ()
    tells: Collection[str] = ()
    zone: str = "UTC"
    without: Mapping[str, str] = field(default_factory=dict)


def folded(name: str) -> str:
    """Return a file's or a column's name as it is compared.

    >>> folded("SENDER PROFILE URL")
    'senderprofileurl'
    """
    return _NOT_A_LETTER.sub("", name.casefold())


@cache
def file_layouts() -> dict[str, FileLayout]:
    """Return every kind of file that netkit reads, by key, in the order in which they are read out.

    >>> file_layouts()["invitations"].columns["sentat"]
    'sent_at'
    """
    return {key: _layout(fields) for key, fields in _declared()["files"].items()}


@cache
def _declared() -> Located:
    return read_yaml(_FOLDER / "files.yaml", error=ExportError)


def _layout(fields: Located) -> FileLayout:
    columns = fields["columns"].items()
    made = {
        "columns": {folded(name): kept for kept, names in columns for name in names},
        "headers": {kept: names[0] for kept, names in columns},
        "unused": frozenset(folded(name) for name in fields["unused"]),
    }
    return FileLayout(**{**fields, **made})


def file_kind(path: str) -> tuple[str, str]:
    """Return the kind of a file in an archive, or `""` and why netkit ignores it.

    >>> file_kind("Messages_1.csv"), file_kind("export/Ad_Targeting.csv")
    (('messages', ''), ('', 'advertising and what the platform infers about you'))
    """
    base = path.replace("\\", "/").rpartition("/")[2]
    if base.startswith("._") or base in (".DS_Store", "Thumbs.db", "desktop.ini"):
        return "", "left behind by the computer, not part of the export"
    stem, end = PurePosixPath(base).stem, PurePosixPath(base).suffix.casefold()
    kinds, numberless = _kinds_by_name(), folded(_PIECE.sub("", stem))
    kind = kinds.get(folded(stem)) or kinds.get(numberless)
    if kind and end in (".csv", ".tsv") and "__MACOSX" not in path:
        return kind, ""
    by_name, by_ending = _ignored()
    return "", by_name.get(numberless) or by_ending.get(end) or UNKNOWN


def near_kind(path: str) -> str:
    """Return the kind of file whose name is close to a path's, or `""`.

    >>> near_kind("Connections - Copy.csv"), near_kind("Invitation.csv.gz"), near_kind("notes.csv")
    ('connections', 'invitations', '')
    """
    base = path.replace("\\", "/").rpartition("/")[2].casefold()
    end = _TABLES.search(base)
    if (end is None and "." in base) or base.startswith("._") or "__MACOSX" in path:
        return ""
    stem = base[: end.start()] if end else base
    words = (_NUMBER.sub("", word) for word in _NOT_A_LETTER.split(stem))
    name = folded(" ".join(dict.fromkeys(word for word in words if word not in _AROUND)))
    kinds = _kinds_by_name()
    return kinds.get(name) or kinds.get(f"{name}s") or ""


@cache
def _kinds_by_name() -> dict[str, str]:
    layouts = file_layouts().items()
    return {folded(name): kind for kind, layout in layouts for name in layout.names}


@cache
def _ignored() -> tuple[dict[str, str], dict[str, str]]:
    groups = _declared()["ignored"]
    by_name = {folded(name): group["why"] for group in groups for name in group["names"]}
    by_ending = {f".{end}": group["why"] for group in groups for end in group.get("endings", ())}
    return by_name, by_ending
