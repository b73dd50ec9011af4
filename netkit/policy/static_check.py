"""Checks a policy and compares two, exactly and without data, each finding with an example."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netkit.errors import PolicyError
from netkit.facts import Kind, Vocabulary
from netkit.policy.loaded_policy import Policy
from netkit.policy.rules import Rule
from netkit.policy.search_space import Clause, CompiledRule, Grid, find_world
from netkit.wording import counted, spoken


@dataclass(frozen=True)
class Defect:
    """Something that is wrong, or worth knowing, about a list of rules.

    Attributes
    ----------
    kind : str
        The kind of request.
    what : str
        `gap`, `dead`, `contradiction`, `no_effect`, `order` or `idle_condition`.
    serious : bool
        Whether the check fails by it; the others are worth a look only.
    rules : tuple of str
        The rules concerned.
    words : str
        What is the matter, in words.
    example : str
        A request that shows it, in words.
    facts : dict of str to (str or int)
        The same request as facts; what is left out may be anything.
    """

    kind: Kind
    what: str
    serious: bool
    rules: tuple[str, ...]
    words: str
    example: str
    facts: dict[str, str | int]


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

    def __str__(self) -> str:
        found = counted(len(self.defects), "defect"), counted(len(self.notes), "note")
        lines = [f"{self.policy}: {', '.join(found)}"]
        lines += [
            f"  {'DEFECT' if each.serious else 'note'} {each.kind}: {each.words}\n"
            f"    for example: {each.example}"
            for each in (*self.defects, *self.notes)
        ]
        return "\n".join(lines)


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
        Gaps, dead rules, contradictions and rules without effect are defects; a rule that changes
        no action but owes another letter or cites a clause of its own is a note, like neighbours
        whose order matters and conditions that never matter.
    """
    kinds = policy.kinds if kind is None else (kind,)
    findings = [finding for each in kinds for finding in _Checked.of(policy, each).findings()]
    return CheckReport(policy.name, tuple(findings))


@dataclass(frozen=True)
class _Checked:
    """One list of rules under the search."""

    kind: Kind
    texts: tuple[Rule, ...]
    rules: tuple[CompiledRule, ...]
    grid: Grid
    domain: int

    @classmethod
    def of(cls, policy: Policy, kind: Kind) -> "_Checked":
        decider = policy.decider(kind)
        known = sum(field.known for field in decider.grid.fields.values())
        # Not knowing counts as a cell of its own only where a rule acts on it.
        domain = known | decider.ignorance
        return cls(kind, policy.rules[kind], decider.rules, decider.grid, domain)

    def findings(self) -> Iterator[Defect]:
        places = range(len(self.rules))
        yield from self._gap()
        dead = {place: found for place in places if (found := self._dead(place))}
        yield from dead.values()
        for place in places:
            if place not in dead:
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
        world = find_world(self.domain, [rule.clause for rule in self.rules])
        if world is not None:
            words = "No rule speaks of some requests; end the list with a rule that always holds."
            yield self._finding("gap", [], words, world)

    def _met(self, place: int) -> int:
        """Return all requests that meet a rule's conditions."""
        return self.domain & ~self.rules[place].lacks

    def _world(self, place: int) -> int | None:
        """Return requests that a rule decides."""
        return find_world(self._met(place), _above(self.rules, place))

    def _dead(self, place: int) -> Defect | None:
        if self._world(place) is not None:
            return None
        text = self.texts[place]
        hiding = self._hiding(place)
        names = ", ".join(self.texts[other].id for other in hiding)
        same = [other for other in hiding if self.texts[other].when == text.when]
        if same and self.texts[same[0]].action != text.action:
            other = self.texts[same[0]]
            what = "contradiction"
            words = (
                f"{text.id} says {spoken(text.action)} under the same condition under which "
                f"{other.id} says {spoken(other.action)}, so it never decides."
            )
        else:
            what = "dead"
            words = f"{text.id} never decides: whatever meets it is decided before, by {names}."
        return self._finding(what, [place, *hiding], words, self._met(place))

    def _hiding(self, place: int) -> list[int]:
        """Return as few of the rules above as suffice to hide a rule."""
        clauses = dict(enumerate(_above(self.rules, place)))
        for other in range(place):
            rest = {key: clause for key, clause in clauses.items() if key != other}
            if find_world(self._met(place), rest.values()) is None:
                clauses = rest
        return list(clauses)

    def _differs(self, place: int, domain: int, clauses: list[Clause]) -> int | None:
        """Return requests that the rules below a place would not give its action, or not for sure."""
        action = self.rules[place].action
        clauses = list(clauses)
        for later in self.rules[place + 1 :]:
            if later.action == action:
                clauses.append(later.loose_clause)
                continue
            inside = domain & ~later.fails
            world = find_world(inside, clauses) if self.grid.possible(inside) else None
            if world is not None:
                return world
        return find_world(domain, clauses)

    def _weak(self, place: int) -> Iterator[Defect]:
        rule, text = self.rules[place], self.texts[place]
        clauses = _above(self.rules, place)
        if self._differs(place, self._met(place), clauses) is None:
            yield self._no_effect(place)
            return
        for name, (field, holds, _) in zip(text.when, rule.conditions, strict=True):
            # Every other condition holds and this one fails: does the rule's absence show?
            domain = self.domain & ~(rule.lacks & ~field.whole) & ~(field.whole & holds)
            if self._differs(place, domain, clauses) is None:
                words = f"{text.id} would decide the same without: {text.when[name].words()}."
                world = self._world(place) or self.domain
                yield self._finding("idle_condition", [place], words, world, serious=False)

    def _no_effect(self, place: int) -> Defect:
        """Report a rule without which every action stays; a letter or a clause of its own excuses it."""
        text = self.texts[place]
        instead = self._instead(place)
        heard = {clause for other in instead for clause in self.texts[other].clauses}
        letters = {self.texts[other].letter for other in instead}
        own = text.letter not in letters or not set(text.clauses) <= heard
        names = ", ".join(self.texts[other].id for other in instead)
        words = f"{text.id} changes no action: without it {names} would do the same" + (
            "; it gives a reason, a clause or a letter of its own." if own else "."
        )
        world = self._world(place) or self.domain
        return self._finding("no_effect", [place, *instead], words, world, serious=not own)

    def _instead(self, place: int) -> list[int]:
        """Return the rules that would decide in a rule's stead."""
        clauses = _above(self.rules, place)
        found = []
        for later in self.rules[place + 1 :]:
            inside = self._met(place) & ~later.lacks
            if self.grid.possible(inside) and find_world(inside, clauses) is not None:
                found.append(later.index)
            clauses.append(later.clause)
        return found

    def _order(self, place: int) -> Iterator[Defect]:
        """Report neighbours of different action that overlap, neither being the special case."""
        one, other = self.rules[place], self.rules[place + 1]
        both = self._met(place) & self._met(place + 1)
        if one.action == other.action or not self.grid.possible(both):
            return
        clauses = _above(self.rules, place)
        world = find_world(both, clauses)
        alone = find_world(self._met(place), [*clauses, other.clause])
        if world is not None and alone is not None:
            words = (
                f"{self.texts[place].id} ({spoken(one.action)}) and {self.texts[place + 1].id} "
                f"({spoken(other.action)}) overlap; their order decides."
            )
            yield self._finding("order", [place, place + 1], words, world, serious=False)


# ---- the difference of two policies --------------------------------------------------------------


@dataclass(frozen=True)
class Parting:
    """A pair of rules by which two policies part.

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
    facts : dict of str to (str or int)
        The same request as facts; what is left out may be anything.
    """

    kind: Kind
    rules: tuple[str, str]
    actions: tuple[str | None, str | None]
    example: str
    facts: dict[str, str | int]

    def __str__(self) -> str:
        one, other = (
            f"{spoken(action)} ({rule})" if action else "no rule"
            for action, rule in zip(self.actions, self.rules, strict=True)
        )
        return f"{one} against {other}; for example: {self.example}"


def difference(one: Policy, other: Policy, kind: Kind) -> tuple[Parting, ...]:
    """Return every pair of rules by which two policies part, without data, exactly.

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
    one.decider(kind)
    other.decider(kind)
    words = _joined_vocabulary(one.vocabularies[kind], other.vocabularies[kind])
    grid = Grid(words, [*one.rules[kind], *other.rules[kind]])
    lists = tuple(grid.compile(each.rules[kind], each.assume[kind]) for each in (one, other))
    domain = _told_apart(grid, lists)
    ids = [[*(rule.id for rule in each.rules[kind]), ""] for each in (one, other)]
    return tuple(
        Parting(
            kind=kind,
            rules=(ids[0][place], ids[1][place2]),
            actions=(_action_at(lists[0], place), _action_at(lists[1], place2)),
            example=grid.words(world, free=domain),
            facts=grid.facts(world, free=domain),
        )
        for place, place2, world in _partings(grid, lists[0], lists[1], domain)
    )


def _joined_vocabulary(one: Vocabulary, other: Vocabulary) -> Vocabulary:
    for name in one:
        if name in other and one[name].levels != other[name].levels:
            raise PolicyError(
                f"the fact {name!r} has the levels {', '.join(one[name].levels) or 'number'} in one "
                f"policy and {', '.join(other[name].levels) or 'number'} in the other",
                accepted="one meaning per name",
                do="rename one of the two",
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


def _action_at(rules: Sequence[CompiledRule], place: int) -> str | None:
    return rules[place].action if place < len(rules) else None


def _partings(
    grid: Grid, ones: Sequence[CompiledRule], others: Sequence[CompiledRule], domain: int
) -> Iterator[tuple[int, int, int]]:
    for place in range(len(ones) + 1):
        clauses = _above(ones, place)
        inside = domain & ~ones[place].lacks if place < len(ones) else domain
        if find_world(inside, clauses) is None:
            continue
        for place2 in range(len(others) + 1):
            both = inside & ~others[place2].lacks if place2 < len(others) else inside
            if _action_at(ones, place) == _action_at(others, place2) or not grid.possible(both):
                continue
            world = find_world(both, [*clauses, *_above(others, place2)])
            if world is not None:
                yield place, place2, world


def _above(rules: Sequence[CompiledRule], place: int) -> list[Clause]:
    """Return the rules above a place as clauses to be met for that rule (or, at the end, none) to decide.

    A rule with the same action may stay open, any other must fail.
    """
    action = rules[place].action if place < len(rules) else None
    return [rule.loose_clause if rule.action == action else rule.clause for rule in rules[:place]]
