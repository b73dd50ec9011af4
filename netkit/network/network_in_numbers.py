"""Your network in numbers: what came when, what became of it, the load of introductions, who opens doors."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from netkit.display import show
from netkit.evaluation import wilson
from netkit.history import History, IntroductionHistory, read_history, read_introductions
from netkit.history.same_people import SamePeople
from netkit.introductions import contact_load, introducers
from netkit.ledger import Ledger
from netkit.network.saved_you import Saved
from netkit.policy import policy_in_office
from netkit.wording import counted, day_words

_NOTES = {"none": "no note", "default": "the platform's own sentence", "personal": "another note"}


@dataclass(frozen=True)
class NetworkInNumbers:
    """Your network as the ledger knows it; every table is empty where nothing is known."""

    as_of: date | None  # the day of the newest export
    counted_to: date  # the day up to which `load` counts
    connections: int
    unnamed: int  # how many of them the archive gives no name
    exchanged: int  # with how many of them you exchanged messages both ways
    months: pd.DataFrame = field(repr=False)  # invitations `received`, `sent` of each `month`, none included
    # `group` (with which note), `n`, `accepted`, `refused`, `waiting`; of strong labels the share accepted.
    by_note: pd.DataFrame = field(repr=False)
    became: pd.DataFrame = field(repr=False)  # what became of the invitations you received
    # How many were `asked` for and `made`, `useful` to every side that you noted, and to either.
    introductions: dict[str, int]
    load: pd.DataFrame = field(repr=False)  # see `netkit.introductions.contact_load`
    doors: pd.DataFrame = field(repr=False)  # who opens doors, the most useful first
    introducers: pd.DataFrame = field(repr=False)  # see `netkit.introductions.introducers`
    saved: Saved = field(repr=False)

    @classmethod
    def of(cls, ledger: Ledger, on: date) -> "NetworkInNumbers":
        """Read the numbers of a ledger; contacts' load is counted up to a day."""
        policy = policy_in_office(ledger.home)
        history = read_history(ledger, policy.vocabularies["invitation"])
        past = read_introductions(ledger)
        load, linked = contact_load(ledger, on), _connected(ledger)
        return cls(
            as_of=history.as_of,
            counted_to=on,
            connections=len(linked),
            unnamed=int(linked.isna().sum()),
            exchanged=_exchanged(ledger, linked),
            months=_months(ledger.invitations.to_frame()),
            by_note=_by_note(history),
            became=history.counts[history.counts["n"] > 0].reset_index(drop=True),
            introductions={
                "asked": len(past.table),
                "made": int(past.table["introduced_at"].notna().sum()),
                "useful": int(past.table["label"].eq(1.0).sum()),
                **{f"useful_to_{side}": _useful_to(side, past) for side in ("requester", "contact")},
            },
            load=load,
            doors=_doors(load, past, ledger),
            introducers=introducers(ledger),
            saved=Saved.of(ledger.decisions.to_frame("invitation"), history, policy),
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What stands out, in words."""
        received, sent = (int(self.months[way].sum()) for way in ("received", "sent"))
        noted = int(self.by_note.loc[self.by_note["group"] == _NOTES["personal"], "n"].sum())
        known = self.introductions
        unnamed = f", {self.unnamed:,} of them without a name" if self.unnamed else ""
        return (
            f"{counted(self.connections, 'connection')} in your newest archive, rows alike counted once"
            f"{unnamed}; with {self.exchanged:,} you wrote both ways.",
            f"{counted(received, 'invitation')} received and {sent:,} sent; {noted:,} of those received came"
            " with a note of more than the platform's own sentence.",
            f"{counted(known['asked'], 'introduction')} asked of you; you made {known['made']:,}."
            f" As you noted, {known['useful_to_requester']:,} helped the requester,"
            f" {known['useful_to_contact']:,} the contact,"
            f" and {known['useful']:,} every side that you noted.",
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all numbers ready for JSON."""
        names = ("months", "by_note", "became", "load", "doors", "introducers")
        tables = {name: getattr(self, name) for name in names}
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "counted_to": self.counted_to.isoformat(),
            "connections": self.connections,
            "unnamed_connections": self.unnamed,
            "exchanged_messages": self.exchanged,
            "introductions": self.introductions,
            "saved": self.saved.as_dict(),
            **{name: table.to_dict(orient="records") for name, table in tables.items()},
        }

    def _repr_html_(self) -> str:
        return show(f"Your network as of {day_words(self.as_of)}", self.sentences, self.by_note)


def _connected(ledger: Ledger) -> pd.Series:
    """Return the person keys of those whom the newest export with connections names."""
    rows = ledger.exports.connections()
    rows = rows[rows["last_seen"] == rows["last_seen"].max()]
    return SamePeople.of(ledger).rows(rows)


def _exchanged(ledger: Ledger, linked: pd.Series) -> int:
    talked = ledger.exports.correspondence()
    both = talked.loc[(talked["incoming"] > 0) & (talked["outgoing"] > 0), "person"]
    return int(linked.dropna().isin(SamePeople.of(ledger).keys(both)).sum())


def _months(sent: pd.DataFrame) -> pd.DataFrame:
    months = sent["sent_at"].dt.strftime("%Y-%m")
    if months.empty:
        return pd.DataFrame({"month": [], "received": [], "sent": []})
    whole = pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m")
    incoming = sent["direction"] == "incoming"
    ways = {"received": months[incoming], "sent": months[~incoming]}
    counts = {way: seen.value_counts().reindex(whole, fill_value=0).to_numpy() for way, seen in ways.items()}
    return pd.DataFrame({"month": whole, **counts})


def _by_note(history: History) -> pd.DataFrame:
    # A note that the reader of notes could not place is no platform's own sentence that it knows.
    read = history.facts["note_kind"].set_axis(history.table.index)
    rows = history.table.assign(kind=read.mask(read.isna() & history.table["note"].notna(), "personal"))
    strong = rows["strength"] == "strong"
    found = []
    for kind, words in _NOTES.items():
        mine = rows["kind"] == kind
        accepted, refused = (int((mine & strong & (rows["label"] == label)).sum()) for label in (1.0, 0.0))
        share = wilson(accepted, accepted + refused)
        found.append(
            {
                "group": words,
                "n": int(mine.sum()),
                "accepted": accepted,
                "refused": refused,
                "waiting": int((mine & rows["state"].isin(["open", "aged"])).sum()),
                "rate": share.value,
                "low": share.low,
                "high": share.high,
            }
        )
    return pd.DataFrame(found)


def _useful_to(side: str, past: IntroductionHistory) -> int:
    """Return how many introductions that were made helped one side."""
    return int((past.table["made"] & past.table[f"outcome_{side}"].eq("useful")).sum())


def _doors(load: pd.DataFrame, past: IntroductionHistory, ledger: Ledger) -> pd.DataFrame:
    """Return the contacts who agreed to an introduction, how many were made and helped every side."""
    useful = past.table.loc[past.table["label"].eq(1.0), "contact"]
    counts = SamePeople.of(ledger).keys(useful).fillna(useful).value_counts()
    doors = load.assign(useful=load["contact"].map(counts).fillna(0).astype("int64"))
    doors = doors[(doors["agreed"] > 0) | (doors["made"] > 0)]
    order = ["useful", "made", "agreed"]
    doors = doors.sort_values([*order, "contact_name"], ascending=[False] * 3 + [True], ignore_index=True)
    return doors[["contact_name", "agreed", "made", "useful"]]
