"""What a source tells about each person: who, what kind, how often and when; all else is let go."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import NamedTuple

from netkit.evidence.addresses import is_person

Progress = Callable[[int], None]
SMALL, MOST = 8, 30  # people at a meeting: so few know each other afterwards; of more, nobody does
_MOST_PEOPLE = 250_000
_MOST_IDS = 1_000_000
_MOST_NAMES = 6  # an address with more names is a shared one


class Act(NamedTuple):
    """A kind of evidence, in which direction, with how many people, and whether at a place."""

    kind: str
    direction: str = ""
    size: str = ""
    place: bool = False


@dataclass
class Acquaintance:
    """One person as a source knows him: an address or a name, and when what took place."""

    identity: str
    names: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)  # further addresses and profiles, `mail:...` and `in:...`
    aliases: set[str] = field(default_factory=set)
    acts: "dict[Act, array[int]]" = field(default_factory=dict)
    undated: set[Act] = field(default_factory=set)


class Tally:
    """The people of one source, counted as its files stream by.

    >>> tally = Tally({"me@ex.example"})
    >>> tally.saw("ana@ex.example", "Ana Example", Act("mail", "sent"), 1_600_000_000)
    >>> [(each.identity, len(each.acts)) for each in tally.people()]
    [('mail:ana@ex.example', 1)]
    """

    def __init__(
        self, own: Iterable[str], own_names: Iterable[str] = (), sizes: tuple[int, int] = (SMALL, MOST)
    ) -> None:
        self.sizes = sizes
        self.own = frozenset(own)
        self.own_names = frozenset(own_names)
        self.left: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self._people: dict[str, Acquaintance] = {}
        self._seen: set[bytes] = set()

    def is_new(self, *parts: str) -> bool:
        """Tell whether a message or an event has not been counted yet in this source."""
        digest = blake2b("|".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
        if digest in self._seen:
            return False
        if len(self._seen) < _MOST_IDS:
            self._seen.add(digest)
        return True

    def saw(self, address: str, name: str, act: Act, at: int | None) -> None:
        """Count one thing that happened with the person of an address."""
        if address in self.own:
            return
        if not is_person(address):
            self.left["robots, platforms and shared addresses"] += 1
            return
        if person := self.person(f"mail:{address}", name):
            count(person, act, at)

    def person(self, identity: str, name: str = "") -> Acquaintance | None:
        """Return a person to add to, known also by this name, or nothing once there are too many."""
        found = self._people.get(identity)
        if found is None:
            if len(self._people) >= _MOST_PEOPLE:
                self.left[f"people beyond the first {_MOST_PEOPLE:,}"] += 1
                return None
            found = self._people[identity] = Acquaintance(identity)
        if name and len(found.names) < _MOST_NAMES:
            found.names.add(name)
        return found

    def people(self) -> Iterator[Acquaintance]:
        """Return everybody, those at many names without one: such an address is several people's."""
        for person in self._people.values():
            if len(person.names) >= _MOST_NAMES:
                person.names.clear()
            yield person


def count(person: Acquaintance, act: Act, at: int | None) -> None:
    """Count one thing that happened with a person, dated or not."""
    if at is None:
        person.undated.add(act)
        return
    times = person.acts.get(act)
    if times is None:
        times = person.acts[act] = array("q")
    times.append(at)


@dataclass(frozen=True)
class Owner:
    """Whose files they are: addresses, names, and since when until when at each employer.

    `sizes` are up to how many people a meeting is small, and beyond how many it tells nothing.
    """

    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    tenures: tuple[tuple[date, date], ...] = ()
    sizes: tuple[int, int] = (SMALL, MOST)
