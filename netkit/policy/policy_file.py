"""Reads a policy file and refuses, with line and nearest name, whatever it does not understand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netkit.errors import NetkitError, PolicyError, did_you_mean
from netkit.facts import ACTIONS, KINDS, UNKNOWN, Fact, Kind, Vocabulary, parse_facts, vocabulary
from netkit.plain_yaml import Located, parse_yaml, read_yaml
from netkit.policy.rules import Assumption, Condition, Range, Rule, Situation, Source

_FIELDS = ("policy", "title", "about", "sources", "facts", "assume", *KINDS)
SOURCE_FIELDS = ("id", "title", "author", "date", "url")
_RULE_FIELDS = ("id", "when", "do", "because", "clause", "letter", "situations")
_SITUATION_FIELDS = ("it", "given", "expect")
SITUATIONS_NEEDED = 2
_BOUNDS = ("not", "at_least", "at_most", "between")
_EXAMPLE = (
    "a level, a list of levels, unknown, {not: …}, "
    "or for a number {at_least: n}, {at_most: n}, {between: [a, b]}"
)
_OWN = "own"  # a rule of your own has no source but you
# What is read aloud: one line or paragraph of text, never a list.
_TEXTS = ("policy", "title", "about", "id", "author", "date", "url", "because", "it", "letter")


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
    """

    name: str
    title: str
    about: str
    sources: tuple[Source, ...]
    rules: dict[Kind, tuple[Rule, ...]]
    vocabularies: dict[Kind, Vocabulary]
    assume: dict[Kind, dict[str, Assumption]]
    path: Path | None = None


@dataclass(frozen=True)
class _Place:
    """A line of a file, and how to complain about it."""

    file: str
    line: int

    def refuse(self, seen: str, accepted: str, do: str) -> PolicyError:
        """Return the error that names this place."""
        return PolicyError(f"{self.file}, line {self.line}: {seen}", accepted=accepted, do=do)

    def at(self, fields: Located, key: str) -> "_Place":
        """Return the place of one key of a mapping."""
        return _Place(self.file, fields.lines.get(key, fields.line))

    def inside(self, problem: NetkitError) -> PolicyError:
        """Return the error of another room with this place put before it."""
        return self.refuse(problem.seen, problem.accepted, problem.do)


def read_policy(path: Path) -> PolicyText:
    """Read and validate one policy file."""
    return _policy(read_yaml(path, error=PolicyError), path.name, path)


def parse_policy(text: str, *, name: str = "policy") -> PolicyText:
    """Read and validate a policy from text, as `read_policy` does from a file."""
    return _policy(parse_yaml(text, name=name, error=PolicyError), name, None)


def _policy(top: Located, file: str, path: Path | None) -> PolicyText:
    place = _Place(file, 1)
    _refuse_unknown(top, _FIELDS, place)
    _need(top, ("policy", "title", "about", "sources"), place)
    kinds = [kind for kind in KINDS if kind in top]
    if not kinds:
        raise place.refuse(
            "no rules", f"at least one of the lists {', '.join(KINDS)}", "write the rules"
        )
    sources = _sources(top, place)
    vocabularies = _vocabularies(top, place)
    ids = {source.id for source in sources}
    return PolicyText(
        name=str(top["policy"]),
        title=str(top["title"]),
        about=str(top["about"]).strip(),
        sources=sources,
        rules={kind: _rules(top, kind, vocabularies[kind], ids, place) for kind in kinds},
        vocabularies={kind: vocabularies[kind] for kind in kinds},
        assume=_assumptions(top, kinds, vocabularies, ids, place),
        path=path,
    )


def _sources(top: Located, place: _Place) -> tuple[Source, ...]:
    entries = _entries(top, "sources", place)
    for entry in entries:
        _refuse_unknown(entry, SOURCE_FIELDS, place)
        _need(entry, ("id", "title"), place)
    return tuple(Source(**{key: str(value) for key, value in entry.items()}) for entry in entries)


def _vocabularies(top: Located, place: _Place) -> dict[Kind, Vocabulary]:
    own = _mapping(top, "facts", place)
    _refuse_unknown(own, KINDS, place)
    found = {}
    for kind in KINDS:
        where = place.at(own, kind)
        try:
            facts = parse_facts(_mapping(own, kind, place), name=place.file)
        except NetkitError as problem:
            raise PolicyError(problem.seen, accepted=problem.accepted, do=problem.do) from problem
        try:
            found[kind] = vocabulary(kind).extended(facts)
        except NetkitError as problem:
            raise where.inside(problem) from problem
    return found


def _assumptions(
    top: Located,
    kinds: list[Kind],
    vocabularies: dict[Kind, Vocabulary],
    ids: set[str],
    place: _Place,
) -> dict[Kind, dict[str, Assumption]]:
    declared = _mapping(top, "assume", place)
    _refuse_unknown(declared, kinds, place)
    found: dict[Kind, dict[str, Assumption]] = {kind: {} for kind in kinds}
    for kind in kinds:
        assumed = _mapping(declared, kind, place)
        for name, fields in assumed.items():
            where = place.at(assumed, name)
            found[kind][name] = _assumption(name, fields, vocabularies[kind], ids, where)
    return found


def _assumption(
    name: str, fields: object, words: Vocabulary, ids: set[str], place: _Place
) -> Assumption:
    if not isinstance(fields, Located):
        raise place.refuse(f"{name} has no fields", "level, because, clause", "add them")
    _refuse_unknown(fields, ("level", "because", "clause"), place)
    _need(fields, ("level", "because", "clause"), place)
    try:
        value = words[name].parse(fields["level"])
    except NetkitError as problem:
        raise place.inside(problem) from problem
    if value is None:
        raise place.refuse(f"{name} is assumed unknown", "a level", "name what is assumed")
    return Assumption(
        words[name], value, str(fields["because"]), _cited_clauses(fields, ids, place)
    )


# ---- the rules, each with its situations ---------------------------------------------------------


def _rules(
    top: Located, kind: Kind, words: Vocabulary, ids: set[str], place: _Place
) -> tuple[Rule, ...]:
    """Return the rules of one kind of request."""
    entries = _entries(top, kind, place)
    if not entries:
        raise place.at(top, kind).refuse(f"{kind} has no rules", "at least one", "write one")
    seen: dict[str, int] = {}
    assumed = set(_mapping(_mapping(top, "assume", place), kind, place))
    rules = []
    for entry in entries:
        rule = _rule(entry, kind, words, ids, place)
        if rule.id in seen:
            raise place.at(entry, "id").refuse(
                f"a second rule {rule.id!r}", f"another id (line {seen[rule.id]})", "rename one"
            )
        for name, condition in rule.when.items():
            if condition.unknown and name in assumed:
                raise place.at(entry, "when").refuse(
                    f"{rule.id} acts on {name} being unknown, which is assumed",
                    "an assumption, or a rule on not knowing",
                    "take one of them out",
                )
        seen[rule.id] = rule.line
        rules.append(rule)
    return tuple(rules)


def _rule(entry: Located, kind: Kind, words: Vocabulary, ids: set[str], place: _Place) -> Rule:
    _refuse_unknown(entry, _RULE_FIELDS, place)
    _need(entry, ("id", "do", "because", "clause", "situations"), place)
    if not isinstance(entry.get("when"), Located):
        raise _Place(place.file, entry.line).refuse(
            f"{entry['id']} has no 'when' with conditions",
            "fact: level, or {} for always",
            "add it",
        )
    situations = _entries(entry, "situations", place)
    if len(situations) < SITUATIONS_NEEDED:
        raise place.at(entry, "situations").refuse(
            f"{entry['id']} has {len(situations)} situation",
            "two or more, a near miss among them",
            "add an example that the rule just misses",
        )
    return Rule(
        id=str(entry["id"]),
        when=_when(entry["when"], words, place),
        action=_action(entry["do"], kind, place.at(entry, "do")),
        because=str(entry["because"]),
        clauses=_cited_clauses(entry, ids, place),
        letter=str(entry.get("letter") or ""),
        situations=tuple(_situation(item, kind, words, place) for item in situations),
        line=entry.line,
    )


def _action(seen: object, kind: Kind, place: _Place) -> str:
    if seen not in ACTIONS[kind]:
        raise place.refuse(
            f"saw the action {seen!r}", did_you_mean(str(seen), ACTIONS[kind]), "use one of these"
        )
    return str(seen)


def _when(conditions: Located, words: Vocabulary, place: _Place) -> dict[str, Any]:
    found = {}
    for name, value in conditions.items():
        where = place.at(conditions, name)
        try:
            found[name] = parse_condition(words[name], value)
        except NetkitError as problem:
            raise where.inside(problem) from problem
    return found


def _situation(entry: Located, kind: Kind, words: Vocabulary, place: _Place) -> Situation:
    _refuse_unknown(entry, _SITUATION_FIELDS, place)
    _need(entry, ("it", "expect"), place)
    given = {}
    facts = _mapping(entry, "given", place)
    for name, value in facts.items():
        try:
            parsed = words[name].parse(value)
        except NetkitError as problem:
            raise place.at(facts, name).inside(problem) from problem
        if parsed is not None:
            given[name] = parsed
    return _expected(entry, kind, words, place, given)


def _expected(
    entry: Located, kind: Kind, words: Vocabulary, place: _Place, given: dict[str, str | int]
) -> Situation:
    expect, where = entry["expect"], place.at(entry, "expect")
    it, line = str(entry["it"]), entry.line
    if not isinstance(expect, Located):
        return Situation(it, given, _action(expect, kind, where), line=line)
    _refuse_unknown(expect, ("open", "find_out"), where)
    possible = _listed(expect.get("open"))
    find_out = _listed(expect.get("find_out"))
    if len(possible) < 2:
        raise where.refuse(
            "an open decision with fewer than two actions", "two or more", "add them"
        )
    for name in find_out:
        _refuse_unknown({name: None}, words, where)
    actions = frozenset(_action(action, kind, where) for action in possible)
    return Situation(it, given, None, actions, tuple(find_out), line)


def _listed(value: object) -> list[str]:
    if value in (None, UNKNOWN):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


# ---- one condition -------------------------------------------------------------------------------


def parse_condition(fact: Fact, written: Any) -> Condition:  # noqa: ANN401 - YAML holds anything
    """Return what a rule asks of a fact.

    Examples
    --------
    >>> parse_condition(Fact("note_kind", "What?", levels=("none", "personal")), {"not": "none"}).words()
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
        raise PolicyError(
            f"saw {written!r} for {fact.name}", accepted=_EXAMPLE, do="correct the condition"
        )
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


# ---- complaints that name a line -----------------------------------------------------------------


def _refuse_unknown(fields: Mapping[str, Any], accepted: Iterable[str], place: _Place) -> None:
    """Refuse a key that is not among the accepted ones."""
    names = list(accepted)
    for key in fields:
        if key not in names:
            where = place.at(fields, key) if isinstance(fields, Located) else place
            raise where.refuse(f"saw {key!r}", did_you_mean(key, names), "correct the name")


def _need(fields: Located, keys: Iterable[str], place: _Place) -> None:
    """Refuse a mapping that lacks a key, or has nothing behind it."""
    missing = [key for key in keys if fields.get(key) in (None, "", [])]
    if missing:
        raise _Place(place.file, fields.line).refuse(
            f"{', '.join(missing)} missing", f"{', '.join(keys)}, none empty", "add what is missing"
        )
    for key in _TEXTS:
        if isinstance(fields.get(key), list | dict):
            raise place.at(fields, key).refuse(
                f"{key} is a list or a mapping", "text", "put it in quotes, or write one sentence"
            )


def _mapping(fields: Located, key: str, place: _Place) -> Located:
    """Return the mapping behind a key; an empty one where the key is missing."""
    found = fields.get(key)
    if found is None:
        return Located(fields.lines.get(key, fields.line))
    if not isinstance(found, Located):
        raise place.at(fields, key).refuse(
            f"{key} is not a mapping", "names, each with ': ' and what belongs to it", "correct it"
        )
    return found


def _entries(fields: Located, key: str, place: _Place) -> list[Located]:
    """Return the list of mappings behind a key."""
    found = fields.get(key)
    if not isinstance(found, list) or not all(isinstance(item, Located) for item in found):
        raise place.at(fields, key).refuse(
            f"{key} is not a list of entries", "a list, each entry with '- '", "correct the list"
        )
    return found


def _cited_clauses(fields: Located, ids: set[str], place: _Place) -> tuple[str, ...]:
    """Return the clauses that an entry cites."""
    cited = fields["clause"]
    clauses = tuple(str(clause) for clause in (cited if isinstance(cited, list) else [cited]))
    for clause in clauses:
        prefix = clause.rstrip("0123456789")
        if clause != _OWN and prefix not in ids:
            raise place.at(fields, "clause").refuse(
                f"saw the clause {clause!r}",
                f"a clause of the sources {did_you_mean(prefix, sorted(ids))}, or {_OWN}",
                "correct it, or add its source",
            )
    return clauses
