"""Two judges on the same requests: who decides cheaper, by how much, and whether that is sure."""

from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, stdtrit

from netkit.costs import Costs
from netkit.evaluation import Estimate, decision_cost
from netkit.evaluation.estimate import Z95, Floats
from netkit.evaluation.resampling import Blocks, bootstrap_means, jackknife_mean
from netkit.history.labels import history_number
from netkit.wording import counted

ANSWERS = {1: "accept", 0: "ask", -1: "refuse"}
_EACH = int(history_number("enough_of_each"))
_Z_SUM = Z95 + 0.8416212335729143  # two-sided 5 % and a power of 80 %


@dataclass(frozen=True)
class PairedComparison:
    """What two judges answered to the same requests, in one currency; savings are per 100 decisions."""

    first: str  # the judge in office
    second: str  # the challenger
    n: int
    blocks: int  # weeks
    table: pd.DataFrame  # `label`, `first`, `second`, `n`: the 18 cells of answers by label
    discordant: int
    # Of the requests that both decided, and differently: how many each got right, and the exact p-value.
    first_right: int
    second_right: int
    mcnemar: float
    saving: Estimate  # the challenger's; negative where it costs more
    bootstrap: Estimate
    guarded_low: float  # the lower end after one more request on which only the challenger errs, at worst
    margin: float  # the saving that would be worth a change, fixed beforehand
    standing: str  # of the challenger: `better`, `not worse`, `worse` or `cannot tell`
    verdict: str
    needed: int  # judged requests that would show a saving of the margin four times in five
    rarer: int  # requests with the answer that was given less often

    @classmethod
    def of(
        cls,
        labels: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        blocks: Blocks,
        *,
        names: tuple[str, str] = ("rules", "model"),
        costs: Costs | None = None,
        margin: float | None = None,
        draws: int = 2000,
    ) -> "PairedComparison":
        """Compare two judges' answers to the same later requests.

        The verdict is the challenger's only if the 95 % interval of its saving lies above zero, and
        would still do so after one more request on which it errs as dearly as can be; the first
        judge's if the interval lies below the margin; otherwise, and while either answer was given to
        fewer than ten of the requests, it is undecided. The rate of false verdicts and the intervals'
        coverage are measured by `benchmarks/verdict.py`.

        Examples
        --------
        >>> y = np.tile([0.0, 1.0], 100)
        >>> weeks = Blocks(np.repeat(np.arange(40), 5), 40)
        >>> PairedComparison.of(y, np.ones(200), np.where(y > 0, 1, -1), weeks).verdict
        'model'
        >>> PairedComparison.of(y, np.ones(200), np.ones(200), weeks).verdict
        'rules'
        """
        y = np.asarray(labels, dtype=np.float64)
        one, two = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
        costs = costs or Costs()
        margin = default_margin(costs) if margin is None else margin
        gap = 100 * (decision_cost(y, one, costs) - decision_cost(y, two, costs))
        reach = 100 * costs.dearest
        saving = jackknife_mean(gap, blocks, reach=reach)
        guarded = _guarded_low(gap, blocks, reach)
        right = _sided(y, one, two)
        rarer = int(min(y.sum(), len(y) - y.sum()))
        standing, verdict = _judge(saving, guarded, margin, names)
        if rarer < _EACH:
            standing, verdict = "cannot tell", f"undecided: keep the {names[0]}"
        return cls(
            *names,
            n=len(y),
            blocks=blocks.count,
            table=_table(y, one, two),
            discordant=int((one != two).sum()),
            first_right=right[0],
            second_right=right[1],
            mcnemar=_mcnemar(*right),
            saving=saving,
            bootstrap=bootstrap_means(gap[:, None], blocks, draws=draws)[0],
            guarded_low=guarded,
            margin=margin,
            standing=standing,
            verdict=verdict,
            needed=_needed(saving, blocks, margin),
            rarer=rarer,
        )

    @property
    def has_both(self) -> bool:
        """Whether either answer was given to enough of the requests for anything to be told."""
        return self.rarer >= _EACH

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        if not self.n:
            return f"Nothing can be compared yet, as no later request could be judged; {self.verdict}."
        amount = abs(self.saving.value)
        side = "saves" if self.saving.value >= 0 else "costs"
        more = "" if side == "saves" else " more"
        line = (
            f"On {counted(self.n, 'later request')} the {self.second} {side} {amount:.1f}{more} per 100 "
            f"decisions beside the {self.first} ({_ends(self.saving)}; they differ on "
            f"{self.discordant:,}): {self.verdict}."
        )
        if self.verdict.startswith("undecided"):
            line += f" {self._missing()}"
        return line

    def _missing(self) -> str:
        if not self.has_both:
            return (
                f"One of the two answers was yours to {f'only {self.rarer}' if self.rarer else 'none'} of "
                f"them; a verdict needs {_EACH} of each."
            )
        if not isfinite(self.saving.low):
            return "All of them came in one week, and another may differ: a verdict needs two."
        if self.saving.low <= 0 and self.saving.high >= self.margin:
            return f"It may save more than {self.margin:.3g} per 100, or nothing: the interval holds both."
        return f"The difference is near the margin of {self.margin:.3g}."

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison ready for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "n": self.n,
            "blocks": self.blocks,
            "block": "week",
            "table": self.table.to_dict(orient="records"),
            "discordant": self.discordant,
            "decided_differently": {
                self.first: self.first_right,
                self.second: self.second_right,
                "mcnemar_p": self.mcnemar,
            },
            "saving_per_100": self.saving.as_dict(),
            "saving_per_100_bootstrap": self.bootstrap.as_dict(),
            "guarded_low": self.guarded_low if isfinite(self.guarded_low) else None,
            "margin_per_100": self.margin,
            "standing": self.standing,
            "verdict": self.verdict,
            "requests_needed": self.needed,
            "rarer_answer": self.rarer,
            "sentence": self.sentence,
        }


def _ends(saving: Estimate) -> str:
    if not isfinite(saving.low):
        return "too few for an interval" if saving.n == 1 else "one week alone gives no interval"
    return f"95 % interval {saving.low:.1f} to {saving.high:.1f}"


def default_margin(costs: Costs) -> float:
    """Return the saving per 100 decisions that is worth a change of judge.

    Two of the dearer errors in a hundred decisions: less is not worth learning to trust another
    judge for.

    Examples
    --------
    >>> default_margin(Costs(wrong_accept=1, wrong_decline=3, question=0.2))
    6.0
    """
    return 2.0 * max(costs.wrong_accept, costs.wrong_decline)


def _guarded_low(gap: Floats, blocks: Blocks, reach: float) -> float:
    """Return the lower end with the worst request added that the history has not shown yet."""
    worst = Blocks(np.append(blocks.of, blocks.count), blocks.count + 1)
    return jackknife_mean(np.append(gap, -reach), worst, reach=reach).low


def _judge(saving: Estimate, guarded: float, margin: float, names: tuple[str, str]) -> tuple[str, str]:
    undecided = f"undecided: keep the {names[0]}"
    if not isfinite(saving.low):
        return "cannot tell", undecided
    if saving.low > 0:
        standing = "better"
    elif saving.high < 0:
        standing = "worse"
    else:
        standing = "not worse" if saving.low > -margin else "cannot tell"
    if saving.high < margin:
        return standing, names[0]
    if saving.low > 0 and guarded > 0:
        return standing, names[1]
    return standing, undecided


def _table(y: Floats, one: NDArray[np.int64], two: NDArray[np.int64]) -> pd.DataFrame:
    """Count the 18 cells, empty ones too."""
    cell = (y.astype(np.int64) * 3 + one + 1) * 3 + two + 1
    count = np.bincount(cell, minlength=18)
    rows = [
        (label, ANSWERS[a], ANSWERS[b], int(count[(label * 3 + a + 1) * 3 + b + 1]))
        for label in (1, 0)
        for a in (1, 0, -1)
        for b in (1, 0, -1)
    ]
    return pd.DataFrame(rows, columns=["label", "first", "second", "n"])


def _sided(y: Floats, one: NDArray[np.int64], two: NDArray[np.int64]) -> tuple[int, int]:
    """Count who is right where both decided, and differently."""
    apart = (one * two) == -1
    truth = np.where(y == 1, 1, -1)
    return int((apart & (one == truth)).sum()), int((apart & (two == truth)).sum())


def _mcnemar(first_right: int, second_right: int) -> float:
    both = first_right + second_right
    return min(1.0, 2 * float(bdtr(min(first_right, second_right), both, 0.5))) if both else 1.0


def _needed(saving: Estimate, blocks: Blocks, margin: float) -> int:
    """Return the requests at which a true saving of the margin is found with a power of 80 %."""
    if not isfinite(saving.low) or margin <= 0:
        return 0
    wide = (saving.high - saving.low) / 2 / float(stdtrit(blocks.count - 1, 0.975))
    return ceil((_Z_SUM * wide * sqrt(saving.n) / margin) ** 2)
