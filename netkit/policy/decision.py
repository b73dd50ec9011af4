"""What a policy says about one request."""

from collections.abc import Sequence
from dataclasses import dataclass

from netkit.display import show
from netkit.facts import Vocabulary
from netkit.policy.decide import Outcome
from netkit.policy.rules import Rule
from netkit.wording import join_or, spoken


@dataclass(frozen=True)
class Decision:
    """What a policy says about one request.

    Attributes
    ----------
    action : str or None
        What to do; None while the decision is open.
    rule : str
        The deciding rule's id, empty when open.
    reason : str
        Why, in plain words; when open, what it depends on.
    clauses : tuple of str
        The clauses the rule carries out.
    letter : str
        The letter this answer owes, or nothing.
    settled : bool
        Whether the decision stands whatever the unknown facts turn out to be.
    possible : tuple of str
        The actions still possible; one when settled.
    find_out : tuple of str
        When open, the facts that could change the decision, least trouble first.
    assumed : dict of str to (str or int)
        The declared assumptions that were used for facts that are not recorded.
    """

    action: str | None
    rule: str
    reason: str
    clauses: tuple[str, ...]
    letter: str
    settled: bool
    possible: tuple[str, ...]
    find_out: tuple[str, ...]
    assumed: dict[str, str | int]

    @property
    def next_fact(self) -> str | None:
        """The fact to find out next, None when nothing is open."""
        return self.find_out[0] if self.find_out else None

    @property
    def clause(self) -> str:
        """The clauses in one word, such as `KP3, OC5`."""
        return ", ".join(self.clauses)

    def _repr_html_(self) -> str:
        return show(
            spoken(self.action).capitalize() if self.action else "Not settled",
            self.reason,
            {
                "rule": self.rule,
                "clause": self.clause,
                "letter": self.letter,
                "possible": [spoken(action) for action in self.possible],
                "find out": [spoken(fact) for fact in self.find_out],
                "assumed": [f"{spoken(name)}: {value}" for name, value in self.assumed.items()],
            },
        )


def decision_of(
    outcome: Outcome, rules: Sequence[Rule], words: Vocabulary, assumed: dict[str, str | int]
) -> Decision:
    """Return an outcome in words.

    Parameters
    ----------
    outcome : Outcome
        What the rules make of a request.
    rules : sequence of Rule
        The rules.
    words : Vocabulary
        The facts, for the question to ask next.
    assumed : dict of str to (str or int)
        The assumptions that were used.

    Returns
    -------
    Decision
        The decision.
    """
    possible, find_out = outcome.possible, outcome.find_out
    if outcome.rule is None:
        reason = _open_reason(outcome, words)
        return Decision(None, "", reason, (), "", False, possible, find_out, assumed)
    rule = rules[outcome.rule]
    return Decision(
        action=rule.action,
        rule=rule.id,
        reason=rule.because,
        clauses=rule.clauses,
        letter=rule.letter,
        settled=True,
        possible=possible,
        find_out=find_out,
        assumed=assumed,
    )


def _open_reason(outcome: Outcome, words: Vocabulary) -> str:
    if not outcome.find_out:
        return "No rule of this policy speaks of such a request."
    actions = join_or([spoken(action) for action in outcome.possible])
    return f"Still open ({actions}). Next: {words[outcome.find_out[0]].question}"


def as_row(decision: Decision) -> dict[str, object]:
    """Return a decision as a row of the judgement table.

    Parameters
    ----------
    decision : Decision
        The decision.

    Returns
    -------
    dict
        Its fields, with `clause` and `next_fact` in the table's form.
    """
    return {**vars(decision), "clause": decision.clause, "next_fact": decision.next_fact}
