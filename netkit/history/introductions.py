"""The past of introductions: each request with its facts as of the day, and what came of it."""

from dataclasses import dataclass

import pandas as pd

from netkit.display import show
from netkit.facts import Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.history.introduction_past import introduction_facts, introduction_table
from netkit.history.label_gate import left_out
from netkit.history.leaks import guard_facts
from netkit.ledger import Ledger
from netkit.wording import counted


@dataclass(frozen=True)
class IntroductionHistory:
    """The requested introductions of a ledger, and what came of those that were made.

    Attributes
    ----------
    table : DataFrame, n rows, oldest first
        What `introduction_table` returns: who asked for whom, `state` (open, made, not_made), `action`,
        `decided_at`, `outcome`, `label` (1.0 useful, 0.0 anything else, NaN where not made or not known).
    facts : DataFrame, n rows
        The facts of the same requests in the same order, as known at the decision.
    vocabulary : Vocabulary
        The declared facts.
    counts : DataFrame
        `state`, `outcome` (missing where there is none), `n`.
    advice : tuple of str
        What is lacking, in sentences.
    """

    table: pd.DataFrame
    facts: pd.DataFrame
    vocabulary: Vocabulary
    counts: pd.DataFrame
    advice: tuple[str, ...]

    def open(self) -> pd.DataFrame:
        """Return the rows of the table that wait for an answer."""
        return self.table[self.table["state"] == "open"].reset_index(drop=True)

    def labelled(self) -> pd.DataFrame:
        """Return the rows of the table whose outcome is known."""
        return self.table[self.table["label"].notna()].reset_index(drop=True)

    def _repr_html_(self) -> str:
        return show(f"{len(self.table):,} requested introductions", self.counts, self.advice)


def read_introductions(ledger: Ledger, vocabulary: Vocabulary | None = None) -> IntroductionHistory:
    """Read the past of introductions from a ledger.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    vocabulary : Vocabulary, optional
        The declared facts, with the user's own; the shipped ones where left out.

    Returns
    -------
    IntroductionHistory
        One row per request.
    """
    declared = vocabulary if vocabulary is not None else shipped("introduction")
    with ledger.snapshot():
        table = introduction_table(ledger)
        facts, late = introduction_facts(ledger, table, declared)
        noted = set(ledger.facts_noted("introduction")["fact"])
    guard_facts(facts, declared)
    counts = table.groupby(["state", "outcome"], dropna=False).size().reset_index(name="n")
    advice = (_unknown_outcomes(table), *left_out(late, noted - set(declared)))
    return IntroductionHistory(table, facts, declared, counts, tuple(filter(None, advice)))


def _unknown_outcomes(table: pd.DataFrame) -> str:
    made, known = int(table["made"].sum()), int(table["label"].notna().sum())
    if not len(table) or known == len(table):
        return ""
    return (
        f"The outcome is known for {known} of {counted(len(table), 'request')}"
        f" ({counted(made, 'introduction')} made): what the others would have come to, nobody knows."
    )
