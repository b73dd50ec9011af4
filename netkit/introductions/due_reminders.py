"""What is due, also as an iCalendar file (RFC 5545) that every calendar program takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from netkit.errors import LedgerError
from netkit.history.labels import label_invitations
from netkit.introductions.heard_since import heard_since
from netkit.introductions.life import Life, ReminderRule, number, read_lives, resting_reminders
from netkit.introductions.resting import resting
from netkit.ledger import Ledger
from netkit.ledger.record_links import record_number
from netkit.ledger.workspace import clear_errors
from netkit.private_files import write_private


def reminders(ledger: Ledger) -> list[dict[str, Any]]:
    """Return all your reminders, now or later, the earliest first.

    Nothing in it is about a request of your own that lies unanswered (PN7): your own invitations are
    never looked at, and a contact who has not answered is to be left in peace.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    list of dict
        `due_on` (date), `kind` (answer, permission, follow_up, outcome, deferred, asked, record), `request`,
        `what`, `clause`, `since` (date), `do` (the command that looks at it).
    """
    with ledger.snapshot():
        lives, to_you = read_lives(ledger), read_lives(ledger, received=True)
        put_off = [*_resting(ledger), *_pull(ledger), *heard_since(ledger, lives)]
    rows = [_introduction(life, life.state.remind) for life in (*lives, *to_you) if life.state.remind]
    return sorted([*rows, *put_off], key=lambda row: (row["due_on"], row["request"]))


def _introduction(life: Life, remind: ReminderRule) -> dict[str, Any]:
    made = life.last("introduced")
    own = made.detail.get("follow_up_on") if made and remind.kind == "follow_up" else None
    return _row(
        remind,
        request=life.request,
        since=life.since,
        names={
            "requester": life.requester_name,
            "contact": life.contact_name,
            "introducer": life.introducer_name,
        },
        day=date.fromisoformat(own) if own else None,
        do=f"netkit intro show {life.request}",
    )


def _resting(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Yield the invitations that you deferred or asked about last, unless they are gone or accepted since."""
    if resting_reminders().keys().isdisjoint(ledger.decisions.last_actions().values()):
        return  # labels take longer than all the rest
    rows = label_invitations(ledger).rows
    names = {row["request"]: row["name"] for row in rows}
    for request, rest in resting(ledger, rows).items():
        yield _row(
            rest.reminder,
            request=request,
            since=rest.since,
            names={"requester": names[request], "contact": "", "told": rest.words},
            day=rest.until,
            do=f"netkit policy explain {request}",
        )


def _pull(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Yield the reminder to ask the platform again, before it drops what you answered since."""
    if spans := ledger.record.spans():
        last = datetime.fromtimestamp(spans[-1][1] / 1000, UTC).date()
        yield {
            "due_on": last + timedelta(days=record_number("remind_after_days")),
            "kind": "record",
            "request": "record",
            "what": "Call netkit pull: the platform keeps what you answered for 28 days only",
            "clause": "",
            "since": last,
            "do": "netkit pull",
        }


def _row(
    remind: ReminderRule, *, request: str, since: date, names: dict[str, str], day: date | None, do: str
) -> dict[str, Any]:
    return {
        "due_on": day or since + timedelta(days=number(remind.after)),
        "kind": remind.kind,
        "request": request,
        "what": remind.says.format(**names),
        "clause": ", ".join(remind.clauses),
        "since": since,
        "do": do,
    }


_FIRST_LINE = "BEGIN:VCALENDAR"
_LINE_OCTETS = 75
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_KEPT = "\n\u200c\u200d"  # line ends, and what joins or parts letters in Persian names and emoji
_MORNING = "PT9H"


def _calendar_text(reminders: Sequence[Mapping[str, Any]], *, stamp: date) -> str:
    """Return reminders as the text of an iCalendar file.

    Lines end in CRLF and are folded at 75 octets. An entry keeps its UID as long as the introduction
    stands where it stands, so that a newer file replaces it.

    Examples
    --------
    >>> row = {"due_on": date(2024, 3, 8), "kind": "follow_up", "request": "intro-1a2b3c4d",
    ...        "what": "Ask Tom and Mira how it went", "clause": "PI8", "since": date(2024, 3, 5), "do": ""}
    >>> text = _calendar_text([row], stamp=date(2024, 3, 6))
    >>> [line for line in text.splitlines() if line.startswith(("DTSTART", "SUMMARY"))]
    ['DTSTART;VALUE=DATE:20240308', 'SUMMARY:Ask Tom and Mira how it went']
    """
    lines = [_FIRST_LINE, "VERSION:2.0", "PRODID:-//netkit//reminders//EN"]
    lines.append("CALSCALE:GREGORIAN")
    for row in reminders:
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


def write_calendar(reminders: Sequence[Mapping[str, Any]], path: Path, *, stamp: date) -> None:
    """Write reminders as an iCalendar file that only you can read; an earlier one is replaced.

    Parameters
    ----------
    reminders : sequence of dict, at least one
        `due_on`, `kind`, `request`, `what`, `clause`, `since`, `do`, as from `reminders`.
    path : Path
        The file, such as `due.ics`.
    stamp : date
        The day on which it is written.

    Raises
    ------
    LedgerError
        The file cannot be written, or is there and is no calendar.
    """
    text = _calendar_text(reminders, stamp=stamp).encode()
    with clear_errors(path):
        if path.is_file() and not _is_calendar(path):
            raise LedgerError(f"{path} is there already, and is no calendar", "Choose another name")
        write_private(path, text)


def _is_calendar(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_FIRST_LINE)) == _FIRST_LINE.encode()


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
