"""Other archives: X, Facebook, guest lists of Luma and Eventbrite, and the mail of Outlook for the Mac."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import IO, Any

from netkit.evidence.address_books import slug_in, table_rows
from netkit.evidence.addresses import canonical, clean_name, is_person, lenient
from netkit.evidence.mailboxes import Letter, read_letters
from netkit.evidence.moments import in_bounds, iso_moment
from netkit.evidence.traces import Act, Progress, Tally, count
from netkit.people import folded_name

_LARGEST = 96 << 20  # of one file of JSON, which is held whole
_TALK = {True: Act("talk", "sent"), False: Act("talk", "received")}
_FRIEND, _GUEST = Act("friend"), Act("guest")
_CAME = ("checked in", "attending", "")
_EMAIL = re.compile(rb"<emailAddress\b(.*?)(?:/>|</emailAddress>)", re.DOTALL)
_DATES = "%a %b %d %H:%M:%S %z %Y"


def _read_json(stream: IO[bytes], progress: Progress) -> Any:  # noqa: ANN401 - JSON holds anything
    """Return what a file of JSON says, also one that assigns it to a variable."""
    raw = stream.read(_LARGEST + 1)
    progress(len(raw))
    if len(raw) > _LARGEST:
        raise ValueError("too large")
    if raw.lstrip().startswith(b"window."):
        raw = raw.partition(b"=")[2]
    try:
        return json.loads(raw)
    except RecursionError as problem:
        raise ValueError("nested without end") from problem


class XArchive:
    """An archive of X: its messages name people by number alone, and its posts say who a number is."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._talks: list[tuple[str, bool, int]] = []
        self._messages: list[tuple[str, str, int]] = []
        self._me = ""

    def look(self, stream: IO[bytes], progress: Progress) -> None:
        """Take what one file of the archive says."""
        for row in _dicts(_read_json(stream, progress)):
            if account := _dict(row.get("account")):
                self._me = str(account.get("accountId", ""))
            elif tweet := _dict(row.get("tweet")):
                self._take_post(tweet)
            elif talk := _dict(row.get("dmConversation")):
                self._take_talk(talk)

    def _take_post(self, post: Mapping[str, Any]) -> None:
        at = _x_moment(str(post.get("created_at", "")))
        for who in _dicts(_dict(post.get("entities")).get("user_mentions")):
            number = str(who.get("id_str", ""))
            self._names.setdefault(number, clean_name(str(who.get("name", ""))))
            if at is not None:
                self._talks.append((number, True, at))

    def _take_talk(self, talk: Mapping[str, Any]) -> None:
        sides = str(talk.get("conversationId", "")).split("-")
        for each in _dicts(talk.get("messages")) if len(sides) == 2 else ():
            said = _dict(each.get("messageCreate"))
            at = iso_moment(str(said.get("createdAt", "")))
            if at is not None:
                self._messages.append((str(said.get("senderId", "")), "-".join(sides), at))

    def tell(self, tally: Tally) -> None:
        """Count with whom the owner talked; a number that no post names is nobody."""
        for sender, sides, at in self._messages:
            other = next((side for side in sides.split("-") if side != self._me), "")
            self._talks.append((other, sender == self._me, at))
        for number, mine, at in self._talks:
            name = self._names.get(number, "")
            tally.read["posts and messages on X"] += 1
            if number == self._me or not name or not tally.is_new("x", number, str(mine), str(at)):
                tally.left["people whom the archive gives by number alone"] += not name
            elif person := tally.person(f"x:{number}", name):
                count(person, _TALK[mine], at)


def _x_moment(text: str) -> int | None:
    try:
        return in_bounds(int(datetime.strptime(text, _DATES).timestamp()))
    except ValueError:
        return None


def read_facebook(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count friends, and who wrote to each other in a talk of two."""
    told = _dict(_read_json(stream, progress))
    for friend in _dicts(told.get("friends_v2") or told.get("friends")):
        tally.read["friends on Facebook"] += 1
        _meet(tally, str(friend.get("name", "")), _FRIEND, _seconds(friend.get("timestamp")))
    people = [_repaired(str(each.get("name", each))) for each in _list(told.get("participants"))]
    others = [name for name in people if folded_name(name) not in tally.own_names]
    if len(people) != 2 or len(others) != 1:
        tally.left["talks of more than two, or that do not say who you are"] += bool(people)
        return
    for each in _dicts(told.get("messages")):
        tally.read["messages on Facebook"] += 1
        sender = _repaired(str(each.get("sender_name", each.get("senderName", ""))))
        at = _seconds(each.get("timestamp_ms", each.get("timestamp")), thousandths=True)
        if at is not None and tally.is_new("fb", others[0], sender, str(at)):
            _meet(tally, others[0], _TALK[sender != others[0]], at)


def _meet(tally: Tally, name: str, act: Act, at: int | None) -> None:
    name = clean_name(_repaired(name))
    folded = folded_name(name)
    if folded and folded not in tally.own_names and (person := tally.person(f"name:{folded}", name)):
        count(person, act, at)


def _repaired(text: str) -> str:
    """Return a text that was written in UTF-8 and read as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _seconds(value: object, *, thousandths: bool = False) -> int | None:
    if not isinstance(value, int | float):
        return None
    return in_bounds(int(value / 1000 if thousandths else value))


def read_guests(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count who came to an event of the owner's; a buyer's address on several guests is nobody's."""
    found: dict[str, list[tuple[str, int | None, str]]] = {}
    for row in table_rows(stream, progress):
        tally.read["guests"] += 1
        address = canonical(row.get("email", "") or row.get("buyer email", ""))
        came = row.get("checked_in_at", "")
        status = row.get("attendee status", "").casefold()
        if not (came if "approval_status" in row else status in _CAME):
            tally.left["guests who did not come"] += 1
        elif address and is_person(address) and address not in tally.own:
            name = row.get("name", "") or f"{row.get('first name', '')} {row.get('last name', '')}"
            at = iso_moment(came or row.get("order date", ""))
            found.setdefault(address, []).append((clean_name(name), at, slug_in(" ".join(row.values()))))
    for address, guests in found.items():
        if len({folded_name(name) for name, _, _ in guests}) > 1:
            tally.left["robots, platforms and shared addresses"] += len(guests)
            continue
        for name, at, slug in guests:
            if person := tally.person(f"mail:{address}", name):
                count(person, _GUEST, at)
                person.words |= {f"in:{slug}"} if slug else set()


def read_olm(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count who stands in one message of Outlook for the Mac."""
    read_letters([letter_of_olm(stream, progress)], tally)


def letter_of_olm(stream: IO[bytes], progress: Progress) -> Letter:
    """Return the headers of one message of Outlook for the Mac."""
    raw = stream.read(1 << 22)
    progress(len(raw))
    sides = {name: _olm_people(raw, tag) for name, tag in (("from", b"From"), ("to", b"To"), ("cc", b"CC"))}
    sent = re.search(rb"<OPFMessageCopySentTime[^>]*>([^<]+)<", raw)
    ident = re.search(rb"<OPFMessageCopyMessageID[^>]*>([^<]+)<", raw)
    texts = {"date": sent, "message-id": ident}
    headers = {name: [lenient(found[1])] for name, found in texts.items() if found}
    return Letter(headers | {name: people for name, people in sides.items() if people})


def _olm_people(raw: bytes, tag: bytes) -> list[str]:
    found = re.search(
        rb"<OPFMessageCopy%sAddresses\b(.*?)</OPFMessageCopy%sAddresses>" % (tag, tag), raw, re.DOTALL
    )
    return [_olm_person(lenient(each)) for each in _EMAIL.findall(found[1])] if found else []


def _olm_person(text: str) -> str:
    """Return one address, whose parts are attributes or elements."""
    parts = {}
    for part in ("Address", "Name"):
        pattern = rf"OPFContactEmailAddress{part}(?:=\"([^\"]*)\"|[^>]*>([^<]*)<)"
        found = re.search(pattern, text)
        parts[part] = unescape((found[1] or found[2] or "") if found else "").replace('"', "")
    return f'"{parts["Name"]}" <{parts["Address"]}>'


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [each for each in _list(value) if isinstance(each, dict)]
