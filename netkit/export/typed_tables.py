"""The typed tables of an export, each made from the columns of text of its files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.errors import ExportError
from netkit.export.dates import read_dates
from netkit.export.delimited import Delimited
from netkit.export.known_people import KnownPeople, Pairs, as_series, full_names
from netkit.export.layout import FileLayout
from netkit.export.read_report import Notice
from netkit.people import KnownNames, folded_name, keys_of

_Mask = npt.NDArray[np.bool_]

_TIMES = ("connected_on", "sent_at", "at", "created_at", "followed_on", "started_on", "finished_on")
_KINDS = dict.fromkeys(_TIMES, "time") | {"draft": "bool"}
_COLUMNS = {
    "connections": "person confidence name first_name last_name url connected_on company position email",
    "invitations": "direction person confidence name url sent_at message",
    "messages": "conversation person direction sent_at content folder draft",
    "endorsements": "person direction at skill",
    "recommendations": "name direction at text",
    "address_book": "name created_at emails profiles person",
    "follows": "name followed_on",
    "member_follows": "name at",
    "profile": "first_name last_name headline summary industry",
    "positions": "company title started_on finished_on",
    "email_addresses": "address confirmed",
}
COLUMNS: dict[str, dict[str, str]] = {
    table: {name: _KINDS.get(name, "str") for name in names.split()} for table, names in _COLUMNS.items()
}
_DTYPES = {"str": "str", "time": "datetime64[us, UTC]", "bool": "bool"}


@dataclass
class _Source:
    """One file on its way to becoming rows of a table, and what is noticed on the way."""

    file: Delimited
    layout: FileLayout
    everybody: KnownPeople
    notices: list[Notice]

    @property
    def known(self) -> KnownNames:
        return self.everybody.names

    def column(self, name: str, kind: str) -> pd.Series:
        if kind == "str":
            return as_series(self.file.pieces(name))
        # The owner's positions begin in a month, or a year alone: that counts from its first day.
        return self.dates(name, month_only=self.layout.table == "positions")

    def people(self, url: str, name: str = "") -> Pairs:
        """Return the distinct pairs of address and name; the name may be in two columns."""
        return self.everybody.pairs(self.file, url, name)

    def dates(self, column: str, *, month_only: bool = False) -> pd.Series:
        """Return one column as times in UTC, and take note of what is no date."""
        written, text = self.layout.headers[column], self.file.text(column)
        where = f"{self.file.file}, column {written},"
        try:
            found = read_dates(text, where=where, zone=self.layout.zone, month_only=month_only)
        except ExportError as problem:
            if [column] in [list(group) for group in self.layout.required]:
                raise
            says = f"the column {written} was left empty: {problem.wrong}"
            self.notices.append(
                Notice("column_unreadable", self.file.file, len(text) - text.null_count, says)
            )
            return pd.Series(pd.NaT, index=range(len(text)), dtype=_DTYPES["time"])
        hour = f"{written} falls into the hour that"
        for kind, at, says in (
            ("not_a_date", found.unread, f"text that is no date in {written} was read as missing"),
            ("hour_twice", found.twice, f"{hour} an autumn clock shows twice; read as the earlier"),
            ("hour_never", found.never, f"{hour} a spring clock skips; read as the end of it"),
        ):
            self.note(kind, at, says)
        # The platform itself writes a time without a zone into `Member_Follows.csv`.
        own = self.layout.table == "member_follows"
        if found.resaved and not own and not any(notice.kind == "resaved" for notice in self.notices):
            self.notices.append(Notice.resaved(self.file.file))
        return found.values

    def note_lacking(self) -> None:
        """Take note of columns whose absence loses something."""
        for column, lost in self.layout.without.items():
            if not self.file.has(column):
                says = f"the column {self.layout.headers[column]} is missing: {lost}"
                self.notices.append(Notice("column_missing", self.file.file, 1, says))

    def note(self, kind: str, positions: Iterable[int], says: str) -> None:
        """Take note of oddities at some rows, unless there are none."""
        at = [int(position) for position in positions]
        if at:
            lines = self.file.lines(at[:5])
            self.notices.append(Notice.at(lines, kind, self.file.file, len(at), says))

    def note_people(self, keys: pd.DataFrame, names: pd.Series) -> None:
        """Count rows that name nobody, and rows whose name several people bear."""
        nobody = keys["person"].isna().to_numpy()
        at = nobody.nonzero()[0]
        named = np.array([folded_name(name) is not None for name in names.iloc[at]], bool)
        says = "rows that name nobody (closed accounts) stay apart"
        self.note("names_nobody", at[~named], says)
        says = "rows without an address whose name several people bear stay apart"
        self.note("name_shared", at[named], says)
        low = int((keys["confidence"] == "low").sum())
        if low:
            says = "rows without an address were matched by full name, which is less sure"
            self.notices.append(Notice("name_only", self.file.file, low, says))


def empty_table(table: str) -> pd.DataFrame:
    """Return a table without rows, with the columns it always has.

    >>> empty_table("member_follows").dtypes.astype(str).tolist()
    ['str', 'datetime64[us, UTC]']
    """
    columns = COLUMNS[table].items()
    return pd.DataFrame({name: pd.Series([], dtype=_DTYPES[kind]) for name, kind in columns})


def typed_table(
    file: Delimited, layout: FileLayout, people: KnownPeople
) -> tuple[pd.DataFrame, list[Notice]]:
    """Return one file's rows as its table has them, and what was odd in the file."""
    source = _Source(file, layout, people, list(file.notices))
    source.note_lacking()
    made = _MADE[layout.table](source) if layout.table in _MADE else {}
    frame = {
        name: made[name] if name in made else source.column(name, kind)
        for name, kind in COLUMNS[layout.table].items()
    }
    return pd.DataFrame(frame), source.notices


def _connections(source: _Source) -> dict[str, Any]:
    people = source.people("url")
    keys, name = people.keys(source.known), people.spread(people.names)
    source.note_people(keys, name)
    return {**keys, "name": name, "connected_on": source.dates("connected_on").dt.normalize()}


def _invitations(source: _Source) -> dict[str, Any]:
    """Take the owner's point of view: the person of a row is the other side."""
    inviter = source.people("inviter_url", "from_name")
    invitee = source.people("invitee_url", "to_name")
    inviters, invitees = inviter.keys(source.known), invitee.keys(source.known)
    direction = _direction(source, inviters["person"], invitees["person"])
    incoming = direction == "incoming"
    keys = inviters.where(incoming, invitees).where(direction.notna())
    name = inviter.spread(inviter.names).where(incoming, invitee.spread(invitee.names))
    url = inviter.spread(inviter.urls).where(incoming, invitee.spread(invitee.urls))
    keys["confidence"] = keys["confidence"].fillna("none")
    source.note_people(keys, name)
    return {**keys, "direction": direction, "name": name, "url": url}


def _direction(source: _Source, inviters: pd.Series, invitees: pd.Series) -> pd.Series:
    """Return incoming or outgoing as the file says it, else by which side is the owner."""
    said = as_series(source.file.text("direction")).str.strip().str.lower()
    direction = said.where(said.isin(["incoming", "outgoing"]))
    if source.everybody.owner is not None:
        own = pd.Series(None, index=said.index, dtype="str")
        own = own.mask(inviters == source.everybody.owner, "outgoing")
        own = own.mask(invitees == source.everybody.owner, "incoming")
        direction = direction.fillna(own)
    unclear = direction.isna().to_numpy().nonzero()[0]
    if len(direction) and len(unclear) == len(direction):
        raise ExportError(
            f"{source.file.file} does not say which invitations came in and which went out",
            "Use the file as you downloaded it, together with Profile.csv",
        )
    says = "rows that do not say whether they came in or went out"
    source.note("direction_unclear", unclear, says)
    return direction


def _messages(source: _Source) -> dict[str, Any]:
    """Make out the other side of each message; a million rows stay columns from the file to the frame."""
    sender = source.people("sender_url", "from_name")
    senders, _ = keys_of(sender.urls, sender.names, source.known)
    outgoing = _outgoing(source, sender, senders)
    nobody = np.array([key is None for key in senders], bool)[sender.codes] & ~outgoing
    says = "messages of no named person (closed accounts, pages of organisations, sponsors) stay apart"
    source.note("names_nobody", np.flatnonzero(nobody), says)
    return {
        "person": _other_side(source, sender, senders, outgoing),
        "direction": _named(outgoing.astype(np.int64), ["incoming", "outgoing"]),
        "draft": _says_yes(source.file.text("draft")) | _says_yes(source.file.text("conversation_draft")),
    }


def _named(codes: npt.NDArray[np.int64], names: list[str | None]) -> pd.Series:
    return as_series(pa.array(names, pa.large_string()).take(pa.array(codes)))


def _outgoing(source: _Source, sender: Pairs, senders: list[str | None]) -> _Mask:
    """Tell which messages the owner sent: the file says so (until 2020), or the sender is the owner."""
    owner = source.everybody.owner
    own = np.array([key is not None and key == owner for key in senders], bool)[sender.codes]
    if not source.file.has("direction"):
        if owner is None and len(own):
            says = "nothing tells which person you are, so all messages count as incoming"
            source.notices.append(Notice("owner_unknown", source.file.file, len(own), says))
        return own
    said = pc.utf8_upper(pc.utf8_trim_whitespace(source.file.text("direction").cast(pa.string())))
    is_out = pc.fill_null(pc.equal(said, "OUTGOING"), False).to_numpy(zero_copy_only=False)
    is_in = pc.fill_null(pc.equal(said, "INCOMING"), False).to_numpy(zero_copy_only=False)
    return np.asarray(is_out | (own & ~is_in), bool)


def _other_side(source: _Source, sender: Pairs, senders: list[str | None], outgoing: _Mask) -> pd.Series:
    """Return the sender of what came in, and of what went out the recipient, if there is one alone."""
    to = source.people("recipient_urls", "to_name")
    alone = [_recipient(source, url, name) for url, name in zip(to.urls, to.names, strict=True)]
    recipients, _ = keys_of([url for url, _ in alone], [name for _, name in alone], source.known)
    codes = np.where(outgoing, to.codes + len(senders), sender.codes)
    return _named(codes, senders + recipients)


def _recipient(source: _Source, url: str | None, name: str | None) -> tuple[str | None, str | None]:
    """Return address and name of a single recipient; several are joined by commas, which names hold, too."""
    if url is not None:
        return (None, None) if "," in url else (url, name)
    several = name is not None and "," in name and folded_name(name) not in source.known
    return None, None if several else name


def _says_yes(values: pa.Array) -> _Mask:
    """Tell which cells say yes; they name the same few words over and over."""
    if pa.types.is_null(values.type):
        return np.zeros(len(values), bool)
    words = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
    yes = pc.is_in(pc.utf8_lower(words.dictionary), pa.array(["yes", "true", "1"]))
    found = pc.fill_null(yes.take(words.indices), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def _endorsements(source: _Source) -> dict[str, Any]:
    keys = source.people("url").keys(source.known)
    return {"person": keys["person"], "direction": source.layout.direction}


def _recommendations(source: _Source) -> dict[str, Any]:
    return {"name": as_series(full_names(source.file)), "direction": source.layout.direction}


def _address_book(source: _Source) -> dict[str, Any]:
    name = full_names(source.file)
    keys = Pairs.of(source.file.text("profiles"), name).keys(source.known)
    return {"name": as_series(name), "person": keys["person"]}


# What is more than a column of the file; all other columns are read as `COLUMNS` says.
_MADE: dict[str, Callable[[_Source], dict[str, Any]]] = {
    "connections": _connections,
    "invitations": _invitations,
    "messages": _messages,
    "endorsements": _endorsements,
    "recommendations": _recommendations,
    "address_book": _address_book,
}
