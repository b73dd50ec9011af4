"""Figures about judges and schools: what moves a model, how each does, what more labels are worth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from netkit.facts.level_words import fact_words, level_words
from netkit.figures.drawing import (
    COLOURS,
    INK,
    LINES,
    MARKERS,
    PALE,
    Drawing,
    empty_drawing,
    new_drawing,
    point_text,
    styled,
)
from netkit.wording import spoken


@styled
def plot_effects(effects: pd.DataFrame, *, n: int) -> Drawing:
    """Draw how each answer moves the odds: `fact`, `level`, log-odds `estimate` with `low` and `high`.

    The greatest odds stand on top, each with its numbers. With `compared_with` and `n` a row names the level
    that it is compared with and how often it was seen; `prior_mean` and `posterior` are drawn beside it.
    """
    rows = effects.dropna(subset=["estimate"]).sort_values("estimate", ascending=False, kind="stable")
    if rows.empty:
        return empty_drawing("What moves the odds of an acceptance", of="labelled requests")
    names = [_effect_name(row) for row in rows.to_dict(orient="records")]
    odds = np.exp(rows[["estimate", "low", "high"]].to_numpy(dtype=float))
    height = max(2.9, 1.2 + 0.27 * len(rows))
    times = "how many times as high the odds are (1: no difference)"
    axes = new_drawing("What moves the odds of an acceptance", x=times, y="",
                       n=n, of="labelled requests", height=height)  # fmt: skip
    axes.draw_points(odds)
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_xscale("log")
    ticks = [
        tick
        for tick in (_TICKS if odds.max() < 100 * odds.min() else (0.01, 0.1, 1, 10, 100))
        if odds.min() * 0.7 <= tick <= odds.max() * 1.4
    ]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    ends = axes.get_xlim()
    drawn = [_beside(axes, rows, *look) for look in _BESIDE]
    axes.set_xlim(*ends)  # what the rules make of it may lie far out
    if any(drawn):
        axes.lines[0].set_label("your answers alone")
        axes.legend(handles=axes.lines[:1] + axes.lines[2:], bbox_to_anchor=(0.5, -0.55 / height - 0.05),
                    loc="upper center", ncols=3)  # fmt: skip
    axes.label_rows(names)
    for at, (value, low, high) in enumerate(odds):
        said = f"{value:.2g} ({low:.2g} to {high:.2g})"
        axes.text(1.01, at, said, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5, color=INK)
    return axes.describe_points(names, odds)


_TICKS = (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100)
_BESIDE = (("prior_mean", "your rules", MARKERS[3]), ("posterior", "the model: both", MARKERS[2]))


def _effect_name(row: Mapping[Any, Any]) -> str:
    """Return what a row of effects is about, with the level it is compared with and how often it was seen."""
    name = fact_words(row["fact"], row["level"])
    if "compared_with" in row and "n" in row:
        name += f" vs. {level_words(row['fact'], row['compared_with'])} (n = {row['n']:,})"
    return name


def _beside(axes: Drawing, rows: pd.DataFrame, column: str, label: str, marker: str) -> bool:
    """Draw another value of each row, hollow; return whether there is any."""
    if column not in rows or not rows[column].abs().max() > 0:
        return False
    values = np.exp(rows[column].to_numpy(dtype=float))
    axes.plot(
        values,
        np.arange(len(values)),
        marker,
        color=COLOURS[1],
        markerfacecolor="none",
        markersize=5,
        label=label,
    )
    return True


@styled
def plot_scores(scores: pd.DataFrame, measure: str, *, label: str, title: str) -> Drawing:
    """Draw one measure, such as `cost_per_100`, for every judge of `Comparison.scores`."""
    rows = scores.dropna(subset=[measure])
    if rows.empty:
        return empty_drawing(title, of="later requests")
    values = rows[[measure, f"{measure}_low", f"{measure}_high"]].to_numpy(dtype=float)
    axes = new_drawing(title, x=label, y="", n=int(scores["n"].max()), of="later requests",
                       height=1.5 + 0.4 * len(rows))  # fmt: skip
    axes.draw_points(values)
    names = [spoken(str(name)) for name in rows.index]
    axes.label_rows(names)
    return axes.describe_points(names, values)


@styled
def plot_calibration(
    bins: pd.DataFrame,
    curve: pd.DataFrame | None = None,
    histogram: pd.DataFrame | None = None,
    numbers: str = "",
) -> Drawing:
    """Draw how often what was given a chance really happened: the parts of a `Calibration` of these names."""
    if bins.empty:
        return empty_drawing("Do the probabilities come true?", of="later requests")
    values = 100 * bins[["stated", "observed", "low", "high"]].to_numpy(dtype=float)
    axes = new_drawing("Do the probabilities come true?", x="stated chance, in percent",
                       y="accepted, in percent", n=int(bins["n"].sum()), of="later requests",
                       height=4.4)  # fmt: skip
    axes.plot([0, 100], [0, 100], color=PALE, linestyle=":", label="as stated")
    axes.vlines(values[:, 0], values[:, 2], values[:, 3], color=COLOURS[0], linewidth=2)
    axes.plot(values[:, 0], values[:, 1], MARKERS[0], color=COLOURS[0], markersize=6, label="observed")
    if curve is not None and len(curve):
        stated, seen = (100 * curve[name].to_numpy(dtype=float) for name in ("stated", "observed"))
        axes.plot(stated, seen, color=COLOURS[1], linewidth=1.5, label="curve that never falls")
    axes.set(xlim=(-2, 102), ylim=(-2, 102))
    if histogram is not None and histogram["n"].sum():
        _histogram_below(axes, histogram)
    if numbers:
        axes.text(0.98, 0.02, numbers.replace("; intercept", "\nintercept"), transform=axes.transAxes,
                  ha="right", va="bottom", fontsize=8.5, color=INK)  # fmt: skip
    axes.grid()
    axes.legend(loc="upper left")
    said = [
        f"Stated {stated:.0f} percent, observed {seen:.0f} ({low:.0f} to {high:.0f})."
        for stated, seen, low, high in values
    ]
    return axes.describe([*said, f"{numbers[:1].upper()}{numbers[1:]}."] if numbers else said)


def _histogram_below(axes: Drawing, histogram: pd.DataFrame) -> None:
    """Draw under the axes how many requests were given which chance: those accepted up, the others down."""
    below = axes.inset_axes((0, -0.4, 1, 0.2), sharex=axes)
    at = 50 * (histogram["low"] + histogram["high"])
    accepted, n = histogram["accepted"].to_numpy(), histogram["n"].to_numpy()
    below.bar(at, accepted, width=4, color=COLOURS[0])
    below.bar(at, accepted - n, width=4, color=PALE)
    below.axhline(0, color=INK, linewidth=0.8)
    most = int(max(accepted.max(), (n - accepted).max()))
    below.set_yticks([-most, 0, most], [f"{most:,} not", "0", f"{most:,} accepted"], fontsize=8)
    axes.tick_params(axis="x", labelbottom=True)
    below.tick_params(axis="x", labelbottom=False, bottom=False)
    below.spines["bottom"].set_visible(False)


@styled
def plot_explanation(parts: Mapping[str, float], *, chance: float, request: str = "one request") -> Drawing:
    """Draw what moves the chance of one request, the strongest first: the `bars` of an `Explanation`.

    >>> plot_explanation({"the usual request": 0.5, "met in person: yes": 1.0}, chance=0.82).alternative
    'What moves the chance of one request (n = 1 request). the usual request: +0.50. met in person: yes: +1.00. Chance: 82 of 100.'
    """  # noqa: E501 - an alternative text is one line
    rows = dict(list(parts.items())[:1] + sorted(list(parts.items())[1:], key=lambda part: -abs(part[1])))
    axes = new_drawing(f"What moves the chance of {request}", x="log-odds (to the right: more likely)", y="",
                       n=1, of="request", height=1.5 + 0.34 * (len(rows) + 1))  # fmt: skip
    values = np.array([*rows.values(), sum(rows.values())])
    colours = [PALE, *(COLOURS[0] if value > 0 else COLOURS[1] for value in values[1:-1]), INK]
    bars = axes.barh(range(len(values)), values, height=0.6, color=colours)
    axes.bar_label(bars, [f"{value:+.2f}" for value in values], padding=3, fontsize=8.5)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.margins(x=0.15)
    total = f"all together: {100 * chance:.0f} of 100"
    axes.label_rows([*rows, total])
    said = [f"{name}: {value:+.2f}." for name, value in rows.items()]
    return axes.describe([*said, f"Chance: {100 * chance:.0f} of 100."])


@styled
def plot_net_benefit(curves: Sequence[dict[str, Any]] | pd.DataFrame) -> Drawing:
    """Draw each judge's net benefit by the chance from which one would accept: `Comparison.curves()`."""
    table = pd.DataFrame(curves)
    if table.empty:
        return empty_drawing("What each judge is worth", of="later requests")
    axes = new_drawing("What each judge is worth", x="accept from a chance of, in percent",
                       y="net benefit per 100 requests", n=int(table["n"].max()), of="later requests",
                       height=4.0)  # fmt: skip
    said = []
    for place, (judge, rows) in enumerate(table.groupby("judge", sort=False)):
        name = spoken(str(judge))
        _line(axes, place, name, 100 * rows["threshold"], 100 * rows["value"])
        middle = rows.iloc[len(rows) // 2]
        at = f"at {100 * middle['threshold']:.0f} percent"
        said.append(f"{name}: {100 * middle['value']:.3g} {at}.")
    axes.axhline(0, color=INK, linewidth=0.8)
    best = 100 * table["value"].max()
    axes.set_ylim(-0.35 * best - 1, 1.1 * best + 1)  # accept all falls without bound: not worth the room
    axes.grid()
    # Beside the lines, for they are many and leave no corner free.
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), handlelength=3.2)
    return axes.describe(said)


def _line(axes: Drawing, place: int, name: str, x: pd.Series, y: pd.Series) -> None:
    """Draw one line; when the colours come round again, their markers are hollow and their lines others."""
    again, style = divmod(place, len(COLOURS))
    axes.plot(x, y, color=COLOURS[style], linestyle=LINES[style - 3 * again], label=name, linewidth=1.8,
              marker=MARKERS[style - 3 * again], markersize=4 + 1.5 * again, markevery=max(1, len(x) // 8),
              markerfacecolor="white" if again else COLOURS[style])  # fmt: skip


@styled
def plot_learning_curve(rows: Sequence[dict[str, Any]], measure: str = "cost_per_100") -> Drawing:
    """Draw `Comparison.curve`: each judge's `cost_per_100` or `log_loss` as it learns from more labels."""
    stated = [row for row in rows if row[measure] and row[measure]["value"] is not None]
    table = pd.DataFrame([{**row, **row[measure]} for row in stated])
    if table.empty:
        return empty_drawing("What more labels are worth", of="later requests")
    words = {"cost_per_100": "cost per 100 requests", "log_loss": "log loss per request"}
    axes = new_drawing("What more labels are worth", x="labels learned from", y=words.get(measure, measure),
                       n=int(table["n"].max()), of="later requests")  # fmt: skip
    said = []
    for place, (judge, own) in enumerate(table.groupby("judge", sort=False)):
        _line(axes, place, spoken(str(judge)), own["labels"], own["value"])
        axes.fill_between(own["labels"], own["low"].astype(float), own["high"].astype(float),
                          color=COLOURS[place % len(COLOURS)], alpha=0.12, linewidth=0)  # fmt: skip
        ends = [f"{row['value']:.3g} with {row['labels']}" for row in (own.iloc[0], own.iloc[-1])]
        said.append(f"{judge}: {', '.join(ends)}.")
    axes.set_xscale("log")
    sizes = sorted(set(table["labels"]))
    # Two sizes that nearly coincide would be written over each other: the larger is named.
    next_one = [*sizes[1:], 2 * sizes[-1]]
    named = [size for size, after in zip(sizes, next_one, strict=True) if after > 1.15 * size]
    axes.set_xticks(named, [f"{size:,}" for size in named])
    axes.minorticks_off()
    axes.grid()
    axes.legend(loc="best")
    return axes.describe(said)


@styled
def plot_drift(periods: pd.DataFrame) -> Drawing:
    """Draw `Drift.periods`: the share accepted in each, beside what the mix of requests would explain.

    >>> row = {"period": "May 2024", "n": 20, "rate": 0.5, "low": 0.3, "high": 0.7, "expected": 12.0}
    >>> plot_drift(pd.DataFrame([row])).alternative
    'Do you still decide as you used to? (n = 20 decided requests). May 2024: 50 (30 to 70), expected 60.'
    """
    title, of = "Do you still decide as you used to?", "decided requests"
    if periods.empty:
        return empty_drawing(title, of=of)
    values = 100 * periods[["rate", "low", "high"]].to_numpy(dtype=float)
    expected = 100 * (periods["expected"] / periods["n"]).to_numpy(dtype=float)
    axes = new_drawing(title, x="accepted, in percent", y="", n=int(periods["n"].sum()), of=of,
                       height=1.5 + 0.4 * len(periods))  # fmt: skip
    axes.draw_points(values)
    alike = "expected, had you not changed"
    axes.plot(expected, range(len(periods)), linestyle="", marker="D", markersize=7, color=COLOURS[1],
              markerfacecolor="none", label=alike)  # fmt: skip
    axes.set_xlim(-2, 102)
    names = [str(name) for name in periods["period"]]
    axes.label_rows([f"{name} (n = {n:,})" for name, n in zip(names, periods["n"], strict=True)])
    axes.legend(loc="best")
    said = [
        f"{point_text(name, *row).removesuffix('.')}, expected {share:.3g}."
        for name, row, share in zip(names, values, expected, strict=True)
    ]
    return axes.describe(said)


@styled
def plot_agreement(agreement: pd.DataFrame, kind: str = "invitation") -> Drawing:
    """Draw the share of your answers with which each policy agrees, as `compare_schools` found it.

    >>> row = {"kind": "invitation", "school": "house", "deeds": 9, "compared": 8, "share": 0.75,
    ...        "low": 0.41, "high": 0.93}
    >>> plot_agreement(pd.DataFrame([row])).alternative
    'Which policy is closest to what you did (n = 9 invitations answered). house: 0.75 (0.41 to 0.93).'
    """
    title = "Which policy is closest to what you did"
    rows = agreement[(agreement["kind"] == kind) & (agreement["compared"] > 0)]
    if rows.empty:
        return empty_drawing(title, of=f"{kind}s answered")
    names = [spoken(name) for name in rows["school"]]
    axes = new_drawing(title, x="share of your answers it agrees with", y="",
                       n=int(rows["deeds"].max()), of=f"{kind}s answered",
                       height=1.6 + 0.4 * len(rows))  # fmt: skip
    shares = rows[["share", "low", "high"]].to_numpy(dtype=float)
    axes.draw_points(shares)
    axes.label_rows([f"{name} ({n})" for name, n in zip(names, rows["compared"], strict=True)])
    axes.set_xlim(0, 1)
    return axes.describe_points(names, shares)


@styled
def plot_matrix(matrix: pd.DataFrame, kind: str = "invitation") -> Drawing:
    """Draw the share of requests that each pair of policies answers alike.

    >>> pair = {"kind": "invitation", "school": "a", "other": "b", "n": 40, "share": 0.5}
    >>> rows = pd.DataFrame([pair, pair | {"school": "b", "other": "a"}])
    >>> plot_matrix(rows).alternative
    'How far the policies agree (n = 40 requests at most that two of them answer). a and b: 0.5 of 40.'
    """
    rows = matrix[matrix["kind"] == kind]
    if rows.empty:
        return empty_drawing("How far the policies agree", of="requests")
    names = rows["school"].unique().tolist()
    shares = rows.pivot(index="school", columns="other", values="share").loc[names, names]
    axes = new_drawing("How far the policies agree", x="", y="", n=int(rows["n"].max()),
                       of="requests at most that two of them answer",
                       height=1.8 + 0.45 * len(names))  # fmt: skip
    axes.imshow(shares.to_numpy(dtype=float), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.label_rows([spoken(name) for name in names])
    axes.set_xticks(range(len(names)), [spoken(name).replace(" ", "\n") for name in names])
    axes.grid(visible=False)
    said = []
    columns = [rows[name].tolist() for name in ("school", "other", "share", "n")]
    for school, other, share, n in zip(*columns, strict=True):
        across, down = names.index(other), names.index(school)
        colour = "white" if share > 0.6 else INK
        axes.text(across, down, f"{share:.2f}", ha="center", va="center", color=colour)
        if down < across:
            said.append(f"{spoken(school)} and {spoken(other)}: {share:.3g} of {n}.")
    return axes.describe(said)
