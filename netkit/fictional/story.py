"""The invented person's whole story: everybody, every invitation, and what came of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from netkit.fictional.cast import OWNER, SKILLS, draw_cast, draw_company
from netkit.fictional.invitation_story import DAY, Calendar, connect, tell_incoming, tell_outgoing
from netkit.fictional.true_process import stream
from netkit.plain_yaml import read_yaml

_LETTERS = read_yaml(Path(__file__).parent / "letters.yaml")
_HOUR = pd.Timedelta(hours=1)
_OUTGOING_NOTES: list[str] = _LETTERS["outgoing"]
_Message = dict[str, Any]
_STRANGERS = 110  # in the address book, and nowhere else


@dataclass(frozen=True)
class Story:
    """What truly happened; the exports and the ledger each show a part of it."""

    calendar: Calendar
    cast: pd.DataFrame
    people: tuple[Any, ...]
    incoming: pd.DataFrame
    outgoing: pd.DataFrame
    connections: pd.DataFrame
    messages: pd.DataFrame
    endorsements: pd.DataFrame
    recommendations: pd.DataFrame
    address_book: pd.DataFrame
    companies_followed: pd.DataFrame
    people_followed: pd.DataFrame


@cache
def tell_story(seed: int, era: str) -> Story:
    """Tell the story; the same seed and era tell the same."""
    calendar = Calendar.of(era)
    incoming = tell_incoming(seed, calendar)
    outgoing = tell_outgoing(seed, calendar, int(incoming["person"].max()) + 1)
    first_older = int(outgoing["person"].max()) + 1
    connections = connect(seed, incoming, outgoing, calendar, first_older)
    last = int(connections["person"].max())
    cast = draw_cast(stream(seed, "cast"), last + 1 + _STRANGERS)
    incoming = _without_closed(_written(seed, incoming, cast), connections)
    outgoing = _without_closed(_written_by_owner(seed, outgoing, cast), connections)
    companies, people = _follow(seed, cast, connections, calendar)
    return Story(
        calendar=calendar,
        cast=cast,
        people=tuple(each_row(cast)),
        incoming=incoming,
        outgoing=outgoing,
        connections=connections,
        messages=_write_messages(seed, cast, incoming, connections, calendar),
        endorsements=_write_endorsements(seed, connections, calendar),
        recommendations=_write_recommendations(seed, cast, connections, calendar),
        address_book=_fill_address_book(seed, cast, incoming, calendar, last + 1),
        companies_followed=companies,
        people_followed=people,
    )


def _written(seed: int, incoming: pd.DataFrame, cast: pd.DataFrame) -> pd.DataFrame:
    rng = stream(seed, "notes")
    notes = [
        _fill(rng, template, cast["name"][person], cast["company"][person])
        if isinstance(template, str)
        else None
        for person, template in zip(incoming["person"], incoming["template"], strict=True)
    ]
    return incoming.assign(
        note=pd.Series(notes, index=incoming.index, dtype="str"),
        key=incoming["person"].map(cast["key"]),
        name=incoming["person"].map(cast["name"]),
    )


def _written_by_owner(seed: int, outgoing: pd.DataFrame, cast: pd.DataFrame) -> pd.DataFrame:
    rng = stream(seed, "own notes")
    notes = [
        _fill(rng, _OUTGOING_NOTES[person % len(_OUTGOING_NOTES)], cast["first"][person])
        if with_note
        else None
        for person, with_note in zip(outgoing["person"], outgoing["with_note"], strict=True)
    ]
    return outgoing.assign(note=pd.Series(notes, index=outgoing.index, dtype="str"))


def _without_closed(invitations: pd.DataFrame, connections: pd.DataFrame) -> pd.DataFrame:
    """Take the invitations of closed accounts out of the export."""
    shown = {
        export: invitations[export]
        & ~invitations["person"].isin(connections.loc[connections[f"closed_{export}"], "person"])
        for export in ("in_first", "in_second")
    }
    return invitations.assign(**shown)


def settled_people(story: Story) -> pd.DataFrame:
    """Return the connections old and lasting enough to ask for an introduction, or be asked for."""
    known = story.connections
    lasting = known["in_first"] & known["in_second"] & ~known["closed_in_second"]
    old = known["connected_at"] < story.calendar.second - 650 * DAY
    return story.cast.loc[known.loc[lasting & old, "person"], ["key", "name"]]


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield named tuples whose cells a type checker takes for what they are used as."""
    yield from frame.itertuples()


def _fill(rng: np.random.Generator, text: str, sender: str, company: str = "") -> str:
    """Fill the gaps of an invented text."""
    topics = _LETTERS["topics"]
    topic = topics[int(rng.integers(len(topics)))]
    return text.format(sender=sender, owner=OWNER["first"], company=company, topic=topic)


def _write_messages(
    seed: int,
    cast: pd.DataFrame,
    incoming: pd.DataFrame,
    connections: pd.DataFrame,
    calendar: Calendar,
) -> pd.DataFrame:
    """Write the invented mailbox.

    Whoever `wrote_before` exchanged messages at least a day before the invitation; nobody else did.
    After it come the copies of notes (at acceptance), questions and replies, reminders,
    conversations, and the platform's own advertising.
    """
    rng = stream(seed, "messages")
    rows = [
        *_before(rng, cast, incoming),
        *_around(rng, cast, incoming),
        *_conversations(rng, cast, connections, calendar),
        *_advertising(rng, calendar),
    ]
    told = pd.DataFrame(rows)
    told["conversation"] = [f"2-{crc32(str(person).encode()):08x}==" for person in told["person"]]
    return told.sort_values("at", kind="stable", ignore_index=True)


def _thread(
    rng: np.random.Generator, cast: pd.DataFrame, person: int, texts: list[str], start: pd.Timestamp
) -> Iterator[_Message]:
    """Lay out a thread, hours apart; `>` marks the owner's turns."""
    sender = str(cast["first"][person])
    at = start
    for text in texts:
        content = _fill(rng, text[1:], sender)
        yield _message(person, at, content, from_owner=text[0] == ">")
        at = (at + _HOUR * float(rng.uniform(0.05, 5))).floor("s")


def _message(
    person: int,
    at: pd.Timestamp,
    content: str,
    *,
    from_owner: bool,
    draft: bool = False,
    nameless: bool = False,
) -> _Message:
    return {
        "person": person,
        "from_owner": from_owner,
        "at": at.floor("s"),
        "content": content,
        "draft": draft,
        "nameless": nameless,
    }


def _choice(rng: np.random.Generator, texts: list[list[str]]) -> list[str]:
    return texts[int(rng.integers(len(texts)))]


def _before(
    rng: np.random.Generator, cast: pd.DataFrame, incoming: pd.DataFrame
) -> Iterator[_Message]:
    wrote = incoming[(incoming["wrote_before"] == "yes") & (incoming["repeat_invitation"] == "no")]
    for person, sent_at in zip(wrote["person"], wrote["sent_at"], strict=True):
        start = sent_at - DAY * float(rng.uniform(3, 300))
        yield from _thread(rng, cast, person, _choice(rng, _LETTERS["openings"]), start)


def _around(
    rng: np.random.Generator, cast: pd.DataFrame, incoming: pd.DataFrame
) -> Iterator[_Message]:
    """Write copies of notes, questions with their replies, reminders: all of it after the invitation."""
    for row in each_row(incoming):
        if row.answer == "accept" and pd.notna(row.note):
            yield _message(row.person, row.answered_at, row.note, from_owner=False)
        if pd.notna(row.asked_at):
            yield from _thread(rng, cast, row.person, _LETTERS["questions"][0], row.asked_at)
            reply = _LETTERS["replies"].get(row.reply_to_question)
            if reply and pd.notna(row.answered_at):
                between = row.asked_at + (row.answered_at - row.asked_at) * float(rng.random())
                yield from _thread(rng, cast, row.person, reply, between)
        elif row.reminded_you == "yes" and not row.repeated and row.repeat_invitation == "no":
            start = row.sent_at + DAY * float(rng.uniform(0.01, 0.5))
            yield from _thread(rng, cast, row.person, _choice(rng, _LETTERS["reminders"]), start)


def _conversations(
    rng: np.random.Generator, cast: pd.DataFrame, connections: pd.DataFrame, calendar: Calendar
) -> Iterator[_Message]:
    """Write to a third of the connections; the rest stays silent, as in life."""
    for row in each_row(connections[rng.random(len(connections)) < 0.33]):
        old = (calendar.second - row.connected_at) / DAY
        for _ in range(int(rng.integers(1, 4))):
            start = row.connected_at + DAY * (0.02 + old * float(rng.random() ** 2) * 0.98)
            texts = _choice(rng, _LETTERS["conversations"])
            for message in _thread(rng, cast, row.person, texts, start):
                # The messages of some old contacts have lost their sender's address.
                lost = old > 400 and row.person % 19 == 0 and not message["from_owner"]
                yield message | {"nameless": lost}
        if row.person % 90 == 0 and old > 400:
            text = _LETTERS["drafts"][row.person % 2]
            yield _message(row.person, calendar.first - 2 * DAY, text, from_owner=True, draft=True)


def _advertising(rng: np.random.Generator, calendar: Calendar) -> Iterator[_Message]:
    for number in range(24):
        at = calendar.second - DAY * float(rng.uniform(1, 700))
        text = _LETTERS["sponsored"][number % 2]
        yield _message(-1, at, text, from_owner=False, nameless=True)


def _write_endorsements(seed: int, connections: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return who endorsed whom for what; always after the connection was made."""
    rng = stream(seed, "endorsements")
    known = connections[~connections["closed_in_second"]].sample(160, random_state=rng)
    span = (calendar.second - known["connected_at"]) * 1.0
    rows = pd.DataFrame(
        {
            "person": known["person"],
            "given": rng.random(len(known)) < 0.35,
            "at": (known["connected_at"] + span * rng.random(len(known))).dt.floor("s"),
            "skill": rng.choice(SKILLS, size=len(known)),
        }
    )
    return rows.sort_values("at", kind="stable", ignore_index=True)


def _write_recommendations(
    seed: int, cast: pd.DataFrame, connections: pd.DataFrame, calendar: Calendar
) -> pd.DataFrame:
    """Return the recommendations of and by old contacts."""
    rng = stream(seed, "recommendations")
    old = connections[~connections["closed_in_second"]].head(400).sample(9, random_state=rng)
    at = [calendar.second - DAY * float(rng.uniform(40, 1300)) for _ in range(9)]
    given = [number % 3 == 0 for number in range(9)]
    subjects = [
        cast["first"][person] if by_owner else OWNER["first"]
        for person, by_owner in zip(old["person"], given, strict=True)
    ]
    texts = _LETTERS["recommendations"]
    rows = {
        "person": old["person"].to_numpy(),
        "given": given,
        "at": [moment.floor("s") for moment in at],
        "text": [_fill(rng, texts[i % 2], subject) for i, subject in enumerate(subjects)],
    }
    return pd.DataFrame(rows).sort_values("at", kind="stable", ignore_index=True)


def _fill_address_book(
    seed: int, cast: pd.DataFrame, incoming: pd.DataFrame, calendar: Calendar, first_person: int
) -> pd.DataFrame:
    """Return the address book that the invented person uploaded.

    Whoever was `in_address_book` was saved at least a month before the invitation; a few others
    only after it, which is too late to count.
    """
    rng = stream(seed, "address book")
    once = incoming[incoming["repeat_invitation"] == "no"]
    before = once[once["in_address_book"] == "yes"]
    unlisted = once[(once["in_address_book"] == "no") & ~once["repeated"]]
    lately = unlisted["sent_at"].between(calendar.first - 200 * DAY, calendar.first - 60 * DAY)
    after = unlisted[lately].sample(12, random_state=rng)
    rest = np.arange(first_person, len(cast))
    rows = [
        *((person, at - DAY * float(rng.uniform(31, 900))) for person, at in _pairs(before)),
        *((person, at + DAY * float(rng.uniform(2, 50))) for person, at in _pairs(after)),
        *((int(person), calendar.first - DAY * float(rng.uniform(31, 2000))) for person in rest),
    ]
    book = pd.DataFrame(rows, columns=["person", "created_at"])
    book["created_at"] = book["created_at"].dt.floor("min")
    # An entry without an address can only be found by its name: namesakes always have one.
    namesake = cast["name"].duplicated(keep=False)
    named = rng.random(len(book)) < 0.6
    book["with_profile"] = (named & (book["person"] < first_person)) | book["person"].map(namesake)
    return book.sort_values("created_at", kind="stable", ignore_index=True)


def _pairs(rows: pd.DataFrame) -> Iterator[tuple[int, pd.Timestamp]]:
    return zip(rows["person"], rows["sent_at"], strict=True)


def _follow(
    seed: int, cast: pd.DataFrame, connections: pd.DataFrame, calendar: Calendar
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the companies and the people that the invented person follows."""
    rng = stream(seed, "follows")
    people = cast["name"][connections["person"].sample(25, random_state=rng)]
    companies = pd.Series([draw_company(rng) for _ in range(40)])
    frames = []
    for names in (companies, people):
        back = [calendar.second - DAY * float(rng.uniform(1, 1400)) for _ in names]
        rows = pd.DataFrame({"name": names.to_numpy(), "at": [at.floor("s") for at in back]})
        frames.append(rows.sort_values("at", kind="stable", ignore_index=True))
    return frames[0], frames[1]
