"""How often the verdict is wrong, how often it finds a better model, and whether its intervals cover.

    python benchmarks/verdict.py [--short]

About half an hour on two cores; `--short` for a first look.

Every history is invented: twelve sparse yes/no facts, about five requests a week (in some, all
within a few weeks), a mood that the requests of one week share. The judges are refitted at rolling
origins: this is the rehearsal alone, by its plain interval, which until 2026-11-30 was the verdict. Since
then it guards a sharper test at milestones, which verdict_looks and verdict_habits measure.
The result is stored, dated, beside this file.
"""

import argparse
import json
import os
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from netkit.comparison.verdict import PairedComparison, default_margin
from netkit.costs import Costs
from netkit.evaluation import wilson
from netkit.evaluation.resampling import Blocks
from netkit.evaluation.rolling import rolling_origins
from netkit.model import LogisticModel

Floats = NDArray[np.float64]

PREVALENCE = np.array([0.5, 0.3, 0.3, 0.25, 0.2, 0.2, 0.15, 0.15, 0.1, 0.1, 0.3, 0.25])
POINTS = np.array([2.0, -2.0, 1.5, -1.5, 2.0, -1.0, 1.5, -2.0, 1.0, -1.0, 0.0, 0.0])
LEVEL = -0.4
# The two facts that the rules do not know, and the way in which they push.
UNSEEN = np.array([0.0] * 10 + [1.0, -1.0])
ALL = np.array(np.meshgrid(*[[0.0, 1.0]] * 12, indexing="ij")).reshape(12, -1).T
CHANCE = np.prod(np.where(ALL == 1, PREVALENCE, 1 - PREVALENCE), axis=1)
WEEKLY = 5
# Gauss-Hermite nodes, to average a probability over the weekly mood.
NODES, SHARES = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True)
class World:
    """How one kind of invented person decides, and what the rules say.

    Attributes
    ----------
    name : str
        What it is called in the result.
    costs : Costs
        The three costs.
    odds : ndarray, shape (4096,)
        The true log-odds of accepting for every pattern of facts.
    rules : ndarray of int8, shape (4096,)
        The rules' answer to every pattern.
    mood : float
        The standard deviation of a week's mood, in log-odds.
    weekly : int
        About how many requests come in a week.
    """

    name: str
    costs: Costs
    odds: Floats
    rules: NDArray[np.int8]
    mood: float
    weekly: int = WEEKLY

    @property
    def truth(self) -> Floats:
        """The probability of accepting, averaged over moods."""
        return expit(self.odds[:, None] + self.mood * NODES) @ SHARES / SHARES.sum()

    def cost(self, action: NDArray[np.int8], p: Floats) -> Floats:
        """Return the expected cost per 100 decisions of an answer to every pattern."""
        wrong = np.where(action > 0, (1 - p) * self.costs.wrong_accept, p * self.costs.wrong_decline)
        return 100 * np.where(action == 0, self.costs.question, wrong)

    def saving(self, action: NDArray[np.int8], p: Floats) -> float:
        """Return what answering so saves per 100 decisions beside the rules, were everything known."""
        return float(CHANCE @ (self.cost(self.rules, p) - self.cost(action, p)))


def rules_right() -> World:
    """Return a world in which the rules are what the person does: nothing can be better."""
    odds = LEVEL + ALL @ POINTS
    costs = Costs()
    return World("rules are the truth", costs, odds, costs.decide(expit(odds)), 0.0)


def nothing_to_gain(name: str, costs: Costs, *, mood: float = 0.0, clear: bool = False) -> World:
    """Return the hardest null: every answer costs the same wherever the judges can differ.

    The probability of accepting is exactly the threshold at which accepting and refusing cost the
    same, so whatever the model learns, it is exactly as good as the rules, which answer by facts
    that mean nothing. With `clear`, four in ten requests are clear and known to the rules.
    """
    threshold = costs.thresholds()[0]
    odds = np.full(len(ALL), np.log(threshold / (1 - threshold)))
    rules = np.where(ALL[:, 0] == 1, 1, -1).astype(np.int8)
    if clear:
        yes, no = ALL[:, 1] == 1, (ALL[:, 1] == 0) & (ALL[:, 4] == 1)
        odds = np.where(yes, 3.0, np.where(no, -3.0, odds))
        rules = np.where(yes, 1, np.where(no, -1, rules)).astype(np.int8)
    return World(name, costs, odds, rules, mood)


def better_by(saving: float) -> World:
    """Return a world in which two facts that the rules ignore are worth that much per 100."""
    base, costs = LEVEL + ALL @ POINTS, Costs()
    rules = costs.decide(expit(base))

    def gained(strength: float) -> float:
        world = World("", costs, base + strength * (ALL @ UNSEEN), rules, 0.0)
        return world.saving(costs.decide(world.truth), world.truth) - saving

    strength = float(brentq(gained, 0.0, 12.0))
    name = f"knowing everything saves {saving:g} per 100"
    return World(name, costs, base + strength * (ALL @ UNSEEN), rules, 0.0)


def worlds() -> tuple[list[World], list[World]]:
    """Return the worlds in which the rules are as good as the model, and those in which it is better."""
    no_ask, lopsided = Costs(question=0.6), Costs(wrong_accept=5.0, question=1.0)
    as_good = [
        rules_right(),
        nothing_to_gain("every answer costs the same", no_ask),
        nothing_to_gain("the same, a wrong accept five times as dear", lopsided),
        nothing_to_gain("the same, weeks share a mood", no_ask, mood=1.0),
        nothing_to_gain("the same, four in ten requests clear", no_ask, clear=True),
    ]
    return as_good, [better_by(4.0), better_by(8.0)]


def few_weeks() -> list[World]:
    """Return worlds in which weeks share a mood and most requests came within five, three, two weeks."""
    hard = nothing_to_gain("", Costs(question=0.6), mood=1.0)
    return [
        replace(hard, name=f"weeks share a mood, {weekly} requests a week", weekly=weekly)
        for weekly in (30, 50, 70)
    ]


def one_history(world: World, n: int, seed: int) -> dict[str, float | str]:
    """Invent one history, judge its later part, and return the verdict beside the truth."""
    rng = np.random.default_rng([seed, n])
    pattern = rng.choice(len(ALL), n, p=CHANCE)
    minutes = np.sort(rng.integers(0, n * 7 * 1440 // world.weekly, n))
    times = pd.Series(pd.Timestamp("2020-01-06", tz="UTC") + pd.to_timedelta(minutes, unit="min"))
    mood = world.mood * rng.standard_normal(minutes.max() // (7 * 1440) + 1)
    y = (rng.random(n) < expit(world.odds[pattern] + mood[minutes // (7 * 1440)])).astype(float)
    truth, model, saved = world.truth, np.empty(0, dtype=np.int8), 0.0
    places = np.empty(0, dtype=np.intp)
    for origin in rolling_origins(times):
        answers = _model_answers(world, pattern[origin.past], y[origin.past])
        places = np.append(places, origin.later)
        model = np.append(model, answers[pattern[origin.later]])
        saved += len(origin.later) * world.saving(answers, truth)
    blocks = Blocks.weekly(times.iloc[places].reset_index(drop=True))
    rules = world.rules[pattern[places]]
    found = PairedComparison.of(y[places], rules, model, blocks, costs=world.costs, draws=1)
    return {
        "verdict": found.verdict,
        "saving": found.saving.value,
        "low": found.saving.low,
        "high": found.saving.high,
        "true": saved / len(places),
    }


def _model_answers(world: World, pattern: NDArray[np.intp], y: Floats) -> NDArray[np.int8]:
    """Fit the model as `fit_model` does, and return its answer to every pattern."""
    if not 0 < y.sum() < len(y):
        return world.rules
    seen = ALL[pattern]
    common = (seen.mean(axis=0) > 0.5).astype(float)
    design, everything = np.abs(seen - common), np.abs(ALL - common)
    score = world.rules.astype(float)
    model = LogisticModel().fit(design, y.astype(int), start=score[pattern])
    return world.costs.decide(model.predict_proba(everything, start=score)[:, 1])


def _task(task: tuple[World, int, int]) -> dict[str, float | str]:
    return one_history(*task)


def summarise(world: World, n: int, results: list[dict[str, float | str]]) -> dict[str, object]:
    """Return shares of verdicts, coverage, and the mean true saving of many histories."""
    told = pd.DataFrame(results)
    model = wilson(float((told["verdict"] == "model").sum()), len(told))
    covered = (told["low"] <= told["true"]) & (told["true"] <= told["high"])
    cover = wilson(float(covered.sum()), len(told))
    return {
        "world": world.name,
        "n": n,
        "histories": len(told),
        "model": model.as_dict(),
        "rules": float((told["verdict"] == "rules").mean()),
        "undecided": float(told["verdict"].str.startswith("undecided").mean()),
        "coverage": cover.as_dict(),
        "mean_true_saving_per_100": float(told["true"].mean()),
        "mean_width_per_100": float((told["high"] - told["low"]).mean()),
    }


def run(worlds_: list[World], histories: dict[int, int], processes: int) -> list[dict[str, object]]:
    """Simulate every world at every size."""
    rows = []
    with get_context("fork").Pool(processes) as pool:
        for world in worlds_:
            for n, count in histories.items():
                tasks = [(world, n, seed) for seed in range(count)]
                row = summarise(world, n, pool.map(_task, tasks, chunksize=20))
                rows.append(row)
                _print(row)
    return rows


def _print(row: dict[str, object]) -> None:
    model, cover = row["model"], row["coverage"]
    print(
        f"{row['world'][:45]:45s} n={row['n']:5d}  model {_span(model)}  rules {row['rules']:.3f}  "
        f"covers {_span(cover)}  true saving {row['mean_true_saving_per_100']:6.2f}",
        flush=True,
    )


def _span(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def summary(result: dict[str, Any]) -> str:
    """Say in some lines what a full run found."""
    null, power, worst = result["null"], result["power"], result["worst_cell"]
    cells = [row["coverage"] for row in (*null, *power)]
    single = [one["value"] for one in cells]
    outside = [one for one in cells if one["low"] > 0.97 or one["high"] < 0.93]
    false, by_n = result["false_model_verdicts"], result["coverage_by_n"]
    lines = [
        f"`model` where the rules are as good   {_span(false)} of {false['n']:,} histories, allowed 0.050",
        f"  worst of {len(null)} cells                   {_span(worst['model'])} ({worst['world']}, n = {worst['n']})",
        *(f"95 % intervals cover at n = {n:<5}     {_span(one)} of {one['n']:,}" for n, one in by_n.items()),
        f"  single cells                        {min(single):.3f} to {max(single):.3f}; outside 0.93 to 0.97 "
        f"beyond chance {len(outside)} of {len(cells)}",
    ]
    lines += [
        f"`model` where {row['world']} {_span(row['model'])}, covers {_span(row['coverage'])}"
        for row in result["few_weeks"]
    ]
    for world in dict.fromkeys(row["world"] for row in power):
        curve = [row for row in power if row["world"] == world]
        found = ", ".join(f"{row['n']:,}: {row['model']['value']:.2f}" for row in curve)
        lines.append(f"`model` where {world}   {found}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Simulate, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the histories; not stored")
    parser.add_argument(
        "--histories", type=int, default=1000, help="in each cell where the rules are as good"
    )
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    began = perf_counter()
    share = (0.1 if given.short else 1.0) * given.histories / 1000
    as_good, better = worlds()
    null_sizes, power_sizes = [50, 200, 1000], [50, 100, 200, 500, 1000, 2000, 5000]
    fewer = {50: 400, 100: 400, 200: 400, 500: 400, 1000: 300, 2000: 300, 5000: 200}
    null = run(as_good, dict.fromkeys(null_sizes, round(1000 * share)), given.processes)
    power = run(better, {n: round(fewer[n] * share) for n in power_sizes}, given.processes)
    few = run(few_weeks(), {200: round(1000 * share)}, given.processes)
    everywhere = {n: sum(r["histories"] for r in [*null, *power] if r["n"] == n) for n in power_sizes}
    covered = {
        n: wilson(
            sum(r["coverage"]["value"] * r["histories"] for r in [*null, *power] if r["n"] == n),
            everywhere[n],
        ).as_dict()
        for n in power_sizes
    }
    false = wilson(sum(r["model"]["value"] * r["histories"] for r in null), sum(r["histories"] for r in null))
    worst = max(null, key=lambda r: r["model"]["value"])
    seconds = perf_counter() - began
    print(f"\nfalse `model` verdicts, all null histories: {_span(false.as_dict())} (n = {false.n})")
    print(f"worst cell: {worst['world']}, n = {worst['n']}: {_span(worst['model'])}")
    for n, estimate in covered.items():
        print(f"coverage at n = {n}: {_span(estimate)}")
    print(f"{seconds:.0f} s")
    if not given.short:
        result = {
            "about": "False verdicts, power and coverage of netkit's verdict on invented histories.",
            "date": date.today().isoformat(),
            "seconds": round(seconds),
            "procedure": {
                "origins": 8,
                "learned_from_only": 0.3,
                "margin_per_100": default_margin(Costs()),
                "requests_a_week": WEEKLY,
            },
            "false_model_verdicts": false.as_dict(),
            "worst_cell": worst,
            "coverage_by_n": covered,
            "null": null,
            "few_weeks": few,
            "power": power,
        }
        path = Path(__file__).parent / "results" / f"verdict-{date.today().isoformat()}.json"
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        path.with_suffix(".txt").write_text(summary(result), encoding="utf-8")
        print(f"stored {path}")


if __name__ == "__main__":
    main()
