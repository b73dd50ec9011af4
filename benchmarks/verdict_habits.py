"""How often habits of noting make the verdict promise what is not there, and what the guard costs.

    python benchmarks/verdict_habits.py OUT.jsonl [--histories 100] [--n 60 150 400] [--cells TEXT]

Resumable: every history is a line of OUT, and what stands there is not run again. `--summary` prints the
table of a file. Histories are invented: seven facts, of which a person notes four; two are read off the
note; weeks of about five requests. Each is compared by the package's own rules and model.
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from netkit.comparison import milestone_verdict, sides
from netkit.comparison.backtest import Backtest
from netkit.comparison.labelled_history import Labelled
from netkit.comparison.learners import Design, Model, Past, action_meaning
from netkit.comparison.milestone_verdict import LEVEL, MilestoneVerdict, Sides, Terms, rehearse
from netkit.comparison.noting import Noting
from netkit.comparison.verdict import PairedComparison
from netkit.costs import Costs
from netkit.evaluation import decision_cost, wilson
from netkit.evaluation.resampling import Blocks
from netkit.facts import Vocabulary, vocabulary
from netkit.history.sample_check import MoreDecisions
from netkit.policy import Policy

Array = NDArray[Any]
SHARE = {
    "met_in_person": 0.35, "useful_field": 0.4, "fits_my_stated_wishes": 0.3, "worked_together": 0.25,
    "note_sells": 0.25, "note_says_why": 0.4, "note_says_who": 0.5,
}  # fmt: skip
NOTED = ("met_in_person", "useful_field", "fits_my_stated_wishes", "worked_together")
VOCABULARY = Vocabulary("invitation", {name: vocabulary("invitation")[name] for name in SHARE})
_RULES = (
    ("sells", "{note_sells: yes}", "decline"), ("met", "{met_in_person: yes}", "accept"),
    ("wishes", "{fits_my_stated_wishes: yes}", "accept"), ("otherwise", "{}", "decline"),
)  # fmt: skip
_ASSUME = "".join(
    f"    {name}: {{level: no, because: Nobody noted it., clause: own}}\n"
    for name in ("met_in_person", "fits_my_stated_wishes")
)


def policy(assumes: bool = True) -> Policy:
    """Return four rules, which where a fact is unknown take it as no, or leave the answer open."""
    rules = "".join(
        f"  - id: {name}\n    when: {when}\n    do: {action}\n    because: So.\n    clause: own\n"
        f"    situations:\n      - {{it: one, given: {{}}, expect: {action}}}\n"
        f"      - {{it: two, given: {{}}, expect: {action}}}\n"
        for name, when, action in _RULES
    )
    assume = f"assume:\n  invitation:\n{_ASSUME}" if assumes else ""
    head = "policy: habits\ntitle: Four rules\nabout: For a benchmark.\nsources:\n  - {id: own, title: Made up}\n"
    return Policy.from_text(f"{head}{assume}invitation:\n{rules}")


@dataclass
class Invented:
    """One history as `compare` takes it, and the truth behind it."""

    table: pd.DataFrame
    facts: pd.DataFrame
    vocabulary: Vocabulary
    period: tuple[pd.Timestamp, pd.Timestamp]
    full: pd.DataFrame
    odds: Callable[[pd.DataFrame], Array]
    origins: pd.DataFrame | None = None
    aged_after_days: float = 30.0
    advice: tuple[str, ...] = ()


@cache
def _patterns() -> tuple[pd.DataFrame, Array, Array]:
    """Return every pattern of facts, how often it comes, and what the rules say to it when all is known."""
    bits = np.array(list(product([0, 1], repeat=len(SHARE))))
    rates = np.array(list(SHARE.values()))
    every = pd.DataFrame(np.where(bits, "yes", "no"), columns=list(SHARE), dtype="str")
    every.insert(0, "request", [f"new-{i:05d}" for i in range(len(bits))])
    said = action_meaning(policy().judge(VOCABULARY.conform(every), "invitation")).to_numpy()
    return every, np.where(bits, rates, 1 - rates).prod(axis=1), said


def by_rules(full: pd.DataFrame) -> Array:
    """Return log-odds of a person who does what the rules say, one time in ten otherwise."""
    bits = (full[list(SHARE)] == "yes").to_numpy().astype(int)
    return _patterns()[2][bits @ 2 ** np.arange(len(SHARE))[::-1]] * np.log(9.0)


def by_more(full: pd.DataFrame) -> Array:
    """Return log-odds of a person who also goes by two facts that the rules ignore."""
    field, together = ((full[name] == "yes").to_numpy(float) for name in ("useful_field", "worked_together"))
    return by_rules(full) * 0.6 + 2.4 * field + 2.2 * together - 1.6


Habit = Callable[[np.random.Generator, pd.DataFrame, Array, Array], Array]


def shares(on_accepted: float, on_refused: float, only: str | None = None, *, sheet: bool = False) -> Habit:
    """Note so many facts with either answer: each on its own, one of them, or a whole sheet."""

    def noted(rng: np.random.Generator, full: pd.DataFrame, y: Array, t: Array) -> Array:
        share = np.where(y > 0, on_accepted, on_refused)[:, None]
        drawn = rng.random((len(y), 1 if sheet else len(NOTED)))
        seen = np.broadcast_to(drawn < share, (len(y), len(NOTED))).copy()
        if only:
            even = rng.random((len(y), len(NOTED))) < 0.9
            seen = np.where(np.array(NOTED) == only, seen, even)
        return seen

    return noted


def changed(early: Habit, late: Habit) -> Habit:
    """Note in one way before half of the history, in another after it."""

    def noted(rng: np.random.Generator, full: pd.DataFrame, y: Array, t: Array) -> Array:
        return np.where((t < 0.5)[:, None], early(rng, full, y, t), late(rng, full, y, t))

    return noted


def reasons(rng: np.random.Generator, full: pd.DataFrame, y: Array, t: Array) -> Array:
    """Note mostly what speaks for the answer."""
    speaks = (full[list(NOTED)] == "yes").to_numpy() == (y > 0)[:, None]
    return rng.random(speaks.shape) < np.where(speaks, 0.9, 0.05)


def one_sided(answer: int, other: float, *, sheet: bool = False, only: tuple[str, ...] = NOTED) -> Habit:
    """Note with one answer only what speaks for it, and facts with the other in so many of 100."""

    def noted(rng: np.random.Generator, full: pd.DataFrame, y: Array, t: Array) -> Array:
        speaks = (full[list(NOTED)] == ("yes" if answer else "no")).to_numpy()
        drawn = rng.random((len(y), 1 if sheet else len(NOTED)))
        given = speaks & (rng.random(speaks.shape) < 0.9)
        seen = np.where(np.asarray(y == answer)[:, None], given, drawn < other)
        return np.where(np.isin(NOTED, only), seen, rng.random(speaks.shape) < 0.9)

    return noted


def at_random_given_others(rng: np.random.Generator, full: pd.DataFrame, y: Array, t: Array) -> Array:
    """Note more where the invitation came with a reason."""
    share = np.where(full["note_says_why"] == "yes", 0.95, 0.5)[:, None]
    return rng.random((len(y), len(NOTED))) < share


def some_weeks(rng: np.random.Generator, full: pd.DataFrame, y: Array, t: Array) -> Array:
    """Note everything in some weeks and nothing in the others."""
    week = np.floor(t * len(y) / 5).astype(int)
    return np.broadcast_to((rng.random(week.max() + 1) < 0.7)[week][:, None], (len(y), len(NOTED)))


UNEVEN: dict[str, Habit] = {
    "all 5/95": shares(0.05, 0.95, sheet=True), "all 15/95": shares(0.15, 0.95, sheet=True),
    "all 40/95": shares(0.40, 0.95, sheet=True), "each 15/95": shares(0.15, 0.95),
    "each 40/95": shares(0.40, 0.95), "each 60/95": shares(0.6, 0.95), "each 80/95": shares(0.8, 0.95),
    "one 5/95": shares(0.05, 0.95, "met_in_person"), "one 40/95": shares(0.4, 0.95, "met_in_person"),
    "unused 5/95": shares(0.05, 0.95, "useful_field"), "each 95/15": shares(0.95, 0.15),
    "reasons": reasons, "reasons on refusals": one_sided(0, 0.4, sheet=True),
    "reasons on refusals, each 70": one_sided(0, 0.7),
    "two reasons on refusals": one_sided(0, 0.7, only=("useful_field", "worked_together")),
    "reasons on acceptances": one_sided(1, 0.4, sheet=True),
    "90/90 then 10/95": changed(shares(0.9, 0.9), shares(0.1, 0.95)),
    "side changes": changed(shares(0.1, 0.95), shares(0.95, 0.1)),
    "even 40/40": shares(0.4, 0.4, sheet=True),
}  # fmt: skip
HONEST: dict[str, Habit] = {
    "even 90/90": shares(0.9, 0.9), "at random given others": at_random_given_others,
    "some weeks": some_weeks, "all known": shares(1.0, 1.0),
}  # fmt: skip
# Where the rules are true every `model` is false; where the model is better, honest notes must find it, and
# `rules` is false.
CELLS = [(world, habit) for world in ("rules true", "model better") for habit in UNEVEN | HONEST]
# Where answers are coin flips asking pays, and no model decides better.
CELLS += [("coin flips", habit) for habit in ("all known", "even 40/40")]
WORLDS: dict[str, Callable[[pd.DataFrame], Array]] = {
    "rules true": by_rules, "model better": by_more, "coin flips": lambda full: np.zeros(len(full)),
}  # fmt: skip


def invent(habit: Habit, odds: Callable[[pd.DataFrame], Array], n: int, rng: np.random.Generator) -> Invented:
    """Invent one history in which facts were noted by a habit."""
    full = pd.DataFrame({name: np.where(rng.random(n) < p, "yes", "no") for name, p in SHARE.items()})
    full.insert(0, "request", [f"inv-{i:05d}" for i in range(n)])
    y = (rng.random(n) < expit(odds(full))).astype(float)
    minutes = np.sort(rng.integers(0, n * 7 * 1440 // 5, n))
    sent = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(minutes, unit="min"))
    seen = habit(rng, full, y, np.arange(n) / n)
    facts = full.astype("str")
    facts[list(NOTED)] = facts[list(NOTED)].where(pd.DataFrame(seen, columns=list(NOTED)))
    table = pd.DataFrame(
        {"request": full["request"], "person": [f"in:p{i}" for i in range(n)], "sent_at": sent,
         "state": "decided", "strength": "strong", "source": "typed", "label": y,
         "decided_at": sent + pd.Timedelta(days=1), "opinion_seen": False}
    )  # fmt: skip
    return Invented(table, facts, VOCABULARY, (sent.iloc[0], sent.iloc[-1]), full, odds)


def truly_saved(history: Invented, rules: Policy) -> float:
    """Return what the model, fitted on the whole history, saves on new requests with every fact answered."""
    new, chance, _ = _patterns()
    both = pd.concat([history.facts, new], ignore_index=True).astype("str")
    score = action_meaning(rules.judge(both, "invitation"))
    n = len(history.facts)
    past = Past(both.iloc[:n], history.table["label"].to_numpy(), np.ones(n))
    action = Model(Design.of(both, VOCABULARY), Costs(), score).answer(past, both.iloc[n:]).action
    p, cost = expit(history.odds(new)), [0.0, 0.0]
    for at, said in enumerate((score.to_numpy()[n:], action)):
        on = [decision_cost(np.full(len(new), one), said, Costs()) for one in (1.0, 0.0)]
        cost[at] = float(chance @ (p * on[0] + (1 - p) * on[1]))
    return 100 * (cost[0] - cost[1])


def unguarded(history: Invented, rules: Policy) -> tuple[str, bool]:
    """Return what the same test says to who does not ask how facts were noted, and whether it finds a saving.

    It may find one and not say so, where too much of it comes from asking.
    """
    own = Labelled.of(history, VOCABULARY)
    earlier = own.facts.drop(columns="request").notna().replace({True: "typed earlier", False: None})
    terms, more = (
        Terms(("rules", "model"), Costs(), None),
        MoreDecisions(tuple(own.labels[own.order].tolist())),
    )

    def both(then: Labelled) -> Sides:
        return replace(sides(rules, VOCABULARY, Costs(), ())(then), had=None)

    told = replace(own.only_strong(), came_from=earlier)
    found = MilestoneVerdict.of(told, both, terms, more)
    crossed = found.crossed
    if crossed is None or crossed.p_value >= LEVEL or crossed.lately < 0 or not crossed.has_both:
        return found.answer, False
    then = told.at(np.sort(told.order[: found.decisions]))
    rehearsed = found.rehearsal or rehearse(then, both(then), terms, Noting.of(then))
    return found.answer, rehearsed.saving.value > 0 and rehearsed.lately >= 0


def before(history: Invented, rules: Policy) -> tuple[str, float]:
    """Return what a plain rehearsal's interval says, which was the verdict until 2026-11-30."""
    own = Labelled.of(history, VOCABULARY).only_strong()
    both = sides(rules, VOCABULARY, Costs(), ())(own)
    run = Backtest.run(own, both.judges, own.origins(first=0.3, origins=8))
    one, two = (run.answers[name].action for name in ("rules", "model"))
    plain = PairedComparison.of(run.labels, one, two, Blocks.weekly(run.times), draws=1)
    if not plain.has_both or not np.isfinite(plain.saving.low):
        return "undecided", plain.saving.value
    said = "rules" if plain.saving.high < plain.margin else "model" if plain.saving.low > 0 else "undecided"
    return said, plain.saving.value


def one(world: str, habit: str, n: int, seed: int, assumes: bool = True) -> dict[str, Any]:
    """Invent and judge one history: the verdict, and what was said before, the first ten times."""
    cell = list(UNEVEN | HONEST).index(habit)
    history = invent((UNEVEN | HONEST)[habit], WORLDS[world], n, np.random.default_rng([seed, n, cell]))
    rules, honest = policy(assumes), habit in HONEST
    began = perf_counter()
    found = milestone_verdict(history, rules)
    seconds = perf_counter() - began
    old, as_noted = before(history, rules) if seed < (30 if honest else 10) else (None, None)
    free, alone = unguarded(history, rules) if honest and world == "model better" else (None, None)
    told = found.as_dict()
    return {
        "world": world, "habit": habit, "n": n, "seed": seed, "assumes": assumes,
        "verdict": found.answer, "withheld": bool(found.withheld), "conditions": len(found.conditions),
        "promised": None if found.withheld or found.crossed is None else found.crossed.saving.value,
        "unguarded": free, "alone": alone,
        "old": old, "as_noted": as_noted,
        # Only where somebody is promised something does the truth decide whether that is false.
        "true": truly_saved(history, rules) if {"model", "rules"} & {found.answer, old} else None,
        "reasons": [line[:60] for line in (*found.withheld, *found.reasons)],
        "crossed": _small(told["crossed"]), "rehearsal": _small(told["rehearsal"]), "seconds": seconds,
    }  # fmt: skip


def _small(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the numbers of a comparison that a verdict is made of."""
    names = ("n", "p_value", "lately_per_100", "decided", "discordant")
    parts = ("by_deciding_per_100", "by_asking_per_100", "decision_cost_at_least", "saving_per_100")
    return told and {name: told[name] for name in (*names, *parts)}


def summary(path: Path) -> str:
    """Return how often `model` and `rules` were said falsely by habit and n, and where right, how often at all."""
    rows = pd.DataFrame([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    sizes = sorted(rows["n"].unique())
    null, better = (rows[rows["world"] == name] for name in ("rules true", "model better"))
    lines = [
        "false `model` where the rules are true, of so many histories; in brackets before, a plain rehearsal's",
        *_by_habit(null, sizes, "model"),
    ]
    was = null[null["old"].notna()]
    now, before = (
        wilson(float(_false(some, name, "model").sum()), len(some))
        for some, name in ((null, "verdict"), (was, "old"))
    )
    told = [f"{100 * one.value:.2g} [{100 * one.low:.2g}, {100 * one.high:.2g}]" for one in (now, before)]
    false = int(_false(null, "verdict", "model").sum())
    lines.append(f"all {len(null):,} histories: {false} false, {told[0]} of 100; before {told[1]} of 100")
    shares = [wilson(float((was[name] == "rules").sum()), len(was)) for name in ("verdict", "old")]
    lines += [f"`rules`, which is right there: now {shares[0]}, before {shares[1]} of {len(was)}", ""]
    if len(better):
        lines += [
            "false `rules` where the fitted model truly saves, of so many histories; in brackets before",
            *_by_habit(better, sizes, "rules"),
            "",
            *_power(better, sizes),
            "",
        ]
    flips = rows[rows["world"] == "coin flips"]
    said = int((flips["verdict"] == "model").sum())
    return "\n".join([*lines, f"`model` where answers are coin flips: {said} of {len(flips)}"])


def _false(some: pd.DataFrame, column: str, word: str) -> pd.Series:
    """Return where a verdict is said that the fitted model's true saving contradicts."""
    true = some["true"].astype(float)
    return (some[column] == word) & (true <= 0 if word == "model" else true > 0)


def _by_habit(rows: pd.DataFrame, sizes: list[int], word: str) -> list[str]:
    """Return how often a verdict is said falsely, a habit a line and a size a column."""
    head = " ".join(f"{f'n = {n}':>20s}" for n in sizes)
    lines = [f"{'habit of noting (accepted/refused, %)':38s}{head}   withheld"]
    for habit, some in rows.groupby("habit", sort=False):
        cells = []
        for n in sizes:
            one = some[some["n"] == n]
            old = one[one["old"].notna()]
            now, before = (int(_false(*pair, word).sum()) for pair in ((one, "verdict"), (old, "old")))
            cells.append(f"{now} of {len(one)} ({before} of {len(old)})".rjust(20))
        lines.append(f"{habit:38s}{' '.join(cells)}   {int(some['withheld'].sum())} of {len(some)}")
    return lines


def _power(better: pd.DataFrame, sizes: list[int]) -> list[str]:
    """Return how often `model` is found where it is right, and what each condition costs of that."""
    lines = [
        "`model` where it truly saves about 14, of so many histories: the test alone, with what asking saves",
        "not counted as deciding better, with the guard too; in brackets a plain rehearsal's",
    ]
    for habit, some in better.groupby("habit", sort=False):
        cells = []
        for n in sizes:
            one = some[some["n"] == n]
            said = [int((one[name] == "model").sum()) for name in ("unguarded", "verdict", "old")]
            free = f"{int(one['alone'].eq(True).sum())}, {said[0]}, " if habit in HONEST else ""
            told = f"{free}{said[1]} of {len(one)} ({said[2]} of {int(one['old'].notna().sum())})"
            cells.append(told.rjust(30))
        lines.append(f"{habit:30s}{' '.join(cells)}")
    lines += ["", "what each condition costs in points of power, 95 % intervals, where notes are honest"]
    honest = better[better["unguarded"].notna()]
    for n, one in honest.groupby("n"):
        steps = [one["alone"].eq(True), one["unguarded"] == "model", one["verdict"] == "model"]
        asking, guard = (_points(steps[at], steps[at + 1]) for at in (0, 1))
        found = f"n = {n}: found in {100 * steps[0].mean():.1f} of 100, {len(one)} histories"
        lines.append(f"{found}; that asking is not deciding costs {asking}, the guard {guard}")
    return lines


def _points(more: pd.Series, less: pd.Series) -> str:
    """Return how much rarer one thing is than the other in the same histories, per 100, with its interval."""
    gap = 100 * (more.astype(float) - less.astype(float))
    width = 1.96 * gap.std() / len(gap) ** 0.5
    return f"{gap.mean():.1f} [{gap.mean() - width:.1f}, {gap.mean() + width:.1f}]"


def main() -> None:
    """Run what is missing, one history after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--n", type=int, nargs="+", default=[60, 150, 400])
    parser.add_argument("--cells", default="", help="only habits whose name holds this")
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS))
    parser.add_argument("--asks", action="store_true", help="rules that ask where a fact is unknown")
    parser.add_argument("--summary", action="store_true")
    given = parser.parse_args()
    if not given.summary:
        from quick_fits import quick_fits

        done = set()
        if given.out.exists():
            for line in given.out.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                done.add((row["world"], row["habit"], row["n"], row["seed"], row["assumes"]))
        with given.out.open("a", encoding="utf-8") as file, quick_fits():
            for seed in range(given.histories):
                for n in given.n:
                    for world, habit in CELLS:
                        key = (world, habit, n, seed, not given.asks)
                        if key not in done and given.cells in habit and world in given.worlds:
                            file.write(json.dumps(one(*key)) + "\n")
                            file.flush()
    print(summary(given.out))


if __name__ == "__main__":
    main()
