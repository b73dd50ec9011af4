"""Explains one decision: which rule, why, which rules came close, and what would change it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import combinations, product
from typing import Literal

from netkit.facts import Kind
from netkit.facts.level_words import fact_words
from netkit.policy.decider import Decider, Decision
from netkit.policy.loaded_policy import Policy
from netkit.policy.rules import Assumption, Rule, Value
from netkit.policy.search_space import Field
from netkit.wording import capital, cited

_Status = Literal["fires", "out", "open"]
_SHOWN = 5


@dataclass(frozen=True)
class _RuleStep:
    """How one rule fared on the way down.

    Attributes
    ----------
    rule : Rule
        The rule.
    status : str
        `fires`, `out` or `open`.
    fails : tuple of str
        The conditions that fail, in words.
    unsure : tuple of str
        The conditions that cannot be told yet, in words.
    """

    rule: Rule
    status: _Status
    fails: tuple[str, ...]
    unsure: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One or two facts that would have led to another answer if they had been different.

    Attributes
    ----------
    facts : dict of str to (str or number)
        The facts to change, with their new values.
    words : str
        The change in words.
    action : str
        The answer it would bring.
    said : str
        That answer in words.
    """

    facts: dict[str, str | float]
    words: str
    action: str
    said: str

    def __str__(self) -> str:
        return f"if {self.words}: {self.said}"


@dataclass(frozen=True, repr=False)
class Trace:
    """The explanation of one decision; prints as text, shows as HTML in a notebook.

    Attributes
    ----------
    policy : str
        The policy's name.
    kind : str
        The kind of request.
    facts : dict of str to (str or number)
        What is recorded.
    decision : Decision
        The answer.
    steps : tuple
        Every rule in order, down to the first that fires.
    assumed : tuple of Assumption
        What was assumed for facts that are not recorded.
    changes : tuple of Change
        The smallest changes that would bring another answer.
    """

    policy: str
    kind: Kind
    facts: dict[str, str | float]
    decision: Decision
    steps: tuple[_RuleStep, ...]
    assumed: tuple[Assumption, ...]
    changes: tuple[Change, ...]

    @property
    def near_misses(self) -> tuple[_RuleStep, ...]:
        """The rules that came close: exactly one condition fails, all others hold."""
        return tuple(step for step in self.steps if len(step.fails) == 1 and not step.unsure)

    @property
    def still_open(self) -> tuple[_RuleStep, ...]:
        """The rules that cannot be told yet."""
        return tuple(step for step in self.steps if step.status == "open")

    def sections(self) -> list[tuple[str, list[str]]]:
        """Return the explanation as headings with lines of plain text."""
        decision = self.decision
        head = [decision.reason]
        if decision.settled:
            (rule,) = (step.rule for step in self.steps if step.rule.id == decision.rule)
            head.append(f"Rule {decision.rule} ({cited(decision.clause)}): {rule.asked()}.")
        assumed = [f"{fact_words(each.fact.name, each.value)}. {each.because}" for each in self.assumed]
        near = [f"{step.rule.said}, if {step.fails[0]} (rule {step.rule.id})" for step in self.near_misses]
        unsure = [
            f"{step.rule.said}, if {' and '.join(step.unsure)} (rule {step.rule.id})"
            for step in self.still_open
        ]
        title = capital(decision.said) or "Not settled yet"
        sections = [
            (title, head),
            ("Assumed", assumed),
            ("Could still decide", unsure),
            ("Came close, and would apply with one other answer", near),
            ("What would settle it" if decision.action is None else "What would change it",
             [str(change) for change in self.changes]),
        ]  # fmt: skip
        return [(title, lines) for title, lines in sections if lines]

    def text(self) -> str:
        """Return the explanation as plain text."""
        (title, lines), *others = self.sections()
        parts = [f"{title}. " + " ".join(lines)]
        for title, lines in others:
            parts.append(f"{title}:\n\n" + "\n".join(f"- {line}" for line in _short(lines)))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        (title, lines), *others = self.sections()
        parts = [f"<p><strong>{escape(title)}.</strong> {escape(' '.join(lines))}</p>"]
        for title, lines in others:
            items = "".join(f"<li>{escape(line)}</li>" for line in _short(lines))
            parts.append(f"<p>{escape(title)}:</p><ul>{items}</ul>")
        return f"<div>{''.join(parts)}</div>"


def _short(lines: list[str]) -> list[str]:
    if len(lines) <= _SHOWN + 1:
        return lines
    return [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]


def explain(policy: Policy, facts: Mapping[str, object], kind: Kind) -> Trace:
    """Explain what a policy says about one request.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : mapping of str to object
        What is recorded about the request.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.

    Returns
    -------
    Trace
        The decision with its way there.
    """
    values, decider = policy.parse(facts, kind), policy.decider(kind)
    decision = policy.decide_one(facts, kind)
    steps = []
    for rule in policy.rules[kind]:
        steps.append(_step(rule, values, policy.assume[kind]))
        if steps[-1].status == "fires":
            break
    return Trace(
        policy=policy.name,
        kind=kind,
        facts={name: value for name, value in values.items() if value is not None},
        decision=decision,
        steps=tuple(steps),
        assumed=tuple(policy.assume[kind][name] for name in decision.assumed),
        # While a decision is open, the next fact to find out says more than pairs would.
        changes=_smallest_changes(decider, policy.rules[kind], values, pairs=decision.settled),
    )


def _step(rule: Rule, values: Mapping[str, Value], assume: Mapping[str, Assumption]) -> _RuleStep:
    told = [(part.asked(), part.state(values, assume)) for part in rule.parts]
    fails = tuple(words for words, state in told if state is False)
    unsure = tuple(words for words, state in told if state is None)
    return _RuleStep(rule, "out" if fails else "open" if unsure else "fires", fails, unsure)


# ---- the smallest change of facts ----------------------------------------------------------------


def _smallest_changes(
    decider: Decider, rules: Iterable[Rule], values: Mapping[str, Value], *, pairs: bool
) -> tuple[Change, ...]:
    """Return all changes of a single fact that change the answer; where there are none, of two.

    For an open decision these are the unknown facts that would settle it, least trouble first.
    """
    said = {rule.answer: rule.said for rule in rules}
    for count in (1, 2) if pairs else (1,):
        changes = tuple(_changes(decider, said, values, count))
        if changes:
            return changes
    return ()


def _changes(
    decider: Decider, said: Mapping[str, str], values: Mapping[str, Value], count: int
) -> Iterator[Change]:
    record = decider.grid.record(values)
    now = decider.settled_action(record)
    changeable = _changeable(decider, record, now)
    for fields in combinations(changeable, count):
        rest = record & ~sum([field.whole for field in fields])
        # Every choice of values that all differ from the recorded ones.
        for bits in product(*([bit for bit in field.bits() if not bit & record] for field in fields)):
            action = decider.settled_action(rest | sum(bits))
            if action is not None and action != now:
                changed = list(zip(fields, bits, strict=True))
                yield Change(
                    {
                        field.fact.name: _nearest(field, bit, values.get(field.fact.name))
                        for field, bit in changed
                    },
                    " and ".join(field.asked(bit) for field, bit in changed),
                    action,
                    said[action],
                )


def _changeable(decider: Decider, record: int, now: str | None) -> list[Field]:
    """Return all facts; for an open decision only those to find out, least trouble first."""
    if now is not None:
        return list(decider.grid.fields.values())
    return [field for field in decider.unsure if record & field.unknown]


def _nearest(field: Field, bit: int, now: Value) -> str | float:
    """Return the value within a cell that is nearest to the recorded one, and short to write."""
    value = field.sample(bit)
    assert value is not None
    if isinstance(value, int) and isinstance(now, int) and now > value and not field.fact.decimals:
        return min(cut for cut in field.cuts if cut > value) - 1
    return value
