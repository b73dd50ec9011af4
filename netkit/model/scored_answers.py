"""The model as a sum of parts, the cheapest answer from it, and why that is the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import add
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.facts import UNKNOWN, Kind
from netkit.facts.level_words import level_words
from netkit.model.effect_wording import ACTIONS, BASE, RULES, WORTH_SAYING, part_in_words, reason, signed
from netkit.model.encoding import FactEncoder, level_expression
from netkit.model.patterns import Counted
from netkit.row_counts import Floats, distinct_rows
from netkit.wording import spoken

_Levels = Mapping[Any, str]

_COLUMNS = {
    "request": "str", "action": "str", "probability": "float64", "low": "float64", "high": "float64",
    "reason": "str", "rule": "str", "clause": "str", "settled": "bool", "next_fact": "str",
    "contributions": "object", "possible": "object",
}  # fmt: skip
_REST = "all else"
TWO_SIDED_95 = 1.959963984540054  # between whose negative and itself 95 % of a normal distribution lie


@dataclass(frozen=True, eq=False)
class AdditiveScore:
    """Log-odds as an intercept, `slope` times the rules' score, and one number for each level of a fact.

    `covariance` is that of intercept, slope and coefficients; `by_rules` how much of each coefficient the
    rules brought.
    """

    encoder: FactEncoder
    intercept: float
    slope: float
    coef: Floats
    covariance: Floats
    by_rules: Floats

    @property
    def kind(self) -> Kind:
        """The kind of request."""
        return self.encoder.vocabulary.kind

    @cached_property
    def _by_level(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for column, value in zip(self.encoder.columns, self.coef.tolist(), strict=True):
            found.setdefault(column.fact, {})[column.level] = value
        return found

    @cached_property
    def untold(self) -> frozenset[str]:
        """The facts of which nobody can be asked: data tell them or nothing does."""
        return frozenset(self.encoder.vocabulary.filled_in("derived"))

    @cached_property
    def moves(self) -> dict[str, tuple[float, float]]:
        """How far an answer to each unknown fact can move the log-odds, down and up, or not at all.

        What only data can tell nobody answers, so that it stays unknown.
        """
        found = {}
        for fact in self.encoder.vocabulary:
            now = self.contribution(fact, UNKNOWN)
            levels = [] if fact in self.untold else self.levels_of(fact)
            reached = [self.contribution(fact, level) - now for level in levels]
            found[fact] = min([0.0, *reached]), max([0.0, *reached])
        return found

    def contribution(self, fact: str, level: str) -> float:
        """Return what a level of a fact adds: zero for the commonest level and for one never seen."""
        level = self.encoder.unknown_as.get(fact, level) if level == UNKNOWN else level
        return self._by_level.get(fact, {}).get(level, 0.0)

    def parts(self, levels: _Levels, score: float) -> dict[str, float]:
        """Return the log-odds of a request as the sum of `(the usual)`, `(the rules)` and every fact."""
        parts = {BASE: self.intercept, RULES: self.slope * score}
        return parts | {fact: self.contribution(fact, level) for fact, level in levels.items()}

    def levels_of(self, fact: str) -> list[str]:
        """Return a fact's declared levels, or the bands of a number that the history showed."""
        return list(self.encoder.vocabulary[fact].levels or self.encoder.counts.get(fact, {}))

    def rows(self, levels: pd.DataFrame, score: Floats) -> Floats:
        """Return each request as the row that the coefficients multiply: one, the score, the design."""
        return np.column_stack([np.ones(len(score)), score, self.encoder.design(levels)])

    def log_odds(self, levels: pd.DataFrame, score: Floats) -> tuple[Floats, Floats]:
        """Return the log-odds of requests and their standard errors."""
        rows = self.rows(levels, score)
        odds = rows @ np.concatenate([[self.intercept, self.slope], self.coef])
        variance = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        return odds, np.sqrt(np.maximum(variance, 0.0))

    def score_frame(self, frame: Any, *, score: str | None = None) -> Any:  # noqa: ANN401 - any data frame
        """Add `log_odds` and `probability` where the rows lie, on any engine that narwhals knows.

        Facts that the frame lacks are unknown; `score` names the column of the rules' score, else zero.
        """
        rows = nw.from_native(frame)
        names = rows.collect_schema().names()
        if score is not None and score not in names:
            raise ModelError(f"The frame has no column of scores {score!r}", "Name the column")
        start = nw.lit(self.intercept)
        if score is not None:
            start = start + nw.col(score) * self.slope
        added = (
            self._expression(fact) if fact in names else nw.lit(self.contribution(fact, UNKNOWN))
            for fact in self.encoder.counts
        )
        odds = reduce(add, added, start)
        # e^(-|x|) never overflows, however sure the model is.
        small = (nw.lit(0.0) - nw.col("log_odds").abs()).exp()
        sure = nw.when(nw.col("log_odds") >= 0).then(nw.lit(1.0)).otherwise(small)
        return (
            rows.with_columns(odds.alias("log_odds"))
            .with_columns((sure / (small + 1.0)).alias("probability"))
            .to_native()
        )

    def _expression(self, fact: str) -> nw.Expr:
        level, added = level_expression(self.encoder.vocabulary[fact]), nw.lit(0.0)
        alike = self.encoder.unknown_as.get(fact)
        for name, value in self._by_level.get(fact, {}).items():
            same = (level == name) | (level == UNKNOWN) if name == alike else level == name
            added = nw.when(same).then(nw.lit(value)).otherwise(added)
        return added


@dataclass(frozen=True)
class Answering:
    """An additive score and the costs by which it answers."""

    model: AdditiveScore
    costs: Costs

    def table(
        self, requests: pd.Series, levels: pd.DataFrame, score: Floats, rules_open: NDArray[np.bool_]
    ) -> pd.DataFrame:
        """Return the judges' table with the requests' index; equal requests are judged once."""
        columns = [levels[name].to_numpy() for name in levels.columns]
        place, first = distinct_rows([*columns, score, rules_open], len(levels))
        _, error = self.model.log_odds(levels.iloc[first], score[first])
        facts = levels.iloc[first].to_dict(orient="records")
        terms = (score[first].tolist(), rules_open[first].tolist(), error.tolist())
        judged = [self.answer(*one) for one in zip(facts, *terms, strict=True)]
        rows = [
            {"request": key, **judged[at], "contributions": dict(judged[at]["contributions"])}
            for key, at in zip(requests.astype("str"), place, strict=True)
        ]
        table = pd.DataFrame(rows, columns=list(_COLUMNS), index=levels.index)
        return table.astype(_COLUMNS)

    def answer(self, levels: _Levels, score: float, rules_open: bool, error: float = 0.0) -> dict[str, Any]:
        """Return the row of one request but for its key; `error` is the standard error of its log-odds."""
        model = self.model
        parts = model.parts(levels, score)
        odds = float(sum(parts.values()))
        actions = ACTIONS[model.kind]
        now, least, most = self._decide(odds, *self._extremes(odds, levels, score, rules_open))
        chance = float(special.expit(odds))
        low, high = special.expit(odds + np.array([-1, 1]) * TWO_SIDED_95 * error).tolist()
        return {
            "action": actions[now + 1],
            "probability": chance,
            "low": low,
            "high": high,
            "reason": reason(model.kind, chance, parts, levels),
            "rule": "",
            "clause": "",
            "settled": least == most,
            "next_fact": None if least == most else self._next_fact(odds, levels),
            "contributions": parts,
            "possible": tuple(actions[answer + 1] for answer in range(least, most + 1)),
        }

    def _decide(self, *odds: float) -> list[int]:
        return [int(answer) for answer in self.costs.decide(special.expit(np.array(odds)))]

    def _extremes(self, odds: float, levels: _Levels, score: float, rules_open: bool) -> tuple[float, float]:
        """Return the lowest and the highest log-odds that answers to the unknown facts can lead to.

        The parts add up, so the extremes of each part add up to the extremes of the whole.
        """
        moves = [self.model.moves[fact] for fact, level in levels.items() if level == UNKNOWN]
        if rules_open and self.model.slope:
            ends = sorted(self.model.slope * (end - score) for end in (-1.0, 1.0))
            moves.append((min(0.0, ends[0]), max(0.0, ends[1])))
        return odds + sum(move[0] for move in moves), odds + sum(move[1] for move in moves)

    def _next_fact(self, odds: float, levels: _Levels) -> str | None:
        """Return the unknown fact of least effort that alone flips the answer, else the greatest mover."""
        (here,) = self._decide(odds)

        def rank(fact: str) -> tuple[bool, int, float]:
            low, high = self.model.moves[fact]
            flips = self._decide(odds + low, odds + high) != [here, here]
            effort = self.model.encoder.vocabulary[fact].effort
            return not flips, effort if flips else 0, low - high

        unknown = (fact for fact, level in levels.items() if level == UNKNOWN)
        movers = [fact for fact in unknown if self.model.moves[fact] != (0.0, 0.0)]
        return min(movers, key=rank, default=None)

    def explain(
        self, request: str, levels: _Levels, score: float, counted: Counted | None = None
    ) -> "Explanation":
        """Explain the answer to one request, by the history too where it is at hand."""
        one = pd.DataFrame([dict(levels)])
        error = float(self.model.log_odds(one, np.array([score]))[1][0])
        answer = self.answer(levels, score, score == 0, error)
        parts = answer["contributions"]
        weighty = (part for part in parts if abs(parts[part]) >= WORTH_SAYING)
        said = sorted(weighty, key=lambda part: -abs(parts[part]))
        bars = {part_in_words(part, levels): parts[part] for part in (BASE, *said)}
        rest = sum(parts.values()) - sum(bars.values())
        seen, accepted = (None, None) if counted is None else counted.seen(levels)
        return Explanation(
            request,
            answer["action"],
            answer["probability"],
            answer["low"],
            answer["high"],
            parts,
            tuple(f"{signed(parts[part])} {part_in_words(part, levels)}" for part in said),
            tuple(self._changes(levels, score)),
            seen,
            accepted,
            bars | ({_REST: rest} if abs(rest) >= WORTH_SAYING / 10 else {}),
        )

    def _changes(self, levels: _Levels, score: float) -> list["_Change"]:
        """Return the single facts that would change the answer, the rules' score held as it is.

        Unknown facts first, the least effort first; then known ones, the smallest change first.
        """
        model, actions = self.model, ACTIONS[self.model.kind]
        odds = float(sum(model.parts(levels, score).values()))
        (here,) = self._decide(odds)
        found: list[tuple[tuple[bool, float], _Change]] = []
        for fact, level in levels.items():
            for other in model.levels_of(fact):
                move = model.contribution(fact, other) - model.contribution(fact, level)
                (there,) = self._decide(odds + move)
                known = level != UNKNOWN
                if other in (level, UNKNOWN) or there == here or (not known and fact in model.untold):
                    continue
                change = _Change(fact, level, other, actions[there + 1], float(special.expit(odds + move)))
                effort = model.encoder.vocabulary[fact].effort
                found.append(((known, abs(move) if known else effort), change))
        return [change for _, change in sorted(found, key=lambda pair: pair[0])]


@dataclass(frozen=True)
class _Change:
    """One fact that, had it the level `instead`, would change the answer to this action."""

    fact: str
    level: str
    instead: str
    action: str
    probability: float


@dataclass(frozen=True)
class Explanation:
    """Why one request is judged as it is.

    The `parts` are log-odds and add up to the probability's exactly; `words` are those that weigh, the
    strongest first; `changes` would change the answer. `seen` is how often the history holds this very
    combination of facts (weighted), missing where it is not at hand. `bars` are the parts in words, the usual
    request first, what hardly weighs in one.
    """

    request: str
    action: str
    probability: float
    low: float
    high: float
    parts: dict[str, float]
    words: tuple[str, ...]
    changes: tuple[_Change, ...]
    seen: float | None = None
    seen_accepted: float | None = None
    bars: dict[str, float] = field(default_factory=dict)

    def text(self) -> str:
        """Return the explanation as a few lines of plain text."""
        chance, low, high = (round(100 * p) for p in (self.probability, self.low, self.high))
        lines = [f"{self.request}: {spoken(self.action)} ({chance} of 100, {low} to {high})", *self.words]
        if self.seen:
            lines.append(f"seen {self.seen:g} times before, accepted {self.seen_accepted:g} times")
        lines += [
            f"were {spoken(one.fact)} {level_words(one.fact, one.instead)} instead of"
            f" {level_words(one.fact, one.level)}: "
            f"{spoken(one.action)} ({round(100 * one.probability)} of 100)"
            for one in self.changes[:3]
        ]
        return "\n".join(lines)
