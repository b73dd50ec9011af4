"""Small invented exports, as frames: what the ledger is given, without an archive."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import pandas as pd

from netkit.export.typed_tables import COLUMNS
from netkit.people import person_keys


@dataclass(frozen=True)
class InventedReport:
    rows: dict
    missing: dict = field(default_factory=dict)


@dataclass(frozen=True)
class InventedExport:
    tables: dict
    report: InventedReport
    sha256: str
    taken_on: date
    owner: str | None = None
    record: object = None
    partial: frozenset = frozenset()
    paths: tuple = ()


def export(taken_on: str, *, owner=None, absent=(), sha=None, **tables):
    """Build an export; every table is a list of dicts, and tables not named are present and empty."""
    frames = {name: _frame(name, tables.get(name, [])) for name in COLUMNS}
    present = {name: len(rows) for name, rows in frames.items() if name not in absent}
    text = repr([taken_on, sorted((name, str(rows)) for name, rows in tables.items()), absent])
    return InventedExport(
        frames,
        InventedReport(present, dict.fromkeys(absent, "lost")),
        sha or sha256(text.encode()).hexdigest(),
        date.fromisoformat(taken_on),
        owner,
    )


def _frame(name, rows):
    frame = pd.DataFrame(rows, columns=list(COLUMNS[name]), dtype="object")
    if {"confidence", "url"} <= set(frame):
        keys = person_keys(frame["url"].astype("str"), frame["name"].astype("str"))
        frame["person"], frame["confidence"] = keys["person"], keys["confidence"]
    for column, kind in COLUMNS[name].items():
        if kind == "time":
            times = pd.to_datetime(frame[column], utc=True, format="ISO8601")
            frame[column] = times.astype("datetime64[us, UTC]")
        elif kind == "bool":
            frame[column] = frame[column].astype("object").eq(True).astype("bool")
        else:
            frame[column] = frame[column].astype("str")
    return frame


def url(slug):
    return f"https://www.linkedin.com/in/{slug}"


def invitation(name, sent_at, *, slug=None, note=None, direction="incoming"):
    address = url(slug) if slug else None
    return {"name": name, "url": address, "sent_at": sent_at, "message": note, "direction": direction}


def connection(name, connected_on, *, slug=None, company=None):
    address = url(slug) if slug else None
    return {"name": name, "url": address, "connected_on": connected_on, "company": company}


def message(person, sent_at, *, direction="incoming", draft=False, content=None):
    return {
        "person": person, "sent_at": sent_at, "direction": direction, "draft": draft,
        "content": content,
    }  # fmt: skip
