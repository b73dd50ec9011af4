"""Reads a policy file and refuses, with line and nearest name, whatever it does not understand."""

from dataclasses import dataclass
from pathlib import Path

from netkit.errors import NetkitError, PolicyError
from netkit.facts import KINDS, Kind, Vocabulary, parse_facts, vocabulary
from netkit.plain_yaml import Located, parse_yaml, read_yaml
from netkit.policy.lines import Place, cited_clauses, entries_of, mapping_of, need, refuse_unknown
from netkit.policy.lists import read_rules
from netkit.policy.rules import Assumption, Rule, Source

FIELDS = ("policy", "title", "about", "sources", "facts", "assume", *KINDS)
SOURCE_FIELDS = ("id", "title", "author", "date", "url")


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
    refuse_unknown(top, FIELDS, place)
    need(top, ("policy", "title", "about", "sources"), place)
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
        rules={kind: read_rules(top, kind, vocabularies[kind], ids, place) for kind in kinds},
        vocabularies={kind: vocabularies[kind] for kind in kinds},
        assume=_assumptions(top, kinds, vocabularies, ids, place),
        path=path,
    )


def _sources(top: Located, place: Place) -> tuple[Source, ...]:
    entries = entries_of(top, "sources", place)
    for entry in entries:
        refuse_unknown(entry, SOURCE_FIELDS, place)
        need(entry, ("id", "title"), place)
    return tuple(Source(**{key: str(value) for key, value in entry.items()}) for entry in entries)


def _vocabularies(top: Located, place: Place) -> dict[Kind, Vocabulary]:
    own = mapping_of(top, "facts", place)
    refuse_unknown(own, KINDS, place)
    found = {}
    for kind in KINDS:
        where = place.at(own, kind)
        try:
            facts = parse_facts(mapping_of(own, kind, place), name=place.file)
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
    place: Place,
) -> dict[Kind, dict[str, Assumption]]:
    declared = mapping_of(top, "assume", place)
    refuse_unknown(declared, kinds, place)
    found: dict[Kind, dict[str, Assumption]] = {kind: {} for kind in kinds}
    for kind in kinds:
        assumed = mapping_of(declared, kind, place)
        for name, fields in assumed.items():
            where = place.at(assumed, name)
            found[kind][name] = _assumption(name, fields, vocabularies[kind], ids, where)
    return found


def _assumption(
    name: str, fields: object, words: Vocabulary, ids: set[str], place: Place
) -> Assumption:
    if not isinstance(fields, Located):
        raise place.refuse(f"{name} has no fields", "level, because, clause", "add them")
    refuse_unknown(fields, ("level", "because", "clause"), place)
    need(fields, ("level", "because", "clause"), place)
    try:
        value = words[name].parse(fields["level"])
    except NetkitError as problem:
        raise place.inside(problem) from problem
    if value is None:
        raise place.refuse(f"{name} is assumed unknown", "a level", "name what is assumed")
    return Assumption(words[name], value, str(fields["because"]), cited_clauses(fields, ids, place))
