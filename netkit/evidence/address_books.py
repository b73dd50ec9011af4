"""Address books: vCards of any version, the tables of Google and Outlook; who is in them, nothing else."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from quopri import decodestring
from typing import IO, cast

from netkit.evidence.addresses import canonical, clean_name, is_passed_on, is_person, lenient
from netkit.evidence.text_lines import logical_lines
from netkit.evidence.traces import Act, Progress, Tally, count
from netkit.people import folded_name, profile_slug
from netkit.plain_yaml import read_yaml

_CONTACT = Act("contact")
_MOST_ADDRESSES = 12
_MOST_CARDS = 200_000
_LINKEDIN = re.compile(r"linkedin\.com/\S*in/[^\s\"'<>;,]+", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;(?:[^\":;]|\"[^\"]*\")*)*):(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([,;\\nN:])")
_SEPARATOR = " ::: "
csv.field_size_limit(1 << 20)


@dataclass
class _Card:
    """One entry of an address book."""

    names: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    slug: str = ""
    company: str = ""
    is_company: bool = False
    from_linkedin: bool = False


def _cards_of_vcards(stream: IO[bytes], progress: Progress) -> Iterator[_Card]:
    """Return the entries of a file of vCards of any version."""
    card: _Card | None = None
    for text in logical_lines(stream, progress):
        found = _PROPERTY.match(text)
        if found is None:
            continue
        name, said, value = found[1].upper(), found[2].upper(), found[3]
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            card = _Card()
        elif name == "END" and card is not None:
            yield card
            card = None
        elif card is not None:
            _take(card, name, _plain(value, said))


def _plain(value: str, said: str) -> str:
    if "QUOTED-PRINTABLE" not in said:
        return value
    charset = re.search(r"CHARSET=\"?([\w-]+)", said)
    return lenient(decodestring(value.encode("utf-8", "replace")), charset[1] if charset else "utf-8")


def _parts(value: str) -> list[str]:
    """Return the parts of a structured value, which semicolons part unless escaped."""
    parts = re.split(r"(?<!\\);", value)
    return [_ESCAPED.sub(lambda sign: " " if sign[1] in "nN" else sign[1], part).strip() for part in parts]


def _take(card: _Card, name: str, value: str) -> None:
    parts = _parts(value)
    if name == "FN":
        card.names.append(" ".join(" ".join(parts).split()))
    elif name == "N":
        family, given, middle = [*parts, "", "", ""][:3]
        card.names.append(" ".join(f"{given} {middle} {family}".split()))
    elif name in ("NICKNAME", "X-NICKNAME") and parts[0]:
        card.aliases.append(f"{parts[0]} {card.names[0].split()[-1]}" if card.names and card.names[0] else "")
    elif name in ("X-MAIDENNAME", "X-MAIDEN-NAME") and parts[0] and card.names and card.names[0]:
        card.aliases.append(f"{card.names[0].split()[0]} {parts[0]}")
    elif name == "EMAIL":
        card.addresses.append(value.strip())
    elif name == "ORG":
        card.company = parts[0]
    elif (
        (name == "KIND" and value.strip().casefold() not in ("individual", ""))
        or (name == "X-ABSHOWAS" and "COMPANY" in value.upper())
        or name in ("X-ADDRESSBOOKSERVER-KIND", "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
    ):
        card.is_company = True
    elif name == "CATEGORIES" and "linkedin" in value.casefold():
        card.from_linkedin = True
    elif name in ("URL", "X-SOCIALPROFILE", "SOCIALPROFILE"):
        card.slug = slug_in(value.replace("\\", "")) or card.slug


def slug_in(text: str) -> str:
    """Return the LinkedIn profile that a text names, or nothing."""
    found = _LINKEDIN.search(text)
    return (profile_slug(found[0]) or "") if found else ""


def _cards_of_table(stream: IO[bytes], progress: Progress) -> Iterator[_Card]:
    """Return the entries of an address book that Google or Outlook wrote as CSV."""
    rows = table_rows(stream, progress)
    columns = book_columns()
    for row in rows:
        said = {columns[key]: value for key, value in row.items() if key in columns and value}
        emails = [
            part
            for key, value in row.items()
            if re.fullmatch(r"e-?mail ?\d? ?(?:- value|address|adresse)?", key) or columns.get(key) == "email"
            for part in value.split(_SEPARATOR)
        ]
        yield _card(row, said, emails)


def _card(row: Mapping[str, str], said: Mapping[str, str], emails: list[str]) -> _Card:
    given, middle, family = (said.get(part, "") for part in ("given", "middle", "family"))
    full = said.get("full", "") or " ".join(f"{given} {middle} {family}".split())
    card = _Card([full], [], emails, company=said.get("company", ""))
    if said.get("maiden") and given:
        card.aliases.append(f"{given} {said['maiden']}")
    if said.get("nickname") and family:
        card.aliases.append(f"{said['nickname']} {family}")
    card.slug = slug_in(" ".join(value for key, value in row.items() if "web" in key or "url" in key))
    card.from_linkedin = "linkedin" in said.get("labels", "").casefold()
    return card


def table_rows(stream: IO[bytes], progress: Progress) -> Iterator[dict[str, str]]:
    """Return the rows of a CSV file under folded headers, whatever its encoding and separator."""
    raw = stream.read(4096)
    encoding = _encoding(raw)
    joined = cast(io.RawIOBase, _Joined(raw, stream, progress))
    rest = io.TextIOWrapper(io.BufferedReader(joined), encoding, errors="replace", newline="")
    head = lenient(raw, encoding).split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader((line.replace("\0", "") for line in rest), delimiter=separator)
    header: list[str] = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        if not header:
            header = [cell.strip().strip("\ufeff").casefold() for cell in row]
        elif any(row):
            yield dict(zip(header, row, strict=False))


def _encoding(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        raw[: len(raw) - 3 * (len(raw) > 4090)].decode("utf-8")
    except UnicodeDecodeError as problem:
        return "utf-8" if problem.start > len(raw) - 8 else "cp1252"
    return "utf-8-sig"


class _Joined(io.RawIOBase):
    """What was looked at already, and then the rest."""

    def __init__(self, head: bytes, rest: IO[bytes], progress: Progress) -> None:
        super().__init__()
        self._head, self._rest, self._progress = head, rest, progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray") -> int:  # type: ignore[override]
        taken = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(taken) :] if self._head else b""
        self._progress(len(taken))
        buffer[: len(taken)] = taken
        return len(taken)


def book_columns() -> Mapping[str, str]:
    """Return what each header of an address book's table stands for."""
    declared = read_yaml(Path(__file__).parent / "book_columns.yaml")
    return {header: part for part, headers in declared.items() for header in headers}


def read_vcards(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count who is in a file of vCards."""
    _count_cards(_cards_of_vcards(stream, progress), tally)


def read_book(stream: IO[bytes], tally: Tally, progress: Progress) -> None:
    """Count who is in the table of an address book."""
    _count_cards(_cards_of_table(stream, progress), tally)


def _count_cards(cards: Iterable[_Card], tally: Tally) -> None:
    """Count who is in an address book; nobody knows since when."""
    kept: list[tuple[_Card, list[str]]] = []
    holders: dict[str, set[str]] = {}
    for card in cards:
        tally.read["contacts"] += 1
        why = _no_person(card)
        if why or len(kept) >= _MOST_CARDS:
            tally.left[why or f"contacts beyond the first {_MOST_CARDS:,}"] += 1
            continue
        addresses = list(dict.fromkeys(filter(None, map(canonical, card.addresses))))[:_MOST_ADDRESSES]
        if tally.own & set(addresses):
            tally.left["your own card"] += 1
            continue
        kept.append((card, addresses))
        for address in addresses:
            holders.setdefault(address, set()).add(folded_name(card.names[0]) or "")
    for card, addresses in kept:
        # An address on the cards of several people is nobody's.
        own = [each for each in addresses if len(holders[each]) == 1 and is_person(each)]
        name = card.names[0]
        person = tally.person(f"mail:{own[0]}" if own else f"name:{folded_name(name)}", name)
        if person is not None:
            person.names.update(card.names)
            person.aliases.update(alias for alias in card.aliases if alias)
            person.words.update(f"mail:{address}" for address in own[1:])
            if card.slug:
                person.words.add(f"in:{card.slug}")
            count(person, _CONTACT if own else Act("contact", "no address"), None)


def _no_person(card: _Card) -> str:
    card.names = [name for each in card.names if (name := clean_name(each)) and not is_passed_on(name)]
    if card.from_linkedin:
        return "copied from LinkedIn"
    company = folded_name(card.company)
    if card.is_company or (card.names and company and folded_name(card.names[0]) == company):
        return "companies and groups"
    return "" if card.names and folded_name(card.names[0]) else "without a person's name"
