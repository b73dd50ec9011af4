"""Your network: how people are linked, and the tidy review, which proposes and remembers (PN8, KP10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.errors import LedgerError
from netkit.history.found_by_name import find_person
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.ledger.database import check_word
from netkit.plain_yaml import read_yaml
from netkit.row_counts import look_up
from netkit.wording import counted, day_words

__all__ = ["Degree", "Review", "degree", "link", "review", "review_verdict"]

_DEGREES = ("first", "second", "third", "none")
_HEARD = ["last_heard", "last_wrote", "heard", "wrote"]
_COLUMNS = ["list", "person", "name", "url", "connected_on", *_HEARD, "close_because", "reason"]
_DAY = timedelta(days=1)
REVIEW_WORDS = read_yaml(Path(__file__).parent / "tidying.yaml")


@dataclass(frozen=True)
class Degree:
    """How two people are linked.

    Attributes
    ----------
    possible : tuple of str
        The degrees that the data leaves open, of `first`, `second`, `third` and `none`; one where it is
        known.
    reason : str
        Why, and what would tell.
    """

    possible: tuple[str, ...]
    reason: str

    @property
    def known(self) -> str | None:
        """The degree, where only one is left."""
        return self.possible[0] if len(self.possible) == 1 else None


def degree(ledger: Ledger, person: str) -> Degree:
    """Return how somebody is linked with you, as of the newest export.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    person : str
        A person key.

    Returns
    -------
    Degree
        First is known; second, third and none look alike in an export, which lists nobody's
        connections but yours.
    """
    lists = ledger.exports.holding("connections")
    if not lists:
        return Degree(_DEGREES, "No export with your connections was read, so nothing is known.")
    same, newest = SamePeople.of(ledger), max(row["taken_on"] for row in lists)
    key, day = same.key(person) or person, newest.date()
    theirs = (row for row in ledger.exports.connection_rows() if same.key(row["person"], row["name"]) == key)
    seen = max((row["last_seen"] for row in theirs), default=None)
    if seen == newest:
        return Degree(("first",), f"Connected with you in the export of {day_words(day)}.")
    if seen is None:
        what = f"Not among your connections of {day_words(day)}"
    else:
        what = (
            f"Was connected with you until the export of {day_words(seen)}, not in that of {day_words(day)}"
        )
    reason = f"{what}; whom you have in common only the platform knows."
    return Degree(_DEGREES[1:], reason)


def link(ledger: Ledger, requester: str, contact: str) -> Degree:
    """Return how two people are linked with each other.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    requester, contact : str
        Person keys.

    Returns
    -------
    Degree
        At most second where both are your connections, for you are the contact they have in common.
    """
    if all(degree(ledger, person).known == "first" for person in (requester, contact)):
        return Degree(
            ("first", "second"),
            "Both are your connections, so they are linked through you, unless they are connected already."
            " Ask the requester, or look at the contact's profile.",
        )
    return Degree(
        _DEGREES, "An export lists nobody's connections but yours: ask the requester, or look at the profile."
    )


@dataclass(frozen=True)
class Review:
    """Connections to look at again.

    Attributes
    ----------
    table : DataFrame
        One row per person: `list` (long_silent, close_contact_silent), `person`, `name`, `url`,
        `connected_on`, `last_heard`, `last_wrote`, `heard`, `wrote` (messages), `close_because`,
        `reason`; the longest silent first.
    connections : int
        How many were looked at.
    settled : int
        How many are left out because you decided to keep them.
    as_of : date or None
        The day of the newest export; ages are counted to it.
    unknown : tuple of str
        What the exports cannot tell, in sentences.
    """

    table: pd.DataFrame
    connections: int
    settled: int
    as_of: date | None
    unknown: tuple[str, ...]

    def part(self, name: str) -> pd.DataFrame:
        """Return the rows of one list.

        Parameters
        ----------
        name : str
            `long_silent` or `close_contact_silent`.

        Returns
        -------
        DataFrame
            In the order of the table.
        """
        return self.table[self.table["list"] == name].reset_index(drop=True)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        people = self.table.astype("object").where(self.table.notna(), None)
        people = people.map(lambda cell: f"{cell:%Y-%m-%d}" if isinstance(cell, pd.Timestamp) else cell)
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "connections": self.connections,
            "settled": self.settled,
            "unknown": list(self.unknown),
            "people": people.to_dict(orient="records"),
        }


def review(ledger: Ledger) -> Review:
    """Return who to look at again: acquaintances long silent, and close contacts who fell silent.

    Whoever wrote, endorsed or recommended you, asked you for an introduction or answered about one has
    been heard from. Without an export that held messages nobody is called silent.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    Review
        Lists with reasons. Nobody is removed, here or anywhere.
    """
    with ledger.snapshot():
        told = {table for present in ledger.exports.imports()["present"] for table in present}
        people = _people_heard(ledger)
        as_of = ledger.as_of
    unknown = [
        f"No export held your {table}: {lost}."
        for table, lost in (
            ("connections", "there is nobody to look at"),
            ("messages", "nobody can be called silent"),
        )
        if table not in told
    ]
    undated = int(people["connected_on"].isna().sum())
    if undated:
        unknown.append(
            f"Without a date, so that nobody can say how long ago you met: {counted(undated, 'connection')}."
        )
    if as_of is None or "messages" not in told:
        return Review(pd.DataFrame(columns=_COLUMNS), len(people), 0, as_of, tuple(unknown))
    silent = _listed(people, pd.Timestamp(as_of, tz="UTC"))
    kept = silent["verdict"].isin(("keep", "removed")) | (
        (silent["verdict"] == "close_contact") & (silent["list"] == "long_silent")
    )
    table = silent.loc[~kept, _COLUMNS].reset_index(drop=True)
    return Review(table, len(people), int(kept.sum()), as_of, tuple(unknown))


def _listed(people: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    number = {name: words["value"] for name, words in REVIEW_WORDS.items() if "value" in words}
    old = people["connected_on"] < today - number["long_ago_days"] * _DAY
    greeted = people["connected_on"] + number["greeting_days"] * _DAY
    since, least = people["last_heard"].dt.floor("D") > greeted, number["close_contact_messages"]
    close = (people["verdict"] == "close_contact") | people["praised"]
    close |= (people["heard"] >= least) & (people["wrote"] >= least)
    quiet = ~(people["last_heard"] >= today - number["silent_days"] * _DAY)
    named = pd.Series("", index=people.index, dtype="str")
    named = named.mask(old & ~since, "long_silent").mask(close & quiet, "close_contact_silent")
    found = people.assign(list=named)[named != ""]
    found = found.assign(close_because=[_close_because(row) for row in found.to_dict(orient="records")])
    found = found.assign(reason=[_reason(row, today) for row in found.to_dict(orient="records")])
    # Close contacts first: there are few of them, and something can be done.
    return found.sort_values(["list", "connected_on"], kind="stable", ignore_index=True)


def _reason(row: dict[Any, Any], today: pd.Timestamp) -> str:
    ago = {
        column: "" if pd.isna(row[column]) else _ago(row[column], today)
        for column in ("connected_on", "last_heard", "last_wrote")
    }
    heard = f"last heard {ago['last_heard']}" if ago["last_heard"] else "never heard from"
    if ago["last_wrote"]:
        heard += f"; you wrote {ago['last_wrote']}"
    if row["list"] == "long_silent":
        return f"Connected {ago['connected_on'] or 'at an unknown time'}, {heard}."
    return f"Close contact ({row['close_because']}), {heard}."


def _close_because(row: dict[Any, Any]) -> str:
    """Return why somebody is a close contact; nothing for who is listed as long silent."""
    if row["list"] == "long_silent":
        return ""
    if row["verdict"] == "close_contact":
        return "you said so"
    if row["praised"]:
        return "a recommendation"
    return f"they wrote {row['heard']} times, you {row['wrote']}"


def _ago(then: pd.Timestamp, today: pd.Timestamp) -> str:
    days = (today - then).days
    if days >= 730:
        return f"{days // 365} years ago"
    return f"{days // 30} months ago" if days >= 60 else f"{counted(days, 'day')} ago"


def review_verdict(
    ledger: Ledger, person: str, verdict: str, *, on: date, because: str = "", source: str = "python"
) -> str:
    """Remember what you decided about a connection; nothing happens on the platform.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    person : str
        A connection: profile address, person key, or full name.
    verdict : str
        `keep`, `close_contact`, `removed` (by you, on the platform), or `look_again`.
    on : date
        The day.
    because : str
        Why.
    source : str
        Who says so.

    Returns
    -------
    str
        The person's name.

    Raises
    ------
    LedgerError
        No connection, or several, are called so; or there is no such verdict.
    """
    check_word("verdict", verdict, tuple(REVIEW_WORDS["verdicts"]))
    people = _people_heard(ledger)
    key, _ = find_person(ledger, person)
    found = people[people["person"] == key]
    if found.empty:
        near = get_close_matches(person, people["name"].dropna().tolist())
        raise LedgerError(
            f"You have no connection called {person!r}",
            (
                f"Did you mean {', '.join(near)}?"
                if near
                else "Give the full name, the profile or the key of a connection"
            ),
        )
    ledger.reviews.add(key, verdict, at=on, source=source, because=because or None)
    return str(found["name"].iloc[0])


def _people_heard(ledger: Ledger) -> pd.DataFrame:
    """Return the connections of the newest list with what was heard of them and your verdict."""
    same, rows = SamePeople.of(ledger), ledger.exports.connections()
    rows = rows[rows["last_seen"] == rows["last_seen"].max()]
    rows = rows.assign(person=same.rows(rows)).dropna(subset=["person"]).drop_duplicates("person")
    talked = ledger.exports.messages()
    talked = talked.assign(person=same.keys(talked["person"]))
    came = talked[talked["direction"] == "incoming"].groupby("person")["sent_at"]
    went = talked[talked["direction"] == "outgoing"].groupby("person")["sent_at"]
    praised = set(_praise(ledger, same)["person"].dropna())
    reviewed = ledger.reviews.to_frame().drop_duplicates("person", keep="last")
    verdicts = reviewed.set_index("person")["verdict"].replace(dict(REVIEW_WORDS["formerly"]))
    heard = pd.concat([came.max(), _other_signs(ledger, same)]).groupby(level=0).max()
    key = rows["person"]
    table: pd.DataFrame = rows.assign(
        last_heard=look_up(key, heard),
        last_wrote=look_up(key, went.max()),
        heard=look_up(key, came.size()).fillna(0).astype("Int64"),
        wrote=look_up(key, went.size()).fillna(0).astype("Int64"),
        praised=key.isin(praised),
        verdict=look_up(key, verdicts).fillna("").astype("str"),
    ).reset_index(drop=True)
    return table


def _praise(ledger: Ledger, same: SamePeople) -> pd.DataFrame:
    """Return the recommendations, which name people and nothing more, with the one person each means."""
    rows = ledger.exports.recommendations()
    nobody = pd.Series(None, index=rows.index, dtype="str")
    return rows.assign(person=same.rows(rows.assign(person=nobody)))


def _other_signs(ledger: Ledger, same: SamePeople) -> pd.Series:
    """Return when each person last gave a sign of life other than a message."""
    asked, columns = ledger.introductions.to_frame(), ["person", "direction", "at"]
    praise = pd.concat([ledger.exports.endorsements()[columns], _praise(ledger, same)[columns]])
    praise = praise[praise["direction"] == "received"]
    events = ledger.introductions.events()
    answers = events[events["step"].isin(["permission_given", "permission_refused"])]
    contact = asked.set_index("request")["contact"]
    contacts = look_up(answers["introduction"], contact)
    people = pd.concat([praise["person"], asked["requester"], contacts], ignore_index=True)
    at = pd.concat([praise["at"], asked["asked_at"], answers["at"]], ignore_index=True)
    return at.groupby(same.keys(people)).max()
