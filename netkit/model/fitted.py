"""A fitted model of one kind of request: it judges, explains, and is written down in readable JSON."""

import json
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.costs import Costs
from netkit.errors import ModelError
from netkit.model.described import Described
from netkit.model.encoding import FactEncoder
from netkit.model.explanation import Explanation, explain
from netkit.model.judging import Judging, aligned

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedModel(Described):
    """A fitted model of one kind of request, with what it needs to judge and to explain.

    The log-odds of a request are `intercept + slope * rules' score + the coefficients of its
    facts' levels`; what a `Scoring` has, it has too, and it says of itself what `Described` says.
    """

    def judge(
        self,
        facts: pd.DataFrame,
        rules_score: pd.Series | None = None,
        *,
        rules_open: pd.Series | None = None,
    ) -> pd.DataFrame:
        """Answer requests.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame with `request`.
        rules_score : Series, length n, optional
            The rules' score of each request: 1 accept, -1 decline, 0 open; by its index the
            request, or in the order of the rows. Zero throughout by default.
        rules_open : Series of bool, length n, optional
            Where the rules' own answer may still become another; by default where the score is
            zero, and nowhere if no score is given.

        Returns
        -------
        DataFrame, n rows
            The judges' table: request, action, probability with its 95 % interval `low` and
            `high`, reason, rule, clause, settled, next_fact, contributions, possible. A model
            always names an action, the cheapest from what is known; `settled` says whether no
            answer to the unknown facts could change it, and `possible` which actions they could
            lead to.

        Raises
        ------
        ModelError
            The scores do not belong to the requests.
        """
        score = aligned(rules_score, facts)
        open_rules = (score == 0) & (rules_score is not None)
        if rules_open is not None:
            open_rules = aligned(rules_open, facts) > 0
        judging = Judging(self, self.costs)
        return judging.table(facts["request"], self.encoder.levels(facts), score, open_rules)

    def explain(
        self, facts: pd.DataFrame, rules_score: pd.Series | None = None
    ) -> list[Explanation]:
        """Explain the answers to some requests.

        Parameters
        ----------
        facts : DataFrame, n rows
            A facts frame with `request`.
        rules_score : Series, length n, optional
            The rules' score of each request.

        Returns
        -------
        list of Explanation
            One a request: the parts, what would change the answer, how often it was seen.
        """
        levels, score = self.encoder.levels(facts), aligned(rules_score, facts)
        judging = Judging(self, self.costs)
        return [
            explain(
                judging,
                str(request),
                dict(zip(levels.columns, row, strict=True)),
                one,
                self.counted,
            )
            for request, row, one in zip(
                facts["request"], levels.itertuples(index=False), score.tolist(), strict=True
            )
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the model for JSON: coefficients, prior, effects, data, points.

        Returns
        -------
        dict
            Everything that `from_json` needs, and what a reader wants to see.
        """
        return {
            "about": f"netkit model for {self.kind} requests",
            "intercept": self.intercept,
            "slope": self.slope,
            "coef": dict(zip(self._names(), self.coef.tolist(), strict=True)),
            "by_rules": dict(zip(self._names(), self.by_rules.tolist(), strict=True)),
            "prior": self.prior,
            "costs": asdict(self.costs),
            "notes": list(self.notes),
            "data": self.data.as_dict(),
            "effects": _records(self._effects),
            "points": self.points_card().as_dict(),
            "carries_points": self.carries_points,
            "tally": self.unit_tally().as_dict(),
            "encoder": self.encoder.as_dict(),
            "covariance": self.covariance.tolist(),
        }

    def _names(self) -> list[str]:
        return [str(column) for column in self.encoder.columns]

    def to_json(self) -> str:
        """Return the model as readable JSON.

        Returns
        -------
        str
            What `as_dict` returns; no request and no person is in it.
        """
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the model that `to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON.

        Returns
        -------
        FittedModel
            The same model, without its history.

        Raises
        ------
        ModelError
            The text is not such a model.
        """
        try:
            stored = json.loads(text)
            encoder = FactEncoder.from_dict(stored["encoder"])
            names = [str(column) for column in encoder.columns]
            coef, by_rules = (
                np.array([stored[part][name] for name in names], dtype=np.float64)
                for part in ("coef", "by_rules")
            )
            return cls(
                encoder,
                stored["intercept"],
                stored["slope"],
                coef,
                np.array(stored["covariance"]),
                by_rules,
                Costs(**stored["costs"]),
                stored["prior"],
                stored={key: stored[key] for key in ("effects", "data", "points", "tally")},
            )
        except (ValueError, KeyError, TypeError) as problem:
            raise ModelError(
                f"the text is not a stored model ({problem})",
                accepted="the JSON that `to_json` wrote",
                do="fit the model again",
            ) from problem


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows for JSON; what is missing, or without end, as null."""
    return [
        {
            str(key): None if isinstance(value, float) and not isfinite(value) else value
            for key, value in row.items()
        }
        for row in table.to_dict(orient="records")
    ]
