"""What a policy is made of: sources, conditions, answers, rules, situations, assumptions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain, combinations, product

from netkit.facts import Fact
from netkit.facts.level_words import level_words
from netkit.wording import counted, join_or, range_words, spoken

Value = str | float | None
Range = tuple[float, float | None]
# What is answered later: so many months may be said, and a day to look again.
WAITS = ("defer", "wait")


@dataclass(frozen=True)
class Source:
    """A text that a policy rests on.

    `id` is the prefix of its clauses, such as `PN`; `own` for what the user decided himself. `clauses` says
    what each of them says, where the policy tells it.
    """

    id: str
    title: str
    author: str = ""
    date: str = ""
    url: str = ""
    clauses: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Change:
    """A change of a policy that its file tells: the day, what changed, and who changed it."""

    on: str
    what: str
    by: str = ""


@dataclass(frozen=True)
class Condition:
    """What a rule requires of one fact: the values for which it holds.

    Attributes
    ----------
    fact : Fact
        The fact.
    levels : frozenset of str
        The accepted levels; empty for a number.
    ranges : tuple of (number, number or None)
        The accepted numbers, both ends included, None for "and more"; empty for levels.
    unknown : bool
        Whether it also holds while nothing is recorded: acting on ignorance must be written.
    """

    fact: Fact
    levels: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()
    unknown: bool = False

    def accepts(self, value: str | float) -> bool:
        """Return whether the condition holds for a recorded value."""
        if isinstance(value, str):
            return value in self.levels
        return any(low <= value and (high is None or value <= high) for low, high in self.ranges)

    def when_unknown(self, assume: Mapping[str, "Assumption"]) -> bool | None:
        """Return whether the condition holds while nothing is recorded; None where it cannot be told."""
        if self.unknown:
            return True
        assumed = assume.get(self.fact.name)
        return None if assumed is None else assumed.meets(self)

    def state(self, values: Mapping[str, Value], assume: Mapping[str, "Assumption"]) -> bool | None:
        """Return whether the condition holds for a request; None where it cannot be told."""
        value = values.get(self.fact.name)
        return self.when_unknown(assume) if value is None else self.accepts(value)

    def words(self) -> str:
        """Return the condition in words.

        Examples
        --------
        >>> Condition(Fact("note_words", "How long?"), ranges=((15, None),)).words()
        'note words is 15 or more'
        """
        return f"{spoken(self.fact.name)} is {self._values}"

    def asked(self) -> str:
        """Return the condition as an answer to its question."""
        return self.fact.answered(self._values)

    @property
    def _values(self) -> str:
        values = [level_words(self.fact.name, level) for level in self.fact.levels if level in self.levels]
        values += [range_words(low, high) for low, high in self.ranges]
        return join_or([*values, *["not recorded"] * self.unknown])


@dataclass(frozen=True)
class Part:
    """What a rule asks for: so many of several cases, each of which is conditions that all hold.

    A plain condition is one of one, `any_of` one of several, and `count` as many as it says.
    """

    of: tuple[tuple[Condition, ...], ...]
    at_least: int = 1

    @property
    def conditions(self) -> Iterator[Condition]:
        """The conditions of all cases."""
        return chain.from_iterable(self.of)

    def state(self, values: Mapping[str, Value], assume: Mapping[str, "Assumption"]) -> bool | None:
        """Return whether so many cases hold; None where what is unknown decides that."""
        held = [_all_of(one.state(values, assume) for one in case) for case in self.of]
        if held.count(True) >= self.at_least:
            return True
        return False if len(held) - held.count(False) < self.at_least else None

    def words(self) -> str:
        """Return the part as it reads aloud."""
        return self._said(Condition.words)

    def asked(self) -> str:
        """Return the part as answers to its questions."""
        return self._said(Condition.asked)

    def _said(self, words: Callable[[Condition], str]) -> str:
        cases = [" and ".join(map(words, case)) for case in self.of]
        if len(cases) == 1:
            return cases[0]
        return f"{so_many(self.at_least, len(cases))}: {'; '.join(cases)}"


def _all_of(states: Iterable[bool | None]) -> bool | None:
    """Return whether all hold: no as soon as one does not, None while one cannot be told."""
    told = list(states)
    return False if False in told else None if None in told else True


def so_many(at_least: int, of: int) -> str:
    """Return how many of several cases must hold, in words."""
    return "any of these" if at_least == 1 else f"at least {at_least} of these {of}"


@dataclass(frozen=True)
class Answer:
    """An answer of one's own: its name, words, what it comes to, its letter, and its words to an asker."""

    name: str
    words: str
    means: str
    letter: str = ""
    tell_asker: str = ""


@dataclass(frozen=True)
class Situation:
    """An example that a policy must get right.

    Attributes
    ----------
    it : str
        A sentence that says what should happen.
    given : dict of str to (str or number)
        The facts that are recorded.
    action : str or None
        The settled answer that is expected, or None where the decision must stay open.
    possible : frozenset of str
        For an open decision, the answers that must still be possible.
    find_out : tuple of str
        For an open decision, the facts to find out first, in that order.
    line : int
        Where it stands.
    """

    it: str
    given: dict[str, str | float]
    action: str | None = None
    possible: frozenset[str] = frozenset()
    find_out: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Rule:
    """One rule: when all its conditions hold, do this, because.

    Attributes
    ----------
    id : str
        Its name.
    when : dict of str to Condition
        The conditions by fact; empty holds always.
    action : str
        What to do; of an answer of one's own, what it comes to.
    because : str
        The reason in plain words.
    clauses : tuple of str
        The published clauses it carries out.
    letter : str
        The letter template this answer owes, or nothing.
    situations : tuple of Situation
        The examples that hold it.
    line : int
        Where it stands in the file.
    choices : tuple of Part
        What must hold besides: any of several cases, or so many of them.
    answer : str
        The answer's name, where it is one of one's own; else the action.
    said : str
        The answer in words.
    also : tuple of str
        The further answers that count as agreeing with this rule.
    until : date or int or None
        The day from which on the rule is gone; or, for an answer that waits, for how many months.
    """

    id: str
    when: dict[str, Condition]
    action: str
    because: str
    clauses: tuple[str, ...]
    letter: str = ""
    situations: tuple[Situation, ...] = field(default=(), repr=False)
    line: int = 0
    choices: tuple[Part, ...] = ()
    answer: str = ""
    said: str = ""
    also: tuple[str, ...] = ()
    until: date | int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", self.answer or self.action)
        object.__setattr__(self, "said", self.said or spoken(self.answer))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that must hold: each condition, then the choices."""
        return (*(Part(((condition,),)) for condition in self.when.values()), *self.choices)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions, wherever they stand."""
        return tuple(chain.from_iterable(part.conditions for part in self.parts))

    @cached_property
    def facts(self) -> frozenset[str]:
        """The facts that the rule looks at."""
        return frozenset(condition.fact.name for condition in self.conditions)

    @property
    def passing(self) -> bool:
        """Whether the rule is gone after a day."""
        return isinstance(self.until, date)

    def cases(self) -> Iterator[tuple[Condition, ...]]:
        """Yield conditions that together suffice: the rule holds where, for one of them, all hold."""
        chosen = [combinations(part.of, part.at_least) for part in self.choices]
        for several in product(*chosen):
            yield (*self.when.values(), *chain.from_iterable(chain.from_iterable(several)))

    def state(
        self, values: Mapping[str, Value], assume: Mapping[str, "Assumption"] | None = None
    ) -> bool | None:
        """Return whether the rule holds for a request; None where what is unknown decides that."""
        return _all_of(part.state(values, assume or {}) for part in self.parts)

    def words(self) -> str:
        """Return what must hold, joined by "and"; "always" where there is nothing."""
        return " and ".join(part.words() for part in self.parts) or "always"

    def asked(self) -> str:
        """Return what must hold as answers to the facts' questions; "always" where there is nothing."""
        return " and ".join(part.asked() for part in self.parts) or "always"

    def lasts(self) -> str:
        """Return until when, in words; nothing where no end is told."""
        if isinstance(self.until, date):
            return f"until {self.until:%d %B %Y}".replace(" 0", " ")
        return f"for {counted(self.until, 'month')}" if self.until else ""


@dataclass(frozen=True)
class Assumption:
    """A level that is assumed while nothing is recorded, with the reason why that is fair.

    Of what only data can tell nobody is asked. Where a policy assumes nothing there, the value is None:
    it stays unknown, and only a rule on not knowing applies.
    """

    fact: Fact
    value: Value
    because: str
    clauses: tuple[str, ...] = ()

    def meets(self, condition: Condition) -> bool:
        """Return whether a condition holds for what is assumed."""
        return condition.unknown if self.value is None else condition.accepts(self.value)
