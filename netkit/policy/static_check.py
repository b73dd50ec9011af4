"""Checks a policy and compares two, exactly and without data, each finding with an example."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from netkit.errors import PolicyError
from netkit.facts import Kind, Vocabulary
from netkit.policy.decider import Decider
from netkit.policy.loaded_policy import Policy
from netkit.policy.rules import Part, Rule
from netkit.policy.search_space import Clause, CompiledRule, Grid, find_world
from netkit.wording import capital, counted, join_or, spoken


@dataclass(frozen=True)
class Defect:
    """Something that is wrong, or worth knowing, about a list of rules.

    Attributes
    ----------
    kind : str
        The kind of request.
    what : str
        `gap`, `dead`, `contradiction`, `unpermitted`, `no_effect`, `order` or `idle_condition`.
    serious : bool
        Whether the check fails by it; the others are worth a look only.
    rules : tuple of str
        The rules concerned.
    words : str
        What is the matter, in words.
    example : str
        A request that shows it, in words.
    facts : dict of str to (str or number)
        The same request as facts; what is left out may be anything.
    """

    kind: Kind
    what: str
    serious: bool
    rules: tuple[str, ...]
    words: str
    example: str
    facts: dict[str, str | float]


@dataclass(frozen=True)
class CheckReport:
    """What the static check found.

    Attributes
    ----------
    policy : str
        The policy's name.
    findings : tuple of Defect
        Everything found, kind by kind, in the order of the rules.
    """

    policy: str
    findings: tuple[Defect, ...]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What must be corrected."""
        return tuple(each for each in self.findings if each.serious)

    @property
    def notes(self) -> tuple[Defect, ...]:
        """What is worth a look."""
        return tuple(each for each in self.findings if not each.serious)

    @property
    def ok(self) -> bool:
        """Whether nothing must be corrected."""
        return not self.defects

    @property
    def verdict(self) -> str:
        """Whether the policy is sound, in a sentence."""
        if self.ok:
            return f"{self.policy} is sound: every request gets an answer, and every rule has a use."
        return f"{self.policy} is not sound. {counted(len(self.defects), 'defect')} to mend:"

    @property
    def kinds_of_notes(self) -> str:
        """How many notes there are of each kind, in words."""
        many = Counter(each.what for each in self.notes)
        return join_or([counted(n, *_NOTED[what]) for what, n in many.most_common()], "and")

    def __str__(self) -> str:
        lines = [self.verdict, *map(_with_example, self.defects)]
        if self.notes:
            lines += [f"{self.kinds_of_notes}. Have a look:", *map(_with_example, self.notes)]
        return "\n".join(lines)


# What a note is about, one and several.
_NOTED = {
    "order": (
        "pair of neighbouring rules whose order matters",
        "pairs of neighbouring rules whose order matters",
    ),
    "idle_condition": ("condition that changes no answer", "conditions that change no answer"),
    "no_effect": (
        "rule with a reason or letter of its own alone",
        "rules with a reason or letter of their own alone",
    ),
    "unpermitted": (
        "rule that introduces without the contact's yes",
        "rules that introduce without the contact's yes",
    ),
}


# What the contact may have said other than yes, in words.
_NO_YES = {"refused": "said no", "not_asked": "was not asked"}


def _with_example(found: Defect) -> str:
    return f"  {capital(found.kind)}: {found.words}\n    For example: {found.example}"


def check(policy: Policy, kind: Kind | None = None) -> CheckReport:
    """Check a policy's lists of rules exactly; nothing is sampled.

    Parameters
    ----------
    policy : Policy
        The policy.
    kind : {'invitation', 'introduction', 'asking'}, optional
        Only this kind.

    Returns
    -------
    CheckReport
        Gaps, dead rules, contradictions and rules without effect are defects, and so is a rule of your
        own that introduces without the contact's yes; a school that does so is a note. A rule that changes
        no action but owes another letter or cites a clause of its own is a note, too, like neighbours
        whose order matters and conditions that never matter.
    """
    policy = policy.lasting
    kinds = policy.kinds if kind is None else (kind,)
    findings = [finding for each in kinds for finding in _Checked.of(policy, each).findings()]
    return CheckReport(policy.name, tuple(findings))


@dataclass(frozen=True)
class _Checked:
    """One list of rules under the search; a rule is its cases, any of which may hold."""

    kind: Kind
    texts: tuple[Rule, ...]
    decider: Decider
    domain: int

    @classmethod
    def of(cls, policy: Policy, kind: Kind) -> "_Checked":
        decider = policy.decider(kind)
        known = sum(field.known for field in decider.grid.fields.values())
        # Not knowing counts as a cell of its own only where a rule acts on it.
        return cls(kind, policy.rules[kind], decider, known | decider.ignorance)

    @property
    def grid(self) -> Grid:
        return self.decider.grid

    def findings(self) -> Iterator[Defect]:
        places = range(len(self.texts))
        yield from self._gap()
        dead = {place: found for place in places if (found := self._dead(place))}
        yield from dead.values()
        for place in places:
            if place not in dead:
                yield from self._unpermitted(place)
                yield from self._weak(place)
        for place in places[:-1]:
            if not {place, place + 1} & dead.keys():
                yield from self._order(place)

    def _finding(
        self, what: str, places: Sequence[int], words: str, world: int, *, serious: bool = True
    ) -> Defect:
        return Defect(
            kind=self.kind,
            what=what,
            serious=serious,
            rules=tuple(self.texts[place].id for place in places),
            words=words,
            example=self.grid.words(world, free=self.domain),
            facts=self.grid.facts(world, free=self.domain),
        )

    def _gap(self) -> Iterator[Defect]:
        world = find_world(self.domain, [case.clause for case in self.decider.rules])
        if world is not None:
            words = "No rule speaks of some requests; end the list with a rule that always holds."
            yield self._finding("gap", [], words, world)

    def _met(self, case: CompiledRule) -> int:
        """Return all requests that meet a case's conditions."""
        return self.domain & ~case.lacks

    def _above(self, place: int) -> list[Clause]:
        return _above(self.decider.rules, place, self.texts[place].answer)

    def _worlds(self, place: int) -> Iterator[int]:
        """Yield requests that a rule decides, by its cases."""
        above = self._above(place)
        worlds = (find_world(self._met(case), above) for case in self.decider.of_rule(place))
        return (world for world in worlds if world is not None)

    def _example(self, place: int) -> int:
        return next(self._worlds(place), self.domain)

    def _dead(self, place: int) -> Defect | None:
        if next(self._worlds(place), None) is not None:
            return None
        text = self.texts[place]
        hiding = self._hiding(place)
        names = ", ".join(self.texts[other].id for other in hiding)
        same = [other for other in hiding if self.texts[other].parts == text.parts]
        if same and self.texts[same[0]].answer != text.answer:
            other = self.texts[same[0]]
            what = "contradiction"
            words = (
                f"{text.id} says {text.said} under the same condition under which "
                f"{other.id} says {other.said}, so it never decides."
            )
        else:
            what = "dead"
            why = f"whatever meets it is decided before, by {names}" if hiding else "no request can meet it"
            words = f"{text.id} never decides: {why}."
        cases = self.decider.of_rule(place)
        return self._finding(what, [place, *hiding], words, self._met(cases[0]) if cases else self.domain)

    def _hiding(self, place: int) -> list[int]:
        """Return as few of the rules above as suffice to hide a rule."""
        answer = self.texts[place].answer
        clauses = {
            other: [_must_fail(case, answer) for case in self.decider.of_rule(other)]
            for other in range(place)
        }
        met = [self._met(case) for case in self.decider.of_rule(place)]
        for other in range(place if met else 0):
            rest = [clause for key, several in clauses.items() if key != other for clause in several]
            if all(find_world(domain, rest) is None for domain in met):
                del clauses[other]
        return list(clauses) if met else []

    def _differs(self, place: int, domain: int, clauses: list[Clause]) -> int | None:
        """Return requests that the rules below a place would not give its answer, or not for sure."""
        answer = self.texts[place].answer
        clauses = list(clauses)
        if not self.grid.possible(domain):
            return None
        for later in (case for case in self.decider.rules if case.index > place):
            if later.action == answer:
                clauses.append(later.loose_clause)
                continue
            inside = domain & ~later.fails
            world = find_world(inside, clauses) if self.grid.possible(inside) else None
            if world is not None:
                return world
        return find_world(domain, clauses)

    def _unpermitted(self, place: int) -> Iterator[Defect]:
        """Report that a rule introduces against the contact's word, or unasked."""
        text, field = self.texts[place], self.grid.fields.get("permission")
        if self.kind != "introduction" or text.action != "introduce":
            return
        above, found = self._above(place), list[tuple[str, int]]()
        for level, words in _NO_YES.items():
            others = field.whole & ~field.bit(level) if field else 0
            domains = [self._met(case) & ~others for case in self.decider.of_rule(place)]
            worlds = (find_world(domain, above) for domain in domains if self.grid.possible(domain))
            found += [(words, world) for world in worlds if world is not None][:1]
        if found:
            said = join_or([words for words, _ in found])
            words = f"{text.id} introduces although the contact {said}. Let it ask for permission: given."
            yield self._finding("unpermitted", [place], words, found[0][1], serious="own" in text.clauses)

    def _weak(self, place: int) -> Iterator[Defect]:
        above = self._above(place)
        cases = self.decider.of_rule(place)
        if all(self._differs(place, self._met(case), above) is None for case in cases):
            yield self._no_effect(place)
            return
        text = self.texts[place]
        for words, without, broader in _shortened(text):
            # What only the broader of the two would decide: does it show?
            ones, others = self._compiled(place, without), cases
            if not broader:
                ones, others = others, ones
            clauses = [*above, *(other.loose_clause for other in others)]
            if all(self._differs(place, self._met(case), clauses) is None for case in ones):
                said = f"{text.id} would decide the same without: {words}."
                yield self._finding("idle_condition", [place], said, self._example(place), serious=False)

    def _compiled(self, place: int, rule: Rule) -> Sequence[CompiledRule]:
        return tuple(self.grid.cases(place, rule, self.decider.assume))

    def _no_effect(self, place: int) -> Defect:
        """Report a rule without which every answer stays; a letter or a clause of its own excuses it."""
        text = self.texts[place]
        instead = self._instead(place)
        heard = {clause for other in instead for clause in self.texts[other].clauses}
        letters = {self.texts[other].letter for other in instead}
        ends = {(self.texts[other].until, self.texts[other].also) for other in instead}
        own = (
            text.letter not in letters
            or not set(text.clauses) <= heard
            or (text.until, text.also) not in ends
        )
        names = ", ".join(self.texts[other].id for other in instead)
        words = f"{text.id} changes no action: without it {names} would do the same" + (
            "; it gives a reason, a clause or a letter of its own." if own else "."
        )
        return self._finding("no_effect", [place, *instead], words, self._example(place), serious=not own)

    def _instead(self, place: int) -> list[int]:
        """Return the rules that would decide in a rule's stead."""
        found: dict[int, None] = {}
        for case in self.decider.of_rule(place):
            clauses = self._above(place)
            for later in (each for each in self.decider.rules if each.index > place):
                inside = self._met(case) & ~later.lacks
                if self.grid.possible(inside) and find_world(inside, clauses) is not None:
                    found[later.index] = None
                clauses.append(later.clause)
        return sorted(found)

    def _order(self, place: int) -> Iterator[Defect]:
        """Report neighbours of different answer that overlap, neither being the special case."""
        one, other = self.texts[place], self.texts[place + 1]
        if one.answer == other.answer:
            return
        ones, others = self.decider.of_rule(place), self.decider.of_rule(place + 1)
        both = [self._met(case) & self._met(later) for case in ones for later in others]
        if not any(map(self.grid.possible, both)):
            return
        above = self._above(place)
        alone = [*above, *(later.clause for later in others)]
        inside = (find_world(domain, above) for domain in both if self.grid.possible(domain))
        world = next((each for each in inside if each is not None), None)
        if world is not None and any(find_world(self._met(case), alone) is not None for case in ones):
            words = f"{one.id} ({one.said}) and {other.id} ({other.said}) overlap; their order decides."
            yield self._finding("order", [place, place + 1], words, world, serious=False)


def _shortened(rule: Rule) -> Iterator[tuple[str, Rule, bool]]:
    """Yield a rule without one of its conditions, choices or cases of a choice.

    With it comes what was left out, and whether the rule holds more often so.
    """
    for name, condition in rule.when.items():
        rest = {other: each for other, each in rule.when.items() if other != name}
        yield condition.words(), replace(rule, when=rest), True
    for place, part in enumerate(rule.choices):
        before, after = rule.choices[:place], rule.choices[place + 1 :]
        yield part.words(), replace(rule, choices=(*before, *after)), True
        for out, case in enumerate(part.of if len(part.of) > part.at_least else ()):
            fewer = replace(part, of=(*part.of[:out], *part.of[out + 1 :]))
            yield Part((case,)).words(), replace(rule, choices=(*before, fewer, *after)), False


# ---- the difference of two policies --------------------------------------------------------------


@dataclass(frozen=True)
class Parting:
    """A pair of rules on which two policies differ.

    Attributes
    ----------
    kind : str
        The kind of request.
    rules : tuple of (str, str)
        The deciding rule of either policy, empty where it has none.
    actions : tuple of (str or None, str or None)
        What either does.
    example : str
        A request on which they part, in words.
    facts : dict of str to (str or number)
        The same request as facts; what is left out may be anything.
    """

    kind: Kind
    rules: tuple[str, str]
    actions: tuple[str | None, str | None]
    example: str
    facts: dict[str, str | float]

    def __str__(self) -> str:
        one, other = (
            f"{spoken(action)} ({rule})" if action else "no rule"
            for action, rule in zip(self.actions, self.rules, strict=True)
        )
        return f"{one} against {other}; for example: {self.example}"


def difference(one: Policy, other: Policy, kind: Kind) -> tuple[Parting, ...]:
    """Return every pair of rules on which two policies differ, exactly and without data.

    Parameters
    ----------
    one, other : Policy
        The policies, or two versions of one.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request; both must speak of it.

    Returns
    -------
    tuple of Parting
        In the order of the first policy's rules; empty when the two never differ in action.

    Raises
    ------
    PolicyError
        A policy does not speak of this kind, or the two declare one fact with different levels.
    """
    one, other = one.lasting, other.lasting
    one.decider(kind)
    other.decider(kind)
    words = _joined_vocabulary(one.vocabularies[kind], other.vocabularies[kind])
    grid = Grid(words, [*one.rules[kind], *other.rules[kind]])
    sides = [
        _Side(each.rules[kind], grid.compile(each.rules[kind], each.assume[kind])) for each in (one, other)
    ]
    domain = _told_apart(grid, [side.cases for side in sides])
    return tuple(
        Parting(
            kind=kind,
            rules=(sides[0].id(place), sides[1].id(place2)),
            actions=(sides[0].does(place), sides[1].does(place2)),
            example=grid.words(world, free=domain),
            facts=grid.facts(world, free=domain),
        )
        for place, place2, world in _partings(grid, sides[0], sides[1], domain)
    )


@dataclass(frozen=True)
class _Side:
    """The rules of one of two policies; the place after the last is that of no rule."""

    texts: tuple[Rule, ...]
    cases: tuple[CompiledRule, ...]

    def places(self) -> range:
        return range(len(self.texts) + 1)

    def does(self, place: int) -> str | None:
        """Return what a rule says, with the answers that agree with it and its end; None for no rule."""
        if place == len(self.texts):
            return None
        rule = self.texts[place]
        return " ".join([" or ".join([rule.answer, *rule.also]), rule.lasts()]).strip()

    def id(self, place: int) -> str:
        return self.texts[place].id if place < len(self.texts) else ""

    def inside(self, place: int, domain: int) -> list[int]:
        """Return the requests that meet a rule, case by case."""
        if place == len(self.texts):
            return [domain]
        return [domain & ~case.lacks for case in self.cases if case.index == place]

    def above(self, place: int) -> list[Clause]:
        answer = self.texts[place].answer if place < len(self.texts) else None
        return _above(self.cases, place, answer)


def _joined_vocabulary(one: Vocabulary, other: Vocabulary) -> Vocabulary:
    for name in one:
        if name in other and one[name].levels != other[name].levels:
            raise PolicyError(
                f"The fact {name!r} has the levels {', '.join(one[name].levels) or 'number'} in one "
                f"policy and {', '.join(other[name].levels) or 'number'} in the other",
                "Rename one of the two",
            )
    return one.extended(fact for name, fact in other.items() if name not in one)


def _told_apart(grid: Grid, lists: Sequence[Sequence[CompiledRule]]) -> int:
    """Return all recorded values, and "not recorded" where a rule or an assumption speaks of it."""
    domain = sum(field.known for field in grid.fields.values())
    for rules in lists:
        for rule in rules:
            for field, holds, fails in rule.conditions:
                domain |= (holds | fails) & field.unknown
    return domain


def _partings(grid: Grid, one: _Side, other: _Side, domain: int) -> Iterator[tuple[int, int, int]]:
    for place in one.places():
        above = one.above(place)
        inside = [each for each in one.inside(place, domain) if find_world(each, above) is not None]
        for place2 in other.places():
            if not inside or one.does(place) == other.does(place2):
                continue
            both = [each & more for each in inside for more in other.inside(place2, domain)]
            possible = [each for each in both if grid.possible(each)]
            if possible:
                clauses = [*above, *other.above(place2)]
                worlds = (find_world(each, clauses) for each in possible)
                world = next((each for each in worlds if each is not None), None)
                if world is not None:
                    yield place, place2, world


def _above(cases: Sequence[CompiledRule], place: int, answer: str | None) -> list[Clause]:
    """Return the cases above a rule as clauses to be met for that rule (or, at the end, none) to decide."""
    return [_must_fail(case, answer) for case in cases if case.index < place]


def _must_fail(case: CompiledRule, answer: str | None) -> Clause:
    """Return a case as a clause: with the same answer it may stay open, with any other it must fail."""
    return case.loose_clause if case.action == answer else case.clause
