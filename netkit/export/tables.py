"""The typed tables of an export, each made from the columns of text of its files."""

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.errors import ExportError
from netkit.export.people import as_series, pairs_of
from netkit.export.source import Source

COLUMNS: dict[str, dict[str, str]] = {
    "connections": dict.fromkeys(
        ("person", "confidence", "name", "first_name", "last_name", "url"), "str"
    )
    | {"connected_on": "time", "company": "str", "position": "str", "email": "str"},
    "invitations": dict.fromkeys(("direction", "person", "confidence", "name", "url"), "str")
    | {"sent_at": "time", "message": "str"},
    "messages": dict.fromkeys(("conversation", "person", "direction"), "str")
    | {"sent_at": "time", "content": "str", "folder": "str", "draft": "bool"},
    "endorsements": {"person": "str", "direction": "str", "at": "time", "skill": "str"},
    "recommendations": {"name": "str", "direction": "str", "at": "time", "text": "str"},
    "address_book": {
        "name": "str",
        "created_at": "time",
        "emails": "str",
        "profiles": "str",
        "person": "str",
    },
    "follows": {"name": "str", "followed_on": "time"},
    "member_follows": {"name": "str", "at": "time"},
    "profile": dict.fromkeys(("first_name", "last_name", "headline", "summary", "industry"), "str"),
    "positions": {"company": "str", "title": "str", "started_on": "time", "finished_on": "time"},
}
_DTYPES = {"str": "str", "time": "datetime64[us, UTC]", "bool": "bool"}


def empty_table(table: str) -> pd.DataFrame:
    """Return a table without rows, with the columns it always has.

    Examples
    --------
    >>> empty_table("member_follows").dtypes.astype(str).tolist()
    ['str', 'datetime64[us, UTC]']
    """
    columns = COLUMNS[table].items()
    return pd.DataFrame({name: pd.Series([], dtype=_DTYPES[kind]) for name, kind in columns})


def connections(source: Source) -> pd.DataFrame:
    """Return `Connections.csv` typed."""
    people = source.people("url", "first_name", "last_name")
    keys, name = people.keys(source.cast.known), people.spread(people.names)
    source.note_people(keys, name)
    return pd.DataFrame(
        {
            "person": keys["person"],
            "confidence": keys["confidence"],
            "name": name,
            **_texts(source, "first_name", "last_name", "url"),
            "connected_on": source.dates("connected_on").dt.normalize(),
            **_texts(source, "company", "position", "email"),
        }
    )


def invitations(source: Source) -> pd.DataFrame:
    """Return `Invitations.csv` typed, from the owner's point of view."""
    inviter = source.people("inviter_url", "from_name")
    invitee = source.people("invitee_url", "to_name")
    inviters, invitees = inviter.keys(source.cast.known), invitee.keys(source.cast.known)
    direction = _direction(source, inviters["person"], invitees["person"])
    incoming = direction == "incoming"
    keys = inviters.where(incoming, invitees).where(direction.notna())
    name = inviter.spread(inviter.names).where(incoming, invitee.spread(invitee.names))
    url = inviter.spread(inviter.urls).where(incoming, invitee.spread(invitee.urls))
    keys["confidence"] = keys["confidence"].fillna("none")
    source.note_people(keys, name)
    return pd.DataFrame(
        {
            "direction": direction,
            "person": keys["person"],
            "confidence": keys["confidence"],
            "name": name,
            "url": url,
            "sent_at": source.dates("sent_at"),
            **_texts(source, "message"),
        }
    )


def _direction(source: Source, inviters: pd.Series, invitees: pd.Series) -> pd.Series:
    """Return incoming or outgoing as the file says it, else by which side is the owner."""
    said = as_series(source.text("direction")).str.strip().str.lower()
    direction = said.where(said.isin(["incoming", "outgoing"]))
    if source.cast.owner is not None:
        own = pd.Series(None, index=said.index, dtype="str")
        own = own.mask(inviters == source.cast.owner, "outgoing")
        own = own.mask(invitees == source.cast.owner, "incoming")
        direction = direction.fillna(own)
    unclear = direction.isna().to_numpy().nonzero()[0]
    if len(direction) and len(unclear) == len(direction):
        raise ExportError(
            f"{source.file.file} does not say which invitations came in and which went out",
            accepted="the column Direction, or addresses and names that tell which side is yours",
            do="use the file as it was downloaded, together with Profile.csv",
        )
    source.note(
        "direction_unclear", unclear, "rows that do not say whether they came in or went out"
    )
    return direction


def _texts(source: Source, *columns: str) -> dict[str, pd.Series]:
    return {column: as_series(source.file.pieces(column)) for column in columns}


def endorsements(source: Source) -> pd.DataFrame:
    """Return an endorsement file typed."""
    people = source.people("url", "first_name", "last_name")
    keys = people.keys(source.cast.known)
    return pd.DataFrame(
        {
            "person": keys["person"],
            "direction": source.layout.direction,
            "at": source.dates("at"),
            **_texts(source, "skill"),
        }
    )


def recommendations(source: Source) -> pd.DataFrame:
    """Return a recommendation file typed."""
    return pd.DataFrame(
        {
            "name": as_series(source.names()),
            "direction": source.layout.direction,
            "at": source.dates("at"),
            **_texts(source, "text"),
        }
    )


def address_book(source: Source) -> pd.DataFrame:
    """Return the uploaded address book typed."""
    full = source.text("full_name").cast(pa.string())
    name = pc.coalesce(full, source.names())
    keys = pairs_of(source.text("profiles"), name).keys(source.cast.known)
    return pd.DataFrame(
        {
            "name": as_series(name),
            "created_at": source.dates("created_at"),
            **_texts(source, "emails", "profiles"),
            "person": keys["person"],
        }
    )


def follows(source: Source) -> pd.DataFrame:
    """Return the organisations followed, typed."""
    return pd.DataFrame({**_texts(source, "name"), "followed_on": source.dates("followed_on")})


def member_follows(source: Source) -> pd.DataFrame:
    """Return the people followed, typed."""
    return pd.DataFrame({**_texts(source, "name"), "at": source.dates("at")})


def profile(source: Source) -> pd.DataFrame:
    """Return the owner's own profile."""
    return pd.DataFrame(
        _texts(source, "first_name", "last_name", "headline", "summary", "industry")
    )


def positions(source: Source) -> pd.DataFrame:
    """Return the owner's own positions; a month or a year alone counts from its first day."""
    return pd.DataFrame(
        {
            **_texts(source, "company", "title"),
            "started_on": source.dates("started_on", month_only=True),
            "finished_on": source.dates("finished_on", month_only=True),
        }
    )


Builder = Callable[[Source], pd.DataFrame]
