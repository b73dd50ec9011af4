"""Reads a policy file and refuses, with line and nearest name, whatever it does not understand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netkit.errors import NetkitError, PolicyError, did_you_mean
from netkit.facts import KINDS, UNKNOWN, Kind, Vocabulary, parse_facts, vocabulary
from netkit.plain_yaml import Located, parse_yaml, read_yaml
from netkit.policy_conditions import parse_condition
from netkit.policy_rules import ACTIONS, Assumption, Rule, Situation, Source

FIELDS = ("policy", "title", "about", "sources", "facts", "assume", *KINDS)
RULE_FIELDS = ("id", "when", "do", "because", "clause", "letter", "situations")
SITUATION_FIELDS = ("it", "given", "expect")
SOURCE_FIELDS = ("id", "title", "author", "date", "url")
SITUATIONS_NEEDED = 2


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
class Place:
    """A line of a file, and how to complain about it."""

    file: str
    line: int

    def refuse(self, seen: str, accepted: str, do: str) -> PolicyError:
        """Return the error that names this place."""
        return PolicyError(f"{self.file}, line {self.line}: {seen}", accepted=accepted, do=do)

    def at(self, fields: Located, key: str) -> "Place":
        """Return the place of one key of a mapping."""
        return Place(self.file, fields.lines.get(key, fields.line))

    def inside(self, problem: NetkitError) -> PolicyError:
        """Return the error of another room with this place put before it."""
        return self.refuse(problem.seen, problem.accepted, problem.do)


def read_policy(path: Path) -> PolicyText:
    """Read and validate one policy file.

    Parameters
    ----------
    path : Path
        A YAML file.

    Returns
    -------
    PolicyText
        Its content.

    Raises
    ------
    PolicyError
        Something is missing, unknown or not accepted; the message names file and line.
    """
    return _policy(read_yaml(path, error=PolicyError), path.name, path)


def parse_policy(text: str, *, name: str = "policy") -> PolicyText:
    """Read and validate a policy from text, as `read_policy` does from a file.

    Parameters
    ----------
    text : str
        The YAML text.
    name : str
        What to call the text in messages.

    Returns
    -------
    PolicyText
        Its content.
    """
    return _policy(parse_yaml(text, name=name, error=PolicyError), name, None)


def _policy(top: Located, file: str, path: Path | None) -> PolicyText:
    place = Place(file, 1)
    _known(top, FIELDS, place)
    _needed(top, ("policy", "title", "about", "sources"), place)
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


def _known(fields: Mapping[str, Any], accepted: Iterable[str], place: Place) -> None:
    names = list(accepted)
    for key in fields:
        if key not in names:
            where = place.at(fields, key) if isinstance(fields, Located) else place
            raise where.refuse(f"saw {key!r}", did_you_mean(key, names), "correct the name")


def _needed(fields: Located, keys: Iterable[str], place: Place) -> None:
    missing = [key for key in keys if fields.get(key) in (None, "", [])]
    if missing:
        raise Place(place.file, fields.line).refuse(
            f"{', '.join(missing)} missing", f"{', '.join(keys)}, none empty", "add what is missing"
        )


def _mappings(fields: Located, key: str, place: Place) -> list[Located]:
    """Return a list of mappings, refusing anything else."""
    found = fields.get(key)
    if not isinstance(found, list) or not all(isinstance(item, Located) for item in found):
        raise place.at(fields, key).refuse(
            f"{key} is not a list of entries", "a list, each entry with '- '", "correct the list"
        )
    return found


def _sources(top: Located, place: Place) -> tuple[Source, ...]:
    entries = _mappings(top, "sources", place)
    for entry in entries:
        _known(entry, SOURCE_FIELDS, place)
        _needed(entry, ("id", "title"), place)
    return tuple(Source(**{key: str(value) for key, value in entry.items()}) for entry in entries)


def _vocabularies(top: Located, place: Place) -> dict[Kind, Vocabulary]:
    own = top.get("facts") or Located(1)
    _known(own, KINDS, place)
    found = {}
    for kind in KINDS:
        where = place.at(own, kind)
        try:
            facts = parse_facts(own.get(kind) or Located(1), name=place.file)
        except NetkitError as problem:
            raise PolicyError(problem.seen, accepted=problem.accepted, do=problem.do) from problem
        try:
            found[kind] = vocabulary(kind).extended(facts)
        except NetkitError as problem:
            raise where.inside(problem) from problem
    return found


def _clauses(fields: Located, ids: set[str], place: Place) -> tuple[str, ...]:
    """Return the cited clauses: each the id of a source, a number behind it unless it is one's own."""
    cited = fields["clause"]
    clauses = tuple(str(clause) for clause in (cited if isinstance(cited, list) else [cited]))
    for clause in clauses:
        prefix = clause.rstrip("0123456789")
        if prefix not in ids:
            raise place.at(fields, "clause").refuse(
                f"saw the clause {clause!r}",
                f"a clause of the sources {did_you_mean(prefix, sorted(ids))}",
                "correct it, or add its source",
            )
    return clauses


def _assumptions(
    top: Located,
    kinds: list[Kind],
    vocabularies: dict[Kind, Vocabulary],
    ids: set[str],
    place: Place,
) -> dict[Kind, dict[str, Assumption]]:
    declared = top.get("assume") or Located(1)
    _known(declared, kinds, place)
    found: dict[Kind, dict[str, Assumption]] = {kind: {} for kind in kinds}
    for kind in kinds:
        for name, fields in (declared.get(kind) or {}).items():
            where = place.at(declared[kind], name)
            found[kind][name] = _assumption(name, fields, vocabularies[kind], ids, where)
    return found


def _assumption(
    name: str, fields: object, words: Vocabulary, ids: set[str], place: Place
) -> Assumption:
    if not isinstance(fields, Located):
        raise place.refuse(f"{name} has no fields", "level, because, clause", "add them")
    _known(fields, ("level", "because", "clause"), place)
    _needed(fields, ("level", "because", "clause"), place)
    try:
        value = words[name].parse(fields["level"])
    except NetkitError as problem:
        raise place.inside(problem) from problem
    if value is None:
        raise place.refuse(f"{name} is assumed unknown", "a level", "name what is assumed")
    return Assumption(words[name], value, str(fields["because"]), _clauses(fields, ids, place))


def _rules(
    top: Located, kind: Kind, words: Vocabulary, ids: set[str], place: Place
) -> tuple[Rule, ...]:
    entries = _mappings(top, kind, place)
    if not entries:
        raise place.at(top, kind).refuse(f"{kind} has no rules", "at least one", "write one")
    seen: dict[str, int] = {}
    assumed = set(((top.get("assume") or {}).get(kind)) or {})
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


def _rule(entry: Located, kind: Kind, words: Vocabulary, ids: set[str], place: Place) -> Rule:
    _known(entry, RULE_FIELDS, place)
    _needed(entry, ("id", "do", "because", "clause", "situations"), place)
    if not isinstance(entry.get("when"), Located):
        raise Place(place.file, entry.line).refuse(
            f"{entry['id']} has no 'when' with conditions",
            "fact: level, or {} for always",
            "add it",
        )
    situations = _mappings(entry, "situations", place)
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
        clauses=_clauses(entry, ids, place),
        letter=str(entry.get("letter") or ""),
        situations=tuple(_situation(item, kind, words, place) for item in situations),
        line=entry.line,
    )


def _action(seen: object, kind: Kind, place: Place) -> str:
    if seen not in ACTIONS[kind]:
        raise place.refuse(
            f"saw the action {seen!r}", did_you_mean(str(seen), ACTIONS[kind]), "use one of these"
        )
    return str(seen)


def _when(conditions: Located, words: Vocabulary, place: Place) -> dict[str, Any]:
    found = {}
    for name, value in conditions.items():
        where = place.at(conditions, name)
        try:
            found[name] = parse_condition(words[name], value)
        except NetkitError as problem:
            raise where.inside(problem) from problem
    return found


def _situation(entry: Located, kind: Kind, words: Vocabulary, place: Place) -> Situation:
    _known(entry, SITUATION_FIELDS, place)
    _needed(entry, ("it", "expect"), place)
    given = {}
    for name, value in (entry.get("given") or {}).items():
        try:
            parsed = words[name].parse(value)
        except NetkitError as problem:
            raise place.at(entry["given"], name).inside(problem) from problem
        if parsed is not None:
            given[name] = parsed
    return _expected(entry, kind, words, place, given)


def _expected(
    entry: Located, kind: Kind, words: Vocabulary, place: Place, given: dict[str, str | int]
) -> Situation:
    expect, where = entry["expect"], place.at(entry, "expect")
    it, line = str(entry["it"]), entry.line
    if not isinstance(expect, Located):
        return Situation(it, given, _action(expect, kind, where), line=line)
    _known(expect, ("open", "find_out"), where)
    possible = _listed(expect.get("open"))
    find_out = _listed(expect.get("find_out"))
    if len(possible) < 2:
        raise where.refuse(
            "an open decision with fewer than two actions", "two or more", "add them"
        )
    for name in find_out:
        _known({name: None}, words, where)
    actions = frozenset(_action(action, kind, where) for action in possible)
    return Situation(it, given, None, actions, tuple(find_out), line)


def _listed(value: object) -> list[str]:
    if value in (None, UNKNOWN):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
