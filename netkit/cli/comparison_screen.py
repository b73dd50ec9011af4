"""The comparison on the screen: who decides better in words, a small table, and all of it where asked."""

import math

import pandas as pd

from netkit.cli.screen import print_table, say
from netkit.comparison import Comparison
from netkit.comparison.verdict import PairedComparison
from netkit.evaluation import Estimate
from netkit.facts.level_words import fact_words
from netkit.wording import counted, spoken

_NAMES = {"model": "the model", "rules": "your rules", "accept_all": "accept all"}
_NO_FACT = "no single fact"


def show_comparison(comparison: Comparison, *, every: bool = False, waiting: int = 0) -> None:
    """Print who decides better, in words first; with `every`, all judges with intervals and calibration.

    `waiting` requests are the shortest way to a verdict where there is none.
    """
    short = not every and comparison.pair.first == "rules"
    if short:
        say("Your rules or the model: who decides better?\n")
    for line in short_answer(comparison, waiting) if short else comparison.lines:
        say(line)
    hidden = bool(comparison.leaning or comparison.withheld)
    if hidden and comparison.pair.n:
        say("What each judge costs is not shown: your notes give your answers away in these figures.")
    elif comparison.pair.n and short:
        _print_three(comparison.scores)
        _say_where_they_differ(comparison.disagreements)
    elif comparison.pair.n:
        _print_scores(comparison.scores)
        for name, found in comparison.calibrations.items():
            say(f"{spoken(name).capitalize()}: {found.sentence} {found.numbers}")
    for note in comparison.cautions:
        say(f"Note: {note}")
    if short and comparison.pair.n and not hidden:
        say("More judges, intervals, calibration: netkit compare --all")


def short_answer(found: Comparison, waiting: int = 0) -> list[str]:
    """Return the answer, what it rests on, and where there is none, what is missing and the way to it."""
    then, pair = found.at_milestone, found.pair
    if found.withheld:
        told = found.lines if pair.n else ("Nobody can tell yet, so keep your rules.", *found.withheld)
        return [*told, found.more.sentence]
    decided = then.crossed if then.decisions else None
    if decided is None:
        said = ["Nobody can tell yet, so keep your rules."]
        if pair.n and not found.leaning:
            said.append(f"So far: on {counted(pair.n, 'later request')} {_saved(pair)}")
        if pair.n and not (pair.has_both and math.isfinite(pair.saving.low)):
            said.append(pair.missing)
        return [" ".join(said), found.more.sentence, _shortest_way(waiting)]
    word = {"model": "The model.", "rules": "Your rules."}.get(
        then.answer, "Nobody can tell yet, so keep your rules."
    )
    costs, asks = found.costs, 100 * (decided.n - decided.decided) / max(decided.n, 1)
    lines = [
        f"{word} On {counted(decided.n, 'decision')} of yours {_saved(decided)}"
        f" {_which_count(found, decided.n)}",
        "A wrong accept costs"
        f" {costs.wrong_accept:g}, a wrong decline {costs.wrong_decline:g}, a question {costs.question:g}"
        f" of these points. The model asks about {asks:.0f} of 100.",
        *then.reasons,
        *(f"This holds {condition}." for condition in found.conditions),
    ]
    if found.leaning:
        lines.append(" ".join(["Of all decisions by now nothing can be said.", *found.leaning]))
    elif found.labels_needed:
        lines.append(found.labels_needed)
    return [*lines, found.more.sentence]


def _saved(pair: PairedComparison) -> str:
    """Say what the model would have saved, in points per 100 decisions."""
    saving = pair.saving
    does = "saved you" if saving.value >= 0 else "cost you"
    more = "" if saving.value >= 0 else " more"
    places = _decimals(saving)
    between = ""
    if math.isfinite(saving.low):
        between = f" (between {saving.low:.{places}f} and {saving.high:.{places}f})"
    return (
        f"the model would have {does} {abs(saving.value):.{places}f} points{more} per 100 decisions{between}."
    )


def _decimals(found: Estimate) -> int:
    """Return how many decimals an interval supports: as many as its standard error begins with."""
    error = (found.high - found.low) / 4
    return max(0, -math.floor(math.log10(error))) if math.isfinite(error) and error > 0 else 1


def _which_count(found: Comparison, counts: int) -> str:
    """Say how many decisions there are and why the verdict counts no more of them."""
    due, recorded = found.at_milestone.decisions, len(found.more.answers)
    less = ""
    if counts < due:
        less = f" {counts:,} of those count: the others came while only one of your two answers was recorded."
    have = f"You have {recorded:,} acceptances and refusals on record"
    return f"{have}; the verdict was due at {due:,} of them.{less}"


def _shortest_way(waiting: int) -> str:
    first = f"answer the {counted(waiting, 'invitation')} that wait: netkit work. Then " if waiting else ""
    return (
        f"The shortest way: {first}tell what you did about old invitations: netkit work --past. It asks"
        " first about those that teach most."
    )


def _print_three(scores: pd.DataFrame) -> None:
    """Print the two judges beside one that always says yes, the cheapest first."""
    table = scores.loc[[name for name in _NAMES if name in scores.index]].sort_values(
        "cost_per_100", kind="stable"
    )
    rows = [
        [
            _NAMES[str(name)],
            f"{row['cost_per_100']:.0f}",
            _number(row["asked"], ".0%"),
            _number(row["agreement"], ".0%"),
            _number(row["recall_on_refusals"], ".0%"),
        ]
        for name, row in table.iterrows()
    ]
    print_table(
        f"Points per 100 decisions, on your {counted(int(scores['n'].max()), 'later request')}",
        ["", "cost", "asks you", "decides like you", "refuses like you"],
        rows,
        note="Later requests came after those that a judge had learned from. “Decides like you” leaves out"
        " what it asks you. “Refuses like you” is its share of what you refused.",
    )


def _say_where_they_differ(apart: pd.DataFrame) -> None:
    """Say in words which fact most requests share on which rules and model differ."""
    named = apart[apart["pattern"] != _NO_FACT] if len(apart) else apart
    if named.empty:
        return
    counts = named.groupby("pattern", sort=False)["n"].sum()
    most = str(counts.idxmax())
    first, (fact, _, level) = named[named["pattern"] == most].iloc[0], most.partition(": ")
    say(
        f"Where they differ most: {fact_words(fact, level)} ({counted(int(counts.max()), 'case')}). In"
        f" {int(first['n'])} of them your rules say {first['rules_say']} and the model says"
        f" {first['model_says']}."
    )


def _print_scores(table: pd.DataFrame) -> None:
    scores = table.reset_index().sort_values("cost_per_100", kind="stable")
    rows = [
        [
            spoken(str(row["judge"])),
            f"{row['cost_per_100']:.1f} [{row['cost_per_100_low']:.1f}, {row['cost_per_100_high']:.1f}]",
            _number(row["asked"], ".0%"),
            _number(row["agreement"], ".0%"),
            _number(row["recall_on_refusals"], ".0%"),
            _number(row["auc"], ".2f"),
        ]
        for row in scores.to_dict(orient="records")
    ]
    print_table(
        f"The judges on your {counted(int(scores['n'].max()), 'later request')}, the cheapest first",
        ["judge", "cost [95 %]", "asks", "agrees", "refusals", "AUC"],
        rows,
        note="Cost: of 100 decisions. Agrees: of those it decided, decided as you did. Refusals: of yours,"
        " found. Higher is better, as for AUC. netkit compare --json has every interval.",
        wide="judge",
    )


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)
