"""The invented person's own files: mail, a calendar and an address book that agree with whom they know."""

import json
import unicodedata
import zipfile
from collections.abc import Iterator
from email.header import Header
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from netkit.fictional.story import OWNER_NAME, tell_story
from netkit.fictional.true_process import stream

ME = "tavrin.owner@invented-mail.example"
AT_WORK = "tavrin.owner@lumbora-energy.example"
_DAY = 86_400
_MAIL = ((0.6, "both"), (0.7, "sent"), (0.8, "received"))
_PACKED = (2026, 3, 10, 9, 0, 0)  # archives are the same, byte for byte, whenever they are written


class Acquaintance(NamedTuple):
    """Somebody in the invented person's files; `key` is empty for whoever never asked."""

    key: str
    name: str
    address: str
    since: int
    mail: str  # both, sent, received or nothing
    met: str  # place, call or nothing
    card: bool
    colleague: bool
    maiden: str = ""


def acquaintances(seed: int = 7, profile: str = "long") -> list[Acquaintance]:
    """Return everybody in the files: those who are known, sellers, and namesakes who are other people."""
    told = tell_story(seed, profile, None).incoming.drop_duplicates("key")
    rng = stream(seed, "personal files")
    draws = rng.random((len(told), 8))
    rows = zip(_records(told), draws.tolist(), strict=True)
    found = (_acquaintance(row, at, draw) for at, (row, draw) in enumerate(rows))
    return [who for who in found if who is not None]


def _acquaintance(row: dict[str, Any], number: int, draw: list[float]) -> Acquaintance | None:
    since = int(row["sent_at"].timestamp() - (30 + 900 * draw[0]) * _DAY)
    key, name = str(row["key"]), str(row["name"])
    address = _address(name, number, free=draw[1] < 0.5)
    if row["recognised"] != "yes":
        if draw[4] < 0.05:  # somebody else of this name
            return Acquaintance("", name, address, since, "both", "", draw[6] < 0.5, False)
        seller = Acquaintance(key, name, address, since, "received", "", False, False)
        return seller if draw[4] < 0.1 else None
    colleague = row["worked_together"] == "yes"
    if colleague and draw[1] > 0.4:
        address = f"{_plain(name) or f'p{number}'}@{AT_WORK.partition('@')[2]}"
    return Acquaintance(
        key,
        _written(name, draw[3]),
        address,
        since,
        next((kind for below, kind in _MAIL if draw[4] < below), ""),
        ("place" if draw[2] < 0.7 else "call") if row["met_in_person"] == "yes" and draw[5] < 0.6 else "",
        row["in_address_book"] == "yes" or draw[6] < 0.2,
        colleague,
        "Formerly" if draw[7] < 0.04 else "",
    )


def _records(told: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in told.to_dict("records")]


def write_personal_files(folder: Path, *, seed: int = 7, profile: str = "long") -> list[Path]:
    """Write the invented person's mail, calendar and address book as Takeout gives them, and an X archive.

    Parameters
    ----------
    folder : Path
        Where to; it is made if it is not there.
    seed : int, default 7
        The invented person's seed.
    profile : {'long', 'plain', 'busy'}, default 'long'
        As for `write_exports`.

    Returns
    -------
    list of Path
        The files; byte for byte the same for the same seed and profile.
    """
    people = acquaintances(seed, profile)
    told = tell_story(seed, profile, None).incoming
    rng = stream(seed, "what is in the files")
    members = {
        "Takeout/Mail/All mail Including Spam and Trash.mbox": "".join(_mailbox(people, told, rng)),
        f"Takeout/Calendar/{ME}.ics": "\r\n".join(_calendar(people, rng)),
        "Takeout/Contacts/All Contacts/All Contacts.vcf": "\r\n".join(_cards(people)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _pack(folder / "takeout-20260310T090000Z-001.zip", members),
        _pack(folder / "twitter-2026-03-10-invented.zip", _x_archive(told)),
    ]


def _pack(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _PACKED)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content.encode())
    return path


def _x_archive(told: pd.DataFrame) -> dict[str, str]:
    """Return an archive of X: posts name some people, and messages give all of them by number alone."""
    posts, talks = [], []
    for number, row in enumerate(_records(told.drop_duplicates("key"))):
        if row["interacted_elsewhere"] != "yes" or number % 3 == 0:
            continue
        at = row["sent_at"] - pd.Timedelta(days=20 + number % 300)
        who = {"name": row["name"], "screen_name": f"invented{number}", "id_str": str(900_000 + number)}
        posts.append(
            {
                "tweet": {
                    "created_at": f"{at:%a %b %d %H:%M:%S +0000 %Y}",
                    "entities": {"user_mentions": [who]},
                }
            }
        )
        said = [
            {"messageCreate": {"senderId": sender, "createdAt": f"{at:%Y-%m-%dT%H:%M:%S.000Z}"}}
            for sender in ("1", who["id_str"])[: 1 + number % 2]
        ]
        talks.append({"dmConversation": {"conversationId": f"1-{who['id_str']}", "messages": said}})
    account = [{"account": {"accountId": "1", "username": "invented"}}]
    files = {"account": account, "tweets": posts, "direct_messages": talks}
    return {
        f"data/{name.replace('_', '-')}.js": f"window.YTD.{name}.part0 = {json.dumps(rows)}"
        for name, rows in files.items()
    }


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ø", "O").replace("ł", "l"))
    kept = "".join(sign for sign in letters.casefold() if sign.isascii() and (sign.isalpha() or sign == " "))
    return ".".join(kept.split()[:2])


def _address(name: str, number: int, *, free: bool) -> str:
    local = _plain(name) or f"p{number}"
    return f"{local}{number % 97}@gmail.com" if free else f"{local}@firm{number % 211}.example"


def _written(name: str, draw: float) -> str:
    """Return a name as a mail program shows it: mostly as it is, or turned round, or in plain letters."""
    words = name.split()
    if len(words) < 2 or draw < 0.8:
        return name
    if draw < 0.9:
        return f"{words[-1]}, {' '.join(words[:-1])}"
    plain = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def _mailbox(people: list[Acquaintance], told: pd.DataFrame, rng: np.random.Generator) -> Iterator[str]:
    letters: list[tuple[int, str]] = []
    for number, who in enumerate(people):
        mine = AT_WORK if who.colleague else ME
        days = rng.integers(0, 30, int(rng.integers(2, 9)))
        times = sorted(who.since + int(_DAY * 0.9 * each) for each in days)
        for at, when in enumerate(times):
            to_me = at % 2 == 0 if who.mail == "both" else who.mail == "received"
            if who.mail:
                name = " ".join([*who.name.split()[:-1], who.maiden]) if who.maiden else who.name
                sides = (_named(name, who.address), f"{OWNER_NAME} <{mine}>")
                letters.append((when, _letter(*(sides if to_me else sides[::-1]), when, f"{number}.{at}")))
    for number, row in enumerate(_records(told)):
        when = int(row["sent_at"].timestamp())
        notice = _named(f"{row['name']} via LinkedIn", "invitations@linkedin.com")
        letters.append((when, _letter(notice, ME, when, f"notice.{number}")))
        if number % 5 == 0:
            news = "News of the Guild <news@guild.example>"
            more = "List-Id: <news.guild.example>\nList-Unsubscribe: <https://guild.example/u>\n"
            letters.append((when, _letter(news, ME, when, f"news.{number}", more)))
    return (text for _, text in sorted(letters))


def _named(name: str, address: str) -> str:
    shown = f'"{name}"' if name.isascii() else Header(name, "utf-8", maxlinelen=400).encode()
    return f"{shown} <{address}>"


def _letter(sender: str, to: str, when: int, ident: str, more: str = "") -> str:
    at = pd.Timestamp(when, unit="s", tz="UTC")
    return (
        f"From {when}@xxx {at:%a %b %d %H:%M:%S +0000 %Y}\nX-GM-THRID: {when}\nX-Gmail-Labels: Inbox,Opened\n"
        f"Delivered-To: {ME}\n{more}From: {sender}\nTo: {to}\nDate: {at:%a, %d %b %Y %H:%M:%S +0000}\n"
        f"Message-ID: <{ident}@invented.example>\nSubject: Invented\n\nNothing is said here.\n\n"
        "From here on it is only filling.\n\n"
    )


def _calendar(people: list[Acquaintance], rng: np.random.Generator) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Invented//EN", f"X-WR-CALNAME:{ME}")
    for number, who in enumerate(people):
        if who.met:
            at = pd.Timestamp(who.since + int(rng.integers(1, 25)) * _DAY, unit="s", tz="UTC")
            place = "Café Central" if who.met == "place" else "https://meet.google.com/abc-defg-hij"
            yield from (
                "BEGIN:VEVENT", f"UID:{number}@invented.example", f"DTSTART:{at:%Y%m%dT%H%M%SZ}",
                f"ORGANIZER;CN={OWNER_NAME}:mailto:{ME}",
                f'ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;CN="{who.name}":mailto:{who.address}',
                f"LOCATION:{place}", "STATUS:CONFIRMED", "END:VEVENT",
            )  # fmt: skip
    yield from ("END:VCALENDAR", "")


def _cards(people: list[Acquaintance]) -> Iterator[str]:
    for number, who in enumerate(people):
        if who.card:
            yield from ("BEGIN:VCARD", "VERSION:3.0", f"FN:{who.name}")
            if who.maiden:
                yield f"X-MAIDENNAME:{who.maiden}"
            if number % 10:
                yield f"EMAIL;TYPE=INTERNET:{who.address}"
            if who.key and number % 12 == 0:
                yield f"URL:https://www.linkedin.com/in/{who.key.removeprefix('in:')}"
            yield from ("CATEGORIES:myContacts", "END:VCARD")
    yield ""
