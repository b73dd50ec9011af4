"""What a policy is made of: sources, conditions, rules, situations, assumptions."""

from dataclasses import dataclass, field

from netkit.facts import Fact
from netkit.wording import join_or, range_words, spoken

Value = str | int | None
Range = tuple[int, int | None]


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
    """What a rule asks of one fact: the values with which it holds.

    Attributes
    ----------
    fact : Fact
        The fact.
    levels : frozenset of str
        The accepted levels; empty for a number.
    ranges : tuple of (int, int or None)
        The accepted numbers, both ends included, None for "and more"; empty for levels.
    unknown : bool
        Whether it also holds while nothing is recorded: acting on ignorance must be written.
    """

    fact: Fact
    levels: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()
    unknown: bool = False

    def accepts(self, value: str | int) -> bool:
        """Return whether the condition holds for a recorded value."""
        if isinstance(value, str):
            return value in self.levels
        return any(low <= value and (high is None or value <= high) for low, high in self.ranges)

    def words(self) -> str:
        """Return the condition as it reads aloud.

        Examples
        --------
        >>> Condition(Fact("note_words", "How long?"), ranges=((15, None),)).words()
        'note words is 15 or more'
        """
        values = [spoken(level) for level in self.fact.levels if level in self.levels]
        values += [range_words(low, high) for low, high in self.ranges]
        values += ["not recorded"] * self.unknown
        return f"{spoken(self.fact.name)} is {join_or(values)}"


@dataclass(frozen=True)
class Situation:
    """An example that a policy must get right.

    Attributes
    ----------
    it : str
        A sentence that says what should happen.
    given : dict of str to (str or int)
        The facts that are recorded.
    action : str or None
        The settled action that is expected, or None where the decision must stay open.
    possible : frozenset of str
        For an open decision, the actions that must still be possible.
    find_out : tuple of str
        For an open decision, the facts to find out first, in that order.
    line : int
        Where it stands.
    """

    it: str
    given: dict[str, str | int]
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
        What to do.
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
    """

    id: str
    when: dict[str, Condition]
    action: str
    because: str
    clauses: tuple[str, ...]
    letter: str = ""
    situations: tuple[Situation, ...] = field(default=(), repr=False)
    line: int = 0

    def words(self) -> str:
        """Return the conditions joined by "and"; "always" where there are none."""
        return " and ".join(condition.words() for condition in self.when.values()) or "always"


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
