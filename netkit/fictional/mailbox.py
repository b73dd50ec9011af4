"""The invented mailbox: what was written before, with and after the invitations."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from netkit.fictional.cast import OWNER
from netkit.fictional.invitations import DAY, Calendar
from netkit.fictional.process import stream
from netkit.fictional.rows import each_row
from netkit.plain_yaml import read_yaml

_LETTERS = read_yaml(Path(__file__).parent / "letters.yaml")
HOUR = pd.Timedelta(hours=1)
OUTGOING_NOTES: list[str] = _LETTERS["outgoing"]


def fill(rng: np.random.Generator, text: str, sender: str, company: str = "") -> str:
    """Fill the gaps of an invented text.

    Parameters
    ----------
    rng : numpy.random.Generator
        The random numbers; they choose the topic.
    text : str
        With gaps such as `{sender}`.
    sender, company : str
        The other person's first name, and company.

    Returns
    -------
    str
        The text.
    """
    topics = _LETTERS["topics"]
    topic = topics[int(rng.integers(len(topics)))]
    return text.format(sender=sender, owner=OWNER["first"], company=company, topic=topic)


def write_messages(
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

    Parameters
    ----------
    seed : int
        The invented person's seed.
    cast : DataFrame
        Everybody.
    incoming, connections : DataFrame
        The story so far; `incoming` has the filled-in `note`.
    calendar : Calendar
        When the exports are taken.

    Returns
    -------
    DataFrame, one row per message, oldest first
        `person` (-1 for advertising), `from_owner`, `at`, `content`, `conversation`, `draft`,
        `nameless` (the sender's address is missing).
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


Message = dict[str, Any]


def _thread(
    rng: np.random.Generator, cast: pd.DataFrame, person: int, texts: list[str], start: pd.Timestamp
) -> Iterator[Message]:
    """Lay out a thread, hours apart; `>` marks the owner's turns."""
    sender = str(cast["first"][person])
    at = start
    for text in texts:
        content = fill(rng, text[1:], sender)
        yield _message(person, at, content, from_owner=text[0] == ">")
        at = (at + HOUR * float(rng.uniform(0.05, 5))).floor("s")


def _message(
    person: int,
    at: pd.Timestamp,
    content: str,
    *,
    from_owner: bool,
    draft: bool = False,
    nameless: bool = False,
) -> Message:
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
) -> Iterator[Message]:
    wrote = incoming[(incoming["wrote_before"] == "yes") & (incoming["repeat_invitation"] == "no")]
    for person, sent_at in zip(wrote["person"], wrote["sent_at"], strict=True):
        start = sent_at - DAY * float(rng.uniform(3, 300))
        yield from _thread(rng, cast, person, _choice(rng, _LETTERS["openings"]), start)


def _around(
    rng: np.random.Generator, cast: pd.DataFrame, incoming: pd.DataFrame
) -> Iterator[Message]:
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
) -> Iterator[Message]:
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


def _advertising(rng: np.random.Generator, calendar: Calendar) -> Iterator[Message]:
    for number in range(24):
        at = calendar.second - DAY * float(rng.uniform(1, 700))
        text = _LETTERS["sponsored"][number % 2]
        yield _message(-1, at, text, from_owner=False, nameless=True)
