"""A model fitted on a labelled history: it judges, explains, says what it is made of, and is kept as JSON."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import inf, isfinite
from typing import Any, Self

import numpy as np
import pandas as pd

from netkit.costs import Costs
from netkit.display import show
from netkit.errors import ModelError, NotEnoughError
from netkit.facts import Vocabulary
from netkit.facts.level_words import fact_words
from netkit.history.labels import history_number
from netkit.model.alignment import aligned, require_unique, unlabelled_note
from netkit.model.averaging import average_priors
from netkit.model.data_check import DataCheck
from netkit.model.effect_wording import effect_in_words, odds_of
from netkit.model.encoding import FactEncoder
from netkit.model.patterns import Counted
from netkit.model.points_card import PointsCard, points_cards
from netkit.model.scored_answers import TWO_SIDED_95, AdditiveScore, Answering, Explanation
from netkit.model.solvers import fit_firth, one_thread, profile_intervals
from netkit.row_counts import Floats
from netkit.tables import LabelledTable

# Below this many labels for each number to learn a fit of all facts at once says nothing about any of them.
_LABELS_A_NUMBER = 5
# Rules that move the odds by less than a tenth say nothing of a fact.
_SILENT = 0.1


@one_thread
def _effects_table(model: "FittedModel", counted: Counted) -> pd.DataFrame:
    """Return the effect of every level of every fact that varies.

    The estimate and its interval are Firth's, from the data alone: they cover the truth whether the
    rules are right or not. The posterior, in which the rules speak too, is what predictions use.
    """
    design, columns = model.encoder.design(counted.levels), model.encoder.columns
    facts = [column.fact for column in columns]
    estimate, ends, joint = _from_data_alone(counted, design, facts)
    scored = counted.score is not None and design.shape[1]
    along = counted.patterns(design).rules_by_column() if scored else np.zeros(design.shape[1])
    # What the rules say is their answers recalibrated on their own; how far the fitted model
    # trusts them beside the facts is another matter, and only the posterior's.
    prior = _recalibrated_slope(counted) * along
    jumps = np.column_stack([np.zeros_like(along), along, np.eye(len(along))])
    error = np.sqrt(np.einsum("ij,jk,ik->i", jumps, model.covariance, jumps))
    posterior = model.coef + model.slope * along
    table = pd.DataFrame(
        {
            "fact": facts,
            "level": [column.level for column in columns],
            "compared_with": [model.encoder.reference[fact] for fact in facts],
            "n": [model.encoder.counts[column.fact][column.level] for column in columns],
            "prior_mean": prior,
            "estimate": estimate,
            "low": ends[:, 0],
            "high": ends[:, 1],
            "posterior": posterior,
            "posterior_low": posterior - TWO_SIDED_95 * error,
            "posterior_high": posterior + TWO_SIDED_95 * error,
            "odds_ratio": np.exp(estimate),
            "odds_low": np.exp(ends[:, 0]),
            "odds_high": np.exp(ends[:, 1]),
            "adjusted": joint,
            "contradicts": (counted.score is not None) & ((prior < ends[:, 0]) | (prior > ends[:, 1])),
        }
    ).astype(dict.fromkeys(("fact", "level", "compared_with"), "str"))
    table["words"] = pd.Series([_words(model, row) for row in table.to_dict(orient="records")], dtype="str")
    return table


def _words(model: "FittedModel", row: Mapping[Hashable, Any]) -> str:
    if row["n"] < _EACH:
        few = "1 request is" if row["n"] == 1 else f"{row['n']} requests are"
        return f"{fact_words(row['fact'], row['level'])}: {few} too few to say"
    said = effect_in_words(
        model.kind,
        row["fact"],
        row["level"],
        row["compared_with"],
        row["estimate"],
        (row["low"], row["high"]),
        model.target,
    )
    said = said if row["adjusted"] else f"{said}, taken alone"
    if not row["contradicts"]:
        return said
    return f"{said}; {_beside_the_rules(row['prior_mean'], row['estimate'])}"


def _beside_the_rules(prior: float, estimate: float) -> str:
    """Say how an effect lies to what the rules' answers amount to, where its interval leaves that out."""
    if abs(prior) < _SILENT:
        return "the rules are silent about it"
    if prior * estimate < 0:
        return "the data contradict the rules"
    return f"{'more' if abs(estimate) > abs(prior) else 'less'} than the rules make of it"


def _from_data_alone(counted: Counted, design: Floats, facts: list[str]) -> tuple[Floats, Floats, bool]:
    """Return Firth's estimates and profile intervals, and whether the facts were held fixed for each other.

    Where the labels are too few for all columns at once, each fact is taken alone. Columns that
    follow from others have no estimate.
    """
    joint = counted.rows.sum() >= _LABELS_A_NUMBER * (1 + design.shape[1])
    places = np.arange(design.shape[1])
    groups = [places] if joint else [places[np.array(facts) == fact] for fact in dict.fromkeys(facts)]
    estimate, ends = np.full(design.shape[1], np.nan), np.full((design.shape[1], 2), np.nan)
    for group in groups:
        spare = counted.patterns(design[:, group], scored=False).collinear_columns()
        kept = [place for at, place in enumerate(group) if at + 1 not in spare]
        if kept:
            patterns = counted.patterns(design[:, kept], scored=False)
            patterns = patterns if joint else patterns.merged()
            fit = fit_firth(patterns)
            estimate[kept] = fit.coef[1:]
            ends[kept] = profile_intervals(patterns, fit, columns=list(range(1, len(kept) + 1)))
    return estimate, ends, bool(joint)


def _recalibrated_slope(counted: Counted) -> float:
    """Return the log-odds that a unit of the rules' score is worth on its own."""
    if counted.score is None or not np.ptp(counted.score):
        return 0.0
    alone = counted.patterns(counted.score[:, None], scored=False).merged()
    return float(fit_firth(alone).coef[1])


_EACH = history_number("enough_of_each")


@dataclass(frozen=True, eq=False)
class FittedModel(AdditiveScore):
    """A fitted model of one kind of request, with what it needs to judge and to explain.

    The log-odds of a request are `intercept + slope * rules' score + the coefficients of its
    facts' levels`.

    Attributes
    ----------
    encoder : FactEncoder
        The facts' levels as the history showed them.
    intercept, slope : float
        The log-odds of the usual request, and what a unit of the rules' score adds.
    coef : ndarray, shape (p,)
        What each column of the encoder adds, in log-odds.
    covariance : ndarray, shape (p + 2, p + 2)
        The covariance of intercept, slope and coefficients.
    by_rules : ndarray, shape (p,)
        How much of each coefficient the rules brought.
    costs : Costs
        What errors and questions cost.
    prior : list of dict
        The priors that were averaged: centre (the rules' `answers`, what they amount to by
        `facts`, or `none`), sd (tau), belief before and share after the labels.
    counted : Counted, optional
        The history that it was fitted on; a model read from JSON has none.
    stored : dict
        What such a model knows instead: effects, data, points, tally.
    left_out : int
        How many requests had no label, or no weight, when it was fitted.
    target : str
        What the labels say where not what you did: `conversation` or `pitched`, what came of it.
    """

    costs: Costs = field(default_factory=Costs)
    prior: list[dict[str, Any]] = field(default_factory=list)
    counted: Counted | None = field(default=None, repr=False)
    stored: dict[str, Any] = field(default_factory=dict, repr=False)
    left_out: int = 0
    target: str = ""

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
        levels = self.encoder.levels(facts)
        return Answering(self, self.costs).table(facts["request"], levels, score, open_rules)

    def explain(self, facts: pd.DataFrame, rules_score: pd.Series | None = None) -> list[Explanation]:
        """Explain the answers to some requests.

        Parameters
        ----------
        facts, rules_score
            As for `judge`.

        Returns
        -------
        list of Explanation
            One a request: the parts, what would change the answer, how often it was seen.
        """
        levels, score = self.encoder.levels(facts), aligned(rules_score, facts)
        answering = Answering(self, self.costs)
        rows = zip(facts["request"], levels.to_dict(orient="records"), score.tolist(), strict=True)
        return [answering.explain(str(key), row, one, self.counted) for key, row, one in rows]

    @property
    def tau(self) -> float:
        """The prior's standard deviation on the coefficients, averaged as the history chose."""
        parts = (one["share"] * (inf if one["tau"] is None else one["tau"]) for one in self.prior)
        return float(sum(parts))

    @property
    def trust(self) -> float:
        """The share of the evidence that speaks for beginning at the rules, 0 to 1."""
        return float(sum(one["share"] for one in self.prior if one["centre"] != "none"))

    @property
    def labels(self) -> float:
        """The weight of all labels."""
        return self.data.weight

    @property
    def accepted(self) -> float:
        """The weight of the labels that say accepted."""
        return self.data.accepted

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know about the fit."""
        return (*self.data.notes(), *unlabelled_note(self.left_out))

    @cached_property
    def data(self) -> DataCheck:
        """What the history can carry."""
        if self.counted is None:
            return DataCheck.from_dict(self.stored["data"])
        return DataCheck.of(self.counted, self.encoder)

    def effects(self) -> pd.DataFrame:
        """Return the effect of every level of every fact that varies.

        Returns
        -------
        DataFrame, one row a column of the design
            `fact`, `level`, `compared_with`, `n` (requests that show the level); `prior_mean` (what the
            rules' answers, recalibrated on their own, amount to); `estimate`, `low`, `high` (Firth,
            profile 95 %); `posterior`, `posterior_low`, `posterior_high` (95 %); all in log-odds;
            `odds_ratio`, `odds_low`, `odds_high` of the estimate; `adjusted` (whether the other facts
            are held fixed: not where the labels are fewer than five for each number); `contradicts`
            (the interval excludes what the rules say: more than they make of it, less, or the
            opposite); `words`.
        """
        return self._effects.copy()

    @cached_property
    def _effects(self) -> pd.DataFrame:
        if self.counted is None:
            table = pd.DataFrame(self.stored["effects"])
            return table.astype(dict.fromkeys(("fact", "level", "compared_with", "words"), "str"))
        return _effects_table(self, self.counted)

    def clear_effects(self) -> pd.DataFrame:
        """Return the `effects` that can be told from none (zero lies outside), the strongest first.

        What fewer than ten requests show is left out.
        """
        table = self.effects()
        clear = table[((table["odds_low"] > 1) | (table["odds_high"] < 1)) & (table["n"] >= _EACH)]
        return clear.sort_values("estimate", key=abs, ascending=False)

    @property
    def carries_points(self) -> bool:
        """Whether a card of points says more than chance.

        There are at least ten labels of either answer, and some effect can be told from none.
        """
        return self.data.events >= _EACH and not self.clear_effects().empty

    def points_card(self) -> PointsCard:
        """Return the model as a card of at most eight facts, and at most five points a level."""
        return self._cards[0]

    def unit_tally(self) -> PointsCard:
        """Return the humblest card: one point for or against."""
        return self._cards[1]

    @cached_property
    def _cards(self) -> tuple[PointsCard, PointsCard]:
        if self.counted is None:
            card, tally = (PointsCard.from_dict(self.stored[name]) for name in ("points", "tally"))
            return card, tally
        return points_cards(self, self.counted)

    def _repr_html_(self) -> str:
        table = self._effects.copy()
        odds = ["odds_ratio", "odds_low", "odds_high"]
        # Beyond these an odds ratio says no more than that: it is rare, or hardly ever seen.
        table[odds] = table[odds].clip(0.01, 1000)
        columns = ["fact", "level", "compared_with", "n", *odds]
        return show(
            f"Model {odds_of(self.kind, self.target)}: {self.labels:g} answers, {self.accepted:g} of them yes"
            if self.target
            else f"Model of {self.kind} requests: {self.labels:g} answers, {self.accepted:g} accepted",
            self.notes,
            "What each level does to the odds (at least 0.01, at most 1,000 times), from the data alone,"
            " with 95 % intervals:",
            table[[*columns, "contradicts"]].rename(columns={"contradicts": "differs_from_the_rules"}),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what `from_json` needs, and what a reader wants to see: effects, data, points."""
        names = self.encoder.get_feature_names_out().tolist()
        return {
            "about": f"netkit model for {self.kind} requests",
            **({"target": self.target} if self.target else {}),
            "intercept": self.intercept,
            "slope": self.slope,
            "coef": dict(zip(names, self.coef.tolist(), strict=True)),
            "by_rules": dict(zip(names, self.by_rules.tolist(), strict=True)),
            "prior": self.prior,
            "costs": asdict(self.costs),
            "notes": list(self.data.notes()),
            "data": self.data.as_dict(),
            "effects": _records(self._effects),
            "points": self.points_card().as_dict(),
            "carries_points": self.carries_points,
            "tally": self.unit_tally().as_dict(),
            "encoder": self.encoder.as_dict(),
            "covariance": self.covariance.tolist(),
        }

    def to_json(self) -> str:
        """Return the model as readable JSON; no request and no person is in it."""
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
            names = encoder.get_feature_names_out().tolist()
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
                target=stored.get("target", ""),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise ModelError(
                f"The text is not a stored model ({problem})",
                "Fit the model again, and store what `to_json` returns",
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


def fit_model(
    facts: pd.DataFrame | LabelledTable,
    labels: pd.Series | None = None,
    vocabulary: Vocabulary | None = None,
    *,
    weights: pd.Series | None = None,
    rules_score: pd.Series | None = None,
    costs: Costs | Mapping[str, float] | None = None,
    tau: float | None = None,
    unknown_as: Mapping[str, str] | None = None,
    target: str = "",
) -> FittedModel:
    """Fit the model on a labelled history.

    Parameters
    ----------
    facts : DataFrame, n rows, or LabelledTable
        A facts frame with `request`; or a table as `netkit.read_labelled` returns it, which brings
        its labels and declared facts.
    labels : Series, length n
        1 accepted, 0 refused, missing where nothing was decided; by its index the request, or the row
        of the facts, or in the order of the rows.
    vocabulary : Vocabulary
        The declared facts.
    weights : Series, length n, optional
        How much each label counts: 1 for a strong one by default.
    rules_score : Series, length n, optional
        The rules' score of each request: 1 accept, -1 decline, 0 open.
    costs : Costs or mapping, optional
        What errors and questions cost; see `netkit.costs.Costs`.
    tau : float, optional
        The prior's standard deviation on the coefficients, `inf` for none; by default several
        are averaged by how well they explain the labels.
    unknown_as : mapping of str to str, optional
        Facts in which unknown has no term of its own, with the level that it counts as.
    target : {'conversation', 'pitched'}, optional
        What came of it, where the labels say that and not what you did.

    Returns
    -------
    FittedModel
        The model.

    Raises
    ------
    ModelError
        A label, a weight, a score or the strength is no such number, or (NotEnoughError) there is no
        label, or only one kind of them.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> facts = pd.DataFrame({"request": list("abcd"), "recognised": ["yes", "yes", "no", "no"]})
    >>> model = fit_model(facts, pd.Series([1, 1, 1, 0]), vocabulary("invitation"))
    >>> model.judge(facts)["probability"].round(2).tolist()
    [0.79, 0.79, 0.71, 0.71]
    """
    if isinstance(facts, LabelledTable):
        labels, vocabulary, facts = facts.labels, facts.vocabulary, facts.facts
    if labels is None or vocabulary is None:
        raise ModelError("Labels or declared facts are missing. Give both, or a table from read_labelled.")
    require_unique(facts)
    label = aligned(labels, facts)
    weight = np.ones(len(facts)) if weights is None else aligned(weights, facts)
    score = None if rules_score is None else aligned(rules_score, facts)
    _require_numbers(label, weight, score)
    known = ~np.isnan(label) & (weight > 0)
    label, weight, score = label[known], weight[known], None if score is None else score[known]
    levels = FactEncoder(vocabulary).levels(facts.loc[known])
    counted = Counted.of(levels, np.ones(len(label)), weight * label, weight, score)
    fitted = fit_counted(counted, vocabulary, costs=costs, tau=tau, unknown_as=unknown_as)
    return replace(fitted, left_out=int((~known).sum()), target=target)


def fit_counted(
    counted: Counted,
    vocabulary: Vocabulary,
    *,
    costs: Costs | Mapping[str, float] | None = None,
    tau: float | None = None,
    unknown_as: Mapping[str, str] | None = None,
) -> FittedModel:
    """Fit the model on a history that was counted elsewhere.

    Parameters
    ----------
    counted : Counted
        What `count_frame` brought back from the engine that holds the rows.
    vocabulary : Vocabulary
        The declared facts.
    costs, tau, unknown_as
        As for `fit_model`.

    Returns
    -------
    FittedModel
        The model.

    Raises
    ------
    NotEnoughError
        There is no label, or only one kind of them.
    """
    if not 0 < counted.ones.sum() < counted.total.sum():
        accepted = int(counted.rows[counted.ones > 0].sum())
        refused = int(counted.rows.sum()) - accepted
        raise NotEnoughError(
            f"The history needs both answers and has accepted: {accepted}, refused: {refused}",
            "Record decisions with `netkit decide` until there is one of each, better thirty; until then"
            " the rules answer",
        )
    if tau is not None and not tau > 0:
        raise ModelError(
            f"The strength tau is {tau}",
            "Give a number above zero (inf for no prior), or leave it out and the history chooses",
        )
    encoder = FactEncoder(vocabulary, unknown_as=dict(unknown_as or {})).fit_levels(
        counted.levels, counted.rows
    )
    learned = average_priors(counted.patterns(encoder.design(counted.levels)), tau)
    return FittedModel(
        encoder,
        float(learned.coef[0]),
        float(learned.coef[1]),
        learned.coef[2:],
        learned.covariance,
        learned.by_rules,
        Costs.of(costs),
        [one.as_dict() for one in learned.fits],
        counted,
    )


def _require_numbers(label: Floats, weight: Floats, score: Floats | None) -> None:
    """Refuse what would be learned from wrongly in silence."""
    known = label[~np.isnan(label)]
    wrong = {
        "label": (known[~np.isin(known, (0, 1))], "1 for accepted, 0 for refused, nothing where undecided"),
        "weight": (weight[~((weight >= 0) & np.isfinite(weight))], "a number, zero or more, for every label"),
        "score of the rules": (
            np.empty(0) if score is None else score[~np.isfinite(score)],
            "1 for accept, -1 for decline, 0 for open, for every request",
        ),
    }
    for name, (seen, accepted) in wrong.items():
        if len(seen):
            raise ModelError(f"The {name} is {seen[0]:g}", f"Give {accepted}")
