"""What a policy says about one request, and the table of many that every judge returns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netkit.display import show
from netkit.errors import PolicyError
from netkit.facts import Vocabulary
from netkit.policy.decider import Outcome
from netkit.policy.rules import Rule
from netkit.wording import join_or, spoken

KEY = "request"


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

    @classmethod
    def of(
        cls,
        outcome: Outcome,
        rules: Sequence[Rule],
        words: Vocabulary,
        assumed: Mapping[str, str | int] | None = None,
    ) -> "Decision":
        """Return an outcome in words, with the assumptions that were used for it."""
        rule = None if outcome.rule is None else rules[outcome.rule]
        return cls(
            action=rule.action if rule else None,
            rule=rule.id if rule else "",
            reason=rule.because if rule else _open_reason(outcome, words),
            clauses=rule.clauses if rule else (),
            letter=rule.letter if rule else "",
            settled=rule is not None,
            possible=outcome.possible,
            find_out=outcome.find_out,
            assumed=dict(assumed or {}),
        )

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


def _open_reason(outcome: Outcome, words: Vocabulary) -> str:
    if not outcome.find_out:
        return "No rule of this policy speaks of such a request."
    actions = join_or([spoken(action) for action in outcome.possible])
    return f"Still open ({actions}). Next: {words[outcome.find_out[0]].question}"


def need_key(columns: Iterable[object]) -> None:
    """Refuse a frame without the key column."""
    if KEY not in columns:
        raise PolicyError(
            f"the facts have no column {KEY!r}",
            accepted=f"one column {KEY!r} with a key per row",
            do="name the key column so",
        )
