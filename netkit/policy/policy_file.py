"""Reads a policy file and refuses, with line and nearest name, whatever it does not understand."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from math import comb, prod
from pathlib import Path
from typing import Any

from netkit.errors import NetkitError, PolicyError, did_you_mean, nearest
from netkit.facts import ACTIONS, KINDS, UNKNOWN, Kind, Vocabulary, parse_facts, vocabulary
from netkit.plain_yaml import Located
from netkit.policy.conditions import parse_condition
from netkit.policy.rules import WAITS, Answer, Assumption, Change, Condition, Part, Rule, Situation, Source

_FIELDS = ("policy", "title", "about", "changes", "sources", "facts", "answers", "assume", *KINDS)
SOURCE_FIELDS = ("id", "title", "author", "date", "url", "clauses")
CHANGE_FIELDS = ("on", "what", "by")
_RULE_FIELDS = ("id", "when", "do", "until", "because", "clause", "letter", "situations")
ANSWER_FIELDS = ("words", "means", "letter", "tell_asker")
CHOICES = ("any_of", "count")
# More ways to meet one rule than six of eleven have would make every search long.
_MOST_CASES = 500
_SITUATION_FIELDS = ("it", "given", "expect")
SITUATIONS_NEEDED = 2
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
    answers : dict of str to (dict of str to Answer)
        The policy's own answers, of each kind.
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
    answers: dict[Kind, dict[str, Answer]] = field(default_factory=dict)

    @classmethod
    def of(cls, top: Located, file: str, path: Path | None = None) -> "PolicyText":
        """Validate the content of a policy file, whose name `file` stands before every complaint."""
        node = _Node(top, file)
        node.only(_FIELDS)
        node.need("policy", "title", "about", "sources")
        kinds = [kind for kind in KINDS if kind in top]
        if not kinds:
            raise PolicyError(
                f"{file}, line 1: there are no rules", f"Write at least one of the lists {', '.join(KINDS)}"
            )
        sources = _sources(node)
        vocabularies = _vocabularies(node)
        named = {source.id: source for source in sources}
        answers = _answers(node)
        readers = [_KindReader(kind, vocabularies[kind], named, answers[kind]) for kind in kinds]
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
            answers={kind: answers[kind] for kind in kinds},
        )


@dataclass(frozen=True)
class _Node:
    """A mapping of the file, and how to complain about a line of it."""

    fields: Located
    file: str

    def refuse(self, key: str, seen: str, do: str) -> PolicyError:
        """Return the error that names the line of a key, or of the mapping where it has no such key."""
        line = self.fields.lines.get(key, self.fields.line)
        return PolicyError(f"{self.file}, line {line}: {seen}", do)

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Put the line of a key before what another room complains about."""
        try:
            yield
        except NetkitError as problem:
            raise self.refuse(key, problem.wrong, problem.do) from problem

    def only(self, accepted: Iterable[str]) -> None:
        """Refuse a key that is not among the accepted ones."""
        for key in self.fields:
            self.one_of(key, key, accepted)

    def by_kind(self, section: str) -> None:
        """Refuse a section whose entries stand below no kind of request."""
        for key in self.fields:
            if key not in KINDS:
                do = f"{nearest(key, KINDS)}Put it below its kind, as in {section}: {{invitation: ...}}"
                raise self.refuse(key, f"{key!r} stands below no kind of request in {section}", do)

    def one_of(self, key: str, name: str, accepted: Iterable[str]) -> None:
        """Refuse a name that is not among the accepted ones."""
        names = list(accepted)
        if name not in names:
            seen = f"{name!r} does not belong here" if key == name else f"{key} cannot be {name!r}"
            raise self.refuse(key, seen, did_you_mean(name, names))

    def need(self, *keys: str) -> None:
        """Refuse a mapping that lacks a key, or has nothing behind it."""
        missing = [key for key in keys if self.fields.get(key) in (None, "", [])]
        if missing:
            raise self.refuse("", f"{', '.join(missing)} missing", "Add what is missing, none of it empty")
        for key in _TEXTS:
            if isinstance(self.fields.get(key), list | dict):
                raise self.refuse(
                    key, f"{key} is a list or a mapping", "Put it in quotes, or write one sentence"
                )

    def mapping(self, key: str) -> "_Node":
        """Return the mapping behind a key; an empty one where the key is missing."""
        found = self.fields.get(key)
        if found is None:
            found = Located(self.fields.lines.get(key, self.fields.line))
        if not isinstance(found, Located):
            do = "Write names, each with ': ' and what belongs to it"
            raise self.refuse(key, f"{key} is not a mapping", do)
        return _Node(found, self.file)

    def entries(self, key: str) -> list["_Node"]:
        """Return the list of mappings behind a key."""
        found = self.fields.get(key)
        if not isinstance(found, list) or not all(isinstance(item, Located) for item in found):
            raise self.refuse(key, f"{key} is not a list of entries", "Write a list, each entry with '- '")
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
        raise entry.refuse("on", f"{change.on!r} is not a day", "Write it like 2024-03-05") from problem
    return change


def _source(entry: _Node) -> Source:
    entry.only(SOURCE_FIELDS)
    entry.need("id", "title")
    texts = {key: str(value) for key, value in entry.fields.items() if key != "clauses"}
    says = entry.mapping("clauses")
    for clause in says.fields:
        if clause_source(clause) != texts["id"]:
            seen = f"{clause!r} is no clause of the source {texts['id']}"
            do = f"Number its clauses {texts['id']}1, {texts['id']}2 and so on"
            raise says.refuse(clause, seen, do)
        says.need(clause)
    return Source(**texts, clauses={clause: str(text) for clause, text in says.fields.items()})


def is_past(until: object) -> bool:
    """Return whether a rule that holds until then is gone by today; one that names no day never is."""
    return isinstance(until, str) and date.fromisoformat(until) <= date.today()


def clause_source(clause: str) -> str:
    """Return the source that a clause belongs to.

    >>> clause_source("PN5")
    'PN'
    """
    return clause.rstrip("0123456789")


def _vocabularies(top: _Node) -> dict[Kind, Vocabulary]:
    own = top.mapping("facts")
    own.by_kind("facts")
    found = {}
    for kind in KINDS:
        declared = own.mapping(kind)
        try:
            facts = parse_facts(declared.fields, name=top.file)
        except NetkitError as problem:
            raise PolicyError(problem.wrong, problem.do) from problem
        for fact in facts:
            if fact.name in CHOICES:
                seen = f"a fact cannot be called {fact.name}, because rules choose by this word"
                raise declared.refuse(fact.name, seen, "Rename it")
        with own.at(kind):
            found[kind] = vocabulary(kind).extended(facts)
    return found


def _answers(top: _Node) -> dict[Kind, dict[str, Answer]]:
    """Return the answers of one's own, of each kind."""
    declared = top.mapping("answers")
    declared.by_kind("answers")
    return {kind: dict(_kind_answers(kind, declared.mapping(kind))) for kind in KINDS}


def _kind_answers(kind: Kind, declared: _Node) -> Iterator[tuple[str, Answer]]:
    for name in declared.fields:
        if not name.isidentifier() or name in {action for actions in ACTIONS.values() for action in actions}:
            do = "Use a new name of letters, digits and underscores, such as reply_by_email"
            raise declared.refuse(name, f"an answer cannot be called {name!r}", do)
        entry = declared.mapping(name)
        entry.only(ANSWER_FIELDS)
        entry.need("words", "means")
        entry.one_of("means", str(entry.fields["means"]), ACTIONS[kind])
        yield name, Answer(name, **{key: str(value) for key, value in entry.fields.items()})


@dataclass(frozen=True)
class _KindReader:
    """Reads what a policy says of one kind of request: its rules, their situations, its assumptions."""

    kind: Kind
    words: Vocabulary
    sources: dict[str, Source]
    answers: dict[str, Answer]

    def rules(self, top: _Node) -> tuple[Rule, ...]:
        """Return the rules in their order."""
        entries = top.entries(self.kind)
        if not entries:
            raise top.refuse(self.kind, f"{self.kind} has no rules", "Write one")
        seen: dict[str, int] = {}
        assumed = top.mapping("assume").mapping(self.kind).fields
        rules = []
        for entry in entries:
            rule = self._rule(entry)
            if rule.id in seen:
                wrong = f"line {seen[rule.id]} has a rule {rule.id!r} already"
                raise entry.refuse("id", wrong, "Rename one")
            for condition in rule.conditions:
                if condition.unknown and condition.fact.name in assumed:
                    raise entry.refuse(
                        "when",
                        f"{rule.id} acts on {condition.fact.name} being unknown, which is assumed",
                        "Take out the assumption or this condition",
                    )
            seen[rule.id] = rule.line
            rules.append(rule)
        return tuple(rule for rule in rules if not (rule.passing and is_past(str(rule.until))))

    def _rule(self, entry: _Node) -> Rule:
        entry.only(_RULE_FIELDS)
        entry.need("id", "do", "because", "clause")
        fields = entry.fields
        if not isinstance(fields.get("when"), Located):
            seen = f"{fields['id']} has no 'when' with conditions"
            raise entry.refuse("", seen, "Add it: {fact: level}, or {} for always")
        when, choices = self._when(entry.mapping("when"))
        answer, *also = (self._answer(one, entry, "do") for one in _listed(fields["do"]))
        own = self.answers.get(answer, Answer(answer, "", answer))
        until = self._until(entry, own.means)
        # A rule that is gone after a day, such as one that closes for now, needs no examples.
        situations = (
            entry.entries("situations") if "situations" in fields or not isinstance(until, date) else []
        )
        if len(situations) < SITUATIONS_NEEDED and not isinstance(until, date):
            raise entry.refuse(
                "situations",
                f"{fields['id']} has {len(situations)} situation",
                "Write two or more, and let the rule just miss one of them",
            )
        return Rule(
            id=str(fields["id"]),
            when=when,
            action=own.means,
            because=str(fields["because"]),
            clauses=self._clauses(entry),
            letter=str(fields.get("letter") or own.letter),
            situations=tuple(map(self._situation, situations)),
            line=fields.line,
            choices=choices,
            answer=answer,
            said=own.words,
            also=tuple(also),
            until=until,
        )

    def _answer(self, seen: object, node: _Node, key: str) -> str:
        accepted = (*ACTIONS[self.kind], *self.answers)
        if seen not in accepted:
            several = [word for word in accepted if re.search(rf"\b{word}\b", str(seen))]
            do = did_you_mean(str(seen), accepted)
            if len(several) > 1:
                several.sort(key=str(seen).index)
                do = f"Write several answers as a list, the advice first: [{', '.join(several)}]"
            raise node.refuse(key, f"there is no action {seen!r}", do)
        return str(seen)

    def _until(self, entry: _Node, action: str) -> date | int | None:
        """Return until when a rule holds, or for how many months its answer waits."""
        told = entry.fields.get("until")
        if told is None:
            return None
        months = told.get("months") if isinstance(told, Located) and len(told) == 1 else None
        if isinstance(months, int) and months > 0 and action in WAITS:
            return months
        try:
            return date.fromisoformat(str(told))
        except ValueError:
            if isinstance(months, int) and months > 0:
                waits = " and ".join(WAITS)
                seen, do = (
                    f"{action} does not wait",
                    f"Only {waits} take months; write a day such as 2027-01-31",
                )
                raise entry.refuse("until", seen, do) from None
            said = (
                ", ".join(f"{key}: {value}" for key, value in told.items())
                if isinstance(told, dict)
                else told
            )
            do = "Write a day such as 2027-01-31, or {months: 3} with an answer that waits, such as defer"
            raise entry.refuse("until", f"until cannot be {said}", do) from None

    def _when(self, conditions: _Node) -> tuple[dict[str, Condition], tuple[Part, ...]]:
        """Return what must hold: conditions on single facts, and choices between several."""
        found, choices = {}, []
        for name, value in conditions.fields.items():
            with conditions.at(name):
                if name in CHOICES:
                    choices.append(self._choice(name, value))
                else:
                    found[name] = parse_condition(self.words[name], value)
        if prod(comb(len(part.of), part.at_least) for part in choices) > _MOST_CASES:
            seen = f"a rule that can be met in more than {_MOST_CASES} ways"
            raise conditions.refuse("", seen, "Write fewer cases, such as six of eleven, or two rules")
        return found, tuple(choices)

    def _choice(self, name: str, written: Any) -> Part:  # noqa: ANN401 - YAML holds anything
        """Return any of several cases, or so many of them."""
        told = {"of": written, "at_least": 1} if name == "any_of" else written
        told = told if isinstance(told, dict) else {}
        cases, at_least = told.get("of"), told.get("at_least")
        listed = isinstance(cases, list) and all(isinstance(case, Located) and case for case in cases)
        many = len(cases) if listed and cases else 0
        if many == 1:
            raise PolicyError(
                f"{name} has one case only", f"Write its conditions beside the others, without {name}"
            )
        if many > 1 and isinstance(at_least, int) and not 1 <= at_least < many:
            raise PolicyError(
                f"count asks for {at_least} of {many} cases",
                f"Write at_least: 1 to {many - 1}; where all must hold, write the conditions without count",
            )
        if not many or not isinstance(at_least, int) or len(told) != 2:
            example = "any_of: [{met_in_person: yes}, {worked_together: yes}]"
            if name == "count":
                example = (
                    "count: {of: [{met_in_person: yes}, {recognised: yes}, {note_words: 5}], at_least: 2}"
                )
            raise PolicyError(
                f"{name} is not a list of two or more cases" + ", and of how many" * (name == "count"),
                f"Write each case in braces, as in {example}; what must all hold stands beside it",
            )
        return Part(tuple(map(self._case, cases or ())), at_least)

    def _case(self, case: Located) -> tuple[Condition, ...]:
        if choice := next((name for name in CHOICES if name in case), None):
            raise PolicyError(
                f"{choice} stands within another choice",
                "Write two rules, or one case for each way to meet the rule",
            )
        return tuple(parse_condition(self.words[name], value) for name, value in case.items())

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
            return Situation(it, given, self._answer(expect, entry, "expect"), line=line)
        entry.mapping("expect").only(("open", "find_out"))
        possible, find_out = _listed(expect.get("open")), _listed(expect.get("find_out"))
        if len(possible) < 2:
            seen = "an open decision with fewer than two actions"
            raise entry.refuse("expect", seen, "Add them")
        for name in find_out:
            with entry.at("expect"):
                _ = self.words[name]
        actions = frozenset(self._answer(action, entry, "expect") for action in possible)
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
            raise assumed.refuse(name, f"{name} has no fields", f"Add {', '.join(keys)}")
        entry = assumed.mapping(name)
        entry.only(keys)
        entry.need(*keys)
        with assumed.at(name):
            value = self.words[name].parse(entry.fields["level"])
        if value is None:
            seen = f"{name} is assumed unknown"
            raise assumed.refuse(name, seen, "Name the level that is assumed")
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
                raise entry.refuse("clause", f"there is no clause {clause!r}", f"{near} Or add it there")
            if clause != OWN_CLAUSE and prefix not in self.sources:
                near = did_you_mean(prefix, sorted(self.sources))
                raise entry.refuse(
                    "clause",
                    f"the clause {clause!r} has no source here",
                    f"{near} Or add its source, or write {OWN_CLAUSE}",
                )
        return clauses


def _listed(value: object) -> list[str]:
    if value in (None, UNKNOWN):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
