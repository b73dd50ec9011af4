"""How many more decisions a model needs before it can stand on its own."""

from dataclasses import asdict, dataclass
from math import ceil, exp, log, pi, sqrt
from typing import Any

import numpy as np
from scipy import special

from netkit.errors import ModelError
from netkit.wording import counted

_SHRINKAGE = 0.9


def _labels_for_shrinkage(parameters: int, shrinkage: float, cox_snell: float) -> float:
    """Return the labels at which a model of that R-squared is expected to shrink no more than that.

    Riley et al. (2019), Statistics in Medicine 38, 1276-1296, criterion (i):
    n = p / ((S - 1) ln(1 - R2 / S)).
    """
    return parameters / ((shrinkage - 1) * log(1 - cox_snell / shrinkage))


def _greatest_cox_snell(prevalence: float) -> float:
    """Return the greatest Cox-Snell R-squared that a binary outcome of that prevalence allows.

    >>> round(_greatest_cox_snell(0.5), 6)
    0.75
    """
    entropy = prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
    return 1 - exp(2 * entropy)


def _minimum_sample(parameters: int, prevalence: float, cox_snell: float) -> tuple[int, int, int]:
    """Return the labels for a shrinkage of 0.9, an optimism of 0.05 and a base rate within 0.05.

    Riley et al. (2019), Statistics in Medicine 38, 1276-1296, for a binary outcome.

    >>> _minimum_sample(24, 0.174, 0.288)
    (623, 662, 221)
    """
    ceiling = _greatest_cox_snell(prevalence) if 0 < prevalence < 1 else 0.0
    if parameters < 1 or not 0 < cox_snell < min(ceiling, _SHRINKAGE):
        raise ModelError(
            f"No sample size follows from {parameters} parameters, prevalence {prevalence} and R-squared"
            f" {cox_snell}",
            f"Give at least one parameter and an R-squared between 0 and {ceiling:.3f}",
        )
    first = ceil(_labels_for_shrinkage(parameters, _SHRINKAGE, cox_snell))
    kept = cox_snell / (cox_snell + 0.05 * ceiling)
    second = ceil(_labels_for_shrinkage(parameters, kept, cox_snell))
    return first, second, ceil((1.96 / 0.05) ** 2 * prevalence * (1 - prevalence))


def _expected_cox_snell(area: float, prevalence: float) -> float:
    """Return the Cox-Snell R-squared that goes with an area under the ROC curve.

    The log-odds are taken to be normal with one spread among the accepted and the refused; Riley et al.
    (2021), Statistics in Medicine 40, 4230-4251, integrated instead of simulated.

    >>> round(_expected_cox_snell(0.8, 0.3), 2)
    0.23
    """
    apart = sqrt(2) * float(special.ndtri(area))
    base = log(prevalence / (1 - prevalence)) - apart**2 / 2

    spread = np.linspace(-10, 10, 2001)
    density = np.exp(-(spread**2) / 2) / sqrt(2 * pi)
    accepted = -np.logaddexp(0, -base - apart * (apart + spread)) - log(prevalence)
    refused = -np.logaddexp(0, base + apart * spread) - log(1 - prevalence)
    yes, no = (float(np.trapezoid(density * gained, spread)) for gained in (accepted, refused))
    return float(1 - exp(-2 * (prevalence * yes + (1 - prevalence) * no)))


@dataclass(frozen=True)
class HowManyMore:
    """What a history can carry today, and what it lacks; none are `needed` where there is one label only."""

    labels: int
    refusals: int
    parameters: int
    needed: int
    more: int
    carried: int
    expected_area: float

    @classmethod
    def of(cls, labels: int, refusals: int, parameters: int, *, expected_area: float = 0.8) -> "HowManyMore":
        """State how many more decisions the model needs.

        >>> print(HowManyMore.of(83, 9, 5).sentence)  # doctest: +ELLIPSIS
        You have 83 labels, 9 of them refusals; the model needs about 270 more decisions to carry its 5 ...
        """
        share = refusals / labels if labels else 0.0
        if share in (0.0, 1.0) or parameters < 1:
            enough = 0 if share in (0.0, 1.0) else labels
            return cls(labels, refusals, parameters, enough, 0, 0, expected_area)
        r2 = _expected_cox_snell(expected_area, share)
        needed = max(_minimum_sample(parameters, share, r2))
        carried = 0
        while carried < parameters and max(_minimum_sample(carried + 1, share, r2)) <= labels:
            carried += 1
        more = max(0, needed - labels)
        return cls(labels, refusals, parameters, needed, more, carried, expected_area)

    @property
    def sentence(self) -> str:
        """The statement in words."""
        some = "a refusal" if self.refusals == 1 else "refusals"
        seen = f"You have {counted(self.labels, 'label')}, {self.refusals:,} of them {some}"
        if not self.needed:
            return f"{seen}; nothing can be learned until both accepts and refusals are recorded."
        if not self.more:
            return f"{seen}; that is enough for the {counted(self.parameters, 'number')} the model learns."
        more = counted(self.more if self.more < 20 else round(self.more, -1), "more decision")
        return (
            f"{seen}; the model needs about {more} to carry its "
            f"{counted(self.parameters, 'number')} by itself. Until then your rules carry it: today's labels "
            f"are enough for {self.carried or 'none'}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the statement ready for JSON."""
        return {**asdict(self), "sentence": self.sentence}
