"""Judges a data frame of any engine where it lies: a policy's rules as expressions through narwhals."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from netkit.errors import FactError
from netkit.policy.decider import KEY, Decider, need_key
from netkit.policy.rules import Condition, Part, Rule

# Columns that live only between two steps.
_NO = "_netkit_unknown_"
_MET = "_netkit_met_"
_FIRES = "_netkit_fires_"
_MAY = "_netkit_may_"
_FIRST = "_netkit_first"
_DTYPES = {"str": nw.String(), "Int64": nw.Int64(), "Float64": nw.Float64()}


def judge_in_place(
    decider: Decider,
    rules: Sequence[Rule],
    facts: Any,  # noqa: ANN401 - any data frame
    *,
    check: bool = True,
) -> Any:  # noqa: ANN401 - any data frame
    """Return `request`, `action` and `rule` as a frame of the same engine, see `Policy.judge`.

    With `check` the facts are read once beforehand and a level that is not declared is refused;
    without, such a value meets no condition.
    """
    frame = nw.from_native(_typed(facts, decider))
    schema = frame.collect_schema()
    need_key(schema.names())
    plan = _Plan(decider, rules, schema, frame.implementation)
    frame = frame.select(nw.col(KEY), *plan.entries())
    if check:
        plan.refuse_undeclared(frame)
    for step in plan.steps():
        # Only what a later step needs goes along: hundreds of columns take engines long to plan.
        frame = frame.select(nw.col(KEY), *step)
    return frame.to_native()


def _typed(facts: Any, decider: Decider) -> Any:  # noqa: ANN401 - any data frame
    """Return a pandas frame with its object columns typed: they are some twenty times slower."""
    if not isinstance(facts, pd.DataFrame):
        return facts
    fields = decider.grid.fields
    mixed = [name for name in facts if facts[name].dtype == "object" and name in {KEY, *fields}]
    return facts.astype({name: fields[name].fact.dtype if name in fields else "str" for name in mixed})


class _Plan:
    """The expressions of one list of rules, step by step."""

    def __init__(
        self, decider: Decider, rules: Sequence[Rule], schema: nw.Schema, engine: nw.Implementation
    ) -> None:
        self.texts = rules
        self.assume = decider.assume
        self.grid = decider.grid
        self.schema = schema
        self.engine = engine
        self.end = len(rules)
        # Equal conditions of several rules share a column.
        conditions = dict.fromkeys(each for rule in rules for each in rule.conditions)
        self.names = {condition: f"{_MET}{place}" for place, condition in enumerate(conditions)}

    def entries(self) -> Iterable[nw.Expr]:
        """Return the facts with clean types; a fact that the frame lacks is unknown."""
        for name, field in self.grid.fields.items():
            dtype = _DTYPES[field.fact.dtype]
            if name not in self.schema:
                yield nw.lit(None, dtype=dtype).alias(name)
            elif field.fact.is_number and self.schema[name].is_float():
                yield nw.col(name).fill_nan(None).cast(dtype)
            elif self.schema[name] == dtype:
                yield nw.col(name)
            else:
                yield nw.col(name).cast(dtype)

    def refuse_undeclared(self, frame: Any) -> None:  # noqa: ANN401 - eager or lazy
        """Refuse undeclared levels, which would otherwise just meet no condition."""
        wrong = {}
        for name, field in self.grid.fields.items():
            column = nw.col(name)
            levels = (column == level for level in field.fact.levels)
            odd = column < 0 if field.fact.is_number else ~_any(levels)
            wrong[name] = nw.when(odd & ~column.is_null()).then(column.cast(nw.String())).max()
        if not wrong:
            return
        seen = frame.lazy().select(**wrong).collect("pyarrow")
        for name in wrong:
            value = seen[name].to_list()[0]
            if value is not None:
                self.grid.fields[name].fact.parse(value)
                raise FactError(
                    f"{name} cannot be {value!r}",
                    f"Use {', '.join(self.grid.fields[name].fact.levels)}, and leave unknown cells empty",
                )

    def steps(self) -> Iterator[Iterable[nw.Expr]]:
        """Yield the columns of each step, the judgement last; each builds on the one before."""
        may = [nw.col(f"{_MAY}{place}") for place in range(self.end)]
        yield self.conditions()
        yield self.rules()
        yield (*may, self.first())
        yield (self.settled(),)
        yield (
            self._named([rule.action for rule in self.texts]).alias("action"),
            self._named([rule.id for rule in self.texts]).alias("rule"),
        )

    def conditions(self) -> Iterable[nw.Expr]:
        """Return, per fact, whether it is unknown, and per condition, whether it is met by a value."""
        for name in self.grid.fields:
            yield nw.col(name).is_null().alias(_NO + name)
        for condition, name in self.names.items():
            known = ~nw.col(condition.fact.name).is_null()
            yield (known & _met(condition)).alias(name)

    def rules(self) -> Iterable[nw.Expr]:
        """Return, per rule, whether it fires and whether it may."""
        for place, rule in enumerate(self.texts):
            yield _all([_so_many(part, self._sure) for part in rule.parts]).alias(f"{_FIRES}{place}")
            yield _all([_so_many(part, self._maybe) for part in rule.parts]).alias(f"{_MAY}{place}")

    def _sure(self, condition: Condition) -> nw.Expr:
        """Return whether a condition holds for sure."""
        met, unknown = nw.col(self.names[condition]), nw.col(_NO + condition.fact.name)
        return met | unknown if condition.when_unknown(self.assume) else met

    def _maybe(self, condition: Condition) -> nw.Expr:
        """Return whether a condition holds or cannot be told."""
        met, unknown = nw.col(self.names[condition]), nw.col(_NO + condition.fact.name)
        return met if condition.when_unknown(self.assume) is False else met | unknown

    def first(self) -> nw.Expr:
        """Return the place of the first rule that fires."""
        found = [nw.when(nw.col(f"{_FIRES}{place}")).then(nw.lit(place)) for place in range(self.end)]
        # Flat: engines refuse hundreds of expressions nested in each other.
        return nw.coalesce(*found, nw.lit(self.end)).alias(_FIRST)

    def settled(self) -> nw.Expr:
        """Return the place of the first rule that fires, missing where a rule that waits may do else."""
        places: dict[str, list[int]] = {}
        for place, rule in enumerate(self.texts):
            places.setdefault(rule.answer, []).append(place)
        first = nw.col(_FIRST)
        alike = [
            _any(first == place for place in own)
            | ~_any(nw.col(f"{_MAY}{place}") & (first > place) for place in own)
            for own in places.values()
        ]
        return nw.when(_all([first < self.end, *alike])).then(first).alias(_FIRST)

    def _named(self, names: Sequence[str]) -> nw.Expr:
        """Return names by the places of rules."""
        places = nw.col(_FIRST)
        nothing = nw.lit(None, dtype=nw.String())
        if not names:
            return nothing
        if self.engine.is_polars() or self.engine.is_pandas_like() or self.engine.is_pyarrow():
            # Some forty times faster here than a choice between texts; slower on SQL engines.
            numbers = list(range(len(names)))
            return places.replace_strict(numbers, list(names), default=None, return_dtype=nw.String())
        found = [nw.when(places == place).then(nw.lit(name)) for place, name in enumerate(names)]
        return nw.coalesce(*found, nothing)


def _all(flags: Sequence[nw.Expr]) -> nw.Expr:
    if len(flags) == 1:
        return flags[0]  # each layer costs engines time, and most parts of a rule are one condition
    # Never null by construction, so how nulls would count does not matter.
    return nw.all_horizontal(*flags, ignore_nulls=False) if flags else nw.lit(True)


def _any(flags: Iterable[nw.Expr]) -> nw.Expr:
    given = list(flags)
    return nw.any_horizontal(*given, ignore_nulls=False) if given else nw.lit(False)


def _so_many(part: Part, held: Callable[[Condition], nw.Expr]) -> nw.Expr:
    """Return whether so many cases of a part hold."""
    cases = [_all([held(condition) for condition in case]) for case in part.of]
    if part.at_least == len(cases):
        return _all(cases)
    if part.at_least == 1:
        return _any(cases)
    return nw.sum_horizontal(*(case.cast(nw.Int64()) for case in cases)) >= part.at_least


def _met(condition: Condition) -> nw.Expr:
    """Return whether a recorded value meets a condition; guarded by the caller against missing ones."""
    column = nw.col(condition.fact.name)
    if not condition.fact.is_number:
        # Not `is_in`, which SQL engines take for a search in a list.
        return _any(column == level for level in sorted(condition.levels))
    return _any(
        column >= low if high is None else (column >= low) & (column <= high)
        for low, high in condition.ranges
    )
