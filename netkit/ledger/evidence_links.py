"""Who in the sources is somebody that asked: surely, perhaps by name, or nobody; and what was known then."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from netkit.evidence.acquaintance import Known, Told, told_by
from netkit.evidence.addresses import employer_word
from netkit.evidence.matching import NameForms, full_form, name_forms, spelled_locals, telling_slug
from netkit.evidence.traces import Act
from netkit.ledger.database import Database, Store
from netkit.people import folded_name, profile_slug

# In the order of their weight. By the first four somebody is surely meant; by a name alone you are asked.
PROFILE, WORD = "the same profile", "your own word"
NAME_AND_ADDRESS, NAME_AND_COMPANY = "name and address", "name and company"
NAME, LIKE_NAME = "the same name", "a name like it"
_SECOND_FACTS = (NAME_AND_ADDRESS, NAME_AND_COMPANY)
_SURE = (PROFILE, WORD, *_SECOND_FACTS)
WORKS_AT = "where the sender works"  # no rule, but your word on a company, which may become a second fact
_ENOUGH_PEOPLE = 2_000  # of fewer people, no name is known to be rare
_RARE = 0.0008  # the share of people who bear a word of a rare name
_MOST_ASKED = 2  # people of one name in the sources: of more, nobody could say who is who

Words = Callable[[str], str]


@dataclass(frozen=True)
class Asker:
    """Somebody who asked, as evidence is looked up by."""

    request: str
    person: str
    slug: str
    forms: NameForms | None
    sent_at: int


@dataclass(frozen=True)
class Link:
    """Somebody who asked, and who in the sources is or may be the same, by which rule.

    `members` are the hashes of one person; `domains` those of the addresses.
    """

    person: str
    members: frozenset[str]
    rule: str
    domains: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether nobody needs to be asked who is meant."""
        return self.rule in _SURE


@dataclass(frozen=True)
class Pair:
    """Somebody who asked, and a person in the sources who may be the same: what you alone can say.

    `says` is what is known of that person, and `more` between which days and at which domains. `confirms`
    are the facts that you tell yourself, with their levels, by saying that it is the same person.
    """

    request: str
    person: str
    members: frozenset[str]
    rule: str
    says: str
    more: str
    confirms: Mapping[str, str]


class Links:
    """The links of some requests, and what they tell."""

    def __init__(self, found: Mapping[str, Sequence[Link]], database: Database | None = None) -> None:
        self._found, self._database = found, database

    def by_request(self) -> Iterator[tuple[str, Link]]:
        """Return every request with each of its links."""
        return ((request, link) for request, links in self._found.items() for link in links)

    def of(self, request: str) -> Sequence[Link]:
        """Return the links of a request."""
        return self._found.get(request, ())

    def told(self, request: str, sent_at: int, *, is_open: bool) -> Told:
        """Return what evidence says of a request: what it sets, and what it offers."""
        links = self.of(request)
        sure = [link for link in links if link.sure]
        members = frozenset[str]().union(*(link.members for link in sure))
        told = [told_by(self.known(request, members, sent_at, is_open=is_open), sure=True)] if sure else []
        told += [
            told_by(self.known(request, link.members, sent_at, is_open=is_open), sure=False)
            for link in links
            if not link.sure
        ]
        sets = {fact: value for each in reversed(told) for fact, value in each.sets.items()}
        offers = {fact: value for each in reversed(told) for fact, value in each.offers.items()}
        return Told(sets, {fact: value for fact, value in offers.items() if fact not in sets})

    def pair(self, asker: Asker, link: Link) -> Pair:
        """Return a link as it is put to you."""
        known = self.known(asker.request, link.members, asker.sent_at, is_open=True)
        told = told_by(known, sure=True)
        reasons = dict.fromkeys(reason for _, reason in [*told.sets.values(), *told.offers.values()])
        says = "; ".join(reasons)
        return Pair(
            asker.request,
            link.person,
            link.members,
            link.rule,
            f"{says[0].upper()}{says[1:]}." if says else "",
            f"{_between(known)}; {_at(link.domains)}.",
            told.confirms,
        )

    def known(self, request: str, members: Iterable[str], sent_at: int, *, is_open: bool) -> list[Known]:
        """Return what took place with a person strictly before a moment, and where it stands open, ever."""
        by_source: dict[Act, dict[int, list[tuple[int | None, int]]]] = defaultdict(lambda: defaultdict(list))
        begins: dict[Act, int] = {}
        undated: set[Act] = set()
        for who in members:
            for act, source, times, first, last in self._acts.get(who, ()):
                if first is None:
                    undated |= {act} if is_open else set()
                elif first < sent_at:
                    then = (times, last) if last < sent_at else self._then.get((request, who, act, source))
                    by_source[act][source].append(then or (None, first))
                    begins[act] = min(first, begins.get(act, first))
        known = [_over_sources(act, list(found.values()), begins[act]) for act, found in by_source.items()]
        return known + [Known(act, None, None) for act in undated - by_source.keys()]

    @cached_property
    def _acts(self) -> dict[str, list[tuple[Act, int, int, int | None, int]]]:
        found: dict[str, list[tuple[Act, int, int, int | None, int]]] = defaultdict(list)
        members = {who for _, link in self.by_request() for who in link.members}
        columns = "who, kind, direction, size, place, source, times, first_at, last_at"
        query = f"SELECT {columns} FROM evidence_acts WHERE who"
        for who, kind, direction, size, place, *rest in _rows_of(self._database, query, members):
            found[who].append((Act(kind, direction, size, bool(place)), *rest))
        return found

    @cached_property
    def _then(self) -> dict[tuple[str, str, Act, int], tuple[int, int]]:
        columns = "request, who, kind, direction, size, place, source, times, last_at"
        query = f"SELECT {columns} FROM evidence_then WHERE request"
        return {
            (request, who, Act(kind, direction, size, bool(place)), source): (times, last)
            for request, who, kind, direction, size, place, source, times, last in _rows_of(
                self._database, query, self._found
            )
        }


def _between(known: Sequence[Known]) -> str:
    """Return between which days things took place."""
    days = [at for each in known for at in (each.first, each.last) if at is not None]
    if not days:
        return "No day is known"
    first, last = (datetime.fromtimestamp(at, UTC) for at in (min(days), max(days)))
    begins, ends = (f"{day.day} {day:%b %Y}" for day in (first, last))
    return f"On {ends}" if begins == ends else f"Between {begins} and {ends}"


def _at(domains: Sequence[str]) -> str:
    return f"mail at {', '.join(domains)}" if domains else "no mail address is known"


def _over_sources(act: Act, sources: list[list[tuple[int | None, int]]], first: int) -> Known:
    """Add up within a source; of several that may overlap, take the one that knows most."""
    totals = []
    for rows in sources:
        times = [each for each, _ in rows]
        totals.append((None if None in times else sum(filter(None, times)), max(last for _, last in rows)))
    counts = [times for times, _ in totals if times is not None]
    return Known(act, max(counts) if counts else None, max(last for _, last in totals), first=first)


def _rows_of(database: Database | None, query: str, keys: Iterable[str]) -> Iterable[Any]:
    """Return the rows of a query that ends with a column that holds one of some words."""
    if database is None:
        return ()
    return database.connection.execute(f"{query} IN (SELECT value FROM json_each(?))", [json.dumps([*keys])])


def askers_of(database: Database, requests: Sequence[str] | None = None) -> dict[str, Asker]:
    """Return who sent the incoming invitations, or some of them."""
    query = "SELECT request, person, name, url, sent_at FROM invitations WHERE direction = 'incoming'"
    rows = database.connection.execute(query) if requests is None else _rows_of(
        database, f"{query} AND request", requests
    )  # fmt: skip
    found = {row[0]: asker(*row) for row in rows}
    return {request: found[request] for request in requests or found if request in found}


def asker(request: str, person: str | None, name: str | None, url: str | None, sent_at: str) -> Asker:
    """Return somebody as evidence is looked up by; `sent_at` is the moment before which it counts."""
    slug = profile_slug(url) or (person or "").partition("in:")[2]
    forms = name_forms(name, slug=slug)
    key = person or f"name:{folded_name(name)}"
    return Asker(request, key, slug, forms, int(datetime.fromisoformat(sent_at).timestamp()))


def find_links(
    database: Database,
    askers: Mapping[str, Asker],
    answers: Mapping[tuple[str, str], tuple[bool, str]],
    hashed: Words,
) -> Links:
    """Find who in the sources is, or may be, somebody who asked."""
    wanted = {request: _wanted(asker, hashed) for request, asker in askers.items()}
    said: dict[str, set[str]] = defaultdict(set)
    works_at: dict[str, set[str]] = defaultdict(set)
    for (person, who), (same, rule) in answers.items():
        if same:
            (works_at if rule == WORKS_AT else said)[person].add(who)
    hits: dict[str, set[tuple[str, str]]] = defaultdict(set)
    query = "SELECT word, who, says FROM evidence_words WHERE word"
    for word, who, says in _rows_of(database, query, {word for words in wanted.values() for word in words}):
        hits[word].add((who, says))
    candidates = {who for found in hits.values() for who, _ in found}.union(*said.values())
    groups = _same_people(database, candidates)
    domains = _domains(database, groups)
    linkedin = _LinkedInNames(database)
    found: dict[str, list[Link]] = {}
    for request, asker in askers.items():
        by_who = _rules(wanted[request], hits, said.get(asker.person, set()))
        for who in by_who if asker.person in works_at else ():
            words = {hashed(word) for domain in domains[who] if (word := employer_word(domain))}
            by_who[who] |= {NAME_AND_COMPANY} if words & works_at[asker.person] else set()
        if by_who:
            no = {who for who in by_who if answers.get((asker.person, who), (True, ""))[0] is False}
            links = _links(asker, by_who, groups, no, linkedin)
            if links:
                found[request] = links
    found = _without_crowds(found)
    return Links(
        {request: [_with(link, domains) for link in links] for request, links in found.items()}, database
    )


def _without_crowds(found: Mapping[str, list[Link]]) -> dict[str, list[Link]]:
    """Leave out whom a name alone would make several people who asked: it tells none of them."""
    meant: dict[frozenset[str], set[str]] = defaultdict(set)
    for links in found.values():
        for link in links:
            meant[link.members].add(link.person)
    kept = {
        request: [link for link in links if link.sure or len(meant[link.members]) <= _MOST_ASKED]
        for request, links in found.items()
    }
    return {request: links for request, links in kept.items() if links}


def _wanted(asker: Asker, hashed: Words) -> dict[str, str]:
    """Return the words that somebody is looked up by, and the rule that each stands for."""
    words = {hashed(f"in:{asker.slug}"): PROFILE} if asker.slug else {}
    forms = asker.forms
    if forms and not forms.weak:
        words |= {hashed(f"near:{form}"): LIKE_NAME for form in (forms.full, *sorted(forms.others))}
        words |= {hashed(f"spelt:{local}"): LIKE_NAME for local in spelled_locals(forms)}
        words[hashed(f"name:{forms.full}")] = NAME
        if slug := telling_slug(asker.slug, forms):
            words[hashed(f"local:{slug}")] = NAME_AND_ADDRESS
    return words


def _rules(
    wanted: Mapping[str, str], hits: Mapping[str, set[tuple[str, str]]], said: set[str]
) -> dict[str, set[str]]:
    """Return who may be somebody, each by which rules."""
    found: dict[str, set[str]] = defaultdict(set)
    for word, rule in wanted.items():
        for who, _ in hits.get(word, ()):
            found[who].add(rule)
    for who in said:
        found[who].add(WORD)
    return {who: rules for who, rules in found.items() if rules != {NAME_AND_ADDRESS}}


def _links(
    asker: Asker,
    by_who: Mapping[str, set[str]],
    groups: Mapping[str, str],
    no: set[str],
    linkedin: "_LinkedInNames",
) -> list[Link]:
    people: dict[str, set[str]] = defaultdict(set)
    for who in by_who:
        people[groups[who]].add(who)
    refused = {groups[who] for who in no}
    rules = {group: set().union(*(by_who[who] for who in members)) for group, members in people.items()}
    sure: list[tuple[str, Link]] = []
    named: list[tuple[str, Link]] = []
    like: list[tuple[str, Link]] = []
    for group, members in people.items():
        everybody = frozenset(who for who, other in groups.items() if other == group) | members
        rule = next(
            each for each in (PROFILE, WORD, NAME, LIKE_NAME) if each in rules[group] or each == LIKE_NAME
        )
        link = Link(asker.person, everybody, rule)
        (sure if rule in _SURE else named if rule == NAME else like).append((group, link))
    kept = [link for group, link in sure if group not in refused]
    if kept or asker.forms is None or linkedin.bearers(asker.forms.full) > 1:
        return kept
    offered = named or like
    if len(offered) > _MOST_ASKED:
        return kept
    alone = len(offered) == len(named) == 1
    return kept + [
        _upgraded(link, rules[group], asker.forms, linkedin) if alone else link
        for group, link in offered
        if group not in refused
    ]


def _upgraded(link: Link, rules: set[str], forms: NameForms, linkedin: "_LinkedInNames") -> Link:
    """Make a link by name sure where the name is rare and there is a second fact.

    An address bears what the profile's owner chose, or is of the company that you noted.
    """
    second = next((rule for rule in _SECOND_FACTS if rule in rules), None)
    return replace(link, rule=second) if second and linkedin.is_rare(forms) else link


def _same_people(database: Database, candidates: set[str]) -> dict[str, str]:
    """Return a group for each of some people and those who share a card with them."""
    pairs = set(
        _rows_of(database, "SELECT word, who FROM evidence_words WHERE says = 'address' AND who", candidates)
    )
    cards = "SELECT word, who FROM evidence_words WHERE says = 'address' AND word"
    pairs |= set(_rows_of(database, cards, candidates | {word for word, _ in pairs}))
    group = {who: who for who in candidates}

    def root(who: str) -> str:
        while group.setdefault(who, who) != who:
            who = group[who]
        return who

    for word, who in sorted(pairs):
        if root(word) != root(who):
            group[root(word)] = root(who)
    # A name without an address is the one who has that name and addresses, if there is one alone.
    named: dict[str, set[str]] = defaultdict(set)
    query = "SELECT word, who FROM evidence_words WHERE says = 'name' AND who"
    for word, who in _rows_of(database, query, set(group)):
        named[word].add(who)
    bare = {who for who in group if who not in {other for _, other in pairs}}
    for members in named.values():
        roots = {root(who) for who in members - bare}
        for who in members & bare:
            if len(roots) == 1:
                group[root(who)] = next(iter(roots))
    return {who: root(who) for who in list(group)}


def _domains(database: Database, members: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for who, domain in _rows_of(database, "SELECT who, domain FROM evidence_people WHERE who", members):
        if domain:
            found[who].add(domain)
    return found


def _with(link: Link, domains: Mapping[str, set[str]]) -> Link:
    found = set().union(*(domains.get(who, set()) for who in link.members))
    return replace(link, domains=tuple(sorted(found)))


class _LinkedInNames(Store):
    """Who bears which name on the platform, as far as the ledger knows: homonyms, and how rare a name is."""

    @cached_property
    def _people(self) -> dict[str, set[str]]:
        query = (
            "SELECT name, coalesce(person, 'row ' || id) FROM connections WHERE name NOTNULL"
            " UNION SELECT name, person FROM invitations WHERE name NOTNULL AND person NOTNULL"
        )
        found: dict[str, set[str]] = defaultdict(set)
        for name, person in self._database.connection.execute(query):
            found[full_form(name)].add("" if person.startswith("name:") else person)
        return {name: people - {""} or people for name, people in found.items()}

    @cached_property
    def _tokens(self) -> tuple[Counter[str], int]:
        counted: Counter[str] = Counter()
        for name, people in self._people.items():
            for token in set(name.split()):
                counted[token] += len(people)
        return counted, sum(map(len, self._people.values()))

    def bearers(self, full: str) -> int:
        """Return how many people bear a name."""
        return len(self._people.get(full, ()))

    def is_rare(self, forms: NameForms) -> bool:
        """Tell whether the first and the last word of a name are rare; among few people none is."""
        counted, people = self._tokens
        ends = (forms.tokens[0], forms.tokens[-1])
        return people >= _ENOUGH_PEOPLE and all(counted[each] <= max(1, _RARE * people) for each in ends)
