"""Reads the lists of rules in a policy file, each rule with its situations."""

from typing import Any

from netkit.errors import NetkitError, did_you_mean
from netkit.facts import ACTIONS, UNKNOWN, Kind, Vocabulary
from netkit.plain_yaml import Located
from netkit.policy.conditions import parse_condition
from netkit.policy.lines import Place, cited_clauses, entries_of, mapping_of, need, refuse_unknown
from netkit.policy.rules import Rule, Situation

RULE_FIELDS = ("id", "when", "do", "because", "clause", "letter", "situations")
SITUATION_FIELDS = ("it", "given", "expect")
SITUATIONS_NEEDED = 2


def read_rules(
    top: Located, kind: Kind, words: Vocabulary, ids: set[str], place: Place
) -> tuple[Rule, ...]:
    """Return the rules of one kind of request.

    Parameters
    ----------
    top : Located
        The whole file.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.
    words : Vocabulary
        The facts that may stand in conditions.
    ids : set of str
        The ids of the sources.
    place : Place
        The file.

    Returns
    -------
    tuple of Rule
        In the order of the file.

    Raises
    ------
    PolicyError
        A rule is not valid.
    """
    entries = entries_of(top, kind, place)
    if not entries:
        raise place.at(top, kind).refuse(f"{kind} has no rules", "at least one", "write one")
    seen: dict[str, int] = {}
    assumed = set(mapping_of(mapping_of(top, "assume", place), kind, place))
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
    refuse_unknown(entry, RULE_FIELDS, place)
    need(entry, ("id", "do", "because", "clause", "situations"), place)
    if not isinstance(entry.get("when"), Located):
        raise Place(place.file, entry.line).refuse(
            f"{entry['id']} has no 'when' with conditions",
            "fact: level, or {} for always",
            "add it",
        )
    situations = entries_of(entry, "situations", place)
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
        clauses=cited_clauses(entry, ids, place),
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
    refuse_unknown(entry, SITUATION_FIELDS, place)
    need(entry, ("it", "expect"), place)
    given = {}
    facts = mapping_of(entry, "given", place)
    for name, value in facts.items():
        try:
            parsed = words[name].parse(value)
        except NetkitError as problem:
            raise place.at(facts, name).inside(problem) from problem
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
    refuse_unknown(expect, ("open", "find_out"), where)
    possible = _listed(expect.get("open"))
    find_out = _listed(expect.get("find_out"))
    if len(possible) < 2:
        raise where.refuse(
            "an open decision with fewer than two actions", "two or more", "add them"
        )
    for name in find_out:
        refuse_unknown({name: None}, words, where)
    actions = frozenset(_action(action, kind, where) for action in possible)
    return Situation(it, given, None, actions, tuple(find_out), line)


def _listed(value: object) -> list[str]:
    if value in (None, UNKNOWN):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
