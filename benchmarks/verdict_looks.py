"""How often looking at every milestone says a verdict, and how many answers one takes, at random and chosen.

    python benchmarks/verdict_looks.py OUT.jsonl [--histories 30] [--n 300] [--worlds TEXT] [--summary] [--chosen]

Resumable: every history is a line of OUT with, at each milestone, its verdict, what the model would truly
save, and the p-value of the test. Worlds are those of `verdict.py`,
and two in which the rules lose and win by turns, 4 points around nothing. `--chosen` counts the answers to a
verdict where requests are asked at random, and where those come first on which the judges differ: once in a
world of known savings, once on the demonstration, where the judges are fitted and the answers hers.
"""

import argparse
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from quick_fits import quick_fits
from scipy.special import expit
from verdict import ALL, CHANCE, World, better_by, worlds

from netkit.comparison.backtest import Backtest
from netkit.comparison.labelled_history import Labelled, observed_vocabulary
from netkit.comparison.learners import Design, Model, Past, Rules
from netkit.comparison.milestone_verdict import MilestoneVerdict, Sides, Terms, rehearse
from netkit.comparison.noting import Noting
from netkit.comparison.verdict import PairedComparison, default_margin
from netkit.costs import Costs
from netkit.evaluation import wilson
from netkit.evaluation.resampling import Blocks
from netkit.history.sample_check import MoreDecisions

Floats = NDArray[np.float64]
_BEGIN = pd.Timestamp("2020-01-06", tz="UTC")
_WEEK = 7 * 1440
_SIZES = (40, 60, 90, 135, 200, 300, 450)


@dataclass(frozen=True)
class Drifting(World):
    """A world in which the rules cost so much more per 100 at the beginning than at the end, or less."""

    drift: float = 0.0
    # The log-odds of who has changed since: in the first six tenths, or by and by.
    before: Floats | None = None
    slowly: bool = False

    def left(self, at: Floats) -> Floats:
        """Return how far the person has left the rules at these shares of the history."""
        return at if self.slowly else (at >= 0.6).astype(float)

    def now(self, at: float) -> "Drifting":
        """Return the person as he decides at this share of the history."""
        if self.before is None:
            return self
        left = self.left(np.array(at))
        return replace(self, odds=left * self.odds + (1 - left) * self.before)


def every_world() -> dict[str, Drifting]:
    """Return the worlds by name; at equal costs a shift of the log-odds by 0.04 is a saving of 2 per 100."""
    as_good, better = worlds()
    flat = as_good[1]
    found = [Drifting(**vars(one)) for one in (*as_good, *better, better_by(2.0))]
    for name, drift in (("rules first lose by 4, then win by 4", -0.08), ("first win by 4, then lose", 0.08)):
        found.append(replace(Drifting(**vars(flat)), name=name, drift=drift))
    late = found[-4]
    found.append(replace(late, name="leaves the rules at six tenths", before=found[0].odds))
    found.append(replace(found[-1], name="drifts away from the rules", slowly=True))
    return {one.name: one for one in found}


def invent(world: Drifting, n: int, seed: int) -> tuple[Labelled, pd.Series]:
    """Return an invented history as plain columns, and the rules' answers."""
    rng = np.random.default_rng([seed, n, 1])
    pattern = rng.choice(len(ALL), n, p=CHANCE)
    minutes = np.sort(rng.integers(0, n * _WEEK // world.weekly, n))
    mood = world.mood * rng.standard_normal(minutes.max() // _WEEK + 1)
    turn = world.drift * np.linspace(1, -1, n) * world.rules[pattern]
    odds = world.odds[pattern]
    if world.before is not None:
        left = world.left(np.arange(n) / n)
        odds = left * odds + (1 - left) * world.before[pattern]
    y = (rng.random(n) < expit(odds + mood[minutes // _WEEK] + turn)).astype(float)
    facts = pd.DataFrame(np.where(ALL[pattern] == 1, "yes", "no"), columns=[f"f{at}" for at in range(12)])
    facts.insert(0, "request", [f"r{at:05d}" for at in range(n)])
    times = pd.Series(_BEGIN + pd.to_timedelta(minutes, unit="min"))
    return Labelled(facts, y, times), pd.Series(world.rules[pattern], index=facts["request"])


def looks(world: Drifting, n: int, seed: int) -> dict[str, list[Any]]:
    """Invent one history and return, at each of its milestones, the verdict, a plain rehearsal's and the truth."""
    history, rules = invent(world, n, seed)
    facts, words = history.facts, observed_vocabulary(history.facts)
    # The judges look every request up; slices of all facts would cost more than the fits.
    history = replace(history, facts=facts[["request"]])
    terms = Terms(("rules", "model"), world.costs, None)

    def both(then: Labelled) -> Sides:
        seen = facts.iloc[: len(then.labels)]
        meaning = rules.reindex(seen["request"])
        return Sides([Rules(meaning), Model(Design.of(seen, words), world.costs, meaning)])

    found: dict[str, list[Any]] = {}
    for milestone in MoreDecisions(tuple(history.labels.tolist())).passed:
        then = history.at(np.arange(milestone))
        more = MoreDecisions(tuple(then.labels.tolist()))
        told = MilestoneVerdict.of(then, both, terms, more)
        plain = told.rehearsal or rehearse(then, both(then), terms, Noting.of(then))
        true = truly_saved(world.now(milestone / n), facts, then.labels, rules)
        chance = told.crossed.p_value if told.crossed else None
        found[str(milestone)] = [told.answer, _plain(plain), true, chance]
    return found


def truly_saved(world: World, facts: pd.DataFrame, labels: Floats, rules: pd.Series) -> float:
    """Return what the model, fitted on the first decisions, saves per 100 new requests."""
    new = pd.DataFrame(np.where(ALL == 1, "yes", "no"), columns=facts.columns[1:])
    new.insert(0, "request", [f"new{at}" for at in range(len(ALL))])
    seen = facts.iloc[: len(labels)]
    every = pd.concat([seen, new], ignore_index=True)
    meaning = pd.concat([rules.reindex(seen["request"]), pd.Series(world.rules, index=new["request"])])
    model = Model(Design.of(every, observed_vocabulary(every)), world.costs, meaning)
    return world.saving(model.answer(Past(seen, labels, np.ones(len(labels))), new).action, world.truth)


def _plain(rehearsed: PairedComparison) -> str:
    """Return what a plain rehearsal's interval says, which was the verdict until 2026-11-30."""
    if not (rehearsed.has_both and np.isfinite(rehearsed.saving.low)):
        return "undecided"
    says = "model" if rehearsed.saving.low > 0 else "undecided"
    return "rules" if rehearsed.saving.high < rehearsed.margin else says


def run(out: Path, histories: int, n: int, only: str) -> None:
    """Run what is missing, one history after the other."""
    done = {(row["world"], row["n"], row["seed"]) for row in _rows(out)}
    with out.open("a", encoding="utf-8") as file, quick_fits():
        for seed in range(histories):
            for name, world in every_world().items():
                if only in name and (name, n, seed) not in done:
                    row = {"world": name, "n": n, "seed": seed, "said": looks(world, n, seed)}
                    file.write(json.dumps(row) + "\n")
                    file.flush()


def _rows(path: Path) -> list[dict[str, Any]]:
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def summary(path: Path) -> str:
    """Return, a world and a verdict a line, how often it was said at each look, and ever."""
    lines = [f"{'world, looks up to':52s} {'':13s} {'ever':24s} at each look"]
    for (n, world), rows in pd.DataFrame(_rows(path)).groupby(["n", "world"], sort=False):
        for which, name in enumerate(("", ", before")):
            told = pd.DataFrame(
                [dict(enumerate(look[which] for look in said.values())) for said in rows["said"]]
            )
            for word in ("model", "rules"):
                said = told == word
                ever = wilson(float(said.any(axis=1).sum()), len(rows))
                at = " ".join(f"{count}" for count in said.sum())
                label = f"{word}{name}"
                lines.append(f"{world[:44]:46s} {n:5d} {label:13s} {ever!s:24s} {at} of {len(rows)}")
    return "\n".join([*lines, "", *false_rules(_rows(path)), "", *undecided(_rows(path))])


def false_rules(rows: list[dict[str, Any]]) -> list[str]:
    """Return how often `rules` was said where the model, fitted on these decisions, is worth a change."""
    worth = default_margin(Costs())
    lines = [f"false `rules`, the fitted model truly saves {worth:g} per 100 or more; in brackets before"]
    for world, some in pd.DataFrame(rows).groupby("world", sort=False):
        told = [look for said in some["said"] for look in said.values() if look[2] is not None]
        false = [[look[which] == "rules" and look[2] >= worth for look in told] for which in (0, 1)]
        now, before = (wilson(float(sum(one)), len(told)) for one in false)
        saves = sum(look[2] >= worth for look in told)
        lines.append(f"{world:46s} {now!s:24s} ({before}) of {len(told)} looks, {saves} of them worth it")
    return lines


def undecided(rows: list[dict[str, Any]]) -> list[str]:
    """Return how often nothing was said by what the model truly saved, fitted on these decisions, and their number."""
    told = pd.DataFrame(
        [
            (int(at), look[0], look[1], look[2])
            for row in rows
            for at, look in row["said"].items()
            if len(look) > 2 and look[2] is not None
        ],
        columns=["n", "now", "before", "true"],
    )
    if told.empty:
        return []
    told["saves"] = pd.cut(told["true"], [-np.inf, 0, 2, 4, 6, 8, np.inf], right=False).astype("str")
    sizes = sorted(told["n"].value_counts().index[:5])  # a milestone is later where one answer is rare
    lines = ["undecided, by what the model truly saved per 100 and by the decisions; in brackets before",
             f"{'truly saved':14s}" + "".join(f"{f'{size} decisions':>28s}" for size in sizes)]  # fmt: skip
    for saves, some in sorted(told.groupby("saves"), key=lambda pair: pair[1]["true"].mean()):
        cells = []
        for size in sizes:
            one = some[some["n"] == size]
            now, before = (int(one[name].str.startswith("undecided").sum()) for name in ("now", "before"))
            cells.append(f"{now} ({before}) of {len(one)}".rjust(28))
        lines.append(f"{saves:14s}{''.join(cells)}")
    return lines


def answers_to_a_verdict(gap_of: Any, share: float, histories: int) -> list[str]:
    """Return a line a way of asking: the share with a verdict after so many answers.

    `gap_of` draws labels, rules and model for requests at random, or for some on which the two differ.
    """
    lines = []
    for chosen in (False, True):
        shares = []
        for size in _SIZES:
            said = [_said(gap_of(size, chosen, seed), share if chosen else 1.0) for seed in range(histories)]
            shares.append(np.mean([one == "model" for one in said]))
        told = " ".join(f"{one:5.2f}" for one in shares)
        lines.append(f"  {'where the two differ' if chosen else 'at random':22s} {told}")
    return lines


def _said(drawn: tuple[Floats, Floats, Floats], share: float) -> str:
    y, rules, model = drawn
    stands = None if share == 1.0 else np.full(len(y), 1 / share)
    weeks = Blocks(np.arange(len(y)) // 5, -(-len(y) // 5))
    return PairedComparison.of(y, rules, model, weeks, draws=1, level=0.03, stands_for=stands).verdict


def known(saving: float, share: float) -> Any:
    """Return what draws requests of which a share differs, and on these the model saves so much per 100."""

    def draw(size: int, chosen: bool, seed: int) -> tuple[Floats, Floats, Floats]:
        rng = np.random.default_rng([seed, size, chosen])
        differ = np.ones(size, dtype=bool) if chosen else rng.random(size) < share
        model = rng.choice([-1, 1], size)
        right = rng.random(size) < np.where(differ, 0.5 + saving / 200 / share, 0.9)
        return (np.where(right, model, -model) > 0).astype(float), np.where(differ, -model, model), model

    return draw


def demonstration(ledger: Path) -> tuple[Any, float, str]:
    """Return what draws from the demonstration's decisions as both judges answer them, and what differs."""
    from netkit.comparison import sides
    from netkit.costs import Costs
    from netkit.history import read_history
    from netkit.ledger import open_ledger
    from netkit.policy import policy_in_office

    with open_ledger(ledger) as opened:
        history, policy = read_history(opened), policy_in_office(opened.home)
    own = Labelled.of(history, history.vocabulary).only_strong()
    run_ = Backtest.run(own, sides(policy, history.vocabulary, Costs(), ())(own).judges, own.folds())
    rules, model = (run_.answers[name].action for name in ("rules", "model"))
    apart = np.flatnonzero(rules != model)

    def draw(size: int, chosen: bool, seed: int) -> tuple[Floats, Floats, Floats]:
        rng = np.random.default_rng([seed, size, chosen])
        rows = rng.choice(apart if chosen else len(rules), size)
        return run_.labels[rows], rules[rows], model[rows]

    whole = PairedComparison.of(run_.labels, rules, model, Blocks.weekly(run_.times), draws=1)
    return draw, len(apart) / len(rules), f"{whole.saved}"


def main() -> None:
    """Run, or print what was run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--histories", type=int, default=30)
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--worlds", default="", help="only worlds whose name holds this")
    parser.add_argument("--summary", action="store_true", help="only print what OUT holds")
    parser.add_argument("--chosen", type=Path, help="a ledger: answers to a verdict, at random and chosen")
    given = parser.parse_args()
    if given.chosen:
        print(f"share of `model` after so many answers     {' '.join(f'{size:5d}' for size in _SIZES)}")
        for saving in (0.0, 4.0, 8.0):
            print(f"15 % differ, the model truly saves {saving:g} per 100")
            print("\n".join(answers_to_a_verdict(known(saving, 0.15), 0.15, given.histories)))
        draw, share, told = demonstration(given.chosen)
        print(f"the demonstration, {share:.0%} differ: {told}")
        print("\n".join(answers_to_a_verdict(draw, share, given.histories)))
        return
    if not given.summary:
        run(given.out, given.histories, given.n, given.worlds)
    print(summary(given.out))


if __name__ == "__main__":
    main()
