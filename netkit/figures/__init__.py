"""The figures about requests: one function each, data in, axes out; title, units, n and words included."""

import numpy as np
import pandas as pd

from netkit.figures.drawing import COLOURS, PALE, Drawing, empty_drawing, new_drawing, styled
from netkit.history.labels import STATE_WORDS
from netkit.wording import counted, spoken

__all__ = ["plot_actions", "plot_delays", "plot_label_states", "plot_months", "plot_rates"]

_HATCHES = {"strong": "", "weak": "///", "none": "..."}


@styled
def plot_label_states(counts: pd.DataFrame) -> Drawing:
    """Draw how many invitations are in which label state, and how strong their labels are.

    Parameters
    ----------
    counts : DataFrame
        `state`, `strength` (strong, weak, none) and `n`.

    Returns
    -------
    Drawing
        One bar a state.

    Examples
    --------
    >>> rows = pd.DataFrame({"state": ["open"], "strength": ["none"], "n": [12]})
    >>> plot_label_states(rows).alternative
    'What became of the invitations (n = 12 incoming invitations). waiting: 12 (none).'
    """
    if not counts["n"].sum():
        return empty_drawing("What became of the invitations", of="incoming invitations")
    states = list(dict.fromkeys(counts["state"]))
    axes = new_drawing("What became of the invitations", x="invitations", y="",
                       n=int(counts["n"].sum()), of="incoming invitations")  # fmt: skip
    ends = dict.fromkeys(states, 0)
    for place, strength in enumerate(s for s in _HATCHES if s in set(counts["strength"])):
        part = counts[(counts["strength"] == strength) & (counts["n"] > 0)]
        at = [states.index(state) for state in part["state"]]
        left = [ends[state] for state in part["state"]]
        axes.barh(at, part["n"], left=left, height=0.6, color=COLOURS[place], hatch=_HATCHES[strength],
                  edgecolor="white", label=f"label: {strength}")  # fmt: skip
        ends |= dict(zip(part["state"], left + part["n"], strict=True))
    axes.label_rows([STATE_WORDS[state] for state in states])
    axes.legend(loc="lower right")
    rows = zip(counts["state"], counts["n"], counts["strength"], strict=True)
    said = [f"{STATE_WORDS[state]}: {n:,} ({strength})." for state, n, strength in rows]
    return axes.describe(said)


@styled
def plot_months(times: pd.Series, kinds: pd.Series) -> Drawing:
    """Draw how many requests came in each month, by kind.

    Parameters
    ----------
    times : Series of datetime, length n
        When each request came.
    kinds : Series of str, length n
        What each is, such as its label state.

    Returns
    -------
    Drawing
        Stacked bars.
    """
    if times.empty:
        return empty_drawing("Requests by month", of="requests")
    months = times.dt.strftime("%Y-%m")
    table = pd.crosstab(months, kinds)
    # A month without a request is a gap to be seen, not one to be left out.
    whole = pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m")
    table = table.reindex(whole, fill_value=0)
    axes = new_drawing("Requests by month", x="month", y="requests", n=len(times), of="requests")
    below = np.zeros(len(table))
    for place, kind in enumerate(table.columns):
        axes.bar(range(len(table)), table[kind], bottom=below, width=0.8, label=str(kind),
                 color=COLOURS[place % len(COLOURS)], edgecolor="white",
                 hatch=list(_HATCHES.values())[place % 3])  # fmt: skip
        below += table[kind].to_numpy()
    step = -(-len(table) // 8)  # no more names than there is room for
    axes.set_xticks(range(0, len(table), step), table.index[::step])
    axes.legend(loc="upper left", ncols=min(5, len(table.columns)), bbox_to_anchor=(0, 1.02))
    axes.set_ylim(0, below.max() * 1.25)
    said = [f"{kind}: {int(table[kind].sum()):,}." for kind in table.columns]
    return axes.describe([f"{table.index[0]} to {table.index[-1]}.", *said])


@styled
def plot_delays(days: pd.Series, p95: float) -> Drawing:
    """Draw within how many days invitations were accepted.

    Parameters
    ----------
    days : Series of float, length n
        Days from invitation to acceptance.
    p95 : float
        The delay within which 95 of 100 were accepted, in days.

    Returns
    -------
    Drawing
        The share accepted by each day.
    """
    ordered = np.sort(days.dropna().to_numpy(dtype=float))
    if not len(ordered):
        return empty_drawing("How soon you accept", of="accepted invitations")
    axes = new_drawing("How soon you accept", x="days since the invitation",
                       y="share accepted, in percent", n=len(ordered), of="accepted invitations")  # fmt: skip
    axes.step(ordered, 100 * np.arange(1, len(ordered) + 1) / len(ordered), where="post", color=COLOURS[0])
    axes.axvline(p95, color=COLOURS[1], linestyle="--")
    axes.annotate(f" 95 of 100 within {counted(round(p95), 'day')}", (p95, 8), color=COLOURS[1])
    axes.set_ylim(0, 101)
    axes.set_xlim(left=0)
    axes.grid()
    half, most = (counted(round(days), "day") for days in (np.median(ordered), p95))
    return axes.describe([f"Half within {half}, 95 of 100 within {most}."])


@styled
def plot_actions(judged: pd.DataFrame) -> Drawing:
    """Draw what a judge advises, and for how many requests the advice is still open.

    Parameters
    ----------
    judged : DataFrame
        A judgement table: `action` (missing where open).

    Returns
    -------
    Drawing
        One bar an action.
    """
    if judged.empty:
        return empty_drawing("What is advised", of="requests")
    actions = judged["action"].astype("object").where(judged["action"].notna(), "open")
    counts = actions.value_counts().sort_values(ascending=False, kind="stable")
    axes = new_drawing("What is advised", x="requests", y="", n=len(judged), of="requests")
    colours = [PALE if name == "open" else COLOURS[0] for name in counts.index]
    bars = axes.barh(range(len(counts)), counts, height=0.6, color=colours)
    axes.bar_label(bars, padding=3)
    axes.label_rows([spoken(str(name)) for name in counts.index])
    return axes.describe([f"{spoken(str(name))}: {n:,}." for name, n in counts.items()])


@styled
def plot_rates(rates: pd.DataFrame, *, title: str, label: str, of: str, n: int | None = None) -> Drawing:
    """Draw a share with its interval for each of several groups.

    Parameters
    ----------
    rates : DataFrame
        `group`, `rate` with `low` and `high` (0 to 1), and `n`.
    title, label : str
        The figure's title, and what the share is of.
    of : str
        What is counted, such as `introductions`.
    n : int, optional
        How many of these there are; as many as the groups together, unless said otherwise. Say
        it where groups overlap, as when one request has an answer to several questions.

    Returns
    -------
    Drawing
        One point a group.

    Examples
    --------
    >>> groups = {"group": ["met", "a note"], "rate": [0.8, 0.5], "low": [0.6, 0.3], "high": [0.9, 0.7]}
    >>> rates = pd.DataFrame({**groups, "n": [20, 20]})
    >>> plot_rates(rates, title="Accepted", label="accepted", of="requests", n=25).alternative
    'Accepted (n = 25 requests). met (n = 20): 80 (60 to 90). a note (n = 20): 50 (30 to 70).'
    """
    if rates.empty or not rates["n"].sum():
        return empty_drawing(title, of=of)
    whole = int(rates["n"].sum()) if n is None else n
    values = 100 * rates[["rate", "low", "high"]].to_numpy(dtype=float)
    names = [f"{row.group} (n = {row.n:,})" for row in rates.itertuples()]
    axes = new_drawing(title, x=f"{label}, in percent", y="", n=whole, of=of,
                       height=1.5 + min(0.4 * len(rates), 1.2 + 0.25 * len(rates)))  # fmt: skip
    axes.draw_points(values)
    axes.set_xlim(-2, 102)
    axes.label_rows(names)
    return axes.describe_points(names, values)
