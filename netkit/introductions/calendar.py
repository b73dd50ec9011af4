"""Reminders as an iCalendar file (RFC 5545): all-day entries that every calendar program takes.

Entries are VEVENTs, because several programs show no VTODO. The standard's grammar for such a file is a
dozen lines, so that it is written here and read back by another parser in the tests.
"""

import os
from datetime import date
from pathlib import Path

import pandas as pd

from netkit.ledger.workspace import clear_errors

_LINE_OCTETS = 75
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_KEPT = "\n\u200c\u200d"  # line ends, and what joins or parts letters in Persian names and emoji
_MORNING = "PT9H"


def calendar_text(reminders: pd.DataFrame, *, stamp: date) -> str:
    """Return reminders as the text of an iCalendar file.

    Parameters
    ----------
    reminders : DataFrame, n rows, at least one
        `due_on`, `kind`, `request`, `what`, `clause`, `since`, `do`, as from `reminders`.
    stamp : date
        The day on which the file is written.

    Returns
    -------
    str
        Lines that end in CRLF and are folded at 75 octets. An entry keeps its UID as long as the
        introduction stands where it stands, so that a newer file replaces it.

    Examples
    --------
    >>> row = {"due_on": date(2024, 3, 8), "kind": "follow_up", "request": "intro-1a2b3c4d",
    ...        "what": "Ask Tom and Mira how it went", "clause": "PI8", "since": date(2024, 3, 5), "do": ""}
    >>> text = calendar_text(pd.DataFrame([row]), stamp=date(2024, 3, 6))
    >>> [line for line in text.splitlines() if line.startswith(("DTSTART", "SUMMARY"))]
    ['DTSTART;VALUE=DATE:20240308', 'SUMMARY:Ask Tom and Mira how it went']
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//netkit//reminders//EN",
        "CALSCALE:GREGORIAN",
    ]
    for row in reminders.to_dict(orient="records"):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{row['request']}-{row['kind']}-{_day(row['since'])}@netkit",
            f"DTSTAMP:{_day(stamp)}T000000Z",
            f"DTSTART;VALUE=DATE:{_day(row['due_on'])}",
            f"SUMMARY:{_text(row['what'])}",
            "DESCRIPTION:" + _text(f"{row['do']}\n{row['clause']}"),
            "CLASS:PRIVATE",
            "TRANSP:TRANSPARENT",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:{_MORNING}",
            f"DESCRIPTION:{_text(row['what'])}",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def write_calendar(reminders: pd.DataFrame, path: Path, *, stamp: date) -> None:
    """Write reminders as an iCalendar file that only you can read; an existing one is replaced.

    Parameters
    ----------
    reminders : DataFrame, n rows, at least one
        As for `calendar_text`.
    path : Path
        The file, such as `due.ics`.
    stamp : date
        The day on which it is written.

    Raises
    ------
    LedgerError
        The file cannot be written.
    """
    text = calendar_text(reminders, stamp=stamp).encode()
    with clear_errors(path):
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            path.chmod(0o600)  # one that was there before kept its own rights
            file.write(text)


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _text(value: str) -> str:
    """Return a value with the standard's escapes, without the control characters it forbids."""
    plain = "".join(sign for sign in value if sign.isprintable() or sign in _KEPT)
    return "".join(_ESCAPES.get(sign, sign) for sign in plain)


def _folded(line: str) -> str:
    """Break a line after at most 75 octets, never within a character."""
    parts, octets = [""], 0
    for sign in line:
        width = len(sign.encode())
        if octets + width > _LINE_OCTETS:
            parts.append(" ")
            octets = 1
        parts[-1] += sign
        octets += width
    return "\r\n".join(parts)
