"""The JSON Schema of a policy file, made from the vocabulary, so that editors complete and check it."""

import json
from collections.abc import Sequence
from typing import Any, get_args

from netkit.facts import ACTIONS, KINDS, UNKNOWN, Fact, Kind, Knowable, Origin, vocabulary
from netkit.policy.policy_file import CHANGE_FIELDS, SITUATIONS_NEEDED, SOURCE_FIELDS

SCHEMA = "policies/policy.schema.json"  # below the package's folder
_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string", "minLength": 1}
_NUMBER: _Schema = {"type": "number", "minimum": 0}
_WHOLE: _Schema = {"type": "integer", "minimum": 0}
_VALUE: _Schema = {"type": ["string", "number"]}
_CLAUSE: _Schema = {
    "description": "The clause or clauses that the rule carries out; 'own' in your own policy.",
    "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}],
}


def _policy_schema() -> _Schema:
    """Return the JSON Schema of a policy file."""
    own_facts: _Schema = {kind: _mapping({}, {"$ref": "#/definitions/fact"}) for kind in KINDS}
    says = {**_mapping({}, _TEXT), "description": "What each clause says, in your words: {AB1: ...}."}
    sources = {**dict.fromkeys(SOURCE_FIELDS, _TEXT), "clauses": says}
    properties: _Schema = {
        "policy": {**_TEXT, "description": "The name."},
        "title": {**_TEXT, "description": "One line."},
        "about": {**_TEXT, "description": "A short paragraph in plain words."},
        "changes": _list(_object(dict.fromkeys(CHANGE_FIELDS, _TEXT), ["on", "what"]), 1),
        "sources": _list(_object(sources, ["id", "title"]), 1),
        "facts": {**_object(own_facts, []), "description": "Facts of your own."},
        "answers": {
            **_object({kind: _mapping({}, _own_answer(kind)) for kind in KINDS}, []),
            "description": "Answers of your own.",
        },
        "assume": _object({kind: _assume(kind) for kind in KINDS}, []),
        **{kind: _list({"$ref": f"#/definitions/{kind}_rule"}, 1) for kind in KINDS},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "netkit policy",
        "description": "An ordered list of rules per kind of request; the first that holds decides.",
        **_object(properties, ["policy", "title", "about", "sources"]),
        "anyOf": [{"required": [kind]} for kind in KINDS],
        "definitions": {
            "fact": _fact(),
            "condition": _condition(_VALUE),
            **_shapes(),
            **{f"{kind}_case": _case(kind) for kind in KINDS},
            **{f"{kind}_rule": _rule(kind) for kind in KINDS},
        },
    }


def schema_text() -> str:
    """Return the JSON Schema as the text that is committed."""
    return json.dumps(_policy_schema(), indent=1, ensure_ascii=False) + "\n"


def _object(properties: _Schema, required: Sequence[str]) -> _Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _mapping(properties: _Schema, others: _Schema) -> _Schema:
    """Return a mapping with some known keys and any others: own facts stand beside shipped ones."""
    return {"type": "object", "properties": properties, "additionalProperties": others}


def _list(items: _Schema, at_least: int) -> _Schema:
    return {"type": "array", "items": items, "minItems": at_least}


def _fact() -> _Schema:
    """Return the schema of a fact that a policy declares itself."""
    number = _object({"bands": {"type": "array", "items": _NUMBER}, "decimals": {"enum": ["yes", "no"]}}, [])
    fields = {
        "question": _TEXT,
        "levels": _list(_VALUE, 2),
        "number": number,
        "from": {"enum": list(get_args(Origin))},
        "effort": {**_WHOLE, "maximum": 9},
        "knowable": {"enum": list(get_args(Knowable))},
        "clauses": {"type": "array", "items": _TEXT},
        "means": _TEXT,
        "search": _TEXT,
        "restates": {"type": "boolean"},
        "ask_asker": {**_TEXT, "description": "What somebody who asks is asked himself."},
        "asker_says": {**_mapping({}, _TEXT), "description": "His answers: {yes: We have met, no: ...}."},
        "tell_asker": {**_TEXT, "description": "It also depends on ..., where only you can tell."},
    }
    return {**_object(fields, ["question"]), "oneOf": [{"required": ["levels"]}, {"required": ["number"]}]}


def _own_answer(kind: Kind) -> _Schema:
    fields: _Schema = {
        "words": {**_TEXT, "description": "How it is said."},
        "means": {"enum": list(ACTIONS[kind]), "description": "What it comes to when judges are compared."},
        "letter": {**_TEXT, "description": "The letter template it owes."},
        "tell_asker": {**_TEXT, "description": "How it is said to whoever asks: goes on after 'I will'."},
    }
    return _object(fields, ["words", "means"])


def _described(fact: Fact) -> str:
    return fact.question + (f" ({fact.means})" if fact.means else "")


def _shape(fact: Fact) -> str:
    return "number" if fact.is_number else "_".join(fact.levels)


def _of(fact: Fact, what: str) -> _Schema:
    return {"$ref": f"#/definitions/{what}_{_shape(fact)}"}


def _shapes() -> _Schema:
    """Return, for each list of levels in use, the schema of its values and of a condition on them."""
    found: _Schema = {}
    for kind in KINDS:
        for fact in vocabulary(kind).values():
            value: _Schema = {"enum": [*fact.levels, UNKNOWN]}
            if fact.is_number:
                value = {"anyOf": [_WHOLE, {"const": UNKNOWN}]}
            found[f"value_{_shape(fact)}"] = value
            condition = _condition(_of(fact, "value"), number=fact.is_number)
            found[f"condition_{_shape(fact)}"] = condition
    return found


def _condition(value: _Schema, *, number: bool = True) -> _Schema:
    several = {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}
    forms = [_object({"not": several}, ["not"])]
    if number:
        pair = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
        bounds = {"at_least": _NUMBER, "at_most": _NUMBER, "between": pair}
        forms += [_object({key: bound}, [key]) for key, bound in bounds.items()]
    return {"anyOf": [several, *forms]}


def _assume(kind: Kind) -> _Schema:
    def fields(level: _Schema) -> _Schema:
        return _object({"level": level, "because": _TEXT, "clause": _CLAUSE}, ["level", "because", "clause"])

    shipped = {name: fields(_of(fact, "value")) for name, fact in vocabulary(kind).items()}
    return _mapping(shipped, fields(_VALUE))


def _conditions_on(kind: Kind) -> _Schema:
    # Draft 7 ignores whatever stands beside a $ref, hence allOf.
    return {
        name: {"description": _described(fact), "allOf": [_of(fact, "condition")]}
        for name, fact in vocabulary(kind).items()
    }


def _case(kind: Kind) -> _Schema:
    """Return the schema of one of several cases: conditions that all hold."""
    return {**_mapping(_conditions_on(kind), {"$ref": "#/definitions/condition"}), "minProperties": 1}


def _rule(kind: Kind) -> _Schema:
    facts = vocabulary(kind)
    when = _conditions_on(kind)
    case = {"$ref": f"#/definitions/{kind}_case"}
    given = {name: _of(fact, "value") for name, fact in facts.items()}
    action = {"anyOf": [{"enum": list(ACTIONS[kind])}, {**_TEXT, "description": "An answer of your own."}]}
    when |= {
        "any_of": {**_list(case, 2), "description": "One of these cases must hold, or more."},
        "count": {
            **_object({"of": _list(case, 2), "at_least": {**_WHOLE, "minimum": 1}}, ["of", "at_least"]),
            "description": "So many of these cases must hold.",
        },
    }
    months = _object({"months": {**_WHOLE, "minimum": 1}}, ["months"])
    possible = {"type": "array", "items": action, "minItems": 2}
    still_open = _object({"open": possible, "find_out": {"type": "array", "items": _TEXT}}, ["open"])
    situation = {
        "it": {**_TEXT, "description": "A sentence that says what should happen."},
        "given": _mapping(given, _VALUE),
        "expect": {"anyOf": [action, still_open]},
    }
    return _object(
        {
            "id": _TEXT,
            "when": {
                "description": "Conditions that must all hold; {} holds always.",
                **_mapping(when, {"$ref": "#/definitions/condition"}),
            },
            "do": {
                "description": "The answer. Of several the first is the advice; any of them agrees with it.",
                "anyOf": [action, _list(action, 2)],
            },
            "until": {
                "description": "The day from which on the rule is gone, or how many months an answer waits.",
                "anyOf": [{"type": "string", "format": "date"}, months],
            },
            "because": {**_TEXT, "description": "The reason in plain words."},
            "clause": _CLAUSE,
            "letter": {**_TEXT, "description": "The letter template this answer owes."},
            "situations": _list(_object(situation, ["it", "expect"]), SITUATIONS_NEEDED),
        },
        ["id", "when", "do", "because", "clause"],
    ) | {"anyOf": [{"required": ["situations"]}, {"required": ["until"]}]}
