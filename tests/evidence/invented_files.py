"""Small invented mail, calendars and address books, and what a source says of them."""

from netkit.evidence import Owner
from netkit.evidence.recognise import Source

ME = "mara@olsen.example"
OWNER = Owner(frozenset([ME]), frozenset(["mara olsen"]))
ANA = "Ana Example <ana@ex.example>"


def letter(sender=ANA, to=ME, *, date="Mon, 4 Mar 2024 11:20:34 +0100", ident="1", more="", body="Hello."):
    lines = [
        f"From: {sender}",
        f"To: {to}",
        *([f"Date: {date}"] if date else []),
        f"Message-ID: <{ident}@ex>",
        *more.splitlines(),
    ]
    return "\n".join([*lines, "", body, ""])


def mbox(*letters, begins="From 179@xxx Mon Mar 04 11:20:34 +0000 2024"):
    return "\n".join(f"{begins}\n{each}" for each in letters)


def event(*lines, start="DTSTART:20240304T100000Z", uid="u1"):
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, *lines, "END:VEVENT"])


def calendar(*events, more=""):
    return "\r\n".join(
        f"BEGIN:VCALENDAR\nVERSION:2.0\n{more}{chr(10).join(events)}\nEND:VCALENDAR\n".split("\n")
    )


def read(tmp_path, name, content, owner=OWNER):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with Source(file) as source:
        return source.read(owner)


def people(found):
    """Return what a source tells, as plain values: who -> (names, acts -> how often, undated acts included)."""
    told = {}
    for person in found.people:
        acts = {
            " ".join(filter(None, [a.kind, a.direction, a.size, "place" * a.place])): len(t)
            for a, t in person.acts.items()
        }
        acts |= {" ".join(filter(None, [a.kind, a.direction])): 0 for a in person.undated}
        told[person.identity.removeprefix("mail:")] = (sorted(person.names), acts)
    return told
