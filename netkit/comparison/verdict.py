"""Two judges on the same requests: who decides cheaper, by how much, and whether that is sure."""

from dataclasses import dataclass, replace
from math import ceil, isfinite, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from netkit.costs import Costs
from netkit.evaluation import Estimate, decision_cost
from netkit.evaluation.estimate import Z95, Floats
from netkit.evaluation.resampling import Blocks, bootstrap_means, jackknife_mean
from netkit.history.labels import history_number
from netkit.wording import counted

ANSWERS = {1: "accept", 0: "ask", -1: "refuse"}
_EACH = int(history_number("enough_of_each"))
_Z_SUM = Z95 + 0.8416212335729143  # two-sided 5 % and a power of 80 %
# As much of a request on which only the challenger errs, as dearly as can be, is added to the test.
_UNSEEN_ERROR = 0.35
# So many requests the challenger must decide itself before it can be said to decide better.
_DECIDED = 30
_SUGGESTIVE = 0.05
ASKING_PAYS = "Asking pays, but the {0} does not decide better"


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
    p_value: float  # one-sided, that the challenger saves nothing
    lately: float  # the saving on the last third
    # The saving in two parts, on what the challenger decides and on what it asks; and what a decision
    # costs at the least (one-sided 95 %).
    decided: int
    by_deciding: float
    by_asking: float
    decision_cost: float
    question: float
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
        weights: Floats | None = None,
        level: float = 0.05,
        excess: float = 1.0,
        stands_for: Floats | None = None,
    ) -> "PairedComparison":
        """Compare two judges' answers to the same requests, given in time order.

        The answer is the challenger's only if its saving is above zero by a one-sided test, if the last
        third says no otherwise, and if it decides thirty requests itself, without losing the margin there
        or being dearer than asking; the first judge's if the 95 % interval lies below the margin;
        otherwise, and while either answer was given to fewer than ten of the requests, it is undecided.
        Answers of judges that learned from each other's requests vary in excess of what they show. A
        request drawn because the judges differ stands for some on which they agree, and save nothing. The
        rate of false verdicts and the intervals' coverage are measured by `benchmarks/verdict.py`.

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
        theirs = decision_cost(y, two, costs)
        gap, weight = weighted(100 * (decision_cost(y, one, costs) - theirs), weights)
        # A weighted request can lie as much farther out.
        reach = 100 * costs.dearest * float((weight**2).mean() if len(y) else 1.0)
        parts = 100 * (decision_cost(y, one, costs) - theirs) * weight
        if stands_for is not None:
            gap, blocks = _with_agreeing(gap, blocks, stands_for)
        saving = jackknife_mean(gap, blocks, reach=reach)
        right = _sided(y, one, two)
        rarer = int(min(y.sum(), len(y) - y.sum()))
        decides = two != 0
        # What it would cost where the judges agree, answers drawn where they differ do not tell.
        plain = decides if stands_for is None else decides & (stands_for <= 1)
        found = cls(
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
            p_value=_chance_of_none(gap, blocks, reach, level, excess),
            lately=float(gap[-max(_EACH, len(gap) // 3) :].mean()) if len(y) else float("nan"),
            decided=int(decides.sum()),
            by_deciding=float(parts[decides].sum() / max(len(gap), 1)),
            by_asking=float(parts[~decides].sum() / max(len(gap), 1)),
            decision_cost=_least_cost(theirs[plain], weight[plain]),
            question=costs.question,
            margin=margin,
            standing=_standing(saving, margin) if rarer >= _EACH else "cannot tell",
            verdict="",
            needed=_needed(saving, blocks, margin),
            rarer=rarer,
        )
        return replace(found, verdict=found._answer(level))

    def _answer(self, level: float) -> str:
        if self.has_both and isfinite(self.saving.low):
            if self.saving.high < self.margin and self.lately < self.margin:
                return self.first
            if self.p_value < level and self.lately >= 0 and self.decides_better:
                return self.second
        return f"undecided: keep the {self.first}"

    @property
    def decides_better(self) -> bool:
        """Whether the challenger decides enough itself, with no loss worth a change or dearer than asking.

        One mistake in so few requests is no loss that the data could show.
        """
        loses = self.by_deciding <= -self.margin or self.decision_cost > self.question
        return self.decided >= _DECIDED and not loses

    @property
    def has_both(self) -> bool:
        """Whether either answer was given to enough of the requests for anything to be told."""
        return self.rarer >= _EACH

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        if not self.n:
            return f"Nothing can be compared yet, as no later request could be judged; {self.verdict}."
        line = f"{self.figures}: {self.verdict}."
        return f"{line} {self.missing}" if self.verdict.startswith("undecided") else line

    @property
    def figures(self) -> str:
        """The saving on later requests in words, without what follows from it."""
        return f"On {counted(self.n, 'later request')} {self.saved}"

    @property
    def saved(self) -> str:
        """The saving in words."""
        amount = abs(self.saving.value)
        side = "saves" if self.saving.value >= 0 else "costs"
        more = "" if side == "saves" else " more"
        return (
            f"the {self.second} {side} {amount:.1f}{more} points per 100 decisions compared with"
            f" the {self.first} ({_ends(self.saving)}; they differ on {self.discordant:,})"
        )

    @property
    def asking(self) -> str:
        """How much of its answers are questions, and where the saving comes from."""
        asked = 100 * (self.n - self.decided) / max(self.n, 1)
        return (
            f"It asks about {asked:.0f} of 100. Of what it saves, {self.by_deciding:.1f} come from what it "
            f"decides and {self.by_asking:.1f} from what it asks."
        )

    @property
    def missing(self) -> str:
        """Why the answer is undecided."""
        if not self.has_both:
            return (
                f"One of the two answers was yours to {f'only {self.rarer}' if self.rarer else 'none'} of "
                f"them; a verdict needs {_EACH} of each."
            )
        if not isfinite(self.saving.low):
            return "All of them came in one week, and another may differ: a verdict needs two."
        if self.p_value < _SUGGESTIVE and not self.decides_better and self.by_asking > 0:
            some = f"only {self.decided}" if self.decided else "none"
            few = f" It decides {some} of these itself, and a verdict for it needs {_DECIDED}."
            return f"{ASKING_PAYS.format(self.second)}.{few * (self.decided < _DECIDED)}"
        if self.saving.low <= 0 and self.saving.high >= self.margin:
            return f"It may save more than {self.margin:.3g} per 100, or nothing: the interval holds both."
        if self.saving.low > 0 and self.lately < 0:
            return f"On the last third of them the {self.second} cost you more: what held before may be over."
        if self.saving.low > 0 and self.saving.value > self.margin:
            return "It may still be chance: who looks at every milestone must ask for more than one interval."
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
            "p_value": self.p_value if isfinite(self.p_value) else None,
            "lately_per_100": self.lately if isfinite(self.lately) else None,
            "decided": self.decided,
            "asked": self.n - self.decided,
            "by_deciding_per_100": self.by_deciding,
            "by_asking_per_100": self.by_asking,
            "decision_cost_at_least": self.decision_cost,
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


def _with_agreeing(gap: Floats, blocks: Blocks, stands_for: Floats) -> tuple[Floats, Blocks]:
    """Put behind each request, in its week, the requests that it stands for: there nothing is saved."""
    upto = np.cumsum(stands_for - 1).round().astype(int)
    more = np.diff(upto, prepend=0)
    places = np.repeat(np.arange(len(gap)), more + 1)
    first = np.ones(len(places), dtype=bool)
    first[1:] = places[1:] != places[:-1]
    return np.where(first, gap[places], 0.0), Blocks(blocks.of[places], blocks.count)


def weighted(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """Return values whose plain mean and spread are those of the weighted mean, and the weights at mean 1.

    Examples
    --------
    >>> weighted(np.array([0.0, 4.0]), np.array([3.0, 1.0]))[0].tolist()
    [-0.5, 2.5]
    """
    if weights is None or not len(values):
        return values, np.ones(len(values))
    weight = weights / weights.mean()
    mean = float((weight * values).mean())
    return mean + weight * (values - mean), weight


def _chance_of_none(gap: Floats, blocks: Blocks, reach: float, level: float, excess: float) -> float:
    """Return the one-sided p-value of no saving, corrected for skewness.

    A third of a request is added on which the challenger errs as dearly as can be; the variance is that
    of the requests or of the weeks, whichever is wider. Johnson (1978), Journal of the American
    Statistical Association 73, 536-544; Hall (1992), Journal of the Royal Statistical Society B 54, 221-228.
    """
    m = len(gap)
    if m < 3 or blocks.count < 2:
        return float("nan")
    n = m + _UNSEEN_ERROR
    mean = (gap.sum() - _UNSEEN_ERROR * reach) / n
    off, out = gap - mean, -reach - mean
    variance = ((off**2).sum() + _UNSEEN_ERROR * out**2) / (n - 1)
    skew = ((off**3).sum() + _UNSEEN_ERROR * out**3) / (n * variance**1.5)
    size = blocks.sums(np.ones(m))
    weeks = (blocks.sums(gap) - gap.mean() * size) / (1 - size / m)
    single = float(((gap - gap.mean()) ** 2).sum()) / (m - 1)
    ratio = float((weeks**2).sum()) * (blocks.count - 1) / (blocks.count * m) / single if single else 1.0
    usual = float(special.ndtri(1 - level))
    widths = [(float(special.stdtrit(df, 1 - level)) / usual) ** 2 for df in (m - 1, blocks.count - 1)]
    t = mean / sqrt(variance * excess * max(widths[0], ratio * widths[1]) / n)
    a = skew / sqrt(n)
    return float(special.ndtr(-(t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6)))


def _least_cost(costs: Floats, weights: Floats) -> float:
    """Return the one-sided lower end of a weighted mean cost."""
    if not len(costs):
        return 0.0
    mean = float(np.average(costs, weights=weights))
    error = sqrt(float(weights**2 @ (costs - mean) ** 2)) / float(weights.sum())
    return mean - float(special.ndtri(0.95)) * error


def _standing(saving: Estimate, margin: float) -> str:
    if not isfinite(saving.low):
        return "cannot tell"
    if saving.low > 0:
        return "better"
    if saving.high < 0:
        return "worse"
    return "not worse" if saving.low > -margin else "cannot tell"


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
    return min(1.0, 2 * float(special.bdtr(min(first_right, second_right), both, 0.5))) if both else 1.0


def _needed(saving: Estimate, blocks: Blocks, margin: float) -> int:
    """Return the requests at which a true saving of the margin is found with a power of 80 %."""
    if not isfinite(saving.low) or margin <= 0:
        return 0
    wide = (saving.high - saving.low) / 2 / float(special.stdtrit(blocks.count - 1, 0.975))
    return ceil((_Z_SUM * wide * sqrt(saving.n) / margin) ** 2)
