"""How well you know somebody, as far as the exports and the ledger tell: evidence, never a fact by itself."""

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from netkit.history.same_people import SamePeople, same_people
from netkit.ledger import Ledger
from netkit.people import folded_name


@dataclass(frozen=True)
class Acquaintance:
    """What is on record between you and one person.

    Attributes
    ----------
    person, name : str
        Who.
    connected_on : date or None
        Since when you are connected.
    heard, wrote : int
        Messages from and to this person.
    last_heard, last_wrote : date or None
        The last of either.
    endorsed_you, you_endorsed, recommended_you, you_recommended : int
        How often.
    told : tuple of str
        The tables that any export held: what none held is unknown, not none.
    """

    person: str
    name: str
    connected_on: date | None = None
    heard: int = 0
    wrote: int = 0
    last_heard: date | None = None
    last_wrote: date | None = None
    endorsed_you: int = 0
    you_endorsed: int = 0
    recommended_you: int = 0
    you_recommended: int = 0
    told: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The record in words."""
        parts = ["no export says whether you are connected"]
        if self.connected_on:
            parts = [f"connected since {self.connected_on}"]
        elif "connections" in self.told:
            parts = ["not connected with you"]
        if self.heard + self.wrote:
            last = f", last heard {self.last_heard}" if self.last_heard else ""
            parts.append(f"messages: {self.heard} received, {self.wrote} sent{last}")
        elif "messages" in self.told:
            parts.append("no message on record")
        for count, words in (
            (self.endorsed_you, "endorsed you"),
            (self.you_endorsed, "endorsed by you"),
            (self.recommended_you, "recommended you"),
            (self.you_recommended, "recommended by you"),
        ):
            parts += [words] if count else []
        return "; ".join(parts) + "."


def acquaintance(ledger: Ledger, person: str, name: str, on: date) -> Acquaintance:
    """Return what is on record between you and one person up to a day.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    person, name : str
        Person key and name.
    on : date
        The day.

    Returns
    -------
    Acquaintance
        The record.
    """
    same = same_people(ledger)
    key = same.keys(pd.Series([person], dtype="str")).fillna(person).iloc[0]
    told = {table for present in ledger.exports.imports()["present"] for table in present}
    found = Acquaintance(key, name, told=tuple(sorted(told)))
    found = _connected(ledger, same, found, on)
    found = _messages(ledger, same, found, on)
    given = _of(ledger.exports.endorsements(), same, key, on)
    praise = ledger.exports.recommendations()
    praise = praise[praise["name"].map(folded_name) == folded_name(name)]
    praise = praise[~(praise["at"] >= _end(on))]
    return replace(
        found,
        endorsed_you=int((given["direction"] == "received").sum()),
        you_endorsed=int((given["direction"] == "given").sum()),
        recommended_you=int((praise["direction"] == "received").sum()),
        you_recommended=int((praise["direction"] == "given").sum()),
    )


def _end(on: date) -> pd.Timestamp:
    return pd.Timestamp(on, tz="UTC") + pd.Timedelta(days=1)


def _connected(ledger: Ledger, same: SamePeople, found: Acquaintance, on: date) -> Acquaintance:
    rows = ledger.exports.connections()
    rows = rows[(same.rows(rows) == found.person) & (rows["last_seen"] == rows["last_seen"].max())]
    if rows.empty or rows["connected_on"].iloc[0] >= _end(on):
        return found
    day = rows["connected_on"].iloc[0]
    return replace(found, connected_on=None if pd.isna(day) else day.date())


def _messages(ledger: Ledger, same: SamePeople, found: Acquaintance, on: date) -> Acquaintance:
    rows = ledger.exports.messages()
    rows = rows[(same.keys(rows["person"]) == found.person) & (rows["sent_at"] < _end(on))]
    heard = rows.loc[rows["direction"] == "incoming", "sent_at"]
    wrote = rows.loc[rows["direction"] == "outgoing", "sent_at"]
    return replace(
        found,
        heard=len(heard),
        wrote=len(wrote),
        last_heard=None if heard.empty else heard.max().date(),
        last_wrote=None if wrote.empty else wrote.max().date(),
    )


def _of(rows: pd.DataFrame, same: SamePeople, key: str, on: date) -> pd.DataFrame:
    return rows[(same.keys(rows["person"]) == key) & ~(rows["at"] >= _end(on))]
