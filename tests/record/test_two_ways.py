"""The same invented archive, written as CSV and as answers of the portability interface, gives the same ledger."""

import csv
import io
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from exports import zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_record import snapshot, write

from netkit.export import read_export
from netkit.ledger import open_ledger

HEADERS = {
    "Invitations": "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl",
    "Connections": "First Name,Last Name,URL,Email Address,Company,Position,Connected On",
    "messages": "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER",
    "Positions": "Company Name,Title,Description,Location,Started On,Finished On",
}
DOMAINS = {
    "Invitations": "INVITATIONS",
    "Connections": "CONNECTIONS",
    "messages": "INBOX",
    "Positions": "POSITIONS",
}
PEOPLE = [
    "Zoë Ångström",
    "Bo, Jr. Kern",
    'Cy "Ace" Dorn',
    "Ada Love",
    "Ada Love",
    "李 小龍",
    "Me Myself",
    "",
    "O'Neil  X",
]
TEXTS = st.sampled_from(["", "Hi", "two\nlines", 'a "quote", a comma', "=1+1", "Ü😀", " blank "])
who = st.integers(0, len(PEOPLE) - 1)
minute = st.tuples(st.integers(1, 28), st.integers(0, 23), st.integers(0, 59))


def slug(person):
    return f"https://www.linkedin.com/in/p-{person}" if person % 4 else ""


@st.composite
def archives(draw):
    """Draw the tables of an archive, each a list of rows."""
    rows = {table: [] for table in HEADERS}
    for person, (day, hour, least), note, incoming in draw(
        st.lists(st.tuples(who, minute, TEXTS, st.booleans()), min_size=1, max_size=8)
    ):
        sides = [(PEOPLE[person], slug(person)), ("Me Myself", "https://www.linkedin.com/in/me-myself")]
        (a, a_url), (b, b_url) = sides if incoming else sides[::-1]
        clock = f"3/{day}/26, {hour % 12 or 12}:{least:02d} {'AM' if hour < 12 else 'PM'}"
        rows["Invitations"].append([a, b, clock, note, "INCOMING" if incoming else "OUTGOING", a_url, b_url])
    for person, (day, *_), text in draw(st.lists(st.tuples(who, minute, TEXTS), max_size=6)):
        first, _, last = PEOPLE[person].partition(" ")
        rows["Connections"].append([first, last, slug(person), "", text, "", f"{day:02d} Mar 2026"])
    for person, (day, hour, least), text in draw(st.lists(st.tuples(who, minute, TEXTS), max_size=6)):
        at = f"2026-03-{day:02d} {hour:02d}:{least:02d}:00 UTC"
        me = "https://www.linkedin.com/in/me-myself"
        rows["messages"].append(
            [f"2-{person}", PEOPLE[person], slug(person), "Me Myself", me, at, "", text, "INBOX"]
        )
    if draw(st.booleans()):
        rows["Positions"].append(["Acme", draw(TEXTS), "", "", "Jan 2020", ""])
    return {table: found for table, found in rows.items() if found}


def as_csv(folder, tables):
    files = {}
    for table, rows in tables.items():
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADERS[table].split(","))
        writer.writerows(rows)
        files[f"{table}.csv"] = text.getvalue()
    return zipped(folder / "Basic_LinkedInDataExport_04-02-2026.zip", files)


def as_answers(folder, tables, seed):
    """Write the same as answers, in one of the ways in which people keep them."""
    rng, place = random.Random(seed), folder / "answers 04-02-2026"
    for table, rows in tables.items():
        domain, header = DOMAINS[table], HEADERS[table].split(",")
        said = [
            {key: cell for key, cell in zip(header, row, strict=True) if cell or rng.random() < 0.5}
            for row in rows
        ]
        way = rng.randrange(5)
        if way == 0:
            write(place / f"{domain}.json", said)
        elif way == 1:
            write(place / f"page of {domain}", snapshot(domain, said))
        elif way == 2:
            write(
                place / f"{domain}.json",
                {"api_version": "x", "domain": domain, "rows": said, "truncated": False},
            )
        elif way == 3:
            write(place / f"bundle {domain}.json", {"schema_version": 1, "snapshots": {domain: said}})
        else:
            write(place / f"{domain}.json", "\n".join(map(json.dumps, said)))
    return place


def told(path, home):
    with open_ledger(home) as ledger:
        took = ledger.import_export(read_export(path)).as_dict()
        rows = [
            line
            for line in ledger.database.connection.iterdump()
            if not line.startswith('INSERT INTO "imports"')
        ]
        imports = ledger.exports.imports().drop(columns=["sha256", "imported_at"])
        return [took, imports.to_csv(), *rows]


@settings(max_examples=12)
@given(archives(), st.integers(0, 10**6))
def test_an_archive_says_the_same_as_csv_and_as_answers(tables, seed):
    with TemporaryDirectory() as name:
        folder = Path(name)
        one = told(as_csv(folder, tables), folder / "csv")
        other = told(as_answers(folder, tables, seed), folder / "json")
        assert one == other
