"""The invented person's whole story: everybody, every invitation, and what came of them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from netkit.fictional.acquaintance import (
    fill_address_book,
    follow,
    write_endorsements,
    write_recommendations,
)
from netkit.fictional.cast import draw_cast
from netkit.fictional.contacts import connect, tell_outgoing
from netkit.fictional.invitations import DAY, Calendar, tell_incoming
from netkit.fictional.mailbox import OUTGOING_NOTES, fill, write_messages
from netkit.fictional.process import stream
from netkit.fictional.rows import each_row

_STRANGERS = 110  # in the address book, and nowhere else


@dataclass(frozen=True)
class Story:
    """What truly happened; the exports and the ledger each show a part of it.

    Attributes
    ----------
    calendar : Calendar
        The days of the two exports.
    cast : DataFrame
        Everybody, by number.
    people : tuple of named tuples
        The same, row by row.
    incoming, outgoing, connections, messages, endorsements, recommendations, address_book,
    companies_followed, people_followed : DataFrame
        As the functions that tell them describe.
    """

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
    """Tell the story; the same seed and era tell the same.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    era : str
        The month of the first export, `YYYY-MM`.

    Returns
    -------
    Story
        Not to be changed: it is kept for the next call.
    """
    calendar = Calendar.of(era)
    incoming = tell_incoming(seed, calendar)
    outgoing = tell_outgoing(seed, calendar, int(incoming["person"].max()) + 1)
    first_older = int(outgoing["person"].max()) + 1
    connections = connect(seed, incoming, outgoing, calendar, first_older)
    last = int(connections["person"].max())
    cast = draw_cast(stream(seed, "cast"), last + 1 + _STRANGERS)
    incoming = _without_closed(_written(seed, incoming, cast), connections)
    outgoing = _without_closed(_written_by_owner(seed, outgoing, cast), connections)
    companies, people = follow(seed, cast, connections, calendar)
    return Story(
        calendar=calendar,
        cast=cast,
        people=tuple(each_row(cast)),
        incoming=incoming,
        outgoing=outgoing,
        connections=connections,
        messages=write_messages(seed, cast, incoming, connections, calendar),
        endorsements=write_endorsements(seed, connections, calendar),
        recommendations=write_recommendations(seed, cast, connections, calendar),
        address_book=fill_address_book(seed, cast, incoming, calendar, last + 1),
        companies_followed=companies,
        people_followed=people,
    )


def _written(seed: int, incoming: pd.DataFrame, cast: pd.DataFrame) -> pd.DataFrame:
    rng = stream(seed, "notes")
    notes = [
        fill(rng, template, cast["name"][person], cast["company"][person])
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
        fill(rng, OUTGOING_NOTES[person % len(OUTGOING_NOTES)], cast["first"][person])
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
    """Return the connections old and lasting enough to ask for an introduction, or be asked for.

    Parameters
    ----------
    story : Story
        The story.

    Returns
    -------
    DataFrame
        `key` and `name`.
    """
    known = story.connections
    lasting = known["in_first"] & known["in_second"] & ~known["closed_in_second"]
    old = known["connected_at"] < story.calendar.second - 650 * DAY
    return story.cast.loc[known.loc[lasting & old, "person"], ["key", "name"]]
