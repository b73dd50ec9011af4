"""A fitted model as a statistician reads it: estimates with errors and odds ratios, deviance, AIC, n."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from netkit.display import show
from netkit.model.patterns import Patterns
from netkit.model.scored_answers import TWO_SIDED_95
from netkit.row_counts import Floats

_WITH_A_PRIOR = (
    "The fit has a prior: estimates are shrunken, errors and p-values are those of the posterior, and there"
    " is no AIC. LogisticModel(tau=numpy.inf) fits by maximum likelihood."
)


def log_likelihoods(patterns: Patterns, coef: Floats) -> tuple[float, float]:
    """Return the log-likelihood of the labels at some coefficients, and at the share of ones alone."""
    found = 0.0
    for block, ones, total in patterns.blocks():
        odds = block @ coef
        found += float(ones @ odds - total @ np.logaddexp(0.0, odds))
    accepted, every = float(patterns.ones.sum()), float(patterns.total.sum())
    share = accepted / every
    return found, float(accepted * np.log(share) + (every - accepted) * np.log1p(-share))


@dataclass(frozen=True)
class LogisticSummary:
    """What was estimated, and how well it fits.

    The `table` has one row a coefficient: `estimate` (log-odds), `std_error`, `z`, `p_value` (Wald), `low`,
    `high` (95 %), `odds_ratio`, `odds_low`, `odds_high`. `n` is the labels' number, or weight; the null
    likelihood that of the intercept alone; the `aic` is missing where there is a prior.
    """

    table: pd.DataFrame
    n: float
    log_likelihood: float
    null_log_likelihood: float
    aic: float
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        coef: Floats,
        covariance: Floats,
        *,
        n: float,
        fits: tuple[float, float],
        has_prior: bool,
        notes: Sequence[str] = (),
    ) -> "LogisticSummary":
        """Put the table together from coefficients and their covariance."""
        error = np.sqrt(np.diag(covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            z = coef / error
        out = TWO_SIDED_95 * error
        with np.errstate(over="ignore"):
            odds = np.exp(np.column_stack([coef, coef - out, coef + out]))
        table = pd.DataFrame(
            {
                "estimate": coef,
                "std_error": error,
                "z": z,
                "p_value": 2 * ndtr(-np.abs(z)),
                "low": coef - out,
                "high": coef + out,
                "odds_ratio": odds[:, 0],
                "odds_low": odds[:, 1],
                "odds_high": odds[:, 2],
            },
            index=pd.Index(list(names), name="term", dtype="str"),
        )
        aic = float("nan") if has_prior else 2 * len(coef) - 2 * fits[0]
        told = (*notes, _WITH_A_PRIOR) if has_prior else tuple(notes)
        return cls(table, n, *fits, aic, told)

    @property
    def deviance(self) -> float:
        """Minus twice the log-likelihood."""
        return -2 * self.log_likelihood

    @property
    def null_deviance(self) -> float:
        """The deviance of the intercept alone."""
        return -2 * self.null_log_likelihood

    def _facts(self) -> str:
        line = (
            f"n = {self.n:,g}; deviance {self.deviance:.2f}, of the intercept alone {self.null_deviance:.2f}"
        )
        return line if np.isnan(self.aic) else f"{line}; AIC {self.aic:.2f}"

    def __str__(self) -> str:
        """Return the table and the figures below it as text."""
        table = self.table.to_string(float_format=lambda value: f"{value:.4f}")
        return "\n".join([table, self._facts(), *self.notes])

    def _repr_html_(self) -> str:
        return show("Logistic regression", self._facts(), self.notes, self.table.reset_index())
