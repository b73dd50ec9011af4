"""Mail: mbox files streamed, Maildir, single messages; only headers are looked at, and few of them kept."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from netkit.evidence.addresses import (
    address_list,
    canonical,
    decoded,
    is_passed_on,
    is_person,
    lenient,
    words_of,
)
from netkit.evidence.moments import from_line_moment, iso_moment, mail_moment
from netkit.evidence.traces import Act, Progress, Tally

_SENT, _RECEIVED = Act("mail", "sent"), Act("mail", "received")
_MOST_RECIPIENTS = 20
_CHUNK = 1 << 21
_LONGEST_HEADERS = 1 << 18
_LONGEST_LINE = 1 << 10
_WANTED = re.compile(
    rb"^(from|to|cc|bcc|date|message-id|sender|list-[a-z-]+|precedence|auto-submitted|delivered-to"
    rb"|x-original-to|(?:x-)?mailing-list"
    rb"|x-gmail-labels|x-mozilla-status|received)[ \t]*:[ \t]*((?:[^\n]*)(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
# A line that begins a message: it ends with a date, and a header follows.
_BEGINS = re.compile(
    rb"From [^\n]*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d(?::\d\d)?"
    rb"(?: [+-]\d{4}| [A-Z]{1,5})? \d{4}(?: [+-]\d{4})?[ \t]*\r?\n[!-9;-~]+:"
)
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_EXPUNGED = 0x0008
_UNTIL_GUESSED = 32 << 20
# In which share of a mailbox's messages its owner takes part at least, and anybody else at most, beside him.
_OWNS, _NEXT = 0.6, 0.75


class Letter(NamedTuple):
    """The headers of one message that are of use."""

    headers: dict[str, list[str]]
    from_line: str = ""

    def of(self, name: str) -> str:
        """Return a header's text, or nothing."""
        return self.headers.get(name, [""])[0]

    def addresses(self, *names: str) -> list[tuple[str, str]]:
        """Return everybody in some headers."""
        return [pair for name in names for raw in self.headers.get(name, ()) for pair in address_list(raw)]


def _letters_of_mbox(stream: IO[bytes], progress: Progress) -> Iterator[Letter]:
    """Return the messages of an mbox of any size, one by one, in little memory."""
    buffer, more, place, in_body = b"", True, 0, False
    while more:
        chunk = stream.read(_CHUNK)
        more = bool(chunk)
        progress(len(chunk))
        buffer, place = buffer[place:] + chunk, 0
        while True:
            if not in_body:
                ends = _end_of_headers(buffer, place)
                if ends < 0 and more and len(buffer) - place < _LONGEST_HEADERS:
                    break
                ends = len(buffer) if ends < 0 else ends
                if ends > place:
                    yield _letter(buffer[place : min(ends, place + _LONGEST_HEADERS)])
                place, in_body = max(ends - 2, 0), True
            found = buffer.find(b"\nFrom ", place)
            if found < 0:  # keep the end: the sign of a new message may be cut in two
                place = max(place, len(buffer) - 8)
                break
            if more and len(buffer) - found < 2 * _LONGEST_LINE:
                place = max(found - 2, 0)
                break
            in_body = not (
                _blank_before(buffer, found) and _BEGINS.match(buffer, found + 1, found + 2 * _LONGEST_LINE)
            )
            place = found + (6 if in_body else 1)


def _letter(head: bytes) -> Letter:
    from_line = ""
    if head.startswith(b"From "):
        first, _, head = head.partition(b"\n")
        from_line = lenient(first[:_LONGEST_LINE])
    return Letter(_read_headers(head), from_line)


def _end_of_headers(buffer: bytes, start: int) -> int:
    plain = buffer.find(b"\n\n", start)
    other = buffer.find(b"\n\r\n", start, plain if plain >= 0 else len(buffer))
    if other >= 0:
        return other + 3
    return plain + 2 if plain >= 0 else -1


def _blank_before(buffer: bytes, at: int) -> bool:
    return buffer[at - 1 : at] == b"\n" or buffer[at - 2 : at] == b"\n\r"


def _letter_of(stream: IO[bytes], progress: Progress) -> Letter:
    """Return the message of a file of its own: `.eml`, Maildir's, or Apple's `.emlx`."""
    head = stream.read(_LONGEST_HEADERS)
    progress(len(head))
    first, _, rest = head.partition(b"\n")
    if first.strip().isdigit():  # how many bytes the message has, before it
        head = rest
    ends = _end_of_headers(head, 0)
    return Letter(_read_headers(head if ends < 0 else head[:ends]))


def looks_like_mbox(head: bytes) -> bool:
    """Tell from its beginning whether a file is an mbox."""
    return _BEGINS.match(head.lstrip(b"\xef\xbb\xbf\r\n")) is not None


def looks_like_letter(head: bytes) -> bool:
    """Tell from its beginning whether a file is one message."""
    first, _, rest = head.partition(b"\n")
    text = rest if first.strip().isdigit() else head
    if not _HEADER.match(text):
        return False
    ends = _end_of_headers(text, 0)
    names = {name.lower() for name, _ in _WANTED.findall(text if ends < 0 else text[:ends])}
    return b"from" in names and len(names & {b"date", b"to", b"message-id", b"received"}) >= 1


def _read_headers(head: bytes) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in _WANTED.findall(head):
        key = name.decode().lower()
        if key != "received" or key not in headers:  # the topmost is the newest
            raw = value if b"\n" not in value else b" ".join(value.split())
            headers.setdefault(key, []).append(lenient(raw).strip())
    return headers


def read_mbox(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count whom the owner wrote to and who wrote to him in a mailbox."""
    read_letters(_letters_of_mbox(stream, progress), tally)


def read_letter(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count who stands in one message."""
    read_letters([_letter_of(stream, progress)], tally)


def read_letters(letters: Iterable[Letter], tally: Tally) -> None:
    """Count whom the owner wrote to and who wrote to him."""
    for letter in letters:
        tally.read["messages"] += 1
        why = _left_out(letter)
        if why:
            tally.left[why] += 1
        else:
            _count_letter(letter, tally)


def _left_out(letter: Letter) -> str:
    headers = letter.headers
    if any(name.startswith("list-") or name.endswith("mailing-list") for name in headers):
        return "newsletters and lists"
    if letter.of("precedence").casefold() in ("bulk", "list", "junk"):
        return "newsletters and lists"
    if letter.of("auto-submitted").casefold().partition(";")[0].strip() not in ("", "no"):
        return "written by a program"
    if _is_expunged(letter.of("x-mozilla-status")):
        return "deleted, spam and drafts"
    labels = decoded(letter.of("x-gmail-labels")).casefold()
    if labels and words_of("left_folders") & {label.strip().strip('"') for label in labels.split(",")}:
        return "deleted, spam and drafts"
    if (
        sum(raw.count("@") for name in ("to", "cc", "bcc") for raw in headers.get(name, ()))
        > _MOST_RECIPIENTS
    ):
        return f"more than {_MOST_RECIPIENTS} recipients"
    return ""


def _is_expunged(status: str) -> bool:
    try:
        return bool(int(status or "0", 16) & _EXPUNGED)
    except ValueError:
        return False


def _count_letter(letter: Letter, tally: Tally) -> None:
    senders = letter.addresses("from")
    if len(senders) != 1:
        tally.left["no sender, or several"] += 1
        return
    name, sender = senders[0]
    at = (
        next((at for raw in letter.headers.get("date", ()) if (at := _dated(raw)) is not None), None)
        or from_line_moment(letter.from_line)
        or mail_moment(letter.of("received").rpartition(";")[2])
    )
    if at is None:
        tally.left["no readable date"] += 1
        return
    ident = letter.of("message-id") or f"{sender}|{letter.of('date') or letter.from_line}|{letter.of('to')}"
    if not tally.is_new("mail", ident):
        tally.left["duplicates"] += 1
        return
    recipients = letter.addresses("to", "cc")
    if sender in tally.own:
        for other, called in {address: name for name, address in letter.addresses("to")}.items():
            tally.saw(other, "" if is_passed_on(called) else called, _SENT, at)
    elif is_passed_on(name) or _is_passed_on_by(letter, sender):
        tally.left["robots, platforms and shared addresses"] += 1
    elif name.casefold() in tally.own_names:
        tally.left["from you, at an address that is not known as yours"] += 1
    elif tally.own & {address for _, address in recipients} or tally.own & _delivered_to(letter):
        tally.saw(sender, name, _RECEIVED, at)
    else:
        tally.left["not to you"] += 1


def _dated(raw: str) -> int | None:
    at = mail_moment(raw)
    return iso_moment(raw) if at is None else at


def _is_passed_on_by(letter: Letter, sender: str) -> bool:
    by = letter.addresses("sender")
    return any(address != sender and not is_person(address) for _, address in by)


def _delivered_to(letter: Letter) -> set[str]:
    raw = (*letter.headers.get("delivered-to", ()), *letter.headers.get("x-original-to", ()))
    return {canonical(each) for each in raw}


class Guess:
    """Whose mailbox it is: where it was delivered, and who takes part in most of it."""

    def __init__(self) -> None:
        self.letters = 0
        self._bytes = 0
        self._delivered: Counter[str] = Counter()
        self._takes_part: Counter[str] = Counter()

    @property
    def enough(self) -> bool:
        """Whether no more needs to be looked at."""
        return self._bytes > _UNTIL_GUESSED

    def look_at_mbox(self, stream: IO[bytes]) -> None:
        """Look at the first messages of a mailbox."""
        self.look(_letters_of_mbox(stream, self.count_bytes))

    def look_at_letter(self, stream: IO[bytes]) -> None:
        """Look at one message."""
        self.look([_letter_of(stream, self.count_bytes)])

    def look(self, letters: Iterable[Letter]) -> None:
        """Look at messages, until it is enough."""
        for letter in letters:
            self.letters += 1
            self._delivered.update(_delivered_to(letter) - {""})
            everybody = {address for _, address in letter.addresses("from", "to", "cc")}
            if len(everybody) <= _MOST_RECIPIENTS:
                self._takes_part.update(everybody)
            if self.enough:
                return

    def count_bytes(self, read: int) -> None:
        """Count what was read."""
        self._bytes += read

    def look_at_people(self, addresses: Iterable[str]) -> None:
        """Look at who takes part in one event."""
        self.letters += 1
        self._takes_part.update(set(addresses))

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses that are the owner's, as far as one can tell."""
        delivered = {
            a for a, n in self._delivered.items() if n > max(1, self.letters * 0.05) and is_person(a)
        }
        if delivered:
            return frozenset(delivered)
        most = [*self._takes_part.most_common(2), ("", 0)]
        (address, times), (_, others) = most[:2]
        told = times >= max(3.0, _OWNS * self.letters) and others <= _NEXT * times
        return frozenset([address] if told else ())
