"""Runs a policy's situations, and says which rules and conditions they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from netkit.errors import PolicyError
from netkit.facts import Kind
from netkit.policy.decider import Decision
from netkit.policy.loaded_policy import Policy
from netkit.policy.rules import Rule, Situation
from netkit.wording import counted, join_or, spoken

# The expectation of a situation: an answer's name, or a mapping in braces, which may take several lines.
_EXPECTED = re.compile(r"((?:^|[,{])\s*expect:\s*)(?:\{[^{}]*\}|[\w-]+)", re.MULTILINE)


@dataclass(frozen=True)
class _Result:
    """What came of one situation.

    Attributes
    ----------
    kind : str
        The kind of request.
    rule : str
        The rule beside which the situation stands.
    it : str
        The situation's sentence.
    passed : bool
        Whether the policy does what is expected.
    expected, seen : str
        Both in words.
    decided_by : str
        The rule that decided, empty when open.
    line : int
        Where the situation stands in the file.
    comes_to : str
        What the policy says now, as a situation would expect it; nothing where no rule speaks of it.
    """

    kind: Kind
    rule: str
    it: str
    passed: bool
    expected: str
    seen: str
    decided_by: str
    line: int = 0
    comes_to: str = ""


@dataclass(frozen=True)
class SituationRun:
    """All situations of a policy, run.

    Attributes
    ----------
    policy : str
        The policy's name.
    results : tuple of _Result
        In the order of the file.
    rules : DataFrame
        Per rule: `kind`, `rule`, `situations` (beside it), `decides` (situations anywhere in the
        list that it decides), `near_misses` (beside it, decided by another or left open).
    conditions : DataFrame
        Per condition: `kind`, `rule`, `condition`, `held_by` (situations in which this condition
        alone keeps the rule from holding).
    """

    policy: str
    results: tuple[_Result, ...]
    rules: pd.DataFrame
    conditions: pd.DataFrame

    @property
    def failures(self) -> tuple[_Result, ...]:
        """The situations that came out otherwise than expected."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def unheld(self) -> tuple[str, ...]:
        """Sentences on rules that no situation decides, or that lack a near miss."""
        never = self.rules[self.rules["decides"] == 0]
        always = self.rules[(self.rules["near_misses"] == 0) & (self.rules["decides"] > 0)]
        return tuple(
            [f"{rule}: no situation shows it deciding." for rule in never["rule"]]
            + [f"{rule}: no situation just misses it." for rule in always["rule"]]
        )

    @property
    def ok(self) -> bool:
        """Whether there are situations, all pass, and every rule is shown deciding and just missing."""
        return bool(self.results) and not self.failures and not self.unheld

    def __str__(self) -> str:
        held = int((self.conditions["held_by"] > 0).sum())
        lines = [
            f"{self.policy}: {counted(len(self.results), 'situation')}, {len(self.failures)} failed;"
            f" {counted(len(self.rules), 'rule')}; {held} of {counted(len(self.conditions), 'condition')}"
            f" {'has' if held == 1 else 'have'} an example that just misses"
        ]
        lines += [
            f"  FAILED {each.kind}, {each.rule}: {each.it}\n    expected {each.expected}\n    saw {each.seen}"
            for each in self.failures
        ]
        return "\n".join([*lines, *(f"  {sentence}" for sentence in self.unheld)])


def run_situations(policy: Policy, kind: Kind | None = None) -> SituationRun:
    """Run the situations of a policy.

    An open decision passes when exactly the named actions are possible and the facts to find out
    begin with the named ones.

    Parameters
    ----------
    policy : Policy
        The policy.
    kind : {'invitation', 'introduction', 'asking'}, optional
        Only this kind.

    Returns
    -------
    SituationRun
        The results with the coverage of rules and conditions.

    Raises
    ------
    PolicyError
        There is nothing to run: a policy without situations shows nothing.
    """
    policy = policy.lasting
    kinds = policy.kinds if kind is None else (kind,)
    results = tuple(
        _run(policy, each, rule, situation)
        for each in kinds
        for rule in policy.rules.get(each, ())
        for situation in rule.situations
    )
    if not results:
        raise PolicyError(
            f"{policy.name} has no situations for {', '.join(kinds)}",
            "Write at least two beside every rule, or choose another kind",
        )
    rules = [row for each in kinds for row in _rule_rows(policy, each, results)]
    conditions = [row for each in kinds for row in _condition_rows(policy, each)]
    return SituationRun(
        policy.name,
        results,
        pd.DataFrame(rules, columns=["kind", "rule", "situations", "decides", "near_misses"]),
        pd.DataFrame(conditions, columns=["kind", "rule", "condition", "held_by"]),
    )


def _run(policy: Policy, kind: Kind, rule: Rule, situation: Situation) -> _Result:
    decision = policy.decide_one(situation.given, kind)
    if situation.action:
        expected = policy.words_for(kind, situation.action)
        passed = decision.answer == situation.action
    else:
        possible = [policy.words_for(kind, each) for each in sorted(situation.possible)]
        expected = _open_words(possible, situation.find_out)
        first = decision.find_out[: len(situation.find_out)]
        alike = set(decision.possible) == situation.possible and first == situation.find_out
        passed = alike and not decision.settled
    if decision.answer:
        seen = f"{policy.words_for(kind, decision.answer)} (rule {decision.rule})"
    elif decision.find_out:
        seen = _open_words(decision.choices, decision.find_out)
    else:
        seen = "no rule that speaks of it"
    comes_to = decision.answer or _open_yaml(decision, max(len(situation.find_out), 1))
    return _Result(
        kind, rule.id, situation.it, passed, expected, seen, decision.rule, situation.line, comes_to
    )


def _open_yaml(decision: Decision, facts: int) -> str:
    """Return what stays open as a situation expects it, with the first facts to find out."""
    if not decision.find_out:
        return ""
    first = ", ".join(decision.find_out[:facts])
    return f"{{open: [{', '.join(decision.possible)}], find_out: [{first}]}}"


def with_expectations(text: str, run: SituationRun) -> str:
    """Return a policy file's text in which every failed situation expects what the policy says now.

    Parameters
    ----------
    text : str
        The file's text.
    run : SituationRun
        Its situations, run.

    Returns
    -------
    str
        The text; a situation is left as it is where no rule speaks of it.
    """
    lines = text.splitlines(keepends=True)
    # From the last on, for an expectation of several lines becomes one.
    for each in sorted(run.failures, key=lambda failed: -failed.line):
        before, rest = "".join(lines[: each.line - 1]), "".join(lines[each.line - 1 :])
        if each.comes_to:
            lines = (before + _EXPECTED.sub(rf"\g<1>{each.comes_to}", rest, count=1)).splitlines(
                keepends=True
            )
    return "".join(lines)


def _open_words(choices: Iterable[str], find_out: Iterable[str]) -> str:
    facts = ", ".join(spoken(fact) for fact in find_out)
    return f"open between {join_or(sorted(choices))}" + (f"; find out {facts}" if facts else "")


def _rule_rows(
    policy: Policy, kind: Kind, results: Iterable[_Result]
) -> list[tuple[Kind, str, int, int, int]]:
    own = [result for result in results if result.kind == kind]
    rows = []
    for rule in policy.rules[kind]:
        beside = [result for result in own if result.rule == rule.id]
        decides = sum(result.decided_by == rule.id for result in own)
        misses = sum(result.decided_by != rule.id for result in beside)
        rows.append((kind, rule.id, len(beside), decides, misses))
    return rows


def _condition_rows(policy: Policy, kind: Kind) -> list[tuple[Kind, str, str, int]]:
    """Count, per part of a rule, the situations in which it alone keeps its rule from holding."""
    rules, assume = policy.rules[kind], policy.assume[kind]
    given = [situation.given for rule in rules for situation in rule.situations]
    rows = []
    for rule in rules:
        held = [[part.state(facts, assume) is True for part in rule.parts] for facts in given]
        for place, part in enumerate(rule.parts):
            alone = sum(not each[place] and sum(each) == len(each) - 1 for each in held)
            rows.append((kind, rule.id, part.words(), alone))
    return rows
