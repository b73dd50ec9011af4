"""The file that says how a table is read, written for its owner to correct: YAML, one entry a fact."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netkit.errors import TableError, did_you_mean
from netkit.plain_yaml import Located, read_yaml

_TABLE = ("label", "yes", "no", "time", "person", "request", "day_first", "kind")
_FACT = ("column", "question", "levels", "bands", "days_before")


@dataclass(frozen=True)
class FactFrom:
    """One fact, the column that it is read from, and how: as levels, in bands, or as days before."""

    column: str
    question: str = ""
    levels: tuple[str, ...] = ()
    bands: tuple[float, ...] | None = None
    days_before: bool = False


@dataclass(frozen=True)
class TableMapping:
    """How a table is read; what is empty is found out."""

    table: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, FactFrom] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "TableMapping":
        """Read a mapping that somebody may have changed."""
        found = read_yaml(path, error=TableError)
        _known(path, found, ("table", "facts", "left_out"))
        table = found.get("table") or Located(1)
        _known(path, table, _TABLE)
        facts = found.get("facts") or {}
        return cls(dict(table), {name: _fact(path, name, one, facts) for name, one in facts.items()},
                   dict(found.get("left_out") or {}))  # fmt: skip

    def text(self, name: str) -> str:
        """Return the mapping as its file holds it."""
        lines = [
            f"# How netkit reads {name}. Correct what is wrong, and run the same command again.",
            "# A fact has levels (words), or bands (the lower ends of ranges of its numbers).",
            "table:",
        ]
        lines += [f"  {key}: {_said(value)}" for key, value in self.table.items() if value not in (None, ())]
        lines.append("facts:" if self.facts else "facts: {}")
        for fact, one in (self.facts or {}).items():
            lines += [f"  {fact}:", *(f"    {name}: {_said(getattr(one, name))}" for name in _FACT[:2])]
            lines += [f"    levels: {_said(one.levels)}"] if one.levels else []
            lines += [f"    bands: {_said(one.bands)}"] if one.bands is not None else []
            lines += ["    days_before: yes"] if one.days_before else []
        lines += ["left_out:", *(f"  {_said(column)}: {_said(why)}" for column, why in self.left_out.items())
                  ] if self.left_out else []  # fmt: skip
        return "\n".join(lines) + "\n"


def _said(value: Any) -> str:  # noqa: ANN401 - what a mapping holds
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_said, value))}]"
    if isinstance(value, float | int):  # YAML of netkit's kind knows no exponent
        return str(int(value)) if value == int(value) else f"{value:.12f}".rstrip("0")
    return json.dumps(value, ensure_ascii=False)


def _known(path: Path, found: Any, accepted: tuple[str, ...]) -> None:  # noqa: ANN401
    if not isinstance(found, Located):
        raise TableError(
            f"{path.name}: {', '.join(accepted)} are expected, each with its entries. Correct it."
        )
    for key in found:
        if key not in accepted:
            raise TableError(
                f"{path.name}, line {found.lines[key]}: {key!r} is not known here. Use one of"
                f" {did_you_mean(key, accepted)}."
            )


def _fact(path: Path, name: str, one: Any, facts: Any) -> FactFrom:  # noqa: ANN401 - what the file holds
    place = f"{path.name}, line {facts.lines.get(name, facts.line)}: the fact {name!r}"
    if not isinstance(one, Located):
        raise TableError(f"{place} has no entries. Give its column, and levels or bands.")
    _known(path, one, _FACT)
    if "column" not in one:
        raise TableError(f"{place} has no column. Name the column of the table that it is read from.")
    levels, bands = one.get("levels"), one.get("bands")
    if (levels is None) == (bands is None):
        raise TableError(f"{place} needs either levels or bands. Give one of the two.")
    if levels is not None and (not isinstance(levels, list) or len({str(x).casefold() for x in levels}) < 2):
        raise TableError(f"{place} needs two or more different levels. Write them like [yes, no].")
    if bands is not None and (
        not isinstance(bands, list)
        or not all(isinstance(edge, int | float) for edge in bands)
        or sorted(set(bands)) != bands
    ):
        raise TableError(f"{place} needs bands in ascending order. Write them like [1, 15] or [0.2, 0.5].")
    return FactFrom(
        str(one["column"]),
        str(one.get("question") or ""),
        tuple(str(level).casefold() for level in levels or ()),
        None if bands is None else tuple(bands),
        str(one.get("days_before", "no")) == "yes",
    )
