"""Checks a policy exactly, without data: gaps, dead rules, contradictions, each with an example."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netkit.facts import Kind
from netkit.policy import Policy
from netkit.policy.cells import Compiled, Grid, above
from netkit.policy.change import Change, smallest_change
from netkit.policy.defects import CheckReport, Defect
from netkit.policy.difference import Parting, difference
from netkit.policy.rules import Rule
from netkit.policy.search import Clause, find_world
from netkit.wording import spoken

__all__ = [
    "Change",
    "CheckReport",
    "Defect",
    "Parting",
    "check",
    "difference",
    "smallest_change",
]


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
    rules: tuple[Compiled, ...]
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
        yield from self._gap()
        dead = set()
        for place in range(len(self.rules)):
            found = self._dead(place)
            if found:
                dead.add(place)
                yield found
        for place in range(len(self.rules)):
            if place not in dead:
                yield from self._weak(place)
        for place in range(len(self.rules) - 1):
            if not {place, place + 1} & dead:
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

    def _world(self, place: int) -> int | None:
        """Return requests that a rule decides."""
        return find_world(self.domain & ~self.rules[place].lacks, above(self.rules, place))

    def _dead(self, place: int) -> Defect | None:
        if self._world(place) is not None:
            return None
        rule, text = self.rules[place], self.texts[place]
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
        return self._finding(what, [place, *hiding], words, self.domain & ~rule.lacks)

    def _hiding(self, place: int) -> list[int]:
        """Return as few of the rules above as suffice to hide a rule."""
        domain = self.domain & ~self.rules[place].lacks
        clauses = dict(enumerate(above(self.rules, place)))
        for other in range(place):
            rest = {key: clause for key, clause in clauses.items() if key != other}
            if find_world(domain, rest.values()) is None:
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
        clauses = above(self.rules, place)
        if self._differs(place, self.domain & ~rule.lacks, clauses) is None:
            yield self._no_effect(place)
            return
        for name, (field, holds, _) in zip(text.when, rule.conditions, strict=True):
            whole = field.known | field.unknown
            # Every other condition holds and this one fails: does the rule's absence show?
            domain = self.domain & ~(rule.lacks & ~whole) & ~(whole & holds)
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
        domain = self.domain & ~self.rules[place].lacks
        clauses = above(self.rules, place)
        found = []
        for later in self.rules[place + 1 :]:
            inside = domain & ~later.lacks
            if self.grid.possible(inside) and find_world(inside, clauses) is not None:
                found.append(later.index)
            clauses.append(later.clause)
        return found

    def _order(self, place: int) -> Iterator[Defect]:
        """Report neighbours of different action that overlap, neither being the special case."""
        one, other = self.rules[place], self.rules[place + 1]
        both = self.domain & ~one.lacks & ~other.lacks
        if one.action == other.action or not self.grid.possible(both):
            return
        clauses = above(self.rules, place)
        world = find_world(both, clauses)
        alone = find_world(self.domain & ~one.lacks, [*clauses, other.clause])
        if world is not None and alone is not None:
            words = (
                f"{self.texts[place].id} ({spoken(one.action)}) and {self.texts[place + 1].id} "
                f"({spoken(other.action)}) overlap; their order decides."
            )
            yield self._finding("order", [place, place + 1], words, world, serious=False)
