"""The interview: six answers of a new owner, and the policy that the schools nearest to them begin."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from pathlib import Path
from textwrap import fill, indent

from netkit.errors import PolicyError
from netkit.facts import Kind
from netkit.history.labels import MEANING
from netkit.plain_yaml import read_yaml
from netkit.policy import Decision, Policy, check, explain, load_policy, run_situations, shipped_policies
from netkit.policy.loaded_policy import HOUSE
from netkit.policy.rules import Value
from netkit.schools import SILENT
from netkit.wording import counted, join_or, spoken

_ASKED: tuple[Kind, ...] = ("invitation", "introduction")
_FILE = Path(__file__).with_suffix(".yaml")
# What each key says, by kind; a no is a no, whether the school declines, redirects or does not reply.
KEYS: dict[Kind, dict[str, str]] = {
    "invitation": {"y": "accept", "a": "ask", "n": "decline"},
    "introduction": {"y": "introduce", "a": "ask_requester", "n": "decline"},
}
_WORDS = {"ask": "ask who it is", "ask_requester": "ask for more"}
_RULE = re.compile(r"^  - (?=id: )", re.MULTILINE)
_SITUATIONS = "    situations:\n"


@dataclass(frozen=True)
class Question:
    """A request on which the schools part: its sentence, what a rule would ask for, and all its facts."""

    kind: Kind
    it: str
    when: dict[str, Value] = field(hash=False)
    given: dict[str, Value] = field(hash=False)

    def keys(self) -> str:
        """Return what can be answered, by key."""
        said = ((key, _WORDS.get(action, spoken(action))) for key, action in KEYS[self.kind].items())
        return ", ".join(f"{key} {words}" for key, words in said)


@dataclass(frozen=True)
class Interview:
    """The policy that an interview begins.

    Attributes
    ----------
    text : str
        The policy file, with what was changed and why as comments.
    told : tuple of str
        The same in sentences: which school begins it, and what was changed.
    """

    text: str
    told: tuple[str, ...]


@cache
def questions() -> tuple[Question, ...]:
    """Return the six questions, those on invitations first.

    Returns
    -------
    tuple of Question
        In the order in which they are asked.

    Examples
    --------
    >>> questions()[0].keys()
    'y accept, a ask who it is, n decline'
    """
    top = read_yaml(_FILE, error=PolicyError)
    return tuple(
        Question(kind, each["it"], dict(each["when"]), {**each["when"], **each["besides"]})
        for kind in _ASKED
        for each in top[kind]
    )


def answers_as(decision: Decision, action: str) -> bool:
    """Return whether a decision is what an owner answered: the same action, or a no for a no."""
    said = decision.action
    return said == action or (said is not None and MEANING[said] == MEANING[action] == -1)


def interview_policy(name: str, answers: str, *, guards: bool = True) -> Interview:
    """Return the policy that six answers begin.

    Each list of rules is that of the school which gives most of your answers. Where it gives another, a rule
    of yours is put before the one that decided, so that what the school rules out first stays ruled out.
    Before all rules on introductions stand the house's guards, and nobody is introduced unasked.

    Parameters
    ----------
    name : str
        What the policy is to be called.
    answers : str
        Six keys, in the order of the questions.
    guards : bool, default True
        Whether the house's rules against fraud and against a pitch past your wishes are kept.

    Returns
    -------
    Interview
        The file's text, and what was changed.

    Raises
    ------
    PolicyError
        There are not six answers, or one is not offered.

    Examples
    --------
    >>> print(interview_policy("mine", "yaannn").told[0])
    Invitations: known_people_only begins your list. It answers all of the three questions as you do.
    """
    asked = questions()
    if len(answers) != len(asked):
        raise PolicyError(
            f"You gave {counted(len(answers), 'answer')}", f"Give {len(asked)}, such as {'y' * len(asked)}"
        )
    for question, key in zip(asked, answers, strict=True):
        if key not in KEYS[question.kind]:
            raise PolicyError(f"{key!r} is no answer to: {question.it}", f"Use {question.keys()}")
    lists = [
        _begun(
            kind,
            {q: KEYS[kind][key] for q, key in zip(asked, answers, strict=True) if q.kind == kind},
            guards=guards and kind == "invitation",
        )
        for kind in _ASKED
    ]
    return Interview(_file(name, lists), tuple(line for each in lists for line in each.told))


@dataclass(frozen=True)
class _Entry:
    """A rule as text: what stands before its situations, and these; a comment stands above it."""

    id: str
    head: str
    situations: tuple[str, ...]
    why: str = ""

    def text(self) -> str:
        comment = _comment(self.why, "  ") if self.why else ""
        return f"{comment}  - {self.head}{_SITUATIONS}{''.join(self.situations)}"


@dataclass(frozen=True)
class _List:
    """The rules of one kind, as begun by a school."""

    kind: Kind
    school: Policy
    entries: tuple[_Entry, ...]
    told: tuple[str, ...]

    def policy(self) -> Policy:
        return Policy.from_text(_file("draft", [self]), name="draft")


def _begun(kind: Kind, answers: Mapping[Question, str], *, guards: bool) -> _List:
    """Return the nearest school's list, changed until it gives the answers."""
    school, agreed = _nearest(kind, answers)
    many = ("none", "one", "two", "all")[agreed]
    told = (
        f"{kind.capitalize()}s: {school.name} begins your list."
        f" It answers {many} of the three questions as you do."
    )
    begun = _List(kind, school, _entries(school, kind), (told,))
    for place, (question, action) in enumerate(answers.items(), start=1):
        decision = school.decide_one(question.given, kind)
        if not answers_as(decision, action):
            begun = _with_rule(begun, f"{_OWN}{place}", question, action, decision)
    begun = _guarded(begun) if guards else begun
    begun = _asking_first(begun) if kind == "introduction" else _answered_first(begun)
    return _held(_without_idle(begun), tuple(answers))


_OWN = "your-answer-"
_GUARDS = (
    "a-fraud",
    "sells-past-your-wishes",
)  # of the house: whoever begins anew wants no fraud and no pitch
# Of the house as well: no answer of six may introduce against the contact's word, nor without your own.
_BEFORE_ALL = ("contact-said-no", "contact-not-recalled", "cannot-vouch-for-the-person")
_REPLY = "reply_to_question"
_ASK_FIRST = "-ask-first"
_HARMLESS = {
    "invitation": {"asks_for_money_or_data": "no", "note_sells": "no"},
    "introduction": {"contact_known": "well", "vouch_for_character": "yes", "permission": "given"},
}


def _nearest(kind: Kind, answers: Mapping[Question, str]) -> tuple[Policy, int]:
    """Return the school that gives most of the answers, and how many; where it is silent it gives none."""
    scores = {}
    for school in (each for each in _schools() if kind in each.kinds):
        decisions = {question: school.decide_one(question.given, kind) for question in answers}
        scores[school.name] = (
            school,
            sum(
                answers_as(decisions[q], action) and decisions[q].rule != SILENT
                for q, action in answers.items()
            ),
        )
    return max(scores.values(), key=lambda scored: scored[1])


@cache
def _schools() -> tuple[Policy, ...]:
    return tuple(load_policy(name) for name in shipped_policies() if name != HOUSE)


def _with_rule(begun: _List, rule: str, question: Question, action: str, decision: Decision) -> _List:
    """Put a rule before the one that decides a request otherwise."""
    because = f"Your own answer to this request: {question.it}."
    why = (
        f"Added {rule}: {question.it}. You say {spoken(action)}, the school says {decision.said}"
        f" ({decision.rule}, {decision.clause})."
    )
    head = (
        f"id: {rule}\n    when: {_facts(question.when)}\n    do: {action}\n"
        f"    because: {json.dumps(because)}\n    clause: own\n"
    )
    shown = _situation(f"{question.it}: {spoken(action)}", question.given, action)
    new = _Entry(rule, head, (shown, shown), why)
    place = [each.id for each in begun.entries].index(decision.rule)
    entries = (*begun.entries[:place], new, *begun.entries[place:])
    return replace(begun, entries=entries, told=(*begun.told, why))


def _guarded(begun: _List) -> _List:
    """Put the house's guards before the rules that could answer a stranger who wants money, or sells."""
    house, kept = load_policy(HOUSE), []
    for entry in _entries(house, begun.kind):
        if entry.id in _GUARDS and entry.id not in [each.id for each in begun.entries]:
            rule, policy = house.rule(begun.kind, entry.id), begun.policy()
            given = {"recognised": "no", **rule.situations[0].given}
            steps = explain(policy, given, begun.kind).steps
            first = next(step.rule.id for step in steps if step.status != "out")
            place = [each.id for each in begun.entries].index(first)
            stranger = (
                "" if "recognised" in rule.facts else "recognised: no, "
            )  # the house has it below friends
            guard = replace(entry, head=entry.head.replace("when: {", f"when: {{{stranger}", 1))
            begun = replace(begun, entries=(*begun.entries[:place], guard, *begun.entries[place:]))
            kept.append(f"{entry.id} ({rule.said})")
    why = f"Kept from the house: {join_or(kept, 'and')}. To leave such rules out, say --no-guards."
    return replace(begun, told=(*begun.told, why)) if kept else begun


def _answered_first(begun: _List) -> _List:
    """Put the house's rules on what came back to your question first, if there are rules of yours.

    Else a sender whom you asked, and who did not answer, would be accepted or asked again.
    """
    policy, house = begun.policy(), load_policy(HOUSE)
    spoken_of = any(_REPLY in rule.facts for rule in policy.rules[begun.kind])
    if spoken_of or not any(each.id.startswith(_OWN) for each in begun.entries):
        return begun
    kept = [each for each in _entries(house, begun.kind) if _REPLY in house.rule(begun.kind, each.id).facts]
    why = "Before all these stand the house's rules on the reply to a question that you asked."
    return replace(begun, entries=(*kept, *begun.entries), told=(*begun.told, why))


def _asking_first(begun: _List) -> _List:
    """Put the house's guards before all rules on introductions, and asking before each that introduces."""
    there = [each.id for each in begun.entries]
    house = _entries(load_policy(HOUSE), begun.kind)
    guards = [each for each in house if each.id in _BEFORE_ALL and each.id not in there]
    entries, policy = list[_Entry](), begun.policy()
    for entry in begun.entries:
        rule = policy.rule(begun.kind, entry.id)
        if rule.answer == "introduce" and "permission" not in rule.facts:
            when = entry.head[entry.head.index("when: {") + len("when: {") : entry.head.index("\n    do: ")]
            head = (
                f"id: {entry.id}{_ASK_FIRST}\n    when: {{permission: not_asked, {when}\n"
                "    do: ask_permission\n    because: You would introduce the two. Ask the contact first.\n"
                "    clause: PI4\n    letter: ask-permission\n"
            )
            it = next(each for each in rule.situations if each.action == rule.answer)
            given = {**_HARMLESS[begun.kind], **it.given, "permission": "not_asked"}
            shown = _situation(f"before the contact has agreed, {it.it}", given, "ask_permission")
            entries.append(_Entry(f"{entry.id}{_ASK_FIRST}", head, (shown, shown)))
        entries.append(entry)
    why = (
        f"Before all these stands what no answer overrules: {join_or(_BEFORE_ALL, 'and')}."
        " Before each rule that introduces, the contact is asked first."
    )
    return replace(begun, entries=(*guards, *entries), told=(*begun.told, why))


def _without_idle(begun: _List) -> _List:
    """Take out the school's rules that your own leave nothing to decide."""
    while idle := [
        found.rules
        for found in check(begun.policy(), begun.kind).defects
        if not found.rules[0].startswith(_OWN)
    ]:
        (gone, *instead) = idle[0]
        why = f"Removed: {gone}, which decides nothing any more beside {join_or(instead)}."
        entries = tuple(each for each in begun.entries if each.id != gone)
        begun = replace(begun, entries=entries, told=(*begun.told, why))
    return begun


def _held(begun: _List, asked: Sequence[Question]) -> _List:
    """Mend the situations: each comes out as it says, and each rule is shown deciding and just missing."""
    policy, kind = begun.policy(), begun.kind
    told = {rule.id: rule.situations for rule in policy.rules[kind]}
    own = [question.when for place, question in enumerate(asked, start=1) if f"{_OWN}{place}" in told]
    tried: list[dict[str, Value]] = [dict(question.given) for question in asked]
    tried += [dict(each.given) for several in told.values() for each in several]
    guards = [several[0].given for rule, several in told.items() if rule in (*_GUARDS, *_BEFORE_ALL)]
    tried += [{**question.given, **given} for given in guards for question in asked]
    entries = []
    failed = {(each.rule, each.it) for each in run_situations(policy, kind).failures}
    for entry in begun.entries:
        kept = []
        for text, situation in zip(entry.situations, told[entry.id], strict=True):
            if (entry.id, situation.it) not in failed:
                kept.append((text, policy.decide_one(situation.given, kind)))
            elif situation.action and (
                more := _told_apart(policy, kind, _harmless(begun, situation.given), situation.action, own)
            ):
                mended = _situation(situation.it, more, situation.action)
                kept.append((mended, policy.decide_one(more, kind)))
                tried.append(more)
        texts = list(dict.fromkeys(text for text, _ in kept))
        decides = any(decision.rule == entry.id for _, decision in kept)
        misses = any(decision.rule != entry.id for _, decision in kept)
        if not (decides and misses and len(texts) > 1):
            texts += _shown(policy, kind, entry.id, tried, decides=decides)
        entries.append(replace(entry, situations=tuple(texts)))
    return replace(begun, entries=tuple(entries))


def _harmless(begun: _List, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return an example that no guard holds off: a note wants and sells nothing, the contact agrees."""
    guarded = {each.id for each in begun.entries} & {*_GUARDS, *_BEFORE_ALL}
    written = given.get("note_kind", "personal") == "personal"  # an introduction says nothing of a note
    return {**(_HARMLESS[begun.kind] if guarded and written else {}), **given}


def _told_apart(
    policy: Policy, kind: Kind, given: Mapping[str, Value], action: str, own: Iterable[Mapping[str, Value]]
) -> dict[str, Value] | None:
    """Return an example with as much more told as lets it come out as before, beside the new rules."""
    facts = dict.fromkeys(name for when in own for name in when if name not in given)
    levels = [[None, *policy.vocabularies[kind][name].levels] for name in facts]
    found = [
        {**given, **{name: level for name, level in zip(facts, each, strict=True) if level is not None}}
        for each in product(*levels)
    ]
    right = [each for each in found if policy.decide_one(each, kind).answer == action]
    return min(right, key=len) if right else None


def _shown(
    policy: Policy, kind: Kind, rule: str, tried: Sequence[dict[str, Value]], *, decides: bool
) -> Iterator[str]:
    """Yield an example that a rule decides, unless one is there, and one that it just misses."""
    held = policy.rule(kind, rule)
    nearby = [one for each in tried for one in (each, *_nearby(policy, kind, each, held.facts))]
    for decided in (each for each in nearby if policy.decide_one(each, kind).rule == rule):
        for each in _nearby(policy, kind, decided, held.facts or decided):
            decision = policy.decide_one(each, kind)
            if decision.answer and decision.rule != rule:
                if not decides:
                    yield _situation(f"{held.words()}: {held.said}", decided, held.answer)
                changed = next(name for name in each if each[name] != decided.get(name))
                words = f"with {spoken(changed)} {spoken(str(each[changed]))} another rule answers"
                yield _situation(words, each, decision.answer)
                return


def _nearby(
    policy: Policy, kind: Kind, given: Mapping[str, Value], facts: Iterable[str]
) -> Iterator[dict[str, Value]]:
    """Yield the requests that differ in one fact."""
    for name in sorted(facts):
        fact = policy.vocabularies[kind][name]
        for level in fact.levels or (0, 1):
            if given.get(name) != level:
                yield {**given, name: level}


# ---- the text of the file ------------------------------------------------------------------------


def _file(name: str, lists: Sequence[_List]) -> str:
    """Return the file: what was changed, the sources of the schools, what they assume, and the rules."""
    schools = {each.school.name: each.school for each in lists}
    told = "".join(_comment(line) for each in lists for line in each.told)
    about = f"Begun with six answers. {'; '.join(school.title for school in schools.values())}."
    house = load_policy(HOUSE)  # it cites the sources of all schools
    assumed = "".join(map(_assumed_for, lists))
    rules = "\n".join(f"{each.kind}:\n{''.join(entry.text() for entry in each.entries)}" for each in lists)
    return (
        f"# Begun with six answers. This is what they changed, and why.\n{told}"
        f"policy: {name}\ntitle: {name.replace('_', ' ').capitalize()}\n"
        f"about: {json.dumps(about)}\n"
        f"sources:\n{_block(house, 'sources')}" + (f"assume:\n{assumed}" if assumed else "") + f"\n{rules}"
    )


def _comment(text: str, margin: str = "") -> str:
    return fill(text, 118, initial_indent=f"{margin}# ", subsequent_indent=f"{margin}#   ") + "\n"


def _block(policy: Policy, key: str) -> str:
    """Return the lines of a school's file below one key."""
    assert policy.path is not None
    text = policy.path.read_text(encoding="utf-8")
    found = re.search(rf"^{key}:.*\n((?:(?: .*)?\n)*)", text, re.MULTILINE)
    return f"{found[1].rstrip()}\n" if found else ""


def _assumed(policy: Policy, kind: Kind) -> str:
    found = re.search(rf"^  {kind}:\n(?:    .*\n)+", _block(policy, "assume"), re.MULTILINE)
    return found[0] if found else f"  {kind}:\n"


def _assumed_for(begun: _List) -> str:
    """Return what a list of rules assumes: as its school does, and as the house where its guards need it."""
    house = _assumed(load_policy(HOUSE), begun.kind)
    if begun.kind == "introduction":
        return house
    school = _assumed(begun.school, begun.kind)
    reply = re.search(rf"^    {_REPLY}:\n(?:      .*\n)+", house, re.MULTILINE)
    asked = any(f"{_REPLY}:" in each.head for each in begun.entries)
    return school + (reply[0] if reply and asked and _REPLY not in school else "")


def _entries(policy: Policy, kind: Kind) -> tuple[_Entry, ...]:
    """Return the rules of a school as they stand in its file."""
    texts = _RULE.split(_block(policy, kind))[1:]
    return tuple(
        _Entry(rule.id, head, tuple(f"      - {each}" for each in situations.split("      - ")[1:]))
        for rule, (head, situations) in zip(
            policy.rules[kind], (text.split(_SITUATIONS) for text in texts), strict=True
        )
    )


def _situation(it: str, given: Mapping[str, Value], answer: str) -> str:
    return indent(f"- it: {json.dumps(it)}\n  given: {_facts(given)}\n  expect: {answer}\n", " " * 6)


def _facts(facts: Mapping[str, Value]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in facts.items()) + "}"
