"""How many keys it takes until everything that waits is settled: one by one or grouped, with other files or without.

    python benchmarks/first_day.py [--store]

The invented person as archives are, with the archive alone and with the mailbox, the calendar, the address book and the
archive of X added. Who answers knows the truth and sits at the lab: one key for each question, for each pair, for
each that is different, and for putting those that are alike together; no key decides, for nothing is left to decide.
"""

import argparse
import shutil
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd
from stored import told

from netkit.demo import demo_home
from netkit.evidence import Owner
from netkit.evidence.addresses import canonical
from netkit.evidence.recognise import Source
from netkit.fictional.personal_files import AT_WORK, ME, acquaintances
from netkit.fictional.story import tell_story
from netkit.lab import triage
from netkit.ledger import open_ledger
from netkit.sitting.session import Session

SEED, PROFILE = 7, "plain"


class Truth:
    """What the invented person knows."""

    def __init__(self, home: Path) -> None:
        self.told = tell_story(SEED, PROFILE, None).incoming
        with open_ledger(home) as ledger:
            sent = ledger.invitations.to_frame().set_index("request")
            self.holders: dict[str, set[str]] = defaultdict(set)
            for who in acquaintances(SEED, PROFILE):
                self.holders[ledger.evidence.hashed(f"mail:{canonical(who.address)}")].add(who.key)
            for number, key in enumerate(self.told.drop_duplicates("key")["key"]):
                self.holders[ledger.evidence.hashed(f"x:{900_000 + number}")].add(str(key))
        self.person = sent["person"].to_dict()
        self.sent_at = sent["sent_at"].to_dict()

    def level(self, request: str, fact: str) -> object:
        """Return what is true of a request."""
        rows = self.told[self.told["key"] == self.person[request]]
        near = (rows["sent_at"] - self.sent_at[request]).abs().argsort().iloc[0]
        level = rows.iloc[near].get(fact)
        return None if pd.isna(level) else level

    def same(self, request: str, members: frozenset[str]) -> bool:
        """Return whether somebody in the files is who asks."""
        return self.person[request] in set().union(*(self.holders.get(who, set()) for who in members))


def asked(session: Session, request: str) -> tuple[str, ...]:
    """Return what is asked of a request: who it is, or a fact."""
    return ("pair",) if session.pair(request) else ("fact", session.next_fact())


def answer(session: Session, truth: Truth, counts: Counter, *, grouped: bool) -> None:
    """Answer the question in hand, for all that are alike or for one, and count the keys."""
    kind, *fact = asked(session, session.request)
    if grouped and len(session.alike()) > 1 and not session.together:
        press(session, counts, "together", "group")
    right = {each: right_answer(session, truth, each, kind, fact) for each in session.members}
    most = Counter(right.values()).most_common(1)[0][0]
    for other in [each for each in session.members if right[each] != most]:
        press(session, counts, "apart", "different", of=other)
    if kind == "pair":
        press(session, counts, "pair", "pair", same=most)
    elif most is None:
        press(session, counts, "unsure", "fact", fact=fact[0])
    else:
        press(session, counts, "answer", "fact", fact=fact[0], level=most)


def right_answer(session: Session, truth: Truth, request: str, kind: str, fact: list[str]) -> object:
    """Return the true answer of one request."""
    if kind == "pair":
        return truth.same(request, session.pair(request).members)
    return truth.level(request, fact[0])


def press(session: Session, counts: Counter, do: str, kind: str, **detail: object) -> None:
    """Press a key and count it."""
    counts[kind] += 1
    session.handle({"do": do, "request": session.request, **detail})
    assert not session.problem, session.problem


def settle(home: Path, *, grouped: bool) -> tuple[Counter, Counter, int]:
    """Return the keys until all that waits is settled, by their kind, and what became of it."""
    session = triage(home).session  # blind: nothing is decided on the way
    session.queue = [each for each in session.queue if session.about.rows[each]["state"] == "open"]
    truth, counts, became, every = Truth(home), Counter(), Counter(), len(session.queue)
    while session.queue:
        action = session.judges.decide(session.known()).action
        if action or not (session.pair() or session.next_fact()):
            became[action or "open"] += 1
            session._turn_to(session.queue[1:]) if not session.together else None
            if session.together:  # the rest of the group goes on
                session.queue, session.apart = session.queue[1:], set()
                session.together = bool(session.queue) and len(session.alike()) > 1
        else:
            answer(session, truth, counts, grouped=grouped)
    return counts, became, every


def main() -> None:
    """Settle all four times, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true")
    chosen = parser.parse_args()
    with told("first_day", store=chosen.store), tempfile.TemporaryDirectory() as place:
        for name in ("the archive alone", "with the other files"):
            for grouped in (False, True):
                home = Path(place) / f"{name}-{grouped}"
                shutil.copytree(demo_home(PROFILE), home)
                if name != "the archive alone":
                    with open_ledger(home) as ledger:
                        for file in sorted((home / "files").glob("*.zip")):
                            owner = Owner(frozenset([ME, AT_WORK]))
                            with Source(file) as source:
                                ledger.evidence.add(file, source.kinds, source.read(owner), owner)
                counts, became, every = settle(home, grouped=grouped)
                how = "grouped" if grouped else "one by one"
                print(f"{name}, {how}: {counts.total()} keys for {every}, {counts.total() / every:.1f} each")
                print(f"   keys: {dict(counts)}; became: {dict(became)}")


if __name__ == "__main__":
    main()
