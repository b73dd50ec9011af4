"""Reads a policy file and refuses, with line and nearest name, whatever it does not understand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from netkit.errors import NetkitError, PolicyError, did_you_mean
from netkit.facts import ACTIONS, KINDS, UNKNOWN, Fact, Kind, Vocabulary, parse_facts, vocabulary
from netkit.plain_yaml import Located
from netkit.policy.rules import Assumption, Change, Condition, Range, Rule, Situation, Source

_FIELDS = ("policy", "title", "about", "changes", "sources", "facts", "assume", *KINDS)
SOURCE_FIELDS = ("id", "title", "author", "date", "url", "clauses")
CHANGE_FIELDS = ("on", "what", "by")
_RULE_FIELDS = ("id", "when", "do", "because", "clause", "letter", "situations")
_SITUATION_FIELDS = ("it", "given", "expect")
SITUATIONS_NEEDED = 2
_BOUNDS = ("not", "at_least", "at_most", "between")
_EXAMPLE = (
    "a level, a list of levels, unknown, {not: …}, "
    "or for a number {at_least: n}, {at_most: n}, {between: [a, b]}"
)
_UNTOLD = "Only your data can tell this, and they do not: a rule that asks for it does not apply."
OWN_CLAUSE = "own"  # a rule of your own has no source but you
# What is read aloud: one line or paragraph of text, never a list.
_TEXTS = (
    "on",
    "what",
    "by",
    "policy",
    "title",
    "about",
    "id",
    "author",
    "date",
    "url",
    "because",
    "it",
    "letter",
)


@dataclass(frozen=True)
class PolicyText:
    """A policy file, read and validated.

    Attributes
    ----------
    name, title, about : str
        What it is called, in one line, and in a short paragraph.
    sources : tuple of Source
        The texts it rests on.
    rules : dict of str to tuple of Rule
        The ordered rules of each kind of request that the policy speaks of.
    vocabularies : dict of str to Vocabulary
        The shipped facts and the policy's own, of each kind.
    assume : dict of str to (dict of str to Assumption)
        The declared assumptions of each kind.
    path : Path or None
        The file.
    changes : tuple of Change
        The changes that the file tells.
    """

    name: str
    title: str
    about: str
    sources: tuple[Source, ...]
    rules: dict[Kind, tuple[Rule, ...]]
    vocabularies: dict[Kind, Vocabulary]
    assume: dict[Kind, dict[str, Assumption]]
    path: Path | None = None
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, top: Located, file: str, path: Path | None = None) -> "PolicyText":
        """Validate the content of a policy file, whose name `file` stands before every complaint."""
        node = _Node(top, file)
        node.only(_FIELDS)
        node.need("policy", "title", "about", "sources")
        kinds = [kind for kind in KINDS if kind in top]
        if not kinds:
            raise PolicyError(
                f"{file}, line 1: no rules",
                accepted=f"at least one of the lists {', '.join(KINDS)}",
                do="write the rules",
            )
        sources = _sources(node)
        vocabularies = _vocabularies(node)
        named = {source.id: source for source in sources}
        readers = [_KindReader(kind, vocabularies[kind], named) for kind in kinds]
        rules = {reader.kind: reader.rules(node) for reader in readers}
        node.mapping("assume").only(kinds)
        return cls(
            name=str(top["policy"]),
            title=str(top["title"]),
            about=str(top["about"]).strip(),
            sources=sources,
            rules=rules,
            vocabularies={kind: vocabularies[kind] for kind in kinds},
            assume={reader.kind: reader.assumptions(node) for reader in readers},
            path=path,
            changes=tuple(map(_change, node.entries("changes"))) if "changes" in top else (),
        )


@dataclass(frozen=True)
class _Node:
    """A mapping of the file, and how to complain about a line of it."""

    fields: Located
    file: str

    def refuse(self, key: str, seen: str, accepted: str, do: str) -> PolicyError:
        """Return the error that names the line of a key, or of the mapping where it has no such key."""
        line = self.fields.lines.get(key, self.fields.line)
        return PolicyError(f"{self.file}, line {line}: {seen}", accepted=accepted, do=do)

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Put the line of a key before what another room complains about."""
        try:
            yield
        except NetkitError as problem:
            raise self.refuse(key, problem.seen, problem.accepted, problem.do) from problem

    def only(self, accepted: Iterable[str]) -> None:
        """Refuse a key that is not among the accepted ones."""
        for key in self.fields:
            self.one_of(key, key, accepted)

    def one_of(self, key: str, name: str, accepted: Iterable[str]) -> None:
        """Refuse a name that is not among the accepted ones."""
        names = list(accepted)
        if name not in names:
            raise self.refuse(key, f"saw {name!r}", did_you_mean(name, names), "correct the name")

    def need(self, *keys: str) -> None:
        """Refuse a mapping that lacks a key, or has nothing behind it."""
        missing = [key for key in keys if self.fields.get(key) in (None, "", [])]
        if missing:
            raise self.refuse(
                "", f"{', '.join(missing)} missing", f"{', '.join(keys)}, none empty", "add what is missing"
            )
        for key in _TEXTS:
            if isinstance(self.fields.get(key), list | dict):
                raise self.refuse(
                    key, f"{key} is a list or a mapping", "text", "put it in quotes, or write one sentence"
                )

    def mapping(self, key: str) -> "_Node":
        """Return the mapping behind a key; an empty one where the key is missing."""
        found = self.fields.get(key)
        if found is None:
            found = Located(self.fields.lines.get(key, self.fields.line))
        if not isinstance(found, Located):
            accepted = "names, each with ': ' and what belongs to it"
            raise self.refuse(key, f"{key} is not a mapping", accepted, "correct it")
        return _Node(found, self.file)

    def entries(self, key: str) -> list["_Node"]:
        """Return the list of mappings behind a key."""
        found = self.fields.get(key)
        if not isinstance(found, list) or not all(isinstance(item, Located) for item in found):
            accepted = "a list, each entry with '- '"
            raise self.refuse(key, f"{key} is not a list of entries", accepted, "correct the list")
        return [_Node(item, self.file) for item in found]


def _sources(top: _Node) -> tuple[Source, ...]:
    return tuple(map(_source, top.entries("sources")))


def _change(entry: _Node) -> Change:
    entry.only(CHANGE_FIELDS)
    entry.need("on", "what")
    change = Change(**{key: str(value) for key, value in entry.fields.items()})
    try:
        date.fromisoformat(change.on)
    except ValueError as problem:
        raise entry.refuse(
            "on", f"saw the day {change.on!r}", "a day like 2024-03-05", "correct it"
        ) from problem
    return change


def _source(entry: _Node) -> Source:
    entry.only(SOURCE_FIELDS)
    entry.need("id", "title")
    texts = {key: str(value) for key, value in entry.fields.items() if key != "clauses"}
    says = entry.mapping("clauses")
    for clause in says.fields:
        if clause_source(clause) != texts["id"]:
            seen, accepted = (
                f"the clause {clause!r} of the source {texts['id']}",
                f"{texts['id']}1, {texts['id']}2",
            )
            raise says.refuse(clause, seen, f"{accepted} and so on", "number a source's clauses")
        says.need(clause)
    return Source(**texts, clauses={clause: str(text) for clause, text in says.fields.items()})


def clause_source(clause: str) -> str:
    """Return the source that a clause belongs to.

    >>> clause_source("PN5")
    'PN'
    """
    return clause.rstrip("0123456789")


def _vocabularies(top: _Node) -> dict[Kind, Vocabulary]:
    own = top.mapping("facts")
    own.only(KINDS)
    found = {}
    for kind in KINDS:
        declared = own.mapping(kind)
        try:
            facts = parse_facts(declared.fields, name=top.file)
        except NetkitError as problem:
            raise PolicyError(problem.seen, accepted=problem.accepted, do=problem.do) from problem
        with own.at(kind):
            found[kind] = vocabulary(kind).extended(facts)
    return found


@dataclass(frozen=True)
class _KindReader:
    """Reads what a policy says of one kind of request: its rules, their situations, its assumptions."""

    kind: Kind
    words: Vocabulary
    sources: dict[str, Source]

    def rules(self, top: _Node) -> tuple[Rule, ...]:
        """Return the rules in their order."""
        entries = top.entries(self.kind)
        if not entries:
            raise top.refuse(self.kind, f"{self.kind} has no rules", "at least one", "write one")
        seen: dict[str, int] = {}
        assumed = top.mapping("assume").mapping(self.kind).fields
        rules = []
        for entry in entries:
            rule = self._rule(entry)
            if rule.id in seen:
                accepted = f"another id (line {seen[rule.id]})"
                raise entry.refuse("id", f"a second rule {rule.id!r}", accepted, "rename one")
            for name, condition in rule.when.items():
                if condition.unknown and name in assumed:
                    raise entry.refuse(
                        "when",
                        f"{rule.id} acts on {name} being unknown, which is assumed",
                        "an assumption, or a rule on not knowing",
                        "take one of them out",
                    )
            seen[rule.id] = rule.line
            rules.append(rule)
        return tuple(rules)

    def _rule(self, entry: _Node) -> Rule:
        entry.only(_RULE_FIELDS)
        entry.need("id", "do", "because", "clause", "situations")
        fields = entry.fields
        if not isinstance(fields.get("when"), Located):
            seen = f"{fields['id']} has no 'when' with conditions"
            raise entry.refuse("", seen, "fact: level, or {} for always", "add it")
        situations = entry.entries("situations")
        if len(situations) < SITUATIONS_NEEDED:
            raise entry.refuse(
                "situations",
                f"{fields['id']} has {len(situations)} situation",
                "two or more, a near miss among them",
                "add an example that the rule just misses",
            )
        return Rule(
            id=str(fields["id"]),
            when=self._when(entry.mapping("when")),
            action=self._action(fields["do"], entry, "do"),
            because=str(fields["because"]),
            clauses=self._clauses(entry),
            letter=str(fields.get("letter") or ""),
            situations=tuple(map(self._situation, situations)),
            line=fields.line,
        )

    def _action(self, seen: object, node: _Node, key: str) -> str:
        accepted = ACTIONS[self.kind]
        if seen not in accepted:
            near = did_you_mean(str(seen), accepted)
            raise node.refuse(key, f"saw the action {seen!r}", near, "use one of these")
        return str(seen)

    def _when(self, conditions: _Node) -> dict[str, Condition]:
        found = {}
        for name, value in conditions.fields.items():
            with conditions.at(name):
                found[name] = _parse_condition(self.words[name], value)
        return found

    def _situation(self, entry: _Node) -> Situation:
        entry.only(_SITUATION_FIELDS)
        entry.need("it", "expect")
        given, facts = {}, entry.mapping("given")
        for name, value in facts.fields.items():
            with facts.at(name):
                parsed = self.words[name].parse(value)
            if parsed is not None:
                given[name] = parsed
        expect, it, line = entry.fields["expect"], str(entry.fields["it"]), entry.fields.line
        if not isinstance(expect, Located):
            return Situation(it, given, self._action(expect, entry, "expect"), line=line)
        entry.mapping("expect").only(("open", "find_out"))
        possible, find_out = _listed(expect.get("open")), _listed(expect.get("find_out"))
        if len(possible) < 2:
            seen = "an open decision with fewer than two actions"
            raise entry.refuse("expect", seen, "two or more", "add them")
        for name in find_out:
            entry.one_of("expect", name, self.words)
        actions = frozenset(self._action(action, entry, "expect") for action in possible)
        return Situation(it, given, None, actions, tuple(find_out), line)

    def assumptions(self, top: _Node) -> dict[str, Assumption]:
        """Return what is assumed of facts that are not recorded."""
        assumed = top.mapping("assume").mapping(self.kind)
        nobody = {
            name: Assumption(self.words[name], None, _UNTOLD) for name in self.words.filled_in("derived")
        }
        return nobody | {name: self._assumption(name, assumed) for name in assumed.fields}

    def _assumption(self, name: str, assumed: _Node) -> Assumption:
        keys = ("level", "because", "clause")
        if not isinstance(assumed.fields[name], Located):
            raise assumed.refuse(name, f"{name} has no fields", ", ".join(keys), "add them")
        entry = assumed.mapping(name)
        entry.only(keys)
        entry.need(*keys)
        with assumed.at(name):
            value = self.words[name].parse(entry.fields["level"])
        if value is None:
            seen = f"{name} is assumed unknown"
            raise assumed.refuse(name, seen, "a level", "name what is assumed")
        because = str(entry.fields["because"])
        return Assumption(self.words[name], value, because, self._clauses(entry))

    def _clauses(self, entry: _Node) -> tuple[str, ...]:
        cited = entry.fields["clause"]
        clauses = tuple(str(clause) for clause in (cited if isinstance(cited, list) else [cited]))
        for clause in clauses:
            prefix = clause_source(clause)
            told = self.sources[prefix].clauses if prefix in self.sources else {}
            if clause != OWN_CLAUSE and told and clause not in told:
                near = did_you_mean(clause, told)
                raise entry.refuse(
                    "clause", f"saw the clause {clause!r}", near, "correct it, or add it there"
                )
            if clause != OWN_CLAUSE and prefix not in self.sources:
                near = did_you_mean(prefix, sorted(self.sources))
                raise entry.refuse(
                    "clause",
                    f"saw the clause {clause!r}",
                    f"a clause of the sources {near}, or {OWN_CLAUSE}",
                    "correct it, or add its source",
                )
        return clauses


def _listed(value: object) -> list[str]:
    if value in (None, UNKNOWN):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


# ---- one condition -------------------------------------------------------------------------------


def _parse_condition(fact: Fact, written: Any) -> Condition:  # noqa: ANN401 - YAML holds anything
    """Return what a rule asks of a fact.

    Examples
    --------
    >>> _parse_condition(Fact("note_kind", "What?", levels=("none", "personal")), {"not": "none"}).words()
    'note kind is personal'
    """
    if fact.knowable == "afterwards":
        raise PolicyError(
            f"{fact.name} is known only afterwards",
            accepted="what can be known when the decision is due",
            do="use another fact",
        )
    if isinstance(written, dict):
        condition = _bounded(fact, written)
    else:
        condition = _any_of(fact, written if isinstance(written, list) else [written])
    _refuse_empty(fact, condition)
    return condition


def _any_of(fact: Fact, written: Iterable[object]) -> Condition:
    written = list(written)
    if any(value is None or isinstance(value, (dict, list)) for value in written):
        raise PolicyError(f"saw {written!r} for {fact.name}", accepted=_EXAMPLE, do="correct the condition")
    values = [fact.parse(value) for value in written]
    levels = frozenset(value for value in values if isinstance(value, str))
    ranges = tuple((number, number) for number in values if isinstance(number, int))
    return Condition(fact, levels, _merged(ranges), unknown=None in values)


def _bounded(fact: Fact, written: dict[str, Any]) -> Condition:
    keys = list(written)
    if len(keys) != 1 or keys[0] not in _BOUNDS:
        wrong = next((key for key in keys if key not in _BOUNDS), ", ".join(keys))
        raise PolicyError(
            f"saw the condition {wrong!r} for {fact.name}",
            accepted=f"one of {did_you_mean(str(wrong), _BOUNDS)}",
            do="correct it; two bounds on one number are {between: [a, b]}",
        )
    key, value = keys[0], written[keys[0]]
    if key == "not":
        return _negated(_any_of(fact, value if isinstance(value, list) else [value]))
    if not fact.is_number:
        raise PolicyError(
            f"saw {key} for {fact.name}, which is not a number",
            accepted=f"one of its levels: {', '.join(fact.levels)}",
            do="name the levels",
        )
    return Condition(fact, ranges=(_range(fact, key, value),))


def _range(fact: Fact, key: str, value: object) -> Range:
    written = value if isinstance(value, list) else [value]
    ends = [number for number in written if isinstance(number, int)]
    if len(written) != (2 if key == "between" else 1) or len(ends) < len(written):
        raise PolicyError(
            f"saw {key}: {value} for {fact.name}",
            accepted="{at_least: n}, {at_most: n} or {between: [a, b]} with whole numbers",
            do="correct it",
        )
    if key == "at_least":
        return max(ends[0], 0), None
    return (0, ends[0]) if key == "at_most" else (ends[0], ends[1])


def _negated(condition: Condition) -> Condition:
    """Return the other recorded values; not knowing is never the negation of a value."""
    fact = condition.fact
    if not fact.is_number:
        return Condition(fact, frozenset(fact.levels) - condition.levels)
    found: list[Range] = []
    low = 0
    for start, end in condition.ranges:
        if low < start:
            found.append((low, start - 1))
        low = start + 1 if end is None else end + 1
    return Condition(fact, ranges=(*found, (low, None)))


def _merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return ranges in order, neighbours joined."""
    found: list[Range] = []
    for low, high in sorted(ranges, key=lambda ends: ends[0]):
        if found and found[-1][1] is not None and low <= found[-1][1] + 1:
            before = found.pop()
            assert before[1] is not None
            found.append((before[0], None if high is None else max(before[1], high)))
        else:
            found.append((low, high))
    return tuple(found)


def _refuse_empty(fact: Fact, condition: Condition) -> None:
    """Refuse what never holds, and what holds for every recorded value (leave it out instead)."""
    ranges = [ends for ends in condition.ranges if ends[1] is None or ends[0] <= ends[1]]
    if len(ranges) < len(condition.ranges) or not (ranges or condition.levels or condition.unknown):
        raise PolicyError(
            f"the condition on {fact.name} can never hold",
            accepted="a condition that some value meets",
            do="correct the levels or the bounds",
        )
    if ranges == [(0, None)] or (fact.levels and condition.levels == frozenset(fact.levels)):
        raise PolicyError(
            f"the condition on {fact.name} holds for every value",
            accepted=f"a condition that some value fails, or {fact.name}: {UNKNOWN}",
            do="leave the condition out",
        )
