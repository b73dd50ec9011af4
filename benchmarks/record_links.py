"""How often an answer of the platform's record goes to the right invitation, to none, or to a wrong one.

    python benchmarks/record_links.py [--people 20] [--store]

Invented people with a known truth: shares of invitations that are alone in their minute, how many seconds at most an
invitation is shown after it was made, and which answered invitations no archive shows. Where netkit expects too many wrong
links, it withholds refusals.
"""

import argparse
from itertools import product

import numpy as np
import pandas as pd
from stored import told

from netkit.ledger.record_links import link_answers

DAY, MINUTE = 86_400_000, 60_000
BEGIN = 1_772_323_200_000  # 1 March 2026, in thousandths of a second


def invented(
    rng: np.random.Generator, many: int, unique: float, lag: int, absent: float, absent_of: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return events, rows and connections of one person, and whose each event is."""
    made = BEGIN + np.sort(rng.integers(0, 150 * DAY, many))
    paired = rng.random(many) < (1 - unique) / 2
    made[1:] = np.where(
        paired[1:], made[:-1] // MINUTE * MINUTE + rng.integers(0, MINUTE, many - 1), made[1:]
    )
    kind = rng.choice(["accept", "ignore", ""], many, p=[0.6, 0.3, 0.1])
    captured = made + (rng.exponential(2, many) * DAY).astype(np.int64) + 5 * MINUTE
    shown = made + rng.integers(0, lag * 1000 + 1, many)
    at = pd.Series(pd.to_datetime(shown // MINUTE * MINUTE, unit="ms", utc=True))
    rows = pd.DataFrame(
        {"request": [f"inv-{n:05d}" for n in range(many)], "person": [f"in:{n}" for n in range(many)]}
    )
    rows["sent_at"] = at
    lost = (rng.random(many) < absent) & np.isin(kind, absent_of)
    days = pd.Series(pd.to_datetime(captured // DAY * DAY, unit="ms", utc=True))
    connected = pd.DataFrame({"person": rows["person"], "connected_on": days})[kind == "accept"]
    events = pd.DataFrame({
        "event": [f"{n}" for n in range(many)], "activity": [f"a{n}" for n in range(many)], "captured": captured,
        "processed": captured + 900, "action": kind, "invitation": [str(each << 22) for each in made.tolist()],
        "made": made, "together": 1,
    })[kind != ""]  # fmt: skip
    return events, rows[~lost].reset_index(drop=True), connected


def measured(
    rng: np.random.Generator,
    people: int,
    many: int,
    unique: float,
    lag: int,
    absent: float,
    of: tuple[str, ...],
) -> tuple[int, int, int, int]:
    """Return events, right links, wrong ones, and those that were withheld."""
    events = right = wrong = held = 0
    for _ in range(people):
        log, rows, connected = invented(rng, many, unique, lag, absent, of)
        links = link_answers(log, rows, connected, BEGIN + 400 * DAY)
        same = links.answers["request"].str[4:].astype(int) == links.answers["event"].astype(int)
        events, right, wrong = events + len(log), right + int(same.sum()), wrong + int((~same).sum())
        held += links.counts["withheld"]
    return events, right, wrong, held


def main() -> None:
    """Print the table, and store it if asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--many", type=int, default=250)
    parser.add_argument("--store", action="store_true")
    given = parser.parse_args()
    rng = np.random.default_rng(5)
    with told("record_links", store=given.store):
        print(f"{given.people} people with {given.many} invitations each in every line")
        print("alone   lag  rows absent          events   linked  withheld  wrong in 1,000")
        for unique, lag, (absent, of) in product(
            (0.94, 0.98, 0.999), (0, 30, 60),
            ((0.0, ()), (0.1, ("accept", "ignore")), (0.5, ("ignore",)), (1.0, ("ignore",)), (0.5, ("accept", "ignore"))),
        ):  # fmt: skip
            events, right, wrong, held = measured(rng, given.people, given.many, unique, lag, absent, of)
            words = f"{100 * absent:.0f} % of {'all' if len(of) > 1 else 'refused' if of else 'none'}"
            print(
                f"{100 * unique:5.1f} %  {lag:2d}  {words:18s} {events:8,d}  {100 * right / events:5.1f} %"
                f"  {100 * held / events:5.1f} %  {1000 * wrong / events:6.2f}"
            )


if __name__ == "__main__":
    main()
