"""Of people who ask, whom do your own files know: how much is linked and offered, how much of it is right, and by what.

    python benchmarks/acquaintance.py [--seed N] [--worlds N] [--store]

Every world is invented: one population, whose given and family names have frequencies as in life, of whom some are
connections, some ask, and some are in a mailbox, a calendar, an address book and a guest list. Of those who ask a fifth
are truly known from a file; some of them write their name otherwise there, or had another surname. Strangers bear names
of people in the files by chance, and thirty more on purpose, common names among them. LinkedIn's notices, newsletters
and shared mailboxes bear the names of who asks, and meetings of hundreds flood the calendar.
"""

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence import draw_names
from numpy.random import default_rng
from stored import told

from netkit.evidence import Owner
from netkit.evidence.addresses import canonical
from netkit.evidence.recognise import Source
from netkit.ledger import open_ledger

ME = "owner@home.example"
ASKED = datetime(2024, 5, 1, 9, tzinfo=UTC)
SOURCES = ("mail", "calendar", "contacts", "guests")
OTHERWISE = ("married", "nickname", "turned round", "title", "initial", "small letters")


@dataclass
class Person:
    """Somebody of a world: the name on the platform, the one in the files, and where he or she is known from."""

    name: str
    slug: str
    address: str
    written: str
    known_from: set = field(default_factory=set)
    has_profile: bool = False
    how: str = "as it is"


def make_person(draw: random.Random, name: str, number: int) -> Person:
    """Return somebody; one in seven chose an address on the platform, and two in five of these use it for mail, too."""
    first, last = name.split()
    chosen = draw.random() < 0.15
    slug = (
        f"{draw.choice(['walker', 'potter', 'miller', 'sailor'])}{number}"
        if chosen
        else f"{first}-{last}-{number:x}a1"
    )
    usual = draw.choice(
        [f"{first}.{last}{number % 9 or ''}", f"{first[0]}{last}", f"{last}{number}", f"sun{number}"]
    )
    local = slug if chosen and draw.random() < 0.4 else usual
    domain = draw.choice(["gmail.com", f"firm{number % 400}.example"])
    return Person(name, slug.casefold(), f"{local}@{domain}".casefold(), name)


def write_otherwise(draw: random.Random, person: Person) -> None:
    """Let a person's name stand otherwise in the files, for one in five."""
    if draw.random() > 0.2:
        return
    first, last = person.name.split()
    person.how = draw.choice(OTHERWISE)
    person.written = {
        "married": f"{first} {last}ova",
        "nickname": f"{first[:4]} {last}",
        "turned round": f"{last}, {first}",
        "title": f"Dr. {first} {last}, PhD",
        "initial": f"{first[0]}. {last}",
        "small letters": person.name.casefold(),
    }[person.how]
    if person.how == "married":
        person.slug = f"{first}-{last}ova".casefold()


def make_world(seed: int) -> tuple[list[Person], list[Person], list[str]]:
    """Return who asks, who else is in the files, and the names of the connections."""
    draw = random.Random(seed)
    names = draw_names(default_rng(seed), 6_000)
    people = [make_person(draw, name, number) for number, name in enumerate(names)]
    askers, others = people[:800], people[800:2_600]
    for person in askers[:160]:
        person.known_from = set(draw.sample(SOURCES, draw.choice([1, 1, 2])))
        write_otherwise(draw, person)
    for person in others:
        person.known_from = {draw.choice(SOURCES)}
    for number, stranger in enumerate(askers[160:190]):  # a namesake in the files, who is another person
        others[number].name = others[number].written = stranger.name
    for person in (*askers, *others):
        person.has_profile = "contacts" in person.known_from and draw.random() < 0.1
    return askers, others, names[2_600:]


def at(draw: random.Random) -> datetime:
    """Return some day of the three years before."""
    return ASKED - timedelta(days=draw.randrange(10, 1_000))


def letter(sender: str, to: str, when: datetime, ident: str, more: str = "") -> str:
    """Return a message of an mbox."""
    return (
        f"From x@y {when:%a %b %d %H:%M:%S} +0000 {when:%Y}\nDelivered-To: {ME}\n{more}From: {sender}\nTo: {to}\n"
        f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000\nMessage-ID: <{ident}>\nSubject: s\n\nNothing.\n\n"
    )


def write_files(folder: Path, seed: int, askers: list[Person], others: list[Person]) -> list[Path]:
    """Write the four files, with what is no evidence among it."""
    draw = random.Random(seed + 1)
    everybody = [*askers, *others]
    mail, events, cards, guests = [], [], [], ["api_id,name,email,approval_status,checked_in_at,LinkedIn"]
    for number, who in enumerate(everybody):
        side = f'"{who.written}" <{who.address}>'
        if "mail" in who.known_from:
            mail += [letter(side, ME, at(draw), f"{number}a"), letter(ME, side, at(draw), f"{number}b")]
        if "calendar" in who.known_from:
            events.append(event(number, at(draw), [side_of(who)]))
        if "contacts" in who.known_from:
            url = f"URL:https://www.linkedin.com/in/{who.slug}\n" if who.has_profile else ""
            cards.append(f"BEGIN:VCARD\nVERSION:3.0\nFN:{who.written}\nEMAIL:{who.address}\n{url}END:VCARD\n")
        if "guests" in who.known_from:
            guests.append(f'g{number},"{who.written}",{who.address},approved,{at(draw):%Y-%m-%dT%H:%M:%SZ},')
    for number, who in enumerate(askers):  # what bears the name of who asks, and is nobody's
        mail.append(letter(f'"{who.name} via LinkedIn" <invitations@linkedin.com>', ME, ASKED, f"n{number}"))
        listed = "List-Id: <l.example>\nList-Unsubscribe: <https://l.example>\n"
        mail.append(letter(f'"{who.name}" <{who.slug}@list.example>', ME, at(draw), f"l{number}", listed))
        mail.append(letter(f'"{who.name}" <office@shared.example>', ME, at(draw), f"s{number}"))
    for flood in range(20):
        crowd = [side_of(who) for who in draw.sample(askers, 200)]
        events.append(event(90_000 + flood, at(draw), crowd))
    contents = {
        "All mail.mbox": "".join(mail),
        "me.ics": "BEGIN:VCALENDAR\nVERSION:2.0\n" + "".join(events) + "END:VCALENDAR\n",
        "all.vcf": "".join(cards),
        "guests.csv": "\n".join(guests),
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in contents]


def side_of(who: Person) -> str:
    """Return somebody as a guest of an event."""
    return f'ATTENDEE;CN="{who.written}";PARTSTAT=ACCEPTED:mailto:{who.address}\n'


def event(number: int, when: datetime, guests: list[str]) -> str:
    """Return an event at a place, which the owner organised."""
    return (
        f"BEGIN:VEVENT\nUID:{number}\nDTSTART:{when:%Y%m%dT%H%M%SZ}\nORGANIZER:mailto:{ME}\nLOCATION:Town Hall\n"
        f"{''.join(guests)}END:VEVENT\n"
    )


def try_world(seed: int, counts: Counter) -> None:
    """Read a world's files, and count of every link and of everybody known what became of it."""
    askers, others, connections = make_world(seed)
    with tempfile.TemporaryDirectory() as place, open_ledger(Path(place) / "home") as ledger:
        files = write_files(Path(place), seed, askers, others)
        by_request: dict[str, Person] = {}
        with ledger.together():
            for who in askers:
                url = f"https://www.linkedin.com/in/{who.slug}"
                request = ledger.invitations.add(who.name, sent_at=ASKED, source="invented", url=url)
                by_request[request] = who
            ledger.database.connection.executemany(
                "INSERT INTO connections (person, confidence, name, first_seen, last_seen)"
                " VALUES (?, 'high', ?, '2024', '2024')",
                [(f"in:c-{number}", name) for number, name in enumerate(connections)],
            )
        for file in files:
            with Source(file) as source:
                owner = Owner(frozenset([ME]))
                ledger.evidence.add(file, source.kinds, source.read(owner), owner)
        holders = defaultdict(set)
        for who in (*askers, *others):
            holders[ledger.evidence.hashed(f"mail:{canonical(who.address)}")].add(id(who))
        found = defaultdict(list)
        for request, link in ledger.evidence.links(ledger.evidence.askers()).by_request():
            holds = set().union(*(holders.get(each, set()) for each in link.members))
            found[request].append((link, id(by_request[request]) in holds))
    counted(by_request, found, counts)


def counted(by_request: dict, found: dict, counts: Counter) -> None:
    """Count what became of every link, and of everybody who is known."""
    for request, who in by_request.items():
        links = found.get(request, [])
        for link, right in links:
            counts["sure" if link.sure else "offer", link.rule, "right" if right else "wrong"] += 1
        if not who.known_from:
            continue
        sure = any(right and link.sure for link, right in links)
        became = "linked" if sure else "offered" if any(right for _, right in links) else "missed"
        for source in who.known_from:
            counts["source", source, became] += 1
        counts["source", "any", became] += 1
        counts["written", who.how, became] += 1


def show(counts: Counter) -> None:
    """Print what came of the links by rule, and of those who are known by source and by how the name is written."""
    print("links by the rule that made them")
    for kind in ("sure", "offer"):
        for rule in sorted({key[1] for key in counts if key[0] == kind}):
            right, wrong = counts[kind, rule, "right"], counts[kind, rule, "wrong"]
            made = "without asking" if kind == "sure" else "for one key"
            print(
                f"  {rule:18} {made:15} {right:6,} right {wrong:5,} wrong  {100 * right / (right + wrong):6.1f} %"
            )
    keys = sum(count for key, count in counts.items() if key[0] == "offer")
    reached = counts["source", "any", "offered"]
    print(
        f"  {keys:,} keys for {reached:,} people who were not linked: {keys / max(reached, 1):.2f} for each"
    )
    for kind, title in (
        ("source", "people truly known, by source"),
        ("written", "by how the name stands in the files"),
    ):
        print(title)
        for name in sorted({key[1] for key in counts if key[0] == kind}):
            linked, offered, missed = (counts[kind, name, what] for what in ("linked", "offered", "missed"))
            every = linked + offered + missed
            print(
                f"  {name:18} {every:6,}  linked {100 * linked / every:5.1f} %, offered {100 * offered / every:5.1f} %,"
                f" missed {100 * missed / every:5.1f} %"
            )


def main() -> None:
    """Try some worlds, and say what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--store", action="store_true")
    chosen = parser.parse_args()
    counts: Counter = Counter()
    for number in range(chosen.worlds):
        try_world(chosen.seed + number, counts)
    with told("acquaintance", store=chosen.store):
        print(f"{chosen.worlds} worlds of 800 who ask, 160 of them known; seeds from {chosen.seed}")
        show(counts)


if __name__ == "__main__":
    main()
