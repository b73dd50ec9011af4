"""Who endorsed and recommended whom, the uploaded address book, and whom the owner follows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from netkit.fictional.cast import OWNER, SKILLS, draw_company
from netkit.fictional.invitations import DAY, Calendar
from netkit.fictional.mailbox import fill
from netkit.fictional.process import stream
from netkit.plain_yaml import read_yaml

_TEXTS: list[str] = read_yaml(Path(__file__).parent / "letters.yaml")["recommendations"]


def write_endorsements(seed: int, connections: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return who endorsed whom for what; always after the connection was made.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    connections : DataFrame
        The connections.
    calendar : Calendar
        When the exports are taken.

    Returns
    -------
    DataFrame, one row per endorsement, oldest first
        `person`, `given` (by the owner; else received), `at`, `skill`.
    """
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


def write_recommendations(
    seed: int, cast: pd.DataFrame, connections: pd.DataFrame, calendar: Calendar
) -> pd.DataFrame:
    """Return the recommendations of and by old contacts.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    cast, connections : DataFrame
        Everybody, and the connections.
    calendar : Calendar
        When the exports are taken.

    Returns
    -------
    DataFrame, one row per recommendation, oldest first
        `person`, `given`, `at`, `text`.
    """
    rng = stream(seed, "recommendations")
    old = connections[~connections["closed_in_second"]].head(400).sample(9, random_state=rng)
    at = [calendar.second - DAY * float(rng.uniform(40, 1300)) for _ in range(9)]
    given = [number % 3 == 0 for number in range(9)]
    subjects = [
        cast["first"][person] if by_owner else OWNER["first"]
        for person, by_owner in zip(old["person"], given, strict=True)
    ]
    rows = {
        "person": old["person"].to_numpy(),
        "given": given,
        "at": [moment.floor("s") for moment in at],
        "text": [fill(rng, _TEXTS[i % 2], subject) for i, subject in enumerate(subjects)],
    }
    return pd.DataFrame(rows).sort_values("at", kind="stable", ignore_index=True)


def fill_address_book(
    seed: int, cast: pd.DataFrame, incoming: pd.DataFrame, calendar: Calendar, first_person: int
) -> pd.DataFrame:
    """Return the address book that the invented person uploaded.

    Whoever was `in_address_book` was saved at least a month before the invitation; a few others
    only after it, which is too late to count.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    cast, incoming : DataFrame
        Everybody, and the invitations that reached him.
    calendar : Calendar
        When the exports are taken.
    first_person : int
        The number of the first of those who never invited him.

    Returns
    -------
    DataFrame, one row per entry
        `person`, `created_at`, `with_profile` (the entry names the profile's address).
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


def follow(
    seed: int, cast: pd.DataFrame, connections: pd.DataFrame, calendar: Calendar
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the companies and the people that the invented person follows.

    Parameters
    ----------
    seed : int
        The invented person's seed.
    cast, connections : DataFrame
        Everybody, and the connections.
    calendar : Calendar
        When the exports are taken.

    Returns
    -------
    tuple of two DataFrames
        Companies and people, each `name` and `at`, oldest first.
    """
    rng = stream(seed, "follows")
    people = cast["name"][connections["person"].sample(25, random_state=rng)]
    companies = pd.Series([draw_company(rng) for _ in range(40)])
    frames = []
    for names in (companies, people):
        back = [calendar.second - DAY * float(rng.uniform(1, 1400)) for _ in names]
        rows = pd.DataFrame({"name": names.to_numpy(), "at": [at.floor("s") for at in back]})
        frames.append(rows.sort_values("at", kind="stable", ignore_index=True))
    return frames[0], frames[1]
