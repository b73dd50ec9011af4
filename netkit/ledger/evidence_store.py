"""What personal files tell of acquaintance: kept under keyed hashes, listed, replaced, removed, answered."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from netkit.errors import LedgerError
from netkit.evidence.acquaintance import Told
from netkit.evidence.addresses import is_free
from netkit.evidence.matching import compact_local, full_form, name_forms
from netkit.evidence.traces import Acquaintance, Act, Owner
from netkit.ledger.database import Moment, Store, read_moment
from netkit.ledger.evidence_links import (
    WORD,
    WORKS_AT,
    Asker,
    Link,
    Links,
    Pair,
    asker,
    askers_of,
    find_links,
)
from netkit.request_keys import moment_text
from netkit.workspace_key import workspace_key

if TYPE_CHECKING:  # it reads files of every kind, and only adding evidence needs it
    from netkit.evidence.recognise import SourceRead

_LENGTH = 12  # bytes of a hash; of a million people, two would meet once in ten million workspaces
_MOST_FORMS = 40


@dataclass(frozen=True)
class Added:
    """What adding one source did."""

    source: int
    people: int
    matched: int
    read: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


class EvidenceStore(Store):
    """Traces of acquaintance in your other files, by source."""

    @cached_property
    def _key(self) -> bytes:
        return workspace_key(self._database.file.parent, "evidence")

    def hashed(self, word: str) -> str:
        """Return a word as it is kept, which nobody can read without the workspace's key."""
        return hmac.digest(self._key, word.encode("utf-8", "replace"), "sha256")[:_LENGTH].hex()

    def sources(self) -> pd.DataFrame:
        """Return what was added.

        Returns
        -------
        DataFrame
            `id`, `place` (the path), `kinds`, `people`, `read` and `left_out` (dicts of counts), `added_at`.
        """
        frame = self._database.frame("SELECT * FROM evidence_sources ORDER BY id")
        parsed = {name: self._database.parsed(frame[name]) for name in ("read", "left_out")}
        times = pd.to_datetime(frame["added_at"], utc=True, format="ISO8601")
        return frame.assign(**parsed, people=frame["people"].astype("int64"), added_at=times)

    def own_addresses(self) -> frozenset[str]:
        """Return the addresses that you said are yours."""
        rows = self._database.connection.execute("SELECT address FROM own_addresses").fetchall()
        return frozenset(row[0] for row in rows)

    def add_own(self, addresses: Iterable[str]) -> None:
        """Remember addresses as yours."""
        now = moment_text(datetime.now(UTC))
        with self._database.together():
            self._database.connection.executemany(
                "INSERT OR IGNORE INTO own_addresses VALUES (?, ?)",
                [(each, now) for each in sorted(addresses)],
            )

    def add(self, place: Path, kinds: Sequence[str], found: SourceRead, owner: Owner) -> Added:
        """Keep what a source says, in place of what it said before; nothing else changes.

        Parameters
        ----------
        place : Path
            Where it lies, by which it is known again.
        kinds : sequence of str
            What it holds.
        found : SourceRead
            What was read.
        owner : Owner
            Whose files they are.

        Returns
        -------
        Added
            What was kept.
        """
        connection = self._database.connection
        where = str(place.absolute())
        with self._database.together():
            connection.execute("DELETE FROM evidence_sources WHERE place = ?", [where])
            cells = [where, ", ".join(kinds), json.dumps(found.read), json.dumps(found.left)]
            source = connection.execute(
                "INSERT INTO evidence_sources (place, kinds, read, left_out, people, added_at)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
                [*cells, len(found.people), moment_text(datetime.now(UTC))],
            ).fetchone()[0]
            people = {self.hashed(person.identity): person for person in found.people}
            self._write(source, people, owner)
            matched = self._write_then(source, people)
        return Added(source, len(people), matched, found.read, found.left)

    def _write(self, source: int, people: Mapping[str, Acquaintance], owner: Owner) -> None:
        connection = self._database.connection
        own_domains = {each.rpartition("@")[2] for each in owner.addresses}
        employers = {domain for domain in own_domains if not is_free(domain)}
        connection.executemany(
            "INSERT INTO evidence_people VALUES (?, ?, ?)",
            [(source, who, _domain(person)) for who, person in people.items()],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO evidence_words (word, who, says, source) VALUES (?, ?, ?, ?)",
            (
                (self.hashed(word), who, says, source)
                for who, person in people.items()
                for says, word in _words(person)
            ),
        )
        connection.executemany(
            "INSERT INTO evidence_acts (who, kind, direction, size, place, source, times, first_at, last_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (who, *_cells(act), source, len(times), min(times, default=None), max(times, default=None))
                for who, person in people.items()
                for act, times in _acts(person, employers, owner.tenures)
            ),
        )

    def _write_then(self, source: int, people: Mapping[str, Acquaintance]) -> int:
        """Keep the counts as they stood when each request came whose sender may be in the source."""
        askers = self.askers()
        rows, matched = [], 0
        for request, link in self.links(askers).by_request():
            before = int(askers[request].sent_at)
            mine = link.members & people.keys()
            matched += bool(mine)
            for who in mine:
                for act, times in people[who].acts.items():
                    then = [at for at in times if at < before]
                    if then and len(then) < len(times):
                        rows.append((request, who, *_cells(act), source, len(then), max(then)))
        self._database.connection.executemany(
            "INSERT OR REPLACE INTO evidence_then VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        return matched

    def remove(self, source: int) -> None:
        """Remove a source and everything it said.

        Parameters
        ----------
        source : int
            Its number, see `sources`.
        """
        with self._database.together():
            gone = self._database.connection.execute("DELETE FROM evidence_sources WHERE id = ?", [source])
            if not gone.rowcount:
                raise LedgerError(f"There is no source {source}. See 'netkit evidence list' for the numbers.")

    def answer(
        self, person: str, who: Iterable[str], same: bool | None, *, proposed: str, at: Moment, source: str
    ) -> None:
        """Keep your word on whether somebody who asked is somebody in a source.

        Parameters
        ----------
        person : str
            The person key of who asked.
        who : iterable of str
            The person in the sources: hashes, all of one person.
        same : bool or None
            Whether they are the same; None takes an answer back.
        proposed : str
            By which rule it was proposed.
        at : datetime, date or str
            When.
        source : str
            Who says so.
        """
        with self._database.together():
            for each in sorted(who):
                self._database.append(
                    "evidence_answers",
                    person=person,
                    who=each,
                    same=None if same is None else int(same),
                    proposed=proposed,
                    at=read_moment(at),
                    via=source,
                )

    def forget(self, keys: Iterable[str], names: Iterable[str]) -> dict[str, int]:
        """Remove what the sources say about a person, and your word on who that is.

        Parameters
        ----------
        keys, names : iterable of str
            The person's keys, and the names as they are compared.

        Returns
        -------
        dict of str to int
            Table -> rows removed.
        """
        if not self._database.one("SELECT 1 FROM evidence_sources"):
            return {}
        forms = [full_form(name) for name in names]
        words = [self.hashed(word) for word in (*keys, *(f"name:{form}" for form in forms if form))]
        query = "SELECT who FROM evidence_words WHERE says IN ('name', 'profile') AND word = ?"
        rows = self._database.connection
        who = {row[0] for word in words for row in rows.execute(query, [word])}
        who |= {pair[1] for pair in self.answers() if pair[0] in set(keys)}
        removed = {"evidence_answers": sum(_delete(rows, "evidence_answers", "person", key) for key in keys)}
        for table in ("evidence_people", "evidence_words", "evidence_acts", "evidence_then"):
            removed[table] = sum(_delete(rows, table, "who", each) for each in who)
        return removed

    def answers(self) -> dict[tuple[str, str], tuple[bool, str]]:
        """Return your word on each pair of who asked and who is in a source, and by which rule it came."""
        return {pair: (bool(same), rule) for pair, (rule, same, _) in self._last_answers().items()}

    def proposals(self) -> dict[str, tuple[int, int]]:
        """Return of each rule how many of its proposals you confirmed, and how many you answered."""
        # All addresses of one person are one answer.
        last = {(person, *answer) for (person, _), answer in self._last_answers().items()}
        said: dict[str, list[int]] = {}
        for _, rule, same, _ in sorted(last, key=str):
            if rule not in (WORD, WORKS_AT):
                said.setdefault(rule, []).append(same)
        return {rule: (sum(each), len(each)) for rule, each in said.items()}

    def _last_answers(self) -> dict[tuple[str, str], tuple[str, int, str]]:
        """Return by which rule each pair was proposed, what you said of it last, and when."""
        query = "SELECT person, who, proposed, same, at FROM evidence_answers ORDER BY id"
        last = {(row[0], row[1]): row[2:] for row in self._database.connection.execute(query)}
        return {pair: answer for pair, answer in last.items() if answer[1] is not None}

    def askers(self, requests: Sequence[str] | None = None) -> dict[str, Asker]:
        """Return who sent the incoming invitations, as evidence is looked up by."""
        return askers_of(self._database, requests)

    def sets(self, request: str, moment: str) -> Mapping[str, tuple[str, str]]:
        """Return what evidence, added by some moment, sets of a request: fact -> level and reason."""
        if not self._database.one("SELECT 1 FROM evidence_sources WHERE added_at <= ?", [moment]):
            return {}
        askers = self.askers([request])
        return {
            fact: said
            for each, asker in askers.items()
            for fact, said in self.links(askers).told(each, asker.sent_at, is_open=True).sets.items()
        }

    def told(self, is_open: Mapping[Any, bool]) -> dict[str, Told]:
        """Return what evidence tells of requests, from before each; undated only while it stands open."""
        askers = self.askers()
        links = self.links(askers)
        asked = dict.fromkeys(request for request, _ in links.by_request() if request in is_open)
        found = {each: links.told(each, askers[each].sent_at, is_open=bool(is_open[each])) for each in asked}
        return {request: told for request, told in found.items() if told.sets or told.offers}

    def pairs(self, requests: Iterable[str], *, anew: bool = False) -> list[Pair]:
        """Return who may be whom, as you alone can say: what a name proposes, and you have not answered yet.

        With `anew` also what netkit is sure of, and what you said.
        """
        askers = self.askers()
        links, said = self.links(askers, anew=anew), {} if anew else self.answers()
        return [
            pair
            for request in requests
            for link in links.of(request)
            if anew or not (link.sure or any((link.person, who) in said for who in link.members))
            if (pair := links.pair(askers[request], link)).says or anew
        ]

    def about(self, person: str, name: str, url: str | None, until: str) -> tuple[str, ...]:
        """Return what evidence tells of a person before a moment, in words, whoever asked or not."""
        who = asker("", person, name, url, until)
        links = self.links({"": who})
        told = [(link.sure, links.pair(who, link)) for link in links.of("")]
        return tuple(
            f"{'' if sure else 'Perhaps the same person: '}{pair.says} {pair.more}"
            for sure, pair in told
            if pair.says
        )

    def linked(self, request: str) -> Sequence[Link]:
        """Return who in the sources is, or may be, the sender of a request."""
        return self.links(self.askers()).of(request)

    def links(self, askers: Mapping[str, Asker], *, anew: bool = False) -> Links:
        """Return who in the sources is, or may be, somebody who asked, `anew` as if you had said nothing."""
        if not self._database.one("SELECT 1 FROM evidence_sources"):
            return Links({})
        return find_links(self._database, askers, {} if anew else self.answers(), self.hashed)


def _delete(connection: sqlite3.Connection, table: str, column: str, value: str) -> int:
    return connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [value]).rowcount


def _domain(person: Acquaintance) -> str:
    return person.identity.rpartition("@")[2] if person.identity.startswith("mail:") else ""


def _cells(act: Act) -> tuple[str, str, str, int]:
    return act.kind, act.direction, act.size, int(act.place)


def _words(person: Acquaintance) -> Iterator[tuple[str, str]]:
    """Return by what a person is found."""
    for word in {person.identity, *person.words}:
        kind, _, rest = word.partition(":")
        if kind == "mail":
            yield "address", word
            yield "local", f"local:{compact_local(rest.partition('@')[0])}"
        elif kind == "in":
            yield "profile", word
    others: Counter[str] = Counter()
    for name in sorted(person.names):
        forms = name_forms(name, aliases=tuple(sorted(person.aliases)))
        if forms and not forms.weak:
            yield "name", f"name:{forms.full}"
            others.update([forms.full, *forms.others])
    for form in sorted(others)[:_MOST_FORMS]:
        yield "other name", f"near:{form}"
    if not others:  # an address without a name may spell it: ana.example77@...
        for word in {person.identity, *person.words}:
            if word.startswith("mail:"):
                spelt = compact_local(word[5:].partition("@")[0]).rstrip("0123456789")
                yield "other name", f"spelt:{spelt}"


def _acts(
    person: Acquaintance, employers: set[str], tenures: Sequence[tuple[date, date]]
) -> Iterator[tuple[Act, Sequence[int]]]:
    yield from person.acts.items()
    yield from ((act, ()) for act in person.undated if act not in person.acts)
    if _domain(person) in employers:
        spans = [(_seconds(first), _seconds(last) + 86_400) for first, last in tenures]
        mail = [at for act, times in person.acts.items() if act.kind in ("mail", "meeting") for at in times]
        within = [at for at in mail if any(first <= at < last for first, last in spans)]
        if within:
            yield Act("colleague"), within


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def read_tenures(profile: Mapping[str, Any]) -> tuple[tuple[date, date], ...]:
    """Return since when until when the owner worked, as his own profile has it."""
    found = []
    for row in profile.get("positions", ()):
        first, last = (
            pd.to_datetime(row.get(name), errors="coerce") for name in ("started_on", "finished_on")
        )
        if pd.notna(first):
            found.append((first.date(), last.date() if pd.notna(last) else date(2999, 1, 1)))
    return tuple(found)
