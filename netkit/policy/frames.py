"""Decides on any data-frame engine, in place: a policy as two-valued expressions through narwhals."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from netkit.errors import FactError
from netkit.facts import Kind
from netkit.policy import Policy
from netkit.policy.fields import Field
from netkit.policy.rules import Condition
from netkit.policy.table import KEY, need_key

# Columns that live only between two steps.
_NO = "_netkit_unknown_"
_MET = "_netkit_met_"
_FIRES = "_netkit_fires_"
_MAY = "_netkit_may_"
_WAITS = "_netkit_waits_"
_FIRST = "_netkit_first"
_NEXT = "_netkit_next"


def judge_frame(policy: Policy, facts: Any, kind: Kind, *, check: bool = True) -> Any:  # noqa: ANN401 - any data frame
    """Judge requests where they lie, without bringing them into memory.

    The same rules as `Policy.judge`, rule by rule: a decision also counts as open where only a look
    at how the facts hang together could settle it.

    Parameters
    ----------
    policy : Policy
        The policy.
    facts : frame of pandas, polars, pyarrow, DuckDB, Spark or another engine, n rows
        `request` and one column per fact; missing means unknown. Other columns are left out.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.
    check : bool, default True
        Read the facts once beforehand and refuse a level that is not declared. Without, such a
        value meets no condition.

    Returns
    -------
    frame of the same engine, n rows
        `request`, `action` (missing while open), `rule` (likewise), `settled` and `next_fact`
        (missing when settled). The rows may come in another order; `request` says which is which.

    Raises
    ------
    FactError
        A level is not declared.
    PolicyError
        The policy does not speak of this kind, or there is no column `request`.
    """
    frame = nw.from_native(_typed(facts, policy, kind))
    schema = frame.collect_schema()
    need_key(schema.names())
    plan = _Plan(policy, kind, schema, frame.implementation)
    frame = frame.select(nw.col(KEY), *plan.entries())
    if check:
        plan.refuse_undeclared(frame)
    for step in plan.steps():
        # Only what a later step needs goes along: hundreds of columns take engines long to plan.
        frame = frame.select(nw.col(KEY), *step)
    return frame.to_native()


def _typed(facts: Any, policy: Policy, kind: Kind) -> Any:  # noqa: ANN401 - any data frame
    """Return a pandas frame with its object columns typed: they are some twenty times slower."""
    if not isinstance(facts, pd.DataFrame):
        return facts
    fields = policy.decider(kind).grid.fields
    mixed = [name for name in facts if facts[name].dtype == "object" and name in {KEY, *fields}]
    numbers = {name for name in mixed if name in fields and fields[name].fact.is_number}
    return facts.astype({name: "Int64" if name in numbers else "str" for name in mixed})


class _Plan:
    """The expressions of one list of rules, step by step."""

    def __init__(
        self, policy: Policy, kind: Kind, schema: nw.Schema, engine: nw.Implementation
    ) -> None:
        decider = policy.decider(kind)
        self.texts = policy.rules[kind]
        self.compiled = decider.rules
        self.grid = decider.grid
        self.unsure = decider.unsure
        self.schema = schema
        self.engine = engine
        self.names = self._condition_names()
        self.end = len(self.texts)

    def _condition_names(self) -> dict[Condition, str]:
        """Return a column name for every condition that some rule has; equal ones share it."""
        names: dict[Condition, str] = {}
        for rule in self.texts:
            for condition in rule.when.values():
                names.setdefault(condition, f"{_MET}{len(names)}")
        return names

    def entries(self) -> Iterable[nw.Expr]:
        """Return the facts with clean types; a fact that the frame lacks is unknown."""
        for name, field in self.grid.fields.items():
            dtype = nw.Int64() if field.fact.is_number else nw.String()
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
                    f"saw {value!r} for {name}",
                    accepted=f"{', '.join(self.grid.fields[name].fact.levels)}, or nothing",
                    do="write levels as declared, and leave unknown cells empty",
                )

    def steps(self) -> Iterator[Iterable[nw.Expr]]:
        """Yield the columns of each step, the judgement last; each builds on the one before."""
        unknown = [nw.col(_NO + name) for name in self.grid.fields]
        may = [nw.col(f"{_MAY}{place}") for place in range(self.end)]
        yield self.conditions()
        yield (*unknown, *self.rules())
        yield (*unknown, *may, *self.first())
        yield (*unknown, nw.col(_FIRST), *self.waiting())
        yield (nw.col(_FIRST), *self.settled())
        yield (nw.col("settled"), *self.shown())
        yield self.answer()

    def conditions(self) -> Iterable[nw.Expr]:
        """Return, per fact, whether it is unknown, and per condition, whether it is met by a value."""
        for name in self.grid.fields:
            yield nw.col(name).is_null().alias(_NO + name)
        for condition, name in self.names.items():
            known = ~nw.col(condition.fact.name).is_null()
            yield (known & _met(condition)).alias(name)

    def rules(self) -> Iterable[nw.Expr]:
        """Return, per rule, whether it fires and whether it may."""
        for place, (text, rule) in enumerate(zip(self.texts, self.compiled, strict=True)):
            fires, may = [], []
            for condition, (field, holds, fails) in zip(
                text.when.values(), rule.conditions, strict=True
            ):
                met, unknown = nw.col(self.names[condition]), nw.col(_NO + field.fact.name)
                fires.append(met | unknown if holds & field.unknown else met)
                may.append(met if fails & field.unknown else met | unknown)
            yield _all(fires).alias(f"{_FIRES}{place}")
            yield _all(may).alias(f"{_MAY}{place}")

    def first(self) -> Iterable[nw.Expr]:
        """Return the place of the first rule that fires."""
        found = [
            nw.when(nw.col(f"{_FIRES}{place}")).then(nw.lit(place)) for place in range(self.end)
        ]
        # Flat: engines refuse hundreds of expressions nested in each other.
        yield nw.coalesce(*found, nw.lit(self.end)).alias(_FIRST)

    def waiting(self) -> Iterable[nw.Expr]:
        """Return, per rule, whether it stands above the first that fires and cannot be told."""
        for place in range(self.end):
            waits = nw.col(f"{_MAY}{place}") & (nw.col(_FIRST) > place)
            yield waits.alias(f"{_WAITS}{place}")

    def settled(self) -> Iterable[nw.Expr]:
        """Return whether one action alone can come out of the rules, and the next fact to find out."""
        places: dict[str, list[int]] = {}
        for rule in self.compiled:
            places.setdefault(rule.action, []).append(rule.index)
        first = nw.col(_FIRST)
        # The first rule's action is settled unless a rule that waits would do something else.
        alike = [
            _any(first == place for place in own) | ~_any(f"{_WAITS}{place}" for place in own)
            for own in places.values()
        ]
        yield _all([first < self.end, *alike]).alias("settled")
        asked = [
            nw.when(nw.col(_NO + field.fact.name) & _any(self._asking(field))).then(nw.lit(place))
            for place, field in enumerate(self.unsure)
        ]
        yield nw.coalesce(*asked, nw.lit(len(self.unsure))).alias(_NEXT)

    def _asking(self, field: Field) -> list[str]:
        """Return the columns of the rules that cannot be told while a fact is unknown."""
        return [f"{_WAITS}{rule.index}" for rule in self.compiled if rule.waits_for(field)]

    def shown(self) -> Iterable[nw.Expr]:
        """Return the place of the rule where settled, of the next fact where open."""
        settled = nw.col("settled")
        yield nw.when(settled).then(nw.col(_FIRST)).alias(_FIRST)
        yield nw.when(~settled).then(nw.col(_NEXT)).alias(_NEXT)

    def answer(self) -> Iterable[nw.Expr]:
        """Return the columns of the judgement."""
        yield self._named(_FIRST, [rule.action for rule in self.texts]).alias("action")
        yield self._named(_FIRST, [rule.id for rule in self.texts]).alias("rule")
        yield nw.col("settled")
        yield self._named(_NEXT, [field.fact.name for field in self.unsure]).alias("next_fact")

    def _named(self, column: str, names: Sequence[str]) -> nw.Expr:
        """Return names by their places."""
        places = nw.col(column)
        nothing = nw.lit(None, dtype=nw.String())
        if not names:
            return nothing
        if self.engine.is_polars() or self.engine.is_pandas_like() or self.engine.is_pyarrow():
            # Some forty times faster here than a choice between texts; slower on SQL engines.
            numbers = list(range(len(names)))
            return places.replace_strict(
                numbers, list(names), default=None, return_dtype=nw.String()
            )
        found = [nw.when(places == place).then(nw.lit(name)) for place, name in enumerate(names)]
        return nw.coalesce(*found, nothing)


def _all(flags: Sequence[nw.Expr]) -> nw.Expr:
    # Never null by construction, so how nulls would count does not matter.
    return nw.all_horizontal(*flags, ignore_nulls=False) if flags else nw.lit(True)


def _any(flags: Iterable[nw.Expr | str]) -> nw.Expr:
    given = list(flags)
    return nw.any_horizontal(*given, ignore_nulls=False) if given else nw.lit(False)


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
