"""How near the model comes to the truth from few labels, beside the rules alone and a plain penalty.

Invented histories of twelve sparse yes/no facts, whose points a person wrote down beforehand: the
points are right (up to some noise), half right, or have nothing to do with the answers. Measured is
the excess log loss over the truth, exact over all 4,096 combinations of facts, in thousandths; the
mean over the histories of a cell, of which the cells of 50 requests get five times as many because
their means scatter most. The figures of the study that the design comes from (November 2026, mean of 50 to 200 histories
a cell) stand beside, so that one sees how near this reconstruction of it comes. A second
table is of rules that state no points but only answer accept, decline or open, as policies do.

    python benchmarks/prior_cells.py [--histories 200] [--quick] [--store]

About a quarter of an hour on one core for 200 histories a cell; `--quick` leaves out the two slow
rivals that choose one strength, and takes a third of that.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit
from sklearn.linear_model import LogisticRegression
from stored import result_path

from netkit.model import LogisticModel
from netkit.model.patterns import Patterns
from netkit.model.solvers import fit_newton

Floats = NDArray[np.float64]

FACTS, SIZES, WORLDS = 12, (50, 100, 200, 500, 2000), ("right", "half right", "unrelated")
SLOW = ("strength by cross-validation", "candidate of most evidence")
GOAL, OURS = 1.15, "netkit: averaged by evidence"
TIMES_AS_MANY = {50: 5}
ALL = np.array(np.meshgrid(*[[0.0, 1.0]] * FACTS, indexing="ij")).reshape(FACTS, -1).T
# Chosen so that the base rate, the plain penalty and the recalibrated rules lose what the study found.
SCALE, NOISE, RATE = 0.38, 0.36, -0.8
# A policy says no points, only accept from this sum on, decline up to that, and is open between.
ACCEPT, DECLINE = 1.5, -0.5
PUBLISHED = {
    "base rate": "124 119 118 119 116 119 113 107 111 97 137 129 132 125 130",
    "L2, C = 1": "68 48 26 12 3.2 71 46 27 12 3.4 75 46 27 12 3.5",
    "rules, recalibrated": "39 29 23 20 21 86 78 71 73 68 140 122 123 114 115",
    "at the rules, sd 0.5": "39 26 17 9.3 3.0 65 44 27 12 3.4 95 59 37 16 4.0",
}


@dataclass(frozen=True)
class History:
    """One invented history, the rules' score of its rows and of all combinations, and the truth."""

    X: Floats
    y: Floats
    start: Floats
    score: Floats
    chance: Floats
    odds: Floats

    def excess(self, stated: Floats) -> float:
        """Return the excess log loss, in thousandths, of log-odds stated for all combinations."""
        p = expit(self.odds)
        gap = p * (log_expit(self.odds) - log_expit(stated))
        gap += (1 - p) * (log_expit(-self.odds) - log_expit(-stated))
        return float(1000 * self.chance @ gap)


def histories(world: str, n: int, count: int, *, answers: bool = False, seed: int = 0) -> Iterator[History]:
    """Invent histories of one cell; the first are the same whatever the count."""
    for place in range(count):
        rng = np.random.default_rng([seed, place, n, WORLDS.index(world)])
        often = rng.uniform(0.05, 0.35, FACTS)
        values = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
        points, other = rng.choice(values, FACTS), rng.choice(values, FACTS)
        mixed = {"right": points, "half right": 0.62 * points + 0.70 * other, "unrelated": 1.08 * other}
        effects = SCALE * mixed[world] + rng.normal(0, NOISE, FACTS)
        odds = RATE + (ALL - often) @ effects
        chance = np.prod(np.where(ALL == 1, often, 1 - often), axis=1)
        y = np.zeros(n)
        while not 0 < y.sum() < n:
            drawn = rng.choice(len(ALL), n, p=chance / chance.sum())
            y = (rng.random(n) < expit(odds[drawn])).astype(float)
        score = ALL @ points
        if answers:
            score = np.where(score >= ACCEPT, 1.0, np.where(score <= DECLINE, -1.0, 0.0))
        yield History(ALL[drawn], y, score[drawn], score, chance, odds)


def base_rate(past: History) -> Floats:
    """State the share accepted for everybody."""
    return np.full(len(ALL), logit(past.y.mean()))


def plain_penalty(past: History) -> Floats:
    """Fit scikit-learn's default penalty, which knows nothing of the rules."""
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8).fit(past.X, past.y)
    return model.decision_function(ALL)


def recalibrated(past: History) -> Floats:
    """Fit a level and a slope to the points (the slope's ridge only keeps separated labels finite)."""
    patterns = Patterns(past.start[:, None], past.y, np.ones(len(past.y)))
    level, slope = fit_newton(patterns, np.zeros(2), np.array([0.0, 1e-3])).coef
    return level + slope * past.score


def at_strength(tau: float) -> Callable[[History], Floats]:
    """Centre the prior on the points with one strength."""

    def fitted(past: History) -> Floats:
        model = LogisticModel(tau).fit(past.X, past.y, start=past.start)
        return model.decision_function(ALL, start=past.score)

    return fitted


def best_evidence(past: History) -> Floats:
    """Take, of the model's own candidates, the one the labels speak for most."""
    model = LogisticModel().fit(past.X, past.y, start=past.start)
    one = max(model.candidates_, key=lambda candidate: candidate.share)
    return one.coef[0] + one.coef[1] * past.score + ALL @ one.coef[2:]


def cross_validated(past: History) -> Floats:
    """Choose the strength by five-fold cross-validation."""
    fold = np.arange(len(past.y)) % 5
    loss = {}
    for tau in (0.06, 0.125, 0.25, 0.5, 1.0):
        total = 0.0
        for left in range(5):
            part = fold != left
            if not 0 < past.y[part].sum() < part.sum():
                continue
            model = LogisticModel(tau).fit(past.X[part], past.y[part], start=past.start[part])
            odds = model.decision_function(past.X[~part], start=past.start[~part])
            total -= float(np.where(past.y[~part] > 0, log_expit(odds), log_expit(-odds)).sum())
        loss[tau] = total
    return at_strength(min(loss, key=loss.__getitem__))(past)


def model(past: History) -> Floats:
    """Fit the model as netkit does."""
    return at_strength(None)(past)


ESTIMATORS: dict[str, Callable[[History], Floats]] = {
    "base rate": base_rate,
    "L2, C = 1": plain_penalty,
    "rules, recalibrated": recalibrated,
    "at the rules, sd 0.5": at_strength(0.5),
    "at the rules, sd 1": at_strength(1.0),
    "strength by cross-validation": cross_validated,
    "candidate of most evidence": best_evidence,
    OURS: model,
}


@dataclass(frozen=True)
class Cells:
    """The fifteen cells of one table, worlds outermost: means by estimator, and the ratio that counts.

    Attributes
    ----------
    means : dict of str to list of float
        Each estimator's mean excess log loss.
    errors : list of float
        The standard error of netkit's ratio to the better rival.
    """

    means: dict[str, list[float]]
    errors: list[float]

    def ratios(self, name: str) -> Floats:
        """Return an estimator's loss over the better of the recalibrated rules and the plain penalty."""
        better = np.minimum(self.means["L2, C = 1"], self.means["rules, recalibrated"])
        return np.array(self.means[name]) / better


def run(count: int, names: list[str], sizes: tuple[int, ...] = SIZES, *, answers: bool = False) -> Cells:
    """Measure every estimator in every cell."""
    means: dict[str, list[float]] = {name: [] for name in names}
    errors = []
    for world in WORLDS:
        for n in sizes:
            several = count * TIMES_AS_MANY.get(n, 1)
            losses = np.array(
                [
                    [past.excess(ESTIMATORS[name](past)) for name in names]
                    for past in histories(world, n, several, answers=answers)
                ]
            )
            for name, mean in zip(names, losses.mean(axis=0), strict=True):
                means[name].append(float(mean))
            errors.append(_ratio_error(losses, names))
    return Cells(means, errors)


def _ratio_error(losses: Floats, names: list[str]) -> float:
    """Return the standard error of the ratio of two means over the same histories."""
    mean = losses.mean(axis=0)
    rivals = [names.index(name) for name in ("L2, C = 1", "rules, recalibrated")]
    better, ours = min(rivals, key=lambda place: mean[place]), names.index(OURS)
    left = losses[:, ours] - losses[:, better] * mean[ours] / mean[better]
    return float(left.std(ddof=1) / np.sqrt(len(losses)) / mean[better])


def main() -> None:
    """Print the fifteen cells, and store them if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    began = perf_counter()
    names = [name for name in ESTIMATORS if not (options.quick and name in SLOW)]
    tables = {}
    for answers, title in enumerate(("the rules are points, known beforehand", "the rules only answer")):
        tables[title] = run(options.histories, names, answers=bool(answers))
        show(title, tables[title], options.histories, published=not answers)
    print(f"{perf_counter() - began:.0f} s")
    if options.store:
        store(tables, options.histories)


def show(title: str, found: Cells, count: int, *, published: bool) -> None:
    """Print one table of fifteen cells, and each cell over the better rival's."""
    more = "".join(f", {count * times} at n = {n}" for n, times in TIMES_AS_MANY.items())
    print(f"\n{title}: excess log loss in thousandths, {count} histories a cell{more}")
    sizes = "/".join(map(str, SIZES))
    print(" " * 30 + " | ".join(f"{world + ', n = ' + sizes:33}" for world in WORLDS))
    for name, row in found.means.items():
        _print_row(name, row, ".1f")
        if published and name in PUBLISHED:
            _print_row("  the study", [float(x) for x in PUBLISHED[name].split()], ".1f")
    print("over the better of recalibrated rules and L2 (goal: at most 1.15)")
    for name in list(found.means)[1:]:
        ratio = found.ratios(name)
        _print_row(name, ratio.tolist(), ".2f", f"   worst {ratio.max():.2f}")
    _print_row("  give or take", found.errors, ".2f")


def _print_row(name: str, row: list[float], form: str, end: str = "") -> None:
    print(f"{name:30}" + " ".join(f"{value:>6{form}}" for value in row) + end, flush=True)


def store(tables: dict[str, Cells], count: int) -> None:
    """Write the dated result."""
    path = result_path("prior_cells", "json")
    today = path.stem.removeprefix("prior_cells-")
    told = {
        "about": "Excess log loss over the truth, in thousandths; worlds outermost, sizes within.",
        "date": today, "histories": {n: count * TIMES_AS_MANY.get(n, 1) for n in SIZES},
        "worlds": WORLDS, "sizes": SIZES, "goal": GOAL,
        "published": {name: [float(x) for x in row.split()] for name, row in PUBLISHED.items()},
        "tables": {
            title: {
                "cells": {name: [round(x, 2) for x in row] for name, row in found.means.items()},
                "netkit_over_the_better": [round(float(x), 3) for x in found.ratios(OURS)],
                "standard_error": [round(x, 3) for x in found.errors],
            }
            for title, found in tables.items()
        },
    }  # fmt: skip
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".txt").write_text(summary(told), encoding="utf-8")


def summary(told: dict[str, Any]) -> str:
    """Say in one table what a run found, the study's figures beside it."""
    sizes = "/".join(map(str, told["sizes"]))
    lines = [
        f"{'excess log loss, thousandths':30}"
        + " | ".join(f"{world + ', ' + sizes:33}" for world in told["worlds"])
    ]
    for title, table in told["tables"].items():
        lines.append(f"{title}:")
        for name, row in table["cells"].items():
            lines.append(f"  {name:28}" + " ".join(f"{value:6.1f}" for value in row))
            if name in told["published"] and table is next(iter(told["tables"].values())):
                beside = told["published"][name]
                lines.append(f"    {'the study':26}" + " ".join(f"{x:6.1f}" for x in beside))
        over, error = table["netkit_over_the_better"], table["standard_error"]
        lines.append(f"  {'over the better rival':28}" + " ".join(f"{x:6.2f}" for x in over))
        lines.append(f"  {'  give or take':28}" + " ".join(f"{x:6.2f}" for x in error))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
