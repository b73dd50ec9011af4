"""Whether the labels suffice to learn from: how many more refusals are needed, and what is uneven."""

from math import ceil, exp, log

import numpy as np
import pandas as pd

from netkit.facts import Vocabulary
from netkit.history.labels import history_number
from netkit.wording import counted

_HOW = (
    "Record what you do: 'netkit decide REQUEST decline --fact recognised=no' for one, or"
    " 'netkit sheet invitations FILE.xlsx' for many."
)


def labels_for_shrinkage(parameters: int, shrinkage: float, cox_snell: float) -> float:
    """Return the labels at which a model of that R-squared is expected to shrink no more than that.

    Riley et al. (2019), Statistics in Medicine 38, 1276-1296, criterion (i):
    n = p / ((S - 1) ln(1 - R2 / S)).
    """
    return parameters / ((shrinkage - 1) * log(1 - cox_snell / shrinkage))


def greatest_cox_snell(prevalence: float) -> float:
    """Return the greatest Cox-Snell R-squared that a binary outcome of that prevalence allows.

    >>> round(greatest_cox_snell(0.5), 6)
    0.75
    """
    entropy = prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
    return 1 - exp(2 * entropy)


def refusals_needed(parameters: int, accepted: int, refused: int) -> int:
    """Return how many refusals a model of so many parameters asks for.

    The least number of labels is taken at an expected shrinkage of 0.9 and an explained share of 32 %
    of the greatest possible Cox-Snell R-squared; the refusals are their share of it. A rough first
    answer: the model's own report refines it.

    Examples
    --------
    >>> refusals_needed(10, 0, 0)
    162
    """
    share = refused / (accepted + refused) if refused and accepted else 0.5
    explained = history_number("explained_share") * greatest_cox_snell(share)
    return ceil(labels_for_shrinkage(parameters, history_number("shrinkage"), explained) * share)


def parameters_of(facts: pd.DataFrame, vocabulary: Vocabulary) -> int:
    """Return how many numbers a model of the facts that vary would learn, at least one."""
    named = [name for name in map(str, facts) if name in vocabulary]
    levels = [vocabulary[name].banded(facts[name]).nunique(dropna=False) for name in named]
    return max(1, sum(max(0, count - 1) for count in levels))


def advise(facts: pd.DataFrame, labels: pd.Series, vocabulary: Vocabulary) -> list[str]:
    """Say in sentences what the strong labels lack."""
    accepted, refused = int(labels.eq(1.0).sum()), int(labels.eq(0.0).sum())
    parameters = parameters_of(facts, vocabulary)
    needed = refusals_needed(parameters, accepted, refused)
    said = []
    if refused < needed:
        said.append(
            f"Too few refusals to learn from alone: {refused} recorded, about {needed} needed (a model"
            f" of these facts has {counted(parameters, 'effect')}), so {needed - refused} more."
            f" Until then a model leans on the rules. {_HOW}"
        )
    return said + _uneven(facts, labels, vocabulary)


def left_out(late: int, undeclared: set[str]) -> list[str]:
    """Say in sentences which notes were left out, and why.

    Examples
    --------
    >>> left_out(1, set())
    ['1 noted fact from after the decision is left out: hindsight.']
    """
    said = []
    if late:
        verb = "is" if late == 1 else "are"
        said.append(f"{counted(late, 'noted fact')} from after the decision {verb} left out: hindsight.")
    if undeclared:
        said.append(
            f"Noted, but declared in no vocabulary in use, and left out: {', '.join(sorted(undeclared))}."
        )
    return said


def _uneven(facts: pd.DataFrame, labels: pd.Series, vocabulary: Vocabulary) -> list[str]:
    """Warn where not having noted a fact itself gives the answer away."""
    told = vocabulary.filled_in("derived", "note", "ledger")
    own = [name for name in map(str, facts) if name in vocabulary and name not in told]
    known = facts[own].notna().mean(axis=1)
    accepted, refused = known[labels.eq(1.0)].mean(), known[labels.eq(0.0)].mean()
    if not abs(accepted - refused) >= history_number("uneven_notes"):  # or not a number
        return []
    return [
        f"What you note yourself is known for {_percent(accepted)} of the acceptances and"
        f" {_percent(refused)} of the refusals: a model could learn from the gap instead of from the"
        " facts. Note facts for both."
    ]


def _percent(share: float) -> str:
    return f"{np.round(100 * share):.0f} %"
