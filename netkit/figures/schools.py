"""The figures about schools: how far your deeds follow each, and how far they agree with each other."""

from typing import Any

import pandas as pd

from netkit.figures.drawing import (
    INK,
    Drawing,
    draw_points,
    empty_drawing,
    name_rows,
    new_drawing,
    point_words,
    styled,
    tell,
)


@styled
def plot_agreement(agreement: pd.DataFrame, kind: str = "invitation") -> Drawing:
    """Draw with which share of your answers each policy agrees, with its interval.

    Parameters
    ----------
    agreement : DataFrame
        As in `schools.SchoolComparison`.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.

    Returns
    -------
    Drawing
        One row a policy, the closest on top; its name says on how many answers it rests.

    Examples
    --------
    >>> row = {"kind": "invitation", "school": "house", "deeds": 9, "compared": 8, "share": 0.75,
    ...        "low": 0.41, "high": 0.93}
    >>> plot_agreement(pd.DataFrame([row])).alternative
    'Which policy your deeds follow (n = 9 invitations answered). house: 0.75 (0.41 to 0.93).'
    """
    rows = agreement[(agreement["kind"] == kind) & (agreement["compared"] > 0)]
    if rows.empty:
        return empty_drawing("Which policy your deeds follow", of=f"{kind}s answered")
    records: list[dict[str, Any]] = rows.to_dict(orient="records")  # type: ignore[assignment]
    answered = int(rows["deeds"].max())
    axes = new_drawing("Which policy your deeds follow", x="share of your answers it agrees with", y="",
                       n=answered, of=f"{kind}s answered", height=1.6 + 0.4 * len(rows))  # fmt: skip
    draw_points(axes, rows[["share", "low", "high"]].to_numpy(dtype=float))
    name_rows(axes, [f"{_plain(row['school'])} ({row['compared']})" for row in records])
    axes.set_xlim(0, 1)
    numbers = ("share", "low", "high")
    return tell(
        axes,
        [point_words(_plain(row["school"]), *(row[name] for name in numbers)) for row in records],
    )


@styled
def plot_matrix(matrix: pd.DataFrame, kind: str = "invitation") -> Drawing:
    """Draw on which share of requests each two policies answer alike.

    Parameters
    ----------
    matrix : DataFrame
        As in `schools.SchoolComparison`.
    kind : {'invitation', 'introduction', 'asking'}
        The kind of request.

    Returns
    -------
    Drawing
        A square of shares, each written into its cell.

    Examples
    --------
    >>> pair = {"kind": "invitation", "school": "a", "other": "b", "n": 40, "share": 0.5}
    >>> rows = pd.DataFrame([pair, pair | {"school": "b", "other": "a"}])
    >>> plot_matrix(rows).alternative
    'How far the policies agree (n = 40 requests at most that two of them answer). a and b: 0.5 of 40.'
    """
    rows = matrix[matrix["kind"] == kind]
    if rows.empty:
        return empty_drawing("How far the policies agree", of="requests")
    records: list[dict[str, Any]] = rows.to_dict(orient="records")  # type: ignore[assignment]
    names = list(dict.fromkeys(row["school"] for row in records))
    shares = rows.pivot(index="school", columns="other", values="share")
    shares = shares.reindex(index=names, columns=names)
    most = int(rows["n"].max())
    axes = new_drawing("How far the policies agree", x="", y="", n=most, height=1.8 + 0.45 * len(names),
                       of="requests at most that two of them answer")  # fmt: skip
    axes.imshow(shares.to_numpy(dtype=float), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    name_rows(axes, [_plain(name) for name in names])
    axes.set_xticks(range(len(names)), [_plain(name).replace(" ", "\n") for name in names])
    axes.grid(visible=False)
    said = []
    for row in records:
        across, down, share = names.index(row["other"]), names.index(row["school"]), row["share"]
        colour = "white" if share > 0.6 else INK
        axes.text(across, down, f"{share:.2f}", ha="center", va="center", color=colour)
        if down < across:
            pair = f"{_plain(row['school'])} and {_plain(row['other'])}"
            said.append(f"{pair}: {share:.3g} of {row['n']}.")
    return tell(axes, said)


def _plain(name: str) -> str:
    return name.replace("_", " ")
