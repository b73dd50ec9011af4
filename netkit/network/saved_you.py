"""What netkit saved you: answers given with advice, those taken over unchanged, and the time they took."""

from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd

from netkit.history import History
from netkit.history.labels import after_advice, opinion_shown
from netkit.ledger.decision_store import seconds_of
from netkit.policy import Policy
from netkit.waiting.unless import advice_unless
from netkit.wording import counted, is_missing

_EACH = 10  # fewer timed answers say nothing about how long one takes


@dataclass(frozen=True)
class Saved:
    """What netkit saved you.

    `advised` invitations were answered after advice was shown; `unchanged` of them as the policy advises
    today. `with_advice` and `without` are the seconds of the answers that were timed.
    """

    advised: int
    unchanged: int
    with_advice: tuple[int, ...]
    without: tuple[int, ...]

    @classmethod
    def of(cls, decisions: pd.DataFrame, history: History, policy: Policy) -> "Saved":
        """Count among active decisions about invitations, by the facts of the day of each answer."""
        shown = opinion_shown(history.table)
        mine = history.table[shown].set_index("request")["action"]
        then = history.facts[history.facts["request"].isin(mine.index)]
        judged = policy.lasting.judge(then, "invitation").set_index("request")
        unless = _unless(then[~then["request"].map(judged["settled"])], policy)
        advice = judged["action"].fillna(unless).reindex(mine.index)
        last = decisions[decisions["source"] != "record"].drop_duplicates("request", keep="last")
        seen, seconds = last["request"].isin(mine.index), last["via"].map(seconds_of)
        with_advice, without = (tuple(int(one) for one in seconds[kind].dropna()) for kind in (seen, ~seen))
        return cls(len(mine), int((advice == mine).sum()), with_advice, without)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it comes to, in words."""
        if not self.advised:
            return ("You have not answered with advice yet. netkit work shows it with each question.",)
        taken = (
            f"{after_advice(self.advised)} {self.unchanged:,} of them"
            f" {'is' if self.unchanged == 1 else 'are'} what your policy advises today."
        )
        timed = self.with_advice
        if not timed:
            return taken, "To see how long they take you, let netkit time you: netkit work --time"
        minutes = f"about {counted(max(1, round(sum(timed) / 60)), 'minute')}"
        took = (
            f"The {counted(len(timed), 'answer')} that you timed took {minutes}, usually"
            f" {median(timed):.0f} s each."
        )
        if min(len(timed), len(self.without)) < _EACH:
            return taken, took
        saved = (median(self.without) - median(timed)) * len(timed) / 60
        alone = f"Without advice you usually took {median(self.without):.0f} s."
        if saved >= 1:
            alone += f" That is about {counted(round(saved), 'minute')} saved."
        return taken, took, alone

    def as_dict(self) -> dict[str, Any]:
        """Return the counts ready for JSON."""
        return {
            "advised": self.advised,
            "unchanged": self.unchanged,
            "seconds_with_advice": list(self.with_advice),
            "seconds_without": list(self.without),
        }


def _unless(facts: pd.DataFrame, policy: Policy) -> pd.Series:
    """Return what the policy advises of open requests unless more is said, by request."""
    found = {}
    for row in facts.to_dict(orient="records"):
        known = {
            str(name): value for name, value in row.items() if name != "request" and not is_missing(value)
        }
        if unless := advice_unless(policy.lasting, known):
            found[row["request"]] = unless.action
    return pd.Series(found, dtype="object")
