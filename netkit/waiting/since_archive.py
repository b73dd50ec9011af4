"""What an archive changed: who waits since, who is connected, and who is gone without being connected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from netkit.history.labels import WAITS, label_invitations
from netkit.introductions import connections_with
from netkit.ledger import ImportResult, Ledger
from netkit.wording import counted, day_words, first_few, join_or, shown

if TYPE_CHECKING:
    from netkit.export import Export

CLICKED = "Did you accept on the platform, too? If you will not: netkit decide NAME undo"
_FEW = 4  # names; of more the rest is a number


@dataclass(frozen=True)
class Change:
    """What an archive changed about those who ask, by their names.

    Attributes
    ----------
    since : date or None
        The day of the newest archive before it; None where there was none: then there is no change.
    waiting : tuple of str
        Who waits that the ledger did not know.
    connected : tuple of str
        Who waited and is connected by now.
    refused : tuple of str
        Who waited and is gone without being connected: that counts as a refusal.
    untold : tuple of str
        Who is gone like that but was asked, deferred or withdrew it: that counts as nothing.
    confirmed, not_there : tuple of str
        Whom you recorded as accepted meanwhile and who is connected, or is not.
    kept : tuple of str
        Whose invitation you had kept from the screen and is in the archive, also where it is the first.
    """

    since: date | None = None
    waiting: tuple[str, ...] = ()
    connected: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    not_there: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """What changed and what netkit takes it for; nothing where nothing did."""
        held = _named(self.kept, "invitation that you had kept", "invitations that you had kept")
        joined = [f"This archive has {held}."] if held else []
        if not self.since:
            return joined
        came = [
            _named(self.waiting, "new invitation waits", "new invitations wait"),
            _named(self.connected, "person who waited is connected", "people who waited are connected"),
            _named(self.confirmed, "person you accepted is connected", "people you accepted are connected"),
        ]
        told = join_or([each for each in came if each], "and")
        said = [f"Since your archive of {day_words(self.since)}: {told}."] if told else []
        said += joined
        gone = [
            (self.refused, "a refusal, though not a sure one"),
            (self.untold, "no answer: you had asked or deferred, or it was withdrawn"),
        ]
        for names, taken_for in gone:
            if names:
                who = _named(names, "person no longer waits", "people no longer wait")
                are = "is" if len(names) == 1 else "are"
                said.append(f"{who} and {are} not connected. netkit takes that for {taken_for}.")
        if self.not_there:
            unseen = _named(self.not_there, "person", "people")
            said.append(f"You recorded accept for {unseen}, and your archive shows no connection. {CLICKED}")
        return said

    def as_dict(self) -> dict[str, Any]:
        """Return the names as plain values, ready for JSON."""
        return asdict(self)


def import_and_compare(ledger: Ledger, export: Export) -> tuple[ImportResult, Change]:
    """Take an archive in, and tell what it changed since the newest one before.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    export : Export
        What `read_export` returned.

    Returns
    -------
    tuple of ImportResult and Change
        What was new to the ledger, and what changed about those who ask.
    """
    since = ledger.exports.imports()["taken_on"].max()
    before = label_invitations(ledger).table
    known = ledger.invitations.joined()
    took = ledger.import_export(export)
    joined = ledger.invitations.joined().items()
    kept = tuple(shown(name) for request, name in joined if request not in known)
    if pd.isna(since) or took.already:
        return took, Change(kept=kept)
    table = label_invitations(ledger).table
    was = table["request"].map(before.set_index("request")["state"])
    state, opened = table["state"], was.isin(WAITS)

    def names(rows: pd.Series) -> tuple[str, ...]:
        return tuple(map(shown, table.loc[rows, "name"]))

    # Only an archive that holds connections tells of what you recorded as accepted.
    rows = table.to_dict(orient="records") if len(export.tables["connections"]) else []
    mine = [row for row in rows if is_on_your_word(row, export.taken_on, since.date())]
    both = [(shown(row["name"]), bool(connections_with(ledger, row["person"]))) for row in mine]
    gone, counts = opened & state.eq("gone"), table["strength"].ne("none")
    return took, Change(
        since.date(),
        names(state.isin(WAITS) & was.isna()),
        names(opened & state.eq("accepted")),
        names(gone & counts),
        names(gone & ~counts),
        tuple(name for name, there in both if there),
        tuple(name for name, there in both if not there),
        kept,
    )


def is_on_your_word(row: Mapping[Any, Any], newest: date, since: date) -> bool:
    """Tell whether you recorded an acceptance between two archives, so that the newer one would show it."""
    if row["state"] != "decided" or row["action"] != "accept" or row["source"] == "record":
        return False
    return bool(since <= row["decided_at"].date() < newest)


def _named(names: Sequence[str], one: str, many: str) -> str:
    """Return how many people something is true of, and who: the first few of them."""
    return f"{counted(len(names), one, many)} ({first_few(names, _FEW)})" if names else ""
