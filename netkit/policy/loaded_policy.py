"""A policy, loaded by name or path and ready to judge; and which one is in office."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from netkit.display import show
from netkit.errors import PolicyError, did_you_mean
from netkit.facts import ACTIONS, Kind
from netkit.plain_yaml import parse_yaml, read_yaml
from netkit.policy.decider import KEY, Decider, Decision, need_key
from netkit.policy.policy_file import PolicyText
from netkit.policy.rules import Rule, Value
from netkit.row_counts import Places
from netkit.wording import counted, spoken

POLICIES = Path(__file__).parents[1] / "policies"
OWN = "my_policy"
HOUSE = "house"
_NOT_ASKED = "not_asked"  # what the ledger tells itself of whatever it fills in
# So many different requests are decided one by one within seconds.
ONE_BY_ONE = 20_000


@dataclass(frozen=True)
class Policy(PolicyText):
    """An ordered list of rules per kind of request, ready to judge.

    The first rule whose conditions all hold decides. A fact that is not recorded is not "no": the
    decision is open while a rule above could still hold and would do something else.
    """

    @classmethod
    def from_text(cls, text: str, *, name: str = "policy") -> Policy:
        """Return a policy from YAML text, as `load_policy` does from a file.

        Parameters
        ----------
        text : str
            The YAML text.
        name : str
            What to call the text in messages.

        Returns
        -------
        Policy
            The policy, validated.
        """
        return cls(**vars(PolicyText.of(parse_yaml(text, name=name, error=PolicyError), name)))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of request the policy speaks of."""
        return tuple(self.rules)

    def means(self, kind: Kind, answer: str) -> str:
        """Return the action that an answer comes to: itself, unless it is one of the policy's own."""
        own = self.answers.get(kind, {}).get(answer)
        return own.means if own else answer

    def said_by(self, kind: Kind) -> tuple[str, ...]:
        """Return the answers that can be given to a kind of request, with the policy's own."""
        return (*ACTIONS[kind], *self.answers.get(kind, {}))

    def words_for(self, kind: Kind, answer: str) -> str:
        """Return an answer in words: those that the policy declares for one of its own."""
        own = self.answers.get(kind, {}).get(answer)
        return own.words if own else spoken(answer)

    @cached_property
    def on_record(self) -> Policy:
        """The same policy for requests of a ledger, which tells whom you asked.

        Where it tells nothing of your question, you asked and wait: that you did not ask must not be
        assumed, or the policy would advise to ask once more.
        """
        assume = {
            kind: {
                name: assumption
                for name, assumption in assumed.items()
                if name not in self.vocabularies[kind].filled_in("ledger")
            }
            for kind, assumed in self.assume.items()
        }
        return dataclasses.replace(self, assume=assume)

    def asked_levels(
        self, kind: Kind, fact: str, known: Mapping[str, object] | None = None
    ) -> tuple[str, ...]:
        """Return the answers to offer where a fact of a request on record is asked.

        What the ledger would have told itself is no answer: who is asked what came back did ask. Nor is
        it one that a note of so many words is none.
        """
        declared = self.vocabularies[kind]
        told = _NOT_ASKED if fact in declared.filled_in("ledger") else None
        if fact == "note_kind" and (known or {}).get("note_words"):
            told = "none"
        return tuple(level for level in declared[fact].levels if level != told)

    @cached_property
    def lasting(self) -> Policy:
        """The same policy without the rules that are gone after a day, to judge other times by."""
        if not any(rule.passing for rules in self.rules.values() for rule in rules):
            return self
        rules = {kind: tuple(rule for rule in each if not rule.passing) for kind, each in self.rules.items()}
        return dataclasses.replace(self, rules=rules)

    @cached_property
    def _decisions(self) -> dict[tuple[Kind, frozenset[tuple[str, Value]]], Decision]:
        """What was decided, by the kind and its facts."""
        return {}

    @cached_property
    def _deciders(self) -> dict[Kind, Decider]:
        return {
            kind: Decider(self.vocabularies[kind], self.rules[kind], self.assume[kind]) for kind in self.kinds
        }

    def decider(self, kind: Kind) -> Decider:
        """Return the compiled rules of one kind.

        Parameters
        ----------
        kind : {'invitation', 'introduction', 'asking'}
            The kind of request.

        Returns
        -------
        Decider
            The rules as bits.

        Raises
        ------
        PolicyError
            The policy does not speak of this kind.
        """
        if kind not in self.rules:
            raise PolicyError(
                f"The policy {self.name!r} does not speak of {kind!r}",
                f"{did_you_mean(str(kind), self.kinds)} Or choose another policy",
            )
        return self._deciders[kind]

    def rule(self, kind: Kind, rule_id: str) -> Rule:
        """Return a rule by its id.

        Parameters
        ----------
        kind
            As for `decider`.
        rule_id : str
            The rule.

        Returns
        -------
        Rule
            The rule.

        Raises
        ------
        PolicyError
            There is no such rule.
        """
        self.decider(kind)
        found = {rule.id: rule for rule in self.rules[kind]}
        if rule_id not in found:
            raise PolicyError(
                f"The policy {self.name!r} has no rule {rule_id!r}", did_you_mean(rule_id, found)
            )
        return found[rule_id]

    def parse(self, facts: Mapping[str, object], kind: Kind) -> dict[str, Value]:
        """Return typed-in facts as values, refusing what is not declared.

        Parameters
        ----------
        facts : mapping of str to object
            Facts by name; `unknown`, empty and missing all mean not recorded. `request` is skipped.
        kind
            As for `decider`.

        Returns
        -------
        dict of str to value
            The values; None where not recorded.

        Raises
        ------
        FactError
            A fact or a level is not declared.
        """
        self.decider(kind)
        words = self.vocabularies[kind]
        return {name: words[name].parse(value) for name, value in facts.items() if name != KEY}

    def decide_one(self, facts: Mapping[str, object], kind: Kind) -> Decision:
        """Decide one request, exactly.

        Parameters
        ----------
        facts : mapping of str to object
            What is recorded about the request.
        kind
            As for `decider`.

        Returns
        -------
        Decision
            The action with its reason; or, while open, what is possible and what to find out.

        Raises
        ------
        FactError
            A fact or a level is not declared.
        PolicyError
            The policy does not speak of this kind.
        """
        values = self.parse(facts, kind)
        key = kind, frozenset(values.items())
        # The search for the best question comes back to the same facts by many ways.
        if key not in self._decisions:
            if len(self._decisions) >= ONE_BY_ONE:
                self._decisions.clear()
            self._decisions[key] = self._decide(values, kind)
        return self._decisions[key]

    def _decide(self, values: Mapping[str, Value], kind: Kind) -> Decision:
        """Decide one request, its facts given as their own values."""
        decider = self._deciders[kind]
        assumed = {
            name: assumption.value
            for name, assumption in self.assume[kind].items()
            if values.get(name) is None and name in decider.grid.fields and assumption.value is not None
        }
        outcome = decider.decide(values)
        return Decision.of(outcome, self.rules[kind], self.vocabularies[kind], assumed)

    @overload
    def judge(self, facts: pd.DataFrame, kind: Kind, *, exact: bool = ...) -> pd.DataFrame: ...

    @overload
    def judge(self, facts: Any, kind: Kind, *, exact: bool = ...) -> Any: ...  # noqa: ANN401 - any data frame

    def judge(self, facts: Any, kind: Kind, *, exact: bool = False) -> Any:
        """Judge many requests.

        A pandas frame of up to 20,000 different requests is decided one by one, exactly. A larger
        one, and a frame of any other engine, is judged where it lies, rule by rule.

        Parameters
        ----------
        facts : DataFrame of pandas, polars, pyarrow, DuckDB, Spark or another engine, n rows
            `request` and one column per fact; missing means unknown. Columns that no rule speaks of
            are left out, so that one frame serves several policies.
        kind
            As for `decider`.
        exact : bool, default False
            Decide a pandas frame one by one however large it is: about ten seconds for 100,000
            different requests.

        Returns
        -------
        pandas DataFrame, n rows
            Decided one by one: the judgement table, in the order of the requests: `request`,
            `action` (missing while open), `probability` (missing: a policy has none), `reason`,
            `rule`, `clause`, `settled`, `next_fact`, `contributions` (empty) and `possible` (tuple
            of actions).
        DataFrame of the same engine, n rows
            Judged where it lies: `request`, `action` and `rule`. Both are missing where the rules
            one by one do not settle the request: it is open, or only how its facts hang together
            settles it. Databases may return the rows in another order.

        Raises
        ------
        FactError
            A level is not declared.
        PolicyError
            The policy does not speak of this kind, there is no column `request`, or `exact` is asked
            of another engine than pandas.
        """
        decider = self.decider(kind)
        if isinstance(facts, pd.DataFrame):
            need_key(facts.columns)
            which, records = decider.grid.distinct_records(facts)
            if exact or len(facts) <= ONE_BY_ONE or which.max() < ONE_BY_ONE:
                rules, words = self.rules[kind], self.vocabularies[kind]
                outcomes = map(decider.decide_record, records)
                decisions = [Decision.of(outcome, rules, words) for outcome in outcomes]
                return _judgement_table(facts[KEY].astype("str"), decisions, which)
        elif exact:
            raise PolicyError(
                f"A frame of {type(facts).__module__.split('.')[0]} cannot be judged exactly",
                "Convert it to pandas, or leave out exact=True and get `action` and `rule` only",
            )
        from netkit.policy.expressions import judge_in_place  # for a frame of another engine only

        return judge_in_place(decider, self.rules[kind], facts)

    def _repr_html_(self) -> str:
        rules = [
            {"kind": kind, "place": place, "rule": rule.id, "when": rule.words(),
             "do": f"{rule.said} {rule.lasts()}".strip(), "because": rule.because, "clause": rule.clauses}
            for kind in self.kinds
            for place, rule in enumerate(self.rules[kind], start=1)
        ]  # fmt: skip
        sources = [f"{each.id}: {each.title} ({each.author}, {each.date})" for each in self.sources]
        return show(f"{self.title}: {counted(len(rules), 'rule')}", self.about, sources, pd.DataFrame(rules))


def _judgement_table(requests: pd.Series, decisions: Sequence[Decision], which: Places) -> pd.DataFrame:
    """Return the judgement table: the different decisions, and which of them each request has."""

    def taken(name: str, dtype: str) -> pd.Series:
        values = pd.Series([getattr(decision, name) for decision in decisions], dtype=dtype)
        return values.take(which).set_axis(requests.index)

    return pd.DataFrame(
        {
            KEY: requests,
            "action": taken("action", "str"),
            "probability": pd.Series(np.nan, index=requests.index, dtype="float64"),
            "reason": taken("reason", "str"),
            "rule": taken("rule", "str"),
            "clause": taken("clause", "str"),
            "settled": taken("settled", "bool"),
            "next_fact": taken("next_fact", "str"),
            "contributions": pd.Series(
                [{} for _ in range(len(requests))], index=requests.index, dtype="object"
            ),
            "possible": taken("possible", "object"),
        }
    )


def shipped_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with netkit.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    return tuple(sorted(path.stem for path in POLICIES.glob("*.yaml")))


def find_policy(name_or_path: str | Path, home: Path | None = None) -> Path:
    """Return the file of a policy, looking into the workspace's `policies/` folder first."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return path
    folders = [POLICIES] if home is None else [home / "policies", POLICIES]
    for folder in folders:
        if (folder / f"{name_or_path}.yaml").is_file():
            return folder / f"{name_or_path}.yaml"
    names = sorted({each.stem for folder in folders for each in folder.glob("*.yaml")})
    raise PolicyError(
        f"There is no policy {str(name_or_path)!r}",
        f"{did_you_mean(str(name_or_path), names)} Or give the path of a YAML file",
    )


def load_policy(name_or_path: str | Path, kind: Kind | None = None, *, home: Path | None = None) -> Policy:
    """Load a shipped policy by name, one of your own by name, or any by path.

    Parameters
    ----------
    name_or_path : str or Path
        A name such as `house`, or the path of a YAML file.
    kind : {'invitation', 'introduction', 'asking'}, optional
        Refuse a policy that does not speak of this kind.
    home : Path, optional
        The workspace; its `policies/` folder is looked into first.

    Returns
    -------
    Policy
        The policy, validated.

    Raises
    ------
    PolicyError
        There is no such policy, or its file is not valid; the message names file and line.
    """
    path = find_policy(name_or_path, home)
    policy = Policy(**vars(PolicyText.of(read_yaml(path, error=PolicyError), path.name, path)))
    # By path, two versions of one policy may lie side by side; by name, each has its own.
    if path != Path(name_or_path) and policy.name != path.stem:
        raise PolicyError(
            f"{path.name} calls itself {policy.name!r}", f"Write `policy: {path.stem}`, or rename the file"
        )
    if kind is not None:
        policy.decider(kind)
    return policy


def policy_in_office(home: Path | None = None, kind: Kind = "invitation") -> Policy:
    """Return the policy that answers: the one in office if it covers the kind, else the house policy.

    Parameters
    ----------
    home : Path, optional
        The workspace.
    kind : {'invitation', 'introduction', 'asking'}, default 'invitation'
        The kind of request.

    Returns
    -------
    Policy
        The policy.
    """
    path = own_policy(home)
    own = load_policy(path.stem, home=home) if path else None
    return own if own and kind in own.kinds else load_policy(HOUSE)


def own_policy(home: Path | None) -> Path | None:
    """Return the file of your policy in office, or None where the house's policy answers.

    It is the one that you said, and as long as you said none, the one that is called `my_policy`.
    """
    if home is None:
        return None
    said = office_file(home)
    name = said.read_text(encoding="utf-8").strip() if said.exists() else OWN
    own = home / "policies" / f"{name}.yaml"
    return own if own.exists() and name != HOUSE else None


def office_file(home: Path) -> Path:
    """Return the file of a workspace that names the policy in office."""
    return home / "policies" / "in_office.txt"
